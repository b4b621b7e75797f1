/* SPDX-License-Identifier: Apache-2.0 */
/* The first message of IKEv1 from somebody for whom there is a conn, with whom nothing can be
 * agreed on: he is told so, unprotected (RFC 2408 §5.4). Of all else that is wrong with it (who it
 * is, above all) nothing is said. */
#include "engine/private.h"

static bool is_first(const struct errand *errand)
{
	const struct ike_header *header = &errand->step.message->header;

	return errand->step.sa == NULL && header->spi_r == 0 &&
	       (errand->row->event == EVENT_MAIN || errand->row->event == EVENT_AGGRESSIVE);
}

static enum rc emit(struct errand *errand, struct sink *sink)
{
	const struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					      .protocol = PROTOCOL_IKE,
					      .type = ISAKMP_NO_PROPOSAL_CHOSEN };
	struct ike_header header = { .spi_i = errand->step.message->header.spi_i,
				     .version = IKE_VERSION_1,
				     .exchange = EXCHANGE_V1_INFORMATIONAL };
	struct writer writer;

	TRY(host_random(errand->gateway->host, &header.message_id, sizeof(header.message_id)));
	header.message_id |= 1;
	writer_message(&writer, sink, &header);
	isakmp_notify_emit(&writer, &notify);
	return writer_message_end(&writer);
}

/* Never more bytes than came, and bounded, as every answer to nobody known. */
void v1_refuse_first(struct errand *errand, enum rc rc)
{
	uint8_t buffer[64];
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	if (rc != RC_NO_PROPOSAL || !is_first(errand) || !datagram_may_answer(errand->gateway) ||
	    emit(errand, &sink) != RC_OK || sink.len > errand->step.message->raw.len)
		return;
	errand->gateway->counters.v1_refused++;
	send_clear(errand->gateway, &errand->step.local, &errand->step.remote, sink_written(&sink));
}
