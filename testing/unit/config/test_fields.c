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

static void shared_keys_are_the_method_that_works(void **state)
{
	struct config_conn conn = { 0 };
	struct config_end end = { 0 };
	(void)state;
	assert_int_equal(conn_field(field_authby, "secret", &conn), RC_OK);
	assert_int_equal(conn.authby, AUTHBY_SECRET);
	conn.authby = 0;
	assert_int_equal(conn_field(field_authby, "psk", &conn), RC_OK);
	assert_int_equal(conn.authby, AUTHBY_SECRET);
	assert_int_equal(conn_field(field_authby, "never", &conn), RC_OK);
	assert_int_equal(conn.authby, 0);
	assert_int_equal(field_auth("psk", &end, &finding), RC_OK);
	assert_int_equal(end.auth, AUTHBY_SECRET);
}

static void other_methods_are_known_but_refused(void **state)
{
	static const char *const later[] = { "rsasig", "ecdsa",	  "pubkey",   "rsa-sha2_512",
					     "null",   "eap-tls", "xauthpsk", NULL };
	struct config_conn conn = { 0 };
	(void)state;
	for (unsigned i = 0; later[i] != NULL; i++) {
		assert_int_equal(conn_field(field_authby, later[i], &conn), RC_UNSUPPORTED);
		assert_non_null(strstr(finding.diag.text, "later version"));
	}
	assert_int_equal(conn_field(field_authby, "secret,rsasig", &conn), RC_UNSUPPORTED);
	assert_int_equal(finding.column, 7);
	assert_int_equal(conn_field(field_authby, "secrte", &conn), RC_SYNTAX);
	assert_non_null(strstr(finding.diag.text, "did you mean \"secret\"?"));
}

static void version_two_is_the_only_version(void **state)
{
	struct config_conn conn = { 0 };
	(void)state;
	assert_int_equal(conn_field(field_ikev2, "insist", &conn), RC_OK);
	assert_int_equal(conn.ikev2, 1);
	assert_int_equal(conn_field(field_ikev2, "yes", &conn), RC_OK);
	assert_int_equal(conn_field(field_keyexchange, "ikev2", &conn), RC_OK);
	assert_int_equal(conn_field(field_ikev2, "no", &conn), RC_UNSUPPORTED);
	assert_string_equal(finding.diag.text,
			    "\"no\" is not supported yet: IKEv1 comes with a later version");
	assert_int_equal(conn_field(field_ikev2, "permit", &conn), RC_UNSUPPORTED);
	assert_int_equal(conn_field(field_keyexchange, "ikev1", &conn), RC_UNSUPPORTED);
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

static void a_source_address_from_the_peer_comes_later(void **state)
{
	struct config_end end = { 0 };
	(void)state;
	assert_int_equal(field_sourceip("%config", &end, &finding), RC_UNSUPPORTED);
	assert_int_equal(field_sourceip("10.0.0.0/24", &end, &finding), RC_UNSUPPORTED);
	assert_int_equal(field_sourceip("eth0", &end, &finding), RC_SYNTAX);
	assert_int_equal(field_sourceip("10.0.0.1", &end, &finding), RC_OK);
	assert_int_equal(end.sourceip.family, AF_INET);
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
		cmocka_unit_test(shared_keys_are_the_method_that_works),
		cmocka_unit_test(other_methods_are_known_but_refused),
		cmocka_unit_test(version_two_is_the_only_version),
		cmocka_unit_test(tries_may_be_for_ever),
		cmocka_unit_test(forceencaps_is_an_older_spelling),
		cmocka_unit_test(setup_fields_have_their_own_words),
		cmocka_unit_test(a_source_address_from_the_peer_comes_later),
		cmocka_unit_test(gateways_to_redirect_to_are_a_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
