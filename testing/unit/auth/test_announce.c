/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include "auth/announce.h"
#include "auth/private.h"
#include "unit/auth/auth_test.h"

#define SHA2 (HASH_BIT(SIGN_SHA2_256) | HASH_BIT(SIGN_SHA2_384) | HASH_BIT(SIGN_SHA2_512))

static struct span emitted(const struct peer_methods *allowed, uint8_t buffer[ANNOUNCE_LEN_MAX])
{
	struct sink sink;

	sink_init(&sink, buffer, ANNOUNCE_LEN_MAX);
	announce_emit(allowed, &sink);
	assert_int_equal(sink_rc(&sink), RC_OK);
	return sink_written(&sink);
}

static void what_one_end_tells_the_other_understands(void **state)
{
	static const unsigned hashes[] = { 0, HASH_BIT(SIGN_SHA2_256), SHA2 };
	uint8_t buffer[ANNOUNCE_LEN_MAX];

	(void)state;
	for (unsigned auth = 0; auth < 16; auth++) {
		for (unsigned i = 0; i < 3; i++) {
			unsigned rsa = (auth & AUTHBY_RSA) != 0 ? hashes[i] : 0;
			unsigned ecdsa = (auth & AUTHBY_ECDSA) != 0 ? hashes[i] : 0;
			const struct peer_methods allowed = {
				.auth = auth,
				.signatures = { (uint8_t)rsa, (uint8_t)rsa, (uint8_t)ecdsa }
			};
			unsigned kinds = auth & (AUTHBY_SECRET | AUTHBY_NULL);
			struct peer_accepts got = { .kinds = 0 };
			assert_int_equal(announce_read(emitted(&allowed, buffer), &got), RC_OK);
			kinds |= rsa != 0 ? AUTHBY_RSA : 0u;
			kinds |= ecdsa != 0 ? AUTHBY_ECDSA : 0u;
			assert_int_equal(got.kinds, kinds);
			assert_int_equal(got.signatures.pss, rsa);
			assert_int_equal(got.signatures.pkcs1, rsa);
			assert_int_equal(got.signatures.ecdsa, ecdsa);
		}
	}
}

/* RFC 9593 §3.2: 2 bytes, 3 bytes with a link to a CA, more with an AlgorithmIdentifier. */
static void the_three_forms_of_announcements_are_read(void **state)
{
	static const uint8_t data[] = {
		2, AUTH_SHARED_KEY, 3, AUTH_ECDSA_384, 1, 3, AUTH_RSA, 0, 2, 200, 5, 201, 1, 2, 3
	};
	struct peer_accepts got = { .kinds = 0 };

	(void)state;
	assert_int_equal(announce_read(SPAN_OF(data), &got), RC_OK);
	assert_int_equal(got.kinds, AUTHBY_SECRET | AUTHBY_ECDSA | AUTHBY_RSA);
	assert_int_equal(got.signatures.ecdsa, HASH_BIT(SIGN_SHA2_384));
	assert_int_equal(got.signatures.pkcs1, HASH_BIT(SIGN_SHA1));
}

static void broken_announcements_are_refused_and_never_read_beyond(void **state)
{
	uint8_t buffer[ANNOUNCE_LEN_MAX];
	const struct peer_methods allowed = { .auth = AUTHBY_SECRET | AUTHBY_RSA,
					      .signatures = { SHA2, SHA2, 0 } };
	struct span whole = emitted(&allowed, buffer);
	static const uint8_t zero[] = { 0 }, one[] = { 1 }, beyond[] = { 9, 2 };
	struct peer_accepts got = { .kinds = 0 };

	(void)state;
	assert_int_equal(announce_read(SPAN_OF(zero), &got), RC_SYNTAX);
	assert_int_equal(announce_read(SPAN_OF(one), &got), RC_SYNTAX);
	assert_int_equal(announce_read(SPAN_OF(beyond), &got), RC_SYNTAX);
	for (size_t cut = 0; cut < whole.len; cut++) {
		uint8_t *copy = malloc(cut + 1);
		assert_non_null(copy);
		memcpy(copy, whole.ptr, cut);
		(void)(announce_read(span_make(copy, cut), &got) == RC_OK);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_one_end_tells_the_other_understands),
		cmocka_unit_test(the_three_forms_of_announcements_are_read),
		cmocka_unit_test(broken_announcements_are_refused_and_never_read_beyond),
	};

	return auth_run(tests);
}
