/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody else takes away comes back. A backend tells what it saw going (vigil_lost), or that
 * it does not know (vigil_suspect): then all of it is looked at, by making it again: what is still
 * there says so. The first times it comes back at once, then later and later: two programs that
 * disagree must not keep each other busy. */
#include <string.h>
#include "network/private.h"

#define AT_ONCE	   3 /* so often it comes back without a pause */
#define PAUSE_MOST (60 * USEC_PER_SEC)
#define FORGOTTEN  (600 * USEC_PER_SEC) /* of quiet: the next loss is the first one again */
#define WALK_SPACE (2 * USEC_PER_SEC)	/* between two looks at everything */
#define RESPECT	   USEC_PER_SEC		/* so long the place of what others had is left to them */

void network_due(struct network *network, usec_t when)
{
	if (network->due == NULL || when >= network->due_at)
		return;
	network->due_at = when;
	network->due(network->due_context, when);
}

void vigil_check(struct network *network, struct held *held)
{
	held->again = true;
	if (network->due == NULL || held->rest_until <= host_now(network->host)) {
		network_enqueue(network, held);
		return;
	}
	list_remove(&held->in_queue);
	list_append(&network->resting, &held->in_queue);
	network_due(network, held->rest_until);
}

static usec_t pause_after(unsigned lost)
{
	usec_t pause = PAUSE_MOST;

	if (lost <= AT_ONCE)
		return 0;
	if (lost - AT_ONCE <= 6)
		pause = USEC_PER_SEC << (lost - AT_ONCE - 1);
	return pause < PAUSE_MOST ? pause : PAUSE_MOST;
}

static void say_put_back(struct network *network, const struct held *held, usec_t pause)
{
	char text[NETWORK_TEXT_MAX];

	if (network->log == NULL)
		return;
	network_object_text(&held->what, text);
	if (pause == 0)
		log_write(network->log, LOG_LEVEL_NOTICE, NULL,
			  "put back %s: another program had removed it, or it went with its "
			  "interface",
			  text);
	else
		log_write(network->log, LOG_LEVEL_WARNING, NULL,
			  "put back %s for the %uth time: another program keeps removing it; next "
			  "time it is put back after %u s",
			  text, held->lost, (unsigned)(pause / USEC_PER_SEC));
}

static usec_t note_loss(struct network *network, struct held *held)
{
	usec_t now = host_now(network->host), pause;

	if (now - held->rest_until > FORGOTTEN)
		held->lost = 0;
	if (held->lost < UINT8_MAX)
		held->lost++;
	pause = pause_after(held->lost);
	held->rest_until = now + pause;
	return pause;
}

/* Linux takes IPv4 routes with the link or the source address, without a word. */
static void suspect_what_stands_on(struct network *network, const struct held *held)
{
	if (held->what.kind == NETWORK_LINK || held->what.kind == NETWORK_ADDRESS)
		network->suspect = true;
}

void vigil_took_over(struct network *network, struct held *held)
{
	char text[NETWORK_TEXT_MAX];

	(void)note_loss(network, held);
	suspect_what_stands_on(network, held);
	if (network->log != NULL)
		log_write(network->log, LOG_LEVEL_NOTICE, NULL,
			  "added %s: what another program had there, and we used, is gone",
			  network_object_text(&held->what, text));
}

/* A few times; who insists has it, until he lets it go. */
void vigil_take_back(struct network *network, struct held *held)
{
	struct network_backend *backend = network->backend;
	char text[NETWORK_TEXT_MAX] = "", what[NETWORK_TEXT_MAX];
	bool tries;
	int error = 0;

	(void)note_loss(network, held);
	tries = held->lost <= AT_ONCE;
	if (tries)
		error = backend->ops->replace(backend, &held->what, text);
	if (!tries || error != 0)
		network_leave_place(network, held);
	if (network->log == NULL)
		return;
	network_object_text(&held->what, what);
	if (!tries)
		log_write(network->log, LOG_LEVEL_WARNING, NULL,
			  "another program keeps putting its own route in the place of %s: it "
			  "stays, and the tunnel's traffic goes that way, until it is removed",
			  what);
	else if (error != 0)
		log_write(network->log, LOG_LEVEL_WARNING, NULL,
			  "another program has put its own route in the place of %s, which cannot "
			  "be put back: %s%s%s",
			  what, strerrordesc_np(error), text[0] != '\0' ? ": " : "", text);
	else
		log_write(network->log, LOG_LEVEL_NOTICE, NULL,
			  "put back %s: another program had put its own in its place", what);
}

void vigil_put_back(struct network *network, struct held *held)
{
	usec_t pause = note_loss(network, held);

	say_put_back(network, held, pause);
	suspect_what_stands_on(network, held);
	if (held->what.kind == NETWORK_LINK)
		nameservers_link_is_new(network, held->what.device);
}

/* What Linux knows a thing by; a device that is gone has no name any more. */
static bool is_shown(const struct network_object *what, const struct network_object *shown)
{
	if (what->kind == NETWORK_LINK)
		return shown->kind == NETWORK_LINK && strcmp(what->device, shown->device) == 0;
	return what->kind == shown->kind && what->table == shown->table &&
	       what->proto == shown->proto && what->port == shown->port &&
	       what->len == shown->len && what->metric == shown->metric &&
	       ip_equal(&what->addr, &shown->addr) &&
	       (shown->device[0] == '\0' || strcmp(what->device, shown->device) == 0);
}

/* Linux has one route to a place, whatever its way. */
static bool is_place(const struct network_object *route, const struct network_object *shown)
{
	return route->kind == NETWORK_ROUTE && shown->kind == NETWORK_ROUTE &&
	       route->table == shown->table && route->len == shown->len &&
	       route->metric == shown->metric && ip_equal(&route->addr, &shown->addr);
}

/* Whoever had it may be about to put it back himself. */
static void lost_of_others(struct network *network, struct held *held,
			   const struct network_object *shown)
{
	usec_t from = host_now(network->host) + RESPECT;

	if (!is_shown(&held->what, shown) && !is_place(&held->what, shown))
		return;
	if (held->rest_until < from)
		held->rest_until = from;
	vigil_check(network, held);
}

void vigil_lost(struct network *network, const struct network_object *shown)
{
	uint64_t hash = network_object_hash(&network->objects, shown);

	for (struct table_node *node = table_first(&network->objects, hash); node != NULL;
	     node = table_next(node)) {
		struct held *held = container_of(node, struct held, node);
		if (held->users == 0 || held->state == HELD_ABSENT)
			continue;
		if (held->state == HELD_FOREIGN)
			lost_of_others(network, held, shown);
		else if (is_shown(&held->what, shown) || is_place(&held->what, shown))
			vigil_check(network, held); /* ours, or what had come in its place */
	}
}

static bool goes_another_way(const struct network_object *route, const struct network_object *shown)
{
	return strcmp(route->device, shown->device) != 0 ||
	       !network_addr_equal(&route->via, &shown->via) ||
	       !network_addr_equal(&route->source, &shown->source);
}

void vigil_replaced(struct network *network, const struct network_object *shown)
{
	uint64_t hash = network_object_hash(&network->objects, shown);

	for (struct table_node *node = table_first(&network->objects, hash); node != NULL;
	     node = table_next(node)) {
		struct held *held = container_of(node, struct held, node);
		if (held->state != HELD_OURS || held->users == 0 || !is_place(&held->what, shown) ||
		    !goes_another_way(&held->what, shown))
			continue;
		held->taken = true;
		vigil_check(network, held);
	}
}

void vigil_suspect(struct network *network)
{
	network->suspect = true;
	network_later(network);
}

bool vigil_walk(struct network *network)
{
	usec_t now = host_now(network->host);

	if (!network->suspect)
		return false;
	if (network->due != NULL && now < network->walk_from) {
		network_due(network, network->walk_from);
		return false;
	}
	network->suspect = false;
	network->walk_from = now + WALK_SPACE;
	for (unsigned kind = NETWORK_LINK; kind < NETWORK_KINDS; kind++)
		list_for(node, &network->kinds[kind])
		{
			struct held *held = container_of(node, struct held, in_kind);
			if (held->users > 0)
				vigil_check(network, held);
		}
	return !list_empty(&network->queue);
}

void network_tick(struct network *network)
{
	usec_t now = host_now(network->host);

	network->due_at = USEC_NEVER;
	list_for_safe(node, &network->resting)
	{
		struct held *held = container_of(node, struct held, in_queue);
		if (held->rest_until <= now)
			network_enqueue(network, held);
		else
			network_due(network, held->rest_until);
	}
	resolved_tick(network);
	network_later(network); /* for the walk */
}

void network_watch(struct network *network, network_due_fn fn, void *context)
{
	network->due = fn;
	network->due_context = context;
	network->due_at = USEC_NEVER;
	if (network->backend->ops->listen(network->backend, fn != NULL ? network : NULL) != RC_OK &&
	    network->log != NULL)
		log_write(network->log, LOG_LEVEL_WARNING, NULL,
			  "cannot hear of routes, rules and addresses that other programs remove: "
			  "ours do not come back before something else changes");
}
