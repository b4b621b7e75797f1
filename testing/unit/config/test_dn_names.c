/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/dn.h"

static void names_are_found_whatever_their_case(void **state)
{
	(void)state;
	assert_string_equal(dn_name_find("cn", 2)->name, "CN");
	assert_string_equal(dn_name_find("EMAILADDRESS", 12)->name, "emailAddress");
	assert_null(dn_name_find("cnx", 3));
	assert_null(dn_name_find("c", 0));
	assert_null(dn_name_find("", 0));
}

static void an_oid_is_printed_by_its_first_name(void **state)
{
	(void)state;
	assert_string_equal(dn_name_of(span_make("\x55\x04\x03", 3))->name, "CN");
	assert_string_equal(dn_name_of(span_make("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9))->name,
			    "E");
	assert_string_equal(dn_name_of(span_make("\x55\x04\x08", 3))->name, "ST");
	assert_null(dn_name_of(span_make("\x55\x04", 2)));
	assert_null(dn_name_of(span_make("\x55\x04\x7f", 3)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_whatever_their_case),
		cmocka_unit_test(an_oid_is_printed_by_its_first_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
