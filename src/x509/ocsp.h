/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: OCSP (RFC 6960, in the profile of RFC 5019: one certificate, no nonce). */
#ifndef VANTH_X509_OCSP_H
#define VANTH_X509_OCSP_H

#include "x509/crl.h"

#define OCSP_ANSWER_MAX	 65536
#define OCSP_REQUEST_MAX 512
#define OCSP_SKEW	 300   /* seconds that a responder's clock may be ahead of ours */
#define OCSP_AGE_MAX	 86400 /* seconds that an answer without nextUpdate is good for */

enum ocsp_status { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN };
struct ocsp_answer {
	enum ocsp_status status;
	struct revoked revoked; /* OCSP_REVOKED */
	int64_t this_update,
		next_update; /* next_update: made from this_update where none is told */
};

/* A request for one certificate of that issuer, into buffer. */
enum rc ocsp_request(struct span serial, const struct certificate *issuer,
		     uint8_t buffer[OCSP_REQUEST_MAX], size_t *len) MUST_CHECK;
/* What the answer says of this certificate: signed by its issuer, or by whom the issuer lets
 * (id-kp-OCSPSigning), or by `trusted` (NULL: nobody else), and current. RC_AUTH_FAILED, RC_SYNTAX,
 * RC_NOT_FOUND (it is about others), RC_TEMPORARY_FAILURE (the responder's error) with a diag.
 * Slow. */
enum rc ocsp_read(struct span der, struct span serial, const struct certificate *issuer,
		  const struct certificate *trusted, int64_t now, unsigned worker,
		  struct ocsp_answer *out, struct diag *diag) MUST_CHECK;

#endif
