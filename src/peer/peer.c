/* SPDX-License-Identifier: Apache-2.0 */
/* A peer's beginning and end. */
#include "peer/private.h"

struct peer *peer_new(struct peers *peers, struct config *config, const struct config_conn *conn)
{
	struct peer *peer = mem_alloc(sizeof(*peer));

	if (peer == NULL)
		return NULL;
	peer->serial = peers_serial(peers);
	peer->owner = peers;
	peer->config = config;
	peer->conn = conn;
	peer->left_is_local = true;
	list_init(&peer->instances);
	list_init(&peer->tunnels);
	list_init(&peer->ike_sas);
	recorder_init(&peer->recorder);
	config_ref(config);
	return peer;
}

void peer_enter(struct peer *peer)
{
	struct peers *peers = peer->owner;

	peer->linked = true;
	list_append(&peers->list, &peer->in_peers);
	index_put(&peers->serials, &peer->by_serial,
		  table_hash(&peers->serials, &peer->serial, sizeof(peer->serial)));
	if (peer->parent != NULL)
		list_append(&peer->parent->instances, &peer->in_instances);
	peers->count++;
	list_for(node, &peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (!tunnel->linked)
			tunnel_link(tunnel);
	}
	index_add(peer);
}

static void leave(struct peer *peer)
{
	struct peers *peers = peer->owner;

	if (!peer->linked)
		return;
	index_remove(peer);
	table_remove(&peers->serials, &peer->by_serial);
	table_remove(&peers->ends, &peer->by_ends);
	list_remove(&peer->in_peers);
	list_remove(&peer->in_instances);
	list_remove(&peer->dirty);
	peers->count--;
	peer->linked = false;
}

void peer_represent(struct peer *peer, struct config *config, const struct config_conn *conn)
{
	config_ref(config);
	config_unref(peer->config);
	peer->config = config;
	peer->conn = conn;
}

/* An instance that was never linked has kept its template from going. */
static void release_parent(struct peer *peer)
{
	struct peer *parent = peer->parent;

	if (parent == NULL)
		return;
	if (!peer->linked)
		parent->busy--;
	if (parent->doomed)
		peer_dirty(parent);
}

void peer_free(struct peer *peer)
{
	struct peers *peers = peer->owner;

	while (!list_empty(&peer->instances))
		peer_free(container_of(peer->instances.next, struct peer, in_instances));
	if (peers->on_free != NULL)
		peers->on_free(peers->context, peer);
	release_parent(peer);
	leave(peer);
	peer_drop_addresses(peer);
	naming_free(peer);
	while (!list_empty(&peer->tunnels))
		tunnel_free(container_of(peer->tunnels.next, struct tunnel, in_peer));
	identity_free(&peer->local_id);
	identity_free(&peer->remote_id);
	if (peer->user != NULL)
		identity_free(peer->user);
	mem_free(peer->user);
	backoff_reset(&peer->backoff);
	peer_forget_login(peer);
	recorder_free(&peer->recorder);
	config_unref(peer->config);
	mem_free(peer);
}

struct tunnel *peer_tunnel_by_serial(const struct peer *peer, uint64_t serial)
{
	if (peer == NULL || serial == 0)
		return NULL;
	list_for(node, &peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (tunnel->serial == serial)
			return tunnel;
	}
	return NULL;
}

struct tunnel *peer_tunnel_staying(const struct peer *peer, uint64_t serial)
{
	struct tunnel *tunnel = peer_tunnel_by_serial(peer, serial);

	return tunnel != NULL && !tunnel->doomed ? tunnel : NULL;
}
