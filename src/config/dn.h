/* SPDX-License-Identifier: Apache-2.0 */
/* Private: distinguished names, text to DER and back (RFC 4514 spelling, X.501 order as written).
 */
#ifndef VANTH_CONFIG_DN_H
#define VANTH_CONFIG_DN_H

#include "config/config.h"

#define DN_DER_MAX 1024 /* LIMIT_ID of the wire */

/* One attribute of a name. */
struct dn_attribute {
	struct span oid, value;
	uint8_t tag; /* of the value's ASN.1 type */
	bool joined; /* in the same RDN as the one before it */
};
struct dn_reader {
	struct span names, set;
};
/* RC_SYNTAX when der is not one SEQUENCE. */
enum rc dn_open(struct dn_reader *reader, struct span der) MUST_CHECK;
/* RC_NOT_FOUND at the end, RC_SYNTAX when broken. */
enum rc dn_next(struct dn_reader *reader, struct dn_attribute *out) MUST_CHECK;

/* "C=CH, O=Example, CN=gw.example.org" or "/C=CH/O=Example/CN=gw"; writes DER to der (DN_DER_MAX
 * bytes). */
enum rc dn_parse(const char *text, uint8_t *der, size_t *len, struct diag *diag) MUST_CHECK;
/* Well-formed from the first to the last byte. */
bool dn_valid(struct span der);
/* RC_SYNTAX when der is broken; the text is cut at size. */
enum rc dn_text(struct span der, char *buffer, size_t size) MUST_CHECK;
/* Same attributes in the same order; case and repeated blanks do not matter in text values. A value
 * "*" of the pattern matches any (when wildcards is not NULL; their number is written there). */
bool dn_match(struct span pattern, struct span der, unsigned *wildcards);
/* The RDNs of der begin with all those of base (RFC 5280 §4.2.1.10); no wildcards. */
bool dn_within(struct span base, struct span der);

/* Names that dn_match() finds equal give the same bytes (for hash tables). */
enum rc dn_fold(struct span der, struct sink *out) MUST_CHECK;

/* The attribute table (dn_names.c). */
struct dn_name {
	const char *name;
	const char *oid; /* DER content octets */
	uint8_t oid_len;
	uint8_t tag; /* string type to write: 0 = Printable or UTF8, 19 = Printable, 22 = IA5 */
};
const struct dn_name *dn_name_find(const char *text, size_t len);
const struct dn_name *dn_name_of(struct span oid);

#endif
