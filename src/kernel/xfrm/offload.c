/* SPDX-License-Identifier: Apache-2.0 */
/* ESP in network cards. Linux takes an SA whose device cannot do it without a word and does it
 * itself: whether the card does is asked afterwards. Older kernels than 6.2 have the card's
 * encryption only. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include "kernel/xfrm/xfrm.h"

uint32_t xfrm_offload_device(struct host *host, const struct ip_addr *peer)
{
	struct host_route way;

	if (!ip_is_set(peer) || host->ops->route_to == NULL ||
	    host->ops->route_to(host, peer, &way) != RC_OK || way.device[0] == '\0')
		return 0;
	return if_nametoindex(way.device);
}

void xfrm_offload_sa_put(struct nlmsghdr *message, const struct kernel_sa *sa, uint32_t device)
{
	struct xfrm_user_offload value = { .ifindex = (int)device };

	if (sa->offload == KERNEL_OFFLOAD_NONE)
		return;
	if (sa->direction != KERNEL_OUT)
		value.flags |= XFRM_OFFLOAD_INBOUND;
	if (sa->dst.family == AF_INET6)
		value.flags |= XFRM_OFFLOAD_IPV6;
	if (sa->offload == KERNEL_OFFLOAD_PACKET)
		value.flags |= XFRM_OFFLOAD_PACKET;
	mnl_attr_put(message, XFRMA_OFFLOAD_DEV, sizeof value, &value);
}

void xfrm_offload_policy_put(struct nlmsghdr *message, uint32_t device)
{
	struct xfrm_user_offload value = { .ifindex = (int)device, .flags = XFRM_OFFLOAD_PACKET };

	mnl_attr_put(message, XFRMA_OFFLOAD_DEV, sizeof value, &value);
}

/* The SA in this answer to GETSA is offloaded. */
static bool xfrm_offload_is_on(const struct nlmsghdr *found)
{
	return found->nlmsg_type == XFRM_MSG_NEWSA &&
	       xfrm_attribute_find(found, sizeof(struct xfrm_usersa_info), XFRMA_OFFLOAD_DEV,
				   sizeof(struct xfrm_user_offload)) != NULL;
}

/* An SA that nobody has used yet. */
static int look(int fd, uint32_t *sequence, const struct kernel_request *request,
		struct answer *answer)
{
	_Alignas(8) uint8_t bytes[XFRM_MESSAGE_MAX];
	int error = xfrm_converse(fd, sequence, xfrm_sa_get_encode(bytes, &request->sa), 0, answer);
	bool maybe = request->sa.offload == KERNEL_OFFLOAD_AUTO;

	if (error == 0 && xfrm_offload_is_on((const void *)answer->found))
		return 0;
	if (!maybe)
		(void)xfrm_converse(fd, sequence, xfrm_sa_delete_encode(bytes, &request->sa),
				    NLM_F_ACK, answer);
	xfrm_card_text(request->device, answer->text);
	return maybe ? 0 : error != 0 ? error : EOPNOTSUPP;
}

static int add(int fd, uint32_t *sequence, const struct kernel_request *request, bool offload,
	       struct answer *answer)
{
	_Alignas(8) uint8_t bytes[XFRM_MESSAGE_MAX];
	struct nlmsghdr *message = xfrm_sa_add_encode(bytes, &request->sa);
	int error;

	if (offload)
		xfrm_offload_sa_put(message, &request->sa, request->device);
	error = xfrm_converse(fd, sequence, message, NLM_F_ACK, answer);
	wipe(bytes, sizeof bytes);
	return error;
}

static int add_without(int fd, uint32_t *sequence, const struct kernel_request *request,
		       int refusal, struct answer *answer)
{
	char why[CARD_TEXT_MAX];
	int error;

	(void)snprintf(why, sizeof why, "%s",
		       answer->text[0] != '\0' ? answer->text : strerrordesc_np(refusal));
	error = add(fd, sequence, request, false, answer);
	if (error == 0)
		memcpy(answer->text, why, sizeof why);
	return error;
}

int xfrm_offload_add(int fd, uint32_t *sequence, const struct kernel_request *request,
		     char text[CARD_TEXT_MAX])
{
	struct answer answer = { .text = text };
	int error = add(fd, sequence, request, true, &answer);

	if (error == 0)
		error = look(fd, sequence, request, &answer);
	else if (request->sa.offload == KERNEL_OFFLOAD_AUTO && error != EEXIST)
		error = add_without(fd, sequence, request, error, &answer);
	wipe(answer.found, sizeof answer.found);
	return error;
}
