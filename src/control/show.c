/* SPDX-License-Identifier: Apache-2.0 */
/* What is, as JSON: the types of docs/io.vanth.ike.varlink, one function each. */
#include <stdio.h>
#include <string.h>
#include "control/private.h"
#include "sa/extra.h"
#include "sa/isakmp.h"
#include "sa/proofs.h"
#include "wire/isakmp_iana.h"

static double seconds(usec_t usec)
{
	return (double)usec / (double)USEC_PER_SEC;
}

static double until(const struct call *call, usec_t when)
{
	usec_t now = host_now(call->gateway->host);

	return when > now ? seconds(when - now) : 0.0;
}

static double since(const struct call *call, usec_t when)
{
	return seconds(host_now(call->gateway->host) - when);
}

bool name_means(const char *name, const struct tunnel *tunnel)
{
	return name == NULL || strcmp(tunnel->name, name) == 0 ||
	       strcmp(tunnel->conn->name, name) == 0;
}

bool name_concerns(const char *name, const struct gateway_event *event)
{
	if (event->tunnel != NULL)
		return name_means(name, event->tunnel);
	if (event->peer == NULL)
		return name == NULL;
	list_for(node,
		 &event->peer->tunnels) if (name_means(name, container_of(node, struct tunnel,
									  in_peer))) return true;
	return false;
}

/* ---- SAs ---- */

static json_t *show_proofs(const struct ike_sa *sa)
{
	const struct ike_proofs *proofs = sa->extra != NULL ? sa->extra->proofs : NULL;
	json_t *list = json_array();
	char id[IDENTITY_TEXT_MAX], method[32];

	for (unsigned i = 0; proofs != NULL && i < proofs->count; i++)
		(void)json_array_append_new(
			list, json_pack("{s:s,s:o,s:s}", "by", proofs->list[i].ours ? "us" : "peer",
					"identity",
					json_safe(identity_text(&proofs->list[i].id, id)), "method",
					names_text(&auth_method_names, proofs->list[i].method,
						   method, sizeof(method))));
	return list;
}

/* Before the peer has chosen one: "". */
#define METHOD_MAX 224
static const char *method_v1(const struct ike_sa *sa, char text[static METHOD_MAX])
{
	char name[64];

	if (sa->v1 == NULL || sa->v1->auth == 0)
		return "";
	(void)snprintf(text, METHOD_MAX, "%s",
		       names_text(&isakmp_auth_names, sa->v1->auth, name, sizeof(name)));
	if (sa->v1->user != NULL && sa->v1->user->name[0] != '\0')
		(void)snprintf(text + strlen(text), METHOD_MAX - strlen(text), ", user %s%s",
			       sa->v1->user->name, sa->v1->user->proven ? "" : " (not proven)");
	return text;
}

static const char *mode_v1(const struct ike_sa *sa)
{
	if (sa->v1 == NULL)
		return "";
	return sa->v1->aggressive ? "Aggressive Mode" : "Main Mode";
}

static const char *why_gone(const struct ike_sa *sa)
{
	return sa->state == IKEV1_GONE ? isakmp_gone_text(sa->v1->gone_by) : "";
}

/* When its state began, as far as that is of interest. */
static usec_t state_since(const struct ike_sa *sa, bool up)
{
	if (sa->state == IKEV1_GONE)
		return sa->v1->gone_at;
	return up ? sa->established : sa->born;
}

json_t *show_ike(const struct call *call, const struct ike_sa *sa)
{
	char local[IP_TEXT_MAX], remote[IP_TEXT_MAX], suite[128] = "", state[32], ours[20],
						      theirs[20], method[METHOD_MAX];
	uint64_t peer_spi = sa->role == INITIATOR ? sa->spi_r : sa->spi_i;
	bool up = sa->state >= IKE_ESTABLISHED && sa->state != IKEV1_GONE;

	if (sa->choice.encr != 0)
		(void)proposal_choice_text(&sa->choice, suite, sizeof(suite));
	(void)snprintf(ours, sizeof(ours), "%016llx", (unsigned long long)ike_sa_our_spi(sa));
	(void)snprintf(theirs, sizeof(theirs), "%016llx", (unsigned long long)peer_spi);
	return json_pack("{s:I,s:i,s:s,s:o,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:f,s:b,s:f,s:b,s:o}",
			 "serial", (json_int_t)sa->serial, "version", sa->v1 != NULL ? 1 : 2,
			 "mode", mode_v1(sa), "authentication", json_safe(method_v1(sa, method)),
			 "gone_because", why_gone(sa), "role",
			 sa->role == INITIATOR ? "initiator" : "responder", "state",
			 names_text(&ike_state_names, sa->state, state, sizeof(state)), "local",
			 endpoint_text(&sa->local, local), "remote",
			 endpoint_text(&sa->remote, remote), "spi_local", ours, "spi_remote",
			 theirs, "suite", suite, "age", since(call, state_since(sa, up)),
			 "established", up, "expires_in", up ? until(call, sa->expires) : 0.0,
			 "encapsulation", sa->encap, "proofs", show_proofs(sa));
}

json_t *show_child(const struct call *call, const struct child_sa *child)
{
	char selectors[SELECTORS_TEXT_MAX], suite[128], state[32], in[16], out[16];

	(void)snprintf(in, sizeof(in), "%08x", child->spi_in);
	(void)snprintf(out, sizeof(out), "%08x", child->spi_out);
	return json_pack("{s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:f,s:f,s:b,s:I,s:I,s:I,s:I}", "serial",
			 (json_int_t)child->serial, "ike", (json_int_t)child->ike->serial, "state",
			 names_text(&child_state_names, child->state, state, sizeof(state)), "mode",
			 child->mode == KERNEL_TRANSPORT ? "transport"
			 : child->iptfs			 ? "iptfs"
							 : "tunnel",
			 "spi_in", in, "spi_out", out, "selectors",
			 selectors_text(&child->selectors, selectors), "suite",
			 proposal_choice_text(&child->choice, suite, sizeof(suite)), "age",
			 since(call, child->born), "expires_in", until(call, child->expires),
			 "encapsulation", child->encap.local_port != 0, "bytes_in",
			 (json_int_t)child->in.bytes, "bytes_out", (json_int_t)child->out.bytes,
			 "packets_in", (json_int_t)child->in.packets, "packets_out",
			 (json_int_t)child->out.packets);
}

/* ---- tunnels ---- */

static bool negotiating(const struct gateway *gateway, const struct tunnel *tunnel)
{
	list_for(node, &tunnel->peer->ike_sas)
	{
		const struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		if (sa->larval != NULL &&
		    (sa->larval->tunnel == tunnel->serial || sa->role == RESPONDER))
			return true;
	}
	return tunnel->wanted == WANTED_UP && tunnel->peer->oriented && !tunnel->peer->template &&
	       ip_is_set(&tunnel->peer->remote) && !gateway->stopping;
}

static const struct backoff *backoff_of(const struct tunnel *tunnel)
{
	const struct backoff *peer = &tunnel->peer->backoff;

	return peer->attempts > 0 && peer->not_before >= tunnel->backoff.not_before
		       ? peer
		       : &tunnel->backoff;
}

/* One word for what is; wanted says what should be. */
static const char *state_of(const struct call *call, const struct tunnel *tunnel)
{
	const struct peer *peer = tunnel->peer;

	if (tunnel_current(tunnel) != NULL)
		return "up";
	if (!list_empty(&tunnel->child_sas))
		return "ending";
	if (!peer->oriented)
		return "unoriented";
	if (tunnel->wanted == WANTED_UP && !peer->template && !ip_is_set(&peer->remote))
		return "resolving";
	if (tunnel->wanted == WANTED_UP && until(call, backoff_of(tunnel)->not_before) > 0.0)
		return "retrying";
	if (gateway_lacks_password(call->gateway, tunnel))
		return "retrying";
	if (negotiating(call->gateway, tunnel))
		return "negotiating";
	if (tunnel->trap_installed)
		return "trapped";
	return tunnel->wanted == WANTED_DOWN ? "down" : "listening";
}

static json_t *show_backoff(const struct call *call, const struct backoff *backoff)
{
	if (backoff->attempts == 0 && backoff->text == NULL)
		return json_null(); /* a text without an attempt: what keeps us from one */
	return json_pack(
		"{s:i,s:f,s:s,s:o}", "attempts", (int)backoff->attempts, "retry_in",
		until(call, backoff->not_before), "reason", rc_name(backoff->reason), "text",
		json_safe(backoff->text != NULL ? backoff->text : rc_name(backoff->reason)));
}

static json_t *show_place(const struct ip_addr *addr)
{
	char text[IP_TEXT_MAX];

	return ip_is_set(addr) ? json_string(ip_text(addr, text)) : json_null();
}

static json_t *show_identity(const struct identity *id)
{
	char text[IDENTITY_TEXT_MAX];

	return id->type == ID_NONE ? json_null() : json_safe(identity_text(id, text));
}

static json_t *why_unoriented(struct peer *peer)
{
	struct diag diag = { "" };

	if (peer_why_unoriented(peer, &diag) == RC_OK)
		return json_null();
	return json_safe(diag.text);
}

static json_t *show_wanted(const struct tunnel *tunnel)
{
	char wanted[32];

	return json_string(names_text(&wanted_names, (int)tunnel->wanted, wanted, sizeof(wanted)));
}

static json_t *ike_list(const struct call *call, const struct peer *peer)
{
	json_t *list = json_array();

	list_for(node, &peer->ike_sas)(void) json_array_append_new(
		list, show_ike(call, container_of(node, struct ike_sa, in_peer)));
	return list;
}

static json_t *child_list(const struct call *call, const struct tunnel *tunnel)
{
	json_t *list = json_array();

	list_for(node, &tunnel->child_sas)(void) json_array_append_new(
		list, show_child(call, container_of(node, struct child_sa, in_tunnel)));
	return list;
}

static json_int_t all_bytes(const struct tunnel *tunnel, bool in)
{
	uint64_t sum = in ? tunnel->bytes_in : tunnel->bytes_out;

	list_for(node, &tunnel->child_sas)
	{
		const struct child_sa *child = container_of(node, struct child_sa, in_tunnel);
		sum += in ? child->in.bytes : child->out.bytes;
	}
	return (json_int_t)sum;
}

json_t *show_tunnel(const struct call *call, struct tunnel *tunnel)
{
	struct peer *peer = tunnel->peer;
	char selectors[SELECTORS_TEXT_MAX];

	return json_pack(
		"{s:o,s:o,s:o,s:o,s:s,s:s,s:o,s:o,s:o,s:o,s:b,s:b,s:o,s:b,s:I,s:I,s:I,s:o,s:o,s:o}",
		"name", json_safe(tunnel->name), "conn", json_safe(tunnel->conn->name), "peer",
		json_safe(peer->conn->name), "wanted", show_wanted(tunnel), "state",
		state_of(call, tunnel), "selectors", selectors_text(&tunnel->selectors, selectors),
		"local", show_place(&peer->local), "remote", show_place(&peer->remote), "local_id",
		show_identity(&peer->local_id), "remote_id", show_identity(&peer->remote_id),
		"template", peer->template, "oriented", peer->oriented, "waits_for",
		why_unoriented(peer), "trap", tunnel->trap_installed, "reqid",
		(json_int_t)tunnel->reqid, "bytes_in", all_bytes(tunnel, true), "bytes_out",
		all_bytes(tunnel, false), "ike_sas", ike_list(call, peer), "child_sas",
		child_list(call, tunnel), "failure", show_backoff(call, backoff_of(tunnel)));
}

json_t *show_brief(const struct call *call, struct tunnel *tunnel)
{
	const struct child_sa *child = tunnel_current(tunnel);

	return json_pack("{s:o,s:o,s:s,s:o,s:f,s:o}", "name", json_safe(tunnel->name), "wanted",
			 show_wanted(tunnel), "state", state_of(call, tunnel), "remote",
			 show_place(&tunnel->peer->remote), "age",
			 child != NULL ? since(call, child->born) : 0.0, "failure",
			 show_backoff(call, backoff_of(tunnel)));
}

/* ---- the rest ---- */

json_t *show_records(const struct call *call, const struct peer *peer)
{
	json_t *list = json_array();
	const struct record *record;
	char text[256];

	for (unsigned i = 0; (record = recorder_at(&peer->recorder, i)) != NULL; i++)
		(void)json_array_append_new(
			list, json_pack("{s:f,s:I,s:o}", "ago", since(call, record->when), "serial",
					(json_int_t)record->serial, "text",
					json_safe(recorder_text(record, gateway_record_name, text,
								sizeof(text)))));
	return list;
}

json_t *show_cookies(const struct gateway *gateway)
{
	const struct config_setup *setup = gateway->env.setup;
	const struct pressure *pressure = &gateway->sas.pressure;
	enum cookies_why why = cookies_state(&gateway->sas, setup);
	bool automatic = why != COOKIES_ALWAYS;
	char text[64];

	if (why == COOKIES_NOT)
		return json_null();
	return json_pack("{s:s,s:f,s:I,s:I,s:I,s:I}", "why",
			 names_text(&cookies_why_names, (int)why, text, sizeof(text)), "age",
			 automatic ? (double)(host_now(gateway->host) - pressure->since) /
					     (double)USEC_PER_SEC
				   : 0.0,
			 "threshold",
			 automatic ? (json_int_t)cookies_threshold(&gateway->sas, setup) : 0,
			 "half_open", (json_int_t)gateway->sas.table.unproven, "asked",
			 (json_int_t)gateway->counters.cookies_sent, "returned",
			 (json_int_t)gateway->counters.cookies_returned);
}

static json_t *milliseconds(const struct gateway *gateway, bool cpu)
{
	struct host *host = gateway->host;
	struct host_turn turn;

	if (host->ops->longest_turn == NULL)
		return json_null();
	turn = host->ops->longest_turn(host);
	return json_real((double)(cpu ? turn.cpu : turn.length) / (double)USEC_PER_MSEC);
}

json_t *show_totals(const struct call *call)
{
	const struct gateway *gateway = call->gateway;

	return json_pack(
		"{s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o}", "peers", (json_int_t)gateway->peers.count,
		"tunnels", (json_int_t)gateway->peers.tunnel_count, "ike_established",
		(json_int_t)gateway->sas.established_count, "half_open",
		(json_int_t)gateway->sas.half_open_count, "children",
		(json_int_t)gateway->sas.child_count, "stuck", (json_int_t)gateway->counters.stuck,
		"longest_turn", milliseconds(gateway, false), "longest_turn_cpu",
		milliseconds(gateway, true), "cookies", show_cookies(gateway));
}

json_t *show_event(const struct gateway_event *event)
{
	char type[32];

	return json_pack("{s:s,s:o,s:o,s:s,s:I,s:o}", "event",
			 names_text(&gateway_event_names, (int)event->type, type, sizeof(type)),
			 "peer", json_safe(event->peer != NULL ? event->peer->conn->name : NULL),
			 "tunnel", json_safe(event->tunnel != NULL ? event->tunnel->name : NULL),
			 "reason", rc_name(event->reason), "serial", (json_int_t)event->serial,
			 "text", json_safe(event->text));
}
