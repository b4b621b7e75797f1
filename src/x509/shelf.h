/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: CRLs that lie here, in a folder and in the NSS database, beside those that are
 * fetched. Read and checked on a worker; RFC 5280 §5. */
#ifndef VANTH_X509_SHELF_H
#define VANTH_X509_SHELF_H

#include "x509/crl.h"
#include "x509/x509.h"

#define SHELF_CRLS_MAX	128
#define SHELF_BYTES_MAX (32u << 20)
#define SHELF_DATABASE	"the NSS database"

struct shelf_item {
	char *from; /* a path, or SHELF_DATABASE */
	struct crl *crl;
	struct certificate *issuer;
};
struct shelf {
	unsigned count, failed;
	size_t bytes;
	struct shelf_item items[SHELF_CRLS_MAX];
	struct shelf_failure {
		char *from; /* a path, the folder, or SHELF_DATABASE */
		char *text; /* which was not taken, and why */
	} failures[SHELF_CRLS_MAX];
	bool partial; /* the folder or the database could not be read */
};

/* folder: NULL, or one that is not there: the database only. NULL: out of memory. Slow. */
struct shelf *shelf_read(const char *folder, const struct x509_trust *trust, unsigned worker);
void shelf_free(struct shelf *shelf); /* NULL: nothing */
/* Which of these CAs has made it. RC_NOT_FOUND: none has its issuer's name; RC_AUTH_FAILED. Slow.
 */
enum rc shelf_issuer(const struct crl *crl, struct certificate *const *cas, size_t count,
		     unsigned worker, struct certificate **out, struct diag *diag) MUST_CHECK;

/* ---- on the loop ---- */
struct revocation;
/* What lay there before, and does not any more, goes; what cannot be read now stays as it was. */
void shelf_take(struct revocation *revocation, struct shelf *shelf);
/* The revocation service ends; a reading on a worker ends by itself. */
void shelf_forget(struct revocation *revocation);

#endif
