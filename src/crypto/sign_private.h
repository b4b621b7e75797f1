/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of signatures share. */
#ifndef VANTH_CRYPTO_SIGN_PRIVATE_H
#define VANTH_CRYPTO_SIGN_PRIVATE_H

#include "crypto/hmac.h"
#include "crypto/key.h"

#define SIGNATURE_MAX (RSA_BITS_MAX / 8)

/* NULL: SIGN_IDENTITY, SIGN_RAW. */
const struct hash_alg *sign_hash_alg(enum sign_hash hash);

/* What the probe tests, one by one. */
struct sign_algorithm {
	const char *name;
	enum sign_form form;
	enum key_kind kind;
};
extern const struct sign_algorithm sign_algorithms[];
extern const size_t sign_algorithm_count;
/* Did the probe get its known answer of this form, with a key of this kind? */
bool sign_works(enum sign_form form, enum key_kind kind);

/* signature_make() and signature_verify() without asking what the probe found; scheme and key fit.
 */
enum rc sign_now(struct private_key *key, const struct sign_scheme *scheme,
		 enum signature_form form, const struct span *parts, size_t count, uint8_t *out,
		 size_t *out_len, struct diag *diag) MUST_CHECK;
enum rc verify_now(const struct public_key *key, const struct sign_scheme *scheme,
		   enum signature_form form, const struct span *parts, size_t count,
		   struct span signature, unsigned worker, struct diag *diag) MUST_CHECK;

/* RFC 8017 §9.2: DigestInfo, DER (the hash's parameters are NULL). out: RSA_INFO_MAX bytes. */
#define RSA_INFO_MAX 96
struct span rsa_digest_info(enum sign_hash hash, struct span digest, uint8_t *out);
enum rc rsa_pkcs1_verify(const struct public_key *key, enum sign_hash hash, struct span digest,
			 struct span signature, unsigned worker) MUST_CHECK;
/* What NSS wants to know of RSASSA-PSS. */
CK_RSA_PKCS_PSS_PARAMS rsa_pss_params(const struct sign_scheme *scheme);

/* r | s in place of DER, and back. raw: twice curve->len bytes. RC_AUTH_FAILED unless strict DER
 * with 0 < r, s < order. */
enum rc ecdsa_to_raw(const struct curve *curve, enum signature_form form, struct span signature,
		     uint8_t *raw) MUST_CHECK;
size_t ecdsa_der_max(const struct curve *curve);
enum rc ecdsa_from_raw(const struct curve *curve, enum signature_form form, const uint8_t *raw,
		       uint8_t *out, size_t *out_len) MUST_CHECK;

#endif
