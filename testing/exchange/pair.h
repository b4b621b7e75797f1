/* SPDX-License-Identifier: Apache-2.0 */
/* Two whole gateways in one process, joined by a simulated network: what exchange tests play with. */
#ifndef VANTH_TEST_PAIR_H
#define VANTH_TEST_PAIR_H

#include "engine/gateway.h"
#include "host/virtual.h"
#include "kernel/simulated.h"

struct end {
	struct host *host;
	struct kernel *kernel;
	struct log *log;
	struct gateway *gateway;
	unsigned ike_up, child_up, failed, ike_down, child_down;
	enum rc last_reason;
	char last_text[512];
	struct watcher watcher;
};
struct pair {
	struct world *world;
	struct end west, east; /* 192.0.2.1 and 192.0.2.2 */
};

#define WEST_ADDRESS "192.0.2.1"
#define EAST_ADDRESS "192.0.2.2"
#define PAIR_CONN                                                                                  \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"              \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"
#define PAIR_SECRETS "@west @east : PSK \"correct horse battery staple\"\n"

/* NULL: PAIR_CONN, PAIR_SECRETS. Both are started. Fails the test when a configuration is bad. */
void pair_start(struct pair *pair, uint64_t seed, const char *west_conf, const char *east_conf, const char *west_secrets,
		const char *east_secrets);
void pair_end(struct pair *pair);
void end_start(struct world *world, struct end *end, const char *name, const char *address, const char *conf,
	       const char *secrets);
void end_free(struct end *end);
/* `ipsec up t` on that end. */
void end_up(struct end *end, const char *name);
/* Exactly one Child SA pair on which both ends and both kernels agree, and packets arrive both ways. */
void pair_assert_tunnel(struct pair *pair);
/* No SA, no policy, nothing half-open at this end. */
void end_assert_empty(struct end *end);
enum simulated_verdict pair_ping(struct pair *pair, bool from_west);

#endif
