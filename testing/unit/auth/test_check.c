/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/auth/auth_test.h"

static const struct peer_accepts nothing = { 0 }, sha2_256 = { .hashes = HASH_BIT(SIGN_SHA2_256) };

/* AUTH of a key that the conn knows as rightpubkey=. */
static void signed_by_known_key(struct auth_fixture *f, struct check *check)
{
	struct prove prove;
	struct public_key *key;
	struct span spki;
	struct config_end *end = (struct config_end *)(uintptr_t)peer_remote_end(f->ends.peer);

	key = auth_own_key(f, "gw");
	spki = public_key_spki(key);
	end->key = (struct config_key){ .form = CONFIG_KEY_SPKI,
					.data = mem_alloc(spki.len),
					.len = (uint16_t)spki.len };
	assert_non_null(end->key.data);
	memcpy(end->key.data, spki.ptr, spki.len);
	assert_int_equal(prove_begin(&f->step, &f->ends, &sha2_256, &f->input, &prove, &f->out),
			 RC_SUSPEND);
	auth_work(f);
	assert_int_equal(prove_end(&f->step, &prove, &f->out), RC_OK);
	*check = (struct check){ .auth = { prove.method, prove.value } };
}

#define SIGNED AUTH_CONN "\tauthby=ecdsa\n\tleftcert=gw\n"

static void a_known_key_needs_no_certificate(void **state)
{
	struct auth_fixture f;
	struct check check;

	(void)state;
	auth_begin(&f, SIGNED);
	signed_by_known_key(&f, &check);
	assert_int_equal(check_begin(&f.step, &f.ends, &f.input, &check, &f.out), RC_SUSPEND);
	auth_work(&f);
	assert_int_equal(check_end(&f.step, &f.ends, &check, &f.out), RC_OK);
	auth_end(&f);
}

static void each_altered_byte_of_the_proof_is_refused(void **state)
{
	struct auth_fixture f;
	struct check check;

	(void)state;
	auth_begin(&f, SIGNED);
	signed_by_known_key(&f, &check);
	for (size_t i = 0; i < check.auth.data.len; i += 3) {
		struct span bytes = arena_copy(&f.arena, check.auth.data);
		struct check *other = ARENA_NEW(&f.arena, struct check); /* the event's */
		assert_non_null(other);
		other->auth = (struct wire_auth){ check.auth.method, bytes };
		((uint8_t *)(uintptr_t)bytes.ptr)[i] ^= 0x41;
		f.step.rc = RC_OK;
		enum rc rc = check_begin(&f.step, &f.ends, &f.input, other, &f.out);
		if (rc == RC_SUSPEND) {
			auth_work(&f);
			rc = check_end(&f.step, &f.ends, other, &f.out);
		}
		assert_int_not_equal(rc, RC_OK);
		assert_int_not_equal(rc, RC_SUSPEND);
	}
	auth_end(&f);
}

static void other_octets_are_refused(void **state)
{
	struct auth_fixture f;
	struct check check;
	uint8_t other[32] = { 1 };

	(void)state;
	auth_begin(&f, SIGNED);
	signed_by_known_key(&f, &check);
	f.input.nonce = SPAN_OF(other);
	assert_int_equal(check_begin(&f.step, &f.ends, &f.input, &check, &f.out), RC_SUSPEND);
	auth_work(&f);
	assert_int_equal(check_end(&f.step, &f.ends, &check, &f.out), RC_AUTH_FAILED);
	auth_end(&f);
}

static enum rc claims(const char *conf, uint8_t method, struct diag *diag)
{
	static const uint8_t zeros[32] = { 0 };
	struct auth_fixture f;
	struct check check = { .auth = { method, SPAN_OF(zeros) } };
	enum rc rc;

	auth_begin(&f, conf);
	rc = check_begin(&f.step, &f.ends, &f.input, &check, &f.out);
	*diag = f.out.diag;
	auth_end(&f);
	return rc;
}

static void a_method_that_the_conn_does_not_allow_is_refused(void **state)
{
	struct diag diag = { "" };

	(void)state;
	for (unsigned method = 0; method < 256; method++)
		assert_int_equal(claims(AUTH_CONN "\tauthby=secret\n", (uint8_t)method, &diag),
				 RC_AUTH_FAILED);
	assert_int_equal(claims(AUTH_CONN "\tauthby=secret\n", AUTH_NULL, &diag), RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, "allows only secret"));
	assert_int_equal(claims(AUTH_CONN "\tauthby=null\n", AUTH_NULL, &diag), RC_AUTH_FAILED);
	assert_int_equal(claims(AUTH_CONN "\tauthby=ecdsa\n", AUTH_ECDSA_256, &diag),
			 RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, "sent no certificate"));
}

static void null_is_right_where_it_is_allowed(void **state)
{
	struct auth_fixture f;
	struct prove prove;

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=null\n");
	assert_int_equal(prove_begin(&f.step, &f.ends, &nothing, &f.input, &prove, &f.out), RC_OK);
	struct check check = { .auth = { prove.method, prove.value } };
	assert_int_equal(check_begin(&f.step, &f.ends, &f.input, &check, &f.out), RC_OK);
	assert_int_equal(check_end(&f.step, &f.ends, &check, &f.out), RC_OK);
	auth_end(&f);
}

static void an_altered_proof_of_null_is_refused(void **state)
{
	struct auth_fixture f;
	struct prove prove;

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=null\n");
	assert_int_equal(prove_begin(&f.step, &f.ends, &nothing, &f.input, &prove, &f.out), RC_OK);
	for (size_t i = 0; i < prove.value.len; i++) {
		struct span bytes = arena_copy(&f.arena, prove.value);
		((uint8_t *)(uintptr_t)bytes.ptr)[i] ^= 1;
		struct check check = { .auth = { prove.method, bytes } };
		assert_int_equal(check_begin(&f.step, &f.ends, &f.input, &check, &f.out),
				 RC_AUTH_FAILED);
	}
	auth_end(&f);
}

/* ---- what the peer sends as certificates ---- */

/* A message with so many CERT payloads, each of that encoding and length. */
static enum rc reads(uint8_t encoding, unsigned count, size_t len, struct check *check)
{
	struct payload payloads[12] = { 0 };
	struct ike_message message = { .first = payloads };
	struct step step = { .message = &message };
	uint8_t *body = mem_alloc(len + 1);
	struct diag diag = { "" };
	enum rc rc;

	assert_non_null(body);
	body[0] = encoding;
	for (unsigned i = 0; i < count; i++)
		payloads[i] = (struct payload){ .next = i + 1 < count ? &payloads[i + 1] : NULL,
						.type = PAYLOAD_CERT,
						.body = span_make(body, len + 1) };
	*check = (struct check){ .certificate_count = 0 };
	rc = check_read(&step, check, &diag);
	assert_int_equal(rc == RC_LIMIT, strstr(diag.text, "peer sent more than") != NULL);
	mem_free(body);
	return rc;
}

static void only_so_many_certificates_are_looked_at(void **state)
{
	struct check check;

	(void)state;
	assert_int_equal(reads(CERT_X509_SIGNATURE, X509_CHAIN_MAX, 100, &check), RC_OK);
	assert_int_equal(check.certificate_count, X509_CHAIN_MAX);
	assert_int_equal(reads(CERT_X509_SIGNATURE, X509_CHAIN_MAX + 1, 100, &check), RC_LIMIT);
	assert_int_equal(reads(7, X509_CHAIN_MAX + 1, 100, &check), RC_OK); /* CRLs */
	assert_int_equal(check.certificate_count, 0);
}

static void only_so_many_bytes_are_looked_at(void **state)
{
	struct check check;

	(void)state;
	assert_int_equal(reads(CERT_X509_SIGNATURE, 8, X509_BYTES_MAX / 8, &check), RC_OK);
	assert_int_equal(reads(CERT_X509_SIGNATURE, 8, X509_BYTES_MAX / 8 + 1, &check), RC_LIMIT);
	assert_int_equal(reads(CERT_X509_SIGNATURE, 1, 1u << 20, &check), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_key_needs_no_certificate),
		cmocka_unit_test(each_altered_byte_of_the_proof_is_refused),
		cmocka_unit_test(other_octets_are_refused),
		cmocka_unit_test(a_method_that_the_conn_does_not_allow_is_refused),
		cmocka_unit_test(null_is_right_where_it_is_allowed),
		cmocka_unit_test(an_altered_proof_of_null_is_refused),
		cmocka_unit_test(only_so_many_certificates_are_looked_at),
		cmocka_unit_test(only_so_many_bytes_are_looked_at),
	};

	return auth_run(tests);
}
