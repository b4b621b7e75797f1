/* SPDX-License-Identifier: Apache-2.0 */
/* RESPONDER-LIFETIME as it is written and read; what follows from it: exchange/test_ikev1_rekey. */
#include "unit/ikev1/v1_road.h"

static struct arena arena;

static enum rc read(const char *bytes, size_t len, struct v1_lifetime *out)
{
	const struct isakmp_notify notify = { .data = span_make(bytes, len) };

	return v1_lifetime_read(&arena, &notify, out, NULL);
}
#define READ(bytes, out) read(bytes, sizeof(bytes) - 1, out)

static void seconds_and_kilobytes_are_read_in_any_form(void **state)
{
	struct v1_lifetime life;

	(void)state;
	assert_int_equal(READ("\x80\x01\x00\x01\x00\x02\x00\x04\x00\x00\x0e\x10", &life), RC_OK);
	assert_int_equal(life.seconds, 3600);
	assert_int_equal(life.kilobytes, 0);
	assert_int_equal(READ("\x80\x01\x00\x01\x80\x02\x0e\x10"
			      "\x80\x01\x00\x02\x00\x02\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00",
			      &life),
			 RC_OK);
	assert_int_equal(life.seconds, 3600);
	assert_true(life.kilobytes == UINT64_C(1) << 32);
	assert_int_equal(READ("\x80\x0b\x00\x01\x80\x0c\x0e\x10", &life), RC_OK);
	assert_int_equal(life.seconds, 3600); /* of phase 1 */
}

static void what_is_no_lifetime_says_nothing(void **state)
{
	struct v1_lifetime life;

	(void)state;
	assert_int_equal(READ("", &life), RC_OK);
	assert_int_equal(life.seconds, 0);
	assert_int_equal(READ("\x80\x02\x0e\x10", &life), RC_OK); /* of what? */
	assert_int_equal(life.seconds, 0);
	assert_int_equal(READ("\x80\x01\x00\x03\x80\x02\x0e\x10", &life), RC_OK); /* unit 3 */
	assert_int_equal(life.seconds + life.kilobytes, 0);
	assert_int_equal(
		READ("\x80\x01\x00\x01\x00\x02\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00", &life),
		RC_OK); /* 136 years */
	assert_int_equal(life.seconds, 0);
	assert_int_equal(READ("\x80\x01\x00\x01\x00\x02\x00\x00", &life), RC_OK); /* no bytes */
	assert_int_equal(life.seconds, 0);
	assert_int_not_equal(READ("\x80\x01\x00\x01\x00\x02\x00\x08\x00", &life), RC_OK);
}

static void only_what_is_shorter_is_told(void **state)
{
	const struct v1_lifetime hour = { 3600, 0 }, day = { 86400, 0 }, full = { 3600, 5000 },
				 nothing = { 0, 0 };

	(void)state;
	assert_int_equal(v1_lifetime_shorter(hour, day).seconds, 3600);
	assert_int_equal(v1_lifetime_shorter(day, hour).seconds, 0);
	assert_int_equal(v1_lifetime_shorter(hour, hour).seconds, 0);
	assert_int_equal(v1_lifetime_shorter(hour, nothing).seconds, 3600); /* 28800 */
	assert_int_equal(v1_lifetime_shorter(day, nothing).seconds, 0);
	assert_int_equal(v1_lifetime_shorter(full, hour).kilobytes, 5000);
	assert_int_equal(v1_lifetime_shorter(hour, full).kilobytes, 0);
}

/* ---- on the road ---- */

struct told {
	uint8_t protocol;
	uint32_t spi, seconds;
};

static void put(struct writer *writer, void *context)
{
	const struct told *told = context;
	const struct v1_lifetime life = { told->seconds, 0 };
	uint8_t bytes[4];
	struct sink sink;

	sink_init(&sink, bytes, sizeof(bytes));
	sink_u32(&sink, told->spi);
	assert_int_equal(
		v1_lifetime_emit(&arena, told->protocol, sink_written(&sink), &life, writer),
		RC_OK);
}

static void say(struct v1_road *road, struct end *from, struct told told, bool spoiled)
{
	static uint32_t id = 1000;

	v1_say(road, from, EXCHANGE_V1_INFORMATIONAL, id++, spoiled, put, &told);
}

static void it_shortens_and_never_lengthens(void **state)
{
	struct v1_road road;
	struct ike_sa *sa;
	struct child_sa *child;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	sa = v1_sa(&road.pair.west);
	child = v1_child(&road.pair.west);
	say(&road, &road.pair.east, (struct told){ PROTOCOL_IKE, 0, 1800 }, false);
	assert_int_equal(sa->v1->seconds, 1800);
	assert_true(sa->expires <= sa->established + 1900 * USEC_PER_SEC);
	say(&road, &road.pair.east, (struct told){ PROTOCOL_IKE, 0, 7200 }, false);
	assert_int_equal(sa->v1->seconds, 1800);
	say(&road, &road.pair.east, (struct told){ PROTOCOL_ESP, child->spi_out, 1800 }, false);
	assert_int_equal(child->peer_seconds, 1800);
	assert_true(child->expires <= child->born + 1900 * USEC_PER_SEC);
	assert_true(child->replace_at < child->expires);
	say(&road, &road.pair.east, (struct told){ PROTOCOL_ESP, child->spi_out, 7200 }, false);
	assert_int_equal(child->peer_seconds, 1800);
	v1_road_end(&road);
}

static void neither_a_wrong_hash_nor_a_wrong_spi_nor_an_initiator_shortens(void **state)
{
	struct v1_road road;
	struct child_sa *west, *east;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	west = v1_child(&road.pair.west);
	east = v1_child(&road.pair.east);
	say(&road, &road.pair.east, (struct told){ PROTOCOL_IKE, 0, 1800 }, true);
	say(&road, &road.pair.east, (struct told){ PROTOCOL_ESP, west->spi_out, 1800 }, true);
	say(&road, &road.pair.east, (struct told){ PROTOCOL_ESP, west->spi_out + 1, 1800 }, false);
	say(&road, &road.pair.east, (struct told){ PROTOCOL_ESP, west->spi_out, 0 }, false);
	say(&road, &road.pair.west, (struct told){ PROTOCOL_IKE, 0, 1800 }, false);
	say(&road, &road.pair.west, (struct told){ PROTOCOL_ESP, east->spi_out, 1800 }, false);
	assert_int_equal(west->peer_seconds, 28800);
	assert_int_equal(east->peer_seconds, 28800);
	assert_int_equal(v1_sa(&road.pair.west)->v1->seconds, 28800);
	assert_int_equal(v1_sa(&road.pair.east)->v1->seconds, 28800);
	v1_road_end(&road);
}

static void a_lifetime_of_a_second_makes_no_storm(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	say(&road, &road.pair.east, (struct told){ PROTOCOL_IKE, 0, 1 }, false);
	say(&road, &road.pair.east,
	    (struct told){ PROTOCOL_ESP, v1_child(&road.pair.west)->spi_out, 1 }, false);
	v1_road_run(&road, 3600 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 2);
	assert_int_equal(road.pair.west.ike_up, 2);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds_and_kilobytes_are_read_in_any_form),
		cmocka_unit_test(what_is_no_lifetime_says_nothing),
		cmocka_unit_test(only_what_is_shorter_is_told),
		cmocka_unit_test(it_shortens_and_never_lengthens),
		cmocka_unit_test(neither_a_wrong_hash_nor_a_wrong_spi_nor_an_initiator_shortens),
		cmocka_unit_test(a_lifetime_of_a_second_makes_no_storm),
	};
	int failed;

	arena_init(&arena, 1u << 20);
	failed = exchange_run(tests);
	arena_free(&arena);
	return failed;
}
