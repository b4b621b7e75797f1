/* SPDX-License-Identifier: Apache-2.0 */
/* rfc9370 §2.2.4: additional key exchanges of a CREATE_CHILD_SA as the initiator, one
 * IKE_FOLLOWUP_KE each. Rows last, each step in the order of time. */
#include "ikev2/create.h"

/* ---- the request ---- */

static enum rc emit_request(struct step *step, struct outcome *out)
{
	struct ike_creation *creation = out->creation;
	struct wire_ke ke;
	struct sink sink;
	struct writer writer;

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	if (step->sa->creation == NULL)
		return RC_DROP;
	creation->tunnel = step->sa->creation->tunnel; /* meanwhile it may be unwanted */
	ke = (struct wire_ke){ dh_pair_alg(creation->pair)->id, dh_public(creation->pair) };
	TRY(inner_start(step->arena, &sink, &writer));
	wire_ke_emit(&writer, &ke);
	followup_emit_link(&writer, creation->followup);
	out->message.exchange = EXCHANGE_IKE_FOLLOWUP_KE;
	out->message.purpose = creation->purpose;
	out->message.child = creation->old;
	return inner_finish(&writer, &sink, &out->message);
}

static const step_fn emit_steps[] = { emit_request, NULL };

/* The next one, with the link that the answer of the step holds. The creation takes *followup. */
static enum rc next(struct step *step, struct ike_followup **followup, struct outcome *out)
{
	const struct ike_creation *before = step->sa->creation;
	struct ike_creation *creation = out->creation = ike_creation_new();
	struct wire_notify notify;

	if (creation == NULL)
		return RC_NO_MEMORY;
	*creation = *before;
	creation->pair = NULL;
	creation->proposed = NULL; /* it is agreed on */
	creation->followup = *followup;
	*followup = NULL;
	if (!notify_find(step->message, ADDITIONAL_KEY_EXCHANGE, &notify))
		return diag_fail(&out->diag, RC_SYNTAX,
				 "no ADDITIONAL_KEY_EXCHANGE in the answer to key exchange %u, but "
				 "there are more",
				 creation->followup->done);
	if (followup_set_link(creation->followup, notify.data) != RC_OK)
		return diag_fail(&out->diag, RC_SYNTAX,
				 "ADDITIONAL_KEY_EXCHANGE with %zu bytes of data; expected 1 to %d",
				 notify.data.len, FOLLOWUP_LINK_MAX);
	step->divert = emit_steps;
	return create_generate(step, followup_method(creation->followup), &creation->pair, out);
}

/* ---- CREATE_CHILD_SA is answered ---- */

bool followup_stands_back(const struct step *step, struct span nr, struct outcome *out)
{
	const struct ike_creation *creation = step->sa->creation;
	bool there =
		creation->rival_followup != 0 && followup_has(step->sa, creation->rival_followup);

	if (creation->rival != 0)
		there = there || child_sa_by_serial(step->sa, creation->rival) != NULL ||
			ike_sa_by_serial(step->env->sas, creation->rival) != NULL;
	if (there && creation_lost(creation, nr))
		return true;
	if (there && creation->rival_followup != 0)
		out->followup_over = creation->rival_followup;
	return false;
}

static enum rc start(struct step *step, struct outcome *out, struct ike_followup **result)
{
	const struct ike_creation *creation = step->sa->creation;
	const struct create_response *in = step->scratch;
	struct ike_followup *followup = out->followup = followup_new(step->env->sas);

	if (followup == NULL)
		return RC_NO_MEMORY;
	followup->purpose = creation->purpose;
	followup->old = creation->old;
	TRY(followup_set_nonces(followup, SPAN_OF(creation->ni), in->nr));
	secret_move(&followup->first, &out->shared);
	*result = followup;
	return RC_OK;
}

/* There is nothing to delete then (§2.2.4). */
static enum rc stand_back(struct step *step)
{
	static const step_fn no_more[] = { NULL };

	step->divert = no_more;
	return RC_OK;
}

enum rc followup_begin_child(struct step *step, struct outcome *out)
{
	const struct create_response *in = step->scratch;
	struct ike_followup *followup = NULL;

	if (!followup_stands_back(step, in->nr, out)) {
		TRY(start(step, out, &followup));
		followup_from_child(followup, out->child);
	}
	child_sa_free(step->env->sas, out->child);
	out->child = NULL;
	return followup != NULL ? next(step, &out->followup, out) : stand_back(step);
}

enum rc followup_begin_ike(struct step *step, struct outcome *out)
{
	const struct create_response *in = step->scratch;
	struct span spi = span_make(in->choice.spi, 8);
	struct ike_followup *followup = NULL;

	TRY(start(step, out, &followup));
	followup->choice = in->choice;
	followup->spi_i = step->sa->creation->spi;
	TRY(span_u64(&spi, &followup->spi_r));
	return next(step, &out->followup, out);
}

/* ---- the answer ---- */

static enum rc read_ke(struct step *step, struct ike_creation *creation, struct outcome *out)
{
	const struct payload *payload = payload_of(step->message, PAYLOAD_KE);
	uint16_t method = followup_method(creation->followup);
	struct wire_ke ke;

	if (payload == NULL)
		return diag_fail(&out->diag, RC_SYNTAX, "IKE_FOLLOWUP_KE response without KE");
	TRY(wire_ke_parse(payload->body, &ke, &out->diag));
	if (ke.group != method)
		return diag_fail(&out->diag, RC_SYNTAX,
				 "peer answered key exchange method %u with %u", method, ke.group);
	return create_compute(step, &creation->pair, ke.data, out);
}

static enum rc read_response(struct step *step, struct outcome *out)
{
	struct create_response *in = ARENA_NEW(step->arena, struct create_response);
	struct ike_creation *creation = step->sa->creation;
	struct wire_notify notify;

	if (in == NULL)
		return RC_NO_MEMORY;
	if (creation == NULL || creation->followup == NULL || creation->pair == NULL)
		return RC_DROP;
	step->scratch = in;
	out->request_done = true;
	if (!notify_error(step->message, &notify))
		return read_ke(step, creation, out);
	if (creation->purpose == REQUEST_REKEY_IKE)
		rekey_find_heir(step, out);
	TRY(create_refused(step, &notify, out));
	return stand_back(step);
}

/* ---- the last one ---- */

static enum rc make_ike(struct step *step, struct outcome *out)
{
	TRY(followup_to_ike(step, out->followup, INITIATOR, out));
	out->old_is_ours = true;
	return RC_OK;
}

static const step_fn ike_steps[] = { make_ike, NULL };

static enum rc all_done(struct step *step, struct outcome *out)
{
	struct create_response *in = step->scratch;
	struct wire_notify notify;

	if (notify_find(step->message, ADDITIONAL_KEY_EXCHANGE, &notify))
		return diag_fail(&out->diag, RC_SYNTAX,
				 "ADDITIONAL_KEY_EXCHANGE in the answer to the last key exchange");
	in->nr = span_make(out->followup->nr, out->followup->nr_len);
	in->child.present = true;
	in->child.protocol = out->followup->choice.protocol;
	step->divert =
		out->followup->purpose == REQUEST_REKEY_IKE ? ike_steps : create_install_steps;
	return RC_OK;
}

/* The peer has no SA yet, and forgets what it keeps for it. */
static enum rc give_up(struct step *step, struct outcome *out)
{
	out->creation_failed =
		diag_fail(&out->diag, RC_CANCELLED,
			  "the tunnel is not wanted any more: no further key exchange");
	return stand_back(step);
}

static enum rc go_on(struct step *step, struct outcome *out)
{
	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	if (step->sa->creation == NULL || step->sa->creation->followup == NULL)
		return RC_DROP;
	TRY(followup_more(step->sa->creation->followup, secret_span(&out->shared), &out->followup));
	secret_wipe(&out->shared);
	if (followup_method(out->followup) == DH_NONE)
		return all_done(step, out);
	if (step->sa->creation->purpose != REQUEST_REKEY_IKE && step->sa->creation->tunnel == 0)
		return give_up(step, out);
	return next(step, &out->followup, out);
}

static const step_fn response_steps[] = { read_response /* suspends: key exchange */,
					  go_on /* suspends when there is another one */, NULL };

static const struct payload_rule response_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_KE, 0, 1, ENCRYPTED }, /* absent: an error notify */
	PAYLOAD_RULES_END,
};

#define STORY "another key exchange is done: the next one, or the SA that all of them make"

const struct ike_row ikev2_followup_initiate_rows[] = {
	{ IKE_ESTABLISHED, INITIATOR, EVENT_FOLLOWUP_RESPONSE, response_rules, response_steps,
	  IKE_ESTABLISHED, STORY },
	{ IKE_ESTABLISHED, RESPONDER, EVENT_FOLLOWUP_RESPONSE, response_rules, response_steps,
	  IKE_ESTABLISHED, STORY },
	{ .story = NULL },
};
