/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/resume_road.h"

static void fill_request(struct writer *writer)
{
	emit_notify(writer, TICKET_REQUEST);
}

static uint16_t answer_to_request(struct road *road)
{
	struct outcome_message message = road_inner(road, EXCHANGE_INFORMATIONAL, fill_request);
	struct wire_notify notify;

	road->count = 0;
	road_say(road, &road->pair.west, &message);
	struct ike_message *answer = road_opened(road, 0, road_sa(&road->pair.west));
	if (notify_find(answer, TICKET_LT_OPAQUE, &notify))
		return notify.type;
	return notify_find(answer, TICKET_NACK, &notify) ? notify.type : 0;
}

static void ticket_is_given_when_the_conn_says_so_and_refused_otherwise(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, RESUMES, RESUMES);
	assert_int_equal(answer_to_request(&road), TICKET_LT_OPAQUE);
	road_end(&road);
	road_up(&road, RESUMES, NULL);
	assert_int_equal(answer_to_request(&road), TICKET_NACK);
	road_end(&road);
}

/* Whose identity is not known for sure has no ticket in his name. */
static void peer_of_any_identity_gets_its_ticket_in_ike_auth_only(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, RESUMES, RESUMES);
	assert_non_null(road_sa(&road.pair.west)->extra->ticket);
	road_sa(&road.pair.east)->peer->remote_id.type = ID_NONE;
	assert_int_equal(answer_to_request(&road), TICKET_NACK);
	road_sa(&road.pair.east)->peer->remote_id.type = ID_FQDN;
	road_end(&road);
}

static void ticket_lives_no_longer_than_the_sa_or_the_authentication(void **state)
{
	struct road road;
	usec_t now;

	(void)state;
	road_up(&road, RESUMES, RESUMES "\tikelifetime=2h\n");
	now = world_now(road.pair.world);
	assert_in_range(road_sa(&road.pair.west)->extra->ticket->expires, now + 7190 * USEC_PER_SEC,
			now + 7200 * USEC_PER_SEC);
	road_end(&road);
	road_up(&road, RESUMES, RESUMES "\tikelifetime=2h\n\tauthlifetime=10m\n");
	now = world_now(road.pair.world);
	assert_true(road_sa(&road.pair.west)->extra->ticket->expires <= now + 600 * USEC_PER_SEC);
	road_end(&road);
}

static void fill_small(struct writer *writer)
{
	static const uint8_t small[] = { 0, 0, 0, 9, 1, 2, 3 };
	struct wire_notify notify = { .type = TICKET_LT_OPAQUE, .data = SPAN_OF(small) };

	wire_notify_emit(writer, &notify);
}

static void ticket_of_an_informational_replaces_the_one_before(void **state)
{
	struct road road;
	usec_t expires;

	(void)state;
	road_up(&road, RESUMES, RESUMES);
	struct ike_sa *west = road_sa(&road.pair.west);
	struct outcome_message message = road_inner(&road, EXCHANGE_INFORMATIONAL, fill_small);
	road_say(&road, &road.pair.east, &message);
	assert_int_equal(west->extra->ticket->len, 3);
	expires = west->extra->ticket->expires;
	assert_in_range(expires, 1, world_now(road.pair.world) + 9 * USEC_PER_SEC);
	road_end(&road);
}

/* §4.1: a gateway that says TICKET_ACK is asked again in an INFORMATIONAL. */
static void deferred_ticket_is_asked_for_once_more(void **state)
{
	struct ike_message message = { .header = { .exchange = EXCHANGE_IKE_AUTH } };
	struct payload ack = { .type = PAYLOAD_NOTIFY };
	uint8_t notify[4] = { 0, 0, TICKET_ACK >> 8, TICKET_ACK & 255 };
	struct road road;

	(void)state;
	road_up(&road, RESUMES, RESUMES);
	struct step step = { .sa = road_sa(&road.pair.west), .message = &message };
	struct outcome out = { .extra = { .ticket_seconds = 0 } };
	ack.body = SPAN_OF(notify);
	message.first = &ack;
	resume_read_grant(&step, &out);
	assert_true(out.extra.ticket_later);
	assert_null(out.extra.ticket.ptr);
	message.header.exchange = EXCHANGE_INFORMATIONAL;
	resume_read_grant(&step, &out);
	assert_false(out.extra.ticket_later);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticket_is_given_when_the_conn_says_so_and_refused_otherwise),
		cmocka_unit_test(peer_of_any_identity_gets_its_ticket_in_ike_auth_only),
		cmocka_unit_test(ticket_lives_no_longer_than_the_sa_or_the_authentication),
		cmocka_unit_test(deferred_ticket_is_asked_for_once_more),
		cmocka_unit_test(ticket_of_an_informational_replaces_the_one_before),
	};

	return exchange_run(tests);
}
