/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication payload, RFC 7296 §3.8. */
#include "wire/body.h"

enum rc wire_auth_parse(struct span body, struct wire_auth *out, struct diag *diag)
{
	struct wire_auth auth;

	TRY(body_needs(body, 5, "AUTH", diag));
	TRY(span_u8(&body, &auth.method));
	TRY(body_skip(&body, 3));
	auth.data = body;
	*out = auth;
	return RC_OK;
}

void wire_auth_emit(struct writer *writer, const struct wire_auth *auth)
{
	writer_payload_begin(writer, PAYLOAD_AUTH, false);
	sink_u8(writer->sink, auth->method);
	sink_u8(writer->sink, 0);
	sink_u16(writer->sink, 0);
	sink_span(writer->sink, auth->data);
	writer_payload_end(writer);
}
