/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/algorithms.h"
#include "crypto/probe.h"
#include "crypto/sign_private.h"
#include "unit/crypto/crypto_test.h"

static void every_form_gives_its_known_answer(void **state)
{
	(void)state;
	assert_int_equal(sign_algorithm_count, 6);
	for (size_t i = 0; i < sign_algorithm_count; i++) {
		enum rc rc = probe_sign(&sign_algorithms[i]);
		bool old = rc == RC_UNSUPPORTED && sign_algorithms[i].kind == KEY_ED25519;
		assert_true(rc == RC_OK || old);
		assert_int_equal(sign_works(sign_algorithms[i].form, sign_algorithms[i].kind),
				 rc == RC_OK);
	}
}

static void what_has_no_known_answer_is_not_there(void **state)
{
	(void)state;
	const struct sign_algorithm strange = { "strange", SIGN_ECDSA, KEY_RSA };
	assert_int_equal(probe_sign(&strange), RC_UNSUPPORTED);
	assert_false(sign_works(SIGN_ECDSA, KEY_RSA));
}

static void a_form_that_failed_is_not_used(void **state)
{
	(void)state;
	struct sign_scheme pss = { SIGN_RSA_PSS, SIGN_SHA2_256, 0 };
	assert_true(sign_scheme_works(&pss));
	algorithm_verdict(ALGORITHM_SIGN, 1, PROBE_WRONG);
	assert_false(sign_scheme_works(&pss));
	assert_false(sign_works(SIGN_RSA_PSS, KEY_RSA));
	assert_true(sign_works(SIGN_RSA_PKCS1, KEY_RSA));
	algorithm_verdict(ALGORITHM_SIGN, 1, PROBE_WORKS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_gives_its_known_answer),
		cmocka_unit_test(what_has_no_known_answer_is_not_there),
		cmocka_unit_test(a_form_that_failed_is_not_used),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
