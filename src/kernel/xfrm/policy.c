/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about policies. UPDPOLICY adds or replaces, so that setting one twice is harmless. */
#include "kernel/xfrm/xfrm.h"

#define INDEX_MARK (KERNEL_REQID_FIRST)
#define INDEX_BITS 0x00ffffffu

static uint8_t direction_encode(uint8_t direction)
{
	static const uint8_t numbers[] = { [KERNEL_IN] = XFRM_POLICY_IN,
					   [KERNEL_OUT] = XFRM_POLICY_OUT,
					   [KERNEL_FWD] = XFRM_POLICY_FWD };
	return numbers[direction];
}

/* Linux wants the direction in the lowest bits, three of which its own indexes use. */
uint32_t xfrm_policy_index(uint32_t counter, uint8_t direction)
{
	return INDEX_MARK | (counter << 3 & INDEX_BITS) | direction_encode(direction);
}

bool xfrm_policy_index_is_ours(uint32_t index)
{
	return (index & ~INDEX_BITS) == INDEX_MARK;
}

/* A template without addresses takes the family of the selector, and the ends of the packet. */
static struct xfrm_user_tmpl template_of(const struct kernel_policy *policy, uint8_t protocol,
					 uint8_t mode)
{
	const struct ip_addr *known =
		ip_is_set(&policy->tunnel_dst) ? &policy->tunnel_dst : &policy->tunnel_src;
	struct xfrm_user_tmpl value = {
		.id = { .spi = htonl(policy->spi), .proto = xfrm_protocol_encode(protocol) },
		.family = ip_is_set(known) ? known->family : policy->src.range.from.family,
		.reqid = policy->reqid,
		.mode = mode != KERNEL_TUNNEL ? XFRM_MODE_TRANSPORT
			: policy->iptfs	      ? IPTFS_MODE
					      : XFRM_MODE_TUNNEL,
		.share = XFRM_SHARE_ANY,
		.aalgos = UINT32_MAX,
		.ealgos = UINT32_MAX,
		.calgos = UINT32_MAX,
	};
	if (mode == KERNEL_TUNNEL) {
		xfrm_address_encode(&value.id.daddr, &policy->tunnel_dst);
		xfrm_address_encode(&value.saddr, &policy->tunnel_src);
	}
	return value;
}

/* In the order in which a packet meets them on its way out. */
static void put_templates(struct nlmsghdr *message, const struct kernel_policy *policy)
{
	struct xfrm_user_tmpl both[2];
	unsigned count = 0;
	if (policy->compress) {
		both[count] = template_of(policy, KERNEL_IPCOMP, policy->mode);
		both[count].id.spi = 0;
		both[count++].optional = policy->direction != KERNEL_OUT;
	}
	both[count] = template_of(policy, policy->protocol,
				  policy->compress ? KERNEL_TRANSPORT : policy->mode);
	count++;
	mnl_attr_put(message, XFRMA_TMPL, count * sizeof both[0], both);
}

struct nlmsghdr *xfrm_policy_set_encode(void *at, const struct kernel_policy *policy,
					uint32_t index)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);
	struct xfrm_userpolicy_info *info = mnl_nlmsg_put_extra_header(message, sizeof *info);
	message->nlmsg_type = XFRM_MSG_UPDPOLICY;
	xfrm_selector_encode(&info->sel, &policy->src, &policy->dst);
	info->lft = (struct xfrm_lifetime_cfg){ .soft_byte_limit = XFRM_INF,
						.hard_byte_limit = XFRM_INF,
						.soft_packet_limit = XFRM_INF,
						.hard_packet_limit = XFRM_INF };
	info->priority = policy->priority;
	info->index = index;
	info->dir = direction_encode(policy->direction);
	info->action = policy->action == KERNEL_BLOCK ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
	info->share = XFRM_SHARE_ANY;
	if (policy->action == KERNEL_PROTECT)
		put_templates(message, policy);
	xfrm_mark_put(message, policy->mark, policy->mark_mask, policy->if_id);
	return message;
}

struct nlmsghdr *xfrm_policy_delete_encode(void *at, const struct kernel_policy *policy)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);
	struct xfrm_userpolicy_id *id = mnl_nlmsg_put_extra_header(message, sizeof *id);
	message->nlmsg_type = XFRM_MSG_DELPOLICY;
	xfrm_selector_encode(&id->sel, &policy->src, &policy->dst);
	id->dir = direction_encode(policy->direction);
	xfrm_mark_put(message, policy->mark, policy->mark_mask, policy->if_id);
	return message;
}
