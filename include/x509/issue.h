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
	uint16_t key_usage; /* its first 16 bits, bit 0 the highest; 0: what a CA, or a gateway
			       needs */
	const char *crl_url, *ocsp_url;		  /* NULL: none */
	const char *permitted_dns, *excluded_dns; /* name constraints of a CA; NULL: none */
	const struct span *extensions;		  /* further ones, each an Extension in DER */
	unsigned extension_count;
	uint8_t serial[16]; /* zero: random */
};
/* DER into the arena. Slow. */
enum rc x509_issue(const struct x509_issue *issue, struct arena *arena, struct span *der,
		   struct diag *diag) MUST_CHECK;

struct x509_revoked {
	struct span serial; /* as certificate_serial() */
	int64_t when;
	int reason; /* RFC 5280 §5.3.1; -1: none told */
};
struct x509_issue_crl { /* v2 */
	const struct certificate *issuer;
	struct private_key *issuer_key;
	struct sign_scheme scheme;
	const struct x509_revoked *revoked;
	size_t count;
	int64_t this_update, next_update; /* next_update 0: none told */
	uint64_t number;
	const struct span *extensions; /* further ones, each an Extension in DER */
	unsigned extension_count;
};
enum rc x509_issue_crl(const struct x509_issue_crl *issue, struct arena *arena, struct span *der,
		       struct diag *diag) MUST_CHECK;

#endif
