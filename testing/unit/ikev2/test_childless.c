/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

static bool begins(enum config_childless setting, bool supported, enum rc expected)
{
	struct config_conn conn = { .childless = setting };
	struct diag diag = { "" };
	bool childless = true;

	assert_int_equal(childless_begin(&conn, supported, &childless, &diag), expected);
	return childless;
}

/* RFC 6023 §3: never without the responder's word. */
static void the_initiator_leaves_the_child_sa_out_only_where_the_responder_can(void **state)
{
	(void)state;
	assert_false(begins(CHILDLESS_ALLOW, true, RC_OK));
	assert_false(begins(CHILDLESS_NEVER, true, RC_OK));
	assert_true(begins(CHILDLESS_PREFER, true, RC_OK));
	assert_false(begins(CHILDLESS_PREFER, false, RC_OK));
	assert_true(begins(CHILDLESS_FORCE, true, RC_OK));
	assert_false(begins(CHILDLESS_FORCE, false, RC_PEER_REFUSED));
}

static void the_responder_takes_what_its_conn_allows(void **state)
{
	struct config_conn conn = { .childless = CHILDLESS_NEVER };
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(childless_check(&conn, false, &diag), RC_SYNTAX);
	assert_int_equal(childless_check(&conn, true, &diag), RC_OK);
	conn.childless = CHILDLESS_FORCE;
	assert_int_equal(childless_check(&conn, false, &diag), RC_OK);
	assert_int_equal(childless_check(&conn, true, &diag), RC_NO_ADDITIONAL_SAS);
	conn.childless = CHILDLESS_ALLOW;
	assert_int_equal(childless_check(&conn, false, &diag), RC_OK);
	assert_int_equal(childless_check(&conn, true, &diag), RC_OK);
}

/* §3: in the IKE_SA_INIT response, and not when childless=never. */
static void the_responder_says_in_ike_sa_init_that_it_can(void **state)
{
	struct road road;

	(void)state;
	for (unsigned never = 0; never < 2; never++) {
		road_begin(&road, NULL, never ? PAIR_CONN "\tchildless=never\n" : NULL);
		end_up(&road.pair.west, "t");
		road_run(&road, USEC_PER_SEC);
		assert_int_equal(childless_read(road_heard(&road, 1)), never == 0);
		assert_false(childless_read(road_heard(&road, 0)));
		road_end(&road);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_initiator_leaves_the_child_sa_out_only_where_the_responder_can),
		cmocka_unit_test(the_responder_takes_what_its_conn_allows),
		cmocka_unit_test(the_responder_says_in_ike_sa_init_that_it_can),
	};

	return exchange_run(tests);
}
