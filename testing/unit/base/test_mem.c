/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"
#include "base/secret.h"
#include "base/mem_fault.h"
#include <malloc.h>
#include <pthread.h>

static int stop_failing(void **state)
{
	(void)state;
	mem_fail_nth(0);
	return 0;
}

static void allocated_memory_is_zero(void **state)
{
	static const uint8_t zeros[4096];
	(void)state;
	for (int i = 0; i < 8; i++) {
		uint8_t *ptr = mem_alloc(sizeof(zeros));
		assert_non_null(ptr);
		assert_memory_equal(ptr, zeros, sizeof(zeros));
		memset(ptr, 0xff, sizeof(zeros));
		mem_free(ptr);
	}
}

static void allocation_of_nothing_is_not_a_failure(void **state)
{
	(void)state;
	void *ptr = mem_alloc(0);
	assert_non_null(ptr);
	ptr = mem_resize(ptr, 0);
	assert_non_null(ptr);
	mem_free(ptr);
	mem_free(NULL);
}

static void impossible_size_fails(void **state)
{
	volatile size_t size = SIZE_MAX / 2;
	(void)state;
	if (!SANITIZING) /* there it ends the process */
		assert_null(mem_alloc(size));
}

static void resize_keeps_the_bytes(void **state)
{
	(void)state;
	char *ptr = mem_resize(NULL, 4);
	assert_non_null(ptr);
	memcpy(ptr, "abc", 4);
	char *more = mem_resize(ptr, 4000);
	assert_non_null(more);
	assert_string_equal(more, "abc");
	mem_free(more);
}

static void text_is_copied(void **state)
{
	char text[] = "office";
	(void)state;
	char *copy = mem_text(text);
	text[0] = 'x';
	assert_string_equal(copy, "office");
	mem_free(copy);
	assert_null(mem_text(NULL));
}

static void only_the_nth_allocation_fails(void **state)
{
	(void)state;
	mem_fail_nth(3);
	void *first = mem_alloc(1);
	char *second = mem_text("two");
	assert_non_null(first);
	assert_non_null(second);
	assert_null(mem_resize(first, 100));
	void *grown = mem_resize(first, 100); /* a failed resize leaves the old memory */
	assert_non_null(grown);
	mem_free(grown);
	mem_free(second);
}

static void zero_switches_failing_off(void **state)
{
	(void)state;
	mem_fail_nth(1);
	mem_fail_nth(0);
	void *ptr = mem_alloc(1);
	assert_non_null(ptr);
	mem_free(ptr);
}

static void secrets_and_arenas_take_part_in_failing(void **state)
{
	struct secret secret = { 0 };
	struct arena arena;
	(void)state;
	mem_fail_nth(1);
	assert_int_equal(secret_alloc(&secret, 16), RC_NO_MEMORY);
	assert_null(secret.ptr);
	arena_init(&arena, 4096);
	mem_fail_nth(1);
	assert_null(arena_alloc(&arena, 16));
	assert_int_equal(arena.used, 0);
	assert_non_null(arena_alloc(&arena, 16));
	arena_free(&arena);
}

static void *allocate_much(void *context)
{
	size_t *failed = context;
	for (int i = 0; i < 1000; i++) {
		void *ptr = mem_alloc(8);
		*failed += ptr == NULL;
		mem_free(ptr);
	}
	return NULL;
}

static void exactly_one_allocation_of_all_threads_fails(void **state)
{
	pthread_t threads[4];
	size_t failed[4] = { 0 };
	(void)state;
	mem_fail_nth(1500);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, allocate_much, &failed[i]), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(failed[0] + failed[1] + failed[2] + failed[3], 1);
}

static void nothing_is_added_to_an_allocation(void **state)
{
	(void)state;
	void *ptr = mem_alloc(24); /* what malloc serves without rounding up */
	assert_int_equal(malloc_usable_size(ptr), 24);
	mem_free(ptr);
}

#define TEST(name) cmocka_unit_test_teardown(name, stop_failing)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(allocated_memory_is_zero),
		TEST(allocation_of_nothing_is_not_a_failure),
		TEST(impossible_size_fails),
		TEST(resize_keeps_the_bytes),
		TEST(text_is_copied),
		TEST(only_the_nth_allocation_fails),
		TEST(zero_switches_failing_off),
		TEST(secrets_and_arenas_take_part_in_failing),
		TEST(exactly_one_allocation_of_all_threads_fails),
		TEST(nothing_is_added_to_an_allocation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
