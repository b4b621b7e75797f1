/* SPDX-License-Identifier: Apache-2.0 */
/* Pools of several conns. */
#include <stdlib.h>
#include "base/arena.h"
#include "config/loader.h"

struct owned_pool {
	const struct config_pool *pool;
	const struct config_conn *conn;
};

static size_t count_pools(const struct config *config)
{
	size_t count = 0;
	for (unsigned i = 0; i < config->conn_count; i++)
		count += (size_t)config->conns[i]->left.pool_count +
			 config->conns[i]->right.pool_count;
	return count;
}

static size_t add(struct owned_pool *list, size_t at, const struct config_conn *conn,
		  const struct config_end *end)
{
	for (unsigned i = 0; i < end->pool_count; i++)
		list[at++] = (struct owned_pool){ &end->pools[i], conn };
	return at;
}

/* By first address; of those the larger first; then as in the file. */
static int compare(const void *a, const void *b)
{
	const struct owned_pool *x = a, *y = b;
	int order = ip_compare(&x->pool->range.from, &y->pool->range.from);

	if (order == 0)
		order = -ip_compare(&x->pool->range.to, &y->pool->range.to);
	if (order == 0)
		order = x->conn->line < y->conn->line ? -1 : x->conn->line > y->conn->line;
	return order;
}

static bool shared(const struct owned_pool *a, const struct owned_pool *b)
{
	return range_equal(&a->pool->range, &b->pool->range) && a->pool->lease == b->pool->lease;
}

static void report(struct loader *loader, const struct owned_pool *a, const struct owned_pool *b)
{
	const struct owned_pool *later = a->conn->line > b->conn->line ? a : b;
	const struct owned_pool *first = later == a ? b : a;
	struct place at = { later->conn->file, later->conn->line, 0 };
	char mine[IP_RANGE_TEXT_MAX], its[IP_RANGE_TEXT_MAX];

	range_text(&later->pool->range, mine);
	range_text(&first->pool->range, its);
	if (range_equal(&a->pool->range, &b->pool->range))
		report_error(loader->errors, at,
			     "conn %s: the pool %s gives leases of /%u, and in conn %s (%s:%u) of "
			     "/%u: a pool that is shared must be the same",
			     later->conn->name, mine, later->pool->lease, first->conn->name,
			     first->conn->file, first->conn->line, first->pool->lease);
	else
		report_error(loader->errors, at,
			     "conn %s: the pool %s has addresses in common with %s of conn %s "
			     "(%s:%u): an address would be given twice; write the same pool in "
			     "both, or others",
			     later->conn->name, mine, its, first->conn->name, first->conn->file,
			     first->conn->line);
}

/* In order, an overlap is one with the pool that reaches farthest so far. */
static void sweep(struct loader *loader, const struct owned_pool *list, size_t count)
{
	size_t far = 0;

	for (size_t i = 1; i < count; i++) {
		const struct ip_range *range = &list[i].pool->range;
		bool beyond = ip_compare(&range->from, &list[far].pool->range.to) > 0;
		if (!beyond && list[i].conn != list[far].conn && !shared(&list[i], &list[far]))
			report(loader, &list[i], &list[far]);
		if (beyond || ip_compare(&range->to, &list[far].pool->range.to) > 0)
			far = i;
	}
}

void check_pools(struct loader *loader)
{
	const struct config *config = &loader->whole->config;
	size_t count = count_pools(config), used = 0;
	struct owned_pool *list;

	if (count < 2)
		return;
	list = mem_alloc(count * sizeof(*list));
	if (list == NULL) {
		loader->no_memory = true;
		return;
	}
	for (unsigned i = 0; i < config->conn_count; i++) {
		used = add(list, used, config->conns[i], &config->conns[i]->left);
		used = add(list, used, config->conns[i], &config->conns[i]->right);
	}
	qsort(list, used, sizeof(*list), compare);
	sweep(loader, list, used);
	mem_free(list);
}
