/* SPDX-License-Identifier: Apache-2.0 */
/* The world: one clock and one order of events for all its hosts. A step is the first of these that
 * there is: deferred work, a job, what is due on the agenda; only then the clock moves to what is
 * due next. */
#include "base/arena.h"
#include "private.h"

#define WORLD_BEGINS (1000 * USEC_PER_SEC) /* 0 would look like "never set" */

/* Streams of the seed; hosts follow with their numbers. */
enum { STREAM_TESTS = 1, STREAM_CHANCE = 2 };

struct world *world_new(uint64_t seed)
{
	static const uint64_t table_seed[2] = { 1, 2 };
	struct world *world = mem_alloc(sizeof(*world));

	if (world == NULL)
		return NULL;
	world->seed = seed;
	world->now = WORLD_BEGINS;
	generator_init(&world->tests, seed, STREAM_TESTS);
	generator_init(&world->chance, seed, STREAM_CHANCE);
	table_init(&world->addresses, table_seed);
	list_init(&world->hosts);
	list_init(&world->deferring);
	list_init(&world->working);
	list_init(&world->flights);
	list_init(&world->cuts);
	list_init(&world->nats);
	list_init(&world->names);
	list_init(&world->pages);
	return world;
}

void world_free(struct world *world)
{
	if (world == NULL)
		return;
	while (!list_empty(&world->hosts))
		world_host_free(&container_of(world->hosts.next, struct virtual, in_world)->host);
	network_wipe(world);
	nat_wipe(world);
	world_forget_names(world);
	world_forget_pages(world);
	table_free(&world->addresses);
	agenda_free(&world->agenda);
	mem_free(world);
}

usec_t world_now(const struct world *world)
{
	return world->now;
}

uint64_t world_random(struct world *world)
{
	return generator_next(&world->tests);
}

/* Something that is due at `until` or earlier. */
static bool world_step_until(struct world *world, usec_t until)
{
	usec_t due = agenda_next(&world->agenda);
	struct agenda_entry *entry;

	if (virtual_run_deferred(world))
		return true;
	if (!world->hold_jobs && virtual_run_job(world))
		return true;
	if (due == USEC_NEVER || due > until)
		return false;
	if (due > world->now)
		world->now = due;
	entry = agenda_pop(&world->agenda);
	entry->fire(entry);
	return true;
}

bool world_step(struct world *world)
{
	return world_step_until(world, USEC_NEVER);
}

void world_run(struct world *world, usec_t duration)
{
	usec_t until = world->now + duration;

	while (world_step_until(world, until))
		;
	world->now = until;
}

void world_settle(struct world *world)
{
	while (world_step_until(world, world->now))
		;
}
