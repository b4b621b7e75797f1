/* SPDX-License-Identifier: Apache-2.0 */
/* Small pieces for reading and building messages of IKEv1. */
#include "ikev1/private.h"

const struct payload *v1_payload(const struct ike_message *message, enum isakmp_payload_type type)
{
	return isakmp_payload_find(message, type);
}

struct ike_header v1_header(const struct ike_sa *sa, uint8_t exchange)
{
	return (struct ike_header){ .spi_i = sa->spi_i,
				    .spi_r = sa->spi_r,
				    .version = IKE_VERSION_1,
				    .exchange = exchange };
}

enum rc v1_clear_begin_with(struct arena *arena, size_t room, const struct ike_header *header,
			    struct sink *sink, struct writer *writer)
{
	uint8_t *buffer = arena_alloc(arena, IKEV1_CLEAR_MAX + room);

	if (buffer == NULL)
		return RC_NO_MEMORY;
	sink_init(sink, buffer, IKEV1_CLEAR_MAX + room);
	writer_message(writer, sink, header);
	return RC_OK;
}

enum rc v1_clear_begin(struct arena *arena, const struct ike_header *header, struct sink *sink,
		       struct writer *writer)
{
	return v1_clear_begin_with(arena, 0, header, sink, writer);
}

enum rc v1_clear_end(struct writer *writer, const struct sink *sink, uint8_t exchange,
		     struct outcome_message *out)
{
	TRY(writer_message_end(writer));
	*out = (struct outcome_message){
		.present = true, .clear = true, .exchange = exchange, .bytes = sink_written(sink)
	};
	return RC_OK;
}

enum rc v1_inner_begin_with(struct arena *arena, size_t room, struct sink *sink,
			    struct writer *writer)
{
	uint8_t *buffer = arena_alloc(arena, IKEV1_INNER_MAX + room);

	if (buffer == NULL)
		return RC_NO_MEMORY;
	sink_init(sink, buffer, IKEV1_INNER_MAX + room);
	writer_inner(writer, sink);
	return RC_OK;
}

enum rc v1_inner_begin(struct arena *arena, struct sink *sink, struct writer *writer)
{
	return v1_inner_begin_with(arena, 0, sink, writer);
}

enum rc v1_inner_end(const struct writer *writer, const struct sink *sink, uint8_t exchange,
		     struct outcome_message *out)
{
	TRY(sink_rc(sink));
	out->present = true;
	out->exchange = exchange;
	out->first_type = writer->first_type;
	out->bytes = sink_written(sink);
	return RC_OK;
}

/* ---- phase 2 ---- */

enum rc v1_hash_begin(const struct ike_sa *sa, struct arena *arena, struct sink *sink,
		      struct writer *writer)
{
	static const uint8_t room[PRF_MAX];

	TRY(v1_inner_begin(arena, sink, writer));
	isakmp_bytes_emit(writer, ISAKMP_HASH, span_make(room, sa->suite.prf->len));
	return RC_OK;
}

static void put_id(uint8_t out[4], uint32_t message_id)
{
	struct sink sink;

	sink_init(&sink, out, 4);
	sink_u32(&sink, message_id);
}

enum rc v1_hash_end(const struct ike_sa *sa, uint32_t message_id, struct span nonce,
		    struct writer *writer, struct sink *sink, uint8_t exchange,
		    struct outcome_message *out)
{
	size_t head = 4 + (size_t)sa->suite.prf->len;
	uint8_t id[4];
	struct span parts[3];

	TRY(sink_rc(sink));
	put_id(id, message_id);
	parts[0] = SPAN_OF(id);
	parts[1] = nonce;
	parts[2] = span_make(sink->ptr + head, sink->len - head);
	TRY(ikev1_hash(&sa->suite, &sa->keys, parts, 3, sink->ptr + 4));
	return v1_inner_end(writer, sink, exchange, out);
}

enum rc v1_hash_check(const struct step *step, struct span nonce, struct diag *diag)
{
	const struct ike_sa *sa = step->sa;
	const struct payload *hash = step->message->first;
	uint8_t id[4], want[PRF_MAX];
	struct span parts[3];

	if (hash == NULL || hash->type != ISAKMP_HASH)
		return diag_fail(diag, RC_INTEGRITY, "a message that does not begin with its HASH");
	put_id(id, step->message->header.message_id);
	parts[0] = SPAN_OF(id);
	parts[1] = nonce;
	parts[2] = isakmp_behind(step->message, hash);
	TRY(ikev1_hash(&sa->suite, &sa->keys, parts, 3, want));
	if (!secret_equal(hash->body, span_make(want, sa->suite.prf->len)))
		return diag_fail(diag, RC_INTEGRITY, "the HASH of a message is wrong");
	return RC_OK;
}

enum rc v1_message_id(const struct sa_env *env, const struct ike_sa *sa, uint32_t *out)
{
	for (unsigned tries = 0; tries < 16; tries++) {
		TRY(host_random(env->host, out, sizeof(*out)));
		if (*out != 0 && *out != sa->v1->request_id &&
		    isakmp_exchange_find(sa->v1, *out) == NULL)
			return RC_OK;
	}
	return RC_INTERNAL;
}
