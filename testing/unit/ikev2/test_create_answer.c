/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

static uint32_t rekeyed_spi;
static uint8_t rekeyed_protocol;

static void fill(struct writer *writer)
{
	static const uint8_t nonce[32] = { 1 }, spi[4] = { 1, 2, 3, 4 };
	static uint8_t old[4];
	struct wire_transform transforms[] = {
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 }
	};
	struct wire_proposal proposal = { 1, PROTOCOL_ESP, SPAN_OF(spi), transforms, 1 };
	struct wire_sa sa = { &proposal, 1 };
	struct wire_notify notify = { .protocol = rekeyed_protocol,
				      .type = REKEY_SA,
				      .spi = SPAN_OF(old) };
	struct ip_range any;
	struct wire_ts ts = { .type = TS_IPV4_ADDR_RANGE, .port_to = 65535 };
	struct wire_ts_list list = { &ts, 1 };

	for (unsigned i = 0; i < 4; i++)
		old[i] = (uint8_t)(rekeyed_spi >> (24 - 8 * i));
	assert_int_equal(range_parse("0.0.0.0/0", &any, NULL), RC_OK);
	ts.range = any;
	wire_notify_emit(writer, &notify);
	wire_sa_emit(writer, &sa);
	wire_nonce_emit(writer, SPAN_OF(nonce));
	wire_ts_emit(writer, PAYLOAD_TSi, &list);
	wire_ts_emit(writer, PAYLOAD_TSr, &list);
}

static struct ike_message *answer_to(struct road *road, uint32_t spi, uint8_t protocol)
{
	struct end *west = &road->pair.west;

	rekeyed_spi = spi;
	rekeyed_protocol = protocol;
	struct outcome_message message = road_inner(road, EXCHANGE_CREATE_CHILD_SA, fill);
	road->count = 0;
	road_say(road, west, &message);
	return road_opened(road, 0, road_sa(west));
}

#define NO_PFS PAIR_CONN "\tpfs=no\n"

/* RFC 7296 §2.25: with the SPI that was not found. */
static void unknown_child_sa_is_child_sa_not_found(void **state)
{
	static const uint8_t spi[] = { 0xde, 0xad, 0xbe, 0xef };
	struct wire_notify notify;
	struct road road;

	(void)state;
	road_up(&road, NO_PFS, NO_PFS);
	struct ike_message *answer = answer_to(&road, 0xdeadbeef, PROTOCOL_ESP);
	assert_true(notify_error(answer, &notify));
	assert_int_equal(notify.type, CHILD_SA_NOT_FOUND);
	assert_true(span_equal(notify.spi, SPAN_OF(spi)));
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* §2.25.1 */
static void child_sa_on_its_way_out_is_a_temporary_failure(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NO_PFS, NO_PFS);
	struct child_sa *child = tunnel_current(road_tunnel(&road.pair.east));
	child->replaced = true;
	child->leave_at = host_now(road.pair.east.host) + 3600 * USEC_PER_SEC;
	struct ike_message *answer = answer_to(&road, child->spi_out, PROTOCOL_ESP);
	assert_int_equal(road_notify(answer), TEMPORARY_FAILURE);
	road_end(&road);
}

/* Its successor is in the kernel, inbound only, until the old one is deleted. */
static void rekeyed_child_sa_waits_with_its_outbound_half(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NO_PFS, NO_PFS);
	struct child_sa *old = tunnel_current(road_tunnel(&road.pair.east));
	struct ike_message *answer = answer_to(&road, old->spi_out, PROTOCOL_ESP);
	assert_int_equal(road_notify(answer), 0);
	struct child_sa *child = tunnel_current(road_tunnel(&road.pair.east));
	assert_ptr_not_equal(child, old);
	assert_true(old->replaced && child->in_installed && !child->out_installed);
	assert_true(selectors_equal(&child->selectors, &old->selectors));
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_child_sa_is_child_sa_not_found),
		cmocka_unit_test(child_sa_on_its_way_out_is_a_temporary_failure),
		cmocka_unit_test(rekeyed_child_sa_waits_with_its_outbound_half),
	};

	return exchange_run(tests);
}
