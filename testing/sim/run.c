/* SPDX-License-Identifier: Apache-2.0 */
/* One seed: begin, trouble, healing, and a while in which nothing may be lost. */
#include <stdarg.h>
#include <string.h>
#include "sim/sim.h"

#define HEALING_STEP (5 * USEC_PER_SEC)
#define CALM_TIME    (15 * 60 * USEC_PER_SEC)
#define AFTER_CALM   (3 * 60 * USEC_PER_SEC)

double sim_seconds(const struct sim *sim)
{
	return (double)(world_now(sim->world) - sim->begin) / (double)USEC_PER_SEC;
}

void sim_fail(struct sim *sim, const char *format, ...)
{
	va_list args;

	if (sim->verdict->failed)
		return;
	sim->verdict->failed = true;
	(void)fprintf(sim->story, "at %.3f s: ", sim_seconds(sim));
	va_start(args, format);
	(void)vfprintf(sim->story, format, args);
	va_end(args);
	(void)fputc('\n', sim->story);
}

static bool open_sim(struct sim *sim)
{
	const struct scenario *scenario = sim->scenario;

	for (unsigned i = 0; i < scenario->node_count; i++) {
		const struct node *node = &scenario->nodes[i];
		char inside[24];
		if (!gate_make(sim, i))
			return false;
		(void)snprintf(inside, sizeof(inside), "172.16.%u.0/24", i + 1);
		if (node->nat &&
		    world_nat(sim->world, inside, node->outside, scenario->nat_expiry) != RC_OK)
			return false;
	}
	world_tap(sim->world, player_tap, sim);
	for (unsigned i = 0; i < scenario->node_count; i++)
		if (!gate_boot(&sim->gates[i], 0))
			return false;
	return true;
}

/* When two moments in a row are well, it is no coincidence. */
static bool heals(struct sim *sim, usec_t limit)
{
	usec_t began = world_now(sim->world);

	while (!sim->verdict->failed && world_now(sim->world) < began + limit) {
		usec_t now = world_now(sim->world);
		player_wait(sim, HEALING_STEP);
		if (!judge_all_well(sim, NULL))
			continue;
		if (sim->verdict->figures.healing == 0)
			sim->verdict->figures.healing = (uint64_t)(now + HEALING_STEP - began);
		return true;
	}
	return false;
}

static void tell_all(struct sim *sim)
{
	(void)judge_all_well(sim, sim->story);
	for (unsigned i = 0; i < sim->scenario->node_count; i++)
		judge_show(&sim->gates[i], sim->story);
}

static void must_heal(struct sim *sim, usec_t limit, const char *when)
{
	if (heals(sim, limit) || sim->verdict->failed)
		return;
	sim_fail(sim, "%s, %.0f s later:", when, (double)limit / (double)USEC_PER_SEC);
	tell_all(sim);
}

static void play(struct sim *sim)
{
	player_play(sim);
	if (sim->verdict->failed)
		return;
	player_let_go(sim);
	must_heal(sim, sim->scenario->patience, "not all is well after the faults");
	sim->calm = true;
	player_wait(sim, CALM_TIME);
	must_heal(sim, AFTER_CALM, "not all is well any more, though nothing was wrong");
}

static void close_sim(struct sim *sim)
{
	struct figures *figures = &sim->verdict->figures;

	figures->simulated = (uint64_t)(world_now(sim->world) - sim->begin);
	figures->history = 0xcbf29ce484222325u;
	world_hold_jobs(sim->world, false);
	world_settle(sim->world);
	if (sim->verdict->failed) {
		(void)fprintf(sim->story, "the last lines:\n");
		for (unsigned i = 0; i < sim->scenario->node_count; i++)
			gate_tell_journal(&sim->gates[i], sim->story, 12);
	}
	sim->closing = true;
	for (unsigned i = 0; i < sim->scenario->node_count; i++) {
		figures->history = (figures->history ^ sim->gates[i].history) * 0x100000001b3u;
		gate_free(&sim->gates[i]);
	}
	world_free(sim->world);
}

void sim_run(const struct scenario *scenario, const struct plan *plan, bool verbose,
	     struct verdict *verdict)
{
	struct sim sim = { .scenario = scenario, .plan = plan, .verbose = verbose };

	*verdict = (struct verdict){ .failed = false };
	sim.verdict = verdict;
	sim.world = world_new(scenario->seed);
	sim.story = fmemopen(verdict->story, sizeof(verdict->story), "w");
	if (sim.world == NULL || sim.story == NULL) {
		verdict->failed = true;
		return;
	}
	sim.begin = world_now(sim.world);
	if (open_sim(&sim))
		play(&sim);
	else
		sim_fail(&sim, "it does not begin");
	close_sim(&sim);
	(void)fclose(sim.story);
}
