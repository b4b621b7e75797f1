/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/loader.h"

static void sections_may_stand_in_any_order(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, "version 2\nconn a\n also=b\n left=192.0.2.1\n\nconn b\n right=192.0.2.2\n"
		      "config setup\n ikeport=5000\nconn %default\n dpddelay=30\n");
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->setup.ikeport, 5000);
	assert_int_equal(l.config->conn_count, 1);
	assert_int_equal(l.config->conns[0]->dpddelay, 30 * USEC_PER_SEC);
	unload(&l);
}

static void a_conn_that_is_there_twice_names_both_places(void **state)
{
	(void)state;
	assert_fails(CONN_A CONN_A,
		     "t.conf:4:6: conn a is there already, in t.conf:1: names must differ\n");
}

static void a_setting_that_is_there_twice_names_both_places(void **state)
{
	(void)state;
	assert_setting_fails("left=192.0.2.9",
			     "2: left= is given twice: left=192.0.2.1 is in t.conf:2");
	assert_fails(CONN_A " keylife=1h\n lifetime=2h\n",
		     "t.conf:5:2: lifetime= is given twice: keylife=1h is in t.conf:4\n");
	assert_fails(CONN_A " forceencaps=yes\n encapsulation=no\n",
		     "t.conf:5:2: encapsulation= is given twice: forceencaps=yes is in t.conf:4\n");
	assert_fails("config setup\n ikeport=1\nconfig setup\n ikeport=2\n",
		     "t.conf:4:2: ikeport= is given twice: ikeport=1 is in t.conf:2\n");
}

static void unknown_words_get_a_suggestion(void **state)
{
	(void)state;
	assert_setting_fails("leftsubent=10.0.0.0/8",
			     "2: unknown keyword \"leftsubent\" (did you mean \"leftsubnet\"?)");
	assert_setting_fails("uniqueids=yes",
			     "2: unknown keyword \"uniqueids\" (it belongs in config setup)");
	assert_fails("con a\n left=x\n",
		     "t.conf:1:1: unknown section \"con\" (did you mean \"conn\"?)\n");
	assert_fails("config steup\n",
		     "t.conf:1:8: unknown section \"config steup\" (did you mean \"config "
		     "setup\"?)\n");
	assert_fails("zzzzz\n",
		     "t.conf:1:1: unknown section \"zzzzz\" (known: config setup, conn NAME, ca "
		     "NAME, include FILE)\n");
}

static void a_setting_in_no_section_is_an_error(void **state)
{
	(void)state;
	assert_fails(" left=192.0.2.1\n right=192.0.2.2\n",
		     "t.conf:1:2: left= stands in no section: start one with config setup, conn "
		     "NAME or ca NAME\n");
}

static void names_have_limits(void **state)
{
	(void)state;
	assert_fails("conn\n left=x\n", "t.conf:1:5: the conn's name is missing\n");
	assert_fails("conn a/1x1\n",
		     "t.conf:1:6: \"a/1x1\" cannot be a conn's name: blanks, quotes, \"/\", "
		     "\"=\" and \"#\" are not allowed\n");
	assert_fails(
		"conn %oops\n",
		"t.conf:1:6: \"%oops\" cannot be a conn's name: only %default starts with %\n");
	assert_fails("conn aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		     "t.conf:1:6: the conn's name has 65 characters; at most 64 are allowed\n");
}

static void comment_keywords_are_not_read(void **state)
{
	(void)state;
	assert_loads(CONN_A " x-comment=whatever # it is\n X_note=\n", "");
}

static void a_bad_value_in_a_shared_section_is_told_once(void **state)
{
	(void)state;
	assert_fails("conn %default\n ikelifetime=soon\nconn a\n left=192.0.2.1\n right=192.0.2.2\n"
		     "conn b\n left=192.0.2.1\n right=192.0.2.3\n",
		     "t.conf:2:14: ikelifetime=: \"soon\" is not a time like 500ms, 30s, 15m, 8h "
		     "or 1d\n");
}

static void every_error_of_a_file_is_told(void **state)
{
	(void)state;
	assert_fails(
		CONN_A " ikelifetime=8x\n leftsubnet=10.0.0.1/8\n auto=strat\n pfs=perhaps\n"
		       " encapsulation=maybe\n",
		"t.conf:4:14: ikelifetime=: \"8x\" is not a time like 500ms, 30s, 15m, 8h or 1d\n"
		"t.conf:5:13: leftsubnet=: subnet \"10.0.0.1/8\" has host bits set (the network is "
		"10.0.0.0/8; a single host is written with /32)\n"
		"t.conf:6:7: auto=: unknown auto= value \"strat\" (did you mean \"start\"? known: "
		"ignore, "
		"add, ondemand, start, keep)\n"
		"t.conf:7:6: pfs=: \"perhaps\" is neither yes nor no\n"
		"t.conf:8:16: encapsulation=: unknown value \"maybe\" (known: no, yes, "
		"auto)\n");
}

static void a_section_has_a_bounded_number_of_settings(void **state)
{
	static char text[SECTION_LINES_MAX * 10 + 100];
	struct loaded l;
	size_t used = (size_t)snprintf(text, sizeof(text), "conn b\nconn a\n");
	(void)state;
	for (unsigned i = 0; i <= SECTION_LINES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, " also=b\n");
	load_text(&l, text);
	assert_non_null(strstr(l.report, "t.conf:1027:2: a section has at most 1024 settings\n"));
	assert_int_equal(l.rc, RC_SYNTAX);
	unload(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_may_stand_in_any_order),
		cmocka_unit_test(a_conn_that_is_there_twice_names_both_places),
		cmocka_unit_test(a_setting_that_is_there_twice_names_both_places),
		cmocka_unit_test(unknown_words_get_a_suggestion),
		cmocka_unit_test(a_setting_in_no_section_is_an_error),
		cmocka_unit_test(names_have_limits),
		cmocka_unit_test(comment_keywords_are_not_read),
		cmocka_unit_test(a_bad_value_in_a_shared_section_is_told_once),
		cmocka_unit_test(every_error_of_a_file_is_told),
		cmocka_unit_test(a_section_has_a_bounded_number_of_settings),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
