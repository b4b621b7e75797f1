/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th allocation fails, for every n of a whole negotiation and of its end: no crash, no leak,
 * and it heals. */
#include "exchange/pair.h"
#include "unit/test.h"

#define SHORT	PAIR_CONN "\tike=aes_gcm128-sha2_256-dh31\n\tesp=aes_gcm128\n"
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

static void assert_heals(struct pair *pair, unsigned n)
{
	if (!pair_comes_up(pair, 400 * USEC_PER_SEC))
		fail_msg("allocation %u failed: no tunnel", n);
	world_run(pair->world, 200 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
	assert_int_equal(pair->west.gateway->sas.half_open_count, 0);
	assert_int_equal(pair->east.gateway->sas.half_open_count, 0);
}

static void coming_up_survives_any_one_failure(void **state)
{
	struct pair pair;
	unsigned n = 0;
	bool reached = true;

	(void)state;
	while (reached && ++n < AT_MOST) {
		pair_start(&pair, 1, SHORT, SHORT, NULL, NULL);
		mem_fail_nth(n);
		end_up(&pair.west, "t");
		world_run(pair.world, USEC_PER_SEC);
		reached = was_reached();
		assert_heals(&pair, n);
		pair_end(&pair);
	}
	assert_in_range(n, 50, AT_MOST - 1);
}

static void going_down_survives_any_one_failure(void **state)
{
	struct diag diag;
	struct pair pair;
	unsigned n = 0;
	bool reached = true;

	(void)state;
	while (reached && ++n < AT_MOST) {
		pair_start(&pair, 1, SHORT, SHORT, NULL, NULL);
		end_up(&pair.west, "t");
		world_run(pair.world, USEC_PER_SEC);
		mem_fail_nth(n);
		assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
		world_run(pair.world, USEC_PER_SEC);
		reached = was_reached();
		world_run(pair.world, 200 * USEC_PER_SEC);
		if (pair.west.gateway->sas.ike_count + pair.east.gateway->sas.ike_count > 0)
			fail_msg("allocation %u failed: an IKE SA is left", n);
		end_assert_empty(&pair.west);
		end_assert_empty(&pair.east);
		pair_end(&pair);
	}
	assert_in_range(n, 5, AT_MOST - 1);
}

/* Whatever was lost while a peer was looked for, its tunnel is wanted still. */
static void restarting_survives_any_one_failure(void **state)
{
	struct pair pair;
	unsigned n = 0;
	bool reached = true;

	(void)state;
	while (reached && (n += 3) < AT_MOST) {
		pair_start(&pair, 1, PAIR_START "\tdpddelay=10s\n\tretransmit-tries=2\n", SHORT,
			   NULL, NULL);
		world_run(pair.world, USEC_PER_SEC);
		end_crash(&pair.east);
		end_boot(&pair.east, PAIR_CONN, NULL);
		mem_fail_nth(n);
		world_run(pair.world, 40 * USEC_PER_SEC);
		reached = was_reached();
		assert_heals(&pair, n);
		pair_end(&pair);
	}
	assert_in_range(n, 50, AT_MOST - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(coming_up_survives_any_one_failure),
		cmocka_unit_test(going_down_survives_any_one_failure),
		cmocka_unit_test(restarting_survives_any_one_failure),
	};

	return exchange_run(tests);
}
