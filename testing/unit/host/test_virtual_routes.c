/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/host/inbox.h"

static struct host *host_with(struct world *world, const char *const *addresses)
{
	struct host *host = world_host(world, "a");

	for (; *addresses != NULL; addresses++)
		assert_int_equal(world_host_add_address(host, *addresses), RC_OK);
	return host;
}

static void source_is_the_address_most_alike(void **state)
{
	static const char *const addresses[] = { "203.0.113.1", "10.0.0.1", "fe80::1",
						 "2001:db8::1", NULL };
	struct world *world = world_new(1);
	struct host *host = host_with(world, addresses);
	struct ip_addr remote, source;

	(void)state;
	remote = at("10.0.0.9", 0).addr;
	assert_int_equal(host->ops->source_for(host, &remote, &source), RC_OK);
	assert_true(is_addr(&source, "10.0.0.1"));
	remote = at("198.51.100.1", 0).addr;
	assert_int_equal(host->ops->source_for(host, &remote, &source), RC_OK);
	assert_true(is_addr(&source, "203.0.113.1"));
	remote = at("2001:db8::2", 0).addr;
	assert_int_equal(host->ops->source_for(host, &remote, &source), RC_OK);
	assert_true(is_addr(&source, "2001:db8::1"));
	world_free(world);
}

static void nothing_is_reachable_without_an_address_of_the_family(void **state)
{
	static const char *const addresses[] = { "10.0.0.1", "fe80::1", NULL };
	struct world *world = world_new(1);
	struct host *host = host_with(world, addresses);
	struct ip_addr remote = at("2001:db8::2", 0).addr, source, gateway;

	(void)state;
	assert_int_equal(host->ops->source_for(host, &remote, &source), RC_NOT_FOUND);
	assert_int_equal(host->ops->default_route(host, AF_INET6, &source, &gateway), RC_NOT_FOUND);
	world_free(world);
}

static void default_route_leaves_by_the_first_address(void **state)
{
	static const char *const addresses[] = { "fe80::1", "203.0.113.1", "10.0.0.1", NULL };
	struct world *world = world_new(1);
	struct host *host = host_with(world, addresses);
	struct ip_addr source, gateway;

	(void)state;
	assert_int_equal(host->ops->default_route(host, AF_INET, &source, &gateway), RC_OK);
	assert_true(is_addr(&source, "203.0.113.1"));
	assert_false(ip_is_set(&gateway));
	assert_int_equal(host->ops->default_route(host, AF_INET, &source, NULL), RC_OK);
	world_free(world);
}

static void addresses_are_listed_as_many_as_fit(void **state)
{
	static const char *const addresses[] = { "203.0.113.1", "10.0.0.1", "fe80::1", NULL };
	struct world *world = world_new(1);
	struct host *host = host_with(world, addresses);
	struct ip_addr found[4];

	(void)state;
	assert_int_equal(host->ops->addresses(host, found, 4), 3);
	assert_true(is_addr(&found[1], "10.0.0.1"));
	assert_int_equal(host->ops->addresses(host, found, 2), 2);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(source_is_the_address_most_alike),
		cmocka_unit_test(addresses_are_listed_as_many_as_fit),
		cmocka_unit_test(nothing_is_reachable_without_an_address_of_the_family),
		cmocka_unit_test(default_route_leaves_by_the_first_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
