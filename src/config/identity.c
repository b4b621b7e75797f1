/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "config/dn.h"
#include "wire/limits.h"

#define SCORE_ANY   1
#define SCORE_WILD  2	 /* plus the characters that are fixed */
#define SCORE_EXACT 1000 /* no wildcard pattern comes near */

static enum rc set_data(struct identity *out, enum id_type type, const void *data, size_t len)
{
	out->type = (uint8_t)type;
	out->len = 0;
	out->data = mem_alloc(len > 0 ? len : 1);
	if (out->data == NULL) {
		out->type = ID_NONE;
		return RC_NO_MEMORY;
	}
	if (len > 0)
		memcpy(out->data, data, len);
	out->len = (uint16_t)len;
	return RC_OK;
}

/* ---- text in ---- */
static int hex_value(char c)
{
	const char *digits = "0123456789abcdef";
	const char *found = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
	return found != NULL ? (int)(found - digits) : -1;
}

static enum rc parse_hex(const char *hex, enum id_type type, struct identity *out,
			 struct diag *diag)
{
	uint8_t bytes[LIMIT_ID];
	size_t len = strlen(hex);

	if (len == 0 || len % 2 != 0 || len / 2 > sizeof(bytes))
		return diag_fail(diag, RC_SYNTAX,
				 "\"%.60s\" is not an even number of hex digits (at most %zu)", hex,
				 2 * sizeof(bytes));
	for (size_t i = 0; i < len / 2; i++) {
		int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);
		if (high < 0 || low < 0)
			return diag_fail(diag, RC_SYNTAX,
					 "\"%.60s\" holds something other than hex digits", hex);
		bytes[i] = (uint8_t)(high * 16 + low);
	}
	if (type == ID_DER_ASN1_DN && !dn_valid(span_make(bytes, len / 2)))
		return diag_fail(diag, RC_SYNTAX, "\"%.60s\" is not the DER form of a name", hex);
	return set_data(out, type, bytes, len / 2);
}

static enum rc parse_text(const char *text, enum id_type type, struct identity *out,
			  struct diag *diag)
{
	size_t len = strlen(text);
	if (len == 0)
		return diag_fail(diag, RC_SYNTAX, "the identity is empty");
	if (len > LIMIT_ID)
		return diag_fail(diag, RC_LIMIT, "an identity has at most %d bytes", LIMIT_ID);
	for (size_t i = 0; i < len && type != ID_KEY_ID; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return diag_fail(diag, RC_SYNTAX, "\"%.60s\": blanks are not allowed in %s",
					 text, type == ID_FQDN ? "a host name" : "a mail address");
	return set_data(out, type, text, len);
}

static enum rc parse_dn(const char *text, struct identity *out, struct diag *diag)
{
	uint8_t der[DN_DER_MAX];
	size_t len = 0;
	TRY(dn_parse(text, der, &len, diag));
	return set_data(out, ID_DER_ASN1_DN, der, len);
}

static enum rc parse_percent(const char *text, struct identity *out, struct diag *diag)
{
	if (strcasecmp(text, "%any") == 0 || strcasecmp(text, "%any6") == 0)
		return RC_OK;
	if (strcasecmp(text, "%none") == 0 || strcasecmp(text, "%null") == 0) {
		out->type = ID_NULL;
		return RC_OK;
	}
	if (strcasecmp(text, "%fromcert") == 0)
		return diag_fail(
			diag, RC_UNSUPPORTED,
			"%%fromcert is for leftid= and rightid= only: write the identity itself");
	return diag_fail(diag, RC_SYNTAX, "unknown identity \"%.60s\" (known: %%any, %%none)",
			 text);
}

/* After the '@'. */
static enum rc parse_at(const char *text, struct identity *out, struct diag *diag)
{
	size_t len = strlen(text);
	char name[LIMIT_ID + 1];

	if (text[0] == '#')
		return parse_hex(text + 1, ID_KEY_ID, out, diag);
	if (text[0] == '~')
		return parse_hex(text + 1, ID_DER_ASN1_DN, out, diag);
	if (text[0] == '[') {
		if (len < 3 || text[len - 1] != ']' || len > LIMIT_ID)
			return diag_fail(diag, RC_SYNTAX, "\"@%.60s\": a key ID is written @[text]",
					 text);
		snprintf(name, sizeof(name), "%.*s", (int)len - 2, text + 1);
		return parse_text(name, ID_KEY_ID, out, diag);
	}
	if (text[0] == '@') /* strongSwan: @@user@domain */
		return parse_text(text + 1, ID_RFC822_ADDR, out, diag);
	return parse_text(text, strchr(text, '@') != NULL ? ID_RFC822_ADDR : ID_FQDN, out, diag);
}

static enum rc parse_address(const char *text, int family, struct identity *out, struct diag *diag)
{
	struct ip_addr addr;
	struct span bytes;
	if (ip_parse(text, &addr) != RC_OK || (family != 0 && addr.family != family))
		return diag_fail(diag, RC_SYNTAX, "\"%.60s\" is not an IP%s address", text,
				 family == AF_INET    ? "v4"
				 : family == AF_INET6 ? "v6"
						      : "");
	if (ip_is_any(&addr))
		return RC_OK; /* Libreswan: 0.0.0.0 is %any */
	bytes = ip_bytes(&addr);
	return set_data(out, addr.family == AF_INET ? ID_IPV4_ADDR : ID_IPV6_ADDR, bytes.ptr,
			bytes.len);
}

/* strongSwan's "fqdn:host", "keyid:text" (or "keyid:#hex"). */
static enum rc parse_prefixed(const char *text, bool *found, struct identity *out,
			      struct diag *diag)
{
	static const struct {
		const char *prefix;
		enum id_type type;
	} prefixes[] = {
		{ "ipv4:", ID_IPV4_ADDR },
		{ "ipv6:", ID_IPV6_ADDR },
		{ "fqdn:", ID_FQDN },
		{ "dns:", ID_FQDN },
		{ "email:", ID_RFC822_ADDR },
		{ "rfc822:", ID_RFC822_ADDR },
		{ "userfqdn:", ID_RFC822_ADDR },
		{ "asn1dn:", ID_DER_ASN1_DN },
		{ "keyid:", ID_KEY_ID },
	};
	*found = true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const char *rest = text + strlen(prefixes[i].prefix);
		enum id_type type = prefixes[i].type;
		if (strncasecmp(text, prefixes[i].prefix, strlen(prefixes[i].prefix)) != 0)
			continue;
		if (type == ID_IPV4_ADDR || type == ID_IPV6_ADDR)
			return parse_address(rest, type == ID_IPV4_ADDR ? AF_INET : AF_INET6, out,
					     diag);
		if (rest[0] == '#')
			return parse_hex(rest + 1, type, out, diag);
		if (type == ID_DER_ASN1_DN)
			return parse_dn(rest, out, diag);
		return parse_text(rest, type, out, diag);
	}
	*found = false;
	return RC_OK;
}

static enum rc parse_bare(const char *text, struct identity *out, struct diag *diag)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._*";
	struct ip_addr addr;
	if (strchr(text, '=') != NULL)
		return parse_dn(text, out, diag);
	if (ip_parse(text, &addr) == RC_OK)
		return parse_address(text, 0, out, diag);
	if (strchr(text, '@') != NULL)
		return parse_text(text, ID_RFC822_ADDR, out, diag);
	if (text[0] != '\0' && strspn(text, "0123456789.") == strlen(text))
		return diag_fail(diag, RC_SYNTAX,
				 "\"%.60s\" is not an IP address (to use it as a name, "
				 "write @%.60s)",
				 text, text);
	if (strspn(text, allowed) != strlen(text))
		return diag_fail(diag, RC_SYNTAX,
				 "\"%.60s\" is not an identity: expected an address, @host.name, "
				 "user@domain, "
				 "a distinguished name, @[key ID] or %%any",
				 text);
	return parse_text(text, ID_FQDN, out, diag);
}

enum rc identity_parse(const char *text, struct identity *out, struct diag *diag)
{
	bool found = false;

	*out = (struct identity){ .type = ID_NONE };
	if (text[0] == '%')
		return parse_percent(text, out, diag);
	if (text[0] == '@')
		return parse_at(text + 1, out, diag);
	TRY(parse_prefixed(text, &found, out, diag));
	return found ? RC_OK : parse_bare(text, out, diag);
}

/* ---- wire ---- */
enum rc identity_from_wire(const struct wire_id *id, struct identity *out)
{
	*out = (struct identity){ .type = ID_NONE };
	if (id->data.len > LIMIT_ID)
		return RC_LIMIT;
	if (id->type == ID_DER_ASN1_DN && !dn_valid(id->data))
		return RC_SYNTAX;
	return set_data(out, (enum id_type)id->type, id->data.ptr, id->data.len);
}

struct wire_id identity_to_wire(const struct identity *id)
{
	return (struct wire_id){ .type = id->type, .data = span_make(id->data, id->len) };
}

/* ---- compare ---- */
static bool same_caseless(const uint8_t *a, const uint8_t *b, size_t len)
{
	return strncasecmp((const char *)a, (const char *)b, len) == 0 &&
	       memchr(a, 0, len) == NULL && memchr(b, 0, len) == NULL;
}

/* The local part of a mail address is the domain's own business (RFC 5321 §2.4): exact. */
static bool same_mail(const struct identity *a, const struct identity *b)
{
	const uint8_t *at = memchr(a->data, '@', a->len);
	size_t local = at != NULL ? (size_t)(at - a->data) + 1 : 0;
	return span_equal(span_make(a->data, local), span_make(b->data, local)) &&
	       same_caseless(a->data + local, b->data + local, a->len - local);
}

bool identity_equal(const struct identity *a, const struct identity *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == ID_NONE || a->type == ID_NULL)
		return true;
	if (a->type == ID_DER_ASN1_DN)
		return dn_match(span_make(a->data, a->len), span_make(b->data, b->len), NULL);
	if (a->len != b->len)
		return false;
	if (a->type == ID_FQDN)
		return same_caseless(a->data, b->data, a->len);
	if (a->type == ID_RFC822_ADDR)
		return same_mail(a, b);
	return span_equal(span_make(a->data, a->len), span_make(b->data, b->len));
}

static unsigned match_dn(const struct identity *pattern, const struct identity *id)
{
	unsigned wildcards = 0;
	if (!dn_match(span_make(pattern->data, pattern->len), span_make(id->data, id->len),
		      &wildcards))
		return 0;
	return wildcards == 0 ? SCORE_EXACT : wildcards < 400 ? 500 - wildcards : SCORE_WILD;
}

bool identity_within(const struct identity *base, const struct identity *name)
{
	return base->type == ID_DER_ASN1_DN && name->type == ID_DER_ASN1_DN &&
	       dn_within(span_make(base->data, base->len), span_make(name->data, name->len));
}

bool identity_has_wildcard(const struct identity *id)
{
	struct identity self = *id;
	if (id->type == ID_NONE)
		return true;
	if (id->type == ID_DER_ASN1_DN)
		return match_dn(&self, id) != SCORE_EXACT;
	return (id->type == ID_FQDN || id->type == ID_RFC822_ADDR) && id->len > 0 &&
	       id->data[0] == '*' &&
	       (id->len == 1 || id->data[1] == (id->type == ID_FQDN ? '.' : '@'));
}

/* "*.example.org" and "*@example.org": what follows the star is the id's end, and the star stands
 * for something. */
static unsigned match_suffix(const struct identity *pattern, const struct identity *id)
{
	size_t fixed = pattern->len - 1U;
	if (id->len <= fixed ||
	    !same_caseless(pattern->data + 1, id->data + (id->len - fixed), fixed))
		return 0;
	return SCORE_WILD + (unsigned)(fixed < 900 ? fixed : 900);
}

unsigned identity_match(const struct identity *pattern, const struct identity *id)
{
	if (pattern->type == ID_NONE)
		return SCORE_ANY;
	if (pattern->type != id->type)
		return 0;
	if (pattern->type == ID_DER_ASN1_DN)
		return match_dn(pattern, id);
	if (identity_has_wildcard(pattern))
		return match_suffix(pattern, id);
	return identity_equal(pattern, id) ? SCORE_EXACT : 0;
}

enum rc identity_copy(const struct identity *from, struct identity *to)
{
	*to = (struct identity){ .type = from->type };
	if (from->data == NULL)
		return RC_OK;
	return set_data(to, (enum id_type)from->type, from->data, from->len);
}

void identity_free(struct identity *id)
{
	mem_free(id->data);
	*id = (struct identity){ .type = ID_NONE };
}

size_t identity_key(const struct identity *id, uint8_t key[IDENTITY_KEY_MAX])
{
	bool name = id->type == ID_FQDN || id->type == ID_RFC822_ADDR;
	struct sink sink;

	sink_init(&sink, key, IDENTITY_KEY_MAX);
	sink_u8(&sink, id->type);
	if (id->type == ID_DER_ASN1_DN && dn_fold(span_make(id->data, id->len), &sink) == RC_OK)
		return sink.len;
	for (size_t i = 0; i < id->len; i++) {
		uint8_t c = id->data[i];
		sink_u8(&sink, name && c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c);
	}
	return sink.len;
}

/* ---- text out ---- */
static void hex_text(const char *prefix, const struct identity *id, char *buffer)
{
	size_t used = (size_t)snprintf(buffer, IDENTITY_TEXT_MAX, "%s", prefix);
	for (size_t i = 0; i < id->len && used + 3 < IDENTITY_TEXT_MAX; i++)
		used += (size_t)snprintf(buffer + used, IDENTITY_TEXT_MAX - used, "%02x",
					 id->data[i]);
}

static bool is_plain(const struct identity *id)
{
	for (size_t i = 0; i < id->len; i++)
		if (id->data[i] <= ' ' || id->data[i] >= 0x7f)
			return false;
	return id->len > 0 && id->len < IDENTITY_TEXT_MAX - 4;
}

static void address_text(const struct identity *id, char *buffer)
{
	struct ip_addr addr;
	char text[IP_TEXT_MAX];
	if (ip_from_bytes(span_make(id->data, id->len), &addr) == RC_OK)
		snprintf(buffer, IDENTITY_TEXT_MAX, "%s", ip_text(&addr, text));
	else
		hex_text("@#", id, buffer);
}

const char *identity_text(const struct identity *id, char buffer[IDENTITY_TEXT_MAX])
{
	const char *format = id->type == ID_FQDN     ? "@%.*s"
			     : id->type == ID_KEY_ID ? "@[%.*s]"
						     : "%.*s";
	char prefix[24];

	if (id->type == ID_NONE)
		snprintf(buffer, IDENTITY_TEXT_MAX, "%%any");
	else if (id->type == ID_NULL)
		snprintf(buffer, IDENTITY_TEXT_MAX, "%%none");
	else if (id->type == ID_IPV4_ADDR || id->type == ID_IPV6_ADDR)
		address_text(id, buffer);
	else if (id->type == ID_DER_ASN1_DN &&
		 dn_text(span_make(id->data, id->len), buffer, IDENTITY_TEXT_MAX) == RC_OK)
		return buffer;
	else if ((id->type == ID_FQDN || id->type == ID_RFC822_ADDR || id->type == ID_KEY_ID) &&
		 is_plain(id))
		snprintf(buffer, IDENTITY_TEXT_MAX, format, (int)id->len, (const char *)id->data);
	else if (id->type == ID_KEY_ID)
		hex_text("@#", id, buffer);
	else {
		snprintf(prefix, sizeof(prefix), "ID type %u #", id->type);
		hex_text(prefix, id, buffer);
	}
	return buffer;
}
