/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/renewal.h"

static void successor_inherits_and_the_old_one_waits_for_its_delete(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *old = road_sa(&road.pair.east);
	renewal_begin(&road, &road.pair.west, true);
	renewal_deliver(&road);
	struct ike_sa *born = tunnel_current(road_tunnel(&road.pair.east))->ike;
	assert_ptr_not_equal(born, old);
	assert_int_equal(old->state, IKE_REKEYED);
	assert_true(list_empty(&old->children));
	assert_false(old->delete_wanted);
	assert_int_equal(born->role, RESPONDER);
	assert_int_equal(born->send_next + born->recv_next, 0);
	assert_true(born->spi_i != old->spi_i && born->spi_r != old->spi_r);
	road_end(&road);
}

/* RFC 7296 §2.25.2 */
static void not_while_a_child_sa_is_being_changed(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	renewal_begin(&road, &road.pair.east, false); /* east's request is out */
	road.count = 0;
	renewal_begin(&road, &road.pair.west, true);
	struct flight *last =
		container_of(world_flights(road.pair.world)->prev, struct flight, in_world);
	road.count = 0;
	world_deliver(road.pair.world, last);
	world_settle(road.pair.world);
	assert_int_equal(road_notify(road_opened(&road, 0, road_sa(&road.pair.west))),
			 TEMPORARY_FAILURE);
	road_end(&road);
}

/* A peer that rekeys and rekeys and deletes nothing costs no more than that. */
static void old_ones_that_are_never_deleted_are_bounded(void **state)
{
	struct road road;
	unsigned rekeyed = 0;

	(void)state;
	road_up(&road, NULL, NULL);
	for (unsigned i = 0; i < 12; i++) {
		renewal_begin(&road, &road.pair.west, true);
		for (unsigned n = 0; n < 2; n++) /* the request, the answer */
			if (!list_empty(world_flights(road.pair.world)))
				renewal_deliver(&road);
		while (!list_empty(world_flights(road.pair.world)))
			world_drop(road.pair.world,
				   container_of(world_flights(road.pair.world)->next, struct flight,
						in_world));
	}
	list_for(node, &road_tunnel(&road.pair.east)->peer->ike_sas) rekeyed +=
		container_of(node, struct ike_sa, in_peer)->state == IKE_REKEYED;
	assert_int_equal(rekeyed, 8);
	assert_true(end_said(&road.pair.east, "has not deleted 8 IKE SAs"));
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(successor_inherits_and_the_old_one_waits_for_its_delete),
		cmocka_unit_test(not_while_a_child_sa_is_being_changed),
		cmocka_unit_test(old_ones_that_are_never_deleted_are_bounded),
	};

	return exchange_run(tests);
}
