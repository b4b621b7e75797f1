/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "unit/kernel/objects.h"

static uint32_t priority(const char *src, const char *dst)
{
	struct selector from = subnet(src), to = subnet(dst);
	return kernel_policy_priority(&from, &to, false);
}

static void a_more_specific_network_comes_first(void **state)
{
	(void)state;
	assert_true(priority("10.1.0.0/24", "10.2.0.0/16") <
		    priority("10.1.0.0/16", "10.2.0.0/16"));
	assert_true(priority("10.1.0.0/16", "10.2.0.1") < priority("10.1.0.0/16", "10.2.0.0/31"));
	assert_true(priority("0.0.0.0/0", "10.0.0.0/8") < priority("0.0.0.0/0", "0.0.0.0/0"));
	assert_true(priority("2001:db8::1", "2001:db8::2") <
		    priority("2001:db8::/127", "2001:db8::2"));
}

static void networks_weigh_more_than_protocol_and_ports(void **state)
{
	struct selector src = subnet("10.1.0.0/16"), narrow = subnet("10.2.0.0/17");
	struct selector port = service("10.2.0.0/16", IPPROTO_TCP, 80, 80);
	(void)state;
	assert_true(kernel_policy_priority(&src, &narrow, false) <
		    kernel_policy_priority(&src, &port, true));
}

static void protocol_then_ports_then_transport_decide_among_equals(void **state)
{
	struct selector src = subnet("10.1.0.0/16"), any = subnet("10.2.0.0/16");
	struct selector tcp = service("10.2.0.0/16", IPPROTO_TCP, 0, UINT16_MAX);
	struct selector some = service("10.2.0.0/16", IPPROTO_TCP, 1024, 2047);
	struct selector one = service("10.2.0.0/16", IPPROTO_TCP, 80, 80);
	(void)state;
	assert_true(kernel_policy_priority(&src, &one, false) <
		    kernel_policy_priority(&src, &some, false));
	assert_true(kernel_policy_priority(&src, &some, false) <
		    kernel_policy_priority(&src, &tcp, false));
	assert_true(kernel_policy_priority(&src, &tcp, false) <
		    kernel_policy_priority(&src, &any, false));
	assert_true(kernel_policy_priority(&src, &any, true) <
		    kernel_policy_priority(&src, &any, false));
}

static void equal_sums_are_told_apart_by_the_destination(void **state)
{
	(void)state;
	assert_true(priority("10.0.0.0/8", "10.2.3.0/24") < priority("10.1.0.0/16", "10.2.0.0/16"));
}

static void no_selector_reaches_zero(void **state)
{
	struct selector one = service("::1", IPPROTO_TCP, 80, 80), all = subnet("::/0");
	(void)state;
	assert_true(kernel_policy_priority(&one, &one, true) > 0);
	assert_true(kernel_policy_priority(&all, &all, false) <= 1u << 26);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_more_specific_network_comes_first),
		cmocka_unit_test(networks_weigh_more_than_protocol_and_ports),
		cmocka_unit_test(protocol_then_ports_then_transport_decide_among_equals),
		cmocka_unit_test(equal_sums_are_told_apart_by_the_destination),
		cmocka_unit_test(no_selector_reaches_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
