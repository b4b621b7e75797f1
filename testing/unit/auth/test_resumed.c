/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/resumed.h"
#include "unit/sa/sas_test.h"

static const uint8_t init[300] = { 7 }, nonce[32] = { 8 }, sk_p[32] = { 9 };

struct side {
	struct arena arena;
	struct ike_suite suite;
	struct wire_id id;
	struct auth_input input;
};

static void side_begin(struct side *side)
{
	arena_init(&side->arena, 1u << 20);
	side->suite = (struct ike_suite){ .prf = crypto_prf(PRF_HMAC_SHA2_256) };
	side->id = (struct wire_id){ ID_FQDN, span_make("west", 4) };
	side->input = (struct auth_input){ .suite = &side->suite,
					   .message = SPAN_OF(init),
					   .nonce = SPAN_OF(nonce),
					   .sk_p = SPAN_OF(sk_p),
					   .id = &side->id };
}

/* RFC 5723 §4.3.3: prf(SK_px, message | nonce | prf(SK_px, id body)), from the pieces. */
static void auth_is_the_prf_of_the_rfc(void **state)
{
	static const uint8_t body[] = { ID_FQDN, 0, 0, 0, 'w', 'e', 's', 't' };
	uint8_t inner[PRF_MAX], expected[PRF_MAX];
	struct span id = SPAN_OF(body);
	struct span parts[] = { SPAN_OF(init), SPAN_OF(nonce), { inner, 32 } };
	struct span auth;
	struct side side;

	(void)state;
	side_begin(&side);
	assert_int_equal(prf_parts(side.suite.prf, SPAN_OF(sk_p), &id, 1, inner), RC_OK);
	assert_int_equal(prf_parts(side.suite.prf, SPAN_OF(sk_p), parts, 3, expected), RC_OK);
	assert_int_equal(resumed_auth(&side.arena, &side.input, &auth), RC_OK);
	assert_int_equal(auth.len, 32);
	assert_memory_equal(auth.ptr, expected, 32);
	arena_free(&side.arena);
}

/* Made with another HMAC (Python's): the SK_pi of crypto/test_derive's vector, a message of 100
 * bytes 3 + 7 i, Nr 40..5f, and the IDi @west. */
static void auth_is_the_one_of_the_vector(void **state)
{
	static const uint8_t sk_pi[] = {
		0x8a, 0x2a, 0xd4, 0x54, 0x23, 0x36, 0x49, 0x97, 0x3f, 0x5f, 0x9f,
		0x1b, 0x43, 0xd9, 0x06, 0x4e, 0x2e, 0x2a, 0xf1, 0x9c, 0xfc, 0x89,
		0x65, 0xfc, 0x82, 0x54, 0x46, 0x25, 0x3b, 0x6d, 0xae, 0x08,
	};
	static const uint8_t want[] = {
		0x00, 0xe9, 0xa8, 0x14, 0x89, 0x16, 0xf8, 0x3e, 0xd2, 0x7e, 0x87,
		0x97, 0xe6, 0x91, 0xab, 0x6a, 0x4b, 0x7a, 0x03, 0x51, 0x2f, 0x15,
		0x27, 0x3b, 0xfc, 0x27, 0x92, 0x81, 0x12, 0x17, 0xca, 0x62,
	};
	uint8_t message[100], nr[32];
	struct span auth;
	struct side side;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		message[i] = (uint8_t)(7 * i + 3);
	for (unsigned i = 0; i < 32; i++)
		nr[i] = (uint8_t)(0x40 + i);
	side_begin(&side);
	side.input.message = SPAN_OF(message);
	side.input.nonce = SPAN_OF(nr);
	side.input.sk_p = SPAN_OF(sk_pi);
	assert_int_equal(resumed_auth(&side.arena, &side.input, &auth), RC_OK);
	assert_true(span_equal(auth, SPAN_OF(want)));
	arena_free(&side.arena);
}

static void auth_of_anything_else_is_refused(void **state)
{
	static const uint8_t other[32] = { 1 };
	struct wire_auth auth = { .method = AUTH_SHARED_KEY }, changed;
	struct diag diag;
	struct side side;

	(void)state;
	side_begin(&side);
	assert_int_equal(resumed_auth(&side.arena, &side.input, &auth.data), RC_OK);
	assert_int_equal(resumed_verify(&side.arena, &side.input, &auth, &diag), RC_OK);
	changed = auth;
	changed.method = AUTH_NULL;
	assert_int_equal(resumed_verify(&side.arena, &side.input, &changed, &diag), RC_AUTH_FAILED);
	changed = auth;
	changed.data.len--;
	assert_int_equal(resumed_verify(&side.arena, &side.input, &changed, &diag), RC_AUTH_FAILED);
	side.input.nonce = SPAN_OF(other);
	assert_int_equal(resumed_verify(&side.arena, &side.input, &auth, &diag), RC_AUTH_FAILED);
	side.input.nonce = SPAN_OF(nonce);
	side.id.data = span_make("east", 4);
	assert_int_equal(resumed_verify(&side.arena, &side.input, &auth, &diag), RC_AUTH_FAILED);
	arena_free(&side.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auth_is_the_prf_of_the_rfc),
		cmocka_unit_test(auth_is_the_one_of_the_vector),
		cmocka_unit_test(auth_of_anything_else_is_refused),
	};

	return sas_run(tests);
}
