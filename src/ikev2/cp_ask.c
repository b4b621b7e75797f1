/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §2.19, §3.15: the client asks for addresses and takes what it is given. Each step in the
 * order of time. */
#include "base/text.h"
#include "ikev2/cp.h"
#include "sa/extra.h"

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

/* Nobody's but this host's own, or many hosts': it would take from us what is not the peer's to
 * give. */
static bool is_nobodys(const struct ip_addr *addr)
{
	static const struct ip_addr loopback = { .family = AF_INET6, .bytes = { [15] = 1 } };
	const uint8_t *b = addr->bytes;

	if (ip_is_any(addr) || ip_is_link_local(addr))
		return true;
	if (addr->family == AF_INET)
		return b[0] == 0 || b[0] == 127 || b[0] >= 224;
	return b[0] == 0xff || ip_equal(addr, &loopback);
}

/* Of each IP version the first one. */
static enum rc read_address(const struct wire_cp_attribute *attribute, struct ike_config *config)
{
	unsigned v6 = attribute->type == INTERNAL_IP6_ADDRESS;
	struct ip_addr *addr = &config->addresses[v6];

	if (ip_is_set(addr) || attribute->value.len == 0)
		return RC_OK;
	TRY(ip_from_bytes(span_make(attribute->value.ptr, v6 ? 16 : 4), addr));
	if (is_nobodys(addr))
		*addr = (struct ip_addr){ 0 };
	else if (v6)
		config->prefix6 = attribute->value.ptr[16];
	return RC_OK;
}

static enum rc read_dns(const struct wire_cp_attribute *attribute, struct ike_config *config)
{
	if (attribute->value.len == 0 || config->dns_count == IKE_CONFIG_DNS_MAX)
		return RC_OK;
	TRY(ip_from_bytes(attribute->value, &config->dns[config->dns_count]));
	if (!is_nobodys(&config->dns[config->dns_count]))
		config->dns_count++;
	return RC_OK;
}

/* With one of the tunnel's own ends on lo nothing would leave this host any more. */
static bool is_outside(const struct step *step, const struct ip_addr *addr)
{
	return ip_is_set(addr) &&
	       (ip_equal(addr, &step->sa->remote.addr) || ip_equal(addr, &step->sa->local.addr));
}

#define LABEL_MAX  63 /* RFC 1035 §2.3.4 */
#define DOMAIN_MAX 253

/* Labels of letters, digits, "-" and "_", none of them empty; one dot may end it. */
static bool is_domain(const char *text)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	const char *at = text;

	if (strlen(text) > DOMAIN_MAX || text[0] == '-')
		return false;
	do {
		size_t len = strspn(at, good);
		if (len == 0 || len > LABEL_MAX || (at[len] != '.' && at[len] != '\0'))
			return false;
		at += at[len] == '.' ? len + 1 : len;
	} while (*at != '\0');
	return true;
}

/* What is no name is left out: it will stand in files and commands of this host. */
static enum rc read_domain(struct arena *arena, struct span value, struct ike_config *config)
{
	size_t used = config->domains != NULL ? strlen(config->domains) : 0;
	size_t room = used + value.len + 2;
	char *joined = arena_alloc(arena, room);

	if (joined == NULL)
		return RC_NO_MEMORY;
	if (value.len == 0 || room > IKE_CONFIG_TEXT_MAX)
		return RC_OK;
	memcpy(joined, value.ptr, value.len);
	joined[value.len] = '\0';
	if (strlen(joined) != value.len || !is_domain(joined))
		return RC_OK;
	if (used > 0) {
		memmove(joined + used + 1, joined, value.len + 1);
		memcpy(joined, config->domains, used);
		joined[used] = ' ';
	}
	config->domains = joined;
	return RC_OK;
}

static enum rc read_banner(struct arena *arena, struct span value, struct ike_config *config)
{
	char *raw = arena_alloc(arena, value.len + 1),
	     *text = arena_alloc(arena, IKE_CONFIG_TEXT_MAX);

	if (raw == NULL || text == NULL)
		return RC_NO_MEMORY;
	if (value.len == 0)
		return RC_OK;
	memcpy(raw, value.ptr, value.len);
	raw[value.len] = '\0';
	text_escape(text, IKE_CONFIG_TEXT_MAX, raw);
	config->banner = text;
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
		return read_domain(arena, attribute->value, config);
	case CP_UNITY_BANNER:
		return read_banner(arena, attribute->value, config);
	}
	return RC_OK;
}

/* For one of the IP versions that the tunnel protects there it must be. */
static bool has_address(const struct tunnel *tunnel, const struct ike_config *config)
{
	struct selector_lists lists;

	selectors_lists(&tunnel->selectors, &lists);
	for (unsigned i = 0; i < lists.remote_count; i++)
		if (ip_is_set(&config->addresses[lists.remote[i].range.from.family == AF_INET6]))
			return true;
	return false;
}

static enum rc lacks_address(const struct tunnel *tunnel, struct outcome *out)
{
	bool v4 = tunnel->selectors.first.remote.range.from.family == AF_INET;

	return diag_fail(&out->diag, RC_NO_ADDRESS,
			 "the peer gives us no IPv%d address, and conn %s asks for one "
			 "(sourceip=%%config)",
			 v4 ? 4 : 6, tunnel->conn->name);
}

/* What we send to that gateway would stay here. */
static enum rc another_gateway(const struct step *step, const struct ike_config *config,
			       struct diag *diag)
{
	char text[IP_TEXT_MAX];

	for (unsigned i = 0; i < 2; i++) {
		const struct ip_addr *addr = &config->addresses[i];
		const struct peer *peer = ip_is_set(addr) ? peers_at(step->env->peers, addr) : NULL;
		if (peer != NULL)
			return diag_fail(diag, RC_NO_ADDRESS,
					 "the peer gives us %s, which is the address of the peer "
					 "of conn %s: its pool must not have it",
					 ip_text(addr, text), peer->conn->name);
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
	if (is_outside(step, &config->addresses[0]) || is_outside(step, &config->addresses[1]))
		return diag_fail(&out->diag, RC_NO_ADDRESS,
				 "the peer gives us an address that it or this host has already");
	TRY(another_gateway(step, config, &out->diag));
	if (!has_address(tunnel, config))
		return lacks_address(tunnel, out);
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
