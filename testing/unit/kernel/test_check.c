/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "kernel/request.h"
#include "unit/kernel/objects.h"

static struct diag diag;

static enum rc ports(uint8_t protocol, uint16_t from, uint16_t to)
{
	struct kernel_policy policy = out_policy();
	policy.dst = service("10.2.0.0/16", protocol, from, to);
	policy.src.protocol = protocol;
	return kernel_check_policy(&policy, &diag);
}

static void ports_are_one_all_or_an_aligned_power_of_two(void **state)
{
	(void)state;
	assert_int_equal(ports(IPPROTO_TCP, 80, 80), RC_OK);
	assert_int_equal(ports(IPPROTO_TCP, 0, 0), RC_OK);
	assert_int_equal(ports(IPPROTO_TCP, 0, UINT16_MAX), RC_OK);
	assert_int_equal(ports(IPPROTO_TCP, 32768, UINT16_MAX), RC_OK);
	assert_int_equal(ports(IPPROTO_TCP, 1024, 2047), RC_OK);
	assert_int_equal(ports(IPPROTO_TCP, 1025, 2048), RC_UNSUPPORTED);
	assert_int_equal(ports(IPPROTO_TCP, 1024, 2046), RC_UNSUPPORTED);
	assert_int_equal(ports(IPPROTO_TCP, 1, UINT16_MAX), RC_UNSUPPORTED);
	assert_int_equal(ports(IPPROTO_TCP, UINT16_MAX, 0), RC_OK); /* OPAQUE */
	assert_int_equal(ports(IPPROTO_ICMP, UINT16_MAX, 0), RC_UNSUPPORTED);
	assert_int_equal(ports(0, UINT16_MAX, 0), RC_UNSUPPORTED);
	assert_int_equal(ports(0, 80, 80), RC_UNSUPPORTED);
}

static void icmp_is_a_type_with_its_code_or_with_all(void **state)
{
	struct kernel_policy policy = out_policy();
	(void)state;
	assert_int_equal(ports(IPPROTO_ICMP, 0x0800, 0x0800), RC_OK);
	assert_int_equal(ports(IPPROTO_ICMP, 0x0800, 0x08ff), RC_OK);
	assert_int_equal(ports(IPPROTO_ICMPV6, 0, UINT16_MAX), RC_OK);
	assert_int_equal(ports(IPPROTO_ICMP, 0x0800, 0x0801), RC_UNSUPPORTED);
	assert_int_equal(ports(IPPROTO_ICMP, 0x0800, 0x09ff), RC_UNSUPPORTED);
	policy.src = service("10.1.0.0/16", IPPROTO_ICMP, 0x0800, 0x08ff);
	policy.dst = service("10.2.0.0/16", IPPROTO_ICMP, 0x0000, 0x00ff);
	assert_int_equal(kernel_check_policy(&policy, &diag), RC_UNSUPPORTED);
}

static void both_sides_agree_in_family_and_protocol(void **state)
{
	struct kernel_policy policy = out_policy();
	(void)state;
	policy.src.protocol = IPPROTO_TCP;
	assert_int_equal(kernel_check_policy(&policy, &diag), RC_OK); /* the other side says any */
	policy.dst.protocol = IPPROTO_UDP;
	assert_int_equal(kernel_check_policy(&policy, &diag), RC_UNSUPPORTED);
	policy = out_policy();
	policy.dst = subnet("::/0");
	assert_int_equal(kernel_check_policy(&policy, &diag), RC_UNSUPPORTED);
	policy = out_policy();
	policy.tunnel_dst = address("2001:db8::1");
	assert_int_equal(kernel_check_policy(&policy, &diag), RC_SYNTAX);
	policy.tunnel_src = (struct ip_addr){ 0 };
	assert_int_equal(kernel_check_policy(&policy, &diag), RC_OK);
}

static void a_selector_without_address_is_refused(void **state)
{
	struct kernel_policy policy = out_policy();
	(void)state;
	memset(&policy.dst.range, 0, sizeof policy.dst.range);
	assert_int_equal(kernel_check_policy(&policy, &diag), RC_SYNTAX);
}

static void unknown_enum_values_are_refused(void **state)
{
	struct kernel_policy policy = out_policy();
	struct kernel_sa sa = gcm_sa(0x1000);
	(void)state;
	policy.direction = 3;
	assert_int_equal(kernel_check_policy(&policy, &diag), RC_SYNTAX);
	policy = out_policy();
	policy.action = 3;
	assert_int_equal(kernel_check_policy(&policy, &diag), RC_SYNTAX);
	policy = out_policy();
	policy.protocol = PROTOCOL_IKE;
	assert_int_equal(kernel_check_policy(&policy, &diag), RC_UNSUPPORTED);
	policy.action = KERNEL_PASS; /* no template, no protocol */
	assert_int_equal(kernel_check_policy(&policy, &diag), RC_OK);
	sa.mode = 2;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_SYNTAX);
	sa = gcm_sa(0x1000);
	sa.direction = KERNEL_FWD;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_SYNTAX);
	sa = gcm_sa(0x1000);
	sa.protocol = PROTOCOL_IKE;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_UNSUPPORTED);
}

static void an_sa_has_ends_an_spi_and_a_sane_window(void **state)
{
	struct kernel_sa sa = gcm_sa(255);
	(void)state;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_RANGE);
	sa = gcm_sa(256);
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_OK);
	sa.replay_window = 4097;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_RANGE);
	sa = gcm_sa(256);
	sa.dst = (struct ip_addr){ 0 };
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_SYNTAX);
	sa = gcm_sa(256);
	sa.src = address("::1");
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_SYNTAX);
}

static void only_tunnels_have_two_headers(void **state)
{
	struct kernel_sa sa = gcm_sa(256);
	(void)state;
	sa.hide_dscp = true;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_OK);
	sa.mode = KERNEL_TRANSPORT;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_UNSUPPORTED);
}

static void ciphers_and_integrity_come_in_the_right_company(void **state)
{
	struct kernel_sa sa = cbc_sa(0x1000);
	(void)state;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_OK);
	sa.integ = INTEG_NONE;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_UNSUPPORTED);
	sa = gcm_sa(0x1000);
	sa.integ = INTEG_HMAC_SHA1_96;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_UNSUPPORTED);
	sa = gcm_sa(0x1000);
	sa.encr_bits = 100;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_UNSUPPORTED);
	sa = cbc_sa(0x1000);
	sa.integ_key.len = 31;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_RANGE);
	assert_string_equal(diag.text, "hmac(sha256) takes a key of 32 bytes, not 31");
	sa = cbc_sa(0x1000);
	sa.protocol = PROTOCOL_AH; /* the cipher says nothing there */
	sa.encr = ENCR_NONE;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_OK);
}

static void transport_mode_checks_the_selectors_of_the_sa(void **state)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	(void)state;
	sa.mode = KERNEL_TRANSPORT;
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_SYNTAX);
	sa.selector_src = subnet("192.0.2.1");
	sa.selector_dst = subnet("192.0.2.2-192.0.2.4");
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_UNSUPPORTED);
	sa.selector_dst = subnet("192.0.2.2");
	assert_int_equal(kernel_check_sa(&sa, &diag), RC_OK);
}

static void deletes_and_queries_need_only_what_identifies(void **state)
{
	struct kernel_request request = { .op = KERNEL_SA_DELETE };
	(void)state;
	request.sa = (struct kernel_sa){ .dst = address("192.0.2.2"),
					 .spi = 0x1000,
					 .protocol = PROTOCOL_ESP };
	assert_int_equal(kernel_check_request(&request), RC_OK);
	request = (struct kernel_request){ .op = KERNEL_POLICY_DELETE };
	request.policy.src = subnet("10.1.0.0/16");
	request.policy.dst = subnet("10.2.0.0/16");
	assert_int_equal(kernel_check_request(&request), RC_OK);
	request.op = (enum kernel_op)77;
	assert_int_equal(kernel_check_request(&request), RC_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_are_one_all_or_an_aligned_power_of_two),
		cmocka_unit_test(icmp_is_a_type_with_its_code_or_with_all),
		cmocka_unit_test(both_sides_agree_in_family_and_protocol),
		cmocka_unit_test(a_selector_without_address_is_refused),
		cmocka_unit_test(unknown_enum_values_are_refused),
		cmocka_unit_test(an_sa_has_ends_an_spi_and_a_sane_window),
		cmocka_unit_test(only_tunnels_have_two_headers),
		cmocka_unit_test(ciphers_and_integrity_come_in_the_right_company),
		cmocka_unit_test(transport_mode_checks_the_selectors_of_the_sa),
		cmocka_unit_test(deletes_and_queries_need_only_what_identifies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
