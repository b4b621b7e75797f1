/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/private.h"
#include "unit/test.h"

/* No SA is ever so: the state belongs to the other role or version. */
static bool impossible(enum ike_state state, enum ike_role role)
{
	if ((state >= IKEV1_MAIN_SA && state <= IKEV1_CONFIG) || state == IKEV1_GONE)
		return true;
	if (role == RESPONDER)
		return state == IKEV2_INIT_SENT || state == IKEV2_INTERMEDIATE_SENT ||
		       state == IKEV2_AUTH_SENT;
	return state == IKEV2_HALF_OPEN;
}

static unsigned rows_of(enum ike_state state, enum ike_role role, enum ike_event event)
{
	const struct ike_row *row;
	unsigned count = 0;

	for (unsigned i = 0; (row = ikev2_row_at(i)) != NULL; i++)
		count += row->state == state && row->role == role && row->event == event;
	return count;
}

static void every_possible_event_has_exactly_one_row(void **state)
{
	(void)state;
	for (unsigned s = 0; s < IKE_STATE_COUNT; s++)
		for (unsigned r = INITIATOR; r <= RESPONDER; r++)
			for (unsigned e = 0; e < IKEV2_EVENT_COUNT; e++)
				if (rows_of(s, r, e) != (impossible(s, r) ? 0 : 1))
					fail_msg("state %u, role %u, event %u: %u rows", s, r, e,
						 rows_of(s, r, e));
}

static void every_row_is_found_again_and_has_its_own_place(void **state)
{
	const struct ike_row *row;
	unsigned count = 0;

	(void)state;
	for (; (row = ikev2_row_at(count)) != NULL; count++) {
		assert_int_equal(ikev2_row_index(row), count);
		assert_ptr_equal(ikev2_row(row->state, row->role, row->event), row);
	}
	assert_in_range(count, 100, IKEV2_ROWS_MAX - 1);
}

static bool is_message(enum ike_event event)
{
	return event >= EVENT_SA_INIT_REQUEST && event <= EVENT_OTHER_REQUEST;
}

/* Whatever is in it. */
static bool is_refused(const struct ike_row *row)
{
	for (const struct ike_row *one = ikev2_reject_rows; one->story != NULL; one++)
		if (one == row)
			return true;
	return false;
}

static void rows_tell_why_and_do_not_move_what_they_reject(void **state)
{
	const struct ike_row *row;

	(void)state;
	for (unsigned i = 0; (row = ikev2_row_at(i)) != NULL; i++) {
		assert_true(strlen(row->story) > 5);
		if (row->steps == NULL) {
			assert_int_equal(row->next, row->state);
			assert_null(row->rules);
		} else {
			assert_non_null(row->steps[0]);
			assert_true(row->rules == NULL || is_message(row->event));
			assert_true(row->rules != NULL || !is_message(row->event) ||
				    is_refused(row));
		}
	}
}

/* RFC 7296 §2: nothing but IKE_SA_INIT (and, RFC 5723 §4.3, IKE_SESSION_RESUME) is in clear, and
 * nothing of it is encrypted. */
static void rules_place_payloads_in_the_clear_only_in_what_makes_an_ike_sa(void **state)
{
	const struct ike_row *row;

	(void)state;
	for (unsigned i = 0; (row = ikev2_row_at(i)) != NULL; i++) {
		bool clear = row->event == EVENT_SA_INIT_REQUEST ||
			     row->event == EVENT_SA_INIT_RESPONSE ||
			     row->event == EVENT_RESUME_REQUEST ||
			     row->event == EVENT_RESUME_RESPONSE;
		for (const struct payload_rule *rule = row->rules; rule != NULL && rule->type != 0;
		     rule++) {
			assert_int_equal(rule->place == CLEAR, clear);
			assert_true(rule->min <= rule->max);
		}
	}
}

static void only_authentication_leads_to_established(void **state)
{
	const struct ike_row *row;

	(void)state;
	for (unsigned i = 0; (row = ikev2_row_at(i)) != NULL; i++)
		if (row->next == IKE_ESTABLISHED && row->state != IKE_ESTABLISHED)
			assert_true(row->event == EVENT_AUTH_REQUEST ||
				    row->event == EVENT_AUTH_RESPONSE);
}

static void event_follows_from_exchange_and_response_flag(void **state)
{
	static const struct {
		uint8_t exchange;
		enum ike_event request;
	} known[] = {
		{ EXCHANGE_IKE_SA_INIT, EVENT_SA_INIT_REQUEST },
		{ EXCHANGE_IKE_INTERMEDIATE, EVENT_INTERMEDIATE_REQUEST },
		{ EXCHANGE_IKE_SESSION_RESUME, EVENT_RESUME_REQUEST },
		{ EXCHANGE_IKE_AUTH, EVENT_AUTH_REQUEST },
		{ EXCHANGE_CREATE_CHILD_SA, EVENT_CREATE_CHILD_REQUEST },
		{ EXCHANGE_IKE_FOLLOWUP_KE, EVENT_FOLLOWUP_REQUEST },
		{ EXCHANGE_INFORMATIONAL, EVENT_INFORMATIONAL_REQUEST },
	};
	unsigned understood = 0;

	(void)state;
	for (unsigned exchange = 0; exchange < 256; exchange++) {
		struct ike_header header = { .exchange = (uint8_t)exchange };
		enum ike_event event, other;
		assert_int_equal(ikev2_event_of(&header, &event), RC_OK);
		header.flags = IKE_FLAG_RESPONSE;
		if (event == EVENT_OTHER_REQUEST)
			assert_int_equal(ikev2_event_of(&header, &other), RC_DROP);
		understood += event != EVENT_OTHER_REQUEST;
	}
	assert_int_equal(understood, sizeof(known) / sizeof(known[0]));
	for (unsigned i = 0; i < understood; i++) {
		struct ike_header header = { .exchange = known[i].exchange };
		enum ike_event event;
		assert_int_equal(ikev2_event_of(&header, &event), RC_OK);
		assert_int_equal(event, known[i].request);
		header.flags = IKE_FLAG_RESPONSE;
		assert_int_equal(ikev2_event_of(&header, &event), RC_OK);
		assert_int_equal(event, known[i].request + 1);
	}
}

/* ---- payloads ---- */

struct some {
	struct ike_message message;
	struct payload payloads[8];
};

static void add(struct some *some, uint8_t type, bool encrypted)
{
	struct payload *payload = &some->payloads[some->message.count++];

	*payload = (struct payload){ .type = type, .encrypted = encrypted };
	if (some->message.last != NULL)
		some->message.last->next = payload;
	else
		some->message.first = payload;
	some->message.last = payload;
	if (type >= 33 && type < 65)
		some->message.seen[type - 33]++;
}

static enum rc check(struct some *some, struct diag *diag)
{
	return ikev2_check_payloads(ikev2_row(IKEV2_HALF_OPEN, RESPONDER, EVENT_AUTH_REQUEST),
				    &some->message, diag);
}

static void auth_request_needs_its_identity_and_allows_what_does_not_matter(void **state)
{
	struct some some = { .message = { .count = 0 } };
	struct diag diag = { "" };

	(void)state;
	add(&some, PAYLOAD_AUTH, true);
	assert_int_equal(check(&some, &diag), RC_SYNTAX);
	assert_non_null(strstr(diag.text, "IDi"));
	add(&some, PAYLOAD_IDi, true);
	assert_int_equal(check(&some, &diag), RC_OK);
	add(&some, PAYLOAD_NOTIFY, false);
	add(&some, PAYLOAD_VENDOR, true);
	add(&some, 200, true);
	assert_int_equal(check(&some, &diag), RC_OK);
	add(&some, PAYLOAD_IDi, true);
	assert_int_equal(check(&some, &diag), RC_SYNTAX);
}

static void payload_outside_of_sk_or_of_another_exchange_is_refused(void **state)
{
	struct some clear = { .message = { .count = 0 } }, foreign = clear;
	struct diag diag = { "" };

	(void)state;
	add(&clear, PAYLOAD_IDi, false);
	add(&clear, PAYLOAD_AUTH, true);
	assert_int_equal(check(&clear, &diag), RC_SYNTAX);
	assert_non_null(strstr(diag.text, "encrypted"));
	add(&foreign, PAYLOAD_IDi, true);
	add(&foreign, PAYLOAD_DELETE, true);
	assert_int_equal(check(&foreign, &diag), RC_SYNTAX);
	assert_non_null(strstr(diag.text, "does not belong"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_possible_event_has_exactly_one_row),
		cmocka_unit_test(every_row_is_found_again_and_has_its_own_place),
		cmocka_unit_test(rows_tell_why_and_do_not_move_what_they_reject),
		cmocka_unit_test(rules_place_payloads_in_the_clear_only_in_what_makes_an_ike_sa),
		cmocka_unit_test(only_authentication_leads_to_established),
		cmocka_unit_test(event_follows_from_exchange_and_response_flag),
		cmocka_unit_test(auth_request_needs_its_identity_and_allows_what_does_not_matter),
		cmocka_unit_test(payload_outside_of_sk_or_of_another_exchange_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
