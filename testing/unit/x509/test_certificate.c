/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include "x509_test.h"

static void what_was_issued_is_read_again(void **state)
{
	struct party root = pki_root("CN=root, O=Example, C=CH");
	struct party gw = pki_leaf("CN=gw, O=Example", "gw.example.org", &root);
	char text[IDENTITY_TEXT_MAX];
	(void)state;
	assert_string_equal(certificate_subject_text(gw.certificate, text), "CN=gw, O=Example");
	assert_string_equal(certificate_issuer_text(gw.certificate, text),
			    "CN=root, O=Example, C=CH");
	assert_int_equal(certificate_not_before(gw.certificate), NOW - DAY);
	assert_int_equal(certificate_not_after(gw.certificate), NOW + YEAR);
	assert_false(certificate_is_ca(gw.certificate));
	assert_true(certificate_is_ca(root.certificate));
	assert_false(certificate_self_issued(gw.certificate));
	assert_true(certificate_self_issued(root.certificate));
	assert_int_equal(certificate_serial(gw.certificate).len, 16);
	pki_free(&gw);
	pki_free(&root);
}

static void serial_numbers_are_shown_in_hex(void **state)
{
	struct party gw = pki_make((struct x509_issue){ .serial = { [13] = 1, 0xab, 0xcd } }, NULL);
	char text[64];
	(void)state;
	assert_string_equal(certificate_serial_text(gw.certificate, text), "01:ab:cd");
	pki_free(&gw);
}

static void the_key_is_the_one_that_was_certified(void **state)
{
	struct party gw = pki_root("CN=gw");
	struct public_key *key = NULL, *again = NULL;
	(void)state;
	assert_int_equal(certificate_key(gw.certificate, &key, NULL), RC_OK);
	assert_int_equal(certificate_key(gw.certificate, &again, NULL), RC_OK);
	assert_true(public_key_equal(key, private_key_public(gw.key)));
	assert_ptr_equal(key, again); /* made once */
	public_key_unref(key);
	public_key_unref(again);
	pki_free(&gw);
}

static void hashes_are_of_the_right_bytes(void **state)
{
	struct party gw = pki_root("CN=gw");
	struct span der = certificate_der(gw.certificate);
	struct span spki = public_key_spki(private_key_public(gw.key));
	uint8_t expected[32], got[32];
	(void)state;
	assert_int_equal(hash_sha256(&der, 1, expected), RC_OK);
	certificate_fingerprint(gw.certificate, got);
	assert_memory_equal(got, expected, 32);
	assert_int_equal(hash_sha1(&spki, 1, expected), RC_OK);
	certificate_ca_hash(gw.certificate, got);
	assert_memory_equal(got, expected, 20);
	pki_free(&gw);
}

static void bytes_behind_the_end_are_refused(void **state)
{
	struct party gw = pki_root("CN=gw");
	struct span der = certificate_der(gw.certificate);
	struct certificate *parsed = NULL;
	struct diag diag = { "" };
	uint8_t *longer = malloc(der.len + 1);
	(void)state;
	memcpy(longer, der.ptr, der.len);
	longer[der.len] = 0;
	assert_int_equal(certificate_parse(span_make(longer, der.len + 1), &parsed, &diag),
			 RC_SYNTAX);
	assert_null(parsed);
	assert_says(diag, "not one DER certificate");
	free(longer);
	pki_free(&gw);
}

static void a_certificate_cut_anywhere_is_refused(void **state)
{
	struct party gw = pki_leaf("CN=gw", "gw.example.org", NULL);
	struct span der = certificate_der(gw.certificate);
	(void)state;
	for (size_t len = 0; len < der.len; len++) {
		struct certificate *parsed = NULL;
		uint8_t *cut = malloc(len + 1); /* so that a sanitizer sees a read past it */
		memcpy(cut, der.ptr, len);
		assert_int_equal(certificate_parse(span_make(cut, len), &parsed, NULL), RC_SYNTAX);
		free(cut);
	}
	pki_free(&gw);
}

static void a_large_certificate_is_refused_unread(void **state)
{
	size_t size = 1u << 20;
	uint8_t *bytes = calloc(1, size);
	struct certificate *parsed = NULL;
	struct diag diag = { "" };
	(void)state;
	bytes[0] = 0x30;
	assert_int_equal(certificate_parse(span_make(bytes, size), &parsed, &diag), RC_SYNTAX);
	assert_says(diag, "1048576 bytes");
	free(bytes);
}

static void lack_of_memory_is_told(void **state)
{
	struct party gw = pki_root("CN=gw");
	struct certificate *parsed = NULL;
	(void)state;
	mem_fail_nth(1);
	assert_int_equal(certificate_parse(certificate_der(gw.certificate), &parsed, NULL),
			 RC_NO_MEMORY);
	mem_fail_nth(0);
	pki_free(&gw);
}

static void two_signature_algorithms_that_differ_are_refused(void **state)
{
	static const uint8_t sha256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 };
	static const uint8_t sha384[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3 };
	struct party gw = pki_root("CN=gw");
	struct span der = certificate_der(gw.certificate);
	struct certificate *parsed = NULL;
	struct diag diag = { "" };
	uint8_t *bytes = malloc(der.len), *at;
	(void)state;
	memcpy(bytes, der.ptr, der.len);
	at = memmem(bytes, der.len, sha256, sizeof(sha256));
	assert_non_null(at);
	memcpy(at, sha384, sizeof(sha384));
	assert_int_equal(certificate_parse(span_make(bytes, der.len), &parsed, &diag), RC_SYNTAX);
	assert_says(diag, "written twice and differently");
	free(bytes);
	pki_free(&gw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_issued_is_read_again),
		cmocka_unit_test(serial_numbers_are_shown_in_hex),
		cmocka_unit_test(the_key_is_the_one_that_was_certified),
		cmocka_unit_test(hashes_are_of_the_right_bytes),
		cmocka_unit_test(bytes_behind_the_end_are_refused),
		cmocka_unit_test(a_certificate_cut_anywhere_is_refused),
		cmocka_unit_test(a_large_certificate_is_refused_unread),
		cmocka_unit_test(lack_of_memory_is_told),
		cmocka_unit_test(two_signature_algorithms_that_differ_are_refused),
	};
	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
