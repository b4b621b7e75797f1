/* SPDX-License-Identifier: Apache-2.0 */
/* The main job: a tunnel comes up, carries packets, goes down, and leaves nothing. */
#include <stdio.h>
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

static void tunnel_comes_up_from_the_other_side_too(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, NULL, NULL, NULL, NULL);
	end_up(&pair.east, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_true(end_said(&pair.east, "sent IKE_SA_INIT request"));
	assert_false(end_said(&pair.west, "sent IKE_SA_INIT request"));
	pair_end(&pair);
}

static void what_has_auto_start_comes_up_by_itself(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 4, PAIR_START, NULL, NULL, NULL);
	world_run(pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* RFC 7296 §1.3.1: the hosts themselves, in transport mode. */
static void transport_mode_protects_the_hosts_themselves(void **state)
{
	static const char conf[] =
		"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
		"\ttype=transport\n\tauthby=secret\n\tauto=add\n";
	struct simulated_sa sa;
	struct pair pair;

	(void)state;
	pair_start(&pair, 5, conf, conf, NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->sas.child_count, 1);
	assert_int_equal(pair.east.gateway->sas.child_count, 1);
	assert_int_equal(pair_ping_hosts(&pair, WEST_ADDRESS, EAST_ADDRESS), SIMULATED_ARRIVED);
	assert_true(kernel_simulated_sa(pair.west.kernel, 0, &sa));
	assert_int_equal(sa.sa.mode, KERNEL_TRANSPORT);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 2);
	assert_int_equal(gateway_down(pair.west.gateway, "t", NULL), RC_OK);
	world_run(pair.world, 2 * USEC_PER_SEC);
	end_assert_empty(&pair.west);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

static void ipv6_carries_ipv4_and_the_other_way_round(void **state)
{
	static const char conf[] =
		"conn %%default\n\tauthby=secret\n\tleftid=@west\n\trightid=@east\n\tauto=add\n"
		"conn t\n\tleft=%s\n\tright=%s\n\tleftsubnet=%s\n\trightsubnet=%s\n";
	static const char *const cases[][6] = {
		{ "2001:db8::1", "2001:db8::2", "2001:db8:1::/64", "2001:db8:2::/64",
		  "2001:db8:1::7", "2001:db8:2::7" },
		{ "2001:db8::1", "2001:db8::2", "10.1.0.0/24", "10.2.0.0/24", "10.1.0.7",
		  "10.2.0.7" },
		{ WEST_ADDRESS, EAST_ADDRESS, "2001:db8:1::/64", "2001:db8:2::/64", "2001:db8:1::7",
		  "2001:db8:2::7" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const *c = cases[i];
		struct pair pair = { .world = world_new(i) };
		char text[600];
		(void)snprintf(text, sizeof(text), conf, c[0], c[1], c[2], c[3]);
		end_start(pair.world, &pair.west, "west", c[0], text, NULL);
		end_start(pair.world, &pair.east, "east", c[1], text, NULL);
		end_up(&pair.west, "t");
		world_run(pair.world, 2 * USEC_PER_SEC);
		assert_int_equal(pair_ping_hosts(&pair, c[4], c[5]), SIMULATED_ARRIVED);
		pair_end(&pair);
	}
}

/* Every ESP algorithm and DH group once; the keys of both ends agree or the ping would not arrive.
 */
static void every_algorithm_works_once(void **state)
{
	static const char *const lines[] = {
		"\tike=aes256-sha2_256-dh14\n\tesp=aes256-sha2_256\n",
		"\tike=aes128-sha1-dh19\n\tesp=aes128-sha1\n",
		"\tike=aes256-sha2_512-dh20\n\tesp=aes256-sha2_512\n",
		"\tike=aes_gcm128-sha2_256-dh21\n\tesp=aes_gcm128\n",
		"\tike=aes_gcm256-sha2_384-dh31\n\tesp=aes_gcm256\n",
		"\tike=aes_gcm_12_256-sha2_512-dh31\n\tesp=aes_gcm_12_256\n",
		"\tike=aes_gcm_8_128-sha2_256-dh31\n\tesp=aes_gcm_8_128\n",
		"\tike=chacha20_poly1305-sha2_512-dh31\n\tesp=chacha20_poly1305\n",
		"\tike=aes128-sha2_384-dh15\n\tesp=aes128-sha2_384\n\tesn=yes\n",
	};
	char conf[800];

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct pair pair;
		(void)snprintf(conf, sizeof(conf), "%s%s", PAIR_CONN, lines[i]);
		pair_start(&pair, i, conf, conf, NULL, NULL);
		end_up(&pair.west, "t");
		world_run(pair.world, 2 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
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
		cmocka_unit_test(tunnel_comes_up_from_the_other_side_too),
		cmocka_unit_test(what_has_auto_start_comes_up_by_itself),
		cmocka_unit_test(transport_mode_protects_the_hosts_themselves),
		cmocka_unit_test(ipv6_carries_ipv4_and_the_other_way_round),
		cmocka_unit_test(every_algorithm_works_once),
		cmocka_unit_test(down_ends_both_ends_and_leaves_nothing),
	};

	return exchange_run(tests);
}
