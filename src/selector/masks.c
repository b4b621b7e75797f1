/* SPDX-License-Identifier: Apache-2.0 */
/* Linux matches subnets and masked ports. Other ranges consist of several of those. */
#include "selector/selector.h"

/* Of one side of a pair. */
struct parts {
	struct selector items[SELECTOR_POLICIES_MAX];
	unsigned count; /* more than fit: SELECTOR_POLICIES_MAX + 1 */
};

static void add(struct parts *parts, const struct selector *one)
{
	if (parts->count < SELECTOR_POLICIES_MAX)
		parts->items[parts->count] = *one;
	if (parts->count <= SELECTOR_POLICIES_MAX)
		parts->count++;
}

static unsigned __int128 number_of(const struct ip_addr *addr)
{
	unsigned __int128 number = 0;

	for (size_t i = 0; i < ip_len(addr->family); i++)
		number = number << 8 | addr->bytes[i];
	return number;
}

static void set_number(struct ip_addr *addr, unsigned __int128 number)
{
	for (size_t i = ip_len(addr->family); i-- > 0; number >>= 8)
		addr->bytes[i] = (uint8_t)number;
}

/* The largest block at `from` that is aligned and does not pass `to`: its last number. */
static unsigned __int128 block_end(unsigned __int128 from, unsigned __int128 to)
{
	unsigned __int128 size = 1;

	while ((from & size) == 0 && to - from >= 2 * size - 1)
		size *= 2;
	return from + size - 1;
}

static void split_range(const struct selector *whole, struct parts *out)
{
	unsigned __int128 from = number_of(&whole->range.from), to = number_of(&whole->range.to);
	struct selector one = *whole;
	unsigned __int128 end;

	if (range_prefix(&whole->range) >= 0 || !ip_is_set(&whole->range.from)) {
		add(out, whole);
		return;
	}
	do {
		end = block_end(from, to);
		set_number(&one.range.from, from);
		set_number(&one.range.to, end);
		add(out, &one);
		from = end + 1;
	} while (end != to && out->count <= SELECTOR_POLICIES_MAX);
}

static bool is_icmp(uint8_t protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* ICMP: a type with all its codes, or one code. */
static uint32_t port_end(uint8_t protocol, uint32_t from, uint32_t to)
{
	if (!is_icmp(protocol) || to - from == UINT16_MAX)
		return (uint32_t)block_end(from, to);
	return from % 256 == 0 && to - from >= 255 ? from + 255 : from;
}

static void split_ports(const struct selector *whole, uint8_t protocol, struct parts *out)
{
	uint32_t from = whole->port_from, to = whole->port_to, end;
	struct selector one = *whole;

	if (from > to) {
		split_range(whole, out);
		return;
	}
	do {
		end = port_end(protocol, from, to);
		one.port_from = (uint16_t)from;
		one.port_to = (uint16_t)end;
		split_range(&one, out);
		from = end + 1;
	} while (end != to && out->count <= SELECTOR_POLICIES_MAX);
}

static bool all_ports(const struct selector *one)
{
	return one->port_from == 0 && one->port_to == UINT16_MAX;
}

static void take_type(struct selector *to, const struct selector *from)
{
	to->port_from = from->port_from;
	to->port_to = from->port_to;
}

/* A packet of ICMP has one type and code: both sides of a policy name it, whoever said it, for to
 * Linux these are one policy. False: there is none that both have. */
static bool same_type(struct selector_pair *pair)
{
	struct selector *a = &pair->local, *b = &pair->remote;

	if (all_ports(a))
		take_type(a, b);
	else if (all_ports(b))
		take_type(b, a);
	a->port_from = b->port_from = a->port_from > b->port_from ? a->port_from : b->port_from;
	a->port_to = b->port_to = a->port_to < b->port_to ? a->port_to : b->port_to;
	return a->port_from <= a->port_to;
}

unsigned selector_masks(const struct selector_pair *pair, struct selector_pair *out, unsigned max)
{
	struct parts local = { .count = 0 }, remote = { .count = 0 };
	uint8_t protocol = pair->local.protocol != 0 ? pair->local.protocol : pair->remote.protocol;
	unsigned count = 0;

	split_ports(&pair->local, protocol, &local);
	split_ports(&pair->remote, protocol, &remote);
	if (local.count > SELECTOR_POLICIES_MAX || remote.count > SELECTOR_POLICIES_MAX ||
	    (!is_icmp(protocol) && local.count * remote.count > max))
		return max + 1;
	for (unsigned i = 0; i < local.count; i++)
		for (unsigned j = 0; j < remote.count; j++) {
			struct selector_pair one = { local.items[i], remote.items[j] };
			if (is_icmp(protocol) && !same_type(&one))
				continue;
			if (count == max)
				return max + 1;
			out[count++] = one;
		}
	return count;
}
