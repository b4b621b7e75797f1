/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"
#include "sa/isakmp.h"

#define SPAN_TEXT(text) span_make(text, sizeof(text) - 1)

static struct isakmp_exchange *began(struct isakmp *isakmp, uint32_t message_id, bool waits)
{
	struct isakmp_exchange *exchange = NULL;

	assert_int_equal(isakmp_exchange_new(isakmp, message_id, &exchange), RC_OK);
	exchange->proof_len = waits ? 20 : 0;
	return exchange;
}

static void a_new_one_is_in_phase_1_and_has_no_exchanges(void **state)
{
	struct isakmp *isakmp = isakmp_new();

	(void)state;
	assert_non_null(isakmp);
	assert_non_null(isakmp->phase1);
	assert_true(list_empty(&isakmp->exchanges));
	assert_null(isakmp_exchange_find(isakmp, 0));
	isakmp_free(isakmp);
	isakmp_free(NULL);
}

static void a_new_one_without_memory_is_none(void **state)
{
	(void)state;
	for (uint64_t nth = 1; nth <= 2; nth++) {
		mem_fail_nth(nth);
		struct isakmp *isakmp = isakmp_new();
		mem_fail_nth(0);
		assert_null(isakmp);
	}
}

static struct outcome_isakmp first_words(void)
{
	return (struct outcome_isakmp){ .sa_body = SPAN_TEXT("the offer"),
					.public_i = SPAN_TEXT("ours"),
					.public_r = SPAN_TEXT("hers"),
					.vendors = 5,
					.auth = 1,
					.seconds = 3600,
					.dpd_sent = 7,
					.dpd_seen = 8,
					.iv_set = true,
					.iv = { 1, 2, 3 } };
}

static void what_an_event_says_is_taken_as_copies(void **state)
{
	struct isakmp *isakmp = isakmp_new();
	char offer[] = "the offer";
	struct outcome_isakmp out = first_words();

	(void)state;
	out.sa_body = span_make(offer, 9);
	assert_int_equal(isakmp_take(isakmp, &out), RC_OK);
	memset(offer, 'x', sizeof(offer));
	assert_int_equal(isakmp->phase1->sa_body_len, 9);
	assert_memory_equal(isakmp->phase1->sa_body, "the offer", 9);
	assert_int_equal(isakmp->phase1->public_len, 4);
	assert_memory_equal(isakmp->phase1->public_i, "ours", 4);
	assert_memory_equal(isakmp->phase1->public_r, "hers", 4);
	assert_int_equal(isakmp->vendors, 5);
	assert_int_equal(isakmp->auth, 1);
	assert_int_equal(isakmp->seconds, 3600);
	assert_int_equal(isakmp->dpd_sent, 7);
	assert_int_equal(isakmp->dpd_seen, 8);
	assert_int_equal(isakmp->iv[2], 3);
	isakmp_free(isakmp);
}

static void what_an_event_does_not_say_stays(void **state)
{
	struct isakmp *isakmp = isakmp_new();
	struct outcome_isakmp out = first_words();

	(void)state;
	assert_int_equal(isakmp_take(isakmp, &out), RC_OK);
	out = (struct outcome_isakmp){ .vendors = 2, .iv = { 9, 9, 9 } };
	assert_int_equal(isakmp_take(isakmp, &out), RC_OK);
	assert_int_equal(isakmp->phase1->sa_body_len, 9);
	assert_memory_equal(isakmp->phase1->sa_body, "the offer", 9);
	assert_int_equal(isakmp->phase1->public_len, 4);
	assert_int_equal(isakmp->vendors, 7);
	assert_int_equal(isakmp->auth, 1);
	assert_int_equal(isakmp->seconds, 3600);
	assert_int_equal(isakmp->dpd_sent, 7);
	assert_int_equal(isakmp->dpd_seen, 8);
	assert_int_equal(isakmp->iv[0], 1);
	isakmp_free(isakmp);
}

static void what_is_said_again_replaces_the_first(void **state)
{
	struct isakmp *isakmp = isakmp_new();
	struct outcome_isakmp out = first_words();

	(void)state;
	assert_int_equal(isakmp_take(isakmp, &out), RC_OK);
	out.sa_body = SPAN_TEXT("another");
	out.public_i = SPAN_TEXT("longer");
	out.public_r = SPAN_TEXT("values");
	assert_int_equal(isakmp_take(isakmp, &out), RC_OK);
	assert_int_equal(isakmp->phase1->sa_body_len, 7);
	assert_memory_equal(isakmp->phase1->sa_body, "another", 7);
	assert_int_equal(isakmp->phase1->public_len, 6);
	assert_memory_equal(isakmp->phase1->public_r, "values", 6);
	isakmp_free(isakmp);
}

/* Of each of the three copies; lengths never tell of more than there is. */
static void what_cannot_be_copied_changes_nothing_else(void **state)
{
	(void)state;
	for (uint64_t nth = 1; nth <= 3; nth++) {
		struct isakmp *isakmp = isakmp_new();
		struct outcome_isakmp out = first_words();
		mem_fail_nth(nth);
		enum rc rc = isakmp_take(isakmp, &out);
		mem_fail_nth(0);
		assert_int_equal(rc, RC_NO_MEMORY);
		assert_int_equal(isakmp->phase1->sa_body_len, nth == 1 ? 0 : 9);
		assert_int_equal(isakmp->phase1->public_len, 0);
		assert_int_equal(isakmp->vendors, 0);
		assert_int_equal(isakmp->auth, 0);
		assert_int_equal(isakmp->dpd_seen, 0);
		assert_int_equal(isakmp->iv[0], 0);
		isakmp_free(isakmp);
	}
}

static void phase_1_is_forgotten_once_and_for_all(void **state)
{
	struct isakmp *isakmp = isakmp_new();
	struct outcome_isakmp out = first_words();

	(void)state;
	assert_int_equal(isakmp_take(isakmp, &out), RC_OK);
	isakmp_forget_phase1(isakmp);
	assert_null(isakmp->phase1);
	isakmp_forget_phase1(isakmp);
	out.dpd_sent = 77;
	assert_int_equal(isakmp_take(isakmp, &out), RC_OK); /* its texts have no place any more */
	assert_null(isakmp->phase1);
	assert_int_equal(isakmp->dpd_sent, 77);
	isakmp_free(isakmp);
}

static void an_exchange_is_found_by_its_message_id(void **state)
{
	struct isakmp *isakmp = isakmp_new();
	struct isakmp_exchange *one = began(isakmp, 0x11111111, false);
	struct isakmp_exchange *two = began(isakmp, 0xffffffff, true);

	(void)state;
	assert_int_equal(isakmp->exchange_count, 2);
	assert_ptr_equal(isakmp_exchange_find(isakmp, 0x11111111), one);
	assert_ptr_equal(isakmp_exchange_find(isakmp, 0xffffffff), two);
	assert_null(isakmp_exchange_find(isakmp, 0x11111112));
	isakmp_exchange_free(isakmp, one);
	assert_int_equal(isakmp->exchange_count, 1);
	assert_null(isakmp_exchange_find(isakmp, 0x11111111));
	assert_ptr_equal(isakmp_exchange_find(isakmp, 0xffffffff), two);
	isakmp_free(isakmp);
}

static void the_oldest_exchange_that_waits_for_nothing_gives_way(void **state)
{
	struct isakmp *isakmp = isakmp_new();

	(void)state;
	for (uint32_t id = 1; id <= ISAKMP_EXCHANGES_MAX; id++)
		began(isakmp, id, id == 1 || id == 3);
	began(isakmp, 1000, true);
	assert_int_equal(isakmp->exchange_count, ISAKMP_EXCHANGES_MAX);
	assert_non_null(isakmp_exchange_find(isakmp, 1));
	assert_null(isakmp_exchange_find(isakmp, 2));
	assert_non_null(isakmp_exchange_find(isakmp, 3));
	assert_non_null(isakmp_exchange_find(isakmp, 4));
	began(isakmp, 1001, true);
	assert_null(isakmp_exchange_find(isakmp, 4));
	assert_non_null(isakmp_exchange_find(isakmp, 3));
	assert_int_equal(isakmp->exchange_count, ISAKMP_EXCHANGES_MAX);
	isakmp_free(isakmp);
}

/* A peer that begins as many as it can pushes out none of them. */
static void exchanges_that_wait_are_kept_and_bounded(void **state)
{
	struct isakmp *isakmp = isakmp_new();
	struct isakmp_exchange *more = NULL;

	(void)state;
	for (uint32_t id = 1; id <= ISAKMP_EXCHANGES_MAX; id++)
		began(isakmp, id, true);
	for (uint32_t id = 1000; id < 1100; id++)
		assert_int_equal(isakmp_exchange_new(isakmp, id, &more), RC_LIMIT);
	assert_null(more);
	assert_int_equal(isakmp->exchange_count, ISAKMP_EXCHANGES_MAX);
	for (uint32_t id = 1; id <= ISAKMP_EXCHANGES_MAX; id++)
		assert_non_null(isakmp_exchange_find(isakmp, id));
	isakmp_exchange_find(isakmp, 40)->proof_len = 0; /* HASH(3) has come */
	began(isakmp, 2000, true);
	assert_null(isakmp_exchange_find(isakmp, 40));
	isakmp_free(isakmp);
}

static void an_exchange_without_memory_is_not_counted(void **state)
{
	struct isakmp *isakmp = isakmp_new();
	struct isakmp_exchange *exchange = NULL;

	(void)state;
	mem_fail_nth(1);
	enum rc rc = isakmp_exchange_new(isakmp, 5, &exchange);
	mem_fail_nth(0);
	assert_int_equal(rc, RC_NO_MEMORY);
	assert_null(exchange);
	assert_int_equal(isakmp->exchange_count, 0);
	assert_null(isakmp_exchange_find(isakmp, 5));
	isakmp_free(isakmp);
}

/* For the sanitizers: answers and exchanges go with it. */
static void whatever_it_holds_goes_with_it(void **state)
{
	struct isakmp *isakmp = isakmp_new();
	struct outcome_isakmp out = first_words();

	(void)state;
	assert_int_equal(isakmp_take(isakmp, &out), RC_OK);
	for (uint32_t id = 1; id <= 3; id++) {
		struct isakmp_exchange *exchange = began(isakmp, id, id == 2);
		exchange->answer = mem_alloc(100);
		assert_non_null(exchange->answer);
		exchange->answer_len = 100;
	}
	isakmp_exchange_free(isakmp, isakmp_exchange_find(isakmp, 2));
	assert_int_equal(isakmp->exchange_count, 2);
	isakmp_free(isakmp);
}

static void the_last_message_ids_that_were_told_are_known(void **state)
{
	struct isakmp *isakmp = isakmp_new();

	(void)state;
	assert_non_null(isakmp);
	assert_false(isakmp_was_told(isakmp, 0));
	for (uint32_t id = 1; id <= ISAKMP_TOLD_MAX + 1; id++) {
		struct outcome_isakmp out = { .told = id };
		assert_false(isakmp_was_told(isakmp, id));
		assert_int_equal(isakmp_take(isakmp, &out), RC_OK);
		assert_true(isakmp_was_told(isakmp, id));
	}
	assert_false(isakmp_was_told(isakmp, 1)); /* so many, not more */
	assert_true(isakmp_was_told(isakmp, 2));
	isakmp_free(isakmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_message_ids_that_were_told_are_known),
		cmocka_unit_test(a_new_one_is_in_phase_1_and_has_no_exchanges),
		cmocka_unit_test(a_new_one_without_memory_is_none),
		cmocka_unit_test(what_an_event_says_is_taken_as_copies),
		cmocka_unit_test(what_an_event_does_not_say_stays),
		cmocka_unit_test(what_is_said_again_replaces_the_first),
		cmocka_unit_test(what_cannot_be_copied_changes_nothing_else),
		cmocka_unit_test(phase_1_is_forgotten_once_and_for_all),
		cmocka_unit_test(an_exchange_is_found_by_its_message_id),
		cmocka_unit_test(the_oldest_exchange_that_waits_for_nothing_gives_way),
		cmocka_unit_test(exchanges_that_wait_are_kept_and_bounded),
		cmocka_unit_test(an_exchange_without_memory_is_not_counted),
		cmocka_unit_test(whatever_it_holds_goes_with_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
