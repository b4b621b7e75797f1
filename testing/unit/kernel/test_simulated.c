/* SPDX-License-Identifier: Apache-2.0 */
/* The suite on the simulated kernel, and its faults on demand. */
#include "unit/test.h"
#include "base/arena.h"
#include "kernel/simulated.h"
#include "unit/kernel/suite.h"

static enum rc suite_kernel(struct host *host, struct kernel **out)
{
	return kernel_simulated_new(host, out);
}

static void the_nth_request_fails_with_its_errno(void **state)
{
	struct suite *suite = *state;
	struct counted second = sa_request(KERNEL_SA_ADD, gcm_sa(0x1001));
	kernel_simulated_fail(suite->kernel, 2, ENOMEM, false);
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, gcm_sa(0x1000)), RC_OK);
	assert_int_equal(ask(suite, &second), RC_KERNEL);
	assert_int_equal(second.request.error, ENOMEM);
	assert_non_null(strstr(second.request.diag.text, "SPI 00001001"));
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, gcm_sa(0x1002)), RC_OK);
	assert_int_equal(kernel_simulated_sa_count(suite->kernel), 2);
}

static void every_nth_request_fails_when_asked_to(void **state)
{
	struct suite *suite = *state;
	kernel_simulated_fail(suite->kernel, 3, EEXIST, true);
	for (uint32_t i = 1; i <= 9; i++)
		assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, gcm_sa(0x1000 + i)),
				 i % 3 == 0 ? RC_EXISTS : RC_OK);
	kernel_simulated_fail(suite->kernel, 0, 0, false);
	for (uint32_t i = 10; i <= 14; i++)
		assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, gcm_sa(0x1000 + i)), RC_OK);
}

static void a_lost_answer_never_comes_but_the_deed_is_done(void **state)
{
	struct suite *suite = *state;
	struct counted lost = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	kernel_simulated_lose_answer(suite->kernel, 1);
	submit(suite, &lost);
	fake_turn(&suite->host);
	assert_int_equal(suite->kernel->ops->drain(suite->kernel, USEC_PER_SEC), RC_TIMEOUT);
	assert_int_equal(lost.answers, 0);
	assert_int_equal(kernel_simulated_sa_count(suite->kernel), 1);
	suite->kernel->ops->cancel(suite->kernel, &lost.request);
	assert_int_equal(suite->kernel->ops->drain(suite->kernel, USEC_PER_SEC), RC_OK);
}

static void a_delayed_answer_comes_with_its_effect_when_due(void **state)
{
	struct suite *suite = *state;
	struct counted add = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	kernel_simulated_delay(suite->kernel, 5 * USEC_PER_MSEC);
	assert_true(kernel_simulated_next(suite->kernel) == USEC_NEVER);
	submit(suite, &add);
	fake_turn(&suite->host);
	assert_int_equal(add.answers, 0);
	assert_int_equal(kernel_simulated_sa_count(suite->kernel), 0);
	assert_true(kernel_simulated_next(suite->kernel) == suite->host.now + 5 * USEC_PER_MSEC);
	suite->host.now += 5 * USEC_PER_MSEC;
	kernel_simulated_tick(suite->kernel);
	fake_turn(&suite->host);
	assert_int_equal(add.answers, 1);
	assert_int_equal(kernel_simulated_sa_count(suite->kernel), 1);
	assert_true(kernel_simulated_next(suite->kernel) == USEC_NEVER);
	assert_int_equal(suite->kernel->ops->drain(suite->kernel, USEC_PER_MSEC), RC_TIMEOUT);
}

static void a_missing_algorithm_is_refused_and_not_offered(void **state)
{
	struct suite *suite = *state;
	const struct kernel_ops *ops = suite->kernel->ops;
	kernel_simulated_without(suite->kernel, ENCR_AES_GCM_16, 0);
	kernel_simulated_without(suite->kernel, 0, INTEG_HMAC_MD5_96);
	assert_false(ops->supports(suite->kernel, ENCR_AES_GCM_16, 256, INTEG_NONE));
	assert_false(ops->supports(suite->kernel, ENCR_AES_CBC, 256, INTEG_HMAC_MD5_96));
	assert_true(ops->supports(suite->kernel, ENCR_AES_CBC, 256, INTEG_HMAC_SHA1_96));
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, gcm_sa(0x1000)), RC_KERNEL);
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, cbc_sa(0x1000)), RC_OK);
}

static void a_flush_leaves_nothing_behind(void **state)
{
	struct suite *suite = *state;
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, gcm_sa(0x1000)), RC_OK);
	assert_int_equal(ask_policy(suite, KERNEL_POLICY_SET, out_policy()), RC_OK);
	kernel_simulated_flush(suite->kernel);
	assert_int_equal(kernel_simulated_sa_count(suite->kernel), 0);
	assert_int_equal(kernel_simulated_policy_count(suite->kernel), 0);
}

static void a_kernel_that_gets_no_memory_is_not_made(void **state)
{
	struct fake_host fake;
	struct kernel *kernel = NULL;
	(void)state;
	fake_host_init(&fake);
	mem_fail_nth(1);
	assert_int_equal(kernel_simulated_new(&fake.host, &kernel), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_null(kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TESTS,
		SUITE_TEST(the_nth_request_fails_with_its_errno),
		SUITE_TEST(every_nth_request_fails_when_asked_to),
		SUITE_TEST(a_lost_answer_never_comes_but_the_deed_is_done),
		SUITE_TEST(a_delayed_answer_comes_with_its_effect_when_due),
		SUITE_TEST(a_missing_algorithm_is_refused_and_not_offered),
		SUITE_TEST(a_flush_leaves_nothing_behind),
		cmocka_unit_test(a_kernel_that_gets_no_memory_is_not_made),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
