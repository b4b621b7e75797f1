/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static const uint8_t two_spis[] = { PROTOCOL_ESP, 4, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8 };

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct wire_delete payload;
	(void)arena;
	return wire_delete_parse(body, &payload, diag);
}

static void delete_of_child_sas_survives_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_delete payload = { PROTOCOL_ESP, 4, 2, BYTES(1, 2, 3, 4, 5, 6, 7, 8) }, back;
	wire_delete_emit(&t->writer, &payload);
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_DELETE);
	assert_span(p->body, SPAN_OF(two_spis));
	assert_int_equal(wire_delete_parse(p->body, &back, &t->diag), RC_OK);
	assert_int_equal(back.protocol, PROTOCOL_ESP);
	assert_int_equal(back.spi_size, 4);
	assert_int_equal(back.count, 2);
	assert_span(back.spis, payload.spis);
}

static void delete_is_refused_when_cut_at_any_byte(void **state)
{
	(void)state;
	check_cuts(parse, SPAN_OF(two_spis), sizeof(two_spis));
	check_flips(parse, SPAN_OF(two_spis));
	assert_int_equal(body_rc(parse, span_make(two_spis, 11)), RC_TRUNCATED);
}

static void trailing_bytes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse, BYTES(PROTOCOL_ESP, 4, 0, 1, 1, 2, 3, 4, 5)), RC_TRAILING);
	assert_int_equal(body_rc(parse, BYTES(PROTOCOL_IKE, 0, 0, 0, 1)), RC_TRAILING);
}

/* RFC 7296 §3.11 */
static void delete_of_the_ike_sa_has_no_spi(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse, BYTES(PROTOCOL_IKE, 0, 0, 0)), RC_OK);
	assert_int_equal(body_rc(parse, BYTES(PROTOCOL_IKE, 0, 0, 1)), RC_SYNTAX);
	assert_int_equal(body_rc(parse, BYTES(PROTOCOL_IKE, 4, 0, 0)), RC_SYNTAX);
}

static void child_spis_have_four_bytes(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse, BYTES(PROTOCOL_ESP, 0, 0, 0)), RC_SYNTAX);
	assert_int_equal(body_rc(parse, BYTES(PROTOCOL_AH, 2, 0, 1, 1, 2)), RC_SYNTAX);
	assert_int_equal(body_rc(parse, BYTES(PROTOCOL_AH, 4, 0, 0)), RC_OK);
}

static void count_beyond_the_limit_is_refused(void **state)
{
	uint8_t bytes[4 + 4 * (LIMIT_DELETE_SPIS + 1)] = { PROTOCOL_ESP, 4, LIMIT_DELETE_SPIS >> 8,
							   LIMIT_DELETE_SPIS & 0xff };
	(void)state;
	assert_int_equal(body_rc(parse, span_make(bytes, sizeof(bytes) - 4)), RC_OK);
	bytes[3]++;
	assert_int_equal(body_rc(parse, SPAN_OF(bytes)), RC_LIMIT);
	assert_int_equal(body_rc(parse, BYTES(PROTOCOL_ESP, 4, 0xff, 0xff)), RC_LIMIT);
	assert_int_equal(body_rc(parse, BYTES(77, 0, 0xff, 0xff)), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(delete_of_child_sas_survives_a_round_trip),
		WIRE_TEST(delete_is_refused_when_cut_at_any_byte),
		WIRE_TEST(trailing_bytes_are_refused),
		WIRE_TEST(delete_of_the_ike_sa_has_no_spi),
		WIRE_TEST(child_spis_have_four_bytes),
		WIRE_TEST(count_beyond_the_limit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
