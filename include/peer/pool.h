/* SPDX-License-Identifier: Apache-2.0 */
/* Pools of addresses for clients (rightaddresspool=, RFC 7296 §2.19). Conns with equal ranges share
 * one pool. A lease belongs to an identity: who comes again gets the same address, until the pool
 * has no other address left for somebody else. */
#ifndef VANTH_PEER_POOL_H
#define VANTH_PEER_POOL_H

#include "base/table.h"
#include "config/config.h"
#include "host/host.h"

struct pools;
struct pool_lease;

enum rc pools_new(struct host *host, struct pools **out) MUST_CHECK;
void pools_free(struct pools *pools); /* no lease may be in use; NULL: nothing */

/* Who wants an address, and from which pools. */
struct pool_wish {
	const struct config_pool *pools; /* those of another IP version are passed over */
	unsigned pool_count;
	uint8_t family;
	const struct identity *owner; /* ID_NULL, ID_NONE: nobody that one could know again */
	bool share;		      /* the lease that is in use by the owner is taken over */
	struct ip_addr asked;	      /* what the client had before; AF_UNSPEC: it does not say */
};
/* In this order: the owner's lease, the address asked for if nobody has or had it, one that nobody
 * had, the one that was given back first. The caller holds it: pool_lease_release(). RC_NOT_FOUND:
 * there is no pool of that IP version; RC_NO_ADDRESS, with a diag: all are in use. */
enum rc pools_lease(struct pools *pools, const struct pool_wish *wish, struct pool_lease **out,
		    struct diag *diag) MUST_CHECK;
struct pool_lease *pool_lease_hold(struct pool_lease *lease);
/* Given back by the last who holds it. */
void pool_lease_release(struct pool_lease *lease);
/* One address, or the IPv6 subnet that the client has for itself. */
struct ip_range pool_lease_range(const struct pool_lease *lease);
/* The address that the client is told: of a subnet, the first one behind its anycast address. */
struct ip_addr pool_lease_address(const struct pool_lease *lease);
uint8_t pool_lease_prefix(const struct pool_lease *lease); /* 32, 128, or of the subnet */

/* ---- to be shown ---- */
struct pool_info {
	struct ip_range range;
	uint8_t lease;	     /* prefix length of one */
	uint64_t size;	     /* how many there are; UINT64_MAX: that or more */
	uint64_t used;	     /* in use */
	uint64_t remembered; /* given back, and kept for their owners */
};
/* Calls fn for every pool from which something was leased. */
void pools_walk(const struct pools *pools, void (*fn)(void *context, const struct pool_info *pool),
		void *context);
struct pool_lease_info {
	const struct config_pool *pool;
	int64_t since; /* seconds since 1970: in use, or given back */
	struct ip_addr addr;
	uint8_t prefix;
	const struct identity *owner;
	bool in_use;
};
void pools_walk_leases(struct pools *pools,
		       void (*fn)(void *context, const struct pool_lease_info *lease),
		       void *context);
/* The same in slices, as table_walk(). */
bool pools_walk_slice(struct pools *pools, uint64_t *cursor, size_t max,
		      void (*fn)(void *context, const struct pool_lease_info *lease),
		      void *context);

/* ---- over a restart ---- */
/* Grows with whatever leases change. */
uint64_t pools_changes(const struct pools *pools);
typedef void (*pools_changed_fn)(void *context, const struct pool_lease_info *lease);
/* fn is called when a lease was taken or given back (in_use does not count). NULL: nobody is told
 * any more. */
void pools_on_change(struct pools *pools, pools_changed_fn fn, void *context);
/* A lease of an earlier run, as one that was given back then; to be called with the oldest first.
 * addr, since, owner and pool of info count. RC_NOT_FOUND: it does not lie in its pool; RC_EXISTS:
 * the address is somebody's, or the owner has one; RC_LIMIT: enough are remembered. */
enum rc pools_remember(struct pools *pools, const struct pool_lease_info *info) MUST_CHECK;

#endif
