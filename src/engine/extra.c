/* SPDX-License-Identifier: Apache-2.0 */
/* What hangs off some IKE SAs: the effects of what peers tell each other, how long authentication
 * holds, and what is still to be told. */
#include "engine/private.h"
#include "sa/extra.h"

#define REAUTH_LEAST                                                                               \
	USEC_PER_SEC /* a peer that says "at once" again and again is not obeyed faster */

void gateway_crash_secret(struct gateway *gateway, const uint8_t secret[32])
{
	memcpy(gateway->sas.crash_secret, secret, sizeof(gateway->sas.crash_secret));
	gateway->sas.crash_secret_known = true;
}

/* ---- how long authentication holds (RFC 4478) ---- */

/* Who began the IKE SA authenticates again before the end: as early as he rekeys, but with time for
 * all retransmissions; the other end steps in later, where it may. What is too short for that
 * begins at once, and the hard end still leaves time for it. */
void extra_limit(struct gateway *gateway, struct ike_sa *sa)
{
	const struct config_conn *conn = sa->peer->conn;
	usec_t now = host_now(gateway->host), budget = retransmit_budget(conn);
	usec_t left = sa->auth_ends - now, margin = left / 2, due;

	if (sa->auth_ends == 0)
		return;
	if (margin > conn->rekeymargin)
		margin = conn->rekeymargin;
	if (margin < budget)
		margin = budget;
	due = sa->auth_ends - (sa->role == INITIATOR ? margin : margin / 2);
	if (due < sa->established + REAUTH_LEAST)
		due = sa->established + REAUTH_LEAST;
	if (due < sa->replace_at)
		sa->replace_at = due;
	due = left > budget ? sa->auth_ends : now + budget;
	if (due < sa->expires)
		sa->expires = due;
}

static void set_end(struct gateway *gateway, struct ike_sa *sa, usec_t from, uint32_t seconds)
{
	sa->auth_ends = from + (usec_t)seconds * USEC_PER_SEC;
	if (sa->auth_ends == 0)
		sa->auth_ends = 1;
	extra_limit(gateway, sa);
}

static void commit_lifetime(struct errand *errand)
{
	const struct outcome_extra *extra = &errand->out.extra;
	struct ike_sa *sa = errand->step.sa;
	struct log_subject subject = subject_of(sa);

	sa->must_reauth = true;
	set_end(errand->gateway, sa, errand->step.now, extra->auth_lifetime);
	log_write(errand->gateway->log, LOG_LEVEL_INFO, &subject,
		  "the peer wants us to authenticate again within %u s (AUTH_LIFETIME)",
		  extra->auth_lifetime);
}

static void commit_told(struct errand *errand)
{
	const struct outcome_extra *out = &errand->out.extra;
	struct ike_sa *sa = errand->step.sa;
	struct ike_extra *extra = ike_extra_of(sa);

	if (extra == NULL)
		return; /* it ends with its lifetime all the same, and reconcile tells again */
	if (errand->out.established)
		extra->authenticated = sa->established;
	extra->auth_told = (uint32_t)(sa->peer->conn->auth_lifetime / USEC_PER_SEC);
	set_end(errand->gateway, sa, errand->step.now, out->auth_told);
}

void extra_commit(struct errand *errand)
{
	const struct outcome_extra *out = &errand->out.extra;
	struct ike_sa *sa = errand->step.sa;

	if (sa->state < IKEV2_ESTABLISHED)
		return;
	if (out->crash_token.ptr != NULL && ike_extra_crash_token(sa, out->crash_token) != RC_OK)
		log_write(errand->gateway->log, LOG_LEVEL_NOTICE, NULL,
			  "no memory for the crash token of a peer; a restart of it is noticed "
			  "later");
	if (out->auth_lifetime_set)
		commit_lifetime(errand);
	if (out->auth_told != 0)
		commit_told(errand);
	if (sa->extra != NULL)
		sa->extra->tell &= (uint8_t)~out->told;
}

/* ---- what is to be told ---- */

/* authlifetime= of the conn is another one since a reload. Who proved his identity to us is told,
 * whichever end began the SA's last rekey. */
static void note_lifetime(struct ike_sa *sa)
{
	uint32_t now = (uint32_t)(sa->peer->conn->auth_lifetime / USEC_PER_SEC);
	struct ike_extra *extra = sa->extra;

	if (now == 0 || (extra == NULL || extra->auth_told == 0 ? sa->role == INITIATOR
								: extra->auth_told == now))
		return;
	extra = ike_extra_of(sa);
	if (extra == NULL)
		return;
	if (extra->authenticated == 0)
		extra->authenticated = sa->established;
	extra->tell |= TELL_LIFETIME;
}

void extra_tell(struct gateway *gateway, struct ike_sa *sa)
{
	if (sa->state != IKEV2_ESTABLISHED || sa->delete_wanted || sa->errand != NULL ||
	    sa->request.bytes != NULL)
		return;
	note_lifetime(sa);
	if (sa->extra == NULL || sa->extra->tell == 0)
		return;
	if (sa->extra->tell == TELL_CRASH_TOKEN &&
	    (!gateway->sas.crash_secret_known || !gateway->env.setup->crash_detection))
		return;
	road_event(gateway, sa, EVENT_TELL, NULL, NULL, NULL);
}

void extra_reload(struct gateway *gateway)
{
	list_for(node, &gateway->peers.list) peer_dirty(container_of(node, struct peer, in_peers));
}
