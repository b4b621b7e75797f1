/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>
#include "unit/test.h"
#include "x509/asn1.h"
#include "x509/pem.h"

static struct arena arena;

static int arena_start(void **state)
{
	(void)state;
	arena_init(&arena, 32u << 20);
	return 0;
}

static int arena_stop(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static enum rc next(const char *text, struct pem *out)
{
	struct span in = span_make(text, strlen(text));
	return pem_next(&in, &arena, out, NULL);
}

static void blocks_come_one_by_one_with_what_is_between_left_out(void **state)
{
	const char *text = "subject=CN = gw\n-----BEGIN CERTIFICATE-----\nAQID\n-----END "
			   "CERTIFICATE-----\nmore\n-----BEGIN X509 CRL-----\r\nAQ==\r\n-----END "
			   "X509 CRL-----\n";
	struct span in = span_make(text, strlen(text));
	struct pem pem;
	(void)state;
	assert_int_equal(pem_next(&in, &arena, &pem, NULL), RC_OK);
	assert_int_equal(pem.kind, PEM_CERTIFICATE);
	assert_int_equal(pem.der.len, 3);
	assert_memory_equal(pem.der.ptr, "\x01\x02\x03", 3);
	assert_int_equal(pem_next(&in, &arena, &pem, NULL), RC_OK);
	assert_int_equal(pem.kind, PEM_CRL);
	assert_int_equal(pem.der.len, 1);
	assert_int_equal(pem_next(&in, &arena, &pem, NULL), RC_NOT_FOUND);
}

static void broken_blocks_are_refused(void **state)
{
	static const char *const broken[] = {
		"-----BEGIN CERTIFICATE",
		"-----BEGIN CERTIFICATE-----\nAQID",
		"-----BEGIN CERTIFICATE-----\nAQI\n-----END CERTIFICATE-----",
		"-----BEGIN CERTIFICATE-----\nAQ=D\n-----END CERTIFICATE-----",
		"-----BEGIN CERTIFICATE-----\nA===\n-----END CERTIFICATE-----",
		"-----BEGIN CERTIFICATE-----\nA!ID\n-----END CERTIFICATE-----",
		"-----BEGIN A LABEL THAT IS MUCH LONGER THAN ANY LABEL MAY BE-----\n-----END",
		"-----BEGIN EC PRIVATE KEY-----\nAQID\n-----END EC PRIVATE KEY-----",
	};
	struct pem pem;
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_int_equal(next(broken[i], &pem), RC_SYNTAX);
}

static void encrypted_keys_are_told_in_both_forms(void **state)
{
	struct pem pem;
	(void)state;
	assert_int_equal(next("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAQID\n-----END ENCRYPTED "
			      "PRIVATE KEY-----\n",
			      &pem),
			 RC_OK);
	assert_int_equal(pem.kind, PEM_ENCRYPTED_KEY);
	assert_int_equal(next("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAQID\n"
			      "-----END RSA PRIVATE KEY-----\n",
			      &pem),
			 RC_OK);
	assert_int_equal(pem.kind, PEM_ENCRYPTED_KEY);
}

/* RFC 5915: version, key, [0] curve, as AQID for the key and prime256v1. */
static void older_forms_of_keys_become_pkcs8(void **state)
{
	static const char ec[] = "-----BEGIN EC PRIVATE KEY-----\n"
				 "MBQCAQEEAwECA6AKBggqhkjOPQMBBw==\n"
				 "-----END EC PRIVATE KEY-----\n";
	static const uint8_t algorithm[] = { 6, 7,    0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6,
					     8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3,    1, 7 };
	struct span in, part;
	struct pem pem;
	int32_t version = 1;
	(void)state;
	assert_int_equal(next(ec, &pem), RC_OK);
	assert_int_equal(pem.kind, PEM_PRIVATE_KEY);
	assert_int_equal(der_only(pem.der, ASN1_SEQUENCE, &in), RC_OK);
	assert_int_equal(asn1_small(&in, &version), RC_OK);
	assert_int_equal(version, 0);
	assert_int_equal(der_take(&in, ASN1_SEQUENCE, &part), RC_OK);
	assert_true(span_equal(part, SPAN_OF(algorithm)));
	assert_int_equal(der_only(in, ASN1_OCTET_STRING, &part), RC_OK);
	assert_int_equal(part.len, 22);
	assert_int_equal(
		next("-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----", &pem),
		RC_OK);
	assert_int_equal(pem.kind, PEM_PRIVATE_KEY);
	assert_true(pem.der.len > 15);
}

static enum rc read_bytes(const void *bytes, size_t len, struct pem *out, size_t max, size_t *count,
			  struct diag *diag)
{
	char path[] = "/tmp/vanth-pem-XXXXXX";
	int fd = mkstemp(path);
	enum rc rc;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	rc = pem_read(path, &arena, out, max, count, diag);
	unlink(path);
	return rc;
}

static void der_files_are_recognised(void **state)
{
	static const uint8_t pkcs12[] = { 0x30, 3, 2, 1, 3 }, pkcs8[] = { 0x30, 3, 2, 1, 0 };
	static const uint8_t certificate[] = { 0x30, 9, 0x30, 5, 0xa0, 3, 2, 1, 2, 0x30, 0 };
	static const uint8_t old[] = { 0x30, 11, 0x30, 9, 2, 1, 9, 0x30, 0, 0x30, 0, 0x30, 0 };
	static const uint8_t spki[] = { 0x30, 5, 0x30, 0, 3, 1, 0 };
	struct pem pem;
	size_t count = 0;
	(void)state;
	assert_int_equal(read_bytes(pkcs12, sizeof(pkcs12), &pem, 1, &count, NULL), RC_OK);
	assert_int_equal(pem.kind, PEM_PKCS12);
	assert_int_equal(count, 1);
	assert_int_equal(read_bytes(pkcs8, sizeof(pkcs8), &pem, 1, &count, NULL), RC_OK);
	assert_int_equal(pem.kind, PEM_PRIVATE_KEY);
	assert_int_equal(read_bytes(certificate, sizeof(certificate), &pem, 1, &count, NULL),
			 RC_OK);
	assert_int_equal(pem.kind, PEM_CERTIFICATE);
	assert_int_equal(read_bytes(old, sizeof(old), &pem, 1, &count, NULL), RC_OK);
	assert_int_equal(pem.kind, PEM_CERTIFICATE);
	assert_int_equal(read_bytes(spki, sizeof(spki), &pem, 1, &count, NULL), RC_OK);
	assert_int_equal(pem.kind, PEM_PUBLIC_KEY);
}

static void what_cannot_be_read_is_told_with_its_path(void **state)
{
	struct pem pem;
	struct diag diag = { "" };
	size_t count = 0;
	(void)state;
	assert_int_equal(pem_read("/nowhere/at-all.pem", &arena, &pem, 1, &count, &diag),
			 RC_NOT_FOUND);
	assert_non_null(strstr(diag.text, "/nowhere/at-all.pem"));
	assert_int_equal(pem_read("/dev/zero", &arena, &pem, 1, &count, &diag), RC_LIMIT);
	assert_int_equal(read_bytes("hello", 5, &pem, 1, &count, &diag), RC_NOT_FOUND);
	assert_non_null(strstr(diag.text, "neither PEM blocks nor"));
	assert_int_equal(read_bytes("", 0, &pem, 1, &count, &diag), RC_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_come_one_by_one_with_what_is_between_left_out),
		cmocka_unit_test(broken_blocks_are_refused),
		cmocka_unit_test(encrypted_keys_are_told_in_both_forms),
		cmocka_unit_test(older_forms_of_keys_become_pkcs8),
		cmocka_unit_test(der_files_are_recognised),
		cmocka_unit_test(what_cannot_be_read_is_told_with_its_path),
	};
	return cmocka_run_group_tests(tests, arena_start, arena_stop);
}
