/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "unit/kernel/messages.h"

static void a_selector_is_prefixes_and_masked_ports(void **state)
{
	struct selector src = service("10.1.0.0/16", IPPROTO_UDP, 0, UINT16_MAX);
	struct selector dst = service("10.2.0.7", IPPROTO_UDP, 1024, 2047);
	struct xfrm_selector out;
	static const uint8_t network[4] = { 10, 1, 0, 0 }, host[4] = { 10, 2, 0, 7 };
	(void)state;
	xfrm_selector_encode(&out, &src, &dst);
	assert_int_equal(out.family, AF_INET);
	assert_memory_equal(&out.saddr, network, 4);
	assert_memory_equal(&out.daddr, host, 4);
	assert_int_equal(out.prefixlen_s, 16);
	assert_int_equal(out.prefixlen_d, 32);
	assert_int_equal(out.proto, IPPROTO_UDP);
	assert_int_equal(out.sport_mask, 0);
	assert_int_equal(out.sport, 0);
	assert_int_equal(ntohs(out.dport), 1024);
	assert_int_equal(ntohs(out.dport_mask), 0xfc00);
}

/* Linux takes ports that it cannot see, as in fragments, for 0. */
static void opaque_ports_are_zero(void **state)
{
	struct selector src = service("10.1.0.0/16", IPPROTO_UDP, UINT16_MAX, 0);
	struct selector dst = service("10.2.0.0/16", IPPROTO_UDP, 0, UINT16_MAX);
	struct xfrm_selector out;
	(void)state;
	xfrm_selector_encode(&out, &src, &dst);
	assert_int_equal(out.sport, 0);
	assert_int_equal(out.sport_mask, UINT16_MAX);
	assert_int_equal(out.dport_mask, 0);
}

static void a_protocol_on_one_side_counts_for_both(void **state)
{
	struct selector src = subnet("10.1.0.0/16");
	struct selector dst = service("10.2.0.7", IPPROTO_TCP, 80, 80);
	struct xfrm_selector out;
	(void)state;
	xfrm_selector_encode(&out, &src, &dst);
	assert_int_equal(out.proto, IPPROTO_TCP);
	assert_int_equal(ntohs(out.dport), 80);
	assert_int_equal(out.dport_mask, UINT16_MAX);
	assert_int_equal(out.sport_mask, 0);
}

static void icmp_type_and_code_stand_in_the_ports(void **state)
{
	struct selector any = service("10.1.0.0/16", IPPROTO_ICMP, 0, UINT16_MAX);
	struct selector type = service("10.2.0.0/16", IPPROTO_ICMP, 8 << 8, 8 << 8 | 255);
	struct selector code = service("10.2.0.0/16", IPPROTO_ICMP, 3 << 8 | 4, 3 << 8 | 4);
	struct xfrm_selector out;
	(void)state;
	xfrm_selector_encode(&out, &any, &type);
	assert_int_equal(ntohs(out.sport), 8);
	assert_int_equal(out.sport_mask, UINT16_MAX);
	assert_int_equal(out.dport_mask, 0);
	xfrm_selector_encode(&out, &code, &any);
	assert_int_equal(ntohs(out.sport), 3);
	assert_int_equal(ntohs(out.dport), 4);
	assert_int_equal(out.dport_mask, UINT16_MAX);
	xfrm_selector_encode(&out, &any, &any);
	assert_int_equal(out.sport_mask | out.dport_mask, 0);
}

static void a_selector_comes_back_as_it_went(void **state)
{
	static const uint8_t protocols[] = { 0, IPPROTO_TCP, IPPROTO_ICMP };
	static const uint16_t ports[][2] = { { 0, UINT16_MAX },
					     { 1024, 2047 },
					     { 0x0304, 0x0304 } };
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const uint16_t *range = ports[i];
		struct selector src = service("2001:db8:1::/49", protocols[i], range[0], range[1]);
		struct selector dst = service("2001:db8::5", protocols[i], range[0], range[1]);
		struct selector from, to;
		struct xfrm_selector out;
		xfrm_selector_encode(&out, &src, &dst);
		assert_true(xfrm_selector_decode(&out, AF_INET6, &from, &to));
		assert_true(selector_equal(&src, &from));
		assert_true(selector_equal(&dst, &to));
	}
}

static void impossible_selectors_are_not_decoded(void **state)
{
	struct xfrm_selector in = { .prefixlen_s = 33 };
	struct selector src, dst;
	(void)state;
	assert_false(xfrm_selector_decode(&in, AF_INET, &src, &dst));
	assert_true(xfrm_selector_decode(&in, AF_INET6, &src, &dst));
	in.prefixlen_d = 129;
	assert_false(xfrm_selector_decode(&in, AF_INET6, &src, &dst));
	assert_false(xfrm_selector_decode(&in, AF_UNSPEC, &src, &dst));
}

static void marks_and_if_ids_are_only_sent_when_set(void **state)
{
	struct message buffer;
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer.bytes);
	struct xfrm_mark mark;
	(void)state;
	xfrm_mark_put(message, 0, 0, 0);
	assert_int_equal(message->nlmsg_len, sizeof *message);
	xfrm_mark_put(message, 5, 7, 9);
	memcpy(&mark, attribute(message, 0, XFRMA_MARK).ptr, sizeof mark);
	assert_int_equal(mark.v, 5);
	assert_int_equal(mark.m, 7);
	assert_int_equal(attribute(message, 0, XFRMA_IF_ID).len, 4);
}

static void attributes_are_found_only_whole(void **state)
{
	struct message buffer;
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer.bytes);
	(void)state;
	mnl_attr_put_u32(message, XFRMA_IF_ID, 1);
	assert_non_null(xfrm_attribute_find(message, 0, XFRMA_IF_ID, 4));
	assert_null(xfrm_attribute_find(message, 0, XFRMA_IF_ID, 5));
	assert_null(xfrm_attribute_find(message, 0, XFRMA_MARK, 0));
	assert_null(xfrm_attribute_find(message, 100, XFRMA_IF_ID, 4));
	message->nlmsg_len -= 1;
	assert_null(xfrm_attribute_find(message, 0, XFRMA_IF_ID, 4));
}

static void addresses_and_protocols_translate_both_ways(void **state)
{
	struct ip_addr addr = address("2001:db8::7"), back;
	xfrm_address_t wire;
	(void)state;
	xfrm_address_encode(&wire, &addr);
	back = xfrm_address_decode(&wire, AF_INET6);
	assert_true(ip_equal(&addr, &back));
	back = xfrm_address_decode(&wire, 99);
	assert_false(ip_is_set(&back));
	assert_int_equal(xfrm_protocol_encode(PROTOCOL_ESP), IPPROTO_ESP);
	assert_int_equal(xfrm_protocol_encode(PROTOCOL_AH), IPPROTO_AH);
	assert_int_equal(xfrm_protocol_decode(IPPROTO_ESP), PROTOCOL_ESP);
	assert_int_equal(xfrm_protocol_encode(KERNEL_IPCOMP), IPPROTO_COMP);
	assert_int_equal(xfrm_protocol_decode(IPPROTO_COMP), KERNEL_IPCOMP);
	assert_int_equal(xfrm_protocol_decode(IPPROTO_UDP), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_selector_is_prefixes_and_masked_ports),
		cmocka_unit_test(opaque_ports_are_zero),
		cmocka_unit_test(a_protocol_on_one_side_counts_for_both),
		cmocka_unit_test(icmp_type_and_code_stand_in_the_ports),
		cmocka_unit_test(a_selector_comes_back_as_it_went),
		cmocka_unit_test(impossible_selectors_are_not_decoded),
		cmocka_unit_test(marks_and_if_ids_are_only_sent_when_set),
		cmocka_unit_test(attributes_are_found_only_whole),
		cmocka_unit_test(addresses_and_protocols_translate_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
