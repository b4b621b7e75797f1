/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static void nonce_add(struct wire_test *t, size_t len)
{
	writer_payload_begin(&t->writer, PAYLOAD_NONCE, false);
	for (size_t i = 0; i < len; i++)
		sink_u8(&t->sink, (uint8_t)i);
	writer_payload_end(&t->writer);
}

static void message_is_chained_and_its_lengths_are_patched(void **state)
{
	struct wire_test *t = *state;
	nonce_add(t, 2);
	writer_payload_begin(&t->writer, PAYLOAD_VENDOR, true);
	writer_payload_end(&t->writer);
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	assert_span(sink_written(&t->sink),
		    BYTES(1, 2, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20, 21, 22, 23, 24, PAYLOAD_NONCE,
			  0x20, 35, 8, 0, 0, 0, 1, 0, 0, 0, 38, PAYLOAD_VENDOR, 0, 0, 6, 0, 1, 0,
			  0x80, 0, 4));
}

static void given_next_and_length_are_not_sent(void **state)
{
	struct wire_test *t = *state;
	struct ike_header header = test_header(EXCHANGE_INFORMATIONAL, 0, 7);
	header.next = PAYLOAD_SA;
	header.length = 12345;
	sink_init(&t->sink, t->buffer, sizeof(t->buffer));
	writer_message(&t->writer, &t->sink, &header);
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	assert_int_equal(t->buffer[16], PAYLOAD_NONE);
	assert_int_equal(t->buffer[27], IKE_HEADER_LEN);
}

static void message_may_start_behind_other_bytes(void **state)
{
	struct wire_test *t = *state;
	struct ike_header header = test_header(EXCHANGE_INFORMATIONAL, 0, 7);
	struct span written;
	sink_init(&t->sink, t->buffer, sizeof(t->buffer));
	sink_u32(&t->sink, 0xffffffff); /* a NAT-T marker, RFC 3948 §2.2, stays untouched */
	writer_message(&t->writer, &t->sink, &header);
	nonce_add(t, 16);
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	written = sink_written(&t->sink);
	assert_span(span_make(written.ptr, 4), BYTES(0xff, 0xff, 0xff, 0xff));
	assert_int_equal(wire_message_parse(&t->arena, span_make(written.ptr + 4, written.len - 4),
					    &t->message, NULL, &t->diag),
			 RC_OK);
	assert_int_equal(t->message.first->type, PAYLOAD_NONCE);
}

static void inner_payloads_have_no_header_and_tell_the_first_type(void **state)
{
	struct wire_test *t = *state;
	sink_init(&t->sink, t->buffer, sizeof(t->buffer));
	writer_inner(&t->writer, &t->sink);
	assert_int_equal(t->writer.first_type, PAYLOAD_NONE);
	nonce_add(t, 1);
	writer_payload_begin(&t->writer, PAYLOAD_VENDOR, false);
	writer_payload_end(&t->writer);
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	assert_int_equal(t->writer.first_type, PAYLOAD_NONCE);
	assert_span(sink_written(&t->sink), BYTES(PAYLOAD_VENDOR, 0, 0, 5, 0, 0, 0, 0, 4));
}

static void too_small_buffer_is_reported_at_the_end_for_every_size(void **state)
{
	struct wire_test *t = *state;
	struct ike_header header = test_header(EXCHANGE_INFORMATIONAL, 0, 7);
	size_t needed = IKE_HEADER_LEN + 4 + 16;
	for (size_t cap = 0; cap <= needed; cap++) {
		uint8_t *buffer = malloc(cap + 1);
		sink_init(&t->sink, buffer, cap);
		writer_message(&t->writer, &t->sink, &header);
		nonce_add(t, 16);
		assert_int_equal(writer_message_end(&t->writer), cap < needed ? RC_LIMIT : RC_OK);
		free(buffer);
	}
}

static void payload_longer_than_its_length_field_is_refused(void **state)
{
	struct wire_test *t = *state;
	for (size_t len = UINT16_MAX; len <= UINT16_MAX + 1; len++) {
		sink_init(&t->sink, t->buffer, sizeof(t->buffer));
		writer_inner(&t->writer, &t->sink);
		nonce_add(t, len - 4);
		assert_int_equal(sink_rc(&t->sink), len > UINT16_MAX ? RC_LIMIT : RC_OK);
	}
}

static void message_longer_than_a_datagram_is_refused(void **state)
{
	struct wire_test *t = *state;
	nonce_add(t, LIMIT_MESSAGE - IKE_HEADER_LEN - 4);
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	assert_int_equal(t->sink.len, LIMIT_MESSAGE);
	writer_payload_begin(&t->writer, PAYLOAD_VENDOR, false);
	writer_payload_end(&t->writer);
	assert_int_equal(writer_message_end(&t->writer), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(message_is_chained_and_its_lengths_are_patched),
		WIRE_TEST(given_next_and_length_are_not_sent),
		WIRE_TEST(message_may_start_behind_other_bytes),
		WIRE_TEST(inner_payloads_have_no_header_and_tell_the_first_type),
		WIRE_TEST(too_small_buffer_is_reported_at_the_end_for_every_size),
		WIRE_TEST(payload_longer_than_its_length_field_is_refused),
		WIRE_TEST(message_longer_than_a_datagram_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
