/* SPDX-License-Identifier: Apache-2.0 */
/* The real host in parts. One thread runs the loop; workers and resolver threads only ever touch
 * what lies between their mutex' lock and unlock, and ring an eventfd that the loop watches. */
#ifndef VANTH_HOST_REAL_REAL_H
#define VANTH_HOST_REAL_REAL_H

#include <event2/event.h>
#include <pthread.h>
#include "base/impair.h"
#include "base/secret.h"
#include "host/host.h"
#include "log/log.h"

struct real;

/* ---- loop.c: turns, the clock, wake-ups, deferred work ---- */

/* A timer of the loop for the host's own use. */
struct ticker {
	struct real *real;
	struct event *event;
	void (*fn)(void *context);
	void *context;
};
enum rc ticker_init(struct ticker *ticker, struct real *real, void (*fn)(void *context),
		    void *context) MUST_CHECK;
void ticker_wipe(struct ticker *ticker);
void ticker_set(struct ticker *ticker, usec_t delay);

struct loop {
	struct event_base *base;
	struct list deferred; /* of struct deferred.queue */
	struct list watches;  /* of struct watch.queue */
	struct list signals;
	struct ticker wake;
	usec_t wake_due; /* USEC_NEVER: none */
	bool wake_moved; /* the ticker does not stand at wake_due yet */
	void (*wake_fn)(void *context);
	void *wake_context;
	usec_t turn_started; /* 0: between turns */
	usec_t turn_cpu;     /* the thread's CPU clock then */
	struct host_turn longest;
	bool stop;
};
enum rc loop_init(struct real *real, struct diag *diag) MUST_CHECK;
void loop_wipe(struct real *real);
/* Every callback of libevent calls this first: the turn's clock starts with its first callback. */
void loop_enter(struct real *real);
usec_t loop_clock(void); /* CLOCK_MONOTONIC, never cached */
usec_t loop_now(struct host *host);
bool loop_turn_over(struct host *host);
struct host_turn loop_longest_turn(struct host *host);
void loop_wake_at(struct host *host, usec_t when, void (*fn)(void *context), void *context);
void loop_defer(struct host *host, struct deferred *deferred);

/* ---- watches.c: file descriptors and signals ---- */

struct watch *watch_new(struct host *host, int fd, unsigned what, host_watch_fn fn, void *context);
void watch_change(struct host *host, struct watch *watch, unsigned what);
void watch_free(struct host *host, struct watch *watch);
void watches_wipe(struct real *real);

/* ---- udp_socket.c, udp_receive.c, udp.c ---- */

#define UDP_SOCKETS_MAX	 4 /* two families, two ports */
#define UDP_BATCH	 8 /* each may take 300 us, and no turn more than 10 ms */
#define UDP_DATAGRAM_MAX 65536

struct udp_socket {
	struct real *real;
	struct watch *watch;
	int fd;
	uint8_t family;
	uint16_t port;
	bool natt;
};

struct udp_batch;
struct udp {
	struct udp_socket sockets[UDP_SOCKETS_MAX];
	size_t count;
	uint64_t generation; /* moves when the sockets change under a running receive */
	host_receive_fn receive;
	void *context;
	struct ip_addr *limit;
	size_t limit_count;
	struct udp_batch *batch;
	struct ticker retry; /* reading again after errors that would not go away */
	struct log_limit errors;
	bool told_encap, told_bypass;
	bool impaired;
	struct impair impair;
	struct list late; /* of struct late_datagram.queue: impaired by a delay */
};
enum rc udp_init(struct real *real) MUST_CHECK;
void udp_wipe(struct real *real);
enum rc udp_listen(struct host *host, uint16_t port, uint16_t natt_port, host_receive_fn receive,
		   void *context, struct diag *diag) MUST_CHECK;
enum rc udp_limit(struct host *host, const struct ip_addr *addrs, size_t count) MUST_CHECK;
bool udp_wanted(const struct udp *udp, const struct ip_addr *local); /* by udp_limit() */
enum rc udp_send(struct host *host, const struct ip_endpoint *local,
		 const struct ip_endpoint *remote, struct span payload) MUST_CHECK;
enum rc udp_keepalive(struct host *host, const struct ip_endpoint *local,
		      const struct ip_endpoint *remote) MUST_CHECK;

/* A bound, configured, non-blocking socket. RC_UNSUPPORTED when this machine lacks the family. */
enum rc udp_socket_open(struct real *real, uint8_t family, uint16_t port, bool natt, int *fd,
			struct diag *diag) MUST_CHECK;

/* What udp_send() does when nothing is impaired. keepalive: payload is its one byte, without a
 * marker. */
enum rc udp_send_plain(struct host *host, const struct ip_endpoint *local,
		       const struct ip_endpoint *remote, struct span payload,
		       bool keepalive) MUST_CHECK;

/* ---- udp_impair.c ---- */

enum rc udp_send_impaired(struct host *host, const struct ip_endpoint *local,
			  const struct ip_endpoint *remote, struct span payload,
			  bool keepalive) MUST_CHECK;
void udp_impair_wipe(struct real *real);

struct udp_batch *udp_batch_new(void);
void udp_batch_free(struct udp_batch *batch);
void udp_receive(void *context, unsigned what); /* a host_watch_fn; context: struct udp_socket */
void udp_resume(void *context);			/* the retry ticker's */

/* ---- routes.c, changes.c ---- */

struct routes {
	int fd; /* NETLINK_ROUTE, for questions; -1: not open */
	uint32_t sequence;
};
void routes_init(struct real *real);
void routes_wipe(struct real *real);
enum rc routes_route_to(struct host *host, const struct ip_addr *remote,
			struct host_route *out) MUST_CHECK;
enum rc routes_source_for(struct host *host, const struct ip_addr *remote,
			  struct ip_addr *out) MUST_CHECK;
bool routes_is_local(struct host *host, const struct ip_addr *addr);
size_t routes_addresses(struct host *host, struct ip_addr *out, size_t max);
enum rc routes_default(struct host *host, uint8_t family, struct ip_addr *source,
		       struct ip_addr *gateway) MUST_CHECK;

struct changes {
	int fd; /* NETLINK_ROUTE, multicast; -1: nobody listens */
	struct watch *watch;
	struct ticker settle;
	bool settling;
	host_change_fn fn;
	void *context;
};
enum rc changes_init(struct real *real) MUST_CHECK;
void changes_wipe(struct real *real);
void changes_listen(struct host *host, host_change_fn fn, void *context);

/* ---- resolver.c ---- */

struct resolver; /* outlives the host while a thread of it is inside getaddrinfo() */
enum rc resolver_init(struct real *real) MUST_CHECK;
void resolver_wipe(struct real *real);
struct resolve *resolver_ask(struct host *host, const char *name, host_resolve_fn fn,
			     void *context);
void resolver_cancel(struct host *host, struct resolve *resolve);

/* ---- fetches.c ---- */

struct fetches;
enum rc fetches_init(struct real *real) MUST_CHECK;
void fetches_wipe(struct real *real);
struct fetch *fetches_start(struct host *host, const struct fetch_request *request,
			    host_fetch_fn fn, void *context);
void fetches_cancel(struct host *host, struct fetch *fetch);

/* ---- spawns.c ---- */

void spawns_init(struct real *real);
/* Nobody is called any more; before the workers end. */
void spawns_close(struct real *real);
/* What still runs is killed. */
void spawns_wipe(struct real *real);
struct spawn *spawns_start(struct host *host, const struct spawn_request *request, host_spawn_fn fn,
			   void *context);
void spawns_cancel(struct host *host, struct spawn *spawn);

/* ---- workers.c ---- */

struct worker {
	struct workers *pool;
	pthread_t thread;
	unsigned index;
};
struct workers {
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	struct list queue; /* of struct job.queue; under the lock, as are the next two */
	struct list finished;
	bool stopping;
	struct host *host;
	int bell; /* eventfd: finished is not empty */
	struct watch *watch;
	struct worker *threads;
	unsigned count;
};
/* count 0: one per CPU. */
enum rc workers_init(struct real *real, unsigned count, struct diag *diag) MUST_CHECK;
void workers_wipe(struct real *real);
unsigned workers_count(struct host *host);
void workers_submit(struct host *host, struct job *job);
/* All signals are blocked in the new thread. */
enum rc thread_start(pthread_t *thread, const char *name, void *(*run)(void *context),
		     void *context) MUST_CHECK;

/* ---- entropy.c ---- */

struct entropy {
	struct secret pool;
	size_t used; /* bytes of the pool already given away, and wiped */
};
void entropy_wipe(struct entropy *entropy);
enum rc entropy_random(struct host *host, void *out, size_t len) MUST_CHECK;

/* ---- real.c ---- */

struct real {
	struct host host;
	struct log *log;
	struct loop loop;
	struct udp udp;
	struct routes routes;
	struct changes changes;
	struct resolver *resolver;
	struct fetches *fetches;
	struct list spawns; /* of struct spawn.in_host */
	struct workers workers;
	struct entropy entropy;
};

static inline struct real *real_of(struct host *host)
{
	return container_of(host, struct real, host);
}

#endif
