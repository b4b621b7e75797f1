/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

#define HEARD_SECOND 4 /* IKE_SA_INIT, IKE_AUTH, IKE_AUTH */

static struct ike_message *second_request(struct road *road, const char *conf)
{
	road_begin(road, conf, conf);
	end_up(&road->pair.west, "t");
	road_run(road, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&road->pair);
	return road_opened(road, HEARD_SECOND, road_sa(&road->pair.east));
}

/* RFC 4739 §1.3.3 */
static void it_brings_the_second_identity_and_its_proof(void **state)
{
	struct ike_message *message;
	struct wire_id id;
	struct road road;

	(void)state;
	message = second_request(&road, PAIR_BASE "\tauto=add\n\tleftauth2=secret\n"
						  "\trightauth2=secret\n\trightid2=@east\n");
	assert_int_equal(message->header.exchange, EXCHANGE_IKE_AUTH);
	assert_int_equal(message->header.message_id, 2);
	assert_int_equal(wire_payload_count(message, PAYLOAD_AUTH), 1);
	assert_int_equal(wire_id_parse(payload_of(message, PAYLOAD_IDi)->body, &id, NULL), RC_OK);
	assert_true(span_equal(id.data, span_make("west", 4)));
	assert_int_equal(wire_id_parse(payload_of(message, PAYLOAD_IDr)->body, &id, NULL), RC_OK);
	assert_true(span_equal(id.data, span_make("east", 4)));
	/* they came with the first request */
	assert_int_equal(wire_payload_count(message, PAYLOAD_SA), 0);
	assert_int_equal(wire_payload_count(message, PAYLOAD_TSi), 0);
	road_end(&road);
}

static void it_is_empty_when_only_the_peer_goes_on(void **state)
{
	struct ike_message *message;
	struct road road;

	(void)state;
	message = second_request(&road, PAIR_BASE "\tauto=add\n\trightauth2=secret\n");
	assert_int_equal(message->header.message_id, 2);
	assert_int_equal(message->inner.len, 0);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_brings_the_second_identity_and_its_proof),
		cmocka_unit_test(it_is_empty_when_only_the_peer_goes_on),
	};

	return exchange_run(tests);
}
