/* SPDX-License-Identifier: Apache-2.0 */
/* A message in one line, in the notation of RFC 7296 §1.2. */
#include "wire/text.h"
#include <inttypes.h>
#include "wire/payloads.h"

static void text_add_header(struct text *text, const struct ike_header *header)
{
	char name[48], line[96];

	snprintf(line, sizeof(line), "%s %s %" PRIu32 " [",
		 names_text(&exchange_names, header->exchange, name, sizeof(name)),
		 (header->flags & IKE_FLAG_RESPONSE) != 0 ? "response" : "request",
		 header->message_id);
	text_add(text, line);
}

/* N(COOKIE): the type stands at a fixed place, so a malformed notify still says what it is. */
static void text_add_notify(struct text *text, struct span body)
{
	char name[48];
	uint8_t protocol, spi_size;
	uint16_t type;

	text_add(text, "N");
	if (span_u8(&body, &protocol) != RC_OK || span_u8(&body, &spi_size) != RC_OK ||
	    span_u16(&body, &type) != RC_OK)
		return;
	text_add(text, "(");
	text_add(text, names_text(&notify_names, type, name, sizeof(name)));
	text_add(text, ")");
}

static void text_add_payload(struct text *text, const struct ike_header *header,
			     const struct payload *payload)
{
	char name[32];

	if (payload->type == PAYLOAD_NOTIFY)
		text_add_notify(text, payload->body);
	else if (payload->type == PAYLOAD_NONCE)
		text_add(text, (header->flags & IKE_FLAG_RESPONSE) != 0 ? "Nr" : "Ni");
	else
		text_add(text, names_text(&payload_names, payload->type, name, sizeof(name)));
}

const char *wire_message_text(const struct ike_message *message, char *buffer, size_t size)
{
	struct text text = { buffer, size };
	bool inside = false;

	if (size == 0)
		return "";
	buffer[0] = '\0';
	text_add_header(&text, &message->header);
	for (const struct payload *p = message->first; p != NULL; p = p->next) {
		if (p != message->first)
			text_add(&text, p->encrypted && !inside ? ": " : " ");
		inside = p->encrypted;
		text_add_payload(&text, &message->header, p);
	}
	text_add(&text, "]");
	return buffer;
}
