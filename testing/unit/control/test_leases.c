/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "peer/pool.h"
#include "unit/control/fixture.h"
#include "unit/test.h"

#define LIST "{\"method\":\"io.vanth.ike.Leases\",\"more\":true}"

static struct pool_lease *lease(struct fixture *fixture, const struct config_pool *pool,
				const char *id)
{
	struct identity owner = { .type = ID_NULL };
	struct pool_wish wish = { pool, 1, pool->range.from.family, &owner, true, { 0 } };
	struct pool_lease *out;
	struct diag diag;

	if (id != NULL)
		assert_int_equal(identity_parse(id, &owner, NULL), RC_OK);
	assert_int_equal(pools_lease(fixture->gateway->peers.pools, &wish, &out, &diag), RC_OK);
	identity_free(&owner);
	return out;
}

static struct config_pool pool_of(const char *range, uint8_t len)
{
	struct config_pool pool = { .lease = len };

	assert_int_equal(range_parse(range, &pool.range, NULL), RC_OK);
	return pool;
}

static void without_pools_there_is_nothing(void **state)
{
	struct fixture fixture;
	json_t *reply;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = dial(&fixture);
	say_call(fd, LIST);
	for (bool more = true; more;) {
		const json_t *parameters;
		reply = hear(&fixture, fd);
		parameters = json_object_get(reply, "parameters");
		assert_int_equal(json_array_size(json_object_get(parameters, "pools")), 0);
		assert_int_equal(json_array_size(json_object_get(parameters, "leases")), 0);
		more = json_is_true(json_object_get(reply, "continues"));
		json_decref(reply);
	}
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void a_lease_is_shown_with_its_owner(void **state)
{
	struct config_pool pool = pool_of("10.9.0.0/29", 32);
	struct fixture fixture;
	struct pool_lease *a, *b, *nobody;
	json_t *pools = NULL, *leases = json_array(), *one;
	unsigned seen = 0;
	size_t i;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	a = lease(&fixture, &pool, "CN=a, O=Example");
	b = lease(&fixture, &pool, "@b");
	nobody = lease(&fixture, &pool, NULL);
	pool_lease_release(b);
	fd = dial(&fixture);
	say_call(fd, LIST);
	for (bool more = true; more;) {
		json_t *reply = hear(&fixture, fd);
		json_t *parameters = json_object_get(reply, "parameters");
		if (json_object_get(parameters, "pools") != NULL)
			pools = json_incref(json_object_get(parameters, "pools"));
		if (json_object_get(parameters, "leases") != NULL)
			(void)json_array_extend(leases, json_object_get(parameters, "leases"));
		more = json_is_true(json_object_get(reply, "continues"));
		json_decref(reply);
	}
	one = json_array_get(pools, 0);
	assert_string_equal(json_string_value(json_object_get(one, "range")), "10.9.0.0/29");
	assert_int_equal(json_integer_value(json_object_get(one, "size")), 6);
	assert_int_equal(json_integer_value(json_object_get(one, "used")), 2);
	assert_int_equal(json_integer_value(json_object_get(one, "remembered")), 1);
	assert_int_equal(json_array_size(leases), 3);
	json_array_foreach(leases, i, one)
	{
		const char *address = json_string_value(json_object_get(one, "address"));
		const char *identity = json_string_value(json_object_get(one, "identity"));
		bool in_use = json_is_true(json_object_get(one, "in_use"));
		assert_string_equal(json_string_value(json_object_get(one, "pool")), "10.9.0.0/29");
		assert_true(json_integer_value(json_object_get(one, "since")) > 1600000000);
		if (strcmp(address, "10.9.0.1") == 0) {
			assert_string_equal(identity, "CN=a, O=Example");
			assert_true(in_use);
			seen |= 1;
		} else if (strcmp(address, "10.9.0.2") == 0) {
			assert_string_equal(identity, "@b");
			assert_false(in_use);
			seen |= 2;
		} else {
			assert_null(identity);
			seen |= 4;
		}
	}
	assert_int_equal(seen, 7);
	json_decref(pools);
	json_decref(leases);
	pool_lease_release(a);
	pool_lease_release(nobody);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

/* In several replies, each once. */
static void many_leases_are_streamed(void **state)
{
	struct config_pool pool = pool_of("2001:db8::/48", 64);
	struct fixture fixture;
	unsigned count = 0, replies = 0;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	for (unsigned i = 0; i < 1000; i++) {
		char id[32];
		(void)snprintf(id, sizeof(id), "@c%u", i);
		pool_lease_release(lease(&fixture, &pool, id));
	}
	fd = dial(&fixture);
	say_call(fd, LIST);
	for (bool more = true; more; replies++) {
		json_t *reply = hear(&fixture, fd);
		count += (unsigned)json_array_size(
			json_object_get(json_object_get(reply, "parameters"), "leases"));
		more = json_is_true(json_object_get(reply, "continues"));
		json_decref(reply);
	}
	assert_int_equal(count, 1000);
	assert_true(replies > 10);
	say_call(fd, LIST); /* who hangs up in the midst of it leaves nothing */
	json_decref(hear(&fixture, fd));
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_pools_there_is_nothing),
		cmocka_unit_test(a_lease_is_shown_with_its_owner),
		cmocka_unit_test(many_leases_are_streamed),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
