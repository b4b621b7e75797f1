/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/der.h"

#define BYTES(...)                                                                                 \
	((struct span){ (const uint8_t[]){ __VA_ARGS__ },                                          \
			sizeof((const uint8_t[]){ __VA_ARGS__ }) })

static void an_element_is_taken_from_the_front(void **state)
{
	(void)state;
	struct span in = BYTES(0x04, 2, 0xaa, 0xbb, 0x05, 0), body, whole;
	struct span start = in;
	uint8_t tag;
	assert_int_equal(der_whole(&in, ASN1_OCTET_STRING, &whole), RC_OK);
	assert_ptr_equal(whole.ptr, start.ptr);
	assert_int_equal(whole.len, 4);
	in = start;
	assert_int_equal(der_next(&in, &tag, &body), RC_OK);
	assert_int_equal(tag, ASN1_OCTET_STRING);
	assert_true(span_equal(body, BYTES(0xaa, 0xbb)));
	assert_true(der_is_next(&in, ASN1_NULL));
	assert_int_equal(der_take(&in, ASN1_NULL, NULL), RC_OK);
	assert_false(der_is_next(&in, ASN1_NULL));
	assert_int_equal(der_next(&in, &tag, &body), RC_TRUNCATED);
}

static void a_failure_leaves_the_input_as_it_was(void **state)
{
	(void)state;
	struct span in = BYTES(0x04, 2, 0xaa, 0xbb), start = in, body;
	bool value;
	uint32_t number;
	assert_int_equal(der_take(&in, ASN1_SEQUENCE, &body), RC_SYNTAX);
	assert_int_equal(der_unsigned(&in, &body), RC_SYNTAX);
	assert_int_equal(der_small(&in, &number), RC_SYNTAX);
	assert_int_equal(der_bits(&in, &body), RC_SYNTAX);
	assert_int_equal(der_boolean(&in, &value), RC_SYNTAX);
	assert_ptr_equal(in.ptr, start.ptr);
	assert_int_equal(in.len, start.len);
}

static void lengths_have_one_form_only(void **state)
{
	(void)state;
	uint8_t big[3 + 128] = { 0x04, 0x81, 128 }, tag;
	struct span in = SPAN_OF(big), body;
	assert_int_equal(der_next(&in, &tag, &body), RC_OK);
	assert_int_equal(body.len, 128);
	const struct {
		struct span in;
		enum rc rc;
	} bad[] = {
		{ BYTES(0x30, 0x80, 0, 0), RC_SYNTAX },		 /* indefinite */
		{ BYTES(0x04, 0x81, 1, 0), RC_SYNTAX },		 /* long form of 1 */
		{ BYTES(0x04, 0x81, 127), RC_SYNTAX },		 /* of 127 */
		{ BYTES(0x04, 0x82, 0, 200), RC_SYNTAX },	 /* a leading zero */
		{ BYTES(0x04, 0x85, 1, 0, 0, 0, 0), RC_SYNTAX }, /* 4 GB and more */
		{ BYTES(0x04, 0xff, 0), RC_SYNTAX },		 /* reserved */
		{ BYTES(0x04, 0x84, 0xff, 0xff, 0xff, 0xff), RC_TRUNCATED },
		{ BYTES(0x04, 0x82, 1), RC_TRUNCATED },
		{ BYTES(0x04, 3, 1, 2), RC_TRUNCATED },
		{ BYTES(0x04), RC_TRUNCATED },
		{ SPAN_NONE, RC_TRUNCATED },
		{ BYTES(0x1f, 0x81, 0, 0), RC_SYNTAX }, /* a tag of several bytes */
		{ BYTES(0, 0), RC_SYNTAX },		/* end of contents */
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		in = bad[i].in;
		assert_int_equal(der_next(&in, &tag, &body), bad[i].rc);
	}
}

static void nothing_may_follow_an_only_element(void **state)
{
	(void)state;
	struct span body;
	assert_int_equal(der_only(BYTES(0x30, 0), ASN1_SEQUENCE, &body), RC_OK);
	assert_int_equal(der_only(BYTES(0x30, 0, 0), ASN1_SEQUENCE, &body), RC_TRAILING);
	assert_int_equal(der_only(BYTES(0x31, 0), ASN1_SEQUENCE, &body), RC_SYNTAX);
}

static void integers_are_minimal_and_not_negative(void **state)
{
	(void)state;
	struct span number, in = BYTES(2, 1, 0);
	uint32_t small = 1;
	assert_int_equal(der_unsigned(&in, &number), RC_OK);
	assert_true(span_equal(number, BYTES(0)));
	in = BYTES(2, 2, 0, 0x80);
	assert_int_equal(der_unsigned(&in, &number), RC_OK);
	assert_true(span_equal(number, BYTES(0x80)));
	const struct span bad[] = { BYTES(2, 0), BYTES(2, 1, 0x80), BYTES(2, 2, 0, 0x7f),
				    BYTES(2, 2, 0, 0), BYTES(2, 2, 0xff, 0x80) };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		in = bad[i];
		assert_int_equal(der_unsigned(&in, &number), RC_SYNTAX);
	}
	in = BYTES(2, 5, 0, 0xff, 0xff, 0xff, 0xff);
	assert_int_equal(der_small(&in, &small), RC_OK);
	assert_int_equal(small, 0xffffffff);
	in = BYTES(2, 5, 1, 0, 0, 0, 0);
	assert_int_equal(der_small(&in, &small), RC_RANGE);
	assert_int_equal(in.len, 7);
}

static void bit_strings_are_whole_bytes(void **state)
{
	(void)state;
	struct span bytes, in = BYTES(3, 2, 0, 0xaa);
	assert_int_equal(der_bits(&in, &bytes), RC_OK);
	assert_true(span_equal(bytes, BYTES(0xaa)));
	in = BYTES(3, 2, 1, 0xaa);
	assert_int_equal(der_bits(&in, &bytes), RC_SYNTAX);
	in = BYTES(3, 0);
	assert_int_equal(der_bits(&in, &bytes), RC_SYNTAX);
}

static void truth_is_ff(void **state)
{
	(void)state;
	bool value = false;
	struct span in = BYTES(1, 1, 0xff);
	assert_int_equal(der_boolean(&in, &value), RC_OK);
	assert_true(value);
	in = BYTES(1, 1, 0);
	assert_int_equal(der_boolean(&in, &value), RC_OK);
	assert_false(value);
	in = BYTES(1, 1, 1);
	assert_int_equal(der_boolean(&in, &value), RC_SYNTAX);
	in = BYTES(1, 2, 0, 0);
	assert_int_equal(der_boolean(&in, &value), RC_SYNTAX);
}

static void oids_are_shown_with_dots(void **state)
{
	(void)state;
	char text[DER_OID_TEXT_MAX];
	uint8_t endless[200];
	assert_string_equal(
		der_oid_text(BYTES(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0a), text),
		"1.2.840.113549.1.1.10");
	assert_string_equal(der_oid_text(BYTES(0x55, 29, 17), text), "2.5.29.17");
	assert_string_equal(der_oid_text(BYTES(0x88, 0x37, 3), text), "2.999.3");
	assert_string_equal(der_oid_text(BYTES(0x2a, 0x86), text), "?");
	assert_string_equal(der_oid_text(BYTES(0x2a, 0x80, 1), text), "?");
	assert_string_equal(der_oid_text(SPAN_NONE, text), "?");
	memset(endless, 1, sizeof endless);
	assert_non_null(strstr(der_oid_text(SPAN_OF(endless), text), "..."));
	memset(endless, 0xff, sizeof endless);
	assert_string_equal(der_oid_text(SPAN_OF(endless), text), "?");
}

static void what_is_written_can_be_read(void **state)
{
	(void)state;
	static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, 70000 };
	static uint8_t buffer[70100], content[70000];
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct sink sink;
		struct span in, body, inside;
		sink_init(&sink, buffer, sizeof buffer);
		memset(content, (int)i + 1, sizeof content);
		size_t outer = der_begin(&sink, ASN1_SEQUENCE);
		der_put(&sink, ASN1_OCTET_STRING, span_make(content, sizes[i]));
		der_put_small(&sink, 0);
		der_put_small(&sink, 0x80);
		der_end(&sink, outer);
		assert_int_equal(sink_rc(&sink), RC_OK);
		assert_int_equal(der_only(sink_written(&sink), ASN1_SEQUENCE, &in), RC_OK);
		assert_int_equal(der_take(&in, ASN1_OCTET_STRING, &body), RC_OK);
		assert_true(span_equal(body, span_make(content, sizes[i])));
		assert_int_equal(der_unsigned(&in, &inside), RC_OK);
		assert_true(span_equal(inside, BYTES(0)));
		assert_int_equal(der_unsigned(&in, &inside), RC_OK);
		assert_true(span_equal(inside, BYTES(0x80)));
		assert_int_equal(in.len, 0);
	}
}

static void a_full_buffer_is_told(void **state)
{
	(void)state;
	uint8_t content[128] = { 0 };
	for (size_t cap = 0; cap < 136; cap++) {
		uint8_t buffer[140];
		struct sink sink;
		memset(buffer, 0xee, sizeof buffer);
		sink_init(&sink, buffer, cap);
		size_t outer = der_begin(&sink, ASN1_SEQUENCE);
		der_put(&sink, ASN1_OCTET_STRING, SPAN_OF(content));
		der_end(&sink, outer);
		assert_int_equal(sink_rc(&sink), cap < 134 ? RC_LIMIT : RC_OK);
		assert_int_equal(buffer[cap], 0xee);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_element_is_taken_from_the_front),
		cmocka_unit_test(a_failure_leaves_the_input_as_it_was),
		cmocka_unit_test(lengths_have_one_form_only),
		cmocka_unit_test(nothing_may_follow_an_only_element),
		cmocka_unit_test(integers_are_minimal_and_not_negative),
		cmocka_unit_test(bit_strings_are_whole_bytes),
		cmocka_unit_test(truth_is_ff),
		cmocka_unit_test(oids_are_shown_with_dots),
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(a_full_buffer_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
