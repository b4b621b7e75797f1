/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an IKE SA on one timer: half-open timeout, liveness, NAT keepalive, lifetimes. */
#include "engine/private.h"

#define OVERDUE_DELAY USEC_PER_SEC

static usec_t earliest(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

static uint32_t draw(struct gateway *gateway)
{
	uint32_t random = 0;

	return host_random(gateway->host, &random, sizeof(random)) == RC_OK ? random : 0;
}

void life_begin(struct gateway *gateway, struct ike_sa *sa)
{
	const struct config_conn *conn = sa->peer->conn;
	usec_t lifetime = lifetime_agreed(conn->ikelifetime, sa->v1 != NULL ? sa->v1->seconds : 0);
	usec_t soft = lifetime_soft(conn, lifetime, sa->role == INITIATOR, draw(gateway));

	sa->replace_at = conn->rekey ? sa->established + soft : USEC_NEVER;
	sa->expires = sa->established + lifetime_hard(conn, lifetime, soft);
	extra_limit(gateway, sa);
}

void life_begin_child(struct gateway *gateway, struct child_sa *child)
{
	const struct config_conn *conn = child->tunnel->conn;
	usec_t now = host_now(gateway->host);
	usec_t lifetime = lifetime_agreed(conn->salifetime, child->peer_seconds);
	usec_t soft = lifetime_soft(conn, lifetime, child->initiator, draw(gateway));

	child->replace_at = conn->rekey ? now + soft : USEC_NEVER;
	child->expires = now + lifetime_hard(conn, lifetime, soft);
}

void life_shorten_child(struct gateway *gateway, struct child_sa *child, uint32_t seconds)
{
	const struct config_conn *conn = child->tunnel->conn;
	usec_t lifetime = lifetime_agreed(conn->salifetime, seconds), soft, hard;

	if (seconds == 0 || (child->peer_seconds != 0 && seconds >= child->peer_seconds))
		return;
	child->peer_seconds = seconds;
	soft = lifetime_soft(conn, lifetime, child->initiator, draw(gateway));
	hard = lifetime_hard(conn, lifetime, soft);
	child->expires = earliest(child->expires, child->born + hard);
	if (child->replace_at != USEC_NEVER)
		child->replace_at = earliest(child->replace_at, child->born + soft);
	peer_dirty(child->tunnel->peer);
}

static usec_t next_liveness(const struct ike_sa *sa)
{
	usec_t delay = sa->peer->conn->dpddelay;

	if (delay <= 0 || sa->request.bytes != NULL ||
	    (sa->v1 != NULL && (sa->v1->vendors & VENDOR_DPD) == 0))
		return USEC_NEVER;
	return sa->last_heard + delay;
}

static bool keeps_alive(const struct gateway *gateway, const struct ike_sa *sa)
{
	return sa->nat_here && gateway->env.setup->keepalive > 0;
}

static usec_t next_of_children(const struct ike_sa *sa, usec_t now)
{
	usec_t next = USEC_NEVER;

	list_for(node, &sa->children)
	{
		const struct child_sa *child = container_of(node, struct child_sa, in_ike);
		if (child->replaced)
			next = earliest(next, child->leave_at);
		else if (child->replace_at > now)
			next = earliest(next, child->replace_at);
		if (child->waiting_keymat.ptr != NULL && child->promotions == 0)
			next = earliest(next, child->proven_at);
		if (!child->delete_wanted)
			next = earliest(next, child->expires);
	}
	return next;
}

/* Shorter under pressure, unless its peer has begun to authenticate itself. */
static usec_t half_open_time(const struct gateway *gateway, const struct ike_sa *sa)
{
	const struct config_setup *setup = gateway->env.setup;

	return sa->recv_next > 1 ? setup->halfopen_timeout
				 : half_open_lifetime(&gateway->sas, setup);
}

static usec_t next_due(struct gateway *gateway, const struct ike_sa *sa)
{
	usec_t now = host_now(gateway->host), next = sa->expires;

	if (sa->state == IKE_REKEYED)
		return sa->expires;
	if (sa->state == IKEV1_GONE)
		return earliest(sa->replace_at, next_of_children(sa, now));
	if ((sa->state == IKEV1_CONFIG || sa->state == IKEV1_XAUTH) && sa->request.bytes == NULL)
		return sa->last_heard + retransmit_budget(sa->peer->conn);
	if (sa->state != IKE_ESTABLISHED)
		return sa->peer == NULL ? sa->born + half_open_time(gateway, sa) : USEC_NEVER;
	if (sa->replace_at > now)
		next = earliest(next, sa->replace_at);
	next = earliest(earliest(next, next_liveness(sa)), followup_due(sa));
	if (keeps_alive(gateway, sa))
		next = earliest(next, sa->kept_alive + gateway->env.setup->keepalive);
	return earliest(next, next_of_children(sa, now));
}

/* What is overdue waits for something else (an event on the road, an answer): it is looked at again
 * soon, not at once. */
static usec_t not_at_once(usec_t due, usec_t now)
{
	return due > now ? due : now + OVERDUE_DELAY;
}

void life_arm(struct gateway *gateway, struct ike_sa *sa)
{
	usec_t due = next_due(gateway, sa);

	sa->life.fire = life_fire;
	if (due == USEC_NEVER)
		gateway_cancel(gateway, &sa->life);
	else
		gateway_timer(gateway, &sa->life, not_at_once(due, host_now(gateway->host)));
}

static void keep_alive(struct gateway *gateway, struct ike_sa *sa, usec_t now)
{
	if (!keeps_alive(gateway, sa) || now < sa->kept_alive + gateway->env.setup->keepalive)
		return;
	sa->kept_alive = now;
	(void)(gateway->host->ops->udp_keepalive(gateway->host, &sa->local, &sa->remote) == RC_OK);
}

/* The peer had time enough to delete the old one, and by that to show that it has the new one. */
void life_settle(struct gateway *gateway, const struct ike_sa *sa, usec_t now)
{
	list_for(node, &sa->children)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_ike);
		if (child->waiting_keymat.ptr != NULL && !child->replaced &&
		    now >= child->proven_at)
			(void)child_promote(gateway, child);
		if (!child->replaced || child->delete_wanted || now < child->leave_at)
			continue;
		child->delete_wanted = true;
		child->delete_reason = RC_REPLACED;
	}
}

static void end_expired_children(const struct ike_sa *sa, usec_t now)
{
	list_for(node, &sa->children)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_ike);
		if (child->expires > now || child->delete_wanted)
			continue;
		child->delete_wanted = true;
		child->delete_reason = RC_TIMEOUT;
	}
}

static void established_fire(struct gateway *gateway, struct ike_sa *sa, usec_t now)
{
	if (now >= sa->expires) {
		sa->delete_wanted = true;
		sa->delete_reason = RC_TIMEOUT;
		sa->expires = USEC_NEVER;
	}
	life_settle(gateway, sa, now);
	followup_overdue(gateway, sa, now);
	end_expired_children(sa, now);
	keep_alive(gateway, sa, now);
	peer_dirty(sa->peer);
	life_arm(gateway, sa);
	if (next_liveness(sa) > now || sa->errand != NULL)
		return;
	if (sa->v1 != NULL)
		liveness_look(gateway, sa);
	else
		road_event(gateway, sa, EVENT_PROBE, NULL, NULL, NULL);
}

/* The peer does not delete it: we do. */
static void rekeyed_fire(struct gateway *gateway, struct ike_sa *sa, usec_t now)
{
	if (now < sa->expires) {
		life_arm(gateway, sa);
		return;
	}
	sa->expires = USEC_NEVER;
	sa->delete_wanted = true;
	sa->delete_reason = RC_REPLACED;
	peer_dirty(sa->peer);
}

static void half_open_fire(struct gateway *gateway, struct ike_sa *sa)
{
	life_arm(gateway, sa); /* once more, should there be no memory for the event */
	road_event(gateway, sa, EVENT_GIVE_UP, NULL, NULL, NULL);
}

void life_fire(struct timer *timer)
{
	struct ike_sa *sa = container_of(timer, struct ike_sa, life);
	struct gateway *gateway = sa->owner;

	if (sa->state == IKE_ESTABLISHED)
		established_fire(gateway, sa, host_now(gateway->host));
	else if (sa->state == IKEV1_GONE)
		phase1_fire(gateway, sa);
	else if (sa->state == IKE_REKEYED)
		rekeyed_fire(gateway, sa, host_now(gateway->host));
	else if ((ike_sa_is_half_open(sa) && sa->peer == NULL) ||
		 ((sa->state == IKEV1_CONFIG || sa->state == IKEV1_XAUTH) &&
		  sa->request.bytes == NULL))
		half_open_fire(gateway, sa);
}
