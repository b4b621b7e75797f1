/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels through VTI devices: when they come, what they have, who shares them. */
#include <errno.h>
#include <stdio.h>
#include "engine/private.h"
#include "exchange/things.h"
#include "unit/test.h"

#define VTI   "\tvti-interface=vti5\n\tmark-in=5\n\tmark-out=6\n\tleftvti=10.1.0.1/24\n"
#define MARKS "\tmark-in=5\n\tmark-out=6\n"

static struct network_object device(const char *local, const char *remote)
{
	struct network_object link = {
		.kind = NETWORK_LINK, .device = "vti5", .vti = true, .ikey = 5, .okey = 6
	};

	assert_int_equal(ip_parse(local, &link.addr), RC_OK);
	assert_int_equal(ip_parse(remote, &link.via), RC_OK);
	return link;
}

static struct network_object on_vti(enum network_kind kind, const char *addr)
{
	struct network_object object = { .kind = kind, .device = "vti5", .len = 24 };

	assert_int_equal(ip_parse(addr, &object.addr), RC_OK);
	object.table = kind == NETWORK_ROUTE ? HOST_TABLE_MAIN : 0;
	return object;
}

static bool has_route(const struct end *end, const char *to)
{
	return has(end, on_vti(NETWORK_ROUTE, to));
}

static void device_comes_with_address_and_route_and_goes_with_them(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_START VTI, NULL, NULL, NULL);
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	assert_true(has(&pair.west, device(WEST_ADDRESS, EAST_ADDRESS)));
	assert_true(has(&pair.west, on_vti(NETWORK_ADDRESS, "10.1.0.1")));
	assert_true(has_route(&pair.west, "10.2.0.0"));
	assert_int_equal(things(&pair.west), 3);
	down(&pair, &pair.west, "t");
	assert_int_equal(things(&pair.west), 0);
	pair_end(&pair);
}

static void sas_and_policies_have_the_marks_of_the_device(void **state)
{
	struct kernel_policy policy;
	struct simulated_sa sa;
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_START VTI, NULL, NULL, NULL);
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	for (unsigned i = 0; kernel_simulated_sa(pair.west.kernel, i, &sa); i++)
		assert_int_equal(sa.sa.mark, sa.sa.direction == KERNEL_OUT ? 6 : 5);
	for (unsigned i = 0; kernel_simulated_policy(pair.west.kernel, i, &policy); i++)
		assert_int_equal(policy.mark, policy.direction == KERNEL_OUT ? 6 : 5);
	pair_end(&pair);
}

static void without_routing_there_are_no_routes(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_START VTI "\tvti-routing=no\n\tleftsourceip=10.1.0.1\n", NULL,
		   NULL, NULL);
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	assert_true(has(&pair.west, device(WEST_ADDRESS, EAST_ADDRESS)));
	assert_int_equal(network_simulated_count(pair.west.network, NETWORK_ROUTE), 0);
	pair_end(&pair);
}

static void shared_device_takes_packets_of_any_peer_and_goes_with_the_last_tunnel(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3,
		   PAIR_START VTI "\tvti-shared=yes\nconn u\n\talso=t\n"
				  "\trightsubnet=10.3.0.0/24\n",
		   PAIR_CONN "conn u\n\talso=t\n\trightsubnet=10.3.0.0/24\n", NULL, NULL);
	pair_run(&pair, 8 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 2);
	assert_true(has(&pair.west, device(WEST_ADDRESS, "0.0.0.0")));
	assert_int_equal(network_simulated_count(pair.west.network, NETWORK_LINK), 1);
	down(&pair, &pair.west, "t");
	assert_true(has(&pair.west, device(WEST_ADDRESS, "0.0.0.0")));
	assert_false(has_route(&pair.west, "10.2.0.0"));
	assert_true(has_route(&pair.west, "10.3.0.0"));
	down(&pair, &pair.west, "u");
	assert_int_equal(things(&pair.west), 0);
	pair_end(&pair);
}

/* right=%any: clients have one device, whatever vti-shared= says. */
static void clients_share_one_device(void **state)
{
	static const char server[] =
		"conn t\n\tleft=%any\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
		"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"
		"\tauto=add\n\tvti-interface=vti5\n" MARKS;
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_START, server, NULL, NULL);
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.east.child_up, 1);
	assert_true(has(&pair.east, device(EAST_ADDRESS, "0.0.0.0")));
	assert_true(has_route(&pair.east, "10.1.0.0"));
	pair_end(&pair);
}

static void device_of_somebody_else_is_used_and_stays(void **state)
{
	struct network_object theirs = device(WEST_ADDRESS, EAST_ADDRESS);
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_CONN VTI, NULL, NULL, NULL);
	theirs.okey = 99;
	assert_true(network_simulated_put(pair.west.network, &theirs));
	end_up(&pair.west, "t");
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	assert_true(has_route(&pair.west, "10.2.0.0"));
	assert_true(end_said(&pair.west, "not removed"));
	down(&pair, &pair.west, "t");
	assert_true(has(&pair.west, theirs));
	assert_int_equal(things(&pair.west), 1);
	pair_end(&pair);
}

static void trap_has_its_device_before_and_after_the_tunnel(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_BASE "\tauto=ondemand\n" VTI, NULL, NULL, NULL);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 0);
	assert_true(has(&pair.west, device(WEST_ADDRESS, EAST_ADDRESS)));
	assert_true(has_route(&pair.west, "10.2.0.0"));
	unsigned before = network_simulated_changes(pair.west.network);
	end_up(&pair.west, "t");
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	down(&pair, &pair.west, "t");
	assert_true(has_route(&pair.west, "10.2.0.0"));
	assert_int_equal(network_simulated_changes(pair.west.network), before);
	struct diag diag;
	assert_int_equal(gateway_unroute(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(things(&pair.west), 0);
	pair_end(&pair);
}

/* MOBIKE: the device has the addresses of its SAs, and its routes are not touched. */
static void device_goes_along_to_another_address(void **state)
{
	static const char roamer[] =
		"conn t\n\tleft=%defaultroute\n\tright=192.0.2.2\n\tmobike=yes\n"
		"\tleftid=@west\n\trightid=@east\n\tleftsubnet=10.1.0.0/24\n"
		"\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=start\n" VTI;
	static const char follower[] =
		"conn t\n\tleft=%any\n\tright=192.0.2.2\n\tmobike=yes\n\tleftid=@west\n"
		"\trightid=@east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"
		"\tauthby=secret\n\tauto=add\n";
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, roamer, follower, NULL, NULL);
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_true(has(&pair.west, device(WEST_ADDRESS, EAST_ADDRESS)));
	unsigned before = network_simulated_changes(pair.west.network);
	world_host_remove_address(pair.west.host, WEST_ADDRESS);
	assert_int_equal(world_host_add_address(pair.west.host, "192.0.2.77"), RC_OK);
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 1);
	assert_int_equal(pair.west.child_down, 0);
	assert_true(has(&pair.west, device("192.0.2.77", EAST_ADDRESS)));
	assert_true(has_route(&pair.west, "10.2.0.0"));
	assert_int_equal(network_simulated_changes(pair.west.network), before + 1);
	pair_end(&pair);
}

static void kernel_without_vti_is_told_with_the_remedy_and_the_tunnel_stays(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_CONN VTI, NULL, NULL, NULL);
	network_simulated_no_links(pair.west.network, EOPNOTSUPP);
	end_up(&pair.west, "t");
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	pair_run(&pair, USEC_PER_SEC);
	assert_true(end_said(&pair.west, "cannot add the VTI device vti5"));
	assert_true(end_said(&pair.west, "modprobe ip_vti"));
	network_simulated_no_links(pair.west.network, 0);
	pair_run(&pair, 6 * USEC_PER_SEC);
	assert_true(has_route(&pair.west, "10.2.0.0"));
	pair_end(&pair);
}

static void what_a_killed_run_left_is_removed(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_START VTI, NULL, NULL, NULL);
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	end_crash(&pair.west);
	assert_int_equal(things(&pair.west), 3);
	end_boot(&pair.west, PAIR_CONN, NULL);
	assert_int_equal(things(&pair.west), 0);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_comes_with_address_and_route_and_goes_with_them),
		cmocka_unit_test(sas_and_policies_have_the_marks_of_the_device),
		cmocka_unit_test(without_routing_there_are_no_routes),
		cmocka_unit_test(
			shared_device_takes_packets_of_any_peer_and_goes_with_the_last_tunnel),
		cmocka_unit_test(clients_share_one_device),
		cmocka_unit_test(device_of_somebody_else_is_used_and_stays),
		cmocka_unit_test(trap_has_its_device_before_and_after_the_tunnel),
		cmocka_unit_test(device_goes_along_to_another_address),
		cmocka_unit_test(kernel_without_vti_is_told_with_the_remedy_and_the_tunnel_stays),
		cmocka_unit_test(what_a_killed_run_left_is_removed),
	};

	return exchange_run(tests);
}
