/* SPDX-License-Identifier: Apache-2.0 */
/* rfc5723 §4.3.2: IKE_SESSION_RESUME as the gateway: a ticket of ours makes a half-open IKE SA with
 * keys. What an IKE SA can do is not resumed but announced anew (§5), here as in IKE_SA_INIT:
 * fragmentation, childless IKE SAs, redirects. IKE_INTERMEDIATE (RFC 9242 §5) is not: all that we
 * do in it are key exchanges, and there are none. Each step in the order of time, rows last. */
#include "ikev2/redirect.h"
#include "ikev2/resume.h"

struct resume_request {
	struct span ni;
	struct nat_findings nat;
	bool force_encap, fragmentation, childless;
};

static enum rc read_request(struct step *step, struct outcome *out)
{
	struct resume_request *in = ARENA_NEW(step->arena, struct resume_request);
	const struct payload *nonce = payload_of(step->message, PAYLOAD_NONCE);

	if (in == NULL)
		return RC_NO_MEMORY;
	step->scratch = in;
	return wire_nonce_parse(nonce->body, &in->ni, &out->diag);
}

/* The client begins a new session then. */
static enum rc open_ticket(struct step *step, struct outcome *out)
{
	struct resume_request *in = step->scratch;
	const struct peer *candidate =
		peers_for_addresses(step->env->peers, &step->local.addr, &step->remote.addr);
	struct wire_notify notify;
	enum rc rc = RC_NOT_FOUND;

	if (candidate == NULL)
		(void)diag_fail(&out->diag, rc, "no conn is loaded for these addresses");
	else if (!notify_find(step->message, TICKET_OPAQUE, &notify))
		(void)diag_fail(&out->diag, rc, "IKE_SESSION_RESUME without a ticket");
	else if (redirect_of_all(step) != NULL) /* it is sent on in its IKE_SA_INIT */
		(void)diag_fail(&out->diag, rc,
				"clients are sent on to other gateways "
				"(global-redirect=)");
	else
		rc = ticket_open(step->env->sas, step->now, notify.data, &out->ticket, &out->diag);
	if (rc == RC_NO_MEMORY)
		return rc;
	if (rc != RC_OK)
		return answer_clear(step, TICKET_NACK, SPAN_NONE, RC_DROP, out);
	in->force_encap = candidate->conn->encapsulation == TRI_YES;
	in->fragmentation = fragmentation_agreed(candidate->conn, step->message);
	in->childless = childless_allowed(candidate->conn);
	out->resume = RESUME_TICKET;
	return RC_OK;
}

static enum rc copy_to(uint8_t **to, struct span from)
{
	*to = mem_alloc(from.len);
	if (*to == NULL)
		return RC_NO_MEMORY;
	memcpy(*to, from.ptr, from.len);
	return RC_OK;
}

static enum rc fill_larval(struct step *step, struct ike_larval *larval)
{
	const struct resume_request *in = step->scratch;

	TRY(copy_to(&larval->init_request, step->message->raw));
	larval->init_request_len = (uint32_t)step->message->raw.len;
	TRY(copy_to(&larval->ni, in->ni));
	larval->ni_size = (uint16_t)in->ni.len;
	larval->nr = mem_alloc(IKEV2_NONCE_LEN);
	if (larval->nr == NULL)
		return RC_NO_MEMORY;
	larval->nr_size = IKEV2_NONCE_LEN;
	return host_random(step->env->host, larval->nr, IKEV2_NONCE_LEN);
}

static enum rc make_sa(struct step *step, struct outcome *out)
{
	struct resume_request *in = step->scratch;
	struct redirect_target from;
	struct ike_sa *sa;

	TRY(ike_sa_new(step->env->sas, RESPONDER, &out->born));
	sa = out->born;
	sa->spi_i = step->message->header.spi_i;
	sa->local = step->local;
	sa->remote = step->remote;
	sa->choice = out->ticket->choice;
	TRY(proposal_ike_suite(&sa->choice, &sa->suite));
	TRY(fill_larval(step, sa->larval));
	TRY(nat_detect(step->message, &step->local, &step->remote, sa->spi_i, 0, &in->nat));
	sa->nat_here = in->nat.here;
	sa->nat_there = in->nat.there;
	sa->encap = in->nat.supported && (in->nat.here || in->nat.there || in->force_encap);
	sa->fragmentation = in->fragmentation;
	sa->peer_redirects = redirect_supported(step->message, &from);
	sa->larval->place.proven = brought_cookie(step, in->ni);
	return ike_sa_expect(step->env->sas, sa);
}

static enum rc make_keys(struct step *step, struct outcome *out)
{
	const struct resume_request *in = step->scratch;
	const struct ike_sa *sa = out->born;

	return ike_keys_resume(&sa->suite, secret_span(&out->ticket->sk_d), in->ni,
			       span_make(sa->larval->nr, sa->larval->nr_size), sa->spi_i, sa->spi_r,
			       &out->keys);
}

static enum rc emit_response(struct step *step, struct outcome *out)
{
	const struct resume_request *in = step->scratch;
	const struct ike_sa *sa = out->born;
	struct ike_header header = header_of(sa, EXCHANGE_IKE_SESSION_RESUME, true, 0);
	uint8_t *buffer = arena_alloc(step->arena, IKEV2_CLEAR_MAX);
	struct writer writer;
	struct sink sink;

	if (buffer == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, buffer, IKEV2_CLEAR_MAX);
	writer_message(&writer, &sink, &header);
	wire_nonce_emit(&writer, span_make(sa->larval->nr, sa->larval->nr_size));
	if (in->childless)
		emit_notify(&writer, CHILDLESS_IKEV2_SUPPORTED);
	if (in->fragmentation)
		emit_notify(&writer, IKEV2_FRAGMENTATION_SUPPORTED);
	if (in->nat.supported)
		TRY(nat_emit(&writer, step->env->host, sa->spi_i, sa->spi_r, &sa->local,
			     &sa->remote, in->force_encap));
	TRY(writer_message_end(&writer));
	out->message = (struct outcome_message){ .present = true,
						 .clear = true,
						 .response = true,
						 .exchange = EXCHANGE_IKE_SESSION_RESUME,
						 .bytes = sink_written(&sink) };
	return RC_OK;
}

static const step_fn request_steps[] = {
	read_request, open_ticket, make_sa, make_keys, emit_response, NULL,
};

static const struct payload_rule request_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_NONCE, 1, 1, CLEAR },
	PAYLOAD_RULES_END,
};

const struct ike_row ikev2_resume_answer_rows[] = {
	{ IKE_START, RESPONDER, EVENT_RESUME_REQUEST, request_rules, request_steps, IKEV2_HALF_OPEN,
	  "a client comes back with a ticket of ours: it still has to prove that it knows its "
	  "keys" },
	{ .story = NULL },
};
