/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/v1_road.h"

/* phase 1's attribute "encryption algorithm: AES-CBC" (RFC 2409 appendix A) */
static const uint8_t aes[] = { 0x80, 0x01, 0x00, 0x07 };

static void the_first_message_offers_what_the_conn_allows(void **state)
{
	struct v1_road road;
	struct ike_message *message;
	struct isakmp_sa offer;

	(void)state;
	v1_road_begin(&road, V1_ADD "\tike=aes256-sha2_256-modp2048,aes128-sha2_256-modp2048\n",
		      NULL);
	v1_road_try(&road, 0);
	message = v1_heard(&road, 0);
	assert_int_equal(message->header.exchange, EXCHANGE_V1_MAIN);
	assert_int_equal(message->header.version, IKE_VERSION_1);
	assert_int_equal(message->header.message_id, 0);
	assert_true(message->header.spi_i != 0 && message->header.spi_r == 0);
	assert_int_equal(
		isakmp_sa_parse(&road.arena, v1_payload(message, ISAKMP_SA)->body, &offer, NULL),
		RC_OK);
	assert_int_equal(offer.proposal_count, 1);
	assert_int_equal(offer.proposals[0].transform_count, 2);
	assert_true((v1_vendors_of(message) & VENDOR_DPD) != 0);
	assert_true((v1_vendors_of(message) & VENDOR_NATT_RFC3947) != 0);
	v1_road_end(&road);
}

static void three_rounds_make_an_isakmp_sa_of_both(void **state)
{
	struct v1_road road;
	const struct ike_sa *west, *east;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	for (unsigned i = 0; i < 6; i++) {
		const struct ike_message *message = v1_heard(&road, i);
		bool encrypted = (message->header.flags & ISAKMP_FLAG_ENCRYPTION) != 0;
		assert_int_equal(message->header.exchange, EXCHANGE_V1_MAIN);
		assert_int_equal(message->header.message_id, 0);
		assert_int_equal(encrypted, i >= 4);
	}
	west = v1_sa(&road.pair.west);
	east = v1_sa(&road.pair.east);
	assert_int_equal(west->state, IKE_ESTABLISHED);
	assert_int_equal(east->state, IKE_ESTABLISHED);
	assert_memory_equal(west->v1->iv, east->v1->iv, IKEV1_IV_MAX);
	assert_null(west->v1->phase1);
	assert_null(east->v1->phase1);
	v1_road_end(&road);
}

/* The responder has done its part, and would wait for a Quick Mode until its lifetime is over. */
static void who_is_not_whom_we_expect_is_told_that_we_end_it(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road,
		      "conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n"
		      "\trightid=@other\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"
		      "\tauthby=secret\n\tkeyexchange=ikev1\n\tauto=add\n",
		      NULL);
	v1_road_try(&road, 2 * USEC_PER_SEC);
	assert_true(end_said(&road.pair.west, "peer says it is @east, we expect @other"));
	assert_int_equal(road.pair.west.ike_up, 0);
	assert_int_equal(road.pair.east.ike_up, 1);
	assert_true(end_said(&road.pair.east, "deleted by the peer"));
	assert_true(list_empty(&peers_tunnel(&road.pair.east.gateway->peers, "t")->peer->ike_sas));
	v1_road_end(&road);
}

static void nobody_there_is_said_when_the_time_is_over(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	end_crash(&road.pair.east);
	v1_road_try(&road, 400 * USEC_PER_SEC);
	assert_true(road.pair.west.failed > 0);
	assert_int_equal(road.pair.west.last_reason, RC_TIMEOUT);
	assert_non_null(strstr(road.pair.west.last_text, "no answer to Main Mode"));
	assert_int_equal(road.pair.west.ike_up, 0);
	v1_road_end(&road);
}

static void keys_that_differ_establish_nothing_and_both_ends_say_so(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin_with(&road, NULL, NULL, V1_SECRETS, V1_OTHER);
	v1_road_try(&road, 400 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.ike_up + road.pair.east.ike_up, 0);
	assert_int_equal(road.pair.west.child_up + road.pair.east.child_up, 0);
	assert_true(end_said(&road.pair.west, "its shared key (ipsec.secrets)"));
	assert_true(end_said(&road.pair.east, "do the shared keys of the two sides differ"));
	assert_int_equal(kernel_simulated_sa_count(road.pair.east.kernel), 0);
	v1_road_end(&road);
}

/* The last block of the sixth message, which is of HASH_R only. */
static bool spoil_sixth(struct flight *flight, unsigned nth)
{
	if (nth == 5)
		flight->bytes[flight->len - 1] ^= 1;
	return true;
}

static void a_wrong_hash_r_proves_nothing_and_ends_nothing(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	road.meddle = spoil_sixth;
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	assert_true(road.count >= 6);
	assert_int_equal(road.pair.west.ike_up, 0);
	assert_int_equal(v1_sa(&road.pair.west)->state, IKEV1_MAIN_ID);
	assert_true(end_said(&road.pair.west, "HASH_R of the peer is wrong"));
	v1_road_run(&road, 10 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.failed, 0);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static bool choose_another(struct flight *flight, unsigned nth)
{
	uint8_t *at = nth == 1 ? memmem(flight->bytes, flight->len, aes, sizeof(aes)) : NULL;

	if (at != NULL)
		at[3] = 5; /* 3DES */
	return true;
}

static void a_choice_that_we_did_not_offer_is_refused(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, V1_ADD "\tike=aes256-sha2_256-modp2048\n", NULL);
	road.meddle = choose_another;
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.count, 2);
	assert_int_equal(road.pair.west.last_reason, RC_NO_PROPOSAL);
	assert_int_equal(road.pair.west.ike_up, 0);
	v1_road_end(&road);
}

/* g^xr of 0: the secret would be everybody's. */
static bool weaken_fourth(struct flight *flight, unsigned nth)
{
	if (nth == 3)
		memset(flight->bytes + IKE_HEADER_LEN + 4, 0, 256);
	return true;
}

static void a_weak_public_value_is_not_computed_with(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, V1_ADD "\tike=aes256-sha2_256-modp2048\n", NULL);
	road.meddle = weaken_fourth;
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.count, 4);
	assert_int_equal(v1_sa(&road.pair.west)->state, IKEV1_MAIN_KE);
	assert_null(v1_sa(&road.pair.west)->keys.block.ptr);
	v1_road_run(&road, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair); /* the peer's own, repeated */
	v1_road_end(&road);
}

static bool lose_from(struct flight *flight, unsigned nth, unsigned first)
{
	(void)flight;
	return nth < first;
}

static bool lose_from_1(struct flight *flight, unsigned nth)
{
	return lose_from(flight, nth, 1);
}

static bool lose_from_3(struct flight *flight, unsigned nth)
{
	return lose_from(flight, nth, 3);
}

static bool lose_from_5(struct flight *flight, unsigned nth)
{
	return lose_from(flight, nth, 5);
}

static void it_can_be_called_off_in_every_state(void **state)
{
	bool (*const losses[])(struct flight *, unsigned) = { lose_from_1, lose_from_3,
							      lose_from_5 };
	const uint8_t states[] = { IKEV1_MAIN_SA, IKEV1_MAIN_KE, IKEV1_MAIN_ID };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct v1_road road;
		struct diag diag;
		v1_road_begin(&road, NULL, NULL);
		road.meddle = losses[i];
		v1_road_try(&road, 100 * USEC_PER_MSEC);
		assert_int_equal(v1_sa(&road.pair.west)->state, states[i]);
		assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
		v1_road_run(&road, 2 * USEC_PER_SEC);
		end_assert_empty(&road.pair.west);
		v1_road_end(&road);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_message_offers_what_the_conn_allows),
		cmocka_unit_test(three_rounds_make_an_isakmp_sa_of_both),
		cmocka_unit_test(who_is_not_whom_we_expect_is_told_that_we_end_it),
		cmocka_unit_test(nobody_there_is_said_when_the_time_is_over),
		cmocka_unit_test(keys_that_differ_establish_nothing_and_both_ends_say_so),
		cmocka_unit_test(a_wrong_hash_r_proves_nothing_and_ends_nothing),
		cmocka_unit_test(a_choice_that_we_did_not_offer_is_refused),
		cmocka_unit_test(a_weak_public_value_is_not_computed_with),
		cmocka_unit_test(it_can_be_called_off_in_every_state),
	};

	return exchange_run(tests);
}
