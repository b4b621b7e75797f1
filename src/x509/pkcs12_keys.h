/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: what a PKCS#12 file asks for and its private keys. Slow. */
#ifndef VANTH_X509_PKCS12_KEYS_H
#define VANTH_X509_PKCS12_KEYS_H

#include "base/arena.h"
#include "crypto/sign.h"

/* Is it bounded: in size, depth, parts, and in how often its password is hashed (PBE_ROUNDS_MAX in
 * all)? Needs no password. RC_LIMIT, RC_UNSUPPORTED, RC_SYNTAX with a diag. */
enum rc pkcs12_check(struct span file, struct diag *diag) MUST_CHECK;
/* Its private keys, as session objects of NSS; at most max, counted for the caller. The password
 * has opened the file already (pkcs12_open()). RC_AUTH_FAILED: it does not open the keys. */
enum rc pkcs12_keys(struct span file, const char *password, struct private_key **keys, unsigned max,
		    unsigned *count, struct diag *diag) MUST_CHECK;

#endif
