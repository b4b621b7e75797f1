/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that sign and verify, over NSS: RSA, ECDSA, Ed25519; and the schemes of RFC 7427. Keys are
 * immutable, counted, and may be used by several threads at once. What is marked "slow" belongs on
 * a worker. All of it needs an open NSS (crypto_open); private keys are let go before
 * crypto_close().
 */
#ifndef VANTH_CRYPTO_SIGN_H
#define VANTH_CRYPTO_SIGN_H

#include "base/arena.h"
#include "base/rc.h"
#include "base/span.h"

enum key_kind { KEY_RSA, KEY_ECDSA_P256, KEY_ECDSA_P384, KEY_ECDSA_P521, KEY_ED25519 };
extern const struct names key_kind_names; /* "RSA", "ECDSA P-256", ... */

/* RFC 7427 §7: the values of SIGNATURE_HASH_ALGORITHMS. */
enum sign_hash {
	SIGN_SHA1 = 1,
	SIGN_SHA2_256 = 2,
	SIGN_SHA2_384 = 3,
	SIGN_SHA2_512 = 4,
	SIGN_IDENTITY = 5, /* RFC 8420: the scheme hashes for itself */
	SIGN_RAW = 15, /* not of that registry: RSA and ECDSA of IKEv1 (RFC 2409 §5.1), where the
			  parts are the hash itself, which no DigestInfo names */
};
enum sign_form { SIGN_RSA_PKCS1, SIGN_RSA_PSS, SIGN_ECDSA, SIGN_ED25519 };
struct sign_scheme {
	enum sign_form form;
	enum sign_hash hash;
	uint16_t salt; /* RSA-PSS: bytes of salt; 0: as many as the hash has */
};
/* "RSA-PSS with SHA2-256"; in a static table, never NULL. */
const char *sign_scheme_text(const struct sign_scheme *scheme);

/* ---- public keys ---- */
struct public_key;
/* A SubjectPublicKeyInfo in DER. Refused with RC_BAD_PUBLIC and a diag that says what is wrong: RSA
 * below RSA_BITS_MIN or above RSA_BITS_MAX bits, an even exponent or one below 3 or above 64 bits,
 * an even modulus, curves other than the three of NIST, points that are not on their curve (or at
 * infinity), Ed25519 where the start-up probe did not find it, bytes behind its end. */
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 16384
enum rc public_key_from_spki(struct span der, struct public_key **out,
			     struct diag *diag) MUST_CHECK;
/* RFC 3110 (leftrsasigkey=0s...): exponent length, exponent, modulus. */
enum rc public_key_from_rfc3110(struct span bytes, struct public_key **out,
				struct diag *diag) MUST_CHECK;
struct public_key *public_key_ref(struct public_key *key);
void public_key_unref(struct public_key *key); /* NULL: nothing */
enum key_kind public_key_kind(const struct public_key *key);
unsigned public_key_bits(const struct public_key *key);
struct span public_key_spki(const struct public_key *key); /* lives as long as the key */
bool public_key_equal(const struct public_key *a, const struct public_key *b);
/* SHA-1 of the key's bits: the CKA_ID by which NSS finds its private half (showhostkey's ckaid). */
#define KEY_ID_LEN 20
void public_key_id(const struct public_key *key, uint8_t id[KEY_ID_LEN]);
/* RFC 3110 form of an RSA key into the arena; RC_UNSUPPORTED for others. */
enum rc public_key_to_rfc3110(const struct public_key *key, struct arena *arena,
			      struct span *out) MUST_CHECK;

/* ---- private keys; they stay in NSS ---- */
struct private_key;
/* The key in the database that belongs to this public key. RC_NOT_FOUND with a diag. Touches the
 * database: slow. */
enum rc private_key_find(struct public_key *key, struct private_key **out,
			 struct diag *diag) MUST_CHECK;
enum rc private_key_find_id(struct span ckaid, struct private_key **out,
			    struct diag *diag) MUST_CHECK;
/* A PKCS#8 PrivateKeyInfo in DER (not encrypted), for this process only (permanent: into the
 * database, under that nickname; NULL: none). The bytes are not kept. */
enum rc private_key_import(struct span pkcs8, bool permanent, const char *nickname,
			   struct private_key **out, struct diag *diag) MUST_CHECK;
/* bits: of RSA, a multiple of 8. RC_UNSUPPORTED: Ed25519, permanent without a database. Slow (RSA:
 * seconds). permanent, nickname: as above. */
enum rc private_key_generate(enum key_kind kind, unsigned bits, bool permanent,
			     const char *nickname, unsigned worker, struct private_key **out,
			     struct diag *diag) MUST_CHECK;
struct private_key *private_key_ref(struct private_key *key);
void private_key_unref(struct private_key *key);
struct public_key *private_key_public(const struct private_key *key); /* the private key's */

/* ---- signatures ---- */
/* Can a key of this kind make and verify it? (P-384 with SHA2-256 can, under RFC 7427.) */
bool sign_scheme_fits(const struct sign_scheme *scheme, enum key_kind kind);
/* Did the start-up probe get the known answers of this scheme? */
bool sign_scheme_works(const struct sign_scheme *scheme);
/* RFC 7427 §3: the ASN.1 AlgorithmIdentifier of a scheme; static. RSASSA-PSS with its parameters
 * (salt as long as the hash, whatever the scheme says). SPAN_NONE: there is no such scheme. */
struct span sign_scheme_der(const struct sign_scheme *scheme);
/* All that we know in DER (also RSA with absent parameters in place of NULL, PSS with its defaults
 * written out or not, and salts of 1 to 2048 bytes). RC_UNSUPPORTED with a diag that shows the OID;
 * RC_SYNTAX: no AlgorithmIdentifier. */
enum rc sign_scheme_parse(struct span der, struct sign_scheme *out, struct diag *diag) MUST_CHECK;
/* Longest signature of this key, in the form that signature_make() gives. */
size_t signature_max(const struct public_key *key);
/* The form of ECDSA signatures: with DER (RFC 7427, certificates), or r | s (RFC 4754, methods 9
 * to 11). Others: no difference. */
enum signature_form { SIGNATURE_DER, SIGNATURE_RAW };
/* Slow. parts are concatenated and hashed. out: signature_max() bytes. */
enum rc signature_make(struct private_key *key, const struct sign_scheme *scheme,
		       enum signature_form form, const struct span *parts, size_t count,
		       unsigned worker, uint8_t *out, size_t *out_len,
		       struct diag *diag) MUST_CHECK;
/* Slow. RC_AUTH_FAILED when it is wrong (of any wrong length, encoding or value). RSA PKCS#1 v1.5:
 * the whole block is made anew and compared (no lenient parsing); ECDSA: 0 < r, s < n, DER without
 * anything behind it. RC_UNSUPPORTED: scheme and key do not fit. */
enum rc signature_verify(const struct public_key *key, const struct sign_scheme *scheme,
			 enum signature_form form, const struct span *parts, size_t count,
			 struct span signature, unsigned worker, struct diag *diag) MUST_CHECK;

#endif
