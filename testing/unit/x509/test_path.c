/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include "x509/path.h"
#include "x509_test.h"

static void a_signature_altered_at_any_byte_is_refused(void **state)
{
	struct party root = pki_root("CN=root"), gw = pki_leaf("CN=gw", NULL, &root);
	struct certificate copy = *gw.certificate;
	struct span good = gw.certificate->signature;
	uint8_t *bytes = malloc(good.len);
	(void)state;
	assert_int_equal(path_signed_by(&copy, root.certificate, 0, NULL), RC_OK);
	copy.signature = span_make(bytes, good.len);
	for (size_t i = 0; i < good.len; i++) {
		memcpy(bytes, good.ptr, good.len);
		bytes[i] ^= (uint8_t)(1u << i % 8);
		assert_int_not_equal(path_signed_by(&copy, root.certificate, 0, NULL), RC_OK);
	}
	free(bytes);
	pki_free(&gw);
	pki_free(&root);
}

static void a_certificate_altered_at_any_byte_is_refused(void **state)
{
	struct party root = pki_root("CN=root"), gw = pki_leaf("CN=gw", NULL, &root);
	struct certificate copy = *gw.certificate;
	struct span good = gw.certificate->tbs;
	uint8_t *bytes = malloc(good.len);
	(void)state;
	copy.tbs = span_make(bytes, good.len);
	for (size_t i = 0; i < good.len; i++) {
		memcpy(bytes, good.ptr, good.len);
		bytes[i] ^= 0x20;
		assert_int_equal(path_signed_by(&copy, root.certificate, 0, NULL), RC_AUTH_FAILED);
	}
	free(bytes);
	pki_free(&gw);
	pki_free(&root);
}

static enum rc with_scheme(const struct party *party, struct span scheme, struct diag *diag)
{
	return path_signature(private_key_public(party->key), scheme, party->certificate->tbs,
			      party->certificate->signature, 0, diag);
}

static void broken_hashes_are_refused_by_name(void **state)
{
	static const uint8_t md5[] = { 0x30, 13,   6, 9, 0x2a, 0x86, 0x48, 0x86,
				       0xf7, 0x0d, 1, 1, 4,    5,    0 };
	static const uint8_t sha1[] = { 0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1 };
	static const uint8_t other[] = { 0x30, 5, 6, 3, 0x2a, 3, 4 };
	struct party root = pki_root("CN=root");
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(with_scheme(&root, SPAN_OF(md5), &diag), RC_UNSUPPORTED);
	assert_says(diag, "MD5");
	assert_int_equal(with_scheme(&root, SPAN_OF(sha1), &diag), RC_UNSUPPORTED);
	assert_says(diag, "SHA-1");
	assert_int_equal(with_scheme(&root, SPAN_OF(other), &diag), RC_UNSUPPORTED);
	assert_says(diag, "1.2.3.4");
	pki_free(&root);
}

static void dates_are_told_with_what_time_it_is(void **state)
{
	struct party gw = pki_root("CN=gw");
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(path_check_dates(gw.certificate, NOW + YEAR, &diag), RC_OK);
	assert_int_equal(path_check_dates(gw.certificate, NOW - DAY, &diag), RC_OK);
	assert_int_equal(path_check_dates(gw.certificate, NOW + YEAR + 1, &diag), RC_AUTH_FAILED);
	assert_says(diag, "expired at 2028-01-15 08:00:00 UTC (it is 2028-01-15 08:00:01 UTC)");
	assert_says(diag, "\"CN=gw\" (serial ");
	assert_int_equal(path_check_dates(gw.certificate, NOW - DAY - 1, &diag), RC_AUTH_FAILED);
	assert_says(diag, "not valid before 2027-01-14 08:00:00 UTC");
	pki_free(&gw);
}

static enum rc leaf(struct x509_issue issue, struct diag *diag)
{
	struct party gw = pki_make(issue, NULL);
	enum rc rc = path_check_leaf(gw.certificate, diag);
	pki_free(&gw);
	return rc;
}

static enum rc issuer(struct x509_issue issue, bool anchor, struct diag *diag)
{
	struct party ca = pki_make(issue, NULL);
	enum rc rc = path_check_issuer(ca.certificate, anchor, diag);
	pki_free(&ca);
	return rc;
}

static const char *const code_signing[] = { "1.3.6.1.5.5.7.3.3", NULL };
static const char *const server[] = { "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.1", NULL };

static void a_peers_certificate_must_be_for_signing_and_ipsec(void **state)
{
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(leaf((struct x509_issue){ .usages = server }, &diag), RC_OK);
	assert_int_equal(leaf((struct x509_issue){ .usages = code_signing }, &diag),
			 RC_AUTH_FAILED);
	assert_says(diag, "extended key usage");
	assert_int_equal(leaf((struct x509_issue){ .key_usage = 0x2000 }, &diag), RC_AUTH_FAILED);
	assert_says(diag, "no digitalSignature");
	assert_int_equal(leaf((struct x509_issue){ .key_usage = 0x4000 }, &diag), RC_OK);
}

static void an_issuer_must_be_a_ca_that_may_sign(void **state)
{
	struct diag diag = { "" };
	struct x509_issue ca = { .ca = true, .path_length = -1 };
	(void)state;
	assert_int_equal(issuer(ca, false, &diag), RC_OK);
	assert_int_equal(issuer((struct x509_issue){ .subject = "CN=gw" }, false, &diag),
			 RC_AUTH_FAILED);
	assert_says(diag, "is no CA");
	assert_int_equal(issuer((struct x509_issue){ .subject = "CN=gw" }, true, &diag),
			 RC_AUTH_FAILED);
	ca.key_usage = 0x8000;
	assert_int_equal(issuer(ca, true, &diag), RC_AUTH_FAILED);
	assert_says(diag, "no keyCertSign");
	ca.key_usage = 0;
	ca.usages = code_signing;
	assert_int_equal(issuer(ca, false, &diag), RC_AUTH_FAILED);
	assert_int_equal(issuer(ca, true, &diag), RC_OK);
}

static void what_is_critical_and_not_understood_is_refused(void **state)
{
	static const uint8_t null[] = { 5, 0 };
	struct span extension = pki_extension("1.2.3.4", true, SPAN_OF(null));
	struct x509_issue issue = { .extensions = &extension, .extension_count = 1 };
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(leaf(issue, &diag), RC_AUTH_FAILED);
	assert_says(diag, "critical extension 1.2.3.4");
	issue.ca = true;
	issue.path_length = -1;
	assert_int_equal(issuer(issue, true, &diag), RC_AUTH_FAILED);
}

static struct span key_of(const struct party *party)
{
	return public_key_spki(private_key_public(party->key));
}

static void a_key_that_cannot_be_used_is_refused_with_its_fault(void **state)
{
	struct party gw = pki_leaf("CN=gw", NULL, NULL);
	struct span spki = key_of(&gw);
	uint8_t bytes[128];
	struct certificate *altered;
	struct diag diag = { "" };
	(void)state;
	assert_true(spki.len <= sizeof(bytes));
	memcpy(bytes, spki.ptr, spki.len);
	bytes[spki.len - 1] ^= 1; /* no longer on the curve */
	altered = pki_altered(gw.certificate, spki, span_make(bytes, spki.len));
	assert_int_equal(path_check_leaf(altered, &diag), RC_AUTH_FAILED);
	assert_says(diag, "the key of \"CN=gw\"");
	certificate_unref(altered);
	memcpy(bytes, spki.ptr, spki.len);
	bytes[22] ^= 1; /* another curve */
	altered = pki_altered(gw.certificate, spki, span_make(bytes, spki.len));
	assert_int_equal(path_check_leaf(altered, &diag), RC_AUTH_FAILED);
	certificate_unref(altered);
	pki_free(&gw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_altered_at_any_byte_is_refused),
		cmocka_unit_test(a_certificate_altered_at_any_byte_is_refused),
		cmocka_unit_test(broken_hashes_are_refused_by_name),
		cmocka_unit_test(dates_are_told_with_what_time_it_is),
		cmocka_unit_test(a_peers_certificate_must_be_for_signing_and_ipsec),
		cmocka_unit_test(an_issuer_must_be_a_ca_that_may_sign),
		cmocka_unit_test(what_is_critical_and_not_understood_is_refused),
		cmocka_unit_test(a_key_that_cannot_be_used_is_refused_with_its_fault),
	};
	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
