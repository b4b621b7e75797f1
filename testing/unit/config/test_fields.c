/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/keywords.h"

static struct finding finding;

static enum rc conn_field(enum rc (*field)(const char *, void *, struct finding *),
			  const char *text, struct config_conn *conn)
{
	finding = (struct finding){ 0 };
	return field(text, conn, &finding);
}

static void there_are_two_versions(void **state)
{
	struct config_conn conn = { 0 };
	(void)state;
	assert_int_equal(conn_field(field_ikev2, "insist", &conn), RC_OK);
	assert_int_equal(conn.ikev2, 1);
	assert_int_equal(conn_field(field_ikev2, "yes", &conn), RC_OK);
	assert_int_equal(conn_field(field_keyexchange, "ikev2", &conn), RC_OK);
	assert_int_equal(conn_field(field_ikev2, "no", &conn), RC_OK);
	assert_int_equal(conn.ikev2, 0);
	assert_int_equal(conn_field(field_keyexchange, "ike", &conn), RC_OK);
	assert_int_equal(conn.ikev2, 1);
	assert_int_equal(conn_field(field_keyexchange, "ikev1", &conn), RC_OK);
	assert_int_equal(conn.ikev2, 0);
	assert_int_equal(conn_field(field_keyexchange, "ikev3", &conn), RC_SYNTAX);
}

static void tries_may_be_for_ever(void **state)
{
	struct config_conn conn = { .keyingtries = 7 };
	(void)state;
	assert_int_equal(conn_field(field_keyingtries, "%forever", &conn), RC_OK);
	assert_int_equal(conn.keyingtries, 0);
	assert_int_equal(conn_field(field_keyingtries, "3", &conn), RC_OK);
	assert_int_equal(conn.keyingtries, 3);
	assert_int_equal(conn_field(field_keyingtries, "-1", &conn), RC_SYNTAX);
}

static void forceencaps_is_an_older_spelling(void **state)
{
	struct config_conn conn = { 0 };
	(void)state;
	assert_int_equal(conn_field(field_forceencaps, "yes", &conn), RC_OK);
	assert_int_equal(conn.encapsulation, TRI_YES);
	assert_int_equal(conn_field(field_forceencaps, "no", &conn), RC_OK);
	assert_int_equal(conn.encapsulation, TRI_AUTO);
}

static void setup_fields_have_their_own_words(void **state)
{
	struct config_setup setup = { .nhelpers = 5 };
	(void)state;
	assert_int_equal(field_nhelpers("auto", &setup, &finding), RC_OK);
	assert_int_equal(setup.nhelpers, 0);
	assert_int_equal(field_nhelpers("4", &setup, &finding), RC_OK);
	assert_int_equal(setup.nhelpers, 4);
	assert_int_equal(field_nhelpers("0", &setup, &finding), RC_UNSUPPORTED);
	assert_int_equal(field_nhelpers("1025", &setup, &finding), RC_RANGE);
	assert_int_equal(field_uniqueids("replace", &setup, &finding), RC_OK);
	assert_int_equal(setup.uniqueids, UNIQUE_YES);
	assert_int_equal(field_uniqueids("no", &setup, &finding), RC_OK);
	assert_int_equal(setup.uniqueids, UNIQUE_NO);
	assert_int_equal(field_uniqueids("never", &setup, &finding), RC_OK);
	assert_int_equal(setup.uniqueids, UNIQUE_NEVER);
	assert_int_equal(field_uniqueids("keep", &setup, &finding), RC_OK);
	assert_int_equal(setup.uniqueids, UNIQUE_KEEP);
	assert_int_equal(field_uniqueids("sometimes", &setup, &finding), RC_SYNTAX);
	assert_int_equal(field_listen("192.0.2.1", &setup, &finding), RC_OK);
	assert_int_equal(setup.listen_count, 1);
	mem_free(setup.listen);
}

static void several_subnets_are_one_tunnel_or_several(void **state)
{
	struct config_end end = { 0 };
	(void)state;
	assert_int_equal(field_subnet("10.0.0.0/24", &end, &finding), RC_OK);
	assert_false(end.together);
	assert_int_equal(field_subnet("10.0.0.0/24,10.0.2.0/24", &end, &finding), RC_OK);
	assert_true(end.together);
	assert_int_equal(end.subnet_count, 2);
	assert_int_equal(field_subnets("10.0.0.0/24,10.0.2.0/24", &end, &finding), RC_OK);
	assert_false(end.together);
	assert_int_equal(end.subnet_count, 2);
	mem_free(end.subnets);
}

static void fields_of_packets_have_their_own_words(void **state)
{
	struct config_conn conn = { 0 };
	(void)state;
	assert_int_equal(conn_field(field_phase2, "ah", &conn), RC_OK);
	assert_true(conn.ah);
	assert_int_equal(conn_field(field_phase2, "esp", &conn), RC_OK);
	assert_false(conn.ah);
	assert_int_equal(conn_field(field_phase2, "ah+esp", &conn), RC_UNSUPPORTED);
	assert_non_null(strstr(finding.diag.text, "write phase2=esp"));
	assert_int_equal(conn_field(field_tfc, "%mtu", &conn), RC_OK);
	assert_int_equal(conn.tfc, CONFIG_TFC_MTU);
	assert_int_equal(conn_field(field_tfc, "1200", &conn), RC_OK);
	assert_int_equal(conn.tfc, 1200);
	assert_int_equal(conn_field(field_tfc, "no", &conn), RC_OK);
	assert_int_equal(conn.tfc, 0);
	assert_int_equal(conn_field(field_tfc, "much", &conn), RC_SYNTAX);
	assert_int_equal(conn_field(field_nopmtudisc, "yes", &conn), RC_OK);
	assert_false(conn.pmtudisc);
	assert_int_equal(conn_field(field_nopmtudisc, "no", &conn), RC_OK);
	assert_true(conn.pmtudisc);
}

static void gateways_to_redirect_to_are_a_list(void **state)
{
	char many[17 * 10 + 1] = "";
	struct config_conn conn = { 0 };
	(void)state;
	assert_int_equal(conn_field(field_redirect_to, "192.0.2.9, gw-2.example.org", &conn),
			 RC_OK);
	assert_string_equal(conn.redirect_to, "192.0.2.9, gw-2.example.org");
	assert_int_equal(conn_field(field_redirect_to, "192.0.2.9,-x", &conn), RC_SYNTAX);
	assert_string_equal(finding.diag.text, "\"-x\" is no address and no host name");
	assert_int_equal(conn_field(field_redirect_to, "192.0.2.9,a/b", &conn), RC_SYNTAX);
	assert_int_equal(conn_field(field_redirect_to, " ,", &conn), RC_SYNTAX);
	for (unsigned i = 0; i < 17; i++)
		memcpy(many + i * 10, "192.0.2.1,", 10);
	assert_int_equal(conn_field(field_redirect_to, many, &conn), RC_SYNTAX);
	assert_string_equal(conn.redirect_to, "192.0.2.9, gw-2.example.org");
	mem_free(conn.redirect_to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_two_versions),
		cmocka_unit_test(tries_may_be_for_ever),
		cmocka_unit_test(forceencaps_is_an_older_spelling),
		cmocka_unit_test(setup_fields_have_their_own_words),
		cmocka_unit_test(gateways_to_redirect_to_are_a_list),
		cmocka_unit_test(several_subnets_are_one_tunnel_or_several),
		cmocka_unit_test(fields_of_packets_have_their_own_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
