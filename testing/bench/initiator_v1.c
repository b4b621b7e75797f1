/* SPDX-License-Identifier: Apache-2.0 */
/* The same by IKEv1: Main Mode with a shared key, and a Quick Mode without PFS (RFC 2409 §5.4,
 * §5.5). */
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "bench/initiator.h"
#include "proposal/isakmp.h"

#define MESSAGE_MAX 2048
#define ARENA_MAX   (256 * 1024)
#define SECONDS	    3600

static const struct isakmp_phase1_terms phase1_terms = { .auths = { OAKLEY_PRESHARED_KEY },
							 .auth_count = 1,
							 .seconds = SECONDS };

static enum rc keep(struct bytes *bytes, struct span span)
{
	mem_free(bytes->ptr);
	*bytes = (struct bytes){ NULL, 0 };
	bytes->ptr = mem_alloc(span.len);
	if (bytes->ptr == NULL)
		return RC_NO_MEMORY;
	memcpy(bytes->ptr, span.ptr, span.len);
	bytes->len = span.len;
	return RC_OK;
}

static struct span span_of(const struct bytes *bytes)
{
	return span_make(bytes->ptr, bytes->len);
}

static struct ike_header header_of(const struct initiator *initiator, uint8_t exchange)
{
	return (struct ike_header){ .spi_i = initiator->spi_i,
				    .spi_r = initiator->spi_r,
				    .version = IKE_VERSION_1,
				    .exchange = exchange };
}

/* ---- Main Mode: SA, then KE and nonce ---- */

static enum rc begin_in(const struct scheme *scheme, struct initiator *initiator,
			struct arena *arena)
{
	struct ike_header header = header_of(initiator, EXCHANGE_V1_MAIN);
	uint8_t buffer[MESSAGE_MAX];
	struct isakmp_sa offer;
	struct writer writer;
	struct sink sink;

	TRY(isakmp_offer_phase1(arena, scheme->ike, &phase1_terms, &offer, NULL));
	sink_init(&sink, buffer, sizeof buffer);
	writer_message(&writer, &sink, &header);
	isakmp_sa_emit(&writer, &offer);
	TRY(writer_message_end(&writer));
	TRY(keep(&initiator->init_request, isakmp_sa_body(arena, &offer)));
	return keep(&initiator->request, sink_written(&sink));
}

enum rc initiator_v1_begin(const struct scheme *scheme, struct initiator *initiator)
{
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	enum rc rc = begin_in(scheme, initiator, &arena);
	arena_free(&arena);
	initiator->phase = rc == RC_OK ? PHASE_V1_SA : PHASE_FAILED;
	return rc;
}

static enum rc missing(const char *what, struct diag *diag)
{
	return diag_fail(diag, RC_SYNTAX, "%s: payloads are missing", what);
}

static enum rc on_sa(const struct scheme *scheme, struct initiator *initiator,
		     const struct ike_message *message, struct arena *arena, struct diag *diag)
{
	const struct payload *sa = isakmp_payload_find(message, ISAKMP_SA);
	uint8_t buffer[MESSAGE_MAX];
	struct isakmp_choice choice;
	struct ike_header header;
	struct isakmp_sa answer;
	struct writer writer;
	struct sink sink;

	if (sa == NULL)
		return missing("Main Mode", diag);
	TRY(isakmp_sa_parse(arena, sa->body, &answer, diag));
	TRY(isakmp_accept_phase1(scheme->ike, &phase1_terms, &answer, &choice, diag));
	initiator->spi_r = message->header.spi_r;
	header = header_of(initiator, EXCHANGE_V1_MAIN);
	sink_init(&sink, buffer, sizeof buffer);
	writer_message(&writer, &sink, &header);
	isakmp_bytes_emit(&writer, ISAKMP_KE, dh_public(scheme->pair));
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(initiator->nonce));
	TRY(writer_message_end(&writer));
	initiator->phase = PHASE_V1_KE;
	return keep(&initiator->request, sink_written(&sink));
}

/* ---- keys; who we are ---- */

static struct ikev1_exchange exchange_of(const struct scheme *scheme,
					 const struct initiator *initiator)
{
	return (struct ikev1_exchange){ .cky_i = initiator->spi_i,
					.cky_r = initiator->spi_r,
					.ni = SPAN_OF(initiator->nonce),
					.nr = span_of(&initiator->peer_nonce),
					.public_i = dh_public(scheme->pair),
					.public_r = span_of(&initiator->peer_public) };
}

static enum rc derive(const struct scheme *scheme, struct initiator *initiator, struct diag *diag)
{
	struct ikev1_exchange exchange = exchange_of(scheme, initiator);
	struct secret shared = { NULL, 0 };
	enum rc rc = dh_compute(scheme->pair, exchange.public_r, 0, &shared, diag);

	exchange.shared = secret_span(&shared);
	if (rc == RC_OK)
		rc = ikev1_keys_derive(&scheme->suite, &exchange, scheme->psk, &initiator->keys);
	if (rc == RC_OK)
		rc = ikev1_iv_first(&scheme->suite, exchange.public_i, exchange.public_r,
				    initiator->iv);
	secret_wipe(&shared);
	return rc;
}

static enum rc seal(const struct scheme *scheme, const struct initiator *initiator,
		    struct ike_header header, struct span plain, uint8_t first_type, uint8_t *iv,
		    struct bytes *out)
{
	size_t total = IKE_HEADER_LEN + ikev1_padded(&scheme->suite, plain.len);
	uint8_t buffer[MESSAGE_MAX] = { 0 };
	struct sink sink;

	if (total > sizeof buffer)
		return RC_LIMIT;
	header.next = first_type;
	header.flags = ISAKMP_FLAG_ENCRYPTION;
	header.length = (uint32_t)total;
	sink_init(&sink, buffer, sizeof buffer);
	wire_header_emit(&sink, &header);
	sink_patch_u8(&sink, 16, first_type);
	sink_patch_u32(&sink, 24, (uint32_t)total);
	memcpy(buffer + IKE_HEADER_LEN, plain.ptr, plain.len);
	TRY(ikev1_encrypt(&scheme->suite, &initiator->keys, iv, buffer + IKE_HEADER_LEN,
			  plain.len));
	return keep(out, span_make(buffer, total));
}

static enum rc hash_of(const struct scheme *scheme, const struct initiator *initiator, bool ours,
		       const struct isakmp_id *id, uint8_t out[PRF_MAX])
{
	const struct ikev1_exchange exchange = exchange_of(scheme, initiator);
	uint8_t body[LIMIT_ID + 8];
	struct sink sink;

	sink_init(&sink, body, sizeof body);
	isakmp_id_body_emit(&sink, id);
	TRY(sink_rc(&sink));
	return ikev1_hash_auth(&scheme->suite, scheme->suite.prf, &initiator->keys, &exchange, ours,
			       span_of(&initiator->init_request), sink_written(&sink), out);
}

static enum rc on_ke(const struct scheme *scheme, struct initiator *initiator,
		     const struct ike_message *message, struct diag *diag)
{
	const struct payload *ke = isakmp_payload_find(message, ISAKMP_KE);
	const struct payload *nonce = isakmp_payload_find(message, ISAKMP_NONCE);
	struct span addr = ip_bytes(&initiator->local.addr), nr;
	struct isakmp_id id = { .type = ID_IPV4_ADDR, .data = addr };
	uint8_t plain[MESSAGE_MAX], hash[PRF_MAX];
	struct writer writer;
	struct sink sink;

	if (ke == NULL || nonce == NULL)
		return missing("Main Mode", diag);
	TRY(isakmp_nonce_parse(nonce->body, &nr, diag));
	TRY(keep(&initiator->peer_nonce, nr));
	TRY(keep(&initiator->peer_public, ke->body));
	TRY(derive(scheme, initiator, diag));
	TRY(hash_of(scheme, initiator, true, &id, hash));
	sink_init(&sink, plain, sizeof plain);
	writer_inner(&writer, &sink);
	isakmp_id_emit(&writer, &id);
	isakmp_bytes_emit(&writer, ISAKMP_HASH, span_make(hash, scheme->suite.prf->len));
	TRY(sink_rc(&sink));
	initiator->phase = PHASE_V1_ID;
	return seal(scheme, initiator, header_of(initiator, EXCHANGE_V1_MAIN), sink_written(&sink),
		    writer.first_type, initiator->iv, &initiator->request);
}

/* ---- who the responder is; then Quick Mode ---- */

static enum rc unseal(const struct scheme *scheme, const struct initiator *initiator,
		      struct ike_message *message, uint8_t *iv, struct arena *arena,
		      struct diag *diag)
{
	struct span cipher =
		span_make(message->raw.ptr + IKE_HEADER_LEN, message->raw.len - IKE_HEADER_LEN);
	uint8_t *plain = arena_alloc(arena, cipher.len + 1);

	if (plain == NULL)
		return RC_NO_MEMORY;
	TRY(ikev1_decrypt(&scheme->suite, &initiator->keys, iv, cipher, plain));
	return isakmp_inner_parse(arena, span_make(plain, cipher.len), message, diag);
}

static void put_message_id(const struct initiator *initiator, uint8_t out[4])
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(initiator->message_id >> (24 - 8 * i));
}

static struct isakmp_phase2_terms phase2_terms(const struct initiator *initiator)
{
	return (struct isakmp_phase2_terms){ .encapsulations = { ENCAPSULATION_TUNNEL },
					     .encapsulation_count = 1,
					     .seconds = SECONDS,
					     .spi = 0x5a000000u |
						    (uint32_t)(initiator->spi_i >> 32) };
}

static void emit_host(struct writer *writer, const struct ip_addr *addr)
{
	struct isakmp_id id = { .type = ID_IPV4_ADDR, .data = ip_bytes(addr) };

	isakmp_id_emit(writer, &id);
}

static enum rc quick_begin(const struct scheme *scheme, struct initiator *initiator,
			   struct arena *arena)
{
	const struct isakmp_phase2_terms terms = phase2_terms(initiator);
	struct ike_header header = header_of(initiator, EXCHANGE_V1_QUICK);
	size_t head = 4 + (size_t)scheme->suite.prf->len;
	uint8_t plain[MESSAGE_MAX], id[4], room[PRF_MAX] = { 0 };
	struct isakmp_sa offer;
	struct writer writer;
	struct sink sink;

	initiator->message_id = (uint32_t)(initiator->spi_i >> 32) + 1;
	header.message_id = initiator->message_id;
	TRY(isakmp_offer_phase2(arena, scheme->esp, &terms, &offer, NULL));
	sink_init(&sink, plain, sizeof plain);
	writer_inner(&writer, &sink);
	isakmp_bytes_emit(&writer, ISAKMP_HASH, span_make(room, scheme->suite.prf->len));
	isakmp_sa_emit(&writer, &offer);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(initiator->nonce));
	emit_host(&writer, &initiator->local.addr);
	emit_host(&writer, &scheme->responder.addr);
	TRY(sink_rc(&sink));
	put_message_id(initiator, id);
	struct span parts[] = { SPAN_OF(id), span_make(plain + head, sink.len - head) };
	TRY(ikev1_hash(&scheme->suite, &initiator->keys, parts, 2, plain + 4));
	TRY(ikev1_iv_exchange(&scheme->suite, initiator->iv, initiator->message_id,
			      initiator->quick_iv));
	initiator->phase = PHASE_V1_QUICK;
	return seal(scheme, initiator, header, sink_written(&sink), writer.first_type,
		    initiator->quick_iv, &initiator->request);
}

static enum rc on_id(const struct scheme *scheme, struct initiator *initiator,
		     struct ike_message *message, struct arena *arena, struct diag *diag)
{
	const struct payload *id, *hash;
	uint8_t value[PRF_MAX];
	struct isakmp_id idr;

	TRY(unseal(scheme, initiator, message, initiator->iv, arena, diag));
	id = isakmp_payload_find(message, ISAKMP_ID);
	hash = isakmp_payload_find(message, ISAKMP_HASH);
	if (id == NULL || hash == NULL)
		return missing("Main Mode", diag);
	TRY(isakmp_id_parse(id->body, &idr, diag));
	TRY(hash_of(scheme, initiator, false, &idr, value));
	if (!secret_equal(hash->body, span_make(value, scheme->suite.prf->len)))
		return diag_fail(diag, RC_AUTH_FAILED, "the responder's HASH_R is wrong");
	return quick_begin(scheme, initiator, arena);
}

/* ---- the answer to Quick Mode; the third message ---- */

static enum rc send_proof(const struct scheme *scheme, struct initiator *initiator, struct span nr)
{
	struct ike_header header = header_of(initiator, EXCHANGE_V1_QUICK);
	uint8_t plain[MESSAGE_MAX], hash[PRF_MAX], head[5] = { 0 };
	struct span parts[] = { SPAN_OF(head), SPAN_OF(initiator->nonce), nr };
	struct writer writer;
	struct sink sink;

	header.message_id = initiator->message_id;
	put_message_id(initiator, head + 1);
	TRY(ikev1_hash(&scheme->suite, &initiator->keys, parts, 3, hash));
	sink_init(&sink, plain, sizeof plain);
	writer_inner(&writer, &sink);
	isakmp_bytes_emit(&writer, ISAKMP_HASH, span_make(hash, scheme->suite.prf->len));
	TRY(sink_rc(&sink));
	return seal(scheme, initiator, header, sink_written(&sink), writer.first_type,
		    initiator->quick_iv, &initiator->request);
}

static enum rc check_hash2(const struct scheme *scheme, const struct initiator *initiator,
			   const struct ike_message *message, struct diag *diag)
{
	const struct payload *hash = message->first;
	uint8_t id[4], value[PRF_MAX];

	if (hash == NULL || hash->type != ISAKMP_HASH)
		return missing("Quick Mode", diag);
	put_message_id(initiator, id);
	struct span parts[] = { SPAN_OF(id), SPAN_OF(initiator->nonce),
				isakmp_behind(message, hash) };
	TRY(ikev1_hash(&scheme->suite, &initiator->keys, parts, 3, value));
	if (!secret_equal(hash->body, span_make(value, scheme->suite.prf->len)))
		return diag_fail(diag, RC_AUTH_FAILED, "the responder's HASH(2) is wrong");
	return RC_OK;
}

static enum rc on_quick(const struct scheme *scheme, struct initiator *initiator,
			struct ike_message *message, struct arena *arena, struct diag *diag)
{
	const struct isakmp_phase2_terms terms = phase2_terms(initiator);
	const struct payload *sa, *nonce;
	struct isakmp_choice choice;
	struct isakmp_sa answer;
	struct span nr;

	TRY(unseal(scheme, initiator, message, initiator->quick_iv, arena, diag));
	TRY(check_hash2(scheme, initiator, message, diag));
	sa = isakmp_payload_find(message, ISAKMP_SA);
	nonce = isakmp_payload_find(message, ISAKMP_NONCE);
	if (sa == NULL || nonce == NULL)
		return missing("Quick Mode", diag);
	TRY(isakmp_sa_parse(arena, sa->body, &answer, diag));
	TRY(isakmp_accept_phase2(scheme->esp, &terms, &answer, &choice, diag));
	TRY(isakmp_nonce_parse(nonce->body, &nr, diag));
	TRY(send_proof(scheme, initiator, nr));
	initiator->phase = PHASE_UP;
	return RC_OK;
}

/* ---- */

static enum rc refused(const struct ike_message *message, struct diag *diag)
{
	const struct payload *payload = isakmp_payload_find(message, ISAKMP_NOTIFICATION);
	struct isakmp_notify notify;
	char name[48];

	if ((message->header.flags & ISAKMP_FLAG_ENCRYPTION) != 0 || payload == NULL ||
	    isakmp_notify_parse(payload->body, &notify, NULL) != RC_OK ||
	    notify.type >= ISAKMP_FIRST_STATUS)
		return RC_DROP;
	return diag_fail(diag, RC_PEER_REFUSED, "the responder says %s",
			 names_text(&isakmp_notify_names, notify.type, name, sizeof name));
}

static enum rc answer_read(const struct scheme *scheme, struct initiator *initiator,
			   struct span datagram, struct arena *arena, struct diag *diag)
{
	struct ike_message message;
	const struct ike_header *header = &message.header;
	bool encrypted;

	TRY(isakmp_message_parse(arena, datagram, &message, diag));
	encrypted = (header->flags & ISAKMP_FLAG_ENCRYPTION) != 0;
	if (header->exchange == EXCHANGE_V1_INFORMATIONAL)
		return refused(&message, diag);
	if (header->exchange == EXCHANGE_V1_QUICK && initiator->phase == PHASE_V1_QUICK &&
	    header->message_id == initiator->message_id && encrypted)
		return on_quick(scheme, initiator, &message, arena, diag);
	if (header->exchange != EXCHANGE_V1_MAIN || encrypted != (initiator->phase == PHASE_V1_ID))
		return RC_DROP;
	if (initiator->phase == PHASE_V1_SA)
		return on_sa(scheme, initiator, &message, arena, diag);
	if (initiator->phase == PHASE_V1_KE && isakmp_payload_find(&message, ISAKMP_SA) == NULL)
		return on_ke(scheme, initiator, &message, diag);
	if (initiator->phase == PHASE_V1_ID)
		return on_id(scheme, initiator, &message, arena, diag);
	return RC_DROP;
}

enum rc initiator_v1_receive(const struct scheme *scheme, struct initiator *initiator,
			     struct span datagram, struct diag *diag)
{
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	enum rc rc = answer_read(scheme, initiator, datagram, &arena, diag);
	arena_free(&arena);
	if (rc != RC_OK && rc != RC_DROP)
		initiator->phase = PHASE_FAILED;
	return rc;
}
