/* SPDX-License-Identifier: Apache-2.0 */
/* DOC: selectors.
 * A selector is a range of addresses, a protocol and a range of ports; a pair of them, local and
 * remote, is what a tunnel protects. Ports follow RFC 7296 §3.13.1: 0 to 65535 is ANY, 65535 to 0
 * is OPAQUE (the ports cannot be seen, as in fragments), and for ICMP and ICMPv6 the upper byte is
 * the type, the lower the code. */
#include "selector/selector.h"

static bool is_opaque(const struct selector *s)
{
	return s->port_from > s->port_to;
}

static bool is_any_port(const struct selector *s)
{
	return s->port_from == 0 && s->port_to == UINT16_MAX;
}

struct selector selector_make(const struct ip_range *range, uint8_t protocol, uint16_t port)
{
	return (struct selector){ .range = *range,
				  .protocol = protocol,
				  .port_from = port,
				  .port_to = port == 0 ? UINT16_MAX : port };
}

bool selector_equal(const struct selector *a, const struct selector *b)
{
	return a->protocol == b->protocol && a->port_from == b->port_from &&
	       a->port_to == b->port_to && range_equal(&a->range, &b->range);
}

bool selector_pair_equal(const struct selector_pair *a, const struct selector_pair *b)
{
	return selector_equal(&a->local, &b->local) && selector_equal(&a->remote, &b->remote);
}

/* RFC 4301 §4.4.1.1: ANY includes OPAQUE. */
static bool ports_contain(const struct selector *outer, const struct selector *inner)
{
	if (is_any_port(outer))
		return true;
	if (is_opaque(outer) || is_opaque(inner))
		return is_opaque(outer) && is_opaque(inner);
	return outer->port_from <= inner->port_from && inner->port_to <= outer->port_to;
}

bool selector_contains(const struct selector *outer, const struct selector *inner)
{
	if (outer->protocol != 0 && outer->protocol != inner->protocol)
		return false;
	return ports_contain(outer, inner) && range_contains(&outer->range, &inner->range);
}

static bool ports_intersect(const struct selector *a, const struct selector *b,
			    struct selector *out)
{
	const struct selector *inner = ports_contain(a, b) ? b : ports_contain(b, a) ? a : NULL;
	if (inner != NULL) {
		out->port_from = inner->port_from;
		out->port_to = inner->port_to;
		return true;
	}
	if (is_opaque(a) || is_opaque(b))
		return false;
	out->port_from = a->port_from > b->port_from ? a->port_from : b->port_from;
	out->port_to = a->port_to < b->port_to ? a->port_to : b->port_to;
	return out->port_from <= out->port_to;
}

bool selector_intersect(const struct selector *a, const struct selector *b, struct selector *out)
{
	struct selector common = { .protocol = a->protocol != 0 ? a->protocol : b->protocol };
	if (a->protocol != 0 && b->protocol != 0 && a->protocol != b->protocol)
		return false;
	if (!ports_intersect(a, b, &common) ||
	    !range_intersect(&a->range, &b->range, &common.range))
		return false;
	*out = common;
	return true;
}

enum rc selector_from_wire(const struct wire_ts *ts, struct selector *out)
{
	uint8_t family = ts->type == TS_IPV4_ADDR_RANGE	  ? AF_INET
			 : ts->type == TS_IPV6_ADDR_RANGE ? AF_INET6
							  : 0;
	if (family == 0)
		return RC_UNSUPPORTED;
	if (ts->range.from.family != family || ts->range.to.family != family ||
	    ip_compare(&ts->range.from, &ts->range.to) > 0)
		return RC_SYNTAX;
	if (ts->port_from > ts->port_to && (ts->port_from != UINT16_MAX || ts->port_to != 0))
		return RC_SYNTAX;
	*out = (struct selector){ .range = ts->range,
				  .protocol = ts->protocol,
				  .port_from = ts->port_from,
				  .port_to = ts->port_to };
	return RC_OK;
}

void selector_to_wire(const struct selector *selector, struct wire_ts *out)
{
	bool v4 = selector->range.from.family == AF_INET;
	*out = (struct wire_ts){ .type = v4 ? TS_IPV4_ADDR_RANGE : TS_IPV6_ADDR_RANGE,
				 .protocol = selector->protocol,
				 .port_from = selector->port_from,
				 .port_to = selector->port_to,
				 .range = selector->range };
	if (is_opaque(selector)) { /* the only way to write it */
		out->port_from = UINT16_MAX;
		out->port_to = 0;
	}
}
