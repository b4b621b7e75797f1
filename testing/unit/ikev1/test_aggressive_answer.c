/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/v1_road.h"

#define AGGRESSIVE V1_ADD "\taggressive=yes\n"

/* RFC 2409 §5: HDR, SA, KE, Nr, IDir, HASH_R; and the keys are there without a key pair. */
static void all_that_it_has_to_say_is_in_one_answer(void **state)
{
	static const enum isakmp_payload_type want[] = { ISAKMP_SA, ISAKMP_KE, ISAKMP_NONCE,
							 ISAKMP_ID, ISAKMP_HASH };
	struct v1_road road;
	struct ike_message *message;

	(void)state;
	v1_road_begin(&road, AGGRESSIVE, AGGRESSIVE);
	v1_road_try(&road, 3 * USEC_PER_SEC);
	message = v1_heard(&road, 1);
	assert_int_equal(message->header.exchange, EXCHANGE_V1_AGGRESSIVE);
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(isakmp_payload_count(message, want[i]), 1);
	assert_int_equal(isakmp_payload_count(message, ISAKMP_NAT_D), 2);
	assert_null(v1_sa(&road.pair.east)->v1->phase1);
	v1_road_end(&road);
}

static bool spoil_third(struct flight *flight, unsigned nth)
{
	if (nth == 2)
		flight->bytes[IKE_HEADER_LEN + 18] ^= 1; /* in the HASH */
	return nth <= 2;				 /* and nothing after it */
}

static void a_wrong_proof_leaves_it_half_open(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, AGGRESSIVE, AGGRESSIVE);
	road.meddle = spoil_third;
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.pair.east.ike_up, 0);
	assert_int_equal(road.pair.east.gateway->sas.half_open_count, 1);
	v1_road_end(&road);
}

/* The group of the KE is that of what is chosen. */
static void another_group_than_ours_is_refused_and_nothing_kept(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, AGGRESSIVE "\tike=aes256-sha2_256-modp2048,aes256-sha2_256-dh19\n",
		      AGGRESSIVE "\tike=aes256-sha2_256-dh19\n");
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(v1_heard(&road, 1)->header.exchange, EXCHANGE_V1_INFORMATIONAL);
	assert_int_equal(road.pair.east.gateway->sas.ike_count, 0);
	v1_road_end(&road);
}

static bool lose_third(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth < 2;
}

static struct ike_sa *half_open(struct end *end)
{
	assert_false(list_empty(&end->gateway->sas.half_open));
	return container_of(end->gateway->sas.half_open.next, struct ike_sa, in_half_open);
}

/* What west said in its third message, which east has not got, as west could have said it in clear.
 */
static struct span third_in_clear(struct v1_road *road, bool spoiled)
{
	struct ike_sa *sa = half_open(&road->pair.east);
	struct ike_message *third = v1_heard(road, 2);
	struct ike_header header = third->header;
	uint8_t iv[IKEV1_IV_MAX], *bytes = arena_alloc(&road->arena, 1024);
	struct writer writer;
	struct sink sink;

	assert_non_null(bytes);
	memcpy(iv, sa->v1->iv, sizeof(iv));
	assert_int_equal(ikev1_open(sa, &road->arena, third, iv, NULL), RC_OK);
	header.flags = 0;
	sink_init(&sink, bytes, 1024);
	writer_message(&writer, &sink, &header);
	for (const struct payload *p = third->first; p != NULL; p = p->next)
		isakmp_bytes_emit(&writer, (enum isakmp_payload_type)p->type, p->body);
	assert_int_equal(writer_message_end(&writer), RC_OK);
	if (spoiled)
		bytes[IKE_HEADER_LEN + 5] ^= 1;
	return sink_written(&sink);
}

/* RFC 2409 §5: the initiator may leave its proof unencrypted. */
static void a_proof_in_clear_is_a_proof(void **state)
{
	(void)state;
	for (unsigned spoiled = 0; spoiled < 2; spoiled++) {
		uint8_t iv[IKEV1_IV_MAX];
		struct v1_road road;
		struct ike_sa *sa;
		v1_road_begin(&road, AGGRESSIVE, AGGRESSIVE);
		road.meddle = lose_third;
		v1_road_try(&road, 100 * USEC_PER_MSEC);
		sa = half_open(&road.pair.east);
		memcpy(iv, sa->v1->iv, sizeof(iv));
		v1_inject(&road, v1_sa(&road.pair.west), third_in_clear(&road, spoiled));
		assert_int_equal(road.pair.east.ike_up, !spoiled);
		if (!spoiled) { /* nothing was encrypted: phase 2 goes on where phase 1 began */
			assert_ptr_equal(v1_sa(&road.pair.east), sa);
			assert_memory_equal(sa->v1->iv, iv, sizeof(iv));
		}
		v1_road_end(&road);
	}
}

static void the_first_message_again_gets_the_same_answer(void **state)
{
	struct v1_road road;
	unsigned count;

	(void)state;
	v1_road_begin(&road, AGGRESSIVE, AGGRESSIVE);
	road.meddle = spoil_third;
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	road.meddle = NULL;
	count = road.count;
	v1_repeat(&road, 0);
	assert_true(road.count > count);
	assert_true(v1_same(&road, 1, count));
	assert_int_equal(road.pair.east.gateway->sas.ike_count, 1);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_it_has_to_say_is_in_one_answer),
		cmocka_unit_test(a_wrong_proof_leaves_it_half_open),
		cmocka_unit_test(another_group_than_ours_is_refused_and_nothing_kept),
		cmocka_unit_test(a_proof_in_clear_is_a_proof),
		cmocka_unit_test(the_first_message_again_gets_the_same_answer),
	};

	return exchange_run(tests);
}
