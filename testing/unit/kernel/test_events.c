/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "unit/kernel/messages.h"

static struct message buffer;
static struct kernel_event event;

static struct nlmsghdr *message_of(uint16_t type, const void *payload, size_t size)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer.bytes);
	message->nlmsg_type = type;
	memcpy(mnl_nlmsg_put_extra_header(message, size), payload, size);
	return message;
}

static struct nlmsghdr *acquire(uint32_t reqid)
{
	struct xfrm_user_acquire value = { .id = { .proto = IPPROTO_ESP } };
	struct xfrm_user_tmpl tmpl = { .reqid = reqid, .family = AF_INET };
	struct selector src = service("10.1.0.5", IPPROTO_TCP, 777, 777);
	struct selector dst = service("10.2.0.7", IPPROTO_TCP, 80, 80);
	struct ip_addr peer = address("192.0.2.2");
	xfrm_selector_encode(&value.sel, &src, &dst);
	xfrm_address_encode(&value.id.daddr, &peer);
	struct nlmsghdr *message = message_of(XFRM_MSG_ACQUIRE, &value, sizeof value);
	mnl_attr_put(message, XFRMA_TMPL, sizeof tmpl, &tmpl);
	return message;
}

static struct nlmsghdr *expire(uint32_t spi, uint8_t hard)
{
	struct xfrm_user_expire value = { .hard = hard };
	struct ip_addr dst = address("2001:db8::2");
	value.state.id.spi = htonl(spi);
	value.state.id.proto = IPPROTO_AH;
	value.state.family = AF_INET6;
	value.state.reqid = REQID;
	xfrm_address_encode(&value.state.id.daddr, &dst);
	return message_of(XFRM_MSG_EXPIRE, &value, sizeof value);
}

static struct nlmsghdr *mapping(void)
{
	struct xfrm_user_mapping value = { .reqid = REQID, .new_sport = htons(61000) };
	struct ip_addr old = address("203.0.113.1"), new = address("203.0.113.2");
	value.id.spi = htonl(0x1000);
	value.id.family = AF_INET;
	value.id.proto = IPPROTO_ESP;
	xfrm_address_encode(&value.old_saddr, &old);
	xfrm_address_encode(&value.new_saddr, &new);
	return message_of(XFRM_MSG_MAPPING, &value, sizeof value);
}

static void an_acquire_tells_the_reqid_and_the_packet(void **state)
{
	struct selector dst = service("10.2.0.7", IPPROTO_TCP, 80, 80);
	struct ip_addr peer = address("192.0.2.2");
	(void)state;
	assert_true(xfrm_event_decode(acquire(REQID), &event));
	assert_int_equal(event.type, KERNEL_ACQUIRE);
	assert_int_equal(event.reqid, REQID);
	assert_true(selector_equal(&event.packet_dst, &dst));
	assert_int_equal(event.packet_src.port_from, 777);
	assert_true(ip_equal(&event.dst, &peer));
}

static void an_expire_tells_the_sa_and_how_hard(void **state)
{
	struct ip_addr dst = address("2001:db8::2");
	(void)state;
	assert_true(xfrm_event_decode(expire(0x1000, 0), &event));
	assert_int_equal(event.type, KERNEL_EXPIRE);
	assert_int_equal(event.spi, 0x1000);
	assert_int_equal(event.protocol, PROTOCOL_AH);
	assert_true(ip_equal(&event.dst, &dst));
	assert_false(event.hard);
	assert_true(xfrm_event_decode(expire(0x1000, 1), &event));
	assert_true(event.hard);
}

static void an_expired_larval_state_is_nobodys_business(void **state)
{
	(void)state;
	assert_false(xfrm_event_decode(expire(0, 1), &event));
}

static void a_mapping_tells_the_old_and_the_new_place(void **state)
{
	struct ip_endpoint place = { address("203.0.113.2"), 61000 };
	struct ip_addr old = address("203.0.113.1");
	(void)state;
	assert_true(xfrm_event_decode(mapping(), &event));
	assert_int_equal(event.type, KERNEL_MAPPING);
	assert_int_equal(event.spi, 0x1000);
	assert_true(endpoint_equal(&event.mapped, &place));
	assert_true(ip_equal(&event.src, &old));
}

static void other_messages_are_ignored(void **state)
{
	struct nlmsghdr *message;
	(void)state;
	message = acquire(REQID);
	message->nlmsg_type = XFRM_MSG_NEWSA;
	assert_false(xfrm_event_decode(message, &event));
}

static void an_acquire_without_template_is_ignored(void **state)
{
	struct xfrm_user_acquire value = { .sel = { .family = AF_INET } };
	(void)state;
	assert_false(xfrm_event_decode(message_of(XFRM_MSG_ACQUIRE, &value, sizeof value), &event));
}

static void decode_any(const struct nlmsghdr *message)
{
	(void)xfrm_event_decode(message, &event);
}

static void no_mutilated_event_reads_beyond_its_end(void **state)
{
	(void)state;
	each_mutilation(acquire(REQID), decode_any);
	each_mutilation(expire(0x1000, 1), decode_any);
	each_mutilation(mapping(), decode_any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_acquire_tells_the_reqid_and_the_packet),
		cmocka_unit_test(an_expire_tells_the_sa_and_how_hard),
		cmocka_unit_test(an_expired_larval_state_is_nobodys_business),
		cmocka_unit_test(a_mapping_tells_the_old_and_the_new_place),
		cmocka_unit_test(other_messages_are_ignored),
		cmocka_unit_test(an_acquire_without_template_is_ignored),
		cmocka_unit_test(no_mutilated_event_reads_beyond_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
