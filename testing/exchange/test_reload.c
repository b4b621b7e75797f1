/* SPDX-License-Identifier: Apache-2.0 */
/* A reload under traffic: a packet each way in every millisecond, of a tunnel that has not changed,
 * and of one whose settings change without new SAs. */
#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

static void reload(struct end *end, const char *conf)
{
	struct config *config = load_conf(conf);
	struct diag diag;

	assert_int_equal(gateway_reload(end->gateway, config, &diag), RC_OK);
	config_unref(config);
}

static void ping_for(struct pair *pair, unsigned milliseconds)
{
	for (unsigned i = 0; i < milliseconds; i++) {
		assert_int_equal(pair_ping(pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(pair, false), SIMULATED_ARRIVED);
		world_run(pair->world, USEC_PER_MSEC);
	}
}

static void up(struct pair *pair, const char *west, const char *east)
{
	pair_start(pair, 1, west, east, NULL, NULL);
	assert_true(pair_comes_up(pair, 5 * USEC_PER_SEC));
	world_run(pair->world, USEC_PER_SEC);
}

static void what_changes_in_place_loses_no_packet(void **state)
{
	static const char *const changes[] = {
		"",
		"\tdpddelay=5\n\tdpdtimeout=60\n",
		"\tdpdaction=restart\n",
		"\tikelifetime=1h\n\tsalifetime=30m\n\trekeymargin=1m\n",
		"\tesp=aes_gcm128\n",
		"\tike=aes_gcm256-sha2_512-dh31\n",
		"\tleftca=%same\n\tauthlifetime=2h\n",
		"\tpfs=no\n\tkeyingtries=2\n\treplay-window=128\n",
		"conn other\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tauto=add\n",
	};
	char conf[1024];
	struct pair pair;

	(void)state;
	up(&pair, PAIR_START, NULL);
	for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		(void)snprintf(conf, sizeof(conf), "%s%s", PAIR_START, changes[i]);
		reload(&pair.west, conf);
		ping_for(&pair, 50);
		(void)snprintf(conf, sizeof(conf), "%s%s", PAIR_CONN, changes[i]);
		reload(&pair.east, conf);
		ping_for(&pair, 50);
	}
	assert_int_equal(pair.west.child_down + pair.east.child_down, 0);
	assert_int_equal(pair.west.ike_down + pair.east.ike_down, 0);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void liveness_begins_with_the_reload_that_asks_for_it(void **state)
{
	struct pair pair;

	(void)state;
	up(&pair, PAIR_START "\tdpddelay=0\n", PAIR_CONN "\tdpddelay=0\n");
	reload(&pair.west, PAIR_START "\tdpddelay=3\n\tdpdtimeout=20\n\tdpdaction=restart\n");
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, true), RC_OK);
	world_run(pair.world, 200 * USEC_PER_SEC);
	assert_true(pair.west.ike_down > 0);
	pair_end(&pair);
}

static void the_next_rekey_has_what_the_reload_changed(void **state)
{
	struct diag diag;
	struct pair pair;

	(void)state;
	up(&pair, PAIR_START, NULL);
	reload(&pair.west, PAIR_START "\tesp=aes_gcm128\n");
	reload(&pair.east, PAIR_CONN "\tesp=aes_gcm128\n");
	ping_for(&pair, 20);
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	ping_for(&pair, 500);
	world_run(pair.world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(
		tunnel_current(peers_tunnel(&pair.west.gateway->peers, "t"))->choice.encr_bits,
		128);
	pair_end(&pair);
}

/* Its steps wait on workers while the settings change under it. */
static void reload_at_any_moment_of_a_rekey_loses_no_packet(void **state)
{
	struct diag diag;
	struct pair pair;

	(void)state;
	for (unsigned steps = 0; steps < 24; steps++) {
		up(&pair, PAIR_START, NULL);
		assert_int_equal(gateway_rekey(pair.west.gateway, "t",
					       steps % 2 != 0 ? REKEY_IKE : REKEY_CHILD, &diag),
				 RC_OK);
		for (unsigned i = 0; i < steps / 2; i++)
			(void)world_step(pair.world);
		reload(&pair.west, PAIR_START "\tdpddelay=5\n\tdpdtimeout=60\n");
		reload(&pair.east, PAIR_CONN "\tsalifetime=2h\n");
		ping_for(&pair, 100);
		world_run(pair.world, 20 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_changes_in_place_loses_no_packet),
		cmocka_unit_test(liveness_begins_with_the_reload_that_asks_for_it),
		cmocka_unit_test(the_next_rekey_has_what_the_reload_changed),
		cmocka_unit_test(reload_at_any_moment_of_a_rekey_loses_no_packet),
	};

	return exchange_run(tests);
}
