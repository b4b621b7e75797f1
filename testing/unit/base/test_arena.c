/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"

static int stop_failing(void **state)
{
	(void)state;
	mem_fail_nth(0);
	return 0;
}

static void memory_is_zero_aligned_and_disjoint(void **state)
{
	struct arena arena;
	uint8_t *ptrs[200];
	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < 200; i++) {
		ptrs[i] = arena_alloc(&arena, i * 7 + 1);
		assert_non_null(ptrs[i]);
		assert_int_equal((uintptr_t)ptrs[i] % 16, 0);
		for (size_t j = 0; j <= i * 7; j++)
			assert_int_equal(ptrs[i][j], 0);
		memset(ptrs[i], (int)i, i * 7 + 1);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t j = 0; j <= i * 7; j++)
			assert_int_equal(ptrs[i][j], i);
	arena_free(&arena);
}

static void limit_bounds_all_that_is_handed_out(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, 100);
	assert_non_null(arena_alloc(&arena, 60));
	assert_null(arena_alloc(&arena, 41));
	assert_int_equal(arena.used, 60);
	assert_non_null(arena_alloc(&arena, 40));
	assert_null(arena_alloc(&arena, 1));
	assert_null(arena_alloc(&arena, SIZE_MAX));
	arena_free(&arena);
}

static void freed_arena_can_be_used_again(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, 100);
	assert_non_null(arena_alloc(&arena, 100));
	arena_free(&arena);
	assert_int_equal(arena.used, 0);
	uint8_t *again = arena_alloc(&arena, 100);
	assert_non_null(again);
	assert_int_equal(again[99], 0);
	arena_free(&arena);
	arena_free(&arena);
}

static void array_refuses_a_product_that_overflows(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, SIZE_MAX);
	assert_null(arena_array(&arena, SIZE_MAX / 4 + 2, 4));
	assert_null(arena_array(&arena, (size_t)1 << 33, (size_t)1 << 32));
	uint32_t *array = arena_array(&arena, 10, sizeof(*array));
	assert_non_null(array);
	assert_int_equal(arena.used, 40);
	arena_free(&arena);
}

static void copy_and_text_belong_to_the_arena(void **state)
{
	struct arena arena;
	char source[] = "abcdef";
	(void)state;
	arena_init(&arena, 1000);
	struct span copy = arena_copy(&arena, span_make(source, 3));
	char *text = arena_text(&arena, source, 4);
	source[0] = 'x';
	assert_true(span_equal_text(copy, "abc"));
	assert_string_equal(text, "abcd");
	arena_free(&arena);
}

static void copy_of_nothing_is_a_success(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, 1000);
	struct span copy = arena_copy(&arena, SPAN_NONE);
	assert_non_null(copy.ptr);
	assert_int_equal(copy.len, 0);
	assert_string_equal(arena_text(&arena, NULL, 0), "");
	arena_free(&arena);
}

static void failures_are_told_by_null(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, 10);
	assert_null(arena_copy(&arena, span_make("0123456789a", 11)).ptr);
	assert_null(arena_text(&arena, "0123456789", 10));
	assert_null(arena_text(&arena, "", SIZE_MAX));
	assert_non_null(arena_text(&arena, "012345678", 9));
	arena_free(&arena);
}

static void lack_of_memory_later_keeps_what_is_there(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, 1 << 20);
	char *text = arena_text(&arena, "kept", 4);
	mem_fail_nth(1);
	assert_null(arena_alloc(&arena, 100000));
	assert_string_equal(text, "kept");
	assert_non_null(arena_alloc(&arena, 100000));
	arena_free(&arena);
}

static void large_pieces_and_small_ones_mix(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, 10 << 20);
	for (size_t i = 0; i < 30; i++) {
		uint8_t *large = arena_alloc(&arena, 200000);
		uint8_t *small = arena_alloc(&arena, 3);
		assert_non_null(large);
		assert_non_null(small);
		memset(large, 1, 200000);
		memset(small, 2, 3);
	}
	assert_int_equal(arena.used, 30 * 200003);
	arena_free(&arena);
}

#define TEST(name) cmocka_unit_test_teardown(name, stop_failing)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory_is_zero_aligned_and_disjoint),
		TEST(limit_bounds_all_that_is_handed_out),
		TEST(freed_arena_can_be_used_again),
		TEST(array_refuses_a_product_that_overflows),
		TEST(copy_and_text_belong_to_the_arena),
		TEST(copy_of_nothing_is_a_success),
		TEST(failures_are_told_by_null),
		TEST(lack_of_memory_later_keeps_what_is_there),
		TEST(large_pieces_and_small_ones_mix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
