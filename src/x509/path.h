/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: what makes one certificate the issuer of another. */
#ifndef VANTH_X509_PATH_H
#define VANTH_X509_PATH_H

#include "x509/private.h"
#include "x509/x509.h"

/* `"CN=gw" (serial 01:02, issued by "CN=ca")`, for a diag. */
#define PATH_TEXT_MAX 200
const char *path_text(const struct certificate *certificate, char buffer[PATH_TEXT_MAX]);

/* Is `signature` what `key` makes of `bytes` by the algorithm that `scheme` (an
 * AlgorithmIdentifier) names? MD5 and SHA-1 are refused. RC_AUTH_FAILED, RC_UNSUPPORTED. Slow. */
enum rc path_signature(const struct public_key *key, struct span scheme, struct span bytes,
		       struct span signature, unsigned worker, struct diag *diag) MUST_CHECK;
/* The same for a certificate. Slow. */
enum rc path_signed_by(const struct certificate *child, const struct certificate *issuer,
		       unsigned worker, struct diag *diag) MUST_CHECK;

/* Each looks at one certificate and says what is wrong with it. RC_AUTH_FAILED. */
enum rc path_check_dates(const struct certificate *certificate, int64_t now,
			 struct diag *diag) MUST_CHECK;
/* As the end of a path: RFC 4945 §5.1.3. */
enum rc path_check_leaf(const struct certificate *certificate, struct diag *diag) MUST_CHECK;
/* As an issuer; an anchor may be of version 1. */
enum rc path_check_issuer(const struct certificate *certificate, bool anchor,
			  struct diag *diag) MUST_CHECK;

/* Name constraints and path lengths of a whole path (leaf first), RFC 5280 §6.1. RC_AUTH_FAILED. */
enum rc path_check_constraints(const struct certificate *const *path, unsigned count,
			       struct diag *diag) MUST_CHECK;

#endif
