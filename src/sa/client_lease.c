/* SPDX-License-Identifier: Apache-2.0 */
/* The server leases addresses to a client. */
#include "sa/client.h"

static void release(void *lease)
{
	pool_lease_release(lease);
}

struct elsewhere {
	unsigned family; /* 0: IPv4, 1: IPv6 */
	struct pool_lease *lease;
};

static void find_lease(void *context, struct peer *other)
{
	struct elsewhere *elsewhere = context;

	if (other->addresses != NULL && other->addresses->leases[elsewhere->family] != NULL)
		elsewhere->lease = other->addresses->leases[elsewhere->family];
}

/* Conns may be told apart by a fixed second identity alone (RFC 4739): then the first one is not
 * enough to say whose lease it is that is in use. */
static bool first_may_be_shared(const struct peer *peer)
{
	const struct config_end *second = peer_remote_end(peer)->second;

	if (peer->user != NULL && peer_user_of(peer) != PEER_NO_USER)
		return true; /* XAUTH: whoever calls himself like a user is not that user */
	return second != NULL && second->id.type != ID_NONE && !peer_second_names_client(peer);
}

static enum rc lease_one(struct step *step, const struct peer *peer, const struct identity *client,
			 const struct ip_addr *asked, uint8_t family, struct outcome *out)
{
	const struct config_end *end = peer_remote_end(peer);
	unsigned i = family == AF_INET6;
	struct pool_wish wish = { end->pools, end->pool_count, family, client, true, *asked };
	bool unique = step->env->setup->uniqueids == UNIQUE_YES ||
		      step->env->setup->uniqueids == UNIQUE_KEEP;
	struct elsewhere elsewhere = { i, NULL };
	struct pool_lease *lease = NULL;

	if (peer->addresses != NULL)
		elsewhere.lease = peer->addresses->leases[i];
	if (elsewhere.lease == NULL && unique && first_may_be_shared(peer))
		peer_other_instances(peer, find_lease, &elsewhere);
	if (elsewhere.lease != NULL) {
		lease = pool_lease_hold(elsewhere.lease);
	} else {
		wish.share = unique && !first_may_be_shared(peer);
		TRY(pools_lease(step->env->peers->pools, &wish, &lease, &out->diag));
	}
	TRY(outcome_hold(step->arena, out, release, lease));
	out->leases[i] = lease;
	return RC_OK;
}

static bool is_lack(enum rc rc)
{
	return rc == RC_NOT_FOUND || rc == RC_NO_ADDRESS;
}

/* §3.15.4: an error only when it can have none at all. */
static enum rc nothing(const struct peer *peer, enum rc v4, enum rc v6, struct outcome *out)
{
	if (v4 == RC_NO_ADDRESS || v6 == RC_NO_ADDRESS)
		return RC_NO_ADDRESS; /* the diag says which pool */
	return diag_fail(&out->diag, RC_NO_ADDRESS,
			 "the client asks for an address of an IP version of which conn %s has "
			 "none (addresspool=)",
			 peer->conn->name);
}

static enum rc lease_if(struct step *step, const struct peer *peer, const struct identity *client,
			const struct client_wish *wish, unsigned i, struct outcome *out)
{
	if (!wish->wants[i])
		return RC_NOT_FOUND;
	return lease_one(step, peer, client, &wish->asked[i], i == 0 ? AF_INET : AF_INET6, out);
}

enum rc client_lease(struct step *step, const struct peer *peer, const struct identity *client,
		     const struct client_wish *wish, struct outcome *out)
{
	enum rc v4, v6;

	if (peer_remote_end(peer)->pools == NULL)
		return RC_OK;
	v4 = lease_if(step, peer, client, wish, 0, out);
	if (!is_lack(v4))
		TRY(v4);
	v6 = lease_if(step, peer, client, wish, 1, out);
	if (!is_lack(v6))
		TRY(v6);
	return v4 == RC_OK || v6 == RC_OK ? RC_OK : nothing(peer, v4, v6, out);
}

enum rc client_leased(const struct tunnel *tunnel, const struct outcome *out,
		      struct selectors *selectors, struct diag *diag)
{
	struct ip_range ranges[2] = { { .from = { 0 } }, { .from = { 0 } } };

	if (!end_is_client(peer_remote_end(tunnel->peer)) ||
	    (out->leases[0] == NULL && out->leases[1] == NULL)) {
		*selectors = selectors_hold(&tunnel->selectors);
		return RC_OK;
	}
	for (unsigned i = 0; i < 2; i++)
		if (out->leases[i] != NULL)
			ranges[i] = pool_lease_range(out->leases[i]);
	return selectors_substitute(&tunnel->selectors, false, ranges, selectors, diag);
}
