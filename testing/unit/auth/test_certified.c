/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/auth/auth_test.h"
#include "x509/issue.h"

struct proof {
	struct private_key *key;
	struct certificate *own, *between;
	struct credential credential;
	struct prove prove;
};

static struct certificate *self_signed(const char *subject, struct private_key *key)
{
	const struct x509_issue issue = {
		.subject = subject,
		.key = private_key_public(key),
		.issuer_key = key,
		.scheme = { .form = SIGN_ECDSA, .hash = SIGN_SHA2_256 },
		.not_after = 1000,
		.path_length = -1,
	};
	struct certificate *certificate = NULL;
	struct diag diag = { "" };
	struct arena arena;
	struct span der;

	arena_init(&arena, 1 << 20);
	if (x509_issue(&issue, &arena, &der, &diag) != RC_OK ||
	    certificate_parse(der, &certificate, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	arena_free(&arena);
	return certificate;
}

static void proof_begin(struct proof *proof)
{
	struct diag diag = { "" };

	*proof = (struct proof){ .key = NULL };
	assert_int_equal(
		private_key_generate(KEY_ECDSA_P256, 0, false, NULL, 0, &proof->key, &diag), RC_OK);
	proof->own = self_signed("CN=west", proof->key);
	proof->between = self_signed("CN=the CA between us and the root", proof->key);
	proof->credential = (struct credential){
		.certificate = proof->own,
		.chain = &proof->between,
		.chain_count = 1,
	};
	proof->prove = (struct prove){ .method = AUTH_SIGNATURE,
				       .value = { (const uint8_t *)"proof", 5 },
				       .credential = &proof->credential };
}

static void proof_end(struct proof *proof)
{
	certificate_unref(proof->between);
	certificate_unref(proof->own);
	private_key_unref(proof->key);
}

static void the_chain_follows_our_certificate_and_there_is_room_for_all(void **state)
{
	const struct config_end end = { .sendcert = SENDCERT_ALWAYS };
	struct proof proof;
	size_t own, between;

	(void)state;
	proof_begin(&proof);
	own = certificate_der(proof.own).len;
	between = certificate_der(proof.between).len;
	assert_int_equal(prove_certificates(&end, &proof.prove, false), 2);
	assert_true(
		span_equal(prove_certificate(&proof.prove, 0).data, certificate_der(proof.own)));
	assert_true(span_equal(prove_certificate(&proof.prove, 1).data,
			       certificate_der(proof.between)));
	assert_int_equal(prove_certificate(&proof.prove, 1).encoding, CERT_X509_SIGNATURE);
	assert_true(prove_room(&proof.prove) >= 5 + own + between + 2 * 5);
	proof_end(&proof);
}

static void who_does_not_ask_gets_them_where_the_conn_says_always(void **state)
{
	const struct config_end asked = { .sendcert = SENDCERT_IFASKED },
				never = { .sendcert = SENDCERT_NEVER };
	struct proof proof;

	(void)state;
	proof_begin(&proof);
	assert_int_equal(prove_certificates(&asked, &proof.prove, false), 0);
	assert_int_equal(prove_certificates(&asked, &proof.prove, true), 2);
	assert_int_equal(prove_certificates(&never, &proof.prove, true), 0);
	proof_end(&proof);
}

static void a_raw_key_and_a_shared_key_have_none(void **state)
{
	const struct config_end end = { .sendcert = SENDCERT_ALWAYS };
	const struct credential raw = { .certificate = NULL };
	const struct prove by_raw = { .method = AUTH_RSA,
				      .value = { (const uint8_t *)"proof", 5 },
				      .credential = &raw },
			   shared = { .method = AUTH_SHARED_KEY };

	(void)state;
	assert_int_equal(prove_certificates(&end, &by_raw, true), 0);
	assert_int_equal(prove_room(&by_raw), 5);
	assert_int_equal(prove_certificates(&end, &shared, true), 0);
	assert_int_equal(prove_room(&shared), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_chain_follows_our_certificate_and_there_is_room_for_all),
		cmocka_unit_test(who_does_not_ask_gets_them_where_the_conn_says_always),
		cmocka_unit_test(a_raw_key_and_a_shared_key_have_none),
	};

	return auth_run(tests);
}
