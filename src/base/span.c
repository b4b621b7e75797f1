/* SPDX-License-Identifier: Apache-2.0 */
#include "base/span.h"
#include <string.h>

static uint64_t load(const uint8_t *ptr, size_t len)
{
	uint64_t value = 0;
	for (size_t i = 0; i < len; i++)
		value = value << 8 | ptr[i];
	return value;
}

static void store(uint8_t *ptr, uint64_t value, size_t len)
{
	while (len > 0) {
		ptr[--len] = (uint8_t)value;
		value >>= 8;
	}
}

static enum rc take_number(struct span *in, size_t len, uint64_t *out)
{
	if (in->len < len)
		return RC_TRUNCATED;
	*out = load(in->ptr, len);
	in->ptr += len;
	in->len -= len;
	return RC_OK;
}

enum rc span_u8(struct span *in, uint8_t *out)
{
	uint64_t value;
	TRY(take_number(in, 1, &value));
	*out = (uint8_t)value;
	return RC_OK;
}

enum rc span_u16(struct span *in, uint16_t *out)
{
	uint64_t value;
	TRY(take_number(in, 2, &value));
	*out = (uint16_t)value;
	return RC_OK;
}

enum rc span_u32(struct span *in, uint32_t *out)
{
	uint64_t value;
	TRY(take_number(in, 4, &value));
	*out = (uint32_t)value;
	return RC_OK;
}

enum rc span_u64(struct span *in, uint64_t *out)
{
	return take_number(in, 8, out);
}

enum rc span_take(struct span *in, size_t len, struct span *out)
{
	if (in->len < len)
		return RC_TRUNCATED;
	struct span taken = { in->ptr, len };
	if (len > 0)
		*in = (struct span){ in->ptr + len, in->len - len };
	*out = taken;
	return RC_OK;
}

enum rc span_bytes(struct span *in, void *out, size_t len)
{
	struct span taken;
	TRY(span_take(in, len, &taken));
	if (len > 0)
		memcpy(out, taken.ptr, len);
	return RC_OK;
}

enum rc span_end(const struct span *in)
{
	return in->len == 0 ? RC_OK : RC_TRAILING;
}

bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool span_equal_text(struct span a, const char *text)
{
	return span_equal(a, span_make(text, strlen(text)));
}

void sink_init(struct sink *sink, void *buffer, size_t cap)
{
	*sink = (struct sink){ .ptr = buffer, .cap = cap };
}

uint8_t *sink_room(struct sink *sink, size_t len)
{
	if (sink->full || len > sink->cap - sink->len) {
		sink->full = true;
		return NULL;
	}
	uint8_t *room = sink->ptr + sink->len;
	sink->len += len;
	return room;
}

static void put_number(struct sink *sink, uint64_t value, size_t len)
{
	uint8_t *room = sink_room(sink, len);
	if (room != NULL)
		store(room, value, len);
}

void sink_u8(struct sink *sink, uint8_t value)
{
	put_number(sink, value, 1);
}

void sink_u16(struct sink *sink, uint16_t value)
{
	put_number(sink, value, 2);
}

void sink_u32(struct sink *sink, uint32_t value)
{
	put_number(sink, value, 4);
}

void sink_u64(struct sink *sink, uint64_t value)
{
	put_number(sink, value, 8);
}

void sink_bytes(struct sink *sink, const void *ptr, size_t len)
{
	if (len == 0)
		return;
	uint8_t *room = sink_room(sink, len);
	if (room != NULL)
		memcpy(room, ptr, len);
}

void sink_span(struct sink *sink, struct span span)
{
	sink_bytes(sink, span.ptr, span.len);
}

/* A patch outside of what was written is our own contradiction: it spoils the sink, not the memory.
 */
static void patch_number(struct sink *sink, size_t at, uint64_t value, size_t len)
{
	if (sink->full)
		return;
	if (at > sink->len || len > sink->len - at)
		sink->full = true;
	else
		store(sink->ptr + at, value, len);
}

void sink_patch_u8(struct sink *sink, size_t at, uint8_t value)
{
	patch_number(sink, at, value, 1);
}

void sink_patch_u16(struct sink *sink, size_t at, uint16_t value)
{
	patch_number(sink, at, value, 2);
}

void sink_patch_u32(struct sink *sink, size_t at, uint32_t value)
{
	patch_number(sink, at, value, 4);
}

struct span sink_written(const struct sink *sink)
{
	return span_make(sink->ptr, sink->len);
}

enum rc sink_rc(const struct sink *sink)
{
	return sink->full ? RC_LIMIT : RC_OK;
}
