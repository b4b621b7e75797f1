/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/renewal.h"

/* RFC 7296 §2.8.1: both ends rekey the IKE SA; the peer's waits until our answer is there. */
static void of_two_that_crossed_one_inherits_and_the_other_goes(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	renewal_begin(&road, &road.pair.west, true);
	renewal_begin(&road, &road.pair.east, true);
	struct ike_sa *old = road_sa(&road.pair.west);
	struct flight *easts =
		container_of(world_flights(road.pair.world)->prev, struct flight, in_world);
	world_deliver(road.pair.world, easts);
	world_settle(road.pair.world);
	struct ike_sa *heir = heir_waiting(old);
	assert_non_null(heir);
	assert_true(list_empty(&heir->children));
	assert_int_equal(old->state, IKE_ESTABLISHED);
	world_manual(road.pair.world, false);
	road_run(&road, 90 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_int_equal(road.pair.west.gateway->sas.ike_count, 1);
	road_end(&road);
}

/* The old one ends before the answer comes: what waits inherits after all. */
static void who_waits_inherits_when_the_old_one_ends(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	renewal_begin(&road, &road.pair.west, true);
	renewal_begin(&road, &road.pair.east, true);
	world_deliver(road.pair.world,
		      container_of(world_flights(road.pair.world)->prev, struct flight, in_world));
	world_settle(road.pair.world);
	struct ike_sa *old = road_sa(&road.pair.west);
	struct ike_sa *heir = heir_waiting(old);
	ike_down(road.pair.west.gateway, old, RC_PEER_DELETED, NULL);
	assert_int_equal(heir->heir_of, 0);
	assert_false(list_empty(&heir->children));
	assert_int_equal(road.pair.west.child_down, 0);
	road_end(&road);
}

static void nonce_and_serial_of_what_crossed_are_noted(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	renewal_begin(&road, &road.pair.west, false);
	renewal_begin(&road, &road.pair.east, false);
	struct ike_sa *sa = road_sa(&road.pair.west);
	world_deliver(road.pair.world,
		      container_of(world_flights(road.pair.world)->prev, struct flight, in_world));
	world_settle(road.pair.world);
	assert_non_null(sa->creation);
	assert_non_null(child_sa_by_serial(sa, sa->creation->rival));
	assert_int_equal(sa->creation->rival_nonce_len, 32);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_two_that_crossed_one_inherits_and_the_other_goes),
		cmocka_unit_test(who_waits_inherits_when_the_old_one_ends),
		cmocka_unit_test(nonce_and_serial_of_what_crossed_are_noted),
	};

	return exchange_run(tests);
}
