/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/renewal.h"

/* RFC 7296 §1.3.2 */
static void request_offers_a_new_spi_and_a_key_exchange(void **state)
{
	struct road road;
	struct wire_sa offer;

	(void)state;
	road_up(&road, NULL, NULL);
	renewal_begin(&road, &road.pair.west, true);
	struct ike_message *request = road_opened(&road, 0, road_sa(&road.pair.east));
	assert_int_equal(
		wire_sa_parse(&road.arena, payload_of(request, PAYLOAD_SA)->body, &offer, NULL),
		RC_OK);
	assert_int_equal(offer.proposals[0].protocol, PROTOCOL_IKE);
	assert_int_equal(offer.proposals[0].spi.len, 8);
	assert_non_null(payload_of(request, PAYLOAD_KE));
	assert_null(payload_of(request, PAYLOAD_TSi));
	road_end(&road);
}

static void fill_no_proposal(struct writer *writer)
{
	emit_notify(writer, NO_PROPOSAL_CHOSEN);
}

static void peer_that_does_not_rekey_gets_a_new_ike_sa(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *sa = road_sa(&road.pair.west);
	renewal_begin(&road, &road.pair.west, true);
	renewal_answer(&road, &road.pair.east, fill_no_proposal);
	assert_true(sa->must_replace);
	assert_int_equal(sa->state, IKE_ESTABLISHED);
	assert_int_equal(road.pair.west.child_down, 0);
	road_end(&road);
}

/* §2.21.3: what the peer believes in cannot be had: all is begun anew. */
static void answer_without_keys_ends_the_ike_sa(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	renewal_begin(&road, &road.pair.west, true);
	renewal_answer(&road, &road.pair.east, NULL);
	assert_int_equal(road.pair.west.ike_down, 1);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_offers_a_new_spi_and_a_key_exchange),
		cmocka_unit_test(peer_that_does_not_rekey_gets_a_new_ike_sa),
		cmocka_unit_test(answer_without_keys_ends_the_ike_sa),
	};

	return exchange_run(tests);
}
