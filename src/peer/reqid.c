/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that tie policies to SAs in the kernel: one for each tunnel, for its life. A number that
 * was given back rests as long as possible, so that what the kernel still has of it is gone. */
#include "peer/private.h"

#define RESTING 256 /* so many freed numbers rest before the oldest is used again */

static bool taken(const struct peers *peers, uint32_t reqid)
{
	return peers_by_reqid((struct peers *)(uintptr_t)peers, reqid) != NULL;
}

/* Room for all numbers that are out, so that giving back cannot fail. */
static enum rc make_room(struct peers *peers)
{
	size_t cap = peers->free_cap == 0 ? 64 : peers->free_cap * 2;
	uint32_t *ring;

	if (peers->reqids_out + peers->free_count < peers->free_cap)
		return RC_OK;
	ring = mem_alloc(cap * sizeof(*ring));
	if (ring == NULL)
		return RC_NO_MEMORY;
	for (size_t i = 0; i < peers->free_count; i++)
		ring[i] = peers->free_reqids[(peers->free_first + i) % peers->free_cap];
	mem_free(peers->free_reqids);
	peers->free_reqids = ring;
	peers->free_cap = cap;
	peers->free_first = 0;
	return RC_OK;
}

static void push(struct peers *peers, uint32_t reqid)
{
	peers->free_reqids[(peers->free_first + peers->free_count++) % peers->free_cap] = reqid;
}

/* 0: none is free. Numbers that reqid= took from our range stay in the ring. */
static uint32_t pop(struct peers *peers)
{
	for (size_t left = peers->free_count; left > 0; left--) {
		uint32_t reqid = peers->free_reqids[peers->free_first];
		peers->free_first = (peers->free_first + 1) % peers->free_cap;
		peers->free_count--;
		if (!taken(peers, reqid))
			return reqid;
		push(peers, reqid);
	}
	return 0;
}

static uint32_t fresh(struct peers *peers)
{
	while (peers->next_reqid <= KERNEL_REQID_LAST) {
		uint32_t reqid = peers->next_reqid++;
		if (!taken(peers, reqid))
			return reqid;
	}
	return 0;
}

static uint32_t choose(struct peers *peers)
{
	uint32_t reqid = peers->free_count > RESTING ? pop(peers) : 0;

	if (reqid == 0)
		reqid = fresh(peers);
	return reqid != 0 ? reqid : pop(peers);
}

static void warn(const struct peers *peers, const struct tunnel *tunnel, uint32_t asked)
{
	const struct tunnel *other = peers_by_reqid((struct peers *)(uintptr_t)peers, asked);
	struct log_subject subject = { .peer = tunnel->conn->name, .tunnel = tunnel->name };

	log_write(peers->log, LOG_LEVEL_WARNING, &subject,
		  "reqid %u is taken by %s; the tunnel gets another one (reqid=)", asked,
		  other->name);
}

/* The same conn as it was: it is on its way out. */
static void take_over(struct peers *peers, const struct tunnel *tunnel, uint32_t asked)
{
	struct tunnel *holder = peers_by_reqid(peers, asked);

	if (holder != NULL && holder->doomed && !holder->reqid_ours &&
	    strcmp(holder->conn->name, tunnel->conn->name) == 0)
		table_remove(&peers->reqids, &holder->by_reqid);
}

enum rc reqid_take(struct peers *peers, struct tunnel *tunnel, uint32_t asked)
{
	if (asked != 0)
		take_over(peers, tunnel, asked);
	if (asked != 0 && !taken(peers, asked)) {
		tunnel->reqid = asked;
		return RC_OK;
	}
	if (asked != 0)
		warn(peers, tunnel, asked);
	TRY(make_room(peers));
	tunnel->reqid = choose(peers);
	if (tunnel->reqid == 0)
		return RC_LIMIT;
	tunnel->reqid_ours = true;
	peers->reqids_out++;
	return RC_OK;
}

void reqid_give_back(struct peers *peers, struct tunnel *tunnel)
{
	if (tunnel->reqid_ours) {
		push(peers, tunnel->reqid);
		peers->reqids_out--;
	}
	tunnel->reqid = 0;
	tunnel->reqid_ours = false;
}
