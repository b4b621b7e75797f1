/* SPDX-License-Identifier: Apache-2.0 */
/* A gateway from its making to its end: parts joined together, started, stopped, freed. */
#include "auth/xauth_pam.h"
#include "engine/private.h"

#define TIMERS_A_TURN	  64   /* a liveness probe takes up to 50 us: 10 ms are not to pass */
#define HALF_OPEN_WATCHED 1000 /* a round */
#define NEXT_WATCHED	  (5 * USEC_PER_MSEC)
#define SCRIPTS_GRACE	  (10 * USEC_PER_SEC) /* for those of the tunnels that end with us */

static void wake(void *context)
{
	struct gateway *gateway = context;

	gateway->woken_for = USEC_NEVER;
	for (unsigned i = 0; i < TIMERS_A_TURN; i++)
		if (timer_run(&gateway->timers, host_now(gateway->host), 1) == 0 ||
		    host_turn_over(gateway->host))
			break;
	gateway->host->ops->defer(gateway->host, &gateway->wake_later);
}

static void rewake(struct deferred *deferred)
{
	struct gateway *gateway = container_of(deferred, struct gateway, wake_later);
	usec_t due = timer_next_due(&gateway->timers);

	if (due == gateway->woken_for)
		return;
	gateway->woken_for = due;
	gateway->host->ops->wake_at(gateway->host, due, wake, gateway);
}

void gateway_timer(struct gateway *gateway, struct timer *timer, usec_t due)
{
	if (timer_arm(&gateway->timers, timer, due) != RC_OK)
		log_write(gateway->log, LOG_LEVEL_ERROR, NULL, "out of memory for a timer");
	if (due < gateway->woken_for)
		gateway->host->ops->defer(gateway->host, &gateway->wake_later);
}

void gateway_cancel(struct gateway *gateway, struct timer *timer)
{
	if (timer_armed(timer))
		timer_cancel(&gateway->timers, timer);
}

static void peer_freed(void *context, struct peer *peer)
{
	round_peer_goes(context, peer);
	ticket_forget(peer);
	redirect_free(peer);
	list_for(node, &peer->tunnels) outfit_forget(container_of(node, struct tunnel, in_peer));
	list_for(node, &peer->tunnels)
		trap_forget(context, container_of(node, struct tunnel, in_peer));
	gateway_cancel(context, &peer->wake);
	list_remove(&peer->dirty);
	list_remove(&peer->in_line);
}

static void peer_wake(struct timer *timer)
{
	struct peer *peer = container_of(timer, struct peer, wake);

	peer_dirty(peer);
}

static void names_fire(struct timer *timer)
{
	peers_tick(&container_of(timer, struct gateway, names_timer)->peers);
}

/* DNS names of peers are asked again then. */
static void names_due(void *context, usec_t when)
{
	struct gateway *gateway = context;

	if (when == USEC_NEVER)
		gateway_cancel(gateway, &gateway->names_timer);
	else
		gateway_timer(gateway, &gateway->names_timer, when);
}

/* Its traps stay until reconcile has set the new ones. */
static void moving(void *context, struct peer *peer)
{
	(void)context;
	list_for(node, &peer->tunnels) container_of(node, struct tunnel, in_peer)->trap_installed =
		false;
}

static void mark(void *context, struct peer *peer)
{
	if (peer->wake.fire == NULL)
		peer->wake.fire = peer_wake;
	reconcile_mark(context, peer);
}

/* An SA on its way whose timer could not be armed (out of memory) would stay for ever. */
static void end_if_orphaned(struct gateway *gateway, struct ike_sa *sa)
{
	if (sa->errand == NULL && !timer_armed(&sa->retransmit) && !timer_armed(&sa->life))
		ike_down(gateway, sa, RC_NO_MEMORY, "its timer could not be armed");
}

static void look_after_half_open(struct gateway *gateway)
{
	unsigned left = HALF_OPEN_WATCHED; /* the oldest: an orphan becomes one */

	list_for_safe(node, &gateway->sas.half_open)
	{
		struct ike_sa *sa = container_of(node, struct ike_sa, in_half_open);
		if (left-- == 0)
			break;
		if (ike_sa_is_half_open(sa))
			end_if_orphaned(gateway, sa);
	}
}

/* architecture.md §5: "wanted, no live Child SA, nothing pending" must never be true for two
 * rounds. Healing is to reconcile again; the counter says that something was forgotten. */
static void look_after(struct gateway *gateway, struct peer *peer)
{
	list_for_safe(node, &peer->ike_sas)
		end_if_orphaned(gateway, container_of(node, struct ike_sa, in_peer));
	keys_watch(gateway, peer);
	list_for(node, &peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (tunnel_traps(tunnel) && !tunnel->doomed && !tunnel->trap_installed)
			peer_dirty(peer);
		if (tunnel->wanted != WANTED_UP || tunnel->doomed || !peer->oriented ||
		    !list_empty(&tunnel->child_sas) || !list_empty(&peer->ike_sas) ||
		    peer->busy > 0 || timer_armed(&peer->wake) || list_linked(&peer->dirty) ||
		    list_linked(&peer->in_line) || !ip_is_set(&peer->remote) ||
		    !ip_is_set(&peer->local))
			continue;
		gateway->counters.stuck++;
		log_write(gateway->log, LOG_LEVEL_ERROR,
			  &(struct log_subject){ .peer = peer->conn->name, .tunnel = tunnel->name },
			  "wanted, but nothing is being done for it; starting again");
		peer_dirty(peer);
	}
}

static void watchdog_round(struct gateway *gateway)
{
	usec_t now = host_now(gateway->host);

	look_after_half_open(gateway);
	fragments_expire(gateway);
	line_place_free(gateway);
	retire_free(gateway);
	traps_look(gateway);
	gateway_timer(gateway, &gateway->watchdog, now + WATCHDOG_INTERVAL);
}

static void watchdog_fire(struct timer *timer)
{
	struct gateway *gateway = container_of(timer, struct gateway, watchdog);

	if (gateway->stopping || round_some(gateway, &gateway->watched, look_after))
		watchdog_round(gateway);
	else
		gateway_timer(gateway, timer, host_now(gateway->host) + NEXT_WATCHED);
}

/* reqid= may say any number. */
static bool knows_reqid(void *context, uint32_t reqid)
{
	struct gateway *gateway = context;

	return peers_by_reqid(&gateway->peers, reqid) != NULL || traps_orphan(gateway, reqid);
}

static void load_all(struct gateway *gateway)
{
	struct diag diag;

	for (unsigned i = 0; i < gateway->config->conn_count; i++) {
		const struct config_conn *conn = gateway->config->conns[i];
		struct log_subject subject = { .peer = conn->name };
		diag.text[0] = '\0';
		if (conn->start == AUTO_IGNORE)
			continue;
		if (conn_load(gateway, gateway->config, conn, &diag) != RC_OK)
			log_write(gateway->log, LOG_LEVEL_ERROR, &subject, "not loaded: %s",
				  diag.text);
		else if (diag.text[0] != '\0')
			log_write(gateway->log, LOG_LEVEL_NOTICE, &subject, "%s", diag.text);
	}
}

static void set_env(struct gateway *gateway)
{
	gateway->env = (struct sa_env){
		.host = gateway->host,
		.log = gateway->log,
		.peers = &gateway->peers,
		.sas = &gateway->sas,
		.kernel = gateway->kernel,
		.setup = &gateway->config->setup,
		.secrets = gateway->secrets,
		.redirect = &gateway->redirect,
		.keyring = gateway->keyring,
		.revocation = gateway->revocation,
	};
}

enum rc gateway_new(struct host *host, struct kernel *kernel, struct log *log,
		    struct config *config, struct secrets *secrets, struct gateway **out,
		    struct diag *diag)
{
	const struct config_setup *setup = &config->setup;
	struct gateway *gateway;

	*out = NULL;
	/* before the conns: which end is ours depends on it */
	if (host->ops->udp_limit(host, setup->listen, setup->listen_count) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	gateway = mem_alloc(sizeof(*gateway));
	if (gateway == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	gateway->host = host;
	gateway->kernel = kernel;
	gateway->log = log;
	if (peers_init(&gateway->peers, host, log) != RC_OK) {
		mem_free(gateway);
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	}
	if (sas_init(&gateway->sas, &gateway->peers, host) != RC_OK) {
		peers_free(&gateway->peers);
		mem_free(gateway);
		return diag_fail(diag, RC_IO, "no random numbers");
	}
	gateway->config = config;
	if (keys_open(gateway, secrets, diag) != RC_OK) {
		keys_close(gateway);
		sas_free(&gateway->sas);
		peers_free(&gateway->peers);
		mem_free(gateway);
		return RC_NO_MEMORY;
	}
	config_ref(config);
	gateway->secrets = secrets;
	set_env(gateway);
	timer_queue_init(&gateway->timers);
	list_init(&gateway->dirty);
	for (unsigned i = 0; i < LINE_COUNT; i++)
		list_init(&gateway->line[i]);
	list_init(&gateway->errands);
	list_init(&gateway->retired);
	list_init(&gateway->outfits);
	list_init(&gateway->orphans);
	table_init(&gateway->traps, gateway->sas.policies.seed);
	list_init(&gateway->queries);
	list_init(&gateway->tasks);
	list_init(&gateway->watchers);
	gateway->reconcile_later.run = reconcile_dirty;
	gateway->wake_later.run = rewake;
	gateway->woken_for = USEC_NEVER;
	gateway->watchdog.fire = watchdog_fire;
	gateway->peers.on_dirty = mark;
	gateway->peers.on_free = peer_freed;
	gateway->peers.on_tick = names_due;
	gateway->peers.on_move = moving;
	gateway->names_timer.fire = names_fire;
	gateway->peers.context = gateway;
	kernel->on_event = kernel_event;
	kernel->context = gateway;
	kernel->is_known = knows_reqid;
	redirect_policy_load(gateway);
	load_all(gateway);
	*out = gateway;
	return RC_OK;
}

void gateway_set_wanted(void *context, struct tunnel *tunnel)
{
	(void)context;
	switch (tunnel->conn->start) {
	case AUTO_ONDEMAND:
		tunnel->wanted = WANTED_ON_DEMAND;
		break;
	case AUTO_START:
		tunnel->wanted = conn_shunts(tunnel->conn) ? WANTED_ON_DEMAND : WANTED_UP;
		break;
	case AUTO_KEEP: /* want_after_up() */
	case AUTO_ADD:
	case AUTO_IGNORE:
		return;
	}
	peer_dirty(tunnel->peer);
}

static void changed(void *context)
{
	round_orient(context, true);
}

enum rc gateway_use_pam(struct gateway *gateway, const char *program)
{
	return xauth_pam_new(gateway->host, program, &gateway->env.pam);
}

void gateway_use_network(struct gateway *gateway, struct network *network)
{
	gateway->network = network;
	gateway->env.network = network;
}

static void remove_stale_network(struct gateway *gateway)
{
	struct diag diag = { "" };
	unsigned count = 0;

	if (gateway->network == NULL)
		return;
	if (network_remove_stale(gateway->network, &count, &diag) != RC_OK)
		log_write(gateway->log, LOG_LEVEL_WARNING, NULL,
			  "cannot look for interfaces, addresses and routes of an earlier run: %s",
			  diag.text);
	if (count > 0)
		log_write(gateway->log, LOG_LEVEL_NOTICE, NULL,
			  "removed %u interfaces, addresses, rules and routes that an earlier run "
			  "left",
			  count);
}

enum rc gateway_start(struct gateway *gateway, struct diag *diag)
{
	const struct config_setup *setup = &gateway->config->setup;
	struct host *host = gateway->host;
	unsigned stale = 0;

	if (gateway->kernel->ops->remove_stale(gateway->kernel, &stale, diag) != RC_OK)
		log_write(gateway->log, LOG_LEVEL_WARNING, NULL,
			  "cannot look for what an earlier run left in the kernel: %s",
			  diag != NULL ? diag->text : "");
	else if (stale > 0)
		log_write(gateway->log, LOG_LEVEL_NOTICE, NULL,
			  "removed %u SAs and policies that an earlier run left in the kernel",
			  stale);
	remove_stale_network(gateway);
	outfit_watch(gateway, true);
	TRY(host->ops->udp_listen(host, setup->ikeport, setup->nattport, gateway_receive, gateway,
				  diag));
	gateway->listening = true;
	host->ops->on_change(host, changed, gateway);
	peers_orient(&gateway->peers);
	(void)peers_match(&gateway->peers, NULL, gateway_set_wanted, gateway);
	gateway_timer(gateway, &gateway->watchdog, host_now(host) + WATCHDOG_INTERVAL);
	return RC_OK;
}

/* ---- the end ---- */

static void say_goodbye(struct gateway *gateway, struct peer *peer)
{
	list_for_safe(node, &peer->ike_sas)
	{
		struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		sa->delete_wanted = true;
		sa->delete_reason = RC_SHUTDOWN;
		if (sa->state < IKE_ESTABLISHED)
			road_event(gateway, sa, EVENT_DELETE_IKE, NULL, NULL, NULL);
	}
	peer_dirty(peer);
}

static void drop_rest(struct gateway *gateway)
{
	list_for_safe(node, &gateway->sas.half_open)
	{
		struct ike_sa *sa = container_of(node, struct ike_sa, in_half_open);
		sa->delete_reason = RC_SHUTDOWN;
		if (sa->by_serial.hash != 0)
			road_event(gateway, sa, EVENT_DELETE_IKE, NULL, NULL, NULL);
	}
}

/* SAs whose peers did not answer. */
static void end_rest(struct gateway *gateway)
{
	list_for_safe(node, &gateway->peers.list)
	{
		struct peer *peer = container_of(node, struct peer, in_peers);
		while (!list_empty(&peer->ike_sas))
			ike_down(gateway, container_of(peer->ike_sas.next, struct ike_sa, in_peer),
				 RC_SHUTDOWN, NULL);
	}
}

static void stop_done(struct gateway *gateway)
{
	void (*stopped)(void *context) = gateway->stopped;

	gateway->stopped = NULL;
	gateway_cancel(gateway, &gateway->stop_limit);
	gateway_cancel(gateway, &gateway->watchdog);
	gateway_cancel(gateway, &gateway->flood.tick);
	traps_end(gateway);
	(void)(gateway->kernel->ops->drain(gateway->kernel, 2 * USEC_PER_SEC) == RC_OK);
	updown_forget(gateway); /* it would tell them */
	outfit_forget_all(gateway);
	if (stopped != NULL)
		stopped(gateway->stopped_context);
}

/* No program of ours runs any more. */
static bool programs_done(struct gateway *gateway)
{
	return updown_idle(gateway) &&
	       (gateway->network == NULL || !network_busy(gateway->network));
}

static void stop_fire(struct timer *timer)
{
	struct gateway *gateway = container_of(timer, struct gateway, stop_limit);
	usec_t now = host_now(gateway->host);

	if (list_empty(&gateway->errands) &&
	    (gateway->sas.established_count == 0 || now >= gateway->stop_by)) {
		end_rest(gateway);
		if (programs_done(gateway) || now >= gateway->stop_by + SCRIPTS_GRACE) {
			stop_done(gateway);
			return;
		}
	}
	gateway_timer(gateway, &gateway->stop_limit, now + 20 * USEC_PER_MSEC);
}

void gateway_stop(struct gateway *gateway, usec_t limit, void (*stopped)(void *context),
		  void *context)
{
	if (gateway->stopping)
		return;
	gateway->stopping = true;
	gateway->stopped = stopped;
	gateway->stopped_context = context;
	gateway->stop_by = host_now(gateway->host) + limit;
	list_for_safe(node, &gateway->peers.list)
		say_goodbye(gateway, container_of(node, struct peer, in_peers));
	drop_rest(gateway);
	revocation_stop(gateway->revocation);
	if (gateway->network != NULL)
		network_closing(gateway->network);
	gateway->stop_limit.fire = stop_fire;
	gateway_timer(gateway, &gateway->stop_limit, host_now(gateway->host));
}

static void free_sas(struct gateway *gateway)
{
	list_for_safe(node, &gateway->errands)
	{
		struct errand *errand = container_of(node, struct errand, in_gateway);
		list_remove(&errand->job.queue);
		errand_free(errand);
	}
	list_for_safe(node, &gateway->sas.half_open) ike_down(
		gateway, container_of(node, struct ike_sa, in_half_open), RC_SHUTDOWN, NULL);
	list_for(node, &gateway->peers.list)
	{
		struct peer *peer = container_of(node, struct peer, in_peers);
		while (!list_empty(&peer->ike_sas))
			ike_down(gateway, container_of(peer->ike_sas.next, struct ike_sa, in_peer),
				 RC_SHUTDOWN, NULL);
	}
}

void gateway_free(struct gateway *gateway)
{
	if (gateway == NULL)
		return;
	gateway->stopping = true;
	xauth_pam_stop(gateway->env.pam);
	free_sas(gateway);
	updown_forget(gateway); /* it would tell them */
	outfit_watch(gateway, false);
	outfit_forget_all(gateway);
	tasks_hurry(gateway);
	(void)(gateway->kernel->ops->drain(gateway->kernel, USEC_PER_SEC) == RC_OK);
	tasks_forget(gateway);
	counters_forget(gateway);
	gateway->kernel->on_event = NULL;
	gateway->kernel->is_known = NULL;
	(void)(gateway->host->ops->udp_listen(gateway->host, 0, 0, NULL, NULL, NULL) == RC_OK);
	gateway->host->ops->on_change(gateway->host, NULL, NULL);
	gateway->host->ops->wake_at(gateway->host, USEC_NEVER, wake, gateway);
	list_remove(&gateway->orient_later.queue);
	list_remove(&gateway->reconcile_later.queue);
	peers_free(&gateway->peers);
	traps_forget(gateway);
	list_remove(&gateway->wake_later.queue);
	list_remove(&gateway->reconcile_later.queue);
	sas_free(&gateway->sas);
	keys_close(gateway);
	reload_forget(gateway);
	retire_free_all(gateway);
	secrets_free(gateway->secrets);
	mem_free(gateway->redirect.to);
	xauth_pam_free(gateway->env.pam);
	config_unref(gateway->config);
	timer_queue_free(&gateway->timers);
	mem_free(gateway);
}
