/* SPDX-License-Identifier: Apache-2.0 */
/* A pair of which west misbehaves with its real keys, and a third gateway, south, with a tunnel to
 * east too, which must not notice. */
#ifndef VANTH_TEST_COMPANY_H
#define VANTH_TEST_COMPANY_H

#include <stdio.h>
#include "unit/ikev2/road.h"

#define COMPANY_SOUTH                                                                              \
	"conn s\n\tleft=192.0.2.3\n\tright=192.0.2.2\n\tleftid=@south\n\trightid=@east\n"          \
	"\tleftsubnet=10.3.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"
#define COMPANY_SECRETS ": PSK \"correct horse battery staple\"\n"

struct company {
	struct road road;
	struct end south;
};

/* Both tunnels are up; more: further lines for west's and east's conn t. */
static inline void company_begin(struct company *c, const char *more)
{
	char west[1024], east[1024];

	memset(c, 0, sizeof(*c));
	arena_init(&c->road.arena, 1u << 26);
	snprintf(west, sizeof(west), "%s%s", PAIR_CONN, more);
	snprintf(east, sizeof(east), "%s%s%s", PAIR_CONN, more, COMPANY_SOUTH);
	pair_start(&c->road.pair, 1, west, east, COMPANY_SECRETS, COMPANY_SECRETS);
	world_tap(c->road.pair.world, road_listen, &c->road);
	end_start(c->road.pair.world, &c->south, "south", "192.0.2.3", COMPANY_SOUTH,
		  COMPANY_SECRETS);
	end_up(&c->south, "s");
	end_up(&c->road.pair.west, "t");
	road_run(&c->road, 2 * USEC_PER_SEC);
	assert_int_equal(c->road.pair.east.gateway->sas.child_count, 2);
	c->road.count = 0;
}

/* South has seen nothing of it. */
static inline void company_end(struct company *c)
{
	assert_int_equal(c->south.child_down, 0);
	assert_int_equal(c->south.child_up, 1);
	end_free(&c->south);
	road_end(&c->road);
}

static inline struct child_sa *company_child(struct end *end, const char *tunnel)
{
	return tunnel_current(peers_tunnel(&end->gateway->peers, tunnel));
}

#endif
