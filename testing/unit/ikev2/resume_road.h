/* SPDX-License-Identifier: Apache-2.0 */
/* A road with a session that west has lost and is about to resume. */
#ifndef VANTH_TEST_RESUME_ROAD_H
#define VANTH_TEST_RESUME_ROAD_H

#include "ikev2/resume.h"
#include "sa/extra.h"
#include "unit/ikev2/road.h"

#define RESUMES PAIR_CONN "\tsession-resumption=yes\n"

/* West's IKE SA is gone, its ticket kept; deliveries are by hand from here on. */
static inline void road_lost(struct road *road, const char *east)
{
	struct ike_sa *sa;

	road_up(road, RESUMES, east);
	sa = road_sa(&road->pair.west);
	world_manual(road->pair.world, true);
	gateway_unwatch(&road->pair.west.watcher);
	ike_down(road->pair.west.gateway, sa, RC_TIMEOUT, "lost");
	gateway_watch(road->pair.west.gateway, &road->pair.west.watcher);
	road->count = 0;
	world_settle(road->pair.world);
}

static inline void road_deliver(struct road *road)
{
	assert_false(list_empty(world_flights(road->pair.world)));
	world_deliver(road->pair.world,
		      container_of(world_flights(road->pair.world)->next, struct flight, in_world));
	world_settle(road->pair.world);
}

#endif
