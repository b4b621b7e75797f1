/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/secrets_private.h"

static struct diag diag;
static struct secret psk;

static enum rc value(const char *text, bool quoted)
{
	secret_wipe(&psk);
	return secret_value(span_make(text, strlen(text)), quoted, &psk, &diag);
}

static void assert_key(const char *text, bool quoted, const char *bytes, size_t len)
{
	assert_int_equal(value(text, quoted), RC_OK);
	assert_true(span_equal(secret_span(&psk), span_make(bytes, len)));
	secret_wipe(&psk);
}

static void keys_in_quotes_are_taken_as_they_are(void **state)
{
	(void)state;
	assert_key("secret", true, "secret", 6);
	assert_key("0x41", true, "0x41", 4);
	assert_key(" \\n\"", true, " \\n\"", 4);
	assert_int_equal(value("", true), RC_SYNTAX);
}

static void keys_in_hex(void **state)
{
	(void)state;
	assert_key("0x00ffAa", false, "\x00\xff\xaa", 3);
	assert_key("0x00_ff_10", false, "\x00\xff\x10", 3);
	assert_int_equal(value("0x", false), RC_SYNTAX);
	assert_int_equal(value("0x123", false), RC_SYNTAX);
	assert_int_equal(value("0x12g4", false), RC_SYNTAX);
}

static void keys_in_base64(void **state)
{
	(void)state;
	assert_key("0sAA==", false, "\x00", 1);
	assert_key("0sAAE=", false, "\x00\x01", 2);
	assert_key("0sAAEC", false, "\x00\x01\x02", 3);
	assert_key("0s+/-_", false, "\xfb\xff\xbf", 3);
	assert_key("0tplain", false, "plain", 5);
	assert_int_equal(value("0s", false), RC_SYNTAX);
	assert_int_equal(value("0sA", false), RC_SYNTAX);
	assert_int_equal(value("0sAAAAA", false), RC_SYNTAX);
	assert_int_equal(value("0sA*==", false), RC_SYNTAX);
}

static void words_without_quotes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(value("secret", false), RC_SYNTAX);
	assert_int_equal(value("x", false), RC_SYNTAX);
	assert_int_equal(value("", false), RC_SYNTAX);
	assert_int_equal(value("0", false), RC_SYNTAX);
}

static void keys_have_a_limit(void **state)
{
	char text[2 * SECRET_LEN_MAX + 10];
	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(secret_value(span_make(text, SECRET_LEN_MAX), true, &psk, &diag), RC_OK);
	secret_wipe(&psk);
	assert_int_equal(secret_value(span_make(text, SECRET_LEN_MAX + 1), true, &psk, &diag),
			 RC_LIMIT);
	assert_int_equal(secret_value(span_make(text, sizeof(text)), false, &psk, &diag), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_in_quotes_are_taken_as_they_are),
		cmocka_unit_test(keys_in_hex),
		cmocka_unit_test(keys_in_base64),
		cmocka_unit_test(words_without_quotes_are_refused),
		cmocka_unit_test(keys_have_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
