/* SPDX-License-Identifier: Apache-2.0 */
/* auto=keep and dpdaction=: what is wanted of a tunnel after it came up, and after its peer died.
 */
#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

#define PROBING "\tdpddelay=10s\n\tretransmit-tries=3\n"

static struct tunnel *tunnel_of(struct end *end)
{
	return peers_tunnel(&end->gateway->peers, "t");
}

static void auto_keep_does_not_begin_by_itself(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_BASE "\tauto=keep\n", NULL, NULL, NULL);
	world_run(pair.world, 100 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->counters.datagrams_out, 0);
	assert_int_equal(tunnel_of(&pair.west)->wanted, WANTED_LISTEN);
	pair_end(&pair);
}

/* The peer began, and took it down again: now it is ours to keep. */
static void auto_keep_keeps_up_what_came_up_once(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, PAIR_BASE "\tauto=keep\n", NULL, NULL, NULL);
	end_up(&pair.east, "t");
	world_run(pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(tunnel_of(&pair.west)->wanted, WANTED_UP);
	assert_int_equal(gateway_down(pair.east.gateway, "t", &diag), RC_OK);
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 2);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void auto_keep_brings_a_tunnel_back_when_the_peer_restarts(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_BASE "\tauto=keep\n" PROBING, NULL, NULL, NULL);
	end_up(&pair.east, "t");
	world_run(pair.world, 10 * USEC_PER_SEC);
	end_crash(&pair.east);
	world_run(pair.world, 60 * USEC_PER_SEC);
	end_boot(&pair.east, PAIR_CONN, NULL);
	world_run(pair.world, 300 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void down_ends_the_keeping_until_it_is_up_again(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, PAIR_BASE "\tauto=keep\n", NULL, NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	world_run(pair.world, 300 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 1);
	assert_int_equal(tunnel_of(&pair.west)->wanted, WANTED_LISTEN);
	end_up(&pair.east, "t");
	world_run(pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(tunnel_of(&pair.west)->wanted, WANTED_UP);
	pair_end(&pair);
}

/* east began; west has auto=add and notices that it died. */
static void peer_dies(struct pair *pair, const char *action)
{
	char conf[600];

	(void)snprintf(conf, sizeof(conf), "%s%s%s", PAIR_CONN, PROBING, action);
	pair_start(pair, 1, conf, NULL, NULL, NULL);
	end_up(&pair->east, "t");
	world_run(pair->world, 5 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
	end_crash(&pair->east);
	world_run(pair->world, 60 * USEC_PER_SEC);
	assert_int_equal(pair->west.ike_down, 1);
}

static void dpdaction_hold_lets_nothing_leave_in_clear(void **state)
{
	struct pair pair;

	(void)state;
	peer_dies(&pair, "\tdpdaction=hold\n");
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ACQUIRED);
	end_boot(&pair.east, PAIR_CONN, NULL);
	world_run(pair.world, 300 * USEC_PER_SEC);
	(void)pair_ping(&pair, true);
	world_run(pair.world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void dpdaction_restart_begins_anew(void **state)
{
	struct pair pair;

	(void)state;
	peer_dies(&pair, "\tdpdaction=restart\n");
	end_boot(&pair.east, PAIR_CONN, NULL);
	world_run(pair.world, 300 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void without_dpdaction_and_with_clear_the_peer_is_waited_for(void **state)
{
	static const char *const actions[] = { "", "\tdpdaction=clear\n" };
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		peer_dies(&pair, actions[i]);
		end_boot(&pair.east, PAIR_CONN, NULL);
		world_run(pair.world, 300 * USEC_PER_SEC);
		assert_int_equal(pair.west.gateway->sas.ike_count, 0);
		assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 0);
		assert_int_equal(pair_ping(&pair, true), SIMULATED_CLEAR);
		end_up(&pair.east, "t");
		world_run(pair.world, 10 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

/* What is wanted comes back, whatever dpdaction= says. */
static void dpdaction_clear_takes_nothing_from_a_wanted_tunnel(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START PROBING "\tdpdaction=clear\n", NULL, NULL, NULL);
	world_run(pair.world, 5 * USEC_PER_SEC);
	end_crash(&pair.east);
	world_run(pair.world, 60 * USEC_PER_SEC);
	end_boot(&pair.east, PAIR_CONN, NULL);
	world_run(pair.world, 300 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auto_keep_does_not_begin_by_itself),
		cmocka_unit_test(auto_keep_keeps_up_what_came_up_once),
		cmocka_unit_test(auto_keep_brings_a_tunnel_back_when_the_peer_restarts),
		cmocka_unit_test(down_ends_the_keeping_until_it_is_up_again),
		cmocka_unit_test(dpdaction_hold_lets_nothing_leave_in_clear),
		cmocka_unit_test(dpdaction_restart_begins_anew),
		cmocka_unit_test(without_dpdaction_and_with_clear_the_peer_is_waited_for),
		cmocka_unit_test(dpdaction_clear_takes_nothing_from_a_wanted_tunnel),
	};

	return exchange_run(tests);
}
