/* SPDX-License-Identifier: Apache-2.0 */
#include "base/der.h"
#include <stdio.h>
#include <string.h>

#define LONG_FORM  0x80
#define LENGTH_MAX 4 /* bytes of a length in long form */

/* X.690 §8.1.3, §10.1: short below 128, else the fewest bytes that hold it; never indefinite. */
static enum rc take_length(struct span *in, size_t *len)
{
	uint8_t first, byte;
	TRY(span_u8(in, &first));
	*len = first;
	if (first < LONG_FORM)
		return RC_OK;
	unsigned count = first & ~LONG_FORM & 0xff;
	if (count == 0 || count > LENGTH_MAX)
		return RC_SYNTAX;
	*len = 0;
	for (unsigned i = 0; i < count; i++) {
		TRY(span_u8(in, &byte));
		if (i == 0 && byte == 0)
			return RC_SYNTAX;
		*len = *len << 8 | byte;
	}
	return *len < LONG_FORM ? RC_SYNTAX : RC_OK;
}

enum rc der_next(struct span *in, uint8_t *tag, struct span *body)
{
	struct span rest = *in;
	uint8_t found;
	size_t len;
	TRY(span_u8(&rest, &found));
	if (found == 0 || (found & 0x1f) == 0x1f)
		return RC_SYNTAX;
	TRY(take_length(&rest, &len));
	TRY(span_take(&rest, len, body));
	*tag = found;
	*in = rest;
	return RC_OK;
}

enum rc der_take(struct span *in, uint8_t tag, struct span *body)
{
	struct span rest = *in, inside;
	uint8_t found;
	TRY(der_next(&rest, &found, &inside));
	if (found != tag)
		return RC_SYNTAX;
	if (body != NULL)
		*body = inside;
	*in = rest;
	return RC_OK;
}

enum rc der_whole(struct span *in, uint8_t tag, struct span *whole)
{
	struct span start = *in;
	TRY(der_take(in, tag, NULL));
	*whole = span_make(start.ptr, start.len - in->len);
	return RC_OK;
}

bool der_is_next(const struct span *in, uint8_t tag)
{
	return in->len > 0 && in->ptr[0] == tag;
}

enum rc der_only(struct span in, uint8_t tag, struct span *body)
{
	TRY(der_take(&in, tag, body));
	return span_end(&in);
}

/* X.690 §8.3.2: the first nine bits are neither all 0 nor all 1. Negative numbers have the first
 * bit set. */
enum rc der_unsigned(struct span *in, struct span *number)
{
	struct span rest = *in, body;
	TRY(der_take(&rest, ASN1_INTEGER, &body));
	if (body.len == 0 || (body.ptr[0] & 0x80) != 0)
		return RC_SYNTAX;
	if (body.len > 1 && body.ptr[0] == 0) {
		if ((body.ptr[1] & 0x80) == 0)
			return RC_SYNTAX;
		body = span_make(body.ptr + 1, body.len - 1);
	}
	*number = body;
	*in = rest;
	return RC_OK;
}

enum rc der_small(struct span *in, uint32_t *number)
{
	struct span rest = *in, body;
	TRY(der_unsigned(&rest, &body));
	if (body.len > sizeof *number)
		return RC_RANGE;
	*number = 0;
	for (size_t i = 0; i < body.len; i++)
		*number = *number << 8 | body.ptr[i];
	*in = rest;
	return RC_OK;
}

enum rc der_bits(struct span *in, struct span *bytes)
{
	struct span rest = *in, body;
	uint8_t unused;
	TRY(der_take(&rest, ASN1_BIT_STRING, &body));
	if (span_u8(&body, &unused) != RC_OK || unused != 0)
		return RC_SYNTAX;
	*bytes = body;
	*in = rest;
	return RC_OK;
}

enum rc der_boolean(struct span *in, bool *value)
{
	struct span rest = *in, body;
	TRY(der_take(&rest, ASN1_BOOLEAN, &body));
	if (body.len != 1 || (body.ptr[0] != 0 && body.ptr[0] != 0xff))
		return RC_SYNTAX;
	*value = body.ptr[0] != 0;
	*in = rest;
	return RC_OK;
}

/* X.690 §8.19: base 128, the last byte of an arc without the high bit. */
static bool take_arc(struct span *in, uint64_t *arc)
{
	uint8_t byte = 0x80;
	*arc = 0;
	if (in->len == 0 || in->ptr[0] == 0x80)
		return false;
	while ((byte & 0x80) != 0) {
		if (*arc >> 56 != 0 || span_u8(in, &byte) != RC_OK)
			return false;
		*arc = *arc << 7 | (byte & 0x7f);
	}
	return true;
}

const char *der_oid_text(struct span oid, char buffer[DER_OID_TEXT_MAX])
{
	uint64_t arc;
	size_t len = 0;
	if (!take_arc(&oid, &arc))
		return "?";
	uint64_t top = arc < 80 ? arc / 40 : 2;
	len = (size_t)snprintf(buffer, DER_OID_TEXT_MAX, "%llu.%llu", (unsigned long long)top,
			       (unsigned long long)(arc - 40 * top));
	while (oid.len > 0) {
		if (!take_arc(&oid, &arc))
			return "?";
		if (len + sizeof ".18446744073709551615..." > DER_OID_TEXT_MAX) {
			snprintf(buffer + len, DER_OID_TEXT_MAX - len, "...");
			break;
		}
		len += (size_t)snprintf(buffer + len, DER_OID_TEXT_MAX - len, ".%llu",
					(unsigned long long)arc);
	}
	return buffer;
}

static unsigned length_bytes(size_t len)
{
	unsigned count = 0;
	for (; len >= LONG_FORM && len >> (8 * count) != 0; count++)
		;
	return count;
}

size_t der_begin(struct sink *sink, uint8_t tag)
{
	sink_u8(sink, tag);
	sink_u8(sink, 0);
	return sink->len;
}

void der_end(struct sink *sink, size_t at)
{
	if (sink->full)
		return;
	size_t len = sink->len - at;
	unsigned more = length_bytes(len);
	if (more > 0) {
		if (sink_room(sink, more) == NULL)
			return;
		memmove(sink->ptr + at + more, sink->ptr + at, len);
		for (unsigned i = 0; i < more; i++)
			sink->ptr[at + i] = (uint8_t)(len >> (8 * (more - 1 - i)));
	}
	sink->ptr[at - 1] = (uint8_t)(more == 0 ? len : LONG_FORM | more);
}

void der_put(struct sink *sink, uint8_t tag, struct span body)
{
	size_t at = der_begin(sink, tag);
	sink_span(sink, body);
	der_end(sink, at);
}

void der_put_unsigned(struct sink *sink, struct span number)
{
	while (number.len > 0 && number.ptr[0] == 0)
		number = span_make(number.ptr + 1, number.len - 1);
	size_t at = der_begin(sink, ASN1_INTEGER);
	if (number.len == 0 || (number.ptr[0] & 0x80) != 0)
		sink_u8(sink, 0);
	sink_span(sink, number);
	der_end(sink, at);
}

void der_put_small(struct sink *sink, uint32_t number)
{
	const uint8_t bytes[] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
				  (uint8_t)(number >> 8), (uint8_t)number };
	der_put_unsigned(sink, SPAN_OF(bytes));
}
