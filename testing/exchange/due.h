/* SPDX-License-Identifier: Apache-2.0 */
/* What falls due at one end of a pair or at both, and how the datagrams of it come. */
#ifndef EXCHANGE_DUE_H
#define EXCHANGE_DUE_H
#include "exchange/pair.h"
#include "unit/test.h"

#define SEC USEC_PER_SEC
#define SIBLINGS                                                                                   \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnets={10.1.0.0/24,10.3.0.0/24}\n\trightsubnet=10.2.0.0/24\n"                     \
	"\tauthby=secret\n"

typedef void (*due_fn)(struct end *end);

static inline struct tunnel *tunnel_of(const struct end *end)
{
	return peers_tunnel(&end->gateway->peers, "t");
}

static inline struct child_sa *child_of(const struct end *end)
{
	return tunnel_current(tunnel_of(end));
}

static inline void child_due(struct end *end)
{
	struct child_sa *child = child_of(end);

	assert_non_null(child);
	child->replace_at = host_now(end->host);
	peer_dirty(tunnel_of(end)->peer);
}

static inline void ike_due(struct end *end)
{
	struct child_sa *child = child_of(end);

	assert_non_null(child);
	child->ike->replace_at = host_now(end->host);
	peer_dirty(tunnel_of(end)->peer);
}

static inline void child_ends(struct end *end)
{
	struct child_sa *child = child_of(end);

	child->delete_wanted = true;
	child->delete_reason = RC_REPLACED;
	peer_dirty(child->tunnel->peer);
}

static inline void ike_ends(struct end *end)
{
	struct ike_sa *sa = child_of(end)->ike;

	sa->delete_wanted = true;
	sa->delete_reason = RC_OPERATOR;
	peer_dirty(sa->peer);
}

static inline void nothing_due(struct end *end)
{
	(void)end;
}

/* West's is due, and east's after so many deliveries. At each the seed tells which of the datagrams
 * in flight comes next, and which one (if any; -1: none) is lost or comes twice. */
static inline void play_out(struct pair *pair, due_fn west, due_fn east, int after, uint64_t order,
			    int lose, int twice)
{
	int n = 0;

	world_manual(pair->world, true);
	west(&pair->west);
	for (unsigned rounds = 0; rounds < 80; rounds++) {
		struct list *flights = world_flights(pair->world);
		if (n == after && child_of(&pair->east) != NULL)
			east(&pair->east);
		world_settle(pair->world);
		if (list_empty(flights))
			break;
		struct list *node =
			(order >> (rounds % 20) & 1) != 0 ? flights->next : flights->prev;
		struct flight *flight = container_of(node, struct flight, in_world);
		if (n == twice)
			assert_int_equal(world_duplicate(pair->world, flight), RC_OK);
		if (n++ == lose)
			world_drop(pair->world, flight);
		else
			world_deliver(pair->world, flight);
		world_settle(pair->world);
	}
	world_manual(pair->world, false);
}

#endif
