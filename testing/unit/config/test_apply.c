/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/keywords.h"

static const struct keyword *row(enum keyword_section section, const char *name)
{
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++)
		if (k->section == section && strcmp(k->info.name, name) == 0)
			return k;
	fail_msg("no row %s", name);
	return NULL;
}

static void values_reach_fields_of_every_size(void **state)
{
	struct config_conn conn = { 0 };
	struct config_setup setup = { 0 };
	struct finding f;
	(void)state;
	assert_int_equal(keyword_apply(row(SECTION_CONN, "replay-window"), "64", &conn, &f), RC_OK);
	assert_int_equal(conn.replay_window, 64);
	assert_int_equal(keyword_apply(row(SECTION_CONN, "reqid"), "4294967295", &conn, &f), RC_OK);
	assert_int_equal(conn.reqid, 4294967295U);
	assert_int_equal(keyword_apply(row(SECTION_CONN, "ipsec-max-bytes"), "5G", &conn, &f),
			 RC_OK);
	assert_true(conn.ipsec_max_bytes == UINT64_C(5) << 30);
	assert_int_equal(keyword_apply(row(SECTION_CONN, "pfs"), "yes", &conn, &f), RC_OK);
	assert_true(conn.pfs);
	assert_int_equal(keyword_apply(row(SECTION_CONN, "type"), "drop", &conn, &f), RC_OK);
	assert_int_equal(conn.type, TYPE_DROP);
	assert_int_equal(keyword_apply(row(SECTION_CONN, "rekeyfuzz"), "50%", &conn, &f), RC_OK);
	assert_int_equal(conn.rekeyfuzz, 50);
	assert_int_equal(keyword_apply(row(SECTION_CONN, "retransmit-base"), "1.5", &conn, &f),
			 RC_OK);
	assert_true(conn.retransmit_base == 1.5);
	assert_int_equal(keyword_apply(row(SECTION_SETUP, "ikeport"), "5000", &setup, &f), RC_OK);
	assert_int_equal(setup.ikeport, 5000);
	assert_int_equal(setup.nattport, 0);
	assert_int_equal(keyword_apply(row(SECTION_SETUP, "logfile"), "/a", &setup, &f), RC_OK);
	assert_int_equal(keyword_apply(row(SECTION_SETUP, "logfile"), "/b", &setup, &f), RC_OK);
	assert_string_equal(setup.logfile, "/b");
	mem_free(setup.logfile);
}

/* leftupdown="" is Libreswan's way to say that there is none. */
static void a_missing_value_is_an_error(void **state)
{
	struct config_conn conn = { 0 };
	struct finding f;
	(void)state;
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++) {
		if (k->parse == field_updown) {
			assert_int_equal(keyword_apply(k, "", &conn, &f), RC_OK);
			continue;
		}
		assert_int_equal(keyword_apply(k, "", &conn, &f), RC_SYNTAX);
		assert_string_equal(f.diag.text, "the value is missing");
	}
}

static void the_defaults_are_these(void **state)
{
	struct config_conn conn = { 0 };
	struct config_setup setup = { 0 };
	struct finding f;
	(void)state;
	assert_int_equal(keyword_defaults(SECTION_CONN, &conn, &f), RC_OK);
	assert_int_equal(keyword_defaults(SECTION_SETUP, &setup, &f), RC_OK);
	assert_int_equal(conn.ikelifetime, 8 * 3600 * USEC_PER_SEC);
	assert_int_equal(conn.salifetime, 8 * 3600 * USEC_PER_SEC);
	assert_int_equal(conn.rekeymargin, 540 * USEC_PER_SEC);
	assert_int_equal(conn.rekeyfuzz, 100);
	assert_int_equal(conn.replay_window, 128);
	assert_int_equal(conn.start, AUTO_IGNORE);
	assert_int_equal(conn.type, TYPE_TUNNEL);
	assert_int_equal(conn.authby, AUTHBY_SECRET);
	assert_int_equal(conn.ikev2, 1);
	assert_int_equal(conn.keyingtries, 0);
	assert_int_equal(conn.encapsulation, TRI_AUTO);
	assert_int_equal(conn.esn, TRI_AUTO);
	assert_int_equal(conn.dpddelay, 0);
	assert_true(conn.pfs);
	assert_true(conn.rekey);
	assert_false(conn.reauth);
	assert_true(conn.fragmentation);
	assert_false(conn.mobike);
	assert_int_equal(setup.ikeport, 500);
	assert_int_equal(setup.nattport, 4500);
	assert_true(setup.uniqueids);
	assert_int_equal(setup.ddos_mode, DDOS_AUTO);
	assert_int_equal(setup.max_halfopen, 50000);
	assert_int_equal(setup.keepalive, 20 * USEC_PER_SEC);
	assert_int_equal(setup.nhelpers, 0);
	assert_int_equal(setup.retransmit_timeout, 500 * USEC_PER_MSEC);
	assert_int_equal(setup.retransmit_tries, 6);
	assert_int_equal(setup.retransmit_jitter, 20);
	assert_int_equal(setup.retransmit_limit, 60 * USEC_PER_SEC);
	assert_true(setup.retransmit_base == 2.0);
}

static void a_text_without_memory_is_refused(void **state)
{
	struct config_setup setup = { 0 };
	struct finding f;
	(void)state;
	mem_fail_nth(1);
	assert_int_equal(keyword_apply(row(SECTION_SETUP, "nssdir"), "/x", &setup, &f),
			 RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_null(setup.nssdir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_reach_fields_of_every_size),
		cmocka_unit_test(a_missing_value_is_an_error),
		cmocka_unit_test(the_defaults_are_these),
		cmocka_unit_test(a_text_without_memory_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
