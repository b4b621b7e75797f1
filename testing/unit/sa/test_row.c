/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "unit/test.h"
#include "sa/row.h"

static const struct payload_rule one_rule[] = { { 7, 1, 2, ENCRYPTED }, PAYLOAD_RULES_END };
static const struct ike_row first[] = {
	{ IKE_START, INITIATOR, EVENT_INITIATE, NULL, NULL, IKE_START, "a" },
	{ IKE_START, RESPONDER, EVENT_MAIN, one_rule, NULL, IKE_START, "b" },
	{ .story = NULL },
};
static const struct ike_row second[] = {
	{ IKE_ESTABLISHED, RESPONDER, EVENT_MAIN, NULL, NULL, IKE_ESTABLISHED, "c" },
	{ .story = NULL },
};
static const struct ike_row *const files[] = { first, second };
static const struct ike_rows rows = IKE_ROWS(files);

static void rows_of_all_files_have_one_order(void **state)
{
	(void)state;
	assert_ptr_equal(ike_row_at(&rows, 0), &first[0]);
	assert_ptr_equal(ike_row_at(&rows, 1), &first[1]);
	assert_ptr_equal(ike_row_at(&rows, 2), &second[0]);
	assert_null(ike_row_at(&rows, 3));
	assert_int_equal(ike_row_index(&rows, &first[1], 9), 1);
	assert_int_equal(ike_row_index(&rows, &second[0], 9), 2);
}

static void foreign_row_is_not_among_them(void **state)
{
	static const struct ike_row foreign = { .story = "d" };

	(void)state;
	assert_int_equal(ike_row_index(&rows, &foreign, 9), 9);
}

static void row_is_found_by_state_role_and_event(void **state)
{
	(void)state;
	assert_ptr_equal(ike_row_find(&rows, IKE_START, RESPONDER, EVENT_MAIN), &first[1]);
	assert_ptr_equal(ike_row_find(&rows, IKE_ESTABLISHED, RESPONDER, EVENT_MAIN), &second[0]);
	assert_null(ike_row_find(&rows, IKE_START, INITIATOR, EVENT_MAIN));
	assert_null(ike_row_find(&rows, IKE_ESTABLISHED, RESPONDER, EVENT_INITIATE));
}

static void rule_is_found_by_the_type_of_the_payload(void **state)
{
	(void)state;
	assert_ptr_equal(payload_rule_of(one_rule, 7), one_rule);
	assert_null(payload_rule_of(one_rule, 8));
	assert_null(payload_rule_of(one_rule, 0));
}

static void every_event_has_a_name(void **state)
{
	char text[64], number[12];

	(void)state;
	for (int event = 0; event < IKE_EVENT_COUNT; event++) {
		(void)snprintf(number, sizeof(number), "%d", event);
		assert_null(
			strstr(names_text(&ike_event_names, event, text, sizeof(text)), number));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_all_files_have_one_order),
		cmocka_unit_test(foreign_row_is_not_among_them),
		cmocka_unit_test(row_is_found_by_state_role_and_event),
		cmocka_unit_test(rule_is_found_by_the_type_of_the_payload),
		cmocka_unit_test(every_event_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
