/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1's Security Association payload, RFC 2408 §3.4 to §3.6 with the DOI of RFC 2407 §4.6.1. */
#include <stdio.h>
#include "wire/isakmp_body.h"
#include "wire/sa.h"

#define SA_HEADER_LEN 8 /* DOI, situation */

/* Names the place in what is told of it. */
struct place {
	char text[64];
};

static struct place place_of(const struct isakmp_proposal *proposal,
			     const struct isakmp_transform *transform)
{
	struct place place;
	snprintf(place.text, sizeof(place.text), "SA payload: transform %u of proposal %u",
		 transform->number, proposal->number);
	return place;
}

static enum rc transform_parse(struct arena *arena, struct span *in,
			       const struct isakmp_proposal *proposal, struct isakmp_transform *out,
			       struct diag *diag)
{
	struct span body;

	TRY(sa_part_take(in, MORE_TRANSFORMS, TRANSFORM_HEADER_LEN, "transform", &body, diag));
	out->raw = body;
	TRY(body_skip(&body, 4)); /* last, reserved, length */
	TRY(span_u8(&body, &out->number));
	TRY(span_u8(&body, &out->id));
	TRY(body_skip(&body, 2));
	struct place place = place_of(proposal, out);
	return isakmp_attributes_read(arena, body, place.text, &out->attributes,
				      &out->attribute_count, diag);
}

/* RFC 2408 §3.6: "monotonically increasing". Some begin with 0. */
static enum rc transform_number_check(const struct isakmp_proposal *proposal, unsigned at,
				      struct diag *diag)
{
	const struct isakmp_transform *transform = &proposal->transforms[at];

	if (at > 0 && transform->number <= transform[-1].number)
		return diag_fail(diag, RC_SYNTAX,
				 "SA payload: proposal %u has transform %u behind transform %u",
				 proposal->number, transform->number, transform[-1].number);
	return RC_OK;
}

static enum rc transforms_parse(struct arena *arena, struct span in, struct isakmp_proposal *out,
				struct diag *diag)
{
	unsigned count = out->transform_count;

	if (count == 0)
		return diag_fail(diag, RC_SYNTAX, "SA payload: proposal %u has no transforms",
				 out->number);
	if (count > LIMIT_TRANSFORMS)
		return diag_fail(
			diag, RC_LIMIT,
			"SA payload: proposal %u has %u transforms; at most %d are accepted",
			out->number, count, LIMIT_TRANSFORMS);
	if (in.len < (size_t)count * TRANSFORM_HEADER_LEN)
		return diag_fail(diag, RC_TRUNCATED,
				 "SA payload: proposal %u has no room for its %u transforms",
				 out->number, count);
	out->transforms = arena_array(arena, count, sizeof(*out->transforms));
	if (out->transforms == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "SA payload: no memory for %u transforms",
				 count);
	for (unsigned i = 0; i < count; i++) {
		TRY(transform_parse(arena, &in, out, &out->transforms[i], diag));
		TRY(transform_number_check(out, i, diag));
	}
	if (in.len != 0)
		return diag_fail(diag, RC_SYNTAX,
				 "SA payload: proposal %u has more transforms than the %u it says",
				 out->number, count);
	return RC_OK;
}

/* RFC 2408 §3.5: of an ISAKMP SA "the SPI Size may be from zero (0) to sixteen (16)"; RFC 2407
 * §4.4.5: IPComp's CPI has two bytes, "or four". */
static bool spi_size_fits(uint8_t protocol, size_t size)
{
	if (protocol == PROTOCOL_IKE)
		return size <= 16;
	if (protocol == PROTOCOL_AH || protocol == PROTOCOL_ESP)
		return size == 4;
	return protocol != ISAKMP_PROTOCOL_IPCOMP || size == 2 || size == 4;
}

static enum rc proposal_parse(struct arena *arena, struct span *in, struct isakmp_proposal *out,
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

static enum rc proposals_parse(struct arena *arena, struct span in, struct isakmp_sa *sa,
			       struct diag *diag)
{
	size_t room = in.len / PROPOSAL_HEADER_LEN;

	if (room == 0)
		return diag_fail(diag, RC_TRUNCATED, "SA payload has no proposal");
	if (room > LIMIT_PROPOSALS)
		room = LIMIT_PROPOSALS;
	sa->proposals = arena_array(arena, room, sizeof(*sa->proposals));
	if (sa->proposals == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "SA payload: no memory for proposals");
	for (; in.len != 0; sa->proposal_count++) {
		struct isakmp_proposal *proposal = &sa->proposals[sa->proposal_count];
		if (sa->proposal_count == room)
			return diag_fail(diag, RC_LIMIT, "SA payload has more than %zu proposals",
					 room);
		TRY(proposal_parse(arena, &in, proposal, diag));
		if (sa->proposal_count > 0 && proposal->number < proposal[-1].number)
			return diag_fail(diag, RC_SYNTAX,
					 "SA payload: proposal %u follows proposal %u",
					 proposal->number, proposal[-1].number);
	}
	return RC_OK;
}

enum rc isakmp_sa_parse(struct arena *arena, struct span body, struct isakmp_sa *out,
			struct diag *diag)
{
	struct isakmp_sa sa = { .body = body };

	TRY(body_needs(body, SA_HEADER_LEN, "SA", diag));
	TRY(span_u32(&body, &sa.doi));
	TRY(span_u32(&body, &sa.situation));
	if (sa.doi != ISAKMP_DOI_IPSEC || sa.situation != SIT_IDENTITY_ONLY) {
		*out = sa;
		return diag_fail(diag, RC_UNSUPPORTED,
				 "SA payload of DOI %u, situation %u; we know only DOI %d (IPsec) "
				 "with situation %d (identity only)",
				 sa.doi, sa.situation, ISAKMP_DOI_IPSEC, SIT_IDENTITY_ONLY);
	}
	TRY(proposals_parse(arena, body, &sa, diag));
	*out = sa;
	return RC_OK;
}

static void transform_emit(struct sink *sink, const struct isakmp_transform *transform, bool last)
{
	size_t at = sink->len;

	sink_u8(sink, last ? 0 : MORE_TRANSFORMS);
	sink_u8(sink, 0);
	sink_u16(sink, 0);
	sink_u8(sink, transform->number);
	sink_u8(sink, transform->id);
	sink_u16(sink, 0);
	isakmp_attributes_emit(sink, transform->attributes, transform->attribute_count);
	sa_part_end(sink, at);
}

static void proposal_emit(struct sink *sink, const struct isakmp_proposal *proposal, bool last)
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

static void body_emit(struct sink *sink, const struct isakmp_sa *sa)
{
	sink_u32(sink, sa->doi);
	sink_u32(sink, sa->situation);
	for (unsigned i = 0; i < sa->proposal_count; i++)
		proposal_emit(sink, &sa->proposals[i], i + 1 == sa->proposal_count);
}

void isakmp_sa_emit(struct writer *writer, const struct isakmp_sa *sa)
{
	isakmp_begin(writer, ISAKMP_SA);
	body_emit(writer->sink, sa);
	writer_payload_end(writer);
}

static size_t body_len(const struct isakmp_sa *sa)
{
	size_t len = SA_HEADER_LEN;

	for (unsigned i = 0; i < sa->proposal_count; i++) {
		const struct isakmp_proposal *proposal = &sa->proposals[i];
		len += PROPOSAL_HEADER_LEN + proposal->spi.len;
		for (unsigned j = 0; j < proposal->transform_count; j++)
			len += TRANSFORM_HEADER_LEN +
			       isakmp_attributes_len(proposal->transforms[j].attributes,
						     proposal->transforms[j].attribute_count);
	}
	return len;
}

struct span isakmp_sa_body(struct arena *arena, const struct isakmp_sa *sa)
{
	size_t len = body_len(sa);
	uint8_t *buffer = arena_alloc(arena, len);
	struct sink sink;

	if (buffer == NULL)
		return SPAN_NONE;
	sink_init(&sink, buffer, len);
	body_emit(&sink, sa);
	return sink_rc(&sink) == RC_OK ? sink_written(&sink) : SPAN_NONE;
}
