/* SPDX-License-Identifier: Apache-2.0 */
/* Users, counts and the queue, on a simulated host. */
#include <errno.h>
#include "unit/network/suite_simulated.h"

static void what_goes_and_comes_again_in_a_turn_is_not_touched(void **state)
{
	struct network_plan plan, nothing = { .count = 0 };
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	suite_plan(&plan, "4");
	assert_int_equal(suite_set(&suite, &plan), 0);
	unsigned before = network_simulated_changes(suite.network);
	assert_int_equal(network_user_set(suite.user, &nothing), RC_OK);
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_int_equal(network_simulated_changes(suite.network), before);
	suite_end(&suite);
}

static void same_plan_again_changes_nothing_and_settles(void **state)
{
	struct network_plan plan;
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	suite_plan(&plan, "4");
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_int_equal(network_simulated_changes(suite.network), plan.count);
	suite_end(&suite);
}

/* Linux knows a route by its destination and metric: two of ours with another mtu are one to it. */
static void a_route_that_had_no_room_comes_when_the_other_goes(void **state)
{
	struct network_object first = suite_route("10.2.0.0", 24), second = first;
	struct network_plan plan = { .count = 0 };
	struct network_user *other;
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	first.mtu = 1400;
	second.mtu = 1380;
	network_plan_add(&plan, &first);
	assert_int_equal(suite_set(&suite, &plan), 0);
	other = network_user_new(suite.network, suite_settled, &suite);
	assert_non_null(other);
	plan.count = 0;
	network_plan_add(&plan, &second);
	assert_int_equal(network_user_set(other, &plan), RC_OK);
	fake_turn(&suite.host);
	assert_true(suite_is_there(&suite, &first));
	assert_false(suite_is_there(&suite, &second));
	plan.count = 0;
	assert_int_equal(suite_set(&suite, &plan), 0);
	fake_turn(&suite.host);
	assert_false(suite_is_there(&suite, &first));
	assert_true(suite_is_there(&suite, &second));
	network_user_free(other);
	suite_end(&suite);
}

static void only_what_failed_is_tried_again(void **state)
{
	struct network_plan plan;
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	suite_plan(&plan, "4");
	network_simulated_fail(suite.network, plan.count, ENOMEM, false);
	assert_int_equal(suite_set(&suite, &plan), 1);
	assert_int_equal(network_simulated_changes(suite.network), plan.count - 1);
	network_user_retry(suite.user);
	fake_turn(&suite.host);
	assert_int_equal(suite.failed, 0);
	assert_int_equal(network_simulated_changes(suite.network), plan.count);
	suite_end(&suite);
}

static void long_work_gives_way_and_goes_on(void **state)
{
	struct network_plan plan;
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	suite.host.over = true;
	suite_plan(&plan, "4");
	assert_int_equal(network_user_set(suite.user, &plan), RC_OK);
	for (unsigned i = 1; i < plan.count; i++) {
		fake_turn(&suite.host);
		assert_int_equal(network_simulated_changes(suite.network), i);
		assert_int_equal(suite.settled, 0);
	}
	fake_turn(&suite.host);
	assert_int_equal(suite.settled, 1);
	suite_end(&suite);
}

static void drain_does_it_at_once(void **state)
{
	struct network_plan plan;
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	suite.host.over = true;
	suite_plan(&plan, "4");
	assert_int_equal(network_user_set(suite.user, &plan), RC_OK);
	network_drain(suite.network);
	assert_int_equal(network_simulated_changes(suite.network), plan.count);
	suite_end(&suite);
}

static void links_go_together_at_the_end(void **state)
{
	struct network_object link = { .kind = NETWORK_LINK, .device = "ipsec1", .if_id = 1 };
	struct network_plan plan = { .count = 0 }, nothing = plan;
	struct network_object route = suite_route("10.2.0.0", 24);
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	memcpy(route.device, link.device, sizeof(route.device));
	network_plan_add(&plan, &route);
	for (unsigned i = 0; i < 3; i++) {
		link.device[5] = (char)('1' + i);
		link.if_id = i + 1;
		network_plan_add(&plan, &link);
	}
	assert_int_equal(suite_set(&suite, &plan), 0);
	network_closing(suite.network);
	assert_int_equal(suite_set(&suite, &nothing), 0);
	assert_int_equal(network_simulated_count(suite.network, NETWORK_ROUTE), 0);
	assert_int_equal(network_simulated_count(suite.network, NETWORK_LINK), 3);
	unsigned before = network_simulated_changes(suite.network);
	network_drain(suite.network);
	assert_int_equal(network_simulated_count(suite.network, NETWORK_LINK), 0);
	assert_int_equal(network_simulated_changes(suite.network), before + 1);
	suite_end(&suite);
}

static void link_that_is_wanted_stays_when_the_others_go(void **state)
{
	struct network_object link = { .kind = NETWORK_LINK, .device = "ipsec1", .if_id = 1 };
	struct network_plan plan = { .count = 0 };
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	for (unsigned i = 0; i < 3; i++) {
		link.device[5] = (char)('1' + i);
		link.if_id = i + 1;
		network_plan_add(&plan, &link);
	}
	assert_int_equal(suite_set(&suite, &plan), 0);
	network_closing(suite.network);
	plan.count = 1;
	assert_int_equal(suite_set(&suite, &plan), 0);
	network_drain(suite.network);
	assert_int_equal(network_simulated_count(suite.network, NETWORK_LINK), 1);
	suite_end(&suite);
}

static void renewing_makes_again_what_somebody_took(void **state)
{
	struct network_object object = suite_address("10.9.0.7");
	struct network_plan plan;
	struct suite suite;

	(void)state;
	suite_begin_with(&suite, &plan, &object, NULL);
	assert_true(network_simulated_take(suite.network, &object));
	network_user_renew(suite.user);
	fake_turn(&suite.host);
	assert_true(network_simulated_has(suite.network, &object));
	network_user_renew(suite.user); /* it is there, and stays ours */
	fake_turn(&suite.host);
	assert_int_equal(suite.failed, 0);
	plan.count = 0;
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_false(network_simulated_has(suite.network, &object));
	suite_end(&suite);
}

static void addresses_of_ours_are_known(void **state)
{
	struct network_plan plan = { .count = 0 };
	struct network_object ours = suite_address("10.9.0.7"), theirs = suite_address("10.9.0.8");
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	assert_true(network_simulated_put(suite.network, &theirs));
	network_plan_add(&plan, &ours);
	network_plan_add(&plan, &theirs);
	assert_false(network_has_address(suite.network, &ours.addr));
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_true(network_has_address(suite.network, &ours.addr));
	assert_false(network_has_address(suite.network, &theirs.addr));
	plan.count = 0;
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_false(network_has_address(suite.network, &ours.addr));
	assert_true(network_simulated_has(suite.network, &theirs));
	suite_end(&suite);
}

static void freed_user_is_not_told(void **state)
{
	struct network_plan plan;
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	suite_plan(&plan, "4");
	assert_int_equal(network_user_set(suite.user, &plan), RC_OK);
	network_user_free(suite.user);
	suite.user = NULL;
	fake_turn(&suite.host);
	assert_int_equal(suite.settled, 0);
	assert_int_equal(network_simulated_count(suite.network, NETWORK_ROUTE), 0);
	suite_end(&suite);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TESTS,
		cmocka_unit_test(what_goes_and_comes_again_in_a_turn_is_not_touched),
		cmocka_unit_test(same_plan_again_changes_nothing_and_settles),
		cmocka_unit_test(a_route_that_had_no_room_comes_when_the_other_goes),
		cmocka_unit_test(only_what_failed_is_tried_again),
		cmocka_unit_test(long_work_gives_way_and_goes_on),
		cmocka_unit_test(drain_does_it_at_once),
		cmocka_unit_test(links_go_together_at_the_end),
		cmocka_unit_test(link_that_is_wanted_stays_when_the_others_go),
		cmocka_unit_test(renewing_makes_again_what_somebody_took),
		cmocka_unit_test(addresses_of_ours_are_known),
		cmocka_unit_test(freed_user_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
