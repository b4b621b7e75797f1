/* SPDX-License-Identifier: Apache-2.0 */
/* Additional key exchanges of CREATE_CHILD_SA (RFC 9370 §2.2.4) between two whole gateways: from
 * either end and from both at once, in every order of delivery, with each single loss or
 * duplication. */
#include <errno.h>
#include <stdio.h>
#include "exchange/due.h"

#define ONE "\tike=aes_gcm256-sha2_256-dh31;addke1=dh19\n\tesp=aes_gcm256-dh31;addke1=dh19\n"
#define THREE                                                                                      \
	"\tike=aes_gcm256-sha2_256-dh31;addke1=dh19;addke4=dh20;addke7=dh21\n"                     \
	"\tesp=aes_gcm256-dh31;addke1=dh20;addke2=dh19;addke3=dh21\n"

static void up(struct pair *pair, uint64_t seed, const char *west, const char *east)
{
	pair_start(pair, seed, west, east, NULL, NULL);
	pair_run(pair, 6 * SEC);
	pair_assert_tunnel(pair);
}

static void nothing_is_pending(const struct end *end)
{
	assert_int_equal(end->gateway->sas.creations, 0);
	list_for(node, &tunnel_of(end)->peer->ike_sas)
		assert_null(container_of(node, struct ike_sa, in_peer)->followups);
}

/* One IKE SA, one Child SA at each end; a packet each way. */
static void assert_one(struct pair *pair)
{
	struct child_sa *west, *east;

	pair_assert_tunnel(pair);
	assert_int_equal(pair->west.gateway->sas.ike_count, 1);
	assert_int_equal(pair->east.gateway->sas.ike_count, 1);
	assert_int_equal(pair->west.gateway->sas.child_count, 1);
	assert_int_equal(pair->east.gateway->sas.child_count, 1);
	nothing_is_pending(&pair->west);
	nothing_is_pending(&pair->east);
	west = child_of(&pair->west);
	east = child_of(&pair->east);
	assert_true(span_equal(secret_span(&west->ike->keys.block),
			       secret_span(&east->ike->keys.block)));
}

static unsigned addke_of(const struct proposal_choice *choice)
{
	uint16_t methods[PROPOSAL_ADDKE_MAX];

	return proposal_addke(choice, methods);
}

static void the_child_sa_is_rekeyed(bool west, const char *west_conf, const char *east_conf,
				    unsigned addke)
{
	struct pair pair;
	uint64_t serial;
	uint32_t before;
	struct end *end = west ? &pair.west : &pair.east;

	up(&pair, 1, west_conf, east_conf);
	serial = child_of(end)->serial;
	before = child_of(end)->ike->send_next;
	child_due(end);
	pair_run(&pair, 20 * SEC);
	assert_one(&pair);
	assert_int_not_equal(child_of(end)->serial, serial);
	assert_int_equal(addke_of(&child_of(&pair.west)->choice), addke);
	assert_int_equal(addke_of(&child_of(&pair.east)->choice), addke);
	assert_int_equal(child_of(end)->ike->send_next, before + 2 + addke); /* and the Delete */
	assert_int_equal(pair.west.ike_up, 1);
	assert_int_equal(pair.west.failed + pair.east.failed, 0);
	pair_end(&pair);
}

static void a_child_sa_is_rekeyed_with_more_key_exchanges(void **state)
{
	(void)state;
	for (unsigned west = 0; west < 2; west++) {
		the_child_sa_is_rekeyed(west, PAIR_START ONE, PAIR_CONN ONE, 1);
		the_child_sa_is_rekeyed(west, PAIR_START THREE, PAIR_CONN THREE, 3);
	}
}

static void those_that_are_optional_are_left_out_where_one_end_lacks_them(void **state)
{
#define SOME PAIR_START "\tesp=aes_gcm256-dh31;addke1=dh20+none;addke2=dh21\n"
#define FEW  PAIR_CONN "\tesp=aes_gcm256-dh31;addke2=dh19+dh21\n"
#define NONE PAIR_CONN "\tesp=aes_gcm256-dh31\n"
#define MAY  PAIR_START "\tesp=aes_gcm256-dh31;addke1=dh20+none\n"
	(void)state;
	for (unsigned west = 0; west < 2; west++) {
		the_child_sa_is_rekeyed(west, SOME, FEW, 1);
		the_child_sa_is_rekeyed(west, MAY, NONE, 0);
	}
}

static void the_ike_sa_is_rekeyed(bool west, const char *conf, const char *other, unsigned addke)
{
	struct pair pair;
	uint64_t serial, ike;
	struct end *end = west ? &pair.west : &pair.east;

	up(&pair, 1, conf, other);
	serial = child_of(end)->serial;
	ike = child_of(end)->ike->serial;
	for (unsigned again = 0; again < 2; again++) {
		ike_due(end);
		pair_run(&pair, 20 * SEC);
		assert_one(&pair);
		assert_int_equal(child_of(end)->serial, serial);
		assert_int_not_equal(child_of(end)->ike->serial, ike);
		assert_int_equal(child_of(end)->ike->role, INITIATOR);
		assert_int_equal(addke_of(&child_of(&pair.west)->ike->choice), addke);
		assert_int_equal(addke_of(&child_of(&pair.east)->ike->choice), addke);
	}
	child_due(end); /* its keys are good for more */
	pair_run(&pair, 20 * SEC);
	assert_one(&pair);
	assert_int_equal(pair.west.failed + pair.east.failed, 0);
	assert_int_equal(pair.west.ike_up, 3);
	pair_end(&pair);
}

static void the_ike_sa_is_rekeyed_with_more_key_exchanges(void **state)
{
	(void)state;
	for (unsigned west = 0; west < 2; west++) {
		the_ike_sa_is_rekeyed(west, PAIR_START ONE, PAIR_CONN ONE, 1);
		the_ike_sa_is_rekeyed(west, PAIR_START THREE, PAIR_CONN THREE, 3);
		the_ike_sa_is_rekeyed(west, PAIR_START "\tike=aes_gcm256-dh31;addke1=dh20+none\n",
				      PAIR_CONN "\tike=aes_gcm256-dh31\n", 0);
	}
}

static void siblings_are_made_with_more_key_exchanges(void **state)
{
	struct pair pair;

	(void)state;
	for (unsigned east = 0; east < 2; east++) {
		pair_start(&pair, 3,
			   east ? SIBLINGS "\tauto=add\n" THREE : SIBLINGS "\tauto=start\n" THREE,
			   east ? SIBLINGS "\tauto=start\n" THREE : SIBLINGS "\tauto=add\n" THREE,
			   NULL, NULL);
		pair_run(&pair, 30 * SEC);
		assert_int_equal(pair.west.gateway->sas.child_count, 2);
		assert_int_equal(pair.east.gateway->sas.child_count, 2);
		assert_int_equal(pair_ping_hosts(&pair, "10.1.0.7", "10.2.0.7"), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping_hosts(&pair, "10.3.0.7", "10.2.0.7"), SIMULATED_ARRIVED);
		assert_true(end_said(&pair.west, ";ADDKE1=DH20;ADDKE2=DH19;ADDKE3=DH21, SPIs"));
		assert_true(end_said(&pair.east, ";ADDKE1=DH20;ADDKE2=DH19;ADDKE3=DH21, SPIs"));
		assert_int_equal(pair.west.failed + pair.east.failed, 0);
		pair_end(&pair);
	}
}

/* ---- in every order ---- */

static void play(struct pair *pair, due_fn west, due_fn east, uint64_t order, int lose, int twice,
		 int after)
{
	play_out(pair, west, east, after, order, lose, twice);
	pair_run(pair, 200 * SEC);
	assert_one(pair);
	assert_int_equal(pair->west.ike_down, pair->west.ike_up - 1);
	assert_int_equal(pair->east.child_down, pair->east.child_up - 1);
}

static void in_every_order(due_fn west, due_fn east, const char *west_conf, const char *east_conf)
{
	struct pair pair;

	for (uint64_t order = 0; order < 16; order++)
		for (int after = 0; after < (east == nothing_due ? 1 : 6); after++) {
			up(&pair, order + 1, west_conf, east_conf);
			play(&pair, west, east, order * 3, -1, -1, after);
			pair_end(&pair);
		}
	for (int n = 0; n < 10; n++)
		for (uint64_t order = 0; order < 3; order++) {
			up(&pair, order + 1, west_conf, east_conf);
			play(&pair, west, east, order * 5, n, -1, 0);
			pair_end(&pair);
			up(&pair, order + 1, west_conf, east_conf);
			play(&pair, west, east, order * 5, -1, n, 0);
			pair_end(&pair);
		}
}

static void a_datagram_is_lost_or_comes_twice(void **state)
{
	(void)state;
	in_every_order(child_due, nothing_due, PAIR_START THREE, PAIR_CONN THREE);
	in_every_order(ike_due, nothing_due, PAIR_START THREE, PAIR_CONN THREE);
	in_every_order(child_due, nothing_due, PAIR_CONN ONE, PAIR_START ONE);
	in_every_order(ike_due, nothing_due, PAIR_CONN ONE, PAIR_START ONE);
}

static void both_ends_rekey_the_child_sa(void **state)
{
	(void)state;
	in_every_order(child_due, child_due, PAIR_START ONE, PAIR_CONN ONE);
}

static void both_ends_rekey_the_ike_sa(void **state)
{
	(void)state;
	in_every_order(ike_due, ike_due, PAIR_START ONE, PAIR_CONN ONE);
}

static void the_ike_sa_and_the_child_sa_are_rekeyed_at_once(void **state)
{
	(void)state;
	in_every_order(ike_due, child_due, PAIR_START ONE, PAIR_CONN ONE);
	in_every_order(child_due, ike_due, PAIR_START ONE, PAIR_CONN ONE);
}

static void a_delete_comes_between(void **state)
{
	(void)state;
	in_every_order(child_due, child_ends, PAIR_START ONE, PAIR_CONN ONE);
	in_every_order(ike_due, child_ends, PAIR_START ONE, PAIR_CONN ONE);
	in_every_order(child_due, ike_ends, PAIR_START ONE, PAIR_CONN ONE);
	in_every_order(ike_due, ike_ends, PAIR_START ONE, PAIR_CONN ONE);
}

static void deliver_next(struct pair *pair)
{
	assert_false(list_empty(world_flights(pair->world)));
	world_deliver(pair->world,
		      container_of(world_flights(pair->world)->next, struct flight, in_world));
	world_settle(pair->world);
}

/* "this side MUST NOT initiate the IKE_FOLLOWUP_KE exchange": the one whose exchange has the lowest
 * of the four nonces. */
static void of_two_that_crossed_only_one_goes_on(void **state)
{
	due_fn dues[] = { child_due, ike_due };
	unsigned won[2] = { 0, 0 };
	struct pair pair;

	(void)state;
	for (uint64_t seed = 1; seed <= 16; seed++) {
		up(&pair, seed, PAIR_START ONE, PAIR_CONN ONE);
		struct ike_sa *west = child_of(&pair.west)->ike, *east = child_of(&pair.east)->ike;
		world_manual(pair.world, true);
		dues[seed % 2](&pair.west);
		dues[seed % 2](&pair.east);
		world_settle(pair.world);
		deliver_next(&pair);
		deliver_next(&pair); /* both requests */
		assert_true(west->creation->rival_followup != 0);
		assert_true(east->creation->rival_followup != 0);
		/* each end knows the lower nonce of the other's */
		bool west_wins =
			memcmp(east->creation->rival_nonce, west->creation->rival_nonce, 32) > 0;
		won[west_wins]++;
		deliver_next(&pair);
		deliver_next(&pair); /* both answers */
		assert_true((west->creation != NULL) == west_wins);
		assert_true((east->creation != NULL) == !west_wins);
		/* the winner keeps nothing of the loser's, and the loser what the winner needs */
		assert_true((west->followups == NULL) == west_wins);
		assert_true((east->followups == NULL) == !west_wins);
		world_manual(pair.world, false);
		pair_run(&pair, 20 * SEC);
		assert_one(&pair);
		pair_end(&pair);
	}
	assert_true(won[0] > 0 && won[1] > 0);
}

/* Of two that crossed only one has more key exchanges: the other is there at once. */
static void one_of_two_has_none(void **state)
{
#define WEST PAIR_START "\tesp=aes_gcm256-dh31,aes_gcm128-dh31;addke1=dh19\n"
#define EAST PAIR_CONN "\tesp=aes_gcm128-dh31;addke1=dh19,aes_gcm256-dh31\n"
	(void)state;
	in_every_order(child_due, child_due, WEST, EAST);
}

static bool count_parts(void *context, struct flight *flight)
{
	unsigned *parts = context;

	*parts += flight->len > 18 && flight->bytes[16] == PAYLOAD_SKF &&
		  flight->bytes[18] == EXCHANGE_IKE_FOLLOWUP_KE;
	return true;
}

static void they_go_in_fragments_too(void **state)
{
	static const char conf[] = "\tike=aes_gcm256-sha2_256-dh31;addke1=dh15\n"
				   "\tesp=aes_gcm256-dh31;addke1=dh18\n\tfragment-size=256\n";
	unsigned parts = 0;
	char west[1024], east[1024];
	struct pair pair;

	(void)state;
	snprintf(west, sizeof(west), "%s%s", PAIR_START, conf);
	snprintf(east, sizeof(east), "%s%s", PAIR_CONN, conf);
	up(&pair, 1, west, east);
	world_tap(pair.world, count_parts, &parts);
	child_due(&pair.west);
	pair_run(&pair, 20 * SEC);
	assert_one(&pair);
	assert_int_equal(addke_of(&child_of(&pair.east)->choice), 1);
	assert_true(parts > 10); /* 1024 bytes each way */
	pair_end(&pair);
	for (int lost = 0; lost < 8; lost++) {
		up(&pair, 1, west, east);
		play(&pair, ike_due, nothing_due, 0xfffff, lost, -1, 0);
		pair_end(&pair);
	}
}

static void down_while_they_go_on_leaves_nothing(void **state)
{
	due_fn dues[] = { child_due, ike_due };
	struct diag diag;
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 24; i++) {
		up(&pair, i + 1, PAIR_START THREE, PAIR_CONN THREE);
		world_manual(pair.world, true);
		dues[i % 2](&pair.west);
		world_settle(pair.world);
		for (unsigned n = 0; n < i / 2 && !list_empty(world_flights(pair.world)); n++) {
			world_deliver(pair.world, container_of(world_flights(pair.world)->next,
							       struct flight, in_world));
			world_settle(pair.world);
		}
		assert_int_equal(gateway_down((i & 4) != 0 ? pair.west.gateway : pair.east.gateway,
					      "t", &diag),
				 RC_OK);
		if ((i & 4) == 0)
			assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
		world_settle(pair.world);
		world_manual(pair.world, false);
		pair_run(&pair, 200 * SEC);
		end_assert_empty(&pair.west);
		end_assert_empty(&pair.east);
		pair_end(&pair);
	}
}

static void a_kernel_that_refuses_the_new_child_sa(void **state)
{
	struct pair pair;
	uint64_t serial;

	(void)state;
	for (unsigned nth = 1; nth <= 6; nth++) {
		for (unsigned west = 0; west < 2; west++) {
			up(&pair, nth, PAIR_START ONE, PAIR_CONN ONE);
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

static void a_day_of_rekeying_without_a_lost_packet(void **state)
{
	static const char conf[] = PAIR_START THREE "\tsalifetime=1h\n\tikelifetime=3h\n";
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_sa_is_rekeyed_with_more_key_exchanges),
		cmocka_unit_test(those_that_are_optional_are_left_out_where_one_end_lacks_them),
		cmocka_unit_test(the_ike_sa_is_rekeyed_with_more_key_exchanges),
		cmocka_unit_test(siblings_are_made_with_more_key_exchanges),
		cmocka_unit_test(a_datagram_is_lost_or_comes_twice),
		cmocka_unit_test(both_ends_rekey_the_child_sa),
		cmocka_unit_test(both_ends_rekey_the_ike_sa),
		cmocka_unit_test(the_ike_sa_and_the_child_sa_are_rekeyed_at_once),
		cmocka_unit_test(a_delete_comes_between),
		cmocka_unit_test(of_two_that_crossed_only_one_goes_on),
		cmocka_unit_test(one_of_two_has_none),
		cmocka_unit_test(they_go_in_fragments_too),
		cmocka_unit_test(down_while_they_go_on_leaves_nothing),
		cmocka_unit_test(a_kernel_that_refuses_the_new_child_sa),
		cmocka_unit_test(a_day_of_rekeying_without_a_lost_packet),
	};

	return exchange_run(tests);
}
