/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"

static struct loaded l;

#define ROAD(setup, subnet)                                                                        \
	setup "conn a\n left=192.0.2.1\n right=%any\n authby=secret\n keyexchange=ikev1\n"         \
	      " rightsubnet=" subnet "\n"
#define SETUP(text) "config setup\n virtual-private=" text "\n"

static const struct config_end *right_of(const char *text)
{
	load_everything(&l, text);
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->conn_count, 1);
	return &l.config->conns[0]->right;
}

static void private_subnets_are_allowed_or_excluded(void **state)
{
	const struct config_setup *setup;

	(void)state;
	load_everything(&l, SETUP("%v4:10.0.0.0/8,%v6:fd00::/8 , %v4:!10.1.0.0/16"));
	assert_string_equal(l.report, "");
	setup = &l.config->setup;
	assert_int_equal(setup->virtual_in.count, 2);
	assert_int_equal(setup->virtual_in.items[1].from.family, AF_INET6);
	assert_int_equal(setup->virtual_out.count, 1);
	assert_int_equal(setup->virtual_out.items[0].to.bytes[1], 1);
	unload(&l);
}

static void refuses(const char *text, const char *why)
{
	load_everything(&l, text);
	if (strstr(l.report, why) == NULL)
		fail_msg("%s", l.report);
	unload(&l);
}

static void what_is_no_private_subnet_is_found_at_its_column(void **state)
{
	(void)state;
	refuses(SETUP("%v4:10.0.0.0/8,10.1.0.0/16"), "t.conf:2:33: ");
	refuses(SETUP("%v4:fd00::/8"), "stands before an IPv4 subnet");
	refuses(SETUP("%v6:!10.0.0.0/8"), "stands before an IPv6 subnet");
	refuses(SETUP("%v4:!"), "t.conf:2:");
	refuses(SETUP("%v4:10.0.0.1/8"), "t.conf:2:");
}

static void priv_is_what_virtual_private_allows(void **state)
{
	const struct config_end *right;

	(void)state;
	right = right_of(ROAD(SETUP("%v4:10.0.0.0/8,%v4:192.168.0.0/16"), "vhost:%priv,%no"));
	assert_int_equal(right->virtual_kind, VIRTUAL_HOST);
	assert_true(right->virtual_no && right->virtual_private && right->together);
	assert_int_equal(right->subnet_count, 2);
	assert_int_equal(right->subnets[1].from.bytes[0], 192);
	unload(&l);
	right = right_of(ROAD(SETUP("%v4:10.0.0.0/8"), "vnet:%v4:172.16.0.0/12,%priv"));
	assert_int_equal(right->virtual_kind, VIRTUAL_NET);
	assert_false(right->virtual_no);
	assert_int_equal(right->subnet_count, 2);
	assert_int_equal(right->subnets[0].from.bytes[0], 172);
	unload(&l);
	right = right_of(ROAD("", "vhost:%no"));
	assert_int_equal(right->subnet_count, 0);
	unload(&l);
}

static void in_transport_mode_only_the_address_seen_counts(void **state)
{
	const struct config_end *right;

	(void)state;
	right = right_of(ROAD(SETUP("%v4:10.0.0.0/8"), "vhost:%priv,%no\n type=transport"));
	assert_int_equal(right->subnet_count, 0);
	assert_int_equal(right->virtual_kind, VIRTUAL_HOST);
	unload(&l);
}

static void virtual_subnets_are_of_road_warriors_with_ikev1(void **state)
{
	(void)state;
	refuses(ROAD("", "vhost:%priv"), "%priv needs virtual-private= in config setup");
	refuses(ROAD("", "vhost:%all"), "t.conf:6:");
	refuses(ROAD("", "vhost:%no,10.0.0.0/8"), "expected %no");
	refuses(ROAD("", "10.0.0.0/8,vhost:%no"), "stands alone");
	refuses("conn a\n left=192.0.2.1\n right=%any\n authby=secret\n rightsubnet=vhost:%no\n",
		"vhost: and vnet: are of IKEv1");
	refuses("conn a\n left=192.0.2.1\n right=192.0.2.2\n authby=secret\n keyexchange=ikev1\n"
		" rightsubnet=vhost:%no\n",
		"for clients that come from anywhere");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_subnets_are_allowed_or_excluded),
		cmocka_unit_test(what_is_no_private_subnet_is_found_at_its_column),
		cmocka_unit_test(priv_is_what_virtual_private_allows),
		cmocka_unit_test(in_transport_mode_only_the_address_seen_counts),
		cmocka_unit_test(virtual_subnets_are_of_road_warriors_with_ikev1),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
