/* SPDX-License-Identifier: Apache-2.0 */
/* Takes troubles away as long as the seed still fails: halves first, then ever smaller parts. */
#include <stdlib.h>
#include "sim/sim.h"

#define TRIES_MAX 250
#define TRY_LIMIT 60 /* seconds of one run */

static void without(const struct plan *plan, unsigned from, unsigned count, struct plan *out)
{
	out->count = 0;
	for (unsigned i = 0; i < plan->count; i++)
		if (i < from || i >= from + count)
			out->list[out->count++] = plan->list[i];
}

/* Keeps the shorter plan when it fails, too. */
static bool try_without(const struct scenario *scenario, struct plan *plan, unsigned from,
			unsigned count, struct verdict *verdict)
{
	struct verdict *theirs = malloc(sizeof(*theirs));
	struct plan shorter;
	bool fails;

	if (theirs == NULL)
		return false;
	without(plan, from, count, &shorter);
	fails = crew_try(scenario, &shorter, TRY_LIMIT, theirs) && theirs->failed;
	if (fails) {
		*plan = shorter;
		*verdict = *theirs;
	}
	free(theirs);
	return fails;
}

void shrink(const struct scenario *scenario, struct plan *plan, struct verdict *verdict)
{
	unsigned tries = 0;

	for (unsigned size = plan->count > 1 ? plan->count / 2 : 1; size > 0; size /= 2)
		for (unsigned from = 0; from < plan->count && tries < TRIES_MAX; tries++)
			if (!try_without(scenario, plan, from, size, verdict))
				from += size;
}
