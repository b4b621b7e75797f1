/* SPDX-License-Identifier: Apache-2.0 */
/* The priority of a policy: a pure function of its selectors, so that the order of loading says
 * nothing. */
#include "kernel/kernel.h"

/* Bits of a 16 bit number that a range of ports fixes. */
static unsigned port_bits(const struct selector *selector)
{
	unsigned bits = 16;
	if (selector->port_from > selector->port_to) /* OPAQUE */
		return 0;
	for (unsigned size = (unsigned)(selector->port_to - selector->port_from); size > 0;
	     size >>= 1)
		bits--;
	return bits;
}

static unsigned prefix_bits(const struct selector *selector)
{
	struct ip_addr network;
	int bits = range_cover(&selector->range, &network);
	return bits > 0 ? (unsigned)bits : 0;
}

/* Linux takes the lowest number. By weight: bits of both networks, bits of the destination,
 * protocol, ports, mode. */
uint32_t kernel_policy_priority(const struct selector *src, const struct selector *dst,
				bool transport)
{
	unsigned from = prefix_bits(src), to = prefix_bits(dst);
	uint32_t specific = from + to; /* 0..256 */
	specific = specific << 8 | to; /* 0..128 */
	specific = specific << 1 | (src->protocol != 0 || dst->protocol != 0);
	specific = specific << 6 | (port_bits(src) + port_bits(dst)); /* 0..32 */
	specific = specific << 1 | transport;
	return (1u << 26) - specific;
}
