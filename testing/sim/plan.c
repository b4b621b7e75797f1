/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sim.h"

/* How often each comes, how long it lasts, and what its numbers may be. */
static const struct recipe {
	const char *name;
	unsigned weight;
	unsigned shortest, longest; /* ms; 0: no duration */
	unsigned amounts, details;  /* below these; 0: none */
} recipes[TROUBLE_KINDS] = {
	[TROUBLE_NETWORK] = { "network is bad", 10, 2000, 300000, 400, 4 },
	[TROUBLE_PARTITION] = { "partition", 6, 1000, 240000, 0, 0 },
	[TROUBLE_NAT] = { "NAT forgets", 2, 0, 0, 0, 0 },
	[TROUBLE_REFUSAL] = { "kernel refuses", 5, 1000, 60000, 8, 2 },
	[TROUBLE_SLOW_KERNEL] = { "kernel is slow", 3, 1000, 60000, 900, 0 },
	[TROUBLE_LOST_ANSWER] = { "kernel's answer is lost", 3, 0, 0, 6, 0 },
	[TROUBLE_SLOW_WORKERS] = { "workers are held", 3, 100, 8000, 0, 0 },
	[TROUBLE_CRASH] = { "crash", 5, 100, 120000, 0, 3 },
	[TROUBLE_STOP] = { "stop", 2, 6000, 60000, 0, 0 },
	[TROUBLE_UP] = { "up", 6, 0, 0, 0, 0 },
	[TROUBLE_DOWN] = { "down", 4, 0, 0, 0, 0 },
	[TROUBLE_ROUTE] = { "route", 2, 0, 0, 0, 0 },
	[TROUBLE_UNROUTE] = { "unroute", 1, 0, 0, 0, 0 },
	[TROUBLE_DELETE] = { "delete", 2, 0, 0, 0, 0 },
	[TROUBLE_ADD] = { "add", 4, 0, 0, 0, 4 },
	[TROUBLE_RELOAD] = { "reload", 2, 0, 0, 0, 4 },
	[TROUBLE_EXPIRE_SOFT] = { "kernel: soft expiry", 6, 0, 0, 1000, 0 },
	[TROUBLE_EXPIRE_HARD] = { "kernel: hard expiry", 3, 0, 0, 1000, 0 },
	[TROUBLE_DUE_CHILD] = { "Child SAs are due", 5, 0, 0, 0, 2 },
	[TROUBLE_DUE_IKE] = { "IKE SAs are due", 5, 0, 0, 0, 2 },
	[TROUBLE_REKEY_CHILD] = { "rekey of Child SAs", 10, 0, 0, 0, 2 },
	[TROUBLE_REKEY_IKE] = { "rekey of IKE SAs", 10, 0, 0, 0, 2 },
	[TROUBLE_REAUTH] = { "reauthentication", 3, 0, 0, 0, 2 },
	[TROUBLE_MOVE] = { "address goes away", 2, 200, 60000, 0, 0 },
	[TROUBLE_REPLAY] = { "replay", 5, 0, 0, 4, 3 },
};

const char *trouble_name(enum trouble_kind kind)
{
	return recipes[kind].name;
}

static enum trouble_kind draw_kind(struct dice *dice)
{
	unsigned total = 0, at;

	for (unsigned i = 0; i < TROUBLE_KINDS; i++)
		total += recipes[i].weight;
	at = dice_below(dice, total);
	for (unsigned i = 0; i < TROUBLE_KINDS; i++) {
		if (at < recipes[i].weight)
			return (enum trouble_kind)i;
		at -= recipes[i].weight;
	}
	return TROUBLE_NETWORK;
}

static bool about_a_link(enum trouble_kind kind)
{
	return (kind >= TROUBLE_DUE_CHILD && kind <= TROUBLE_REAUTH) ||
	       (kind >= TROUBLE_UP && kind <= TROUBLE_ADD);
}

static unsigned at_most(struct dice *dice, unsigned limit)
{
	return limit == 0 ? 0 : dice_below(dice, limit);
}

/* Short ones are likelier than long ones. */
static usec_t draw_duration(struct dice *dice, const struct recipe *recipe)
{
	unsigned width = recipe->longest - recipe->shortest;

	if (recipe->longest == 0)
		return 0;
	width = dice_below(dice, 2) == 0 ? width / 16 : width;
	return (usec_t)(recipe->shortest + dice_below(dice, width + 1)) * USEC_PER_MSEC;
}

static void draw(const struct scenario *scenario, struct dice *dice, struct trouble *trouble)
{
	const struct recipe *recipe = &recipes[trouble->kind];

	trouble->lasts = draw_duration(dice, recipe);
	trouble->node = dice_below(dice, scenario->node_count);
	trouble->other = dice_below(dice, scenario->node_count);
	trouble->amount = at_most(dice, recipe->amounts);
	trouble->detail = at_most(dice, recipe->details);
	if (!about_a_link(trouble->kind))
		return;
	const struct link *link =
		&scenario->links[trouble->other = dice_below(dice, scenario->link_count)];
	trouble->node = dice_below(dice, 2) == 0 ? link->a : link->b;
}

/* Troubles come in bunches, because that is when things go wrong. */
void plan_make(const struct scenario *scenario, struct plan *plan)
{
	struct dice dice = { scenario->seed * 0x9e6c63d0876a9a47u + 7 };
	unsigned wanted = dice_between(&dice, 5, PLAN_MAX / 2);
	usec_t at = 0, mean = scenario->trouble / wanted;
	static const unsigned pauses[] = { 0, 3, 30, 200, 1000, 4000 };

	*plan = (struct plan){ 0 };
	while (plan->count < wanted) {
		struct trouble *trouble = &plan->list[plan->count];
		if (dice_below(&dice, 2) == 0)
			at += (usec_t)dice_below(&dice, (unsigned)(mean / USEC_PER_MSEC) * 4 + 1) *
			      USEC_PER_MSEC;
		else
			at += dice_below(&dice, 2 * pauses[dice_below(&dice, 6)] + 1) *
			      USEC_PER_MSEC;
		if (at >= scenario->trouble)
			return;
		*trouble = (struct trouble){ .at = at, .kind = draw_kind(&dice) };
		trouble->number = plan->count++;
		draw(scenario, &dice, trouble);
	}
}

void plan_tell(const struct plan *plan, FILE *out)
{
	for (unsigned i = 0; i < plan->count; i++) {
		const struct trouble *it = &plan->list[i];
		(void)fprintf(out, "%4u at %10.3f s: g%u %-24s", it->number,
			      (double)it->at / (double)USEC_PER_SEC, it->node,
			      trouble_name(it->kind));
		if (about_a_link(it->kind))
			(void)fprintf(out, " l%u", it->other);
		else if (it->kind == TROUBLE_PARTITION)
			(void)fprintf(out, " g%u", it->other);
		if (it->lasts > 0)
			(void)fprintf(out, " for %.1f s", (double)it->lasts / (double)USEC_PER_SEC);
		(void)fprintf(out, " (%u, %u)\n", it->amount, it->detail);
	}
}
