/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel tells by itself: ACQUIRE, EXPIRE, MAPPING. Others' SAs and policies are none of
 * our business. */
#include <string.h>
#include "kernel/xfrm/xfrm.h"

static bool payload(const struct nlmsghdr *message, void *out, size_t size)
{
	if (mnl_nlmsg_get_payload_len(message) < size)
		return false;
	memcpy(out, mnl_nlmsg_get_payload(message), size);
	return true;
}

static bool acquire_decode(const struct nlmsghdr *message, struct kernel_event *out)
{
	struct xfrm_user_acquire acquire;
	struct xfrm_user_tmpl template;
	const struct nlattr *attribute;
	if (!payload(message, &acquire, sizeof acquire))
		return false;
	attribute = xfrm_attribute_find(message, sizeof acquire, XFRMA_TMPL, sizeof template);
	if (attribute == NULL)
		return false;
	memcpy(&template, mnl_attr_get_payload(attribute), sizeof template);
	out->type = KERNEL_ACQUIRE;
	out->reqid = template.reqid;
	out->src = xfrm_address_decode(&acquire.saddr, template.family);
	out->dst = xfrm_address_decode(&acquire.id.daddr, template.family);
	out->protocol = xfrm_protocol_decode(acquire.id.proto);
	return xfrm_selector_decode(&acquire.sel, (uint8_t)acquire.sel.family, &out->packet_src,
				    &out->packet_dst);
}

/* A larval state that nobody filled expires too: it has no SPI. IPComp goes with its ESP. */
static bool expire_decode(const struct nlmsghdr *message, struct kernel_event *out)
{
	struct xfrm_user_expire expire;
	if (!payload(message, &expire, sizeof expire) || expire.state.id.spi == 0 ||
	    expire.state.id.proto == IPPROTO_COMP)
		return false;
	out->type = KERNEL_EXPIRE;
	out->reqid = expire.state.reqid;
	out->src = xfrm_address_decode(&expire.state.saddr, expire.state.family);
	out->dst = xfrm_address_decode(&expire.state.id.daddr, expire.state.family);
	out->spi = ntohl(expire.state.id.spi);
	out->protocol = xfrm_protocol_decode(expire.state.id.proto);
	out->hard = expire.hard != 0;
	return true;
}

static bool mapping_decode(const struct nlmsghdr *message, struct kernel_event *out)
{
	struct xfrm_user_mapping mapping;
	if (!payload(message, &mapping, sizeof mapping))
		return false;
	out->type = KERNEL_MAPPING;
	out->reqid = mapping.reqid;
	out->src = xfrm_address_decode(&mapping.old_saddr, mapping.id.family);
	out->dst = xfrm_address_decode(&mapping.id.daddr, mapping.id.family);
	out->spi = ntohl(mapping.id.spi);
	out->protocol = xfrm_protocol_decode(mapping.id.proto);
	out->mapped.addr = xfrm_address_decode(&mapping.new_saddr, mapping.id.family);
	out->mapped.port = ntohs(mapping.new_sport);
	return ip_is_set(&out->mapped.addr);
}

static bool decode(const struct nlmsghdr *message, struct kernel_event *out)
{
	switch (message->nlmsg_type) {
	case XFRM_MSG_ACQUIRE:
		return acquire_decode(message, out);
	case XFRM_MSG_EXPIRE:
		return expire_decode(message, out);
	case XFRM_MSG_MAPPING:
		return mapping_decode(message, out);
	default: /* a number from the kernel, not an enum */
		return false;
	}
}

bool xfrm_event_decode(const struct nlmsghdr *message, struct kernel_event *out)
{
	memset(out, 0, sizeof *out);
	return decode(message, out) && out->protocol != 0;
}
