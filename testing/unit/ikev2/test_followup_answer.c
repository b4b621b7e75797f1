/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/follow.h"

static struct span copied(struct road *road, struct span link)
{
	struct span copy = arena_copy(&road->arena, link);

	assert_non_null(copy.ptr);
	return copy;
}

/* §2.2.4: the SA is made after the last one, not before, and each exchange has a link of its own.
 */
static void the_sa_is_made_after_the_last_one(void **state)
{
	struct wire_notify notify;
	struct road road;

	(void)state;
	follow_begin(&road, FOLLOW_TWO, false, 1);
	struct ike_sa *east = road_sa(&road.pair.east);
	struct span first = copied(&road, follow_link(&road.pair.east));
	assert_int_equal(first.len, FOLLOWUP_LINK_LEN);
	assert_int_equal(road.pair.east.gateway->sas.child_count, 1);
	assert_int_equal(follow_say(&road, (struct follow){ .group = 19, .link = first }), 0);
	struct ike_message *answer = road_opened(&road, 0, road_sa(&road.pair.west));
	assert_true(notify_find(answer, ADDITIONAL_KEY_EXCHANGE, &notify));
	assert_true(span_equal(notify.data, follow_link(&road.pair.east)));
	assert_false(span_equal(notify.data, first));
	assert_non_null(payload_of(answer, PAYLOAD_KE));
	assert_int_equal(road.pair.east.gateway->sas.child_count, 1);
	assert_int_equal(follow_say(&road, (struct follow){ .group = 20, .link = notify.data }), 0);
	answer = road_opened(&road, 0, road_sa(&road.pair.west));
	assert_false(notify_find(answer, ADDITIONAL_KEY_EXCHANGE, &notify));
	assert_int_equal(road.pair.east.gateway->sas.child_count, 2);
	assert_null(east->followups);
	road_end(&road);
}

static void an_unknown_link_or_none_is_state_not_found(void **state)
{
	static const uint8_t wrong[FOLLOWUP_LINK_LEN] = { 1 };
	struct span said[] = { SPAN_OF(wrong), SPAN_NONE, span_make(wrong, 1) };
	struct road road;

	(void)state;
	follow_begin(&road, FOLLOW_TWO, false, 1);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(follow_say(&road, (struct follow){ .group = 19, .link = said[i] }),
				 STATE_NOT_FOUND);
		assert_int_equal(road_sa(&road.pair.east)->state, IKE_ESTABLISHED);
	}
	assert_true(end_said(&road.pair.east, "without ADDITIONAL_KEY_EXCHANGE"));
	assert_true(end_said(&road.pair.east, "is not known"));
	/* a link is good once */
	struct span link = copied(&road, follow_link(&road.pair.east));
	assert_int_equal(follow_say(&road, (struct follow){ .group = 19, .link = link }), 0);
	assert_int_equal(follow_say(&road, (struct follow){ .group = 20, .link = link }),
			 STATE_NOT_FOUND);
	road_end(&road);
}

static void nothing_was_begun(void **state)
{
	static const uint8_t link[16] = { 1 };
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	assert_int_equal(follow_say(&road, (struct follow){ .group = 19, .link = SPAN_OF(link) }),
			 STATE_NOT_FOUND);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* §2.21.3 of RFC 7296 for what breaks the rules. */
static void a_ke_of_another_method_ends_the_ike_sa(void **state)
{
	struct road road;

	(void)state;
	follow_begin(&road, FOLLOW_TWO, false, 1);
	struct span link = copied(&road, follow_link(&road.pair.east));
	assert_int_equal(follow_say(&road, (struct follow){ .group = 20, .link = link }),
			 INVALID_SYNTAX);
	assert_true(end_said(&road.pair.east, "additional key exchange 1 with method 20; 19 was"));
	assert_int_equal(road.pair.east.gateway->sas.ike_count, 0);
	road_end(&road);
}

static void a_ke_of_a_wrong_size_is_refused_and_the_state_goes(void **state)
{
	struct road road;

	(void)state;
	follow_begin(&road, FOLLOW_ONE, true, 1);
	struct ike_sa *east = road_sa(&road.pair.east);
	struct span link = copied(&road, follow_link(&road.pair.east));
	struct follow says = { .group = 19, .cut = 1, .link = link };
	assert_int_equal(follow_say(&road, says), INVALID_SYNTAX);
	assert_null(east->followups);
	assert_int_equal(road.pair.east.gateway->sas.child_count, 1);
	assert_int_equal(road.pair.east.gateway->sas.ike_count, 1);
	road_end(&road);
}

/* ---- what a peer can do with CREATE_CHILD_SA alone ---- */

static struct road *saying;
static uint32_t spi;
static bool names_old;

static void fill_create(struct writer *writer)
{
	static const uint8_t nonce[32] = "a nonce";
	struct tunnel *tunnel = road_tunnel(&saying->pair.west);
	struct dh_pair *pair = NULL;
	struct wire_ke ke;
	uint8_t bytes[4];
	struct sink sink;
	struct wire_notify old = { .protocol = PROTOCOL_ESP, .type = REKEY_SA };

	sink_init(&sink, bytes, 4);
	sink_u32(&sink, tunnel_current(tunnel)->spi_in);
	old.spi = sink_written(&sink);
	if (names_old)
		wire_notify_emit(writer, &old);
	assert_int_equal(child_offer_sa(&saying->arena, tunnel, spi++, 0, NULL, writer), RC_OK);
	wire_nonce_emit(writer, SPAN_OF(nonce));
	assert_int_equal(dh_generate(crypto_dh(DH_CURVE25519), 0, &pair), RC_OK);
	ke = (struct wire_ke){ DH_CURVE25519, dh_public(pair) };
	wire_ke_emit(writer, &ke);
	dh_free(pair);
	assert_int_equal(child_offer_selectors(&saying->arena, tunnel, &tunnel->selectors, writer),
			 RC_OK);
}

static uint16_t create(struct road *road, bool old)
{
	struct outcome_message message;

	saying = road;
	names_old = old;
	message = road_inner(road, EXCHANGE_CREATE_CHILD_SA, fill_create);
	road->count = 0;
	road_say(road, &road->pair.west, &message);
	assert_int_equal(road->count, 1);
	return road_notify(road_opened(road, 0, road_sa(&road->pair.west)));
}

static void a_peer_that_never_follows_up_costs_little_and_not_for_long(void **state)
{
	struct road road;

	(void)state;
	spi = 0x10000;
	road_up(&road, FOLLOW_ONE, FOLLOW_ONE);
	struct ike_sa *east = road_sa(&road.pair.east);
	for (unsigned i = 0; i < FOLLOWUPS_MAX; i++)
		assert_int_equal(create(&road, false), 0);
	assert_int_equal(create(&road, false), TEMPORARY_FAILURE);
	assert_true(end_said(&road.pair.east, "it does not finish"));
	assert_int_equal(road.pair.east.gateway->sas.child_count, 1);
	road_run(&road, FOLLOWUP_TIME + USEC_PER_SEC);
	assert_null(east->followups);
	assert_true(end_said(&road.pair.east, "did not go on with IKE_FOLLOWUP_KE"));
	assert_int_equal(create(&road, true), 0);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* The same Child SA again: the first try is given up. */
static void a_second_try_takes_the_place_of_the_first(void **state)
{
	struct road road;

	(void)state;
	spi = 0x20000;
	road_up(&road, FOLLOW_ONE, FOLLOW_ONE);
	assert_int_equal(create(&road, true), 0);
	struct span before = copied(&road, follow_link(&road.pair.east));
	assert_int_equal(create(&road, true), 0);
	assert_null(road_sa(&road.pair.east)->followups->next);
	assert_null(followup_by_link(road_sa(&road.pair.east), before));
	road_end(&road);
}

/* §2.2.4: our own is answered and goes on, and the peer asks for the same. */
static void a_rekey_that_meets_ours_is_a_temporary_failure(void **state)
{
	struct road road;

	(void)state;
	for (unsigned ike = 0; ike < 2; ike++) {
		spi = 0x30000;
		road_up(&road, FOLLOW_ONE, FOLLOW_ONE);
		renewal_begin(&road, &road.pair.east, ike);
		renewal_deliver(&road);
		renewal_deliver(&road); /* east's IKE_FOLLOWUP_KE is out */
		assert_non_null(road_sa(&road.pair.east)->creation->followup);
		world_manual(road.pair.world, false);
		struct flight *flight =
			container_of(world_flights(road.pair.world)->next, struct flight, in_world);
		world_drop(road.pair.world, flight);
		assert_int_equal(create(&road, true), TEMPORARY_FAILURE);
		road_end(&road);
	}
}

static void fill_rekey(struct writer *writer)
{
	static const uint8_t nonce[32] = "a nonce", new_spi[8] = "new spi";
	const struct config_conn *conn = road_sa(&saying->pair.west)->peer->conn;
	struct dh_pair *pair = NULL;
	struct wire_sa offer;
	struct wire_ke ke;

	assert_int_equal(proposal_offer(&saying->arena, conn->ike, SPAN_OF(new_spi), 0, &offer),
			 RC_OK);
	wire_sa_emit(writer, &offer);
	wire_nonce_emit(writer, SPAN_OF(nonce));
	assert_int_equal(dh_generate(crypto_dh(DH_CURVE25519), 0, &pair), RC_OK);
	ke = (struct wire_ke){ DH_CURVE25519, dh_public(pair) };
	wire_ke_emit(writer, &ke);
	dh_free(pair);
}

/* RFC 7296 §2.25.2, of a peer whose window is larger than one. */
static void what_the_peer_began_comes_first(void **state)
{
	struct outcome_message message;
	struct road road;

	(void)state;
	spi = 0x40000;
	follow_begin(&road, FOLLOW_ONE, true, 1); /* its IKE SA is not made yet */
	world_manual(road.pair.world, false);
	assert_int_equal(create(&road, false), TEMPORARY_FAILURE);
	assert_true(followup_of_ike(road_sa(&road.pair.east)));
	road_end(&road);
	follow_begin(&road, FOLLOW_ONE, false, 1); /* its Child SA */
	world_manual(road.pair.world, false);
	saying = &road;
	message = road_inner(&road, EXCHANGE_CREATE_CHILD_SA, fill_rekey);
	road_say(&road, &road.pair.west, &message);
	assert_int_equal(road_notify(road_opened(&road, 0, road_sa(&road.pair.west))),
			 TEMPORARY_FAILURE);
	assert_true(end_said(&road.pair.east, "before the key exchanges of a Child SA are done"));
	assert_non_null(road_sa(&road.pair.east)->followups);
	road_end(&road);
}

static void what_has_ended_meanwhile_is_not_rekeyed(void **state)
{
	struct road road;

	(void)state;
	follow_begin(&road, FOLLOW_ONE, false, 1);
	struct child_sa *old = tunnel_current(road_tunnel(&road.pair.east));
	struct span link = copied(&road, follow_link(&road.pair.east));
	old->state = CHILD_DELETING;
	assert_int_equal(follow_say(&road, (struct follow){ .group = 19, .link = link }),
			 TEMPORARY_FAILURE);
	assert_null(road_sa(&road.pair.east)->followups);
	assert_int_equal(road.pair.east.gateway->sas.child_count, 1);
	old->state = CHILD_UP;
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sa_is_made_after_the_last_one),
		cmocka_unit_test(an_unknown_link_or_none_is_state_not_found),
		cmocka_unit_test(nothing_was_begun),
		cmocka_unit_test(a_ke_of_another_method_ends_the_ike_sa),
		cmocka_unit_test(a_ke_of_a_wrong_size_is_refused_and_the_state_goes),
		cmocka_unit_test(a_peer_that_never_follows_up_costs_little_and_not_for_long),
		cmocka_unit_test(a_second_try_takes_the_place_of_the_first),
		cmocka_unit_test(a_rekey_that_meets_ours_is_a_temporary_failure),
		cmocka_unit_test(what_the_peer_began_comes_first),
		cmocka_unit_test(what_has_ended_meanwhile_is_not_rekeyed),
	};

	return exchange_run(tests);
}
