/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's verbs: they change what is wanted; reconcile does the rest. */
#include "base/arena.h"
#include "engine/private.h"

struct verb {
	struct gateway *gateway;
	unsigned touched;
};

static void want_up(void *context, struct tunnel *tunnel)
{
	(void)context;
	if (tunnel->doomed)
		return;
	tunnel->wanted = WANTED_UP;
	tunnel->spared = false;
	backoff_reset(&tunnel->backoff);
	backoff_reset(&tunnel->peer->backoff);
	peer_dirty(tunnel->peer);
}

static void find_template(void *context, struct tunnel *tunnel)
{
	bool *found = context;

	*found = *found || (tunnel->peer->template && !conn_shunts(tunnel->conn));
}

static void find_shunt(void *context, struct tunnel *tunnel)
{
	bool *found = context;

	*found = *found || conn_shunts(tunnel->conn);
}

static bool is_template(struct gateway *gateway, const char *name)
{
	bool found = false;

	(void)peers_match(&gateway->peers, name, find_template, &found);
	return found;
}

enum rc gateway_up(struct gateway *gateway, const char *name, struct diag *diag)
{
	bool shunt = false;

	(void)peers_match(&gateway->peers, name, find_shunt, &shunt);
	if (shunt)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "\"%s\" has no SA that could come up (type=): `ipsec route` "
				 "installs its policies",
				 name);
	if (is_template(gateway, name))
		return diag_fail(
			diag, RC_UNSUPPORTED,
			"\"%s\" waits for peers of any address (right=%%any): only they can "
			"begin",
			name);
	TRY(peers_want(&gateway->peers, name, WANTED_UP, diag));
	(void)peers_match(&gateway->peers, name, want_up, NULL);
	return RC_OK;
}

/* An attempt that is still on its way just ends. */
static void end_attempts(struct tunnel *tunnel)
{
	list_for_safe(node, &tunnel->peer->ike_sas)
	{
		struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		if (sa->creation != NULL && sa->creation->tunnel == tunnel->serial)
			sa->creation->tunnel = 0; /* the answer finds nobody who wants it */
		if (sa->larval == NULL || sa->larval->tunnel != tunnel->serial)
			continue;
		sa->delete_wanted = true;
		sa->delete_reason = RC_OPERATOR;
	}
	tunnel->triggered = false;
	backoff_reset(&tunnel->backoff);
	peer_record(tunnel->peer, 0, RECORD_WANTED, tunnel->wanted, 0, 0);
	peer_dirty(tunnel->peer);
}

/* SAs end with a Delete. */
static void end_tunnel(struct tunnel *tunnel)
{
	list_for(node, &tunnel->child_sas)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_tunnel);
		child->delete_wanted = true;
		child->delete_reason = RC_OPERATOR;
	}
	end_attempts(tunnel);
}

static void down(void *context, struct tunnel *tunnel)
{
	(void)context;
	tunnel->wanted = tunnel->conn->start == AUTO_ONDEMAND && tunnel_traps(tunnel) &&
					 !conn_shunts(tunnel->conn)
				 ? WANTED_ON_DEMAND
				 : WANTED_LISTEN;
	tunnel->spared = false;
	end_tunnel(tunnel);
	tunnel_end_predecessors(tunnel);
	redirect_ended(tunnel->peer);
}

static void unroute(void *context, struct tunnel *tunnel)
{
	(void)context;
	if (tunnel->wanted == WANTED_ON_DEMAND)
		tunnel->wanted = WANTED_LISTEN;
	peer_dirty(tunnel->peer);
}

enum rc gateway_down(struct gateway *gateway, const char *name, struct diag *diag)
{
	struct verb verb = { gateway, 0 };

	if (peers_match(&gateway->peers, name, down, &verb) == 0)
		return peers_want(&gateway->peers, name, WANTED_LISTEN, diag);
	return RC_OK;
}

enum rc gateway_route(struct gateway *gateway, const char *name, struct diag *diag)
{
	if (is_template(gateway, name))
		return diag_fail(
			diag, RC_UNSUPPORTED,
			"\"%s\" has no peer address (right=%%any): there is nothing to trap "
			"for",
			name);
	return peers_want(&gateway->peers, name, WANTED_ON_DEMAND, diag);
}

enum rc gateway_unroute(struct gateway *gateway, const char *name, struct diag *diag)
{
	if (peers_match(&gateway->peers, name, unroute, NULL) == 0)
		return peers_want(&gateway->peers, name, WANTED_LISTEN, diag);
	return RC_OK;
}

static bool only_child(const struct child_sa *child)
{
	return child->in_ike.next == &child->ike->children &&
	       child->in_ike.prev == child->in_ike.next;
}

/* IKEv1's Delete ends it at once, IKEv2's when it is answered. */
static void tell_and_end(struct gateway *gateway, struct ike_sa *sa, struct child_sa *child)
{
	uint64_t ike = sa->serial, serial = child->serial;

	road_event(gateway, sa, EVENT_DELETE_CHILD, NULL, NULL, child);
	sa = ike_sa_by_serial(&gateway->sas, ike);
	child = sa != NULL ? child_sa_by_serial(sa, serial) : NULL;
	if (child != NULL)
		child_down(gateway, child, RC_OPERATOR);
}

/* Its kernel state goes now, before a conn of the same name can come; the peer is told as soon as
 * the window allows. */
static void end_child_now(struct gateway *gateway, struct child_sa *child)
{
	struct ike_sa *sa = child->ike;
	bool alone = only_child(child);

	if (alone) {
		sa->delete_wanted = true;
		sa->delete_reason = RC_OPERATOR;
	}
	if (alone && sa->state == IKE_ESTABLISHED && sa->errand == NULL &&
	    sa->request.bytes == NULL) {
		road_event(gateway, sa, EVENT_DELETE_IKE, NULL, NULL, NULL);
	} else if (alone || sa->state != IKE_ESTABLISHED) {
		child_down(gateway, child, RC_OPERATOR);
	} else if (sa->errand == NULL && sa->request.bytes == NULL) {
		tell_and_end(gateway, sa, child);
	}
}

static void end_sas_now(void *context, struct tunnel *tunnel)
{
	struct gateway *gateway = context;

	end_tunnel(tunnel);
	list_for_safe(node, &tunnel->child_sas)
		end_child_now(gateway, container_of(node, struct child_sa, in_tunnel));
}

static void end_now(void *context, struct tunnel *tunnel)
{
	trap_remove(context, tunnel);
	end_sas_now(context, tunnel);
}

static void end_for_another(void *context, struct tunnel *tunnel)
{
	trap_orphan(context, tunnel);
	end_sas_now(context, tunnel);
}

enum rc verb_unload(struct gateway *gateway, const char *name, struct diag *diag)
{
	(void)peers_match(&gateway->peers, name, end_for_another, gateway);
	return peer_unload(&gateway->peers, name, diag);
}

enum rc gateway_delete(struct gateway *gateway, const char *name, struct diag *diag)
{
	(void)peers_match(&gateway->peers, name, end_now, gateway);
	TRY(peer_unload(&gateway->peers, name, diag));
	return RC_OK;
}

/* What lingers keeps its kernel state. */
static void let_linger(void *context, struct tunnel *tunnel)
{
	trap_orphan(context, tunnel);
	end_attempts(tunnel);
}

bool verb_supersede(struct gateway *gateway, const char *name)
{
	if (!peer_supersede(&gateway->peers, name, host_now(gateway->host) + SUPERSEDE_MOST))
		return false;
	(void)peers_match(&gateway->peers, name, let_linger, gateway);
	return true;
}

enum rc gateway_add(struct gateway *gateway, struct config *config, const char *name,
		    struct diag *diag)
{
	const struct config_conn *conn = config_conn_find(config, name);
	struct diag ignored;
	enum rc rc;

	if (conn == NULL)
		return diag_fail(diag, RC_NOT_FOUND, "no conn \"%s\" in the configuration", name);
	(void)(verb_unload(gateway, name, &ignored) == RC_OK); /* not loaded: nothing to replace */
	rc = conn_load(gateway, config, conn, diag);
	if (rc == RC_OK)
		round_orient(gateway, false);
	return rc;
}

static void renew(void *context, struct tunnel *tunnel)
{
	reload_renew(context, tunnel->peer);
}

enum rc gateway_take(struct gateway *gateway, struct config *config, const char *name,
		     struct diag *diag)
{
	const struct config_conn *conn = config_conn_find(config, name);
	const struct config_conn *loaded = peers_conn(&gateway->peers, name);
	enum config_change change;

	if (loaded != NULL && conn == NULL)
		return RC_OK;
	if (loaded == NULL || !reload_take(gateway, config, conn, &change))
		return gateway_add(gateway, config, name, diag);
	if (change != CONFIG_SAME)
		(void)peers_match(&gateway->peers, name, renew, gateway);
	return RC_OK;
}
