/* SPDX-License-Identifier: Apache-2.0 */
/* DNS by getaddrinfo() on a few threads of its own: it follows nsswitch.conf and /etc/hosts as
 * every program of the machine does, but cannot be interrupted, so it may occupy neither the loop
 * nor the crypto workers. Threads start when they are needed, RESOLVER_THREADS at most; questions
 * beyond that wait their turn. A thread may still sit in getaddrinfo() when the host is freed: the
 * resolver then belongs to the last thread to leave. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/arena.h"
#include "host/real/real.h"

#define RESOLVER_THREADS 8
#define RESOLVE_ADDRS	 16

enum resolve_state { RESOLVE_WAITING, RESOLVE_ASKING, RESOLVE_FINISHED, RESOLVE_CANCELLED };

struct resolve {
	struct list queue;
	enum resolve_state state; /* under the lock */
	host_resolve_fn fn;
	void *context;
	struct ip_addr addrs[RESOLVE_ADDRS];
	size_t count;
	char error[128];
	char name[]; /* with its NUL */
};

struct resolver {
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	struct list queue, finished;
	unsigned threads, idle, waiting; /* waiting: questions in the queue */
	bool closed;			 /* the host is gone */
	int bell;			 /* eventfd: finished is not empty */
	struct watch *watch;		 /* the loop's */
};

static void resolver_free(struct resolver *resolver)
{
	if (resolver->bell >= 0)
		close(resolver->bell);
	pthread_cond_destroy(&resolver->wanted);
	pthread_mutex_destroy(&resolver->lock);
	mem_free(resolver);
}

/* ---- on the threads ---- */

static bool resolve_has(const struct resolve *resolve, const struct ip_addr *addr)
{
	for (size_t i = 0; i < resolve->count; i++)
		if (ip_equal(&resolve->addrs[i], addr))
			return true;
	return false;
}

static void resolve_add(struct resolve *resolve, const struct addrinfo *info)
{
	struct sockaddr_storage address = { 0 };
	struct ip_endpoint endpoint;

	if (resolve->count == RESOLVE_ADDRS || info->ai_addrlen > sizeof(address))
		return;
	memcpy(&address, info->ai_addr, info->ai_addrlen);
	if (endpoint_from_sockaddr(&address, &endpoint) == RC_OK &&
	    !resolve_has(resolve, &endpoint.addr))
		resolve->addrs[resolve->count++] = endpoint.addr;
}

static void resolve_explain(struct resolve *resolve, int status, int error)
{
	char scrap[128];
	const char *text = gai_strerror(status);

	if (status == 0)
		text = "no address that we could use";
	else if (status == EAI_SYSTEM)
		text = strerror_r(error, scrap, sizeof(scrap));
	snprintf(resolve->error, sizeof(resolve->error), "%s", text);
}

static void resolve_ask(struct resolve *resolve)
{
	static const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found = NULL;
	int status = getaddrinfo(resolve->name, NULL, &hints, &found);

	if (status != 0)
		found = NULL;
	for (const struct addrinfo *info = found; info != NULL; info = info->ai_next)
		resolve_add(resolve, info);
	if (resolve->count == 0)
		resolve_explain(resolve, status, errno);
	if (found != NULL)
		freeaddrinfo(found);
}

static struct resolve *resolve_pop(struct list *queue)
{
	struct resolve *resolve = container_of(queue->next, struct resolve, queue);

	list_remove(&resolve->queue);
	return resolve;
}

/* With the lock held. Nobody waits for a cancelled one. */
static void resolver_finish(struct resolver *resolver, struct resolve *resolve)
{
	static const uint64_t one = 1;
	bool ring = list_empty(&resolver->finished);

	if (resolver->closed || resolve->state == RESOLVE_CANCELLED) {
		mem_free(resolve);
		return;
	}
	resolve->state = RESOLVE_FINISHED;
	list_append(&resolver->finished, &resolve->queue);
	if (ring && write(resolver->bell, &one, sizeof(one)) != (ssize_t)sizeof(one))
		return; /* only when the counter is full: then the loop is awake anyway */
}

/* With the lock held; NULL: the thread is no longer needed. */
static struct resolve *resolver_next(struct resolver *resolver)
{
	struct resolve *resolve;

	resolver->idle++;
	while (list_empty(&resolver->queue) && !resolver->closed)
		pthread_cond_wait(&resolver->wanted, &resolver->lock);
	resolver->idle--;
	if (resolver->closed)
		return NULL;
	resolver->waiting--;
	resolve = resolve_pop(&resolver->queue);
	resolve->state = RESOLVE_ASKING;
	return resolve;
}

static void *resolver_run(void *context)
{
	struct resolver *resolver = context;
	struct resolve *resolve;
	bool last;

	pthread_mutex_lock(&resolver->lock);
	while ((resolve = resolver_next(resolver)) != NULL) {
		pthread_mutex_unlock(&resolver->lock);
		resolve_ask(resolve);
		pthread_mutex_lock(&resolver->lock);
		resolver_finish(resolver, resolve);
	}
	last = --resolver->threads == 0;
	pthread_mutex_unlock(&resolver->lock);
	if (last)
		resolver_free(resolver);
	return NULL;
}

/* ---- on the loop ---- */

/* One at a time, because fn may cancel others that are finished too. */
static struct resolve *resolver_take_finished(struct resolver *resolver)
{
	struct resolve *resolve = NULL;

	pthread_mutex_lock(&resolver->lock);
	if (!list_empty(&resolver->finished))
		resolve = resolve_pop(&resolver->finished);
	pthread_mutex_unlock(&resolver->lock);
	return resolve;
}

static void resolver_rung(void *context, unsigned what)
{
	struct resolver *resolver = context;
	struct resolve *resolve;
	uint64_t count;

	(void)what;
	if (read(resolver->bell, &count, sizeof(count)) < 0 && errno == EINTR)
		return; /* still readable */
	while ((resolve = resolver_take_finished(resolver)) != NULL) {
		resolve->fn(resolve->context, resolve->addrs, resolve->count,
			    resolve->count > 0 ? NULL : resolve->error);
		mem_free(resolve);
	}
}

/* With the lock held. */
static enum rc resolver_need_thread(struct resolver *resolver)
{
	pthread_t thread;

	if (resolver->idle > resolver->waiting || resolver->threads == RESOLVER_THREADS)
		return RC_OK;
	if (thread_start(&thread, "vanth-dns", resolver_run, resolver) == RC_OK) {
		pthread_detach(thread);
		resolver->threads++;
	}
	return resolver->threads > 0 ? RC_OK : RC_IO;
}

struct resolve *resolver_ask(struct host *host, const char *name, host_resolve_fn fn, void *context)
{
	struct resolver *resolver = real_of(host)->resolver;
	size_t size = strlen(name) + 1;
	struct resolve *resolve = mem_alloc(sizeof(*resolve) + size);
	enum rc rc;

	if (resolve == NULL)
		return NULL;
	resolve->fn = fn;
	resolve->context = context;
	memcpy(resolve->name, name, size);
	pthread_mutex_lock(&resolver->lock);
	rc = resolver_need_thread(resolver);
	if (rc == RC_OK) {
		list_append(&resolver->queue, &resolve->queue);
		resolver->waiting++;
		pthread_cond_signal(&resolver->wanted);
	}
	pthread_mutex_unlock(&resolver->lock);
	if (rc == RC_OK)
		return resolve;
	mem_free(resolve);
	return NULL;
}

void resolver_cancel(struct host *host, struct resolve *resolve)
{
	struct resolver *resolver = real_of(host)->resolver;

	if (resolve == NULL)
		return;
	pthread_mutex_lock(&resolver->lock);
	if (resolve->state == RESOLVE_ASKING) {
		resolve->state = RESOLVE_CANCELLED; /* its thread frees it */
	} else {
		if (resolve->state == RESOLVE_WAITING)
			resolver->waiting--;
		list_remove(&resolve->queue);
		mem_free(resolve);
	}
	pthread_mutex_unlock(&resolver->lock);
}

enum rc resolver_init(struct real *real)
{
	struct resolver *resolver = mem_alloc(sizeof(*resolver));

	if (resolver == NULL)
		return RC_NO_MEMORY;
	real->resolver = resolver;
	list_init(&resolver->queue);
	list_init(&resolver->finished);
	pthread_mutex_init(&resolver->lock, NULL);
	pthread_cond_init(&resolver->wanted, NULL);
	resolver->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (resolver->bell < 0)
		return RC_IO;
	resolver->watch =
		watch_new(&real->host, resolver->bell, HOST_READ, resolver_rung, resolver);
	return resolver->watch != NULL ? RC_OK : RC_NO_MEMORY;
}

void resolver_wipe(struct real *real)
{
	struct resolver *resolver = real->resolver;
	bool last;

	if (resolver == NULL)
		return;
	real->resolver = NULL;
	watch_free(&real->host, resolver->watch);
	pthread_mutex_lock(&resolver->lock);
	resolver->closed = true;
	while (!list_empty(&resolver->queue))
		mem_free(resolve_pop(&resolver->queue));
	while (!list_empty(&resolver->finished))
		mem_free(resolve_pop(&resolver->finished));
	pthread_cond_broadcast(&resolver->wanted);
	last = resolver->threads == 0;
	pthread_mutex_unlock(&resolver->lock);
	if (last)
		resolver_free(resolver);
}
