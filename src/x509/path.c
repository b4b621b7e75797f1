/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of one certificate, and of one signature. */
#include "x509/path.h"
#include <stdio.h>
#include <string.h>

const char *path_text(const struct certificate *certificate, char buffer[PATH_TEXT_MAX])
{
	char subject[IDENTITY_TEXT_MAX], issuer[IDENTITY_TEXT_MAX], serial[64];
	x509_name_text(certificate->subject, subject);
	x509_name_text(certificate->issuer, issuer);
	x509_serial_text(certificate->serial, serial);
	snprintf(buffer, PATH_TEXT_MAX, "\"%.70s\" (serial %.47s, issued by \"%.50s\")", subject,
		 serial, issuer);
	return buffer;
}

/* ---- signatures ---- */

/* 1.2.840.113549.1.1.{2,3,4}: RSA with MD2, MD4, MD5 */
static bool is_md(struct span scheme)
{
	static const uint8_t pkcs1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1 };
	struct span in, oid;
	if (der_only(scheme, ASN1_SEQUENCE, &in) != RC_OK ||
	    der_take(&in, ASN1_OID, &oid) != RC_OK || oid.len != sizeof(pkcs1) + 1)
		return false;
	return span_equal(span_make(oid.ptr, sizeof(pkcs1)), SPAN_OF(pkcs1)) && oid.ptr[8] >= 2 &&
	       oid.ptr[8] <= 4;
}

enum rc path_signature(const struct public_key *key, struct span scheme, struct span bytes,
		       struct span signature, unsigned worker, struct diag *diag)
{
	struct sign_scheme parsed;
	if (is_md(scheme))
		return diag_fail(diag, RC_UNSUPPORTED, "signed with MD5 or older, which is broken");
	TRY(sign_scheme_parse(scheme, &parsed, diag));
	if (parsed.hash == SIGN_SHA1)
		return diag_fail(diag, RC_UNSUPPORTED, "signed with SHA-1, which is broken");
	return signature_verify(key, &parsed, SIGNATURE_DER, &bytes, 1, signature, worker, diag);
}

enum rc path_signed_by(const struct certificate *child, const struct certificate *issuer,
		       unsigned worker, struct diag *diag)
{
	char text[PATH_TEXT_MAX], name[IDENTITY_TEXT_MAX];
	struct public_key *key = NULL;
	struct diag why = { "" };
	enum rc rc = certificate_key(issuer, &key, &why);

	if (rc != RC_OK)
		return diag_fail(diag, rc, "the key of the CA \"%.70s\" is not usable: %.150s",
				 x509_name_text(issuer->subject, name), why.text);
	rc = path_signature(key, child->scheme, child->tbs, child->signature, worker, &why);
	public_key_unref(key);
	if (rc == RC_AUTH_FAILED)
		return diag_fail(diag, rc, "the signature of %s is not made by that CA's key",
				 path_text(child, text));
	if (rc != RC_OK)
		return diag_fail(diag, rc, "%s: %.110s", path_text(child, text), why.text);
	return RC_OK;
}

/* ---- one certificate ---- */

enum rc path_check_dates(const struct certificate *certificate, int64_t now, struct diag *diag)
{
	char text[PATH_TEXT_MAX], when[ASN1_TIME_TEXT_MAX], today[ASN1_TIME_TEXT_MAX];
	asn1_time_text(now, today);
	if (now > certificate->not_after)
		return diag_fail(diag, RC_AUTH_FAILED, "%s expired at %s (it is %s)",
				 path_text(certificate, text),
				 asn1_time_text(certificate->not_after, when), today);
	if (now < certificate->not_before)
		return diag_fail(diag, RC_AUTH_FAILED, "%s is not valid before %s (it is %s)",
				 path_text(certificate, text),
				 asn1_time_text(certificate->not_before, when), today);
	return RC_OK;
}

static enum rc refuse(const struct certificate *certificate, struct diag *diag, const char *why)
{
	char text[PATH_TEXT_MAX];
	return diag_fail(diag, RC_AUTH_FAILED, "%s %s", path_text(certificate, text), why);
}

/* RFC 5280 §4.2: what is critical and not understood makes the certificate useless. */
static enum rc check_critical(const struct certificate *certificate, struct diag *diag)
{
	char text[PATH_TEXT_MAX], oid[DER_OID_TEXT_MAX];
	if (certificate->extensions.critical.len == 0)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED,
			 "%s has the critical extension %s, which is not understood here",
			 path_text(certificate, text),
			 der_oid_text(certificate->extensions.critical, oid));
}

static enum rc check_purposes(const struct certificate *certificate, struct diag *diag)
{
	const struct extensions *extensions = &certificate->extensions;
	if (!extensions->has_purposes ||
	    (extensions->purposes & (PURPOSE_ANY | PURPOSE_IPSEC)) != 0)
		return RC_OK;
	return refuse(certificate, diag,
		      "may not be used for IPsec: its extended key usage has none of ipsecIKE, "
		      "serverAuth, clientAuth, any");
}

enum rc path_check_leaf(const struct certificate *certificate, struct diag *diag)
{
	const struct extensions *extensions = &certificate->extensions;
	struct public_key *key = NULL;
	struct diag why = { "" };
	char text[PATH_TEXT_MAX];
	enum rc rc;

	TRY(check_critical(certificate, diag));
	if (extensions->has_key_usage &&
	    (extensions->key_usage &
	     (KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_CONTENT_COMMITMENT)) == 0)
		return refuse(certificate, diag,
			      "may not sign: its key usage has no digitalSignature");
	TRY(check_purposes(certificate, diag));
	rc = certificate_key(certificate, &key, &why);
	public_key_unref(key);
	if (rc == RC_OK)
		return RC_OK;
	return diag_fail(diag, rc == RC_NO_MEMORY ? rc : RC_AUTH_FAILED,
			 "the key of %s is not usable: %.100s", path_text(certificate, text),
			 why.text);
}

enum rc path_check_issuer(const struct certificate *certificate, bool anchor, struct diag *diag)
{
	const struct extensions *extensions = &certificate->extensions;

	TRY(check_critical(certificate, diag));
	if (extensions->basic ? !extensions->ca : !anchor)
		return refuse(certificate, diag,
			      "is no CA (basic constraints), but signed another certificate");
	if (extensions->has_key_usage && (extensions->key_usage & KEY_USAGE_CERT_SIGN) == 0)
		return refuse(certificate, diag,
			      "may not sign certificates: its key usage has no keyCertSign");
	return anchor ? RC_OK : check_purposes(certificate, diag);
}
