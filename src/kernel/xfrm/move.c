/* SPDX-License-Identifier: Apache-2.0 */
/* An SA goes to other addresses or ports. Linux has three ways. XFRM_MSG_MIGRATE finds SAs by reqid
 * and addresses, one for each policy, and can neither take UDP encapsulation away nor tell two
 * Child SAs of one tunnel apart. UPDSA changes the ports of an SA that stays where it is,
 * atomically. For all else the SA is read with its keys and its replay state and made anew. Between
 * reading and deleting the old one may have sent: its sequence number jumps ahead, so that none,
 * and so no IV, comes twice. */
#include <errno.h>
#include <string.h>
#include "kernel/xfrm/xfrm.h"

#define SEQUENCE_JUMP                                                                              \
	(1u << 20) /* more packets than any kernel sends in one system call of ours                \
		    */

static const uint16_t kept[] = {
	XFRMA_ALG_AEAD,	 XFRMA_ALG_CRYPT,      XFRMA_ALG_AUTH_TRUNC, XFRMA_ALG_COMP,
	XFRMA_MARK,	 XFRMA_IF_ID,	       XFRMA_TFCPAD,	     XFRMA_SA_EXTRA_FLAGS,
	XFRMA_SET_MARK,	 XFRMA_SET_MARK_MASK,  XFRMA_SEC_CTX,	     IPTFS_SA_DIRECTION,
	IPTFS_DROP_TIME, IPTFS_REORDER_WINDOW, IPTFS_DONT_FRAGMENT,  IPTFS_INIT_DELAY,
	IPTFS_MAX_QUEUE, IPTFS_PACKET_SIZE,
};

static bool same_addresses(const struct kernel_request *request)
{
	return ip_equal(&request->sa.src, &request->to.src) &&
	       ip_equal(&request->sa.dst, &request->to.dst);
}

static bool encapsulated(const struct kernel_encap *encap)
{
	return encap->local_port != 0 || encap->remote_port != 0;
}

static bool ports_alone(const struct kernel_request *request)
{
	return same_addresses(request) && encapsulated(&request->sa.encap) &&
	       encapsulated(&request->to.encap);
}

/* Behind the fixed part of an algorithm stands its key. All zero: lockdown hides it. */
static bool key_hidden(const struct nlattr *attribute, size_t fixed)
{
	const uint8_t *bytes = mnl_attr_get_payload(attribute);
	size_t len = mnl_attr_get_payload_len(attribute);
	uint8_t any = 0;
	for (size_t i = fixed; i < len; i++)
		any |= bytes[i];
	return len > fixed && any == 0;
}

static bool keys_shown(const struct nlmsghdr *found)
{
	static const struct {
		uint16_t type;
		size_t fixed;
	} keyed[] = { { XFRMA_ALG_AEAD, sizeof(struct xfrm_algo_aead) },
		      { XFRMA_ALG_CRYPT, sizeof(struct xfrm_algo) },
		      { XFRMA_ALG_AUTH_TRUNC, sizeof(struct xfrm_algo_auth) } };
	for (unsigned i = 0; i < sizeof keyed / sizeof keyed[0]; i++) {
		const struct nlattr *attribute = xfrm_attribute_find(
			found, sizeof(struct xfrm_usersa_info), keyed[i].type, keyed[i].fixed);
		if (attribute != NULL && key_hidden(attribute, keyed[i].fixed))
			return false;
	}
	return true;
}

static bool put(struct nlmsghdr *message, uint16_t type, const void *value, size_t len)
{
	if (message->nlmsg_len + sizeof(struct nlattr) + len + 8 > XFRM_MESSAGE_MAX)
		return false;
	mnl_attr_put(message, type, len, value);
	return true;
}

static bool put_kept(struct nlmsghdr *message, const struct nlmsghdr *found)
{
	for (unsigned i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		const struct nlattr *attribute =
			xfrm_attribute_find(found, sizeof(struct xfrm_usersa_info), kept[i], 0);
		if (attribute != NULL && !put(message, kept[i], mnl_attr_get_payload(attribute),
					      mnl_attr_get_payload_len(attribute)))
			return false;
	}
	return true;
}

static bool put_encap(struct nlmsghdr *message, const struct kernel_request *request)
{
	const struct kernel_encap *to = &request->to.encap;
	bool out = request->sa.direction == KERNEL_OUT;
	struct xfrm_encap_tmpl encap = {
		.encap_type = 2, /* UDP_ENCAP_ESPINUDP */
		.encap_sport = htons(out ? to->local_port : to->remote_port),
		.encap_dport = htons(out ? to->remote_port : to->local_port),
	};
	return !encapsulated(to) || put(message, XFRMA_ENCAP, &encap, sizeof encap);
}

/* Without ESN the numbers end at 2^32: near that the jump is smaller. */
static uint32_t jump(uint32_t sequence, bool esn)
{
	uint32_t left = (UINT32_MAX - sequence) / 2;
	return esn || left > SEQUENCE_JUMP ? SEQUENCE_JUMP : left;
}

static bool put_replay_esn(struct nlmsghdr *message, const struct nlattr *attribute, bool out,
			   bool esn)
{
	uint32_t value[(sizeof(struct xfrm_replay_state_esn) + 4096 / 8) / 4];
	size_t len = mnl_attr_get_payload_len(attribute);
	struct xfrm_replay_state_esn state;
	if (len > sizeof value)
		return false;
	memcpy(value, mnl_attr_get_payload(attribute), len);
	memcpy(&state, value, sizeof state);
	if (out) {
		uint32_t before = state.oseq;
		state.oseq += jump(before, esn);
		state.oseq_hi += state.oseq < before;
	}
	memcpy(value, &state, sizeof state);
	return put(message, XFRMA_REPLAY_ESN_VAL, value, len);
}

static bool put_replay(struct nlmsghdr *message, const struct nlmsghdr *found, bool out, bool esn)
{
	const size_t header = sizeof(struct xfrm_usersa_info);
	const struct nlattr *attribute = xfrm_attribute_find(found, header, XFRMA_REPLAY_ESN_VAL,
							     sizeof(struct xfrm_replay_state_esn));
	struct xfrm_replay_state state;
	if (attribute != NULL)
		return put_replay_esn(message, attribute, out, esn);
	attribute = xfrm_attribute_find(found, header, XFRMA_REPLAY_VAL, sizeof state);
	if (attribute == NULL)
		return false;
	memcpy(&state, mnl_attr_get_payload(attribute), sizeof state);
	if (out)
		state.oseq += jump(state.oseq, false);
	return put(message, XFRMA_REPLAY_VAL, &state, sizeof state);
}

/* The card of the new way takes over; it cannot where ESP goes in UDP. */
static bool put_offload(struct nlmsghdr *message, const struct nlmsghdr *found,
			const struct kernel_request *request)
{
	const struct nlattr *attribute =
		xfrm_attribute_find(found, sizeof(struct xfrm_usersa_info), XFRMA_OFFLOAD_DEV,
				    sizeof(struct xfrm_user_offload));
	struct xfrm_user_offload value;
	if (attribute == NULL || encapsulated(&request->to.encap))
		return true;
	memcpy(&value, mnl_attr_get_payload(attribute), sizeof value);
	value.ifindex = (int)request->device;
	value.flags &= (uint8_t)~XFRM_OFFLOAD_IPV6;
	if (request->to.dst.family == AF_INET6)
		value.flags |= XFRM_OFFLOAD_IPV6;
	return put(message, XFRMA_OFFLOAD_DEV, &value, sizeof value);
}

/* What it has carried counts towards its lifetime. */
static bool put_lifetime(struct nlmsghdr *message, const struct xfrm_usersa_info *info)
{
	return put(message, XFRMA_LTIME_VAL, &info->curlft, sizeof info->curlft);
}

struct nlmsghdr *xfrm_move_encode(void *at, const struct nlmsghdr *found,
				  const struct kernel_request *request)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);
	struct xfrm_usersa_info *info;
	if (found->nlmsg_type != XFRM_MSG_NEWSA ||
	    mnl_nlmsg_get_payload_len(found) < sizeof *info || !keys_shown(found))
		return NULL;
	message->nlmsg_type = ports_alone(request) ? XFRM_MSG_UPDSA : XFRM_MSG_NEWSA;
	info = mnl_nlmsg_put_extra_header(message, sizeof *info);
	memcpy(info, mnl_nlmsg_get_payload(found), sizeof *info);
	xfrm_address_encode(&info->saddr, &request->to.src);
	xfrm_address_encode(&info->id.daddr, &request->to.dst);
	info->family = request->to.dst.family;
	bool out = request->sa.direction == KERNEL_OUT;
	bool esn = (info->flags & XFRM_STATE_ESN) != 0;
	if (!put_kept(message, found) || !put_encap(message, request) ||
	    !put_replay(message, found, out, esn) || !put_lifetime(message, info) ||
	    !put_offload(message, found, request)) /* last: see without_offload() */
		return NULL;
	return message;
}

static int remove_old(int fd, uint32_t *sequence, const struct kernel_request *request,
		      struct answer *answer)
{
	_Alignas(8) uint8_t bytes[XFRM_MESSAGE_MAX];
	return xfrm_converse(fd, sequence, xfrm_sa_delete_encode(bytes, &request->sa), NLM_F_ACK,
			     answer);
}

/* A tunnel that goes on in software is better than none. */
static bool without_offload(struct nlmsghdr *message)
{
	const struct nlattr *attribute =
		xfrm_attribute_find(message, sizeof(struct xfrm_usersa_info), XFRMA_OFFLOAD_DEV,
				    sizeof(struct xfrm_user_offload));
	if (attribute == NULL)
		return false;
	message->nlmsg_len = (uint32_t)((const uint8_t *)attribute - (const uint8_t *)message);
	return true;
}

/* Where another destination makes another identity the new one comes first: nothing is lost when it
 * is refused. */
static int make_anew(int fd, uint32_t *sequence, const struct kernel_request *request,
		     struct nlmsghdr *message, struct answer *answer)
{
	bool beside = !ip_equal(&request->sa.dst, &request->to.dst);
	int error = 0;
	if (!beside && message->nlmsg_type == XFRM_MSG_NEWSA)
		error = remove_old(fd, sequence, request, answer);
	if (error == 0)
		error = xfrm_converse(fd, sequence, message, NLM_F_ACK, answer);
	if (error != 0 && without_offload(message))
		error = xfrm_converse(fd, sequence, message, NLM_F_ACK, answer);
	if (error == 0 && beside)
		(void)remove_old(fd, sequence, request, answer);
	return error;
}

int xfrm_move(int fd, uint32_t *sequence, const struct kernel_request *request, char text[160])
{
	_Alignas(8) uint8_t bytes[XFRM_MESSAGE_MAX];
	struct answer answer = { .text = text };
	struct nlmsghdr *message = xfrm_sa_get_encode(bytes, &request->sa);
	int error = xfrm_converse(fd, sequence, message, 0, &answer);
	if (error == 0) {
		message = xfrm_move_encode(bytes, (const void *)answer.found, request);
		error = message == NULL ? EKEYREJECTED
					: make_anew(fd, sequence, request, message, &answer);
	}
	wipe(bytes, sizeof bytes);
	wipe(answer.found, sizeof answer.found);
	return error;
}
