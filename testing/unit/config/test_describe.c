/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/keywords.h"

#define TEXT_MAX 32768
static char text[TEXT_MAX];
static size_t len;

static void put(void *context, const char *more)
{
	size_t more_len = strlen(more);
	(void)context;
	assert_true(len + more_len < TEXT_MAX);
	memcpy(text + len, more, more_len + 1);
	len += more_len;
}

static const char *describe(const char *word)
{
	len = 0;
	text[0] = '\0';
	return config_describe(word, put, NULL) ? text : NULL;
}

static void a_keyword_is_told_with_all_that_the_table_has(void **state)
{
	(void)state;
	assert_string_equal(describe("lifetime"),
			    "salifetime = time\n  How long the keys of a Child SA are used.\n"
			    "  Values: 5s..365d\n  Default: 8h\n"
			    "  Also spelled lifetime, keylife, ipsec-lifetime\n");
	assert_non_null(strstr(describe("rightid"), "leftid, rightid = identity\n"));
	assert_non_null(strstr(describe("left"), "left, right = host\n"));
	assert_non_null(strstr(describe("ikeport"), "(config setup)"));
	assert_null(describe("leftidd"));
	assert_null(describe(""));
}

static void a_word_of_both_sections_is_told_twice(void **state)
{
	(void)state;
	describe("retransmit-tries");
	assert_non_null(strstr(text, "retransmit-tries = number\n"));
	assert_non_null(strstr(text, "retransmit-tries = number   (config setup)\n"));
}

static void keywords_of_others_are_told_with_the_reason(void **state)
{
	(void)state;
	assert_string_equal(describe("pfsgroup"),
			    "pfsgroup = text\n  Refused: name the group in esp=, as in "
			    "esp=aes_gcm256-dh19 with pfs=yes\n");
	assert_string_equal(
		describe("plutofork"),
		"plutofork = text   (config setup)\n  Ignored: it has had no effect for "
		"years\n");
}

static void no_line_is_too_long(void **state)
{
	const struct keyword *k;
	(void)state;
	for (unsigned i = 0; (k = keyword_at(i)) != NULL; i++) {
		char word[80];
		snprintf(word, sizeof(word), "%s%s", k->section == SECTION_END ? "left" : "",
			 k->info.name);
		assert_non_null(describe(word));
		assert_non_null(strstr(text, k->info.name));
		for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
			if (strncmp(line, "  Also", 6) != 0)
				assert_true(strcspn(line, "\n") <= 80);
	}
}

static void all_our_names_are_listed(void **state)
{
	(void)state;
	len = 0;
	config_keyword_names(put, NULL);
	assert_non_null(strstr(text, "\nleft\nright\n"));
	assert_non_null(strstr(text, "\nleftcert\nrightcert\n"));
	assert_non_null(strstr(text, "\nike\n"));
	assert_null(strstr(text, "plutofork"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_keyword_is_told_with_all_that_the_table_has),
		cmocka_unit_test(a_word_of_both_sections_is_told_twice),
		cmocka_unit_test(keywords_of_others_are_told_with_the_reason),
		cmocka_unit_test(no_line_is_too_long),
		cmocka_unit_test(all_our_names_are_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
