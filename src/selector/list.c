/* SPDX-License-Identifier: Apache-2.0 */
/* DOC: several selectors together.
 * A tunnel and its Child SAs have two lists of selectors, and what flows between them is protected:
 * each local one with each remote one. To the wire they are lists (TSi, TSr), to a kernel pairs of
 * masks. One pair that is a mask, as nearly all are, stands in the object itself; anything else is
 * in a set that is counted and never changes, so that a tunnel and its Child SAs have one. */
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "selector/selector.h"

struct selector_set {
	unsigned references;
	unsigned local_count, remote_count, policy_count;
	struct selector_pair *policies; /* behind the two lists */
	struct selector items[];	/* local ones, then remote ones */
};

/* ---- making ---- */

static void drop_at(struct selector *list, unsigned *count, unsigned at)
{
	memmove(&list[at], &list[at + 1], (*count - at - 1) * sizeof(*list));
	(*count)--;
}

bool selectors_add(struct selector *list, unsigned *count, const struct selector *one)
{
	for (unsigned i = 0; i < *count; i++)
		if (selector_contains(&list[i], one))
			return true;
	for (unsigned i = *count; i-- > 0;)
		if (selector_contains(one, &list[i]))
			drop_at(list, count, i);
	if (*count == SELECTORS_MAX)
		return false;
	list[(*count)++] = *one;
	return true;
}

/* Both sides of a policy are of one protocol. An address that is not known yet fits all. */
static bool pair_of(const struct selector *local, const struct selector *remote,
		    struct selector_pair *out)
{
	uint8_t a = local->range.from.family, b = remote->range.from.family;
	uint8_t p = local->protocol, q = remote->protocol;

	if (a != b && a != AF_UNSPEC && b != AF_UNSPEC)
		return false;
	if (p != 0 && q != 0 && p != q)
		return false;
	*out = (struct selector_pair){ *local, *remote };
	out->local.protocol = out->remote.protocol = p != 0 ? p : q;
	return true;
}

static bool has_partner(const struct selector *one, const struct selector *others, unsigned count)
{
	struct selector_pair pair;

	for (unsigned i = 0; i < count; i++)
		if (pair_of(one, &others[i], &pair))
			return true;
	return false;
}

static void drop_lonely(struct selector_lists *lists)
{
	for (unsigned i = lists->local_count; i-- > 0;)
		if (!has_partner(&lists->local[i], lists->remote, lists->remote_count))
			drop_at(lists->local, &lists->local_count, i);
	for (unsigned i = lists->remote_count; i-- > 0;)
		if (!has_partner(&lists->remote[i], lists->local, lists->local_count))
			drop_at(lists->remote, &lists->remote_count, i);
}

/* The two lists without what is in others of them. */
static void tidy(const struct selector_lists *lists, struct selector_lists *out)
{
	out->local_count = out->remote_count = 0;
	for (unsigned i = 0; i < lists->local_count; i++)
		(void)selectors_add(out->local, &out->local_count, &lists->local[i]);
	for (unsigned i = 0; i < lists->remote_count; i++)
		(void)selectors_add(out->remote, &out->remote_count, &lists->remote[i]);
	drop_lonely(out);
}

struct expansion {
	struct selector_pair first; /* as it is, before masks */
	struct selector_pair policies[SELECTOR_POLICIES_MAX];
	unsigned count;
};

static enum rc expand(const struct selector_lists *lists, struct expansion *out, struct diag *diag)
{
	struct selector_pair pair;
	bool found = false;
	unsigned masks;

	out->count = 0;
	for (unsigned i = 0; i < lists->local_count; i++)
		for (unsigned j = 0; j < lists->remote_count; j++) {
			if (!pair_of(&lists->local[i], &lists->remote[j], &pair))
				continue;
			masks = selector_masks(&pair, out->policies + out->count,
					       SELECTOR_POLICIES_MAX - out->count);
			if (masks == 0) /* no packet is of both ICMP types */
				continue;
			if (!found)
				out->first = pair;
			found = true;
			out->count += masks;
			if (out->count > SELECTOR_POLICIES_MAX)
				return diag_fail(diag, RC_LIMIT,
						 "the selectors need more than %d policies in each "
						 "direction: leftsubnets= and rightsubnets= make "
						 "a tunnel of each pair, and ranges cost "
						 "a policy for each mask they consist of",
						 SELECTOR_POLICIES_MAX);
		}
	if (!found)
		return diag_fail(diag, RC_TS_UNACCEPTABLE,
				 "no local selector has the IP version and the protocol of a "
				 "remote one");
	return RC_OK;
}

static struct selector_set *set_new(const struct selector_lists *lists,
				    const struct expansion *expansion)
{
	size_t locals = lists->local_count, remotes = lists->remote_count;
	size_t lists_size = (locals + remotes) * sizeof(struct selector);
	size_t policies_size = expansion->count * sizeof(struct selector_pair);
	struct selector_set *set = mem_alloc(sizeof(*set) + lists_size + policies_size);

	if (set == NULL)
		return NULL;
	set->references = 1;
	set->local_count = lists->local_count;
	set->remote_count = lists->remote_count;
	set->policy_count = expansion->count;
	memcpy(set->items, lists->local, locals * sizeof(struct selector));
	memcpy(set->items + locals, lists->remote, remotes * sizeof(struct selector));
	set->policies = (struct selector_pair *)(void *)(set->items + locals + remotes);
	memcpy(set->policies, expansion->policies, policies_size);
	return set;
}

static bool is_plain(const struct selector_lists *lists, const struct expansion *expansion)
{
	return lists->local_count == 1 && lists->remote_count == 1 && expansion->count == 1 &&
	       selector_pair_equal(&expansion->first, &expansion->policies[0]);
}

enum rc selectors_make(const struct selector_lists *lists, struct selectors *out, struct diag *diag)
{
	struct selector_lists tidied;
	struct expansion expansion;

	*out = (struct selectors){ .more = NULL };
	tidy(lists, &tidied);
	TRY(expand(&tidied, &expansion, diag));
	out->first = expansion.first;
	if (is_plain(&tidied, &expansion))
		return RC_OK;
	out->more = set_new(&tidied, &expansion);
	return out->more != NULL ? RC_OK : diag_fail(diag, RC_NO_MEMORY, "out of memory");
}

struct selectors selectors_hold(const struct selectors *selectors)
{
	if (selectors->more != NULL)
		selectors->more->references++;
	return *selectors;
}

void selectors_drop(struct selectors *selectors)
{
	struct selector_set *set = selectors->more;

	selectors->more = NULL;
	if (set != NULL && --set->references == 0)
		mem_free(set);
}

void selectors_move(struct selectors *to, struct selectors *from)
{
	struct selectors taken = *from;

	from->more = NULL;
	selectors_drop(to);
	*to = taken;
}

struct selectors *selectors_copy(const struct selectors *selectors)
{
	struct selectors *copy = mem_alloc(sizeof(*copy));

	if (copy != NULL)
		*copy = selectors_hold(selectors);
	return copy;
}

void selectors_free(struct selectors *copy)
{
	if (copy == NULL)
		return;
	selectors_drop(copy);
	mem_free(copy);
}

void selectors_replace(struct selectors **to, struct selectors **from)
{
	if (*from == NULL)
		return;
	selectors_free(*to);
	*to = *from;
	*from = NULL;
}

/* ---- looking ---- */

/* One of the two lists. */
static const struct selector *side(const struct selectors *selectors, bool local, unsigned *count)
{
	const struct selector_set *set = selectors->more;

	if (set == NULL) {
		*count = 1;
		return local ? &selectors->first.local : &selectors->first.remote;
	}
	*count = local ? set->local_count : set->remote_count;
	return local ? set->items : set->items + set->local_count;
}

void selectors_lists(const struct selectors *selectors, struct selector_lists *out)
{
	const struct selector *local = side(selectors, true, &out->local_count);
	const struct selector *remote = side(selectors, false, &out->remote_count);

	memcpy(out->local, local, out->local_count * sizeof(*local));
	memcpy(out->remote, remote, out->remote_count * sizeof(*remote));
}

unsigned selectors_policies(const struct selectors *selectors)
{
	return selectors->more != NULL ? selectors->more->policy_count : 1;
}

const struct selector_pair *selectors_policy(const struct selectors *selectors, unsigned index)
{
	return selectors->more != NULL ? &selectors->more->policies[index] : &selectors->first;
}

static bool side_contains(const struct selectors *selectors, bool local, const struct selector *one)
{
	unsigned count;
	const struct selector *list = side(selectors, local, &count);

	for (unsigned i = 0; i < count; i++)
		if (selector_contains(&list[i], one))
			return true;
	return false;
}

static bool side_within(const struct selectors *inner, const struct selectors *outer, bool local)
{
	unsigned count;
	const struct selector *list = side(inner, local, &count);

	for (unsigned i = 0; i < count; i++)
		if (!side_contains(outer, local, &list[i]))
			return false;
	return true;
}

bool selectors_within(const struct selectors *inner, const struct selectors *outer)
{
	return side_within(inner, outer, true) && side_within(inner, outer, false);
}

bool selectors_hold_local(const struct selectors *selectors, const struct selector *one)
{
	return side_contains(selectors, true, one);
}

bool selectors_hold_remote(const struct selectors *selectors, const struct selector *one)
{
	return side_contains(selectors, false, one);
}

bool selectors_hold_addr(const struct selectors *selectors, const struct ip_addr *addr)
{
	unsigned count;
	const struct selector *list = side(selectors, false, &count);

	for (unsigned i = 0; i < count; i++)
		if (range_contains_addr(&list[i].range, addr))
			return true;
	return false;
}

static bool side_equal(const struct selectors *a, const struct selectors *b, bool local)
{
	unsigned na, nb;
	const struct selector *list = side(a, local, &na), *other = side(b, local, &nb);

	for (unsigned i = 0; i < na; i++) {
		bool found = false;
		for (unsigned j = 0; j < nb && !found; j++)
			found = selector_equal(&list[i], &other[j]);
		if (!found)
			return false;
	}
	return na == nb;
}

bool selectors_equal(const struct selectors *a, const struct selectors *b)
{
	return side_equal(a, b, true) && side_equal(a, b, false);
}

bool selectors_single(const struct selectors *selectors)
{
	const struct selector_set *set = selectors->more;

	return set == NULL || (set->local_count == 1 && set->remote_count == 1);
}

/* ---- to text and wire ---- */

static void side_text(const struct selectors *selectors, bool local, char *buffer, size_t size)
{
	struct wire_ts items[SELECTORS_MAX];
	struct wire_ts_list list = { items, 0 };
	unsigned count;
	const struct selector *from = side(selectors, local, &count);

	for (list.count = 0; list.count < count; list.count++)
		selector_to_wire(&from[list.count], &items[list.count]);
	selector_list_text(&list, buffer, size);
}

const char *selectors_text(const struct selectors *selectors, char buffer[SELECTORS_TEXT_MAX])
{
	char local[(SELECTORS_TEXT_MAX - 6) / 2], remote[sizeof(local)];

	if (selectors_single(selectors))
		return selector_pair_text(&selectors->first, buffer);
	side_text(selectors, true, local, sizeof(local));
	side_text(selectors, false, remote, sizeof(remote));
	snprintf(buffer, SELECTORS_TEXT_MAX, "%s === %s", local, remote);
	return buffer;
}

static enum rc side_to_wire(struct arena *arena, const struct selectors *selectors, bool local,
			    struct wire_ts_list *out)
{
	unsigned count;
	const struct selector *from = side(selectors, local, &count);

	out->items = arena_array(arena, count, sizeof(*out->items));
	out->count = 0;
	if (out->items == NULL)
		return RC_NO_MEMORY;
	for (; out->count < count; out->count++)
		selector_to_wire(&from[out->count], &out->items[out->count]);
	return RC_OK;
}

enum rc selectors_to_wire(struct arena *arena, const struct selectors *selectors,
			  struct wire_ts_list *local, struct wire_ts_list *remote)
{
	TRY(side_to_wire(arena, selectors, true, local));
	return side_to_wire(arena, selectors, false, remote);
}

/* ---- a client's address ---- */

static void substitute(struct selector *list, unsigned *count, const struct ip_range by[2])
{
	struct selector before[SELECTORS_MAX];
	unsigned old = *count;

	memcpy(before, list, old * sizeof(*list));
	*count = 0;
	for (unsigned i = 0; i < old; i++) {
		const struct ip_range *range = &by[before[i].range.from.family == AF_INET6];
		before[i].range = *range;
		if (ip_is_set(&range->from))
			(void)selectors_add(list, count, &before[i]);
	}
}

enum rc selectors_substitute(const struct selectors *selectors, bool local,
			     const struct ip_range by[2], struct selectors *out, struct diag *diag)
{
	struct selector_lists lists;

	selectors_lists(selectors, &lists);
	substitute(local ? lists.local : lists.remote,
		   local ? &lists.local_count : &lists.remote_count, by);
	return selectors_make(&lists, out, diag);
}
