/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "x509/asn1.h"

static int64_t time_of(uint8_t tag, const char *text)
{
	uint8_t buffer[64] = { tag, (uint8_t)strlen(text) };
	struct span in = span_make(buffer, 2 + strlen(text));
	int64_t time = -12345;
	memcpy(buffer + 2, text, strlen(text));
	if (asn1_time(&in, &time) == RC_OK)
		assert_int_equal(in.len, 0);
	return time;
}

static void times_are_read_in_both_forms(void **state)
{
	(void)state;
	assert_int_equal(time_of(ASN1_UTC_TIME, "700101000000Z"), 0);
	assert_int_equal(time_of(ASN1_UTC_TIME, "270115080000Z"), 1800000000);
	assert_int_equal(time_of(ASN1_TIME, "20270115080000Z"), 1800000000);
	assert_int_equal(time_of(ASN1_UTC_TIME, "000229235959Z"), 951868799);
	assert_int_equal(time_of(ASN1_UTC_TIME, "491231235959Z"), 2524607999);
	assert_int_equal(time_of(ASN1_UTC_TIME, "500101000000Z"), -631152000);
	assert_int_equal(time_of(ASN1_TIME, "99991231235959Z"), 253402300799);
}

static void times_that_no_calendar_has_are_refused(void **state)
{
	static const char *const broken[] = {
		"270015080000Z",
		"271315080000Z",
		"270100080000Z",
		"270132080000Z",
		"270229080000Z",
		"270115240000Z",
		"270115086000Z",
		"270115080060Z",
		"2701150800Z",
		"270115080000",
		"270115080000+0100",
		"27011508000 Z",
		"",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_int_equal(time_of(ASN1_UTC_TIME, broken[i]), -12345);
	assert_int_equal(time_of(ASN1_TIME, "20270115080000.5Z"), -12345);
	assert_int_equal(time_of(ASN1_TIME, "21000229000000Z"), -12345);
}

static void a_time_survives_writing_and_reading(void **state)
{
	static const int64_t times[] = { 0, 1800000000, 2524607999, 2524608000, 253402300799 };
	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		uint8_t buffer[32];
		struct sink sink;
		struct span in;
		int64_t time = 0;
		sink_init(&sink, buffer, sizeof(buffer));
		asn1_put_time(&sink, times[i]);
		in = sink_written(&sink);
		assert_int_equal(buffer[0], times[i] < 2524608000 ? ASN1_UTC_TIME : ASN1_TIME);
		assert_int_equal(asn1_time(&in, &time), RC_OK);
		assert_int_equal(time, times[i]);
	}
}

static void a_time_is_shown_with_its_zone(void **state)
{
	char buffer[ASN1_TIME_TEXT_MAX];
	(void)state;
	assert_string_equal(asn1_time_text(1800000000, buffer), "2027-01-15 08:00:00 UTC");
}

static void named_bits_count_from_the_left(void **state)
{
	static const uint8_t two[] = { 1, 0x06 }, three[] = { 7, 0x00, 0x80 };
	static const uint8_t bad[] = { 8, 0x06 };
	uint16_t bits = 0;
	(void)state;
	assert_int_equal(asn1_bits_of(SPAN_OF(two), &bits), RC_OK);
	assert_int_equal(bits, 0x0600);
	assert_int_equal(asn1_bits_of(SPAN_OF(three), &bits), RC_OK);
	assert_int_equal(bits, 0x0080);
	assert_int_equal(asn1_bits_of(SPAN_OF(bad), &bits), RC_SYNTAX);
	assert_int_equal(asn1_bits_of(SPAN_NONE, &bits), RC_SYNTAX);
}

static void a_flag_may_be_absent(void **state)
{
	static const uint8_t yes[] = { 1, 1, 0xff }, number[] = { 2, 1, 1 };
	struct span in = SPAN_OF(yes), other = SPAN_OF(number);
	bool flag = false;
	(void)state;
	assert_int_equal(asn1_flag(&in, &flag), RC_OK);
	assert_true(flag && in.len == 0);
	assert_int_equal(asn1_flag(&other, &flag), RC_OK);
	assert_true(!flag && other.len == 3);
}

static void numbers_are_small_and_not_negative(void **state)
{
	static const uint8_t good[] = { 2, 4, 0x7f, 0xff, 0xff, 0xff };
	static const uint8_t large[] = { 2, 5, 0, 0x80, 0, 0, 0 }, negative[] = { 2, 1, 0x80 };
	struct span in = SPAN_OF(good), too_large = SPAN_OF(large), below = SPAN_OF(negative);
	int32_t number = 0;
	(void)state;
	assert_int_equal(asn1_small(&in, &number), RC_OK);
	assert_int_equal(number, INT32_MAX);
	assert_int_not_equal(asn1_small(&too_large, &number), RC_OK);
	assert_int_not_equal(asn1_small(&below, &number), RC_OK);
}

static void oids_are_written_from_their_dotted_form(void **state)
{
	static const uint8_t rsa[] = { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 };
	static const char *const broken[] = { "", "1", "3.1", "1.40", "1..2", "1.2.", "1.a" };
	uint8_t buffer[64];
	struct sink sink;
	(void)state;
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(asn1_put_oid(&sink, "1.2.840.113549.1.1.1"), RC_OK);
	assert_int_equal(sink.len, sizeof(rsa));
	assert_memory_equal(buffer, rsa, sizeof(rsa));
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		sink_init(&sink, buffer, sizeof(buffer));
		assert_int_equal(asn1_put_oid(&sink, broken[i]), RC_SYNTAX);
	}
}

static void names_are_checked_to_their_last_byte(void **state)
{
	static const uint8_t name[] = { 0x30, 13, 0x31, 11,   0x30, 9,	 6,  3,
					0x55, 4,  3,	0x13, 2,    'g', 'w' };
	static const uint8_t lengths[] = { 1, 3, 5, 7, 12 };
	static const uint8_t nothing_in_set[] = { 0x30, 2, 0x31, 0 };
	uint8_t buffer[sizeof(name)];
	struct span in = SPAN_OF(name), element, empty = SPAN_OF(nothing_in_set);
	(void)state;
	assert_int_equal(asn1_name(&in, &element), RC_OK);
	assert_int_equal(element.len, sizeof(name));
	assert_int_not_equal(asn1_name(&empty, &element), RC_OK);
	for (size_t i = 0; i < sizeof(lengths); i++) { /* each length one too large */
		memcpy(buffer, name, sizeof(name));
		buffer[lengths[i]]++;
		in = SPAN_OF(buffer);
		assert_int_not_equal(asn1_name(&in, &element), RC_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read_in_both_forms),
		cmocka_unit_test(times_that_no_calendar_has_are_refused),
		cmocka_unit_test(a_time_survives_writing_and_reading),
		cmocka_unit_test(a_time_is_shown_with_its_zone),
		cmocka_unit_test(named_bits_count_from_the_left),
		cmocka_unit_test(a_flag_may_be_absent),
		cmocka_unit_test(numbers_are_small_and_not_negative),
		cmocka_unit_test(oids_are_written_from_their_dotted_form),
		cmocka_unit_test(names_are_checked_to_their_last_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
