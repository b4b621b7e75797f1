/* SPDX-License-Identifier: Apache-2.0 */
/* Everything src/wire can do with bytes from a peer that speaks IKEv1, on any bytes; as
 * wire_exercise.h does for IKEv2. A broken promise aborts. */
#ifndef VANTH_FUZZ_ISAKMP_EXERCISE_H
#define VANTH_FUZZ_ISAKMP_EXERCISE_H

#include "fuzz/wire_exercise.h"
#include "wire/isakmp.h"

/* A lifetime, a key length: whatever the form. */
static inline void isakmp_exercise_numbers(const struct isakmp_attribute *attributes,
					   unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t number = 0;
		enum rc rc = isakmp_attribute_number(&attributes[i], &number);
		PROMISE(rc == RC_OK || !attributes[i].basic);
		PROMISE(rc != RC_OK || attributes[i].data.len > 8 ||
			attributes[i].data.len * 8 > 63 ||
			number >> (attributes[i].basic ? 16 : attributes[i].data.len * 8) == 0);
	}
}

static inline void isakmp_exercise_sa(struct arena *arena, const struct isakmp_sa *sa)
{
	PROMISE(sa->proposal_count > 0 && sa->proposal_count <= LIMIT_PROPOSALS);
	for (unsigned i = 0; i < sa->proposal_count; i++) {
		const struct isakmp_proposal *proposal = &sa->proposals[i];
		PROMISE(proposal->transform_count > 0);
		for (unsigned j = 0; j < proposal->transform_count; j++) {
			const struct isakmp_transform *t = &proposal->transforms[j];
			PROMISE(t->raw.ptr >= sa->body.ptr &&
				t->raw.ptr + t->raw.len <= sa->body.ptr + sa->body.len);
			isakmp_exercise_numbers(t->attributes, t->attribute_count);
		}
	}
	struct span body = isakmp_sa_body(arena, sa);
	PROMISE(body.ptr == NULL || body.len == sa->body.len);
}

static inline void isakmp_exercise_id(const struct isakmp_id *id)
{
	struct ip_range range, again;
	struct isakmp_id back;
	struct diag diag = { 0 };
	uint8_t data[32];

	if (!exercise_ok(isakmp_id_range(id, &range, &diag), &diag))
		return;
	PROMISE(ip_compare(&range.from, &range.to) <= 0);
	isakmp_id_of_range(&range, id->protocol, id->port, data, &back);
	PROMISE(back.data.len <= id->data.len || id->type == ID_IPV4_ADDR);
	PROMISE(isakmp_id_range(&back, &again, &diag) == RC_OK && range_equal(&range, &again));
}

static inline void isakmp_exercise_notify(struct arena *arena, const struct isakmp_notify *notify)
{
	struct isakmp_attribute *attributes;
	unsigned count;
	struct diag diag = { 0 };

	if (exercise_ok(isakmp_attributes_parse(arena, notify->data, &attributes, &count, &diag),
			&diag))
		isakmp_exercise_numbers(attributes, count);
}

/* Parses the body as its type and writes what was found; false when there is nothing to write. */
static inline bool isakmp_exercise_rewrite(struct arena *arena, const struct payload *payload,
					   struct writer *writer)
{
	struct span body = payload->body, nonce;
	enum isakmp_payload_type type = (enum isakmp_payload_type)payload->type;
	struct isakmp_sa sa;
	struct isakmp_id id;
	struct wire_cert cert;
	struct isakmp_notify notify;
	struct isakmp_delete del;
	struct isakmp_config config;
	struct ip_addr addr;
	struct isakmp_fragment fragment;

	if (type == ISAKMP_SA && isakmp_sa_parse(arena, body, &sa, NULL) == RC_OK) {
		isakmp_exercise_sa(arena, &sa);
		isakmp_sa_emit(writer, &sa);
	} else if (type == ISAKMP_ID && isakmp_id_parse(body, &id, NULL) == RC_OK) {
		isakmp_exercise_id(&id);
		isakmp_id_emit(writer, &id);
	} else if ((type == ISAKMP_CERT || type == ISAKMP_CR) &&
		   wire_cert_parse(body, &cert, NULL) == RC_OK) {
		isakmp_cert_emit(writer, type, &cert);
	} else if (type == ISAKMP_NONCE && isakmp_nonce_parse(body, &nonce, NULL) == RC_OK) {
		isakmp_bytes_emit(writer, type, nonce);
	} else if (type == ISAKMP_NOTIFICATION &&
		   isakmp_notify_parse(body, &notify, NULL) == RC_OK) {
		isakmp_exercise_notify(arena, &notify);
		isakmp_notify_emit(writer, &notify);
	} else if (type == ISAKMP_DELETE && isakmp_delete_parse(body, &del, NULL) == RC_OK) {
		isakmp_delete_emit(writer, &del);
	} else if (type == ISAKMP_ATTRIBUTES &&
		   isakmp_config_parse(arena, body, &config, NULL) == RC_OK) {
		isakmp_exercise_numbers(config.attributes, config.count);
		isakmp_config_emit(writer, &config);
	} else if (type == ISAKMP_NAT_OA && isakmp_nat_oa_parse(body, &addr, NULL) == RC_OK) {
		isakmp_nat_oa_emit(writer, ISAKMP_NAT_OA, &addr);
	} else if (type == ISAKMP_FRAGMENT &&
		   isakmp_fragment_parse(body, &fragment, NULL) == RC_OK) {
		isakmp_fragment_emit(writer, &fragment);
	} else {
		return false;
	}
	return true;
}

/* Attributes may be filled up with zeros, less than an attribute has. */
static inline bool isakmp_exercise_same_len(const struct payload *payload, size_t len)
{
	size_t filled = payload->type == ISAKMP_ATTRIBUTES ? 3 : 0;

	return len <= payload->body.len && len + filled >= payload->body.len;
}

/* What was accepted is accepted again after a round trip, and has the length it had. */
static inline void isakmp_exercise_round_trip(struct arena *arena, const struct payload *payload)
{
	static uint8_t buffer[LIMIT_MESSAGE + 64];
	struct ike_header header = { .spi_i = 1, .version = IKE_VERSION_1 };
	struct ike_message back = { 0 };
	struct diag diag = { 0 };
	struct writer writer;
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	writer_message(&writer, &sink, &header);
	if (!isakmp_exercise_rewrite(arena, payload, &writer) ||
	    writer_message_end(&writer) != RC_OK)
		return;
	PROMISE(isakmp_exercise_same_len(payload, sink.len - IKE_HEADER_LEN - 4));
	enum rc rc = isakmp_message_parse(arena, sink_written(&sink), &back, &diag);
	if (rc == RC_OK)
		rc = isakmp_payload_check(arena, back.first, &diag);
	PROMISE(rc == RC_OK || rc == RC_NO_MEMORY); /* the arena is bounded */
}

static inline void isakmp_exercise_payloads(struct arena *arena, const struct ike_message *message)
{
	unsigned count = 0;

	for (const struct payload *p = message->first; p != NULL; p = p->next) {
		struct diag diag = { 0 };
		struct span behind = isakmp_behind(message, p);
		PROMISE(p->at == count++);
		PROMISE(p->next != NULL || (p == message->last && behind.len == 0));
		PROMISE(behind.ptr == p->body.ptr + p->body.len);
		if (exercise_ok(isakmp_payload_check(arena, p, &diag), &diag))
			isakmp_exercise_round_trip(arena, p);
	}
	PROMISE(count == message->count && count <= LIMIT_PAYLOADS);
}

/* Bytes as what was decrypted. */
static inline void isakmp_exercise_inner(struct arena *arena, struct ike_message *message,
					 struct span plain)
{
	struct diag diag = { 0 };

	if (!exercise_ok(isakmp_inner_parse(arena, plain, message, &diag), &diag)) {
		PROMISE(message->count == 0 && message->first == NULL && message->last == NULL);
		return;
	}
	PROMISE(message->inner.ptr == plain.ptr && message->inner.len <= plain.len);
	isakmp_exercise_payloads(arena, message);
}

/* What is cut is put together again, whatever it is. */
static inline void isakmp_exercise_parts(struct span message)
{
	static uint8_t part[LIMIT_MESSAGE + 64];
	size_t limit = 40 + message.len % 1300, at = 0;
	unsigned count = isakmp_fragment_count(message.len, limit);

	for (unsigned number = 1; number <= count; number++) {
		struct isakmp_fragment fragment;
		struct ike_header header;
		struct sink sink;
		sink_init(&sink, part, limit);
		PROMISE(isakmp_fragment_of(message, limit, 1, number, &sink) == RC_OK);
		if (message.len < IKE_HEADER_LEN ||
		    ike_major(&(struct ike_header){ .version = message.ptr[17] }) != 1)
			return; /* not of IKEv1: neither are its parts */
		if (isakmp_fragment_read(sink_written(&sink), &header, &fragment, NULL) != RC_OK)
			return;
		PROMISE(fragment.number == number && fragment.last == (number == count));
		PROMISE(at + fragment.data.len <= message.len &&
			memcmp(message.ptr + at, fragment.data.ptr, fragment.data.len) == 0);
		at += fragment.data.len;
	}
	PROMISE(count == 0 || at == message.len);
}

/* A datagram from the network. Returns what isakmp_message_parse said. */
static inline enum rc isakmp_exercise(struct span datagram)
{
	struct arena arena;
	struct ike_message message = { 0 };
	struct diag diag = { 0 };
	struct isakmp_fragment fragment;
	struct ike_header header;
	char text[512], tiny[7];

	if (exercise_ok(isakmp_fragment_read(datagram, &header, &fragment, &diag), &diag))
		PROMISE(fragment.number > 0 && fragment.data.len > 0 &&
			fragment.data.len + 36 == datagram.len);
	diag = (struct diag){ 0 };

	isakmp_exercise_parts(datagram);
	arena_init(&arena, LIMIT_EVENT_ARENA);
	enum rc rc = isakmp_message_parse(&arena, datagram, &message, &diag);
	if (exercise_ok(rc, &diag)) {
		if ((message.header.flags & ISAKMP_FLAG_ENCRYPTION) != 0) {
			PROMISE(message.count == 0);
			isakmp_exercise_inner(&arena, &message,
					      span_make(datagram.ptr + IKE_HEADER_LEN,
							datagram.len - IKE_HEADER_LEN));
		} else {
			isakmp_exercise_payloads(&arena, &message);
		}
	}
	isakmp_message_text(&message, text, sizeof(text));
	PROMISE(strlen(text) < sizeof(text));
	isakmp_message_text(&message, tiny, sizeof(tiny));
	PROMISE(strncmp(tiny, text, sizeof(tiny) - 1) == 0);
	arena_free(&arena);
	return rc;
}

/* Bytes as the body of one payload of every known type, and as a Vendor ID. */
static inline void isakmp_exercise_body(struct span body)
{
	static const uint8_t more[] = { ISAKMP_NAT_D, ISAKMP_NAT_OA, ISAKMP_FRAGMENT };

	(void)isakmp_vendor_of(body);
	for (unsigned i = ISAKMP_SA; i <= ISAKMP_ATTRIBUTES + sizeof(more); i++) {
		struct payload payload = { .type = (uint8_t)i, .body = body };
		struct diag diag = { 0 };
		struct arena arena;
		if (i > ISAKMP_ATTRIBUTES)
			payload.type = more[i - ISAKMP_ATTRIBUTES - 1];
		arena_init(&arena, LIMIT_EVENT_ARENA);
		if (exercise_ok(isakmp_payload_check(&arena, &payload, &diag), &diag))
			isakmp_exercise_round_trip(&arena, &payload);
		arena_free(&arena);
	}
}

#endif
