/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as values. NSS has a parser too, but every certificate it reads goes into one store
 * of the process, keyed by issuer and serial number: a peer could put one there that is found in
 * place of another's. So the bytes are read here, and NSS is asked for keys and signatures only. */
#include <stdio.h>
#include <string.h>
#include "crypto/crypto.h"
#include "x509/private.h"

#define SERIAL_MAX   64	  /* bytes; RFC 5280 has 20 */
#define NAME_MAX_DER 4096 /* bytes of a subject or issuer */

/* ---- parsing ---- */

static enum rc read_version(struct span *in, int32_t *version)
{
	struct span explicit;
	*version = 0;
	if (!der_is_next(in, ASN1_CONTEXT_WITH(0)))
		return RC_OK;
	TRY(der_take(in, ASN1_CONTEXT_WITH(0), &explicit));
	TRY(asn1_small(&explicit, version));
	return explicit.len == 0 && *version <= 2 ? RC_OK : RC_SYNTAX;
}

static enum rc read_validity(struct span *in, struct certificate *out)
{
	struct span validity;
	TRY(der_take(in, ASN1_SEQUENCE, &validity));
	TRY(asn1_time(&validity, &out->not_before));
	TRY(asn1_time(&validity, &out->not_after));
	return validity.len == 0 ? RC_OK : RC_SYNTAX;
}

/* issuerUniqueID and subjectUniqueID: nobody uses them. */
static enum rc skip_unique_ids(struct span *in)
{
	struct span id;
	if (der_is_next(in, ASN1_CONTEXT(1)))
		TRY(der_take(in, ASN1_CONTEXT(1), &id));
	if (der_is_next(in, ASN1_CONTEXT(2)))
		TRY(der_take(in, ASN1_CONTEXT(2), &id));
	return RC_OK;
}

static enum rc read_extensions(struct span *in, int32_t version, struct certificate *out,
			       struct diag *diag)
{
	struct span explicit;
	out->extensions = (struct extensions){ .path_length = -1 };
	if (version > 0 && skip_unique_ids(in) != RC_OK)
		return diag_fail(diag, RC_SYNTAX, "its unique identifiers are broken");
	if (in->len == 0)
		return RC_OK;
	if (version != 2 || der_only(*in, ASN1_CONTEXT_WITH(3), &explicit) != RC_OK)
		return diag_fail(diag, RC_SYNTAX, "what follows its public key is not readable");
	return extensions_parse(explicit, &out->extensions, diag);
}

static enum rc bad(struct diag *diag, const char *what)
{
	return diag_fail(diag, RC_SYNTAX, "its %s is not readable", what);
}

/* RFC 5280 §4.1: TBSCertificate */
static enum rc read_tbs(struct span in, struct certificate *out, struct diag *diag)
{
	struct span scheme;
	int32_t version = 0;
	if (read_version(&in, &version) != RC_OK)
		return bad(diag, "version");
	if (der_take(&in, ASN1_INTEGER, &out->serial) != RC_OK || out->serial.len == 0 ||
	    out->serial.len > SERIAL_MAX)
		return bad(diag, "serial number");
	if (der_whole(&in, ASN1_SEQUENCE, &scheme) != RC_OK || !span_equal(scheme, out->scheme))
		return diag_fail(diag, RC_SYNTAX,
				 "its signature algorithm is written twice and differently");
	if (asn1_name(&in, &out->issuer) != RC_OK || out->issuer.len > NAME_MAX_DER)
		return bad(diag, "issuer");
	if (read_validity(&in, out) != RC_OK)
		return bad(diag, "validity");
	if (asn1_name(&in, &out->subject) != RC_OK || out->subject.len > NAME_MAX_DER)
		return bad(diag, "subject");
	if (der_whole(&in, ASN1_SEQUENCE, &out->spki) != RC_OK)
		return bad(diag, "public key");
	return read_extensions(&in, version, out, diag);
}

static enum rc read_certificate(struct certificate *out, struct diag *diag)
{
	struct span in, tbs;
	if (der_only(out->der, ASN1_SEQUENCE, &in) != RC_OK)
		return diag_fail(diag, RC_SYNTAX, "these %zu bytes are not one DER certificate",
				 out->der.len);
	if (der_whole(&in, ASN1_SEQUENCE, &out->tbs) != RC_OK ||
	    der_only(out->tbs, ASN1_SEQUENCE, &tbs) != RC_OK ||
	    der_whole(&in, ASN1_SEQUENCE, &out->scheme) != RC_OK ||
	    der_bits(&in, &out->signature) != RC_OK || in.len != 0)
		return diag_fail(diag, RC_SYNTAX, "the outer form of the certificate is broken");
	return read_tbs(tbs, out, diag);
}

enum rc certificate_parse(struct span der, struct certificate **out, struct diag *diag)
{
	struct certificate *certificate;
	enum rc rc;

	*out = NULL;
	if (der.len > CERTIFICATE_SIZE_MAX)
		return diag_fail(diag, RC_SYNTAX, "a certificate of %zu bytes; at most %d are read",
				 der.len, CERTIFICATE_SIZE_MAX);
	certificate = mem_alloc(sizeof(*certificate) + der.len);
	if (certificate == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	if (der.len > 0)
		memcpy(certificate->bytes, der.ptr, der.len);
	certificate->der = span_make(certificate->bytes, der.len);
	atomic_init(&certificate->refs, 1);
	rc = read_certificate(certificate, diag);
	if (rc == RC_OK)
		*out = certificate;
	else
		mem_free(certificate);
	return rc;
}

struct certificate *certificate_ref(struct certificate *certificate)
{
	atomic_fetch_add(&certificate->refs, 1);
	return certificate;
}

void certificate_unref(struct certificate *certificate)
{
	if (certificate == NULL || atomic_fetch_sub(&certificate->refs, 1) > 1)
		return;
	public_key_unref(atomic_load(&certificate->key));
	mem_free(certificate);
}

/* ---- its fields ---- */

struct span certificate_der(const struct certificate *certificate)
{
	return certificate->der;
}

struct span certificate_subject(const struct certificate *certificate)
{
	return certificate->subject;
}

struct span certificate_serial(const struct certificate *certificate)
{
	return certificate->serial;
}

int64_t certificate_not_before(const struct certificate *certificate)
{
	return certificate->not_before;
}

int64_t certificate_not_after(const struct certificate *certificate)
{
	return certificate->not_after;
}

bool certificate_is_ca(const struct certificate *certificate)
{
	return certificate->extensions.ca;
}

bool certificate_self_issued(const struct certificate *certificate)
{
	return x509_name_equal(certificate->subject, certificate->issuer);
}

static void hash_or_zero(enum rc rc, uint8_t *out, size_t len)
{
	if (rc != RC_OK)
		memset(out, 0, len);
}

void certificate_fingerprint(const struct certificate *certificate, uint8_t out[32])
{
	hash_or_zero(hash_sha256(&certificate->der, 1, out), out, 32);
}

void certificate_ca_hash(const struct certificate *certificate, uint8_t out[20])
{
	hash_or_zero(hash_sha1(&certificate->spki, 1, out), out, 20);
}

enum rc certificate_key(const struct certificate *certificate, struct public_key **out,
			struct diag *diag)
{
	struct certificate *own = (struct certificate *)certificate; /* its key is a cache */
	struct public_key *key = atomic_load(&own->key), *none = NULL;

	if (key == NULL) {
		TRY(public_key_from_spki(certificate->spki, &key, diag));
		if (!atomic_compare_exchange_strong(&own->key, &none, key)) {
			public_key_unref(key);
			key = none; /* another thread was first */
		}
	}
	*out = public_key_ref(key);
	return RC_OK;
}
