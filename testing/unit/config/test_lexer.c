/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/lexer.h"

static char buffer[65536];

/* All lines as "H conn|a@1:1:6" / "S left|x@2:2:7", then the errors. */
static const char *lex(const char *text, size_t len)
{
	static char out[65536];
	struct loaded l = { 0 };
	struct lexer lexer;
	struct line line;
	char *copy = mem_alloc(len + 1);
	size_t used = 0;

	memcpy(copy, text, len);
	config_errors_init(&l.errors);
	lexer_init(&lexer, "t", copy, len, &l.errors);
	out[0] = '\0';
	for (lexer_next(&lexer, &line); line.kind != LINE_END; lexer_next(&lexer, &line))
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%c %s|%s@%u:%u:%u\n",
					 line.kind == LINE_HEAD ? 'H' : 'S', line.key, line.value,
					 line.number, line.key_column, line.value_column);
	report_all(&l);
	snprintf(out + used, sizeof(out) - used, "%s", l.report);
	config_errors_free(&l.errors);
	mem_free(copy);
	return out;
}

static const char *lex_text(const char *text)
{
	return lex(text, strlen(text));
}

static void heads_and_settings_have_their_places(void **state)
{
	(void)state;
	assert_string_equal(lex_text("conn a\n\tleft=1.2.3.4\n  right = x y\n"),
			    "H conn|a@1:1:6\nS left|1.2.3.4@2:2:7\nS right|x y@3:3:11\n");
	assert_string_equal(lex_text("config\tsetup"), "H config|setup@1:1:8\n");
	assert_string_equal(lex_text("version"), "H version|@1:1:8\n");
}

static void quotes_and_braces_are_taken_off(void **state)
{
	(void)state;
	assert_string_equal(lex_text(" a=\"x # y\"\n b='it \"s'  # c\n c={ p q }\n d=\"\"\n"),
			    "S a|x # y@1:2:5\nS b|it \"s@2:2:5\nS c| p q @3:2:5\nS d|@4:2:5\n");
}

static void a_comment_starts_only_after_a_blank(void **state)
{
	(void)state;
	assert_string_equal(
		lex_text("# top\n   # indented\n\n \t \n a=b # c\n b=@#6b\n c=#x\n d= # x\n"),
		"S a|b@5:2:4\nS b|@#6b@6:2:4\nS c|@7:2:4\nS d|@8:2:5\n");
}

static void crlf_and_byte_order_mark_are_tolerated(void **state)
{
	(void)state;
	assert_string_equal(lex_text("\xef\xbb\xbf"
				     "conn a\r\n left=b\r\n\r\n c=d\r"),
			    "H conn|a@1:1:6\nS left|b@2:2:7\nS c|d@4:2:4\n");
}

static void an_indented_include_is_a_head(void **state)
{
	(void)state;
	assert_string_equal(lex_text("  include x.conf\n include=y\n"),
			    "H include|x.conf@1:3:11\nS include|y@2:2:10\n");
}

static void a_nul_byte_is_an_error_with_its_column(void **state)
{
	(void)state;
	assert_string_equal(
		lex(" a=b\0c\n d=e\n", 12),
		"S d|e@2:2:4\nt:1:5: a NUL byte (0x00) in the line: is this a text file?\n");
	assert_string_equal(
		lex(" a=b\x01"
		    "c\n",
		    7),
		"t:1:5: a control character (0x01) in the line: is this a text file?\n");
}

static void a_line_that_is_too_long_is_an_error(void **state)
{
	(void)state;
	memset(buffer, 'x', CONFIG_LINE_MAX + 1);
	buffer[CONFIG_LINE_MAX + 1] = '\n';
	assert_string_equal(lex(buffer, CONFIG_LINE_MAX + 2),
			    "t:1:1: the line has 16385 bytes; at most 16384 are allowed\n");
	memcpy(buffer, " a=", 3);
	assert_int_equal(*lex(buffer, CONFIG_LINE_MAX), 'S');
}

static void what_is_no_setting_is_an_error(void **state)
{
	(void)state;
	assert_string_equal(lex_text(" just words\n"),
			    "t:1:2: expected keyword=value, found \"just words\"\n");
	assert_string_equal(lex_text("  =x\n"), "t:1:3: the keyword before \"=\" is missing\n");
	assert_string_equal(
		lex_text("left=x\n"),
		"t:1:1: \"left=\" must be indented: only sections (config setup, conn NAME), "
		"include and version start in the first column\n");
}

static void an_open_quote_is_an_error(void **state)
{
	(void)state;
	assert_string_equal(lex_text(" a=\"x\n b={x\n c='\n"),
			    "t:1:4: the closing \" is missing on this line\n"
			    "t:2:4: the closing } is missing on this line\n"
			    "t:3:4: the closing ' is missing on this line\n");
	assert_string_equal(lex_text(" a=\"x\"y\n"), "t:1:7: text follows the closing \": \"y\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_and_settings_have_their_places),
		cmocka_unit_test(quotes_and_braces_are_taken_off),
		cmocka_unit_test(a_comment_starts_only_after_a_blank),
		cmocka_unit_test(crlf_and_byte_order_mark_are_tolerated),
		cmocka_unit_test(an_indented_include_is_a_head),
		cmocka_unit_test(a_nul_byte_is_an_error_with_its_column),
		cmocka_unit_test(a_line_that_is_too_long_is_an_error),
		cmocka_unit_test(what_is_no_setting_is_an_error),
		cmocka_unit_test(an_open_quote_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
