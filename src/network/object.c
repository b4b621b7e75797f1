/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: compared, told, and what to do when Linux refuses them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "network/private.h"

void network_plan_add(struct network_plan *plan, const struct network_object *object)
{
	for (unsigned i = 0; i < plan->count; i++)
		if (network_object_equal(&plan->objects[i], object))
			return;
	if (plan->count == NETWORK_PLAN_MAX) {
		plan->too_long = true;
		return;
	}
	plan->objects[plan->count++] = *object;
}

bool network_addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && (a->family == AF_UNSPEC || ip_equal(a, b));
}

bool network_object_equal(const struct network_object *a, const struct network_object *b)
{
	return a->kind == b->kind && strcmp(a->device, b->device) == 0 && a->if_id == b->if_id &&
	       a->vti == b->vti && a->ikey == b->ikey && a->okey == b->okey &&
	       network_addr_equal(&a->addr, &b->addr) && a->len == b->len && a->proto == b->proto &&
	       a->port == b->port && a->aside == b->aside && network_addr_equal(&a->via, &b->via) &&
	       network_addr_equal(&a->source, &b->source) && a->mtu == b->mtu &&
	       a->metric == b->metric && a->table == b->table;
}

uint64_t network_object_hash(const struct table *table, const struct network_object *object)
{
	uint8_t key[2 + sizeof(object->addr.bytes) + NETWORK_DEVICE_MAX] = { 0 };
	/* where a route or an address stands is not known any more when it is gone */
	size_t len = object->kind == NETWORK_LINK ? strnlen(object->device, NETWORK_DEVICE_MAX) : 0;

	key[0] = (uint8_t)object->kind;
	key[1] = object->len;
	if (object->kind != NETWORK_LINK) /* of one name there is one, whatever its ends */
		memcpy(key + 2, object->addr.bytes, sizeof(object->addr.bytes));
	memcpy(key + 2 + sizeof(object->addr.bytes), object->device, len);
	return table_hash(table, key, sizeof(key));
}

static const char *route_text(const struct network_object *object, char text[NETWORK_TEXT_MAX])
{
	char to[IP_TEXT_MAX], via[IP_TEXT_MAX] = "", source[IP_TEXT_MAX] = "";

	if (ip_is_set(&object->via))
		ip_text(&object->via, via);
	if (ip_is_set(&object->source))
		ip_text(&object->source, source);
	(void)snprintf(text, NETWORK_TEXT_MAX, "the route %s/%u%s%s dev %s%s%s",
		       ip_text(&object->addr, to), object->len, via[0] != '\0' ? " via " : "", via,
		       object->device, source[0] != '\0' ? " src " : "", source);
	return text;
}

static const char *rule_text(const struct network_object *object, char text[NETWORK_TEXT_MAX])
{
	char from[IP_TEXT_MAX] = "", to[IP_TEXT_MAX] = "", port[16] = "";

	if (ip_is_set(&object->source))
		ip_text(&object->source, from);
	if (object->port != 0)
		(void)snprintf(port, sizeof(port), " port %u", object->port);
	if (object->len != 0)
		ip_text(&object->addr, to);
	(void)snprintf(
		text, NETWORK_TEXT_MAX, "the rule for IP protocol %u%s%s%s%s%s%s (rp_filter)",
		object->proto, object->device[0] != '\0' ? " of this host" : "",
		from[0] != '\0' ? " from " : "", from, port, to[0] != '\0' ? " to " : "", to);
	return text;
}

static const char *link_text(const struct network_object *object, char text[NETWORK_TEXT_MAX])
{
	char local[IP_TEXT_MAX], remote[IP_TEXT_MAX];

	if (object->vti)
		(void)snprintf(text, NETWORK_TEXT_MAX,
			       "the VTI device %s (local %s, remote %s, marks 0x%x and 0x%x)",
			       object->device, ip_text(&object->addr, local),
			       ip_text(&object->via, remote), object->ikey, object->okey);
	else if (object->if_id == 0)
		(void)snprintf(text, NETWORK_TEXT_MAX, "the interface %s", object->device);
	else
		(void)snprintf(text, NETWORK_TEXT_MAX, "the xfrm interface %s (if_id %u)",
			       object->device, object->if_id);
	return text;
}

const char *network_object_text(const struct network_object *object, char text[NETWORK_TEXT_MAX])
{
	char addr[IP_TEXT_MAX];

	switch (object->kind) {
	case NETWORK_LINK:
		return link_text(object, text);
	case NETWORK_ADDRESS:
		(void)snprintf(text, NETWORK_TEXT_MAX, "the address %s/%u on %s",
			       ip_text(&object->addr, addr), object->len, object->device);
		return text;
	case NETWORK_RULE:
		if (object->proto != 0)
			return rule_text(object, text);
		(void)snprintf(text, NETWORK_TEXT_MAX, "the %s rule for routing table %u",
			       object->addr.family == AF_INET ? "IPv4" : "IPv6", object->table);
		return text;
	case NETWORK_ROUTE:
		return route_text(object, text);
	}
	return text;
}

static const char *no_such_link(const struct network_object *object)
{
	if (!object->vti && object->if_id == 0)
		return "; this kernel is built without it";
	if (!object->vti)
		return "; this kernel has no xfrm interfaces: modprobe xfrm_interface, "
		       "or boot a kernel with CONFIG_XFRM_INTERFACE";
	return object->addr.family == AF_INET
		       ? "; this kernel has no VTI devices: modprobe ip_vti, or write "
			 "ipsec-interface="
		       : "; this kernel has no VTI devices for IPv6: modprobe ip6_vti, or write "
			 "ipsec-interface=";
}

const char *network_errno_hint(const struct network_object *object, int error)
{
	switch (error) {
	case EOPNOTSUPP:
		return object->kind == NETWORK_LINK ? no_such_link(object)
						    : "; this kernel is built without it";
	case EADDRINUSE:
		return object->kind == NETWORK_LINK && object->vti
			       ? "; another tunnel has a device of this name, or one with these "
				 "addresses: with vti-shared=yes tunnels share one device"
			       : "";
	case EPERM:
		return "; CAP_NET_ADMIN is needed in this network namespace";
	case ENODEV:
		return "; that interface is not there";
	case ENETUNREACH:
	case EHOSTUNREACH:
		return "; its next hop is not reachable from here";
	case EADDRNOTAVAIL:
	case EINVAL:
		return object->kind == NETWORK_ROUTE && ip_is_set(&object->source)
			       ? "; is its source an address of this host?"
			       : "";
	default:
		return "";
	}
}
