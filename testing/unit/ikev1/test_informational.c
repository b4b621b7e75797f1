/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/v1_road.h"

#define DPD "\tdpddelay=10s\n"

struct told { /* what a test says */
	uint16_t type;
	uint8_t protocol;
	uint32_t number, spi;
	uint64_t cky_i, cky_r;
};

static struct span cookies(const struct told *told, uint8_t bytes[16])
{
	struct sink sink;

	sink_init(&sink, bytes, 16);
	sink_u64(&sink, told->cky_i);
	sink_u64(&sink, told->cky_r);
	return span_make(bytes, 16);
}

static void put_notify(struct writer *writer, void *context)
{
	const struct told *told = context;
	uint8_t spi[16], data[4];
	struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					.protocol = PROTOCOL_IKE,
					.type = told->type,
					.spi = cookies(told, spi),
					.data = SPAN_OF(data) };
	struct sink sink;

	sink_init(&sink, data, sizeof(data));
	sink_u32(&sink, told->number);
	isakmp_notify_emit(writer, &notify);
}

static void put_delete(struct writer *writer, void *context)
{
	const struct told *told = context;
	uint8_t bytes[16] = { 0 };
	struct isakmp_delete gone = { .doi = ISAKMP_DOI_IPSEC,
				      .protocol = told->protocol,
				      .spi_size = 4,
				      .count = 1,
				      .spis = span_make(bytes, 4) };
	struct sink sink;

	sink_init(&sink, bytes, sizeof(bytes));
	sink_u32(&sink, told->spi);
	if (told->protocol == PROTOCOL_IKE) {
		gone.spi_size = 16;
		gone.spis = cookies(told, bytes);
	}
	isakmp_delete_emit(writer, &gone);
}

static struct isakmp_notify notify_in(const struct ike_message *message)
{
	const struct payload *payload = isakmp_payload_find(message, ISAKMP_NOTIFICATION);
	struct isakmp_notify notify;

	assert_non_null(payload);
	assert_int_equal(isakmp_notify_parse(payload->body, &notify, NULL), RC_OK);
	return notify;
}

static uint32_t number_in(const struct isakmp_notify *notify)
{
	struct span data = notify->data;
	uint32_t number = 0;

	assert_int_equal(span_u32(&data, &number), RC_OK);
	return number;
}

static struct told about(struct end *end)
{
	const struct ike_sa *sa = v1_sa(end);

	return (struct told){ .cky_i = sa->spi_i, .cky_r = sa->spi_r };
}

/* ---- DPD, RFC 3706 ---- */

static void r_u_there_is_answered_with_its_number(void **state)
{
	struct v1_road road;
	struct told told;
	struct isakmp_notify notify;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	told = about(&road.pair.east);
	told.type = ISAKMP_R_U_THERE;
	told.number = 0x12345678;
	v1_say(&road, &road.pair.east, EXCHANGE_V1_INFORMATIONAL, 77, false, put_notify, &told);
	assert_int_equal(road.count, 10);
	notify = notify_in(v1_opened(&road, 9, v1_sa(&road.pair.east)));
	assert_int_equal(notify.type, ISAKMP_R_U_THERE_ACK);
	assert_int_equal(number_in(&notify), 0x12345678);
	assert_int_equal(notify.spi.len, 16);
	v1_road_end(&road);
}

static void r_u_there_with_a_wrong_hash_is_not_answered(void **state)
{
	struct v1_road road;
	struct told told;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	told = about(&road.pair.east);
	told.type = ISAKMP_R_U_THERE;
	v1_say(&road, &road.pair.east, EXCHANGE_V1_INFORMATIONAL, 77, true, put_notify, &told);
	assert_int_equal(road.count, 9);
	assert_true(end_said(&road.pair.west, "the HASH of a message is wrong"));
	assert_int_equal(road.pair.west.gateway->counters.integrity_failures, 1);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void a_silent_peer_is_asked_and_its_answer_is_enough(void **state)
{
	struct v1_road road;
	struct isakmp_notify asked, answered;

	(void)state;
	v1_road_up(&road, V1_ADD DPD, NULL);
	v1_road_run(&road, 15 * USEC_PER_SEC);
	assert_true(road.count >= 11);
	asked = notify_in(v1_opened(&road, 9, v1_sa(&road.pair.east)));
	answered = notify_in(v1_opened(&road, 10, v1_sa(&road.pair.west)));
	assert_int_equal(asked.type, ISAKMP_R_U_THERE);
	assert_int_equal(answered.type, ISAKMP_R_U_THERE_ACK);
	assert_int_equal(number_in(&asked), number_in(&answered));
	v1_road_run(&road, 300 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.ike_down, 0);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void each_question_has_the_next_number(void **state)
{
	struct v1_road road;
	struct isakmp_notify first, second;

	(void)state;
	v1_road_up(&road, V1_ADD DPD, NULL);
	v1_road_run(&road, 40 * USEC_PER_SEC);
	assert_true(road.count >= 13);
	first = notify_in(v1_opened(&road, 9, v1_sa(&road.pair.east)));
	second = notify_in(v1_opened(&road, 11, v1_sa(&road.pair.east)));
	assert_int_equal(number_in(&second), number_in(&first) + 1);
	v1_road_end(&road);
}

static bool lose_all(struct flight *flight, unsigned nth)
{
	(void)flight;
	(void)nth;
	return false;
}

static void a_dead_peer_is_noticed(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, V1_ADD DPD, NULL);
	road.meddle = lose_all;
	v1_road_run(&road, 9 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.ike_down, 0);
	v1_road_run(&road, 200 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.ike_down, 1);
	assert_int_equal(road.pair.west.child_down, 1);
	assert_true(end_said(&road.pair.west, "R-U-THERE"));
	v1_road_end(&road);
}

static void an_answer_with_another_number_is_none(void **state)
{
	struct v1_road road;
	struct told told;

	(void)state;
	v1_road_up(&road, V1_ADD DPD, NULL);
	road.meddle = lose_all;
	v1_road_run(&road, 15 * USEC_PER_SEC);
	assert_int_equal(v1_sa(&road.pair.west)->request.purpose, REQUEST_LIVENESS);
	told = about(&road.pair.east);
	told.type = ISAKMP_R_U_THERE_ACK;
	told.number = v1_sa(&road.pair.west)->v1->dpd_sent + 1;
	v1_say(&road, &road.pair.east, EXCHANGE_V1_INFORMATIONAL, 77, false, put_notify, &told);
	assert_non_null(v1_sa(&road.pair.west)->request.bytes);
	told.number--;
	v1_say(&road, &road.pair.east, EXCHANGE_V1_INFORMATIONAL, 78, false, put_notify, &told);
	assert_null(v1_sa(&road.pair.west)->request.bytes);
	v1_road_end(&road);
}

/* ---- Delete, RFC 2408 §3.15 ---- */

static void a_delete_of_an_ipsec_sa_ends_just_that_one(void **state)
{
	struct v1_road road;
	struct told told = { .protocol = PROTOCOL_ESP };

	(void)state;
	v1_road_up(&road, NULL, NULL);
	told.spi = v1_child(&road.pair.east)->spi_in;
	v1_say(&road, &road.pair.east, EXCHANGE_V1_INFORMATIONAL, 77, false, put_delete, &told);
	assert_int_equal(road.pair.west.child_down, 1);
	assert_int_equal(road.pair.west.ike_down, 0);
	v1_road_end(&road);
}

static void a_delete_of_what_is_not_here_is_counted_and_answered_by_nothing(void **state)
{
	struct v1_road road;
	struct told told = { .protocol = PROTOCOL_ESP };

	(void)state;
	v1_road_up(&road, NULL, NULL);
	told.spi = v1_child(&road.pair.west)->spi_in;
	v1_say(&road, &road.pair.east, EXCHANGE_V1_INFORMATIONAL, 77, false, put_delete, &told);
	told.spi = 0x1000;
	v1_say(&road, &road.pair.east, EXCHANGE_V1_INFORMATIONAL, 78, false, put_delete, &told);
	assert_int_equal(road.pair.west.gateway->counters.deletes_unknown, 2);
	told = about(&road.pair.east);
	told.protocol = PROTOCOL_IKE;
	told.cky_i ^= 1;
	v1_say(&road, &road.pair.east, EXCHANGE_V1_INFORMATIONAL, 79, false, put_delete, &told);
	assert_int_equal(road.pair.west.gateway->counters.deletes_unknown, 3);
	assert_int_equal(road.count, 9);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void a_delete_with_a_wrong_hash_ends_nothing(void **state)
{
	struct v1_road road;
	struct told told;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	told = about(&road.pair.east);
	told.protocol = PROTOCOL_IKE;
	v1_say(&road, &road.pair.east, EXCHANGE_V1_INFORMATIONAL, 77, true, put_delete, &told);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void a_delete_of_the_isakmp_sa_ends_it_if_the_cookies_are_its(void **state)
{
	struct v1_road road;
	struct told told;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	told = about(&road.pair.east);
	told.protocol = PROTOCOL_IKE;
	told.cky_r ^= 1;
	v1_say(&road, &road.pair.east, EXCHANGE_V1_INFORMATIONAL, 77, false, put_delete, &told);
	assert_int_equal(road.pair.west.ike_down, 0);
	told.cky_r ^= 1;
	v1_say(&road, &road.pair.east, EXCHANGE_V1_INFORMATIONAL, 78, false, put_delete, &told);
	assert_int_equal(road.pair.west.ike_down, 1);
	v1_road_end(&road);
}

struct deleted_both {
	const struct ike_sa *sa;
	uint32_t spi;
};

static void put_both_deletes(struct writer *writer, void *context)
{
	const struct deleted_both *both = context;
	uint8_t spi[4], cookies[16];
	struct sink sink;
	struct isakmp_delete child = { 1, PROTOCOL_ESP, 4, 1, SPAN_OF(spi) };
	struct isakmp_delete ike = { 1, PROTOCOL_IKE, 16, 1, SPAN_OF(cookies) };

	sink_init(&sink, spi, sizeof(spi));
	sink_u32(&sink, both->spi);
	sink_init(&sink, cookies, sizeof(cookies));
	sink_u64(&sink, both->sa->spi_i);
	sink_u64(&sink, both->sa->spi_r);
	isakmp_delete_emit(writer, &child);
	isakmp_delete_emit(writer, &ike);
}

static void deletes_of_both_in_one_message_leave_nothing(void **state)
{
	struct v1_road road;
	struct deleted_both both;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	both.sa = v1_sa(&road.pair.west);
	both.spi = v1_child(&road.pair.west)->spi_in;
	v1_say(&road, &road.pair.west, EXCHANGE_V1_INFORMATIONAL, 77, false, put_both_deletes,
	       &both);
	assert_int_equal(road.pair.east.child_down, 1);
	assert_false(v1_has_ike(&road.pair.east));
	end_assert_childless(&road.pair.east);
	v1_road_end(&road);
}

static void both_kinds_of_sa_are_told_to_the_peer_when_we_leave(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	end_stop(&road.pair.west);
	v1_road_run(&road, 5 * USEC_PER_SEC);
	assert_true(road.pair.west.stopped);
	assert_int_equal(road.pair.east.ike_down, 1);
	assert_int_equal(road.pair.east.child_down, 1);
	end_assert_empty(&road.pair.east);
	v1_road_end(&road);
}

static void a_refused_quick_mode_fails_by_the_peers_word(void **state)
{
	struct v1_road road;
	struct told told;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	road.meddle = lose_all;
	assert_int_equal(gateway_rekey(road.pair.west.gateway, "t", REKEY_CHILD, NULL), RC_OK);
	v1_road_run(&road, USEC_PER_SEC / 10);
	assert_non_null(v1_sa(&road.pair.west)->creation);
	told = about(&road.pair.east);
	told.type = ISAKMP_NO_PROPOSAL_CHOSEN;
	v1_say(&road, &road.pair.east, EXCHANGE_V1_INFORMATIONAL, 77, false, put_notify, &told);
	assert_null(v1_sa(&road.pair.west)->creation);
	assert_true(end_said(&road.pair.west, "refused Quick Mode"));
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r_u_there_is_answered_with_its_number),
		cmocka_unit_test(r_u_there_with_a_wrong_hash_is_not_answered),
		cmocka_unit_test(a_silent_peer_is_asked_and_its_answer_is_enough),
		cmocka_unit_test(each_question_has_the_next_number),
		cmocka_unit_test(a_dead_peer_is_noticed),
		cmocka_unit_test(an_answer_with_another_number_is_none),
		cmocka_unit_test(a_delete_of_an_ipsec_sa_ends_just_that_one),
		cmocka_unit_test(a_delete_of_what_is_not_here_is_counted_and_answered_by_nothing),
		cmocka_unit_test(a_delete_with_a_wrong_hash_ends_nothing),
		cmocka_unit_test(a_delete_of_the_isakmp_sa_ends_it_if_the_cookies_are_its),
		cmocka_unit_test(deletes_of_both_in_one_message_leave_nothing),
		cmocka_unit_test(both_kinds_of_sa_are_told_to_the_peer_when_we_leave),
		cmocka_unit_test(a_refused_quick_mode_fails_by_the_peers_word),
	};

	return exchange_run(tests);
}
