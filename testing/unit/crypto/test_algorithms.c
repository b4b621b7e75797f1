/* SPDX-License-Identifier: Apache-2.0 */
#include <secerr.h>
#include "crypto/algorithms.h"
#include "crypto/dh.h"
#include "crypto/ikev1.h"
#include "unit/crypto/crypto_test.h"

static void everything_we_offer_passed_the_probe(void **state)
{
	(void)state;
	static const uint16_t encr[] = { ENCR_AES_GCM_16, ENCR_AES_GCM_12, ENCR_AES_GCM_8,
					 ENCR_AES_CBC, ENCR_CHACHA20_POLY1305 };
	static const uint16_t prf[] = { PRF_HMAC_SHA1, PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_384,
					PRF_HMAC_SHA2_512 };
	static const uint16_t integ[] = { INTEG_HMAC_SHA1_96, INTEG_HMAC_SHA2_256_128,
					  INTEG_HMAC_SHA2_384_192, INTEG_HMAC_SHA2_512_256 };
	static const uint16_t dh[] = { 14, 15, 16, 17, 18, 19, 20, 21, 31 };
	for (size_t i = 0; i < sizeof encr / sizeof *encr; i++)
		assert_int_equal(crypto_encr(encr[i])->id, encr[i]);
	for (size_t i = 0; i < sizeof prf / sizeof *prf; i++)
		assert_int_equal(crypto_prf(prf[i])->id, prf[i]);
	for (size_t i = 0; i < sizeof integ / sizeof *integ; i++)
		assert_int_equal(crypto_integ(integ[i])->id, integ[i]);
	for (size_t i = 0; i < sizeof dh / sizeof *dh; i++)
		assert_int_equal(crypto_dh(dh[i])->id, dh[i]);
}

static void unknown_numbers_find_nothing(void **state)
{
	(void)state;
	assert_null(crypto_encr(ENCR_NONE));
	assert_null(crypto_encr(ENCR_3DES));
	assert_null(crypto_prf(PRF_HMAC_MD5));
	assert_null(crypto_integ(INTEG_NONE));
	assert_null(crypto_dh(DH_NONE));
	assert_null(crypto_dh(DH_MODP_1024));
	assert_null(crypto_dh(65535));
}

/* RFC 8247: none of them is for IKEv2. */
static void what_ikev1_alone_has_is_not_found_for_ikev2(void **state)
{
	(void)state;
	assert_int_equal(ikev1_encr(ENCR_3DES)->block_len, 8);
	assert_int_equal(ikev1_encr(ENCR_CAMELLIA_CBC)->block_len, 16);
	assert_int_equal(ikev1_prf(PRF_HMAC_MD5)->len, 16);
	assert_null(crypto_encr(ENCR_3DES));
	assert_null(crypto_encr(ENCR_CAMELLIA_CBC));
	assert_null(crypto_prf(PRF_HMAC_MD5));
	assert_ptr_equal(ikev1_encr(ENCR_AES_CBC), crypto_encr(ENCR_AES_CBC));
	assert_ptr_equal(ikev1_prf(PRF_HMAC_SHA2_384), crypto_prf(PRF_HMAC_SHA2_384));
	assert_null(ikev1_encr(ENCR_AES_GCM_16));
	assert_null(ikev1_encr(ENCR_NULL));
	assert_null(ikev1_prf(PRF_AES128_XCBC));
	algorithm_verdict(ALGORITHM_IKEV1_ENCR, 0, PROBE_WRONG);
	algorithm_verdict(ALGORITHM_IKEV1_PRF, 0, PROBE_WRONG);
	assert_null(ikev1_encr(ENCR_3DES));
	assert_null(ikev1_prf(PRF_HMAC_MD5));
	algorithm_verdict(ALGORITHM_IKEV1_ENCR, 0, PROBE_WORKS);
	algorithm_verdict(ALGORITHM_IKEV1_PRF, 0, PROBE_WORKS);
}

static void lengths_are_those_of_the_rfcs(void **state)
{
	(void)state;
	const struct encr_alg *gcm8 = crypto_encr(ENCR_AES_GCM_8), *cbc = crypto_encr(ENCR_AES_CBC);
	assert_int_equal(gcm8->salt_len, 4); /* RFC 5282 §4 */
	assert_int_equal(gcm8->iv_len, 8);
	assert_int_equal(gcm8->icv_len, 8);
	assert_int_equal(cbc->block_len, 16);
	assert_int_equal(cbc->iv_len, 16);
	assert_int_equal(cbc->icv_len, 0);
	assert_int_equal(crypto_integ(INTEG_HMAC_SHA2_384_192)->key_len, 48); /* RFC 4868 §2.6 */
	assert_int_equal(crypto_integ(INTEG_HMAC_SHA2_384_192)->icv_len, 24);
	assert_int_equal(crypto_integ(INTEG_HMAC_SHA1_96)->key_len, 20);
	assert_int_equal(crypto_dh(DH_ECP_521)->public_len, 132); /* RFC 5903 §7 */
	assert_int_equal(crypto_dh(DH_ECP_521)->shared_len, 66);
	assert_int_equal(crypto_dh(DH_MODP_6144)->public_len, 768);
}

static void key_bits_are_checked_for_each_cipher(void **state)
{
	(void)state;
	const struct encr_alg *aes = crypto_encr(ENCR_AES_GCM_16);
	const struct encr_alg *chacha = crypto_encr(ENCR_CHACHA20_POLY1305);
	assert_true(crypto_encr_key_bits_ok(aes, 128));
	assert_true(crypto_encr_key_bits_ok(aes, 192));
	assert_true(crypto_encr_key_bits_ok(aes, 256));
	assert_false(crypto_encr_key_bits_ok(aes, 0));
	assert_false(crypto_encr_key_bits_ok(aes, 512));
	assert_true(crypto_encr_key_bits_ok(chacha, 0));
	assert_true(crypto_encr_key_bits_ok(chacha, 256));
	assert_false(crypto_encr_key_bits_ok(chacha, 128));
	/* RFC 2409 appendix A: no Key Length for a cipher of one size */
	assert_true(crypto_encr_key_bits_ok(ikev1_encr(ENCR_3DES), 0));
	assert_false(crypto_encr_key_bits_ok(ikev1_encr(ENCR_3DES), 128));
	assert_true(crypto_encr_key_bits_ok(ikev1_encr(ENCR_CAMELLIA_CBC), 192));
	assert_false(crypto_encr_key_bits_ok(ikev1_encr(ENCR_CAMELLIA_CBC), 0));
}

static void what_failed_the_probe_is_not_available(void **state)
{
	(void)state;
	for (size_t i = 0; i < algorithm_count(ALGORITHM_DH); i++)
		algorithm_verdict(ALGORITHM_DH, i, PROBE_WRONG);
	algorithm_verdict(ALGORITHM_ENCR, 0, SEC_ERROR_LIBRARY_FAILURE);
	assert_null(crypto_dh(DH_CURVE25519));
	assert_null(crypto_encr(encr_entries[0].alg.id));
	assert_non_null(crypto_encr(encr_entries[1].alg.id));
	for (size_t i = 0; i < algorithm_count(ALGORITHM_DH); i++)
		algorithm_verdict(ALGORITHM_DH, i,
				  dh_groups[i].kind == DH_KIND_KEM ? PROBE_ABSENT : PROBE_WORKS);
	algorithm_verdict(ALGORITHM_ENCR, 0, PROBE_WORKS);
	assert_non_null(crypto_dh(DH_CURVE25519));
}

struct report {
	unsigned works, fails;
	char why[128], absent[128];
};

static void note(void *context, const char *kind, const char *name, const char *why)
{
	struct report *report = context;
	assert_true(kind[0] != '\0' && name[0] != '\0');
	if (why == NULL)
		report->works++;
	else
		report->fails++;
	if (why != NULL && strcmp(name, "ml_kem_768") == 0)
		strncpy(report->absent, why, sizeof report->absent - 1);
	if (why != NULL && strcmp(name, "aes_gcm_16") == 0)
		strncpy(report->why, why, sizeof report->why - 1);
}

static void the_report_names_what_works_and_why_not(void **state)
{
	(void)state;
	struct report report = { 0 };
	crypto_probe_report(note, &report);
	assert_int_equal(report.works, 5 + 4 + 4 + 9 + 5 + 2 + 1);
	assert_int_equal(report.fails, 3); /* ML-KEM, Ed25519 */
	assert_non_null(strstr(report.absent, "does not have it"));
	algorithm_verdict(ALGORITHM_ENCR, 0, SEC_ERROR_LIBRARY_FAILURE);
	report = (struct report){ 0 };
	crypto_probe_report(note, &report);
	assert_int_equal(report.fails, 4);
	assert_string_equal(report.why, "SEC_ERROR_LIBRARY_FAILURE");
	algorithm_verdict(ALGORITHM_ENCR, 0, PROBE_WRONG);
	crypto_probe_report(note, &report);
	assert_non_null(strstr(report.why, "known-answer"));
	algorithm_forget();
	report = (struct report){ 0 };
	crypto_probe_report(note, &report);
	assert_int_equal(report.works, 0);
	assert_non_null(strstr(report.why, "not open"));
	assert_null(crypto_prf(PRF_HMAC_SHA2_256));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_we_offer_passed_the_probe),
		cmocka_unit_test(unknown_numbers_find_nothing),
		cmocka_unit_test(what_ikev1_alone_has_is_not_found_for_ikev2),
		cmocka_unit_test(lengths_are_those_of_the_rfcs),
		cmocka_unit_test(key_bits_are_checked_for_each_cipher),
		cmocka_unit_test(what_failed_the_probe_is_not_available),
		cmocka_unit_test(
			the_report_names_what_works_and_why_not), /* last: forgets everything */
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
