/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/xauth_road.h"

#define NAME                                                                                       \
	{                                                                                          \
		.type = XAUTH_USER_NAME, .data = span_make("alice", 5)                             \
	}
#define PASSWORD                                                                                   \
	{                                                                                          \
		.type = XAUTH_USER_PASSWORD, .data = span_make("x", 1)                             \
	}

static void the_question_is_for_a_name_and_a_password(void **state)
{
	const struct isakmp_config *question;
	struct v1_road road;

	(void)state;
	xauth_road_waits(&road, NULL);
	question = modecfg_read(&road, v1_opened(&road, 6, v1_sa(&road.pair.west)));
	assert_int_equal(question->type, ISAKMP_CFG_REQUEST);
	assert_int_equal(question->count, 3);
	assert_true(modecfg_attribute(question, XAUTH_TYPE)->basic);
	assert_int_equal(modecfg_attribute(question, XAUTH_TYPE)->value, 0);
	assert_true(modecfg_is(question, XAUTH_USER_NAME, SPAN_NONE));
	assert_true(modecfg_is(question, XAUTH_USER_PASSWORD, SPAN_NONE));
	v1_road_end(&road);
}

static void the_whole_road_has_thirteen_messages(void **state)
{
	struct v1_road road;

	(void)state;
	xauth_road_begin(&road, NULL);
	v1_road_try(&road, 3 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_int_equal(road.count, 13);
	for (unsigned i = 6; i < 10; i++)
		assert_int_equal(v1_heard(&road, i)->header.exchange, EXCHANGE_V1_TRANSACTION);
	v1_road_end(&road);
}

static void answered(struct v1_road *road, struct isakmp_attribute *attributes, unsigned count)
{
	xauth_road_waits(road, NULL);
	(void)xauth_say(road, &road->pair.west, false, ISAKMP_CFG_REPLY, attributes, count);
}

static void a_name_and_a_password_are_taken(void **state)
{
	struct isakmp_attribute attributes[] = { NAME, PASSWORD };
	struct v1_road road;

	(void)state;
	answered(&road, attributes, 2);
	assert_int_equal(v1_sa(&road.pair.east)->state, IKE_ESTABLISHED);
	assert_string_equal(v1_sa(&road.pair.east)->v1->user->name, "alice");
	assert_true(v1_sa(&road.pair.east)->v1->user->proven);
	v1_road_end(&road);
}

/* Even where everybody is taken (alwaysok). */
static void odd_answers_prove_nothing_and_are_counted(void **state)
{
	struct isakmp_attribute odd[][3] = {
		{ PASSWORD },
		{ { .type = XAUTH_USER_NAME, .basic = true, .value = 7 }, PASSWORD },
		{ NAME, NAME, PASSWORD },
		{ { .type = XAUTH_USER_NAME, .data = span_make("al\nice", 6) }, PASSWORD },
		{ NAME, PASSWORD, PASSWORD },
		{ { .type = 0 } },
	};
	static const unsigned counts[] = { 1, 2, 3, 2, 3, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct v1_road road;
		answered(&road, odd[i], counts[i]);
		assert_int_equal(v1_sa(&road.pair.east)->state, IKEV1_XAUTH);
		assert_int_equal(v1_sa(&road.pair.east)->v1->user->tries, 1);
		assert_int_equal(road.pair.east.ike_up, 0);
		v1_road_end(&road);
	}
}

static void a_client_that_gives_up_ends_it(void **state)
{
	struct isakmp_attribute status = { .type = XAUTH_STATUS, .basic = true };
	struct v1_road road;

	(void)state;
	answered(&road, &status, 1);
	assert_false(v1_has_ike(&road.pair.east));
	assert_true(end_said(&road.pair.east, "the client gives up"));
	v1_road_end(&road);
}

/* Neither what it would ask for later, nor its own yes. */
static void nothing_goes_on_before_the_user_is_proven(void **state)
{
	struct isakmp_attribute status = { .type = XAUTH_STATUS, .basic = true, .value = 1 };
	struct isakmp_attribute address = { .type = INTERNAL_IP4_ADDRESS };
	struct v1_road road;

	(void)state;
	xauth_road_waits(&road, NULL);
	assert_null(xauth_say(&road, &road.pair.west, true, ISAKMP_CFG_REQUEST, &address, 1));
	assert_null(xauth_say(&road, &road.pair.west, true, ISAKMP_CFG_SET, &status, 1));
	(void)xauth_say(&road, &road.pair.west, false, ISAKMP_CFG_ACK, &status, 1);
	assert_int_equal(v1_sa(&road.pair.east)->state, IKEV1_XAUTH);
	assert_int_equal(v1_sa(&road.pair.east)->v1->user->tries, 0);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_question_is_for_a_name_and_a_password),
		cmocka_unit_test(the_whole_road_has_thirteen_messages),
		cmocka_unit_test(a_name_and_a_password_are_taken),
		cmocka_unit_test(odd_answers_prove_nothing_and_are_counted),
		cmocka_unit_test(a_client_that_gives_up_ends_it),
		cmocka_unit_test(nothing_goes_on_before_the_user_is_proven),
	};

	return exchange_run(tests);
}
