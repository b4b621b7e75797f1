/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/modecfg_road.h"

static const struct isakmp_config *asked(struct v1_road *road)
{
	return modecfg_read(road, v1_opened(road, 6, v1_sa(&road->pair.west)));
}

static void a_client_asks_before_its_first_quick_mode(void **state)
{
	const struct isakmp_config *request;
	struct v1_road road;

	(void)state;
	modecfg_up(&road, NULL);
	assert_int_equal(v1_heard(&road, 6)->header.exchange, EXCHANGE_V1_TRANSACTION);
	assert_int_equal(v1_heard(&road, 8)->header.exchange, EXCHANGE_V1_QUICK);
	request = asked(&road);
	assert_int_equal(request->type, ISAKMP_CFG_REQUEST);
	assert_true(modecfg_is(request, INTERNAL_IP4_ADDRESS, SPAN_NONE));
	assert_non_null(modecfg_attribute(request, INTERNAL_IP4_DNS));
	assert_non_null(modecfg_attribute(request, UNITY_DEF_DOMAIN));
	assert_non_null(modecfg_attribute(request, UNITY_BANNER));
	assert_null(modecfg_attribute(request, INTERNAL_IP6_ADDRESS)); /* no tunnel is of IPv6 */
	v1_road_end(&road);
}

static void who_is_no_client_does_not_ask(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	assert_int_equal(v1_heard(&road, 6)->header.exchange, EXCHANGE_V1_QUICK);
	v1_road_end(&road);
}

static bool spoil_reply(struct flight *flight, unsigned nth)
{
	if (nth == 7)
		flight->bytes[IKE_HEADER_LEN + 16] ^= 1; /* of the HASH only */
	return true;
}

/* What is not the server's is no answer: the client asks again, and takes the right one. */
static void a_reply_with_a_wrong_hash_is_not_believed(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, MODECFG_CLIENT, MODECFG_SERVER);
	road.meddle = spoil_reply;
	v1_road_try(&road, 200 * USEC_PER_MSEC);
	assert_int_equal(road.pair.west.ike_up, 0);
	assert_int_equal(v1_sa(&road.pair.west)->state, IKEV1_CONFIG);
	v1_road_run(&road, 2 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.ike_up, 1);
	assert_int_equal(road.pair.west.child_up, 1);
	v1_road_end(&road);
}

static bool lose_reply(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth < 7;
}

static void no_address_no_tunnel_and_no_second_phase_1(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, MODECFG_CLIENT, MODECFG_SERVER);
	road.meddle = lose_reply;
	v1_road_try(&road, 3 * USEC_PER_SEC);
	assert_int_equal(v1_sa(&road.pair.west)->state, IKEV1_CONFIG);
	for (unsigned i = 6; i < road.count; i++)
		assert_int_equal(v1_heard(&road, i)->header.exchange, EXCHANGE_V1_TRANSACTION);
	v1_road_end(&road);
}

static void a_tunnel_that_is_not_wanted_any_more_ends_at_both_ends(void **state)
{
	struct v1_road road;
	struct diag diag;

	(void)state;
	v1_road_begin(&road, MODECFG_CLIENT, MODECFG_SERVER);
	road.meddle = lose_reply;
	v1_road_try(&road, 200 * USEC_PER_MSEC);
	road.meddle = NULL;
	assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
	v1_road_run(&road, USEC_PER_SEC);
	end_assert_empty(&road.pair.west);
	end_assert_empty(&road.pair.east);
	v1_road_end(&road);
}

static void the_address_that_it_had_is_asked_for_again(void **state)
{
	const struct isakmp_config *request;
	struct v1_road road;
	struct diag diag;

	(void)state;
	modecfg_up(&road, NULL);
	assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
	v1_road_run(&road, USEC_PER_SEC);
	road.count = 0;
	v1_road_try(&road, USEC_PER_SEC);
	request = asked(&road);
	assert_true(modecfg_is(request, INTERNAL_IP4_ADDRESS, span_make("\x0a\x09\0\x01", 4)));
	v1_road_end(&road);
}

static void split_networks_are_asked_for_where_they_are_understood(void **state)
{
	struct v1_road road;

	(void)state;
	modecfg_up(&road, NULL);
	assert_null(modecfg_attribute(asked(&road), UNITY_SPLIT_INCLUDE));
	v1_road_end(&road);
	v1_road_begin(&road, MODECFG_CLIENT "\tcisco-unity=yes\n", MODECFG_SERVER);
	v1_road_try(&road, USEC_PER_SEC);
	assert_non_null(modecfg_attribute(asked(&road), UNITY_SPLIT_INCLUDE));
	v1_road_end(&road);
}

#define ENDS6                                                                                      \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\trightsubnet=2001:db8:2::/64\n\tauthby=secret\n\tkeyexchange=ikev1\n\tmodecfgpull=yes"   \
	"\n\tauto=add\n"

static void an_ipv6_address_is_asked_for_and_protected(void **state)
{
	const struct isakmp_config *request;
	char text[SELECTORS_TEXT_MAX];
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, ENDS6 "\tleftsourceip=%config6\n",
		      ENDS6 "\tleftaddresspool=fd00:9::/120\n\tmodecfgdns=2001:db8:2::53\n");
	v1_road_try(&road, USEC_PER_SEC);
	if (road.pair.west.child_up != 1)
		fail_msg("west: %s\neast: %s", road.pair.west.journal, road.pair.east.journal);
	request = asked(&road);
	assert_true(modecfg_is(request, INTERNAL_IP6_ADDRESS, SPAN_NONE));
	assert_null(modecfg_attribute(request, INTERNAL_IP4_ADDRESS));
	assert_string_equal(selectors_text(&v1_child(&road.pair.west)->selectors, text),
			    "fd00:9::1/128 === 2001:db8:2::/64");
	assert_true(end_said(&road.pair.west, "fd00:9::1, 1 DNS servers"));
	v1_road_end(&road);
}

/* ---- unasked ---- */

static void set_with_expiry(struct v1_road *road, uint32_t seconds)
{
	uint8_t expiry[4] = { (uint8_t)(seconds >> 24), (uint8_t)(seconds >> 16),
			      (uint8_t)(seconds >> 8), (uint8_t)seconds };
	const struct modecfg_saying set = {
		.type = ISAKMP_CFG_SET,
		.with = { { .type = INTERNAL_IP4_ADDRESS, .data = span_make("\x0a\x09\0\x09", 4) },
			  { .type = INTERNAL_ADDRESS_EXPIRY, .data = SPAN_OF(expiry) } }
	};

	v1_road_begin(road, MODECFG_WAITS, MODECFG_SERVER); /* which would be asked */
	v1_road_try(road, 200 * USEC_PER_MSEC);
	(void)modecfg_say(road, &road->pair.east, &set, 77);
}

static void an_address_that_is_ours_for_a_while_is_asked_for_again_in_time(void **state)
{
	struct v1_road road;

	(void)state;
	set_with_expiry(&road, 0);
	assert_int_equal(v1_sa(&road.pair.west)->auth_ends, 0); /* says nothing */
	v1_road_end(&road);
	set_with_expiry(&road, 600);
	const struct ike_sa *sa = v1_sa(&road.pair.west);
	assert_int_equal(sa->state, IKE_ESTABLISHED);
	assert_true(end_said(&road.pair.west, "our address is ours for 600 s"));
	assert_true(sa->replace_at > sa->established);
	assert_true(sa->replace_at < sa->established + 600 * USEC_PER_SEC);
	v1_road_end(&road);
}

static bool spoil_set(struct flight *flight, unsigned nth)
{
	if (nth == 6)
		flight->bytes[IKE_HEADER_LEN + 16] ^= 1; /* of the HASH only */
	return true;
}

static void a_set_with_a_wrong_hash_gives_no_address(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, MODECFG_WAITS, MODECFG_TELLS);
	road.meddle = spoil_set;
	v1_road_try(&road, 200 * USEC_PER_MSEC);
	assert_int_equal(v1_sa(&road.pair.west)->state, IKEV1_CONFIG);
	assert_int_equal(road.count, 7); /* and is not acknowledged */
	v1_road_run(&road, 3 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 1);
	v1_road_end(&road);
}

/* §3.2: each attribute, without its value. */
static void what_was_set_is_acknowledged_by_name(void **state)
{
	const struct isakmp_config *ack;
	const struct v1_ear *before;
	struct ike_message *message;
	uint8_t iv[IKEV1_IV_MAX];
	const struct modecfg_saying set = { .type = ISAKMP_CFG_SET,
					    .attributes = { INTERNAL_IP4_DNS, UNITY_BANNER },
					    .count = 2 };
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, MODECFG_WAITS, MODECFG_TELLS);
	v1_road_try(&road, USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 1);
	before = &road.ears[6];
	message = v1_heard(&road, 7);
	assert_int_equal(message->header.message_id, v1_heard(&road, 6)->header.message_id);
	memcpy(iv, before->bytes + before->len - sizeof(iv), sizeof(iv)); /* the chain goes on */
	assert_int_equal(ikev1_open(v1_sa(&road.pair.east), &road.arena, message, iv, NULL), RC_OK);
	ack = modecfg_read(&road, message);
	assert_int_equal(ack->type, ISAKMP_CFG_ACK);
	assert_int_equal(ack->count, 2); /* address and netmask */
	assert_true(modecfg_is(ack, INTERNAL_IP4_ADDRESS, SPAN_NONE));
	assert_null(modecfg_say(&road, &road.pair.east, &set, 77)); /* once is enough */
	v1_road_end(&road);
}

static void a_set_without_an_address_ends_the_attempt_at_both_ends(void **state)
{
	const struct modecfg_saying set = { .type = ISAKMP_CFG_SET,
					    .attributes = { INTERNAL_IP4_DNS },
					    .count = 1 };
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, MODECFG_WAITS, MODECFG_SERVER); /* which would be asked */
	v1_road_try(&road, 200 * USEC_PER_MSEC);
	assert_int_equal(v1_sa(&road.pair.west)->state, IKEV1_CONFIG);
	assert_null(modecfg_say(&road, &road.pair.east, &set, 77));
	assert_int_equal(road.pair.west.failed, 1);
	assert_int_equal(road.pair.west.last_reason, RC_NO_ADDRESS);
	assert_int_equal(road.pair.east.ike_down, 1);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_asks_before_its_first_quick_mode),
		cmocka_unit_test(who_is_no_client_does_not_ask),
		cmocka_unit_test(a_reply_with_a_wrong_hash_is_not_believed),
		cmocka_unit_test(no_address_no_tunnel_and_no_second_phase_1),
		cmocka_unit_test(a_tunnel_that_is_not_wanted_any_more_ends_at_both_ends),
		cmocka_unit_test(the_address_that_it_had_is_asked_for_again),
		cmocka_unit_test(split_networks_are_asked_for_where_they_are_understood),
		cmocka_unit_test(an_ipv6_address_is_asked_for_and_protected),
		cmocka_unit_test(an_address_that_is_ours_for_a_while_is_asked_for_again_in_time),
		cmocka_unit_test(a_set_with_a_wrong_hash_gives_no_address),
		cmocka_unit_test(what_was_set_is_acknowledged_by_name),
		cmocka_unit_test(a_set_without_an_address_ends_the_attempt_at_both_ends),
	};

	return exchange_run(tests);
}
