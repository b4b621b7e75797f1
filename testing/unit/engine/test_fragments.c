/* SPDX-License-Identifier: Apache-2.0 */
/* What the exchange tests of fragments do not see: sizes, and a kept message that is made anew. */
#include "engine/private.h"
#include "unit/ikev2/road.h"

#define IPV4_AND_UDP 32 /* with the non-ESP marker */

static void limit_is_that_of_the_conn_until_it_is_lowered(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, PAIR_CONN "\tfragment-size=1000\n", NULL);
	struct ike_sa *west = road_sa(&road.pair.west), *east = road_sa(&road.pair.east);
	assert_int_equal(fragment_limit(west), 1000 - IPV4_AND_UDP);
	assert_int_equal(fragment_limit(east), 1280 - IPV4_AND_UDP);
	west->fragment_size = 576;
	assert_int_equal(fragment_limit(west), 576 - IPV4_AND_UDP);
	west->fragment_size = 1280;
	assert_int_equal(fragment_limit(west), 1000 - IPV4_AND_UDP);
	west->fragmentation = false;
	assert_int_equal(fragment_limit(west), 0);
	road_end(&road);
}

static void limit_leaves_room_for_the_larger_header_of_ipv6(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *west = road_sa(&road.pair.west);
	struct ip_endpoint v4 = west->remote;
	assert_int_equal(ip_parse("2001:db8::1", &west->remote.addr), RC_OK);
	assert_int_equal(fragment_limit(west), 1280 - 52);
	west->remote = v4;
	road_end(&road);
}

static unsigned count_parts(struct span kept)
{
	struct span part;
	unsigned count = 0;

	while (ikev2_part_next(&kept, &part))
		count++;
	return count;
}

/* The peer tells apart by the total number which fragments belong together: it must grow. */
static void lowering_makes_more_parts_and_ends_at_the_smallest_size(void **state)
{
	static const uint8_t text[3000];
	struct outcome_message message = { .exchange = EXCHANGE_INFORMATIONAL,
					   .bytes = SPAN_OF(text) };
	struct road road;

	(void)state;
	for (size_t len = 300; len <= sizeof(text); len += 50) {
		road_up(&road, PAIR_CONN "\tfragment-size=1300\n", NULL);
		struct ike_sa *west = road_sa(&road.pair.west);
		unsigned before;
		message.bytes.len = len;
		assert_int_equal(send_request(road.pair.west.gateway, west, &message), RC_OK);
		do {
			before = count_parts(span_make(west->request.bytes, west->request.len));
			if (!fragments_lower(road.pair.west.gateway, west, &west->request.bytes,
					     &west->request.len))
				break;
			assert_true(count_parts(span_make(west->request.bytes, west->request.len)) >
				    before);
		} while (true);
		assert_true(before == 1 || west->fragment_size == 576);
		assert_true(west->request.len / before <= 576);
		road_end(&road);
	}
}

static void lowering_without_memory_leaves_the_message_as_it_was(void **state)
{
	static const uint8_t text[1200];
	struct outcome_message message = { .exchange = EXCHANGE_INFORMATIONAL,
					   .bytes = SPAN_OF(text) };
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *west = road_sa(&road.pair.west);
	assert_int_equal(send_request(road.pair.west.gateway, west, &message), RC_OK);
	uint32_t len = west->request.len;
	for (uint64_t nth = 1;; nth++) {
		mem_fail_nth(nth);
		bool lowered = fragments_lower(road.pair.west.gateway, west, &west->request.bytes,
					       &west->request.len);
		mem_fail_nth(0);
		if (lowered)
			break;
		assert_int_equal(west->request.len, len);
		assert_int_equal(west->fragment_size, 0);
		assert_true(nth < 20);
	}
	assert_true(west->request.len > len);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limit_is_that_of_the_conn_until_it_is_lowered),
		cmocka_unit_test(limit_leaves_room_for_the_larger_header_of_ipv6),
		cmocka_unit_test(lowering_makes_more_parts_and_ends_at_the_smallest_size),
		cmocka_unit_test(lowering_without_memory_leaves_the_message_as_it_was),
	};

	return exchange_run(tests);
}
