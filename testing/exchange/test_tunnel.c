/* SPDX-License-Identifier: Apache-2.0 */
/* The main job: a tunnel comes up, carries packets, goes down, and leaves nothing. */
#include "exchange/pair.h"
#include "unit/test.h"

static void tunnel_comes_up_and_packets_arrive_both_ways(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(pair.west.failed + pair.east.failed, 0);
	pair_end(&pair);
}

static void down_ends_both_ends_and_leaves_nothing(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 2, NULL, NULL, NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	world_run(pair.world, 2 * USEC_PER_SEC);
	end_assert_empty(&pair.west);
	end_assert_empty(&pair.east);
	assert_int_equal(pair.east.ike_down, 1);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tunnel_comes_up_and_packets_arrive_both_ways),
		cmocka_unit_test(down_ends_both_ends_and_leaves_nothing),
	};
	struct diag diag;

	if (crypto_open(NULL, false, &diag) != RC_OK)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypto_close();
	return failed;
}
