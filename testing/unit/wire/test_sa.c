/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

/* IKE: AES_CBC with a key of 256 bits, PRF; then ESP with an SPI. RFC 7296 §3.3. */
static const uint8_t two_proposals[] = {
	2, 0, 0, 28, 1, 1, 0, 2,		       /* proposal 1, IKE, no SPI, 2 transforms */
	3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14,   1,    0, /* ENCR_AES_CBC, 256 bits */
	0, 0, 0, 8,  2, 0, 0, 5,		       /* PRF_HMAC_SHA2_256 */
	0, 0, 0, 20, 2, 3, 4, 1,  0xca, 0xfe, 0xba, 0xbe, /* proposal 2, ESP */
	0, 0, 0, 8,  5, 0, 0, 1,			  /* ESN */
};

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct wire_sa sa;
	return wire_sa_parse(arena, body, &sa, diag);
}

/* The rc for the sample with one byte changed. */
static enum rc changed(size_t at, uint8_t value)
{
	uint8_t bytes[sizeof(two_proposals)];
	memcpy(bytes, two_proposals, sizeof(bytes));
	bytes[at] = value;
	return body_rc(parse, SPAN_OF(bytes));
}

static void proposals_and_transforms_are_read(void **state)
{
	struct wire_test *t = *state;
	struct wire_sa sa;
	assert_int_equal(wire_sa_parse(&t->arena, SPAN_OF(two_proposals), &sa, &t->diag), RC_OK);
	assert_int_equal(sa.proposal_count, 2);
	const struct wire_proposal *p = sa.proposals;
	assert_int_equal(p->number, 1);
	assert_int_equal(p->protocol, PROTOCOL_IKE);
	assert_int_equal(p->spi.len, 0);
	assert_int_equal(p->transform_count, 2);
	assert_int_equal(p->transforms[0].type, TRANSFORM_ENCR);
	assert_int_equal(p->transforms[0].id, ENCR_AES_CBC);
	assert_int_equal(p->transforms[0].key_length, 256);
	assert_false(p->transforms[0].unknown_attribute);
	assert_int_equal(p->transforms[1].type, TRANSFORM_PRF);
	assert_int_equal(p->transforms[1].id, PRF_HMAC_SHA2_256);
	assert_int_equal(p->transforms[1].key_length, 0);
	assert_int_equal(p[1].number, 2);
	assert_int_equal(p[1].protocol, PROTOCOL_ESP);
	assert_span(p[1].spi, BYTES(0xca, 0xfe, 0xba, 0xbe));
}

static void sa_survives_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_sa sa;
	assert_int_equal(wire_sa_parse(&t->arena, SPAN_OF(two_proposals), &sa, &t->diag), RC_OK);
	wire_sa_emit(&t->writer, &sa);
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_SA);
	assert_false(p->critical);
	assert_span(p->body, SPAN_OF(two_proposals));
}

static void sa_is_refused_when_cut_at_any_byte(void **state)
{
	(void)state;
	check_cuts(parse, SPAN_OF(two_proposals), sizeof(two_proposals));
}

static void no_byte_value_in_sa_is_read_past(void **state)
{
	(void)state;
	check_flips(parse, SPAN_OF(two_proposals));
}

static void trailing_bytes_are_refused(void **state)
{
	uint8_t bytes[sizeof(two_proposals) + 1] = { 0 };
	(void)state;
	memcpy(bytes, two_proposals, sizeof(two_proposals));
	assert_int_equal(body_rc(parse, SPAN_OF(bytes)), RC_TRAILING);
	assert_int_equal(changed(0, 0), RC_TRAILING); /* "last proposal", but one follows */
	assert_int_equal(changed(8, 0), RC_TRAILING);
}

static void more_bit_without_a_successor_is_refused(void **state)
{
	(void)state;
	assert_int_equal(changed(28, 2), RC_TRUNCATED);
	assert_int_equal(changed(20, 3), RC_TRUNCATED);
}

static void wrong_last_byte_is_refused(void **state)
{
	(void)state;
	assert_int_equal(changed(0, 3), RC_SYNTAX);
	assert_int_equal(changed(8, 2), RC_SYNTAX);
	assert_int_equal(changed(8, 1), RC_SYNTAX);
}

static void wrong_lengths_are_refused(void **state)
{
	(void)state;
	assert_int_equal(changed(3, 7), RC_SYNTAX);    /* a proposal below its header */
	assert_int_equal(changed(2, 1), RC_TRUNCATED); /* past the end */
	assert_int_equal(changed(11, 7), RC_SYNTAX);   /* a transform below its header */
	assert_int_equal(changed(11, 200), RC_TRUNCATED);
	assert_int_equal(changed(11, 11), RC_TRUNCATED); /* ends inside the attribute */
}

static void wrong_transform_count_is_refused(void **state)
{
	(void)state;
	assert_int_equal(changed(7, 0), RC_SYNTAX);
	assert_int_equal(body_rc(parse, BYTES(0, 0, 0, 8, 1, 1, 0, 0)), RC_SYNTAX);
	assert_int_equal(changed(7, 1), RC_SYNTAX);
	assert_int_not_equal(changed(7, 3), RC_OK);
	assert_int_equal(changed(7, LIMIT_TRANSFORMS + 1), RC_LIMIT);
	assert_int_equal(changed(7, LIMIT_TRANSFORMS), RC_TRUNCATED);
}

static void spi_must_fit_its_protocol(void **state)
{
	(void)state;
	assert_int_equal(changed(6, 4), RC_SYNTAX);  /* IKE with 4 */
	assert_int_equal(changed(34, 0), RC_SYNTAX); /* ESP without */
	assert_int_equal(changed(34, 8), RC_SYNTAX); /* ESP with 8 */
	assert_int_not_equal(changed(6, 8), RC_OK);  /* shifts what follows */
	assert_int_equal(changed(33, PROTOCOL_AH), RC_OK);
	assert_int_equal(body_rc(parse, BYTES(0, 0, 0, 24, 1, PROTOCOL_IKE, 8, 1, 1, 2, 3, 4, 5, 6,
					      7, 8, 0, 0, 0, 8, 2, 0, 0, 5)),
			 RC_OK); /* the rekeying of an IKE SA */
	assert_int_equal(body_rc(parse, BYTES(0, 0, 0, 10, 1, 200, 3, 1, 1, 2)), RC_TRUNCATED);
	assert_int_equal(changed(33, 200), RC_OK); /* an unknown protocol has any */
}

static void proposal_numbers_must_rise_by_one(void **state)
{
	(void)state;
	assert_int_equal(changed(32, 1), RC_SYNTAX);
	assert_int_equal(changed(32, 3), RC_SYNTAX);
	assert_int_equal(changed(4, 0), RC_SYNTAX);
}

static void answer_may_have_any_number_but_zero(void **state)
{
	uint8_t answer[20];
	(void)state;
	memcpy(answer, two_proposals + 28, sizeof(answer));
	answer[4] = 7;
	assert_int_equal(body_rc(parse, SPAN_OF(answer)), RC_OK);
	answer[4] = 0;
	assert_int_equal(body_rc(parse, SPAN_OF(answer)), RC_SYNTAX);
}

static void reserved_bytes_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(changed(1, 0xff), RC_OK);
	assert_int_equal(changed(9, 0xff), RC_OK);
	assert_int_equal(changed(13, 0xff), RC_OK);
}

static void unknown_attribute_is_marked_not_refused(void **state)
{
	struct wire_test *t = *state;
	uint8_t bytes[sizeof(two_proposals)];
	struct wire_sa sa;
	memcpy(bytes, two_proposals, sizeof(bytes));
	bytes[17] = 15;
	assert_int_equal(wire_sa_parse(&t->arena, SPAN_OF(bytes), &sa, &t->diag), RC_OK);
	assert_true(sa.proposals[0].transforms[0].unknown_attribute);
	assert_int_equal(sa.proposals[0].transforms[0].key_length, 0);
	bytes[17] = 14;
	bytes[18] = 0; /* a key of no bits is not "no key length" */
	assert_int_equal(wire_sa_parse(&t->arena, SPAN_OF(bytes), &sa, &t->diag), RC_OK);
	assert_true(sa.proposals[0].transforms[0].unknown_attribute);
}

static const uint8_t long_attribute[] = {
	0, 0, 0,  26, 1,  1, 0, 1,    0,    0,	  0,  18, 1,
	0, 0, 12, 0,  99, 0, 2, 0xaa, 0xbb, 0x80, 14, 0,  128,
};

static void long_attribute_is_stepped_over(void **state)
{
	struct wire_test *t = *state;
	struct wire_sa sa;
	assert_int_equal(wire_sa_parse(&t->arena, SPAN_OF(long_attribute), &sa, &t->diag), RC_OK);
	assert_int_equal(sa.proposals[0].transforms[0].key_length, 128);
	assert_true(sa.proposals[0].transforms[0].unknown_attribute);
	check_cuts(parse, SPAN_OF(long_attribute), sizeof(long_attribute));
	check_flips(parse, SPAN_OF(long_attribute));
}

/* §3.3.5 */
static void same_attribute_twice_is_refused(void **state)
{
	uint8_t bytes[] = { 0, 0, 0, 24, 1,    1,  0, 1,   0,	 0,  0, 16,
			    1, 0, 0, 12, 0x80, 14, 0, 128, 0x80, 14, 1, 0 };
	(void)state;
	assert_int_equal(body_rc(parse, SPAN_OF(bytes)), RC_SYNTAX);
	bytes[17] = 20;
	assert_int_equal(body_rc(parse, SPAN_OF(bytes)), RC_OK);
	assert_int_equal(body_rc(parse, BYTES(0, 0, 0, 28, 1, 1, 0, 1, 0, 0, 0, 20, 1, 0, 0, 12,
					      0x80, 20, 0, 1, 0x80, 14, 1, 0, 0x80, 14, 1, 0)),
			 RC_SYNTAX);
}

static void flood_of_attributes_is_refused(void **state)
{
	uint8_t bytes[16 + 17 * 4] = { 0, 0, 0, sizeof(bytes),	   1, 1, 0, 1,
				       0, 0, 0, sizeof(bytes) - 8, 1, 0, 0, 12 };
	(void)state;
	for (unsigned i = 0; i < 17; i++) {
		bytes[16 + 4 * i] = 0x80;
		bytes[17 + 4 * i] = (uint8_t)(20 + i);
	}
	assert_int_equal(body_rc(parse, SPAN_OF(bytes)), RC_LIMIT);
}

/* As many proposals as asked for, each with as many transforms. */
static void many(struct wire_test *t, unsigned proposals, unsigned transforms)
{
	struct wire_sa sa = { calloc(proposals, sizeof(*sa.proposals)), proposals };
	struct wire_transform *all = calloc(transforms, sizeof(*all));
	for (unsigned i = 0; i < proposals; i++)
		sa.proposals[i] = (struct wire_proposal){ .number = (uint8_t)(i + 1),
							  .protocol = PROTOCOL_IKE,
							  .transforms = all,
							  .transform_count = transforms };
	wire_sa_emit(&t->writer, &sa);
	free(all);
	free(sa.proposals);
}

static void limits_on_counts_are_exact(void **state)
{
	struct wire_test *t = *state;
	many(t, LIMIT_PROPOSALS, 1);
	many(t, LIMIT_PROPOSALS + 1, 1);
	many(t, 1, LIMIT_TRANSFORMS);
	many(t, 1, LIMIT_TRANSFORMS + 1);
	const struct payload *p = sent_plain(t);
	assert_int_equal(body_rc(parse, p->body), RC_OK);
	assert_int_equal(body_rc(parse, p->next->body), RC_LIMIT);
	assert_int_equal(body_rc(parse, p->next->next->body), RC_OK);
	assert_int_equal(body_rc(parse, p->next->next->next->body), RC_LIMIT);
}

static void emitting_more_than_a_field_holds_fails_the_message(void **state)
{
	struct wire_test *t = *state;
	many(t, 1, 256);
	assert_int_equal(writer_message_end(&t->writer), RC_LIMIT);
}

static void failing_allocation_is_reported(void **state)
{
	struct wire_test *t = *state;
	struct arena small;
	struct wire_sa sa;
	arena_init(&small, 8);
	assert_int_equal(wire_sa_parse(&small, SPAN_OF(two_proposals), &sa, &t->diag),
			 RC_NO_MEMORY);
	arena_free(&small);
	bool fits = false;
	for (size_t limit = 0; limit < 2048; limit++) {
		arena_init(&small, limit);
		enum rc rc = wire_sa_parse(&small, SPAN_OF(two_proposals), &sa, &t->diag);
		assert_int_equal(rc, fits || rc == RC_OK ? RC_OK : RC_NO_MEMORY);
		fits = rc == RC_OK;
		arena_free(&small);
	}
	assert_true(fits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(proposals_and_transforms_are_read),
		WIRE_TEST(sa_survives_a_round_trip),
		WIRE_TEST(sa_is_refused_when_cut_at_any_byte),
		WIRE_TEST(no_byte_value_in_sa_is_read_past),
		WIRE_TEST(trailing_bytes_are_refused),
		WIRE_TEST(more_bit_without_a_successor_is_refused),
		WIRE_TEST(wrong_last_byte_is_refused),
		WIRE_TEST(wrong_lengths_are_refused),
		WIRE_TEST(wrong_transform_count_is_refused),
		WIRE_TEST(spi_must_fit_its_protocol),
		WIRE_TEST(proposal_numbers_must_rise_by_one),
		WIRE_TEST(answer_may_have_any_number_but_zero),
		WIRE_TEST(reserved_bytes_are_ignored),
		WIRE_TEST(unknown_attribute_is_marked_not_refused),
		WIRE_TEST(long_attribute_is_stepped_over),
		WIRE_TEST(same_attribute_twice_is_refused),
		WIRE_TEST(flood_of_attributes_is_refused),
		WIRE_TEST(limits_on_counts_are_exact),
		WIRE_TEST(emitting_more_than_a_field_holds_fails_the_message),
		WIRE_TEST(failing_allocation_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
