/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "config_test.h"
#include "config/secrets_private.h"

static struct loaded l;
static struct secrets *secrets;

static void load_secrets(const char *text, size_t len)
{
	config_errors_init(&l.errors);
	l.rc = secrets_load_text("s", span_make(text, len), &secrets, &l.errors);
	report_all(&l);
}

static void done(void)
{
	secrets_free(secrets);
	secrets = NULL;
	config_errors_free(&l.errors);
}

static void assert_report(const char *text, unsigned count, const char *report)
{
	load_secrets(text, strlen(text));
	assert_string_equal(l.report, report);
	if (l.rc == RC_OK)
		assert_int_equal(secrets_count(secrets), count);
	else
		assert_null(secrets);
	done();
}

/* "ids : key" of each entry */
static const char *entry_text(unsigned number)
{
	static char text[400];
	char id[IDENTITY_TEXT_MAX];
	const struct secrets_entry *e = &secrets->entries[number];
	size_t used = 0;
	for (unsigned i = 0; i < e->pattern_count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s ",
					 identity_text(&e->patterns[i].id, id));
	snprintf(text + used, sizeof(text) - used, ": %.*s", (int)e->psk.len,
		 (const char *)e->psk.ptr);
	return text;
}

static void entries_of_every_form_are_read(void **state)
{
	static const char text[] =
		"# comment\n@a @b : PSK \"one two\" # it\n\n192.0.2.1 2001:db8::1 : psk 'th\"ree'\n"
		": PSK 0x666f7572\n\"C=CH, O=x\" %any: : PSK 0sZml2ZQ==\n";
	static const char good[] =
		"# comment\r\n@a @b : PSK \"one two\" # it\r\n\r\n192.0.2.1\t2001:db8::1 : psk "
		"'th\"ree'\r\n: PSK 0x666f7572\n\"C=CH, O=x\" %any : PSK 0sZml2ZQ==\n"
		"user@example.org\n\t@[key]\n\t: PSK\n\t\"six\"";
	char whom[60];
	const char *file;
	unsigned line;
	(void)state;
	load_secrets(good, sizeof(good) - 1);
	assert_string_equal(l.report, "");
	assert_int_equal(secrets_count(secrets), 5);
	assert_string_equal(entry_text(0), "@a @b : one two");
	assert_true(secrets_describe(secrets, 1, whom, sizeof(whom), &file, &line));
	assert_string_equal(whom, "192.0.2.1 2001:db8::1");
	assert_int_equal(line, 4);
	assert_true(secrets_describe(secrets, 2, whom, sizeof(whom), &file, &line));
	assert_string_equal(whom, "everybody");
	assert_false(secrets_describe(secrets, 5, whom, sizeof(whom), &file, &line));
	assert_string_equal(entry_text(1), "192.0.2.1 2001:db8::1 : th\"ree");
	assert_string_equal(entry_text(2), ": four");
	assert_string_equal(entry_text(3), "C=CH, O=x %any : five");
	assert_string_equal(entry_text(4), "user@example.org @[key] : six");
	done();
	load_secrets(text, sizeof(text) - 1);
	assert_int_equal(l.rc, RC_SYNTAX); /* "%any:" */
	done();
}

/* As Amazon's guide for customers' gateways has it, and many after it. */
static void a_colon_may_follow_an_identity_at_once(void **state)
{
	static const char text[] = "192.0.2.1 198.51.100.7: PSK \"one\"\n@a: PSK 'two'\n"
				   "fd00::1 fd00:: : PSK \"three\"\n\"C=CH, O=x\": PSK \"four\"\n"
				   "@b:\n\tPSK \"five\"\n";
	(void)state;
	load_secrets(text, sizeof(text) - 1);
	assert_string_equal(l.report, "");
	assert_int_equal(secrets_count(secrets), 5);
	assert_string_equal(entry_text(0), "192.0.2.1 198.51.100.7 : one");
	assert_string_equal(entry_text(1), "@a : two");
	assert_string_equal(entry_text(2), "fd00::1 fd00:: : three");
	assert_string_equal(entry_text(3), "C=CH, O=x : four");
	assert_string_equal(entry_text(4), "@b : five");
	done();
}

static void errors_have_their_place(void **state)
{
	(void)state;
	assert_report("@a @b PSK \"x\"\n", 0,
		      "s:1:1: \" : \" is missing (an entry is: identities : PSK \"key\", with "
		      "a blank behind the "
		      "colon; lines below it must be indented)\n");
	assert_report("@a : PSK \"x\n", 0,
		      "s:1:10: the closing \" is missing on this line\ns:1:10: the key is empty\n");
	assert_report(
		"@a : PSK hunter2\n", 0,
		"s:1:10: the key must stand in quotes, or begin with 0x (hex) or 0s (base64)\n");
	assert_report("@a : PKS \"x\"\n", 0,
		      "s:1:6: the kind of the secret is missing or unknown (did you mean "
		      "\"PSK\"?)\n");
	assert_report("@a : \"x\"\n", 0,
		      "s:1:6: the kind of the secret is missing or unknown (write PSK before a "
		      "preshared key)\n");
	assert_report("@a : PSK\n@b : PSK \"y\"\n", 0, "s:1:6: the key after PSK is missing\n");
	assert_report("@a :\n", 0, "s:1:4: PSK and the key are missing after \":\"\n");
	assert_report("@a : PSK \"x\" \"y\"\n", 0, "s:1:14: something follows the key\n");
	assert_report(" @a : PSK \"x\"\n", 0,
		      "s:1:2: the line is indented, but no entry is above it\n");
	assert_report("10.0.0.300 : PSK \"x\"\n@b @#6 : PSK \"x\"\n", 0,
		      "s:1:1: \"10.0.0.300\" is not an IP address (to use it as a name, write "
		      "@10.0.0.300)\n"
		      "s:2:4: \"6\" is not an even number of hex digits (at most 2048)\n");
	assert_report("include other\n", 0,
		      "s:1:9: include: not possible here: the text is not a file\n");
	assert_report("include\n", 0, "s:2:1: include: the file name is missing or too long\n");
}

static void no_message_repeats_a_key(void **state)
{
	static const char *const texts[] = { "@a : PSK hunter2\n",
					     "@a : hunter2\n",
					     "@a : \"hunter2\"\n",
					     "@a PSK hunter2\n",
					     "@a : PSK 0xhunter2\n",
					     "@a : PSK 0shunter2!\n",
					     "@a : PSK \"x\" hunter2\n",
					     "@a : PSK \"hunter2\n",
					     "@a : PSK hunter2\"\n",
					     "PSK \"hunter2\"\n",
					     NULL };
	(void)state;
	for (unsigned i = 0; texts[i] != NULL; i++) {
		load_secrets(texts[i], strlen(texts[i]));
		assert_int_equal(l.rc, RC_SYNTAX);
		assert_null(strstr(l.report, "hunter2"));
		done();
	}
}

static void other_kinds_are_kept_for_later(void **state)
{
	(void)state;
	assert_report("carol : EAP \"x\"\n@a @b : PSK \"y\"\n: RSA {\n\tModulus: 0x00\n\t}\n", 1,
		      "s:1:9: warning: EAP entries are not used: it is kept for a later version\n"
		      "s:3:3: warning: a key written out is not used: put it into a file (: RSA "
		      "FILE), or use \"ipsec import FILE\"\n");
}

static void control_characters_are_errors(void **state)
{
	static const char text[] = "@a : PSK \"x\0y\"\n";
	(void)state;
	load_secrets(text, sizeof(text) - 1);
	assert_non_null(strstr(l.report, "s:1:12: a NUL byte (0x00) in the line"));
	assert_int_equal(l.rc, RC_SYNTAX);
	done();
}

static void an_entry_that_an_earlier_one_hides_is_told(void **state)
{
	(void)state;
	assert_report("@a @b : PSK \"x\"\n@B @A : PSK \"y\"\n", 2,
		      "s:2: warning: the entry is never used: one with the same identities and "
		      "another key is "
		      "in s:1\n");
	assert_report("@a @b : PSK \"x\"\n@b @a : PSK \"x\"\n", 2, "");
	assert_report(": PSK \"x\"\n: PSK \"y\"\n", 2,
		      "s:2: warning: the entry is never used: one with the same identities and "
		      "another key is "
		      "in s:1\n");
	assert_report("@a %any : PSK \"x\"\n@a %any6 : PSK \"y\"\n", 2, "");
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void files_include_files_with_their_permissions_checked(void **state)
{
	char folder[] = "/tmp/vanth-secrets-XXXXXX", main_path[64], part[64];
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(main_path, sizeof(main_path), "%s/main", folder);
	snprintf(part, sizeof(part), "%s/part.secrets", folder);
	write_file(main_path, "@a : PSK \"x\"\ninclude *.secrets\n@c : PSK \"z\"\n", 0600);
	write_file(part, "@b : PSK \"y\"\n", 0600);
	config_errors_init(&l.errors);
	assert_int_equal(secrets_load(main_path, false, &secrets, &l.errors), RC_OK);
	assert_int_equal(secrets_count(secrets), 3);
	assert_string_equal(entry_text(1), "@b : y");
	assert_string_equal(entry_text(2), "@c : z");
	done();
	assert_int_equal(chmod(part, 0640), 0);
	assert_int_equal(secrets_load(main_path, false, &secrets, &l.errors), RC_SYNTAX);
	report_all(&l);
	assert_non_null(strstr(l.report, "main:2:9: include: "));
	assert_non_null(strstr(l.report,
			       "others than its owner may access it (mode 640): keys in it may be "
			       "known to them; chmod 600 "));
	done();
	assert_int_equal(secrets_load(main_path, true, &secrets, &l.errors), RC_OK);
	done();
	assert_int_equal(chmod(main_path, 0604), 0);
	assert_int_equal(secrets_load(main_path, false, &secrets, &l.errors), RC_PERMISSION);
	done();
	unlink(main_path);
	unlink(part);
	assert_int_equal(secrets_load(main_path, false, &secrets, &l.errors), RC_IO);
	done();
	rmdir(folder);
}

static const char sample[] =
	"@a @b : PSK \"one\"\n\t# c\n*.example.org %any : PSK 0x0102\n%any6 : PSK 0sAQID\n"
	"\"CN=x, O=y\"\n : RSA {\n  a: b\n }\n: PSK 'z'\n: P12 gw.p12 \"pw\"\n@a : PPKS \"id\" "
	"0x0102\n";

static void try_sample(const char *text, size_t len)
{
	load_secrets(text, len);
	assert_int_equal(l.rc == RC_OK, secrets != NULL);
	assert_int_equal(l.rc == RC_OK, l.errors.errors == 0);
	done();
}

static void every_cut_and_flipped_bit_gives_a_result_or_an_error(void **state)
{
	char text[sizeof(sample)];
	(void)state;
	for (size_t len = 0; len < sizeof(sample); len++)
		try_sample(sample, len);
	for (size_t bit = 0; bit < 8 * (sizeof(sample) - 1); bit++) {
		memcpy(text, sample, sizeof(text));
		text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
		try_sample(text, sizeof(text) - 1);
	}
}

static void no_failed_allocation_crashes_or_leaks(void **state)
{
	unsigned failed = 0;
	(void)state;
	for (unsigned n = 1; n < 100; n++) {
		mem_fail_nth(n);
		config_errors_init(&l.errors);
		l.rc = secrets_load_text("s", span_make(sample, sizeof(sample) - 1), &secrets,
					 &l.errors);
		mem_fail_nth(0);
		assert_true(l.rc == RC_OK || l.rc == RC_NO_MEMORY);
		assert_int_equal(l.rc == RC_OK, secrets != NULL);
		failed += l.rc == RC_NO_MEMORY;
		done();
	}
	assert_true(failed > 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_of_every_form_are_read),
		cmocka_unit_test(a_colon_may_follow_an_identity_at_once),
		cmocka_unit_test(errors_have_their_place),
		cmocka_unit_test(no_message_repeats_a_key),
		cmocka_unit_test(other_kinds_are_kept_for_later),
		cmocka_unit_test(control_characters_are_errors),
		cmocka_unit_test(an_entry_that_an_earlier_one_hides_is_told),
		cmocka_unit_test(files_include_files_with_their_permissions_checked),
		cmocka_unit_test(every_cut_and_flipped_bit_gives_a_result_or_an_error),
		cmocka_unit_test(no_failed_allocation_crashes_or_leaks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
