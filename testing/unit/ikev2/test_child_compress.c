/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"
#include "sa/compress.h"

struct said {
	struct payload payloads[3];
	struct ike_message message;
	uint8_t bytes[3][16];
};

/* The body of an IPCOMP_SUPPORTED notify. */
static void say(struct said *said, uint16_t cpi, uint8_t transform, size_t len)
{
	unsigned i = said->message.count++;
	uint8_t *body = said->bytes[i];
	struct sink sink;

	sink_init(&sink, body, sizeof(said->bytes[i]));
	sink_u8(&sink, 0);
	sink_u8(&sink, 0);
	sink_u16(&sink, IPCOMP_SUPPORTED);
	sink_u16(&sink, cpi);
	sink_u8(&sink, transform);
	sink_u8(&sink, 0);
	said->payloads[i] =
		(struct payload){ .type = PAYLOAD_NOTIFY, .body = span_make(body, 4 + len) };
	said->message.first = said->payloads;
	if (i > 0)
		said->payloads[i - 1].next = &said->payloads[i];
}

static uint16_t read_one(uint16_t cpi, uint8_t transform, size_t len)
{
	struct said said = { 0 };

	say(&said, cpi, transform, len);
	return ipcomp_read(&said.message);
}

static void deflate_with_a_cpi_that_may_be_negotiated_is_taken(void **state)
{
	(void)state;
	assert_int_equal(read_one(1000, 2, 3), 1000);
	assert_int_equal(read_one(CPI_FIRST, 2, 3), CPI_FIRST);
	assert_int_equal(read_one(CPI_LAST, 2, 3), CPI_LAST);
	assert_int_equal(read_one(CPI_FIRST - 1, 2, 3), 0);
	assert_int_equal(read_one(CPI_LAST + 1, 2, 3), 0);
	assert_int_equal(read_one(1000, 3, 3), 0); /* LZS */
	assert_int_equal(read_one(1000, 2, 2), 0);
	assert_int_equal(read_one(1000, 2, 4), 0);
}

static void of_several_algorithms_deflate_is_found(void **state)
{
	struct said said = { 0 };

	(void)state;
	say(&said, 1000, 3, 3);
	say(&said, 2000, 2, 3);
	say(&said, 3000, 2, 3);
	assert_int_equal(ipcomp_read(&said.message), 2000);
}

/* §2.22: "The notification ... may be included only in a message containing an SA payload
 * negotiating a Child SA", and only the initiator begins with it. */
static void an_answer_that_nobody_asked_for_is_refused(void **state)
{
	struct child_exchange in = { .cpi = 1000 };
	struct child_sa child = { .spi_in = 0x12345678 };
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, NULL, NULL);
	child.tunnel = road_tunnel(&road.pair.west);
	child.remote = child.tunnel->peer->remote;
	assert_int_equal(ipcomp_accept(&in, &child, &diag), RC_NO_PROPOSAL);
	assert_null(child.compress);
	in.cpi = 0;
	assert_int_equal(ipcomp_accept(&in, &child, &diag), RC_OK);
	road_end(&road);
}

static void a_responder_goes_without_when_the_cpi_is_taken(void **state)
{
	static const char zip[] = PAIR_CONN "\tcompress=yes\n";
	struct child_exchange in = { 0 };
	struct road road;

	(void)state;
	road_begin(&road, zip, zip);
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	struct child_sa *first = tunnel_current(road_tunnel(&road.pair.east));
	struct child_sa child = { .spi_in = 0x1234, .tunnel = first->tunnel };
	child.remote = first->remote;
	in.cpi = first->compress->cpi_out;
	assert_int_equal(ipcomp_choose(&road.pair.east.gateway->sas, &in, &child), RC_OK);
	assert_null(child.compress);
	in.cpi = (uint16_t)(in.cpi == CPI_FIRST ? CPI_LAST : in.cpi - 1);
	assert_int_equal(ipcomp_choose(&road.pair.east.gateway->sas, &in, &child), RC_OK);
	assert_int_equal(child.compress->cpi_out, in.cpi);
	mem_free(child.compress);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deflate_with_a_cpi_that_may_be_negotiated_is_taken),
		cmocka_unit_test(of_several_algorithms_deflate_is_found),
		cmocka_unit_test(an_answer_that_nobody_asked_for_is_refused),
		cmocka_unit_test(a_responder_goes_without_when_the_cpi_is_taken),
	};

	return exchange_run(tests);
}
