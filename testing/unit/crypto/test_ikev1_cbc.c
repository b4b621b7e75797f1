/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/crypto/ikev1_known.h"

static size_t message_at(uint8_t *data, const struct ike_suite *suite)
{
	count_up(data, 45, 0x09);
	memset(data + 45, 0xee, 16); /* the padding must be written */
	return ikev1_padded(suite, 45);
}

static void the_chain_is_that_of_another_implementation(void **state)
{
	struct known_exchange one;
	(void)state;
	known_exchange(&one);
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		struct ike_suite suite = known_suite(&known[i]);
		struct ike_keys keys = known_keys(&known[i]);
		uint8_t iv[IKEV1_IV_MAX], data[64];
		size_t block = suite.encr->block_len, len = message_at(data, &suite);
		assert_ok(ikev1_iv_first(&suite, SPAN_OF(one.public_i), SPAN_OF(one.public_r), iv));
		assert_bytes(span_make(iv, block), known[i].iv);
		assert_ok(ikev1_encrypt(&suite, &keys, iv, data, 45));
		assert_bytes(span_make(data, len), known[i].first);
		message_at(data, &suite);
		assert_ok(ikev1_encrypt(&suite, &keys, iv, data, 45));
		assert_bytes(span_make(data, len), known[i].second);
		assert_ok(ikev1_iv_exchange(&suite, iv, KNOWN_MESSAGE_ID, iv));
		assert_bytes(span_make(iv, block), known[i].iv_exchange);
		message_at(data, &suite);
		assert_ok(ikev1_encrypt(&suite, &keys, iv, data, 45));
		assert_bytes(span_make(data, len), known[i].third);
		ike_keys_wipe(&keys);
	}
}

static void what_was_encrypted_decrypts_along_the_chain(void **state)
{
	(void)state;
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		struct ike_suite suite = known_suite(&known[i]);
		struct ike_keys keys = known_keys(&known[i]);
		struct bytes iv = hex(known[i].iv), first = hex(known[i].first);
		struct bytes second = hex(known[i].second);
		uint8_t want[64] = { 0 }, plain[64];
		count_up(want, 45, 0x09);
		assert_ok(ikev1_decrypt(&suite, &keys, iv.ptr, SPAN_HEX(first), plain));
		assert_memory_equal(plain, want, first.len);
		assert_memory_equal(iv.ptr, first.ptr + first.len - iv.len, iv.len);
		/* in place */
		assert_ok(ikev1_decrypt(&suite, &keys, iv.ptr, SPAN_HEX(second), second.ptr));
		assert_memory_equal(second.ptr, want, second.len);
		second = hex(known[i].second);
		assert_memory_equal(iv.ptr, second.ptr + second.len - iv.len, iv.len);
		ike_keys_wipe(&keys);
	}
}

static void a_ciphertext_that_is_not_whole_blocks_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		struct ike_suite suite = known_suite(&known[i]);
		struct ike_keys keys = known_keys(&known[i]);
		struct bytes iv = hex(known[i].iv), before = iv, first = hex(known[i].first);
		uint8_t plain[64];
		for (size_t len = 0; len < first.len; len++) {
			iv = before;
			enum rc rc = ikev1_decrypt(&suite, &keys, iv.ptr, span_make(first.ptr, len),
						   plain);
			bool whole = len != 0 && len % suite.encr->block_len == 0;
			assert_int_equal(rc, whole ? RC_OK : RC_SYNTAX);
			if (!whole)
				assert_memory_equal(iv.ptr, before.ptr, iv.len);
		}
		ike_keys_wipe(&keys);
	}
}

static void whole_blocks_are_not_padded(void **state)
{
	struct ike_suite triple = known_suite(&known[0]), aes = known_suite(&known[1]);
	struct ike_keys keys = known_keys(&known[1]);
	uint8_t iv[IKEV1_IV_MAX] = { 0 }, data[16];
	(void)state;
	assert_int_equal(ikev1_padded(&triple, 1), 8);
	assert_int_equal(ikev1_padded(&triple, 8), 8);
	assert_int_equal(ikev1_padded(&triple, 9), 16);
	assert_int_equal(ikev1_padded(&aes, 15), 16);
	assert_int_equal(ikev1_padded(&aes, 16), 16);
	assert_int_equal(ikev1_padded(&aes, 17), 32);
	assert_int_equal(ikev1_encrypt(&aes, &keys, iv, data, 0), RC_INTERNAL);
	ike_keys_wipe(&keys);
}

static void an_aead_has_no_chain(void **state)
{
	struct ike_suite suite = { .encr = crypto_encr(ENCR_AES_GCM_16),
				   .prf = crypto_prf(PRF_HMAC_SHA1),
				   .encr_key_bits = 128 };
	uint8_t iv[IKEV1_IV_MAX] = { 0 };
	(void)state;
	assert_int_equal(ikev1_iv_first(&suite, SPAN_NONE, SPAN_NONE, iv), RC_UNSUPPORTED);
	assert_int_equal(ikev1_iv_exchange(&suite, iv, 1, iv), RC_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_chain_is_that_of_another_implementation),
		cmocka_unit_test(what_was_encrypted_decrypts_along_the_chain),
		cmocka_unit_test(a_ciphertext_that_is_not_whole_blocks_is_refused),
		cmocka_unit_test(whole_blocks_are_not_padded),
		cmocka_unit_test(an_aead_has_no_chain),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
