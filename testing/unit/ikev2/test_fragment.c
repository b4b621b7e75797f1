/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/ends.h"

static struct span seal(struct ends *ends, size_t len, size_t limit, struct seal_plan *plan)
{
	struct outcome_message message = { .exchange = EXCHANGE_IKE_AUTH,
					   .first_type = PAYLOAD_IDi,
					   .bytes = span_make(ends->text, len) };
	struct sink sink;

	*plan = ikev2_seal_plan(&ends->initiator, len, limit);
	sink_init(&sink, ends->wire, sizeof(ends->wire));
	assert_int_equal(
		ikev2_seal_parts(&ends->initiator, &ends->counter, 1, &message, plan, &sink),
		RC_OK);
	return sink_written(&sink);
}

static void plan_tells_the_exact_length_and_keeps_the_limit(void **state)
{
	struct ends ends;
	struct seal_plan plan;

	(void)state;
	for (unsigned i = 0; i < SUITES; i++) {
		ends_begin(&ends, i);
		for (size_t limit = 224; limit < 1300; limit += 37) {
			for (size_t len = 0; len < 5000; len += 61) {
				struct span rest = seal(&ends, len, limit, &plan), part;
				unsigned parts = 0;
				assert_int_equal(rest.len, plan.total);
				while (ikev2_part_next(&rest, &part)) {
					parts++;
					assert_true(part.len <= limit ||
						    plan.parts > FRAGMENTS_SENT_MAX - 2);
				}
				assert_int_equal(rest.len, 0);
				assert_int_equal(parts, plan.parts);
				assert_true(parts <= FRAGMENTS_SENT_MAX);
			}
		}
		ends_end(&ends);
	}
}

static void no_limit_means_one_whole_message(void **state)
{
	struct ends ends;
	struct seal_plan plan;
	struct span part, rest;

	(void)state;
	ends_begin(&ends, 0);
	rest = seal(&ends, 8000, 0, &plan);
	assert_int_equal(plan.parts, 1);
	assert_true(ikev2_part_next(&rest, &part));
	assert_int_equal(part.ptr[16], PAYLOAD_SK);
	ends_end(&ends);
}

static enum rc open_one(struct ends *ends, const struct ike_sa *to, struct span part,
			struct fragment *fragment)
{
	enum fragment_fault fault;
	struct diag diag = { "" };
	enum rc rc = ikev2_open_fragment(to, &ends->arena, part, fragment, &fault, &diag);

	assert_int_equal(rc == RC_OK, fault == FRAGMENT_FINE);
	assert_int_equal(rc == RC_OK, diag.text[0] == '\0');
	return rc;
}

static void peer_reads_what_was_sealed_in_parts(void **state)
{
	struct ends ends;
	struct seal_plan plan;

	(void)state;
	for (unsigned i = 0; i < SUITES; i++) {
		ends_begin(&ends, i);
		struct span rest = seal(&ends, 1000, 300, &plan), part;
		struct fragment fragment;
		size_t at = 0;
		for (uint16_t n = 1; ikev2_part_next(&rest, &part); n++) {
			assert_int_equal(open_one(&ends, &ends.responder, part, &fragment), RC_OK);
			assert_int_equal(fragment.number, n);
			assert_int_equal(fragment.total, plan.parts);
			assert_int_equal(fragment.first_type, n == 1 ? PAYLOAD_IDi : 0);
			assert_int_equal(fragment.header->message_id, 1);
			assert_memory_equal(fragment.plain.ptr, ends.text + at, fragment.plain.len);
			at += fragment.plain.len;
			assert_int_equal(open_one(&ends, &ends.initiator, part, &fragment),
					 RC_INTEGRITY);
		}
		assert_int_equal(at, 1000);
		ends_end(&ends);
	}
}

/* RFC 7383 §2.5: each fragment has its own IV and ICV, over its numbers too. */
static void no_iv_comes_twice_and_no_bit_may_change(void **state)
{
	struct ends ends;
	struct seal_plan plan;
	struct span rest, first, second;
	struct fragment fragment;

	(void)state;
	ends_begin(&ends, 0);
	rest = seal(&ends, 300, 250, &plan);
	assert_true(ikev2_part_next(&rest, &first));
	assert_true(ikev2_part_next(&rest, &second));
	assert_int_equal(ends.counter, 1 + plan.parts);
	assert_memory_not_equal(first.ptr + 36, second.ptr + 36, 8);
	for (size_t bit = IKE_HEADER_LEN * 8; bit < first.len * 8; bit++) {
		ends.wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
		enum rc rc = open_one(&ends, &ends.responder, first, &fragment);
		/* the reserved bits of the generic header may be anything, but are authenticated */
		assert_int_not_equal(rc, RC_OK);
		ends.wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(open_one(&ends, &ends.responder, first, &fragment), RC_OK);
	ends_end(&ends);
}

static void fragment_beside_other_payloads_is_refused(void **state)
{
	struct ends ends;
	struct wire_sk_room room;
	struct ike_header header = { .spi_i = 1, .spi_r = 2, .version = IKE_VERSION_2 };
	struct writer writer;
	struct sink sink;
	struct fragment fragment;
	enum fragment_fault fault;
	struct diag diag = { "" };

	(void)state;
	ends_begin(&ends, 0);
	sink_init(&sink, ends.wire, sizeof(ends.wire));
	writer_message(&writer, &sink, &header);
	wire_vendor_emit(&writer, span_make("us", 2));
	assert_int_equal(wire_sk_emit(&writer, 0, 1, 2, 8, 10, 16, &room), RC_OK);
	assert_int_equal(ikev2_open_fragment(&ends.responder, &ends.arena, sink_written(&sink),
					     &fragment, &fault, &diag),
			 RC_INTEGRITY);
	assert_int_equal(fault, FRAGMENT_CLEAR);
	assert_non_null(strstr(diag.text, "SKF alone"));
	ends_end(&ends);
}

static void own_message_is_opened_again_whole_or_in_parts(void **state)
{
	struct ends ends;
	struct seal_plan plan;
	struct outcome_message message;
	uint32_t message_id;

	(void)state;
	for (unsigned i = 0; i < SUITES; i++) {
		ends_begin(&ends, i);
		for (size_t limit = 0; limit <= 600; limit += 300) {
			struct span kept = seal(&ends, 1500, limit, &plan);
			assert_int_equal(ikev2_reopen(&ends.initiator, &ends.arena, kept, &message,
						      &message_id),
					 RC_OK);
			assert_int_equal(message_id, 1);
			assert_int_equal(message.exchange, EXCHANGE_IKE_AUTH);
			assert_int_equal(message.first_type, PAYLOAD_IDi);
			assert_false(message.response);
			assert_int_equal(message.bytes.len, 1500);
			assert_memory_equal(message.bytes.ptr, ends.text, 1500);
		}
		ends_end(&ends);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_tells_the_exact_length_and_keeps_the_limit),
		cmocka_unit_test(no_limit_means_one_whole_message),
		cmocka_unit_test(peer_reads_what_was_sealed_in_parts),
		cmocka_unit_test(no_iv_comes_twice_and_no_bit_may_change),
		cmocka_unit_test(fragment_beside_other_payloads_is_refused),
		cmocka_unit_test(own_message_is_opened_again_whole_or_in_parts),
	};

	if (crypto_open(NULL, false, NULL) != RC_OK)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypto_close();
	return failed;
}
