/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "wire/payloads.h"

static void an_spi_is_four_bytes_the_highest_first(void **state)
{
	static const uint8_t expected[] = { 0xc1, 0x02, 0x03, 0x04 };
	struct arena arena;
	struct span spi;

	(void)state;
	arena_init(&arena, 1 << 16);
	assert_int_equal(wire_spi(&arena, 0xc1020304, &spi), RC_OK);
	assert_true(span_equal(spi, SPAN_OF(expected)));
	arena_free(&arena);
}

static void without_memory_there_is_none(void **state)
{
	struct arena arena;
	struct span spi;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(wire_spi(&arena, 1, &spi), RC_NO_MEMORY);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_spi_is_four_bytes_the_highest_first),
		cmocka_unit_test(without_memory_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
