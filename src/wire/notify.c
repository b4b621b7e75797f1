/* SPDX-License-Identifier: Apache-2.0 */
/* Notify payload, RFC 7296 §3.10. */
#include "wire/body.h"

/* The types whose data has a fixed form; all others may carry anything. */
static const struct notify_form {
	uint16_t type;
	uint16_t least, most; /* bytes of data */
	uint16_t unit;	      /* the data is a multiple of it */
	uint8_t spi_size;     /* 0: any */
} notify_forms[] = {
	{ UNSUPPORTED_CRITICAL_PAYLOAD, 1, 1, 1, 0 },		/* RFC 7296 §2.5 */
	{ INVALID_MESSAGE_ID, 4, 4, 1, 0 },			/* §2.3 */
	{ INVALID_KE_PAYLOAD, 2, 2, 1, 0 },			/* §1.2 */
	{ SET_WINDOW_SIZE, 4, 4, 1, 0 },			/* §2.3 */
	{ IPCOMP_SUPPORTED, 3, UINT16_MAX, 1, 0 },		/* §2.22 */
	{ NAT_DETECTION_SOURCE_IP, 20, 20, 1, 0 },		/* §2.23 */
	{ NAT_DETECTION_DESTINATION_IP, 20, 20, 1, 0 },		/* §2.23 */
	{ COOKIE, 1, LIMIT_COOKIE, 1, 0 },			/* §2.6 */
	{ REKEY_SA, 0, UINT16_MAX, 1, 4 },			/* §1.3.3 */
	{ ADDITIONAL_IP4_ADDRESS, 4, 4, 1, 0 },			/* RFC 4555 §4.2 */
	{ ADDITIONAL_IP6_ADDRESS, 16, 16, 1, 0 },		/* RFC 4555 §4.2 */
	{ COOKIE2, 8, LIMIT_COOKIE, 1, 0 },			/* RFC 4555 §4.2.5 */
	{ AUTH_LIFETIME, 4, 4, 1, 0 },				/* RFC 4478 §3 */
	{ QUICK_CRASH_DETECTION, 16, 128, 1, 0 },		/* RFC 6290 §4.1 */
	{ TICKET_LT_OPAQUE, 5, UINT16_MAX, 1, 0 },		/* RFC 5723 §7 */
	{ TICKET_OPAQUE, 1, UINT16_MAX, 1, 0 },			/* RFC 5723 §7 */
	{ REDIRECT, 3, UINT16_MAX, 1, 0 },			/* RFC 5685 §7.2 */
	{ REDIRECTED_FROM, 6, 18, 1, 0 },			/* RFC 5685 §7.3 */
	{ USE_AGGFRAG, 0, 1, 1, 0 },				/* RFC 9347 §6.1.4 */
	{ SIGNATURE_HASH_ALGORITHMS, 2, UINT16_MAX - 1, 2, 0 }, /* RFC 7427 §4 */
};

static const struct notify_form *form_of(uint16_t type)
{
	for (size_t i = 0; i < sizeof(notify_forms) / sizeof(notify_forms[0]); i++)
		if (notify_forms[i].type == type)
			return &notify_forms[i];
	return NULL;
}

static enum rc form_check(const struct wire_notify *notify, struct diag *diag)
{
	const struct notify_form *form = form_of(notify->type);
	size_t len = notify->data.len;
	char buffer[48];
	const char *name = names_text(&notify_names, notify->type, buffer, sizeof(buffer));

	if (form == NULL)
		return RC_OK;
	if (len % form->unit != 0)
		return diag_fail(diag, RC_SYNTAX,
				 "notify %s has %zu bytes of data; expected a multiple of %u", name,
				 len, form->unit);
	if (len < form->least)
		return diag_fail(diag, RC_SYNTAX, "notify %s has %zu bytes of data; expected %u%s",
				 name, len, form->least,
				 form->most > form->least ? " or more" : "");
	if (len > form->most)
		return diag_fail(diag, form->type == COOKIE ? RC_LIMIT : RC_SYNTAX,
				 "notify %s has %zu bytes of data; expected at most %u", name, len,
				 form->most);
	if (form->spi_size != 0 && notify->spi.len != form->spi_size)
		return diag_fail(diag, RC_SYNTAX, "notify %s has an SPI of %zu bytes; expected %u",
				 name, notify->spi.len, form->spi_size);
	return RC_OK;
}

enum rc wire_notify_parse(struct span body, struct wire_notify *out, struct diag *diag)
{
	struct wire_notify notify;
	uint8_t spi_size;

	TRY(body_needs(body, 4, "Notify", diag));
	TRY(span_u8(&body, &notify.protocol));
	TRY(span_u8(&body, &spi_size));
	TRY(span_u16(&body, &notify.type));
	if (span_take(&body, spi_size, &notify.spi) != RC_OK)
		return diag_fail(diag, RC_TRUNCATED,
				 "Notify payload ends inside its SPI of %u bytes", spi_size);
	notify.data = body;
	TRY(form_check(&notify, diag));
	*out = notify;
	return RC_OK;
}

void wire_notify_emit(struct writer *writer, const struct wire_notify *notify)
{
	struct sink *sink = writer->sink;

	writer_payload_begin(writer, PAYLOAD_NOTIFY, false);
	if (!emit_fits(sink, notify->spi.len, UINT8_MAX))
		return;
	/* "If the SPI Size field is zero, this field MUST be sent as zero" */
	sink_u8(sink, notify->spi.len == 0 ? (uint8_t)PROTOCOL_NONE : notify->protocol);
	sink_u8(sink, (uint8_t)notify->spi.len);
	sink_u16(sink, notify->type);
	sink_span(sink, notify->spi);
	sink_span(sink, notify->data);
	writer_payload_end(writer);
}
