/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator does while tunnels are up or on their way: up, down, add, delete, reload, stop.
 */
#include "exchange/pair.h"
#include "unit/test.h"

static void start_up(struct pair *pair, const char *west, const char *east)
{
	pair_start(pair, 1, west, east, NULL, NULL);
	end_up(&pair->west, "t");
	world_run(pair->world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

static void down_while_on_its_way_ends_the_attempt(void **state)
{
	struct diag diag;
	struct pair pair;

	(void)state;
	for (unsigned steps = 0; steps < 40; steps++) {
		pair_start(&pair, steps, NULL, NULL, NULL, NULL);
		end_up(&pair.west, "t");
		for (unsigned i = 0; i < steps; i++)
			(void)world_step(pair.world);
		assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
		world_run(pair.world, 60 * USEC_PER_SEC);
		end_assert_empty(&pair.west);
		end_assert_empty(&pair.east);
		assert_int_equal(pair.west.failed, 0);
		pair_end(&pair);
	}
}

static void down_and_up_again_at_once_works(void **state)
{
	struct diag diag;
	struct pair pair;

	(void)state;
	for (unsigned steps = 0; steps < 40; steps++) {
		pair_start(&pair, steps, NULL, NULL, NULL, NULL);
		end_up(&pair.west, "t");
		for (unsigned i = 0; i < steps; i++)
			(void)world_step(pair.world);
		assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
		end_up(&pair.west, "t");
		world_run(pair.world, 40 * USEC_PER_SEC); /* what was half-open is over */
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

static void delete_at_any_moment_leaves_nothing(void **state)
{
	struct diag diag;
	struct pair pair;

	(void)state;
	for (unsigned steps = 0; steps < 40; steps++) {
		pair_start(&pair, steps, NULL, NULL, NULL, NULL);
		end_up(&pair.west, "t");
		for (unsigned i = 0; i < steps; i++)
			(void)world_step(pair.world);
		assert_int_equal(gateway_delete(pair.west.gateway, "t", &diag), RC_OK);
		world_run(pair.world, 60 * USEC_PER_SEC);
		end_assert_empty(&pair.west);
		end_assert_empty(&pair.east);
		assert_int_equal(pair.west.gateway->peers.count, 0);
		assert_int_equal(gateway_up(pair.west.gateway, "t", &diag), RC_NOT_FOUND);
		pair_end(&pair);
	}
}

static void delete_and_add_while_up_begins_anew(void **state)
{
	struct config *config = load_conf(PAIR_CONN "\tesp=aes_gcm128\n");
	struct diag diag;
	struct pair pair;

	(void)state;
	start_up(&pair, NULL, NULL);
	assert_int_equal(gateway_add(pair.west.gateway, config, "t", &diag), RC_OK);
	config_unref(config);
	end_up(&pair.west, "t");
	world_run(pair.world, 20 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(
		tunnel_current(peers_tunnel(&pair.west.gateway->peers, "t"))->choice.encr_bits,
		128);
	pair_end(&pair);
}

static void delete_at_the_responder_makes_the_initiator_try_for_ever(void **state)
{
	struct diag diag;
	struct pair pair;

	(void)state;
	start_up(&pair, NULL, NULL);
	assert_int_equal(gateway_delete(pair.east.gateway, "t", &diag), RC_OK);
	world_run(pair.world, 100 * USEC_PER_SEC);
	end_assert_empty(&pair.east);
	assert_true(pair.west.failed >= 3);
	assert_int_equal(pair.west.last_reason, RC_NO_PROPOSAL);
	pair_end(&pair);
}

static void reload_of_the_same_leaves_the_tunnel_alone(void **state)
{
	struct pair pair;

	(void)state;
	start_up(&pair, NULL, NULL);
	for (unsigned i = 0; i < 5; i++)
		end_reload(&pair.west, PAIR_CONN);
	/* and the old configuration is not kept */
	assert_ptr_equal(peers_tunnel(&pair.west.gateway->peers, "t")->peer->config,
			 pair.west.gateway->config);
	world_run(pair.world, 20 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(pair.west.child_down + pair.east.child_down, 0);
	pair_end(&pair);
}

static void reload_of_something_else_replaces_the_tunnel(void **state)
{
	struct pair pair;

	(void)state;
	start_up(&pair, PAIR_START, NULL);
	end_reload(&pair.west, PAIR_START "\tesp=aes_gcm128\n\treqid=77\n");
	world_run(pair.world, 20 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(
		tunnel_current(peers_tunnel(&pair.west.gateway->peers, "t"))->choice.encr_bits,
		128);
	pair_end(&pair);
}

static void reload_takes_back_what_was_added_differently(void **state)
{
	struct config *other = load_conf(PAIR_CONN "\tesp=aes_gcm128\n");
	struct pair pair;
	struct diag diag;
	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	assert_int_equal(gateway_add(pair.west.gateway, other, "t", &diag), RC_OK);
	config_unref(other);
	assert_ptr_not_equal(peers_tunnel(&pair.west.gateway->peers, "t")->conn,
			     pair.west.gateway->config->conns[0]);
	end_reload(&pair.west, PAIR_CONN);
	pair_run(&pair, USEC_PER_SEC);
	assert_ptr_equal(peers_tunnel(&pair.west.gateway->peers, "t")->conn,
			 pair.west.gateway->config->conns[0]);
	pair_end(&pair);
}

static void reload_leaves_alone_what_was_deleted(void **state)
{
	struct pair pair;
	struct diag diag;
	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	assert_int_equal(gateway_delete(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, USEC_PER_SEC);
	end_reload(&pair.west, PAIR_CONN);
	assert_null(peers_tunnel(&pair.west.gateway->peers, "t"));
	end_reload(&pair.west, PAIR_CONN "\tesp=aes_gcm128\n");
	assert_non_null(peers_tunnel(&pair.west.gateway->peers, "t"));
	pair_end(&pair);
}

static void reload_without_the_conn_ends_the_tunnel(void **state)
{
	struct pair pair;

	(void)state;
	start_up(&pair, NULL, NULL);
	end_reload(&pair.west, "");
	world_run(pair.world, 20 * USEC_PER_SEC);
	end_assert_empty(&pair.west);
	end_assert_empty(&pair.east);
	assert_int_equal(pair.west.gateway->peers.count, 0);
	pair_end(&pair);
}

static void reload_at_any_moment_ends_in_a_tunnel(void **state)
{
	struct pair pair;

	(void)state;
	for (unsigned steps = 0; steps < 40; steps++) {
		pair_start(&pair, steps, PAIR_START, NULL, NULL, NULL);
		for (unsigned i = 0; i < steps; i++)
			(void)world_step(pair.world);
		end_reload(&pair.west, PAIR_START "\tesp=aes_gcm128\n");
		end_reload(&pair.east, PAIR_CONN "\tike=aes_gcm256-sha2_512-dh31\n");
		world_run(pair.world, 120 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

static void stop_tells_the_peer_and_leaves_nothing(void **state)
{
	struct pair pair;

	(void)state;
	start_up(&pair, NULL, NULL);
	end_stop(&pair.east);
	world_run(pair.world, 500 * USEC_PER_MSEC);
	assert_true(pair.east.stopped);
	end_assert_empty(&pair.east);
	assert_int_equal(pair.west.child_down, 1);
	assert_int_equal(pair.west.ike_down, 1);
	pair_end(&pair);
}

static void stop_does_not_wait_for_a_dead_peer_longer_than_it_may(void **state)
{
	struct pair pair;

	(void)state;
	start_up(&pair, NULL, NULL);
	end_crash(&pair.east);
	end_stop(&pair.west);
	world_run(pair.world, 4 * USEC_PER_SEC);
	assert_false(pair.west.stopped);
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_true(pair.west.stopped);
	end_assert_empty(&pair.west);
	pair_end(&pair);
}

static void stop_at_any_moment_ends_in_nothing(void **state)
{
	struct pair pair;

	(void)state;
	for (unsigned steps = 0; steps < 40; steps++) {
		pair_start(&pair, steps, PAIR_START, NULL, NULL, NULL);
		for (unsigned i = 0; i < steps; i++)
			(void)world_step(pair.world);
		end_stop(steps % 2 == 0 ? &pair.west : &pair.east);
		end_stop(steps % 2 == 0 ? &pair.east : &pair.west);
		world_run(pair.world, 10 * USEC_PER_SEC);
		assert_true(pair.west.stopped);
		assert_true(pair.east.stopped);
		assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 0);
		end_assert_empty(&pair.west);
		end_assert_empty(&pair.east);
		pair_end(&pair);
	}
}

static void a_gateway_may_be_freed_at_any_moment(void **state)
{
	struct pair pair;

	(void)state;
	for (unsigned steps = 0; steps < 60; steps++) {
		pair_start(&pair, steps, PAIR_START, PAIR_START, NULL, NULL);
		for (unsigned i = 0; i < steps; i++)
			(void)world_step(pair.world);
		pair_end(&pair);
	}
}

static void what_an_earlier_run_left_in_the_kernel_is_removed_at_start(void **state)
{
	struct pair pair;

	(void)state;
	start_up(&pair, NULL, NULL);
	end_crash(&pair.west);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 2);
	end_boot(&pair.west, PAIR_CONN, NULL);
	world_run(pair.world, USEC_PER_SEC);
	end_assert_empty(&pair.west);
	assert_true(end_said(&pair.west, "that an earlier run left in the kernel"));
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(down_while_on_its_way_ends_the_attempt),
		cmocka_unit_test(down_and_up_again_at_once_works),
		cmocka_unit_test(delete_at_any_moment_leaves_nothing),
		cmocka_unit_test(delete_and_add_while_up_begins_anew),
		cmocka_unit_test(delete_at_the_responder_makes_the_initiator_try_for_ever),
		cmocka_unit_test(reload_of_the_same_leaves_the_tunnel_alone),
		cmocka_unit_test(reload_of_something_else_replaces_the_tunnel),
		cmocka_unit_test(reload_takes_back_what_was_added_differently),
		cmocka_unit_test(reload_leaves_alone_what_was_deleted),
		cmocka_unit_test(reload_without_the_conn_ends_the_tunnel),
		cmocka_unit_test(reload_at_any_moment_ends_in_a_tunnel),
		cmocka_unit_test(stop_tells_the_peer_and_leaves_nothing),
		cmocka_unit_test(stop_does_not_wait_for_a_dead_peer_longer_than_it_may),
		cmocka_unit_test(stop_at_any_moment_ends_in_nothing),
		cmocka_unit_test(a_gateway_may_be_freed_at_any_moment),
		cmocka_unit_test(what_an_earlier_run_left_in_the_kernel_is_removed_at_start),
	};

	return exchange_run(tests);
}
