/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/space.h"

typedef unsigned __int128 number;

static number number_of(const struct ip_addr *addr)
{
	number value = 0;

	for (size_t i = 0; i < ip_len(addr->family); i++)
		value = value << 8 | addr->bytes[i];
	return value;
}

static struct ip_addr address_of(uint8_t family, number value)
{
	struct ip_addr addr = { .family = family };

	for (size_t i = ip_len(family); i > 0; i--, value >>= 8)
		addr.bytes[i - 1] = (uint8_t)value;
	return addr;
}

static unsigned host_bits(const struct config_pool *pool)
{
	return (unsigned)ip_len(pool->range.from.family) * 8 - pool->lease;
}

void space_ends(const struct config_pool *pool, uint64_t *first, uint64_t *last)
{
	const struct ip_range *range = &pool->range;
	number span = (number_of(&range->to) - number_of(&range->from)) >> host_bits(pool);

	*first = 0;
	*last = span > UINT64_MAX ? UINT64_MAX : (uint64_t)span;
	if (range_prefix(range) < 0 || host_bits(pool) > 0 || *last < 2)
		return;
	*first = 1;
	if (range->from.family == AF_INET)
		--*last;
}

enum rc space_number(const struct config_pool *pool, const struct ip_addr *addr, uint64_t *out)
{
	const struct ip_range *range = &pool->range;
	uint64_t first, last;
	number value;

	if (addr->family != range->from.family || !range_contains_addr(range, addr))
		return RC_NOT_FOUND;
	space_ends(pool, &first, &last);
	value = (number_of(addr) - number_of(&range->from)) >> host_bits(pool);
	if (value < first || value > last)
		return RC_NOT_FOUND;
	*out = (uint64_t)value;
	return RC_OK;
}

struct ip_range space_range(const struct config_pool *pool, uint64_t value)
{
	uint8_t family = pool->range.from.family;
	number from = number_of(&pool->range.from) + ((number)value << host_bits(pool));
	number size = (number)1 << host_bits(pool);

	return (struct ip_range){ .from = address_of(family, from),
				  .to = address_of(family, from + (size - 1)) };
}

struct ip_addr space_address(const struct config_pool *pool, uint64_t value)
{
	struct ip_range range = space_range(pool, value);

	if (host_bits(pool) == 0)
		return range.from;
	return address_of(range.from.family, number_of(&range.from) + 1);
}
