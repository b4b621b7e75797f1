/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/intermediate.h"
#include "unit/ikev2/road.h"

#define CONF PAIR_CONN "\tike=aes_gcm256-sha2_256-dh31;addke1=dh19;addke2=dh20\n"

static void up(struct road *road)
{
	road_begin(road, CONF, CONF);
	end_up(&road->pair.west, "t");
	road_run(road, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&road->pair);
}

/* RFC 9370 §2.2.2: one exchange each, in order, then IKE_AUTH, with rising message IDs. */
static void exchanges_come_in_order(void **state)
{
	static const uint8_t exchanges[] = { EXCHANGE_IKE_SA_INIT, EXCHANGE_IKE_INTERMEDIATE,
					     EXCHANGE_IKE_INTERMEDIATE, EXCHANGE_IKE_AUTH };
	struct road road;

	(void)state;
	up(&road);
	assert_int_equal(road.count, 8);
	for (unsigned i = 0; i < 8; i++) {
		const struct ike_message *message = road_heard(&road, i);
		assert_int_equal(message->header.exchange, exchanges[i / 2]);
		assert_int_equal(message->header.message_id, i / 2);
		assert_int_equal((message->header.flags & IKE_FLAG_RESPONSE) != 0, i % 2);
	}
	road_end(&road);
}

static void the_transforms_are_those_of_rfc_9370(void **state)
{
	struct road road;
	struct wire_sa offer, answer;
	const struct ike_message *message;

	(void)state;
	up(&road);
	message = road_heard(&road, 0);
	assert_true(intermediate_announced(message));
	assert_int_equal(
		wire_sa_parse(&road.arena, payload_of(message, PAYLOAD_SA)->body, &offer, NULL),
		RC_OK);
	message = road_heard(&road, 1);
	assert_true(intermediate_announced(message));
	assert_int_equal(
		wire_sa_parse(&road.arena, payload_of(message, PAYLOAD_SA)->body, &answer, NULL),
		RC_OK);
	for (unsigned i = 0; i < 2; i++) {
		const struct wire_sa *sa = i == 0 ? &offer : &answer;
		const struct wire_transform *t = sa->proposals[0].transforms;
		unsigned n = sa->proposals[0].transform_count;
		assert_int_equal(t[n - 2].type, 6);
		assert_int_equal(t[n - 2].id, DH_ECP_256);
		assert_int_equal(t[n - 1].type, 7);
		assert_int_equal(t[n - 1].id, DH_ECP_384);
	}
	road_end(&road);
}

/* Changes one byte of the nth datagram of that exchange; what is sealed then fails its ICV, so that
 * only losing it remains. */
struct thief {
	unsigned at, seen;
};
static bool damage(void *context, struct flight *flight)
{
	struct thief *thief = context;

	if (flight->len > 40 && flight->bytes[18] == EXCHANGE_IKE_INTERMEDIATE &&
	    thief->seen++ == thief->at)
		flight->bytes[40] ^= 1;
	return true;
}

static void a_damaged_message_is_sent_again(void **state)
{
	(void)state;
	for (unsigned at = 0; at < 4; at++) {
		struct thief thief = { .at = at };
		struct road road;
		road_begin(&road, CONF, CONF);
		world_tap(road.pair.world, damage, &thief);
		end_up(&road.pair.west, "t");
		road_run(&road, 5 * USEC_PER_SEC);
		pair_assert_tunnel(&road.pair);
		assert_true(thief.seen > 4);
		road_end(&road);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exchanges_come_in_order),
		cmocka_unit_test(the_transforms_are_those_of_rfc_9370),
		cmocka_unit_test(a_damaged_message_is_sent_again),
	};

	return exchange_run(tests);
}
