/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/renewal.h"

static void established_ike_sa_carries_until_it_may_not(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	struct ike_sa *sa = road_sa(&road.pair.west);
	assert_ptr_equal(carrier(gateway, sa->peer, NULL), sa);
	const struct child_sa in_it = { .ike = sa, .initiator = true };
	assert_null(carrier(gateway, sa->peer, &in_it));
	sa->no_additional = true;
	assert_null(carrier(gateway, sa->peer, NULL));
	sa->no_additional = false;
	sa->heir_of = 1;
	assert_null(carrier(gateway, sa->peer, NULL));
	sa->heir_of = 0;
	road_end(&road);
}

/* One of ours and one of the peer's: each end would leave its own for the other. */
static void an_ike_sa_is_not_left_for_one_that_ends_with_it(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	struct ike_sa *sa = road_sa(&road.pair.west), left = *sa;
	const struct child_sa ours = { .ike = &left, .initiator = true };
	left.auth_ends = host_now(gateway->host) + 60 * USEC_PER_SEC;
	sa->auth_ends = left.auth_ends + USEC_PER_SEC;
	assert_null(carrier(gateway, sa->peer, &ours));
	assert_ptr_equal(carrier(gateway, sa->peer, NULL), sa);
	sa->auth_ends = left.auth_ends + retransmit_budget(sa->peer->conn);
	assert_ptr_equal(carrier(gateway, sa->peer, &ours), sa);
	sa->auth_ends = 0;
	assert_ptr_equal(carrier(gateway, sa->peer, &ours), sa);
	road_end(&road);
}

static void an_ike_sa_that_took_over_is_not_left_for_the_older_one(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	struct ike_sa *sa = road_sa(&road.pair.west), left = *sa;
	const struct child_sa ours = { .ike = &left, .initiator = true };
	left.begun = sa->proven + TAKEOVER;
	assert_true(takes_over(&left, sa));
	assert_null(carrier(gateway, sa->peer, &ours));
	left.begun = sa->proven + TAKEOVER - 1; /* they crossed */
	assert_false(takes_over(&left, sa));
	assert_ptr_equal(carrier(gateway, sa->peer, &ours), sa);
	sa->auth_ends = sa->proven + 60 * USEC_PER_SEC;
	assert_true(takes_over(&left, sa)); /* that is not over so soon */
	left.auth_ends = sa->auth_ends;
	assert_false(takes_over(&left, sa));
	left.auth_ends = sa->auth_ends + TAKEOVER;
	assert_true(takes_over(&left, sa));
	assert_false(takes_over(sa, &left));
	left.begun = sa->begun; /* one comes from the other by rekeying */
	assert_false(takes_over(&left, sa));
	road_end(&road);
}

/* Of two that crossed the one with the lowest SPI stays: it would be made again and again. */
static void a_young_child_sa_of_the_peer_is_left_only_for_an_ike_sa_that_takes_over(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	struct ike_sa *sa = road_sa(&road.pair.west), left = *sa;
	struct child_sa theirs = { .ike = &left, .born = host_now(gateway->host) };
	left.begun = sa->begun - 1;
	assert_null(carrier(gateway, sa->peer, &theirs));
	assert_int_equal(takeover_at(gateway, &theirs), left.proven + TAKEOVER + CROSSED_GRACE);
	left.proven = sa->begun - TAKEOVER;
	assert_ptr_equal(carrier(gateway, sa->peer, &theirs), sa);
	left.proven = sa->proven;
	theirs.born -= SIMULTANEOUS + CROSSED_GRACE;
	assert_ptr_equal(carrier(gateway, sa->peer, &theirs), sa);
	assert_int_equal(takeover_at(gateway, &theirs), 0);
	road_end(&road);
}

/* A mass rekey is spread: only so many are out at once. */
static void no_more_are_out_at_once_than_the_cap(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	struct ike_sa *sa = road_sa(&road.pair.west);
	assert_true(carrier_ready(gateway, sa));
	gateway->sas.creations = CREATING_MAX;
	assert_false(carrier_ready(gateway, sa));
	renewal_begin(&road, &road.pair.west, false);
	assert_null(sa->request.bytes);
	gateway->sas.creations = CREATING_MAX - 1;
	line_place_free(gateway);
	world_manual(road.pair.world, false);
	road_run(&road, 5 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 2); /* it was looked at again */
	assert_int_equal(gateway->sas.creations, CREATING_MAX - 1);
	road_end(&road);
}

static void busy_ike_sa_is_not_asked_before_its_time(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *sa = road_sa(&road.pair.west);
	sa->retry_at = host_now(road.pair.west.host) + 3 * USEC_PER_SEC;
	renewal_begin(&road, &road.pair.west, true);
	assert_null(sa->request.bytes);
	world_manual(road.pair.world, false);
	road_run(&road, 5 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.ike_up, 2);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(established_ike_sa_carries_until_it_may_not),
		cmocka_unit_test(an_ike_sa_is_not_left_for_one_that_ends_with_it),
		cmocka_unit_test(an_ike_sa_that_took_over_is_not_left_for_the_older_one),
		cmocka_unit_test(
			a_young_child_sa_of_the_peer_is_left_only_for_an_ike_sa_that_takes_over),
		cmocka_unit_test(no_more_are_out_at_once_than_the_cap),
		cmocka_unit_test(busy_ike_sa_is_not_asked_before_its_time),
	};

	return exchange_run(tests);
}
