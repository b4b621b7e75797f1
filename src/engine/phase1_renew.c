/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: phase 1 is renewed
 *
 * An ISAKMP SA cannot be rekeyed: before it ends there is another one, by a whole phase 1 (RFC 2409
 * §5). The IPsec SAs are not made anew for that: they go on with the new one (DPD, Deletes and
 * Quick Modes too), and the old one is deleted after a grace, in which what is on its way in it
 * still comes to its end. It is the same when the peer begins, once the new one has shown that the
 * peer has it. Of two that both ends began at once that with the lowest cookie stays; both ends
 * compute that alike. Who began the other one deletes it: strongSwan's IPsec SAs end with
 * the ISAKMP SA that they are in, and nobody else knows which one that is.
 */
#include "engine/private.h"

#define TOGETHER	(5 * USEC_PER_SEC)
#define OURS_LEAVES	(10 * USEC_PER_SEC) /* time for the peer to take over too */
#define THEIRS_LEAVES	(40 * USEC_PER_SEC) /* who began the new one deletes the old one first */
#define COMPANY_MAX	4		    /* whatever the peer does, the others go at once */
#define PROOF_WAITS	(2 * USEC_PER_SEC)  /* then we ask whether the peer has it */
#define PROOF_WAITS_MAX (30 * USEC_PER_SEC) /* for a peer that does not do DPD */

static struct ike_sa *ike_of(struct list *node)
{
	return container_of(node, struct ike_sa, in_peer);
}

static bool is_up(const struct ike_sa *sa)
{
	return sa->v1 != NULL && sa->state == IKE_ESTABLISHED && !sa->delete_wanted;
}

/* ---- which one stays ---- */

static uint64_t lower_cookie(const struct ike_sa *sa)
{
	return sa->spi_i < sa->spi_r ? sa->spi_i : sa->spi_r;
}

/* Each was begun, by the one end and by the other, before the other one was there. */
static bool crossed(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->role != b->role && a->born < b->established && b->born < a->established;
}

/* Their times do not say for sure which one the peer goes on with: a message 6 may come late. */
static bool together(const struct ike_sa *heir, const struct ike_sa *old)
{
	return heir->born < old->established + TOGETHER;
}

static bool stays(const struct ike_sa *a, const struct ike_sa *b)
{
	if (crossed(a, b))
		return lower_cookie(a) < lower_cookie(b);
	return a->established != b->established ? a->established > b->established
						: a->serial > b->serial;
}

bool phase1_is_proven(const struct ike_sa *sa)
{
	return sa->role == INITIATOR || sa->last_heard > sa->established ||
	       sa->v1->exchange_count > 0;
}

static bool is_proven(const struct ike_sa *sa, usec_t now)
{
	return phase1_is_proven(sa) ||
	       ((sa->v1->vendors & VENDOR_DPD) == 0 && now >= sa->established + PROOF_WAITS_MAX);
}

static struct ike_sa *heir_of(const struct peer *peer, usec_t now)
{
	struct ike_sa *best = NULL;

	list_for(node, &peer->ike_sas)
	{
		struct ike_sa *sa = ike_of(node);
		if (is_up(sa) && is_proven(sa, now) && (best == NULL || stays(sa, best)))
			best = sa;
	}
	return best;
}

bool phase1_has_company(const struct ike_sa *sa)
{
	list_for(node, &sa->peer->ike_sas)
	{
		const struct ike_sa *other = ike_of(node);
		if (sa->v1 != NULL && other != sa && is_up(other))
			return true;
	}
	return false;
}

/* The errand has not come to its request yet. What it replaces may have ended meanwhile. */
static bool begins_one(const struct ike_sa *sa, const struct tunnel *tunnel)
{
	const struct errand *errand = sa->errand;
	const struct child_sa *subject;

	if (errand == NULL || !errand->creating)
		return false;
	subject = child_sa_by_serial(sa, errand->subject_serial);
	return errand->step.tunnel == tunnel || (subject != NULL && subject->tunnel == tunnel);
}

bool phase1_is_making(const struct tunnel *tunnel)
{
	if (!peer_is_v1(tunnel->peer))
		return false;
	list_for(node, &tunnel->peer->ike_sas)
	{
		const struct ike_sa *sa = ike_of(node);
		if ((sa->creation != NULL && sa->creation->tunnel == tunnel->serial) ||
		    begins_one(sa, tunnel))
			return true;
	}
	return false;
}

/* ---- two IPsec SAs for one tunnel ---- */

bool phase1_crossed(const struct child_sa *a, const struct child_sa *b)
{
	const struct child_sa *ours = a->initiator ? a : b, *theirs = a->initiator ? b : a;

	return ours->initiator && !theirs->initiator && ours->begun <= theirs->begun &&
	       theirs->begun <= ours->born;
}

bool phase1_leaves_alone(const struct child_sa *child)
{
	const struct child_sa *newest = tunnel_current(child->tunnel);

	if (child->ike->v1 == NULL)
		return false;
	return child->waiting_keymat.ptr != NULL ||
	       (newest != NULL && newest != child &&
		selectors_equal(&newest->selectors, &child->selectors));
}

/* ---- IPsec SAs go on with it ---- */

/* Another mapping of the peer's NAT is that of its IPsec SAs too. */
static bool carries_on(const struct ike_sa *to, const struct ike_sa *from)
{
	return to->encap && from->encap && to->nat_there;
}

void phase1_hand_over(struct gateway *gateway, struct ike_sa *to, struct ike_sa *from)
{
	bool any = false;

	list_for_safe(node, &from->children)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_ike);
		if (child->must_replace) /* the peer may have lost it: a new one will be made */
			continue;
		list_remove(node);
		child->ike = to;
		list_append(&to->children, node);
		any = true;
	}
	if (!any)
		return;
	to->in_parts = to->in_parts || from->in_parts;
	from->idle_since = host_now(gateway->host);
	log_write(gateway->log, LOG_LEVEL_INFO,
		  &(struct log_subject){ .peer = to->peer->conn->name, .serial = to->serial },
		  "the IPsec SAs of ISAKMP SA #%llu go on with #%llu",
		  (unsigned long long)from->serial, (unsigned long long)to->serial);
	if (carries_on(to, from))
		path_carry(gateway, to);
	life_arm(gateway, from);
	life_arm(gateway, to);
	peer_dirty(to->peer);
}

void phase1_forget(struct gateway *gateway, struct ike_sa *sa)
{
	list_for_safe(node, &sa->children)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_ike);
		if (child->born < sa->born)
			child_down(gateway, child, RC_REPLACED);
	}
}

/* ---- the old one goes ---- */

static bool is_crowded(const struct peer *peer)
{
	unsigned count = 0;

	list_for(node, &peer->ike_sas) count += is_up(ike_of(node));
	return count > COMPANY_MAX;
}

static void leave(struct gateway *gateway, const struct ike_sa *heir, struct ike_sa *old)
{
	usec_t when = heir->established + (heir->role == INITIATOR ? OURS_LEAVES : THEIRS_LEAVES);
	bool crowded = is_crowded(old->peer);

	if (!list_empty(&old->children) || old->errand != NULL || old->request.bytes != NULL)
		return; /* the end of that makes the peer dirty */
	if (!crowded && old->role == RESPONDER && together(heir, old))
		return; /* it ends with its lifetime */
	if (!crowded && host_now(gateway->host) < when) {
		reconcile_at(gateway, old->peer, when);
		return;
	}
	old->delete_wanted = true;
	old->delete_reason = RC_REPLACED;
}

void phase1_company_goes(struct ike_sa *sa)
{
	if (sa->v1 == NULL || list_empty(&sa->children))
		return;
	list_for(node, &sa->peer->ike_sas)
	{
		struct ike_sa *other = ike_of(node);
		if (other == sa || !is_up(other) || !list_empty(&other->children))
			continue;
		other->delete_wanted = true;
		other->delete_reason = RC_CANCELLED;
	}
	peer_dirty(sa->peer);
}

static void succeed(struct gateway *gateway, struct ike_sa *heir)
{
	list_for(node, &heir->peer->ike_sas)
	{
		struct ike_sa *old = ike_of(node);
		if (old == heir || !is_up(old) || !stays(heir, old))
			continue;
		phase1_hand_over(gateway, heir, old);
		leave(gateway, heir, old);
	}
}

/* ---- does the peer have the new one? ---- */

static void ask(struct gateway *gateway, struct ike_sa *sa)
{
	usec_t now = host_now(gateway->host), when = sa->established + PROOF_WAITS;

	if (!is_up(sa) || is_proven(sa, now) || !phase1_has_company(sa) || sa->errand != NULL ||
	    sa->request.bytes != NULL)
		return;
	if ((sa->v1->vendors & VENDOR_DPD) == 0)
		when = sa->established + PROOF_WAITS_MAX;
	if (now < when)
		reconcile_at(gateway, sa->peer, when);
	else if (sa->v1->dpd_sent == 0)
		road_event(gateway, sa, EVENT_PROBE, NULL, NULL, NULL);
}

/* ---- it is time ---- */

static struct tunnel *purpose_of(const struct peer *peer)
{
	list_for(node, &peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (!tunnel->doomed && !list_empty(&tunnel->child_sas))
			return tunnel;
	}
	return NULL;
}

/* The newest, whether the peer has shown that it has it or not. */
static struct ike_sa *newest(const struct peer *peer)
{
	struct ike_sa *best = NULL;

	list_for(node, &peer->ike_sas)
	{
		struct ike_sa *sa = ike_of(node);
		if (is_up(sa) && (best == NULL || stays(sa, best)))
			best = sa;
	}
	return best;
}

/* Whichever stays in the end: it is renewed once. */
static bool is_renewed(const struct peer *peer, usec_t when)
{
	list_for(node, &peer->ike_sas)
	{
		const struct ike_sa *sa = ike_of(node);
		if (is_up(sa) && sa->born >= when)
			return true;
	}
	return false;
}

bool phase1_renewal_due(const struct peer *peer, usec_t now)
{
	const struct ike_sa *sa = newest(peer);

	return sa != NULL && now >= sa->replace_at && !is_renewed(peer, sa->replace_at) &&
	       purpose_of(peer) != NULL;
}

static void begin(struct gateway *gateway, struct peer *peer)
{
	usec_t now = host_now(gateway->host), when = peer->backoff.not_before;
	struct tunnel *tunnel = purpose_of(peer);

	if (gateway->stopping || peer->doomed || !phase1_renewal_due(peer, now) ||
	    xauth_waits(gateway, tunnel) || !phase1_may_begin(gateway, peer))
		return;
	if (tunnel->backoff.not_before > when)
		when = tunnel->backoff.not_before;
	if (when > now)
		reconcile_at(gateway, peer, when);
	else
		reconcile_initiate(gateway, tunnel);
}

void phase1_renew(struct gateway *gateway, struct peer *peer)
{
	struct ike_sa *heir;

	if (!peer_is_v1(peer) || list_empty(&peer->ike_sas))
		return;
	heir = heir_of(peer, host_now(gateway->host));
	if (heir != NULL)
		succeed(gateway, heir);
	list_for_safe(node, &peer->ike_sas) ask(gateway, ike_of(node));
	begin(gateway, peer);
}
