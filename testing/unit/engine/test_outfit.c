/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

/* Runs in small steps: the outfit is there after each of them. */
static void runs_with(struct road *road, const struct outfit *outfit, usec_t duration)
{
	for (usec_t passed = 0; passed < duration; passed += 20 * USEC_PER_MSEC) {
		pair_run(&road->pair, 20 * USEC_PER_MSEC);
		assert_ptr_equal(road_tunnel(&road->pair.west)->outfit, outfit);
		assert_non_null(road_tunnel(&road->pair.east)->outfit);
	}
}

static void comes_with_the_first_child_sa_and_goes_with_the_last(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, NULL, NULL);
	assert_null(road_tunnel(&road.pair.west)->outfit);
	road_end(&road);
	road_up(&road, NULL, NULL);
	assert_non_null(road_tunnel(&road.pair.west)->outfit);
	assert_non_null(road_tunnel(&road.pair.east)->outfit);
	assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&road.pair, USEC_PER_SEC);
	assert_null(road_tunnel(&road.pair.west)->outfit);
	assert_null(road_tunnel(&road.pair.east)->outfit);
	assert_true(list_empty(&road.pair.west.gateway->outfits));
	road_end(&road);
}

static void stays_over_rekeying_and_reauthentication(void **state)
{
	static const enum gateway_rekey_what whats[] = { REKEY_CHILD, REKEY_IKE, REKEY_REAUTH };
	struct diag diag;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct road road;
		road_up(&road, NULL, NULL);
		const struct outfit *outfit = road_tunnel(&road.pair.west)->outfit;
		unsigned before = road.pair.west.ike_down + road.pair.west.child_down;
		assert_int_equal(gateway_rekey(road.pair.west.gateway, "t", whats[i], &diag),
				 RC_OK);
		runs_with(&road, outfit, 20 * USEC_PER_SEC);
		assert_true(road.pair.west.ike_down + road.pair.west.child_down > before);
		road_end(&road);
	}
}

static void ends_with_a_gateway_that_is_freed(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	outfit_forget_all(road.pair.west.gateway);
	assert_null(road_tunnel(&road.pair.west)->outfit);
	assert_true(list_empty(&road.pair.west.gateway->outfits));
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_with_the_first_child_sa_and_goes_with_the_last),
		cmocka_unit_test(stays_over_rekeying_and_reauthentication),
		cmocka_unit_test(ends_with_a_gateway_that_is_freed),
	};

	return exchange_run(tests);
}
