/* SPDX-License-Identifier: Apache-2.0 */
/* A virtual host's end of UDP: which ports it has, and RFC 3948's marker and keepalives on the
 * NAT-T port. */
#include <string.h>
#include "base/arena.h"
#include "private.h"

#define NON_ESP_MARKER 4
#define PAYLOAD_MAX    65507 /* of a UDP datagram over IPv4 */

static const uint8_t non_esp_marker[NON_ESP_MARKER];

enum rc virtual_udp_listen(struct host *host, uint16_t port, uint16_t natt_port,
			   host_receive_fn receive, void *context, struct diag *diag)
{
	struct virtual *virtual = virtual_of(host);

	if (receive == NULL) {
		virtual->port = virtual->natt_port = 0;
		return RC_OK;
	}
	if (port == 0 || port == natt_port)
		return diag_fail(diag, RC_RANGE,
				 "cannot listen on UDP ports %u and %u: they must differ, and the "
				 "first must not be 0",
				 port, natt_port);
	virtual->port = port;
	virtual->natt_port = natt_port;
	virtual->receive = receive;
	virtual->receive_context = context;
	return RC_OK;
}

enum rc virtual_udp_limit(struct host *host, const struct ip_addr *addrs, size_t count)
{
	struct virtual *virtual = virtual_of(host);
	struct ip_addr *limit = NULL;

	if (count > 0) {
		limit = mem_alloc(count * sizeof(*limit));
		if (limit == NULL)
			return RC_NO_MEMORY;
		memcpy(limit, addrs, count * sizeof(*limit));
	}
	mem_free(virtual->limit);
	virtual->limit = limit;
	virtual->limit_count = count;
	return RC_OK;
}

/* Port 0 is nobody's: a natt_port of 0 means that there is none. */
static bool virtual_has_port(const struct virtual *virtual, uint16_t port)
{
	return port != 0 && (port == virtual->port || port == virtual->natt_port);
}

static bool virtual_wants(const struct virtual *virtual, const struct ip_addr *addr)
{
	for (size_t i = 0; i < virtual->limit_count; i++)
		if (ip_equal(&virtual->limit[i], addr))
			return true;
	return virtual->limit_count == 0;
}

/* ---- out ---- */

static enum rc virtual_udp_source(struct host *host, const struct ip_endpoint *local,
				  const struct ip_endpoint *remote, struct ip_endpoint *out)
{
	*out = *local;
	if (!virtual_has_port(virtual_of(host), local->port) ||
	    local->addr.family != remote->addr.family)
		return RC_IO;
	if (ip_is_any(&local->addr))
		return virtual_source_for(host, &remote->addr, &out->addr) == RC_OK ? RC_OK : RC_IO;
	return virtual_is_local(host, &local->addr) ? RC_OK : RC_IO;
}

enum rc virtual_udp_send(struct host *host, const struct ip_endpoint *local,
			 const struct ip_endpoint *remote, struct span payload)
{
	struct virtual *virtual = virtual_of(host);
	bool natt = local->port == virtual->natt_port;
	struct span marker = natt ? SPAN_OF(non_esp_marker) : SPAN_NONE;
	struct ip_endpoint from;

	TRY(virtual_udp_source(host, local, remote, &from));
	if (marker.len + payload.len > PAYLOAD_MAX)
		return RC_IO;
	return network_send(virtual->world, virtual, &from, remote, marker, payload);
}

enum rc virtual_udp_keepalive(struct host *host, const struct ip_endpoint *local,
			      const struct ip_endpoint *remote)
{
	static const uint8_t keepalive[] = { 0xff };
	struct virtual *virtual = virtual_of(host);
	struct ip_endpoint from;

	TRY(virtual_udp_source(host, local, remote, &from));
	if (local->port != virtual->natt_port)
		return RC_IO;
	return network_send(virtual->world, virtual, &from, remote, SPAN_NONE, SPAN_OF(keepalive));
}

/* ---- in ---- */

static bool take_marker(struct span *payload)
{
	struct span marker;

	return span_take(payload, NON_ESP_MARKER, &marker) == RC_OK &&
	       span_equal(marker, SPAN_OF(non_esp_marker));
}

void virtual_udp_receive(struct virtual *virtual, const struct ip_endpoint *from,
			 const struct ip_endpoint *to, struct span bytes)
{
	struct datagram datagram = {
		.local = *to,
		.remote = *from,
		.natt = to->port == virtual->natt_port,
		.payload = bytes,
	};

	if (!virtual_has_port(virtual, to->port) || !virtual_wants(virtual, &to->addr))
		return;
	if (datagram.natt && !take_marker(&datagram.payload))
		return; /* a keepalive, or ESP, which nobody here would decrypt */
	virtual->receive(virtual->receive_context, &datagram);
}
