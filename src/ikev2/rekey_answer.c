/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.3.2: the peer wants a new IKE SA in place of this one. Each step in the order of time.
 */
#include "ikev2/create.h"

#define REKEYED_MAX 8 /* a peer that never deletes what it has rekeyed */

static enum rc check_count(const struct peer *peer, struct outcome *out)
{
	unsigned count = 0;

	list_for(node, &peer->ike_sas) count +=
		container_of(node, struct ike_sa, in_peer)->state == IKE_REKEYED;
	if (count < REKEYED_MAX)
		return RC_OK;
	return diag_fail(&out->diag, RC_TEMPORARY_FAILURE,
			 "peer rekeys again, but has not deleted %u IKE SAs that it rekeyed before",
			 count);
}

/* Nor while one is made whose key exchanges go on, by either end (RFC 9370 §2.2.4). Another one of
 * the peer for the IKE SA itself takes the place of the first. */
static enum rc check_followups(const struct ike_sa *sa, struct outcome *out)
{
	if (sa->creation != NULL && sa->creation->followup != NULL)
		return followup_check_ike(sa, &out->diag);
	if (sa->followups == NULL || followup_of_ike(sa))
		return RC_OK;
	return diag_fail(&out->diag, RC_TEMPORARY_FAILURE,
			 "peer wants to rekey the IKE SA before the key exchanges of a Child SA "
			 "are done");
}

/* §2.25.2: not while we make, rekey or delete a Child SA in it. */
static enum rc check_idle(const struct ike_sa *sa, struct outcome *out)
{
	uint8_t purpose = sa->request.bytes != NULL ? sa->request.purpose : REQUEST_NONE;

	if (purpose != REQUEST_CREATE_CHILD && purpose != REQUEST_REKEY_CHILD &&
	    purpose != REQUEST_DELETE_CHILD && !sa->delete_wanted)
		return check_followups(sa, out);
	return diag_fail(&out->diag, RC_TEMPORARY_FAILURE,
			 "peer wants to rekey the IKE SA while we change its Child SAs");
}

static enum rc choose(struct step *step, struct create_request *in, struct outcome *out)
{
	struct ike_sa *born;
	struct span spi;

	TRY(proposal_choose(step->sa->peer->conn->ike, &in->sa, in->ke.group, 0, &in->choice,
			    &out->diag));
	if (in->choice.spi_len != 8)
		return diag_fail(&out->diag, RC_SYNTAX, "IKE SPI of %u bytes", in->choice.spi_len);
	if (followup_wanted(&in->choice))
		TRY(followup_check_room(step->sa, &out->diag));
	if (in->choice.dh != in->ke.group)
		return create_want_group(step, in->choice.dh, out);
	TRY(ike_sa_new_successor(step->env->sas, step->sa, RESPONDER, &out->successor));
	born = out->successor;
	spi = span_make(in->choice.spi, 8);
	TRY(span_u64(&spi, &born->spi_i));
	born->choice = in->choice;
	return proposal_ike_suite(&in->choice, &born->suite);
}

static enum rc read_request(struct step *step, struct outcome *out)
{
	struct create_request *in = step->scratch;

	if (in->ke.data.len == 0)
		return diag_fail(&out->diag, RC_SYNTAX, "an IKE SA cannot be rekeyed without KE");
	TRY(check_idle(step->sa, out));
	TRY(check_count(step->sa->peer, out));
	TRY(choose(step, in, out));
	TRY(host_random(step->env->host, in->nr, sizeof(in->nr)));
	return create_answer_dh(step, &in->ke, &in->public, out);
}

void rekey_note_rival(const struct step *step, struct span ni, struct span nr, struct outcome *out)
{
	const struct ike_creation *creation = step->sa->creation;

	if (creation == NULL || creation->purpose != REQUEST_REKEY_IKE)
		return;
	out->successor_waits = true;
	out->rival_nonce = nonce_lower(ni, nr);
}

enum rc rekey_emit_answer(struct step *step, uint64_t spi, struct outcome *out)
{
	struct create_request *in = step->scratch;
	struct wire_ke ke = { in->ke.group, in->public };
	uint8_t *bytes = arena_alloc(step->arena, 8);
	struct wire_sa answer;
	struct sink sink;
	struct writer writer;

	if (bytes == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, bytes, 8);
	sink_u64(&sink, spi);
	TRY(proposal_answer(step->arena, &in->choice, span_make(bytes, 8), &answer));
	TRY(inner_start(step->arena, &sink, &writer));
	wire_sa_emit(&writer, &answer);
	wire_nonce_emit(&writer, SPAN_OF(in->nr));
	wire_ke_emit(&writer, &ke);
	if (out->followup != NULL)
		followup_emit_link(&writer, out->followup);
	out->message.exchange = EXCHANGE_CREATE_CHILD_SA;
	out->message.response = true;
	return inner_finish(&writer, &sink, &out->message);
}

static enum rc respond(struct step *step, struct outcome *out)
{
	struct create_request *in = step->scratch;
	struct ike_sa *born = out->successor;

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	if (followup_wanted(&in->choice))
		return followup_open_ike(step, out);
	TRY(ike_keys_rekey(&step->sa->suite, &step->sa->keys, &born->suite,
			   secret_span(&out->shared), in->ni, SPAN_OF(in->nr), born->spi_i,
			   born->spi_r, &born->keys));
	rekey_note_rival(step, in->ni, SPAN_OF(in->nr), out);
	return rekey_emit_answer(step, born->spi_r, out);
}

const step_fn rekey_answer_steps[] = { read_request /* suspends: DH */, respond, NULL };
