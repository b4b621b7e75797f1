/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6023: IKE SAs that come up without a Child SA, which is made afterwards. */
#include <stdio.h>
#include "unit/ikev2/road.h"

static bool has_child(const struct ike_message *message)
{
	return payload_of(message, PAYLOAD_SA) != NULL ||
	       payload_of(message, PAYLOAD_TSi) != NULL || payload_of(message, PAYLOAD_TSr) != NULL;
}

static void ike_auth_goes_without_a_child_sa_and_create_child_sa_makes_it(void **state)
{
	static const char *const modes[] = { "prefer", "force" };
	char conf[600];
	struct road road;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(conf, sizeof(conf), "%s\tchildless=%s\n", PAIR_CONN, modes[i]);
		road_begin(&road, conf, NULL);
		end_up(&road.pair.west, "t");
		road_run(&road, 5 * USEC_PER_SEC);
		pair_assert_tunnel(&road.pair);
		assert_int_equal(road.count, 6);
		assert_false(has_child(road_opened(&road, 2, road_sa(&road.pair.east))));
		assert_false(has_child(road_opened(&road, 3, road_sa(&road.pair.west))));
		assert_int_equal(road_heard(&road, 4)->header.exchange, EXCHANGE_CREATE_CHILD_SA);
		assert_int_equal(road.pair.west.failed + road.pair.east.failed, 0);
		assert_int_equal(road.pair.west.ike_up, 1);
		road_end(&road);
	}
}

static void prefer_makes_the_child_sa_at_once_where_the_responder_knows_nothing_else(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, PAIR_CONN "\tchildless=prefer\n", PAIR_CONN "\tchildless=never\n");
	end_up(&road.pair.west, "t");
	road_run(&road, USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_int_equal(road.count, 4);
	road_end(&road);
}

static void force_does_not_begin_with_a_responder_that_cannot(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN "\tchildless=force\n", PAIR_CONN "\tchildless=never\n", NULL,
		   NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 3 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 0);
	assert_int_equal(pair.west.last_reason, RC_PEER_REFUSED);
	assert_true(end_said(&pair.west, "childless=force"));
	assert_true(pair.west.gateway->counters.datagrams_out < 5); /* with backoff */
	pair_end(&pair);
}

/* The responder wants it so: the Child SA of IKE_AUTH is refused, and made afterwards. */
static void a_responder_with_force_refuses_the_child_sa_of_ike_auth_only(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START, PAIR_CONN "\tchildless=force\n", NULL, NULL);
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_true(end_said(&pair.east, "childless=force forbids"));
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* A message lost anywhere: it comes up all the same. */
static bool lose_one(void *context, struct flight *flight)
{
	unsigned *left = context;

	(void)flight;
	return (*left)-- != 0;
}

static void any_one_message_may_be_lost(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 7; n++) {
		struct pair pair;
		unsigned left = n;
		pair_start(&pair, n + 1, PAIR_START "\tchildless=force\n", NULL, NULL, NULL);
		world_tap(pair.world, lose_one, &left);
		world_run(pair.world, 20 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

/* Nothing stays of an IKE SA in which no Child SA can be made. */
static void a_childless_ike_sa_that_gets_no_child_sa_does_not_stay(void **state)
{
	struct diag diag;
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN "\tchildless=force\n\tesp=aes_gcm128\n",
		   PAIR_CONN "\tesp=aes256-sha1\n", NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 30 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 0);
	assert_int_equal(pair.west.last_reason, RC_NO_PROPOSAL);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	world_run(pair.world, 60 * USEC_PER_SEC);
	end_assert_empty(&pair.west);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

/* The new IKE SA has no Child SA at first, and the tunnel has the old one: it is not idle. */
static void reauthentication_makes_the_child_sa_in_the_new_ike_sa(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_START "\tchildless=force\n\treauth=yes\n",
		   PAIR_CONN "\tchildless=force\n", NULL, NULL);
	pair_run(&pair, 30 * USEC_PER_SEC);
	struct tunnel *tunnel = peers_tunnel(&pair.west.gateway->peers, "t");
	tunnel_current(tunnel)->ike->replace_at = world_now(pair.world);
	peer_dirty(tunnel->peer);
	for (unsigned i = 0; i < 20; i++) {
		pair_run(&pair, USEC_PER_SEC);
		assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
	}
	assert_int_equal(pair.west.ike_up, 2);
	assert_int_equal(pair.west.child_up, 2);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ike_auth_goes_without_a_child_sa_and_create_child_sa_makes_it),
		cmocka_unit_test(
			prefer_makes_the_child_sa_at_once_where_the_responder_knows_nothing_else),
		cmocka_unit_test(force_does_not_begin_with_a_responder_that_cannot),
		cmocka_unit_test(a_responder_with_force_refuses_the_child_sa_of_ike_auth_only),
		cmocka_unit_test(any_one_message_may_be_lost),
		cmocka_unit_test(a_childless_ike_sa_that_gets_no_child_sa_does_not_stay),
		cmocka_unit_test(reauthentication_makes_the_child_sa_in_the_new_ike_sa),
	};

	return exchange_run(tests);
}
