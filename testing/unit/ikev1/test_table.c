/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev1/private.h"
#include "unit/test.h"

/* What can come to an IKE SA of IKEv1: the other events are messages of IKEv2. */
static bool is_of_ikev1(enum ike_event event)
{
	return event == EVENT_INITIATE || event >= EVENT_MOVE;
}

/* No SA is ever so: the state belongs to the other role or version, or to what is not spoken. */
static bool impossible(enum ike_state state, enum ike_role role)
{
	if (state == IKE_START || state == IKE_ESTABLISHED)
		return false;
	if (state == IKEV1_MAIN_ID || state == IKEV1_CONFIG)
		return role == RESPONDER;
	return state != IKEV1_XAUTH && state != IKEV1_MAIN_SA && state != IKEV1_MAIN_KE &&
	       state != IKEV1_AGGRESSIVE;
}

static unsigned rows_of(enum ike_state state, enum ike_role role, enum ike_event event)
{
	const struct ike_row *row;
	unsigned count = 0;

	for (unsigned i = 0; (row = ikev1_row_at(i)) != NULL; i++)
		count += row->state == state && row->role == role && row->event == event;
	return count;
}

static void every_possible_event_has_exactly_one_row(void **state)
{
	(void)state;
	for (unsigned s = 0; s < IKE_STATE_COUNT; s++)
		for (unsigned r = INITIATOR; r <= RESPONDER; r++)
			for (unsigned e = 0; e < IKE_EVENT_COUNT; e++) {
				unsigned want = !impossible(s, r) && is_of_ikev1(e);
				if (rows_of(s, r, e) != want)
					fail_msg("state %u, role %u, event %u: %u rows", s, r, e,
						 rows_of(s, r, e));
				assert_int_equal(ikev1_row(s, r, e) != NULL, want);
			}
}

/* The states in which rows leave an SA are those that the table knows. */
static void no_row_leads_where_no_row_begins(void **state)
{
	const struct ike_row *row;

	(void)state;
	for (unsigned i = 0; (row = ikev1_row_at(i)) != NULL; i++)
		assert_false(impossible(row->next, row->role));
}

static void every_row_is_found_again_and_has_its_own_place(void **state)
{
	static const struct ike_row foreign;
	const struct ike_row *row;
	unsigned count = 0;

	(void)state;
	for (; (row = ikev1_row_at(count)) != NULL; count++) {
		assert_int_equal(ikev1_row_index(row), count);
		assert_ptr_equal(ikev1_row(row->state, row->role, row->event), row);
	}
	assert_in_range(count, 100, IKEV1_ROWS_MAX - 2);
	assert_int_equal(ikev1_row_index(&foreign), IKEV1_ROWS_MAX - 1);
}

static bool is_message(enum ike_event event)
{
	return event >= EVENT_MAIN;
}

static void rows_tell_why_and_do_not_move_what_they_reject(void **state)
{
	const struct ike_row *row;

	(void)state;
	for (unsigned i = 0; (row = ikev1_row_at(i)) != NULL; i++) {
		assert_true(strlen(row->story) > 5);
		if (row->steps == NULL) {
			assert_int_equal(row->next, row->state);
			assert_null(row->rules);
		} else {
			assert_non_null(row->steps[0]);
			assert_int_equal(row->rules != NULL, is_message(row->event));
		}
	}
}

static bool of_phase1(const struct ike_row *row)
{
	return row->event == EVENT_MAIN || row->event == EVENT_AGGRESSIVE;
}

static bool is_clear(const struct ike_row *row)
{
	if (row->event == EVENT_AGGRESSIVE)
		return row->state == IKE_START || row->role == INITIATOR;
	return row->event == EVENT_MAIN &&
	       (row->state < IKEV1_MAIN_KE ||
		(row->state == IKEV1_MAIN_KE && row->role == INITIATOR));
}

/* RFC 2409 §5: clear are the first two pairs of Main Mode and the first one of Aggressive Mode, and
 * nothing else is. */
static void rules_place_payloads_in_the_clear_only_before_there_are_keys(void **state)
{
	const struct ike_row *row;

	(void)state;
	for (unsigned i = 0; (row = ikev1_row_at(i)) != NULL; i++) {
		if (row->rules == NULL)
			continue;
		assert_int_not_equal(row->rules->type, 0);
		for (const struct payload_rule *rule = row->rules; rule->type != 0; rule++) {
			assert_int_equal(rule->place == CLEAR, is_clear(row));
			assert_true(rule->min <= rule->max);
		}
	}
}

/* RFC 2409 §5.5, §5.7: what is authentic is told by a HASH alone, in phase 1 by it or by a SIG. */
static void every_encrypted_message_must_have_its_hash(void **state)
{
	const struct ike_row *row;
	unsigned count = 0;

	(void)state;
	for (unsigned i = 0; (row = ikev1_row_at(i)) != NULL; i++) {
		const struct payload_rule *rule = row->rules;
		if (rule == NULL || rule->place == CLEAR)
			continue;
		while (rule->type != ISAKMP_HASH && rule->type != 0)
			rule++;
		assert_int_equal(rule->type, ISAKMP_HASH);
		assert_int_equal(rule->min, of_phase1(row) || rule->place == EITHER ? 0 : 1);
		assert_int_equal(rule->max, 1);
		count++;
	}
	assert_true(count >= 8);
}

/* ... and what a client's server tells it. */
static void only_the_last_messages_of_phase_1_lead_to_established(void **state)
{
	const struct ike_row *row;
	unsigned count = 0;

	(void)state;
	for (unsigned i = 0; (row = ikev1_row_at(i)) != NULL; i++)
		if (row->next == IKE_ESTABLISHED && row->state != IKE_ESTABLISHED) {
			count++;
			if (row->state == IKEV1_CONFIG) {
				assert_true(row->event == EVENT_TRANSACTION_RESPONSE ||
					    row->event == EVENT_TRANSACTION_REQUEST);
				continue;
			}
			bool main = row->event == EVENT_MAIN;
			assert_true(of_phase1(row));
			assert_int_equal(row->state, !main		      ? IKEV1_AGGRESSIVE
						     : row->role == INITIATOR ? IKEV1_MAIN_ID
									      : IKEV1_MAIN_KE);
		}
	assert_int_equal(count, 6);
}

/* ---- events ---- */

static enum ike_event event_of(const struct ike_sa *sa, uint8_t exchange, uint32_t message_id)
{
	struct ike_header header = { .exchange = exchange, .message_id = message_id };

	return ikev1_event_of(sa, &header);
}

static void event_follows_from_the_exchange(void **state)
{
	unsigned understood = 0;

	(void)state;
	for (unsigned exchange = 0; exchange < 256; exchange++)
		understood +=
			event_of(NULL, (uint8_t)exchange, exchange > 4 ? 1 : 0) != EVENT_V1_OTHER;
	assert_int_equal(understood, 5);
	assert_int_equal(event_of(NULL, EXCHANGE_V1_MAIN, 1), EVENT_V1_OTHER);
	assert_int_equal(event_of(NULL, EXCHANGE_V1_AGGRESSIVE, 1), EVENT_V1_OTHER);
	assert_int_equal(event_of(NULL, EXCHANGE_V1_MAIN, 0), EVENT_MAIN);
	assert_int_equal(event_of(NULL, EXCHANGE_V1_AGGRESSIVE, 0), EVENT_AGGRESSIVE);
	assert_int_equal(event_of(NULL, EXCHANGE_V1_QUICK, 1), EVENT_QUICK_REQUEST);
	assert_int_equal(event_of(NULL, EXCHANGE_V1_INFORMATIONAL, 1), EVENT_V1_INFORMATIONAL);
	assert_int_equal(event_of(NULL, EXCHANGE_V1_TRANSACTION, 1), EVENT_TRANSACTION_REQUEST);
}

static void message_of_quick_mode_follows_from_who_began_it(void **state)
{
	struct ike_sa sa = { .state = IKE_ESTABLISHED, .v1 = isakmp_new() };
	struct isakmp_exchange *theirs;
	uint8_t bytes[1];

	(void)state;
	assert_non_null(sa.v1);
	assert_int_equal(isakmp_exchange_new(sa.v1, 7, &theirs), RC_OK);
	sa.v1->request_id = 8;
	assert_int_equal(event_of(&sa, EXCHANGE_V1_QUICK, 7), EVENT_QUICK_PROOF);
	/* nothing of ours is out */
	assert_int_equal(event_of(&sa, EXCHANGE_V1_QUICK, 8), EVENT_QUICK_REQUEST);
	sa.request.bytes = bytes;
	sa.request.exchange = EXCHANGE_V1_INFORMATIONAL;
	assert_int_equal(event_of(&sa, EXCHANGE_V1_QUICK, 8), EVENT_QUICK_REQUEST);
	sa.request.exchange = EXCHANGE_V1_QUICK;
	assert_int_equal(event_of(&sa, EXCHANGE_V1_QUICK, 8), EVENT_QUICK_RESPONSE);
	assert_int_equal(event_of(&sa, EXCHANGE_V1_QUICK, 9), EVENT_QUICK_REQUEST);
	isakmp_free(sa.v1);
}

static void message_of_a_transaction_follows_from_who_began_it(void **state)
{
	struct ike_sa sa = { .state = IKE_ESTABLISHED, .v1 = isakmp_new() };
	struct isakmp_exchange *theirs;
	uint8_t bytes[1];

	(void)state;
	assert_non_null(sa.v1);
	assert_int_equal(isakmp_exchange_new(sa.v1, 7, &theirs), RC_OK);
	sa.v1->request_id = 8;
	sa.request.bytes = bytes;
	sa.request.exchange = EXCHANGE_V1_QUICK;
	assert_int_equal(event_of(&sa, EXCHANGE_V1_TRANSACTION, 8), EVENT_TRANSACTION_REQUEST);
	sa.request.exchange = EXCHANGE_V1_TRANSACTION;
	assert_int_equal(event_of(&sa, EXCHANGE_V1_TRANSACTION, 8), EVENT_TRANSACTION_RESPONSE);
	assert_int_equal(event_of(&sa, EXCHANGE_V1_TRANSACTION, 9), EVENT_TRANSACTION_REQUEST);
	assert_int_equal(event_of(&sa, EXCHANGE_V1_TRANSACTION, 7), EVENT_V1_OTHER); /* is over */
	assert_int_equal(event_of(&sa, EXCHANGE_V1_TRANSACTION, 0), EVENT_V1_OTHER);
	isakmp_free(sa.v1);
}

/* RFC 2408 §3.1: 0 is phase 1's. */
static void quick_mode_without_a_message_id_is_none(void **state)
{
	struct ike_sa sa = { .state = IKE_ESTABLISHED, .v1 = isakmp_new() };

	(void)state;
	assert_non_null(sa.v1);
	assert_int_equal(event_of(&sa, EXCHANGE_V1_QUICK, 0), EVENT_V1_OTHER);
	isakmp_free(sa.v1);
}

/* ---- payloads ---- */

struct some {
	struct ike_message message;
	struct payload payloads[24];
};

static void add(struct some *some, uint8_t type)
{
	unsigned at = some->message.count++;
	struct payload *payload = &some->payloads[at];

	*payload = (struct payload){ .type = type, .at = (uint16_t)at };
	if (some->message.last != NULL)
		some->message.last->next = payload;
	else
		some->message.first = payload;
	some->message.last = payload;
	if (type < 31)
		some->message.seen[type]++;
}

static enum rc check(enum ike_state state, enum ike_event event, const struct some *some,
		     struct diag *diag)
{
	return ikev1_check_payloads(ikev1_row(state, RESPONDER, event), &some->message, diag);
}

static void quick_mode_needs_its_payloads_and_allows_what_does_not_matter(void **state)
{
	struct some some = { .message.header.flags = ISAKMP_FLAG_ENCRYPTION };
	struct diag diag = { "" };

	(void)state;
	add(&some, ISAKMP_HASH);
	add(&some, ISAKMP_SA);
	assert_int_equal(check(IKE_ESTABLISHED, EVENT_QUICK_REQUEST, &some, &diag), RC_SYNTAX);
	assert_non_null(strstr(diag.text, "0 NONCE"));
	add(&some, ISAKMP_NONCE);
	assert_int_equal(check(IKE_ESTABLISHED, EVENT_QUICK_REQUEST, &some, &diag), RC_OK);
	add(&some, ISAKMP_VID);
	add(&some, ISAKMP_NOTIFICATION);
	add(&some, ISAKMP_ID);
	add(&some, ISAKMP_ID);
	assert_int_equal(check(IKE_ESTABLISHED, EVENT_QUICK_REQUEST, &some, &diag), RC_OK);
	add(&some, ISAKMP_ID);
	assert_int_equal(check(IKE_ESTABLISHED, EVENT_QUICK_REQUEST, &some, &diag), RC_SYNTAX);
	assert_non_null(strstr(diag.text, "expected 0 to 2"));
}

/* RFC 2409 §5, §5.5 */
static void nothing_but_a_hash_stands_before_the_sa(void **state)
{
	struct some first = { .message.header.flags = 0 }, quick = first, swapped = first;
	struct diag diag = { "" };

	(void)state;
	add(&first, ISAKMP_VID);
	add(&first, ISAKMP_SA);
	assert_int_equal(check(IKE_START, EVENT_MAIN, &first, &diag), RC_SYNTAX);
	assert_string_equal(diag.text, "the SA payload is payload 2; it must come first");
	quick.message.header.flags = swapped.message.header.flags = ISAKMP_FLAG_ENCRYPTION;
	add(&quick, ISAKMP_HASH);
	add(&quick, ISAKMP_SA);
	add(&quick, ISAKMP_NONCE);
	assert_int_equal(check(IKE_ESTABLISHED, EVENT_QUICK_REQUEST, &quick, &diag), RC_OK);
	add(&swapped, ISAKMP_HASH);
	add(&swapped, ISAKMP_NONCE);
	add(&swapped, ISAKMP_SA);
	assert_int_equal(check(IKE_ESTABLISHED, EVENT_QUICK_REQUEST, &swapped, &diag), RC_SYNTAX);
}

static void second_hash_is_refused(void **state)
{
	struct some some = { .message.header.flags = ISAKMP_FLAG_ENCRYPTION };
	struct diag diag = { "" };

	(void)state;
	add(&some, ISAKMP_HASH);
	assert_int_equal(check(IKE_ESTABLISHED, EVENT_QUICK_PROOF, &some, &diag), RC_OK);
	add(&some, ISAKMP_HASH);
	assert_int_equal(check(IKE_ESTABLISHED, EVENT_QUICK_PROOF, &some, &diag), RC_SYNTAX);
}

static void payload_of_another_exchange_is_refused(void **state)
{
	static const uint8_t foreign[] = {
		ISAKMP_DELETE, ISAKMP_KE, ISAKMP_SIG, ISAKMP_ATTRIBUTES, ISAKMP_FRAGMENT, 33, 255
	};
	struct diag diag = { "" };

	(void)state;
	for (unsigned i = 0; i < sizeof(foreign); i++) {
		struct some some = { .message.header.flags = 0 };
		add(&some, ISAKMP_SA);
		assert_int_equal(check(IKE_START, EVENT_MAIN, &some, &diag), RC_OK);
		add(&some, foreign[i]);
		assert_int_equal(check(IKE_START, EVENT_MAIN, &some, &diag), RC_SYNTAX);
		assert_non_null(strstr(diag.text, "does not belong"));
	}
}

static void clear_and_encrypted_are_not_taken_for_each_other(void **state)
{
	struct some deletes = { .message.header.flags = 0 }, first = deletes;
	struct diag diag = { "" };

	(void)state;
	add(&deletes, ISAKMP_HASH);
	add(&deletes, ISAKMP_DELETE);
	assert_int_equal(check(IKE_ESTABLISHED, EVENT_V1_INFORMATIONAL, &deletes, &diag),
			 RC_SYNTAX);
	assert_string_equal(diag.text, "a message that must be encrypted");
	deletes.message.header.flags = ISAKMP_FLAG_ENCRYPTION;
	assert_int_equal(check(IKE_ESTABLISHED, EVENT_V1_INFORMATIONAL, &deletes, &diag), RC_OK);
	add(&first, ISAKMP_SA);
	first.message.header.flags = ISAKMP_FLAG_ENCRYPTION;
	assert_int_equal(check(IKE_START, EVENT_MAIN, &first, &diag), RC_SYNTAX);
	assert_string_equal(diag.text, "a message that must not be encrypted");
}

/* The third message of Aggressive Mode: proof.c asks for exactly one proof. */
static bool has_only_a_proof(const struct ike_row *row)
{
	return row->state == IKEV1_AGGRESSIVE && row->role == RESPONDER;
}

static void empty_message_is_refused_where_anything_is_due(void **state)
{
	const struct ike_row *row;
	struct diag diag = { "" };

	(void)state;
	for (unsigned i = 0; (row = ikev1_row_at(i)) != NULL; i++) {
		struct some some = { .message.header.flags = 0 };
		if (row->rules == NULL)
			continue;
		if (!has_only_a_proof(row))
			assert_int_equal(ikev1_check_payloads(row, &some.message, &diag),
					 RC_SYNTAX);
		some.message.header.flags = ISAKMP_FLAG_ENCRYPTION;
		assert_int_equal(ikev1_check_payloads(row, &some.message, &diag),
				 has_only_a_proof(row) ? RC_OK : RC_SYNTAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_possible_event_has_exactly_one_row),
		cmocka_unit_test(no_row_leads_where_no_row_begins),
		cmocka_unit_test(every_row_is_found_again_and_has_its_own_place),
		cmocka_unit_test(rows_tell_why_and_do_not_move_what_they_reject),
		cmocka_unit_test(rules_place_payloads_in_the_clear_only_before_there_are_keys),
		cmocka_unit_test(every_encrypted_message_must_have_its_hash),
		cmocka_unit_test(only_the_last_messages_of_phase_1_lead_to_established),
		cmocka_unit_test(event_follows_from_the_exchange),
		cmocka_unit_test(message_of_quick_mode_follows_from_who_began_it),
		cmocka_unit_test(message_of_a_transaction_follows_from_who_began_it),
		cmocka_unit_test(quick_mode_without_a_message_id_is_none),
		cmocka_unit_test(quick_mode_needs_its_payloads_and_allows_what_does_not_matter),
		cmocka_unit_test(nothing_but_a_hash_stands_before_the_sa),
		cmocka_unit_test(second_hash_is_refused),
		cmocka_unit_test(payload_of_another_exchange_is_refused),
		cmocka_unit_test(clear_and_encrypted_are_not_taken_for_each_other),
		cmocka_unit_test(empty_message_is_refused_where_anything_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
