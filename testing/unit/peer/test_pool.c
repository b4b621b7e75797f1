/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/pool.h"
#include "unit/peer/peer_test.h"

struct many {
	struct config_pool config[2];
	unsigned count;
	bool share;
	struct ip_addr asked;
	struct diag diag;
};

static struct config_pool config_of(const char *range, uint8_t lease)
{
	struct config_pool config = { .lease = lease };

	assert_int_equal(range_parse(range, &config.range, NULL), RC_OK);
	return config;
}

static struct many of(const char *range, uint8_t lease)
{
	return (struct many){ .config = { config_of(range, lease) }, .count = 1, .share = true };
}

static enum rc ask(struct fixture *f, struct many *many, const char *id, struct pool_lease **out)
{
	struct identity owner = { .type = ID_NULL };
	struct pool_wish wish = { many->config, many->count, many->config[0].range.from.family,
				  &owner,	many->share, many->asked };
	enum rc rc;

	if (id != NULL)
		assert_int_equal(identity_parse(id, &owner, NULL), RC_OK);
	rc = pools_lease(f->peers.pools, &wish, out, &many->diag);
	identity_free(&owner);
	return rc;
}

static struct pool_lease *take(struct fixture *f, struct many *many, const char *id,
			       const char *expected)
{
	struct pool_lease *lease;
	struct ip_addr addr;
	char text[IP_TEXT_MAX];

	assert_int_equal(ask(f, many, id, &lease), RC_OK);
	addr = pool_lease_address(lease);
	assert_string_equal(ip_text(&addr, text), expected);
	return lease;
}

static void nobody_gets_the_network_or_the_broadcast_address(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.9.0.0/30", 32);
	struct pool_lease *a = take(f, &pool, "@a", "10.9.0.1"), *c;
	struct pool_lease *b = take(f, &pool, "@b", "10.9.0.2");

	assert_int_equal(ask(f, &pool, "@c", &c), RC_NO_ADDRESS);
	assert_non_null(strstr(pool.diag.text, "@c: all 2 of 10.9.0.0/30 are in use"));
	pool_lease_release(a);
	pool_lease_release(b);
}

static void a_range_is_leased_to_its_ends(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.9.0.255-10.9.1.0", 32);
	struct pool_lease *a = take(f, &pool, "@a", "10.9.0.255");
	struct pool_lease *b = take(f, &pool, "@b", "10.9.1.0");

	pool_lease_release(a);
	pool_lease_release(b);
}

static void an_ipv6_client_gets_a_subnet_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("2001:db8::/62", 64);
	struct pool_lease *a = take(f, &pool, "@a", "2001:db8::1");
	struct pool_lease *b = take(f, &pool, "@b", "2001:db8:0:1::1");
	struct ip_range range = pool_lease_range(b);
	char text[IP_RANGE_TEXT_MAX];

	assert_string_equal(range_text(&range, text), "2001:db8:0:1::/64");
	assert_int_equal(pool_lease_prefix(b), 64);
	pool_lease_release(a);
	pool_lease_release(b);
}

static void the_largest_pool_does_not_overflow(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("2001:db8::/64", 128), last;
	struct pool_lease *a = take(f, &pool, "@a", "2001:db8::1"), *b;

	last = pool;
	assert_int_equal(ip_parse("2001:db8::ffff:ffff:ffff:ffff", &last.asked), RC_OK);
	b = take(f, &last, "@b", "2001:db8::ffff:ffff:ffff:ffff");
	pool_lease_release(a);
	pool_lease_release(b);
}

static void who_comes_again_gets_the_same_and_strangers_the_oldest(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.9.0.1-10.9.0.3", 32);
	struct pool_lease *a = take(f, &pool, "@a", "10.9.0.1");
	struct pool_lease *b = take(f, &pool, "@b", "10.9.0.2"), *c, *d;

	pool_lease_release(b);
	pool_lease_release(a);
	c = take(f, &pool, "@c", "10.9.0.3"); /* that nobody had */
	a = take(f, &pool, "@a", "10.9.0.1");
	pool_lease_release(a);
	d = take(f, &pool, "@d", "10.9.0.2"); /* b's: given back first */
	b = take(f, &pool, "@b", "10.9.0.1");
	pool_lease_release(b);
	pool_lease_release(c);
	pool_lease_release(d);
}

static void an_owner_shares_its_lease_only_where_that_is_wanted(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.9.0.0/24", 32);
	struct pool_lease *a = take(f, &pool, "@a", "10.9.0.1"), *b, *c;

	b = take(f, &pool, "@a", "10.9.0.1");
	assert_ptr_equal(a, b);
	pool_lease_release(a);
	pool.share = false;
	c = take(f, &pool, "@a", "10.9.0.2"); /* b holds the first one */
	pool_lease_release(b);
	pool_lease_release(c);
}

static void who_has_no_name_shares_nothing_and_is_not_remembered(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.9.0.0/24", 32);
	struct pool_lease *a = take(f, &pool, NULL, "10.9.0.1");
	struct pool_lease *b = take(f, &pool, NULL, "10.9.0.2");

	pool_lease_release(a);
	a = take(f, &pool, NULL, "10.9.0.3");
	pool_lease_release(a);
	pool_lease_release(b);
}

static void a_client_keeps_what_it_had_if_nobody_else_has(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.9.0.0/24", 32), asking = pool, outside = pool;
	struct pool_lease *a, *b, *c, *d;

	assert_int_equal(ip_parse("10.9.0.2", &asking.asked), RC_OK);
	assert_int_equal(ip_parse("10.9.0.255", &outside.asked), RC_OK);
	a = take(f, &asking, "@a", "10.9.0.2");
	b = take(f, &asking, "@b", "10.9.0.1");	 /* it is taken */
	c = take(f, &outside, "@c", "10.9.0.3"); /* behind what was asked for */
	pool_lease_release(a);
	d = take(f, &asking, "@d", "10.9.0.4"); /* it is remembered for a */
	pool_lease_release(b);
	pool_lease_release(c);
	pool_lease_release(d);
}

static void the_next_pool_serves_when_one_is_used_up(void **state)
{
	struct fixture *f = *state;
	struct many pools = of("10.9.0.7", 32);
	struct pool_lease *a, *b;

	pools.config[1] = config_of("10.8.0.7", 32);
	pools.count = 2;
	a = take(f, &pools, "@a", "10.9.0.7");
	b = take(f, &pools, "@b", "10.8.0.7");
	pool_lease_release(b);
	pool_lease_release(a);
	b = take(f, &pools, "@b", "10.8.0.7");
	pool_lease_release(b);
	pools.config[0] = pools.config[1] = config_of("2001:db8::/64", 64);
	pools.config[0].range = config_of("10.9.0.7", 32).range;
	pools.config[0].lease = 32;
	pools.count = 1;
	struct identity owner = { .type = ID_NULL };
	struct pool_wish wish = {
		.pools = pools.config, .pool_count = 1, .family = AF_INET6, .owner = &owner
	};
	assert_int_equal(pools_lease(f->peers.pools, &wish, &a, NULL), RC_NOT_FOUND);
}

#define MANY 300000u

/* Twice all of them, each found again by its owner. */
static void a_large_pool_is_as_quick_as_a_small_one(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.0.0.0/8", 32);
	struct pool_lease **leases = mem_alloc(MANY * sizeof(*leases));
	char id[16];

	assert_non_null(leases);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < MANY; i++) {
			snprintf(id, sizeof(id), "@c%u", i);
			assert_int_equal(ask(f, &pool, id, &leases[i]), RC_OK);
		}
		for (unsigned i = 0; i < MANY; i += MANY / 10) {
			struct ip_addr addr = pool_lease_address(leases[i]);
			unsigned number = (unsigned)addr.bytes[1] << 16 |
					  (unsigned)addr.bytes[2] << 8 | addr.bytes[3];
			assert_int_equal(number, i + 1);
		}
		for (unsigned i = MANY; i > 0; i--)
			pool_lease_release(leases[i - 1]);
	}
	mem_free(leases);
}

struct seen {
	unsigned pools, leases, used;
	uint64_t size;
};

static void see_pool(void *context, const struct pool_info *pool)
{
	struct seen *seen = context;

	seen->pools++;
	seen->size = pool->size;
	assert_int_equal(pool->used, 1);
	assert_int_equal(pool->remembered, 1);
}

static void see_lease(void *context, const struct pool_lease_info *lease)
{
	struct seen *seen = context;

	seen->leases++;
	seen->used += lease->in_use;
	assert_int_equal(lease->owner->type, ID_FQDN);
}

static void pools_and_leases_can_be_shown(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.9.0.0/24", 32);
	struct pool_lease *a = take(f, &pool, "@a", "10.9.0.1");
	struct pool_lease *b = take(f, &pool, "@b", "10.9.0.2");
	struct seen seen = { 0 };

	pool_lease_release(b);
	pools_walk(f->peers.pools, see_pool, &seen);
	pools_walk_leases(f->peers.pools, see_lease, &seen);
	assert_int_equal(seen.pools, 1);
	assert_int_equal(seen.size, 254);
	assert_int_equal(seen.leases, 2);
	assert_int_equal(seen.used, 1);
	pool_lease_release(a);
}

static void without_memory_nothing_is_leased_and_nothing_lost(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.9.0.0/24", 32);
	struct pool_lease *lease;
	enum rc rc = RC_NO_MEMORY;

	for (unsigned after = 0; rc != RC_OK; after++) {
		mem_fail_nth(after + 1);
		struct identity owner = { .type = ID_FQDN,
					  .data = (uint8_t *)(uintptr_t) "a",
					  .len = 1 };
		struct pool_wish wish = { pool.config, 1, AF_INET, &owner, true, { 0 } };
		rc = pools_lease(f->peers.pools, &wish, &lease, NULL);
		mem_fail_nth(0);
		assert_true(rc == RC_OK || rc == RC_NO_MEMORY);
	}
	struct ip_addr addr = pool_lease_address(lease);
	assert_int_equal(addr.bytes[3], 1);
	pool_lease_release(lease);
}

struct times {
	unsigned count;
	int64_t since;
	bool in_use;
};

static void see_time(void *context, const struct pool_lease_info *lease)
{
	struct times *seen = context;

	seen->count++;
	seen->since = lease->since;
	seen->in_use = lease->in_use;
	assert_int_equal(lease->pool->lease, 32);
}

static void every_change_counts_and_has_its_time(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.9.0.0/24", 32);
	uint64_t before = pools_changes(f->peers.pools);
	struct pool_lease *a = take(f, &pool, "@a", "10.9.0.1");
	struct times seen = { 0 };
	uint64_t cursor = 0;

	assert_true(pools_changes(f->peers.pools) > before);
	before = pools_changes(f->peers.pools);
	world_run(f->world, 100 * USEC_PER_SEC);
	pool_lease_release(a);
	assert_true(pools_changes(f->peers.pools) > before);
	assert_false(pools_walk_slice(f->peers.pools, &cursor, 10, see_time, &seen));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.since, f->host->ops->wall(f->host));
	assert_false(seen.in_use);
}

static enum rc remember(struct fixture *f, const struct config_pool *pool, const char *id,
			const char *address)
{
	struct identity owner = { .type = ID_NULL };
	struct pool_lease_info info = { .pool = pool, .since = 1000, .owner = &owner };
	enum rc rc;

	if (id != NULL)
		assert_int_equal(identity_parse(id, &owner, NULL), RC_OK);
	assert_int_equal(ip_parse(address, &info.addr), RC_OK);
	rc = pools_remember(f->peers.pools, &info);
	identity_free(&owner);
	return rc;
}

static void a_lease_of_an_earlier_run_is_its_owners(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.9.0.0/30", 32), other = of("2001:db8::/62", 64);
	struct pool_lease *a, *b;

	assert_int_equal(remember(f, pool.config, "@a", "10.9.0.2"), RC_OK);
	assert_int_equal(remember(f, other.config, "@a", "2001:db8:0:2::1"), RC_OK);
	assert_int_equal(remember(f, pool.config, "@b", "10.9.0.2"), RC_EXISTS);
	assert_int_equal(remember(f, pool.config, "@a", "10.9.0.1"), RC_EXISTS);
	assert_int_equal(remember(f, pool.config, NULL, "10.9.0.1"), RC_EXISTS);
	assert_int_equal(remember(f, pool.config, "@b", "10.9.0.3"), RC_NOT_FOUND);
	assert_int_equal(remember(f, pool.config, "@b", "10.9.0.4"), RC_NOT_FOUND);
	assert_int_equal(remember(f, pool.config, "@b", "2001:db8::1"), RC_NOT_FOUND);
	b = take(f, &pool, "@b", "10.9.0.1");
	a = take(f, &pool, "@a", "10.9.0.2");
	pool_lease_release(a);
	pool_lease_release(b);
	pool_lease_release(take(f, &other, "@a", "2001:db8:0:2::1"));
}

#define SIZE 300u

/* Clients ask for addresses here and there; who does not ask gets the first one behind all that
 * were given before, and never one that somebody has. */
static void what_was_asked_for_is_passed_over(void **state)
{
	struct fixture *f = *state;

	for (unsigned seed = 1; seed <= 40; seed++) {
		struct many pool = of("10.9.0.0/23", 32);
		struct pool_lease *leases[SIZE];
		bool has[SIZE + 2] = { false };
		unsigned next = 1, random = seed;
		char id[32];
		pool.config[0].range.from.bytes[1] = (uint8_t)seed;
		pool.config[0].range.to.bytes[1] = (uint8_t)seed;
		for (unsigned i = 0; i < SIZE; i++) {
			struct many asking = pool;
			struct ip_addr addr = pool.config[0].range.from;
			unsigned wanted;
			random = random * 1103515245 + 12345;
			wanted = 1 + (random >> 8) % SIZE;
			if ((random >> 24) % 4 != 0) {
				addr.bytes[2] = (uint8_t)(wanted >> 8);
				addr.bytes[3] = (uint8_t)wanted;
				asking.asked = addr;
			}
			if ((random >> 24) % 4 == 0 || has[wanted]) {
				while (has[next])
					next++;
				wanted = next++;
			}
			has[wanted] = true;
			snprintf(id, sizeof(id), "@%u.%u", seed, i);
			assert_int_equal(ask(f, &asking, id, &leases[i]), RC_OK);
			addr = pool_lease_address(leases[i]);
			assert_int_equal(addr.bytes[2] << 8 | addr.bytes[3], wanted);
		}
		for (unsigned i = 0; i < SIZE; i++)
			pool_lease_release(leases[i]);
	}
}

/* To its very end. */
static void the_last_ones_may_be_asked_for(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.9.0.0/29", 32), asking = pool;
	struct pool_lease *leases[6], *none;

	for (unsigned i = 0; i < 3; i++) {
		char text[16];
		snprintf(text, sizeof(text), "10.9.0.%u", 6 - i);
		assert_int_equal(ip_parse(text, &asking.asked), RC_OK);
		leases[i] = take(f, &asking, text, text);
	}
	leases[3] = take(f, &pool, "@1", "10.9.0.1");
	leases[4] = take(f, &pool, "@2", "10.9.0.2");
	leases[5] = take(f, &pool, "@3", "10.9.0.3");
	assert_int_equal(ask(f, &pool, "@4", &none), RC_NO_ADDRESS);
	for (unsigned i = 0; i < 6; i++)
		pool_lease_release(leases[i]);
}

static void remember_change(void *context, const struct pool_lease_info *lease)
{
	char id[IDENTITY_TEXT_MAX], addr[IP_TEXT_MAX], *said = context;
	size_t len = strlen(said);

	snprintf(said + len, 200 - len, "%s %s\n", identity_text(lease->owner, id),
		 ip_text(&lease->addr, addr));
}

static void whoever_asks_is_told_each_change(void **state)
{
	struct fixture *f = *state;
	struct many pool = of("10.9.0.0/30", 32);
	struct pool_lease *a, *b;
	char said[200] = "";

	pools_on_change(f->peers.pools, remember_change, said);
	a = take(f, &pool, "@a", "10.9.0.1");
	b = take(f, &pool, "@b", "10.9.0.2");
	pool_lease_release(pool_lease_hold(a));
	pool_lease_release(a);
	a = take(f, &pool, "@c", "10.9.0.1");
	pools_on_change(f->peers.pools, NULL, NULL);
	pool_lease_release(a);
	pool_lease_release(b);
	assert_string_equal(said, "@a 10.9.0.1\n@b 10.9.0.2\n@a 10.9.0.1\n"
				  "@c 10.9.0.1\n");
}

/* A client that had it, and one that takes over what the oldest had. */
static void without_memory_no_address_is_lost(void **state)
{
	static const char *const ids[] = { "a", "d" };
	struct fixture *f = *state;
	struct many pool = of("10.9.0.0/30", 32);

	pool_lease_release(take(f, &pool, "@a", "10.9.0.1"));
	pool_lease_release(take(f, &pool, "@b", "10.9.0.2"));
	for (unsigned i = 0; i < 2; i++) {
		struct pool_lease *lease, *other;
		enum rc rc = RC_NO_MEMORY;
		for (unsigned after = 0; rc != RC_OK; after++) {
			struct identity owner = { .type = ID_FQDN,
						  .data = (uint8_t *)(uintptr_t)ids[i],
						  .len = 1 };
			struct pool_wish wish = { pool.config, 1, AF_INET, &owner, true, { 0 } };
			mem_fail_nth(after + 1);
			rc = pools_lease(f->peers.pools, &wish, &lease, NULL);
			mem_fail_nth(0);
		}
		assert_int_equal(ask(f, &pool, "@x", &other), RC_OK); /* both can be had */
		pool_lease_release(other);
		pool_lease_release(lease);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(nobody_gets_the_network_or_the_broadcast_address),
		PEER_TEST(a_range_is_leased_to_its_ends),
		PEER_TEST(an_ipv6_client_gets_a_subnet_of_its_own),
		PEER_TEST(the_largest_pool_does_not_overflow),
		PEER_TEST(who_comes_again_gets_the_same_and_strangers_the_oldest),
		PEER_TEST(an_owner_shares_its_lease_only_where_that_is_wanted),
		PEER_TEST(who_has_no_name_shares_nothing_and_is_not_remembered),
		PEER_TEST(a_client_keeps_what_it_had_if_nobody_else_has),
		PEER_TEST(the_next_pool_serves_when_one_is_used_up),
		PEER_TEST(a_large_pool_is_as_quick_as_a_small_one),
		PEER_TEST(pools_and_leases_can_be_shown),
		PEER_TEST(without_memory_nothing_is_leased_and_nothing_lost),
		PEER_TEST(every_change_counts_and_has_its_time),
		PEER_TEST(a_lease_of_an_earlier_run_is_its_owners),
		PEER_TEST(what_was_asked_for_is_passed_over),
		PEER_TEST(the_last_ones_may_be_asked_for),
		PEER_TEST(whoever_asks_is_told_each_change),
		PEER_TEST(without_memory_no_address_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
