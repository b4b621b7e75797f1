/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of reconcile: in which IKE SA further Child SAs are made, and what is past its soft
 * lifetime is rekeyed there; what cannot be rekeyed waits for a whole new IKE SA. */
#include "engine/private.h"

/* May we begin an IKE SA with it? */
static bool is_begun_by_us(const struct peer *peer)
{
	if (peer->parent != NULL)
		return false; /* a client (right=%any) comes by itself */
	list_for(node, &peer->tunnels)
	{
		const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (!tunnel->doomed && tunnel->wanted >= WANTED_ON_DEMAND)
			return true;
	}
	return false;
}

/* Reauthentication (reauth=yes, AUTH_LIFETIME) is a whole new IKE SA too. Who only answers leaves
 * that to the peer and rekeys. */
static bool reauthenticates(const struct ike_sa *sa)
{
	return sa->must_reauth || (sa->peer->conn->reauth && is_begun_by_us(sa->peer));
}

/* IKEv1 knows nothing else, but there Child SAs go on with the new one (phase1_renew.c). */
static bool whole_new(const struct ike_sa *sa)
{
	return sa->must_replace || sa->no_additional || (sa->v1 == NULL && reauthenticates(sa));
}

static bool usable(const struct gateway *gateway, const struct ike_sa *sa)
{
	if (sa->state != IKE_ESTABLISHED || sa->delete_wanted || sa->heir_of != 0)
		return false;
	return !whole_new(sa) || (reauthenticates(sa) && !sa->must_replace && !sa->no_additional &&
				  host_now(gateway->host) < sa->replace_at);
}

static bool is_later(usec_t one, usec_t other)
{
	return one >= other + TAKEOVER;
}

bool takes_over(const struct ike_sa *sa, const struct ike_sa *other)
{
	if (sa->begun == other->begun) /* one comes from the other by rekeying */
		return false;
	if (is_later(sa->begun, other->proven) || is_later(other->begun, sa->proven))
		return is_later(sa->begun, other->proven);
	return other->auth_ends != 0 &&
	       (sa->auth_ends == 0 || is_later(sa->auth_ends, other->auth_ends));
}

/* Of two whose authentication ends at about the same time, one of ours and one of the peer's, each
 * end would leave its own for the other. What has taken over is not left for what it replaces. */
static bool may_follow(const struct ike_sa *sa, const struct ike_sa *but)
{
	if (but == NULL)
		return true;
	if (takes_over(but, sa))
		return false;
	return but->auth_ends == 0 || sa->auth_ends == 0 ||
	       sa->auth_ends >= but->auth_ends + retransmit_budget(but->peer->conn);
}

/* The peer made it a short time ago: of it and a new one of ours either end keeps the one with the
 * lowest SPI, unless the IKE SA of ours takes over. */
static bool would_cross(const struct gateway *gateway, const struct child_sa *child)
{
	return !child->initiator &&
	       host_now(gateway->host) < child->born + SIMULTANEOUS + CROSSED_GRACE;
}

struct ike_sa *carrier(const struct gateway *gateway, const struct peer *peer,
		       const struct child_sa *current)
{
	const struct ike_sa *but = current != NULL ? current->ike : NULL;
	bool must_take_over = current != NULL && would_cross(gateway, current);
	struct ike_sa *best = NULL;

	list_for(node, &peer->ike_sas)
	{
		struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		if (sa == but || !usable(gateway, sa) || !may_follow(sa, but) ||
		    (must_take_over && !takes_over(sa, but)))
			continue;
		if (best == NULL || sa->established > best->established ||
		    (sa->established == best->established && sa->serial > best->serial))
			best = sa;
	}
	return best;
}

usec_t takeover_at(const struct gateway *gateway, const struct child_sa *current)
{
	return would_cross(gateway, current) ? current->ike->proven + TAKEOVER + CROSSED_GRACE : 0;
}

bool carrier_ready(struct gateway *gateway, struct ike_sa *sa)
{
	usec_t now = host_now(gateway->host);

	if (sa->errand != NULL || sa->request.bytes != NULL || followup_of_ike(sa))
		return false; /* its end makes the peer dirty */
	if (now < sa->retry_at) {
		reconcile_at(gateway, sa->peer, sa->retry_at);
		return false;
	}
	if (line_room(gateway, LINE_CREATING))
		return true;
	line_join(gateway, sa->peer, LINE_CREATING);
	return false;
}

bool replace_due(const struct gateway *gateway, const struct child_sa *child)
{
	usec_t now = host_now(gateway->host);

	if (child->must_replace)
		return true;
	return whole_new(child->ike) &&
	       (now >= child->ike->replace_at ||
		(now >= child->replace_at && !usable(gateway, child->ike)));
}

static usec_t not_before(const struct tunnel *tunnel)
{
	usec_t a = tunnel->backoff.not_before, b = tunnel->peer->backoff.not_before;

	return a > b ? a : b;
}

static bool goes_on(const struct gateway *gateway, const struct tunnel *tunnel)
{
	return !tunnel->doomed && !tunnel->peer->doomed && !gateway->stopping;
}

void renew_child(struct gateway *gateway, struct child_sa *child)
{
	struct tunnel *tunnel = child->tunnel;
	usec_t now = host_now(gateway->host), when = not_before(tunnel);

	if (child->state != CHILD_UP || child->delete_wanted || child->replaced ||
	    phase1_leaves_alone(child) || child->must_replace || now < child->replace_at ||
	    !goes_on(gateway, tunnel) || !usable(gateway, child->ike))
		return;
	if (when > now) {
		reconcile_at(gateway, tunnel->peer, when);
		return;
	}
	if (followup_of_child(child->ike, child->serial) || phase1_is_making(tunnel) ||
	    !carrier_ready(gateway, child->ike))
		return;
	peer_record(tunnel->peer, child->ike->serial, RECORD_DECIDED, EVENT_REKEY_CHILD,
		    child->spi_in, 0);
	road_event(gateway, child->ike, EVENT_REKEY_CHILD, NULL, NULL, child);
}

void renew_ike(struct gateway *gateway, struct ike_sa *sa)
{
	usec_t now = host_now(gateway->host);

	if (sa->v1 != NULL || now < sa->replace_at || whole_new(sa) || !usable(gateway, sa) ||
	    sa->peer->doomed || gateway->stopping || list_empty(&sa->children) ||
	    sa->followups != NULL || !carrier_ready(gateway, sa))
		return;
	peer_record(sa->peer, sa->serial, RECORD_DECIDED, EVENT_REKEY_IKE, 0, 0);
	road_event(gateway, sa, EVENT_REKEY_IKE, NULL, NULL, NULL);
}
