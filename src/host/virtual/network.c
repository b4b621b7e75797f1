/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams between virtual hosts:
 *
 *   send ─ NAT out ─ tap ─ cut? ─ impairments ─ flight ─ (time) ─ NAT in ─ cut? ─ host
 *
 * With manual delivery the impairments are the test's own doing. */
#include <string.h>
#include "base/arena.h"
#include "private.h"

struct packet {
	struct flight flight;
	struct agenda_entry arrival;
	struct world *world;
	uint64_t sender; /* id of a host; 0: from nowhere */
};

struct cut {
	struct list in_world;
	uint64_t a, b; /* ids of hosts */
};

static struct packet *packet_of(struct flight *flight)
{
	return container_of(flight, struct packet, flight);
}

static void packet_free(struct packet *packet)
{
	struct agenda *agenda = &packet->world->agenda;

	agenda_cancel(agenda, &packet->arrival);
	agenda_release(agenda);
	list_remove(&packet->flight.in_world);
	mem_free(packet->flight.bytes);
	mem_free(packet);
}

/* ---- cuts ---- */

static struct cut *cut_find(const struct world *world, uint64_t a, uint64_t b)
{
	list_for(at, &world->cuts)
	{
		struct cut *cut = container_of(at, struct cut, in_world);

		if ((cut->a == a && cut->b == b) || (cut->a == b && cut->b == a))
			return cut;
	}
	return NULL;
}

enum rc world_partition(struct world *world, struct host *a, struct host *b, bool wanted)
{
	uint64_t a_id = virtual_of(a)->id, b_id = virtual_of(b)->id;
	struct cut *cut = cut_find(world, a_id, b_id);

	if (!wanted && cut != NULL) {
		list_remove(&cut->in_world);
		mem_free(cut);
	}
	if (!wanted || cut != NULL)
		return RC_OK;
	cut = mem_alloc(sizeof(*cut));
	if (cut == NULL)
		return RC_NO_MEMORY;
	cut->a = a_id;
	cut->b = b_id;
	list_append(&world->cuts, &cut->in_world);
	return RC_OK;
}

/* ---- arrival ---- */

/* The host behind an address as the network sees it; NULL: nobody, or a NAT box that lets nothing
 * in. */
static struct virtual *packet_target(struct packet *packet, struct ip_endpoint *to)
{
	struct world *world = packet->world;
	struct virtual_address *address;

	*to = packet->flight.to;
	if (!nat_inbound(world, &packet->flight.from, to))
		return NULL;
	address = world_find_address(world, &to->addr);
	if (address == NULL || cut_find(world, packet->sender, address->host->id) != NULL)
		return NULL;
	return address->host;
}

/* Consumes the packet. */
static void packet_deliver(struct packet *packet)
{
	struct ip_endpoint to;
	struct virtual *target = packet_target(packet, &to);
	struct span bytes = { packet->flight.bytes, packet->flight.len };

	list_remove(&packet->flight.in_world); /* no longer in flight for whoever looks now */
	if (target != NULL)
		virtual_udp_receive(target, &packet->flight.from, &to, bytes);
	packet_free(packet);
}

static void packet_arrives(struct agenda_entry *entry)
{
	packet_deliver(container_of(entry, struct packet, arrival));
}

/* ---- departure ---- */

static struct packet *packet_new(struct world *world, size_t len)
{
	struct packet *packet = mem_alloc(sizeof(*packet));
	uint8_t *bytes = mem_alloc(len);

	if (packet == NULL || bytes == NULL || agenda_reserve(&world->agenda) != RC_OK) {
		mem_free(packet);
		mem_free(bytes);
		return NULL;
	}
	*packet = (struct packet){ .world = world };
	packet->flight.id = ++world->flight_ids;
	packet->flight.bytes = bytes;
	packet->flight.len = len;
	packet->flight.arrives = world->now;
	packet->arrival.fire = packet_arrives;
	return packet;
}

static struct packet *packet_copy(const struct packet *packet)
{
	struct packet *copy = packet_new(packet->world, packet->flight.len);

	if (copy == NULL)
		return NULL;
	memcpy(copy->flight.bytes, packet->flight.bytes, packet->flight.len);
	copy->flight.from = packet->flight.from;
	copy->flight.to = packet->flight.to;
	copy->sender = packet->sender;
	return copy;
}

static void packet_depart(struct packet *packet, usec_t delay)
{
	struct world *world = packet->world;

	packet->flight.arrives = world->now + delay;
	list_append(&world->flights, &packet->flight.in_world);
	if (!world->manual)
		agenda_set(&world->agenda, &packet->arrival, packet->flight.arrives);
}

static struct impair_fate packet_fate(const struct packet *packet)
{
	struct world *world = packet->world;

	return impair_datagram(&world->impair, generator_next(&world->chance), packet->flight.len);
}

static void packet_corrupt(struct packet *packet, const struct impair_fate *fate)
{
	if (fate->corrupt && packet->flight.len > 0)
		packet->flight.bytes[fate->corrupt_at] ^= fate->corrupt_with;
}

/* A copy that cannot be made is one more loss. */
static void packet_depart_impaired(struct packet *packet)
{
	struct impair_fate fate = packet_fate(packet);
	struct packet *copy = fate.duplicate ? packet_copy(packet) : NULL;

	if (copy != NULL)
		packet_depart(copy, packet_fate(copy).delay);
	if (fate.drop) {
		packet_free(packet);
		return;
	}
	packet_corrupt(packet, &fate);
	packet_depart(packet, fate.delay);
}

static void packet_launch(struct packet *packet)
{
	struct world *world = packet->world;
	struct ip_endpoint to;

	if (world->tap != NULL && packet->sender != 0 &&
	    !world->tap(world->tap_context, &packet->flight)) {
		packet_free(packet);
	} else if (world->manual) {
		packet_depart(packet, 0);
	} else if (!list_empty(&world->cuts) && packet_target(packet, &to) == NULL) {
		packet_free(packet); /* also what is sent while cut and would arrive later */
	} else {
		packet_depart_impaired(packet);
	}
}

enum rc network_send(struct world *world, const struct virtual *sender,
		     const struct ip_endpoint *from, const struct ip_endpoint *to,
		     struct span marker, struct span payload)
{
	struct packet *packet = packet_new(world, marker.len + payload.len);
	enum rc rc = RC_OK;

	if (packet == NULL)
		return RC_NO_MEMORY;
	packet->flight.from = *from;
	packet->flight.to = *to;
	packet->sender = sender != NULL ? sender->id : 0;
	if (marker.len > 0)
		memcpy(packet->flight.bytes, marker.ptr, marker.len);
	if (payload.len > 0)
		memcpy(packet->flight.bytes + marker.len, payload.ptr, payload.len);
	if (sender != NULL)
		rc = nat_outbound(world, &packet->flight.from, to);
	if (rc == RC_OK)
		packet_launch(packet);
	else
		packet_free(packet);
	return rc;
}

void network_wipe(struct world *world)
{
	while (!list_empty(&world->flights))
		packet_free(packet_of(container_of(world->flights.next, struct flight, in_world)));
	while (!list_empty(&world->cuts)) {
		struct cut *cut = container_of(world->cuts.next, struct cut, in_world);

		list_remove(&cut->in_world);
		mem_free(cut);
	}
}

/* ---- what a test may do ---- */

/* Manual: those in flight stay where they are. Automatic again: they arrive at their time. */
void world_manual(struct world *world, bool manual)
{
	world->manual = manual;
	list_for(at, &world->flights)
	{
		struct packet *packet = packet_of(container_of(at, struct flight, in_world));

		if (manual)
			agenda_cancel(&world->agenda, &packet->arrival);
		else
			agenda_set(&world->agenda, &packet->arrival, packet->flight.arrives);
	}
}

struct list *world_flights(struct world *world)
{
	return &world->flights;
}

void world_deliver(struct world *world, struct flight *flight)
{
	(void)world;
	packet_deliver(packet_of(flight));
}

enum rc world_duplicate(struct world *world, struct flight *flight)
{
	struct packet *copy = packet_copy(packet_of(flight));

	(void)world;
	if (copy == NULL)
		return RC_NO_MEMORY;
	packet_deliver(copy);
	return RC_OK;
}

void world_drop(struct world *world, struct flight *flight)
{
	(void)world;
	packet_free(packet_of(flight));
}

enum rc world_inject(struct world *world, const struct ip_endpoint *from,
		     const struct ip_endpoint *to, struct span bytes)
{
	return network_send(world, NULL, from, to, SPAN_NONE, bytes);
}

void world_tap(struct world *world, bool (*tap)(void *context, struct flight *flight),
	       void *context)
{
	world->tap = tap;
	world->tap_context = context;
}

void world_set_network(struct world *world, const struct world_network *network)
{
	struct impair *impair = &world->impair;

	impair->drop = (uint16_t)network->loss;
	impair->duplicate = (uint16_t)network->duplicate;
	impair->corrupt = (uint16_t)network->corrupt;
	impair->reorder = (uint16_t)network->reorder;
	impair->delay = network->delay;
	impair->jitter = network->jitter;
}

void world_set_impair(struct world *world, const struct impair *impair)
{
	world->impair = *impair;
}

bool world_path(struct world *world, struct ip_endpoint *from, struct ip_endpoint *to)
{
	struct virtual_address *sender = world_find_address(world, &from->addr), *target;

	if (sender == NULL || nat_outbound(world, from, to) != RC_OK ||
	    !nat_inbound(world, from, to))
		return false;
	target = world_find_address(world, &to->addr);
	return target != NULL && cut_find(world, sender->host->id, target->host->id) == NULL;
}
