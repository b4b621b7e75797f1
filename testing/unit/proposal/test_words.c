/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/proposal/proposal_test.h"
#include "proposal/words.h"

static void assert_cipher(const char *text, uint16_t id, uint16_t key_bits)
{
	struct word word = proposal_word_find(text);
	if (word.kind != WORD_ENCR || word.id != id || word.key_bits != key_bits)
		fail_msg("%s: kind %d, id %u, %u bits", text, (int)word.kind, word.id,
			 word.key_bits);
}

static void libreswan_spellings_of_ciphers_are_known(void **state)
{
	(void)state;
	assert_cipher("aes", ENCR_AES_CBC, 0);
	assert_cipher("aes256", ENCR_AES_CBC, 256);
	assert_cipher("aes_cbc_192", ENCR_AES_CBC, 192);
	assert_cipher("aes_gcm", ENCR_AES_GCM_16, 0);
	assert_cipher("aes_gcm256", ENCR_AES_GCM_16, 256);
	assert_cipher("aes_gcm_128", ENCR_AES_GCM_16, 128);
	assert_cipher("aes_gcm_16_256", ENCR_AES_GCM_16, 256);
	assert_cipher("aes_gcm_8_128", ENCR_AES_GCM_8, 128);
	assert_cipher("aes_gcm_12_256", ENCR_AES_GCM_12, 256);
	assert_cipher("aes_gcm_a_256", ENCR_AES_GCM_8, 256);
	assert_cipher("aes_gcm_b", ENCR_AES_GCM_12, 0);
	assert_cipher("aes_gcm_c_256", ENCR_AES_GCM_16, 256);
	assert_cipher("aes_ccm_c128", ENCR_AES_CCM_16, 128);
	assert_cipher("aes_ccm", ENCR_AES_CCM_16, 0);
	assert_cipher("AES_CTR_256", ENCR_AES_CTR, 256);
	assert_cipher("ChaCha20_Poly1305", ENCR_CHACHA20_POLY1305, 0);
	assert_cipher("camellia256", ENCR_CAMELLIA_CBC, 256);
	assert_cipher("null_auth_aes_gmac_256", ENCR_NULL_AUTH_AES_GMAC, 256);
	assert_cipher("3des", ENCR_3DES, 0);
	assert_cipher("null", ENCR_NULL, 0);
}

static void strongswan_spellings_of_ciphers_are_known(void **state)
{
	(void)state;
	assert_cipher("aes256gcm16", ENCR_AES_GCM_16, 256);
	assert_cipher("aes128gcm128", ENCR_AES_GCM_16, 128);
	assert_cipher("aes128gcm96", ENCR_AES_GCM_12, 128);
	assert_cipher("aes192gcm8", ENCR_AES_GCM_8, 192);
	assert_cipher("aes256gcm", ENCR_AES_GCM_16, 256);
	assert_cipher("aes256ccm128", ENCR_AES_CCM_16, 256);
	assert_cipher("aes128ccm64", ENCR_AES_CCM_8, 128);
	assert_cipher("aes256ctr", ENCR_AES_CTR, 256);
	assert_cipher("aes128gmac", ENCR_NULL_AUTH_AES_GMAC, 128);
	assert_cipher("chacha20poly1305", ENCR_CHACHA20_POLY1305, 0);
}

static void wrong_key_sizes_and_tails_are_no_ciphers(void **state)
{
	static const char *const wrong[] = { "aes265",
					     "aes_gcm_16_64",
					     "aes256gcm17",
					     "aes_gcm_d_256",
					     "aes2560",
					     "chacha20_poly1305_256",
					     "3des192",
					     "aes256aes",
					     "",
					     "_" };
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (proposal_word_find(wrong[i]).kind != WORD_UNKNOWN)
			fail_msg("\"%s\" was taken", wrong[i]);
}

static void a_word_of_any_length_is_harmless(void **state)
{
	char text[300];
	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t len = sizeof(text) - 1; len > 0; len--) {
		text[len] = '\0';
		assert_int_equal(proposal_word_find(text).kind, WORD_UNKNOWN);
	}
}

static void a_plain_hash_names_integrity_and_prf_and_others_only_one(void **state)
{
	(void)state;
	struct word plain = proposal_word_find("SHA2_512");
	assert_int_equal(plain.kind, WORD_HASH);
	assert_int_equal(plain.id, INTEG_HMAC_SHA2_512_256);
	assert_int_equal(plain.prf, PRF_HMAC_SHA2_512);
	assert_int_equal(proposal_word_find("sha2").id, INTEG_HMAC_SHA2_256_128);
	assert_int_equal(proposal_word_find("HMAC_SHA2_256_128").kind, WORD_INTEG);
	assert_int_equal(proposal_word_find("hmac_sha1_96").id, INTEG_HMAC_SHA1_96);
	assert_int_equal(proposal_word_find("prfsha384").kind, WORD_PRF);
	assert_int_equal(proposal_word_find("prfsha384").id, PRF_HMAC_SHA2_384);
}

static void groups_are_known_by_number_and_by_name(void **state)
{
	static const struct {
		const char *text;
		uint16_t id;
	} groups[] = { { "dh14", 14 },	   { "modp2048", 14 },	 { "modp3072", 15 },
		       { "modp4096", 16 }, { "modp6144", 17 },	 { "dh18", 18 },
		       { "ecp_256", 19 },  { "dh19", 19 },	 { "ecp384", 20 },
		       { "ecp521", 21 },   { "curve25519", 31 }, { "x25519", 31 },
		       { "dh31", 31 },	   { "ml_kem_768", 36 }, { "mlkem1024", 37 } };
	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct word word = proposal_word_find(groups[i].text);
		assert_int_equal(word.kind, WORD_DH);
		assert_int_equal(word.id, groups[i].id);
	}
}

static void weak_and_missing_algorithms_say_what_to_use(void **state)
{
	static const char *const refused[] = { "des",	   "md5",     "modp1024", "modp1536",
					       "dh2",	   "dh5",     "dh22",	  "dh24",
					       "blowfish", "twofish", "ecp256bp", "mlkem512",
					       "sha256_96" };
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct word word = proposal_word_find(refused[i]);
		assert_int_equal(word.kind, WORD_REFUSED);
		assert_non_null(strstr(word.advice, "use "));
	}
}

static void a_near_word_is_suggested_and_it_is_one_that_works(void **state)
{
	(void)state;
	assert_string_equal(proposal_word_suggest("aes265"), "aes256");
	assert_string_equal(proposal_word_suggest("aes_gmc256"), "aes_gcm256");
	assert_string_equal(proposal_word_suggest("sha2_521"), "sha2_512");
	assert_string_equal(proposal_word_suggest("curve2519"), "curve25519");
	assert_null(proposal_word_suggest("wireguard"));
}

static void only_aead_ciphers_bring_their_own_integrity(void **state)
{
	(void)state;
	assert_true(proposal_encr_is_aead(ENCR_AES_GCM_16));
	assert_true(proposal_encr_is_aead(ENCR_AES_CCM_8));
	assert_true(proposal_encr_is_aead(ENCR_CHACHA20_POLY1305));
	assert_true(proposal_encr_is_aead(ENCR_NULL_AUTH_AES_GMAC));
	assert_false(proposal_encr_is_aead(ENCR_AES_CBC));
	assert_false(proposal_encr_is_aead(ENCR_AES_CTR));
	assert_false(proposal_encr_is_aead(ENCR_NULL));
}

static void ciphers_of_one_key_size_have_no_key_length(void **state)
{
	(void)state;
	assert_true(proposal_encr_has_key_length(ENCR_AES_GCM_16));
	assert_true(proposal_encr_has_key_length(ENCR_CAMELLIA_CBC));
	assert_false(proposal_encr_has_key_length(ENCR_3DES));
	assert_false(proposal_encr_has_key_length(ENCR_CHACHA20_POLY1305));
	assert_false(proposal_encr_has_key_length(ENCR_NULL));
}

static void the_prf_of_a_hash_is_the_same_hash(void **state)
{
	(void)state;
	assert_int_equal(proposal_prf_of_integ(INTEG_HMAC_SHA2_384_192), PRF_HMAC_SHA2_384);
	assert_int_equal(proposal_prf_of_integ(INTEG_HMAC_SHA1_96), PRF_HMAC_SHA1);
	assert_int_equal(proposal_prf_of_integ(99), PRF_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libreswan_spellings_of_ciphers_are_known),
		cmocka_unit_test(strongswan_spellings_of_ciphers_are_known),
		cmocka_unit_test(wrong_key_sizes_and_tails_are_no_ciphers),
		cmocka_unit_test(a_word_of_any_length_is_harmless),
		cmocka_unit_test(a_plain_hash_names_integrity_and_prf_and_others_only_one),
		cmocka_unit_test(groups_are_known_by_number_and_by_name),
		cmocka_unit_test(weak_and_missing_algorithms_say_what_to_use),
		cmocka_unit_test(a_near_word_is_suggested_and_it_is_one_that_works),
		cmocka_unit_test(only_aead_ciphers_bring_their_own_integrity),
		cmocka_unit_test(ciphers_of_one_key_size_have_no_key_length),
		cmocka_unit_test(the_prf_of_a_hash_is_the_same_hash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
