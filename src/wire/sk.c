/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypted payload, RFC 7296 §3.14, and Encrypted Fragment payload, RFC 7383 §2.5. */
#include "wire/body.h"

/* "Fragment Number ... MUST be less than or equal to the next field (Total Fragments)"; none is
 * zero. */
static enum rc fragment_parse(struct span *in, struct wire_sk *out, struct diag *diag)
{
	TRY(body_needs(*in, 4, "SKF", diag));
	TRY(span_u16(in, &out->fragment));
	TRY(span_u16(in, &out->fragments));
	if (out->fragment == 0 || out->fragment > out->fragments)
		return diag_fail(diag, RC_SYNTAX, "SKF payload is fragment %u of %u", out->fragment,
				 out->fragments);
	if (out->fragments > LIMIT_FRAGMENTS)
		return diag_fail(diag, RC_LIMIT,
				 "SKF payload is one of %u fragments; at most %d are accepted",
				 out->fragments, LIMIT_FRAGMENTS);
	return RC_OK;
}

static enum rc parts_take(struct span *in, size_t iv_len, size_t icv_len, struct wire_sk *out,
			  struct diag *diag)
{
	if (in->len <= iv_len || in->len - iv_len <= icv_len)
		return diag_fail(diag, RC_TRUNCATED,
				 "SK payload has %zu bytes; the IV has %zu, the ICV %zu, and the "
				 "ciphertext at least 1",
				 in->len, iv_len, icv_len);
	TRY(span_take(in, iv_len, &out->iv));
	TRY(span_take(in, in->len - icv_len, &out->ciphertext));
	out->icv = *in;
	return RC_OK;
}

enum rc wire_sk_parse(const struct ike_message *message, const struct payload *payload,
		      size_t iv_len, size_t icv_len, struct wire_sk *out, struct diag *diag)
{
	struct span in = payload->body;
	const uint8_t *start = message->raw.ptr;
	struct wire_sk sk = { 0 };

	if ((payload->type != PAYLOAD_SK && payload->type != PAYLOAD_SKF) || payload->encrypted)
		return diag_fail(diag, RC_INTERNAL, "payload %u is not a received SK or SKF",
				 payload->type);
	if (payload->type == PAYLOAD_SKF)
		TRY(fragment_parse(&in, &sk, diag));
	sk.aad = span_make(start, (size_t)(in.ptr - start));
	TRY(parts_take(&in, iv_len, icv_len, &sk, diag));
	sk.signed_part = span_make(start, (size_t)(sk.icv.ptr - start));
	*out = sk;
	return RC_OK;
}

static void room_divide(const struct writer *writer, uint8_t *room, size_t iv_len, size_t text_len,
			struct wire_sk_room *out)
{
	const uint8_t *start = writer->sink->ptr + writer->start;

	out->iv = room;
	out->text = room + iv_len;
	out->text_len = text_len;
	out->icv = room + iv_len + text_len;
	out->aad = span_make(start, (size_t)(room - start));
	out->signed_part = span_make(start, (size_t)(out->icv - start));
}

enum rc wire_sk_emit(struct writer *writer, uint8_t first_type, uint16_t fragment,
		     uint16_t fragments, size_t iv_len, size_t text_len, size_t icv_len,
		     struct wire_sk_room *out)
{
	struct sink *sink = writer->sink;
	uint8_t *room;

	if (writer->inner)
		return RC_INTERNAL;
	if (!emit_fits(sink, iv_len, UINT8_MAX) || !emit_fits(sink, icv_len, UINT8_MAX) ||
	    !emit_fits(sink, text_len, LIMIT_MESSAGE))
		return RC_LIMIT;
	writer_payload_begin(writer, fragments == 0 ? PAYLOAD_SK : PAYLOAD_SKF, false);
	if (fragment <= 1)
		sink_patch_u8(sink, writer->next_at, first_type);
	if (fragments != 0) {
		sink_u16(sink, fragment);
		sink_u16(sink, fragments);
	}
	room = sink_room(sink, iv_len + text_len + icv_len);
	writer_payload_end(writer);
	TRY(writer_message_end(writer));
	room_divide(writer, room, iv_len, text_len, out);
	return RC_OK;
}
