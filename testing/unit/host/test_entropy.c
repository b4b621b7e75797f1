/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include "base/arena.h"
#include "unit/host/real_fixture.h"

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void numbers_never_repeat(void **state)
{
	static uint64_t numbers[5000]; /* the pool is filled again many times */
	struct host *host = real_host();

	(void)state;
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(host_random(host, &numbers[i], sizeof(numbers[i])), RC_OK);
	qsort(numbers, 5000, sizeof(numbers[0]), compare_u64);
	for (size_t i = 1; i < 5000; i++)
		assert_int_not_equal(numbers[i], numbers[i - 1]);
	host_real_free(host);
}

static void every_length_is_filled_and_not_more(void **state)
{
	static uint8_t bytes[5000];
	struct host *host = real_host();

	(void)state;
	for (size_t len = 0; len < 4990; len += 97) {
		unsigned zeros = 0;

		memset(bytes, 0, sizeof(bytes));
		assert_int_equal(host_random(host, bytes, len), RC_OK);
		for (size_t i = 0; i < len; i++)
			zeros += bytes[i] == 0;
		assert_true(zeros <= 8 + len / 64);
		assert_int_equal(bytes[len], 0);
	}
	host_real_free(host);
}

static void given_away_bytes_are_wiped_from_the_pool(void **state)
{
	static const uint8_t zeros[32];
	struct host *host = real_host();
	struct entropy *entropy = &real_of(host)->entropy;
	uint8_t first[32];

	(void)state;
	assert_int_equal(host_random(host, first, sizeof(first)), RC_OK);
	assert_int_equal(entropy->used, sizeof(first));
	assert_memory_equal(entropy->pool.ptr, zeros, sizeof(zeros));
	assert_memory_not_equal(entropy->pool.ptr + 32, zeros, sizeof(zeros));
	host_real_free(host);
}

static void no_memory_is_told(void **state)
{
	struct host *host = real_host();
	uint8_t bytes[8];
	enum rc rc;

	(void)state;
	mem_fail_nth(1);
	rc = host_random(host, bytes, sizeof(bytes));
	mem_fail_nth(0);
	assert_int_equal(rc, RC_NO_MEMORY);
	assert_int_equal(host_random(host, bytes, sizeof(bytes)), RC_OK);
	host_real_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory_is_told), /* first: secrets' pages come from a pool */
		cmocka_unit_test(numbers_never_repeat),
		cmocka_unit_test(every_length_is_filled_and_not_more),
		cmocka_unit_test(given_away_bytes_are_wiped_from_the_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
