/* SPDX-License-Identifier: Apache-2.0 */
/* rfc5723: tickets asked for (§4.1) and given (§4.2) in IKE_AUTH and INFORMATIONAL, and the proofs
 * of a resumed session in IKE_AUTH (§4.3.3). SAs with additional key exchanges have tickets too:
 * their keys are in SK_d, from which the new ones are made (RFC 9370 §2.2.5). */
#include "ikev2/resume.h"
#include "sa/extra.h"

/* ---- the client ---- */

void resume_emit_request(const struct peer *peer, struct writer *writer)
{
	if (peer->conn->session_resumption && !peer_has_rounds(peer))
		emit_notify(writer, TICKET_REQUEST);
}

void resume_read_grant(const struct step *step, struct outcome *out)
{
	const struct peer *peer = step->sa->peer;
	struct wire_notify notify;
	struct span data;
	uint32_t seconds;

	if (peer == NULL || !peer->conn->session_resumption || peer_has_rounds(peer))
		return;
	/* §4.1: then it is to be asked for in an INFORMATIONAL; once is enough */
	out->extra.ticket_later = step->message->header.exchange == EXCHANGE_IKE_AUTH &&
				  notify_find(step->message, TICKET_ACK, &notify);
	if (!notify_find(step->message, TICKET_LT_OPAQUE, &notify))
		return;
	data = notify.data;
	if (span_u32(&data, &seconds) != RC_OK || data.len == 0 || data.len > TICKET_LEN_MAX)
		return;
	out->extra.ticket = data;
	out->extra.ticket_seconds = seconds;
}

static bool same_identity(const struct identity *id, const struct wire_id *wire)
{
	struct identity other = { .type = wire->type,
				  .len = (uint16_t)wire->data.len,
				  .data = (uint8_t *)(uintptr_t)wire->data.ptr };

	return identity_equal(id, &other);
}

/* What becomes known later is about this session too, and it is asked for again from now on. */
static enum rc keep_proof(const struct step *step, const struct ticket *ticket, struct outcome *out)
{
	struct x509_proof *proof;

	if (ticket->proof == NULL)
		return RC_OK;
	TRY(x509_proof_check(step->env->revocation, ticket->proof, &out->diag));
	x509_proof_watch(step->env->revocation, ticket->proof);
	proof = x509_proof_copy(ticket->proof);
	if (proof == NULL)
		return RC_NO_MEMORY;
	out->extra.proof = proof;
	return outcome_hold(step->arena, out, mem_free, proof);
}

static enum rc not_strict(const struct step *step, struct diag *diag)
{
	const struct config_setup *setup = step->env->setup;

	if (!setup->crl_strict && !setup->ocsp_strict)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED,
			 "a session by certificate is not resumed with crl-strict= or "
			 "ocsp-strict=");
}

enum rc resume_verify_gateway(const struct step *step, const struct auth_input *input,
			      const struct wire_auth *auth, struct outcome *out)
{
	const struct ticket *ticket = step->sa->larval->resume;
	char id[IDENTITY_TEXT_MAX];

	if (ticket->gateway.type != ID_NONE && !same_identity(&ticket->gateway, input->id))
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "the session was one with %s, somebody else resumes it",
				 identity_text(&ticket->gateway, id));
	TRY(resumed_verify(step->arena, input, auth, &out->diag));
	if (ticket->proof != NULL)
		TRY(not_strict(step, &out->diag));
	TRY(keep_proof(step, ticket, out));
	out->extra.auth_ends = ticket->auth_ends;
	return RC_OK;
}

/* ---- the gateway gives one ---- */

static usec_t least(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

/* §6.2: not longer than the IKE SA or the authentication would last. */
static usec_t lifetime(const struct step *step, const struct peer *peer, usec_t authenticated,
		       int64_t certified_until)
{
	int64_t now = step->env->host->ops->wall(step->env->host);
	usec_t longest = least(TICKET_LIFETIME_MAX, peer->conn->ikelifetime);

	if (peer->conn->auth_lifetime > 0)
		longest = least(longest, authenticated + peer->conn->auth_lifetime - step->now);
	if (certified_until > 0 && certified_until - now < longest / USEC_PER_SEC)
		longest = certified_until > now ? (certified_until - now) * USEC_PER_SEC : 0;
	return longest;
}

static usec_t authenticated_at(const struct step *step)
{
	const struct ike_sa *sa = step->sa;

	if (sa->larval != NULL)
		return sa->larval->resume != NULL ? sa->larval->resume->authenticated : step->now;
	return sa->extra != NULL && sa->extra->authenticated != 0 ? sa->extra->authenticated
								  : sa->established;
}

/* By what the client proved itself. */
static int64_t certified_until(const struct step *step, const struct outcome *out)
{
	const struct ike_sa *sa = step->sa;

	if (sa->larval != NULL)
		return out->extra.certified_until;
	return sa->extra != NULL ? sa->extra->certified_until : 0;
}

/* For what the session's certificates were; in memory that is somebody else's. */
static struct x509_proof *proof_of(const struct step *step, const struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	const struct x509_proof *proof = sa->larval != NULL  ? out->extra.proof
					 : sa->extra != NULL ? sa->extra->proof
							     : NULL;

	return (struct x509_proof *)(uintptr_t)proof;
}

/* What a chain had to be good for: the CAs as they were read, the conn, the CA that it asks for. */
static enum rc trust_of(const struct step *step, const struct peer *peer, struct span *out)
{
	const struct config_end *end = peer_remote_end(peer);
	const struct config_end *asking = end->ca_same ? peer_local_end(peer) : end;
	const char *name = peer->conn->name;
	size_t len = 8 + strlen(name) + 1 + asking->ca_len;
	uint8_t *bytes = arena_alloc(step->arena, len);
	struct sink sink;

	if (bytes == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, bytes, len);
	sink_u64(&sink, keyring_generation(step->env->keyring));
	sink_bytes(&sink, name, strlen(name) + 1);
	sink_bytes(&sink, asking->ca, asking->ca_len);
	*out = sink_written(&sink);
	return RC_OK;
}

/* A chain is not verified again when its session is resumed: so what it is trusted by and for must
 * be what it was, and none of it may have been revoked since (which resume_verify_client() asks).
 */
static enum rc certified_mark(const struct step *step, const struct peer *peer,
			      struct ticket *ticket, struct diag *diag)
{
	const struct config_end *end = peer_remote_end(peer);
	struct span trust;

	if ((end->auth & AUTHBY_SIGNATURE) == 0)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "conn %s does not allow certificates any more (authby=)",
				 peer->conn->name);
	if (end->cert != NULL || end->ckaid != NULL || end->key.data != NULL)
		return diag_fail(
			diag, RC_AUTH_FAILED,
			"conn %s asks for one key, which is not shown again when a session "
			"is resumed",
			peer->conn->name);
	TRY(not_strict(step, diag));
	TRY(trust_of(step, peer, &trust));
	return ticket_mark(trust, ticket->spi_i, ticket->spi_r, ticket->mark);
}

static enum rc shared_mark(const struct step *step, const struct peer *peer,
			   const struct identity *client, const struct ip_endpoint *local,
			   const struct ip_endpoint *remote, struct ticket *ticket,
			   struct diag *diag)
{
	struct span psk;

	if ((peer_remote_end(peer)->auth & AUTHBY_SECRET) == 0)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "conn %s does not allow shared keys any more (authby=)",
				 peer->conn->name);
	TRY(psk_find(step, &peer->local_id, client, local, remote, &psk, diag));
	return ticket_mark(psk, ticket->spi_i, ticket->spi_r, ticket->mark);
}

static enum rc seal_state(struct step *step, const struct outcome *out, const struct peer *peer,
			  const struct identity *client, usec_t lasts, struct sink *sink)
{
	const struct ike_sa *sa = step->sa;
	const struct ike_keys *keys = out->keys.block.ptr != NULL ? &out->keys : &sa->keys;
	struct span sk_d = ike_key(keys, &sa->suite, SK_d);
	struct ticket ticket = { .expires = step->now + lasts,
				 .authenticated = authenticated_at(step),
				 .spi_i = sa->spi_i,
				 .spi_r = sa->spi_r,
				 .choice = sa->choice,
				 .sk_d = { (uint8_t *)(uintptr_t)sk_d.ptr, (uint32_t)sk_d.len },
				 .client = *client,
				 .ppk = sa->ppk || out->ppk,
				 .certified_until = certified_until(step, out),
				 .gateway = peer->local_id };

	ticket.proof = proof_of(step, out);
	if (ticket.certified_until < 0 || (ticket.certified_until > 0 && ticket.proof == NULL))
		return RC_UNSUPPORTED; /* a raw key may be taken out of the conn, and NULL is nobody
					*/
	if (ticket.certified_until > 0)
		TRY(certified_mark(step, peer, &ticket, NULL));
	else
		TRY(shared_mark(step, peer, client, &sa->local, &sa->remote, &ticket, NULL));
	if (ticket.proof != NULL)
		x509_proof_may_return(step->env->revocation, ticket.proof, ticket.expires);
	sink_u32(sink, (uint32_t)(lasts / USEC_PER_SEC));
	return ticket_seal(step->env->sas, step->now, &ticket, sink);
}

enum rc resume_emit_grant(struct step *step, const struct outcome *out, const struct peer *peer,
			  const struct identity *client, struct writer *writer)
{
	struct wire_notify notify;
	usec_t lasts = lifetime(step, peer, authenticated_at(step), certified_until(step, out));
	uint8_t *buffer;
	struct sink sink;

	if (!notify_find(step->message, TICKET_REQUEST, &notify))
		return RC_OK;
	if (client == NULL && !identity_has_wildcard(&peer->remote_id))
		client = &peer->remote_id;
	buffer = arena_alloc(step->arena, TICKET_LEN_MAX);
	if (buffer == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, buffer, TICKET_LEN_MAX);
	if (!peer->conn->session_resumption || peer_has_rounds(peer) || client == NULL ||
	    lasts < USEC_PER_SEC || seal_state(step, out, peer, client, lasts, &sink) != RC_OK) {
		emit_notify(writer, TICKET_NACK);
		return RC_OK;
	}
	notify = (struct wire_notify){ .type = TICKET_LT_OPAQUE, .data = sink_written(&sink) };
	wire_notify_emit(writer, &notify);
	return RC_OK;
}

/* ---- the gateway takes one back ---- */

static enum rc check_claim(struct step *step, const struct resume_claim *claim, struct outcome *out)
{
	const struct ticket *ticket = step->sa->larval->resume;
	const struct config_conn *conn = claim->peer->conn;

	if (!identity_equal(&ticket->client, claim->idi) ||
	    (claim->idr != NULL && !identity_equal(&ticket->gateway, claim->idr)) ||
	    identity_match(&claim->peer->local_id, &ticket->gateway) == 0)
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "the identities are not those of the session that is resumed");
	if (peer_has_rounds(claim->peer))
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "conn %s asks for two proofs (leftauth2=, rightauth2=), which a "
				 "session that is resumed does not bring",
				 conn->name);
	if (!conn->session_resumption)
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "conn %s does not resume sessions (session-resumption=)",
				 conn->name);
	if (!proposal_allows(conn->ike, &ticket->choice))
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "the session that is resumed has algorithms that conn %s does not "
				 "allow any more (ike=)",
				 conn->name);
	if (conn->ppk == PPK_INSIST && !ticket->ppk)
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "the session had no post-quantum preshared key, and conn %s has "
				 "ppk=insist",
				 conn->name);
	if (conn->auth_lifetime > 0 && step->now >= ticket->authenticated + conn->auth_lifetime)
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "the session's authentication has ended (authlifetime=)");
	return RC_OK;
}

static enum rc check_secret(struct step *step, const struct resume_claim *claim,
			    struct outcome *out)
{
	const struct ticket *ticket = step->sa->larval->resume;
	struct ticket now = { .spi_i = ticket->spi_i, .spi_r = ticket->spi_r };
	bool certified = ticket->certified_until > 0;

	if (certified)
		TRY(certified_mark(step, claim->peer, &now, &out->diag));
	else
		TRY(shared_mark(step, claim->peer, claim->idi, &step->local, &step->remote, &now,
				&out->diag));
	if (certified && step->env->host->ops->wall(step->env->host) >= ticket->certified_until)
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "the certificate of the session that is resumed has expired");
	if (secret_equal(SPAN_OF(now.mark), SPAN_OF(ticket->mark)))
		return RC_OK;
	return diag_fail(&out->diag, RC_AUTH_FAILED, "the %s since the session that is resumed",
			 certified ? "conn is another, or trusted CAs were read again,"
				   : "shared key has changed");
}

enum rc resume_verify_client(struct step *step, const struct resume_claim *claim,
			     const struct auth_input *input, const struct wire_auth *auth,
			     struct outcome *out)
{
	const struct ticket *ticket = step->sa->larval->resume;

	TRY(resumed_verify(step->arena, input, auth, &out->diag));
	TRY(check_claim(step, claim, out));
	TRY(check_secret(step, claim, out));
	TRY(keep_proof(step, ticket, out));
	out->extra.resumed = true;
	out->extra.resumed_i = ticket->spi_i;
	out->extra.resumed_r = ticket->spi_r;
	out->extra.authenticated = ticket->authenticated;
	out->extra.certified_until = ticket->certified_until;
	return RC_OK;
}
