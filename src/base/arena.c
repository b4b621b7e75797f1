/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/secret.h"
#include "mem_fault.h"
#include <string.h>

#define ARENA_ALIGN 16
#define BLOCK_FIRST 1024
#define BLOCK_MOST  65536

struct arena_block {
	struct arena_block *next;
	size_t size, used; /* of bytes[] */
	_Alignas(ARENA_ALIGN) uint8_t bytes[];
};

/* Blocks double, so that a small message costs little and a large one few allocations. Under the
 * address sanitizer each allocation gets a block of its own, so that reading past it is seen. */
static size_t block_size(const struct arena *arena, size_t needed)
{
	size_t size = arena->blocks == NULL ? BLOCK_FIRST : arena->blocks->size * 2;
	if (size > BLOCK_MOST)
		size = BLOCK_MOST;
	return SANITIZING || needed > size ? needed : size;
}

static void *block_take(struct arena_block *block, size_t rounded)
{
	size_t at = (block->used + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (at > block->size || rounded > block->size - at)
		return NULL;
	block->used = at + rounded;
	return block->bytes + at;
}

static void *block_new(struct arena *arena, size_t needed)
{
	size_t size = block_size(arena, needed);
	struct arena_block *block = mem_alloc(sizeof(*block) + size);
	if (block == NULL)
		return NULL;
	block->size = size;
	block->used = needed;
	block->next = arena->blocks;
	arena->blocks = block;
	return block->bytes;
}

void arena_init(struct arena *arena, size_t limit)
{
	*arena = (struct arena){ .limit = limit };
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t needed = size == 0 ? 1 : size;
	if (needed > arena->limit - arena->used)
		return NULL;
	void *ptr = arena->blocks == NULL ? NULL : block_take(arena->blocks, needed);
	if (ptr == NULL)
		ptr = block_new(arena, needed);
	if (ptr != NULL)
		arena->used += needed;
	return ptr;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return arena_alloc(arena, bytes);
}

struct span arena_copy(struct arena *arena, struct span bytes)
{
	uint8_t *ptr = arena_alloc(arena, bytes.len);
	if (ptr == NULL)
		return SPAN_NONE;
	if (bytes.len > 0)
		memcpy(ptr, bytes.ptr, bytes.len);
	return span_make(ptr, bytes.len);
}

char *arena_text(struct arena *arena, const char *text, size_t len)
{
	char *copy = len == SIZE_MAX ? NULL : arena_alloc(arena, len + 1);
	if (copy != NULL && len > 0)
		memcpy(copy, text, len);
	return copy;
}

void arena_free(struct arena *arena)
{
	while (arena->blocks != NULL) {
		struct arena_block *block = arena->blocks;
		arena->blocks = block->next;
		wipe(block->bytes, block->used);
		mem_free(block);
	}
	arena->used = 0;
}
