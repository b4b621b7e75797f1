/* SPDX-License-Identifier: Apache-2.0 */
/* Small pieces for reading and building messages. */
#include "ikev2/private.h"

const struct payload *payload_of(const struct ike_message *message, enum payload_type type)
{
	return wire_payload_find(message, type);
}

enum rc inner_start_with(struct arena *arena, size_t more, struct sink *sink, struct writer *writer)
{
	uint8_t *buffer = arena_alloc(arena, IKEV2_INNER_MAX + more);

	if (buffer == NULL)
		return RC_NO_MEMORY;
	sink_init(sink, buffer, IKEV2_INNER_MAX + more);
	writer_inner(writer, sink);
	return RC_OK;
}

enum rc inner_start(struct arena *arena, struct sink *sink, struct writer *writer)
{
	return inner_start_with(arena, 0, sink, writer);
}

enum rc inner_finish(struct writer *writer, struct sink *sink, struct outcome_message *out)
{
	TRY(sink_rc(sink));
	out->present = true;
	out->first_type = writer->first_type;
	out->bytes = sink_written(sink);
	return RC_OK;
}

struct identity identity_borrowed(const struct wire_id *id)
{
	return (struct identity){ .type = id->type,
				  .len = (uint16_t)id->data.len,
				  .data = (uint8_t *)(uintptr_t)id->data.ptr };
}

void emit_notify(struct writer *writer, enum notify_type type)
{
	struct wire_notify notify = { .type = (uint16_t)type };

	wire_notify_emit(writer, &notify);
}

const struct ike_keys *keys_now(const struct ike_sa *sa, const struct outcome *out)
{
	return out->keys.block.ptr != NULL ? &out->keys : &sa->keys;
}

void emit_window_size(struct writer *writer)
{
	static const uint8_t size[4] = { 0, 0, 0, PEER_WINDOW };
	struct wire_notify notify = { .type = SET_WINDOW_SIZE, .data = SPAN_OF(size) };

	wire_notify_emit(writer, &notify);
}

struct ike_header header_of(const struct ike_sa *sa, enum exchange_type exchange, bool response,
			    uint32_t message_id)
{
	return (struct ike_header){
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.version = IKE_VERSION_2,
		.exchange = (uint8_t)exchange,
		.flags = (uint8_t)((response ? IKE_FLAG_RESPONSE : 0) |
				   (sa->role == INITIATOR ? IKE_FLAG_INITIATOR : 0)),
		.message_id = message_id,
	};
}

enum rc answer_clear(struct step *step, uint16_t type, struct span data, enum rc rc,
		     struct outcome *out)
{
	struct sink sink;
	uint8_t *buffer = arena_alloc(step->arena, IKEV2_CLEAR_MAX);

	if (buffer == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, buffer, IKEV2_CLEAR_MAX);
	TRY(ikev2_emit_notify(&sink, &step->message->header, 0, type, data));
	out->message = (struct outcome_message){ .present = true,
						 .clear = true,
						 .response = true,
						 .exchange = step->message->header.exchange,
						 .bytes = sink_written(&sink) };
	out->notify = type;
	return rc;
}

bool brought_cookie(const struct step *step, struct span ni)
{
	struct wire_notify notify;

	return notify_find(step->message, COOKIE, &notify) &&
	       cookie_good(step->env->sas, step->now, notify.data, ni, &step->remote,
			   step->message->header.spi_i);
}
