/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes in (struct span, read from the front) and out (struct sink, bounded). Network byte order.
 */
#ifndef VANTH_BASE_SPAN_H
#define VANTH_BASE_SPAN_H

#include <stdint.h>
#include "base/rc.h"

struct span {
	const uint8_t *ptr;
	size_t len;
};

#define SPAN_NONE      ((struct span){ NULL, 0 })
#define SPAN_OF(array) ((struct span){ (const uint8_t *)(array), sizeof(array) })

static inline struct span span_make(const void *ptr, size_t len)
{
	return (struct span){ (const uint8_t *)ptr, len };
}

/* Each read takes its bytes from the front of *in; RC_TRUNCATED leaves *in as it was. */
enum rc span_u8(struct span *in, uint8_t *out) MUST_CHECK;
enum rc span_u16(struct span *in, uint16_t *out) MUST_CHECK;
enum rc span_u32(struct span *in, uint32_t *out) MUST_CHECK;
enum rc span_u64(struct span *in, uint64_t *out) MUST_CHECK;
enum rc span_bytes(struct span *in, void *out, size_t len) MUST_CHECK;
/* *out points into *in. */
enum rc span_take(struct span *in, size_t len, struct span *out) MUST_CHECK;
/* RC_TRAILING unless *in is empty. */
enum rc span_end(const struct span *in) MUST_CHECK;
/* Not for secrets (base/secret.h has secret_equal). */
bool span_equal(struct span a, struct span b);
bool span_equal_text(struct span a, const char *text);

/* A bounded output buffer. A write that does not fit writes nothing, and every later write is
 * refused too: callers check sink_rc() once at the end. */
struct sink {
	uint8_t *ptr;
	size_t len;
	size_t cap;
	bool full;
};

void sink_init(struct sink *sink, void *buffer, size_t cap);
void sink_u8(struct sink *sink, uint8_t value);
void sink_u16(struct sink *sink, uint16_t value);
void sink_u32(struct sink *sink, uint32_t value);
void sink_u64(struct sink *sink, uint64_t value);
void sink_bytes(struct sink *sink, const void *ptr, size_t len);
void sink_span(struct sink *sink, struct span span);
/* Room for len bytes that the caller fills; NULL when it does not fit. */
uint8_t *sink_room(struct sink *sink, size_t len);
/* Overwrite earlier bytes; `at` is an earlier sink->len. */
void sink_patch_u8(struct sink *sink, size_t at, uint8_t value);
void sink_patch_u16(struct sink *sink, size_t at, uint16_t value);
void sink_patch_u32(struct sink *sink, size_t at, uint32_t value);
struct span sink_written(const struct sink *sink);
/* RC_LIMIT once a write did not fit. */
enum rc sink_rc(const struct sink *sink) MUST_CHECK;

#endif
