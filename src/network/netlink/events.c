/* SPDX-License-Identifier: Apache-2.0 */
/* What others remove or replace: a second socket that hears of little else. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/filter.h>
#include <linux/ipv6_route.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "network/netlink/netlink.h"

#define READS_PER_TURN 64

static bool is_ip(uint8_t family)
{
	return family == AF_INET || family == AF_INET6;
}

static bool read_addr(const struct nlmsghdr *message, size_t header, uint16_t type, uint8_t family,
		      struct ip_addr *out)
{
	const struct nlattr *attr;

	if (!is_ip(family))
		return false;
	attr = netlink_attribute(message, header, type, ip_len(family));
	return attr != NULL &&
	       ip_from_bytes(span_make(mnl_attr_get_payload(attr), ip_len(family)), out) == RC_OK;
}

static uint32_t read_u32(const struct nlmsghdr *message, size_t header, uint16_t type)
{
	const struct nlattr *attr = netlink_attribute(message, header, type, sizeof(uint32_t));

	return attr != NULL ? mnl_attr_get_u32(attr) : 0;
}

static void name_device(uint32_t index, struct network_object *out)
{
	char name[IF_NAMESIZE];

	if (if_indextoname(index, name) != NULL)
		memcpy(out->device, name, sizeof(out->device));
}

static bool read_route(const struct nlmsghdr *message, struct network_object *out)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	size_t header = sizeof(*route);

	if (mnl_nlmsg_get_payload_len(message) < header || !is_ip(route->rtm_family) ||
	    (route->rtm_flags & RTM_F_CLONED) != 0 || route->rtm_tos != 0)
		return false; /* ours have no TOS: one with it stands beside them */
	*out = (struct network_object){ .kind = NETWORK_ROUTE, .len = route->rtm_dst_len };
	if (!read_addr(message, header, RTA_DST, route->rtm_family, &out->addr))
		out->addr = ip_any(route->rtm_family);
	out->table = read_u32(message, header, RTA_TABLE);
	out->metric = read_u32(message, header, RTA_PRIORITY);
	if (route->rtm_family == AF_INET6 && out->metric == IP6_RT_PRIO_USER)
		out->metric = 0; /* what Linux takes when none is given */
	name_device(read_u32(message, header, RTA_OIF), out);
	(void)read_addr(message, header, RTA_GATEWAY, route->rtm_family, &out->via);
	(void)read_addr(message, header, RTA_PREFSRC, route->rtm_family, &out->source);
	return true;
}

/* One of those for rp_filter. */
static void read_narrow_rule(const struct nlmsghdr *message, const struct fib_rule_hdr *rule,
			     struct network_object *out)
{
	const struct nlattr *proto =
		netlink_attribute(message, sizeof(*rule), FRA_IP_PROTO, sizeof(uint8_t));
	const struct nlattr *port = netlink_attribute(message, sizeof(*rule), FRA_SPORT_RANGE,
						      sizeof(struct fib_rule_port_range));
	const struct nlattr *device = netlink_attribute(message, sizeof(*rule), FRA_IIFNAME, 2);

	if (proto == NULL)
		return;
	if (device != NULL && mnl_attr_get_payload_len(device) <= sizeof(out->device)) {
		memcpy(out->device, mnl_attr_get_payload(device), mnl_attr_get_payload_len(device));
		out->device[sizeof(out->device) - 1] = '\0';
	}
	out->proto = mnl_attr_get_u8(proto);
	if (port != NULL)
		out->port = ((const struct fib_rule_port_range *)mnl_attr_get_payload(port))->start;
	if (rule->src_len != 0)
		(void)read_addr(message, sizeof(*rule), FRA_SRC, rule->family, &out->source);
}

static bool read_rule(const struct nlmsghdr *message, struct network_object *out)
{
	const struct fib_rule_hdr *rule = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*rule) || !is_ip(rule->family))
		return false;
	*out = (struct network_object){ .kind = NETWORK_RULE,
					.addr = ip_any(rule->family),
					.len = rule->dst_len };
	if (rule->dst_len != 0 &&
	    !read_addr(message, sizeof(*rule), FRA_DST, rule->family, &out->addr))
		return false;
	out->table = read_u32(message, sizeof(*rule), FRA_TABLE);
	read_narrow_rule(message, rule, out);
	return true;
}

static bool read_address(const struct nlmsghdr *message, struct network_object *out)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	size_t header = sizeof(*info);

	if (mnl_nlmsg_get_payload_len(message) < header)
		return false;
	*out = (struct network_object){ .kind = NETWORK_ADDRESS, .len = info->ifa_prefixlen };
	name_device(info->ifa_index, out);
	return read_addr(message, header, IFA_LOCAL, info->ifa_family, &out->addr) ||
	       read_addr(message, header, IFA_ADDRESS, info->ifa_family, &out->addr);
}

/* A link that is set down loses its routes. */
static bool read_link(const struct nlmsghdr *message, struct network_object *out)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	size_t header = sizeof(*info);
	const struct nlattr *name = netlink_attribute(message, header, IFLA_IFNAME, 2);

	if (name == NULL || mnl_attr_get_payload_len(name) > sizeof(out->device) ||
	    (message->nlmsg_type == RTM_NEWLINK &&
	     (read_u32(message, header, IFLA_GROUP) != NETWORK_LINK_GROUP ||
	      (info->ifi_flags & IFF_UP) != 0)))
		return false;
	*out = (struct network_object){ .kind = NETWORK_LINK };
	memcpy(out->device, mnl_attr_get_payload(name), mnl_attr_get_payload_len(name));
	out->device[sizeof(out->device) - 1] = '\0';
	return true;
}

bool netlink_lost_read(const struct nlmsghdr *message, struct network_object *out)
{
	switch (message->nlmsg_type) {
	case RTM_DELROUTE:
		return read_route(message, out);
	case RTM_DELRULE:
		return read_rule(message, out);
	case RTM_DELADDR:
		return read_address(message, out);
	case RTM_DELLINK:
	case RTM_NEWLINK:
		return read_link(message, out);
	default:
		return false;
	}
}

bool netlink_replaced_read(const struct nlmsghdr *message, struct network_object *out)
{
	return message->nlmsg_type == RTM_NEWROUTE && (message->nlmsg_flags & NLM_F_REPLACE) != 0 &&
	       read_route(message, out);
}

/* ---- the socket ---- */

static void read_events(struct netlink_backend *backend, const uint8_t *buffer, int len)
{
	const struct nlmsghdr *message = (const void *)buffer;

	for (; mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len)) {
		struct network_object shown;
		if (message->nlmsg_pid == backend->port)
			continue;
		if (netlink_lost_read(message, &shown))
			vigil_lost(backend->listener, &shown);
		else if (netlink_replaced_read(message, &shown))
			vigil_replaced(backend->listener, &shown);
	}
}

static void events_arrived(void *context, unsigned what)
{
	struct netlink_backend *backend = context;
	_Alignas(8) uint8_t buffer[8192];

	(void)what;
	for (int i = 0; i < READS_PER_TURN; i++) {
		ssize_t len = recv(backend->events_fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (len >= 0)
			read_events(backend, buffer, (int)len);
		else if (errno == ENOBUFS)
			vigil_suspect(backend->listener);
		else if (errno != EINTR)
			break;
	}
}

/* Others' new routes by the thousand do not wake us. */
static enum rc filter(int fd)
{
#define TAKE(type, more) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(type), more, 0)
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		TAKE(RTM_DELROUTE, 8),
		TAKE(RTM_DELRULE, 7),
		TAKE(RTM_DELADDR, 6),
		TAKE(RTM_DELLINK, 5),
		TAKE(RTM_NEWLINK, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 0, 2),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, htons(NLM_F_REPLACE), 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
#undef TAKE
	struct sock_fprog all = { sizeof(program) / sizeof(program[0]), program };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof(all)) == 0 ? RC_OK : RC_IO;
}

static enum rc join(int fd)
{
	static const int groups[] = { RTNLGRP_LINK,	  RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
				      RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,  RTNLGRP_IPV4_RULE,
				      RTNLGRP_IPV6_RULE };

	for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])) != 0)
			return RC_IO;
	return RC_OK;
}

static void close_events(struct netlink_backend *backend)
{
	struct host *host = backend->host;

	if (backend->watch != NULL)
		host->ops->unwatch(host, backend->watch);
	backend->watch = NULL;
	if (backend->events_fd >= 0)
		(void)close(backend->events_fd);
	backend->events_fd = -1;
}

static enum rc open_events(struct netlink_backend *backend)
{
	struct host *host = backend->host;
	struct sockaddr_nl own = { .nl_family = AF_NETLINK };
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(own);

	if (host->ops->watch == NULL || getsockname(backend->fd, (void *)&own, &len) != 0)
		return RC_UNSUPPORTED;
	backend->port = own.nl_pid;
	backend->events_fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (backend->events_fd < 0 ||
	    bind(backend->events_fd, (const struct sockaddr *)&any, sizeof(any)) != 0)
		return RC_IO;
	TRY(filter(backend->events_fd));
	TRY(join(backend->events_fd));
	backend->watch =
		host->ops->watch(host, backend->events_fd, HOST_READ, events_arrived, backend);
	return backend->watch != NULL ? RC_OK : RC_NO_MEMORY;
}

enum rc netlink_listen(struct network_backend *base, struct network *listener)
{
	struct netlink_backend *backend = container_of(base, struct netlink_backend, backend);
	enum rc rc = RC_OK;

	close_events(backend);
	backend->listener = listener;
	if (listener != NULL)
		rc = open_events(backend);
	if (rc != RC_OK)
		close_events(backend);
	return rc;
}
