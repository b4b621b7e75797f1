/* SPDX-License-Identifier: Apache-2.0 */
/* INITIAL-CONTACT (RFC 2407 §4.6.3.3): the sender remembers nothing of the other end. */
#include "ikev1/private.h"

static bool knows_nothing(const struct step *step)
{
	const struct peer *peer = step->peer;

	list_for(node, &peer->ike_sas)
	{
		const struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		if (sa != step->sa && sa->state >= IKE_ESTABLISHED)
			return false;
	}
	list_for(node, &peer->tunnels)
	{
		const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (!list_empty(&tunnel->child_sas) || tunnel_succeeds(tunnel, step->now))
			return false;
	}
	return peer->conn->initial_contact;
}

enum rc v1_emit_contact(const struct step *step, uint64_t cky_r, struct writer *writer)
{
	struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					.protocol = PROTOCOL_IKE,
					.type = IPSEC_INITIAL_CONTACT };
	uint8_t *cookies;
	struct sink text;

	if (!knows_nothing(step))
		return RC_OK;
	cookies = arena_alloc(step->arena, 16);
	if (cookies == NULL)
		return RC_NO_MEMORY;
	sink_init(&text, cookies, 16);
	sink_u64(&text, step->sa->spi_i);
	sink_u64(&text, cky_r);
	notify.spi = sink_written(&text);
	isakmp_notify_emit(writer, &notify);
	return RC_OK;
}

bool v1_is_first_contact(const struct ike_message *message)
{
	const struct payload *payload = v1_payload(message, ISAKMP_NOTIFICATION);
	struct isakmp_notify notify;

	for (; payload != NULL; payload = isakmp_payload_next(payload))
		if (isakmp_notify_parse(payload->body, &notify, NULL) == RC_OK &&
		    notify.type == IPSEC_INITIAL_CONTACT)
			return true;
	return false;
}
