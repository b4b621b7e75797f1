/* SPDX-License-Identifier: Apache-2.0 */
/* One socket for many initiators, each with an address of its own. */
#ifndef VANTH_BENCH_WIRE_H
#define VANTH_BENCH_WIRE_H

#include <netinet/in.h>
#include <stddef.h>
#include "base/timer.h"

usec_t wire_now(void); /* monotonic, never cached */
/* A non-blocking UDP socket on that port of every address, with room for a burst; -1: errno. */
int wire_open(uint16_t port);
/* The number-th address from first on. */
struct in_addr wire_source(struct in_addr first, unsigned number);
/* To the responder's IKE port. What a full queue drops is lost, as on the road; false: errno. */
bool wire_send(int fd, struct in_addr from, const struct sockaddr_in *to, const void *bytes,
	       size_t len);

#endif
