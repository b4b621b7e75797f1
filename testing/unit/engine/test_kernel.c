/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

#define ON_DEMAND PAIR_BASE "\tauto=ondemand\n"

static void trap_is_set_once_and_goes_with_the_route(void **state)
{
	struct road road;
	struct kernel_policy policy;
	struct diag diag;

	(void)state;
	road_begin(&road, NULL, NULL);
	assert_int_equal(gateway_route(road.pair.west.gateway, "t", &diag), RC_OK);
	assert_int_equal(gateway_route(road.pair.west.gateway, "t", &diag), RC_OK);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(kernel_simulated_policy_count(road.pair.west.kernel), 1);
	assert_true(kernel_simulated_policy(road.pair.west.kernel, 0, &policy));
	assert_int_equal(policy.direction, KERNEL_OUT);
	assert_int_equal(policy.reqid, road_tunnel(&road.pair.west)->reqid);
	assert_int_equal(gateway_unroute(road.pair.west.gateway, "t", &diag), RC_OK);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(kernel_simulated_policy_count(road.pair.west.kernel), 0);
	assert_int_equal(road.count, 0);
	road_end(&road);
}

static void traffic_of_somebody_elses_trap_begins_nothing(void **state)
{
	struct kernel_event event = { .type = KERNEL_ACQUIRE, .reqid = 1 };
	struct road road;

	(void)state;
	road_begin(&road, ON_DEMAND, NULL);
	kernel_event(road.pair.west.gateway, &event);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.count, 0);
	event.reqid = road_tunnel(&road.pair.west)->reqid;
	kernel_event(road.pair.west.gateway, &event);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 1);
	road_end(&road);
}

/* A soft one asks for a successor, a hard one ends it too; one of an SA that is not ours neither.
 */
static void expiry_concerns_the_child_sa_with_that_spi(void **state)
{
	struct kernel_event event = { .type = KERNEL_EXPIRE, .spi = 0x77 };
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	struct child_sa *child = tunnel_current(road_tunnel(&road.pair.west));
	usec_t before = child->replace_at;
	event.dst = child->local;
	kernel_event(gateway, &event);
	assert_int_equal(child->replace_at, before);
	event.spi = child->spi_in;
	kernel_event(gateway, &event);
	assert_int_equal(child->replace_at, host_now(gateway->host));
	assert_false(child->delete_wanted);
	event.spi = child->spi_out;
	event.dst = child->remote;
	event.reqid = child->tunnel->reqid;
	event.hard = true;
	kernel_event(gateway, &event);
	assert_true(child->delete_wanted);
	assert_int_equal(child->delete_reason, RC_TIMEOUT);
	road_end(&road);
}

static void lost_events_make_every_peer_be_looked_at(void **state)
{
	struct kernel_event event = { .type = KERNEL_RESYNC };
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	assert_false(list_linked(&road_tunnel(&road.pair.west)->peer->dirty));
	kernel_event(road.pair.west.gateway, &event);
	assert_true(list_linked(&road_tunnel(&road.pair.west)->peer->dirty));
	road_run(&road, USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trap_is_set_once_and_goes_with_the_route),
		cmocka_unit_test(traffic_of_somebody_elses_trap_begins_nothing),
		cmocka_unit_test(expiry_concerns_the_child_sa_with_that_spi),
		cmocka_unit_test(lost_events_make_every_peer_be_looked_at),
	};

	return exchange_run(tests);
}
