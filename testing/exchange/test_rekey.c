/* SPDX-License-Identifier: Apache-2.0 */
/* CREATE_CHILD_SA between two whole gateways: further Child SAs, rekeying from either end and from
 * both at once, in every order of delivery and with each single loss or duplication. */
#include <errno.h>
#include "exchange/due.h"
#include "kernel/simulated.h"

#define NO_PFS PAIR_START "\tpfs=no\n"

static void up(struct pair *pair, uint64_t seed, const char *west, const char *east)
{
	pair_start(pair, seed, west, east, NULL, NULL);
	pair_run(pair, 6 * SEC);
}

/* One IKE SA, one Child SA at each end; a packet each way. */
static void assert_one(struct pair *pair)
{
	pair_assert_tunnel(pair);
	assert_int_equal(pair->west.gateway->sas.ike_count, 1);
	assert_int_equal(pair->east.gateway->sas.ike_count, 1);
	assert_int_equal(pair->west.gateway->sas.child_count, 1);
	assert_int_equal(pair->east.gateway->sas.child_count, 1);
	assert_int_equal(pair->west.gateway->sas.creations, 0);
	assert_int_equal(pair->east.gateway->sas.creations, 0);
}

static void a_child_sa_is_rekeyed_by(bool west, const char *conf, const char *east)
{
	struct pair pair;
	uint64_t serial, ike;
	struct end *end = west ? &pair.west : &pair.east;

	up(&pair, 1, conf, east);
	serial = child_of(end)->serial;
	ike = child_of(end)->ike->serial;
	child_due(end);
	pair_run(&pair, 20 * SEC);
	assert_one(&pair);
	assert_int_not_equal(child_of(end)->serial, serial);
	assert_int_equal(child_of(end)->ike->serial, ike);
	assert_int_equal(pair.west.ike_up, 1);
	pair_end(&pair);
}

static void a_child_sa_is_rekeyed_by_either_end(void **state)
{
	(void)state;
	a_child_sa_is_rekeyed_by(true, PAIR_START, PAIR_CONN);
	a_child_sa_is_rekeyed_by(false, PAIR_START, PAIR_CONN);
	a_child_sa_is_rekeyed_by(true, NO_PFS, PAIR_CONN "\tpfs=no\n");
	a_child_sa_is_rekeyed_by(false, NO_PFS, PAIR_CONN "\tpfs=no\n");
}

static void the_ike_sa_is_rekeyed_by(bool west)
{
	struct pair pair;
	uint64_t serial, ike;
	struct end *end = west ? &pair.west : &pair.east;

	up(&pair, 1, PAIR_START, NULL);
	serial = child_of(end)->serial;
	ike = child_of(end)->ike->serial;
	ike_due(end);
	pair_run(&pair, 20 * SEC);
	assert_one(&pair);
	assert_int_equal(child_of(end)->serial, serial);
	assert_int_not_equal(child_of(end)->ike->serial, ike);
	assert_int_equal(child_of(end)->ike->role, INITIATOR);
	child_due(end); /* its keys are good for more */
	pair_run(&pair, 20 * SEC);
	assert_one(&pair);
	assert_int_not_equal(child_of(end)->serial, serial);
	pair_end(&pair);
}

static void the_ike_sa_is_rekeyed_by_either_end(void **state)
{
	(void)state;
	the_ike_sa_is_rekeyed_by(true);
	the_ike_sa_is_rekeyed_by(false);
}

static void siblings_share_an_ike_sa(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, SIBLINGS "\tauto=start\n", SIBLINGS "\tauto=start\n", NULL, NULL);
	pair_run(&pair, 30 * SEC);
	assert_int_equal(pair.west.gateway->sas.child_count, 2);
	assert_int_equal(pair.east.gateway->sas.child_count, 2);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.7", "10.2.0.7"), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(&pair, "10.3.0.7", "10.2.0.7"), SIMULATED_ARRIVED);
	pair_end(&pair);
}

/* ---- both at once ---- */

static void play(struct pair *pair, due_fn west, due_fn east, uint64_t order, int lose, int twice)
{
	play_out(pair, west, east, 0, order, lose, twice);
	pair_run(pair, 150 * SEC);
	assert_one(pair);
	assert_int_equal(pair->west.ike_down, pair->west.ike_up - 1);
	assert_int_equal(pair->east.child_down, pair->east.child_up - 1);
}

static void in_every_order(due_fn west, due_fn east)
{
	struct pair pair;

	for (uint64_t order = 0; order < 32; order++) {
		up(&pair, order + 1, PAIR_START, NULL);
		play(&pair, west, east, order, -1, -1);
		pair_end(&pair);
	}
	for (int n = 0; n < 10; n++)
		for (uint64_t order = 0; order < 4; order++) {
			up(&pair, order + 1, PAIR_START, NULL);
			play(&pair, west, east, order * 5, n, -1);
			pair_end(&pair);
			up(&pair, order + 1, PAIR_START, NULL);
			play(&pair, west, east, order * 5, -1, n);
			pair_end(&pair);
		}
}

static void one_end_rekeys_the_child_sa_in_every_order(void **state)
{
	(void)state;
	in_every_order(child_due, nothing_due);
	in_every_order(nothing_due, child_due);
}

static void one_end_rekeys_the_ike_sa_in_every_order(void **state)
{
	(void)state;
	in_every_order(ike_due, nothing_due);
	in_every_order(nothing_due, ike_due);
}

static void both_ends_rekey_the_child_sa(void **state)
{
	(void)state;
	in_every_order(child_due, child_due);
}

static void both_ends_rekey_the_ike_sa(void **state)
{
	(void)state;
	in_every_order(ike_due, ike_due);
}

static void the_ike_sa_and_the_child_sa_are_rekeyed_at_once(void **state)
{
	(void)state;
	in_every_order(ike_due, child_due);
	in_every_order(child_due, ike_due);
}

static void a_rekey_meets_a_delete(void **state)
{
	(void)state;
	in_every_order(child_due, child_ends);
	in_every_order(ike_due, child_ends);
	in_every_order(child_due, ike_ends);
	in_every_order(ike_due, ike_ends);
}

static void a_delete_meets_a_delete(void **state)
{
	(void)state;
	in_every_order(child_ends, child_ends);
	in_every_order(ike_ends, ike_ends);
	in_every_order(ike_ends, child_ends);
}

/* ---- refusals and what becomes of them ---- */

static void the_peer_asks_for_another_group(void **state)
{
	struct pair pair;
	uint64_t serial;

	(void)state;
	up(&pair, 1, PAIR_START "\tesp=aes_gcm256-dh31+dh19\n\tike=aes_gcm256-sha2_512-dh31+dh19\n",
	   PAIR_CONN "\tesp=aes_gcm256-dh19\n\tike=aes_gcm256-sha2_512-dh19\n");
	serial = child_of(&pair.west)->serial;
	child_due(&pair.west);
	pair_run(&pair, 20 * SEC);
	assert_one(&pair);
	assert_int_not_equal(child_of(&pair.west)->serial, serial);
	assert_int_equal(child_of(&pair.west)->choice.dh, DH_ECP_256);
	serial = child_of(&pair.west)->ike->serial;
	child_of(&pair.west)->ike->choice.dh = DH_CURVE25519; /* as if it had been another one */
	ike_due(&pair.west);
	pair_run(&pair, 20 * SEC);
	assert_one(&pair);
	assert_int_not_equal(child_of(&pair.west)->ike->serial, serial);
	assert_int_equal(pair.west.ike_up, 2);
	pair_end(&pair);
}

/* Who insists on PFS is given it (the request is made again with a KE); who
 * does not ask for it takes it. */
static void pfs_at_one_end_only(void **state)
{
	struct pair pair;
	uint64_t serial;

	(void)state;
	for (unsigned west = 0; west < 2; west++) {
		up(&pair, 1, NO_PFS, PAIR_CONN);
		struct end *end = west != 0 ? &pair.west : &pair.east;
		serial = child_of(end)->serial;
		child_due(end);
		for (unsigned second = 0; second < 60; second++) {
			assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
			assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
			pair_run(&pair, SEC);
		}
		assert_one(&pair);
		assert_int_not_equal(child_of(end)->serial, serial);
		assert_int_equal(pair.west.ike_up, 1);
		pair_end(&pair);
	}
}

/* §2.21.3: the old Child SA goes on, and rekeying is tried again. */
static void a_kernel_that_refuses_the_new_child_sa(void **state)
{
	struct pair pair;
	uint64_t serial;

	(void)state;
	for (unsigned nth = 1; nth <= 6; nth++) {
		for (unsigned west = 0; west < 2; west++) {
			up(&pair, nth, PAIR_START, NULL);
			serial = child_of(&pair.west)->serial;
			kernel_simulated_fail(west != 0 ? pair.west.kernel : pair.east.kernel, nth,
					      ENOMEM, false);
			child_due(&pair.west);
			for (unsigned second = 0; second < 120; second++) {
				assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
				pair_run(&pair, SEC);
			}
			assert_one(&pair);
			assert_int_not_equal(child_of(&pair.west)->serial, serial);
			pair_end(&pair);
		}
	}
}

/* The responder sends with the new one only after the initiator has shown that it has it. */
static void the_outbound_half_waits_for_the_proof(void **state)
{
	struct pair pair;
	uint32_t before;

	(void)state;
	up(&pair, 1, PAIR_START, NULL);
	before = child_of(&pair.east)->spi_out;
	world_manual(pair.world, true);
	child_due(&pair.west);
	world_settle(pair.world);
	world_deliver(pair.world,
		      container_of(world_flights(pair.world)->next, struct flight, in_world));
	world_settle(pair.world);
	assert_int_equal(pair.east.gateway->sas.child_count, 2);
	assert_true(child_of(&pair.east)->waiting_keymat.ptr != NULL);
	assert_false(child_of(&pair.east)->out_installed);
	assert_int_not_equal(child_of(&pair.east)->spi_out, before);
	assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
	world_manual(pair.world, false);
	pair_run(&pair, 5 * SEC);
	assert_true(child_of(&pair.east)->out_installed);
	assert_null(child_of(&pair.east)->waiting_keymat.ptr);
	assert_one(&pair);
	pair_end(&pair);
}

static void months_of_rekeying_without_a_lost_packet(void **state)
{
	static const char conf[] = PAIR_START "\tsalifetime=1h\n\tikelifetime=3h\n";
	struct pair pair;

	(void)state;
	up(&pair, 7, conf, conf);
	for (unsigned minute = 0; minute < 24 * 60; minute++) {
		assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
		pair_run(&pair, 60 * SEC);
	}
	assert_one(&pair);
	assert_true(pair.west.child_up >= 24);
	assert_true(pair.west.ike_up >= 8);
	assert_int_equal(pair.west.failed + pair.east.failed, 0);
	pair_end(&pair);
}

static void down_while_a_rekey_is_out_leaves_nothing(void **state)
{
	due_fn dues[] = { child_due, ike_due };
	struct diag diag;
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 64; i++) { /* four seeds of each case */
		up(&pair, i + 1, PAIR_START, NULL);
		world_manual(pair.world, true);
		dues[i % 2](&pair.west);
		if ((i & 8) != 0)
			dues[i % 2](&pair.east);
		world_settle(pair.world);
		for (unsigned n = 0; n < (i >> 1 & 3) && !list_empty(world_flights(pair.world));
		     n++)
			world_deliver(pair.world, container_of(world_flights(pair.world)->next,
							       struct flight, in_world));
		assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
		world_settle(pair.world);
		world_manual(pair.world, false);
		pair_run(&pair, 200 * SEC);
		end_assert_empty(&pair.west);
		end_assert_empty(&pair.east);
		pair_end(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_sa_is_rekeyed_by_either_end),
		cmocka_unit_test(the_ike_sa_is_rekeyed_by_either_end),
		cmocka_unit_test(siblings_share_an_ike_sa),
		cmocka_unit_test(one_end_rekeys_the_child_sa_in_every_order),
		cmocka_unit_test(one_end_rekeys_the_ike_sa_in_every_order),
		cmocka_unit_test(both_ends_rekey_the_child_sa),
		cmocka_unit_test(both_ends_rekey_the_ike_sa),
		cmocka_unit_test(the_ike_sa_and_the_child_sa_are_rekeyed_at_once),
		cmocka_unit_test(a_rekey_meets_a_delete),
		cmocka_unit_test(a_delete_meets_a_delete),
		cmocka_unit_test(the_peer_asks_for_another_group),
		cmocka_unit_test(pfs_at_one_end_only),
		cmocka_unit_test(a_kernel_that_refuses_the_new_child_sa),
		cmocka_unit_test(the_outbound_half_waits_for_the_proof),
		cmocka_unit_test(months_of_rekeying_without_a_lost_packet),
		cmocka_unit_test(down_while_a_rekey_is_out_leaves_nothing),
	};

	return exchange_run(tests);
}
