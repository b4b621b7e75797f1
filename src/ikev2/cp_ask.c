/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §2.19, §3.15: the client asks for addresses and takes what it is given. Each step in the
 * order of time. */
#include "ikev2/cp.h"

static const struct config_end *our_end(const struct peer *peer)
{
	return peer_local_end(peer);
}

/* ---- the request ---- */

/* With what we had before, which we would like again. */
static enum rc put_address(struct step *step, const struct peer *peer, unsigned v6,
			   struct wire_cp *cp)
{
	const struct peer_addresses *had = peer->addresses;
	uint8_t *value = arena_alloc(step->arena, 17);
	size_t len = v6 ? 17 : 4;

	if (value == NULL)
		return RC_NO_MEMORY;
	if (had != NULL && ip_is_set(&had->ranges[v6].from)) {
		memcpy(value, had->ranges[v6].from.bytes, 16);
		value[16] = (uint8_t)range_prefix(&had->ranges[v6]);
		if (!v6)
			value[16] = 0;
	} else {
		len = 0;
	}
	cp->attributes[cp->count++] =
		(struct wire_cp_attribute){ v6 ? INTERNAL_IP6_ADDRESS : INTERNAL_IP4_ADDRESS,
					    span_make(value, len) };
	return RC_OK;
}

enum rc cp_emit_request(struct step *step, const struct peer *peer, struct writer *writer)
{
	static const uint16_t empty[] = { INTERNAL_DNS_DOMAIN, CP_UNITY_BANNER };
	const struct config_end *end = our_end(peer);
	struct wire_cp_attribute attributes[8];
	struct wire_cp cp = { CP_CFG_REQUEST, attributes, 0 };

	if (!end->modecfgclient)
		return RC_OK;
	if ((end->sourceip_wanted & WANT_IPV4) != 0) {
		TRY(put_address(step, peer, 0, &cp));
		attributes[cp.count++] = (struct wire_cp_attribute){ INTERNAL_IP4_DNS, SPAN_NONE };
	}
	if ((end->sourceip_wanted & WANT_IPV6) != 0) {
		TRY(put_address(step, peer, 1, &cp));
		attributes[cp.count++] = (struct wire_cp_attribute){ INTERNAL_IP6_DNS, SPAN_NONE };
	}
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		attributes[cp.count++] = (struct wire_cp_attribute){ empty[i], SPAN_NONE };
	wire_cp_emit(writer, &cp);
	return RC_OK;
}

enum rc cp_asking(const struct tunnel *tunnel, struct selectors *out, struct diag *diag)
{
	const struct config_end *end = our_end(tunnel->peer);
	const struct ip_range all[2] = { range_all(AF_INET), range_all(AF_INET6) };

	if (end->modecfgclient && end_is_client(end))
		return selectors_substitute(&tunnel->selectors, true, all, out, diag);
	*out = selectors_hold(&tunnel->selectors);
	return RC_OK;
}

/* ---- the reply ---- */

static enum rc read_address(const struct wire_cp_attribute *attribute, struct ike_config *config)
{
	bool v6 = attribute->type == INTERNAL_IP6_ADDRESS;
	struct ip_addr addr;

	if (attribute->value.len == 0)
		return RC_OK;
	TRY(ip_from_bytes(span_make(attribute->value.ptr, v6 ? 16 : 4), &addr));
	client_take_address(config, &addr, v6 ? attribute->value.ptr[16] : 0);
	return RC_OK;
}

static enum rc read_dns(const struct wire_cp_attribute *attribute, struct ike_config *config)
{
	struct ip_addr addr;

	if (attribute->value.len == 0)
		return RC_OK;
	TRY(ip_from_bytes(attribute->value, &addr));
	client_take_dns(config, &addr);
	return RC_OK;
}

static enum rc read_attribute(struct arena *arena, const struct wire_cp_attribute *attribute,
			      struct ike_config *config)
{
	switch (attribute->type) {
	case INTERNAL_IP4_ADDRESS:
	case INTERNAL_IP6_ADDRESS:
		return read_address(attribute, config);
	case INTERNAL_IP4_DNS:
	case INTERNAL_IP6_DNS:
		return read_dns(attribute, config);
	case INTERNAL_DNS_DOMAIN:
		return client_take_domain(arena, attribute->value, config);
	case CP_UNITY_BANNER:
		return client_take_banner(arena, attribute->value, config);
	}
	return RC_OK;
}

enum rc cp_read_reply(struct step *step, const struct tunnel *tunnel, struct outcome *out)
{
	const struct payload *payload = payload_of(step->message, PAYLOAD_CP);
	struct ike_config *config;
	struct wire_cp cp = { .type = CP_CFG_REPLY };

	if (!our_end(tunnel->peer)->modecfgclient)
		return RC_OK;
	config = ARENA_NEW(step->arena, struct ike_config);
	if (config == NULL)
		return RC_NO_MEMORY;
	if (payload != NULL)
		TRY(wire_cp_parse(step->arena, payload->body, &cp, &out->diag));
	for (unsigned i = 0; cp.type == CP_CFG_REPLY && i < cp.count; i++)
		TRY(read_attribute(step->arena, &cp.attributes[i], config));
	TRY(client_check_given(step, tunnel, config, &out->diag));
	out->config = config;
	return RC_OK;
}

/* The peer lets us in with what it gives us, and perhaps with more. */
static unsigned keep_given(const struct ike_config *config, struct selector_lists *lists)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < lists->local_count; i++) {
		struct selector *one = &lists->local[i];
		struct ip_range given = ike_config_range(config, one->range.from.family);
		struct ip_range both;
		if (!ip_is_set(&given.from) || !range_intersect(&one->range, &given, &both))
			continue;
		one->range = both;
		lists->local[kept++] = *one;
	}
	return kept;
}

enum rc cp_take(const struct outcome *out, struct child_sa *child, struct diag *diag)
{
	const struct config_end *end = our_end(child->tunnel->peer);
	const struct ip_range *first = &child->selectors.first.local.range;
	char text[IP_RANGE_TEXT_MAX], allowed[IP_RANGE_TEXT_MAX];
	struct selector_lists lists;
	struct selectors taken;
	struct ip_range given;

	if (out->config == NULL || !end_is_client(end))
		return RC_OK;
	selectors_lists(&child->selectors, &lists);
	lists.local_count = keep_given(out->config, &lists);
	given = ike_config_range(out->config, first->from.family);
	if (lists.local_count == 0)
		return diag_fail(diag, RC_TS_UNACCEPTABLE,
				 "the peer gives us %s but lets only %s into the tunnel",
				 range_text(&given, text), range_text(first, allowed));
	TRY(selectors_make(&lists, &taken, diag));
	selectors_move(&child->selectors, &taken);
	return RC_OK;
}
