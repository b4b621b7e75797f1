/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/crl.h"
#include <stdlib.h>
#include <string.h>
#include "x509/path.h"

/* OIDs, DER content octets */
static const uint8_t oid_reason[] = { 0x55, 0x1d, 0x15 }, oid_invalidity[] = { 0x55, 0x1d, 0x18 };
static const uint8_t oid_entry_issuer[] = { 0x55, 0x1d, 0x1d };
static const uint8_t oid_number[] = { 0x55, 0x1d, 0x14 }, oid_delta[] = { 0x55, 0x1d, 0x1b };
static const uint8_t oid_point[] = { 0x55, 0x1d, 0x1c }, oid_key[] = { 0x55, 0x1d, 0x23 };

struct extension {
	struct span oid, value;
	bool critical;
};

static enum rc take_extension(struct span *in, struct extension *out)
{
	struct span body;
	TRY(der_take(in, ASN1_SEQUENCE, &body));
	TRY(der_take(&body, ASN1_OID, &out->oid));
	TRY(asn1_flag(&body, &out->critical));
	return der_only(body, ASN1_OCTET_STRING, &out->value);
}

static bool is_oid(const struct extension *extension, const uint8_t oid[3])
{
	return span_equal(extension->oid, span_make(oid, 3));
}

static enum rc unsupported(struct diag *diag, const char *what)
{
	return diag_fail(diag, RC_UNSUPPORTED, "this is %s, which is not used here", what);
}

static enum rc unknown_critical(const struct extension *extension, struct diag *diag)
{
	char text[DER_OID_TEXT_MAX];
	return diag_fail(diag, RC_UNSUPPORTED,
			 "the CRL has the critical extension %s, which is not understood here",
			 der_oid_text(extension->oid, text));
}

/* ---- entries ---- */

static enum rc read_reason(struct span value, int *reason)
{
	struct span body;
	TRY(der_only(value, ASN1_ENUMERATED, &body));
	*reason = body.len == 1 ? body.ptr[0] : -1;
	return body.len == 1 ? RC_OK : RC_SYNTAX;
}

static enum rc read_entry_extensions(struct span list, struct revoked *out, struct diag *diag)
{
	struct extension extension;
	while (list.len > 0) {
		TRY(take_extension(&list, &extension));
		if (is_oid(&extension, oid_reason))
			TRY(read_reason(extension.value, &out->reason));
		else if (is_oid(&extension, oid_entry_issuer))
			return unsupported(diag, "an indirect CRL (of several issuers)");
		else if (extension.critical && !is_oid(&extension, oid_invalidity))
			return unknown_critical(&extension, diag);
	}
	return RC_OK;
}

static enum rc read_entry(struct span in, struct span *serial, struct revoked *out,
			  struct diag *diag)
{
	struct span list;
	out->reason = -1;
	TRY(der_take(&in, ASN1_INTEGER, serial));
	TRY(asn1_time(&in, &out->when));
	if (serial->len == 0)
		return RC_SYNTAX;
	if (in.len == 0)
		return RC_OK;
	TRY(der_only(in, ASN1_SEQUENCE, &list));
	return read_entry_extensions(list, out, diag);
}

static struct span serial_at(const struct crl *crl, uint32_t at)
{
	struct span in = span_make(crl->bytes + at, crl->der.len - at), body, serial = SPAN_NONE;
	if (der_take(&in, ASN1_SEQUENCE, &body) != RC_OK ||
	    der_take(&body, ASN1_INTEGER, &serial) != RC_OK)
		return SPAN_NONE; /* never: it was read before */
	return serial;
}

static int compare_serials(struct span a, struct span b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len == 0 ? 0 : memcmp(a.ptr, b.ptr, a.len);
}

static int compare_entries(const void *a, const void *b, void *context)
{
	const struct crl *crl = context;
	return compare_serials(serial_at(crl, *(const uint32_t *)a),
			       serial_at(crl, *(const uint32_t *)b));
}

/* Counted first, so that the table has its size at once. */
static enum rc count_entries(struct span list, uint32_t *count, struct diag *diag)
{
	for (*count = 0; list.len > 0; ++*count) {
		TRY(der_take(&list, ASN1_SEQUENCE, NULL));
		if (*count == CRL_ENTRIES_MAX)
			return diag_fail(diag, RC_LIMIT, "the CRL has more than %d entries",
					 CRL_ENTRIES_MAX);
	}
	return RC_OK;
}

static enum rc read_entries(struct crl *crl, struct span list, struct diag *diag)
{
	struct span body, serial, last = SPAN_NONE;
	struct revoked scrap;
	bool sorted = true;

	TRY(count_entries(list, &crl->count, diag));
	crl->entries = mem_alloc((crl->count + 1) * sizeof(*crl->entries));
	if (crl->entries == NULL)
		return RC_NO_MEMORY;
	for (uint32_t i = 0; i < crl->count; i++) {
		crl->entries[i] = (uint32_t)(list.ptr - crl->bytes);
		TRY(der_take(&list, ASN1_SEQUENCE, &body));
		TRY(read_entry(body, &serial, &scrap, diag));
		sorted = sorted && compare_serials(last, serial) <= 0;
		last = serial;
	}
	if (!sorted)
		qsort_r(crl->entries, crl->count, sizeof(*crl->entries), compare_entries, crl);
	return RC_OK;
}

/* ---- the CRL's own extensions ---- */

static enum rc take_flag(struct span *in, uint8_t tag, bool *out)
{
	struct span body;
	*out = false;
	if (!der_is_next(in, tag))
		return RC_OK;
	TRY(der_take(in, tag, &body));
	*out = body.len == 1 && body.ptr[0] == 0xff;
	return body.len == 1 ? RC_OK : RC_SYNTAX;
}

/* RFC 5280 §5.2.5 */
static enum rc read_point(struct crl *crl, struct span value, struct diag *diag)
{
	struct span in, choice;
	bool indirect = false, attributes = false, some = false;

	TRY(der_only(value, ASN1_SEQUENCE, &in));
	if (der_is_next(&in, ASN1_CONTEXT_WITH(0))) {
		TRY(der_take(&in, ASN1_CONTEXT_WITH(0), &choice));
		if (der_only(choice, ASN1_CONTEXT_WITH(0), &crl->point) != RC_OK)
			return unsupported(diag, "a CRL with a relative name");
	}
	TRY(take_flag(&in, ASN1_CONTEXT(1), &crl->only_users));
	TRY(take_flag(&in, ASN1_CONTEXT(2), &crl->only_cas));
	if (der_is_next(&in, ASN1_CONTEXT(3))) {
		some = true;
		TRY(der_take(&in, ASN1_CONTEXT(3), NULL));
	}
	TRY(take_flag(&in, ASN1_CONTEXT(4), &indirect));
	TRY(take_flag(&in, ASN1_CONTEXT(5), &attributes));
	if (in.len != 0)
		return RC_SYNTAX;
	if (indirect)
		return unsupported(diag, "an indirect CRL (of several issuers)");
	if (some)
		return unsupported(diag, "a CRL for some reasons only");
	return attributes ? unsupported(diag, "a CRL of attribute certificates") : RC_OK;
}

static enum rc read_extensions(struct crl *crl, struct span list, struct diag *diag)
{
	struct extension extension;
	while (list.len > 0) {
		TRY(take_extension(&list, &extension));
		if (is_oid(&extension, oid_point))
			TRY(read_point(crl, extension.value, diag));
		else if (is_oid(&extension, oid_delta))
			return unsupported(diag, "a delta CRL");
		else if (extension.critical && !is_oid(&extension, oid_number) &&
			 !is_oid(&extension, oid_key))
			return unknown_critical(&extension, diag);
	}
	return RC_OK;
}

/* ---- the whole ---- */

/* The Time after thisUpdate is optional. */
static enum rc read_updates(struct crl *crl, struct span *in)
{
	TRY(asn1_time(in, &crl->this_update));
	if (der_is_next(in, ASN1_UTC_TIME) || der_is_next(in, ASN1_TIME))
		TRY(asn1_time(in, &crl->next_update));
	return RC_OK;
}

static enum rc read_tbs(struct crl *crl, struct span in, struct diag *diag)
{
	struct span scheme, list;
	int32_t version = 0;

	if (der_is_next(&in, ASN1_INTEGER))
		TRY(asn1_small(&in, &version));
	TRY(der_whole(&in, ASN1_SEQUENCE, &scheme));
	TRY(asn1_name(&in, &crl->issuer));
	TRY(read_updates(crl, &in));
	if (version > 1 || !span_equal(scheme, crl->scheme) || crl->issuer.len > 4096)
		return RC_SYNTAX;
	if (der_is_next(&in, ASN1_SEQUENCE)) {
		TRY(der_take(&in, ASN1_SEQUENCE, &list));
		TRY(read_entries(crl, list, diag));
	}
	if (in.len == 0)
		return RC_OK;
	TRY(der_only(in, ASN1_CONTEXT_WITH(0), &list));
	TRY(der_only(list, ASN1_SEQUENCE, &list));
	return read_extensions(crl, list, diag);
}

static enum rc read_crl(struct crl *crl, struct diag *diag)
{
	struct span in, tbs;
	TRY(der_only(crl->der, ASN1_SEQUENCE, &in));
	TRY(der_whole(&in, ASN1_SEQUENCE, &crl->tbs));
	TRY(der_only(crl->tbs, ASN1_SEQUENCE, &tbs));
	TRY(der_whole(&in, ASN1_SEQUENCE, &crl->scheme));
	TRY(der_bits(&in, &crl->signature));
	return in.len == 0 ? read_tbs(crl, tbs, diag) : RC_SYNTAX;
}

enum rc crl_parse(struct span der, struct crl **out, struct diag *diag)
{
	struct crl *crl = der.len <= UINT32_MAX ? mem_alloc(sizeof(*crl) + der.len) : NULL;
	struct diag why = { "" };
	enum rc rc;

	*out = NULL;
	if (crl == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "no memory for a CRL of %zu bytes", der.len);
	if (der.len > 0)
		memcpy(crl->bytes, der.ptr, der.len);
	crl->der = span_make(crl->bytes, der.len);
	atomic_init(&crl->refs, 1);
	rc = read_crl(crl, &why);
	if (rc == RC_OK) {
		*out = crl;
		return RC_OK;
	}
	crl_unref(crl);
	if (rc != RC_NO_MEMORY && rc != RC_LIMIT && rc != RC_UNSUPPORTED)
		rc = RC_SYNTAX;
	return diag_fail(diag, rc, "%s", why.text[0] != '\0' ? why.text : "it is not a DER CRL");
}

struct crl *crl_ref(struct crl *crl)
{
	atomic_fetch_add(&crl->refs, 1);
	return crl;
}

void crl_unref(struct crl *crl)
{
	if (crl == NULL || atomic_fetch_sub(&crl->refs, 1) > 1)
		return;
	mem_free(crl->entries);
	mem_free(crl);
}

/* RFC 5280 §6.3.3 (f), (g) */
enum rc crl_check_issuer(const struct crl *crl, const struct certificate *issuer, unsigned worker,
			 struct diag *diag)
{
	char text[IDENTITY_TEXT_MAX], other[IDENTITY_TEXT_MAX];
	struct public_key *key = NULL;
	struct diag why = { "" };
	enum rc rc;

	x509_name_text(issuer->subject, text);
	if (!x509_name_equal(crl->issuer, issuer->subject))
		return diag_fail(diag, RC_AUTH_FAILED,
				 "it is of the issuer \"%.100s\", not \"%.100s\"",
				 x509_name_text(crl->issuer, other), text);
	if (issuer->extensions.has_key_usage &&
	    (issuer->extensions.key_usage & KEY_USAGE_CRL_SIGN) == 0)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "\"%.150s\" may not sign CRLs: its key usage has no cRLSign",
				 text);
	TRY(certificate_key(issuer, &key, diag));
	rc = path_signature(key, crl->scheme, crl->tbs, crl->signature, worker, &why);
	public_key_unref(key);
	if (rc == RC_AUTH_FAILED)
		return diag_fail(diag, rc, "its signature is not made by the key of \"%.150s\"",
				 text);
	return rc == RC_OK ? rc : diag_fail(diag, RC_AUTH_FAILED, "%s", why.text);
}

static bool has_name(struct span names, struct span wanted)
{
	struct span name;
	while (der_whole(&names, NAME_URI, &name) == RC_OK)
		if (span_equal(name, wanted))
			return true;
	return false;
}

/* A CRL of one distribution point is for the certificates that name this point. */
static bool same_point(const struct crl *crl, const struct certificate *certificate)
{
	struct span url;
	uint8_t bytes[512];
	struct sink sink;
	for (unsigned i = 0; certificate_crl_url(certificate, i, &url); i++) {
		sink_init(&sink, bytes, sizeof(bytes));
		der_put(&sink, NAME_URI, url);
		if (sink_rc(&sink) == RC_OK && has_name(crl->point, sink_written(&sink)))
			return true;
	}
	return false;
}

bool crl_covers(const struct crl *crl, const struct certificate *certificate)
{
	if (certificate_is_ca(certificate) ? crl->only_users : crl->only_cas)
		return false;
	if (!x509_name_equal(crl->issuer, certificate->issuer))
		return false;
	return crl->point.len == 0 || same_point(crl, certificate);
}

bool crl_find(const struct crl *crl, struct span serial, struct revoked *out)
{
	uint32_t low = 0, high = crl->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2, at = crl->entries[middle];
		struct span in = span_make(crl->bytes + at, crl->der.len - at), body, found;
		int order = compare_serials(serial, serial_at(crl, at));
		if (order == 0)
			return der_take(&in, ASN1_SEQUENCE, &body) == RC_OK &&
			       read_entry(body, &found, out, NULL) == RC_OK;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

const char *revocation_reason(int reason)
{
	static const char *const reasons[] = {
		"no reason told",      "key compromise", "CA compromise",
		"affiliation changed", "superseded",	 "cessation of operation",
		"certificate on hold", "no reason told", "removed from the CRL",
		"privilege withdrawn", "AA compromise",
	};
	if (reason < 0 || reason >= (int)(sizeof(reasons) / sizeof(reasons[0])))
		return reasons[0];
	return reasons[reason];
}
