/* SPDX-License-Identifier: Apache-2.0 */
/* SA payloads of IKEv1 with every oddity of attributes, transforms and proposals. */
#include <stdio.h>
#include "exchange/abuse.h"

static struct abuse abuse;
static struct arena arena;
static char what[120];

/* Where the SA stands in the letter, read. */
struct offer {
	unsigned at;
	struct isakmp_sa sa;
	struct isakmp_attribute attributes[32]; /* of its first transform, the only one then */
	unsigned count;
};

static void offer_read(struct offer *offer)
{
	*offer = (struct offer){ .at = 0 };
	while (abuse.letter.parts[offer->at].type != ISAKMP_SA)
		offer->at++;
	assert_int_equal(
		isakmp_sa_parse(&arena, abuse.letter.parts[offer->at].body, &offer->sa, NULL),
		RC_OK);
	const struct isakmp_transform *transform = &offer->sa.proposals[0].transforms[0];
	assert_in_range(transform->attribute_count, 2, 16);
	offer->count = transform->attribute_count;
	memcpy(offer->attributes, transform->attributes,
	       offer->count * sizeof(offer->attributes[0]));
	offer->sa.proposal_count = 1;
	offer->sa.proposals[0].transform_count = 1;
	offer->sa.proposals[0].transforms[0].attributes = offer->attributes;
}

static bool is_phase1(void)
{
	return abuse_is_phase1(&abuse);
}

static bool is_answer(void)
{
	return abuse.to == &abuse.pair.west;
}

/* A first message may be told that nothing of it is wanted; who asked ends an attempt that was
 * answered so, or has it refused in words by the peer. */
static enum abuse_verdict refused(void)
{
	return is_phase1() && !is_answer() ? ABUSE_TOLD : ABUSE_NEVER;
}

static void try_offer(struct offer *offer, enum abuse_verdict verdict)
{
	struct abuse_letter letter = abuse.letter;
	uint8_t body[1024];
	struct sink sink;
	struct writer writer;

	offer->sa.proposals[0].transforms[0].attribute_count = offer->count;
	sink_init(&sink, body, sizeof(body));
	writer_inner(&writer, &sink);
	isakmp_sa_emit(&writer, &offer->sa);
	assert_int_equal(sink_rc(&sink), RC_OK);
	letter.parts[offer->at].body = span_make(body + 4, sink.len - 4);
	abuse_try_letter(&abuse, &letter, true, verdict, what);
}

static bool is_duration(uint16_t type)
{
	return type == (is_phase1() ? OAKLEY_LIFE_DURATION : IPSEC_LIFE_DURATION);
}

static bool is_life_type(uint16_t type)
{
	return type == (is_phase1() ? OAKLEY_LIFE_TYPE : IPSEC_LIFE_TYPE);
}

/* ---- one attribute ---- */

static enum abuse_verdict of_value(const struct isakmp_attribute *honest,
				   const struct isakmp_attribute *now)
{
	uint64_t was = 0, is = 0;
	enum rc rc = isakmp_attribute_number(now, &is);

	assert_int_equal(isakmp_attribute_number(honest, &was), RC_OK);
	if (rc == RC_LIMIT && is_duration(now->type)) /* for ever */
		return ABUSE_ANY;
	if (rc != RC_OK)
		return refused();
	if (is == was || (is_duration(now->type) && is > 0) ||
	    (is_life_type(now->type) && is == LIFE_KILOBYTES))
		return ABUSE_ANY;
	return refused();
}

static void becomes(unsigned i, struct isakmp_attribute now, const char *how, unsigned value)
{
	struct offer offer;

	offer_read(&offer);
	now.type = offer.attributes[i].type;
	enum abuse_verdict verdict = of_value(&offer.attributes[i], &now);
	(void)snprintf(what, sizeof(what), "attribute %u %s %u", now.type, how, value);
	offer.attributes[i] = now;
	try_offer(&offer, verdict);
}

static void in_short(unsigned i)
{
	static const uint16_t values[] = {
		0,   2,	  3,	  4,	 5,	7,     64,    128, 192,
		256, 257, 0x7fff, 61443, 64221, 65001, 65005, 1,   65535
	};

	for (size_t n = 0; n < sizeof(values) / sizeof(values[0]); n++)
		becomes(i, (struct isakmp_attribute){ .basic = true, .value = values[n] }, "is",
			values[n]);
}

/* The same number, and others, in so many bytes. */
static void in_long(unsigned i)
{
	static const uint8_t zeros[20],
		ones[20] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
			     255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };
	struct offer offer;
	uint64_t value = 0;

	offer_read(&offer);
	assert_int_equal(isakmp_attribute_number(&offer.attributes[i], &value), RC_OK);
	for (unsigned len = 0; len <= sizeof(zeros); len += is_answer() || len == 9 ? 11 : 1) {
		uint8_t bytes[sizeof(zeros)] = { 0 };
		becomes(i, (struct isakmp_attribute){ .data = span_make(zeros, len) },
			"is zero in bytes:", len);
		becomes(i, (struct isakmp_attribute){ .data = span_make(ones, len) },
			"is ones in bytes:", len);
		for (unsigned n = 0; n < len && n < 8; n++)
			bytes[len - 1 - n] = (uint8_t)(value >> 8 * n);
		becomes(i, (struct isakmp_attribute){ .data = span_make(bytes, len) },
			"is itself in bytes:", len);
	}
}

static void gone_or_twice(unsigned i)
{
	struct offer offer;
	uint16_t type;

	offer_read(&offer);
	type = offer.attributes[i].type;
	memmove(&offer.attributes[i], &offer.attributes[i + 1],
		(offer.count - i - 1) * sizeof(offer.attributes[0]));
	offer.count--;
	(void)snprintf(what, sizeof(what), "attribute %u absent", type);
	try_offer(&offer, refused());
	offer_read(&offer);
	offer.attributes[offer.count++] = offer.attributes[i];
	(void)snprintf(what, sizeof(what), "attribute %u twice", type);
	try_offer(&offer, refused());
	offer_read(&offer);
	memmove(&offer.attributes[i + 1], &offer.attributes[i],
		(offer.count++ - i) * sizeof(offer.attributes[0]));
	(void)snprintf(what, sizeof(what), "attribute %u twice, together", type);
	try_offer(&offer, refused());
}

/* Attributes may change places, but a duration comes behind its type. */
static void turned_round(void)
{
	struct offer offer, turned;

	offer_read(&offer);
	turned = offer;
	for (unsigned i = 0; i < offer.count; i++)
		turned.attributes[i] = offer.attributes[offer.count - 1 - i];
	turned.sa.proposals[0].transforms[0].attributes = turned.attributes;
	(void)snprintf(what, sizeof(what), "all attributes the other way round");
	try_offer(&turned, refused());
}

static void strangers(void)
{
	static const uint16_t types[] = { 0, 6, 7, 8, 9, 10, 11, 13, 15, 16, 17, 99, 0x7fff };
	struct offer offer;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		for (unsigned basic = 0; basic < 2; basic++) {
			bool known = false;
			offer_read(&offer);
			for (unsigned n = 0; n < offer.count; n++)
				known |= offer.attributes[n].type == types[i];
			if (known || is_life_type(types[i]))
				continue;
			offer.attributes[offer.count++] =
				(struct isakmp_attribute){ .type = types[i],
							   .basic = basic == 1,
							   .value = 2,
							   .data = span_make("\0\1\2", 3) };
			(void)snprintf(what, sizeof(what), "attribute %u too, %s", types[i],
				       basic ? "short" : "long");
			try_offer(&offer, refused());
		}
	}
}

static void no_attributes_or_many(void)
{
	struct offer offer;

	offer_read(&offer);
	offer.count = 0;
	(void)snprintf(what, sizeof(what), "no attributes");
	try_offer(&offer, refused());
	offer_read(&offer);
	while (offer.count < 32)
		offer.attributes[offer.count++] = offer.attributes[0];
	(void)snprintf(what, sizeof(what), "32 attributes");
	try_offer(&offer, refused());
}

static void each_attribute(void)
{
	unsigned count;
	struct offer offer;

	offer_read(&offer);
	count = offer.count;
	for (unsigned i = 0; i < count; i++) {
		in_short(i);
		in_long(i);
		gone_or_twice(i);
	}
	turned_round();
	strangers();
	no_attributes_or_many();
}

/* ---- the frame ---- */

/* Whatever byte of it: never more than one answer, nothing on the strength of it alone. */
static void each_byte(void)
{
	static const uint8_t masks[] = { 0x01, 0xff };
	struct offer offer;

	offer_read(&offer);
	for (size_t i = 0; i < abuse.letter.parts[offer.at].body.len && i < 64; i++) {
		for (size_t n = 0; n < sizeof(masks); n++) {
			struct abuse_letter letter = abuse.letter;
			uint8_t body[1024];
			struct span honest = letter.parts[offer.at].body;
			memcpy(body, honest.ptr, honest.len);
			body[i] ^= masks[n];
			letter.parts[offer.at].body = span_make(body, honest.len);
			(void)snprintf(what, sizeof(what), "byte %zu of SA with %#x", i, masks[n]);
			abuse_try_letter(&abuse, &letter, true, ABUSE_ANY, what);
		}
	}
}

static void frame(void)
{
	struct offer offer;
	uint8_t honest;

	for (unsigned value = 0; value < 256; value++) {
		offer_read(&offer);
		honest = offer.sa.proposals[0].protocol;
		offer.sa.proposals[0].protocol = (uint8_t)value;
		(void)snprintf(what, sizeof(what), "protocol %u", value);
		if (value != honest)
			try_offer(&offer, refused());
		offer_read(&offer);
		honest = offer.sa.proposals[0].transforms[0].id;
		offer.sa.proposals[0].transforms[0].id = (uint8_t)value;
		(void)snprintf(what, sizeof(what), "transform ID %u", value);
		if (value != honest)
			try_offer(&offer, refused());
	}
	each_byte();
}

static void of_each(void (*fn)(void), size_t count)
{
	static const struct {
		const struct abuse_plan *plan;
		unsigned message;
	} where[] = { { &abuse_main, 0 }, { &abuse_aggressive, 0 }, { &abuse_main, 6 },
		      { &abuse_main, 1 }, { &abuse_main, 7 },	    { &abuse_pfs, 6 } };

	arena_init(&arena, 1u << 26);
	for (size_t i = 0; i < count && i < sizeof(where) / sizeof(where[0]); i++) {
		abuse_begin(&abuse, where[i].plan, where[i].message);
		fn();
		abuse_end(&abuse);
	}
	arena_free(&arena);
}

static void odd_attributes_are_not_taken_for_what_they_are_not(void **state)
{
	(void)state;
	of_each(each_attribute, SIZE_MAX);
}

static void odd_proposals_and_transforms_establish_nothing(void **state)
{
	(void)state;
	of_each(frame, 3); /* what the answers bring is no other */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(odd_attributes_are_not_taken_for_what_they_are_not),
		cmocka_unit_test(odd_proposals_and_transforms_establish_nothing),
	};

	return exchange_run(tests);
}
