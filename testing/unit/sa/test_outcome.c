/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/outcome.h"
#include "unit/test.h"

static void count(void *what)
{
	++*(unsigned *)what;
}

static void what_an_event_holds_is_released_once(void **state)
{
	struct outcome out = { .held = NULL };
	unsigned released = 0;
	struct arena arena;

	(void)state;
	arena_init(&arena, 4096);
	assert_int_equal(outcome_hold(&arena, &out, count, &released), RC_OK);
	assert_int_equal(outcome_hold(&arena, &out, count, &released), RC_OK);
	assert_int_equal(released, 0);
	outcome_release(&out);
	assert_int_equal(released, 2);
	outcome_release(&out);
	assert_int_equal(released, 2);
	arena_free(&arena);
}

static void what_cannot_be_held_is_released_at_once(void **state)
{
	struct outcome out = { .held = NULL };
	unsigned released = 0;
	struct arena arena;

	(void)state;
	arena_init(&arena, 1);
	assert_int_equal(outcome_hold(&arena, &out, count, &released), RC_NO_MEMORY);
	assert_int_equal(released, 1);
	outcome_release(&out);
	assert_int_equal(released, 1);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_event_holds_is_released_once),
		cmocka_unit_test(what_cannot_be_held_is_released_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
