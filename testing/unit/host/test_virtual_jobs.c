/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "unit/host/inbox.h"

struct task {
	struct job job;
	struct host *host;
	int worked, done;
	struct task *next; /* submitted when this one is done */
	usec_t done_at;
};

static void task_work(struct job *job, unsigned worker)
{
	struct task *task = container_of(job, struct task, job);

	assert_true(worker < task->host->ops->workers(task->host));
	assert_int_equal(task->done, 0);
	task->worked++;
}

static void task_done(struct job *job)
{
	struct task *task = container_of(job, struct task, job);

	assert_int_equal(task->worked, 1);
	task->done++;
	task->done_at = host_now(task->host);
	if (task->next != NULL)
		task->host->ops->job_submit(task->host, &task->next->job);
}

static struct task task_of(struct host *host)
{
	return (struct task){ .job = { .work = task_work, .done = task_done }, .host = host };
}

static void job_is_done_in_the_next_step_and_not_before(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	struct task task = task_of(host);

	(void)state;
	host->ops->job_submit(host, &task.job);
	assert_int_equal(task.worked, 0);
	assert_true(world_step(world));
	assert_int_equal(task.done, 1);
	assert_false(world_step(world));
	world_free(world);
}

static void held_jobs_wait_while_other_things_happen(void **state)
{
	struct world *world = world_new(1);
	struct host *a = world_host(world, "a"), *b = world_host(world, "b");
	struct task tasks[3] = { task_of(a), task_of(a), task_of(b) };

	(void)state;
	world_hold_jobs(world, true);
	for (size_t i = 0; i < 3; i++)
		tasks[i].host->ops->job_submit(tasks[i].host, &tasks[i].job);
	world_run(world, USEC_PER_SEC);
	assert_int_equal(tasks[0].worked + tasks[1].worked + tasks[2].worked, 0);
	assert_int_equal(world_jobs_waiting(world), 3);
	assert_true(world_run_job(world));
	assert_int_equal(tasks[0].done, 1);
	assert_int_equal(world_jobs_waiting(world), 2);
	world_hold_jobs(world, false);
	world_settle(world);
	assert_int_equal(tasks[1].done + tasks[2].done, 2);
	assert_int_equal(world_jobs_waiting(world), 0);
	assert_false(world_run_job(world));
	world_free(world);
}

static void results_can_be_delayed(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	struct task task = task_of(host);
	struct impair impair = { .job_delay = 700 };
	usec_t begin = world_now(world);

	(void)state;
	world_set_impair(world, &impair);
	host->ops->job_submit(host, &task.job);
	world_settle(world);
	assert_int_equal(task.worked, 1);
	assert_int_equal(task.done, 0);
	world_run(world, USEC_PER_SEC);
	assert_int_equal(task.done, 1);
	assert_int_equal(task.done_at, begin + 700);
	world_free(world);
}

static void freeing_the_host_completes_its_jobs(void **state)
{
	struct world *world = world_new(1);
	struct host *a = world_host(world, "a"), *b = world_host(world, "b");
	struct task late = task_of(a), waiting = task_of(a), next = task_of(a), other = task_of(b);
	struct impair impair = { .job_delay = 700 };

	(void)state;
	waiting.next = &next;
	world_set_impair(world, &impair);
	a->ops->job_submit(a, &late.job);
	world_settle(world);
	a->ops->job_submit(a, &waiting.job);
	b->ops->job_submit(b, &other.job);
	world_host_free(a);
	assert_int_equal(late.done, 1);
	assert_int_equal(waiting.done, 1);
	assert_int_equal(next.done, 1);
	assert_int_equal(other.done, 0);
	world_run(world, USEC_PER_SEC);
	assert_int_equal(other.done, 1);
	world_free(world);
}

static void delay_without_memory_is_no_delay(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	struct task task = task_of(host);
	struct impair impair = { .job_delay = 700 };

	(void)state;
	world_set_impair(world, &impair);
	host->ops->job_submit(host, &task.job);
	mem_fail_nth(1);
	world_settle(world);
	mem_fail_nth(0);
	assert_int_equal(task.done, 1);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(job_is_done_in_the_next_step_and_not_before),
		cmocka_unit_test(held_jobs_wait_while_other_things_happen),
		cmocka_unit_test(results_can_be_delayed),
		cmocka_unit_test(freeing_the_host_completes_its_jobs),
		cmocka_unit_test(delay_without_memory_is_no_delay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
