/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher.h"
#include "unit/crypto/crypto_test.h"

#define HEADERS 32 /* IKE header and the SK payload's generic header */

/* A message on its way: built here, sealed, cut up again as the receiver does. */
struct sealed {
	struct ike_suite suite;
	uint8_t enc_key[64], integ_key[64];
	size_t enc_len, integ_len, len;
	uint8_t message[2048];
};

static const struct suite_row {
	uint16_t encr, bits, integ;
} suites[] = {
	{ ENCR_AES_GCM_16, 128, INTEG_NONE },
	{ ENCR_AES_GCM_16, 192, INTEG_NONE },
	{ ENCR_AES_GCM_16, 256, INTEG_NONE },
	{ ENCR_AES_GCM_12, 256, INTEG_NONE },
	{ ENCR_AES_GCM_8, 128, INTEG_NONE },
	{ ENCR_CHACHA20_POLY1305, 0, INTEG_NONE },
	{ ENCR_AES_CBC, 128, INTEG_HMAC_SHA1_96 },
	{ ENCR_AES_CBC, 192, INTEG_HMAC_SHA2_256_128 },
	{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_384_192 },
	{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_512_256 },
};
#define SUITES (sizeof suites / sizeof *suites)

static struct sealed prepare(const struct suite_row *row)
{
	struct sealed s = { .suite = { .encr = crypto_encr(row->encr),
				       .integ = row->integ != INTEG_NONE ? crypto_integ(row->integ)
									 : NULL,
				       .prf = crypto_prf(PRF_HMAC_SHA2_256),
				       .encr_key_bits = row->bits } };
	size_t enc_len, integ_len;
	assert_ok(esp_key_lengths(row->encr, row->bits, row->integ, &enc_len, &integ_len));
	s.enc_len = enc_len;
	s.integ_len = integ_len;
	for (size_t i = 0; i < sizeof s.enc_key; i++) {
		s.enc_key[i] = (uint8_t)(i * 7 + 1);
		s.integ_key[i] = (uint8_t)(i * 11 + 3);
	}
	for (size_t i = 0; i < HEADERS; i++)
		s.message[i] = (uint8_t)(0xa0 + i);
	return s;
}

static uint8_t plain_byte(size_t at)
{
	return (uint8_t)(at * 13 + 5);
}

static enum rc seal(struct sealed *s, uint64_t counter, size_t plain_len)
{
	size_t data_at = HEADERS + s->suite.encr->iv_len;
	for (size_t i = 0; i < plain_len; i++)
		s->message[data_at + i] = plain_byte(i);
	s->len = HEADERS + plain_len + sk_overhead(&s->suite, plain_len);
	memset(s->message + s->len, 0xee, 16); /* nothing may be written behind the message */
	return sk_seal(&s->suite, span_make(s->enc_key, s->enc_len),
		       span_make(s->integ_key, s->integ_len), counter, s->message, HEADERS,
		       plain_len);
}

static enum rc unseal(const struct sealed *s, uint8_t *plain, size_t *plain_len)
{
	size_t iv_len = s->suite.encr->iv_len, icv_len = sk_icv_len(&s->suite);
	struct span all = span_make(s->message, s->len);
	return sk_open(&s->suite, span_make(s->enc_key, s->enc_len),
		       span_make(s->integ_key, s->integ_len), span_make(all.ptr, HEADERS),
		       span_make(all.ptr, all.len - icv_len), span_make(all.ptr + HEADERS, iv_len),
		       span_make(all.ptr + HEADERS + iv_len, all.len - HEADERS - iv_len - icv_len),
		       span_make(all.ptr + all.len - icv_len, icv_len), plain, plain_len);
}

static void what_is_sealed_opens_again_at_every_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < SUITES; i++)
		for (size_t len = 0; len < 70; len++) {
			struct sealed s = prepare(&suites[i]);
			uint8_t plain[128];
			size_t plain_len = 999;
			assert_ok(seal(&s, 42, len));
			for (size_t at = 0; at < 16; at++)
				assert_int_equal(s.message[s.len + at], 0xee);
			for (size_t at = 0; at < HEADERS; at++)
				assert_int_equal(s.message[at], (uint8_t)(0xa0 + at));
			assert_ok(unseal(&s, plain, &plain_len));
			assert_int_equal(plain_len, len);
			for (size_t at = 0; at < len; at++)
				assert_int_equal(plain[at], plain_byte(at));
		}
}

static void any_flipped_bit_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < SUITES; i++) {
		struct sealed s = prepare(&suites[i]);
		uint8_t plain[128];
		size_t plain_len = 999;
		assert_ok(seal(&s, 1, 40));
		for (size_t bit = 0; bit < s.len * 8; bit++) {
			s.message[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(unseal(&s, plain, &plain_len), RC_INTEGRITY);
			assert_int_equal(plain_len, 999);
			s.message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		assert_ok(unseal(&s, plain, &plain_len));
	}
}

/* RFC 7634 Appendix B: an INFORMATIONAL response with one notification */
static void chacha20_poly1305_gives_the_message_of_rfc_7634(void **state)
{
	(void)state;
	struct sealed s = prepare(&suites[5]);
	struct bytes headers =
		hex("c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029");
	struct bytes plain = hex("0000000c000040010000000a");
	for (size_t i = 0; i < 32; i++)
		s.enc_key[i] = (uint8_t)(0x80 + i);
	for (size_t i = 0; i < 4; i++)
		s.enc_key[32 + i] = (uint8_t)(0xa0 + i);
	memcpy(s.message, headers.ptr, HEADERS);
	memcpy(s.message + HEADERS + 8, plain.ptr, plain.len);
	assert_int_equal(HEADERS + plain.len + sk_overhead(&s.suite, plain.len), 0x45);
	assert_ok(sk_seal(&s.suite, span_make(s.enc_key, 36), SPAN_NONE, 0x1011121314151617,
			  s.message, HEADERS, plain.len));
	assert_bytes(span_make(s.message + HEADERS, 0x45 - HEADERS),
		     "1011121314151617"
		     "610394701f8d017f7c12924889"
		     "6b71bfe25236efd7cdc67066906315b2");
}

static void overhead_counts_iv_padding_and_icv(void **state)
{
	(void)state;
	struct sealed gcm = prepare(&suites[0]), cbc = prepare(&suites[7]);
	assert_int_equal(sk_overhead(&gcm.suite, 0), 8 + 1 + 16);
	assert_int_equal(sk_overhead(&gcm.suite, 100), 8 + 1 + 16);
	assert_int_equal(sk_overhead(&cbc.suite, 0), 16 + 16 + 16);
	assert_int_equal(sk_overhead(&cbc.suite, 15), 16 + 1 + 16);
	assert_int_equal(sk_overhead(&cbc.suite, 16), 16 + 16 + 16);
}

static void the_aead_iv_is_the_counter(void **state)
{
	(void)state;
	struct sealed s = prepare(&suites[2]);
	assert_ok(seal(&s, 0x0102030405060708, 5));
	assert_bytes(span_make(s.message + HEADERS, 8), "0102030405060708");
}

static void cbc_ivs_are_never_the_same(void **state)
{
	(void)state;
	struct sealed a = prepare(&suites[6]), b = prepare(&suites[6]);
	assert_ok(seal(&a, 7, 5));
	assert_ok(seal(&b, 7, 5));
	assert_memory_not_equal(a.message + HEADERS, b.message + HEADERS, 16);
}

/* Authentic messages whose last byte claims more padding than there is. */
static void impossible_padding_is_a_syntax_error(void **state)
{
	(void)state;
	struct sealed s = prepare(&suites[0]);
	uint8_t plain[128], *data = s.message + HEADERS + 8;
	size_t plain_len = 999;
	static const uint8_t pads[] = { 3, 4, 255 };
	assert_ok(seal(&s, 1, 2));
	for (size_t i = 0; i < sizeof pads; i++) {
		memset(data, pads[i], 3);
		assert_ok(aead_seal(s.suite.encr, span_make(s.enc_key, s.enc_len),
				    s.message + HEADERS, span_make(s.message, HEADERS), data, 3));
		assert_int_equal(unseal(&s, plain, &plain_len), RC_SYNTAX);
		assert_int_equal(plain_len, 999);
	}
}

/* RFC 7296 §3.14: a sender may pad as it likes, also with AEADs. */
static void padding_of_any_length_and_value_is_taken_off(void **state)
{
	(void)state;
	struct sealed s = prepare(&suites[0]);
	uint8_t plain[128], *data = s.message + HEADERS + 8;
	size_t plain_len = 999;
	assert_ok(seal(&s, 1, 2));
	memset(data, 2, 3);
	assert_ok(aead_seal(s.suite.encr, span_make(s.enc_key, s.enc_len), s.message + HEADERS,
			    span_make(s.message, HEADERS), data, 3));
	assert_ok(unseal(&s, plain, &plain_len));
	assert_int_equal(plain_len, 0);
}

/* The MAC covers any length, the cipher takes whole blocks only. */
static void authentic_cbc_of_a_broken_block_is_a_syntax_error(void **state)
{
	(void)state;
	struct sealed s = prepare(&suites[7]);
	uint8_t plain[128], mac[32];
	size_t plain_len = 999;
	assert_ok(seal(&s, 1, 40));
	s.len -= 5;
	struct span signed_part = span_make(s.message, s.len - 16);
	assert_ok(prf_parts(s.suite.prf, span_make(s.integ_key, 32), &signed_part, 1, mac));
	memcpy(s.message + s.len - 16, mac, 16);
	assert_int_equal(unseal(&s, plain, &plain_len), RC_SYNTAX);
}

static void keys_of_the_wrong_length_are_our_own_contradiction(void **state)
{
	(void)state;
	for (size_t i = 0; i < SUITES; i++) {
		struct sealed s = prepare(&suites[i]);
		s.enc_len--;
		assert_int_equal(seal(&s, 1, 10), RC_INTERNAL);
		s.enc_len++;
		assert_ok(seal(&s, 1, 10));
		uint8_t plain[128];
		size_t plain_len;
		s.enc_len--;
		assert_int_equal(unseal(&s, plain, &plain_len), RC_INTERNAL);
	}
	struct sealed cbc = prepare(&suites[6]);
	cbc.integ_len--;
	assert_int_equal(seal(&cbc, 1, 10), RC_INTERNAL);
}

static void a_message_may_be_opened_in_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < SUITES; i++) {
		struct sealed s = prepare(&suites[i]);
		uint8_t *data = s.message + HEADERS + s.suite.encr->iv_len;
		size_t plain_len = 0;
		assert_ok(seal(&s, 1, 1000));
		assert_ok(unseal(&s, data, &plain_len));
		assert_int_equal(plain_len, 1000);
		for (size_t at = 0; at < 1000; at++)
			assert_int_equal(data[at], plain_byte(at));
	}
}

static void an_iv_or_icv_of_another_length_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < SUITES; i++) {
		struct sealed s = prepare(&suites[i]);
		uint8_t plain[128];
		size_t plain_len = 999, iv_len = s.suite.encr->iv_len,
		       icv_len = sk_icv_len(&s.suite);
		assert_ok(seal(&s, 1, 10));
		struct span enc = span_make(s.enc_key, s.enc_len),
			    integ = span_make(s.integ_key, s.integ_len);
		struct span aad = span_make(s.message, HEADERS),
			    part = span_make(s.message, s.len - icv_len);
		struct span iv = span_make(s.message + HEADERS, iv_len),
			    icv = span_make(part.ptr + part.len, icv_len);
		struct span text = span_make(iv.ptr + iv_len, part.len - HEADERS - iv_len);
		iv.len--;
		assert_int_equal(
			sk_open(&s.suite, enc, integ, aad, part, iv, text, icv, plain, &plain_len),
			RC_INTEGRITY);
		iv.len++;
		icv.len--;
		assert_int_equal(
			sk_open(&s.suite, enc, integ, aad, part, iv, text, icv, plain, &plain_len),
			RC_INTEGRITY);
		icv.len++;
		assert_ok(
			sk_open(&s.suite, enc, integ, aad, part, iv, text, icv, plain, &plain_len));
	}
}

/* SK with no ciphertext at all: not even the pad length */
static void an_empty_ciphertext_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < SUITES; i++) {
		struct sealed s = prepare(&suites[i]);
		uint8_t plain[128];
		size_t plain_len = 999;
		s.len = HEADERS + s.suite.encr->iv_len + sk_icv_len(&s.suite);
		assert_int_equal(unseal(&s, plain, &plain_len), RC_INTEGRITY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens_again_at_every_length),
		cmocka_unit_test(any_flipped_bit_is_refused),
		cmocka_unit_test(chacha20_poly1305_gives_the_message_of_rfc_7634),
		cmocka_unit_test(overhead_counts_iv_padding_and_icv),
		cmocka_unit_test(the_aead_iv_is_the_counter),
		cmocka_unit_test(cbc_ivs_are_never_the_same),
		cmocka_unit_test(impossible_padding_is_a_syntax_error),
		cmocka_unit_test(padding_of_any_length_and_value_is_taken_off),
		cmocka_unit_test(authentic_cbc_of_a_broken_block_is_a_syntax_error),
		cmocka_unit_test(keys_of_the_wrong_length_are_our_own_contradiction),
		cmocka_unit_test(a_message_may_be_opened_in_place),
		cmocka_unit_test(an_iv_or_icv_of_another_length_is_refused),
		cmocka_unit_test(an_empty_ciphertext_is_refused),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
