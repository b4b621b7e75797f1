/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

static void every_verb_names_what_it_does_not_know(void **state)
{
	enum rc (*const verbs[])(struct gateway *, const char *,
				 struct diag *) = { gateway_up, gateway_down, gateway_route,
						    gateway_unroute, gateway_delete };
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		struct diag diag = { "" };
		assert_int_equal(verbs[i](road.pair.west.gateway, "nobody", &diag), RC_NOT_FOUND);
		assert_non_null(strstr(diag.text, "nobody"));
	}
	road_end(&road);
}

#define TEMPLATE                                                                                   \
	"conn t\n\tleft=192.0.2.1\n\tright=%any\n\tleftid=@west\n\tauthby=secret\n\tauto=add\n"

static void template_can_neither_be_begun_nor_trapped(void **state)
{
	struct road road;
	struct diag diag = { "" };

	(void)state;
	road_begin(&road, TEMPLATE, NULL);
	assert_int_equal(gateway_up(road.pair.west.gateway, "t", &diag), RC_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "%any"));
	assert_int_equal(gateway_route(road.pair.west.gateway, "t", &diag), RC_UNSUPPORTED);
	road_end(&road);
}

static size_t traps_of(struct end *end)
{
	return kernel_simulated_policy_count(end->kernel);
}

/* A conn of auto=ondemand that somebody brought up goes back to its trap; one that was only brought
 * up has none, and nothing goes on waiting for traffic. */
static void down_keeps_the_trap_of_what_is_on_demand_only(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_up(&road, PAIR_BASE "\tauto=ondemand\n", NULL);
	struct tunnel *west = road_tunnel(&road.pair.west), *east = road_tunnel(&road.pair.east);
	assert_int_equal(west->wanted, WANTED_UP);
	assert_true(west->trap_installed);
	assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
	assert_int_equal(gateway_down(road.pair.east.gateway, "t", &diag), RC_OK);
	assert_int_equal(west->wanted, WANTED_ON_DEMAND);
	assert_int_equal(east->wanted, WANTED_LISTEN);
	road_run(&road, 2 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.gateway->sas.ike_count, 0);
	assert_true(west->trap_installed);
	assert_int_equal(traps_of(&road.pair.west), 1);
	assert_false(east->trap_installed);
	end_assert_empty(&road.pair.east);
	assert_int_equal(pair_ping(&road.pair, false), SIMULATED_CLEAR);
	assert_int_equal(pair_ping(&road.pair, true), SIMULATED_ACQUIRED);
	road_run(&road, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair); /* the trap works */
	road_end(&road);
}

/* unroute after down: no trap is left to bring it up. */
static void down_of_what_was_unrouted_leaves_no_trap(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_up(&road, PAIR_BASE "\tauto=ondemand\n", NULL);
	assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
	assert_int_equal(gateway_unroute(road.pair.west.gateway, "t", &diag), RC_OK);
	road_run(&road, 2 * USEC_PER_SEC);
	assert_false(road_tunnel(&road.pair.west)->trap_installed);
	end_assert_empty(&road.pair.west);
	road_end(&road);
}

static void down_forgets_the_backoff(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct tunnel *tunnel = road_tunnel(&road.pair.west);
	tunnel->wanted = WANTED_UP;
	backoff_fail(&tunnel->backoff, road.pair.west.host, RC_TIMEOUT, "tried");
	backoff_fail(&tunnel->backoff, road.pair.west.host, RC_TIMEOUT, "tried");
	assert_true(tunnel->backoff.not_before > host_now(road.pair.west.host));
	assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
	assert_int_equal(tunnel->backoff.attempts, 0);
	assert_int_equal(tunnel->backoff.not_before, 0);
	road_end(&road);
}

static void up_forgets_the_backoff(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct tunnel *tunnel = road_tunnel(&road.pair.west);
	backoff_fail(&tunnel->backoff, road.pair.west.host, RC_TIMEOUT, "tried");
	backoff_fail(&tunnel->peer->backoff, road.pair.west.host, RC_TIMEOUT, "tried");
	end_up(&road.pair.west, "t");
	assert_int_equal(tunnel->backoff.attempts, 0);
	assert_int_equal(tunnel->peer->backoff.attempts, 0);
	assert_int_equal(tunnel->wanted, WANTED_UP);
	road_end(&road);
}

static void add_of_what_the_configuration_does_not_have_changes_nothing(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_up(&road, NULL, NULL);
	struct config *empty = load_conf("config setup\n");
	assert_int_equal(gateway_add(road.pair.west.gateway, empty, "t", &diag), RC_NOT_FOUND);
	config_unref(empty);
	road_run(&road, USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_names_what_it_does_not_know),
		cmocka_unit_test(template_can_neither_be_begun_nor_trapped),
		cmocka_unit_test(down_keeps_the_trap_of_what_is_on_demand_only),
		cmocka_unit_test(down_of_what_was_unrouted_leaves_no_trap),
		cmocka_unit_test(down_forgets_the_backoff),
		cmocka_unit_test(up_forgets_the_backoff),
		cmocka_unit_test(add_of_what_the_configuration_does_not_have_changes_nothing),
	};

	return exchange_run(tests);
}
