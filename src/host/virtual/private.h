/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual world in parts. Whatever happens later is an entry in one agenda, ordered by time and
 * then by the order of being put there; every chance comes from a generator seeded by the world's
 * seed. Each host has a generator of its own, so that one host's drawing changes nothing for the
 * others. */
#ifndef VANTH_HOST_VIRTUAL_PRIVATE_H
#define VANTH_HOST_VIRTUAL_PRIVATE_H

#include "base/table.h"
#include "host/virtual.h"

/* ---- generator.c: xoshiro256** ---- */

struct generator {
	uint64_t state[4];
};
/* Streams of one seed are independent of each other. */
void generator_init(struct generator *generator, uint64_t seed, uint64_t stream);
uint64_t generator_next(struct generator *generator);
void generator_fill(struct generator *generator, void *out, size_t len);

/* ---- agenda.c: what is due when ---- */

struct agenda_entry {
	usec_t due;
	uint64_t order; /* among equal due: first come, first served */
	uint32_t index; /* position in the heap plus one; 0: not in it */
	void (*fire)(struct agenda_entry *entry);
};
struct agenda {
	struct agenda_entry **heap;
	uint32_t count, reserved, cap;
	uint64_t orders;
};
/* Room for one entry more; agenda_set() then cannot fail. */
enum rc agenda_reserve(struct agenda *agenda) MUST_CHECK;
void agenda_release(struct agenda *agenda);
void agenda_set(struct agenda *agenda, struct agenda_entry *entry, usec_t due);
void agenda_cancel(struct agenda *agenda, struct agenda_entry *entry);
usec_t agenda_next(const struct agenda *agenda); /* USEC_NEVER: nothing */
struct agenda_entry *agenda_pop(struct agenda *agenda);
void agenda_free(struct agenda *agenda);

/* ---- world.c ---- */

struct world {
	uint64_t seed;
	usec_t now;
	struct generator tests, chance; /* world_random(); the network */
	struct agenda agenda;
	struct list hosts; /* of struct virtual.in_world */
	uint64_t host_ids;
	struct list deferring; /* of struct virtual.in_deferring: hosts that have deferred work */
	struct list working;   /* of struct virtual.in_working: hosts that have jobs */
	struct table addresses;
	struct list flights; /* of struct flight.in_world */
	uint64_t flight_ids;
	struct impair impair;
	struct list cuts, nats, names;
	struct list pages; /* of struct page.in_world: what is served */
	bool (*tap)(void *context, struct flight *flight);
	void *tap_context;
	void (*spawning)(void *context, struct host *host, const struct spawn_request *request,
			 struct world_program *program);
	void *spawning_context;
	bool manual, hold_jobs;
};

/* ---- virtual_host.c ---- */

struct virtual
{
	struct host host;
	struct world *world;
	uint64_t id; /* never used again, for what may outlive the host */
	char *name;
	struct list in_world, in_deferring, in_working;
	struct list addresses; /* of struct virtual_address.in_host */
	struct list deferred;  /* of struct deferred.queue */
	struct list jobs;      /* of struct job.queue: not worked yet */
	struct list late;      /* of struct late_job.in_host: worked, result delayed */
	struct list resolves;  /* of struct resolve.in_host */
	struct list fetches;   /* of struct fetch.in_host */
	struct list spawns;    /* of struct spawn.in_host */
	struct generator random;
	struct agenda_entry wake, change;
	void (*wake_fn)(void *context);
	void *wake_context;
	host_change_fn change_fn;
	void *change_context;
	uint16_t port, natt_port; /* 0: not listening */
	host_receive_fn receive;
	void *receive_context;
	struct ip_addr *limit;
	size_t limit_count;
	bool strict;
};

struct virtual_address {
	struct table_node node; /* in world.addresses */
	struct list in_host;
	struct ip_addr addr;
	struct virtual *host;
};

static inline struct virtual *virtual_of(struct host *host)
{
	return container_of(host, struct virtual, host);
}
/* NULL: nobody has it. */
struct virtual_address *world_find_address(struct world *world, const struct ip_addr *addr);
bool virtual_run_deferred(struct world *world); /* one; false: there was none */

/* ---- virtual_routes.c ---- */

enum rc virtual_route_to(struct host *host, const struct ip_addr *remote,
			 struct host_route *out) MUST_CHECK;
enum rc virtual_source_for(struct host *host, const struct ip_addr *remote,
			   struct ip_addr *out) MUST_CHECK;
bool virtual_is_local(struct host *host, const struct ip_addr *addr);
size_t virtual_addresses(struct host *host, struct ip_addr *out, size_t max);
enum rc virtual_default_route(struct host *host, uint8_t family, struct ip_addr *source,
			      struct ip_addr *gateway) MUST_CHECK;

/* ---- virtual_jobs.c ---- */

void virtual_job_submit(struct host *host, struct job *job);
unsigned virtual_workers(struct host *host);
bool virtual_run_job(struct world *world); /* one; false: there was none */
void virtual_finish_jobs(struct virtual *virtual);

/* ---- virtual_dns.c ---- */

struct resolve *virtual_resolve(struct host *host, const char *name, host_resolve_fn fn,
				void *context);
void virtual_resolve_cancel(struct host *host, struct resolve *resolve);
void virtual_forget_resolves(struct virtual *virtual);
void world_forget_names(struct world *world);

/* ---- virtual_fetch.c ---- */

struct fetch *virtual_fetch(struct host *host, const struct fetch_request *request,
			    host_fetch_fn fn, void *context);
void virtual_fetch_cancel(struct host *host, struct fetch *fetch);
void virtual_forget_fetches(struct virtual *virtual);
void world_forget_pages(struct world *world);

/* ---- virtual_spawn.c ---- */

struct spawn *virtual_spawn(struct host *host, const struct spawn_request *request,
			    host_spawn_fn fn, void *context);
void virtual_spawn_cancel(struct host *host, struct spawn *spawn);
void virtual_forget_spawns(struct virtual *virtual);

/* ---- virtual_udp.c ---- */

enum rc virtual_udp_listen(struct host *host, uint16_t port, uint16_t natt_port,
			   host_receive_fn receive, void *context, struct diag *diag) MUST_CHECK;
enum rc virtual_udp_limit(struct host *host, const struct ip_addr *addrs, size_t count) MUST_CHECK;
enum rc virtual_udp_send(struct host *host, const struct ip_endpoint *local,
			 const struct ip_endpoint *remote, struct span payload) MUST_CHECK;
enum rc virtual_udp_keepalive(struct host *host, const struct ip_endpoint *local,
			      const struct ip_endpoint *remote) MUST_CHECK;
/* What arrives at the host's doorstep. */
void virtual_udp_receive(struct virtual *virtual, const struct ip_endpoint *from,
			 const struct ip_endpoint *to, struct span bytes);

/* ---- network.c ---- */

/* sender NULL: from nowhere. The marker comes before the payload on a NAT-T port. */
enum rc network_send(struct world *world, const struct virtual *sender,
		     const struct ip_endpoint *from, const struct ip_endpoint *to,
		     struct span marker, struct span payload) MUST_CHECK;
void network_wipe(struct world *world);

/* ---- nat.c ---- */

/* Rewrites *from where the datagram leaves a NAT box's inside. */
enum rc nat_outbound(struct world *world, struct ip_endpoint *from,
		     const struct ip_endpoint *to) MUST_CHECK;
/* Rewrites *to where it is a NAT box's outside; false: no mapping, the datagram is lost. */
bool nat_inbound(struct world *world, const struct ip_endpoint *from, struct ip_endpoint *to);
void nat_wipe(struct world *world);

#endif
