/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign_private.h"
#include "unit/crypto/crypto_test.h"
#include "unit/crypto/keys_test.h"

/* RFC 8017 §9.2, note 1 */
static void digest_info_is_that_of_rfc8017(void **state)
{
	(void)state;
	static const struct {
		enum sign_hash hash;
		uint8_t len;
		const char *head;
	} known[] = {
		{ SIGN_SHA1, 20, "3021300906052b0e03021a05000414" },
		{ SIGN_SHA2_256, 32, "3031300d060960864801650304020105000420" },
		{ SIGN_SHA2_384, 48, "3041300d060960864801650304020205000430" },
		{ SIGN_SHA2_512, 64, "3051300d060960864801650304020305000440" },
	};
	uint8_t digest[64], out[RSA_INFO_MAX];
	memset(digest, 0xab, sizeof digest);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct bytes head = hex(known[i].head);
		struct span info =
			rsa_digest_info(known[i].hash, span_make(digest, known[i].len), out);
		assert_int_equal(info.len, head.len + known[i].len);
		assert_memory_equal(info.ptr, head.ptr, head.len);
		assert_memory_equal(info.ptr + head.len, digest, known[i].len);
	}
}

static void a_block_that_only_looks_right_is_refused(void **state)
{
	(void)state;
	struct public_key *key = key_of(rsa_spki);
	struct span abc = span_make("abc", 3);
	uint8_t digest[32];
	assert_ok(hash_parts(&hash_alg_sha256, &abc, 1, digest));
	for (size_t i = 0; i < RSA_FORGED; i++) {
		struct bytes signature = hex(rsa_forged[i].hex);
		enum rc rc = rsa_pkcs1_verify(key, SIGN_SHA2_256, SPAN_OF(digest),
					      SPAN_HEX(signature), 0);
		if (rc != rsa_forged[i].rc)
			fail_msg("%s: %s", rsa_forged[i].what, rc_name(rc));
	}
	public_key_unref(key);
}

static void pss_salts_are_those_of_the_scheme(void **state)
{
	(void)state;
	const struct sign_scheme schemes[] = { { SIGN_RSA_PSS, SIGN_SHA1, 0 },
					       { SIGN_RSA_PSS, SIGN_SHA2_256, 0 },
					       { SIGN_RSA_PSS, SIGN_SHA2_384, 20 },
					       { SIGN_RSA_PSS, SIGN_SHA2_512, 0 } };
	static const unsigned salts[] = { 20, 32, 20, 64 };
	static const CK_MECHANISM_TYPE hashes[] = { CKM_SHA_1, CKM_SHA256, CKM_SHA384, CKM_SHA512 };
	for (size_t i = 0; i < 4; i++) {
		CK_RSA_PKCS_PSS_PARAMS params = rsa_pss_params(&schemes[i]);
		assert_int_equal(params.sLen, salts[i]);
		assert_int_equal(params.hashAlg, hashes[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_info_is_that_of_rfc8017),
		cmocka_unit_test(a_block_that_only_looks_right_is_refused),
		cmocka_unit_test(pss_salts_are_those_of_the_scheme),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
