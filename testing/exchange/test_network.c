/* SPDX-License-Identifier: Apache-2.0 */
/* What tunnels put on their hosts: interfaces, addresses, routes; when they come and go. */
#include <errno.h>
#include <stdio.h>
#include "engine/private.h"
#include "exchange/things.h"
#include "unit/test.h"

#define SERVER                                                                                     \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\tauto=add\n\trightaddresspool=10.9.0.7-10.9.0.7\n"
#define CLIENT                                                                                     \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\tauto=add\n\trightsourceip=%config\n"
#define OFFICE "\tleftsubnet=10.1.0.0/24\n"
#define ALL    "\tleftsubnet=0.0.0.0/0\n"
#define ROUTED PAIR_BASE "\tauto=start\n\tipsec-interface=7\n\tleftinterface-ip=10.1.0.1/24\n"

static struct network_object route(const char *to, unsigned len, const char *device)
{
	struct network_object object = { .kind = NETWORK_ROUTE,
					 .len = (uint8_t)len,
					 .table = HOST_TABLE_MAIN };

	assert_int_equal(ip_parse(to, &object.addr), RC_OK);
	(void)snprintf(object.device, sizeof(object.device), "%s", device);
	return object;
}

static struct network_object route_from(const char *to, unsigned len, const char *device,
					const char *source)
{
	struct network_object object = route(to, len, device);

	assert_int_equal(ip_parse(source, &object.source), RC_OK);
	return object;
}

static struct network_object address(const char *addr, unsigned len, const char *device)
{
	struct network_object object = { .kind = NETWORK_ADDRESS, .len = (uint8_t)len };

	assert_int_equal(ip_parse(addr, &object.addr), RC_OK);
	(void)snprintf(object.device, sizeof(object.device), "%s", device);
	object.aside = strcmp(device, "lo") == 0;
	return object;
}

static struct network_object interface(unsigned number)
{
	struct network_object object = { .kind = NETWORK_LINK, .if_id = number };

	(void)snprintf(object.device, sizeof(object.device), "ipsec%u", number);
	return object;
}

/* East is the client. */
static void begin(struct pair *pair, const char *server, const char *client)
{
	pair_start(pair, 3, server, client, NULL, NULL);
	end_up(&pair->east, "t");
	pair_run(pair, 3 * USEC_PER_SEC);
	assert_int_equal(pair->east.child_up > 0, 1);
}

/* ---- clients ---- */

static void client_has_its_address_and_a_route_while_the_tunnel_is_up(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, SERVER OFFICE, CLIENT OFFICE);
	assert_true(has(&pair.east, address("10.9.0.7", 32, "lo")));
	assert_true(has(&pair.east, route_from("10.1.0.0", 24, "eth0", "10.9.0.7")));
	assert_int_equal(things(&pair.east), 2);
	assert_int_equal(things(&pair.west), 0);
	down(&pair, &pair.east, "t");
	assert_int_equal(things(&pair.east), 0);
	pair_end(&pair);
}

/* The way to the gateway itself must not lead into the tunnel. */
static void route_for_everything_stands_in_a_table_that_ike_does_not_see(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, SERVER ALL, CLIENT ALL);
	struct network_object all = route_from("0.0.0.0", 0, "eth0", "10.9.0.7");
	all.table = HOST_TABLE_TUNNELS;
	assert_true(has(&pair.east, all));
	assert_int_equal(network_simulated_count(pair.east.network, NETWORK_RULE), 2);
	down(&pair, &pair.east, "t");
	assert_int_equal(things(&pair.east), 0);
	pair_end(&pair);
}

static uint32_t mark_of_sent(const struct end *end)
{
	struct kernel_sa sa;

	child_kernel_sa(tunnel_current(peers_tunnel(&end->gateway->peers, "t")), KERNEL_OUT, &sa);
	return sa.output_mark;
}

/* Also where they do not lead to the peer: it may move there. */
static void esp_of_tunnels_with_routes_of_ours_is_marked(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, SERVER ALL, CLIENT ALL);
	assert_int_equal(mark_of_sent(&pair.east), HOST_MARK_OUTSIDE);
	assert_int_equal(mark_of_sent(&pair.west), 0);
	pair_end(&pair);
	begin(&pair, SERVER OFFICE, CLIENT OFFICE);
	assert_int_equal(mark_of_sent(&pair.east), HOST_MARK_OUTSIDE);
	assert_int_equal(mark_of_sent(&pair.west), 0);
	pair_end(&pair);
}

static void rekeying_and_reauthentication_touch_nothing_on_the_host(void **state)
{
	static const enum gateway_rekey_what whats[] = { REKEY_CHILD, REKEY_IKE, REKEY_REAUTH };
	struct pair pair;
	struct diag diag;

	(void)state;
	begin(&pair, SERVER OFFICE, CLIENT OFFICE);
	unsigned before = network_simulated_changes(pair.east.network);
	assert_int_equal(before, 2);
	for (unsigned i = 0; i < 3; i++) {
		unsigned up = pair.east.child_up + pair.east.ike_up;
		assert_int_equal(gateway_rekey(pair.east.gateway, "t", whats[i], &diag), RC_OK);
		pair_run(&pair, 40 * USEC_PER_SEC);
		assert_true(pair.east.child_up + pair.east.ike_up > up);
	}
	assert_int_equal(network_simulated_changes(pair.east.network), before);
	pair_end(&pair);
}

static void fixed_source_address_is_put_there_and_used(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_START "\tleftsourceip=10.1.0.1\n\tmtu=1300\n\tmetric=5\n", NULL,
		   NULL, NULL);
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	struct network_object wanted = route_from("10.2.0.0", 24, "eth0", "10.1.0.1");
	wanted.mtu = 1300;
	wanted.metric = 5;
	assert_true(has(&pair.west, wanted));
	assert_true(has(&pair.west, address("10.1.0.1", 32, "lo")));
	down(&pair, &pair.west, "t");
	assert_int_equal(things(&pair.west), 0);
	pair_end(&pair);
}

static void address_that_the_host_has_is_left_alone(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_CONN "\tleftsourceip=10.1.0.1\n", NULL, NULL, NULL);
	assert_int_equal(world_host_add_address(pair.west.host, "10.1.0.1"), RC_OK);
	struct network_object theirs = address("10.1.0.1", 24, "eth0");
	assert_true(network_simulated_put(pair.west.network, &theirs));
	end_up(&pair.west, "t");
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	assert_true(has(&pair.west, route_from("10.2.0.0", 24, "eth0", "10.1.0.1")));
	assert_int_equal(things(&pair.west), 2);
	down(&pair, &pair.west, "t");
	assert_int_equal(things(&pair.west), 1);
	pair_end(&pair);
}

/* ---- name servers ---- */

struct programs {
	char said[600]; /* command lines and what they read */
	struct world_program does;
};

static void note_program(void *context, struct host *host, const struct spawn_request *request,
			 struct world_program *program)
{
	struct programs *programs = context;
	size_t used = strlen(programs->said);

	(void)host;
	(void)snprintf(programs->said + used, sizeof(programs->said) - used, "%s %s %s\n%s",
		       request->argv[0], request->argv[1], request->argv[2],
		       request->input != NULL ? request->input : "");
	*program = programs->does;
}

#define NAMES "\tmodecfgdns=10.1.0.53,10.1.0.54\n\tmodecfgdomains=office.example\n"

static void client_sets_the_name_servers_that_it_is_given(void **state)
{
	struct programs programs = { .does = { .end = SPAWN_EXITED, .takes = USEC_PER_SEC / 10 } };
	struct diag diag;
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, SERVER OFFICE NAMES, CLIENT OFFICE, NULL, NULL);
	world_on_spawn(pair.world, note_program, &programs);
	end_up(&pair.east, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_string_equal(programs.said, "resolvconf -a eth0.vanth0\nnameserver 10.1.0.53\n"
					   "nameserver 10.1.0.54\nsearch office.example\n");
	assert_int_equal(gateway_rekey(pair.east.gateway, "t", REKEY_REAUTH, &diag), RC_OK);
	pair_run(&pair, 40 * USEC_PER_SEC);
	programs.said[0] = '\0';
	down(&pair, &pair.east, "t");
	assert_string_equal(programs.said, "resolvconf -d eth0.vanth0\n");
	pair_end(&pair);
}

static void name_servers_go_before_the_daemon_does(void **state)
{
	struct programs programs = { .does = { .end = SPAWN_EXITED, .takes = 2 * USEC_PER_SEC } };
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, SERVER OFFICE NAMES, CLIENT OFFICE, NULL, NULL);
	world_on_spawn(pair.world, note_program, &programs);
	end_up(&pair.east, "t");
	pair_run(&pair, 5 * USEC_PER_SEC);
	programs.said[0] = '\0';
	end_stop(&pair.east);
	pair_run(&pair, USEC_PER_SEC);
	assert_string_equal(programs.said, "resolvconf -d eth0.vanth0\n");
	assert_false(pair.east.stopped);
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_true(pair.east.stopped);
	pair_end(&pair);
}

static void without_resolvconf_the_tunnel_works_and_a_warning_tells(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, SERVER OFFICE NAMES, CLIENT OFFICE);
	assert_true(end_said(&pair.east, "the name servers behind eth0 are not set"));
	assert_true(end_said(&pair.east, "install openresolv or systemd-resolved"));
	assert_true(has(&pair.east, address("10.9.0.7", 32, "lo")));
	assert_int_equal(pair.east.child_down, 0);
	down(&pair, &pair.east, "t");
	assert_false(end_said(&pair.east, "are not removed"));
	pair_end(&pair);
}

/* ---- interfaces ---- */

static void interface_comes_with_address_and_route_and_goes_with_them(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, ROUTED, NULL, NULL, NULL);
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	assert_true(has(&pair.west, interface(7)));
	assert_true(has(&pair.west, address("10.1.0.1", 24, "ipsec7")));
	assert_true(has(&pair.west, route("10.2.0.0", 24, "ipsec7")));
	assert_int_equal(things(&pair.west), 3);
	down(&pair, &pair.west, "t");
	assert_int_equal(things(&pair.west), 0);
	pair_end(&pair);
}

static void two_tunnels_share_one_interface_which_goes_with_the_last(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, ROUTED "conn u\n\talso=t\n\trightsubnet=10.3.0.0/24\n",
		   PAIR_CONN "conn u\n\talso=t\n\trightsubnet=10.3.0.0/24\n", NULL, NULL);
	pair_run(&pair, 8 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 2);
	assert_int_equal(network_simulated_count(pair.west.network, NETWORK_LINK), 1);
	assert_int_equal(network_simulated_count(pair.west.network, NETWORK_ROUTE), 2);
	down(&pair, &pair.west, "t");
	assert_true(has(&pair.west, interface(7)));
	assert_false(has(&pair.west, route("10.2.0.0", 24, "ipsec7")));
	assert_true(has(&pair.west, route("10.3.0.0", 24, "ipsec7")));
	down(&pair, &pair.west, "u");
	assert_int_equal(things(&pair.west), 0);
	pair_end(&pair);
}

static void interface_of_somebody_else_is_used_and_stays(void **state)
{
	struct network_object theirs = interface(7);
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_CONN "\tipsec-interface=7\n", NULL, NULL, NULL);
	assert_true(network_simulated_put(pair.west.network, &theirs));
	end_up(&pair.west, "t");
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	assert_true(has(&pair.west, route("10.2.0.0", 24, "ipsec7")));
	assert_true(end_said(&pair.west, "not removed"));
	down(&pair, &pair.west, "t");
	assert_true(has(&pair.west, interface(7)));
	assert_int_equal(things(&pair.west), 1);
	pair_end(&pair);
}

/* Packets find the trap through the interface only. */
static void trap_has_its_interface_and_routes_before_and_after_the_tunnel(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_BASE "\tauto=ondemand\n\tipsec-interface=yes\n", NULL, NULL,
		   NULL);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 0);
	assert_true(has(&pair.west, route("10.2.0.0", 24, "ipsec1")));
	unsigned before = network_simulated_changes(pair.west.network);
	end_up(&pair.west, "t");
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	down(&pair, &pair.west, "t");
	assert_true(has(&pair.west, route("10.2.0.0", 24, "ipsec1")));
	assert_int_equal(network_simulated_changes(pair.west.network), before);
	struct diag diag;
	assert_int_equal(gateway_unroute(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(things(&pair.west), 0);
	pair_end(&pair);
}

/* ---- what goes wrong ---- */

static void refusal_is_told_and_tried_again_while_the_tunnel_stays_up(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_CONN "\tipsec-interface=7\n", NULL, NULL, NULL);
	network_simulated_no_links(pair.west.network, EOPNOTSUPP);
	end_up(&pair.west, "t");
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	pair_run(&pair, USEC_PER_SEC);
	assert_true(end_said(&pair.west, "cannot add the xfrm interface ipsec7"));
	assert_true(end_said(&pair.west, "modprobe xfrm_interface"));
	assert_true(end_said(&pair.west, "trying again in 5 s"));
	pair_run(&pair, 6 * USEC_PER_SEC);
	assert_true(end_said(&pair.west, "trying again in 10 s"));
	network_simulated_no_links(pair.west.network, 0);
	pair_run(&pair, 11 * USEC_PER_SEC);
	assert_true(has(&pair.west, interface(7)));
	assert_true(has(&pair.west, route("10.2.0.0", 24, "ipsec7")));
	assert_int_equal(pair.west.child_down, 0);
	pair_end(&pair);
}

static void what_a_killed_run_left_is_removed(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, ROUTED, NULL, NULL, NULL);
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	end_crash(&pair.west);
	assert_int_equal(things(&pair.west), 3);
	end_boot(&pair.west, PAIR_CONN, NULL);
	assert_int_equal(things(&pair.west), 0);
	assert_true(end_said(&pair.west, "that an earlier run left"));
	pair_end(&pair);
}

static void what_others_remove_comes_again_when_the_host_changes(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, SERVER OFFICE, CLIENT OFFICE);
	struct network_object gone = route_from("10.1.0.0", 24, "eth0", "10.9.0.7");
	assert_true(network_simulated_take(pair.east.network, &gone));
	assert_int_equal(world_host_add_address(pair.east.host, "192.0.2.77"), RC_OK);
	pair_run(&pair, USEC_PER_SEC);
	assert_true(has(&pair.east, gone));
	pair_end(&pair);
}

/* rp_filter=1: the way back is looked for before packets are taken in: what IKE and IPsec are made
 * of, of whatever peer; and fragments of this one. */
static void strict_host_lets_the_peer_in_past_the_table_of_tunnels(void **state)
{
	struct network_object rules[] = {
		{ .device = "lo", .proto = 50 },
		{ .device = "lo", .proto = 17, .port = 500 },
		{ .device = "lo", .proto = 17, .port = 4500 },
		{ .len = 32, .proto = 17 },
	};
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		rules[i].kind = NETWORK_RULE;
		rules[i].addr = ip_any(AF_INET);
		rules[i].table = HOST_TABLE_MAIN;
	}
	assert_int_equal(ip_parse("192.0.2.1", &rules[3].addr), RC_OK);
	assert_int_equal(ip_parse("192.0.2.2", &rules[3].source), RC_OK);
	for (unsigned i = 0; i < 2; i++) {
		pair_start(&pair, 3, SERVER ALL, CLIENT ALL "\tipsec-interface=yes\n", NULL, NULL);
		world_host_strict(pair.east.host, i == 1);
		end_up(&pair.east, "t");
		pair_run(&pair, 3 * USEC_PER_SEC);
		assert_int_equal(network_simulated_count(pair.east.network, NETWORK_RULE),
				 i == 1 ? 6 : 2);
		for (unsigned j = 0; j < 4; j++)
			assert_int_equal(has(&pair.east, rules[j]), i == 1);
		down(&pair, &pair.east, "t");
		assert_int_equal(things(&pair.east), 0);
		pair_end(&pair);
	}
}

static void what_others_remove_comes_back_by_itself_and_the_log_says_so(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, SERVER ALL, CLIENT ALL);
	struct network_object rule = { .kind = NETWORK_RULE,
				       .addr = ip_any(AF_INET),
				       .table = HOST_TABLE_TUNNELS };
	for (unsigned i = 0; i < 4; i++) {
		assert_true(network_simulated_take(pair.east.network, &rule));
		pair_run(&pair, USEC_PER_MSEC);
		assert_true(has(&pair.east, rule));
	}
	assert_true(end_said(&pair.east, "put back the IPv4 rule for routing table 86"));
	assert_true(network_simulated_take(pair.east.network, &rule));
	pair_run(&pair, USEC_PER_SEC / 2);
	assert_false(has(&pair.east, rule));
	pair_run(&pair, USEC_PER_SEC);
	assert_true(has(&pair.east, rule));
	assert_true(network_simulated_take(pair.east.network, &rule));
	down(&pair, &pair.east, "t"); /* while it waits */
	pair_run(&pair, 10 * USEC_PER_SEC);
	assert_int_equal(things(&pair.east), 0);
	pair_end(&pair);
}

static void nothing_stays_when_the_daemon_stops(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, ROUTED, PAIR_BASE "\tauto=ondemand\n\tipsec-interface=yes\n", NULL,
		   NULL);
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	end_stop(&pair.west);
	end_stop(&pair.east);
	pair_run(&pair, 6 * USEC_PER_SEC);
	assert_true(pair.west.stopped && pair.east.stopped);
	assert_int_equal(things(&pair.west), 0);
	assert_int_equal(things(&pair.east), 0);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict_host_lets_the_peer_in_past_the_table_of_tunnels),
		cmocka_unit_test(client_has_its_address_and_a_route_while_the_tunnel_is_up),
		cmocka_unit_test(route_for_everything_stands_in_a_table_that_ike_does_not_see),
		cmocka_unit_test(esp_of_tunnels_with_routes_of_ours_is_marked),
		cmocka_unit_test(rekeying_and_reauthentication_touch_nothing_on_the_host),
		cmocka_unit_test(fixed_source_address_is_put_there_and_used),
		cmocka_unit_test(address_that_the_host_has_is_left_alone),
		cmocka_unit_test(client_sets_the_name_servers_that_it_is_given),
		cmocka_unit_test(name_servers_go_before_the_daemon_does),
		cmocka_unit_test(without_resolvconf_the_tunnel_works_and_a_warning_tells),
		cmocka_unit_test(interface_comes_with_address_and_route_and_goes_with_them),
		cmocka_unit_test(two_tunnels_share_one_interface_which_goes_with_the_last),
		cmocka_unit_test(interface_of_somebody_else_is_used_and_stays),
		cmocka_unit_test(trap_has_its_interface_and_routes_before_and_after_the_tunnel),
		cmocka_unit_test(refusal_is_told_and_tried_again_while_the_tunnel_stays_up),
		cmocka_unit_test(what_a_killed_run_left_is_removed),
		cmocka_unit_test(what_others_remove_comes_again_when_the_host_changes),
		cmocka_unit_test(what_others_remove_comes_back_by_itself_and_the_log_says_so),
		cmocka_unit_test(nothing_stays_when_the_daemon_stops),
	};

	return exchange_run(tests);
}
