/* SPDX-License-Identifier: Apache-2.0 */
/* Signature schemes and their AlgorithmIdentifiers (RFC 7427 appendix A, RFC 4055, RFC 5758,
 * RFC 8410). */
#include "base/der.h"
#include "crypto/sign_private.h"

/* clang-format off */
static const uint8_t oid_sha1[] = {
	0x2b, 0x0e, 0x03, 0x02, 0x1a,
};
static const uint8_t oid_sha256[] = {
	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
};
static const uint8_t oid_sha384[] = {
	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
};
static const uint8_t oid_sha512[] = {
	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
};
static const uint8_t oid_pss[] = {
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a,
};
static const uint8_t oid_mgf1[] = {
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08,
};
static const uint8_t rsa_sha1[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
	0x05, 0x05, 0x00,
};
static const uint8_t rsa_sha256[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
	0x0b, 0x05, 0x00,
};
static const uint8_t rsa_sha384[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
	0x0c, 0x05, 0x00,
};
static const uint8_t rsa_sha512[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
	0x0d, 0x05, 0x00,
};
static const uint8_t pss_sha1[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
	0x0a, 0x30, 0x00,
};
static const uint8_t pss_sha256[] = {
	0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
	0x0a, 0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
	0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a,
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30,
	0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
	0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x20,
};
static const uint8_t pss_sha384[] = {
	0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
	0x0a, 0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
	0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a,
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30,
	0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
	0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x30,
};
static const uint8_t pss_sha512[] = {
	0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
	0x0a, 0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
	0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a,
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30,
	0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
	0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x40,
};
static const uint8_t ecdsa_sha1[] = {
	0x30, 0x09, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01,
};
static const uint8_t ecdsa_sha256[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
};
static const uint8_t ecdsa_sha384[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03,
};
static const uint8_t ecdsa_sha512[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04,
};
static const uint8_t ed25519[] = {
	0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70,
};
/* clang-format on */

struct scheme_row {
	enum sign_form form;
	enum sign_hash hash;
	const char *text;
	struct span der;
};
static const struct scheme_row rows[] = {
	{ SIGN_RSA_PKCS1, SIGN_SHA1, "RSA with SHA1", SPAN_OF(rsa_sha1) },
	{ SIGN_RSA_PKCS1, SIGN_SHA2_256, "RSA with SHA2-256", SPAN_OF(rsa_sha256) },
	{ SIGN_RSA_PKCS1, SIGN_SHA2_384, "RSA with SHA2-384", SPAN_OF(rsa_sha384) },
	{ SIGN_RSA_PKCS1, SIGN_SHA2_512, "RSA with SHA2-512", SPAN_OF(rsa_sha512) },
	{ SIGN_RSA_PSS, SIGN_SHA1, "RSA-PSS with SHA1", SPAN_OF(pss_sha1) },
	{ SIGN_RSA_PSS, SIGN_SHA2_256, "RSA-PSS with SHA2-256", SPAN_OF(pss_sha256) },
	{ SIGN_RSA_PSS, SIGN_SHA2_384, "RSA-PSS with SHA2-384", SPAN_OF(pss_sha384) },
	{ SIGN_RSA_PSS, SIGN_SHA2_512, "RSA-PSS with SHA2-512", SPAN_OF(pss_sha512) },
	{ SIGN_ECDSA, SIGN_SHA1, "ECDSA with SHA1", SPAN_OF(ecdsa_sha1) },
	{ SIGN_ECDSA, SIGN_SHA2_256, "ECDSA with SHA2-256", SPAN_OF(ecdsa_sha256) },
	{ SIGN_ECDSA, SIGN_SHA2_384, "ECDSA with SHA2-384", SPAN_OF(ecdsa_sha384) },
	{ SIGN_ECDSA, SIGN_SHA2_512, "ECDSA with SHA2-512", SPAN_OF(ecdsa_sha512) },
	{ SIGN_ED25519, SIGN_IDENTITY, "Ed25519", SPAN_OF(ed25519) },
	{ SIGN_RSA_PKCS1, SIGN_RAW, "RSA as IKEv1 has it", { NULL, 0 } }, /* no name in ASN.1 */
	{ SIGN_ECDSA, SIGN_RAW, "ECDSA as IKEv1 has it", { NULL, 0 } },
};
#define ROWS (sizeof rows / sizeof *rows)

static const struct {
	enum sign_hash hash;
	struct span oid;
	const struct hash_alg *alg;
} hashes[] = {
	{ SIGN_SHA1, SPAN_OF(oid_sha1), &hash_alg_sha1 },
	{ SIGN_SHA2_256, SPAN_OF(oid_sha256), &hash_alg_sha256 },
	{ SIGN_SHA2_384, SPAN_OF(oid_sha384), &hash_alg_sha384 },
	{ SIGN_SHA2_512, SPAN_OF(oid_sha512), &hash_alg_sha512 },
};
#define HASHES (sizeof hashes / sizeof *hashes)

const struct hash_alg *sign_hash_alg(enum sign_hash hash)
{
	for (size_t i = 0; i < HASHES; i++)
		if (hashes[i].hash == hash)
			return hashes[i].alg;
	return NULL;
}

static const struct scheme_row *row_of(const struct sign_scheme *scheme)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].form == scheme->form && rows[i].hash == scheme->hash)
			return &rows[i];
	return NULL;
}

const char *sign_scheme_text(const struct sign_scheme *scheme)
{
	const struct scheme_row *row = row_of(scheme);
	return row != NULL ? row->text : "an unknown signature scheme";
}

struct span sign_scheme_der(const struct sign_scheme *scheme)
{
	const struct scheme_row *row = row_of(scheme);
	return row != NULL ? row->der : SPAN_NONE;
}

bool sign_scheme_fits(const struct sign_scheme *scheme, enum key_kind kind)
{
	if (row_of(scheme) == NULL)
		return false;
	switch (scheme->form) {
	case SIGN_RSA_PKCS1:
	case SIGN_RSA_PSS:
		return kind == KEY_RSA;
	case SIGN_ECDSA:
		return curve_of(kind) != NULL;
	case SIGN_ED25519:
		return kind == KEY_ED25519;
	}
	return false;
}

/* The parameters of a hash are NULL or absent (RFC 4055 §2.1). */
static enum rc read_hash(struct span *in, enum sign_hash *out)
{
	struct span algorithm, oid, null = SPAN_NONE;
	TRY(der_take(in, ASN1_SEQUENCE, &algorithm));
	TRY(der_take(&algorithm, ASN1_OID, &oid));
	if (algorithm.len != 0)
		TRY(der_only(algorithm, ASN1_NULL, &null));
	if (null.len != 0)
		return RC_SYNTAX;
	for (size_t i = 0; i < HASHES; i++)
		if (span_equal(hashes[i].oid, oid)) {
			*out = hashes[i].hash;
			return RC_OK;
		}
	return RC_UNSUPPORTED;
}

/* [n] EXPLICIT, which may be absent. */
static enum rc optional(struct span *in, uint8_t n, struct span *out)
{
	*out = SPAN_NONE;
	return der_is_next(in, ASN1_CONTEXT_WITH(n)) ? der_take(in, ASN1_CONTEXT_WITH(n), out)
						     : RC_OK;
}

static enum rc read_mgf(struct span in, enum sign_hash *out)
{
	struct span algorithm, oid;
	TRY(der_only(in, ASN1_SEQUENCE, &algorithm));
	TRY(der_take(&algorithm, ASN1_OID, &oid));
	if (!span_equal(oid, SPAN_OF(oid_mgf1)))
		return RC_UNSUPPORTED;
	TRY(read_hash(&algorithm, out));
	return span_end(&algorithm);
}

static enum rc read_number(struct span in, uint32_t *number)
{
	TRY(der_small(&in, number));
	return span_end(&in);
}

/* RFC 4055 §3.1; absent: SHA-1, MGF1 with SHA-1, 20, 1. */
static enum rc read_pss(struct span in, struct sign_scheme *out)
{
	struct span body, hash, mgf, salt, trailer;
	enum sign_hash mgf_hash = SIGN_SHA1;
	uint32_t salt_len = 20, trailer_field = 1;
	*out = (struct sign_scheme){ SIGN_RSA_PSS, SIGN_SHA1, 0 };
	TRY(der_only(in, ASN1_SEQUENCE, &body));
	TRY(optional(&body, 0, &hash));
	TRY(optional(&body, 1, &mgf));
	TRY(optional(&body, 2, &salt));
	TRY(optional(&body, 3, &trailer));
	TRY(span_end(&body));
	if (hash.ptr != NULL) {
		TRY(read_hash(&hash, &out->hash));
		TRY(span_end(&hash));
	}
	if (mgf.ptr != NULL)
		TRY(read_mgf(mgf, &mgf_hash));
	if (salt.ptr != NULL)
		TRY(read_number(salt, &salt_len));
	if (trailer.ptr != NULL)
		TRY(read_number(trailer, &trailer_field));
	if (mgf_hash != out->hash || trailer_field != 1 || salt_len == 0 ||
	    salt_len > SIGNATURE_MAX)
		return RC_UNSUPPORTED;
	out->salt = salt_len == sign_hash_alg(out->hash)->len ? 0 : (uint16_t)salt_len;
	return RC_OK;
}

/* RSA: NULL or nothing; the others: nothing (RFC 5758 §3.2, RFC 8410 §3). */
static enum rc read_plain(struct span oid, struct span parameters, struct sign_scheme *out)
{
	struct span body, known, null = SPAN_NONE;
	for (size_t i = 0; i < ROWS && rows[i].der.ptr != NULL; i++) {
		TRY(der_only(rows[i].der, ASN1_SEQUENCE, &body));
		TRY(der_take(&body, ASN1_OID, &known));
		if (rows[i].form == SIGN_RSA_PSS || !span_equal(known, oid))
			continue;
		*out = (struct sign_scheme){ rows[i].form, rows[i].hash, 0 };
		if (rows[i].form == SIGN_RSA_PKCS1 && parameters.len != 0)
			TRY(der_only(parameters, ASN1_NULL, &null));
		else
			TRY(span_end(&parameters));
		return null.len == 0 ? RC_OK : RC_SYNTAX;
	}
	return RC_UNSUPPORTED;
}

enum rc sign_scheme_parse(struct span der, struct sign_scheme *out, struct diag *diag)
{
	struct span body, oid;
	struct sign_scheme scheme;
	char text[DER_OID_TEXT_MAX];
	if (der_only(der, ASN1_SEQUENCE, &body) != RC_OK ||
	    der_take(&body, ASN1_OID, &oid) != RC_OK)
		return diag_fail(diag, RC_SYNTAX,
				 "the signature's algorithm is no AlgorithmIdentifier in DER");
	bool pss = span_equal(oid, SPAN_OF(oid_pss));
	enum rc rc = pss ? read_pss(body, &scheme) : read_plain(oid, body, &scheme);
	if (rc == RC_UNSUPPORTED)
		return diag_fail(
			diag, rc, "the signature's algorithm is %s%s, which is not supported",
			der_oid_text(oid, text), pss ? " (RSA-PSS) with unusual parameters" : "");
	if (rc != RC_OK)
		return diag_fail(diag, RC_SYNTAX,
				 "the signature's algorithm is %s with wrong parameters",
				 der_oid_text(oid, text));
	*out = scheme;
	return RC_OK;
}
