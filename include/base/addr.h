/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses, endpoints, ranges and subnets: parse, print, compare. */
#ifndef VANTH_BASE_ADDR_H
#define VANTH_BASE_ADDR_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include "base/span.h"

struct ip_addr {
	uint8_t family;	   /* AF_INET, AF_INET6, or AF_UNSPEC: no address */
	uint8_t bytes[16]; /* IPv4 in the first four, the rest zero */
	uint32_t scope;	   /* interface index of a link-local IPv6 address, else 0 */
};

struct ip_endpoint {
	struct ip_addr addr;
	uint16_t port; /* host order */
};

struct ip_range { /* inclusive; both of one family; from <= to */
	struct ip_addr from, to;
};

#define IP_TEXT_MAX	  64 /* fits any address, subnet or "addr port" text with its NUL */
#define IP_RANGE_TEXT_MAX 96 /* fits "from-to" */

static inline size_t ip_len(uint8_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}
static inline bool ip_is_set(const struct ip_addr *addr)
{
	return addr->family == AF_INET || addr->family == AF_INET6;
}
struct ip_addr ip_any(uint8_t family);	    /* 0.0.0.0 or :: */
bool ip_is_any(const struct ip_addr *addr); /* 0.0.0.0 or :: (AF_UNSPEC: false) */
bool ip_is_link_local(const struct ip_addr *addr);
bool ip_equal(const struct ip_addr *a, const struct ip_addr *b);  /* scope only for link-local */
int ip_compare(const struct ip_addr *a, const struct ip_addr *b); /* family, then value */
bool endpoint_equal(const struct ip_endpoint *a, const struct ip_endpoint *b);
/* Numeric only, no DNS; "fe80::1%eth0" sets the scope. */
enum rc ip_parse(const char *text, struct ip_addr *out) MUST_CHECK;
enum rc ip_from_bytes(struct span bytes, struct ip_addr *out) MUST_CHECK; /* 4 or 16 bytes */
struct span ip_bytes(const struct ip_addr *addr);
const char *ip_text(const struct ip_addr *addr, char buffer[IP_TEXT_MAX]);
/* "192.0.2.1:500", "[2001:db8::1]:500" */
const char *endpoint_text(const struct ip_endpoint *endpoint, char buffer[IP_TEXT_MAX]);
socklen_t endpoint_to_sockaddr(const struct ip_endpoint *endpoint, struct sockaddr_storage *out);
enum rc endpoint_from_sockaddr(const struct sockaddr_storage *in,
			       struct ip_endpoint *out) MUST_CHECK;

/* "10.0.0.0/8", "10.1.2.3" (a /32), "10.0.0.1-10.0.0.9", "2001:db8::/32". Host bits set in a subnet
 * are an error whose sentence names the right network. */
enum rc range_parse(const char *text, struct ip_range *out, struct diag *diag) MUST_CHECK;
/* As a subnet where it is one ("10.0.0.0/8"), else "from-to". */
const char *range_text(const struct ip_range *range, char buffer[IP_RANGE_TEXT_MAX]);
struct ip_range range_all(uint8_t family);
struct ip_range range_single(const struct ip_addr *addr);
bool range_equal(const struct ip_range *a, const struct ip_range *b);
bool range_contains(const struct ip_range *outer, const struct ip_range *inner);
bool range_contains_addr(const struct ip_range *range, const struct ip_addr *addr);
/* false when they have nothing in common. */
bool range_intersect(const struct ip_range *a, const struct ip_range *b, struct ip_range *out);
/* Prefix length when the range is a subnet, -1 otherwise. */
int range_prefix(const struct ip_range *range);
/* The smallest subnet that contains the range: its network address stays in *network, length
 * returned. */
int range_cover(const struct ip_range *range, struct ip_addr *network);

#endif
