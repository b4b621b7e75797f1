/* SPDX-License-Identifier: Apache-2.0 */
#include <secerr.h>
#include <secport.h>
#include <time.h>
#include "crypto/algorithms.h"
#include "crypto/probe.h"
#include "unit/crypto/crypto_test.h"

static void the_probe_finds_everything_again(void **state)
{
	(void)state;
	algorithm_forget();
	assert_null(crypto_encr(ENCR_AES_CBC));
	assert_ok(probe_run(NULL));
	assert_non_null(crypto_encr(ENCR_AES_CBC));
	assert_non_null(crypto_integ(INTEG_HMAC_SHA2_512_256));
	assert_non_null(crypto_dh(DH_MODP_8192));
}

static void verdicts_tell_wrong_answers_from_refusals(void **state)
{
	(void)state;
	PORT_SetError(SEC_ERROR_BAD_KEY);
	assert_int_equal(probe_verdict(RC_OK), PROBE_WORKS);
	assert_int_equal(probe_verdict(RC_INTEGRITY), PROBE_WRONG);
	assert_int_equal(probe_verdict(RC_INTERNAL), SEC_ERROR_BAD_KEY);
	PORT_SetError(0);
	assert_int_equal(probe_verdict(RC_INTERNAL), PROBE_WRONG);
}

/* An allocation that fails during the probe costs an algorithm, not the start. */
static void an_algorithm_that_could_not_be_tried_is_not_offered(void **state)
{
	(void)state;
	unsigned missing = 0, absent = 0;
	assert_ok(probe_run(NULL));
	for (size_t i = 0; i < dh_group_count; i++) /* ML-KEM, with an old NSS */
		absent += crypto_dh(dh_groups[i].alg.id) == NULL;
	mem_fail_nth(1);
	assert_ok(probe_run(NULL));
	mem_fail_nth(0);
	for (size_t i = 0; i < dh_group_count; i++)
		missing += crypto_dh(dh_groups[i].alg.id) == NULL;
	assert_int_equal(missing, absent + 1);
	assert_ok(probe_run(NULL));
}

/* A daemon's start must not wait for it: 50 ms when measured, with room for slow and instrumented
 * builds. */
static void the_probe_is_quick(void **state)
{
	(void)state;
	struct timespec from, to;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	assert_ok(probe_run(NULL));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	long ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
	assert_in_range(ms, 0, 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_probe_finds_everything_again),
		cmocka_unit_test(verdicts_tell_wrong_answers_from_refusals),
		cmocka_unit_test(an_algorithm_that_could_not_be_tried_is_not_offered),
		cmocka_unit_test(the_probe_is_quick),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
