/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/v1_road.h"

/* ---- reading ---- */

static const uint8_t nonce[16] = { 9 };

static void put_ids(struct writer *writer, unsigned ids)
{
	uint8_t address[] = { 10, 1, 0, 7 };
	struct isakmp_id id = { .type = ID_IPV4_ADDR, .data = SPAN_OF(address) };

	for (unsigned i = 0; i < ids; i++, address[3]++)
		isakmp_id_emit(writer, &id);
}

/* A message with the offer of west's conn, a nonce and so many IDs. */
static struct ike_message *message_with(struct v1_road *road, unsigned ids, bool ke)
{
	struct tunnel *tunnel = v1_tunnel(&road->pair.west);
	struct ike_message *message = ARENA_NEW(&road->arena, struct ike_message);
	struct isakmp_phase2_terms terms = v1_quick_terms(v1_sa(&road->pair.west), tunnel, DH_NONE);
	struct outcome_message out = { .present = false };
	struct isakmp_sa offer;
	struct sink sink;
	struct writer writer;

	terms.spi = 0x1234;
	assert_int_equal(isakmp_offer_phase2(&road->arena, tunnel->conn->esp, &terms, &offer, NULL),
			 RC_OK);
	assert_int_equal(v1_inner_begin(&road->arena, &sink, &writer), RC_OK);
	isakmp_sa_emit(&writer, &offer);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(nonce));
	if (ke)
		isakmp_bytes_emit(&writer, ISAKMP_KE, SPAN_OF(nonce));
	put_ids(&writer, ids);
	assert_int_equal(v1_inner_end(&writer, &sink, EXCHANGE_V1_QUICK, &out), RC_OK);
	message->header.next = out.first_type;
	assert_int_equal(isakmp_inner_parse(&road->arena, out.bytes, message, NULL), RC_OK);
	return message;
}

static enum rc read_with(struct v1_road *road, unsigned ids, bool ke, struct v1_quick *quick)
{
	struct step step = { .arena = &road->arena, .sa = v1_sa(&road->pair.west) };

	step.message = message_with(road, ids, ke);
	*quick = (struct v1_quick){ .ids_present = false };
	return v1_quick_read(&step, quick, NULL);
}

static void ids_come_in_pairs_or_not_at_all(void **state)
{
	struct v1_road road;
	struct v1_quick quick;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	assert_int_equal(read_with(&road, 0, false, &quick), RC_OK);
	assert_false(quick.ids_present);
	assert_int_equal(read_with(&road, 2, false, &quick), RC_OK);
	assert_true(quick.ids_present);
	assert_int_equal(quick.ids[1].data.ptr[3], 8);
	assert_int_equal(read_with(&road, 1, false, &quick), RC_SYNTAX);
	v1_road_end(&road);
}

static void nonce_offer_and_ke_are_the_peers(void **state)
{
	struct v1_road road;
	struct v1_quick quick;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	assert_int_equal(read_with(&road, 0, true, &quick), RC_OK);
	assert_true(span_equal(quick.nonce, SPAN_OF(nonce)));
	assert_int_equal(quick.public.len, sizeof(nonce));
	assert_true(quick.sa.proposal_count > 0);
	assert_int_equal(read_with(&road, 0, false, &quick), RC_OK);
	assert_int_equal(quick.public.len, 0);
	v1_road_end(&road);
}

/* ---- terms ---- */

static void the_mode_says_tunnel_or_transport_and_how_it_is_wrapped(void **state)
{
	struct v1_road road;
	struct ike_sa *sa;
	struct tunnel *tunnel;

	(void)state;
	v1_road_up(&road, V1_ADD "\tsalifetime=1h\n", NULL);
	sa = v1_sa(&road.pair.west);
	tunnel = v1_tunnel(&road.pair.west);
	assert_int_equal(v1_quick_terms(sa, tunnel, 14).group, 14);
	assert_int_equal(v1_quick_terms(sa, tunnel, 14).seconds, 3600);
	assert_int_equal(v1_quick_terms(sa, tunnel, 0).encapsulations[0], ENCAPSULATION_TUNNEL);
	sa->encap = true;
	assert_int_equal(v1_quick_terms(sa, tunnel, 0).encapsulations[0], ENCAPSULATION_UDP_TUNNEL);
	sa->v1->vendors &= ~(unsigned)VENDOR_NATT_RFC3947;
	assert_int_equal(v1_quick_terms(sa, tunnel, 0).encapsulations[0],
			 ENCAPSULATION_UDP_TUNNEL_DRAFT);
	sa->encap = false;
	v1_road_end(&road);
}

static void a_lifetime_is_told_up_to_a_day(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, V1_ADD "\tsalifetime=3d\n", NULL);
	assert_int_equal(
		v1_quick_terms(v1_sa(&road.pair.west), v1_tunnel(&road.pair.west), 0).seconds,
		86400);
	v1_road_end(&road);
}

/* ---- selectors ---- */

static void without_ids_the_addresses_of_the_sa_are_meant(void **state)
{
	struct v1_road road;
	struct v1_quick quick = { .ids_present = false };
	struct step step = { .sa = NULL };
	struct wire_ts_list tsi, tsr;
	char text[IP_RANGE_TEXT_MAX];

	(void)state;
	v1_road_up(&road, NULL, NULL);
	step.sa = v1_sa(&road.pair.west);
	step.arena = &road.arena;
	assert_int_equal(v1_quick_selectors(&step, &quick, true, &tsi, &tsr, NULL), RC_OK);
	assert_string_equal(range_text(&tsi.items[0].range, text), "192.0.2.1/32");
	assert_string_equal(range_text(&tsr.items[0].range, text), "192.0.2.2/32");
	assert_int_equal(v1_quick_selectors(&step, &quick, false, &tsi, &tsr, NULL), RC_OK);
	assert_string_equal(range_text(&tsi.items[0].range, text), "192.0.2.2/32");
	v1_road_end(&road);
}

static void ids_become_ranges_with_protocol_and_port(void **state)
{
	static const uint8_t net[] = { 10, 1, 0, 0, 255, 255, 255, 0 };
	static const uint8_t holes[] = { 10, 1, 0, 0, 255, 0, 255, 0 };
	struct v1_road road;
	struct v1_quick quick = {
		.ids_present = true,
		.ids = { { .type = ISAKMP_ID_IPV4_SUBNET, .protocol = 6, .port = 80 },
			 { .type = ISAKMP_ID_IPV4_SUBNET } },
	};
	struct step step = { .sa = NULL };
	struct wire_ts_list tsi, tsr;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	step.sa = v1_sa(&road.pair.west);
	step.arena = &road.arena;
	quick.ids[0].data = quick.ids[1].data = SPAN_OF(net);
	assert_int_equal(v1_quick_selectors(&step, &quick, true, &tsi, &tsr, NULL), RC_OK);
	assert_int_equal(tsi.items[0].protocol, 6);
	assert_int_equal(tsi.items[0].port_from, 80);
	assert_int_equal(tsi.items[0].port_to, 80);
	assert_int_equal(tsr.items[0].port_from, 0);
	assert_int_equal(tsr.items[0].port_to, 65535);
	quick.ids[1].data = SPAN_OF(holes);
	assert_int_equal(v1_quick_selectors(&step, &quick, true, &tsi, &tsr, NULL), RC_SYNTAX);
	quick.ids[1] = (struct isakmp_id){ .type = ID_FQDN, .data = SPAN_OF(net) };
	assert_int_equal(v1_quick_selectors(&step, &quick, true, &tsi, &tsr, NULL), RC_UNSUPPORTED);
	v1_road_end(&road);
}

static void our_ids_stand_in_the_order_of_the_initiator(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	for (unsigned initiator = 0; initiator < 2; initiator++) {
		struct ike_message message = { .header.next = ISAKMP_ID };
		struct isakmp_id id;
		struct sink sink;
		struct writer writer;
		assert_int_equal(v1_inner_begin(&road.arena, &sink, &writer), RC_OK);
		v1_quick_emit_ids(&v1_tunnel(&road.pair.west)->selectors, initiator, &writer);
		assert_int_equal(
			isakmp_inner_parse(&road.arena, sink_written(&sink), &message, NULL),
			RC_OK);
		assert_int_equal(isakmp_payload_count(&message, ISAKMP_ID), 2);
		assert_int_equal(isakmp_id_parse(message.first->body, &id, NULL), RC_OK);
		assert_int_equal(id.data.ptr[1], initiator ? 1 : 2);
	}
	v1_road_end(&road);
}

/* ---- HASH(3), KEYMAT ---- */

static void hash_3_covers_message_id_and_both_nonces(void **state)
{
	static const uint8_t other[16] = { 10 };
	struct v1_road road;
	struct step step = { .sa = NULL };
	struct span one, two;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	step.sa = v1_sa(&road.pair.west);
	step.arena = &road.arena;
	assert_int_equal(v1_hash3(&step, 5, SPAN_OF(nonce), SPAN_OF(other), &one), RC_OK);
	assert_int_equal(one.len, step.sa->suite.prf->len);
	assert_int_equal(v1_hash3(&step, 5, SPAN_OF(other), SPAN_OF(nonce), &two), RC_OK);
	assert_false(span_equal(one, two));
	assert_int_equal(v1_hash3(&step, 6, SPAN_OF(nonce), SPAN_OF(other), &two), RC_OK);
	assert_false(span_equal(one, two));
	step.sa = v1_sa(&road.pair.east);
	assert_int_equal(v1_hash3(&step, 5, SPAN_OF(nonce), SPAN_OF(other), &two), RC_OK);
	assert_true(span_equal(one, two));
	v1_road_end(&road);
}

static void both_ends_cut_the_same_key_material(void **state)
{
	struct v1_road road;
	struct outcome west = { .diag.text = "" }, east = { .diag.text = "" };
	struct child_sa i, r;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	i = *v1_child(&road.pair.west);
	r = *v1_child(&road.pair.east);
	assert_int_equal(
		v1_keymat(&i, v1_sa(&road.pair.west), SPAN_OF(nonce), SPAN_OF(nonce), &west),
		RC_OK);
	assert_int_equal(
		v1_keymat(&r, v1_sa(&road.pair.east), SPAN_OF(nonce), SPAN_OF(nonce), &east),
		RC_OK);
	assert_true(west.keymat.len > 0);
	assert_true(span_equal(secret_span(&west.keymat), secret_span(&east.keymat)));
	secret_wipe(&east.keymat);
	r.spi_in ^= 1; /* each direction has keys of its own SPI */
	assert_int_equal(
		v1_keymat(&r, v1_sa(&road.pair.east), SPAN_OF(nonce), SPAN_OF(nonce), &east),
		RC_OK);
	assert_false(span_equal(secret_span(&west.keymat), secret_span(&east.keymat)));
	secret_wipe(&east.keymat);
	secret_wipe(&west.keymat);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_come_in_pairs_or_not_at_all),
		cmocka_unit_test(nonce_offer_and_ke_are_the_peers),
		cmocka_unit_test(the_mode_says_tunnel_or_transport_and_how_it_is_wrapped),
		cmocka_unit_test(a_lifetime_is_told_up_to_a_day),
		cmocka_unit_test(without_ids_the_addresses_of_the_sa_are_meant),
		cmocka_unit_test(ids_become_ranges_with_protocol_and_port),
		cmocka_unit_test(our_ids_stand_in_the_order_of_the_initiator),
		cmocka_unit_test(hash_3_covers_message_id_and_both_nonces),
		cmocka_unit_test(both_ends_cut_the_same_key_material),
	};

	return exchange_run(tests);
}
