/* SPDX-License-Identifier: Apache-2.0 */
/* SAs that come up and SAs that end: each end has a reason, is logged, recorded, told, and leaves
 * nothing behind. */
#include "engine/private.h"
#include "sa/extra.h"

/* keyingtries=: so many attempts, and no more unless the operator or the peer begins. */
static void give_up(struct gateway *gateway, struct tunnel *tunnel)
{
	unsigned tries = tunnel->conn->keyingtries;

	if (tries == 0 || tunnel->backoff.attempts < tries || tunnel->wanted != WANTED_UP)
		return;
	tunnel->wanted = WANTED_LISTEN;
	peer_record(tunnel->peer, 0, RECORD_WANTED, WANTED_LISTEN, 0, 0);
	log_write(gateway->log, LOG_LEVEL_WARNING,
		  &(struct log_subject){ .peer = tunnel->peer->conn->name,
					 .tunnel = tunnel->name,
					 .reason = rc_name(tunnel->backoff.reason) },
		  "given up after %u attempts (keyingtries=)", tries);
}

/* not_before: no new attempt sooner, whatever the pause is (0: no matter) */
static void attempt_failed_until(struct gateway *gateway, struct peer *peer, struct tunnel *tunnel,
				 uint64_t serial, enum rc reason, const char *text,
				 usec_t not_before)
{
	struct backoff *backoff = tunnel != NULL ? &tunnel->backoff : &peer->backoff;
	usec_t now = host_now(gateway->host), wait;

	if (tunnel != NULL && reason == RC_SINGLE_PAIR && split_refused(gateway, tunnel))
		return;
	gateway->counters.failures++;
	redirect_failed(gateway, peer);
	backoff_fail(backoff, gateway->host, reason, text);
	if (backoff->not_before < not_before)
		backoff->not_before = not_before;
	wait = backoff->not_before > now ? backoff->not_before - now : 0;
	peer_record(peer, serial, RECORD_BACKOFF, backoff->attempts,
		    (uint32_t)(wait / USEC_PER_SEC), 0);
	if (tunnel != NULL)
		tunnel->triggered = false;
	watch_tell(gateway, GATEWAY_FAILED, peer, tunnel, serial, reason, "%s", text);
	if (tunnel != NULL)
		give_up(gateway, tunnel);
	peer_dirty(peer);
}

void attempt_failed(struct gateway *gateway, struct peer *peer, struct tunnel *tunnel,
		    uint64_t serial, enum rc reason, const char *text)
{
	attempt_failed_until(gateway, peer, tunnel, serial, reason, text, 0);
}

void ike_up(struct gateway *gateway, struct ike_sa *sa)
{
	char local[IP_TEXT_MAX], remote[IP_TEXT_MAX], suite[128], user[XAUTH_USER_TEXT_MAX];

	gateway->counters.ike_up++;
	sa->established = sa->idle_since = host_now(gateway->host);
	if (sa->proven == 0)
		sa->proven = sa->established;
	peer_record(sa->peer, sa->serial, RECORD_IKE_UP, 0, (uint32_t)sa->serial, 0);
	backoff_reset(&sa->peer->backoff);
	ticket_forget(sa->peer);
	watch_tell(gateway, GATEWAY_IKE_UP, sa->peer, larval_tunnel(sa), sa->serial, RC_OK,
		   "IKE SA #%llu established: %s to %s, %s%s%s%s", (unsigned long long)sa->serial,
		   endpoint_text(&sa->local, local), endpoint_text(&sa->remote, remote),
		   proposal_choice_text(&sa->choice, suite, sizeof(suite)), sa->ppk ? ", PPK" : "",
		   sa->encap ? ", UDP encapsulation" : "", xauth_user_text(sa, user));
}

static const char *mode_text(const struct child_sa *child)
{
	if (child->mode == KERNEL_TRANSPORT)
		return "transport";
	return child->iptfs ? "tunnel with IP-TFS" : "tunnel";
}

void child_up(struct gateway *gateway, struct child_sa *child)
{
	struct tunnel *tunnel = child->tunnel;
	char selectors[SELECTORS_TEXT_MAX], suite[128];

	gateway->counters.child_up++;
	tunnel->triggered = tunnel->whole_refused = false;
	tunnel->made_at = host_now(gateway->host);
	peer_record(tunnel->peer, child->ike->serial, RECORD_CHILD_UP, 0, child->spi_in,
		    child->spi_out);
	life_begin_child(gateway, child);
	want_after_up(gateway, tunnel);
	watch_tell(gateway, GATEWAY_CHILD_UP, tunnel->peer, tunnel, child->serial, RC_OK,
		   "Child SA #%llu up: %s, %s, %s%s, SPIs %08x in %08x out%s",
		   (unsigned long long)child->serial, selectors_text(&child->selectors, selectors),
		   mode_text(child), proposal_choice_text(&child->choice, suite, sizeof(suite)),
		   child->encap.local_port != 0 ? " in UDP" : "", child->spi_in, child->spi_out,
		   tunnel->conn->iptfs.on && !child->iptfs
			   ? "; without IP-TFS (iptfs=): the peer did not agree to it"
			   : "");
	split_after(gateway,
		    child); /* what is left out has to come up too, and names are others now */
	tunnel_came_up(tunnel, tunnel->made_at + SUPERSEDE_GRACE);
	outfit_up(gateway, child);
}

static const struct name reason_entries[] = {
	{ RC_OPERATOR, "asked by the operator" },
	{ RC_PEER_DELETED, "deleted by the peer" },
	{ RC_TIMEOUT, "the peer does not answer" },
	{ RC_REPLACED, "replaced by a newer one" },
	{ RC_CANCELLED, "nothing uses it" },
	{ RC_SHUTDOWN, "we stop" },
	{ RC_KERNEL, "the kernel refused it" },
	{ RC_CHILD_NOT_FOUND, "the peer does not have it any more" },
	{ 0, NULL },
};

static const char *reason_text(enum rc reason)
{
	for (const struct name *entry = reason_entries; entry->text != NULL; entry++)
		if (entry->value == (int)reason)
			return entry->text;
	return rc_name(reason);
}

/* A phase 1 that the peer began and whose user was not proven: nothing of ours is tried again. */
static void answer_failed(struct gateway *gateway, const struct ike_sa *sa, enum rc reason,
			  const char *text)
{
	char remote[IP_TEXT_MAX];

	gateway->counters.failures++;
	watch_tell(gateway, GATEWAY_FAILED, sa->peer, NULL, sa->serial, reason, "%s: %s",
		   endpoint_text(&sa->remote, remote),
		   text[0] != '\0' ? text : reason_text(reason));
}

/* expired: it was to be deleted for its time, not because the peer is dead */
static const char *end_text(enum rc reason, bool expired)
{
	return reason == RC_TIMEOUT && expired ? "its lifetime is over" : reason_text(reason);
}

/* A peer that accepts a Child SA and deletes it at once, again and again, must not keep both busy.
 */
static void blame_peer(struct gateway *gateway, struct tunnel *tunnel, usec_t lived)
{
	if (lived < SHORT_LIFE && tunnel->wanted == WANTED_UP && !tunnel->doomed &&
	    list_empty(&tunnel->child_sas))
		attempt_failed(gateway, tunnel->peer, tunnel, 0, RC_PEER_DELETED,
			       "the peer deleted the Child SA as soon as it was up");
}

static bool is_newest(const struct child_sa *child)
{
	list_for(node, &child->tunnel->child_sas)
	{
		const struct child_sa *other = container_of(node, struct child_sa, in_tunnel);
		if (other->serial > child->serial && !other->delete_wanted &&
		    selectors_equal(&other->selectors, &child->selectors))
			return false;
	}
	return true;
}

/* IKEv1: of one that waits for its third message only the peer's Delete of what was there before
 * says that the peer has it; and of several it is the last one. */
static bool peer_has(const struct child_sa *child, const struct child_sa *old, enum rc reason)
{
	if (child->ike->v1 == NULL || child->initiator)
		return true;
	return reason == RC_PEER_DELETED && old->waiting_keymat.ptr == NULL &&
	       old->serial < child->serial && is_newest(child);
}

/* The peer deletes the old one: so it has the new one. */
static void promote_successors(struct gateway *gateway, const struct child_sa *old, enum rc reason)
{
	list_for(node, &old->tunnel->child_sas)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_tunnel);
		if (child != old && !child->replaced && !child->delete_wanted &&
		    peer_has(child, old, reason))
			(void)child_promote(gateway, child);
	}
}

/* Packets go on through another one. */
static bool has_successor(const struct child_sa *child)
{
	if (tunnel_succeeded(child->tunnel))
		return true;
	list_for(node, &child->tunnel->child_sas)
	{
		const struct child_sa *other = container_of(node, struct child_sa, in_tunnel);
		if (other != child && other->state == CHILD_UP &&
		    selectors_equal(&other->selectors, &child->selectors))
			return true;
	}
	return false;
}

void child_down(struct gateway *gateway, struct child_sa *child, enum rc reason)
{
	struct tunnel *tunnel = child->tunnel;
	usec_t lived = host_now(gateway->host) - child->born;

	gateway->counters.child_down++;
	promote_successors(gateway, child, reason);
	outfit_down(gateway, child);
	child->policies_installed = false;
	child_uninstall(gateway, child,
			(reason == RC_REPLACED || reason == RC_PEER_DELETED) &&
				has_successor(child) && !gateway->stopping);
	tunnel->bytes_in += child->in.bytes;
	tunnel->bytes_out += child->out.bytes;
	peer_record(tunnel->peer, child->ike->serial, RECORD_CHILD_DOWN, reason, child->spi_in, 0);
	watch_tell(gateway, GATEWAY_CHILD_DOWN, tunnel->peer, tunnel, child->serial, reason,
		   "Child SA #%llu ended: %s", (unsigned long long)child->serial,
		   end_text(reason, child->delete_wanted && child->waiting_keymat.ptr == NULL));
	child->ike->idle_since = host_now(gateway->host);
	peer_dirty(tunnel->peer);
	child_sa_free(&gateway->sas, child);
	if (reason == RC_PEER_DELETED)
		blame_peer(gateway, tunnel, lived);
}

/* An IKE SA that never came up was an attempt, and attempts that fail are tried again later. */
static void tell_end(struct gateway *gateway, struct ike_sa *sa, enum rc reason, const char *text)
{
	struct peer *peer = sa->peer;
	struct tunnel *tunnel = larval_tunnel(sa);

	if (text[0] == '\0' && sa->extra != NULL && sa->extra->ends_because != NULL)
		text = sa->extra->ends_because;

	peer_record(peer, sa->serial, RECORD_IKE_DOWN, reason, 0, 0);
	if (sa->state == IKEV1_GONE)
		return; /* told when it went */
	if (sa->state >= IKE_ESTABLISHED) {
		gateway->counters.ike_down++;
		watch_tell(gateway, GATEWAY_IKE_DOWN, peer, NULL, sa->serial, reason,
			   "IKE SA #%llu ended: %s%s%s", (unsigned long long)sa->serial,
			   end_text(reason, sa->delete_wanted), text[0] != '\0' ? ": " : "", text);
	} else if (reason == RC_OPERATOR || reason == RC_SHUTDOWN || reason == RC_REPLACED) {
		return;
	} else if (sa->role == RESPONDER) {
		answer_failed(gateway, sa, reason, text);
	} else {
		attempt_failed_until(gateway, peer, tunnel, sa->serial, reason, text,
				     xauth_failed(gateway, sa));
		if (tunnel != NULL) /* its other tunnels wait too */
			peer->backoff.not_before = tunnel->backoff.not_before;
		if (sa->v1 != NULL && reason == RC_TIMEOUT && sa->role == INITIATOR)
			phase1_failed(gateway, peer);
	}
}

/* A half-open one: nobody's yet, but the other end has said why it stops, or its silence says it.
 */
static void tell_refusal(struct gateway *gateway, const struct ike_sa *sa, enum rc reason,
			 const char *text)
{
	struct log_subject subject = { .serial = sa->serial, .reason = rc_name(reason) };
	char remote[IP_TEXT_MAX];

	if (reason != RC_PEER_REFUSED && reason != RC_PEER_DELETED &&
	    (reason != RC_TIMEOUT || text[0] == '\0'))
		return;
	subject.remote = endpoint_text(&sa->remote, remote);
	log_limited(gateway->log, &gateway->reject_limit, host_now(gateway->host),
		    LOG_LEVEL_WARNING, &subject, "%s", text);
}

void ike_down(struct gateway *gateway, struct ike_sa *sa, enum rc reason, const char *text)
{
	struct peer *peer = sa->peer;

	if (peer != NULL && phase1_outlived(gateway, sa, reason)) {
		phase1_gone(gateway, sa, reason);
		if (sa->state == IKEV1_GONE)
			return;
	}
	if (peer != NULL)
		inherit_last(gateway, sa);
	while (!list_empty(&sa->children)) {
		struct child_sa *child = container_of(sa->children.next, struct child_sa, in_ike);
		if (reason == RC_TIMEOUT)
			want_after_death(gateway, child->tunnel);
		child_down(gateway, child, reason);
	}
	gateway_cancel(gateway, &sa->retransmit);
	gateway_cancel(gateway, &sa->life);
	if (sa->v1 != NULL)
		gateway_cancel(gateway, &sa->v1->again);
	waiting_free_all(sa);
	if (sa->initiating) {
		gateway->initiating--;
		sa->initiating = false;
	}
	if (peer != NULL)
		tell_end(gateway, sa, reason, text != NULL ? text : "");
	else
		tell_refusal(gateway, sa, reason, text != NULL ? text : "");
	if (peer == NULL && reason == RC_TIMEOUT && !sa->refused) {
		gateway->counters.half_open_timeouts++;
		pressure_failed(&gateway->sas, host_now(gateway->host));
	}
	if (reason == RC_TIMEOUT && sa->state == IKE_ESTABLISHED && !sa->delete_wanted)
		ticket_keep(sa);
	ike_sa_free(&gateway->sas, sa);
	if (peer == NULL)
		return;
	addresses_forget(peer);
	peer_dirty(peer);
}
