/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that came through a template and proved who it is. */
#include "peer/private.h"

/* A peer that reached us on the NAT-T port is answered from there: a NAT let it in to that port
 * only. */
static uint16_t local_port_for(const struct config_setup *setup, uint16_t remote_port)
{
	return remote_port == 500 || remote_port == setup->ikeport ? setup->ikeport
								   : setup->nattport;
}

static enum rc copy_tunnels(struct peer *peer, const struct peer *template)
{
	list_for(node, &template->tunnels)
	{
		const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (!tunnel->doomed)
			TRY(tunnel_instantiate(peer, tunnel));
	}
	return RC_OK;
}

static bool number_taken(const struct peer *template, uint32_t number)
{
	list_for(node, &template->tunnels) if (tunnel_instance_exists(
						       container_of(node, struct tunnel, in_peer),
						       number)) return true;
	return false;
}

static uint32_t next_number(struct peer *template)
{
	do
		template->number++;
	while (template->number == 0 || number_taken(template, template->number));
	return template->number;
}

/* A template for any address of ours has no identity of its own when none was given. */
static enum rc take_local_id(struct peer *peer, const struct peer *template)
{
	return template->local_id.type == ID_NONE
		       ? peer_address_identity(&peer->local, &peer->local_id)
		       : identity_copy(&template->local_id, &peer->local_id);
}

enum rc peer_instantiate(struct peer *template, const struct ip_addr *local,
			 const struct ip_endpoint *remote, const struct identity *remote_id,
			 struct peer **out)
{
	struct peer *peer = peer_new(template->owner, template->config, template->conn);
	enum rc rc;

	*out = NULL;
	if (peer == NULL)
		return RC_NO_MEMORY;
	peer->parent = template;
	template->busy++;
	peer->left_is_local = template->left_is_local;
	peer->oriented = peer->placed = true;
	peer->number = next_number(template);
	peer->local = *local;
	peer->remote = remote->addr;
	peer->remote_port = remote->port;
	peer->local_port = local_port_for(&template->config->setup, remote->port);
	rc = take_local_id(peer, template);
	if (rc == RC_OK)
		rc = identity_copy(remote_id, &peer->remote_id);
	if (rc == RC_OK)
		rc = copy_tunnels(peer, template);
	if (rc != RC_OK) {
		peer_free(peer);
		return rc;
	}
	*out = peer;
	return RC_OK;
}

enum rc peer_link(struct peer *peer)
{
	if (peer->linked)
		return RC_EXISTS;
	if (peer->parent != NULL && peer->parent->doomed)
		return RC_CANCELLED;
	if (peer->parent != NULL)
		peer->parent->busy--;
	peer_enter(peer);
	return RC_OK;
}
