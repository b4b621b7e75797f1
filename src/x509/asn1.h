/* SPDX-License-Identifier: Apache-2.0 */
/* Private: what certificates, CRLs and OCSP answers have beside the elements of base/der.h. */
#ifndef VANTH_X509_ASN1_H
#define VANTH_X509_ASN1_H

#include "base/der.h"

/* ---- reading: each takes one element from the front of *in, or fails and leaves it ---- */
/* BOOLEAN DEFAULT FALSE: absent (*out false) or present. */
enum rc asn1_flag(struct span *in, bool *out) MUST_CHECK;
/* A non-negative INTEGER of at most 31 bits. */
enum rc asn1_small(struct span *in, int32_t *out) MUST_CHECK;
/* The first 16 bits of a named bit list (body of a BIT STRING); bit 0 of the ASN.1 is the highest
 * of *out. */
enum rc asn1_bits_of(struct span content, uint16_t *out) MUST_CHECK;
/* UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 has them (in UTC with seconds), in seconds since
 * 1970. */
enum rc asn1_time(struct span *in, int64_t *out) MUST_CHECK;
/* A Name (RFC 5280 §4.1.2.4), well-formed to its last byte; with its header. */
enum rc asn1_name(struct span *in, struct span *element) MUST_CHECK;
/* "2026-11-22 03:34:17 UTC" */
#define ASN1_TIME_TEXT_MAX 40
const char *asn1_time_text(int64_t time, char buffer[ASN1_TIME_TEXT_MAX]);

/* ---- writing ---- */
/* UTCTime up to 2049, GeneralizedTime from 2050 on. */
void asn1_put_time(struct sink *out, int64_t time);
void asn1_put_generalized(struct sink *out, int64_t time);
void asn1_put_flag(struct sink *out, bool value);
void asn1_put_bits(struct sink *out, struct span bytes); /* BIT STRING of whole bytes */
/* "1.3.6.1"; RC_SYNTAX: it is none. */
enum rc asn1_put_oid(struct sink *out, const char *dotted) MUST_CHECK;

#endif
