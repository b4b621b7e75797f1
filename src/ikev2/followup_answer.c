/* SPDX-License-Identifier: Apache-2.0 */
/* rfc9370 §2.2.4: additional key exchanges of a CREATE_CHILD_SA as the responder, one
 * IKE_FOLLOWUP_KE each. Rows last, each step in the order of time. */
#include "ikev2/create.h"

/* ---- what they get in the way of ---- */

enum rc followup_check_room(const struct ike_sa *sa, struct diag *diag)
{
	if (followup_room(sa))
		return RC_OK;
	return diag_fail(diag, RC_TEMPORARY_FAILURE,
			 "peer has %d CREATE_CHILD_SA exchanges whose additional key exchanges it "
			 "does not finish",
			 FOLLOWUPS_MAX);
}

enum rc followup_check_ike(const struct ike_sa *sa, struct diag *diag)
{
	bool ours = sa->creation != NULL && sa->creation->purpose == REQUEST_REKEY_IKE &&
		    sa->creation->followup != NULL;

	if (!ours && !followup_of_ike(sa))
		return RC_OK;
	return diag_fail(
		diag, RC_TEMPORARY_FAILURE,
		"peer wants another SA while the additional key exchanges of a rekeyed IKE "
		"SA go on");
}

enum rc followup_check_child(const struct ike_sa *sa, const struct child_sa *old, struct diag *diag)
{
	if (sa->creation == NULL || sa->creation->followup == NULL ||
	    sa->creation->old != old->serial)
		return RC_OK;
	return diag_fail(diag, RC_TEMPORARY_FAILURE,
			 "peer wants to rekey Child SA #%llu, which we rekey: our additional key "
			 "exchanges go on",
			 (unsigned long long)old->serial);
}

/* ---- CREATE_CHILD_SA agrees on them ---- */

static enum rc new_link(struct step *step, struct ike_followup *followup)
{
	uint8_t link[FOLLOWUP_LINK_LEN];

	TRY(host_random(step->env->host, link, sizeof(link)));
	return followup_set_link(followup, SPAN_OF(link));
}

static enum rc open_one(struct step *step, enum request_purpose purpose, struct outcome *out)
{
	const struct create_request *in = step->scratch;
	struct ike_followup *followup = out->followup = followup_new(step->env->sas);

	if (followup == NULL)
		return RC_NO_MEMORY;
	followup->purpose = (uint8_t)purpose;
	TRY(followup_set_nonces(followup, in->ni, SPAN_OF(in->nr)));
	secret_move(&followup->first, &out->shared);
	return new_link(step, followup);
}

enum rc followup_open_child(struct step *step, struct outcome *out)
{
	static const step_fn no_more[] = { NULL };
	const struct create_request *in = step->scratch;
	const struct ike_creation *creation = step->sa->creation;

	TRY(open_one(step, in->old != 0 ? REQUEST_REKEY_CHILD : REQUEST_CREATE_CHILD, out));
	followup_from_child(out->followup, out->child);
	out->followup->old = in->old;
	if (in->old != 0 && creation != NULL && creation->old == in->old)
		out->rival_nonce = nonce_lower(in->ni, SPAN_OF(in->nr));
	TRY(create_emit_answer(step, out));
	child_sa_free(step->env->sas, out->child);
	out->child = NULL;
	step->divert = no_more;
	return RC_OK;
}

enum rc followup_open_ike(struct step *step, struct outcome *out)
{
	const struct create_request *in = step->scratch;
	struct ike_followup *followup;

	TRY(open_one(step, REQUEST_REKEY_IKE, out));
	followup = out->followup;
	followup->choice = in->choice;
	followup->spi_i = out->successor->spi_i;
	followup->spi_r = out->successor->spi_r;
	ike_sa_free(step->env->sas, out->successor);
	out->successor = NULL;
	rekey_note_rival(step, in->ni, SPAN_OF(in->nr), out);
	return rekey_emit_answer(step, followup->spi_r, out);
}

/* ---- IKE_FOLLOWUP_KE ---- */

static enum rc not_found(struct step *step, struct outcome *out)
{
	struct wire_notify notify;

	out->notify = STATE_NOT_FOUND;
	if (!notify_find(step->message, ADDITIONAL_KEY_EXCHANGE, &notify))
		return diag_fail(&out->diag, RC_NOT_FOUND,
				 "IKE_FOLLOWUP_KE without ADDITIONAL_KEY_EXCHANGE");
	return diag_fail(&out->diag, RC_NOT_FOUND,
			 "IKE_FOLLOWUP_KE of a CREATE_CHILD_SA that is not known (any more): the "
			 "peer took too long, or gave it up");
}

static const struct ike_followup *find(const struct step *step)
{
	struct wire_notify notify;

	if (!notify_find(step->message, ADDITIONAL_KEY_EXCHANGE, &notify))
		return NULL;
	return followup_by_link(step->sa, notify.data);
}

static enum rc read_request(struct step *step, struct outcome *out)
{
	struct create_request *in = ARENA_NEW(step->arena, struct create_request);
	const struct ike_followup *followup = find(step);
	uint16_t wanted;

	if (in == NULL)
		return RC_NO_MEMORY;
	step->scratch = in;
	if (followup == NULL)
		return not_found(step, out);
	out->followup_over = followup->serial;
	wanted = followup_method(followup);
	TRY(wire_ke_parse(payload_of(step->message, PAYLOAD_KE)->body, &in->ke, &out->diag));
	if (in->ke.group != wanted)
		return diag_fail(&out->diag, RC_SYNTAX,
				 "additional key exchange %u with method %u; %u was agreed on",
				 followup->done + 1u, in->ke.group, wanted);
	return create_answer_dh(step, &in->ke, &in->public, out);
}

static enum rc emit_response(struct step *step, struct outcome *out)
{
	const struct create_request *in = step->scratch;
	struct wire_ke ke = { in->ke.group, in->public };
	struct sink sink;
	struct writer writer;

	TRY(inner_start(step->arena, &sink, &writer));
	wire_ke_emit(&writer, &ke);
	if (out->followup->link != NULL)
		followup_emit_link(&writer, out->followup);
	out->message.exchange = EXCHANGE_IKE_FOLLOWUP_KE;
	out->message.response = true;
	return inner_finish(&writer, &sink, &out->message);
}

/* ---- the last one: a Child SA ---- */

/* Since then it may have been ended by either end. */
static enum rc check_old(const struct step *step, uint64_t serial, struct outcome *out)
{
	const struct child_sa *old = child_sa_by_serial(step->sa, serial);

	if (serial == 0 || (old != NULL && old->state == CHILD_UP && !old->delete_wanted))
		return RC_OK;
	return diag_fail(
		&out->diag, RC_TEMPORARY_FAILURE,
		"Child SA #%llu, which the peer rekeys, ended before the last key exchange",
		(unsigned long long)serial);
}

static enum rc make_child(struct step *step, struct outcome *out)
{
	const struct ike_followup *all = out->followup;
	const struct ike_sa *sa = step->sa;
	struct create_request *in = step->scratch;
	enum rc rc;

	TRY(check_old(step, all->old, out));
	in->old = all->old;
	in->ni = span_make(all->ni, all->ni_len);
	memcpy(in->nr, all->nr, sizeof(in->nr));
	rc = followup_to_child(step, all, out);
	if (rc == RC_CANCELLED)
		rc = RC_TS_UNACCEPTABLE;
	TRY(rc);
	TRY(child_derive(out->child, &sa->suite, &sa->keys, secret_span(&all->first), in->ni,
			 SPAN_OF(in->nr), secret_span(&all->later), out));
	TRY(child_install_in(step->arena, out->child, secret_span(&out->keymat),
			     &out->kernel_wait));
	return RC_SUSPEND;
}

static enum rc promise_child(struct step *step, struct outcome *out)
{
	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		diag_prefix(&out->diag, "the kernel refused the Child SA");
		return step->rc;
	}
	TRY(create_take_over(step, step->scratch, out));
	return emit_response(step, out);
}

static const step_fn child_steps[] = { make_child /* suspends: kernel */, promise_child, NULL };

/* ---- or an IKE SA ---- */

static enum rc make_ike(struct step *step, struct outcome *out)
{
	const struct ike_followup *all = out->followup;

	TRY(followup_to_ike(step, all, RESPONDER, out));
	rekey_note_rival(step, span_make(all->ni, all->ni_len), span_make(all->nr, all->nr_len),
			 out);
	return emit_response(step, out);
}

static const step_fn ike_steps[] = { make_ike, NULL };

static enum rc go_on(struct step *step, struct outcome *out)
{
	const struct ike_followup *before = find(step);

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	if (before == NULL)
		return not_found(step, out);
	TRY(followup_more(before, secret_span(&out->shared), &out->followup));
	if (followup_method(out->followup) != DH_NONE) {
		TRY(new_link(step, out->followup));
		return emit_response(step, out);
	}
	step->divert = before->purpose == REQUEST_REKEY_IKE ? ike_steps : child_steps;
	return RC_OK;
}

static const step_fn request_steps[] = { read_request /* suspends: key exchange */, go_on, NULL };
static const step_fn late_steps[] = { not_found, NULL };

static const struct payload_rule request_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_KE, 1, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

#define BOTH(state, steps, story)                                                                  \
	{ state, INITIATOR, EVENT_FOLLOWUP_REQUEST, request_rules, steps, state, story },          \
	{                                                                                          \
		state, RESPONDER, EVENT_FOLLOWUP_REQUEST, request_rules, steps, state, story       \
	}

const struct ike_row ikev2_followup_answer_rows[] = {
	BOTH(IKE_ESTABLISHED, request_steps,
	     "another key exchange for the SA that CREATE_CHILD_SA agreed on; the last one makes "
	     "it"),
	BOTH(IKE_REKEYED, late_steps, "nothing more is made in a rekeyed IKE SA"),
	BOTH(IKE_DELETING, late_steps, "nothing more is made in an IKE SA that we delete"),
	{ .story = NULL },
};
