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

static bool is_kept(uint8_t type)
{
	return type == PAYLOAD_IDi || type == PAYLOAD_IDr || type == PAYLOAD_CERTREQ ||
	       type == PAYLOAD_SA || type == PAYLOAD_TSi || type == PAYLOAD_TSr ||
	       type == PAYLOAD_CP || type == PAYLOAD_NOTIFY;
}

/* Payload by payload; a header's first byte names the next one. The message was parsed, so lengths
 * are right. False: too large. */
static bool copy_kept(struct ike_rounds *rounds, struct span in, uint8_t type)
{
	uint8_t *named = &rounds->first_type;

	while (type != PAYLOAD_NONE && in.len >= 4) {
		size_t len = (size_t)in.ptr[2] << 8 | in.ptr[3];
		if (len < 4 || len > in.len)
			break;
		if (is_kept(type)) {
			if (rounds->first_len + len > ROUNDS_FIRST_MAX)
				return false;
			memcpy(rounds->first + rounds->first_len, in.ptr, len);
			*named = type;
			named = rounds->first + rounds->first_len;
			rounds->first_len += (uint32_t)len;
		}
		type = in.ptr[0];
		in = span_make(in.ptr + len, in.len - len);
	}
	*named = PAYLOAD_NONE;
	return true;
}

/* CERT and AUTH have done their work, and are most of it. */
static enum rc keep_first(struct ike_rounds *rounds, const struct ike_message *first)
{
	size_t room = first->inner.len < ROUNDS_FIRST_MAX ? first->inner.len : ROUNDS_FIRST_MAX;
	uint8_t *fitting;

	rounds->first = mem_alloc(room + 1);
	if (rounds->first == NULL)
		return RC_NO_MEMORY;
	if (!copy_kept(rounds, first->inner, first->inner_type))
		return RC_LIMIT;
	fitting = mem_resize(rounds->first, rounds->first_len + 1);
	if (fitting != NULL)
		rounds->first = fitting;
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
	rounds->kinds = out->kinds;
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
