/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

static void sa_without_work_has_no_errand_and_nothing_waits(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	assert_null(road_sa(&road.pair.west)->errand);
	assert_int_equal(road_sa(&road.pair.east)->waiting_count, 0);
	assert_int_equal(road_tunnel(&road.pair.west)->peer->busy, 0);
	assert_true(list_empty(&road.pair.east.gateway->errands));
	road_end(&road);
}

static void events_wait_in_a_bounded_line_while_another_is_worked_on(void **state)
{
	struct road road;
	struct waiting waiting = { .event = EVENT_PROBE };

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *sa = road_sa(&road.pair.west);
	for (unsigned i = 0; i < WAITING_MAX; i++)
		assert_true(waiting_add(sa, &waiting, SPAN_NONE));
	assert_false(waiting_add(sa, &waiting, SPAN_NONE));
	assert_int_equal(sa->waiting_count, WAITING_MAX);
	waiting_free_all(sa);
	assert_int_equal(sa->waiting_count, 0);
	assert_true(list_empty(&sa->waiting));
	road_end(&road);
}

/* The worker has the key pair; the operator changes his mind. */
static void attempt_that_nobody_wants_any_more_ends_when_the_worker_is_done(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, NULL, NULL);
	world_hold_jobs(road.pair.world, true);
	end_up(&road.pair.west, "t");
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(world_jobs_waiting(road.pair.world), 1);
	assert_false(list_empty(&road.pair.west.gateway->errands));
	assert_int_equal(road_tunnel(&road.pair.west)->peer->busy, 1);
	assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
	world_hold_jobs(road.pair.world, false);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.count, 0);
	assert_int_equal(road_tunnel(&road.pair.west)->peer->busy, 0);
	end_assert_empty(&road.pair.west);
	road_end(&road);
}

/* The answer of the peer is with a worker; the SA ends meanwhile. */
static void sa_that_ended_meanwhile_is_not_worked_on_any_more(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	end_up(&road.pair.west, "t");
	while (road.count < 2)
		assert_true(world_step(road.pair.world));
	world_hold_jobs(road.pair.world, true);
	road_run(&road, 100 * USEC_PER_MSEC);
	struct gateway *west = road.pair.west.gateway;
	struct ike_sa *sa = road_sa(&road.pair.west);
	assert_non_null(sa->errand);
	assert_int_equal(sa->state, IKEV2_INIT_SENT);
	road_tunnel(&road.pair.west)->wanted = WANTED_LISTEN;
	ike_down(west, sa, RC_OPERATOR, NULL);
	world_hold_jobs(road.pair.world, false);
	road_run(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.count, 2);
	assert_true(list_empty(&west->errands));
	end_assert_empty(&road.pair.west);
	road_end(&road);
}

static void event_without_a_row_for_it_changes_nothing(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	struct ike_sa *sa = road_sa(&road.pair.west);
	road_event(gateway, sa, EVENT_INITIATE, NULL, NULL, NULL);
	const struct ike_row *row = ikev2_row(IKE_ESTABLISHED, INITIATOR, EVENT_INITIATE);
	assert_int_equal(gateway->row_runs[ikev2_row_index(row)], 1);
	road_event(gateway, sa, EVENT_GIVE_UP, NULL, NULL, NULL); /* nothing is outstanding */
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sa_without_work_has_no_errand_and_nothing_waits),
		cmocka_unit_test(events_wait_in_a_bounded_line_while_another_is_worked_on),
		cmocka_unit_test(attempt_that_nobody_wants_any_more_ends_when_the_worker_is_done),
		cmocka_unit_test(sa_that_ended_meanwhile_is_not_worked_on_any_more),
		cmocka_unit_test(event_without_a_row_for_it_changes_nothing),
	};

	return exchange_run(tests);
}
