/* SPDX-License-Identifier: Apache-2.0 */
/* Diffie-Hellman groups as NSS wants them. */
#ifndef VANTH_CRYPTO_DH_H
#define VANTH_CRYPTO_DH_H

#include <keyhi.h>
#include "crypto/crypto.h"

enum dh_kind { DH_KIND_MODP, DH_KIND_ECP, DH_KIND_X25519, DH_KIND_KEM };

struct dh_group {
	struct dh_alg alg; /* first: a public pointer is a pointer to its group */
	enum dh_kind kind;
	SECOidTag curve;      /* EC only */
	const uint8_t *prime; /* MODP only: public_len bytes; the generator is 2 */
};
extern const struct dh_group dh_groups[];
extern const size_t dh_group_count;

static inline const struct dh_group *dh_group_of(const struct dh_alg *alg)
{
	return (const struct dh_group *)alg;
}

/* RFC 3526 §3-7 */
extern const uint8_t dh_prime_2048[256], dh_prime_3072[384], dh_prime_4096[512], dh_prime_6144[768],
	dh_prime_8192[1024];

/* A session key pair on a slot that may derive and nothing else; NULL: NSS's error is set. */
SECKEYPrivateKey *dh_key_pair(PK11SlotInfo *slot, CK_MECHANISM_TYPE mechanism, void *params,
			      SECKEYPublicKey **public);
/* Generate on a slot: the private key, and its public value in the form of the KE payload in
 * `public` (public_len bytes). RC_OK, or NSS's reason. */
enum rc dh_modp_generate(const struct dh_group *group, PK11SlotInfo *slot, SECKEYPrivateKey **out,
			 uint8_t *public) MUST_CHECK;
enum rc dh_ec_generate(const struct dh_group *group, PK11SlotInfo *slot, SECKEYPrivateKey **out,
		       uint8_t *public) MUST_CHECK;
/* The shared secret as an NSS key; the public value's length was checked. RC_BAD_PUBLIC when NSS
 * refuses the public value. */
enum rc dh_modp_derive(const struct dh_group *group, SECKEYPrivateKey *private, struct span public,
		       PK11SymKey **out) MUST_CHECK;
enum rc dh_ec_derive(const struct dh_group *group, SECKEYPrivateKey *private, struct span public,
		     PK11SymKey **out) MUST_CHECK;
/* kem.c: RC_UNSUPPORTED when this NSS has none. */
enum rc kem_generate(const struct dh_group *group, PK11SlotInfo *slot, SECKEYPrivateKey **out,
		     uint8_t *public) MUST_CHECK;
/* ciphertext: kem_len bytes. */
enum rc kem_encapsulate(const struct dh_group *group, PK11SlotInfo *slot, struct span public,
			uint8_t *ciphertext, PK11SymKey **out) MUST_CHECK;
enum rc kem_decapsulate(SECKEYPrivateKey *private, struct span ciphertext,
			PK11SymKey **out) MUST_CHECK;
/* RC_BAD_PUBLIC unless 1 < y < p - 1. */
enum rc dh_modp_check(const struct dh_group *group, struct span public,
		      struct diag *diag) MUST_CHECK;

/* g^ir of a private key that NSS holds, as bytes, with every check. */
enum rc dh_derive(const struct dh_group *group, SECKEYPrivateKey *private, struct span public,
		  struct secret *out, struct diag *diag) MUST_CHECK;
/* Copies an unsigned big-endian number into exactly len bytes; RC_INTERNAL when it does not fit. */
enum rc dh_pad(struct span number, uint8_t *out, size_t len) MUST_CHECK;

/* A curve's name as an EC key's parameters in DER; bytes of `out` used. */
#define DH_CURVE_DER_MAX 32
size_t dh_curve_der(SECOidTag curve, uint8_t out[DH_CURVE_DER_MAX]);

#endif
