/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/crypto/crypto_test.h"

/* FIPS 180-2, appendices A.1, A.2, B.1, B.2 */
static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

static void sha1_gives_the_answers_of_fips_180(void **state)
{
	(void)state;
	uint8_t out[20];
	struct span abc = span_make("abc", 3), long_text = span_make(two_blocks, 56);
	assert_ok(hash_sha1(&abc, 1, out));
	assert_bytes(SPAN_OF(out), "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_ok(hash_sha1(&long_text, 1, out));
	assert_bytes(SPAN_OF(out), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

static void sha256_gives_the_answers_of_fips_180(void **state)
{
	(void)state;
	uint8_t out[32];
	struct span abc = span_make("abc", 3), long_text = span_make(two_blocks, 56);
	assert_ok(hash_sha256(&abc, 1, out));
	assert_bytes(SPAN_OF(out),
		     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_ok(hash_sha256(&long_text, 1, out));
	assert_bytes(SPAN_OF(out),
		     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void parts_are_hashed_as_one_text(void **state)
{
	(void)state;
	uint8_t whole[20], pieces[20];
	struct span all = span_make(two_blocks, 56);
	assert_ok(hash_sha1(&all, 1, whole));
	for (size_t cut = 0; cut <= 56; cut++) {
		struct span parts[] = { span_make(two_blocks, cut), SPAN_NONE,
					span_make(two_blocks + cut, 56 - cut) };
		assert_ok(hash_sha1(parts, 3, pieces));
		assert_memory_equal(pieces, whole, 20);
	}
}

static void no_parts_give_the_hash_of_nothing(void **state)
{
	(void)state;
	uint8_t out[20];
	assert_ok(hash_sha1(NULL, 0, out));
	assert_bytes(SPAN_OF(out), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha1_gives_the_answers_of_fips_180),
		cmocka_unit_test(sha256_gives_the_answers_of_fips_180),
		cmocka_unit_test(parts_are_hashed_as_one_text),
		cmocka_unit_test(no_parts_give_the_hash_of_nothing),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
