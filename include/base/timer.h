/* SPDX-License-Identifier: Apache-2.0 */
/* Timers: one heap for a gateway; a timer is a field of its object and dies with it. */
#ifndef VANTH_BASE_TIMER_H
#define VANTH_BASE_TIMER_H

#include <stdint.h>
#include "base/rc.h"

/* Microseconds of a monotonic clock, or a duration of it. */
typedef int64_t usec_t;
#define USEC_PER_SEC  ((usec_t)1000000)
#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_NEVER    INT64_MAX

struct timer {
	usec_t due;
	void (*fire)(struct timer *timer);
	uint32_t index; /* position in the heap plus one; 0: not armed */
	uint32_t order; /* of arming: timers due together fire in that order */
};

struct timer_queue {
	struct timer **heap;
	uint32_t count, cap, order;
};

void timer_queue_init(struct timer_queue *queue);
void timer_queue_free(struct timer_queue *queue);
/* Arms or moves; O(log n). RC_NO_MEMORY when the heap cannot grow: the timer is then not armed. */
enum rc timer_arm(struct timer_queue *queue, struct timer *timer, usec_t due) MUST_CHECK;
void timer_cancel(struct timer_queue *queue, struct timer *timer);
static inline bool timer_armed(const struct timer *timer)
{
	return timer->index != 0;
}
/* USEC_NEVER when none. */
usec_t timer_next_due(const struct timer_queue *queue);
/* Fires what is due at `now`, at most `max` timers (a burst must not hold the loop); returns how
 * many. */
unsigned timer_run(struct timer_queue *queue, usec_t now, unsigned max);

#endif
