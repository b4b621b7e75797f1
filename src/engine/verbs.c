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
	backoff_reset(&tunnel->backoff);
	backoff_reset(&tunnel->peer->backoff);
	peer_dirty(tunnel->peer);
}

static void find_template(void *context, struct tunnel *tunnel)
{
	bool *found = context;

	*found = *found || tunnel->peer->template;
}

static bool is_template(struct gateway *gateway, const char *name)
{
	bool found = false;

	(void)peers_match(&gateway->peers, name, find_template, &found);
	return found;
}

enum rc gateway_up(struct gateway *gateway, const char *name, struct diag *diag)
{
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

/* SAs end with a Delete; an attempt that is still on its way just ends. */
static void end_tunnel(struct gateway *gateway, struct tunnel *tunnel)
{
	list_for(node, &tunnel->child_sas)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_tunnel);
		child->delete_wanted = true;
		child->delete_reason = RC_OPERATOR;
	}
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
	(void)gateway;
}

static void down(void *context, struct tunnel *tunnel)
{
	struct verb *verb = context;

	tunnel->wanted = tunnel->conn->start == AUTO_ONDEMAND && tunnel->trap_installed
				 ? WANTED_ON_DEMAND
				 : WANTED_LISTEN;
	end_tunnel(verb->gateway, tunnel);
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
	if (alone && sa->state == IKEV2_ESTABLISHED && sa->errand == NULL &&
	    sa->request.bytes == NULL) {
		road_event(gateway, sa, EVENT_DELETE_IKE, NULL, NULL, NULL);
	} else if (alone || sa->state != IKEV2_ESTABLISHED) {
		child_down(gateway, child, RC_OPERATOR);
	} else if (sa->errand == NULL && sa->request.bytes == NULL) {
		road_event(gateway, sa, EVENT_DELETE_CHILD, NULL, NULL, child);
		child_down(gateway, child, RC_OPERATOR);
	}
}

static void end_now(void *context, struct tunnel *tunnel)
{
	struct gateway *gateway = context;

	trap_remove(gateway, tunnel);
	end_tunnel(gateway, tunnel);
	list_for_safe(node, &tunnel->child_sas)
		end_child_now(gateway, container_of(node, struct child_sa, in_tunnel));
}

enum rc gateway_delete(struct gateway *gateway, const char *name, struct diag *diag)
{
	(void)peers_match(&gateway->peers, name, end_now, gateway);
	TRY(peer_unload(&gateway->peers, name, diag));
	return RC_OK;
}

enum rc gateway_add(struct gateway *gateway, struct config *config, const char *name,
		    struct diag *diag)
{
	const struct config_conn *conn = config_conn_find(config, name);
	struct diag ignored;
	enum rc rc;

	if (conn == NULL)
		return diag_fail(diag, RC_NOT_FOUND, "no conn \"%s\" in the configuration", name);
	(void)(gateway_delete(gateway, name, &ignored) ==
	       RC_OK); /* not loaded: nothing to replace */
	rc = peer_load(&gateway->peers, config, conn, diag);
	if (rc == RC_OK)
		round_orient(gateway, false);
	return rc;
}

/* ---- reload ---- */

static bool still_there(const struct config *config, const struct config_conn *conn)
{
	const struct config_conn *now = config_conn_find(config, conn->name);

	return now != NULL && now->start != AUTO_IGNORE && config_conn_equal(conn, now);
}

struct comparison {
	const struct config *config;
	bool changed;
};

/* What is loaded may be of another configuration than the last whole one (`ipsec add`). */
static void compare(void *context, struct tunnel *tunnel)
{
	struct comparison *comparison = context;

	comparison->changed |= !still_there(comparison->config, tunnel->conn);
}

static bool unload_changed(struct gateway *gateway, const char *name, const struct config *config)
{
	struct comparison comparison = { .config = config };
	struct diag ignored;

	(void)peers_match(&gateway->peers, name, compare, &comparison);
	return comparison.changed && gateway_delete(gateway, name, &ignored) == RC_OK;
}

/* unloaded: for each conn of config, whether it has just been unloaded */
static void unload_all_changed(struct gateway *gateway, const struct config *old,
			       const struct config *config, bool *unloaded)
{
	for (unsigned i = 0; i < old->conn_count; i++)
		if (config_conn_find(config, old->conns[i]->name) == NULL)
			(void)unload_changed(gateway, old->conns[i]->name, config);
	for (unsigned i = 0; i < config->conn_count; i++)
		unloaded[i] = unload_changed(gateway, config->conns[i]->name, config);
}

static void load_one(struct gateway *gateway, struct config *config, const struct config_conn *conn)
{
	struct diag diag;

	if (peer_load(&gateway->peers, config, conn, &diag) != RC_OK)
		log_write(gateway->log, LOG_LEVEL_ERROR,
			  &(struct log_subject){ .peer = conn->name }, "not loaded: %s", diag.text);
	else
		(void)peers_match(&gateway->peers, conn->name, gateway_set_wanted, gateway);
}

/* What the operator has deleted stays away until its conn changes. */
static void load_new(struct gateway *gateway, const struct config *old, struct config *config,
		     const bool *unloaded)
{
	for (unsigned i = 0; i < config->conn_count; i++) {
		const struct config_conn *conn = config->conns[i];
		const struct config_conn *before = config_conn_find(old, conn->name);
		bool equal = before != NULL && config_conn_equal(before, conn);
		if (conn->start != AUTO_IGNORE && (!equal || unloaded[i]))
			load_one(gateway, config, conn);
	}
}

enum rc gateway_reload(struct gateway *gateway, struct config *config, struct diag *diag)
{
	struct config *old = gateway->config;
	bool *unloaded = mem_alloc((config->conn_count + 1) * sizeof(bool));

	if (unloaded == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory for the new configuration");
	config_ref(config);
	gateway->config = config;
	gateway->env.setup = &config->setup;
	redirect_policy_load(gateway);
	unload_all_changed(gateway, old, config, unloaded);
	load_new(gateway, old, config, unloaded);
	peers_rebase(&gateway->peers, config);
	round_orient(gateway, false);
	extra_reload(gateway);
	mem_free(unloaded);
	config_unref(old);
	return RC_OK;
}

void gateway_reload_secrets(struct gateway *gateway, struct secrets *secrets)
{
	secrets_free(gateway->secrets);
	gateway->secrets = secrets;
	gateway->env.secrets = secrets;
}
