/* SPDX-License-Identifier: Apache-2.0 */
/* Messages in fragments, RFC 7383: sealed one by one, opened one by one, put together again. */
#include "ikev2/sealed.h"

#define PIECE_MIN 32 /* of plaintext in a fragment, however small the limit */

static size_t sealed_len(const struct ike_sa *sa, size_t plain_len, bool fragment)
{
	return protected_overhead(fragment) + plain_len + sk_overhead(&sa->suite, plain_len);
}

/* The most plaintext that a fragment of that size holds. Padding fills the cipher's blocks and has
 * at least its length byte. */
static size_t piece_of(const struct ike_sa *sa, size_t limit)
{
	size_t block = sa->suite.encr->block_len;
	size_t fixed = protected_overhead(true) + sa->suite.encr->iv_len + sk_icv_len(&sa->suite);
	size_t room = limit > fixed ? (limit - fixed) / block * block : 0;

	return room > PIECE_MIN ? room - 1 : PIECE_MIN;
}

struct seal_plan ikev2_seal_plan(const struct ike_sa *sa, size_t inner_len, size_t limit)
{
	struct seal_plan plan = { .parts = 1, .total = sealed_len(sa, inner_len, false) };
	size_t least = (inner_len + FRAGMENTS_SENT_MAX - 1) / FRAGMENTS_SENT_MAX, last;

	plan.piece = inner_len;
	if (limit == 0 || plan.total <= limit)
		return plan;
	plan.piece = piece_of(sa, limit);
	if (plan.piece < least)
		plan.piece = least;
	plan.parts = (unsigned)((inner_len + plan.piece - 1) / plan.piece);
	last = inner_len - (plan.parts - 1) * plan.piece;
	plan.total =
		(plan.parts - 1) * sealed_len(sa, plan.piece, true) + sealed_len(sa, last, true);
	return plan;
}

enum rc ikev2_seal_parts(const struct ike_sa *sa, uint64_t *counter, uint32_t message_id,
			 const struct outcome_message *message, const struct seal_plan *plan,
			 struct sink *out)
{
	struct ike_header header = header_of(sa, message->exchange, message->response, message_id);
	struct span rest = message->bytes;

	if (plan->parts <= 1)
		return ikev2_seal(sa, (*counter)++, message_id, message, out);
	for (unsigned i = 1; i <= plan->parts; i++) {
		struct protected_part part = { .fragment = (uint16_t)i,
					       .fragments = (uint16_t)plan->parts,
					       .first_type = message->first_type };
		size_t len = i < plan->parts ? plan->piece : rest.len;
		TRY(span_take(&rest, len, &part.plain));
		TRY(protected_seal(sa, (*counter)++, &header, part, out));
	}
	return RC_OK;
}

/* Each begins with an IKE header that tells its length. */
bool ikev2_part_next(struct span *kept, struct span *part)
{
	struct span length;
	uint32_t len;

	if (kept->len < IKE_HEADER_LEN)
		return false;
	length = span_make(kept->ptr + 24, 4);
	return span_u32(&length, &len) == RC_OK && len >= IKE_HEADER_LEN &&
	       span_take(kept, len, part) == RC_OK;
}

static const struct payload *protected_payload(const struct ike_message *message)
{
	const struct payload *last = message->last;

	if (last == NULL || (last->type != PAYLOAD_SK && last->type != PAYLOAD_SKF))
		return NULL;
	return last;
}

static enum rc reopen_part(const struct ike_sa *sa, struct arena *arena, struct span bytes,
			   struct outcome_message *message, uint32_t *message_id, struct sink *out)
{
	struct ike_message parsed;
	struct protected_part part;
	const struct payload *payload;

	TRY(wire_message_parse(arena, bytes, &parsed, NULL, NULL));
	payload = protected_payload(&parsed);
	if (payload == NULL)
		return RC_NOT_FOUND;
	TRY(protected_open(sa, true, arena, &parsed, payload, &part, NULL));
	sink_span(out, part.plain);
	if (part.fragment <= 1)
		message->first_type = part.first_type;
	message->exchange = parsed.header.exchange;
	message->response = (parsed.header.flags & IKE_FLAG_RESPONSE) != 0;
	*message_id = parsed.header.message_id;
	return RC_OK;
}

enum rc ikev2_reopen(const struct ike_sa *sa, struct arena *arena, struct span kept,
		     struct outcome_message *message, uint32_t *message_id)
{
	uint8_t *plain = arena_alloc(arena, kept.len + 1);
	struct span part;
	struct sink sink;

	if (plain == NULL)
		return RC_NO_MEMORY;
	*message = (struct outcome_message){ .present = true };
	sink_init(&sink, plain, kept.len);
	while (ikev2_part_next(&kept, &part))
		TRY(reopen_part(sa, arena, part, message, message_id, &sink));
	message->bytes = sink_written(&sink);
	return sink_rc(&sink);
}

/* RFC 7383 §2.5.3: no exchange has unprotected payloads beside protected ones. */
static enum rc only_fragment(const struct ike_message *message, enum fragment_fault *fault,
			     struct diag *diag)
{
	if (message->count == 1 && message->first->type == PAYLOAD_SKF)
		return RC_OK;
	*fault = FRAGMENT_CLEAR;
	return diag_fail(diag, RC_INTEGRITY,
			 "a fragment has %u payloads; expected SKF alone (RFC 7383 section 2.5.3)",
			 message->count);
}

enum rc ikev2_open_fragment(const struct ike_sa *sa, struct arena *arena, struct span bytes,
			    struct fragment *out, enum fragment_fault *fault, struct diag *diag)
{
	struct ike_message *message = ARENA_NEW(arena, struct ike_message);
	struct protected_part part;
	enum rc rc;

	*fault = FRAGMENT_MEMORY;
	if (message == NULL)
		return RC_NO_MEMORY;
	*fault = FRAGMENT_UNREADABLE;
	TRY(wire_message_parse(arena, bytes, message, NULL, diag));
	TRY(only_fragment(message, fault, diag));
	rc = protected_open(sa, false, arena, message, message->first, &part, diag);
	if (rc != RC_OK)
		return not_authentic(diag, rc);
	*out = (struct fragment){ .header = &message->header,
				  .number = part.fragment,
				  .total = part.fragments,
				  .first_type = part.first_type,
				  .plain = part.plain };
	*fault = FRAGMENT_FINE;
	return RC_OK;
}

/* The SK payload that they would have been. */
static enum rc add_sk(struct arena *arena, struct ike_message *message)
{
	struct payload *payload = ARENA_NEW(arena, struct payload);

	if (payload == NULL)
		return RC_NO_MEMORY;
	payload->type = PAYLOAD_SK;
	payload->inner = message->inner_type;
	message->first = message->last = payload;
	message->count = 1;
	message->seen[PAYLOAD_SK - PAYLOAD_SA]++;
	return RC_OK;
}

enum rc ikev2_assemble(struct arena *arena, const struct reassembly *reassembly,
		       struct ike_message *out, uint8_t *critical_type, struct diag *diag)
{
	*out = (struct ike_message){ .header = reassembly->header,
				     .inner_type = reassembly->first_type };
	TRY(reassembly_join(reassembly, arena, &out->inner));
	out->header.next = PAYLOAD_SK;
	out->header.length = (uint32_t)(protected_overhead(false) + out->inner.len);
	TRY(add_sk(arena, out));
	return wire_inner_parse(arena, out->inner, out->inner_type, out, critical_type, diag);
}
