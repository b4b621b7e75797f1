/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of a peer that uses the window that we announce (RFC 7296 §2.3): those that came ahead
 * of their turn, and the responses that may be asked for again. An IKE SA has it only when its peer
 * was ahead once. Bounded: AHEAD_MAX datagrams of AHEAD_BYTES, PEER_WINDOW responses. */
#ifndef VANTH_SA_WINDOW_H
#define VANTH_SA_WINDOW_H

#include "sa/sa.h"

#define AHEAD_MAX   24 /* datagrams: three requests, or the fragments of a few */
#define AHEAD_BYTES (32u << 10)

/* A datagram whose turn has not come. */
struct ahead {
	struct list in_window;
	uint32_t message_id;
	bool natt;
	struct ip_endpoint local, remote;
	size_t len;
	uint8_t bytes[];
};

/* A response to an earlier request than the last one. */
struct old_answer {
	uint8_t *bytes;
	uint32_t len, question_len, message_id;
};

struct peer_window {
	struct list ahead; /* of struct ahead, in the order of their coming */
	unsigned count;
	size_t size;
	struct old_answer old[PEER_WINDOW - 1];
};

/* Where a request's message ID stands in the peer's window. */
enum window_place { WINDOW_NEXT, WINDOW_AHEAD, WINDOW_BEHIND, WINDOW_BEYOND, WINDOW_LONG_AGO };
enum window_place window_place(const struct ike_sa *sa, uint32_t message_id);
/* Keeps a copy for later. RC_EXISTS: it waits already. RC_LIMIT, RC_NO_MEMORY: not kept; the peer
 * sends it again. */
enum rc window_hold(struct ike_sa *sa, const struct ahead *what, struct span bytes) MUST_CHECK;
/* The first one whose turn it is, for the caller to work on and mem_free(); NULL: none. What is
 * behind is freed. */
struct ahead *window_take(struct ike_sa *sa);
/* The request sa->recv_next is answered: the response before it gives way (it is kept when there is
 * a window, otherwise freed) and the next message ID is expected. question_len: of the datagram. */
void window_advance(struct ike_sa *sa, size_t question_len);
/* The response to that request, or NULL. */
const struct old_answer *window_answer(const struct ike_sa *sa, uint32_t message_id);
void window_free(struct ike_sa *sa);

#endif
