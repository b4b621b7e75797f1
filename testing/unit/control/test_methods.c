/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include "unit/control/fixture.h"
#include "unit/test.h"

static const char *description_of(const char *method, const char **name)
{
	const char *dot = strrchr(method, '.');

	*name = dot + 1;
	return strncmp(method, "io.vanth.ike.", (size_t)(dot - method) + 1) == 0
		       ? interface_text
		       : interface_service_text;
}

static void every_method_is_described_with_all_its_parameters(void **state)
{
	const struct method *method;

	(void)state;
	for (size_t i = 0; (method = method_at(i)) != NULL; i++) {
		const char *name, *text = description_of(method->name, &name), *at, *end;
		char wanted[128];

		(void)snprintf(wanted, sizeof(wanted), "\nmethod %s(", name);
		at = strstr(text, wanted);
		if (at == NULL)
			fail_msg("%s is not described", method->name);
		end = strstr(at, ") ->");
		assert_non_null(end);
		for (const struct parameter *p = method->parameters; p->name != NULL; p++) {
			(void)snprintf(wanted, sizeof(wanted), "%s: %s%s", p->name,
				       p->required ? "" : "?",
				       p->type == PARAMETER_TEXT ? "string" : "bool");
			if (strstr(at, wanted) == NULL || strstr(at, wanted) > end)
				fail_msg("%s lacks \"%s\" in its description", method->name,
					 wanted);
		}
		if (method->parameters[0].name == NULL)
			assert_ptr_equal(strstr(at, "()"), end - 1);
	}
}

static void every_described_method_exists(void **state)
{
	unsigned count = 0;
	char name[128];

	(void)state;
	for (const char *at = interface_text; (at = strstr(at, "\nmethod ")) != NULL; at++) {
		(void)snprintf(name, sizeof(name), "io.vanth.ike.%.*s", (int)strcspn(at + 8, "("),
			       at + 8);
		if (method_find(name) == NULL)
			fail_msg("%s is described and does not exist", name);
		count++;
	}
	assert_int_equal(count, 29);
}

static void methods_that_change_something_are_for_writers_only(void **state)
{
	static const char *const writes[] = {
		"Up",	       "Login",	  "Start",	   "Down",	     "Rekey",
		"Route",       "Unroute", "Redirect",	   "GlobalRedirect", "Add",
		"Delete",      "Reload",  "ReloadSecrets", "ReloadKeys",     "RefetchCrls",
		"SetLogLevel", "Shutdown"
	};
	unsigned count = 0;
	char name[64];

	(void)state;
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		(void)snprintf(name, sizeof(name), "io.vanth.ike.%s", writes[i]);
		assert_non_null(method_find(name));
		assert_int_equal(method_find(name)->access, ACCESS_WRITE);
	}
	for (size_t i = 0; method_at(i) != NULL; i++)
		count += method_at(i)->access == ACCESS_WRITE;
	assert_int_equal(count, sizeof(writes) / sizeof(writes[0]));
}

static void interface_is_known_without_its_method(void **state)
{
	(void)state;
	assert_true(method_interface_known("io.vanth.ike.Anything"));
	assert_true(method_interface_known("org.varlink.service.Anything"));
	assert_false(method_interface_known("io.vanth.Anything"));
	assert_false(method_interface_known("io.vanth.ike.deeper.Anything"));
	assert_false(method_interface_known("Anything"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_method_is_described_with_all_its_parameters),
		cmocka_unit_test(every_described_method_exists),
		cmocka_unit_test(methods_that_change_something_are_for_writers_only),
		cmocka_unit_test(interface_is_known_without_its_method),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
