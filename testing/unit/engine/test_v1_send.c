/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev1/v1_road.h"

static void every_message_again_gets_the_same_or_nothing(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	v1_repeat(&road, 4); /* the last of Main Mode that is answered */
	assert_int_equal(road.count, 10);
	assert_true(v1_same(&road, 5, 9));
	v1_repeat(&road, 7); /* answered by HASH(3) */
	assert_int_equal(road.count, 11);
	assert_true(v1_same(&road, 8, 10));
	v1_repeat(&road, 5);
	v1_repeat(&road, 8);
	assert_int_equal(road.count, 11);
	assert_int_equal(road.pair.west.ike_up + road.pair.east.ike_up, 2);
	assert_int_equal(road.pair.west.child_up + road.pair.east.child_up, 2);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void goodbye_is_one_message_for_each_sa(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	end_stop(&road.pair.west);
	v1_road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.count, 11);
	assert_int_equal(v1_heard(&road, 9)->header.exchange, EXCHANGE_V1_INFORMATIONAL);
	assert_int_equal(v1_heard(&road, 10)->header.exchange, EXCHANGE_V1_INFORMATIONAL);
	assert_int_equal(road.pair.east.ike_down, 1);
	assert_int_equal(road.pair.east.child_down, 1);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_again_gets_the_same_or_nothing),
		cmocka_unit_test(goodbye_is_one_message_for_each_sa),
	};

	return exchange_run(tests);
}
