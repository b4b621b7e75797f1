/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors and signals that the loop watches. */
#include "base/arena.h"
#include "host/real/real.h"

struct watch {
	struct real *real;
	struct event *event; /* of this fd */
	host_watch_fn fn;
	void *context;
	struct list queue;
};

struct signal_watch {
	struct real *real;
	struct event *event;
	void (*fn)(void *context, int signal);
	void *context;
	struct list queue;
};

/* fn may free the watch: nothing of it is touched afterwards. */
static void watch_fired(evutil_socket_t fd, short what, void *context)
{
	struct watch *watch = context;
	unsigned ready = 0;

	(void)fd;
	loop_enter(watch->real);
	if (what & EV_READ)
		ready |= HOST_READ;
	if (what & EV_WRITE)
		ready |= HOST_WRITE;
	watch->fn(watch->context, ready);
}

void watch_change(struct host *host, struct watch *watch, unsigned what)
{
	struct real *real = real_of(host);
	int fd = event_get_fd(watch->event);
	short events = EV_PERSIST;

	event_del(watch->event);
	if (what & HOST_READ)
		events |= EV_READ;
	if (what & HOST_WRITE)
		events |= EV_WRITE;
	if (what == 0)
		return;
	event_assign(watch->event, real->loop.base, fd, events, watch_fired, watch);
	event_add(watch->event, NULL);
}

struct watch *watch_new(struct host *host, int fd, unsigned what, host_watch_fn fn, void *context)
{
	struct real *real = real_of(host);
	struct watch *watch = mem_alloc(sizeof(*watch));

	if (watch == NULL)
		return NULL;
	*watch = (struct watch){ .real = real, .fn = fn, .context = context };
	watch->event = event_new(real->loop.base, fd, EV_PERSIST, watch_fired, watch);
	if (watch->event == NULL) {
		mem_free(watch);
		return NULL;
	}
	list_append(&real->loop.watches, &watch->queue);
	watch_change(host, watch, what);
	return watch;
}

void watch_free(struct host *host, struct watch *watch)
{
	(void)host;
	if (watch == NULL)
		return;
	event_free(watch->event);
	list_remove(&watch->queue);
	mem_free(watch);
}

static void signal_fired(evutil_socket_t number, short what, void *context)
{
	struct signal_watch *watch = context;

	(void)what;
	loop_enter(watch->real);
	watch->fn(watch->context, (int)number);
}

static void signal_watch_free(struct signal_watch *watch)
{
	if (watch->event != NULL)
		event_free(watch->event);
	list_remove(&watch->queue);
	mem_free(watch);
}

enum rc host_real_signal(struct host *host, int signal, void (*fn)(void *context, int signal),
			 void *context)
{
	struct real *real = real_of(host);
	struct signal_watch *watch = mem_alloc(sizeof(*watch));

	if (watch == NULL)
		return RC_NO_MEMORY;
	*watch = (struct signal_watch){ .real = real, .fn = fn, .context = context };
	watch->event = evsignal_new(real->loop.base, signal, signal_fired, watch);
	if (watch->event == NULL || event_add(watch->event, NULL) != 0) {
		signal_watch_free(watch);
		return RC_IO;
	}
	list_append(&real->loop.signals, &watch->queue);
	return RC_OK;
}

void watches_wipe(struct real *real)
{
	while (!list_empty(&real->loop.watches))
		watch_free(&real->host, container_of(real->loop.watches.next, struct watch, queue));
	while (!list_empty(&real->loop.signals))
		signal_watch_free(
			container_of(real->loop.signals.next, struct signal_watch, queue));
}
