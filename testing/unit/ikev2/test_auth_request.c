/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

static struct ike_message *request_of(struct road *road, const char *west)
{
	road_begin(road, west, NULL);
	end_up(&road->pair.west, "t");
	road_run(road, 2 * USEC_PER_SEC);
	return road_opened(road, 2, road_sa(&road->pair.east));
}

/* §1.2: IDi, [CERT,] [CERTREQ,] [IDr,] AUTH, SA, TSi, TSr */
static void the_payloads_come_in_the_order_of_the_rfc(void **state)
{
	static const uint8_t order[] = { PAYLOAD_IDi, PAYLOAD_IDr, PAYLOAD_AUTH,
					 PAYLOAD_SA,  PAYLOAD_TSi, PAYLOAD_TSr };
	struct road road;
	unsigned next = 0;

	(void)state;
	struct ike_message *request = request_of(&road, NULL);
	for (const struct payload *p = request->first; p != NULL; p = p->next)
		if (next < sizeof(order) && p->type == order[next])
			next++;
	assert_int_equal(next, sizeof(order));
	road_end(&road);
}

/* Who is not wanted any more while the message is made does not go out. */
static void a_tunnel_that_is_given_up_meanwhile_is_not_begun(void **state)
{
	struct diag diag = { "" };
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	end_up(&road.pair.west, "t");
	assert_int_equal(gateway_delete(road.pair.west.gateway, "t", &diag), RC_OK);
	road_run(&road, 5 * USEC_PER_SEC);
	assert_int_equal(road.pair.east.ike_up, 0);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_payloads_come_in_the_order_of_the_rfc),
		cmocka_unit_test(a_tunnel_that_is_given_up_meanwhile_is_not_begun),
	};

	return exchange_run(tests);
}
