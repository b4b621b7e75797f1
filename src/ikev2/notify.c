/* SPDX-License-Identifier: Apache-2.0 */
/* Notifies: which one answers a return code, what one of the peer's means, and messages that hold
 * just one. */
#include "ikev2/private.h"

uint16_t ikev2_notify_of(enum rc rc)
{
	switch (rc) {
	case RC_CRITICAL:
		return UNSUPPORTED_CRITICAL_PAYLOAD;
	case RC_MAJOR_VERSION:
		return INVALID_MAJOR_VERSION;
	case RC_TRUNCATED:
	case RC_TRAILING:
	case RC_SYNTAX:
	case RC_LIMIT:
	case RC_BAD_PUBLIC:
		return INVALID_SYNTAX;
	case RC_NO_PROPOSAL:
	case RC_UNSUPPORTED:
		return NO_PROPOSAL_CHOSEN;
	case RC_INVALID_KE:
		return INVALID_KE_PAYLOAD;
	case RC_AUTH_FAILED:
		return AUTHENTICATION_FAILED;
	case RC_TS_UNACCEPTABLE:
		return TS_UNACCEPTABLE;
	case RC_CHILD_NOT_FOUND:
		return CHILD_SA_NOT_FOUND;
	case RC_NO_ADDITIONAL_SAS:
		return NO_ADDITIONAL_SAS;
	case RC_SINGLE_PAIR:
		return SINGLE_PAIR_REQUIRED;
	case RC_NO_ADDRESS:
		return INTERNAL_ADDRESS_FAILURE;
	case RC_CP_REQUIRED:
		return FAILED_CP_REQUIRED;
	case RC_TEMPORARY_FAILURE:
	case RC_KERNEL:
	case RC_NO_MEMORY:
	case RC_EXISTS:
	case RC_INTERNAL:
	case RC_IO:
		return TEMPORARY_FAILURE;
	case RC_OK:
	case RC_SUSPEND:
	case RC_DROP:
	case RC_INTEGRITY:
	case RC_NOT_FOUND:
	case RC_AMBIGUOUS:
	case RC_TIMEOUT:
	case RC_RANGE:
	case RC_CANCELLED:
	case RC_PERMISSION:
	case RC_PEER_REFUSED:
	case RC_PEER_DELETED:
	case RC_REPLACED:
	case RC_OPERATOR:
	case RC_SHUTDOWN:
	case RC_COUNT:
		return 0;
	}
	return 0;
}

enum rc notify_rc(uint16_t type)
{
	switch (type) {
	case NO_PROPOSAL_CHOSEN:
		return RC_NO_PROPOSAL;
	case AUTHENTICATION_FAILED:
		return RC_AUTH_FAILED;
	case TS_UNACCEPTABLE:
		return RC_TS_UNACCEPTABLE;
	case SINGLE_PAIR_REQUIRED:
		return RC_SINGLE_PAIR;
	case NO_ADDITIONAL_SAS:
		return RC_NO_ADDITIONAL_SAS;
	case TEMPORARY_FAILURE:
	case STATE_NOT_FOUND: /* RFC 9370 §2.2.4: it may be tried again */
		return RC_TEMPORARY_FAILURE;
	case CHILD_SA_NOT_FOUND:
		return RC_CHILD_NOT_FOUND;
	case INVALID_KE_PAYLOAD:
		return RC_INVALID_KE;
	case INTERNAL_ADDRESS_FAILURE:
		return RC_NO_ADDRESS;
	case FAILED_CP_REQUIRED:
		return RC_CP_REQUIRED;
	}
	return RC_PEER_REFUSED;
}

static bool notify_match(const struct ike_message *message, bool (*want)(uint16_t, uint16_t),
			 uint16_t type, struct wire_notify *out)
{
	const struct payload *payload = wire_payload_find(message, PAYLOAD_NOTIFY);

	for (; payload != NULL; payload = wire_payload_next(payload))
		if (wire_notify_parse(payload->body, out, NULL) == RC_OK && want(out->type, type))
			return true;
	*out = (struct wire_notify){ .type = NOTIFY_NONE };
	return false;
}

static bool is_error(uint16_t type, uint16_t unused)
{
	(void)unused;
	return notify_is_error(type);
}

static bool is_type(uint16_t type, uint16_t wanted)
{
	return type == wanted;
}

bool notify_error(const struct ike_message *message, struct wire_notify *out)
{
	return notify_match(message, is_error, 0, out);
}

bool notify_find(const struct ike_message *message, enum notify_type type, struct wire_notify *out)
{
	return notify_match(message, is_type, (uint16_t)type, out);
}

bool fragmentation_agreed(const struct config_conn *conn, const struct ike_message *message)
{
	struct wire_notify notify;

	return conn->fragmentation != FRAGMENTATION_NO &&
	       notify_find(message, IKEV2_FRAGMENTATION_SUPPORTED, &notify);
}

enum rc ikev2_emit_notify(struct sink *sink, const struct ike_header *request, uint64_t our_spi,
			  uint16_t type, struct span data)
{
	struct writer writer;
	struct ike_header header = *request;
	struct wire_notify notify = { .type = type, .data = data };
	bool from_initiator = (request->flags & IKE_FLAG_INITIATOR) != 0;

	header.version = IKE_VERSION_2;
	header.flags = (uint8_t)(IKE_FLAG_RESPONSE | (from_initiator ? 0 : IKE_FLAG_INITIATOR));
	if (our_spi != 0 && from_initiator)
		header.spi_r = our_spi;
	writer_message(&writer, sink, &header);
	wire_notify_emit(&writer, &notify);
	return writer_message_end(&writer);
}

enum rc ikev2_inner_notify(struct arena *arena, uint16_t type, uint8_t protocol, struct span spi,
			   struct span data, struct outcome_message *out)
{
	struct sink sink;
	struct writer writer;
	struct wire_notify notify = { .protocol = spi.len > 0 ? protocol : PROTOCOL_NONE,
				      .type = type,
				      .spi = spi,
				      .data = data };

	TRY(inner_start(arena, &sink, &writer));
	wire_notify_emit(&writer, &notify);
	return inner_finish(&writer, &sink, out);
}

/* §2.21.2, §2.21.3: these end the IKE SA without a Delete. */
bool notify_ends_ike(uint16_t type)
{
	return type == AUTHENTICATION_FAILED || type == INVALID_SYNTAX ||
	       type == UNSUPPORTED_CRITICAL_PAYLOAD;
}

enum rc ikev2_inner_goodbye(struct arena *arena, uint16_t type, struct outcome_message *out)
{
	struct sink sink;
	struct writer writer;
	struct wire_notify notify = { .type = type };
	struct wire_delete payload = { .protocol = PROTOCOL_IKE };

	TRY(inner_start(arena, &sink, &writer));
	if (notify_ends_ike(type))
		wire_notify_emit(&writer, &notify);
	wire_delete_emit(&writer, &payload);
	return inner_finish(&writer, &sink, out);
}
