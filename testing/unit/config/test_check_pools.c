/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"

static struct loaded l;

/* A conn for each pool, in this order. */
static void load_pools(const char *const *pools)
{
	char text[4096];
	size_t used = 0;
	for (unsigned i = 0; pools[i] != NULL; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "conn c%u\n left=192.0.2.1\n right=%%any\n rightid=@c%u\n"
					 " rightaddresspool=%s\n",
					 i, i, pools[i]);
	load_everything(&l, text);
}

static void conns_may_share_a_pool_or_have_others(void **state)
{
	(void)state;
	load_pools((const char *const[]){ "10.9.0.0/24", "10.9.0.0/24", "10.8.0.0/24",
					  "10.9.1.0/24,fd00::/64", "fd00::/64,10.8.0.0/24", NULL });
	assert_string_equal(l.report, "");
	unload(&l);
}

static void an_address_is_not_in_two_pools(void **state)
{
	(void)state;
	load_pools((const char *const[]){ "10.9.0.0/24", "10.9.0.128-10.9.1.5", NULL });
	assert_string_equal(l.report,
			    "t.conf:6: conn c1: the pool 10.9.0.128-10.9.1.5 has addresses in "
			    "common with 10.9.0.0/24 of conn c0 (t.conf:1): an address would be "
			    "given twice; write the same pool in both, or others\n");
	unload(&l);
	load_pools((const char *const[]){ "10.9.0.7", "10.9.0.0/24", NULL });
	assert_non_null(strstr(l.report, "t.conf:6: conn c1: the pool 10.9.0.0/24 has"));
	unload(&l);
	load_pools((const char *const[]){ "2001:db8::/48/64", "2001:db8::/48/56", NULL });
	assert_non_null(strstr(l.report, "a pool that is shared must be the same"));
	unload(&l);
}

/* Also when a small pool lies between the two in order. */
static void a_large_pool_is_compared_with_all_in_it(void **state)
{
	(void)state;
	load_pools((const char *const[]){ "10.0.0.0/8", "10.1.0.0/24", "10.200.0.0/24", NULL });
	assert_int_equal(l.errors.errors, 2);
	unload(&l);
}

static void without_memory_the_load_fails(void **state)
{
	(void)state;
	for (uint64_t n = 1; n < 400; n++) {
		mem_fail_nth(n);
		load_pools((const char *const[]){ "10.9.0.0/24", "10.8.0.0/24", NULL });
		mem_fail_nth(0);
		assert_true(l.rc == RC_NO_MEMORY || l.rc == RC_OK);
		unload(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conns_may_share_a_pool_or_have_others),
		cmocka_unit_test(an_address_is_not_in_two_pools),
		cmocka_unit_test(a_large_pool_is_compared_with_all_in_it),
		cmocka_unit_test(without_memory_the_load_fails),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
