/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>
#include "sim/sim.h"
#include "unit/test.h"

#ifdef __SANITIZE_ADDRESS__
#define SEEDS 60 /* ten times slower */
#else
#define SEEDS 2000
#endif

static void explain(uint64_t seed)
{
	static struct scenario scenario;
	static struct plan plan;
	static struct verdict verdict;

	scenario_make(&scenario, seed, DEFAULT_HOURS, DEFAULT_PATIENCE);
	plan_make(&scenario, &plan);
	if (!crew_try(&scenario, &plan, 60, &verdict) || !verdict.failed)
		return;
	shrink(&scenario, &plan, &verdict);
	plan_tell(&plan, stderr);
	print_error("%.2000s\n", verdict.story);
}

static void whatever_happens_all_is_well_in_the_end(void **state)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct crew crew = { .first = 1,
			     .last = SEEDS,
			     .jobs = cores > 0 ? (unsigned)cores : 1,
			     .limit_seconds = 120,
			     .hours = DEFAULT_HOURS,
			     .patience = DEFAULT_PATIENCE,
			     .quiet = true };

	(void)state;
	assert_true(crew_run(&crew));
	if (crew.failed > 0) {
		explain(crew.failing[0]);
		fail_msg("%u of %u seeds fail; testing/sim/run --seed %llu --shrink", crew.failed,
			 SEEDS, (unsigned long long)crew.failing[0]);
	}
	assert_int_equal(crew.passed, SEEDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_happens_all_is_well_in_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
