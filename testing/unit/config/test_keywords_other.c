/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/keywords.h"

static void what_we_do_anyway_is_accepted_silently(void **state)
{
	(void)state;
	assert_loads("config setup\n protostack=netkey\n logtime=yes\n nat_traversal=yes\n"
		     " strictcrlpolicy=no\n plutodebug=none\n" CONN_A
		     " compress=no\n phase2=esp\n\n leftrsasigkey=%none\n"
		     " leftnexthop=%defaultroute\n ms-dh-downgrade=0\n",
		     "");
}

static void harmless_keywords_are_ignored_with_a_warning(void **state)
{
	(void)state;
	assert_loads(
		"config setup\n plutodebug=all\n dumpdir=/run/pluto\n" CONN_A
		" overlapip=yes\n leftnexthop=192.0.2.254\n",
		"t.conf:2:13: warning: plutodebug=: ignored: the flight recorder is always on, see "
		"ipsec explain; for more lines use loglevel=debug\n"
		"t.conf:3:10: warning: dumpdir=: ignored: the daemon never writes a core dump: it "
		"would "
		"hold keys\n"
		"t.conf:7:12: warning: overlapip=: ignored: the kernel's policies decide\n"
		"t.conf:8:14: warning: leftnexthop=: ignored: routes are the host's own "
		"business\n");
}

static void keywords_that_would_change_things_are_refused(void **state)
{
	(void)state;
	assert_setting_fails("pfsgroup=modp2048",
			     "11: pfsgroup=: not supported yet: name the group in esp=, as in "
			     "esp=aes_gcm256-dh19 with pfs=yes");
	assert_setting_fails(
		"retransmit-interval=500",
		"22: retransmit-interval=: not supported yet: write retransmit-timeout=500ms: here "
		"it is the first wait, and retransmit-tries says how often");
}

static void every_row_is_refused_or_ignored_and_says_why(void **state)
{
	(void)state;
	for (const struct keyword *k = keywords_other; k->info.name != NULL; k++) {
		struct finding finding;
		enum rc rc = keyword_apply(k, "some-value", NULL, &finding);
		assert_int_equal(k->kind, KIND_OTHER);
		assert_non_null(strstr(finding.diag.text, k->info.help));
		assert_int_equal(rc, k->info.support == CONFIG_REFUSED ? RC_UNSUPPORTED : RC_OK);
		assert_int_equal(finding.warning, k->info.support == CONFIG_IGNORED);
	}
}

static void every_accepted_value_is_accepted_silently(void **state)
{
	(void)state;
	for (const struct keyword *k = keywords_other; k->info.name != NULL; k++) {
		const char *cursor = k->info.range;
		char word[VALUE_WORD_MAX];
		while (value_word(&cursor, word)) {
			struct finding finding;
			assert_int_equal(keyword_apply(k, word, NULL, &finding), RC_OK);
			assert_int_equal(finding.diag.text[0], 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_do_anyway_is_accepted_silently),
		cmocka_unit_test(harmless_keywords_are_ignored_with_a_warning),
		cmocka_unit_test(keywords_that_would_change_things_are_refused),
		cmocka_unit_test(every_row_is_refused_or_ignored_and_says_why),
		cmocka_unit_test(every_accepted_value_is_accepted_silently),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
