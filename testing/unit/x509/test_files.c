/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/x509/files_test.h"
#include "x509/keyring.h"

static struct x509_trust *trust;

static struct config *config_of(const char *ends)
{
	struct config_errors errors;
	struct config *config = NULL;
	char text[700];

	(void)snprintf(text, sizeof(text),
		       "conn a\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauthby=ecdsa\n%s", ends);
	config_errors_init(&errors);
	assert_int_equal(
		config_load_text("t.conf", span_make(text, strlen(text)), &config, &errors), RC_OK);
	config_errors_free(&errors);
	config->folder = mem_text(folder);
	return config;
}

static struct x509_files *load(const char *ends, const char *secrets_text,
			       const struct x509_files *before)
{
	struct config *config = config_of(ends);
	struct secrets *secrets = secrets_of(secrets_text);
	struct x509_files *files = NULL;
	struct diag diag = { "" };

	if (x509_files_load(config, secrets, trust, before, NULL, &files, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	secrets_free(secrets);
	config_unref(config);
	return files;
}

static int begin(void **state)
{
	const struct party *anchors[] = { &root };

	if (files_open(state) != 0)
		return -1;
	trust = pki_trust(anchors, 1);
	return 0;
}

static int end(void **state)
{
	x509_trust_unref(trust);
	return files_close(state);
}

static void strongswans_layout_gives_a_certificate_and_its_key(void **state)
{
	const struct x509_file *file;
	struct x509_files *files;

	(void)state;
	put_certificate("ipsec.d/certs/moonCert.pem", &moon);
	put_certificate("ipsec.d/certs/sunCert.pem", &sun);
	put_text("ipsec.d/private/moonKey.pem", key_pbes2);
	files = load("\tleftcert=moonCert.pem\n\trightcert=sunCert.pem\n",
		     ": ECDSA moonKey.pem \"sesame\"\n", NULL);
	file = x509_files_find(files, "moonCert.pem");
	assert_non_null(file);
	assert_non_null(file->credential);
	assert_true(span_equal(certificate_der(file->credential->certificate),
			       certificate_der(moon.certificate)));
	assert_non_null(strstr(file->credential->from, "ipsec.d/certs/moonCert.pem"));
	assert_non_null(strstr(file->credential->key_from, "ipsec.d/private/moonKey.pem"));
	file = x509_files_find(files, "sunCert.pem");
	assert_ptr_equal(file, x509_files_at(files, 1));
	assert_null(file->credential);
	assert_true(public_key_equal(file->key, private_key_public(sun.key)));
	assert_null(x509_files_at(files, 2));
	assert_null(x509_files_find(files, "marsCert.pem"));
	x509_files_unref(files);
	files = load("\tleftcert=moonCert.pem\n", "", NULL); /* nobody has its passphrase */
	file = x509_files_at(files, 0);
	assert_null(file->credential);
	assert_non_null(strstr(file->why, "is encrypted"));
	x509_files_unref(files);
	put_text("ipsec.d/private/moonKey.pem", key_plain); /* found by its public key */
	files = load("\tleftcert=moonCert.pem\n", "", NULL);
	assert_non_null(x509_files_at(files, 0)->credential);
	x509_files_unref(files);
}

static void a_path_finds_its_key_by_the_secrets_too(void **state)
{
	struct x509_files *files;
	char ends[200], secrets[300];

	(void)state;
	take_away("ipsec.d/private/moonKey.pem");
	put_pem("gw.crt", &moon, "");
	put_text("gw.key", key_des3);
	(void)snprintf(ends, sizeof(ends), "\tleftcert=%sgw.crt\n", folder);
	(void)snprintf(secrets, sizeof(secrets), ": RSA %sgw.key 'sesame'\n", folder);
	files = load(ends, secrets, NULL);
	assert_non_null(x509_files_at(files, 0)->credential);
	assert_non_null(strstr(x509_files_at(files, 0)->credential->key_from, "/gw.key"));
	x509_files_unref(files);
	files = load(ends, "", NULL);
	assert_null(x509_files_at(files, 0)->credential);
	assert_non_null(strstr(x509_files_at(files, 0)->why, "no key fits"));
	x509_files_unref(files);
}

static void what_has_not_changed_keeps_its_key(void **state)
{
	struct x509_files *files, *again;
	struct private_key *key;

	(void)state;
	put_certificate("ipsec.d/certs/moonCert.pem", &moon);
	put_text("ipsec.d/private/moonKey.pem", key_aes128);
	files = load("\tleftcert=moonCert.pem\n", ": RSA moonKey.pem 'sesame'\n", NULL);
	key = x509_files_at(files, 0)->credential->key;
	again = load("\tleftcert=moonCert.pem\n", ": RSA moonKey.pem 'sesame'\n", files);
	assert_ptr_equal(x509_files_at(again, 0)->credential->key, key);
	x509_files_unref(again);
	put_text("ipsec.d/private/moonKey.pem", key_plain);
	again = load("\tleftcert=moonCert.pem\n", "", files);
	assert_ptr_not_equal(x509_files_at(again, 0)->credential->key, key);
	x509_files_unref(again);
	put_certificate("ipsec.d/certs/moonCert.pem", &sun);
	put_text("ipsec.d/private/sunKey.pem", key_other);
	again = load("\tleftcert=moonCert.pem\n", "", files);
	assert_true(public_key_equal(x509_files_at(again, 0)->key, private_key_public(sun.key)));
	assert_non_null(x509_files_at(again, 0)->credential);
	x509_files_unref(again);
	x509_files_unref(files);
	take_away("ipsec.d/private/sunKey.pem");
}

static void certificate_and_key_in_one_file_are_kept_together(void **state)
{
	const struct party *anchors[] = { &root };
	struct x509_trust *before = trust;
	struct x509_files *files, *again;
	struct credential *credential;
	char ends[200];

	(void)state;
	put_pem("both.pem", &moon, key_plain);
	(void)snprintf(ends, sizeof(ends), "\tleftcert=%sboth.pem\n", folder);
	files = load(ends, "", NULL);
	credential = x509_files_at(files, 0)->credential;
	assert_non_null(credential);
	assert_null(credential->key_from);
	again = load(ends, "", files);
	assert_ptr_equal(x509_files_at(again, 0)->credential, credential);
	x509_files_unref(again);
	trust = pki_trust(anchors, 1); /* the chain may be another one, the key is not */
	again = load(ends, "", files);
	assert_ptr_not_equal(x509_files_at(again, 0)->credential, credential);
	assert_ptr_equal(x509_files_at(again, 0)->credential->key, credential->key);
	x509_files_unref(again);
	x509_trust_unref(trust);
	trust = before;
	put_pem("both.pem", &sun, key_other);
	again = load(ends, "", files);
	assert_true(public_key_equal(x509_files_at(again, 0)->key, private_key_public(sun.key)));
	x509_files_unref(again);
	x509_files_unref(files);
}

static void what_is_no_key_is_not_told_as_a_key_that_cannot_be_read(void **state)
{
	struct x509_files *files;

	(void)state;
	put_certificate("ipsec.d/certs/moonCert.pem", &moon);
	take_away("ipsec.d/private/moonKey.pem");
	put_text("ipsec.d/private/README", "hello");
	files = load("\tleftcert=moonCert.pem\n", "", NULL);
	assert_null(strstr(x509_files_at(files, 0)->why, "cannot be read"));
	assert_non_null(strstr(x509_files_at(files, 0)->why, "put it into that folder"));
	x509_files_unref(files);
	take_away("ipsec.d/private/README");
}

/* Its certificate is renewed: name and key stay. */
static void an_intermediate_of_the_database_is_not_kept_with_the_file(void **state)
{
	struct party sub = pki_ca("CN=sub", &root), renewed, earth;
	const struct party *first[] = { &root, &sub }, *second[] = { &root, &renewed };
	struct x509_trust *before = trust;
	struct x509_files *files, *again;
	struct credential *credential;
	char ends[200];

	(void)state;
	renewed = pki_make((struct x509_issue){ .subject = "CN=sub",
						.ca = true,
						.path_length = -1,
						.key = private_key_public(sub.key) },
			   &root);
	earth = pki_make(
		(struct x509_issue){ .subject = "CN=earth", .key = private_key_public(moon.key) },
		&sub);
	put_pem("chain.pem", &earth, key_plain);
	(void)snprintf(ends, sizeof(ends), "\tleftcert=%schain.pem\n", folder);
	trust = pki_trust(first, 2);
	files = load(ends, "", NULL);
	credential = x509_files_at(files, 0)->credential;
	assert_int_equal(credential->chain_count, 1);
	assert_true(span_equal(certificate_der(credential->chain[0]),
			       certificate_der(sub.certificate)));
	x509_trust_unref(trust);
	trust = pki_trust(second, 2);
	again = load(ends, "", files);
	credential = x509_files_at(again, 0)->credential;
	assert_int_equal(credential->chain_count, 1);
	assert_true(span_equal(certificate_der(credential->chain[0]),
			       certificate_der(renewed.certificate)));
	x509_files_unref(again);
	x509_files_unref(files);
	x509_trust_unref(trust);
	trust = before;
	pki_free(&sub);
	pki_free(&renewed);
	pki_free(&earth);
}

static void a_passphrase_opens_the_key_in_that_file(void **state)
{
	struct x509_files *files;
	char ends[200], secrets[300];

	(void)state;
	put_pem("both.pem", &moon, key_aes128);
	(void)snprintf(ends, sizeof(ends), "\tleftcert=%sboth.pem\n", folder);
	(void)snprintf(secrets, sizeof(secrets), ": RSA %sboth.pem \"sesame\"\n", folder);
	files = load(ends, "", NULL);
	assert_null(x509_files_at(files, 0)->credential);
	assert_non_null(strstr(x509_files_at(files, 0)->why, "is encrypted"));
	x509_files_unref(files);
	files = load(ends, secrets, NULL);
	assert_non_null(x509_files_at(files, 0)->credential);
	x509_files_unref(files);
	take_away("both.pem");
	files = load(ends, secrets, NULL);
	assert_null(x509_files_at(files, 0)->key);
	assert_non_null(strstr(x509_files_at(files, 0)->why, "both.pem"));
	x509_files_unref(files);
}

/* What the keyring makes of it: leftcert=, rightcert=, and what is missing. */
static void the_keyring_gives_what_is_in_files(void **state)
{
	static const uint64_t seed[2] = { 1, 2 };
	struct party mars = pki_leaf("CN=mars", NULL, &root);
	struct config *config;
	struct public_key *public;
	struct keyring *keyring = NULL;
	struct credential *credential;
	struct public_key *key;
	struct diag diag = { "" };

	(void)state;
	put_certificate("ipsec.d/certs/moonCert.pem", &moon);
	put_certificate("ipsec.d/certs/sunCert.pem", &mars);
	private_key_unref(mars.key); /* or NSS would find it */
	mars.key = NULL;
	put_text("ipsec.d/certs/broken.pem", "hello");
	put_text("ipsec.d/private/moonKey.pem", key_plain);
	config = config_of("\tleftcert=moonCert.pem\n\trightcert=sunCert.pem\n"
			   "conn b\n\tleft=192.0.2.1\n\tright=192.0.2.3\n\tauthby=ecdsa\n"
			   "\tleftcert=broken.pem\n");
	assert_int_equal(keyring_new(NULL, seed, &keyring, &diag), RC_OK);
	if (keyring_configure(keyring, config, NULL, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(keyring_credential(keyring, &config->conns[0]->left, &credential, &diag),
			 RC_OK);
	assert_true(public_key_equal(private_key_public(credential->key),
				     private_key_public(moon.key)));
	assert_int_equal(keyring_peer_key(keyring, &config->conns[0]->right, 0, &key, &diag),
			 RC_OK);
	assert_int_equal(certificate_key(mars.certificate, &public, NULL), RC_OK);
	assert_true(public_key_equal(key, public));
	public_key_unref(public);
	assert_int_equal(keyring_credential(keyring, &config->conns[0]->right, &credential, &diag),
			 RC_AUTH_FAILED);
	assert_says(diag, "ipsec.d/private");
	assert_says(diag, "sunCert.pem");
	assert_int_equal(keyring_credential(keyring, &config->conns[1]->left, &credential, &diag),
			 RC_AUTH_FAILED);
	assert_says(diag, "broken.pem holds neither PEM blocks");
	keyring_files_set(keyring, NULL); /* they are gone */
	assert_int_equal(keyring_credential(keyring, &config->conns[0]->left, &credential, &diag),
			 RC_AUTH_FAILED);
	assert_says(diag, "no file of that name in ipsec.d/certs");
	keyring_free(keyring);
	config_unref(config);
	pki_free(&mars);
}

static void no_failed_allocation_crashes_or_leaks(void **state)
{
	struct config *config = config_of("\tleftcert=moonCert.pem\n\trightcert=sunCert.pem\n");
	struct secrets *secrets = secrets_of(": RSA moonKey.pem 'sesame'\n");
	struct x509_files *files = NULL;
	unsigned failed = 0;

	(void)state;
	put_text("ipsec.d/private/moonKey.pem", key_aes128);
	for (unsigned n = 1; n < 120 && files == NULL; n++) {
		enum rc rc;
		mem_fail_nth(n);
		rc = x509_files_load(config, secrets, trust, NULL, NULL, &files, NULL);
		mem_fail_nth(0);
		assert_true(rc == RC_OK || (rc == RC_NO_MEMORY && files == NULL));
		failed += rc != RC_OK;
	}
	assert_non_null(files);
	assert_true(failed > 10);
	x509_files_unref(files);
	secrets_free(secrets);
	config_unref(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strongswans_layout_gives_a_certificate_and_its_key),
		cmocka_unit_test(a_path_finds_its_key_by_the_secrets_too),
		cmocka_unit_test(what_has_not_changed_keeps_its_key),
		cmocka_unit_test(certificate_and_key_in_one_file_are_kept_together),
		cmocka_unit_test(what_is_no_key_is_not_told_as_a_key_that_cannot_be_read),
		cmocka_unit_test(an_intermediate_of_the_database_is_not_kept_with_the_file),
		cmocka_unit_test(a_passphrase_opens_the_key_in_that_file),
		cmocka_unit_test(the_keyring_gives_what_is_in_files),
		cmocka_unit_test(no_failed_allocation_crashes_or_leaks),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
