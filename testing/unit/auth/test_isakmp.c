/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "auth/isakmp.h"
#include "unit/auth/auth_test.h"
#include "wire/isakmp_iana.h"

static const uint8_t hash[32] = { 3, 1, 4 };

static void own_key(struct auth_fixture *f, enum key_kind kind)
{
	struct credential *credential = mem_alloc(sizeof(*credential));

	assert_non_null(credential);
	credential->refs = 1;
	assert_int_equal(private_key_generate(kind, 2048, false, NULL, 0, &credential->key, NULL),
			 RC_OK);
	assert_int_equal(keyring_credential_set(f->keyring, "gw", credential), RC_OK);
	credential_unref(credential);
}

static enum rc method_of(const char *authby, enum key_kind kind, uint16_t *auth, struct diag *diag)
{
	struct auth_fixture f;
	char conf[400];
	enum rc rc;

	(void)snprintf(conf, sizeof(conf), AUTH_CONN "\tauthby=%s\n\tleftcert=gw\n", authby);
	auth_begin(&f, conf);
	own_key(&f, kind);
	rc = isakmp_auth_of_key(&f.step, &f.ends, auth, diag);
	auth_end(&f);
	return rc;
}

static void the_key_says_which_method_is_offered(void **state)
{
	static const struct {
		enum key_kind kind;
		uint16_t auth;
	} known[] = { { KEY_RSA, OAKLEY_RSA_SIG },
		      { KEY_ECDSA_P256, OAKLEY_ECDSA_256 },
		      { KEY_ECDSA_P384, OAKLEY_ECDSA_384 },
		      { KEY_ECDSA_P521, OAKLEY_ECDSA_521 } };
	struct diag diag = { "" };
	uint16_t auth;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(method_of("rsasig,ecdsa", known[i].kind, &auth, &diag), RC_OK);
		assert_int_equal(auth, known[i].auth);
	}
	assert_int_equal(method_of("rsasig", KEY_ECDSA_P256, &auth, &diag), RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, "only by rsasig"));
}

static void without_a_key_it_says_what_to_write(void **state)
{
	struct auth_fixture f;
	uint16_t auth;

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=rsasig\n");
	assert_int_equal(isakmp_auth_of_key(&f.step, &f.ends, &auth, &f.out.diag), RC_AUTH_FAILED);
	assert_non_null(strstr(f.out.diag.text, "leftcert="));
	auth_end(&f);
}

/* Signed by us, and verified with the key that the conn has for the peer. */
static void signs(struct auth_fixture *f, enum key_kind kind, uint16_t auth, struct prove *prove)
{
	struct config_end *end = (struct config_end *)(uintptr_t)peer_remote_end(f->ends.peer);
	struct credential *credential;
	struct span spki;

	own_key(f, kind);
	assert_int_equal(isakmp_prove(&f->step, &f->ends, auth, SPAN_OF(hash), prove, &f->out),
			 RC_SUSPEND);
	auth_work(f);
	assert_int_equal(prove_end(&f->step, prove, &f->out), RC_OK);
	assert_int_equal(
		keyring_credential(f->keyring, peer_local_end(f->ends.peer), &credential, NULL),
		RC_OK);
	spki = public_key_spki(private_key_public(credential->key));
	end->key = (struct config_key){ .form = CONFIG_KEY_SPKI,
					.data = mem_alloc(spki.len),
					.len = (uint16_t)spki.len };
	assert_non_null(end->key.data);
	memcpy(end->key.data, spki.ptr, spki.len);
}

static enum rc verify(struct auth_fixture *f, uint16_t auth, struct span of, struct span signature)
{
	struct check *check = ARENA_NEW(&f->arena, struct check);
	enum rc rc;

	assert_non_null(check);
	f->step.rc = RC_OK;
	rc = isakmp_check(&f->step, &f->ends, auth, of, signature, check, &f->out);
	if (rc != RC_SUSPEND)
		return rc;
	auth_work(f);
	return check_end(&f->step, &f->ends, check, &f->out);
}

static void what_is_signed_is_the_hash_and_nothing_else(void **state)
{
	static const struct {
		enum key_kind kind;
		uint16_t auth, other;
		size_t len;
	} known[] = { { KEY_RSA, OAKLEY_RSA_SIG, OAKLEY_ECDSA_256, 256 },
		      { KEY_ECDSA_P256, OAKLEY_ECDSA_256, OAKLEY_ECDSA_384, 64 },
		      { KEY_ECDSA_P384, OAKLEY_ECDSA_384, OAKLEY_RSA_SIG, 96 } };
	uint8_t another[32] = { 3, 1, 5 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct auth_fixture f;
		struct prove prove;
		auth_begin(&f, AUTH_CONN "\tauthby=rsasig,ecdsa\n\tleftcert=gw\n");
		signs(&f, known[i].kind, known[i].auth, &prove);
		assert_int_equal(prove.value.len, known[i].len);
		assert_int_equal(verify(&f, known[i].auth, SPAN_OF(hash), prove.value), RC_OK);
		assert_int_equal(verify(&f, known[i].auth, SPAN_OF(another), prove.value),
				 RC_AUTH_FAILED);
		assert_int_not_equal(verify(&f, known[i].other, SPAN_OF(hash), prove.value), RC_OK);
		auth_end(&f);
	}
}

/* As strongSwan has it: not hashed again. */
static void ecdsa_does_not_hash_the_hash(void **state)
{
	const struct sign_scheme scheme = { SIGN_ECDSA, SIGN_SHA2_256, 0 };
	struct span text = SPAN_OF("abc");
	struct credential *credential;
	struct auth_fixture f;
	struct prove prove;
	uint8_t digest[32];

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=ecdsa\n\tleftcert=gw\n");
	own_key(&f, KEY_ECDSA_P256);
	assert_int_equal(hash_sha256(&text, 1, digest), RC_OK);
	assert_int_equal(
		isakmp_prove(&f.step, &f.ends, OAKLEY_ECDSA_256, SPAN_OF(digest), &prove, &f.out),
		RC_SUSPEND);
	auth_work(&f);
	assert_int_equal(prove_end(&f.step, &prove, &f.out), RC_OK);
	assert_int_equal(
		keyring_credential(f.keyring, peer_local_end(f.ends.peer), &credential, NULL),
		RC_OK);
	assert_int_equal(signature_verify(private_key_public(credential->key), &scheme,
					  SIGNATURE_RAW, &text, 1, prove.value, 0, NULL),
			 RC_OK);
	auth_end(&f);
}

static void a_method_that_was_not_ours_is_neither_made_nor_taken(void **state)
{
	struct auth_fixture f;
	struct prove prove;

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=ecdsa\n\tleftcert=gw\n");
	own_key(&f, KEY_ECDSA_P256);
	assert_int_equal(
		isakmp_prove(&f.step, &f.ends, OAKLEY_RSA_SIG, SPAN_OF(hash), &prove, &f.out),
		RC_AUTH_FAILED);
	assert_int_equal(verify(&f, OAKLEY_RSA_SIG, SPAN_OF(hash), SPAN_OF(hash)), RC_AUTH_FAILED);
	assert_int_equal(verify(&f, OAKLEY_DSS_SIG, SPAN_OF(hash), SPAN_OF(hash)), RC_AUTH_FAILED);
	assert_int_equal(verify(&f, OAKLEY_PRESHARED_KEY, SPAN_OF(hash), SPAN_OF(hash)),
			 RC_AUTH_FAILED);
	auth_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_says_which_method_is_offered),
		cmocka_unit_test(without_a_key_it_says_what_to_write),
		cmocka_unit_test(what_is_signed_is_the_hash_and_nothing_else),
		cmocka_unit_test(ecdsa_does_not_hash_the_hash),
		cmocka_unit_test(a_method_that_was_not_ours_is_neither_made_nor_taken),
	};

	return auth_run(tests);
}
