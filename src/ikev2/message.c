/* SPDX-License-Identifier: Apache-2.0 */
/* Protected messages: inner payloads sealed into an SK payload, and opened again (RFC 7296 §3.14).
 */
#include "ikev2/sealed.h"

static struct span sk_key(const struct ike_sa *sa, bool ours, bool encryption)
{
	bool initiator = (sa->role == INITIATOR) == ours;

	if (encryption)
		return ike_key(&sa->keys, &sa->suite, initiator ? SK_ei : SK_er);
	return ike_key(&sa->keys, &sa->suite, initiator ? SK_ai : SK_ar);
}

enum rc protected_seal(const struct ike_sa *sa, uint64_t counter, const struct ike_header *like,
		       struct protected_part part, struct sink *out)
{
	struct ike_header header = *like;
	size_t start = out->len;
	size_t iv_at = protected_overhead(part.fragments > 0);
	size_t total = iv_at + part.plain.len + sk_overhead(&sa->suite, part.plain.len);
	uint8_t *whole;

	if (total > LIMIT_MESSAGE)
		return RC_LIMIT;
	header.next = part.fragments > 0 ? PAYLOAD_SKF : PAYLOAD_SK;
	header.length = (uint32_t)total;
	wire_header_emit(out, &header);
	sink_u8(out, part.fragment <= 1 ? part.first_type : (uint8_t)PAYLOAD_NONE);
	sink_u8(out, 0);
	sink_u16(out, (uint16_t)(total - IKE_HEADER_LEN));
	if (part.fragments > 0) {
		sink_u16(out, part.fragment);
		sink_u16(out, part.fragments);
	}
	whole = sink_room(out, total - iv_at);
	TRY(sink_rc(out));
	sink_patch_u8(out, start + 16, header.next);
	sink_patch_u32(out, start + 24, (uint32_t)total);
	whole = out->ptr + start;
	if (part.plain.len > 0)
		memcpy(whole + iv_at + sa->suite.encr->iv_len, part.plain.ptr, part.plain.len);
	return sk_seal(&sa->suite, sk_key(sa, true, true), sk_key(sa, true, false), counter, whole,
		       iv_at, part.plain.len);
}

enum rc ikev2_seal(const struct ike_sa *sa, uint64_t counter, uint32_t message_id,
		   const struct outcome_message *message, struct sink *out)
{
	struct ike_header header = header_of(sa, message->exchange, message->response, message_id);

	return protected_seal(sa, counter, &header,
			      (struct protected_part){ .first_type = message->first_type,
						       .plain = message->bytes },
			      out);
}

static const struct payload *sk_payload(const struct ike_message *message)
{
	return wire_payload_find(message, PAYLOAD_SK);
}

/* Until the ICV is checked nothing is known of the sender: whatever is wrong by then is
 * RC_INTEGRITY. */
enum rc not_authentic(struct diag *diag, enum rc rc)
{
	if (rc == RC_NO_MEMORY)
		return rc;
	if (diag != NULL && diag->text[0] == '\0')
		(void)diag_fail(diag, rc,
				"the message does not decrypt with the keys of this IKE SA");
	return RC_INTEGRITY;
}

enum rc protected_open(const struct ike_sa *sa, bool ours, struct arena *arena,
		       const struct ike_message *message, const struct payload *payload,
		       struct protected_part *out, struct diag *diag)
{
	struct wire_sk sk;
	uint8_t *plain;
	size_t len = 0;

	TRY(wire_sk_parse(message, payload, sa->suite.encr->iv_len, sk_icv_len(&sa->suite), &sk,
			  diag));
	plain = arena_alloc(arena, sk.ciphertext.len + 1);
	if (plain == NULL)
		return RC_NO_MEMORY;
	TRY(sk_open(&sa->suite, sk_key(sa, ours, true), sk_key(sa, ours, false), sk.aad,
		    sk.signed_part, sk.iv, sk.ciphertext, sk.icv, plain, &len));
	*out = (struct protected_part){ .fragment = sk.fragment,
					.fragments = sk.fragments,
					.first_type = payload->inner,
					.plain = span_make(plain, len) };
	return RC_OK;
}

enum rc ikev2_open(const struct ike_sa *sa, struct arena *arena, struct ike_message *message,
		   uint8_t *critical_type, struct diag *diag)
{
	const struct payload *payload = sk_payload(message);
	struct protected_part part;
	enum rc rc;

	if (payload == NULL)
		return diag_fail(diag, RC_INTEGRITY,
				 "no SK payload in a message that must be protected");
	rc = protected_open(sa, false, arena, message, payload, &part, diag);
	if (rc != RC_OK)
		return not_authentic(diag, rc);
	message->inner = part.plain;
	message->inner_type = part.first_type;
	return wire_inner_parse(arena, part.plain, part.first_type, message, critical_type, diag);
}
