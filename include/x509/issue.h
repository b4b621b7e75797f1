/* SPDX-License-Identifier: Apache-2.0 */
/* A small private CA: `ipsec newca`, `ipsec newcert`, and the certificates of tests. */
#ifndef VANTH_X509_ISSUE_H
#define VANTH_X509_ISSUE_H

#include "x509/certificate.h"

struct x509_issue {
	const char *subject;		  /* "CN=gw, O=Example"; "": none */
	struct public_key *key;		  /* to certify */
	const struct certificate *issuer; /* NULL: self-signed */
	struct private_key *issuer_key;
	struct sign_scheme scheme;
	const struct identity *names; /* subject alternative names: FQDN, mail, addresses */
	unsigned name_count;
	int64_t not_before, not_after;
	bool ca;
	int path_length;	   /* of a CA; -1: none given */
	const char *const *usages; /* extended key usages by dotted OID; NULL-terminated, or NULL */
	const char *crl_url, *ocsp_url;		  /* NULL: none */
	const char *permitted_dns, *excluded_dns; /* name constraints of a CA; NULL: none */
	uint8_t serial[16];			  /* zero: random */
};
/* DER into the arena. Slow. */
enum rc x509_issue(const struct x509_issue *issue, struct arena *arena, struct span *der,
		   struct diag *diag) MUST_CHECK;
/* A CRL (v2) that revokes these serial numbers. */
enum rc x509_issue_crl(const struct certificate *issuer, struct private_key *issuer_key,
		       const struct sign_scheme *scheme, const struct span *serials, size_t count,
		       int64_t this_update, int64_t next_update, uint64_t number,
		       struct arena *arena, struct span *der, struct diag *diag) MUST_CHECK;

#endif
