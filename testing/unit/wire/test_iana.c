/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "wire/iana.h"

static const struct names *const tables[] = {
	&exchange_names, &payload_names,      &protocol_names,	    &encr_names,
	&prf_names,	 &integ_names,	      &id_type_names,	    &auth_method_names,
	&notify_names,	 &cp_attribute_names, &cert_encoding_names,
};

static void every_name_leads_to_its_value_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		assert_non_null(tables[i]->what);
		assert_non_null(tables[i]->entries[0].text);
		for (const struct name *n = tables[i]->entries; n->text != NULL; n++) {
			char buffer[64];
			int value = -1;
			assert_string_equal(names_text(tables[i], n->value, buffer, sizeof(buffer)),
					    n->text);
			assert_true(names_find(tables[i], n->text, &value));
			assert_int_equal(value, n->value);
		}
	}
}

static void names_are_spelled_as_the_rfcs_do(void **state)
{
	char b[64];
	(void)state;
	assert_string_equal(names_text(&notify_names, 14, b, sizeof(b)), "NO_PROPOSAL_CHOSEN");
	assert_string_equal(names_text(&notify_names, 16384, b, sizeof(b)), "INITIAL_CONTACT");
	assert_string_equal(names_text(&notify_names, 16430, b, sizeof(b)),
			    "IKEV2_FRAGMENTATION_SUPPORTED");
	assert_string_equal(names_text(&encr_names, 20, b, sizeof(b)), "AES_GCM_16");
	assert_string_equal(names_text(&prf_names, 5, b, sizeof(b)), "HMAC_SHA2_256");
	assert_string_equal(names_text(&integ_names, 12, b, sizeof(b)), "HMAC_SHA2_256_128");
	assert_string_equal(names_text(&exchange_names, 34, b, sizeof(b)), "IKE_SA_INIT");
	assert_string_equal(names_text(&payload_names, 44, b, sizeof(b)), "TSi");
	assert_string_equal(names_text(&protocol_names, 3, b, sizeof(b)), "ESP");
	assert_string_equal(names_text(&id_type_names, 2, b, sizeof(b)), "ID_FQDN");
}

static void unknown_values_are_shown_with_their_number(void **state)
{
	char b[64];
	(void)state;
	assert_string_equal(names_text(&notify_names, 40961, b, sizeof(b)), "unknown notify 40961");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_leads_to_its_value_and_back),
		cmocka_unit_test(names_are_spelled_as_the_rfcs_do),
		cmocka_unit_test(unknown_values_are_shown_with_their_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
