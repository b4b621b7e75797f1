/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "sa/window.h"
#include "unit/sa/sas_test.h"

static enum rc hold(struct ike_sa *sa, uint32_t message_id, const char *text)
{
	struct ahead what = { .message_id = message_id };

	return window_hold(sa, &what, span_make(text, strlen(text)));
}

static void assert_takes(struct ike_sa *sa, const char *text)
{
	struct ahead *ahead = window_take(sa);

	assert_non_null(ahead);
	assert_true(span_equal_text(span_make(ahead->bytes, ahead->len), text));
	mem_free(ahead);
}

static void give_answer(struct ike_sa *sa, char mark)
{
	sa->answer = mem_alloc(1);
	assert_non_null(sa->answer);
	sa->answer[0] = (uint8_t)mark;
	sa->answer_len = 1;
}

static void message_ids_have_their_places(void **state)
{
	struct ike_sa sa = { .recv_next = 10 };

	(void)state;
	assert_int_equal(window_place(&sa, 10), WINDOW_NEXT);
	assert_int_equal(window_place(&sa, 11), WINDOW_AHEAD);
	assert_int_equal(window_place(&sa, 10 + PEER_WINDOW - 1), WINDOW_AHEAD);
	assert_int_equal(window_place(&sa, 10 + PEER_WINDOW), WINDOW_BEYOND);
	assert_int_equal(window_place(&sa, UINT32_MAX), WINDOW_BEYOND);
	assert_int_equal(window_place(&sa, 9), WINDOW_BEHIND);
	assert_int_equal(window_place(&sa, 10 - PEER_WINDOW), WINDOW_BEHIND);
	assert_int_equal(window_place(&sa, 10 - PEER_WINDOW - 1), WINDOW_LONG_AGO);
	assert_int_equal(window_place(&sa, 0), WINDOW_LONG_AGO);
}

static void requests_come_in_their_turn_whatever_order_they_came_in(void **state)
{
	struct ike_sa sa = { .recv_next = 5 };

	(void)state;
	assert_int_equal(hold(&sa, 7, "seven"), RC_OK);
	assert_int_equal(hold(&sa, 6, "six"), RC_OK);
	assert_int_equal(hold(&sa, 6, "six"), RC_EXISTS);
	assert_null(window_take(&sa));
	sa.recv_next = 6;
	assert_takes(&sa, "six");
	assert_null(window_take(&sa));
	sa.recv_next = 7;
	assert_takes(&sa, "seven");
	assert_null(window_take(&sa));
	assert_int_equal(sa.window->count, 0);
	assert_int_equal(sa.window->size, 0);
	window_free(&sa);
}

static void what_is_behind_is_forgotten(void **state)
{
	struct ike_sa sa = { .recv_next = 5 };

	(void)state;
	assert_int_equal(hold(&sa, 6, "six"), RC_OK);
	assert_int_equal(hold(&sa, 8, "eight"), RC_OK);
	sa.recv_next = 8;
	assert_takes(&sa, "eight");
	assert_int_equal(sa.window->count, 0);
	window_free(&sa);
}

static void waiting_requests_are_bounded_in_number_and_size(void **state)
{
	static char big[AHEAD_BYTES];
	struct ike_sa sa = { .recv_next = 5 };
	char text[16];

	(void)state;
	for (unsigned i = 0; i < AHEAD_MAX; i++) {
		(void)snprintf(text, sizeof(text), "%u", i);
		assert_int_equal(hold(&sa, 6, text), RC_OK);
	}
	assert_int_equal(hold(&sa, 6, "one more"), RC_LIMIT);
	window_free(&sa);
	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(hold(&sa, 6, big), RC_OK);
	assert_int_equal(hold(&sa, 6, "one more"), RC_LIMIT);
	window_free(&sa);
}

static void only_a_peer_that_was_ahead_costs_old_answers(void **state)
{
	struct ike_sa sa = { .recv_next = 5 };

	(void)state;
	give_answer(&sa, '4');
	window_advance(&sa, 100);
	assert_null(sa.answer);
	assert_null(window_answer(&sa, 4));
	assert_int_equal(sa.recv_next, 6);
	assert_int_equal(sa.question_len, 100);
}

static void last_answers_are_kept_for_a_peer_that_was_ahead(void **state)
{
	struct ike_sa sa = { .recv_next = 5 };

	(void)state;
	assert_int_equal(hold(&sa, 6, "six"), RC_OK);
	for (uint32_t id = 5; id < 12; id++) {
		window_advance(&sa, id);
		give_answer(&sa, (char)id); /* to request id */
	}
	for (uint32_t id = 12 - PEER_WINDOW; id < 11; id++) {
		const struct old_answer *old = window_answer(&sa, id);
		assert_non_null(old);
		assert_int_equal(old->bytes[0], id);
		assert_int_equal(old->question_len, id);
	}
	assert_null(window_answer(&sa, 12 - PEER_WINDOW - 1));
	assert_null(window_answer(&sa, 11)); /* the last one is sa->answer */
	mem_free(sa.answer);
	window_free(&sa);
}

static void without_memory_a_request_is_sent_again(void **state)
{
	struct ike_sa sa = { .recv_next = 5 };

	(void)state;
	for (uint64_t nth = 1; nth <= 2; nth++) {
		mem_fail_nth(nth);
		assert_int_equal(hold(&sa, 6, "six"), RC_NO_MEMORY);
		mem_fail_nth(0);
		window_free(&sa);
	}
	assert_int_equal(hold(&sa, 6, "six"), RC_OK);
	window_free(&sa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_ids_have_their_places),
		cmocka_unit_test(requests_come_in_their_turn_whatever_order_they_came_in),
		cmocka_unit_test(what_is_behind_is_forgotten),
		cmocka_unit_test(waiting_requests_are_bounded_in_number_and_size),
		cmocka_unit_test(only_a_peer_that_was_ahead_costs_old_answers),
		cmocka_unit_test(last_answers_are_kept_for_a_peer_that_was_ahead),
		cmocka_unit_test(without_memory_a_request_is_sent_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
