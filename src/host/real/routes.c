/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the kernel's routing table. A lookup is answered inside sendto(), so that the answer
 * is there when we read: nothing here waits. Connecting a UDP socket would tell the source address
 * too, but goes through IPsec policies and can set off an ACQUIRE for the very tunnel we are about
 * to make. */
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "host/real/real.h"

#define ANSWER_MAX 8192

struct route {
	uint8_t type;
	uint8_t prefix;
	uint32_t interface;
	struct ip_addr source, gateway; /* AF_UNSPEC: none */
};

void routes_init(struct real *real)
{
	real->routes.fd = -1;
}

void routes_wipe(struct real *real)
{
	if (real->routes.fd >= 0)
		close(real->routes.fd);
	real->routes.fd = -1;
}

static enum rc routes_open(struct routes *routes)
{
	if (routes->fd < 0)
		routes->fd =
			socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	return routes->fd >= 0 ? RC_OK : RC_IO;
}

/* ---- the answer ---- */

struct route_reader {
	struct route *route;
	uint8_t family;
};

static void route_read_addr(const struct nlattr *attr, uint8_t family, struct ip_addr *out)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len != ip_len(family) ||
	    ip_from_bytes(span_make(mnl_attr_get_payload(attr), len), out) != RC_OK)
		*out = (struct ip_addr){ .family = AF_UNSPEC };
}

static int route_read_attr(const struct nlattr *attr, void *data)
{
	struct route_reader *reader = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type == RTA_OIF && mnl_attr_get_payload_len(attr) == sizeof(uint32_t))
		reader->route->interface = mnl_attr_get_u32(attr);
	else if (type == RTA_PREFSRC)
		route_read_addr(attr, reader->family, &reader->route->source);
	else if (type == RTA_GATEWAY)
		route_read_addr(attr, reader->family, &reader->route->gateway);
	return MNL_CB_OK;
}

static enum rc route_read(const struct nlmsghdr *header, uint8_t family, struct route *out)
{
	struct route_reader reader = { .route = out, .family = family };
	const struct rtmsg *message = mnl_nlmsg_get_payload(header);

	if (header->nlmsg_type == NLMSG_ERROR)
		return RC_NOT_FOUND; /* unreachable, or a prohibiting route */
	if (header->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(header) < sizeof(*message))
		return RC_IO;
	*out = (struct route){ .type = message->rtm_type, .prefix = message->rtm_dst_len };
	if (mnl_attr_parse(header, sizeof(*message), route_read_attr, &reader) < 0)
		return RC_IO;
	if (ip_is_link_local(&out->source))
		out->source.scope = out->interface;
	if (ip_is_link_local(&out->gateway))
		out->gateway.scope = out->interface;
	return RC_OK;
}

static enum rc routes_answer(struct routes *routes, uint8_t family, struct route *out)
{
	char buffer[ANSWER_MAX] __attribute__((aligned(8)));

	for (;;) {
		ssize_t len = recv(routes->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		const struct nlmsghdr *header = (const void *)buffer;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 || !mnl_nlmsg_ok(header, (int)len))
			return RC_IO;
		if (header->nlmsg_seq == routes->sequence)
			return route_read(header, family, out);
	}
}

/* ---- the question ---- */

static void route_ask(struct nlmsghdr *header, const struct ip_addr *to, unsigned flags)
{
	struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));

	header->nlmsg_type = RTM_GETROUTE;
	header->nlmsg_flags = NLM_F_REQUEST;
	message->rtm_family = to->family;
	message->rtm_dst_len = (uint8_t)(ip_len(to->family) * 8);
	message->rtm_flags = flags;
	mnl_attr_put(header, RTA_DST, ip_len(to->family), to->bytes);
	mnl_attr_put_u32(header, RTA_MARK, HOST_MARK_OUTSIDE);
	if (to->scope != 0)
		mnl_attr_put_u32(header, RTA_OIF, to->scope);
}

static enum rc routes_lookup(struct host *host, const struct ip_addr *to, unsigned flags,
			     struct route *out)
{
	struct routes *routes = &real_of(host)->routes;
	char buffer[256] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	enum rc rc;

	if (!ip_is_set(to))
		return RC_NOT_FOUND;
	TRY(routes_open(routes));
	route_ask(header, to, flags);
	header->nlmsg_seq = ++routes->sequence;
	if (send(routes->fd, header, header->nlmsg_len, 0) < 0)
		return RC_IO;
	rc = routes_answer(routes, to->family, out);
	if (rc == RC_IO)
		routes_wipe(real_of(host)); /* a fresh socket next time */
	return rc;
}

static bool route_usable(const struct route *route)
{
	return (route->type == RTN_UNICAST || route->type == RTN_LOCAL) &&
	       ip_is_set(&route->source);
}

enum rc routes_source_for(struct host *host, const struct ip_addr *remote, struct ip_addr *out)
{
	struct route route = { 0 };

	TRY(routes_lookup(host, remote, 0, &route));
	if (!route_usable(&route))
		return RC_NOT_FOUND;
	*out = route.source;
	return RC_OK;
}

static char rp_filter_of(const char *device)
{
	char path[80], value = '0';
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter", device);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return value;
	if (read(fd, &value, 1) != 1)
		value = '0';
	(void)close(fd);
	return value;
}

/* The greater one counts. */
static bool is_strict(const char *device)
{
	char all = rp_filter_of("all"), own = rp_filter_of(device);

	return (all > own ? all : own) == '1';
}

enum rc routes_route_to(struct host *host, const struct ip_addr *remote, struct host_route *out)
{
	struct route route = { 0 };

	*out = (struct host_route){ .device = "" };
	TRY(routes_lookup(host, remote, 0, &route));
	if (!route_usable(&route) || if_indextoname(route.interface, out->device) == NULL)
		return RC_NOT_FOUND;
	out->source = route.source;
	out->gateway = route.gateway;
	out->strict = remote->family == AF_INET && is_strict(out->device);
	return RC_OK;
}

bool routes_is_local(struct host *host, const struct ip_addr *addr)
{
	struct route route = { 0 };

	return !ip_is_any(addr) && udp_wanted(&real_of(host)->udp, addr) &&
	       routes_lookup(host, addr, 0, &route) == RC_OK && route.type == RTN_LOCAL;
}

/* Loopback addresses are of no use to a peer. */
static bool is_useful(const struct real *real, const struct ifaddrs *entry, struct ip_addr *out)
{
	struct sockaddr_storage address = { 0 };
	struct ip_endpoint endpoint;

	if (entry->ifa_addr == NULL || (entry->ifa_flags & IFF_UP) == 0 ||
	    (entry->ifa_flags & IFF_LOOPBACK) != 0 ||
	    (entry->ifa_addr->sa_family != AF_INET && entry->ifa_addr->sa_family != AF_INET6))
		return false;
	memcpy(&address, entry->ifa_addr,
	       entry->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
						     : sizeof(struct sockaddr_in6));
	if (endpoint_from_sockaddr(&address, &endpoint) != RC_OK ||
	    !udp_wanted(&real->udp, &endpoint.addr))
		return false;
	*out = endpoint.addr;
	return true;
}

size_t routes_addresses(struct host *host, struct ip_addr *out, size_t max)
{
	struct ifaddrs *all = NULL;
	size_t count = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (const struct ifaddrs *entry = all; entry != NULL && count < max;
	     entry = entry->ifa_next)
		count += is_useful(real_of(host), entry, &out[count]);
	freeifaddrs(all);
	return count;
}

/* ---- the default route ---- */

/* Addresses that hardly any network has a route of its own for; nothing is sent to them. The first
 * one whose best route is the default route shows what that is, however long the routing table may
 * be. */
static const char *const probes_v4[] = { "203.0.113.1", "198.51.100.1", "198.18.0.1",
					 "192.88.99.1", "240.0.0.1",	"100.64.0.1",
					 "192.0.2.1",	"169.253.0.1",	NULL };
static const char *const probes_v6[] = { "2001:db8::1", "3fff::1",    "2001:2::1", "2002::1",
					 "2001:10::1",	"2001:30::1", NULL };

/* Up to /1 (IPv4) and /3 (IPv6): what VPN clients and some routers use in place of a /0. */
static bool route_is_default(const struct route *route)
{
	uint8_t widest = route->source.family == AF_INET ? 1 : 3;

	return route->type == RTN_UNICAST && route->prefix <= widest;
}

static enum rc routes_probe(struct host *host, const char *text, struct route *out)
{
	struct route table = { 0 };
	struct ip_addr probe;

	TRY(ip_parse(text, &probe));
	TRY(routes_lookup(host, &probe, 0, out));
	TRY(routes_lookup(host, &probe, RTM_F_FIB_MATCH, &table));
	table.source.family = probe.family;
	return route_usable(out) && route_is_default(&table) ? RC_OK : RC_NOT_FOUND;
}

enum rc routes_default(struct host *host, uint8_t family, struct ip_addr *source,
		       struct ip_addr *gateway)
{
	const char *const *probes = family == AF_INET ? probes_v4 : probes_v6;

	for (; *probes != NULL; probes++) {
		struct route route = { 0 };

		if (routes_probe(host, *probes, &route) != RC_OK)
			continue;
		*source = route.source;
		if (gateway != NULL)
			*gateway = route.gateway;
		return RC_OK;
	}
	return RC_NOT_FOUND;
}
