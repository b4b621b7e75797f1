/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>
#include "unit/control/fixture.h"
#include "unit/test.h"

static const json_t *parameter(const json_t *reply, const char *key)
{
	return json_object_get(json_object_get(reply, "parameters"), key);
}

static void version_is_that_of_the_build(void **state)
{
	struct fixture fixture;
	json_t *reply;

	(void)state;
	fixture_begin(&fixture, NULL);
	reply = ask(&fixture, "{\"method\":\"io.vanth.ike.Version\"}");
	assert_string_equal(text_in(reply, "version"), VANTH_VERSION);
	expect_done(reply);
	fixture_end(&fixture);
}

static void every_counter_is_shown_with_its_value(void **state)
{
	struct fixture fixture;
	uint64_t *values;
	const json_t *counters;
	json_t *reply;
	json_int_t sum = 0, expected = 0;
	const char *key;
	json_t *value;

	(void)state;
	fixture_begin(&fixture, NULL);
	values = (uint64_t *)&fixture.gateway->counters;
	for (size_t i = 0; i < sizeof(struct gateway_counters) / sizeof(uint64_t); i++) {
		values[i] = (uint64_t)1 << i;
		expected += (json_int_t)1 << i;
	}
	reply = ask(&fixture, "{\"method\":\"io.vanth.ike.Counters\"}");
	counters = parameter(reply, "counters");
	json_object_foreach((json_t *)(uintptr_t)counters, key, value)
	{
		sum += json_integer_value(value);
	}
	assert_int_equal(sum, expected); /* each field once */
	assert_int_equal(json_integer_value(json_object_get(counters, "datagrams_in")), 1);
	expect_done(reply);
	fixture_end(&fixture);
}

static void probe_tells_which_algorithms_there_are(void **state)
{
	struct fixture fixture;
	json_t *reply, *item;
	bool found = false;
	size_t i;

	(void)state;
	fixture_begin(&fixture, NULL);
	reply = ask(&fixture, "{\"method\":\"io.vanth.ike.Probe\"}");
	json_array_foreach(parameter(reply, "algorithms"), i, item)
	{
		const char *name = json_string_value(json_object_get(item, "name"));
		if (strcmp(name, "aes_gcm_16") != 0)
			continue;
		found = true;
		assert_true(json_is_true(json_object_get(item, "available")));
		assert_true(json_is_null(json_object_get(item, "why")));
	}
	assert_true(found);
	expect_done(reply);
	fixture_end(&fixture);
}

static void log_level_changes_at_once(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	assert_true(log_wants(fixture.log, LOG_LEVEL_DEBUG));
	expect_done(ask(
		&fixture,
		"{\"method\":\"io.vanth.ike.SetLogLevel\",\"parameters\":{\"level\":\"notice\"}}"));
	assert_true(log_wants(fixture.log, LOG_LEVEL_NOTICE));
	assert_false(log_wants(fixture.log, LOG_LEVEL_INFO));
	expect_error(ask(&fixture, "{\"method\":\"io.vanth.ike.SetLogLevel\",\"parameters\":{"
				   "\"level\":\"loud\"}}"),
		     "org.varlink.service.InvalidParameter", "debug");
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_is_that_of_the_build),
		cmocka_unit_test(every_counter_is_shown_with_its_value),
		cmocka_unit_test(probe_tells_which_algorithms_there_are),
		cmocka_unit_test(log_level_changes_at_once),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
