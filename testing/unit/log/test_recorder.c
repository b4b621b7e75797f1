/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"
#include "log/recorder.h"
#include <errno.h>

static int stop_failing(void **state)
{
	(void)state;
	mem_fail_nth(0);
	return 0;
}

static void add(struct recorder *recorder, usec_t when, uint32_t detail)
{
	recorder_add(recorder, when, 41, RECORD_SENT, 35, detail, 0);
}

static void unused_recorder_costs_no_memory(void **state)
{
	struct recorder recorder;
	(void)state;
	recorder_init(&recorder);
	assert_null(recorder.ring);
	assert_null(recorder_at(&recorder, 0));
	assert_int_equal(sizeof(struct record), 32);
	recorder_free(&recorder);
}

static void entry_keeps_what_it_was_given(void **state)
{
	struct recorder recorder;
	(void)state;
	recorder_init(&recorder);
	recorder_add(&recorder, 123456789012, UINT64_MAX, RECORD_CHILD_UP, 65535, 0xaabbccdd,
		     0x11223344);
	const struct record *record = recorder_at(&recorder, 0);
	assert_non_null(record);
	assert_true(record->when == 123456789012 && record->serial == UINT64_MAX);
	assert_int_equal(record->event, RECORD_CHILD_UP);
	assert_int_equal(record->code, 65535);
	assert_true(record->detail == 0xaabbccdd && record->extra == 0x11223344);
	assert_int_equal(record->repeat, 0);
	assert_null(recorder_at(&recorder, 1));
	recorder_free(&recorder);
}

static void ring_grows_from_4_to_32_and_keeps_the_order(void **state)
{
	struct recorder recorder;
	(void)state;
	recorder_init(&recorder);
	for (unsigned i = 0; i < 32; i++) {
		add(&recorder, i, i);
		assert_int_equal(recorder.size, i < 4 ? 4 : i < 8 ? 8 : i < 16 ? 16 : 32);
		for (unsigned j = 0; j <= i; j++)
			assert_int_equal(recorder_at(&recorder, j)->detail, j);
	}
	assert_int_equal(recorder.lost, 0);
	recorder_free(&recorder);
}

static void full_ring_forgets_the_oldest(void **state)
{
	struct recorder recorder;
	(void)state;
	recorder_init(&recorder);
	for (unsigned i = 0; i < 100; i++)
		add(&recorder, i, i);
	assert_int_equal(recorder.count, 32);
	assert_int_equal(recorder.size, RECORDER_MAX);
	assert_int_equal(recorder.lost, 68);
	for (unsigned j = 0; j < 32; j++)
		assert_int_equal(recorder_at(&recorder, j)->detail, 68 + j);
	assert_null(recorder_at(&recorder, 32));
	recorder_free(&recorder);
}

static void repeated_event_takes_one_entry(void **state)
{
	struct recorder recorder;
	(void)state;
	recorder_init(&recorder);
	add(&recorder, 1, 7);
	for (usec_t i = 2; i <= 1000; i++)
		add(&recorder, i, 8);
	add(&recorder, 1001, 7);
	assert_int_equal(recorder.count, 3);
	assert_int_equal(recorder_at(&recorder, 1)->repeat, 998);
	assert_true(recorder_at(&recorder, 1)->when == 1000);
	assert_int_equal(recorder_at(&recorder, 2)->repeat, 0);
	recorder_free(&recorder);
}

static void event_that_differs_in_anything_is_no_repetition(void **state)
{
	struct recorder recorder;
	(void)state;
	recorder_init(&recorder);
	recorder_add(&recorder, 1, 1, RECORD_SENT, 1, 1, 1);
	recorder_add(&recorder, 1, 2, RECORD_SENT, 1, 1, 1);
	recorder_add(&recorder, 1, 2, RECORD_RECEIVED, 1, 1, 1);
	recorder_add(&recorder, 1, 2, RECORD_RECEIVED, 2, 1, 1);
	recorder_add(&recorder, 1, 2, RECORD_RECEIVED, 2, 2, 1);
	recorder_add(&recorder, 1, 2, RECORD_RECEIVED, 2, 2, 2);
	assert_int_equal(recorder.count, 6);
	recorder_free(&recorder);
}

static void repetition_is_seen_over_the_end_of_the_ring(void **state)
{
	struct recorder recorder;
	(void)state;
	recorder_init(&recorder);
	for (unsigned i = 0; i < 32; i++)
		add(&recorder, i, i);
	add(&recorder, 99, 31); /* the newest is the last slot, next is the first */
	assert_int_equal(recorder.lost, 0);
	assert_int_equal(recorder_at(&recorder, 31)->repeat, 1);
	recorder_free(&recorder);
}

static void without_any_memory_events_are_counted_as_lost(void **state)
{
	struct recorder recorder;
	(void)state;
	recorder_init(&recorder);
	mem_fail_nth(1);
	add(&recorder, 1, 1);
	assert_int_equal(recorder.lost, 1);
	assert_null(recorder_at(&recorder, 0));
	add(&recorder, 2, 2);
	assert_int_equal(recorder_at(&recorder, 0)->detail, 2);
	recorder_free(&recorder);
}

static void without_memory_to_grow_the_oldest_go_earlier(void **state)
{
	struct recorder recorder;
	(void)state;
	recorder_init(&recorder);
	for (unsigned i = 0; i < 4; i++)
		add(&recorder, i, i);
	for (unsigned i = 4; i < 10; i++) {
		mem_fail_nth(1);
		add(&recorder, i, i);
	}
	mem_fail_nth(0);
	assert_int_equal(recorder.size, 4);
	assert_int_equal(recorder.lost, 6);
	for (unsigned j = 0; j < 4; j++)
		assert_int_equal(recorder_at(&recorder, j)->detail, 6 + j);
	for (unsigned i = 10; i < 13; i++) /* growing a ring that has wrapped */
		add(&recorder, i, i);
	assert_int_equal(recorder.size, 8);
	for (unsigned j = 0; j < 7; j++)
		assert_int_equal(recorder_at(&recorder, j)->detail, 6 + j);
	recorder_free(&recorder);
}

static const char *name_it(enum record_event event, unsigned code)
{
	if (event == RECORD_NOTIFY_IN && code == 14)
		return "NO_PROPOSAL_CHOSEN";
	if (event == RECORD_NOTIFY_OUT && code == 0x4104)
		return "HIGH";
	if (event == RECORD_STATE)
		return code == 1 ? "HALF_OPEN" : "ESTABLISHED";
	if (event == RECORD_KERNEL && code == 3)
		return "to the SA";
	return (event == RECORD_SENT || event == RECORD_RECEIVED) && code == 35 ? "IKE_AUTH" : NULL;
}

static void texts_tell_what_happened(void **state)
{
	static const struct {
		enum record_event event;
		unsigned code;
		uint32_t detail, extra;
		const char *text;
	} cases[] = {
		{ RECORD_SENT, 35, 1, 0, "sent IKE_AUTH request, message ID 1" },
		{ RECORD_SENT, 35 | RECORD_RESPONSE, 1, 14,
		  "sent IKE_AUTH response, message ID 1, NO_PROPOSAL_CHOSEN" },
		{ RECORD_RECEIVED, 36, 2, 99,
		  "received exchange 36 request, message ID 2, notify 99" },
		{ RECORD_RETRANSMITTED, 34, 0, 3,
		  "retransmitted exchange 34 request, message ID 0, try 3" },
		{ RECORD_ANSWERED_AGAIN, 37 | RECORD_RESPONSE, 8, 0,
		  "answered the repeated exchange 37 request again, message ID 8" },
		{ RECORD_DROPPED, RC_INTEGRITY, 0, 0, "dropped a message: INTEGRITY" },
		{ RECORD_NOTIFY_IN, 14, 0, 0, "peer notifies NO_PROPOSAL_CHOSEN" },
		{ RECORD_NOTIFY_OUT, 0x4104, 0, 0, "we notify HIGH" },
		{ RECORD_STATE, 2, 1, 0, "state is ESTABLISHED, was HALF_OPEN" },
		{ RECORD_IKE_UP, 0, 41, 0, "IKE SA is up" },
		{ RECORD_IKE_DOWN, RC_PEER_DELETED, 0, 0, "IKE SA ended: PEER_DELETED" },
		{ RECORD_CHILD_UP, 0, 0x1234, 0xffeeddcc,
		  "Child SA is up, SPI in 0x00001234, out 0xffeeddcc" },
		{ RECORD_CHILD_DOWN, RC_TIMEOUT, 0x1234, 0,
		  "Child SA with SPI 0x00001234 ended: TIMEOUT" },
		{ RECORD_WANTED, 2, 0, 0, "wanted is now wanted state 2" },
		{ RECORD_DECIDED, 5, 0, 0, "decided to decision 5" },
		{ RECORD_BACKOFF, 3, 20, 0, "attempt 3 failed, the next one follows in 20 s" },
		{ RECORD_KERNEL, EEXIST, 3, 0, "kernel answers to the SA: File exists" },
		{ RECORD_KERNEL, 9999, 4, 0, "kernel answers operation 4: unknown error" },
		{ RECORD_ACQUIRE, 0, 0, 0, "traffic asks for the tunnel" },
		{ RECORD_LIVENESS, 0, 0, 0, "liveness: probe sent" },
		{ RECORD_LIVENESS, 2, 0, 0, "liveness: peer is dead" },
		{ RECORD_LIVENESS, 3, 0, 0, "liveness: 3" },
		{ RECORD_NAT, 3, 0, 0, "NAT detected: both are behind one" },
		{ RECORD_NAT, 4, 0, 0, "NAT detected: 4" },
		{ RECORD_COMMAND, 6, 0, 0, "command command 6" },
		{ RECORD_REDIRECT, 4, 0xcb007101, 0, "redirect to 203.0.113.1: event 4" },
		{ RECORD_REDIRECT, 6, 0, 0, "redirect: event 6" },
		{ RECORD_NONE, 0, 0, 0, "nothing" },
	};
	char buffer[128];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = { .event = (uint16_t)cases[i].event,
					 .code = (uint16_t)cases[i].code,
					 .detail = cases[i].detail,
					 .extra = cases[i].extra };
		assert_string_equal(recorder_text(&record, name_it, buffer, sizeof(buffer)),
				    cases[i].text);
	}
}

static void every_event_has_a_sentence_without_a_namer(void **state)
{
	char buffer[128];
	(void)state;
	for (uint16_t event = 0; event < RECORD_COUNT; event++) {
		struct record record = { .event = event, .extra = 1 };
		recorder_text(&record, NULL, buffer, sizeof(buffer));
		assert_in_range(strlen(buffer), 5, 100);
		assert_null(strchr(buffer, '%'));
	}
}

static void repetitions_are_told(void **state)
{
	struct record record = { .event = RECORD_LIVENESS, .repeat = 11 };
	char buffer[128];
	(void)state;
	assert_string_equal(recorder_text(&record, NULL, buffer, sizeof(buffer)),
			    "liveness: probe sent, 12 times");
	record.repeat = UINT32_MAX;
	assert_string_equal(recorder_text(&record, NULL, buffer, sizeof(buffer)),
			    "liveness: probe sent, 4294967296 times");
}

static void unknown_event_is_told_with_its_number(void **state)
{
	struct record record = { .event = 999 };
	char buffer[128];
	(void)state;
	assert_string_equal(recorder_text(&record, NULL, buffer, sizeof(buffer)),
			    "unknown event 999");
}

static void small_buffers_cut_the_sentence(void **state)
{
	struct record record = { .event = RECORD_SENT, .code = 35, .extra = 14, .repeat = 1 };
	char buffer[64];
	(void)state;
	for (size_t size = 0; size < sizeof(buffer); size++) {
		memset(buffer, '#', sizeof(buffer));
		const char *text = recorder_text(&record, name_it, buffer, size);
		assert_int_equal(strlen(text), size == 0 ? 0 : size - 1);
		assert_int_equal(buffer[size], '#');
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, stop_failing)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unused_recorder_costs_no_memory),
		TEST(entry_keeps_what_it_was_given),
		TEST(ring_grows_from_4_to_32_and_keeps_the_order),
		TEST(full_ring_forgets_the_oldest),
		TEST(repeated_event_takes_one_entry),
		TEST(event_that_differs_in_anything_is_no_repetition),
		TEST(repetition_is_seen_over_the_end_of_the_ring),
		TEST(without_any_memory_events_are_counted_as_lost),
		TEST(without_memory_to_grow_the_oldest_go_earlier),
		TEST(texts_tell_what_happened),
		TEST(every_event_has_a_sentence_without_a_namer),
		TEST(repetitions_are_told),
		TEST(unknown_event_is_told_with_its_number),
		TEST(small_buffers_cut_the_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
