/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/names.h"

static const struct name entries[] = {
	{ 1, "aes" }, { -2, "Camellia" }, { 1, "rijndael" }, { 0, NULL }
};
static const struct names ciphers = { "cipher", entries };
static const char *const keywords[] = { "left",	       "leftsubnet", "leftsubnets", "right",
					"ikelifetime", "aes256",     "aes_gcm256",  "x",
					"authby",      "auto",	     "dpdtimeout",  NULL };

static void known_value_has_its_first_name(void **state)
{
	char buffer[32] = "untouched";
	(void)state;
	assert_string_equal(names_text(&ciphers, 1, buffer, sizeof(buffer)), "aes");
	assert_string_equal(names_text(&ciphers, -2, buffer, sizeof(buffer)), "Camellia");
	assert_string_equal(buffer, "untouched");
}

static void unknown_value_is_told_with_its_number(void **state)
{
	char buffer[32], small[8];
	(void)state;
	assert_string_equal(names_text(&ciphers, 65535, buffer, sizeof(buffer)),
			    "unknown cipher 65535");
	assert_string_equal(names_text(&ciphers, 9, small, sizeof(small)), "unknown");
}

static void names_are_found_in_any_case(void **state)
{
	int value = 7;
	(void)state;
	assert_true(names_find(&ciphers, "AES", &value));
	assert_int_equal(value, 1);
	assert_true(names_find(&ciphers, "camellia", &value));
	assert_int_equal(value, -2);
	assert_false(names_find(&ciphers, "ae", &value));
	assert_false(names_find(&ciphers, "aess", &value));
	assert_false(names_find(&ciphers, "", &value));
	assert_int_equal(value, -2);
}

static void nearest_name_is_suggested(void **state)
{
	(void)state;
	assert_string_equal(names_nearest("aes265", keywords), "aes256");	  /* swapped */
	assert_string_equal(names_nearest("leftsubent", keywords), "leftsubnet"); /* swapped */
	assert_string_equal(names_nearest("letf", keywords), "left");  /* one edit, not two */
	assert_string_equal(names_nearest("lefft", keywords), "left"); /* one more */
	assert_string_equal(names_nearest("rght", keywords), "right"); /* one less */
	assert_string_equal(names_nearest("ikelifetine", keywords), "ikelifetime"); /* another */
	assert_string_equal(names_nearest("LEFTSUBNETS", keywords), "leftsubnets");
	assert_string_equal(names_nearest("dpd_timeout", keywords), "dpdtimeout");
}

static void the_nearer_of_two_is_suggested(void **state)
{
	(void)state;
	assert_string_equal(names_nearest("leftsubnetss", keywords), "leftsubnets");
	assert_string_equal(names_nearest("leftsubne", keywords), "leftsubnet");
}

static void far_words_have_no_suggestion(void **state)
{
	char many[200];
	(void)state;
	assert_null(names_nearest("banana", keywords));
	assert_null(names_nearest("", keywords));
	assert_null(names_nearest("y", keywords));
	assert_null(names_nearest("xy", keywords));
	assert_null(names_nearest("zzzz", keywords));
	memset(many, 'l', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	assert_null(names_nearest(many, keywords));
}

static void overlong_candidates_are_passed_over(void **state)
{
	char many[200];
	(void)state;
	memset(many, 'l', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	const char *const candidates[] = { many, "left", NULL };
	assert_string_equal(names_nearest("lefd", candidates), "left");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_value_has_its_first_name),
		cmocka_unit_test(unknown_value_is_told_with_its_number),
		cmocka_unit_test(names_are_found_in_any_case),
		cmocka_unit_test(nearest_name_is_suggested),
		cmocka_unit_test(the_nearer_of_two_is_suggested),
		cmocka_unit_test(far_words_have_no_suggestion),
		cmocka_unit_test(overlong_candidates_are_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
