/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: reload
 *
 * Another configuration takes the place of the one in force, some conns a turn, so that 10,000 of
 * them hold up nobody. Four walks, in this order because conns share peers: what is gone is
 * unloaded; what only new SAs can have is superseded: its SAs stay until the new ones are up, for
 * SUPERSEDE_MOST (where there are none, or a client has to make them, it is unloaded); what stays
 * refers to its new version, and has what can change without its SAs; what is new or was unloaded
 * is loaded. A fifth looks at the timers of the peers whose settings are others now. Between turns
 * everything goes on, with some conns of the old and some of the new configuration; the operator's
 * verbs too.
 */
#include <stdio.h>
#include "base/arena.h"
#include "engine/private.h"

#define CONNS_A_TURN   512
#define GONE_A_STEP    16 /* each with a Delete to its peer */
#define NO_MEMORY_MOST 10 /* times a conn is tried again, a second apart */

enum walk { WALK_GONE, WALK_UNLOAD, WALK_TAKE, WALK_LOAD, WALK_RENEW, WALK_END };

struct reloading {
	struct gateway *gateway;
	struct config *old, *config; /* references */
	enum walk walk;
	unsigned at;	 /* the next conn of config */
	uint64_t cursor; /* of the walks over what is loaded */
	bool all_peers;	 /* config setup has other timers */
	struct before {
		bool unloaded;
		uint8_t wanted; /* enum wanted, the most of its tunnels: it was unloaded with that
				 */
	} * before;		/* of each conn of config */
	unsigned tries;
	struct deferred turn;
	struct timer again;
	struct gateway_reload_report report;
	struct gateway_reload_watch watch;
};

static bool is_loaded(const struct config_conn *conn)
{
	return conn != NULL && conn->start != AUTO_IGNORE;
}

/* False: it had not been loaded. */
static bool unload(struct gateway *gateway, const struct config_conn *conn, bool another_comes)
{
	char name[128]; /* config allows 64; conn may go */
	struct diag ignored;

	(void)snprintf(name, sizeof(name), "%s", conn->name);
	return (another_comes ? verb_unload(gateway, name, &ignored)
			      : gateway_delete(gateway, name, &ignored)) == RC_OK;
}

/* ---- the walks, a conn at a time; false: not now ---- */

static void unload_gone(void *context, const struct config_conn *conn)
{
	struct reloading *reloading = context;

	if (!is_loaded(config_conn_find(reloading->config, conn->name)) &&
	    unload(reloading->gateway, conn, false))
		reloading->report.removed++;
}

/* auto= did not say so: somebody did. */
static bool is_left_to_others(const struct tunnel *tunnel)
{
	return tunnel->conn->start == AUTO_ADD || tunnel->conn->start == AUTO_KEEP;
}

static void note_wanted(void *context, struct tunnel *tunnel)
{
	struct before *before = context;

	if (tunnel->peer->parent == NULL && !tunnel->doomed && is_left_to_others(tunnel) &&
	    tunnel->wanted > before->wanted)
		before->wanted = (uint8_t)tunnel->wanted;
}

/* What is loaded may be of another configuration than the last whole one (`ipsec add`). */
static void unload_other(struct reloading *reloading, const struct config_conn *conn)
{
	struct gateway *gateway = reloading->gateway;
	const struct config_conn *loaded = peers_conn(&gateway->peers, conn->name);
	struct log_subject subject = { .peer = conn->name };
	const char *keyword = NULL;

	if (loaded == NULL || config_conn_change(loaded, conn, &keyword) != CONFIG_NEW_SA)
		return;
	log_write(gateway->log, LOG_LEVEL_NOTICE, &subject,
		  "%s= has changed: its SAs are made anew", keyword);
	(void)peers_match(&gateway->peers, conn->name, note_wanted,
			  &reloading->before[reloading->at]);
	reloading->before[reloading->at].unloaded =
		(!conn_shunts(conn) && verb_supersede(gateway, conn->name)) ||
		unload(gateway, conn, true);
}

static void tell_change(struct gateway *gateway, const struct config_conn *conn,
			enum config_change change, const char *keyword)
{
	struct log_subject subject = { .peer = conn->name };

	log_write(gateway->log, LOG_LEVEL_NOTICE, &subject, "%s= has changed%s", keyword,
		  change == CONFIG_NEXT_REKEY
			  ? "; SAs that are up stay, and have it from their next rekey or "
			    "authentication on (ipsec rekey does that now)"
			  : "");
}

static void set_wanted(void *context, struct tunnel *tunnel)
{
	if (tunnel->peer->parent != NULL || tunnel->doomed)
		return;
	if (tunnel->conn->start == AUTO_ADD || tunnel->conn->start == AUTO_KEEP)
		tunnel->wanted = WANTED_LISTEN;
	gateway_set_wanted(context, tunnel);
	peer_dirty(tunnel->peer);
}

bool reload_take(struct gateway *gateway, struct config *config, const struct config_conn *conn,
		 enum config_change *change)
{
	const struct config_conn *loaded = peers_conn(&gateway->peers, conn->name);
	const char *keyword = NULL;
	bool other_start;

	*change = CONFIG_SAME;
	if (loaded == NULL)
		return true;
	*change = config_conn_change(loaded, conn, &keyword);
	other_start = loaded->start != conn->start;
	if (*change == CONFIG_NEW_SA ||
	    !peers_rebase(&gateway->peers, config, conn, *change != CONFIG_SAME))
		return false;
	if (*change != CONFIG_SAME)
		tell_change(gateway, conn, *change, keyword);
	if (other_start)
		(void)peers_match(&gateway->peers, conn->name, set_wanted, gateway);
	return true;
}

static void take(struct reloading *reloading, const struct config_conn *conn)
{
	struct gateway *gateway = reloading->gateway;
	enum config_change change;

	if (peers_conn(&gateway->peers, conn->name) == NULL)
		return;
	if (!reload_take(gateway, reloading->config, conn, &change))
		reloading->before[reloading->at].unloaded = unload(gateway, conn, true);
	else if (change == CONFIG_SAME)
		reloading->report.unchanged++;
	else
		reloading->report.updated++;
}

/* What the operator has deleted stays away until its conn changes. */
static bool is_to_load(const struct reloading *reloading, const struct config_conn *conn)
{
	const struct config_conn *before = config_conn_find(reloading->old, conn->name);

	if (conn->start == AUTO_IGNORE ||
	    peers_conn(&reloading->gateway->peers, conn->name) != NULL)
		return false;
	return reloading->before[reloading->at].unloaded || before == NULL ||
	       config_conn_change(before, conn, NULL) != CONFIG_SAME;
}

static void again(struct timer *timer)
{
	struct reloading *reloading = container_of(timer, struct reloading, again);
	struct host *host = reloading->gateway->host;

	host->ops->defer(host, &reloading->turn);
}

/* The conn that the others are to be loaded after. */
static bool try_again(struct reloading *reloading)
{
	struct gateway *gateway = reloading->gateway;

	if (gateway->stopping || ++reloading->tries > NO_MEMORY_MOST)
		return false;
	gateway_timer(gateway, &reloading->again, host_now(gateway->host) + NO_MEMORY_DELAY);
	return timer_armed(&reloading->again);
}

/* What the operator or the peer has brought up comes up again; `ipsec route` holds. */
static void want_as_before(void *context, struct tunnel *tunnel)
{
	const struct before *before = context;
	enum wanted wanted = (enum wanted)before->wanted;

	if (tunnel_wanted_before(tunnel) == WANTED_UP)
		wanted = WANTED_UP;
	if (wanted > tunnel->wanted && is_left_to_others(tunnel))
		tunnel->wanted = wanted;
}

static bool load(struct reloading *reloading, const struct config_conn *conn)
{
	struct gateway *gateway = reloading->gateway;
	struct log_subject subject = { .peer = conn->name };
	struct diag diag = { "" };
	enum rc rc;

	if (!is_to_load(reloading, conn))
		return true;
	rc = conn_load(gateway, reloading->config, conn, &diag);
	if (rc == RC_NO_MEMORY && try_again(reloading))
		return false;
	reloading->tries = 0;
	if (rc != RC_OK) {
		log_write(gateway->log, LOG_LEVEL_ERROR, &subject, "not loaded: %s", diag.text);
		reloading->report.failed++;
		return true;
	}
	if (diag.text[0] != '\0')
		log_write(gateway->log, LOG_LEVEL_NOTICE, &subject, "%s", diag.text);
	(void)peers_match(&gateway->peers, conn->name, gateway_set_wanted, gateway);
	(void)peers_match(&gateway->peers, conn->name, want_as_before,
			  &reloading->before[reloading->at]);
	if (reloading->before[reloading->at].unloaded)
		reloading->report.changed++;
	else
		reloading->report.added++;
	return true;
}

void reload_renew(struct gateway *gateway, struct peer *peer)
{
	peer->renewed = false;
	list_for(node, &peer->ike_sas)
	{
		struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		if (sa->state == IKE_ESTABLISHED)
			life_arm(gateway, sa);
	}
	peer_dirty(peer);
}

static void renew(struct gateway *gateway, struct peer *peer)
{
	if (peer->renewed || (gateway->reloading != NULL && gateway->reloading->all_peers))
		reload_renew(gateway, peer);
}

/* ---- turns ---- */

static void next_walk(struct reloading *reloading)
{
	reloading->walk++;
	reloading->at = 0;
	reloading->cursor = 0;
}

/* False: it goes on later by itself. */
static bool step(struct reloading *reloading)
{
	struct gateway *gateway = reloading->gateway;
	const struct config *config = reloading->config;
	const struct config_conn *conn =
		reloading->at < config->conn_count ? config->conns[reloading->at] : NULL;

	switch (reloading->walk) {
	case WALK_GONE:
		if (!peers_walk_conns(&gateway->peers, &reloading->cursor, GONE_A_STEP, unload_gone,
				      reloading))
			next_walk(reloading);
		return true;
	case WALK_RENEW:
		if (round_some(gateway, &reloading->cursor, renew))
			next_walk(reloading);
		return true;
	case WALK_UNLOAD:
		if (conn != NULL)
			unload_other(reloading, conn);
		break;
	case WALK_TAKE:
		if (conn != NULL)
			take(reloading, conn);
		break;
	case WALK_LOAD:
		if (conn != NULL && !load(reloading, conn))
			return false;
		break;
	case WALK_END:
		return true;
	}
	if (conn == NULL)
		next_walk(reloading);
	else
		reloading->at++;
	return true;
}

static void forget(struct reloading *reloading)
{
	struct gateway *gateway = reloading->gateway;

	gateway->reloading = NULL;
	deferred_cancel(&reloading->turn);
	gateway_cancel(gateway, &reloading->again);
	retire_config(gateway, reloading->old);
	config_unref(reloading->config);
	mem_free(reloading->before);
	mem_free(reloading);
}

static void finish(struct reloading *reloading)
{
	struct gateway *gateway = reloading->gateway;
	struct gateway_reload_watch watch = reloading->watch;
	struct gateway_reload_report report = reloading->report;

	forget(reloading);
	round_orient(gateway, false);
	retire_free(gateway);
	if (watch.done != NULL)
		watch.done(watch.context, &report);
}

static void tell_progress(const struct reloading *reloading)
{
	const struct gateway_reload_watch *watch = &reloading->watch;
	unsigned total = reloading->config->conn_count, walks = 0;

	if (reloading->walk > WALK_UNLOAD)
		walks = (unsigned)reloading->walk - WALK_UNLOAD;
	if (walks > WALK_RENEW - WALK_UNLOAD)
		walks = WALK_RENEW - WALK_UNLOAD;
	if (watch->progress != NULL)
		watch->progress(watch->context,
				(walks * total + reloading->at) / (WALK_RENEW - WALK_UNLOAD),
				total);
}

static void turn(struct deferred *deferred)
{
	struct reloading *reloading = container_of(deferred, struct reloading, turn);
	struct host *host = reloading->gateway->host;
	unsigned left = CONNS_A_TURN;

	while (reloading->walk != WALK_END && !reloading->gateway->stopping && left-- > 0) {
		if (!step(reloading)) /* its timer goes on */
			return;
		if (host_turn_over(host))
			break;
	}
	if (reloading->walk == WALK_END || reloading->gateway->stopping) {
		finish(reloading);
		return;
	}
	tell_progress(reloading);
	host->ops->defer(host, deferred);
}

/* ---- begin ---- */

/* One at a time: the one that is under way is brought to its end, in this turn. */
static void hurry(struct gateway *gateway)
{
	while (gateway->reloading != NULL && gateway->reloading->walk != WALK_END) {
		gateway->reloading->tries = NO_MEMORY_MOST;
		(void)step(gateway->reloading);
	}
	if (gateway->reloading != NULL)
		finish(gateway->reloading);
}

static bool other_timers(const struct config_setup *a, const struct config_setup *b)
{
	return a->keepalive != b->keepalive || a->crash_detection != b->crash_detection;
}

static struct reloading *reloading_new(struct gateway *gateway, struct config *config)
{
	struct reloading *reloading = mem_alloc(sizeof(*reloading));

	if (reloading == NULL)
		return NULL;
	reloading->before = mem_alloc((config->conn_count + 1) * sizeof(*reloading->before));
	if (reloading->before == NULL) {
		mem_free(reloading);
		return NULL;
	}
	reloading->gateway = gateway;
	reloading->old = gateway->config;
	reloading->config = config;
	reloading->all_peers = other_timers(&gateway->config->setup, &config->setup);
	reloading->turn.run = turn;
	reloading->again.fire = again;
	config_ref(config); /* the gateway's */
	config_ref(config);
	return reloading;
}

enum rc gateway_reload_watched(struct gateway *gateway, struct config *config,
			       const struct gateway_reload_watch *watch, struct diag *diag)
{
	struct reloading *reloading;

	hurry(gateway);
	reloading = reloading_new(gateway, config);
	if (reloading == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory for the new configuration");
	if (watch != NULL)
		reloading->watch = *watch;
	gateway->reloading = reloading;
	gateway->config = config;
	gateway->env.setup = &config->setup;
	redirect_policy_load(gateway);
	keys_configure(gateway);
	if (watch != NULL)
		gateway->host->ops->defer(gateway->host, &reloading->turn);
	else
		turn(&reloading->turn);
	return RC_OK;
}

enum rc gateway_reload(struct gateway *gateway, struct config *config, struct diag *diag)
{
	return gateway_reload_watched(gateway, config, NULL, diag);
}

void reload_forget(struct gateway *gateway)
{
	if (gateway->reloading != NULL)
		forget(gateway->reloading);
}

void gateway_reload_secrets(struct gateway *gateway, struct secrets *secrets)
{
	retire_secrets(gateway, gateway->secrets);
	gateway->secrets = secrets;
	gateway->env.secrets = secrets;
}
