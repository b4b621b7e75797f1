/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

static void looking_again_changes_nothing(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	for (unsigned i = 0; i < 10; i++) {
		reconcile(road.pair.west.gateway, road_tunnel(&road.pair.west)->peer);
		reconcile(road.pair.east.gateway, road_tunnel(&road.pair.east)->peer);
	}
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.count, 0);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* Both begin at once: whatever the SPIs, both ends keep the same one. */
static void both_ends_keep_the_same_of_two_that_crossed(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct pair pair;
		pair_start(&pair, seed, NULL, NULL, NULL, NULL);
		end_up(&pair.west, "t");
		end_up(&pair.east, "t");
		pair_run(&pair, 20 * USEC_PER_SEC);
		assert_int_equal(pair.west.child_up + pair.east.child_up, 4);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

static void attempts_wait_for_the_backoff_and_the_operator_does_not(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, PAIR_CONN "\tike=aes_gcm128-sha2_256-dh31\n");
	struct end *west = &road.pair.west;
	road_tunnel(west)->wanted = WANTED_UP;
	backoff_fail(&road_tunnel(west)->backoff, west->host, RC_TIMEOUT, "tried");
	backoff_fail(&road_tunnel(west)->backoff, west->host, RC_TIMEOUT, "tried");
	usec_t when = road_tunnel(west)->backoff.not_before;
	assert_true(when > host_now(west->host));
	reconcile(west->gateway, road_tunnel(west)->peer);
	assert_int_equal(road.count, 0);
	assert_int_equal(road_tunnel(west)->peer->wake.due, when);
	end_up(west, "t");
	road_run(&road, 100 * USEC_PER_MSEC);
	assert_true(road.count > 0);
	road_end(&road);
}

static void attempts_in_flight_are_capped(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct gateway *west = road.pair.west.gateway;
	west->initiating = INITIATING_MAX;
	end_up(&road.pair.west, "t");
	road_run(&road, 3 * USEC_PER_SEC);
	assert_int_equal(road.count, 0);
	west->initiating = INITIATING_MAX - 1;
	line_place_free(west);
	road_run(&road, USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_int_equal(west->initiating, INITIATING_MAX - 1);
	west->initiating = 0;
	road_end(&road);
}

static void ike_sa_that_serves_nothing_is_ended_by_who_made_it(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct child_sa *child = tunnel_current(road_tunnel(&road.pair.west));
	child->delete_wanted = true;
	child->delete_reason = RC_OPERATOR;
	road_tunnel(&road.pair.west)->wanted = WANTED_LISTEN;
	reconcile(road.pair.west.gateway, road_tunnel(&road.pair.west)->peer);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.count, 2); /* one Delete for both, and its answer */
	end_assert_empty(&road.pair.west);
	end_assert_empty(&road.pair.east);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looking_again_changes_nothing),
		cmocka_unit_test(both_ends_keep_the_same_of_two_that_crossed),
		cmocka_unit_test(attempts_wait_for_the_backoff_and_the_operator_does_not),
		cmocka_unit_test(attempts_in_flight_are_capped),
		cmocka_unit_test(ike_sa_that_serves_nothing_is_ended_by_who_made_it),
	};

	return exchange_run(tests);
}
