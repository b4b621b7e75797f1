/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/proposal/proposal_test.h"
#include "proposal/isakmp_words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 2409 appendix A, RFC 3602 §5, RFC 4312 §3. */
static void phase_1_ciphers_have_the_numbers_of_the_oakley_registry(void **state)
{
	static const uint16_t known[][2] = { { ENCR_3DES, 5 },
					     { ENCR_AES_CBC, 7 },
					     { ENCR_CAMELLIA_CBC, 8 } };
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		assert_int_equal(oakley_of_encr(known[i][0]), known[i][1]);
		assert_int_equal(encr_of_oakley(known[i][1]), known[i][0]);
	}
}

static void phase_1_has_no_aead_no_counter_mode_and_no_null(void **state)
{
	static const uint16_t none[] = { ENCR_NONE,
					 ENCR_NULL,
					 ENCR_AES_CTR,
					 ENCR_AES_CCM_8,
					 ENCR_AES_CCM_16,
					 ENCR_AES_GCM_8,
					 ENCR_AES_GCM_16,
					 ENCR_NULL_AUTH_AES_GMAC,
					 ENCR_CHACHA20_POLY1305,
					 29,
					 UINT16_MAX };
	(void)state;
	for (size_t i = 0; i < COUNT(none); i++)
		assert_int_equal(oakley_of_encr(none[i]), 0);
}

/* DES, IDEA, Blowfish, RC5, CAST and what nobody has given a number. */
static void phase_1_ciphers_of_others_are_not_known(void **state)
{
	(void)state;
	for (unsigned number = 0; number <= UINT16_MAX; number++)
		if (number != 5 && number != 7 && number != 8)
			assert_int_equal(encr_of_oakley((uint16_t)number), ENCR_NONE);
}

static void phase_1_hashes_are_those_of_the_integrity_algorithms(void **state)
{
	static const uint16_t known[][3] = {
		{ INTEG_HMAC_MD5_96, 1, PRF_HMAC_MD5 },
		{ INTEG_HMAC_SHA1_96, 2, PRF_HMAC_SHA1 },
		{ INTEG_HMAC_SHA2_256_128, 4, PRF_HMAC_SHA2_256 },
		{ INTEG_HMAC_SHA2_384_192, 5, PRF_HMAC_SHA2_384 },
		{ INTEG_HMAC_SHA2_512_256, 6, PRF_HMAC_SHA2_512 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		assert_int_equal(oakley_of_integ(known[i][0]), known[i][1]);
		assert_int_equal(integ_of_oakley(known[i][1]), known[i][0]);
		assert_int_equal(prf_of_integ(known[i][0]), known[i][2]);
	}
	assert_int_equal(oakley_of_integ(INTEG_AES_XCBC_96), 0);
	assert_int_equal(oakley_of_integ(INTEG_NONE), 0);
	assert_int_equal(prf_of_integ(INTEG_NONE), PRF_NONE);
	assert_int_equal(prf_of_integ(INTEG_AES_XCBC_96), PRF_NONE);
	assert_int_equal(integ_of_oakley(0), INTEG_NONE);
	assert_int_equal(integ_of_oakley(3), INTEG_NONE); /* Tiger */
	assert_int_equal(integ_of_oakley(7), INTEG_NONE);
	assert_int_equal(integ_of_oakley(UINT16_MAX), INTEG_NONE);
}

/* RFC 2407 §4.4.4, RFC 3686 §5.1, RFC 4309 §7, RFC 4106 §8, RFC 4312 §3, RFC 4543 §7. */
static void esp_transforms_have_the_numbers_of_the_ipsec_registry(void **state)
{
	static const uint16_t known[][2] = {
		{ ENCR_3DES, 3 },	 { ENCR_NULL, 11 },	    { ENCR_AES_CBC, 12 },
		{ ENCR_AES_CTR, 13 },	 { ENCR_AES_CCM_8, 14 },    { ENCR_AES_CCM_12, 15 },
		{ ENCR_AES_CCM_16, 16 }, { ENCR_AES_GCM_8, 18 },    { ENCR_AES_GCM_12, 19 },
		{ ENCR_AES_GCM_16, 20 }, { ENCR_CAMELLIA_CBC, 22 }, { ENCR_NULL_AUTH_AES_GMAC, 23 },
	};
	unsigned found = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		assert_int_equal(ipsec_transform_of_encr(known[i][0]), known[i][1]);
		assert_int_equal(encr_of_ipsec_transform((uint8_t)known[i][1]), known[i][0]);
	}
	for (unsigned number = 0; number <= UINT8_MAX; number++)
		found += encr_of_ipsec_transform((uint8_t)number) != ENCR_NONE;
	assert_int_equal(found, COUNT(known));
	assert_int_equal(ipsec_transform_of_encr(ENCR_CHACHA20_POLY1305), 0);
	assert_int_equal(ipsec_transform_of_encr(ENCR_NONE), 0);
	assert_int_equal(ipsec_transform_of_encr(256 + ENCR_AES_CBC), 0);
}

/* RFC 2407 §4.5, RFC 4868 §2.6: not the numbers of IKEv2. */
static void esp_integrity_has_the_numbers_of_the_authentication_attribute(void **state)
{
	static const uint16_t known[][2] = {
		{ INTEG_HMAC_MD5_96, 1 },	{ INTEG_HMAC_SHA1_96, 2 },
		{ INTEG_HMAC_SHA2_256_128, 5 }, { INTEG_HMAC_SHA2_384_192, 6 },
		{ INTEG_HMAC_SHA2_512_256, 7 }, { INTEG_AES_XCBC_96, 9 },
	};
	unsigned found = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		assert_int_equal(ipsec_of_integ(known[i][0]), known[i][1]);
		assert_int_equal(integ_of_ipsec(known[i][1]), known[i][0]);
	}
	for (unsigned number = 0; number <= UINT16_MAX; number++)
		found += integ_of_ipsec((uint16_t)number) != INTEG_NONE;
	assert_int_equal(found, COUNT(known));
	assert_int_equal(ipsec_of_integ(INTEG_NONE), 0);
	assert_int_equal(ipsec_of_integ(3), 0);
}

/* RFC 2407 §4.4.3, RFC 4868 §2.6, RFC 3566 §5. */
static void ah_transforms_have_the_numbers_of_the_ipsec_registry(void **state)
{
	static const uint16_t known[][2] = {
		{ INTEG_HMAC_MD5_96, 2 },	{ INTEG_HMAC_SHA1_96, 3 },
		{ INTEG_HMAC_SHA2_256_128, 5 }, { INTEG_HMAC_SHA2_384_192, 6 },
		{ INTEG_HMAC_SHA2_512_256, 7 }, { INTEG_AES_XCBC_96, 9 },
	};
	unsigned found = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		assert_int_equal(ipsec_transform_of_ah(known[i][0]), known[i][1]);
		assert_int_equal(integ_of_ah_transform((uint8_t)known[i][1]), known[i][0]);
	}
	for (unsigned number = 0; number <= UINT8_MAX; number++)
		found += integ_of_ah_transform((uint8_t)number) != INTEG_NONE;
	assert_int_equal(found, COUNT(known));
	assert_int_equal(ipsec_transform_of_ah(INTEG_NONE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phase_1_ciphers_have_the_numbers_of_the_oakley_registry),
		cmocka_unit_test(phase_1_has_no_aead_no_counter_mode_and_no_null),
		cmocka_unit_test(phase_1_ciphers_of_others_are_not_known),
		cmocka_unit_test(phase_1_hashes_are_those_of_the_integrity_algorithms),
		cmocka_unit_test(esp_transforms_have_the_numbers_of_the_ipsec_registry),
		cmocka_unit_test(esp_integrity_has_the_numbers_of_the_authentication_attribute),
		cmocka_unit_test(ah_transforms_have_the_numbers_of_the_ipsec_registry),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
