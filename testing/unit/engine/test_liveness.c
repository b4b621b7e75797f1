/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1: packets of the peer's are proof of life, ours are none. */
#include "engine/private.h"
#include "unit/ikev1/v1_road.h"

#define ASKS V1_ADD "\tdpddelay=10\n"

/* East has the tunnel and asks; both do no more than that. */
static void begin(struct v1_road *road)
{
	v1_road_up(road, NULL, ASKS);
}

static void second(struct v1_road *road, bool from_west, bool from_east)
{
	v1_road_run(road, USEC_PER_SEC);
	if (from_west)
		assert_int_equal(pair_ping(&road->pair, true), SIMULATED_ARRIVED);
	if (from_east)
		assert_int_equal(pair_ping(&road->pair, false), SIMULATED_ARRIVED);
}

static void who_sends_packets_is_not_asked(void **state)
{
	struct v1_road road;

	(void)state;
	begin(&road);
	for (unsigned i = 0; i < 100; i++)
		second(&road, true, false);
	assert_int_equal(road.count, 9);
	for (unsigned i = 0; i < 15; i++)
		second(&road, false, false);
	assert_int_equal(road.count, 11); /* R-U-THERE and its answer */
	v1_road_end(&road);
}

static void our_own_packets_prove_nothing(void **state)
{
	struct v1_road road;

	(void)state;
	begin(&road);
	for (unsigned i = 0; i < 15; i++)
		second(&road, false, true);
	assert_int_equal(road.count, 11);
	v1_road_end(&road);
}

static bool lose_all_of_west(struct flight *flight, unsigned nth)
{
	char from[IP_TEXT_MAX];

	(void)nth;
	return strcmp(ip_text(&flight->from.addr, from), WEST_ADDRESS) != 0;
}

/* Its answers get lost, its packets do not. */
static void who_was_asked_may_answer_with_packets(void **state)
{
	struct v1_road road;

	(void)state;
	begin(&road);
	road.meddle = lose_all_of_west;
	for (unsigned i = 0; i < 12; i++)
		second(&road, false, false);
	assert_int_equal(v1_sa(&road.pair.east)->request.purpose, REQUEST_LIVENESS);
	for (unsigned i = 0; i < 200; i++)
		second(&road, true, false);
	assert_int_equal(road.pair.east.ike_down, 0);
	assert_null(v1_sa(&road.pair.east)->request.bytes);
	for (unsigned i = 0; i < 200; i++) {
		second(&road, false, false);
		(void)pair_ping(&road.pair, false);
	}
	assert_int_equal(road.pair.east.ike_down, 1); /* dead, whatever we send */
	v1_road_end(&road);
}

static void an_end_while_the_kernel_is_asked_does_no_harm(void **state)
{
	struct v1_road road;
	struct ike_sa *sa;

	(void)state;
	begin(&road);
	sa = v1_sa(&road.pair.east);
	liveness_look(road.pair.east.gateway, sa);
	ike_down(road.pair.east.gateway, sa, RC_OPERATOR, "");
	v1_road_run(&road, USEC_PER_SEC);
	v1_road_end(&road);
	begin(&road);
	sa = v1_sa(&road.pair.east);
	liveness_look(road.pair.east.gateway, sa);
	end_stop(&road.pair.east);
	v1_road_run(&road, 5 * USEC_PER_SEC);
	assert_true(road.pair.east.stopped);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_sends_packets_is_not_asked),
		cmocka_unit_test(our_own_packets_prove_nothing),
		cmocka_unit_test(who_was_asked_may_answer_with_packets),
		cmocka_unit_test(an_end_while_the_kernel_is_asked_does_no_harm),
	};

	return exchange_run(tests);
}
