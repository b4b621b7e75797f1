/* SPDX-License-Identifier: Apache-2.0 */
/* A heap like base/timer.h's, with two things more: entries due at the same time keep their order,
 * and room is reserved when an object is made, so that putting it on the agenda cannot fail. */
#include "base/arena.h"
#include "private.h"

#define AGENDA_FIRST 64

enum rc agenda_reserve(struct agenda *agenda)
{
	if (agenda->reserved == agenda->cap) {
		uint32_t cap = agenda->cap == 0 ? AGENDA_FIRST : agenda->cap * 2;
		struct agenda_entry **heap = mem_resize(agenda->heap, cap * sizeof(*heap));

		if (heap == NULL)
			return RC_NO_MEMORY;
		agenda->heap = heap;
		agenda->cap = cap;
	}
	agenda->reserved++;
	return RC_OK;
}

void agenda_release(struct agenda *agenda)
{
	agenda->reserved--;
}

static bool agenda_before(const struct agenda_entry *a, const struct agenda_entry *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void agenda_place(struct agenda *agenda, uint32_t at, struct agenda_entry *entry)
{
	agenda->heap[at] = entry;
	entry->index = at + 1;
}

static void agenda_up(struct agenda *agenda, uint32_t at, struct agenda_entry *entry)
{
	while (at > 0 && agenda_before(entry, agenda->heap[(at - 1) / 2])) {
		agenda_place(agenda, at, agenda->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	agenda_place(agenda, at, entry);
}

static void agenda_down(struct agenda *agenda, uint32_t at, struct agenda_entry *entry)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child + 1 < agenda->count &&
		    agenda_before(agenda->heap[child + 1], agenda->heap[child]))
			child++;
		if (child >= agenda->count || !agenda_before(agenda->heap[child], entry))
			break;
		agenda_place(agenda, at, agenda->heap[child]);
		at = child;
	}
	agenda_place(agenda, at, entry);
}

void agenda_cancel(struct agenda *agenda, struct agenda_entry *entry)
{
	struct agenda_entry *last;
	uint32_t at = entry->index;

	if (at-- == 0)
		return;
	entry->index = 0;
	last = agenda->heap[--agenda->count];
	if (last == entry)
		return;
	if (at > 0 && agenda_before(last, agenda->heap[(at - 1) / 2]))
		agenda_up(agenda, at, last);
	else
		agenda_down(agenda, at, last);
}

void agenda_set(struct agenda *agenda, struct agenda_entry *entry, usec_t due)
{
	agenda_cancel(agenda, entry);
	entry->due = due;
	entry->order = agenda->orders++;
	agenda_up(agenda, agenda->count++, entry);
}

usec_t agenda_next(const struct agenda *agenda)
{
	return agenda->count > 0 ? agenda->heap[0]->due : USEC_NEVER;
}

struct agenda_entry *agenda_pop(struct agenda *agenda)
{
	struct agenda_entry *first = agenda->heap[0];

	agenda_cancel(agenda, first);
	return first;
}

void agenda_free(struct agenda *agenda)
{
	mem_free(agenda->heap);
	*agenda = (struct agenda){ 0 };
}
