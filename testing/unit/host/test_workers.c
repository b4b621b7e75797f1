/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include "base/arena.h"
#include "unit/host/real_fixture.h"

#define JOBS 20000

struct scene {
	struct host *host;
	pthread_t loop;
	unsigned left;
	atomic_uint running, most;
	atomic_uint by_worker[8];
};
struct task {
	struct job job;
	struct scene *scene;
	unsigned worked, done;
	bool blocked_signals;
	struct task *next;
};

static void scene_enter(struct scene *scene)
{
	unsigned running = atomic_fetch_add(&scene->running, 1) + 1;
	unsigned most = atomic_load(&scene->most);

	while (running > most && !atomic_compare_exchange_weak(&scene->most, &most, running))
		;
}

static void task_work(struct job *job, unsigned worker)
{
	struct task *task = container_of(job, struct task, job);
	sigset_t mask;

	scene_enter(task->scene);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	task->blocked_signals = sigismember(&mask, SIGTERM) == 1;
	atomic_fetch_add(&task->scene->by_worker[worker], 1);
	task->worked++;
	atomic_fetch_sub(&task->scene->running, 1);
}

static void task_done(struct job *job)
{
	struct task *task = container_of(job, struct task, job);
	struct scene *scene = task->scene;

	assert_true(pthread_equal(pthread_self(), scene->loop));
	task->done++;
	if (task->next != NULL)
		scene->host->ops->job_submit(scene->host, &task->next->job);
	if (--scene->left == 0)
		host_real_stop(scene->host);
}

static struct task task_of(struct scene *scene)
{
	return (struct task){ .job = { .work = task_work, .done = task_done }, .scene = scene };
}

static void every_job_is_worked_and_done_once(void **state)
{
	static struct task tasks[JOBS];
	struct scene scene = { .loop = pthread_self(), .left = JOBS };
	struct host *host = scene.host = real_host_logging(4, NULL);
	unsigned all = 0;

	(void)state;
	assert_int_equal(host->ops->workers(host), 4);
	for (size_t i = 0; i < JOBS; i++) {
		tasks[i] = task_of(&scene);
		host->ops->job_submit(host, &tasks[i].job);
	}
	run_host(host);
	for (size_t i = 0; i < JOBS; i++) {
		assert_int_equal(tasks[i].worked, 1);
		assert_int_equal(tasks[i].done, 1);
		assert_true(tasks[i].blocked_signals);
	}
	for (size_t i = 0; i < 4; i++)
		all += scene.by_worker[i];
	assert_int_equal(all, JOBS);
	assert_true(scene.most <= 4);
	host_real_free(host);
}

static void finished_jobs_lead_to_others(void **state)
{
	static struct task chain[500];
	struct scene scene = { .loop = pthread_self(), .left = 500 };
	struct host *host = scene.host = real_host_logging(2, NULL);

	(void)state;
	for (size_t i = 0; i < 500; i++)
		chain[i] = task_of(&scene);
	for (size_t i = 0; i + 1 < 500; i++)
		chain[i].next = &chain[i + 1];
	host->ops->job_submit(host, &chain[0].job);
	run_host(host);
	assert_int_equal(chain[499].done, 1);
	host_real_free(host);
}

/* Two jobs that wait for each other end only when both run at once. */
static pthread_barrier_t meeting;

static void meet(struct job *job, unsigned worker)
{
	pthread_barrier_wait(&meeting);
	task_work(job, worker);
}

static void jobs_run_at_the_same_time(void **state)
{
	struct scene scene = { .loop = pthread_self(), .left = 2 };
	struct host *host = scene.host = real_host_logging(2, NULL);
	struct task a = task_of(&scene), b = task_of(&scene);

	(void)state;
	a.job.work = b.job.work = meet;
	pthread_barrier_init(&meeting, NULL, 2);
	host->ops->job_submit(host, &a.job);
	host->ops->job_submit(host, &b.job);
	run_host(host);
	assert_int_equal(a.done + b.done, 2);
	host_real_free(host);
	pthread_barrier_destroy(&meeting);
}

static void freeing_the_host_completes_every_job(void **state)
{
	static struct task tasks[1000];
	struct scene scene = { .loop = pthread_self(), .left = UINT32_MAX };
	struct host *host = scene.host = real_host_logging(2, NULL);
	struct task last = task_of(&scene);

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		tasks[i] = task_of(&scene);
	tasks[999].next = &last;
	for (size_t i = 0; i < 1000; i++)
		host->ops->job_submit(host, &tasks[i].job);
	host_real_free(host); /* the loop never ran */
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(tasks[i].worked + tasks[i].done, 2);
	assert_int_equal(last.worked + last.done, 2);
}

static void default_is_one_worker_per_cpu(void **state)
{
	struct host *host = real_host_logging(0, NULL);

	(void)state;
	assert_int_equal(host->ops->workers(host), sysconf(_SC_NPROCESSORS_ONLN));
	host_real_free(host);
}

struct slow_scene {
	struct host *host;
	struct deferred other;
	char order[16];
	unsigned left;
};
struct slow_task {
	struct job job;
	struct slow_scene *scene;
};

static void slow_note(struct slow_scene *scene, char what)
{
	scene->order[strlen(scene->order)] = what;
}

static void slow_work(struct job *job, unsigned worker)
{
	(void)job;
	(void)worker;
}

static void slow_done(struct job *job)
{
	struct slow_scene *scene = container_of(job, struct slow_task, job)->scene;

	slow_note(scene, 'j');
	scene->host->ops->defer(scene->host, &scene->other);
	while (!host_turn_over(scene->host))
		;
	if (--scene->left == 0)
		host_real_stop(scene->host);
}

static void slow_other(struct deferred *deferred)
{
	slow_note(container_of(deferred, struct slow_scene, other), 'o');
}

static void many_results_do_not_keep_other_work_waiting(void **state)
{
	struct slow_scene scene = { .host = real_host(),
				    .other = { .run = slow_other },
				    .left = 4 };
	struct slow_task tasks[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		tasks[i] = (struct slow_task){ .job = { .work = slow_work, .done = slow_done },
					       .scene = &scene };
		scene.host->ops->job_submit(scene.host, &tasks[i].job);
	}
	run_host(scene.host);
	assert_string_equal(scene.order, "jojojojo");
	host_real_free(scene.host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_job_is_worked_and_done_once),
		cmocka_unit_test(finished_jobs_lead_to_others),
		cmocka_unit_test(jobs_run_at_the_same_time),
		cmocka_unit_test(freeing_the_host_completes_every_job),
		cmocka_unit_test(default_is_one_worker_per_cpu),
		cmocka_unit_test(many_results_do_not_keep_other_work_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
