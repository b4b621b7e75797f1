/* SPDX-License-Identifier: Apache-2.0 */
/* A peer with all the keys that says whatever it likes: every notify in every state, Deletes of
 * what is not there, message IDs from nowhere. What it does concerns its own SAs only, each end of
 * an SA has a reason in the flight recorder, and a tunnel with somebody else stays. */
#include "engine/private.h"
#include "exchange/company.h"

static void up_again(struct company *t)
{
	end_crash(&t->road.pair.west);
	end_boot(&t->road.pair.west, PAIR_CONN, COMPANY_SECRETS);
	end_up(&t->road.pair.west, "t");
	road_run(&t->road, 10 * USEC_PER_SEC);
	assert_int_equal(t->road.pair.east.gateway->sas.child_count, 2);
	t->road.count = 0;
}

/* What `ipsec explain` would show of the tunnel's peer: is there a record of that kind? */
static bool recorded(const struct peer *peer, enum record_event event, unsigned code)
{
	const struct record *record;

	for (unsigned i = 0; (record = recorder_at(&peer->recorder, i)) != NULL; i++)
		if (record->event == event && record->code == code)
			return true;
	return false;
}

/* ---- every notify ---- */

static uint16_t notify_type(unsigned index)
{
	static const uint16_t odd[] = { 8191, 8192, 16383, 40959, 40960, 49152, 65534, 65535 };

	if (index < 60)
		return (uint16_t)index; /* error types, known and not */
	if (index < 130)
		return (uint16_t)(16384 + index - 60); /* status types */
	return index - 130 < sizeof(odd) / sizeof(odd[0]) ? odd[index - 130] : 0;
}
#define NOTIFIES 138

static struct outcome_message one_notify(struct road *road, enum exchange_type exchange,
					 uint16_t type, size_t size)
{
	static const uint8_t zeros[64] = { 1 };
	struct wire_notify notify = { .type = type, .data = span_make(zeros, size) };
	struct outcome_message message = { .exchange = (uint8_t)exchange };
	struct sink sink;
	struct writer writer;

	assert_int_equal(inner_start(&road->arena, &sink, &writer), RC_OK);
	wire_notify_emit(&writer, &notify);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	return message;
}

/* RFC 7296 §3.10.1: what is not understood in a request is ignored, and the request answered
 * (§1.4). Three end the IKE SA, and so do data that cannot be right (§2.21.3). */
static void every_notify_in_a_request_is_answered_and_concerns_nobody_else(void **state)
{
	static const size_t sizes[] = { 0, 4, 20 };
	struct company t;
	unsigned ended = 0;

	(void)state;
	company_begin(&t, "");
	for (unsigned i = 0; i < NOTIFIES * 3; i++) {
		uint16_t type = notify_type(i / 3);
		struct end *east = &t.road.pair.east;
		unsigned down = east->ike_down;
		struct outcome_message message =
			one_notify(&t.road, EXCHANGE_INFORMATIONAL, type, sizes[i % 3]);
		t.road.count = 0;
		road_say(&t.road, &t.road.pair.west, &message);
		assert_true(t.road.count >= 1); /* an answer */
		arena_free(&t.road.arena);
		arena_init(&t.road.arena, 1u << 26);
		if (east->ike_down == down) {
			assert_int_equal(east->gateway->sas.child_count, 2);
			continue;
		}
		ended++;
		struct peer *peer = road_tunnel(east)->peer;
		assert_true(recorded(peer, RECORD_IKE_DOWN, RC_PEER_REFUSED) ||
			    recorded(peer, RECORD_IKE_DOWN, RC_SYNTAX));
		up_again(&t);
	}
	assert_in_range(ended, 9, 60);
	company_end(&t);
}

/* ---- the same in answers ---- */

struct muzzle {
	bool on;
	struct company *table;
};

static bool muzzle(void *context, struct flight *flight)
{
	const struct muzzle *m = context;
	bool from_west = flight->from.addr.bytes[3] == 1;

	return !m->on || !from_west;
}

/* west answers the outstanding request of east with this. */
static void answer(struct company *t, const struct outcome_message *what)
{
	struct ike_sa *sa = road_sa(&t->road.pair.west), *asks = road_sa(&t->road.pair.east);
	struct outcome_message message = *what;
	uint8_t buffer[2048];
	struct sink sink;

	message.response = true;
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(sa, sa->seal_counter++, asks->send_next - 1, &message, &sink),
			 RC_OK);
	assert_int_equal(
		world_inject(t->road.pair.world, &sa->local, &sa->remote, sink_written(&sink)),
		RC_OK);
	road_run(&t->road, 100 * USEC_PER_MSEC);
}

static void probe_from_east(struct company *t)
{
	struct end *east = &t->road.pair.east;
	struct ike_sa *sa = road_sa(east);

	if (sa->request.bytes == NULL)
		road_event(east->gateway, sa, EVENT_PROBE, NULL, NULL, NULL);
	road_run(&t->road, 10 * USEC_PER_MSEC);
	assert_non_null(sa->request.bytes);
}

static void every_notify_in_an_answer_concerns_nobody_else(void **state)
{
	struct company t;
	struct muzzle m = { .table = &t };

	(void)state;
	company_begin(&t, "");
	world_tap(t.road.pair.world, muzzle, &m);
	for (unsigned i = 0; i < NOTIFIES; i++) {
		struct end *east = &t.road.pair.east;
		unsigned down = east->ike_down;
		struct outcome_message message =
			one_notify(&t.road, EXCHANGE_INFORMATIONAL, notify_type(i), 4);
		m.on = true;
		probe_from_east(&t);
		answer(&t, &message);
		m.on = false;
		if (east->ike_down == down) {
			assert_null(road_sa(east)->request.bytes);
			assert_int_equal(east->gateway->sas.child_count, 2);
			continue;
		}
		struct peer *peer = road_tunnel(east)->peer;
		assert_true(recorded(peer, RECORD_IKE_DOWN, RC_PEER_REFUSED) ||
			    recorded(peer, RECORD_IKE_DOWN, RC_SYNTAX));
		up_again(&t);
	}
	company_end(&t);
}

/* ---- half-open ---- */

static void deliver_next(struct pair *pair)
{
	struct list *flights = world_flights(pair->world);

	assert_false(list_empty(flights));
	world_deliver(pair->world, container_of(flights->next, struct flight, in_world));
	world_settle(pair->world);
}

static void inject_sealed(struct road *road, struct ike_sa *sa, uint32_t id,
			  const struct outcome_message *message)
{
	uint8_t buffer[2048];
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(sa, sa->seal_counter++, id, message, &sink), RC_OK);
	assert_int_equal(
		world_inject(road->pair.world, &sa->local, &sa->remote, sink_written(&sink)),
		RC_OK);
	while (!list_empty(world_flights(road->pair.world)) &&
	       container_of(world_flights(road->pair.world)->prev, struct flight, in_world)
			       ->from.addr.bytes[3] == sa->local.addr.bytes[3]) {
		world_deliver(road->pair.world, container_of(world_flights(road->pair.world)->prev,
							     struct flight, in_world));
		world_settle(road->pair.world);
		return;
	}
	world_settle(road->pair.world);
}

/* RFC 7296 §1: before IKE_AUTH is done nothing else is listened to. */
static void a_half_open_sa_listens_to_no_notify_but_to_ike_auth(void **state)
{
	struct road road;

	(void)state;
	memset(&road, 0, sizeof(road));
	arena_init(&road.arena, 1u << 26);
	pair_start(&road.pair, 1, NULL, NULL, NULL, NULL);
	world_manual(road.pair.world, true);
	end_up(&road.pair.west, "t");
	world_settle(road.pair.world);
	deliver_next(&road.pair);
	deliver_next(&road.pair);
	struct ike_sa *sa = road_sa(&road.pair.west);
	assert_int_equal(sa->state, IKEV2_AUTH_SENT);
	for (unsigned i = 0; i < NOTIFIES; i++) {
		struct outcome_message message =
			one_notify(&road, EXCHANGE_INFORMATIONAL, notify_type(i), 4);
		inject_sealed(&road, sa, 1, &message);
		assert_int_equal(road.pair.east.gateway->sas.half_open_count, 1);
		assert_int_equal(road.pair.east.ike_up, 0);
	}
	world_manual(road.pair.world, false);
	road_run(&road, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* Each notify instead of AUTH: the attempt ends with a reason, and the next one succeeds. */
static void every_notify_instead_of_auth_ends_the_attempt_with_a_reason(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NOTIFIES; i += 3) {
		struct road road;
		memset(&road, 0, sizeof(road));
		arena_init(&road.arena, 1u << 24);
		pair_start(&road.pair, i + 1, NULL, NULL, NULL, NULL);
		world_manual(road.pair.world, true);
		end_up(&road.pair.west, "t");
		world_settle(road.pair.world);
		for (unsigned n = 0; n < 3; n++)
			deliver_next(&road.pair);
		struct ike_sa *east = road_sa(&road.pair.east);
		struct outcome_message message =
			one_notify(&road, EXCHANGE_IKE_AUTH, notify_type(i), 4);
		message.response = true;
		inject_sealed(&road, east, 1, &message);
		assert_int_equal(road.pair.west.failed, 1);
		assert_int_not_equal(road.pair.west.last_reason, RC_OK);
		assert_true(strlen(road.pair.west.last_text) > 10);
		world_manual(road.pair.world, false);
		pair_run(&road.pair, 60 * USEC_PER_SEC);
		pair_assert_tunnel(&road.pair);
		road_end(&road);
	}
}

/* Nothing proves who sent a clear message: at the worst the attempt is made again. */
static void every_notify_in_the_clear_costs_an_attempt_at_the_most(void **state)
{
	(void)state;
	for (unsigned i = 1; i < NOTIFIES; i += 3) {
		struct ike_header header;
		uint8_t buffer[256];
		struct sink sink;
		struct pair pair;
		pair_start(&pair, i, NULL, NULL, NULL, NULL);
		world_manual(pair.world, true);
		end_up(&pair.west, "t");
		world_settle(pair.world);
		struct ike_sa *sa = road_sa(&pair.west);
		header = (struct ike_header){ .spi_i = sa->spi_i,
					      .version = IKE_VERSION_2,
					      .exchange = EXCHANGE_IKE_SA_INIT,
					      .flags = IKE_FLAG_INITIATOR };
		sink_init(&sink, buffer, sizeof(buffer));
		assert_int_equal(ikev2_emit_notify(&sink, &header, 0, notify_type(i), SPAN_NONE),
				 RC_OK);
		assert_int_equal(
			world_inject(pair.world, &sa->remote, &sa->local, sink_written(&sink)),
			RC_OK);
		world_manual(pair.world, false);
		pair_run(&pair, 60 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

/* ---- Deletes ---- */

static struct outcome_message deletes(struct road *road, enum ike_protocol protocol,
				      const uint32_t *spis, uint16_t count, unsigned times)
{
	struct outcome_message message = { .exchange = EXCHANGE_INFORMATIONAL };
	uint8_t bytes[64];
	struct wire_delete payload = { .protocol = (uint8_t)protocol,
				       .spi_size = count > 0 ? 4 : 0,
				       .count = count };
	struct sink sink, spi;
	struct writer writer;

	sink_init(&spi, bytes, sizeof(bytes));
	for (unsigned i = 0; i < count; i++)
		sink_u32(&spi, spis[i]);
	payload.spis = sink_written(&spi);
	assert_int_equal(inner_start(&road->arena, &sink, &writer), RC_OK);
	for (unsigned i = 0; i < times; i++)
		wire_delete_emit(&writer, &payload);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	return message;
}

/* Unknown ones, the wrong half, another protocol's, and those of somebody else. */
static void a_delete_of_what_is_not_the_peers_changes_nothing(void **state)
{
	struct company t;

	(void)state;
	company_begin(&t, "");
	struct end *east = &t.road.pair.east;
	uint32_t own = company_child(east, "t")->spi_out;
	uint32_t wrong[] = { 0,
			     1,
			     0x12345678,
			     0xffffffff,
			     company_child(east, "t")->spi_in,
			     company_child(east, "s")->spi_out,
			     company_child(east, "s")->spi_in };
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct outcome_message message =
			deletes(&t.road, PROTOCOL_ESP, &wrong[i], 1, 1 + i % 3);
		t.road.count = 0;
		road_say(&t.road, &t.road.pair.west, &message);
		assert_int_equal(t.road.count, 1);
		assert_int_equal(east->gateway->sas.child_count, 2);
	}
	struct outcome_message message = deletes(&t.road, PROTOCOL_AH, &own, 1, 1);
	road_say(&t.road, &t.road.pair.west, &message);
	assert_int_equal(east->gateway->sas.child_count, 2);
	assert_int_equal(east->ike_down, 0);
	company_end(&t);
}

/* One Child SA, named three times in each of three payloads: it ends once. */
static void a_delete_that_names_a_child_sa_many_times_ends_it_once(void **state)
{
	struct company t;

	(void)state;
	company_begin(&t, "");
	struct end *east = &t.road.pair.east;
	uint32_t own = company_child(east, "t")->spi_out;
	uint32_t spis[] = { own, 0x12345678, own, own };
	struct outcome_message message = deletes(&t.road, PROTOCOL_ESP, spis, 4, 3);
	road_say(&t.road, &t.road.pair.west, &message);
	assert_int_equal(east->child_down, 1);
	assert_int_equal(east->gateway->sas.child_count, 1);
	assert_true(recorded(road_tunnel(east)->peer, RECORD_CHILD_DOWN, RC_PEER_DELETED));
	message = deletes(&t.road, PROTOCOL_ESP, spis, 4, 1); /* and once more, when it is gone */
	road_say(&t.road, &t.road.pair.west, &message);
	assert_int_equal(east->child_down, 1);
	company_end(&t);
}

/* The Child SA that IKE_AUTH announced, before east knows that it is up at west. */
static void a_delete_in_a_half_open_sa_is_not_listened_to(void **state)
{
	struct road road;

	(void)state;
	memset(&road, 0, sizeof(road));
	arena_init(&road.arena, 1u << 24);
	pair_start(&road.pair, 1, NULL, NULL, NULL, NULL);
	world_manual(road.pair.world, true);
	end_up(&road.pair.west, "t");
	world_settle(road.pair.world);
	deliver_next(&road.pair);
	deliver_next(&road.pair);
	struct ike_sa *sa = road_sa(&road.pair.west);
	uint32_t spi = sa->larval->child_spi;
	struct outcome_message child = deletes(&road, PROTOCOL_ESP, &spi, 1, 1);
	inject_sealed(&road, sa, 1, &child);
	struct outcome_message ike = deletes(&road, PROTOCOL_IKE, NULL, 0, 1);
	inject_sealed(&road, sa, 1, &ike);
	assert_int_equal(road.pair.east.gateway->sas.half_open_count, 1);
	world_manual(road.pair.world, false);
	road_run(&road, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

static void a_delete_of_the_ike_sa_many_times_ends_it_once(void **state)
{
	struct company t;

	(void)state;
	company_begin(&t, "");
	struct outcome_message message = deletes(&t.road, PROTOCOL_IKE, NULL, 0, 5);
	struct peer *peer = road_tunnel(&t.road.pair.east)->peer;
	road_say(&t.road, &t.road.pair.west, &message);
	assert_int_equal(t.road.pair.east.ike_down, 1);
	assert_int_equal(t.road.pair.east.child_down, 1);
	assert_true(recorded(peer, RECORD_IKE_DOWN, RC_PEER_DELETED));
	company_end(&t);
}

/* ---- windows ---- */

/* RFC 7296 §2.3: what is outside of the window is not even acknowledged. */
static void requests_outside_of_the_window_are_not_answered(void **state)
{
	static const int64_t steps[] = { PEER_WINDOW, 64, 1000, -1, -2, -3, INT32_MAX };
	struct company t;

	(void)state;
	company_begin(&t, "");
	struct ike_sa *sa = road_sa(&t.road.pair.west);
	struct end *east = &t.road.pair.east;
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct outcome_message message = deletes(&t.road, PROTOCOL_IKE, NULL, 0, 1 + i % 2);
		uint64_t out = east->gateway->counters.datagrams_out;
		inject_sealed(&t.road, sa, (uint32_t)(sa->send_next + steps[i]), &message);
		road_run(&t.road, 100 * USEC_PER_MSEC);
		assert_int_equal(east->gateway->counters.datagrams_out, out);
		assert_int_equal(east->ike_down, 0);
	}
	struct outcome_message empty = road_inner(&t.road, EXCHANGE_INFORMATIONAL, NULL);
	road_say(&t.road, &t.road.pair.west, &empty); /* the window is where it was */
	assert_int_equal(east->gateway->sas.child_count, 2);
	company_end(&t);
}

static void answers_that_nobody_asked_for_change_nothing(void **state)
{
	struct company t;

	(void)state;
	company_begin(&t, "");
	struct ike_sa *sa = road_sa(&t.road.pair.west);
	struct end *east = &t.road.pair.east;
	for (uint32_t id = 0; id < 5; id++) {
		struct outcome_message message =
			one_notify(&t.road, EXCHANGE_INFORMATIONAL, AUTHENTICATION_FAILED, 0);
		message.response = true;
		inject_sealed(&t.road, sa, id, &message);
		message.exchange = EXCHANGE_CREATE_CHILD_SA;
		inject_sealed(&t.road, sa, id, &message);
		message.exchange = EXCHANGE_IKE_AUTH;
		inject_sealed(&t.road, sa, id, &message);
	}
	road_run(&t.road, USEC_PER_SEC);
	assert_int_equal(east->ike_down, 0);
	assert_int_equal(east->gateway->sas.child_count, 2);
	company_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_notify_in_a_request_is_answered_and_concerns_nobody_else),
		cmocka_unit_test(every_notify_in_an_answer_concerns_nobody_else),
		cmocka_unit_test(a_half_open_sa_listens_to_no_notify_but_to_ike_auth),
		cmocka_unit_test(every_notify_instead_of_auth_ends_the_attempt_with_a_reason),
		cmocka_unit_test(every_notify_in_the_clear_costs_an_attempt_at_the_most),
		cmocka_unit_test(a_delete_of_what_is_not_the_peers_changes_nothing),
		cmocka_unit_test(a_delete_that_names_a_child_sa_many_times_ends_it_once),
		cmocka_unit_test(a_delete_in_a_half_open_sa_is_not_listened_to),
		cmocka_unit_test(a_delete_of_the_ike_sa_many_times_ends_it_once),
		cmocka_unit_test(requests_outside_of_the_window_are_not_answered),
		cmocka_unit_test(answers_that_nobody_asked_for_change_nothing),
	};

	return exchange_run(tests);
}
