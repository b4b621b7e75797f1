/* SPDX-License-Identifier: Apache-2.0 */
/* Security Association payload, RFC 7296 §3.3: proposals of transforms of attributes. */
#include "wire/sa.h"
#include "wire/body.h"

#define SEEN_ATTRIBUTES 16

/* §3.3.5: "The Key Length attribute" is the only one known; it has the short form. */
static enum rc attribute_parse(struct span *in, struct wire_transform *out, uint16_t *type)
{
	uint16_t value;
	struct span ignored;

	TRY(span_u16(in, type));
	TRY(span_u16(in, &value));
	if ((*type & ATTRIBUTE_SHORT) == 0)
		TRY(span_take(in, value, &ignored));
	if (*type == (ATTRIBUTE_SHORT | ATTRIBUTE_KEY_LENGTH) && value != 0)
		out->key_length = value;
	else
		out->unknown_attribute = true;
	return RC_OK;
}

/* §3.3.5: "a transform MUST NOT have multiple attributes of the same type". */
static enum rc attributes_parse(struct span in, struct wire_transform *out, struct diag *diag)
{
	uint16_t seen[SEEN_ATTRIBUTES];

	for (unsigned count = 0; in.len != 0; count++) {
		uint16_t type;
		if (count == SEEN_ATTRIBUTES)
			return diag_fail(diag, RC_LIMIT,
					 "SA payload: transform with more than %d attributes",
					 SEEN_ATTRIBUTES);
		if (attribute_parse(&in, out, &type) != RC_OK)
			return diag_fail(diag, RC_TRUNCATED,
					 "SA payload: transform ends inside an attribute");
		seen[count] = type & (uint16_t)~ATTRIBUTE_SHORT;
		for (unsigned i = 0; i < count; i++)
			if (seen[i] == seen[count])
				return diag_fail(diag, RC_SYNTAX,
						 "SA payload: transform with attribute %u twice",
						 seen[count]);
	}
	return RC_OK;
}

enum rc sa_part_take(struct span *in, uint8_t more, size_t least, const char *what,
		     struct span *out, struct diag *diag)
{
	if (in->len < least)
		return diag_fail(diag, RC_TRUNCATED,
				 "SA payload: %s has %zu bytes left; expected at least %zu", what,
				 in->len, least);
	uint8_t last = in->ptr[0];
	size_t length = (size_t)(in->ptr[2] << 8 | in->ptr[3]);

	if (last != 0 && last != more)
		return diag_fail(diag, RC_SYNTAX,
				 "SA payload: %s with %u in its first byte; expected 0 or %u", what,
				 last, more);
	if (length < least)
		return diag_fail(diag, RC_SYNTAX,
				 "SA payload: %s of length %zu; expected at least %zu", what,
				 length, least);
	if (length > in->len)
		return diag_fail(diag, RC_TRUNCATED,
				 "SA payload: %s of length %zu, but %zu bytes are left", what,
				 length, in->len);
	TRY(span_take(in, length, out));
	if (last == 0 && in->len != 0)
		return diag_fail(diag, RC_TRAILING, "SA payload: %zu bytes follow the last %s",
				 in->len, what);
	if (last != 0 && in->len == 0)
		return diag_fail(diag, RC_TRUNCATED,
				 "SA payload: %s says that another follows, none does", what);
	return RC_OK;
}

static enum rc transform_parse(struct span *in, struct wire_transform *out, struct diag *diag)
{
	struct span body;

	TRY(sa_part_take(in, MORE_TRANSFORMS, TRANSFORM_HEADER_LEN, "transform", &body, diag));
	TRY(body_skip(&body, 4)); /* last, reserved, length */
	TRY(span_u8(&body, &out->type));
	TRY(body_skip(&body, 1));
	TRY(span_u16(&body, &out->id));
	return attributes_parse(body, out, diag);
}

static enum rc transforms_parse(struct arena *arena, struct span in, struct wire_proposal *out,
				struct diag *diag)
{
	if (out->transform_count == 0)
		return diag_fail(diag, RC_SYNTAX, "SA payload: proposal %u has no transforms",
				 out->number);
	if (out->transform_count > LIMIT_TRANSFORMS)
		return diag_fail(
			diag, RC_LIMIT,
			"SA payload: proposal %u has %u transforms; at most %d are accepted",
			out->number, out->transform_count, LIMIT_TRANSFORMS);
	if (in.len < (size_t)out->transform_count * TRANSFORM_HEADER_LEN)
		return diag_fail(diag, RC_TRUNCATED,
				 "SA payload: proposal %u has no room for its %u transforms",
				 out->number, out->transform_count);
	out->transforms = arena_array(arena, out->transform_count, sizeof(*out->transforms));
	if (out->transforms == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "SA payload: no memory for %u transforms",
				 out->transform_count);
	for (unsigned i = 0; i < out->transform_count; i++)
		TRY(transform_parse(&in, &out->transforms[i], diag));
	if (in.len != 0)
		return diag_fail(diag, RC_SYNTAX,
				 "SA payload: proposal %u has more transforms than the %u it says",
				 out->number, out->transform_count);
	return RC_OK;
}

/* §3.3.1: 8 for an IKE SA (0 in IKE_SA_INIT), 4 for AH and ESP. */
static bool spi_size_fits(uint8_t protocol, size_t size)
{
	if (protocol == PROTOCOL_IKE)
		return size == 0 || size == 8;
	if (protocol == PROTOCOL_AH || protocol == PROTOCOL_ESP)
		return size == 4;
	return true;
}

static enum rc proposal_parse(struct arena *arena, struct span *in, struct wire_proposal *out,
			      struct diag *diag)
{
	struct span body;
	uint8_t spi_size, count;

	TRY(sa_part_take(in, MORE_PROPOSALS, PROPOSAL_HEADER_LEN, "proposal", &body, diag));
	TRY(body_skip(&body, 4)); /* last, reserved, length */
	TRY(span_u8(&body, &out->number));
	TRY(span_u8(&body, &out->protocol));
	TRY(span_u8(&body, &spi_size));
	TRY(span_u8(&body, &count));
	if (!spi_size_fits(out->protocol, spi_size))
		return diag_fail(diag, RC_SYNTAX,
				 "SA payload: proposal %u of protocol %u has an SPI of %u bytes",
				 out->number, out->protocol, spi_size);
	if (span_take(&body, spi_size, &out->spi) != RC_OK)
		return diag_fail(diag, RC_TRUNCATED,
				 "SA payload: proposal %u ends inside its SPI of %u bytes",
				 out->number, spi_size);
	out->transform_count = count;
	return transforms_parse(arena, body, out, diag);
}

/* §3.3.1: the first proposal of an offer has number 1 and each one after it one more. An answer
 * repeats the number of what was chosen. */
static enum rc number_check(const struct wire_sa *sa, struct diag *diag)
{
	const struct wire_proposal *last = &sa->proposals[sa->proposal_count - 1];

	if (last->number == 0)
		return diag_fail(diag, RC_SYNTAX, "SA payload: proposal number 0");
	if (sa->proposal_count > 1 && last->number != last[-1].number + 1)
		return diag_fail(diag, RC_SYNTAX,
				 "SA payload: proposal %u follows proposal %u; expected %u",
				 last->number, last[-1].number, last[-1].number + 1);
	return RC_OK;
}

enum rc wire_sa_parse(struct arena *arena, struct span body, struct wire_sa *out, struct diag *diag)
{
	size_t room = body.len / PROPOSAL_HEADER_LEN;
	struct wire_sa sa = { 0 };

	TRY(body_needs(body, PROPOSAL_HEADER_LEN, "SA", diag));
	if (room > LIMIT_PROPOSALS)
		room = LIMIT_PROPOSALS;
	sa.proposals = arena_array(arena, room, sizeof(*sa.proposals));
	if (sa.proposals == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "SA payload: no memory for proposals");
	while (body.len != 0) {
		if (sa.proposal_count == room)
			return diag_fail(diag, RC_LIMIT, "SA payload has more than %zu proposals",
					 room);
		TRY(proposal_parse(arena, &body, &sa.proposals[sa.proposal_count++], diag));
		TRY(number_check(&sa, diag));
	}
	*out = sa;
	return RC_OK;
}

void sa_part_end(struct sink *sink, size_t at)
{
	if (emit_fits(sink, sink->len - at, UINT16_MAX))
		sink_patch_u16(sink, at + 2, (uint16_t)(sink->len - at));
}

static void transform_emit(struct sink *sink, const struct wire_transform *transform, bool last)
{
	size_t at = sink->len;

	sink_u8(sink, last ? 0 : MORE_TRANSFORMS);
	sink_u8(sink, 0);
	sink_u16(sink, 0);
	sink_u8(sink, transform->type);
	sink_u8(sink, 0);
	sink_u16(sink, transform->id);
	if (transform->key_length != 0) {
		sink_u16(sink, ATTRIBUTE_SHORT | ATTRIBUTE_KEY_LENGTH);
		sink_u16(sink, transform->key_length);
	}
	sa_part_end(sink, at);
}

static void proposal_emit(struct sink *sink, const struct wire_proposal *proposal, bool last)
{
	size_t at = sink->len;

	if (!emit_fits(sink, proposal->spi.len, UINT8_MAX) ||
	    !emit_fits(sink, proposal->transform_count, UINT8_MAX))
		return;
	sink_u8(sink, last ? 0 : MORE_PROPOSALS);
	sink_u8(sink, 0);
	sink_u16(sink, 0);
	sink_u8(sink, proposal->number);
	sink_u8(sink, proposal->protocol);
	sink_u8(sink, (uint8_t)proposal->spi.len);
	sink_u8(sink, (uint8_t)proposal->transform_count);
	sink_span(sink, proposal->spi);
	for (unsigned i = 0; i < proposal->transform_count; i++)
		transform_emit(sink, &proposal->transforms[i], i + 1 == proposal->transform_count);
	sa_part_end(sink, at);
}

void wire_sa_emit(struct writer *writer, const struct wire_sa *sa)
{
	writer_payload_begin(writer, PAYLOAD_SA, false);
	for (unsigned i = 0; i < sa->proposal_count; i++)
		proposal_emit(writer->sink, &sa->proposals[i], i + 1 == sa->proposal_count);
	writer_payload_end(writer);
}
