/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/keywords.h"

static void no_word_is_in_a_choice_twice(void **state)
{
	(void)state;
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++)
		for (const struct name *a = k->names != NULL ? k->names->entries : NULL;
		     a != NULL && a->text != NULL; a++)
			for (const struct name *b = k->names->entries; b != a; b++)
				assert_string_not_equal(a->text, b->text);
}

/* The first word of each meaning is the one that the manual page lists. */
static void the_manual_lists_every_meaning(void **state)
{
	(void)state;
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++) {
		const struct name *first;
		for (const struct name *a = k->names != NULL ? k->names->entries : NULL;
		     a != NULL && a->text != NULL; a++) {
			for (first = k->names->entries; first->value != a->value; first++)
				;
			assert_non_null(strstr(k->info.range, first->text));
		}
	}
}

static void what_is_refused_is_not_taken(void **state)
{
	unsigned count = 0;
	(void)state;
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++)
		for (const struct refusal *r = k->refused; r != NULL && r->value != NULL; r++) {
			struct config_setup setup = { 0 };
			struct config_conn conn = { 0 };
			struct finding finding;
			void *object = k->section == SECTION_SETUP ? (void *)&setup : &conn;
			assert_int_equal(keyword_apply(k, r->value, object, &finding),
					 RC_UNSUPPORTED);
			assert_non_null(strstr(finding.diag.text, r->why));
			count++;
		}
	assert_true(count >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_word_is_in_a_choice_twice),
		cmocka_unit_test(the_manual_lists_every_meaning),
		cmocka_unit_test(what_is_refused_is_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
