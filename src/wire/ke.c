/* SPDX-License-Identifier: Apache-2.0 */
/* Key Exchange payload, RFC 7296 §3.4. The length that fits the group is crypto's to check. */
#include "wire/body.h"

enum rc wire_ke_parse(struct span body, struct wire_ke *out, struct diag *diag)
{
	struct wire_ke ke;

	TRY(body_needs(body, 5, "KE", diag));
	TRY(span_u16(&body, &ke.group));
	TRY(body_skip(&body, 2));
	if (body.len > LIMIT_KE)
		return diag_fail(diag, RC_LIMIT,
				 "KE payload of group %u has %zu bytes of key exchange data; at "
				 "most %d are accepted",
				 ke.group, body.len, LIMIT_KE);
	ke.data = body;
	*out = ke;
	return RC_OK;
}

void wire_ke_emit(struct writer *writer, const struct wire_ke *ke)
{
	writer_payload_begin(writer, PAYLOAD_KE, false);
	sink_u16(writer->sink, ke->group);
	sink_u16(writer->sink, 0);
	sink_span(writer->sink, ke->data);
	writer_payload_end(writer);
}
