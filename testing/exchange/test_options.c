/* SPDX-License-Identifier: Apache-2.0 */
/* What a conn says about its SAs and policies in the kernel: both ends and their kernels follow. */
#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

#define SEC USEC_PER_SEC

static void assert_sas(struct end *end, void (*check)(const struct kernel_sa *sa), size_t count)
{
	struct simulated_sa sa;
	size_t index = 0;

	for (; kernel_simulated_sa(end->kernel, index, &sa); index++)
		check(&sa.sa);
	assert_int_equal(index, count);
}

static void assert_policies(struct end *end, void (*check)(const struct kernel_policy *policy),
			    size_t count)
{
	struct kernel_policy policy;
	size_t index = 0;

	for (; kernel_simulated_policy(end->kernel, index, &policy); index++)
		check(&policy);
	assert_int_equal(index, count);
}

static void has_marks(const struct kernel_sa *sa)
{
	assert_int_equal(sa->mark, sa->direction == KERNEL_IN ? 5 : 6);
}

static void has_policy_marks(const struct kernel_policy *policy)
{
	assert_int_equal(policy->mark, policy->direction == KERNEL_OUT ? 6 : 5);
}

/* Rekeying and moving take them along, and the end leaves nothing. */
static void marks_of_both_directions_live_with_the_tunnel(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, PAIR_START "\tmark-in=5/0xff\n\tmark-out=6/0xff\n", NULL, NULL, NULL);
	pair_run(&pair, 6 * SEC);
	assert_sas(&pair.west, has_marks, 2);
	assert_policies(&pair.west, has_policy_marks, 3);
	tunnel_current(peers_tunnel(&pair.west.gateway->peers, "t"))->replace_at = 0;
	peer_dirty(peers_tunnel(&pair.west.gateway->peers, "t")->peer);
	pair_run(&pair, 300 * SEC);
	assert_sas(&pair.west, has_marks, 2);
	assert_policies(&pair.west, has_policy_marks, 3);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 10 * SEC);
	end_assert_empty(&pair.west);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

#define SAME_SELECTORS                                                                             \
	"conn u\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"

static void count_unmarked(const struct kernel_policy *policy)
{
	assert_int_equal(policy->mark, policy->direction == KERNEL_OUT ? 0 : 7);
}

/* Of two tunnels whose inbound policies alone differ, one keeps its own when the other goes. */
static void a_policy_with_another_mark_is_another_one(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN "\tmark-in=7\n" SAME_SELECTORS "\tmark-in=8\n",
		   PAIR_CONN SAME_SELECTORS, NULL, NULL);
	end_up(&pair.west, "t");
	pair_run(&pair, 6 * SEC);
	end_up(&pair.west, "u");
	pair_run(&pair, 6 * SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 5);
	assert_int_equal(gateway_down(pair.west.gateway, "u", &diag), RC_OK);
	pair_run(&pair, 60 * SEC);
	assert_policies(&pair.west, count_unmarked, 3);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 10 * SEC);
	end_assert_empty(&pair.west);
	pair_end(&pair);
}

static void has_header_options(const struct kernel_sa *sa)
{
	bool out = sa->direction == KERNEL_OUT;

	assert_int_equal(sa->hide_dscp, out);
	assert_int_equal(sa->fragments, out);
	assert_int_equal(sa->restore_dscp, !out);
}

static void headers_are_made_as_the_conn_says(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START "\tencap-dscp=no\n\tdecap-dscp=yes\n\tnopmtudisc=yes\n",
		   NULL, NULL, NULL);
	pair_run(&pair, 6 * SEC);
	pair_assert_tunnel(&pair);
	assert_sas(&pair.west, has_header_options, 2);
	pair_end(&pair);
}

static uint32_t padding(struct end *end, enum kernel_direction direction)
{
	struct simulated_sa sa;

	for (size_t index = 0; kernel_simulated_sa(end->kernel, index, &sa); index++)
		if (sa.sa.direction == direction)
			return sa.sa.tfc;
	fail();
	return 0;
}

static void assert_padding(struct pair *pair, uint32_t west, uint32_t east)
{
	assert_int_equal(pair->west.gateway->sas.child_count, 1);
	assert_int_equal(padding(&pair->west, KERNEL_OUT), west);
	assert_int_equal(padding(&pair->east, KERNEL_OUT), east);
	assert_int_equal(padding(&pair->west, KERNEL_IN), 0);
}

static void packets_are_padded_unless_the_peer_cannot_read_that(void **state)
{
	static const struct {
		const char *west, *east;
		uint32_t of_west, of_east;
	} cases[] = {
		{ "\ttfc=1200\n", "", 1200, 0 },
		{ "", "\ttfc=%mtu\n", 0, UINT32_MAX },
		{ "\ttfc=1200\n", "\ttfc=700\n\tsend-no-esp-tfc=yes\n", 0, 700 },
		{ "\ttfc=1200\n\tsend-no-esp-tfc=yes\n", "\ttfc=700\n", 1200, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char west[512], east[512];
		struct pair pair;
		snprintf(west, sizeof(west), "%s%s", PAIR_START, cases[i].west);
		snprintf(east, sizeof(east), "%s%s", PAIR_CONN, cases[i].east);
		pair_start(&pair, 1, west, east, NULL, NULL);
		pair_run(&pair, 6 * SEC);
		assert_padding(&pair, cases[i].of_west, cases[i].of_east);
		tunnel_current(peers_tunnel(&pair.east.gateway->peers, "t"))->replace_at = 0;
		peer_dirty(peers_tunnel(&pair.east.gateway->peers, "t")->peer);
		pair_run(&pair, 300 * SEC);
		assert_padding(&pair, cases[i].of_west, cases[i].of_east);
		pair_end(&pair);
	}
}

#define EAST(local, remote)                                                                        \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=" local "\n\trightsubnet=" remote "\n\tauthby=secret\n\tauto=add\n"

static void goes(const char *west, const char *east, bool comes_up, const char *west_says,
		 const char *east_says)
{
	struct pair pair;

	pair_start(&pair, 1, west, east, NULL, NULL);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * SEC);
	assert_int_equal(pair.west.gateway->sas.child_count, comes_up);
	assert_int_equal(pair.east.gateway->sas.child_count, comes_up);
	assert_int_equal(pair.west.gateway->sas.established_count, 1);
	if (west_says != NULL)
		assert_true(end_said(&pair.west, west_says));
	if (east_says != NULL)
		assert_true(end_said(&pair.east, east_says));
	pair_end(&pair);
}

/* RFC 7296 §2.9: what is narrowed is agreed on, unless one of the ends will not have that. */
static void without_narrowing_both_ends_must_say_the_same(void **state)
{
	static const char narrow[] = EAST("10.1.0.0/25", "10.2.0.0/24");
	static const char wide[] = EAST("10.0.0.0/8", "10.2.0.0/24");
	static const char no[] = PAIR_CONN "\tnarrowing=no\n";
	static const char refused[] =
		"peer (narrowing=no) says 10.2.0.0/24 === 10.0.0.0/8 (our side first); "
		"we have 10.2.0.0/24 === 10.1.0.0/24";
	static const char answered[] =
		"peer (narrowing=no) says 10.1.0.0/25 === 10.2.0.0/24 (our side first); "
		"we have 10.1.0.0/24 === 10.2.0.0/24";

	(void)state;
	goes(PAIR_CONN, narrow, true, NULL, NULL);
	goes(no, PAIR_CONN, true, NULL, NULL);
	goes(PAIR_CONN, no, true, NULL, NULL);
	goes(no, wide, true, NULL, NULL); /* what east allows is more, and west asked for its own */
	goes(no, narrow, false, answered, NULL);
	goes(wide, no, false, NULL, refused);
	goes(narrow, no, false, NULL, "we have 10.2.0.0/24 === 10.1.0.0/24");
}

#define SHUNT(type, auto_)                                                                         \
	"conn s\n\tleft=192.0.2.1\n\tright=%any\n\tleftsubnet=10.1.0.0/24\n"                       \
	"\trightsubnet=10.2.0.7/32\n\ttype=" type "\n\tauto=" auto_ "\n"

static void load_again(struct end *end, const char *conf)
{
	struct config *config = load_conf(conf);
	struct diag diag;

	assert_int_equal(gateway_reload(end->gateway, config, &diag), RC_OK);
	config_unref(config);
}

static enum simulated_verdict ping_shunted(struct pair *pair)
{
	return pair_ping_hosts(pair, "10.1.0.7", "10.2.0.7");
}

/* The tunnel is for the whole network, the shunt for one host of it. */
static void packets_pass_in_clear_or_not_at_all_as_long_as_the_conn_is_loaded(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, PAIR_START SHUNT("passthrough", "ondemand"), NULL, NULL, NULL);
	pair_run(&pair, 6 * SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 6);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.7", "10.2.0.8"), SIMULATED_ARRIVED);
	assert_int_equal(ping_shunted(&pair), SIMULATED_POLICY_MISMATCH); /* east wants ESP */
	load_again(&pair.west, PAIR_START SHUNT("passthrough", "ondemand"));
	pair_run(&pair, SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 6);
	load_again(&pair.west, PAIR_START SHUNT("drop", "start"));
	pair_run(&pair, SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 6);
	assert_int_equal(ping_shunted(&pair), SIMULATED_BLOCKED);
	assert_int_equal(gateway_up(pair.west.gateway, "s", &diag), RC_UNSUPPORTED);
	assert_int_equal(gateway_unroute(pair.west.gateway, "s", &diag), RC_OK);
	pair_run(&pair, SEC);
	assert_int_equal(ping_shunted(&pair), SIMULATED_ARRIVED);
	assert_int_equal(gateway_route(pair.west.gateway, "s", &diag), RC_OK);
	pair_run(&pair, SEC);
	assert_int_equal(ping_shunted(&pair), SIMULATED_BLOCKED);
	assert_int_equal(pair.west.gateway->counters.stuck, 0);
	load_again(&pair.west, PAIR_START);
	pair_run(&pair, 20 * SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 3);
	assert_int_equal(ping_shunted(&pair), SIMULATED_ARRIVED);
	pair_end(&pair);
}

static void a_shunt_ends_with_the_daemon_and_only_what_loads_at_once_is_installed(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, SHUNT("drop", "add"), NULL, NULL, NULL);
	pair_run(&pair, 20 * SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 0);
	load_again(&pair.west, SHUNT("drop", "ondemand"));
	pair_run(&pair, 20 * SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 3);
	end_crash(&pair.west);
	end_boot(&pair.west, SHUNT("drop", "ondemand"), NULL);
	pair_run(&pair, 20 * SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 3);
	end_stop(&pair.west);
	pair_run(&pair, 10 * SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 0);
	pair_end(&pair);
}

static void reject_is_drop(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START SHUNT("reject", "ondemand"), NULL, NULL, NULL);
	pair_run(&pair, 6 * SEC);
	assert_int_equal(ping_shunted(&pair), SIMULATED_BLOCKED);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.7", "10.2.0.8"), SIMULATED_ARRIVED);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_of_both_directions_live_with_the_tunnel),
		cmocka_unit_test(a_policy_with_another_mark_is_another_one),
		cmocka_unit_test(without_narrowing_both_ends_must_say_the_same),
		cmocka_unit_test(packets_pass_in_clear_or_not_at_all_as_long_as_the_conn_is_loaded),
		cmocka_unit_test(
			a_shunt_ends_with_the_daemon_and_only_what_loads_at_once_is_installed),
		cmocka_unit_test(headers_are_made_as_the_conn_says),
		cmocka_unit_test(packets_are_padded_unless_the_peer_cannot_read_that),
		cmocka_unit_test(reject_is_drop),
	};

	return exchange_run(tests);
}
