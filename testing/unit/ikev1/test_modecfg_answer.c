/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "peer/pool.h"
#include "unit/ikev1/modecfg_road.h"

#define RICH                                                                                       \
	MODECFG_SERVER "\tmodecfgdns=10.2.0.53,10.2.0.54\n\tcisco-split=yes\n"                     \
		       "\tmodecfgdomains=\"corp.example, lab.example\"\n\tmodecfgbanner=Hi\n"
#define TEXT(text) span_make((text), sizeof(text) - 1)

static const struct modecfg_saying all = {
	.type = ISAKMP_CFG_REQUEST,
	.attributes = { INTERNAL_IP4_ADDRESS, INTERNAL_IP4_NETMASK, INTERNAL_IP4_DNS, UNITY_BANNER,
			UNITY_DEF_DOMAIN, UNITY_SPLITDNS_NAME, UNITY_SPLIT_INCLUDE, 4711 },
	.count = 8,
};
static const struct modecfg_saying address_only = { .type = ISAKMP_CFG_REQUEST,
						    .attributes = { INTERNAL_IP4_ADDRESS },
						    .count = 1 };

static void a_client_is_told_all_that_it_asks_for(void **state)
{
	const struct isakmp_config *reply;
	struct v1_road road;

	(void)state;
	modecfg_up(&road, RICH);
	reply = modecfg_say(&road, &road.pair.west, &all, 77);
	assert_non_null(reply);
	assert_int_equal(reply->type, ISAKMP_CFG_REPLY);
	assert_int_equal(reply->identifier, 0x1234);
	assert_true(modecfg_is(reply, INTERNAL_IP4_ADDRESS, TEXT("\x0a\x09\0\x01")));
	assert_true(modecfg_is(reply, INTERNAL_IP4_NETMASK, TEXT("\xff\xff\xff\xff")));
	assert_true(modecfg_is(reply, INTERNAL_IP4_DNS, TEXT("\x0a\x02\0\x35")));
	assert_true(modecfg_is(reply, UNITY_BANNER, TEXT("Hi")));
	assert_true(modecfg_is(reply, UNITY_DEF_DOMAIN, TEXT("corp.example")));
	assert_true(modecfg_is(reply, UNITY_SPLITDNS_NAME, TEXT("corp.example,lab.example")));
	assert_true(modecfg_is(reply, UNITY_SPLIT_INCLUDE,
			       TEXT("\x0a\x02\0\0\xff\xff\xff\0\0\0\0\0\0\0")));
	assert_int_equal(reply->count, 8); /* two name servers, and nothing for 4711 */
	v1_road_end(&road);
}

static void what_it_does_not_ask_for_is_not_told(void **state)
{
	const struct isakmp_config *reply;
	struct v1_road road;

	(void)state;
	modecfg_up(&road, RICH);
	reply = modecfg_say(&road, &road.pair.west, &address_only, 77);
	assert_non_null(reply);
	assert_int_equal(reply->count, 1);
	v1_road_end(&road);
}

/* Forty names in 479 bytes, and a hundred in 1,199: those of them that fit, each of them whole. */
static void many_domains_are_told_as_far_as_they_fit(void **state)
{
	static const unsigned counts[] = { 40, 100 }, told[] = { 40, 83 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		char names[2000], conf[3000];
		size_t len = 0;
		const struct isakmp_config *reply;
		struct v1_road road;
		for (unsigned j = 0; j < counts[i]; j++)
			len += (size_t)snprintf(names + len, sizeof(names) - len, "%sn%02u.example",
						j == 0 ? "" : ",", j);
		(void)snprintf(conf, sizeof(conf), MODECFG_SERVER "\tmodecfgdomains=%s\n", names);
		modecfg_up(&road, conf);
		reply = modecfg_say(&road, &road.pair.west, &all, 77);
		assert_non_null(reply);
		assert_true(modecfg_is(reply, UNITY_DEF_DOMAIN, TEXT("n00.example")));
		assert_true(modecfg_is(reply, UNITY_SPLITDNS_NAME,
				       span_make(names, told[i] * 12u - 1)));
		v1_road_end(&road);
	}
}

/* cisco-split=no is the default. */
static void subnets_are_told_only_where_the_conn_says_so(void **state)
{
	const struct isakmp_config *reply;
	struct v1_road road;

	(void)state;
	modecfg_up(&road, NULL);
	reply = modecfg_say(&road, &road.pair.west, &all, 77);
	assert_non_null(reply);
	assert_null(modecfg_attribute(reply, UNITY_SPLIT_INCLUDE));
	assert_int_equal(reply->count, 2);
	v1_road_end(&road);
}

static void with_a_wrong_hash_nothing_is_leased_or_said(void **state)
{
	struct modecfg_saying wrong = all;
	struct v1_road road;

	(void)state;
	modecfg_up(&road, NULL);
	wrong.spoiled = true;
	assert_null(modecfg_say(&road, &road.pair.west, &wrong, 77));
	assert_int_equal(road.count, 11);
	assert_true(end_said(&road.pair.east, "the HASH of a message is wrong"));
	v1_road_end(&road);
}

static void the_same_request_gets_the_same_answer(void **state)
{
	struct v1_road road;

	(void)state;
	modecfg_up(&road, NULL);
	v1_repeat(&road, 6);
	assert_int_equal(road.count, 12);
	assert_true(v1_same(&road, 7, 11));
	v1_road_end(&road);
}

/* Answered: another message with the ID of that exchange belongs to nothing. */
static void an_exchange_that_is_over_hears_nothing_more(void **state)
{
	struct v1_road road;

	(void)state;
	modecfg_up(&road, NULL);
	assert_non_null(modecfg_say(&road, &road.pair.west, &address_only, 77));
	assert_null(modecfg_say(&road, &road.pair.west, &all, 77));
	assert_null(modecfg_say(&road, &road.pair.west, &all, 0));
	v1_road_end(&road);
}

static void a_set_that_nobody_waits_for_changes_nothing(void **state)
{
	struct modecfg_saying set = address_only;
	struct v1_road road;

	(void)state;
	modecfg_up(&road, NULL);
	set.type = ISAKMP_CFG_SET;
	assert_null(modecfg_say(&road, &road.pair.east, &set, 77));
	assert_true(end_said(&road.pair.west, "nobody asked for"));
	assert_int_equal(road.pair.west.ike_down + road.pair.west.child_down, 0);
	v1_road_end(&road);
}

static void a_question_for_a_password_is_named(void **state)
{
	const struct modecfg_saying question = {
		.type = ISAKMP_CFG_REQUEST,
		.attributes = { XAUTH_TYPE, XAUTH_USER_NAME, XAUTH_USER_PASSWORD },
		.count = 3,
	};
	struct v1_road road;

	(void)state;
	modecfg_up(&road, NULL);
	assert_null(modecfg_say(&road, &road.pair.east, &question, 77));
	assert_true(end_said(&road.pair.west, "(XAUTH)"));
	v1_road_end(&road);
}

/* ---- unasked ---- */

static const struct isakmp_config *told(struct v1_road *road)
{
	return modecfg_read(road, v1_opened(road, 6, v1_sa(&road->pair.east)));
}

static void a_client_that_waits_is_told_once(void **state)
{
	const struct isakmp_config *set;
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, MODECFG_WAITS, MODECFG_TELLS "\tmodecfgdns=10.2.0.53\n");
	v1_road_try(&road, 60 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 1);
	assert_int_equal(road.count, 11);
	set = told(&road);
	assert_int_equal(set->type, ISAKMP_CFG_SET);
	assert_true(modecfg_is(set, INTERNAL_IP4_ADDRESS, TEXT("\x0a\x09\0\x01")));
	assert_true(modecfg_is(set, INTERNAL_IP4_DNS, TEXT("\x0a\x02\0\x35")));
	v1_road_end(&road);
}

static bool spoil_ack(struct flight *flight, unsigned nth)
{
	if (nth == 7)
		flight->bytes[IKE_HEADER_LEN + 16] ^= 1; /* of the HASH only */
	return true;
}

/* Then it is told again, and says the same again. */
static void an_ack_with_a_wrong_hash_is_none(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, MODECFG_WAITS, MODECFG_TELLS);
	road.meddle = spoil_ack;
	v1_road_try(&road, 200 * USEC_PER_MSEC);
	assert_false(v1_sa(&road.pair.east)->v1->configured);
	assert_non_null(v1_sa(&road.pair.east)->request.bytes);
	v1_road_run(&road, 3 * USEC_PER_SEC);
	assert_true(v1_sa(&road.pair.east)->v1->configured);
	assert_null(v1_sa(&road.pair.east)->request.bytes);
	v1_road_end(&road);
}

static bool lose_all_after_main_mode(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth < 6;
}

/* As clients do that know it from an earlier phase 1. */
static void a_client_that_does_not_listen_keeps_what_works(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, MODECFG_OF("no") "\tleftsubnet=10.9.0.1/32\n", MODECFG_TELLS);
	v1_road_try(&road, USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 1);
	assert_int_equal(v1_sa(&road.pair.east)->request.purpose, REQUEST_CONFIG);
	v1_road_run(&road, 300 * USEC_PER_SEC);
	assert_true(v1_sa(&road.pair.east)->v1->configured);
	assert_null(v1_sa(&road.pair.east)->request.bytes);
	assert_int_equal(road.pair.east.ike_down + road.pair.east.child_down, 0);
	v1_road_end(&road);
}

/* Nothing was ever up: it is not there. */
static void a_client_that_is_gone_is_not_told_for_ever(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, MODECFG_WAITS, MODECFG_TELLS);
	road.meddle = lose_all_after_main_mode;
	v1_road_try(&road, 300 * USEC_PER_SEC);
	assert_int_equal(road.pair.east.child_up, 0);
	assert_true(road.pair.east.ike_down > 0);
	assert_true(end_said(&road.pair.east, "does not answer (ModeCfg)"));
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_is_told_all_that_it_asks_for),
		cmocka_unit_test(what_it_does_not_ask_for_is_not_told),
		cmocka_unit_test(subnets_are_told_only_where_the_conn_says_so),
		cmocka_unit_test(with_a_wrong_hash_nothing_is_leased_or_said),
		cmocka_unit_test(the_same_request_gets_the_same_answer),
		cmocka_unit_test(an_exchange_that_is_over_hears_nothing_more),
		cmocka_unit_test(a_set_that_nobody_waits_for_changes_nothing),
		cmocka_unit_test(a_question_for_a_password_is_named),
		cmocka_unit_test(a_client_that_waits_is_told_once),
		cmocka_unit_test(an_ack_with_a_wrong_hash_is_none),
		cmocka_unit_test(a_client_that_does_not_listen_keeps_what_works),
		cmocka_unit_test(a_client_that_is_gone_is_not_told_for_ever),
		cmocka_unit_test(many_domains_are_told_as_far_as_they_fit),
	};

	return exchange_run(tests);
}
