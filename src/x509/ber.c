/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/ber.h"

#define DEPTH_MAX   24
#define CONSTRUCTED 0x20
#define INDEFINITE  SIZE_MAX

/* *len: of the body, INDEFINITE where its end is marked. */
static enum rc take_header(struct span *in, uint8_t *tag, size_t *len)
{
	size_t bytes, at = 2;

	if (in->len < 2)
		return RC_SYNTAX;
	*tag = in->ptr[0];
	*len = in->ptr[1];
	if ((*tag & 0x1f) == 0x1f)
		return RC_SYNTAX; /* a tag of several bytes: none has it here */
	if (*len == 0x80)
		*len = INDEFINITE;
	else if (*len > 0x80) {
		bytes = *len & 0x7f;
		if (bytes > 4 || in->len < at + bytes)
			return RC_SYNTAX;
		for (*len = 0; bytes > 0; bytes--)
			*len = *len << 8 | in->ptr[at++];
	}
	if (*len == INDEFINITE ? (*tag & CONSTRUCTED) == 0 : in->len - at < *len)
		return RC_SYNTAX;
	*in = span_make(in->ptr + at, in->len - at);
	return RC_OK;
}

static bool take_end(struct span *in)
{
	if (in->len < 2 || in->ptr[0] != 0 || in->ptr[1] != 0)
		return false;
	*in = span_make(in->ptr + 2, in->len - 2);
	return true;
}

/* What an element is within: whole_string: parts of an OCTET STRING, whose headers go. */
static enum rc copy(struct span *in, struct sink *out, unsigned depth, bool whole_string)
{
	struct span body;
	uint8_t tag;
	size_t len, at = 0;
	bool string, marked;

	TRY(take_header(in, &tag, &len));
	if (depth == DEPTH_MAX)
		return RC_LIMIT;
	marked = len == INDEFINITE;
	string = tag == (ASN1_OCTET_STRING | CONSTRUCTED);
	if (whole_string && !string && tag != ASN1_OCTET_STRING)
		return RC_SYNTAX;
	if (!whole_string)
		at = der_begin(out, string ? ASN1_OCTET_STRING : tag);
	body = marked ? *in : span_make(in->ptr, len);
	if ((tag & CONSTRUCTED) == 0) {
		sink_span(out, body);
		body.len = 0;
	}
	while (marked ? !take_end(&body) : body.len > 0)
		TRY(copy(&body, out, depth + 1, string));
	*in = marked ? body : span_make(in->ptr + len, in->len - len);
	if (!whole_string)
		der_end(out, at);
	return RC_OK;
}

enum rc ber_to_der(struct span in, struct arena *arena, struct span *out)
{
	size_t room = in.len + in.len / 2 + 16;
	struct sink sink;
	uint8_t *bytes;

	if (in.len > BER_SIZE_MAX)
		return RC_LIMIT;
	bytes = arena_alloc(arena, room);
	if (bytes == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, bytes, room);
	TRY(copy(&in, &sink, 0, false));
	if (in.len > 0)
		return RC_TRAILING;
	*out = span_make(bytes, sink.len);
	return sink.full ? RC_LIMIT : RC_OK;
}
