/* SPDX-License-Identifier: Apache-2.0 */
/* Who begins in vain, and is told so in clear: to whom, and how often. */
#include <stdio.h>
#include "engine/private.h"
#include "unit/ikev1/v1_road.h"

#define OURS   V1_ADD "\tike=aes256-sha2_256-dh19\n"
#define THEIRS V1_ADD "\tike=aes128-sha2_256-dh19\n"

static void who_offers_nothing_of_ours_is_told_in_fewer_bytes(void **state)
{
	static const char *const modes[] = { "", "\taggressive=yes\n" };
	char west[600], east[600];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct v1_road road;
		struct ike_message *message;
		struct isakmp_notify notify;
		(void)snprintf(west, sizeof(west), "%s%s", OURS, modes[i]);
		(void)snprintf(east, sizeof(east), "%s%s", THEIRS, modes[i]);
		v1_road_begin(&road, west, east);
		v1_road_try(&road, 100 * USEC_PER_MSEC);
		assert_int_equal(road.count, 2);
		message = v1_heard(&road, 1);
		assert_int_equal(message->header.exchange, EXCHANGE_V1_INFORMATIONAL);
		assert_int_equal(message->header.flags, 0);
		assert_int_not_equal(message->header.message_id, 0);
		assert_int_equal(message->header.spi_i, v1_heard(&road, 0)->header.spi_i);
		assert_int_equal(isakmp_notify_parse(v1_payload(message, ISAKMP_NOTIFICATION)->body,
						     &notify, NULL),
				 RC_OK);
		assert_int_equal(notify.type, ISAKMP_NO_PROPOSAL_CHOSEN);
		assert_true(road.ears[1].len <= road.ears[0].len);
		assert_int_equal(road.pair.east.gateway->counters.v1_refused, 1);
		assert_int_equal(road.pair.east.gateway->sas.ike_count, 0);
		v1_road_end(&road);
	}
}

/* A flood of them, which may be in the name of somebody else. */
static void no_more_are_told_than_a_bounded_number_a_second(void **state)
{
	struct v1_road road;
	uint64_t told;

	(void)state;
	v1_road_begin(&road, OURS, THEIRS);
	v1_road_try(&road, 10 * USEC_PER_MSEC);
	end_crash(&road.pair.west);
	v1_road_run(&road, 3 * USEC_PER_SEC);
	told = road.pair.east.gateway->counters.v1_refused;
	for (unsigned i = 0; i < 3 * INVALID_SPI_PER_SECOND; i++) {
		road.ears[0].bytes[0] = (uint8_t)(i >> 8);
		road.ears[0].bytes[1] = (uint8_t)i;
		assert_int_equal(world_inject(road.pair.world, &road.ears[0].from, &road.ears[0].to,
					      span_make(road.ears[0].bytes, road.ears[0].len)),
				 RC_OK);
	}
	v1_road_run(&road, 100 * USEC_PER_MSEC);
	told = road.pair.east.gateway->counters.v1_refused - told;
	assert_in_range(told, INVALID_SPI_PER_SECOND, 2 * INVALID_SPI_PER_SECOND);
	v1_road_end(&road);
}

#define STRANGER                                                                                   \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@stranger\n\trightid=@east\n"       \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"       \
	"\tkeyexchange=ikev1\n\taggressive=yes\n\tike=aes256-sha2_256-dh19\n"

/* Who it is may not be found out by asking. */
static void an_identity_that_is_not_expected_is_answered_by_nothing(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin_with(&road, STRANGER, THEIRS "\taggressive=yes\n", NULL, NULL);
	v1_road_try(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.count, 1);
	assert_int_equal(road.pair.east.gateway->counters.v1_refused, 0);
	v1_road_end(&road);
}

/* ---- ikev1-policy=: what an IKEv1 message gets that no conn asks for ---- */

#define IKEV2_ONLY(policy) "config setup\n\tikev1-policy=" policy "\n\n" PAIR_CONN

static void reject_tells_who_begins_in_fewer_bytes(void **state)
{
	static const char *const modes[] = { V1_ADD, V1_ADD "\taggressive=yes\n" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct v1_road road;
		struct ike_message *message;
		struct isakmp_notify notify;
		v1_road_begin(&road, modes[i], IKEV2_ONLY("reject"));
		v1_road_try(&road, 100 * USEC_PER_MSEC);
		assert_int_equal(road.count, 2);
		message = v1_heard(&road, 1);
		assert_int_equal(message->header.exchange, EXCHANGE_V1_INFORMATIONAL);
		assert_int_equal(message->header.flags, 0);
		assert_int_not_equal(message->header.message_id, 0);
		assert_int_equal(message->header.spi_i, v1_heard(&road, 0)->header.spi_i);
		assert_int_equal(message->header.spi_r, 0);
		assert_int_equal(isakmp_notify_parse(v1_payload(message, ISAKMP_NOTIFICATION)->body,
						     &notify, NULL),
				 RC_OK);
		assert_int_equal(notify.type, ISAKMP_INVALID_MAJOR_VERSION);
		assert_true(road.ears[1].len <= road.ears[0].len);
		assert_int_equal(road.pair.east.gateway->counters.v1_ignored, 1);
		assert_int_equal(road.pair.east.gateway->counters.v1_refused, 1);
		assert_int_equal(road.pair.east.gateway->sas.ike_count, 0);
		v1_road_end(&road);
	}
}

static void drop_and_accept_say_nothing(void **state)
{
	static const char *const silent[] = { IKEV2_ONLY("drop"), IKEV2_ONLY("accept"), PAIR_CONN };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct v1_road road;
		v1_road_begin(&road, V1_ADD, silent[i]);
		v1_road_try(&road, 100 * USEC_PER_MSEC);
		assert_int_equal(road.count, 1);
		assert_int_equal(road.pair.east.gateway->counters.v1_ignored, 1);
		assert_int_equal(road.pair.east.gateway->counters.v1_refused, 0);
		assert_true(end_said(&road.pair.east, "no conn for it has keyexchange=ikev1"));
		v1_road_end(&road);
	}
}

/* A flood, which may be in the name of somebody else; and what is smaller than the answer. */
static void rejections_are_bounded_in_number_and_size(void **state)
{
	struct v1_road road;
	struct gateway *east;
	uint64_t told;

	(void)state;
	v1_road_begin(&road, V1_ADD, IKEV2_ONLY("reject"));
	v1_road_try(&road, 10 * USEC_PER_MSEC);
	end_crash(&road.pair.west);
	v1_road_run(&road, 3 * USEC_PER_SEC);
	east = road.pair.east.gateway;
	told = east->counters.v1_refused;
	for (unsigned i = 0; i < 3 * INVALID_SPI_PER_SECOND; i++)
		assert_int_equal(world_inject(road.pair.world, &road.ears[0].from, &road.ears[0].to,
					      span_make(road.ears[0].bytes, road.ears[0].len)),
				 RC_OK);
	v1_road_run(&road, 100 * USEC_PER_MSEC);
	told = east->counters.v1_refused - told;
	assert_in_range(told, INVALID_SPI_PER_SECOND, 2 * INVALID_SPI_PER_SECOND);
	v1_road_run(&road, 2 * USEC_PER_SEC);
	told = east->counters.v1_refused;
	road.ears[0].bytes[26] = 0; /* its header alone */
	road.ears[0].bytes[27] = IKE_HEADER_LEN;
	assert_int_equal(world_inject(road.pair.world, &road.ears[0].from, &road.ears[0].to,
				      span_make(road.ears[0].bytes, IKE_HEADER_LEN)),
			 RC_OK);
	v1_road_run(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(east->counters.v1_refused, told);
	v1_road_end(&road);
}

/* An answer, an informational message, one with our cookie: nobody begins with them. */
static void only_who_begins_is_told(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} others[] = { { 18, EXCHANGE_V1_INFORMATIONAL },
		       { 18, EXCHANGE_V1_QUICK },
		       { 15, 1 },
		       { 19, ISAKMP_FLAG_ENCRYPTION },
		       { 23, 1 } };
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, V1_ADD, IKEV2_ONLY("reject"));
	v1_road_try(&road, 10 * USEC_PER_MSEC);
	end_crash(&road.pair.west);
	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		uint8_t kept = road.ears[0].bytes[others[i].at];
		road.ears[0].bytes[others[i].at] = others[i].value;
		assert_int_equal(world_inject(road.pair.world, &road.ears[0].from, &road.ears[0].to,
					      span_make(road.ears[0].bytes, road.ears[0].len)),
				 RC_OK);
		v1_road_run(&road, 100 * USEC_PER_MSEC);
		road.ears[0].bytes[others[i].at] = kept;
	}
	assert_int_equal(road.pair.east.gateway->counters.v1_refused, 1);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_offers_nothing_of_ours_is_told_in_fewer_bytes),
		cmocka_unit_test(no_more_are_told_than_a_bounded_number_a_second),
		cmocka_unit_test(an_identity_that_is_not_expected_is_answered_by_nothing),
		cmocka_unit_test(reject_tells_who_begins_in_fewer_bytes),
		cmocka_unit_test(drop_and_accept_say_nothing),
		cmocka_unit_test(rejections_are_bounded_in_number_and_size),
		cmocka_unit_test(only_who_begins_is_told),
	};

	return exchange_run(tests);
}
