/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/redirect.h"
#include "unit/ikev2/road.h"

#define SENDS "config setup\n\tglobal-redirect=yes\n\tglobal-redirect-to=192.0.2.77\n\n" PAIR_CONN
#define GOES  PAIR_CONN "\taccept-redirect=yes\n"

static struct ike_message *answer_to(struct road *road, const char *west, const char *east)
{
	road_begin(road, west, east);
	end_up(&road->pair.west, "t");
	world_settle(road->pair.world);
	road_run(road, 100 * USEC_PER_MSEC);
	assert_true(road->count >= 2);
	return road_heard(road, 1);
}

static void answer_names_the_gateway_and_repeats_the_nonce(void **state)
{
	static const uint8_t gateway[] = { 1, 4, 192, 0, 2, 77 };
	struct road road;
	struct wire_notify notify;
	struct span nonce;

	(void)state;
	struct ike_message *answer = answer_to(&road, GOES, SENDS);
	struct ike_message *request = road_heard(&road, 0);
	assert_true(notify_find(request, REDIRECT_SUPPORTED, &notify));
	assert_true(notify_find(answer, REDIRECT, &notify));
	assert_int_equal(answer->header.spi_r, 0);
	nonce = payload_of(request, PAYLOAD_NONCE)->body;
	assert_int_equal(notify.data.len, sizeof(gateway) + nonce.len);
	assert_memory_equal(notify.data.ptr, gateway, sizeof(gateway));
	assert_memory_equal(notify.data.ptr + sizeof(gateway), nonce.ptr, nonce.len);
	road_end(&road);
}

static void client_says_at_the_new_gateway_where_it_comes_from(void **state)
{
	static const uint8_t from[] = { 1, 4, 192, 0, 2, 2 };
	struct road road;
	struct wire_notify notify;

	(void)state;
	(void)answer_to(&road, GOES, SENDS);
	assert_true(road.count >= 3);
	struct ike_message *second = road_heard(&road, 2);
	assert_true(notify_find(second, REDIRECTED_FROM, &notify));
	assert_true(span_equal(notify.data, SPAN_OF(from)));
	assert_false(notify_find(second, REDIRECT_SUPPORTED, &notify));
	road_end(&road);
}

static void client_that_does_not_say_so_is_not_redirected(void **state)
{
	struct road road;
	struct wire_notify notify;

	(void)state;
	struct ike_message *answer = answer_to(&road, PAIR_CONN, SENDS);
	assert_false(notify_find(road_heard(&road, 0), REDIRECT_SUPPORTED, &notify));
	assert_false(notify_find(answer, REDIRECT, &notify));
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_names_the_gateway_and_repeats_the_nonce),
		cmocka_unit_test(client_says_at_the_new_gateway_where_it_comes_from),
		cmocka_unit_test(client_that_does_not_say_so_is_not_redirected),
	};

	return exchange_run(tests);
}
