/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences of RFC 7296 with MUST about CREATE_CHILD_SA (docs/protocol/rfc7296.md). */
#include "engine/private.h"
#include "unit/ikev2/road.h"

static struct child_sa *child_of(struct end *end)
{
	return tunnel_current(road_tunnel(end));
}

static void ask(struct road *road, enum ike_event event)
{
	struct end *west = &road->pair.west;

	road_event(west->gateway, road_sa(west), event, NULL, NULL,
		   event == EVENT_REKEY_CHILD ? child_of(west) : NULL);
}

/* west's request, still on its way, opened by east. */
static struct ike_message *asked(struct road *road, enum ike_event event)
{
	world_manual(road->pair.world, true);
	ask(road, event);
	world_settle(road->pair.world);
	assert_int_equal(road->count, 1);
	return road_opened(road, 0, road_sa(&road->pair.east));
}

static bool offers(struct road *road, const struct ike_message *message, uint16_t group,
		   uint8_t protocol)
{
	struct wire_sa offer;
	bool found = false;

	assert_int_equal(
		wire_sa_parse(&road->arena, payload_of(message, PAYLOAD_SA)->body, &offer, NULL),
		RC_OK);
	for (unsigned i = 0; i < offer.proposal_count; i++) {
		bool any = false;
		assert_int_equal(offer.proposals[i].protocol, protocol);
		for (unsigned k = 0; k < offer.proposals[i].transform_count; k++) {
			const struct wire_transform *t = &offer.proposals[i].transforms[k];
			any = any || (t->type == TRANSFORM_DH && t->id != DH_NONE);
			found = found || (t->type == TRANSFORM_DH && t->id == group);
		}
		assert_true(any); /* §2.18: never NONE for an IKE SA */
	}
	return found;
}

/* §1.3, §1.3.3: REKEY_SA with the SPI that we receive with, KE of an offered group. */
static void a_child_rekey_names_the_old_sa_and_its_ke_is_of_an_offered_group(void **state)
{
	struct wire_notify notify;
	struct road road;
	struct wire_ke ke;
	uint32_t spi = 0;

	(void)state;
	road_up(&road, PAIR_CONN "\tpfs=yes\n", PAIR_CONN "\tpfs=yes\n");
	uint32_t old = child_of(&road.pair.west)->spi_in;
	struct ike_message *message = asked(&road, EVENT_REKEY_CHILD);
	assert_true(notify_find(message, REKEY_SA, &notify));
	assert_int_equal(notify.protocol, PROTOCOL_ESP);
	assert_int_equal(span_u32(&notify.spi, &spi), RC_OK);
	assert_int_equal(spi, old);
	assert_int_equal(wire_ke_parse(payload_of(message, PAYLOAD_KE)->body, &ke, NULL), RC_OK);
	assert_true(offers(&road, message, ke.group, PROTOCOL_ESP));
	world_manual(road.pair.world, false);
	road_run(&road, 5 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* §1.3.2, §2.18 */
static void an_ike_rekey_always_has_a_new_key_exchange(void **state)
{
	struct wire_notify notify;
	struct road road;
	struct wire_ke ke;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_message *message = asked(&road, EVENT_REKEY_IKE);
	assert_false(notify_find(message, REKEY_SA, &notify));
	assert_non_null(payload_of(message, PAYLOAD_KE));
	assert_int_equal(wire_ke_parse(payload_of(message, PAYLOAD_KE)->body, &ke, NULL), RC_OK);
	assert_true(offers(&road, message, ke.group, PROTOCOL_IKE));
	assert_null(payload_of(message, PAYLOAD_TSi));
	world_manual(road.pair.world, false);
	road_run(&road, 5 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* §2.8, §2.18 */
static void a_new_ike_sa_counts_from_zero_and_the_old_one_ends_with_its_delete(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_up(&road, NULL, NULL);
	uint64_t old = road_sa(&road.pair.west)->spi_i;
	ask(&road, EVENT_REKEY_IKE);
	road_run(&road, 5 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_int_equal(road.count, 4);
	assert_int_equal(road_heard(&road, 0)->header.exchange, EXCHANGE_CREATE_CHILD_SA);
	for (unsigned i = 2; i < 4; i++) {
		assert_int_equal(road_heard(&road, i)->header.exchange, EXCHANGE_INFORMATIONAL);
		assert_true(road_heard(&road, i)->header.spi_i == old);
	}
	assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
	road_run(&road, 5 * USEC_PER_SEC);
	assert_int_equal(road.count, 6);
	assert_true(road_heard(&road, 4)->header.spi_i != old);
	assert_int_equal(road_heard(&road, 4)->header.message_id, 0);
	road_end(&road);
}

/* §1.3 */
static void another_group_in_create_child_sa_costs_one_round(void **state)
{
	struct wire_ke ke;
	struct road road;

	(void)state;
	road_up(&road, PAIR_CONN "\tpfs=yes\n\tesp=aes256-sha2_256-dh19+dh14\n",
		PAIR_CONN "\tpfs=yes\n\tesp=aes256-sha2_256-dh14\n");
	ask(&road, EVENT_REKEY_CHILD);
	road_run(&road, 5 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_int_equal(road.count, 6); /* refused, made, and the old one deleted */
	assert_int_equal(road_notify(road_opened(&road, 1, road_sa(&road.pair.west))),
			 INVALID_KE_PAYLOAD);
	struct ike_message *again = road_opened(&road, 2, road_sa(&road.pair.east));
	assert_int_equal(wire_ke_parse(payload_of(again, PAYLOAD_KE)->body, &ke, NULL), RC_OK);
	assert_int_equal(ke.group, 14);
	road_end(&road);
}

/* ---- what east is made to answer ---- */

static bool muzzle(void *context, struct flight *flight)
{
	const bool *muzzled = context;

	return !*muzzled || flight->to.addr.bytes[3] != 2;
}

/* The request of west does not reach east, for which the test answers. */
static void refuse(struct road *road, enum ike_event event, uint16_t type)
{
	struct outcome_message message = { .exchange = EXCHANGE_CREATE_CHILD_SA };
	struct wire_notify notify = { .type = type };
	struct ike_sa *east = road_sa(&road->pair.east);
	uint8_t buffer[1024];
	struct sink sink;
	struct writer writer;
	bool muzzled = true;

	world_tap(road->pair.world, muzzle, &muzzled);
	ask(road, event);
	road_run(road, 20 * USEC_PER_MSEC);
	world_tap(road->pair.world, road_listen, road);
	assert_int_equal(inner_start(&road->arena, &sink, &writer), RC_OK);
	wire_notify_emit(&writer, &notify);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	message.response = true;
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(east, east->seal_counter++, east->recv_next++, &message, &sink),
			 RC_OK);
	road->count = 0;
	assert_int_equal(
		world_inject(road->pair.world, &east->local, &east->remote, sink_written(&sink)),
		RC_OK);
}

/* §2.25 */
static void temporary_failure_is_not_answered_by_asking_at_once(void **state)
{
	static const enum ike_event events[] = { EVENT_REKEY_CHILD, EVENT_REKEY_IKE };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct road road;
		road_up(&road, NULL, NULL);
		struct child_sa *old = child_of(&road.pair.west);
		road_sa(&road.pair.west)->replace_at = host_now(road.pair.west.host);
		if (i == 0)
			old->replace_at = host_now(road.pair.west.host);
		refuse(&road, events[i], TEMPORARY_FAILURE);
		road_run(&road, USEC_PER_SEC);
		assert_int_equal(road.count, 0);
		assert_int_equal(pair_ping(&road.pair, true), SIMULATED_ARRIVED);
		pair_run(&road.pair, 60 * USEC_PER_SEC);
		assert_true(road.count > 0);
		pair_assert_tunnel(&road.pair);
		road_end(&road);
	}
}

/* §4: then a whole new one, and nothing is lost meanwhile. */
static void no_additional_sas_is_answered_by_a_whole_new_ike_sa(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, PAIR_START, NULL);
	child_of(&road.pair.west)->replace_at = host_now(road.pair.west.host);
	refuse(&road, EVENT_REKEY_CHILD, NO_ADDITIONAL_SAS);
	for (unsigned second = 0; second < 30; second++) {
		assert_int_equal(pair_ping(&road.pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&road.pair, false), SIMULATED_ARRIVED);
		pair_run(&road.pair, USEC_PER_SEC);
	}
	assert_int_equal(road.pair.west.ike_up, 2);
	pair_run(&road.pair, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* §2.8.1: at every step of the rekey each end receives on what the other one sends on. */
static void packets_arrive_at_every_step_of_a_rekey(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	world_manual(road.pair.world, true);
	ask(&road, EVENT_REKEY_CHILD);
	world_settle(road.pair.world);
	for (unsigned steps = 0; !list_empty(world_flights(road.pair.world)); steps++) {
		assert_true(steps < 10);
		assert_int_equal(pair_ping(&road.pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&road.pair, false), SIMULATED_ARRIVED);
		world_deliver(road.pair.world, container_of(world_flights(road.pair.world)->next,
							    struct flight, in_world));
		world_settle(road.pair.world);
	}
	world_manual(road.pair.world, false);
	road_run(&road, 3 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

static struct simulated_sealed on_its_way(struct end *end, const char *from, const char *to)
{
	struct simulated_sealed sealed;
	struct ip_range src, dst;

	assert_int_equal(range_parse(from, &src, NULL), RC_OK);
	assert_int_equal(range_parse(to, &dst, NULL), RC_OK);
	struct selector one = selector_make(&src, 0, 0), other = selector_make(&dst, 0, 0);
	assert_int_equal(kernel_simulated_send(end->kernel, &one, &other, 84, &sealed),
			 SIMULATED_ARRIVED);
	assert_false(sealed.clear);
	return sealed;
}

static void what_is_on_its_way_when_the_old_child_sa_ends_still_arrives(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct simulated_sealed there = on_its_way(&road.pair.west, "10.1.0.1", "10.2.0.1");
	struct simulated_sealed back = on_its_way(&road.pair.east, "10.2.0.1", "10.1.0.1");
	ask(&road, EVENT_REKEY_CHILD);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.pair.west.gateway->sas.child_count, 1);
	assert_int_equal(road.pair.east.gateway->sas.child_count, 1);
	assert_int_equal(kernel_simulated_arrive(road.pair.east.kernel, &there), SIMULATED_ARRIVED);
	assert_int_equal(kernel_simulated_arrive(road.pair.west.kernel, &back), SIMULATED_ARRIVED);
	road_run(&road, 3 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_arrive(road.pair.east.kernel, &there), SIMULATED_NO_SA);
	assert_int_equal(kernel_simulated_arrive(road.pair.west.kernel, &back), SIMULATED_NO_SA);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

static void what_lingers_in_the_kernel_goes_with_the_gateway(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	ask(&road, EVENT_REKEY_CHILD);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(road.pair.west.kernel), 3);
	gateway_free(road.pair.west.gateway);
	road.pair.west.gateway = NULL;
	assert_int_equal(kernel_simulated_sa_count(road.pair.west.kernel), 0);
	road_end(&road);
}

/* §2.9.2: the responder has narrowed once; a rekey by either end does not narrow again. */
static void a_rekeyed_child_sa_is_not_narrower(void **state)
{
	struct end *ends[2];
	struct road road;

	(void)state;
	road_begin(&road,
		   "conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
		   "\tleftsubnet=10.0.0.0/8\n\trightsubnet=10.2.0.0/16\n\tauthby=secret\n"
		   "\tauto=add\n",
		   NULL);
	ends[0] = &road.pair.west;
	ends[1] = &road.pair.east;
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	struct selectors was = child_of(&road.pair.west)->selectors;
	for (unsigned i = 0; i < 4; i++) {
		struct end *end = ends[i % 2];
		uint32_t spi = child_of(end)->spi_in;
		road_event(end->gateway, road_sa(end), EVENT_REKEY_CHILD, NULL, NULL,
			   child_of(end));
		pair_run(&road.pair, 60 * USEC_PER_SEC);
		assert_int_not_equal(child_of(end)->spi_in, spi);
		assert_true(selectors_equal(&child_of(&road.pair.west)->selectors, &was));
	}
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* §3.3.6, §3.4: a KE that no proposal is for is ignored, and none is sent back. */
static void without_a_group_a_ke_is_ignored_and_none_is_answered(void **state)
{
	struct outcome_message message = { .exchange = EXCHANGE_CREATE_CHILD_SA };
	static const uint8_t nonce[32] = { 7 }, public[32] = { 9 };
	struct wire_ke ke = { 31, SPAN_OF(public) };
	struct wire_ts local, remote;
	struct wire_ts_list tsi = { &local, 1 }, tsr = { &remote, 1 };
	struct wire_sa offer;
	struct sink sink;
	struct writer writer;
	struct road road;

	(void)state;
	road_up(&road, PAIR_CONN "\tpfs=no\n", PAIR_CONN "\tpfs=no\n");
	const struct tunnel *tunnel = road_tunnel(&road.pair.west);
	assert_int_equal(inner_start(&road.arena, &sink, &writer), RC_OK);
	assert_int_equal(proposal_offer(&road.arena, tunnel->conn->esp, span_make("\1\2\3\4", 4),
					PROPOSAL_NO_DH, &offer),
			 RC_OK);
	wire_sa_emit(&writer, &offer);
	wire_nonce_emit(&writer, SPAN_OF(nonce));
	wire_ke_emit(&writer, &ke);
	selector_to_wire(&tunnel->selectors.first.local, &local);
	selector_to_wire(&tunnel->selectors.first.remote, &remote);
	wire_ts_emit(&writer, PAYLOAD_TSi, &tsi);
	wire_ts_emit(&writer, PAYLOAD_TSr, &tsr);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	road_say(&road, &road.pair.west, &message);
	struct ike_message *answer = road_opened(&road, 0, road_sa(&road.pair.west));
	assert_int_equal(road_notify(answer), 0);
	assert_non_null(payload_of(answer, PAYLOAD_SA));
	assert_null(payload_of(answer, PAYLOAD_KE));
	road_end(&road);
}

/* ---- §2.2: message IDs ---- */

static void count_from(struct road *road, uint32_t id)
{
	road_sa(&road->pair.west)->send_next = id;
	road_sa(&road->pair.east)->recv_next = id;
}

static void message_ids_that_run_out_make_a_new_ike_sa(void **state)
{
	struct road road;

	(void)state;
	for (unsigned rekey = 0; rekey < 2; rekey++) {
		road_up(&road, rekey ? NULL : PAIR_CONN "\trekey=no\n", NULL);
		uint64_t old = road_sa(&road.pair.west)->serial;
		count_from(&road, 0xffff0000u);
		road_event(road.pair.west.gateway, road_sa(&road.pair.west), EVENT_PROBE, NULL,
			   NULL, NULL);
		pair_run(&road.pair, 60 * USEC_PER_SEC);
		assert_int_not_equal(road_sa(&road.pair.west)->serial, old);
		assert_true(road_sa(&road.pair.west)->send_next < 10);
		assert_int_equal(road.pair.west.child_down, 0);
		pair_assert_tunnel(&road.pair);
		road_end(&road);
	}
}

static void the_last_message_id_ends_the_ike_sa_and_what_is_wanted_begins_anew(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, PAIR_START, NULL);
	count_from(&road, UINT32_MAX);
	road_event(road.pair.west.gateway, road_sa(&road.pair.west), EVENT_PROBE, NULL, NULL, NULL);
	pair_run(&road.pair, 60 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.ike_down, 1);
	assert_int_equal(road.pair.west.ike_up, 2);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_rekey_names_the_old_sa_and_its_ke_is_of_an_offered_group),
		cmocka_unit_test(an_ike_rekey_always_has_a_new_key_exchange),
		cmocka_unit_test(
			a_new_ike_sa_counts_from_zero_and_the_old_one_ends_with_its_delete),
		cmocka_unit_test(another_group_in_create_child_sa_costs_one_round),
		cmocka_unit_test(temporary_failure_is_not_answered_by_asking_at_once),
		cmocka_unit_test(no_additional_sas_is_answered_by_a_whole_new_ike_sa),
		cmocka_unit_test(packets_arrive_at_every_step_of_a_rekey),
		cmocka_unit_test(what_is_on_its_way_when_the_old_child_sa_ends_still_arrives),
		cmocka_unit_test(what_lingers_in_the_kernel_goes_with_the_gateway),
		cmocka_unit_test(a_rekeyed_child_sa_is_not_narrower),
		cmocka_unit_test(without_a_group_a_ke_is_ignored_and_none_is_answered),
		cmocka_unit_test(message_ids_that_run_out_make_a_new_ike_sa),
		cmocka_unit_test(
			the_last_message_id_ends_the_ike_sa_and_what_is_wanted_begins_anew),
	};

	return exchange_run(tests);
}
