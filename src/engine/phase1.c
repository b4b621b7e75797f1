/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: the phase 1 that is gone
 *
 * IKEv1 lets IPsec SAs outlive their ISAKMP SA (architecture.md §6). What is left of it then is no
 * more than the holder of its Child SAs (IKEV1_GONE): nothing is sent or heard in it. A new ISAKMP
 * SA of the peer's takes them over. If none comes before the first retransmission would have been
 * due, all of them that we may are replaced: one phase 1, a Quick Mode for each, while the old ones
 * go on; if that phase 1 fails too the peer is dead, and dpdaction= says what follows.
 */
#include <stdio.h>
#include "engine/private.h"

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
static bool may_begin(const struct peer *peer)
{
	return peer->parent == NULL && !peer->template && peer->oriented &&
	       ip_is_set(&peer->remote);
}

bool phase1_outlived(const struct gateway *gateway, const struct ike_sa *sa, enum rc reason)
{
	return sa->v1 != NULL && sa->state == IKE_ESTABLISHED && !list_empty(&sa->children) &&
	       !gateway->stopping && !sa->peer->doomed &&
	       (reason == RC_PEER_DELETED || (reason == RC_TIMEOUT && sa->delete_wanted));
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

/* A wanted tunnel is not left in doubt; another one until liveness would have asked. USEC_NEVER:
 * nobody asks. */
static usec_t delay_of(struct gateway *gateway, const struct ike_sa *sa)
{
	const struct config_conn *conn = sa->peer->conn;

	if (!may_begin(sa->peer))
		return USEC_NEVER;
	if (is_wanted(sa))
		return retransmit_interval(conn, gateway->host, 1);
	return conn->dpddelay > 0 ? conn->dpddelay : USEC_NEVER;
}

static void tell(struct gateway *gateway, const struct ike_sa *sa, const struct child_sa *child,
		 enum rc reason, usec_t delay)
{
	const struct log_subject subject = { .peer = sa->peer->conn->name,
					     .tunnel = child->tunnel->name,
					     .serial = child->serial,
					     .reason = rc_name(reason) };
	char what[80];

	if (child->replaced || child->delete_wanted)
		return;
	(void)snprintf(what, sizeof(what), "IPsec SA #%llu (SPI %08x)",
		       (unsigned long long)child->serial, child->spi_in);
	if (delay != USEC_NEVER)
		log_write(gateway->log, LOG_LEVEL_WARNING, &subject,
			  "the ISAKMP SA #%llu is gone (%s): %s %s in %.1f seconds",
			  (unsigned long long)sa->serial, rc_name(reason),
			  child->must_replace ? "already replacing" : "replace", what,
			  (double)delay / USEC_PER_SEC);
	else
		log_write(gateway->log, LOG_LEVEL_WARNING, &subject,
			  "the ISAKMP SA #%llu is gone (%s): %s stays until the peer begins "
			  "another one or "
			  "its lifetime ends (%s)",
			  (unsigned long long)sa->serial, rc_name(reason), what,
			  may_begin(sa->peer) ? "auto=start or dpddelay= would replace it"
					      : "we cannot begin");
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
	sa->replace_at = delay != USEC_NEVER ? host_now(gateway->host) + delay : USEC_NEVER;
	sa->expires = USEC_NEVER;
	sa->delete_wanted = false;
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

void phase1_fire(struct gateway *gateway, struct ike_sa *sa)
{
	usec_t now = host_now(gateway->host);

	list_for(node, &sa->children)
	{
		struct child_sa *child = child_of(node);
		if (now >= sa->replace_at || now >= child->replace_at)
			child->must_replace = child->must_replace || may_begin(sa->peer);
		if (now >= child->expires && !child->delete_wanted) {
			child->delete_wanted = true;
			child->delete_reason = RC_TIMEOUT;
		}
	}
	if (now >= sa->replace_at)
		sa->replace_at = USEC_NEVER;
	peer_dirty(sa->peer);
	life_arm(gateway, sa);
}

/* What the peer may have lost as well is not taken over, but replaced in the new one. */
void phase1_back(struct ike_sa *sa)
{
	list_for_safe(node, &sa->peer->ike_sas)
	{
		struct ike_sa *gone = container_of(node, struct ike_sa, in_peer);
		if (gone->state != IKEV1_GONE)
			continue;
		list_for_safe(n, &gone->children)
		{
			struct child_sa *child = child_of(n);
			if (child->must_replace)
				continue;
			list_remove(n);
			child->ike = sa;
			list_append(&sa->children, n);
		}
		peer_dirty(gone->peer);
	}
}

void phase1_failed(struct gateway *gateway, struct peer *peer)
{
	list_for_safe(node, &peer->ike_sas)
	{
		struct ike_sa *gone = container_of(node, struct ike_sa, in_peer);
		if (gone->state == IKEV1_GONE)
			ike_down(gateway, gone, RC_TIMEOUT,
				 "the peer does not answer a new phase 1 either");
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
