/* SPDX-License-Identifier: Apache-2.0 */
/* Growable intrusive hash table; owns nothing. Keys are hashed with SipHash under a random seed, so
 * that a peer who chooses keys cannot choose collisions. It grows and shrinks a few slots at a
 * time; meanwhile it has the old and the new ones. */
#ifndef VANTH_BASE_TABLE_H
#define VANTH_BASE_TABLE_H

#include <stdint.h>
#include "base/rc.h"

struct table_node {
	struct table_node *next;
	uint64_t hash;
};

struct table {
	struct table_node **slots, **old; /* old: what a change of size has not moved yet */
	size_t slot_count, count;	  /* slot_count is a power of two or 0 */
	size_t old_count, moved;	  /* of the old slots, those below `moved` are done */
	uint64_t seed[2];
};

void table_init(struct table *table, const uint64_t seed[2]);
void table_free(struct table *table); /* the slots only; nodes belong to their owners */
uint64_t table_hash(const struct table *table, const void *key, size_t len);
/* Never fails: when growing is impossible the chains get longer. RC_NO_MEMORY only for the very
 * first slots. */
enum rc table_insert(struct table *table, struct table_node *node, uint64_t hash) MUST_CHECK;
/* Removing a node that is not in the table does nothing. */
void table_remove(struct table *table, struct table_node *node);
/* The first node with that hash, then the following ones; NULL at the end. The caller compares
 * keys. */
struct table_node *table_first(const struct table *table, uint64_t hash);
struct table_node *table_next(const struct table_node *node);
/* Walk in slices: *cursor starts at 0; calls fn for up to max nodes (nodes of equal hash stay
 * together, so it can be a few more); returns false when the end was reached, and *cursor is then 0
 * again. Between slices nodes may come and go: those that stay are met exactly once. fn may remove
 * the node it is given, and insert any. */
bool table_walk(struct table *table, uint64_t *cursor, size_t max,
		void (*fn)(struct table_node *node, void *context), void *context);

#endif
