/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "sa/extra.h"
#include "unit/ikev2/road.h"

static const uint8_t secret[32] = "secret";

static struct datagram from_west(void)
{
	struct datagram datagram = { .payload = SPAN_NONE };

	assert_int_equal(ip_parse(EAST_ADDRESS, &datagram.local.addr), RC_OK);
	assert_int_equal(ip_parse(WEST_ADDRESS, &datagram.remote.addr), RC_OK);
	datagram.local.port = datagram.remote.port = IKE_PORT;
	return datagram;
}

static struct ike_header request(uint8_t next)
{
	return (struct ike_header){ .spi_i = 3,
				    .spi_r = 4,
				    .next = next,
				    .version = IKE_VERSION_2,
				    .exchange = EXCHANGE_INFORMATIONAL,
				    .flags = IKE_FLAG_INITIATOR,
				    .message_id = 9 };
}

static bool answered_with_token(struct road *road, uint8_t next)
{
	struct datagram datagram = from_west();
	struct ike_header header = request(next);
	struct ike_message *answer;
	struct wire_notify notify;

	road->count = 0;
	crash_answer(road->pair.east.gateway, &datagram, &header);
	assert_int_equal(road->count, 1);
	answer = road_heard(road, 0);
	assert_int_equal(answer->header.spi_i, 3);
	assert_int_equal(answer->header.spi_r, 4);
	assert_int_equal(answer->header.message_id, 9);
	assert_int_equal(answer->header.flags, IKE_FLAG_RESPONSE);
	assert_true(notify_find(answer, INVALID_IKE_SPI, &notify));
	return notify_find(answer, QUICK_CRASH_DETECTION, &notify);
}

/* §4.5: only who asks in an SA, protected, has had one. */
static void token_goes_only_to_protected_requests_and_only_with_a_secret(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	assert_false(answered_with_token(&road, PAYLOAD_SK));
	gateway_crash_secret(road.pair.east.gateway, secret);
	assert_true(answered_with_token(&road, PAYLOAD_SK));
	assert_true(answered_with_token(&road, PAYLOAD_SKF));
	assert_false(answered_with_token(&road, PAYLOAD_NOTIFY));
	assert_false(answered_with_token(&road, PAYLOAD_NONE));
	road_end(&road);
}

static void what_is_no_clear_response_is_no_proof(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *sa = road_sa(&road.pair.east);
	struct datagram datagram = from_west();
	struct ike_header header = request(PAYLOAD_NOTIFY);
	assert_int_equal(ike_extra_crash_token(sa, SPAN_OF(secret)), RC_OK);
	assert_false(crash_proven(road.pair.east.gateway, sa, &datagram, &header));
	header.flags = IKE_FLAG_INITIATOR | IKE_FLAG_RESPONSE;
	assert_false(crash_proven(road.pair.east.gateway, sa, &datagram, &header)); /* truncated */
	header.next = PAYLOAD_SK;
	assert_false(crash_proven(road.pair.east.gateway, sa, &datagram, &header));
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_goes_only_to_protected_requests_and_only_with_a_secret),
		cmocka_unit_test(what_is_no_clear_response_is_no_proof),
	};

	return exchange_run(tests);
}
