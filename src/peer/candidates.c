/* SPDX-License-Identifier: Apache-2.0 */
/* Who may it be, when only its addresses are known? One candidate for each different ike=, best
 * first; and peers that nothing but their IKE settings tells apart. */
#include "peer/private.h"

/* Conns that are looked at, whoever sends the packet. */
#define LOOKED_AT_MAX 1000

struct nominees {
	const struct peer **items;
	unsigned count, looked_at;
	bool v1, aggressive;
	const struct ip_addr *local, *remote;
};

static void put_at(struct nominees *nominees, unsigned at, const struct peer *peer)
{
	if (nominees->count == PEER_CANDIDATES_MAX)
		return;
	for (unsigned i = nominees->count++; i > at; i--)
		nominees->items[i] = nominees->items[i - 1];
	nominees->items[at] = peer;
}

static void take_out(struct nominees *nominees, unsigned at)
{
	nominees->count--;
	for (unsigned i = at; i < nominees->count; i++)
		nominees->items[i] = nominees->items[i + 1];
}

static bool same_end(const struct config_end *a, const struct config_end *b)
{
	bool named = a->cert != NULL && b->cert != NULL;

	return a->auth == b->auth &&
	       ((a->auth & AUTHBY_SIGNATURE) == 0 || (named && strcmp(a->cert, b->cert) == 0));
}

/* IKEv1 agrees on how to authenticate together with the algorithms. */
static bool same_terms(const struct nominees *nominees, const struct peer *a, const struct peer *b)
{
	return config_conn_same_proposals(a->conn, b->conn) &&
	       (!nominees->v1 ||
		(peer_user_of(a) == peer_user_of(b) &&
		 peer_local_end(a)->xauthclient == peer_local_end(b)->xauthclient &&
		 same_end(peer_local_end(a), peer_local_end(b)) &&
		 peer_remote_end(a)->auth == peer_remote_end(b)->auth));
}

/* Behind the first `from` of them, which fit better, in order of loading. */
static void nominate(struct nominees *nominees, unsigned from, const struct peer *peer)
{
	unsigned at = from;

	nominees->looked_at++;
	if (peer_is_v1(peer) != nominees->v1 ||
	    (nominees->v1 && peer->conn->aggressive != nominees->aggressive))
		return;
	for (unsigned i = 0; i < nominees->count; i++) {
		const struct peer *other = nominees->items[i];
		if (!same_terms(nominees, other, peer))
			continue;
		if (i < from || other->serial < peer->serial)
			return;
		take_out(nominees, i);
		break;
	}
	while (at < nominees->count && nominees->items[at]->serial < peer->serial)
		at++;
	put_at(nominees, at, peer);
}

static void nominate_at(struct nominees *nominees, struct peers *peers, const struct ip_addr *at)
{
	uint64_t hash = index_place_hash(peers, at, nominees->remote);
	unsigned from = nominees->count;

	for (struct table_node *n = table_first(&peers->places, hash);
	     n != NULL && nominees->looked_at < LOOKED_AT_MAX; n = table_next(n)) {
		const struct peer *peer = container_of(n, struct peer, by_place);
		if (ip_equal(&peer->remote, nominees->remote) &&
		    peer_answers_at(peer, nominees->local))
			nominate(nominees, from, peer);
	}
}

/* They are in order. */
static void nominate_templates(struct nominees *nominees, struct list *templates)
{
	list_for(node, templates)
	{
		const struct peer *peer = container_of(node, struct peer, in_templates);
		if (nominees->looked_at >= LOOKED_AT_MAX)
			return;
		if (peer_answers_at(peer, nominees->local) &&
		    peer_may_come_from(peer, nominees->remote))
			nominate(nominees, nominees->count, peer);
	}
}

static unsigned candidates(struct peers *peers, struct nominees *nominees)
{
	const struct ip_addr nowhere = { .family = AF_UNSPEC };

	nominate_at(nominees, peers, nominees->local);
	nominate_at(nominees, peers, &nowhere);
	nominate_templates(nominees, &peers->ranges);
	nominate_templates(nominees, &peers->anys);
	return nominees->count;
}

unsigned peers_candidates(struct peers *peers, const struct ip_addr *local,
			  const struct ip_addr *remote, const struct peer *out[PEER_CANDIDATES_MAX])
{
	struct nominees nominees = { .items = out, .local = local, .remote = remote };

	return candidates(peers, &nominees);
}

unsigned peers_candidates_v1(struct peers *peers, const struct ip_addr *local,
			     const struct ip_addr *remote, bool aggressive,
			     const struct peer *out[PEER_CANDIDATES_MAX])
{
	struct nominees nominees = {
		.items = out, .local = local, .remote = remote, .v1 = true, .aggressive = aggressive
	};

	return candidates(peers, &nominees);
}

/* ---- twins ---- */

static bool is_twin(const struct peer *peer, const struct peer *other)
{
	return other != peer && ip_equal(&other->remote, &peer->remote) &&
	       ip_equal(&other->local, &peer->local) &&
	       identity_equal(&other->local_id, &peer->local_id) &&
	       identity_equal(peer_client_id(other), peer_client_id(peer));
}

static void twins_at(const struct peer *peer, void (*fn)(void *context, struct peer *other),
		     void *context)
{
	const struct ip_addr nowhere = { .family = AF_UNSPEC };
	const struct peers *peers = peer->owner;
	uint64_t hash =
		index_place_hash(peers, peer->local_any ? &nowhere : &peer->local, &peer->remote);

	for (struct table_node *n = table_first(&peers->places, hash); n != NULL;
	     n = table_next(n)) {
		struct peer *other = container_of(n, struct peer, by_place);
		if (is_twin(peer, other))
			fn(context, other);
	}
}

static void twin_instances(const struct peer *peer, void (*fn)(void *context, struct peer *other),
			   void *context)
{
	const struct identity *id = peer_client_id(peer);
	uint64_t hash = index_identity_hash(peer->owner, NULL, id);

	if (id->type == ID_NULL) /* RFC 7619 §2.2: it tells nobody from anybody */
		return;
	for (struct table_node *n = table_first(&peer->owner->clients, hash); n != NULL;
	     n = table_next(n)) {
		struct peer *other = container_of(n, struct peer, by_client);
		if (other->parent != peer->parent && is_twin(peer, other))
			fn(context, other);
	}
}

void peer_twins(const struct peer *peer, void (*fn)(void *context, struct peer *other),
		void *context)
{
	if (peer->parent != NULL)
		twin_instances(peer, fn, context);
	else if (!peer->template && ip_is_set(&peer->remote))
		twins_at(peer, fn, context);
}
