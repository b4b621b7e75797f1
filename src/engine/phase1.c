/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: the phase 1 that is gone
 *
 * IKEv1 lets IPsec SAs outlive their ISAKMP SA (architecture.md §6). What is left of it then is no
 * more than the holder of its Child SAs (IKEV1_GONE): nothing is sent or heard in it. A new ISAKMP
 * SA of the peer's takes them over. If none comes before the first retransmission would have been
 * due, all of them that we may are replaced: one phase 1, a Quick Mode for each, while the old ones
 * go on; if that phase 1 fails too, and no packets of the peer come, it is dead, and dpdaction=
 * says what follows. While packets come it is tried again.
 */
#include <stdio.h>
#include "engine/private.h"

#define SHORT_PHASE1  (60 * USEC_PER_SEC)
#define LOOK_AGAIN    (60 * USEC_PER_SEC)
#define WENT_MAX      96
#define LONGEST_DELAY (300 * USEC_PER_SEC)

static struct child_sa *child_of(struct list *node)
{
	return container_of(node, struct child_sa, in_ike);
}

/* Another one of the peer's that is up. */
static struct ike_sa *established_of(const struct peer *peer, const struct ike_sa *but)
{
	struct ike_sa *best = NULL;

	list_for(node, &peer->ike_sas)
	{
		struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		if (sa != but && sa->v1 != NULL && sa->state == IKE_ESTABLISHED &&
		    !sa->delete_wanted && (best == NULL || sa->serial > best->serial))
			best = sa;
	}
	return best;
}

/* Who answers only (right=%any, no address) waits for its peer. */
bool phase1_may_begin(const struct gateway *gateway, const struct peer *peer)
{
	return peer->parent == NULL && !peer->template && peer->oriented &&
	       ip_is_set(&peer->remote) && xauth_may_begin(gateway, peer, NULL);
}

/* It has lost this one only. */
static bool is_heard_elsewhere(const struct ike_sa *sa)
{
	const struct ike_sa *other = established_of(sa->peer, sa);

	return other != NULL && other->last_heard > sa->last_heard;
}

/* What is to end for another reason than its lifetime (a revoked certificate, the operator, the
 * same client elsewhere) takes its IPsec SAs along, however it ends. */
static bool takes_all_along(const struct ike_sa *sa)
{
	if (!sa->delete_wanted || sa->delete_reason == RC_TIMEOUT)
		return false;
	return sa->delete_reason != RC_REPLACED || established_of(sa->peer, sa) == NULL;
}

bool phase1_outlived(const struct gateway *gateway, const struct ike_sa *sa, enum rc reason)
{
	return sa->v1 != NULL && sa->state == IKE_ESTABLISHED && !list_empty(&sa->children) &&
	       !gateway->stopping && !sa->peer->doomed && !takes_all_along(sa) &&
	       (reason == RC_PEER_DELETED || (reason == RC_TIMEOUT && sa->delete_wanted) ||
		(reason == RC_TIMEOUT && is_heard_elsewhere(sa)));
}

static bool is_wanted(const struct ike_sa *sa)
{
	list_for(node, &sa->children)
	{
		const struct tunnel *tunnel = child_of(node)->tunnel;
		if (tunnel->wanted == WANTED_UP && !tunnel->doomed)
			return true;
	}
	return false;
}

/* A peer that ends each ISAKMP SA as soon as it has it is asked ever more seldom. */
static usec_t patience(struct gateway *gateway, const struct ike_sa *sa)
{
	usec_t delay = retransmit_interval(sa->peer->conn, gateway->host, 1);
	struct peer *peer = sa->peer;

	if (host_now(gateway->host) >= sa->established + SHORT_PHASE1) {
		peer->short_phase1s = 0;
		return delay;
	}
	for (unsigned i = 0; i < peer->short_phase1s && delay < LONGEST_DELAY; i++)
		delay *= 2;
	if (peer->short_phase1s < UINT8_MAX)
		peer->short_phase1s++;
	return delay;
}

/* A wanted tunnel is not left in doubt; another one until liveness would have asked. USEC_NEVER:
 * nobody asks. */
static usec_t delay_of(struct gateway *gateway, const struct ike_sa *sa)
{
	const struct config_conn *conn = sa->peer->conn;

	if (!phase1_may_begin(gateway, sa->peer))
		return USEC_NEVER;
	if (is_wanted(sa))
		return patience(gateway, sa);
	return conn->dpddelay > 0 ? conn->dpddelay : USEC_NEVER;
}

/* Who cannot begin looks again: its address may be known then, or a human may have come. */
static usec_t look_again(const struct gateway *gateway, const struct ike_sa *sa)
{
	usec_t delay = sa->peer->conn->dpddelay;

	if (delay <= 0 && is_wanted(sa))
		delay = LOOK_AGAIN;
	return delay > 0 ? host_now(gateway->host) + delay : USEC_NEVER;
}

static const char *why_not(const struct gateway *gateway, const struct peer *peer,
			   struct diag *diag)
{
	if (phase1_may_begin(gateway, peer))
		return "auto=start or dpddelay= would replace it";
	(void)diag_fail(diag, RC_CANCELLED, "we cannot begin");
	if (!xauth_may_begin(gateway, peer, diag))
		diag_prefix(diag, "we cannot begin");
	return diag->text;
}

/* "ISAKMP SA #4 is gone after 3600 seconds: the peer deleted it" */
static const char *what_went(const struct gateway *gateway, const struct ike_sa *sa, enum rc reason,
			     char text[static WENT_MAX])
{
	(void)snprintf(text, WENT_MAX, "the ISAKMP SA #%llu is gone after %.0f seconds: %s",
		       (unsigned long long)sa->serial,
		       (double)(host_now(gateway->host) - sa->established) / USEC_PER_SEC,
		       isakmp_gone_text(reason));
	return text;
}

/* What is due sooner is not put off, and nothing comes earlier than it would. */
static void tell_when(struct gateway *gateway, const struct child_sa *child,
		      const struct log_subject *subject, const char *went, usec_t delay)
{
	usec_t now = host_now(gateway->host), left = child->replace_at - now;
	bool already = child->must_replace || child->replace_at <= now + delay;

	if (child->must_replace)
		delay = 0;
	else if (already && child->replace_at > now)
		delay = left;
	log_write(gateway->log, LOG_LEVEL_WARNING, subject,
		  "%s; %s IPsec SA #%llu in %.1f seconds (SPI %08x)", went,
		  already ? "already replacing" : "replace", (unsigned long long)child->serial,
		  (double)delay / USEC_PER_SEC, child->spi_in);
}

static void tell(struct gateway *gateway, const struct ike_sa *sa, const struct child_sa *child,
		 enum rc reason, usec_t delay)
{
	const struct log_subject subject = { .peer = sa->peer->conn->name,
					     .tunnel = child->tunnel->name,
					     .serial = child->serial,
					     .reason = rc_name(reason) };
	struct diag diag = { "" };
	char went[WENT_MAX];

	if (child->replaced || child->delete_wanted)
		return;
	(void)what_went(gateway, sa, reason, went);
	if (delay != USEC_NEVER)
		tell_when(gateway, child, &subject, went, delay);
	else
		log_write(gateway->log, LOG_LEVEL_WARNING, &subject,
			  "%s; IPsec SA #%llu (SPI %08x) stays until the peer begins another one "
			  "or its lifetime ends (%s)",
			  went, (unsigned long long)child->serial, child->spi_in,
			  why_not(gateway, sa->peer, &diag));
}

/* Without its third message the peer never had it. */
static void forget_unproven(struct gateway *gateway, struct ike_sa *sa, enum rc reason)
{
	list_for(node, &sa->v1->exchanges)
	{
		struct isakmp_exchange *exchange =
			container_of(node, struct isakmp_exchange, in_sa);
		struct child_sa *child =
			exchange->proof_len > 0 ? child_sa_by_serial(sa, exchange->child) : NULL;
		exchange->proof_len = 0;
		if (child != NULL)
			child_down(gateway, child, reason);
	}
}

static void becomes_gone(struct gateway *gateway, struct ike_sa *sa, enum rc reason)
{
	usec_t delay = delay_of(gateway, sa);

	gateway->counters.ike_down++;
	peer_record(sa->peer, sa->serial, RECORD_IKE_DOWN, reason, 0, 0);
	watch_tell(gateway, GATEWAY_IKE_DOWN, sa->peer, NULL, sa->serial, reason,
		   "ISAKMP SA #%llu ended; its IPsec SAs go on", (unsigned long long)sa->serial);
	list_for(node, &sa->children) tell(gateway, sa, child_of(node), reason, delay);
	request_finish(gateway, sa);
	gateway_cancel(gateway, &sa->v1->again);
	waiting_free_all(sa);
	ike_sa_gone(&gateway->sas, sa);
	sa->v1->gone_by = (uint8_t)reason;
	sa->v1->gone_at = host_now(gateway->host);
	sa->replace_at = delay != USEC_NEVER		       ? host_now(gateway->host) + delay
			 : phase1_may_begin(gateway, sa->peer) ? USEC_NEVER
							       : look_again(gateway, sa);
	sa->expires = USEC_NEVER;
	sa->delete_wanted = false;
	liveness_look(gateway, sa); /* what has come till now proves nothing later */
	life_arm(gateway, sa);
	peer_dirty(sa->peer);
}

void phase1_gone(struct gateway *gateway, struct ike_sa *sa, enum rc reason)
{
	struct ike_sa *other = established_of(sa->peer, sa);

	forget_unproven(gateway, sa, reason);
	if (list_empty(&sa->children))
		return;
	if (other == NULL) {
		becomes_gone(gateway, sa, reason);
		return;
	}
	ike_sa_inherit(other, sa);
	life_arm(gateway, other);
}

/* The peer is about to prove itself: it waits for that once. */
static bool waits_for_peer(struct gateway *gateway, struct ike_sa *sa)
{
	const struct config_conn *conn = sa->peer->conn;

	if (sa->v1->waited || !half_open_here(&gateway->sas, &sa->peer->remote))
		return false;
	sa->v1->waited = true;
	sa->replace_at =
		host_now(gateway->host) +
		(conn->dpddelay > 0 ? conn->dpddelay : retransmit_interval(conn, gateway->host, 1));
	return true;
}

static void fire_child(struct child_sa *child, bool replace, usec_t now)
{
	child->must_replace = child->must_replace || replace;
	if (now < child->expires || child->delete_wanted)
		return;
	child->delete_wanted = true;
	child->delete_reason = RC_TIMEOUT;
}

void phase1_fire(struct gateway *gateway, struct ike_sa *sa)
{
	usec_t now = host_now(gateway->host);
	bool can = phase1_may_begin(gateway, sa->peer), due = now >= sa->replace_at;

	if (due && !can)
		sa->replace_at = look_again(gateway, sa);
	else if (due && !waits_for_peer(gateway, sa))
		sa->replace_at = USEC_NEVER;
	due = due && sa->replace_at == USEC_NEVER;
	list_for(node, &sa->children)
	{
		struct child_sa *child = child_of(node);
		fire_child(child, can && (due || now >= child->replace_at), now);
	}
	life_settle(gateway, sa, now);
	peer_dirty(sa->peer);
	life_arm(gateway, sa);
}

/* Those of which we are in doubt are replaced in it, soon: the peer may make new ones first. */
static void replace_soon(struct gateway *gateway, struct ike_sa *gone)
{
	usec_t soon =
		host_now(gateway->host) + retransmit_interval(gone->peer->conn, gateway->host, 1);

	if (soon < gone->replace_at)
		gone->replace_at = soon;
	gone->v1->waited = true; /* it has come */
	life_arm(gateway, gone);
}

void phase1_back(struct gateway *gateway, struct ike_sa *sa)
{
	list_for_safe(node, &sa->peer->ike_sas)
	{
		struct ike_sa *gone = container_of(node, struct ike_sa, in_peer);
		if (gone->state != IKEV1_GONE)
			continue;
		if (gone->replace_at != USEC_NEVER && phase1_may_begin(gateway, gone->peer))
			replace_soon(gateway, gone);
		else /* nobody asks after these: they just go on in it */
			phase1_hand_over(gateway, sa, gone);
		peer_dirty(gone->peer);
	}
}

void phase1_failed(struct gateway *gateway, struct peer *peer)
{
	list_for_safe(node, &peer->ike_sas)
	{
		struct ike_sa *gone = container_of(node, struct ike_sa, in_peer);
		if (gone->state == IKEV1_GONE)
			liveness_last_look(gateway, gone);
	}
}

/* reconcile's rule: a Child SA that goes is told to the peer where that can be; what holds nothing
 * any more goes. */
void phase1_go(struct gateway *gateway, struct ike_sa *sa)
{
	struct ike_sa *other = established_of(sa->peer, sa);

	if (sa->state != IKEV1_GONE)
		return;
	list_for_safe(node, &sa->children)
	{
		struct child_sa *child = child_of(node);
		if (!child->delete_wanted && !gateway->stopping)
			continue;
		if (other == NULL) {
			child_down(gateway, child,
				   child->delete_wanted ? child->delete_reason : RC_SHUTDOWN);
			continue;
		}
		list_remove(node);
		child->ike = other;
		list_append(&other->children, node);
		peer_dirty(sa->peer);
	}
	if (list_empty(&sa->children))
		ike_down(gateway, sa, RC_REPLACED, "");
}
