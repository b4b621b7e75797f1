/* SPDX-License-Identifier: Apache-2.0 */
/* The password of the NSS database: where it is kept, and what it opens. */
#ifndef VANTH_CRYPTO_NSS_PASSWORD_H
#define VANTH_CRYPTO_NSS_PASSWORD_H

#include <pk11pub.h>
#include "base/secret.h"

#define NSS_PASSWORD_MAX 500 /* bytes, as NSS has it */

/* The password of a token in a file of lines "TOKEN:password", as Libreswan writes it ("NSS
 * Certificate DB:secret"; a line without a colon is the password of any token). It ends with a NUL
 * byte. RC_NOT_FOUND: no file, or nothing for this token. RC_PERMISSION: others may read it. */
enum rc nss_password_read(const char *path, const char *token, struct secret *out,
			  struct diag *diag) MUST_CHECK;
/* Logs in to the database in this folder, when it has a password, with that of nsspassword in the
 * folder or else in the configuration's ipsec.d. fresh: it was just made and gets that password,
 * or none. RC_OK also when nothing is known: then it stays locked. RC_AUTH_FAILED: the password
 * there is wrong. */
enum rc nss_password_use(PK11SlotInfo *slot, const char *nssdir, bool fresh,
			 struct diag *diag) MUST_CHECK;
#endif
