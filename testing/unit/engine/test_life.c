/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

static void silence_is_probed_after_dpddelay_and_not_before(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, PAIR_CONN "\tdpddelay=20s\n", NULL);
	road_run(&road, 17 * USEC_PER_SEC);
	assert_int_equal(road.count, 0);
	road_run(&road, 3 * USEC_PER_SEC);
	assert_int_equal(road.count, 2);
	assert_int_equal(road_heard(&road, 0)->header.exchange, EXCHANGE_INFORMATIONAL);
	road_end(&road);
}

/* What the peer says by itself is proof enough. */
static void peer_that_speaks_is_not_probed(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, PAIR_CONN "\tdpddelay=20s\n", NULL);
	road_run(&road, 15 * USEC_PER_SEC);
	struct outcome_message message = road_inner(&road, EXCHANGE_INFORMATIONAL, NULL);
	road_say(&road, &road.pair.east, &message);
	assert_int_equal(road.count, 1); /* west answers */
	road_run(&road, 15 * USEC_PER_SEC);
	assert_int_equal(road.count, 1);
	road_run(&road, 10 * USEC_PER_SEC);
	assert_int_equal(road.count, 3);
	road_end(&road);
}

#define LIVES                                                                                      \
	PAIR_CONN "\tikelifetime=3000s\n\tsalifetime=1000s\n\trekeymargin=100s\n\trekeyfuzz=100%"  \
		  "\n"

static void lifetimes_spread_over_the_fuzz_and_the_maker_is_first(void **state)
{
	struct road road;
	usec_t least = USEC_NEVER, most = 0;

	(void)state;
	road_up(&road, LIVES, LIVES);
	struct gateway *gateway = road.pair.west.gateway;
	struct child_sa *child = tunnel_current(road_tunnel(&road.pair.west));
	usec_t now = host_now(gateway->host);
	for (unsigned i = 0; i < 200; i++) {
		life_begin_child(gateway, child);
		assert_int_equal(child->expires, now + 1000 * USEC_PER_SEC);
		least = child->replace_at < least ? child->replace_at : least;
		most = child->replace_at > most ? child->replace_at : most;
	}
	assert_in_range(least - now, 800 * USEC_PER_SEC, 810 * USEC_PER_SEC);
	assert_in_range(most - now, 890 * USEC_PER_SEC, 900 * USEC_PER_SEC);
	child->initiator = false;
	for (unsigned i = 0; i < 200; i++) {
		life_begin_child(gateway, child);
		assert_in_range(child->replace_at - now, 900 * USEC_PER_SEC, 950 * USEC_PER_SEC);
	}
	child->initiator = true;
	road_end(&road);
}

/* Who made the IKE SA replaces it; the other end steps in when half of the margin has passed. */
static void ike_sa_is_replaced_by_its_maker_first(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, LIVES, LIVES);
	struct ike_sa *west = road_sa(&road.pair.west), *east = road_sa(&road.pair.east);
	for (unsigned i = 0; i < 200; i++) {
		life_begin(road.pair.west.gateway, west);
		life_begin(road.pair.east.gateway, east);
		assert_in_range(west->replace_at - west->established, 2800 * USEC_PER_SEC,
				2900 * USEC_PER_SEC);
		assert_in_range(east->replace_at - east->established, 2900 * USEC_PER_SEC,
				2950 * USEC_PER_SEC);
	}
	road_end(&road);
}

static void half_open_sa_ends_when_its_time_is_over(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, "config setup\n\thalfopen-timeout=30s\n" PAIR_CONN);
	end_up(&road.pair.west, "t");
	while (road.count < 2)
		assert_true(world_step(road.pair.world));
	assert_int_equal(
		world_partition(road.pair.world, road.pair.west.host, road.pair.east.host, true),
		RC_OK);
	road_run(&road, 28 * USEC_PER_SEC);
	assert_int_equal(road.pair.east.gateway->sas.half_open_count, 1);
	road_run(&road, 4 * USEC_PER_SEC);
	assert_int_equal(road.pair.east.gateway->sas.half_open_count, 0);
	assert_int_equal(road.pair.east.gateway->counters.half_open_timeouts, 1);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_probed_after_dpddelay_and_not_before),
		cmocka_unit_test(peer_that_speaks_is_not_probed),
		cmocka_unit_test(lifetimes_spread_over_the_fuzz_and_the_maker_is_first),
		cmocka_unit_test(ike_sa_is_replaced_by_its_maker_first),
		cmocka_unit_test(half_open_sa_ends_when_its_time_is_over),
	};

	return exchange_run(tests);
}
