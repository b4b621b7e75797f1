/* SPDX-License-Identifier: Apache-2.0 */
/* Where session keys live.
 *
 * Small secrets come from regions of 1 MiB, reserved at a multiple of 1 MiB so that a slot's
 * address leads to its region. A region has 64 chunks of 16 KiB: the first holds what is known
 * about the others (so that no bookkeeping lies between secrets, and a slot costs its rounding
 * only), each other one is cut into slots of one size when it is first needed, is locked into
 * memory then, and goes back to the kernel when it is empty. Larger secrets get a mapping of their
 * own. One mutex guards it all: the work inside is a bit search. */
#include "base/secret.h"
#include "base/list.h"
#include "mem_fault.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#if SANITIZING
#include <sanitizer/asan_interface.h>
#define HIDE(ptr, len) ASAN_POISON_MEMORY_REGION(ptr, len)
#define SHOW(ptr, len) ASAN_UNPOISON_MEMORY_REGION(ptr, len)
#else
#define HIDE(ptr, len) ((void)(ptr))
#define SHOW(ptr, len) ((void)(ptr))
#endif

#define SECRET_MAX  65536
#define REGION_SIZE ((size_t)1 << 20)
#define CHUNK_SIZE  ((size_t)1 << 14)
#define CHUNKS	    (REGION_SIZE / CHUNK_SIZE)
#define SLOT_STEP   16
#define SLOT_FINE   512 /* up to here every multiple of 16 has its class */
#define SLOT_MOST   2048
#define CLASSES	    (SLOT_FINE / SLOT_STEP + 2) /* and 1024, 2048 */

struct chunk {
	struct list link;   /* in pool.open[class] while a slot is free */
	uint64_t free[16];  /* a bit for each free slot */
	uint16_t slot_size; /* 0: not cut */
	uint16_t used;
	bool locked;
};

struct region {
	struct list link; /* in pool.regions */
	uint64_t free;	  /* a bit for each chunk that is not cut */
	struct chunk chunk[CHUNKS];
};
_Static_assert(sizeof(struct region) <= CHUNK_SIZE, "the books must fit into the first chunk");

/* Process-wide like the memory lock itself. */
static struct {
	pthread_mutex_t mutex;
	bool ready;
	struct list regions;
	struct list open[CLASSES];
} pool = { .mutex = PTHREAD_MUTEX_INITIALIZER };
static atomic_size_t unlocked;

static unsigned class_of(size_t len)
{
	if (len <= SLOT_FINE)
		return len == 0 ? 0 : (unsigned)((len - 1) / SLOT_STEP);
	return len <= 1024 ? CLASSES - 2 : CLASSES - 1;
}

static size_t class_size(unsigned class)
{
	if (class < SLOT_FINE / SLOT_STEP)
		return (class + 1) * SLOT_STEP;
	return class == CLASSES - 2 ? 1024 : 2048;
}

static bool lock_pages(void *ptr, size_t len)
{
	if (mlock(ptr, len) == 0)
		return true;
	atomic_fetch_add(&unlocked, len);
	return false;
}

static size_t whole_pages(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return (len + page - 1) / page * page;
}

static struct region *region_of(const void *ptr)
{
	return (struct region *)((uintptr_t)ptr & ~(uintptr_t)(REGION_SIZE - 1));
}

static uint8_t *chunk_bytes(struct chunk *chunk)
{
	struct region *region = region_of(chunk);
	return (uint8_t *)region + (size_t)(chunk - region->chunk) * CHUNK_SIZE;
}

static void pool_prepare(void)
{
	if (pool.ready)
		return;
	list_init(&pool.regions);
	for (unsigned i = 0; i < CLASSES; i++)
		list_init(&pool.open[i]);
	pool.ready = true;
}

/* Maps twice the size and gives back what lies outside of the alignment. */
static struct region *region_new(void)
{
	uint8_t *map = mmap(NULL, REGION_SIZE * 2, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	size_t before = (REGION_SIZE - ((uintptr_t)map & (REGION_SIZE - 1))) & (REGION_SIZE - 1);
	if (before > 0)
		munmap(map, before);
	munmap(map + before + REGION_SIZE, REGION_SIZE - before);
	struct region *region = (struct region *)(void *)(map + before);
	(void)madvise(region, REGION_SIZE, MADV_DONTDUMP);
	region->free = ~(uint64_t)1;
	list_append(&pool.regions, &region->link);
	HIDE((uint8_t *)region + CHUNK_SIZE, REGION_SIZE - CHUNK_SIZE);
	return region;
}

static struct chunk *chunk_find(void)
{
	struct region *region = NULL;
	list_for(pos, &pool.regions)
	{
		region = container_of(pos, struct region, link);
		if (region->free != 0)
			break;
		region = NULL;
	}
	if (region == NULL)
		region = region_new();
	if (region == NULL)
		return NULL;
	int at = __builtin_ctzll(region->free);
	region->free &= region->free - 1;
	return &region->chunk[at];
}

/* Cuts a chunk into slots of this class. */
static struct chunk *chunk_new(unsigned class)
{
	struct chunk *chunk = chunk_find();
	if (chunk == NULL)
		return NULL;
	size_t slots = CHUNK_SIZE / class_size(class);
	chunk->slot_size = (uint16_t)class_size(class);
	chunk->used = 0;
	chunk->locked = lock_pages(chunk_bytes(chunk), CHUNK_SIZE);
	memset(chunk->free, 0, sizeof(chunk->free));
	for (size_t i = 0; i < slots; i++)
		chunk->free[i / 64] |= (uint64_t)1 << (i % 64);
	list_append(&pool.open[class], &chunk->link);
	return chunk;
}

/* An empty chunk goes back to the kernel, and a full list of regions shrinks to one. */
static void chunk_retire(struct chunk *chunk)
{
	struct region *region = region_of(chunk);
	uint8_t *bytes = chunk_bytes(chunk);
	list_remove(&chunk->link);
	if (!chunk->locked)
		atomic_fetch_sub(&unlocked, CHUNK_SIZE);
	if (whole_pages(1) <= CHUNK_SIZE) { /* else the page is shared with neighbours */
		(void)munlock(bytes, CHUNK_SIZE);
		(void)madvise(bytes, CHUNK_SIZE, MADV_DONTNEED);
	}
	chunk->slot_size = 0;
	region->free |= (uint64_t)1 << (chunk - region->chunk);
	if (region->free != ~(uint64_t)1 || pool.regions.next == pool.regions.prev)
		return;
	list_remove(&region->link);
	SHOW(region, REGION_SIZE);
	munmap(region, REGION_SIZE);
}

static uint8_t *slot_take(struct chunk *chunk)
{
	unsigned word = 0;
	while (chunk->free[word] == 0)
		word++;
	unsigned slot = word * 64 + (unsigned)__builtin_ctzll(chunk->free[word]);
	chunk->free[word] &= chunk->free[word] - 1;
	chunk->used++;
	if (chunk->used == CHUNK_SIZE / chunk->slot_size)
		list_remove(&chunk->link);
	return chunk_bytes(chunk) + (size_t)slot * chunk->slot_size;
}

static uint8_t *pool_alloc(size_t len)
{
	unsigned class = class_of(len);
	pthread_mutex_lock(&pool.mutex);
	pool_prepare();
	struct chunk *chunk = list_empty(&pool.open[class])
				      ? chunk_new(class)
				      : container_of(pool.open[class].next, struct chunk, link);
	uint8_t *slot = chunk == NULL ? NULL : slot_take(chunk);
	pthread_mutex_unlock(&pool.mutex);
	if (slot != NULL)
		SHOW(slot, len);
	return slot;
}

static void pool_free(uint8_t *slot)
{
	struct region *region = region_of(slot);
	struct chunk *chunk = &region->chunk[(size_t)(slot - (uint8_t *)region) / CHUNK_SIZE];
	HIDE(slot, chunk->slot_size);
	pthread_mutex_lock(&pool.mutex);
	size_t at = (size_t)(slot - chunk_bytes(chunk)) / chunk->slot_size;
	struct list *open = &pool.open[class_of(chunk->slot_size)];
	chunk->free[at / 64] |= (uint64_t)1 << (at % 64);
	if (!list_linked(&chunk->link))
		list_append(open, &chunk->link);
	chunk->used--;
	/* the last chunk of a class stays, so that one secret made and freed in turn costs no
	 * system call */
	if (chunk->used == 0 && open->next != open->prev)
		chunk_retire(chunk);
	pthread_mutex_unlock(&pool.mutex);
}

/* A mapping of its own; in front of the secret stands whether it was locked. */
#define MAP_FRONT 16

static uint8_t *map_alloc(size_t len)
{
	size_t size = whole_pages(len + MAP_FRONT);
	uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	(void)madvise(map, size, MADV_DONTDUMP);
	map[0] = lock_pages(map, size) ? 1 : 0;
	return map + MAP_FRONT;
}

static void map_free(uint8_t *ptr, size_t len)
{
	size_t size = whole_pages(len + MAP_FRONT);
	uint8_t *map = ptr - MAP_FRONT;
	if (map[0] == 0)
		atomic_fetch_sub(&unlocked, size);
	munmap(map, size);
}

void wipe(void *ptr, size_t len)
{
	if (len > 0)
		explicit_bzero(ptr, len);
}

void secret_wipe(struct secret *secret)
{
	if (secret->ptr != NULL) {
		wipe(secret->ptr, secret->len);
		if (secret->len <= SLOT_MOST)
			pool_free(secret->ptr);
		else
			map_free(secret->ptr, secret->len);
	}
	*secret = (struct secret){ 0 };
}

enum rc secret_alloc(struct secret *secret, size_t len)
{
	secret_wipe(secret);
	if (len > SECRET_MAX)
		return RC_LIMIT;
	if (len == 0)
		return RC_OK;
	uint8_t *ptr = mem_fault() ? NULL : len <= SLOT_MOST ? pool_alloc(len) : map_alloc(len);
	if (ptr == NULL)
		return RC_NO_MEMORY;
	*secret = (struct secret){ ptr, (uint32_t)len };
	return RC_OK;
}

/* bytes may lie in the secret itself, so that goes last. */
enum rc secret_set(struct secret *secret, struct span bytes)
{
	struct secret fresh = { 0 };
	enum rc rc = secret_alloc(&fresh, bytes.len);
	if (rc == RC_OK && bytes.len > 0)
		memcpy(fresh.ptr, bytes.ptr, bytes.len);
	secret_move(secret, &fresh);
	return rc;
}

void secret_move(struct secret *to, struct secret *from)
{
	if (to == from)
		return;
	secret_wipe(to);
	*to = *from;
	*from = (struct secret){ 0 };
}

bool secret_equal(struct span a, struct span b)
{
	volatile uint8_t differ = 0;
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		differ = (uint8_t)(differ | (a.ptr[i] ^ b.ptr[i]));
	return differ == 0;
}

size_t secret_unlocked(void)
{
	return atomic_load(&unlocked);
}
