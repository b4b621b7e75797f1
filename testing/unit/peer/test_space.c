/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/space.h"
#include "unit/test.h"

/* Each number of it that may be leased has an address, which has that number. */
static void expect(const char *text, uint8_t lease, uint64_t first, uint64_t last,
		   const char *address_of_first, const char *address_of_last)
{
	struct config_pool pool = { .lease = lease };
	uint64_t from, to, found;
	struct ip_addr addr;
	char shown[IP_TEXT_MAX];

	assert_int_equal(range_parse(text, &pool.range, NULL), RC_OK);
	space_ends(&pool, &from, &to);
	assert_true(from == first && to == last);
	addr = space_address(&pool, first);
	assert_string_equal(ip_text(&addr, shown), address_of_first);
	assert_int_equal(space_number(&pool, &addr, &found), RC_OK);
	assert_true(found == first);
	addr = space_address(&pool, last);
	assert_string_equal(ip_text(&addr, shown), address_of_last);
	assert_int_equal(space_number(&pool, &addr, &found), RC_OK);
	assert_true(found == last);
}

static void subnets_keep_their_own_addresses_back(void **state)
{
	(void)state;
	expect("10.9.0.0/24", 32, 1, 254, "10.9.0.1", "10.9.0.254");
	expect("10.9.0.8/30", 32, 1, 2, "10.9.0.9", "10.9.0.10");
	expect("10.9.0.8/31", 32, 0, 1, "10.9.0.8", "10.9.0.9");
	expect("10.9.0.8", 32, 0, 0, "10.9.0.8", "10.9.0.8");
	expect("10.9.0.250-10.9.1.3", 32, 0, 9, "10.9.0.250", "10.9.1.3");
	expect("2001:db8::/126", 128, 1, 3, "2001:db8::1", "2001:db8::3");
	expect("2001:db8::/62", 64, 0, 3, "2001:db8::1", "2001:db8:0:3::1");
}

static void the_largest_one_does_not_overflow(void **state)
{
	(void)state;
	expect("::/0", 128, 1, UINT64_MAX, "::1", "::ffff:ffff:ffff:ffff");
	expect("::/0", 64, 0, UINT64_MAX, "::1", "ffff:ffff:ffff:ffff::1");
}

static void others_are_not_in_it(void **state)
{
	static const char *const others[] = { "10.9.0.0", "10.9.0.255", "10.8.255.255", "10.9.1.0",
					      "::10.9.0.1" };
	struct config_pool pool = { .lease = 32 };
	struct ip_addr addr;
	uint64_t found;

	(void)state;
	assert_int_equal(range_parse("10.9.0.0/24", &pool.range, NULL), RC_OK);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(ip_parse(others[i], &addr), RC_OK);
		assert_int_equal(space_number(&pool, &addr, &found), RC_NOT_FOUND);
	}
}

/* Any address of a client's own subnet is that client's. */
static void an_address_is_of_the_range_around_it(void **state)
{
	struct config_pool pool = { .lease = 64 };
	struct ip_range range;
	struct ip_addr addr;
	uint64_t found;
	char text[IP_RANGE_TEXT_MAX];

	(void)state;
	assert_int_equal(range_parse("2001:db8::/62", &pool.range, NULL), RC_OK);
	assert_int_equal(ip_parse("2001:db8:0:2:ffff::7", &addr), RC_OK);
	assert_int_equal(space_number(&pool, &addr, &found), RC_OK);
	assert_int_equal(found, 2);
	range = space_range(&pool, found);
	assert_string_equal(range_text(&range, text), "2001:db8:0:2::/64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subnets_keep_their_own_addresses_back),
		cmocka_unit_test(the_largest_one_does_not_overflow),
		cmocka_unit_test(others_are_not_in_it),
		cmocka_unit_test(an_address_is_of_the_range_around_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
