/* SPDX-License-Identifier: Apache-2.0 */
/* Additional key exchanges, RFC 9370 §2.2.1: seven transform types of which each names one method
 * or NONE, and no method is used twice in one SA, the first key exchange included. */
#include "proposal/match.h"

struct search {
	struct match *match;
	unsigned flags;
};

/* NONE counts as listed by who does not list the type. */
static bool acceptable(const struct search *search, const struct proposal_transform *t,
		       unsigned before)
{
	const struct proposal_choice *choice = &search->match->choice;

	if (t->id != DH_NONE && (search->flags & PROPOSAL_ADDKE_NONE) != 0)
		return false;
	if (t->id != DH_NONE && choice->dh == DH_NONE)
		return false; /* §2.2.4: what would it be added to? */
	for (unsigned i = 0; i < before; i++)
		if (t->id != DH_NONE && choice->addke[i] == t->id)
			return false;
	return (t->id == DH_NONE || t->id != choice->dh) &&
	       proposal_they_list(search->match->theirs, t);
}

static bool they_say(const struct wire_proposal *theirs, uint8_t type)
{
	for (unsigned i = 0; i < theirs->transform_count; i++)
		if (theirs->transforms[i].type == type)
			return true;
	return false;
}

static void take(struct match *match, unsigned at, uint16_t id, uint8_t rank)
{
	uint8_t bit = (uint8_t)(1u << at);
	bool said = id == DH_NONE && they_say(match->theirs, (uint8_t)(TRANSFORM_ADDKE1 + at));

	match->choice.addke[at] = id;
	match->choice.addke_said = (uint8_t)((match->choice.addke_said & ~bit) | (said ? bit : 0u));
	match->rank[MATCH_ADDKE1 + at] = rank;
}

/* Type after type; when nothing is left for a later one, an earlier one gives way. A proposal has
 * few transforms, so there are few ways. */
static bool choose_from(struct search *search, unsigned at)
{
	const struct proposal *ours = search->match->ours;
	uint8_t type = (uint8_t)(TRANSFORM_ADDKE1 + at);
	struct proposal_transform none = { .type = type, .id = DH_NONE };
	bool listed = false;

	if (at == PROPOSAL_ADDKE_MAX)
		return true;
	for (uint8_t i = 0; i < ours->count; i++) {
		const struct proposal_transform *t = &ours->transforms[i];
		if (t->type != type)
			continue;
		listed = true;
		if (!acceptable(search, t, at))
			continue;
		take(search->match, at, t->id, (uint8_t)(i + 1));
		if (choose_from(search, at + 1))
			return true;
	}
	if (listed || !acceptable(search, &none, at))
		return false;
	take(search->match, at, DH_NONE, 0);
	return choose_from(search, at + 1);
}

bool addke_match(struct match *match, unsigned flags)
{
	struct search search = { match, flags };

	return choose_from(&search, 0);
}

unsigned proposal_addke(const struct proposal_choice *choice, uint16_t methods[PROPOSAL_ADDKE_MAX])
{
	unsigned count = 0;

	for (unsigned i = 0; i < PROPOSAL_ADDKE_MAX; i++)
		if (choice->addke[i] != DH_NONE)
			methods[count++] = choice->addke[i];
	return count;
}

bool proposal_has_addke(const struct proposal_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		for (unsigned k = 0; k < list->items[i].count; k++)
			if (addke_type(list->items[i].transforms[k].type) &&
			    list->items[i].transforms[k].id != DH_NONE)
				return true;
	return false;
}

bool addke_needed(const struct proposal *proposal)
{
	unsigned named = 0, optional = 0;

	for (unsigned i = 0; i < proposal->count; i++) {
		const struct proposal_transform *t = &proposal->transforms[i];
		unsigned bit = addke_type(t->type) ? 1u << (t->type - TRANSFORM_ADDKE1) : 0;
		named |= bit;
		optional |= t->id == DH_NONE ? bit : 0;
	}
	return named != optional;
}

bool proposal_needs_addke(const struct proposal_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		if (!addke_needed(&list->items[i]))
			return false;
	return list->count > 0;
}
