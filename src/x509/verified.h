/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: signatures of certificates that were found good before. */
#ifndef VANTH_X509_VERIFIED_H
#define VANTH_X509_VERIFIED_H

#include "x509/private.h"
#include "x509/x509.h"

/* Which certificate was signed by which key: by a digest of all bytes of both, so that nothing that
 * differs is taken for it. A peer that comes again costs one signature less. Bounded: a newer one
 * takes the place of an older. Usable from every thread. */
struct verified;
struct verified *verified_new(void); /* NULL: no memory */
void verified_free(struct verified *verified);

bool verified_holds(struct verified *verified, const struct certificate *child,
		    const struct certificate *issuer);
/* Only for a path that ends at an anchor, or strangers would fill it. Lack of memory: forgotten. */
void verified_keep(struct verified *verified, const struct certificate *child,
		   const struct certificate *issuer);

/* Goes with the trust: a change of the database begins with none. Never NULL. */
struct verified *x509_trust_verified(const struct x509_trust *trust);

#endif
