/* SPDX-License-Identifier: Apache-2.0 */
/* Fields that several messages share: addresses, selectors, marks. What check.c refuses never comes
 * here. */
#include <string.h>
#include "kernel/xfrm/xfrm.h"
#include "wire/iana.h"

void xfrm_address_encode(xfrm_address_t *out, const struct ip_addr *addr)
{
	memset(out, 0, sizeof *out);
	memcpy(out, addr->bytes, ip_len(addr->family));
}

struct ip_addr xfrm_address_decode(const xfrm_address_t *in, uint16_t family)
{
	struct ip_addr addr = { .family = family == AF_INET || family == AF_INET6 ? (uint8_t)family
										  : AF_UNSPEC };
	memcpy(addr.bytes, in, ip_len(addr.family));
	return addr;
}

uint8_t xfrm_protocol_encode(uint8_t protocol)
{
	return protocol == PROTOCOL_AH	   ? IPPROTO_AH
	       : protocol == KERNEL_IPCOMP ? IPPROTO_COMP
					   : IPPROTO_ESP;
}

uint8_t xfrm_protocol_decode(uint8_t protocol)
{
	return protocol == IPPROTO_ESP	  ? PROTOCOL_ESP
	       : protocol == IPPROTO_AH	  ? PROTOCOL_AH
	       : protocol == IPPROTO_COMP ? KERNEL_IPCOMP
					  : 0;
}

static bool is_icmp(uint8_t protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

static bool all_ports(const struct selector *selector)
{
	return selector->port_from == 0 && selector->port_to == UINT16_MAX;
}

/* A range that is a power of two at a multiple of itself, as value and mask. OPAQUE: where Linux
 * can see no ports, as in fragments, it takes them for 0. */
static void ports_encode(const struct selector *selector, uint16_t *port, uint16_t *mask)
{
	bool opaque = selector->port_from > selector->port_to;
	*mask = opaque ? UINT16_MAX : htons((uint16_t) ~(selector->port_to - selector->port_from));
	*port = opaque ? 0 : htons(selector->port_from);
}

/* Linux has the type where the source port is and the code where the destination port is. */
static void icmp_encode(struct xfrm_selector *out, const struct selector *src,
			const struct selector *dst)
{
	const struct selector *one = all_ports(src) ? dst : src;
	if (all_ports(one))
		return;
	out->sport = htons((uint16_t)(one->port_from >> 8));
	out->sport_mask = UINT16_MAX;
	if (one->port_from != one->port_to)
		return;
	out->dport = htons(one->port_from & 0xff);
	out->dport_mask = UINT16_MAX;
}

void xfrm_selector_encode(struct xfrm_selector *out, const struct selector *src,
			  const struct selector *dst)
{
	memset(out, 0, sizeof *out);
	xfrm_address_encode(&out->saddr, &src->range.from);
	xfrm_address_encode(&out->daddr, &dst->range.from);
	out->prefixlen_s = (uint8_t)range_prefix(&src->range);
	out->prefixlen_d = (uint8_t)range_prefix(&dst->range);
	out->family = src->range.from.family;
	out->proto = src->protocol != 0 ? src->protocol : dst->protocol;
	if (is_icmp(out->proto)) {
		icmp_encode(out, src, dst);
		return;
	}
	ports_encode(src, &out->sport, &out->sport_mask);
	ports_encode(dst, &out->dport, &out->dport_mask);
}

static struct ip_range subnet_decode(const xfrm_address_t *in, uint8_t family, uint8_t prefix)
{
	struct ip_range range;
	range.from = range.to = xfrm_address_decode(in, family);
	for (unsigned bit = prefix; bit < ip_len(family) * 8; bit++) {
		range.from.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
		range.to.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	}
	return range;
}

static void ports_decode(struct selector *out, uint16_t port, uint16_t mask)
{
	out->port_from = ntohs(port & mask);
	out->port_to = (uint16_t)(out->port_from | (uint16_t)~ntohs(mask));
}

static void icmp_decode(const struct xfrm_selector *in, struct selector *out)
{
	unsigned type = ntohs(in->sport) & 0xff, code = ntohs(in->dport) & 0xff;
	out->port_from = 0;
	out->port_to = UINT16_MAX;
	if (in->sport_mask == 0)
		return;
	out->port_from = (uint16_t)(type << 8 | (in->dport_mask != 0 ? code : 0));
	out->port_to = (uint16_t)(type << 8 | (in->dport_mask != 0 ? code : 0xff));
}

bool xfrm_selector_decode(const struct xfrm_selector *in, uint8_t family, struct selector *src,
			  struct selector *dst)
{
	unsigned bits = (unsigned)ip_len(family) * 8;
	if (bits == 0 || in->prefixlen_s > bits || in->prefixlen_d > bits)
		return false;
	src->range = subnet_decode(&in->saddr, family, in->prefixlen_s);
	dst->range = subnet_decode(&in->daddr, family, in->prefixlen_d);
	src->protocol = dst->protocol = in->proto;
	if (is_icmp(in->proto)) {
		icmp_decode(in, src);
		icmp_decode(in, dst);
	} else {
		ports_decode(src, in->sport, in->sport_mask);
		ports_decode(dst, in->dport, in->dport_mask);
	}
	return true;
}

void xfrm_mark_put(struct nlmsghdr *message, uint32_t mark, uint32_t mask, uint32_t if_id)
{
	struct xfrm_mark value = { .v = mark, .m = mask };
	if (mark != 0 || mask != 0)
		mnl_attr_put(message, XFRMA_MARK, sizeof value, &value);
	if (if_id != 0)
		mnl_attr_put_u32(message, XFRMA_IF_ID, if_id);
}

const struct nlattr *xfrm_attribute_find(const struct nlmsghdr *message, size_t header,
					 uint16_t type, size_t least)
{
	const uint8_t *end = (const uint8_t *)message + message->nlmsg_len; /* exact, not aligned */
	const struct nlattr *attribute;
	if (mnl_nlmsg_get_payload_len(message) < header)
		return NULL;
	attribute = mnl_nlmsg_get_payload_offset(message, header);
	while (mnl_attr_ok(attribute, (int)(end - (const uint8_t *)attribute))) {
		if (mnl_attr_get_type(attribute) == type &&
		    mnl_attr_get_payload_len(attribute) >= least)
			return attribute;
		attribute = mnl_attr_next(attribute);
	}
	return NULL;
}
