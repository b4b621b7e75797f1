/* SPDX-License-Identifier: Apache-2.0 */
/* Identification payloads IDi and IDr, RFC 7296 §3.5; ID_NULL of RFC 7619. */
#include "wire/body.h"

static size_t fixed_len(uint8_t type)
{
	return type == ID_IPV4_ADDR ? 4 : type == ID_IPV6_ADDR ? 16 : 0;
}

static enum rc data_check(const struct wire_id *id, struct diag *diag)
{
	char buffer[32];
	const char *name = names_text(&id_type_names, id->type, buffer, sizeof(buffer));
	size_t expected = fixed_len(id->type);

	if (id->data.len == 0 && id->type != ID_NULL)
		return diag_fail(diag, RC_TRUNCATED, "identity of type %s has no data", name);
	if (id->data.len > LIMIT_ID)
		return diag_fail(diag, RC_LIMIT,
				 "identity of type %s has %zu bytes; at most %d are accepted", name,
				 id->data.len, LIMIT_ID);
	if (expected != 0 && id->data.len != expected)
		return diag_fail(diag, RC_SYNTAX, "identity of type %s has %zu bytes; expected %zu",
				 name, id->data.len, expected);
	if ((id->type == ID_FQDN || id->type == ID_RFC822_ADDR) && !body_is_text(id->data))
		return diag_fail(diag, RC_SYNTAX,
				 "identity of type %s contains a control character", name);
	return RC_OK;
}

enum rc wire_id_parse(struct span body, struct wire_id *out, struct diag *diag)
{
	struct wire_id id;

	TRY(body_needs(body, 4, "ID", diag));
	TRY(span_u8(&body, &id.type));
	TRY(body_skip(&body, 3));
	id.data = body;
	TRY(data_check(&id, diag));
	*out = id;
	return RC_OK;
}

void wire_id_body_emit(struct sink *sink, const struct wire_id *id)
{
	sink_u8(sink, id->type);
	sink_u8(sink, 0);
	sink_u16(sink, 0);
	sink_span(sink, id->data);
}

void wire_id_emit(struct writer *writer, enum payload_type which, const struct wire_id *id)
{
	writer_payload_begin(writer, which, false);
	wire_id_body_emit(writer->sink, id);
	writer_payload_end(writer);
}
