/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/values.h"

static struct diag diag;

static void switches_have_many_spellings(void **state)
{
	static const char *const yes[] = { "yes", "true", "on", "y", "1", "YES", NULL };
	static const char *const no[] = { "no", "false", "off", "n", "0", "No", NULL };
	bool out;
	(void)state;
	for (unsigned i = 0; yes[i] != NULL; i++) {
		out = false;
		assert_int_equal(value_bool(yes[i], &out, &diag), RC_OK);
		assert_true(out);
	}
	for (unsigned i = 0; no[i] != NULL; i++) {
		out = true;
		assert_int_equal(value_bool(no[i], &out, &diag), RC_OK);
		assert_false(out);
	}
	assert_int_equal(value_bool("maybe", &out, &diag), RC_SYNTAX);
	assert_string_equal(diag.text, "\"maybe\" is neither yes nor no");
}

static void numbers_keep_their_range(void **state)
{
	uint64_t n = 0;
	(void)state;
	assert_int_equal(value_number("65535", "1..65535", &n, &diag), RC_OK);
	assert_int_equal(n, 65535);
	assert_int_equal(value_number("0xff", "1..65535", &n, &diag), RC_OK);
	assert_int_equal(n, 255);
	assert_int_equal(value_number("65536", "1..65535", &n, &diag), RC_RANGE);
	assert_string_equal(diag.text, "65536 is out of range: 1 to 65535 is allowed");
	assert_int_equal(value_number("0", "1..65535", &n, &diag), RC_RANGE);
	assert_int_equal(value_number("-1", "1..65535", &n, &diag), RC_SYNTAX);
	assert_int_equal(value_number("12x", "1..65535", &n, &diag), RC_SYNTAX);
	assert_int_equal(value_number("", "1..65535", &n, &diag), RC_SYNTAX);
	assert_int_equal(value_number("0x", "0..9", &n, &diag), RC_SYNTAX);
	assert_int_equal(value_number("99999999999999999999", "0..9", &n, &diag), RC_SYNTAX);
	assert_int_equal(value_number("1", "bad", &n, &diag), RC_INTERNAL);
}

static void times_have_units(void **state)
{
	static const struct {
		const char *text;
		usec_t usec;
	} good[] = {
		{ "1", 1000000 },      { "30s", 30000000 },    { "500ms", 500000 },
		{ "0.5", 500000 },     { "1.5m", 90000000 },   { "8h", 28800000000 },
		{ "1d", 86400000000 }, { "1w", 604800000000 }, { "10 s", 10000000 },
		{ "7us", 7 },	       { ".25s", 250000 },
	};
	static const char *const bad[] = {
		"",    "s",   "1x",  "1s2",  "-1s",
		"1e3", "nan", "inf", "1..2", "999999999999999999999999999999999999",
		NULL
	};
	usec_t t;
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(value_time(good[i].text, "0s..365d", &t, &diag), RC_OK);
		assert_int_equal(t, good[i].usec);
	}
	for (unsigned i = 0; bad[i] != NULL; i++)
		assert_int_equal(value_time(bad[i], "0s..365d", &t, &diag), RC_SYNTAX);
	assert_int_equal(value_time("2h", "1s..1h", &t, &diag), RC_RANGE);
	assert_string_equal(diag.text, "2h is out of range: 1s to 1h is allowed");
	assert_int_equal(value_time("8x", "1s..1h", &t, &diag), RC_SYNTAX);
	assert_string_equal(diag.text, "\"8x\" is not a time like 500ms, 30s, 15m, 8h or 1d");
}

static void percentages_and_decimals(void **state)
{
	unsigned p = 0;
	double d = 0;
	(void)state;
	assert_int_equal(value_percent("100%", "0%..1000%", &p, &diag), RC_OK);
	assert_int_equal(p, 100);
	assert_int_equal(value_percent("50", "0%..1000%", &p, &diag), RC_OK);
	assert_int_equal(p, 50);
	assert_int_equal(value_percent("1001%", "0%..1000%", &p, &diag), RC_RANGE);
	assert_int_equal(value_decimal("1.8", "1..10", &d, &diag), RC_OK);
	assert_true(d > 1.79 && d < 1.81);
	assert_int_equal(value_decimal("0.9", "1..10", &d, &diag), RC_RANGE);
	assert_int_equal(value_decimal("1,8", "1..10", &d, &diag), RC_SYNTAX);
}

static void bytes_have_binary_units(void **state)
{
	uint64_t b = 0;
	(void)state;
	assert_int_equal(value_bytes("1000", "0..8192T", &b, &diag), RC_OK);
	assert_int_equal(b, 1000);
	assert_int_equal(value_bytes("64K", "0..8192T", &b, &diag), RC_OK);
	assert_int_equal(b, 65536);
	assert_int_equal(value_bytes("2GiB", "0..8192T", &b, &diag), RC_OK);
	assert_int_equal(b, UINT64_C(2) << 30);
	assert_int_equal(value_bytes("8192T", "0..8192T", &b, &diag), RC_OK);
	assert_int_equal(b, UINT64_C(1) << 53);
	assert_int_equal(value_bytes("8193T", "0..8192T", &b, &diag), RC_RANGE);
	assert_int_equal(value_bytes("18446744073709551615", "0..8192T", &b, &diag), RC_RANGE);
	assert_int_equal(value_bytes("5Q", "0..8192T", &b, &diag), RC_SYNTAX);
}

static void an_unknown_name_gets_the_nearest_and_the_list(void **state)
{
	static const struct name list[] = { { 1, "hold" }, { 2, "restart" }, { 0, NULL } };
	static const struct names names = { "action", list };
	int value = 0;
	(void)state;
	assert_int_equal(value_enum("Restart", &names, &value, &diag), RC_OK);
	assert_int_equal(value, 2);
	assert_int_equal(value_enum("restrat", &names, &value, &diag), RC_SYNTAX);
	assert_string_equal(diag.text,
			    "unknown action \"restrat\" (did you mean \"restart\"? known: "
			    "hold, restart)");
	assert_int_equal(value_enum("zzzzzz", &names, &value, &diag), RC_SYNTAX);
	assert_string_equal(diag.text, "unknown action \"zzzzzz\" (known: hold, restart)");
}

static void words_are_split_at_commas_and_blanks(void **state)
{
	const char *cursor = " a,b ,, c\t";
	char word[VALUE_WORD_MAX], long_word[VALUE_WORD_MAX + 2];
	(void)state;
	assert_true(value_word(&cursor, word));
	assert_string_equal(word, "a");
	assert_true(value_word(&cursor, word));
	assert_string_equal(word, "b");
	assert_true(value_word(&cursor, word));
	assert_string_equal(word, "c");
	assert_false(value_word(&cursor, word));
	memset(long_word, 'x', sizeof(long_word));
	long_word[VALUE_WORD_MAX] = '\0';
	cursor = long_word;
	assert_true(value_word(&cursor, word));
	assert_string_equal(word, "");
	assert_false(value_word(&cursor, word));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(switches_have_many_spellings),
		cmocka_unit_test(numbers_keep_their_range),
		cmocka_unit_test(times_have_units),
		cmocka_unit_test(percentages_and_decimals),
		cmocka_unit_test(bytes_have_binary_units),
		cmocka_unit_test(an_unknown_name_gets_the_nearest_and_the_list),
		cmocka_unit_test(words_are_split_at_commas_and_blanks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
