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
	struct network_plan plan = { .count = 0 };
	struct network_object v4 = suite_address("10.9.0.7"), v6 = suite_address("fd00:9::7");
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	network_plan_add(&plan, &v4);
	network_plan_add(&plan, &v6);
	assert_int_equal(suite_set(&suite, &plan), 0);
	netns_do("PATH=$PATH:/sbin:/usr/sbin; ip addr show dev lo | grep -q '10.9.0.7/32 scope "
		 "link';"
		 "ip addr show dev lo | grep -q 'fd00:9::7/128 .*deprecated'");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TESTS,
		cmocka_unit_test(mtu_and_metric_are_of_the_route),
		cmocka_unit_test(table_of_tunnels_is_not_seen_by_what_has_the_mark),
		cmocka_unit_test(address_of_a_client_is_no_source_by_itself),
		cmocka_unit_test(what_others_have_put_there_stays),
		cmocka_unit_test(xfrm_interface_is_made_or_its_lack_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
