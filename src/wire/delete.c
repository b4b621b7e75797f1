/* SPDX-License-Identifier: Apache-2.0 */
/* Delete payload, RFC 7296 §3.11. */
#include "wire/body.h"

/* "It MUST be zero for IKE (SPI is in message header) or four for AH and ESP." */
static enum rc sizes_check(const struct wire_delete *payload, struct diag *diag)
{
	uint8_t protocol = payload->protocol;

	if (protocol == PROTOCOL_IKE && (payload->spi_size != 0 || payload->count != 0))
		return diag_fail(
			diag, RC_SYNTAX,
			"Delete payload for the IKE SA has %u SPIs of %u bytes; expected none",
			payload->count, payload->spi_size);
	if ((protocol == PROTOCOL_AH || protocol == PROTOCOL_ESP) && payload->spi_size != 4)
		return diag_fail(diag, RC_SYNTAX,
				 "Delete payload for AH or ESP has SPIs of %u bytes; expected 4",
				 payload->spi_size);
	return RC_OK;
}

enum rc wire_delete_parse(struct span body, struct wire_delete *out, struct diag *diag)
{
	struct wire_delete payload;

	TRY(body_needs(body, 4, "Delete", diag));
	TRY(span_u8(&body, &payload.protocol));
	TRY(span_u8(&body, &payload.spi_size));
	TRY(span_u16(&body, &payload.count));
	TRY(sizes_check(&payload, diag));
	TRY(body_is_spis(body, payload.count, payload.spi_size, diag));
	payload.spis = body;
	*out = payload;
	return RC_OK;
}

void wire_delete_emit(struct writer *writer, const struct wire_delete *payload)
{
	struct sink *sink = writer->sink;

	writer_payload_begin(writer, PAYLOAD_DELETE, false);
	sink_u8(sink, payload->protocol);
	sink_u8(sink, payload->spi_size);
	sink_u16(sink, payload->count);
	sink_span(sink, payload->spis);
	writer_payload_end(writer);
}
