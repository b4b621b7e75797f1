/* SPDX-License-Identifier: Apache-2.0 */
/* The names of a certificate: as text, as IKE identities (RFC 4945 §3.1), and where to ask whether
 * it is revoked. */
#include <stdio.h>
#include <string.h>
#include "x509/private.h"

static struct identity borrowed(uint8_t type, struct span data)
{
	return (struct identity){ .type = type,
				  .len = (uint16_t)data.len,
				  .data = (uint8_t *)data.ptr };
}

bool x509_name_equal(struct span a, struct span b)
{
	struct identity one = borrowed(ID_DER_ASN1_DN, a), other = borrowed(ID_DER_ASN1_DN, b);
	return span_equal(a, b) || identity_equal(&one, &other);
}

/* An empty SEQUENCE. */
static bool is_empty(struct span name)
{
	return name.len <= 2;
}

const char *x509_name_text(struct span name, char buffer[IDENTITY_TEXT_MAX])
{
	struct identity id = borrowed(ID_DER_ASN1_DN, name);
	if (is_empty(name))
		snprintf(buffer, IDENTITY_TEXT_MAX, "(no name)");
	else
		identity_text(&id, buffer);
	return buffer;
}

const char *certificate_subject_text(const struct certificate *certificate,
				     char buffer[IDENTITY_TEXT_MAX])
{
	return x509_name_text(certificate->subject, buffer);
}

const char *certificate_issuer_text(const struct certificate *certificate,
				    char buffer[IDENTITY_TEXT_MAX])
{
	return x509_name_text(certificate->issuer, buffer);
}

const char *x509_serial_text(struct span serial, char buffer[64])
{
	size_t used = 0;
	buffer[0] = '\0';
	for (size_t i = 0; i < serial.len && used + 4 < 64; i++) {
		if (i == 0 && serial.ptr[0] == 0 && serial.len > 1)
			continue;
		used += (size_t)snprintf(buffer + used, 64 - used, "%s%02x", used > 0 ? ":" : "",
					 serial.ptr[i]);
	}
	return buffer;
}

const char *certificate_serial_text(const struct certificate *certificate, char buffer[64])
{
	return x509_serial_text(certificate->serial, buffer);
}

/* ---- identities ---- */

static uint8_t identity_type(uint8_t tag, struct span name)
{
	if (tag == NAME_DNS)
		return ID_FQDN;
	if (tag == NAME_MAIL)
		return ID_RFC822_ADDR;
	if (tag == NAME_IP)
		return name.len == 4 ? ID_IPV4_ADDR : ID_IPV6_ADDR;
	return ID_NONE;
}

static bool next_alternative(struct span *names, struct identity *out)
{
	struct span name;
	uint8_t tag;
	while (der_next(names, &tag, &name) == RC_OK) {
		*out = borrowed(identity_type(tag, name), name);
		if (out->type != ID_NONE)
			return true;
	}
	return false;
}

bool certificate_alternative(const struct certificate *certificate, unsigned index,
			     struct identity *out)
{
	struct span names = certificate->extensions.names;
	while (next_alternative(&names, out))
		if (index-- == 0)
			return true;
	*out = (struct identity){ .type = ID_NONE };
	return false;
}

bool certificate_names(const struct certificate *certificate, const struct identity *id)
{
	struct span names = certificate->extensions.names;
	struct identity name = borrowed(ID_DER_ASN1_DN, certificate->subject);

	if (id->type == ID_DER_ASN1_DN)
		return !is_empty(certificate->subject) && identity_equal(&name, id);
	if (id->type != ID_FQDN && id->type != ID_RFC822_ADDR && id->type != ID_IPV4_ADDR &&
	    id->type != ID_IPV6_ADDR)
		return false;
	while (next_alternative(&names, &name))
		if (identity_equal(&name, id))
			return true;
	return false;
}

enum rc certificate_identity(const struct certificate *certificate, struct identity *out)
{
	struct identity name = borrowed(ID_DER_ASN1_DN, certificate->subject);
	if (!is_empty(certificate->subject))
		return identity_copy(&name, out);
	if (certificate_alternative(certificate, 0, &name))
		return identity_copy(&name, out);
	*out = (struct identity){ .type = ID_NONE };
	return RC_NOT_FOUND;
}

/* ---- URLs ---- */

static bool is_http(struct span url)
{
	static const char scheme[] = "http://";
	for (size_t i = 0; i < sizeof(scheme) - 1; i++)
		if (url.len <= i || (url.ptr[i] | 0x20) != (scheme[i] | 0x20))
			return false;
	for (size_t i = 0; i < url.len; i++)
		if (url.ptr[i] <= ' ' || url.ptr[i] >= 0x7f)
			return false;
	return url.len > sizeof(scheme) - 1;
}

/* The index-th http URL among these GeneralNames; *index counts on. */
static bool url_among(struct span names, unsigned *index, struct span *out)
{
	uint8_t tag;
	while (der_next(&names, &tag, out) == RC_OK)
		if (tag == NAME_URI && is_http(*out) && (*index)-- == 0)
			return true;
	return false;
}

/* RFC 5280 §4.2.1.13. A point that covers some reasons only, or whose CRL another CA signs, cannot
 * say that a certificate is good. */
static struct span point_names(struct span point)
{
	struct span choice, names;
	if (der_take(&point, ASN1_CONTEXT_WITH(0), &choice) != RC_OK || point.len != 0 ||
	    der_only(choice, ASN1_CONTEXT_WITH(0), &names) != RC_OK)
		return SPAN_NONE;
	return names;
}

bool certificate_crl_url(const struct certificate *certificate, unsigned index, struct span *out)
{
	struct span points = certificate->extensions.crl_points, point;
	while (der_take(&points, ASN1_SEQUENCE, &point) == RC_OK)
		if (url_among(point_names(point), &index, out))
			return true;
	return false;
}

bool certificate_crl_other(const struct certificate *certificate, struct span *out)
{
	struct span points = certificate->extensions.crl_points, point, names;
	uint8_t tag;
	while (der_take(&points, ASN1_SEQUENCE, &point) == RC_OK) {
		names = point_names(point);
		while (der_next(&names, &tag, out) == RC_OK)
			if (tag == NAME_URI && !is_http(*out))
				return true;
	}
	return false;
}

/* RFC 5280 §4.2.2.1: the next place of a responder in *list. */
static bool next_responder(struct span *list, struct span *place)
{
	static const uint8_t ocsp[] = { 0x2b, 6, 1, 5, 5, 7, 0x30, 1 };
	struct span method;
	while (der_take(list, ASN1_SEQUENCE, place) == RC_OK)
		if (der_take(place, ASN1_OID, &method) == RC_OK &&
		    span_equal(method, SPAN_OF(ocsp)))
			return true;
	return false;
}

bool certificate_ocsp_url(const struct certificate *certificate, unsigned index, struct span *out)
{
	struct span list = certificate->extensions.access, place;
	while (next_responder(&list, &place))
		if (url_among(place, &index, out))
			return true;
	return false;
}

bool certificate_ocsp_other(const struct certificate *certificate, struct span *out)
{
	struct span list = certificate->extensions.access, place;
	uint8_t tag;
	while (next_responder(&list, &place))
		if (der_next(&place, &tag, out) == RC_OK && tag == NAME_URI && !is_http(*out))
			return true;
	return false;
}
