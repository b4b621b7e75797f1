/* SPDX-License-Identifier: Apache-2.0 */
/* IPCOMP_SUPPORTED (RFC 7296 §2.22): who offers compression names the CPI that it wants to receive,
 * and who agrees does the same. DEFLATE (RFC 2394) is the one algorithm that all have. */
#include "ikev2/private.h"
#include "sa/compress.h"

#define IPCOMP_DEFLATE 2

static uint16_t cpi_of(const struct wire_notify *notify)
{
	struct span data = notify->data;
	uint16_t cpi;
	uint8_t transform;

	if (span_u16(&data, &cpi) != RC_OK || span_u8(&data, &transform) != RC_OK ||
	    data.len != 0 || transform != IPCOMP_DEFLATE || cpi < CPI_FIRST || cpi > CPI_LAST)
		return 0;
	return cpi;
}

/* One for each algorithm that the peer has. */
uint16_t ipcomp_read(const struct ike_message *message)
{
	const struct payload *payload = wire_payload_find(message, PAYLOAD_NOTIFY);
	struct wire_notify notify;
	uint16_t cpi = 0;

	for (; payload != NULL && cpi == 0; payload = wire_payload_next(payload))
		if (wire_notify_parse(payload->body, &notify, NULL) == RC_OK &&
		    notify.type == IPCOMP_SUPPORTED)
			cpi = cpi_of(&notify);
	return cpi;
}

void ipcomp_emit(uint32_t spi_in, struct writer *writer)
{
	uint8_t data[3];
	struct sink sink;
	struct wire_notify notify = { .type = IPCOMP_SUPPORTED };

	sink_init(&sink, data, sizeof(data));
	sink_u16(&sink, compress_cpi(spi_in));
	sink_u8(&sink, IPCOMP_DEFLATE);
	notify.data = sink_written(&sink);
	wire_notify_emit(writer, &notify);
}

void ipcomp_offer(const struct tunnel *tunnel, const struct ip_addr *outer, uint32_t spi_in,
		  struct writer *writer)
{
	if (compress_wanted(tunnel, outer))
		ipcomp_emit(spi_in, writer);
}

enum rc ipcomp_accept(const struct child_exchange *in, struct child_sa *child, struct diag *diag)
{
	if (in->cpi == 0)
		return RC_OK;
	if (!compress_wanted(child->tunnel, &child->remote))
		return diag_fail(diag, RC_NO_PROPOSAL,
				 "peer compresses (IPCOMP_SUPPORTED), which we did not offer");
	return compress_set(child, in->cpi);
}

/* Without, rather than not at all: another of its Child SAs has that CPI, or one of ours. */
enum rc ipcomp_choose(const struct sas *sas, const struct child_exchange *in,
		      struct child_sa *child)
{
	if (in->cpi == 0 || !compress_wanted(child->tunnel, &child->remote) ||
	    compress_outbound_taken(sas, &child->remote, in->cpi) ||
	    compress_cpi_taken(sas, compress_cpi(child->spi_in)))
		return RC_OK;
	return compress_set(child, in->cpi);
}
