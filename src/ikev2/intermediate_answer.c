/* SPDX-License-Identifier: Apache-2.0 */
/* rfc9242, rfc9370 §2.2.2: IKE_INTERMEDIATE as the responder. Rows last, each step in the order of
 * time. */
#include "ikev2/intermediate.h"

struct exchange {
	const struct dh_alg *alg; /* NULL: no key exchange in it */
	struct span peer;
	uint8_t *answer;
	struct secret *shared; /* in the outcome */
};

static enum rc answer_run(void *arg, unsigned worker, struct diag *diag)
{
	struct exchange *exchange = arg;

	return dh_answer(exchange->alg, exchange->peer, worker, exchange->answer, exchange->shared,
			 diag);
}

static enum rc read_ke(struct step *step, const struct payload *payload, uint16_t wanted,
		       struct exchange *exchange, struct outcome *out)
{
	struct wire_ke ke;

	if (wanted == DH_NONE)
		return diag_fail(&out->diag, RC_SYNTAX,
				 "an additional key exchange that was not agreed on");
	TRY(wire_ke_parse(payload->body, &ke, &out->diag));
	if (ke.group != wanted)
		return diag_fail(&out->diag, RC_SYNTAX,
				 "additional key exchange with method %u; %u was agreed on",
				 ke.group, wanted);
	exchange->alg = crypto_dh(wanted);
	if (exchange->alg == NULL)
		return RC_INTERNAL;
	TRY(dh_check_public(exchange->alg, ke.data, &out->diag));
	exchange->peer = ke.data;
	exchange->answer = arena_alloc(step->arena, dh_answer_len(exchange->alg));
	exchange->shared = &out->shared;
	if (exchange->answer == NULL)
		return RC_NO_MEMORY;
	out->work = (struct slow_work){ .run = answer_run, .arg = exchange };
	return RC_SUSPEND;
}

static enum rc read_request(struct step *step, struct outcome *out)
{
	struct exchange *exchange = ARENA_NEW(step->arena, struct exchange);
	const struct ike_intermediate *known = step->sa->larval->intermediate;
	const struct payload *ke = payload_of(step->message, PAYLOAD_KE);

	if (exchange == NULL)
		return RC_NO_MEMORY;
	step->scratch = exchange;
	if (known == NULL)
		return diag_fail(&out->diag, RC_SYNTAX,
				 "IKE_INTERMEDIATE, which was not agreed on in IKE_SA_INIT");
	if (known->exchanges >= INTERMEDIATE_MAX)
		return diag_fail(&out->diag, RC_SYNTAX,
				 "more than %d IKE_INTERMEDIATE exchanges of one IKE SA",
				 INTERMEDIATE_MAX);
	TRY(intermediate_auth_received(step, &out->intermediate.auth_i));
	if (ke == NULL)
		return RC_OK;
	return read_ke(step, ke, intermediate_method(&step->sa->choice, known->keyed), exchange,
		       out);
}

/* The answer still goes out under the keys that the request came with. */
static enum rc derive(struct step *step, struct outcome *out)
{
	const struct exchange *exchange = step->scratch;
	const struct ike_sa *sa = step->sa;
	const struct ike_larval *larval = sa->larval;

	if (exchange->alg == NULL)
		return RC_OK;
	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	out->keys_later = true;
	out->intermediate.keyed = true;
	return ike_keys_rekey(&sa->suite, &sa->keys, &sa->suite, secret_span(&out->shared),
			      span_make(larval->ni, larval->ni_size),
			      span_make(larval->nr, larval->nr_size), sa->spi_i, sa->spi_r,
			      &out->keys);
}

static enum rc emit_response(struct step *step, struct outcome *out)
{
	const struct exchange *exchange = step->scratch;
	struct sink sink;
	struct writer writer;

	TRY(inner_start(step->arena, &sink, &writer));
	if (exchange->alg != NULL) {
		struct wire_ke ke = { exchange->alg->id,
				      span_make(exchange->answer, dh_answer_len(exchange->alg)) };
		wire_ke_emit(&writer, &ke);
	}
	out->message.exchange = EXCHANGE_IKE_INTERMEDIATE;
	out->message.response = true;
	out->intermediate.exchanged = true;
	TRY(inner_finish(&writer, &sink, &out->message));
	return intermediate_auth_sent(step, out, &out->message, step->message->header.message_id,
				      &out->intermediate.auth_r);
}

static const step_fn request_steps[] = { read_request /* suspends */, derive, emit_response, NULL };

static const struct payload_rule request_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_KE, 0, 1, ENCRYPTED }, /* absent: what the peer does it for is its own affair */
	PAYLOAD_RULES_END,
};

const struct ike_row ikev2_intermediate_answer_rows[] = {
	{ IKEV2_HALF_OPEN, RESPONDER, EVENT_INTERMEDIATE_REQUEST, request_rules, request_steps,
	  IKEV2_HALF_OPEN, "another key exchange before the peer proves its identity" },
	{ .story = NULL },
};
