/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

/* An SK payload with an IV of 8 bytes 1, a text of 5 bytes 2, an ICV of 16 bytes 3. */
static void sk_write(struct wire_test *t, uint16_t fragment, uint16_t fragments,
		     struct wire_sk_room *room)
{
	assert_int_equal(wire_sk_emit(&t->writer, PAYLOAD_IDi, fragment, fragments, 8, 5, 16, room),
			 RC_OK);
	memset(room->iv, 1, 8);
	memset(room->text, 2, room->text_len);
	memset(room->icv, 3, 16);
}

static enum rc read_sk(struct wire_test *t, size_t iv_len, size_t icv_len, struct wire_sk *sk)
{
	return wire_sk_parse(&t->message, t->message.last, iv_len, icv_len, sk, &t->diag);
}

static void sk_survives_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_sk_room room;
	struct wire_sk sk;
	sk_write(t, 0, 0, &room);
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_SK);
	assert_int_equal(p->inner, PAYLOAD_IDi);
	assert_int_equal(read_sk(t, 8, 16, &sk), RC_OK);
	assert_span(sk.iv, BYTES(1, 1, 1, 1, 1, 1, 1, 1));
	assert_span(sk.ciphertext, BYTES(2, 2, 2, 2, 2));
	assert_int_equal(sk.icv.len, 16);
	assert_int_equal(sk.icv.ptr[0], 3);
	assert_int_equal(sk.fragment, 0);
	assert_int_equal(sk.fragments, 0);
}

/* RFC 5282 §5.1 and RFC 7296 §3.14 */
static void both_sides_agree_on_what_is_protected(void **state)
{
	struct wire_test *t = *state;
	struct wire_sk_room room;
	struct wire_sk sk;
	writer_payload_begin(&t->writer, PAYLOAD_VENDOR, false); /* a clear payload before SK */
	writer_payload_end(&t->writer);
	sk_write(t, 0, 0, &room);
	sent_plain(t);
	assert_int_equal(read_sk(t, 8, 16, &sk), RC_OK);
	assert_int_equal(sk.aad.len, IKE_HEADER_LEN + 4 + 4);
	assert_ptr_equal(sk.aad.ptr, t->message.raw.ptr);
	assert_span(sk.aad, room.aad);
	assert_int_equal(sk.signed_part.len, IKE_HEADER_LEN + 4 + 4 + 8 + 5);
	assert_span(sk.signed_part, room.signed_part);
}

/* RFC 7383 §2.5: the fragment numbers belong to the payload's header, so they are authenticated
 * too. */
static void fragment_survives_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_sk_room room;
	struct wire_sk sk;
	sk_write(t, 1, 3, &room);
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_SKF);
	assert_int_equal(p->inner, PAYLOAD_IDi);
	assert_int_equal(read_sk(t, 8, 16, &sk), RC_OK);
	assert_int_equal(sk.fragment, 1);
	assert_int_equal(sk.fragments, 3);
	assert_int_equal(sk.aad.len, IKE_HEADER_LEN + 8);
	assert_span(sk.aad, room.aad);
	assert_span(sk.signed_part, room.signed_part);
	assert_span(sk.ciphertext, BYTES(2, 2, 2, 2, 2));
}

static void only_the_first_fragment_names_the_first_type(void **state)
{
	struct wire_test *t = *state;
	struct wire_sk_room room;
	sk_write(t, 2, 3, &room);
	assert_int_equal(sent_plain(t)->inner, PAYLOAD_NONE);
}

/* A received SK or SKF whose body is these bytes, in a block of their size. */
static enum rc parse_as(struct wire_test *t, uint8_t type, struct span body, size_t iv_len,
			size_t icv_len)
{
	uint8_t *copy = malloc(IKE_HEADER_LEN + 4 + body.len);
	struct payload payload = { .type = type };
	struct ike_message message = { .raw = { copy, IKE_HEADER_LEN + 4 + body.len } };
	struct wire_sk sk;
	if (body.len != 0)
		memcpy(copy + IKE_HEADER_LEN + 4, body.ptr, body.len);
	payload.body = span_make(copy + IKE_HEADER_LEN + 4, body.len);
	enum rc rc = wire_sk_parse(&message, &payload, iv_len, icv_len, &sk, &t->diag);
	if (rc == RC_OK)
		assert_int_equal(sk.iv.len + sk.ciphertext.len + sk.icv.len,
				 body.len - (type == PAYLOAD_SKF ? 4 : 0));
	free(copy);
	return rc;
}

static void ciphertext_needs_at_least_one_byte(void **state)
{
	struct wire_test *t = *state;
	uint8_t bytes[40] = { 0 };
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		assert_int_equal(parse_as(t, PAYLOAD_SK, span_make(bytes, len), 8, 16),
				 len < 25 ? RC_TRUNCATED : RC_OK);
		assert_int_equal(parse_as(t, PAYLOAD_SK, span_make(bytes, len), 0, 0),
				 len < 1 ? RC_TRUNCATED : RC_OK);
	}
	assert_int_equal(parse_as(t, PAYLOAD_SK, SPAN_OF(bytes), SIZE_MAX, 16), RC_TRUNCATED);
	assert_int_equal(parse_as(t, PAYLOAD_SK, SPAN_OF(bytes), 8, SIZE_MAX), RC_TRUNCATED);
}

static void fragment_is_refused_when_cut_at_any_byte(void **state)
{
	struct wire_test *t = *state;
	uint8_t bytes[40] = { 0, 1, 0, 2 };
	for (size_t len = 0; len <= sizeof(bytes); len++)
		assert_int_equal(parse_as(t, PAYLOAD_SKF, span_make(bytes, len), 8, 16),
				 len < 29 ? RC_TRUNCATED : RC_OK);
}

/* RFC 7383 §2.5 */
static void fragment_numbers_must_make_sense(void **state)
{
	struct wire_test *t = *state;
	assert_int_equal(parse_as(t, PAYLOAD_SKF, BYTES(0, 0, 0, 1, 9), 0, 0), RC_SYNTAX);
	assert_int_equal(parse_as(t, PAYLOAD_SKF, BYTES(0, 0, 0, 0, 9), 0, 0), RC_SYNTAX);
	assert_int_equal(parse_as(t, PAYLOAD_SKF, BYTES(0, 2, 0, 1, 9), 0, 0), RC_SYNTAX);
	assert_int_equal(parse_as(t, PAYLOAD_SKF, BYTES(0, 2, 0, 2, 9), 0, 0), RC_OK);
	assert_int_equal(parse_as(t, PAYLOAD_SKF, BYTES(0, 1, 0, LIMIT_FRAGMENTS, 9), 0, 0), RC_OK);
	assert_int_equal(parse_as(t, PAYLOAD_SKF, BYTES(0, 1, 0, LIMIT_FRAGMENTS + 1, 9), 0, 0),
			 RC_LIMIT);
	assert_int_equal(parse_as(t, PAYLOAD_SKF, BYTES(0xff, 0xff, 0xff, 0xff, 9), 0, 0),
			 RC_LIMIT);
}

static void other_payloads_are_not_looked_into(void **state)
{
	struct wire_test *t = *state;
	assert_int_equal(parse_as(t, PAYLOAD_NONCE, BYTES(1, 2, 3), 1, 1), RC_INTERNAL);
}

static void room_is_as_large_as_asked_for_and_ends_the_message(void **state)
{
	struct wire_test *t = *state;
	struct wire_sk_room room;
	assert_int_equal(wire_sk_emit(&t->writer, PAYLOAD_IDi, 0, 0, 16, 100, 32, &room), RC_OK);
	assert_ptr_equal(room.text, room.iv + 16);
	assert_ptr_equal(room.icv, room.text + 100);
	assert_int_equal(room.text_len, 100);
	assert_ptr_equal(room.icv + 32, t->sink.ptr + t->sink.len);
	assert_int_equal(t->sink.len, IKE_HEADER_LEN + 4 + 148);
	assert_int_equal(t->buffer[27], t->sink.len);
}

static void too_small_buffer_is_reported(void **state)
{
	struct wire_test *t = *state;
	struct ike_header header = test_header(EXCHANGE_IKE_AUTH, 0, 1);
	struct wire_sk_room room;
	size_t needed = IKE_HEADER_LEN + 8 + 8 + 5 + 16;
	for (size_t cap = 0; cap <= needed; cap++) {
		sink_init(&t->sink, t->buffer, cap);
		writer_message(&t->writer, &t->sink, &header);
		assert_int_equal(wire_sk_emit(&t->writer, PAYLOAD_IDi, 1, 1, 8, 5, 16, &room),
				 cap < needed ? RC_LIMIT : RC_OK);
	}
}

static void lengths_that_overflow_are_refused(void **state)
{
	struct wire_test *t = *state;
	struct wire_sk_room room;
	assert_int_equal(wire_sk_emit(&t->writer, 0, 0, 0, 8, SIZE_MAX - 8, 16, &room), RC_LIMIT);
	assert_int_equal(wire_sk_emit(&t->writer, 0, 0, 0, 8, 5, 300, &room), RC_LIMIT);
	assert_int_equal(wire_sk_emit(&t->writer, 0, 0, 0, 8, LIMIT_MESSAGE, 16, &room), RC_LIMIT);
}

static void sk_inside_sk_cannot_be_written(void **state)
{
	struct wire_test *t = *state;
	struct wire_sk_room room;
	writer_inner(&t->writer, &t->sink);
	assert_int_equal(wire_sk_emit(&t->writer, 0, 0, 0, 8, 5, 16, &room), RC_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(sk_survives_a_round_trip),
		WIRE_TEST(both_sides_agree_on_what_is_protected),
		WIRE_TEST(fragment_survives_a_round_trip),
		WIRE_TEST(only_the_first_fragment_names_the_first_type),
		WIRE_TEST(ciphertext_needs_at_least_one_byte),
		WIRE_TEST(fragment_is_refused_when_cut_at_any_byte),
		WIRE_TEST(fragment_numbers_must_make_sense),
		WIRE_TEST(other_payloads_are_not_looked_into),
		WIRE_TEST(room_is_as_large_as_asked_for_and_ends_the_message),
		WIRE_TEST(too_small_buffer_is_reported),
		WIRE_TEST(lengths_that_overflow_are_refused),
		WIRE_TEST(sk_inside_sk_cannot_be_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
