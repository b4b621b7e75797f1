/* SPDX-License-Identifier: Apache-2.0 */
/* A host's interfaces, addresses, rules and routes in memory, for tests. They refuse what Linux
 * refuses: what is there already, and what stands on a device that is not there. */
#ifndef VANTH_NETWORK_SIMULATED_H
#define VANTH_NETWORK_SIMULATED_H

#include "network/network.h"

/* It has the devices lo and eth0. */
enum rc network_simulated_new(struct host *host, struct log *log, struct network **out) MUST_CHECK;
/* The n-th request from now on (1 = next) fails with this errno; 0: none. every: each n-th. */
void network_simulated_fail(struct network *network, unsigned nth, int error, bool every);
/* This kernel makes no links: errno; 0: it does. */
void network_simulated_no_links(struct network *network, int error);
/* Somebody else puts it there, or takes it away (false: it was not there). */
bool network_simulated_put(struct network *network, const struct network_object *object);
bool network_simulated_take(struct network *network, const struct network_object *object);
/* Somebody else puts this route in the place of what stands there (false: nothing does). */
bool network_simulated_replace(struct network *network, const struct network_object *route);
bool network_simulated_has(const struct network *network, const struct network_object *object);
/* Objects of ours and of others. */
unsigned network_simulated_count(const struct network *network, enum network_kind kind);
/* How often something was really made or removed. */
unsigned network_simulated_changes(const struct network *network);

#endif
