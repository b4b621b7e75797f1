/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "sa/window.h"
#include "unit/ikev2/road.h"

/* An empty INFORMATIONAL of west with that distance from the next message ID. */
static void say(struct road *road, uint32_t distance)
{
	struct ike_sa *sa = road_sa(&road->pair.west);
	uint32_t next = sa->send_next;
	struct outcome_message message = road_inner(road, EXCHANGE_INFORMATIONAL, NULL);

	sa->send_next = next + distance;
	road_say(road, &road->pair.west, &message);
	sa->send_next = next;
}

static uint32_t answer_id(struct road *road, unsigned index)
{
	return road_heard(road, index)->header.message_id;
}

static void requests_ahead_are_answered_in_order_when_the_gap_closes(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	const struct ike_sa *east = road_sa(&road.pair.east);
	uint32_t next = east->recv_next;
	say(&road, 2);
	say(&road, 1);
	say(&road, 3);
	say(&road, 1); /* the peer repeats itself: the IV differs, the request is the same */
	assert_int_equal(road.count, 0);
	assert_int_equal(east->recv_next, next);
	assert_true(road.pair.east.gateway->counters.requests_ahead >= 3);
	say(&road, 0);
	assert_int_equal(east->recv_next, next + PEER_WINDOW);
	assert_int_equal(east->window->count, 0);
	for (unsigned i = 0; i < PEER_WINDOW; i++)
		assert_int_equal(answer_id(&road, i), next + i);
	road_end(&road);
}

/* §2.3: "must remember its responses" to what the peer may ask again. */
static void each_answer_of_the_window_is_given_again(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	const struct ike_sa *east = road_sa(&road.pair.east);
	uint32_t next = east->recv_next;
	for (uint32_t distance = PEER_WINDOW; distance-- > 0;)
		say(&road, distance);
	assert_int_equal(east->recv_next, next + PEER_WINDOW);
	road.count = 0;
	for (uint32_t i = 0; i < PEER_WINDOW; i++) {
		say(&road, i);
		assert_int_equal(road.count, i + 1);
		assert_int_equal(answer_id(&road, i), next + i);
	}
	assert_int_equal(road.pair.east.gateway->counters.answered_again, PEER_WINDOW);
	assert_int_equal(east->recv_next, next + PEER_WINDOW);
	road_end(&road);
}

static void request_beyond_the_window_is_dropped_with_a_reason(void **state)
{
	struct road road;
	bool recorded = false;

	(void)state;
	road_up(&road, NULL, NULL);
	const struct ike_sa *east = road_sa(&road.pair.east);
	const struct recorder *recorder = &road_tunnel(&road.pair.east)->peer->recorder;
	uint32_t next = east->recv_next;
	say(&road, PEER_WINDOW);
	assert_int_equal(road.count, 0);
	assert_null(east->window);
	assert_int_equal(road.pair.east.gateway->counters.requests_beyond, 1);
	assert_true(end_said(&road.pair.east, "may be outstanding"));
	for (unsigned i = 0; i < recorder->count; i++) {
		const struct record *record = recorder_at(recorder, i);
		recorded = recorded ||
			   (record->event == RECORD_WINDOW && record->detail == next + PEER_WINDOW);
	}
	assert_true(recorded);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

static void forged_request_ahead_takes_no_room(void **state)
{
	struct road road;
	uint8_t buffer[256];
	struct sink sink;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *west = road_sa(&road.pair.west), *east = road_sa(&road.pair.east);
	struct outcome_message message = road_inner(&road, EXCHANGE_INFORMATIONAL, NULL);
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(west, 99, east->recv_next + 1, &message, &sink), RC_OK);
	buffer[sink.len - 1] ^= 1;
	assert_int_equal(
		world_inject(road.pair.world, &west->local, &west->remote, sink_written(&sink)),
		RC_OK);
	road_run(&road, USEC_PER_SEC);
	assert_null(east->window);
	assert_int_equal(road.pair.east.gateway->counters.requests_ahead, 0);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_ahead_are_answered_in_order_when_the_gap_closes),
		cmocka_unit_test(each_answer_of_the_window_is_given_again),
		cmocka_unit_test(request_beyond_the_window_is_dropped_with_a_reason),
		cmocka_unit_test(forged_request_ahead_takes_no_room),
	};

	return exchange_run(tests);
}
