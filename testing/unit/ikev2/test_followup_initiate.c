/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/follow.h"

static const uint8_t a_link[40] = "whatever the responder likes";

/* §2.2.4: the link comes back as it is. */
static void the_link_is_sent_back_unchanged(void **state)
{
	struct wire_notify notify;
	struct road road;

	(void)state;
	follow_begin(&road, FOLLOW_TWO, false, 2); /* the first IKE_FOLLOWUP_KE got lost */
	follow_answer(&road, (struct follow){ .group = 19, .link = SPAN_OF(a_link) });
	assert_int_equal(road.count, 1);
	struct ike_message *request = road_opened(&road, 0, road_sa(&road.pair.east));
	assert_int_equal(request->header.exchange, EXCHANGE_IKE_FOLLOWUP_KE);
	assert_true(notify_find(request, ADDITIONAL_KEY_EXCHANGE, &notify));
	assert_true(span_equal(notify.data, SPAN_OF(a_link)));
	assert_non_null(payload_of(request, PAYLOAD_KE));
	road_end(&road);
}

/* "MUST treat the whole series of exchanges ... as having failed"; then it is tried again. */
static void state_not_found_is_tried_again(void **state)
{
	struct road road;

	(void)state;
	for (unsigned ike = 0; ike < 2; ike++) {
		follow_begin(&road, FOLLOW_TWO, ike, 2);
		struct ike_sa *west = road_sa(&road.pair.west);
		uint64_t serial = west->serial;
		uint64_t child = tunnel_current(road_tunnel(&road.pair.west))->serial;
		follow_answer(&road, (struct follow){ .notify = STATE_NOT_FOUND });
		assert_null(west->creation);
		assert_int_equal(west->rekey_failures, 1);
		assert_true(end_said(&road.pair.west, "STATE_NOT_FOUND"));
		world_manual(road.pair.world, false);
		road_run(&road, 10 * USEC_PER_SEC);
		pair_assert_tunnel(&road.pair);
		assert_true((road_sa(&road.pair.west)->serial != serial) == (ike != 0));
		assert_true((tunnel_current(road_tunnel(&road.pair.west))->serial != child) ==
			    (ike == 0));
		assert_int_equal(road.pair.west.failed, 0);
		road_end(&road);
	}
}

/* "If the initiator continues to receive STATE_NOT_FOUND ... delete the IKE SA": another one first.
 */
static void state_not_found_again_and_again_ends_the_ike_sa(void **state)
{
	struct road road;

	(void)state;
	follow_begin(&road, FOLLOW_ONE, false, 2);
	road_sa(&road.pair.west)->rekey_failures = 7;
	uint64_t serial = road_sa(&road.pair.west)->serial;
	follow_answer(&road, (struct follow){ .notify = STATE_NOT_FOUND });
	world_manual(road.pair.world, false);
	road_run(&road, 30 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_int_not_equal(road_sa(&road.pair.west)->serial, serial);
	assert_int_equal(road.pair.west.gateway->sas.ike_count, 1);
	road_end(&road);
}

/* The peer believes in what it answered: a new beginning. */
static void answers_that_break_the_rules_end_the_ike_sa(void **state)
{
	const struct {
		struct follow says;
		bool last;
		const char *text;
	} cases[] = {
		{ { .link = SPAN_OF(a_link) }, false, "response without KE" },
		{ { .group = 21, .link = SPAN_OF(a_link) }, false, "method 19 with 21" },
		{ { .group = 19, .cut = 1, .link = SPAN_OF(a_link) }, false, "has 63 bytes" },
		{ { .group = 19 }, false, "but there are more" },
		{ { .group = 19, .link = SPAN_OF(a_link) }, true, "to the last key exchange" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned ike = 0; ike < 2; ike++) {
			struct road road;
			follow_begin(&road, cases[i].last ? FOLLOW_ONE : FOLLOW_TWO, ike, 2);
			uint64_t serial = road_sa(&road.pair.west)->serial;
			follow_answer(&road, cases[i].says);
			assert_null(ike_sa_by_serial(&road.pair.west.gateway->sas, serial));
			if (!end_said(&road.pair.west, cases[i].text))
				fail_msg("\"%s\" was not said", cases[i].text);
			world_manual(road.pair.world, false);
			road_run(&road, 60 * USEC_PER_SEC);
			pair_assert_tunnel(&road.pair); /* it comes back */
			road_end(&road);
		}
}

/* ---- CREATE_CHILD_SA is answered with what was agreed on, but not how it goes on ---- */

static struct road *saying;

static void fill_answer(struct writer *writer)
{
	static const uint8_t nonce[32] = "a nonce";
	struct tunnel *tunnel = road_tunnel(&saying->pair.west);
	struct dh_pair *pair = NULL;
	struct wire_ke ke;

	assert_int_equal(child_offer_sa(&saying->arena, tunnel, 0x12345678, 0, NULL, writer),
			 RC_OK);
	wire_nonce_emit(writer, SPAN_OF(nonce));
	assert_int_equal(dh_generate(crypto_dh(DH_CURVE25519), 0, &pair), RC_OK);
	ke = (struct wire_ke){ DH_CURVE25519, dh_public(pair) };
	wire_ke_emit(writer, &ke);
	dh_free(pair);
	assert_int_equal(child_offer_selectors(&saying->arena, tunnel, &tunnel->selectors, writer),
			 RC_OK);
}

static void an_answer_without_a_link_ends_the_ike_sa(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, FOLLOW_ONE, FOLLOW_ONE);
	saying = &road;
	uint64_t serial = road_sa(&road.pair.west)->serial;
	renewal_begin(&road, &road.pair.west, false);
	renewal_answer(&road, &road.pair.east, fill_answer);
	assert_null(ike_sa_by_serial(&road.pair.west.gateway->sas, serial));
	assert_true(end_said(&road.pair.west, "no ADDITIONAL_KEY_EXCHANGE in the answer to key "
					      "exchange 0, but there are more"));
	world_manual(road.pair.world, false);
	road_run(&road, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* The responder has it; we do not want it any more. */
static void a_tunnel_that_is_gone_at_the_end_is_deleted_there_too(void **state)
{
	struct road road;

	(void)state;
	follow_begin(&road, FOLLOW_ONE, false, 2);
	road_tunnel(&road.pair.west)->doomed = true;
	follow_answer(&road, (struct follow){ .group = 19 });
	assert_true(road.count >= 1);
	assert_int_equal(road_heard(&road, 0)->header.exchange, EXCHANGE_INFORMATIONAL);
	assert_non_null(
		payload_of(road_opened(&road, 0, road_sa(&road.pair.east)), PAYLOAD_DELETE));
	road_tunnel(&road.pair.west)->doomed = false;
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_link_is_sent_back_unchanged),
		cmocka_unit_test(state_not_found_is_tried_again),
		cmocka_unit_test(state_not_found_again_and_again_ends_the_ike_sa),
		cmocka_unit_test(answers_that_break_the_rules_end_the_ike_sa),
		cmocka_unit_test(an_answer_without_a_link_ends_the_ike_sa),
		cmocka_unit_test(a_tunnel_that_is_gone_at_the_end_is_deleted_there_too),
	};

	return exchange_run(tests);
}
