/* SPDX-License-Identifier: Apache-2.0 */
/* rfc9370 §2.2.2: additional key exchanges as the initiator, one IKE_INTERMEDIATE each; then
 * IKE_AUTH. Rows last, each step in the order of time. */
#include "ikev2/auth.h"
#include "ikev2/intermediate.h"

struct exchange {
	const struct dh_alg *alg;
	struct dh_pair **made; /* in the outcome */
	struct dh_pair *pair;  /* owned while a worker has it */
	struct span peer;
	struct secret *shared; /* in the outcome */
};

/* ---- the request ---- */

static enum rc generate_run(void *arg, unsigned worker, struct diag *diag)
{
	struct exchange *exchange = arg;

	(void)diag;
	return dh_generate(exchange->alg, worker, exchange->made);
}

static enum rc emit_request(struct step *step, struct outcome *out)
{
	struct outcome_message *message = &out->message;
	struct wire_ke ke;
	struct sink sink;
	struct writer writer;

	TRY(step->rc);
	if (out->pair == NULL)
		return RC_INTERNAL;
	ke = (struct wire_ke){ dh_pair_alg(out->pair)->id, dh_public(out->pair) };
	TRY(inner_start(step->arena, &sink, &writer));
	wire_ke_emit(&writer, &ke);
	message->exchange = EXCHANGE_IKE_INTERMEDIATE;
	message->purpose = REQUEST_INTERMEDIATE;
	TRY(inner_finish(&writer, &sink, message));
	out->next = IKEV2_INTERMEDIATE_SENT;
	return intermediate_auth_sent(step, out, message, step->sa->send_next,
				      &out->intermediate.auth_i);
}

static const step_fn request_steps[] = { emit_request, NULL };

enum rc intermediate_begin(struct step *step, uint16_t method, struct outcome *out)
{
	struct exchange *exchange = ARENA_NEW(step->arena, struct exchange);

	if (exchange == NULL)
		return RC_NO_MEMORY;
	exchange->alg = crypto_dh(method);
	if (exchange->alg == NULL)
		return diag_fail(&out->diag, RC_UNSUPPORTED,
				 "key exchange method %u is not available", method);
	exchange->made = &out->pair;
	out->work = (struct slow_work){ .run = generate_run, .arg = exchange };
	step->divert = request_steps;
	return RC_SUSPEND;
}

/* ---- the answer ---- */

static enum rc compute_run(void *arg, unsigned worker, struct diag *diag)
{
	struct exchange *exchange = arg;
	enum rc rc = dh_compute(exchange->pair, exchange->peer, worker, exchange->shared, diag);

	dh_free(exchange->pair);
	exchange->pair = NULL;
	return rc;
}

static void compute_drop(void *arg)
{
	struct exchange *exchange = arg;

	dh_free(exchange->pair);
	exchange->pair = NULL;
}

static enum rc refused(const struct wire_notify *notify, struct outcome *out)
{
	char number[48];

	return diag_fail(&out->diag, notify_rc(notify->type),
			 "peer refused an additional key exchange (IKE_INTERMEDIATE): %s",
			 names_text(&notify_names, notify->type, number, sizeof(number)));
}

static enum rc read_ke(struct step *step, struct exchange *exchange, struct outcome *out)
{
	const struct payload *payload = payload_of(step->message, PAYLOAD_KE);
	struct wire_ke ke;

	if (payload == NULL)
		return diag_fail(&out->diag, RC_SYNTAX, "IKE_INTERMEDIATE response without KE");
	TRY(wire_ke_parse(payload->body, &ke, &out->diag));
	if (ke.group != exchange->alg->id)
		return diag_fail(&out->diag, RC_SYNTAX,
				 "peer answered key exchange method %u with %u", exchange->alg->id,
				 ke.group);
	exchange->peer = ke.data;
	return dh_check_answer(exchange->alg, ke.data, &out->diag);
}

/* The pair moves to the worker: when the SA dies meanwhile the worker frees it. */
static enum rc read_response(struct step *step, struct outcome *out)
{
	struct exchange *exchange = ARENA_NEW(step->arena, struct exchange);
	struct ike_larval *larval = step->sa->larval;
	struct wire_notify notify;

	if (exchange == NULL)
		return RC_NO_MEMORY;
	out->request_done = true;
	if (notify_error(step->message, &notify))
		return refused(&notify, out);
	if (larval->pair == NULL)
		return RC_INTERNAL;
	exchange->alg = dh_pair_alg(larval->pair);
	TRY(read_ke(step, exchange, out));
	TRY(intermediate_auth_received(step, &out->intermediate.auth_r));
	exchange->shared = &out->shared;
	exchange->pair = larval->pair;
	larval->pair = NULL;
	out->work = (struct slow_work){ compute_run, exchange, compute_drop };
	return RC_SUSPEND;
}

/* SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr) */
static enum rc derive(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	const struct ike_larval *larval = sa->larval;
	uint16_t method;

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	TRY(ike_keys_rekey(&sa->suite, &sa->keys, &sa->suite, secret_span(&out->shared),
			   span_make(larval->ni, larval->ni_size),
			   span_make(larval->nr, larval->nr_size), sa->spi_i, sa->spi_r,
			   &out->keys));
	out->intermediate.exchanged = out->intermediate.keyed = true;
	method = intermediate_method(&sa->choice, larval->intermediate->keyed + 1u);
	if (method != DH_NONE)
		return intermediate_begin(step, method, out);
	auth_request_make(step);
	return RC_OK;
}

static const step_fn response_steps[] = { read_response /* suspends */,
					  derive /* suspends when there is another one */, NULL };

static const struct payload_rule response_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_KE, 0, 1, ENCRYPTED }, /* absent: an error notify */
	PAYLOAD_RULES_END,
};

const struct ike_row ikev2_intermediate_initiate_rows[] = {
	{ IKEV2_INTERMEDIATE_SENT, INITIATOR, EVENT_INTERMEDIATE_RESPONSE, response_rules,
	  response_steps, IKEV2_AUTH_SENT,
	  "another key exchange is done: new keys, then the next one or IKE_AUTH" },
	{ .story = NULL },
};
