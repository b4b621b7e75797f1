/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: succession
 *
 * A new SA takes the place of an old one (RFC 7296 §2.8). Child SA: the old one is `replaced`; who
 * made the new one deletes it, the other end waits for that Delete (and steps in at leave_at).
 * Until then the responder's outbound half of the new one waits, so that nothing is sent that the
 * peer cannot read yet. IKE SA: the successor inherits the Child SAs at once, the old one is
 * REKEYED until one of the ends deletes it. When both ends rekey the same SA at once, four nonces
 * decide (§2.8.1): what was made with the lowest one goes, deleted by who made it. The peer's new
 * IKE SA then waits (heir_of) until the answer to our own request tells which of the two inherits.
 */
#include "engine/private.h"
#include "sa/extra.h"

struct asked asked_of(const struct ike_sa *sa)
{
	if (sa->creation == NULL)
		return (struct asked){ .purpose = REQUEST_NONE };
	return (struct asked){ sa->creation->purpose, sa->creation->old, sa->creation->tunnel };
}

enum rc successor_link(struct errand *errand)
{
	struct gateway *gateway = errand->gateway;
	struct ike_sa *born = errand->out.successor;

	if (born == NULL)
		return RC_OK;
	born->owner = gateway;
	TRY(ike_sa_link(&gateway->sas, born));
	errand->out.successor = NULL;
	ike_sa_bind(&gateway->sas, born, errand->step.sa->peer);
	born->state = IKE_ESTABLISHED;
	gateway->sas.established_count++;
	return RC_OK;
}

static usec_t leave_time(struct gateway *gateway, const struct peer *peer)
{
	return host_now(gateway->host) + retransmit_budget(peer->conn) + LEAVE_GRACE;
}

/* ---- IKE SAs ---- */

struct ike_sa *heir_waiting(const struct ike_sa *sa)
{
	if (sa->peer == NULL)
		return NULL;
	list_for(node, &sa->peer->ike_sas)
	{
		struct ike_sa *other = container_of(node, struct ike_sa, in_peer);
		if (other->heir_of == sa->serial && other->state == IKE_ESTABLISHED)
			return other;
	}
	return NULL;
}

static void inherit(struct gateway *gateway, struct ike_sa *heir, struct ike_sa *old)
{
	ike_sa_inherit(heir, old);
	ike_sa_inherit_path(heir, old);
	(void)(ike_extra_inherit(old, heir, false) == RC_OK); /* without memory: no crash token */
	extra_limit(gateway, heir);
	heir->heir_of = 0;
	heir->idle_since = host_now(gateway->host);
	if (old->delete_wanted && old->delete_reason != RC_REPLACED) {
		heir->delete_wanted = true;
		heir->delete_reason = old->delete_reason;
	}
	life_arm(gateway, heir);
	peer_dirty(heir->peer);
}

void inherit_last(struct gateway *gateway, struct ike_sa *sa)
{
	struct ike_sa *heir = heir_waiting(sa);

	if (heir != NULL)
		inherit(gateway, heir, sa);
}

static void set_rekeyed(struct gateway *gateway, struct ike_sa *old, bool ours)
{
	peer_record(old->peer, old->serial, RECORD_STATE, IKE_REKEYED, old->state, 0);
	old->state = IKE_REKEYED;
	request_finish(gateway, old);
	followup_forget_all(old);
	old->delete_wanted = ours;
	old->delete_reason = RC_REPLACED;
	old->expires = leave_time(gateway, old->peer);
}

/* Whoever waited and did not win: its maker deletes it. */
static void dismiss(struct gateway *gateway, const struct ike_sa *old)
{
	struct ike_sa *loser;

	while ((loser = heir_waiting(old)) != NULL) {
		loser->heir_of = 0;
		loser->idle_since = host_now(gateway->host);
	}
}

static void begin(struct gateway *gateway, struct ike_sa *born)
{
	ike_up(gateway, born);
	life_begin(gateway, born);
	life_arm(gateway, born);
}

void commit_succession(struct errand *errand, struct ike_sa *born)
{
	struct gateway *gateway = errand->gateway;
	const struct outcome *out = &errand->out;
	struct ike_sa *old = errand->step.sa;
	struct ike_sa *heir = out->heir != NULL ? out->heir : born;

	if (born != NULL)
		begin(gateway, born);
	if (born != NULL && out->successor_waits)
		born->heir_of = old->serial;
	if (heir == NULL || out->successor_waits)
		return;
	if (born != NULL && heir != born) {
		born->delete_wanted = true;
		born->delete_reason = RC_REPLACED;
	}
	inherit(gateway, heir, old);
	dismiss(gateway, old);
	set_rekeyed(gateway, old, out->old_is_ours);
}

/* ---- Child SAs ---- */

/* Reauthentication makes a new Child SA that replaces the old one without naming it. */
static const struct child_sa *to_send_with(const struct child_sa *child)
{
	list_for(node, &child->tunnel->child_sas)
	{
		const struct child_sa *other = container_of(node, struct child_sa, in_tunnel);
		if (other != child && other->state == CHILD_UP && other->out_installed &&
		    !other->delete_wanted && selectors_equal(&other->selectors, &child->selectors))
			return other;
	}
	return NULL;
}

/* The peer may be asking for our answer as long as its request can last; then it has to have it.
 * One that comes without a word about the old one may have lost that: it is not waited for long. */
void outbound_waits(struct errand *errand, struct child_sa *child)
{
	struct outcome *out = &errand->out;
	usec_t now = host_now(errand->gateway->host);
	usec_t budget = retransmit_budget(child->tunnel->peer->conn);

	if (child->out_installed || out->child_lost || (child->initiator && out->v1.hold == 0))
		return;
	if (errand->step.sa->v1 == NULL && out->old == NULL && to_send_with(child) == NULL)
		return;
	secret_move(&child->waiting_keymat, &out->keymat);
	list_init(&out->kernel);
	child->proven_at = now + (out->v1.hold != 0 ? out->v1.hold : FRESH_GRACE);
	if (out->old != NULL && out->v1.hold == 0)
		child->proven_at = now + (budget > OUT_GRACE ? budget : OUT_GRACE);
	if (errand->step.sa->v1 != NULL && !child->initiator)
		child->proven_at = USEC_NEVER; /* the third message of its Quick Mode says so */
}

static void set_replaced(struct gateway *gateway, struct child_sa *child, bool ours)
{
	child->replaced = true;
	child->leave_at = leave_time(gateway, child->tunnel->peer);
	if (!ours || child->delete_wanted)
		return;
	child->delete_wanted = true;
	child->delete_reason = RC_REPLACED;
}

/* What was to end while its successor was in the making still is to end. */
static void inherit_end(const struct child_sa *old, struct child_sa *child)
{
	if (!old->delete_wanted || old->delete_reason == RC_REPLACED)
		return;
	child->delete_wanted = true;
	child->delete_reason = old->delete_reason;
}

void commit_replaced(struct errand *errand, struct child_sa *child)
{
	struct gateway *gateway = errand->gateway;
	const struct outcome *out = &errand->out;

	if (child == NULL)
		return;
	if (out->old != NULL) {
		inherit_end(out->old, child);
		set_replaced(gateway, out->old, out->old_is_ours && out->v1.hold == 0);
		if (out->v1.hold != 0) { /* nothing else proves that the peer has the new one */
			out->old->leave_at = child->proven_at + CROSSED_GRACE;
			life_arm(gateway, out->old->ike);
		}
	}
	if (out->rival != NULL) { /* Libreswan sends with it, and loses its policies with it */
		set_replaced(gateway, out->rival, false);
		out->rival->leave_at = USEC_NEVER;
	}
	if (out->child_lost)
		set_replaced(gateway, child, true);
}

/* ---- what came to nothing ---- */

/* The peer wants it replaced before its lifetime is over, on terms that are not ours: then we do it
 * on ours, or by a whole new IKE SA. */
void rekey_refused(struct errand *errand)
{
	struct child_sa *old = child_sa_by_serial(errand->step.sa, errand->out.rekey_refused);
	usec_t now = host_now(errand->gateway->host);

	if (old == NULL || old->replaced || old->delete_wanted || old->replace_at <= now)
		return;
	old->replace_at = now;
	peer_dirty(old->tunnel->peer);
}

static void try_again_later(struct gateway *gateway, struct ike_sa *sa)
{
	uint32_t random = 0;

	(void)(host_random(gateway->host, &random, sizeof(random)) == RC_OK);
	sa->retry_at = host_now(gateway->host) + BUSY_RETRY + (usec_t)random % BUSY_RETRY;
	if (++sa->rekey_failures >= REKEY_TRIES)
		sa->must_replace = true;
}

static void failed_for_good(struct gateway *gateway, struct ike_sa *sa, const struct asked *asked,
			    const struct outcome *out)
{
	struct child_sa *old = child_sa_by_serial(sa, asked->old);
	enum rc rc = out->creation_failed;
	bool ours = rc == RC_KERNEL || rc == RC_EXISTS || rc == RC_CANCELLED;

	if (asked->purpose == REQUEST_REKEY_IKE)
		sa->must_replace = true;
	else if (rc == RC_NO_ADDITIONAL_SAS || rc == RC_NO_PROPOSAL || rc == RC_INVALID_KE)
		sa->no_additional = true;
	if (old != NULL && !ours)
		old->must_replace = true;
	if (rc != RC_NO_ADDITIONAL_SAS && rc != RC_CANCELLED)
		attempt_failed(gateway, sa->peer, peer_tunnel_by_serial(sa->peer, asked->tunnel),
			       sa->serial, rc, out->diag.text);
}

/* What counts as a failed attempt is told as one. */
static bool told_as_attempt(enum rc rc, const struct child_sa *old)
{
	if (rc == RC_CHILD_NOT_FOUND)
		return old == NULL;
	return rc != RC_NO_ADDITIONAL_SAS && rc != RC_CANCELLED && rc != RC_TEMPORARY_FAILURE &&
	       rc != RC_SINGLE_PAIR;
}

/* The old one goes on; it is tried again, or a whole new IKE SA takes its place (reconcile). */
void commit_creation_failed(struct errand *errand, const struct asked *asked)
{
	struct gateway *gateway = errand->gateway;
	const struct outcome *out = &errand->out;
	struct ike_sa *sa = errand->step.sa;
	struct child_sa *old;

	if (out->creation_failed == RC_OK || asked->purpose == REQUEST_NONE) {
		if (asked->purpose != REQUEST_NONE && out->request_done && !out->message.present)
			sa->rekey_failures = 0;
		return;
	}
	peer_record(sa->peer, sa->serial, RECORD_DROPPED, out->creation_failed, 0, 0);
	old = child_sa_by_serial(sa, asked->old);
	if (old != NULL && old->replaced)
		return; /* what the peer made for it meanwhile has taken its place */
	if (out->heir != NULL)
		return;
	if (!told_as_attempt(out->creation_failed, old))
		log_write(gateway->log, LOG_LEVEL_INFO,
			  &(struct log_subject){ .peer = sa->peer->conn->name,
						 .serial = sa->serial,
						 .reason = rc_name(out->creation_failed) },
			  "%s", out->diag.text);
	if (out->creation_failed == RC_TEMPORARY_FAILURE)
		try_again_later(gateway, sa);
	else if (out->creation_failed == RC_CHILD_NOT_FOUND && old != NULL)
		child_down(gateway, old, RC_CHILD_NOT_FOUND);
	else
		failed_for_good(gateway, sa, asked, out);
}
