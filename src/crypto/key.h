/* SPDX-License-Identifier: Apache-2.0 */
/* What keys are inside. A public key is bytes: it enters NSS for the moment of use, because live
 * NSS objects are dear (goals.md, trap 2). Only EC keys that are used again stay there,
 * KEYS_HELD_MAX in all: entering costs NSS a check of the point, P-256 280 µs of 690 for verifying.
 */
#ifndef VANTH_CRYPTO_KEY_H
#define VANTH_CRYPTO_KEY_H

#include <keyhi.h>
#include <pk11pub.h>
#include <stdatomic.h>
#include "crypto/curve.h"
#include "crypto/nss.h"

#define SPKI_MAX (RSA_BITS_MAX / 8 + 64)

struct key_in_nss;
struct public_key {
	atomic_uint refs;
	atomic_uint uses;
	_Atomic(struct key_in_nss *) held; /* what stays in NSS; NULL: nothing */
	enum key_kind kind;
	uint16_t bits;
	struct span modulus, exponent; /* RSA; no leading zeros */
	struct span point;	       /* EC: 04 | x | y; Ed25519: 32 bytes */
	uint8_t id[KEY_ID_LEN];
	size_t spki_len;
	uint8_t spki[];
};

struct private_key {
	atomic_uint refs;
	SECKEYPrivateKey *key; /* a session object, used at least once: NSS has unpacked it */
	struct public_key *public;
};

/* public_key_from_spki() without asking what the probe found. */
enum rc public_key_parse(struct span der, struct public_key **out, struct diag *diag) MUST_CHECK;
/* A SubjectPublicKeyInfo of an RSA key; SPKI_MAX bytes are enough. */
enum rc spki_of_rsa(struct span modulus, struct span exponent, struct sink *out) MUST_CHECK;

/* A public key in NSS, in a worker's slot unless it stayed in another; key_leave() after every
 * successful key_enter(). NSS only reads what stays there, so several threads may use it. */
#define KEY_PARAMS_MAX 16
struct key_in_nss {
	SECKEYPublicKey *key; /* &own, or what NSS decoded, or what stayed */
	bool lent;	      /* it stayed: nothing is to be given back */
	SECKEYPublicKey own;
	uint8_t params[KEY_PARAMS_MAX];
};
enum rc key_enter(const struct public_key *public, unsigned worker,
		  struct key_in_nss *out) MUST_CHECK;
void key_leave(const struct public_key *public, struct key_in_nss *key);
/* What stayed in NSS goes. Called for a key's last reference. */
void key_forget(struct public_key *public);
/* Before NSS closes, when nobody uses a key any more. */
void key_forget_all(void);

#endif
