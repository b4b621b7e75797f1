/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration payload, RFC 7296 §3.15. */
#include "wire/body.h"

#define ATTRIBUTE_HEADER_LEN 4
#define ATTRIBUTE_TYPE_BITS  0x7fff /* the first bit is reserved */

/* §3.15.1: an attribute's value is empty (in a request) or has this length. */
static const struct {
	uint16_t type, len;
} value_lengths[] = {
	{ INTERNAL_IP4_ADDRESS, 4 }, { INTERNAL_IP4_NETMASK, 4 }, { INTERNAL_IP4_DNS, 4 },
	{ INTERNAL_IP4_NBNS, 4 },    { INTERNAL_IP4_DHCP, 4 },	  { INTERNAL_IP6_ADDRESS, 17 },
	{ INTERNAL_IP6_DNS, 16 },    { INTERNAL_IP6_DHCP, 16 },	  { INTERNAL_IP4_SUBNET, 8 },
	{ INTERNAL_IP6_SUBNET, 17 },
};

static enum rc value_check(const struct wire_cp_attribute *attribute, struct diag *diag)
{
	size_t len = attribute->value.len;
	char buffer[48];
	const char *name = names_text(&cp_attribute_names, attribute->type, buffer, sizeof(buffer));

	if (len > LIMIT_CP_VALUE)
		return diag_fail(diag, RC_LIMIT,
				 "CP payload: %s has %zu bytes; at most %d are accepted", name, len,
				 LIMIT_CP_VALUE);
	if (attribute->type == SUPPORTED_ATTRIBUTES && len % 2 != 0)
		return diag_fail(diag, RC_SYNTAX,
				 "CP payload: %s has %zu bytes; expected an even number", name,
				 len);
	for (size_t i = 0; i < sizeof(value_lengths) / sizeof(value_lengths[0]); i++)
		if (value_lengths[i].type == attribute->type && len != 0 &&
		    len != value_lengths[i].len)
			return diag_fail(diag, RC_SYNTAX,
					 "CP payload: %s has %zu bytes; expected %u or none", name,
					 len, value_lengths[i].len);
	return RC_OK;
}

static enum rc attribute_parse(struct span *in, struct wire_cp_attribute *out, struct diag *diag)
{
	uint16_t length;

	if (in->len < ATTRIBUTE_HEADER_LEN)
		return diag_fail(diag, RC_TRUNCATED,
				 "CP payload ends inside an attribute's header");
	TRY(span_u16(in, &out->type));
	TRY(span_u16(in, &length));
	out->type &= ATTRIBUTE_TYPE_BITS;
	if (span_take(in, length, &out->value) != RC_OK)
		return diag_fail(diag, RC_TRUNCATED,
				 "CP payload: attribute %u of %u bytes, but only %zu are left",
				 out->type, length, in->len);
	return value_check(out, diag);
}

static enum rc attributes_parse(struct arena *arena, struct span in, struct wire_cp *out,
				struct diag *diag)
{
	size_t room = in.len / ATTRIBUTE_HEADER_LEN;

	if (room > LIMIT_CP_ATTRIBUTES)
		room = LIMIT_CP_ATTRIBUTES;
	out->attributes = arena_array(arena, room + 1, sizeof(*out->attributes));
	if (out->attributes == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "CP payload: no memory for attributes");
	while (in.len != 0) {
		if (out->count == LIMIT_CP_ATTRIBUTES)
			return diag_fail(diag, RC_LIMIT, "CP payload has more than %d attributes",
					 LIMIT_CP_ATTRIBUTES);
		TRY(attribute_parse(&in, &out->attributes[out->count], diag));
		out->count++;
	}
	return RC_OK;
}

enum rc wire_cp_parse(struct arena *arena, struct span body, struct wire_cp *out, struct diag *diag)
{
	struct wire_cp cp = { 0 };

	TRY(body_needs(body, 4, "CP", diag));
	TRY(span_u8(&body, &cp.type));
	TRY(body_skip(&body, 3));
	TRY(attributes_parse(arena, body, &cp, diag));
	*out = cp;
	return RC_OK;
}

void wire_cp_emit(struct writer *writer, const struct wire_cp *cp)
{
	struct sink *sink = writer->sink;

	writer_payload_begin(writer, PAYLOAD_CP, false);
	sink_u8(sink, cp->type);
	sink_u8(sink, 0);
	sink_u16(sink, 0);
	for (unsigned i = 0; i < cp->count; i++) {
		const struct wire_cp_attribute *attribute = &cp->attributes[i];
		if (!emit_fits(sink, attribute->value.len, UINT16_MAX))
			return;
		sink_u16(sink, attribute->type & ATTRIBUTE_TYPE_BITS);
		sink_u16(sink, (uint16_t)attribute->value.len);
		sink_span(sink, attribute->value);
	}
	writer_payload_end(writer);
}
