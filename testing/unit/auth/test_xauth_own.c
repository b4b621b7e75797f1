/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/xauth.h"
#include <stdio.h>
#include <string.h>
#include "unit/test.h"

static struct diag diag;

/* What we would say as that user; NULL: nothing. */
static const char *said(const char *username, const char *secrets_text,
			const struct peer_login *login, char text[100])
{
	char user[20] = "";
	struct config_conn conn = { .name = (char[]){ "t" },
				    .left = { .xauthclient = true, .username = NULL } };
	struct peer peer = { .conn = &conn,
			     .left_is_local = true,
			     .login = (struct peer_login *)(uintptr_t)login };
	struct secrets *secrets = NULL;
	struct config_errors errors;
	struct span name, password;
	enum rc rc;

	config_errors_init(&errors);
	if (username != NULL)
		conn.left.username = strcpy(user, username);
	assert_int_equal(secrets_load_text("s", span_make(secrets_text, strlen(secrets_text)),
					   &secrets, &errors),
			 RC_OK);
	rc = xauth_own(secrets, &peer, &name, &password, &diag);
	if (rc == RC_OK)
		(void)snprintf(text, 100, "%.*s/%.*s", (int)name.len, (const char *)name.ptr,
			       (int)password.len, (const char *)password.ptr);
	secrets_free(secrets);
	config_errors_free(&errors);
	return rc == RC_OK ? text : NULL;
}

static void the_conn_says_who_and_the_secrets_the_password(void **state)
{
	char text[100];

	(void)state;
	assert_string_equal(said("alice", "alice : XAUTH \"one\"\n", NULL, text), "alice/one");
}

static void the_operator_comes_before_both(void **state)
{
	struct peer_login login = { .name = "bob" };
	char text[100];

	(void)state;
	assert_int_equal(secret_set(&login.password, span_make("two", 3)), RC_OK);
	assert_string_equal(said("alice", "alice : XAUTH \"one\"\n", &login, text), "bob/two");
	login.name[0] = '\0';
	assert_string_equal(said("alice", "alice : XAUTH \"one\"\n", &login, text), "alice/two");
	secret_wipe(&login.password);
}

static void what_is_missing_is_told(void **state)
{
	char text[100];

	(void)state;
	assert_null(said(NULL, ": XAUTH \"one\"\n", NULL, text));
	assert_non_null(strstr(diag.text, "conn t names none (username=)"));
	assert_null(said("alice", "bob : XAUTH \"one\"\n", NULL, text));
	assert_non_null(strstr(diag.text, "alice : XAUTH \"password\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_conn_says_who_and_the_secrets_the_password),
		cmocka_unit_test(the_operator_comes_before_both),
		cmocka_unit_test(what_is_missing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
