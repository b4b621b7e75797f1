/* SPDX-License-Identifier: Apache-2.0 */
/* Protected messages: inner payloads sealed into an SK payload, and opened again (RFC 7296 §3.14).
 */
#include "ikev2/private.h"

#define SK_HEADER_LEN 4

static struct span sk_key(const struct ike_sa *sa, bool ours, bool encryption)
{
	bool initiator = (sa->role == INITIATOR) == ours;

	if (encryption)
		return ike_key(&sa->keys, &sa->suite, initiator ? SK_ei : SK_er);
	return ike_key(&sa->keys, &sa->suite, initiator ? SK_ai : SK_ar);
}

enum rc ikev2_seal(const struct ike_sa *sa, uint64_t counter, uint32_t message_id,
		   const struct outcome_message *message, struct sink *out)
{
	struct ike_header header = header_of(sa, message->exchange, message->response, message_id);
	size_t overhead = sk_overhead(&sa->suite, message->bytes.len);
	size_t start = out->len;
	size_t iv_at = IKE_HEADER_LEN + SK_HEADER_LEN;
	size_t total = iv_at + message->bytes.len + overhead;
	uint8_t *whole;

	if (total > LIMIT_MESSAGE)
		return RC_LIMIT;
	header.next = PAYLOAD_SK;
	header.length = (uint32_t)total;
	wire_header_emit(out, &header);
	sink_u8(out, message->first_type);
	sink_u8(out, 0);
	sink_u16(out, (uint16_t)(total - IKE_HEADER_LEN));
	whole = sink_room(out, total - iv_at);
	TRY(sink_rc(out));
	sink_patch_u8(out, start + 16, PAYLOAD_SK);
	sink_patch_u32(out, start + 24, (uint32_t)total);
	whole = out->ptr + start;
	if (message->bytes.len > 0)
		memcpy(whole + iv_at + sa->suite.encr->iv_len, message->bytes.ptr,
		       message->bytes.len);
	return sk_seal(&sa->suite, sk_key(sa, true, true), sk_key(sa, true, false), counter, whole,
		       iv_at, message->bytes.len);
}

static const struct payload *sk_payload(const struct ike_message *message)
{
	return wire_payload_find(message, PAYLOAD_SK);
}

static size_t icv_len(const struct ike_suite *suite)
{
	return suite->integ != NULL ? suite->integ->icv_len : suite->encr->icv_len;
}

/* Until the ICV is checked nothing is known of the sender: whatever is wrong by then is
 * RC_INTEGRITY. */
static enum rc not_authentic(struct diag *diag, enum rc rc)
{
	if (rc == RC_NO_MEMORY)
		return rc;
	if (diag != NULL && diag->text[0] == '\0')
		(void)diag_fail(diag, rc,
				"the message does not decrypt with the keys of this IKE SA");
	return RC_INTEGRITY;
}

static enum rc open_sealed(const struct ike_sa *sa, struct arena *arena,
			   const struct ike_message *message, const struct payload *payload,
			   struct span *out, struct diag *diag)
{
	struct wire_sk sk;
	uint8_t *plain;
	size_t len = 0;

	TRY(wire_sk_parse(message, payload, sa->suite.encr->iv_len, icv_len(&sa->suite), &sk,
			  diag));
	plain = arena_alloc(arena, sk.ciphertext.len + 1);
	if (plain == NULL)
		return RC_NO_MEMORY;
	TRY(sk_open(&sa->suite, sk_key(sa, false, true), sk_key(sa, false, false), sk.aad,
		    sk.signed_part, sk.iv, sk.ciphertext, sk.icv, plain, &len));
	*out = span_make(plain, len);
	return RC_OK;
}

enum rc ikev2_open(const struct ike_sa *sa, struct arena *arena, struct ike_message *message,
		   uint8_t *critical_type, struct diag *diag)
{
	const struct payload *payload = sk_payload(message);
	struct span plain = SPAN_NONE;
	enum rc rc;

	if (payload == NULL)
		return diag_fail(diag, RC_INTEGRITY,
				 "no SK payload in a message that must be protected");
	rc = open_sealed(sa, arena, message, payload, &plain, diag);
	if (rc != RC_OK)
		return not_authentic(diag, rc);
	message->inner = plain;
	message->inner_type = payload->inner;
	return wire_inner_parse(arena, plain, payload->inner, message, critical_type, diag);
}
