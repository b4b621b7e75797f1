/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev1/private.h"
#include "unit/test.h"

static const enum ike_state before[] = { IKEV1_MAIN_SA, IKEV1_MAIN_KE, IKEV1_MAIN_ID };

static bool rejected(enum ike_state state, enum ike_role role, enum ike_event event)
{
	const struct ike_row *row = ikev1_row(state, role, event);

	assert_non_null(row);
	return row->steps == NULL;
}

static void all_rows_of_the_file_are_rejects_and_are_the_ones_in_force(void **state)
{
	unsigned count = 0;

	(void)state;
	for (const struct ike_row *row = ikev1_reject_rows; row->story != NULL; row++, count++) {
		assert_null(row->rules);
		assert_null(row->steps);
		assert_int_equal(row->next, row->state);
		assert_ptr_equal(ikev1_row(row->state, row->role, row->event), row);
	}
	assert_true(count > 80);
}

static void what_is_rejected_is_rejected_here_alone(void **state)
{
	const struct ike_row *row;

	(void)state;
	for (unsigned i = 0; (row = ikev1_row_at(i)) != NULL; i++) {
		bool here = false;
		for (const struct ike_row *one = ikev1_reject_rows; one->story != NULL; one++)
			here |= one == row;
		assert_int_equal(row->steps == NULL, here);
	}
}

/* Why the peer does not go on: heard by who began, for the log. */
static bool is_hint(enum ike_role role, unsigned event)
{
	return role == INITIATOR && event == EVENT_V1_INFORMATIONAL;
}

/* RFC 2409 §5: phase 2 is only under the protection of phase 1. */
static void unproven_sa_listens_to_main_mode_alone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		for (unsigned role = INITIATOR; role <= RESPONDER; role++) {
			if (before[i] == IKEV1_MAIN_ID && role == RESPONDER)
				continue;
			assert_false(rejected(before[i], role, EVENT_MAIN));
			for (unsigned e = EVENT_MAIN + 1; e < IKE_EVENT_COUNT; e++)
				assert_int_equal(rejected(before[i], role, e), !is_hint(role, e));
		}
}

/* One mode was begun, and the other one does not go on with it. */
static void unproven_sa_of_aggressive_mode_listens_to_that_alone(void **state)
{
	(void)state;
	for (unsigned role = INITIATOR; role <= RESPONDER; role++)
		for (unsigned e = EVENT_MAIN; e < IKE_EVENT_COUNT; e++)
			assert_int_equal(rejected(IKEV1_AGGRESSIVE, role, e),
					 e != EVENT_AGGRESSIVE && !is_hint(role, e));
}

static void nothing_but_phase_1_makes_an_sa(void **state)
{
	(void)state;
	assert_false(rejected(IKE_START, RESPONDER, EVENT_MAIN));
	assert_false(rejected(IKE_START, INITIATOR, EVENT_INITIATE));
	assert_true(rejected(IKE_START, INITIATOR, EVENT_MAIN));
	assert_true(rejected(IKE_START, RESPONDER, EVENT_INITIATE));
	for (unsigned role = INITIATOR; role <= RESPONDER; role++) {
		assert_int_equal(rejected(IKE_START, role, EVENT_AGGRESSIVE), role == INITIATOR);
		for (unsigned e = EVENT_AGGRESSIVE + 1; e < IKE_EVENT_COUNT; e++)
			assert_true(rejected(IKE_START, role, e));
		for (unsigned e = EVENT_MOVE; e <= EVENT_GIVE_UP; e++)
			assert_true(rejected(IKE_START, role, e));
	}
}

static void established_sa_is_not_authenticated_again(void **state)
{
	(void)state;
	for (unsigned role = INITIATOR; role <= RESPONDER; role++) {
		assert_true(rejected(IKE_ESTABLISHED, role, EVENT_MAIN));
		assert_true(rejected(IKE_ESTABLISHED, role, EVENT_AGGRESSIVE));
		assert_true(rejected(IKE_ESTABLISHED, role, EVENT_INITIATE));
		assert_true(rejected(IKE_ESTABLISHED, role, EVENT_REKEY_IKE));
	}
}

static void established_sa_does_phase_2_whoever_began_phase_1(void **state)
{
	static const enum ike_event done[] = {
		EVENT_QUICK_REQUEST,	EVENT_QUICK_RESPONSE, EVENT_QUICK_PROOF,
		EVENT_V1_INFORMATIONAL, EVENT_PROBE,	      EVENT_CREATE_CHILD,
		EVENT_REKEY_CHILD,	EVENT_DELETE_CHILD,   EVENT_DELETE_IKE,
		EVENT_GIVE_UP,
	};

	(void)state;
	for (unsigned role = INITIATOR; role <= RESPONDER; role++)
		for (unsigned i = 0; i < sizeof(done) / sizeof(done[0]); i++)
			assert_false(rejected(IKE_ESTABLISHED, role, done[i]));
}

static void every_sa_on_its_way_can_be_given_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_false(rejected(before[i], INITIATOR, EVENT_GIVE_UP));
		assert_false(rejected(before[i], INITIATOR, EVENT_DELETE_IKE));
	}
	assert_false(rejected(IKEV1_AGGRESSIVE, INITIATOR, EVENT_GIVE_UP));
	assert_false(rejected(IKEV1_AGGRESSIVE, INITIATOR, EVENT_DELETE_IKE));
	assert_false(rejected(IKEV1_AGGRESSIVE, RESPONDER, EVENT_GIVE_UP));
	assert_false(rejected(IKEV1_MAIN_SA, RESPONDER, EVENT_GIVE_UP));
	assert_false(rejected(IKEV1_MAIN_KE, RESPONDER, EVENT_GIVE_UP));
}

static void exchange_that_is_not_spoken_is_rejected_everywhere(void **state)
{
	static const enum ike_event never[] = { EVENT_V1_OTHER };
	const struct ike_row *row;
	unsigned count = 0;

	(void)state;
	for (unsigned i = 0; (row = ikev1_row_at(i)) != NULL; i++)
		for (unsigned n = 0; n < 1; n++)
			if (row->event == never[n]) {
				assert_null(row->steps);
				count++;
			}
	assert_int_equal(count, 14);
}

/* No Quick Mode before its address is here; but its server may tell it of an end. */
static void a_client_that_waits_for_its_address_hears_of_nothing_else(void **state)
{
	static const enum ike_event early[] = { EVENT_QUICK_REQUEST, EVENT_QUICK_RESPONSE,
						EVENT_QUICK_PROOF,   EVENT_CREATE_CHILD,
						EVENT_REKEY_CHILD,   EVENT_DELETE_CHILD,
						EVENT_MAIN,	     EVENT_PROBE };
	(void)state;
	for (unsigned i = 0; i < sizeof(early) / sizeof(early[0]); i++)
		assert_true(rejected(IKEV1_CONFIG, INITIATOR, early[i]));
	assert_false(rejected(IKEV1_CONFIG, INITIATOR, EVENT_V1_INFORMATIONAL));
	assert_false(rejected(IKEV1_CONFIG, INITIATOR, EVENT_GIVE_UP));
	assert_false(rejected(IKEV1_CONFIG, INITIATOR, EVENT_DELETE_IKE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_rows_of_the_file_are_rejects_and_are_the_ones_in_force),
		cmocka_unit_test(what_is_rejected_is_rejected_here_alone),
		cmocka_unit_test(unproven_sa_listens_to_main_mode_alone),
		cmocka_unit_test(unproven_sa_of_aggressive_mode_listens_to_that_alone),
		cmocka_unit_test(nothing_but_phase_1_makes_an_sa),
		cmocka_unit_test(established_sa_is_not_authenticated_again),
		cmocka_unit_test(established_sa_does_phase_2_whoever_began_phase_1),
		cmocka_unit_test(every_sa_on_its_way_can_be_given_up),
		cmocka_unit_test(exchange_that_is_not_spoken_is_rejected_everywhere),
		cmocka_unit_test(a_client_that_waits_for_its_address_hears_of_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
