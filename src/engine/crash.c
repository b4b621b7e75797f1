/* SPDX-License-Identifier: Apache-2.0 */
/* Quick crash detection (rfc6290), outside of any IKE SA: who lost one proves it with the token
 * that he gave away while it lived. */
#include "engine/private.h"
#include "sa/extra.h"

/* §4.5, §9.2: for a protected request with SPIs that are nobody's, not even in another role. */
static bool may_show(const struct gateway *gateway, const struct ike_header *header)
{
	return gateway->env.setup->crash_detection && header->spi_i != 0 && header->spi_r != 0 &&
	       (header->next == PAYLOAD_SK || header->next == PAYLOAD_SKF) &&
	       !crash_spis_alive(&gateway->sas, header->spi_i, header->spi_r);
}

static enum rc emit_answer(const struct gateway *gateway, const struct ike_header *request,
			   struct sink *sink)
{
	struct ike_header header = *request;
	struct wire_notify unknown = { .type = INVALID_IKE_SPI };
	struct wire_notify proof = { .type = QUICK_CRASH_DETECTION };
	uint8_t token[CRASH_TOKEN_LEN];
	struct writer writer;

	header.version = IKE_VERSION_2;
	header.flags = (uint8_t)(IKE_FLAG_RESPONSE |
				 (request->flags & IKE_FLAG_INITIATOR ? 0 : IKE_FLAG_INITIATOR));
	writer_message(&writer, sink, &header);
	wire_notify_emit(&writer, &unknown);
	if (may_show(gateway, request) &&
	    crash_token(&gateway->sas, request->spi_i, request->spi_r, token) == RC_OK) {
		proof.data = SPAN_OF(token);
		wire_notify_emit(&writer, &proof);
	}
	return writer_message_end(&writer);
}

void crash_answer(struct gateway *gateway, const struct datagram *datagram,
		  const struct ike_header *header)
{
	uint8_t buffer[128];
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	if (emit_answer(gateway, header, &sink) == RC_OK)
		send_clear(gateway, &datagram->local, &datagram->remote, sink_written(&sink));
}

/* ---- the peer's ---- */

/* §4.5: any of several tokens will do. */
static bool token_fits(const struct ike_message *message, const struct ike_extra *extra)
{
	const struct payload *payload = wire_payload_find(message, PAYLOAD_NOTIFY);
	struct span ours = span_make(extra->crash_token, extra->crash_token_len);
	bool unknown = false, fits = false;
	struct wire_notify notify;
	unsigned looked = 0;

	for (; payload != NULL; payload = wire_payload_next(payload)) {
		if (wire_notify_parse(payload->body, &notify, NULL) != RC_OK)
			continue;
		unknown = unknown || notify.type == INVALID_IKE_SPI;
		if (notify.type == QUICK_CRASH_DETECTION && looked++ < CRASH_TOKENS_LOOKED)
			fits = fits || secret_equal(notify.data, ours);
	}
	return unknown && fits;
}

static bool is_proof(const struct ike_sa *sa, const struct datagram *datagram)
{
	struct ike_message message;
	struct arena arena;
	uint8_t critical;
	bool fits;

	arena_init(&arena, LIMIT_EVENT_ARENA);
	fits = wire_message_parse(&arena, datagram->payload, &message, &critical, NULL) == RC_OK &&
	       token_fits(&message, sa->extra);
	arena_free(&arena);
	return fits;
}

bool crash_proven(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		  const struct ike_header *header)
{
	if ((header->flags & IKE_FLAG_RESPONSE) == 0 || header->next != PAYLOAD_NOTIFY ||
	    sa->state < IKE_ESTABLISHED || sa->extra == NULL || sa->extra->crash_token == NULL ||
	    !gateway->env.setup->crash_detection)
		return false;
	if (!is_proof(sa, datagram)) {
		log_limited(gateway->log, &gateway->reject_limit, host_now(gateway->host),
			    LOG_LEVEL_NOTICE, &(struct log_subject){ .peer = sa->peer->conn->name },
			    "somebody says that the peer has lost its IKE SA, without its crash "
			    "token: ignored");
		return false;
	}
	ticket_keep(sa);
	ike_down(gateway, sa, RC_PEER_DELETED,
		 "the peer has lost it, by a restart perhaps, and proved it with its crash token");
	return true;
}
