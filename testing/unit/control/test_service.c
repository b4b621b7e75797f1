/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include "unit/control/fixture.h"
#include "unit/test.h"

static void info_names_product_version_and_interfaces(void **state)
{
	struct fixture fixture;
	json_t *reply, *list;

	(void)state;
	fixture_begin(&fixture, NULL);
	reply = ask(&fixture, "{\"method\":\"org.varlink.service.GetInfo\"}");
	assert_string_equal(text_in(reply, "version"), VANTH_VERSION);
	list = json_object_get(json_object_get(reply, "parameters"), "interfaces");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 1)), "io.vanth.ike");
	expect_done(reply);
	fixture_end(&fixture);
}

static json_t *describe(struct fixture *fixture, const char *interface)
{
	char call[256];

	(void)snprintf(call, sizeof(call),
		       "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		       "\"parameters\":{\"interface\":\"%s\"}}",
		       interface);
	return ask(fixture, call);
}

static void descriptions_are_given_by_name(void **state)
{
	struct fixture fixture;
	json_t *reply;

	(void)state;
	fixture_begin(&fixture, NULL);
	reply = describe(&fixture, "io.vanth.ike");
	assert_string_equal(text_in(reply, "description"), interface_text);
	expect_done(reply);
	reply = describe(&fixture, "org.varlink.service");
	assert_string_equal(text_in(reply, "description"), interface_service_text);
	expect_done(reply);
	reply = describe(&fixture, "org.example.other");
	assert_string_equal(text_in(reply, "interface"), "org.example.other");
	expect_error(reply, "org.varlink.service.InterfaceNotFound", NULL);
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(info_names_product_version_and_interfaces),
		cmocka_unit_test(descriptions_are_given_by_name),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
