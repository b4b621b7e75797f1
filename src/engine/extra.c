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
	if (sa->must_reauth && due < sa->replace_at) /* rekeying would not help */
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
		  sa->v1 != NULL ? "our address is ours for %u s (INTERNAL_ADDRESS_EXPIRY)"
				 : "the peer wants us to authenticate again within %u s "
				   "(AUTH_LIFETIME)",
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
		extra->authenticated =
			out->authenticated != 0 ? out->authenticated : sa->established;
	extra->auth_told = (uint32_t)(sa->peer->conn->auth_lifetime / USEC_PER_SEC);
	set_end(errand->gateway, sa, errand->step.now, out->auth_told);
}

/* ---- session resumption (RFC 5723) ---- */

/* Who the ticket is of is known from IKE_AUTH alone. */
static void note_gateway(struct ike_sa *sa, const struct wire_id *id)
{
	struct ike_extra *extra;

	if (id == NULL || !sa->peer->conn->session_resumption)
		return;
	extra = ike_extra_of(sa);
	if (extra == NULL)
		return;
	identity_free(&extra->gateway);
	if (identity_from_wire(id, &extra->gateway) != RC_OK)
		extra->gateway = (struct identity){ .type = ID_NONE };
}

static struct ticket *new_ticket(const struct ike_sa *sa, const struct outcome_extra *out,
				 usec_t now)
{
	struct ticket *ticket = mem_alloc(sizeof(*ticket));

	if (ticket == NULL)
		return NULL;
	ticket->bytes = mem_alloc(out->ticket.len);
	if (ticket->bytes == NULL ||
	    identity_copy(&sa->extra->gateway, &ticket->gateway) != RC_OK) {
		ticket_free(ticket);
		return NULL;
	}
	memcpy(ticket->bytes, out->ticket.ptr, out->ticket.len);
	ticket->len = (uint32_t)out->ticket.len;
	ticket->expires = now + (usec_t)out->ticket_seconds * USEC_PER_SEC;
	return ticket;
}

/* A ticket more or less is not worth an error: without it the session is begun anew. */
static void commit_ticket(struct errand *errand)
{
	const struct outcome_extra *out = &errand->out.extra;
	struct ike_sa *sa = errand->step.sa;
	struct ike_extra *extra;

	note_gateway(sa, out->gateway);
	if (errand->out.established && out->certified_until != 0 && ike_extra_of(sa) != NULL)
		sa->extra->certified_until = out->certified_until;
	if (out->ticket_later && sa->role == INITIATOR && ike_extra_of(sa) != NULL)
		sa->extra->tell |= TELL_TICKET;
	if (out->ticket.ptr == NULL)
		return;
	extra = ike_extra_of(sa);
	if (extra == NULL)
		return;
	ticket_free(extra->ticket);
	extra->ticket = new_ticket(sa, out, errand->step.now);
}

static bool same_client(const struct peer *a, const struct peer *b)
{
	return a == b || (a != NULL && a->parent != NULL && a->parent == b->parent &&
			  identity_equal(peer_client_id(a), peer_client_id(b)));
}

/* §4.3.4: the session's old IKE SA, should it still be here, ends without a word. */
static void end_resumed(struct errand *errand)
{
	const struct outcome_extra *out = &errand->out.extra;
	struct gateway *gateway = errand->gateway;
	struct ike_sa *old = ike_sa_by_spi(&gateway->sas, out->resumed_r);

	if (old == NULL)
		old = ike_sa_by_spi(&gateway->sas, out->resumed_i);
	if (old == NULL || old == errand->step.sa || old->spi_i != out->resumed_i ||
	    old->spi_r != out->resumed_r || !same_client(old->peer, errand->step.sa->peer))
		return;
	ike_down(gateway, old, RC_REPLACED, "the peer resumed its session");
}

static void commit_resumed(struct errand *errand)
{
	const struct outcome_extra *out = &errand->out.extra;
	struct ike_sa *sa = errand->step.sa;

	if (out->resumed)
		end_resumed(errand);
	if (out->auth_ends == 0 || out->auth_lifetime_set)
		return;
	sa->must_reauth = true; /* resumption proves no identity */
	sa->auth_ends = out->auth_ends;
	extra_limit(errand->gateway, sa);
}

/* What came to be known while we signed counts too. */
static void commit_proof(struct errand *errand)
{
	struct ike_sa *sa = errand->step.sa;
	struct x509_proof *copy;

	if (errand->out.extra.proof == NULL)
		return;
	copy = x509_proof_copy(errand->out.extra.proof);
	if (copy == NULL || ike_extra_of(sa) == NULL) {
		mem_free(copy);
		log_write(errand->gateway->log, LOG_LEVEL_WARNING, NULL,
			  "no memory to remember the certificate of a peer: if it is revoked, that "
			  "is noticed when it authenticates again");
		return;
	}
	mem_free(sa->extra->proof);
	sa->extra->proof = copy;
	keys_look_at(errand->gateway, sa);
}

void extra_commit(struct errand *errand)
{
	const struct outcome_extra *out = &errand->out.extra;
	struct ike_sa *sa = errand->step.sa;

	if (sa->state < IKE_ESTABLISHED)
		return;
	redirect_commit(errand);
	if ((out->told & TELL_REDIRECT) != 0)
		redirect_told(errand->gateway, sa);
	commit_ticket(errand);
	commit_resumed(errand);
	if (out->crash_token.ptr != NULL && ike_extra_crash_token(sa, out->crash_token) != RC_OK)
		log_write(errand->gateway->log, LOG_LEVEL_NOTICE, NULL,
			  "no memory for the crash token of a peer; a restart of it is noticed "
			  "later");
	commit_proof(errand);
	if (sa->extra != NULL && sa->extra->ticket != NULL && sa->extra->proof != NULL)
		x509_proof_may_return(errand->gateway->revocation, sa->extra->proof,
				      sa->extra->ticket->expires);
	if (out->auth_lifetime_set)
		commit_lifetime(errand);
	if (out->auth_told != 0)
		commit_told(errand);
	if (sa->extra != NULL)
		sa->extra->tell &= (uint8_t)~out->told;
}

/* ---- what is to be told ---- */

/* authlifetime= of the conn is another one since a reload. Who began the first IKE SA is told (RFC
 * 4478 §3), whichever end began the last rekey. */
static void note_lifetime(struct ike_sa *sa)
{
	uint32_t now = (uint32_t)(sa->peer->conn->auth_lifetime / USEC_PER_SEC);
	struct ike_extra *extra = sa->extra;

	if (now == 0 || !sa->answered || (extra != NULL && extra->auth_told == now))
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
	if (sa->state != IKE_ESTABLISHED || sa->delete_wanted || sa->errand != NULL ||
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
