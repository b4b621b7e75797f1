/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/keywords.h"
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

/* "id=key" for these, "-" for none; id NULL: any. */
static const char *ppk(const char *local, const char *remote, const char *id)
{
	static char text[100], id_text[PPK_ID_TEXT_MAX];
	struct identity ids[2];
	struct ip_addr none = { 0 };
	struct span found, key;
	struct diag diag;
	enum rc rc;

	assert_int_equal(identity_parse(local, &ids[0], NULL), RC_OK);
	assert_int_equal(identity_parse(remote, &ids[1], NULL), RC_OK);
	rc = secrets_ppk(secrets, &ids[0], &none, &ids[1], &none,
			 id != NULL ? span_make(id, strlen(id)) : SPAN_NONE, &found, &key, &diag);
	identity_free(&ids[0]);
	identity_free(&ids[1]);
	if (rc != RC_OK) {
		assert_int_equal(rc, RC_NOT_FOUND);
		assert_int_equal(key.len, 0);
		return "-";
	}
	snprintf(text, sizeof(text), "%s=%.*s", ppk_id_text(found, id_text), (int)key.len,
		 (const char *)key.ptr);
	return text;
}

static void the_entry_that_names_both_ends_best_is_taken(void **state)
{
	(void)state;
	load_secrets(": PPKS all \"k\"\n");
	assert_string_equal(l.report, "s:1:8: the ID of the PPK: the key must stand in quotes, or "
				      "begin with 0x (hex) or 0s (base64)\n");
	done();
	load_secrets(
		": PPKS \"all\" \"k0\"\n@a @b : PPKS \"ab\" \"k1\"\n"
		"@a @b : ppks \"ab2\" 0x6b32\n@a %any : PPK 0x0001 0sazM=\n@a @b : PSK \"p\"\n");
	assert_string_equal(l.report, "");
	assert_int_equal(secrets_count(secrets), 1); /* of PSKs */
	assert_true(secrets_have_ppk(secrets));
	assert_string_equal(ppk("@a", "@b", NULL), "\"ab\"=k1");
	assert_string_equal(ppk("@b", "@a", NULL), "\"ab\"=k1");
	assert_string_equal(ppk("@a", "@c", NULL), "0x0001=k3");
	assert_string_equal(ppk("@d", "@c", NULL), "\"all\"=k0");
	done();
}

static void an_id_is_looked_up_among_the_entries_for_these_ends(void **state)
{
	(void)state;
	load_secrets("@a @b : PPKS \"x\" \"k1\"\n@a @c : PPKS \"x\" \"k2\"\n@a @b : PPKS \"y\" "
		     "\"k3\"\n");
	assert_string_equal(ppk("@a", "@b", "x"), "\"x\"=k1");
	assert_string_equal(ppk("@a", "@c", "x"), "\"x\"=k2");
	assert_string_equal(ppk("@a", "@b", "y"), "\"y\"=k3");
	assert_string_equal(ppk("@a", "@c", "y"), "-");
	assert_string_equal(ppk("@a", "@b", "X"), "-");
	assert_string_equal(ppk("@e", "@f", NULL), "-");
	done();
}

static void errors_have_their_place_and_repeat_no_key(void **state)
{
	char text[2048] = "@a : PPKS 0x";

	(void)state;
	load_secrets("@a : PPKS\n");
	assert_string_equal(
		l.report, "s:1:6: the ID of the PPK is missing (: PPKS \"its ID\" \"the key\")\n");
	done();
	load_secrets("@a : PPKS \"x\"\n");
	assert_string_equal(
		l.report, "s:1:6: the key of the PPK is missing (: PPKS \"its ID\" \"the key\")\n");
	done();
	load_secrets("@a : PPKS \"x\" hunter2\n");
	assert_string_equal(l.report,
			    "s:1:15: the key of the PPK: the key must stand in quotes, or "
			    "begin with 0x (hex) or 0s (base64)\n");
	done();
	load_secrets("@a : PPKS \"x\" \"y\" hunter2\n");
	assert_string_equal(l.report, "s:1:19: something follows the key\n");
	done();
	for (unsigned i = 0; i < PPK_ID_MAX + 1; i++)
		strcat(text, "41");
	strcat(text, " \"y\"\n");
	load_secrets(text);
	assert_string_equal(l.report, "s:1:11: the ID of a PPK has at most 255 bytes\n");
	done();
}

static void ppk_ids_are_words_or_hex(void **state)
{
	struct config_conn conn = { .name = NULL };
	struct finding finding = { 0 };
	uint8_t id[PPK_ID_MAX];

	(void)state;
	assert_int_equal(config_ppk_id(&conn, 0, id), 0);
	assert_int_equal(field_ppk_ids("one, 0x00ff,three", &conn, &finding), RC_OK);
	assert_int_equal(config_ppk_id(&conn, 0, id), 3);
	assert_memory_equal(id, "one", 3);
	assert_int_equal(config_ppk_id(&conn, 1, id), 2);
	assert_memory_equal(id, "\0\xff", 2);
	assert_int_equal(config_ppk_id(&conn, 2, id), 5);
	assert_int_equal(config_ppk_id(&conn, 3, id), 0);
	assert_int_equal(field_ppk_ids("one,0x0", &conn, &finding), RC_SYNTAX);
	assert_int_equal(finding.column, 4);
	assert_int_equal(field_ppk_ids(" , ", &conn, &finding), RC_SYNTAX);
	assert_int_equal(config_ppk_id(&conn, 2, id), 5); /* as before */
	mem_free(conn.ppk_ids);
}

static void an_id_that_is_not_plain_is_told_in_hex(void **state)
{
	char text[PPK_ID_TEXT_MAX];
	uint8_t bytes[PPK_ID_MAX];

	(void)state;
	assert_string_equal(ppk_id_text(span_make("a b", 3), text), "0x612062");
	assert_string_equal(ppk_id_text(span_make("a\"b", 3), text), "0x612262");
	assert_string_equal(ppk_id_text(SPAN_NONE, text), "0x");
	memset(bytes, 0xab, sizeof(bytes));
	ppk_id_text(SPAN_OF(bytes), text);
	assert_int_equal(strlen(text), PPK_ID_TEXT_MAX - 3);
	assert_string_equal(text + strlen(text) - 5, "ab...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_entry_that_names_both_ends_best_is_taken),
		cmocka_unit_test(an_id_is_looked_up_among_the_entries_for_these_ends),
		cmocka_unit_test(errors_have_their_place_and_repeat_no_key),
		cmocka_unit_test(ppk_ids_are_words_or_hex),
		cmocka_unit_test(an_id_that_is_not_plain_is_told_in_hex),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
