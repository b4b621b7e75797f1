/* SPDX-License-Identifier: Apache-2.0 */
/* Worker threads. Jobs wait in one queue; a finished job goes to the `finished` list, and the first
 * one there rings the bell, so that one wake-up of the loop takes everything that was finished by
 * then. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/arena.h"
#include "host/real/real.h"

#define WORKERS_MAX 256

enum rc thread_start(pthread_t *thread, const char *name, void *(*run)(void *context),
		     void *context)
{
	sigset_t all, before;
	int status;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	status = pthread_create(thread, NULL, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (status != 0)
		return RC_IO;
	pthread_setname_np(*thread, name);
	return RC_OK;
}

static struct job *job_pop(struct list *queue)
{
	struct job *job = container_of(queue->next, struct job, queue);

	list_remove(&job->queue);
	return job;
}

static void ring(struct workers *pool)
{
	static const uint64_t one = 1;

	if (write(pool->bell, &one, sizeof(one)) != (ssize_t)sizeof(one))
		return; /* only when the counter is full: then the loop is awake anyway */
}

/* With the lock held. */
static void worker_finish(struct workers *pool, struct job *job)
{
	bool first = list_empty(&pool->finished);

	list_append(&pool->finished, &job->queue);
	if (first)
		ring(pool);
}

static void *worker_run(void *context)
{
	struct worker *worker = context;
	struct workers *pool = worker->pool;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct job *job;

		while (list_empty(&pool->queue) && !pool->stopping)
			pthread_cond_wait(&pool->wanted, &pool->lock);
		if (list_empty(&pool->queue))
			break;
		job = job_pop(&pool->queue);
		pthread_mutex_unlock(&pool->lock);
		job->work(job, worker->index);
		pthread_mutex_lock(&pool->lock);
		worker_finish(pool, job);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* Moves everything that is finished so far to `out`. */
static void workers_take_finished(struct workers *pool, struct list *out)
{
	list_init(out);
	pthread_mutex_lock(&pool->lock);
	if (!list_empty(&pool->finished)) {
		list_append(&pool->finished, out);
		list_remove(&pool->finished);
		list_init(&pool->finished);
	}
	pthread_mutex_unlock(&pool->lock);
}

/* Those that the turn has no time for come before what was finished meanwhile. */
static void workers_give_back(struct workers *pool, struct list *rest)
{
	pthread_mutex_lock(&pool->lock);
	while (!list_empty(&pool->finished))
		list_append(rest, &job_pop(&pool->finished)->queue);
	list_append(rest, &pool->finished);
	list_remove(rest);
	ring(pool);
	pthread_mutex_unlock(&pool->lock);
}

static void workers_deliver(struct workers *pool, struct host *host)
{
	struct list finished;

	workers_take_finished(pool, &finished);
	while (!list_empty(&finished)) {
		struct job *job = job_pop(&finished);

		job->done(job);
		if (host != NULL && !list_empty(&finished) && loop_turn_over(host)) {
			workers_give_back(pool, &finished);
			return;
		}
	}
}

static void workers_rung(void *context, unsigned what)
{
	struct workers *pool = context;
	uint64_t count;

	(void)what;
	if (read(pool->bell, &count, sizeof(count)) < 0 && errno == EINTR)
		return; /* still readable */
	workers_deliver(pool, pool->host);
}

void workers_submit(struct host *host, struct job *job)
{
	struct workers *pool = &real_of(host)->workers;

	pthread_mutex_lock(&pool->lock);
	list_append(&pool->queue, &job->queue);
	pthread_cond_signal(&pool->wanted);
	pthread_mutex_unlock(&pool->lock);
}

unsigned workers_count(struct host *host)
{
	return real_of(host)->workers.count;
}

static unsigned workers_wanted(unsigned count)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (count == 0)
		count = cpus > 0 ? (unsigned)cpus : 1;
	return count < WORKERS_MAX ? count : WORKERS_MAX;
}

/* Fewer threads than wanted are enough, none is not. */
static enum rc workers_start(struct workers *pool, unsigned wanted, struct diag *diag)
{
	pool->threads = mem_alloc(wanted * sizeof(*pool->threads));
	if (pool->threads == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "no memory for %u worker threads", wanted);
	while (pool->count < wanted) {
		struct worker *worker = &pool->threads[pool->count];

		*worker = (struct worker){ .pool = pool, .index = pool->count };
		if (thread_start(&worker->thread, "vanth-worker", worker_run, worker) != RC_OK)
			break;
		pool->count++;
	}
	if (pool->count == 0)
		return diag_fail(diag, RC_IO,
				 "cannot start a worker thread: look at the limits on processes "
				 "(ulimit -u, TasksMax=)");
	return RC_OK;
}

enum rc workers_init(struct real *real, unsigned count, struct diag *diag)
{
	struct workers *pool = &real->workers;

	list_init(&pool->queue);
	list_init(&pool->finished);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wanted, NULL);
	pool->host = &real->host;
	pool->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (pool->bell < 0)
		return diag_fail(diag, RC_IO, "cannot make an eventfd: %s", strerror(errno));
	pool->watch = watch_new(&real->host, pool->bell, HOST_READ, workers_rung, pool);
	if (pool->watch == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "no memory for the worker threads");
	return workers_start(pool, workers_wanted(count), diag);
}

/* Done callbacks may submit once more; without threads the rest is worked here. */
static void workers_finish_rest(struct workers *pool)
{
	workers_deliver(pool, NULL);
	while (!list_empty(&pool->queue)) {
		struct job *job = job_pop(&pool->queue);

		job->work(job, 0);
		job->done(job);
	}
}

void workers_wipe(struct real *real)
{
	struct workers *pool = &real->workers;

	if (pool->queue.next == NULL)
		return; /* init never came here */
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->wanted);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->count; i++)
		pthread_join(pool->threads[i].thread, NULL);
	workers_finish_rest(pool);
	watch_free(&real->host, pool->watch);
	if (pool->bell >= 0)
		close(pool->bell);
	pthread_cond_destroy(&pool->wanted);
	pthread_mutex_destroy(&pool->lock);
	mem_free(pool->threads);
}
