/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/isakmp_ends.h"

#define TOLD	 "what the peer is told by it"
#define QUICK_ID 0x5b3f0a11u

static struct outcome_message message_of(struct isakmp_ends *ends, const struct ike_sa *from,
					 uint32_t message_id)
{
	struct outcome_message message = { .present = false };
	struct sink sink;
	struct writer writer;

	assert_int_equal(v1_hash_begin(from, &ends->arena, &sink, &writer), RC_OK);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(TOLD));
	assert_int_equal(v1_hash_end(from, message_id, SPAN_NONE, &writer, &sink,
				     EXCHANGE_V1_INFORMATIONAL, &message),
			 RC_OK);
	return message;
}

static struct span seal(struct isakmp_ends *ends, const struct ike_sa *from, uint32_t message_id,
			uint8_t iv[IKEV1_IV_MAX])
{
	struct outcome_message message = message_of(ends, from, message_id);
	struct sink sink;

	sink_init(&sink, ends->wire, sizeof(ends->wire));
	assert_int_equal(ikev1_seal(from, message_id, &message, iv, &sink), RC_OK);
	assert_int_equal(sink.len, ikev1_sealed_len(from, &message));
	return sink_written(&sink);
}

static struct span seal_new(struct isakmp_ends *ends, const struct ike_sa *from,
			    uint32_t message_id)
{
	struct ike_header header = { .message_id = message_id };
	uint8_t iv[IKEV1_IV_MAX];

	assert_int_equal(ikev1_iv_of(from, &header, iv), RC_OK);
	return seal(ends, from, message_id, iv);
}

static enum rc read_with(struct isakmp_ends *ends, const struct ike_sa *to, struct span bytes,
			 uint8_t iv[IKEV1_IV_MAX], struct ike_message *message)
{
	struct diag diag = { "" };
	enum rc rc = isakmp_message_parse(&ends->arena, bytes, message, &diag);

	if (rc == RC_OK)
		rc = ikev1_open(to, &ends->arena, message, iv, &diag);
	return rc;
}

static enum rc read_as(struct isakmp_ends *ends, const struct ike_sa *to, struct span bytes,
		       struct ike_message *message)
{
	struct ike_header header;
	uint8_t iv[IKEV1_IV_MAX];

	if (wire_header_parse(bytes, &header, NULL) != RC_OK)
		return RC_SYNTAX;
	assert_int_equal(ikev1_iv_of(to, &header, iv), RC_OK);
	return read_with(ends, to, bytes, iv, message);
}

static enum rc hash_of(const struct ike_sa *to, const struct ike_message *message)
{
	struct step step = { .sa = (struct ike_sa *)(uintptr_t)to, .message = message };
	struct diag diag = { "" };

	return v1_hash_check(&step, SPAN_NONE, &diag);
}

/* As far as any road would go with it: it opens, and it is the peer's. */
static bool passes(struct isakmp_ends *ends, const struct ike_sa *to, struct span bytes)
{
	struct ike_message message = { .count = 0 };

	return read_as(ends, to, bytes, &message) == RC_OK && hash_of(to, &message) == RC_OK;
}

static void assert_told(const struct ike_message *message)
{
	assert_int_equal(message->count, 2);
	assert_int_equal(message->first->type, ISAKMP_HASH);
	assert_int_equal(message->last->type, ISAKMP_NONCE);
	assert_true(message->first->encrypted && message->last->encrypted);
	assert_true(span_equal(message->last->body, SPAN_OF(TOLD)));
}

static void each_end_reads_what_the_other_sealed(void **state)
{
	struct isakmp_ends ends;
	struct ike_message message;

	(void)state;
	for (unsigned i = 0; i < ISAKMP_SUITES; i++) {
		isakmp_ends_begin(&ends, i);
		struct span bytes = seal_new(&ends, &ends.initiator, QUICK_ID);
		assert_int_equal(read_as(&ends, &ends.responder, bytes, &message), RC_OK);
		assert_told(&message);
		assert_int_equal(hash_of(&ends.responder, &message), RC_OK);
		bytes = seal_new(&ends, &ends.responder, QUICK_ID + 1);
		assert_int_equal(read_as(&ends, &ends.initiator, bytes, &message), RC_OK);
		assert_told(&message);
		isakmp_ends_end(&ends);
	}
}

/* RFC 2408 §3.1; RFC 2409 appendix B: padding is not told by a payload's length. */
static void sealed_message_has_its_header_in_clear_and_whole_blocks_behind_it(void **state)
{
	struct isakmp_ends ends;
	struct ike_message message;

	(void)state;
	for (unsigned i = 0; i < ISAKMP_SUITES; i++) {
		isakmp_ends_begin(&ends, i);
		const struct ike_sa *sa = &ends.initiator;
		size_t inner = message_of(&ends, sa, QUICK_ID).bytes.len;
		struct span bytes = seal_new(&ends, sa, QUICK_ID);
		assert_int_equal((bytes.len - IKE_HEADER_LEN) % sa->suite.encr->block_len, 0);
		assert_in_range(bytes.len - IKE_HEADER_LEN, inner,
				inner + sa->suite.encr->block_len - 1);
		assert_int_equal(read_as(&ends, &ends.responder, bytes, &message), RC_OK);
		assert_true(message.header.spi_i == CKY_I && message.header.spi_r == CKY_R);
		assert_int_equal(message.header.version, IKE_VERSION_1);
		assert_int_equal(message.header.exchange, EXCHANGE_V1_INFORMATIONAL);
		assert_int_equal(message.header.flags, ISAKMP_FLAG_ENCRYPTION);
		assert_int_equal(message.header.message_id, QUICK_ID);
		assert_int_equal(message.header.next, ISAKMP_HASH);
		assert_int_equal(message.inner.len, inner);
		for (size_t at = IKE_HEADER_LEN; at + sizeof(TOLD) <= bytes.len; at++)
			assert_memory_not_equal(bytes.ptr + at, TOLD, sizeof(TOLD));
		isakmp_ends_end(&ends);
	}
}

static void message_goes_behind_what_the_sink_has_already(void **state)
{
	struct isakmp_ends ends;
	struct outcome_message message;
	struct ike_message read;
	struct ike_header header = { .message_id = QUICK_ID };
	uint8_t iv[IKEV1_IV_MAX];
	struct sink sink;

	(void)state;
	isakmp_ends_begin(&ends, 1);
	message = message_of(&ends, &ends.initiator, QUICK_ID);
	assert_int_equal(ikev1_iv_of(&ends.initiator, &header, iv), RC_OK);
	sink_init(&sink, ends.wire, sizeof(ends.wire));
	sink_u32(&sink, 0); /* the marker of RFC 3948 */
	assert_int_equal(ikev1_seal(&ends.initiator, QUICK_ID, &message, iv, &sink), RC_OK);
	assert_int_equal(
		read_as(&ends, &ends.responder, span_make(sink.ptr + 4, sink.len - 4), &read),
		RC_OK);
	assert_told(&read);
	assert_int_equal(ends.wire[0] | ends.wire[1] | ends.wire[2] | ends.wire[3], 0);
	isakmp_ends_end(&ends);
}

static void chain_goes_on_from_message_to_message_at_both_ends(void **state)
{
	struct isakmp_ends ends;
	struct ike_message message;
	uint8_t here[IKEV1_IV_MAX], there[IKEV1_IV_MAX], before[IKEV1_IV_MAX], first[4096];
	struct ike_header header = { .message_id = QUICK_ID };

	(void)state;
	for (unsigned i = 0; i < ISAKMP_SUITES; i++) {
		isakmp_ends_begin(&ends, i);
		size_t block = ends.initiator.suite.encr->block_len;
		assert_int_equal(ikev1_iv_of(&ends.initiator, &header, here), RC_OK);
		assert_int_equal(ikev1_iv_of(&ends.responder, &header, there), RC_OK);
		for (unsigned n = 0; n < 6; n++) {
			memcpy(before, here, sizeof(before));
			struct span bytes =
				seal(&ends, n % 2 == 0 ? &ends.initiator : &ends.responder,
				     QUICK_ID, here);
			/* the same words are never the same bytes */
			if (n > 0)
				assert_memory_not_equal(first, bytes.ptr + IKE_HEADER_LEN, block);
			memcpy(first, bytes.ptr + IKE_HEADER_LEN, bytes.len - IKE_HEADER_LEN);
			assert_memory_equal(here, bytes.ptr + bytes.len - block, block);
			assert_memory_not_equal(here, before, block);
			assert_int_equal(read_with(&ends,
						   n % 2 == 0 ? &ends.responder : &ends.initiator,
						   bytes, there, &message),
					 RC_OK);
			assert_told(&message);
			assert_memory_equal(here, there, block);
		}
		isakmp_ends_end(&ends);
	}
}

static void message_out_of_its_place_in_the_chain_does_not_pass(void **state)
{
	struct isakmp_ends ends;
	struct ike_message message;
	uint8_t iv[IKEV1_IV_MAX], first[IKEV1_IV_MAX];
	struct ike_header header = { .message_id = QUICK_ID };

	(void)state;
	for (unsigned i = 0; i < ISAKMP_SUITES; i++) {
		isakmp_ends_begin(&ends, i);
		assert_int_equal(ikev1_iv_of(&ends.initiator, &header, iv), RC_OK);
		memcpy(first, iv, sizeof(first));
		(void)seal(&ends, &ends.initiator, QUICK_ID, iv);
		struct span second = seal(&ends, &ends.initiator, QUICK_ID, iv);
		enum rc rc = read_with(&ends, &ends.responder, second, first, &message);
		assert_true(rc != RC_OK || hash_of(&ends.responder, &message) == RC_INTEGRITY);
		isakmp_ends_end(&ends);
	}
}

/* ---- which chain ---- */

static void fill(uint8_t iv[IKEV1_IV_MAX], uint8_t with)
{
	memset(iv, with, IKEV1_IV_MAX);
}

static void assert_chain(const struct ike_sa *sa, uint32_t message_id, uint8_t with)
{
	struct ike_header header = { .message_id = message_id };
	uint8_t iv[IKEV1_IV_MAX], want[IKEV1_IV_MAX];

	fill(want, with);
	assert_int_equal(ikev1_iv_of(sa, &header, iv), RC_OK);
	assert_memory_equal(iv, want, sizeof(want));
}

static void each_exchange_continues_its_own_chain(void **state)
{
	struct isakmp_ends ends;
	struct isakmp_exchange *one, *two;

	(void)state;
	isakmp_ends_begin(&ends, 2);
	struct ike_sa *sa = &ends.initiator;
	assert_int_equal(isakmp_exchange_new(sa->v1, 21, &one), RC_OK);
	assert_int_equal(isakmp_exchange_new(sa->v1, 22, &two), RC_OK);
	uint8_t bytes[1];
	sa->request.bytes = bytes;
	sa->v1->request_id = 23;
	fill(sa->v1->iv, 0x10);
	fill(one->iv, 0x21);
	fill(two->iv, 0x22);
	fill(sa->v1->request_iv, 0x23);
	assert_chain(sa, 0, 0x10);
	assert_chain(sa, 21, 0x21);
	assert_chain(sa, 22, 0x22);
	assert_chain(sa, 23, 0x23);
	sa->request.bytes = NULL;
	isakmp_ends_end(&ends);
}

/* RFC 2409 appendix B: hash(last block of phase 1 | M-ID). */
static void new_exchange_begins_its_chain_from_phase_1_and_its_message_id(void **state)
{
	struct isakmp_ends ends;
	struct ike_header header = { .message_id = QUICK_ID };
	uint8_t iv[IKEV1_IV_MAX], other[IKEV1_IV_MAX], want[PRF_MAX],
		id[] = { 0x5b, 0x3f, 0x0a, 0x11 };

	(void)state;
	for (unsigned i = 0; i < ISAKMP_SUITES; i++) {
		isakmp_ends_begin(&ends, i);
		struct ike_sa *sa = &ends.initiator;
		size_t block = sa->suite.encr->block_len;
		struct span parts[] = { span_make(sa->v1->iv, block), SPAN_OF(id) };
		/* it was a request of ours, and is answered */
		sa->v1->request_id = QUICK_ID;
		assert_int_equal(ikev1_iv_of(sa, &header, iv), RC_OK);
		assert_int_equal(ikev1_digest(&sa->suite, parts, 2, want), RC_OK);
		assert_memory_equal(iv, want, block);
		header.message_id++;
		assert_int_equal(ikev1_iv_of(sa, &header, other), RC_OK);
		assert_memory_not_equal(iv, other, block);
		header.message_id--;
		assert_int_equal(sa->v1->exchange_count, 0);
		isakmp_ends_end(&ends);
	}
}

/* ---- hostile messages ---- */

static void message_with_any_bit_of_its_text_flipped_never_passes(void **state)
{
	struct isakmp_ends ends;

	(void)state;
	for (unsigned i = 0; i < ISAKMP_SUITES; i++) {
		isakmp_ends_begin(&ends, i);
		struct span bytes = seal_new(&ends, &ends.initiator, QUICK_ID);
		assert_true(passes(&ends, &ends.responder, bytes));
		for (size_t bit = IKE_HEADER_LEN * 8; bit < bytes.len * 8; bit++) {
			ends.wire[bit / 8] ^= (uint8_t)(1 << (bit % 8));
			assert_false(passes(&ends, &ends.responder, bytes));
			ends.wire[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		}
		isakmp_ends_end(&ends);
	}
}

/* What of the header a HASH covers: the message ID; what reading needs: next payload, version,
 * encryption flag, length. */
static void message_with_a_changed_header_does_not_pass(void **state)
{
	static const struct {
		uint8_t at, mask;
	} changes[] = { { 16, 0xff }, { 17, 0xf0 }, { 19, 0x01 }, { 20, 0xff },
			{ 21, 0xff }, { 22, 0xff }, { 23, 0xff }, { 24, 0xff },
			{ 25, 0xff }, { 26, 0xff }, { 27, 0xff } };
	struct isakmp_ends ends;

	(void)state;
	isakmp_ends_begin(&ends, 1);
	struct span bytes = seal_new(&ends, &ends.initiator, QUICK_ID);
	for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			uint8_t flip = changes[i].mask & (uint8_t)bit;
			ends.wire[changes[i].at] ^= flip;
			assert_int_equal(passes(&ends, &ends.responder, bytes), flip == 0);
			ends.wire[changes[i].at] ^= flip;
		}
	isakmp_ends_end(&ends);
}

static void message_under_other_keys_never_passes(void **state)
{
	struct isakmp_ends ends;
	unsigned garbage = 0;

	(void)state;
	for (unsigned i = 0; i < ISAKMP_SUITES; i++) {
		isakmp_ends_begin(&ends, i);
		struct span bytes = seal_new(&ends, &ends.initiator, QUICK_ID);
		for (uint32_t from = 2; from < 300; from++) {
			struct ike_message message = { .count = 0 };
			ike_keys_wipe(&ends.responder.keys);
			ends.responder.keys = isakmp_keys(&ends.responder.suite, from);
			garbage += read_as(&ends, &ends.responder, bytes, &message) != RC_OK;
			assert_false(passes(&ends, &ends.responder, bytes));
		}
		isakmp_ends_end(&ends);
	}
	assert_true(garbage > 1000); /* nearly all of it does not even read */
}

static void garbage_leaves_the_message_without_payloads(void **state)
{
	struct isakmp_ends ends;

	(void)state;
	isakmp_ends_begin(&ends, 2);
	struct span bytes = seal_new(&ends, &ends.initiator, QUICK_ID);
	for (uint32_t from = 2; from < 100; from++) {
		struct ike_message message = { .count = 0 };
		ike_keys_wipe(&ends.responder.keys);
		ends.responder.keys = isakmp_keys(&ends.responder.suite, from);
		if (read_as(&ends, &ends.responder, bytes, &message) == RC_OK)
			continue;
		assert_int_equal(message.count, 0);
		assert_null(message.first);
		assert_null(message.last);
	}
	isakmp_ends_end(&ends);
}

static void clear_message_where_encrypted_is_due_is_not_authentic(void **state)
{
	struct isakmp_ends ends;
	struct ike_message message;
	struct ike_header header;
	struct outcome_message out;
	struct sink sink;
	struct writer writer;
	uint8_t iv[IKEV1_IV_MAX] = { 9 };
	struct diag diag = { "" };

	(void)state;
	isakmp_ends_begin(&ends, 1);
	header = v1_header(&ends.initiator, EXCHANGE_V1_INFORMATIONAL);
	header.message_id = QUICK_ID;
	assert_int_equal(v1_clear_begin(&ends.arena, &header, &sink, &writer), RC_OK);
	isakmp_bytes_emit(&writer, ISAKMP_HASH, SPAN_OF("16 bytes of hash"));
	assert_int_equal(v1_clear_end(&writer, &sink, EXCHANGE_V1_INFORMATIONAL, &out), RC_OK);
	assert_int_equal(isakmp_message_parse(&ends.arena, out.bytes, &message, &diag), RC_OK);
	assert_int_equal(ikev1_open(&ends.responder, &ends.arena, &message, iv, &diag),
			 RC_INTEGRITY);
	assert_non_null(strstr(diag.text, "clear"));
	assert_int_equal(message.count, 1);
	assert_int_equal(iv[0], 9);
	isakmp_ends_end(&ends);
}

/* Cut, with the length corrected, as somebody on the path would do it. */
static void message_that_was_cut_never_passes(void **state)
{
	struct isakmp_ends ends;

	(void)state;
	for (unsigned i = 0; i < ISAKMP_SUITES; i++) {
		isakmp_ends_begin(&ends, i);
		size_t whole = seal_new(&ends, &ends.initiator, QUICK_ID).len;
		size_t block = ends.initiator.suite.encr->block_len;
		for (size_t len = IKE_HEADER_LEN; len < whole; len++) {
			struct ike_message message = { .count = 0 };
			struct span cut = span_make(ends.wire, len);
			struct sink sink = { .ptr = ends.wire, .len = whole, .cap = whole };
			sink_patch_u32(&sink, 24, (uint32_t)len);
			enum rc rc = read_as(&ends, &ends.responder, cut, &message);
			if (len == IKE_HEADER_LEN || (len - IKE_HEADER_LEN) % block != 0)
				assert_int_equal(rc, RC_SYNTAX);
			assert_false(passes(&ends, &ends.responder, cut));
		}
		isakmp_ends_end(&ends);
	}
}

static void what_does_not_fit_is_not_sealed(void **state)
{
	struct isakmp_ends ends;
	struct outcome_message message;
	uint8_t iv[IKEV1_IV_MAX] = { 0 }, same[IKEV1_IV_MAX] = { 0 };
	struct sink sink;

	(void)state;
	isakmp_ends_begin(&ends, 1);
	message = message_of(&ends, &ends.initiator, QUICK_ID);
	size_t total = ikev1_sealed_len(&ends.initiator, &message);
	for (size_t cap = 0; cap < total; cap++) {
		sink_init(&sink, ends.wire, cap);
		assert_int_equal(ikev1_seal(&ends.initiator, QUICK_ID, &message, iv, &sink),
				 RC_LIMIT);
	}
	message.bytes.len = LIMIT_MESSAGE;
	sink_init(&sink, ends.wire, sizeof(ends.wire));
	assert_int_equal(ikev1_seal(&ends.initiator, QUICK_ID, &message, iv, &sink), RC_LIMIT);
	assert_int_equal(sink.len, 0);
	assert_memory_equal(iv, same, sizeof(iv));
	isakmp_ends_end(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_end_reads_what_the_other_sealed),
		cmocka_unit_test(sealed_message_has_its_header_in_clear_and_whole_blocks_behind_it),
		cmocka_unit_test(message_goes_behind_what_the_sink_has_already),
		cmocka_unit_test(chain_goes_on_from_message_to_message_at_both_ends),
		cmocka_unit_test(message_out_of_its_place_in_the_chain_does_not_pass),
		cmocka_unit_test(each_exchange_continues_its_own_chain),
		cmocka_unit_test(new_exchange_begins_its_chain_from_phase_1_and_its_message_id),
		cmocka_unit_test(message_with_any_bit_of_its_text_flipped_never_passes),
		cmocka_unit_test(message_with_a_changed_header_does_not_pass),
		cmocka_unit_test(message_under_other_keys_never_passes),
		cmocka_unit_test(garbage_leaves_the_message_without_payloads),
		cmocka_unit_test(clear_message_where_encrypted_is_due_is_not_authentic),
		cmocka_unit_test(message_that_was_cut_never_passes),
		cmocka_unit_test(what_does_not_fit_is_not_sealed),
	};

	return isakmp_run(tests);
}
