/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: URLs that are asked one after the other, and that of a question by GET. */
#ifndef VANTH_X509_PLACES_H
#define VANTH_X509_PLACES_H

#include "base/span.h"
#include "x509/certificate.h"

#define SOURCE_URL_MAX 500
#define PLACES_MAX     4

struct places {
	unsigned count;
	struct span urls[PLACES_MAX]; /* borrowed */
};
/* One more, at the end; what is too long or too many is left out. */
void places_add(struct places *places, struct span url);
/* The responders that a certificate names. */
void places_of(const struct certificate *certificate, struct places *out);

/* Kept as one block: each ends with a NUL, and the last one with one more. */
size_t places_size(const struct places *places);
void places_pack(const struct places *places, char *block);
void places_read(const char *block, struct places *out);
bool places_are(const char *block, const struct places *places);
/* The one behind this one of a block; NULL: there is none. */
const char *places_next(const char *url);

/* `URL/base64 of the request`, escaped (RFC 6960 appendix A.1). RC_LIMIT: too long for a GET
 * (RFC 5019 §5). */
#define OCSP_GET_MAX	   255
#define SOURCE_GET_URL_MAX (SOURCE_URL_MAX + OCSP_GET_MAX + 2)
enum rc source_get_url(const char *base, struct span request,
		       char out[SOURCE_GET_URL_MAX]) MUST_CHECK;

#endif
