/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

static void fill_request(struct writer *writer)
{
	static const uint8_t nonce[32] = { 1 }, spi[4] = { 1, 2, 3, 4 };
	struct wire_transform transforms[] = {
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 }
	};
	struct wire_proposal proposal = { 1, PROTOCOL_ESP, SPAN_OF(spi), transforms, 1 };
	struct wire_sa sa = { &proposal, 1 };

	wire_sa_emit(writer, &sa);
	wire_nonce_emit(writer, SPAN_OF(nonce));
}

/* RFC 7296 §1.3, §4 */
static void request_for_another_sa_is_refused_and_the_tunnel_stays(void **state)
{
	struct road road;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		road_up(&road, NULL, NULL);
		struct end *from = i == 0 ? &road.pair.west : &road.pair.east;
		struct outcome_message message =
			road_inner(&road, EXCHANGE_CREATE_CHILD_SA, fill_request);
		road_say(&road, from, &message);
		assert_int_equal(road.count, 1);
		struct ike_message *answer = road_opened(&road, 0, road_sa(from));
		assert_int_equal(answer->header.exchange, EXCHANGE_CREATE_CHILD_SA);
		assert_int_equal(road_notify(answer), NO_ADDITIONAL_SAS);
		assert_int_equal(answer->count, 2); /* SK and the notify */
		pair_assert_tunnel(&road.pair);
		road_end(&road);
	}
}

static void request_without_its_payloads_is_invalid_syntax_and_ends_the_sa(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct outcome_message message = road_inner(&road, EXCHANGE_CREATE_CHILD_SA, NULL);
	road_say(&road, &road.pair.west, &message);
	assert_int_equal(road_notify(road_opened(&road, 0, road_sa(&road.pair.west))),
			 INVALID_SYNTAX);
	assert_int_equal(road.pair.east.ike_down, 1);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_for_another_sa_is_refused_and_the_tunnel_stays),
		cmocka_unit_test(request_without_its_payloads_is_invalid_syntax_and_ends_the_sa),
	};

	return exchange_run(tests);
}
