/* SPDX-License-Identifier: Apache-2.0 */
/* Templates that wait for their SA: Linux' larval states, and why a stream of packets raises one
 * ACQUIRE. */
#include "base/arena.h"
#include "kernel/simulated/simulated.h"

#define LARVAL_LIFE (30 * USEC_PER_SEC) /* net.core.xfrm_acq_expires */

static bool larval_matches(const struct larval *a, const struct larval *b)
{
	bool any_src =
		!ip_is_set(&a->src) || !ip_is_set(&b->src); /* a template of an unknown end */
	return a->reqid == b->reqid && a->protocol == b->protocol && a->mode == b->mode &&
	       (any_src || ip_equal(&a->src, &b->src)) && ip_equal(&a->dst, &b->dst);
}

static struct larval *larval_find(const struct simulated *sim, const struct larval *wanted)
{
	uint64_t hash = sim_sad_reqid_hash(&sim->larvals, wanted->reqid);
	struct table_node *node = table_first(&sim->larvals, hash);
	for (; node != NULL; node = table_next(node)) {
		struct larval *larval = container_of(node, struct larval, node);
		if (larval_matches(larval, wanted))
			return larval;
	}
	return NULL;
}

static void larval_free(struct larval *larval)
{
	table_remove(&larval->owner->larvals, &larval->node);
	timer_cancel(&larval->owner->timers, &larval->timer);
	mem_free(larval);
}

static void larval_expire(struct timer *timer)
{
	larval_free(container_of(timer, struct larval, timer));
}

bool sim_larval_start(struct simulated *sim, const struct larval *wanted)
{
	struct larval *larval;
	if (larval_find(sim, wanted) != NULL)
		return false;
	larval = mem_alloc(sizeof *larval);
	if (larval == NULL)
		return true; /* as if its 30 s were over at once */
	*larval = *wanted;
	larval->owner = sim;
	larval->timer = (struct timer){ .fire = larval_expire };
	larval->node = (struct table_node){ 0 };
	uint64_t hash = sim_sad_reqid_hash(&sim->larvals, larval->reqid);
	if (table_insert(&sim->larvals, &larval->node, hash) != RC_OK ||
	    timer_arm(&sim->timers, &larval->timer, host_now(sim->host) + LARVAL_LIFE) != RC_OK)
		larval_free(larval);
	return true;
}

void sim_larval_settle(struct simulated *sim, const struct kernel_sa *sa)
{
	struct larval wanted = { .src = sa->src,
				 .dst = sa->dst,
				 .reqid = sa->reqid,
				 .protocol = sa->protocol,
				 .mode = sa->mode };
	struct larval *larval = larval_find(sim, &wanted);
	if (larval != NULL)
		larval_free(larval);
}

static void flush_one(struct table_node *node, void *context)
{
	(void)context;
	larval_free(container_of(node, struct larval, node));
}

void sim_larval_flush(struct simulated *sim)
{
	size_t cursor = 0;
	while (table_walk(&sim->larvals, &cursor, 1024, flush_one, NULL)) {
	}
}
