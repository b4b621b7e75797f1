/* SPDX-License-Identifier: Apache-2.0 */
/* Two whole gateways in one process, joined by a simulated network: what exchange tests play with.
 */
#ifndef VANTH_TEST_PAIR_H
#define VANTH_TEST_PAIR_H

#include "engine/gateway.h"
#include "host/virtual.h"
#include "kernel/simulated.h"
#include "network/simulated.h"

struct end {
	struct host *host;
	struct kernel *kernel;
	struct network *network;
	struct log *log;
	struct gateway *gateway;
	unsigned ike_up, child_up, failed, ike_down, child_down;
	enum rc last_reason;
	char last_text[512];
	char *journal; /* what was logged */
	size_t journal_len;
	bool stopped;
	struct watcher watcher, denier;
};
struct pair {
	struct world *world;
	struct end west, east; /* 192.0.2.1 and 192.0.2.2 */
};

#define WEST_ADDRESS "192.0.2.1"
#define EAST_ADDRESS "192.0.2.2"
/* without auto= */
#define PAIR_BASE                                                                                  \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"
#define PAIR_CONN    PAIR_BASE "\tauto=add\n"
#define PAIR_START   PAIR_BASE "\tauto=start\n"
#define PAIR_SECRETS "@west @east : PSK \"correct horse battery staple\"\n"

/* NULL: PAIR_CONN, PAIR_SECRETS. Both are started. Fails the test when a configuration is bad. */
void pair_start(struct pair *pair, uint64_t seed, const char *west_conf, const char *east_conf,
		const char *west_secrets, const char *east_secrets);
void pair_end(struct pair *pair);
void end_start(struct world *world, struct end *end, const char *name, const char *address,
	       const char *conf, const char *secrets);
void end_free(struct end *end);
/* The gateway dies without a word (its kernel state stays) and, when conf is not NULL, comes back.
 */
void end_crash(struct end *end);
void end_boot(struct end *end, const char *conf, const char *secrets);
/* `ipsec stop`: end->stopped tells when it is done. */
void end_stop(struct end *end);
/* `ipsec reload` with that configuration. */
void end_reload(struct end *end, const char *conf);
/* Was a line logged that holds this? */
bool end_said(const struct end *end, const char *part);
struct config *load_conf(const char *text);
struct secrets *load_secrets(const char *text);
/* Time passes, also for the simulated kernels. */
void pair_run(struct pair *pair, usec_t duration);
/* Runs until the tunnel t is up at both ends or `limit` has passed. */
bool pair_comes_up(struct pair *pair, usec_t limit);
/* `ipsec up t` on that end. */
void end_up(struct end *end, const char *name);
/* Exactly one Child SA pair on which both ends and both kernels agree, and packets arrive both
 * ways. */
void pair_assert_tunnel(struct pair *pair);
/* No SA, no policy, nothing half-open at this end. */
void end_assert_empty(struct end *end);
/* No Child SA, nothing in the kernel; the IKE SA may be up (RFC 7296 §2.21.2). */
void end_assert_childless(struct end *end);
enum simulated_verdict pair_ping(struct pair *pair, bool from_west);
/* A packet from an address behind west to one behind east. */
enum simulated_verdict pair_ping_hosts(struct pair *pair, const char *from, const char *to);

/* main() of an exchange test: crypto is open while the tests run. */
#define exchange_run(tests)                                                                        \
	(exchange_open() ? exchange_close(cmocka_run_group_tests(tests, NULL, NULL)) : 1)
bool exchange_open(void);
int exchange_close(int failed);

#endif
