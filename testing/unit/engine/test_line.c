/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/renewal.h"

static void line_is_called_in_order_and_not_beyond_the_room(void **state)
{
	struct road road;
	struct peer *first, *second;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	first = road_tunnel(&road.pair.west)->peer;
	second = &(struct peer){ .owner = &gateway->peers };
	list_remove(&first->dirty);
	line_join(gateway, first, LINE_CREATING);
	line_join(gateway, second, LINE_CREATING);
	line_join(gateway, first, LINE_CREATING); /* stands there already */
	gateway->creating = CREATING_MAX;
	assert_false(line_moves(gateway));
	line_call(gateway);
	assert_false(list_linked(&first->dirty));
	gateway->creating = CREATING_MAX - 1;
	assert_true(line_moves(gateway));
	line_call(gateway);
	assert_true(list_linked(&first->dirty));
	assert_false(list_linked(&first->in_line));
	assert_false(list_linked(&second->dirty));
	assert_true(list_linked(&second->in_line));
	list_remove(&second->in_line);
	gateway->creating = 0;
	road_end(&road);
}

static void request_in_the_making_takes_a_place_too(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	world_hold_jobs(road.pair.world, true);
	renewal_begin(&road, &road.pair.west, true);
	assert_int_equal(gateway->creating, 1); /* its key pair is being made */
	assert_int_equal(gateway->sas.creations, 0);
	world_hold_jobs(road.pair.world, false);
	world_settle(road.pair.world);
	assert_int_equal(gateway->creating, 0);
	assert_int_equal(gateway->sas.creations, 1);
	world_manual(road.pair.world, false);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(gateway->sas.creations, 0);
	road_end(&road);
}

static void silent_peer_gives_its_place_away(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	renewal_begin(&road, &road.pair.west, false);
	assert_int_equal(gateway->sas.creations, 1);
	struct ike_sa *sa = road_sa(&road.pair.west);
	sa->request.tries = LINE_TRIES - 1;
	line_give_way(gateway, sa);
	assert_int_equal(gateway->sas.creations, 1);
	sa->request.tries = LINE_TRIES;
	line_give_way(gateway, sa);
	line_give_way(gateway, sa);
	assert_int_equal(gateway->sas.creations, 0);
	world_manual(road.pair.world, false);
	road_run(&road, 5 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 2); /* it goes on all the same */
	assert_int_equal(gateway->sas.creations, 0);
	road_end(&road);
}

static void attempt_that_nobody_answers_gives_its_place_away(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	world_manual(road.pair.world, true);
	end_up(&road.pair.west, "t");
	world_settle(road.pair.world);
	assert_int_equal(gateway->initiating, 1);
	for (unsigned i = 0; i < 60 && gateway->initiating > 0; i++)
		road_run(&road, USEC_PER_SEC);
	assert_int_equal(gateway->initiating, 0);
	assert_false(list_empty(&road_tunnel(&road.pair.west)->peer->ike_sas)); /* not given up */
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_is_called_in_order_and_not_beyond_the_room),
		cmocka_unit_test(request_in_the_making_takes_a_place_too),
		cmocka_unit_test(silent_peer_gives_its_place_away),
		cmocka_unit_test(attempt_that_nobody_answers_gives_its_place_away),
	};

	return exchange_run(tests);
}
