/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static enum rc check(struct wire_test *t, unsigned type, struct span body)
{
	struct payload payload = { .type = (uint8_t)type, .at = 3, .body = body };
	t->diag.text[0] = '\0';
	enum rc rc = wire_payload_check(&t->arena, &payload, &t->diag);
	assert_int_equal(wire_payload_check(&t->arena, &payload, NULL), rc);
	return rc;
}

/* A body that each type must refuse, and one that it must not. */
static void every_known_type_is_looked_into(void **state)
{
	struct wire_test *t = *state;
	static const uint8_t zero[32];
	static const struct {
		uint8_t type, good[24];
		size_t len;
	} bodies[] = {
		{ PAYLOAD_SA, { 0, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 8, 2, 0, 0, 5 }, 16 },
		{ PAYLOAD_KE, { 0, 31, 0, 0, 1 }, 5 },
		{ PAYLOAD_IDi, { ID_FQDN, 0, 0, 0, 'a' }, 5 },
		{ PAYLOAD_IDr, { ID_FQDN, 0, 0, 0, 'a' }, 5 },
		{ PAYLOAD_CERT, { 4, 1 }, 2 },
		{ PAYLOAD_CERTREQ, { 4 }, 1 },
		{ PAYLOAD_AUTH, { 2, 0, 0, 0, 1 }, 5 },
		{ PAYLOAD_NONCE, { 0 }, 16 },
		{ PAYLOAD_NOTIFY, { 0, 0, 0, 14 }, 4 },
		{ PAYLOAD_DELETE, { 1, 0, 0, 0 }, 4 },
		{ PAYLOAD_TSi, { 1, 0, 0, 0, 9, 0, 0, 4 }, 8 },
		{ PAYLOAD_TSr, { 1, 0, 0, 0, 9, 0, 0, 4 }, 8 },
		{ PAYLOAD_CP, { 1, 0, 0, 0 }, 4 },
		{ PAYLOAD_EAP, { EAP_SUCCESS, 1, 0, 4 }, 4 },
	};
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct span good = { bodies[i].good, bodies[i].len };
		assert_int_equal(check(t, bodies[i].type, good), RC_OK);
		assert_int_not_equal(check(t, bodies[i].type, span_make(zero, good.len - 1)),
				     RC_OK);
		assert_int_not_equal(check(t, bodies[i].type, SPAN_NONE), RC_OK);
	}
}

static void refusal_names_the_payload_and_its_place(void **state)
{
	struct wire_test *t = *state;
	assert_int_equal(check(t, PAYLOAD_NONCE, BYTES(1)), RC_SYNTAX);
	assert_non_null(strstr(t->diag.text, "payload 3 (Nonce): "));
}

static void certificate_may_not_be_empty_but_a_request_may(void **state)
{
	struct wire_test *t = *state;
	assert_int_equal(check(t, PAYLOAD_CERT, BYTES(4)), RC_TRUNCATED);
	assert_int_equal(check(t, PAYLOAD_CERTREQ, BYTES(4)), RC_OK);
}

static void opaque_and_unknown_types_always_pass(void **state)
{
	struct wire_test *t = *state;
	static const uint8_t types[] = {
		PAYLOAD_VENDOR, PAYLOAD_SK, PAYLOAD_SKF, 0, 1, 32, 49, 54, 128, 200, 255
	};
	for (size_t i = 0; i < sizeof(types); i++) {
		assert_int_equal(check(t, types[i], SPAN_NONE), RC_OK);
		assert_int_equal(check(t, types[i], BYTES(0xff, 0xff, 0xff)), RC_OK);
	}
}

static void no_type_reads_past_its_body(void **state)
{
	struct wire_test *t = *state;
	uint8_t bytes[64];
	for (unsigned type = 0; type < 256; type++) {
		for (size_t len = 0; len <= sizeof(bytes); len++) {
			memset(bytes, (int)(type * 7 + len), sizeof(bytes));
			uint8_t *copy = exact_copy(span_make(bytes, len));
			enum rc rc = check(t, type, span_make(len == 0 ? copy + 1 : copy, len));
			assert_true(rc < RC_COUNT);
			free(copy);
			arena_free(&t->arena);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(every_known_type_is_looked_into),
		WIRE_TEST(refusal_names_the_payload_and_its_place),
		WIRE_TEST(certificate_may_not_be_empty_but_a_request_may),
		WIRE_TEST(opaque_and_unknown_types_always_pass),
		WIRE_TEST(no_type_reads_past_its_body),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
