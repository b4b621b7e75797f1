/* SPDX-License-Identifier: Apache-2.0 */
/* Attribute names of distinguished names. The first of several with one OID is printed. */
#include <string.h>
#include <strings.h>
#include "config/dn.h"

#define OID(bytes) bytes, sizeof(bytes) - 1
#define EMAIL	   "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"
#define UID	   "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"
#define DC	   "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"

static const struct dn_name dn_names[] = {
	{ "CN", OID("\x55\x04\x03"), 0 },
	{ "SN", OID("\x55\x04\x04"), 0 }, /* RFC 4519: surname */
	{ "surname", OID("\x55\x04\x04"), 0 },
	{ "serialNumber", OID("\x55\x04\x05"), 19 },
	{ "C", OID("\x55\x04\x06"), 19 },
	{ "L", OID("\x55\x04\x07"), 0 },
	{ "ST", OID("\x55\x04\x08"), 0 },
	{ "S", OID("\x55\x04\x08"), 0 },
	{ "STREET", OID("\x55\x04\x09"), 0 },
	{ "O", OID("\x55\x04\x0a"), 0 },
	{ "OU", OID("\x55\x04\x0b"), 0 },
	{ "T", OID("\x55\x04\x0c"), 0 },
	{ "title", OID("\x55\x04\x0c"), 0 },
	{ "D", OID("\x55\x04\x0d"), 0 },
	{ "description", OID("\x55\x04\x0d"), 0 },
	{ "postalCode", OID("\x55\x04\x11"), 0 },
	{ "N", OID("\x55\x04\x29"), 0 },
	{ "name", OID("\x55\x04\x29"), 0 },
	{ "GN", OID("\x55\x04\x2a"), 0 },
	{ "G", OID("\x55\x04\x2a"), 0 },
	{ "givenName", OID("\x55\x04\x2a"), 0 },
	{ "I", OID("\x55\x04\x2b"), 0 },
	{ "initials", OID("\x55\x04\x2b"), 0 },
	{ "dnQualifier", OID("\x55\x04\x2e"), 19 },
	{ "pseudonym", OID("\x55\x04\x41"), 0 },
	{ "organizationIdentifier", OID("\x55\x04\x61"), 0 },
	{ "UID", OID(UID), 0 },
	{ "DC", OID(DC), 22 },
	{ "E", OID(EMAIL), 22 },
	{ "emailAddress", OID(EMAIL), 22 },
	{ "Email", OID(EMAIL), 22 },
	{ NULL, NULL, 0, 0 },
};

const struct dn_name *dn_name_find(const char *text, size_t len)
{
	for (const struct dn_name *n = dn_names; n->name != NULL; n++)
		if (strlen(n->name) == len && strncasecmp(n->name, text, len) == 0)
			return n;
	return NULL;
}

const struct dn_name *dn_name_of(struct span oid)
{
	for (const struct dn_name *n = dn_names; n->name != NULL; n++)
		if (span_equal(span_make(n->oid, n->oid_len), oid))
			return n;
	return NULL;
}
