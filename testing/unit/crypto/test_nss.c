/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <pk11pub.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "crypto/nss.h"
#include "unit/crypto/crypto_test.h"

static void make_dir(char path[64])
{
	snprintf(path, 64, "/tmp/vanth-nss-XXXXXX");
	assert_non_null(mkdtemp(path));
}

static void remove_dir(const char *path)
{
	char name[512];
	DIR *dir = opendir(path);
	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(name);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
}

static void open_or_fail(const char *nssdir, bool create)
{
	struct diag diag = { "" };
	enum rc rc = crypto_open(nssdir, create, &diag);
	if (rc != RC_OK)
		fail_msg("crypto_open: %s", diag.text);
}

static void agree(unsigned worker)
{
	static const uint16_t ids[] = { DH_CURVE25519, DH_ECP_256, DH_MODP_2048 };
	for (size_t i = 0; i < 3; i++) {
		struct dh_pair *pair = NULL;
		struct secret shared = { NULL, 0 };
		assert_non_null(crypto_dh(ids[i]));
		assert_ok(dh_generate(crypto_dh(ids[i]), worker, &pair));
		assert_ok(dh_compute(pair, dh_public(pair), worker, &shared, NULL));
		secret_wipe(&shared);
		dh_free(pair);
	}
}

static void nothing_is_available_before_the_first_open(void **state)
{
	(void)state;
	assert_null(crypto_encr(ENCR_AES_GCM_16));
	assert_null(crypto_dh(DH_CURVE25519));
	assert_null(nss_slot(0));
}

static void every_open_needs_its_close(void **state)
{
	(void)state;
	open_or_fail(NULL, false);
	open_or_fail(NULL, false);
	assert_ok(nss_close());
	assert_non_null(crypto_dh(DH_CURVE25519));
	agree(0);
	assert_ok(nss_close());
	assert_null(crypto_dh(DH_CURVE25519));
	assert_null(nss_slot(1));
	crypto_close(); /* one too many does no harm */
}

static void it_opens_again_after_the_last_close(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		open_or_fail(NULL, false);
		agree((unsigned)i);
		assert_ok(nss_close()); /* RC_INTERNAL would be a key or slot that we kept */
	}
}

static void workers_take_turns_between_two_slots(void **state)
{
	(void)state;
	open_or_fail(NULL, false);
	assert_non_null(nss_slot(0));
	assert_ptr_not_equal(nss_slot(0), nss_slot(1));
	assert_ptr_equal(nss_slot(0), nss_slot(2));
	assert_ptr_equal(nss_slot(1), nss_slot(7));
	assert_ok(nss_close());
}

static void a_missing_database_is_told_with_the_remedy(void **state)
{
	(void)state;
	char dir[64];
	struct diag diag = { "" };
	make_dir(dir);
	assert_int_equal(crypto_open(dir, false, &diag), RC_NOT_FOUND);
	assert_non_null(strstr(diag.text, dir));
	assert_non_null(strstr(diag.text, "ipsec initnss"));
	assert_null(crypto_dh(DH_CURVE25519));
	remove_dir(dir);
}

static void a_missing_directory_is_told(void **state)
{
	(void)state;
	char dir[64];
	struct diag diag = { "" };
	make_dir(dir);
	remove_dir(dir);
	assert_int_equal(crypto_open(dir, true, &diag), RC_IO);
	assert_non_null(strstr(diag.text, dir));
}

static void a_missing_database_is_made_when_asked(void **state)
{
	(void)state;
	char dir[64], file[128];
	make_dir(dir);
	open_or_fail(dir, true);
	assert_false(PK11_NeedUserInit(nss_slot(1)));
	agree(0);
	agree(1);
	assert_ok(nss_close());
	snprintf(file, sizeof file, "%s/cert9.db", dir);
	assert_int_equal(access(file, R_OK), 0);
	snprintf(file, sizeof file, "sql:%s", dir);
	open_or_fail(file, false); /* now it is there; the prefix may be spelled out */
	agree(1);
	assert_ok(nss_close());
	remove_dir(dir);
}

/* Nobody types a password for a daemon's key exchange: session keys need none. */
static void a_locked_database_does_not_hinder_key_agreement(void **state)
{
	(void)state;
	char dir[64];
	make_dir(dir);
	open_or_fail(dir, true);
	assert_int_equal(PK11_ChangePW(nss_slot(1), "", "a password"), SECSuccess);
	assert_ok(nss_close());
	open_or_fail(dir, false);
	assert_true(PK11_NeedLogin(nss_slot(1)));
	assert_false(PK11_IsLoggedIn(nss_slot(1), NULL));
	agree(0);
	agree(1);
	assert_ok(nss_close());
	remove_dir(dir);
}

static void a_process_has_one_database(void **state)
{
	(void)state;
	char dir[64];
	struct diag diag = { "" };
	make_dir(dir);
	open_or_fail(NULL, false);
	assert_int_equal(crypto_open(dir, true, &diag), RC_EXISTS);
	assert_ok(nss_close());
	open_or_fail(dir, true);
	open_or_fail(NULL, false); /* any will do */
	open_or_fail(dir, false);
	assert_int_equal(crypto_open("/elsewhere", true, &diag), RC_EXISTS);
	assert_non_null(strstr(diag.text, dir));
	for (int i = 0; i < 3; i++)
		assert_ok(nss_close());
	assert_null(nss_slot(0));
	remove_dir(dir);
}

static void running_out_of_memory_while_opening_leaves_nss_closed(void **state)
{
	(void)state;
	char dir[64];
	unsigned failures = 0;
	enum rc rc = RC_NO_MEMORY;
	make_dir(dir);
	open_or_fail(dir, true);
	assert_ok(nss_close());
	for (uint64_t nth = 1; rc != RC_OK && nth < 10; nth++) {
		struct diag diag = { "" };
		mem_fail_nth(nth);
		rc = crypto_open(dir, false, &diag);
		mem_fail_nth(0);
		if (rc == RC_OK)
			break;
		failures++;
		assert_int_equal(rc, RC_NO_MEMORY);
		assert_null(nss_slot(0));
	}
	assert_true(failures > 0);
	assert_ok(nss_close());
	remove_dir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_available_before_the_first_open),
		cmocka_unit_test(every_open_needs_its_close),
		cmocka_unit_test(it_opens_again_after_the_last_close),
		cmocka_unit_test(workers_take_turns_between_two_slots),
		cmocka_unit_test(a_missing_database_is_told_with_the_remedy),
		cmocka_unit_test(a_missing_directory_is_told),
		cmocka_unit_test(a_missing_database_is_made_when_asked),
		cmocka_unit_test(a_locked_database_does_not_hinder_key_agreement),
		cmocka_unit_test(a_process_has_one_database),
		cmocka_unit_test(running_out_of_memory_while_opening_leaves_nss_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
