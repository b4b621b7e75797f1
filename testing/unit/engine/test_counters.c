/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

static void count_call(void *context)
{
	++*(unsigned *)context;
}

static void counters_are_asked_of_the_kernel_and_told_once(void **state)
{
	struct road road;
	unsigned done = 0;

	(void)state;
	road_up(&road, NULL, NULL);
	struct tunnel *tunnel = road_tunnel(&road.pair.west);
	struct child_sa *child = tunnel_current(tunnel);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pair_ping(&road.pair, true), SIMULATED_ARRIVED);
	gateway_refresh_counters(road.pair.west.gateway, tunnel, count_call, &done);
	assert_int_equal(done, 0);
	world_settle(road.pair.world);
	assert_int_equal(done, 1);
	struct kernel_counters out = child->out, in = child->in;
	assert_true(out.packets >= 3 && out.bytes >= 3 * 84);
	assert_int_equal(out.packets, in.packets + 3);
	assert_int_equal(child->counters_at, world_now(road.pair.world));
	road_end(&road);
}

static void tunnel_without_child_sas_is_told_at_once(void **state)
{
	struct road road;
	unsigned done = 0;

	(void)state;
	road_begin(&road, NULL, NULL);
	gateway_refresh_counters(road.pair.west.gateway, road_tunnel(&road.pair.west), count_call,
				 &done);
	assert_int_equal(done, 1);
	road_end(&road);
}

static void child_sa_that_ends_meanwhile_does_no_harm(void **state)
{
	struct road road;
	unsigned done = 0;

	(void)state;
	road_up(&road, NULL, NULL);
	struct tunnel *tunnel = road_tunnel(&road.pair.west);
	gateway_refresh_counters(road.pair.west.gateway, tunnel, count_call, &done);
	child_down(road.pair.west.gateway, tunnel_current(tunnel), RC_OPERATOR);
	world_settle(road.pair.world);
	assert_int_equal(done, 1);
	road_end(&road);
}

static void codes_of_the_recorder_have_names_and_unknown_ones_none(void **state)
{
	(void)state;
	assert_string_equal(gateway_record_name(RECORD_SENT, EXCHANGE_IKE_AUTH), "IKE_AUTH");
	assert_string_equal(gateway_record_name(RECORD_NOTIFY_OUT, TS_UNACCEPTABLE),
			    "TS_UNACCEPTABLE");
	assert_string_equal(gateway_record_name(RECORD_NOTIFY_IN, IPSEC_INITIAL_CONTACT),
			    "INITIAL_CONTACT");
	assert_string_equal(gateway_record_name(RECORD_DECIDED, EVENT_TRANSACTION),
			    "begin a transaction");
	for (unsigned event = 0; event < IKE_EVENT_COUNT; event++)
		assert_non_null(gateway_record_name(RECORD_DECIDED, event));
	assert_string_equal(gateway_record_name(RECORD_STATE, IKE_ESTABLISHED), "established");
	assert_string_equal(gateway_record_name(RECORD_WANTED, WANTED_UP), "up");
	assert_string_equal(gateway_record_name(RECORD_CHILD_DOWN, RC_OPERATOR),
			    rc_name(RC_OPERATOR));
	assert_string_equal(gateway_record_name(RECORD_REDIRECT, REDIRECT_FOLLOWED), "followed");
	assert_null(gateway_record_name(RECORD_REDIRECT, 0));
	assert_null(gateway_record_name(RECORD_WANTED, 4));
	assert_null(gateway_record_name(RECORD_SENT, 200));
	assert_null(gateway_record_name(RECORD_ACQUIRE, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_are_asked_of_the_kernel_and_told_once),
		cmocka_unit_test(tunnel_without_child_sas_is_told_at_once),
		cmocka_unit_test(child_sa_that_ends_meanwhile_does_no_harm),
		cmocka_unit_test(codes_of_the_recorder_have_names_and_unknown_ones_none),
	};

	return exchange_run(tests);
}
