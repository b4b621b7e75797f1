/* SPDX-License-Identifier: Apache-2.0 */
/* Chains are sorted by hash and a slot is the leading bits of the hash, so that the whole table is
 * one sorted sequence cut into slots. Growing splits each chain in two, shrinking joins two, and a
 * walk's cursor is a hash value that stays right whatever the number of slots becomes meanwhile.
 *
 * A large table changes size a few slots at a time, with each insertion and removal, from the
 * lowest hash to the highest: what is below `moved` of the old slots stands in the new ones, the
 * rest still in the old. It is done before the next change of size can be due. */
#include "base/table.h"
#include "base/arena.h"
#include "base/span.h"
#include <string.h>

#define TABLE_MIN_SLOTS	   8
#define TABLE_SHRINK_ABOVE 64
#define TABLE_AT_ONCE	   1024 /* old slots: so many are moved in one go */
#define TABLE_STEP	   16	/* of more than that, with each insertion and removal */

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

static void sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

static uint64_t load_little(const uint8_t *ptr, size_t len)
{
	uint64_t word = 0;
	while (len > 0)
		word = word << 8 | ptr[--len];
	return word;
}

static unsigned slot_shift(size_t slot_count)
{
	return 64 - (unsigned)__builtin_ctzll(slot_count);
}

static size_t slot_of(size_t slot_count, uint64_t hash)
{
	return (size_t)(hash >> slot_shift(slot_count));
}

/* ---- another size ---- */

/* Old slots are taken in order, so every new chain is filled in the order of hashes. Two old ones
 * that join are moved together. */
static void move_pair(struct table *table)
{
	unsigned shift = slot_shift(table->slot_count);
	struct table_node **tail = NULL;
	uint64_t current = 0;
	for (size_t end = table->moved + 2; table->moved < end; table->moved++)
		for (struct table_node *node = table->old[table->moved], *next; node != NULL;
		     node = next) {
			next = node->next;
			if (tail == NULL || node->hash >> shift != current)
				tail = &table->slots[current = node->hash >> shift];
			node->next = NULL;
			*tail = node;
			tail = &node->next;
		}
}

static void move_some(struct table *table, size_t max)
{
	if (table->old == NULL)
		return;
	for (size_t done = 0; done < max && table->moved < table->old_count; done += 2)
		move_pair(table);
	if (table->moved < table->old_count)
		return;
	mem_free(table->old);
	table->old = NULL;
	table->old_count = table->moved = 0;
}

/* Without memory it stays as it is. */
static void resize(struct table *table, size_t slot_count)
{
	struct table_node **slots = mem_alloc(slot_count * sizeof(*slots));
	if (slots == NULL)
		return;
	table->old = table->slots;
	table->old_count = table->slot_count;
	table->moved = 0;
	table->slots = slots;
	table->slot_count = slot_count;
	if (table->old_count <= TABLE_AT_ONCE)
		move_some(table, SIZE_MAX);
}

static enum rc make_room(struct table *table)
{
	if (table->slot_count == 0)
		resize(table, TABLE_MIN_SLOTS);
	else if (table->old == NULL && table->count >= table->slot_count)
		resize(table, table->slot_count * 2);
	return table->slot_count == 0 ? RC_NO_MEMORY : RC_OK;
}

/* ---- places ---- */

/* Where nodes of that hash stand. */
static struct table_node **slot_at(const struct table *table, uint64_t hash)
{
	if (table->old != NULL && slot_of(table->old_count, hash) >= table->moved)
		return &table->old[slot_of(table->old_count, hash)];
	return &table->slots[slot_of(table->slot_count, hash)];
}

/* The first link whose node is not before the hash. */
static struct table_node **link_at(const struct table *table, uint64_t hash)
{
	struct table_node **link = slot_at(table, hash);
	while (*link != NULL && (*link)->hash < hash)
		link = &(*link)->next;
	return link;
}

void table_init(struct table *table, const uint64_t seed[2])
{
	*table = (struct table){ .seed = { seed[0], seed[1] } };
}

void table_free(struct table *table)
{
	mem_free(table->slots);
	mem_free(table->old);
	table->slots = table->old = NULL;
	table->slot_count = table->old_count = table->moved = table->count = 0;
}

/* SipHash-2-4. */
uint64_t table_hash(const struct table *table, const void *key, size_t len)
{
	struct sip s = { table->seed[0] ^ 0x736f6d6570736575u, table->seed[1] ^ 0x646f72616e646f6du,
			 table->seed[0] ^ 0x6c7967656e657261u,
			 table->seed[1] ^ 0x7465646279746573u };
	const uint8_t *in = key;
	size_t left = len;
	for (; left >= 8; in += 8, left -= 8)
		sip_word(&s, load_little(in, 8));
	sip_word(&s, (uint64_t)len << 56 | load_little(in, left));
	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

enum rc table_insert(struct table *table, struct table_node *node, uint64_t hash)
{
	TRY(make_room(table));
	move_some(table, TABLE_STEP);
	struct table_node **link = link_at(table, hash);
	node->hash = hash;
	node->next = *link;
	*link = node;
	table->count++;
	return RC_OK;
}

void table_remove(struct table *table, struct table_node *node)
{
	if (table->slot_count == 0)
		return;
	struct table_node **link = link_at(table, node->hash);
	while (*link != NULL && *link != node && (*link)->hash == node->hash)
		link = &(*link)->next;
	if (*link != node)
		return;
	*link = node->next;
	node->next = NULL;
	table->count--;
	if (table->old == NULL && table->slot_count > TABLE_SHRINK_ABOVE &&
	    table->count < table->slot_count / 8)
		resize(table, table->slot_count / 2);
	move_some(table, TABLE_STEP);
}

struct table_node *table_first(const struct table *table, uint64_t hash)
{
	if (table->slot_count == 0)
		return NULL;
	struct table_node *node = *link_at(table, hash);
	return node != NULL && node->hash == hash ? node : NULL;
}

struct table_node *table_next(const struct table_node *node)
{
	return node->next != NULL && node->next->hash == node->hash ? node->next : NULL;
}

static struct table_node *node_among(struct table_node *const *slots, size_t from, size_t to)
{
	for (; from < to; from++)
		if (slots[from] != NULL)
			return slots[from];
	return NULL;
}

/* The first node in any slot behind that of the hash: of the new slots that are filled, then of the
 * old ones that are not moved yet. */
static struct table_node *node_behind(const struct table *table, uint64_t hash)
{
	size_t filled = table->slot_count, from = table->moved;
	struct table_node *node;
	if (table->old != NULL)
		filled = table->slot_count > table->old_count ? table->moved * 2 : table->moved / 2;
	node = node_among(table->slots, slot_of(table->slot_count, hash) + 1, filled);
	if (node != NULL || table->old == NULL)
		return node;
	if (slot_of(table->old_count, hash) >= from)
		from = slot_of(table->old_count, hash) + 1;
	return node_among(table->old, from, table->old_count);
}

/* The first node at or behind the hash, in any slot. */
static struct table_node *node_from(const struct table *table, uint64_t hash)
{
	struct table_node *node = *link_at(table, hash);
	return node != NULL ? node : node_behind(table, hash);
}

/* Calls fn for all nodes of one hash; returns how many. What fn does to the slots does not change
 * the order of nodes, so `next` stays right. */
static size_t walk_group(struct table_node *node, void (*fn)(struct table_node *, void *),
			 void *context)
{
	size_t called = 0;
	for (struct table_node *next; node != NULL; node = next, called++) {
		next = table_next(node);
		fn(node, context);
	}
	return called;
}

bool table_walk(struct table *table, uint64_t *cursor, size_t max,
		void (*fn)(struct table_node *node, void *context), void *context)
{
	bool more = true;
	for (size_t called = 0; more && called < max;) {
		struct table_node *node = table->slot_count == 0 ? NULL : node_from(table, *cursor);
		uint64_t hash = node == NULL ? UINT64_MAX : node->hash;
		called += walk_group(node, fn, context);
		*cursor = hash + 1;
		more = *cursor != 0;
	}
	return more;
}
