/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/keywords.h"

static struct keyword_index keyword_index;

static int make_index(void **state)
{
	(void)state;
	keyword_index_init(&keyword_index);
	return 0;
}

static const struct keyword *find(const struct keyword *row, const char *word)
{
	unsigned side;
	if (row->section == SECTION_CA)
		return keyword_find_ca(&keyword_index, word);
	return keyword_find(&keyword_index, word, row->section == SECTION_SETUP, &side);
}

static void every_name_and_alias_leads_to_its_row(void **state)
{
	const struct keyword *k;
	(void)state;
	for (unsigned i = 0; (k = keyword_at(i)) != NULL; i++) {
		char word[80];
		snprintf(word, sizeof(word), "%s%s", k->section == SECTION_END ? "right" : "",
			 k->info.name);
		assert_ptr_equal(find(k, word), k);
		for (const char *const *a = k->info.aliases; a != NULL && *a != NULL; a++) {
			snprintf(word, sizeof(word), "%s%s",
				 k->section == SECTION_END ? "left" : "", *a);
			assert_ptr_equal(find(k, word), k);
		}
	}
}

static void case_and_underscores_do_not_matter(void **state)
{
	unsigned side;
	(void)state;
	assert_string_equal(keyword_find(&keyword_index, "Replay_Window", false, &side)->info.name,
			    "replay-window");
	assert_string_equal(keyword_find(&keyword_index, "KEEP_ALIVE", true, &side)->info.name,
			    "keep-alive");
	assert_null(keyword_find(&keyword_index, "replaywindow", false, &side));
}

static void left_and_right_are_told_apart(void **state)
{
	unsigned side = 9;
	(void)state;
	assert_string_equal(keyword_find(&keyword_index, "leftid", false, &side)->info.name, "id");
	assert_int_equal(side, 0);
	assert_string_equal(keyword_find(&keyword_index, "right", false, &side)->info.name, "");
	assert_int_equal(side, 1);
	assert_null(keyword_find(&keyword_index, "id", false, &side));
	assert_null(keyword_find(&keyword_index, "leftauto", false, &side));
	assert_null(keyword_find(&keyword_index, "left", true, &side));
}

static void the_nearest_name_is_suggested(void **state)
{
	static const struct {
		const char *word;
		bool setup;
		const char *text;
	} cases[] = {
		{ "ikelifetme", false, " (did you mean \"ikelifetime\"?)" },
		{ "leftsubent", false, " (did you mean \"leftsubnet\"?)" },
		{ "rightporotport", false, " (did you mean \"rightprotoport\"?)" },
		{ "lefft", false, " (did you mean \"left\"?)" },
		{ "unqueids", true, " (did you mean \"uniqueids\"?)" },
		{ "ikelifetime", true, " (it belongs in a conn section)" },
		{ "uniqueids", false, " (it belongs in config setup)" },
		{ "leftid", true, " (it belongs in a conn section)" },
		{ "zzzzzzzzzz", false, "" },
	};
	char text[160];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(keyword_suggest(&keyword_index, cases[i].word, cases[i].setup,
						    text, sizeof(text)),
				    cases[i].text);
}

static void a_very_long_word_gets_no_suggestion(void **state)
{
	char word[5000], text[160];
	(void)state;
	memset(word, 'a', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	assert_string_equal(keyword_suggest(&keyword_index, word, false, text, sizeof(text)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_and_alias_leads_to_its_row),
		cmocka_unit_test(case_and_underscores_do_not_matter),
		cmocka_unit_test(left_and_right_are_told_apart),
		cmocka_unit_test(the_nearest_name_is_suggested),
		cmocka_unit_test(a_very_long_word_gets_no_suggestion),
	};
	return cmocka_run_group_tests(tests, make_index, NULL);
}
