/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/private.h"
#include "unit/test.h"

#define SHA2 (uint16_t)(HASH_BIT(SIGN_SHA2_256) | HASH_BIT(SIGN_SHA2_384) | HASH_BIT(SIGN_SHA2_512))

static struct config_end end_of(unsigned auth, unsigned pss, unsigned pkcs1, unsigned ecdsa)
{
	return (struct config_end){
		.auth = auth,
		.signatures = { (uint8_t)pss, (uint8_t)pkcs1, (uint8_t)ecdsa },
	};
}

static void chooses(enum key_kind kind, const struct config_end *end, uint16_t hashes,
		    uint8_t method, enum sign_form form, enum sign_hash hash)
{
	const struct peer_methods allowed = auth_methods_of(end);
	struct auth_choice choice;
	struct diag diag = { "" };

	if (auth_method_choose(kind, &allowed, hashes, &choice, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(choice.method, method);
	assert_int_equal(choice.scheme.form, form);
	assert_int_equal(choice.scheme.hash, hash);
	assert_int_equal(choice.form, method == AUTH_SIGNATURE || method == AUTH_RSA
					      ? SIGNATURE_DER
					      : SIGNATURE_RAW);
}

static void refuses(enum key_kind kind, const struct config_end *end, uint16_t hashes,
		    const char *because)
{
	const struct peer_methods allowed = auth_methods_of(end);
	struct auth_choice choice;
	struct diag diag = { "" };

	assert_int_equal(auth_method_choose(kind, &allowed, hashes, &choice, &diag),
			 RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, because));
}

/* RFC 7427 §4: only hashes that the peer announced. */
static void a_peer_with_rfc7427_gets_the_strongest_in_common(void **state)
{
	const struct config_end rsa = end_of(AUTHBY_RSA, SHA2, SHA2, 0);
	const struct config_end old = end_of(AUTHBY_RSA, 0, SHA2, 0);
	const struct config_end ecdsa = end_of(AUTHBY_ECDSA, 0, 0, SHA2);
	const struct config_end eddsa = end_of(AUTHBY_EDDSA, 0, 0, 0);

	(void)state;
	chooses(KEY_RSA, &rsa, SHA2, AUTH_SIGNATURE, SIGN_RSA_PSS, SIGN_SHA2_512);
	chooses(KEY_RSA, &rsa, HASH_BIT(SIGN_SHA2_256), AUTH_SIGNATURE, SIGN_RSA_PSS,
		SIGN_SHA2_256);
	chooses(KEY_RSA, &old, SHA2, AUTH_SIGNATURE, SIGN_RSA_PKCS1, SIGN_SHA2_512);
	chooses(KEY_ECDSA_P256, &ecdsa, SHA2, AUTH_SIGNATURE, SIGN_ECDSA, SIGN_SHA2_256);
	chooses(KEY_ECDSA_P384, &ecdsa, SHA2, AUTH_SIGNATURE, SIGN_ECDSA, SIGN_SHA2_384);
	chooses(KEY_ECDSA_P256, &ecdsa, HASH_BIT(SIGN_SHA2_512), AUTH_SIGNATURE, SIGN_ECDSA,
		SIGN_SHA2_512);
	chooses(KEY_ED25519, &eddsa, HASH_BIT(SIGN_IDENTITY), AUTH_SIGNATURE, SIGN_ED25519,
		SIGN_IDENTITY);
	refuses(KEY_ED25519, &eddsa, SHA2, "announced no hash");
	refuses(KEY_RSA, &rsa, HASH_BIT(SIGN_SHA1), "announced no hash");
}

/* RFC 7296 §3.8, RFC 4754 */
static void a_peer_without_it_gets_the_older_methods(void **state)
{
	const struct config_end rsa = end_of(AUTHBY_RSA, SHA2, SHA2, 0);
	const struct config_end sha1 = end_of(AUTHBY_RSA, SHA2, HASH_BIT(SIGN_SHA1), 0);
	const struct config_end ecdsa = end_of(AUTHBY_ECDSA, 0, 0, SHA2);

	(void)state;
	chooses(KEY_ECDSA_P256, &ecdsa, 0, AUTH_ECDSA_256, SIGN_ECDSA, SIGN_SHA2_256);
	chooses(KEY_ECDSA_P384, &ecdsa, 0, AUTH_ECDSA_384, SIGN_ECDSA, SIGN_SHA2_384);
	chooses(KEY_ECDSA_P521, &ecdsa, 0, AUTH_ECDSA_521, SIGN_ECDSA, SIGN_SHA2_512);
	chooses(KEY_RSA, &sha1, 0, AUTH_RSA, SIGN_RSA_PKCS1, SIGN_SHA1);
	chooses(KEY_RSA, &sha1, HASH_BIT(SIGN_SHA1), AUTH_RSA, SIGN_RSA_PKCS1, SIGN_SHA1);
	refuses(KEY_RSA, &rsa, 0, "rsa-sha1");
}

static void a_key_that_authby_does_not_allow_is_not_used(void **state)
{
	const struct config_end rsa = end_of(AUTHBY_RSA, SHA2, SHA2, 0);

	(void)state;
	refuses(KEY_ECDSA_P256, &rsa, SHA2, "authby=rsasig");
}

static enum rc reads(const struct wire_auth *auth, const struct config_end *end,
		     struct auth_choice *choice, struct span *signature, struct diag *diag)
{
	return auth_method_read(auth, end, choice, signature, diag);
}

static void what_one_end_writes_the_other_reads(void **state)
{
	const struct config_end end = end_of(AUTHBY_SIGNATURE, SHA2, SHA2, SHA2);
	static const struct sign_scheme schemes[] = {
		{ .form = SIGN_RSA_PSS, .hash = SIGN_SHA2_256 },
		{ .form = SIGN_RSA_PSS, .hash = SIGN_SHA2_512 },
		{ .form = SIGN_RSA_PKCS1, .hash = SIGN_SHA2_384 },
		{ .form = SIGN_ECDSA, .hash = SIGN_SHA2_256 },
		{ .form = SIGN_ED25519, .hash = SIGN_IDENTITY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct auth_choice choice = { AUTH_SIGNATURE, schemes[i], SIGNATURE_DER }, got;
		uint8_t bytes[AUTH_METHOD_HEAD_MAX + 5] = { 0 };
		size_t head = auth_method_head(&choice, bytes, AUTH_METHOD_HEAD_MAX);
		struct wire_auth auth = { AUTH_SIGNATURE, span_make(bytes, head + 5) };
		struct span signature;
		struct diag diag = { "" };
		assert_true(head > 0);
		assert_int_equal(reads(&auth, &end, &got, &signature, &diag), RC_OK);
		assert_int_equal(got.scheme.form, schemes[i].form);
		assert_int_equal(got.scheme.hash, schemes[i].hash);
		assert_int_equal(signature.len, 5);
		for (size_t cut = 0; cut < head; cut++) {
			auth.data = span_make(bytes, cut);
			assert_int_not_equal(reads(&auth, &end, &got, &signature, &diag), RC_OK);
		}
	}
}

static void sha1_is_refused_unless_asked_for(void **state)
{
	const struct config_end end = end_of(AUTHBY_RSA, SHA2, SHA2, 0);
	const struct config_end weak = end_of(AUTHBY_RSA, SHA2, HASH_BIT(SIGN_SHA1), 0);
	struct wire_auth auth = { AUTH_RSA, SPAN_NONE };
	struct auth_choice choice;
	struct span signature;
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(reads(&auth, &end, &choice, &signature, &diag), RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, "rsa-sha1"));
	assert_int_equal(reads(&auth, &weak, &choice, &signature, &diag), RC_OK);
	assert_int_equal(choice.scheme.hash, SIGN_SHA1);
}

static void every_method_says_what_it_may_mean(void **state)
{
	(void)state;
	for (unsigned method = 0; method < 256; method++) {
		struct wire_auth auth = { (uint8_t)method, SPAN_NONE };
		const struct config_end none = end_of(0, 0, 0, 0);
		struct auth_choice choice;
		struct span signature;
		struct diag diag = { "" };
		unsigned kinds = auth_method_kinds((uint8_t)method);
		assert_int_not_equal(reads(&auth, &none, &choice, &signature, &diag), RC_OK);
		assert_int_equal(kinds == 0,
				 method != AUTH_RSA && method != AUTH_SHARED_KEY &&
					 method != AUTH_NULL && method != AUTH_SIGNATURE &&
					 (method < AUTH_ECDSA_256 || method > AUTH_ECDSA_521));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_with_rfc7427_gets_the_strongest_in_common),
		cmocka_unit_test(a_peer_without_it_gets_the_older_methods),
		cmocka_unit_test(a_key_that_authby_does_not_allow_is_not_used),
		cmocka_unit_test(what_one_end_writes_the_other_reads),
		cmocka_unit_test(sha1_is_refused_unless_asked_for),
		cmocka_unit_test(every_method_says_what_it_may_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
