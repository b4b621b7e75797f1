/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/private.h"
#include "unit/test.h"

static bool rejected(enum ike_state state, enum ike_role role, enum ike_event event)
{
	const struct ike_row *row = ikev2_row(state, role, event);

	assert_non_null(row);
	if (row->steps == NULL)
		return true;
	for (const struct ike_row *one = ikev2_reject_rows; one->story != NULL; one++)
		if (one == row)
			return true;
	return false;
}

static void all_rows_of_the_file_are_rejects_and_are_the_ones_in_force(void **state)
{
	unsigned count = 0;

	(void)state;
	for (const struct ike_row *row = ikev2_reject_rows; row->story != NULL; row++, count++) {
		assert_null(row->rules);
		assert_int_equal(row->next, row->state);
		assert_ptr_equal(ikev2_row(row->state, row->role, row->event), row);
	}
	assert_true(count > 50);
}

/* §2.21: before IKE_AUTH has proven who speaks, nothing but IKE_AUTH itself is listened to. */
static void half_open_sa_listens_to_ike_auth_only(void **state)
{
	(void)state;
	assert_false(rejected(IKEV2_HALF_OPEN, RESPONDER, EVENT_AUTH_REQUEST));
	assert_true(rejected(IKEV2_HALF_OPEN, RESPONDER, EVENT_INFORMATIONAL_REQUEST));
	assert_true(rejected(IKEV2_HALF_OPEN, RESPONDER, EVENT_CREATE_CHILD_REQUEST));
	assert_true(rejected(IKEV2_HALF_OPEN, RESPONDER, EVENT_SA_INIT_REQUEST));
}

static void established_sa_is_not_authenticated_again(void **state)
{
	(void)state;
	for (unsigned role = INITIATOR; role <= RESPONDER; role++) {
		assert_true(rejected(IKE_ESTABLISHED, role, EVENT_AUTH_REQUEST));
		assert_true(rejected(IKE_ESTABLISHED, role, EVENT_AUTH_RESPONSE));
		assert_true(rejected(IKE_ESTABLISHED, role, EVENT_SA_INIT_RESPONSE));
	}
}

static void leaving_sa_starts_nothing_new_but_answers_deletes(void **state)
{
	(void)state;
	for (unsigned role = INITIATOR; role <= RESPONDER; role++) {
		assert_true(rejected(IKE_DELETING, role, EVENT_CREATE_CHILD));
		assert_true(rejected(IKE_DELETING, role, EVENT_REKEY_IKE));
		assert_false(rejected(IKE_DELETING, role, EVENT_CREATE_CHILD_REQUEST));
		assert_true(rejected(IKE_DELETING, role, EVENT_PROBE));
		assert_true(rejected(IKE_DELETING, role, EVENT_DELETE_IKE));
		assert_false(rejected(IKE_DELETING, role, EVENT_INFORMATIONAL_REQUEST));
		assert_false(rejected(IKE_DELETING, role, EVENT_GIVE_UP));
	}
}

static void every_sa_on_its_way_can_be_given_up_and_deleted(void **state)
{
	(void)state;
	assert_false(rejected(IKEV2_INIT_SENT, INITIATOR, EVENT_GIVE_UP));
	assert_false(rejected(IKEV2_AUTH_SENT, INITIATOR, EVENT_GIVE_UP));
	assert_false(rejected(IKEV2_HALF_OPEN, RESPONDER, EVENT_GIVE_UP));
	assert_false(rejected(IKEV2_INIT_SENT, INITIATOR, EVENT_DELETE_IKE));
	assert_false(rejected(IKEV2_AUTH_SENT, INITIATOR, EVENT_DELETE_IKE));
	assert_false(rejected(IKEV2_HALF_OPEN, RESPONDER, EVENT_DELETE_IKE));
}

static bool is_request(enum ike_event event)
{
	return event == EVENT_SA_INIT_REQUEST || event == EVENT_RESUME_REQUEST ||
	       event == EVENT_INTERMEDIATE_REQUEST || event == EVENT_AUTH_REQUEST ||
	       event == EVENT_CREATE_CHILD_REQUEST || event == EVENT_INFORMATIONAL_REQUEST ||
	       event == EVENT_OTHER_REQUEST;
}

/* §2.21.3: each request of who is authenticated has an answer; before, only what leads there. */
static void every_request_to_an_authenticated_sa_is_answered(void **state)
{
	const struct ike_row *row;

	(void)state;
	for (unsigned i = 0; (row = ikev2_row_at(i)) != NULL; i++)
		if (is_request(row->event) && row->state >= IKE_ESTABLISHED)
			assert_non_null(row->steps);
		else if (rejected(row->state, row->role, row->event))
			assert_null(row->steps);
}

static void what_has_no_place_is_invalid_syntax_and_names_the_exchange(void **state)
{
	struct ike_sa sa = { .state = IKE_ESTABLISHED };
	struct ike_message message = { .header.exchange = EXCHANGE_IKE_AUTH };
	struct step step = { .sa = &sa, .message = &message };
	struct outcome out = { .notify = 0 };
	const struct ike_row *row = ikev2_row(IKE_ESTABLISHED, INITIATOR, EVENT_AUTH_REQUEST);

	(void)state;
	assert_int_equal(row->steps[0](&step, &out), RC_UNSUPPORTED);
	assert_null(row->steps[1]);
	assert_int_equal(out.notify, INVALID_SYNTAX);
	assert_true(out.out_of_place);
	assert_int_equal(out.ike_ended, RC_OK);
	assert_non_null(strstr(out.diag.text, "IKE_AUTH request"));
	message.header.exchange = 240;
	assert_int_equal(row->steps[0](&step, &out), RC_UNSUPPORTED);
	assert_non_null(strstr(out.diag.text, "240"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_rows_of_the_file_are_rejects_and_are_the_ones_in_force),
		cmocka_unit_test(half_open_sa_listens_to_ike_auth_only),
		cmocka_unit_test(established_sa_is_not_authenticated_again),
		cmocka_unit_test(leaving_sa_starts_nothing_new_but_answers_deletes),
		cmocka_unit_test(every_sa_on_its_way_can_be_given_up_and_deleted),
		cmocka_unit_test(every_request_to_an_authenticated_sa_is_answered),
		cmocka_unit_test(what_has_no_place_is_invalid_syntax_and_names_the_exchange),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
