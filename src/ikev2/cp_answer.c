/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §2.19, §3.15: the server leases addresses to a client and tells what its network has.
 * Each step in the order of time. */
#include "ikev2/cp.h"

static const struct {
	uint16_t type;
	unsigned want;
} asked_by[] = {
	{ INTERNAL_IP4_ADDRESS, CP_WANT_IP4 },	   { INTERNAL_IP6_ADDRESS, CP_WANT_IP6 },
	{ INTERNAL_IP4_NETMASK, CP_WANT_NETMASK }, { INTERNAL_IP4_DNS, CP_WANT_DNS4 },
	{ INTERNAL_IP6_DNS, CP_WANT_DNS6 },	   { INTERNAL_DNS_DOMAIN, CP_WANT_DOMAINS },
	{ CP_UNITY_BANNER, CP_WANT_BANNER },	   { INTERNAL_IP4_SUBNET, CP_WANT_SUBNET4 },
	{ INTERNAL_IP6_SUBNET, CP_WANT_SUBNET6 },  { SUPPORTED_ATTRIBUTES, CP_WANT_SUPPORTED },
};

/* ---- the request ---- */

/* The first address of each IP version counts; 0.0.0.0 and :: mean any. */
static enum rc read_address(const struct wire_cp_attribute *attribute, struct cp_request *out)
{
	bool v4 = attribute->type == INTERNAL_IP4_ADDRESS;
	struct ip_addr *asked = &out->asked[v4 ? 0 : 1];
	struct ip_addr addr;

	if (!v4 && attribute->type != INTERNAL_IP6_ADDRESS)
		return RC_OK;
	if (attribute->value.len == 0 || ip_is_set(asked))
		return RC_OK;
	TRY(ip_from_bytes(span_make(attribute->value.ptr, v4 ? 4 : 16), &addr));
	if (!ip_is_any(&addr))
		*asked = addr;
	return RC_OK;
}

enum rc cp_read_request(struct step *step, struct cp_request *out, struct diag *diag)
{
	const struct payload *payload = payload_of(step->message, PAYLOAD_CP);
	struct wire_cp cp;

	*out = (struct cp_request){ .present = false };
	if (payload == NULL)
		return RC_OK;
	TRY(wire_cp_parse(step->arena, payload->body, &cp, diag));
	if (cp.type != CP_CFG_REQUEST) /* §2.19: others are ignored */
		return RC_OK;
	out->present = true;
	for (unsigned i = 0; i < cp.count; i++) {
		for (size_t j = 0; j < sizeof(asked_by) / sizeof(asked_by[0]); j++)
			if (asked_by[j].type == cp.attributes[i].type)
				out->wants |= asked_by[j].want;
		TRY(read_address(&cp.attributes[i], out));
	}
	return RC_OK;
}

/* ---- the leases ---- */

enum rc cp_lease(struct step *step, const struct peer *peer, const struct identity *client,
		 const struct cp_request *in, struct outcome *out)
{
	const struct config_end *end = peer_remote_end(peer);
	const struct client_wish wish = { { (in->wants & CP_WANT_IP4) != 0,
					    (in->wants & CP_WANT_IP6) != 0 },
					  { in->asked[0], in->asked[1] } };

	if (end->pools == NULL)
		return RC_OK;
	if ((in->wants & (CP_WANT_IP4 | CP_WANT_IP6)) == 0)
		return diag_fail(&out->diag, RC_CP_REQUIRED,
				 "the client asks for no address, but conn %s has nothing but "
				 "addresses of its pool for it: let it ask (leftsourceip=%%config "
				 "there), or leave addresspool= out",
				 peer->conn->name);
	return client_lease(step, peer, client, &wish, out);
}

/* ---- the reply ---- */

struct reply {
	struct arena *arena;
	struct wire_cp cp;
	enum rc rc;
};

static void put(struct reply *reply, uint16_t type, const void *ptr, size_t len)
{
	uint8_t *copy = arena_alloc(reply->arena, len + 1);

	if (copy == NULL)
		reply->rc = RC_NO_MEMORY;
	if (copy == NULL || len > LIMIT_CP_VALUE || reply->cp.count == LIMIT_CP_ATTRIBUTES)
		return;
	if (len > 0)
		memcpy(copy, ptr, len);
	reply->cp.attributes[reply->cp.count++] =
		(struct wire_cp_attribute){ type, span_make(copy, len) };
}

static void put_address(struct reply *reply, const struct pool_lease *lease, bool netmask)
{
	static const uint8_t host_mask[4] = { 255, 255, 255, 255 };
	struct ip_addr addr = pool_lease_address(lease);
	uint8_t value[17];

	if (addr.family == AF_INET) {
		put(reply, INTERNAL_IP4_ADDRESS, addr.bytes, 4);
		if (netmask) /* nobody else is behind it: other hosts are told by the selectors */
			put(reply, INTERNAL_IP4_NETMASK, host_mask, sizeof(host_mask));
		return;
	}
	memcpy(value, addr.bytes, 16);
	value[16] = pool_lease_prefix(lease);
	put(reply, INTERNAL_IP6_ADDRESS, value, sizeof(value));
}

static void put_dns(struct reply *reply, const struct config_conn *conn, unsigned wants)
{
	for (unsigned i = 0; i < conn->modecfgdns_count; i++) {
		const struct ip_addr *addr = &conn->modecfgdns[i];
		bool v4 = addr->family == AF_INET;
		if ((wants & (v4 ? CP_WANT_DNS4 : CP_WANT_DNS6)) != 0)
			put(reply, v4 ? INTERNAL_IP4_DNS : INTERNAL_IP6_DNS, addr->bytes,
			    ip_len(addr->family));
	}
}

/* RFC 8598 §4.1: one attribute for each domain, the name in its usual writing. */
static void put_domains(struct reply *reply, const char *domains)
{
	while (*domains != '\0') {
		size_t len = strcspn(domains, ",");
		put(reply, INTERNAL_DNS_DOMAIN, domains, len);
		domains += len + (domains[len] == ',');
	}
}

/* §3.15.2: what is behind us; a range that is no subnet has no such attribute. */
static void put_subnets(struct reply *reply, const struct config_end *end, unsigned wants)
{
	for (unsigned i = 0; i < end->subnet_count; i++) {
		const struct ip_range *range = &end->subnets[i];
		bool v4 = range->from.family == AF_INET;
		int prefix = range_prefix(range);
		uint8_t value[17];
		if (prefix < 0 || (wants & (v4 ? CP_WANT_SUBNET4 : CP_WANT_SUBNET6)) == 0)
			continue;
		memcpy(value, range->from.bytes, 16);
		value[16] = (uint8_t)prefix;
		for (int bit = 0; v4 && bit < 32; bit++) {
			uint8_t mask = (uint8_t)(0x80 >> bit % 8);
			uint8_t *byte = &value[4 + bit / 8];
			*byte = (uint8_t)(bit < prefix ? *byte | mask : *byte & ~mask);
		}
		put(reply, v4 ? INTERNAL_IP4_SUBNET : INTERNAL_IP6_SUBNET, value, v4 ? 8 : 17);
	}
}

/* §3.15.1: the attributes that we know. */
static void put_supported(struct reply *reply)
{
	uint8_t value[2 * sizeof(asked_by) / sizeof(asked_by[0])];
	struct sink sink;

	sink_init(&sink, value, sizeof(value));
	for (size_t i = 0; i < sizeof(asked_by) / sizeof(asked_by[0]); i++)
		sink_u16(&sink, asked_by[i].type);
	put(reply, SUPPORTED_ATTRIBUTES, value, sink.len);
}

enum rc cp_emit_reply(struct step *step, const struct peer *peer, const struct cp_request *in,
		      const struct outcome *out, struct writer *writer)
{
	const struct config_conn *conn = peer->conn;
	struct reply reply = { .arena = step->arena, .cp = { .type = CP_CFG_REPLY } };

	if (!in->present || peer_remote_end(peer)->pools == NULL)
		return RC_OK;
	reply.cp.attributes =
		arena_array(step->arena, LIMIT_CP_ATTRIBUTES, sizeof(*reply.cp.attributes));
	if (reply.cp.attributes == NULL)
		return RC_NO_MEMORY;
	for (unsigned i = 0; i < 2; i++)
		if (out->leases[i] != NULL)
			put_address(&reply, out->leases[i], (in->wants & CP_WANT_NETMASK) != 0);
	put_dns(&reply, conn, in->wants);
	put_subnets(&reply, peer_local_end(peer), in->wants);
	if ((in->wants & CP_WANT_DOMAINS) != 0 && conn->modecfgdomains != NULL)
		put_domains(&reply, conn->modecfgdomains);
	if ((in->wants & CP_WANT_BANNER) != 0 && conn->modecfgbanner != NULL)
		put(&reply, CP_UNITY_BANNER, conn->modecfgbanner, strlen(conn->modecfgbanner));
	if ((in->wants & CP_WANT_SUPPORTED) != 0)
		put_supported(&reply);
	TRY(reply.rc);
	wire_cp_emit(writer, &reply.cp);
	return RC_OK;
}
