/* SPDX-License-Identifier: Apache-2.0 */
/* rightsubnet=vhost:, vnet:: what a road warrior may name in Quick Mode. It is somebody else's
 * private address: whether it is free is looked at where Child SAs are made. */
#include "ikev1/private.h"

static enum rc refuse(struct diag *diag, const struct ip_range *range, const char *why)
{
	char text[IP_RANGE_TEXT_MAX];

	return diag_fail(diag, RC_TS_UNACCEPTABLE, "peer asked for %s: %s", range_text(range, text),
			 why);
}

static bool is_excluded(const struct config_virtual_nets *out, const struct ip_range *range)
{
	struct ip_range both;

	for (unsigned i = 0; i < out->count; i++)
		if (range_intersect(&out->items[i], range, &both))
			return true;
	return false;
}

enum rc v1_virtual_check(const struct ike_sa *sa, const struct tunnel *tunnel,
			 const struct ip_range *asked, struct diag *diag)
{
	const struct config_end *end = peer_remote_end(tunnel->peer);
	struct ip_range own = range_single(&sa->remote.addr);

	if (end->virtual_kind == VIRTUAL_NONE)
		return RC_OK;
	if (tunnel->conn->type == TYPE_TRANSPORT)
		return end->virtual_private || !sa->nat_there
			       ? RC_OK
			       : refuse(diag, asked, "it is behind a NAT (vhost:%priv)");
	if (range_equal(asked, &own))
		return end->virtual_no ? RC_OK : refuse(diag, asked, "its own address (vhost:%no)");
	if (end->virtual_kind == VIRTUAL_HOST && !ip_equal(&asked->from, &asked->to))
		return refuse(diag, asked, "more than one address (vnet:, not vhost:)");
	if (is_excluded(&tunnel->peer->config->setup.virtual_out, asked))
		return refuse(diag, asked, "virtual-private= excludes it");
	return RC_OK;
}
