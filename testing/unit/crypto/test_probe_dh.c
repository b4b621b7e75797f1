/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/nss.h"
#include "crypto/probe.h"
#include "unit/crypto/crypto_test.h"

static void every_group_gives_its_known_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < dh_group_count; i++) {
		enum rc rc = probe_dh(&dh_groups[i]);
		if (dh_groups[i].kind != DH_KIND_KEM || rc != RC_UNSUPPORTED) /* an old NSS */
			assert_ok(rc);
	}
}

static const struct dh_group *find(uint16_t id)
{
	return dh_group_of(crypto_dh(id));
}

/* The probe must notice a table gone wrong. */
static void a_wrong_prime_is_noticed(void **state)
{
	(void)state;
	uint8_t prime[256];
	memcpy(prime, dh_prime_2048, sizeof prime);
	prime[100] ^= 1;
	struct dh_group wrong = *find(DH_MODP_2048);
	wrong.prime = prime;
	assert_int_not_equal(probe_dh(&wrong), RC_OK);
}

static void a_wrong_curve_is_noticed(void **state)
{
	(void)state;
	struct dh_group wrong = *find(DH_ECP_256);
	wrong.curve = SEC_OID_SECG_EC_SECP384R1;
	assert_int_not_equal(probe_dh(&wrong), RC_OK);
}

/* RFC 7748 §6.1, and with one bit of the answer changed */
static void a_wrong_answer_is_noticed(void **state)
{
	(void)state;
	struct bytes private =
		hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
		     public = hex(
			     "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
		     peer = hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
		     shared = hex(
			     "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
	struct probe_known known = { DH_CURVE25519, SPAN_HEX(private), SPAN_HEX(public),
				     SPAN_HEX(peer), SPAN_HEX(shared) };
	assert_ok(probe_ec(find(DH_CURVE25519), &known));
	shared.ptr[31] ^= 1;
	assert_int_equal(probe_ec(find(DH_CURVE25519), &known), RC_INTEGRITY);
	shared.ptr[31] ^= 1;
	peer.ptr[0] ^= 1;
	assert_int_equal(probe_ec(find(DH_CURVE25519), &known), RC_INTEGRITY);
}

static void a_group_without_a_known_answer_is_not_trusted(void **state)
{
	(void)state;
	struct dh_group unknown = *find(DH_CURVE25519);
	unknown.alg.id = 999;
	assert_int_equal(probe_dh(&unknown), RC_UNSUPPORTED);
}

/* g^x of a small exponent is easy to know: 2^5 = 32. */
static void an_imported_key_is_the_key_it_was(void **state)
{
	(void)state;
	static const uint8_t five = 5;
	uint8_t two[256] = { 0 }, want[256] = { 0 };
	struct secret shared = { NULL, 0 };
	struct probe_key key;
	two[255] = 2;
	want[255] = 32;
	assert_ok(
		probe_import(find(DH_MODP_2048), span_make(&five, 1), span_make(want, 256), &key));
	assert_ok(dh_derive(find(DH_MODP_2048), key.key, SPAN_OF(two), &shared, NULL));
	assert_int_equal(shared.len, 256);
	assert_memory_equal(shared.ptr, want, 256);
	secret_wipe(&shared);
	probe_forget(&key);
	assert_null(key.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_group_gives_its_known_answer),
		cmocka_unit_test(a_wrong_prime_is_noticed),
		cmocka_unit_test(a_wrong_curve_is_noticed),
		cmocka_unit_test(a_wrong_answer_is_noticed),
		cmocka_unit_test(a_group_without_a_known_answer_is_not_trusted),
		cmocka_unit_test(an_imported_key_is_the_key_it_was),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
