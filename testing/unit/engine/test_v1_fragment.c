/* SPDX-License-Identifier: Apache-2.0 */
/* What the exchange tests of IKEv1's fragments do not see: sizes, IDs, and what stays whole. */
#include "engine/private.h"
#include "unit/ikev1/v1_road.h"

#define OVERHEAD 36 /* of a fragment, in its datagram */

/* A message of so many bytes of the SA, from west. */
static struct span message_of(struct v1_road *road, size_t len, uint8_t fill)
{
	struct ike_sa *sa = v1_sa(&road->pair.west);
	uint8_t *bytes = arena_alloc(&road->arena, len);
	struct ike_header header = { .spi_i = sa->spi_i,
				     .spi_r = sa->spi_r,
				     .next = ISAKMP_HASH,
				     .version = IKE_VERSION_1,
				     .exchange = EXCHANGE_V1_QUICK,
				     .flags = ISAKMP_FLAG_ENCRYPTION,
				     .message_id = 0x99,
				     .length = (uint32_t)len };
	struct sink sink;

	assert_non_null(bytes);
	memset(bytes, fill, len);
	sink_init(&sink, bytes, len);
	wire_header_emit(&sink, &header);
	return span_make(bytes, len);
}

static void transmit(struct v1_road *road, struct span message)
{
	struct ike_sa *sa = v1_sa(&road->pair.west);

	road->count = 0;
	v1_transmit(road->pair.west.gateway, sa, &sa->local, &sa->remote, message);
	v1_road_run(road, 100 * USEC_PER_MSEC);
}

static struct isakmp_fragment heard(struct v1_road *road, unsigned index)
{
	const struct v1_ear *ear = &road->ears[index];
	struct isakmp_fragment fragment = { .number = 0 };
	struct ike_header header;

	assert_int_equal(
		isakmp_fragment_read(span_make(ear->bytes, ear->len), &header, &fragment, NULL),
		RC_OK);
	return fragment;
}

static void what_fits_goes_whole_and_the_rest_in_parts(void **state)
{
	struct v1_road road;
	size_t limit;

	(void)state;
	v1_road_up(&road, V1_ADD "\tfragment-size=600\n", NULL);
	limit = fragment_limit(v1_sa(&road.pair.west));
	assert_int_equal(limit, 600 - 32);
	transmit(&road, message_of(&road, limit, 1));
	assert_int_equal(road.count, 1);
	assert_int_equal(road.ears[0].len, limit);
	transmit(&road, message_of(&road, limit + 1, 1));
	assert_int_equal(road.count, 2);
	assert_int_equal(road.ears[0].len, limit);
	assert_int_equal(heard(&road, 0).data.len, limit - OVERHEAD);
	assert_false(heard(&road, 0).last);
	assert_true(heard(&road, 1).last);
	assert_int_equal(heard(&road, 1).data.len, OVERHEAD + 1);
	v1_road_end(&road);
}

/* Beyond what can be put together it goes whole: the path may carry it. */
static void what_makes_too_many_parts_goes_whole(void **state)
{
	struct v1_road road;
	size_t most;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	v1_sa(&road.pair.west)->fragment_size = 256;
	most = (256 - 32 - OVERHEAD) * LIMIT_FRAGMENTS;
	transmit(&road, message_of(&road, most, 1));
	assert_int_equal(road.count, LIMIT_FRAGMENTS);
	transmit(&road, message_of(&road, most + 1, 1));
	assert_int_equal(road.count, 1);
	v1_road_end(&road);
}

static void a_message_has_its_id_again_and_others_have_others(void **state)
{
	struct v1_road road;
	uint16_t id;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	transmit(&road, message_of(&road, 2000, 1));
	id = heard(&road, 0).id;
	assert_int_not_equal(id, 0);
	assert_int_equal(heard(&road, 1).id, id);
	transmit(&road, message_of(&road, 2000, 1));
	assert_int_equal(heard(&road, 0).id, id);
	transmit(&road, message_of(&road, 2000, 2));
	assert_int_not_equal(heard(&road, 0).id, id);
	/* the same in smaller parts is not what was there before */
	v1_sa(&road.pair.west)->fragment_size = 576;
	transmit(&road, message_of(&road, 2000, 1));
	assert_int_not_equal(heard(&road, 0).id, id);
	v1_road_end(&road);
}

static void parts_become_smaller_down_to_what_all_paths_carry(void **state)
{
	struct v1_road road;
	struct gateway *gateway;
	struct ike_sa *sa;
	struct span large;

	(void)state;
	v1_road_up(&road, V1_ADD "\tfragment-size=1400\n", NULL);
	gateway = road.pair.west.gateway;
	sa = v1_sa(&road.pair.west);
	large = message_of(&road, 5000, 1);
	assert_true(v1_fragments_lower(gateway, sa, large));
	assert_int_equal(sa->fragment_size, 1280);
	assert_true(v1_fragments_lower(gateway, sa, large));
	assert_int_equal(sa->fragment_size, 576);
	assert_false(v1_fragments_lower(gateway, sa, large));
	assert_int_equal(gateway->counters.path_lowered, 2);
	sa->fragment_size = 0;
	/* a small one gets through anyway */
	assert_false(v1_fragments_lower(gateway, sa, message_of(&road, 500, 1)));
	/* and who takes no parts gets none */
	sa->v1->vendors &= ~(unsigned)VENDOR_FRAGMENTATION;
	assert_false(v1_fragments_lower(gateway, sa, large));
	assert_int_equal(sa->fragment_size, 0);
	v1_road_end(&road);
}

static void an_answer_said_twice_again_is_said_in_smaller_parts(void **state)
{
	struct v1_road road;
	struct ike_sa *sa;
	struct span large;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	sa = v1_sa(&road.pair.west);
	large = message_of(&road, 1200, 1);
	road.count = 0;
	for (unsigned i = 0; i < 2; i++) {
		v1_transmit_again(road.pair.west.gateway, sa, &sa->local, &sa->remote, large);
		v1_road_run(&road, 100 * USEC_PER_MSEC);
	}
	assert_int_equal(road.pair.west.gateway->counters.answered_again, 2);
	assert_int_equal(road.count, 1 + 3);
	assert_int_equal(sa->fragment_size, 576);
	v1_road_end(&road);
}

/* Nobody puts together what makes an SA. */
static void a_message_without_the_peers_cookie_goes_whole(void **state)
{
	struct v1_road road;
	struct span large;

	(void)state;
	v1_road_up(&road, V1_ADD "\tfragmentation=force\n", NULL);
	large = message_of(&road, 3000, 1);
	transmit(&road, large);
	assert_int_equal(road.count, 3);
	memset((uint8_t *)(uintptr_t)(large.ptr + 8), 0, 8);
	transmit(&road, large);
	assert_int_equal(road.count, 1);
	v1_road_end(&road);
}

/* What is whole is told apart from what comes again, for a while. */
static void all_parts_again_are_the_message_again_and_some_are_not(void **state)
{
	struct v1_road road;
	struct gateway *east;
	uint64_t before;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	east = road.pair.east.gateway;
	transmit(&road, message_of(&road, 3000, 1));
	assert_int_equal(road.count, 3);
	assert_int_equal(east->counters.fragments_in, 3);
	before = east->counters.dropped; /* it was no message of the peer's */
	assert_int_equal(before, 1);
	v1_repeat(&road, 0);
	v1_repeat(&road, 0);
	v1_repeat(&road, 2);
	assert_int_equal(east->counters.dropped, before);
	assert_int_equal(east->counters.fragments_again, 3);
	v1_repeat(&road, 1);
	assert_int_equal(east->counters.dropped, before + 1);
	v1_road_run(&road, 45 * USEC_PER_SEC);
	assert_int_equal(east->sas.reassembly_bytes, 0);
	assert_int_equal(east->counters.reassembly_expired, 0);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_goes_whole_and_the_rest_in_parts),
		cmocka_unit_test(what_makes_too_many_parts_goes_whole),
		cmocka_unit_test(a_message_has_its_id_again_and_others_have_others),
		cmocka_unit_test(parts_become_smaller_down_to_what_all_paths_carry),
		cmocka_unit_test(an_answer_said_twice_again_is_said_in_smaller_parts),
		cmocka_unit_test(a_message_without_the_peers_cookie_goes_whole),
		cmocka_unit_test(all_parts_again_are_the_message_again_and_some_are_not),
	};

	return exchange_run(tests);
}
