/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "sim/sim.h"
#include "unit/test.h"

#define HOURS 0.2

static struct verdict first, second; /* large */

static void play(uint64_t seed, struct verdict *verdict)
{
	struct scenario scenario;
	struct plan plan;

	scenario_make(&scenario, seed, HOURS, DEFAULT_PATIENCE);
	plan_make(&scenario, &plan);
	sim_run(&scenario, &plan, false, verdict);
}

static void one_seed_is_one_history(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		play(seed, &first);
		play(seed, &second);
		assert_true(first.figures.history == second.figures.history);
		assert_true(first.figures.packets == second.figures.packets);
		assert_int_equal(first.failed, second.failed);
	}
}

static void other_seeds_are_other_histories(void **state)
{
	(void)state;
	play(1, &first);
	play(2, &second);
	assert_true(first.figures.history != second.figures.history);
}

static void all_troubles_and_all_links_occur(void **state)
{
	unsigned troubles[TROUBLE_KINDS] = { 0 }, styles[LINK_STYLES] = { 0 };
	unsigned moving = 0, small = 0, addke = 0, ppk = 0, dense = 0, together = 0, further = 0;
	struct scenario scenario;
	struct plan plan;

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		scenario_make(&scenario, seed, HOURS, DEFAULT_PATIENCE);
		plan_make(&scenario, &plan);
		for (unsigned i = 0; i < plan.count; i++)
			troubles[plan.list[i].kind]++;
		for (unsigned i = 0; i < scenario.link_count; i++) {
			styles[scenario.links[i].style]++;
			moving += scenario.links[i].moves;
			together |= scenario.links[i].together;
			further |= scenario.links[i].ends[0].further;
		}
		small += scenario.small_path;
		addke += scenario.addke;
		ppk += scenario.ppk;
		dense += scenario.dense;
	}
	assert_true(moving > 0 && small > 0 && addke > 0 && ppk > 0 && dense > 0);
	assert_int_equal(together, 7); /* each row of the tables */
	assert_int_equal(further, 3);
	for (unsigned i = 0; i < TROUBLE_KINDS; i++)
		assert_true(troubles[i] > 0);
	for (unsigned i = 0; i < LINK_STYLES; i++)
		assert_true(styles[i] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_seed_is_one_history),
		cmocka_unit_test(other_seeds_are_other_histories),
		cmocka_unit_test(all_troubles_and_all_links_occur),
	};
	struct diag diag;

	if (crypto_open(NULL, false, &diag) != RC_OK)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypto_close();
	return failed;
}
