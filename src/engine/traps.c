/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: traps
 *
 * Policies that stand without a Child SA: of tunnels on demand, whose packets ask for one, and of
 * conns that let pass or drop. What a tunnel has of them in the kernel is a struct trap, as it was
 * asked for, whatever becomes of the tunnel's selectors and addresses meanwhile. To the kernel a
 * policy is its selectors, mark and interface: all are in one table by that, so that whoever takes
 * one out finds who else wants it. A Child SA's policy comes before a trap in the same place, and
 * the newer trap before the older one.
 */
#include <string.h>
#include "base/arena.h"
#include "engine/private.h"

#define TRAP_PAUSE  (5 * USEC_PER_SEC)
#define ORPHAN_MOST (30 * USEC_PER_SEC) /* the new conn may have to find its peer's address */

struct trap_place {
	struct table_node node; /* in gateway->traps */
	struct trap *trap;
	struct kernel_policy policy; /* outbound */
};

struct trap {
	struct tunnel *tunnel;	/* NULL: an orphan */
	struct list in_gateway; /* gateway->orphans */
	char *conn;		/* orphan: that is loaded anew */
	usec_t until;
	struct outfit *outfit; /* orphan: its interface, and the way there */
	bool triggered;	       /* orphan: traffic asked for it */
	bool shunts;	       /* inbound too, by that mark */
	uint32_t reqid, mark_in, mark_in_mask;
	uint64_t serial;
	unsigned count;
	struct trap_place places[];
};

bool tunnel_traps(const struct tunnel *tunnel)
{
	return tunnel->wanted == WANTED_ON_DEMAND ||
	       (tunnel->wanted == WANTED_UP &&
		(tunnel->conn->start == AUTO_ONDEMAND || tunnel->conn->dpdaction == DPD_HOLD));
}

/* ---- which one stands where ---- */

static uint64_t hash_of(const struct gateway *gateway, const struct kernel_policy *policy)
{
	bool out = policy->direction == KERNEL_OUT;
	struct selector_pair pair = { .local = out ? policy->src : policy->dst,
				      .remote = out ? policy->dst : policy->src };

	return child_policy_hash(&gateway->sas, &pair);
}

/* A place's policy in that direction; false: it has none. */
static bool in_direction(const struct trap_place *place, uint8_t direction,
			 struct kernel_policy *out)
{
	const struct trap *trap = place->trap;

	*out = place->policy;
	if (direction == KERNEL_OUT)
		return true;
	out->direction = direction;
	out->src = place->policy.dst;
	out->dst = place->policy.src;
	out->mark = trap->mark_in;
	out->mark_mask = trap->mark_in_mask;
	return trap->shunts;
}

static bool same_place(const struct kernel_policy *a, const struct kernel_policy *b)
{
	return selector_equal(&a->src, &b->src) && selector_equal(&a->dst, &b->dst) &&
	       a->mark == b->mark && a->mark_mask == b->mark_mask && a->if_id == b->if_id;
}

bool trap_at(struct gateway *gateway, const struct kernel_policy *place, struct kernel_policy *out)
{
	uint8_t direction = place->direction;
	const struct kernel_policy asked = *place; /* out may be the same */
	uint64_t newest = 0;

	for (struct table_node *n = table_first(&gateway->traps, hash_of(gateway, &asked));
	     n != NULL; n = table_next(n)) {
		const struct trap_place *its = container_of(n, struct trap_place, node);
		struct kernel_policy policy;
		if (its->trap->serial <= newest || !in_direction(its, direction, &policy) ||
		    !same_place(&policy, &asked))
			continue;
		newest = its->trap->serial;
		*out = policy;
	}
	return newest != 0;
}

static bool has_child(struct gateway *gateway, const struct kernel_policy *policy)
{
	return child_policy_owner(&gateway->sas, policy, NULL) != NULL;
}

/* ---- coming ---- */

static void trap_free(struct gateway *gateway, struct trap *trap)
{
	for (unsigned i = 0; i < trap->count; i++)
		table_remove(&gateway->traps, &trap->places[i].node);
	list_remove(&trap->in_gateway);
	mem_free(trap->conn);
	mem_free(trap);
}

static struct trap *trap_new(struct gateway *gateway, struct tunnel *tunnel)
{
	const struct config_conn *conn = tunnel->conn;
	unsigned count = selectors_policies(&tunnel->selectors);
	struct trap *trap = mem_alloc(sizeof(*trap) + count * sizeof(trap->places[0]));

	if (trap == NULL)
		return NULL;
	trap->tunnel = tunnel;
	trap->shunts = conn_shunts(conn);
	trap->reqid = tunnel->reqid;
	trap->mark_in = conn->mark_in;
	trap->mark_in_mask = conn->mark_in_mask;
	trap->serial = peers_serial(&gateway->peers);
	for (; trap->count < count; trap->count++) {
		struct trap_place *place = &trap->places[trap->count];
		place->trap = trap;
		tunnel_trap_policy(tunnel, trap->count, &place->policy);
		if (table_insert(&gateway->traps, &place->node, hash_of(gateway, &place->policy)) ==
		    RC_OK)
			continue;
		trap_free(gateway, trap);
		return NULL;
	}
	return trap;
}

static const uint8_t directions[] = { KERNEL_OUT, KERNEL_IN, KERNEL_FWD };
#define DIRECTIONS 3

/* What passes or is dropped does so both ways. */
static bool ask_for(struct gateway *gateway, const struct trap_place *place)
{
	struct kernel_request request = { .op = KERNEL_POLICY_SET };
	bool asked = true;

	for (unsigned i = 0; asked && i < DIRECTIONS; i++)
		if (in_direction(place, directions[i], &request.policy) &&
		    !has_child(gateway, &request.policy))
			asked = kernel_set_trap(gateway, place->trap->reqid, &request);
	return asked;
}

/* The packets that asked in vain while there was no tunnel are not asked for again (Linux is
 * silent about them for a while). */
static void take_triggers(struct gateway *gateway, struct tunnel *tunnel)
{
	list_for(node, &gateway->orphans)
	{
		const struct trap *orphan = container_of(node, struct trap, in_gateway);
		for (unsigned i = 0; orphan->triggered && i < orphan->count; i++)
			for (unsigned j = 0; j < tunnel->trap->count; j++)
				if (same_place(&orphan->places[i].policy,
					       &tunnel->trap->places[j].policy))
					tunnel->triggered = true;
	}
}

/* ---- going ---- */

static void leave(struct gateway *gateway, const struct kernel_policy *policy)
{
	struct kernel_request request = { .op = KERNEL_POLICY_DELETE, .policy = *policy };

	if (has_child(gateway, policy))
		return;
	if (trap_at(gateway, policy, &request.policy))
		request.op = KERNEL_POLICY_SET;
	kernel_let_go(gateway, &request);
}

static void trap_end(struct gateway *gateway, struct trap *trap)
{
	struct kernel_policy policy;

	for (unsigned i = 0; i < trap->count; i++)
		table_remove(&gateway->traps, &trap->places[i].node);
	for (unsigned i = 0; i < trap->count; i++)
		for (unsigned j = DIRECTIONS; j-- > 0;)
			if (in_direction(&trap->places[i], directions[j], &policy))
				leave(gateway, &policy);
	outfit_release(trap->outfit);
	trap_free(gateway, trap);
}

void trap_install(struct gateway *gateway, struct tunnel *tunnel)
{
	struct trap *before = tunnel->trap, *trap = trap_new(gateway, tunnel);
	bool asked = true;

	if (trap == NULL)
		return;
	tunnel->trap = trap;
	for (unsigned i = 0; asked && i < trap->count; i++)
		asked = ask_for(gateway, &trap->places[i]);
	tunnel->trap_installed = asked;
	if (before != NULL)
		trap_end(gateway, before);
	take_triggers(gateway, tunnel);
	if (!trap->shunts)
		outfit_trap_changed(gateway, tunnel);
}

void trap_remove(struct gateway *gateway, struct tunnel *tunnel)
{
	struct trap *trap = tunnel->trap;

	if (trap == NULL)
		return;
	tunnel->trap = NULL;
	tunnel->trap_installed = false;
	outfit_trap_changed(gateway, tunnel);
	trap_end(gateway, trap);
}

void trap_refused(struct gateway *gateway, uint32_t reqid, const char *text)
{
	struct tunnel *tunnel = peers_by_reqid(&gateway->peers, reqid);

	if (tunnel == NULL || !tunnel->trap_installed)
		return;
	tunnel->trap_installed = false;
	outfit_trap_changed(gateway, tunnel);
	tunnel->trap_after = host_now(gateway->host) + TRAP_PAUSE;
	attempt_failed(gateway, tunnel->peer, tunnel, 0, RC_KERNEL, text);
}

/* ---- orphans ---- */

void trap_orphan(struct gateway *gateway, struct tunnel *tunnel)
{
	struct trap *trap = tunnel->trap;
	char *conn = trap != NULL ? mem_text(tunnel->conn->name) : NULL;

	if (conn == NULL) {
		trap_remove(gateway, tunnel);
		return;
	}
	tunnel->trap = NULL;
	tunnel->trap_installed = false;
	trap->tunnel = NULL;
	trap->conn = conn;
	trap->until = host_now(gateway->host) + ORPHAN_MOST;
	trap->outfit = outfit_keep(tunnel);
	list_append(&gateway->orphans, &trap->in_gateway);
}

struct missing {
	struct gateway *gateway;
	bool any;
};

static void see_whether_it_waits(void *context, struct tunnel *tunnel)
{
	struct missing *missing = context;

	if (tunnel_traps(tunnel) && !tunnel->doomed && !tunnel->trap_installed)
		missing->any = true;
}

/* The conn is there again, and its trap is not. */
static bool is_missed(struct gateway *gateway, const struct trap *orphan)
{
	struct missing missing = { gateway, false };

	if (gateway->stopping || host_now(gateway->host) >= orphan->until)
		return false;
	(void)peers_match(&gateway->peers, orphan->conn, see_whether_it_waits, &missing);
	return missing.any;
}

void traps_look(struct gateway *gateway)
{
	if (gateway->reloading != NULL && !gateway->stopping)
		return;
	list_for_safe(node, &gateway->orphans)
	{
		struct trap *orphan = container_of(node, struct trap, in_gateway);
		if (!is_missed(gateway, orphan))
			trap_end(gateway, orphan);
	}
}

void trap_acquired(struct gateway *gateway, uint32_t reqid)
{
	list_for(node, &gateway->orphans)
	{
		struct trap *orphan = container_of(node, struct trap, in_gateway);
		if (orphan->reqid == reqid)
			orphan->triggered = true;
	}
}

bool traps_orphan(const struct gateway *gateway, uint32_t reqid)
{
	list_for(node, &gateway->orphans) if (container_of(node, struct trap, in_gateway)->reqid ==
					      reqid) return true;
	return false;
}

/* ---- the end ---- */

void traps_end(struct gateway *gateway)
{
	list_for(node, &gateway->peers.list)
	{
		struct peer *peer = container_of(node, struct peer, in_peers);
		list_for(tunnel, &peer->tunnels)
			trap_remove(gateway, container_of(tunnel, struct tunnel, in_peer));
	}
	list_for_safe(node, &gateway->orphans)
		trap_end(gateway, container_of(node, struct trap, in_gateway));
}

void trap_forget(struct gateway *gateway, struct tunnel *tunnel)
{
	if (tunnel->trap != NULL)
		trap_free(gateway, tunnel->trap);
	tunnel->trap = NULL;
}

void traps_forget(struct gateway *gateway)
{
	list_for_safe(node, &gateway->orphans)
		trap_free(gateway, container_of(node, struct trap, in_gateway));
	table_free(&gateway->traps);
}
