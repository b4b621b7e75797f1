/* SPDX-License-Identifier: Apache-2.0 */
/* The loop in turns. A turn is one round of libevent: wait, run every callback that is ready, then
 * the deferred work. The clock is read once, by the turn's first callback; the time from there to
 * the end of the deferred work is the turn's length, and the longest one is kept. */
#include <time.h>
#include "host/real/real.h"

/* libevent keeps a copy of the coarse clock: it may wake us some milliseconds early. */
#define WAKE_ROUND USEC_PER_MSEC

static usec_t clock_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

usec_t loop_clock(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

void loop_enter(struct real *real)
{
	if (real->loop.turn_started != 0)
		return;
	real->loop.turn_started = loop_clock();
	real->loop.turn_cpu = clock_of(CLOCK_THREAD_CPUTIME_ID);
}

usec_t loop_now(struct host *host)
{
	usec_t started = real_of(host)->loop.turn_started;

	return started != 0 ? started : loop_clock();
}

/* After that what can wait waits: what is done at once then still ends within 10 ms. */
#define TURN_BUDGET (4 * USEC_PER_MSEC)

bool loop_turn_over(struct host *host)
{
	usec_t started = real_of(host)->loop.turn_started;

	return started != 0 && loop_clock() - started > TURN_BUDGET;
}

/* ---- timers of the host itself ---- */

static void ticker_fired(evutil_socket_t fd, short what, void *context)
{
	struct ticker *ticker = context;

	(void)fd;
	(void)what;
	loop_enter(ticker->real);
	ticker->fn(ticker->context);
}

enum rc ticker_init(struct ticker *ticker, struct real *real, void (*fn)(void *context),
		    void *context)
{
	ticker->real = real;
	ticker->fn = fn;
	ticker->context = context;
	ticker->event = event_new(real->loop.base, -1, 0, ticker_fired, ticker);
	return ticker->event != NULL ? RC_OK : RC_NO_MEMORY;
}

void ticker_wipe(struct ticker *ticker)
{
	if (ticker->event != NULL)
		event_free(ticker->event);
	ticker->event = NULL;
}

void ticker_set(struct ticker *ticker, usec_t delay)
{
	usec_t bounded = delay < 0 ? 0 : delay;
	struct timeval tv = { .tv_sec = bounded / USEC_PER_SEC, .tv_usec = bounded % USEC_PER_SEC };

	event_add(ticker->event, &tv);
}

/* ---- the wake-up that the gateway's timers hang on ---- */

static void loop_wake(void *context)
{
	struct real *real = context;
	struct loop *loop = &real->loop;

	if (loop->wake_due > loop_now(&real->host)) {
		loop->wake_moved = true; /* early: set it again */
		return;
	}
	loop->wake_due = USEC_NEVER;
	loop->wake_fn(loop->wake_context);
}

void loop_wake_at(struct host *host, usec_t when, void (*fn)(void *context), void *context)
{
	struct loop *loop = &real_of(host)->loop;

	loop->wake_due = when;
	loop->wake_fn = fn;
	loop->wake_context = context;
	loop->wake_moved = true;
}

/* Callers move the wake-up several times in a turn; only where it stands at the end counts. */
static void loop_set_wake(struct loop *loop)
{
	usec_t delay;

	if (!loop->wake_moved)
		return;
	loop->wake_moved = false;
	if (loop->wake_due == USEC_NEVER) {
		event_del(loop->wake.event);
		return;
	}
	delay = loop->wake_due - loop_clock();
	ticker_set(&loop->wake, delay > 0 ? delay + WAKE_ROUND : 0);
}

/* ---- deferred work ---- */

void loop_defer(struct host *host, struct deferred *deferred)
{
	if (!list_linked(&deferred->queue))
		list_append(&real_of(host)->loop.deferred, &deferred->queue);
}

/* Those that are queued while these run wait for the next turn: a turn always ends. */
static void loop_run_deferred(struct real *real)
{
	struct list turn, *queue = &real->loop.deferred;

	if (list_empty(queue))
		return;
	loop_enter(real);
	list_init(&turn);
	list_append(queue, &turn);
	list_remove(queue);
	list_init(queue);
	while (!list_empty(&turn)) {
		struct deferred *deferred = container_of(turn.next, struct deferred, queue);

		list_remove(&deferred->queue);
		deferred->run(deferred);
	}
}

/* ---- running ---- */

static void loop_end_turn(struct loop *loop)
{
	usec_t length;

	if (loop->turn_started == 0)
		return;
	length = loop_clock() - loop->turn_started;
	if (length > loop->longest.length)
		loop->longest.length = length;
	if (length > loop->longest.cpu) { /* otherwise the clock need not be asked */
		usec_t cpu = clock_of(CLOCK_THREAD_CPUTIME_ID) - loop->turn_cpu;
		if (cpu > loop->longest.cpu)
			loop->longest.cpu = cpu;
	}
	loop->turn_started = 0;
}

struct host_turn loop_longest_turn(struct host *host)
{
	return real_of(host)->loop.longest;
}

static enum rc loop_turn(struct real *real)
{
	struct loop *loop = &real->loop;
	/* EVLOOP_NONBLOCK alone would go on for as long as anything is ready, and never come to
	 * what is deferred */
	int flags = EVLOOP_ONCE | (list_empty(&loop->deferred) ? 0 : EVLOOP_NONBLOCK);
	int status;

	loop_set_wake(loop);
	status = event_base_loop(loop->base, flags);
	loop_run_deferred(real);
	loop_end_turn(loop);
	return status < 0 ? RC_IO : RC_OK;
}

enum rc loop_init(struct real *real, struct diag *diag)
{
	struct event_config *config = event_config_new();
	struct loop *loop = &real->loop;

	list_init(&loop->deferred);
	list_init(&loop->watches);
	list_init(&loop->signals);
	loop->wake_due = USEC_NEVER;
	if (config != NULL) {
		event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
		loop->base = event_base_new_with_config(config);
		event_config_free(config);
	}
	if (loop->base == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "cannot make an event loop");
	return ticker_init(&loop->wake, real, loop_wake, real);
}

void loop_wipe(struct real *real)
{
	struct loop *loop = &real->loop;

	while (!list_empty(&loop->deferred))
		list_remove(loop->deferred.next);
	watches_wipe(real);
	ticker_wipe(&loop->wake);
	if (loop->base != NULL)
		event_base_free(loop->base);
}

enum rc host_real_run(struct host *host)
{
	struct real *real = real_of(host);
	enum rc rc = RC_OK;

	while (rc == RC_OK && !real->loop.stop)
		rc = loop_turn(real);
	real->loop.stop = false;
	return rc;
}

void host_real_stop(struct host *host)
{
	real_of(host)->loop.stop = true;
}
