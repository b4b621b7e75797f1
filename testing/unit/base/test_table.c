/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"
#include "base/list.h"
#include "base/table.h"
#include <stdlib.h>

struct item {
	struct table_node node;
	uint64_t key;
	unsigned met;
	bool inside;
};

static const uint64_t seed[2] = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };

static int stop_failing(void **state)
{
	(void)state;
	mem_fail_nth(0);
	return 0;
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 20;
}

static struct item *find(const struct table *table, uint64_t key)
{
	uint64_t hash = table_hash(table, &key, sizeof(key));
	for (struct table_node *n = table_first(table, hash); n != NULL; n = table_next(n)) {
		struct item *item = container_of(n, struct item, node);
		if (item->key == key)
			return item;
	}
	return NULL;
}

static void insert(struct table *table, struct item *item)
{
	uint64_t hash = table_hash(table, &item->key, sizeof(item->key));
	assert_int_equal(table_insert(table, &item->node, hash), RC_OK);
	item->inside = true;
}

static void drop(struct table *table, struct item *item)
{
	table_remove(table, &item->node);
	item->inside = false;
}

static struct item *make_items(size_t count)
{
	struct item *items = mem_alloc(count * sizeof(*items));
	assert_non_null(items);
	for (size_t i = 0; i < count; i++)
		items[i].key = i;
	return items;
}

struct visit {
	struct table *table;
	bool remove;
	size_t calls;
};

static void meet(struct table_node *node, void *context)
{
	struct visit *visit = context;
	struct item *item = container_of(node, struct item, node);
	item->met++;
	visit->calls++;
	if (visit->remove)
		drop(visit->table, item);
}

/* Vectors of the SipHash-2-4 paper and reference implementation: input 00 01 02 ... */
static void hash_is_siphash(void **state)
{
	struct table table;
	uint8_t input[15];
	(void)state;
	for (uint8_t i = 0; i < sizeof(input); i++)
		input[i] = i;
	table_init(&table, seed);
	assert_true(table_hash(&table, input, 0) == 0x726fdb47dd0e0e31u);
	assert_true(table_hash(&table, input, 15) == 0xa129ca6149be45e5u);
	assert_true(table_hash(&table, input, 8) == 0x93f5f5799a932462u);
}

static void empty_table_holds_nothing_and_needs_no_memory(void **state)
{
	struct table table;
	struct item item = { .key = 1 };
	(void)state;
	table_init(&table, seed);
	assert_null(find(&table, 1));
	table_remove(&table, &item.node);
	assert_null(table.slots);
	table_free(&table);
}

static void table_grows_to_200000_nodes_and_shrinks_again(void **state)
{
	enum { COUNT = 200000 };
	struct table table;
	struct item *items = make_items(COUNT);
	(void)state;
	table_init(&table, seed);
	for (size_t i = 0; i < COUNT; i++)
		insert(&table, &items[i]);
	assert_int_equal(table.count, COUNT);
	assert_in_range(table.slot_count, COUNT / 2, COUNT * 2);
	for (size_t i = 0; i < COUNT; i++)
		assert_ptr_equal(find(&table, i), &items[i]);
	assert_null(find(&table, COUNT));
	for (size_t i = 10; i < COUNT; i++)
		table_remove(&table, &items[i].node);
	assert_in_range(table.slot_count, 1, 128);
	for (size_t i = 0; i < COUNT; i += COUNT / 20)
		assert_ptr_equal(find(&table, i), i < 10 ? &items[i] : NULL);
	table_free(&table);
	mem_free(items);
}

static size_t chain_len(const struct table_node *node)
{
	size_t len = 0;
	for (; node != NULL; node = node->next)
		len++;
	return len;
}

static size_t longest_chain(const struct table *table)
{
	size_t longest = 0;
	for (size_t i = 0; i < table->slot_count; i++)
		if (chain_len(table->slots[i]) > longest)
			longest = chain_len(table->slots[i]);
	for (size_t i = table->moved; i < table->old_count; i++)
		if (chain_len(table->old[i]) > longest)
			longest = chain_len(table->old[i]);
	return longest;
}

static void chains_stay_short(void **state)
{
	struct table table;
	struct item *items = make_items(100000);
	(void)state;
	table_init(&table, seed);
	for (size_t i = 0; i < 100000; i++)
		insert(&table, &items[i]);
	assert_in_range(longest_chain(&table), 1, 12);
	table_free(&table);
	mem_free(items);
}

/* How many of the old slots an insertion or a removal has moved. */
static size_t moved_since(const struct table *table, const struct table *before)
{
	if (table->old != NULL && table->old == before->old)
		return table->moved - before->moved;
	return table->moved + (before->old_count - before->moved);
}

static void no_insertion_or_removal_moves_more_than_a_few_of_100000_nodes(void **state)
{
	enum { COUNT = 150000 };
	struct table table;
	struct item *items = make_items(COUNT);
	size_t moving = 0;
	(void)state;
	table_init(&table, seed);
	for (size_t i = 0; i < COUNT * 2; i++) {
		const struct table before = table;
		if (i < COUNT)
			insert(&table, &items[i]);
		else
			drop(&table, &items[i - COUNT]);
		assert_in_range(moved_since(&table, &before), 0, 16);
		assert_true(table.old != NULL || table.slot_count == before.slot_count ||
			    before.old != NULL || before.slot_count <= 1024);
		moving += table.old != NULL;
		if (i % 97 == 0)
			for (size_t k = i % 7; k < COUNT; k += 20011)
				assert_ptr_equal(find(&table, k),
						 items[k].inside ? &items[k] : NULL);
	}
	assert_in_range(moving, 1000, COUNT);
	assert_int_equal(table.count, 0);
	assert_in_range(table.slot_count, 1, 128);
	assert_null(table.old);
	table_free(&table);
	mem_free(items);
}

/* Stops in the middle of a change of size: to twice the slots, or to half of them. */
static void make_changing(struct table *table, struct item *items, size_t count, bool grow)
{
	size_t i = 0;
	table_init(table, seed);
	while (i < count && (!grow || table->old == NULL || table->moved < table->old_count / 2))
		insert(table, &items[i++]);
	while (!grow && (table->old == NULL || table->moved < table->old_count / 2))
		drop(table, &items[--i]);
	assert_non_null(table->old);
	assert_in_range(table->moved, 1, table->old_count - 1);
	assert_int_equal(table->slot_count > table->old_count, grow);
}

static void all_are_found_and_met_once_in_the_middle_of_growing_and_shrinking(void **state)
{
	enum { COUNT = 5000 };
	(void)state;
	for (int grow = 0; grow < 2; grow++) {
		struct table table;
		struct item *items = make_items(COUNT);
		make_changing(&table, items, COUNT, grow != 0);
		size_t slots = table.slot_count, moved = table.moved, met = 0;
		uint64_t cursor = 0;
		for (size_t i = 0; i < COUNT; i++)
			assert_ptr_equal(find(&table, i), items[i].inside ? &items[i] : NULL);
		for (bool more = true; more;) {
			struct visit visit = { &table, false, 0 };
			more = table_walk(&table, &cursor, 3, meet, &visit);
			met += visit.calls;
		}
		assert_int_equal(met, table.count);
		for (size_t i = 0; i < COUNT; i++)
			assert_int_equal(items[i].met, items[i].inside);
		assert_int_equal(table.slot_count, slots); /* to look does not move */
		assert_int_equal(table.moved, moved);
		table_free(&table);
		mem_free(items);
	}
}

static void a_walk_may_empty_a_table_that_changes_its_size(void **state)
{
	enum { COUNT = 5000 };
	(void)state;
	for (int grow = 0; grow < 2; grow++) {
		struct table table;
		struct item *items = make_items(COUNT);
		struct visit visit = { &table, true, 0 };
		uint64_t cursor = 0;
		make_changing(&table, items, COUNT, grow != 0);
		size_t count = table.count;
		while (table_walk(&table, &cursor, 100, meet, &visit))
			;
		assert_int_equal(visit.calls, count);
		assert_int_equal(table.count, 0);
		table_free(&table);
		mem_free(items);
	}
}

static void equal_hashes_are_all_found(void **state)
{
	struct table table;
	struct item items[6] = { 0 };
	unsigned found = 0;
	(void)state;
	table_init(&table, seed);
	for (int i = 0; i < 5; i++)
		assert_int_equal(table_insert(&table, &items[i].node, 42), RC_OK);
	assert_int_equal(table_insert(&table, &items[5].node, 43), RC_OK);
	table_remove(&table, &items[2].node);
	for (struct table_node *n = table_first(&table, 42); n != NULL; n = table_next(n)) {
		assert_true(n->hash == 42);
		assert_ptr_not_equal(n, &items[2].node);
		found++;
	}
	assert_int_equal(found, 4);
	table_free(&table);
}

static void extreme_hashes_have_their_place(void **state)
{
	struct table table;
	struct item low = { 0 }, high = { 0 };
	(void)state;
	table_init(&table, seed);
	assert_int_equal(table_insert(&table, &high.node, UINT64_MAX), RC_OK);
	assert_int_equal(table_insert(&table, &low.node, 0), RC_OK);
	assert_ptr_equal(table_first(&table, UINT64_MAX), &high.node);
	assert_ptr_equal(table_first(&table, 0), &low.node);
	table_remove(&table, &high.node);
	assert_null(table_first(&table, UINT64_MAX));
	table_free(&table);
}

static void removing_a_stranger_does_nothing(void **state)
{
	struct table table;
	struct item inside = { 0 }, stranger = { 0 };
	(void)state;
	table_init(&table, seed);
	assert_int_equal(table_insert(&table, &inside.node, 0), RC_OK);
	table_remove(&table, &stranger.node); /* its hash is 0, too */
	assert_int_equal(table.count, 1);
	table_remove(&table, &inside.node);
	table_remove(&table, &inside.node);
	assert_int_equal(table.count, 0);
	table_free(&table);
}

static void growing_without_memory_only_lengthens_chains(void **state)
{
	struct table table;
	struct item *items = make_items(64);
	(void)state;
	table_init(&table, seed);
	mem_fail_nth(1);
	assert_int_equal(table_insert(&table, &items[0].node, 1), RC_NO_MEMORY);
	assert_int_equal(table.count, 0);
	for (size_t i = 0; i < 64; i++) {
		insert(&table, &items[i]);
		mem_fail_nth(1); /* so no growth ever succeeds */
	}
	assert_int_equal(table.slot_count, 8);
	for (size_t i = 0; i < 64; i++)
		assert_ptr_equal(find(&table, i), &items[i]);
	table_free(&table);
	mem_free(items);
}

static void walk_meets_every_node_once_in_slices(void **state)
{
	struct table table;
	struct item *items = make_items(1000);
	struct visit visit = { &table, false, 0 };
	uint64_t cursor = 0;
	size_t slices = 0;
	(void)state;
	table_init(&table, seed);
	for (size_t i = 0; i < 1000; i++)
		insert(&table, &items[i]);
	while (table_walk(&table, &cursor, 7, meet, &visit)) {
		slices++;
		assert_int_equal(visit.calls, slices * 7);
	}
	assert_true(cursor == 0);
	assert_int_equal(visit.calls, 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(items[i].met, 1);
	table_free(&table);
	mem_free(items);
}

static void walk_of_an_empty_table_ends_at_once(void **state)
{
	struct table table;
	uint64_t cursor = 0;
	struct visit visit = { &table, false, 0 };
	(void)state;
	table_init(&table, seed);
	assert_false(table_walk(&table, &cursor, 5, meet, &visit));
	assert_int_equal(visit.calls, 0);
	table_free(&table);
}

static void walk_may_remove_the_node_it_meets(void **state)
{
	struct table table;
	struct item *items = make_items(5000);
	struct visit visit = { &table, true, 0 };
	uint64_t cursor = 0;
	(void)state;
	table_init(&table, seed);
	for (size_t i = 0; i < 5000; i++)
		insert(&table, &items[i]);
	while (table_walk(&table, &cursor, 100, meet, &visit))
		;
	assert_int_equal(visit.calls, 5000);
	assert_int_equal(table.count, 0);
	table_free(&table);
	mem_free(items);
}

static void walk_may_remove_nodes_of_equal_hash(void **state)
{
	struct table table;
	struct item items[9] = { 0 };
	struct visit visit = { &table, true, 0 };
	uint64_t cursor = 0;
	(void)state;
	table_init(&table, seed);
	for (int i = 0; i < 9; i++)
		assert_int_equal(table_insert(&table, &items[i].node, i < 6 ? 42 : 43), RC_OK);
	assert_true(table_walk(&table, &cursor, 1, meet, &visit));
	assert_int_equal(visit.calls, 6); /* equal ones stay together */
	assert_int_equal(table.count, 3);
	assert_false(table_walk(&table, &cursor, 100, meet, &visit));
	for (int i = 0; i < 9; i++)
		assert_int_equal(items[i].met, 1);
	table_free(&table);
}

/* Between two slices anything may come and go, and the table grows and shrinks. */
static void nodes_that_stay_are_met_once_whatever_happens_between_slices(void **state)
{
	enum { STAY = 500, MOVE = 4000 };
	struct table table;
	struct item *items = make_items(STAY + MOVE);
	struct visit visit = { &table, false, 0 };
	uint64_t cursor = 0, random = 7;
	(void)state;
	table_init(&table, seed);
	for (size_t i = 0; i < STAY; i++)
		insert(&table, &items[i]);
	size_t before = table.slot_count, resized = 0, moving = 0;
	for (int slice = 0; table_walk(&table, &cursor, 10, meet, &visit); slice++) {
		for (int i = 0; i < 800; i++) {
			struct item *item = &items[STAY + next_random(&random) % MOVE];
			if (slice % 12 < 6 && !item->inside)
				insert(&table, item);
			else if (slice % 12 >= 6)
				drop(&table, item);
			if (table.old != NULL && next_random(&random) % 64 == 0)
				break;
		}
		resized += table.slot_count != before;
		moving += table.old != NULL;
		before = table.slot_count;
	}
	assert_in_range(resized, 2, 100000);
	assert_in_range(moving, 1, 100000);
	for (size_t i = 0; i < STAY; i++)
		assert_int_equal(items[i].met, 1);
	table_free(&table);
	mem_free(items);
}

static void insert_another(struct table_node *node, void *context)
{
	struct visit *visit = context;
	struct item *item = container_of(node, struct item, node);
	item->met++;
	visit->calls++;
	struct item *twin = item + 100;
	if (item->key < 100 && !twin->inside)
		insert(visit->table, twin);
}

static void walk_may_insert(void **state)
{
	struct table table;
	struct item *items = make_items(200);
	struct visit visit = { &table, false, 0 };
	uint64_t cursor = 0;
	(void)state;
	table_init(&table, seed);
	for (size_t i = 0; i < 100; i++)
		insert(&table, &items[i]);
	while (table_walk(&table, &cursor, 1000, insert_another, &visit))
		;
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(items[i].met, 1);
	for (size_t i = 0; i < 200; i++)
		assert_ptr_equal(find(&table, i), &items[i]);
	table_free(&table);
	mem_free(items);
}

static void random_history_agrees_with_a_plain_array(void **state)
{
	enum { COUNT = 3000 };
	struct table table;
	struct item *items = make_items(COUNT);
	uint64_t random = 11;
	size_t inside = 0;
	(void)state;
	table_init(&table, seed);
	for (int step = 0; step < 60000; step++) {
		struct item *item = &items[next_random(&random) % COUNT];
		bool grow = step % 20000 < 10000 ? next_random(&random) % 4 != 0
						 : next_random(&random) % 4 == 0;
		assert_ptr_equal(find(&table, item->key), item->inside ? item : NULL);
		if (grow && !item->inside) {
			insert(&table, item);
			inside++;
		} else if (!grow && item->inside) {
			drop(&table, item);
			inside--;
		}
		assert_int_equal(table.count, inside);
	}
	table_free(&table);
	mem_free(items);
}

#define TEST(name) cmocka_unit_test_teardown(name, stop_failing)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hash_is_siphash),
		TEST(empty_table_holds_nothing_and_needs_no_memory),
		TEST(table_grows_to_200000_nodes_and_shrinks_again),
		TEST(chains_stay_short),
		TEST(no_insertion_or_removal_moves_more_than_a_few_of_100000_nodes),
		TEST(all_are_found_and_met_once_in_the_middle_of_growing_and_shrinking),
		TEST(a_walk_may_empty_a_table_that_changes_its_size),
		TEST(equal_hashes_are_all_found),
		TEST(extreme_hashes_have_their_place),
		TEST(removing_a_stranger_does_nothing),
		TEST(growing_without_memory_only_lengthens_chains),
		TEST(walk_meets_every_node_once_in_slices),
		TEST(walk_of_an_empty_table_ends_at_once),
		TEST(walk_may_remove_the_node_it_meets),
		TEST(walk_may_remove_nodes_of_equal_hash),
		TEST(nodes_that_stay_are_met_once_whatever_happens_between_slices),
		TEST(walk_may_insert),
		TEST(random_history_agrees_with_a_plain_array),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
