/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/xauth.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "unit/test.h"

/* "open", as openssl passwd writes it */
#define OPEN "$5$saltsalt$4NEBeCMO9KNtDGCX12S.OqmGJOmVMFPPt4vh0LEuNf."

static char folder[40]; /* with a slash behind it */
static struct diag diag;

static void write_users(const char *text)
{
	char path[80];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%sipsec.d/passwd", folder);
	(void)unlink(path);
	if (text == NULL)
		return;
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int begin(void **state)
{
	char path[80];

	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/vanth-login-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return 1;
	(void)strcat(folder, "/");
	(void)snprintf(path, sizeof(path), "%sipsec.d", folder);
	return mkdir(path, 0700);
}

static int end(void **state)
{
	char path[80];

	(void)state;
	write_users(NULL);
	(void)snprintf(path, sizeof(path), "%sipsec.d", folder);
	return rmdir(path) | rmdir(folder);
}

static struct span text(const char *s)
{
	return span_make(s, strlen(s));
}

static enum rc login(enum config_xauthby by, const char *name, const char *password, bool *correct)
{
	struct xauth_login login;
	enum rc rc =
		xauth_login_begin(by, folder, "office", text(name), text(password), &login, &diag);

	assert_int_equal(rc, RC_OK);
	assert_string_equal(login.name, name);
	rc = xauth_login_run(&login, 0, &diag);
	assert_null(login.password.ptr);
	assert_null(login.file);
	*correct = login.correct;
	return rc;
}

static bool lets_in(const char *name, const char *password)
{
	bool correct = false;

	assert_int_equal(login(XAUTHBY_FILE, name, password, &correct), RC_OK);
	return correct;
}

static void the_password_file_decides(void **state)
{
	(void)state;
	write_users("alice:" OPEN "\nbob:" OPEN ":other\n");
	assert_true(lets_in("alice", "open"));
	assert_false(lets_in("alice", "opens"));
	assert_false(lets_in("alice", ""));
	assert_false(lets_in("bob", "open"));
	assert_false(lets_in("nobody", "open"));
	write_users("");
	assert_false(lets_in("alice", "open"));
}

static void a_file_that_tells_nothing_is_an_error_and_no_refusal(void **state)
{
	bool correct;

	(void)state;
	write_users(NULL);
	assert_int_equal(login(XAUTHBY_FILE, "alice", "open", &correct), RC_IO);
	assert_non_null(strstr(diag.text, "ipsec.d/passwd cannot be read: No such file"));
	assert_false(correct);
	write_users("alice\n");
	assert_int_equal(login(XAUTHBY_FILE, "alice", "open", &correct), RC_SYNTAX);
	assert_non_null(strstr(diag.text, "passwd: line 1"));
	assert_false(correct);
}

static void others_decide_where_the_conn_says_so(void **state)
{
	bool correct;

	(void)state;
	assert_int_equal(login(XAUTHBY_ALWAYSOK, "anybody", "", &correct), RC_OK);
	assert_true(correct);
}

static enum rc said(struct span name, struct span password)
{
	struct xauth_login login;
	enum rc rc = xauth_login_begin(XAUTHBY_FILE, NULL, "office", name, password, &login, &diag);

	if (rc == RC_OK)
		xauth_login_drop(&login);
	return rc;
}

static void what_no_user_says_is_refused_before_anybody_is_asked(void **state)
{
	static const char name[XAUTH_NAME_MAX + 1] = { 'a' };
	char long_text[XAUTH_PASSWORD_MAX + 1];

	(void)state;
	memset(long_text, 'a', sizeof(long_text));
	assert_int_equal(said(text("alice"), text("")), RC_OK);
	assert_int_equal(said(span_make(long_text, XAUTH_NAME_MAX),
			      span_make(long_text, XAUTH_PASSWORD_MAX)),
			 RC_OK);
	assert_int_equal(said(span_make(long_text, sizeof(name)), text("open")), RC_LIMIT);
	assert_int_equal(said(text("alice"), SPAN_OF(long_text)), RC_LIMIT);
	assert_int_equal(said(SPAN_NONE, text("open")), RC_SYNTAX);
	assert_int_equal(said(text("al\nice"), text("open")), RC_SYNTAX);
	assert_int_equal(said(SPAN_OF("alice"), text("open")), RC_SYNTAX); /* NUL */
	assert_int_equal(said(text("alice"), SPAN_OF("open")), RC_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_password_file_decides),
		cmocka_unit_test(a_file_that_tells_nothing_is_an_error_and_no_refusal),
		cmocka_unit_test(others_decide_where_the_conn_says_so),
		cmocka_unit_test(what_no_user_says_is_refused_before_anybody_is_asked),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
