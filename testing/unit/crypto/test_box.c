/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/crypto/crypto_test.h"

static const uint8_t key[BOX_KEY_LEN] = { 1, 2, 3 }, iv[BOX_IV_LEN] = { 9 }, head[5] = "head";

static void seal(uint8_t data[40])
{
	memset(data, 0, 40);
	memcpy(data, "what only we may read", 22);
	assert_ok(box_seal(SPAN_OF(key), iv, SPAN_OF(head), data, 24));
}

static void what_is_sealed_opens_with_the_same_key_iv_and_head_only(void **state)
{
	static const uint8_t other_key[BOX_KEY_LEN] = { 2 }, other_iv[BOX_IV_LEN] = { 8 };
	uint8_t data[40], plain[24];

	(void)state;
	seal(data);
	assert_memory_not_equal(data, "what only we may read", 8);
	assert_ok(box_open(SPAN_OF(key), iv, SPAN_OF(head), SPAN_OF(data), plain));
	assert_memory_equal(plain, "what only we may read", 22);
	assert_int_equal(box_open(SPAN_OF(other_key), iv, SPAN_OF(head), SPAN_OF(data), plain),
			 RC_INTEGRITY);
	assert_int_equal(box_open(SPAN_OF(key), other_iv, SPAN_OF(head), SPAN_OF(data), plain),
			 RC_INTEGRITY);
	assert_int_equal(box_open(SPAN_OF(key), iv, span_make("Head", 5), SPAN_OF(data), plain),
			 RC_INTEGRITY);
}

static void any_changed_bit_and_any_shorter_length_is_noticed(void **state)
{
	uint8_t data[40], plain[24];

	(void)state;
	for (unsigned bit = 0; bit < 40 * 8; bit += 7) {
		seal(data);
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(box_open(SPAN_OF(key), iv, SPAN_OF(head), SPAN_OF(data), plain),
				 RC_INTEGRITY);
	}
	seal(data);
	for (size_t len = 0; len < 40; len++)
		assert_int_equal(
			box_open(SPAN_OF(key), iv, SPAN_OF(head), span_make(data, len), plain),
			RC_INTEGRITY);
}

static void key_of_another_length_is_our_own_mistake(void **state)
{
	uint8_t data[40] = { 0 };

	(void)state;
	assert_int_equal(box_seal(span_make(key, 32), iv, SPAN_OF(head), data, 24), RC_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens_with_the_same_key_iv_and_head_only),
		cmocka_unit_test(any_changed_bit_and_any_shorter_length_is_noticed),
		cmocka_unit_test(key_of_another_length_is_our_own_mistake),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
