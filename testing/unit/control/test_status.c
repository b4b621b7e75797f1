/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>
#include "unit/control/fixture.h"
#include "unit/test.h"

#define CALL(method) "{\"method\":\"io.vanth.ike." method "\",\"more\":true}"

static const json_t *parameter(const json_t *reply, const char *key)
{
	return json_object_get(json_object_get(reply, "parameters"), key);
}

static void expect_totals(json_t *reply, int tunnels, int ikes, int children)
{
	const json_t *totals = parameter(reply, "totals");

	assert_int_equal(json_integer_value(json_object_get(totals, "tunnels")), tunnels);
	assert_int_equal(json_integer_value(json_object_get(totals, "ike_established")), ikes);
	assert_int_equal(json_integer_value(json_object_get(totals, "children")), children);
	assert_int_equal(json_integer_value(json_object_get(totals, "stuck")), 0);
	expect_done(reply);
}

static void status_ends_with_the_totals(void **state)
{
	struct fixture fixture;
	json_t *reply;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	(void)pretend_up(&fixture, "office");
	fd = dial(&fixture);
	say_call(fd, CALL("Status"));
	reply = hear(&fixture, fd);
	assert_true(json_is_object(parameter(reply, "tunnel")));
	assert_true(json_is_true(json_object_get(reply, "continues")));
	json_decref(reply);
	expect_totals(hear(&fixture, fd), 1, 1, 1);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

/* Why new peers need one round more. */
static void totals_tell_whether_cookies_are_asked_for_and_why(void **state)
{
	struct fixture fixture;
	json_t *reply;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = dial(&fixture);
	say_call(fd, "{\"method\":\"io.vanth.ike.Counters\"}");
	reply = hear(&fixture, fd);
	assert_true(json_is_null(json_object_get(parameter(reply, "totals"), "cookies")));
	json_decref(reply);
	fixture.gateway->sas.pressure.why = COOKIES_HALF_OPEN;
	fixture.gateway->sas.table.unproven = 300;
	say_call(fd, "{\"method\":\"io.vanth.ike.Counters\"}");
	reply = hear(&fixture, fd);
	const json_t *cookies = json_object_get(parameter(reply, "totals"), "cookies");
	assert_string_equal(json_string_value(json_object_get(cookies, "why")),
			    "many half-open IKE SAs");
	assert_int_equal(json_integer_value(json_object_get(cookies, "half_open")), 300);
	assert_int_equal(json_integer_value(json_object_get(cookies, "threshold")), 256);
	json_decref(reply);
	fixture.gateway->sas.table.unproven = 0;
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void brief_has_one_word_for_each_tunnel(void **state)
{
	struct fixture fixture;
	json_t *reply;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = dial(&fixture);
	say_call(fd, CALL("Brief"));
	reply = hear(&fixture, fd);
	assert_string_equal(json_string_value(json_object_get(parameter(reply, "tunnel"), "state")),
			    "listening");
	assert_null(json_object_get(parameter(reply, "tunnel"), "ike_sas"));
	json_decref(reply);
	expect_totals(hear(&fixture, fd), 1, 0, 0);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

/* Two tunnels of one peer, two IKE SAs: each IKE SA is listed once. */
static void states_list_each_sa_once(void **state)
{
	struct fixture fixture;
	unsigned ikes = 0, children = 0;
	bool more = true;
	int fd;

	(void)state;
	fixture_begin(&fixture, CONN_OF_TWO);
	(void)pretend_up(&fixture, "pair/1x1");
	(void)pretend_up(&fixture, "pair/1x2");
	fd = dial(&fixture);
	say_call(fd, CALL("States"));
	while (more) {
		json_t *reply = hear(&fixture, fd);
		ikes += parameter(reply, "ike") != NULL;
		children += parameter(reply, "child") != NULL;
		more = json_object_get(reply, "continues") != NULL;
		json_decref(reply);
	}
	assert_int_equal(ikes, 2);
	assert_int_equal(children, 2);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_ends_with_the_totals),
		cmocka_unit_test(totals_tell_whether_cookies_are_asked_for_and_why),
		cmocka_unit_test(brief_has_one_word_for_each_tunnel),
		cmocka_unit_test(states_list_each_sa_once),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
