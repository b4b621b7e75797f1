/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

static void inject(struct road *road, struct ike_header *header, size_t extra)
{
	struct ip_endpoint from = { .port = 500 }, to = from;
	uint8_t buffer[256] = { 0 };
	struct sink sink;

	assert_int_equal(ip_parse("198.51.100.9", &from.addr), RC_OK);
	assert_int_equal(ip_parse(EAST_ADDRESS, &to.addr), RC_OK);
	sink_init(&sink, buffer, sizeof(buffer));
	wire_header_emit(&sink, header);
	sink_patch_u32(&sink, 24, (uint32_t)(IKE_HEADER_LEN + extra));
	assert_int_equal(world_inject(road->pair.world, &from, &to,
				      span_make(buffer, IKE_HEADER_LEN + extra)),
			 RC_OK);
}

static struct ike_header header(uint8_t version, uint8_t exchange, uint8_t flags)
{
	return (struct ike_header){
		.spi_i = 1, .spi_r = 2, .version = version, .exchange = exchange, .flags = flags
	};
}

static void unknown_sa_is_answered_so_often_a_second_and_no_more(void **state)
{
	struct ike_header what = header(IKE_VERSION_2, EXCHANGE_INFORMATIONAL, IKE_FLAG_INITIATOR);
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	const struct gateway_counters *counters = &road.pair.east.gateway->counters;
	for (unsigned i = 0; i < 3 * INVALID_SPI_PER_SECOND; i++)
		inject(&road, &what, 0);
	road_run(&road, 900 * USEC_PER_MSEC);
	assert_int_equal(counters->unknown_spi, 3 * INVALID_SPI_PER_SECOND);
	assert_int_equal(counters->datagrams_out, INVALID_SPI_PER_SECOND);
	assert_int_equal(road_notify(road_heard(&road, 0)), INVALID_IKE_SPI);
	road_run(&road, USEC_PER_SEC);
	inject(&road, &what, 0);
	road_run(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(counters->datagrams_out, INVALID_SPI_PER_SECOND + 1);
	road_end(&road);
}

/* Two gateways must not answer each other's answers for ever. */
static void answers_for_an_unknown_sa_are_never_answered(void **state)
{
	struct ike_header what = header(IKE_VERSION_2, EXCHANGE_INFORMATIONAL, IKE_FLAG_RESPONSE);
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	inject(&road, &what, 0);
	what.version = 0x30;
	inject(&road, &what, 0);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.pair.east.gateway->counters.unknown_spi, 1);
	assert_int_equal(road.count, 0);
	road_end(&road);
}

static void newer_version_is_told_and_an_older_one_counted(void **state)
{
	struct ike_header v3 = header(0x30, EXCHANGE_IKE_SA_INIT, IKE_FLAG_INITIATOR);
	struct ike_header v1 = header(IKE_VERSION_1, EXCHANGE_V1_MAIN, 0);
	struct road road;

	(void)state;
	v1.spi_r = 0;
	road_begin(&road, NULL, NULL);
	inject(&road, &v3, 0);
	inject(&road, &v1, 0);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.count, 1);
	assert_int_equal(road_notify(road_heard(&road, 0)), INVALID_MAJOR_VERSION);
	assert_int_equal(road_heard(&road, 0)->header.version, IKE_VERSION_2);
	assert_int_equal(road.pair.east.gateway->counters.v1_ignored, 1);
	road_end(&road);
}

static void exchange_that_nobody_knows_and_impossible_first_requests_are_dropped(void **state)
{
	struct ike_header unknown = header(IKE_VERSION_2, 99, IKE_FLAG_INITIATOR);
	struct ike_header init = header(IKE_VERSION_2, EXCHANGE_IKE_SA_INIT, IKE_FLAG_INITIATOR);
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	inject(&road, &unknown, 0);
	inject(&road, &init, 0); /* SPIr must be 0 */
	init.spi_r = 0;
	init.message_id = 1;
	inject(&road, &init, 0);
	init.message_id = 0;
	init.flags = 0;
	inject(&road, &init, 0);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.pair.east.gateway->counters.dropped, 4);
	assert_int_equal(road.count, 0);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_sa_is_answered_so_often_a_second_and_no_more),
		cmocka_unit_test(answers_for_an_unknown_sa_are_never_answered),
		cmocka_unit_test(newer_version_is_told_and_an_older_one_counted),
		cmocka_unit_test(
			exchange_that_nobody_knows_and_impossible_first_requests_are_dropped),
	};

	return exchange_run(tests);
}
