/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1's chain of payloads, RFC 2408 §3.1 and §3.2: of a clear message, and of one that was
 * decrypted. */
#include "wire/isakmp.h"

#define GENERIC_HEADER_LEN 4
#define SEEN_FRAGMENT	   31

/* One generic header with its body. */
struct link {
	uint8_t type, next;
	struct span body;
};

/* The drafts before RFC 3947 took numbers of the private range. */
static uint8_t type_of(uint8_t number)
{
	if (number == ISAKMP_NAT_D_DRAFT)
		return ISAKMP_NAT_D;
	return number == ISAKMP_NAT_OA_DRAFT ? ISAKMP_NAT_OA : number;
}

static enum rc link_parse(struct span *in, uint8_t type, struct link *out, struct diag *diag)
{
	char name[48];
	const char *what = names_text(&isakmp_payload_names, type, name, sizeof(name));
	uint16_t length;
	uint8_t reserved;

	if (in->len < GENERIC_HEADER_LEN)
		return diag_fail(
			diag, RC_TRUNCATED,
			"%s payload announced but only %zu bytes are left; its header has %d", what,
			in->len, GENERIC_HEADER_LEN);
	out->type = type;
	TRY(span_u8(in, &out->next));
	TRY(span_u8(in, &reserved));
	TRY(span_u16(in, &length));
	if (length < GENERIC_HEADER_LEN)
		return diag_fail(diag, RC_SYNTAX,
				 "%s payload has length %u; expected at least %d, its own header",
				 what, length, GENERIC_HEADER_LEN);
	if ((size_t)length - GENERIC_HEADER_LEN > in->len)
		return diag_fail(diag, RC_TRUNCATED,
				 "%s payload of length %u goes %zu bytes past the message's end",
				 what, length, (size_t)length - GENERIC_HEADER_LEN - in->len);
	return span_take(in, (size_t)length - GENERIC_HEADER_LEN, &out->body);
}

static enum rc link_append(struct arena *arena, struct ike_message *message,
			   const struct link *link, bool encrypted, struct diag *diag)
{
	if (message->count >= LIMIT_PAYLOADS)
		return diag_fail(diag, RC_LIMIT, "message has more than %d payloads",
				 LIMIT_PAYLOADS);
	struct payload *payload = ARENA_NEW(arena, struct payload);
	if (payload == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "no memory for payload %u", message->count);
	payload->type = link->type;
	payload->encrypted = encrypted;
	payload->at = (uint16_t)message->count;
	payload->body = link->body;
	if (message->last != NULL)
		message->last->next = payload;
	else
		message->first = payload;
	message->last = payload;
	message->count++;
	if (link->type < SEEN_FRAGMENT)
		message->seen[link->type]++; /* LIMIT_PAYLOADS is below 256 */
	else if (link->type == ISAKMP_FRAGMENT)
		message->seen[SEEN_FRAGMENT]++;
	return RC_OK;
}

/* Leaves in *in what follows the last payload. */
static enum rc chain_parse(struct arena *arena, struct span *in, bool encrypted,
			   struct ike_message *message, struct diag *diag)
{
	uint8_t number = message->header.next;

	while (number != ISAKMP_NONE) {
		struct link link;
		TRY(link_parse(in, type_of(number), &link, diag));
		TRY(link_append(arena, message, &link, encrypted, diag));
		number = link.next;
	}
	return RC_OK;
}

/* Libreswan fills up messages in clear too. */
static bool is_padding(struct span rest)
{
	static const uint8_t zeros[4] = { 0 };

	return rest.len < sizeof(zeros) && span_equal(rest, span_make(zeros, rest.len));
}

enum rc isakmp_message_parse(struct arena *arena, struct span datagram, struct ike_message *out,
			     struct diag *diag)
{
	struct ike_message message = { .raw = datagram };
	struct span in = datagram;

	TRY(wire_header_parse(datagram, &message.header, diag));
	out->header = message.header;
	if (ike_major(&message.header) != 1)
		return diag_fail(diag, RC_MAJOR_VERSION, "IKE major version is %u; expected 1",
				 ike_major(&message.header));
	if (message.header.version != IKE_VERSION_1)
		return diag_fail(diag, RC_MAJOR_VERSION,
				 "ISAKMP version is 1.%u; expected 1.0 (RFC 2408 section 3.1)",
				 message.header.version & 15u);
	if (message.header.spi_i == 0)
		return diag_fail(diag, RC_SYNTAX,
				 "ISAKMP header has no initiator cookie (RFC 2408 section 3.1)");
	in.ptr += IKE_HEADER_LEN;
	in.len -= IKE_HEADER_LEN;
	if ((message.header.flags & ISAKMP_FLAG_ENCRYPTION) == 0) {
		TRY(chain_parse(arena, &in, false, &message, diag));
		if (!is_padding(in))
			return diag_fail(diag, RC_TRAILING, "%zu bytes follow the last payload",
					 in.len);
	}
	*out = message;
	return RC_OK;
}

enum rc isakmp_inner_parse(struct arena *arena, struct span plain, struct ike_message *message,
			   struct diag *diag)
{
	struct ike_message grown = *message;
	struct span in = plain;
	enum rc rc = chain_parse(arena, &in, true, &grown, diag);

	if (rc == RC_OK) {
		grown.inner = span_make(plain.ptr, plain.len - in.len);
		grown.inner_type = grown.header.next;
		*message = grown;
	} else if (message->last != NULL) {
		message->last->next = NULL;
	}
	return rc;
}

static const struct payload *find_from(const struct payload *payload, uint8_t type)
{
	while (payload != NULL && payload->type != type)
		payload = payload->next;
	return payload;
}

const struct payload *isakmp_payload_find(const struct ike_message *message,
					  enum isakmp_payload_type type)
{
	return find_from(message->first, (uint8_t)type);
}

const struct payload *isakmp_payload_next(const struct payload *payload)
{
	return find_from(payload->next, payload->type);
}

struct span isakmp_behind(const struct ike_message *message, const struct payload *payload)
{
	const uint8_t *from = payload->body.ptr + payload->body.len;
	const uint8_t *end = message->last->body.ptr + message->last->body.len;

	return span_make(from, (size_t)(end - from));
}

void isakmp_begin(struct writer *writer, enum isakmp_payload_type type)
{
	writer_payload_begin(writer, (enum payload_type)type, false);
}
