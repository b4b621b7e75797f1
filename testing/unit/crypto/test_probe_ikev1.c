/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/algorithms.h"
#include "crypto/ikev1.h"
#include "crypto/probe.h"
#include "unit/crypto/crypto_test.h"

static void ciphers_of_ikev1_give_their_known_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < algorithm_count(ALGORITHM_IKEV1_ENCR); i++)
		assert_ok(probe_ikev1(&ikev1_encr_entries[i].alg));
}

/* A cipher that gives other bytes is found out: AES in Camellia's place. */
static void a_wrong_answer_is_found(void **state)
{
	struct encr_entry impostor = ikev1_encr_entries[1];
	static const uint8_t zero[16];
	(void)state;
	assert_int_equal(impostor.alg.id, ENCR_CAMELLIA_CBC);
	assert_int_equal(probe_cbc(&impostor.alg, SPAN_OF(zero), SPAN_OF(zero), SPAN_OF(zero),
				   SPAN_OF(zero)),
			 RC_INTEGRITY);
	impostor.mechanism = CKM_AES_CBC;
	impostor.alg.block_len = 16;
	assert_int_not_equal(probe_ikev1(&impostor.alg), RC_OK);
}

static void an_answer_of_another_length_is_our_own_error(void **state)
{
	static const uint8_t zero[PROBE_CBC_MAX + 16];
	const struct encr_alg *aes = crypto_encr(ENCR_AES_CBC);
	struct span block = span_make(zero, 16);
	(void)state;
	assert_int_equal(probe_cbc(aes, block, block, block, span_make(zero, 32)), RC_INTERNAL);
	assert_int_equal(probe_cbc(aes, block, span_make(zero, 8), block, block), RC_INTERNAL);
	assert_int_equal(probe_cbc(aes, block, block, SPAN_OF(zero), SPAN_OF(zero)), RC_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ciphers_of_ikev1_give_their_known_answers),
		cmocka_unit_test(a_wrong_answer_is_found),
		cmocka_unit_test(an_answer_of_another_length_is_our_own_error),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
