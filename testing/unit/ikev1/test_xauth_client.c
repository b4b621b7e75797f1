/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/xauth_road.h"

static struct isakmp_attribute ask_type(uint16_t type)
{
	return (struct isakmp_attribute){ .type = XAUTH_TYPE, .basic = true, .value = type };
}

/* East asks; what west answers. */
static struct isakmp_config *asked(struct v1_road *road, struct isakmp_attribute *attributes,
				   unsigned count)
{
	return xauth_say(road, &road->pair.east, true, ISAKMP_CFG_REQUEST, attributes, count);
}

static bool gives_in(const struct isakmp_config *answer)
{
	const struct isakmp_attribute *status = modecfg_attribute(answer, XAUTH_STATUS);

	return answer->type == ISAKMP_CFG_REPLY && answer->count == 1 && status != NULL &&
	       status->basic && status->value == 0;
}

static void the_user_and_the_password_are_said_once(void **state)
{
	struct isakmp_attribute question[] = { ask_type(0),
					       { .type = XAUTH_MESSAGE,
						 .data = span_make("Hello", 5) },
					       { .type = XAUTH_USER_NAME },
					       { .type = XAUTH_USER_PASSWORD } };
	struct isakmp_config *answer;
	struct v1_road road;

	(void)state;
	xauth_road_waits(&road, NULL);
	answer = asked(&road, question, 4);
	assert_non_null(answer);
	assert_int_equal(answer->type, ISAKMP_CFG_REPLY);
	assert_int_equal(answer->identifier, 0x77);
	assert_int_equal(answer->count, 3);
	assert_true(modecfg_is(answer, XAUTH_USER_NAME, span_make("alice", 5)));
	assert_true(modecfg_is(answer, XAUTH_USER_PASSWORD, span_make("wonderland", 10)));
	assert_int_equal(v1_sa(&road.pair.west)->state, IKEV1_XAUTH);
	answer = asked(&road, question, 4);
	assert_non_null(answer);
	assert_true(gives_in(answer));
	assert_false(v1_has_ike(&road.pair.west));
	assert_int_equal(road.pair.west.failed, 1);
	v1_road_end(&road);
}

static void the_name_may_be_asked_for_before_the_password(void **state)
{
	struct isakmp_attribute name = { .type = XAUTH_USER_NAME };
	struct isakmp_attribute code = { .type = XAUTH_PASSCODE };
	struct v1_road road;

	(void)state;
	xauth_road_waits(&road, NULL);
	assert_true(modecfg_is(asked(&road, &name, 1), XAUTH_USER_NAME, span_make("alice", 5)));
	assert_true(
		modecfg_is(asked(&road, &code, 1), XAUTH_PASSCODE, span_make("wonderland", 10)));
	v1_road_end(&road);
}

static void what_is_not_a_password_is_not_answered(void **state)
{
	struct isakmp_attribute questions[][2] = {
		{ ask_type(1), { .type = XAUTH_USER_PASSWORD } },
		{ { .type = XAUTH_CHALLENGE, .data = span_make("x", 1) },
		  { .type = XAUTH_USER_NAME } },
		{ { .type = XAUTH_NEXT_PIN }, { .type = XAUTH_USER_NAME } },
		{ { .type = XAUTH_MESSAGE, .data = span_make("x", 1) }, { .type = XAUTH_DOMAIN } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		struct isakmp_config *answer;
		struct v1_road road;
		xauth_road_waits(&road, NULL);
		answer = asked(&road, questions[i], 2);
		assert_non_null(answer);
		assert_true(gives_in(answer));
		assert_false(v1_has_ike(&road.pair.west));
		v1_road_end(&road);
	}
}

static struct isakmp_config *told(struct v1_road *road, enum isakmp_cfg_type type,
				  uint16_t attribute, bool basic, uint16_t value)
{
	struct isakmp_attribute status = { .type = attribute, .basic = basic, .value = value };

	return xauth_say(road, &road->pair.east, true, type, &status, 1);
}

static void the_verdict_is_acknowledged_and_counts(void **state)
{
	struct isakmp_config *answer;
	struct v1_road road;

	(void)state;
	xauth_road_waits(&road, NULL);
	answer = told(&road, ISAKMP_CFG_SET, XAUTH_STATUS, true, 1);
	assert_int_equal(answer->type, ISAKMP_CFG_ACK);
	assert_int_equal(v1_sa(&road.pair.west)->state, IKE_ESTABLISHED);
	v1_road_end(&road);
	xauth_road_waits(&road, NULL);
	answer = told(&road, ISAKMP_CFG_SET, XAUTH_STATUS, true, 0);
	assert_int_equal(answer->type, ISAKMP_CFG_ACK);
	assert_false(v1_has_ike(&road.pair.west));
	assert_true(end_said(&road.pair.west, "refuses the user"));
	v1_road_end(&road);
}

/* A number of 2 or in another form is no yes; without a status it is no verdict. */
static void only_a_clear_yes_is_one(void **state)
{
	struct v1_road road;

	(void)state;
	xauth_road_waits(&road, NULL);
	assert_null(told(&road, ISAKMP_CFG_SET, INTERNAL_IP4_ADDRESS, false, 0));
	assert_null(told(&road, ISAKMP_CFG_ACK, XAUTH_STATUS, true, 1));
	assert_null(told(&road, ISAKMP_CFG_REPLY, XAUTH_STATUS, true, 1));
	assert_int_equal(v1_sa(&road.pair.west)->state, IKEV1_XAUTH);
	assert_non_null(told(&road, ISAKMP_CFG_SET, XAUTH_STATUS, true, 2));
	assert_false(v1_has_ike(&road.pair.west));
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_user_and_the_password_are_said_once),
		cmocka_unit_test(the_name_may_be_asked_for_before_the_password),
		cmocka_unit_test(what_is_not_a_password_is_not_answered),
		cmocka_unit_test(the_verdict_is_acknowledged_and_counts),
		cmocka_unit_test(only_a_clear_yes_is_one),
	};

	return exchange_run(tests);
}
