/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: the certificates in NSS's database. Only here do NSS's certificates appear;
 * outside there are bytes. Touches the disk: slow. */
#ifndef VANTH_X509_DATABASE_H
#define VANTH_X509_DATABASE_H

#include <certt.h>
#include "x509/certificate.h"

struct database_entry {
	struct span der;
	const char *nickname; /* NULL: none */
	bool trusted;	      /* flag C or T: may issue for servers, for clients */
};
/* Calls fn for each certificate of the database (none: never) until it fails. count: how many there
 * are, told before the first call. */
enum rc database_walk(enum rc (*fn)(void *context, const struct database_entry *entry,
				    size_t count),
		      void *context) MUST_CHECK;
/* The newest certificate of that nickname. RC_NOT_FOUND, or what certificate_parse() says. */
enum rc database_find(const char *nickname, struct certificate **out, struct diag *diag) MUST_CHECK;

/* The same for its CRLs. RC_IO with a diag, or what fn says. */
enum rc database_crls(enum rc (*fn)(void *context, struct span der), void *context,
		      struct diag *diag) MUST_CHECK;
/* Nothing is checked but what NSS does to find it again: by its issuer's name, one each. RC_EXISTS:
 * there is a newer one, or the same. RC_IO. */
enum rc database_add_crl(struct span der, struct diag *diag) MUST_CHECK;

/* "cannot WHAT "NAME" in the NSS database: ..." with NSS's last error. */
enum rc database_fail(struct diag *diag, const char *what, const char *name);
/* The certificate as NSS has it, of the database if it is there; NULL: NSS does not take it. */
CERTCertificate *database_enter(const struct certificate *certificate);

#endif
