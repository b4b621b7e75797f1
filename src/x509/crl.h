/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: a CRL (RFC 5280 §5) as an immutable, counted value. */
#ifndef VANTH_X509_CRL_H
#define VANTH_X509_CRL_H

#include "x509/private.h"

#define CRL_ENTRIES_MAX 1000000

struct crl {
	_Atomic unsigned refs;
	int64_t this_update, next_update; /* next_update 0: none told */
	struct span der, tbs, scheme, signature, issuer;
	/* its scope (issuing distribution point): which certificates, and whose point it is */
	bool only_users, only_cas;
	struct span point; /* content of GeneralNames; empty: any */
	uint32_t count;
	uint32_t *entries; /* where each begins in bytes, in the order of serial numbers */
	uint8_t bytes[];
};
struct revoked {
	int64_t when;
	int reason; /* RFC 5280 §5.3.1; -1: none told */
};

/* RC_SYNTAX, RC_UNSUPPORTED (delta CRLs, indirect ones, for some reasons only, critical extensions
 * that we do not know), RC_LIMIT; with a diag. Nothing is checked that needs the issuer. Slow: a
 * CRL of 8 MB takes a tenth of a second. */
enum rc crl_parse(struct span der, struct crl **out, struct diag *diag) MUST_CHECK;
struct crl *crl_ref(struct crl *crl);
void crl_unref(struct crl *crl);
/* Did this CA make it? RC_AUTH_FAILED with a diag. Slow. */
enum rc crl_check_issuer(const struct crl *crl, const struct certificate *issuer, unsigned worker,
			 struct diag *diag) MUST_CHECK;
/* Would this certificate stand in it when it were revoked? By issuer and scope. */
bool crl_covers(const struct crl *crl, const struct certificate *certificate);
bool crl_find(const struct crl *crl, struct span serial, struct revoked *out);
/* "key compromise", never NULL. */
const char *revocation_reason(int reason);

#endif
