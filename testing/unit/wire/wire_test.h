/* SPDX-License-Identifier: Apache-2.0 */
/* What the wire tests share: a message under construction, and bodies in heap blocks of exactly
 * their size, so that a sanitizer sees every byte read past them. */
#ifndef VANTH_WIRE_TEST_H
#define VANTH_WIRE_TEST_H

#include "unit/test.h"
#include <stdlib.h>
#include "wire/payloads.h"

#define TEST_SPI_I 0x0102030405060708u
#define TEST_SPI_R 0x1112131415161718u

struct wire_test {
	struct arena arena;
	struct sink sink;
	struct writer writer;
	struct ike_message message;
	struct diag diag;
	uint8_t *copy; /* of the written message, exactly sized */
	uint8_t buffer[LIMIT_MESSAGE + 1000];
};

static inline struct ike_header test_header(uint8_t exchange, uint8_t flags, uint32_t message_id)
{
	return (struct ike_header){ .spi_i = TEST_SPI_I,
				    .spi_r = TEST_SPI_R,
				    .version = IKE_VERSION_2,
				    .exchange = exchange,
				    .flags = flags,
				    .message_id = message_id };
}

static inline int wire_setup(void **state)
{
	struct wire_test *t = calloc(1, sizeof(*t));
	struct ike_header header = test_header(EXCHANGE_IKE_AUTH, IKE_FLAG_INITIATOR, 1);
	arena_init(&t->arena, LIMIT_EVENT_ARENA);
	sink_init(&t->sink, t->buffer, sizeof(t->buffer));
	writer_message(&t->writer, &t->sink, &header);
	*state = t;
	return 0;
}

static inline int wire_teardown(void **state)
{
	struct wire_test *t = *state;
	arena_free(&t->arena);
	free(t->copy);
	free(t);
	return 0;
}

#define WIRE_TEST(name) cmocka_unit_test_setup_teardown(name, wire_setup, wire_teardown)

static inline uint8_t *exact_copy(struct span bytes)
{
	uint8_t *copy = malloc(bytes.len == 0 ? 1 : bytes.len);
	if (bytes.len != 0)
		memcpy(copy, bytes.ptr, bytes.len);
	return copy;
}

/* Ends the message, parses it from an exact copy, and returns its first payload. */
static inline const struct payload *sent(struct wire_test *t)
{
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	t->copy = exact_copy(sink_written(&t->sink));
	assert_int_equal(wire_message_parse(&t->arena, span_make(t->copy, t->sink.len), &t->message,
					    NULL, &t->diag),
			 RC_OK);
	assert_non_null(t->message.first);
	return t->message.first;
}

/* As every emit function must write it: not critical, no reserved bit. */
static inline const struct payload *sent_plain(struct wire_test *t)
{
	const struct payload *first = sent(t);
	for (const struct payload *p = first; p != NULL; p = p->next)
		assert_int_equal(p->body.ptr[-3], 0);
	return first;
}

/* Parses a body and throws the result away. */
typedef enum rc (*body_parser)(struct arena *arena, struct span body, struct diag *diag);

/* A failure must come with a sentence. */
static inline enum rc body_rc(body_parser parse, struct span bytes)
{
	uint8_t *copy = exact_copy(bytes);
	/* the end of the block: a body of no bytes must not be read either */
	struct span body = { bytes.len == 0 ? copy + 1 : copy, bytes.len };
	struct arena arena;
	struct diag diag = { 0 };
	arena_init(&arena, LIMIT_EVENT_ARENA);
	enum rc rc = parse(&arena, body, &diag);
	if (rc != RC_OK)
		assert_true(diag.text[0] != '\0');
	arena_free(&arena);
	free(copy);
	return rc;
}

/* Every cut below `shortest` is refused, every one from there on is a body of its own. */
static inline void check_cuts(body_parser parse, struct span body, size_t shortest)
{
	for (size_t len = 0; len <= body.len; len++) {
		enum rc rc = body_rc(parse, span_make(body.ptr, len));
		if (len < shortest)
			assert_int_not_equal(rc, RC_OK);
		else
			assert_int_equal(rc, RC_OK);
	}
}

/* No bit of it, and no byte value anywhere, makes the parser read where it may not. */
static inline void check_flips(body_parser parse, struct span body)
{
	uint8_t *work = exact_copy(body);
	for (size_t at = 0; at < body.len; at++) {
		for (unsigned value = 0; value < 256; value++) {
			work[at] = (uint8_t)value;
			enum rc rc = body_rc(parse, span_make(work, body.len));
			assert_in_range(rc, RC_OK, RC_COUNT - 1);
		}
		work[at] = body.ptr[at];
	}
	free(work);
}

#define BYTES(...) SPAN_OF(((const uint8_t[]){ __VA_ARGS__ }))
#define assert_span(actual, expected)                                                              \
	do {                                                                                       \
		struct span a_ = (actual), e_ = (expected);                                        \
		assert_int_equal(a_.len, e_.len);                                                  \
		if (e_.len != 0)                                                                   \
			assert_memory_equal(a_.ptr, e_.ptr, e_.len);                               \
	} while (0)

#endif
