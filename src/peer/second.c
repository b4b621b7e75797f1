/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that prove two identities (RFC 4739): which of them says who they are. */
#include "peer/private.h"

static bool many_may_have(const struct config_end *second)
{
	return second->id_any || second->id_fromcert ||
	       (second->id.type != ID_NONE && identity_has_wildcard(&second->id));
}

bool peer_second_names_client(const struct peer *peer)
{
	const struct config_end *second = peer_remote_end(peer)->second;

	if (peer_user_of(peer) != PEER_NO_USER) /* XAUTH */
		return true;
	return second != NULL && many_may_have(second);
}

const struct identity *peer_client_id(const struct peer *peer)
{
	return peer->user != NULL ? peer->user : &peer->remote_id;
}

enum rc peer_take_user(struct peer *instance, const struct identity *second)
{
	struct identity *user;

	if (!peer_second_names_client(instance) || instance->user != NULL)
		return RC_OK;
	user = mem_alloc(sizeof(*user));
	if (user == NULL)
		return RC_NO_MEMORY;
	if (identity_copy(second, user) != RC_OK) {
		mem_free(user);
		return RC_NO_MEMORY;
	}
	instance->user = user;
	return RC_OK;
}
