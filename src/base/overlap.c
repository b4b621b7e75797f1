/* SPDX-License-Identifier: Apache-2.0 */
/* A treap by group and first address, in which each one knows what of all below ends last. Depth is
 * logarithmic as long as nobody can choose the weights. */
#include "base/overlap.h"

static int compare_at(uint64_t group, const struct ip_addr *addr, uint64_t other_group,
		      const struct ip_addr *other)
{
	if (group != other_group)
		return group < other_group ? -1 : 1;
	return ip_compare(addr, other);
}

static bool begins_before(const struct overlap *a, const struct overlap *b)
{
	int order = compare_at(a->group, &a->range.from, b->group, &b->range.from);

	return order != 0 ? order < 0 : (uintptr_t)a < (uintptr_t)b;
}

static const struct overlap *later(const struct overlap *a, const struct overlap *b)
{
	return compare_at(a->group, &a->range.to, b->group, &b->range.to) < 0 ? b : a;
}

static void see_below(struct overlap *one)
{
	one->last = one;
	if (one->less != NULL)
		one->last = later(one->last, one->less->last);
	if (one->more != NULL)
		one->last = later(one->last, one->more->last);
}

/* Those that begin before `at`, and the others. */
static void split(struct overlap *tree, const struct overlap *at, struct overlap **less,
		  struct overlap **more)
{
	if (tree == NULL) {
		*less = *more = NULL;
	} else if (begins_before(tree, at)) {
		*less = tree;
		split(tree->more, at, &tree->more, more);
		see_below(tree);
	} else {
		*more = tree;
		split(tree->less, at, less, &tree->less);
		see_below(tree);
	}
}

static struct overlap *join(struct overlap *less, struct overlap *more)
{
	struct overlap *top;

	if (less == NULL || more == NULL)
		return less != NULL ? less : more;
	top = less->weight >= more->weight ? less : more;
	if (top == less)
		less->more = join(less->more, more);
	else
		more->less = join(less, more->less);
	see_below(top);
	return top;
}

static struct overlap *add(struct overlap *tree, struct overlap *one)
{
	if (tree == NULL || one->weight > tree->weight) {
		split(tree, one, &one->less, &one->more);
		see_below(one);
		return one;
	}
	if (begins_before(one, tree))
		tree->less = add(tree->less, one);
	else
		tree->more = add(tree->more, one);
	see_below(tree);
	return tree;
}

void overlap_add(struct overlaps *overlaps, struct overlap *one, uint64_t weight)
{
	one->weight = weight;
	one->in = true;
	overlaps->root = add(overlaps->root, one);
}

static struct overlap *take_out(struct overlap *tree, struct overlap *one)
{
	if (tree == NULL)
		return NULL;
	if (tree == one)
		return join(tree->less, tree->more);
	if (begins_before(one, tree))
		tree->less = take_out(tree->less, one);
	else
		tree->more = take_out(tree->more, one);
	see_below(tree);
	return tree;
}

void overlap_remove(struct overlaps *overlaps, struct overlap *one)
{
	if (!one->in)
		return;
	one->in = false;
	overlaps->root = take_out(overlaps->root, one);
	one->less = one->more = NULL;
}

struct search {
	uint64_t group;
	const struct ip_range *range;
	bool (*fits)(void *context, const struct overlap *one);
	void *context;
};

static bool ends_before(const struct overlap *one, const struct search *search)
{
	return compare_at(one->group, &one->range.to, search->group, &search->range->from) < 0;
}

static struct overlap *find(struct overlap *tree, const struct search *search)
{
	struct overlap *found;

	if (tree == NULL || ends_before(tree->last, search))
		return NULL;
	found = find(tree->less, search);
	if (found != NULL)
		return found;
	if (compare_at(tree->group, &tree->range.from, search->group, &search->range->to) > 0)
		return NULL;
	if (!ends_before(tree, search) && search->fits(search->context, tree))
		return tree;
	return find(tree->more, search);
}

struct overlap *overlap_find(const struct overlaps *overlaps, uint64_t group,
			     const struct ip_range *range,
			     bool (*fits)(void *context, const struct overlap *one), void *context)
{
	struct search search = { group, range, fits, context };

	return find(overlaps->root, &search);
}
