/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/reassembly.h"
#include "unit/sa/sas_test.h"

struct pieces {
	struct sas_fixture f;
	struct ike_sa *sa;
	struct ike_header header;
	enum fragment_fault fault;
};

static void begin(struct pieces *p)
{
	*p = (struct pieces){ .header = { .exchange = EXCHANGE_IKE_AUTH, .message_id = 1 } };
	sas_begin(&p->f, SAS_CONN);
	p->sa = sas_ike(&p->f, RESPONDER);
}

static void end(struct pieces *p)
{
	ike_sa_free(&p->f.sas, p->sa);
	assert_int_equal(p->f.sas.reassembly_bytes, 0);
	assert_true(list_empty(&p->f.sas.reassemblies));
	sas_end(&p->f);
}

static enum rc put_to(struct pieces *p, struct ike_sa *sa, uint16_t number, uint16_t total,
		      const char *text, usec_t now)
{
	struct fragment fragment = { .header = &p->header,
				     .number = number,
				     .total = total,
				     .first_type = number == 1 ? PAYLOAD_IDi : 0,
				     .plain = span_make(text, strlen(text)) };
	struct diag diag = { "" };
	enum rc rc = reassembly_add(&p->f.sas, sa, &fragment, now, &p->fault, &diag);

	if (rc != RC_OK && rc != RC_EXISTS) {
		assert_int_not_equal(p->fault, FRAGMENT_FINE);
		assert_true(strlen(diag.text) > 10);
	}
	return rc;
}

static enum rc put(struct pieces *p, uint16_t number, uint16_t total, const char *text)
{
	return put_to(p, p->sa, number, total, text, 0);
}

static void assert_joined(struct pieces *p, const char *text)
{
	struct arena arena;
	struct span plain;

	arena_init(&arena, 1u << 16);
	assert_int_equal(reassembly_join(reassembly_of(p->sa, false), &arena, &plain), RC_OK);
	assert_true(span_equal_text(plain, text));
	arena_free(&arena);
}

static void pieces_in_any_order_make_the_message(void **state)
{
	struct pieces p;

	(void)state;
	begin(&p);
	assert_int_equal(put(&p, 3, 3, "ccc"), RC_OK);
	assert_int_equal(put(&p, 1, 3, "a"), RC_OK);
	assert_false(reassembly_whole(reassembly_of(p.sa, false)));
	assert_int_equal(put(&p, 2, 3, ""), RC_OK);
	assert_true(reassembly_whole(reassembly_of(p.sa, false)));
	assert_int_equal(reassembly_of(p.sa, false)->first_type, PAYLOAD_IDi);
	assert_joined(&p, "accc");
	end(&p);
}

static void repeated_piece_is_here_and_a_different_one_refused(void **state)
{
	struct pieces p;

	(void)state;
	begin(&p);
	assert_int_equal(put(&p, 1, 2, "a"), RC_OK);
	assert_int_equal(put(&p, 1, 2, "a"), RC_EXISTS);
	assert_int_equal(put(&p, 1, 2, "b"), RC_SYNTAX);
	assert_int_equal(p.fault, FRAGMENT_DIFFERS);
	assert_int_equal(put(&p, 2, 2, "z"), RC_OK);
	assert_joined(&p, "az");
	end(&p);
}

/* RFC 7383 §2.6: a larger total replaces what is here, a smaller one is old. */
static void message_in_more_pieces_replaces_the_one_in_fewer(void **state)
{
	struct pieces p;

	(void)state;
	begin(&p);
	assert_int_equal(put(&p, 1, 2, "old"), RC_OK);
	assert_int_equal(put(&p, 2, 3, "b"), RC_OK);
	assert_int_equal(reassembly_of(p.sa, false)->have, 1);
	assert_int_equal(put(&p, 2, 2, "old"), RC_SYNTAX);
	assert_int_equal(p.fault, FRAGMENT_TOTAL);
	assert_int_equal(put(&p, 1, 3, "a"), RC_OK);
	assert_int_equal(put(&p, 3, 3, "c"), RC_OK);
	assert_joined(&p, "abc");
	end(&p);
}

static void requests_and_responses_are_apart_and_messages_follow_each_other(void **state)
{
	struct pieces p;

	(void)state;
	begin(&p);
	assert_int_equal(put(&p, 1, 2, "request"), RC_OK);
	p.header.flags = IKE_FLAG_RESPONSE;
	assert_int_equal(put(&p, 1, 3, "response"), RC_OK);
	assert_int_equal(reassembly_of(p.sa, false)->total, 2);
	assert_int_equal(reassembly_of(p.sa, true)->total, 3);
	p.header.flags = 0;
	p.header.message_id = 2;
	assert_int_equal(put(&p, 2, 2, "next"), RC_OK);
	assert_int_equal(reassembly_of(p.sa, false)->header.message_id, 2);
	assert_int_equal(reassembly_of(p.sa, false)->have, 1);
	end(&p);
}

static void piece_of_another_exchange_is_refused(void **state)
{
	struct pieces p;

	(void)state;
	begin(&p);
	assert_int_equal(put(&p, 1, 2, "a"), RC_OK);
	p.header.exchange = EXCHANGE_INFORMATIONAL;
	assert_int_equal(put(&p, 2, 2, "b"), RC_SYNTAX);
	assert_int_equal(p.fault, FRAGMENT_EXCHANGE);
	end(&p);
}

static void what_is_not_whole_in_time_is_given_up(void **state)
{
	struct pieces p;

	(void)state;
	begin(&p);
	assert_int_equal(put_to(&p, p.sa, 1, 2, "a", 0), RC_OK);
	assert_int_equal(reassembly_expire(&p.f.sas, REASSEMBLY_TIME - 1), 0);
	assert_int_equal(reassembly_expire(&p.f.sas, REASSEMBLY_TIME), 1);
	assert_null(reassembly_of(p.sa, false));
	/* nor do pieces from before count when nobody looked meanwhile */
	assert_int_equal(put_to(&p, p.sa, 1, 2, "a", 0), RC_OK);
	assert_int_equal(put_to(&p, p.sa, 2, 2, "b", REASSEMBLY_TIME), RC_OK);
	assert_false(reassembly_whole(reassembly_of(p.sa, false)));
	end(&p);
}

/* What was whole and stays (IKEv1) is not given up when its time is over. */
static void what_was_whole_is_not_counted_as_given_up(void **state)
{
	struct pieces p;

	(void)state;
	begin(&p);
	assert_int_equal(put_to(&p, p.sa, 1, 1, "a", 0), RC_OK);
	reassembly_of(p.sa, false)->done = true;
	assert_int_equal(reassembly_expire(&p.f.sas, REASSEMBLY_TIME), 0);
	assert_null(reassembly_of(p.sa, false));
	end(&p);
}

/* A flood of beginnings: the oldest make room, the newest message becomes whole. */
static void memory_of_all_is_bounded_and_the_oldest_makes_room(void **state)
{
	enum { CROWD = 400 };
	static char text[60001];
	struct ike_sa *crowd[CROWD];
	struct pieces p;

	(void)state;
	begin(&p);
	memset(text, 'x', sizeof(text) - 1);
	for (unsigned i = 0; i < CROWD; i++) {
		crowd[i] = sas_ike(&p.f, RESPONDER);
		assert_int_equal(put_to(&p, crowd[i], 1, 2, text, 0), RC_OK);
		assert_true(p.f.sas.reassembly_bytes <= REASSEMBLY_BYTES);
	}
	assert_null(reassembly_of(crowd[0], false));
	assert_non_null(reassembly_of(crowd[CROWD - 1], false));
	assert_true(p.f.sas.reassembly_evicted > 0);
	assert_int_equal(put(&p, 1, 2, text), RC_OK);
	assert_int_equal(put(&p, 2, 2, "end"), RC_OK);
	assert_true(reassembly_whole(reassembly_of(p.sa, false)));
	for (unsigned i = 0; i < CROWD; i++)
		ike_sa_free(&p.f.sas, crowd[i]);
	end(&p);
}

static void without_memory_nothing_is_kept_and_nothing_leaks(void **state)
{
	struct pieces p;

	(void)state;
	begin(&p);
	for (uint64_t nth = 1; nth <= 2; nth++) {
		mem_fail_nth(nth);
		assert_int_equal(put(&p, 1, 2, "a"), RC_NO_MEMORY);
		mem_fail_nth(0);
		assert_int_equal(p.fault, FRAGMENT_MEMORY);
	}
	assert_int_equal(put(&p, 1, 2, "a"), RC_OK);
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_in_any_order_make_the_message),
		cmocka_unit_test(repeated_piece_is_here_and_a_different_one_refused),
		cmocka_unit_test(message_in_more_pieces_replaces_the_one_in_fewer),
		cmocka_unit_test(requests_and_responses_are_apart_and_messages_follow_each_other),
		cmocka_unit_test(piece_of_another_exchange_is_refused),
		cmocka_unit_test(what_is_not_whole_in_time_is_given_up),
		cmocka_unit_test(what_was_whole_is_not_counted_as_given_up),
		cmocka_unit_test(memory_of_all_is_bounded_and_the_oldest_makes_room),
		cmocka_unit_test(without_memory_nothing_is_kept_and_nothing_leaks),
	};

	if (crypto_open(NULL, false, NULL) != RC_OK)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypto_close();
	return failed;
}
