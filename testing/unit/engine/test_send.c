/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

static bool same(const struct road *road, unsigned a, unsigned b)
{
	return span_equal(span_make(road->ears[a].bytes, road->ears[a].len),
			  span_make(road->ears[b].bytes, road->ears[b].len));
}

/* RFC 7296 §2.1 */
static void request_is_sent_again_bitwise_until_it_is_given_up(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, PAIR_CONN "\tretransmit-timeout=1s\n\tretransmit-tries=3\n", NULL);
	assert_int_equal(
		world_partition(road.pair.world, road.pair.west.host, road.pair.east.host, true),
		RC_OK);
	end_up(&road.pair.west, "t");
	while (road.pair.west.failed == 0)
		assert_true(world_step(road.pair.world));
	assert_int_equal(road.count, 4);
	for (unsigned i = 1; i < 4; i++)
		assert_true(same(&road, 0, i));
	assert_int_equal(road.pair.west.last_reason, RC_TIMEOUT);
	assert_int_equal(road.pair.west.gateway->counters.retransmits, 3);
	road_end(&road);
}

static void same_question_again_gets_the_same_answer_and_nothing_else_happens(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	assert_int_equal(road.count, 4);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(world_inject(road.pair.world, &road.ears[2].from, &road.ears[2].to,
					      span_make(road.ears[2].bytes, road.ears[2].len)),
				 RC_OK);
		road_run(&road, 100 * USEC_PER_MSEC);
		assert_int_equal(road.count, 5 + i);
		assert_true(same(&road, 3, 4 + i));
	}
	assert_int_equal(road.pair.east.gateway->counters.answered_again, 3);
	assert_int_equal(road.pair.east.ike_up, 1);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* §2.3: the next request needs another ID, the answer repeats it. */
static void message_ids_rise_by_one_with_each_request(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, PAIR_CONN "\tdpddelay=10s\n", NULL);
	road_run(&road, 35 * USEC_PER_SEC);
	assert_int_equal(road.count, 6); /* three questions with their answers */
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(road_heard(&road, i)->header.message_id, 2 + i / 2);
	assert_int_equal(road_sa(&road.pair.west)->send_next, 5);
	assert_int_equal(road_sa(&road.pair.east)->recv_next, 5);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_is_sent_again_bitwise_until_it_is_given_up),
		cmocka_unit_test(same_question_again_gets_the_same_answer_and_nothing_else_happens),
		cmocka_unit_test(message_ids_rise_by_one_with_each_request),
	};

	return exchange_run(tests);
}
