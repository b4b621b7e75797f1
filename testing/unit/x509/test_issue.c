/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/path.h"
#include "x509_test.h"

static struct x509_issue plain(struct private_key *key)
{
	return (struct x509_issue){ .subject = "CN=gw",
				    .key = private_key_public(key),
				    .issuer_key = key,
				    .scheme = ecdsa,
				    .not_before = NOW,
				    .not_after = NOW + DAY };
}

static enum rc issue_fails(const struct x509_issue *issue, struct diag *diag)
{
	struct arena arena;
	struct span der;
	enum rc rc;
	arena_init(&arena, 1u << 20);
	rc = x509_issue(issue, &arena, &der, diag);
	arena_free(&arena);
	return rc;
}

static void a_certificate_carries_its_issuers_signature(void **state)
{
	struct party root = pki_root("CN=root"), other = pki_root("CN=root");
	struct party gw = pki_leaf("CN=gw", "gw.example.org", &root);
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(path_signed_by(gw.certificate, root.certificate, 0, &diag), RC_OK);
	assert_int_equal(path_signed_by(root.certificate, root.certificate, 0, &diag), RC_OK);
	assert_int_equal(path_signed_by(gw.certificate, other.certificate, 0, &diag),
			 RC_AUTH_FAILED);
	assert_says(diag, "is not made by that CA's key");
	pki_free(&gw);
	pki_free(&root);
	pki_free(&other);
}

static void serial_numbers_are_random(void **state)
{
	struct party one = pki_root("CN=a"), other = pki_root("CN=a");
	(void)state;
	assert_false(span_equal(certificate_serial(one.certificate),
				certificate_serial(other.certificate)));
	pki_free(&one);
	pki_free(&other);
}

static void a_ca_and_a_gateway_get_what_they_need(void **state)
{
	struct party ca = pki_make((struct x509_issue){ .ca = true, .path_length = 2 }, NULL);
	struct party gw = pki_leaf("CN=gw", NULL, &ca);
	struct party odd = pki_make((struct x509_issue){ .key_usage = 0x2080 }, NULL);
	(void)state;
	assert_int_equal(ca.certificate->extensions.key_usage,
			 KEY_USAGE_CERT_SIGN | KEY_USAGE_CRL_SIGN);
	assert_int_equal(ca.certificate->extensions.path_length, 2);
	assert_int_equal(gw.certificate->extensions.key_usage, KEY_USAGE_DIGITAL_SIGNATURE);
	assert_int_equal(odd.certificate->extensions.key_usage, 0x2080);
	assert_true(span_equal(gw.certificate->extensions.authority_key,
			       ca.certificate->extensions.subject_key));
	assert_int_equal(gw.certificate->extensions.subject_key.len, KEY_ID_LEN);
	pki_free(&gw);
	pki_free(&ca);
	pki_free(&odd);
}

static void what_cannot_be_written_is_told(void **state)
{
	static const char *const no_oid[] = { "ipsecIKE", NULL };
	struct private_key *key = pki_key();
	struct identity name = pki_identity("@[key id]");
	struct x509_issue issue = plain(key);
	struct diag diag = { "" };
	(void)state;
	issue.usages = no_oid;
	assert_int_equal(issue_fails(&issue, &diag), RC_SYNTAX);
	assert_says(diag, "\"ipsecIKE\" is no OID");
	issue = plain(key);
	issue.names = &name;
	issue.name_count = 1;
	assert_int_equal(issue_fails(&issue, &diag), RC_UNSUPPORTED);
	assert_says(diag, "cannot stand in a certificate");
	issue = plain(key);
	issue.subject = "gw";
	assert_int_equal(issue_fails(&issue, &diag), RC_SYNTAX);
	issue = plain(key);
	issue.scheme = (struct sign_scheme){ .form = SIGN_RSA_PKCS1, .hash = SIGN_SHA2_256 };
	assert_int_equal(issue_fails(&issue, &diag), RC_UNSUPPORTED);
	assert_says(diag, "cannot sign with");
	identity_free(&name);
	private_key_unref(key);
}

static void lack_of_memory_never_breaks_issuing(void **state)
{
	struct private_key *key = pki_key();
	struct x509_issue issue = plain(key);
	enum rc rc = RC_NO_MEMORY;
	(void)state;
	for (uint64_t nth = 1; rc != RC_OK && nth < 100; nth++) {
		mem_fail_nth(nth);
		rc = issue_fails(&issue, NULL);
		mem_fail_nth(0);
		assert_true(rc == RC_OK || rc == RC_NO_MEMORY);
	}
	assert_int_equal(rc, RC_OK);
	private_key_unref(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_carries_its_issuers_signature),
		cmocka_unit_test(serial_numbers_are_random),
		cmocka_unit_test(a_ca_and_a_gateway_get_what_they_need),
		cmocka_unit_test(what_cannot_be_written_is_told),
		cmocka_unit_test(lack_of_memory_never_breaks_issuing),
	};
	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
