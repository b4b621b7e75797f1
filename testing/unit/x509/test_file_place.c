/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/x509/files_test.h"
#include "x509/store.h"

/* What a name stands for, below the folder; "-": a nickname. */
static const char *place(const struct secrets *secrets, const char *name)
{
	static char path[FILE_PATH_MAX];

	if (!file_place(folder, secrets, name, path))
		return "-";
	return strncmp(path, folder, strlen(folder)) == 0 ? path + strlen(folder) : path;
}

static int open_database(void **state)
{
	return pki_database_open(state) == 0 ? make_folder() : -1;
}

static int close_database(void **state)
{
	remove_folder();
	return pki_database_close(state);
}

static void a_bare_name_is_a_file_unless_the_database_has_it(void **state)
{
	(void)state;
	put_certificate("ipsec.d/certs/moonCert.pem", &moon);
	put_certificate("ipsec.d/certs/sunCert.pem", &sun);
	assert_string_equal(place(NULL, "moonCert.pem"), "ipsec.d/certs/moonCert.pem");
	assert_string_equal(place(NULL, "marsCert.pem"), "-");
	assert_string_equal(place(NULL, ".."), "-");
	assert_string_equal(place(NULL, ""), "-");
	assert_int_equal(store_add(sun.certificate, "sunCert.pem", false, NULL, NULL), RC_OK);
	assert_string_equal(place(NULL, "sunCert.pem"), "-");
	take_away("ipsec.d/certs/moonCert.pem");
	take_away("ipsec.d/certs/sunCert.pem");
}

static void a_name_with_a_slash_is_a_path(void **state)
{
	char path[FILE_PATH_MAX];

	(void)state;
	assert_string_equal(place(NULL, "/etc/gw.pem"), "/etc/gw.pem");
	path_of("ipsec.d/certs/far", path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_string_equal(place(NULL, "far/gw.pem"), "far/gw.pem");
	put_certificate("ipsec.d/certs/far/gw.pem", &moon);
	assert_string_equal(place(NULL, "far/gw.pem"), "ipsec.d/certs/far/gw.pem");
	assert_true(file_place(NULL, NULL, "/etc/gw.pem", path));
	assert_false(file_place(NULL, NULL, "gw.pem", path));
}

static void a_pkcs12_file_of_the_secrets_is_known_by_its_name(void **state)
{
	struct secrets *secrets = secrets_of(": P12 moon.p12 \"a\"\n: P12 /tmp/none.p12\n"
					     ": RSA moon.pem \"b\"\n");

	(void)state;
	assert_string_equal(place(secrets, "moon.p12"), "-");
	put_text("ipsec.d/private/moon.p12", "x");
	put_text("ipsec.d/private/moon.pem", "x");
	assert_string_equal(place(secrets, "moon.p12"), "ipsec.d/private/moon.p12");
	assert_string_equal(place(secrets, "none.p12"), "-");
	assert_string_equal(place(secrets, "moon.pem"), "-");
	assert_string_equal(place(NULL, "moon.p12"), "-");
	secrets_free(secrets);
}

static void a_passphrase_belongs_to_a_path(void **state)
{
	struct secrets *secrets = secrets_of(": P12 moon.p12 \"a\"\n: RSA /k/b.pem 'b'\n"
					     ": RSA c.pem\n");
	char path[FILE_PATH_MAX];

	(void)state;
	path_of("ipsec.d/private/moon.p12", path);
	assert_string_equal(file_password(folder, secrets, path), "a");
	assert_string_equal(file_password(folder, secrets, "/k/b.pem"), "b");
	assert_null(file_password(folder, secrets, "/k/c.pem"));
	path_of("ipsec.d/private/c.pem", path);
	assert_null(file_password(folder, secrets, path));
	assert_null(file_password(folder, NULL, path));
	secrets_free(secrets);
}

static void a_file_that_was_written_anew_has_another_stamp(void **state)
{
	struct file_stamp a, b;
	char path[FILE_PATH_MAX];

	(void)state;
	path_of("stamp", path);
	assert_false(file_stamp(path, &a));
	put_text("stamp", "1");
	assert_true(file_stamp(path, &a));
	assert_true(file_stamp(path, &b));
	assert_memory_equal(&a, &b, sizeof(a));
	put_text("stamp", "22");
	assert_true(file_stamp(path, &b));
	assert_memory_not_equal(&a, &b, sizeof(a));
	take_away("stamp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_name_is_a_file_unless_the_database_has_it),
		cmocka_unit_test(a_name_with_a_slash_is_a_path),
		cmocka_unit_test(a_pkcs12_file_of_the_secrets_is_known_by_its_name),
		cmocka_unit_test(a_passphrase_belongs_to_a_path),
		cmocka_unit_test(a_file_that_was_written_anew_has_another_stamp),
	};

	return cmocka_run_group_tests(tests, open_database, close_database);
}
