/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev1/v1_road.h"

static struct ip_endpoint endpoint(const char *address, uint16_t port)
{
	struct ip_endpoint out = { .port = port };

	assert_int_equal(ip_parse(address, &out.addr), RC_OK);
	return out;
}

static void inject_from(struct v1_road *road, const char *from, struct span bytes)
{
	struct ip_endpoint a = endpoint(from, IKE_PORT), b = endpoint(EAST_ADDRESS, IKE_PORT);

	assert_int_equal(world_inject(road->pair.world, &a, &b, bytes), RC_OK);
	v1_road_run(road, 100 * USEC_PER_MSEC);
}

static bool lose_all(struct flight *flight, unsigned nth)
{
	(void)flight;
	(void)nth;
	return false;
}

/* West's first message, which east has not got, and of which nothing more comes by itself. */
static struct span first_message(struct v1_road *road)
{
	v1_road_begin(road, NULL, NULL);
	world_manual(road->pair.world, true);
	end_up(&road->pair.west, "t");
	world_settle(road->pair.world);
	world_drop(road->pair.world,
		   container_of(world_flights(road->pair.world)->next, struct flight, in_world));
	world_manual(road->pair.world, false);
	assert_int_equal(road->count, 1);
	road->meddle = lose_all;
	return span_make(road->ears[0].bytes, road->ears[0].len);
}

/* ---- which SA, which row ---- */

static void each_version_has_rows_of_its_own(void **state)
{
	const struct ike_row *v1 = row_find(1, IKE_ESTABLISHED, INITIATOR, EVENT_PROBE);
	const struct ike_row *v2 = row_find(2, IKE_ESTABLISHED, INITIATOR, EVENT_PROBE);

	(void)state;
	assert_non_null(v1);
	assert_non_null(v2);
	assert_ptr_equal(v1, ikev1_row(IKE_ESTABLISHED, INITIATOR, EVENT_PROBE));
	assert_ptr_not_equal(v1, v2);
	assert_null(row_find(2, IKEV1_MAIN_SA, INITIATOR, EVENT_MAIN));
}

static void rows_that_were_reached_are_counted(void **state)
{
	struct v1_road road;
	const struct ike_row *row = ikev1_row(IKEV1_MAIN_KE, RESPONDER, EVENT_MAIN);

	(void)state;
	v1_road_up(&road, NULL, NULL);
	assert_int_equal(road.pair.east.gateway->row_runs_v1[ikev1_row_index(row)], 1);
	assert_int_equal(road.pair.west.gateway->row_runs_v1[ikev1_row_index(row)], 0);
	for (unsigned i = 0; i < IKEV2_ROWS_MAX; i++)
		assert_int_equal(road.pair.east.gateway->row_runs[i], 0);
	v1_road_end(&road);
}

static void cookies_that_nobody_has_are_counted_and_not_answered(void **state)
{
	struct v1_road road;
	uint64_t unknown;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	unknown = road.pair.east.gateway->counters.unknown_spi;
	road.ears[8].bytes[12] ^= 1; /* the responder's */
	v1_repeat(&road, 8);
	assert_int_equal(road.pair.east.gateway->counters.unknown_spi, unknown + 1);
	assert_int_equal(road.count, 9);
	road.ears[8].bytes[12] ^= 1;
	road.ears[8].bytes[3] ^= 1; /* the initiator's */
	v1_repeat(&road, 8);
	assert_int_equal(road.pair.east.gateway->counters.unknown_spi, unknown + 2);
	assert_int_equal(road.count, 9);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void what_cannot_begin_anything_begins_nothing(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {
		{ 19, ISAKMP_FLAG_ENCRYPTION },
		{ 23, 1 }, /* message ID */
		{ 18, EXCHANGE_V1_QUICK },
		{ 18, EXCHANGE_V1_INFORMATIONAL },
		{ 18, EXCHANGE_V1_AGGRESSIVE },
		{ 18, EXCHANGE_V1_TRANSACTION },
		{ 18, 99 },
	};
	uint8_t copy[2048];
	struct v1_road road;
	struct span first;

	(void)state;
	first = first_message(&road);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memcpy(copy, first.ptr, first.len);
		copy[wrong[i].at] = wrong[i].value;
		inject_from(&road, WEST_ADDRESS, span_make(copy, first.len));
		assert_int_equal(road.pair.east.gateway->sas.ike_count, 0);
	}
	memcpy(copy, first.ptr, first.len);
	memset(copy, 0, 8); /* no cookie */
	inject_from(&road, WEST_ADDRESS, span_make(copy, first.len));
	assert_int_equal(road.pair.east.gateway->sas.ike_count, 0);
	assert_int_equal(road.pair.east.gateway->counters.datagrams_out, 0);
	v1_road_end(&road);
}

static void who_has_no_conn_is_not_answered(void **state)
{
	struct v1_road road;
	struct span first;

	(void)state;
	first = first_message(&road);
	inject_from(&road, "192.0.2.77", first);
	assert_int_equal(road.pair.east.gateway->counters.v1_ignored, 1);
	assert_int_equal(road.pair.east.gateway->counters.datagrams_out, 0);
	assert_int_equal(road.pair.east.gateway->sas.ike_count, 0);
	v1_road_end(&road);
}

/* also from the address that the message does not come from */
#define ANYBODY                                                                                    \
	"conn t\n\tleft=%any\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"                \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"                   \
	"\tkeyexchange=ikev1\n\tauto=add\n"

static bool lose_third(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth != 2;
}

static void phase_1_goes_on_only_from_where_it_began(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, ANYBODY);
	road.meddle = lose_third;
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.count, 3);
	inject_from(&road, "192.0.2.77", span_make(road.ears[2].bytes, road.ears[2].len));
	assert_int_equal(road.count, 3);
	inject_from(&road, WEST_ADDRESS, span_make(road.ears[2].bytes, road.ears[2].len));
	assert_true(road.count > 3);
	v1_road_end(&road);
}

/* ---- the chains ---- */

static void what_cannot_be_read_moves_no_chain(void **state)
{
	struct v1_road road;
	struct ike_sa *east;
	uint8_t iv[IKEV1_IV_MAX], forged[IKE_HEADER_LEN + 64];
	unsigned exchanges;
	struct diag diag;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	east = v1_sa(&road.pair.east);
	memcpy(iv, east->v1->iv, sizeof(iv));
	exchanges = east->v1->exchange_count;
	memcpy(forged, road.ears[8].bytes, IKE_HEADER_LEN);
	for (unsigned i = 0; i < 200; i++) {
		memset(forged + IKE_HEADER_LEN, (int)i, 64);
		forged[18] = i % 2 == 0 ? EXCHANGE_V1_QUICK : EXCHANGE_V1_INFORMATIONAL;
		forged[23] = (uint8_t)i; /* also message ID 0 */
		forged[20] = forged[21] = forged[22] = 0;
		forged[24] = forged[25] = 0;
		forged[26] = (uint8_t)(sizeof(forged) >> 8);
		forged[27] = (uint8_t)sizeof(forged);
		inject_from(&road, WEST_ADDRESS, span_make(forged, sizeof(forged)));
	}
	assert_memory_equal(iv, east->v1->iv, sizeof(iv));
	assert_int_equal(east->v1->exchange_count, exchanges);
	assert_int_equal(road.count, 9);
	assert_int_equal(gateway_rekey(road.pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	v1_road_run(&road, 60 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.ike_down + road.pair.east.ike_down, 0);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void any_cut_of_any_message_does_no_harm(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	for (unsigned i = 4; i < 9; i++)
		for (size_t len = 0; len < road.ears[i].len; len += 5) {
			assert_int_equal(world_inject(road.pair.world, &road.ears[i].from,
						      &road.ears[i].to,
						      span_make(road.ears[i].bytes, len)),
					 RC_OK);
			world_settle(road.pair.world);
		}
	v1_road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.count, 9);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void a_message_in_clear_is_not_heard_when_there_are_keys(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	for (unsigned i = 4; i < 9; i++) {
		road.ears[i].bytes[19] = 0; /* flags */
		v1_repeat(&road, i);
	}
	assert_int_equal(road.count, 9);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void the_other_version_finds_no_sa_of_this_one(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	road.ears[8].bytes[17] = IKE_VERSION_2;
	v1_repeat(&road, 8);
	pair_assert_tunnel(&road.pair);
	assert_int_equal(road.pair.east.ike_down, 0);
	v1_road_end(&road);
}

/* ---- the same again ---- */

static void what_comes_while_a_worker_is_at_it_waits(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	world_manual(road.pair.world, true);
	end_up(&road.pair.west, "t");
	world_settle(road.pair.world);
	while (road.count < 3) {
		world_deliver(road.pair.world, container_of(world_flights(road.pair.world)->next,
							    struct flight, in_world));
		world_settle(road.pair.world);
	}
	world_hold_jobs(road.pair.world, true);
	assert_int_equal(
		world_duplicate(road.pair.world, container_of(world_flights(road.pair.world)->next,
							      struct flight, in_world)),
		RC_OK);
	world_settle(road.pair.world);
	assert_int_equal(world_jobs_waiting(road.pair.world), 1);
	world_deliver(road.pair.world,
		      container_of(world_flights(road.pair.world)->next, struct flight, in_world));
	world_settle(road.pair.world);
	assert_int_equal(world_jobs_waiting(road.pair.world), 1);
	assert_int_equal(road.count, 3);
	world_hold_jobs(road.pair.world, false);
	world_manual(road.pair.world, false);
	v1_road_run(&road, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

/* ---- the end ---- */

static void who_is_stopping_begins_nothing(void **state)
{
	struct v1_road road;
	struct span first;

	(void)state;
	first = first_message(&road);
	road.pair.east.gateway->stopping = true;
	inject_from(&road, WEST_ADDRESS, first);
	assert_int_equal(road.pair.east.gateway->sas.ike_count, 0);
	road.pair.east.gateway->stopping = false;
	inject_from(&road, WEST_ADDRESS, first);
	assert_int_equal(road.pair.east.gateway->sas.ike_count, 1);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_version_has_rows_of_its_own),
		cmocka_unit_test(rows_that_were_reached_are_counted),
		cmocka_unit_test(cookies_that_nobody_has_are_counted_and_not_answered),
		cmocka_unit_test(what_cannot_begin_anything_begins_nothing),
		cmocka_unit_test(who_has_no_conn_is_not_answered),
		cmocka_unit_test(phase_1_goes_on_only_from_where_it_began),
		cmocka_unit_test(what_cannot_be_read_moves_no_chain),
		cmocka_unit_test(any_cut_of_any_message_does_no_harm),
		cmocka_unit_test(a_message_in_clear_is_not_heard_when_there_are_keys),
		cmocka_unit_test(the_other_version_finds_no_sa_of_this_one),
		cmocka_unit_test(what_comes_while_a_worker_is_at_it_waits),
		cmocka_unit_test(who_is_stopping_begins_nothing),
	};

	return exchange_run(tests);
}
