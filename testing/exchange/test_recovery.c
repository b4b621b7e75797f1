/* SPDX-License-Identifier: Apache-2.0 */
/* A tunnel that is wanted comes back by itself: crossed attempts, restarts, dead peers, traps,
 * lifetimes. */
#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

static void assert_calm(struct pair *pair)
{
	pair_assert_tunnel(pair);
	assert_int_equal(pair->west.gateway->counters.stuck, 0);
	assert_int_equal(pair->east.gateway->counters.stuck, 0);
}

/* ---- both at once ---- */

static void both_may_begin_at_once_and_one_tunnel_remains(void **state)
{
	struct world_network network = { .delay = 20 * USEC_PER_MSEC,
					 .jitter = 20 * USEC_PER_MSEC };
	struct pair pair;

	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		pair_start(&pair, seed, NULL, NULL, NULL, NULL);
		world_set_network(pair.world, &network);
		end_up(&pair.west, "t");
		world_run(pair.world, (usec_t)(seed * 3) * USEC_PER_MSEC);
		end_up(&pair.east, "t");
		world_run(pair.world, 30 * USEC_PER_SEC);
		assert_calm(&pair);
		assert_int_equal(pair.west.failed + pair.east.failed, 0);
		pair_end(&pair);
	}
}

static void there_is_never_a_gap_when_both_begin(void **state)
{
	struct world_network network = { .delay = 20 * USEC_PER_MSEC };
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_START, PAIR_START, NULL, NULL);
	world_set_network(pair.world, &network);
	world_run(pair.world, 500 * USEC_PER_MSEC);
	for (unsigned i = 0; i < 400; i++) {
		assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
		world_run(pair.world, 50 * USEC_PER_MSEC);
	}
	assert_calm(&pair);
	pair_end(&pair);
}

#define TWO_TUNNELS                                                                                \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnets={10.1.0.0/24,10.3.0.0/24}\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"

static void tunnels_of_one_peer_do_not_end_each_other(void **state)
{
	struct pair pair;

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct world_network network = { .delay = 10 * USEC_PER_MSEC,
						 .jitter = 40 * USEC_PER_MSEC,
						 .loss = seed < 10 ? 0 : 200 };
		pair_start(&pair, seed, TWO_TUNNELS "\tauto=start\n", TWO_TUNNELS "\tauto=add\n",
			   NULL, NULL);
		world_set_network(pair.world, &network);
		world_run(pair.world, 240 * USEC_PER_SEC);
		assert_int_equal(pair.west.gateway->sas.child_count, 2);
		assert_int_equal(pair.east.gateway->sas.child_count, 2);
		assert_int_equal(pair_ping_hosts(&pair, "10.1.0.7", "10.2.0.7"), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping_hosts(&pair, "10.3.0.7", "10.2.0.7"), SIMULATED_ARRIVED);
		pair_end(&pair);
	}
}

/* ---- restarts and dead peers ---- */

static void a_peer_that_restarts_and_begins_makes_the_old_sas_go(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START, NULL, NULL, NULL);
	world_run(pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	end_crash(&pair.west);
	world_run(pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(pair.east.gateway->sas.child_count, 1);
	end_boot(&pair.west, PAIR_START, NULL);
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_calm(&pair); /* INITIAL_CONTACT: one Child SA at east, not two */
	assert_true(end_said(&pair.east, "INITIAL_CONTACT"));
	pair_end(&pair);
}

#define ALIVE "\tdpddelay=30s\n\tretransmit-tries=3\n"

static void a_dead_peer_is_noticed_and_a_wanted_tunnel_comes_back(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START ALIVE, NULL, NULL, NULL);
	world_run(pair.world, 2 * USEC_PER_SEC);
	end_crash(&pair.east);
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_down, 1);
	assert_int_equal(pair.west.gateway->sas.child_count, 0);
	assert_true(end_said(&pair.west, "no answer after 4 tries"));
	world_run(pair.world, 500 * USEC_PER_SEC);
	assert_true(pair.west.failed > 3);
	end_boot(&pair.east, PAIR_CONN, NULL);
	world_run(pair.world, 400 * USEC_PER_SEC);
	assert_calm(&pair);
	pair_end(&pair);
}

static void a_cable_that_is_cut_and_mended_costs_only_time(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START ALIVE, PAIR_CONN ALIVE, NULL, NULL);
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, true), RC_OK);
	world_run(pair.world, 300 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->sas.child_count, 0);
	assert_int_equal(pair.east.gateway->sas.child_count, 0);
	assert_int_equal(kernel_simulated_sa_count(pair.east.kernel), 0);
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, false), RC_OK);
	world_run(pair.world, 400 * USEC_PER_SEC);
	assert_calm(&pair);
	pair_end(&pair);
}

static void liveness_keeps_quiet_tunnels_up_for_a_day(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START ALIVE "\tikelifetime=24h\n\tsalifetime=24h\n\trekey=no\n",
		   PAIR_CONN ALIVE "\tikelifetime=24h\n\tsalifetime=24h\n\trekey=no\n", NULL, NULL);
	world_run(pair.world, 20 * 3600 * USEC_PER_SEC);
	assert_calm(&pair);
	assert_int_equal(pair.west.child_up, 1);
	/* one probe and its answer in 30 s, from one side or the other */
	assert_in_range(pair.west.gateway->counters.datagrams_in, 20 * 120, 2 * 20 * 120 + 10);
	pair_end(&pair);
}

/* ---- on demand ---- */

#define ON_DEMAND PAIR_BASE "\tauto=ondemand\n"

static void traffic_brings_a_tunnel_on_demand_up(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, ON_DEMAND, NULL, NULL, NULL);
	world_run(pair.world, 20 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->sas.ike_count, 0);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 1);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ACQUIRED);
	world_run(pair.world, USEC_PER_SEC);
	assert_calm(&pair);
	pair_end(&pair);
}

static void the_trap_is_back_when_the_tunnel_is_down(void **state)
{
	struct diag diag;
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, ON_DEMAND, NULL, NULL, NULL);
	world_run(pair.world, USEC_PER_SEC);
	for (unsigned round = 0; round < 3; round++) {
		assert_int_equal(pair_ping(&pair, true), SIMULATED_ACQUIRED);
		world_run(pair.world, 40 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
		world_run(pair.world, 40 * USEC_PER_SEC);
		assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 1);
		assert_int_equal(pair.west.gateway->sas.ike_count, 0);
	}
	assert_int_equal(gateway_unroute(pair.west.gateway, "t", &diag), RC_OK);
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 0);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_CLEAR);
	pair_end(&pair);
}

/* The peer deletes it: the trap waits for traffic again, nothing is begun without. */
/* As when its selectors change: the peer does not answer for a while, and nothing goes in clear. */
static void a_trap_that_has_to_be_set_anew_does_not_wait_for_the_peer(void **state)
{
	struct pair pair;
	struct peers *peers;
	struct peer *peer;

	(void)state;
	pair_start(&pair, 1, PAIR_BASE "\tauto=ondemand\n", NULL, NULL, NULL);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, true), RC_OK);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ACQUIRED);
	peers = &pair.west.gateway->peers;
	peer = peers_tunnel(peers, "t")->peer;
	for (unsigned i = 0;
	     peer->backoff.not_before < host_now(pair.west.host) + 10 * USEC_PER_SEC; i++) {
		assert_true(i < 1000);
		pair_run(&pair, 5 * USEC_PER_SEC);
		(void)pair_ping(&pair, true);
	}
	peers->on_move(peers->context, peer);
	assert_false(peers_tunnel(peers, "t")->trap_installed);
	peer_dirty(peer);
	pair_run(&pair, USEC_PER_SEC / 10);
	assert_true(peers_tunnel(peers, "t")->trap_installed);
	pair_end(&pair);
}

static void on_demand_waits_for_traffic_after_the_peer_deleted(void **state)
{
	struct diag diag;
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, ON_DEMAND, NULL, NULL, NULL);
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ACQUIRED);
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(gateway_down(pair.east.gateway, "t", &diag), RC_OK);
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->sas.ike_count, 0);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ACQUIRED);
	world_run(pair.world, USEC_PER_SEC);
	assert_calm(&pair);
	pair_end(&pair);
}

/* `ip xfrm state flush` */
static void flush_sas(struct pair *pair)
{
	struct simulated_sa sa;

	while (kernel_simulated_sa(pair->west.kernel, 0, &sa)) {
		struct kernel_request request = { .op = KERNEL_SA_DELETE, .sa = sa.sa };
		pair->west.kernel->ops->submit(pair->west.kernel, &request);
		world_settle(pair->world);
	}
}

static void somebody_who_flushes_the_kernel_is_answered_by_a_new_tunnel(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, ON_DEMAND, NULL, NULL, NULL);
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ACQUIRED);
	world_run(pair.world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	flush_sas(&pair);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ACQUIRED);
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_calm(&pair);
	pair_end(&pair);
}

/* ---- lifetimes ---- */

#define SHORT_LIVED "\tsalifetime=300s\n\tikelifetime=1h\n\trekeymargin=60s\n\trekeyfuzz=0%\n"

static void assert_no_gap(struct pair *pair, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		assert_int_equal(pair_ping(pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(pair, false), SIMULATED_ARRIVED);
		world_run(pair->world, USEC_PER_SEC);
	}
}

static void a_tunnel_is_replaced_before_its_life_is_over_without_a_gap(void **state)
{
	static const char *const confs[][2] = {
		{ PAIR_START SHORT_LIVED, PAIR_CONN SHORT_LIVED },
		{ PAIR_START SHORT_LIVED, PAIR_START SHORT_LIVED },
		{ PAIR_START SHORT_LIVED, PAIR_CONN },
		{ PAIR_START "\tikelifetime=300s\n\trekeymargin=60s\n", PAIR_CONN },
	};
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < sizeof(confs) / sizeof(confs[0]); i++) {
		pair_start(&pair, i, confs[i][0], confs[i][1], NULL, NULL);
		world_run(pair.world, 30 * USEC_PER_SEC);
		assert_no_gap(&pair, 1300);
		world_run(pair.world, 10 * USEC_PER_SEC);
		assert_calm(&pair);
		assert_in_range(pair.west.child_up + pair.west.ike_up, 5, 12);
		assert_int_equal(pair.west.failed + pair.east.failed, 0);
		pair_end(&pair);
	}
}

/* rekey=no: the end of its life is the end; what is wanted begins anew. */
static void without_rekey_a_tunnel_ends_and_begins_anew(void **state)
{
	static const char *const confs[] = {
		PAIR_START "\tsalifetime=300s\n\trekey=no\n",
		PAIR_START "\tikelifetime=300s\n\trekey=no\n",
	};
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		pair_start(&pair, 1, confs[i], NULL, NULL, NULL);
		world_run(pair.world, 290 * USEC_PER_SEC);
		assert_int_equal(pair.west.child_up, 1);
		world_run(pair.world, 30 * USEC_PER_SEC);
		assert_calm(&pair);
		assert_int_equal(pair.west.child_up, 2);
		assert_int_equal(pair.west.child_down, 1);
		pair_end(&pair);
	}
}

static void the_kernel_says_when_a_volume_is_used_up(void **state)
{
	struct child_sa *child;
	uint32_t spi;
	struct pair pair;

	(void)state;
	for (unsigned hard = 0; hard < 2; hard++) {
		pair_start(&pair, hard, PAIR_START, NULL, NULL, NULL);
		world_run(pair.world, 100 * USEC_PER_SEC);
		child = tunnel_current(peers_tunnel(&pair.west.gateway->peers, "t"));
		spi = child->spi_out;
		kernel_simulated_expire(pair.west.kernel, spi, hard == 1);
		world_run(pair.world, 10 * USEC_PER_SEC);
		assert_calm(&pair);
		child = tunnel_current(peers_tunnel(&pair.west.gateway->peers, "t"));
		assert_int_not_equal(child->spi_out, spi);
		pair_end(&pair);
	}
}

/* ipsec-max-packets=: the kernel counts, and traffic sees no gap. */
static void a_tunnel_is_replaced_when_its_volume_is_used_up(void **state)
{
	static const char *const limits[] = { "\tipsec-max-packets=80\n",
					      "\tipsec-max-bytes=6720\n" };
	char conf[600];
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(conf, sizeof(conf), "%s%s", PAIR_START, limits[i]);
		pair_start(&pair, i, conf, PAIR_CONN, NULL, NULL);
		world_run(pair.world, 2 * USEC_PER_SEC);
		for (unsigned n = 0; n < 400; n++) {
			assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
			assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
			world_run(pair.world, USEC_PER_SEC);
		}
		world_run(pair.world, 10 * USEC_PER_SEC);
		assert_calm(&pair);
		assert_in_range(pair.west.child_up, 5, 8);
		pair_end(&pair);
	}
}

static void dpdretry_and_dpdtimeout_say_when_a_peer_is_dead(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START "\tdpddelay=10s\n\tdpdretry=2s\n\tdpdtimeout=60s\n", NULL,
		   NULL, NULL);
	world_run(pair.world, 5 * USEC_PER_SEC);
	end_crash(&pair.east);
	world_run(pair.world, 54 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_down, 0);
	assert_in_range(pair.west.gateway->counters.retransmits, 20, 26);
	world_run(pair.world, 4 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_down, 1);
	pair_end(&pair);
}

static void keyingtries_bounds_the_attempts(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START "\tkeyingtries=3\n", NULL, NULL,
		   "@west @east : PSK \"another battery staple\"\n");
	world_run(pair.world, 1000 * USEC_PER_SEC);
	assert_int_equal(pair.west.failed, 3);
	assert_true(end_said(&pair.west, "given up after 3 attempts"));
	gateway_reload_secrets(pair.east.gateway, load_secrets(PAIR_SECRETS));
	end_up(&pair.west, "t");
	world_run(pair.world, USEC_PER_SEC);
	assert_calm(&pair);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_may_begin_at_once_and_one_tunnel_remains),
		cmocka_unit_test(there_is_never_a_gap_when_both_begin),
		cmocka_unit_test(tunnels_of_one_peer_do_not_end_each_other),
		cmocka_unit_test(a_peer_that_restarts_and_begins_makes_the_old_sas_go),
		cmocka_unit_test(a_dead_peer_is_noticed_and_a_wanted_tunnel_comes_back),
		cmocka_unit_test(a_cable_that_is_cut_and_mended_costs_only_time),
		cmocka_unit_test(liveness_keeps_quiet_tunnels_up_for_a_day),
		cmocka_unit_test(traffic_brings_a_tunnel_on_demand_up),
		cmocka_unit_test(the_trap_is_back_when_the_tunnel_is_down),
		cmocka_unit_test(a_trap_that_has_to_be_set_anew_does_not_wait_for_the_peer),
		cmocka_unit_test(on_demand_waits_for_traffic_after_the_peer_deleted),
		cmocka_unit_test(somebody_who_flushes_the_kernel_is_answered_by_a_new_tunnel),
		cmocka_unit_test(a_tunnel_is_replaced_before_its_life_is_over_without_a_gap),
		cmocka_unit_test(without_rekey_a_tunnel_ends_and_begins_anew),
		cmocka_unit_test(the_kernel_says_when_a_volume_is_used_up),
		cmocka_unit_test(a_tunnel_is_replaced_when_its_volume_is_used_up),
		cmocka_unit_test(dpdretry_and_dpdtimeout_say_when_a_peer_is_dead),
		cmocka_unit_test(keyingtries_bounds_the_attempts),
	};

	return exchange_run(tests);
}
