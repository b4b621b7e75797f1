/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over all peers, some of them in a turn, so that 100,000 of them hold up nobody. A walk
 * remembers a serial number; when that peer is gone it begins anew, and what it does may be done
 * twice. */
#include "engine/private.h"

#define PEERS_A_TURN 500

static struct list *next_after(struct gateway *gateway, uint64_t last)
{
	struct peer *peer = peers_by_serial(&gateway->peers, last);

	return peer != NULL && peer->linked ? peer->in_peers.next : gateway->peers.list.next;
}

bool round_some(struct gateway *gateway, uint64_t *last, round_fn visit)
{
	struct list *end = &gateway->peers.list, *node = next_after(gateway, *last);
	unsigned left = PEERS_A_TURN;

	while (node != end && left-- > 0) {
		struct peer *peer = container_of(node, struct peer, in_peers);
		*last = peer->serial;
		node = node->next;
		visit(gateway, peer);
		if (host_turn_over(gateway->host))
			break;
	}
	if (node != end)
		return false;
	*last = 0;
	return true;
}

/* ---- what is ours changed: addresses, routes, conns ---- */

static void orient(struct gateway *gateway, struct peer *peer)
{
	(void)gateway;
	peer_look_around(peer);
}

static void orient_and_move(struct gateway *gateway, struct peer *peer)
{
	peer_look_around(peer);
	path_host_changed(gateway, peer);
	outfit_host_changed(peer);
}

static void orient_some(struct deferred *deferred)
{
	struct gateway *gateway = container_of(deferred, struct gateway, orient_later);
	round_fn visit = gateway->host_changed ? orient_and_move : orient;

	if (!round_some(gateway, &gateway->oriented, visit))
		gateway->host->ops->defer(gateway->host, deferred);
	else
		gateway->host_changed = false;
}

void round_orient(struct gateway *gateway, bool host_changed)
{
	gateway->oriented = 0;
	gateway->host_changed = gateway->host_changed || host_changed;
	gateway->orient_later.run = orient_some;
	gateway->host->ops->defer(gateway->host, &gateway->orient_later);
}
