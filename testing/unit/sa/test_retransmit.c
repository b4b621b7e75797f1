/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sa/sas_test.h"

static const struct config_conn plain = { .retransmit_timeout = 500 * USEC_PER_MSEC,
					  .retransmit_base = 2.0,
					  .retransmit_tries = 6,
					  .retransmit_limit = 4 * USEC_PER_SEC };

static void intervals_double_up_to_the_limit_and_then_end(void **state)
{
	static const usec_t expected[] = { 500, 1000, 2000, 4000, 4000, 4000, 4000, 0, 0 };
	struct world *world = world_new(1);
	struct host *host = world_host(world, "west");

	(void)state;
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(retransmit_interval(&plain, host, i + 1),
				 expected[i] * USEC_PER_MSEC);
	world_free(world);
}

static void jitter_only_shortens_and_spreads(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "west");
	struct config_conn conn = plain;
	usec_t least = USEC_NEVER, most = 0;

	(void)state;
	conn.retransmit_jitter = 20;
	for (unsigned i = 0; i < 300; i++) {
		usec_t interval = retransmit_interval(&conn, host, 1);
		least = interval < least ? interval : least;
		most = interval > most ? interval : most;
	}
	assert_in_range(least, 400 * USEC_PER_MSEC, 420 * USEC_PER_MSEC);
	assert_in_range(most, 480 * USEC_PER_MSEC, 500 * USEC_PER_MSEC);
	world_free(world);
}

static void hostile_settings_give_neither_zero_nor_endless_intervals(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "west");
	struct config_conn conn = { .retransmit_timeout = 1,
				    .retransmit_base = 1e300,
				    .retransmit_tries = 100 };

	(void)state;
	assert_int_equal(retransmit_interval(&conn, host, 1), USEC_PER_MSEC);
	assert_int_equal(retransmit_interval(&conn, host, 100), 3600 * USEC_PER_SEC);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_double_up_to_the_limit_and_then_end),
		cmocka_unit_test(jitter_only_shortens_and_spreads),
		cmocka_unit_test(hostile_settings_give_neither_zero_nor_endless_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
