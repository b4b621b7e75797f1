/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of a client inside the tunnel (RFC 7296 §2.19), at its server and at itself: its
 * tunnels protect them. */
#include "peer/private.h"
#include "peer/pool.h"

bool end_is_client(const struct config_end *end)
{
	return end->subnet_count == 0 && (end->pools != NULL || end->modecfgclient);
}

static struct ip_range whole_pool(const struct config_end *end, uint8_t family)
{
	struct ip_range all = { .from = { .family = AF_UNSPEC } };

	for (unsigned i = 0; i < end->pool_count; i++) {
		const struct ip_range *range = &end->pools[i].range;
		if (range->from.family != family)
			continue;
		if (!ip_is_set(&all.from) || ip_compare(&range->from, &all.from) < 0)
			all.from = range->from;
		if (!ip_is_set(&all.to) || ip_compare(&range->to, &all.to) > 0)
			all.to = range->to;
	}
	return ip_is_set(&all.from) ? all : range_all(family);
}

struct ip_range client_range(const struct peer *peer, const struct config_end *end, uint8_t family)
{
	const struct peer_addresses *known = peer->addresses;
	unsigned i = family == AF_INET6;

	if (known != NULL && ip_is_set(&known->ranges[i].from))
		return known->ranges[i];
	return whole_pool(end, family);
}

static void select_again(struct peer *peer)
{
	struct peers *peers = peer->owner;

	if (peer->linked && peers->on_move != NULL)
		peers->on_move(peers->context, peer);
	peer_select(peer);
}

static struct peer_addresses *addresses_of(struct peer *peer)
{
	if (peer->addresses == NULL)
		peer->addresses = mem_alloc(sizeof(*peer->addresses));
	return peer->addresses;
}

enum rc peer_take_leases(struct peer *peer, struct pool_lease *const leases[2])
{
	struct peer_addresses *addresses = addresses_of(peer);
	bool changed = false;

	if (addresses == NULL)
		return RC_NO_MEMORY;
	for (unsigned i = 0; i < 2; i++) {
		struct pool_lease *old = addresses->leases[i];
		if (leases[i] == NULL || leases[i] == old)
			continue;
		addresses->leases[i] = pool_lease_hold(leases[i]);
		addresses->ranges[i] = pool_lease_range(leases[i]);
		if (old != NULL)
			pool_lease_release(old);
		changed = true;
	}
	if (changed)
		select_again(peer);
	return RC_OK;
}

static bool same_range(const struct ip_range *a, const struct ip_range *b)
{
	return a->from.family == b->from.family && (!ip_is_set(&a->from) || range_equal(a, b));
}

enum rc peer_take_ranges(struct peer *peer, const struct ip_range ranges[2])
{
	struct peer_addresses *addresses = addresses_of(peer);

	if (addresses == NULL)
		return RC_NO_MEMORY;
	if (same_range(&addresses->ranges[0], &ranges[0]) &&
	    same_range(&addresses->ranges[1], &ranges[1]))
		return RC_OK;
	memcpy(addresses->ranges, ranges, sizeof(addresses->ranges));
	select_again(peer);
	return RC_OK;
}

static void give_back(struct peer_addresses *addresses)
{
	for (unsigned i = 0; i < 2; i++)
		if (addresses->leases[i] != NULL)
			pool_lease_release(addresses->leases[i]);
}

bool peer_has_leases(const struct peer *peer)
{
	return peer->addresses != NULL &&
	       (peer->addresses->leases[0] != NULL || peer->addresses->leases[1] != NULL);
}

void peer_drop_addresses(struct peer *peer)
{
	struct peer_addresses *addresses = peer->addresses;

	if (addresses == NULL)
		return;
	peer->addresses = NULL;
	give_back(addresses);
	mem_free(addresses);
	if (peer->linked)
		select_again(peer);
}
