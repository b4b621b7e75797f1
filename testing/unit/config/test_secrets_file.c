/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/secrets_private.h"

static struct loaded l;
static struct secrets *secrets;

static void load_secrets(const char *text)
{
	config_errors_init(&l.errors);
	l.rc = secrets_load_text("s", span_make(text, strlen(text)), &secrets, &l.errors);
	report_all(&l);
}

static void done(void)
{
	secrets_free(secrets);
	secrets = NULL;
	config_errors_free(&l.errors);
}

/* "KIND name passphrase file:line", "-" past the end. */
static const char *entry(unsigned index)
{
	static char text[300];
	const struct secrets_file *file = secrets_file_at(secrets, index);

	if (file == NULL)
		return "-";
	(void)snprintf(text, sizeof(text), "%s%s %s %s %s:%u", file->kind, file->pkcs12 ? "+" : "",
		       file->name,
		       file->passphrase.len > 0 ? (const char *)file->passphrase.ptr : "",
		       file->file, file->line);
	return text;
}

static void files_of_keys_are_kept_with_their_passphrases(void **state)
{
	(void)state;
	load_secrets(": RSA moonKey.pem\n"
		     "@moon : ecdsa \"/etc/keys/a b.pem\" \"open sesame\"\n"
		     ": PSK \"x\"\n"
		     ": P12 moon.p12 0x7077\n"
		     ": PKCS12\n\tsun.p12\n\t\"\"\n"
		     ": PKCS8 k 's'\n: ED25519 e\n");
	assert_string_equal(l.report, "");
	assert_int_equal(l.rc, RC_OK);
	assert_int_equal(secrets_count(secrets), 1);
	assert_string_equal(entry(0), "RSA moonKey.pem  s:1");
	assert_string_equal(entry(1), "ECDSA /etc/keys/a b.pem open sesame s:2");
	assert_string_equal(entry(2), "P12+ moon.p12 pw s:4");
	assert_string_equal(entry(3), "P12+ sun.p12  s:5");
	assert_string_equal(entry(4), "PKCS8 k s s:8");
	assert_string_equal(entry(5), "ED25519 e  s:9");
	assert_string_equal(entry(6), "-");
	done();
	assert_null(secrets_file_at(NULL, 0));
}

static void a_passphrase_that_has_to_be_asked_for_is_told(void **state)
{
	(void)state;
	load_secrets(": RSA moonKey.pem %prompt\n: P12 a.p12 \"%prompt\"\n");
	assert_string_equal(l.report,
			    "s:1:19: warning: the RSA entry is not used: a daemon has nobody to "
			    "ask; write the passphrase here in quotes, or use \"ipsec import "
			    "FILE\", which asks\n");
	assert_int_equal(l.rc, RC_OK);
	assert_string_equal(entry(0), "P12+ a.p12 %prompt s:2");
	done();
}

static void what_is_wrong_is_told_without_the_passphrase(void **state)
{
	static const struct {
		const char *text, *report;
	} wrong[] = {
		{ ": RSA\n",
		  "s:1:3: the name of the file with the key is missing or too long (: RSA FILE "
		  "\"passphrase\")\n" },
		{ ": P12 \"\" \"hunter2\"\n",
		  "s:1:3: the name of the file with the key is missing or too long (: P12 FILE "
		  "\"passphrase\")\n" },
		{ ": RSA a hunter2\n",
		  "s:1:9: the passphrase: the key must stand in quotes, or begin with 0x (hex) or "
		  "0s (base64)\n" },
		{ ": RSA a \"hunter2\" hunter2\n", "s:1:19: something follows the passphrase\n" },
		{ ": RSA a \"\" hunter2\n", "s:1:12: something follows the name of the file\n" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		load_secrets(wrong[i].text);
		assert_string_equal(l.report, wrong[i].report);
		assert_int_equal(l.rc, RC_SYNTAX);
		done();
	}
}

static void their_number_is_bounded(void **state)
{
	static char text[(SECRETS_FILES_MAX + 1) * 8 + 1];

	(void)state;
	for (unsigned i = 0; i <= SECRETS_FILES_MAX; i++)
		memcpy(text + (size_t)8 * i, ": RSA a\n", 8);
	load_secrets(text);
	assert_string_equal(l.report, "s:257:3: too many files with keys: at most 256 are read\n");
	assert_int_equal(l.rc, RC_SYNTAX);
	done();
	text[(size_t)8 * SECRETS_FILES_MAX] = '\0';
	load_secrets(text);
	assert_int_equal(l.rc, RC_OK);
	assert_string_equal(entry(SECRETS_FILES_MAX - 1), "RSA a  s:256");
	done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_keys_are_kept_with_their_passphrases),
		cmocka_unit_test(a_passphrase_that_has_to_be_asked_for_is_told),
		cmocka_unit_test(what_is_wrong_is_told_without_the_passphrase),
		cmocka_unit_test(their_number_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
