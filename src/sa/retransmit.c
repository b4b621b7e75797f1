/* SPDX-License-Identifier: Apache-2.0 */
/* The schedule of retransmissions: exponential, bounded, with jitter, from the five settings of the
 * conn. */
#include "sa/sa.h"

static double jitter_factor(struct host *host, unsigned percent)
{
	uint32_t random = 0;

	if (percent == 0 || host_random(host, &random, sizeof(random)) != RC_OK)
		return 1.0;
	return 1.0 - (double)percent / 100.0 * ((double)random / (double)UINT32_MAX);
}

usec_t retransmit_interval(const struct config_conn *conn, struct host *host, unsigned tries)
{
	double interval = (double)conn->retransmit_timeout;
	double longest = conn->retransmit_limit > 0 ? (double)conn->retransmit_limit : 3600e6;

	if (tries > conn->retransmit_tries + 1)
		return 0;
	for (unsigned i = 1; i < tries && interval < longest; i++)
		interval *= conn->retransmit_base;
	if (interval > longest)
		interval = longest;
	interval *= jitter_factor(host, conn->retransmit_jitter);
	return interval < (double)USEC_PER_MSEC ? USEC_PER_MSEC : (usec_t)interval;
}
