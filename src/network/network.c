/* SPDX-License-Identifier: Apache-2.0 */
/* Users, counted objects, and the queue of what is to be done to the host. Level triggered: an
 * object in the queue is compared with what is wanted when its turn comes, so that what goes and
 * comes again within a turn is not touched at all. */
#include <errno.h>
#include <string.h>
#include "base/arena.h"
#include "network/private.h"

struct network_user {
	struct network *network;
	struct list in_network, in_waiting;
	struct held **held; /* what it wants */
	unsigned count;
	struct nameservers *dns; /* NULL: none */
	network_settled_fn settled;
	void *context;
};

/* ---- objects ---- */

static struct held *held_find(const struct network *network, const struct network_object *what)
{
	uint64_t hash = network_object_hash(&network->objects, what);

	for (struct table_node *node = table_first(&network->objects, hash); node != NULL;
	     node = table_next(node)) {
		struct held *held = container_of(node, struct held, node);
		if (network_object_equal(&held->what, what))
			return held;
	}
	return NULL;
}

static void held_free(struct network *network, struct held *held)
{
	list_remove(&held->in_queue);
	list_remove(&held->in_kind);
	list_remove(&held->in_foreign);
	table_remove(&network->objects, &held->node);
	mem_free(held);
}

static struct held *held_make(struct network *network, const struct network_object *what)
{
	struct held *held = held_find(network, what);

	if (held != NULL)
		return held;
	held = mem_alloc(sizeof(*held));
	if (held == NULL)
		return NULL;
	held->what = *what;
	if (table_insert(&network->objects, &held->node,
			 network_object_hash(&network->objects, what)) != RC_OK) {
		mem_free(held);
		return NULL;
	}
	list_append(&network->kinds[what->kind], &held->in_kind);
	return held;
}

void network_later(struct network *network)
{
	network->host->ops->defer(network->host, &network->flush);
}

void network_enqueue(struct network *network, struct held *held)
{
	list_remove(&held->in_queue); /* its place is behind what it stands on */
	list_append(&network->queue, &held->in_queue);
	network_later(network);
}

static void say(struct network *network, enum log_level level, const struct held *held,
		const char *verb, int error, const char *said)
{
	char text[NETWORK_TEXT_MAX];

	if (network->log != NULL)
		log_write(network->log, level, NULL, "%s %s%s%s%s%s", verb,
			  network_object_text(&held->what, text), error != 0 ? ": " : "",
			  error != 0 ? strerrordesc_np(error) : "", said[0] != '\0' ? ": " : "",
			  said);
}

static int add(struct network_backend *backend, struct held *held)
{
	int error = backend->ops->apply(backend, &held->what, true, held->text);

	if (error != EEXIST || held->what.kind != NETWORK_LINK || held->state != HELD_OURS)
		return error;
	error = backend->ops->raise_link(backend, &held->what);
	return error == EALREADY ? EEXIST : error;
}

void network_leave_place(struct network *network, struct held *held)
{
	held->state = HELD_FOREIGN;
	list_append(&network->foreign, &held->in_foreign);
}

/* Something of this kind stands there. */
static void stands_already(struct network *network, struct held *held)
{
	bool taken = held->taken;

	held->error = 0;
	held->taken = false;
	if (held->state == HELD_ABSENT) {
		network_leave_place(network, held);
		say(network, LOG_LEVEL_NOTICE, held, "used as it stands, and not removed:", 0, "");
	} else if (taken && held->state == HELD_OURS) {
		vigil_take_back(network, held);
	}
}

static void is_made(struct network *network, struct held *held, bool again)
{
	enum held_state before = held->state;

	held->state = HELD_OURS;
	held->taken = false;
	list_remove(&held->in_foreign);
	if (before == HELD_ABSENT)
		say(network, LOG_LEVEL_DEBUG, held, "added", 0, "");
	else if (before == HELD_FOREIGN)
		vigil_took_over(network, held);
	else if (again)
		vigil_put_back(network, held);
}

static void make(struct network *network, struct held *held)
{
	struct network_backend *backend = network->backend;
	bool first = held->state == HELD_ABSENT, again = held->again;

	held->again = false;
	if (first && held->what.kind == NETWORK_LINK && link_take_over(network, held))
		return;
	held->text[0] = '\0';
	held->error = add(backend, held);
	if (held->error == EEXIST) {
		stands_already(network, held);
	} else if (held->error == 0) {
		is_made(network, held, again);
	} else {
		network->broke = network->broke || !first;
		held->state = HELD_ABSENT;
		list_remove(&held->in_foreign);
	}
}

/* What Linux takes for the same thing: the rest may differ. */
static bool same_place(const struct network_object *a, const struct network_object *b)
{
	return a->kind == b->kind && a->table == b->table && a->len == b->len &&
	       a->proto == b->proto && a->port == b->port && ip_equal(&a->addr, &b->addr) &&
	       (a->kind != NETWORK_RULE || network_addr_equal(&a->source, &b->source)) &&
	       (a->kind == NETWORK_ROUTE || strcmp(a->device, b->device) == 0);
}

/* What was refused because this one stood in its place has its turn now. */
static void make_room(struct network *network, const struct network_object *gone)
{
	list_for_safe(node, &network->foreign)
	{
		struct held *held = container_of(node, struct held, in_foreign);
		if (!same_place(&held->what, gone))
			continue;
		held->state = HELD_ABSENT;
		list_remove(&held->in_foreign);
		network_enqueue(network, held);
	}
}

static void unmake(struct network *network, struct held *held)
{
	struct network_backend *backend = network->backend;
	char text[NETWORK_TEXT_MAX] = "";
	int error = 0;

	if (held->state == HELD_OURS && held->what.kind == NETWORK_LINK)
		link_hand_over(network, held);
	if (held->state == HELD_OURS)
		error = backend->ops->apply(backend, &held->what, false, text);
	if (error != 0)
		say(network, LOG_LEVEL_WARNING, held, "cannot remove", error, text);
	else if (held->state == HELD_OURS)
		say(network, LOG_LEVEL_DEBUG, held, "removed", 0, "");
	if (held->state == HELD_OURS)
		make_room(network, &held->what);
	held_free(network, held);
}

static bool waits_for_the_end(const struct network *network, const struct held *held)
{
	return network->closing && held->what.kind == NETWORK_LINK && held->state == HELD_OURS;
}

static void act(struct network *network, struct held *held)
{
	if (held->users == 0 && waits_for_the_end(network, held))
		return;
	if (held->users == 0)
		unmake(network, held);
	else if (held->state == HELD_ABSENT || held->again)
		make(network, held);
}

/* ---- the queue ---- */

static void tell(struct network_user *user)
{
	struct diag diag = { "" };
	unsigned failed = 0;

	for (unsigned i = 0; i < user->count; i++) {
		const struct held *held = user->held[i];
		char what[NETWORK_TEXT_MAX];
		if (held->error == 0)
			continue;
		if (failed++ == 0)
			(void)(diag_fail(&diag, RC_KERNEL, "cannot add %s: %s%s%s%s",
					 network_object_text(&held->what, what),
					 strerrordesc_np(held->error),
					 held->text[0] != '\0' ? ": " : "", held->text,
					 network_errno_hint(&held->what, held->error)) == RC_OK);
	}
	user->settled(user->context, failed, &diag);
}

/* One may free another in its turn: the first is taken off each time. */
static void tell_all(struct network *network)
{
	struct list now;

	list_init(&now);
	while (!list_empty(&network->waiting)) {
		struct list *node = network->waiting.next;
		list_remove(node);
		list_append(&now, node);
	}
	while (!list_empty(&now)) {
		struct network_user *user = container_of(now.next, struct network_user, in_waiting);
		list_remove(&user->in_waiting);
		tell(user);
	}
}

static bool lacks_something(const struct network_user *user)
{
	for (unsigned i = 0; i < user->count; i++)
		if (user->held[i]->state == HELD_ABSENT)
			return true;
	return false;
}

/* What was there is gone and cannot be put back. */
static void tell_the_bereft(struct network *network)
{
	if (!network->broke)
		return;
	network->broke = false;
	list_for(node, &network->users)
	{
		struct network_user *user = container_of(node, struct network_user, in_network);
		if (!list_linked(&user->in_waiting) && lacks_something(user))
			list_append(&network->waiting, &user->in_waiting);
	}
}

static bool run_some(struct network *network, bool all)
{
	while (!list_empty(&network->queue)) {
		struct held *held = container_of(network->queue.next, struct held, in_queue);
		list_remove(&held->in_queue);
		act(network, held);
		if (!all && host_turn_over(network->host))
			break;
	}
	return list_empty(&network->queue);
}

static void flush(struct deferred *deferred)
{
	struct network *network = container_of(deferred, struct network, flush);

	if (!run_some(network, false) || vigil_walk(network)) {
		network_later(network);
		return;
	}
	tell_the_bereft(network);
	tell_all(network);
}

void network_closing(struct network *network)
{
	network->closing = true;
}

/* What stood on them goes with them, and removing what is gone is no error. */
static void remove_links(struct network *network)
{
	unsigned unwanted = 0;

	list_for(node, &network->kinds[NETWORK_LINK])
	{
		const struct held *held = container_of(node, struct held, in_kind);
		if (held->state == HELD_OURS && held->users > 0)
			return;
		unwanted += held->state == HELD_OURS;
	}
	if (unwanted > 1)
		network->backend->ops->remove_links(network->backend);
}

void network_drain(struct network *network)
{
	if (network->closing) {
		remove_links(network);
		network->closing = false;
		list_for(node, &network->kinds[NETWORK_LINK])
		{
			struct held *held = container_of(node, struct held, in_kind);
			if (held->users == 0)
				network_enqueue(network, held);
		}
	}
	(void)run_some(network, true);
}

/* ---- users ---- */

struct network_user *network_user_new(struct network *network, network_settled_fn settled,
				      void *context)
{
	struct network_user *user = mem_alloc(sizeof(*user));

	if (user == NULL)
		return NULL;
	user->network = network;
	user->settled = settled;
	user->context = context;
	list_append(&network->users, &user->in_network);
	return user;
}

static void wait_for_it(struct network_user *user)
{
	if (!list_linked(&user->in_waiting))
		list_append(&user->network->waiting, &user->in_waiting);
	network_later(user->network);
}

static void drop(struct network *network, struct held *held)
{
	if (--held->users == 0)
		network_enqueue(network, held);
}

/* Last made, first gone. */
static void drop_all(struct network *network, struct held **held, unsigned count)
{
	while (count > 0)
		drop(network, held[--count]);
}

static void take(struct network *network, struct held *held)
{
	held->users++;
	if (held->state == HELD_ABSENT)
		network_enqueue(network, held);
	else if (held->again)
		vigil_check(network, held);
}

static struct held **make_all(struct network *network, const struct network_plan *plan,
			      unsigned *count)
{
	struct held **held = mem_alloc((plan->count + 1) * sizeof(struct held *));

	*count = 0;
	if (held == NULL)
		return NULL;
	for (unsigned kind = NETWORK_LINK; kind <= NETWORK_ROUTE; kind++)
		for (unsigned i = 0; i < plan->count; i++) {
			if (plan->objects[i].kind != kind)
				continue;
			held[*count] = held_make(network, &plan->objects[i]);
			if (held[*count] == NULL)
				goto failed;
			held[(*count)++]->users++; /* stays while we go on */
		}
	return held;
failed:
	drop_all(network, held, *count);
	mem_free(held);
	return NULL;
}

/* What goes, goes first: a route may come again to the same place by another way. */
enum rc network_user_set(struct network_user *user, const struct network_plan *plan)
{
	struct network *network = user->network;
	unsigned count;
	struct held **held = make_all(network, plan, &count);

	if (held == NULL)
		return RC_NO_MEMORY;
	drop_all(network, user->held, user->count);
	mem_free(user->held);
	user->held = held;
	user->count = count;
	for (unsigned i = 0; i < count; i++) {
		held[i]->users--;
		take(network, held[i]);
	}
	wait_for_it(user);
	return RC_OK;
}

enum rc network_user_dns(struct network_user *user, const struct network_dns *dns)
{
	if (dns == NULL && user->dns == NULL)
		return RC_OK;
	if (user->dns == NULL)
		user->dns = nameservers_new(user->network);
	return user->dns != NULL ? nameservers_set(user->dns, dns) : RC_NO_MEMORY;
}

void network_user_retry(struct network_user *user)
{
	for (unsigned i = 0; i < user->count; i++)
		if (user->held[i]->state == HELD_ABSENT)
			network_enqueue(user->network, user->held[i]);
	wait_for_it(user);
}

static bool stands_on_ours(const struct network_user *user, const struct held *held)
{
	if (held->what.kind == NETWORK_LINK || held->what.kind == NETWORK_RULE)
		return true;
	for (unsigned i = 0; i < user->count; i++) {
		const struct held *other = user->held[i];
		if (other->what.kind == NETWORK_LINK && other->state == HELD_OURS &&
		    strcmp(other->what.device, held->what.device) == 0)
			return true;
	}
	return false;
}

/* What stands on a link of ours hears of its end; but Linux takes IPv4 routes with the address that
 * they have as their source, and those of others with their own device, without a word. */
static bool needs_no_look(const struct network_user *user, const struct held *held)
{
	return held->state == HELD_ABSENT ||
	       (held->state == HELD_OURS && !ip_is_set(&held->what.source) &&
		stands_on_ours(user, held));
}

void network_user_renew(struct network_user *user)
{
	for (unsigned i = 0; i < user->count; i++) {
		struct held *held = user->held[i];
		if (needs_no_look(user, held))
			continue;
		vigil_check(user->network, held);
	}
	wait_for_it(user);
}

void network_user_free(struct network_user *user)
{
	if (user == NULL)
		return;
	list_remove(&user->in_network);
	list_remove(&user->in_waiting);
	nameservers_leave(user->dns);
	drop_all(user->network, user->held, user->count);
	mem_free(user->held);
	mem_free(user);
}

/* ---- all of it ---- */

bool network_owns_link(const struct network *network, const char *device)
{
	struct network_object link = { .kind = NETWORK_LINK };
	struct table_node *node;

	memcpy(link.device, device, strnlen(device, sizeof(link.device) - 1));
	node = table_first(&network->objects, network_object_hash(&network->objects, &link));
	for (; node != NULL; node = table_next(node)) {
		const struct held *held = container_of(node, struct held, node);
		if (held->what.kind == NETWORK_LINK && held->state == HELD_OURS &&
		    strcmp(held->what.device, device) == 0)
			return true;
	}
	return false;
}

bool network_has_address(const struct network *network, const struct ip_addr *addr)
{
	list_for(node, &network->kinds[NETWORK_ADDRESS])
	{
		const struct held *held = container_of(node, struct held, in_kind);
		if (held->state == HELD_OURS && ip_equal(&held->what.addr, addr))
			return true;
	}
	return false;
}

enum rc network_remove_stale(struct network *network, unsigned *count, struct diag *diag)
{
	enum rc rc = network->backend->ops->remove_stale(network->backend, count, diag);

	/* of Debian's resolvconf, and of openresolv */
	if (network->has_resolvconf) {
		*count += nameservers_remove_stale(network, "/run/resolvconf/interface");
		*count += nameservers_remove_stale(network, "/run/resolvconf/interfaces");
		*count += nameservers_remove_stale(network, "/run/resolvconf/keys");
	}
	return rc;
}

enum rc network_new(struct host *host, struct log *log, struct network_backend *backend,
		    struct network **out)
{
	struct network *network = mem_alloc(sizeof(*network));
	uint64_t seed[2] = { 0 };

	if (network == NULL) {
		backend->ops->free(backend);
		return RC_NO_MEMORY;
	}
	network->host = host;
	network->log = log;
	network->backend = backend;
	table_init(&network->objects, seed); /* nobody chooses these keys to do harm */
	list_init(&network->queue);
	for (unsigned i = 0; i < NETWORK_KINDS; i++)
		list_init(&network->kinds[i]);
	list_init(&network->users);
	list_init(&network->resting);
	network->due_at = USEC_NEVER;
	network->bus_fd = -1;
	list_init(&network->foreign);
	list_init(&network->dns);
	list_init(&network->line);
	list_init(&network->waiting);
	network->flush.run = flush;
	*out = network;
	return RC_OK;
}

void network_free(struct network *network)
{
	if (network == NULL)
		return;
	nameservers_free_all(network);
	network_drain(network);
	resolved_free(network);
	deferred_cancel(&network->flush);
	table_free(&network->objects);
	network->backend->ops->free(network->backend);
	mem_free(network);
}
