/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/extra.h"
#include "unit/ikev2/road.h"

static const uint8_t token[40] = "forty bytes that look random enough";

static void fill_token(struct writer *writer)
{
	struct wire_notify notify = { .type = QUICK_CRASH_DETECTION, .data = SPAN_OF(token) };

	wire_notify_emit(writer, &notify);
}

/* RFC 6290 §4.3: after a rekey the initiator's token comes in an INFORMATIONAL. */
static void token_of_an_informational_is_kept_and_answered_empty(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct outcome_message message = road_inner(&road, EXCHANGE_INFORMATIONAL, fill_token);
	road_say(&road, &road.pair.west, &message);
	assert_int_equal(road.count, 1);
	assert_int_equal(road_opened(&road, 0, road_sa(&road.pair.west))->count, 1);
	struct ike_sa *east = road_sa(&road.pair.east);
	assert_non_null(east->extra);
	assert_int_equal(east->extra->crash_token_len, sizeof(token));
	assert_memory_equal(east->extra->crash_token, token, sizeof(token));
	road_end(&road);
}

static void token_for_new_spis_is_told_once(void **state)
{
	static const uint8_t secret[32] = "secret";
	uint8_t expected[CRASH_TOKEN_LEN];
	struct wire_notify notify;
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct gateway *west = road.pair.west.gateway;
	struct ike_sa *sa = road_sa(&road.pair.west);
	gateway_crash_secret(west, secret);
	ike_extra_of(sa)->tell = TELL_CRASH_TOKEN;
	peer_dirty(sa->peer);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.count, 2);
	struct ike_message *heard = road_opened(&road, 0, road_sa(&road.pair.east));
	assert_true(notify_find(heard, QUICK_CRASH_DETECTION, &notify));
	assert_int_equal(crash_token(&west->sas, sa->spi_i, sa->spi_r, expected), RC_OK);
	assert_int_equal(notify.data.len, sizeof(expected));
	assert_memory_equal(notify.data.ptr, expected, sizeof(expected));
	assert_int_equal(sa->extra->tell, 0);
	peer_dirty(sa->peer);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.count, 2);
	road_end(&road);
}

static void fill_lifetime(struct writer *writer)
{
	static const uint8_t hour[4] = { 0, 0, 0x0e, 0x10 };
	struct wire_notify notify = { .type = AUTH_LIFETIME, .data = SPAN_OF(hour) };

	wire_notify_emit(writer, &notify);
}

static void lifetime_of_an_informational_counts_from_now(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct outcome_message message = road_inner(&road, EXCHANGE_INFORMATIONAL, fill_lifetime);
	usec_t before = world_now(road.pair.world);
	road_say(&road, &road.pair.east, &message);
	struct ike_sa *west = road_sa(&road.pair.west);
	assert_true(west->must_reauth);
	assert_in_range(west->auth_ends, before + 3600 * USEC_PER_SEC,
			before + 3601 * USEC_PER_SEC);
	assert_true(west->replace_at < west->auth_ends && west->expires == west->auth_ends);
	road_end(&road);
}

static void fill_bad(struct writer *writer)
{
	struct wire_notify notify = { .type = AUTH_LIFETIME, .data = span_make(token, 5) };

	wire_notify_emit(writer, &notify);
}

static void lifetime_of_another_length_than_four_is_bad_syntax(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct outcome_message message = road_inner(&road, EXCHANGE_INFORMATIONAL, fill_bad);
	road_say(&road, &road.pair.west, &message);
	assert_true(end_said(&road.pair.east, "AUTH_LIFETIME has 5 bytes"));
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_of_an_informational_is_kept_and_answered_empty),
		cmocka_unit_test(token_for_new_spis_is_told_once),
		cmocka_unit_test(lifetime_of_an_informational_counts_from_now),
		cmocka_unit_test(lifetime_of_another_length_than_four_is_bad_syntax),
	};

	return exchange_run(tests);
}
