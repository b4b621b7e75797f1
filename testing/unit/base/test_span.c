/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/span.h"

static const uint8_t bytes[15] = { 0x01, 0x02, 0x03, 0x84, 0x85, 0x86, 0x87, 0xf8,
				   0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff };

static void numbers_are_read_in_network_order(void **state)
{
	struct span in = SPAN_OF(bytes);
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	(void)state;
	assert_int_equal(span_u8(&in, &u8), RC_OK);
	assert_int_equal(span_u16(&in, &u16), RC_OK);
	assert_int_equal(span_u32(&in, &u32), RC_OK);
	assert_int_equal(span_u64(&in, &u64), RC_OK);
	assert_int_equal(u8, 0x01);
	assert_int_equal(u16, 0x0203);
	assert_int_equal(u32, 0x84858687);
	assert_true(u64 == 0xf8f9fafbfcfdfeffu);
	assert_int_equal(span_end(&in), RC_OK);
}

static void truncated_read_leaves_the_span_as_it_was(void **state)
{
	uint16_t u16 = 9;
	uint32_t u32 = 9;
	uint64_t u64 = 9;
	uint8_t u8 = 9, copy[4];
	struct span taken = SPAN_NONE;
	(void)state;
	struct span in = span_make(bytes, 3);
	assert_int_equal(span_u32(&in, &u32), RC_TRUNCATED);
	assert_int_equal(span_u64(&in, &u64), RC_TRUNCATED);
	assert_int_equal(span_bytes(&in, copy, 4), RC_TRUNCATED);
	assert_int_equal(span_take(&in, SIZE_MAX, &taken), RC_TRUNCATED);
	assert_ptr_equal(in.ptr, bytes);
	assert_int_equal(in.len, 3);
	in.len = 1;
	assert_int_equal(span_u16(&in, &u16), RC_TRUNCATED);
	in = SPAN_NONE;
	assert_int_equal(span_u8(&in, &u8), RC_TRUNCATED);
	assert_int_equal(u8 + u16 + (int)u32, 27);
}

static void take_points_into_the_input(void **state)
{
	struct span in = SPAN_OF(bytes), head;
	uint8_t copy[2];
	(void)state;
	assert_int_equal(span_take(&in, 4, &head), RC_OK);
	assert_ptr_equal(head.ptr, bytes);
	assert_int_equal(head.len, 4);
	assert_int_equal(span_bytes(&in, copy, 2), RC_OK);
	assert_memory_equal(copy, bytes + 4, 2);
	assert_int_equal(in.len, 9);
	assert_int_equal(span_take(&in, 2, &in), RC_OK); /* may be the same span */
	assert_ptr_equal(in.ptr, bytes + 6);
	assert_int_equal(in.len, 2);
}

static void empty_reads_of_an_empty_span_are_fine(void **state)
{
	struct span in = SPAN_NONE, taken;
	(void)state;
	assert_int_equal(span_take(&in, 0, &taken), RC_OK);
	assert_int_equal(taken.len, 0);
	assert_int_equal(span_bytes(&in, NULL, 0), RC_OK);
	assert_int_equal(span_end(&in), RC_OK);
}

static void bytes_at_the_end_are_an_error(void **state)
{
	struct span in = span_make(bytes, 1);
	(void)state;
	assert_int_equal(span_end(&in), RC_TRAILING);
}

static void spans_are_equal_only_with_equal_length_and_bytes(void **state)
{
	(void)state;
	assert_true(span_equal(SPAN_NONE, span_make(bytes, 0)));
	assert_true(span_equal(span_make("abc", 3), span_make("abcd", 3)));
	assert_false(span_equal(span_make("abc", 3), span_make("abcd", 4)));
	assert_false(span_equal(span_make("abc", 3), span_make("abd", 3)));
	assert_true(span_equal_text(span_make("abc", 3), "abc"));
	assert_false(span_equal_text(span_make("abc\0", 4), "abc"));
}

static void numbers_are_written_in_network_order(void **state)
{
	uint8_t buffer[15];
	struct sink sink;
	(void)state;
	sink_init(&sink, buffer, sizeof(buffer));
	sink_u8(&sink, 0x01);
	sink_u16(&sink, 0x0203);
	sink_u32(&sink, 0x84858687);
	sink_u64(&sink, 0xf8f9fafbfcfdfeffu);
	assert_int_equal(sink_rc(&sink), RC_OK);
	assert_true(span_equal(sink_written(&sink), SPAN_OF(bytes)));
}

static void write_that_does_not_fit_writes_nothing_and_stops_all_later_ones(void **state)
{
	uint8_t buffer[4] = { 9, 9, 9, 9 };
	struct sink sink;
	(void)state;
	sink_init(&sink, buffer, 3);
	sink_u16(&sink, 0x0102);
	sink_u16(&sink, 0x0304);
	assert_int_equal(sink.len, 2);
	assert_int_equal(buffer[2], 9);
	sink_u8(&sink, 5);
	sink_bytes(&sink, "x", 1);
	assert_null(sink_room(&sink, 1));
	sink_patch_u8(&sink, 0, 7);
	assert_int_equal(sink.len, 2);
	assert_int_equal(buffer[0], 1);
	assert_int_equal(sink_rc(&sink), RC_LIMIT);
}

static void sink_filled_to_the_last_byte_is_not_full(void **state)
{
	uint8_t buffer[6];
	struct sink sink;
	(void)state;
	sink_init(&sink, buffer, sizeof(buffer));
	sink_span(&sink, span_make("abc", 3));
	sink_span(&sink, SPAN_NONE);
	sink_bytes(&sink, NULL, 0);
	uint8_t *room = sink_room(&sink, 3);
	assert_non_null(room);
	memcpy(room, "def", 3);
	assert_int_equal(sink_rc(&sink), RC_OK);
	assert_memory_equal(buffer, "abcdef", 6);
	sink_room(&sink, SIZE_MAX);
	assert_int_equal(sink_rc(&sink), RC_LIMIT);
}

static void patches_change_what_was_written(void **state)
{
	uint8_t buffer[8];
	struct sink sink;
	(void)state;
	sink_init(&sink, buffer, sizeof(buffer));
	sink_u64(&sink, 0);
	sink_patch_u8(&sink, 7, 0xaa);
	sink_patch_u16(&sink, 1, 0xbbcc);
	sink_patch_u32(&sink, 3, 0x11223344);
	assert_memory_equal(buffer, "\x00\xbb\xcc\x11\x22\x33\x44\xaa", 8);
	assert_int_equal(sink_rc(&sink), RC_OK);
}

static void patch_outside_of_what_was_written_spoils_the_sink(void **state)
{
	uint8_t buffer[8] = { 0 };
	struct sink sink;
	(void)state;
	sink_init(&sink, buffer, sizeof(buffer));
	sink_u16(&sink, 0);
	sink_patch_u16(&sink, 1, 0xffff);
	assert_int_equal(sink_rc(&sink), RC_LIMIT);
	sink_init(&sink, buffer, sizeof(buffer));
	sink_patch_u8(&sink, SIZE_MAX, 1);
	assert_int_equal(sink_rc(&sink), RC_LIMIT);
	assert_memory_equal(buffer, "\0\0\0\0\0\0\0\0", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_in_network_order),
		cmocka_unit_test(truncated_read_leaves_the_span_as_it_was),
		cmocka_unit_test(take_points_into_the_input),
		cmocka_unit_test(empty_reads_of_an_empty_span_are_fine),
		cmocka_unit_test(bytes_at_the_end_are_an_error),
		cmocka_unit_test(spans_are_equal_only_with_equal_length_and_bytes),
		cmocka_unit_test(numbers_are_written_in_network_order),
		cmocka_unit_test(write_that_does_not_fit_writes_nothing_and_stops_all_later_ones),
		cmocka_unit_test(sink_filled_to_the_last_byte_is_not_full),
		cmocka_unit_test(patches_change_what_was_written),
		cmocka_unit_test(patch_outside_of_what_was_written_spoils_the_sink),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
