/* SPDX-License-Identifier: Apache-2.0 */
/* A world in one process for exchange and sim tests: many hosts, one clock, one network, one seed.
 * Nothing happens but in world_step/world_run; the same seed gives the same history. */
#ifndef VANTH_HOST_VIRTUAL_H
#define VANTH_HOST_VIRTUAL_H

#include "base/impair.h"
#include "host/host.h"

struct world;

struct world *world_new(uint64_t seed);
void world_free(struct world *world); /* hosts too */
usec_t world_now(const struct world *world);
/* A random number of the world's own generator, for tests that need one. */
uint64_t world_random(struct world *world);

/* A host with its addresses. Freed with the world, or earlier: jobs still out are then completed,
 * everything else of it is forgotten without a callback, as host_real_free() does. NULL: out of
 * memory. */
struct host *world_host(struct world *world, const char *name);
const char *world_host_name(struct host *host);
void world_host_free(struct host *host);
/* RC_EXISTS when any host of the world has it. */
enum rc world_host_add_address(struct host *host, const char *address) MUST_CHECK;
void world_host_remove_address(struct host *host, const char *address);
/* Its struct host_route.strict, from now on. */
void world_host_strict(struct host *host, bool strict);
/* For DNS: name resolves to address (several calls add); "" removes. */
enum rc world_host_dns(struct world *world, const char *name, const char *address);

/* For host_ops.fetch: what a URL gives from now on. */
enum served {
	SERVE_NOTHING, /* no such server: an error at once (so does a URL never served) */
	SERVE_BODY,    /* the answer; more than the asker wants is RC_LIMIT */
	SERVE_MISSING, /* status 404 */
	SERVE_HANG,    /* the asker's time limit passes */
	SERVE_ENDLESS, /* never ends: RC_LIMIT */
};
enum rc world_serve(struct world *world, const char *url, enum served served,
		    struct span body) MUST_CHECK;
/* How often a URL was asked for; the body of the last POST to it (valid until the next). */
unsigned world_served(const struct world *world, const char *url, struct span *posted);

/* For host_ops.spawn: what a program does. It ends after `takes`, or when its time is over. */
struct world_program {
	enum spawn_end end;
	int code;
	usec_t takes;
	const char *output; /* lines; copied */
};
/* Called for every program that begins; *program says that it exits at once with status 0. fn NULL:
 * there are no programs (SPAWN_FAILED, ENOENT). */
void world_on_spawn(struct world *world,
		    void (*fn)(void *context, struct host *host,
			       const struct spawn_request *request, struct world_program *program),
		    void *context);

/* Datagrams in flight. With manual delivery (the default is automatic after the link's delay) a
 * test chooses what happens to each, and nothing is impaired. from and to are what the network
 * sees: outside of NAT boxes. */
struct flight {
	struct list in_world; /* first: oldest */
	uint64_t id;
	struct ip_endpoint from, to;
	usec_t arrives;
	uint8_t *bytes; /* with the non-ESP marker when natt */
	size_t len;
};
void world_manual(struct world *world, bool manual);
struct list *world_flights(struct world *world); /* of struct flight.in_world */
/* At once, not in the next step; consumes it. */
void world_deliver(struct world *world, struct flight *flight);
enum rc world_duplicate(struct world *world, struct flight *flight); /* delivers a copy */
void world_drop(struct world *world, struct flight *flight);
/* A datagram from nowhere: no tap sees it, no NAT box changes its source. */
enum rc world_inject(struct world *world, const struct ip_endpoint *from,
		     const struct ip_endpoint *to, struct span bytes) MUST_CHECK;
/* Every datagram sent, before impairments; may change the bytes and shorten len; return false
 * to lose it. */
void world_tap(struct world *world, bool (*tap)(void *context, struct flight *flight),
	       void *context);

struct world_network { /* per mille; delays in microseconds */
	unsigned loss, duplicate, corrupt, reorder;
	usec_t delay, jitter;
};
void world_set_network(struct world *world, const struct world_network *network);
/* The same and job_delay, as impair_parse() reads them. */
void world_set_impair(struct world *world, const struct impair *impair);
/* A NAT box: packets from inside get `outside` with ports of its own, a new one for each inside
 * endpoint and remote endpoint; back only from that remote, to mappings used in the last `expiry`
 * microseconds. */
enum rc world_nat(struct world *world, const char *inside_subnet, const char *outside,
		  usec_t expiry) MUST_CHECK;
void world_nat_flush(struct world *world);
/* The way of a packet that is no flight (ESP): *from becomes what the receiver sees, *to the
 * address behind the NAT boxes. Opens and uses mappings as a datagram does. false: it is lost on
 * the way. */
bool world_path(struct world *world, struct ip_endpoint *from, struct ip_endpoint *to);
/* No packets between a and b; those in flight are lost when they arrive. */
enum rc world_partition(struct world *world, struct host *a, struct host *b, bool cut);

/* Jobs: by default done in the next step; a test may hold them to interleave other events. */
void world_hold_jobs(struct world *world, bool hold);
size_t world_jobs_waiting(const struct world *world);
bool world_run_job(struct world *world); /* one, also while held; false: none waits */

/* One event (deferred, job, delivery or timer; time moves only when nothing else is due). false:
 * nothing left. */
bool world_step(struct world *world);
/* Steps until nothing is due before `duration` has passed; then the clock stands at now + duration.
 */
void world_run(struct world *world, usec_t duration);
/* Runs what is due now, without moving the clock. */
void world_settle(struct world *world);

#endif
