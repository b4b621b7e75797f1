/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

static void established_sa_has_nothing_larval_left_and_is_counted_once(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	for (unsigned i = 0; i < 2; i++) {
		struct end *end = i == 0 ? &road.pair.west : &road.pair.east;
		struct ike_sa *sa = road_sa(end);
		assert_int_equal(sa->state, IKE_ESTABLISHED);
		assert_null(sa->larval);
		assert_null(sa->request.bytes);
		assert_false(sa->initiating);
		assert_int_equal(end->gateway->sas.established_count, 1);
		assert_int_equal(end->gateway->sas.half_open_count, 0);
		assert_int_equal(end->gateway->initiating, 0);
		assert_int_equal(end->gateway->counters.child_up, 1);
		assert_true(timer_armed(&sa->life));
		assert_false(timer_armed(&sa->retransmit));
	}
	assert_true(secret_equal(secret_span(&road_sa(&road.pair.west)->keys.block),
				 secret_span(&road_sa(&road.pair.east)->keys.block)));
	road_end(&road);
}

/* §2.4 */
static void initial_contact_ends_what_was_there_before(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	road_run(&road, 5 * USEC_PER_SEC);
	uint64_t old = road_sa(&road.pair.east)->serial;
	end_crash(&road.pair.west);
	kernel_simulated_flush(road.pair.west.kernel);
	end_boot(&road.pair.west, PAIR_CONN, NULL);
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	assert_null(ike_sa_by_serial(&road.pair.east.gateway->sas, old));
	assert_true(end_said(&road.pair.east, "INITIAL_CONTACT"));
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

static void fill_identity(struct writer *writer)
{
	static const uint8_t junk[4] = { 0 };
	struct wire_id id = { ID_KEY_ID, SPAN_OF(junk) };

	wire_id_emit(writer, PAYLOAD_IDi, &id);
}

/* §2.21.3: an authentic message that cannot be is answered, and ends the SA. */
static void authentic_nonsense_is_invalid_syntax_and_the_end(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct outcome_message message = road_inner(&road, EXCHANGE_INFORMATIONAL, fill_identity);
	road_say(&road, &road.pair.west, &message);
	assert_int_equal(road_notify(road_opened(&road, 0, road_sa(&road.pair.west))),
			 INVALID_SYNTAX);
	end_assert_empty(&road.pair.east);
	road_end(&road);
}

/* Commit fails at each of its allocations in turn: no SA stays half made, and the tunnel comes up
 * all the same. */
static void memory_that_fails_once_only_costs_time(void **state)
{
	(void)state;
	for (uint64_t nth = 1; nth < 120; nth += 7) {
		struct road road;
		road_begin(&road, PAIR_START, NULL);
		mem_fail_nth(nth);
		road_run(&road, USEC_PER_SEC);
		mem_fail_nth(0);
		road_run(&road, 120 * USEC_PER_SEC);
		pair_assert_tunnel(&road.pair);
		road_end(&road);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(established_sa_has_nothing_larval_left_and_is_counted_once),
		cmocka_unit_test(initial_contact_ends_what_was_there_before),
		cmocka_unit_test(authentic_nonsense_is_invalid_syntax_and_the_end),
		cmocka_unit_test(memory_that_fails_once_only_costs_time),
	};

	return exchange_run(tests);
}
