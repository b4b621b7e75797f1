/* SPDX-License-Identifier: Apache-2.0 */
/* How long an SA lives: when it is replaced, when it ends, and when the kernel ends it if we
 * cannot.
 */
#include "sa/sa.h"

#define MOST_OF(lifetime)  ((lifetime) / 10 * 9)
#define BACKSTOP_SLACK	   (60 * USEC_PER_SEC)
#define AGREED_LEAST	   (60 * USEC_PER_SEC)
#define AGREED_LEAST_BYTES (UINT64_C(64) << 20)

usec_t retransmit_budget(const struct config_conn *conn)
{
	double interval = (double)conn->retransmit_timeout, total = 0;
	double longest = conn->retransmit_limit > 0 ? (double)conn->retransmit_limit : 3600e6;

	for (unsigned tries = 0; tries <= conn->retransmit_tries; tries++) {
		total += interval < longest ? interval : longest;
		if (interval < longest)
			interval *= conn->retransmit_base;
	}
	return (usec_t)total;
}

usec_t lifetime_soft(const struct config_conn *conn, usec_t lifetime, bool ours, uint32_t random)
{
	double fuzz = (double)conn->rekeyfuzz / 100.0;
	double margin = (double)conn->rekeymargin, most = (double)MOST_OF(lifetime);

	if (margin * (1.0 + fuzz) > most)
		margin = most / (1.0 + fuzz);
	margin *= 1.0 + fuzz * ((double)random / (double)UINT32_MAX);
	return lifetime - (usec_t)(ours ? margin : margin / 2);
}

usec_t lifetime_hard(const struct config_conn *conn, usec_t lifetime, usec_t soft)
{
	usec_t needed = soft + retransmit_budget(conn);

	return !conn->rekey || needed < lifetime ? lifetime : needed;
}

usec_t lifetime_agreed(usec_t own, uint32_t peer_seconds)
{
	usec_t theirs = (usec_t)peer_seconds * USEC_PER_SEC;

	if (peer_seconds == 0)
		return own;
	if (theirs < AGREED_LEAST)
		theirs = AGREED_LEAST;
	return theirs < own ? theirs : own;
}

uint64_t volume_agreed(uint64_t own, uint64_t peer_kilobytes)
{
	uint64_t theirs = peer_kilobytes << 10;

	if (peer_kilobytes == 0 || peer_kilobytes > UINT64_MAX >> 10)
		return own;
	if (theirs < AGREED_LEAST_BYTES)
		theirs = AGREED_LEAST_BYTES;
	return own == 0 || theirs < own ? theirs : own;
}

uint32_t lifetime_backstop(const struct config_conn *conn)
{
	usec_t longest = lifetime_hard(conn, conn->salifetime, conn->salifetime);
	usec_t seconds = (longest + 2 * retransmit_budget(conn) + BACKSTOP_SLACK) / USEC_PER_SEC;

	return seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
}

uint64_t volume_soft(const struct child_sa *child, uint64_t hard, uint64_t margin)
{
	if (hard == 0 || !child->tunnel->conn->rekey)
		return 0;
	if (margin == 0 || margin >= hard)
		margin = hard / 8;
	return hard - (child->initiator ? margin : margin / 2);
}
