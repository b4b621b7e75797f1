/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1's Notification and Delete payloads, RFC 2408 §3.14, §3.15: both name SAs of a protocol by
 * their SPIs. */
#include "wire/isakmp_body.h"

#define COOKIES_LEN 16

static enum rc form_check(const struct isakmp_notify *notify, struct diag *diag)
{
	unsigned ignored;

	if (notify->type == IPSEC_RESPONDER_LIFETIME)
		return isakmp_attributes_count(notify->data, "RESPONDER-LIFETIME", &ignored, diag);
	if (notify->type != ISAKMP_R_U_THERE && notify->type != ISAKMP_R_U_THERE_ACK)
		return RC_OK;
	/* RFC 3706 §5.3, §5.4 */
	if (notify->spi.len != COOKIES_LEN && notify->spi.len != 0)
		return diag_fail(diag, RC_SYNTAX, "R-U-THERE has an SPI of %zu bytes; expected %d",
				 notify->spi.len, COOKIES_LEN);
	if (notify->data.len != 4)
		return diag_fail(diag, RC_SYNTAX,
				 "R-U-THERE has %zu bytes of data; expected 4, a sequence number",
				 notify->data.len);
	return RC_OK;
}

enum rc isakmp_notify_parse(struct span body, struct isakmp_notify *out, struct diag *diag)
{
	struct isakmp_notify notify;
	uint8_t spi_size;

	TRY(body_needs(body, 8, "Notification", diag));
	TRY(span_u32(&body, &notify.doi));
	TRY(span_u8(&body, &notify.protocol));
	TRY(span_u8(&body, &spi_size));
	TRY(span_u16(&body, &notify.type));
	if (span_take(&body, spi_size, &notify.spi) != RC_OK)
		return diag_fail(diag, RC_TRUNCATED,
				 "Notification payload ends inside its SPI of %u bytes", spi_size);
	notify.data = body;
	TRY(form_check(&notify, diag));
	*out = notify;
	return RC_OK;
}

void isakmp_notify_emit(struct writer *writer, const struct isakmp_notify *notify)
{
	struct sink *sink = writer->sink;

	isakmp_begin(writer, ISAKMP_NOTIFICATION);
	if (!emit_fits(sink, notify->spi.len, UINT8_MAX))
		return;
	sink_u32(sink, notify->doi);
	sink_u8(sink, notify->protocol);
	sink_u8(sink, (uint8_t)notify->spi.len);
	sink_u16(sink, notify->type);
	sink_span(sink, notify->spi);
	sink_span(sink, notify->data);
	writer_payload_end(writer);
}

static bool spi_size_fits(const struct isakmp_delete *payload)
{
	if (payload->protocol == PROTOCOL_IKE)
		return payload->spi_size == COOKIES_LEN;
	if (payload->protocol == PROTOCOL_AH || payload->protocol == PROTOCOL_ESP)
		return payload->spi_size == 4;
	return payload->protocol != ISAKMP_PROTOCOL_IPCOMP || payload->spi_size == 2 ||
	       payload->spi_size == 4;
}

enum rc isakmp_delete_parse(struct span body, struct isakmp_delete *out, struct diag *diag)
{
	struct isakmp_delete payload;

	TRY(body_needs(body, 8, "Delete", diag));
	TRY(span_u32(&body, &payload.doi));
	TRY(span_u8(&body, &payload.protocol));
	TRY(span_u8(&body, &payload.spi_size));
	TRY(span_u16(&body, &payload.count));
	if (!spi_size_fits(&payload))
		return diag_fail(diag, RC_SYNTAX,
				 "Delete payload for protocol %u has SPIs of %u bytes",
				 payload.protocol, payload.spi_size);
	TRY(body_is_spis(body, payload.count, payload.spi_size, diag));
	payload.spis = body;
	*out = payload;
	return RC_OK;
}

void isakmp_delete_emit(struct writer *writer, const struct isakmp_delete *payload)
{
	struct sink *sink = writer->sink;

	isakmp_begin(writer, ISAKMP_DELETE);
	sink_u32(sink, payload->doi);
	sink_u8(sink, payload->protocol);
	sink_u8(sink, payload->spi_size);
	sink_u16(sink, payload->count);
	sink_span(sink, payload->spis);
	writer_payload_end(writer);
}
