/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include <errno.h>
#include "base/arena.h"
#include "unit/kernel/sim_fixture.h"

static void a_policy_is_shown_as_it_was_set(void **state)
{
	struct pair *pair = *state;
	struct kernel_policy policy = in_policy(KERNEL_FWD), shown;
	policy.src = service("2001:db8:1::/49", IPPROTO_TCP, 0, UINT16_MAX);
	policy.dst = service("2001:db8:2::1", IPPROTO_TCP, 22, 22);
	policy.spi = 5, policy.mark = 1, policy.mark_mask = 3, policy.if_id = 8;
	assert_int_equal(set_policy(&pair->left, policy), 0);
	assert_true(kernel_simulated_policy(pair->left.kernel, 0, &shown));
	assert_false(kernel_simulated_policy(pair->left.kernel, 1, &shown));
	assert_true(selector_equal(&shown.src, &policy.src));
	assert_true(selector_equal(&shown.dst, &policy.dst));
	assert_true(ip_equal(&shown.tunnel_src, &policy.tunnel_src));
	assert_true(ip_equal(&shown.tunnel_dst, &policy.tunnel_dst));
	assert_int_equal(shown.direction, KERNEL_FWD);
	assert_int_equal(shown.reqid, REQID);
	assert_int_equal(shown.spi, 5);
	assert_int_equal(shown.mark_mask, 3);
	assert_int_equal(shown.if_id, 8);
	assert_int_equal(shown.priority, policy.priority);
}

static void setting_a_policy_again_replaces_its_template(void **state)
{
	struct pair *pair = *state;
	struct kernel_policy policy = out_policy(), shown;
	assert_int_equal(set_policy(&pair->left, policy), 0);
	policy.reqid = REQID + 1;
	assert_int_equal(set_policy(&pair->left, policy), 0);
	assert_int_equal(kernel_simulated_policy_count(pair->left.kernel), 1);
	assert_true(kernel_simulated_policy(pair->left.kernel, 0, &shown));
	assert_int_equal(shown.reqid, REQID + 1);
}

static uint32_t ruler(struct pair *pair, const char *from, const char *to, uint8_t protocol,
		      uint16_t port)
{
	struct selector src = service(from, protocol, 1000, 1000),
			dst = service(to, protocol, port, port);
	struct spd_policy *policy = sim_spd_lookup(pair->left.sim, KERNEL_OUT, &src, &dst);
	return policy != NULL ? policy->reqid : 0;
}

static void opaque_ports_are_those_of_no_port(void **state)
{
	struct pair *pair = *state;
	struct kernel_policy policy = out_policy();
	policy.src = subnet("10.1.0.0/16");
	policy.dst = service("10.2.0.0/16", IPPROTO_UDP, UINT16_MAX, 0);
	assert_int_equal(set_policy(&pair->left, policy), 0);
	assert_int_equal(ruler(pair, "10.1.0.1", "10.2.0.1", IPPROTO_UDP, 0), REQID);
	assert_int_equal(ruler(pair, "10.1.0.1", "10.2.0.1", IPPROTO_UDP, 80), 0);
}

static void lookup_honours_prefixes_protocols_and_ports(void **state)
{
	struct pair *pair = *state;
	struct kernel_policy policy = out_policy();
	policy.src = subnet("10.1.128.0/17");
	policy.dst = service("10.2.0.0/15", IPPROTO_TCP, 80, 80);
	assert_int_equal(set_policy(&pair->left, policy), 0);
	assert_int_equal(ruler(pair, "10.1.128.0", "10.2.0.0", IPPROTO_TCP, 80), REQID);
	assert_int_equal(ruler(pair, "10.1.255.255", "10.3.255.255", IPPROTO_TCP, 80), REQID);
	assert_int_equal(ruler(pair, "10.1.127.255", "10.2.0.0", IPPROTO_TCP, 80), 0);
	assert_int_equal(ruler(pair, "10.1.128.0", "10.4.0.0", IPPROTO_TCP, 80), 0);
	assert_int_equal(ruler(pair, "10.1.128.0", "10.2.0.0", IPPROTO_UDP, 80), 0);
	assert_int_equal(ruler(pair, "10.1.128.0", "10.2.0.0", IPPROTO_TCP, 81), 0);
	assert_int_equal(ruler(pair, "2001:db8::1", "2001:db8::2", IPPROTO_TCP, 80), 0);
}

static void the_lowest_priority_then_the_oldest_rules(void **state)
{
	struct pair *pair = *state;
	struct kernel_policy a = out_policy(), b = out_policy();
	b.src = subnet("10.1.0.0/24");
	b.reqid = REQID + 1;
	a.priority = b.priority = 100;
	assert_int_equal(set_policy(&pair->left, a), 0);
	assert_int_equal(set_policy(&pair->left, b), 0);
	assert_int_equal(ruler(pair, "10.1.0.1", "10.2.0.1", 6, 1), REQID);
	b.priority = 99;
	assert_int_equal(set_policy(&pair->left, b), 0);
	assert_int_equal(ruler(pair, "10.1.0.1", "10.2.0.1", 6, 1), REQID + 1);
	assert_int_equal(sim_spd_delete(pair->left.sim, &b), 0);
	assert_int_equal(sim_spd_delete(pair->left.sim, &b), ENOENT);
	assert_int_equal(ruler(pair, "10.1.0.1", "10.2.0.1", 6, 1), REQID);
}

static void no_allocation_that_fails_leaves_half_a_policy(void **state)
{
	struct pair *pair = *state;
	unsigned failures = 0;
	for (uint64_t n = 1; n < 5; n++) {
		mem_fail_nth(n);
		int error = set_policy(&pair->left, out_policy());
		mem_fail_nth(0);
		if (error == 0)
			break;
		failures++;
		assert_int_equal(error, ENOMEM);
		assert_int_equal(ruler(pair, "10.1.0.1", "10.2.0.1", 6, 1), 0);
	}
	assert_in_range(failures, 1, 3);
}

static void a_hundred_thousand_policies_are_set_and_deleted_quickly(void **state)
{
	struct pair *pair = *state;
	struct kernel_policy policy = out_policy();
	for (unsigned round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 100000; i++) {
			uint32_t network = htonl(0x20000000 + i);
			memcpy(policy.src.range.from.bytes, &network, 4);
			policy.src.range.to = policy.src.range.from;
			assert_int_equal(round == 0 ? sim_spd_set(pair->left.sim, &policy)
						    : sim_spd_delete(pair->left.sim, &policy),
					 0);
		}
	assert_int_equal(kernel_simulated_policy_count(pair->left.kernel), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(a_policy_is_shown_as_it_was_set),
		PAIR_TEST(setting_a_policy_again_replaces_its_template),
		PAIR_TEST(opaque_ports_are_those_of_no_port),
		PAIR_TEST(lookup_honours_prefixes_protocols_and_ports),
		PAIR_TEST(the_lowest_priority_then_the_oldest_rules),
		PAIR_TEST(no_allocation_that_fails_leaves_half_a_policy),
		PAIR_TEST(a_hundred_thousand_policies_are_set_and_deleted_quickly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
