/* SPDX-License-Identifier: Apache-2.0 */
/* XAUTH: the user and password that the operator gives, and whose instance a user has. */
#include <string.h>
#include "peer/private.h"

void peer_forget_login(struct peer *peer)
{
	if (peer->login == NULL)
		return;
	secret_wipe(&peer->login->password);
	mem_free(peer->login);
	peer->login = NULL;
}

enum rc peer_set_login(struct peer *peer, const char *name, struct span password)
{
	struct peer_login *login;
	enum rc rc;

	if (strlen(name) > CONFIG_USERNAME_MAX)
		return RC_LIMIT;
	login = mem_alloc(sizeof(*login));
	if (login == NULL)
		return RC_NO_MEMORY;
	rc = secret_set(&login->password, password);
	if (rc != RC_OK) {
		mem_free(login);
		return rc;
	}
	memcpy(login->name, name, strlen(name) + 1);
	peer_forget_login(peer);
	peer->login = login;
	return RC_OK;
}

struct peer *peer_of_user(const struct peer *template, const struct ip_addr *local,
			  const struct ip_addr *remote, const struct identity *id,
			  const struct identity *user)
{
	const struct peers *peers = template->owner;
	uint64_t hash = index_identity_hash(peers, NULL, user);

	for (struct table_node *n = table_first(&peers->clients, hash); n != NULL;
	     n = table_next(n)) {
		struct peer *peer = container_of(n, struct peer, by_client);
		if (peer->parent == template && !peer->doomed && ip_equal(&peer->remote, remote) &&
		    ip_equal(&peer->local, local) && identity_equal(&peer->remote_id, id) &&
		    identity_equal(peer_client_id(peer), user))
			return peer;
	}
	return NULL;
}
