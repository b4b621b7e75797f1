/* SPDX-License-Identifier: Apache-2.0 */
/* A walk over many tunnels in slices: it remembers serial numbers, never pointers, so that whatever
 * vanishes between two slices does not matter, and it pauses while the client has not read what it
 * was told. */
#include <string.h>
#include "control/private.h"

#define SLICE_VISITED 4096 /* tunnels looked at in a turn: about a millisecond */
#define SLICE_SHOWN   64   /* tunnels shown in a turn: about three */

/* Counters of a slice asked from the kernel; lives until the last answer. */
struct batch {
	struct call *call; /* NULL: gone */
	unsigned left;
};

struct walk {
	uint64_t peer, tunnel; /* serials of the last one visited; 0: none yet */
	uint64_t shown_peer;   /* serial of the last peer of which one was shown */
	const char *name;      /* of the call's message; NULL: all */
	walk_show show;
	struct batch *batch;
	bool refresh, fresh;
};

/* ---- the order of tunnels ---- */

static struct tunnel *first_of(struct peer *peer, struct list *after)
{
	return after == &peer->tunnels ? NULL : container_of(after, struct tunnel, in_peer);
}

/* The first tunnel of the peers from this list node on. */
static struct tunnel *first_from(struct peers *peers, struct list *node)
{
	for (; node != &peers->list; node = node->next) {
		struct peer *peer = container_of(node, struct peer, in_peers);
		struct tunnel *tunnel = first_of(peer, peer->tunnels.next);
		if (tunnel != NULL)
			return tunnel;
	}
	return NULL;
}

static struct tunnel *next_of(struct peers *peers, struct tunnel *tunnel)
{
	struct tunnel *next = first_of(tunnel->peer, tunnel->in_peer.next);

	return next != NULL ? next : first_from(peers, tunnel->peer->in_peers.next);
}

/* Serial numbers grow along both lists, but for an instance that was made before its peer proved
 * itself. */
static struct tunnel *after_gone(struct peers *peers, const struct walk *walk)
{
	struct peer *peer = peers_by_serial(peers, walk->peer);
	struct list *node = peers->list.next;

	if (peer != NULL && peer->linked) {
		list_for(inner, &peer->tunnels)
		{
			struct tunnel *tunnel = container_of(inner, struct tunnel, in_peer);
			if (tunnel->serial > walk->tunnel)
				return tunnel;
		}
		return first_from(peers, peer->in_peers.next);
	}
	while (node != &peers->list &&
	       container_of(node, struct peer, in_peers)->serial <= walk->peer)
		node = node->next;
	return first_from(peers, node);
}

static struct tunnel *where_it_was(struct peers *peers, const struct walk *walk)
{
	return walk->peer == 0 ? first_from(peers, peers->list.next) : after_gone(peers, walk);
}

/* ---- counters of the next slice, before it is shown ---- */

static void batch_answered(void *context)
{
	struct batch *batch = context;
	struct call *call = batch->call;
	struct walk *walk;

	if (--batch->left > 0)
		return;
	mem_free(batch);
	if (call == NULL)
		return;
	walk = call->own;
	walk->batch = NULL;
	walk->fresh = true;
	client_later(call->client);
}

static void ask_counters(struct call *call, struct walk *walk)
{
	struct peers *peers = &call->gateway->peers;
	struct tunnel *tunnel = where_it_was(peers, walk);
	struct batch *batch = mem_alloc(sizeof(*batch));

	if (batch == NULL) { /* as they were last seen */
		walk->fresh = true;
		return;
	}
	*batch = (struct batch){ call, 1 };
	walk->batch = batch;
	for (unsigned shown = 0, seen = 0;
	     tunnel != NULL && shown < SLICE_SHOWN && seen < SLICE_VISITED; seen++) {
		if (!tunnel->doomed && name_means(walk->name, tunnel)) {
			shown++;
			if (!list_empty(&tunnel->child_sas)) {
				batch->left++;
				gateway_refresh_counters(call->gateway, tunnel, batch_answered,
							 batch);
			}
		}
		tunnel = next_of(peers, tunnel);
	}
	batch_answered(batch);
}

/* ---- slices ---- */

static void walk_free(struct call *call)
{
	struct walk *walk = call->own;

	if (walk->batch != NULL)
		walk->batch->call = NULL;
	mem_free(walk);
	call->own = NULL;
}

static void show_one(struct call *call, struct walk *walk, struct tunnel *tunnel)
{
	bool first = walk->shown_peer != tunnel->peer->serial;

	walk->shown_peer = tunnel->peer->serial;
	walk->show(call, tunnel, first);
}

/* False: the slice is over, the walk is not. */
static bool show_slice(struct call *call, struct walk *walk)
{
	struct peers *peers = &call->gateway->peers;
	struct tunnel *tunnel = where_it_was(peers, walk);
	unsigned shown = 0, seen = 0;

	while (tunnel != NULL) {
		if (shown == SLICE_SHOWN || seen == SLICE_VISITED || !call_has_room(call))
			return false;
		seen++;
		walk->peer = tunnel->peer->serial;
		walk->tunnel = tunnel->serial;
		if (!tunnel->doomed && name_means(walk->name, tunnel)) {
			show_one(call, walk, tunnel);
			shown++;
		}
		tunnel = next_of(peers, tunnel);
	}
	return true;
}

static void walk_on(struct call *call)
{
	struct walk *walk = call->own;

	if (walk->batch != NULL)
		return; /* the answers will call for a turn */
	if (walk->refresh && !walk->fresh)
		ask_counters(call, walk);
	if (walk->batch != NULL)
		return;
	walk->fresh = false;
	if (!show_slice(call, walk))
		return;
	walk_free(call);
	call_reply(call, json_pack("{s:o}", "totals", show_totals(call)), false);
}

static void ignore(void *context, struct tunnel *tunnel)
{
	(void)context;
	(void)tunnel;
}

void walk_begin(struct call *call, walk_show show, bool refresh)
{
	struct peers *peers = &call->gateway->peers;
	const char *name = call_text(call, "name");
	struct diag diag = { "" };
	struct walk *walk;

	if (name != NULL && peers_match(peers, name, ignore, NULL) == 0) {
		/* nothing has that name: it changes nothing and names the nearest */
		call_answer(call, peers_want(peers, name, WANTED_LISTEN, &diag), &diag);
		return;
	}
	walk = mem_alloc(sizeof(*walk));
	if (walk == NULL) {
		call_fail(call, RC_NO_MEMORY, "out of memory");
		return;
	}
	walk->name = name;
	walk->show = show;
	walk->refresh = refresh;
	call->own = walk;
	call->cancel = walk_free;
	call->resume = walk_on;
	walk_on(call);
}
