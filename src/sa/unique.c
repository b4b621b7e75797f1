/* SPDX-License-Identifier: Apache-2.0 */
/* uniqueids=keep: who is here already is not replaced. */
#include "sa/client.h"

static void find_established(void *context, struct peer *other)
{
	const struct ike_sa **found = context;

	list_for(node, &other->ike_sas)
	{
		const struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		if (sa->state == IKE_ESTABLISHED && !sa->delete_wanted)
			*found = sa;
	}
}

enum rc unique_keeps_out(const struct sa_env *env, const struct peer *peer, struct diag *diag)
{
	const struct ike_sa *found = NULL;
	char id[IDENTITY_TEXT_MAX], remote[IP_TEXT_MAX];

	if (env->setup->uniqueids != UNIQUE_KEEP || peer->parent == NULL)
		return RC_OK;
	peer_other_instances(peer, find_established, &found);
	if (found == NULL)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED,
			 "%s has an IKE SA from %s, and uniqueids=keep lets it stay: it is refused "
			 "until that one is gone",
			 identity_text(peer_client_id(peer), id),
			 endpoint_text(&found->remote, remote));
}
