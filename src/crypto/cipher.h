/* SPDX-License-Identifier: Apache-2.0 */
/* Ciphers over NSS. A key enters NSS for the one call. */
#ifndef VANTH_CRYPTO_CIPHER_H
#define VANTH_CRYPTO_CIPHER_H

#include "crypto/crypto.h"

/* key: cipher key | salt. iv: alg->iv_len bytes; nonce = salt | iv. data: len bytes of plaintext,
 * encrypted in place, with room for the tag behind it (RFC 5282, RFC 7634). */
enum rc aead_seal(const struct encr_alg *alg, struct span key, const uint8_t *iv, struct span aad,
		  uint8_t *data, size_t len) MUST_CHECK;
/* sealed: ciphertext | tag. plain: room for the ciphertext's length. RC_INTEGRITY. */
enum rc aead_open(const struct encr_alg *alg, struct span key, const uint8_t *iv, struct span aad,
		  struct span sealed, uint8_t *plain) MUST_CHECK;
/* A cipher that chains blocks (icv_len 0), with the IV of its iv_len. len is a multiple of the
 * block length; in and out may be the same. */
enum rc cbc_encrypt(const struct encr_alg *alg, struct span key, const uint8_t *iv,
		    const uint8_t *in, size_t len, uint8_t *out) MUST_CHECK;
enum rc cbc_decrypt(const struct encr_alg *alg, struct span key, const uint8_t *iv,
		    const uint8_t *in, size_t len, uint8_t *out) MUST_CHECK;

#endif
