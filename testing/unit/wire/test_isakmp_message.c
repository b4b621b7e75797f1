/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/isakmp_test.h"

static struct ike_header header_of(uint8_t exchange, uint8_t flags, uint32_t id)
{
	struct ike_header header = test_header(exchange, flags, id);
	header.version = IKE_VERSION_1;
	return header;
}

static void begin(struct wire_test *t, uint8_t exchange, uint8_t flags, uint32_t id)
{
	struct ike_header header = header_of(exchange, flags, id);
	sink_init(&t->sink, t->buffer, sizeof(t->buffer));
	writer_message(&t->writer, &t->sink, &header);
}

static enum rc parse(struct wire_test *t, struct span datagram)
{
	uint8_t *copy = exact_copy(datagram);
	struct ike_message message = { 0 };
	t->diag.text[0] = '\0';
	enum rc rc =
		isakmp_message_parse(&t->arena, span_make(copy, datagram.len), &message, &t->diag);
	assert_true(rc == RC_OK || t->diag.text[0] != '\0');
	free(copy);
	return rc;
}

static void clear_messages_are_read_in_order(void **state)
{
	struct wire_test *t = *state;
	begin(t, EXCHANGE_V1_MAIN, 0, 0);
	isakmp_bytes_emit(&t->writer, ISAKMP_KE, BYTES(1, 2, 3));
	isakmp_bytes_emit(&t->writer, ISAKMP_NAT_D, BYTES(4));
	isakmp_bytes_emit(&t->writer, ISAKMP_NAT_D, BYTES(5, 6));
	isakmp_bytes_emit(&t->writer, ISAKMP_VID, SPAN_NONE);
	const struct payload *ke = isakmp_sent(t);
	assert_int_equal(t->message.header.exchange, EXCHANGE_V1_MAIN);
	assert_int_equal(t->message.count, 4);
	assert_int_equal(ke->type, ISAKMP_KE);
	assert_false(ke->encrypted);
	assert_span(ke->body, BYTES(1, 2, 3));
	assert_int_equal(isakmp_payload_count(&t->message, ISAKMP_KE), 1);
	assert_int_equal(isakmp_payload_count(&t->message, ISAKMP_NAT_D), 2);
	assert_int_equal(isakmp_payload_count(&t->message, ISAKMP_NONCE), 0);
	const struct payload *nat = isakmp_payload_find(&t->message, ISAKMP_NAT_D);
	assert_span(nat->body, BYTES(4));
	assert_span(isakmp_payload_next(nat)->body, BYTES(5, 6));
	assert_null(isakmp_payload_next(isakmp_payload_next(nat)));
	assert_null(isakmp_payload_find(&t->message, ISAKMP_HASH));
}

static void what_a_hash_covers_is_all_that_follows(void **state)
{
	struct wire_test *t = *state;
	begin(t, EXCHANGE_V1_QUICK, 0, 7);
	isakmp_bytes_emit(&t->writer, ISAKMP_HASH, BYTES(9, 9));
	isakmp_bytes_emit(&t->writer, ISAKMP_NONCE, BYTES(1));
	isakmp_bytes_emit(&t->writer, ISAKMP_KE, BYTES(2));
	const struct payload *hash = isakmp_sent(t);
	assert_span(isakmp_behind(&t->message, hash),
		    BYTES(ISAKMP_KE, 0, 0, 5, 1, ISAKMP_NONE, 0, 0, 5, 2));
	assert_int_equal(isakmp_behind(&t->message, t->message.last).len, 0);
}

static void numbers_of_the_drafts_become_those_of_the_rfc(void **state)
{
	struct wire_test *t = *state;
	begin(t, EXCHANGE_V1_MAIN, 0, 0);
	isakmp_bytes_emit(&t->writer, ISAKMP_NAT_D_DRAFT, BYTES(1));
	isakmp_bytes_emit(&t->writer, ISAKMP_NAT_OA_DRAFT, BYTES(2));
	isakmp_bytes_emit(&t->writer, ISAKMP_FRAGMENT, BYTES(3));
	isakmp_bytes_emit(&t->writer, (enum isakmp_payload_type)31, BYTES(4));
	isakmp_bytes_emit(&t->writer, (enum isakmp_payload_type)33, BYTES(4));
	assert_int_equal(isakmp_sent(t)->type, ISAKMP_NAT_D);
	assert_int_equal(isakmp_payload_count(&t->message, ISAKMP_NAT_D), 1);
	assert_int_equal(isakmp_payload_count(&t->message, ISAKMP_NAT_OA), 1);
	assert_int_equal(isakmp_payload_count(&t->message, ISAKMP_FRAGMENT), 1);
	assert_int_equal(t->message.count, 5);
}

static void an_encrypted_message_shows_only_its_header(void **state)
{
	struct wire_test *t = *state;
	struct ike_message message = { 0 };
	begin(t, EXCHANGE_V1_QUICK, ISAKMP_FLAG_ENCRYPTION, 5);
	isakmp_begin(&t->writer, ISAKMP_HASH);
	sink_bytes(&t->sink, "\xff\xff\xff\xff", 4);
	assert_ok(writer_message_end(&t->writer));
	assert_ok(isakmp_message_parse(&t->arena, sink_written(&t->sink), &message, &t->diag));
	assert_int_equal(message.count, 0);
	assert_null(message.first);
	assert_int_equal(message.header.next, ISAKMP_HASH);
	assert_int_equal(message.header.message_id, 5);
}

static void padding_behind_what_was_decrypted_does_not_matter(void **state)
{
	struct wire_test *t = *state;
	static const uint8_t plain[] = {
		ISAKMP_NONCE, 0x55, 0, 6, 1, 2, ISAKMP_NONE, 0, 0, 5, 3, 0, 0, 7, 255
	};
	struct ike_message message = { .header = header_of(EXCHANGE_V1_QUICK, 1, 5) };
	uint8_t *copy = exact_copy(SPAN_OF(plain));
	message.header.next = ISAKMP_HASH;
	assert_ok(
		isakmp_inner_parse(&t->arena, span_make(copy, sizeof(plain)), &message, &t->diag));
	assert_int_equal(message.count, 2);
	assert_true(message.first->encrypted);
	assert_span(message.first->body, BYTES(1, 2));
	assert_span(message.inner, span_make(plain, 11));
	assert_span(isakmp_behind(&message, message.first), span_make(plain + 6, 5));
	free(copy);
}

/* A wrong key gives any bytes. */
static void what_is_no_chain_leaves_the_message_as_it_was(void **state)
{
	struct wire_test *t = *state;
	static const struct {
		uint8_t plain[12];
		enum rc rc;
	} rows[] = {
		{ { ISAKMP_NONE, 0, 0, 3 }, RC_SYNTAX },
		{ { ISAKMP_NONE, 0, 0, 13 }, RC_TRUNCATED },
		{ { ISAKMP_NONE, 0, 255, 255 }, RC_TRUNCATED },
		{ { ISAKMP_HASH, 0, 0, 12 }, RC_TRUNCATED },
		{ { ISAKMP_HASH, 0, 0, 4, ISAKMP_HASH, 0, 0, 4, 77, 0, 0, 0 }, RC_SYNTAX },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_message message = { .header = header_of(EXCHANGE_V1_QUICK, 1, 5) };
		uint8_t *copy = exact_copy(SPAN_OF(rows[i].plain));
		message.header.next = ISAKMP_HASH;
		assert_int_equal(
			isakmp_inner_parse(&t->arena, span_make(copy, 12), &message, &t->diag),
			rows[i].rc);
		assert_int_equal(message.count, 0);
		assert_null(message.first);
		assert_int_equal(message.seen[ISAKMP_HASH], 0);
		free(copy);
	}
}

static void other_versions_and_a_missing_cookie_are_refused(void **state)
{
	struct wire_test *t = *state;
	begin(t, EXCHANGE_V1_MAIN, 0, 0);
	isakmp_bytes_emit(&t->writer, ISAKMP_NONCE, BYTES(1));
	assert_ok(writer_message_end(&t->writer));
	struct span message = sink_written(&t->sink);
	assert_ok(parse(t, message));
	t->buffer[17] = 0x11; /* RFC 2408 §3.1: no larger minor version than one's own */
	assert_int_equal(parse(t, message), RC_MAJOR_VERSION);
	t->buffer[17] = IKE_VERSION_2;
	assert_int_equal(parse(t, message), RC_MAJOR_VERSION);
	t->buffer[17] = 0;
	assert_int_equal(parse(t, message), RC_MAJOR_VERSION);
	t->buffer[17] = IKE_VERSION_1;
	memset(t->buffer, 0, 8);
	assert_int_equal(parse(t, message), RC_SYNTAX);
}

static void every_cut_is_refused(void **state)
{
	struct wire_test *t = *state;
	begin(t, EXCHANGE_V1_MAIN, 0, 0);
	isakmp_bytes_emit(&t->writer, ISAKMP_KE, BYTES(1, 2, 3));
	isakmp_bytes_emit(&t->writer, ISAKMP_NONCE, BYTES(1));
	assert_ok(writer_message_end(&t->writer));
	struct span message = sink_written(&t->sink);
	for (size_t len = 0; len < message.len; len++) {
		assert_int_not_equal(parse(t, span_make(message.ptr, len)), RC_OK);
		if (len < IKE_HEADER_LEN)
			continue;
		t->buffer[27] = (uint8_t)len; /* a header that agrees */
		assert_int_equal(parse(t, span_make(message.ptr, len)), RC_TRUNCATED);
		t->buffer[27] = (uint8_t)message.len;
	}
	t->buffer[27]++;
	t->buffer[message.len] = 1;
	assert_int_equal(parse(t, span_make(message.ptr, message.len + 1)), RC_TRAILING);
}

/* Libreswan's messages in clear are multiples of four bytes. */
static void up_to_three_zeros_may_fill_up_a_message(void **state)
{
	struct wire_test *t = *state;
	begin(t, EXCHANGE_V1_MAIN, 0, 0);
	isakmp_bytes_emit(&t->writer, ISAKMP_KE, BYTES(1, 2, 3));
	assert_ok(writer_message_end(&t->writer));
	struct span message = sink_written(&t->sink);
	memset(t->buffer + message.len, 0, 4);
	for (size_t more = 1; more <= 4; more++) {
		t->buffer[27] = (uint8_t)(message.len + more);
		assert_int_equal(parse(t, span_make(message.ptr, message.len + more)),
				 more < 4 ? RC_OK : RC_TRAILING);
	}
}

static void payloads_beyond_the_limit_are_refused(void **state)
{
	struct wire_test *t = *state;
	begin(t, EXCHANGE_V1_MAIN, 0, 0);
	for (int i = 0; i < LIMIT_PAYLOADS; i++)
		isakmp_bytes_emit(&t->writer, ISAKMP_VID, SPAN_NONE);
	assert_ok(writer_message_end(&t->writer));
	assert_ok(parse(t, sink_written(&t->sink)));
	isakmp_bytes_emit(&t->writer, ISAKMP_VID, SPAN_NONE);
	assert_ok(writer_message_end(&t->writer));
	assert_int_equal(parse(t, sink_written(&t->sink)), RC_LIMIT);
}

static void failing_allocation_is_reported(void **state)
{
	struct wire_test *t = *state;
	struct ike_message message = { 0 };
	struct arena small;
	arena_init(&small, 16);
	begin(t, EXCHANGE_V1_MAIN, 0, 0);
	isakmp_bytes_emit(&t->writer, ISAKMP_VID, SPAN_NONE);
	assert_ok(writer_message_end(&t->writer));
	assert_int_equal(isakmp_message_parse(&small, sink_written(&t->sink), &message, &t->diag),
			 RC_NO_MEMORY);
	arena_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(clear_messages_are_read_in_order),
		WIRE_TEST(what_a_hash_covers_is_all_that_follows),
		WIRE_TEST(numbers_of_the_drafts_become_those_of_the_rfc),
		WIRE_TEST(an_encrypted_message_shows_only_its_header),
		WIRE_TEST(padding_behind_what_was_decrypted_does_not_matter),
		WIRE_TEST(what_is_no_chain_leaves_the_message_as_it_was),
		WIRE_TEST(other_versions_and_a_missing_cookie_are_refused),
		WIRE_TEST(every_cut_is_refused),
		WIRE_TEST(up_to_three_zeros_may_fill_up_a_message),
		WIRE_TEST(payloads_beyond_the_limit_are_refused),
		WIRE_TEST(failing_allocation_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
