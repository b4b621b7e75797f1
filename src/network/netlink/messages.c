/* SPDX-License-Identifier: Apache-2.0 */
/* Objects as rtnetlink messages. */
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip.h>
#include <string.h>
#include "network/netlink/netlink.h"

#define LOOSE_SOURCES 2 /* of rp_filter; the larger one of this and that of all counts */

const struct nlattr *netlink_attribute(const struct nlmsghdr *message, size_t header, uint16_t type,
				       size_t least)
{
	const uint8_t *end = (const uint8_t *)message + message->nlmsg_len;
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(message) < header)
		return NULL;
	attr = mnl_nlmsg_get_payload_offset(message, header);
	while (mnl_attr_ok(attr, (int)(end - (const uint8_t *)attr))) {
		if (mnl_attr_get_type(attr) == type && mnl_attr_get_payload_len(attr) >= least)
			return attr;
		attr = mnl_attr_next(attr);
	}
	return NULL;
}

static uint16_t add_flags(bool add)
{
	return NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
}

static void put_addr(struct nlmsghdr *message, uint16_t type, const struct ip_addr *addr)
{
	mnl_attr_put(message, type, ip_len(addr->family), addr->bytes);
}

/* Packets to the peer get the one mark; SAs and policies for what comes from it are looked up with
 * the other. */
static void put_vti(struct nlmsghdr *message, const struct network_object *object)
{
	struct nlattr *kind = mnl_attr_nest_start(message, IFLA_LINKINFO), *data;
	bool v6 = object->addr.family == AF_INET6;

	mnl_attr_put_strz(message, IFLA_INFO_KIND, v6 ? "vti6" : "vti");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u32(message, IFLA_VTI_IKEY, htonl(object->ikey));
	mnl_attr_put_u32(message, IFLA_VTI_OKEY, htonl(object->okey));
	put_addr(message, IFLA_VTI_LOCAL, &object->addr);
	put_addr(message, IFLA_VTI_REMOTE, &object->via);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, kind);
}

static void put_dummy(struct nlmsghdr *message)
{
	struct nlattr *kind = mnl_attr_nest_start(message, IFLA_LINKINFO);

	mnl_attr_put_strz(message, IFLA_INFO_KIND, "dummy");
	mnl_attr_nest_end(message, kind);
}

static void put_xfrm(struct nlmsghdr *message, const struct network_object *object)
{
	struct nlattr *kind = mnl_attr_nest_start(message, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(message, IFLA_INFO_KIND, "xfrm");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u32(message, IFLA_XFRM_IF_ID, object->if_id);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, kind);
}

static void encode_link(struct nlmsghdr *message, const struct network_object *object, bool add)
{
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));

	message->nlmsg_type = add ? RTM_NEWLINK : RTM_DELLINK;
	mnl_attr_put_strz(message, IFLA_IFNAME, object->device);
	if (!add)
		return;
	info->ifi_flags = info->ifi_change = IFF_UP;
	mnl_attr_put_u32(message, IFLA_GROUP, NETWORK_LINK_GROUP);
	if (object->vti)
		put_vti(message, object);
	else if (object->if_id != 0)
		put_xfrm(message, object);
	else
		put_dummy(message);
}

static struct nlmsghdr *of_link(void *at, const struct network_object *object)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);

	message->nlmsg_type = RTM_NEWLINK;
	message->nlmsg_flags = add_flags(false);
	(void)mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, object->device);
	return message;
}

struct nlmsghdr *netlink_change_encode(void *at, const struct network_object *object)
{
	struct nlmsghdr *message = of_link(at, object);

	put_vti(message, object);
	return message;
}

struct nlmsghdr *netlink_settings_encode(void *at, const struct network_object *object)
{
	struct nlmsghdr *message = of_link(at, object);
	struct nlattr *all = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *family = mnl_attr_nest_start(message, AF_INET);
	struct nlattr *settings = mnl_attr_nest_start(message, IFLA_INET_CONF);

	mnl_attr_put_u32(message, IPV4_DEVCONF_NOPOLICY, 1);
	mnl_attr_put_u32(message, IPV4_DEVCONF_RP_FILTER, LOOSE_SOURCES);
	mnl_attr_nest_end(message, settings);
	mnl_attr_nest_end(message, family);
	mnl_attr_nest_end(message, all);
	return message;
}

struct nlmsghdr *netlink_encode_up(void *at, const struct network_object *link)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));

	message->nlmsg_type = RTM_NEWLINK;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	info->ifi_flags = info->ifi_change = IFF_UP;
	mnl_attr_put_strz(message, IFLA_IFNAME, link->device);
	return message;
}

/* IPv4: a narrower scope than that of the packet is never chosen. IPv6: an address is not, when its
 * preferred time is over (RFC 6724 rule 3). */
static void put_aside(struct nlmsghdr *message, struct ifaddrmsg *info)
{
	struct ifa_cacheinfo times = { .ifa_prefered = 0, .ifa_valid = UINT32_MAX };

	if (info->ifa_family == AF_INET)
		info->ifa_scope = RT_SCOPE_LINK;
	else
		mnl_attr_put(message, IFA_CACHEINFO, sizeof(times), &times);
}

static void encode_address(struct nlmsghdr *message, const struct network_object *object, bool add,
			   uint32_t index)
{
	struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	uint32_t flags = IFA_F_NODAD | IFA_F_NOPREFIXROUTE;

	message->nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
	info->ifa_family = object->addr.family;
	info->ifa_prefixlen = object->len;
	info->ifa_index = index;
	put_addr(message, IFA_LOCAL, &object->addr);
	put_addr(message, IFA_ADDRESS, &object->addr);
	if (!add)
		return;
	if (!object->aside)
		flags &= ~(uint32_t)IFA_F_NOPREFIXROUTE;
	mnl_attr_put_u32(message, IFA_FLAGS, flags);
	mnl_attr_put_u8(message, IFA_PROTO, HOST_PROTOCOL);
	if (object->aside)
		put_aside(message, info);
}

/* IPsec and IKE: Linux looks for the way back before it takes in a packet (rp_filter), and does so
 * without the mark, but with addresses and ports (the latter not of fragments). */
static void encode_peer_rule(struct nlmsghdr *message, struct fib_rule_hdr *rule,
			     const struct network_object *object)
{
	struct fib_rule_port_range port = { object->port, object->port };

	rule->dst_len = object->len;
	if (object->len != 0)
		put_addr(message, FRA_DST, &object->addr);
	if (ip_is_set(&object->source)) {
		rule->src_len = (uint8_t)(ip_len(object->source.family) * 8);
		put_addr(message, FRA_SRC, &object->source);
	}
	if (object->device[0] != '\0')
		mnl_attr_put_strz(message, FRA_IIFNAME, object->device);
	if (object->port != 0)
		mnl_attr_put(message, FRA_SPORT_RANGE, sizeof(port), &port);
	mnl_attr_put_u8(message, FRA_IP_PROTO, object->proto);
	mnl_attr_put_u32(message, FRA_PRIORITY, RULE_PEER_PRIORITY);
}

/* What stands in table main, but for its default routes, goes before what tunnels want; and what
 * has the mark goes past them. */
static void encode_rule(struct nlmsghdr *message, const struct network_object *object, bool add)
{
	struct fib_rule_hdr *rule = mnl_nlmsg_put_extra_header(message, sizeof(*rule));
	bool main_table = object->table == HOST_TABLE_MAIN;

	message->nlmsg_type = add ? RTM_NEWRULE : RTM_DELRULE;
	rule->family = object->addr.family;
	rule->action = FR_ACT_TO_TBL;
	rule->table = (uint8_t)object->table;
	mnl_attr_put_u32(message, FRA_TABLE, object->table);
	mnl_attr_put_u8(message, FRA_PROTOCOL, HOST_PROTOCOL);
	if (object->proto != 0) {
		encode_peer_rule(message, rule, object);
		return;
	}
	mnl_attr_put_u32(message, FRA_PRIORITY,
			 main_table ? RULE_MAIN_PRIORITY : RULE_TUNNELS_PRIORITY);
	if (main_table) {
		mnl_attr_put_u32(message, FRA_SUPPRESS_PREFIXLEN, 0);
		return;
	}
	rule->flags = FIB_RULE_INVERT;
	mnl_attr_put_u32(message, FRA_FWMARK, HOST_MARK_OUTSIDE);
	mnl_attr_put_u32(message, FRA_FWMASK, UINT32_MAX);
}

static void put_metrics(struct nlmsghdr *message, uint32_t mtu)
{
	struct nlattr *metrics;

	if (mtu == 0)
		return;
	metrics = mnl_attr_nest_start(message, RTA_METRICS);
	mnl_attr_put_u32(message, RTAX_MTU, mtu);
	mnl_attr_nest_end(message, metrics);
}

static void encode_route(struct nlmsghdr *message, const struct network_object *object, bool add,
			 uint32_t index)
{
	struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof(*route));

	message->nlmsg_type = add ? RTM_NEWROUTE : RTM_DELROUTE;
	route->rtm_family = object->addr.family;
	route->rtm_dst_len = object->len;
	route->rtm_table = (uint8_t)object->table;
	route->rtm_protocol = HOST_PROTOCOL;
	route->rtm_type = RTN_UNICAST;
	route->rtm_scope = ip_is_set(&object->via) || object->addr.family == AF_INET6
				   ? RT_SCOPE_UNIVERSE
				   : RT_SCOPE_LINK;
	put_addr(message, RTA_DST, &object->addr);
	mnl_attr_put_u32(message, RTA_TABLE, object->table);
	mnl_attr_put_u32(message, RTA_OIF, index);
	if (ip_is_set(&object->via))
		put_addr(message, RTA_GATEWAY, &object->via);
	if (ip_is_set(&object->source))
		put_addr(message, RTA_PREFSRC, &object->source);
	if (object->metric != 0)
		mnl_attr_put_u32(message, RTA_PRIORITY, object->metric);
	put_metrics(message, object->mtu);
}

struct nlmsghdr *netlink_encode(void *at, const struct network_object *object, bool add,
				uint32_t index)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);

	message->nlmsg_flags = add_flags(add);
	switch (object->kind) {
	case NETWORK_LINK:
		encode_link(message, object, add);
		break;
	case NETWORK_ADDRESS:
		encode_address(message, object, add, index);
		break;
	case NETWORK_RULE:
		encode_rule(message, object, add);
		break;
	case NETWORK_ROUTE:
		encode_route(message, object, add, index);
		break;
	}
	return message;
}
