/* SPDX-License-Identifier: Apache-2.0 */
/* Extensible Authentication Protocol payload, RFC 7296 §3.16 (the packet is RFC 3748's, §4). */
#include "wire/body.h"

#define EAP_HEADER_LEN 4

static bool code_has_type(uint8_t code)
{
	return code == EAP_REQUEST || code == EAP_RESPONSE;
}

static enum rc length_check(uint8_t code, size_t said, size_t have, struct diag *diag)
{
	if (said != have)
		return diag_fail(diag, said > have ? RC_TRUNCATED : RC_TRAILING,
				 "EAP packet says it has %zu bytes, the payload has %zu", said,
				 have);
	if (code_has_type(code) && said == EAP_HEADER_LEN)
		return diag_fail(diag, RC_TRUNCATED, "EAP packet of code %u has no type", code);
	if (!code_has_type(code) && said != EAP_HEADER_LEN)
		return diag_fail(diag, RC_TRAILING,
				 "EAP packet of code %u has %zu bytes; expected %d", code, said,
				 EAP_HEADER_LEN);
	return RC_OK;
}

enum rc wire_eap_parse(struct span body, struct wire_eap *out, struct diag *diag)
{
	struct wire_eap eap = { .raw = body };
	uint16_t length;

	TRY(body_needs(body, EAP_HEADER_LEN, "EAP", diag));
	TRY(span_u8(&body, &eap.code));
	TRY(span_u8(&body, &eap.identifier));
	TRY(span_u16(&body, &length));
	if (eap.code < EAP_REQUEST || eap.code > EAP_FAILURE)
		return diag_fail(diag, RC_SYNTAX, "EAP packet has code %u; expected %d to %d",
				 eap.code, EAP_REQUEST, EAP_FAILURE);
	TRY(length_check(eap.code, length, eap.raw.len, diag));
	if (code_has_type(eap.code))
		TRY(span_u8(&body, &eap.type));
	eap.data = body;
	*out = eap;
	return RC_OK;
}

void wire_eap_emit(struct writer *writer, const struct wire_eap *eap)
{
	struct sink *sink = writer->sink;
	bool has_type = code_has_type(eap->code);
	size_t length = EAP_HEADER_LEN + (has_type ? 1 + eap->data.len : 0);

	writer_payload_begin(writer, PAYLOAD_EAP, false);
	if (eap->raw.len != 0) {
		sink_span(sink, eap->raw);
	} else if (emit_fits(sink, length, UINT16_MAX)) {
		sink_u8(sink, eap->code);
		sink_u8(sink, eap->identifier);
		sink_u16(sink, (uint16_t)length);
		if (has_type) {
			sink_u8(sink, eap->type);
			sink_span(sink, eap->data);
		}
	}
	writer_payload_end(writer);
}
