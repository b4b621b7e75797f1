/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static const uint8_t header_bytes[IKE_HEADER_LEN] = {
	1,  2,	3,  4,	  5,  6,    7, 8, 17, 18, 19, 20, 21, 22,
	23, 24, 33, 0x20, 34, 0x08, 0, 0, 1,  2,  0,  0,  0,  28,
};

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct ike_header header;
	(void)arena;
	return wire_header_parse(body, &header, diag);
}

static void header_fields_are_where_the_rfc_puts_them(void **state)
{
	struct ike_header header;
	(void)state;
	assert_int_equal(wire_header_parse(SPAN_OF(header_bytes), &header, NULL), RC_OK);
	assert_true(header.spi_i == TEST_SPI_I);
	assert_true(header.spi_r == 0x1112131415161718u);
	assert_int_equal(header.next, PAYLOAD_SA);
	assert_int_equal(header.version, IKE_VERSION_2);
	assert_int_equal(ike_major(&header), 2);
	assert_int_equal(header.exchange, EXCHANGE_IKE_SA_INIT);
	assert_int_equal(header.flags, IKE_FLAG_INITIATOR);
	assert_int_equal(header.message_id, 258);
	assert_int_equal(header.length, 28);
}

static void header_survives_a_round_trip(void **state)
{
	struct ike_header header;
	uint8_t buffer[IKE_HEADER_LEN];
	struct sink sink;
	(void)state;
	assert_int_equal(wire_header_parse(SPAN_OF(header_bytes), &header, NULL), RC_OK);
	sink_init(&sink, buffer, sizeof(buffer));
	wire_header_emit(&sink, &header);
	assert_span(sink_written(&sink), SPAN_OF(header_bytes));
}

static void truncated_header_is_refused_at_every_byte(void **state)
{
	(void)state;
	check_cuts(parse, SPAN_OF(header_bytes), IKE_HEADER_LEN);
	for (size_t len = 0; len < IKE_HEADER_LEN; len++)
		assert_int_equal(body_rc(parse, span_make(header_bytes, len)), RC_TRUNCATED);
}

static void length_unequal_to_the_datagram_is_refused(void **state)
{
	uint8_t bytes[IKE_HEADER_LEN + 1] = { 0 };
	(void)state;
	memcpy(bytes, header_bytes, IKE_HEADER_LEN);
	assert_int_equal(body_rc(parse, SPAN_OF(bytes)), RC_SYNTAX); /* a byte too much */
	bytes[27] = 27;
	assert_int_equal(body_rc(parse, span_make(bytes, IKE_HEADER_LEN)), RC_SYNTAX);
	bytes[27] = 28;
	bytes[24] = 0x80; /* 2 GiB */
	assert_int_equal(body_rc(parse, span_make(bytes, IKE_HEADER_LEN)), RC_SYNTAX);
}

static void longer_than_a_datagram_can_be_is_refused(void **state)
{
	uint8_t *bytes = calloc(1, LIMIT_MESSAGE + 1);
	(void)state;
	bytes[25] = 1; /* 65536 */
	assert_int_equal(body_rc(parse, span_make(bytes, LIMIT_MESSAGE + 1)), RC_LIMIT);
	bytes[25] = 0;
	bytes[26] = bytes[27] = 0xff;
	assert_int_equal(body_rc(parse, span_make(bytes, LIMIT_MESSAGE)), RC_OK);
	free(bytes);
}

static void ikev1_header_is_recognised(void **state)
{
	uint8_t bytes[IKE_HEADER_LEN];
	struct ike_header header;
	(void)state;
	memcpy(bytes, header_bytes, sizeof(bytes));
	bytes[17] = IKE_VERSION_1;
	bytes[18] = EXCHANGE_V1_MAIN;
	assert_int_equal(wire_header_parse(SPAN_OF(bytes), &header, NULL), RC_OK);
	assert_int_equal(ike_major(&header), 1);
	assert_int_equal(header.version, IKE_VERSION_1);
	assert_int_equal(header.exchange, EXCHANGE_V1_MAIN);
}

static void refused_header_says_what_was_expected(void **state)
{
	struct ike_header header;
	struct diag diag = { 0 };
	(void)state;
	assert_int_equal(wire_header_parse(span_make(header_bytes, 27), &header, &diag),
			 RC_TRUNCATED);
	assert_non_null(strstr(diag.text, "27 bytes"));
	assert_non_null(strstr(diag.text, "28"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_fields_are_where_the_rfc_puts_them),
		cmocka_unit_test(header_survives_a_round_trip),
		cmocka_unit_test(truncated_header_is_refused_at_every_byte),
		cmocka_unit_test(length_unequal_to_the_datagram_is_refused),
		cmocka_unit_test(longer_than_a_datagram_can_be_is_refused),
		cmocka_unit_test(ikev1_header_is_recognised),
		cmocka_unit_test(refused_header_says_what_was_expected),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
