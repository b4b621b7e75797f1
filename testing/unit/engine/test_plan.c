/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

#define FIXED PAIR_CONN "\tleftsourceip=10.1.0.1,fd00:1::1\n"

static struct network_plan plan_of(const struct end *end, const struct child_sa *but)
{
	struct network_plan plan;

	outfit_plan(end->gateway, peers_tunnel(&end->gateway->peers, "t"), but, &plan);
	return plan;
}

static unsigned count(const struct network_plan *plan, enum network_kind kind)
{
	unsigned found = 0;

	for (unsigned i = 0; i < plan->count; i++)
		found += plan->objects[i].kind == kind;
	return found;
}

static void plain_tunnel_wants_nothing(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	assert_int_equal(plan_of(&road.pair.west, NULL).count, 0);
	road_end(&road);
}

static void tunnel_without_child_sas_wants_nothing(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, FIXED, NULL);
	assert_int_equal(plan_of(&road.pair.west, NULL).count, 0);
	road_end(&road);
	road_up(&road, FIXED, NULL);
	struct child_sa *child = tunnel_current(road_tunnel(&road.pair.west));
	assert_true(plan_of(&road.pair.west, NULL).count > 0);
	assert_int_equal(plan_of(&road.pair.west, child).count, 0);
	road_end(&road);
}

static void source_of_a_route_is_of_its_ip_version(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, FIXED, NULL);
	struct network_plan plan = plan_of(&road.pair.west, NULL);
	assert_int_equal(count(&plan, NETWORK_ADDRESS), 2);
	assert_int_equal(count(&plan, NETWORK_ROUTE), 1);
	const struct network_object *route = &plan.objects[plan.count - 1];
	char text[NETWORK_TEXT_MAX];
	assert_string_equal(network_object_text(route, text),
			    "the route 10.2.0.0/24 dev eth0 src 10.1.0.1");
	road_end(&road);
}

static void without_a_network_nothing_is_planned(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, FIXED, NULL);
	struct network *network = road.pair.west.gateway->network;
	road.pair.west.gateway->network = NULL;
	assert_int_equal(plan_of(&road.pair.west, NULL).count, 0);
	road.pair.west.gateway->network = network;
	road_end(&road);
}

static void transport_mode_has_no_routes(void **state)
{
	static const char conf[] = "conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n"
				   "\trightid=@east\n\tauthby=secret\n\tauto=add\n"
				   "\ttype=transport\n\tmtu=1300\n";
	struct road road;

	(void)state;
	road_begin(&road, conf, conf);
	end_up(&road.pair.west, "t");
	pair_run(&road.pair, 2 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 1);
	assert_int_equal(plan_of(&road.pair.west, NULL).count, 0);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_tunnel_wants_nothing),
		cmocka_unit_test(tunnel_without_child_sas_wants_nothing),
		cmocka_unit_test(source_of_a_route_is_of_its_ip_version),
		cmocka_unit_test(without_a_network_nothing_is_planned),
		cmocka_unit_test(transport_mode_has_no_routes),
	};

	return exchange_run(tests);
}
