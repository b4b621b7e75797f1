/* SPDX-License-Identifier: Apache-2.0 */
/* DNS of the virtual world: one table for all; the answer comes in a later step. */
#include <strings.h>
#include "base/arena.h"
#include "private.h"

#define ANSWER_MAX 16

struct virtual_name {
	struct list in_world;
	struct ip_addr addr;
	char *name;
};

struct resolve {
	struct agenda_entry answer;
	struct list in_host;
	struct virtual *host;
	host_resolve_fn fn;
	void *context;
	char *name;
};

static void name_free(struct virtual_name *entry)
{
	list_remove(&entry->in_world);
	mem_free(entry->name);
	mem_free(entry);
}

static void world_forget_name(struct world *world, const char *name)
{
	list_for_safe(at, &world->names)
	{
		struct virtual_name *entry = container_of(at, struct virtual_name, in_world);

		if (strcasecmp(entry->name, name) == 0)
			name_free(entry);
	}
}

void world_forget_names(struct world *world)
{
	while (!list_empty(&world->names))
		name_free(container_of(world->names.next, struct virtual_name, in_world));
}

enum rc world_host_dns(struct world *world, const char *name, const char *address)
{
	struct virtual_name *entry;
	struct ip_addr addr;

	if (*address == '\0') {
		world_forget_name(world, name);
		return RC_OK;
	}
	TRY(ip_parse(address, &addr));
	entry = mem_alloc(sizeof(*entry));
	if (entry == NULL)
		return RC_NO_MEMORY;
	entry->addr = addr;
	entry->name = mem_text(name);
	if (entry->name == NULL) {
		mem_free(entry);
		return RC_NO_MEMORY;
	}
	list_append(&world->names, &entry->in_world);
	return RC_OK;
}

/* ---- questions ---- */

static void resolve_free(struct resolve *resolve)
{
	struct agenda *agenda = &resolve->host->world->agenda;

	agenda_cancel(agenda, &resolve->answer);
	agenda_release(agenda);
	list_remove(&resolve->in_host);
	mem_free(resolve->name);
	mem_free(resolve);
}

static size_t world_lookup(const struct world *world, const char *name, struct ip_addr *out)
{
	size_t count = 0;

	if (ip_parse(name, out) == RC_OK)
		return 1;
	list_for(at, &world->names)
	{
		const struct virtual_name *entry = container_of(at, struct virtual_name, in_world);

		if (strcasecmp(entry->name, name) == 0 && count < ANSWER_MAX)
			out[count++] = entry->addr;
	}
	return count;
}

static void resolve_due(struct agenda_entry *entry)
{
	struct resolve *resolve = container_of(entry, struct resolve, answer);
	struct ip_addr addrs[ANSWER_MAX];
	size_t count = world_lookup(resolve->host->world, resolve->name, addrs);
	host_resolve_fn fn = resolve->fn;
	void *context = resolve->context;

	resolve_free(resolve);
	fn(context, addrs, count, count > 0 ? NULL : "Name or service not known");
}

static enum rc resolve_init(struct resolve *resolve, struct virtual *virtual, const char *name)
{
	resolve->name = mem_text(name);
	if (resolve->name == NULL)
		return RC_NO_MEMORY;
	resolve->host = virtual;
	resolve->answer.fire = resolve_due;
	return agenda_reserve(&virtual->world->agenda);
}

struct resolve *virtual_resolve(struct host *host, const char *name, host_resolve_fn fn,
				void *context)
{
	struct virtual *virtual = virtual_of(host);
	struct resolve *resolve = mem_alloc(sizeof(*resolve));

	if (resolve == NULL)
		return NULL;
	if (resolve_init(resolve, virtual, name) != RC_OK) {
		mem_free(resolve->name);
		mem_free(resolve);
		return NULL;
	}
	resolve->fn = fn;
	resolve->context = context;
	list_append(&virtual->resolves, &resolve->in_host);
	agenda_set(&virtual->world->agenda, &resolve->answer, virtual->world->now);
	return resolve;
}

void virtual_resolve_cancel(struct host *host, struct resolve *resolve)
{
	(void)host;
	if (resolve != NULL)
		resolve_free(resolve);
}

void virtual_forget_resolves(struct virtual *virtual)
{
	while (!list_empty(&virtual->resolves))
		resolve_free(container_of(virtual->resolves.next, struct resolve, in_host));
}
