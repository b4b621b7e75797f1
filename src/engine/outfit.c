/* SPDX-License-Identifier: Apache-2.0 */
/* What a tunnel has on the host beside its SAs and policies: addresses, routes, scripts. It comes
 * with the tunnel's first Child SA (an interface with its trap) and goes with the last one:
 * rekeying, reauthentication and MOBIKE, where a successor is up before its predecessor ends, do
 * not take it away. On the way up the network comes first, then the script; on the way down the
 * script is told first. */
#include "base/arena.h"
#include "engine/private.h"

#define RETRY_FIRST (5 * USEC_PER_SEC)
#define RETRY_MOST  (300 * USEC_PER_SEC)

struct outfit {
	struct list in_gateway; /* gateway->outfits; it may outlive its tunnel */
	struct gateway *gateway;
	struct tunnel *tunnel;	      /* NULL: it is on its way out */
	bool up;		      /* a Child SA is there, and the script knows or is about to */
	bool script_due;	      /* it is told of it when the network is as it has to be */
	enum script_state script;     /* what it knows, or is about to */
	char *slot;		      /* of its scripts; NULL: it knows nothing */
	struct ip_addr local, remote; /* that it was told of last */
	struct network_user *user;
	struct timer retry;
	usec_t pause; /* before the next one */
};

static struct log_subject subject_of_tunnel(const struct tunnel *tunnel)
{
	return (struct log_subject){ .peer = tunnel->peer->conn->name, .tunnel = tunnel->name };
}

static void outfit_free(struct outfit *outfit)
{
	if (outfit->tunnel != NULL)
		outfit->tunnel->outfit = NULL;
	gateway_cancel(outfit->gateway, &outfit->retry);
	network_user_free(outfit->user);
	list_remove(&outfit->in_gateway);
	mem_free(outfit->slot);
	mem_free(outfit);
}

/* ---- what the script is told ---- */

static void no_memory(struct gateway *gateway, const struct tunnel *tunnel)
{
	struct log_subject subject = subject_of_tunnel(tunnel);

	log_write(gateway->log, LOG_LEVEL_ERROR, &subject,
		  "out of memory for its addresses, routes and scripts");
}

static bool knows_where(struct outfit *outfit, const struct child_sa *child)
{
	const struct tunnel *tunnel = outfit->tunnel;

	if (outfit->slot == NULL)
		outfit->slot = updown_slot(tunnel, child);
	if (outfit->slot == NULL)
		no_memory(outfit->gateway, tunnel);
	return outfit->slot != NULL;
}

/* Whatever comes is told with the addresses of now, and whatever goes with those that it had. */
static bool tell(struct outfit *outfit, const struct child_sa *child, enum script_state to,
		 bool moving, void (*done)(void *context))
{
	const struct peer *peer = outfit->tunnel->peer;
	struct updown_event event = { .tunnel = outfit->tunnel,
				      .child = child,
				      .local = &outfit->local,
				      .remote = &outfit->remote,
				      .from = outfit->script,
				      .to = to,
				      .moving = moving,
				      .done = done,
				      .context = outfit };

	if (event.from == to)
		return false;
	if (!updown_has_script(outfit->tunnel) || !knows_where(outfit, child)) {
		outfit->script = SCRIPT_NONE;
		return false;
	}
	if (to > event.from) {
		outfit->local = child != NULL ? child->local : peer->local;
		outfit->remote = child != NULL ? child->remote : peer->remote;
	}
	event.slot = outfit->slot;
	outfit->script = to;
	return updown_tell(outfit->gateway, &event);
}

/* ---- the way up ---- */

/* Its network is there, or as much of it as can be had. */
static void tell_up(struct outfit *outfit)
{
	const struct child_sa *child = outfit->script_due ? tunnel_current(outfit->tunnel) : NULL;

	if (child == NULL)
		return;
	outfit->script_due = false;
	(void)tell(outfit, child, SCRIPT_UP, false, NULL);
}

static void retry_fire(struct timer *timer)
{
	network_user_retry(container_of(timer, struct outfit, retry)->user);
}

static void try_again_later(struct outfit *outfit, unsigned failed, const struct diag *diag)
{
	struct gateway *gateway = outfit->gateway;
	struct log_subject subject = subject_of_tunnel(outfit->tunnel);

	outfit->pause = outfit->pause == 0 ? RETRY_FIRST : outfit->pause * 2;
	if (outfit->pause > RETRY_MOST)
		outfit->pause = RETRY_MOST;
	log_write(gateway->log, LOG_LEVEL_WARNING, &subject, "%s%s; trying again in %u s",
		  diag->text, failed > 1 ? " (and more)" : "",
		  (unsigned)(outfit->pause / USEC_PER_SEC));
	outfit->retry.fire = retry_fire;
	gateway_timer(gateway, &outfit->retry, host_now(gateway->host) + outfit->pause);
}

static void settled(void *context, unsigned failed, const struct diag *diag)
{
	struct outfit *outfit = context;

	if (outfit->tunnel == NULL)
		return;
	gateway_cancel(outfit->gateway, &outfit->retry);
	if (failed > 0)
		try_again_later(outfit, failed, diag);
	else
		outfit->pause = 0;
	tell_up(outfit);
}

static struct outfit *outfit_of(struct gateway *gateway, struct tunnel *tunnel)
{
	struct outfit *outfit = tunnel->outfit;

	if (outfit != NULL)
		return outfit;
	outfit = mem_alloc(sizeof(*outfit));
	if (outfit == NULL)
		return NULL;
	outfit->gateway = gateway;
	outfit->tunnel = tunnel;
	tunnel->outfit = outfit;
	list_append(&gateway->outfits, &outfit->in_gateway);
	return outfit;
}

static enum rc want(struct outfit *outfit, const struct network_plan *plan,
		    const struct child_sa *but)
{
	struct network_dns dns;
	bool any = outfit_dns(outfit->gateway, outfit->tunnel, but, &dns);

	TRY(network_user_set(outfit->user, plan));
	return network_user_dns(outfit->user, any ? &dns : NULL);
}

/* True: settled() comes. */
static bool apply(struct outfit *outfit, const struct child_sa *but)
{
	struct gateway *gateway = outfit->gateway;
	struct network_plan plan;

	outfit_plan(gateway, outfit->tunnel, but, &plan);
	if (plan.too_long) {
		struct log_subject subject = subject_of_tunnel(outfit->tunnel);
		log_write(gateway->log, LOG_LEVEL_WARNING, &subject,
			  "too many addresses and routes for one tunnel: some are left out");
	}
	if (plan.count == 0 && outfit->user == NULL)
		return false;
	if (outfit->user == NULL)
		outfit->user = network_user_new(gateway->network, settled, outfit);
	if (outfit->user != NULL && want(outfit, &plan, but) == RC_OK)
		return true;
	no_memory(gateway, outfit->tunnel);
	return false;
}

void outfit_up(struct gateway *gateway, struct child_sa *child)
{
	struct outfit *outfit = outfit_of(gateway, child->tunnel);

	if (outfit == NULL) {
		no_memory(gateway, child->tunnel);
		return;
	}
	outfit->script_due = outfit->script_due || !outfit->up;
	outfit->up = true;
	if (!apply(outfit, NULL))
		tell_up(outfit);
}

/* ---- the way down ---- */

static bool is_last(const struct child_sa *child)
{
	const struct list *all = &child->tunnel->child_sas;

	return all->next == &child->in_tunnel && all->prev == &child->in_tunnel;
}

/* A trap may need its interface further on. */
static bool still_needed(const struct tunnel *tunnel)
{
	return tunnel->trap_installed && conn_has_device(tunnel->conn);
}

/* What is left: nothing, or that its script knows of the trap. */
static void give_back(struct outfit *outfit)
{
	gateway_cancel(outfit->gateway, &outfit->retry);
	network_user_free(outfit->user);
	outfit->user = NULL;
	if (outfit->script == SCRIPT_NONE)
		outfit_free(outfit);
}

static bool is_trapped(const struct tunnel *tunnel)
{
	return tunnel->trap_installed && !conn_shunts(tunnel->conn);
}

/* While a Child SA is up the script knows more than that. */
static void tell_trap(struct gateway *gateway, struct tunnel *tunnel)
{
	bool trapped = is_trapped(tunnel);
	struct outfit *outfit = tunnel->outfit;

	if (outfit != NULL && outfit->up)
		return;
	if (outfit == NULL && trapped && updown_has_script(tunnel))
		outfit = outfit_of(gateway, tunnel);
	if (outfit == NULL)
		return;
	(void)tell(outfit, NULL, trapped ? SCRIPT_ROUTED : SCRIPT_NONE, false, NULL);
	if (!trapped && outfit->user == NULL)
		outfit_free(outfit);
}

void outfit_trap_changed(struct gateway *gateway, struct tunnel *tunnel)
{
	struct outfit *outfit;

	tell_trap(gateway, tunnel);
	outfit = tunnel->outfit;
	if (!conn_has_device(tunnel->conn) || gateway->stopping)
		return;
	if (outfit == NULL && still_needed(tunnel))
		outfit = outfit_of(gateway, tunnel);
	if (outfit == NULL)
		return;
	if (outfit->up || still_needed(tunnel))
		(void)apply(outfit, NULL);
	else
		give_back(outfit);
}

static void script_done(void *context)
{
	outfit_free(context);
}

/* What the script knows of the trap goes to the tunnel's next one. */
static void hand_over(struct outfit *outfit, struct tunnel *tunnel)
{
	struct outfit *next =
		outfit->script != SCRIPT_NONE ? outfit_of(outfit->gateway, tunnel) : NULL;

	if (next == NULL)
		return;
	next->script = outfit->script;
	next->slot = outfit->slot;
	next->local = outfit->local;
	next->remote = outfit->remote;
	outfit->slot = NULL;
}

/* The script is told that the tunnel goes; the network is taken back when it has run, whatever
 * becomes of the tunnel. False: there is nothing to wait for. */
static bool script_holds(struct outfit *outfit, const struct child_sa *child)
{
	struct tunnel *tunnel = outfit->tunnel;
	enum script_state to = is_trapped(tunnel) ? SCRIPT_ROUTED : SCRIPT_NONE;

	if (outfit->script == SCRIPT_NONE || !tell(outfit, child, to, false, script_done))
		return false;
	tunnel->outfit = NULL;
	outfit->tunnel = NULL;
	gateway_cancel(outfit->gateway, &outfit->retry);
	hand_over(outfit, tunnel);
	return true;
}

void outfit_down(struct gateway *gateway, const struct child_sa *child)
{
	struct tunnel *tunnel = child->tunnel;
	struct outfit *outfit = tunnel->outfit;

	if (outfit == NULL)
		return;
	if (!is_last(child)) {
		(void)apply(outfit, child);
		return;
	}
	outfit->up = false;
	outfit->script_due = false;
	if (script_holds(outfit, child)) /* a trap has one of its own meanwhile */
		outfit_trap_changed(gateway, tunnel);
	else if (still_needed(tunnel))
		(void)apply(outfit, child);
	else
		give_back(outfit);
}

/* ---- what changes meanwhile ---- */

/* As pluto: it goes with the old addresses and comes with the new ones. */
static void tell_move(struct outfit *outfit, const struct child_sa *child)
{
	bool told;

	if (ip_equal(&outfit->local, &child->local) && ip_equal(&outfit->remote, &child->remote))
		return;
	told = tell(outfit, child, SCRIPT_NONE, true, NULL);
	(void)tell(outfit, child, SCRIPT_UP, told, NULL);
}

void outfit_moved(struct tunnel *tunnel)
{
	const struct child_sa *child = tunnel_current(tunnel);

	if (tunnel->outfit != NULL && tunnel->outfit->script == SCRIPT_UP && child != NULL)
		tell_move(tunnel->outfit, child);
	if (tunnel->outfit != NULL && tunnel->outfit->user != NULL)
		(void)apply(tunnel->outfit, NULL);
}

void outfit_host_changed(struct peer *peer)
{
	list_for(node, &peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (tunnel->outfit == NULL || tunnel->outfit->user == NULL)
			continue;
		(void)apply(tunnel->outfit, NULL);
		network_user_renew(tunnel->outfit->user);
	}
}

struct outfit *outfit_keep(struct tunnel *tunnel)
{
	struct outfit *outfit = tunnel->outfit;

	if (outfit == NULL || outfit->up)
		return NULL;
	(void)tell(outfit, NULL, SCRIPT_NONE, false, NULL);
	tunnel->outfit = NULL;
	outfit->tunnel = NULL;
	gateway_cancel(outfit->gateway, &outfit->retry);
	return outfit;
}

void outfit_release(struct outfit *outfit)
{
	if (outfit != NULL)
		outfit_free(outfit);
}

static void put_back_fire(struct timer *timer)
{
	network_tick(container_of(timer, struct gateway, put_back)->network);
}

static void put_back_due(void *context, usec_t when)
{
	struct gateway *gateway = context;

	gateway_timer(gateway, &gateway->put_back, when);
}

void outfit_watch(struct gateway *gateway, bool on)
{
	gateway->put_back.fire = put_back_fire;
	if (gateway->network != NULL)
		network_watch(gateway->network, on ? put_back_due : NULL, gateway);
}

void outfit_forget(struct tunnel *tunnel)
{
	if (tunnel->outfit != NULL)
		outfit_free(tunnel->outfit);
}

void outfit_forget_all(struct gateway *gateway)
{
	while (!list_empty(&gateway->outfits))
		outfit_free(container_of(gateway->outfits.next, struct outfit, in_gateway));
	if (gateway->network != NULL)
		network_drain(gateway->network);
}
