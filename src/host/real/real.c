/* SPDX-License-Identifier: Apache-2.0 */
/* The real host: one thread runs a libevent loop, which owns sockets, timers and everything of the
 * gateway.
 *
 *   udp sockets ─ recvmmsg ─┐                        ┌─ worker threads: jobs (crypto)
 *   netlink, control, ... ──┼─ callbacks ─ deferred ─┤
 *   eventfds, signals ──────┘   (one turn)           └─ resolver threads: getaddrinfo()
 *
 * Threads never call back: what they finished lies in a list, and an eventfd wakes the loop. */
#include <time.h>
#include "base/arena.h"
#include "host/real/real.h"

static int64_t real_wall(struct host *host)
{
	(void)host;
	return time(NULL);
}

static const struct host_ops real_ops = {
	.now = loop_now,
	.turn_over = loop_turn_over,
	.longest_turn = loop_longest_turn,
	.wall = real_wall,
	.random = entropy_random,
	.wake_at = loop_wake_at,
	.udp_listen = udp_listen,
	.udp_limit = udp_limit,
	.udp_send = udp_send,
	.udp_keepalive = udp_keepalive,
	.source_for = routes_source_for,
	.route_to = routes_route_to,
	.is_local = routes_is_local,
	.addresses = routes_addresses,
	.default_route = routes_default,
	.on_change = changes_listen,
	.workers = workers_count,
	.job_submit = workers_submit,
	.defer = loop_defer,
	.resolve = resolver_ask,
	.resolve_cancel = resolver_cancel,
	.fetch = fetches_start,
	.fetch_cancel = fetches_cancel,
	.spawn = spawns_start,
	.spawn_cancel = spawns_cancel,
	.watch = watch_new,
	.watch_change = watch_change,
	.unwatch = watch_free,
};

static enum rc real_init_parts(struct real *real)
{
	TRY(udp_init(real));
	TRY(changes_init(real));
	TRY(resolver_init(real));
	return fetches_init(real);
}

static enum rc real_init(struct real *real, const struct host_real_options *options,
			 struct diag *diag)
{
	enum rc rc;

	real->host.ops = &real_ops;
	real->log = options->log;
	routes_init(real);
	spawns_init(real);
	real->changes.fd = real->workers.bell = -1;
	TRY(loop_init(real, diag));
	rc = real_init_parts(real);
	if (rc != RC_OK)
		return diag_fail(diag, rc, "no memory or no file descriptor left for the host");
	return workers_init(real, options->workers, diag);
}

enum rc host_real_new(const struct host_real_options *options, struct host **out, struct diag *diag)
{
	struct real *real = mem_alloc(sizeof(*real));
	enum rc rc;

	if (real == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "no memory for the host");
	rc = real_init(real, options, diag);
	if (rc != RC_OK) {
		host_real_free(&real->host);
		return rc;
	}
	*out = &real->host;
	return RC_OK;
}

void host_real_free(struct host *host)
{
	struct real *real;

	if (host == NULL)
		return;
	real = real_of(host);
	spawns_close(real);
	workers_wipe(real);
	spawns_wipe(real);
	fetches_wipe(real);
	resolver_wipe(real);
	changes_wipe(real);
	routes_wipe(real);
	udp_wipe(real);
	entropy_wipe(&real->entropy);
	loop_wipe(real);
	mem_free(real);
}
