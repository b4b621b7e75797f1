/* SPDX-License-Identifier: Apache-2.0 */
#include "base/addr.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int bit_count(uint8_t family)
{
	return (int)ip_len(family) * 8;
}

/* Bits that the two have in common, from the front. */
static int common_bits(const struct ip_addr *a, const struct ip_addr *b)
{
	int len = (int)ip_len(a->family);
	for (int i = 0; i < len; i++) {
		unsigned differ = a->bytes[i] ^ b->bytes[i];
		if (differ != 0)
			return i * 8 + __builtin_clz(differ) - 24;
	}
	return len * 8;
}

/* All bits behind the prefix become `bit`. */
static void set_tail(struct ip_addr *addr, int prefix, bool bit)
{
	for (int i = 0; i < (int)ip_len(addr->family); i++) {
		int kept = prefix - i * 8;
		int shifted = kept >= 8 ? 0 : kept <= 0 ? 0xff : 0xff >> kept;
		uint8_t tail = (uint8_t)shifted;
		addr->bytes[i] = (uint8_t)(bit ? addr->bytes[i] | tail : addr->bytes[i] & ~tail);
	}
}

static struct ip_range subnet(const struct ip_addr *addr, int prefix)
{
	struct ip_range range = range_single(addr);
	set_tail(&range.from, prefix, false);
	set_tail(&range.to, prefix, true);
	return range;
}

static enum rc addr_part(const char *text, size_t len, struct ip_addr *out, struct diag *diag)
{
	char plain[INET6_ADDRSTRLEN];
	if (len >= sizeof(plain))
		return diag_fail(diag, RC_SYNTAX, "\"%.60s\" is too long for an IP address", text);
	memcpy(plain, text, len);
	plain[len] = '\0';
	if (strchr(plain, '%') != NULL || ip_parse(plain, out) != RC_OK)
		return diag_fail(diag, RC_SYNTAX,
				 "\"%s\" is not an IP address (expected one such as 192.0.2.1 or "
				 "2001:db8::1)",
				 plain);
	return RC_OK;
}

static enum rc prefix_part(const char *text, int bits, int *prefix, struct diag *diag)
{
	char *end = NULL;
	long value = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : -1;
	if (value < 0 || value > bits || *end != '\0')
		return diag_fail(diag, RC_SYNTAX,
				 "prefix length \"/%.20s\" is wrong (expected /0 to /%d)", text,
				 bits);
	*prefix = (int)value;
	return RC_OK;
}

static enum rc parse_subnet(const char *text, const char *slash, struct ip_range *out,
			    struct diag *diag)
{
	struct ip_addr addr;
	int prefix = 0;
	char network[IP_TEXT_MAX];
	TRY(addr_part(text, (size_t)(slash - text), &addr, diag));
	TRY(prefix_part(slash + 1, bit_count(addr.family), &prefix, diag));
	struct ip_range range = subnet(&addr, prefix);
	if (!ip_equal(&addr, &range.from))
		return diag_fail(
			diag, RC_SYNTAX,
			"subnet \"%s\" has host bits set (the network is %s/%d; a single host "
			"is written with /%d)",
			text, ip_text(&range.from, network), prefix, bit_count(addr.family));
	*out = range;
	return RC_OK;
}

static enum rc parse_from_to(const char *text, const char *dash, struct ip_range *out,
			     struct diag *diag)
{
	struct ip_range range;
	TRY(addr_part(text, (size_t)(dash - text), &range.from, diag));
	TRY(addr_part(dash + 1, strlen(dash + 1), &range.to, diag));
	if (range.from.family != range.to.family)
		return diag_fail(diag, RC_SYNTAX, "range \"%s\" mixes IPv4 and IPv6", text);
	if (ip_compare(&range.from, &range.to) > 0)
		return diag_fail(diag, RC_RANGE,
				 "range \"%s\" ends before it starts (swap the two)", text);
	*out = range;
	return RC_OK;
}

enum rc range_parse(const char *text, struct ip_range *out, struct diag *diag)
{
	struct ip_addr addr;
	const char *at = strchr(text, '/');
	if (at != NULL)
		return parse_subnet(text, at, out, diag);
	at = strchr(text, '-');
	if (at != NULL)
		return parse_from_to(text, at, out, diag);
	TRY(addr_part(text, strlen(text), &addr, diag));
	*out = range_single(&addr);
	return RC_OK;
}

const char *range_text(const struct ip_range *range, char buffer[IP_RANGE_TEXT_MAX])
{
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX];
	int prefix = range_prefix(range);
	ip_text(&range->from, from);
	ip_text(&range->to, to);
	if (prefix >= 0)
		snprintf(buffer, IP_RANGE_TEXT_MAX, "%s/%d", from, prefix);
	else
		snprintf(buffer, IP_RANGE_TEXT_MAX, "%.46s-%.46s", from, to);
	return buffer;
}

struct ip_range range_all(uint8_t family)
{
	struct ip_addr zero = ip_any(family);
	return subnet(&zero, 0);
}

struct ip_range range_single(const struct ip_addr *addr)
{
	struct ip_range range = { *addr, *addr };
	range.from.scope = range.to.scope = 0;
	return range;
}

bool range_equal(const struct ip_range *a, const struct ip_range *b)
{
	return ip_equal(&a->from, &b->from) && ip_equal(&a->to, &b->to);
}

bool range_contains(const struct ip_range *outer, const struct ip_range *inner)
{
	return outer->from.family == inner->from.family &&
	       ip_compare(&outer->from, &inner->from) <= 0 &&
	       ip_compare(&outer->to, &inner->to) >= 0;
}

bool range_contains_addr(const struct ip_range *range, const struct ip_addr *addr)
{
	struct ip_range single = range_single(addr);
	return range_contains(range, &single);
}

bool range_intersect(const struct ip_range *a, const struct ip_range *b, struct ip_range *out)
{
	if (a->from.family != b->from.family || !ip_is_set(&a->from))
		return false;
	struct ip_range both = { ip_compare(&a->from, &b->from) > 0 ? a->from : b->from,
				 ip_compare(&a->to, &b->to) < 0 ? a->to : b->to };
	if (ip_compare(&both.from, &both.to) > 0)
		return false;
	*out = both;
	return true;
}

int range_prefix(const struct ip_range *range)
{
	struct ip_addr network;
	if (!ip_is_set(&range->from) || range->from.family != range->to.family)
		return -1;
	int prefix = range_cover(range, &network);
	struct ip_range whole = subnet(&network, prefix);
	return range_equal(&whole, range) ? prefix : -1;
}

int range_cover(const struct ip_range *range, struct ip_addr *network)
{
	int prefix = common_bits(&range->from, &range->to);
	*network = subnet(&range->from, prefix).from;
	return prefix;
}
