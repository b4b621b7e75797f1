/* SPDX-License-Identifier: Apache-2.0 */
/* How gateways treat each other: goodbyes, patience with a peer that is of two minds, and no belief
 * in old answers. */
#include "exchange/pair.h"
#include "unit/test.h"

#define FOREIGN "@west @east : PSK \"another battery staple\"\n"

static struct flight *next_flight(struct pair *pair)
{
	struct list *flights = world_flights(pair->world);

	assert_false(list_empty(flights));
	return container_of(flights->next, struct flight, in_world);
}

static void deliver_next(struct pair *pair)
{
	world_deliver(pair->world, next_flight(pair));
	world_settle(pair->world);
}

/* RFC 7296 §2.21.2: the responder believes in an SA; an initiator that cannot accept the answer
 * says so. */
static void an_initiator_that_refuses_the_answer_tells_the_responder(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	for (unsigned i = 0; i < 3; i++)
		deliver_next(&pair);
	assert_int_equal(pair.east.child_up, 1);
	gateway_reload_secrets(pair.west.gateway, load_secrets(FOREIGN));
	world_manual(pair.world, false);
	deliver_next(&pair);
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(pair.west.last_reason, RC_AUTH_FAILED);
	assert_true(end_said(&pair.east, "the peer says AUTHENTICATION_FAILED"));
	end_assert_empty(&pair.west);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

/* Even when the goodbye is lost, the next attempt makes the old SA go. */
static void a_lost_goodbye_is_made_good_by_initial_contact(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	for (unsigned i = 0; i < 3; i++)
		deliver_next(&pair);
	gateway_reload_secrets(pair.west.gateway, load_secrets(FOREIGN));
	deliver_next(&pair);
	world_drop(pair.world, next_flight(&pair));
	gateway_reload_secrets(pair.west.gateway, load_secrets(PAIR_SECRETS));
	world_manual(pair.world, false);
	world_run(pair.world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* Somebody at east takes the tunnel down as soon as it is up, again and again. */
static void deny(struct watcher *watcher, const struct gateway_event *event)
{
	struct end *end = container_of(watcher, struct end, denier);
	struct diag diag;

	if (event->type == GATEWAY_CHILD_UP)
		assert_int_equal(gateway_down(end->gateway, "t", &diag), RC_OK);
}

static void a_peer_that_deletes_at_once_is_asked_less_and_less(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	pair.east.denier.event = deny;
	gateway_watch(pair.east.gateway, &pair.east.denier);
	end_up(&pair.west, "t");
	world_run(pair.world, 3600 * USEC_PER_SEC);
	assert_in_range(pair.west.child_up, 10, 25); /* 5, 10, 20, ... 300 s */
	assert_true(end_said(&pair.west, "the peer deleted the Child SA as soon as it was up"));
	gateway_unwatch(&pair.east.denier);
	world_run(pair.world, 400 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void failures_are_forgotten_when_a_tunnel_has_been_up_for_a_minute(void **state)
{
	struct tunnel *tunnel;
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START, NULL, NULL, FOREIGN);
	world_run(pair.world, 100 * USEC_PER_SEC);
	gateway_reload_secrets(pair.east.gateway, load_secrets(PAIR_SECRETS));
	assert_true(pair_comes_up(&pair, 300 * USEC_PER_SEC));
	tunnel = peers_tunnel(&pair.west.gateway->peers, "t");
	world_run(pair.world, 58 * USEC_PER_SEC);
	assert_true(tunnel->backoff.attempts > 3);
	world_run(pair.world, 3 * USEC_PER_SEC);
	assert_int_equal(tunnel->backoff.attempts, 0);
	pair_end(&pair);
}

/* Keeps the first protected response of east and gives it to west instead of every later one. */
struct recording {
	struct flight first;
	uint8_t bytes[256];
	bool replay;
	unsigned seen;
};

static bool record(void *context, struct flight *flight)
{
	struct recording *recording = context;
	bool response = flight->len > 19 && (flight->bytes[19] & IKE_FLAG_RESPONSE) != 0 &&
			flight->bytes[18] == EXCHANGE_INFORMATIONAL;

	if (!response)
		return true;
	recording->seen++;
	if (recording->seen == 1) {
		assert_true(flight->len <= sizeof(recording->bytes));
		memcpy(recording->bytes, flight->bytes, flight->len);
		recording->first.len = flight->len;
		return true;
	}
	if (!recording->replay)
		return true;
	memcpy(flight->bytes, recording->bytes, recording->first.len);
	flight->len = recording->first.len;
	return true;
}

/* §2.3: an answer belongs to one message ID. */
static void an_old_answer_is_no_proof_of_life(void **state)
{
	struct recording recording = { .replay = false };
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START "\tdpddelay=10s\n\tretransmit-tries=3\n", NULL, NULL, NULL);
	world_tap(pair.world, record, &recording);
	world_run(pair.world, 35 * USEC_PER_SEC);
	assert_true(recording.seen > 1);
	assert_int_equal(pair.west.ike_down, 0);
	recording.replay = true;
	world_run(pair.world, 25 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_down, 1);
	assert_true(end_said(&pair.west, "no answer after 4 tries"));
	pair_end(&pair);
}

static bool lose_from_west(void *context, struct flight *flight)
{
	const bool *cut = context;

	return !*cut || flight->from.addr.bytes[3] != 1;
}

/* A network that lost one direction: who gives up says so, and the other end does not stay up
 * alone. */
static void a_peer_that_is_given_up_is_told(void **state)
{
	bool cut = false;
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, PAIR_CONN "\tdpddelay=10s\n\tretransmit-tries=2\n", NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 15 * USEC_PER_SEC);
	world_tap(pair.world, lose_from_west, &cut);
	cut = true;
	world_run(pair.world, 20 * USEC_PER_SEC);
	assert_int_equal(pair.east.ike_down, 1);
	assert_int_equal(pair.west.child_down, 1);
	cut = false;
	assert_true(pair_comes_up(&pair, 200 * USEC_PER_SEC));
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_initiator_that_refuses_the_answer_tells_the_responder),
		cmocka_unit_test(a_lost_goodbye_is_made_good_by_initial_contact),
		cmocka_unit_test(a_peer_that_deletes_at_once_is_asked_less_and_less),
		cmocka_unit_test(failures_are_forgotten_when_a_tunnel_has_been_up_for_a_minute),
		cmocka_unit_test(a_peer_that_is_given_up_is_told),
		cmocka_unit_test(an_old_answer_is_no_proof_of_life),
	};

	return exchange_run(tests);
}
