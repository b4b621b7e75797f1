/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

static uint32_t named_spi; /* what fill_delete() names */
static uint8_t named_protocol;

static void fill_delete(struct writer *writer)
{
	uint8_t spi[4] = { (uint8_t)(named_spi >> 24), (uint8_t)(named_spi >> 16),
			   (uint8_t)(named_spi >> 8), (uint8_t)named_spi };
	struct wire_delete payload = { .protocol = named_protocol };

	if (named_protocol != PROTOCOL_IKE)
		payload = (struct wire_delete){ named_protocol, 4, 1, SPAN_OF(spi) };
	wire_delete_emit(writer, &payload);
}

static struct ike_message *say_delete(struct road *road, uint8_t protocol, uint32_t spi)
{
	named_protocol = protocol;
	named_spi = spi;
	struct outcome_message message = road_inner(road, EXCHANGE_INFORMATIONAL, fill_delete);
	road->count = 0;
	road_say(road, &road->pair.west, &message);
	return road_opened(road, 0, road_sa(&road->pair.west));
}

static void question_whether_we_live_is_answered_with_nothing_inside(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct outcome_message message = road_inner(&road, EXCHANGE_INFORMATIONAL, NULL);
	road_say(&road, &road.pair.west, &message);
	assert_int_equal(road.count, 1);
	struct ike_message *answer = road_opened(&road, 0, road_sa(&road.pair.west));
	assert_int_equal(answer->header.flags, IKE_FLAG_RESPONSE);
	assert_int_equal(answer->count, 1); /* SK, empty */
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* §1.4.1: the answer names the other half. */
static void deleted_child_sa_ends_and_the_answer_names_our_half(void **state)
{
	struct road road;
	struct wire_delete named;
	uint32_t spi, ours, theirs;

	(void)state;
	road_up(&road, NULL, NULL);
	struct child_sa *east = tunnel_current(road_tunnel(&road.pair.east));
	ours = east->spi_in;
	theirs = east->spi_out;
	struct ike_message *answer = say_delete(&road, PROTOCOL_ESP, theirs);
	const struct payload *payload = wire_payload_find(answer, PAYLOAD_DELETE);
	assert_non_null(payload);
	assert_int_equal(wire_delete_parse(payload->body, &named, NULL), RC_OK);
	assert_int_equal(named.count, 1);
	assert_int_equal(span_u32(&named.spis, &spi), RC_OK);
	assert_int_equal(spi, ours);
	assert_int_equal(road.pair.east.child_down, 1);
	assert_int_equal(kernel_simulated_sa_count(road.pair.east.kernel), 0);
	road_end(&road);
}

static void delete_of_an_unknown_spi_or_of_ah_is_answered_and_changes_nothing(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct child_sa *east = tunnel_current(road_tunnel(&road.pair.east));
	assert_null(
		wire_payload_find(say_delete(&road, PROTOCOL_ESP, east->spi_in), PAYLOAD_DELETE));
	assert_null(
		wire_payload_find(say_delete(&road, PROTOCOL_AH, east->spi_out), PAYLOAD_DELETE));
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

static void deleted_ike_sa_ends_with_all_its_children_and_is_answered_empty(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_message *answer = say_delete(&road, PROTOCOL_IKE, 0);
	assert_int_equal(answer->count, 1);
	assert_int_equal(road.pair.east.ike_down, 1);
	assert_int_equal(road.pair.east.child_down, 1);
	end_assert_empty(&road.pair.east);
	road_end(&road);
}

static void fill_complaint(struct writer *writer)
{
	emit_notify(writer, AUTHENTICATION_FAILED);
}

/* §2.21.2: an initiator that does not accept our AUTH says so. */
static void complaint_that_we_are_not_authentic_ends_the_ike_sa(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct outcome_message message = road_inner(&road, EXCHANGE_INFORMATIONAL, fill_complaint);
	road_say(&road, &road.pair.west, &message);
	end_assert_empty(&road.pair.east);
	assert_true(end_said(&road.pair.east, "AUTHENTICATION_FAILED"));
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(question_whether_we_live_is_answered_with_nothing_inside),
		cmocka_unit_test(deleted_child_sa_ends_and_the_answer_names_our_half),
		cmocka_unit_test(delete_of_an_unknown_spi_or_of_ah_is_answered_and_changes_nothing),
		cmocka_unit_test(deleted_ike_sa_ends_with_all_its_children_and_is_answered_empty),
		cmocka_unit_test(complaint_that_we_are_not_authentic_ends_the_ike_sa),
	};

	return exchange_run(tests);
}
