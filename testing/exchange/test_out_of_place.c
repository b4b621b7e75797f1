/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are authentic and sound, but have no place in an IKE SA that is up (RFC 7296
 * §2.21.3): each is answered, the tunnel stays, and the next request has its turn. */
#include "engine/private.h"
#include "unit/ikev2/road.h"

static const uint8_t strays[] = { EXCHANGE_IKE_SA_INIT,
				  EXCHANGE_IKE_AUTH,
				  EXCHANGE_IKE_SESSION_RESUME,
				  EXCHANGE_IKE_INTERMEDIATE,
				  1,
				  EXCHANGE_V1_QUICK,
				  39,
				  240,
				  255 };
#define STRAYS (sizeof(strays) / sizeof(strays[0]))

static bool recorded(struct end *end, enum record_event event, unsigned code)
{
	const struct peer *peer = road_tunnel(end)->peer;
	const struct record *record;

	for (unsigned i = 0; (record = recorder_at(&peer->recorder, i)) != NULL; i++)
		if (record->event == event && record->code == code)
			return true;
	return false;
}

static void inject(struct road *road, struct ike_sa *sa, uint8_t *bytes, size_t len)
{
	assert_int_equal(
		world_inject(road->pair.world, &sa->local, &sa->remote, span_make(bytes, len)),
		RC_OK);
	road_run(road, 100 * USEC_PER_MSEC);
}

/* `from` sends it with that message ID. */
static void stray(struct road *road, struct end *from, uint8_t exchange, uint32_t id)
{
	struct ike_sa *sa = road_sa(from);
	struct outcome_message message = road_inner(road, (enum exchange_type)exchange, NULL);
	uint8_t buffer[2048];
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(sa, sa->seal_counter++, id, &message, &sink), RC_OK);
	inject(road, sa, buffer, sink.len);
}

/* The index-th datagram heard answers that request with INVALID_SYNTAX, protected. */
static void assert_refused(struct road *road, struct end *from, unsigned index, uint8_t exchange,
			   uint32_t id)
{
	struct ike_message *answer = road_opened(road, index, road_sa(from));

	assert_int_equal(answer->header.exchange, exchange);
	assert_int_equal(answer->header.message_id, id);
	assert_true((answer->header.flags & IKE_FLAG_RESPONSE) != 0);
	assert_int_equal(road_notify(answer), INVALID_SYNTAX);
}

static void assert_next_request_works(struct road *road, struct end *from)
{
	struct outcome_message empty = road_inner(road, EXCHANGE_INFORMATIONAL, NULL);
	uint32_t id = road_sa(from)->send_next;
	struct ike_message *answer;

	road->count = 0;
	road_say(road, from, &empty);
	assert_true(road->count >= 1);
	answer = road_opened(road, 0, road_sa(from));
	assert_int_equal(answer->header.exchange, EXCHANGE_INFORMATIONAL);
	assert_int_equal(answer->header.message_id, id);
	assert_int_equal(road_notify(answer), 0);
}

static void each_is_answered_and_the_tunnel_stays(void **state)
{
	(void)state;
	for (unsigned who = 0; who < 2; who++) {
		struct road road;
		road_up(&road, NULL, NULL);
		struct end *from = who == 0 ? &road.pair.west : &road.pair.east;
		struct end *to = who == 0 ? &road.pair.east : &road.pair.west;
		for (unsigned i = 0; i < STRAYS; i++) {
			uint32_t id = road_sa(from)->send_next++;
			road.count = 0;
			stray(&road, from, strays[i], id);
			assert_refused(&road, from, 0, strays[i], id);
			assert_true(recorded(to, RECORD_REFUSED, strays[i]));
			assert_true(recorded(to, RECORD_NOTIFY_OUT, INVALID_SYNTAX));
			assert_next_request_works(&road, from);
		}
		assert_true(end_said(to, "IKE_AUTH request has no place here"));
		assert_int_equal(to->gateway->counters.requests_refused, STRAYS);
		assert_int_equal(to->ike_down + to->child_down, 0);
		assert_int_equal(from->ike_down + from->child_down, 0);
		pair_assert_tunnel(&road.pair);
		road_end(&road);
	}
}

/* What the RFC makes of a request again. */
static void one_that_comes_again_gets_the_same_answer(void **state)
{
	struct road road;
	struct ear first;

	(void)state;
	road_up(&road, NULL, NULL);
	struct end *west = &road.pair.west;
	uint32_t id = road_sa(west)->send_next++;
	stray(&road, west, EXCHANGE_IKE_AUTH, id);
	first = road.ears[0];
	road.count = 0;
	stray(&road, west, EXCHANGE_IKE_AUTH, id);
	assert_int_equal(road.count, 1); /* and nothing else: not asked again */
	assert_int_equal(road.ears[0].len, first.len);
	assert_memory_equal(road.ears[0].bytes, first.bytes, first.len);
	assert_int_equal(road.pair.east.gateway->counters.requests_refused, 1);
	road_end(&road);
}

/* §2.3: those behind it have waited for it. */
static void one_ahead_of_its_turn_is_refused_in_its_turn(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct end *west = &road.pair.west;
	uint32_t id = road_sa(west)->send_next;
	road_sa(west)->send_next += 3;
	stray(&road, west, EXCHANGE_INFORMATIONAL, id + 2);
	stray(&road, west, EXCHANGE_IKE_AUTH, id + 1);
	assert_int_equal(road.count, 0);
	stray(&road, west, EXCHANGE_INFORMATIONAL, id);
	assert_true(road.count >= 3);
	assert_refused(&road, west, 1, EXCHANGE_IKE_AUTH, id + 1);
	assert_next_request_works(&road, west);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

static void one_in_fragments_is_refused_too(void **state)
{
	static const uint8_t much[700] = { 1 };
	struct wire_notify notify = { .type = 40000, .data = SPAN_OF(much) };
	struct outcome_message message = { .exchange = EXCHANGE_IKE_AUTH };
	uint8_t buffer[4096];
	struct seal_plan plan;
	struct span kept, part;
	struct sink sink;
	struct writer writer;
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *sa = road_sa(&road.pair.west);
	uint32_t id = sa->send_next++;
	assert_int_equal(inner_start(&road.arena, &sink, &writer), RC_OK);
	wire_notify_emit(&writer, &notify);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	plan = ikev2_seal_plan(sa, message.bytes.len, 400);
	assert_true(plan.parts > 1);
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal_parts(sa, &sa->seal_counter, id, &message, &plan, &sink),
			 RC_OK);
	kept = sink_written(&sink);
	while (ikev2_part_next(&kept, &part))
		assert_int_equal(world_inject(road.pair.world, &sa->local, &sa->remote, part),
				 RC_OK);
	road_run(&road, 100 * USEC_PER_MSEC);
	assert_true(road.count >= 1);
	assert_refused(&road, &road.pair.west, 0, EXCHANGE_IKE_AUTH, id);
	assert_next_request_works(&road, &road.pair.west);
	road_end(&road);
}

/* §2.21.3: what is badly formatted ends the IKE SA, wherever it stands. */
static void a_malformed_one_is_the_end(void **state)
{
	static const uint8_t short_nonce[4] = { 1 };
	struct outcome_message message = { .exchange = EXCHANGE_IKE_AUTH };
	struct sink sink;
	struct writer writer;
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	assert_int_equal(inner_start(&road.arena, &sink, &writer), RC_OK);
	wire_nonce_emit(&writer, SPAN_OF(short_nonce));
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	road_say(&road, &road.pair.west, &message);
	assert_int_equal(road_notify(road_opened(&road, 0, road_sa(&road.pair.west))),
			 INVALID_SYNTAX);
	assert_int_equal(road.pair.east.ike_down, 1);
	assert_int_equal(road.pair.east.gateway->counters.requests_refused, 0);
	road_end(&road);
}

/* Somebody who knows the SPIs and the message ID, but no key. */
static void nobody_else_gets_an_answer_or_moves_the_window(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *sa = road_sa(&road.pair.west);
	for (unsigned i = 0; i < STRAYS; i++) {
		struct outcome_message message =
			road_inner(&road, (enum exchange_type)strays[i], NULL);
		struct ike_header header =
			header_of(sa, (enum exchange_type)strays[i], false, sa->send_next);
		uint8_t buffer[512];
		struct sink sink;
		sink_init(&sink, buffer, sizeof(buffer));
		wire_header_emit(&sink, &header);
		sink_patch_u32(&sink, 24, IKE_HEADER_LEN);
		inject(&road, sa, buffer, sink.len);
		sink_init(&sink, buffer, sizeof(buffer));
		assert_int_equal(ikev2_seal(sa, sa->seal_counter++, sa->send_next, &message, &sink),
				 RC_OK);
		buffer[sink.len - 1] ^= 1;
		inject(&road, sa, buffer, sink.len);
	}
	assert_int_equal(road.count, 0);
	assert_int_equal(road.pair.east.gateway->counters.requests_refused, 0);
	assert_next_request_works(&road, &road.pair.west);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

static void an_unknown_exchange_of_nobody_is_not_answered(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *sa = road_sa(&road.pair.west);
	struct ike_header header = header_of(sa, (enum exchange_type)240, false, 0);
	uint8_t buffer[64];
	struct sink sink;
	header.spi_i ^= 1;
	header.spi_r ^= 1;
	sink_init(&sink, buffer, sizeof(buffer));
	wire_header_emit(&sink, &header);
	sink_patch_u32(&sink, 24, IKE_HEADER_LEN);
	inject(&road, sa, buffer, sink.len);
	assert_int_equal(road.count, 0);
	assert_true(end_said(&road.pair.east, "exchange type that we do not speak"));
	road_end(&road);
}

#define QUIET PAIR_CONN "\tdpddelay=0\n"

/* It may take INVALID_SYNTAX for the end without a word: then we are not left with half a tunnel,
 * though nothing else would ask. */
static void a_peer_that_ends_it_on_our_answer_is_found_out(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, QUIET, QUIET);
	struct end *east = &road.pair.east;
	struct ike_sa *sa = road_sa(&road.pair.west);
	struct outcome_message message = road_inner(&road, EXCHANGE_IKE_AUTH, NULL);
	uint8_t buffer[512];
	struct sink sink;
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(sa, sa->seal_counter++, sa->send_next, &message, &sink), RC_OK);
	struct ip_endpoint from = sa->local, to = sa->remote;
	end_crash(&road.pair.west);
	assert_int_equal(world_inject(road.pair.world, &from, &to, sink_written(&sink)), RC_OK);
	road_run(&road, 600 * USEC_PER_SEC);
	assert_int_equal(east->ike_down, 1);
	assert_true(recorded(east, RECORD_IKE_DOWN, RC_TIMEOUT));
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_answered_and_the_tunnel_stays),
		cmocka_unit_test(one_that_comes_again_gets_the_same_answer),
		cmocka_unit_test(one_ahead_of_its_turn_is_refused_in_its_turn),
		cmocka_unit_test(one_in_fragments_is_refused_too),
		cmocka_unit_test(a_malformed_one_is_the_end),
		cmocka_unit_test(nobody_else_gets_an_answer_or_moves_the_window),
		cmocka_unit_test(an_unknown_exchange_of_nobody_is_not_answered),
		cmocka_unit_test(a_peer_that_ends_it_on_our_answer_is_found_out),
	};

	return exchange_run(tests);
}
