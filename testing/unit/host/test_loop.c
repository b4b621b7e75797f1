/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/host/real_fixture.h"

struct scene {
	struct host *host;
	char ran[32];
	usec_t times[4];
	unsigned count;
};

static void scene_note(struct scene *scene, char what)
{
	size_t len = strlen(scene->ran);

	scene->ran[len] = what;
	scene->ran[len + 1] = '\0';
}

struct task {
	struct deferred deferred;
	struct scene *scene;
	char name;
	bool again, stops;
	struct task *cancels;
};

static void task_run(struct deferred *deferred)
{
	struct task *task = container_of(deferred, struct task, deferred);
	struct host *host = task->scene->host;

	scene_note(task->scene, task->name);
	if (task->again)
		host->ops->defer(host, deferred);
	if (task->cancels != NULL)
		deferred_cancel(&task->cancels->deferred);
	task->again = false;
	if (task->stops)
		host_real_stop(host);
}

static void wake_comes_not_before_its_time(void *context)
{
	struct scene *scene = context;

	scene->times[0] = loop_clock();
	host_real_stop(scene->host);
}

static void wake_up_is_never_early(void **state)
{
	struct scene scene = { .host = real_host() };
	struct host *host = scene.host;

	(void)state;
	for (int i = 0; i < 20; i++) {
		usec_t due = host_now(host) + 1000 + i * 137;

		host->ops->wake_at(host, due, wake_comes_not_before_its_time, &scene);
		run_host(host);
		assert_true(scene.times[0] >= due);
		assert_true(scene.times[0] < due + 10 * USEC_PER_SEC);
	}
	host_real_free(host);
}

static void early_timer_is_set_again(void **state)
{
	struct scene scene = { .host = real_host() };
	struct host *host = scene.host;
	struct ticker *wake = &real_of(host)->loop.wake;
	usec_t due = host_now(host) + 20000;

	(void)state;
	host->ops->wake_at(host, due, wake_comes_not_before_its_time, &scene);
	wake->fn(wake->context); /* as the coarse clock may do */
	run_host(host);
	assert_true(scene.times[0] >= due);
	host_real_free(host);
}

static void wrong_wake(void *context)
{
	scene_note(context, 'w');
}

static void later_wake_up_replaces_the_earlier(void **state)
{
	struct scene scene = { .host = real_host() };
	struct host *host = scene.host;

	(void)state;
	host->ops->wake_at(host, host_now(host), wrong_wake, &scene);
	host->ops->wake_at(host, host_now(host) + 5000, stop_host, host);
	run_host(host);
	assert_string_equal(scene.ran, "");
	host->ops->wake_at(host, host_now(host) - 5000, stop_host, host); /* past: at once */
	run_host(host);
	host->ops->wake_at(host, USEC_NEVER, wrong_wake, &scene);
	host_real_free(host);
}

static void defer_three(void *context)
{
	static struct task a, b, c;
	struct scene *scene = context;
	struct host *host = scene->host;

	a = (struct task){ .deferred.run = task_run, .scene = scene, .name = 'a', .again = true };
	b = (struct task){ .deferred.run = task_run, .scene = scene, .name = 'b' };
	c = (struct task){ .deferred.run = task_run, .scene = scene, .name = 'c' };
	host->ops->defer(host, &a.deferred);
	host->ops->defer(host, &b.deferred);
	host->ops->defer(host, &a.deferred);
	host->ops->defer(host, &c.deferred);
	scene_note(scene, '(');
	host->ops->wake_at(host, host_now(host) + 3000, stop_host, host);
}

static void deferred_work_runs_after_the_callback_in_order(void **state)
{
	struct scene scene = { .host = real_host() };

	(void)state;
	scene.host->ops->wake_at(scene.host, 0, defer_three, &scene);
	run_host(scene.host);
	assert_string_equal(scene.ran, "(abca");
	host_real_free(scene.host);
}

static void what_deferred_work_defers_belongs_to_the_next_turn(void **state)
{
	struct scene scene = { .host = real_host() };
	struct task a = { .deferred.run = task_run, .scene = &scene, .name = 'a', .again = true };
	struct task b = { .deferred.run = task_run, .scene = &scene, .name = 'b', .stops = true };
	struct host *host = scene.host;

	(void)state;
	host->ops->defer(host, &a.deferred);
	host->ops->defer(host, &b.deferred);
	run_host(host);
	assert_string_equal(scene.ran, "ab");
	host->ops->defer(host, &b.deferred);
	run_host(host);
	assert_string_equal(scene.ran, "abab");
	host_real_free(host);
}

static void cancelled_deferred_work_does_not_run(void **state)
{
	struct scene scene = { .host = real_host() };
	struct host *host = scene.host;
	struct task c = { .deferred.run = task_run, .scene = &scene, .name = 'c', .stops = true };
	struct task b = { .deferred.run = task_run, .scene = &scene, .name = 'b' };
	struct task a = { .deferred.run = task_run, .scene = &scene, .name = 'a', .cancels = &b };

	(void)state;
	host->ops->defer(host, &a.deferred);
	host->ops->defer(host, &b.deferred);
	host->ops->defer(host, &c.deferred);
	run_host(host);
	assert_string_equal(scene.ran, "ac");
	host_real_free(host);
}

static void leave_it_unread(void *context, unsigned what)
{
	struct scene *scene = context;

	assert_int_equal(what, HOST_READ);
	if (++scene->count > 1000)
		host_real_stop(scene->host); /* what was deferred never ran */
}

static void deferred_work_runs_though_a_descriptor_stays_ready(void **state)
{
	struct scene scene = { .host = real_host() };
	struct task task = {
		.deferred.run = task_run, .scene = &scene, .name = 'd', .stops = true
	};
	struct watch *watch;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	watch = scene.host->ops->watch(scene.host, ends[0], HOST_READ, leave_it_unread, &scene);
	scene.host->ops->defer(scene.host, &task.deferred);
	run_host(scene.host);
	assert_string_equal(scene.ran, "d");
	assert_in_range(scene.count, 0, 2);
	scene.host->ops->unwatch(scene.host, watch);
	(void)close(ends[0]);
	(void)close(ends[1]);
	host_real_free(scene.host);
}

static void spin(void *context)
{
	struct scene *scene = context;
	usec_t begin = loop_clock();

	scene->times[0] = host_now(scene->host);
	while (loop_clock() < begin + 3000)
		;
	scene->times[1] = host_now(scene->host);
	host_real_stop(scene->host);
}

static void clock_stands_still_for_one_turn(void **state)
{
	struct scene scene = { .host = real_host() };

	(void)state;
	scene.host->ops->wake_at(scene.host, 0, spin, &scene);
	run_host(scene.host);
	assert_int_equal(scene.times[0], scene.times[1]);
	assert_true(host_now(scene.host) >= scene.times[0] + 3000);
	host_real_free(scene.host);
}

static void longest_turn_is_told_with_its_cpu_time(void **state)
{
	struct scene scene = { .host = real_host() };
	struct host *host = scene.host;
	struct host_turn longest;

	(void)state;
	host->ops->wake_at(host, host_now(host) + 50000, spin, &scene);
	run_host(host);
	longest = host->ops->longest_turn(host);
	assert_true(longest.length >= 3000);
	assert_true(longest.cpu > 0 && longest.cpu <= longest.length + 1000);
	host_real_free(host);
}

static void ask_before_and_after(void *context)
{
	struct scene *scene = context;
	usec_t begun = loop_clock();

	scene->count = host_turn_over(scene->host);
	while (!host_turn_over(scene->host) && loop_clock() < begun + 10 * USEC_PER_SEC)
		;
	scene->times[0] = loop_clock() - begun;
	host_real_stop(scene->host);
}

static void turn_is_over_after_some_milliseconds(void **state)
{
	struct scene scene = { .host = real_host() };

	(void)state;
	assert_false(host_turn_over(scene.host)); /* none has begun */
	scene.host->ops->wake_at(scene.host, 0, ask_before_and_after, &scene);
	run_host(scene.host);
	assert_int_equal(scene.count, 0);
	assert_true(scene.times[0] >= 3000 && scene.times[0] < 10 * USEC_PER_SEC);
	host_real_free(scene.host);
}

static void waiting_is_no_stall(void **state)
{
	struct host *host = real_host();

	(void)state;
	host->ops->wake_at(host, host_now(host) + 1000000, stop_host, host);
	run_host(host);
	assert_true(host->ops->longest_turn(host).length < 900000);
	host_real_free(host);
}

static void wall_clock_is_that_of_the_machine(void **state)
{
	struct host *host = real_host();

	(void)state;
	assert_in_range(host->ops->wall(host), time(NULL) - 1, time(NULL) + 1);
	host_real_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wake_up_is_never_early),
		cmocka_unit_test(early_timer_is_set_again),
		cmocka_unit_test(later_wake_up_replaces_the_earlier),
		cmocka_unit_test(deferred_work_runs_after_the_callback_in_order),
		cmocka_unit_test(what_deferred_work_defers_belongs_to_the_next_turn),
		cmocka_unit_test(cancelled_deferred_work_does_not_run),
		cmocka_unit_test(deferred_work_runs_though_a_descriptor_stays_ready),
		cmocka_unit_test(clock_stands_still_for_one_turn),
		cmocka_unit_test(longest_turn_is_told_with_its_cpu_time),
		cmocka_unit_test(turn_is_over_after_some_milliseconds),
		cmocka_unit_test(waiting_is_no_stall),
		cmocka_unit_test(wall_clock_is_that_of_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
