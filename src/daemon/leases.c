/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: leases over a restart
 *
 * What changes is written down at once, and a worker puts it into the journal a moment later, so
 * that a crash costs no more than that moment. When the journal gets long, or cannot be trusted,
 * all leases are written down in slices on the loop, and a worker makes a new file of that. One job
 * is under way at a time.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "daemon/lease_file.h"
#include "daemon/private.h"

#define SLICE	     256
#define SOON	     (USEC_PER_SEC / 5)
#define LATER	     (5 * USEC_PER_SEC) /* after a failure */
#define JOURNAL_FREE ((size_t)64 << 10) /* and what the file has: then it is long */
#define KINDS_MAX    1024		/* different pools of a configuration */

struct leases {
	struct gateway *gateway;
	char path[512];
	struct timer soon;
	struct deferred slice; /* the next part of the text */
	uint64_t cursor;
	struct lease_text changes; /* that are in no file */
	struct lease_text text;	   /* of the job */
	size_t journaled, whole;   /* bytes of the journal; of the file */
	uint64_t generation;	   /* of the file, and of the one that is being written */
	struct job job;
	bool busy, all; /* all: the text is of all leases */
	bool due;	/* all of them have to be written */
	bool unread;	/* the file could not be read: what comes next takes its place */
	bool told;
	struct diag diag; /* of the job */
	enum rc rc;
	pthread_mutex_t lock; /* who writes the files */
	bool closed;	      /* under it: the last word is said */
};

/* ---- the pools that there are ---- */

struct kinds {
	const struct config_pool *list[KINDS_MAX];
	size_t count;
};

static const struct config_pool *kind_of(const struct kinds *kinds, const struct config_pool *pool)
{
	for (size_t i = 0; i < kinds->count; i++)
		if (kinds->list[i]->lease == pool->lease &&
		    range_equal(&kinds->list[i]->range, &pool->range))
			return kinds->list[i];
	return NULL;
}

static void add_kinds(struct kinds *kinds, const struct config_end *end)
{
	for (unsigned i = 0; i < end->pool_count; i++)
		if (kinds->count < KINDS_MAX && kind_of(kinds, &end->pools[i]) == NULL)
			kinds->list[kinds->count++] = &end->pools[i];
}

/* ---- what of the files is true ---- */

static int by_age(const void *a, const void *b)
{
	const struct lease_memory_one *x = a, *y = b;

	if (x->since != y->since)
		return x->since < y->since ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int compare_pools(const struct lease_memory_one *x, const struct lease_memory_one *y)
{
	int order = memcmp(x->pool.range.from.bytes, y->pool.range.from.bytes, 16);

	if (order == 0)
		order = memcmp(x->pool.range.to.bytes, y->pool.range.to.bytes, 16);
	if (order == 0)
		order = x->pool.lease - y->pool.lease;
	return order != 0 ? order : x->addr.family - y->addr.family;
}

static int compare_addresses(const struct lease_memory_one *x, const struct lease_memory_one *y)
{
	int order = compare_pools(x, y);

	return order != 0 ? order : memcmp(x->addr.bytes, y->addr.bytes, sizeof(x->addr.bytes));
}

static int compare_owners(const struct lease_memory_one *x, const struct lease_memory_one *y)
{
	int order = compare_pools(x, y);

	if (order == 0)
		order = x->owner.type - y->owner.type;
	if (order == 0)
		order = x->owner.len - y->owner.len;
	return order != 0 ? order : memcmp(x->owner.data, y->owner.data, x->owner.len);
}

/* Those that are stale first: they do not matter any more. */
static int by_address(const void *a, const void *b)
{
	const struct lease_memory_one *x = a, *y = b;
	int order = compare_addresses(x, y);

	return order != 0 ? order : x->order < y->order ? -1 : 1;
}

static int by_owner(const void *a, const void *b)
{
	const struct lease_memory_one *x = a, *y = b;
	int order = y->stale - x->stale;

	if (order == 0)
		order = compare_owners(x, y);
	return order != 0 ? order : x->order < y->order ? -1 : 1;
}

/* An address is whose it was last, and its owner has the address that it had last. */
static void find_stale(struct lease_memory *memory)
{
	struct lease_memory_one *list = memory->list;

	if (memory->count < 2)
		return;
	qsort(list, memory->count, sizeof(*list), by_address);
	for (size_t i = 0; i + 1 < memory->count; i++)
		list[i].stale = compare_addresses(&list[i], &list[i + 1]) == 0;
	qsort(list, memory->count, sizeof(*list), by_owner);
	for (size_t i = 0; i + 1 < memory->count; i++)
		list[i].stale = list[i].stale || compare_owners(&list[i], &list[i + 1]) == 0;
	qsort(list, memory->count, sizeof(*list), by_age);
}

static size_t take_memory(const struct gateway *gateway, struct lease_memory *memory)
{
	const struct config *config = gateway->config;
	struct kinds kinds = { .count = 0 };
	size_t taken = 0;

	for (unsigned i = 0; i < config->conn_count; i++) {
		add_kinds(&kinds, &config->conns[i]->left);
		add_kinds(&kinds, &config->conns[i]->right);
	}
	find_stale(memory);
	for (size_t i = 0; i < memory->count; i++) {
		const struct lease_memory_one *one = &memory->list[i];
		struct pool_lease_info info = { .pool = kind_of(&kinds, &one->pool),
						.since = one->since,
						.addr = one->addr,
						.owner = &one->owner };
		if (info.pool != NULL && !one->stale &&
		    pools_remember(gateway->peers.pools, &info) == RC_OK)
			taken++;
	}
	return taken;
}

static void remember(struct leases *leases)
{
	struct gateway *gateway = leases->gateway;
	struct lease_memory memory = { 0 };
	struct diag diag = { "" };
	bool journal = false;
	enum rc rc = lease_file_read(leases->path, &memory, &journal, &diag);

	if (rc != RC_OK && rc != RC_NOT_FOUND)
		log_write(gateway->log, LOG_LEVEL_WARNING, NULL,
			  "%s: it is ignored, and clients may get other addresses than before",
			  diag.text);
	if (rc == RC_OK || memory.count > 0)
		log_write(gateway->log, LOG_LEVEL_NOTICE, NULL,
			  "addresses of %zu clients of an earlier run are kept for them",
			  take_memory(gateway, &memory));
	leases->due = journal;
	leases->generation = memory.generation;
	leases->unread = rc != RC_OK && rc != RC_NOT_FOUND;
	lease_memory_wipe(&memory);
}

/* ---- writing ---- */

static void leases_free(struct leases *leases)
{
	lease_text_wipe(&leases->text);
	lease_text_wipe(&leases->changes);
	pthread_mutex_destroy(&leases->lock);
	mem_free(leases);
}

static void write_work(struct job *job, unsigned worker)
{
	struct leases *leases = container_of(job, struct leases, job);

	(void)worker;
	pthread_mutex_lock(&leases->lock);
	leases->rc = RC_OK;
	if (!leases->closed && leases->all)
		leases->rc = lease_file_write(leases->path, &leases->text, leases->generation,
					      &leases->diag);
	else if (!leases->closed)
		leases->rc = lease_file_append(leases->path, &leases->text, leases->generation,
					       &leases->diag);
	pthread_mutex_unlock(&leases->lock);
}

static void tell_result(struct leases *leases)
{
	bool good = leases->rc == RC_OK;

	if (!good && !leases->told)
		log_write(leases->gateway->log, LOG_LEVEL_WARNING, NULL,
			  "leases will not outlive a restart: %s", leases->diag.text);
	leases->told = !good;
	leases->due = !good;
	if (good && leases->all) {
		leases->unread = false;
		leases->whole = leases->text.len;
		leases->journaled = 0;
	} else if (good) {
		leases->journaled += leases->text.len;
	}
}

static void look_again(struct leases *leases, usec_t pause)
{
	struct gateway *gateway = leases->gateway;

	if (!leases->busy && !timer_armed(&leases->soon))
		gateway_timer(gateway, &leases->soon, host_now(gateway->host) + pause);
}

static bool is_unsaved(const struct leases *leases)
{
	return leases->due || leases->changes.len > 0 || leases->changes.failed;
}

static void write_done(struct job *job)
{
	struct leases *leases = container_of(job, struct leases, job);

	leases->busy = false;
	if (leases->closed) {
		leases_free(leases);
		return;
	}
	tell_result(leases);
	lease_text_wipe(&leases->text);
	if (is_unsaved(leases))
		look_again(leases, leases->rc == RC_OK ? SOON : LATER);
}

/* The text is made of slices; what changes meanwhile is a change. */
static void add_lease(void *context, const struct pool_lease_info *lease)
{
	lease_text_add(context, lease);
}

static void next_slice(struct deferred *deferred)
{
	struct leases *leases = container_of(deferred, struct leases, slice);
	struct host *host = leases->gateway->host;

	if (pools_walk_slice(leases->gateway->peers.pools, &leases->cursor, SLICE, add_lease,
			     &leases->text))
		host->ops->defer(host, &leases->slice);
	else
		host->ops->job_submit(host, &leases->job);
}

static void begin_text(struct leases *leases)
{
	lease_text_wipe(&leases->changes);
	lease_text_begin(&leases->text);
	leases->cursor = 0;
	leases->generation++;
	leases->all = true;
}

static void soon_fire(struct timer *timer)
{
	struct leases *leases = container_of(timer, struct leases, soon);
	struct host *host = leases->gateway->host;
	size_t journal = leases->journaled + leases->changes.len;

	leases->busy = is_unsaved(leases);
	if (!leases->busy)
		return;
	if (leases->due || leases->unread || leases->changes.failed ||
	    journal > leases->whole + JOURNAL_FREE) {
		begin_text(leases);
		next_slice(&leases->slice);
		return;
	}
	leases->all = false;
	leases->text = leases->changes;
	leases->changes = (struct lease_text){ 0 };
	host->ops->job_submit(host, &leases->job);
}

static void lease_changed(void *context, const struct pool_lease_info *lease)
{
	struct leases *leases = context;

	lease_text_add(&leases->changes, lease);
	look_again(leases, SOON);
}

void leases_open(struct gateway *gateway, const char *statedir, struct leases **out)
{
	struct leases *leases = mem_alloc(sizeof(*leases));

	*out = NULL;
	if (leases == NULL || snprintf(leases->path, sizeof(leases->path), "%s/leases", statedir) >=
				      (int)sizeof(leases->path)) {
		log_write(gateway->log, LOG_LEVEL_ERROR, NULL,
			  "leases will not outlive a restart: out of memory");
		mem_free(leases);
		return;
	}
	leases->gateway = gateway;
	pthread_mutex_init(&leases->lock, NULL);
	leases->job.work = write_work;
	leases->job.done = write_done;
	leases->slice.run = next_slice;
	leases->soon.fire = soon_fire;
	remember(leases);
	pools_on_change(gateway->peers.pools, lease_changed, leases);
	if (leases->due)
		look_again(leases, SOON);
	*out = leases;
}

static void write_last(struct leases *leases)
{
	begin_text(leases);
	pools_walk_leases(leases->gateway->peers.pools, add_lease, &leases->text);
	leases->rc =
		lease_file_write(leases->path, &leases->text, leases->generation, &leases->diag);
	tell_result(leases);
}

void leases_close(struct leases *leases)
{
	bool working, unsaved;

	if (leases == NULL)
		return;
	pools_on_change(leases->gateway->peers.pools, NULL, NULL);
	gateway_cancel(leases->gateway, &leases->soon);
	working = leases->busy && !list_linked(&leases->slice.queue);
	unsaved = leases->busy || is_unsaved(leases);
	deferred_cancel(&leases->slice);
	pthread_mutex_lock(&leases->lock); /* a worker ends what it has begun */
	lease_text_wipe(&leases->text);
	if (unsaved || leases->journaled > 0)
		write_last(leases);
	leases->closed = true;
	pthread_mutex_unlock(&leases->lock);
	if (!working)
		leases_free(leases);
}
