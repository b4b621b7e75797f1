/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "engine/private.h"
#include "unit/ikev2/road.h"

static struct config *retire_one(struct gateway *gateway)
{
	struct config *config = load_conf(PAIR_CONN);

	config_ref(config); /* the test's */
	retire_config(gateway, config);
	return config;
}

static void a_worker_frees_what_nobody_holds(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	struct config *config = retire_one(gateway);
	retire_secrets(gateway, load_secrets(PAIR_SECRETS));
	retire_free(gateway);
	assert_int_equal(world_jobs_waiting(road.pair.world), 1); /* the secrets */
	assert_int_equal(config->refs, 2);
	config_unref(config);
	retire_free(gateway);
	assert_int_equal(world_jobs_waiting(road.pair.world), 2);
	assert_true(list_empty(&gateway->retired));
	world_settle(road.pair.world);
	assert_int_equal(world_jobs_waiting(road.pair.world), 0);
	road_end(&road);
}

/* A reload that ends holds the one that is in force; the next one replaces it. */
static void one_that_is_retired_twice_is_freed(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	struct config *config = load_conf(PAIR_CONN);
	config_ref(config);
	retire_config(gateway, config);
	retire_config(gateway, config);
	retire_free(gateway);
	assert_true(list_empty(&gateway->retired));
	world_settle(road.pair.world);
	road_end(&road);
}

/* Its job on a worker may read a name or a key of the conn. */
static void an_event_on_the_road_keeps_what_it_may_look_into(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	struct errand *before = errand_new(gateway, NULL, NULL);
	retire_config(gateway, load_conf(PAIR_CONN));
	struct errand *after = errand_new(gateway, NULL, NULL);
	retire_free(gateway);
	assert_false(list_empty(&gateway->retired));
	errand_free(before);
	retire_free(gateway);
	assert_true(list_empty(&gateway->retired));
	errand_free(after);
	road_end(&road);
}

static void the_watchdog_looks_after_it_and_the_end_frees_all(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	gateway_retire(gateway, load_conf(PAIR_CONN));
	world_run(road.pair.world, 2 * WATCHDOG_INTERVAL);
	assert_true(list_empty(&gateway->retired));
	gateway_retire(gateway, load_conf(PAIR_CONN));
	gateway_retire(gateway, NULL);
	retire_secrets(gateway, NULL);
	road_end(&road); /* the leak checker tells */
}

static void without_memory_it_goes_at_once(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	struct config *config = load_conf(PAIR_CONN);
	struct secrets *secrets = load_secrets(PAIR_SECRETS);
	config_ref(config);
	mem_fail_nth(1);
	retire_config(gateway, config);
	mem_fail_nth(1);
	retire_secrets(gateway, secrets);
	assert_true(list_empty(&gateway->retired));
	assert_int_equal(config->refs, 1);
	config_unref(config);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_frees_what_nobody_holds),
		cmocka_unit_test(one_that_is_retired_twice_is_freed),
		cmocka_unit_test(an_event_on_the_road_keeps_what_it_may_look_into),
		cmocka_unit_test(the_watchdog_looks_after_it_and_the_end_frees_all),
		cmocka_unit_test(without_memory_it_goes_at_once),
	};

	return exchange_run(tests);
}
