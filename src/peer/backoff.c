/* SPDX-License-Identifier: Apache-2.0 */
/* Attempts after a failure come later and later, and never all at once. */
#include "peer/private.h"

#define FIRST_DELAY   (5 * USEC_PER_SEC)
#define LONGEST_DELAY (300 * USEC_PER_SEC)

static usec_t delay_after(unsigned attempts)
{
	usec_t delay = FIRST_DELAY;

	for (unsigned i = 1; i < attempts && delay < LONGEST_DELAY; i++)
		delay *= 2;
	return delay < LONGEST_DELAY ? delay : LONGEST_DELAY;
}

/* 0 to 20 %; without random numbers none. */
static usec_t jitter(struct host *host, usec_t delay)
{
	uint32_t random;

	if (host_random(host, &random, sizeof(random)) != RC_OK)
		return 0;
	return (usec_t)(random % (uint64_t)(delay / 5 + 1));
}

void backoff_fail(struct backoff *backoff, struct host *host, enum rc reason, const char *text)
{
	char *copy = mem_text(text); /* text may be the old one */
	usec_t delay;

	if (backoff->attempts < UINT32_MAX)
		backoff->attempts++;
	delay = delay_after(backoff->attempts);
	backoff->not_before = host_now(host) + delay + jitter(host, delay);
	backoff->reason = reason;
	mem_free(backoff->text);
	backoff->text = copy;
}

void backoff_reset(struct backoff *backoff)
{
	mem_free(backoff->text);
	*backoff = (struct backoff){ .reason = RC_OK };
}
