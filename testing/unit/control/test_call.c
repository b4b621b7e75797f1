/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>
#include "unit/control/fixture.h"
#include "unit/test.h"

#define INVALID "org.varlink.service.InvalidParameter"

static void unknown_interface_and_unknown_method_are_told_apart(void **state)
{
	struct fixture fixture;
	json_t *reply;

	(void)state;
	fixture_begin(&fixture, NULL);
	reply = ask(&fixture, "{\"method\":\"io.vanth.ike.Fly\"}");
	assert_string_equal(text_in(reply, "method"), "io.vanth.ike.Fly");
	expect_error(reply, "org.varlink.service.MethodNotFound", NULL);
	reply = ask(&fixture, "{\"method\":\"org.example.air.Fly\"}");
	assert_string_equal(text_in(reply, "interface"), "org.example.air");
	expect_error(reply, "org.varlink.service.InterfaceNotFound", NULL);
	expect_error(ask(&fixture, "{\"method\":\"Fly\"}"), "org.varlink.service.InterfaceNotFound",
		     NULL);
	expect_error(ask(&fixture, "{\"method\":\"\"}"), "org.varlink.service.InterfaceNotFound",
		     NULL);
	fixture_end(&fixture);
}

static void
parameter_that_the_method_does_not_have_is_an_error_that_names_those_it_has(void **state)
{
	struct fixture fixture;
	json_t *reply;

	(void)state;
	fixture_begin(&fixture, NULL);
	reply = ask(&fixture,
		    "{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"nam\":\"office\"}}");
	assert_string_equal(text_in(reply, "parameter"), "nam");
	expect_error(reply, INVALID, "\"name\", \"asynchronous\"");
	expect_error(
		ask(&fixture, "{\"method\":\"io.vanth.ike.Version\",\"parameters\":{\"a\":1}}"),
		INVALID, "it has none");
	fixture_end(&fixture);
}

static void parameter_of_the_wrong_type_or_missing_is_an_error(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	expect_error(ask(&fixture, "{\"method\":\"io.vanth.ike.Down\"}"), INVALID,
		     "\"name\" is missing");
	expect_error(
		ask(&fixture, "{\"method\":\"io.vanth.ike.Down\",\"parameters\":{\"name\":7}}"),
		INVALID, "must be a string");
	expect_error(
		ask(&fixture, "{\"method\":\"io.vanth.ike.Down\",\"parameters\":{\"name\":null}}"),
		INVALID, "must be a string");
	expect_error(ask(&fixture,
			 "{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"name\":\"office\","
			 "\"asynchronous\":\"yes\"}}"),
		     INVALID, "must be a bool");
	expect_error(
		ask(&fixture, "{\"method\":\"io.vanth.ike.Down\",\"parameters\":[\"office\"]}"),
		INVALID, "must be an object");
	/* null stands for an optional parameter that is not given */
	expect_done(ask(&fixture,
			"{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"name\":\"office\","
			"\"asynchronous\":true}}"));
	expect_done(ask(&fixture, "{\"method\":\"io.vanth.ike.Version\",\"parameters\":null}"));
	fixture_end(&fixture);
}

static void method_that_answers_many_times_wants_more(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	expect_error(ask(&fixture, "{\"method\":\"io.vanth.ike.Status\"}"),
		     "org.varlink.service.ExpectedMore", "more");
	fixture_end(&fixture);
}

static void oneway_call_is_done_and_not_answered(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = dial(&fixture);
	say_call(fd, "{\"method\":\"io.vanth.ike.Reload\",\"oneway\":true}");
	say_call(fd, "{\"method\":\"io.vanth.ike.Nothing\",\"oneway\":true}");
	say_call(fd, "{\"method\":\"io.vanth.ike.Status\",\"oneway\":true,\"more\":true}");
	assert_true(is_silent(&fixture, fd));
	assert_int_equal(fixture.reloads, 1);
	say_call(fd, "{\"method\":\"io.vanth.ike.Version\"}");
	expect_done(hear(&fixture, fd));
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void failure_has_its_reason_and_sentence(void **state)
{
	struct fixture fixture;
	json_t *reply;

	(void)state;
	fixture_begin(&fixture, NULL);
	fixture.hook_rc = RC_SYNTAX;
	reply = ask(&fixture, "{\"method\":\"io.vanth.ike.Reload\"}");
	assert_string_equal(text_in(reply, "reason"), "SYNTAX");
	expect_error(reply, "io.vanth.ike.Failed", "the files are odd");
	reply = ask(&fixture,
		    "{\"method\":\"io.vanth.ike.Down\",\"parameters\":{\"name\":\"offce\"}}");
	assert_string_equal(text_in(reply, "reason"), "NOT_FOUND");
	expect_error(reply, "io.vanth.ike.NotFound", "office");
	fixture_end(&fixture);
}

static void text_of_any_bytes_becomes_a_json_string(void **state)
{
	json_t *json = json_safe("a\xff\x01z\xc3\xa9");

	(void)state;
	assert_non_null(json);
	assert_string_equal(json_string_value(json), "a\\xff\\x01z\xc3\xa9");
	json_decref(json);
	json = json_safe(NULL);
	assert_true(json_is_null(json));
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_interface_and_unknown_method_are_told_apart),
		cmocka_unit_test(
			parameter_that_the_method_does_not_have_is_an_error_that_names_those_it_has),
		cmocka_unit_test(parameter_of_the_wrong_type_or_missing_is_an_error),
		cmocka_unit_test(method_that_answers_many_times_wants_more),
		cmocka_unit_test(oneway_call_is_done_and_not_answered),
		cmocka_unit_test(failure_has_its_reason_and_sentence),
		cmocka_unit_test(text_of_any_bytes_becomes_a_json_string),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
