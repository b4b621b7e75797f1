/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/isakmp_test.h"

static enum rc check(uint8_t type, struct span body)
{
	uint8_t *copy = exact_copy(body);
	struct payload payload = { .type = type, .at = 3, .body = { copy, body.len } };
	struct arena arena;
	struct diag diag = { 0 };
	arena_init(&arena, LIMIT_EVENT_ARENA);
	enum rc rc = isakmp_payload_check(&arena, &payload, &diag);
	if (rc != RC_OK)
		assert_non_null(strstr(diag.text, "payload 3 ("));
	arena_free(&arena);
	free(copy);
	return rc;
}

static void every_type_has_its_own_form(void **state)
{
	static const uint8_t sa[] = { 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 16,
				      1, 1, 0, 1, 0, 0, 0, 8, 1, 1, 0, 0 };
	uint8_t zeros[300] = { 0 };
	(void)state;
	assert_ok(check(ISAKMP_SA, SPAN_OF(sa)));
	assert_int_equal(check(ISAKMP_SA, span_make(zeros, 24)), RC_UNSUPPORTED);
	assert_ok(check(ISAKMP_ID, BYTES(ID_IPV4_ADDR, 0, 0, 0, 1, 2, 3, 4)));
	assert_int_equal(check(ISAKMP_ID, BYTES(ID_IPV4_ADDR, 0, 0, 0, 1)), RC_SYNTAX);
	assert_ok(check(ISAKMP_CERT, BYTES(4, 1)));
	assert_int_equal(check(ISAKMP_CERT, BYTES(4)), RC_TRUNCATED);
	assert_ok(check(ISAKMP_CR, BYTES(4)));
	assert_int_equal(check(ISAKMP_CR, SPAN_NONE), RC_TRUNCATED);
	assert_ok(check(ISAKMP_NONCE, span_make(zeros, 8)));
	assert_int_equal(check(ISAKMP_NONCE, span_make(zeros, 7)), RC_SYNTAX);
	assert_ok(check(ISAKMP_NOTIFICATION, span_make(zeros, 8)));
	assert_int_equal(check(ISAKMP_NOTIFICATION, span_make(zeros, 7)), RC_TRUNCATED);
	assert_ok(check(ISAKMP_DELETE, span_make(zeros, 8)));
	assert_int_equal(check(ISAKMP_DELETE, span_make(zeros, 7)), RC_TRUNCATED);
	assert_ok(check(ISAKMP_ATTRIBUTES, span_make(zeros, 8)));
	assert_int_equal(check(ISAKMP_ATTRIBUTES, BYTES(1, 0, 0, 0, 0, 1, 0)), RC_TRUNCATED);
	assert_ok(check(ISAKMP_NAT_OA, BYTES(ID_IPV4_ADDR, 0, 0, 0, 1, 2, 3, 4)));
	assert_int_equal(check(ISAKMP_NAT_OA, span_make(zeros, 8)), RC_SYNTAX);
	assert_ok(check(ISAKMP_FRAGMENT, BYTES(0, 1, 1, 1, 9)));
	assert_int_equal(check(ISAKMP_FRAGMENT, BYTES(0, 1, 1, 1)), RC_TRUNCATED);
}

static void bytes_that_mean_something_are_not_none(void **state)
{
	static const uint8_t zeros[LIMIT_KE + 1];
	(void)state;
	assert_int_equal(check(ISAKMP_KE, SPAN_NONE), RC_TRUNCATED);
	assert_ok(check(ISAKMP_KE, span_make(zeros, LIMIT_KE)));
	assert_int_equal(check(ISAKMP_KE, SPAN_OF(zeros)), RC_LIMIT);
	assert_int_equal(check(ISAKMP_HASH, SPAN_NONE), RC_TRUNCATED);
	assert_ok(check(ISAKMP_HASH, span_make(zeros, LIMIT_HASH)));
	assert_int_equal(check(ISAKMP_HASH, span_make(zeros, LIMIT_HASH + 1)), RC_LIMIT);
	assert_int_equal(check(ISAKMP_NAT_D, SPAN_NONE), RC_TRUNCATED);
	assert_int_equal(check(ISAKMP_NAT_D, span_make(zeros, LIMIT_HASH + 1)), RC_LIMIT);
	assert_int_equal(check(ISAKMP_SIG, SPAN_NONE), RC_TRUNCATED);
	assert_ok(check(ISAKMP_SIG, SPAN_OF(zeros)));
	assert_ok(check(ISAKMP_VID, SPAN_NONE));
}

static void a_proposal_or_transform_alone_is_refused(void **state)
{
	(void)state;
	assert_int_equal(check(ISAKMP_PROPOSAL, BYTES(1, 1, 0, 0)), RC_SYNTAX);
	assert_int_equal(check(ISAKMP_TRANSFORM, BYTES(1, 1, 0, 0)), RC_SYNTAX);
}

static void unknown_types_may_be_anything(void **state)
{
	(void)state;
	assert_ok(check(33, SPAN_NONE));
	assert_ok(check(255, BYTES(1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(every_type_has_its_own_form),
		WIRE_TEST(bytes_that_mean_something_are_not_none),
		WIRE_TEST(a_proposal_or_transform_alone_is_refused),
		WIRE_TEST(unknown_types_may_be_anything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
