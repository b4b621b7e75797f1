/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "sa/extra.h"
#include "unit/ikev2/road.h"

#define LONG PAIR_CONN "\tikelifetime=10h\n\trekeymargin=10m\n\trekeyfuzz=0%\n"

static void limit_keeps_the_earlier_of_two_ends(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, LONG, LONG);
	struct gateway *gateway = road.pair.west.gateway;
	struct ike_sa *sa = road_sa(&road.pair.west);
	usec_t now = host_now(gateway->host), replace_at = sa->replace_at, expires = sa->expires;
	sa->must_reauth = true;
	sa->auth_ends = now + 20 * 3600 * USEC_PER_SEC; /* beyond the lifetime */
	extra_limit(gateway, sa);
	assert_int_equal(sa->replace_at, replace_at);
	assert_int_equal(sa->expires, expires);
	sa->auth_ends = now + 3600 * USEC_PER_SEC;
	extra_limit(gateway, sa);
	assert_int_equal(sa->replace_at, sa->auth_ends - 600 * USEC_PER_SEC);
	assert_int_equal(sa->expires, sa->auth_ends);
	road_end(&road);
}

/* In the past: at once, on whoever inherited it, with time for a whole request. */
static void end_that_has_passed_means_now_and_leaves_a_retransmission_budget(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, LONG, LONG);
	struct gateway *gateway = road.pair.west.gateway;
	struct ike_sa *sa = road_sa(&road.pair.west);
	usec_t now = host_now(gateway->host);
	sa->must_reauth = true;
	sa->auth_ends = 1;
	life_begin(gateway, sa);
	assert_true(sa->replace_at <= now);
	assert_int_equal(sa->expires, now + retransmit_budget(sa->peer->conn));
	road_end(&road);
}

/* Rekeying proves no identity: who does not authenticate itself only ends the SA in time. */
static void other_end_waits_for_the_end(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, LONG, LONG);
	struct ike_sa *east = road_sa(&road.pair.east);
	usec_t replace_at = east->replace_at;
	east->auth_ends = host_now(road.pair.west.host) + 3600 * USEC_PER_SEC;
	extra_limit(road.pair.east.gateway, east);
	assert_int_equal(east->replace_at, replace_at);
	assert_int_equal(east->expires, east->auth_ends);
	road_end(&road);
}

static void nothing_is_told_while_a_request_is_out_or_the_sa_leaves(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *sa = road_sa(&road.pair.west);
	ike_extra_of(sa)->tell = TELL_LIFETIME;
	sa->delete_wanted = true;
	extra_tell(road.pair.west.gateway, sa);
	assert_int_equal(road.count, 0);
	sa->delete_wanted = false;
	extra_tell(road.pair.west.gateway, sa);
	assert_int_equal(road.count, 1);
	sa->extra->tell = TELL_LIFETIME;
	extra_tell(road.pair.west.gateway, sa);
	assert_int_equal(road.count, 1);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limit_keeps_the_earlier_of_two_ends),
		cmocka_unit_test(end_that_has_passed_means_now_and_leaves_a_retransmission_budget),
		cmocka_unit_test(other_end_waits_for_the_end),
		cmocka_unit_test(nothing_is_told_while_a_request_is_out_or_the_sa_leaves),
	};

	return exchange_run(tests);
}
