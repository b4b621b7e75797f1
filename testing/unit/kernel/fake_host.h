/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest host that a kernel needs: a clock that stands, deferred work, file descriptors,
 * random numbers. */
#ifndef VANTH_TEST_KERNEL_FAKE_HOST_H
#define VANTH_TEST_KERNEL_FAKE_HOST_H

#include <poll.h>
#include "host/host.h"

struct watch {
	int fd;
	host_watch_fn fn;
	void *context;
};

struct fake_host {
	struct host host;
	usec_t now;
	int64_t wall;
	struct list deferred;
	struct watch watch;
	uint64_t random;
	struct ip_addr local; /* unset: none */
	bool over;	      /* every turn has lasted long enough */
};

static inline struct fake_host *fake_of(struct host *host)
{
	return container_of(host, struct fake_host, host);
}

static inline usec_t fake_now(struct host *host)
{
	return fake_of(host)->now;
}

static inline int64_t fake_wall(struct host *host)
{
	return fake_of(host)->wall;
}

static inline enum rc fake_random(struct host *host, void *out, size_t len)
{
	uint8_t *bytes = out;
	for (size_t i = 0; i < len; i++) {
		fake_of(host)->random =
			fake_of(host)->random * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (uint8_t)(fake_of(host)->random >> 56);
	}
	return RC_OK;
}

static inline bool fake_is_local(struct host *host, const struct ip_addr *addr)
{
	return ip_equal(&fake_of(host)->local, addr);
}

static inline void fake_defer(struct host *host, struct deferred *deferred)
{
	if (!list_linked(&deferred->queue))
		list_append(&fake_of(host)->deferred, &deferred->queue);
}

static inline struct watch *fake_watch(struct host *host, int fd, unsigned what, host_watch_fn fn,
				       void *context)
{
	(void)what;
	fake_of(host)->watch = (struct watch){ fd, fn, context };
	return &fake_of(host)->watch;
}

static inline void fake_unwatch(struct host *host, struct watch *watch)
{
	(void)host;
	watch->fd = -1;
}

static inline bool fake_turn_over(struct host *host)
{
	return fake_of(host)->over;
}

static const struct host_ops fake_ops = {
	.now = fake_now,
	.wall = fake_wall,
	.random = fake_random,
	.turn_over = fake_turn_over,
	.is_local = fake_is_local,
	.defer = fake_defer,
	.watch = fake_watch,
	.unwatch = fake_unwatch,
};

static inline void fake_host_init(struct fake_host *fake)
{
	*fake = (struct fake_host){ .host = { &fake_ops },
				    .now = 1000 * USEC_PER_SEC,
				    .wall = 1700000000,
				    .random = 42,
				    .watch = { .fd = -1 } };
	list_init(&fake->deferred);
}

/* The end of one loop turn: what was deferred before it, then the descriptor. */
static inline void fake_turn(struct fake_host *fake)
{
	struct list now;
	list_init(&now);
	while (!list_empty(&fake->deferred)) {
		struct list *item = fake->deferred.next;
		list_remove(item);
		list_append(&now, item);
	}
	while (!list_empty(&now)) {
		struct deferred *deferred = container_of(now.next, struct deferred, queue);
		list_remove(&deferred->queue);
		deferred->run(deferred);
	}
	struct pollfd ready = { .fd = fake->watch.fd, .events = POLLIN };
	if (fake->watch.fd >= 0 && poll(&ready, 1, 0) > 0)
		fake->watch.fn(fake->watch.context, HOST_READ);
}

#endif
