/* SPDX-License-Identifier: Apache-2.0 */
/* The outside world as an interface. host/real makes one of libevent, sockets, the clock, the
 * kernel's random numbers and worker threads; host/virtual makes one of a stepped clock, a seeded
 * generator and a simulated network. All callbacks come on the loop's thread, and every function
 * here is called from it. A callback may call anything but host_real_free(), world_host_free() and
 * the functions that run the loop. */
#ifndef VANTH_HOST_HOST_H
#define VANTH_HOST_HOST_H

#include "base/addr.h"
#include "base/list.h"
#include "base/timer.h"

struct host;
struct impair;
struct log;

/* A datagram that arrived on a socket of ours. payload is valid during the call only; on a NAT-T
 * socket (port 4500) the four zero bytes of the non-ESP marker are already taken off, and
 * keepalives (one 0xff) never come up. */
struct datagram {
	struct ip_endpoint local; /* the address it was sent to and our port */
	struct ip_endpoint remote;
	bool natt; /* came on a NAT-T socket */
	struct span payload;
};
typedef void (*host_receive_fn)(void *context, const struct datagram *datagram);

/* Slow work. `work` runs on a worker thread and may touch only the job; `done` runs on the loop,
 * always, also when the gateway lost interest (done must then look up by serial and find nothing).
 * The owner embeds it. */
struct job {
	void (*work)(struct job *job, unsigned worker); /* worker: 0 .. host_workers()-1 */
	void (*done)(struct job *job);
	struct list queue; /* the host's */
};

/* Work for the end of this loop turn, e.g. flushing a batch. Queued at most once, run in the order
 * queued; what is deferred while these run comes in the next turn. The owner embeds it, zeroed, and
 * cancels before it goes. */
struct deferred {
	void (*run)(struct deferred *deferred);
	struct list queue;
};
static inline void deferred_cancel(struct deferred *deferred)
{
	list_remove(&deferred->queue);
}

struct resolve; /* a DNS query in flight */
/* addrs is valid during the call only. count 0: not found; error then says why (else it is NULL).
 */
typedef void (*host_resolve_fn)(void *context, const struct ip_addr *addrs, size_t count,
				const char *error);

struct fetch; /* an HTTP request in flight */
struct fetch_request {
	const char *url;	  /* http:// only; copied */
	struct span body;	  /* not empty: a POST with it; copied */
	const char *content_type; /* of the body */
	usec_t limit;		  /* for all of it: waiting for a turn, DNS, redirects, transfer */
	size_t size_max;	  /* of the answer; a longer one is cut off and refused */
};
#define FETCH_AT_ONCE	    16 /* others wait for their turn */
#define FETCH_REDIRECTS_MAX 3
/* RC_OK: body is the answer (status 200), valid during the call only. RC_TIMEOUT, RC_LIMIT (too
 * large), RC_NOT_FOUND (the server says no), RC_SYNTAX (the URL), RC_IO: error says why. */
typedef void (*host_fetch_fn)(void *context, enum rc rc, struct span body, const char *error);

struct spawn;		    /* a program that runs */
#define SPAWN_LINE_MAX	256 /* of its output; longer ones are cut */
#define SPAWN_LINES_MAX 64  /* so many are handed on; of the rest only the last one is told */
/* argv[0]: an absolute path, or a name that is looked for where programs usually are. No shell
 * comes in between. env: "NAME=value"; it gets these, a PATH, and nothing else of our environment.
 */
struct spawn_request {
	const char *const *argv, *const *env; /* each ended by NULL; copied */
	const char *input;		      /* what it reads; copied; NULL: nothing */
	usec_t limit;			      /* so long after it began it is killed */
	/* a line of what it writes (stdout or stderr), valid during the call; NULL: not wanted */
	void (*line)(void *context, const char *line);
};
enum spawn_end {
	SPAWN_EXITED,	 /* code: its exit status */
	SPAWN_SIGNALLED, /* code: the signal that ended it */
	SPAWN_TIMEOUT,	 /* it was killed, with its process group */
	SPAWN_FAILED,	 /* it could not be started; code: errno */
};
struct spawn_result {
	enum spawn_end end;
	int code;
	const char *last; /* the last line that is not empty; "": it wrote nothing */
};
/* result is valid during the call only. */
typedef void (*host_spawn_fn)(void *context, const struct spawn_result *result);

/* A link or address of this machine came or went, or a route changed. */
typedef void (*host_change_fn)(void *context);

/* Where the real host looks for programs without a path, in this order; ended by NULL. */
extern const char *const host_program_folders[];

#define HOST_READ  1u
#define HOST_WRITE 2u
struct watch; /* a file descriptor being watched */
typedef void (*host_watch_fn)(void *context, unsigned what);

/* A turn of the loop, from its first callback to the end of its deferred work. */
struct host_turn {
	usec_t length;
	usec_t cpu; /* time that the loop's thread really had in one; perhaps another one */
};

/* The way out of this machine to an address, tunnels of ours left aside. */
struct host_route {
	char device[16];	/* "" when not known */
	struct ip_addr source;	/* what Linux sends with */
	struct ip_addr gateway; /* AF_UNSPEC: the address is on that link */
	/* Linux drops what comes in by it from addresses that it has another way to (sysctl
	 * rp_filter, 1; IPv4 only) */
	bool strict;
};
/* Routes of tunnels that an address of their own peer lies in stand in a table of their own; what
 * has this mark (IKE, ESP, our own questions) does not look there. */
#define HOST_TABLE_MAIN	   254
#define HOST_TABLE_TUNNELS 86
#define HOST_MARK_OUTSIDE  0x56414e54u /* "VANT" */
/* The protocol number of what is ours among routes, rules and addresses. */
#define HOST_PROTOCOL 86

struct host_ops {
	usec_t (*now)(struct host *host);   /* monotonic; cached for one loop turn */
	int64_t (*wall)(struct host *host); /* seconds since 1970 */
	/* This loop turn has lasted some milliseconds already: what can wait for the next one
	 * shall. NULL: turns have no length (virtual). */
	bool (*turn_over)(struct host *host);
	/* The longest of each kind since the start: so long nobody was listened to. NULL as above.
	 */
	struct host_turn (*longest_turn)(struct host *host);
	enum rc (*random)(struct host *host, void *out, size_t len); /* cryptographic */
	/* One wake-up at a time; a later call replaces the earlier. Used by the gateway's timer
	 * queue. */
	void (*wake_at)(struct host *host, usec_t when, void (*fn)(void *context), void *context);
	/* Opens sockets for every local address (and again for those that come later) on port 500
	 * and 4500, or those given. natt_port 0: none. receive NULL: closes them all. */
	enum rc (*udp_listen)(struct host *host, uint16_t port, uint16_t natt_port,
			      host_receive_fn receive, void *context, struct diag *diag);
	/* Limit listening to these addresses (before udp_listen); count 0: all. */
	enum rc (*udp_limit)(struct host *host, const struct ip_addr *addrs, size_t count);
	/* Sends from local (address and port of ours; 0.0.0.0 or ::, the kernel chooses the
	 * address) to remote; adds the non-ESP marker when local.port is the NAT-T port. RC_IO when
	 * the network says no at once; UDP loss is silent. */
	enum rc (*udp_send)(struct host *host, const struct ip_endpoint *local,
			    const struct ip_endpoint *remote, struct span payload);
	/* A raw byte 0xff, RFC 3948 §2.3. */
	enum rc (*udp_keepalive)(struct host *host, const struct ip_endpoint *local,
				 const struct ip_endpoint *remote);
	/* Which local address the kernel would use to reach remote; RC_NOT_FOUND when unreachable.
	 */
	enum rc (*source_for)(struct host *host, const struct ip_addr *remote, struct ip_addr *out);
	/* An address of this machine, and not one that udp_limit() leaves out. */
	bool (*is_local)(struct host *host, const struct ip_addr *addr);
	/* The addresses that is_local() says yes to, as many as fit; NULL: not known. */
	size_t (*addresses)(struct host *host, struct ip_addr *out, size_t max);
	/* Address of the interface that the default route leaves by; gateway may be NULL, and is
	 * AF_UNSPEC where the route has none (point-to-point links). */
	enum rc (*default_route)(struct host *host, uint8_t family, struct ip_addr *source,
				 struct ip_addr *gateway);
	/* RC_NOT_FOUND when unreachable. */
	enum rc (*route_to)(struct host *host, const struct ip_addr *remote,
			    struct host_route *out);
	/* One listener; fn NULL: none. Bursts are told once; routes of ours are not. */
	void (*on_change)(struct host *host, host_change_fn fn, void *context);
	unsigned (*workers)(struct host *host);
	void (*job_submit)(struct host *host, struct job *job);
	void (*defer)(struct host *host, struct deferred *deferred);
	/* Asynchronous DNS, both families; fn is never called from within. The handle is gone when
	 * fn is called, also for a numeric name. Cancel: fn is never called. NULL: out of memory.
	 */
	struct resolve *(*resolve)(struct host *host, const char *name, host_resolve_fn fn,
				   void *context);
	void (*resolve_cancel)(struct host *host, struct resolve *resolve);
	/* Asynchronous; fn is never called from within, and the handle is gone when it is called.
	 * Without cookies, proxies and passwords, whatever the environment says. Cancel: fn is
	 * never called. NULL: out of memory. */
	struct fetch *(*fetch)(struct host *host, const struct fetch_request *request,
			       host_fetch_fn fn, void *context);
	void (*fetch_cancel)(struct host *host, struct fetch *fetch);
	/* Runs a program in a process group of its own, with / as its directory, its input
	 * to read, and no file of ours but the end of a pipe that it writes to. fn is never called
	 * from within, and the handle is gone when it is called: when the program has ended,
	 * whatever it has left running, or its time is over. Cancel: it is killed, and fn is never
	 * called. NULL: out of memory. */
	struct spawn *(*spawn)(struct host *host, const struct spawn_request *request,
			       host_spawn_fn fn, void *context);
	void (*spawn_cancel)(struct host *host, struct spawn *spawn);
	/* Real hosts only (virtual: NULL). what 0: not now. The fd stays the caller's. NULL: out of
	 * memory. */
	struct watch *(*watch)(struct host *host, int fd, unsigned what, host_watch_fn fn,
			       void *context);
	void (*watch_change)(struct host *host, struct watch *watch, unsigned what);
	void (*unwatch)(struct host *host, struct watch *watch);
};

struct host {
	const struct host_ops *ops;
};

static inline usec_t host_now(struct host *host)
{
	return host->ops->now(host);
}
static inline bool host_turn_over(struct host *host)
{
	return host->ops->turn_over != NULL && host->ops->turn_over(host);
}
static inline enum rc host_random(struct host *host, void *out, size_t len)
{
	return host->ops->random(host, out, len);
}

/* ---- host/real ---- */

struct host_real_options {
	unsigned workers; /* 0: one per CPU */
	struct log *log;
};
enum rc host_real_new(const struct host_real_options *options, struct host **out,
		      struct diag *diag) MUST_CHECK;
/* Jobs still out are completed first, work and then done, so that their owners can free them (done
 * may submit more). Everything else is forgotten without a callback: deferred work, DNS queries,
 * watches, wake-ups. */
void host_real_free(struct host *host);
/* Runs until host_real_stop(). */
enum rc host_real_run(struct host *host) MUST_CHECK;
void host_real_stop(struct host *host); /* from the loop's thread */
/* fn runs on the loop when the signal arrives. */
enum rc host_real_signal(struct host *host, int signal, void (*fn)(void *context, int signal),
			 void *context) MUST_CHECK;
/* What happens from now on to the datagrams we send: drop, duplicate, corrupt, reorder, delay,
 * jitter. NULL: nothing. For tests. */
void host_real_impair(struct host *host, const struct impair *impair);

#endif
