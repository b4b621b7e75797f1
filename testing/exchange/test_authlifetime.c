/* SPDX-License-Identifier: Apache-2.0 */
/* AUTH_LIFETIME (RFC 4478): whose authentication ends authenticates again in time, without a gap.
 */
#include "exchange/pair.h"
#include "sa/extra.h"
#include "unit/test.h"

#define QUICK "\tretransmit-tries=2\n" /* 3.5 s in all */

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_non_null(tunnel);
	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.prev, struct ike_sa, in_peer);
}

static void begin(struct pair *pair, const char *west_conf, const char *east_conf)
{
	pair_start(pair, 1, west_conf, east_conf, NULL, NULL);
	world_run(pair->world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

static void initiator_authenticates_again_before_the_end_and_no_packet_is_lost(void **state)
{
	struct pair pair;
	uint64_t first;

	(void)state;
	begin(&pair, PAIR_START QUICK, PAIR_CONN QUICK "\tauthlifetime=60s\n");
	assert_true(sa_of(&pair.west)->must_reauth);
	assert_false(sa_of(&pair.east)->must_reauth);
	first = sa_of(&pair.west)->serial;
	for (unsigned i = 0; i < 56; i++) {
		world_run(pair.world, USEC_PER_SEC);
		assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
	}
	assert_true(sa_of(&pair.west)->serial > first);
	world_run(pair.world, 600 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(pair.west.failed + pair.east.failed, 0);
	pair_end(&pair);
}

static void there_is_time_for_every_retransmission_before_the_end(void **state)
{
	struct pair pair;
	const struct ike_sa *sa;

	(void)state;
	begin(&pair, PAIR_START "\tretransmit-tries=3\n\trekeymargin=1s\n",
	      PAIR_CONN "\tauthlifetime=300s\n");
	sa = sa_of(&pair.west);
	assert_true(sa->auth_ends - sa->replace_at >= retransmit_budget(sa->peer->conn));
	assert_int_equal(retransmit_budget(sa->peer->conn), 7500 * USEC_PER_MSEC);
	pair_end(&pair);
}

/* Too short for that: at once, with time for all retransmissions before the hard end, and not
 * faster than once a second. */
static void lifetime_that_is_too_short_means_now_but_not_in_a_storm(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START, PAIR_CONN "\tauthlifetime=1s\n", NULL, NULL);
	world_run(pair.world, 500 * USEC_PER_MSEC);
	pair_assert_tunnel(&pair);
	assert_true(sa_of(&pair.west)->expires >=
		    world_now(pair.world) + retransmit_budget(sa_of(&pair.west)->peer->conn) -
			    3 * USEC_PER_SEC);
	world_run(pair.world, 20 * USEC_PER_SEC);
	assert_in_range(pair.west.ike_up, 3, 60);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
	pair_end(&pair);
}

/* rekey=no is about keys, not about who we are. */
static void initiator_authenticates_again_even_with_rekey_off(void **state)
{
	struct pair pair;
	uint64_t first;

	(void)state;
	begin(&pair, PAIR_START QUICK "\trekey=no\n", PAIR_CONN QUICK "\tauthlifetime=60s\n");
	first = sa_of(&pair.west)->serial;
	world_run(pair.world, 58 * USEC_PER_SEC);
	assert_true(sa_of(&pair.west)->serial > first);
	pair_end(&pair);
}

static void who_does_not_authenticate_again_loses_the_sa(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, PAIR_START QUICK, PAIR_CONN QUICK "\tauthlifetime=60s\n");
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, true), RC_OK);
	world_run(pair.world, 70 * USEC_PER_SEC);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

static void lifetime_that_changes_is_told_and_the_sas_stay(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, PAIR_START QUICK, PAIR_CONN QUICK);
	assert_false(sa_of(&pair.west)->must_reauth);
	world_run(pair.world, 10 * USEC_PER_SEC);
	end_reload(&pair.east, PAIR_CONN QUICK "\tauthlifetime=100s\n");
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(pair.west.ike_down + pair.east.ike_down, 0);
	assert_true(sa_of(&pair.west)->must_reauth);
	assert_true(end_said(&pair.west, "within 8")); /* of 100 s, 11 or 12 have passed */
	end_reload(&pair.east, PAIR_CONN QUICK "\tauthlifetime=20s\n");
	world_run(pair.world, USEC_PER_SEC);
	assert_true(end_said(&pair.west, "within 7 s") || end_said(&pair.west, "within 6 s"));
	world_run(pair.world, 6 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_up, 2);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* RFC 4478 §3: the first responder says how long it lasts. A client that became a responder by the
 * gateway's rekey says nothing: the gateway could not come to it. */
static void who_began_does_not_tell_whoever_rekeys(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, PAIR_START QUICK "\tauthlifetime=60s\n", PAIR_CONN QUICK);
	sa_of(&pair.east)->replace_at = world_now(pair.world);
	peer_dirty(sa_of(&pair.east)->peer);
	world_run(pair.world, 5 * USEC_PER_SEC);
	assert_int_equal(sa_of(&pair.west)->role, RESPONDER);
	assert_false(sa_of(&pair.east)->must_reauth);
	world_run(pair.world, 120 * USEC_PER_SEC);
	assert_int_equal(pair.east.ike_up, 2);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			initiator_authenticates_again_before_the_end_and_no_packet_is_lost),
		cmocka_unit_test(there_is_time_for_every_retransmission_before_the_end),
		cmocka_unit_test(lifetime_that_is_too_short_means_now_but_not_in_a_storm),
		cmocka_unit_test(initiator_authenticates_again_even_with_rekey_off),
		cmocka_unit_test(who_does_not_authenticate_again_loses_the_sa),
		cmocka_unit_test(lifetime_that_changes_is_told_and_the_sas_stay),
		cmocka_unit_test(who_began_does_not_tell_whoever_rekeys),
	};

	return exchange_run(tests);
}
