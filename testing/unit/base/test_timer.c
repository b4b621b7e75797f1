/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"
#include "base/list.h"
#include "base/timer.h"

struct event {
	struct timer timer;
	struct timer_queue *queue;
	unsigned fired;
	usec_t again;	 /* arms itself this much later */
	usec_t expected; /* by the model; USEC_NEVER: not armed */
	unsigned order;	 /* of arming, by the model */
};

static unsigned fire_count;
static struct event *fire_log[64];

static int stop_failing(void **state)
{
	(void)state;
	mem_fail_nth(0);
	fire_count = 0;
	return 0;
}

static void note(struct timer *timer)
{
	struct event *event = container_of(timer, struct event, timer);
	event->fired++;
	fire_log[fire_count++ % 64] = event;
	if (event->again != 0)
		assert_int_equal(timer_arm(event->queue, timer, timer->due + event->again), RC_OK);
}

static void arm(struct timer_queue *queue, struct event *event, usec_t due)
{
	event->timer.fire = note;
	event->queue = queue;
	assert_int_equal(timer_arm(queue, &event->timer, due), RC_OK);
}

static void empty_queue_is_never_due(void **state)
{
	struct timer_queue queue;
	(void)state;
	timer_queue_init(&queue);
	assert_true(timer_next_due(&queue) == USEC_NEVER);
	assert_int_equal(timer_run(&queue, USEC_NEVER, 10), 0);
	timer_queue_free(&queue);
}

static void timers_fire_in_the_order_of_their_times(void **state)
{
	struct timer_queue queue;
	struct event events[10] = { 0 };
	(void)state;
	timer_queue_init(&queue);
	for (int i = 0; i < 10; i++)
		arm(&queue, &events[i], (i * 7) % 10);
	assert_true(timer_next_due(&queue) == 0);
	assert_int_equal(timer_run(&queue, 4, 100), 5);
	assert_true(timer_next_due(&queue) == 5);
	assert_int_equal(timer_run(&queue, 9, 100), 5);
	for (int i = 0; i < 10; i++)
		assert_ptr_equal(fire_log[(i * 7) % 10], &events[i]);
	timer_queue_free(&queue);
}

static void timers_due_together_fire_in_the_order_of_arming(void **state)
{
	struct timer_queue queue;
	struct event events[40] = { 0 };
	(void)state;
	timer_queue_init(&queue);
	queue.order = UINT32_MAX - 20; /* the order wraps meanwhile */
	for (int i = 0; i < 40; i++)
		arm(&queue, &events[i], 5);
	assert_int_equal(timer_run(&queue, 5, 100), 40);
	for (int i = 0; i < 40; i++)
		assert_ptr_equal(fire_log[i], &events[i]);
	timer_queue_free(&queue);
}

static void cancelled_timer_does_not_fire(void **state)
{
	struct timer_queue queue;
	struct event events[3] = { 0 };
	(void)state;
	timer_queue_init(&queue);
	for (int i = 0; i < 3; i++)
		arm(&queue, &events[i], i);
	timer_cancel(&queue, &events[1].timer);
	timer_cancel(&queue, &events[1].timer);
	assert_false(timer_armed(&events[1].timer));
	assert_int_equal(timer_run(&queue, 10, 100), 2);
	assert_int_equal(events[1].fired, 0);
	assert_false(timer_armed(&events[0].timer));
	timer_queue_free(&queue);
}

static void arming_again_moves_the_timer(void **state)
{
	struct timer_queue queue;
	struct event early = { 0 }, late = { 0 };
	(void)state;
	timer_queue_init(&queue);
	arm(&queue, &early, 10);
	arm(&queue, &late, 20);
	arm(&queue, &late, 5);
	assert_int_equal(queue.count, 2);
	assert_true(timer_next_due(&queue) == 5);
	arm(&queue, &late, 30);
	assert_true(timer_next_due(&queue) == 10);
	assert_int_equal(timer_run(&queue, 29, 100), 1);
	assert_int_equal(late.fired, 0);
	timer_queue_free(&queue);
	assert_false(timer_armed(&late.timer));
}

static void run_stops_at_its_bound(void **state)
{
	struct timer_queue queue;
	struct event events[5] = { 0 };
	(void)state;
	timer_queue_init(&queue);
	for (int i = 0; i < 5; i++)
		arm(&queue, &events[i], 0);
	assert_int_equal(timer_run(&queue, 0, 3), 3);
	assert_int_equal(timer_run(&queue, 0, 3), 2);
	timer_queue_free(&queue);
}

static void timer_may_arm_itself_while_it_fires(void **state)
{
	struct timer_queue queue;
	struct event event = { .again = 10 };
	(void)state;
	timer_queue_init(&queue);
	arm(&queue, &event, 10);
	assert_int_equal(timer_run(&queue, 35, 100), 3);
	assert_true(timer_next_due(&queue) == 40);
	timer_queue_free(&queue);
}

static struct event *victim;

static void cancel_victim(struct timer *timer)
{
	struct event *event = container_of(timer, struct event, timer);
	event->fired++;
	timer_cancel(event->queue, &victim->timer);
}

static void timer_may_cancel_another_that_is_due(void **state)
{
	struct timer_queue queue;
	struct event first = { 0 }, second = { 0 };
	(void)state;
	timer_queue_init(&queue);
	arm(&queue, &first, 1);
	arm(&queue, &second, 1);
	first.timer.fire = cancel_victim;
	victim = &second;
	assert_int_equal(timer_run(&queue, 1, 10), 1);
	assert_int_equal(second.fired, 0);
	timer_queue_free(&queue);
}

static void without_memory_the_timer_is_not_armed(void **state)
{
	struct timer_queue queue;
	struct event event = { .timer.fire = note };
	(void)state;
	timer_queue_init(&queue);
	mem_fail_nth(1);
	assert_int_equal(timer_arm(&queue, &event.timer, 1), RC_NO_MEMORY);
	assert_false(timer_armed(&event.timer));
	assert_int_equal(queue.count, 0);
	assert_int_equal(timer_arm(&queue, &event.timer, 1), RC_OK);
	mem_fail_nth(1);
	assert_int_equal(timer_arm(&queue, &event.timer, 2), RC_OK); /* moving needs none */
	timer_queue_free(&queue);
}

static void growth_that_fails_keeps_the_armed_ones(void **state)
{
	enum { MANY = 500 };
	struct timer_queue queue;
	struct event *events = mem_alloc(MANY * sizeof(*events));
	unsigned armed = 0;
	(void)state;
	timer_queue_init(&queue);
	for (int i = 0; i < MANY; i++) {
		events[i].timer.fire = note;
		if (i > 100)
			mem_fail_nth(1);
		armed += timer_arm(&queue, &events[i].timer, MANY - i) == RC_OK;
	}
	mem_fail_nth(0);
	assert_int_equal(armed, 128); /* the heap doubles */
	assert_int_equal(timer_run(&queue, MANY, MANY), armed);
	timer_queue_free(&queue);
	mem_free(events);
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 20;
}

/* The model is an array searched from end to end. */
static struct event *model_first(struct event *events, unsigned count)
{
	struct event *first = NULL;
	for (unsigned i = 0; i < count; i++) {
		struct event *event = &events[i];
		if (event->expected == USEC_NEVER)
			continue;
		if (first == NULL || event->expected < first->expected ||
		    (event->expected == first->expected && event->order < first->order))
			first = event;
	}
	return first;
}

static void random_history_agrees_with_a_plain_array(void **state)
{
	enum { COUNT = 300, STEPS = 20000 };
	struct timer_queue queue;
	struct event *events = mem_alloc(COUNT * sizeof(*events));
	uint64_t random = 3;
	unsigned order = 0, fires = 0;
	(void)state;
	timer_queue_init(&queue);
	for (int i = 0; i < COUNT; i++)
		events[i].expected = USEC_NEVER;
	for (int step = 0; step < STEPS; step++) {
		struct event *event = &events[next_random(&random) % COUNT];
		unsigned what = next_random(&random) % 8;
		struct event *first = model_first(events, COUNT);
		assert_true(timer_next_due(&queue) ==
			    (first == NULL ? USEC_NEVER : first->expected));
		if (what < (step % 4000 < 2000 ? 6 : 2)) {
			event->expected = step + (usec_t)(next_random(&random) % 200);
			event->order = order++;
			arm(&queue, event, event->expected);
		} else if (what < 7) {
			timer_cancel(&queue, &event->timer);
			event->expected = USEC_NEVER;
		}
		while ((first = model_first(events, COUNT)) != NULL && first->expected <= step) {
			unsigned before = first->fired;
			assert_int_equal(timer_run(&queue, step, 1), 1);
			assert_int_equal(first->fired, before + 1);
			first->expected = USEC_NEVER;
			fires++;
		}
		assert_int_equal(timer_run(&queue, step, 1), 0);
		assert_int_equal(timer_armed(&event->timer), event->expected != USEC_NEVER);
	}
	assert_in_range(fires, 1000, STEPS);
	timer_queue_free(&queue);
	mem_free(events);
}

static void large_queue_gives_memory_back(void **state)
{
	enum { MANY = 200000 };
	struct timer_queue queue;
	struct event *events = mem_alloc(MANY * sizeof(*events));
	uint64_t random = 5;
	(void)state;
	timer_queue_init(&queue);
	for (int i = 0; i < MANY; i++)
		arm(&queue, &events[i], (usec_t)(next_random(&random) % 1000000));
	assert_in_range(queue.cap, MANY, MANY * 2);
	assert_int_equal(timer_run(&queue, 1000000, UINT32_MAX), MANY);
	assert_in_range(queue.cap, 1, 64);
	timer_queue_free(&queue);
	mem_free(events);
}

#define TEST(name) cmocka_unit_test_teardown(name, stop_failing)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(empty_queue_is_never_due),
		TEST(timers_fire_in_the_order_of_their_times),
		TEST(timers_due_together_fire_in_the_order_of_arming),
		TEST(cancelled_timer_does_not_fire),
		TEST(arming_again_moves_the_timer),
		TEST(run_stops_at_its_bound),
		TEST(timer_may_arm_itself_while_it_fires),
		TEST(timer_may_cancel_another_that_is_due),
		TEST(without_memory_the_timer_is_not_armed),
		TEST(growth_that_fails_keeps_the_armed_ones),
		TEST(random_history_agrees_with_a_plain_array),
		TEST(large_queue_gives_memory_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
