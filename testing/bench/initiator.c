/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/initiator.h"
#include <stdio.h>
#include <string.h>
#include "base/arena.h"

#define MESSAGE_MAX 2048
#define ARENA_MAX   (256 * 1024)

enum rc scheme_open(struct scheme *scheme, const char *ike, const char *esp, struct diag *diag)
{
	struct proposal_choice choice = { .protocol = PROTOCOL_IKE };

	TRY(proposal_parse(PROTOCOL_IKE, ike, false, &scheme->ike, NULL, diag));
	TRY(proposal_parse(PROTOCOL_ESP, esp, false, &scheme->esp, NULL, diag));
	const struct proposal *only = scheme->ike->items;
	for (unsigned i = 0; i < only->count; i++) {
		const struct proposal_transform *transform = &only->transforms[i];
		uint16_t *where[] = { [TRANSFORM_ENCR] = &choice.encr,
				      [TRANSFORM_PRF] = &choice.prf,
				      [TRANSFORM_INTEG] = &choice.integ,
				      [TRANSFORM_DH] = &choice.dh };
		if (transform->type < TRANSFORM_ENCR || transform->type > TRANSFORM_DH)
			continue;
		if (*where[transform->type] != 0 || scheme->ike->count > 1)
			return diag_fail(diag, RC_AMBIGUOUS,
					 "%s: one algorithm of each kind is wanted", ike);
		*where[transform->type] = transform->id;
		if (transform->type == TRANSFORM_ENCR)
			choice.encr_bits = transform->key_bits;
	}
	TRY(proposal_ike_suite(&choice, &scheme->suite));
	return dh_generate(scheme->suite.dh, 0, &scheme->pair);
}

void scheme_close(struct scheme *scheme)
{
	dh_free(scheme->pair);
	proposal_free(scheme->ike);
	proposal_free(scheme->esp);
}

static enum rc keep(struct bytes *bytes, struct span span)
{
	mem_free(bytes->ptr);
	*bytes = (struct bytes){ NULL, 0 };
	if (span.len == 0)
		return RC_OK;
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

static struct ike_header request_header(const struct initiator *initiator, uint8_t exchange)
{
	return (struct ike_header){ .spi_i = initiator->spi_i,
				    .spi_r = initiator->spi_r,
				    .version = IKE_VERSION_2,
				    .exchange = exchange,
				    .flags = IKE_FLAG_INITIATOR,
				    .message_id = exchange == EXCHANGE_IKE_AUTH ? 1 : 0 };
}

/* ---- IKE_SA_INIT ---- */

/* §2.23; the responder's SPI is still 0. */
static enum rc emit_nat(struct writer *writer, const struct initiator *initiator, uint16_t type,
			const struct ip_endpoint *endpoint)
{
	uint8_t fixed[18], hash[20];
	struct wire_notify notify = { .type = type, .data = SPAN_OF(hash) };
	struct sink sink;

	sink_init(&sink, fixed, sizeof fixed);
	sink_u64(&sink, initiator->spi_i);
	sink_u64(&sink, 0);
	sink_u16(&sink, endpoint->port);
	struct span parts[] = { span_make(fixed, 16), ip_bytes(&endpoint->addr),
				span_make(fixed + 16, 2) };
	TRY(hash_sha1(parts, 3, hash));
	wire_notify_emit(writer, &notify);
	return RC_OK;
}

static enum rc init_emit(const struct scheme *scheme, const struct initiator *initiator,
			 struct arena *arena, struct sink *sink)
{
	struct ike_header header = request_header(initiator, EXCHANGE_IKE_SA_INIT);
	struct wire_notify cookie = { .type = COOKIE, .data = span_of(&initiator->cookie) };
	struct wire_ke ke = { scheme->suite.dh->id, dh_public(scheme->pair) };
	struct writer writer;
	struct wire_sa offer;

	writer_message(&writer, sink, &header);
	if (cookie.data.len != 0)
		wire_notify_emit(&writer, &cookie);
	TRY(proposal_offer(arena, scheme->ike, SPAN_NONE, 0, &offer));
	wire_sa_emit(&writer, &offer);
	wire_ke_emit(&writer, &ke);
	wire_nonce_emit(&writer, SPAN_OF(initiator->nonce));
	TRY(emit_nat(&writer, initiator, NAT_DETECTION_SOURCE_IP, &initiator->local));
	TRY(emit_nat(&writer, initiator, NAT_DETECTION_DESTINATION_IP, &scheme->responder));
	return writer_message_end(&writer);
}

enum rc initiator_begin(const struct scheme *scheme, struct initiator *initiator)
{
	uint8_t buffer[MESSAGE_MAX];
	struct arena arena;
	struct sink sink;

	arena_init(&arena, ARENA_MAX);
	sink_init(&sink, buffer, sizeof buffer);
	enum rc rc = init_emit(scheme, initiator, &arena, &sink);
	arena_free(&arena);
	if (rc == RC_OK)
		rc = keep(&initiator->request, sink_written(&sink));
	if (rc == RC_OK)
		rc = keep(&initiator->init_request, sink_written(&sink));
	initiator->phase = rc == RC_OK ? PHASE_INIT_SENT : PHASE_FAILED;
	return rc;
}

/* ---- IKE_AUTH, the request ---- */

static struct wire_id own_id(const struct initiator *initiator, char *text, size_t size)
{
	struct span addr = ip_bytes(&initiator->local.addr);
	int len = snprintf(text, size, "c%02x%02x%02x%02x.bench", addr.ptr[0], addr.ptr[1],
			   addr.ptr[2], addr.ptr[3]);
	return (struct wire_id){ ID_FQDN, span_make(text, (size_t)len) };
}

static enum rc psk_value(const struct scheme *scheme, const struct initiator *initiator, bool ours,
			 const struct wire_id *id, uint8_t out[PRF_MAX])
{
	uint8_t body[LIMIT_ID + 4];
	struct sink sink;

	sink_init(&sink, body, sizeof body);
	wire_id_body_emit(&sink, id);
	TRY(sink_rc(&sink));
	return auth_psk(&scheme->suite, scheme->psk,
			span_of(ours ? &initiator->init_request : &initiator->init_response),
			ours ? span_of(&initiator->peer_nonce) : SPAN_OF(initiator->nonce),
			ike_key(&initiator->keys, &scheme->suite, ours ? SK_pi : SK_pr),
			sink_written(&sink), SPAN_NONE, out);
}

static enum rc emit_child(const struct scheme *scheme, const struct initiator *initiator,
			  struct arena *arena, struct writer *writer)
{
	struct wire_ts ours = { .type = TS_IPV4_ADDR_RANGE,
				.port_to = UINT16_MAX,
				.range = range_single(&initiator->local.addr) };
	struct wire_ts theirs = ours;
	struct wire_ts_list tsi = { &ours, 1 }, tsr = { &theirs, 1 };
	struct span addr = ip_bytes(&initiator->local.addr);
	uint8_t spi[4] = { 0x5a, addr.ptr[1], addr.ptr[2], addr.ptr[3] };
	struct wire_sa offer;

	theirs.range = range_single(&scheme->responder.addr);
	TRY(proposal_offer(arena, scheme->esp, SPAN_OF(spi), PROPOSAL_NO_DH, &offer));
	wire_sa_emit(writer, &offer);
	wire_ts_emit(writer, PAYLOAD_TSi, &tsi);
	wire_ts_emit(writer, PAYLOAD_TSr, &tsr);
	return RC_OK;
}

static enum rc auth_inner(const struct scheme *scheme, const struct initiator *initiator,
			  struct arena *arena, struct writer *writer)
{
	char text[32];
	uint8_t value[PRF_MAX];
	struct wire_id idi = own_id(initiator, text, sizeof text);
	struct wire_id idr = { ID_FQDN, SPAN_NONE };
	struct wire_auth auth = { AUTH_SHARED_KEY, { value, scheme->suite.prf->len } };

	wire_id_emit(writer, PAYLOAD_IDi, &idi);
	if (scheme->responder_id != NULL) {
		idr.data = span_make(scheme->responder_id, strlen(scheme->responder_id));
		wire_id_emit(writer, PAYLOAD_IDr, &idr);
	}
	TRY(psk_value(scheme, initiator, true, &idi, value));
	wire_auth_emit(writer, &auth);
	return emit_child(scheme, initiator, arena, writer);
}

static enum rc seal(const struct scheme *scheme, const struct initiator *initiator,
		    struct span plain, uint8_t first_type, struct sink *sink)
{
	const struct ike_suite *suite = &scheme->suite;
	struct ike_header header = request_header(initiator, EXCHANGE_IKE_AUTH);
	size_t iv_len = suite->encr->iv_len, icv_len = sk_icv_len(suite);
	struct wire_sk_room room;
	struct writer writer;

	writer_message(&writer, sink, &header);
	TRY(wire_sk_emit(&writer, first_type, 0, 0, iv_len,
			 plain.len + sk_overhead(suite, plain.len) - iv_len - icv_len, icv_len,
			 &room));
	memcpy(room.text, plain.ptr, plain.len);
	return sk_seal(suite, ike_key(&initiator->keys, suite, SK_ei),
		       ike_key(&initiator->keys, suite, SK_ai), 1, sink->ptr,
		       (size_t)(room.iv - sink->ptr), plain.len);
}

static enum rc auth_begin(const struct scheme *scheme, struct initiator *initiator,
			  struct arena *arena)
{
	uint8_t inner[MESSAGE_MAX], buffer[MESSAGE_MAX];
	struct sink plain, sink;
	struct writer writer;

	sink_init(&plain, inner, sizeof inner);
	sink_init(&sink, buffer, sizeof buffer);
	writer_inner(&writer, &plain);
	TRY(auth_inner(scheme, initiator, arena, &writer));
	TRY(sink_rc(&plain));
	TRY(seal(scheme, initiator, sink_written(&plain), writer.first_type, &sink));
	TRY(keep(&initiator->request, sink_written(&sink)));
	initiator->phase = PHASE_AUTH_SENT;
	return RC_OK;
}

/* ---- answers ---- */

/* The first error notify, and COOKIE when there is one. */
static void read_notifies(const struct ike_message *message, struct initiator *initiator,
			  struct span *cookie)
{
	const struct payload *payload = wire_payload_find(message, PAYLOAD_NOTIFY);
	struct wire_notify notify;

	*cookie = SPAN_NONE;
	for (; payload != NULL; payload = wire_payload_next(payload)) {
		if (wire_notify_parse(payload->body, &notify, NULL) != RC_OK)
			continue;
		if (notify.type == COOKIE)
			*cookie = notify.data;
		if (notify_is_error(notify.type) && initiator->notify == 0)
			initiator->notify = notify.type;
	}
}

static enum rc derive(const struct scheme *scheme, struct initiator *initiator, struct span nonce,
		      struct span public, struct diag *diag)
{
	struct secret shared = { NULL, 0 };

	TRY(dh_compute(scheme->pair, public, 0, &shared, diag));
	enum rc rc = ike_keys_derive(&scheme->suite, SPAN_OF(initiator->nonce), nonce,
				     secret_span(&shared), initiator->spi_i, initiator->spi_r,
				     &initiator->keys);
	secret_wipe(&shared);
	return rc;
}

static enum rc refused(const struct initiator *initiator, const char *what, struct diag *diag)
{
	char name[48];

	if (initiator->notify == 0)
		return diag_fail(diag, RC_SYNTAX, "%s: payloads are missing", what);
	return diag_fail(diag, RC_PEER_REFUSED, "%s: %s", what,
			 names_text(&notify_names, initiator->notify, name, sizeof name));
}

static enum rc on_init(const struct scheme *scheme, struct initiator *initiator,
		       const struct ike_message *message, struct arena *arena, struct diag *diag)
{
	const struct payload *sa = wire_payload_find(message, PAYLOAD_SA);
	const struct payload *ke = wire_payload_find(message, PAYLOAD_KE);
	const struct payload *nonce = wire_payload_find(message, PAYLOAD_NONCE);
	struct proposal_choice choice;
	struct wire_sa answer;
	struct wire_ke public;
	struct span nr, cookie;

	read_notifies(message, initiator, &cookie);
	if (cookie.len != 0 && initiator->cookies++ < 3) {
		TRY(keep(&initiator->cookie, cookie));
		return initiator_begin(scheme, initiator);
	}
	if (sa == NULL || ke == NULL || nonce == NULL)
		return refused(initiator, "IKE_SA_INIT", diag);
	TRY(wire_sa_parse(arena, sa->body, &answer, diag));
	TRY(proposal_accept(scheme->ike, &answer, 0, &choice, diag));
	TRY(wire_ke_parse(ke->body, &public, diag));
	TRY(wire_nonce_parse(nonce->body, &nr, diag));
	initiator->spi_r = message->header.spi_r;
	TRY(keep(&initiator->peer_nonce, nr));
	TRY(keep(&initiator->init_response, message->raw));
	TRY(derive(scheme, initiator, nr, public.data, diag));
	return auth_begin(scheme, initiator, arena);
}

static enum rc open_sk(const struct scheme *scheme, const struct initiator *initiator,
		       struct ike_message *message, struct arena *arena, struct diag *diag)
{
	const struct ike_suite *suite = &scheme->suite;
	const struct payload *payload = wire_payload_find(message, PAYLOAD_SK);
	struct wire_sk sk;
	size_t len;

	if (payload == NULL)
		return diag_fail(diag, RC_SYNTAX, "IKE_AUTH: no SK payload");
	TRY(wire_sk_parse(message, payload, suite->encr->iv_len, sk_icv_len(suite), &sk, diag));
	uint8_t *plain = arena_alloc(arena, sk.ciphertext.len + 1);
	if (plain == NULL)
		return RC_NO_MEMORY;
	enum rc rc = sk_open(suite, ike_key(&initiator->keys, suite, SK_er),
			     ike_key(&initiator->keys, suite, SK_ar), sk.aad, sk.signed_part, sk.iv,
			     sk.ciphertext, sk.icv, plain, &len);
	if (rc != RC_OK)
		return diag_fail(diag, rc, "IKE_AUTH: the answer does not decrypt");
	return wire_inner_parse(arena, span_make(plain, len), payload->inner, message, NULL, diag);
}

static enum rc verify(const struct scheme *scheme, const struct initiator *initiator,
		      struct span id_body, struct span auth_body, struct diag *diag)
{
	uint8_t value[PRF_MAX];
	struct wire_auth auth;
	struct wire_id id;

	TRY(wire_id_parse(id_body, &id, diag));
	TRY(wire_auth_parse(auth_body, &auth, diag));
	if (scheme->responder_id != NULL && !span_equal_text(id.data, scheme->responder_id))
		return diag_fail(diag, RC_AUTH_FAILED, "the responder is not %s",
				 scheme->responder_id);
	TRY(psk_value(scheme, initiator, false, &id, value));
	if (!secret_equal(auth.data, span_make(value, scheme->suite.prf->len)))
		return diag_fail(diag, RC_AUTH_FAILED, "the responder's AUTH is wrong");
	return RC_OK;
}

static enum rc on_auth(const struct scheme *scheme, struct initiator *initiator,
		       struct ike_message *message, struct arena *arena, struct diag *diag)
{
	struct proposal_choice choice;
	struct wire_sa answer;
	struct span cookie;

	TRY(open_sk(scheme, initiator, message, arena, diag));
	read_notifies(message, initiator, &cookie);
	const struct payload *id = wire_payload_find(message, PAYLOAD_IDr);
	const struct payload *auth = wire_payload_find(message, PAYLOAD_AUTH);
	const struct payload *sa = wire_payload_find(message, PAYLOAD_SA);
	if (id == NULL || auth == NULL)
		return refused(initiator, "IKE_AUTH", diag);
	TRY(verify(scheme, initiator, id->body, auth->body, diag));
	initiator->childless = sa == NULL;
	if (sa != NULL) {
		TRY(wire_sa_parse(arena, sa->body, &answer, diag));
		TRY(proposal_accept(scheme->esp, &answer, PROPOSAL_NO_DH, &choice, diag));
	}
	initiator->phase = PHASE_UP;
	return RC_OK;
}

static enum rc answer_read(const struct scheme *scheme, struct initiator *initiator,
			   struct span datagram, struct arena *arena, struct diag *diag)
{
	struct ike_message message;

	TRY(wire_message_parse(arena, datagram, &message, NULL, diag));
	if ((message.header.flags & IKE_FLAG_RESPONSE) == 0)
		return RC_DROP;
	if (message.header.exchange == EXCHANGE_IKE_SA_INIT && initiator->phase == PHASE_INIT_SENT)
		return on_init(scheme, initiator, &message, arena, diag);
	if (message.header.exchange == EXCHANGE_IKE_AUTH && initiator->phase == PHASE_AUTH_SENT)
		return on_auth(scheme, initiator, &message, arena, diag);
	return RC_DROP;
}

enum rc initiator_receive(const struct scheme *scheme, struct initiator *initiator,
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

void initiator_wipe(struct initiator *initiator)
{
	struct bytes *all[] = { &initiator->request,	   &initiator->init_request,
				&initiator->init_response, &initiator->peer_nonce,
				&initiator->cookie,	   &initiator->peer_public };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		mem_free(all[i]->ptr);
		*all[i] = (struct bytes){ NULL, 0 };
	}
	ike_keys_wipe(&initiator->keys);
}
