/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1 that no conn asks for: counted, told, and refused where ikev1-policy=reject says so. */
#include "engine/private.h"

/* RFC 2408 §3.14.1: the version is what is wrong, whoever asks. */
static enum rc emit(struct gateway *gateway, const struct ike_header *asked, struct sink *sink)
{
	const struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					      .protocol = PROTOCOL_IKE,
					      .type = ISAKMP_INVALID_MAJOR_VERSION };
	struct ike_header header = { .spi_i = asked->spi_i,
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
static void reject(struct gateway *gateway, const struct datagram *datagram,
		   const struct ike_header *header)
{
	uint8_t buffer[64];
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	if (gateway->env.setup->ikev1_policy != IKEV1_POLICY_REJECT ||
	    !datagram_may_answer(gateway) || emit(gateway, header, &sink) != RC_OK ||
	    sink.len > datagram->payload.len)
		return;
	gateway->counters.v1_refused++;
	send_clear(gateway, &datagram->local, &datagram->remote, sink_written(&sink));
}

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
	reject(gateway, datagram, header);
}
