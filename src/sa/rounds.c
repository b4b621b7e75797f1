/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "sa/rounds.h"

void rounds_free(struct ike_rounds *rounds)
{
	if (rounds == NULL)
		return;
	identity_free(&rounds->id);
	mem_free(rounds->first);
	mem_free(rounds->proof);
	mem_free(rounds);
}

static enum rc keep_first(struct ike_rounds *rounds, const struct ike_message *first)
{
	rounds->first = mem_alloc(first->inner.len + 1);
	if (rounds->first == NULL)
		return RC_NO_MEMORY;
	memcpy(rounds->first, first->inner.ptr, first->inner.len);
	rounds->first_len = (uint32_t)first->inner.len;
	rounds->first_type = first->inner_type;
	rounds->first_id = first->header.message_id;
	return RC_OK;
}

static enum rc keep_proof(struct ike_rounds *rounds, const struct x509_proof *proof)
{
	struct x509_proof *kept = rounds->proof == NULL ? x509_proof_copy(proof)
							: x509_proof_join(rounds->proof, proof);

	if (kept == NULL)
		return RC_NO_MEMORY;
	mem_free(rounds->proof);
	rounds->proof = kept;
	return RC_OK;
}

enum rc rounds_note(struct ike_larval *larval, const struct outcome_rounds *out)
{
	struct ike_rounds *rounds = larval->rounds;

	if (!out->done)
		return RC_OK;
	if (rounds == NULL)
		rounds = larval->rounds = mem_alloc(sizeof(*rounds));
	if (rounds == NULL)
		return RC_NO_MEMORY;
	rounds->ours = (uint8_t)(rounds->ours + out->ours);
	rounds->theirs = (uint8_t)(rounds->theirs + out->theirs);
	if (out->peer != 0)
		rounds->peer = out->peer;
	if (out->first != NULL && rounds->first == NULL)
		TRY(keep_first(rounds, out->first));
	if (out->id != NULL && rounds->id.type == ID_NONE)
		TRY(identity_from_wire(out->id, &rounds->id));
	return out->proof != NULL ? keep_proof(rounds, out->proof) : RC_OK;
}

enum rc rounds_first(struct arena *arena, const struct ike_rounds *rounds, struct ike_message *out)
{
	struct span inner = arena_copy(arena, span_make(rounds->first, rounds->first_len));

	if (inner.ptr == NULL)
		return RC_NO_MEMORY;
	*out = (struct ike_message){ .inner = inner, .inner_type = rounds->first_type };
	out->header.exchange = EXCHANGE_IKE_AUTH;
	out->header.flags = IKE_FLAG_INITIATOR;
	out->header.message_id = rounds->first_id;
	return wire_inner_parse(arena, inner, rounds->first_type, out, NULL, NULL);
}
