/* SPDX-License-Identifier: Apache-2.0 */
/* NSS speaks OCSP too, but with the process's one store of certificates behind it (it puts a
 * responder's certificates there, and checks them against everything that is trusted anywhere). */
#include "x509/ocsp.h"
#include <string.h>
#include "crypto/crypto.h"
#include "x509/path.h"

#define RESPONSES_MAX	 16
#define CERTIFICATES_MAX 4

static const uint8_t sha1_algorithm[] = { 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0 };
static const uint8_t sha1_bare[] = { 0x30, 7, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a };

/* ---- CertID ---- */

struct issuer_hashes {
	uint8_t name[20], key[20];
};

/* Of the bits of the issuer's key, without the header of its SubjectPublicKeyInfo. */
static enum rc key_hash(const struct certificate *issuer, uint8_t out[20])
{
	struct span in, bits;
	TRY(der_only(issuer->spki, ASN1_SEQUENCE, &in));
	TRY(der_take(&in, ASN1_SEQUENCE, NULL));
	TRY(der_bits(&in, &bits));
	return hash_sha1(&bits, 1, out);
}

static enum rc hash_issuer(const struct certificate *issuer, struct issuer_hashes *out)
{
	TRY(hash_sha1(&issuer->subject, 1, out->name));
	return key_hash(issuer, out->key);
}

enum rc ocsp_request(struct span serial, const struct certificate *issuer,
		     uint8_t buffer[OCSP_REQUEST_MAX], size_t *len)
{
	struct issuer_hashes hashes;
	struct sink sink;
	size_t at[5];

	TRY(hash_issuer(issuer, &hashes));
	sink_init(&sink, buffer, OCSP_REQUEST_MAX);
	for (unsigned i = 0; i < 5; i++) /* OCSPRequest, TBSRequest, its list, Request, CertID */
		at[i] = der_begin(&sink, ASN1_SEQUENCE);
	sink_span(&sink, SPAN_OF(sha1_algorithm));
	der_put(&sink, ASN1_OCTET_STRING, SPAN_OF(hashes.name));
	der_put(&sink, ASN1_OCTET_STRING, SPAN_OF(hashes.key));
	der_put(&sink, ASN1_INTEGER, serial);
	for (unsigned i = 5; i-- > 0;)
		der_end(&sink, at[i]);
	*len = sink.len;
	return sink_rc(&sink);
}

static bool same_id(struct span id, struct span wanted, const struct issuer_hashes *hashes)
{
	struct span algorithm, name, key, serial;
	if (der_whole(&id, ASN1_SEQUENCE, &algorithm) != RC_OK ||
	    der_take(&id, ASN1_OCTET_STRING, &name) != RC_OK ||
	    der_take(&id, ASN1_OCTET_STRING, &key) != RC_OK ||
	    der_take(&id, ASN1_INTEGER, &serial) != RC_OK || id.len != 0)
		return false;
	return (span_equal(algorithm, SPAN_OF(sha1_algorithm)) ||
		span_equal(algorithm, SPAN_OF(sha1_bare))) &&
	       span_equal(name, SPAN_OF(hashes->name)) && span_equal(key, SPAN_OF(hashes->key)) &&
	       span_equal(serial, wanted);
}

/* ---- one response ---- */

static enum rc read_status(struct span *in, struct ocsp_answer *out)
{
	struct span body, reason, choice;
	uint8_t tag;

	TRY(der_next(in, &tag, &body));
	out->revoked = (struct revoked){ .reason = -1 };
	if (tag == ASN1_CONTEXT(0)) {
		out->status = OCSP_GOOD;
		return body.len == 0 ? RC_OK : RC_SYNTAX;
	}
	if (tag == ASN1_CONTEXT(2)) {
		out->status = OCSP_UNKNOWN;
		return RC_OK;
	}
	if (tag != ASN1_CONTEXT_WITH(1))
		return RC_SYNTAX;
	out->status = OCSP_REVOKED;
	TRY(asn1_time(&body, &out->revoked.when));
	if (body.len == 0)
		return RC_OK;
	TRY(der_only(body, ASN1_CONTEXT_WITH(0), &choice));
	TRY(der_only(choice, ASN1_ENUMERATED, &reason));
	out->revoked.reason = reason.len == 1 ? reason.ptr[0] : -1;
	return RC_OK;
}

static enum rc read_times(struct span *in, struct ocsp_answer *out)
{
	struct span explicit;
	TRY(asn1_time(in, &out->this_update));
	out->next_update = out->this_update + OCSP_AGE_MAX;
	if (!der_is_next(in, ASN1_CONTEXT_WITH(0)))
		return RC_OK;
	TRY(der_take(in, ASN1_CONTEXT_WITH(0), &explicit));
	return asn1_time(&explicit, &out->next_update);
}

/* RC_NOT_FOUND: about another certificate. */
static enum rc read_single(struct span in, struct span serial, const struct issuer_hashes *hashes,
			   struct ocsp_answer *out)
{
	struct span id, list;
	TRY(der_take(&in, ASN1_SEQUENCE, &id));
	if (!same_id(id, serial, hashes))
		return RC_NOT_FOUND;
	TRY(read_status(&in, out));
	TRY(read_times(&in, out));
	if (in.len == 0)
		return RC_OK;
	TRY(der_only(in, ASN1_CONTEXT_WITH(1), &list));
	return RC_OK;
}

static enum rc find_single(struct span list, struct span serial, const struct certificate *issuer,
			   struct ocsp_answer *out)
{
	struct issuer_hashes hashes;
	struct span single;
	enum rc rc = RC_NOT_FOUND;

	TRY(hash_issuer(issuer, &hashes));
	for (unsigned i = 0; i < RESPONSES_MAX && list.len > 0 && rc == RC_NOT_FOUND; i++) {
		TRY(der_take(&list, ASN1_SEQUENCE, &single));
		rc = read_single(single, serial, &hashes, out);
	}
	return rc;
}

/* ---- who signed it ---- */

struct basic {
	struct span tbs, scheme, signature, certificates, responses;
};

static enum rc read_basic(struct span der, struct basic *out)
{
	struct span in, tbs, responder;
	uint8_t tag;
	TRY(der_only(der, ASN1_SEQUENCE, &in));
	TRY(der_whole(&in, ASN1_SEQUENCE, &out->tbs));
	TRY(der_whole(&in, ASN1_SEQUENCE, &out->scheme));
	TRY(der_bits(&in, &out->signature));
	out->certificates = SPAN_NONE;
	if (in.len > 0) {
		TRY(der_only(in, ASN1_CONTEXT_WITH(0), &out->certificates));
		TRY(der_only(out->certificates, ASN1_SEQUENCE, &out->certificates));
	}
	TRY(der_only(out->tbs, ASN1_SEQUENCE, &tbs));
	if (der_is_next(&tbs, ASN1_CONTEXT_WITH(0)))
		TRY(der_take(&tbs, ASN1_CONTEXT_WITH(0), NULL));
	TRY(der_next(&tbs, &tag, &responder));
	TRY(der_take(&tbs, ASN1_TIME, NULL)); /* producedAt */
	TRY(der_take(&tbs, ASN1_SEQUENCE, &out->responses));
	return tag == ASN1_CONTEXT_WITH(1) || tag == ASN1_CONTEXT_WITH(2) ? RC_OK : RC_SYNTAX;
}

static enum rc signed_with(const struct basic *basic, const struct certificate *signer,
			   unsigned worker, struct diag *diag)
{
	struct public_key *key = NULL;
	enum rc rc = certificate_key(signer, &key, diag);
	if (rc == RC_OK)
		rc = path_signature(key, basic->scheme, basic->tbs, basic->signature, worker, diag);
	public_key_unref(key);
	return rc;
}

/* RFC 6960 §4.2.2.2: made by the same CA for this purpose. */
static enum rc is_delegate(const struct certificate *candidate, const struct certificate *issuer,
			   int64_t now, unsigned worker, struct diag *diag)
{
	if (!x509_name_equal(candidate->issuer, issuer->subject))
		return diag_fail(diag, RC_AUTH_FAILED,
				 "the responder's certificate is of another issuer");
	if (!candidate->extensions.has_purposes ||
	    (candidate->extensions.purposes & PURPOSE_OCSP_SIGNING) == 0)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "the responder's certificate is not for signing OCSP answers "
				 "(extended key usage OCSPSigning)");
	if (candidate->extensions.critical.len != 0)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "the responder's certificate has a critical extension that is not "
				 "understood here");
	TRY(path_check_dates(candidate, now, diag));
	return path_signed_by(candidate, issuer, worker, diag);
}

static enum rc signed_by_delegate(const struct basic *basic, const struct certificate *issuer,
				  int64_t now, unsigned worker, struct diag *diag)
{
	struct span list = basic->certificates, der;
	enum rc rc = RC_AUTH_FAILED;
	for (unsigned i = 0; i < CERTIFICATES_MAX && list.len > 0 && rc != RC_OK; i++) {
		struct certificate *candidate = NULL;
		TRY(der_whole(&list, ASN1_SEQUENCE, &der));
		rc = certificate_parse(der, &candidate, diag);
		if (rc == RC_OK)
			rc = is_delegate(candidate, issuer, now, worker, diag);
		if (rc == RC_OK)
			rc = signed_with(basic, candidate, worker, diag);
		certificate_unref(candidate);
	}
	return rc;
}

/* ocsp-trustname=: the operator's word instead of the issuer's. */
static bool signed_by_trusted(const struct basic *basic, const struct certificate *trusted,
			      int64_t now, unsigned worker)
{
	struct diag why = { "" };
	return trusted != NULL && path_check_dates(trusted, now, &why) == RC_OK &&
	       signed_with(basic, trusted, worker, &why) == RC_OK;
}

static enum rc check_signature(const struct basic *basic, const struct certificate *issuer,
			       const struct certificate *trusted, int64_t now, unsigned worker,
			       struct diag *diag)
{
	struct diag why = { "" };
	if (signed_by_trusted(basic, trusted, now, worker) ||
	    signed_with(basic, issuer, worker, &why) == RC_OK ||
	    signed_by_delegate(basic, issuer, now, worker, &why) == RC_OK)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED,
			 "the answer is signed neither by the issuer nor by its delegate: %.200s",
			 why.text);
}

/* ---- the whole ---- */

static enum rc check_times(const struct ocsp_answer *answer, int64_t now, struct diag *diag)
{
	char text[ASN1_TIME_TEXT_MAX];
	if (answer->this_update > now + OCSP_SKEW)
		return diag_fail(diag, RC_AUTH_FAILED, "the answer is from the future: %s",
				 asn1_time_text(answer->this_update, text));
	if (answer->next_update < now)
		return diag_fail(diag, RC_AUTH_FAILED, "the answer was good until %s only",
				 asn1_time_text(answer->next_update, text));
	return RC_OK;
}

static enum rc failed_status(uint8_t status, struct diag *diag)
{
	static const char *const texts[] = { "successful",     "malformed request",
					     "internal error", "try later",
					     "status 4",       "request not signed",
					     "unauthorized" };
	return diag_fail(diag, RC_TEMPORARY_FAILURE, "the responder says: %s",
			 status < 7 ? texts[status] : "an unknown error");
}

/* OCSPResponse; *basic is the DER of a BasicOCSPResponse. */
static enum rc open_response(struct span der, struct span *basic, struct diag *diag)
{
	static const uint8_t oid_basic[] = { 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1 };
	struct span in, status, bytes, oid;
	TRY(der_only(der, ASN1_SEQUENCE, &in));
	TRY(der_take(&in, ASN1_ENUMERATED, &status));
	if (status.len != 1)
		return RC_SYNTAX;
	if (status.ptr[0] != 0)
		return failed_status(status.ptr[0], diag);
	TRY(der_only(in, ASN1_CONTEXT_WITH(0), &bytes));
	TRY(der_only(bytes, ASN1_SEQUENCE, &bytes));
	TRY(der_take(&bytes, ASN1_OID, &oid));
	if (!span_equal(oid, SPAN_OF(oid_basic)))
		return RC_SYNTAX;
	return der_only(bytes, ASN1_OCTET_STRING, basic);
}

enum rc ocsp_read(struct span der, struct span serial, const struct certificate *issuer,
		  const struct certificate *trusted, int64_t now, unsigned worker,
		  struct ocsp_answer *out, struct diag *diag)
{
	struct basic basic;
	struct span bytes;
	enum rc rc;

	if (der.len > OCSP_ANSWER_MAX)
		return diag_fail(diag, RC_SYNTAX, "an OCSP answer of %zu bytes", der.len);
	rc = open_response(der, &bytes, diag);
	if (rc == RC_TEMPORARY_FAILURE)
		return rc;
	if (rc == RC_OK)
		rc = read_basic(bytes, &basic);
	if (rc != RC_OK)
		return diag_fail(diag, RC_SYNTAX, "it is not an OCSP answer");
	TRY(check_signature(&basic, issuer, trusted, now, worker, diag));
	rc = find_single(basic.responses, serial, issuer, out);
	if (rc == RC_NOT_FOUND)
		return diag_fail(diag, rc, "the OCSP answer is about other certificates");
	if (rc != RC_OK)
		return diag_fail(diag, RC_SYNTAX, "the OCSP answer's content is broken");
	return check_times(out, now, diag);
}
