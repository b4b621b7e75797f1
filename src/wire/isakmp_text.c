/* SPDX-License-Identifier: Apache-2.0 */
/* A message of IKEv1 in one line. */
#include <inttypes.h>
#include "wire/isakmp.h"
#include "wire/text.h"

static void text_add_header(struct text *text, const struct ike_header *header)
{
	char name[48], id[16] = "";

	text_add(text, names_text(&isakmp_exchange_names, header->exchange, name, sizeof(name)));
	if (header->message_id != 0)
		snprintf(id, sizeof(id), " %08" PRIx32, header->message_id);
	text_add(text, id);
	text_add(text, " [");
}

/* N(R_U_THERE): the type stands at a fixed place, so a malformed one still says what it is. */
static void text_add_notify(struct text *text, struct span body)
{
	char name[48];
	uint32_t doi;
	uint8_t protocol, spi_size;
	uint16_t type;

	text_add(text, "N");
	if (span_u32(&body, &doi) != RC_OK || span_u8(&body, &protocol) != RC_OK ||
	    span_u8(&body, &spi_size) != RC_OK || span_u16(&body, &type) != RC_OK)
		return;
	text_add(text, "(");
	text_add(text, names_text(&isakmp_notify_names, type, name, sizeof(name)));
	text_add(text, ")");
}

const char *isakmp_message_text(const struct ike_message *message, char *buffer, size_t size)
{
	struct text text = { buffer, size };
	char name[48];

	if (size == 0)
		return "";
	buffer[0] = '\0';
	text_add_header(&text, &message->header);
	if (message->first == NULL && (message->header.flags & ISAKMP_FLAG_ENCRYPTION) != 0)
		text_add(&text, "encrypted");
	for (const struct payload *p = message->first; p != NULL; p = p->next) {
		if (p != message->first)
			text_add(&text, " ");
		if (p->type == ISAKMP_NOTIFICATION)
			text_add_notify(&text, p->body);
		else
			text_add(&text,
				 names_text(&isakmp_payload_names, p->type, name, sizeof(name)));
	}
	text_add(&text, "]");
	return buffer;
}
