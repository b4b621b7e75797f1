/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher.h"
#include "unit/crypto/crypto_test.h"

static const struct vector {
	uint16_t id;
	const char *key, *salt, *iv, *aad, *plain, *sealed; /* sealed: with a tag of 16 bytes */
} vectors[] = {
	/* "The Galois/Counter Mode of Operation", test cases 4, 10, 16 */
	{ ENCR_AES_GCM_16, "feffe9928665731c6d6a8f9467308308", "cafebabe", "facedbaddecaf888",
	  "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c959568"
	  "09532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466"
	  "931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47" },
	{ ENCR_AES_GCM_16, "feffe9928665731c6d6a8f9467308308feffe9928665731c", "cafebabe",
	  "facedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c959568"
	  "09532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	  "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144"
	  "c525ac619d18c84a3f4718e2448b2fe324d9ccda27102519498e80f1478f37ba55bd6d27618c" },
	{ ENCR_AES_GCM_16, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	  "cafebabe", "facedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c959568"
	  "09532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590d"
	  "bb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b" },
	/* RFC 8439 §2.8.2 */
	{ ENCR_CHACHA20_POLY1305,
	  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "07000000",
	  "4041424344454647", "50515253c0c1c2c3c4c5c6c7",
	  "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f662027"
	  "39393a204966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020"
	  "666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e",
	  "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9"
	  "671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee3"
	  "28091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116"
	  "1ae10b594f09e26a7e902ecbd0600691" },
};
#define VECTORS (sizeof vectors / sizeof *vectors)

struct sealed {
	const struct encr_alg *alg;
	struct bytes key, iv, aad, plain, want, data;
};

static struct sealed prepare(const struct vector *vector, uint16_t id)
{
	struct sealed out = { .alg = crypto_encr(id),
			      .key = hex(vector->key),
			      .iv = hex(vector->iv),
			      .aad = hex(vector->aad),
			      .plain = hex(vector->plain),
			      .want = hex(vector->sealed) };
	struct bytes salt = hex(vector->salt);
	assert_non_null(out.alg);
	memcpy(out.key.ptr + out.key.len, salt.ptr, salt.len);
	out.key.len += salt.len;
	out.data = out.plain;
	out.data.len += out.alg->icv_len;
	return out;
}

static enum rc seal(struct sealed *s)
{
	return aead_seal(s->alg, SPAN_HEX(s->key), s->iv.ptr, SPAN_HEX(s->aad), s->data.ptr,
			 s->plain.len);
}

static enum rc unseal(struct sealed *s, uint8_t *plain)
{
	return aead_open(s->alg, SPAN_HEX(s->key), s->iv.ptr, SPAN_HEX(s->aad), SPAN_HEX(s->data),
			 plain);
}

static void check(const struct vector *vector, uint16_t id)
{
	struct sealed s = prepare(vector, id);
	uint8_t plain[BYTES_MAX];
	assert_ok(seal(&s));
	assert_memory_equal(s.data.ptr, s.want.ptr, s.data.len);
	assert_ok(unseal(&s, plain));
	assert_memory_equal(plain, s.plain.ptr, s.plain.len);
	assert_ok(unseal(&s, s.data.ptr)); /* in place */
	assert_memory_equal(s.data.ptr, s.plain.ptr, s.plain.len);
}

static void aeads_give_their_published_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++)
		check(&vectors[i], vectors[i].id);
}

static void shorter_gcm_tags_are_the_front_of_the_long_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		check(&vectors[i], ENCR_AES_GCM_12);
		check(&vectors[i], ENCR_AES_GCM_8);
	}
}

static void expect_refusal(struct sealed *s, uint8_t *byte)
{
	uint8_t plain[BYTES_MAX];
	for (int bit = 0; bit < 8; bit++) {
		*byte ^= (uint8_t)(1 << bit);
		assert_int_equal(unseal(s, plain), RC_INTEGRITY);
		*byte ^= (uint8_t)(1 << bit);
	}
}

static void any_flipped_bit_breaks_the_tag(void **state)
{
	(void)state;
	static const uint16_t ids[] = { ENCR_AES_GCM_16, ENCR_AES_GCM_12, ENCR_AES_GCM_8,
					ENCR_CHACHA20_POLY1305 };
	for (size_t i = 0; i < 4; i++) {
		struct sealed s = prepare(&vectors[i == 3 ? 3 : 2], ids[i]);
		assert_ok(seal(&s));
		for (size_t at = 0; at < s.data.len; at++)
			expect_refusal(&s, s.data.ptr + at);
		for (size_t at = 0; at < s.aad.len; at++)
			expect_refusal(&s, s.aad.ptr + at);
		for (size_t at = 0; at < s.iv.len; at++)
			expect_refusal(&s, s.iv.ptr + at);
		expect_refusal(&s, s.key.ptr);
		expect_refusal(&s, s.key.ptr + s.key.len - 1); /* the salt */
	}
}

static void a_cut_tag_is_refused(void **state)
{
	(void)state;
	struct sealed s = prepare(&vectors[0], ENCR_AES_GCM_16);
	uint8_t plain[BYTES_MAX];
	assert_ok(seal(&s));
	for (; s.data.len > 0; s.data.len--)
		if (s.data.len != s.want.len)
			assert_int_equal(unseal(&s, plain), RC_INTEGRITY);
	assert_int_equal(unseal(&s, plain), RC_INTEGRITY);
}

/* NIST SP 800-38A, F.2.1, F.2.3, F.2.5 */
static void cbc_gives_the_answers_of_sp_800_38a(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "2b7e151628aed2a6abf7158809cf4f3c",
		  "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2" },
		{ "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
		  "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a" },
		{ "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
		  "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d" },
	};
	const struct encr_alg *aes = crypto_encr(ENCR_AES_CBC);
	struct bytes iv = hex("000102030405060708090a0b0c0d0e0f");
	struct bytes plain =
		hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
	for (size_t i = 0; i < 3; i++) {
		struct bytes key = hex(rows[i][0]);
		uint8_t data[32], back[32];
		assert_ok(cbc_encrypt(aes, SPAN_HEX(key), iv.ptr, plain.ptr, 32, data));
		assert_bytes(SPAN_OF(data), rows[i][1]);
		assert_ok(cbc_decrypt(aes, SPAN_HEX(key), iv.ptr, data, 32, back));
		assert_memory_equal(back, plain.ptr, 32);
		memcpy(data, plain.ptr, 32);
		assert_ok(cbc_encrypt(aes, SPAN_HEX(key), iv.ptr, data, 32, data)); /* in place */
		assert_bytes(SPAN_OF(data), rows[i][1]);
		assert_ok(cbc_decrypt(aes, SPAN_HEX(key), iv.ptr, data, 32, data));
		assert_memory_equal(data, plain.ptr, 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aeads_give_their_published_answers),
		cmocka_unit_test(shorter_gcm_tags_are_the_front_of_the_long_one),
		cmocka_unit_test(any_flipped_bit_breaks_the_tag),
		cmocka_unit_test(a_cut_tag_is_refused),
		cmocka_unit_test(cbc_gives_the_answers_of_sp_800_38a),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
