/* SPDX-License-Identifier: Apache-2.0 */
/* Files that hold certificates and keys: PEM (RFC 7468) or DER. */
#ifndef VANTH_X509_PEM_H
#define VANTH_X509_PEM_H

#include "base/arena.h"
#include "base/span.h"

enum pem_kind {
	PEM_CERTIFICATE,
	PEM_CRL,
	PEM_PRIVATE_KEY,   /* PKCS#8; the older forms of RSA and EC keys are rewritten so */
	PEM_ENCRYPTED_KEY, /* only with a password: not read here */
	PEM_PUBLIC_KEY,	   /* SubjectPublicKeyInfo */
	PEM_PKCS12,	   /* DER only */
	PEM_OTHER,
};
struct pem {
	enum pem_kind kind;
	struct span der; /* in the arena, which wipes what it frees */
};
/* The next block of *text, which is consumed; RC_NOT_FOUND: there are no more. RC_SYNTAX: a block
 * is broken. What stands between blocks is skipped. */
enum rc pem_next(struct span *text, struct arena *arena, struct pem *out,
		 struct diag *diag) MUST_CHECK;
/* A whole file, PEM or DER: up to max blocks. RC_NOT_FOUND with a diag when it holds none. */
#define PEM_FILE_MAX (8 * 1024 * 1024)
enum rc pem_read(const char *path, struct arena *arena, struct pem *out, size_t max, size_t *count,
		 struct diag *diag) MUST_CHECK;

#endif
