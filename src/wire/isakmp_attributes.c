/* SPDX-License-Identifier: Apache-2.0 */
/* Data attributes, RFC 2408 §3.3: a type with a value of two bytes in the length's place (TV), or
 * with a length and that many bytes (TLV). Peers use either form for the same attribute. */
#include "wire/isakmp_body.h"
#include "wire/sa.h"

static enum rc attribute_take(struct span *in, const char *what, struct isakmp_attribute *out,
			      struct diag *diag)
{
	struct isakmp_attribute attribute = { 0 };
	uint16_t value;

	if (in->len < 4)
		return diag_fail(diag, RC_TRUNCATED, "%s ends inside an attribute's header", what);
	TRY(span_u16(in, &attribute.type));
	TRY(span_u16(in, &value));
	attribute.basic = (attribute.type & ATTRIBUTE_SHORT) != 0;
	attribute.type &= (uint16_t)~ATTRIBUTE_SHORT;
	if (attribute.basic)
		attribute.value = value;
	else if (span_take(in, value, &attribute.data) != RC_OK)
		return diag_fail(diag, RC_TRUNCATED,
				 "%s: attribute %u of %u bytes, but only %zu are left", what,
				 attribute.type, value, in->len);
	*out = attribute;
	return RC_OK;
}

enum rc isakmp_attributes_count(struct span data, const char *what, unsigned *count,
				struct diag *diag)
{
	unsigned found = 0;

	for (; data.len != 0; found++) {
		struct isakmp_attribute ignored;
		if (found == LIMIT_ATTRIBUTES)
			return diag_fail(diag, RC_LIMIT, "%s has more than %d attributes", what,
					 LIMIT_ATTRIBUTES);
		TRY(attribute_take(&data, what, &ignored, diag));
	}
	*count = found;
	return RC_OK;
}

enum rc isakmp_attributes_read(struct arena *arena, struct span data, const char *what,
			       struct isakmp_attribute **out, unsigned *count, struct diag *diag)
{
	unsigned found = 0;

	TRY(isakmp_attributes_count(data, what, &found, diag));
	struct isakmp_attribute *attributes =
		arena_array(arena, found == 0 ? 1 : found, sizeof(*attributes));
	if (attributes == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "%s: no memory for %u attributes", what,
				 found);
	for (unsigned i = 0; i < found; i++)
		TRY(attribute_take(&data, what, &attributes[i], diag));
	*out = attributes;
	*count = found;
	return RC_OK;
}

enum rc isakmp_attributes_parse(struct arena *arena, struct span data,
				struct isakmp_attribute **out, unsigned *count, struct diag *diag)
{
	return isakmp_attributes_read(arena, data, "attribute list", out, count, diag);
}

enum rc isakmp_attribute_number(const struct isakmp_attribute *attribute, uint64_t *out)
{
	uint64_t number = attribute->value;

	if (!attribute->basic && attribute->data.len == 0)
		return RC_SYNTAX;
	for (size_t i = 0; !attribute->basic && i < attribute->data.len; i++) {
		if (number >> 56 != 0)
			return RC_LIMIT;
		number = number << 8 | attribute->data.ptr[i];
	}
	*out = number;
	return RC_OK;
}

size_t isakmp_attributes_len(const struct isakmp_attribute *attributes, unsigned count)
{
	size_t len = 0;

	for (unsigned i = 0; i < count; i++)
		len += 4 + (attributes[i].basic ? 0 : attributes[i].data.len);
	return len;
}

void isakmp_attributes_emit(struct sink *sink, const struct isakmp_attribute *attributes,
			    unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint16_t type = attributes[i].type & (uint16_t)~ATTRIBUTE_SHORT;
		if (attributes[i].basic) {
			sink_u16(sink, type | ATTRIBUTE_SHORT);
			sink_u16(sink, attributes[i].value);
			continue;
		}
		if (!emit_fits(sink, attributes[i].data.len, UINT16_MAX))
			return;
		sink_u16(sink, type);
		sink_u16(sink, (uint16_t)attributes[i].data.len);
		sink_span(sink, attributes[i].data);
	}
}
