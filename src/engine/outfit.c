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
	struct tunnel *tunnel; /* NULL: it is on its way out */
	bool up;	       /* a Child SA is there, and the script knows or is about to */
	bool script_told;      /* of the way up: it is to be told of the way down */
	bool script_due;       /* when the network is as it has to be */
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
	mem_free(outfit);
}

/* ---- the way up ---- */

/* Its network is there, or as much of it as can be had. */
static void tell_up(struct outfit *outfit)
{
	const struct child_sa *child = outfit->script_due ? tunnel_current(outfit->tunnel) : NULL;

	if (child == NULL)
		return;
	outfit->script_due = false;
	outfit->script_told = true;
	updown_up(outfit->gateway, child);
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

static void no_memory(struct gateway *gateway, const struct tunnel *tunnel)
{
	struct log_subject subject = subject_of_tunnel(tunnel);

	log_write(gateway->log, LOG_LEVEL_ERROR, &subject,
		  "out of memory for its addresses, routes and scripts");
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
	return tunnel->trap_installed && tunnel->conn->interface;
}

void outfit_trap_changed(struct gateway *gateway, struct tunnel *tunnel)
{
	struct outfit *outfit = tunnel->outfit;

	if (!tunnel->conn->interface || gateway->stopping)
		return;
	if (outfit == NULL && still_needed(tunnel))
		outfit = outfit_of(gateway, tunnel);
	if (outfit == NULL)
		return;
	if (outfit->up || still_needed(tunnel))
		(void)apply(outfit, NULL);
	else
		outfit_free(outfit);
}

static void script_done(void *context)
{
	outfit_free(context);
}

/* The script is told that the tunnel goes; the network is taken back when it has run, whatever
 * becomes of the tunnel. False: there is nothing to wait for. */
static bool script_holds(struct outfit *outfit, const struct child_sa *child)
{
	bool told = outfit->script_told;

	outfit->script_told = false;
	if (!told || !updown_down(outfit->gateway, child, script_done, outfit))
		return false;
	outfit->tunnel->outfit = NULL;
	outfit->tunnel = NULL;
	gateway_cancel(outfit->gateway, &outfit->retry);
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
		outfit_free(outfit);
}

/* ---- what changes meanwhile ---- */

void outfit_moved(struct tunnel *tunnel)
{
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
