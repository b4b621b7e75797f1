/* SPDX-License-Identifier: Apache-2.0 */
/* What the ends of IKEv1 tell each other of SAs that are up. */
#include "engine/private.h"
#include "unit/ikev1/v1_road.h"

/* ---- the commit bit, RFC 2408 §3.1 ---- */

/* Main Mode is 0 to 5, Quick Mode 6 to 8. */
static bool set_commit(struct flight *flight, unsigned nth)
{
	if (nth == 7)
		flight->bytes[19] |= ISAKMP_FLAG_COMMIT;
	return true;
}

static void begin(struct v1_road *road)
{
	v1_road_begin(road, NULL, NULL);
	road->meddle = set_commit;
	v1_road_try(road, 3 * USEC_PER_SEC);
	assert_int_equal(road->count, 9);
	assert_int_equal(road->pair.west.child_up, 1);
}

static bool sends(const struct child_sa *child)
{
	return child->waiting_keymat.ptr == NULL && child->out_installed;
}

struct connected {
	uint32_t spi; /* 0: none is named */
	uint16_t type;
};

static void put(struct writer *writer, void *context)
{
	const struct connected *said = context;
	struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					.protocol = PROTOCOL_ESP,
					.type = said->type };
	uint8_t bytes[4];
	struct sink sink;

	sink_init(&sink, bytes, sizeof(bytes));
	sink_u32(&sink, said->spi);
	if (said->spi != 0)
		notify.spi = sink_written(&sink);
	isakmp_notify_emit(writer, &notify);
}

static void say(struct v1_road *road, uint32_t message_id, uint32_t spi, bool spoiled)
{
	struct connected said = { spi, ISAKMP_CONNECTED };

	v1_say(road, &road->pair.east, EXCHANGE_V1_INFORMATIONAL, message_id, spoiled, put, &said);
}

static uint32_t quick_id(struct v1_road *road)
{
	return v1_heard(road, 6)->header.message_id;
}

static void an_initiator_sends_with_it_when_the_responder_says_connected(void **state)
{
	struct v1_road road;
	struct child_sa *child;

	(void)state;
	begin(&road);
	child = v1_child(&road.pair.west);
	assert_false(sends(child));
	assert_true(child->in_installed);
	say(&road, quick_id(&road), child->spi_out, false);
	assert_true(sends(child));
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void connected_may_have_no_spi_or_another_message_id(void **state)
{
	struct v1_road road;

	(void)state;
	begin(&road);
	say(&road, quick_id(&road), 0, false);
	assert_true(sends(v1_child(&road.pair.west)));
	v1_road_end(&road);
	begin(&road);
	say(&road, 77, v1_child(&road.pair.west)->spi_out, false);
	assert_true(sends(v1_child(&road.pair.west)));
	v1_road_end(&road);
}

static void a_connected_that_is_not_the_peers_is_none(void **state)
{
	struct v1_road road;
	const struct child_sa *child;

	(void)state;
	begin(&road);
	child = v1_child(&road.pair.west);
	say(&road, quick_id(&road), child->spi_out, true);
	say(&road, 77, child->spi_out + 1, false);
	say(&road, 78, 0, false);
	assert_false(sends(child));
	v1_road_end(&road);
}

static void one_that_never_comes_is_not_waited_for_for_ever(void **state)
{
	struct v1_road road;

	(void)state;
	begin(&road);
	v1_road_run(&road, 5 * USEC_PER_SEC);
	assert_false(sends(v1_child(&road.pair.west)));
	v1_road_run(&road, 7 * USEC_PER_SEC);
	assert_true(sends(v1_child(&road.pair.west)));
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

/* ---- lifetimes ---- */

static unsigned informationals(struct v1_road *road)
{
	unsigned count = 0;

	for (unsigned i = 0; i < road->count; i++)
		count += v1_heard(road, i)->header.exchange == EXCHANGE_V1_INFORMATIONAL;
	return count;
}

static void the_responder_tells_a_shorter_lifetime_once(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, V1_ADD "\tikelifetime=2h\n");
	v1_road_try(&road, 3 * USEC_PER_SEC);
	assert_int_equal(road.count, 10);
	assert_int_equal(informationals(&road), 1);
	assert_int_equal(v1_sa(&road.pair.west)->v1->seconds, 7200);
	assert_true(v1_sa(&road.pair.east)->v1->told_lifetime);
	v1_road_run(&road, 60 * USEC_PER_SEC);
	assert_int_equal(road.count, 10);
	v1_road_end(&road);
}

static void one_that_lives_as_long_or_longer_says_nothing(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, V1_ADD "\tikelifetime=24h\n\tsalifetime=24h\n");
	v1_road_try(&road, 60 * USEC_PER_SEC);
	assert_int_equal(road.count, 9);
	assert_int_equal(v1_sa(&road.pair.east)->v1->seconds, 28800); /* and keeps to it */
	assert_true(v1_sa(&road.pair.east)->expires <=
		    v1_sa(&road.pair.east)->established + 28900 * USEC_PER_SEC);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_initiator_sends_with_it_when_the_responder_says_connected),
		cmocka_unit_test(connected_may_have_no_spi_or_another_message_id),
		cmocka_unit_test(a_connected_that_is_not_the_peers_is_none),
		cmocka_unit_test(one_that_never_comes_is_not_waited_for_for_ever),
		cmocka_unit_test(the_responder_tells_a_shorter_lifetime_once),
		cmocka_unit_test(one_that_lives_as_long_or_longer_says_nothing),
	};

	return exchange_run(tests);
}
