/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/nss_password.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "crypto/nss.h"
#include "crypto/sign.h"
#include "unit/crypto/crypto_test.h"

#define TOKEN "NSS Certificate DB"

static char folder[64], path[128];

static int remove_one(const char *name, const struct stat *status, int kind, struct FTW *ftw)
{
	(void)status;
	(void)kind;
	(void)ftw;
	return remove(name);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/vanth-password-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/nsspassword", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void expect(const char *text, const char *password)
{
	struct secret secret = { NULL, 0 };
	struct diag diag = { "" };
	put(text, 0600);
	if (nss_password_read(path, TOKEN, &secret, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_string_equal((const char *)secret.ptr, password);
	secret_wipe(&secret);
}

static void the_line_of_the_token_has_the_password(void **state)
{
	(void)state;
	expect(TOKEN ":one\n", "one");
	expect("# a comment\n\nNSS FIPS 140-2 Certificate DB:two\n" TOKEN ":t:w o\r\n", "t:w o");
	expect("for any token", "for any token");
}

static void what_is_no_password_file_is_refused(void **state)
{
	struct secret secret = { NULL, 0 };
	struct diag diag = { "" };
	char large[600];
	(void)state;
	assert_int_equal(nss_password_read(path, TOKEN, &secret, &diag), RC_NOT_FOUND);
	put("other token:x\n", 0600);
	assert_int_equal(nss_password_read(path, TOKEN, &secret, &diag), RC_NOT_FOUND);
	put(TOKEN ":x\n", 0640);
	assert_int_equal(nss_password_read(path, TOKEN, &secret, &diag), RC_PERMISSION);
	assert_non_null(strstr(diag.text, "chmod 600"));
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	put(large, 0600);
	assert_int_equal(nss_password_read(path, TOKEN, &secret, &diag), RC_SYNTAX);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(nss_password_read(path, TOKEN, &secret, &diag), RC_IO);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(nss_password_read(path, TOKEN, &secret, &diag), RC_IO);
	assert_null(secret.ptr);
}

/* Makes a database that has this password, with a key in it. */
static void make_locked(uint8_t id[KEY_ID_LEN])
{
	struct private_key *key = NULL;
	struct diag diag = { "" };
	put(TOKEN ":open sesame\n", 0600);
	if (crypto_open(folder, true, &diag) != RC_OK ||
	    private_key_generate(KEY_ECDSA_P256, 0, true, "k", 0, &key, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_false(crypto_locked());
	public_key_id(private_key_public(key), id);
	private_key_unref(key);
	assert_ok(nss_close());
}

static void a_locked_database_opens_with_its_file(void **state)
{
	uint8_t id[KEY_ID_LEN];
	struct private_key *key = NULL;
	struct diag diag = { "" };
	(void)state;
	make_locked(id);
	assert_ok(crypto_open(folder, false, &diag));
	assert_false(crypto_locked());
	assert_int_equal(private_key_find_id(SPAN_OF(id), &key, &diag), RC_OK);
	private_key_unref(key);
	assert_ok(nss_close());
	put(TOKEN ":wrong\n", 0600);
	assert_int_equal(crypto_open(folder, false, &diag), RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, path));
}

static void without_the_file_it_stays_locked_until_it_is_told(void **state)
{
	uint8_t id[KEY_ID_LEN];
	struct private_key *key = NULL;
	struct diag diag = { "" };
	(void)state;
	make_locked(id);
	assert_int_equal(unlink(path), 0);
	if (crypto_open(folder, false, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_true(crypto_locked());
	assert_int_equal(private_key_find_id(SPAN_OF(id), &key, &diag), RC_NOT_FOUND);
	assert_non_null(strstr(diag.text, "nsspassword"));
	assert_int_equal(crypto_unlock("sesame", &diag), RC_AUTH_FAILED);
	assert_true(crypto_locked());
	assert_int_equal(crypto_unlock("open sesame", &diag), RC_OK);
	assert_false(crypto_locked());
	assert_int_equal(private_key_find_id(SPAN_OF(id), &key, &diag), RC_OK);
	private_key_unref(key);
	assert_ok(nss_close());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_line_of_the_token_has_the_password, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_password_file_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_locked_database_opens_with_its_file, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(without_the_file_it_stays_locked_until_it_is_told,
						set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
