/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/peer/peer_test.h"

static usec_t wait_after(struct fixture *f, struct backoff *backoff)
{
	backoff_fail(backoff, f->host, RC_TIMEOUT, "no answer");
	return backoff->not_before - host_now(f->host);
}

static void waits_double_up_to_five_minutes(void **state)
{
	static const int seconds[] = { 5, 10, 20, 40, 80, 160, 300, 300, 300 };
	struct fixture *f = *state;
	struct backoff backoff = { 0 };
	for (unsigned i = 0; i < 9; i++) {
		usec_t wait = wait_after(f, &backoff), least = seconds[i] * USEC_PER_SEC;
		assert_int_equal(backoff.attempts, i + 1);
		assert_true(wait >= least && wait <= least + least / 5);
	}
	backoff.attempts = UINT32_MAX;
	assert_true(wait_after(f, &backoff) >= 300 * USEC_PER_SEC);
	assert_int_equal(backoff.attempts, UINT32_MAX);
	backoff_reset(&backoff);
}

static void two_peers_do_not_come_back_together(void **state)
{
	struct fixture *f = *state;
	usec_t first = 0;
	unsigned different = 0;
	for (unsigned i = 0; i < 20; i++) {
		struct backoff backoff = { .attempts = 6 };
		usec_t wait = wait_after(f, &backoff);
		different += wait != first;
		first = wait;
		backoff_reset(&backoff);
	}
	assert_true(different > 15);
}

static void the_reason_is_kept_until_success(void **state)
{
	struct fixture *f = *state;
	struct backoff backoff = { 0 };
	backoff_fail(&backoff, f->host, RC_AUTH_FAILED, "the keys differ");
	assert_int_equal(backoff.reason, RC_AUTH_FAILED);
	assert_string_equal(backoff.text, "the keys differ");
	backoff_fail(&backoff, f->host, RC_TIMEOUT, backoff.text);
	assert_string_equal(backoff.text, "the keys differ");
	backoff_fail(&backoff, f->host, RC_TIMEOUT, NULL);
	assert_null(backoff.text);
	backoff_fail(&backoff, f->host, RC_TIMEOUT, "again");
	backoff_reset(&backoff);
	assert_null(backoff.text);
	assert_int_equal(backoff.attempts, 0);
	assert_int_equal(backoff.not_before, 0);
	assert_int_equal(backoff.reason, RC_OK);
}

static void without_memory_only_the_sentence_is_missing(void **state)
{
	struct fixture *f = *state;
	struct backoff backoff = { 0 };
	mem_fail_nth(1);
	backoff_fail(&backoff, f->host, RC_TIMEOUT, "no answer");
	mem_fail_nth(0);
	assert_null(backoff.text);
	assert_int_equal(backoff.attempts, 1);
	assert_true(backoff.not_before >= host_now(f->host) + 5 * USEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(waits_double_up_to_five_minutes),
		PEER_TEST(two_peers_do_not_come_back_together),
		PEER_TEST(the_reason_is_kept_until_success),
		PEER_TEST(without_memory_only_the_sentence_is_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
