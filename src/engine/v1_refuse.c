/* SPDX-License-Identifier: Apache-2.0 */
/* Who begins IKEv1 in vain: no conn asks for it, or nothing can be agreed on. Some of them are told
 * so, unprotected (RFC 2408 §5.4). Of all else that is wrong with a first message (who it is, above
 * all) nothing is said. */
#include "engine/private.h"

struct first {
	const struct ip_endpoint *local, *remote;
	uint64_t cky_i;
	size_t len;
};

static enum rc emit(struct gateway *gateway, const struct first *first, uint16_t type,
		    struct sink *sink)
{
	const struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					      .protocol = PROTOCOL_IKE,
					      .type = type };
	struct ike_header header = { .spi_i = first->cky_i,
				     .version = IKE_VERSION_1,
				     .exchange = EXCHANGE_V1_INFORMATIONAL };
	struct writer writer;

	TRY(host_random(gateway->host, &header.message_id, sizeof(header.message_id)));
	header.message_id |= 1;
	writer_message(&writer, sink, &header);
	isakmp_notify_emit(&writer, &notify);
	return writer_message_end(&writer);
}

/* Never more bytes than came, and bounded, as every answer to nobody known. */
static void refuse(struct gateway *gateway, const struct first *first, uint16_t type)
{
	uint8_t buffer[64];
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	if (!datagram_may_answer(gateway) || emit(gateway, first, type, &sink) != RC_OK ||
	    sink.len > first->len)
		return;
	gateway->counters.v1_refused++;
	send_clear(gateway, first->local, first->remote, sink_written(&sink));
}

static bool is_first(const struct errand *errand)
{
	const struct ike_header *header = &errand->step.message->header;

	return errand->step.sa == NULL && header->spi_r == 0 &&
	       (errand->row->event == EVENT_MAIN || errand->row->event == EVENT_AGGRESSIVE);
}

void v1_refuse_first(struct errand *errand, enum rc rc)
{
	const struct step *step = &errand->step;

	if (rc != RC_NO_PROPOSAL || !is_first(errand))
		return;
	refuse(errand->gateway,
	       &(struct first){ &step->local, &step->remote, step->message->header.spi_i,
				step->message->raw.len },
	       ISAKMP_NO_PROPOSAL_CHOSEN);
}

/* RFC 2408 §3.14.1: the version is what is wrong, whoever asks. */
void v1_unwelcome(struct gateway *gateway, const struct datagram *datagram,
		  const struct ike_header *header)
{
	char remote[IP_TEXT_MAX];

	gateway->counters.v1_ignored++;
	log_limited(gateway->log, &gateway->v1_limit, host_now(gateway->host), LOG_LEVEL_NOTICE,
		    NULL, "IKEv1 message from %s ignored: no conn for it has keyexchange=ikev1%s",
		    endpoint_text(&datagram->remote, remote),
		    header->exchange == EXCHANGE_V1_AGGRESSIVE ? " and aggressive=yes"
							       : " and aggressive=no");
	if (gateway->env.setup->ikev1_policy == IKEV1_POLICY_REJECT)
		refuse(gateway,
		       &(struct first){ &datagram->local, &datagram->remote, header->spi_i,
					datagram->payload.len },
		       ISAKMP_INVALID_MAJOR_VERSION);
}
