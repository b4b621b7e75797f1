/* SPDX-License-Identifier: Apache-2.0 */
/* PEM blocks that are encrypted as RFC 1421 §4.6.1.1 says ("Proc-Type: 4,ENCRYPTED"), with the key
 * derivation that OpenSSL has given them: MD5 over password and the first half of the IV, once. */
#ifndef VANTH_CRYPTO_DEK_H
#define VANTH_CRYPTO_DEK_H

#include "base/secret.h"

#define DEK_IV_MAX 16
/* cipher, iv: of DEK-Info (AES-128-CBC, AES-192-CBC, AES-256-CBC, DES-EDE3-CBC). RC_AUTH_FAILED:
 * the password is another, as far as the padding shows; RC_UNSUPPORTED: another cipher; RC_SYNTAX;
 * with a diag. */
enum rc dek_decrypt(const char *cipher, struct span iv, const char *password,
		    struct span ciphertext, struct secret *out, struct diag *diag) MUST_CHECK;

#endif
