/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/resume_road.h"

static void good_ticket_makes_a_half_open_sa_with_keys_and_one_answer(void **state)
{
	struct road road;
	struct wire_notify notify;

	(void)state;
	road_lost(&road, RESUMES);
	road_deliver(&road);
	assert_int_equal(road.count, 2);
	struct ike_message *answer = road_heard(&road, 1);
	assert_int_equal(answer->header.exchange, EXCHANGE_IKE_SESSION_RESUME);
	assert_int_equal(answer->header.flags, IKE_FLAG_RESPONSE);
	assert_true(answer->header.spi_r != 0);
	assert_non_null(payload_of(answer, PAYLOAD_NONCE));
	assert_false(notify_find(answer, TICKET_NACK, &notify));
	struct sas *sas = &road.pair.east.gateway->sas;
	assert_int_equal(sas->half_open_count, 1);
	const struct ike_sa *sa = container_of(sas->half_open.next, struct ike_sa, in_half_open);
	assert_non_null(sa->keys.block.ptr);
	assert_non_null(sa->larval->resume);
	road_end(&road);
}

static void answer_announces_what_an_ike_sa_init_would(void **state)
{
	struct road road;
	struct wire_notify notify;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		road_lost(&road,
			  i == 0 ? RESUMES : RESUMES "\tfragmentation=no\n\tchildless=never\n");
		road_deliver(&road);
		struct ike_message *answer = road_heard(&road, 1);
		assert_true(answer->header.spi_r != 0);
		assert_int_equal(notify_find(answer, IKEV2_FRAGMENTATION_SUPPORTED, &notify),
				 i == 0);
		assert_int_equal(notify_find(answer, CHILDLESS_IKEV2_SUPPORTED, &notify), i == 0);
		road_end(&road);
	}
}

/* It is sent on in the IKE_SA_INIT that follows. */
static void ticket_does_not_go_round_a_redirect(void **state)
{
	struct road road;
	struct wire_notify notify;
	struct diag diag;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		bool can = i == 0;
		road_up(&road, can ? RESUMES "\taccept-redirect=yes\n" : RESUMES, RESUMES);
		assert_int_equal(
			gateway_global_redirect(road.pair.east.gateway, "yes", "192.0.2.9", &diag),
			RC_OK);
		world_manual(road.pair.world, true);
		gateway_unwatch(&road.pair.west.watcher);
		ike_down(road.pair.west.gateway, road_sa(&road.pair.west), RC_TIMEOUT, "lost");
		gateway_watch(road.pair.west.gateway, &road.pair.west.watcher);
		road.count = 0;
		world_settle(road.pair.world);
		road_deliver(&road);
		assert_int_equal(notify_find(road_heard(&road, 1), TICKET_NACK, &notify), can);
		road_end(&road);
	}
}

static void same_request_again_gets_the_same_answer_and_no_second_sa(void **state)
{
	struct road road;

	(void)state;
	road_lost(&road, RESUMES);
	struct ear first = road.ears[0];
	road_deliver(&road);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(world_inject(road.pair.world, &first.from, &first.to,
					      span_make(first.bytes, first.len)),
				 RC_OK);
	list_for_safe(node, world_flights(road.pair.world))
	{
		struct flight *flight = container_of(node, struct flight, in_world);
		if (flight->len == first.len)
			world_deliver(road.pair.world, flight);
	}
	world_settle(road.pair.world);
	assert_int_equal(road.count, 5);
	for (unsigned i = 2; i < 5; i++)
		assert_true(span_equal(span_make(road.ears[1].bytes, road.ears[1].len),
				       span_make(road.ears[i].bytes, road.ears[i].len)));
	assert_int_equal(road.pair.east.gateway->sas.half_open_count, 1);
	road_end(&road);
}

static void bad_ticket_is_answered_without_state(void **state)
{
	struct road road;
	struct wire_notify notify;

	(void)state;
	road_lost(&road, RESUMES);
	ticket_keys_free(&road.pair.east.gateway->sas); /* as after a restart */
	road_deliver(&road);
	assert_int_equal(road.count, 2);
	struct ike_message *answer = road_heard(&road, 1);
	assert_true(notify_find(answer, TICKET_NACK, &notify));
	assert_int_equal(answer->header.spi_r, 0);
	assert_int_equal(road.pair.east.gateway->sas.half_open_count, 0);
	road_end(&road);
}

static void no_conn_for_the_address_means_no_session(void **state)
{
	struct road road;
	struct wire_notify notify;
	struct diag diag;

	(void)state;
	road_lost(&road, RESUMES);
	assert_int_equal(gateway_delete(road.pair.east.gateway, "t", &diag), RC_OK);
	road.count = 1;
	world_settle(road.pair.world);
	road_deliver(&road);
	assert_true(notify_find(road_heard(&road, road.count - 1), TICKET_NACK, &notify));
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ticket_makes_a_half_open_sa_with_keys_and_one_answer),
		cmocka_unit_test(answer_announces_what_an_ike_sa_init_would),
		cmocka_unit_test(ticket_does_not_go_round_a_redirect),
		cmocka_unit_test(same_request_again_gets_the_same_answer_and_no_second_sa),
		cmocka_unit_test(bad_ticket_is_answered_without_state),
		cmocka_unit_test(no_conn_for_the_address_means_no_session),
	};

	return exchange_run(tests);
}
