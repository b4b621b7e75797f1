/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include "unit/network/suite_simulated.h"

static void what_stands_on_a_link_goes_with_it(void **state)
{
	struct network_object link = { .kind = NETWORK_LINK, .device = "ipsec1", .if_id = 1 };
	struct network_object route = suite_route("10.2.0.0", 24);
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	memcpy(route.device, link.device, sizeof(link.device));
	assert_false(network_simulated_put(suite.network, &route));
	assert_true(network_simulated_put(suite.network, &link));
	assert_false(network_simulated_put(suite.network, &link));
	assert_true(network_simulated_put(suite.network, &route));
	assert_int_equal(network_simulated_count(suite.network, NETWORK_ROUTE), 1);
	assert_true(network_simulated_take(suite.network, &link));
	assert_int_equal(network_simulated_count(suite.network, NETWORK_ROUTE), 0);
	assert_false(network_simulated_take(suite.network, &link));
	suite_end(&suite);
}

static void nth_request_fails(void **state)
{
	struct network_plan plan;
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	suite_plan(&plan, "4");
	network_simulated_fail(suite.network, 2, ENOMEM, false);
	assert_int_equal(suite_set(&suite, &plan), 1);
	assert_int_equal(network_simulated_changes(suite.network), plan.count - 1);
	suite_end(&suite);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TESTS,
		cmocka_unit_test(what_stands_on_a_link_goes_with_it),
		cmocka_unit_test(nth_request_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
