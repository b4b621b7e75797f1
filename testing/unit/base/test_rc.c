/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/rc.h"

static void every_code_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < RC_COUNT; i++) {
		assert_string_not_equal(rc_name((enum rc)i), "UNKNOWN");
		for (int j = 0; j < i; j++)
			assert_string_not_equal(rc_name((enum rc)i), rc_name((enum rc)j));
	}
	assert_string_equal(rc_name(RC_NO_PROPOSAL), "NO_PROPOSAL");
}

static void code_outside_of_the_enum_is_named_unknown(void **state)
{
	(void)state;
	assert_string_equal(rc_name(RC_COUNT), "UNKNOWN");
	assert_string_equal(rc_name((enum rc) - 1), "UNKNOWN");
}

static void fail_returns_the_code_and_writes_the_sentence(void **state)
{
	struct diag diag;
	(void)state;
	assert_int_equal(diag_fail(&diag, RC_SYNTAX, "bad \"%s\" at %d", "x", 7), RC_SYNTAX);
	assert_string_equal(diag.text, "bad \"x\" at 7");
	assert_int_equal(diag_fail(NULL, RC_LIMIT, "nobody reads %s", "this"), RC_LIMIT);
	diag_prefix(NULL, "nobody");
}

static void control_characters_of_a_peer_are_shown_escaped(void **state)
{
	struct diag diag;
	(void)state;
	assert_int_equal(diag_fail(&diag, RC_SYNTAX, "ID %s", "a\n\033[2J\x7f"), RC_SYNTAX);
	assert_string_equal(diag.text, "ID a\\x0a\\x1b[2J\\x7f");
}

static void long_sentence_is_cut_and_says_so(void **state)
{
	struct diag diag;
	char many[2000];
	(void)state;
	memset(many, 'm', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	assert_int_equal(diag_fail(&diag, RC_SYNTAX, "%s", many), RC_SYNTAX);
	assert_int_equal(strlen(diag.text), sizeof(diag.text) - 1);
	assert_string_equal(diag.text + sizeof(diag.text) - 5, "m...");
}

static void arguments_may_point_into_the_diag(void **state)
{
	struct diag diag;
	(void)state;
	assert_int_equal(diag_fail(&diag, RC_IO, "no disk"), RC_IO);
	assert_int_equal(diag_fail(&diag, RC_IO, "again %s!", diag.text), RC_IO);
	assert_string_equal(diag.text, "again no disk!");
}

static void prefix_stands_before_the_sentence(void **state)
{
	struct diag diag;
	(void)state;
	assert_int_equal(diag_fail(&diag, RC_IO, "no \"esp=\""), RC_IO);
	diag_prefix(&diag, "%s:%d", "ipsec.conf", 14);
	assert_string_equal(diag.text, "ipsec.conf:14: no \"esp=\"");
}

static void prefix_of_a_full_diag_keeps_the_prefix(void **state)
{
	struct diag diag;
	(void)state;
	memset(diag.text, 'y', sizeof(diag.text) - 1);
	diag.text[sizeof(diag.text) - 1] = '\0';
	diag_prefix(&diag, "conn office");
	assert_memory_equal(diag.text, "conn office: yyy", 16);
	assert_string_equal(diag.text + sizeof(diag.text) - 5, "y...");
}

static enum rc try_it(enum rc rc, bool *went_on)
{
	TRY(rc);
	*went_on = true;
	return RC_OK;
}

static void try_leaves_at_the_first_failure(void **state)
{
	bool went_on = false;
	(void)state;
	assert_int_equal(try_it(RC_RANGE, &went_on), RC_RANGE);
	assert_false(went_on);
	assert_int_equal(try_it(RC_OK, &went_on), RC_OK);
	assert_true(went_on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_a_name_of_its_own),
		cmocka_unit_test(code_outside_of_the_enum_is_named_unknown),
		cmocka_unit_test(fail_returns_the_code_and_writes_the_sentence),
		cmocka_unit_test(control_characters_of_a_peer_are_shown_escaped),
		cmocka_unit_test(long_sentence_is_cut_and_says_so),
		cmocka_unit_test(arguments_may_point_into_the_diag),
		cmocka_unit_test(prefix_stands_before_the_sentence),
		cmocka_unit_test(prefix_of_a_full_diag_keeps_the_prefix),
		cmocka_unit_test(try_leaves_at_the_first_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
