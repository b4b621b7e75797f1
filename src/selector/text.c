/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include "selector/selector.h"

static const struct name protocol_entries[] = {
	{ IPPROTO_ICMP, "icmp" },
	{ IPPROTO_IPIP, "ipip" },
	{ IPPROTO_TCP, "tcp" },
	{ IPPROTO_UDP, "udp" },
	{ IPPROTO_DCCP, "dccp" },
	{ IPPROTO_IPV6, "ipv6" },
	{ IPPROTO_GRE, "gre" },
	{ IPPROTO_ESP, "esp" },
	{ IPPROTO_AH, "ah" },
	{ IPPROTO_ICMPV6, "icmpv6" },
	{ IPPROTO_SCTP, "sctp" },
	{ 115, "l2tp" },
	{ 0, NULL },
};

static const char *protocol_text(uint8_t protocol, char *buffer, size_t size)
{
	for (const struct name *n = protocol_entries; n->text != NULL; n++)
		if (n->value == protocol)
			return n->text;
	snprintf(buffer, size, "%u", protocol);
	return protocol == 0 ? "any" : buffer;
}

/* ICMP: "8" is a type with every code, "3/1" a type and its code. */
static void icmp_text(const struct selector *s, char *buffer, size_t size)
{
	unsigned type = s->port_from >> 8, code = s->port_from & 0xff;
	if (s->port_from == s->port_to)
		snprintf(buffer, size, "/%u/%u", type, code);
	else if (code == 0 && s->port_to == (s->port_from | 0xff))
		snprintf(buffer, size, "/%u", type);
	else
		snprintf(buffer, size, "/%u/%u-%u/%u", type, code, s->port_to >> 8,
			 s->port_to & 0xffu);
}

static void ports_text(const struct selector *s, char *buffer, size_t size)
{
	buffer[0] = '\0';
	if (s->port_from == 0 && s->port_to == UINT16_MAX)
		return;
	if (s->port_from > s->port_to)
		snprintf(buffer, size, "/opaque");
	else if (s->protocol == IPPROTO_ICMP || s->protocol == IPPROTO_ICMPV6)
		icmp_text(s, buffer, size);
	else if (s->port_from == s->port_to)
		snprintf(buffer, size, "/%u", s->port_from);
	else
		snprintf(buffer, size, "/%u-%u", s->port_from, s->port_to);
}

const char *selector_text(const struct selector *selector, char buffer[SELECTOR_TEXT_MAX])
{
	char range[IP_RANGE_TEXT_MAX], number[8], ports[24];
	range_text(&selector->range, range);
	ports_text(selector, ports, sizeof(ports));
	if (selector->protocol == 0 && ports[0] == '\0')
		snprintf(buffer, SELECTOR_TEXT_MAX, "%s", range);
	else
		snprintf(buffer, SELECTOR_TEXT_MAX, "%s/%s%s", range,
			 protocol_text(selector->protocol, number, sizeof(number)), ports);
	return buffer;
}

const char *selector_pair_text(const struct selector_pair *pair,
			       char buffer[SELECTOR_PAIR_TEXT_MAX])
{
	char local[SELECTOR_TEXT_MAX], remote[SELECTOR_TEXT_MAX];
	snprintf(buffer, SELECTOR_PAIR_TEXT_MAX, "%s === %s", selector_text(&pair->local, local),
		 selector_text(&pair->remote, remote));
	return buffer;
}

static const char *wire_text(const struct wire_ts *ts, char buffer[SELECTOR_TEXT_MAX])
{
	struct selector selector;
	enum rc rc = selector_from_wire(ts, &selector);
	if (rc == RC_OK)
		return selector_text(&selector, buffer);
	snprintf(buffer, SELECTOR_TEXT_MAX, "(%s selector of type %u)",
		 rc == RC_UNSUPPORTED ? "unknown" : "malformed", ts->type);
	return buffer;
}

/* "a, b, c"; what does not fit is replaced by "...". */
void selector_list_text(const struct wire_ts_list *list, char *buffer, size_t size)
{
	char one[SELECTOR_TEXT_MAX];
	size_t len = 0;
	if (size == 0)
		return;
	buffer[0] = '\0';
	for (unsigned i = 0; i < list->count; i++) {
		const char *text = wire_text(&list->items[i], one), *comma = i > 0 ? ", " : "";
		size_t need = strlen(comma) + strlen(text),
		       reserve = i + 1 < list->count ? sizeof(", ...") : 1;
		if (len + need + reserve > size) {
			snprintf(buffer + len, size - len, "%s...", comma);
			return;
		}
		snprintf(buffer + len, size - len, "%s%s", comma, text);
		len += need;
	}
}
