/* SPDX-License-Identifier: Apache-2.0 */
/* A host of the virtual world: its life, its addresses, its clock and its deferred work. */
#include "base/arena.h"
#include "private.h"

#define CHANGE_SETTLES (100 * USEC_PER_MSEC)
#define WALL_BEGINS    1700000000 /* seconds since 1970 */
#define HOST_STREAMS   16	  /* the generator streams of hosts follow the world's own */

static usec_t virtual_now(struct host *host)
{
	return virtual_of(host)->world->now;
}

static int64_t virtual_wall(struct host *host)
{
	return WALL_BEGINS + virtual_of(host)->world->now / USEC_PER_SEC;
}

static enum rc virtual_random(struct host *host, void *out, size_t len)
{
	generator_fill(&virtual_of(host)->random, out, len);
	return RC_OK;
}

static void virtual_woken(struct agenda_entry *entry)
{
	struct virtual *virtual = container_of(entry, struct virtual, wake);

	virtual->wake_fn(virtual->wake_context);
}

static void virtual_wake_at(struct host *host, usec_t when, void (*fn)(void *context),
			    void *context)
{
	struct virtual *virtual = virtual_of(host);
	struct agenda *agenda = &virtual->world->agenda;

	virtual->wake_fn = fn;
	virtual->wake_context = context;
	if (when == USEC_NEVER)
		agenda_cancel(agenda, &virtual->wake);
	else
		agenda_set(agenda, &virtual->wake, when);
}

/* ---- addresses ---- */

static void virtual_changed(struct agenda_entry *entry)
{
	struct virtual *virtual = container_of(entry, struct virtual, change);

	if (virtual->change_fn != NULL)
		virtual->change_fn(virtual->change_context);
}

static void virtual_on_change(struct host *host, host_change_fn fn, void *context)
{
	struct virtual *virtual = virtual_of(host);

	virtual->change_fn = fn;
	virtual->change_context = context;
}

static void virtual_tell_change(struct virtual *virtual)
{
	if (virtual->change_fn != NULL && virtual->change.index == 0)
		agenda_set(&virtual->world->agenda, &virtual->change,
			   virtual->world->now + CHANGE_SETTLES);
}

static uint64_t address_hash(const struct world *world, const struct ip_addr *addr)
{
	struct span bytes = ip_bytes(addr);

	return table_hash(&world->addresses, bytes.ptr, bytes.len);
}

struct virtual_address *world_find_address(struct world *world, const struct ip_addr *addr)
{
	struct table_node *node = table_first(&world->addresses, address_hash(world, addr));

	for (; node != NULL; node = table_next(node)) {
		struct virtual_address *found = container_of(node, struct virtual_address, node);

		if (ip_equal(&found->addr, addr))
			return found;
	}
	return NULL;
}

enum rc world_host_add_address(struct host *host, const char *text)
{
	struct virtual *virtual = virtual_of(host);
	struct world *world = virtual->world;
	struct virtual_address *address;
	struct ip_addr addr;
	enum rc rc;

	TRY(ip_parse(text, &addr));
	if (world_find_address(world, &addr) != NULL)
		return RC_EXISTS;
	address = mem_alloc(sizeof(*address));
	if (address == NULL)
		return RC_NO_MEMORY;
	address->addr = addr;
	address->host = virtual;
	rc = table_insert(&world->addresses, &address->node, address_hash(world, &addr));
	if (rc != RC_OK) {
		mem_free(address);
		return rc;
	}
	list_append(&virtual->addresses, &address->in_host);
	virtual_tell_change(virtual);
	return RC_OK;
}

static void address_free(struct virtual_address *address)
{
	table_remove(&address->host->world->addresses, &address->node);
	list_remove(&address->in_host);
	mem_free(address);
}

void world_host_remove_address(struct host *host, const char *text)
{
	struct virtual *virtual = virtual_of(host);
	struct virtual_address *address;
	struct ip_addr addr;

	if (ip_parse(text, &addr) != RC_OK)
		return;
	address = world_find_address(virtual->world, &addr);
	if (address == NULL || address->host != virtual)
		return;
	address_free(address);
	virtual_tell_change(virtual);
}

/* ---- deferred work ---- */

static void virtual_defer(struct host *host, struct deferred *deferred)
{
	struct virtual *virtual = virtual_of(host);

	if (list_linked(&deferred->queue))
		return;
	list_append(&virtual->deferred, &deferred->queue);
	if (!list_linked(&virtual->in_deferring))
		list_append(&virtual->world->deferring, &virtual->in_deferring);
}

bool virtual_run_deferred(struct world *world)
{
	while (!list_empty(&world->deferring)) {
		struct virtual *virtual = container_of(world->deferring.next, struct virtual,
						       in_deferring);
		struct deferred *deferred;

		if (list_empty(&virtual->deferred)) { /* done, or cancelled by its owner */
			list_remove(&virtual->in_deferring);
			continue;
		}
		deferred = container_of(virtual->deferred.next, struct deferred, queue);
		list_remove(&deferred->queue);
		deferred->run(deferred);
		return true;
	}
	return false;
}

/* ---- life ---- */

static const struct host_ops virtual_ops = {
	.now = virtual_now,
	.wall = virtual_wall,
	.random = virtual_random,
	.wake_at = virtual_wake_at,
	.udp_listen = virtual_udp_listen,
	.udp_limit = virtual_udp_limit,
	.udp_send = virtual_udp_send,
	.udp_keepalive = virtual_udp_keepalive,
	.source_for = virtual_source_for,
	.route_to = virtual_route_to,
	.is_local = virtual_is_local,
	.addresses = virtual_addresses,
	.default_route = virtual_default_route,
	.on_change = virtual_on_change,
	.workers = virtual_workers,
	.job_submit = virtual_job_submit,
	.defer = virtual_defer,
	.resolve = virtual_resolve,
	.resolve_cancel = virtual_resolve_cancel,
	.fetch = virtual_fetch,
	.fetch_cancel = virtual_fetch_cancel,
	.spawn = virtual_spawn,
	.spawn_cancel = virtual_spawn_cancel,
};

static void virtual_init(struct virtual *virtual, struct world *world)
{
	virtual->host.ops = &virtual_ops;
	virtual->world = world;
	virtual->id = ++world->host_ids;
	list_init(&virtual->addresses);
	list_init(&virtual->deferred);
	list_init(&virtual->jobs);
	list_init(&virtual->late);
	list_init(&virtual->resolves);
	list_init(&virtual->fetches);
	list_init(&virtual->spawns);
	generator_init(&virtual->random, world->seed, HOST_STREAMS + virtual->id);
	virtual->wake.fire = virtual_woken;
	virtual->change.fire = virtual_changed;
	list_append(&world->hosts, &virtual->in_world);
}

static enum rc virtual_reserve(struct agenda *agenda)
{
	TRY(agenda_reserve(agenda));
	if (agenda_reserve(agenda) == RC_OK)
		return RC_OK;
	agenda_release(agenda);
	return RC_NO_MEMORY;
}

struct host *world_host(struct world *world, const char *name)
{
	struct virtual *virtual = mem_alloc(sizeof(*virtual));

	if (virtual == NULL)
		return NULL;
	virtual->name = mem_text(name);
	if (virtual->name == NULL || virtual_reserve(&world->agenda) != RC_OK) {
		mem_free(virtual->name);
		mem_free(virtual);
		return NULL;
	}
	virtual_init(virtual, world);
	return &virtual->host;
}

const char *world_host_name(struct host *host)
{
	return virtual_of(host)->name;
}

void world_host_free(struct host *host)
{
	struct virtual *virtual;
	struct agenda *agenda;

	if (host == NULL)
		return;
	virtual = virtual_of(host);
	agenda = &virtual->world->agenda;
	virtual_finish_jobs(virtual);
	virtual_forget_resolves(virtual);
	virtual_forget_fetches(virtual);
	virtual_forget_spawns(virtual);
	while (!list_empty(&virtual->deferred))
		list_remove(virtual->deferred.next);
	while (!list_empty(&virtual->addresses))
		address_free(
			container_of(virtual->addresses.next, struct virtual_address, in_host));
	agenda_cancel(agenda, &virtual->wake);
	agenda_cancel(agenda, &virtual->change);
	agenda_release(agenda);
	agenda_release(agenda);
	list_remove(&virtual->in_deferring);
	list_remove(&virtual->in_working);
	list_remove(&virtual->in_world);
	mem_free(virtual->limit);
	mem_free(virtual->name);
	mem_free(virtual);
}
