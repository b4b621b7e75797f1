/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/dn.h"

/* SEQUENCE { SET { SEQUENCE { OID, tag "xy" } } } */
static enum rc text_of(uint8_t tag, uint8_t a, uint8_t b, char *out, size_t size)
{
	uint8_t der[] = { 0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03,
			  0x55, 0x04, 0x03, tag,  0x02, a,    b };
	return dn_text(SPAN_OF(der), out, size);
}

static void characters_that_mean_something_are_escaped(void **state)
{
	char text[60];
	(void)state;
	assert_int_equal(text_of(0x13, ',', 'x', text, sizeof(text)), RC_OK);
	assert_string_equal(text, "CN=\\,x");
	assert_int_equal(text_of(0x0c, 0x00, 0x1b, text, sizeof(text)), RC_OK);
	assert_string_equal(text, "CN=\\00\\1B");
	assert_int_equal(text_of(0x13, ' ', ' ', text, sizeof(text)), RC_OK);
	assert_string_equal(text, "CN=\\ \\ ");
}

static void values_that_are_no_text_are_hex(void **state)
{
	char text[60];
	(void)state;
	assert_int_equal(text_of(0x1e, 0x00, 'A', text, sizeof(text)), RC_OK); /* BMPString */
	assert_string_equal(text, "CN=#0041");
}

static void text_that_does_not_fit_is_cut(void **state)
{
	char text[6];
	(void)state;
	assert_int_equal(text_of(0x13, 'a', 'b', text, 5), RC_OK);
	assert_string_equal(text, "CN=a");
	assert_int_equal(text_of(0x13, 'a', 'b', text, 1), RC_OK);
	assert_string_equal(text, "");
}

static void broken_der_is_refused(void **state)
{
	static const uint8_t huge[] = { 0x30, 0x84, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t empty_oid[] = { 0x30, 0x08, 0x31, 0x06, 0x30,
					     0x04, 0x06, 0x00, 0x13, 0x00 };
	static const uint8_t empty[] = { 0x30, 0x00 };
	char text[20];
	(void)state;
	assert_int_equal(dn_text(SPAN_OF(huge), text, sizeof(text)), RC_SYNTAX);
	assert_int_equal(dn_text(SPAN_OF(empty_oid), text, sizeof(text)), RC_SYNTAX);
	assert_int_equal(dn_text(SPAN_NONE, text, sizeof(text)), RC_SYNTAX);
	assert_int_equal(dn_text(SPAN_OF(empty), text, sizeof(text)), RC_OK);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_that_mean_something_are_escaped),
		cmocka_unit_test(values_that_are_no_text_are_hex),
		cmocka_unit_test(text_that_does_not_fit_is_cut),
		cmocka_unit_test(broken_der_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
