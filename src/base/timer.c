/* SPDX-License-Identifier: Apache-2.0 */
/* A 4-ary heap: half as deep as a binary one, and the four children share a cache line. */
#include "base/timer.h"
#include "base/arena.h"

#define HEAP_FIRST 64

static bool before(const struct timer *a, const struct timer *b)
{
	if (a->due != b->due)
		return a->due < b->due;
	return (int32_t)(a->order - b->order) < 0; /* may wrap */
}

static void put(struct timer_queue *queue, uint32_t at, struct timer *timer)
{
	queue->heap[at] = timer;
	timer->index = at + 1;
}

static void sift_up(struct timer_queue *queue, uint32_t at, struct timer *timer)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / 4;
		if (!before(timer, queue->heap[parent]))
			break;
		put(queue, at, queue->heap[parent]);
		at = parent;
	}
	put(queue, at, timer);
}

static uint32_t first_child(const struct timer_queue *queue, uint32_t at)
{
	uint32_t first = at * 4 + 1, best = first;
	for (uint32_t i = first + 1; i < first + 4 && i < queue->count; i++)
		if (before(queue->heap[i], queue->heap[best]))
			best = i;
	return best;
}

static void sift_down(struct timer_queue *queue, uint32_t at, struct timer *timer)
{
	while (at * 4 + 1 < queue->count) {
		uint32_t child = first_child(queue, at);
		if (!before(queue->heap[child], timer))
			break;
		put(queue, at, queue->heap[child]);
		at = child;
	}
	put(queue, at, timer);
}

static void settle(struct timer_queue *queue, uint32_t at, struct timer *timer)
{
	if (at > 0 && before(timer, queue->heap[(at - 1) / 4]))
		sift_up(queue, at, timer);
	else
		sift_down(queue, at, timer);
}

static bool resize(struct timer_queue *queue, uint32_t cap)
{
	struct timer **heap = mem_resize(queue->heap, cap * sizeof(*heap));
	if (heap == NULL)
		return false;
	queue->heap = heap;
	queue->cap = cap;
	return true;
}

void timer_queue_init(struct timer_queue *queue)
{
	*queue = (struct timer_queue){ 0 };
}

void timer_queue_free(struct timer_queue *queue)
{
	for (uint32_t i = 0; i < queue->count; i++)
		queue->heap[i]->index = 0;
	mem_free(queue->heap);
	timer_queue_init(queue);
}

enum rc timer_arm(struct timer_queue *queue, struct timer *timer, usec_t due)
{
	if (!timer_armed(timer)) {
		if (queue->count >= UINT32_MAX / 8)
			return RC_LIMIT;
		uint32_t cap = queue->cap == 0 ? HEAP_FIRST : queue->cap * 2;
		if (queue->count == queue->cap && !resize(queue, cap))
			return RC_NO_MEMORY;
		put(queue, queue->count++, timer);
	}
	timer->due = due;
	timer->order = queue->order++;
	settle(queue, timer->index - 1, timer);
	return RC_OK;
}

void timer_cancel(struct timer_queue *queue, struct timer *timer)
{
	if (!timer_armed(timer))
		return;
	uint32_t at = timer->index - 1;
	struct timer *last = queue->heap[--queue->count];
	timer->index = 0;
	if (last != timer)
		settle(queue, at, last);
	if (queue->cap > HEAP_FIRST && queue->count < queue->cap / 4)
		(void)resize(queue, queue->cap / 2); /* without memory it stays large */
}

usec_t timer_next_due(const struct timer_queue *queue)
{
	return queue->count == 0 ? USEC_NEVER : queue->heap[0]->due;
}

unsigned timer_run(struct timer_queue *queue, usec_t now, unsigned max)
{
	unsigned fired = 0;
	while (fired < max && queue->count > 0 && queue->heap[0]->due <= now) {
		struct timer *timer = queue->heap[0];
		timer_cancel(queue, timer);
		timer->fire(timer);
		fired++;
	}
	return fired;
}
