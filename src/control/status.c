/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that show tunnels and SAs, one reply each, with the totals at the end. */
#include "control/private.h"

static void show_status(struct call *call, struct tunnel *tunnel, bool first)
{
	(void)first;
	call_reply(call, json_pack("{s:o}", "tunnel", show_tunnel(call, tunnel)), true);
}

/* Asking the kernel costs about 50 µs a Child SA: `status` of a large gateway shows what was seen
 * last, `trafficstatus` always asks. */
#define REFRESH_MAX 1000

void method_status(struct call *call)
{
	walk_begin(call, show_status, call->gateway->sas.child_count <= REFRESH_MAX);
}

void method_traffic(struct call *call)
{
	walk_begin(call, show_status, true);
}

static void show_short(struct call *call, struct tunnel *tunnel, bool first)
{
	(void)first;
	call_reply(call, json_pack("{s:o}", "tunnel", show_brief(call, tunnel)), true);
}

void method_brief(struct call *call)
{
	walk_begin(call, show_short, false);
}

static void show_states(struct call *call, struct tunnel *tunnel, bool first)
{
	const struct peer *peer = tunnel->peer;

	if (first)
		list_for(node, &peer->ike_sas) call_reply(
			call,
			json_pack("{s:o,s:o}", "peer", json_safe(peer->conn->name), "ike",
				  show_ike(call, container_of(node, struct ike_sa, in_peer))),
			true);
	list_for(node, &tunnel->child_sas) call_reply(
		call,
		json_pack("{s:o,s:o}", "tunnel", json_safe(tunnel->name), "child",
			  show_child(call, container_of(node, struct child_sa, in_tunnel))),
		true);
}

void method_states(struct call *call)
{
	walk_begin(call, show_states, false);
}
