/* SPDX-License-Identifier: Apache-2.0 */
/* The suite on the running kernel, in network namespaces of its own. */
#include "network/netlink/netlink.h"
#include "unit/host/netns.h"
#include "unit/network/suite.h"

static struct network *suite_network(struct host *host)
{
	struct network *network;
	struct diag diag;

	netns_or_skip();
	netns_do("PATH=$PATH:/sbin:/usr/sbin; ip addr add 192.0.2.1/24 dev v0;"
		 "ip addr add 2001:db8::1/64 dev v0 nodad");
	if (network_netlink_new(host, NULL, &network, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return network;
}

static const char *suite_device(void)
{
	return "v0";
}

/* As `ip` shows it. */
static bool suite_is_there(struct suite *suite, const struct network_object *object)
{
	char addr[IP_TEXT_MAX], script[400] = "", source[IP_TEXT_MAX] = "";
	const char *v = object->addr.family == AF_INET6 ? "-6" : "-4";

	(void)suite;
	ip_text(&object->addr, addr);
	if (ip_is_set(&object->source))
		ip_text(&object->source, source);
	switch (object->kind) {
	case NETWORK_LINK:
		(void)snprintf(script, sizeof(script), "ip link show %s", object->device);
		break;
	case NETWORK_ADDRESS:
		(void)snprintf(script, sizeof(script), "ip addr show dev %s | grep -qF '%s/%u '",
			       object->device, addr, object->len);
		break;
	case NETWORK_RULE:
		if (object->len != 0) {
			(void)snprintf(script, sizeof(script),
				       "ip %s rule show | grep -q '^30085:.*to %s ipproto udp "
				       "lookup main'",
				       v, addr);
			break;
		}
		(void)snprintf(script, sizeof(script), "ip %s rule show | grep -q '^%s'", v,
			       object->table == HOST_TABLE_MAIN
				       ? "30086:.*lookup main suppress_prefixlength 0"
				       : "30087:.*not from all fwmark 0x56414e54 lookup 86");
		break;
	case NETWORK_ROUTE:
		(void)snprintf(script, sizeof(script),
			       "ip %s route show table %u %s proto 86 | grep -q 'dev %s.*%s%s'", v,
			       object->table, object->len == 0 ? "default" : addr, object->device,
			       source[0] != '\0' ? "src " : "", source);
		if (object->len != 0)
			(void)snprintf(script, sizeof(script),
				       "ip %s route show table %u proto 86 | grep -q '^%s/%u "
				       "dev %s.*%s%s'",
				       v, object->table, addr, object->len, object->device,
				       source[0] != '\0' ? "src " : "", source);
		break;
	}
	char all[500];
	(void)snprintf(all, sizeof(all), "PATH=$PATH:/sbin:/usr/sbin; %s", script);
	return netns_try(all) == 0;
}

static void mtu_and_metric_are_of_the_route(void **state)
{
	struct network_plan plan;
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	suite_plan(&plan, "4");
	assert_int_equal(suite_set(&suite, &plan), 0);
	netns_do("PATH=$PATH:/sbin:/usr/sbin; ip route show 10.2.0.0/24 |"
		 " grep -q 'proto 86 .*src 10.9.0.7 metric 5 mtu 1300'");
	suite_end(&suite);
}

/* Neither what has the mark nor what table main knows better looks into the table of tunnels. */
static void table_of_tunnels_is_not_seen_by_what_has_the_mark(void **state)
{
	struct network_plan plan;
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	netns_do("PATH=$PATH:/sbin:/usr/sbin; ip route add default via 192.0.2.9");
	suite_plan(&plan, "4");
	assert_int_equal(suite_set(&suite, &plan), 0);
	netns_do("PATH=$PATH:/sbin:/usr/sbin;"
		 "ip route get 198.51.100.1 | grep -q 'table 86 .*src 10.9.0.7';"
		 "ip route get 198.51.100.1 mark 0x56414e54 | grep -q 'via 192.0.2.9 .*src "
		 "192.0.2.1';"
		 "ip route get 192.0.2.77 | grep -q 'src 192.0.2.1'");
	suite_end(&suite);
}

/* It is the source of nothing that does not ask for it. */
static void address_of_a_client_is_no_source_by_itself(void **state)
{
	struct network_object v4 = suite_address("10.9.0.7"), v6 = suite_address("fd00:9::7");
	struct network_plan plan;
	struct suite suite;

	(void)state;
	suite_begin_with(&suite, &plan, &v4, &v6);
	netns_do("PATH=$PATH:/sbin:/usr/sbin; ip addr show dev lo | grep -q '10.9.0.7/32 scope "
		 "link';"
		 "ip addr show dev lo | grep -q 'fd00:9::7/128 .*deprecated'");
	suite_end(&suite);
}

/* Linux itself is asked whether it would take such a packet in. */
static bool is_taken_in(const char *packet)
{
	char script[300];

	(void)snprintf(script, sizeof(script),
		       "PATH=$PATH:/sbin:/usr/sbin; ip route get 192.0.2.1 iif v0 from %s "
		       ">/dev/null 2>&1",
		       packet);
	return netns_try(script) == 0;
}

/* A tunnel for everything: what comes from outside would come by the wrong way. */
static void strict_rp_filter_takes_in_what_the_rules_say(void **state)
{
	struct network_object rules[] = {
		suite_rule(AF_INET, HOST_TABLE_MAIN),
		suite_rule(AF_INET, HOST_TABLE_TUNNELS),
		suite_route("0.0.0.0", 0),
		suite_rule(AF_INET, HOST_TABLE_MAIN),
		suite_rule(AF_INET, HOST_TABLE_MAIN),
	};
	struct network_object *ike = &rules[3], *fragments = &rules[4];
	struct network_plan plan = { .count = 0 };
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	netns_do("PATH=$PATH:/sbin:/usr/sbin; ip route add default via 192.0.2.9;"
		 "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter;"
		 "echo 1 >/proc/sys/net/ipv4/ip_forward");
	memcpy(rules[2].device, "lo", 3);
	rules[2].table = HOST_TABLE_TUNNELS;
	memcpy(ike->device, "lo", 3);
	ike->proto = fragments->proto = 17;
	ike->port = 4500;
	assert_int_equal(ip_parse("192.0.2.1", &fragments->source), RC_OK);
	assert_int_equal(ip_parse("198.51.100.1", &fragments->addr), RC_OK);
	fragments->len = 32;
	for (unsigned i = 0; i < 3; i++)
		network_plan_add(&plan, &rules[i]);
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_false(is_taken_in("203.0.113.5 ipproto udp sport 61000 dport 4500"));
	network_plan_add(&plan, fragments);
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_true(is_taken_in("198.51.100.1 ipproto udp sport 61000 dport 53"));
	assert_false(is_taken_in("203.0.113.5 ipproto udp sport 61000 dport 4500"));
	network_plan_add(&plan, ike);
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_true(is_taken_in("203.0.113.5 ipproto udp sport 61000 dport 4500"));
	assert_false(is_taken_in("203.0.113.5 ipproto udp sport 4500 dport 53"));
	netns_do("PATH=$PATH:/sbin:/usr/sbin;"
		 "ip route get 198.51.100.1 ipproto udp sport 53 dport 53 | grep -q 'dev lo';"
		 "ip route get 198.51.100.7 ipproto udp sport 53 dport 4500 | grep -q 'dev lo';"
		 "ip route get 198.51.100.7 ipproto udp sport 4500 dport 9 |"
		 " grep -q 'via 192.0.2.9'");
	plan.count = 0;
	assert_int_equal(suite_set(&suite, &plan), 0);
	netns_do("PATH=$PATH:/sbin:/usr/sbin; ! ip rule show | grep -q ^3008");
	suite_end(&suite);
}

static void what_others_have_put_there_stays(void **state)
{
	struct network_plan plan, nothing = { .count = 0 };
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	suite_plan(&plan, "4");
	netns_do("PATH=$PATH:/sbin:/usr/sbin; ip addr add 10.9.0.7/32 dev lo;"
		 "ip route add 10.2.0.0/24 dev v0 metric 5");
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_int_equal(suite_set(&suite, &nothing), 0);
	netns_do("PATH=$PATH:/sbin:/usr/sbin; ip addr show dev lo | grep -q 10.9.0.7/32;"
		 "ip route show | grep -q '^10.2.0.0/24 dev v0'");
	suite_end(&suite);
}

/* Where the kernel has none, that is said with the remedy. */
static void xfrm_interface_is_made_or_its_lack_is_told(void **state)
{
	struct network_object link = { .kind = NETWORK_LINK, .device = "ipsec7", .if_id = 7 };
	struct network_plan plan = { .count = 0 };
	struct suite suite;
	unsigned count;

	(void)state;
	suite_begin(&suite);
	network_plan_add(&plan, &link);
	if (suite_set(&suite, &plan) != 0) {
		assert_non_null(strstr(suite.diag.text, "modprobe xfrm_interface"));
		assert_false(suite_is_there(&suite, &link));
	} else {
		netns_do("PATH=$PATH:/sbin:/usr/sbin; ip -d link show ipsec7 | grep -q 'if_id 0x7 "
			 "\\|if_id 0x7$';"
			 "ip link show ipsec7 | grep -q '[<,]UP[,>].*group 22081'");
		assert_int_equal(network_remove_stale(suite.network, &count, NULL), RC_OK);
		assert_int_equal(count, 1);
		assert_false(suite_is_there(&suite, &link));
	}
	suite_end(&suite);
}

/* Linux tells it, and it comes again. */
static void comes_again_after(struct suite *suite, const struct network_plan *plan,
			      const char *script)
{
	char all[500];

	(void)snprintf(all, sizeof(all), "PATH=$PATH:/sbin:/usr/sbin; %s", script);
	netns_do(all);
	fake_turn(&suite->host); /* the event */
	fake_turn(&suite->host); /* what was told is put back */
	fake_turn(&suite->host); /* and what went with it without a word */
	for (unsigned i = 0; i < plan->count; i++) {
		char text[NETWORK_TEXT_MAX];
		if (!suite_is_there(suite, &plan->objects[i]))
			fail_msg("%s is gone after %s",
				 network_object_text(&plan->objects[i], text), script);
	}
}

static void due(void *context, usec_t when)
{
	(void)context;
	(void)when;
}

/* Begun, watching, and with the plans of both IP versions in one; v6: that of the second. */
static void begin_watching(struct suite *suite, struct network_plan *plan, struct network_plan *v6)
{
	suite_begin(suite);
	network_watch(suite->network, due, NULL);
	suite_plan(plan, "4");
	suite_plan(v6, "6");
	for (unsigned i = 0; i < v6->count; i++)
		network_plan_add(plan, &v6->objects[i]);
}

static void what_others_remove_is_heard_of_and_put_back(void **state)
{
	static const char *const scripts[] = {
		"ip route flush table all proto 86; ip -6 route flush table all proto 86",
		"ip rule del pref 30085; ip rule del pref 30086; ip rule del pref 30087",
		"ip -6 rule del pref 30085; ip -6 rule del pref 30087",
		"ip addr del 10.9.0.7/32 dev lo", /* the routes from it go with it */
	};
	struct network_plan plan, v6;
	struct suite suite;

	(void)state;
	begin_watching(&suite, &plan, &v6);
	assert_int_equal(suite_set(&suite, &plan), 0);
	for (unsigned i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		comes_again_after(&suite, &plan, scripts[i]);
	suite_end(&suite);
}

/* A route in the place of ours; and what others had there first, until it goes. */
static void place_that_others_take_or_leave_is_heard_of(void **state)
{
	static const char *const takes[] = {
		"ip route replace 10.2.0.0/24 via 192.0.2.9 dev v0 metric 5",
		"ip -6 route replace fd00:2::/64 via 2001:db8::9 dev v0 metric 5",
	};
	struct network_plan plan, v6, taken = { .count = 0 };
	struct suite suite;

	(void)state;
	begin_watching(&suite, &plan, &v6);
	network_plan_add(&taken, &plan.objects[1]);
	network_plan_add(&taken, &v6.objects[1]);
	netns_do("PATH=$PATH:/sbin:/usr/sbin; ip addr add 10.9.0.7/32 dev lo;"
		 "ip -6 route add default dev v0 table 86; ip rule add pref 30086 table main"
		 " suppress_prefixlength 0 protocol 86");
	assert_int_equal(suite_set(&suite, &plan), 0);
	for (unsigned i = 0; i < 2; i++)
		comes_again_after(&suite, &taken, takes[i]);
	netns_do("PATH=$PATH:/sbin:/usr/sbin; ip addr del 10.9.0.7/32 dev lo;"
		 "ip -6 route del default dev v0 table 86; ip rule del pref 30086");
	fake_turn(&suite.host);
	for (unsigned i = 0; i < 4; i++) { /* the address, then the route that went with it */
		suite.host.now += 2 * USEC_PER_SEC;
		network_tick(suite.network);
		fake_turn(&suite.host);
	}
	comes_again_after(&suite, &plan, "true");
	suite_end(&suite);
}

/* Also its routes, which Linux takes without a word. */
static void link_that_is_removed_or_set_down_comes_again(void **state)
{
	struct network_object link = { .kind = NETWORK_LINK, .device = "ipsec7", .if_id = 7 };
	struct network_object route;
	struct network_plan plan = { .count = 0 };
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	network_watch(suite.network, due, NULL);
	route = suite_route("10.2.0.0", 24);
	memcpy(route.device, link.device, sizeof(route.device));
	network_plan_add(&plan, &link);
	network_plan_add(&plan, &route);
	if (suite_set(&suite, &plan) != 0) {
		suite_end(&suite);
		print_message("this kernel has no xfrm interfaces: skipped\n");
		skip();
	}
	comes_again_after(&suite, &plan, "ip link del ipsec7");
	suite.host.now += 10 * USEC_PER_SEC;
	comes_again_after(&suite, &plan, "ip link set ipsec7 down");
	suite_end(&suite);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TESTS,
		cmocka_unit_test(mtu_and_metric_are_of_the_route),
		cmocka_unit_test(table_of_tunnels_is_not_seen_by_what_has_the_mark),
		cmocka_unit_test(address_of_a_client_is_no_source_by_itself),
		cmocka_unit_test(strict_rp_filter_takes_in_what_the_rules_say),
		cmocka_unit_test(what_others_have_put_there_stays),
		cmocka_unit_test(what_others_remove_is_heard_of_and_put_back),
		cmocka_unit_test(place_that_others_take_or_leave_is_heard_of),
		cmocka_unit_test(link_that_is_removed_or_set_down_comes_again),
		cmocka_unit_test(xfrm_interface_is_made_or_its_lack_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
