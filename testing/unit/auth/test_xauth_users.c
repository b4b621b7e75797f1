/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/xauth.h"
#include <string.h>
#include "unit/test.h"

/* "sesame" and "open", as openssl passwd writes them */
#define SESAME                                                                                     \
	"$6$saltsalt$g3uPFdehVnKoLXdidvSAg1zlVgYomPr0X/"                                           \
	"xgdXSBn2LuxZUOGgYW4IULZkguZ77fzYteIur49AGHmF9iek6Sf1"
#define OPEN "$5$saltsalt$4NEBeCMO9KNtDGCX12S.OqmGJOmVMFPPt4vh0LEuNf."

static struct xauth_users *users_of(const char *text)
{
	struct xauth_users *users = NULL;
	struct diag diag = { "" };

	if (xauth_users_parse(span_make(text, strlen(text)), &users, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return users;
}

static enum rc compared(const struct xauth_users *users, const char *name, const char *conn,
			const char *password, struct xauth_check *check)
{
	struct diag diag;

	assert_int_equal(xauth_check_begin(users, span_make(name, strlen(name)), conn,
					   span_make(password, strlen(password)), check, &diag),
			 RC_OK);
	return xauth_check_run(check, 0, &diag);
}

static bool lets_in(const struct xauth_users *users, const char *name, const char *conn,
		    const char *password)
{
	struct xauth_check check;

	assert_int_equal(compared(users, name, conn, password, &check), RC_OK);
	assert_null(check.password.ptr);
	return check.correct;
}

static void the_right_password_of_the_right_user_is_let_in(void **state)
{
	struct xauth_users *users =
		users_of("# who may come\n\nalice:" SESAME "\nbob:" OPEN "\r\n");

	(void)state;
	assert_int_equal(xauth_users_count(users), 2);
	assert_true(lets_in(users, "alice", "t", "sesame"));
	assert_true(lets_in(users, "bob", "t", "open"));
	assert_false(lets_in(users, "alice", "t", "open"));
	assert_false(lets_in(users, "alice", "t", "sesam"));
	assert_false(lets_in(users, "alice", "t", ""));
	assert_false(lets_in(users, "alic", "t", "sesame"));
	assert_false(lets_in(users, "", "t", "sesame"));
	xauth_users_free(users);
}

/* Whoever it is compared with: alice's password lets in nobody but alice. */
static void the_password_of_another_user_is_none(void **state)
{
	struct xauth_users *users = users_of("alice:" SESAME "\n");

	(void)state;
	assert_false(lets_in(users, "mallory", "t", "sesame"));
	assert_false(lets_in(NULL, "alice", "t", "sesame"));
	xauth_users_free(users);
}

static void a_user_of_one_conn_may_use_that_one_alone(void **state)
{
	struct xauth_users *users =
		users_of("alice:" SESAME ":office\nalice:" OPEN ":lab\nbob:" OPEN ":\n");

	(void)state;
	assert_true(lets_in(users, "alice", "office", "sesame"));
	assert_true(lets_in(users, "alice", "lab", "open"));
	assert_false(lets_in(users, "alice", "lab", "sesame"));
	assert_false(lets_in(users, "alice", "home", "sesame"));
	assert_true(lets_in(users, "bob", "home", "open"));
	xauth_users_free(users);
}

static void a_hash_that_nobody_knows_is_told_and_lets_nobody_in(void **state)
{
	struct xauth_users *users = users_of("alice:$77$what\nbob:*\n");
	struct xauth_check check;

	(void)state;
	assert_int_equal(compared(users, "alice", "t", "sesame", &check), RC_UNSUPPORTED);
	assert_false(check.correct);
	assert_int_equal(compared(users, "bob", "t", "*", &check), RC_UNSUPPORTED);
	assert_false(check.correct);
	assert_int_equal(compared(users, "eve", "t", "sesame", &check), RC_OK); /* unknown */
	assert_false(check.correct);
	xauth_users_free(users);
}

static void lines_that_are_none_are_named(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "alice:" SESAME "\nbob\n", "line 2: expected user:hash" },
		{ ":" SESAME, "line 1: expected" },
		{ "alice:\n", "line 1: expected" },
		{ "alice:" SESAME ":t:10.9.0.7\n", "line 1: something follows the conn" },
	};
	struct xauth_users *users;
	struct diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct span text = span_make(bad[i].text, strlen(bad[i].text));
		assert_int_equal(xauth_users_parse(text, &users, &diag), RC_SYNTAX);
		if (strstr(diag.text, bad[i].says) == NULL)
			fail_msg("%s", diag.text);
	}
	assert_int_equal(xauth_users_parse(span_make("a\0b:x\n", 6), &users, &diag), RC_SYNTAX);
}

static void what_is_longer_than_any_is_refused_unread(void **state)
{
	char name[XAUTH_NAME_MAX + 1], password[XAUTH_PASSWORD_MAX + 1];
	char line[XAUTH_HASH_MAX + 16] = "alice:";
	struct xauth_users *users;
	struct xauth_check check;
	struct diag diag;

	(void)state;
	memset(name, 'a', sizeof(name));
	memset(password, 'a', sizeof(password));
	assert_int_equal(
		xauth_check_begin(NULL, SPAN_OF(name), "t", span_make("a", 1), &check, &diag),
		RC_LIMIT);
	assert_int_equal(
		xauth_check_begin(NULL, span_make("a", 1), "t", SPAN_OF(password), &check, &diag),
		RC_LIMIT);
	assert_int_equal(xauth_check_begin(NULL, span_make("a", 1), "t", span_make("a\0b", 3),
					   &check, &diag),
			 RC_SYNTAX);
	assert_null(check.password.ptr);
	memset(line + 6, 'x', XAUTH_HASH_MAX);
	assert_int_equal(xauth_users_parse(span_make(line, 6 + XAUTH_HASH_MAX), &users, &diag),
			 RC_LIMIT);
}

static void without_memory_nobody_is_let_in_and_nothing_is_lost(void **state)
{
	static const char text[] = "alice:" SESAME ":t\n";
	struct xauth_users *users = NULL;
	struct diag diag;
	uint64_t nth = 1;

	(void)state;
	for (;; nth++) {
		enum rc rc;
		mem_fail_nth(nth);
		rc = xauth_users_parse(span_make(text, sizeof(text) - 1), &users, &diag);
		mem_fail_nth(0);
		if (rc == RC_OK)
			break;
		assert_int_equal(rc, RC_NO_MEMORY);
	}
	assert_true(nth > 4);
	xauth_users_free(users);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_password_of_the_right_user_is_let_in),
		cmocka_unit_test(the_password_of_another_user_is_none),
		cmocka_unit_test(a_user_of_one_conn_may_use_that_one_alone),
		cmocka_unit_test(a_hash_that_nobody_knows_is_told_and_lets_nobody_in),
		cmocka_unit_test(lines_that_are_none_are_named),
		cmocka_unit_test(what_is_longer_than_any_is_refused_unread),
		cmocka_unit_test(without_memory_nobody_is_let_in_and_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
