/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for when something is due. */
#ifndef VANTH_TEST_RENEWAL_H
#define VANTH_TEST_RENEWAL_H

#include "unit/ikev2/road.h"

/* The Child SA of that end, or its IKE SA, is due now; the wire is stopped after the request. */
static inline void renewal_begin(struct road *road, struct end *end, bool ike)
{
	struct child_sa *child = tunnel_current(road_tunnel(end));

	world_manual(road->pair.world, true);
	if (ike)
		child->ike->replace_at = host_now(end->host);
	else
		child->replace_at = host_now(end->host);
	peer_dirty(child->tunnel->peer);
	world_settle(road->pair.world);
}

static inline void renewal_deliver(struct road *road)
{
	struct list *flights = world_flights(road->pair.world);

	assert_false(list_empty(flights));
	world_deliver(road->pair.world, container_of(flights->next, struct flight, in_world));
	world_settle(road->pair.world);
}

/* `from` answers the request that is out with what `fill` writes. */
static inline void renewal_answer(struct road *road, struct end *from,
				  void (*fill)(struct writer *writer))
{
	struct outcome_message message = road_inner(road, EXCHANGE_CREATE_CHILD_SA, fill);
	struct ike_sa *sa = road_sa(from);
	uint8_t buffer[2048];
	struct sink sink;

	message.response = true;
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(sa, sa->seal_counter++, sa->recv_next++, &message, &sink),
			 RC_OK);
	while (!list_empty(world_flights(road->pair.world)))
		world_drop(road->pair.world, container_of(world_flights(road->pair.world)->next,
							  struct flight, in_world));
	assert_int_equal(
		world_inject(road->pair.world, &sa->local, &sa->remote, sink_written(&sink)),
		RC_OK);
	renewal_deliver(road);
}

#endif
