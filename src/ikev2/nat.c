/* SPDX-License-Identifier: Apache-2.0 */
/* NAT detection (RFC 7296 §2.23): SHA-1 of SPIs, address and port, compared with what the datagram
 * shows. */
#include "ikev2/private.h"

static enum rc nat_hash(uint64_t spi_i, uint64_t spi_r, const struct ip_endpoint *endpoint,
			uint8_t out[20])
{
	uint8_t fixed[18];
	struct sink sink;
	struct span parts[3];

	sink_init(&sink, fixed, sizeof(fixed));
	sink_u64(&sink, spi_i);
	sink_u64(&sink, spi_r);
	sink_u16(&sink, endpoint->port);
	parts[0] = span_make(fixed, 16);
	parts[1] = ip_bytes(&endpoint->addr);
	parts[2] = span_make(fixed + 16, 2);
	return hash_sha1(parts, 3, out);
}

/* Several sources may be named: one match is enough. */
static bool any_matches(const struct ike_message *message, enum notify_type type,
			const uint8_t hash[20], bool *present)
{
	const struct payload *payload = wire_payload_find(message, PAYLOAD_NOTIFY);
	struct wire_notify notify;

	*present = false;
	for (; payload != NULL; payload = payload->next) {
		if (payload->type != PAYLOAD_NOTIFY ||
		    wire_notify_parse(payload->body, &notify, NULL) != RC_OK || notify.type != type)
			continue;
		*present = true;
		if (span_equal(notify.data, span_make(hash, 20)))
			return true;
	}
	return false;
}

enum rc nat_detect(const struct ike_message *message, const struct ip_endpoint *local,
		   const struct ip_endpoint *remote, uint64_t spi_i, uint64_t spi_r,
		   struct nat_findings *out)
{
	uint8_t hash[20];
	bool source, destination;

	TRY(nat_hash(spi_i, spi_r, remote, hash));
	out->there = !any_matches(message, NAT_DETECTION_SOURCE_IP, hash, &source);
	TRY(nat_hash(spi_i, spi_r, local, hash));
	out->here = !any_matches(message, NAT_DETECTION_DESTINATION_IP, hash, &destination);
	out->supported = source && destination;
	if (!out->supported)
		out->there = out->here = false;
	return RC_OK;
}

enum rc nat_emit(struct writer *writer, struct host *host, uint64_t spi_i, uint64_t spi_r,
		 const struct ip_endpoint *local, const struct ip_endpoint *remote, bool force)
{
	uint8_t hash[20];
	struct wire_notify notify = { .data = { hash, sizeof(hash) } };

	if (force)
		TRY(host_random(host, hash, sizeof(hash)));
	else
		TRY(nat_hash(spi_i, spi_r, local, hash));
	notify.type = NAT_DETECTION_SOURCE_IP;
	wire_notify_emit(writer, &notify);
	TRY(nat_hash(spi_i, spi_r, remote, hash));
	notify.type = NAT_DETECTION_DESTINATION_IP;
	wire_notify_emit(writer, &notify);
	return RC_OK;
}
