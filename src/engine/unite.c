/* SPDX-License-Identifier: Apache-2.0 */
/* What was split for the sake of a peer (split.c) is one tunnel again when nothing is up any more:
 * the peer may have changed since, and is asked for the whole. A peer that takes parts of what we
 * ask for goes on doing so as long as its IKE SA lives, and is not asked for more in it. */
#include "engine/private.h"

/* The attempts that are on their way know their tunnel. */
static bool is_free(const struct gateway *gateway, const struct peer *peer)
{
	if (peer->busy > 0 || !peer->oriented || !ip_is_set(&peer->local) ||
	    !ip_is_set(&peer->remote) || redirect_pending(peer) || gateway->stopping)
		return false;
	list_for(node, &peer->ike_sas)
	{
		const struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		if (sa->in_parts || sa->larval != NULL || sa->creation != NULL ||
		    sa->followups != NULL)
			return false;
	}
	return true;
}

/* What is wanted of the others is wanted of it, or was until the peer turned out to lack it; not
 * that the operator took some of them down. */
static bool may_join(const struct tunnel *part, enum wanted wanted)
{
	return list_empty(&part->child_sas) && !part->doomed &&
	       (part->wanted == wanted ||
		(part->wanted <= WANTED_LISTEN && (part->backoff.attempts > 0 || part->spared)));
}

static enum wanted most_wanted(const struct tunnel *first)
{
	enum wanted most = first->wanted;

	list_for(node, &first->peer->tunnels)
	{
		const struct tunnel *part = container_of(node, struct tunnel, in_peer);
		if (tunnels_of_one_whole(first, part) && part->wanted > most)
			most = part->wanted;
	}
	return most;
}

struct parts {
	struct tunnel *stays;  /* the one that was split: it has the reqid of the conn */
	struct tunnel *latest; /* that was up; how attempts at it fare says how those at all will */
	unsigned count;
};

/* False: some of them have to stay as they are. */
static bool gather(const struct tunnel *first, struct parts *out)
{
	enum wanted wanted = most_wanted(first);
	bool tried = false;

	*out = (struct parts){ .count = 0 };
	list_for(node, &first->peer->tunnels)
	{
		struct tunnel *part = container_of(node, struct tunnel, in_peer);
		if (!tunnels_of_one_whole(first, part))
			continue;
		if (!may_join(part, wanted))
			return false;
		if (out->latest == NULL || part->made_at > out->latest->made_at)
			out->latest = part;
		if (out->stays == NULL)
			out->stays = part;
		out->count++;
		tried = tried || !part->whole_refused;
	}
	return tried;
}

/* Its trap has become an orphan and stands until the whole one's does. */
static void join(struct tunnel *whole, struct tunnel *part)
{
	if (part->wanted > whole->wanted)
		whole->wanted = part->wanted;
	whole->triggered = whole->triggered || part->triggered;
	if (part->made_at > whole->made_at)
		whole->made_at = part->made_at;
	whole->bytes_in += part->bytes_in;
	whole->bytes_out += part->bytes_out;
	outfit_forget(part);
	tunnel_free(part);
}

static void swap_backoff(struct tunnel *a, struct tunnel *b)
{
	struct backoff its = a->backoff;

	a->backoff = b->backoff;
	b->backoff = its;
}

static void make_one(struct gateway *gateway, struct tunnel *first)
{
	struct tunnel *whole;
	struct parts parts;

	if (!gather(first, &parts))
		return;
	whole = parts.stays;
	list_for(node, &whole->peer->tunnels)
	{
		struct tunnel *part = container_of(node, struct tunnel, in_peer);
		if (tunnels_of_one_whole(whole, part))
			trap_orphan(gateway, part);
	}
	if (tunnel_make_whole(whole) != RC_OK) /* without memory: another time */
		return;
	swap_backoff(whole, parts.latest);
	whole->spared = whole->whole_refused = false;
	list_for_safe(node, &whole->peer->tunnels)
	{
		struct tunnel *part = container_of(node, struct tunnel, in_peer);
		if (part != whole && tunnels_of_one_whole(whole, part))
			join(whole, part);
	}
	log_write(gateway->log, LOG_LEVEL_INFO,
		  &(struct log_subject){ .peer = whole->peer->conn->name, .tunnel = whole->name },
		  "nothing of it is up: its %u parts are one tunnel again", parts.count);
}

static struct tunnel *next_part(const struct peer *peer, uint64_t after)
{
	struct tunnel *next = NULL;

	list_for(node, &peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (tunnel->serial > after && tunnel_is_part(tunnel) &&
		    (next == NULL || tunnel->serial < next->serial))
			next = tunnel;
	}
	return next;
}

void unite(struct gateway *gateway, struct peer *peer)
{
	struct tunnel *part = next_part(peer, 0);

	if (part == NULL || !is_free(gateway, peer))
		return;
	while (part != NULL) {
		uint64_t serial = part->serial; /* it may be freed */
		make_one(gateway, part);
		part = next_part(peer, serial);
	}
}
