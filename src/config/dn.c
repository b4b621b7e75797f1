/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/dn.h"

#define TAG_OID	      0x06
#define TAG_UTF8      0x0c
#define TAG_PRINTABLE 0x13
#define TAG_TELETEX   0x14
#define TAG_IA5	      0x16
#define TAG_SEQUENCE  0x30
#define TAG_SET	      0x31
#define VALUE_MAX     512 /* of one attribute */
#define OID_MAX	      40
#define JOINED_MAX    8 /* attributes in one RDN */

/* ---- DER in ---- */
static enum rc der_take(struct span *in, uint8_t *tag, struct span *out)
{
	struct span at = *in;
	uint8_t len8 = 0, more = 0;
	size_t len;

	TRY(span_u8(&at, tag));
	TRY(span_u8(&at, &len8));
	len = len8;
	if (len8 == 0x81 || len8 == 0x82) {
		len = 0;
		for (unsigned i = 0; i < (len8 & 0x7fU); i++) {
			TRY(span_u8(&at, &more));
			len = len << 8 | more;
		}
	} else if (len8 >= 0x80) {
		return RC_SYNTAX;
	}
	TRY(span_take(&at, len, out));
	*in = at;
	return RC_OK;
}

static enum rc der_expect(struct span *in, uint8_t tag, struct span *out)
{
	uint8_t found = 0;
	struct span at = *in;
	if (der_take(&at, &found, out) != RC_OK || found != tag)
		return RC_SYNTAX;
	*in = at;
	return RC_OK;
}

enum rc dn_open(struct dn_reader *reader, struct span der)
{
	*reader = (struct dn_reader){ 0 };
	TRY(der_expect(&der, TAG_SEQUENCE, &reader->names));
	return span_end(&der) == RC_OK ? RC_OK : RC_SYNTAX;
}

enum rc dn_next(struct dn_reader *reader, struct dn_attribute *out)
{
	struct span pair;

	out->joined = reader->set.len > 0;
	if (!out->joined) {
		if (reader->names.len == 0)
			return RC_NOT_FOUND;
		TRY(der_expect(&reader->names, TAG_SET, &reader->set));
	}
	TRY(der_expect(&reader->set, TAG_SEQUENCE, &pair));
	TRY(der_expect(&pair, TAG_OID, &out->oid));
	if (der_take(&pair, &out->tag, &out->value) != RC_OK || out->oid.len == 0)
		return RC_SYNTAX;
	return span_end(&pair) == RC_OK ? RC_OK : RC_SYNTAX;
}

bool dn_valid(struct span der)
{
	struct dn_reader reader;
	struct dn_attribute attribute;
	enum rc rc = dn_open(&reader, der);
	while (rc == RC_OK)
		rc = dn_next(&reader, &attribute);
	return rc == RC_NOT_FOUND;
}

/* ---- comparison ---- */
static bool is_text_tag(uint8_t tag)
{
	return tag == TAG_UTF8 || tag == TAG_PRINTABLE || tag == TAG_IA5 || tag == TAG_TELETEX;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* The next character with runs of blanks made one and blanks at both ends left out; -1 at the end.
 */
static int folded(struct span *text)
{
	bool blank = false;
	while (text->len > 0 && *text->ptr == ' ') {
		text->ptr++;
		text->len--;
		blank = true;
	}
	if (text->len == 0)
		return -1;
	if (blank)
		return ' ';
	text->len--;
	return lower(*text->ptr++);
}

static void skip_blanks(struct span *text)
{
	while (text->len > 0 && *text->ptr == ' ') {
		text->ptr++;
		text->len--;
	}
}

static bool same_text(struct span a, struct span b)
{
	int x, y;
	skip_blanks(&a);
	skip_blanks(&b);
	do {
		x = folded(&a);
		y = folded(&b);
	} while (x == y && x >= 0);
	return x == y;
}

static bool same_value(const struct dn_attribute *a, const struct dn_attribute *b)
{
	if (is_text_tag(a->tag) && is_text_tag(b->tag))
		return same_text(a->value, b->value);
	return a->tag == b->tag && span_equal(a->value, b->value);
}

/* longer: der may go on with RDNs of its own. */
static bool compare_names(struct span pattern, struct span der, bool longer, unsigned *wildcards)
{
	struct dn_reader p, d;
	struct dn_attribute a, b;
	enum rc rp, rd;

	if (dn_open(&p, pattern) != RC_OK || dn_open(&d, der) != RC_OK)
		return false;
	for (;;) {
		rp = dn_next(&p, &a);
		rd = dn_next(&d, &b);
		if (longer && rp == RC_NOT_FOUND && rd == RC_OK)
			return !b.joined;
		if (rp != RC_OK || rd != RC_OK)
			return rp == RC_NOT_FOUND && rd == RC_NOT_FOUND;
		if (a.joined != b.joined || !span_equal(a.oid, b.oid))
			return false;
		if (wildcards != NULL && is_text_tag(a.tag) && span_equal_text(a.value, "*"))
			++*wildcards;
		else if (!same_value(&a, &b))
			return false;
	}
}

bool dn_match(struct span pattern, struct span der, unsigned *wildcards)
{
	if (wildcards != NULL)
		*wildcards = 0;
	return compare_names(pattern, der, false, wildcards);
}

bool dn_within(struct span base, struct span der)
{
	return compare_names(base, der, true, NULL);
}

enum rc dn_fold(struct span der, struct sink *out)
{
	struct dn_reader reader;
	struct dn_attribute a;
	enum rc rc;

	TRY(dn_open(&reader, der));
	while ((rc = dn_next(&reader, &a)) == RC_OK) {
		bool text = is_text_tag(a.tag);
		int c;
		sink_u8(out, a.joined);
		sink_span(out, a.oid);
		sink_u8(out, text ? 0 : a.tag);
		if (!text)
			sink_span(out, a.value);
		skip_blanks(&a.value);
		while (text && (c = folded(&a.value)) >= 0)
			sink_u8(out, (uint8_t)c);
	}
	return rc == RC_NOT_FOUND ? sink_rc(out) : rc;
}

/* ---- DER out ---- */
static void der_put(struct sink *sink, uint8_t tag, struct span content)
{
	sink_u8(sink, tag);
	if (content.len >= 256) {
		sink_u8(sink, 0x82);
		sink_u8(sink, (uint8_t)(content.len >> 8));
	} else if (content.len >= 128) {
		sink_u8(sink, 0x81);
	}
	sink_u8(sink, (uint8_t)content.len);
	sink_span(sink, content);
}

static bool is_printable_string(struct span value)
{
	static const char allowed[] = " '()+,-./:=?";
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.ptr[i];
		bool alnum = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
		if (!alnum && (c == 0 || strchr(allowed, c) == NULL))
			return false;
	}
	return true;
}

static uint8_t string_tag(const struct dn_name *name, struct span value)
{
	uint8_t tag = name != NULL ? name->tag : 0;
	if (tag == TAG_IA5)
		return TAG_IA5;
	return is_printable_string(value) ? TAG_PRINTABLE : TAG_UTF8;
}

/* "2.5.4.3" to content octets. */
static bool oid_octets(const char *text, size_t len, uint8_t *out, size_t *out_len)
{
	unsigned long arcs[OID_MAX / 2];
	unsigned count = 0;
	size_t used = 0;
	const char *p = text, *end = text + len;

	while (p < end && count < OID_MAX / 2) {
		size_t digits = strspn(p, "0123456789");
		if (digits == 0 || digits > 9)
			return false;
		arcs[count++] = strtoul(p, NULL, 10);
		p += digits;
		if (p < end && (*p++ != '.' || p == end))
			return false;
	}
	if (p != end || count < 2 || arcs[0] > 2 || (arcs[0] < 2 && arcs[1] > 39))
		return false;
	arcs[1] += arcs[0] * 40;
	for (unsigned i = 1; i < count; i++) {
		int shift = 28;
		while (shift > 0 && arcs[i] >> shift == 0)
			shift -= 7;
		for (; shift >= 0; shift -= 7) {
			if (used == OID_MAX)
				return false;
			out[used++] = (uint8_t)((arcs[i] >> shift & 0x7f) | (shift > 0 ? 0x80 : 0));
		}
	}
	*out_len = used;
	return true;
}

/* ---- text in ---- */
struct scan {
	const char *text, *at;
	char separator; /* ',' or '/' */
	struct diag *diag;
};

/* The attribute word at p that an '=' ends: its length, 0 when it is none. */
static size_t attribute_word(const char *p)
{
	size_t len = strcspn(p, "=,/+\\\"");
	size_t word = len;
	uint8_t octets[OID_MAX];
	size_t octet_len;
	if (p[len] != '=')
		return 0;
	while (word > 0 && p[word - 1] == ' ')
		word--;
	if (dn_name_find(p, word) != NULL || oid_octets(p, word, octets, &octet_len))
		return word;
	return 0;
}

static enum rc scan_attribute(struct scan *scan, struct sink *oid, const struct dn_name **name)
{
	size_t word, len = 0;
	uint8_t *room;

	scan->at += strspn(scan->at, " ");
	word = attribute_word(scan->at);
	if (word == 0)
		return diag_fail(
			scan->diag, RC_SYNTAX,
			"\"%.40s\" is not an attribute=value of a distinguished name (known: C, "
			"ST, "
			"L, O, OU, CN, E, DC, UID, SN, ...; a comma in a value is written \\,)",
			scan->at);
	*name = dn_name_find(scan->at, word);
	room = oid->ptr;
	if (*name != NULL)
		sink_bytes(oid, (*name)->oid, (*name)->oid_len);
	else if (oid_octets(scan->at, word, room, &len))
		oid->len = len;
	scan->at += word + strspn(scan->at + word, " ") + 1;
	return RC_OK;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool value_ends(const struct scan *scan, const char *p)
{
	if (*p == '\0' || *p == scan->separator)
		return true;
	return *p == '+' && attribute_word(p + 1 + strspn(p + 1, " ")) > 0;
}

/* After the backslash: two hex digits or the character itself. */
static void scan_escape(struct scan *scan, struct sink *value)
{
	int high = hex_digit(scan->at[0]);
	int low = high >= 0 ? hex_digit(scan->at[1]) : -1;
	if (low >= 0) {
		sink_u8(value, (uint8_t)(high * 16 + low));
		scan->at += 2;
	} else if (*scan->at != '\0') {
		sink_u8(value, (uint8_t)*scan->at++);
	}
}

static enum rc scan_value(struct scan *scan, struct sink *value)
{
	size_t keep = 0; /* escaped blanks at the end stay */
	bool quoted;

	scan->at += strspn(scan->at, " ");
	quoted = *scan->at == '"';
	if (quoted)
		scan->at++;
	while (quoted ? *scan->at != '"' && *scan->at != '\0' : !value_ends(scan, scan->at)) {
		char c = *scan->at++;
		if (c == '\\')
			scan_escape(scan, value);
		else
			sink_u8(value, (uint8_t)c);
		if (c != ' ' || quoted)
			keep = value->len;
	}
	if (quoted && *scan->at++ != '"')
		return diag_fail(scan->diag, RC_SYNTAX, "a closing quote is missing in the name");
	scan->at += strspn(scan->at, " ");
	value->len = keep;
	if (sink_rc(value) != RC_OK || keep == 0)
		return diag_fail(scan->diag, RC_SYNTAX, "a value in the name is %s",
				 keep == 0 ? "empty" : "too long");
	if (!value_ends(scan, scan->at))
		return diag_fail(scan->diag, RC_SYNTAX, "\"%.40s\" follows a closing quote",
				 scan->at);
	return RC_OK;
}

static enum rc scan_pair(struct scan *scan, struct sink *out)
{
	uint8_t oid_buffer[OID_MAX], value_buffer[VALUE_MAX], pair_buffer[VALUE_MAX + OID_MAX + 8];
	struct sink oid, value, pair;
	const struct dn_name *name = NULL;
	struct span text;

	sink_init(&oid, oid_buffer, sizeof(oid_buffer));
	sink_init(&value, value_buffer, sizeof(value_buffer));
	sink_init(&pair, pair_buffer, sizeof(pair_buffer));
	TRY(scan_attribute(scan, &oid, &name));
	TRY(scan_value(scan, &value));
	text = sink_written(&value);
	der_put(&pair, TAG_OID, sink_written(&oid));
	der_put(&pair, string_tag(name, text), text);
	der_put(out, TAG_SEQUENCE, sink_written(&pair));
	return sink_rc(out);
}

static int compare_octets(struct span a, struct span b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++)
		if (a.ptr[i] != b.ptr[i])
			return a.ptr[i] < b.ptr[i] ? -1 : 1;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* DER wants the members of a SET OF in the order of their octets. */
static void sort_pairs(struct span *pairs, unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		for (unsigned k = i; k > 0 && compare_octets(pairs[k - 1], pairs[k]) > 0; k--) {
			struct span swap = pairs[k];
			pairs[k] = pairs[k - 1];
			pairs[k - 1] = swap;
		}
}

static enum rc scan_rdn(struct scan *scan, struct sink *out)
{
	uint8_t buffer[DN_DER_MAX], sorted[DN_DER_MAX];
	struct span pairs[JOINED_MAX];
	struct sink set, members;
	unsigned count = 0;

	sink_init(&set, buffer, sizeof(buffer));
	for (;;) {
		size_t start = set.len;
		if (count == JOINED_MAX)
			return RC_LIMIT;
		TRY(scan_pair(scan, &set));
		pairs[count++] = span_make(buffer + start, set.len - start);
		if (*scan->at != '+')
			break;
		scan->at++;
	}
	sort_pairs(pairs, count);
	sink_init(&members, sorted, sizeof(sorted));
	for (unsigned i = 0; i < count; i++)
		sink_span(&members, pairs[i]);
	der_put(out, TAG_SET, sink_written(&members));
	return sink_rc(out);
}

enum rc dn_parse(const char *text, uint8_t *der, size_t *len, struct diag *diag)
{
	struct scan scan = { text, text + strspn(text, " "), ',', diag };
	uint8_t buffer[DN_DER_MAX];
	struct sink names, out;
	enum rc rc;

	if (*scan.at == '/') {
		scan.separator = '/';
		scan.at++;
	}
	sink_init(&names, buffer, sizeof(buffer));
	while ((rc = scan_rdn(&scan, &names)) == RC_OK && *scan.at == scan.separator)
		scan.at++;
	sink_init(&out, der, DN_DER_MAX);
	if (rc == RC_OK)
		der_put(&out, TAG_SEQUENCE, sink_written(&names));
	if (rc == RC_LIMIT || (rc == RC_OK && sink_rc(&out) != RC_OK))
		return diag_fail(diag, RC_LIMIT,
				 "the distinguished name is too long (at most %d bytes)",
				 DN_DER_MAX);
	TRY(rc);
	*len = out.len;
	return RC_OK;
}
