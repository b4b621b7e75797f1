/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and CRLs made by us (RFC 5280 §4 and §5). */
#include "x509/issue.h"
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "x509/private.h"

#define CERTIFICATE_ROOM (size_t)(CERTIFICATE_SIZE_MAX + 1)
#define REVOKED_ROOM	 (size_t)128 /* bytes of one entry of a CRL, at most */
#define CRL_ROOM	 (size_t)16384

#define OID_KEY_USAGE	     "2.5.29.15"
#define OID_SUBJECT_KEY	     "2.5.29.14"
#define OID_NAMES	     "2.5.29.17"
#define OID_BASIC	     "2.5.29.19"
#define OID_CRL_NUMBER	     "2.5.29.20"
#define OID_REASON	     "2.5.29.21"
#define OID_NAME_CONSTRAINTS "2.5.29.30"
#define OID_CRL_POINTS	     "2.5.29.31"
#define OID_AUTHORITY_KEY    "2.5.29.35"
#define OID_PURPOSES	     "2.5.29.37"
#define OID_ACCESS	     "1.3.6.1.5.5.7.1.1"
#define OID_OCSP	     "1.3.6.1.5.5.7.48.1"

static struct span text_span(const char *text)
{
	return span_make(text, strlen(text));
}

/* ---- extensions ---- */

/* Where its elements began. */
struct opened {
	size_t extension, value;
};

static struct opened open_extension(struct sink *out, const char *oid, bool critical)
{
	struct opened opened = { .extension = der_begin(out, ASN1_SEQUENCE) };
	if (asn1_put_oid(out, oid) != RC_OK)
		out->full = true; /* never: our own OIDs */
	if (critical)
		asn1_put_flag(out, true);
	opened.value = der_begin(out, ASN1_OCTET_STRING);
	return opened;
}

static void close_extension(struct sink *out, struct opened opened)
{
	der_end(out, opened.value);
	der_end(out, opened.extension);
}

static void put_extras(struct sink *out, const struct span *extensions, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		sink_span(out, extensions[i]);
}

static void put_authority_key(struct sink *out, const struct public_key *key)
{
	struct opened opened = open_extension(out, OID_AUTHORITY_KEY, false);
	size_t at = der_begin(out, ASN1_SEQUENCE);
	uint8_t id[KEY_ID_LEN];
	public_key_id(key, id);
	der_put(out, ASN1_CONTEXT(0), SPAN_OF(id));
	der_end(out, at);
	close_extension(out, opened);
}

static void put_subject_key(struct sink *out, const struct public_key *key)
{
	struct opened opened = open_extension(out, OID_SUBJECT_KEY, false);
	uint8_t id[KEY_ID_LEN];
	public_key_id(key, id);
	der_put(out, ASN1_OCTET_STRING, SPAN_OF(id));
	close_extension(out, opened);
}

static void put_basic(struct sink *out, const struct x509_issue *issue)
{
	struct opened opened = open_extension(out, OID_BASIC, true);
	size_t at = der_begin(out, ASN1_SEQUENCE);
	if (issue->ca)
		asn1_put_flag(out, true);
	if (issue->ca && issue->path_length >= 0)
		der_put_small(out, (uint32_t)issue->path_length);
	der_end(out, at);
	close_extension(out, opened);
}

/* A named bit list has no zero bits at its end (X.690 §11.2.2). */
static void put_key_usage(struct sink *out, const struct x509_issue *issue)
{
	struct opened opened = open_extension(out, OID_KEY_USAGE, true);
	unsigned bits = issue->key_usage != 0 ? issue->key_usage
			: issue->ca	      ? KEY_USAGE_CERT_SIGN | KEY_USAGE_CRL_SIGN
					      : KEY_USAGE_DIGITAL_SIGNATURE;
	uint8_t body[3] = { 0, (uint8_t)(bits >> 8), (uint8_t)bits };
	size_t len = body[2] != 0 ? 3 : 2;
	while (body[0] < 7 && (body[len - 1] >> body[0] & 1) == 0)
		body[0]++;
	der_put(out, ASN1_BIT_STRING, span_make(body, len));
	close_extension(out, opened);
}

static enum rc put_purposes(struct sink *out, const char *const *usages, struct diag *diag)
{
	struct opened opened = open_extension(out, OID_PURPOSES, false);
	size_t at = der_begin(out, ASN1_SEQUENCE);
	for (; *usages != NULL; usages++)
		if (asn1_put_oid(out, *usages) != RC_OK)
			return diag_fail(diag, RC_SYNTAX,
					 "the extended key usage \"%.40s\" is no OID", *usages);
	der_end(out, at);
	close_extension(out, opened);
	return RC_OK;
}

static uint8_t name_tag(const struct identity *id)
{
	if (id->type == ID_FQDN)
		return NAME_DNS;
	if (id->type == ID_RFC822_ADDR)
		return NAME_MAIL;
	return id->type == ID_IPV4_ADDR || id->type == ID_IPV6_ADDR ? NAME_IP : 0;
}

static enum rc put_names(struct sink *out, const struct x509_issue *issue, struct diag *diag)
{
	struct opened opened = open_extension(out, OID_NAMES, issue->subject[0] == '\0');
	size_t at = der_begin(out, ASN1_SEQUENCE);
	char text[IDENTITY_TEXT_MAX];
	for (unsigned i = 0; i < issue->name_count; i++) {
		const struct identity *id = &issue->names[i];
		if (name_tag(id) == 0)
			return diag_fail(diag, RC_UNSUPPORTED,
					 "\"%s\" cannot stand in a certificate as another name: "
					 "host names, mail addresses, IP addresses can",
					 identity_text(id, text));
		der_put(out, name_tag(id), span_make(id->data, id->len));
	}
	der_end(out, at);
	close_extension(out, opened);
	return RC_OK;
}

static void put_subtrees(struct sink *out, uint8_t tag, const char *name)
{
	size_t list, subtree;
	if (name == NULL)
		return;
	list = der_begin(out, tag);
	subtree = der_begin(out, ASN1_SEQUENCE);
	der_put(out, NAME_DNS, text_span(name));
	der_end(out, subtree);
	der_end(out, list);
}

static void put_name_constraints(struct sink *out, const struct x509_issue *issue)
{
	struct opened opened = open_extension(out, OID_NAME_CONSTRAINTS, true);
	size_t at = der_begin(out, ASN1_SEQUENCE);
	put_subtrees(out, ASN1_CONTEXT_WITH(0), issue->permitted_dns);
	put_subtrees(out, ASN1_CONTEXT_WITH(1), issue->excluded_dns);
	der_end(out, at);
	close_extension(out, opened);
}

static void put_crl_point(struct sink *out, const char *url)
{
	struct opened opened = open_extension(out, OID_CRL_POINTS, false);
	size_t points = der_begin(out, ASN1_SEQUENCE), point = der_begin(out, ASN1_SEQUENCE);
	size_t choice = der_begin(out, ASN1_CONTEXT_WITH(0));
	size_t names = der_begin(out, ASN1_CONTEXT_WITH(0));
	der_put(out, NAME_URI, text_span(url));
	der_end(out, names);
	der_end(out, choice);
	der_end(out, point);
	der_end(out, points);
	close_extension(out, opened);
}

static void put_access(struct sink *out, const char *url)
{
	struct opened opened = open_extension(out, OID_ACCESS, false);
	size_t list = der_begin(out, ASN1_SEQUENCE), access = der_begin(out, ASN1_SEQUENCE);
	if (asn1_put_oid(out, OID_OCSP) != RC_OK)
		out->full = true;
	der_put(out, NAME_URI, text_span(url));
	der_end(out, access);
	der_end(out, list);
	close_extension(out, opened);
}

static enum rc put_extensions(struct sink *out, const struct x509_issue *issue, struct diag *diag)
{
	size_t explicit = der_begin(out, ASN1_CONTEXT_WITH(3)),
	       list = der_begin(out, ASN1_SEQUENCE);
	put_basic(out, issue);
	put_key_usage(out, issue);
	if (issue->usages != NULL)
		TRY(put_purposes(out, issue->usages, diag));
	if (issue->name_count > 0)
		TRY(put_names(out, issue, diag));
	if (issue->permitted_dns != NULL || issue->excluded_dns != NULL)
		put_name_constraints(out, issue);
	if (issue->crl_url != NULL)
		put_crl_point(out, issue->crl_url);
	if (issue->ocsp_url != NULL)
		put_access(out, issue->ocsp_url);
	put_subject_key(out, issue->key);
	put_authority_key(out, private_key_public(issue->issuer_key));
	put_extras(out, issue->extensions, issue->extension_count);
	der_end(out, list);
	der_end(out, explicit);
	return RC_OK;
}

/* ---- certificates ---- */

static enum rc parse_subject(const char *subject, struct identity *out, struct diag *diag)
{
	char text[1100];
	*out = (struct identity){ .type = ID_NONE };
	if (subject[0] == '\0')
		return RC_OK;
	if ((size_t)snprintf(text, sizeof(text), "asn1dn:%s", subject) >= sizeof(text))
		return diag_fail(diag, RC_LIMIT, "the subject is too long");
	return identity_parse(text, out, diag);
}

static enum rc put_serial(struct sink *out, const uint8_t serial[16], struct diag *diag)
{
	static const uint8_t none[16];
	uint8_t bytes[16];
	memcpy(bytes, serial, sizeof(bytes));
	if (span_equal(SPAN_OF(bytes), SPAN_OF(none))) {
		if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
			return diag_fail(diag, RC_IO, "no random serial number could be had");
		bytes[0] = (uint8_t)((bytes[0] & 0x3f) | 0x40); /* positive, and always as long */
	}
	der_put_unsigned(out, SPAN_OF(bytes));
	return RC_OK;
}

static enum rc put_tbs(struct sink *out, const struct x509_issue *issue, struct span subject,
		       struct diag *diag)
{
	size_t tbs = der_begin(out, ASN1_SEQUENCE), at = der_begin(out, ASN1_CONTEXT_WITH(0));
	der_put_small(out, 2); /* v3 */
	der_end(out, at);
	TRY(put_serial(out, issue->serial, diag));
	sink_span(out, sign_scheme_der(&issue->scheme));
	sink_span(out, issue->issuer != NULL ? certificate_subject(issue->issuer) : subject);
	at = der_begin(out, ASN1_SEQUENCE);
	asn1_put_time(out, issue->not_before);
	asn1_put_time(out, issue->not_after);
	der_end(out, at);
	sink_span(out, subject);
	sink_span(out, public_key_spki(issue->key));
	TRY(put_extensions(out, issue, diag));
	der_end(out, tbs);
	return RC_OK;
}

/* SEQUENCE { to be signed, algorithm, signature }, into the arena. */
static enum rc seal(struct span tbs, struct private_key *key, const struct sign_scheme *scheme,
		    struct arena *arena, struct span *der, struct diag *diag)
{
	size_t max = signature_max(private_key_public(key)), room = tbs.len + max + 256, len = 0,
	       at;
	uint8_t *signature = arena_alloc(arena, max), *bytes = arena_alloc(arena, room);
	struct sink out;

	if (signature == NULL || bytes == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	TRY(signature_make(key, scheme, SIGNATURE_DER, &tbs, 1, 0, signature, &len, diag));
	sink_init(&out, bytes, room);
	at = der_begin(&out, ASN1_SEQUENCE);
	sink_span(&out, tbs);
	sink_span(&out, sign_scheme_der(scheme));
	asn1_put_bits(&out, span_make(signature, len));
	der_end(&out, at);
	*der = sink_written(&out);
	return sink_rc(&out);
}

static enum rc check_scheme(const struct sign_scheme *scheme, struct private_key *key,
			    struct diag *diag)
{
	enum key_kind kind = public_key_kind(private_key_public(key));
	if (sign_scheme_fits(scheme, kind))
		return RC_OK;
	return diag_fail(diag, RC_UNSUPPORTED, "the issuer's key cannot sign with %s",
			 sign_scheme_text(scheme));
}

enum rc x509_issue(const struct x509_issue *issue, struct arena *arena, struct span *der,
		   struct diag *diag)
{
	static const uint8_t no_name[] = { ASN1_SEQUENCE, 0 };
	struct identity subject;
	struct sink out;
	uint8_t *room;
	enum rc rc;

	TRY(check_scheme(&issue->scheme, issue->issuer_key, diag));
	TRY(parse_subject(issue->subject, &subject, diag));
	room = mem_alloc(CERTIFICATE_ROOM);
	sink_init(&out, room, room != NULL ? CERTIFICATE_ROOM : 0);
	rc = put_tbs(&out, issue,
		     subject.len > 0 ? span_make(subject.data, subject.len) : SPAN_OF(no_name),
		     diag);
	if (rc == RC_OK && sink_rc(&out) != RC_OK)
		rc = diag_fail(diag, room != NULL ? RC_LIMIT : RC_NO_MEMORY, "%s",
			       room != NULL ? "the certificate is too large" : "out of memory");
	if (rc == RC_OK)
		rc = seal(sink_written(&out), issue->issuer_key, &issue->scheme, arena, der, diag);
	identity_free(&subject);
	mem_free(room);
	return rc;
}

/* ---- CRLs ---- */

static void put_revoked(struct sink *out, const struct x509_revoked *revoked)
{
	size_t at = der_begin(out, ASN1_SEQUENCE);
	der_put(out, ASN1_INTEGER, revoked->serial);
	asn1_put_time(out, revoked->when);
	if (revoked->reason >= 0) {
		uint8_t reason = (uint8_t)revoked->reason;
		size_t list = der_begin(out, ASN1_SEQUENCE);
		struct opened opened = open_extension(out, OID_REASON, false);
		der_put(out, ASN1_ENUMERATED, span_make(&reason, 1));
		close_extension(out, opened);
		der_end(out, list);
	}
	der_end(out, at);
}

static void put_crl_extensions(struct sink *out, const struct x509_issue_crl *issue)
{
	size_t explicit = der_begin(out, ASN1_CONTEXT_WITH(0)),
	       list = der_begin(out, ASN1_SEQUENCE);
	uint8_t number[8];
	struct opened opened;
	put_authority_key(out, private_key_public(issue->issuer_key));
	opened = open_extension(out, OID_CRL_NUMBER, false);
	for (unsigned i = 0; i < sizeof(number); i++)
		number[i] = (uint8_t)(issue->number >> (56 - 8 * i));
	der_put_unsigned(out, SPAN_OF(number));
	close_extension(out, opened);
	put_extras(out, issue->extensions, issue->extension_count);
	der_end(out, list);
	der_end(out, explicit);
}

static void put_crl(struct sink *out, const struct x509_issue_crl *issue)
{
	size_t tbs = der_begin(out, ASN1_SEQUENCE), list;
	der_put_small(out, 1); /* v2 */
	sink_span(out, sign_scheme_der(&issue->scheme));
	sink_span(out, certificate_subject(issue->issuer));
	asn1_put_time(out, issue->this_update);
	if (issue->next_update != 0)
		asn1_put_time(out, issue->next_update);
	if (issue->count > 0) { /* the list is absent when nothing is revoked */
		list = der_begin(out, ASN1_SEQUENCE);
		for (size_t i = 0; i < issue->count; i++)
			put_revoked(out, &issue->revoked[i]);
		der_end(out, list);
	}
	put_crl_extensions(out, issue);
	der_end(out, tbs);
}

enum rc x509_issue_crl(const struct x509_issue_crl *issue, struct arena *arena, struct span *der,
		       struct diag *diag)
{
	size_t size = CRL_ROOM + issue->count * REVOKED_ROOM;
	struct sink out;
	uint8_t *room;
	enum rc rc;

	TRY(check_scheme(&issue->scheme, issue->issuer_key, diag));
	room = mem_alloc(size);
	if (room == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	sink_init(&out, room, size);
	put_crl(&out, issue);
	rc = sink_rc(&out) != RC_OK ? diag_fail(diag, RC_LIMIT, "the CRL is too large")
				    : seal(sink_written(&out), issue->issuer_key, &issue->scheme,
					   arena, der, diag);
	mem_free(room);
	return rc;
}
