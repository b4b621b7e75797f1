/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/isakmp_test.h"
#include "wire/isakmp_body.h"

static const uint8_t sample[] = {
	0x80, 14, 1, 0,			  /* TV: key length 256 */
	0,    12, 0, 4, 0, 1, 0x51, 0x80, /* TLV: life duration 86400 */
	0,    1,  0, 0,			  /* TLV without bytes */
};

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct isakmp_attribute *attributes;
	unsigned count;
	return isakmp_attributes_parse(arena, body, &attributes, &count, diag);
}

static void both_forms_survive_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_attribute *a;
	unsigned count;
	assert_ok(isakmp_attributes_parse(&t->arena, SPAN_OF(sample), &a, &count, &t->diag));
	assert_int_equal(count, 3);
	assert_true(a[0].basic);
	assert_int_equal(a[0].type, OAKLEY_KEY_LENGTH);
	assert_int_equal(a[0].value, 256);
	assert_false(a[1].basic);
	assert_int_equal(a[1].type, OAKLEY_LIFE_DURATION);
	assert_span(a[1].data, BYTES(0, 1, 0x51, 0x80));
	assert_int_equal(a[2].data.len, 0);
	sink_init(&t->sink, t->buffer, sizeof(t->buffer));
	isakmp_attributes_emit(&t->sink, a, count);
	assert_span(sink_written(&t->sink), SPAN_OF(sample));
	assert_int_equal(isakmp_attributes_len(a, count), sizeof(sample));
}

static void cuts_are_good_only_between_attributes(void **state)
{
	(void)state;
	for (size_t len = 0; len <= sizeof(sample); len++) {
		bool between = len == 0 || len == 4 || len == 12 || len == sizeof(sample);
		assert_int_equal(body_rc(parse, span_make(sample, len)),
				 between ? RC_OK : RC_TRUNCATED);
	}
	check_flips(parse, SPAN_OF(sample));
}

/* The flag of the form and the value's place mixed up. */
static void a_length_taken_for_a_value_ends_inside(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse, BYTES(0, 14, 1, 0)), RC_TRUNCATED);
	assert_int_equal(body_rc(parse, BYTES(0, 14, 0xff, 0xff, 1)), RC_TRUNCATED);
	/* a TLV called TV: its value is read as the next header */
	assert_int_equal(body_rc(parse, BYTES(0x80, 12, 0, 2, 1, 1)), RC_TRUNCATED);
	assert_int_equal(body_rc(parse, BYTES(0x80, 12, 0, 4, 0x80, 1, 0x51, 0x80)), RC_OK);
}

static struct isakmp_attribute long_one(const uint8_t *bytes, size_t len)
{
	return (struct isakmp_attribute){ .type = 12, .data = { bytes, len } };
}

static void numbers_come_in_two_bytes_or_in_up_to_eight(void **state)
{
	static const uint8_t ones[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, zeros[12];
	struct isakmp_attribute attribute = { .type = 12, .basic = true, .value = 65535 };
	uint64_t number = 0;
	(void)state;
	assert_ok(isakmp_attribute_number(&attribute, &number));
	assert_int_equal(number, 65535);
	attribute = long_one(ones, 1);
	assert_ok(isakmp_attribute_number(&attribute, &number));
	assert_int_equal(number, 1);
	attribute = long_one(ones, 4);
	assert_ok(isakmp_attribute_number(&attribute, &number));
	assert_int_equal(number, 0x01020304);
	attribute = long_one(ones, 8);
	assert_ok(isakmp_attribute_number(&attribute, &number));
	assert_true(number == 0x0102030405060708u);
	attribute = long_one(ones, 9);
	assert_int_equal(isakmp_attribute_number(&attribute, &number), RC_LIMIT);
	attribute = long_one(zeros, sizeof(zeros));
	assert_ok(isakmp_attribute_number(&attribute, &number));
	assert_int_equal(number, 0);
	attribute = long_one(zeros, 0);
	assert_int_equal(isakmp_attribute_number(&attribute, &number), RC_SYNTAX);
}

static void zeros_in_front_of_a_number_do_not_count(void **state)
{
	uint8_t bytes[12] = { [4] = 0xff, [11] = 1 };
	struct isakmp_attribute attribute = long_one(bytes, 12);
	uint64_t number = 0;
	(void)state;
	assert_ok(isakmp_attribute_number(&attribute, &number));
	assert_true(number == 0xff00000000000001u);
	bytes[3] = 1;
	assert_int_equal(isakmp_attribute_number(&attribute, &number), RC_LIMIT);
}

static void attributes_beyond_the_limit_are_refused(void **state)
{
	uint8_t bytes[4 * (LIMIT_ATTRIBUTES + 1)] = { 0 };
	(void)state;
	assert_int_equal(body_rc(parse, span_make(bytes, sizeof(bytes) - 4)), RC_OK);
	assert_int_equal(body_rc(parse, SPAN_OF(bytes)), RC_LIMIT);
}

static void a_value_too_long_for_its_length_fails_the_message(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_attribute attribute = long_one(t->buffer, UINT16_MAX + 1);
	isakmp_attributes_emit(&t->sink, &attribute, 1);
	assert_int_equal(writer_message_end(&t->writer), RC_LIMIT);
}

static void failing_allocation_is_reported(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_attribute *a;
	unsigned count;
	struct arena small;
	arena_init(&small, 16);
	assert_int_equal(isakmp_attributes_parse(&small, SPAN_OF(sample), &a, &count, &t->diag),
			 RC_NO_MEMORY);
	arena_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(both_forms_survive_a_round_trip),
		WIRE_TEST(cuts_are_good_only_between_attributes),
		WIRE_TEST(a_length_taken_for_a_value_ends_inside),
		WIRE_TEST(numbers_come_in_two_bytes_or_in_up_to_eight),
		WIRE_TEST(zeros_in_front_of_a_number_do_not_count),
		WIRE_TEST(attributes_beyond_the_limit_are_refused),
		WIRE_TEST(a_value_too_long_for_its_length_fails_the_message),
		WIRE_TEST(failing_allocation_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
