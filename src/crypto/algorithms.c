/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/algorithms.h"
#include <stdio.h>
#include "crypto/dh.h"
#include "crypto/ikev1.h"
#include "crypto/nss.h"
#include "crypto/sign_private.h"

/* id, key_bits, salt, iv, block, icv */
const struct encr_entry encr_entries[] = {
	{ { ENCR_AES_GCM_16, 256, 4, 8, 1, 16, "aes_gcm_16" }, CKM_AES_GCM },
	{ { ENCR_AES_GCM_12, 256, 4, 8, 1, 12, "aes_gcm_12" }, CKM_AES_GCM },
	{ { ENCR_AES_GCM_8, 256, 4, 8, 1, 8, "aes_gcm_8" }, CKM_AES_GCM },
	{ { ENCR_CHACHA20_POLY1305, 256, 4, 8, 1, 16, "chacha20_poly1305" },
	  CKM_NSS_CHACHA20_POLY1305 },
	{ { ENCR_AES_CBC, 256, 0, 16, 16, 0, "aes_cbc" }, CKM_AES_CBC },
};
const struct prf_entry prf_entries[] = {
	{ { PRF_HMAC_SHA1, 20, "hmac_sha1" }, &hash_alg_sha1 },
	{ { PRF_HMAC_SHA2_256, 32, "hmac_sha2_256" }, &hash_alg_sha256 },
	{ { PRF_HMAC_SHA2_384, 48, "hmac_sha2_384" }, &hash_alg_sha384 },
	{ { PRF_HMAC_SHA2_512, 64, "hmac_sha2_512" }, &hash_alg_sha512 },
};
const struct integ_entry integ_entries[] = {
	{ { INTEG_HMAC_SHA1_96, 20, 12, "hmac_sha1_96" }, &hash_alg_sha1 },
	{ { INTEG_HMAC_SHA2_256_128, 32, 16, "hmac_sha2_256_128" }, &hash_alg_sha256 },
	{ { INTEG_HMAC_SHA2_384_192, 48, 24, "hmac_sha2_384_192" }, &hash_alg_sha384 },
	{ { INTEG_HMAC_SHA2_512_256, 64, 32, "hmac_sha2_512_256" }, &hash_alg_sha512 },
};

const struct encr_entry ikev1_encr_entries[] = {
	{ { ENCR_3DES, 192, 0, 8, 8, 0, "3des" }, CKM_DES3_CBC },
	{ { ENCR_CAMELLIA_CBC, 256, 0, 16, 16, 0, "camellia_cbc" }, CKM_CAMELLIA_CBC },
};
const struct prf_entry ikev1_prf_entries[] = {
	{ { PRF_HMAC_MD5, 16, "hmac_md5" }, &hash_alg_md5 },
};

/* NSS is one per process, and so is what the probe found in it. Written only while crypto_open
 * holds its lock, before anybody else can use the room. */
static struct {
	int verdict[ALGORITHM_KINDS][ALGORITHMS_MAX];
	bool probed;
} found;

size_t algorithm_count(enum algorithm_kind kind)
{
	switch (kind) {
	case ALGORITHM_ENCR:
		return sizeof encr_entries / sizeof *encr_entries;
	case ALGORITHM_PRF:
		return sizeof prf_entries / sizeof *prf_entries;
	case ALGORITHM_INTEG:
		return sizeof integ_entries / sizeof *integ_entries;
	case ALGORITHM_DH:
		return dh_group_count;
	case ALGORITHM_SIGN:
		return sign_algorithm_count;
	case ALGORITHM_IKEV1_ENCR:
		return sizeof ikev1_encr_entries / sizeof *ikev1_encr_entries;
	case ALGORITHM_IKEV1_PRF:
		return sizeof ikev1_prf_entries / sizeof *ikev1_prf_entries;
	}
	return 0;
}

void algorithm_verdict(enum algorithm_kind kind, size_t index, int verdict)
{
	found.verdict[kind][index] = verdict;
	found.probed = true;
}

void algorithm_forget(void)
{
	for (int kind = 0; kind < ALGORITHM_KINDS; kind++)
		for (size_t i = 0; i < ALGORITHMS_MAX; i++)
			found.verdict[kind][i] = PROBE_UNTESTED;
	found.probed = false;
}

static bool algorithm_works(enum algorithm_kind kind, size_t index)
{
	return found.probed && found.verdict[kind][index] == PROBE_WORKS;
}

const struct encr_alg *crypto_encr(uint16_t id)
{
	for (size_t i = 0; i < algorithm_count(ALGORITHM_ENCR); i++)
		if (encr_entries[i].alg.id == id && algorithm_works(ALGORITHM_ENCR, i))
			return &encr_entries[i].alg;
	return NULL;
}

const struct prf_alg *crypto_prf(uint16_t id)
{
	for (size_t i = 0; i < algorithm_count(ALGORITHM_PRF); i++)
		if (prf_entries[i].alg.id == id && algorithm_works(ALGORITHM_PRF, i))
			return &prf_entries[i].alg;
	return NULL;
}

const struct encr_alg *ikev1_encr(uint16_t id)
{
	for (size_t i = 0; i < algorithm_count(ALGORITHM_IKEV1_ENCR); i++)
		if (ikev1_encr_entries[i].alg.id == id && algorithm_works(ALGORITHM_IKEV1_ENCR, i))
			return &ikev1_encr_entries[i].alg;
	const struct encr_alg *alg = crypto_encr(id);
	return alg != NULL && alg->icv_len == 0 ? alg : NULL;
}

const struct prf_alg *ikev1_prf(uint16_t id)
{
	for (size_t i = 0; i < algorithm_count(ALGORITHM_IKEV1_PRF); i++)
		if (ikev1_prf_entries[i].alg.id == id && algorithm_works(ALGORITHM_IKEV1_PRF, i))
			return &ikev1_prf_entries[i].alg;
	return crypto_prf(id);
}

const struct integ_alg *crypto_integ(uint16_t id)
{
	for (size_t i = 0; i < algorithm_count(ALGORITHM_INTEG); i++)
		if (integ_entries[i].alg.id == id && algorithm_works(ALGORITHM_INTEG, i))
			return &integ_entries[i].alg;
	return NULL;
}

const struct dh_alg *crypto_dh(uint16_t id)
{
	for (size_t i = 0; i < dh_group_count; i++)
		if (dh_groups[i].alg.id == id && algorithm_works(ALGORITHM_DH, i))
			return &dh_groups[i].alg;
	return NULL;
}

bool crypto_encr_key_bits_ok(const struct encr_alg *alg, uint16_t key_bits)
{
	if (alg->id == ENCR_CHACHA20_POLY1305)
		return key_bits == 0 || key_bits == 256;
	if (alg->id == ENCR_3DES)
		return key_bits == 0;
	return key_bits == 128 || key_bits == 192 || key_bits == 256;
}

CK_MECHANISM_TYPE encr_mechanism(const struct encr_alg *alg)
{
	return ((const struct encr_entry *)alg)->mechanism;
}

const struct hash_alg *prf_hash(const struct prf_alg *alg)
{
	return ((const struct prf_entry *)alg)->hash;
}

const struct hash_alg *integ_hash(const struct integ_alg *alg)
{
	return ((const struct integ_entry *)alg)->hash;
}

size_t encr_key_len(const struct encr_alg *alg, uint16_t bits)
{
	return (bits != 0 ? bits : alg->key_bits) / 8u;
}

static const char *name_of(enum algorithm_kind kind, size_t index)
{
	switch (kind) {
	case ALGORITHM_ENCR:
		return encr_entries[index].alg.name;
	case ALGORITHM_PRF:
		return prf_entries[index].alg.name;
	case ALGORITHM_INTEG:
		return integ_entries[index].alg.name;
	case ALGORITHM_DH:
		return dh_groups[index].alg.name;
	case ALGORITHM_SIGN:
		return sign_algorithms[index].name;
	case ALGORITHM_IKEV1_ENCR:
		return ikev1_encr_entries[index].alg.name;
	case ALGORITHM_IKEV1_PRF:
		return ikev1_prf_entries[index].alg.name;
	}
	return "";
}

void crypto_probe_report(void (*fn)(void *context, const char *kind, const char *name,
				    const char *why),
			 void *context)
{
	static const char *const kinds[ALGORITHM_KINDS] = {
		"encryption", "PRF", "integrity", "DH", "signature", "IKEv1 encryption", "IKEv1 PRF"
	};
	for (int kind = 0; kind < ALGORITHM_KINDS; kind++) {
		for (size_t i = 0; i < algorithm_count((enum algorithm_kind)kind); i++) {
			int verdict = found.probed ? found.verdict[kind][i] : PROBE_UNTESTED;
			const char *why = nss_error_name(verdict);
			if (verdict == PROBE_WORKS)
				why = NULL;
			else if (verdict == PROBE_UNTESTED)
				why = "not tested: NSS is not open";
			else if (verdict == PROBE_WRONG)
				why = "NSS gave a wrong answer to the known-answer test";
			else if (verdict == PROBE_ABSENT)
				why = "this version of NSS does not have it";
			fn(context, kinds[kind], name_of((enum algorithm_kind)kind, i), why);
		}
	}
}

const struct sign_algorithm sign_algorithms[] = {
	{ "rsa", SIGN_RSA_PKCS1, KEY_RSA },	      { "rsa_pss", SIGN_RSA_PSS, KEY_RSA },
	{ "ecdsa_p256", SIGN_ECDSA, KEY_ECDSA_P256 }, { "ecdsa_p384", SIGN_ECDSA, KEY_ECDSA_P384 },
	{ "ecdsa_p521", SIGN_ECDSA, KEY_ECDSA_P521 }, { "ed25519", SIGN_ED25519, KEY_ED25519 },
};
const size_t sign_algorithm_count = sizeof sign_algorithms / sizeof *sign_algorithms;

bool sign_works(enum sign_form form, enum key_kind kind)
{
	for (size_t i = 0; i < sign_algorithm_count; i++)
		if (sign_algorithms[i].form == form && sign_algorithms[i].kind == kind)
			return algorithm_works(ALGORITHM_SIGN, i);
	return false;
}

bool sign_scheme_works(const struct sign_scheme *scheme)
{
	for (size_t i = 0; i < sign_algorithm_count; i++)
		if (sign_scheme_fits(scheme, sign_algorithms[i].kind) &&
		    sign_works(scheme->form, sign_algorithms[i].kind))
			return true;
	return false;
}
