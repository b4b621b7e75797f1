/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct span nonce;
	(void)arena;
	return wire_nonce_parse(body, &nonce, diag);
}

static void nonce_survives_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	uint8_t bytes[32] = { 1, 2, 3 };
	struct span back;
	wire_nonce_emit(&t->writer, SPAN_OF(bytes));
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_NONCE);
	assert_int_equal(wire_nonce_parse(p->body, &back, &t->diag), RC_OK);
	assert_span(back, SPAN_OF(bytes));
}

/* RFC 7296 §3.9 */
static void nonce_has_16_to_256_bytes(void **state)
{
	uint8_t bytes[300] = { 0 };
	(void)state;
	for (size_t len = 0; len <= sizeof(bytes); len++)
		assert_int_equal(body_rc(parse, span_make(bytes, len)),
				 len >= 16 && len <= 256 ? RC_OK : RC_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(nonce_survives_a_round_trip),
		WIRE_TEST(nonce_has_16_to_256_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
