/* SPDX-License-Identifier: Apache-2.0 */
/* rfc4739 §2.2: a further IKE_AUTH request, which is built by the last step of an IKE_AUTH
 * response. Each step in the order of time, the first last. */
#include "ikev2/certs.h"
#include "ikev2/intermediate.h"
#include "ikev2/rounds.h"

struct round_making {
	struct auth_ends ends;
	struct identity id;
	struct wire_id idi;
	struct prove prove;
	bool ours; /* we have another proof to give */
};

static enum rc sign(struct step *step, struct round_making *making, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	const struct ike_larval *larval = sa->larval;
	struct auth_input input = {
		.suite = &sa->suite,
		.message = span_make(larval->init_request, larval->init_request_len),
		.nonce = span_make(larval->nr, larval->nr_size),
		.sk_p = ike_key(keys_now(sa, out), &sa->suite, SK_pi),
		.id = &making->idi,
	};
	uint32_t first = larval->rounds == NULL ? sa->send_next - 1 : sa->send_next;

	TRY(intermediate_signed(step, out, rounds_auth_id(sa, first), &input.int_auth));
	return prove_begin(step, &making->ends, &larval->accepts, &input, &making->prove, out);
}

static enum rc begin(struct step *step, struct outcome *out)
{
	struct round_making *making = ARENA_NEW(step->arena, struct round_making);
	const struct peer *peer = step->peer;

	if (making == NULL)
		return RC_NO_MEMORY;
	step->scratch = making;
	making->ours = peer_local_end(peer)->second != NULL;
	if (!making->ours)
		return RC_OK;
	making->ends = (struct auth_ends){ .peer = peer,
					   .remote_id = rounds_expected(peer),
					   .local = &step->sa->local,
					   .remote = &step->sa->remote,
					   .again = true };
	TRY(auth_local_id(step, &making->ends, &making->id, &out->diag));
	making->idi = identity_to_wire(&making->id);
	return sign(step, making, out);
}

static void emit_proof(const struct step *step, const struct round_making *making,
		       struct writer *writer, struct outcome *out)
{
	const struct config_end *remote = peer_remote_end(step->peer)->second;
	struct wire_auth auth = { making->prove.method, making->prove.value };

	wire_id_emit(writer, PAYLOAD_IDi, &making->idi);
	certs_emit(auth_local_end(&making->ends), &making->prove, step->sa->larval->cert_asked,
		   writer);
	if (remote != NULL && !identity_has_wildcard(&remote->id)) {
		struct wire_id idr = identity_to_wire(&remote->id);
		wire_id_emit(writer, PAYLOAD_IDr, &idr);
	}
	wire_auth_emit(writer, &auth);
	rounds_proven(step->peer, out, true, auth.method, &making->idi);
}

static enum rc emit(struct step *step, struct outcome *out)
{
	struct round_making *making = step->scratch;
	struct sink sink;
	struct writer writer;

	TRY(prove_end(step, &making->prove, out));
	TRY(inner_start_with(step->arena, prove_room(&making->prove), &sink, &writer));
	if (making->ours)
		emit_proof(step, making, &writer, out);
	out->message.exchange = EXCHANGE_IKE_AUTH;
	out->message.purpose = REQUEST_AUTH;
	return inner_finish(&writer, &sink, &out->message);
}

static const step_fn request_steps[] = { begin /* suspends: signature */, emit, NULL };

void round_request_make(struct step *step)
{
	step->divert = request_steps;
}
