/* SPDX-License-Identifier: Apache-2.0 */
/* leftcert= that is a PKCS#12 file. */
#include "unit/x509/files_test.h"
#include "unit/x509/pkcs12_test.h"
#include "x509/keyring.h"

static struct x509_trust *trust;

static void put_p12(const char *name, const char *hex)
{
	struct arena arena;

	arena_init(&arena, 1 << 16);
	put(name, p12_bytes(&arena, hex));
	arena_free(&arena);
}

static struct config *config_of(const char *cert)
{
	struct config_errors errors;
	struct config *config = NULL;
	char text[700];

	(void)snprintf(text, sizeof(text),
		       "conn a\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauthby=ecdsa\n"
		       "\tleftcert=%s\n",
		       cert);
	config_errors_init(&errors);
	assert_int_equal(
		config_load_text("t.conf", span_make(text, strlen(text)), &config, &errors), RC_OK);
	config_errors_free(&errors);
	config->folder = mem_text(folder);
	return config;
}

static unsigned warnings; /* of the last load() */

static struct x509_files *load(const char *cert, const char *secrets_text,
			       const struct x509_files *before)
{
	struct config_errors errors;
	struct config *config = config_of(cert);
	struct secrets *secrets = secrets_of(secrets_text);
	struct x509_files *files = NULL;
	struct diag diag = { "" };

	config_errors_init(&errors);
	if (x509_files_load(config, secrets, trust, before, &errors, &files, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	warnings = errors.warnings;
	config_errors_free(&errors);
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

static void is_gateway(const struct x509_files *files)
{
	const struct x509_file *file = x509_files_at(files, 0);
	char text[IDENTITY_TEXT_MAX];

	assert_non_null(file);
	if (file->credential == NULL)
		fail_msg("%s", file->why);
	assert_string_equal(certificate_subject_text(file->credential->certificate, text),
			    "CN=p12 gw");
	assert_int_equal(file->credential->chain_count, 1);
	assert_string_equal(certificate_subject_text(file->credential->chain[0], text),
			    "CN=p12 mid");
	assert_true(public_key_equal(file->key, private_key_public(file->credential->key)));
}

static void a_path_or_a_name_gives_certificate_key_and_chain(void **state)
{
	struct x509_files *files;
	char path[FILE_PATH_MAX], entry[FILE_PATH_MAX + 40];

	(void)state;
	put_p12("elsewhere.p12", p12_modern);
	path_of("elsewhere.p12", path);
	(void)snprintf(entry, sizeof(entry), ": P12 %s \"secret\"\n", path);
	files = load(path, entry, NULL);
	is_gateway(files);
	assert_int_equal(warnings, 0);
	assert_int_equal(x509_trust_count(trust), 1); /* its CAs are not trusted for that */
	x509_files_unref(files);
	put_p12("ipsec.d/private/a.p12", p12_legacy);
	files = load("a.p12", ": P12 a.p12 \"secret\"\n", NULL);
	is_gateway(files);
	x509_files_unref(files);
	put_p12("ipsec.d/certs/b.p12", p12_sealed);
	files = load("b.p12", ": PKCS12 b.p12 \"secret\"\n", NULL);
	is_gateway(files);
	x509_files_unref(files);
	put_p12("ipsec.d/private/open.p12", p12_open);
	files = load("open.p12", "", NULL);
	assert_non_null(x509_files_at(files, 0)->credential);
	x509_files_unref(files);
}

static void an_unchanged_file_keeps_its_key_and_a_changed_one_gets_another(void **state)
{
	struct x509_files *files, *again;
	struct private_key *key;

	(void)state;
	put_p12("ipsec.d/private/a.p12", p12_modern);
	files = load("a.p12", ": P12 a.p12 \"secret\"\n", NULL);
	is_gateway(files);
	key = x509_files_at(files, 0)->credential->key;
	again = load("a.p12", "", files); /* it is not opened again */
	is_gateway(again);
	assert_ptr_equal(x509_files_at(again, 0)->credential->key, key);
	x509_files_unref(again);
	put_p12("ipsec.d/private/a.p12", p12_legacy);
	again = load("a.p12", ": P12 a.p12 \"secret\"\n", files);
	is_gateway(again);
	assert_ptr_not_equal(x509_files_at(again, 0)->credential->key, key);
	x509_files_unref(again);
	x509_files_unref(files);
}

static void fails(const char *hex, const char *secrets, const char *words, const char *remedy)
{
	struct x509_files *files;
	const struct x509_file *file;

	put_p12("ipsec.d/private/bad.p12", hex);
	files = load("bad.p12", secrets, NULL);
	file = x509_files_at(files, 0);
	assert_non_null(file);
	assert_null(file->credential);
	assert_int_equal(warnings, 1); /* the log tells it at once */
	if (strstr(file->why, words) == NULL || strstr(file->why, remedy) == NULL ||
	    strstr(file->why, "ipsec.d/private/bad.p12") == NULL)
		fail_msg("no \"%s\", no \"%s\", or no path in: %s", words, remedy, file->why);
	x509_files_unref(files);
}

static void what_is_wrong_is_told_with_the_remedy(void **state)
{
	static const char entry[] = ": P12 bad.p12 \"secret\"\n";

	(void)state;
	fails(p12_modern, "", "has a password", ": P12 FILE \"password\"");
	fails(p12_modern, ": P12 bad.p12 \"other\"\n", "is wrong", "rereadsecrets");
	fails(p12_two, entry, "2 private keys", "ipsec import");
	fails(p12_keyless, entry, "no private key", "export");
	fails(p12_stranger, entry, "belongs to none", "certificates");
	fails(p12_slow, entry, "5000001", "-iter");
	fails("3003020103", entry, "no PKCS#12 file", "can be read");
}

/* The loop must not wait for a password to be hashed. */
static void it_is_opened_with_the_others_only(void **state)
{
	struct credential *credential;
	struct certificate *certificate;
	struct diag diag = { "" };
	char path[FILE_PATH_MAX];

	(void)state;
	put_p12("late.p12", p12_open);
	path_of("late.p12", path);
	assert_int_equal(x509_credential_load(path, NULL, NULL, trust, &credential, &diag),
			 RC_UNSUPPORTED);
	assert_says(diag, "ipsec rereadall");
	assert_int_equal(x509_certificate_load(path, &certificate, &diag), RC_UNSUPPORTED);
	assert_says(diag, "the certificate alone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_or_a_name_gives_certificate_key_and_chain),
		cmocka_unit_test(an_unchanged_file_keeps_its_key_and_a_changed_one_gets_another),
		cmocka_unit_test(what_is_wrong_is_told_with_the_remedy),
		cmocka_unit_test(it_is_opened_with_the_others_only),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
