/* SPDX-License-Identifier: Apache-2.0 */
/* rfc9242 §3.3.2: how AUTH comes to cover IKE_INTERMEDIATE messages, whatever the network did to
 * them on the way (fragments). */
#include "ikev2/intermediate.h"

#define SK_HEADER_LEN 4

bool intermediate_announced(const struct ike_message *message)
{
	struct wire_notify notify;

	return notify_find(message, INTERMEDIATE_EXCHANGE_SUPPORTED, &notify);
}

bool intermediate_wanted(const struct config_conn *conn)
{
	return conn->intermediate || proposal_has_addke(conn->ike);
}

uint16_t intermediate_method(const struct proposal_choice *choice, unsigned number)
{
	uint16_t methods[PROPOSAL_ADDKE_MAX];

	return number < proposal_addke(choice, methods) ? methods[number] : DH_NONE;
}

enum rc intermediate_complete(const struct ike_sa *sa, struct diag *diag)
{
	const struct ike_intermediate *known = sa->larval->intermediate;
	unsigned keyed = known != NULL ? known->keyed : 0;
	uint16_t missing = intermediate_method(&sa->choice, keyed);

	/* a resumed session had them already: what they made is in SK_d (RFC 9370 §2.2.5) */
	if (missing == DH_NONE || sa->larval->resume != NULL)
		return RC_OK;
	return diag_fail(diag, RC_SYNTAX,
			 "IKE_AUTH came before the additional key exchange %u (method %u)",
			 keyed + 1, missing);
}

/* The lengths are those of a message without IV, padding and ICV. header: up to the generic header
 * of SK. */
static void adjust(uint8_t *header, size_t len, size_t plain)
{
	uint32_t whole = (uint32_t)(len + plain), sk = (uint32_t)(SK_HEADER_LEN + plain);

	for (unsigned i = 0; i < 4; i++)
		header[24 + i] = (uint8_t)(whole >> (24 - 8 * i));
	header[len - 2] = (uint8_t)(sk >> 8);
	header[len - 1] = (uint8_t)sk;
}

static enum rc chain(struct step *step, const struct ike_suite *suite, struct span sk_p,
		     struct span previous, struct span header, struct span inner, struct span *out)
{
	struct span parts[] = { previous, header, inner };
	uint8_t *value = arena_alloc(step->arena, PRF_MAX);

	if (value == NULL)
		return RC_NO_MEMORY;
	TRY(prf_parts(suite->prf, sk_p, parts, 3, value));
	*out = span_make(value, suite->prf->len);
	return RC_OK;
}

static struct span previous(const struct ike_sa *sa, bool of_initiator)
{
	const struct ike_intermediate *known = sa->larval->intermediate;

	if (known == NULL)
		return SPAN_NONE;
	return of_initiator ? span_make(known->auth_i, known->len_i)
			    : span_make(known->auth_r, known->len_r);
}

static enum rc build_header(const struct ike_header *like, uint8_t first_type, struct sink *sink)
{
	struct ike_header header = *like;

	header.next = PAYLOAD_SK;
	wire_header_emit(sink, &header);
	sink_u8(sink, first_type);
	sink_u8(sink, 0);
	sink_u16(sink, 0);
	sink_patch_u8(sink, 16, PAYLOAD_SK);
	return sink_rc(sink);
}

/* Of a message that came whole: as it came, with payloads that stood before SK. Of one that came in
 * fragments: as if it had not. */
static enum rc received_header(struct step *step, struct span *out)
{
	const struct ike_message *message = step->message;
	const struct payload *sk = wire_payload_find(message, PAYLOAD_SK);
	uint8_t *buffer = arena_alloc(step->arena, IKE_HEADER_LEN + SK_HEADER_LEN);
	struct sink sink;

	if (message->raw.len > 0 && sk != NULL && sk->body.ptr != NULL) {
		*out = arena_copy(
			step->arena,
			span_make(message->raw.ptr, (size_t)(sk->body.ptr - message->raw.ptr)));
		return out->ptr != NULL ? RC_OK : RC_NO_MEMORY;
	}
	if (buffer == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, buffer, IKE_HEADER_LEN + SK_HEADER_LEN);
	TRY(build_header(&message->header, message->inner_type, &sink));
	*out = sink_written(&sink);
	return RC_OK;
}

enum rc intermediate_auth_received(struct step *step, struct span *out)
{
	const struct ike_sa *sa = step->sa;
	bool of_initiator = sa->role == RESPONDER;
	struct span header, inner = step->message->inner;

	TRY(received_header(step, &header));
	adjust((uint8_t *)(uintptr_t)header.ptr, header.len, inner.len);
	return chain(step, &sa->suite, ike_key(&sa->keys, &sa->suite, of_initiator ? SK_pi : SK_pr),
		     previous(sa, of_initiator), header, inner, out);
}

enum rc intermediate_auth_sent(struct step *step, const struct outcome *out,
			       const struct outcome_message *message, uint32_t message_id,
			       struct span *result)
{
	const struct ike_sa *sa = step->sa;
	bool of_initiator = sa->role == INITIATOR;
	const struct ike_suite *suite = out->choice_set ? &out->suite : &sa->suite;
	/* a responder's answer still goes out under the keys that its request came with */
	const struct ike_keys *keys = of_initiator ? keys_now(sa, out) : &sa->keys;
	struct ike_header header =
		header_of(sa, EXCHANGE_IKE_INTERMEDIATE, message->response, message_id);
	uint8_t *buffer = arena_alloc(step->arena, IKE_HEADER_LEN + SK_HEADER_LEN);
	struct sink sink;

	if (buffer == NULL)
		return RC_NO_MEMORY;
	if (out->peer_spi != 0)
		header.spi_r = out->peer_spi;
	sink_init(&sink, buffer, IKE_HEADER_LEN + SK_HEADER_LEN);
	TRY(build_header(&header, message->first_type, &sink));
	adjust(buffer, sink.len, message->bytes.len);
	return chain(step, suite, ike_key(keys, suite, of_initiator ? SK_pi : SK_pr),
		     previous(sa, of_initiator), sink_written(&sink), message->bytes, result);
}

enum rc intermediate_signed(struct step *step, const struct outcome *out, uint32_t message_id,
			    struct span *result)
{
	struct span of_i = out->intermediate.auth_i, of_r = out->intermediate.auth_r;
	uint8_t *buffer = arena_alloc(step->arena, 2 * PRF_MAX + 4);
	struct sink sink;

	*result = SPAN_NONE;
	if (of_i.ptr == NULL)
		of_i = previous(step->sa, true);
	if (of_r.ptr == NULL)
		of_r = previous(step->sa, false);
	if (of_i.len == 0)
		return RC_OK;
	if (buffer == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, buffer, 2 * PRF_MAX + 4);
	sink_span(&sink, of_i);
	sink_span(&sink, of_r);
	sink_u32(&sink, message_id);
	*result = sink_written(&sink);
	return sink_rc(&sink);
}
