/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/ber.h"
#include "unit/test.h"

static enum rc rewrite(const char *in, size_t len, struct arena *arena, struct span *out)
{
	arena_init(arena, 1 << 22);
	return ber_to_der(span_make(in, len), arena, out);
}

#define assert_becomes(in, want)                                                                   \
	do {                                                                                       \
		struct arena arena_;                                                               \
		struct span out_ = SPAN_NONE;                                                      \
		assert_int_equal(rewrite(in, sizeof(in) - 1, &arena_, &out_), RC_OK);              \
		assert_int_equal(out_.len, sizeof(want) - 1);                                      \
		assert_memory_equal(out_.ptr, want, sizeof(want) - 1);                             \
		arena_free(&arena_);                                                               \
	} while (0)

static enum rc result_of(const char *in, size_t len)
{
	struct arena arena;
	struct span out = SPAN_NONE;
	enum rc rc = rewrite(in, len, &arena, &out);
	arena_free(&arena);
	return rc;
}

static void der_stays_as_it_is(void **state)
{
	(void)state;
	assert_becomes("\x30\x06\x02\x01\x03\x04\x01\xff", "\x30\x06\x02\x01\x03\x04\x01\xff");
	assert_becomes("\x30\x00", "\x30\x00");
}

static void indefinite_and_long_lengths_become_short_ones(void **state)
{
	(void)state;
	assert_becomes("\x30\x80\x02\x01\x03\xa0\x80\x05\x00\x00\x00\x00\x00",
		       "\x30\x07\x02\x01\x03\xa0\x02\x05\x00");
	assert_becomes("\x30\x82\x00\x03\x02\x01\x03", "\x30\x03\x02\x01\x03");
}

static void parts_of_octet_strings_are_joined(void **state)
{
	(void)state;
	assert_becomes("\x24\x80\x04\x01"
		       "a\x24\x04\x04\x02"
		       "bc\x00\x00",
		       "\x04\x03"
		       "abc");
	assert_int_equal(result_of("\x24\x03\x02\x01\x03", 5), RC_SYNTAX);
}

static void what_ends_too_early_or_too_late_is_refused(void **state)
{
	static const char whole[] = "\x30\x80\x02\x01\x03\xa0\x80\x05\x00\x00\x00\x00\x00";
	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++)
		assert_int_not_equal(result_of(whole, len), RC_OK);
	assert_int_equal(result_of(whole, sizeof(whole)), RC_TRAILING);
	assert_int_equal(result_of("\x04\x80\x00\x00", 4), RC_SYNTAX);
	assert_int_equal(result_of("\x1f\x81\x01\x00", 4), RC_SYNTAX);
	assert_int_equal(result_of("\x30\x85\x00\x00\x00\x00\x00", 7), RC_SYNTAX);
}

static void depth_and_size_are_bounded(void **state)
{
	char deep[200];
	char *large = mem_alloc(BER_SIZE_MAX + 1);
	(void)state;
	for (size_t i = 0; i < sizeof(deep); i += 2)
		memcpy(deep + i, "\x30\x80", 2);
	assert_int_equal(result_of(deep, sizeof(deep)), RC_LIMIT);
	assert_non_null(large);
	assert_int_equal(result_of(large, BER_SIZE_MAX + 1), RC_LIMIT);
	mem_free(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(der_stays_as_it_is),
		cmocka_unit_test(indefinite_and_long_lengths_become_short_ones),
		cmocka_unit_test(parts_of_octet_strings_are_joined),
		cmocka_unit_test(what_ends_too_early_or_too_late_is_refused),
		cmocka_unit_test(depth_and_size_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
