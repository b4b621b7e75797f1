/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/auth/auth_test.h"

static const struct peer_accepts nothing = { 0 }, sha2_256 = { .hashes = HASH_BIT(SIGN_SHA2_256) };

static void a_shared_key_needs_no_worker(void **state)
{
	struct auth_fixture f;
	struct prove prove;

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=secret\n");
	assert_int_equal(prove_possible(&f.step, &f.ends, &f.out.diag), RC_OK);
	assert_int_equal(prove_begin(&f.step, &f.ends, &nothing, &f.input, &prove, &f.out), RC_OK);
	f.step.rc = RC_KERNEL; /* of somebody else */
	assert_int_equal(prove_end(&f.step, &prove, &f.out), RC_OK);
	assert_int_equal(prove.method, AUTH_SHARED_KEY);
	assert_int_equal(prove.value.len, 32);
	assert_null(prove.credential);
	auth_end(&f);
}

/* RFC 7619 §2.1: as with a shared key that is SK_p. */
static void null_is_made_of_the_ike_keys_alone(void **state)
{
	struct auth_fixture f;
	struct prove prove;
	struct span expected;

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=null\n");
	assert_int_equal(prove_possible(&f.step, &f.ends, &f.out.diag), RC_OK);
	assert_int_equal(prove_begin(&f.step, &f.ends, &nothing, &f.input, &prove, &f.out), RC_OK);
	assert_int_equal(prove.method, AUTH_NULL);
	assert_int_equal(psk_auth(&f.arena, &f.input, SPAN_OF(auth_sk_p), &expected), RC_OK);
	assert_true(span_equal(prove.value, expected));
	auth_end(&f);
}

static void a_signature_is_a_workers(void **state)
{
	struct auth_fixture f;
	struct prove prove;
	struct auth_choice choice;
	struct auth_octets *octets;
	struct span signature;
	struct diag diag = { "" };

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=ecdsa\n\tleftcert=gw\n");
	struct public_key *key = auth_own_key(&f, "gw");
	assert_int_equal(prove_begin(&f.step, &f.ends, &sha2_256, &f.input, &prove, &f.out),
			 RC_SUSPEND);
	auth_work(&f);
	assert_int_equal(prove_end(&f.step, &prove, &f.out), RC_OK);
	assert_int_equal(prove.method, AUTH_SIGNATURE);
	assert_non_null(prove.credential);
	struct wire_auth auth = { prove.method, prove.value };
	assert_int_equal(
		auth_method_read(&auth, peer_local_end(f.ends.peer), &choice, &signature, &diag),
		RC_OK);
	assert_int_equal(auth_octets_make(&f.arena, &f.input, &octets), RC_OK);
	assert_int_equal(signature_verify(key, &choice.scheme, choice.form, octets->parts,
					  octets->count, signature, 0, &diag),
			 RC_OK);
	auth_end(&f);
}

static void what_fails_at_the_worker_fails_here(void **state)
{
	struct auth_fixture f;
	struct prove prove;

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=ecdsa\n\tleftcert=gw\n");
	(void)auth_own_key(&f, "gw");
	assert_int_equal(prove_begin(&f.step, &f.ends, &sha2_256, &f.input, &prove, &f.out),
			 RC_SUSPEND);
	f.step.rc = diag_fail(&f.step.job_diag, RC_INTERNAL, "the token is gone");
	assert_int_equal(prove_end(&f.step, &prove, &f.out), RC_INTERNAL);
	assert_string_equal(f.out.diag.text, "the token is gone");
	auth_end(&f);
}

static void without_a_key_it_says_what_to_write(void **state)
{
	struct auth_fixture f;
	struct prove prove;

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=rsasig\n");
	assert_int_equal(prove_possible(&f.step, &f.ends, &f.out.diag), RC_AUTH_FAILED);
	assert_non_null(strstr(f.out.diag.text, "leftcert="));
	assert_int_equal(prove_begin(&f.step, &f.ends, &nothing, &f.input, &prove, &f.out),
			 RC_AUTH_FAILED);
	auth_end(&f);
}

/* authby=rsasig,secret without a certificate: the shared key is what we have. */
static void a_shared_key_serves_where_both_are_allowed(void **state)
{
	struct auth_fixture f;
	struct prove prove;

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=secret,rsasig\n");
	assert_int_equal(prove_possible(&f.step, &f.ends, &f.out.diag), RC_OK);
	assert_int_equal(prove_begin(&f.step, &f.ends, &nothing, &f.input, &prove, &f.out), RC_OK);
	assert_int_equal(prove.method, AUTH_SHARED_KEY);
	auth_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shared_key_needs_no_worker),
		cmocka_unit_test(null_is_made_of_the_ike_keys_alone),
		cmocka_unit_test(a_signature_is_a_workers),
		cmocka_unit_test(what_fails_at_the_worker_fails_here),
		cmocka_unit_test(without_a_key_it_says_what_to_write),
		cmocka_unit_test(a_shared_key_serves_where_both_are_allowed),
	};

	return auth_run(tests);
}
