/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include "unit/control/fixture.h"
#include "unit/test.h"

static void built_in_description_is_the_one_in_docs(void **state)
{
	FILE *file = fopen("docs/io.vanth.ike.varlink", "r");
	char text[32768];
	size_t len;

	(void)state;
	assert_non_null(file); /* tests run in the top folder */
	len = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[len] = '\0';
	assert_true(len < sizeof(text) - 1);
	assert_string_equal(text, interface_text);
}

static void every_type_that_is_used_is_defined(void **state)
{
	static const char *const types[] = { "IkeSa",	    "ChildSa",	"Failure", "Tunnel",
					     "BriefTunnel", "Totals",	"Record",  "Cookies",
					     "Story",	    "Algorithm" };
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		(void)snprintf(text, sizeof(text), "\ntype %s (", types[i]);
		assert_non_null(strstr(interface_text, text));
	}
	/* and none more */
	assert_int_equal(strncmp(interface_service_text, "# What every", 12), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in_description_is_the_one_in_docs),
		cmocka_unit_test(every_type_that_is_used_is_defined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
