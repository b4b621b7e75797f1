/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

#define UNKNOWN_TYPE 200

static void payload_add(struct wire_test *t, unsigned type, bool critical, struct span body)
{
	writer_payload_begin(&t->writer, (enum payload_type)type, critical);
	sink_span(&t->sink, body);
	writer_payload_end(&t->writer);
}

/* Three payloads and an SK. */
static struct span sample(struct wire_test *t)
{
	payload_add(t, PAYLOAD_NONCE, false, BYTES(1, 2, 3));
	payload_add(t, UNKNOWN_TYPE, false, BYTES(9));
	payload_add(t, PAYLOAD_VENDOR, false, SPAN_NONE);
	payload_add(t, PAYLOAD_SK, false, BYTES(7, 7, 7, 7));
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	return sink_written(&t->sink);
}

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct ike_message message;
	return wire_message_parse(arena, body, &message, NULL, diag);
}

/* What is behind the header, with the header's length field made right. */
static enum rc parse_patched(struct arena *arena, struct span body, struct diag *diag)
{
	uint8_t *copy = exact_copy(body);
	if (body.len >= IKE_HEADER_LEN) {
		copy[24] = copy[25] = 0;
		copy[26] = (uint8_t)(body.len >> 8);
		copy[27] = (uint8_t)body.len;
	}
	enum rc rc = parse(arena, span_make(copy, body.len), diag);
	free(copy);
	return rc;
}

static void payloads_come_in_order_with_their_bodies(void **state)
{
	struct wire_test *t = *state;
	sample(t);
	const struct payload *p = sent(t);
	assert_int_equal(t->message.count, 4);
	assert_int_equal(p->type, PAYLOAD_NONCE);
	assert_int_equal(p->at, 0);
	assert_span(p->body, BYTES(1, 2, 3));
	p = p->next;
	assert_int_equal(p->type, UNKNOWN_TYPE);
	assert_int_equal(p->at, 1);
	assert_span(p->body, BYTES(9));
	p = p->next;
	assert_int_equal(p->type, PAYLOAD_VENDOR);
	assert_int_equal(p->body.len, 0);
	p = p->next;
	assert_int_equal(p->type, PAYLOAD_SK);
	assert_ptr_equal(p, t->message.last);
	assert_null(p->next);
	assert_false(p->encrypted);
	assert_int_equal(wire_payload_count(&t->message, PAYLOAD_NONCE), 1);
	assert_int_equal(wire_payload_count(&t->message, PAYLOAD_KE), 0);
	assert_ptr_equal(t->message.raw.ptr, t->copy);
}

static void message_is_refused_when_cut_at_any_byte(void **state)
{
	struct wire_test *t = *state;
	struct span bytes = sample(t);
	check_cuts(parse, bytes, bytes.len);
	check_cuts(parse_patched, bytes, bytes.len);
}

static void no_byte_value_anywhere_is_read_past(void **state)
{
	struct wire_test *t = *state;
	struct span bytes = sample(t);
	check_flips(parse, bytes);
	check_flips(parse_patched, bytes);
}

static void header_alone_is_a_message_without_payloads(void **state)
{
	struct wire_test *t = *state;
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	assert_int_equal(
		wire_message_parse(&t->arena, sink_written(&t->sink), &t->message, NULL, NULL),
		RC_OK);
	assert_null(t->message.first);
	assert_int_equal(t->message.count, 0);
}

static void bytes_after_the_last_payload_are_refused(void **state)
{
	struct wire_test *t = *state;
	payload_add(t, PAYLOAD_NONCE, false, BYTES(1));
	sink_u8(&t->sink, 0);
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	assert_int_equal(body_rc(parse, sink_written(&t->sink)), RC_TRAILING);
}

static void bytes_after_a_header_without_payloads_are_refused(void **state)
{
	struct wire_test *t = *state;
	sink_u32(&t->sink, 0);
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	assert_int_equal(body_rc(parse, sink_written(&t->sink)), RC_TRAILING);
}

/* RFC 7296 §3.14: SK "must be the last payload in the message". */
static void payload_after_sk_is_refused(void **state)
{
	struct wire_test *t = *state;
	payload_add(t, PAYLOAD_SK, false, BYTES(1));
	payload_add(t, PAYLOAD_NONCE, false, BYTES(1));
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	assert_int_equal(body_rc(parse, sink_written(&t->sink)), RC_TRAILING);
}

static void next_payload_of_sk_names_the_first_one_inside(void **state)
{
	struct wire_test *t = *state;
	payload_add(t, PAYLOAD_SKF, false, BYTES(0, 1, 0, 1, 5));
	sink_patch_u8(&t->sink, t->writer.next_at, PAYLOAD_IDr);
	const struct payload *p = sent(t);
	assert_int_equal(p->type, PAYLOAD_SKF);
	assert_int_equal(p->inner, PAYLOAD_IDr);
	assert_int_equal(t->message.count, 1);
}

static void payload_shorter_than_its_header_is_refused(void **state)
{
	struct wire_test *t = *state;
	payload_add(t, PAYLOAD_NONCE, false, BYTES(1, 2));
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	for (uint16_t length = 0; length < 4; length++) {
		sink_patch_u16(&t->sink, IKE_HEADER_LEN + 2, length);
		assert_int_equal(body_rc(parse, sink_written(&t->sink)), RC_SYNTAX);
	}
	sink_patch_u16(&t->sink, IKE_HEADER_LEN + 2, 7);
	assert_int_equal(body_rc(parse, sink_written(&t->sink)), RC_TRUNCATED);
	sink_patch_u16(&t->sink, IKE_HEADER_LEN + 2, 5);
	assert_int_equal(body_rc(parse, sink_written(&t->sink)), RC_TRAILING);
}

static void unknown_critical_payload_is_named(void **state)
{
	struct wire_test *t = *state;
	uint8_t type = 0;
	payload_add(t, UNKNOWN_TYPE, true, BYTES(1));
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	assert_int_equal(
		wire_message_parse(&t->arena, sink_written(&t->sink), &t->message, &type, &t->diag),
		RC_CRITICAL);
	assert_int_equal(type, UNKNOWN_TYPE);
	assert_non_null(strstr(t->diag.text, "200"));
	assert_int_equal(t->message.header.message_id, 1); /* for the answer */
	assert_null(t->message.first);
	assert_int_equal(
		wire_message_parse(&t->arena, sink_written(&t->sink), &t->message, NULL, NULL),
		RC_CRITICAL);
}

/* §2.5: the bit "MUST be ignored by the recipient if the recipient understands the payload type
 * code". */
static void critical_bit_of_a_known_payload_is_ignored(void **state)
{
	struct wire_test *t = *state;
	payload_add(t, PAYLOAD_NONCE, true, BYTES(1));
	assert_true(sent(t)->critical);
}

static void known_types_are_those_of_rfc7296_and_rfc7383(void **state)
{
	struct wire_test *t = *state;
	payload_add(t, UNKNOWN_TYPE, true, BYTES(1));
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	for (unsigned type = 1; type < 256; type++) {
		bool known = (type >= PAYLOAD_SA && type <= PAYLOAD_EAP) || type == PAYLOAD_SKF;
		sink_patch_u8(&t->sink, 16, (uint8_t)type);
		assert_int_equal(body_rc(parse, sink_written(&t->sink)),
				 known ? RC_OK : RC_CRITICAL);
	}
}

static void types_33_to_64_are_counted(void **state)
{
	struct wire_test *t = *state;
	payload_add(t, 32, false, SPAN_NONE);
	for (unsigned type = 33; type < 65; type++)
		if (type != PAYLOAD_SK && type != PAYLOAD_SKF)
			payload_add(t, type, false, SPAN_NONE);
	payload_add(t, 64, false, SPAN_NONE);
	payload_add(t, 65, false, SPAN_NONE);
	sent(t);
	for (unsigned type = 0; type < 256; type++) {
		bool counted = type >= 33 && type < 65 && type != PAYLOAD_SK && type != PAYLOAD_SKF;
		assert_int_equal(wire_payload_count(&t->message, (enum payload_type)type),
				 type == 64 ? 2 : counted);
	}
}

static void reserved_bits_of_the_generic_header_are_ignored(void **state)
{
	struct wire_test *t = *state;
	payload_add(t, UNKNOWN_TYPE, false, BYTES(1));
	sink_patch_u8(&t->sink, IKE_HEADER_LEN + 1, 0x7f);
	const struct payload *p = sent(t);
	assert_int_equal(p->type, UNKNOWN_TYPE);
	assert_false(p->critical);
}

static void other_major_versions_are_refused_with_the_header_kept(void **state)
{
	struct wire_test *t = *state;
	static const uint8_t versions[] = { 0x00, IKE_VERSION_1, 0x30, 0xf0 };
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	for (size_t i = 0; i < sizeof(versions); i++) {
		sink_patch_u8(&t->sink, 17, versions[i]);
		memset(&t->message, 0, sizeof(t->message));
		assert_int_equal(wire_message_parse(&t->arena, sink_written(&t->sink), &t->message,
						    NULL, &t->diag),
				 RC_MAJOR_VERSION);
		assert_int_equal(t->message.header.version, versions[i]);
	}
	sink_patch_u8(&t->sink, 17, 0x2f); /* a minor version is ignored */
	assert_int_equal(body_rc(parse, sink_written(&t->sink)), RC_OK);
}

/* §3.1: "This value MUST NOT be zero." */
static void zero_initiator_spi_is_refused(void **state)
{
	struct wire_test *t = *state;
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	sink_patch_u32(&t->sink, 0, 0);
	assert_int_equal(body_rc(parse, sink_written(&t->sink)), RC_OK);
	sink_patch_u32(&t->sink, 4, 0);
	assert_int_equal(body_rc(parse, sink_written(&t->sink)), RC_SYNTAX);
}

static void more_payloads_than_the_limit_are_refused(void **state)
{
	struct wire_test *t = *state;
	for (unsigned i = 0; i < LIMIT_PAYLOADS; i++)
		payload_add(t, PAYLOAD_VENDOR, false, SPAN_NONE);
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	assert_int_equal(body_rc(parse, sink_written(&t->sink)), RC_OK);
	payload_add(t, PAYLOAD_VENDOR, false, SPAN_NONE);
	assert_int_equal(writer_message_end(&t->writer), RC_OK);
	assert_int_equal(body_rc(parse, sink_written(&t->sink)), RC_LIMIT);
}

static void full_arena_is_reported_not_crashed_on(void **state)
{
	struct wire_test *t = *state;
	struct arena small;
	struct span bytes = sample(t);
	arena_init(&small, sizeof(struct payload) * 2);
	assert_int_equal(wire_message_parse(&small, bytes, &t->message, NULL, &t->diag),
			 RC_NO_MEMORY);
	arena_free(&small);
	for (uint64_t n = 1; n < 10; n++) {
		arena_init(&small, LIMIT_EVENT_ARENA);
		mem_fail_nth(n);
		enum rc rc = wire_message_parse(&small, bytes, &t->message, NULL, &t->diag);
		mem_fail_nth(0);
		assert_true(rc == RC_OK || rc == RC_NO_MEMORY);
		assert_true(n > 1 || rc == RC_NO_MEMORY);
		arena_free(&small);
	}
}

/* The inside of an SK: written, then parsed into a message that has one payload already. */
static struct span inner_sample(struct sink *sink, uint8_t *first)
{
	struct writer writer;
	writer_inner(&writer, sink);
	writer_payload_begin(&writer, PAYLOAD_IDr, false);
	sink_u8(sink, 1);
	writer_payload_end(&writer);
	writer_payload_begin(&writer, PAYLOAD_SK, false); /* patched to what a test needs */
	sink_u8(sink, 2);
	writer_payload_end(&writer);
	assert_int_equal(writer_message_end(&writer), RC_OK);
	*first = writer.first_type;
	sink->ptr[0] = UNKNOWN_TYPE;
	return sink_written(sink);
}

static void inner_payloads_are_appended_as_encrypted(void **state)
{
	struct wire_test *t = *state;
	uint8_t buffer[64], first;
	struct sink sink;
	payload_add(t, PAYLOAD_SK, false, BYTES(1));
	sent(t);
	sink_init(&sink, buffer, sizeof(buffer));
	struct span inner = inner_sample(&sink, &first);
	assert_int_equal(wire_inner_parse(&t->arena, inner, first, &t->message, NULL, &t->diag),
			 RC_OK);
	assert_int_equal(t->message.count, 3);
	const struct payload *p = wire_payload_find(&t->message, PAYLOAD_IDr);
	assert_true(p->encrypted);
	assert_int_equal(p->at, 1);
	assert_span(p->body, BYTES(1));
	assert_ptr_equal(p, t->message.first->next);
	assert_int_equal(p->next->type, UNKNOWN_TYPE);
	assert_ptr_equal(p->next, t->message.last);
	assert_int_equal(wire_payload_count(&t->message, PAYLOAD_IDr), 1);
}

static void failed_inner_parse_leaves_the_message_as_it_was(void **state)
{
	struct wire_test *t = *state;
	uint8_t buffer[64], first, critical = 0;
	struct sink sink;
	payload_add(t, PAYLOAD_SK, false, BYTES(1));
	sent(t);
	sink_init(&sink, buffer, sizeof(buffer));
	struct span inner = inner_sample(&sink, &first);
	struct ike_message before = t->message;
	for (size_t len = 0; len < inner.len; len++) {
		uint8_t *copy = exact_copy(span_make(inner.ptr, len));
		assert_int_not_equal(wire_inner_parse(&t->arena, span_make(copy, len), first,
						      &t->message, NULL, &t->diag),
				     RC_OK);
		free(copy);
		assert_memory_equal(&t->message, &before, sizeof(before));
		assert_null(t->message.last->next);
	}
	buffer[0] = PAYLOAD_SK; /* SK inside SK */
	assert_int_equal(wire_inner_parse(&t->arena, inner, first, &t->message, NULL, &t->diag),
			 RC_SYNTAX);
	buffer[0] = UNKNOWN_TYPE;
	buffer[6] = 0x80;
	assert_int_equal(wire_inner_parse(&t->arena, inner, first, &t->message, &critical, NULL),
			 RC_CRITICAL);
	assert_int_equal(critical, UNKNOWN_TYPE);
	assert_memory_equal(&t->message, &before, sizeof(before));
	assert_null(t->message.last->next);
}

static void limit_counts_clear_and_inner_payloads_together(void **state)
{
	struct wire_test *t = *state;
	uint8_t buffer[64], first;
	struct sink sink;
	for (unsigned i = 0; i < LIMIT_PAYLOADS - 1; i++)
		payload_add(t, PAYLOAD_VENDOR, false, SPAN_NONE);
	sent(t);
	sink_init(&sink, buffer, sizeof(buffer));
	struct span inner = inner_sample(&sink, &first);
	assert_int_equal(wire_inner_parse(&t->arena, inner, first, &t->message, NULL, NULL),
			 RC_LIMIT);
	assert_int_equal(t->message.count, LIMIT_PAYLOADS - 1);
}

static void empty_inside_of_sk_is_allowed(void **state)
{
	struct wire_test *t = *state;
	payload_add(t, PAYLOAD_SK, false, BYTES(1));
	sent(t);
	assert_int_equal(
		wire_inner_parse(&t->arena, SPAN_NONE, PAYLOAD_NONE, &t->message, NULL, NULL),
		RC_OK);
	assert_int_equal(t->message.count, 1);
	assert_int_equal(
		wire_inner_parse(&t->arena, BYTES(0), PAYLOAD_NONE, &t->message, NULL, NULL),
		RC_TRAILING);
}

static void find_and_next_visit_each_payload_of_a_type_once(void **state)
{
	struct wire_test *t = *state;
	unsigned visits = 0;
	payload_add(t, PAYLOAD_NOTIFY, false, BYTES(0));
	payload_add(t, PAYLOAD_VENDOR, false, SPAN_NONE);
	payload_add(t, PAYLOAD_NOTIFY, false, BYTES(1));
	payload_add(t, PAYLOAD_NOTIFY, false, BYTES(2));
	sent(t);
	for (const struct payload *p = wire_payload_find(&t->message, PAYLOAD_NOTIFY); p != NULL;
	     p = wire_payload_next(p))
		assert_int_equal(p->body.ptr[0], visits++);
	assert_int_equal(visits, 3);
	assert_int_equal(wire_payload_count(&t->message, PAYLOAD_NOTIFY), 3);
	assert_null(wire_payload_find(&t->message, PAYLOAD_KE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(payloads_come_in_order_with_their_bodies),
		WIRE_TEST(message_is_refused_when_cut_at_any_byte),
		WIRE_TEST(no_byte_value_anywhere_is_read_past),
		WIRE_TEST(header_alone_is_a_message_without_payloads),
		WIRE_TEST(bytes_after_the_last_payload_are_refused),
		WIRE_TEST(bytes_after_a_header_without_payloads_are_refused),
		WIRE_TEST(payload_after_sk_is_refused),
		WIRE_TEST(next_payload_of_sk_names_the_first_one_inside),
		WIRE_TEST(payload_shorter_than_its_header_is_refused),
		WIRE_TEST(unknown_critical_payload_is_named),
		WIRE_TEST(critical_bit_of_a_known_payload_is_ignored),
		WIRE_TEST(known_types_are_those_of_rfc7296_and_rfc7383),
		WIRE_TEST(types_33_to_64_are_counted),
		WIRE_TEST(reserved_bits_of_the_generic_header_are_ignored),
		WIRE_TEST(other_major_versions_are_refused_with_the_header_kept),
		WIRE_TEST(zero_initiator_spi_is_refused),
		WIRE_TEST(more_payloads_than_the_limit_are_refused),
		WIRE_TEST(full_arena_is_reported_not_crashed_on),
		WIRE_TEST(inner_payloads_are_appended_as_encrypted),
		WIRE_TEST(failed_inner_parse_leaves_the_message_as_it_was),
		WIRE_TEST(limit_counts_clear_and_inner_payloads_together),
		WIRE_TEST(empty_inside_of_sk_is_allowed),
		WIRE_TEST(find_and_next_visit_each_payload_of_a_type_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
