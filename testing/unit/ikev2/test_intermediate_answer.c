/* SPDX-License-Identifier: Apache-2.0 */
/* A peer with the right keys that does the wrong things. */
#include "ikev2/intermediate.h"
#include "unit/ikev2/road.h"

#define ONE  PAIR_CONN "\tike=aes_gcm256-sha2_256-dh31;addke1=dh19\n"
#define NONE PAIR_CONN "\tike=aes_gcm256-sha2_256-dh31\n"

/* What west wants to send is caught after IKE_SA_INIT; the test says something else with its keys.
 */
struct catcher {
	uint8_t exchange;
	bool caught;
};
static bool catch_one(void *context, struct flight *flight)
{
	struct catcher *catcher = context;

	if (flight->len < IKE_HEADER_LEN || flight->bytes[18] != catcher->exchange)
		return true;
	catcher->caught = true;
	return false;
}

static struct catcher begin(struct road *road, const char *conf, uint8_t caught)
{
	static struct catcher catcher;

	catcher = (struct catcher){ .exchange = caught };
	road_begin(road, conf, conf);
	world_tap(road->pair.world, catch_one, &catcher);
	end_up(&road->pair.west, "t");
	road_run(road, 100 * USEC_PER_MSEC);
	assert_true(catcher.caught);
	world_tap(road->pair.world, NULL, NULL);
	world_tap(road->pair.world, road_listen, road);
	return catcher;
}

/* West's first protected request, again with another content. */
static void say(struct road *road, const struct outcome_message *message)
{
	struct ike_sa *sa = road_sa(&road->pair.west);

	sa->send_next = 1;
	road->count = 0;
	road_say(road, &road->pair.west, message);
}

static void wrong_method(struct writer *writer)
{
	static const uint8_t zeros[97] = { 1 };
	struct wire_ke ke = { DH_ECP_384, span_make(zeros, 96) };

	wire_ke_emit(writer, &ke);
}

static void no_point(struct writer *writer)
{
	static const uint8_t zeros[64] = { 1 };
	struct wire_ke ke = { DH_ECP_256, span_make(zeros, 64) };

	wire_ke_emit(writer, &ke);
}

static void assert_refused(struct road *road, const char *why)
{
	assert_true(road->count >= 1);
	if (list_empty(&road_tunnel(&road->pair.west)->peer->ike_sas)) /* it read the answer */
		assert_non_null(strstr(road->pair.west.last_text, "INVALID_SYNTAX"));
	else
		assert_int_equal(road_notify(road_opened(road, 0, road_sa(&road->pair.west))),
				 INVALID_SYNTAX);
	if (!end_said(&road->pair.east, why))
		fail_msg("east does not say \"%s\" but %s", why, road->pair.east.journal);
	assert_int_equal(road->pair.east.ike_up, 0);
}

static void wrong_key_exchanges_end_the_half_open_sa(void **state)
{
	static const struct {
		void (*fill)(struct writer *writer);
		const char *why;
	} cases[] = {
		{ wrong_method, "additional key exchange with method 20; 19 was agreed on" },
		{ no_point, "not a point of the group" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct road road;
		struct outcome_message message;
		begin(&road, ONE, EXCHANGE_IKE_INTERMEDIATE);
		message = road_inner(&road, EXCHANGE_IKE_INTERMEDIATE, cases[i].fill);
		say(&road, &message);
		assert_refused(&road, cases[i].why);
		road_end(&road);
	}
}

static void one_that_was_not_agreed_on_ends_it_too(void **state)
{
	struct road road;
	struct outcome_message message;

	(void)state;
	begin(&road, NONE, EXCHANGE_IKE_AUTH);
	message = road_inner(&road, EXCHANGE_IKE_INTERMEDIATE, NULL);
	say(&road, &message);
	assert_refused(&road, "which was not agreed on in IKE_SA_INIT");
	road_end(&road);
	begin(&road, NONE "\tintermediate=yes\n", EXCHANGE_IKE_AUTH);
	message = road_inner(&road, EXCHANGE_IKE_INTERMEDIATE, no_point);
	say(&road, &message);
	assert_refused(&road, "key exchange that was not agreed on");
	road_end(&road);
}

static void ike_auth_too_early_is_refused(void **state)
{
	struct road road;
	struct outcome_message message;

	(void)state;
	begin(&road, ONE, EXCHANGE_IKE_INTERMEDIATE);
	message = road_inner(&road, EXCHANGE_IKE_AUTH, NULL);
	say(&road, &message);
	assert_int_equal(road.pair.east.ike_up, 0);
	assert_true(road.count >= 1);
	assert_int_equal(road_notify(road_opened(&road, 0, road_sa(&road.pair.west))),
			 INVALID_SYNTAX);
	road_end(&road);
}

/* RFC 9242 §3.1: what they are for is not ours to know; but there is an end. */
static void empty_ones_are_answered_up_to_a_limit(void **state)
{
	struct road road;
	struct ike_sa *sa;

	(void)state;
	begin(&road, NONE "\tintermediate=yes\n", EXCHANGE_IKE_AUTH);
	sa = road_sa(&road.pair.west);
	sa->send_next = 1;
	for (unsigned i = 0; i <= INTERMEDIATE_MAX; i++) {
		struct outcome_message message = road_inner(&road, EXCHANGE_IKE_INTERMEDIATE, NULL);
		const struct ike_message *answer;
		road.count = 0;
		road_say(&road, &road.pair.west, &message);
		assert_true(road.count >= 1);
		answer = road_opened(&road, 0, sa);
		assert_int_equal(answer->header.message_id, 1 + i);
		assert_int_equal(road_notify(answer), i < INTERMEDIATE_MAX ? 0 : INVALID_SYNTAX);
	}
	road_end(&road);
}

static void none_comes_after_ike_auth(void **state)
{
	struct road road;
	struct outcome_message message;

	(void)state;
	road_up(&road, ONE, ONE);
	message = road_inner(&road, EXCHANGE_IKE_INTERMEDIATE, no_point);
	road_say(&road, &road.pair.west, &message);
	assert_true(road.count >= 1);
	assert_int_equal(road_notify(road_opened(&road, 0, road_sa(&road.pair.west))),
			 INVALID_SYNTAX);
	assert_int_equal(road.pair.east.gateway->counters.requests_refused, 1);
	assert_int_equal(road.pair.east.ike_down, 0);
	road_end(&road);
}

/* ---- somebody who knows the first keys (he broke the first key exchange) ---- */

/* The same request with one payload more, sealed as the real one. */
static bool add_payload(void *context, struct flight *flight)
{
	struct road *road = context;
	struct ike_sa *west, as_east;
	struct ike_message message;
	struct outcome_message changed;
	struct sink sink;
	struct writer writer;
	struct wire_ke ke;
	uint8_t buffer[1024];

	if (flight->bytes[18] != EXCHANGE_IKE_INTERMEDIATE ||
	    (flight->bytes[19] & IKE_FLAG_RESPONSE) != 0)
		return true;
	west = road_sa(&road->pair.west);
	as_east = *west;
	as_east.role = RESPONDER; /* reads what west seals */
	assert_int_equal(wire_message_parse(&road->arena, span_make(flight->bytes, flight->len),
					    &message, NULL, NULL),
			 RC_OK);
	assert_int_equal(ikev2_open(&as_east, &road->arena, &message, NULL, NULL), RC_OK);
	assert_int_equal(wire_ke_parse(payload_of(&message, PAYLOAD_KE)->body, &ke, NULL), RC_OK);
	changed = (struct outcome_message){ .exchange = EXCHANGE_IKE_INTERMEDIATE };
	assert_int_equal(inner_start(&road->arena, &sink, &writer), RC_OK);
	wire_ke_emit(&writer, &ke);
	emit_notify(&writer, INITIAL_CONTACT);
	assert_int_equal(inner_finish(&writer, &sink, &changed), RC_OK);
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(west, west->seal_counter++, 1, &changed, &sink), RC_OK);
	assert_int_equal(
		world_inject(road->pair.world, &flight->from, &flight->to, sink_written(&sink)),
		RC_OK);
	road->count++;
	return false;
}

static void a_changed_request_fails_auth(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, ONE, ONE);
	world_tap(road.pair.world, add_payload, &road);
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	assert_int_equal(road.count, 1);
	assert_int_equal(road.pair.east.ike_up, 0);
	assert_true(end_said(&road.pair.east, "AUTH of the peer is wrong"));
	road_end(&road);
}

/* What an end knows of either direction counts at that end, whoever signs. */
static void each_direction_counts_at_each_end(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct road road;
		struct ike_intermediate *known;
		bool at_west = i >= 2;
		road_begin(&road, ONE, ONE);
		world_manual(road.pair.world, true);
		end_up(&road.pair.west, "t");
		world_settle(road.pair.world);
		for (unsigned n = 0; n < 4; n++) { /* now IKE_AUTH is on its way */
			struct list *flights = world_flights(road.pair.world);
			assert_false(list_empty(flights));
			world_deliver(road.pair.world,
				      container_of(flights->next, struct flight, in_world));
			world_settle(road.pair.world);
		}
		known = at_west ? road_sa(&road.pair.west)->larval->intermediate
				: container_of(road.pair.east.gateway->sas.half_open.next,
					       struct ike_sa, in_half_open)
					  ->larval->intermediate;
		assert_int_equal(known->keyed, 1);
		(i % 2 == 0 ? known->auth_i : known->auth_r)[5] ^= 1;
		world_manual(road.pair.world, false);
		road_run(&road, 500 * USEC_PER_MSEC);
		assert_int_equal(road.pair.west.ike_up, 0);
		assert_true(end_said(at_west ? &road.pair.west : &road.pair.east,
				     "shared keys of the two sides differ"));
		road_end(&road);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_key_exchanges_end_the_half_open_sa),
		cmocka_unit_test(one_that_was_not_agreed_on_ends_it_too),
		cmocka_unit_test(ike_auth_too_early_is_refused),
		cmocka_unit_test(empty_ones_are_answered_up_to_a_limit),
		cmocka_unit_test(none_comes_after_ike_auth),
		cmocka_unit_test(a_changed_request_fails_auth),
		cmocka_unit_test(each_direction_counts_at_each_end),
	};

	return exchange_run(tests);
}
