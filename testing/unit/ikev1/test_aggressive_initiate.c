/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/v1_road.h"

#define AGGRESSIVE V1_ADD "\taggressive=yes\n"

/* RFC 2409 §5: HDR, SA, KE, Ni, IDii: one group in all of the transforms. */
static void the_first_message_has_one_group_and_the_identity(void **state)
{
	struct v1_road road;
	struct ike_message *message;
	struct isakmp_sa offer;

	(void)state;
	v1_road_begin(&road, AGGRESSIVE "\tike=aes256-sha2_256-modp2048+dh19,aes128-sha1-dh19\n",
		      AGGRESSIVE);
	v1_road_try(&road, 50 * USEC_PER_MSEC);
	message = v1_heard(&road, 0);
	assert_int_equal(message->header.exchange, EXCHANGE_V1_AGGRESSIVE);
	assert_int_equal(isakmp_payload_count(message, ISAKMP_ID), 1);
	assert_int_equal(v1_payload(message, ISAKMP_KE)->body.len, 256);
	assert_int_equal(
		isakmp_sa_parse(&road.arena, v1_payload(message, ISAKMP_SA)->body, &offer, NULL),
		RC_OK);
	assert_int_equal(offer.proposals[0].transform_count, 1);
	v1_road_end(&road);
}

static void the_third_message_is_encrypted_and_said_again_when_asked(void **state)
{
	struct v1_road road;
	unsigned count;

	(void)state;
	v1_road_begin(&road, AGGRESSIVE, AGGRESSIVE);
	v1_road_try(&road, 3 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_true((v1_heard(&road, 2)->header.flags & ISAKMP_FLAG_ENCRYPTION) != 0);
	count = road.count;
	assert_int_equal(count, 6);
	v1_repeat(&road, 1);
	assert_int_equal(road.count, count + 1);
	assert_true(v1_same(&road, 2, count));
	v1_road_end(&road);
}

static bool spoil_second(struct flight *flight, unsigned nth)
{
	if (nth == 1)
		flight->bytes[flight->len - 60] ^= 1; /* in the NAT-D or the proof: no matter */
	return true;
}

static bool no_second(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth % 2 == 0;
}

static void without_an_answer_it_says_so(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, AGGRESSIVE "\tretransmit-timeout=100ms\n\tretransmit-tries=1\n",
		      AGGRESSIVE);
	road.meddle = no_second;
	v1_road_try(&road, 5 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.ike_up, 0);
	assert_true(end_said(&road.pair.west, "no answer to Aggressive Mode"));
	v1_road_end(&road);
}

static void a_spoiled_answer_costs_time_only(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, V1_BASE "\tauto=start\n\taggressive=yes\n", AGGRESSIVE);
	road.meddle = spoil_second;
	v1_road_run(&road, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_message_has_one_group_and_the_identity),
		cmocka_unit_test(the_third_message_is_encrypted_and_said_again_when_asked),
		cmocka_unit_test(without_an_answer_it_says_so),
		cmocka_unit_test(a_spoiled_answer_costs_time_only),
	};

	return exchange_run(tests);
}
