/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include "base/secret.h"
#include "crypto/nss.h"
#include "crypto/sign_private.h"
#include "unit/crypto/crypto_test.h"
#include "unit/crypto/keys_test.h"

static const struct span abc = { (const uint8_t *)"abc", 3 };

static enum rc verify(const struct public_key *key, struct sign_scheme scheme,
		      enum signature_form form, struct span message, struct span signature)
{
	struct diag diag = { "" };
	enum rc rc = signature_verify(key, &scheme, form, &message, 1, signature, 1, &diag);
	assert_true((rc == RC_OK) == (diag.text[0] == '\0'));
	return rc;
}

/* RFC 4754 §8.1, §8.2, §8.3 */
static void ecdsa_gives_the_answers_of_rfc4754(void **state)
{
	(void)state;
	for (size_t i = 0; i < RFC4754_COUNT; i++) {
		struct public_key *key = key_of(rfc4754[i].spki);
		struct bytes signature = hex(rfc4754[i].signature);
		struct sign_scheme scheme = { SIGN_ECDSA, rfc4754[i].hash, 0 };
		assert_int_equal(public_key_kind(key), rfc4754[i].kind);
		assert_ok(verify(key, scheme, SIGNATURE_RAW, abc, SPAN_HEX(signature)));
		assert_int_equal(verify(key, scheme, SIGNATURE_DER, abc, SPAN_HEX(signature)),
				 RC_AUTH_FAILED);
		public_key_unref(key);
	}
}

/* Made with OpenSSL. */
static void rsa_verifies_what_another_program_made(void **state)
{
	(void)state;
	struct public_key *key = key_of(rsa_spki);
	for (size_t i = 0; i < RSA_SIGNATURES; i++) {
		struct bytes signature = hex(rsa_signatures[i].hex);
		struct sign_scheme scheme = rsa_signatures[i].scheme, other = scheme;
		assert_ok(verify(key, scheme, SIGNATURE_DER, abc, SPAN_HEX(signature)));
		other.salt = (uint16_t)(scheme.salt + 1);
		if (scheme.form == SIGN_RSA_PSS)
			assert_int_equal(
				verify(key, other, SIGNATURE_DER, abc, SPAN_HEX(signature)),
				RC_AUTH_FAILED);
		other = scheme;
		other.form = scheme.form == SIGN_RSA_PSS ? SIGN_RSA_PKCS1 : SIGN_RSA_PSS;
		assert_int_equal(verify(key, other, SIGNATURE_DER, abc, SPAN_HEX(signature)),
				 RC_AUTH_FAILED);
		other = scheme;
		other.hash = scheme.hash == SIGN_SHA2_256 ? SIGN_SHA2_384 : SIGN_SHA2_256;
		assert_int_equal(verify(key, other, SIGNATURE_DER, abc, SPAN_HEX(signature)),
				 RC_AUTH_FAILED);
		assert_int_equal(verify(key, scheme, SIGNATURE_DER, span_make("abd", 3),
					SPAN_HEX(signature)),
				 RC_AUTH_FAILED);
	}
	public_key_unref(key);
}

static void every_flipped_bit_and_every_length(const struct public_key *key,
					       struct sign_scheme scheme, enum signature_form form,
					       struct span signature, size_t step)
{
	uint8_t copy[SIGNATURE_MAX + 1];
	memcpy(copy, signature.ptr, signature.len);
	copy[signature.len] = 0;
	for (size_t bit = 0; bit < 8 * signature.len; bit += step) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(verify(key, scheme, form, abc, span_make(copy, signature.len)),
				 RC_AUTH_FAILED);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len <= signature.len + 1; len++)
		if (len != signature.len)
			assert_int_equal(verify(key, scheme, form, abc, span_make(copy, len)),
					 RC_AUTH_FAILED);
	assert_ok(verify(key, scheme, form, abc, span_make(copy, signature.len)));
}

static void no_flipped_bit_and_no_other_length_passes(void **state)
{
	(void)state;
	struct public_key *rsa = key_of(rsa_spki), *ec = key_of(rfc4754[0].spki);
	struct sign_scheme ecdsa = { SIGN_ECDSA, SIGN_SHA2_256, 0 };
	struct bytes raw = hex(rfc4754[0].signature);
	uint8_t der[80];
	size_t len;
	for (size_t i = 0; i < RSA_SIGNATURES; i++) {
		struct bytes signature = hex(rsa_signatures[i].hex);
		every_flipped_bit_and_every_length(rsa, rsa_signatures[i].scheme, SIGNATURE_DER,
						   SPAN_HEX(signature), i == 0 ? 1 : 37);
	}
	every_flipped_bit_and_every_length(ec, ecdsa, SIGNATURE_RAW, SPAN_HEX(raw), 1);
	assert_ok(ecdsa_from_raw(curve_of(KEY_ECDSA_P256), SIGNATURE_DER, raw.ptr, der, &len));
	every_flipped_bit_and_every_length(ec, ecdsa, SIGNATURE_DER, span_make(der, len), 1);
	public_key_unref(rsa);
	public_key_unref(ec);
}

/* A block that a lenient parser takes: what it says is right, but it is another block. */
static void rsa_compares_the_whole_block(void **state)
{
	(void)state;
	struct public_key *key = key_of(rsa_spki);
	for (size_t i = 0; i < RSA_FORGED; i++) {
		struct bytes signature = hex(rsa_forged[i].hex);
		struct sign_scheme scheme = { SIGN_RSA_PKCS1, SIGN_SHA2_256, 0 };
		assert_int_equal(verify(key, scheme, SIGNATURE_DER, abc, SPAN_HEX(signature)),
				 rsa_forged[i].rc);
	}
	public_key_unref(key);
}

static void rsa_signatures_lie_below_the_modulus(void **state)
{
	(void)state;
	struct public_key *key = key_of(rsa_spki);
	uint8_t ones[256];
	struct sign_scheme pkcs1 = { SIGN_RSA_PKCS1, SIGN_SHA2_256, 0 },
			   pss = { SIGN_RSA_PSS, SIGN_SHA2_256, 0 };
	memset(ones, 0xff, sizeof ones);
	assert_int_equal(verify(key, pkcs1, SIGNATURE_DER, abc, SPAN_OF(ones)), RC_AUTH_FAILED);
	assert_int_equal(verify(key, pss, SIGNATURE_DER, abc, SPAN_OF(ones)), RC_AUTH_FAILED);
	assert_int_equal(verify(key, pkcs1, SIGNATURE_DER, abc, key->modulus), RC_AUTH_FAILED);
	memset(ones, 0, sizeof ones);
	assert_int_equal(verify(key, pkcs1, SIGNATURE_DER, abc, SPAN_OF(ones)), RC_AUTH_FAILED);
	ones[255] = 1; /* its power is 1 too */
	assert_int_equal(verify(key, pkcs1, SIGNATURE_DER, abc, SPAN_OF(ones)), RC_AUTH_FAILED);
	assert_int_equal(verify(key, pss, SIGNATURE_DER, abc, SPAN_OF(ones)), RC_AUTH_FAILED);
	public_key_unref(key);
}

static void schemes_need_a_key_that_fits(void **state)
{
	(void)state;
	struct public_key *rsa = key_of(rsa_spki), *ec = key_of(rfc4754[0].spki);
	struct private_key *private = private_of(rfc4754_p256_pkcs8);
	struct sign_scheme pss = { SIGN_RSA_PSS, SIGN_SHA2_256, 0 },
			   ecdsa = { SIGN_ECDSA, SIGN_SHA2_256, 0 },
			   strange = { SIGN_ECDSA, SIGN_IDENTITY, 0 },
			   ed25519 = { SIGN_ED25519, SIGN_IDENTITY, 0 };
	uint8_t out[SIGNATURE_MAX];
	size_t len;
	assert_int_equal(verify(ec, pss, SIGNATURE_DER, abc, abc), RC_UNSUPPORTED);
	assert_int_equal(verify(rsa, ecdsa, SIGNATURE_DER, abc, abc), RC_UNSUPPORTED);
	assert_int_equal(verify(ec, strange, SIGNATURE_DER, abc, abc), RC_UNSUPPORTED);
	assert_int_equal(verify(ec, ed25519, SIGNATURE_DER, abc, abc), RC_UNSUPPORTED);
	assert_int_equal(signature_make(private, &pss, SIGNATURE_DER, &abc, 1, 0, out, &len, NULL),
			 RC_UNSUPPORTED);
	public_key_unref(rsa);
	public_key_unref(ec);
	private_key_unref(private);
}

static void round_trip(struct private_key *key, struct sign_scheme scheme, enum signature_form form)
{
	struct span parts[] = { span_make("a", 1), SPAN_NONE, span_make("bc", 2) };
	uint8_t out[SIGNATURE_MAX];
	size_t len = 0;
	struct diag diag = { "" };
	if (signature_make(key, &scheme, form, parts, 3, 0, out, &len, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_true(len <= signature_max(private_key_public(key)));
	assert_ok(verify(private_key_public(key), scheme, form, abc, span_make(out, len)));
	out[len / 2] ^= 4;
	assert_int_equal(verify(private_key_public(key), scheme, form, abc, span_make(out, len)),
			 RC_AUTH_FAILED);
}

static void what_is_made_verifies_by_every_scheme(void **state)
{
	(void)state;
	struct private_key *keys[] = { private_of(rsa_pkcs8), private_of(rfc4754_p256_pkcs8), NULL,
				       NULL };
	assert_ok(private_key_generate(KEY_ECDSA_P384, 0, false, NULL, 0, &keys[2], NULL));
	assert_ok(private_key_generate(KEY_ECDSA_P521, 0, false, NULL, 1, &keys[3], NULL));
	for (size_t i = 0; i < 4; i++) {
		unsigned fits = 0;
		for (int form = SIGN_RSA_PKCS1; form <= SIGN_ED25519; form++)
			for (int hash = SIGN_SHA1; hash <= SIGN_IDENTITY; hash++) {
				struct sign_scheme scheme = { (enum sign_form)form,
							      (enum sign_hash)hash, 0 };
				if (!sign_scheme_fits(&scheme,
						      public_key_kind(private_key_public(keys[i]))))
					continue;
				round_trip(keys[i], scheme, SIGNATURE_DER);
				round_trip(keys[i], scheme, SIGNATURE_RAW);
				fits++;
			}
		assert_int_equal(fits, i == 0 ? 8 : 4);
		private_key_unref(keys[i]);
	}
}

/* RFC 2409 §5.1: the block holds the hash and nothing that names it. */
static void rsa_of_ikev1_signs_the_bare_hash(void **state)
{
	(void)state;
	const struct sign_scheme raw = { SIGN_RSA_PKCS1, SIGN_RAW, 0 },
				 named = { SIGN_RSA_PKCS1, SIGN_SHA2_256, 0 };
	struct private_key *key = NULL;
	struct key_in_nss nss;
	uint8_t hash[32], signature[SIGNATURE_MAX], block[256], want[256];
	size_t len = 0;
	struct span bytes = SPAN_OF(hash);

	memset(hash, 0x5a, sizeof hash);
	assert_ok(private_key_generate(KEY_RSA, 2048, false, NULL, 0, &key, NULL));
	assert_ok(signature_make(key, &raw, SIGNATURE_DER, &bytes, 1, 0, signature, &len, NULL));
	assert_int_equal(len, sizeof block);
	assert_ok(key_enter(private_key_public(key), 0, &nss));
	assert_int_equal(PK11_PubEncryptRaw(nss.key, block, signature, 256, NULL), SECSuccess);
	key_leave(private_key_public(key), &nss);
	memset(want, 0xff, sizeof want);
	want[0] = want[256 - 33] = 0;
	want[1] = 1;
	memcpy(want + 256 - 32, hash, 32);
	assert_memory_equal(block, want, sizeof want);
	assert_ok(verify(private_key_public(key), raw, SIGNATURE_DER, bytes,
			 span_make(signature, len)));
	assert_int_equal(verify(private_key_public(key), named, SIGNATURE_DER, bytes,
				span_make(signature, len)),
			 RC_AUTH_FAILED);
	hash[31] ^= 1;
	assert_int_equal(verify(private_key_public(key), raw, SIGNATURE_DER, bytes,
				span_make(signature, len)),
			 RC_AUTH_FAILED);
	assert_int_not_equal(signature_make(key, &raw, SIGNATURE_DER, &(struct span){ want, 200 },
					    1, 0, signature, &len, NULL),
			     RC_OK);
	private_key_unref(key);
}

/* Who knows the message that was hashed can verify it as usual. */
static void ecdsa_of_ikev1_signs_the_bare_hash(void **state)
{
	(void)state;
	static const struct {
		enum sign_hash hash;
		const struct hash_alg *alg;
	} hashes[] = { { SIGN_SHA1, &hash_alg_sha1 },
		       { SIGN_SHA2_256, &hash_alg_sha256 },
		       { SIGN_SHA2_512, &hash_alg_sha512 } };
	const struct sign_scheme raw = { SIGN_ECDSA, SIGN_RAW, 0 };
	struct span message = SPAN_OF("the leftmost bits of a long hash count");

	for (unsigned i = 0; i < 3; i++) {
		const struct sign_scheme named = { SIGN_ECDSA, hashes[i].hash, 0 };
		struct private_key *key = NULL;
		uint8_t hash[HASH_LEN_MAX], signature[SIGNATURE_MAX];
		struct span bytes = { hash, hashes[i].alg->len };
		size_t len = 0;
		assert_ok(private_key_generate(KEY_ECDSA_P256, 0, false, NULL, 0, &key, NULL));
		assert_ok(hash_parts(hashes[i].alg, &message, 1, hash));
		assert_ok(signature_make(key, &raw, SIGNATURE_RAW, &bytes, 1, 0, signature, &len,
					 NULL));
		assert_int_equal(len, 64);
		assert_ok(verify(private_key_public(key), named, SIGNATURE_RAW, message,
				 span_make(signature, len)));
		assert_ok(verify(private_key_public(key), raw, SIGNATURE_RAW, bytes,
				 span_make(signature, len)));
		hash[0] ^= 1;
		assert_int_equal(verify(private_key_public(key), raw, SIGNATURE_RAW, bytes,
					span_make(signature, len)),
				 RC_AUTH_FAILED);
		private_key_unref(key);
	}
}

static void pss_takes_the_salt_that_it_is_told(void **state)
{
	(void)state;
	struct private_key *key = private_of(rsa_pkcs8);
	struct sign_scheme longest = { SIGN_RSA_PSS, SIGN_SHA2_256, 222 },
			   too_long = { SIGN_RSA_PSS, SIGN_SHA2_256, 223 },
			   shortest = { SIGN_RSA_PSS, SIGN_SHA2_512, 1 };
	uint8_t out[SIGNATURE_MAX];
	size_t len;
	round_trip(key, longest, SIGNATURE_DER);
	round_trip(key, shortest, SIGNATURE_DER);
	assert_int_not_equal(
		signature_make(key, &too_long, SIGNATURE_DER, &abc, 1, 0, out, &len, NULL), RC_OK);
	memset(out, 7, 256);
	assert_int_equal(
		verify(private_key_public(key), too_long, SIGNATURE_DER, abc, span_make(out, 256)),
		RC_AUTH_FAILED);
	private_key_unref(key);
}

static void *sign_and_verify_often(void *context)
{
	struct private_key *key = context;
	bool rsa = public_key_kind(private_key_public(key)) == KEY_RSA;
	struct sign_scheme scheme = { rsa ? SIGN_RSA_PSS : SIGN_ECDSA, SIGN_SHA2_256, 0 };
	uint8_t out[SIGNATURE_MAX];
	size_t len;
	for (unsigned i = 0; i < 30; i++) {
		struct private_key *mine = private_key_ref(key);
		if (signature_make(mine, &scheme, SIGNATURE_DER, &abc, 1, i, out, &len, NULL) !=
			    RC_OK ||
		    signature_verify(private_key_public(mine), &scheme, SIGNATURE_DER, &abc, 1,
				     span_make(out, len), i, NULL) != RC_OK)
			return key;
		private_key_unref(mine);
	}
	return NULL;
}

static void several_threads_use_one_key(void **state)
{
	(void)state;
	struct private_key *keys[] = { private_of(rsa_pkcs8), private_of(rfc4754_p256_pkcs8) };
	pthread_t threads[4];
	void *failed;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, sign_and_verify_often, keys[i % 2]), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	private_key_unref(keys[0]);
	private_key_unref(keys[1]);
}

static void running_out_of_memory_is_told(void **state)
{
	(void)state;
	struct bytes spki = hex(rfc4754[0].spki), pkcs8 = hex(rfc4754_p256_pkcs8);
	struct public_key *key = NULL;
	struct private_key *private = NULL;
	mem_fail_nth(1);
	assert_int_equal(public_key_from_spki(SPAN_HEX(spki), &key, NULL), RC_NO_MEMORY);
	for (uint64_t nth = 1; nth < 3; nth++) {
		mem_fail_nth(nth);
		assert_int_equal(private_key_import(SPAN_HEX(pkcs8), false, NULL, &private, NULL),
				 RC_NO_MEMORY);
	}
	mem_fail_nth(0);
}

static int close_and_count(void **state)
{
	(void)state;
	return nss_close() == RC_OK ? 0 : -1; /* nothing is left in NSS */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_crypto, close_and_count)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ecdsa_gives_the_answers_of_rfc4754),
		TEST(rsa_verifies_what_another_program_made),
		TEST(no_flipped_bit_and_no_other_length_passes),
		TEST(rsa_compares_the_whole_block),
		TEST(rsa_signatures_lie_below_the_modulus),
		TEST(schemes_need_a_key_that_fits),
		TEST(what_is_made_verifies_by_every_scheme),
		TEST(rsa_of_ikev1_signs_the_bare_hash),
		TEST(ecdsa_of_ikev1_signs_the_bare_hash),
		TEST(pss_takes_the_salt_that_it_is_told),
		TEST(several_threads_use_one_key),
		TEST(running_out_of_memory_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
