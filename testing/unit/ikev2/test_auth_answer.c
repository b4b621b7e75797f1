/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

/* The answer of east to IKE_AUTH, opened by west. */
static struct ike_message *answer_of(struct road *road, const char *west, const char *east)
{
	road_begin(road, west, east);
	end_up(&road->pair.west, "t");
	while (road->count < 4)
		assert_true(world_step(road->pair.world));
	return road_opened(road, 3, road_sa(&road->pair.west));
}

static void answer_proves_who_we_are_and_makes_the_tunnel(void **state)
{
	static const enum payload_type once[] = { PAYLOAD_IDr, PAYLOAD_AUTH, PAYLOAD_SA,
						  PAYLOAD_TSi, PAYLOAD_TSr };
	struct road road;
	struct wire_id id;

	(void)state;
	struct ike_message *answer = answer_of(&road, NULL, NULL);
	for (unsigned i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		assert_int_equal(wire_payload_count(answer, once[i]), 1);
	assert_int_equal(wire_id_parse(payload_of(answer, PAYLOAD_IDr)->body, &id, NULL), RC_OK);
	assert_true(span_equal_text(id.data, "east"));
	assert_int_equal(answer->header.flags, IKE_FLAG_RESPONSE);
	assert_int_equal(answer->header.message_id, 1);
	road_end(&road);
}

/* architecture.md §7: what the peer sends as soon as it reads the answer must find its SA. */
static void inbound_half_is_in_the_kernel_before_the_answer_is_sent(void **state)
{
	struct road road;
	struct simulated_sa found;

	(void)state;
	(void)answer_of(&road, NULL, NULL);
	assert_true(kernel_simulated_sa(road.pair.east.kernel, 0, &found));
	assert_int_equal(found.sa.direction, KERNEL_IN);
	assert_int_equal(found.sa.spi, tunnel_current(road_tunnel(&road.pair.east))->spi_in);
	road_end(&road);
}

#define NARROW                                                                                     \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.128/25\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"

static void selectors_are_narrowed_to_what_the_conn_allows(void **state)
{
	struct road road;
	struct wire_ts_list list;
	struct selector selector;
	char text[SELECTOR_TEXT_MAX];

	(void)state;
	struct ike_message *answer = answer_of(&road, NULL, NARROW);
	assert_int_equal(
		wire_ts_parse(&road.arena, payload_of(answer, PAYLOAD_TSi)->body, &list, NULL),
		RC_OK);
	assert_int_equal(list.count, 1);
	assert_int_equal(selector_from_wire(&list.items[0], &selector), RC_OK);
	assert_string_equal(selector_text(&selector, text), "10.1.0.128/25");
	road_end(&road);
}

#define ELSEWHERE                                                                                  \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.9.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"

/* §2.21.2: AUTH stands, the Child SA does not. */
static void refused_child_sa_leaves_auth_and_has_no_selectors(void **state)
{
	struct road road;

	(void)state;
	struct ike_message *answer = answer_of(&road, NULL, ELSEWHERE);
	assert_int_equal(road_notify(answer), TS_UNACCEPTABLE);
	assert_int_equal(wire_payload_count(answer, PAYLOAD_AUTH), 1);
	assert_int_equal(wire_payload_count(answer, PAYLOAD_SA), 0);
	assert_int_equal(kernel_simulated_sa_count(road.pair.east.kernel), 0);
	road_end(&road);
}

#define STRANGER                                                                                   \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@nobody\n\trightid=@east\n"         \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"

/* Nobody learns our identity or why, before he has proven his. */
static void stranger_learns_nothing_but_that_he_failed(void **state)
{
	struct road road;

	(void)state;
	memset(&road, 0, sizeof(road));
	arena_init(&road.arena, 1u << 24);
	pair_start(&road.pair, 1, STRANGER, NULL, ": PSK \"correct horse battery staple\"\n", NULL);
	world_tap(road.pair.world, road_listen, &road);
	end_up(&road.pair.west, "t");
	while (road.count < 4)
		assert_true(world_step(road.pair.world));
	struct ike_message *answer = road_opened(&road, 3, road_sa(&road.pair.west));
	assert_int_equal(road_notify(answer), AUTHENTICATION_FAILED);
	assert_int_equal(answer->count, 2); /* SK and the notify */
	assert_int_equal(road.pair.east.ike_up, 0);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_proves_who_we_are_and_makes_the_tunnel),
		cmocka_unit_test(inbound_half_is_in_the_kernel_before_the_answer_is_sent),
		cmocka_unit_test(selectors_are_narrowed_to_what_the_conn_allows),
		cmocka_unit_test(refused_child_sa_leaves_auth_and_has_no_selectors),
		cmocka_unit_test(stranger_learns_nothing_but_that_he_failed),
	};

	return exchange_run(tests);
}
