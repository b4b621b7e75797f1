/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: a PKCS#12 file as a certificate of ours: it, its key and those above it, with
 * nothing written into the NSS database. */
#ifndef VANTH_X509_PKCS12_LOAD_H
#define VANTH_X509_PKCS12_LOAD_H

#include "x509/certificate.h"

#define PKCS12_CERTIFICATES_MAX 32
struct pkcs12_content {						   /* counted for who has it */
	struct certificate *certificates[PKCS12_CERTIFICATES_MAX]; /* the first is ours */
	unsigned count;
	struct private_key *key; /* a session object */
};
/* RC_AUTH_FAILED: the password is another. RC_NOT_FOUND: it has no key, or none that belongs to one
 * of its certificates. RC_AMBIGUOUS: several keys. RC_LIMIT, RC_UNSUPPORTED, RC_SYNTAX. Slow:
 * seconds. */
enum rc pkcs12_load(struct span file, const char *password, struct pkcs12_content *out,
		    struct diag *diag) MUST_CHECK;
/* Says why the file of that path cannot be used, and what to do; returns rc. password: one was
 * known. */
enum rc pkcs12_explain(const char *path, bool password, enum rc rc, const struct diag *why,
		       struct diag *diag);
void pkcs12_content_wipe(struct pkcs12_content *content);

#endif
