/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: split networks as Cisco's clients know them
 *
 * The server tells its networks in UNITY_SPLIT_INCLUDE. The client then asks for one IPsec SA in
 * Quick Mode, whose IDs are its address and 0.0.0.0/0, however many the networks are; both ends
 * take policies of the networks. Who asks for one network by its name has an SA for that.
 */
#include "ikev1/private.h"
#include "sa/extra.h"

bool v1_split_client(const struct peer *peer)
{
	return peer->conn->cisco_unity && v1_is_config_client(peer);
}

bool v1_split_names_all(const struct selector *selector)
{
	struct ip_range all = range_all(AF_INET);

	return selector->range.from.family == AF_INET && range_equal(&selector->range, &all) &&
	       selector->protocol == 0 && selector->port_from == 0 &&
	       selector->port_to == UINT16_MAX;
}

static bool is_server(const struct tunnel *tunnel)
{
	return tunnel->conn->cisco_split && end_is_client(peer_remote_end(tunnel->peer)) &&
	       peer_remote_end(tunnel->peer)->pools != NULL;
}

/* What one ID cannot say. */
static bool has_several(const struct tunnel *tunnel)
{
	struct selector_lists lists;

	selectors_lists(&tunnel->selectors, &lists);
	return lists.local_count > 1;
}

bool v1_split_asks_all(const struct tunnel *tunnel, const struct child_sa *old)
{
	if (!is_server(tunnel))
		return false;
	return old != NULL ? old->cisco_wide : has_several(tunnel);
}

bool v1_split_answers_all(const struct child_sa *child, const struct wire_ts_list *tsi,
			  const struct wire_ts_list *tsr)
{
	struct selector theirs, ours;
	struct selector_lists lists;

	if (!is_server(child->tunnel) || tsi->count != 1 || tsr->count != 1 ||
	    selector_from_wire(&tsi->items[0], &theirs) != RC_OK ||
	    selector_from_wire(&tsr->items[0], &ours) != RC_OK)
		return false;
	selectors_lists(&child->selectors, &lists);
	return v1_split_names_all(&ours) && lists.remote_count == 1 &&
	       selector_equal(&lists.remote[0], &theirs);
}

static const struct ike_split *told(const struct ike_sa *sa)
{
	const struct ike_config *config = sa->extra != NULL ? sa->extra->config : NULL;

	return config != NULL && config->split != NULL && !config->split->all ? config->split
									      : NULL;
}

/* Into what the tunnel protects; networks that it does not are none of ours. */
static void of_networks(const struct ike_split *split, const struct selector_lists *from,
			struct selector_lists *to)
{
	struct selector one;

	to->remote_count = 0;
	for (unsigned i = 0; i < from->remote_count; i++)
		for (unsigned j = 0; j < split->count; j++) {
			one = from->remote[i];
			if (range_intersect(&from->remote[i].range, &split->networks[j],
					    &one.range))
				(void)selectors_add(to->remote, &to->remote_count, &one);
		}
}

enum rc v1_split_take(const struct ike_sa *sa, struct child_sa *child, struct diag *diag)
{
	const struct ike_split *split = told(sa);
	struct selector_lists agreed, lists;
	struct selectors taken;

	if (split == NULL || !v1_split_client(child->tunnel->peer))
		return RC_OK;
	selectors_lists(&child->selectors, &agreed);
	if (agreed.remote_count != 1 || !v1_split_names_all(&agreed.remote[0]))
		return RC_OK;
	lists = agreed;
	of_networks(split, &agreed, &lists);
	if (lists.remote_count == 0)
		return RC_OK;
	TRY(selectors_make(&lists, &taken, diag));
	selectors_move(&child->selectors, &taken);
	child->cisco_wide = true;
	return RC_OK;
}
