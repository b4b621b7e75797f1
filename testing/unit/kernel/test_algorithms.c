/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "kernel/algorithms.h"
#include "wire/iana.h"

static void gcm_is_one_kernel_name_with_three_icv_sizes(void **state)
{
	(void)state;
	assert_string_equal(kernel_algorithm_encr(ENCR_AES_GCM_16)->name, "rfc4106(gcm(aes))");
	assert_string_equal(kernel_algorithm_encr(ENCR_AES_GCM_8)->name, "rfc4106(gcm(aes))");
	assert_int_equal(kernel_algorithm_encr(ENCR_AES_GCM_16)->icv_bits, 128);
	assert_int_equal(kernel_algorithm_encr(ENCR_AES_GCM_12)->icv_bits, 96);
	assert_int_equal(kernel_algorithm_encr(ENCR_AES_GCM_8)->icv_bits, 64);
}

static void keys_include_the_salt_of_their_rfc(void **state)
{
	(void)state;
	assert_int_equal(kernel_algorithm_key_bytes(kernel_algorithm_encr(ENCR_AES_GCM_16), 128),
			 20); /* RFC 4106 */
	assert_int_equal(kernel_algorithm_key_bytes(kernel_algorithm_encr(ENCR_AES_CCM_16), 256),
			 35); /* RFC 4309 */
	assert_int_equal(kernel_algorithm_key_bytes(kernel_algorithm_encr(ENCR_AES_CTR), 192),
			 28); /* RFC 3686 */
	assert_int_equal(
		kernel_algorithm_key_bytes(kernel_algorithm_encr(ENCR_CHACHA20_POLY1305), 0),
		36); /* RFC 7634 */
	assert_int_equal(kernel_algorithm_key_bytes(kernel_algorithm_encr(ENCR_AES_CBC), 256), 32);
	assert_int_equal(kernel_algorithm_key_bytes(kernel_algorithm_encr(ENCR_NULL), 0), 0);
	assert_int_equal(kernel_algorithm_key_bytes(kernel_algorithm_encr(ENCR_3DES), 0), 24);
}

static void key_sizes_that_do_not_exist_are_refused(void **state)
{
	(void)state;
	assert_int_equal(kernel_algorithm_key_bytes(kernel_algorithm_encr(ENCR_AES_GCM_16), 0), -1);
	assert_int_equal(kernel_algorithm_key_bytes(kernel_algorithm_encr(ENCR_AES_GCM_16), 64),
			 -1);
	assert_int_equal(
		kernel_algorithm_key_bytes(kernel_algorithm_encr(ENCR_CHACHA20_POLY1305), 128), -1);
	assert_int_equal(kernel_algorithm_key_bytes(kernel_algorithm_encr(ENCR_NULL), 128), -1);
}

static void hmacs_are_truncated_as_their_rfcs_say(void **state)
{
	(void)state;
	assert_int_equal(kernel_algorithm_integ(INTEG_HMAC_SHA1_96)->truncated_bits, 96);
	assert_int_equal(kernel_algorithm_integ(INTEG_HMAC_SHA2_256_128)->truncated_bits,
			 128); /* RFC 4868 */
	assert_int_equal(kernel_algorithm_integ(INTEG_HMAC_SHA2_384_192)->truncated_bits, 192);
	assert_int_equal(kernel_algorithm_integ(INTEG_HMAC_SHA2_512_256)->truncated_bits, 256);
	assert_int_equal(kernel_algorithm_integ(INTEG_HMAC_SHA2_512_256)->key_bits, 512);
}

static void unknown_numbers_have_no_algorithm(void **state)
{
	(void)state;
	assert_null(kernel_algorithm_encr(ENCR_NONE));
	assert_null(kernel_algorithm_encr(999));
	assert_null(kernel_algorithm_integ(INTEG_NONE));
	assert_null(kernel_algorithm_integ(999));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gcm_is_one_kernel_name_with_three_icv_sizes),
		cmocka_unit_test(keys_include_the_salt_of_their_rfc),
		cmocka_unit_test(key_sizes_that_do_not_exist_are_refused),
		cmocka_unit_test(hmacs_are_truncated_as_their_rfcs_say),
		cmocka_unit_test(unknown_numbers_have_no_algorithm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
