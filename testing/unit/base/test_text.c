/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/text.h"

static void assert_escaped(const char *in, const char *expected)
{
	char out[256];
	size_t len = text_escape(out, sizeof(out), in);
	assert_string_equal(out, expected);
	assert_int_equal(len, strlen(expected));
}

static void plain_text_stays_as_it_is(void **state)
{
	(void)state;
	assert_escaped("", "");
	assert_escaped("C=DE, O=Example \\x0a ~", "C=DE, O=Example \\x0a ~");
}

static void control_characters_become_hexadecimal(void **state)
{
	(void)state;
	assert_escaped("a\tb\r\n\x01\x1f\x7f", "a\\x09b\\x0d\\x0a\\x01\\x1f\\x7f");
}

static void well_formed_utf8_is_kept(void **state)
{
	(void)state;
	assert_escaped("Z\u00fcrich \u20ac \U0001f511", "Z\u00fcrich \u20ac \U0001f511");
	assert_escaped("\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"); /* the last code point */
}

static void malformed_utf8_is_escaped_byte_by_byte(void **state)
{
	(void)state;
	assert_escaped("\x80", "\\x80");
	assert_escaped("\xff", "\\xff");
	assert_escaped("\xc3", "\\xc3"); /* ends inside */
	assert_escaped("\xe2\x82z", "\\xe2\\x82z");
	assert_escaped("\xc0\xaf", "\\xc0\\xaf");		    /* overlong */
	assert_escaped("\xe0\x80\x8a", "\\xe0\\x80\\x8a");	    /* overlong newline */
	assert_escaped("\xed\xa0\x80", "\\xed\\xa0\\x80");	    /* surrogate */
	assert_escaped("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond U+10FFFF */
	assert_escaped("\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80");
}

static void invisible_characters_that_mislead_are_escaped(void **state)
{
	(void)state;
	assert_escaped("\xc2\x85", "\\xc2\\x85");
	assert_escaped("\xc2\x9b", "\\xc2\\x9b"); /* C1 CSI */
	assert_escaped("\u2028", "\\xe2\\x80\\xa8");
	assert_escaped("\u202e", "\\xe2\\x80\\xae");
	assert_escaped("\u2066", "\\xe2\\x81\\xa6");
	assert_escaped("\ufeff", "\\xef\\xbb\\xbf");
	assert_escaped("\u00a0", "\u00a0");
}

static void escaping_twice_changes_nothing(void **state)
{
	char once[256], twice[256];
	(void)state;
	text_escape(once, sizeof(once), "a\nb\\\xff\u202e\u00fc");
	text_escape(twice, sizeof(twice), once);
	assert_string_equal(once, twice);
}

static void what_does_not_fit_is_cut_at_a_whole_character(void **state)
{
	char out[16];
	(void)state;
	assert_int_equal(text_escape(out, 8, "1234567"), 7);
	assert_string_equal(out, "1234567");
	assert_int_equal(text_escape(out, 8, "12345678"), 7);
	assert_string_equal(out, "1234...");
	text_escape(out, 8, "123\u20ac5678");
	assert_string_equal(out, "123...");
	text_escape(out, 8, "1\n\n\n");
	assert_string_equal(out, "1...");
	text_escape(out, 10, "1\n\n\n");
	assert_string_equal(out, "1\\x0a...");
}

static void tiny_buffers_are_never_overrun(void **state)
{
	char out[9];
	(void)state;
	for (size_t size = 0; size < 8; size++) {
		memset(out, '#', sizeof(out));
		size_t len = text_escape(out, size, "\n\xe2\x82\xac\nlong enough");
		for (size_t i = size; i < sizeof(out); i++)
			assert_int_equal(out[i], '#');
		if (size > 0)
			assert_int_equal(len, strlen(out));
	}
	text_escape(out, 1, "x");
	assert_string_equal(out, "");
	text_escape(out, 4, "wxyz");
	assert_string_equal(out, "...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays_as_it_is),
		cmocka_unit_test(control_characters_become_hexadecimal),
		cmocka_unit_test(well_formed_utf8_is_kept),
		cmocka_unit_test(malformed_utf8_is_escaped_byte_by_byte),
		cmocka_unit_test(invisible_characters_that_mislead_are_escaped),
		cmocka_unit_test(escaping_twice_changes_nothing),
		cmocka_unit_test(what_does_not_fit_is_cut_at_a_whole_character),
		cmocka_unit_test(tiny_buffers_are_never_overrun),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
