/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/prf.h"
#include "unit/crypto/crypto_test.h"

static const struct prf_alg *sha256(void)
{
	const struct prf_alg *prf = crypto_prf(PRF_HMAC_SHA2_256);
	assert_non_null(prf);
	return prf;
}

static void prf_is_the_hmac_of_all_parts(void **state)
{
	(void)state;
	uint8_t out[PRF_MAX];
	struct span parts[] = { span_make("what do ya ", 11), SPAN_NONE,
				span_make("want for nothing?", 17) };
	assert_ok(prf_parts(sha256(), span_make("Jefe", 4), parts, 3, out));
	assert_bytes(span_make(out, 32),
		     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void prf_takes_an_empty_key(void **state)
{
	(void)state;
	uint8_t out[PRF_MAX];
	assert_ok(prf_parts(sha256(), SPAN_NONE, NULL, 0, out));
	assert_bytes(span_make(out, 32),
		     "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 7296 §2.13: T1 = prf (K, S | 0x01), T2 = prf (K, T1 | S | 0x02), ... */
static void prf_plus_chains_blocks_as_the_rfc_says(void **state)
{
	(void)state;
	uint8_t out[70], block[PRF_MAX], one = 1, two = 2, three = 3;
	struct span key = span_make("key", 3), seed = span_make("seed", 4);
	struct span halves[] = { span_make("se", 2), span_make("ed", 2) };
	struct span t1[] = { seed, { &one, 1 } };
	struct span t2[] = { { out, 32 }, seed, { &two, 1 } };
	struct span t3[] = { { out + 32, 32 }, seed, { &three, 1 } };
	assert_ok(prf_plus(sha256(), key, halves, 2, out, sizeof out));
	assert_ok(prf_parts(sha256(), key, t1, 2, block));
	assert_memory_equal(out, block, 32);
	assert_ok(prf_parts(sha256(), key, t2, 3, block));
	assert_memory_equal(out + 32, block, 32);
	assert_ok(prf_parts(sha256(), key, t3, 3, block));
	assert_memory_equal(out + 64, block, 6);
}

static void prf_plus_stops_at_255_blocks(void **state)
{
	(void)state;
	static uint8_t out[255 * 32 + 1];
	struct span key = span_make("key", 3), seed = span_make("seed", 4);
	assert_ok(prf_plus(sha256(), key, &seed, 1, out, 255 * 32));
	assert_int_equal(prf_plus(sha256(), key, &seed, 1, out, 255 * 32 + 1), RC_LIMIT);
}

static void prf_plus_of_nothing_writes_nothing(void **state)
{
	(void)state;
	uint8_t out[1] = { 0x5a };
	struct span seed = span_make("seed", 4);
	assert_ok(prf_plus(sha256(), SPAN_NONE, &seed, 1, out, 0));
	assert_int_equal(out[0], 0x5a);
}

static void prf_plus_refuses_more_parts_than_it_holds(void **state)
{
	(void)state;
	uint8_t out[32];
	struct span parts[9] = { { NULL, 0 } };
	assert_ok(prf_plus(sha256(), SPAN_NONE, parts, 8, out, 32));
	assert_int_equal(prf_plus(sha256(), SPAN_NONE, parts, 9, out, 32), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prf_is_the_hmac_of_all_parts),
		cmocka_unit_test(prf_takes_an_empty_key),
		cmocka_unit_test(prf_plus_chains_blocks_as_the_rfc_says),
		cmocka_unit_test(prf_plus_stops_at_255_blocks),
		cmocka_unit_test(prf_plus_of_nothing_writes_nothing),
		cmocka_unit_test(prf_plus_refuses_more_parts_than_it_holds),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
