/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>
#include "unit/control/fixture.h"
#include "unit/test.h"

#define RELOAD	    "{\"method\":\"io.vanth.ike.Reload\"}"
#define RELOAD_MORE "{\"method\":\"io.vanth.ike.Reload\",\"more\":true}"
#define START	    "{\"method\":\"io.vanth.ike.Start\",\"parameters\":{\"name\":\"office\"}}"

static struct control_wait *held(struct fixture *fixture)
{
	assert_false(list_empty(&fixture->held));
	return container_of(fixture->held.next, struct control_wait, in_queue);
}

static void answer(struct fixture *fixture, enum rc rc, const char *text)
{
	struct control_wait *wait = held(fixture);
	struct diag diag = { "" };

	list_remove(&wait->in_queue);
	(void)diag_fail(&diag, rc, "%s", text);
	wait->done(wait, rc, &diag);
}

static int number(const json_t *reply, const char *key)
{
	return (int)json_integer_value(json_object_get(json_object_get(reply, "parameters"), key));
}

static void reload_says_what_became_of_the_conns(void **state)
{
	struct fixture fixture;
	json_t *reply;

	(void)state;
	fixture_begin(&fixture, NULL);
	fixture.report = (struct gateway_reload_report){ 1, 2, 3, 4, 5, 6 };
	reply = ask(&fixture, RELOAD);
	assert_int_equal(number(reply, "added"), 1);
	assert_int_equal(number(reply, "removed"), 2);
	assert_int_equal(number(reply, "changed"), 3);
	assert_int_equal(number(reply, "updated"), 4);
	assert_int_equal(number(reply, "unchanged"), 5);
	assert_int_equal(number(reply, "failed"), 6);
	expect_done(reply);
	fixture_end(&fixture);
}

static void who_reloads_waits_and_others_do_not(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fixture.hook_holds = true;
	fd = dial(&fixture);
	say_call(fd, RELOAD);
	assert_true(is_silent(&fixture, fd));
	expect_done(ask(&fixture, "{\"method\":\"io.vanth.ike.Version\"}"));
	answer(&fixture, RC_SYNTAX, "ipsec.conf:3:7: what is this");
	expect_error(hear(&fixture, fd), "io.vanth.ike.Failed", "ipsec.conf:3:7");
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void progress_is_for_those_who_want_more(void **state)
{
	struct fixture fixture;
	json_t *reply;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fixture.hook_holds = true;
	for (unsigned more = 0; more < 2; more++) {
		fd = dial(&fixture);
		say_call(fd, more != 0 ? RELOAD_MORE : RELOAD);
		assert_true(is_silent(&fixture, fd));
		held(&fixture)->progress(held(&fixture), 7, 10);
		assert_int_equal(is_silent(&fixture, fd), more == 0);
		if (more != 0) {
			reply = hear(&fixture, fd);
			assert_true(json_is_true(json_object_get(reply, "continues")));
			assert_int_equal(number(reply, "done"), 7);
			assert_int_equal(number(reply, "total"), 10);
			json_decref(reply);
		}
		answer(&fixture, RC_OK, "");
		expect_done(hear(&fixture, fd));
		hang_up(&fixture, fd);
	}
	fixture_end(&fixture);
}

static void client_that_goes_waits_no_longer(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fixture.hook_holds = true;
	fd = dial(&fixture);
	say_call(fd, RELOAD);
	settle(&fixture);
	(void)held(&fixture);
	hang_up(&fixture, fd);
	assert_true(list_empty(&fixture.held));
	/* and one that is there at the end */
	fd = dial(&fixture);
	say_call(fd, RELOAD);
	settle(&fixture);
	(void)held(&fixture);
	fixture_end(&fixture);
	(void)close(fd);
}

/* The files may be read long after the call has begun. */
static void start_goes_on_when_the_files_are_read(void **state)
{
	struct fixture fixture;
	struct child_sa *child;
	json_t *reply;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	child = pretend_up(&fixture, "office");
	fixture.hook_holds = true;
	fd = dial(&fixture);
	say_call(fd, START);
	assert_true(is_silent(&fixture, fd));
	held(&fixture)->config = fixture.gateway->config;
	answer(&fixture, RC_OK, "");
	reply = hear(&fixture, fd);
	assert_string_equal(text_in(reply, "event"), "already-up");
	expect_done(reply);
	hang_up(&fixture, fd);
	pretend_down(&fixture, child, RC_OPERATOR);
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reload_says_what_became_of_the_conns),
		cmocka_unit_test(who_reloads_waits_and_others_do_not),
		cmocka_unit_test(progress_is_for_those_who_want_more),
		cmocka_unit_test(client_that_goes_waits_no_longer),
		cmocka_unit_test(start_goes_on_when_the_files_are_read),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
