/* SPDX-License-Identifier: Apache-2.0 */
/* INITIAL-CONTACT: who says it, and what it ends. */
#include "unit/ikev1/v1_road.h"

static void a_peer_that_has_forgotten_us_ends_what_we_have(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	end_crash(&road.pair.west);
	end_boot(&road.pair.west, V1_ADD, V1_SECRETS);
	v1_road_try(&road, USEC_PER_SEC);
	assert_int_equal(road.pair.east.child_down, 1);
	assert_true(end_said(&road.pair.east, "the peer sent INITIAL_CONTACT"));
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void it_is_not_said_while_something_is_up(void **state)
{
	struct v1_road road;
	struct diag diag;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	assert_int_equal(gateway_rekey(road.pair.west.gateway, "t", REKEY_REAUTH, &diag), RC_OK);
	v1_road_run(&road, 60 * USEC_PER_SEC);
	assert_true(road.pair.west.ike_up > 1);
	assert_true(end_said(&road.pair.east, "[ID HASH]"));
	assert_false(end_said(&road.pair.east, "the peer sent INITIAL_CONTACT"));
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void an_operator_may_not_want_it(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, V1_ADD "\tinitial-contact=no\n", NULL);
	end_crash(&road.pair.west);
	end_boot(&road.pair.west, V1_ADD "\tinitial-contact=no\n", V1_SECRETS);
	v1_road_try(&road, USEC_PER_SEC);
	assert_false(end_said(&road.pair.east, "INITIAL_CONTACT"));
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_that_has_forgotten_us_ends_what_we_have),
		cmocka_unit_test(it_is_not_said_while_something_is_up),
		cmocka_unit_test(an_operator_may_not_want_it),
	};

	return exchange_run(tests);
}
