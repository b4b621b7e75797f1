/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/isakmp_test.h"

static const struct names *const tables[] = { &isakmp_exchange_names, &isakmp_payload_names,
					      &isakmp_notify_names };

static void every_name_leads_to_its_value_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct name *n = tables[i]->entries; n->text != NULL; n++) {
			char buffer[64];
			int value = -1;
			assert_string_equal(names_text(tables[i], n->value, buffer, sizeof(buffer)),
					    n->text);
			assert_true(names_find(tables[i], n->text, &value));
			assert_int_equal(value, n->value);
		}
}

static void names_are_spelled_as_the_rfcs_do(void **state)
{
	char b[64];
	(void)state;
	assert_string_equal(names_text(&isakmp_notify_names, 14, b, sizeof(b)),
			    "NO_PROPOSAL_CHOSEN");
	assert_string_equal(names_text(&isakmp_notify_names, 16384, b, sizeof(b)), "CONNECTED");
	assert_string_equal(names_text(&isakmp_notify_names, 24578, b, sizeof(b)),
			    "INITIAL_CONTACT");
	assert_string_equal(names_text(&isakmp_notify_names, 36137, b, sizeof(b)), "R_U_THERE_ACK");
	assert_string_equal(names_text(&isakmp_notify_names, 12345, b, sizeof(b)),
			    "unknown notify 12345");
	assert_string_equal(names_text(&isakmp_exchange_names, 4, b, sizeof(b)), "Aggressive Mode");
	assert_string_equal(names_text(&isakmp_payload_names, 20, b, sizeof(b)), "NAT-D");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(every_name_leads_to_its_value_and_back),
		WIRE_TEST(names_are_spelled_as_the_rfcs_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
