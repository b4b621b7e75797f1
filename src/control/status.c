/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that show: status and traffic of tunnels, one reply a tunnel, and the flight recorder of
 * a peer. */
#include <stdio.h>
#include <string.h>
#include "control/private.h"

/* A walk over all tunnels that survives their vanishing: it goes on after the last peer's serial
 * number. */
struct walk {
	uint64_t peer; /* serial of the last one shown */
	char *name;    /* NULL: all */
};

static double seconds(usec_t usec)
{
	return (double)usec / (double)USEC_PER_SEC;
}

static json_t *backoff_json(const struct call *call, const struct backoff *backoff)
{
	usec_t now = host_now(call->gateway->host);

	return json_pack("{s:i,s:f,s:s,s:s}", "attempts", (int)backoff->attempts, "retry_in",
			 backoff->not_before > now ? seconds(backoff->not_before - now) : 0.0,
			 "reason", backoff->attempts > 0 ? rc_name(backoff->reason) : "", "text",
			 backoff->text != NULL ? backoff->text : "");
}

static json_t *ike_json(const struct call *call, const struct ike_sa *sa)
{
	char local[IP_TEXT_MAX], remote[IP_TEXT_MAX], suite[128], state[32];
	usec_t now = host_now(call->gateway->host);

	return json_pack(
		"{s:I,s:s,s:s,s:s,s:s,s:s,s:f,s:b}", "serial", (json_int_t)sa->serial, "role",
		sa->role == INITIATOR ? "initiator" : "responder", "state",
		names_text(&ike_state_names, sa->state, state, sizeof(state)), "local",
		endpoint_text(&sa->local, local), "remote", endpoint_text(&sa->remote, remote),
		"suite",
		sa->choice.encr != 0 ? proposal_choice_text(&sa->choice, suite, sizeof(suite)) : "",
		"age", seconds(now - sa->born), "encapsulation", sa->encap);
}

static json_t *child_json(const struct call *call, const struct child_sa *child)
{
	char selectors[SELECTOR_PAIR_TEXT_MAX], suite[128], state[32], in[16], out[16];
	usec_t now = host_now(call->gateway->host);

	(void)snprintf(in, sizeof(in), "%08x", child->spi_in);
	(void)snprintf(out, sizeof(out), "%08x", child->spi_out);
	return json_pack(
		"{s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:f,s:I,s:I,s:I,s:I}", "serial",
		(json_int_t)child->serial, "ike", (json_int_t)child->ike->serial, "state",
		names_text(&child_state_names, child->state, state, sizeof(state)), "mode",
		child->mode == KERNEL_TRANSPORT ? "transport" : "tunnel", "spi_in", in, "spi_out",
		out, "selectors", selector_pair_text(&child->selectors, selectors), "suite",
		proposal_choice_text(&child->choice, suite, sizeof(suite)), "age",
		seconds(now - child->born), "bytes_in", (json_int_t)child->in.bytes, "bytes_out",
		(json_int_t)child->out.bytes, "packets_in", (json_int_t)child->in.packets,
		"packets_out", (json_int_t)child->out.packets);
}

static json_t *tunnel_json(const struct call *call, const struct tunnel *tunnel)
{
	const struct peer *peer = tunnel->peer;
	char selectors[SELECTOR_PAIR_TEXT_MAX], local[IDENTITY_TEXT_MAX], remote[IDENTITY_TEXT_MAX],
		wanted[32];
	json_t *children = json_array(), *ikes = json_array();

	list_for(node, &tunnel->child_sas)(void) json_array_append_new(
		children, child_json(call, container_of(node, struct child_sa, in_tunnel)));
	list_for(node, &peer->ike_sas)(void) json_array_append_new(
		ikes, ike_json(call, container_of(node, struct ike_sa, in_peer)));
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:b,s:I,s:o,s:o,s:o,s:o}", "tunnel",
			 tunnel->name, "peer", peer->conn->name, "wanted",
			 names_text(&wanted_names, (int)tunnel->wanted, wanted, sizeof(wanted)),
			 "selectors", selector_pair_text(&tunnel->selectors, selectors), "local_id",
			 identity_text(&peer->local_id, local), "remote_id",
			 identity_text(&peer->remote_id, remote), "oriented", peer->oriented,
			 "template", peer->template, "trap", tunnel->trap_installed, "reqid",
			 (json_int_t)tunnel->reqid, "ike_sas", ikes, "child_sas", children,
			 "backoff", backoff_json(call, &tunnel->backoff), "peer_backoff",
			 backoff_json(call, &peer->backoff));
}

static void walk_free(struct call *call)
{
	struct walk *walk = call->own;

	mem_free(walk->name);
	mem_free(walk);
	call->own = NULL;
	call->cancel = NULL;
	call->resume = NULL;
}

/* Peers are listed in the order of their serial numbers. */
static struct peer *next_peer(const struct call *call, uint64_t after)
{
	list_for(node, &call->gateway->peers.list)
	{
		struct peer *peer = container_of(node, struct peer, in_peers);
		if (peer->serial > after)
			return peer;
	}
	return NULL;
}

static bool name_fits(const struct walk *walk, const struct tunnel *tunnel)
{
	return walk->name == NULL || strcmp(tunnel->name, walk->name) == 0 ||
	       strcmp(tunnel->conn->name, walk->name) == 0;
}

static void show_peer(struct call *call, const struct walk *walk, const struct peer *peer)
{
	list_for(node, &peer->tunnels)
	{
		const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (!tunnel->doomed && name_fits(walk, tunnel))
			call_reply(call, tunnel_json(call, tunnel), true);
	}
}

static json_t *totals(const struct call *call)
{
	const struct gateway *gateway = call->gateway;

	return json_pack("{s:{s:I,s:I,s:I,s:I,s:I}}", "totals", "tunnels",
			 (json_int_t)gateway->peers.tunnel_count, "ike_established",
			 (json_int_t)gateway->sas.established_count, "half_open",
			 (json_int_t)gateway->sas.half_open_count, "children",
			 (json_int_t)gateway->sas.child_count, "stuck",
			 (json_int_t)gateway->counters.stuck);
}

static void walk_on(struct call *call)
{
	struct walk *walk = call->own;
	struct peer *peer = next_peer(call, walk->peer);

	while (peer != NULL && call_has_room(call)) {
		walk->peer = peer->serial;
		show_peer(call, walk, peer);
		peer = peer->in_peers.next == &call->gateway->peers.list
			       ? NULL
			       : container_of(peer->in_peers.next, struct peer, in_peers);
	}
	if (peer != NULL)
		return; /* resumed when the client has read */
	walk_free(call);
	call_reply(call, totals(call), false);
}

static void not_found(void *context, struct tunnel *tunnel)
{
	(void)context;
	(void)tunnel;
}

void method_status(struct call *call)
{
	const char *name;
	struct walk *walk;

	if (!call_text(call, "name", false, &name))
		return;
	if (name != NULL && peers_match(&call->gateway->peers, name, not_found, NULL) == 0) {
		call_fail(call, RC_NOT_FOUND, "no such conn or tunnel is loaded");
		return;
	}
	walk = mem_alloc(sizeof(*walk));
	if (walk == NULL) {
		call_fail(call, RC_NO_MEMORY, "out of memory");
		return;
	}
	walk->name = mem_text(name);
	call->own = walk;
	call->cancel = walk_free;
	call->resume = walk_on;
	walk_on(call);
}

/* ---- traffic: counters first ---- */

struct traffic {
	struct call *call; /* NULL: the client is gone */
	unsigned left;
};

static void traffic_gone(struct call *call)
{
	struct traffic *traffic = call->own;

	traffic->call = NULL;
	call->own = NULL;
}

static void traffic_ready(void *context)
{
	struct traffic *traffic = context;
	struct call *call = traffic->call;

	if (--traffic->left > 0)
		return;
	mem_free(traffic);
	if (call == NULL)
		return;
	call->own = NULL;
	call->cancel = NULL;
	method_status(call);
}

static void refresh(void *context, struct tunnel *tunnel)
{
	struct traffic *traffic = context;

	if (list_empty(&tunnel->child_sas))
		return;
	traffic->left++;
	gateway_refresh_counters(traffic->call->gateway, tunnel, traffic_ready, traffic);
}

void method_traffic(struct call *call)
{
	struct traffic *traffic = mem_alloc(sizeof(*traffic));
	const char *name;

	if (traffic == NULL) {
		call_fail(call, RC_NO_MEMORY, "out of memory");
		return;
	}
	if (!call_text(call, "name", false, &name)) {
		mem_free(traffic);
		return;
	}
	*traffic = (struct traffic){ call, 1 };
	call->own = traffic;
	call->cancel = traffic_gone;
	(void)peers_match(&call->gateway->peers, name, refresh, traffic);
	traffic_ready(traffic);
}

/* ---- explain ---- */

static json_t *records_json(const struct call *call, const struct peer *peer)
{
	json_t *list = json_array();
	usec_t now = host_now(call->gateway->host);
	const struct record *record;
	char text[200];

	for (unsigned i = 0; (record = recorder_at(&peer->recorder, i)) != NULL; i++)
		(void)json_array_append_new(
			list,
			json_pack("{s:f,s:I,s:s}", "ago", seconds(now - record->when), "serial",
				  (json_int_t)record->serial, "text",
				  recorder_text(record, gateway_record_name, text, sizeof(text))));
	return list;
}

static void take_peer(void *context, struct tunnel *tunnel)
{
	struct peer **peer = context;

	if (*peer == NULL)
		*peer = tunnel->peer;
}

void method_explain(struct call *call)
{
	struct peer *peer = NULL;
	const char *name;

	if (!call_text(call, "name", true, &name))
		return;
	(void)peers_match(&call->gateway->peers, name, take_peer, &peer);
	if (peer == NULL)
		call_fail(call, RC_NOT_FOUND, "no such conn or tunnel is loaded");
	else
		call_reply(call,
			   json_pack("{s:s,s:o}", "peer", peer->conn->name, "records",
				     records_json(call, peer)),
			   false);
}
