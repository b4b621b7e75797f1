/* SPDX-License-Identifier: Apache-2.0 */
/* DOC: proposals.
 * A proposal is a flat list of transforms, ordered by type and, within a type, by preference.
 * grammar.c makes lists from text (words.c knows the words), default.c knows the defaults, offer.c
 * turns a list into an SA payload, negotiate.c compares a list with the peer's SA payload, text.c
 * prints all of them. */
#include <string.h>
#include "base/arena.h"
#include "wire/limits.h"
#include "proposal/list.h"

static bool transform_same(const struct proposal_transform *a, const struct proposal_transform *b)
{
	return a->type == b->type && a->id == b->id && a->key_bits == b->key_bits;
}

bool proposal_same(const struct proposal *a, const struct proposal *b)
{
	if (a->protocol != b->protocol || a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (!transform_same(&a->transforms[i], &b->transforms[i]))
			return false;
	return true;
}

enum rc proposal_add(struct proposal *proposal, const struct proposal_transform *transform)
{
	for (unsigned i = 0; i < proposal->count; i++)
		if (transform_same(&proposal->transforms[i], transform))
			return RC_OK;
	if (proposal->count >= PROPOSAL_TRANSFORMS_MAX)
		return RC_LIMIT;
	proposal->transforms[proposal->count++] = *transform;
	return RC_OK;
}

struct proposal_list *proposal_list_new(void)
{
	return mem_alloc(sizeof(struct proposal_list));
}

enum rc proposal_list_add(struct proposal_list *list, const struct proposal *proposal)
{
	for (unsigned i = 0; i < list->count; i++)
		if (proposal_same(&list->items[i], proposal))
			return RC_OK;
	if (list->count >= LIMIT_PROPOSALS)
		return RC_LIMIT;
	struct proposal *items = mem_resize(list->items, (list->count + 1) * sizeof(*items));
	if (items == NULL)
		return RC_NO_MEMORY;
	items[list->count++] = *proposal;
	list->items = items;
	return RC_OK;
}

void proposal_free(struct proposal_list *list)
{
	if (list == NULL)
		return;
	mem_free(list->items);
	mem_free(list);
}

bool proposal_equal(const struct proposal_list *a, const struct proposal_list *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (!proposal_same(&a->items[i], &b->items[i]))
			return false;
	return true;
}

unsigned proposal_groups(const struct proposal_list *list, uint16_t *groups, unsigned max)
{
	unsigned count = 0;
	for (unsigned i = 0; i < list->count; i++) {
		const struct proposal *proposal = &list->items[i];
		for (unsigned j = 0; j < proposal->count; j++) {
			const struct proposal_transform *t = &proposal->transforms[j];
			bool known = t->type != TRANSFORM_DH || t->id == DH_NONE;
			for (unsigned k = 0; k < count && !known; k++)
				known = groups[k] == t->id;
			if (!known && count < max)
				groups[count++] = t->id;
		}
	}
	return count;
}

bool proposal_has_group(const struct proposal_list *list, uint16_t group)
{
	for (unsigned i = 0; i < list->count; i++)
		for (unsigned j = 0; j < list->items[i].count; j++) {
			const struct proposal_transform *t = &list->items[i].transforms[j];
			if (t->type == TRANSFORM_DH && t->id == group && group != DH_NONE)
				return true;
		}
	return false;
}
