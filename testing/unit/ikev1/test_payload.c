/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/isakmp_ends.h"
#include "host/host.h"

#define ID	 0x5b3f0a11u
#define TEXT	 "text of the message"
#define QUICK_NI SPAN_OF("initiator's nonce")

/* ---- clear messages ---- */

static void clear_message_is_read_as_it_was_written(void **state)
{
	struct ike_sa sa = { .spi_i = CKY_I, .spi_r = CKY_R };
	struct ike_header header = v1_header(&sa, EXCHANGE_V1_MAIN);
	struct outcome_message out = { .response = true };
	struct ike_message message;
	struct arena arena;
	struct sink sink;
	struct writer writer;

	(void)state;
	arena_init(&arena, 1u << 20);
	assert_int_equal(v1_clear_begin(&arena, &header, &sink, &writer), RC_OK);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(TEXT));
	isakmp_bytes_emit(&writer, ISAKMP_KE, SPAN_OF("other"));
	assert_int_equal(v1_clear_end(&writer, &sink, EXCHANGE_V1_MAIN, &out), RC_OK);
	assert_true(out.present && out.clear && !out.response);
	assert_int_equal(out.exchange, EXCHANGE_V1_MAIN);
	assert_int_equal(isakmp_message_parse(&arena, out.bytes, &message, NULL), RC_OK);
	assert_true(message.header.spi_i == CKY_I && message.header.spi_r == CKY_R);
	assert_int_equal(message.header.exchange, EXCHANGE_V1_MAIN);
	assert_int_equal(message.header.version, IKE_VERSION_1);
	assert_int_equal(message.header.flags, 0);
	assert_int_equal(message.header.message_id, 0);
	assert_int_equal(message.count, 2);
	assert_true(span_equal(v1_payload(&message, ISAKMP_NONCE)->body, SPAN_OF(TEXT)));
	assert_true(span_equal(v1_payload(&message, ISAKMP_KE)->body, SPAN_OF("other")));
	assert_null(v1_payload(&message, ISAKMP_HASH));
	arena_free(&arena);
}

static void message_that_is_too_long_is_a_limit_not_a_part_of_it(void **state)
{
	static const uint8_t much[5000];
	struct isakmp_ends ends;
	struct ike_header header = { .version = IKE_VERSION_1 };
	struct outcome_message out = { .present = false };
	struct sink sink;
	struct writer writer;

	(void)state;
	isakmp_ends_begin(&ends, 1);
	assert_int_equal(v1_clear_begin(&ends.arena, &header, &sink, &writer), RC_OK);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(much));
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(much));
	assert_int_equal(v1_clear_end(&writer, &sink, EXCHANGE_V1_MAIN, &out), RC_LIMIT);
	assert_int_equal(v1_hash_begin(&ends.initiator, &ends.arena, &sink, &writer), RC_OK);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(much));
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(much));
	assert_int_equal(v1_inner_end(&writer, &sink, EXCHANGE_V1_QUICK, &out), RC_LIMIT);
	assert_int_equal(v1_hash_end(&ends.initiator, ID, SPAN_NONE, &writer, &sink,
				     EXCHANGE_V1_QUICK, &out),
			 RC_LIMIT);
	assert_false(out.present);
	isakmp_ends_end(&ends);
}

/* Aggressive Mode says all in clear, a chain of certificates too. */
static void certificates_have_room_of_their_own(void **state)
{
	static const uint8_t certificate[12000];
	struct wire_cert cert = { CERT_X509_SIGNATURE, SPAN_OF(certificate) };
	struct ike_header header = { .spi_i = 1, .version = IKE_VERSION_1 };
	struct outcome_message out = { .present = false };
	struct arena arena;
	struct sink sink;
	struct writer writer;

	(void)state;
	arena_init(&arena, 1u << 20);
	assert_int_equal(v1_clear_begin(&arena, &header, &sink, &writer), RC_OK);
	isakmp_cert_emit(&writer, ISAKMP_CERT, &cert);
	assert_int_not_equal(v1_clear_end(&writer, &sink, EXCHANGE_V1_AGGRESSIVE, &out), RC_OK);
	assert_int_equal(v1_clear_begin_with(&arena, sizeof(certificate), &header, &sink, &writer),
			 RC_OK);
	isakmp_cert_emit(&writer, ISAKMP_CERT, &cert);
	assert_int_equal(v1_clear_end(&writer, &sink, EXCHANGE_V1_AGGRESSIVE, &out), RC_OK);
	assert_true(out.bytes.len > sizeof(certificate));
	arena_free(&arena);
}

static void no_memory_is_told(void **state)
{
	struct isakmp_ends ends;
	struct ike_header header = { .version = IKE_VERSION_1 };
	struct sink sink;
	struct writer writer;
	struct arena arena;

	(void)state;
	isakmp_ends_begin(&ends, 1);
	arena_init(&arena, 64);
	assert_int_equal(v1_clear_begin(&arena, &header, &sink, &writer), RC_NO_MEMORY);
	assert_int_equal(v1_inner_begin(&arena, &sink, &writer), RC_NO_MEMORY);
	assert_int_equal(v1_hash_begin(&ends.initiator, &arena, &sink, &writer), RC_NO_MEMORY);
	arena_free(&arena);
	isakmp_ends_end(&ends);
}

static void inside_of_a_message_keeps_what_the_caller_said_of_it(void **state)
{
	struct outcome_message out = { .response = true, .purpose = REQUEST_LIVENESS };
	struct arena arena;
	struct sink sink;
	struct writer writer;

	(void)state;
	arena_init(&arena, 1u << 20);
	assert_int_equal(v1_inner_begin(&arena, &sink, &writer), RC_OK);
	isakmp_bytes_emit(&writer, ISAKMP_ID, SPAN_OF(TEXT));
	assert_int_equal(v1_inner_end(&writer, &sink, EXCHANGE_V1_MAIN, &out), RC_OK);
	assert_true(out.present && !out.clear && out.response);
	assert_int_equal(out.purpose, REQUEST_LIVENESS);
	assert_int_equal(out.first_type, ISAKMP_ID);
	assert_int_equal(out.bytes.len, 4 + sizeof(TEXT));
	arena_free(&arena);
}

/* ---- HASH(1), HASH(2) ---- */

static struct outcome_message hashed(struct isakmp_ends *ends, struct span nonce)
{
	struct outcome_message out = { .present = false };
	struct sink sink;
	struct writer writer;

	assert_int_equal(v1_hash_begin(&ends->initiator, &ends->arena, &sink, &writer), RC_OK);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(TEXT));
	isakmp_bytes_emit(&writer, ISAKMP_KE, SPAN_OF("other"));
	assert_int_equal(
		v1_hash_end(&ends->initiator, ID, nonce, &writer, &sink, EXCHANGE_V1_QUICK, &out),
		RC_OK);
	return out;
}

static void read_inner(struct isakmp_ends *ends, const struct outcome_message *from,
		       uint32_t message_id, struct ike_message *message)
{
	*message = (struct ike_message){ .header = { .next = from->first_type,
						     .message_id = message_id } };
	assert_int_equal(isakmp_inner_parse(&ends->arena, from->bytes, message, NULL), RC_OK);
}

static enum rc check(struct isakmp_ends *ends, const struct ike_message *message, struct span nonce)
{
	struct step step = { .sa = &ends->responder, .message = message };
	struct diag diag = { "" };
	enum rc rc = v1_hash_check(&step, nonce, &diag);

	assert_int_equal(rc == RC_OK, diag.text[0] == '\0');
	return rc;
}

/* RFC 2409 §5.5: HASH(1) = prf(SKEYID_a, M-ID | SA | Ni [ | KE ] ...), HASH(2) with Ni_b behind the
 * M-ID. */
static void hash_covers_message_id_nonce_and_all_payloads_behind_it(void **state)
{
	static const uint8_t id[] = { 0x5b, 0x3f, 0x0a, 0x11 };
	struct isakmp_ends ends;

	(void)state;
	for (unsigned i = 0; i < ISAKMP_SUITES; i++)
		for (unsigned second = 0; second < 2; second++) {
			isakmp_ends_begin(&ends, i);
			struct span nonce = second ? QUICK_NI : SPAN_NONE;
			struct outcome_message out = hashed(&ends, nonce);
			size_t len = ends.initiator.suite.prf->len;
			struct span parts[] = { SPAN_OF(id), nonce,
						span_make(out.bytes.ptr + 4 + len,
							  out.bytes.len - 4 - len) };
			uint8_t want[PRF_MAX];
			assert_int_equal(out.first_type, ISAKMP_HASH);
			assert_int_equal(parts[2].len, 4 + sizeof(TEXT) + 4 + sizeof("other"));
			assert_int_equal(ikev1_hash(&ends.responder.suite, &ends.responder.keys,
						    parts, 3, want),
					 RC_OK);
			assert_memory_equal(out.bytes.ptr + 4, want, len);
			isakmp_ends_end(&ends);
		}
}

static void hash_of_the_peer_is_right_and_padding_does_not_matter(void **state)
{
	struct isakmp_ends ends;
	struct ike_message message;

	(void)state;
	for (unsigned i = 0; i < ISAKMP_SUITES; i++) {
		isakmp_ends_begin(&ends, i);
		struct outcome_message out = hashed(&ends, SPAN_NONE);
		read_inner(&ends, &out, ID, &message);
		assert_int_equal(check(&ends, &message, SPAN_NONE), RC_OK);
		uint8_t *padded = arena_alloc(&ends.arena, out.bytes.len + 7);
		assert_non_null(padded);
		memset(padded, 0xee, out.bytes.len + 7);
		memcpy(padded, out.bytes.ptr, out.bytes.len);
		out.bytes = span_make(padded, out.bytes.len + 7);
		read_inner(&ends, &out, ID, &message);
		assert_int_equal(check(&ends, &message, SPAN_NONE), RC_OK);
		isakmp_ends_end(&ends);
	}
}

/* A replayed question is no answer, nor the answer to another nonce. */
static void first_hash_second_hash_and_other_nonces_are_not_taken_for_each_other(void **state)
{
	struct isakmp_ends ends;
	struct ike_message message;
	struct outcome_message out;

	(void)state;
	isakmp_ends_begin(&ends, 2);
	out = hashed(&ends, SPAN_NONE);
	read_inner(&ends, &out, ID, &message);
	assert_int_equal(check(&ends, &message, QUICK_NI), RC_INTEGRITY);
	out = hashed(&ends, QUICK_NI);
	read_inner(&ends, &out, ID, &message);
	assert_int_equal(check(&ends, &message, QUICK_NI), RC_OK);
	assert_int_equal(check(&ends, &message, SPAN_NONE), RC_INTEGRITY);
	assert_int_equal(check(&ends, &message, SPAN_OF("another nonce")), RC_INTEGRITY);
	isakmp_ends_end(&ends);
}

/* Every bit of every body; lengths and types are left so that it still reads. */
static void message_with_any_bit_flipped_is_not_authentic(void **state)
{
	struct isakmp_ends ends;
	struct ike_message message;

	(void)state;
	for (unsigned i = 0; i < ISAKMP_SUITES; i++) {
		isakmp_ends_begin(&ends, i);
		struct outcome_message out = hashed(&ends, SPAN_NONE);
		read_inner(&ends, &out, ID, &message);
		for (struct payload *one = message.first; one != NULL; one = one->next)
			for (size_t bit = 0; bit < one->body.len * 8; bit++) {
				uint8_t *byte = (uint8_t *)(uintptr_t)one->body.ptr + bit / 8;
				*byte ^= (uint8_t)(1 << (bit % 8));
				assert_int_equal(check(&ends, &message, SPAN_NONE), RC_INTEGRITY);
				*byte ^= (uint8_t)(1 << (bit % 8));
			}
		assert_int_equal(check(&ends, &message, SPAN_NONE), RC_OK);
		for (unsigned bit = 0; bit < 32; bit++) {
			message.header.message_id = ID ^ (1u << bit);
			assert_int_equal(check(&ends, &message, SPAN_NONE), RC_INTEGRITY);
		}
		isakmp_ends_end(&ends);
	}
}

/* The generic headers behind the HASH are covered too. */
static void payload_taken_away_or_renamed_is_not_authentic(void **state)
{
	struct isakmp_ends ends;
	struct ike_message message;

	(void)state;
	isakmp_ends_begin(&ends, 1);
	struct outcome_message out = hashed(&ends, SPAN_NONE);
	read_inner(&ends, &out, ID, &message);
	struct payload *last = message.last;
	message.last = message.first->next;
	message.last->next = NULL;
	assert_int_equal(check(&ends, &message, SPAN_NONE), RC_INTEGRITY);
	message.last->next = last;
	message.last = last;
	assert_int_equal(check(&ends, &message, SPAN_NONE), RC_OK);
	/* the type of the last payload stands in the header of the one before */
	uint8_t *next = (uint8_t *)(uintptr_t)message.first->next->body.ptr - 4;
	assert_int_equal(*next, ISAKMP_KE);
	*next = ISAKMP_VID;
	read_inner(&ends, &out, ID, &message);
	assert_int_equal(message.last->type, ISAKMP_VID);
	assert_int_equal(check(&ends, &message, SPAN_NONE), RC_INTEGRITY);
	isakmp_ends_end(&ends);
}

static void hash_of_another_length_is_not_authentic(void **state)
{
	struct isakmp_ends ends;
	struct ike_message message;

	(void)state;
	isakmp_ends_begin(&ends, 1);
	struct outcome_message out = hashed(&ends, SPAN_NONE);
	read_inner(&ends, &out, ID, &message);
	struct payload *first = message.first;
	for (size_t len = 0; len < ends.initiator.suite.prf->len; len++) {
		struct payload cut = *first;
		cut.body.len = len;
		message.first = &cut;
		assert_int_equal(check(&ends, &message, SPAN_NONE), RC_INTEGRITY);
	}
	isakmp_ends_end(&ends);
}

static void message_that_does_not_begin_with_its_hash_is_not_authentic(void **state)
{
	struct isakmp_ends ends;
	struct ike_message message = { .header.message_id = ID };

	(void)state;
	isakmp_ends_begin(&ends, 1);
	assert_int_equal(check(&ends, &message, SPAN_NONE), RC_INTEGRITY);
	struct outcome_message out = hashed(&ends, SPAN_NONE);
	out.first_type = ISAKMP_SIG; /* the same bytes under another name */
	read_inner(&ends, &out, ID, &message);
	assert_int_equal(check(&ends, &message, SPAN_NONE), RC_INTEGRITY);
	out = hashed(&ends, SPAN_NONE);
	read_inner(&ends, &out, ID, &message);
	struct payload *hash = message.first;
	message.first = hash->next;
	assert_int_equal(check(&ends, &message, SPAN_NONE), RC_INTEGRITY);
	isakmp_ends_end(&ends);
}

static void hash_under_other_keys_is_not_authentic(void **state)
{
	struct isakmp_ends ends;
	struct ike_message message;

	(void)state;
	isakmp_ends_begin(&ends, 2);
	struct outcome_message out = hashed(&ends, SPAN_NONE);
	read_inner(&ends, &out, ID, &message);
	ike_keys_wipe(&ends.responder.keys);
	ends.responder.keys = isakmp_keys(&ends.responder.suite, 2);
	assert_int_equal(check(&ends, &message, SPAN_NONE), RC_INTEGRITY);
	isakmp_ends_end(&ends);
}

/* ---- message IDs ---- */

/* A host whose random numbers are these, and then none. */
struct dice {
	struct host host;
	uint32_t numbers[32];
	unsigned count, at;
};

static enum rc roll(struct host *host, void *out, size_t len)
{
	struct dice *dice = (struct dice *)host;

	assert_int_equal(len, sizeof(uint32_t));
	if (dice->at == dice->count)
		return RC_IO;
	memcpy(out, &dice->numbers[dice->at++], len);
	return RC_OK;
}

static const struct host_ops dice_ops = { .random = roll };

static enum rc draw(struct dice *dice, const struct ike_sa *sa, uint32_t *out)
{
	struct sa_env env = { .host = &dice->host };

	dice->host.ops = &dice_ops;
	return v1_message_id(&env, sa, out);
}

static void message_id_is_never_0_nor_that_of_an_exchange(void **state)
{
	struct dice dice = { .numbers = { 0, 21, 22, 0, 21, 24, 25 }, .count = 7 };
	struct isakmp_exchange *one;
	struct isakmp_ends ends;
	uint32_t id;

	(void)state;
	isakmp_ends_begin(&ends, 1);
	ends.initiator.v1->request_id = 20;
	assert_int_equal(isakmp_exchange_new(ends.initiator.v1, 21, &one), RC_OK);
	assert_int_equal(isakmp_exchange_new(ends.initiator.v1, 22, &one), RC_OK);
	assert_int_equal(draw(&dice, &ends.initiator, &id), RC_OK);
	assert_int_equal(id, 24);
	assert_int_equal(dice.at, 6);
	isakmp_ends_end(&ends);
}

static void message_id_is_not_that_of_our_request_that_is_out(void **state)
{
	struct dice dice = { .numbers = { 23, 24 }, .count = 2 };
	struct isakmp_ends ends;
	uint8_t bytes[1];
	uint32_t id;

	(void)state;
	isakmp_ends_begin(&ends, 1);
	ends.initiator.v1->request_id = 23;
	ends.initiator.request.bytes = bytes;
	assert_int_equal(draw(&dice, &ends.initiator, &id), RC_OK);
	assert_int_equal(id, 24);
	isakmp_ends_end(&ends);
}

static void generator_that_gives_nothing_new_or_fails_is_an_error(void **state)
{
	struct dice zeros = { .count = 32 }, none = { .count = 0 };
	struct isakmp_ends ends;
	uint32_t id;

	(void)state;
	isakmp_ends_begin(&ends, 1);
	assert_int_equal(draw(&zeros, &ends.initiator, &id), RC_INTERNAL);
	assert_true(zeros.at < 32);
	assert_int_equal(draw(&none, &ends.initiator, &id), RC_IO);
	isakmp_ends_end(&ends);
}

static void a_message_with_certificates_gets_more_room(void **state)
{
	const struct ike_header header = { .spi_i = 1, .version = IKE_VERSION_1 };
	uint8_t *much = mem_alloc(IKEV1_CLEAR_MAX);
	struct arena arena;
	struct writer writer;
	struct sink sink;

	(void)state;
	assert_non_null(much);
	arena_init(&arena, 1u << 20);
	assert_int_equal(v1_clear_begin(&arena, &header, &sink, &writer), RC_OK);
	isakmp_bytes_emit(&writer, ISAKMP_CERT, span_make(much, IKEV1_CLEAR_MAX));
	assert_int_not_equal(writer_message_end(&writer), RC_OK);
	assert_int_equal(v1_clear_begin_with(&arena, IKEV1_CLEAR_MAX, &header, &sink, &writer),
			 RC_OK);
	isakmp_bytes_emit(&writer, ISAKMP_CERT, span_make(much, IKEV1_CLEAR_MAX));
	assert_int_equal(writer_message_end(&writer), RC_OK);
	arena_free(&arena);
	mem_free(much);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clear_message_is_read_as_it_was_written),
		cmocka_unit_test(message_that_is_too_long_is_a_limit_not_a_part_of_it),
		cmocka_unit_test(certificates_have_room_of_their_own),
		cmocka_unit_test(no_memory_is_told),
		cmocka_unit_test(inside_of_a_message_keeps_what_the_caller_said_of_it),
		cmocka_unit_test(hash_covers_message_id_nonce_and_all_payloads_behind_it),
		cmocka_unit_test(hash_of_the_peer_is_right_and_padding_does_not_matter),
		cmocka_unit_test(
			first_hash_second_hash_and_other_nonces_are_not_taken_for_each_other),
		cmocka_unit_test(message_with_any_bit_flipped_is_not_authentic),
		cmocka_unit_test(payload_taken_away_or_renamed_is_not_authentic),
		cmocka_unit_test(hash_of_another_length_is_not_authentic),
		cmocka_unit_test(message_that_does_not_begin_with_its_hash_is_not_authentic),
		cmocka_unit_test(hash_under_other_keys_is_not_authentic),
		cmocka_unit_test(message_id_is_never_0_nor_that_of_an_exchange),
		cmocka_unit_test(message_id_is_not_that_of_our_request_that_is_out),
		cmocka_unit_test(a_message_with_certificates_gets_more_room),
		cmocka_unit_test(generator_that_gives_nothing_new_or_fails_is_an_error),
	};

	return isakmp_run(tests);
}
