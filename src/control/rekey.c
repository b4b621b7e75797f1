/* SPDX-License-Identifier: Apache-2.0 */
/* Rekey: SAs are due at once; the call goes on, as that of Up does, until none of the old ones is
 * in use any more. */
#include <string.h>
#include "control/private.h"

/* What is down and wanted comes back by itself; the rest was not there to be replaced. */
static bool comes_back(const struct tunnel *tunnel)
{
	return tunnel->wanted == WANTED_UP;
}

static bool child_is_old(const struct tunnel *tunnel, uint64_t since)
{
	const struct child_sa *child = tunnel_current(tunnel);

	return child != NULL ? child->serial <= since : comes_back(tunnel);
}

static bool ike_is_old(const struct tunnel *tunnel, uint64_t since)
{
	unsigned count = 0;

	list_for(node, &tunnel->peer->ike_sas)
	{
		const struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		if (sa->state != IKE_ESTABLISHED || sa->delete_wanted)
			continue;
		if (sa->serial > since)
			count++;
		else if (sa->v1 == NULL || !list_empty(&sa->children)) /* others only wait */
			return true;
	}
	return count == 0 && comes_back(tunnel);
}

static enum rc rekey_child(const struct call *call, const char *name, struct diag *diag)
{
	return gateway_rekey(call->gateway, name, REKEY_CHILD, diag);
}

static enum rc rekey_ike(const struct call *call, const char *name, struct diag *diag)
{
	return gateway_rekey(call->gateway, name, REKEY_IKE, diag);
}

static enum rc reauth(const struct call *call, const char *name, struct diag *diag)
{
	return gateway_rekey(call->gateway, name, REKEY_REAUTH, diag);
}

static const struct choice {
	const char *what;
	struct goal goal;
} choices[] = {
	{ "child", { rekey_child, child_is_old, "done" } },
	{ "ike", { rekey_ike, ike_is_old, "done" } },
	{ "reauth", { reauth, ike_is_old, "done" } },
};

void method_rekey(struct call *call)
{
	const char *what = call_text(call, "what");

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		if (what != NULL && strcmp(what, choices[i].what) != 0)
			continue;
		call_until(call, &choices[i].goal);
		return;
	}
	call_invalid(call, "what", "expected child, ike or reauth");
}
