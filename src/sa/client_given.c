/* SPDX-License-Identifier: Apache-2.0 */
/* What a server tells its client, believed as far as it may be. */
#include <string.h>
#include "base/text.h"
#include "sa/client.h"

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

void client_take_address(struct ike_config *config, const struct ip_addr *addr, uint8_t prefix6)
{
	bool v6 = addr->family == AF_INET6;

	if (ip_is_set(&config->addresses[v6]) || is_nobodys(addr))
		return;
	config->addresses[v6] = *addr;
	if (v6)
		config->prefix6 = prefix6;
}

void client_take_dns(struct ike_config *config, const struct ip_addr *addr)
{
	if (config->dns_count < IKE_CONFIG_DNS_MAX && !is_nobodys(addr))
		config->dns[config->dns_count++] = *addr;
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

static bool has_domain(const char *domains, struct span name)
{
	while (domains != NULL && *domains != '\0') {
		size_t len = strcspn(domains, " ");
		if (span_equal(span_make((const uint8_t *)domains, len), name))
			return true;
		domains += len + (domains[len] == ' ');
	}
	return false;
}

enum rc client_take_domain(struct arena *arena, struct span value, struct ike_config *config)
{
	size_t used = config->domains != NULL ? strlen(config->domains) : 0;
	size_t room = used + value.len + 2;
	char *joined = arena_alloc(arena, room);

	if (joined == NULL)
		return RC_NO_MEMORY;
	if (value.len == 0 || room > IKE_CONFIG_TEXT_MAX || has_domain(config->domains, value))
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

enum rc client_take_domains(struct arena *arena, struct span names, struct ike_config *config)
{
	while (names.len > 0) {
		size_t len = 0;
		while (len < names.len && names.ptr[len] != ',' && names.ptr[len] != ' ')
			len++;
		TRY(client_take_domain(arena, span_make(names.ptr, len), config));
		len += len < names.len;
		names = span_make(names.ptr + len, names.len - len);
	}
	return RC_OK;
}

#define SPLIT_LEN 14

/* Host bits are let be; a mask with holes is none. */
static bool read_network(const uint8_t *bytes, struct ip_range *out)
{
	struct ip_addr from = { .family = AF_INET }, to;
	uint32_t mask = (uint32_t)bytes[4] << 24 | (uint32_t)bytes[5] << 16 |
			(uint32_t)bytes[6] << 8 | bytes[7];

	if ((~mask & (~mask + 1)) != 0)
		return false;
	to = from;
	for (unsigned i = 0; i < 4; i++) {
		from.bytes[i] = bytes[i] & bytes[4 + i];
		to.bytes[i] = (uint8_t)(from.bytes[i] | (uint8_t)~bytes[4 + i]);
	}
	*out = (struct ip_range){ from, to };
	return true;
}

enum rc client_take_split(struct arena *arena, struct span value, struct ike_config *config)
{
	struct ike_split *split =
		config->split != NULL ? config->split : ARENA_NEW(arena, struct ike_split);
	struct ip_range network;

	if (split == NULL)
		return RC_NO_MEMORY;
	for (; value.len >= SPLIT_LEN;
	     value = span_make(value.ptr + SPLIT_LEN, value.len - SPLIT_LEN)) {
		if (!read_network(value.ptr, &network))
			continue;
		if (split->count == IKE_CONFIG_SPLIT_MAX)
			split->all = true;
		else
			split->networks[split->count++] = network;
	}
	if (split->count > 0)
		config->split = split;
	return RC_OK;
}

enum rc client_take_banner(struct arena *arena, struct span value, struct ike_config *config)
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

/* With one of the tunnel's own ends on lo nothing would leave this host any more. */
static bool is_outside(const struct step *step, const struct ip_addr *addr)
{
	return ip_is_set(addr) &&
	       (ip_equal(addr, &step->sa->remote.addr) || ip_equal(addr, &step->sa->local.addr));
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

static enum rc lacks_address(const struct tunnel *tunnel, struct diag *diag)
{
	bool v4 = tunnel->selectors.first.remote.range.from.family == AF_INET;

	return diag_fail(diag, RC_NO_ADDRESS,
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

enum rc client_check_given(const struct step *step, const struct tunnel *tunnel,
			   const struct ike_config *config, struct diag *diag)
{
	if (is_outside(step, &config->addresses[0]) || is_outside(step, &config->addresses[1]))
		return diag_fail(diag, RC_NO_ADDRESS,
				 "the peer gives us an address that it or this host has already");
	TRY(another_gateway(step, config, diag));
	return has_address(tunnel, config) ? RC_OK : lacks_address(tunnel, diag);
}
