/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

static void answer_chooses_one_proposal_and_makes_a_half_open_sa(void **state)
{
	struct road road;
	struct wire_sa chosen;

	(void)state;
	road_begin(&road, NULL, NULL);
	world_manual(road.pair.world, true);
	end_up(&road.pair.west, "t");
	world_settle(road.pair.world);
	world_deliver(road.pair.world,
		      container_of(world_flights(road.pair.world)->next, struct flight, in_world));
	world_settle(road.pair.world);
	assert_int_equal(road.count, 2);
	struct ike_message *request = road_heard(&road, 0), *answer = road_heard(&road, 1);
	assert_int_equal(answer->header.flags, IKE_FLAG_RESPONSE);
	assert_int_equal(answer->header.spi_i, request->header.spi_i);
	assert_true(answer->header.spi_r != 0);
	assert_int_equal(
		wire_sa_parse(&road.arena, payload_of(answer, PAYLOAD_SA)->body, &chosen, NULL),
		RC_OK);
	assert_int_equal(chosen.proposal_count, 1);
	for (unsigned i = 0; i < chosen.proposals[0].transform_count; i++)
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(chosen.proposals[0].transforms[i].type,
					     chosen.proposals[0].transforms[j].type);
	assert_false(span_equal(payload_of(request, PAYLOAD_NONCE)->body,
				payload_of(answer, PAYLOAD_NONCE)->body));
	assert_int_equal(road.pair.east.gateway->sas.half_open_count, 1);
	assert_true(list_empty(&road_tunnel(&road.pair.east)->peer->ike_sas));
	road_end(&road);
}

#define MODP PAIR_CONN "\tike=aes_gcm256-sha2_256-dh14\n"

/* Sends west's first request with one change. */
static void ask_changed(struct road *road, void (*change)(struct ear *ear))
{
	road_begin(road, MODP, MODP);
	world_manual(road->pair.world, true);
	end_up(&road->pair.west, "t");
	world_settle(road->pair.world);
	struct ear copy = road->ears[0];
	change(&copy);
	world_deliver(road->pair.world,
		      container_of(world_flights(road->pair.world)->next, struct flight, in_world));
	world_settle(road->pair.world);
	road->count = 0;
	world_manual(road->pair.world, false);
	assert_int_equal(world_inject(road->pair.world, &copy.from, &copy.to,
				      span_make(copy.bytes, copy.len)),
			 RC_OK);
	world_settle(road->pair.world);
	road_run(road, 100 * USEC_PER_MSEC);
}

static size_t body_of(const struct ear *ear, enum payload_type wanted)
{
	uint8_t type = ear->bytes[16];
	size_t at = IKE_HEADER_LEN;

	while (type != wanted && at + 4 < ear->len) {
		type = ear->bytes[at];
		at += (size_t)(ear->bytes[at + 2] << 8 | ear->bytes[at + 3]);
	}
	assert_true(at + 4 < ear->len);
	return at + 4;
}

static void no_response_spi(struct ear *ear)
{
	ear->bytes[8] = 1; /* SPIr of a first request must be 0 */
}

static void request_that_names_an_spi_of_ours_is_dropped(void **state)
{
	struct road road;

	(void)state;
	ask_changed(&road, no_response_spi);
	assert_true(road.pair.east.gateway->counters.dropped > 0);
	road_end(&road);
}

static void unknown_critical(struct ear *ear)
{
	ear->bytes[0] ^= 1; /* another SPIi: not the same request again */
	ear->bytes[16] = 77;
	ear->bytes[IKE_HEADER_LEN + 1] = 0x80;
}

/* §2.5: and nothing is kept of it. */
static void unknown_critical_payload_is_named_in_the_answer(void **state)
{
	struct road road;
	struct wire_notify notify;

	(void)state;
	ask_changed(&road, unknown_critical);
	for (unsigned i = 0; i < road.count; i++) {
		if (!notify_error(road_heard(&road, i), &notify))
			continue;
		assert_int_equal(notify.type, UNSUPPORTED_CRITICAL_PAYLOAD);
		assert_int_equal(notify.data.len, 1);
		assert_int_equal(notify.data.ptr[0], 77);
		road_end(&road);
		return;
	}
	fail_msg("no answer");
}

static void bad_public(struct ear *ear)
{
	ear->bytes[0] ^= 1;
	ear->bytes[body_of(ear, PAYLOAD_KE) + 3] = 0;
	memset(ear->bytes + body_of(ear, PAYLOAD_KE) + 4, 0xff, 256);
	ear->bytes[body_of(ear, PAYLOAD_KE)] = 0; /* the group stays */
}

static void request_with_a_bad_public_value_gets_no_sa(void **state)
{
	struct road road;

	(void)state;
	ask_changed(&road, bad_public);
	bool answered = false;
	for (unsigned i = 0; i < road.count; i++)
		answered |= road_notify(road_heard(&road, i)) == INVALID_SYNTAX;
	assert_true(answered);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_chooses_one_proposal_and_makes_a_half_open_sa),
		cmocka_unit_test(request_that_names_an_spi_of_ours_is_dropped),
		cmocka_unit_test(unknown_critical_payload_is_named_in_the_answer),
		cmocka_unit_test(request_with_a_bad_public_value_gets_no_sa),
	};

	return exchange_run(tests);
}
