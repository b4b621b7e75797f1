/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over all peers, some of them in a turn, so that 100,000 of them hold up nobody. A walk
 * remembers a serial number; when that peer goes, the walks of the gateway step back to the one
 * before it. */
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

static void go_on(struct gateway *gateway)
{
	gateway->host->ops->defer(gateway->host, &gateway->orient_later);
}

static void begin_again(struct timer *timer)
{
	struct gateway *gateway = container_of(timer, struct gateway, orient_pause);

	gateway->host_changed = gateway->orient_again == ORIENT_HOST_CHANGED;
	gateway->orient_again = ORIENT_DONE;
	go_on(gateway);
}

/* What changed meanwhile has a walk of its own, after a pause as long as this one took: whatever
 * flaps, each walk reaches its last peer, and half of the time is for others. */
static void orient_ended(struct gateway *gateway)
{
	usec_t now = host_now(gateway->host);

	gateway->host_changed = false;
	if (gateway->orient_again == ORIENT_DONE)
		return;
	gateway->orient_pause.fire = begin_again;
	gateway_timer(gateway, &gateway->orient_pause, now + (now - gateway->orient_begun));
	if (!timer_armed(&gateway->orient_pause)) /* out of memory */
		begin_again(&gateway->orient_pause);
}

static void orient_some(struct deferred *deferred)
{
	struct gateway *gateway = container_of(deferred, struct gateway, orient_later);
	round_fn visit = gateway->host_changed ? orient_and_move : orient;

	if (gateway->oriented == 0)
		gateway->orient_begun = host_now(gateway->host);
	if (round_some(gateway, &gateway->oriented, visit))
		orient_ended(gateway);
	else
		go_on(gateway);
}

void round_orient(struct gateway *gateway, bool host_changed)
{
	enum orient_again kind = host_changed ? ORIENT_HOST_CHANGED : ORIENT_PEERS;

	gateway->orient_later.run = orient_some;
	if (gateway->oriented != 0 || timer_armed(&gateway->orient_pause)) {
		if (gateway->orient_again < kind)
			gateway->orient_again = kind;
		return;
	}
	gateway->host_changed = gateway->host_changed || host_changed;
	go_on(gateway);
}

void round_peer_goes(struct gateway *gateway, const struct peer *peer)
{
	uint64_t *places[] = { &gateway->oriented, &gateway->watched, &gateway->revoked_at };
	const struct list *before = peer->in_peers.prev;

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (peer->linked && *places[i] == peer->serial)
			*places[i] =
				before == &gateway->peers.list
					? 0
					: container_of((uintptr_t)before, struct peer, in_peers)
						  ->serial;
}
