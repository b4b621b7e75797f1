/* SPDX-License-Identifier: Apache-2.0 */
/* An ISAKMP SA in the place of another; the whole story is in exchange/test_ikev1_rekey. */
#include "engine/private.h"
#include "unit/ikev1/v1_road.h"

static struct ike_sa *newest(struct end *end)
{
	return container_of(v1_tunnel(end)->peer->ike_sas.prev, struct ike_sa, in_peer);
}

/* Two ISAKMP SAs at west, whose new one has the IPsec SA. */
static void renew(struct v1_road *road, usec_t duration)
{
	struct diag diag;

	v1_road_up(road, NULL, NULL);
	assert_int_equal(gateway_rekey(road->pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
	v1_road_run(road, duration);
}

static void who_began_the_new_one_deletes_the_old_one_after_a_grace(void **state)
{
	struct v1_road road;
	struct ike_sa *old;

	(void)state;
	renew(&road, USEC_PER_SEC);
	old = v1_sa(&road.pair.west);
	assert_ptr_not_equal(old, newest(&road.pair.west));
	assert_true(list_empty(&old->children));
	assert_ptr_equal(v1_child(&road.pair.west)->ike, newest(&road.pair.west));
	assert_true(phase1_has_company(old));
	v1_road_run(&road, 8 * USEC_PER_SEC);
	assert_ptr_equal(v1_sa(&road.pair.west), old);
	v1_road_run(&road, 2 * USEC_PER_SEC);
	assert_ptr_equal(v1_sa(&road.pair.west), newest(&road.pair.west));
	assert_false(phase1_has_company(newest(&road.pair.west)));
	assert_int_equal(road.pair.east.ike_down, 1);
	v1_road_end(&road);
}

/* Main Mode is 9 to 14: east has answered the fifth, west never hears it. */
static bool lose_sixth(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth < 14;
}

static void a_new_one_that_the_peer_may_not_have_takes_nothing_over(void **state)
{
	struct v1_road road;
	struct diag diag;

	(void)state;
	v1_road_up(&road, V1_ADD "\tretransmit-tries=1\n", V1_ADD "\tretransmit-tries=1\n");
	road.meddle = lose_sixth;
	assert_int_equal(gateway_rekey(road.pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
	v1_road_run(&road, 1500 * USEC_PER_MSEC);
	assert_int_equal(road.pair.east.ike_up, 2);
	assert_int_equal(road.pair.west.ike_up, 1);
	assert_ptr_equal(v1_child(&road.pair.east)->ike, v1_sa(&road.pair.east));
	v1_road_run(&road, 30 * USEC_PER_SEC); /* east asks in it, and hears nothing */
	assert_int_equal(road.pair.east.ike_down, 1);
	assert_int_equal(road.pair.east.child_down, 0);
	assert_ptr_equal(v1_child(&road.pair.east)->ike, v1_sa(&road.pair.east));
	v1_road_end(&road);
}

static void a_peer_that_is_silent_is_asked_whether_it_has_the_new_one(void **state)
{
	struct v1_road road;

	(void)state;
	renew(&road, USEC_PER_SEC);
	assert_ptr_equal(v1_child(&road.pair.east)->ike, v1_sa(&road.pair.east)); /* not yet */
	v1_road_run(&road, 2 * USEC_PER_SEC);
	assert_ptr_equal(v1_child(&road.pair.east)->ike, newest(&road.pair.east));
	assert_true(newest(&road.pair.east)->v1->dpd_sent != 0);
	v1_road_end(&road);
}

static void what_is_to_be_replaced_is_not_taken_over(void **state)
{
	struct v1_road road;
	struct child_sa *child;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	child = v1_child(&road.pair.west);
	child->must_replace = true;
	peer_dirty(child->tunnel->peer);
	v1_road_run(&road, 30 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 2);
	assert_int_equal(road.pair.west.ike_up, 2);
	v1_road_run(&road, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_false(phase1_has_company(v1_sa(&road.pair.west)));
	v1_road_end(&road);
}

static void nothing_is_renewed_that_has_no_ipsec_sa(void **state)
{
	struct v1_road road;
	struct peer *peer;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	peer = v1_tunnel(&road.pair.west)->peer;
	assert_false(phase1_renewal_due(peer, v1_sa(&road.pair.west)->replace_at - 1));
	assert_true(phase1_renewal_due(peer, v1_sa(&road.pair.west)->replace_at));
	child_down(road.pair.west.gateway, v1_child(&road.pair.west), RC_OPERATOR);
	assert_false(phase1_renewal_due(peer, v1_sa(&road.pair.west)->replace_at));
	v1_road_end(&road);
}

static void a_quick_mode_counts_in_whichever_isakmp_sa_it_is(void **state)
{
	struct v1_road road;
	struct diag diag;

	(void)state;
	renew(&road, USEC_PER_SEC);
	assert_false(phase1_is_making(v1_tunnel(&road.pair.west)));
	assert_int_equal(
		world_partition(road.pair.world, road.pair.west.host, road.pair.east.host, true),
		RC_OK);
	assert_int_equal(gateway_rekey(road.pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	v1_road_run(&road, 100 * USEC_PER_MSEC);
	assert_true(phase1_is_making(v1_tunnel(&road.pair.west)));
	v1_road_end(&road);
}

static void children_of_before_go_with_initial_contact(void **state)
{
	struct v1_road road;
	struct ike_sa *sa;

	(void)state;
	renew(&road, 15 * USEC_PER_SEC);
	sa = v1_sa(&road.pair.east);
	assert_false(list_empty(&sa->children));
	phase1_forget(road.pair.east.gateway, sa);
	assert_true(list_empty(&sa->children));
	v1_road_end(&road);
}

/* East hears from it each time, so that it counts; west never deletes one. */
static bool lose_deletes(struct flight *flight, unsigned nth)
{
	(void)nth;
	return flight->from.addr.bytes[3] != 1 || flight->bytes[18] != EXCHANGE_V1_INFORMATIONAL;
}

static void a_peer_that_makes_one_after_the_other_fills_nothing(void **state)
{
	struct v1_road road;
	struct diag diag;
	unsigned count = 0;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	for (unsigned i = 0; i < 30; i++) {
		assert_int_equal(gateway_rekey(road.pair.west.gateway, "t", REKEY_IKE, &diag),
				 RC_OK);
		v1_road_run(&road, 4 * USEC_PER_SEC);
		road.meddle = i % 2 == 0 ? NULL : lose_deletes;
	}
	assert_true(road.pair.east.ike_up > 20);
	list_for(node, &v1_tunnel(&road.pair.east)->peer->ike_sas) count++;
	assert_in_range(count, 1, 6);
	assert_int_equal(road.pair.east.child_down, 0);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_began_the_new_one_deletes_the_old_one_after_a_grace),
		cmocka_unit_test(a_new_one_that_the_peer_may_not_have_takes_nothing_over),
		cmocka_unit_test(a_peer_that_is_silent_is_asked_whether_it_has_the_new_one),
		cmocka_unit_test(what_is_to_be_replaced_is_not_taken_over),
		cmocka_unit_test(nothing_is_renewed_that_has_no_ipsec_sa),
		cmocka_unit_test(a_quick_mode_counts_in_whichever_isakmp_sa_it_is),
		cmocka_unit_test(children_of_before_go_with_initial_contact),
		cmocka_unit_test(a_peer_that_makes_one_after_the_other_fills_nothing),
	};

	return exchange_run(tests);
}
