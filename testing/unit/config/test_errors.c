/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/report.h"

static void error_text_has_file_line_and_column(void **state)
{
	struct config_errors errors;
	char text[100];
	struct config_error *e;
	(void)state;
	config_errors_init(&errors);
	report_error(&errors, (struct place){ "f.conf", 3, 7 }, "no %s", "good");
	e = container_of(errors.list.next, struct config_error, in_list);
	assert_string_equal(config_error_text(e, text, sizeof(text)), "f.conf:3:7: no good");
	config_errors_free(&errors);
	assert_true(list_empty(&errors.list));
	assert_int_equal(errors.errors, 0);
}

static void error_text_leaves_out_what_is_not_known(void **state)
{
	struct config_errors errors;
	char text[100];
	(void)state;
	config_errors_init(&errors);
	report_warning(&errors, (struct place){ "f.conf", 3, 0 }, "odd");
	report_error(&errors, (struct place){ "f.conf", 0, 0 }, "gone");
	assert_string_equal(
		config_error_text(container_of(errors.list.next, struct config_error, in_list),
				  text, sizeof(text)),
		"f.conf:3: warning: odd");
	assert_string_equal(
		config_error_text(container_of(errors.list.prev, struct config_error, in_list),
				  text, sizeof(text)),
		"f.conf: gone");
	assert_int_equal(errors.warnings, 1);
	assert_int_equal(errors.errors, 1);
	config_errors_free(&errors);
}

static void errors_beyond_a_hundred_are_counted_not_listed(void **state)
{
	struct config_errors errors;
	unsigned listed = 0;
	char text[100];
	(void)state;
	config_errors_init(&errors);
	for (unsigned i = 1; i <= 250; i++) {
		assert_int_equal(report_listens(&errors), i <= 100);
		report_error(&errors, (struct place){ "f", i, 1 }, "e");
	}
	report_warning(&errors, (struct place){ "f", 1, 1 }, "w");
	list_for(node, &errors.list) listed++;
	assert_int_equal(listed, 102);
	assert_int_equal(errors.errors, 250);
	assert_string_equal(config_error_text(errors.more_errors, text, sizeof(text)),
			    "and 150 more errors");
	config_errors_free(&errors);
	assert_null(errors.more_errors);
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
	struct config_errors errors;
	(void)state;
	config_errors_init(&errors);
	report_error(&errors, (struct place){ "f", 1, 1 }, "bad %s", "\x1b[31m");
	assert_null(
		strchr(container_of(errors.list.next, struct config_error, in_list)->text, '\x1b'));
	config_errors_free(&errors);
}

static void an_error_without_memory_is_still_counted(void **state)
{
	struct config_errors errors;
	(void)state;
	config_errors_init(&errors);
	for (unsigned n = 1; n <= 2; n++) {
		mem_fail_nth(n);
		report_error(&errors, (struct place){ "f", 1, 1 }, "x");
		mem_fail_nth(0);
	}
	assert_int_equal(errors.errors, 2);
	assert_true(list_empty(&errors.list));
	config_errors_free(&errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_text_has_file_line_and_column),
		cmocka_unit_test(error_text_leaves_out_what_is_not_known),
		cmocka_unit_test(errors_beyond_a_hundred_are_counted_not_listed),
		cmocka_unit_test(control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(an_error_without_memory_is_still_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
