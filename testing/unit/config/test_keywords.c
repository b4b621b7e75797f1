/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include "config_test.h"
#include "config/keywords.h"

/* Room for the largest of the three. */
union object {
	struct config_setup setup;
	struct config_conn conn;
	struct config_end end;
};

static void every_row_says_what_a_reader_needs(void **state)
{
	const struct config_keyword_info *info;
	unsigned count = 0;
	(void)state;
	for (; (info = config_keyword_at(count)) != NULL; count++) {
		assert_non_null(info->name);
		assert_non_null(info->type);
		assert_non_null(info->range);
		assert_non_null(info->help);
		assert_true(strlen(info->help) > 4);
		assert_true(strcmp(info->section, "setup") == 0 ||
			    strcmp(info->section, "conn") == 0 || strcmp(info->section, "ca") == 0);
		assert_true(info->name[0] != '\0' || info->is_end);
		for (const char *p = info->name; *p != '\0'; p++)
			assert_true(islower((unsigned char)*p) || isdigit((unsigned char)*p) ||
				    *p == '-');
	}
	assert_true(count > 200);
	assert_null(config_keyword_at(count + 1000));
}

static void every_default_is_a_good_value_of_its_row(void **state)
{
	(void)state;
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++) {
		union object object = { 0 };
		struct finding finding;
		if (k->info.defaults == NULL || k->inherits)
			continue;
		assert_int_equal(keyword_apply(k, k->info.defaults, &object, &finding), RC_OK);
		assert_false(finding.warning);
	}
}

static void both_ends_of_every_range_are_good_and_beyond_is_not(void **state)
{
	(void)state;
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++) {
		const char *dots = strstr(k->info.range, "..");
		char low[32], beyond[32];
		union object object = { 0 };
		struct finding finding;
		if (dots == NULL || k->kind == KIND_CUSTOM)
			continue;
		snprintf(low, sizeof(low), "%.*s", (int)(dots - k->info.range), k->info.range);
		assert_int_equal(keyword_apply(k, low, &object, &finding), RC_OK);
		assert_int_equal(keyword_apply(k, dots + 2, &object, &finding), RC_OK);
		snprintf(beyond, sizeof(beyond), "9%s", dots + 2);
		assert_int_equal(keyword_apply(k, beyond, &object, &finding), RC_RANGE);
	}
}

static void every_listed_word_of_a_choice_is_good(void **state)
{
	(void)state;
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++) {
		const char *cursor = k->info.range;
		char word[VALUE_WORD_MAX];
		if (k->kind != KIND_ENUM && k->kind != KIND_BOOL)
			continue;
		while (value_word(&cursor, word)) {
			union object object = { 0 };
			struct finding finding;
			assert_int_equal(keyword_apply(k, word, &object, &finding), RC_OK);
		}
	}
}

static void no_name_is_there_twice(void **state)
{
	(void)state;
	for (unsigned i = 0; keyword_at(i) != NULL; i++)
		for (unsigned j = 0; j < i; j++) {
			const struct keyword *a = keyword_at(i), *b = keyword_at(j);
			if (a->section == b->section)
				assert_string_not_equal(a->info.name, b->info.name);
		}
}

static void rows_that_say_the_same_in_other_words_share_a_slot(void **state)
{
	unsigned shared = 0;
	(void)state;
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++) {
		assert_true(keyword_at(keyword_number(k)) == k);
		if (k->same == NULL) {
			assert_int_equal(keyword_slot(k), keyword_number(k));
			continue;
		}
		shared++;
		assert_int_not_equal(keyword_slot(k), keyword_number(k));
		assert_string_equal(keyword_at(keyword_slot(k))->info.name, k->same);
	}
	assert_int_equal(shared, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_says_what_a_reader_needs),
		cmocka_unit_test(every_default_is_a_good_value_of_its_row),
		cmocka_unit_test(both_ends_of_every_range_are_good_and_beyond_is_not),
		cmocka_unit_test(every_listed_word_of_a_choice_is_good),
		cmocka_unit_test(no_name_is_there_twice),
		cmocka_unit_test(rows_that_say_the_same_in_other_words_share_a_slot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
