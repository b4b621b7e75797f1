/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "unit/kernel/messages.h"

#define HEADER sizeof(struct xfrm_usersa_info)

/* What GETSA shows of an SA is what NEWSA was given. */
static const struct nlmsghdr *shown(struct message *at, struct kernel_sa sa, uint32_t oseq)
{
	struct xfrm_replay_state_esn state;
	struct nlmsghdr *message = xfrm_sa_add_encode(at->bytes, &sa);
	const struct nlattr *replay =
		xfrm_attribute_find(message, HEADER, XFRMA_REPLAY_ESN_VAL, sizeof state);

	memcpy(&state, mnl_attr_get_payload(replay), sizeof state);
	state.oseq = oseq;
	memcpy((uint8_t *)(uintptr_t)mnl_attr_get_payload(replay), &state, sizeof state);
	return message;
}

static struct kernel_sa esn_sa(uint8_t direction)
{
	struct kernel_sa sa = gcm_sa(0x1000);

	sa.esn = true;
	sa.replay_window = 128;
	sa.direction = direction;
	return sa;
}

static struct kernel_request to(struct kernel_sa sa, const char *src, const char *dst,
				uint16_t local, uint16_t remote)
{
	struct kernel_request request = { .op = KERNEL_SA_MOVE, .sa = sa };

	request.to.src = address(src);
	request.to.dst = address(dst);
	request.to.encap = (struct kernel_encap){ local, remote };
	return request;
}

static uint64_t sequence_of(const struct nlmsghdr *message)
{
	struct xfrm_replay_state_esn state;
	struct span value = attribute(message, HEADER, XFRMA_REPLAY_ESN_VAL);

	assert_true(value.len >= sizeof state);
	memcpy(&state, value.ptr, sizeof state);
	return (uint64_t)state.oseq_hi << 32 | state.oseq;
}

static void keys_stay_and_addresses_change(void **state)
{
	struct message found, made;
	struct kernel_request request =
		to(esn_sa(KERNEL_OUT), "192.0.2.1", "192.0.2.9", 4500, 10001);
	const struct nlmsghdr *old = shown(&found, request.sa, 1000);
	struct nlmsghdr *new = xfrm_move_encode(made.bytes, old, &request);
	struct xfrm_usersa_info info;

	(void)state;
	assert_non_null(new);
	assert_int_equal(new->nlmsg_type, XFRM_MSG_NEWSA);
	memcpy(&info, mnl_nlmsg_get_payload(new), sizeof info);
	assert_int_equal(info.id.spi, htonl(0x1000));
	struct ip_addr dst = xfrm_address_decode(&info.id.daddr, info.family);
	assert_true(ip_equal(&dst, &request.to.dst));
	assert_true(span_equal(attribute(new, HEADER, XFRMA_ALG_AEAD),
			       attribute(old, HEADER, XFRMA_ALG_AEAD)));
	assert_int_equal(attribute(new, HEADER, XFRMA_ENCAP).len, sizeof(struct xfrm_encap_tmpl));
	assert_int_equal(attribute(new, HEADER, XFRMA_LTIME_VAL).len,
			 sizeof(struct xfrm_lifetime_cur));
}

/* RFC 4106 §3.1: an IV made of the sequence number must not come twice under one key. */
static void an_outbound_number_jumps_and_an_inbound_one_stays(void **state)
{
	struct message found, made;
	struct kernel_request out = to(esn_sa(KERNEL_OUT), "192.0.2.1", "192.0.2.9", 0, 0);
	struct kernel_request in = to(esn_sa(KERNEL_IN), "192.0.2.1", "192.0.2.9", 0, 0);
	const struct nlmsghdr *old = shown(&found, out.sa, 1000);

	(void)state;
	assert_true(sequence_of(xfrm_move_encode(made.bytes, old, &out)) >= 1000 + 65536);
	old = shown(&found, out.sa, UINT32_MAX);
	assert_true(sequence_of(xfrm_move_encode(made.bytes, old, &out)) > 1ull << 32);
	old = shown(&found, in.sa, 1000);
	assert_int_equal(sequence_of(xfrm_move_encode(made.bytes, old, &in)), 1000);
	out.sa.esn = false; /* never over the end */
	old = shown(&found, out.sa, UINT32_MAX);
	assert_int_equal(sequence_of(xfrm_move_encode(made.bytes, old, &out)), UINT32_MAX);
}

static void ports_alone_are_an_update_in_place(void **state)
{
	struct message found, made;
	struct kernel_sa sa = esn_sa(KERNEL_OUT);

	(void)state;
	sa.encap = (struct kernel_encap){ 4500, 10001 };
	struct kernel_request ports = to(sa, "192.0.2.1", "192.0.2.2", 4500, 10002);
	struct nlmsghdr *new = xfrm_move_encode(made.bytes, shown(&found, sa, 0), &ports);
	assert_int_equal(new->nlmsg_type, XFRM_MSG_UPDSA);
	struct kernel_request out_of_udp = to(sa, "192.0.2.1", "192.0.2.2", 0, 0);
	new = xfrm_move_encode(made.bytes, shown(&found, sa, 0), &out_of_udp);
	assert_int_equal(new->nlmsg_type, XFRM_MSG_NEWSA);
	assert_int_equal(attribute(new, HEADER, XFRMA_ENCAP).len, 0);
}

static void an_sa_whose_keys_the_kernel_hides_is_not_made_anew(void **state)
{
	static const uint8_t zeros[36];
	struct message found, made;
	struct kernel_request request = to(esn_sa(KERNEL_OUT), "192.0.2.1", "192.0.2.9", 0, 0);

	(void)state;
	request.sa.encr_key = SPAN_OF(zeros);
	assert_null(xfrm_move_encode(made.bytes, shown(&found, request.sa, 0), &request));
}

static void encode(const struct nlmsghdr *mutilated)
{
	struct message made;
	struct kernel_request request = to(esn_sa(KERNEL_OUT), "192.0.2.1", "192.0.2.9", 0, 0);

	(void)xfrm_move_encode(made.bytes, mutilated, &request);
}

static void a_mutilated_answer_does_no_harm(void **state)
{
	struct message found;

	(void)state;
	each_mutilation(shown(&found, esn_sa(KERNEL_OUT), 7), encode);
}

static struct nlmsghdr *moved(struct message *made, uint16_t local_port)
{
	struct message found;
	struct kernel_sa sa = esn_sa(KERNEL_IN);
	struct kernel_request request = to(sa, "192.0.2.9", "192.0.2.2", local_port, local_port);
	struct nlmsghdr *old = xfrm_sa_add_encode(found.bytes, &sa);
	struct nlmsghdr *new;

	sa.offload = KERNEL_OFFLOAD_CRYPTO;
	xfrm_offload_sa_put(old, &sa, 3);
	request.device = 5;
	new = xfrm_move_encode(made->bytes, old, &request);
	assert_non_null(new);
	return new;
}

static void the_card_of_the_new_way_takes_over(void **state)
{
	struct message made;
	struct xfrm_user_offload value;
	struct span offload = attribute(moved(&made, 0), HEADER, XFRMA_OFFLOAD_DEV);

	(void)state;
	assert_int_equal(offload.len, sizeof value);
	memcpy(&value, offload.ptr, sizeof value);
	assert_int_equal(value.ifindex, 5);
	assert_int_equal(value.flags, XFRM_OFFLOAD_INBOUND);
}

static void behind_a_nat_no_card_does_it(void **state)
{
	struct message made;

	(void)state;
	assert_int_equal(attribute(moved(&made, 4500), HEADER, XFRMA_OFFLOAD_DEV).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_stay_and_addresses_change),
		cmocka_unit_test(an_outbound_number_jumps_and_an_inbound_one_stays),
		cmocka_unit_test(ports_alone_are_an_update_in_place),
		cmocka_unit_test(an_sa_whose_keys_the_kernel_hides_is_not_made_anew),
		cmocka_unit_test(a_mutilated_answer_does_no_harm),
		cmocka_unit_test(the_card_of_the_new_way_takes_over),
		cmocka_unit_test(behind_a_nat_no_card_does_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
