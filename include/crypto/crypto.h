/* SPDX-License-Identifier: Apache-2.0 */
/* The only folder that touches keys, over NSS. Algorithms are named by their IANA numbers
 * (wire/iana.h). Nothing is available that the start-up probe did not run with a known answer. All
 * functions are thread-safe; those marked "slow" belong on a worker. `worker` picks the NSS slot
 * (goals.md: key generation is serialised per slot): pass the worker's index, or 0 on the loop. */
#ifndef VANTH_CRYPTO_CRYPTO_H
#define VANTH_CRYPTO_CRYPTO_H

#include "base/secret.h"
#include "wire/iana.h"

/* Opens NSS (nssdir NULL: without a database, for tests; "sql:" is assumed; a missing database is
 * created empty when `create`) and probes every algorithm. Once a process, counted: each open needs
 * a close. */
enum rc crypto_open(const char *nssdir, bool create, struct diag *diag) MUST_CHECK;
void crypto_close(void);
/* Does the database have a password that nobody told yet? crypto_open() takes it from the file
 * nsspassword in nssdir, or in ipsec.d of the configuration. Without it certificates are there, and
 * private keys are not. */
bool crypto_locked(void);
/* RC_AUTH_FAILED: it is another. */
enum rc crypto_unlock(const char *password, struct diag *diag) MUST_CHECK;

/* ---- the algorithm table ---- */
struct encr_alg {
	uint16_t id;	   /* enum encr_id */
	uint16_t key_bits; /* the one size, or the default */
	uint8_t salt_len;  /* AEAD: 4 or 3, else 0 */
	uint8_t iv_len;	   /* explicit IV on the wire */
	uint8_t block_len; /* 1 for AEAD and stream ciphers */
	uint8_t icv_len;   /* AEAD tag, else 0 */
	const char *name;  /* Libreswan's spelling: "aes_gcm_16" */
};
struct prf_alg {
	uint16_t id;
	uint8_t len; /* output and preferred key length */
	const char *name;
};
struct integ_alg {
	uint16_t id;
	uint8_t key_len, icv_len;
	const char *name;
};
struct dh_alg {
	uint16_t id;
	uint16_t public_len; /* of the KE data */
	uint16_t shared_len;
	const char *name;
	uint16_t kem_len; /* a KEM's responder sends a ciphertext of so many bytes; 0:
			     Diffie-Hellman, whose ends send the same */
};
/* NULL when unknown or the probe failed. */
const struct encr_alg *crypto_encr(uint16_t id);
/* key_bits 0 (no Key Length attribute, RFC 7296 §3.3.5) is right only for ciphers of one size
 * (ChaCha20, 3DES); AES must name 128, 192 or 256. */
bool crypto_encr_key_bits_ok(const struct encr_alg *alg, uint16_t key_bits);
const struct prf_alg *crypto_prf(uint16_t id);
const struct integ_alg *crypto_integ(uint16_t id);
const struct dh_alg *crypto_dh(uint16_t id);
/* For `ipsec status` and logs: which algorithms the probe found, which not and why. Calls fn for
 * each; kind is "encryption", "PRF", "integrity", "DH" or
 * "signature"; why is NULL for those that work. */
void crypto_probe_report(void (*fn)(void *context, const char *kind, const char *name,
				    const char *why),
			 void *context);

/* ---- PRF (RFC 7296 §2.13) ---- */
#define PRF_MAX 64
/* out: prf->len bytes. key of any length. parts are concatenated. */
enum rc prf_parts(const struct prf_alg *prf, struct span key, const struct span *parts,
		  size_t count, uint8_t *out) MUST_CHECK;
/* prf+(key, seed parts) into out (at most 255 blocks). */
enum rc prf_plus(const struct prf_alg *prf, struct span key, const struct span *parts, size_t count,
		 uint8_t *out, size_t out_len) MUST_CHECK;

/* ---- key derivation ---- */
struct ike_suite { /* what an IKE SA negotiated */
	const struct encr_alg *encr;
	const struct integ_alg *integ; /* NULL with AEAD */
	const struct prf_alg *prf;
	const struct dh_alg *dh;
	uint16_t encr_key_bits;
};
/* All keys of an IKE SA in one secret block (RFC 7296 §2.14). Offsets follow from the suite. */
struct ike_keys {
	struct secret block; /* SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr */
};
enum ike_key { SK_d, SK_ai, SK_ar, SK_ei, SK_er, SK_pi, SK_pr };
struct span ike_key(const struct ike_keys *keys, const struct ike_suite *suite, enum ike_key which);
void ike_keys_wipe(struct ike_keys *keys);
/* SKEYSEED = prf(Ni | Nr, g^ir); keys = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr). About 20 µs: fine
 * on a worker's tail or the loop. */
enum rc ike_keys_derive(const struct ike_suite *suite, struct span ni, struct span nr,
			struct span shared, uint64_t spi_i, uint64_t spi_r,
			struct ike_keys *out) MUST_CHECK;
/* Rekey (§2.18), and the next keys after an additional key exchange (RFC 9370 §2.2.2: with the same
 * suite, nonces and SPIs; out may be old): SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr), with
 * the OLD suite's PRF. */
enum rc ike_keys_rekey(const struct ike_suite *old_suite, const struct ike_keys *old,
		       const struct ike_suite *suite, struct span shared, struct span ni,
		       struct span nr, uint64_t spi_i, uint64_t spi_r,
		       struct ike_keys *out) MUST_CHECK;
/* Rekey with additional key exchanges (RFC 9370 §2.2.4): SKEYSEED = prf(SK_d (old), SK(0) | Ni | Nr
 * | SK(1) | ... SK(n)); later: SK(1) to SK(n), empty: as ike_keys_rekey(). */
enum rc ike_keys_follow(const struct ike_suite *old_suite, const struct ike_keys *old,
			const struct ike_suite *suite, struct span first, struct span ni,
			struct span nr, struct span later, uint64_t spi_i, uint64_t spi_r,
			struct ike_keys *out) MUST_CHECK;
/* RFC 8784 §3: the keys with a post-quantum preshared key in SK_d, SK_pi and SK_pr; the others
 * stay. out may not be keys. */
enum rc ike_keys_mix_ppk(const struct ike_suite *suite, const struct ike_keys *keys,
			 struct span ppk, struct ike_keys *out) MUST_CHECK;
/* Session resumption (RFC 5723 §5.1): SKEYSEED = prf(SK_d (old), "Resumption" | Ni | Nr), with the
 * suite of the old SA. */
enum rc ike_keys_resume(const struct ike_suite *suite, struct span sk_d, struct span ni,
			struct span nr, uint64_t spi_i, uint64_t spi_r,
			struct ike_keys *out) MUST_CHECK;
/* KEYMAT (§2.17) = prf+(SK_d, [g^ir |] Ni | Nr), len bytes. shared may be empty. */
enum rc child_keymat(const struct ike_suite *suite, const struct ike_keys *keys, struct span shared,
		     struct span ni, struct span nr, size_t len, struct secret *out) MUST_CHECK;
/* With additional key exchanges (RFC 9370 §2.2.4): KEYMAT = prf+(SK_d, SK(0) | Ni | Nr | SK(1) |
 * ... SK(n)). */
enum rc child_keymat_follow(const struct ike_suite *suite, const struct ike_keys *keys,
			    struct span first, struct span ni, struct span nr, struct span later,
			    size_t len, struct secret *out) MUST_CHECK;
/* AUTH by shared key (§2.15): prf(prf(psk, "Key Pad for IKEv2"), <message> | nonce | prf(SK_p, id
 * body)). int_auth: IntAuth of RFC 9242 §3.3.2, empty without IKE_INTERMEDIATE. out: prf->len
 * bytes. */
enum rc auth_psk(const struct ike_suite *suite, struct span psk, struct span message,
		 struct span nonce, struct span sk_p, struct span id_body, struct span int_auth,
		 uint8_t *out) MUST_CHECK;

/* ---- Diffie-Hellman ---- */
struct dh_pair; /* an ephemeral key pair; the private part stays in NSS */
enum rc dh_generate(const struct dh_alg *alg, unsigned worker,
		    struct dh_pair **out) MUST_CHECK; /* slow */
void dh_free(struct dh_pair *pair);
const struct dh_alg *dh_pair_alg(const struct dh_pair *pair);
/* KE data as on the wire (MODP padded to the prime's length, ECP: x | y). */
struct span dh_public(const struct dh_pair *pair);
/* Cheap checks on the loop: length, and 1 < y < p-1 for MODP (RFC 6989 §2). RC_BAD_PUBLIC. */
enum rc dh_check_public(const struct dh_alg *alg, struct span peer_public,
			struct diag *diag) MUST_CHECK;
/* g^ir as bytes (§2.14: padded to the prime's length; ECP: x only; X25519: 32 bytes, all-zero
 * result is RC_BAD_PUBLIC). Point-on-curve is checked here. Runs in the slot that made the pair,
 * whatever `worker` says. One pair may serve several calls, also at the same time. Slow. */
enum rc dh_compute(struct dh_pair *pair, struct span peer_public, unsigned worker,
		   struct secret *out, struct diag *diag) MUST_CHECK;

/* ---- key exchange whatever its kind: Diffie-Hellman or a KEM (RFC 9370) ----
 * The initiator sends dh_public() of what dh_generate() made; the responder answers with
 * dh_answer(), which knows the secret then; the initiator gets it with dh_compute() of that answer.
 */
/* Bytes of the responder's KE data. */
size_t dh_answer_len(const struct dh_alg *alg);
/* The responder's half: its KE data into answer (dh_answer_len() bytes) and the secret. Slow. */
enum rc dh_answer(const struct dh_alg *alg, struct span peer_public, unsigned worker,
		  uint8_t *answer, struct secret *shared, struct diag *diag) MUST_CHECK;
/* dh_check_public() for what a responder sent. */
enum rc dh_check_answer(const struct dh_alg *alg, struct span answer, struct diag *diag) MUST_CHECK;

/* ---- the SK payload ---- */
/* Bytes that sealing adds: IV, padding with its length byte, ICV. */
size_t sk_overhead(const struct ike_suite *suite, size_t plain_len);
/* Of the ICV alone; the IV's length is suite->encr->iv_len. */
size_t sk_icv_len(const struct ike_suite *suite);
/* Seals in place. message: from the IKE header to the end of a buffer laid out as
 *   header .. generic header of SK | IV | plaintext | padding | pad length | ICV
 * with plaintext already in place at iv_at + iv_len; plain_len bytes of it. The caller has already
 * written the final lengths in both headers. counter: unique per key (the message counter; AEAD
 * nonces come from it). Writes IV, padding, encrypts, writes the ICV. */
enum rc sk_seal(const struct ike_suite *suite, struct span enc_key, struct span integ_key,
		uint64_t counter, uint8_t *message, size_t iv_at, size_t plain_len) MUST_CHECK;
/* Opens a message as it came: iv, ciphertext (with padding and pad length) and icv follow each
 * other. aad: header up to and including the SK generic header (AEAD). signed_part: header .. end
 * of ciphertext (MAC). plain: room for ciphertext.len bytes (may be the ciphertext itself);
 * *plain_len without padding. RC_INTEGRITY, RC_SYNTAX (authentic, but the padding is wrong). */
enum rc sk_open(const struct ike_suite *suite, struct span enc_key, struct span integ_key,
		struct span aad, struct span signed_part, struct span iv, struct span ciphertext,
		struct span icv, uint8_t *plain, size_t *plain_len) MUST_CHECK;

/* ---- bytes of our own that others keep for us ---- */
#define BOX_KEY_LEN 36 /* key | salt */
#define BOX_IV_LEN  8  /* never twice with one key */
#define BOX_TAG_LEN 16
/* AES-256-GCM. data: len bytes of plaintext, encrypted in place, with room for the tag behind it.
 */
enum rc box_seal(struct span key, const uint8_t iv[BOX_IV_LEN], struct span aad, uint8_t *data,
		 size_t len) MUST_CHECK;
/* sealed: ciphertext and tag. plain: room for the ciphertext. RC_INTEGRITY. */
enum rc box_open(struct span key, const uint8_t iv[BOX_IV_LEN], struct span aad, struct span sealed,
		 uint8_t *plain) MUST_CHECK;

/* ---- hashes ---- */
/* SHA-1 of the parts: NAT detection (§2.23). */
enum rc hash_sha1(const struct span *parts, size_t count, uint8_t out[20]) MUST_CHECK;
enum rc hash_sha256(const struct span *parts, size_t count, uint8_t out[32]) MUST_CHECK;

/* Key material a Child SA needs per direction: encryption (with salt) and integrity. Works for
 * every ESP algorithm the kernel may have, not only those NSS has. RC_UNSUPPORTED for unknown ones.
 */
enum rc esp_key_lengths(uint16_t encr_id, uint16_t key_bits, uint16_t integ_id, size_t *encr_len,
			size_t *integ_len) MUST_CHECK;

#endif
