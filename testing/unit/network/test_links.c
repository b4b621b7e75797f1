/* SPDX-License-Identifier: Apache-2.0 */
/* VTI devices whose tunnels move, and two that want one name, on a simulated host. */
#include <errno.h>
#include "network/simulated.h"
#include "unit/network/suite.h"

static struct network *suite_network(struct host *host)
{
	struct network *network;

	assert_int_equal(network_simulated_new(host, NULL, &network), RC_OK);
	return network;
}

static const char *suite_device(void)
{
	return "eth0";
}

static bool suite_is_there(struct suite *suite, const struct network_object *object)
{
	return network_simulated_has(suite->network, object);
}

static struct network_object vti(const char *device, const char *local, const char *remote)
{
	struct network_object link = { .kind = NETWORK_LINK, .vti = true, .ikey = 5, .okey = 5 };

	(void)snprintf(link.device, sizeof(link.device), "%s", device);
	assert_int_equal(ip_parse(local, &link.addr), RC_OK);
	assert_int_equal(ip_parse(remote, &link.via), RC_OK);
	return link;
}

static struct network_object through(const char *to)
{
	struct network_object route = suite_route(to, 24);

	(void)snprintf(route.device, sizeof(route.device), "vti5");
	return route;
}

static void want(struct network_user *user, const struct network_object *link, const char *to)
{
	struct network_object route = through(to);
	struct network_plan plan = { .count = 0 };

	network_plan_add(&plan, link);
	network_plan_add(&plan, &route);
	assert_int_equal(network_user_set(user, &plan), RC_OK);
}

static bool has_route(struct suite *suite, const char *to)
{
	struct network_object route = through(to);

	return suite_is_there(suite, &route);
}

static void device_that_moves_keeps_what_stands_on_it(void **state)
{
	struct network_object from = vti("vti5", "192.0.2.1", "192.0.2.2");
	struct network_object to = vti("vti5", "192.0.2.7", "192.0.2.2");
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	want(suite.user, &from, "10.2.0.0");
	fake_turn(&suite.host);
	unsigned before = network_simulated_changes(suite.network);
	want(suite.user, &to, "10.2.0.0");
	fake_turn(&suite.host);
	assert_int_equal(suite.failed, 0);
	assert_true(suite_is_there(&suite, &to));
	assert_true(has_route(&suite, "10.2.0.0"));
	assert_int_equal(network_simulated_changes(suite.network), before + 1);
	struct network_plan nothing = { .count = 0 };
	assert_int_equal(suite_set(&suite, &nothing), 0);
	assert_int_equal(network_simulated_count(suite.network, NETWORK_LINK), 0);
	suite_end(&suite);
}

static void other_ip_version_makes_it_and_all_on_it_anew(void **state)
{
	struct network_object from = vti("vti5", "192.0.2.1", "192.0.2.2");
	struct network_object to = vti("vti5", "2001:db8::1", "2001:db8::2");
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	want(suite.user, &from, "10.2.0.0");
	fake_turn(&suite.host);
	want(suite.user, &to, "10.2.0.0");
	fake_turn(&suite.host);
	assert_true(suite_is_there(&suite, &to));
	assert_true(has_route(&suite, "10.2.0.0"));
	suite_end(&suite);
}

/* Tunnels of one peer move one after the other. */
static void users_that_move_one_by_one_take_the_device_with_the_last(void **state)
{
	struct network_object from = vti("vti5", "192.0.2.1", "192.0.2.2");
	struct network_object to = vti("vti5", "192.0.2.7", "192.0.2.2");
	struct network_user *other;
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	other = network_user_new(suite.network, suite_settled, &suite);
	assert_non_null(other);
	want(suite.user, &from, "10.2.0.0");
	want(other, &from, "10.3.0.0");
	fake_turn(&suite.host);
	want(suite.user, &to, "10.2.0.0");
	fake_turn(&suite.host);
	assert_true(suite_is_there(&suite, &from));
	assert_int_equal(suite.failed, 1);
	assert_non_null(strstr(suite.diag.text, "vti-shared=yes"));
	want(other, &to, "10.3.0.0");
	fake_turn(&suite.host);
	assert_int_equal(suite.failed, 0);
	assert_true(suite_is_there(&suite, &to));
	assert_true(has_route(&suite, "10.2.0.0") && has_route(&suite, "10.3.0.0"));
	network_user_free(other);
	suite_end(&suite);
}

/* Linux finds a device by its ends. */
static void second_device_with_the_same_ends_is_refused_with_the_remedy(void **state)
{
	struct network_object first = vti("vti5", "192.0.2.1", "192.0.2.2");
	struct network_object second = vti("vti6", "192.0.2.1", "192.0.2.2");
	struct network_plan plan = { .count = 0 };
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	network_plan_add(&plan, &first);
	network_plan_add(&plan, &second);
	assert_int_equal(suite_set(&suite, &plan), 1);
	assert_non_null(strstr(suite.diag.text, "vti-shared=yes"));
	assert_true(suite_is_there(&suite, &first));
	assert_false(suite_is_there(&suite, &second));
	suite_end(&suite);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TESTS,
		cmocka_unit_test(device_that_moves_keeps_what_stands_on_it),
		cmocka_unit_test(other_ip_version_makes_it_and_all_on_it_anew),
		cmocka_unit_test(users_that_move_one_by_one_take_the_device_with_the_last),
		cmocka_unit_test(second_device_with_the_same_ends_is_refused_with_the_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
