/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "unit/x509/x509_test.h"
#include "x509/keyring.h"

static const uint64_t seed[2] = { 1, 2 };

static struct keyring *open_keyring(void)
{
	struct keyring *keyring = NULL;
	struct diag diag = { "" };

	if (keyring_new(NULL, seed, &keyring, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return keyring;
}

static struct credential *credential_of(struct party *party)
{
	struct credential *credential = mem_alloc(sizeof(*credential));

	assert_non_null(credential);
	credential->refs = 1;
	credential->key = private_key_ref(party->key);
	credential->certificate = certificate_ref(party->certificate);
	return credential;
}

static void without_a_database_there_are_no_cas(void **state)
{
	struct keyring *keyring = open_keyring();

	(void)state;
	assert_null(x509_trust_at(keyring_trust(keyring), 0));
	keyring_free(keyring);
	keyring_free(NULL);
}

static void an_end_without_a_key_has_no_credential(void **state)
{
	struct keyring *keyring = open_keyring();
	const struct config_end end = { .cert = NULL };
	struct credential *credential;
	struct public_key *key;
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(keyring_credential(keyring, &end, &credential, &diag), RC_NOT_FOUND);
	assert_int_equal(keyring_peer_key(keyring, &end, 0, &key, &diag), RC_NOT_FOUND);
	keyring_free(keyring);
}

/* RC_NOT_FOUND would mean "none is configured". */
static void a_name_that_nothing_has_is_an_error_that_names_it(void **state)
{
	struct keyring *keyring = open_keyring();
	struct config_end end = { .cert = (char *)"nobody" };
	struct credential *credential;
	struct public_key *key;
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(keyring_credential(keyring, &end, &credential, &diag), RC_AUTH_FAILED);
	assert_says(diag, "nobody");
	assert_int_equal(keyring_peer_key(keyring, &end, 0, &key, &diag), RC_AUTH_FAILED);
	end = (struct config_end){ .ckaid = (char *)"0011223344556677889900112233445566778899" };
	assert_int_equal(keyring_credential(keyring, &end, &credential, &diag), RC_AUTH_FAILED);
	assert_says(diag, "00112233445566778899001122334455667788");
	keyring_free(keyring);
}

/* As ipsec rereadall does. */
static void reload(struct keyring *keyring)
{
	struct x509_trust *trust;
	struct diag diag = { "" };

	if (x509_trust_load(&trust, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	keyring_renew(keyring, trust);
}

static void a_credential_lives_until_the_keyring_is_read_again(void **state)
{
	struct keyring *keyring = open_keyring();
	struct config_end end = { .cert = (char *)"gw" };
	struct party party = pki_root("CN=gw");
	struct credential *ours = credential_of(&party), *got;
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(keyring_credential_set(keyring, "gw", ours), RC_OK);
	assert_int_equal(keyring_credential(keyring, &end, &got, &diag), RC_OK);
	assert_ptr_equal(got, ours);
	reload(keyring);
	assert_int_equal(keyring_credential(keyring, &end, &got, &diag), RC_AUTH_FAILED);
	credential_unref(ours);
	pki_free(&party);
	keyring_free(keyring);
}

/* leftpubkey= of our own key: its private half is found by it. */
static void a_raw_key_of_ours_is_found_by_its_public_half(void **state)
{
	struct keyring *keyring = open_keyring();
	struct private_key *key = NULL;
	struct config_end end = { .key = { .form = CONFIG_KEY_SPKI } };
	struct credential *credential, *again;
	struct diag diag = { "" };
	struct span spki;

	(void)state;
	if (private_key_generate(KEY_ECDSA_P256, 0, false, NULL, 0, &key, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	spki = public_key_spki(private_key_public(key));
	end.key.data = (uint8_t *)(uintptr_t)spki.ptr;
	end.key.len = (uint16_t)spki.len;
	if (keyring_credential(keyring, &end, &credential, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_null(credential->certificate);
	assert_true(public_key_equal(private_key_public(credential->key), private_key_public(key)));
	assert_int_equal(keyring_credential(keyring, &end, &again, &diag), RC_OK);
	assert_ptr_equal(again, credential);
	private_key_unref(key);
	keyring_free(keyring);
}

static void write_pem(const char *path, struct span der)
{
	FILE *file = fopen(path, "w");
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	assert_non_null(file);
	(void)fputs("-----BEGIN PUBLIC KEY-----\n", file);
	for (size_t i = 0; i < der.len; i += 3) {
		uint32_t group = 0;
		for (size_t j = 0; j < 3; j++)
			group = group << 8 | (i + j < der.len ? der.ptr[i + j] : 0u);
		for (size_t j = 0; j < 4; j++)
			(void)fputc(i + j > der.len ? '=' : digits[group >> (18 - 6 * j) & 63],
				    file);
		if (i % 48 == 45)
			(void)fputc('\n', file);
	}
	(void)fputs("\n-----END PUBLIC KEY-----\n", file);
	assert_int_equal(fclose(file), 0);
}

static void the_keys_of_a_peer_come_from_text_and_from_files(void **state)
{
	char path[] = "/tmp/vanth-key-XXXXXX";
	struct keyring *keyring = open_keyring();
	struct party party = pki_root("CN=gw");
	struct config_end spki = { .key = { .form = CONFIG_KEY_SPKI } };
	struct config_end file = { .key = { .form = CONFIG_KEY_FILE, .file = path } };
	struct public_key *key, *same;
	struct diag diag = { "" };
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	struct span der = public_key_spki(private_key_public(party.key));
	write_pem(path, der);
	spki.key.data = (uint8_t *)(uintptr_t)der.ptr;
	spki.key.len = (uint16_t)der.len;
	assert_int_equal(keyring_peer_key(keyring, &spki, 0, &key, &diag), RC_OK);
	assert_true(public_key_equal(key, private_key_public(party.key)));
	assert_int_equal(keyring_peer_key(keyring, &spki, 1, &key, &diag), RC_NOT_FOUND);
	if (keyring_peer_key(keyring, &file, 0, &key, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_true(public_key_equal(key, private_key_public(party.key)));
	assert_int_equal(keyring_peer_key(keyring, &file, 0, &same, &diag), RC_OK);
	assert_ptr_equal(same, key);
	(void)close(fd);
	(void)unlink(path);
	reload(keyring);
	assert_int_equal(keyring_peer_key(keyring, &file, 0, &key, &diag), RC_AUTH_FAILED);
	assert_says(diag, path);
	pki_free(&party);
	keyring_free(keyring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_database_there_are_no_cas),
		cmocka_unit_test(an_end_without_a_key_has_no_credential),
		cmocka_unit_test(a_name_that_nothing_has_is_an_error_that_names_it),
		cmocka_unit_test(a_credential_lives_until_the_keyring_is_read_again),
		cmocka_unit_test(a_raw_key_of_ours_is_found_by_its_public_half),
		cmocka_unit_test(the_keys_of_a_peer_come_from_text_and_from_files),
	};

	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
