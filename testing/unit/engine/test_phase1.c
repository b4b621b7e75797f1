/* SPDX-License-Identifier: Apache-2.0 */
/* IPsec SAs of IKEv1 whose ISAKMP SA has gone; the whole story is in exchange/test_ikev1. */
#include "engine/private.h"
#include "unit/ikev1/v1_road.h"

/* The Delete of the IPsec SA, which goes out first when west takes the tunnel down. */
static bool lose_first_delete(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth != 9;
}

/* West takes it down, east hears of the ISAKMP SA alone. */
static void east_loses_phase1_of(struct v1_road *road, const char *west, const char *east)
{
	struct diag diag;

	v1_road_up(road, west, east);
	road->meddle = lose_first_delete;
	assert_int_equal(gateway_down(road->pair.west.gateway, "t", &diag), RC_OK);
	v1_road_run(road, 100 * USEC_PER_MSEC);
	assert_int_equal(v1_sa(&road->pair.east)->state, IKEV1_GONE);
	assert_int_equal(road->pair.east.child_down, 0);
	assert_int_equal(road->pair.east.ike_down, 1);
}

static void east_loses_phase1(struct v1_road *road, const char *east)
{
	east_loses_phase1_of(road, NULL, east);
}

static bool east_has_it(struct v1_road *road)
{
	return kernel_simulated_sa_count(road->pair.east.kernel) == 2;
}

static void what_nobody_wants_and_nobody_asks_after_stays(void **state)
{
	struct v1_road road;
	unsigned said;

	(void)state;
	east_loses_phase1(&road, NULL);
	assert_true(end_said(&road.pair.east, "auto=start or dpddelay= would replace it"));
	said = road.count;
	v1_road_run(&road, 600 * USEC_PER_SEC);
	assert_true(east_has_it(&road));
	assert_int_equal(road.count, said);
	v1_road_end(&road);
}

static void liveness_replaces_it_when_it_would_have_asked(void **state)
{
	struct v1_road road;

	(void)state;
	east_loses_phase1(&road, V1_ADD "\tdpddelay=20\n");
	assert_true(end_said(&road.pair.east, "in 20.0 seconds"));
	v1_road_run(&road, 15 * USEC_PER_SEC);
	assert_int_equal(road.pair.east.child_up, 1);
	v1_road_run(&road, 15 * USEC_PER_SEC);
	assert_int_equal(road.pair.east.child_up, 2);
	v1_road_run(&road, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

/* What nobody asks after goes on in it; what liveness asks after is in doubt until it is new. */
static void a_peer_that_begins_anew_takes_it_over(void **state)
{
	struct v1_road road;
	const struct child_sa *child;

	(void)state;
	east_loses_phase1_of(&road, V1_ADD "\tinitial-contact=no\n", NULL);
	child = v1_child(&road.pair.east);
	v1_road_try(&road, 200 * USEC_PER_MSEC);
	assert_int_equal(child->ike->state, IKE_ESTABLISHED);
	v1_road_end(&road);
	east_loses_phase1_of(&road, V1_ADD "\tinitial-contact=no\n", V1_ADD "\tdpddelay=20\n");
	v1_road_try(&road, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_int_equal(road.pair.east.child_up, 2); /* nothing was replaced by us */
	v1_road_end(&road);
}

static void a_peer_that_remembers_nothing_makes_all_anew(void **state)
{
	struct v1_road road;

	(void)state;
	east_loses_phase1(&road, V1_ADD "\tdpddelay=20\n");
	v1_road_try(&road, 3 * USEC_PER_SEC);
	assert_int_equal(road.pair.east.child_down, 1);
	v1_road_run(&road, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_int_equal(road.pair.east.child_up, 2);
	v1_road_end(&road);
}

static bool lose_third_and_delete(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth != 8 && nth != 9;
}

static void what_the_peer_never_had_goes_with_phase1(void **state)
{
	struct v1_road road;
	struct diag diag;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	road.meddle = lose_third_and_delete;
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	assert_non_null(v1_child(&road.pair.east)->waiting_keymat.ptr);
	assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
	v1_road_run(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.pair.east.child_down, 1);
	assert_false(v1_has_ike(&road.pair.east));
	v1_road_end(&road);
}

static void its_own_lifetime_still_ends_it(void **state)
{
	struct v1_road road;

	(void)state;
	east_loses_phase1(&road, V1_ADD "\tsalifetime=300\n\trekeymargin=60\n\trekey=no\n");
	v1_road_run(&road, 900 * USEC_PER_SEC);
	assert_false(east_has_it(&road));
	assert_false(v1_has_ike(&road.pair.east));
	v1_road_end(&road);
}

static void nothing_stays_when_we_are_told_to_let_go(void **state)
{
	struct v1_road road;
	struct diag diag;

	(void)state;
	east_loses_phase1(&road, NULL);
	assert_int_equal(gateway_down(road.pair.east.gateway, "t", &diag), RC_OK);
	v1_road_run(&road, USEC_PER_SEC);
	end_assert_childless(&road.pair.east);
	assert_false(v1_has_ike(&road.pair.east));
	v1_road_end(&road);
	east_loses_phase1(&road, NULL);
	end_stop(&road.pair.east);
	v1_road_run(&road, 5 * USEC_PER_SEC);
	assert_true(road.pair.east.stopped);
	end_assert_empty(&road.pair.east);
	v1_road_end(&road);
}

static void nothing_is_heard_or_said_in_what_is_left(void **state)
{
	struct v1_road road;
	unsigned said;

	(void)state;
	east_loses_phase1(&road, NULL);
	assert_null(v1_sa(&road.pair.east)->keys.block.ptr);
	said = road.count;
	for (unsigned i = 4; i < 11; i++) /* all that was encrypted */
		v1_repeat(&road, i);
	assert_int_equal(v1_sa(&road.pair.east)->state, IKEV1_GONE);
	assert_true(east_has_it(&road));
	assert_int_equal(road.count, said);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_wants_and_nobody_asks_after_stays),
		cmocka_unit_test(liveness_replaces_it_when_it_would_have_asked),
		cmocka_unit_test(a_peer_that_begins_anew_takes_it_over),
		cmocka_unit_test(a_peer_that_remembers_nothing_makes_all_anew),
		cmocka_unit_test(what_the_peer_never_had_goes_with_phase1),
		cmocka_unit_test(its_own_lifetime_still_ends_it),
		cmocka_unit_test(nothing_stays_when_we_are_told_to_let_go),
		cmocka_unit_test(nothing_is_heard_or_said_in_what_is_left),
	};

	return exchange_run(tests);
}
