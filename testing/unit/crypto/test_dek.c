/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/dek.h"
#include <string.h>
#include "crypto/crypto.h"
#include "unit/test.h"

/* "attack at dawn" under "sesame", encrypted by OpenSSL. */
static const struct {
	const char *cipher;
	uint8_t iv[DEK_IV_MAX], iv_len, text[16];
} samples[] = {
	{ "AES-128-CBC",
	  { 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d,
	    0x1e, 0x1f },
	  16,
	  { 0x98, 0x27, 0xbc, 0xd9, 0xe1, 0xd6, 0xff, 0xde, 0x24, 0x35, 0xe7, 0xee, 0x59, 0x63,
	    0xe2, 0x9f } },
	{ "AES-192-CBC",
	  { 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d,
	    0x1e, 0x1f },
	  16,
	  { 0x24, 0x31, 0x35, 0x71, 0x97, 0xb4, 0x1e, 0x5a, 0x90, 0xd2, 0x47, 0xce, 0x7f, 0xa6,
	    0x82, 0x9d } },
	{ "AES-256-CBC",
	  { 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d,
	    0x1e, 0x1f },
	  16,
	  { 0x59, 0x9d, 0x76, 0xee, 0xac, 0xbe, 0xa7, 0x81, 0x13, 0xdd, 0x04, 0xa4, 0xb9, 0xd9,
	    0x5e, 0x61 } },
	{ "DES-EDE3-CBC",
	  { 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17 },
	  8,
	  { 0xc9, 0xc4, 0x11, 0xbe, 0xb5, 0x22, 0xa1, 0xb6, 0xbc, 0x18, 0x3b, 0x02, 0x0c, 0xa8,
	    0x77, 0x17 } },
};

static int open_nss(void **state)
{
	(void)state;
	return crypto_open(NULL, false, NULL) == RC_OK ? 0 : -1;
}

static int close_nss(void **state)
{
	(void)state;
	crypto_close();
	return 0;
}

static enum rc decrypt(unsigned i, const char *password, struct secret *out)
{
	struct diag diag = { "" };

	return dek_decrypt(samples[i].cipher, span_make(samples[i].iv, samples[i].iv_len), password,
			   SPAN_OF(samples[i].text), out, &diag);
}

static void what_openssl_encrypted_is_read(void **state)
{
	struct secret out = { NULL, 0 };

	(void)state;
	for (unsigned i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		assert_int_equal(decrypt(i, "sesame", &out), RC_OK);
		assert_true(secret_equal(secret_span(&out), span_make("attack at dawn", 14)));
		secret_wipe(&out);
	}
}

static void another_passphrase_is_told(void **state)
{
	struct secret out = { NULL, 0 };

	(void)state;
	for (unsigned i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		assert_int_equal(decrypt(i, "Sesame", &out), RC_AUTH_FAILED);
		assert_null(out.ptr);
	}
}

static void what_is_not_known_is_refused(void **state)
{
	struct span iv = span_make(samples[0].iv, 16), text = SPAN_OF(samples[0].text);
	struct secret out = { NULL, 0 };
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(dek_decrypt("RC4", iv, "sesame", text, &out, &diag), RC_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "RC4"));
	assert_int_equal(dek_decrypt("", iv, "sesame", text, &out, &diag), RC_UNSUPPORTED);
	assert_int_equal(dek_decrypt("DES-EDE3-CBC", iv, "sesame", text, &out, &diag), RC_SYNTAX);
	assert_int_equal(dek_decrypt("AES-128-CBC", iv, "sesame", SPAN_NONE, &out, &diag),
			 RC_SYNTAX);
	text.len = 15;
	assert_int_equal(dek_decrypt("AES-128-CBC", iv, "sesame", text, &out, &diag),
			 RC_AUTH_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_openssl_encrypted_is_read),
		cmocka_unit_test(another_passphrase_is_told),
		cmocka_unit_test(what_is_not_known_is_refused),
	};

	return cmocka_run_group_tests(tests, open_nss, close_nss);
}
