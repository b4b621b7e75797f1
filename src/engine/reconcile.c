/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: reconcile
 *
 * What is wanted and what is, compared after every event. The only place that starts, replaces or
 * gives up an SA. It is level triggered: running it twice changes nothing, and a lost event is
 * healed by the next one.
 */
#include "engine/private.h"

#define REPLACE_PAUSE (2 * USEC_PER_SEC)

static struct ike_sa *ike_of(struct list *node)
{
	return container_of(node, struct ike_sa, in_peer);
}

static struct child_sa *child_of(struct list *node)
{
	return container_of(node, struct child_sa, in_tunnel);
}

void reconcile_mark(void *context, struct peer *peer)
{
	struct gateway *gateway = context;

	if (list_linked(&peer->dirty))
		return;
	list_append(&gateway->dirty, &peer->dirty);
	gateway->host->ops->defer(gateway->host, &gateway->reconcile_later);
}

void reconcile_dirty(struct deferred *deferred)
{
	struct gateway *gateway = container_of(deferred, struct gateway, reconcile_later);
	unsigned budget = RECONCILE_SLICE;

	line_call(gateway);
	do {
		if (list_empty(&gateway->dirty))
			break;
		struct peer *peer = container_of(gateway->dirty.next, struct peer, dirty);
		list_remove(&peer->dirty);
		reconcile(gateway, peer);
	} while (--budget > 0 && !host_turn_over(gateway->host));
	if (!list_empty(&gateway->dirty) || line_moves(gateway))
		gateway->host->ops->defer(gateway->host, &gateway->reconcile_later);
	if (list_empty(&gateway->dirty))
		traps_look(gateway);
}

void reconcile_at(struct gateway *gateway, struct peer *peer, usec_t when)
{
	if (timer_armed(&peer->wake) && peer->wake.due <= when)
		return;
	gateway_timer(gateway, &peer->wake, when);
}

/* ---- rule: a peer that took long to prove itself is asked whether it is still there ---- */

/* Another one began later and was there earlier. */
static bool overtaken(const struct ike_sa *sa)
{
	list_for(node, &sa->peer->ike_sas)
	{
		const struct ike_sa *other = ike_of(node);
		if (other->state == IKE_ESTABLISHED && other->born > sa->born &&
		    other->established <= sa->established)
			return true;
	}
	return false;
}

/* Its IKE_AUTH may be of a peer that has restarted since. */
static bool doubtful(const struct ike_sa *sa)
{
	if (sa->role == INITIATOR || sa->state != IKE_ESTABLISHED || sa->v1 != NULL ||
	    sa->last_heard > sa->established)
		return false;
	return sa->established > sa->born + OVERDUE || overtaken(sa);
}

static void ask_doubtful(struct gateway *gateway, struct ike_sa *sa)
{
	if (doubtful(sa) && sa->errand == NULL && sa->request.bytes == NULL &&
	    sa->send_next == 0) /* nothing was asked yet, so nothing was answered */
		road_event(gateway, sa, EVENT_PROBE, NULL, NULL, NULL);
}

/* ---- which Child SA of a tunnel stays ---- */

static uint32_t lower_spi(const struct child_sa *child)
{
	return child->spi_in < child->spi_out ? child->spi_in : child->spi_out;
}

/* At about the same time. */
static bool both_began(const struct child_sa *a, const struct child_sa *b)
{
	usec_t apart = a->born > b->born ? a->born - b->born : b->born - a->born;

	if (a->ike->v1 != NULL)
		return phase1_crossed(a, b);
	return a->initiator != b->initiator && apart < SIMULTANEOUS;
}

/* IKEv1: the third message of its Quick Mode has not come: the peer may not have it. */
static bool unproven(const struct child_sa *child)
{
	return child->ike->v1 != NULL && !child->initiator && child->waiting_keymat.ptr != NULL &&
	       child->promotions == 0;
}

/* Both ends must choose the same one: of two that crossed, that of the IKE SA which takes over
 * (reauthentication), or the one with the lowest SPI; otherwise the newer. */
static bool loses(const struct child_sa *a, const struct child_sa *b)
{
	if ((a->ike->state == IKEV1_GONE) != (b->ike->state == IKEV1_GONE))
		return a->ike->state == IKEV1_GONE; /* the peer may not have it any more */
	if (unproven(a) != unproven(b))
		return unproven(a);
	if (!both_began(a, b))
		return a->serial < b->serial;
	/* of IKEv1 they may have gone on with other ones since */
	if (a->ike->v1 == NULL && (takes_over(a->ike, b->ike) || takes_over(b->ike, a->ike)))
		return takes_over(b->ike, a->ike);
	return lower_spi(a) > lower_spi(b);
}

/* Who made it deletes it first. Of IKEv1 only where both ends are sure to choose alike: then what
 * they say to each other comes before they can have deleted one each. */
static usec_t grace_of(const struct child_sa *child, const struct child_sa *keep)
{
	bool soon = child->initiator;

	if (child->ike->v1 != NULL)
		soon = child->must_replace || (child->initiator && both_began(child, keep));
	return soon ? CROSSED_GRACE : DUPLICATE_GRACE;
}

static struct child_sa *keeper(const struct tunnel *tunnel)
{
	struct child_sa *keep = NULL;

	list_for(node, &tunnel->child_sas)
	{
		struct child_sa *child = child_of(node);
		if (child->state != CHILD_UP || child->delete_wanted || child->replaced)
			continue;
		if (keep == NULL || loses(keep, child))
			keep = child;
	}
	return keep;
}

/* ---- rule: what was asked to go, goes ---- */

static void go_child(struct gateway *gateway, struct child_sa *child)
{
	struct ike_sa *sa = child->ike;

	if (!child->delete_wanted || child->state != CHILD_UP || sa->state != IKE_ESTABLISHED ||
	    sa->delete_wanted || sa->errand != NULL || sa->request.bytes != NULL)
		return;
	road_event(gateway, sa, EVENT_DELETE_CHILD, NULL, NULL, child);
}

static void go_children(struct gateway *gateway, struct tunnel *tunnel)
{
	list_for_safe(node, &tunnel->child_sas) go_child(gateway, child_of(node));
}

/* ---- rule: one live Child SA a tunnel ---- */

/* The kernel sends with the old ones until it has answered: child_promoted() looks again. */
static bool half_installed(const struct child_sa *child)
{
	return child->waiting_keymat.ptr != NULL && child->promotions > 0;
}

/* A peer may narrow its selectors, each time otherwise; the oldest go. */
static void not_too_many(const struct tunnel *tunnel, const struct child_sa *keep)
{
	unsigned count = 0;

	list_for(node, &tunnel->child_sas) count += !child_of(node)->delete_wanted;
	list_for(node, &tunnel->child_sas)
	{
		struct child_sa *child = child_of(node);
		if (count <= CHILDREN_MAX)
			return;
		if (child == keep || child->delete_wanted)
			continue;
		child->delete_wanted = true;
		child->delete_reason = RC_REPLACED;
		count--;
	}
}

static void one_child(struct gateway *gateway, struct tunnel *tunnel)
{
	struct child_sa *keep = keeper(tunnel);
	usec_t now = host_now(gateway->host), when;

	list_for(node, &tunnel->child_sas)
	{
		struct child_sa *child = child_of(node);
		if (keep == NULL || child == keep || half_installed(keep) ||
		    child->state != CHILD_UP || child->delete_wanted || child->replaced ||
		    unproven(child) || !selectors_equal(&child->selectors, &keep->selectors) ||
		    doubtful(keep->ike))
			continue;
		when = keep->born + grace_of(child, keep);
		if (now < when) {
			reconcile_at(gateway, tunnel->peer, when);
			continue;
		}
		child->delete_wanted = true;
		child->delete_reason = RC_REPLACED;
	}
	not_too_many(tunnel, keep);
}

/* ---- rule: a tunnel that stays up has no failures ---- */

/* Those to replace the one that is up count as long as they come. */
static void settle(struct gateway *gateway, struct tunnel *tunnel)
{
	const struct child_sa *keep = keeper(tunnel);
	usec_t when = tunnel->backoff.not_before;

	if (keep == NULL || tunnel->backoff.attempts == 0)
		return;
	when = (keep->born > when ? keep->born : when) + SETTLED;
	if (host_now(gateway->host) >= when)
		backoff_reset(&tunnel->backoff);
	else
		reconcile_at(gateway, tunnel->peer, when);
}

/* ---- rule: a wanted tunnel has a Child SA, made or in the making ---- */

/* One IKE SA will serve for all tunnels of the peer. */
static bool attempt_in_flight(const struct gateway *gateway, const struct peer *peer)
{
	list_for(node, &peer->ike_sas) if (ike_of(node)->larval != NULL) return true;
	if (peer->busy <= 1) /* reconcile itself */
		return false;
	list_for(node, &gateway->errands)
	{
		const struct errand *errand = container_of(node, struct errand, in_gateway);
		if (errand->sa_serial == 0 && errand->held == peer)
			return true;
	}
	return false;
}

/* Its successor is there already, only the peer has made another one since: when each end has to
 * leave another IKE SA, both would go on for ever. Either goes soon (one_child), then we look
 * again. */
static bool spare(const struct gateway *gateway, const struct tunnel *tunnel,
		  const struct child_sa *current)
{
	list_for(node, &tunnel->child_sas)
	{
		const struct child_sa *child = child_of(node);
		if (child != current && child->state == CHILD_UP && !child->delete_wanted &&
		    !child->replaced && !replace_due(gateway, child) &&
		    selectors_equal(&child->selectors, &current->selectors))
			return true;
	}
	return false;
}

/* Whatever the two ends disagree on, it costs no more than a new Child SA each two seconds. */
static bool just_made(struct gateway *gateway, const struct tunnel *tunnel)
{
	if (host_now(gateway->host) >= tunnel->made_at + REPLACE_PAUSE)
		return false;
	reconcile_at(gateway, tunnel->peer, tunnel->made_at + REPLACE_PAUSE);
	return true;
}

/* What lives is replaced in time, whoever began it, also where we only answer; but a client
 * (right=%any) comes by itself. */
static bool replaces(const struct gateway *gateway, const struct tunnel *tunnel,
		     const struct child_sa *current)
{
	if (tunnel->wanted != WANTED_UP &&
	    (tunnel->wanted == WANTED_DOWN || tunnel->peer->parent != NULL))
		return false;
	return replace_due(gateway, current) && !spare(gateway, tunnel, current);
}

static bool lacks_one(const struct gateway *gateway, const struct tunnel *tunnel,
		      const struct child_sa *current)
{
	if (tunnel->doomed || tunnel->peer->doomed || gateway->stopping)
		return false;
	if (current != NULL)
		return replaces(gateway, tunnel, current);
	return tunnel->wanted == WANTED_UP || tunnel_succeeds(tunnel, host_now(gateway->host)) ||
	       (tunnel->wanted == WANTED_ON_DEMAND && tunnel->triggered);
}

/* A peer in the middle of proving itself to us may be about to make it. */
static bool wants_one(struct gateway *gateway, const struct tunnel *tunnel)
{
	const struct child_sa *current = keeper(tunnel);

	return lacks_one(gateway, tunnel, current) &&
	       (current == NULL || !just_made(gateway, tunnel));
}

static usec_t not_before(const struct tunnel *tunnel)
{
	usec_t a = tunnel->backoff.not_before, b = tunnel->peer->backoff.not_before;

	return a > b ? a : b;
}

static bool addresses_known(struct tunnel *tunnel)
{
	struct peer *peer = tunnel->peer;

	if (peer->template || !peer->oriented || redirect_pending(peer))
		return false;
	if (ip_is_set(&peer->remote) && ip_is_set(&peer->local))
		return true;
	peer_resolve(peer);
	return false;
}

/* The peer began the IKE SA and makes its Child SAs first; otherwise both would. */
static bool peer_first(struct gateway *gateway, const struct tunnel *tunnel,
		       const struct ike_sa *sa)
{
	usec_t when = sa->idle_since + SIBLING_GRACE;

	if (sa->role == INITIATOR || tunnel->triggered || host_now(gateway->host) >= when)
		return false;
	reconcile_at(gateway, tunnel->peer, when);
	return true;
}

static void create_in(struct gateway *gateway, struct tunnel *tunnel, struct ike_sa *sa)
{
	if (peer_first(gateway, tunnel, sa) || followup_of_tunnel(sa, tunnel->serial) ||
	    phase1_is_making(tunnel) || !carrier_ready(gateway, sa))
		return;
	peer_record(tunnel->peer, sa->serial, RECORD_DECIDED, EVENT_CREATE_CHILD, 0, 0);
	watch_tell(gateway, GATEWAY_PROGRESS, tunnel->peer, tunnel, sa->serial, RC_OK,
		   "asking for a Child SA");
	road_event(gateway, sa, EVENT_CREATE_CHILD, NULL, tunnel, NULL);
}

void reconcile_initiate(struct gateway *gateway, struct tunnel *tunnel)
{
	if (!addresses_known(tunnel) || attempt_in_flight(gateway, tunnel->peer) ||
	    xauth_waits(gateway, tunnel))
		return;
	if (!line_room(gateway, LINE_INITIATING)) {
		line_join(gateway, tunnel->peer, LINE_INITIATING);
		return;
	}
	peer_record(tunnel->peer, 0, RECORD_DECIDED, EVENT_INITIATE, 0, 0);
	watch_tell(gateway, GATEWAY_PROGRESS, tunnel->peer, tunnel, 0, RC_OK, "initiating");
	road_event(gateway, NULL, EVENT_INITIATE, tunnel->peer, tunnel, NULL);
}

/* An IKE SA that is begun too soon after the one that it replaces crosses it and may lose. */
static bool too_soon(struct gateway *gateway, const struct tunnel *tunnel,
		     const struct child_sa *current)
{
	usec_t when = current != NULL ? takeover_at(gateway, current) : 0;

	if (host_now(gateway->host) >= when)
		return false;
	reconcile_at(gateway, tunnel->peer, when);
	return true;
}

static void make_one(struct gateway *gateway, struct tunnel *tunnel)
{
	const struct child_sa *current = keeper(tunnel);
	usec_t when = not_before(tunnel);
	struct ike_sa *sa;

	if (!wants_one(gateway, tunnel))
		return;
	if (when > host_now(gateway->host)) {
		reconcile_at(gateway, tunnel->peer, when);
		return;
	}
	sa = carrier(gateway, tunnel->peer, current);
	if (sa != NULL)
		create_in(gateway, tunnel, sa);
	else if (!too_soon(gateway, tunnel, current))
		reconcile_initiate(gateway, tunnel);
}

/* ---- rule: an IKE SA has a purpose ---- */

/* Our own goes at once; the peer may still mean to do something with its own. */
static bool childless_too_long(struct gateway *gateway, struct ike_sa *sa)
{
	usec_t when = sa->idle_since + CHILDLESS_GRACE;

	if (sa->role == INITIATOR || host_now(gateway->host) >= when)
		return true;
	reconcile_at(gateway, sa->peer, when);
	return false;
}

/* A tunnel of the peer will have its Child SA made in it. */
static bool needed(const struct gateway *gateway, const struct ike_sa *sa)
{
	if (gateway->stopping || sa->peer->doomed)
		return false;
	list_for(node, &sa->peer->tunnels)
	{
		const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		const struct child_sa *current = keeper(tunnel);
		if (lacks_one(gateway, tunnel, current) &&
		    carrier(gateway, sa->peer, current) == sa)
			return true;
	}
	return false;
}

/* Some Child SA of the peer's stays, or is to be made. */
static bool has_work(const struct gateway *gateway, const struct peer *peer)
{
	list_for(node, &peer->tunnels)
	{
		const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		const struct child_sa *current = keeper(tunnel);
		if (current != NULL || lacks_one(gateway, tunnel, current))
			return true;
	}
	return false;
}

/* An IKE SA whose children all go has no purpose: one Delete serves for all. Of several of IKEv1
 * those without any go as phase1_renew.c says, as long as there is one with a purpose. */
static bool purposeless(struct gateway *gateway, struct ike_sa *sa)
{
	if (sa->state != IKE_ESTABLISHED || sa->heir_of != 0 || sa->followups != NULL ||
	    (phase1_has_company(sa) && has_work(gateway, sa->peer)))
		return false;
	list_for(node, &sa->children) if (!container_of(node, struct child_sa, in_ike)
						   ->delete_wanted) return false;
	if (needed(gateway, sa))
		return false;
	return !list_empty(&sa->children) || childless_too_long(gateway, sa);
}

static void go_ike(struct gateway *gateway, struct ike_sa *sa)
{
	if (!sa->delete_wanted && purposeless(gateway, sa)) {
		sa->delete_wanted = true;
		sa->delete_reason =
			list_empty(&sa->children)
				? RC_CANCELLED
				: container_of(sa->children.next, struct child_sa, in_ike)
					  ->delete_reason;
		phase1_company_goes(sa);
	}
	if (!sa->delete_wanted || sa->errand != NULL)
		return;
	if (sa->state == IKEV2_INIT_SENT || sa->state == IKEV2_INTERMEDIATE_SENT ||
	    (sa->v1 != NULL && sa->role == INITIATOR && sa->state < IKE_ESTABLISHED) ||
	    ike_sa_asks_user(sa) ||
	    ((sa->state == IKE_ESTABLISHED || sa->state == IKE_REKEYED) &&
	     sa->request.bytes == NULL))
		road_event(gateway, sa, EVENT_DELETE_IKE, NULL, NULL, NULL);
}

/* ---- rule: a tunnel on demand has its trap ---- */

static void keep_trap(struct gateway *gateway, struct tunnel *tunnel)
{
	bool known = conn_shunts(tunnel->conn) ? tunnel->peer->oriented : addresses_known(tunnel);
	bool wanted = tunnel_traps(tunnel) && !tunnel->doomed && !gateway->stopping;
	usec_t when = tunnel->trap_after; /* whatever else fails: nothing goes in clear meanwhile */

	if (wanted && !known)
		return; /* what stands there stays: nothing goes in clear until we know more */
	if (wanted && !tunnel->trap_installed && host_now(gateway->host) >= when)
		trap_install(gateway, tunnel);
	else if (wanted && !tunnel->trap_installed)
		reconcile_at(gateway, tunnel->peer, when);
	else if (!wanted)
		trap_remove(gateway, tunnel);
}

/* ---- rule: what nobody wants is freed ---- */

static bool free_tunnels(struct gateway *gateway, struct peer *peer)
{
	list_for_safe(node, &peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (!tunnel->doomed || !list_empty(&tunnel->child_sas) || peer->busy > 0)
			continue;
		trap_remove(gateway, tunnel);
		outfit_forget(tunnel);
		tunnel_free(tunnel);
	}
	return list_empty(&peer->tunnels);
}

/* The operator wants something of just this instance. */
static bool is_wanted(const struct peer *peer)
{
	list_for(node, &peer->tunnels)
	{
		const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (!tunnel->doomed && tunnel->wanted > WANTED_LISTEN)
			return true;
	}
	return false;
}

static void free_instance(struct gateway *gateway, struct peer *peer)
{
	list_for(node, &peer->tunnels)
		trap_remove(gateway, container_of(node, struct tunnel, in_peer));
	peer_free(peer);
}

static void free_peer(struct gateway *gateway, struct peer *peer)
{
	bool idle = peer->busy == 0 && list_empty(&peer->ike_sas) && list_empty(&peer->instances);

	if (peer->parent != NULL && idle && !is_wanted(peer)) {
		free_instance(gateway, peer);
		return;
	}
	if (free_tunnels(gateway, peer) && idle && peer->doomed)
		peer_free(peer);
}

static void doom_tunnel(struct gateway *gateway, struct tunnel *tunnel)
{
	usec_t until;

	if (!gateway->stopping && !list_empty(&tunnel->child_sas) &&
	    tunnel_lingers(tunnel, host_now(gateway->host), &until)) {
		reconcile_at(gateway, tunnel->peer, until);
		return;
	}
	list_for(node, &tunnel->child_sas)
	{
		struct child_sa *child = child_of(node);
		if (child->delete_wanted)
			continue;
		child->delete_wanted = true;
		child->delete_reason = tunnel_succeeded(tunnel) ? RC_REPLACED : RC_OPERATOR;
	}
}

static void reconcile_tunnel(struct gateway *gateway, struct tunnel *tunnel)
{
	if (tunnel->doomed || tunnel->peer->doomed)
		doom_tunnel(gateway, tunnel);
	one_child(gateway, tunnel);
	settle(gateway, tunnel);
	keep_trap(gateway, tunnel);
	if (conn_shunts(tunnel->conn))
		return;
	list_for_safe(node, &tunnel->child_sas) renew_child(gateway, child_of(node));
	make_one(gateway, tunnel);
}

void reconcile(struct gateway *gateway, struct peer *peer)
{
	unite(gateway, peer);
	peer->busy++; /* an answer at once must not free it under us */
	list_for_safe(node, &peer->tunnels)
		reconcile_tunnel(gateway, container_of(node, struct tunnel, in_peer));
	unique_rule(gateway, peer);
	phase1_renew(gateway, peer);
	list_for_safe(node, &peer->ike_sas) renew_ike(gateway, ike_of(node));
	list_for_safe(node, &peer->ike_sas) go_ike(gateway, ike_of(node));
	list_for_safe(node, &peer->ike_sas) phase1_go(gateway, ike_of(node));
	list_for_safe(node, &peer->ike_sas) path_go(gateway, ike_of(node));
	list_for_safe(node, &peer->ike_sas) ask_doubtful(gateway, ike_of(node));
	list_for_safe(node, &peer->ike_sas) v1_configure(gateway, ike_of(node));
	list_for_safe(node, &peer->ike_sas) v1_tell(gateway, ike_of(node));
	list_for_safe(node, &peer->ike_sas) extra_tell(gateway, ike_of(node));
	list_for_safe(node, &peer->tunnels)
		go_children(gateway, container_of(node, struct tunnel, in_peer));
	peer->busy--;
	free_peer(gateway, peer);
}
