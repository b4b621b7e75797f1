/* SPDX-License-Identifier: Apache-2.0 */
/* Who is this? Peers by the addresses and identities of a handshake that somebody began with us. */
#include <stdio.h>
#include "peer/private.h"

bool peer_answers_at(const struct peer *peer, const struct ip_addr *local)
{
	return peer->local_any || !ip_is_set(&peer->local) || ip_equal(&peer->local, local);
}

static bool may_come_from(const struct peer *template, const struct ip_addr *remote)
{
	const struct config_end *end = peer_remote_end(template);

	return end->kind != HOST_RANGE || range_contains_addr(&end->range, remote);
}

bool peer_may_come_from(const struct peer *peer, const struct ip_addr *remote)
{
	return peer->template ? may_come_from(peer, remote) : ip_equal(&peer->remote, remote);
}

bool peer_same_client(const struct peer *a, const struct peer *b)
{
	const struct config_end *x = peer_remote_end(a)->second, *y = peer_remote_end(b)->second;
	const struct identity *id = peer_client_id(a);

	if ((a->user == NULL) != (b->user == NULL))
		return false; /* one's first identity is not the other's second one */
	if (a->user == NULL && x != NULL && y != NULL && !identity_equal(&x->id, &y->id))
		return false; /* told apart by a fixed second identity (RFC 4739) */
	return identity_equal(id, peer_client_id(b)) &&
	       (id->type != ID_NULL || ip_equal(&a->remote, &b->remote));
}

static struct peer *template_of(struct list *node)
{
	return container_of(node, struct peer, in_templates);
}

/* ---- IKE_SA_INIT ---- */

static struct peer *first_at(struct peers *peers, const struct ip_addr *local,
			     const struct ip_addr *remote)
{
	uint64_t hash = index_place_hash(peers, local, remote);
	struct peer *first = NULL;

	for (struct table_node *n = table_first(&peers->places, hash); n != NULL;
	     n = table_next(n)) {
		struct peer *peer = container_of(n, struct peer, by_place);
		if (!ip_equal(&peer->remote, remote) || !peer_answers_at(peer, local) ||
		    peer_is_v1(peer))
			continue;
		if (first == NULL || peer->serial < first->serial)
			first = peer;
	}
	return first;
}

static struct peer *first_template(struct list *templates, const struct ip_addr *local,
				   const struct ip_addr *remote)
{
	list_for(node, templates)
	{
		struct peer *peer = template_of(node);
		if (peer_answers_at(peer, local) && may_come_from(peer, remote) &&
		    !peer_is_v1(peer))
			return peer;
	}
	return NULL;
}

static struct peer *first_for(struct peers *peers, const struct ip_addr *local,
			      const struct ip_addr *remote)
{
	const struct ip_addr nowhere = { .family = AF_UNSPEC };
	struct peer *peer = first_at(peers, local, remote);

	if (peer == NULL)
		peer = first_at(peers, &nowhere, remote);
	if (peer == NULL)
		peer = first_template(&peers->ranges, local, remote);
	return peer != NULL ? peer : first_template(&peers->anys, local, remote);
}

struct peer *peers_for_addresses(struct peers *peers, const struct ip_addr *local,
				 const struct ip_addr *remote)
{
	return first_for(peers, local, remote);
}

const struct peer *peers_at(const struct peers *peers, const struct ip_addr *remote)
{
	const struct ip_addr nowhere = { .family = AF_UNSPEC };
	uint64_t hash = index_place_hash(peers, &nowhere, remote);

	for (struct table_node *n = table_first(&peers->remotes, hash); n != NULL;
	     n = table_next(n)) {
		const struct peer *peer = container_of(n, struct peer, by_remote);
		if (ip_equal(&peer->remote, remote))
			return peer;
	}
	return NULL;
}

/* ---- its first Child SA ---- */

struct tunnel *peer_tunnel_for(struct peer *peer, const struct wire_ts_list *tsi,
			       const struct wire_ts_list *tsr, bool transport)
{
	struct tunnel *best = NULL;
	unsigned best_fit = 0;

	list_for(node, &peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		unsigned fit = selectors_fit(&tunnel->selectors, tsi, tsr);
		bool mode_fits = (tunnel->conn->type == TYPE_TRANSPORT) == transport;
		if (tunnel->doomed || fit == 0)
			continue;
		fit = fit * 2 + (mode_fits ? 1 : 0);
		if (fit > best_fit) {
			best = tunnel;
			best_fit = fit;
		}
	}
	return best;
}

/* ---- IKE_AUTH ---- */

#define FITNESS_ALLOWED	   (1ULL << 32)
#define FITNESS_NEGOTIATED (1ULL << 31)
/* Those of the second proof weigh more: bits 40 to 59, and 60. */
#define FITNESS_SECOND_SHIFT   40
#define FITNESS_SECOND_ALLOWED (1ULL << 60)

struct question {
	struct peers *peers;
	const struct ip_addr *local, *remote;
	const struct peer_claim *claim;
	const struct peer_second *second; /* NULL: it is the first proof */
	struct peer *best;
	uint64_t fitness;
};

static bool allows(const struct question *q, const struct peer *peer)
{
	return q->claim->methods == 0 || (peer_remote_end(peer)->auth & q->claim->methods) != 0;
}

/* The algorithms were chosen when only the addresses were known. */
static bool negotiated(const struct question *q, const struct peer *peer)
{
	return q->claim->choice == NULL || proposal_allows(peer->conn->ike, q->claim->choice);
}

/* RFC 4739 */
static bool rounds_fit(const struct question *q, const struct peer *peer)
{
	return (peer_remote_end(peer)->second != NULL) == q->claim->another &&
	       (peer_local_end(peer)->second == NULL || q->claim->multiple);
}

/* The method before the algorithms before identity before address before being bound to one of our
 * addresses. The number of proofs is last: a peer does not get out of the second one by not
 * announcing it. 0: not at all.
 */
static uint64_t first_fitness(const struct question *q, const struct peer *peer)
{
	unsigned identity = identity_match(&peer->remote_id, q->claim->idi);
	unsigned address = !peer->template ? 2 : peer_remote_end(peer)->kind == HOST_RANGE ? 1 : 0;

	if (identity == 0 || !peer_answers_at(peer, q->local) || peer_is_v1(peer) != q->claim->v1)
		return 0;
	if (q->claim->v1 &&
	    (peer->conn->aggressive != q->claim->aggressive ||
	     (q->claim->user != PEER_ANY_USER &&
	      (peer_user_of(peer) != q->claim->user || peer_local_end(peer)->xauthclient))))
		return 0; /* an XAUTH client of ours begins itself */
	if (q->claim->idr != NULL && identity_match(&peer->local_id, q->claim->idr) == 0)
		return 0;
	if (peer->template ? !may_come_from(peer, q->remote) : !ip_equal(&peer->remote, q->remote))
		return 0;
	return (allows(q, peer) ? FITNESS_ALLOWED : 0) +
	       (negotiated(q, peer) ? FITNESS_NEGOTIATED : 0) + (identity * 3ULL + address) * 4 +
	       (peer->local_any ? 0 : 2) + (rounds_fit(q, peer) ? 1 : 0);
}

/* RFC 4739: the second identity chooses among conns for which the first proofs are the same ones.
 * Who proved it is nobody's peer by it alone. */
static uint64_t second_fitness(const struct question *q, const struct peer *peer)
{
	const struct config_end *end = peer_remote_end(peer)->second;
	const struct peer *base = q->second->base;
	unsigned identity;

	if (end == NULL || !identity_equal(&peer->local_id, &base->local_id) ||
	    !config_conn_same_first(base->conn, peer->conn,
				    base->left_is_local != peer->left_is_local))
		return 0;
	if (end->id.type == ID_NONE && !end->id_any && !end->id_fromcert) /* the first one again */
		identity = identity_equal(q->claim->idi, q->second->id) ? UINT16_MAX : 0;
	else
		identity = identity_match(&end->id, q->second->id);
	if (identity == 0)
		return 0;
	return ((uint64_t)identity << FITNESS_SECOND_SHIFT) +
	       (q->second->methods == 0 || (end->auth & q->second->methods) != 0
			? FITNESS_SECOND_ALLOWED
			: 0);
}

static uint64_t fitness_of(const struct question *q, const struct peer *peer)
{
	uint64_t first = first_fitness(q, peer), second;

	if (first == 0 || q->second == NULL)
		return first;
	second = second_fitness(q, peer);
	return second == 0 ? 0 : second + first;
}

static bool has_tunnel(const struct question *q, struct peer *peer)
{
	return q->claim->tsi != NULL && q->claim->tsr != NULL &&
	       peer_tunnel_for(peer, q->claim->tsi, q->claim->tsr, false) != NULL;
}

/* Twins have one identity: what is to be protected tells which is meant, else the older one is. */
static bool is_preferred(const struct question *q, struct peer *peer)
{
	bool better = has_tunnel(q, peer), good = has_tunnel(q, q->best);

	return better != good ? better : peer->serial < q->best->serial;
}

static void consider(struct question *q, struct peer *peer)
{
	uint64_t fitness = fitness_of(q, peer);

	if (fitness == 0 || fitness < q->fitness)
		return;
	if (fitness == q->fitness && !is_preferred(q, peer))
		return;
	q->best = peer;
	q->fitness = fitness;
}

static void consider_identity(struct question *q, const struct ip_addr *remote)
{
	uint64_t hash = index_identity_hash(q->peers, remote, q->claim->idi);

	for (struct table_node *n = table_first(&q->peers->identities, hash); n != NULL;
	     n = table_next(n)) {
		struct peer *peer = container_of(n, struct peer, by_identity);
		if (peer->parent == NULL)
			consider(q, peer);
	}
}

static void consider_patterns_at(struct question *q, const struct ip_addr *local)
{
	uint64_t hash = index_place_hash(q->peers, local, q->remote);

	for (struct table_node *n = table_first(&q->peers->places, hash); n != NULL;
	     n = table_next(n)) {
		struct peer *peer = container_of(n, struct peer, by_place);
		if (identity_has_wildcard(&peer->remote_id))
			consider(q, peer);
	}
}

/* Who the client is; NULL: that is not known before its second proof. */
static const struct identity *client_of(const struct question *q)
{
	if (!peer_second_names_client(q->best))
		return q->claim->idi;
	return q->second != NULL ? q->second->id : NULL;
}

/* Did the same peer come before? */
static struct peer *instance_of(const struct question *q)
{
	uint64_t hash = index_identity_hash(q->peers, q->remote, q->claim->idi);
	const struct identity *client = client_of(q);

	if (client == NULL || client->type == ID_NULL) /* two behind one NAT are two */
		return q->best;
	for (struct table_node *n = table_first(&q->peers->identities, hash); n != NULL;
	     n = table_next(n)) {
		struct peer *peer = container_of(n, struct peer, by_identity);
		if (peer->parent == q->best && ip_equal(&peer->remote, q->remote) &&
		    ip_equal(&peer->local, q->local) &&
		    identity_equal(&peer->remote_id, q->claim->idi) &&
		    identity_equal(peer_client_id(peer), client))
			return peer;
	}
	return q->best;
}

static void consider_all(struct question *q)
{
	const struct ip_addr nowhere = { .family = AF_UNSPEC };

	consider_identity(q, q->remote);
	consider_identity(q, NULL);
	consider_patterns_at(q, q->local);
	consider_patterns_at(q, &nowhere);
	list_for(node, &q->peers->wildcards)
		consider(q, container_of(node, struct peer, in_wildcards));
}

/* ---- nobody ---- */

#define EXPECTED_MAX 150

struct expectation {
	char text[EXPECTED_MAX];
	size_t used;
	unsigned conns;
};

static void expect(struct expectation *expectation, const struct peer *peer)
{
	char remote[IDENTITY_TEXT_MAX], local[IDENTITY_TEXT_MAX];
	size_t room = sizeof(expectation->text) - expectation->used;
	int wrote;

	if (expectation->conns++ > 0 && room < 40)
		return;
	wrote = snprintf(expectation->text + expectation->used, room,
			 "%sconn %s expects %.60s and is %.60s", expectation->used > 0 ? ", " : "",
			 peer->conn->name, identity_text(&peer->remote_id, remote),
			 identity_text(&peer->local_id, local));
	if (wrote > 0)
		expectation->used += (size_t)wrote < room ? (size_t)wrote : room - 1;
}

static void expect_at(struct expectation *expectation, const struct question *q,
		      const struct ip_addr *local)
{
	uint64_t hash = index_place_hash(q->peers, local, q->remote);

	for (struct table_node *n = table_first(&q->peers->places, hash);
	     n != NULL && expectation->conns < 4; n = table_next(n)) {
		const struct peer *peer = container_of(n, struct peer, by_place);
		if (ip_equal(&peer->remote, q->remote) && peer_answers_at(peer, q->local))
			expect(expectation, peer);
	}
}

static void expect_templates(struct expectation *expectation, const struct question *q,
			     struct list *templates)
{
	list_for(node, templates)
	{
		const struct peer *peer = template_of(node);
		if (expectation->conns >= 4)
			return;
		if (peer_answers_at(peer, q->local) && may_come_from(peer, q->remote))
			expect(expectation, peer);
	}
}

static void nobody(struct question *q, struct diag *diag)
{
	const struct ip_addr nowhere = { .family = AF_UNSPEC };
	struct expectation expectation = { .used = 0 };
	char idi[IDENTITY_TEXT_MAX], idr[IDENTITY_TEXT_MAX], local[IP_TEXT_MAX],
		remote[IP_TEXT_MAX];

	expect_at(&expectation, q, q->local);
	expect_at(&expectation, q, &nowhere);
	expect_templates(&expectation, q, &q->peers->ranges);
	expect_templates(&expectation, q, &q->peers->anys);
	(void)diag_fail(diag, RC_AUTH_FAILED,
			"peer %s is %.60s%s%.60s at our %s, which no conn expects: %s",
			ip_text(q->remote, remote), identity_text(q->claim->idi, idi),
			q->claim->idr != NULL ? " and asks for " : "",
			q->claim->idr != NULL ? identity_text(q->claim->idr, idr) : "",
			ip_text(q->local, local),
			expectation.used > 0 ? expectation.text : "none is for that address");
}

struct peer *peers_for_identity(struct peers *peers, const struct ip_addr *local,
				const struct ip_addr *remote, const struct peer_claim *claim,
				struct diag *diag)
{
	struct question q = { .peers = peers, .local = local, .remote = remote, .claim = claim };

	consider_all(&q);
	if (q.best == NULL) {
		nobody(&q, diag);
		return NULL;
	}
	return q.best->template ? instance_of(&q) : q.best;
}

struct peer *peers_for_second(struct peers *peers, const struct ip_addr *local,
			      const struct ip_addr *remote, const struct peer_claim *claim,
			      const struct peer_second *second)
{
	struct question q = { peers, local, remote, claim, second, NULL, 0 };

	consider_all(&q);
	if (q.best == NULL)
		q.best = second->base;
	return q.best->template ? instance_of(&q) : q.best;
}

/* ---- by what may it prove itself ---- */

#define METHODS_CONNS_MAX 32

void peer_methods_add(struct peer_methods *out, const struct config_end *end)
{
	for (; end != NULL; end = end->second) {
		out->auth |= end->auth;
		out->signatures.pss |= end->signatures.pss;
		out->signatures.pkcs1 |= end->signatures.pkcs1;
		out->signatures.ecdsa |= end->signatures.ecdsa;
	}
}

struct survey {
	struct peer_methods *out;
	unsigned left;
};

static void add_methods(struct survey *survey, const struct peer *peer)
{
	if (survey->left > 0)
		survey->left--;
	peer_methods_add(survey->out, peer_remote_end(peer));
	survey->out->rounds = survey->out->rounds || peer_has_rounds(peer);
}

static void survey_place(struct survey *survey, struct peers *peers, const struct ip_addr *at,
			 const struct ip_addr *local, const struct ip_addr *remote)
{
	uint64_t hash = index_place_hash(peers, at, remote);

	for (struct table_node *n = table_first(&peers->places, hash);
	     n != NULL && survey->left > 0; n = table_next(n)) {
		const struct peer *peer = container_of(n, struct peer, by_place);
		if (ip_equal(&peer->remote, remote) && peer_answers_at(peer, local))
			add_methods(survey, peer);
	}
}

static void survey_templates(struct survey *survey, struct list *templates,
			     const struct ip_addr *local, const struct ip_addr *remote)
{
	list_for(node, templates)
	{
		const struct peer *peer = template_of(node);
		if (survey->left == 0)
			return;
		if (peer_answers_at(peer, local) && may_come_from(peer, remote))
			add_methods(survey, peer);
	}
}

bool peers_methods_at(struct peers *peers, const struct ip_addr *local,
		      const struct ip_addr *remote, struct peer_methods *out)
{
	const struct ip_addr nowhere = { .family = AF_UNSPEC };
	struct survey survey = { out, METHODS_CONNS_MAX };

	*out = (struct peer_methods){ .auth = 0 };
	survey_place(&survey, peers, local, local, remote);
	survey_place(&survey, peers, &nowhere, local, remote);
	survey_templates(&survey, &peers->ranges, local, remote);
	survey_templates(&survey, &peers->anys, local, remote);
	return survey.left > 0;
}
