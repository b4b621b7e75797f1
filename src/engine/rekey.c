/* SPDX-License-Identifier: Apache-2.0 */
/* The operator wants SAs replaced before their time: they are due now, and reconcile does the rest.
 */
#include "engine/private.h"

struct wish {
	struct gateway *gateway;
	enum gateway_rekey_what what;
	unsigned due;
	bool template;
};

static void ike_due(struct wish *wish, struct ike_sa *sa)
{
	if (sa->state != IKE_ESTABLISHED || sa->delete_wanted)
		return;
	sa->replace_at = host_now(wish->gateway->host);
	sa->must_reauth = sa->must_reauth || wish->what == REKEY_REAUTH;
	wish->due++;
}

/* All IKE SAs of the peer: what the operator does not trust any longer may be the older one. */
static void ikes_due(struct wish *wish, const struct peer *peer)
{
	list_for(node, &peer->ike_sas) ike_due(wish, container_of(node, struct ike_sa, in_peer));
}

static void child_due(struct wish *wish, const struct tunnel *tunnel)
{
	struct child_sa *child = tunnel_current(tunnel);

	if (child == NULL || child->delete_wanted)
		return;
	child->replace_at = host_now(wish->gateway->host);
	wish->due++;
}

static void due(void *context, struct tunnel *tunnel)
{
	struct wish *wish = context;

	if (tunnel->doomed)
		return;
	wish->template = wish->template || tunnel->peer->template;
	switch (wish->what) {
	case REKEY_CHILD:
		child_due(wish, tunnel);
		break;
	case REKEY_IKE:
	case REKEY_REAUTH:
		ikes_due(wish, tunnel->peer);
		break;
	}
	backoff_reset(&tunnel->backoff);
	backoff_reset(&tunnel->peer->backoff);
	peer_dirty(tunnel->peer);
}

enum rc gateway_rekey(struct gateway *gateway, const char *name, enum gateway_rekey_what what,
		      struct diag *diag)
{
	struct wish wish = { .gateway = gateway, .what = what };
	const char *missing = what == REKEY_CHILD ? "Child SA" : "IKE SA";

	if (peers_match(&gateway->peers, name, due, &wish) == 0)
		TRY(peers_want(&gateway->peers, name, WANTED_LISTEN, diag)); /* nearest name */
	if (wish.due > 0)
		return RC_OK;
	if (wish.template)
		return diag_fail(diag, RC_CHILD_NOT_FOUND,
				 "\"%s\" has no %s to replace: no peer is connected", name,
				 missing);
	return diag_fail(diag, RC_CHILD_NOT_FOUND,
			 "\"%s\" has no %s to replace; \"ipsec up %s\" makes one", name, missing,
			 name);
}
