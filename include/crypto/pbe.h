/* SPDX-License-Identifier: Apache-2.0 */
/* What is encrypted with a password: private keys (RFC 5958 §3) and parts of PKCS#12 files. PBES2
 * (RFC 8018 §6.2) with PBKDF2, and the schemes of PKCS#12 (RFC 7292 appendix C). */
#ifndef VANTH_CRYPTO_PBE_H
#define VANTH_CRYPTO_PBE_H

#include "base/secret.h"

/* Rounds of key derivation that a file may ask for in all: some seconds. */
#define PBE_ROUNDS_MAX 5000000
/* How many an AlgorithmIdentifier in DER asks for. RC_UNSUPPORTED with a diag: another scheme
 * (scrypt); RC_SYNTAX; RC_LIMIT: more than PBE_ROUNDS_MAX. */
enum rc pbe_rounds(struct span algorithm, uint32_t *rounds, struct diag *diag) MUST_CHECK;
/* password: UTF-8. RC_AUTH_FAILED: it is another, as far as can be seen (padding); also what
 * pbe_rounds() says. Slow: seconds. */
enum rc pbe_decrypt(struct span algorithm, const char *password, struct span ciphertext,
		    struct secret *out, struct diag *diag) MUST_CHECK;
/* A password as PKCS#12 derives keys of it: a BMPString that ends with two zero bytes (RFC 7292
 * §B.1). RC_SYNTAX: it is not UTF-8; RC_LIMIT: longer than 1000 bytes. */
enum rc pbe_bmp(const char *password, struct secret *out, struct diag *diag) MUST_CHECK;

#endif
