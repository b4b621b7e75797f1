/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

/* Whatever allocation fails, what was made is freed (the sanitizers look) and the error is told. */
static void without_memory_there_is_no_gateway_and_no_leak(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "west");
	struct log *log = log_new(LOG_LEVEL_ERROR);
	struct config *config = load_conf(PAIR_CONN);
	struct gateway *gateway = NULL;
	struct kernel *kernel;
	struct diag diag;
	enum rc rc = RC_NO_MEMORY;

	(void)state;
	assert_int_equal(world_host_add_address(host, WEST_ADDRESS), RC_OK);
	assert_int_equal(kernel_simulated_new(host, &kernel), RC_OK);
	mem_fail_nth(1);
	rc = gateway_new(host, kernel, log, config, NULL, &gateway, &diag);
	mem_fail_nth(0);
	assert_int_equal(rc, RC_NO_MEMORY);
	assert_null(gateway);
	for (uint64_t nth = 2; nth < 60; nth++) {
		mem_fail_nth(nth);
		rc = gateway_new(host, kernel, log, config, NULL, &gateway, &diag);
		mem_fail_nth(0);
		assert_int_equal(rc == RC_OK, gateway != NULL);
		gateway_free(gateway);
	}
	kernel_free(kernel);
	config_unref(config);
	log_free(log);
	world_free(world);
}

static void conn_with_auto_ignore_is_not_loaded(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, PAIR_BASE "\tauto=ignore\n", NULL);
	assert_null(peers_tunnel(&road.pair.west.gateway->peers, "t"));
	road_end(&road);
}

static void every_auto_has_its_own_want(void **state)
{
	static const struct {
		const char *conf;
		enum wanted wanted;
	} wants[] = {
		{ PAIR_BASE "\tauto=add\n", WANTED_LISTEN },
		{ PAIR_BASE "\tauto=ondemand\n", WANTED_ON_DEMAND },
		{ PAIR_BASE "\tauto=start\n", WANTED_UP },
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct road road;
		road_begin(&road, wants[i].conf, NULL);
		assert_int_equal(road_tunnel(&road.pair.west)->wanted, wants[i].wanted);
		road_end(&road);
	}
}

static void ring(struct timer *timer)
{
	timer->order = 4711;
}

static void timer_of_the_embedder_rings_when_due_unless_cancelled(void **state)
{
	struct timer rings = { .fire = ring }, silent = { .fire = ring };
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct gateway *west = road.pair.west.gateway;
	usec_t now = host_now(west->host);
	gateway_timer(west, &rings, now + 3 * USEC_PER_SEC);
	gateway_timer(west, &silent, now + 3 * USEC_PER_SEC);
	gateway_cancel(west, &silent);
	gateway_cancel(west, &silent);
	road_run(&road, 2900 * USEC_PER_MSEC);
	assert_true(timer_armed(&rings));
	road_run(&road, 200 * USEC_PER_MSEC);
	assert_false(timer_armed(&rings));
	assert_int_equal(rings.order, 4711);
	assert_int_not_equal(silent.order, 4711);
	road_end(&road);
}

static void what_was_forgotten_is_found_by_the_watchdog_and_counted(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	road_tunnel(&road.pair.west)->wanted = WANTED_UP; /* and nobody is told */
	road_run(&road, WATCHDOG_INTERVAL + 2 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.gateway->counters.stuck, 1);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

static void stopping_gateway_answers_no_new_peers(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	road.pair.east.gateway->stopping = true;
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	assert_int_equal(road.pair.east.gateway->counters.datagrams_out, 0);
	assert_int_equal(road.pair.east.gateway->sas.half_open_count, 0);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_there_is_no_gateway_and_no_leak),
		cmocka_unit_test(conn_with_auto_ignore_is_not_loaded),
		cmocka_unit_test(every_auto_has_its_own_want),
		cmocka_unit_test(timer_of_the_embedder_rings_when_due_unless_cancelled),
		cmocka_unit_test(what_was_forgotten_is_found_by_the_watchdog_and_counted),
		cmocka_unit_test(stopping_gateway_answers_no_new_peers),
	};

	return exchange_run(tests);
}
