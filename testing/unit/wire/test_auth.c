/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct wire_auth auth;
	(void)arena;
	return wire_auth_parse(body, &auth, diag);
}

static void auth_survives_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_auth auth = { AUTH_SIGNATURE, BYTES(5, 6, 7) }, back;
	wire_auth_emit(&t->writer, &auth);
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_AUTH);
	assert_span(p->body, BYTES(14, 0, 0, 0, 5, 6, 7));
	assert_int_equal(wire_auth_parse(p->body, &back, &t->diag), RC_OK);
	assert_int_equal(back.method, AUTH_SIGNATURE);
	assert_span(back.data, auth.data);
}

static void auth_without_data_is_refused(void **state)
{
	(void)state;
	check_cuts(parse, BYTES(2, 0, 0, 0, 1, 2), 5);
	check_flips(parse, BYTES(2, 0, 0, 0, 1, 2));
	assert_int_equal(body_rc(parse, BYTES(2, 0, 0, 0)), RC_TRUNCATED);
}

static void reserved_bytes_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse, BYTES(2, 1, 2, 3, 9)), RC_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(auth_survives_a_round_trip),
		WIRE_TEST(auth_without_data_is_refused),
		WIRE_TEST(reserved_bytes_are_ignored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
