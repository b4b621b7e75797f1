/* SPDX-License-Identifier: Apache-2.0 */
/* Files that hold certificates and keys: PEM (RFC 7468) or DER. */
#ifndef VANTH_X509_PEM_H
#define VANTH_X509_PEM_H

#include "base/arena.h"
#include "base/span.h"
#include "crypto/dek.h"

enum pem_kind {
	PEM_CERTIFICATE,
	PEM_CRL,
	PEM_PRIVATE_KEY,   /* PKCS#8; the older forms of RSA and EC keys are rewritten so */
	PEM_ENCRYPTED_KEY, /* pem_open_key() makes a PEM_PRIVATE_KEY of it */
	PEM_PUBLIC_KEY,	   /* SubjectPublicKeyInfo */
	PEM_PKCS12,	   /* DER only */
	PEM_OTHER,
};
struct pem {
	enum pem_kind kind;
	struct span der; /* in the arena, which wipes what it frees */
	/* PEM_ENCRYPTED_KEY of old (RFC 1421), whose der is what is encrypted; otherwise NULL: it
	 * is an EncryptedPrivateKeyInfo (RFC 5958 §3) */
	const char *label;
	char cipher[24];
	uint8_t iv[DEK_IV_MAX], iv_len;
};
/* The next block of *text, which is consumed; RC_NOT_FOUND: there are no more. RC_SYNTAX: a block
 * is broken. What stands between blocks is skipped. */
enum rc pem_next(struct span *text, struct arena *arena, struct pem *out,
		 struct diag *diag) MUST_CHECK;
/* Decrypts a key. RC_AUTH_FAILED: the password is wrong, as far as can be seen; RC_UNSUPPORTED,
 * RC_LIMIT, RC_SYNTAX; with a diag. Slow: seconds. */
enum rc pem_open_key(struct pem *block, const char *password, struct arena *arena,
		     struct diag *diag) MUST_CHECK;
/* A whole file, PEM or DER: up to max blocks. RC_NOT_FOUND with a diag when it holds none. */
#define PEM_FILE_MAX (8 * 1024 * 1024)
enum rc pem_read(const char *path, struct arena *arena, struct pem *out, size_t max, size_t *count,
		 struct diag *diag) MUST_CHECK;

#endif
