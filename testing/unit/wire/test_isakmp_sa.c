/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/isakmp_test.h"

/* ESP with two transforms and IPComp beside it (one number), then AH alone. */
static const uint8_t sample[] = {
	0, 0, 0, 1,  0, 0,  0, 1,					      /* DOI, situation */
	2, 0, 0, 40, 1, 3,  4, 2, 0xc1, 0xc2, 0xc3, 0xc4,		      /* proposal 1: ESP */
	3, 0, 0, 16, 1, 12, 0, 0, 0x80, 4,    0,    1,	  0x80, 6, 0,	 128, /* AES-128, tunnel */
	0, 0, 0, 12, 2, 3,  0, 0, 0x80, 4,    0,    1,			      /* 3DES */
	2, 0, 0, 18, 1, 4,  2, 1, 0x12, 0x34,		  /* proposal 1: IPComp */
	0, 0, 0, 8,  1, 2,  0, 0,			  /* deflate */
	0, 0, 0, 32, 2, 2,  4, 1, 0xd1, 0xd2, 0xd3, 0xd4, /* proposal 2: AH */
	0, 0, 0, 20, 1, 3,  0, 0, 0,	2,    0,    4,	  0,	0, 0x70, 0x80, 0x80, 5, 0, 2,
};
#define ESP_AT	   8
#define ESP_FIRST  (ESP_AT + 12)
#define ESP_SECOND (ESP_FIRST + 16)
#define COMP_AT	   (ESP_AT + 40)
#define AH_AT	   (COMP_AT + 18)

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct isakmp_sa sa;
	return isakmp_sa_parse(arena, body, &sa, diag);
}

/* The sample with one byte changed. */
static enum rc parse_with(size_t at, uint8_t value)
{
	uint8_t bytes[sizeof(sample)];
	memcpy(bytes, sample, sizeof(sample));
	assert_int_not_equal(bytes[at], value);
	bytes[at] = value;
	return body_rc(parse, SPAN_OF(bytes));
}

static void proposals_survive_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_sa sa;
	assert_ok(isakmp_sa_parse(&t->arena, SPAN_OF(sample), &sa, &t->diag));
	assert_int_equal(sa.doi, ISAKMP_DOI_IPSEC);
	assert_int_equal(sa.situation, SIT_IDENTITY_ONLY);
	assert_int_equal(sa.proposal_count, 3);
	assert_span(sa.body, SPAN_OF(sample));
	const struct isakmp_proposal *esp = &sa.proposals[0];
	assert_int_equal(esp->number, 1);
	assert_int_equal(esp->protocol, PROTOCOL_ESP);
	assert_span(esp->spi, BYTES(0xc1, 0xc2, 0xc3, 0xc4));
	assert_int_equal(esp->transform_count, 2);
	assert_int_equal(esp->transforms[0].id, 12);
	assert_int_equal(esp->transforms[0].attribute_count, 2);
	assert_int_equal(esp->transforms[0].attributes[1].value, 128);
	assert_span(esp->transforms[0].raw, span_make(sample + ESP_FIRST, 16));
	assert_span(esp->transforms[1].raw, span_make(sample + ESP_SECOND, 12));
	assert_int_equal(sa.proposals[1].protocol, ISAKMP_PROTOCOL_IPCOMP);
	assert_int_equal(sa.proposals[1].number, 1);
	assert_int_equal(sa.proposals[2].transforms[0].attributes[0].data.len, 4);
	isakmp_sa_emit(&t->writer, &sa);
	const struct payload *p = isakmp_sent(t);
	assert_int_equal(p->type, ISAKMP_SA);
	assert_span(p->body, SPAN_OF(sample));
	struct span body = isakmp_sa_body(&t->arena, &sa);
	assert_span(body, SPAN_OF(sample));
}

static void every_cut_and_every_byte_is_harmless(void **state)
{
	(void)state;
	check_cuts(parse, SPAN_OF(sample), sizeof(sample));
	check_flips(parse, SPAN_OF(sample));
}

static void another_doi_or_situation_is_not_read_on(void **state)
{
	struct wire_test *t = *state;
	uint8_t bytes[sizeof(sample)];
	struct isakmp_sa sa;
	assert_int_equal(parse_with(3, 2), RC_UNSUPPORTED);
	assert_int_equal(parse_with(7, 3), RC_UNSUPPORTED); /* with secrecy */
	memcpy(bytes, sample, sizeof(sample));
	bytes[0] = 9;
	assert_int_equal(isakmp_sa_parse(&t->arena, SPAN_OF(bytes), &sa, &t->diag), RC_UNSUPPORTED);
	assert_int_equal(sa.proposal_count, 0);
	assert_int_equal(sa.doi, 0x09000001);
}

static void counts_that_lie_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_with(ESP_AT + 7, 0), RC_SYNTAX);
	assert_int_equal(parse_with(ESP_AT + 7, 1), RC_SYNTAX);
	assert_int_equal(parse_with(ESP_AT + 7, 3), RC_TRUNCATED);
	assert_int_equal(parse_with(ESP_AT + 7, 255), RC_LIMIT);
	assert_int_equal(parse_with(AH_AT + 7, 2), RC_TRUNCATED);
}

static void chains_must_end_where_they_end(void **state)
{
	(void)state;
	assert_int_equal(parse_with(ESP_AT, 0), RC_TRAILING);
	assert_int_equal(parse_with(AH_AT, 2), RC_TRUNCATED);
	assert_int_equal(parse_with(ESP_FIRST, 0), RC_TRAILING);
	assert_int_equal(parse_with(ESP_SECOND, 3), RC_TRUNCATED);
}

/* A transform where a proposal stands, and the other way round. */
static void proposals_nested_wrongly_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_with(ESP_AT, 3), RC_SYNTAX);
	assert_int_equal(parse_with(ESP_FIRST, 2), RC_SYNTAX);
	assert_int_equal(parse_with(COMP_AT, 1), RC_SYNTAX);
}

static void lengths_that_lie_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_with(ESP_AT + 3, 7), RC_SYNTAX);
	assert_int_equal(parse_with(ESP_AT + 2, 1), RC_TRUNCATED);
	assert_int_equal(parse_with(ESP_FIRST + 3, 7), RC_SYNTAX);
	assert_int_equal(parse_with(ESP_FIRST + 3, 15), RC_TRUNCATED); /* inside an attribute */
	assert_int_equal(parse_with(ESP_SECOND + 3, 13), RC_TRUNCATED);
	assert_int_equal(parse_with(AH_AT + 12 + 11, 5), RC_TRUNCATED); /* attribute's length */
}

static void numbers_do_not_fall(void **state)
{
	(void)state;
	assert_int_equal(parse_with(AH_AT + 4, 0), RC_SYNTAX);
	assert_int_equal(parse_with(AH_AT + 4, 1), RC_OK); /* with those before */
	assert_int_equal(parse_with(COMP_AT + 4, 0), RC_SYNTAX);
	assert_int_equal(parse_with(ESP_AT + 4, 0), RC_OK); /* some begin with 0 */
	assert_int_equal(parse_with(ESP_SECOND + 4, 1), RC_SYNTAX);
	assert_int_equal(parse_with(ESP_SECOND + 4, 0), RC_SYNTAX);
	assert_int_equal(parse_with(ESP_SECOND + 4, 9), RC_OK);
}

static enum rc spi_of(uint8_t protocol, uint8_t size)
{
	uint8_t bytes[8 + 8 + 255 + 8] = { [3] = 1, [7] = 1 };
	size_t len = 8u + size + 8u;
	bytes[10] = (uint8_t)(len >> 8);
	bytes[11] = (uint8_t)len;
	bytes[13] = protocol;
	bytes[14] = size;
	bytes[15] = 1;
	bytes[16 + size + 3] = 8;
	return body_rc(parse, span_make(bytes, 8 + len));
}

static void an_spi_has_the_size_of_its_protocol(void **state)
{
	(void)state;
	for (unsigned size = 0; size < 256; size++) {
		uint8_t s = (uint8_t)size;
		assert_int_equal(spi_of(PROTOCOL_IKE, s), size <= 16 ? RC_OK : RC_SYNTAX);
		assert_int_equal(spi_of(PROTOCOL_ESP, s), size == 4 ? RC_OK : RC_SYNTAX);
		assert_int_equal(spi_of(PROTOCOL_AH, s), size == 4 ? RC_OK : RC_SYNTAX);
		assert_int_equal(spi_of(ISAKMP_PROTOCOL_IPCOMP, s),
				 size == 4 || size == 2 ? RC_OK : RC_SYNTAX);
		assert_int_equal(spi_of(77, s), RC_OK);
	}
}

/* Issue 5's oddities reach the one who negotiates as they are. */
static void odd_attributes_are_kept(void **state)
{
	static const uint8_t odd[] = {
		0,    0,  0, 1,	 0,    0,  0, 1, 0,    0,  0,	 66,
		0,    1,  0, 1,					       /* proposal 0 of ISAKMP */
		0,    0,  0, 58, 0,    1,  0, 0,		       /* transform 0 */
		0x80, 14, 0, 0,	 0x80, 14, 0, 1, 0x80, 14, 0xff, 0xff, /* key lengths */
		0,    14, 0, 2,	 1,    0,			       /* as TLV */
		0x80, 12, 0, 0,	 0,    12, 0, 4, 0,    0,  0,	 0,    /* lifetimes of 0 */
		0,    12, 0, 8,	 0,    0,  0, 1, 0,    0,  0,	 0,    /* of 8 bytes */
		0,    12, 0, 0,	 0x80, 1,  0, 7,
	};
	struct wire_test *t = *state;
	struct isakmp_sa sa;
	uint64_t number = 1;
	assert_ok(isakmp_sa_parse(&t->arena, SPAN_OF(odd), &sa, &t->diag));
	const struct isakmp_transform *transform = &sa.proposals[0].transforms[0];
	assert_int_equal(transform->attribute_count, 9);
	assert_int_equal(transform->attributes[2].value, 65535);
	assert_ok(isakmp_attribute_number(&transform->attributes[3], &number));
	assert_int_equal(number, 256);
	assert_ok(isakmp_attribute_number(&transform->attributes[5], &number));
	assert_int_equal(number, 0);
	assert_ok(isakmp_attribute_number(&transform->attributes[6], &number));
	assert_true(number == 0x100000000u);
	assert_int_equal(isakmp_attribute_number(&transform->attributes[7], &number), RC_SYNTAX);
}

static void more_proposals_than_the_limit_are_refused(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_transform transform = { .number = 1, .id = 3 };
	struct span spi = BYTES(1, 2, 3, 4);
	struct isakmp_proposal proposals[LIMIT_PROPOSALS + 1];
	struct isakmp_sa sa = { 1, 1, proposals, LIMIT_PROPOSALS, SPAN_NONE };
	for (unsigned i = 0; i <= LIMIT_PROPOSALS; i++)
		proposals[i] =
			(struct isakmp_proposal){ (uint8_t)i, PROTOCOL_ESP, spi, &transform, 1 };
	assert_int_equal(body_rc(parse, isakmp_sa_body(&t->arena, &sa)), RC_OK);
	sa.proposal_count++;
	assert_int_equal(body_rc(parse, isakmp_sa_body(&t->arena, &sa)), RC_LIMIT);
	sa.proposal_count = 0;
	assert_int_equal(body_rc(parse, isakmp_sa_body(&t->arena, &sa)), RC_TRUNCATED);
}

static void what_does_not_fit_has_no_body(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_transform transform = { .number = 1 };
	struct isakmp_proposal proposal = { 1, PROTOCOL_IKE, span_make(t->buffer, 256), &transform,
					    1 };
	struct isakmp_sa sa = { 1, 1, &proposal, 1, SPAN_NONE };
	struct arena small;
	assert_null(isakmp_sa_body(&t->arena, &sa).ptr);
	proposal.spi.len = 0;
	assert_non_null(isakmp_sa_body(&t->arena, &sa).ptr);
	arena_init(&small, 16);
	assert_null(isakmp_sa_body(&small, &sa).ptr);
	arena_free(&small);
}

static void every_failing_allocation_is_reported(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_sa sa;
	enum rc rc = RC_NO_MEMORY;
	for (size_t limit = 16; rc != RC_OK; limit += 16) {
		struct arena small;
		arena_init(&small, limit);
		rc = isakmp_sa_parse(&small, SPAN_OF(sample), &sa, &t->diag);
		assert_true(rc == RC_OK || rc == RC_NO_MEMORY);
		arena_free(&small);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(proposals_survive_a_round_trip),
		WIRE_TEST(every_cut_and_every_byte_is_harmless),
		WIRE_TEST(another_doi_or_situation_is_not_read_on),
		WIRE_TEST(counts_that_lie_are_refused),
		WIRE_TEST(chains_must_end_where_they_end),
		WIRE_TEST(proposals_nested_wrongly_are_refused),
		WIRE_TEST(lengths_that_lie_are_refused),
		WIRE_TEST(numbers_do_not_fall),
		WIRE_TEST(an_spi_has_the_size_of_its_protocol),
		WIRE_TEST(odd_attributes_are_kept),
		WIRE_TEST(more_proposals_than_the_limit_are_refused),
		WIRE_TEST(what_does_not_fit_has_no_body),
		WIRE_TEST(every_failing_allocation_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
