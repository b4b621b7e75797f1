/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

#define MOBILE PAIR_BASE "\tauto=add\n\tmobike=yes\n"

static struct ip_addr addr(const char *text)
{
	struct ip_addr out;

	assert_int_equal(ip_parse(text, &out), RC_OK);
	return out;
}

static void assert_pair(struct road *road, unsigned trial, const char *ours, const char *theirs)
{
	struct ike_sa *sa = road_sa(&road->pair.west);
	struct ip_addr us = addr(ours), them = addr(theirs);
	struct ip_endpoint local, remote;

	assert_true(ikev2_path(&road->pair.west.gateway->env, sa, trial, &local, &remote));
	assert_true(ip_equal(&local.addr, &us));
	assert_true(ip_equal(&remote.addr, &them));
	assert_int_equal(local.port, 4500);
	assert_int_equal(remote.port, 4500);
}

/* The address of the conn first, then what the routes say; every address of the peer's before a
 * second one of ours; then from the beginning. */
static void pairs_are_tried_best_first_and_each_once_a_round(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, MOBILE, MOBILE);
	struct ike_mobile *mobile = road_sa(&road.pair.west)->mobile;
	mobile->others[0] = addr("192.0.2.130");
	mobile->other_count = 1;
	assert_int_equal(world_host_add_address(road.pair.west.host, "192.0.2.131"), RC_OK);
	assert_pair(&road, 0, "192.0.2.1", "192.0.2.2");
	assert_pair(&road, 1, "192.0.2.1", "192.0.2.130");
	assert_pair(&road, 2, "192.0.2.131", "192.0.2.2");
	assert_pair(&road, 3, "192.0.2.131", "192.0.2.130");
	assert_pair(&road, 4, "192.0.2.1", "192.0.2.2");
	world_host_remove_address(road.pair.west.host, "192.0.2.1");
	assert_pair(&road, 0, "192.0.2.131", "192.0.2.2");
	assert_true(mobike_is_address(road_sa(&road.pair.west), &mobile->others[0]));
	struct ip_addr stranger = addr("192.0.2.99");
	assert_false(mobike_is_address(road_sa(&road.pair.west), &stranger));
	road_end(&road);
}

static void without_an_address_there_is_no_pair(void **state)
{
	struct ip_endpoint local, remote;
	struct road road;

	(void)state;
	road_up(&road, MOBILE, MOBILE);
	struct ike_sa *sa = road_sa(&road.pair.west);
	world_host_remove_address(road.pair.west.host, "192.0.2.1");
	assert_int_equal(world_host_add_address(road.pair.west.host, "2001:db8::1"), RC_OK);
	assert_false(ikev2_path(&road.pair.west.gateway->env, sa, 0, &local, &remote));
	sa->mobile->others[0] = addr("2001:db8::2"); /* a peer of both families */
	sa->mobile->other_count = 1;
	assert_pair(&road, 0, "2001:db8::1", "2001:db8::2");
	road_end(&road);
}

static void the_hash_of_our_addresses_tells_of_those_not_in_use(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, MOBILE, MOBILE);
	struct ike_sa *sa = road_sa(&road.pair.west);
	const struct sa_env *env = &road.pair.west.gateway->env;
	uint64_t before = ikev2_addresses_hash(env, sa);
	assert_int_equal(world_host_add_address(road.pair.west.host, "fe80::7"), RC_OK);
	assert_true(ikev2_addresses_hash(env, sa) == before); /* of no use elsewhere */
	assert_int_equal(world_host_add_address(road.pair.west.host, "192.0.2.131"), RC_OK);
	assert_true(ikev2_addresses_hash(env, sa) != before);
	world_host_remove_address(road.pair.west.host, "192.0.2.131");
	assert_true(ikev2_addresses_hash(env, sa) == before);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_tried_best_first_and_each_once_a_round),
		cmocka_unit_test(without_an_address_there_is_no_pair),
		cmocka_unit_test(the_hash_of_our_addresses_tells_of_those_not_in_use),
	};

	return exchange_run(tests);
}
