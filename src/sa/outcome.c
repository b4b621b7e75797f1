/* SPDX-License-Identifier: Apache-2.0 */
/* What an event holds until it ends. */
#include "sa/outcome.h"

enum rc outcome_hold(struct arena *arena, struct outcome *out, void (*release)(void *what),
		     void *what)
{
	struct outcome_held *held = ARENA_NEW(arena, struct outcome_held);

	if (held == NULL) {
		release(what);
		return RC_NO_MEMORY;
	}
	*held = (struct outcome_held){ release, what, out->held };
	out->held = held;
	return RC_OK;
}

void outcome_release(struct outcome *out)
{
	for (struct outcome_held *held = out->held; held != NULL; held = held->next)
		held->release(held->what);
	out->held = NULL;
}
