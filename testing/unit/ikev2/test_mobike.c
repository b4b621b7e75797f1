/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

#define MOBILE PAIR_BASE "\tauto=add\n\tmobike=yes\n"

static struct wire_notify said[6]; /* what fill_notifies() writes */
static unsigned said_count;

static void fill_notifies(struct writer *writer)
{
	for (unsigned i = 0; i < said_count; i++)
		wire_notify_emit(writer, &said[i]);
}

/* west says it; east's answer. */
static struct ike_message *say(struct road *road, unsigned count)
{
	said_count = count;
	struct outcome_message message = road_inner(road, EXCHANGE_INFORMATIONAL, fill_notifies);
	road->count = 0;
	road_say(road, &road->pair.west, &message);
	assert_true(road->count >= 1);
	return road_opened(road, 0, road_sa(&road->pair.west));
}

static void both_ends_must_want_mobike(void **state)
{
	static const char *const confs[] = { MOBILE, PAIR_CONN };
	struct road road;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		road_up(&road, confs[i % 2], confs[i / 2]);
		struct ike_mobile *west = road_sa(&road.pair.west)->mobile;
		struct ike_mobile *east = road_sa(&road.pair.east)->mobile;
		assert_int_equal(west != NULL, i == 0);
		assert_int_equal(east != NULL, i == 0);
		if (i == 0)
			assert_true(west->leads && !east->leads);
		road_end(&road);
	}
}

/* §4.2.5: "the responder copies" */
static void a_cookie_is_returned_as_it_came(void **state)
{
	static const uint8_t cookie[20] = { 1, 2, 3 };
	struct wire_notify notify;
	struct road road;

	(void)state;
	road_up(&road, MOBILE, MOBILE);
	said[0] = (struct wire_notify){ .type = COOKIE2, .data = SPAN_OF(cookie) };
	assert_true(notify_find(say(&road, 1), COOKIE2, &notify));
	assert_true(span_equal(notify.data, SPAN_OF(cookie)));
	road_end(&road);
}

/* §3.6: the list is told as a whole, and bounded. */
static void further_addresses_replace_those_told_before(void **state)
{
	uint8_t addrs[12][4];
	struct road road;
	struct ike_mobile *east;

	(void)state;
	road_up(&road, MOBILE, MOBILE);
	east = road_sa(&road.pair.east)->mobile;
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 3; i++) {
			memcpy(addrs[i], (uint8_t[4]){ 203, 0, 113, (uint8_t)(round * 9 + i) }, 4);
			said[i] = (struct wire_notify){ .type = ADDITIONAL_IP4_ADDRESS,
							.data = SPAN_OF(addrs[i]) };
		}
		(void)say(&road, 3);
		assert_int_equal(east->other_count, 3);
		assert_int_equal(east->others[0].bytes[3], round * 9);
	}
	said[0] = (struct wire_notify){ .type = NO_ADDITIONAL_ADDRESSES };
	(void)say(&road, 1);
	assert_int_equal(east->other_count, 0);
	road_end(&road);
}

/* §3.9: what the peer says of its packet is not what we see. */
static void nats_that_are_not_allowed_are_told_and_nothing_moves(void **state)
{
	static const uint8_t other[12] = { 192, 0, 2, 9, 192, 0, 2, 2, 0x11, 0x94, 0x11, 0x94 };
	static const uint8_t true_one[12] = { 192, 0, 2, 1, 192, 0, 2, 2, 0x11, 0x94, 0x11, 0x94 };
	struct road road;

	(void)state;
	road_up(&road, MOBILE, MOBILE);
	said[0] = (struct wire_notify){ .type = UPDATE_SA_ADDRESSES };
	said[1] = (struct wire_notify){ .type = NO_NATS_ALLOWED, .data = SPAN_OF(other) };
	assert_int_equal(road_notify(say(&road, 2)), UNEXPECTED_NAT_DETECTED);
	said[1].data = SPAN_OF(true_one);
	assert_int_equal(road_notify(say(&road, 2)), 0);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* §3.5: groups, nobody, and ourselves are no peers. */
static void addresses_that_no_peer_can_have_are_refused_and_nothing_moves(void **state)
{
	static const char *const wrong[] = { "0.0.0.0", "224.0.0.1", "255.255.255.255",
					     EAST_ADDRESS };
	struct road road;

	(void)state;
	road_up(&road, MOBILE, MOBILE);
	struct ike_sa *west = road_sa(&road.pair.west), *east = road_sa(&road.pair.east);
	struct ip_endpoint local = west->local, remote = east->remote;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(ip_parse(wrong[i], &west->local.addr), RC_OK);
		said[0] = (struct wire_notify){ .type = UPDATE_SA_ADDRESSES };
		assert_int_equal(road_notify(say(&road, 1)), UNACCEPTABLE_ADDRESSES);
		west->local = local;
		assert_true(endpoint_equal(&east->remote, &remote));
		assert_false(east->mobile->check_due);
		pair_assert_tunnel(&road.pair);
	}
	assert_int_equal(road.pair.east.ike_down + road.pair.east.child_down, 0);
	road_end(&road);
}

/* Libreswan stays on port 500 where there is no NAT. */
static void an_update_on_port_500_is_followed_too(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, MOBILE, MOBILE);
	struct ike_sa *west = road_sa(&road.pair.west);
	west->local.port = west->remote.port = 500;
	said[0] = (struct wire_notify){ .type = UPDATE_SA_ADDRESSES };
	assert_int_equal(road_notify(say(&road, 1)), 0);
	assert_int_equal(road_sa(&road.pair.east)->remote.port, 500);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

static void who_follows_does_not_lead(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, MOBILE, MOBILE);
	struct ip_endpoint before = road_sa(&road.pair.west)->remote;
	said[0] = (struct wire_notify){ .type = UPDATE_SA_ADDRESSES };
	said_count = 1;
	struct outcome_message message = road_inner(&road, EXCHANGE_INFORMATIONAL, fill_notifies);
	struct ike_sa *east = road_sa(&road.pair.east);
	struct ip_endpoint local = east->local;
	east->local.addr.bytes[3] = 99; /* it comes from there */
	road_say(&road, &road.pair.east, &message);
	east->local = local;
	assert_true(endpoint_equal(&road_sa(&road.pair.west)->remote, &before));
	road_end(&road);
}

static void without_mobike_the_words_of_mobike_mean_nothing(void **state)
{
	static const uint8_t cookie[20] = { 1, 2, 3 };
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	said[0] = (struct wire_notify){ .type = UPDATE_SA_ADDRESSES };
	said[1] = (struct wire_notify){ .type = COOKIE2, .data = SPAN_OF(cookie) };
	assert_int_equal(say(&road, 2)->count, 1); /* SK, empty */
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* §4.2.5: whoever answers without our cookie did not get our question. */
static void an_answer_without_our_cookie_ends_the_sa(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, MOBILE, MOBILE);
	world_manual(road.pair.world, true);
	struct ike_sa *east = road_sa(&road.pair.east);
	east->mobile->check_due = true;
	peer_dirty(east->peer);
	world_settle(road.pair.world); /* the question is on its way */
	assert_int_equal(east->request.purpose, REQUEST_CHECK);
	east->mobile->cookie2[0] ^= 1; /* as if another one had been asked */
	world_manual(road.pair.world, false);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.pair.east.ike_down, 1);
	assert_true(end_said(&road.pair.east, "COOKIE2"));
	road_end(&road);
}

/* §4.2.5: 8 to 64 bytes that nobody can foretell. */
static void each_question_has_another_cookie(void **state)
{
	uint8_t before[COOKIE2_LEN] = { 0 };
	struct wire_notify notify;
	struct road road;

	(void)state;
	road_up(&road, MOBILE, MOBILE);
	struct ike_sa *east = road_sa(&road.pair.east);
	for (unsigned i = 0; i < 8; i++) {
		road.count = 0;
		east->mobile->check_due = true;
		peer_dirty(east->peer);
		road_run(&road, 100 * USEC_PER_MSEC);
		assert_int_equal(road.count, 2);
		assert_true(notify_find(road_opened(&road, 0, road_sa(&road.pair.west)), COOKIE2,
					&notify));
		assert_in_range(notify.data.len, 8, 64);
		assert_int_equal(notify.data.len, sizeof(before));
		assert_memory_not_equal(notify.data.ptr, before, sizeof(before));
		memcpy(before, notify.data.ptr, sizeof(before));
	}
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_must_want_mobike),
		cmocka_unit_test(a_cookie_is_returned_as_it_came),
		cmocka_unit_test(further_addresses_replace_those_told_before),
		cmocka_unit_test(nats_that_are_not_allowed_are_told_and_nothing_moves),
		cmocka_unit_test(addresses_that_no_peer_can_have_are_refused_and_nothing_moves),
		cmocka_unit_test(an_update_on_port_500_is_followed_too),
		cmocka_unit_test(who_follows_does_not_lead),
		cmocka_unit_test(without_mobike_the_words_of_mobike_mean_nothing),
		cmocka_unit_test(an_answer_without_our_cookie_ends_the_sa),
		cmocka_unit_test(each_question_has_another_cookie),
	};

	return exchange_run(tests);
}
