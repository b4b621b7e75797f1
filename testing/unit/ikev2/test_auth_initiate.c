/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

/* IKE_AUTH of west, opened by east; ears: IKE_SA_INIT, its answer, IKE_AUTH, its answer. */
static struct ike_message *request_of(struct road *road, const char *conf, const char *east)
{
	road_begin(road, conf, east);
	end_up(&road->pair.west, "t");
	road_run(road, 2 * USEC_PER_SEC);
	assert_int_equal(road->count, 4);
	return road_opened(road, 2, road_sa(&road->pair.east));
}

static void request_proves_who_we_are_and_asks_for_the_tunnel(void **state)
{
	static const enum payload_type once[] = { PAYLOAD_IDi, PAYLOAD_IDr, PAYLOAD_AUTH,
						  PAYLOAD_SA,  PAYLOAD_TSi, PAYLOAD_TSr };
	struct road road;
	struct wire_id id;
	struct wire_notify notify;

	(void)state;
	struct ike_message *request = request_of(&road, NULL, NULL);
	for (unsigned i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
		assert_int_equal(wire_payload_count(request, once[i]), 1);
		assert_true(payload_of(request, once[i])->encrypted);
	}
	assert_int_equal(wire_id_parse(payload_of(request, PAYLOAD_IDi)->body, &id, NULL), RC_OK);
	assert_true(id.type == ID_FQDN && span_equal_text(id.data, "west"));
	assert_int_equal(request->header.message_id, 1);
	assert_true(notify_find(request, INITIAL_CONTACT, &notify));
	assert_false(notify_find(request, USE_TRANSPORT_MODE, &notify));
	road_end(&road);
}

/* §1.2: the first Child SA has no group of its own. */
static void offer_for_the_child_sa_has_our_spi_and_no_group(void **state)
{
	struct road road;
	struct wire_sa offer;
	uint32_t spi;

	(void)state;
	struct ike_message *request = request_of(&road, NULL, NULL);
	assert_int_equal(
		wire_sa_parse(&road.arena, payload_of(request, PAYLOAD_SA)->body, &offer, NULL),
		RC_OK);
	for (unsigned i = 0; i < offer.proposal_count; i++) {
		assert_int_equal(offer.proposals[i].protocol, PROTOCOL_ESP);
		assert_int_equal(span_u32(&offer.proposals[i].spi, &spi), RC_OK);
		assert_int_equal(spi, tunnel_current(road_tunnel(&road.pair.west))->spi_in);
		for (unsigned j = 0; j < offer.proposals[i].transform_count; j++)
			assert_int_not_equal(offer.proposals[i].transforms[j].type, TRANSFORM_DH);
	}
	road_end(&road);
}

#define TRANSPORT                                                                                  \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\ttype=transport\n\tauthby=secret\n\tauto=add\n"

static void transport_mode_is_asked_for_by_a_notify(void **state)
{
	struct road road;
	struct wire_notify notify;

	(void)state;
	struct ike_message *request = request_of(&road, TRANSPORT, TRANSPORT);
	assert_true(notify_find(request, USE_TRANSPORT_MODE, &notify));
	road_end(&road);
}

/* §2.4: a second IKE SA (reauthentication) must not end the first before its time. */
static void initial_contact_is_said_only_when_nothing_else_is_alive(void **state)
{
	struct road road;
	struct wire_notify notify;

	(void)state;
	road_begin(&road, PAIR_CONN "\treauth=yes\n", NULL);
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	struct ike_sa *first = road_sa(&road.pair.west);
	assert_true(notify_find(road_opened(&road, 2, road_sa(&road.pair.east)), INITIAL_CONTACT,
				&notify));
	road.count = 0;
	first->replace_at = host_now(road.pair.west.host);
	peer_dirty(first->peer);
	road_run(&road, 2 * USEC_PER_SEC);
	struct ike_sa *second =
		container_of(road_sa(&road.pair.west)->peer->ike_sas.prev, struct ike_sa, in_peer);
	assert_ptr_not_equal(second, first);
	struct ike_sa *at_east = ike_sa_by_spi(&road.pair.east.gateway->sas, second->spi_r);
	assert_non_null(at_east);
	assert_false(notify_find(road_opened(&road, 2, at_east), INITIAL_CONTACT, &notify));
	road_end(&road);
}

static void answer_that_is_given_by_somebody_else_is_refused(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct peer *peer = road_tunnel(&road.pair.west)->peer;
	end_up(&road.pair.west, "t");
	while (list_empty(&peer->ike_sas) || road_sa(&road.pair.west)->state != IKEV2_AUTH_SENT)
		assert_true(world_step(road.pair.world));
	assert_int_equal(peer->remote_id.len, 4);
	peer->remote_id.data[0] = 'b'; /* east becomes bast: the one we expect by now */
	road_run(&road, 2 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 0);
	assert_int_equal(road.pair.west.last_reason, RC_AUTH_FAILED);
	assert_non_null(strstr(road.pair.west.last_text, "@bast"));
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_proves_who_we_are_and_asks_for_the_tunnel),
		cmocka_unit_test(offer_for_the_child_sa_has_our_spi_and_no_group),
		cmocka_unit_test(transport_mode_is_asked_for_by_a_notify),
		cmocka_unit_test(initial_contact_is_said_only_when_nothing_else_is_alive),
		cmocka_unit_test(answer_that_is_given_by_somebody_else_is_refused),
	};

	return exchange_run(tests);
}
