/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of IKEv1 (RFC 2409 §5, appendix B) and its CBC chain. The PRF is the HMAC of the negotiated
 * hash. As in crypto.h: bytes in, bytes out, nothing stays in NSS. */
#ifndef VANTH_CRYPTO_IKEV1_H
#define VANTH_CRYPTO_IKEV1_H

#include "crypto/crypto.h"

/* The ciphers and PRFs of an ISAKMP SA: AES-CBC and the SHA family as IKEv2 has them, and 3DES,
 * Camellia-CBC and MD5, which crypto_encr() and crypto_prf() never find. NULL: unknown, an AEAD, or
 * the probe failed. */
const struct encr_alg *ikev1_encr(uint16_t id); /* enum encr_id */
const struct prf_alg *ikev1_prf(uint16_t id);	/* enum prf_id */

/* What the two ends said in the clear part. Spans live as long as the call. */
struct ikev1_exchange {
	uint64_t cky_i, cky_r;
	struct span ni, nr;		/* Ni_b, Nr_b: at most 256 bytes each */
	struct span public_i, public_r; /* g^xi, g^xr */
	struct span shared;		/* g^xy */
};
/* struct ike_keys.block of an ISAKMP SA: SKEYID | SKEYID_d | SKEYID_a | SKEYID_e | encryption key
 * (with suite->encr_key_bits). */
enum ikev1_key { IKEV1_SKEYID, IKEV1_SKEYID_d, IKEV1_SKEYID_a, IKEV1_SKEYID_e, IKEV1_ENCRYPTION };
struct span ikev1_key(const struct ike_keys *keys, const struct ike_suite *suite,
		      enum ikev1_key which);
/* psk: of preshared keys; .ptr NULL: signatures, where SKEYID = prf(Ni_b | Nr_b, g^xy). RC_LIMIT: a
 * nonce that is too long. RC_UNSUPPORTED: the suite's cipher is no CBC. */
enum rc ikev1_keys_derive(const struct ike_suite *suite, const struct ikev1_exchange *exchange,
			  struct span psk, struct ike_keys *out) MUST_CHECK;
/* Was SKEYID made of this preshared key? RC_AUTH_FAILED: of another one. */
enum rc ikev1_psk_check(const struct ike_suite *suite, const struct ike_keys *keys,
			const struct ikev1_exchange *exchange, struct span psk) MUST_CHECK;
/* HASH_I, HASH_R (§5): prf(SKEYID, g^x of its sender | g^x of the other | CKY of its sender | CKY
 * of the other | SAi_b | ID_b of its sender). prf: the suite's, or that of the method (RFC 4754).
 * out: prf->len bytes.
 */
enum rc ikev1_hash_auth(const struct ike_suite *suite, const struct prf_alg *prf,
			const struct ike_keys *keys, const struct ikev1_exchange *exchange,
			bool of_initiator, struct span sa_body, struct span id_body,
			uint8_t *out) MUST_CHECK;
/* prf(SKEYID_a, parts): HASH(1), HASH(2), HASH(3) and those of the other exchanges. */
enum rc ikev1_hash(const struct ike_suite *suite, const struct ike_keys *keys,
		   const struct span *parts, size_t count, uint8_t *out) MUST_CHECK;
/* The negotiated hash itself, of the parts: NAT-D (RFC 3947 §3.2). out: prf->len bytes. */
enum rc ikev1_digest(const struct ike_suite *suite, const struct span *parts, size_t count,
		     uint8_t *out) MUST_CHECK;
/* KEYMAT of one direction (§5.5): K1 = prf(SKEYID_d, [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b),
 * each next with the one before in front. len bytes at out. shared may be empty. */
enum rc ikev1_keymat(const struct ike_suite *suite, const struct ike_keys *keys, struct span shared,
		     uint8_t protocol, uint32_t spi, struct span ni, struct span nr, size_t len,
		     uint8_t *out) MUST_CHECK;

/* ---- the CBC chain (appendix B) ---- */
#define IKEV1_IV_MAX 16
/* The first IV of phase 1: hash(g^xi | g^xr); of an exchange of phase 2: hash(last block of phase 1
 * | message ID). Both cut to the cipher's block. */
enum rc ikev1_iv_first(const struct ike_suite *suite, struct span public_i, struct span public_r,
		       uint8_t iv[IKEV1_IV_MAX]) MUST_CHECK;
enum rc ikev1_iv_exchange(const struct ike_suite *suite, const uint8_t last[IKEV1_IV_MAX],
			  uint32_t message_id, uint8_t iv[IKEV1_IV_MAX]) MUST_CHECK;
/* Bytes of plaintext and padding together: up to the next block (none is added to whole blocks). */
size_t ikev1_padded(const struct ike_suite *suite, size_t plain_len);
/* In place: ikev1_padded(plain_len) bytes, the padding (zeros) written here. iv becomes the last
 * block of ciphertext. */
enum rc ikev1_encrypt(const struct ike_suite *suite, const struct ike_keys *keys,
		      uint8_t iv[IKEV1_IV_MAX], uint8_t *data, size_t plain_len) MUST_CHECK;
/* iv becomes the last block of ciphertext: the caller takes it over only when the message has
 * proven to be the peer's. RC_SYNTAX: not whole blocks, or none. */
enum rc ikev1_decrypt(const struct ike_suite *suite, const struct ike_keys *keys,
		      uint8_t iv[IKEV1_IV_MAX], struct span cipher, uint8_t *plain) MUST_CHECK;

#endif
