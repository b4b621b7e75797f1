/* SPDX-License-Identifier: Apache-2.0 */
/* Which address of a virtual host reaches what: everybody is on one big network, so the address
 * most alike the remote one is taken, and the first where that is undecided. */
#include <string.h>
#include "private.h"

static unsigned common_bits(const struct ip_addr *a, const struct ip_addr *b)
{
	unsigned bits = 0;

	for (size_t i = 0; i < ip_len(a->family); i++) {
		unsigned differ = a->bytes[i] ^ b->bytes[i];

		if (differ != 0)
			return bits + (unsigned)__builtin_clz(differ) - 24;
		bits += 8;
	}
	return bits;
}

enum rc virtual_source_for(struct host *host, const struct ip_addr *remote, struct ip_addr *out)
{
	const struct virtual_address *best = NULL;

	list_for(at, &virtual_of(host)->addresses)
	{
		const struct virtual_address *address =
			container_of(at, struct virtual_address, in_host);

		if (address->addr.family != remote->family ||
		    ip_is_link_local(&address->addr) != ip_is_link_local(remote))
			continue;
		if (best == NULL ||
		    common_bits(&address->addr, remote) > common_bits(&best->addr, remote))
			best = address;
	}
	if (best == NULL)
		return RC_NOT_FOUND;
	*out = best->addr;
	return RC_OK;
}

void world_host_strict(struct host *host, bool strict)
{
	virtual_of(host)->strict = strict;
}

enum rc virtual_route_to(struct host *host, const struct ip_addr *remote, struct host_route *out)
{
	*out = (struct host_route){ .device = "eth0", .strict = virtual_of(host)->strict };
	return virtual_source_for(host, remote, &out->source);
}

bool virtual_is_local(struct host *host, const struct ip_addr *addr)
{
	struct virtual *virtual = virtual_of(host);
	const struct virtual_address *address = world_find_address(virtual->world, addr);

	return address != NULL && address->host == virtual;
}

size_t virtual_addresses(struct host *host, struct ip_addr *out, size_t max)
{
	size_t count = 0;

	list_for(at, &virtual_of(host)->addresses)
	{
		if (count < max)
			out[count++] = container_of(at, struct virtual_address, in_host)->addr;
	}
	return count;
}

enum rc virtual_default_route(struct host *host, uint8_t family, struct ip_addr *source,
			      struct ip_addr *gateway)
{
	list_for(at, &virtual_of(host)->addresses)
	{
		const struct virtual_address *address =
			container_of(at, struct virtual_address, in_host);

		if (address->addr.family != family || ip_is_link_local(&address->addr))
			continue;
		*source = address->addr;
		if (gateway != NULL)
			*gateway = (struct ip_addr){ .family = AF_UNSPEC };
		return RC_OK;
	}
	return RC_NOT_FOUND;
}
