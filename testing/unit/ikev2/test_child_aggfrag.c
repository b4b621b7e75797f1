/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

#define TFS PAIR_CONN "\tiptfs=yes\n"

/* A message with one USE_AGGFRAG of so many octets. */
static struct child_exchange read_one(uint8_t flags, size_t len)
{
	uint8_t body[] = { 0, 0, 0x40, 0x3a, flags, 0 };
	struct payload payload = { .type = PAYLOAD_NOTIFY, .body = span_make(body, 4 + len) };
	struct ike_message message = { .first = &payload, .count = 1 };
	struct child_exchange in = { .aggfrag_flags = 0 };

	aggfrag_read(&message, &in);
	return in;
}

static void its_octet_may_be_missing_but_not_too_long(void **state)
{
	(void)state;
	assert_true(read_one(0, 1).aggfrag);
	assert_int_equal(read_one(3, 1).aggfrag_flags, 3);
	assert_true(read_one(3, 0).aggfrag);
	assert_int_equal(read_one(3, 0).aggfrag_flags, 0);
	assert_false(read_one(0, 2).aggfrag);
}

/* Protocol and SPI size 0, 16442, and an octet without a bit. */
static void what_we_say_demands_nothing(void **state)
{
	static const uint8_t said[] = { 0, 0, 0, 9, 0, 0, 0x40, 0x3a, 0 };
	struct child_sa child = { .iptfs = true };
	uint8_t bytes[32];
	struct sink sink;
	struct writer writer;

	(void)state;
	sink_init(&sink, bytes, sizeof bytes);
	writer_inner(&writer, &sink);
	aggfrag_answer(&child, &writer);
	assert_int_equal(sink_written(&sink).len, sizeof said);
	assert_memory_equal(bytes, said, sizeof said);
}

static struct child_sa child_of(struct road *road)
{
	return (struct child_sa){ .tunnel = road_tunnel(&road->pair.west) };
}

static void an_answer_that_nobody_asked_for_is_refused(void **state)
{
	struct child_exchange in = { .aggfrag = true };
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct child_sa child = child_of(&road);
	assert_int_equal(aggfrag_accept(&in, &child, &diag), RC_NO_PROPOSAL);
	assert_false(child.iptfs);
	aggfrag_choose(&in, &child);
	assert_false(child.iptfs);
	in.aggfrag = false;
	assert_int_equal(aggfrag_accept(&in, &child, &diag), RC_OK);
	road_end(&road);
}

/* §6.1.4: D tells what its sender takes, C what it demands to be sent. */
static void what_the_peer_takes_is_kept_to(void **state)
{
	struct child_exchange in = { .aggfrag = true, .aggfrag_flags = 1 };
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, TFS, TFS);
	struct child_sa initiator = child_of(&road), responder = child_of(&road);
	assert_int_equal(aggfrag_accept(&in, &initiator, &diag), RC_OK);
	aggfrag_choose(&in, &responder);
	assert_true(initiator.iptfs && initiator.iptfs_whole);
	assert_true(responder.iptfs && responder.iptfs_whole);
	in.aggfrag_flags = 0;
	aggfrag_choose(&in, &responder);
	assert_false(responder.iptfs_whole);
	road_end(&road);
}

static void reports_of_congestion_cannot_be_had(void **state)
{
	struct child_exchange in = { .aggfrag = true, .aggfrag_flags = 2 };
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, TFS, TFS);
	struct child_sa child = child_of(&road);
	aggfrag_choose(&in, &child);
	assert_false(child.iptfs);
	assert_int_equal(aggfrag_accept(&in, &child, &diag), RC_NO_PROPOSAL);
	assert_non_null(strstr(diag.text, "reports of congestion"));
	assert_false(child.iptfs);
	road_end(&road);
}

static void a_transport_mode_child_sa_has_none(void **state)
{
	struct child_exchange in = { .aggfrag = true };
	struct road road;

	(void)state;
	road_begin(&road, TFS, TFS);
	struct child_sa child = child_of(&road);
	child.mode = KERNEL_TRANSPORT;
	aggfrag_choose(&in, &child);
	assert_false(child.iptfs);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_octet_may_be_missing_but_not_too_long),
		cmocka_unit_test(what_we_say_demands_nothing),
		cmocka_unit_test(an_answer_that_nobody_asked_for_is_refused),
		cmocka_unit_test(what_the_peer_takes_is_kept_to),
		cmocka_unit_test(reports_of_congestion_cannot_be_had),
		cmocka_unit_test(a_transport_mode_child_sa_has_none),
	};

	return exchange_run(tests);
}
