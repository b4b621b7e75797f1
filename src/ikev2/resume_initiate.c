/* SPDX-License-Identifier: Apache-2.0 */
/* rfc5723 §4.3.2: IKE_SESSION_RESUME as the client. Each step in the order of time, rows last. The
 * ticket is used once: what goes wrong leads to an IKE_SA_INIT. What the IKE SA can do is announced
 * as there (§5). */
#include "ikev2/auth.h"
#include "ikev2/redirect.h"
#include "ikev2/resume.h"
#include "ikev2/sa_init.h"

struct resume {
	struct ike_sa *sa; /* born here; with a cookie the SA of the step */
	struct span ticket, cookie;
	uint8_t nonce[IKEV2_NONCE_LEN];
};

static enum rc emit_request(struct step *step, const struct resume *resume, struct outcome *out)
{
	const struct ike_sa *sa = resume->sa;
	struct ike_header header = header_of(sa, EXCHANGE_IKE_SESSION_RESUME, false, 0);
	struct wire_notify cookie = { .type = COOKIE, .data = resume->cookie };
	struct wire_notify ticket = { .type = TICKET_OPAQUE, .data = resume->ticket };
	size_t size = IKEV2_CLEAR_MAX + TICKET_LEN_MAX;
	uint8_t *buffer = arena_alloc(step->arena, size);
	struct writer writer;
	struct sink sink;

	if (buffer == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, buffer, size);
	writer_message(&writer, &sink, &header);
	if (resume->cookie.len > 0)
		wire_notify_emit(&writer, &cookie);
	wire_nonce_emit(&writer, SPAN_OF(resume->nonce));
	wire_notify_emit(&writer, &ticket);
	TRY(redirect_emit_support(step, step->peer, &writer));
	if (step->peer->conn->fragmentation != FRAGMENTATION_NO)
		emit_notify(&writer, IKEV2_FRAGMENTATION_SUPPORTED); /* RFC 7383 §2.3, §3 */
	TRY(nat_emit(&writer, step->env->host, sa->spi_i, 0, &sa->local, &sa->remote,
		     step->peer->conn->encapsulation == TRI_YES));
	TRY(writer_message_end(&writer));
	out->message = (struct outcome_message){ .present = true,
						 .clear = true,
						 .exchange = EXCHANGE_IKE_SESSION_RESUME,
						 .bytes = sink_written(&sink),
						 .purpose = REQUEST_INIT };
	out->init_request = sink_written(&sink);
	return RC_OK;
}

static enum rc begin(struct step *step, struct outcome *out)
{
	const struct ticket *ticket = ticket_usable(step->peer, step->now);
	struct resume *resume = ARENA_NEW(step->arena, struct resume);
	const struct peer *peer = step->peer;

	if (resume == NULL)
		return RC_NO_MEMORY;
	if (ticket == NULL)
		return RC_INTERNAL;
	resume->ticket = span_make(ticket->bytes, ticket->len);
	TRY(host_random(step->env->host, resume->nonce, sizeof(resume->nonce)));
	TRY(ike_sa_new(step->env->sas, INITIATOR, &out->born));
	resume->sa = out->born;
	resume->sa->local = (struct ip_endpoint){ peer->local, peer->local_port };
	resume->sa->remote = (struct ip_endpoint){ peer->remote, peer->remote_port };
	resume->sa->larval->tunnel = step->tunnel != NULL ? step->tunnel->serial : 0;
	TRY(emit_request(step, resume, out));
	out->ni = SPAN_OF(resume->nonce);
	out->peer = step->peer;
	out->resume = RESUME_TAKE;
	return RC_OK;
}

static const step_fn begin_steps[] = { begin, NULL };

const step_fn *resume_steps(const struct step *step)
{
	const struct peer *peer = step->peer;

	if (peer->redirect != NULL || !ip_is_set(&peer->local) || !ip_is_set(&peer->remote) ||
	    ticket_usable(peer, step->now) == NULL)
		return NULL;
	return begin_steps;
}

/* ---- the answer ---- */

static enum rc return_cookie(struct step *step, const struct wire_notify *notify,
			     struct outcome *out)
{
	const struct ike_larval *larval = step->sa->larval;
	struct resume *resume = ARENA_NEW(step->arena, struct resume);

	if (span_equal(notify->data, span_make(larval->cookie, larval->cookie_len)))
		return RC_DROP; /* a duplicate: it was returned already */
	if (notify->data.len == 0 || notify->data.len > LIMIT_COOKIE ||
	    larval->restarts >= IKEV2_RESTARTS_MAX || larval->ni_size != sizeof(resume->nonce))
		return diag_fail(&out->diag, RC_DROP, "COOKIE of %zu bytes, after %u others",
				 notify->data.len, larval->restarts);
	if (resume == NULL)
		return RC_NO_MEMORY;
	*resume = (struct resume){ .sa = step->sa,
				   .ticket = span_make(larval->resume->bytes, larval->resume->len),
				   .cookie = notify->data };
	memcpy(resume->nonce, larval->ni, sizeof(resume->nonce));
	TRY(emit_request(step, resume, out));
	out->cookie = notify->data;
	out->request_done = true;
	out->stay = true;
	out->restarts = 1;
	return RC_OK;
}

static enum rc keys(struct step *step, struct span nr, struct outcome *out)
{
	const struct ike_larval *larval = step->sa->larval;
	const struct ticket *ticket = larval->resume;

	TRY(proposal_ike_suite(&ticket->choice, &out->suite));
	TRY(ike_keys_resume(&out->suite, secret_span(&ticket->sk_d),
			    span_make(larval->ni, larval->ni_size), nr, step->sa->spi_i,
			    step->message->header.spi_r, &out->keys));
	out->choice = ticket->choice;
	out->choice_set = true;
	out->peer_spi = step->message->header.spi_r;
	out->fragmentation = fragmentation_agreed(step->peer->conn, step->message);
	out->childless = childless_read(step->message);
	out->nr = nr;
	out->init_response = step->message->raw;
	return RC_OK;
}

static enum rc go_on(struct step *step, const struct payload *nonce, struct outcome *out)
{
	struct nat_findings nat;
	struct span nr;

	TRY(wire_nonce_parse(nonce->body, &nr, &out->diag));
	TRY(keys(step, nr, out));
	TRY(nat_detect(step->message, &step->local, &step->remote, step->sa->spi_i, out->peer_spi,
		       &nat));
	sa_init_endpoints(step, &nat, out);
	out->request_done = true;
	auth_request_make(step);
	return RC_OK;
}

static enum rc read_response(struct step *step, struct outcome *out)
{
	const struct payload *nonce = payload_of(step->message, PAYLOAD_NONCE);
	struct wire_notify notify;

	if (step->sa->larval->resume == NULL)
		return diag_fail(&out->diag, RC_DROP, "the ticket was given up already");
	if (notify_find(step->message, COOKIE, &notify))
		return return_cookie(step, &notify, out);
	if (notify_find(step->message, TICKET_NACK, &notify) ||
	    notify_error(step->message, &notify))
		return sa_init_begin_again(step, out);
	if (nonce == NULL || step->message->header.spi_r == 0)
		return diag_fail(&out->diag, RC_DROP,
				 "IKE_SESSION_RESUME response without Nr or SPI");
	return go_on(step, nonce, out);
}

static const step_fn response_steps[] = { read_response, NULL };

static const struct payload_rule response_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_NONCE, 0, 1, CLEAR }, /* absent: COOKIE or TICKET_NACK */
	PAYLOAD_RULES_END,
};

const struct ike_row ikev2_resume_initiate_rows[] = {
	{ IKEV2_INIT_SENT, INITIATOR, EVENT_RESUME_RESPONSE, response_rules, response_steps,
	  IKEV2_AUTH_SENT,
	  "gateway took the ticket: we prove that we know its keys; or it asks for a cookie, or we "
	  "begin a session of our own" },
	{ .story = NULL },
};
