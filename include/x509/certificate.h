/* SPDX-License-Identifier: Apache-2.0 */
/* One X.509 certificate: immutable, counted, usable by several threads. Parsed by NSS within our
 * bounds; nothing here says that it is to be trusted. */
#ifndef VANTH_X509_CERTIFICATE_H
#define VANTH_X509_CERTIFICATE_H

#include "base/arena.h"
#include "config/config.h" /* struct identity */
#include "crypto/sign.h"

#define CERTIFICATE_SIZE_MAX 65535 /* bytes; larger ones are refused */

struct certificate;
/* RC_SYNTAX with a diag; also for bytes behind its end. Its public key may still be one that
 * certificate_key() refuses. */
enum rc certificate_parse(struct span der, struct certificate **out, struct diag *diag) MUST_CHECK;
struct certificate *certificate_ref(struct certificate *certificate);
void certificate_unref(struct certificate *certificate); /* NULL: nothing */
struct span certificate_der(const struct certificate *certificate);
struct span certificate_subject(const struct certificate *certificate); /* Name in DER */
struct span certificate_serial(const struct certificate *certificate);
/* "CN=gw, O=Example, C=CH" as our identity_text() writes a DN. */
const char *certificate_subject_text(const struct certificate *certificate,
				     char buffer[IDENTITY_TEXT_MAX]);
const char *certificate_issuer_text(const struct certificate *certificate,
				    char buffer[IDENTITY_TEXT_MAX]);
const char *certificate_serial_text(const struct certificate *certificate, char buffer[64]);
int64_t certificate_not_before(const struct certificate *certificate); /* seconds since 1970 */
int64_t certificate_not_after(const struct certificate *certificate);
bool certificate_is_ca(const struct certificate *certificate); /* basic constraints say so */
bool certificate_self_issued(const struct certificate *certificate);
/* "fingerprint": SHA-256 of the DER. */
void certificate_fingerprint(const struct certificate *certificate, uint8_t out[32]);
/* RFC 7296 §3.7: SHA-1 of the SubjectPublicKeyInfo, as CERTREQ lists CAs. */
void certificate_ca_hash(const struct certificate *certificate, uint8_t out[20]);
/* The key it certifies; counted for the caller. RC_BAD_PUBLIC. */
enum rc certificate_key(const struct certificate *certificate, struct public_key **out,
			struct diag *diag) MUST_CHECK;
/* The index-th subject alternative name that can be an IKE identity (dNSName, rfc822Name,
 * iPAddress); data lives as long as the certificate. false: there are no more. */
bool certificate_alternative(const struct certificate *certificate, unsigned index,
			     struct identity *out);
/* The index-th URL of a CRL distribution point, or of OCSP in authority information access; only
 * http:// ones (a CRL is signed; https could need itself). false: there are no more. */
bool certificate_crl_url(const struct certificate *certificate, unsigned index, struct span *out);
bool certificate_ocsp_url(const struct certificate *certificate, unsigned index, struct span *out);
/* A URL of a distribution point that is not used here: ldap://, https://. false: there is none. */
bool certificate_crl_other(const struct certificate *certificate, struct span *out);
/* The same of a responder. */
bool certificate_ocsp_other(const struct certificate *certificate, struct span *out);

/* RFC 4945 §3.1: does this identity stand in the certificate? DN: equals the subject; FQDN, mail
 * address, address: one of the alternatives. ID_KEY_ID never does. */
bool certificate_names(const struct certificate *certificate, const struct identity *id);
/* The identity of leftid=%fromcert: the subject's DN, as in Libreswan; with an empty subject the
 * first alternative name. Owned by the caller. RC_NOT_FOUND: neither. */
enum rc certificate_identity(const struct certificate *certificate,
			     struct identity *out) MUST_CHECK;

#endif
