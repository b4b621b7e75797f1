/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/rounds.h"
#include "unit/test.h"

static const uint8_t inner[] = { PAYLOAD_NONE, 0, 0, 12, 2, 0, 0, 0, 'w', 'e', 's', 't' };
static const struct wire_id west = { ID_FQDN, { (const uint8_t *)"west", 4 } };
static const struct wire_id other = { ID_FQDN, { (const uint8_t *)"east", 4 } };

static struct ike_message first_request(void)
{
	struct ike_message message = { .inner = SPAN_OF(inner), .inner_type = PAYLOAD_IDi };

	message.header.message_id = 3;
	return message;
}

static void what_one_round_proved_is_kept_for_the_next(void **state)
{
	const struct ike_message first = first_request();
	struct ike_larval larval = { .rounds = NULL };
	struct outcome_rounds out = {
		.ours = true, .theirs = true, .peer = 7, .first = &first, .id = &west
	};

	(void)state;
	assert_int_equal(rounds_note(&larval, &out), RC_OK); /* it is not done */
	assert_null(larval.rounds);
	out.done = true;
	assert_int_equal(rounds_note(&larval, &out), RC_OK);
	assert_int_equal(larval.rounds->ours, 1);
	assert_int_equal(larval.rounds->theirs, 1);
	assert_int_equal(larval.rounds->peer, 7);
	out = (struct outcome_rounds){ .done = true, .ours = true, .id = &other };
	assert_int_equal(rounds_note(&larval, &out), RC_OK);
	assert_int_equal(larval.rounds->ours, 2);
	assert_int_equal(larval.rounds->theirs, 1);
	assert_int_equal(larval.rounds->peer, 7); /* the first round says who it is */
	assert_int_equal(larval.rounds->id.len, 4);
	assert_memory_equal(larval.rounds->id.data, "west", 4);
	rounds_free(larval.rounds);
	rounds_free(NULL);
}

/* As those of EAP will. */
static void a_message_that_ends_no_round_leaves_it_open(void **state)
{
	const struct ike_message first = first_request();
	struct ike_larval larval = { .rounds = NULL };
	struct outcome_rounds out = { .done = true, .ours = true, .peer = 7, .first = &first };

	(void)state;
	assert_int_equal(rounds_current(&larval), 1);
	assert_int_equal(rounds_note(&larval, &out), RC_OK);
	assert_int_equal(rounds_current(&larval), 1);
	assert_int_equal(larval.rounds->id.type, ID_NONE); /* nobody has proven it */
	assert_int_equal(larval.rounds->first_id, 3);
	out = (struct outcome_rounds){ .done = true };
	assert_int_equal(rounds_note(&larval, &out), RC_OK);
	assert_int_equal(rounds_current(&larval), 1);
	out = (struct outcome_rounds){ .done = true, .theirs = true, .id = &west };
	assert_int_equal(rounds_note(&larval, &out), RC_OK);
	assert_int_equal(rounds_current(&larval), 2);
	assert_int_equal(larval.rounds->peer, 7);
	assert_int_equal(larval.rounds->id.type, ID_FQDN);
	rounds_free(larval.rounds);
}

static void the_first_request_is_read_again(void **state)
{
	const struct ike_message first = first_request();
	struct outcome_rounds out = { .done = true, .first = &first };
	struct ike_larval larval = { .rounds = NULL };
	struct ike_message again;
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 16);
	assert_int_equal(rounds_note(&larval, &out), RC_OK);
	assert_int_equal(rounds_first(&arena, larval.rounds, &again), RC_OK);
	assert_int_equal(again.header.message_id, 3);
	assert_int_equal(again.header.exchange, EXCHANGE_IKE_AUTH);
	assert_int_equal(wire_payload_count(&again, PAYLOAD_IDi), 1);
	assert_true(wire_payload_find(&again, PAYLOAD_IDi)->encrypted);
	rounds_free(larval.rounds);
	arena_free(&arena);
}

static struct x509_proof *proof_of_one(uint8_t serial)
{
	struct x509_proof *proof = mem_alloc(sizeof(*proof) + sizeof(proof->certificates[0]));

	assert_non_null(proof);
	proof->count = 1;
	proof->certificates[0].serial[0] = serial;
	proof->certificates[0].serial_len = 1;
	return proof;
}

static void certificates_of_all_rounds_are_remembered(void **state)
{
	struct ike_larval larval = { .rounds = NULL };
	struct x509_proof *one = proof_of_one(1), *two = proof_of_one(2);
	struct outcome_rounds out = { .done = true, .proof = one };

	(void)state;
	assert_int_equal(rounds_note(&larval, &out), RC_OK);
	out.proof = two;
	assert_int_equal(rounds_note(&larval, &out), RC_OK);
	mem_free(one);
	mem_free(two);
	assert_int_equal(larval.rounds->proof->count, 2);
	assert_int_equal(larval.rounds->proof->certificates[0].serial[0], 1);
	assert_int_equal(larval.rounds->proof->certificates[1].serial[0], 2);
	rounds_free(larval.rounds);
}

static void no_memory_is_told(void **state)
{
	const struct ike_message first = first_request();
	struct outcome_rounds out = { .done = true, .first = &first, .id = &west };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const unsigned nth[] = { 1, 2, 4 }; /* the third only makes it smaller */
		struct ike_larval larval = { .rounds = NULL };
		mem_fail_nth(nth[i]);
		assert_int_equal(rounds_note(&larval, &out), RC_NO_MEMORY);
		mem_fail_nth(0);
		rounds_free(larval.rounds);
	}
}

static const uint8_t long_inner[] = {
	PAYLOAD_AUTH,
	0,
	0,
	12,
	2,
	0,
	0,
	0,
	'w',
	'e',
	's',
	't', /* CERT's type stands before it */
	PAYLOAD_IDi,
	0,
	0,
	6,
	1,
	1, /* AUTH */
	PAYLOAD_CERTREQ,
	0,
	0,
	12,
	2,
	0,
	0,
	0,
	'w',
	'e',
	's',
	't', /* IDi */
	PAYLOAD_NONE,
	0,
	0,
	5,
	4, /* CERTREQ */
};

static void what_has_done_its_work_is_not_kept(void **state)
{
	const struct ike_message first = { .inner = SPAN_OF(long_inner),
					   .inner_type = PAYLOAD_CERT };
	struct outcome_rounds out = { .done = true, .first = &first };
	struct ike_larval larval = { .rounds = NULL };
	struct ike_message again;
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 16);
	assert_int_equal(rounds_note(&larval, &out), RC_OK);
	assert_int_equal(larval.rounds->first_len, 12 + 5);
	assert_int_equal(rounds_first(&arena, larval.rounds, &again), RC_OK);
	assert_int_equal(wire_payload_count(&again, PAYLOAD_IDi), 1);
	assert_int_equal(wire_payload_count(&again, PAYLOAD_CERTREQ), 1);
	assert_int_equal(wire_payload_count(&again, PAYLOAD_CERT), 0);
	assert_int_equal(wire_payload_count(&again, PAYLOAD_AUTH), 0);
	rounds_free(larval.rounds);
	arena_free(&arena);
}

static void a_large_first_request_is_not_kept(void **state)
{
	static uint8_t bytes[ROUNDS_FIRST_MAX + 1] = { PAYLOAD_NONE, 0, (ROUNDS_FIRST_MAX + 1) >> 8,
						       1 };
	const struct ike_message first = { .inner = SPAN_OF(bytes), .inner_type = PAYLOAD_NOTIFY };
	struct outcome_rounds out = { .done = true, .first = &first };
	struct ike_larval larval = { .rounds = NULL };

	(void)state;
	assert_int_equal(rounds_note(&larval, &out), RC_LIMIT);
	rounds_free(larval.rounds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_one_round_proved_is_kept_for_the_next),
		cmocka_unit_test(a_message_that_ends_no_round_leaves_it_open),
		cmocka_unit_test(the_first_request_is_read_again),
		cmocka_unit_test(certificates_of_all_rounds_are_remembered),
		cmocka_unit_test(no_memory_is_told),
		cmocka_unit_test(what_has_done_its_work_is_not_kept),
		cmocka_unit_test(a_large_first_request_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
