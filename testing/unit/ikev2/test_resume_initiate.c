/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/resume_road.h"

static void request_has_nonce_ticket_and_nat_notifies_and_uses_the_ticket_up(void **state)
{
	struct road road;
	struct wire_notify notify;

	(void)state;
	road_lost(&road, RESUMES);
	assert_int_equal(road.count, 1);
	struct ike_message *request = road_heard(&road, 0);
	assert_int_equal(request->header.exchange, EXCHANGE_IKE_SESSION_RESUME);
	assert_int_equal(request->header.spi_r, 0);
	assert_int_equal(request->header.message_id, 0);
	assert_non_null(payload_of(request, PAYLOAD_NONCE));
	assert_true(notify_find(request, TICKET_OPAQUE, &notify));
	assert_true(notify_find(request, NAT_DETECTION_SOURCE_IP, &notify));
	assert_null(road_tunnel(&road.pair.west)->peer->ticket);
	assert_non_null(road_sa(&road.pair.west)->larval->resume);
	road_end(&road);
}

static void request_announces_what_an_ike_sa_init_would(void **state)
{
	struct road road;
	struct wire_notify notify;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		road_up(&road,
			i == 0 ? RESUMES "\taccept-redirect=yes\n" : RESUMES "\tfragmentation=no\n",
			RESUMES);
		world_manual(road.pair.world, true);
		gateway_unwatch(&road.pair.west.watcher);
		ike_down(road.pair.west.gateway, road_sa(&road.pair.west), RC_TIMEOUT, "lost");
		gateway_watch(road.pair.west.gateway, &road.pair.west.watcher);
		road.count = 0;
		world_settle(road.pair.world);
		struct ike_message *request = road_heard(&road, 0);
		assert_int_equal(request->header.exchange, EXCHANGE_IKE_SESSION_RESUME);
		assert_int_equal(notify_find(request, IKEV2_FRAGMENTATION_SUPPORTED, &notify),
				 i == 0);
		assert_int_equal(notify_find(request, REDIRECT_SUPPORTED, &notify), i == 0);
		assert_false(notify_find(request, INTERMEDIATE_EXCHANGE_SUPPORTED, &notify));
		road_end(&road);
	}
}

static void answer(struct road *road, uint16_t type, struct span data)
{
	struct ike_header header = road_heard(road, 0)->header;
	struct ear *ear = &road->ears[0];
	uint8_t buffer[256];
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_emit_notify(&sink, &header, 0, type, data), RC_OK);
	assert_int_equal(world_inject(road->pair.world, &ear->to, &ear->from, sink_written(&sink)),
			 RC_OK);
	list_for_safe(node, world_flights(road->pair.world))
	{
		struct flight *flight = container_of(node, struct flight, in_world);
		if (flight->len == sink.len)
			world_deliver(road->pair.world, flight);
	}
	world_settle(road->pair.world);
}

static void cookie_comes_back_first_with_the_same_nonce_and_ticket(void **state)
{
	static const uint8_t cookie[8] = "cookie";
	struct road road;
	struct wire_notify notify;

	(void)state;
	road_lost(&road, RESUMES);
	answer(&road, COOKIE, SPAN_OF(cookie));
	assert_int_equal(road.count, 2);
	struct ike_message *first = road_heard(&road, 0), *second = road_heard(&road, 1);
	assert_int_equal(second->first->type, PAYLOAD_NOTIFY);
	assert_true(notify_find(second, COOKIE, &notify));
	assert_true(span_equal(notify.data, SPAN_OF(cookie)));
	assert_true(span_equal(payload_of(first, PAYLOAD_NONCE)->body,
			       payload_of(second, PAYLOAD_NONCE)->body));
	road.count = 1;
	answer(&road, COOKIE, SPAN_OF(cookie)); /* a duplicate is not answered */
	assert_int_equal(road.count, 1);
	road_end(&road);
}

static void refused_ticket_leads_to_an_ike_sa_init_with_another_nonce(void **state)
{
	static const uint16_t refusals[] = { TICKET_NACK, NO_PROPOSAL_CHOSEN, INVALID_SYNTAX };
	struct road road;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		road_lost(&road, RESUMES);
		answer(&road, refusals[i], SPAN_NONE);
		assert_int_equal(road.count, 2);
		struct ike_message *second = road_heard(&road, 1);
		assert_int_equal(second->header.exchange, EXCHANGE_IKE_SA_INIT);
		assert_non_null(payload_of(second, PAYLOAD_KE));
		assert_false(span_equal(payload_of(road_heard(&road, 0), PAYLOAD_NONCE)->body,
					payload_of(second, PAYLOAD_NONCE)->body));
		assert_null(road_sa(&road.pair.west)->larval->resume);
		assert_int_equal(road.pair.west.failed, 0);
		road_end(&road);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_has_nonce_ticket_and_nat_notifies_and_uses_the_ticket_up),
		cmocka_unit_test(request_announces_what_an_ike_sa_init_would),
		cmocka_unit_test(cookie_comes_back_first_with_the_same_nonce_and_ticket),
		cmocka_unit_test(refused_ticket_leads_to_an_ike_sa_init_with_another_nonce),
	};

	return exchange_run(tests);
}
