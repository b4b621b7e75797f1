/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about SAs: NEWSA with an SPI of our choice, DELSA, GETSA, and the counters in its
 * answer. */
#include <linux/udp.h>
#include <string.h>
#include "kernel/algorithms.h"
#include "kernel/xfrm/xfrm.h"
#include "wire/iana.h"

#define ESN_WINDOW_LEAST                                                                           \
	32 /* RFC 4303 §3.4.3: ESN needs anti-replay; Linux refuses ESN without a window */
#define PLAIN_WINDOW_MOST 32 /* what struct xfrm_usersa_info holds itself */
#define KEY_MAX		  64 /* HMAC-SHA2-512; kernel_check_sa knows no longer key */

static uint64_t limit(uint64_t value)
{
	return value != 0 ? value : XFRM_INF;
}

static struct xfrm_lifetime_cfg lifetimes(const struct kernel_sa *sa)
{
	return (struct xfrm_lifetime_cfg){
		.soft_byte_limit = limit(sa->soft_bytes),
		.hard_byte_limit = limit(sa->hard_bytes),
		.soft_packet_limit = limit(sa->soft_packets),
		.hard_packet_limit = limit(sa->hard_packets),
		.soft_add_expires_seconds = sa->soft_seconds,
		.hard_add_expires_seconds = sa->hard_seconds,
	};
}

/* Odd, so that it is never 0; another one for each SPI, as Linux finds SAs by it. */
uint32_t xfrm_sa_sign(uint32_t spi)
{
	return (spi * 0x9e3779b1u ^ KERNEL_REQID_FIRST) | 1;
}

static bool wants_esn_state(const struct kernel_sa *sa)
{
	return sa->esn || sa->replay_window > PLAIN_WINDOW_MOST;
}

/* Without a selector family and with AF_UNSPEC a tunnel carries both families, 4in6 and 6in4
 * included. What protects an IPComp tunnel sees its outer packets alone. */
static void put_info(struct nlmsghdr *message, const struct kernel_sa *sa)
{
	struct xfrm_usersa_info *info = mnl_nlmsg_put_extra_header(message, sizeof *info);
	xfrm_address_encode(&info->saddr, &sa->src);
	xfrm_address_encode(&info->id.daddr, &sa->dst);
	info->id.spi = htonl(sa->spi);
	info->id.proto = xfrm_protocol_encode(sa->protocol);
	info->family = sa->dst.family;
	info->reqid = sa->reqid;
	if (!kernel_reqid_is_ours(sa->reqid))
		info->seq = xfrm_sa_sign(sa->spi);
	info->lft = lifetimes(sa);
	info->mode = XFRM_MODE_TRANSPORT;
	if (sa->mode == KERNEL_TRANSPORT) {
		xfrm_selector_encode(&info->sel, &sa->selector_src, &sa->selector_dst);
	} else if (!sa->compressed) {
		info->mode = sa->iptfs.on ? IPTFS_MODE : XFRM_MODE_TUNNEL;
		info->flags |= XFRM_STATE_AF_UNSPEC;
	}
	if (sa->esn)
		info->flags |= XFRM_STATE_ESN;
	/* RFC 4302 §3.3.3.2.1; without it Linux aligns IPv4 as IPv6, and other systems drop that */
	if (sa->protocol == PROTOCOL_AH && sa->dst.family == AF_INET)
		info->flags |= XFRM_STATE_ALIGN4;
	if (sa->fragments)
		info->flags |= XFRM_STATE_NOPMTUDISC;
	if (sa->restore_dscp)
		info->flags |= XFRM_STATE_DECAP_DSCP;
	if (!wants_esn_state(sa))
		info->replay_window = (uint8_t)sa->replay_window;
}

static void put_replay(struct nlmsghdr *message, const struct kernel_sa *sa)
{
	uint32_t value[(sizeof(struct xfrm_replay_state_esn) + 4096 / 8) / 4] = { 0 };
	struct xfrm_replay_state_esn state = { .replay_window = sa->replay_window };
	if (!wants_esn_state(sa))
		return;
	if (state.replay_window < ESN_WINDOW_LEAST)
		state.replay_window = ESN_WINDOW_LEAST;
	if (sa->iptfs.on && sa->direction == KERNEL_OUT)
		state.replay_window = 0; /* who says that it sends may not have one */
	state.bmp_len = (state.replay_window + 31) / 32;
	memcpy(value, &state, sizeof state); /* the bitmap behind it is zero */
	mnl_attr_put(message, XFRMA_REPLAY_ESN_VAL, sizeof state + state.bmp_len * 4, value);
}

static void name(char to[64], const char *from)
{
	size_t len = strlen(from);
	memcpy(to, from, len < 63 ? len : 63);
}

/* An attribute that ends with a key. */
static void put_keyed(struct nlmsghdr *message, uint16_t type, const void *head, size_t size,
		      struct span key)
{
	uint8_t value[sizeof(struct xfrm_algo_auth) + KEY_MAX];
	memcpy(value, head, size);
	if (key.len > 0)
		memcpy(value + size, key.ptr, key.len);
	mnl_attr_put(message, type, size + key.len, value);
	wipe(value, sizeof value);
}

static void put_aead(struct nlmsghdr *message, const struct algorithm_encr *encr, struct span key)
{
	struct xfrm_algo_aead head = { .alg_key_len = (unsigned)key.len * 8,
				       .alg_icv_len = encr->icv_bits };
	name(head.alg_name, encr->name);
	put_keyed(message, XFRMA_ALG_AEAD, &head, sizeof head, key);
}

static void put_cipher(struct nlmsghdr *message, const struct algorithm_encr *encr, struct span key)
{
	struct xfrm_algo head = { .alg_key_len = (unsigned)key.len * 8 };
	name(head.alg_name, encr->name);
	put_keyed(message, XFRMA_ALG_CRYPT, &head, sizeof head, key);
}

static void put_auth(struct nlmsghdr *message, const struct algorithm_integ *integ, struct span key)
{
	struct xfrm_algo_auth head = { .alg_key_len = integ->key_bits,
				       .alg_trunc_len = integ->truncated_bits };
	name(head.alg_name, integ->name);
	put_keyed(message, XFRMA_ALG_AUTH_TRUNC, &head, sizeof head, key);
}

static void put_compression(struct nlmsghdr *message)
{
	struct xfrm_algo head = { .alg_key_len = 0 };
	name(head.alg_name, "deflate");
	mnl_attr_put(message, XFRMA_ALG_COMP, sizeof head, &head);
}

static void put_algorithms(struct nlmsghdr *message, const struct kernel_sa *sa)
{
	const struct algorithm_encr *encr = kernel_algorithm_encr(sa->encr);
	const struct algorithm_integ *integ = kernel_algorithm_integ(sa->integ);
	if (sa->protocol == PROTOCOL_ESP && encr != NULL && encr->icv_bits != 0)
		put_aead(message, encr, sa->encr_key);
	else if (sa->protocol == PROTOCOL_ESP && encr != NULL)
		put_cipher(message, encr, sa->encr_key);
	if (sa->protocol == KERNEL_IPCOMP)
		put_compression(message);
	else if (integ != NULL)
		put_auth(message, integ, sa->integ_key);
}

/* RFC 3948: the ports of the UDP header as packets of this SA carry them. */
static void put_encap(struct nlmsghdr *message, const struct kernel_sa *sa)
{
	bool out = sa->direction == KERNEL_OUT;
	struct xfrm_encap_tmpl encap = { .encap_type = UDP_ENCAP_ESPINUDP };
	if (sa->encap.local_port == 0 && sa->encap.remote_port == 0)
		return;
	encap.encap_sport = htons(out ? sa->encap.local_port : sa->encap.remote_port);
	encap.encap_dport = htons(out ? sa->encap.remote_port : sa->encap.local_port);
	mnl_attr_put(message, XFRMA_ENCAP, sizeof encap, &encap);
}

struct nlmsghdr *xfrm_sa_add_encode(void *at, const struct kernel_sa *sa)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);
	message->nlmsg_type = XFRM_MSG_NEWSA;
	put_info(message, sa);
	put_algorithms(message, sa);
	put_encap(message, sa);
	put_replay(message, sa);
	if (sa->tfc != 0)
		mnl_attr_put_u32(message, XFRMA_TFCPAD, sa->tfc);
	if (sa->hide_dscp)
		mnl_attr_put_u32(message, XFRMA_SA_EXTRA_FLAGS, XFRM_SA_XFLAG_DONT_ENCAP_DSCP);
	xfrm_iptfs_put(message, sa);
	xfrm_mark_put(message, sa->mark, sa->mark_mask, sa->if_id);
	if (sa->output_mark != 0)
		mnl_attr_put_u32(message, XFRMA_SET_MARK, sa->output_mark);
	return message;
}

static struct nlmsghdr *id_encode(void *at, uint16_t type, const struct kernel_sa *sa)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);
	struct xfrm_usersa_id *id = mnl_nlmsg_put_extra_header(message, sizeof *id);
	message->nlmsg_type = type;
	xfrm_address_encode(&id->daddr, &sa->dst);
	id->spi = htonl(sa->spi);
	id->family = sa->dst.family;
	id->proto = xfrm_protocol_encode(sa->protocol);
	xfrm_mark_put(message, sa->mark, sa->mark_mask, 0);
	return message;
}

struct nlmsghdr *xfrm_sa_delete_encode(void *at, const struct kernel_sa *sa)
{
	return id_encode(at, XFRM_MSG_DELSA, sa);
}

struct nlmsghdr *xfrm_sa_get_encode(void *at, const struct kernel_sa *sa)
{
	return id_encode(at, XFRM_MSG_GETSA, sa);
}

bool xfrm_counters_decode(const struct nlmsghdr *message, struct kernel_counters *out)
{
	struct xfrm_usersa_info info;
	const struct nlattr *used;
	if (mnl_nlmsg_get_payload_len(message) < sizeof info)
		return false;
	memcpy(&info, mnl_nlmsg_get_payload(message), sizeof info);
	*out = (struct kernel_counters){ .bytes = info.curlft.bytes,
					 .packets = info.curlft.packets,
					 .replay_errors = info.stats.replay,
					 .integrity_failures = info.stats.integrity_failed };
	used = xfrm_attribute_find(message, sizeof info, XFRMA_LASTUSED, sizeof(uint64_t));
	if (used != NULL)
		out->used_at = (int64_t)mnl_attr_get_u64(used);
	return true;
}
