/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/follow.h"

/* West asked, east has agreed, and west is not heard any more. */
static struct ike_sa *abandoned(struct road *road, bool ike)
{
	follow_begin(road, FOLLOW_ONE, ike, 1);
	end_crash(&road->pair.west);
	world_manual(road->pair.world, false);
	assert_non_null(road_sa(&road->pair.east)->followups);
	return road_sa(&road->pair.east);
}

static void what_is_not_gone_on_with_is_forgotten(void **state)
{
	struct road road;

	(void)state;
	for (unsigned ike = 0; ike < 2; ike++) {
		struct ike_sa *sa = abandoned(&road, ike);
		road_run(&road, FOLLOWUP_TIME - USEC_PER_SEC);
		assert_non_null(sa->followups);
		road_run(&road, 2 * USEC_PER_SEC);
		assert_null(sa->followups);
		assert_true(end_said(&road.pair.east, "did not go on with IKE_FOLLOWUP_KE"));
		assert_int_equal(road.pair.east.gateway->sas.ike_count, 1);
		assert_int_equal(road.pair.east.gateway->sas.child_count, 1);
		road_end(&road);
	}
}

/* What the peer is about to replace we do not rekey ourselves; when nothing comes of it, we do. */
static void ours_waits_for_the_peers(void **state)
{
	struct road road;

	(void)state;
	for (unsigned ike = 0; ike < 2; ike++) {
		struct ike_sa *sa = abandoned(&road, ike);
		uint32_t before = sa->send_next;
		if (ike)
			sa->replace_at = host_now(road.pair.east.host);
		else
			tunnel_current(road_tunnel(&road.pair.east))->replace_at =
				host_now(road.pair.east.host);
		peer_dirty(sa->peer);
		road_run(&road, FOLLOWUP_TIME - USEC_PER_SEC);
		assert_int_equal(sa->send_next, before);
		road_run(&road, 3 * USEC_PER_SEC);
		assert_int_equal(sa->send_next, before + 1);
		assert_int_equal(sa->request.exchange, EXCHANGE_CREATE_CHILD_SA);
		road_end(&road);
	}
}

static void one_that_is_being_worked_on_is_not_too_old(void **state)
{
	struct road road;

	(void)state;
	struct ike_sa *sa = abandoned(&road, false);
	sa->errand = &road;
	followup_overdue(road.pair.east.gateway, sa, USEC_NEVER);
	assert_non_null(sa->followups);
	sa->errand = NULL;
	followup_overdue(road.pair.east.gateway, sa, USEC_NEVER);
	assert_null(sa->followups);
	road_end(&road);
}

static void only_what_the_peer_may_ask_again_survives_a_failure(void **state)
{
	struct errand errand;
	struct road road;

	(void)state;
	memset(&errand, 0, sizeof(errand));
	struct ike_sa *sa = abandoned(&road, false);
	errand.gateway = road.pair.east.gateway;
	errand.step.sa = sa;
	errand.out.followup_over = sa->followups->serial;
	followup_failed(&errand, RC_NO_MEMORY);
	assert_non_null(sa->followups);
	followup_failed(&errand, RC_BAD_PUBLIC);
	assert_null(sa->followups);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_gone_on_with_is_forgotten),
		cmocka_unit_test(ours_waits_for_the_peers),
		cmocka_unit_test(one_that_is_being_worked_on_is_not_too_old),
		cmocka_unit_test(only_what_the_peer_may_ask_again_survives_a_failure),
	};

	return exchange_run(tests);
}
