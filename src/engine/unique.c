/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: uniqueness
 *
 * A client that comes again (from another address, or after a crash) has an earlier IKE SA that
 * nobody uses any more. What becomes of it says uniqueids=. Only one that was established before
 * the new one began is earlier: of two that cross on their way neither is. A peer with a fixed
 * address is not meant: what it has too many of is found tunnel by tunnel (reconcile.c).
 */
#include "engine/private.h"

#define ASK_AGAIN USEC_PER_SEC

static struct ike_sa *ike_of(struct list *node)
{
	return container_of(node, struct ike_sa, in_peer);
}

static enum config_unique mode(const struct gateway *gateway)
{
	return gateway->env.setup->uniqueids;
}

/* ---- INITIAL_CONTACT ---- */

struct arrival {
	struct gateway *gateway;
	const struct ike_sa *sa;
};

/* §2.4: the peer says that it remembers nothing else: what is left of it here is dead. Not what was
 * established while this one was on its way: the peer may not have known of it yet when it spoke.
 */
static void forget_of(void *context, struct peer *peer)
{
	const struct arrival *arrival = context;

	list_for_safe(node, &peer->ike_sas)
	{
		struct ike_sa *other = ike_of(node);
		if (other != arrival->sa && other->established < arrival->sa->born &&
		    other->state >= IKE_ESTABLISHED)
			ike_down(arrival->gateway, other, RC_REPLACED,
				 "the peer sent INITIAL_CONTACT");
	}
}

/* Only who has proven as much speaks for what is there: a guest that calls itself @alice does not
 * end what Alice's certificate or second proof has made. */
static void forget_twin(void *context, struct peer *twin)
{
	const struct arrival *arrival = context;
	const struct peer *peer = arrival->sa->peer;

	if (peer_is_v1(peer) == peer_is_v1(twin) &&
	    config_conn_same_proofs(peer->conn, twin->conn,
				    peer->left_is_local != twin->left_is_local))
		forget_of(context, twin);
}

static void look_again(void *context, struct peer *other)
{
	(void)context;
	peer_dirty(other);
}

void unique_established(struct gateway *gateway, struct ike_sa *sa, bool initial_contact)
{
	struct arrival arrival = { gateway, sa };

	if (initial_contact && mode(gateway) != UNIQUE_NEVER) {
		forget_of(&arrival, sa->peer);
		peer_twins(sa->peer, forget_twin, &arrival);
		if (sa->v1 != NULL)
			phase1_forget(gateway, sa);
	}
	if (sa->peer->parent == NULL)
		return;
	if (initial_contact && mode(gateway) != UNIQUE_NEVER)
		peer_other_instances(sa->peer, forget_of, &arrival);
	else if (mode(gateway) == UNIQUE_YES)
		peer_other_instances(sa->peer, look_again, NULL);
}

/* ---- without INITIAL_CONTACT ---- */

struct rivals {
	struct ike_sa *youngest; /* of the same client, elsewhere */
};

static void consider(void *context, struct peer *other)
{
	struct rivals *rivals = context;

	list_for(node, &other->ike_sas)
	{
		struct ike_sa *sa = ike_of(node);
		if (sa->state == IKE_ESTABLISHED && !sa->delete_wanted &&
		    (rivals->youngest == NULL || sa->born > rivals->youngest->born))
			rivals->youngest = sa;
	}
}

static bool is_earlier(const struct ike_sa *sa, const struct ike_sa *heir)
{
	return (sa->state == IKE_ESTABLISHED || sa->state == IKEV1_GONE) && !sa->delete_wanted &&
	       sa->established < heir->born;
}

/* IKEv1: what has lost its ISAKMP SA ends child by child (phase1_go()). */
static void end_children(struct ike_sa *sa)
{
	list_for(node, &sa->children)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_ike);
		child->delete_wanted = true;
		child->delete_reason = RC_REPLACED;
	}
}

/* Our answer to its IKE_AUTH may have been lost: then the old one is all that the client has. */
static bool proven(const struct ike_sa *heir)
{
	return heir->last_heard > heir->established;
}

static void yield(struct gateway *gateway, struct ike_sa *sa, struct ike_sa *heir)
{
	usec_t now = host_now(gateway->host), when = heir->established + UNIQUE_GRACE;

	if (now < when) {
		reconcile_at(gateway, sa->peer, when);
		return;
	}
	if (proven(heir)) {
		sa->delete_wanted = true;
		sa->delete_reason = RC_REPLACED;
		if (sa->state == IKEV1_GONE)
			end_children(sa);
		return;
	}
	if (heir->errand == NULL && heir->request.bytes == NULL)
		road_event(gateway, heir, EVENT_PROBE, NULL, NULL, NULL);
	reconcile_at(gateway, sa->peer, now + ASK_AGAIN);
}

void unique_rule(struct gateway *gateway, struct peer *peer)
{
	struct rivals rivals = { NULL };

	if (peer->parent == NULL || list_empty(&peer->ike_sas) || mode(gateway) != UNIQUE_YES)
		return;
	peer_other_instances(peer, consider, &rivals);
	if (rivals.youngest == NULL)
		return;
	list_for(node, &peer->ike_sas)
	{
		struct ike_sa *sa = ike_of(node);
		if (is_earlier(sa, rivals.youngest))
			yield(gateway, sa, rivals.youngest);
	}
}
