/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of payloads, RFC 7296 §3.2: of the clear part, and of what was inside SK. */
#include "wire/message.h"

#define GENERIC_HEADER_LEN 4
#define CRITICAL_BIT	   0x80
#define FIRST_COUNTED	   33

/* One generic header with its body. */
struct link {
	uint8_t type, next, flags;
	struct span body;
};

static bool type_known(uint8_t type)
{
	return (type >= PAYLOAD_SA && type <= PAYLOAD_EAP) || type == PAYLOAD_SKF;
}

static bool type_protects(uint8_t type)
{
	return type == PAYLOAD_SK || type == PAYLOAD_SKF;
}

static enum rc link_parse(struct span *in, uint8_t type, struct link *out, struct diag *diag)
{
	char name[32];
	uint16_t length;

	if (in->len < GENERIC_HEADER_LEN)
		return diag_fail(
			diag, RC_TRUNCATED,
			"%s payload announced but only %zu bytes are left; its header has %d",
			names_text(&payload_names, type, name, sizeof(name)), in->len,
			GENERIC_HEADER_LEN);
	out->type = type;
	TRY(span_u8(in, &out->next));
	TRY(span_u8(in, &out->flags));
	TRY(span_u16(in, &length));
	if (length < GENERIC_HEADER_LEN)
		return diag_fail(diag, RC_SYNTAX,
				 "%s payload has length %u; expected at least %d, its own header",
				 names_text(&payload_names, type, name, sizeof(name)), length,
				 GENERIC_HEADER_LEN);
	if ((size_t)length - GENERIC_HEADER_LEN > in->len)
		return diag_fail(diag, RC_TRUNCATED,
				 "%s payload of length %u goes %zu bytes past the message's end",
				 names_text(&payload_names, type, name, sizeof(name)), length,
				 (size_t)length - GENERIC_HEADER_LEN - in->len);
	return span_take(in, (size_t)length - GENERIC_HEADER_LEN, &out->body);
}

static enum rc link_append(struct arena *arena, struct ike_message *message,
			   const struct link *link, bool encrypted)
{
	struct payload *payload = ARENA_NEW(arena, struct payload);

	if (payload == NULL)
		return RC_NO_MEMORY;
	payload->type = link->type;
	payload->critical = (link->flags & CRITICAL_BIT) != 0;
	payload->encrypted = encrypted;
	payload->at = (uint16_t)message->count;
	payload->inner = type_protects(link->type) ? link->next : 0;
	payload->body = link->body;
	if (message->last != NULL)
		message->last->next = payload;
	else
		message->first = payload;
	message->last = payload;
	message->count++;
	if (link->type >= FIRST_COUNTED && link->type - FIRST_COUNTED < 32)
		message->seen[link->type - FIRST_COUNTED]++; /* LIMIT_PAYLOADS is below 256 */
	return RC_OK;
}

/* What a payload may not be, wherever its body lies. */
static enum rc link_check(const struct link *link, const struct ike_message *message,
			  bool encrypted, uint8_t *critical_type, struct diag *diag)
{
	if (message->count >= LIMIT_PAYLOADS)
		return diag_fail(diag, RC_LIMIT, "message has more than %d payloads",
				 LIMIT_PAYLOADS);
	if (!type_known(link->type) && (link->flags & CRITICAL_BIT) != 0) {
		if (critical_type != NULL)
			*critical_type = link->type;
		return diag_fail(diag, RC_CRITICAL,
				 "payload type %u is unknown and marked critical", link->type);
	}
	if (encrypted && type_protects(link->type))
		return diag_fail(diag, RC_SYNTAX, "SK payload inside an SK payload");
	return RC_OK;
}

static enum rc chain_parse(struct arena *arena, struct span in, uint8_t type, bool encrypted,
			   struct ike_message *message, uint8_t *critical_type, struct diag *diag)
{
	while (type != PAYLOAD_NONE) {
		struct link link;
		TRY(link_parse(&in, type, &link, diag));
		TRY(link_check(&link, message, encrypted, critical_type, diag));
		if (link_append(arena, message, &link, encrypted) != RC_OK)
			return diag_fail(diag, RC_NO_MEMORY, "no memory for payload %u",
					 message->count);
		type = type_protects(link.type) ? (uint8_t)PAYLOAD_NONE : link.next;
	}
	if (in.len != 0)
		return diag_fail(diag, RC_TRAILING, "%zu bytes follow the last payload", in.len);
	return RC_OK;
}

enum rc wire_message_parse(struct arena *arena, struct span datagram, struct ike_message *out,
			   uint8_t *critical_type, struct diag *diag)
{
	struct ike_message message = { .raw = datagram };
	struct span in = datagram;

	TRY(wire_header_parse(datagram, &message.header, diag));
	out->header = message.header;
	if (ike_major(&message.header) != 2)
		return diag_fail(diag, RC_MAJOR_VERSION, "IKE major version is %u; expected 2",
				 ike_major(&message.header));
	if (message.header.spi_i == 0)
		return diag_fail(diag, RC_SYNTAX,
				 "IKE header has SPIi zero (RFC 7296 section 3.1)");
	in.ptr += IKE_HEADER_LEN;
	in.len -= IKE_HEADER_LEN;
	TRY(chain_parse(arena, in, message.header.next, false, &message, critical_type, diag));
	*out = message;
	return RC_OK;
}

enum rc wire_inner_parse(struct arena *arena, struct span plain, uint8_t first_type,
			 struct ike_message *message, uint8_t *critical_type, struct diag *diag)
{
	struct ike_message grown = *message;
	enum rc rc = chain_parse(arena, plain, first_type, true, &grown, critical_type, diag);

	if (rc == RC_OK)
		*message = grown;
	else if (message->last != NULL)
		message->last->next = NULL;
	return rc;
}

static const struct payload *find_from(const struct payload *payload, uint8_t type)
{
	while (payload != NULL && payload->type != type)
		payload = payload->next;
	return payload;
}

const struct payload *wire_payload_find(const struct ike_message *message, enum payload_type type)
{
	return find_from(message->first, (uint8_t)type);
}

const struct payload *wire_payload_next(const struct payload *payload)
{
	return find_from(payload->next, payload->type);
}
