/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of a certificate (RFC 5280 §4.2), one row each. What we know is read here once and
 * completely, so that nobody later meets something broken; what we do not know is only remembered
 * when it is critical. */
#include "x509/private.h"

struct extension_row {
	const char *oid; /* DER content octets */
	uint8_t oid_len;
	const char *name;
	enum rc (*read)(struct span value, struct extensions *out, struct diag *diag);
};

static enum rc read_basic_constraints(struct span value, struct extensions *out, struct diag *diag)
{
	struct span in;
	(void)diag;
	out->basic = true;
	TRY(der_only(value, ASN1_SEQUENCE, &in));
	TRY(asn1_flag(&in, &out->ca));
	if (der_is_next(&in, ASN1_INTEGER)) {
		TRY(asn1_small(&in, &out->path_length));
		if (!out->ca)
			out->path_length = -1;
	}
	return in.len == 0 ? RC_OK : RC_SYNTAX;
}

static enum rc read_key_usage(struct span value, struct extensions *out, struct diag *diag)
{
	struct span bits;
	(void)diag;
	out->has_key_usage = true;
	TRY(der_only(value, ASN1_BIT_STRING, &bits));
	return asn1_bits_of(bits, &out->key_usage);
}

static uint8_t purpose_of(struct span oid)
{
	/* id-kp is 1.3.6.1.5.5.7.3 */
	static const uint8_t kp[] = { 0x2b, 6, 1, 5, 5, 7, 3 };
	static const uint8_t any[] = { 0x55, 0x1d, 0x25, 0 };
	static const uint8_t intermediate[] = { 0x2b, 6, 1, 5, 5, 8, 2, 2 };

	if (span_equal(oid, SPAN_OF(any)))
		return PURPOSE_ANY;
	if (span_equal(oid, SPAN_OF(intermediate)))
		return PURPOSE_IPSEC;
	if (oid.len != sizeof(kp) + 1 || !span_equal(span_make(oid.ptr, sizeof(kp)), SPAN_OF(kp)))
		return PURPOSE_OTHER;
	switch (oid.ptr[sizeof(kp)]) {
	case 1:	 /* serverAuth */
	case 2:	 /* clientAuth */
	case 5:	 /* ipsecEndSystem */
	case 6:	 /* ipsecTunnel */
	case 7:	 /* ipsecUser */
	case 17: /* ipsecIKE */
		return PURPOSE_IPSEC;
	case 9:
		return PURPOSE_OCSP_SIGNING;
	default:
		return PURPOSE_OTHER;
	}
}

static enum rc read_purposes(struct span value, struct extensions *out, struct diag *diag)
{
	struct span in, oid;
	(void)diag;
	out->has_purposes = true;
	TRY(der_only(value, ASN1_SEQUENCE, &in));
	while (in.len > 0) {
		TRY(der_take(&in, ASN1_OID, &oid));
		out->purposes |= purpose_of(oid);
	}
	return RC_OK;
}

/* What may stand in a host name, a mail address or a URL; a NUL in the middle is an old trick. */
static bool is_plain(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f)
			return false;
	return true;
}

static enum rc check_general_name(struct span *in, struct diag *diag)
{
	struct span content, name;
	uint8_t tag;

	TRY(der_next(in, &tag, &content));
	switch (tag) {
	case NAME_MAIL:
	case NAME_DNS:
	case NAME_URI:
		if (content.len > 0 && is_plain(content))
			return RC_OK;
		return diag_fail(diag, RC_SYNTAX,
				 "a name in subjectAltName is empty or holds characters that no "
				 "such name has");
	case NAME_IP:
		if (content.len == 4 || content.len == 16)
			return RC_OK;
		return diag_fail(diag, RC_SYNTAX, "an address in subjectAltName has %zu bytes",
				 content.len);
	case NAME_DIRECTORY:
		TRY(asn1_name(&content, &name));
		return content.len == 0 ? RC_OK : RC_SYNTAX;
	case NAME_OTHER:
	case NAME_X400:
	case NAME_EDI:
	case NAME_ID:
		return RC_OK;
	default:
		return RC_SYNTAX;
	}
}

static enum rc read_names(struct span value, struct extensions *out, struct diag *diag)
{
	struct span in;
	TRY(der_only(value, ASN1_SEQUENCE, &in));
	out->names = in;
	while (in.len > 0)
		TRY(check_general_name(&in, diag));
	return out->names.len > 0 ? RC_OK : RC_SYNTAX;
}

/* Of one GeneralSubtree; minimum and maximum have one meaning only (RFC 5280 §4.2.1.10). */
static enum rc check_subtrees(struct span in, struct diag *diag)
{
	struct span subtree, base;
	uint8_t tag;
	if (in.len == 0)
		return RC_SYNTAX;
	while (in.len > 0) {
		TRY(der_take(&in, ASN1_SEQUENCE, &subtree));
		TRY(der_next(&subtree, &tag, &base));
		if (subtree.len != 0)
			return diag_fail(diag, RC_SYNTAX,
					 "a name constraint has a minimum or maximum, which RFC "
					 "5280 forbids");
		if (tag == NAME_IP && base.len != 8 && base.len != 32)
			return diag_fail(diag, RC_SYNTAX, "an address constraint has %zu bytes",
					 base.len);
		if (tag == NAME_DIRECTORY) {
			TRY(asn1_name(&base, &subtree));
			if (base.len != 0)
				return RC_SYNTAX;
		}
	}
	return RC_OK;
}

static enum rc read_name_constraints(struct span value, struct extensions *out, struct diag *diag)
{
	struct span in;
	TRY(der_only(value, ASN1_SEQUENCE, &in));
	if (in.len == 0)
		return RC_SYNTAX;
	if (der_is_next(&in, ASN1_CONTEXT_WITH(0))) {
		TRY(der_take(&in, ASN1_CONTEXT_WITH(0), &out->permitted));
		TRY(check_subtrees(out->permitted, diag));
	}
	if (der_is_next(&in, ASN1_CONTEXT_WITH(1))) {
		TRY(der_take(&in, ASN1_CONTEXT_WITH(1), &out->excluded));
		TRY(check_subtrees(out->excluded, diag));
	}
	return in.len == 0 ? RC_OK : RC_SYNTAX;
}

static enum rc check_sequences(struct span in)
{
	struct span one;
	while (in.len > 0)
		TRY(der_take(&in, ASN1_SEQUENCE, &one));
	return RC_OK;
}

static enum rc read_crl_points(struct span value, struct extensions *out, struct diag *diag)
{
	(void)diag;
	TRY(der_only(value, ASN1_SEQUENCE, &out->crl_points));
	return check_sequences(out->crl_points);
}

static enum rc read_access(struct span value, struct extensions *out, struct diag *diag)
{
	(void)diag;
	TRY(der_only(value, ASN1_SEQUENCE, &out->access));
	return check_sequences(out->access);
}

static enum rc read_authority_key(struct span value, struct extensions *out, struct diag *diag)
{
	struct span in;
	(void)diag;
	TRY(der_only(value, ASN1_SEQUENCE, &in));
	if (der_is_next(&in, ASN1_CONTEXT(0)))
		TRY(der_take(&in, ASN1_CONTEXT(0), &out->authority_key));
	return RC_OK;
}

static enum rc read_subject_key(struct span value, struct extensions *out, struct diag *diag)
{
	(void)diag;
	return der_only(value, ASN1_OCTET_STRING, &out->subject_key);
}

static enum rc read_no_check(struct span value, struct extensions *out, struct diag *diag)
{
	(void)value;
	(void)diag;
	out->ocsp_no_check = true;
	return RC_OK;
}

/* These say nothing to us even when they are critical: policies restrict nobody who asks for none
 * (RFC 5280 §6.1.1 (c), (e) to (g)), and an issuer's other names are not looked at. Policy
 * constraints are not among them: they could ask for a policy. */
static enum rc read_nothing(struct span value, struct extensions *out, struct diag *diag)
{
	(void)value;
	(void)out;
	(void)diag;
	return RC_OK;
}

static const struct extension_row rows[] = {
	{ "\x55\x1d\x13", 3, "basicConstraints", read_basic_constraints },
	{ "\x55\x1d\x0f", 3, "keyUsage", read_key_usage },
	{ "\x55\x1d\x25", 3, "extKeyUsage", read_purposes },
	{ "\x55\x1d\x11", 3, "subjectAltName", read_names },
	{ "\x55\x1d\x1e", 3, "nameConstraints", read_name_constraints },
	{ "\x55\x1d\x1f", 3, "cRLDistributionPoints", read_crl_points },
	{ "\x2b\x06\x01\x05\x05\x07\x01\x01", 8, "authorityInfoAccess", read_access },
	{ "\x55\x1d\x23", 3, "authorityKeyIdentifier", read_authority_key },
	{ "\x55\x1d\x0e", 3, "subjectKeyIdentifier", read_subject_key },
	{ "\x2b\x06\x01\x05\x05\x07\x30\x01\x05", 9, "ocsp-nocheck", read_no_check },
	{ "\x55\x1d\x20", 3, "certificatePolicies", read_nothing },
	{ "\x55\x1d\x21", 3, "policyMappings", read_nothing },
	{ "\x55\x1d\x36", 3, "inhibitAnyPolicy", read_nothing },
	{ "\x55\x1d\x12", 3, "issuerAltName", read_nothing },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static enum rc read_known(size_t row, unsigned *seen, struct span value, struct extensions *out,
			  struct diag *diag)
{
	struct diag why = { "" };
	if ((*seen & 1u << row) != 0)
		return diag_fail(diag, RC_SYNTAX, "%s stands there twice", rows[row].name);
	*seen |= 1u << row;
	if (rows[row].read(value, out, &why) == RC_OK)
		return RC_OK;
	return diag_fail(diag, RC_SYNTAX, "%s is broken%s%s", rows[row].name,
			 why.text[0] != '\0' ? ": " : "", why.text);
}

static enum rc read_one(struct span *in, unsigned *seen, struct extensions *out, struct diag *diag)
{
	struct span extension, oid, value;
	bool critical;

	TRY(der_take(in, ASN1_SEQUENCE, &extension));
	TRY(der_take(&extension, ASN1_OID, &oid));
	TRY(asn1_flag(&extension, &critical));
	TRY(der_only(extension, ASN1_OCTET_STRING, &value));
	for (size_t i = 0; i < ROWS; i++)
		if (span_equal(oid, span_make(rows[i].oid, rows[i].oid_len)))
			return read_known(i, seen, value, out, diag);
	if (critical && out->critical.len == 0)
		out->critical = oid;
	return RC_OK;
}

enum rc extensions_parse(struct span in, struct extensions *out, struct diag *diag)
{
	unsigned seen = 0;
	struct span list;
	*out = (struct extensions){ .path_length = -1 };
	if (der_only(in, ASN1_SEQUENCE, &list) != RC_OK || list.len == 0)
		return diag_fail(diag, RC_SYNTAX, "its extensions are no list");
	while (list.len > 0) {
		struct diag why = { "" };
		if (read_one(&list, &seen, out, &why) != RC_OK)
			return diag_fail(diag, RC_SYNTAX, "%s",
					 why.text[0] != '\0' ? why.text : "an extension is broken");
	}
	return RC_OK;
}
