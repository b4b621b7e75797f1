/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs without threads: a step of the world works one and tells its owner, or tells it later when
 * results are impaired. A test may hold them and let them go one by one. */
#include "base/arena.h"
#include "private.h"

struct late_job {
	struct agenda_entry due;
	struct list in_host;
	struct job *job;
	struct virtual *host;
};

unsigned virtual_workers(struct host *host)
{
	(void)host;
	return 1;
}

void virtual_job_submit(struct host *host, struct job *job)
{
	struct virtual *virtual = virtual_of(host);

	list_append(&virtual->jobs, &job->queue);
	if (!list_linked(&virtual->in_working))
		list_append(&virtual->world->working, &virtual->in_working);
}

static void late_finish(struct late_job *late)
{
	struct agenda *agenda = &late->host->world->agenda;
	struct job *job = late->job;

	agenda_cancel(agenda, &late->due);
	agenda_release(agenda);
	list_remove(&late->in_host);
	mem_free(late);
	job->done(job);
}

static void late_due(struct agenda_entry *entry)
{
	late_finish(container_of(entry, struct late_job, due));
}

static enum rc job_finish_late(struct virtual *virtual, struct job *job, usec_t delay)
{
	struct agenda *agenda = &virtual->world->agenda;
	struct late_job *late = mem_alloc(sizeof(*late));

	if (late == NULL || agenda_reserve(agenda) != RC_OK) {
		mem_free(late);
		return RC_NO_MEMORY;
	}
	*late = (struct late_job){ .job = job, .host = virtual };
	late->due.fire = late_due;
	list_append(&virtual->late, &late->in_host);
	agenda_set(agenda, &late->due, virtual->world->now + delay);
	return RC_OK;
}

static void virtual_run_job_of(struct virtual *virtual)
{
	struct job *job = container_of(virtual->jobs.next, struct job, queue);
	usec_t delay = virtual->world->impair.job_delay;

	list_remove(&job->queue);
	job->work(job, 0);
	if (delay == 0 || job_finish_late(virtual, job, delay) != RC_OK)
		job->done(job);
}

/* Hosts take turns. */
bool virtual_run_job(struct world *world)
{
	struct virtual *virtual;

	if (list_empty(&world->working))
		return false;
	virtual = container_of(world->working.next, struct virtual, in_working);
	list_remove(&virtual->in_working);
	if (virtual->jobs.next->next != &virtual->jobs)
		list_append(&world->working, &virtual->in_working);
	virtual_run_job_of(virtual);
	return true;
}

void virtual_finish_jobs(struct virtual *virtual)
{
	while (!list_empty(&virtual->late))
		late_finish(container_of(virtual->late.next, struct late_job, in_host));
	while (!list_empty(&virtual->jobs)) {
		struct job *job = container_of(virtual->jobs.next, struct job, queue);

		list_remove(&job->queue);
		job->work(job, 0);
		job->done(job);
	}
}

void world_hold_jobs(struct world *world, bool hold)
{
	world->hold_jobs = hold;
}

bool world_run_job(struct world *world)
{
	return virtual_run_job(world);
}

size_t world_jobs_waiting(const struct world *world)
{
	size_t count = 0;

	list_for(host, &world->working)
	{
		const struct virtual *virtual = container_of(host, struct virtual, in_working);

		list_for(job, &virtual->jobs) count++;
	}
	return count;
}
