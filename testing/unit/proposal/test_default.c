/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/proposal/proposal_test.h"
#include "proposal/draft.h"

static void assert_default(uint8_t protocol, bool pfs, const char *expected)
{
	char got[TEXT_MAX];
	struct diag diag;
	struct proposal_list *list = NULL;
	assert_int_equal(proposal_default(protocol, pfs, &list, &diag), RC_OK);
	proposal_text(list, got, sizeof(got));
	assert_string_equal(got, expected);
	proposal_free(list);
}

/* A change here changes what every gateway offers: RFC 8247 says what IKE must have. */
static void ike_defaults_are_exactly_these(void **state)
{
	(void)state;
	assert_default(PROTOCOL_IKE, false,
		       "AES_GCM_16_256+AES_GCM_16_128+CHACHA20_POLY1305-HMAC_SHA2_512+HMAC_SHA2_"
		       "384+HMAC_SHA2_256-"
		       "DH31+DH19+DH20+DH21+MODP2048+MODP3072+MODP4096, "
		       "AES_CBC_256+AES_CBC_128-HMAC_SHA2_512+HMAC_SHA2_256-"
		       "DH31+DH19+DH20+DH21+MODP2048+MODP3072+MODP4096");
}

/* RFC 8221 says what ESP must have. */
static void esp_defaults_are_exactly_these(void **state)
{
	(void)state;
	assert_default(PROTOCOL_ESP, false,
		       "AES_GCM_16_256+AES_GCM_16_128+CHACHA20_POLY1305, "
		       "AES_CBC_256+AES_CBC_128-HMAC_SHA2_512_256+HMAC_SHA2_256_128");
}

static void ah_defaults_are_exactly_these(void **state)
{
	(void)state;
	assert_default(PROTOCOL_AH, false, "HMAC_SHA2_512_256+HMAC_SHA2_256_128");
}

static void pfs_gives_the_esp_defaults_the_ike_groups(void **state)
{
	(void)state;
	assert_default(PROTOCOL_ESP, true,
		       "AES_GCM_16_256+AES_GCM_16_128+CHACHA20_POLY1305-"
		       "DH31+DH19+DH20+DH21+MODP2048+MODP3072+MODP4096, "
		       "AES_CBC_256+AES_CBC_128-HMAC_SHA2_512_256+HMAC_SHA2_256_128-"
		       "DH31+DH19+DH20+DH21+MODP2048+MODP3072+MODP4096");
}

static void without_working_algorithms_there_is_no_ike_default(void **state)
{
	struct diag diag = { "" };
	struct proposal_list *list = NULL;
	(void)state;
	crypto_close();
	enum rc rc = proposal_default(PROTOCOL_IKE, false, &list, &diag);
	assert_int_equal(crypto_open(NULL, false, &diag), RC_OK);
	assert_int_equal(rc, RC_UNSUPPORTED);
	assert_null(list);
}

static void defaults_of_a_type_are_all_available(void **state)
{
	struct picks picks = { .count = 0 };
	(void)state;
	proposal_default_picks(&picks, PROTOCOL_IKE, TRANSFORM_DH);
	assert_int_equal(picks.count, 7);
	for (unsigned i = 0; i < picks.count; i++)
		assert_non_null(crypto_dh(picks.items[i].id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ike_defaults_are_exactly_these),
		cmocka_unit_test(esp_defaults_are_exactly_these),
		cmocka_unit_test(ah_defaults_are_exactly_these),
		cmocka_unit_test(pfs_gives_the_esp_defaults_the_ike_groups),
		cmocka_unit_test(without_working_algorithms_there_is_no_ike_default),
		cmocka_unit_test(defaults_of_a_type_are_all_available),
	};
	return cmocka_run_group_tests(tests, nss_open, nss_close);
}
