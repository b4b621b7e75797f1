/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/private.h"
#include "unit/test.h"

static const uint8_t init[300] = { 7 }, nonce[32] = { 8 }, sk_p[32] = { 9 }, extra[64] = { 5 };

static struct auth_octets *octets_of(struct arena *arena, struct span int_auth)
{
	static const struct wire_id id = { ID_FQDN, { (const uint8_t *)"west", 4 } };
	struct ike_suite suite = { .prf = crypto_prf(PRF_HMAC_SHA2_256) };
	struct auth_input input = { .suite = &suite,
				    .message = SPAN_OF(init),
				    .nonce = SPAN_OF(nonce),
				    .sk_p = SPAN_OF(sk_p),
				    .id = &id,
				    .int_auth = int_auth };
	struct auth_octets *octets = NULL;

	assert_int_equal(auth_octets_make(arena, &input, &octets), RC_OK);
	return octets;
}

/* RFC 7296 §2.15: message | nonce | prf(SK_p, IDType | RESERVED | ID data) */
static void a_signature_covers_message_nonce_and_identity(void **state)
{
	static const uint8_t body[] = { ID_FQDN, 0, 0, 0, 'w', 'e', 's', 't' };
	struct span id = SPAN_OF(body);
	uint8_t expected[PRF_MAX];
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 16);
	struct auth_octets *octets = octets_of(&arena, SPAN_NONE);
	assert_int_equal(octets->count, 3);
	assert_true(span_equal(octets->parts[0], SPAN_OF(init)));
	assert_true(span_equal(octets->parts[1], SPAN_OF(nonce)));
	assert_int_equal(prf_parts(crypto_prf(PRF_HMAC_SHA2_256), SPAN_OF(sk_p), &id, 1, expected),
			 RC_OK);
	assert_true(span_equal(octets->parts[2], span_make(expected, 32)));
	arena_free(&arena);
}

/* RFC 9242 §3.3.2 */
static void the_intermediate_exchanges_come_last(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 16);
	struct auth_octets *octets = octets_of(&arena, SPAN_OF(extra));
	assert_int_equal(octets->count, 4);
	assert_true(span_equal(octets->parts[3], SPAN_OF(extra)));
	arena_free(&arena);
}

/* The SA may be gone before the worker is done. */
static void the_octets_are_copies(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 16);
	struct auth_octets *octets = octets_of(&arena, SPAN_OF(extra));
	assert_ptr_not_equal(octets->parts[0].ptr, init);
	assert_ptr_not_equal(octets->parts[1].ptr, nonce);
	assert_ptr_not_equal(octets->parts[3].ptr, extra);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_covers_message_nonce_and_identity),
		cmocka_unit_test(the_intermediate_exchanges_come_last),
		cmocka_unit_test(the_octets_are_copies),
	};
	struct diag diag = { "" };

	if (crypto_open(NULL, false, &diag) != RC_OK)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypto_close();
	return failed;
}
