/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/crypto/ikev1_known.h"
#include "unit/crypto/nist.h"

static void the_keys_are_those_of_another_implementation(void **state)
{
	(void)state;
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		struct ike_suite suite = known_suite(&known[i]);
		struct ike_keys keys = known_keys(&known[i]);
		assert_bytes(ikev1_key(&keys, &suite, IKEV1_SKEYID), known[i].skeyid);
		assert_bytes(ikev1_key(&keys, &suite, IKEV1_SKEYID_d), known[i].d);
		assert_bytes(ikev1_key(&keys, &suite, IKEV1_SKEYID_a), known[i].a);
		assert_bytes(ikev1_key(&keys, &suite, IKEV1_SKEYID_e), known[i].e);
		assert_bytes(ikev1_key(&keys, &suite, IKEV1_ENCRYPTION), known[i].key);
		ike_keys_wipe(&keys);
		assert_int_equal(ikev1_key(&keys, &suite, IKEV1_SKEYID).len, 0);
	}
}

static void each_end_has_a_hash_of_its_own(void **state)
{
	uint8_t sa[48], out[PRF_MAX];
	struct bytes idi = hex("011101f4c0000201"), idr = hex("0200000067772e6578616d706c65");
	struct known_exchange one;
	(void)state;
	known_exchange(&one);
	count_up(sa, sizeof sa, 0x70);
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		struct ike_suite suite = known_suite(&known[i]);
		struct ike_keys keys = known_keys(&known[i]);
		struct span hash = { out, suite.prf->len };
		assert_ok(ikev1_hash_auth(&suite, suite.prf, &keys, &one.exchange, true,
					  SPAN_OF(sa), SPAN_HEX(idi), out));
		assert_bytes(hash, known[i].hash_i);
		assert_ok(ikev1_hash_auth(&suite, suite.prf, &keys, &one.exchange, false,
					  SPAN_OF(sa), SPAN_HEX(idr), out));
		assert_bytes(hash, known[i].hash_r);
		ike_keys_wipe(&keys);
	}
}

static void a_key_is_known_by_what_was_made_of_it(void **state)
{
	static const uint8_t psk[] = "one", other[] = "two";
	struct ike_suite suite = known_suite(&known[0]);
	struct known_exchange one;
	struct ike_keys keys = { { NULL, 0 } };
	(void)state;
	known_exchange(&one);
	assert_ok(ikev1_keys_derive(&suite, &one.exchange, SPAN_OF(psk), &keys));
	assert_ok(ikev1_psk_check(&suite, &keys, &one.exchange, SPAN_OF(psk)));
	assert_int_equal(ikev1_psk_check(&suite, &keys, &one.exchange, SPAN_OF(other)),
			 RC_AUTH_FAILED);
	ike_keys_wipe(&keys);
}

static void a_later_message_is_hashed_with_skeyid_a(void **state)
{
	static const uint8_t id[] = { 0x5b, 0x3f, 0x0a, 0x11 };
	uint8_t rest[30], out[PRF_MAX];
	struct span parts[] = { SPAN_OF(id), SPAN_OF(rest) };
	(void)state;
	count_up(rest, sizeof rest, 3);
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		struct ike_suite suite = known_suite(&known[i]);
		struct ike_keys keys = known_keys(&known[i]);
		assert_ok(ikev1_hash(&suite, &keys, parts, 2, out));
		assert_bytes(span_make(out, suite.prf->len), known[i].hash_1);
		ike_keys_wipe(&keys);
	}
}

static void keymat_depends_on_direction_nonces_and_pfs(void **state)
{
	uint8_t shared[64], out[72];
	struct known_exchange one;
	(void)state;
	known_exchange(&one);
	for (size_t i = 0; i < sizeof shared; i++)
		shared[i] = one.shared[63 - i];
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		struct ike_suite suite = known_suite(&known[i]);
		struct ike_keys keys = known_keys(&known[i]);
		assert_ok(ikev1_keymat(&suite, &keys, SPAN_OF(shared), 3, 0xc1c2c3c4u,
				       SPAN_OF(one.ni), SPAN_OF(one.nr), 72, out));
		assert_bytes(span_make(out, 72), known[i].keymat);
		assert_ok(ikev1_keymat(&suite, &keys, SPAN_NONE, 2, 0x100, SPAN_OF(one.nr),
				       SPAN_OF(one.ni), 36, out));
		assert_bytes(span_make(out, 36), known[i].keymat_plain);
		ike_keys_wipe(&keys);
	}
}

static void a_nonce_over_256_bytes_is_refused(void **state)
{
	static const uint8_t nonce[257];
	struct ike_suite suite = known_suite(&known[0]);
	struct ike_keys keys = { { NULL, 0 } };
	struct known_exchange one;
	uint8_t out[20];
	struct span psk = span_make("p", 1), ok = span_make(nonce, 256);
	(void)state;
	known_exchange(&one);
	one.exchange.ni = one.exchange.nr = ok;
	assert_ok(ikev1_keys_derive(&suite, &one.exchange, psk, &keys));
	one.exchange.ni = SPAN_OF(nonce);
	assert_int_equal(ikev1_keys_derive(&suite, &one.exchange, psk, &keys), RC_LIMIT);
	one.exchange.ni = ok;
	one.exchange.nr = SPAN_OF(nonce);
	assert_int_equal(ikev1_keys_derive(&suite, &one.exchange, psk, &keys), RC_LIMIT);
	assert_int_equal(ikev1_keymat(&suite, &keys, SPAN_NONE, 3, 1, ok, SPAN_OF(nonce), 20, out),
			 RC_LIMIT);
	ike_keys_wipe(&keys);
}

/* An empty preshared key is one; no key at all means signatures. */
static void an_empty_key_is_not_the_lack_of_one(void **state)
{
	struct ike_suite suite = known_suite(&known[1]);
	struct ike_keys empty = { { NULL, 0 } }, none = { { NULL, 0 } };
	struct known_exchange one;
	(void)state;
	known_exchange(&one);
	assert_ok(ikev1_keys_derive(&suite, &one.exchange, span_make("", 0), &empty));
	assert_ok(ikev1_keys_derive(&suite, &one.exchange, SPAN_NONE, &none));
	assert_memory_not_equal(empty.block.ptr, none.block.ptr, 32);
	ike_keys_wipe(&empty);
	ike_keys_wipe(&none);
}

static void an_aead_is_no_cipher_of_ikev1(void **state)
{
	struct ike_suite suite = { .encr = crypto_encr(ENCR_AES_GCM_16),
				   .prf = crypto_prf(PRF_HMAC_SHA1),
				   .encr_key_bits = 128 };
	struct ike_keys keys = { { NULL, 0 } };
	struct known_exchange one;
	(void)state;
	known_exchange(&one);
	assert_int_equal(ikev1_keys_derive(&suite, &one.exchange, SPAN_NONE, &keys),
			 RC_UNSUPPORTED);
	assert_null(keys.block.ptr);
	assert_null(ikev1_encr(ENCR_AES_GCM_16));
	assert_null(ikev1_encr(ENCR_CHACHA20_POLY1305));
}

static void a_failed_allocation_leaves_the_old_keys(void **state)
{
	struct ike_suite suite = known_suite(&known[0]);
	struct ike_keys keys = known_keys(&known[0]);
	const uint8_t *block = keys.block.ptr;
	struct known_exchange one;
	(void)state;
	known_exchange(&one);
	mem_fail_nth(1);
	assert_int_equal(ikev1_keys_derive(&suite, &one.exchange, SPAN_NONE, &keys), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_ptr_equal(keys.block.ptr, block);
	ike_keys_wipe(&keys);
}

/* ---- NIST SP 800-135 component validation ---- */
struct nist {
	struct bytes ni, nr, shared, psk, cky_i, cky_r, skeyid, d, a, e;
	bool signatures;
};

static uint64_t number(const struct bytes *bytes)
{
	struct span in = SPAN_HEX(*bytes);
	uint64_t value = 0;
	assert_ok(span_u64(&in, &value));
	return value;
}

static void check_case(void *context, const struct prf_alg *prf)
{
	struct nist *t = context;
	struct ike_suite suite = { .encr = crypto_encr(ENCR_AES_CBC),
				   .prf = prf,
				   .encr_key_bits = 128 };
	struct ikev1_exchange exchange = { .cky_i = number(&t->cky_i),
					   .cky_r = number(&t->cky_r),
					   .ni = SPAN_HEX(t->ni),
					   .nr = SPAN_HEX(t->nr),
					   .shared = SPAN_HEX(t->shared) };
	struct ike_keys keys = { { NULL, 0 } };
	struct bytes *want[] = { &t->skeyid, &t->d, &t->a, &t->e };
	assert_ok(ikev1_keys_derive(&suite, &exchange, t->signatures ? SPAN_NONE : SPAN_HEX(t->psk),
				    &keys));
	for (int which = IKEV1_SKEYID; which <= IKEV1_SKEYID_e; which++) {
		struct span key = ikev1_key(&keys, &suite, (enum ikev1_key)which);
		assert_int_equal(key.len, want[which]->len);
		assert_memory_equal(key.ptr, want[which]->ptr, key.len);
	}
	ike_keys_wipe(&keys);
}

static unsigned nist_cases(const char *file, bool signatures)
{
	static struct nist t;
	const struct nist_field fields[] = {
		{ "CKY_I", &t.cky_i },	 { "CKY_R", &t.cky_r }, { "Ni", &t.ni },
		{ "Nr", &t.nr },	 { "g^xy", &t.shared }, { "pre-shared-key", &t.psk },
		{ "SKEYID", &t.skeyid }, { "SKEYID_d", &t.d },	{ "SKEYID_a", &t.a },
		{ "SKEYID_e", &t.e },
	};
	struct nist_set set = { file,	    fields,	sizeof fields / sizeof *fields,
				"SKEYID_e", check_case, &t };
	t.signatures = signatures;
	return nist_each_case(&set);
}

static void nist_gives_the_same_keys_with_a_preshared_key_in_all_280_cases(void **state)
{
	(void)state;
	assert_int_equal(nist_cases("ikev1_psk.rsp.gz", false), 280);
}

static void nist_gives_the_same_keys_with_signatures_in_all_280_cases(void **state)
{
	(void)state;
	assert_int_equal(nist_cases("ikev1_dsa.rsp.gz", true), 280);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_keys_are_those_of_another_implementation),
		cmocka_unit_test(each_end_has_a_hash_of_its_own),
		cmocka_unit_test(a_key_is_known_by_what_was_made_of_it),
		cmocka_unit_test(a_later_message_is_hashed_with_skeyid_a),
		cmocka_unit_test(keymat_depends_on_direction_nonces_and_pfs),
		cmocka_unit_test(a_nonce_over_256_bytes_is_refused),
		cmocka_unit_test(an_empty_key_is_not_the_lack_of_one),
		cmocka_unit_test(an_aead_is_no_cipher_of_ikev1),
		cmocka_unit_test(a_failed_allocation_leaves_the_old_keys),
		cmocka_unit_test(nist_gives_the_same_keys_with_a_preshared_key_in_all_280_cases),
		cmocka_unit_test(nist_gives_the_same_keys_with_signatures_in_all_280_cases),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
