/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/loader.h"

#define TUNNEL	"conn a\n left=192.0.2.1\n right=192.0.2.2\n auto=add\n"
#define SHUNT	"conn s\n left=192.0.2.1\n right=192.0.2.9\n auto=ondemand\n"
#define SUBNETS " leftsubnet=10.1.0.0/24\n rightsubnet=10.2.0.0/24\n"

static void sixteen_subnets_go_together(void **state)
{
	static const char many[] =
		"10.0.0.0/24,10.0.1.0/24,10.0.2.0/24,10.0.3.0/24,10.0.4.0/24,10.0.5.0/24,"
		"10.0.6.0/24,10.0.7.0/24,10.0.8.0/24,10.0.9.0/24,10.0.10.0/24,10.0.11.0/24,"
		"10.0.12.0/24,10.0.13.0/24,10.0.14.0/24,10.0.15.0/24";
	char text[900];
	(void)state;
	snprintf(text, sizeof(text), TUNNEL " leftsubnet=%s\n", many);
	assert_loads(text, "");
	snprintf(text, sizeof(text), TUNNEL " rightsubnet=%s,10.0.16.0/24\n", many);
	assert_fails(text, "t.conf:5:2: conn a: 17 subnets in one tunnel; at most 16 are allowed: "
			   "rightsubnets= makes a tunnel of each\n");
	snprintf(text, sizeof(text), TUNNEL " rightsubnets=%s,10.0.16.0/24\n", many);
	assert_loads(text, "");
}

static void pairs_and_ranges_are_counted_as_policies(void **state)
{
	(void)state;
	assert_loads(TUNNEL " leftsubnet=10.0.0.1-10.0.0.6,10.3.0.0/24\n rightsubnet=10.2.0.0/24\n",
		     "");
	assert_fails(
		TUNNEL " leftsubnet=10.0.0.1-10.255.255.254,11.0.0.1-11.255.255.254\n"
		       " rightsubnet=10.2.0.0/24\n",
		"t.conf:5:2: conn a: the selectors need more than 64 policies in each direction: "
		"leftsubnets= and rightsubnets= make a tunnel of each pair, and ranges cost a "
		"policy for each mask they consist of\n");
}

static void ranges_of_ports_are_counted_too(void **state)
{
	(void)state;
	assert_loads(TUNNEL " leftprotoport=tcp/1000-2000\n rightprotoport=tcp/1000-2000\n", "");
	assert_fails(TUNNEL " leftprotoport=tcp/1-65534\n rightprotoport=tcp/1-65534\n",
		     "t.conf:5:2: conn a: the selectors need more than 64 policies in each "
		     "direction: leftsubnets= and rightsubnets= make a tunnel of each pair, and "
		     "ranges cost a policy for each mask they consist of\n");
}

static void a_shunt_with_a_tunnels_subnets_is_refused(void **state)
{
	(void)state;
	assert_fails(SHUNT " type=passthrough\n" SUBNETS TUNNEL SUBNETS,
		     "t.conf:8: conn a and conn s (t.conf:1, type=passthrough) are for the same "
		     "packets, 10.1.0.0/24 to 10.2.0.0/24: the kernel would have the policy of "
		     "either; change the subnets of one, or leave it out\n");
	assert_fails(TUNNEL " leftsubnet=10.5.0.0/24,10.2.0.0/24\n rightsubnet=10.1.0.0/24\n" SHUNT
			    " type=drop\n" SUBNETS,
		     "t.conf:1: conn a and conn s (t.conf:7, type=drop) are for the same packets, "
		     "10.1.0.0/24 to 10.2.0.0/24: the kernel would have the policy of either; "
		     "change the subnets of one, or leave it out\n");
}

static void two_shunts_for_the_same_packets_are_refused(void **state)
{
	(void)state;
	assert_fails(SHUNT " type=drop\n" SUBNETS "conn t\n left=192.0.2.1\n right=192.0.2.9\n"
			   " auto=ondemand\n type=passthrough\n" SUBNETS,
		     "t.conf:8: conn t and conn s (t.conf:1, type=drop) are for the same packets, "
		     "10.1.0.0/24 to 10.2.0.0/24: the kernel would have the policy of either; "
		     "change the subnets of one, or leave it out\n");
}

static void a_shunt_for_a_part_or_another_mark_is_fine(void **state)
{
	(void)state;
	assert_loads(SHUNT
		     " type=passthrough\n leftsubnet=10.1.0.0/25\n rightsubnet=10.2.0.0/24\n" TUNNEL
			     SUBNETS,
		     "");
	assert_loads(SHUNT " type=passthrough\n leftprotoport=tcp/22\n" SUBNETS TUNNEL SUBNETS, "");
	assert_loads(SHUNT " type=passthrough\n mark-out=5\n" SUBNETS TUNNEL SUBNETS, "");
	assert_loads(
		"conn s\n left=192.0.2.1\n right=192.0.2.9\n type=drop\n" SUBNETS TUNNEL SUBNETS,
		""); /* not loaded */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixteen_subnets_go_together),
		cmocka_unit_test(pairs_and_ranges_are_counted_as_policies),
		cmocka_unit_test(ranges_of_ports_are_counted_too),
		cmocka_unit_test(a_shunt_with_a_tunnels_subnets_is_refused),
		cmocka_unit_test(two_shunts_for_the_same_packets_are_refused),
		cmocka_unit_test(a_shunt_for_a_part_or_another_mark_is_fine),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
