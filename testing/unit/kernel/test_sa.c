/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include <linux/udp.h>
#include "unit/kernel/messages.h"

static struct message buffer;
static struct nlmsghdr *message;

static struct xfrm_usersa_info add(struct kernel_sa sa)
{
	struct xfrm_usersa_info info;
	memset(&buffer, 0xa5, sizeof buffer);
	message = xfrm_sa_add_encode(buffer.bytes, &sa);
	assert_int_equal(message->nlmsg_type, XFRM_MSG_NEWSA);
	assert_in_range(message->nlmsg_len, sizeof info, XFRM_MESSAGE_MAX);
	memcpy(&info, mnl_nlmsg_get_payload(message), sizeof info);
	return info;
}

static struct span sent(uint16_t type)
{
	return attribute(message, sizeof(struct xfrm_usersa_info), type);
}

static void a_tunnel_sa_has_its_ends_and_takes_both_families(void **state)
{
	static const uint8_t src[4] = { 192, 0, 2, 1 }, dst[4] = { 192, 0, 2, 2 };
	struct kernel_sa sa = gcm_sa(0x12345678);
	struct xfrm_usersa_info info;
	(void)state;
	sa.replay_window = 32;
	info = add(sa);
	assert_memory_equal(&info.saddr, src, 4);
	assert_memory_equal(&info.id.daddr, dst, 4);
	assert_int_equal(ntohl(info.id.spi), 0x12345678);
	assert_int_equal(info.id.proto, IPPROTO_ESP);
	assert_int_equal(info.family, AF_INET);
	assert_int_equal(info.mode, XFRM_MODE_TUNNEL);
	assert_int_equal(info.reqid, REQID);
	assert_int_equal(info.replay_window, 32);
	assert_int_equal(info.flags, XFRM_STATE_AF_UNSPEC);
	assert_int_equal(info.sel.family, AF_UNSPEC);
}

static void absent_limits_are_infinite_and_given_ones_are_sent(void **state)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	struct xfrm_usersa_info info = add(sa);
	(void)state;
	assert_true(info.lft.soft_byte_limit == XFRM_INF && info.lft.hard_byte_limit == XFRM_INF);
	assert_true(info.lft.soft_packet_limit == XFRM_INF &&
		    info.lft.hard_packet_limit == XFRM_INF);
	assert_int_equal(info.lft.hard_add_expires_seconds, 0);
	sa.soft_bytes = 1, sa.hard_bytes = 2, sa.soft_packets = 3, sa.hard_packets = 4;
	sa.soft_seconds = 5, sa.hard_seconds = 6;
	info = add(sa);
	assert_int_equal(info.lft.soft_byte_limit, 1);
	assert_int_equal(info.lft.hard_byte_limit, 2);
	assert_int_equal(info.lft.soft_packet_limit, 3);
	assert_int_equal(info.lft.hard_packet_limit, 4);
	assert_int_equal(info.lft.soft_add_expires_seconds, 5);
	assert_int_equal(info.lft.hard_add_expires_seconds, 6);
}

static void an_aead_sends_name_key_and_icv_length(void **state)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	struct xfrm_algo_aead algorithm;
	(void)state;
	sa.encr = ENCR_AES_GCM_12;
	(void)add(sa);
	struct span value = sent(XFRMA_ALG_AEAD);
	assert_int_equal(value.len, sizeof algorithm + 36);
	memcpy(&algorithm, value.ptr, sizeof algorithm);
	assert_string_equal(algorithm.alg_name, "rfc4106(gcm(aes))");
	assert_int_equal(algorithm.alg_key_len, 288);
	assert_int_equal(algorithm.alg_icv_len, 96);
	assert_memory_equal(value.ptr + sizeof algorithm, key_bytes, 36);
	assert_int_equal(sent(XFRMA_ALG_CRYPT).len + sent(XFRMA_ALG_AUTH_TRUNC).len, 0);
}

static void cipher_and_integrity_send_both_with_the_truncation(void **state)
{
	struct xfrm_algo cipher;
	struct xfrm_algo_auth auth;
	(void)state;
	(void)add(cbc_sa(0x1000));
	memcpy(&cipher, sent(XFRMA_ALG_CRYPT).ptr, sizeof cipher);
	memcpy(&auth, sent(XFRMA_ALG_AUTH_TRUNC).ptr, sizeof auth);
	assert_string_equal(cipher.alg_name, "cbc(aes)");
	assert_int_equal(cipher.alg_key_len, 128);
	assert_string_equal(auth.alg_name, "hmac(sha256)");
	assert_int_equal(auth.alg_key_len, 256);
	assert_int_equal(auth.alg_trunc_len, 128);
	assert_memory_equal(sent(XFRMA_ALG_AUTH_TRUNC).ptr + sizeof auth, key_bytes, 32);
	assert_int_equal(sent(XFRMA_ALG_AEAD).len, 0);
}

static void null_encryption_has_a_name_and_no_key(void **state)
{
	struct kernel_sa sa = cbc_sa(0x1000);
	(void)state;
	sa.encr = ENCR_NULL;
	sa.encr_key = SPAN_NONE;
	(void)add(sa);
	assert_int_equal(sent(XFRMA_ALG_CRYPT).len, sizeof(struct xfrm_algo));
	assert_string_equal((const char *)sent(XFRMA_ALG_CRYPT).ptr, "ecb(cipher_null)");
}

static void ah_sends_integrity_alone(void **state)
{
	struct kernel_sa sa = cbc_sa(0x1000);
	(void)state;
	sa.protocol = PROTOCOL_AH;
	assert_int_equal(add(sa).id.proto, IPPROTO_AH);
	assert_int_equal(sent(XFRMA_ALG_CRYPT).len, 0);
	assert_true(sent(XFRMA_ALG_AUTH_TRUNC).len > 0);
}

struct window {
	uint32_t words, packets; /* 0: the short replay state */
};

static struct window replay(uint16_t window, bool esn)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	struct xfrm_replay_state_esn value;
	sa.replay_window = window;
	sa.esn = esn;
	struct xfrm_usersa_info info = add(sa);
	struct span bytes = sent(XFRMA_REPLAY_ESN_VAL);
	assert_int_equal(!!(info.flags & XFRM_STATE_ESN), esn);
	if (bytes.len == 0)
		return (struct window){ 0 };
	assert_int_equal(info.replay_window, 0); /* Linux refuses both */
	memcpy(&value, bytes.ptr, sizeof value);
	assert_int_equal(bytes.len, sizeof value + value.bmp_len * 4);
	return (struct window){ value.bmp_len, value.replay_window };
}

static void large_windows_and_esn_use_the_long_replay_state(void **state)
{
	(void)state;
	assert_int_equal(replay(32, false).words, 0);
	assert_int_equal(replay(33, false).words, 2);
	assert_int_equal(replay(33, false).packets, 33);
	assert_int_equal(replay(4096, true).words, 128);
	assert_int_equal(replay(4096, true).packets, 4096);
	assert_int_equal(replay(0, true).packets, 32);
}

static struct xfrm_encap_tmpl encap(uint8_t direction)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	struct xfrm_encap_tmpl value;
	sa.direction = direction;
	sa.encap = (struct kernel_encap){ 4500, 61000 };
	(void)add(sa);
	assert_int_equal(sent(XFRMA_ENCAP).len, sizeof value);
	memcpy(&value, sent(XFRMA_ENCAP).ptr, sizeof value);
	assert_int_equal(value.encap_type, UDP_ENCAP_ESPINUDP);
	return value;
}

static void udp_ports_follow_the_direction(void **state)
{
	(void)state;
	assert_int_equal(ntohs(encap(KERNEL_OUT).encap_sport), 4500);
	assert_int_equal(ntohs(encap(KERNEL_OUT).encap_dport), 61000);
	assert_int_equal(ntohs(encap(KERNEL_IN).encap_sport), 61000);
	assert_int_equal(ntohs(encap(KERNEL_IN).encap_dport), 4500);
	(void)add(gcm_sa(0x1000));
	assert_int_equal(sent(XFRMA_ENCAP).len, 0);
}

static void transport_mode_carries_the_selector(void **state)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	struct xfrm_usersa_info info;
	(void)state;
	sa.mode = KERNEL_TRANSPORT;
	sa.selector_src = service("192.0.2.1", IPPROTO_UDP, 1701, 1701);
	sa.selector_dst = service("192.0.2.2", IPPROTO_UDP, 0, UINT16_MAX);
	info = add(sa);
	assert_int_equal(info.mode, XFRM_MODE_TRANSPORT);
	assert_int_equal(info.flags & XFRM_STATE_AF_UNSPEC, 0);
	assert_int_equal(info.sel.family, AF_INET);
	assert_int_equal(ntohs(info.sel.sport), 1701);
	assert_int_equal(info.sel.prefixlen_d, 32);
}

static void what_tunnels_do_with_headers_are_flags(void **state)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	uint32_t extra;
	(void)state;
	assert_int_equal(add(sa).flags & (XFRM_STATE_NOPMTUDISC | XFRM_STATE_DECAP_DSCP), 0);
	assert_int_equal(sent(XFRMA_SA_EXTRA_FLAGS).len, 0);
	sa.fragments = true;
	assert_true(add(sa).flags & XFRM_STATE_NOPMTUDISC);
	sa.restore_dscp = true;
	assert_true(add(sa).flags & XFRM_STATE_DECAP_DSCP);
	sa.hide_dscp = true;
	(void)add(sa);
	assert_int_equal(sent(XFRMA_SA_EXTRA_FLAGS).len, sizeof extra);
	memcpy(&extra, sent(XFRMA_SA_EXTRA_FLAGS).ptr, sizeof extra);
	assert_int_equal(extra, XFRM_SA_XFLAG_DONT_ENCAP_DSCP);
}

static void ah_is_aligned_as_its_ip_version_wants(void **state)
{
	struct kernel_sa sa = cbc_sa(0x1000);
	(void)state;
	assert_int_equal(add(sa).flags & XFRM_STATE_ALIGN4, 0);
	sa.protocol = PROTOCOL_AH;
	assert_true(add(sa).flags & XFRM_STATE_ALIGN4);
	assert_int_equal(sent(XFRMA_ALG_CRYPT).len, 0);
	sa.src = address("2001:db8::1");
	sa.dst = address("2001:db8::2");
	assert_int_equal(add(sa).flags & XFRM_STATE_ALIGN4, 0);
}

static void padding_goes_out_as_it_is_asked_for(void **state)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	uint32_t bytes = 0;
	(void)state;
	(void)add(sa);
	assert_int_equal(sent(XFRMA_TFCPAD).len, 0);
	sa.tfc = 1200;
	(void)add(sa);
	assert_int_equal(sent(XFRMA_TFCPAD).len, sizeof bytes);
	memcpy(&bytes, sent(XFRMA_TFCPAD).ptr, sizeof bytes);
	assert_int_equal(bytes, 1200);
}

static void ipcomp_makes_the_tunnel_and_what_is_around_it_is_transport(void **state)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	struct xfrm_algo algorithm;
	struct xfrm_usersa_info info;
	(void)state;
	sa.compressed = true;
	info = add(sa);
	assert_int_equal(info.mode, XFRM_MODE_TRANSPORT);
	assert_int_equal(info.flags & XFRM_STATE_AF_UNSPEC, 0);
	assert_int_equal(info.sel.prefixlen_d, 0);
	sa = (struct kernel_sa){ .src = sa.src,
				 .dst = sa.dst,
				 .spi = 777,
				 .protocol = KERNEL_IPCOMP,
				 .direction = KERNEL_OUT,
				 .reqid = REQID };
	info = add(sa);
	assert_int_equal(info.mode, XFRM_MODE_TUNNEL);
	assert_int_equal(info.id.proto, IPPROTO_COMP);
	assert_int_equal(ntohl(info.id.spi), 777);
	assert_int_equal(sent(XFRMA_ALG_COMP).len, sizeof algorithm);
	memcpy(&algorithm, sent(XFRMA_ALG_COMP).ptr, sizeof algorithm);
	assert_string_equal(algorithm.alg_name, "deflate");
	assert_int_equal(algorithm.alg_key_len, 0);
	assert_int_equal(sent(XFRMA_ALG_AUTH_TRUNC).len, 0);
}

static void the_largest_sa_fits_the_message_bound(void **state)
{
	struct kernel_sa sa = cbc_sa(0x1000);
	(void)state;
	sa.integ = INTEG_HMAC_SHA2_512_256;
	sa.integ_key.len = 64;
	sa.encr = ENCR_AES_CTR, sa.encr_bits = 256, sa.encr_key.len = 36;
	sa.replay_window = 4096, sa.esn = true;
	sa.mark = sa.mark_mask = sa.if_id = 1;
	sa.encap.local_port = 4500;
	(void)add(sa);
	assert_in_range(message->nlmsg_len, 1000, XFRM_MESSAGE_MAX);
}

static void delete_and_get_name_the_sa_by_id_and_mark(void **state)
{
	struct kernel_sa sa = gcm_sa(0x12345678);
	struct xfrm_usersa_id id;
	(void)state;
	sa.mark = sa.mark_mask = 3;
	message = xfrm_sa_delete_encode(buffer.bytes, &sa);
	assert_int_equal(message->nlmsg_type, XFRM_MSG_DELSA);
	memcpy(&id, mnl_nlmsg_get_payload(message), sizeof id);
	assert_int_equal(ntohl(id.spi), 0x12345678);
	assert_int_equal(id.family, AF_INET);
	assert_int_equal(id.proto, IPPROTO_ESP);
	assert_int_equal(attribute(message, sizeof id, XFRMA_MARK).len, sizeof(struct xfrm_mark));
	message = xfrm_sa_get_encode(buffer.bytes, &sa);
	assert_int_equal(message->nlmsg_type, XFRM_MSG_GETSA);
}

static void counters_are_read_from_the_dumped_sa(void **state)
{
	struct xfrm_usersa_info info = { .curlft = { .bytes = 1000, .packets = 10 },
					 .stats = { .replay = 2, .integrity_failed = 3 } };
	struct kernel_counters counters;
	(void)state;
	message = mnl_nlmsg_put_header(buffer.bytes);
	assert_false(xfrm_counters_decode(message, &counters));
	memcpy(mnl_nlmsg_put_extra_header(message, sizeof info), &info, sizeof info);
	assert_true(xfrm_counters_decode(message, &counters));
	assert_int_equal(counters.used_at, 0);
	mnl_attr_put_u64(message, XFRMA_LASTUSED, 1700000000);
	assert_true(xfrm_counters_decode(message, &counters));
	assert_int_equal(counters.bytes, 1000);
	assert_int_equal(counters.packets, 10);
	assert_int_equal(counters.replay_errors, 2);
	assert_int_equal(counters.integrity_failures, 3);
	assert_int_equal(counters.used_at, 1700000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tunnel_sa_has_its_ends_and_takes_both_families),
		cmocka_unit_test(absent_limits_are_infinite_and_given_ones_are_sent),
		cmocka_unit_test(an_aead_sends_name_key_and_icv_length),
		cmocka_unit_test(cipher_and_integrity_send_both_with_the_truncation),
		cmocka_unit_test(null_encryption_has_a_name_and_no_key),
		cmocka_unit_test(ah_sends_integrity_alone),
		cmocka_unit_test(large_windows_and_esn_use_the_long_replay_state),
		cmocka_unit_test(udp_ports_follow_the_direction),
		cmocka_unit_test(transport_mode_carries_the_selector),
		cmocka_unit_test(what_tunnels_do_with_headers_are_flags),
		cmocka_unit_test(ah_is_aligned_as_its_ip_version_wants),
		cmocka_unit_test(padding_goes_out_as_it_is_asked_for),
		cmocka_unit_test(ipcomp_makes_the_tunnel_and_what_is_around_it_is_transport),
		cmocka_unit_test(the_largest_sa_fits_the_message_bound),
		cmocka_unit_test(delete_and_get_name_the_sa_by_id_and_mark),
		cmocka_unit_test(counters_are_read_from_the_dumped_sa),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
