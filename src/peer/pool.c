/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: pools
 *
 * A pool is a range cut into leases that are numbered from `first` to `last`. What was never leased
 * begins at `next`; a lease exists as an object from its first use on. Those in use stand in
 * `in_use`, those given back in `idle` by their owner, and in the order of that in `queue`. Those
 * from `next` on (their owners asked for them) form runs of neighbours, and each end of a run knows
 * the other: it is passed in one step. So nothing is ever searched, and a /8 costs what is leased
 * from it.
 */
#include "peer/pool.h"
#include "base/arena.h"
#include "base/list.h"
#include "peer/space.h"

#define REMEMBERED_MAX                                                                             \
	(1u << 20) /* of one pool: then the oldest is reused, though others are free */

struct pool {
	struct list in_pools;
	struct table_node by_range;
	struct pools *owner;
	struct config_pool config;
	struct list queue; /* given back, the first one first */
	uint64_t first, next, last;
	uint64_t used, idle_count;
	bool exhausted; /* nothing is left at `next` */
};

struct pool_lease {
	struct table_node by_index; /* of pools->leases */
	struct table_node by_owner; /* of pools->in_use or pools->idle */
	struct list queue;	    /* given back */
	struct pool *pool;
	struct identity owner; /* ID_NULL: nobody */
	uint64_t index;
	uint64_t run;  /* the other end of the run that begins or ends here */
	int64_t since; /* 1970: in use, or given back */
	unsigned holders;
};

struct pools {
	struct host *host;
	uint64_t changes;
	pools_changed_fn on_change;
	void *context;
	struct list list;
	struct table ranges, leases, in_use, idle;
};

/* ---- what is told of a lease ---- */

struct ip_range pool_lease_range(const struct pool_lease *lease)
{
	return space_range(&lease->pool->config, lease->index);
}

struct ip_addr pool_lease_address(const struct pool_lease *lease)
{
	return space_address(&lease->pool->config, lease->index);
}

uint8_t pool_lease_prefix(const struct pool_lease *lease)
{
	return lease->pool->config.lease;
}

static struct pool_lease_info info_of(const struct pool_lease *lease)
{
	return (struct pool_lease_info){ .pool = &lease->pool->config,
					 .addr = pool_lease_address(lease),
					 .since = lease->since,
					 .prefix = pool_lease_prefix(lease),
					 .owner = &lease->owner,
					 .in_use = lease->holders > 0 };
}

/* ---- pools ---- */

enum rc pools_new(struct host *host, struct pools **out)
{
	struct pools *pools = mem_alloc(sizeof(*pools));
	uint64_t seed[2];
	enum rc rc = RC_NO_MEMORY;

	*out = NULL;
	if (pools != NULL)
		rc = host_random(host, seed, sizeof(seed));
	if (rc != RC_OK) {
		mem_free(pools);
		return rc;
	}
	pools->host = host;
	list_init(&pools->list);
	table_init(&pools->ranges, seed);
	table_init(&pools->leases, seed);
	table_init(&pools->in_use, seed);
	table_init(&pools->idle, seed);
	*out = pools;
	return RC_OK;
}

static uint64_t range_hash(const struct pools *pools, const struct config_pool *config)
{
	uint8_t key[34];
	struct sink sink;

	sink_init(&sink, key, sizeof(key));
	sink_u8(&sink, config->range.from.family);
	sink_u8(&sink, config->lease);
	sink_bytes(&sink, config->range.from.bytes, 16);
	sink_bytes(&sink, config->range.to.bytes, 16);
	return table_hash(&pools->ranges, key, sink.len);
}

static struct pool *find_pool(const struct pools *pools, const struct config_pool *config)
{
	struct table_node *n = table_first(&pools->ranges, range_hash(pools, config));

	for (; n != NULL; n = table_next(n)) {
		struct pool *pool = container_of(n, struct pool, by_range);
		if (range_equal(&pool->config.range, &config->range) &&
		    pool->config.lease == config->lease)
			return pool;
	}
	return NULL;
}

static struct pool *pool_of(struct pools *pools, const struct config_pool *config)
{
	struct pool *pool = find_pool(pools, config);

	if (pool != NULL)
		return pool;
	pool = mem_alloc(sizeof(*pool));
	if (pool == NULL)
		return NULL;
	pool->owner = pools;
	pool->config = *config;
	list_init(&pool->queue);
	space_ends(config, &pool->first, &pool->last);
	pool->next = pool->first;
	if (table_insert(&pools->ranges, &pool->by_range, range_hash(pools, config)) != RC_OK) {
		mem_free(pool);
		return NULL;
	}
	list_append(&pools->list, &pool->in_pools);
	return pool;
}

/* ---- leases ---- */

static bool is_known(const struct identity *owner)
{
	return owner->type != ID_NULL && owner->type != ID_NONE;
}

static uint64_t owner_hash(const struct pool *pool, const struct identity *owner)
{
	const struct pools *pools = pool->owner;
	uint8_t key[IDENTITY_KEY_MAX];
	uint64_t parts[2] = { pool->by_range.hash,
			      table_hash(&pools->idle, key, identity_key(owner, key)) };

	return table_hash(&pools->idle, parts, sizeof(parts));
}

static uint64_t index_hash(const struct pool *pool, uint64_t index)
{
	uint64_t parts[2] = { pool->by_range.hash, index };

	return table_hash(&pool->owner->leases, parts, sizeof(parts));
}

static struct pool_lease *find_owned(const struct table *table, const struct pool *pool,
				     const struct identity *owner)
{
	struct table_node *n = table_first(table, owner_hash(pool, owner));

	for (; n != NULL; n = table_next(n)) {
		struct pool_lease *lease = container_of(n, struct pool_lease, by_owner);
		if (lease->pool == pool && identity_equal(&lease->owner, owner))
			return lease;
	}
	return NULL;
}

static struct pool_lease *find_index(const struct pool *pool, uint64_t index)
{
	struct table_node *n = table_first(&pool->owner->leases, index_hash(pool, index));

	for (; n != NULL; n = table_next(n)) {
		struct pool_lease *lease = container_of(n, struct pool_lease, by_index);
		if (lease->pool == pool && lease->index == index)
			return lease;
	}
	return NULL;
}

static void changed(struct pool_lease *lease)
{
	struct pools *pools = lease->pool->owner;

	lease->since = pools->host->ops->wall(pools->host);
	pools->changes++;
	if (pools->on_change != NULL) {
		struct pool_lease_info info = info_of(lease);
		pools->on_change(pools->context, &info);
	}
}

static enum rc enter(struct table *table, struct pool_lease *lease)
{
	if (!is_known(&lease->owner))
		return RC_OK;
	return table_insert(table, &lease->by_owner, owner_hash(lease->pool, &lease->owner));
}

static void forget(struct pool_lease *lease)
{
	struct pools *pools = lease->pool->owner;

	table_remove(&pools->leases, &lease->by_index);
	table_remove(&pools->in_use, &lease->by_owner);
	table_remove(&pools->idle, &lease->by_owner);
	list_remove(&lease->queue);
	identity_free(&lease->owner);
	mem_free(lease);
}

/* Out of those given back, into those in use. */
static enum rc take_idle(struct pool_lease *lease)
{
	struct pool *pool = lease->pool;

	table_remove(&pool->owner->idle, &lease->by_owner);
	list_remove(&lease->queue);
	pool->idle_count--;
	if (enter(&pool->owner->in_use, lease) != RC_OK) { /* then it is nobody's */
		identity_free(&lease->owner);
		list_append(&pool->queue, &lease->queue);
		pool->idle_count++;
		return RC_NO_MEMORY;
	}
	changed(lease);
	pool->used++;
	return RC_OK;
}

/* What is behind `next` is passed already. */
static uint64_t run_beside(const struct pool *pool, uint64_t index, uint64_t neighbour)
{
	const struct pool_lease *lease = NULL;

	if (neighbour >= pool->next && neighbour <= pool->last)
		lease = find_index(pool, neighbour);
	return lease != NULL ? lease->run : index;
}

static void join_neighbours(struct pool *pool, struct pool_lease *lease)
{
	uint64_t from = lease->index, to = lease->index;

	if (lease->index < pool->next)
		return;
	if (lease->index > pool->first)
		from = run_beside(pool, lease->index, lease->index - 1);
	if (lease->index < pool->last)
		to = run_beside(pool, lease->index, lease->index + 1);
	lease->run = from == lease->index ? to : from;
	if (from != lease->index)
		find_index(pool, from)->run = to;
	if (to != lease->index)
		find_index(pool, to)->run = from;
}

static enum rc make(struct pool *pool, uint64_t index, const struct identity *owner,
		    struct pool_lease **out)
{
	struct pool_lease *lease = mem_alloc(sizeof(*lease));
	enum rc rc;

	if (lease == NULL)
		return RC_NO_MEMORY;
	lease->pool = pool;
	lease->index = index;
	rc = identity_copy(owner, &lease->owner);
	if (rc == RC_OK)
		rc = table_insert(&pool->owner->leases, &lease->by_index, index_hash(pool, index));
	if (rc == RC_OK)
		rc = enter(&pool->owner->in_use, lease);
	if (rc != RC_OK) {
		forget(lease);
		return rc;
	}
	join_neighbours(pool, lease);
	changed(lease);
	pool->used++;
	*out = lease;
	return RC_OK;
}

/* The first one from `next` on that nobody has. */
static bool find_fresh(struct pool *pool, uint64_t *index)
{
	const struct pool_lease *lease = pool->exhausted ? NULL : find_index(pool, pool->next);

	if (lease != NULL) {
		pool->exhausted = lease->run == pool->last;
		pool->next = pool->exhausted ? pool->last : lease->run + 1;
	}
	if (pool->exhausted)
		return false;
	*index = pool->next;
	if (pool->next == pool->last)
		pool->exhausted = true;
	else
		pool->next++;
	return true;
}

static enum rc lease_asked(struct pool *pool, const struct pool_wish *wish, struct pool_lease **out)
{
	uint64_t index;

	if (wish->asked.family != wish->family)
		return RC_NOT_FOUND;
	TRY(space_number(&pool->config, &wish->asked, &index));
	if (find_index(pool, index) != NULL || pool->idle_count >= REMEMBERED_MAX)
		return RC_NOT_FOUND;
	return make(pool, index, wish->owner, out);
}

static enum rc lease_oldest(struct pool *pool, const struct identity *owner,
			    struct pool_lease **out)
{
	struct pool_lease *lease;
	struct identity copy;

	if (list_empty(&pool->queue))
		return RC_NOT_FOUND;
	TRY(identity_copy(owner, &copy));
	lease = container_of(pool->queue.next, struct pool_lease, queue);
	table_remove(&pool->owner->idle, &lease->by_owner);
	identity_free(&lease->owner);
	lease->owner = copy;
	TRY(take_idle(lease));
	*out = lease;
	return RC_OK;
}

static enum rc lease_new(struct pool *pool, const struct pool_wish *wish, struct pool_lease **out)
{
	enum rc rc = lease_asked(pool, wish, out);
	uint64_t index;

	if (rc != RC_NOT_FOUND)
		return rc;
	if (pool->idle_count < REMEMBERED_MAX && find_fresh(pool, &index)) {
		rc = make(pool, index, wish->owner, out);
		if (rc != RC_OK) { /* it is the next one again */
			pool->next = index;
			pool->exhausted = false;
		}
		return rc;
	}
	return lease_oldest(pool, wish->owner, out);
}

static enum rc lease_owned(struct pool *pool, const struct pool_wish *wish, struct pool_lease **out)
{
	struct pool_lease *lease;

	if (!is_known(wish->owner))
		return RC_NOT_FOUND;
	lease = wish->share ? find_owned(&pool->owner->in_use, pool, wish->owner) : NULL;
	if (lease == NULL) {
		lease = find_owned(&pool->owner->idle, pool, wish->owner);
		if (lease != NULL)
			TRY(take_idle(lease));
	}
	*out = lease;
	return lease != NULL ? RC_OK : RC_NOT_FOUND;
}

static enum rc used_up(const struct pool_wish *wish, uint64_t used, struct diag *diag)
{
	char range[IP_RANGE_TEXT_MAX], id[IDENTITY_TEXT_MAX];
	const struct config_pool *first = wish->pools;

	while (first->range.from.family != wish->family)
		first++;
	return diag_fail(diag, RC_NO_ADDRESS,
			 "no IPv%d address is left for %.80s: all %llu of %s%s are in use; make "
			 "addresspool= larger, or end tunnels that are not needed",
			 wish->family == AF_INET ? 4 : 6, identity_text(wish->owner, id),
			 (unsigned long long)used, range_text(&first->range, range),
			 wish->pool_count > 1 ? " and others" : "");
}

enum rc pools_lease(struct pools *pools, const struct pool_wish *wish, struct pool_lease **out,
		    struct diag *diag)
{
	static enum rc (*const ways[])(struct pool *, const struct pool_wish *,
				       struct pool_lease **) = { lease_owned, lease_new };
	uint64_t used = 0;
	unsigned count = 0;

	*out = NULL;
	for (unsigned way = 0; way < 2; way++)
		for (unsigned i = 0; i < wish->pool_count; i++) {
			struct pool *pool;
			enum rc rc;
			if (wish->pools[i].range.from.family != wish->family)
				continue;
			pool = pool_of(pools, &wish->pools[i]);
			if (pool == NULL)
				return RC_NO_MEMORY;
			rc = ways[way](pool, wish, out);
			if (rc == RC_OK)
				(*out)->holders++;
			if (rc != RC_NOT_FOUND)
				return rc;
			used += way == 0 ? pool->used : 0;
			count++;
		}
	return count == 0 ? RC_NOT_FOUND : used_up(wish, used, diag);
}

struct pool_lease *pool_lease_hold(struct pool_lease *lease)
{
	lease->holders++;
	return lease;
}

void pool_lease_release(struct pool_lease *lease)
{
	struct pool *pool = lease->pool;

	if (--lease->holders > 0)
		return;
	pool->used--;
	pool->idle_count++;
	table_remove(&pool->owner->in_use, &lease->by_owner);
	list_append(&pool->queue, &lease->queue);
	changed(lease);
	if (enter(&pool->owner->idle, lease) != RC_OK) /* then nobody knows it again */
		identity_free(&lease->owner);
}

/* ---- to be shown ---- */

void pools_walk(const struct pools *pools, void (*fn)(void *context, const struct pool_info *pool),
		void *context)
{
	list_for(node, &pools->list)
	{
		const struct pool *pool = container_of(node, struct pool, in_pools);
		uint64_t span = pool->last - pool->first;
		struct pool_info info = { .range = pool->config.range,
					  .lease = pool->config.lease,
					  .size = span == UINT64_MAX ? span : span + 1,
					  .used = pool->used,
					  .remembered = pool->idle_count };
		fn(context, &info);
	}
}

struct lease_walk {
	void (*fn)(void *context, const struct pool_lease_info *lease);
	void *context;
};

static void show_lease(struct table_node *node, void *context)
{
	const struct pool_lease *lease = container_of(node, struct pool_lease, by_index);
	const struct lease_walk *walk = context;
	struct pool_lease_info info = info_of(lease);

	walk->fn(walk->context, &info);
}

bool pools_walk_slice(struct pools *pools, uint64_t *cursor, size_t max,
		      void (*fn)(void *context, const struct pool_lease_info *lease), void *context)
{
	struct lease_walk walk = { fn, context };

	return table_walk(&pools->leases, cursor, max, show_lease, &walk);
}

void pools_walk_leases(struct pools *pools,
		       void (*fn)(void *context, const struct pool_lease_info *lease),
		       void *context)
{
	uint64_t cursor = 0;

	(void)pools_walk_slice(pools, &cursor, SIZE_MAX, fn, context);
}

void pools_on_change(struct pools *pools, pools_changed_fn fn, void *context)
{
	pools->on_change = fn;
	pools->context = context;
}

uint64_t pools_changes(const struct pools *pools)
{
	return pools->changes;
}

/* ---- over a restart ---- */

enum rc pools_remember(struct pools *pools, const struct pool_lease_info *info)
{
	struct pool *pool = pool_of(pools, info->pool);
	struct pool_lease *lease;
	uint64_t index;

	if (pool == NULL)
		return RC_NO_MEMORY;
	TRY(space_number(&pool->config, &info->addr, &index));
	if (!is_known(info->owner) || find_index(pool, index) != NULL ||
	    find_owned(&pools->idle, pool, info->owner) != NULL)
		return RC_EXISTS;
	if (pool->idle_count >= REMEMBERED_MAX)
		return RC_LIMIT;
	TRY(make(pool, index, info->owner, &lease));
	lease->holders = 1;
	pool_lease_release(lease);
	lease->since = info->since;
	return RC_OK;
}

static void forget_node(struct table_node *node, void *unused)
{
	(void)unused;
	forget(container_of(node, struct pool_lease, by_index));
}

void pools_free(struct pools *pools)
{
	uint64_t cursor = 0;

	if (pools == NULL)
		return;
	(void)table_walk(&pools->leases, &cursor, SIZE_MAX, forget_node, NULL);
	list_for_safe(node, &pools->list) mem_free(container_of(node, struct pool, in_pools));
	table_free(&pools->ranges);
	table_free(&pools->leases);
	table_free(&pools->in_use);
	table_free(&pools->idle);
	mem_free(pools);
}
