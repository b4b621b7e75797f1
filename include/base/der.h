/* SPDX-License-Identifier: Apache-2.0 */
/* DER (X.690 §10), strictly: definite lengths in their shortest form, minimal integers, no tags of
 * more than one byte. Readers take an element from the front of *in and leave *in as it was when
 * they fail: RC_TRUNCATED when it ends too early, RC_SYNTAX when it is another element or no DER.
 *
 * The tags are ASN1_...: NSS's headers define DER_SEQUENCE and others with other values. */
#ifndef VANTH_BASE_DER_H
#define VANTH_BASE_DER_H

#include "base/span.h"

#define ASN1_BOOLEAN	     0x01
#define ASN1_INTEGER	     0x02
#define ASN1_BIT_STRING	     0x03
#define ASN1_OCTET_STRING    0x04
#define ASN1_NULL	     0x05
#define ASN1_OID	     0x06
#define ASN1_ENUMERATED	     0x0a
#define ASN1_UTF8_STRING     0x0c
#define ASN1_PRINTABLE	     0x13
#define ASN1_IA5_STRING	     0x16
#define ASN1_UTC_TIME	     0x17
#define ASN1_TIME	     0x18 /* GeneralizedTime */
#define ASN1_SEQUENCE	     0x30
#define ASN1_SET	     0x31
#define ASN1_CONTEXT(n)	     (0x80 | (n)) /* [n] IMPLICIT of something primitive */
#define ASN1_CONTEXT_WITH(n) (0xa0 | (n)) /* [n] EXPLICIT, or IMPLICIT of a SEQUENCE or SET */

/* Any element. */
enum rc der_next(struct span *in, uint8_t *tag, struct span *body) MUST_CHECK;
/* An element of this tag; body may be NULL for "skip it". */
enum rc der_take(struct span *in, uint8_t tag, struct span *body) MUST_CHECK;
/* The same with its header in *whole. */
enum rc der_whole(struct span *in, uint8_t tag, struct span *whole) MUST_CHECK;
/* Is this the tag of what comes next? False at the end. */
bool der_is_next(const struct span *in, uint8_t tag);
/* in is one element of this tag and nothing behind it (RC_TRAILING). */
enum rc der_only(struct span in, uint8_t tag, struct span *body) MUST_CHECK;
/* An INTEGER >= 0, without the zero byte that keeps its sign; the number 0 is one zero byte. */
enum rc der_unsigned(struct span *in, struct span *number) MUST_CHECK;
/* An INTEGER from 0 to 2^32 - 1; RC_RANGE above. */
enum rc der_small(struct span *in, uint32_t *number) MUST_CHECK;
/* A BIT STRING of whole bytes. */
enum rc der_bits(struct span *in, struct span *bytes) MUST_CHECK;
/* TRUE is ff only (X.690 §11.1). */
enum rc der_boolean(struct span *in, bool *value) MUST_CHECK;
#define DER_OID_TEXT_MAX 64
/* "1.2.840.113549.1.1.1" of an OID's body, cut with "..." when it is long; "?" for no OID. */
const char *der_oid_text(struct span oid, char buffer[DER_OID_TEXT_MAX]);

/* Writing: what is written between der_begin() and der_end() becomes the element's body. at is what
 * der_begin() returned; elements nest. */
size_t der_begin(struct sink *sink, uint8_t tag);
void der_end(struct sink *sink, size_t at);
void der_put(struct sink *sink, uint8_t tag, struct span body);
/* INTEGER of a number in big-endian bytes: leading zeros go, a sign byte comes where needed. */
void der_put_unsigned(struct sink *sink, struct span number);
void der_put_small(struct sink *sink, uint32_t number);

#endif
