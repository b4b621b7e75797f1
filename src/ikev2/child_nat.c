/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §2.23.1: transport mode with a NAT between. The peer names its address behind the NAT; to
 * this end it is the address that its packets come from. Its answer may have the addresses that it
 * sees, or (as ours has) those that it was asked for. */
#include "ikev2/private.h"

static bool has_transport(const struct peer *peer)
{
	list_for(node, &peer->tunnels)
	{
		if (container_of(node, struct tunnel, in_peer)->conn->type == TYPE_TRANSPORT)
			return true;
	}
	return false;
}

static bool is_single(const struct wire_ts *ts, const struct ip_addr *addr)
{
	return ip_equal(&ts->range.from, addr) && ip_equal(&ts->range.to, addr);
}

/* In transport mode all selectors of a side are one address. AF_UNSPEC: they are not, or it is the
 * right one already. */
static struct ip_addr substitute(struct wire_ts_list *list, const struct ip_addr *by)
{
	struct ip_addr real = list->count > 0 ? list->items[0].range.from
					      : (struct ip_addr){ .family = AF_UNSPEC };

	if (real.family != by->family || ip_equal(&real, by))
		return (struct ip_addr){ .family = AF_UNSPEC };
	for (unsigned i = 0; i < list->count; i++)
		if (!is_single(&list->items[i], &real))
			return (struct ip_addr){ .family = AF_UNSPEC };
	for (unsigned i = 0; i < list->count; i++)
		list->items[i].range = range_single(by);
	return real;
}

void child_see_through_nat(const struct step *step, const struct peer *peer,
			   struct child_exchange *in)
{
	const struct ike_sa *sa = step->sa;

	if (!in->present || !in->transport || !has_transport(peer))
		return;
	if (sa->nat_there)
		in->real_i = substitute(&in->tsi, &step->remote.addr);
	if (sa->nat_here)
		in->real_r = substitute(&in->tsr, &step->local.addr);
}

void child_see_answer_through_nat(const struct step *step, const struct tunnel *tunnel,
				  struct child_exchange *in)
{
	const struct ike_sa *sa = step->sa;

	if (!in->present || !in->transport || tunnel->conn->type != TYPE_TRANSPORT)
		return;
	if (sa->nat_here)
		(void)substitute(&in->tsi, &sa->local.addr);
	if (sa->nat_there)
		(void)substitute(&in->tsr, &sa->remote.addr);
}
