/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/crypto/nist.h"

static struct ike_suite gcm_suite(uint16_t prf)
{
	return (struct ike_suite){ .encr = crypto_encr(ENCR_AES_GCM_16),
				   .prf = crypto_prf(prf),
				   .encr_key_bits = 256 };
}

static void keys_lie_in_the_order_of_the_rfc(void **state)
{
	(void)state;
	struct ike_suite suite = { .encr = crypto_encr(ENCR_AES_CBC),
				   .integ = crypto_integ(INTEG_HMAC_SHA2_384_192),
				   .prf = crypto_prf(PRF_HMAC_SHA1),
				   .encr_key_bits = 192 };
	static const size_t want[] = { 20, 48, 48, 24, 24, 20, 20 };
	struct ike_keys keys = { { NULL, 0 } };
	assert_ok(ike_keys_derive(&suite, span_make("ni", 2), span_make("nr", 2), span_make("g", 1),
				  1, 2, &keys));
	const uint8_t *at = keys.block.ptr;
	for (int which = SK_d; which <= SK_pr; which++) {
		struct span key = ike_key(&keys, &suite, (enum ike_key)which);
		assert_ptr_equal(key.ptr, at);
		assert_int_equal(key.len, want[which]);
		at += key.len;
	}
	assert_int_equal(at - keys.block.ptr, keys.block.len);
	ike_keys_wipe(&keys);
	assert_int_equal(ike_key(&keys, &suite, SK_pr).len, 0);
}

/* RFC 5282 §7.1: no SK_a*, and SK_e* end in the salt. */
static void aead_suites_have_no_integrity_keys_but_salts(void **state)
{
	(void)state;
	struct ike_suite suite = gcm_suite(PRF_HMAC_SHA2_256);
	struct ike_keys keys = { { NULL, 0 } };
	assert_ok(ike_keys_derive(&suite, SPAN_NONE, SPAN_NONE, span_make("g", 1), 1, 2, &keys));
	assert_int_equal(ike_key(&keys, &suite, SK_ai).len, 0);
	assert_int_equal(ike_key(&keys, &suite, SK_ar).len, 0);
	assert_int_equal(ike_key(&keys, &suite, SK_ei).len, 36);
	assert_int_equal(ike_key(&keys, &suite, SK_er).len, 36);
	assert_int_equal(keys.block.len, 32 + 72 + 64);
	ike_keys_wipe(&keys);
}

static void a_fixed_size_cipher_needs_no_key_bits(void **state)
{
	(void)state;
	struct ike_suite suite = { .encr = crypto_encr(ENCR_CHACHA20_POLY1305),
				   .prf = crypto_prf(PRF_HMAC_SHA2_256) };
	struct ike_keys keys = { { NULL, 0 } };
	assert_ok(ike_keys_derive(&suite, SPAN_NONE, SPAN_NONE, span_make("g", 1), 1, 2, &keys));
	assert_int_equal(ike_key(&keys, &suite, SK_er).len, 36);
	ike_keys_wipe(&keys);
}

static void a_nonce_over_256_bytes_is_refused(void **state)
{
	(void)state;
	static const uint8_t nonce[257];
	struct ike_suite suite = gcm_suite(PRF_HMAC_SHA2_256);
	struct ike_keys keys = { { NULL, 0 } };
	struct span ok = span_make(nonce, 256), over = span_make(nonce, 257), g = span_make("g", 1);
	assert_ok(ike_keys_derive(&suite, ok, ok, g, 1, 2, &keys));
	assert_int_equal(ike_keys_derive(&suite, over, ok, g, 1, 2, &keys), RC_LIMIT);
	assert_int_equal(ike_keys_derive(&suite, ok, over, g, 1, 2, &keys), RC_LIMIT);
	assert_int_equal(ike_keys_rekey(&suite, &keys, &suite, g, ok, over, 1, 2, &keys), RC_LIMIT);
	ike_keys_wipe(&keys);
}

/* RFC 7296 §2.15, step by step over prf_parts */
static void auth_psk_is_the_nested_prf_of_the_rfc(void **state)
{
	(void)state;
	struct ike_suite suite = gcm_suite(PRF_HMAC_SHA2_512);
	uint8_t pad[64], id[64], want[64], got[64];
	struct span psk = span_make("secret", 6), message = span_make("first message", 13),
		    nonce = span_make("their nonce", 11), sk_p = span_make("sk_p", 4),
		    id_body = span_make("\2\0\0\0gw", 6), text = span_make("Key Pad for IKEv2", 17);
	assert_ok(prf_parts(suite.prf, psk, &text, 1, pad));
	assert_ok(prf_parts(suite.prf, sk_p, &id_body, 1, id));
	struct span signed_octets[] = { message, nonce, SPAN_OF(id) };
	assert_ok(prf_parts(suite.prf, SPAN_OF(pad), signed_octets, 3, want));
	assert_ok(auth_psk(&suite, psk, message, nonce, sk_p, id_body, SPAN_NONE, got));
	assert_memory_equal(got, want, 64);
	struct span int_auth = span_make("IntAuth", 7); /* RFC 9242 §3.3.2: behind the others */
	struct span more[] = { message, nonce, SPAN_OF(id), int_auth };
	assert_ok(prf_parts(suite.prf, SPAN_OF(pad), more, 4, want));
	assert_ok(auth_psk(&suite, psk, message, nonce, sk_p, id_body, int_auth, got));
	assert_memory_equal(got, want, 64);
}

static void every_failed_allocation_is_told_and_leaves_the_old_keys(void **state)
{
	(void)state;
	struct ike_suite suite = gcm_suite(PRF_HMAC_SHA2_256);
	struct ike_keys keys = { { NULL, 0 } };
	struct secret keymat = { NULL, 0 };
	struct span g = span_make("g", 1), n = span_make("n", 1);
	assert_ok(ike_keys_derive(&suite, n, n, g, 1, 2, &keys));
	const uint8_t *block = keys.block.ptr;
	mem_fail_nth(1);
	assert_int_equal(ike_keys_derive(&suite, n, n, g, 3, 4, &keys), RC_NO_MEMORY);
	mem_fail_nth(1);
	assert_int_equal(ike_keys_rekey(&suite, &keys, &suite, g, n, n, 3, 4, &keys), RC_NO_MEMORY);
	mem_fail_nth(1);
	assert_int_equal(child_keymat(&suite, &keys, g, n, n, 72, &keymat), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_null(keymat.ptr);
	assert_ptr_equal(keys.block.ptr, block);
	ike_keys_wipe(&keys);
}

/* §2.18: the new SA's keys replace the old ones in the same place. */
static void a_rekey_may_write_over_the_old_keys(void **state)
{
	(void)state;
	struct ike_suite suite = gcm_suite(PRF_HMAC_SHA2_256), next = gcm_suite(PRF_HMAC_SHA2_384);
	struct ike_keys keys = { { NULL, 0 } }, separate = { { NULL, 0 } };
	struct span g = span_make("g", 1), n = span_make("n", 1);
	assert_ok(ike_keys_derive(&suite, n, n, g, 1, 2, &keys));
	assert_ok(ike_keys_rekey(&suite, &keys, &next, g, n, n, 3, 4, &separate));
	assert_ok(ike_keys_rekey(&suite, &keys, &next, g, n, n, 3, 4, &keys));
	assert_int_equal(keys.block.len, 3 * 48 + 2 * 36);
	assert_memory_equal(keys.block.ptr, separate.block.ptr, keys.block.len);
	ike_keys_wipe(&keys);
	ike_keys_wipe(&separate);
}

static void keymat_of_too_many_blocks_is_refused(void **state)
{
	(void)state;
	struct ike_suite suite = gcm_suite(PRF_HMAC_SHA2_256);
	struct ike_keys keys = { { NULL, 0 } };
	struct secret keymat = { NULL, 0 };
	struct span n = span_make("n", 1);
	assert_ok(ike_keys_derive(&suite, n, n, n, 1, 2, &keys));
	assert_int_equal(child_keymat(&suite, &keys, n, n, n, 255 * 32 + 1, &keymat), RC_LIMIT);
	assert_null(keymat.ptr);
	ike_keys_wipe(&keys);
}

/* RFC 8784 §3: SK_d = prf+ (PPK, SK_d'), and so SK_pi and SK_pr; step by step over prf_parts. */
static void a_ppk_changes_sk_d_and_sk_p_and_nothing_else(void **state)
{
	(void)state;
	static const uint8_t one = 1;
	struct ike_suite suite = gcm_suite(PRF_HMAC_SHA2_384);
	struct ike_keys keys = { { NULL, 0 } }, mixed = { { NULL, 0 } };
	struct span n = span_make("n", 1), ppk = span_make("a post-quantum preshared key", 28);
	assert_ok(ike_keys_derive(&suite, n, n, n, 1, 2, &keys));
	assert_ok(ike_keys_mix_ppk(&suite, &keys, ppk, &mixed));
	for (int which = SK_d; which <= SK_pr; which++) {
		struct span before = ike_key(&keys, &suite, (enum ike_key)which);
		struct span after = ike_key(&mixed, &suite, (enum ike_key)which);
		struct span seed[] = { before, { &one, 1 } };
		uint8_t want[64];
		assert_int_equal(after.len, before.len);
		if (which != SK_d && which != SK_pi && which != SK_pr) {
			assert_true(span_equal(before, after));
			continue;
		}
		assert_ok(prf_parts(suite.prf, ppk, seed, 2, want));
		assert_memory_equal(after.ptr, want, 48);
	}
	mem_fail_nth(1);
	assert_int_equal(ike_keys_mix_ppk(&suite, &keys, ppk, &mixed), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_int_equal(mixed.block.len, keys.block.len);
	ike_keys_wipe(&keys);
	ike_keys_wipe(&mixed);
}

/* ---- NIST SP 800-135 component validation ---- */
struct nist {
	struct bytes ni, nr, shared, shared_new, spi_i, spi_r, seed, dkm, child, child_dh,
		seed_rekey;
};

static uint64_t number(const struct bytes *bytes)
{
	struct span in = SPAN_HEX(*bytes);
	uint64_t value = 0;
	assert_ok(span_u64(&in, &value));
	return value;
}

static void assert_front(struct span got, struct span want)
{
	assert_true(got.len != 0 && want.len != 0);
	assert_memory_equal(got.ptr, want.ptr, got.len < want.len ? got.len : want.len);
}

/* RFC 9370 §2.2.4: SK(1) | SK(2) ... go behind the nonces. */
static void later_secrets_go_behind_the_nonces(void **state)
{
	static const uint8_t zero[32] = "zero", ni[16] = "i", nr[16] = "r", later[50] = "later";
	struct ike_suite suite = { .encr = crypto_encr(ENCR_AES_GCM_16),
				   .prf = crypto_prf(PRF_HMAC_SHA2_256),
				   .encr_key_bits = 256 };
	struct ike_keys old = { { NULL, 0 } }, made = { { NULL, 0 } };
	struct secret keymat = { NULL, 0 };
	struct span sk_d, parts[] = { SPAN_OF(zero), SPAN_OF(ni), SPAN_OF(nr), SPAN_OF(later) };
	uint8_t skeyseed[PRF_MAX], spis[16] = { [7] = 1, [15] = 2 }, want[512];
	struct span seed[] = { SPAN_OF(ni), SPAN_OF(nr), SPAN_OF(spis) };

	(void)state;
	assert_ok(ike_keys_derive(&suite, SPAN_OF(ni), SPAN_OF(nr), SPAN_OF(zero), 3, 4, &old));
	sk_d = ike_key(&old, &suite, SK_d);
	assert_ok(child_keymat_follow(&suite, &old, parts[0], parts[1], parts[2], parts[3], 72,
				      &keymat));
	assert_ok(prf_plus(suite.prf, sk_d, parts, 4, want, 72));
	assert_memory_equal(keymat.ptr, want, 72);
	assert_ok(ike_keys_follow(&suite, &old, &suite, parts[0], parts[1], parts[2], parts[3], 1,
				  2, &made));
	assert_ok(prf_parts(suite.prf, sk_d, parts, 4, skeyseed));
	assert_ok(prf_plus(suite.prf, span_make(skeyseed, 32), seed, 3, want, made.block.len));
	assert_memory_equal(made.block.ptr, want, made.block.len);
	secret_wipe(&keymat);
	ike_keys_wipe(&old);
	ike_keys_wipe(&made);
}

static void check_case(void *context, const struct prf_alg *prf)
{
	struct nist *t = context;
	struct ike_suite suite = { .encr = crypto_encr(ENCR_AES_GCM_16),
				   .prf = prf,
				   .encr_key_bits = 256 };
	struct span ni = SPAN_HEX(t->ni), nr = SPAN_HEX(t->nr), dkm = SPAN_HEX(t->dkm);
	struct span seed[] = { ni, nr, SPAN_HEX(t->spi_i), SPAN_HEX(t->spi_r) };
	struct ike_keys keys = { { NULL, 0 } }, rekeyed = { { NULL, 0 } };
	struct secret keymat = { NULL, 0 };
	uint8_t out[BYTES_MAX];
	uint64_t spi_i = number(&t->spi_i), spi_r = number(&t->spi_r);

	assert_ok(ike_keys_derive(&suite, ni, nr, SPAN_HEX(t->shared), spi_i, spi_r, &keys));
	assert_front(secret_span(&keys.block), dkm);
	assert_ok(prf_plus(prf, SPAN_HEX(t->seed), seed, 4, out, dkm.len));
	assert_memory_equal(out, dkm.ptr, dkm.len);

	assert_ok(child_keymat(&suite, &keys, SPAN_NONE, ni, nr, t->child.len, &keymat));
	assert_memory_equal(keymat.ptr, t->child.ptr, t->child.len);
	assert_ok(child_keymat(&suite, &keys, SPAN_HEX(t->shared_new), ni, nr, t->child_dh.len,
			       &keymat));
	assert_memory_equal(keymat.ptr, t->child_dh.ptr, t->child_dh.len);

	assert_ok(ike_keys_rekey(&suite, &keys, &suite, SPAN_HEX(t->shared_new), ni, nr, spi_i,
				 spi_r, &rekeyed));
	assert_ok(prf_plus(prf, SPAN_HEX(t->seed_rekey), seed, 4, out, rekeyed.block.len));
	assert_memory_equal(out, rekeyed.block.ptr, rekeyed.block.len);
	secret_wipe(&keymat);
	ike_keys_wipe(&keys);
	ike_keys_wipe(&rekeyed);
}

static void nist_gives_the_same_keys_in_all_280_cases(void **state)
{
	static struct nist t;
	const struct nist_field fields[] = {
		{ "Ni", &t.ni },
		{ "Nr", &t.nr },
		{ "g^ir", &t.shared },
		{ "g^ir (new)", &t.shared_new },
		{ "SPIi", &t.spi_i },
		{ "SPIr", &t.spi_r },
		{ "SKEYSEED", &t.seed },
		{ "DKM", &t.dkm },
		{ "DKM(Child SA)", &t.child },
		{ "DKM(Child SA D-H)", &t.child_dh },
		{ "SKEYSEED(Rekey)", &t.seed_rekey },
	};
	struct nist_set set = { "ikev2.rsp.gz",	   fields,     sizeof fields / sizeof *fields,
				"SKEYSEED(Rekey)", check_case, &t };
	(void)state;
	assert_int_equal(nist_each_case(&set), 280);
}

/* RFC 5723 §5.1, from the pieces. */
static void resumed_keys_come_from_the_old_sk_d_and_the_new_nonces(void **state)
{
	static const uint8_t spis[16] = { [7] = 1, [15] = 2 };
	(void)state;
	struct ike_suite suite = gcm_suite(PRF_HMAC_SHA2_256);
	struct ike_keys keys = { { NULL, 0 } };
	uint8_t seed[PRF_MAX], want[3 * 32 + 2 * 36];
	struct span label[] = { span_make("Resumption", 10), span_make("ni", 2),
				span_make("nr", 2) };
	struct span expand[] = { span_make("ni", 2), span_make("nr", 2), SPAN_OF(spis) };
	assert_ok(prf_parts(suite.prf, span_make("old SK_d", 8), label, 3, seed));
	assert_ok(prf_plus(suite.prf, span_make(seed, 32), expand, 3, want, sizeof want));
	assert_ok(ike_keys_resume(&suite, span_make("old SK_d", 8), span_make("ni", 2),
				  span_make("nr", 2), 1, 2, &keys));
	assert_int_equal(keys.block.len, sizeof want);
	assert_memory_equal(keys.block.ptr, want, sizeof want);
	ike_keys_wipe(&keys);
}

static void count_up(uint8_t *bytes, size_t len, uint8_t from)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(from + i);
}

/* Made from the formulas of RFC 5723 §5.1 with another HMAC (Python's), for PRF_HMAC_SHA2_256 and
 * AES-GCM-256: SK_d old 00..1f, Ni 20..3f, Nr 40..5f, SPIs 01..08 and 11..18. */
static void resumed_keys_are_those_of_the_vector(void **state)
{
	static const uint8_t want[] = {
		0xdf, 0x9a, 0x70, 0x00, 0x69, 0x06, 0x03, 0xc3, 0x1c, 0xa0, 0xcc, 0xf1, 0x2d, 0x72,
		0x63, 0xeb, 0x44, 0x4b, 0x3c, 0x9e, 0xe8, 0x0e, 0x46, 0x92, 0xf0, 0xc0, 0x4e, 0xb5,
		0x99, 0x8b, 0x4b, 0x59, 0xfa, 0xda, 0x9e, 0x99, 0xbc, 0x0a, 0xd2, 0x1a, 0xb3, 0xe3,
		0x0c, 0x99, 0x77, 0xca, 0x68, 0x9c, 0x8f, 0x23, 0x99, 0x15, 0xf4, 0x19, 0x54, 0x64,
		0x9b, 0x4a, 0x84, 0x41, 0x85, 0xd3, 0x4a, 0x9f, 0x96, 0x09, 0x99, 0xd5, 0xd2, 0xf7,
		0xe1, 0xaa, 0xe8, 0x5c, 0x4b, 0x32, 0xd4, 0xd7, 0x93, 0x90, 0x3e, 0x9a, 0x26, 0x40,
		0xaf, 0x21, 0x93, 0xe4, 0xa7, 0x57, 0x1d, 0xcf, 0x3c, 0x12, 0xe2, 0x12, 0x58, 0x3e,
		0x18, 0x29, 0xfa, 0x0d, 0x8c, 0x47, 0x8a, 0x2a, 0xd4, 0x54, 0x23, 0x36, 0x49, 0x97,
		0x3f, 0x5f, 0x9f, 0x1b, 0x43, 0xd9, 0x06, 0x4e, 0x2e, 0x2a, 0xf1, 0x9c, 0xfc, 0x89,
		0x65, 0xfc, 0x82, 0x54, 0x46, 0x25, 0x3b, 0x6d, 0xae, 0x08, 0x73, 0x23, 0x29, 0x40,
		0x18, 0x2d, 0xe9, 0x4c, 0x65, 0xa1, 0x97, 0x0b, 0xc5, 0x86, 0xfc, 0x63, 0x36, 0x01,
		0x14, 0x67, 0xdb, 0x14, 0xa2, 0xeb, 0x62, 0x12, 0xc8, 0x0a, 0xfd, 0xb7, 0x8e, 0x53,
	};
	uint8_t sk_d[32], ni[32], nr[32];
	struct ike_suite suite = gcm_suite(PRF_HMAC_SHA2_256);
	struct ike_keys keys = { { NULL, 0 } };
	(void)state;
	count_up(sk_d, 32, 0x00);
	count_up(ni, 32, 0x20);
	count_up(nr, 32, 0x40);
	assert_ok(ike_keys_resume(&suite, SPAN_OF(sk_d), SPAN_OF(ni), SPAN_OF(nr),
				  0x0102030405060708u, 0x1112131415161718u, &keys));
	assert_int_equal(keys.block.len, sizeof want);
	assert_memory_equal(keys.block.ptr, want, sizeof want);
	ike_keys_wipe(&keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_secrets_go_behind_the_nonces),
		cmocka_unit_test(keys_lie_in_the_order_of_the_rfc),
		cmocka_unit_test(aead_suites_have_no_integrity_keys_but_salts),
		cmocka_unit_test(a_fixed_size_cipher_needs_no_key_bits),
		cmocka_unit_test(a_nonce_over_256_bytes_is_refused),
		cmocka_unit_test(auth_psk_is_the_nested_prf_of_the_rfc),
		cmocka_unit_test(every_failed_allocation_is_told_and_leaves_the_old_keys),
		cmocka_unit_test(a_rekey_may_write_over_the_old_keys),
		cmocka_unit_test(resumed_keys_come_from_the_old_sk_d_and_the_new_nonces),
		cmocka_unit_test(resumed_keys_are_those_of_the_vector),
		cmocka_unit_test(keymat_of_too_many_blocks_is_refused),
		cmocka_unit_test(a_ppk_changes_sk_d_and_sk_p_and_nothing_else),
		cmocka_unit_test(nist_gives_the_same_keys_in_all_280_cases),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
