/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/ends.h"

/* An INFORMATIONAL with one notify. */
static struct span seal(struct ends *ends, const struct ike_sa *from, uint64_t counter)
{
	struct outcome_message message = { .exchange = EXCHANGE_INFORMATIONAL };
	struct sink sink;

	assert_int_equal(ikev2_inner_notify(&ends->arena, COOKIE2, PROTOCOL_NONE, SPAN_NONE,
					    SPAN_OF("a cookie of some length"), &message),
			 RC_OK);
	sink_init(&sink, ends->wire, sizeof(ends->wire));
	assert_int_equal(ikev2_seal(from, counter, 3, &message, &sink), RC_OK);
	return sink_written(&sink);
}

static enum rc read_as(struct ends *ends, const struct ike_sa *to, struct span bytes,
		       struct ike_message *message)
{
	struct diag diag = { "" };
	enum rc rc = wire_message_parse(&ends->arena, bytes, message, NULL, &diag);

	if (rc == RC_OK)
		rc = ikev2_open(to, &ends->arena, message, NULL, &diag);
	return rc;
}

static void each_end_reads_what_the_other_sealed_and_not_its_own(void **state)
{
	struct ends ends;
	struct ike_message message;
	struct wire_notify notify;

	(void)state;
	for (unsigned i = 0; i < SUITES; i++) {
		ends_begin(&ends, i);
		struct span bytes = seal(&ends, &ends.initiator, 1);
		assert_int_equal(read_as(&ends, &ends.responder, bytes, &message), RC_OK);
		assert_int_equal(message.header.message_id, 3);
		assert_true(notify_find(&message, COOKIE2, &notify));
		assert_true(message.last->encrypted);
		assert_true(span_equal(notify.data, SPAN_OF("a cookie of some length")));
		assert_int_equal(read_as(&ends, &ends.initiator, bytes, &message), RC_INTEGRITY);
		bytes = seal(&ends, &ends.responder, 1);
		assert_int_equal(read_as(&ends, &ends.initiator, bytes, &message), RC_OK);
		ends_end(&ends);
	}
}

static void message_with_any_bit_flipped_is_never_accepted(void **state)
{
	struct ends ends;
	struct ike_message message;

	(void)state;
	for (unsigned i = 0; i < SUITES; i++) {
		ends_begin(&ends, i);
		struct span bytes = seal(&ends, &ends.initiator, 1);
		for (size_t bit = 0; bit < bytes.len * 8; bit++) {
			ends.wire[bit / 8] ^= (uint8_t)(1 << (bit % 8));
			enum rc rc = read_as(&ends, &ends.responder, bytes, &message);
			if (bit / 8 > IKE_HEADER_LEN + 4)
				assert_int_equal(rc, RC_INTEGRITY);
			else
				assert_int_not_equal(rc, RC_OK);
			ends.wire[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		}
		ends_end(&ends);
	}
}

/* Cut, with both length fields corrected, as somebody on the path would do it. */
static void message_that_was_cut_is_not_authentic(void **state)
{
	struct ends ends;
	struct ike_message message;

	(void)state;
	for (unsigned i = 0; i < SUITES; i++) {
		ends_begin(&ends, i);
		size_t whole = seal(&ends, &ends.initiator, 1).len;
		for (size_t len = IKE_HEADER_LEN + 4; len < whole; len++) {
			struct sink sink;
			sink_init(&sink, ends.wire, sizeof(ends.wire));
			sink.len = len;
			sink_patch_u32(&sink, 24, (uint32_t)len);
			sink_patch_u16(&sink, IKE_HEADER_LEN + 2, (uint16_t)(len - IKE_HEADER_LEN));
			assert_int_equal(read_as(&ends, &ends.responder, span_make(ends.wire, len),
						 &message),
					 RC_INTEGRITY);
		}
		ends_end(&ends);
	}
}

static void message_without_sk_is_not_authentic(void **state)
{
	struct ends ends;
	struct ike_message message;
	struct sink sink;
	struct ike_header header;

	(void)state;
	ends_begin(&ends, 0);
	header = header_of(&ends.initiator, EXCHANGE_INFORMATIONAL, false, 3);
	sink_init(&sink, ends.wire, sizeof(ends.wire));
	assert_int_equal(ikev2_emit_notify(&sink, &header, 0, COOKIE2, SPAN_NONE), RC_OK);
	assert_int_equal(read_as(&ends, &ends.responder, sink_written(&sink), &message),
			 RC_INTEGRITY);
	ends_end(&ends);
}

static void same_text_is_sealed_differently_with_each_counter(void **state)
{
	struct ends ends;
	uint8_t first[512];

	(void)state;
	ends_begin(&ends, 0);
	struct span bytes = seal(&ends, &ends.initiator, 1);
	assert_true(bytes.len < sizeof(first));
	memcpy(first, bytes.ptr, bytes.len);
	bytes = seal(&ends, &ends.initiator, 2);
	assert_memory_not_equal(first + 40, bytes.ptr + 40, bytes.len - 40);
	ends_end(&ends);
}

static void message_that_does_not_fit_is_refused(void **state)
{
	struct ends ends;
	struct outcome_message message = { .exchange = EXCHANGE_INFORMATIONAL };
	struct sink sink;
	static const uint8_t big[LIMIT_MESSAGE];

	(void)state;
	ends_begin(&ends, 0);
	message.bytes = SPAN_OF(big);
	sink_init(&sink, ends.wire, sizeof(ends.wire));
	assert_int_equal(ikev2_seal(&ends.initiator, 1, 1, &message, &sink), RC_LIMIT);
	message.bytes.len = sizeof(ends.wire) - 40;
	sink_init(&sink, ends.wire, sizeof(ends.wire));
	assert_int_equal(ikev2_seal(&ends.initiator, 1, 1, &message, &sink), RC_LIMIT);
	ends_end(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_end_reads_what_the_other_sealed_and_not_its_own),
		cmocka_unit_test(message_with_any_bit_flipped_is_never_accepted),
		cmocka_unit_test(message_that_was_cut_is_not_authentic),
		cmocka_unit_test(message_without_sk_is_not_authentic),
		cmocka_unit_test(same_text_is_sealed_differently_with_each_counter),
		cmocka_unit_test(message_that_does_not_fit_is_refused),
	};

	if (crypto_open(NULL, false, NULL) != RC_OK)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypto_close();
	return failed;
}
