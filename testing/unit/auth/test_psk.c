/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/psk.h"
#include "unit/sa/sas_test.h"

#define PSK(text) span_make(text, strlen(text))

static const uint8_t init[300] = { 7 }, nonce[32] = { 8 }, sk_p[32] = { 9 };

struct side {
	struct arena arena;
	struct ike_suite suite;
	struct wire_id id;
	struct auth_input input;
};

static void side_begin(struct side *side)
{
	arena_init(&side->arena, 1u << 20);
	side->suite = (struct ike_suite){ .prf = crypto_prf(PRF_HMAC_SHA2_256) };
	side->id = (struct wire_id){ ID_FQDN, PSK("west") };
	side->input = (struct auth_input){ .suite = &side->suite,
					   .message = SPAN_OF(init),
					   .nonce = SPAN_OF(nonce),
					   .sk_p = SPAN_OF(sk_p),
					   .id = &side->id };
}

static struct wire_auth sign(struct side *side, const char *key)
{
	struct wire_auth auth = { .method = AUTH_SHARED_KEY };

	assert_int_equal(psk_auth(&side->arena, &side->input, PSK(key), &auth.data), RC_OK);
	return auth;
}

static enum rc verify(struct side *side, const char *key, const struct wire_auth *auth,
		      struct diag *diag)
{
	return psk_verify(&side->arena, &side->input, PSK(key), auth, diag);
}

/* AUTH = prf(prf(key, "Key Pad for IKEv2"), message | nonce | prf(SK_p, id body)), §2.15, from the
 * pieces. */
static void value_is_that_of_the_formula(void **state)
{
	struct side side;
	uint8_t pad[PRF_MAX], id_mac[PRF_MAX], expected[PRF_MAX];
	static const uint8_t body[] = { ID_FQDN, 0, 0, 0, 'w', 'e', 's', 't' };
	struct span text = PSK("Key Pad for IKEv2"), id = SPAN_OF(body);

	(void)state;
	side_begin(&side);
	const struct prf_alg *prf = side.suite.prf;
	struct wire_auth auth = sign(&side, "secret");
	assert_int_equal(prf_parts(prf, PSK("secret"), &text, 1, pad), RC_OK);
	assert_int_equal(prf_parts(prf, SPAN_OF(sk_p), &id, 1, id_mac), RC_OK);
	struct span parts[] = { SPAN_OF(init), SPAN_OF(nonce), span_make(id_mac, prf->len) };
	assert_int_equal(prf_parts(prf, span_make(pad, prf->len), parts, 3, expected), RC_OK);
	assert_int_equal(auth.data.len, prf->len);
	assert_memory_equal(auth.data.ptr, expected, prf->len);
	arena_free(&side.arena);
}

static void the_other_end_with_the_same_key_accepts(void **state)
{
	struct side side;
	struct diag diag;

	(void)state;
	side_begin(&side);
	struct wire_auth auth = sign(&side, "secret");
	assert_int_equal(verify(&side, "secret", &auth, &diag), RC_OK);
	arena_free(&side.arena);
}

static void another_key_or_a_changed_value_fails_and_names_the_remedy(void **state)
{
	struct side side;
	struct diag diag;
	uint8_t copy[PRF_MAX + 1] = { 0 };

	(void)state;
	side_begin(&side);
	struct wire_auth auth = sign(&side, "secret"), bad = auth;
	assert_int_equal(verify(&side, "Secret", &auth, &diag), RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, "ipsec.secrets"));
	memcpy(copy, auth.data.ptr, auth.data.len);
	for (size_t len = 0; len <= auth.data.len + 1; len++) {
		bad.data = span_make(copy, len);
		assert_int_equal(verify(&side, "secret", &bad, &diag) == RC_OK,
				 len == auth.data.len);
	}
	bad.data.len = auth.data.len;
	for (size_t i = 0; i < auth.data.len; i++) {
		copy[i] ^= 0x80;
		assert_int_equal(verify(&side, "secret", &bad, &diag), RC_AUTH_FAILED);
		copy[i] ^= 0x80;
	}
	arena_free(&side.arena);
}

static void anything_else_that_is_signed_gives_another_value(void **state)
{
	static const uint8_t other[32] = { 1 };
	struct side side;
	struct diag diag;

	(void)state;
	side_begin(&side);
	struct wire_auth auth = sign(&side, "secret");
	struct auth_input good = side.input;
	side.input.message.len--;
	assert_int_equal(verify(&side, "secret", &auth, &diag), RC_AUTH_FAILED);
	side.input = good;
	side.input.nonce = SPAN_OF(other);
	assert_int_equal(verify(&side, "secret", &auth, &diag), RC_AUTH_FAILED);
	side.input = good;
	side.input.int_auth = SPAN_OF(other);
	assert_int_equal(verify(&side, "secret", &auth, &diag), RC_AUTH_FAILED);
	side.input = good;
	side.input.sk_p = SPAN_OF(other);
	assert_int_equal(verify(&side, "secret", &auth, &diag), RC_AUTH_FAILED);
	side.input = good;
	side.id.type = ID_KEY_ID;
	assert_int_equal(verify(&side, "secret", &auth, &diag), RC_AUTH_FAILED);
	arena_free(&side.arena);
}

static void another_method_fails_and_is_named(void **state)
{
	struct side side;
	struct diag diag;

	(void)state;
	side_begin(&side);
	struct wire_auth auth = sign(&side, "secret");
	auth.method = AUTH_SIGNATURE;
	assert_int_equal(verify(&side, "secret", &auth, &diag), RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, "authby=secret"));
	arena_free(&side.arena);
}

static enum rc find(struct sas_fixture *f, const char *text, struct span *psk, struct diag *diag)
{
	struct sa_env env = { .host = f->host };
	struct step step = { .env = &env };
	struct config_errors errors;
	struct secrets *secrets = NULL;
	struct peer *peer = peers_tunnel(&f->peers, "t")->peer;
	struct ip_endpoint local = sas_endpoint("192.0.2.1", 500);
	struct ip_endpoint remote = sas_endpoint("192.0.2.2", 500);

	config_errors_init(&errors);
	if (text != NULL)
		assert_int_equal(secrets_load_text("test.secrets", PSK(text), &secrets, &errors),
				 RC_OK);
	config_errors_free(&errors);
	env.secrets = secrets;
	enum rc rc = psk_find(&step, &peer->local_id, &peer->remote_id, &local, &remote, psk, diag);
	if (rc == RC_OK)
		assert_true(span_equal_text(*psk, "fourteen bytes"));
	secrets_free(secrets);
	return rc;
}

static void key_of_the_two_ends_is_found_and_a_missing_one_is_authentication_failed(void **state)
{
	struct sas_fixture f;
	struct span psk;
	struct diag diag = { "" };

	(void)state;
	sas_begin(&f, SAS_CONN);
	assert_int_equal(find(&f, "@west @east : PSK \"fourteen bytes\"\n", &psk, &diag), RC_OK);
	assert_int_equal(find(&f, "@west @north : PSK \"fourteen bytes\"\n", &psk, &diag),
			 RC_AUTH_FAILED);
	assert_int_equal(find(&f, NULL, &psk, &diag), RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, "ipsec.secrets"));
	sas_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_is_that_of_the_formula),
		cmocka_unit_test(the_other_end_with_the_same_key_accepts),
		cmocka_unit_test(another_key_or_a_changed_value_fails_and_names_the_remedy),
		cmocka_unit_test(anything_else_that_is_signed_gives_another_value),
		cmocka_unit_test(another_method_fails_and_is_named),
		cmocka_unit_test(
			key_of_the_two_ends_is_found_and_a_missing_one_is_authentication_failed),
	};

	return sas_run(tests);
}
