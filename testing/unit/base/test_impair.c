/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"
#include "base/impair.h"
#include <errno.h>

static struct impair parse(const char *text)
{
	struct impair impair;
	struct diag diag = { "" };
	if (impair_parse(text, &impair, &diag) != RC_OK)
		fail_msg("%s: %s", text, diag.text);
	return impair;
}

static void assert_refused(const char *text, const char *sentence)
{
	struct impair impair = { .drop = 77 };
	struct diag diag;
	assert_int_equal(impair_parse(text, &impair, &diag), RC_SYNTAX);
	if (strstr(diag.text, sentence) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", diag.text, sentence);
	assert_int_equal(impair.drop, 77);
	assert_int_equal(impair_parse(text, &impair, NULL), RC_SYNTAX);
}

static void every_field_is_read(void **state)
{
	struct impair impair = parse(
		"drop=10%,duplicate=0.5%,corrupt=1%,reorder=100%,delay=50ms,jitter=200us,"
		"kernel-fail=3:ENOMEM,kernel-lose=2,kernel-delay=1s,job-delay=20ms,alloc-fail=17");
	(void)state;
	assert_int_equal(impair.drop, 100);
	assert_int_equal(impair.duplicate, 5);
	assert_int_equal(impair.corrupt, 10);
	assert_int_equal(impair.reorder, 1000);
	assert_true(impair.delay == 50 * USEC_PER_MSEC);
	assert_true(impair.jitter == 200);
	assert_int_equal(impair.kernel_fail, 3);
	assert_int_equal(impair.kernel_error, ENOMEM);
	assert_false(impair.kernel_fail_every);
	assert_int_equal(impair.kernel_lose, 2);
	assert_true(impair.kernel_delay == USEC_PER_SEC);
	assert_true(impair.job_delay == 20 * USEC_PER_MSEC);
	assert_true(impair.alloc_fail == 17);
}

static void nothing_and_none_impair_nothing(void **state)
{
	struct impair zero = { 0 }, empty = parse(""), none = parse("none");
	(void)state;
	assert_memory_equal(&empty, &zero, sizeof(zero));
	assert_memory_equal(&none, &zero, sizeof(zero));
}

static void text_is_what_parse_reads(void **state)
{
	static const char *const texts[] = {
		"none",
		"drop=0.1%",
		"drop=100%,delay=1500us",
		"kernel-fail=every-5:EEXIST",
		"drop=99.9%,duplicate=99.9%,corrupt=99.9%,reorder=99.9%,delay=3599999999us,"
		"jitter=3599999999us,kernel-fail=every-4294967295:ENOTRECOVERABLE,kernel-lose="
		"4294967295,"
		"kernel-delay=3599999999us,job-delay=3599999999us,alloc-fail=18446744073709551615",
	};
	char buffer[IMPAIR_TEXT_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct impair impair = parse(texts[i]);
		assert_string_equal(impair_text(&impair, buffer), texts[i]);
	}
}

static void wrong_texts_are_refused_with_an_explanation(void **state)
{
	(void)state;
	assert_refused("drpo=10%", "did you mean \"drop\"?");
	assert_refused("explode=1", "expected drop, duplicate");
	assert_refused("drop", "has no value");
	assert_refused("drop=10%,", "has no value");
	assert_refused(",drop=10%", "has no value");
	assert_refused("drop=10", "such as 10%");
	assert_refused("drop=101%", "from 0% to 100%");
	assert_refused("drop=100.1%", "from 0% to 100%");
	assert_refused("drop=0.55%", "from 0% to 100%");
	assert_refused("drop=-1%", "from 0% to 100%");
	assert_refused("drop=%", "from 0% to 100%");
	assert_refused("drop= 1%", "from 0% to 100%");
	assert_refused("delay=50", "with its unit");
	assert_refused("delay=50m", "with its unit");
	assert_refused("delay=3601s", "at most 3600s");
	assert_refused("delay=99999999999999999999s", "at most 3600s");
	assert_refused("kernel-fail=3", "3:ENOMEM");
	assert_refused("kernel-fail=0:ENOMEM", "count from 1");
	assert_refused("kernel-fail=3:EWHAT", "unknown errno \"EWHAT\"");
	assert_refused("kernel-fail=3:", "unknown errno \"\"");
	assert_refused("kernel-lose=x", "expected a count");
	assert_refused("kernel-lose=4294967296", "expected a count");
	assert_refused("alloc-fail=1x", "expected a count");
	assert_refused("delay=00000000000000000000000000000000000000000000000000000000000001s",
		       "too long");
}

static void without_impairments_a_datagram_just_arrives(void **state)
{
	struct impair impair = { 0 };
	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		struct impair_fate fate = impair_datagram(&impair, i, 100);
		assert_false(fate.drop || fate.duplicate || fate.corrupt);
		assert_true(fate.delay == 0);
	}
}

static void shares_are_kept_and_independent(void **state)
{
	struct impair impair = parse("drop=10%,duplicate=50%,corrupt=100%,delay=1ms,jitter=1ms");
	unsigned dropped = 0, duplicated = 0, both = 0;
	(void)state;
	for (uint64_t i = 0; i < 10000; i++) {
		struct impair_fate fate = impair_datagram(&impair, i, 100);
		dropped += fate.drop;
		duplicated += fate.duplicate;
		both += fate.drop && fate.duplicate;
		assert_true(fate.corrupt);
		assert_in_range(fate.corrupt_at, 0, 99);
		assert_int_not_equal(fate.corrupt_with, 0);
		assert_in_range(fate.delay, 1000, 2000);
	}
	assert_in_range(dropped, 800, 1200);
	assert_in_range(duplicated, 4700, 5300);
	assert_in_range(both, 350, 650);
}

static void same_random_number_means_same_fate(void **state)
{
	struct impair impair = parse("drop=50%,jitter=1s");
	(void)state;
	struct impair_fate a = impair_datagram(&impair, 99, 10),
			   b = impair_datagram(&impair, 99, 10);
	assert_int_equal(a.drop, b.drop);
	assert_true(a.delay == b.delay);
}

static void empty_datagram_cannot_be_corrupted(void **state)
{
	struct impair impair = parse("corrupt=100%");
	(void)state;
	assert_false(impair_datagram(&impair, 5, 0).corrupt);
}

static void reordered_datagram_falls_behind_all_others(void **state)
{
	struct impair some = parse("reorder=100%,delay=5ms,jitter=5ms"),
		      plain = parse("delay=5ms,jitter=5ms");
	(void)state;
	for (uint64_t i = 0; i < 100; i++)
		assert_true(impair_datagram(&some, i, 1).delay >
			    impair_datagram(&plain, i + 7, 1).delay);
}

static void only_the_nth_kernel_request_fails(void **state)
{
	struct impair impair = parse("kernel-fail=3:ENOMEM");
	(void)state;
	for (int i = 1; i <= 20; i++)
		assert_int_equal(impair_kernel_request(&impair), i == 3 ? ENOMEM : 0);
}

static void each_nth_kernel_request_fails(void **state)
{
	struct impair impair = parse("kernel-fail=every-3:EEXIST");
	(void)state;
	for (int i = 1; i <= 20; i++)
		assert_int_equal(impair_kernel_request(&impair), i % 3 == 0 ? EEXIST : 0);
}

static void only_the_nth_kernel_answer_is_lost(void **state)
{
	struct impair impair = parse("kernel-lose=2"), none = { 0 };
	(void)state;
	for (int i = 1; i <= 10; i++) {
		assert_int_equal(impair_kernel_answer(&impair), i == 2);
		assert_false(impair_kernel_answer(&none));
		assert_int_equal(impair_kernel_request(&none), 0);
	}
}

static void arming_lets_the_allocation_fail(void **state)
{
	struct impair impair = parse("alloc-fail=2"), none = { 0 };
	(void)state;
	impair_arm(&impair);
	void *first = mem_alloc(1), *second = mem_alloc(1), *third = mem_alloc(1);
	impair_arm(&none);
	assert_non_null(first);
	assert_null(second);
	assert_non_null(third);
	mem_free(first);
	mem_free(third);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(nothing_and_none_impair_nothing),
		cmocka_unit_test(text_is_what_parse_reads),
		cmocka_unit_test(wrong_texts_are_refused_with_an_explanation),
		cmocka_unit_test(without_impairments_a_datagram_just_arrives),
		cmocka_unit_test(shares_are_kept_and_independent),
		cmocka_unit_test(same_random_number_means_same_fate),
		cmocka_unit_test(empty_datagram_cannot_be_corrupted),
		cmocka_unit_test(reordered_datagram_falls_behind_all_others),
		cmocka_unit_test(only_the_nth_kernel_request_fails),
		cmocka_unit_test(each_nth_kernel_request_fails),
		cmocka_unit_test(only_the_nth_kernel_answer_is_lost),
		cmocka_unit_test(arming_lets_the_allocation_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
