/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels that need a user; the whole story is in exchange/test_ikev1_xauth. */
#include "engine/private.h"
#include "unit/ikev1/xauth_road.h"

static bool may(struct end *end)
{
	struct diag diag = { "" };

	return xauth_may_begin(end->gateway, v1_tunnel(end)->peer, &diag);
}

static void the_client_with_a_password_may_begin(void **state)
{
	struct v1_road road;

	(void)state;
	xauth_road_begin(&road, NULL);
	assert_true(may(&road.pair.west));
	assert_false(may(&road.pair.east)); /* the server waits for it */
	v1_road_end(&road);
	v1_road_begin(&road, XAUTH_CLIENT, NULL);
	assert_false(may(&road.pair.west));
	assert_true(may(&road.pair.east)); /* it has nothing to do with users */
	v1_road_end(&road);
}

static void a_server_that_is_told_to_begin_does_not(void **state)
{
	struct v1_road road;

	(void)state;
	xauth_road_begin(&road, NULL);
	end_up(&road.pair.east, "t");
	v1_road_run(&road, 100 * USEC_PER_SEC);
	assert_int_equal(road.count, 0);
	assert_int_equal(road.pair.east.failed, 1); /* and says why, once */
	assert_int_equal(road.pair.east.gateway->counters.stuck, 0);
	v1_road_end(&road);
}

static void who_is_no_client_cannot_log_in(void **state)
{
	struct diag diag = { "" };
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	assert_int_equal(gateway_login(road.pair.west.gateway, "t", "alice", SPAN_OF("x"), &diag),
			 RC_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "xauthclient="));
	assert_int_equal(
		gateway_login(road.pair.west.gateway, "nothing", "alice", SPAN_OF("x"), &diag),
		RC_NOT_FOUND);
	v1_road_end(&road);
}

static void the_user_stands_in_the_log_and_in_the_recorder(void **state)
{
	char text[XAUTH_USER_TEXT_MAX];
	const struct record *record = NULL;
	struct v1_road road;

	(void)state;
	xauth_road_begin(&road, NULL);
	v1_road_try(&road, 3 * USEC_PER_SEC);
	assert_string_equal(xauth_user_text(v1_sa(&road.pair.east), text), ", user alice");
	assert_true(end_said(&road.pair.east, ": the user is proven"));
	for (unsigned i = 0;
	     (record = recorder_at(&v1_tunnel(&road.pair.east)->peer->recorder, i)) != NULL; i++)
		if (record->event == RECORD_USER)
			break;
	assert_non_null(record);
	assert_int_equal(record->code, USER_PROVEN);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_client_with_a_password_may_begin),
		cmocka_unit_test(a_server_that_is_told_to_begin_does_not),
		cmocka_unit_test(who_is_no_client_cannot_log_in),
		cmocka_unit_test(the_user_stands_in_the_log_and_in_the_recorder),
	};

	return exchange_run(tests);
}
