/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "unit/kernel/messages.h"

static struct message buffer;
static struct nlmsghdr *message;

static struct xfrm_userpolicy_info set(struct kernel_policy policy)
{
	struct xfrm_userpolicy_info info;
	message = xfrm_policy_set_encode(buffer.bytes, &policy,
					 xfrm_policy_index(5, policy.direction));
	assert_int_equal(message->nlmsg_type, XFRM_MSG_UPDPOLICY);
	memcpy(&info, mnl_nlmsg_get_payload(message), sizeof info);
	return info;
}

static struct xfrm_user_tmpl template(void)
{
	struct xfrm_user_tmpl value;
	struct span bytes = attribute(message, sizeof(struct xfrm_userpolicy_info), XFRMA_TMPL);
	assert_int_equal(bytes.len, sizeof value);
	memcpy(&value, bytes.ptr, sizeof value);
	return value;
}

static void a_policy_protects_with_a_required_template(void **state)
{
	static const uint8_t src[4] = { 192, 0, 2, 1 }, dst[4] = { 192, 0, 2, 2 };
	struct xfrm_userpolicy_info info = set(out_policy());
	struct xfrm_user_tmpl tmpl = template();
	(void)state;
	assert_int_equal(info.dir, XFRM_POLICY_OUT);
	assert_int_equal(info.action, XFRM_POLICY_ALLOW);
	assert_int_equal(info.priority, out_policy().priority);
	assert_true(info.lft.hard_byte_limit == XFRM_INF && info.lft.soft_packet_limit == XFRM_INF);
	assert_int_equal(info.sel.prefixlen_s, 16);
	assert_memory_equal(&tmpl.saddr, src, 4);
	assert_memory_equal(&tmpl.id.daddr, dst, 4);
	assert_int_equal(tmpl.id.proto, IPPROTO_ESP);
	assert_int_equal(tmpl.id.spi, 0);
	assert_int_equal(tmpl.reqid, REQID);
	assert_int_equal(tmpl.mode, XFRM_MODE_TUNNEL);
	assert_int_equal(tmpl.optional, 0);
	assert_int_equal(tmpl.family, AF_INET);
	assert_int_equal(tmpl.ealgos & tmpl.aalgos & tmpl.calgos, UINT32_MAX);
}

static void ipcomp_is_the_first_template_and_may_be_missing_inbound(void **state)
{
	(void)state;
	for (uint8_t direction = KERNEL_IN; direction <= KERNEL_FWD; direction++) {
		struct kernel_policy policy = in_policy(direction);
		struct xfrm_user_tmpl both[2];
		policy.compress = true;
		(void)set(policy);
		struct span bytes =
			attribute(message, sizeof(struct xfrm_userpolicy_info), XFRMA_TMPL);
		assert_int_equal(bytes.len, sizeof both);
		memcpy(both, bytes.ptr, sizeof both);
		assert_int_equal(both[0].id.proto, IPPROTO_COMP);
		assert_int_equal(both[0].mode, XFRM_MODE_TUNNEL);
		assert_int_equal(both[0].optional, direction != KERNEL_OUT);
		assert_int_equal(both[0].reqid, REQID);
		assert_int_equal(both[1].id.proto, IPPROTO_ESP);
		assert_int_equal(both[1].mode, XFRM_MODE_TRANSPORT);
		assert_int_equal(both[1].optional, 0);
		assert_int_equal(both[1].saddr.a4, 0);
	}
}

static void directions_have_linux_numbers_also_in_the_index(void **state)
{
	(void)state;
	for (uint8_t direction = KERNEL_IN; direction <= KERNEL_FWD; direction++) {
		static const uint8_t numbers[] = { XFRM_POLICY_IN, XFRM_POLICY_OUT,
						   XFRM_POLICY_FWD };
		struct xfrm_userpolicy_info info = set(in_policy(direction));
		assert_int_equal(info.dir, numbers[direction]);
		assert_int_equal(info.index & 7, numbers[direction]);
		assert_true(xfrm_policy_index_is_ours(info.index));
	}
}

static void indexes_stay_in_their_range_and_linux_own_are_not_ours(void **state)
{
	(void)state;
	assert_true(xfrm_policy_index_is_ours(xfrm_policy_index(UINT32_MAX, KERNEL_FWD)));
	assert_true(xfrm_policy_index(1, KERNEL_IN) != xfrm_policy_index(2, KERNEL_IN));
	assert_false(xfrm_policy_index_is_ours(0));
	assert_false(xfrm_policy_index_is_ours(0x1000));
	assert_false(xfrm_policy_index_is_ours(0x57000000));
}

static void pass_and_block_have_no_template(void **state)
{
	struct kernel_policy policy = out_policy();
	(void)state;
	policy.action = KERNEL_PASS;
	assert_int_equal(set(policy).action, XFRM_POLICY_ALLOW);
	assert_int_equal(attribute(message, sizeof(struct xfrm_userpolicy_info), XFRMA_TMPL).len,
			 0);
	policy.action = KERNEL_BLOCK;
	assert_int_equal(set(policy).action, XFRM_POLICY_BLOCK);
	assert_int_equal(attribute(message, sizeof(struct xfrm_userpolicy_info), XFRMA_TMPL).len,
			 0);
}

static void the_template_has_the_family_of_the_tunnel(void **state)
{
	struct kernel_policy policy = out_policy();
	(void)state;
	policy.src = subnet("2001:db8:1::/48");
	policy.dst = subnet("2001:db8:2::/48");
	assert_int_equal(set(policy).sel.family, AF_INET6);
	assert_int_equal(template().family, AF_INET);
	policy.tunnel_src = policy.tunnel_dst = (struct ip_addr){ 0 };
	(void)set(policy);
	assert_int_equal(template().family, AF_INET6);
}

static void transport_templates_have_no_addresses(void **state)
{
	static const uint8_t zero[16] = { 0 };
	struct kernel_policy policy = out_policy();
	(void)state;
	policy.mode = KERNEL_TRANSPORT;
	(void)set(policy);
	struct xfrm_user_tmpl tmpl = template();
	assert_int_equal(tmpl.mode, XFRM_MODE_TRANSPORT);
	assert_memory_equal(&tmpl.id.daddr, zero, 16);
	assert_memory_equal(&tmpl.saddr, zero, 16);
}

static void a_delete_names_selector_direction_mark_and_if_id(void **state)
{
	struct kernel_policy policy = in_policy(KERNEL_FWD);
	struct xfrm_userpolicy_id id;
	(void)state;
	policy.mark = policy.mark_mask = 1;
	policy.if_id = 2;
	message = xfrm_policy_delete_encode(buffer.bytes, &policy);
	memcpy(&id, mnl_nlmsg_get_payload(message), sizeof id);
	assert_int_equal(message->nlmsg_type, XFRM_MSG_DELPOLICY);
	assert_int_equal(id.index, 0);
	assert_int_equal(id.dir, XFRM_POLICY_FWD);
	assert_int_equal(id.sel.prefixlen_d, 16);
	assert_true(attribute(message, sizeof id, XFRMA_MARK).len > 0);
	assert_true(attribute(message, sizeof id, XFRMA_IF_ID).len > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_protects_with_a_required_template),
		cmocka_unit_test(ipcomp_is_the_first_template_and_may_be_missing_inbound),
		cmocka_unit_test(directions_have_linux_numbers_also_in_the_index),
		cmocka_unit_test(indexes_stay_in_their_range_and_linux_own_are_not_ours),
		cmocka_unit_test(pass_and_block_have_no_template),
		cmocka_unit_test(the_template_has_the_family_of_the_tunnel),
		cmocka_unit_test(transport_templates_have_no_addresses),
		cmocka_unit_test(a_delete_names_selector_direction_mark_and_if_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
