/* SPDX-License-Identifier: Apache-2.0 */
#include "base/addr.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Only these addresses mean different hosts on different interfaces. */
static bool is_scoped(const struct ip_addr *addr)
{
	return addr->family == AF_INET6 && addr->bytes[0] == 0xfe &&
	       (addr->bytes[1] & 0xc0) == 0x80;
}

struct ip_addr ip_any(uint8_t family)
{
	return (struct ip_addr){ .family = family };
}

bool ip_is_any(const struct ip_addr *addr)
{
	static const uint8_t zeros[16];
	return ip_is_set(addr) && memcmp(addr->bytes, zeros, ip_len(addr->family)) == 0;
}

bool ip_is_link_local(const struct ip_addr *addr)
{
	bool ipv4 = addr->family == AF_INET && addr->bytes[0] == 169 && addr->bytes[1] == 254;
	return ipv4 || is_scoped(addr);
}

bool ip_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return ip_compare(a, b) == 0;
}

int ip_compare(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	int order = memcmp(a->bytes, b->bytes, ip_len(a->family));
	if (order == 0 && is_scoped(a))
		order = (a->scope > b->scope) - (a->scope < b->scope);
	return order;
}

bool endpoint_equal(const struct ip_endpoint *a, const struct ip_endpoint *b)
{
	return a->port == b->port && ip_equal(&a->addr, &b->addr);
}

/* An interface name, or its index for one that is gone or in another namespace. */
static uint32_t scope_parse(const char *text)
{
	uint32_t index = if_nametoindex(text);
	if (index != 0 || text[0] < '0' || text[0] > '9')
		return index;
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	return *end == '\0' && number <= UINT32_MAX ? (uint32_t)number : 0;
}

static enum rc parse_scoped(const char *text, const char *percent, struct ip_addr *out)
{
	char plain[INET6_ADDRSTRLEN];
	size_t len = (size_t)(percent - text);
	if (len >= sizeof(plain))
		return RC_SYNTAX;
	memcpy(plain, text, len);
	plain[len] = '\0';
	out->family = AF_INET6;
	if (inet_pton(AF_INET6, plain, out->bytes) != 1 || !is_scoped(out))
		return RC_SYNTAX;
	out->scope = scope_parse(percent + 1);
	return out->scope == 0 ? RC_NOT_FOUND : RC_OK;
}

enum rc ip_parse(const char *text, struct ip_addr *out)
{
	struct ip_addr addr = { 0 };
	const char *percent = strchr(text, '%');
	if (percent != NULL)
		TRY(parse_scoped(text, percent, &addr));
	else if (inet_pton(AF_INET, text, addr.bytes) == 1)
		addr.family = AF_INET;
	else if (inet_pton(AF_INET6, text, addr.bytes) == 1)
		addr.family = AF_INET6;
	else
		return RC_SYNTAX;
	*out = addr;
	return RC_OK;
}

enum rc ip_from_bytes(struct span bytes, struct ip_addr *out)
{
	if (bytes.len != 4 && bytes.len != 16)
		return RC_SYNTAX;
	*out = ip_any(bytes.len == 4 ? AF_INET : AF_INET6);
	memcpy(out->bytes, bytes.ptr, bytes.len);
	return RC_OK;
}

struct span ip_bytes(const struct ip_addr *addr)
{
	return span_make(addr->bytes, ip_len(addr->family));
}

const char *ip_text(const struct ip_addr *addr, char buffer[IP_TEXT_MAX])
{
	if (!ip_is_set(addr) || inet_ntop(addr->family, addr->bytes, buffer, IP_TEXT_MAX) == NULL) {
		snprintf(buffer, IP_TEXT_MAX, "none");
		return buffer;
	}
	if (is_scoped(addr) && addr->scope != 0) {
		size_t used = strlen(buffer);
		char name[IF_NAMESIZE];
		if (if_indextoname(addr->scope, name) != NULL)
			snprintf(buffer + used, IP_TEXT_MAX - used, "%%%s", name);
		else
			snprintf(buffer + used, IP_TEXT_MAX - used, "%%%u", addr->scope);
	}
	return buffer;
}

const char *endpoint_text(const struct ip_endpoint *endpoint, char buffer[IP_TEXT_MAX])
{
	char addr[IP_TEXT_MAX];
	const char *format = endpoint->addr.family == AF_INET6 ? "[%.55s]:%u" : "%.55s:%u";
	ip_text(&endpoint->addr, addr);
	snprintf(buffer, IP_TEXT_MAX, format, addr, (unsigned)endpoint->port);
	return buffer;
}

socklen_t endpoint_to_sockaddr(const struct ip_endpoint *endpoint, struct sockaddr_storage *out)
{
	const struct ip_addr *addr = &endpoint->addr;
	memset(out, 0, sizeof(*out));
	if (addr->family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)out;
		in->sin_family = AF_INET;
		in->sin_port = htons(endpoint->port);
		memcpy(&in->sin_addr, addr->bytes, 4);
		return sizeof(*in);
	}
	if (addr->family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(endpoint->port);
		memcpy(&in6->sin6_addr, addr->bytes, 16);
		in6->sin6_scope_id = is_scoped(addr) ? addr->scope : 0;
		return sizeof(*in6);
	}
	return 0;
}

enum rc endpoint_from_sockaddr(const struct sockaddr_storage *in, struct ip_endpoint *out)
{
	if (in->ss_family == AF_INET) {
		const struct sockaddr_in *from = (const struct sockaddr_in *)in;
		*out = (struct ip_endpoint){ ip_any(AF_INET), ntohs(from->sin_port) };
		memcpy(out->addr.bytes, &from->sin_addr, 4);
		return RC_OK;
	}
	if (in->ss_family == AF_INET6) {
		const struct sockaddr_in6 *from = (const struct sockaddr_in6 *)in;
		*out = (struct ip_endpoint){ ip_any(AF_INET6), ntohs(from->sin6_port) };
		memcpy(out->addr.bytes, &from->sin6_addr, 16);
		out->addr.scope = is_scoped(&out->addr) ? from->sin6_scope_id : 0;
		return RC_OK;
	}
	return RC_UNSUPPORTED;
}
