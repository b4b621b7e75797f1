/* SPDX-License-Identifier: Apache-2.0 */
/* What every network does, real or simulated: included by their tests, which give
 * suite_network() and suite_device (an interface that is there). */
#ifndef VANTH_TEST_NETWORK_SUITE_H
#define VANTH_TEST_NETWORK_SUITE_H

#include <stdio.h>
#include <string.h>
#include "network/network.h"
#include "unit/kernel/fake_host.h"
#include "unit/test.h"

static struct network *suite_network(struct host *host);
static const char *suite_device(void);

struct suite {
	struct fake_host host;
	struct network *network;
	struct network_user *user;
	unsigned settled, failed;
	struct diag diag;
};

static void suite_settled(void *context, unsigned failed, const struct diag *diag)
{
	struct suite *suite = context;

	suite->settled++;
	suite->failed = failed;
	suite->diag = *diag;
}

static void suite_begin(struct suite *suite)
{
	memset(suite, 0, sizeof(*suite));
	fake_host_init(&suite->host);
	suite->network = suite_network(&suite->host.host);
	suite->user = network_user_new(suite->network, suite_settled, suite);
	assert_non_null(suite->user);
}

static void suite_end(struct suite *suite)
{
	network_user_free(suite->user);
	network_free(suite->network);
}

static struct network_object suite_route(const char *to, unsigned len)
{
	struct network_object object = { .kind = NETWORK_ROUTE,
					 .len = (uint8_t)len,
					 .table = HOST_TABLE_MAIN };

	assert_int_equal(ip_parse(to, &object.addr), RC_OK);
	(void)snprintf(object.device, sizeof(object.device), "%s", suite_device());
	return object;
}

static struct network_object suite_address(const char *addr)
{
	struct network_object object = { .kind = NETWORK_ADDRESS, .device = "lo", .aside = true };

	assert_int_equal(ip_parse(addr, &object.addr), RC_OK);
	object.len = object.addr.family == AF_INET ? 32 : 128;
	return object;
}

static struct network_object suite_rule(uint8_t family, uint32_t table)
{
	return (struct network_object){ .kind = NETWORK_RULE,
					.addr = ip_any(family),
					.table = table };
}

/* Sets it and lets it settle; how many objects failed. */
static unsigned suite_set(struct suite *suite, const struct network_plan *plan)
{
	unsigned before = suite->settled;

	assert_int_equal(network_user_set(suite->user, plan), RC_OK);
	assert_int_equal(suite->settled, before);
	fake_turn(&suite->host);
	assert_int_equal(suite->settled, before + 1);
	return suite->failed;
}

/* Begun, and that is all that is wanted and there; second may be NULL. */
static inline void suite_begin_with(struct suite *suite, struct network_plan *plan,
				    const struct network_object *first,
				    const struct network_object *second)
{
	suite_begin(suite);
	plan->count = 0;
	network_plan_add(plan, first);
	if (second != NULL)
		network_plan_add(plan, second);
	assert_int_equal(suite_set(suite, plan), 0);
}

/* Somebody else's try to add it: it is there, and "used as it stands". */
static bool suite_is_there(struct suite *suite, const struct network_object *object);

static void suite_plan(struct network_plan *plan, const char *suffix)
{
	struct network_object object;
	bool v6 = strcmp(suffix, "6") == 0;

	*plan = (struct network_plan){ .count = 0 };
	object = suite_address(v6 ? "fd00:9::7" : "10.9.0.7");
	network_plan_add(plan, &object);
	struct ip_addr source = object.addr;
	object = suite_route(v6 ? "fd00:2::" : "10.2.0.0", v6 ? 64 : 24);
	object.source = source;
	object.mtu = 1300;
	object.metric = 5;
	network_plan_add(plan, &object);
	object = suite_rule(v6 ? AF_INET6 : AF_INET, HOST_TABLE_MAIN);
	network_plan_add(plan, &object);
	object = suite_rule(v6 ? AF_INET6 : AF_INET, HOST_TABLE_TUNNELS);
	network_plan_add(plan, &object);
	object = suite_rule(v6 ? AF_INET6 : AF_INET, HOST_TABLE_MAIN);
	assert_int_equal(ip_parse(v6 ? "2001:db8::7" : "192.0.2.7", &object.addr), RC_OK);
	object.len = v6 ? 128 : 32;
	object.proto = 17;
	network_plan_add(plan, &object);
	object = suite_route(v6 ? "::" : "0.0.0.0", 0);
	object.source = source;
	object.table = HOST_TABLE_TUNNELS;
	network_plan_add(plan, &object);
}

static void plan_comes_and_goes(void **state)
{
	static const char *const families[] = { "4", "6" };
	struct suite suite;
	struct network_plan plan, nothing = { .count = 0 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		suite_begin(&suite);
		suite_plan(&plan, families[i]);
		if (suite_set(&suite, &plan) != 0)
			fail_msg("%s", suite.diag.text);
		for (unsigned j = 0; j < plan.count; j++)
			assert_true(suite_is_there(&suite, &plan.objects[j]));
		assert_int_equal(suite_set(&suite, &nothing), 0);
		for (unsigned j = 0; j < plan.count; j++)
			assert_false(suite_is_there(&suite, &plan.objects[j]));
		suite_end(&suite);
	}
}

static void what_two_want_goes_with_the_last_of_them(void **state)
{
	struct suite suite;
	struct network_plan plan, nothing = { .count = 0 };
	struct network_object address = suite_address("10.9.0.7");

	(void)state;
	suite_begin(&suite);
	struct suite other = suite;
	struct network_user *second = network_user_new(suite.network, suite_settled, &other);
	assert_non_null(second);
	suite_plan(&plan, "4");
	assert_int_equal(network_user_set(second, &plan), RC_OK);
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_int_equal(suite_set(&suite, &nothing), 0);
	assert_true(suite_is_there(&suite, &address));
	network_user_free(second);
	fake_turn(&suite.host);
	assert_false(suite_is_there(&suite, &address));
	suite_end(&suite);
}

static void route_that_changes_its_source_changes_it(void **state)
{
	struct suite suite;
	struct network_plan plan;

	(void)state;
	suite_begin(&suite);
	for (unsigned i = 0; i < 2; i++) {
		plan = (struct network_plan){ .count = 0 };
		struct network_object address = suite_address(i == 0 ? "10.9.0.7" : "10.9.0.8");
		struct network_object route = suite_route("10.2.0.0", 24);
		route.source = address.addr;
		network_plan_add(&plan, &route);
		network_plan_add(&plan, &address);
		if (suite_set(&suite, &plan) != 0)
			fail_msg("%s", suite.diag.text);
		assert_true(suite_is_there(&suite, &route));
		assert_true(suite_is_there(&suite, &address));
	}
	suite_end(&suite);
}

static void refusal_is_told_and_can_be_tried_again(void **state)
{
	struct suite suite;
	struct network_plan plan = { .count = 0 };
	struct network_object route = suite_route("10.2.0.0", 24);

	(void)state;
	suite_begin(&suite);
	memcpy(route.device, "nowhere0", 9);
	network_plan_add(&plan, &route);
	assert_int_equal(suite_set(&suite, &plan), 1);
	assert_non_null(strstr(suite.diag.text, "cannot add the route 10.2.0.0/24 dev nowhere0"));
	assert_non_null(strstr(suite.diag.text, "that interface is not there"));
	network_user_retry(suite.user);
	fake_turn(&suite.host);
	assert_int_equal(suite.settled, 2);
	assert_int_equal(suite.failed, 1);
	suite_end(&suite);
}

static void left_overs_are_found_and_removed(void **state)
{
	struct suite suite;
	struct network_plan plan4, plan6;
	unsigned count = 99;

	(void)state;
	suite_begin(&suite);
	assert_int_equal(network_remove_stale(suite.network, &count, NULL), RC_OK);
	assert_int_equal(count, 0);
	suite_plan(&plan4, "4");
	assert_int_equal(suite_set(&suite, &plan4), 0);
	suite_plan(&plan6, "6");
	struct network_user *second = network_user_new(suite.network, suite_settled, &suite);
	assert_int_equal(network_user_set(second, &plan6), RC_OK);
	fake_turn(&suite.host);
	assert_int_equal(suite.failed, 0);
	assert_int_equal(network_remove_stale(suite.network, &count, NULL), RC_OK);
	assert_int_equal(count, plan4.count + plan6.count);
	for (unsigned i = 0; i < plan4.count; i++)
		assert_false(suite_is_there(&suite, &plan4.objects[i]));
	for (unsigned i = 0; i < plan6.count; i++)
		assert_false(suite_is_there(&suite, &plan6.objects[i]));
	network_user_free(second);
	suite_end(&suite);
}

#define SUITE_TESTS                                                                                \
	cmocka_unit_test(plan_comes_and_goes),                                                     \
		cmocka_unit_test(what_two_want_goes_with_the_last_of_them),                        \
		cmocka_unit_test(route_that_changes_its_source_changes_it),                        \
		cmocka_unit_test(refusal_is_told_and_can_be_tried_again),                          \
		cmocka_unit_test(left_overs_are_found_and_removed)

#endif
