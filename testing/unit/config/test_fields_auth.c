/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/keywords.h"

static struct finding finding;
#define BIT(hash) (1U << (hash))
#define SHA2	  (BIT(SIGN_SHA2_256) | BIT(SIGN_SHA2_384) | BIT(SIGN_SHA2_512))

static enum rc authby(const char *text, struct config_conn *conn)
{
	finding = (struct finding){ 0 };
	*conn = (struct config_conn){ 0 };
	return field_authby(text, conn, &finding);
}

static void methods_are_bits_with_their_hashes(void **state)
{
	static const struct {
		const char *text;
		unsigned authby, pss, pkcs1, ecdsa;
	} cases[] = {
		{ "secret", AUTHBY_SECRET, 0, 0, 0 },
		{ "psk", AUTHBY_SECRET, 0, 0, 0 },
		{ "never", 0, 0, 0, 0 },
		{ "null", AUTHBY_NULL, 0, 0, 0 },
		{ "rsasig", AUTHBY_RSA, SHA2, SHA2, 0 },
		{ "rsa-sha1", AUTHBY_RSA, 0, BIT(SIGN_SHA1), 0 },
		{ "rsa-sha2", AUTHBY_RSA, SHA2, 0, 0 },
		{ "rsa-sha256", AUTHBY_RSA, 0, BIT(SIGN_SHA2_256), 0 },
		{ "ike:rsa-sha512", AUTHBY_RSA, 0, BIT(SIGN_SHA2_512), 0 },
		{ "rsa-sha2_384", AUTHBY_RSA, BIT(SIGN_SHA2_384), 0, 0 },
		{ "rsa-sha2_256, rsa-sha1", AUTHBY_RSA, BIT(SIGN_SHA2_256), BIT(SIGN_SHA1), 0 },
		{ "ecdsa", AUTHBY_ECDSA, 0, 0, SHA2 },
		{ "ecdsa-sha2_512", AUTHBY_ECDSA, 0, 0, BIT(SIGN_SHA2_512) },
		{ "ike:ecdsa-sha256", AUTHBY_ECDSA, 0, 0, BIT(SIGN_SHA2_256) },
		{ "eddsa", AUTHBY_EDDSA, 0, 0, 0 },
		{ "rsasig,ecdsa", AUTHBY_RSA | AUTHBY_ECDSA, SHA2, SHA2, SHA2 },
		{ "pubkey", AUTHBY_SIGNATURE, SHA2, SHA2, SHA2 },
		{ "secret|rsa-sha2", AUTHBY_SECRET | AUTHBY_RSA, SHA2, 0, 0 },
	};
	struct config_conn conn;
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(authby(cases[i].text, &conn), RC_OK);
		assert_int_equal(conn.authby, cases[i].authby);
		assert_int_equal(conn.signatures.pss, cases[i].pss);
		assert_int_equal(conn.signatures.pkcs1, cases[i].pkcs1);
		assert_int_equal(conn.signatures.ecdsa, cases[i].ecdsa);
	}
}

static void methods_that_we_do_not_have_are_refused_by_name(void **state)
{
	static const char *const refused[] = { "eap-tls",    "eaponly", "xauth-eap",
					       "ecdsa-sha1", "ed448",	NULL };
	struct config_conn conn;
	(void)state;
	for (unsigned i = 0; refused[i] != NULL; i++)
		assert_int_equal(authby(refused[i], &conn), RC_UNSUPPORTED);
	assert_int_equal(authby("secret,eap", &conn), RC_UNSUPPORTED);
	assert_int_equal(finding.column, 7);
	assert_int_equal(authby("secret|secrte", &conn), RC_SYNTAX);
	assert_int_equal(finding.column, 7);
	assert_non_null(strstr(finding.diag.text, "did you mean \"secret\"?"));
}

static void one_end_may_prove_itself_otherwise(void **state)
{
	struct config_end end = { 0 };
	(void)state;
	assert_int_equal(field_auth("ecdsa", &end, &finding), RC_OK);
	assert_int_equal(end.auth, AUTHBY_ECDSA);
	assert_int_equal(end.signatures.ecdsa, SHA2);
}

static void an_identity_may_come_from_the_certificate(void **state)
{
	struct config_end end = { 0 };
	(void)state;
	assert_int_equal(field_identity("@gw", &end, &finding), RC_OK);
	assert_false(end.id_fromcert);
	assert_int_equal(field_identity("%fromcert", &end, &finding), RC_OK);
	assert_true(end.id_fromcert);
	assert_int_equal(end.id.type, ID_NONE);
	assert_int_equal(field_identity("%null", &end, &finding), RC_OK);
	assert_int_equal(end.id.type, ID_NULL);
	assert_int_equal(field_identity("%myid", &end, &finding), RC_UNSUPPORTED);
	conn_end_free(&end);
}

static void a_ca_is_a_name_in_der(void **state)
{
	struct config_end end = { 0 };
	struct identity same = { 0 };
	struct diag diag;
	(void)state;
	assert_int_equal(field_ca("C=CH, O=Example, CN=ca", &end, &finding), RC_OK);
	assert_string_equal(end.ca_text, "C=CH, O=Example, CN=ca");
	assert_int_equal(identity_parse("C=CH, O=Example, CN=ca", &same, &diag), RC_OK);
	assert_int_equal(end.ca_len, same.len);
	assert_memory_equal(end.ca, same.data, same.len);
	identity_free(&same);
	assert_int_equal(field_ca("%same", &end, &finding), RC_OK);
	assert_true(end.ca_same);
	assert_null(end.ca);
	assert_int_equal(field_ca("%any", &end, &finding), RC_OK);
	assert_false(end.ca_same);
	assert_int_equal(field_ca("%sane", &end, &finding), RC_SYNTAX);
	assert_int_equal(field_ca("nonsense", &end, &finding), RC_SYNTAX);
	conn_end_free(&end);
}

static void a_ckaid_is_hex(void **state)
{
	struct config_end end = { 0 };
	char longest[300];
	(void)state;
	assert_int_equal(field_ckaid("AB:cd:01", &end, &finding), RC_OK);
	assert_string_equal(end.ckaid, "abcd01");
	assert_int_equal(field_ckaid("abg1", &end, &finding), RC_SYNTAX);
	assert_int_equal(finding.column, 2);
	assert_int_equal(field_ckaid("abc", &end, &finding), RC_SYNTAX);
	assert_int_equal(field_ckaid(":", &end, &finding), RC_SYNTAX);
	memset(longest, 'a', sizeof(longest));
	longest[130] = '\0';
	assert_int_equal(field_ckaid(longest, &end, &finding), RC_LIMIT);
	longest[128] = '\0';
	assert_int_equal(field_ckaid(longest, &end, &finding), RC_OK);
	conn_end_free(&end);
}

static void raw_keys_are_bytes_or_a_file(void **state)
{
	struct config_end end = { 0 };
	(void)state;
	assert_int_equal(field_rsasigkey("0sAQID", &end, &finding), RC_OK);
	assert_int_equal(end.key.form, CONFIG_KEY_RFC3110);
	assert_int_equal(end.key.len, 3);
	assert_memory_equal(end.key.data, "\1\2\3", 3);
	assert_int_equal(field_rsasigkey("0x0102", &end, &finding), RC_OK);
	assert_int_equal(end.key.len, 2);
	assert_int_equal(field_pubkey("0sAQID", &end, &finding), RC_OK);
	assert_int_equal(end.key.form, CONFIG_KEY_SPKI);
	assert_int_equal(field_pubkey("/etc/peer.pem", &end, &finding), RC_OK);
	assert_int_equal(end.key.form, CONFIG_KEY_FILE);
	assert_string_equal(end.key.file, "/etc/peer.pem");
	assert_null(end.key.data);
	assert_int_equal(field_pubkey("%cert", &end, &finding), RC_OK);
	assert_int_equal(end.key.form, CONFIG_KEY_CERT);
	assert_null(end.key.file);
	assert_int_equal(field_pubkey("%none", &end, &finding), RC_OK);
	assert_int_equal(end.key.form, CONFIG_KEY_NONE);
	assert_int_equal(field_rsasigkey("%dnsondemand", &end, &finding), RC_UNSUPPORTED);
	assert_int_equal(field_rsasigkey("/etc/peer.pem", &end, &finding), RC_SYNTAX);
	assert_int_equal(field_rsasigkey("0s!!", &end, &finding), RC_SYNTAX);
	assert_int_equal(field_pubkey("0tsecret", &end, &finding), RC_SYNTAX);
	assert_int_equal(field_pubkey("peer.pem", &end, &finding), RC_SYNTAX);
	conn_end_free(&end);
}

static void without_memory_nothing_is_set(void **state)
{
	static const struct {
		enum rc (*field)(const char *, void *, struct finding *);
		const char *text;
	} cases[] = { { field_ca, "CN=ca" }, { field_ckaid, "aa" }, { field_pubkey, "/k" } };
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_end end = { 0 };
		mem_fail_nth(1);
		assert_int_equal(cases[i].field(cases[i].text, &end, &finding), RC_NO_MEMORY);
		mem_fail_nth(0);
		conn_end_free(&end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_are_bits_with_their_hashes),
		cmocka_unit_test(methods_that_we_do_not_have_are_refused_by_name),
		cmocka_unit_test(one_end_may_prove_itself_otherwise),
		cmocka_unit_test(an_identity_may_come_from_the_certificate),
		cmocka_unit_test(a_ca_is_a_name_in_der),
		cmocka_unit_test(a_ckaid_is_hex),
		cmocka_unit_test(raw_keys_are_bytes_or_a_file),
		cmocka_unit_test(without_memory_nothing_is_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
