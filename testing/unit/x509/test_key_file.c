/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "unit/x509/key_texts.h"
#include "unit/x509/x509_test.h"
#include "x509/credential.h"

static char path[] = "/tmp/vanth-keyfile-XXXXXX";

static void write_key(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static enum rc load(const char *text, const char *password, struct private_key **out,
		    struct diag *diag)
{
	*out = NULL;
	write_key(text);
	return key_file_load(path, password, out, diag);
}

static int begin(void **state)
{
	int fd = mkstemp(path);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 ? pki_open(state) : -1;
}

static int end(void **state)
{
	(void)unlink(path);
	return pki_close(state);
}

static void keys_that_openssl_encrypted_are_the_same_key(void **state)
{
	static const char *const texts[] = { key_pbes2, key_aes128, key_aes256, key_des3 };
	struct private_key *plain, *key;
	struct diag diag = { "" };

	(void)state;
	if (load(key_plain, NULL, &plain, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (load(texts[i], "sesame", &key, &diag) != RC_OK)
			fail_msg("%u: %s", i, diag.text);
		assert_true(public_key_equal(private_key_public(key), private_key_public(plain)));
		private_key_unref(key);
	}
	assert_int_equal(load(key_plain, "sesame", &key, &diag), RC_OK);
	private_key_unref(key);
	private_key_unref(plain);
}

static void a_passphrase_that_is_missing_or_wrong_is_told(void **state)
{
	static const char *const texts[] = { key_pbes2, key_aes128, key_des3 };
	struct private_key *key;
	struct diag diag = { "" };

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(load(texts[i], NULL, &key, &diag), RC_AUTH_FAILED);
		assert_says(diag, "is encrypted");
		assert_says(diag, ": PKCS8 FILE \"passphrase\"");
		assert_int_equal(load(texts[i], "Sesame", &key, &diag), RC_AUTH_FAILED);
		assert_says(diag, "is wrong");
		assert_says(diag, path);
		assert_null(strstr(diag.text, "Sesame"));
	}
	assert_int_equal(load(key_camellia, "sesame", &key, &diag), RC_UNSUPPORTED);
	assert_says(diag, "CAMELLIA-128-CBC");
	assert_null(key);
}

static void what_is_no_key_is_told(void **state)
{
	struct private_key *key;
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(load("hello\n", NULL, &key, &diag), RC_NOT_FOUND);
	assert_int_equal(load("-----BEGIN X-----\nAQID\n-----END X-----\n", NULL, &key, &diag),
			 RC_NOT_FOUND);
	assert_says(diag, "no private key");
	assert_int_equal(key_file_load("/dev/zero", NULL, &key, &diag), RC_LIMIT);
	assert_int_equal(key_file_load("/nowhere/at/all", NULL, &key, &diag), RC_NOT_FOUND);
	write_key("x");
	assert_int_equal(truncate(path, KEY_FILE_MAX + 1), 0);
	assert_int_equal(key_file_load(path, NULL, &key, &diag), RC_LIMIT);
	assert_says(diag, "65536 bytes");
}

/* Every cut of it is an error, and none of them is another key. */
static void a_damaged_key_is_never_a_key(void **state)
{
	char text[sizeof(key_aes128)];
	struct private_key *key;
	struct diag diag = { "" };

	(void)state;
	for (size_t len = 0; len + 30 < sizeof(text); len += 7) {
		memcpy(text, key_aes128, len);
		text[len] = '\0';
		assert_int_not_equal(load(text, "sesame", &key, &diag), RC_OK);
		assert_null(key);
	}
}

static void no_failed_allocation_gives_half_a_key(void **state)
{
	struct private_key *key = NULL;
	enum rc rc = RC_NO_MEMORY;

	(void)state;
	write_key(key_aes256);
	for (unsigned n = 1; n < 40 && rc != RC_OK; n++) {
		mem_fail_nth(n);
		rc = key_file_load(path, "sesame", &key, NULL);
		mem_fail_nth(0);
		assert_true(rc == RC_OK || key == NULL);
	}
	assert_int_equal(rc, RC_OK);
	private_key_unref(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_openssl_encrypted_are_the_same_key),
		cmocka_unit_test(a_passphrase_that_is_missing_or_wrong_is_told),
		cmocka_unit_test(what_is_no_key_is_told),
		cmocka_unit_test(a_damaged_key_is_never_a_key),
		cmocka_unit_test(no_failed_allocation_gives_half_a_key),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
