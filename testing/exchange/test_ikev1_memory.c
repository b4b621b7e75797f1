/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th allocation fails, for every n of Main Mode, Quick Mode and the Deletes, of Aggressive
 * Mode and of ModeCfg: no crash, no leak, and it heals. */
#include "exchange/abuse.h"

#define AT_MOST 2000

/* Did the failure bite? Then it is off, and no allocation fails any more. */
static bool was_reached(void)
{
	bool failed = false;

	for (unsigned i = 0; i < AT_MOST && !failed; i++) {
		void *probe = mem_alloc(1);
		failed = probe == NULL;
		mem_free(probe);
	}
	mem_fail_nth(0);
	return !failed;
}

static void start(struct pair *pair, const struct abuse_plan *plan)
{
	pair_start(pair, 1, plan->west, plan->east, ABUSE_SECRETS, ABUSE_SECRETS);
}

static void assert_heals(struct pair *pair, const struct abuse_plan *plan, unsigned n)
{
	if (!pair_comes_up(pair, 400 * USEC_PER_SEC))
		fail_msg("%s, allocation %u failed: no tunnel\nwest: %s\neast: %s", plan->name, n,
			 pair->west.journal, pair->east.journal);
	world_run(pair->world, 100 * USEC_PER_SEC);
	if (!pair_comes_up(pair, USEC_PER_SEC))
		fail_msg("%s, allocation %u failed: no tunnel later\nwest: %s\neast: %s",
			 plan->name, n, pair->west.journal, pair->east.journal);
	if (kernel_simulated_sa_count(pair->west.kernel) +
		    kernel_simulated_sa_count(pair->east.kernel) !=
	    4)
		fail_msg("%s, allocation %u failed: half a tunnel\nwest: %s\neast: %s", plan->name,
			 n, pair->west.journal, pair->east.journal);
	if (pair->west.gateway->counters.stuck + pair->east.gateway->counters.stuck > 0)
		fail_msg("%s, allocation %u failed: stuck for a while\nwest: %s\neast: %s",
			 plan->name, n, pair->west.journal, pair->east.journal);
	assert_true(list_empty(&pair->west.gateway->errands));
	assert_true(list_empty(&pair->east.gateway->errands));
}

static void coming_up(const struct abuse_plan *plan)
{
	struct pair pair;
	unsigned n = 0;
	bool reached = true;

	while (reached && ++n < AT_MOST) {
		start(&pair, plan);
		mem_fail_nth(n);
		end_up(&pair.west, "t");
		world_run(pair.world, USEC_PER_SEC);
		reached = was_reached();
		assert_heals(&pair, plan, n);
		pair_end(&pair);
	}
	assert_in_range(n, 50, AT_MOST - 1);
}

static void main_mode_and_quick_mode_survive_any_one_failure(void **state)
{
	(void)state;
	coming_up(&abuse_main);
}

static void aggressive_mode_survives_any_one_failure(void **state)
{
	(void)state;
	coming_up(&abuse_aggressive);
}

static void modecfg_survives_any_one_failure(void **state)
{
	(void)state;
	coming_up(&abuse_pull);
	coming_up(&abuse_push);
}

/* The Delete may be lost with it: the other end finds out by asking, or at the end of a lifetime.
 */
static void going_down_survives_any_one_failure(void **state)
{
	struct abuse_plan plan = abuse_main;
	struct pair pair;
	struct diag diag;
	unsigned n = 0;
	bool reached = true;

	(void)state;
	while (reached && ++n < AT_MOST) {
		start(&pair, &plan);
		end_up(&pair.west, "t");
		world_run(pair.world, USEC_PER_SEC);
		mem_fail_nth(n);
		assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
		world_run(pair.world, USEC_PER_SEC);
		reached = was_reached();
		world_run(pair.world, 100 * USEC_PER_SEC);
		end_assert_empty(&pair.west);
		if (pair.east.gateway->sas.child_count > 0) { /* its Delete was lost */
			end_up(&pair.west, "t");
			assert_heals(&pair, &plan, n);
		}
		pair_end(&pair);
	}
	assert_in_range(n, 5, AT_MOST - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(main_mode_and_quick_mode_survive_any_one_failure),
		cmocka_unit_test(aggressive_mode_survives_any_one_failure),
		cmocka_unit_test(modecfg_survives_any_one_failure),
		cmocka_unit_test(going_down_survives_any_one_failure),
	};

	return exchange_run(tests);
}
