/* SPDX-License-Identifier: Apache-2.0 */
/* An arena holds everything parsed from one event and frees it in one call. */
#ifndef VANTH_BASE_ARENA_H
#define VANTH_BASE_ARENA_H

#include <stdint.h>
#include "base/span.h"

struct arena_block;
struct arena {
	struct arena_block *blocks;
	size_t used, limit; /* bytes handed out, and the bound */
};

/* limit: the most bytes this arena will hand out in all. Allocates nothing yet. */
void arena_init(struct arena *arena, size_t limit);
/* Zeroed, aligned to 16; NULL when the limit is reached or memory is out. */
void *arena_alloc(struct arena *arena, size_t size);
/* count * size, overflow-checked. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* A copy that lives as long as the arena; .ptr NULL on failure (also valid for empty input: len 0).
 */
struct span arena_copy(struct arena *arena, struct span bytes);
char *arena_text(struct arena *arena, const char *text, size_t len); /* adds the NUL */
/* Wipes and frees everything; the arena may be used again. */
void arena_free(struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/* Heap allocation for everything else: zeroed, nothing added to it, and the place where the
 * impairment "fail the n-th allocation" bites. mem_free(NULL) is fine. */
void *mem_alloc(size_t size);
void *mem_resize(void *ptr, size_t size); /* new bytes are not zeroed */
char *mem_text(const char *text);	  /* strdup; NULL in, NULL out */
void mem_free(void *ptr);
/* Test hook: the n-th allocation from now (1 = the next) fails, 0 = none. Process-wide, tests only.
 */
void mem_fail_nth(uint64_t n);

#endif
