/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/create.h"
#include "unit/ikev2/road.h"

/* RFC 7296 §2.8.1: the lowest of the four nonces loses. */
static void the_lower_nonce_is_found_as_a_byte_string(void **state)
{
	static const uint8_t low[] = { 1, 255 }, high[] = { 2, 0 }, shorter[] = { 1 };

	(void)state;
	assert_ptr_equal(nonce_lower(SPAN_OF(low), SPAN_OF(high)).ptr, low);
	assert_ptr_equal(nonce_lower(SPAN_OF(high), SPAN_OF(low)).ptr, low);
	assert_ptr_equal(nonce_lower(SPAN_OF(low), SPAN_OF(shorter)).ptr, shorter);
}

static void who_has_the_lowest_nonce_loses(void **state)
{
	struct ike_creation creation = { .ni = { 5 }, .rival_nonce = { 4 }, .rival_nonce_len = 32 };
	static const uint8_t lowest[32] = { 3 }, middle[32] = { 4, 1 };

	(void)state;
	assert_true(creation_lost(&creation, SPAN_OF(lowest)));
	assert_false(creation_lost(&creation, SPAN_OF(middle)));
	creation.ni[0] = 1;
	assert_true(creation_lost(&creation, SPAN_OF(middle)));
}

static void request_without_its_payloads_is_invalid_syntax_and_ends_the_sa(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct outcome_message message = road_inner(&road, EXCHANGE_CREATE_CHILD_SA, NULL);
	road_say(&road, &road.pair.west, &message);
	assert_int_equal(road_notify(road_opened(&road, 0, road_sa(&road.pair.west))),
			 INVALID_SYNTAX);
	assert_int_equal(road.pair.east.ike_down, 1);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lower_nonce_is_found_as_a_byte_string),
		cmocka_unit_test(who_has_the_lowest_nonce_loses),
		cmocka_unit_test(request_without_its_payloads_is_invalid_syntax_and_ends_the_sa),
	};

	return exchange_run(tests);
}
