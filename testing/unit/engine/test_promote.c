/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include "unit/ikev2/renewal.h"

/* East has answered; west's Delete of the old one is not there yet. */
static struct child_sa *half_way(struct road *road)
{
	road_up(road, NULL, NULL);
	renewal_begin(road, &road->pair.west, false);
	renewal_deliver(road);
	return tunnel_current(road_tunnel(&road->pair.east));
}

static void outbound_half_comes_with_the_delete_of_the_old_one(void **state)
{
	struct road road;
	struct child_sa *child = half_way(&road);

	(void)state;
	assert_false(child->out_installed);
	renewal_deliver(&road); /* our answer: west deletes the old one */
	assert_false(child->out_installed);
	renewal_deliver(&road);
	assert_true(child->out_installed);
	world_manual(road.pair.world, false);
	road_run(&road, USEC_PER_SEC);
	assert_null(child->waiting_keymat.ptr);
	road_end(&road);
}

static void kernel_that_refuses_is_asked_again(void **state)
{
	struct road road;
	struct child_sa *child = half_way(&road);

	(void)state;
	renewal_deliver(&road);
	kernel_simulated_fail(road.pair.east.kernel, 1, ENOMEM, false);
	renewal_deliver(&road);
	world_manual(road.pair.world, false);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(child->promotions, 2);
	assert_true(child->out_installed);
	assert_int_equal(pair_ping(&road.pair, false), SIMULATED_ARRIVED);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outbound_half_comes_with_the_delete_of_the_old_one),
		cmocka_unit_test(kernel_that_refuses_is_asked_again),
	};

	return exchange_run(tests);
}
