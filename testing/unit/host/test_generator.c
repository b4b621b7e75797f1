/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "host/virtual/private.h"

static void first_numbers_are_those_of_xoshiro256starstar(void **state)
{
	/* from state 1, 2, 3, 4: computed by hand from the definition */
	struct generator generator = { .state = { 1, 2, 3, 4 } };

	(void)state;
	assert_int_equal(generator_next(&generator), 11520);
	assert_int_equal(generator_next(&generator), 0);
	assert_int_equal(generator_next(&generator), 1509978240);
}

static void same_seed_and_stream_repeat(void **state)
{
	struct generator a, b;

	(void)state;
	generator_init(&a, 7, 3);
	generator_init(&b, 7, 3);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(generator_next(&a), generator_next(&b));
}

static void streams_and_seeds_differ(void **state)
{
	struct generator a, b, c;
	int same = 0;

	(void)state;
	generator_init(&a, 7, 3);
	generator_init(&b, 7, 4);
	generator_init(&c, 8, 3);
	for (int i = 0; i < 1000; i++) {
		uint64_t x = generator_next(&a), y = generator_next(&b), z = generator_next(&c);

		same += x == y || x == z || y == z;
	}
	assert_int_equal(same, 0);
}

static void fill_covers_odd_lengths_and_no_more(void **state)
{
	struct generator generator;
	uint8_t bytes[32];
	int zeros = 0;

	(void)state;
	generator_init(&generator, 1, 1);
	memset(bytes, 0, sizeof(bytes));
	generator_fill(&generator, bytes, 29);
	for (size_t i = 0; i < 29; i++)
		zeros += bytes[i] == 0;
	assert_true(zeros < 5);
	assert_int_equal(bytes[29] | bytes[30] | bytes[31], 0);
}

static void every_bit_is_set_about_half_of_the_time(void **state)
{
	struct generator generator;
	int ones[64] = { 0 };

	(void)state;
	generator_init(&generator, 99, 1);
	for (int i = 0; i < 10000; i++) {
		uint64_t value = generator_next(&generator);

		for (int bit = 0; bit < 64; bit++)
			ones[bit] += (int)((value >> bit) & 1);
	}
	for (int bit = 0; bit < 64; bit++)
		assert_in_range(ones[bit], 4700, 5300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_numbers_are_those_of_xoshiro256starstar),
		cmocka_unit_test(same_seed_and_stream_repeat),
		cmocka_unit_test(streams_and_seeds_differ),
		cmocka_unit_test(fill_covers_odd_lengths_and_no_more),
		cmocka_unit_test(every_bit_is_set_about_half_of_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
