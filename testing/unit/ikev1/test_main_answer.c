/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/v1_road.h"

#define MODP2048 "\tike=aes256-sha2_256-modp2048\n"

static void the_answer_is_one_of_the_peers_transforms(void **state)
{
	struct v1_road road;
	struct ike_message *message;
	struct isakmp_sa offer, answer;
	const struct isakmp_transform *chosen;

	(void)state;
	v1_road_begin(&road, V1_ADD "\tike=aes256-sha2_256-modp2048,aes128-sha2_256-modp2048\n",
		      V1_ADD "\tike=aes128-sha2_256-modp2048\n");
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	message = v1_heard(&road, 0);
	assert_int_equal(
		isakmp_sa_parse(&road.arena, v1_payload(message, ISAKMP_SA)->body, &offer, NULL),
		RC_OK);
	message = v1_heard(&road, 1);
	assert_true(message->header.spi_r != 0);
	assert_int_equal(
		isakmp_sa_parse(&road.arena, v1_payload(message, ISAKMP_SA)->body, &answer, NULL),
		RC_OK);
	assert_int_equal(answer.proposals[0].transform_count, 1);
	chosen = &answer.proposals[0].transforms[0];
	assert_int_equal(chosen->number, offer.proposals[0].transforms[1].number);
	assert_int_equal(v1_sa(&road.pair.east)->choice.encr_bits, 128);
	v1_road_end(&road);
}

static void another_group_than_ours_is_refused_and_nothing_kept(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, V1_ADD MODP2048, V1_ADD "\tike=aes256-sha2_256-modp3072\n");
	v1_road_try(&road, 500 * USEC_PER_MSEC);
	assert_int_equal(road.pair.east.gateway->sas.ike_count, 0);
	assert_int_equal(road.pair.east.gateway->sas.half_open_count, 0);
	assert_int_equal(road.pair.west.ike_up + road.pair.east.ike_up, 0);
	v1_road_end(&road);
}

static void each_message_again_gets_the_same_answer(void **state)
{
	struct v1_road road;

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		v1_road_begin(&road, NULL, NULL);
		world_manual(road.pair.world, true);
		end_up(&road.pair.west, "t");
		world_settle(road.pair.world);
		for (unsigned i = 0; i < 2 * round + 1; i++) {
			world_deliver(road.pair.world,
				      container_of(world_flights(road.pair.world)->next,
						   struct flight, in_world));
			world_settle(road.pair.world);
		}
		assert_int_equal(road.count, 2 * round + 2);
		assert_int_equal(world_inject(road.pair.world, &road.ears[2 * round].from,
					      &road.ears[2 * round].to,
					      span_make(road.ears[2 * round].bytes,
							road.ears[2 * round].len)),
				 RC_OK);
		world_deliver(road.pair.world, container_of(world_flights(road.pair.world)->prev,
							    struct flight, in_world));
		world_settle(road.pair.world);
		assert_int_equal(road.count, 2 * round + 3);
		assert_true(v1_same(&road, 2 * round + 1, 2 * round + 2));
		assert_int_equal(road.pair.east.gateway->counters.answered_again, 1);
		assert_int_equal(road.pair.east.gateway->sas.ike_count, 1);
		v1_road_end(&road);
	}
}

static void a_stranger_with_the_right_key_is_refused(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road,
		      "conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@stranger\n"
		      "\trightid=@east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"
		      "\tauthby=secret\n\tkeyexchange=ikev1\n\tauto=add\n",
		      NULL);
	v1_road_try(&road, 3 * USEC_PER_SEC);
	assert_int_equal(road.pair.east.ike_up, 0);
	assert_int_equal(road.pair.west.ike_up, 0);
	assert_true(end_said(&road.pair.east, "stranger"));
	v1_road_end(&road);
}

/* The second block: it and the next one are of HASH_I only. */
static bool spoil_fifth(struct flight *flight, unsigned nth)
{
	if (nth == 4)
		flight->bytes[IKE_HEADER_LEN + 16] ^= 1;
	return true;
}

static void a_wrong_hash_i_proves_nothing_and_ends_nothing(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	road.meddle = spoil_fifth;
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.count, 5); /* not answered */
	assert_int_equal(road.pair.east.ike_up, 0);
	assert_int_equal(road.pair.east.gateway->sas.half_open_count, 1);
	assert_true(end_said(&road.pair.east, "HASH_I of the peer is wrong"));
	v1_road_run(&road, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

/* g^xi of 0: nothing is computed with it. */
static void a_weak_public_value_is_not_worked_on(void **state)
{
	struct v1_road road;
	struct flight *third;

	(void)state;
	v1_road_begin(&road, V1_ADD MODP2048, V1_ADD MODP2048);
	world_manual(road.pair.world, true);
	end_up(&road.pair.west, "t");
	world_settle(road.pair.world);
	while (road.count < 3) {
		world_deliver(road.pair.world, container_of(world_flights(road.pair.world)->next,
							    struct flight, in_world));
		world_settle(road.pair.world);
	}
	world_hold_jobs(road.pair.world, true);
	third = container_of(world_flights(road.pair.world)->next, struct flight, in_world);
	memset(third->bytes + IKE_HEADER_LEN + 4, 0, 256);
	world_deliver(road.pair.world, third);
	world_settle(road.pair.world);
	assert_int_equal(world_jobs_waiting(road.pair.world), 0);
	assert_int_equal(road.count, 3);
	world_hold_jobs(road.pair.world, false);
	world_manual(road.pair.world, false);
	v1_road_run(&road, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair); /* the peer's own, repeated */
	v1_road_end(&road);
}

static bool clear_fifth(struct flight *flight, unsigned nth)
{
	if (nth == 4)
		flight->bytes[19] = 0; /* flags */
	return true;
}

static void who_the_peer_is_must_come_encrypted(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	road.meddle = clear_fifth;
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.count, 5);
	assert_int_equal(road.pair.east.ike_up, 0);
	v1_road_end(&road);
}

static void without_a_conn_for_ikev1_nobody_is_answered(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, PAIR_CONN);
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.count, 1);
	assert_int_equal(road.pair.east.gateway->counters.v1_ignored, 1);
	assert_int_equal(road.pair.east.gateway->sas.ike_count, 0);
	assert_true(end_said(&road.pair.east, "keyexchange=ikev1"));
	v1_road_end(&road);
}

static bool lose_from_1(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth < 1;
}

static bool lose_from_3(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth < 3;
}

static void who_does_not_go_on_is_forgotten(void **state)
{
	bool (*const losses[])(struct flight *, unsigned) = { lose_from_1, lose_from_3 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct v1_road road;
		v1_road_begin(&road, NULL, NULL);
		road.meddle = losses[i];
		v1_road_try(&road, 100 * USEC_PER_MSEC);
		assert_int_equal(road.pair.east.gateway->sas.half_open_count, 1);
		end_crash(&road.pair.west);
		v1_road_run(&road, 120 * USEC_PER_SEC);
		end_assert_empty(&road.pair.east);
		v1_road_end(&road);
	}
}

/* Whatever is cut off, the rest is no message of Main Mode. */
static void messages_cut_anywhere_do_no_harm(void **state)
{
	struct v1_road road;
	uint64_t kept;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	world_manual(road.pair.world, true);
	end_up(&road.pair.west, "t");
	world_settle(road.pair.world);
	world_manual(road.pair.world, false);
	world_drop(road.pair.world,
		   container_of(world_flights(road.pair.world)->next, struct flight, in_world));
	kept = road.pair.east.gateway->sas.ike_count;
	for (size_t len = 0; len < road.ears[0].len; len++) {
		assert_int_equal(world_inject(road.pair.world, &road.ears[0].from, &road.ears[0].to,
					      span_make(road.ears[0].bytes, len)),
				 RC_OK);
		world_settle(road.pair.world);
	}
	v1_road_run(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.pair.east.gateway->sas.ike_count, kept);
	v1_road_run(&road, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_is_one_of_the_peers_transforms),
		cmocka_unit_test(another_group_than_ours_is_refused_and_nothing_kept),
		cmocka_unit_test(each_message_again_gets_the_same_answer),
		cmocka_unit_test(a_stranger_with_the_right_key_is_refused),
		cmocka_unit_test(a_wrong_hash_i_proves_nothing_and_ends_nothing),
		cmocka_unit_test(a_weak_public_value_is_not_worked_on),
		cmocka_unit_test(who_the_peer_is_must_come_encrypted),
		cmocka_unit_test(without_a_conn_for_ikev1_nobody_is_answered),
		cmocka_unit_test(who_does_not_go_on_is_forgotten),
		cmocka_unit_test(messages_cut_anywhere_do_no_harm),
	};

	return exchange_run(tests);
}
