/* SPDX-License-Identifier: Apache-2.0 */
/* What CAs allow those below them: names (RFC 5280 §4.2.1.10) and how many more CAs (§4.2.1.9).
 * Each CA's constraints are compared with the names below it one by one, which gives the same
 * answer as the intersections and unions of §6.1; how many comparisons one path may cost is
 * bounded. */
#include <string.h>
#include <strings.h>
#include "x509/path.h"

#define COMPARISONS_MAX 100000 /* for one path: about 5 ms */

struct constrained {
	const struct certificate *ca;
	unsigned left; /* comparisons */
	bool has_mail; /* the certificate names a mail address outside its subject */
};

/* ---- is a name in a subtree? ---- */

static bool same_end(struct span name, struct span end)
{
	return name.len >= end.len && strncasecmp((const char *)name.ptr + (name.len - end.len),
						  (const char *)end.ptr, end.len) == 0;
}

static bool dns_within(struct span name, struct span base)
{
	if (base.len == 0)
		return true;
	if (!same_end(name, base))
		return false;
	return name.len == base.len || base.ptr[0] == '.' ||
	       name.ptr[name.len - base.len - 1] == '.';
}

static bool mail_within(struct span name, struct span base)
{
	const uint8_t *at = memrchr(name.ptr, '@', name.len);
	const uint8_t *base_at = base.len > 0 ? memrchr(base.ptr, '@', base.len) : NULL;
	struct span host, local;

	if (at == NULL)
		return false;
	local = span_make(name.ptr, (size_t)(at - name.ptr));
	host = span_make(at + 1, name.len - local.len - 1);
	if (base_at != NULL) {
		struct span mailbox = span_make(base.ptr, (size_t)(base_at - base.ptr));
		struct span domain = span_make(base_at + 1, base.len - mailbox.len - 1);
		return span_equal(local, mailbox) && host.len == domain.len &&
		       same_end(host, domain);
	}
	if (base.len > 0 && base.ptr[0] == '.')
		return host.len > base.len && same_end(host, base);
	return base.len == 0 || (host.len == base.len && same_end(host, base));
}

static bool ip_within(struct span name, struct span base)
{
	if (base.len != 2 * name.len)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (((name.ptr[i] ^ base.ptr[i]) & base.ptr[name.len + i]) != 0)
			return false;
	return true;
}

static bool directory_within(struct span name, struct span base)
{
	struct identity whole = { ID_DER_ASN1_DN, (uint16_t)name.len, (uint8_t *)name.ptr };
	struct identity part = { ID_DER_ASN1_DN, (uint16_t)base.len, (uint8_t *)base.ptr };
	return name.len <= UINT16_MAX && base.len <= UINT16_MAX && identity_within(&part, &whole);
}

static bool is_compared(uint8_t tag)
{
	return tag == NAME_DNS || tag == NAME_MAIL || tag == NAME_IP || tag == NAME_DIRECTORY;
}

static bool within(uint8_t tag, struct span name, struct span base)
{
	if (tag == NAME_DNS)
		return dns_within(name, base);
	if (tag == NAME_MAIL)
		return mail_within(name, base);
	if (tag == NAME_IP)
		return ip_within(name, base);
	return directory_within(name, base);
}

/* ---- is it allowed? ---- */

struct look {
	bool any, inside; /* subtrees of the name's kind: is there one, is the name in one? */
};

static enum rc look_at(struct constrained *state, struct span subtrees, uint8_t tag,
		       struct span name, struct look *look)
{
	struct span subtree, base;
	uint8_t kind;
	*look = (struct look){ .any = false };
	while (!look->inside && der_take(&subtrees, ASN1_SEQUENCE, &subtree) == RC_OK) {
		if (state->left == 0)
			return RC_LIMIT;
		state->left--;
		if (der_next(&subtree, &kind, &base) != RC_OK || kind != tag)
			continue;
		look->any = true;
		look->inside = is_compared(tag) && within(tag, name, base);
	}
	return RC_OK;
}

static void name_text(uint8_t tag, struct span name, char buffer[IDENTITY_TEXT_MAX])
{
	struct identity id = { .len = (uint16_t)name.len, .data = (uint8_t *)name.ptr };
	id.type = tag == NAME_DNS    ? ID_FQDN
		  : tag == NAME_MAIL ? ID_RFC822_ADDR
		  : tag != NAME_IP   ? ID_DER_ASN1_DN
		  : name.len == 4    ? ID_IPV4_ADDR
				     : ID_IPV6_ADDR;
	identity_text(&id, buffer);
}

static enum rc check_name(struct constrained *state, uint8_t tag, struct span name,
			  struct diag *diag)
{
	char text[IDENTITY_TEXT_MAX], ca[IDENTITY_TEXT_MAX];
	struct look permitted, excluded;

	if (look_at(state, state->ca->extensions.excluded, tag, name, &excluded) != RC_OK ||
	    look_at(state, state->ca->extensions.permitted, tag, name, &permitted) != RC_OK)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "the names and name constraints of this chain are too many to be "
				 "compared");
	x509_name_text(state->ca->subject, ca);
	if (!is_compared(tag) && (permitted.any || excluded.any))
		return diag_fail(diag, RC_AUTH_FAILED,
				 "the CA \"%.100s\" constrains a kind of name that is not "
				 "understood here, and a certificate below it has one",
				 ca);
	if (excluded.inside) {
		name_text(tag, name, text);
		return diag_fail(diag, RC_AUTH_FAILED,
				 "\"%.100s\" is a name that the CA \"%.100s\" excludes (name "
				 "constraints)",
				 text, ca);
	}
	if (permitted.any && !permitted.inside) {
		name_text(tag, name, text);
		return diag_fail(diag, RC_AUTH_FAILED,
				 "\"%.100s\" is not among the names that the CA \"%.100s\" may "
				 "certify (name constraints)",
				 text, ca);
	}
	return RC_OK;
}

static enum rc check_alternatives(struct constrained *state, const struct certificate *certificate,
				  struct diag *diag)
{
	struct span names = certificate->extensions.names, name;
	uint8_t tag;
	while (der_next(&names, &tag, &name) == RC_OK) {
		state->has_mail |= tag == NAME_MAIL;
		TRY(check_name(state, tag, name, diag));
	}
	return RC_OK;
}

/* RFC 5280 §4.2.1.10: without a mail address among the alternatives, those in the subject count. */
static enum rc check_subject_mail(struct constrained *state, struct span subject, struct diag *diag)
{
	static const uint8_t mail[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 };
	struct span names, set, pair, oid, value;
	uint8_t tag;
	if (der_only(subject, ASN1_SEQUENCE, &names) != RC_OK)
		return RC_OK;
	while (der_take(&names, ASN1_SET, &set) == RC_OK)
		while (der_take(&set, ASN1_SEQUENCE, &pair) == RC_OK)
			if (der_take(&pair, ASN1_OID, &oid) == RC_OK &&
			    span_equal(oid, SPAN_OF(mail)) &&
			    der_next(&pair, &tag, &value) == RC_OK)
				TRY(check_name(state, NAME_MAIL, value, diag));
	return RC_OK;
}

static enum rc check_names(struct constrained *state, const struct certificate *certificate,
			   struct diag *diag)
{
	struct span subject = certificate->subject;
	state->has_mail = false;
	if (subject.len > 2)
		TRY(check_name(state, NAME_DIRECTORY, subject, diag));
	TRY(check_alternatives(state, certificate, diag));
	return state->has_mail ? RC_OK : check_subject_mail(state, subject, diag);
}

static enum rc check_path_length(const struct certificate *const *path, unsigned at,
				 struct diag *diag)
{
	int32_t limit = path[at]->extensions.path_length, between = 0;
	char text[PATH_TEXT_MAX];
	for (unsigned i = 1; i < at; i++)
		between += !certificate_self_issued(path[i]);
	if (limit < 0 || between <= limit)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED,
			 "%s allows %d CAs below it (path length), but there are %d",
			 path_text(path[at], text), limit, between);
}

enum rc path_check_constraints(const struct certificate *const *path, unsigned count,
			       struct diag *diag)
{
	struct constrained state = { .left = COMPARISONS_MAX };
	for (unsigned at = 1; at < count; at++) {
		state.ca = path[at];
		TRY(check_path_length(path, at, diag));
		if (state.ca->extensions.permitted.len + state.ca->extensions.excluded.len == 0)
			continue;
		for (unsigned below = 0; below < at; below++)
			if (below == 0 || !certificate_self_issued(path[below]))
				TRY(check_names(&state, path[below], diag));
	}
	return RC_OK;
}
