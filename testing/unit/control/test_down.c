/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>
#include "unit/control/fixture.h"
#include "unit/test.h"

#define DOWN(name) "{\"method\":\"io.vanth.ike.Down\",\"parameters\":{\"name\":\"" name "\"}}"

static void expect_complete(json_t *reply, bool complete)
{
	const json_t *got = json_object_get(json_object_get(reply, "parameters"), "complete");

	assert_true(json_is_boolean(got));
	assert_int_equal(json_is_true(got), complete);
	expect_done(reply);
}

static void tunnel_without_sas_is_down_at_once(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	tunnel_named(&fixture, "office")->wanted = WANTED_UP;
	expect_complete(ask(&fixture, DOWN("office")), true);
	assert_int_equal(tunnel_named(&fixture, "office")->wanted, WANTED_LISTEN);
	fixture_end(&fixture);
}

static void answer_comes_when_the_last_child_sa_is_gone(void **state)
{
	struct fixture fixture;
	struct child_sa *first, *second;
	int fd;

	(void)state;
	fixture_begin(&fixture, CONN_OF_TWO);
	first = pretend_up(&fixture, "pair/1x1");
	second = pretend_up(&fixture, "pair/1x2");
	fd = dial(&fixture);
	say_call(fd, DOWN("pair"));
	assert_true(is_silent(&fixture, fd));
	pretend_down(&fixture, first, RC_OPERATOR);
	assert_true(is_silent(&fixture, fd));
	pretend_down(&fixture, second, RC_OPERATOR);
	assert_false(is_silent(&fixture, fd)); /* at once, not when the time is over */
	expect_complete(hear(&fixture, fd), true);
	assert_true(list_empty(&fixture.gateway->watchers));
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void one_tunnel_of_a_conn_goes_alone(void **state)
{
	struct fixture fixture;
	struct child_sa *second;
	int fd;

	(void)state;
	fixture_begin(&fixture, CONN_OF_TWO);
	(void)pretend_up(&fixture, "pair/1x1");
	second = pretend_up(&fixture, "pair/1x2");
	fd = dial(&fixture);
	say_call(fd, DOWN("pair/1x2"));
	assert_true(is_silent(&fixture, fd));
	pretend_down(&fixture, second, RC_OPERATOR);
	expect_complete(hear(&fixture, fd), true);
	assert_non_null(tunnel_current(tunnel_named(&fixture, "pair/1x1")));
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void asynchronous_call_does_not_wait_for_the_peer(void **state)
{
	struct fixture fixture;
	struct child_sa *child;

	(void)state;
	fixture_begin(&fixture, NULL);
	child = pretend_up(&fixture, "office");
	expect_complete(ask(&fixture, "{\"method\":\"io.vanth.ike.Down\",\"parameters\":{\"name\":"
				      "\"office\",\"asynchronous\":true}}"),
			false);
	assert_true(child->delete_wanted);
	assert_int_equal(child->delete_reason, RC_OPERATOR);
	fixture_end(&fixture);
}

static void unknown_name_is_answered_with_the_nearest(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	expect_error(ask(&fixture, DOWN("ofice")), "io.vanth.ike.NotFound", "office");
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tunnel_without_sas_is_down_at_once),
		cmocka_unit_test(answer_comes_when_the_last_child_sa_is_gone),
		cmocka_unit_test(one_tunnel_of_a_conn_goes_alone),
		cmocka_unit_test(asynchronous_call_does_not_wait_for_the_peer),
		cmocka_unit_test(unknown_name_is_answered_with_the_nearest),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
