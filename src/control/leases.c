/* SPDX-License-Identifier: Apache-2.0 */
/* What clients have from the pools: the pools in the first reply, then the leases in slices, while
 * the client reads. */
#include "base/arena.h"
#include "control/private.h"
#include "peer/pool.h"

#define SLICE 64

struct walk {
	uint64_t cursor;
	bool end;
};

static void add_pool(void *context, const struct pool_info *pool)
{
	char range[IP_RANGE_TEXT_MAX];
	json_t *list = context;
	bool countless = pool->size > INT64_MAX;

	(void)json_array_append_new(
		list,
		json_pack("{s:s,s:i,s:o,s:I,s:I}", "range", range_text(&pool->range, range),
			  "lease", (int)pool->lease, "size",
			  countless ? json_null() : json_integer((json_int_t)pool->size), "used",
			  (json_int_t)pool->used, "remembered", (json_int_t)pool->remembered));
}

static void add_lease(void *context, const struct pool_lease_info *lease)
{
	char range[IP_RANGE_TEXT_MAX], addr[IP_TEXT_MAX], owner[IDENTITY_TEXT_MAX];
	json_t *list = context;
	bool known = lease->owner->type != ID_NONE && lease->owner->type != ID_NULL;

	(void)json_array_append_new(
		list,
		json_pack("{s:s,s:s,s:i,s:o,s:b,s:I}", "pool",
			  range_text(&lease->pool->range, range), "address",
			  ip_text(&lease->addr, addr), "prefix", (int)lease->prefix, "identity",
			  json_safe(known ? identity_text(lease->owner, owner) : NULL), "in_use",
			  (int)lease->in_use, "since", (json_int_t)lease->since));
}

static void walk_free(struct call *call)
{
	mem_free(call->own);
	call->own = NULL;
}

static void walk_on(struct call *call)
{
	struct walk *walk = call->own;
	struct pools *pools = call->gateway->peers.pools;

	if (!walk->end && call_has_room(call)) {
		json_t *list = json_array();
		walk->end = !pools_walk_slice(pools, &walk->cursor, SLICE, add_lease, list);
		call_reply(call, json_pack("{s:o}", "leases", list), true);
		return;
	}
	if (!walk->end)
		return;
	walk_free(call);
	call_done(call);
}

void method_leases(struct call *call)
{
	struct walk *walk = mem_alloc(sizeof(*walk));
	json_t *list = json_array();

	if (walk == NULL) {
		json_decref(list);
		call_fail(call, RC_NO_MEMORY, "out of memory");
		return;
	}
	call->own = walk;
	call->cancel = walk_free;
	call->resume = walk_on;
	pools_walk(call->gateway->peers.pools, add_pool, list);
	call_reply(call, json_pack("{s:o}", "pools", list), true);
	walk_on(call);
}
