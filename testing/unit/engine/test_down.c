/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

static void end_of_an_ike_sa_ends_its_children_and_frees_everything(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct gateway *west = road.pair.west.gateway;
	ike_down(west, road_sa(&road.pair.west), RC_TIMEOUT, "of a test");
	assert_int_equal(west->sas.ike_count, 0);
	assert_int_equal(west->sas.established_count, 0);
	assert_int_equal(road.pair.west.child_down, 1);
	assert_int_equal(road.pair.west.ike_down, 1);
	assert_true(end_said(&road.pair.west, "ended: the peer does not answer: of a test"));
	assert_int_equal(west->counters.failures, 0);
	road_end(&road);
}

static void a_lifetime_that_is_over_is_told_from_a_dead_peer(void **state)
{
	struct road road;
	struct ike_sa *sa;

	(void)state;
	road_up(&road, NULL, NULL);
	sa = road_sa(&road.pair.west);
	sa->delete_wanted = true;
	container_of(sa->children.next, struct child_sa, in_ike)->delete_wanted = true;
	ike_down(road.pair.west.gateway, sa, RC_TIMEOUT, "");
	assert_true(end_said(&road.pair.west, "ended: its lifetime is over"));
	assert_false(end_said(&road.pair.west, "does not answer"));
	road_end(&road);
}

static void attempt_that_ends_is_a_failure_unless_somebody_asked_for_it(void **state)
{
	static const enum rc reasons[] = { RC_TIMEOUT, RC_OPERATOR, RC_SHUTDOWN };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct road road;
		road_begin(&road, NULL, NULL);
		world_manual(road.pair.world, true);
		end_up(&road.pair.west, "t");
		world_settle(road.pair.world);
		struct gateway *west = road.pair.west.gateway;
		assert_int_equal(west->initiating, 1);
		ike_down(west, road_sa(&road.pair.west), reasons[i], "of a test");
		assert_int_equal(west->initiating, 0);
		assert_int_equal(road.pair.west.failed, i == 0);
		assert_int_equal(road_tunnel(&road.pair.west)->backoff.attempts, i == 0);
		assert_int_equal(road.pair.west.ike_down, 0);
		road_end(&road);
	}
}

static void peer_that_deletes_at_once_is_tried_again_later(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct tunnel *tunnel = road_tunnel(&road.pair.west);
	child_down(road.pair.west.gateway, tunnel_current(tunnel), RC_PEER_DELETED);
	assert_int_equal(tunnel->backoff.attempts, 1);
	assert_int_equal(road.pair.west.last_reason, RC_PEER_DELETED);
	road_end(&road);
	road_up(&road, NULL, NULL);
	tunnel = road_tunnel(&road.pair.west);
	road_run(&road, SHORT_LIFE);
	child_down(road.pair.west.gateway, tunnel_current(tunnel), RC_PEER_DELETED);
	assert_int_equal(tunnel->backoff.attempts, 0);
	road_end(&road);
}

static void bytes_of_ended_child_sas_are_kept_by_their_tunnel(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct tunnel *tunnel = road_tunnel(&road.pair.west);
	tunnel->bytes_in = 5;
	tunnel_current(tunnel)->in.bytes = 100;
	tunnel_current(tunnel)->out.bytes = 30;
	child_down(road.pair.west.gateway, tunnel_current(tunnel), RC_OPERATOR);
	assert_int_equal(tunnel->bytes_in, 105);
	assert_int_equal(tunnel->bytes_out, 30);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(end_of_an_ike_sa_ends_its_children_and_frees_everything),
		cmocka_unit_test(a_lifetime_that_is_over_is_told_from_a_dead_peer),
		cmocka_unit_test(attempt_that_ends_is_a_failure_unless_somebody_asked_for_it),
		cmocka_unit_test(peer_that_deletes_at_once_is_tried_again_later),
		cmocka_unit_test(bytes_of_ended_child_sas_are_kept_by_their_tunnel),
	};

	return exchange_run(tests);
}
