/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"

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

static bool password_is(const char *user, const char *password)
{
	struct span found = SPAN_NONE;
	enum rc rc = secrets_xauth(secrets, user, &found);

	if (password == NULL)
		return rc == RC_NOT_FOUND && found.ptr == NULL;
	return rc == RC_OK && span_equal_text(found, password);
}

static void a_user_has_his_password_however_he_is_spelled(void **state)
{
	(void)state;
	load_secrets("@alice : XAUTH \"one\"\nbob : xauth \"two\"\ncarol@example.org : XAUTH 0x33\n"
		     "\"@[dave smith]\" %any : XAUTH \"four\"\n");
	assert_string_equal(l.report, "");
	assert_true(password_is("alice", "one"));
	assert_true(password_is("bob", "two"));
	assert_true(password_is("carol@example.org", "3"));
	assert_true(password_is("dave smith", "four"));
	assert_true(password_is("Alice", NULL));
	assert_true(password_is("nobody", NULL));
	assert_int_equal(secrets_count(secrets), 0); /* of PSKs */
	done();
}

static void who_is_named_comes_before_everybody(void **state)
{
	(void)state;
	load_secrets(": XAUTH \"all\"\nalice : XAUTH \"hers\"\n: XAUTH \"later\"\n");
	assert_true(password_is("alice", "hers"));
	assert_true(password_is("bob", "all"));
	done();
}

static void an_entry_that_cannot_be_read_is_told_with_its_place(void **state)
{
	(void)state;
	load_secrets("alice : XAUTH\n");
	assert_string_equal(l.report,
			    "s:1:9: the password of the user is missing (: XAUTH \"password\")\n");
	done();
	load_secrets("alice : XAUTH \"a\" \"b\"\n");
	assert_string_equal(l.report, "s:1:19: something follows the password\n");
	done();
	assert_int_equal(secrets_xauth(NULL, "alice", &(struct span){ NULL, 0 }), RC_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_has_his_password_however_he_is_spelled),
		cmocka_unit_test(who_is_named_comes_before_everybody),
		cmocka_unit_test(an_entry_that_cannot_be_read_is_told_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
