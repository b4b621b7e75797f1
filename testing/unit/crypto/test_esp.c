/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/crypto/crypto_test.h"

static void every_algorithm_takes_the_key_its_rfc_says(void **state)
{
	(void)state;
	static const struct {
		uint16_t encr, bits, integ;
		size_t encr_len, integ_len;
	} rows[] = {
		{ ENCR_AES_GCM_16, 128, INTEG_NONE, 20, 0 },
		{ ENCR_AES_GCM_12, 192, INTEG_NONE, 28, 0 },
		{ ENCR_AES_GCM_8, 256, INTEG_NONE, 36, 0 },
		{ ENCR_AES_CCM_8, 128, INTEG_NONE, 19, 0 },
		{ ENCR_AES_CCM_12, 192, INTEG_NONE, 27, 0 },
		{ ENCR_AES_CCM_16, 256, INTEG_NONE, 35, 0 },
		{ ENCR_NULL_AUTH_AES_GMAC, 256, INTEG_NONE, 36, 0 },
		{ ENCR_CHACHA20_POLY1305, 0, INTEG_NONE, 36, 0 },
		{ ENCR_CHACHA20_POLY1305, 256, INTEG_NONE, 36, 0 },
		{ ENCR_AES_CBC, 128, INTEG_HMAC_SHA1_96, 16, 20 },
		{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_256_128, 32, 32 },
		{ ENCR_AES_CTR, 128, INTEG_HMAC_SHA2_384_192, 20, 48 },
		{ ENCR_3DES, 0, INTEG_HMAC_MD5_96, 24, 16 },
		{ ENCR_3DES, 192, INTEG_AES_XCBC_96, 24, 16 },
		{ ENCR_CAMELLIA_CBC, 192, INTEG_HMAC_SHA2_512_256, 24, 64 },
		{ ENCR_NULL, 0, INTEG_HMAC_SHA2_256_128, 0, 32 },
		{ ENCR_NONE, 0, INTEG_HMAC_SHA2_256_128, 0, 32 }, /* AH */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t encr = 99, integ = 99;
		assert_ok(
			esp_key_lengths(rows[i].encr, rows[i].bits, rows[i].integ, &encr, &integ));
		assert_int_equal(encr, rows[i].encr_len);
		assert_int_equal(integ, rows[i].integ_len);
	}
}

static void wrong_combinations_are_unsupported(void **state)
{
	(void)state;
	static const struct {
		uint16_t encr, bits, integ;
	} rows[] = {
		{ ENCR_AES_GCM_16, 0, INTEG_NONE },
		{ ENCR_AES_GCM_16, 129, INTEG_NONE },
		{ ENCR_AES_GCM_16, 512, INTEG_NONE },
		{ ENCR_AES_GCM_16, 128, INTEG_HMAC_SHA1_96 },
		{ ENCR_CHACHA20_POLY1305, 128, INTEG_NONE },
		{ ENCR_3DES, 128, INTEG_HMAC_SHA1_96 },
		{ ENCR_AES_CBC, 128, INTEG_NONE },
		{ ENCR_AES_CBC, 0, INTEG_HMAC_SHA1_96 },
		{ ENCR_NULL, 0, INTEG_NONE },
		{ ENCR_NULL, 128, INTEG_HMAC_SHA1_96 },
		{ ENCR_AES_CBC, 128, 9999 },
		{ 9999, 128, INTEG_HMAC_SHA1_96 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t encr = 99, integ = 99;
		assert_int_equal(
			esp_key_lengths(rows[i].encr, rows[i].bits, rows[i].integ, &encr, &integ),
			RC_UNSUPPORTED);
		assert_int_equal(encr, 99);
		assert_int_equal(integ, 99);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_takes_the_key_its_rfc_says),
		cmocka_unit_test(wrong_combinations_are_unsupported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
