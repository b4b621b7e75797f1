/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

static void begin_alone(struct road *road, const char *conf)
{
	road_begin(road, conf, NULL);
	world_manual(road->pair.world, true);
	end_up(&road->pair.west, "t");
	world_settle(road->pair.world);
	assert_int_equal(road->count, 1);
}

static void request_has_its_payloads_in_the_clear_and_no_spi_of_the_peer(void **state)
{
	static const enum payload_type once[] = { PAYLOAD_SA, PAYLOAD_KE, PAYLOAD_NONCE };
	struct road road;
	struct wire_notify notify;

	(void)state;
	begin_alone(&road, NULL);
	struct ike_message *request = road_heard(&road, 0);
	assert_true(request->header.spi_i != 0 && request->header.spi_r == 0);
	assert_int_equal(request->header.flags, IKE_FLAG_INITIATOR);
	assert_int_equal(request->header.message_id, 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(wire_payload_count(request, once[i]), 1);
	assert_true(notify_find(request, NAT_DETECTION_SOURCE_IP, &notify));
	assert_true(notify_find(request, NAT_DETECTION_DESTINATION_IP, &notify));
	assert_int_equal(road_sa(&road.pair.west)->state, IKEV2_INIT_SENT);
	road_end(&road);
}

/* Answers west with one clear notify. */
static void answer(struct road *road, unsigned request, uint16_t type, struct span data,
		   uint64_t spi_i)
{
	struct ike_header header = road_heard(road, request)->header;
	struct ear *ear = &road->ears[request];
	uint8_t buffer[256];
	struct sink sink;

	header.spi_i ^= spi_i;
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_emit_notify(&sink, &header, 0, type, data), RC_OK);
	assert_int_equal(world_inject(road->pair.world, &ear->to, &ear->from, sink_written(&sink)),
			 RC_OK);
	world_deliver(road->pair.world,
		      container_of(world_flights(road->pair.world)->prev, struct flight, in_world));
	road_run(road, 50 * USEC_PER_MSEC);
}

/* §2.6: the cookie comes first, everything else is as before. */
static void cookie_is_returned_first_with_the_same_nonce_and_spi(void **state)
{
	struct road road;
	struct wire_notify notify;

	(void)state;
	begin_alone(&road, NULL);
	answer(&road, 0, COOKIE, SPAN_OF("once"), 0);
	assert_int_equal(road.count, 2);
	struct ike_message *first = road_heard(&road, 0), *second = road_heard(&road, 1);
	assert_int_equal(second->first->type, PAYLOAD_NOTIFY);
	assert_int_equal(wire_notify_parse(second->first->body, &notify, NULL), RC_OK);
	assert_int_equal(notify.type, COOKIE);
	assert_true(span_equal(notify.data, SPAN_OF("once")));
	assert_true(span_equal(payload_of(first, PAYLOAD_NONCE)->body,
			       payload_of(second, PAYLOAD_NONCE)->body));
	assert_true(span_equal(payload_of(first, PAYLOAD_KE)->body,
			       payload_of(second, PAYLOAD_KE)->body));
	assert_int_equal(first->header.spi_i, second->header.spi_i);
	assert_int_equal(second->header.message_id, 0);
	answer(&road, 0, COOKIE, SPAN_OF("once"), 0); /* it was late: a duplicate */
	assert_int_equal(road.count, 2);
	road_end(&road);
}

static void peer_that_asks_for_cookies_for_ever_is_left(void **state)
{
	struct road road;

	(void)state;
	begin_alone(&road, NULL);
	for (uint8_t i = 1; i < 10 && road.pair.west.failed == 0; i++)
		answer(&road, 0, COOKIE, span_make(&i, 1), 0);
	assert_int_equal(road.count, 1 + IKEV2_RESTARTS_MAX);
	assert_int_equal(road.pair.west.failed, 1);
	assert_int_equal(road.pair.west.last_reason, RC_PEER_REFUSED);
	road_end(&road);
}

static void group_that_was_not_offered_is_not_used(void **state)
{
	static const uint8_t modp768[] = { 0, 1 };
	struct road road;

	(void)state;
	begin_alone(&road, NULL);
	answer(&road, 0, INVALID_KE_PAYLOAD, SPAN_OF(modp768), 0);
	assert_int_equal(road.count, 1);
	assert_int_equal(road.pair.west.last_reason, RC_NO_PROPOSAL);
	road_end(&road);
}

static void answers_for_somebody_else_or_with_nonsense_inside_are_ignored(void **state)
{
	struct road road;

	(void)state;
	begin_alone(&road, NULL);
	answer(&road, 0, NO_PROPOSAL_CHOSEN, SPAN_NONE, 1);
	answer(&road, 0, INVALID_KE_PAYLOAD, span_make("x", 1), 0);
	answer(&road, 0, INITIAL_CONTACT, SPAN_NONE, 0);
	assert_int_equal(road.count, 1);
	assert_int_equal(road.pair.west.failed, 0);
	assert_int_equal(road_sa(&road.pair.west)->state, IKEV2_INIT_SENT);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_has_its_payloads_in_the_clear_and_no_spi_of_the_peer),
		cmocka_unit_test(cookie_is_returned_first_with_the_same_nonce_and_spi),
		cmocka_unit_test(peer_that_asks_for_cookies_for_ever_is_left),
		cmocka_unit_test(group_that_was_not_offered_is_not_used),
		cmocka_unit_test(answers_for_somebody_else_or_with_nonsense_inside_are_ignored),
	};

	return exchange_run(tests);
}
