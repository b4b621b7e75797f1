/* SPDX-License-Identifier: Apache-2.0 */
/* rightcert=: a peer's certificate that is trusted as it stands. Its dates count all the same, and
 * where its issuer is trusted too, so do that one's words on what is revoked. */
#ifndef VANTH_X509_PINNED_H
#define VANTH_X509_PINNED_H

#include "x509/files.h"
#include "x509/keyring.h"

/* rightcert=. RC_NOT_FOUND: the end names none. Borrowed. */
enum rc keyring_peer_certificate(struct keyring *keyring, const struct config_end *end,
				 struct certificate **out, struct diag *diag) MUST_CHECK;
/* RC_AUTH_FAILED: it has expired, or is not valid yet; the diag says which. */
enum rc x509_pinned_dates(const struct certificate *pinned, int64_t now,
			  struct diag *diag) MUST_CHECK;
/* It is its own issuer, or says so: nobody else could revoke it. */
bool x509_is_self_issued(const struct certificate *certificate);
/* The path from it to a trusted CA, as x509_verify() finds it (ders: what the peer sent, may be
 * empty), for x509_revocation(). RC_NOT_FOUND: it is self-issued; any other failure: there is none,
 * and why says why. Slow. */
enum rc x509_pinned_path(const struct certificate *pinned, struct x509_verify *verify,
			 struct diag *why) MUST_CHECK;
/* Warns of certificates that conns name (leftcert=, rightcert=) and whose dates are wrong; of those
 * in the NSS database a thousand are looked at. Slow. */
void x509_look_at_dates(const struct config *config, const struct x509_files *files, int64_t now,
			struct config_errors *errors);

#endif
