/* SPDX-License-Identifier: Apache-2.0 */
/* Faults on demand, for tests. A struct impair is a value that belongs to a host or a gateway,
 * which asks it before each step that may fail. All zero: nothing is impaired.
 *
 * As text:
 * "drop=10%,duplicate=0.5%,corrupt=1%,reorder=2%,delay=50ms,jitter=10ms,kernel-fail=3:ENOMEM,
 * kernel-fail=every-5:EEXIST,kernel-lose=2,kernel-delay=1s,job-delay=20ms,alloc-fail=17". */
#ifndef VANTH_BASE_IMPAIR_H
#define VANTH_BASE_IMPAIR_H

#include "base/timer.h"

struct impair {
	uint16_t drop, duplicate, corrupt, reorder; /* datagrams, per mille */
	usec_t delay, jitter;	/* of a datagram; jitter is added, 0 to jitter */
	uint32_t kernel_fail;	/* the n-th request from now fails (1: the next); 0: none */
	bool kernel_fail_every; /* and then each n-th */
	int kernel_error;	/* with this errno */
	uint32_t kernel_lose;	/* the n-th answer from now never comes; 0: none */
	usec_t kernel_delay;	/* answers of the kernel come later */
	usec_t job_delay;	/* results of worker threads come later */
	uint64_t alloc_fail;	/* the n-th allocation from impair_arm() fails; 0: none */
	uint32_t kernel_asked, kernel_answered; /* counted so far */
};

/* Replaces *out only when all of the text is understood. "" and "none": nothing is impaired. */
enum rc impair_parse(const char *text, struct impair *out, struct diag *diag) MUST_CHECK;
/* What impair_parse reads; "none" when nothing is impaired. */
#define IMPAIR_TEXT_MAX 320
const char *impair_text(const struct impair *impair, char buffer[IMPAIR_TEXT_MAX]);
/* Lets the allocation failure begin to count. Allocations are those of the whole process. */
void impair_arm(const struct impair *impair);

/* What happens to one datagram. */
struct impair_fate {
	bool drop, duplicate, corrupt;
	size_t corrupt_at;    /* byte to change, when len > 0 */
	uint8_t corrupt_with; /* to be xored in; not 0 */
	usec_t delay;	      /* a reordered one is delayed so that later ones overtake it */
};
/* Everything follows from `random`, so that a seeded test repeats. */
struct impair_fate impair_datagram(const struct impair *impair, uint64_t random, size_t len);
/* Counts a request to the kernel: 0, or the errno with which it has to fail. */
int impair_kernel_request(struct impair *impair);
/* Counts an answer of the kernel: true when it has to be lost. */
bool impair_kernel_answer(struct impair *impair);

#endif
