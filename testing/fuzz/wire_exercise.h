/* SPDX-License-Identifier: Apache-2.0 */
/* Everything src/wire can do with bytes from a peer, on any bytes. Shared by the fuzz target and
 * the corpus test. Checks what must hold whatever the input is: no crash, no read outside (under a
 * sanitizer), a sentence for each refusal, and that what was accepted can be written and is
 * accepted again. A broken promise aborts. */
#ifndef VANTH_FUZZ_WIRE_EXERCISE_H
#define VANTH_FUZZ_WIRE_EXERCISE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wire/payloads.h"

#define PROMISE(holds)                                                                             \
	do {                                                                                       \
		if (!(holds)) {                                                                    \
			fprintf(stderr, "%s:%d: promise broken: %s\n", __FILE__, __LINE__,         \
				#holds);                                                           \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A refusal has a sentence. */
static inline bool exercise_ok(enum rc rc, const struct diag *diag)
{
	PROMISE(rc < RC_COUNT);
	PROMISE(rc == RC_OK || diag->text[0] != '\0');
	return rc == RC_OK;
}

/* Parses the body as its type and writes what was found; false when there is nothing to write. */
static inline bool exercise_rewrite(struct arena *arena, const struct payload *payload,
				    struct writer *writer)
{
	struct span body = payload->body, nonce;
	enum payload_type type = (enum payload_type)payload->type;
	struct wire_sa sa;
	struct wire_ke ke;
	struct wire_id id;
	struct wire_cert cert;
	struct wire_auth auth;
	struct wire_notify notify;
	struct wire_delete del;
	struct wire_ts_list ts;
	struct wire_cp cp;
	struct wire_eap eap;

	if (type == PAYLOAD_SA && wire_sa_parse(arena, body, &sa, NULL) == RC_OK)
		wire_sa_emit(writer, &sa);
	else if (type == PAYLOAD_KE && wire_ke_parse(body, &ke, NULL) == RC_OK)
		wire_ke_emit(writer, &ke);
	else if ((type == PAYLOAD_IDi || type == PAYLOAD_IDr) &&
		 wire_id_parse(body, &id, NULL) == RC_OK)
		wire_id_emit(writer, type, &id);
	else if ((type == PAYLOAD_CERT || type == PAYLOAD_CERTREQ) &&
		 wire_cert_parse(body, &cert, NULL) == RC_OK)
		wire_cert_emit(writer, type, &cert);
	else if (type == PAYLOAD_AUTH && wire_auth_parse(body, &auth, NULL) == RC_OK)
		wire_auth_emit(writer, &auth);
	else if (type == PAYLOAD_NONCE && wire_nonce_parse(body, &nonce, NULL) == RC_OK)
		wire_nonce_emit(writer, nonce);
	else if (type == PAYLOAD_NOTIFY && wire_notify_parse(body, &notify, NULL) == RC_OK)
		wire_notify_emit(writer, &notify);
	else if (type == PAYLOAD_DELETE && wire_delete_parse(body, &del, NULL) == RC_OK)
		wire_delete_emit(writer, &del);
	else if ((type == PAYLOAD_TSi || type == PAYLOAD_TSr) &&
		 wire_ts_parse(arena, body, &ts, NULL) == RC_OK)
		wire_ts_emit(writer, type, &ts);
	else if (type == PAYLOAD_CP && wire_cp_parse(arena, body, &cp, NULL) == RC_OK)
		wire_cp_emit(writer, &cp);
	else if (type == PAYLOAD_EAP && wire_eap_parse(body, &eap, NULL) == RC_OK)
		wire_eap_emit(writer, &eap);
	else
		return false;
	return true;
}

/* What was accepted is accepted again after a round trip. */
static inline void exercise_round_trip(struct arena *arena, const struct payload *payload)
{
	static uint8_t buffer[LIMIT_MESSAGE + 64];
	struct ike_header header = { .spi_i = 1, .version = IKE_VERSION_2 };
	struct ike_message back;
	struct diag diag = { 0 };
	struct writer writer;
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	writer_message(&writer, &sink, &header);
	if (!exercise_rewrite(arena, payload, &writer) || writer_message_end(&writer) != RC_OK)
		return;
	PROMISE(sink.len <= IKE_HEADER_LEN + 4 + payload->body.len);
	enum rc rc = wire_message_parse(arena, sink_written(&sink), &back, NULL, &diag);
	if (rc == RC_OK)
		rc = wire_payload_check(arena, back.first, &diag);
	PROMISE(rc == RC_OK || rc == RC_NO_MEMORY); /* the arena is bounded */
}

static inline void exercise_payloads(struct arena *arena, const struct ike_message *message)
{
	unsigned count = 0;
	for (const struct payload *p = message->first; p != NULL; p = p->next) {
		struct diag diag = { 0 };
		PROMISE(p->at == count++);
		PROMISE(p->next != NULL || p == message->last);
		if (exercise_ok(wire_payload_check(arena, p, &diag), &diag))
			exercise_round_trip(arena, p);
	}
	PROMISE(count == message->count && count <= LIMIT_PAYLOADS);
}

/* Every division of an SK that the algorithms know, and one that nobody has. */
static inline void exercise_sk(const struct ike_message *message, const struct payload *payload)
{
	static const size_t ivs[] = { 0, 8, 16, 300 }, icvs[] = { 0, 8, 12, 16, 24, 32, 300 };
	struct wire_sk sk;

	for (size_t i = 0; i < sizeof(ivs) / sizeof(ivs[0]); i++) {
		for (size_t j = 0; j < sizeof(icvs) / sizeof(icvs[0]); j++) {
			struct diag diag = { 0 };
			enum rc rc = wire_sk_parse(message, payload, ivs[i], icvs[j], &sk, &diag);
			if (!exercise_ok(rc, &diag))
				continue;
			PROMISE(sk.iv.len == ivs[i] && sk.icv.len == icvs[j]);
			PROMISE(sk.ciphertext.len > 0);
			PROMISE(sk.icv.ptr + sk.icv.len == message->raw.ptr + message->raw.len);
			PROMISE(sk.signed_part.len + sk.icv.len == message->raw.len);
		}
	}
}

/* As if the ciphertext were the plaintext. */
static inline void exercise_inner(struct arena *arena, struct ike_message *message,
				  struct span plain, uint8_t first_type)
{
	struct diag diag = { 0 };
	uint8_t critical = 0;
	unsigned before = message->count;
	struct payload *last = message->last;
	enum rc rc = wire_inner_parse(arena, plain, first_type, message, &critical, &diag);

	if (exercise_ok(rc, &diag))
		return;
	PROMISE(rc != RC_CRITICAL || critical != 0);
	PROMISE(message->count == before && message->last == last);
	PROMISE(last == NULL || last->next == NULL);
}

/* A datagram from the network. Returns what wire_message_parse said. */
static inline enum rc wire_exercise(struct span datagram)
{
	struct arena arena;
	struct ike_header header;
	struct ike_message message = { 0 };
	struct diag diag = { 0 };
	char text[512], tiny[7];
	uint8_t critical = 0;

	arena_init(&arena, LIMIT_EVENT_ARENA);
	exercise_ok(wire_header_parse(datagram, &header, &diag), &diag);
	diag.text[0] = '\0';
	enum rc rc = wire_message_parse(&arena, datagram, &message, &critical, &diag);
	PROMISE(rc != RC_CRITICAL || critical != 0);
	if (exercise_ok(rc, &diag)) {
		struct payload *last = message.last;
		if (last != NULL && (last->type == PAYLOAD_SK || last->type == PAYLOAD_SKF)) {
			exercise_sk(&message, last);
			size_t numbers = last->type == PAYLOAD_SKF && last->body.len >= 4 ? 4 : 0;
			struct span plain = { last->body.ptr + numbers, last->body.len - numbers };
			exercise_inner(&arena, &message, plain, last->inner);
		}
		exercise_payloads(&arena, &message);
	}
	wire_message_text(&message, text, sizeof(text));
	PROMISE(strlen(text) < sizeof(text));
	wire_message_text(&message, tiny, sizeof(tiny));
	PROMISE(strncmp(tiny, text, sizeof(tiny) - 1) == 0);
	arena_free(&arena);
	return rc;
}

/* Bytes as the inside of an SK; first_type is chosen by the caller. */
static inline void wire_exercise_inner(struct span plain, uint8_t first_type)
{
	struct arena arena;
	struct ike_message message = { 0 };

	arena_init(&arena, LIMIT_EVENT_ARENA);
	exercise_inner(&arena, &message, plain, first_type);
	exercise_payloads(&arena, &message);
	arena_free(&arena);
}

/* Bytes as the body of one payload of every known type. */
static inline void wire_exercise_body(struct span body)
{
	for (unsigned type = PAYLOAD_SA; type <= PAYLOAD_SKF; type++) {
		struct payload payload = { .type = (uint8_t)type, .body = body };
		struct diag diag = { 0 };
		struct arena arena;
		arena_init(&arena, LIMIT_EVENT_ARENA);
		if (exercise_ok(wire_payload_check(&arena, &payload, &diag), &diag))
			exercise_round_trip(&arena, &payload);
		arena_free(&arena);
	}
}

#endif
