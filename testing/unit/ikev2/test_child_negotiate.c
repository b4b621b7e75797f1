/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

struct offer {
	struct road road;
	struct child_exchange in;
	struct child_sa *child;
	struct diag diag;
};

static void begin(struct offer *offer, const char *west, const char *east)
{
	memset(offer, 0, sizeof(*offer));
	road_begin(&offer->road, west, east);
}

/* What west offers for its tunnel, read as east would. */
static void make_offer(struct offer *offer, unsigned flags)
{
	struct road *road = &offer->road;
	struct tunnel *tunnel = road_tunnel(&road->pair.west);
	struct outcome_message message = { 0 };
	struct ike_message read = { 0 };
	struct sink sink;
	struct writer writer;
	struct payload *last = NULL;

	assert_int_equal(inner_start(&road->arena, &sink, &writer), RC_OK);
	assert_int_equal(child_offer_sa(&road->arena, tunnel, 0x01020304, flags, NULL, &writer),
			 RC_OK);
	assert_int_equal(child_offer_selectors(&road->arena, tunnel, &tunnel->selectors, &writer),
			 RC_OK);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	(void)last;
	assert_int_equal(wire_inner_parse(&road->arena, message.bytes, message.first_type, &read,
					  NULL, NULL),
			 RC_OK);
	assert_int_equal(child_read(&road->arena, &read, &offer->in, &offer->diag), RC_OK);
	assert_true(offer->in.present);
}

static enum rc chosen(struct offer *offer, uint16_t group, unsigned flags)
{
	struct end *east = &offer->road.pair.east;

	assert_int_equal(child_sa_new(&east->gateway->sas, &offer->child), RC_OK);
	offer->child->tunnel = road_tunnel(east);
	return child_choose(&east->gateway->sas, &offer->in, group, flags, offer->child,
			    &offer->diag);
}

static void finish(struct offer *offer)
{
	child_sa_free(&offer->road.pair.east.gateway->sas, offer->child);
	road_end(&offer->road);
}

static void what_one_offers_the_other_takes(void **state)
{
	struct offer offer;

	(void)state;
	begin(&offer, NULL, NULL);
	make_offer(&offer, PROPOSAL_NO_DH);
	assert_int_equal(chosen(&offer, DH_NONE, PROPOSAL_NO_DH), RC_OK);
	assert_int_equal(offer.child->spi_out, 0x01020304);
	assert_true(selectors_equal(&offer.child->selectors, &offer.child->tunnel->selectors));
	finish(&offer);
}

/* RFC 7296 §1.3.1: transport mode is asked for; who wants it does not make a tunnel. */
static void tunnel_mode_is_refused_by_who_wants_transport(void **state)
{
	struct offer offer;

	(void)state;
	begin(&offer, NULL, NULL);
	make_offer(&offer, PROPOSAL_NO_DH);
	assert_int_equal(child_sa_new(&offer.road.pair.east.gateway->sas, &offer.child), RC_OK);
	offer.child->tunnel = road_tunnel(&offer.road.pair.east);
	offer.child->mode = KERNEL_TRANSPORT;
	assert_int_equal(child_choose(&offer.road.pair.east.gateway->sas, &offer.in, DH_NONE,
				      PROPOSAL_NO_DH, offer.child, &offer.diag),
			 RC_NO_PROPOSAL);
	finish(&offer);
}

static void selectors_that_fit_no_tunnel_are_named(void **state)
{
	struct offer offer;

	(void)state;
	begin(&offer, NULL, NULL);
	make_offer(&offer, PROPOSAL_NO_DH);
	assert_int_equal(
		child_no_tunnel(road_tunnel(&offer.road.pair.east)->peer, &offer.in, &offer.diag),
		RC_TS_UNACCEPTABLE);
	assert_non_null(strstr(offer.diag.text, "10.1.0.0/24"));
	road_end(&offer.road);
}

static void the_delete_of_what_was_announced_names_its_spi(void **state)
{
	struct outcome_message message = { 0 };
	struct offer offer;
	static const uint8_t spi[] = { 0x0a, 0x0b, 0x0c, 0x0d };

	(void)state;
	begin(&offer, NULL, NULL);
	assert_int_equal(child_emit_delete(&offer.road.arena, PROTOCOL_AH, 0x0a0b0c0d, &message),
			 RC_OK);
	assert_int_equal(message.purpose, REQUEST_DELETE_CHILD);
	assert_int_equal(message.first_type, PAYLOAD_DELETE);
	assert_memory_equal(message.bytes.ptr + message.bytes.len - 4, spi, 4);
	road_end(&offer.road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_one_offers_the_other_takes),
		cmocka_unit_test(tunnel_mode_is_refused_by_who_wants_transport),
		cmocka_unit_test(selectors_that_fit_no_tunnel_are_named),
		cmocka_unit_test(the_delete_of_what_was_announced_names_its_spi),
	};

	return exchange_run(tests);
}
