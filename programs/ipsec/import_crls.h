/* SPDX-License-Identifier: Apache-2.0 */
/* The CRLs of one ipsec import. */
#ifndef VANTH_IPSEC_IMPORT_CRLS_H
#define VANTH_IPSEC_IMPORT_CRLS_H

#include "keys.h"

struct import_crl {
	struct span der;
	const char *file;
	struct store_crl crl; /* what crls_check() found */
	bool before;	      /* the database had it, or a newer one */
};
/* Each must be of one of these CAs, or of one that is in the database. */
int crls_check(struct import_crl *crls, unsigned count, struct certificate *const *cas,
	       unsigned ca_count);
/* Last of all that is written: what a CRL has replaced cannot be taken back. */
enum rc crls_write(struct import_crl *crls, unsigned count, struct diag *diag) MUST_CHECK;
void crls_tell(const struct import_crl *crls, unsigned count);

#endif
