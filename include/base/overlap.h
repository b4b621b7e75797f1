/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of addresses, and which of them overlap another one: a balanced search tree that owns
 * nothing. Ranges of different groups never overlap. */
#ifndef VANTH_BASE_OVERLAP_H
#define VANTH_BASE_OVERLAP_H

#include <stdint.h>
#include "base/addr.h"

/* Embedded in what has the range. */
struct overlap {
	struct overlap *less, *more;
	uint64_t group, weight;
	struct ip_range range;
	const struct overlap *last; /* of it and all below: the one that ends last */
	bool in;
};

struct overlaps {
	struct overlap *root;
};

/* group and range are set. weight: random to whoever chooses ranges; the heaviest is the root. */
void overlap_add(struct overlaps *overlaps, struct overlap *one, uint64_t weight);
/* One that is not in it may be removed. */
void overlap_remove(struct overlaps *overlaps, struct overlap *one);
/* The first that has an address of the range and that `fits` says yes to; NULL: none. */
struct overlap *overlap_find(const struct overlaps *overlaps, uint64_t group,
			     const struct ip_range *range,
			     bool (*fits)(void *context, const struct overlap *one), void *context);

#endif
