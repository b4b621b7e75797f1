/* SPDX-License-Identifier: Apache-2.0 */
/* Nonce payload, RFC 7296 §3.9: "The size of the Nonce Data MUST be between 16 and 256 octets". */
#include "wire/body.h"

enum rc wire_nonce_parse(struct span body, struct span *out, struct diag *diag)
{
	if (body.len < LIMIT_NONCE_MIN || body.len > LIMIT_NONCE_MAX)
		return diag_fail(diag, RC_SYNTAX, "nonce has %zu bytes; expected %d to %d",
				 body.len, LIMIT_NONCE_MIN, LIMIT_NONCE_MAX);
	*out = body;
	return RC_OK;
}

void wire_nonce_emit(struct writer *writer, struct span nonce)
{
	writer_payload_begin(writer, PAYLOAD_NONCE, false);
	sink_span(writer->sink, nonce);
	writer_payload_end(writer);
}
