/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/xauth_pam.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "auth/xauth.h"
#include "host/virtual.h"
#include "unit/test.h"

/* A gateway whose PAM knows "road" with "sesame"; other users make it do other things. */
struct office {
	struct world *world;
	struct xauth_pam *pam;
	unsigned started, ready;
	char last_remote[IP_TEXT_MAX], last_user[300];
};

static void play(void *context, struct host *host, const struct spawn_request *request,
		 struct world_program *program)
{
	struct office *office = context;
	struct pam_login login;

	(void)host;
	assert_string_equal(request->argv[0], "xauth-pam");
	assert_int_equal(pam_login_read(request->input, &login), RC_OK);
	(void)snprintf(office->last_remote, sizeof(office->last_remote), "%s", login.remote);
	(void)snprintf(office->last_user, sizeof(office->last_user), "%s", login.user);
	office->started++;
	*program = (struct world_program){ SPAWN_EXITED, PAM_SAYS_NO, USEC_PER_SEC,
					   "Authentication failure\n" };
	if (strcmp(login.user, "broken") == 0)
		program->code = PAM_IS_BROKEN;
	else if (strcmp(login.user, "slow") == 0)
		program->takes = 3600 * USEC_PER_SEC;
	else if (strcmp(login.user, "crash") == 0)
		*program = (struct world_program){ SPAWN_SIGNALLED, SIGSEGV, 0, NULL };
	else if (strcmp(login.user, "road") == 0 && strcmp(login.password, "sesame") == 0)
		program->code = PAM_SAYS_YES;
}

static void begin(struct office *office)
{
	*office = (struct office){ .world = world_new(1) };
	assert_int_equal(
		xauth_pam_new(world_host(office->world, "office"), "xauth-pam", &office->pam),
		RC_OK);
	world_on_spawn(office->world, play, office);
}

static void end(struct office *office)
{
	xauth_pam_free(office->pam);
	world_free(office->world);
}

static void count_ready(void *context)
{
	struct office *office = context;

	office->ready++;
}

static enum rc ask(struct office *office, const char *user, const char *password,
		   struct xauth_ask **out, struct diag *diag)
{
	struct xauth_question question = { span_make(user, strlen(user)),
					   span_make(password, strlen(password)),
					   { .family = AF_UNSPEC } };

	assert_int_equal(ip_parse("192.0.2.7", &question.remote), RC_OK);
	return xauth_pam_ask(office->pam, &question, count_ready, office, out, diag);
}

static struct xauth_ask *must_ask(struct office *office, const char *user, const char *password)
{
	struct xauth_ask *out = NULL;
	struct diag diag = { "" };

	assert_int_equal(ask(office, user, password, &out, &diag), RC_OK);
	return out;
}

static enum rc answered(struct office *office, const char *user, const char *password,
			struct diag *diag)
{
	struct xauth_ask *one = must_ask(office, user, password);
	enum rc rc;

	diag->text[0] = '\0';
	assert_int_equal(xauth_pam_answer(one, diag), RC_SUSPEND);
	world_run(office->world, XAUTH_PAM_LIMIT + USEC_PER_SEC);
	assert_int_equal(office->ready, 1);
	office->ready = 0;
	rc = xauth_pam_answer(one, diag);
	xauth_ask_free(one);
	return rc;
}

static void what_pam_says_is_the_answer(void **state)
{
	struct office office;
	struct diag diag;

	(void)state;
	begin(&office);
	assert_int_equal(answered(&office, "road", "sesame", &diag), RC_OK);
	assert_string_equal(office.last_remote, "192.0.2.7");
	assert_int_equal(answered(&office, "road", "open", &diag), RC_AUTH_FAILED);
	assert_string_equal(diag.text, "PAM says: Authentication failure");
	assert_int_equal(answered(&office, "nobody", "sesame", &diag), RC_AUTH_FAILED);
	assert_int_equal(office.started, 3);
	end(&office);
}

static void whatever_goes_wrong_lets_nobody_in(void **state)
{
	struct office office;
	struct diag diag;

	(void)state;
	begin(&office);
	assert_int_equal(answered(&office, "broken", "sesame", &diag), RC_IO);
	assert_non_null(strstr(diag.text, "PAM cannot be asked"));
	assert_int_equal(answered(&office, "crash", "sesame", &diag), RC_IO);
	assert_non_null(strstr(diag.text, "ended by signal 11"));
	assert_int_equal(answered(&office, "slow", "sesame", &diag), RC_TIMEOUT);
	world_on_spawn(office.world, NULL, NULL);
	assert_int_equal(answered(&office, "road", "sesame", &diag), RC_IO);
	assert_non_null(strstr(diag.text, "cannot be started"));
	end(&office);
}

static void names_and_passwords_may_have_any_byte_but_nul(void **state)
{
	static const uint8_t odd[] = { 'a', '\n', 0xff, ' ', '$', '\'' };
	struct xauth_question question = { SPAN_OF(odd), SPAN_OF(odd), { .family = AF_UNSPEC } };
	struct xauth_ask *one;
	struct office office;
	struct diag diag;

	(void)state;
	begin(&office);
	assert_int_equal(xauth_pam_ask(office.pam, &question, count_ready, &office, &one, &diag),
			 RC_OK);
	assert_string_equal(office.last_user, "a\n\xff $'");
	assert_string_equal(office.last_remote, "");
	xauth_ask_free(one);
	question.user = span_make("ro\0ad", 5);
	assert_int_equal(xauth_pam_ask(office.pam, &question, count_ready, &office, &one, &diag),
			 RC_SYNTAX);
	assert_int_equal(office.started, 1);
	end(&office);
}

static void too_long_ones_are_not_asked_about(void **state)
{
	static const uint8_t lots[XAUTH_PASSWORD_MAX + 1] = { 0 };
	struct xauth_question question = { .user = span_make(lots, XAUTH_NAME_MAX + 1) };
	struct xauth_ask *one;
	struct office office;
	struct diag diag;

	(void)state;
	begin(&office);
	assert_int_equal(xauth_pam_ask(office.pam, &question, count_ready, &office, &one, &diag),
			 RC_LIMIT);
	question = (struct xauth_question){ .password = SPAN_OF(lots) };
	assert_int_equal(xauth_pam_ask(office.pam, &question, count_ready, &office, &one, &diag),
			 RC_LIMIT);
	assert_int_equal(office.started, 0);
	end(&office);
}

static void some_are_asked_at_once_and_the_others_in_their_turn(void **state)
{
	struct xauth_ask *all[XAUTH_PAM_MAX], *other;
	struct office office;
	struct diag diag;

	(void)state;
	begin(&office);
	for (unsigned i = 0; i < XAUTH_PAM_MAX; i++)
		all[i] = must_ask(&office, "road", "sesame");
	assert_int_equal(office.started, XAUTH_PAM_AT_ONCE);
	assert_int_equal(ask(&office, "road", "sesame", &other, &diag), RC_LIMIT);
	world_run(office.world, USEC_PER_SEC + USEC_PER_SEC / 2);
	assert_int_equal(office.ready, XAUTH_PAM_AT_ONCE);
	assert_int_equal(office.started, 2 * XAUTH_PAM_AT_ONCE);
	world_run(office.world, 60 * USEC_PER_SEC);
	assert_int_equal(office.ready, XAUTH_PAM_MAX);
	for (unsigned i = 0; i < XAUTH_PAM_MAX; i++) {
		assert_int_equal(xauth_pam_answer(all[i], &diag), RC_OK);
		xauth_ask_free(all[i]);
	}
	assert_int_equal(ask(&office, "road", "sesame", &other, &diag), RC_OK);
	xauth_ask_free(other);
	end(&office);
}

/* His SA has gone, or the gateway stops. */
static void who_waits_no_more_is_not_told_and_holds_no_place(void **state)
{
	struct xauth_ask *all[XAUTH_PAM_AT_ONCE], *next, *left;
	struct office office;

	(void)state;
	begin(&office);
	for (unsigned i = 0; i < XAUTH_PAM_AT_ONCE; i++)
		all[i] = must_ask(&office, "slow", "sesame");
	left = must_ask(&office, "left", "sesame");
	next = must_ask(&office, "next", "sesame");
	xauth_ask_free(left);
	assert_int_equal(office.started, XAUTH_PAM_AT_ONCE);
	for (unsigned i = 0; i < XAUTH_PAM_AT_ONCE; i++)
		xauth_ask_free(all[i]);
	assert_int_equal(office.started, XAUTH_PAM_AT_ONCE + 1);
	assert_string_equal(office.last_user, "next");
	world_run(office.world, 10 * USEC_PER_SEC);
	assert_int_equal(office.ready, 1);
	xauth_ask_free(next);
	end(&office);
}

struct resumed {
	struct x509_waiter waiter;
	unsigned count;
};

static void resume(struct x509_waiter *waiter)
{
	container_of(waiter, struct resumed, waiter)->count++;
}

static void a_step_goes_on_when_pam_has_said_it(void **state)
{
	const struct xauth_question question = { span_make("road", 4),
						 span_make("sesame", 6),
						 { .family = AF_UNSPEC } };
	struct resumed resumed = { .waiter.ready = resume };
	struct sa_env env = { .pam = NULL };
	struct outcome out = { .held = NULL };
	struct xauth_ask *one = NULL;
	struct office office;
	struct arena arena;
	struct diag diag;

	(void)state;
	begin(&office);
	arena_init(&arena, 1u << 16);
	struct step step = { .env = &env, .arena = &arena, .waiter = &resumed.waiter };
	assert_int_equal(xauth_pam_begin(&step, &question, &one, &out, &diag), RC_UNSUPPORTED);
	env.pam = office.pam;
	assert_int_equal(xauth_pam_begin(&step, &question, &one, &out, &diag), RC_OK);
	assert_int_equal(xauth_pam_wait(&step, one, &diag), RC_SUSPEND);
	assert_true(step.again);
	world_run(office.world, 5 * USEC_PER_SEC);
	assert_int_equal(resumed.count, 1);
	assert_int_equal(xauth_pam_wait(&step, one, &diag), RC_OK);
	assert_false(step.again);
	outcome_release(&out); /* with the question */
	arena_free(&arena);
	end(&office);
}

static void when_the_gateway_stops_nobody_else_is_asked_about(void **state)
{
	struct xauth_ask *all[XAUTH_PAM_AT_ONCE + 1];
	struct office office;

	(void)state;
	begin(&office);
	for (unsigned i = 0; i <= XAUTH_PAM_AT_ONCE; i++)
		all[i] = must_ask(&office, "road", "sesame");
	xauth_pam_stop(office.pam);
	for (unsigned i = 0; i <= XAUTH_PAM_AT_ONCE; i++)
		xauth_ask_free(all[i]);
	assert_int_equal(office.started, XAUTH_PAM_AT_ONCE);
	end(&office);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_pam_says_is_the_answer),
		cmocka_unit_test(whatever_goes_wrong_lets_nobody_in),
		cmocka_unit_test(names_and_passwords_may_have_any_byte_but_nul),
		cmocka_unit_test(too_long_ones_are_not_asked_about),
		cmocka_unit_test(some_are_asked_at_once_and_the_others_in_their_turn),
		cmocka_unit_test(a_step_goes_on_when_pam_has_said_it),
		cmocka_unit_test(when_the_gateway_stops_nobody_else_is_asked_about),
		cmocka_unit_test(who_waits_no_more_is_not_told_and_holds_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
