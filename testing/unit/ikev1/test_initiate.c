/* SPDX-License-Identifier: Apache-2.0 */
/* What an initiator of phase 1 does in either mode. */
#include "unit/ikev1/v1_road.h"

static const char *const modes[] = { V1_ADD, V1_ADD "\taggressive=yes\n" };

#define OTHER                                                                                      \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@other\n"          \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"                   \
	"\tkeyexchange=ikev1\n\tauto=add\n"

static void a_peer_that_is_somebody_else_is_refused(void **state)
{
	static const char *const others[] = { OTHER, OTHER "\taggressive=yes\n" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct v1_road road;
		v1_road_begin(&road, modes[i], others[i]);
		v1_road_try(&road, 3 * USEC_PER_SEC);
		assert_int_equal(road.pair.west.ike_up, 0);
		assert_int_equal(road.pair.west.child_up, 0);
		assert_true(end_said(&road.pair.west, "peer says it is @other, we expect @east"));
		v1_road_end(&road);
	}
}

/* Nothing of Aggressive Mode's answer is protected: it may be anybody's, and asking goes on. */
static void in_main_mode_that_ends_the_attempt(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, modes[0], OTHER);
	v1_road_try(&road, 3 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.last_reason, RC_AUTH_FAILED);
	v1_road_end(&road);
	v1_road_begin(&road, modes[1], OTHER "\taggressive=yes\n");
	v1_road_try(&road, 3 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.failed, 0);
	assert_int_equal(v1_sa(&road.pair.west)->state, IKEV1_AGGRESSIVE);
	v1_road_end(&road);
}

static void forced_encapsulation_goes_on_at_port_4500(void **state)
{
	static const char *const forced[] = { V1_ADD "\tencapsulation=yes\n",
					      V1_ADD "\taggressive=yes\n\tencapsulation=yes\n" };
	static const unsigned moves[] = { 4, 2 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct v1_road road;
		v1_road_begin(&road, forced[i], modes[i]);
		v1_road_try(&road, 3 * USEC_PER_SEC);
		pair_assert_tunnel(&road.pair);
		assert_int_equal(road.ears[moves[i] - 2].to.port, IKE_PORT);
		assert_int_equal(road.ears[moves[i]].from.port, IKE_NATT_PORT);
		assert_int_equal(road.ears[moves[i]].to.port, IKE_NATT_PORT);
		assert_int_equal(v1_sa(&road.pair.east)->remote.port, IKE_NATT_PORT);
		assert_true(v1_sa(&road.pair.east)->encap);
		v1_road_end(&road);
	}
}

static bool lose_answers(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth == 0;
}

static void an_attempt_can_be_called_off_before_its_answer(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct v1_road road;
		struct diag diag;
		v1_road_begin(&road, modes[i], modes[i]);
		road.meddle = lose_answers;
		v1_road_try(&road, 100 * USEC_PER_MSEC);
		assert_true(v1_has_ike(&road.pair.west));
		assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
		v1_road_run(&road, 2 * USEC_PER_SEC);
		end_assert_empty(&road.pair.west);
		v1_road_end(&road);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_that_is_somebody_else_is_refused),
		cmocka_unit_test(in_main_mode_that_ends_the_attempt),
		cmocka_unit_test(forced_encapsulation_goes_on_at_port_4500),
		cmocka_unit_test(an_attempt_can_be_called_off_before_its_answer),
	};

	return exchange_run(tests);
}
