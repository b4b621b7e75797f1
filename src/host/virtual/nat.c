/* SPDX-License-Identifier: Apache-2.0 */
/* NAT boxes of the strict kind that Linux' masquerading is: a mapping belongs to one inside
 * endpoint and one remote endpoint, has a port of its own, and lets in nothing but that remote's
 * answers. */
#include "base/arena.h"
#include "private.h"

#define NAT_PORT_FIRST 10000
#define NAT_PORT_LAST  65535

struct nat_mapping {
	struct list in_box;
	struct ip_endpoint inside, remote;
	uint16_t port;
	usec_t used;
};

struct nat {
	struct list in_world;
	struct ip_range inside;
	struct ip_addr outside;
	usec_t expiry;
	uint16_t next_port;
	struct list mappings; /* of struct nat_mapping.in_box */
};

static void mapping_free(struct nat_mapping *mapping)
{
	list_remove(&mapping->in_box);
	mem_free(mapping);
}

static void nat_flush(struct nat *nat)
{
	while (!list_empty(&nat->mappings))
		mapping_free(container_of(nat->mappings.next, struct nat_mapping, in_box));
}

static void nat_expire(struct world *world, struct nat *nat)
{
	list_for_safe(at, &nat->mappings)
	{
		struct nat_mapping *mapping = container_of(at, struct nat_mapping, in_box);

		if (world->now - mapping->used > nat->expiry)
			mapping_free(mapping);
	}
}

static bool nat_port_taken(const struct nat *nat, uint16_t port)
{
	list_for(at, &nat->mappings)
	{
		if (container_of(at, struct nat_mapping, in_box)->port == port)
			return true;
	}
	return false;
}

/* The next free one, so that a new mapping differs from the one it follows. */
static enum rc nat_choose_port(struct nat *nat, uint16_t *out)
{
	for (unsigned i = NAT_PORT_FIRST; i <= NAT_PORT_LAST; i++) {
		uint16_t port = nat->next_port;

		nat->next_port = port == NAT_PORT_LAST ? NAT_PORT_FIRST : (uint16_t)(port + 1);
		if (nat_port_taken(nat, port))
			continue;
		*out = port;
		return RC_OK;
	}
	return RC_LIMIT;
}

static struct nat_mapping *nat_find(struct nat *nat, const struct ip_endpoint *inside,
				    const struct ip_endpoint *remote)
{
	list_for(at, &nat->mappings)
	{
		struct nat_mapping *mapping = container_of(at, struct nat_mapping, in_box);

		if (endpoint_equal(&mapping->inside, inside) &&
		    endpoint_equal(&mapping->remote, remote))
			return mapping;
	}
	return NULL;
}

static enum rc nat_map(struct nat *nat, const struct ip_endpoint *inside,
		       const struct ip_endpoint *remote, struct nat_mapping **out)
{
	struct nat_mapping *mapping;
	uint16_t port;

	TRY(nat_choose_port(nat, &port));
	mapping = mem_alloc(sizeof(*mapping));
	if (mapping == NULL)
		return RC_NO_MEMORY;
	*mapping = (struct nat_mapping){ .inside = *inside, .remote = *remote, .port = port };
	list_append(&nat->mappings, &mapping->in_box);
	*out = mapping;
	return RC_OK;
}

static enum rc nat_translate_out(struct world *world, struct nat *nat, struct ip_endpoint *from,
				 const struct ip_endpoint *to)
{
	struct nat_mapping *mapping;

	nat_expire(world, nat);
	mapping = nat_find(nat, from, to);
	if (mapping == NULL)
		TRY(nat_map(nat, from, to, &mapping));
	mapping->used = world->now;
	*from = (struct ip_endpoint){ .addr = nat->outside, .port = mapping->port };
	return RC_OK;
}

/* One box may stand behind another that was made later. */
enum rc nat_outbound(struct world *world, struct ip_endpoint *from, const struct ip_endpoint *to)
{
	list_for(at, &world->nats)
	{
		struct nat *nat = container_of(at, struct nat, in_world);

		if (range_contains_addr(&nat->inside, &from->addr) &&
		    !range_contains_addr(&nat->inside, &to->addr))
			TRY(nat_translate_out(world, nat, from, to));
	}
	return RC_OK;
}

static bool nat_translate_in(struct world *world, struct nat *nat, const struct ip_endpoint *from,
			     struct ip_endpoint *to)
{
	nat_expire(world, nat);
	list_for(at, &nat->mappings)
	{
		struct nat_mapping *mapping = container_of(at, struct nat_mapping, in_box);

		if (mapping->port != to->port || !endpoint_equal(&mapping->remote, from))
			continue;
		mapping->used = world->now;
		*to = mapping->inside;
		return true;
	}
	return false;
}

bool nat_inbound(struct world *world, const struct ip_endpoint *from, struct ip_endpoint *to)
{
	for (struct list *at = world->nats.prev; at != &world->nats; at = at->prev) {
		struct nat *nat = container_of(at, struct nat, in_world);

		if (ip_equal(&nat->outside, &to->addr) && !nat_translate_in(world, nat, from, to))
			return false;
	}
	return true;
}

enum rc world_nat(struct world *world, const char *inside_subnet, const char *outside,
		  usec_t expiry)
{
	struct nat *nat = mem_alloc(sizeof(*nat));
	enum rc rc;

	if (nat == NULL)
		return RC_NO_MEMORY;
	*nat = (struct nat){ .expiry = expiry, .next_port = NAT_PORT_FIRST };
	list_init(&nat->mappings);
	rc = range_parse(inside_subnet, &nat->inside, NULL);
	if (rc == RC_OK)
		rc = ip_parse(outside, &nat->outside);
	if (rc == RC_OK && nat->outside.family != nat->inside.from.family)
		rc = RC_SYNTAX;
	if (rc != RC_OK) {
		mem_free(nat);
		return rc;
	}
	list_append(&world->nats, &nat->in_world);
	return RC_OK;
}

void world_nat_flush(struct world *world)
{
	list_for(at, &world->nats) nat_flush(container_of(at, struct nat, in_world));
}

void nat_wipe(struct world *world)
{
	while (!list_empty(&world->nats)) {
		struct nat *nat = container_of(world->nats.next, struct nat, in_world);

		nat_flush(nat);
		list_remove(&nat->in_world);
		mem_free(nat);
	}
}
