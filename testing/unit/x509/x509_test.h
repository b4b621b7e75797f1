/* SPDX-License-Identifier: Apache-2.0 */
/* A small PKI for tests: keys, and certificates that are made and read in one call. */
#ifndef VANTH_X509_TEST_H
#define VANTH_X509_TEST_H

#include "crypto/crypto.h"
#include "unit/test.h"
#include "x509/issue.h"
#include "x509/x509.h"

#define NOW  ((int64_t)1800000000) /* 2027-01-15 08:00:00 UTC */
#define DAY  ((int64_t)86400)
#define YEAR (365 * DAY)

static const struct sign_scheme ecdsa = { .form = SIGN_ECDSA, .hash = SIGN_SHA2_256 };

/* A certificate with its key. */
struct party {
	struct private_key *key;
	struct certificate *certificate;
};

int pki_open(void **state); /* group set-up: opens NSS without a database */
int pki_close(void **state);
/* The same with a database in a folder of its own. */
int pki_database_open(void **state);
int pki_database_close(void **state);

/* A P-256 key. */
struct private_key *pki_key(void);
/* What is asked for, with a P-256 key where none is given, valid from a day before NOW to a year
 * after where no dates are given; issuer NULL: self-signed. */
struct party pki_make(struct x509_issue issue, const struct party *issuer);
struct party pki_root(const char *subject);
struct party pki_ca(const char *subject, const struct party *issuer);
/* An end certificate with one dNSName (NULL: none). */
struct party pki_leaf(const char *subject, const char *dns, const struct party *issuer);
void pki_free(struct party *party);

/* identity_parse() that must succeed; the caller frees. */
struct identity pki_identity(const char *text);
/* An Extension in DER, in static memory until the test ends (pki_close). */
struct span pki_extension(const char *oid, bool critical, struct span value);
/* A copy of a certificate in which `from` stands as `to` (of one length), read again; the signature
 * is not made anew. */
struct certificate *pki_altered(const struct certificate *certificate, struct span from,
				struct span to);

struct x509_trust *pki_trust(const struct party *const *anchors, size_t count);
/* Verifies `leaf` with what is sent beside it. */
enum rc pki_verify(struct x509_trust *trust, const struct party *const *sent, size_t count,
		   struct diag *diag);

#define assert_says(diag, words) assert_non_null(strstr((diag).text, words))

#endif
