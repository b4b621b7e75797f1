/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "unit/kernel/sim_fixture.h"

static void every_index_shows_one_sa_and_no_more(void **state)
{
	struct pair *pair = *state;
	struct simulated_sa sa;
	uint32_t seen = 0;
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(add_sa(&pair->left, gcm_sa(0x1000 + i)), 0);
	for (size_t i = 0; i < 20; i++) {
		assert_true(kernel_simulated_sa(pair->left.kernel, i, &sa));
		seen |= 1u << (sa.sa.spi - 0x1000);
	}
	assert_int_equal(seen, 0xfffff);
	assert_false(kernel_simulated_sa(pair->left.kernel, 20, &sa));
}

static void an_sa_is_found_by_destination_and_spi(void **state)
{
	struct pair *pair = *state;
	struct simulated_sa sa;
	struct ip_addr dst = address("192.0.2.2"), other = address("192.0.2.3");
	assert_int_equal(add_sa(&pair->left, gcm_sa(0x1000)), 0);
	assert_true(kernel_simulated_find_sa(pair->left.kernel, &dst, 0x1000, &sa));
	assert_false(kernel_simulated_find_sa(pair->left.kernel, &other, 0x1000, &sa));
	assert_false(kernel_simulated_find_sa(pair->left.kernel, &dst, 0x1001, &sa));
}

static void an_expiry_on_demand_is_told_and_a_hard_one_removes(void **state)
{
	struct pair *pair = *state;
	assert_int_equal(add_sa(&pair->left, gcm_sa(0x1000)), 0);
	kernel_simulated_expire(pair->left.kernel, 0x1000, false);
	kernel_simulated_expire(pair->left.kernel, 0x1000, false);
	kernel_simulated_expire(pair->left.kernel, 0x2000, true);
	fake_turn(&pair->left.host);
	assert_int_equal(pair->left.count, 1);
	assert_int_equal(kernel_simulated_sa_count(pair->left.kernel), 1);
	kernel_simulated_expire(pair->left.kernel, 0x1000, true);
	fake_turn(&pair->left.host);
	assert_int_equal(pair->left.count, 2);
	assert_true(pair->left.events[1].hard);
	assert_int_equal(kernel_simulated_sa_count(pair->left.kernel), 0);
}

static void a_mapping_names_the_sa_and_the_new_place(void **state)
{
	struct pair *pair = *state;
	struct ip_endpoint place = { address("203.0.113.5"), 61000 };
	assert_int_equal(add_sa(&pair->left, gcm_sa(0x1000)), 0);
	kernel_simulated_mapping(pair->left.kernel, 0x1000, &place);
	kernel_simulated_mapping(pair->left.kernel, 0x2000, &place);
	fake_turn(&pair->left.host);
	assert_int_equal(pair->left.count, 1);
	assert_int_equal(pair->left.events[0].type, KERNEL_MAPPING);
	assert_int_equal(pair->left.events[0].spi, 0x1000);
	assert_true(endpoint_equal(&pair->left.events[0].mapped, &place));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(every_index_shows_one_sa_and_no_more),
		PAIR_TEST(an_sa_is_found_by_destination_and_spi),
		PAIR_TEST(an_expiry_on_demand_is_told_and_a_hard_one_removes),
		PAIR_TEST(a_mapping_names_the_sa_and_the_new_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
