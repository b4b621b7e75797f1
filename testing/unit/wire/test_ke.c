/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static const uint8_t sample[] = { 0, 31, 0, 0, 1, 2, 3, 4 };

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct wire_ke ke;
	(void)arena;
	return wire_ke_parse(body, &ke, diag);
}

static void ke_survives_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_ke ke = { DH_CURVE25519, BYTES(1, 2, 3, 4) }, back;
	wire_ke_emit(&t->writer, &ke);
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_KE);
	assert_span(p->body, SPAN_OF(sample));
	assert_int_equal(wire_ke_parse(p->body, &back, &t->diag), RC_OK);
	assert_int_equal(back.group, DH_CURVE25519);
	assert_span(back.data, BYTES(1, 2, 3, 4));
}

static void ke_without_data_is_refused(void **state)
{
	(void)state;
	check_cuts(parse, SPAN_OF(sample), 5);
	assert_int_equal(body_rc(parse, span_make(sample, 4)), RC_TRUNCATED);
	check_flips(parse, SPAN_OF(sample));
}

static void reserved_bytes_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse, BYTES(0, 31, 0xff, 0xff, 1)), RC_OK);
}

static void data_beyond_the_limit_is_refused(void **state)
{
	uint8_t bytes[4 + LIMIT_KE + 1] = { 0 };
	(void)state;
	assert_int_equal(body_rc(parse, span_make(bytes, 4 + LIMIT_KE)), RC_OK);
	assert_int_equal(body_rc(parse, SPAN_OF(bytes)), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(ke_survives_a_round_trip),
		WIRE_TEST(ke_without_data_is_refused),
		WIRE_TEST(reserved_bytes_are_ignored),
		WIRE_TEST(data_beyond_the_limit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
