/* SPDX-License-Identifier: Apache-2.0 */
/* The IKE header and the payload chain (RFC 7296 §3.1, §3.2), both ways. Pure: no state is touched.
 */
#ifndef VANTH_WIRE_MESSAGE_H
#define VANTH_WIRE_MESSAGE_H

#include "base/arena.h"
#include "wire/iana.h"
#include "wire/limits.h"

#define IKE_HEADER_LEN	   28
#define IKE_VERSION_1	   0x10
#define IKE_VERSION_2	   0x20
#define IKE_FLAG_INITIATOR 0x08
#define IKE_FLAG_VERSION   0x10
#define IKE_FLAG_RESPONSE  0x20

struct ike_header {
	uint64_t spi_i, spi_r; /* IKEv1: the cookies */
	uint8_t next;	       /* enum payload_type */
	uint8_t version;       /* major in the high four bits */
	uint8_t exchange;
	uint8_t flags;
	uint32_t message_id;
	uint32_t length; /* of the whole message */
};

static inline unsigned ike_major(const struct ike_header *header)
{
	return header->version >> 4;
}

/* Header of any IKE version. RC_TRUNCATED, RC_SYNTAX (length field unequal to the datagram's). */
enum rc wire_header_parse(struct span datagram, struct ike_header *out,
			  struct diag *diag) MUST_CHECK;
/* length is patched later by wire_message_end(). */
void wire_header_emit(struct sink *sink, const struct ike_header *header);

struct payload {
	struct payload *next;
	uint8_t type; /* enum payload_type or unknown */
	bool critical;
	bool encrypted;	  /* it was inside SK */
	uint16_t at;	  /* order in the message, from 0 */
	uint8_t inner;	  /* SK, SKF: type of the first payload inside */
	struct span body; /* after the generic header */
};

struct ike_message {
	struct ike_header header;
	struct span raw; /* the whole datagram */
	struct payload *first, *last;
	unsigned count;
	uint8_t seen[32]; /* how many of each type 33..64, capped at 255; index = type - 33 */
	/* Of SK, or of all fragments together: what was inside, and the type of its first payload
	 * (RFC 9242 §3.3.2 signs it). raw is empty when the message came in fragments. */
	struct span inner;
	uint8_t inner_type;
};

/* The clear part: header and payloads in order. SK or SKF ends the chain (RFC 7296 §3.14); nothing
 * inside is read. RC_CRITICAL: *diag names the type and *critical_type (may be NULL) is set.
 * Unknown non-critical payloads are kept (type > 64 are not counted in seen). RC_MAJOR_VERSION for
 * IKEv1 or 3+. RC_LIMIT beyond LIMIT_PAYLOADS. *out is set only on RC_OK, except that out->header
 * is set whenever the header could be read. */
enum rc wire_message_parse(struct arena *arena, struct span datagram, struct ike_message *out,
			   uint8_t *critical_type, struct diag *diag) MUST_CHECK;
/* The payloads inside a decrypted SK (padding already removed), appended to message with encrypted
 * = true. `plain` must outlive the message. LIMIT_PAYLOADS counts clear and inner ones together.
 * After a failure the message is as it was before. */
enum rc wire_inner_parse(struct arena *arena, struct span plain, uint8_t first_type,
			 struct ike_message *message, uint8_t *critical_type,
			 struct diag *diag) MUST_CHECK;
/* The first payload of that type, NULL when there is none. */
const struct payload *wire_payload_find(const struct ike_message *message, enum payload_type type);
/* The next one of the same type, NULL at the end. */
const struct payload *wire_payload_next(const struct payload *payload);
static inline unsigned wire_payload_count(const struct ike_message *message, enum payload_type type)
{
	return type >= 33 && type < 65 ? message->seen[type - 33] : 0;
}

/* Writing: payloads are chained by patching the previous "next payload" field. */
struct writer {
	struct sink *sink;
	size_t start;	/* of the message in the sink, or of the inner payloads */
	size_t next_at; /* where the next payload's type goes */
	size_t payload_at;
	bool inner; /* writing the inside of an SK: no header; first_type holds the first type */
	uint8_t first_type;
};
/* header->next is ignored and patched. */
void writer_message(struct writer *writer, struct sink *sink, const struct ike_header *header);
/* Only payloads, for the inside of SK. */
void writer_inner(struct writer *writer, struct sink *sink);
void writer_payload_begin(struct writer *writer, enum payload_type type, bool critical);
void writer_payload_end(struct writer *writer); /* patches the payload's length */
/* Patches the header's length (not for the inside of SK). RC_LIMIT when something did not fit. */
enum rc writer_message_end(struct writer *writer) MUST_CHECK;

#endif
