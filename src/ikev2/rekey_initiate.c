/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.3.2: we want a new IKE SA in place of this one. Each step in the order of time. */
#include "ikev2/create.h"

/* ---- the request ---- */

static enum rc choose_spi(struct step *step, struct ike_creation *creation)
{
	do
		TRY(host_random(step->env->host, &creation->spi, sizeof(creation->spi)));
	while (creation->spi == 0 || ike_sa_by_spi(step->env->sas, creation->spi) != NULL);
	return RC_OK;
}

/* The group that we have in common already, when it is still one of ours. */
static bool first_group(const struct step *step, uint16_t *group)
{
	const struct proposal_list *ike = step->sa->peer->conn->ike;

	*group = step->sa->choice.dh;
	return proposal_has_group(ike, *group) || proposal_groups(ike, group, 1) > 0;
}

static enum rc begin(struct step *step, struct outcome *out)
{
	struct ike_creation *creation = ike_creation_new();
	uint16_t group;

	out->creation = creation;
	if (creation == NULL)
		return RC_NO_MEMORY;
	if (!first_group(step, &group))
		return diag_fail(&out->diag, RC_NO_PROPOSAL, "ike= has no DH group");
	creation->purpose = REQUEST_REKEY_IKE;
	TRY(host_random(step->env->host, creation->ni, sizeof(creation->ni)));
	TRY(choose_spi(step, creation));
	return create_generate(step, group, &creation->pair, out);
}

/* An IKE SA that came to be without additional key exchanges is rekeyed without them: its peer may
 * not know them. */
static unsigned flags_of(const struct ike_sa *sa)
{
	return followup_wanted(&sa->choice) || proposal_needs_addke(sa->peer->conn->ike)
		       ? 0
		       : PROPOSAL_ADDKE_NONE;
}

static enum rc emit_payloads(struct step *step, const struct ike_creation *creation,
			     struct writer *writer)
{
	struct wire_ke ke = { dh_pair_alg(creation->pair)->id, dh_public(creation->pair) };
	uint8_t *spi = arena_alloc(step->arena, 8);
	struct wire_sa offer;
	struct sink sink;

	if (spi == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, spi, 8);
	sink_u64(&sink, creation->spi);
	TRY(proposal_offer(step->arena, step->sa->peer->conn->ike, span_make(spi, 8),
			   flags_of(step->sa), &offer));
	wire_sa_emit(writer, &offer);
	wire_nonce_emit(writer, SPAN_OF(creation->ni));
	wire_ke_emit(writer, &ke);
	return RC_OK;
}

static enum rc emit_request(struct step *step, struct outcome *out)
{
	struct sink sink;
	struct writer writer;

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	TRY(inner_start(step->arena, &sink, &writer));
	TRY(emit_payloads(step, out->creation, &writer));
	out->message.exchange = EXCHANGE_CREATE_CHILD_SA;
	out->message.purpose = REQUEST_REKEY_IKE;
	return inner_finish(&writer, &sink, &out->message);
}

const step_fn rekey_ike_steps[] = { begin /* suspends: DH key pair */, emit_request, NULL };

/* ---- once more, with the group that the peer wants ---- */

static const step_fn rekey_again_steps[] = { emit_request, NULL };

static enum rc again(struct step *step, const struct wire_notify *notify, struct outcome *out)
{
	uint16_t group;

	if (create_wanted_group(notify, step->sa->peer->conn->ike, step->sa->creation, &group,
				&out->diag) == RC_OK)
		return create_again(step, group, rekey_again_steps, out);
	out->creation_failed = RC_NO_PROPOSAL;
	return RC_OK;
}

/* ---- the answer ---- */

void rekey_find_heir(const struct step *step, struct outcome *out)
{
	const struct ike_creation *creation = step->sa->creation;

	if (creation->rival != 0)
		out->heir = ike_sa_by_serial(step->env->sas, creation->rival);
	if (out->heir != NULL && out->heir->heir_of != step->sa->serial)
		out->heir = NULL;
}

/* The peer believes in an IKE SA that we cannot have: only a new beginning heals that. */
static enum rc unacceptable(struct outcome *out, enum rc rc)
{
	if (rc != RC_NO_MEMORY)
		out->ike_ended = rc;
	return rc == RC_NO_MEMORY ? rc : RC_OK;
}

static enum rc read_answer(struct step *step, struct create_response *in, struct outcome *out)
{
	struct ike_creation *creation = step->sa->creation;

	if (in->sa.proposal_count == 0 || in->nr.len == 0 || in->ke.data.len == 0)
		return diag_fail(&out->diag, RC_NO_PROPOSAL, "an answer without SA, Nr or KE");
	TRY(proposal_accept(step->sa->peer->conn->ike, &in->sa, flags_of(step->sa), &in->choice,
			    &out->diag));
	TRY(proposal_ike_suite(&in->choice, &in->suite));
	if (in->choice.spi_len != 8)
		return diag_fail(&out->diag, RC_NO_PROPOSAL, "IKE SPI of %u bytes",
				 in->choice.spi_len);
	if (in->ke.group != in->choice.dh || in->ke.group != dh_pair_alg(creation->pair)->id)
		return diag_fail(&out->diag, RC_INVALID_KE,
				 "peer chose DH group %u but its KE is of group %u", in->choice.dh,
				 in->ke.group);
	return create_compute(step, &creation->pair, in->ke.data, out);
}

static enum rc read_response(struct step *step, struct outcome *out)
{
	struct create_response *in = step->scratch;
	struct wire_notify notify;
	enum rc rc;

	if (notify_find(step->message, INVALID_KE_PAYLOAD, &notify))
		return again(step, &notify, out);
	rekey_find_heir(step, out);
	if (notify_error(step->message, &notify))
		return create_refused(step, &notify, out);
	rc = read_answer(step, in, out);
	return rc == RC_SUSPEND ? rc : unacceptable(out, rc);
}

static enum rc make_successor(struct step *step, struct outcome *out)
{
	const struct create_response *in = step->scratch;
	const struct ike_creation *creation = step->sa->creation;
	struct span spi = span_make(in->choice.spi, 8);
	struct ike_sa *born;

	TRY(ike_sa_new_successor(step->env->sas, step->sa, INITIATOR, &out->successor));
	born = out->successor;
	born->spi_i = creation->spi;
	TRY(span_u64(&spi, &born->spi_r));
	born->choice = in->choice;
	born->suite = in->suite;
	return ike_keys_rekey(&step->sa->suite, &step->sa->keys, &born->suite,
			      secret_span(&out->shared), SPAN_OF(creation->ni), in->nr, born->spi_i,
			      born->spi_r, &born->keys);
}

/* More key exchanges come, and the SA after them; unless the peer's is the one that stays. */
static enum rc more(struct step *step, const struct create_response *in, struct outcome *out)
{
	if (followup_stands_back(step, in->nr, out))
		return RC_OK;
	out->heir = NULL;
	return followup_begin_ike(step, out);
}

/* §2.8.1: of two that crossed the one with the lowest nonce goes. */
static enum rc finish(struct step *step, struct outcome *out)
{
	const struct create_response *in = step->scratch;
	enum rc rc;

	if (out->creation_failed != RC_OK || out->ike_ended != RC_OK)
		return RC_OK;
	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return unacceptable(out, step->rc);
	}
	if (followup_wanted(&in->choice))
		return more(step, in, out);
	rc = make_successor(step, out);
	if (rc != RC_OK)
		return unacceptable(out, rc);
	rekey_find_heir(step, out);
	if (out->heir != NULL && !creation_lost(step->sa->creation, in->nr))
		out->heir = NULL;
	out->old_is_ours = out->heir == NULL;
	return RC_OK;
}

const step_fn rekey_response_steps[] = { read_response /* suspends: DH */, finish, NULL };
