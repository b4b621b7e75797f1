/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/x509/files_test.h"

static struct config_errors errors;

static void read_keys(const char *text, const struct file_keys *before, struct file_keys *out)
{
	struct secrets *secrets = secrets_of(text);

	*out = (struct file_keys){ 0 };
	config_errors_init(&errors);
	assert_int_equal(file_keys_read(folder, secrets, before, &errors, out), RC_OK);
	secrets_free(secrets);
}

static void wipe_keys(struct file_keys *keys)
{
	file_keys_wipe(keys);
	config_errors_free(&errors);
}

static struct private_key *find(const struct file_keys *keys, const struct party *party)
{
	const char *path = NULL;

	return file_keys_find(keys, private_key_public(party->key), &path);
}

static bool is_warned(const char *words)
{
	list_for(node, &errors.list)
	{
		const struct config_error *error = container_of(node, struct config_error, in_list);
		if (error->warning && strstr(error->text, words) != NULL)
			return true;
	}
	return false;
}

static void keys_are_those_of_the_secrets_and_of_the_folder(void **state)
{
	struct file_keys keys;
	const char *path = NULL;

	(void)state;
	put_text("ipsec.d/private/moonKey.pem", key_des3);
	put_text("ipsec.d/private/any.pem", key_other);
	put_text("ipsec.d/private/.hidden.pem", key_other);
	read_keys(": RSA moonKey.pem \"sesame\"\n", NULL, &keys);
	assert_int_equal(keys.count, 2);
	assert_int_equal(keys.unread, 0);
	assert_int_equal(errors.warnings, 0);
	assert_non_null(file_keys_find(&keys, private_key_public(moon.key), &path));
	assert_non_null(strstr(path, "ipsec.d/private/moonKey.pem"));
	assert_non_null(find(&keys, &sun));
	assert_null(find(&keys, &root));
	wipe_keys(&keys);
	read_keys("", NULL, &keys); /* nobody has its passphrase */
	assert_int_equal(keys.unread, 1);
	assert_null(find(&keys, &moon));
	assert_int_equal(errors.warnings, 0);
	wipe_keys(&keys);
}

static void a_key_of_an_unchanged_file_is_taken_over(void **state)
{
	struct file_keys keys, again;

	(void)state;
	put_text("ipsec.d/private/moonKey.pem", key_aes128);
	put_text("ipsec.d/private/any.pem", key_other);
	read_keys(": RSA moonKey.pem \"sesame\"\n", NULL, &keys);
	config_errors_free(&errors);
	read_keys("", &keys, &again);
	assert_ptr_equal(find(&again, &moon), find(&keys, &moon));
	assert_ptr_equal(find(&again, &sun), find(&keys, &sun));
	wipe_keys(&again);
	put_text("ipsec.d/private/any.pem", key_plain);
	read_keys(": RSA moonKey.pem 'sesame'", &keys, &again);
	assert_null(find(&again, &sun));
	wipe_keys(&again);
	put_text("ipsec.d/private/moonKey.pem", key_aes256);
	put_text("ipsec.d/private/any.pem", key_other);
	read_keys(": RSA moonKey.pem 'sesame'", &keys, &again);
	assert_ptr_not_equal(find(&again, &moon), find(&keys, &moon));
	assert_non_null(find(&again, &moon));
	wipe_keys(&again);
	file_keys_wipe(&keys);
}

static void an_entry_that_leads_nowhere_is_warned_of(void **state)
{
	struct file_keys keys;
	struct diag why = { "" };

	(void)state;
	put_text("ipsec.d/private/moonKey.pem", key_des3);
	read_keys(": ECDSA moonKey.pem \"wrong\"\n: RSA gone.pem\n: P12 gone.p12\n", NULL, &keys);
	assert_int_equal(errors.warnings, 2);
	assert_true(is_warned("the ECDSA entry is not used: the key in "));
	assert_true(is_warned("gone.pem"));
	file_keys_missing(&keys, "/x/moonCert.pem", &why);
	assert_says(why, "/x/moonCert.pem; 2 of the 3 files");
	assert_says(why, "is wrong");
	wipe_keys(&keys);
	put_text("ipsec.d/private/moonKey.pem", key_other);
	read_keys("", NULL, &keys);
	file_keys_missing(&keys, "/x/moonCert.pem", &why);
	assert_says(why, "neither the 2 in files");
	assert_says(why, "ipsec import FILE");
	wipe_keys(&keys);
}

static void a_key_that_everybody_can_read_is_warned_of(void **state)
{
	struct file_keys keys;
	char path[FILE_PATH_MAX];

	(void)state;
	put_text("ipsec.d/private/moonKey.pem", key_plain);
	path_of("ipsec.d/private/moonKey.pem", path);
	assert_int_equal(chmod(path, 0640), 0);
	read_keys("", NULL, &keys);
	assert_int_equal(errors.warnings, 0);
	wipe_keys(&keys);
	assert_int_equal(chmod(path, 0644), 0);
	read_keys("", NULL, &keys);
	assert_true(is_warned("everybody may read this private key (mode 644)"));
	assert_non_null(find(&keys, &moon));
	wipe_keys(&keys);
	take_away("ipsec.d/private/moonKey.pem");
}

static void their_number_is_bounded(void **state)
{
	struct file_keys keys;
	char name[40];

	(void)state;
	for (unsigned i = 0; i < FILE_KEYS_MAX + 5; i++) {
		(void)snprintf(name, sizeof(name), "ipsec.d/private/x%03u", i);
		put_text(name, "x");
	}
	read_keys("", NULL, &keys);
	assert_int_equal(keys.count, FILE_KEYS_MAX);
	wipe_keys(&keys);
	for (unsigned i = 0; i < FILE_KEYS_MAX + 5; i++) {
		(void)snprintf(name, sizeof(name), "ipsec.d/private/x%03u", i);
		take_away(name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_those_of_the_secrets_and_of_the_folder),
		cmocka_unit_test(a_key_of_an_unchanged_file_is_taken_over),
		cmocka_unit_test(an_entry_that_leads_nowhere_is_warned_of),
		cmocka_unit_test(a_key_that_everybody_can_read_is_warned_of),
		cmocka_unit_test(their_number_is_bounded),
	};

	return cmocka_run_group_tests(tests, files_open, files_close);
}
