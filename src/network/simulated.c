/* SPDX-License-Identifier: Apache-2.0 */
/* A backend in memory. What Linux knows an object by is less than all of it: a second route to the
 * same place with the same metric is refused, whatever its way. */
#include <errno.h>
#include <string.h>
#include "base/arena.h"
#include "network/private.h"
#include "network/simulated.h"

struct thing {
	struct list in_host;
	struct network_object what;
	bool ours;
};

struct simulated_backend {
	struct network_backend backend;
	struct list things;
	unsigned fail_nth, fail_left, changes;
	int fail_error, link_error;
	bool fail_every;
	struct network *listener;
};

static struct simulated_backend *simulated_of(const struct network *network)
{
	return container_of(network->backend, struct simulated_backend, backend);
}

/* One excludes the other. */
static bool collide(const struct network_object *a, const struct network_object *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case NETWORK_LINK:
		return strcmp(a->device, b->device) == 0;
	case NETWORK_ADDRESS:
		return strcmp(a->device, b->device) == 0 && ip_equal(&a->addr, &b->addr);
	case NETWORK_RULE:
		return ip_equal(&a->addr, &b->addr) && a->len == b->len && a->proto == b->proto &&
		       a->port == b->port && network_addr_equal(&a->source, &b->source) &&
		       a->table == b->table;
	case NETWORK_ROUTE:
		return ip_equal(&a->addr, &b->addr) && a->len == b->len && a->table == b->table &&
		       a->metric == b->metric;
	}
	return false;
}

static struct thing *find(const struct simulated_backend *simulated,
			  const struct network_object *object)
{
	list_for(node, &simulated->things)
	{
		struct thing *thing = container_of(node, struct thing, in_host);
		if (collide(&thing->what, object))
			return thing;
	}
	return NULL;
}

static bool has_device(const struct simulated_backend *simulated, const char *device)
{
	struct network_object link = { .kind = NETWORK_LINK };

	memcpy(link.device, device, sizeof(link.device));
	return strcmp(device, "lo") == 0 || strcmp(device, "eth0") == 0 ||
	       find(simulated, &link) != NULL;
}

static bool has_address(const struct simulated_backend *simulated, const struct ip_addr *addr)
{
	list_for(node, &simulated->things)
	{
		const struct thing *thing = container_of(node, struct thing, in_host);
		if (thing->what.kind == NETWORK_ADDRESS && ip_equal(&thing->what.addr, addr))
			return true;
	}
	return false;
}

/* Linux finds a VTI device by its ends, which only one may have. */
static bool has_ends(const struct simulated_backend *simulated, const struct network_object *object)
{
	list_for(node, &simulated->things)
	{
		const struct thing *thing = container_of(node, struct thing, in_host);
		if (thing->what.kind == NETWORK_LINK && thing->what.vti && object->vti &&
		    strcmp(thing->what.device, object->device) != 0 &&
		    ip_equal(&thing->what.addr, &object->addr) &&
		    ip_equal(&thing->what.via, &object->via))
			return true;
	}
	return false;
}

static int put(struct simulated_backend *simulated, const struct network_object *object, bool ours)
{
	struct thing *thing;

	if (object->kind == NETWORK_LINK && simulated->link_error != 0)
		return simulated->link_error;
	if (find(simulated, object) != NULL)
		return EEXIST;
	if (object->kind == NETWORK_LINK && has_ends(simulated, object))
		return EADDRINUSE;
	if (object->device[0] != '\0' && object->kind != NETWORK_LINK &&
	    !has_device(simulated, object->device))
		return ENODEV;
	if (ours && object->kind == NETWORK_ROUTE && ip_is_set(&object->source) &&
	    !has_address(simulated, &object->source))
		return EINVAL;
	thing = mem_alloc(sizeof(*thing));
	if (thing == NULL)
		return ENOMEM;
	thing->what = *object;
	thing->ours = ours;
	list_append(&simulated->things, &thing->in_host);
	return 0;
}

static void take(struct thing *thing)
{
	list_remove(&thing->in_host);
	mem_free(thing);
}

/* With a link goes what stands on it. */
static void take_with_all(struct simulated_backend *simulated, struct thing *thing)
{
	struct network_object what = thing->what;

	take(thing);
	if (what.kind != NETWORK_LINK)
		return;
	list_for_safe(node, &simulated->things)
	{
		struct thing *other = container_of(node, struct thing, in_host);
		if (strcmp(other->what.device, what.device) == 0)
			take(other);
	}
}

static bool fails(struct simulated_backend *simulated)
{
	if (simulated->fail_left == 0 || --simulated->fail_left != 0)
		return false;
	simulated->fail_left = simulated->fail_every ? simulated->fail_nth : 0;
	return true;
}

static int apply(struct network_backend *backend, const struct network_object *object, bool add,
		 char text[NETWORK_TEXT_MAX])
{
	struct simulated_backend *simulated =
		container_of(backend, struct simulated_backend, backend);
	struct thing *thing = find(simulated, object);
	int error = 0;

	(void)text;
	if (fails(simulated))
		return simulated->fail_error;
	if (add)
		error = put(simulated, object, true);
	else if (thing != NULL)
		take_with_all(simulated, thing);
	simulated->changes += error == 0 && (add || thing != NULL);
	return error;
}

static int change(struct network_backend *backend, const struct network_object *object,
		  char text[NETWORK_TEXT_MAX])
{
	struct simulated_backend *simulated =
		container_of(backend, struct simulated_backend, backend);
	struct thing *thing = find(simulated, object);

	(void)text;
	if (fails(simulated))
		return simulated->fail_error;
	if (thing == NULL)
		return ENODEV;
	if (!thing->what.vti || thing->what.addr.family != object->addr.family)
		return EOPNOTSUPP;
	if (has_ends(simulated, object))
		return EADDRINUSE;
	thing->what = *object;
	simulated->changes++;
	return 0;
}

static int replace(struct network_backend *backend, const struct network_object *object,
		   char text[NETWORK_TEXT_MAX])
{
	struct simulated_backend *simulated =
		container_of(backend, struct simulated_backend, backend);
	struct thing *thing = find(simulated, object);

	(void)text;
	if (fails(simulated))
		return simulated->fail_error;
	if (thing == NULL)
		return put(simulated, object, true);
	thing->what = *object;
	thing->ours = true;
	simulated->changes++;
	return 0;
}

static enum rc remove_stale(struct network_backend *backend, unsigned *count, struct diag *diag)
{
	struct simulated_backend *simulated =
		container_of(backend, struct simulated_backend, backend);

	(void)diag;
	*count = 0;
	list_for_safe(node, &simulated->things)
	{
		struct thing *thing = container_of(node, struct thing, in_host);
		if (!thing->ours)
			continue;
		take(thing);
		(*count)++;
	}
	return RC_OK;
}

static void simulated_free(struct network_backend *backend)
{
	struct simulated_backend *simulated =
		container_of(backend, struct simulated_backend, backend);

	list_for_safe(node, &simulated->things) take(container_of(node, struct thing, in_host));
	mem_free(simulated);
}

static void remove_links(struct network_backend *backend)
{
	struct simulated_backend *simulated =
		container_of(backend, struct simulated_backend, backend);
	struct list *node = simulated->things.next;

	simulated->changes++;
	while (node != &simulated->things) {
		struct thing *thing = container_of(node, struct thing, in_host);
		bool ours = thing->ours && thing->what.kind == NETWORK_LINK;
		if (ours)
			take_with_all(simulated, thing);
		node = ours ? simulated->things.next : node->next; /* more than one may be gone */
	}
}

static uint32_t index_of(struct network_backend *backend, const char *device)
{
	struct simulated_backend *simulated =
		container_of(backend, struct simulated_backend, backend);
	uint32_t index = 1;

	list_for(node, &simulated->things)
	{
		const struct thing *thing = container_of(node, struct thing, in_host);
		index++;
		if (thing->what.kind == NETWORK_LINK && strcmp(thing->what.device, device) == 0)
			return index;
	}
	return 0;
}

static int raise_link(struct network_backend *backend, const struct network_object *link)
{
	(void)backend;
	(void)link;
	return EALREADY;
}

static enum rc listen_to(struct network_backend *backend, struct network *listener)
{
	container_of(backend, struct simulated_backend, backend)->listener = listener;
	return RC_OK;
}

static const struct network_backend_ops simulated_ops = {
	.apply = apply,
	.raise_link = raise_link,
	.index = index_of,
	.remove_links = remove_links,
	.listen = listen_to,
	.change = change,
	.replace = replace,
	.remove_stale = remove_stale,
	.free = simulated_free,
};

enum rc network_simulated_new(struct host *host, struct log *log, struct network **out)
{
	struct simulated_backend *simulated = mem_alloc(sizeof(*simulated));

	if (simulated == NULL)
		return RC_NO_MEMORY;
	simulated->backend.ops = &simulated_ops;
	list_init(&simulated->things);
	return network_new(host, log, &simulated->backend, out);
}

void network_simulated_fail(struct network *network, unsigned nth, int error, bool every)
{
	struct simulated_backend *simulated = simulated_of(network);

	simulated->fail_nth = simulated->fail_left = nth;
	simulated->fail_error = error;
	simulated->fail_every = every;
}

void network_simulated_no_links(struct network *network, int error)
{
	simulated_of(network)->link_error = error;
}

bool network_simulated_put(struct network *network, const struct network_object *object)
{
	return put(simulated_of(network), object, false) == 0;
}

bool network_simulated_take(struct network *network, const struct network_object *object)
{
	struct simulated_backend *simulated = simulated_of(network);
	struct thing *thing = find(simulated, object);
	struct network_object what;

	if (thing == NULL)
		return false;
	what = thing->what;
	take_with_all(simulated, thing);
	if (simulated->listener != NULL)
		vigil_lost(simulated->listener, &what);
	return true;
}

bool network_simulated_replace(struct network *network, const struct network_object *route)
{
	struct simulated_backend *simulated = simulated_of(network);
	struct thing *thing = find(simulated, route);

	if (thing == NULL)
		return false;
	thing->what = *route;
	thing->ours = false;
	if (simulated->listener != NULL)
		vigil_replaced(simulated->listener, route);
	return true;
}

bool network_simulated_has(const struct network *network, const struct network_object *object)
{
	const struct thing *thing = find(simulated_of(network), object);

	return thing != NULL && network_object_equal(&thing->what, object);
}

/* The n-th of a kind, from 0; NULL: there are fewer. */
static const struct network_object *network_simulated_at(const struct network *network,
							 enum network_kind kind, unsigned n)
{
	list_for(node, &simulated_of(network)->things)
	{
		const struct thing *thing = container_of(node, struct thing, in_host);
		if (thing->what.kind == kind && n-- == 0)
			return &thing->what;
	}
	return NULL;
}

unsigned network_simulated_count(const struct network *network, enum network_kind kind)
{
	unsigned count = 0;

	while (network_simulated_at(network, kind, count) != NULL)
		count++;
	return count;
}

unsigned network_simulated_changes(const struct network *network)
{
	return simulated_of(network)->changes;
}
