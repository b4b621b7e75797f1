/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

/* A request for an address, a DNS server and a domain's value. RFC 7296 §3.15. */
static const uint8_t sample[] = {
	CP_CFG_REQUEST, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 4, 192, 0, 2, 1, 0, 25, 0, 2, 'd', 'e',
};

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct wire_cp cp;
	return wire_cp_parse(arena, body, &cp, diag);
}

static enum rc parse_value(uint16_t type, size_t len)
{
	uint8_t bytes[8 + LIMIT_CP_VALUE + 1] = {
		CP_CFG_REPLY,	     0,		  0, 0, (uint8_t)(type >> 8), (uint8_t)type,
		(uint8_t)(len >> 8), (uint8_t)len
	};
	return body_rc(parse, span_make(bytes, 8 + len));
}

static void attributes_survive_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_cp cp;
	assert_int_equal(wire_cp_parse(&t->arena, SPAN_OF(sample), &cp, &t->diag), RC_OK);
	assert_int_equal(cp.type, CP_CFG_REQUEST);
	assert_int_equal(cp.count, 3);
	assert_int_equal(cp.attributes[0].type, INTERNAL_IP4_ADDRESS);
	assert_int_equal(cp.attributes[0].value.len, 0);
	assert_int_equal(cp.attributes[1].type, INTERNAL_IP4_DNS);
	assert_span(cp.attributes[1].value, BYTES(192, 0, 2, 1));
	assert_span(cp.attributes[2].value, BYTES('d', 'e'));
	wire_cp_emit(&t->writer, &cp);
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_CP);
	assert_span(p->body, SPAN_OF(sample));
}

/* An attribute fewer is a payload of its own; half an attribute is none. */
static void cuts_are_good_only_between_attributes(void **state)
{
	(void)state;
	for (size_t len = 0; len <= sizeof(sample); len++) {
		bool between = len == 4 || len == 8 || len == 16 || len == sizeof(sample);
		enum rc rc = body_rc(parse, span_make(sample, len));
		assert_int_equal(rc, between ? RC_OK : RC_TRUNCATED);
	}
	check_flips(parse, SPAN_OF(sample));
}

static void addresses_must_have_their_length_or_none(void **state)
{
	static const struct {
		uint16_t type;
		size_t len;
	} lengths[] = { { INTERNAL_IP4_ADDRESS, 4 }, { INTERNAL_IP4_NETMASK, 4 },
			{ INTERNAL_IP4_DNS, 4 },     { INTERNAL_IP4_NBNS, 4 },
			{ INTERNAL_IP4_DHCP, 4 },    { INTERNAL_IP6_ADDRESS, 17 },
			{ INTERNAL_IP6_DNS, 16 },    { INTERNAL_IP6_DHCP, 16 },
			{ INTERNAL_IP4_SUBNET, 8 },  { INTERNAL_IP6_SUBNET, 17 } };
	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (size_t len = 0; len < 20; len++)
			assert_int_equal(parse_value(lengths[i].type, len),
					 len == 0 || len == lengths[i].len ? RC_OK : RC_SYNTAX);
}

static void supported_attributes_come_in_pairs_of_bytes(void **state)
{
	(void)state;
	assert_int_equal(parse_value(SUPPORTED_ATTRIBUTES, 4), RC_OK);
	assert_int_equal(parse_value(SUPPORTED_ATTRIBUTES, 5), RC_SYNTAX);
}

static void value_beyond_the_limit_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_value(INTERNAL_DNS_DOMAIN, LIMIT_CP_VALUE), RC_OK);
	assert_int_equal(parse_value(INTERNAL_DNS_DOMAIN, LIMIT_CP_VALUE + 1), RC_LIMIT);
	assert_int_equal(parse_value(20000, LIMIT_CP_VALUE), RC_OK);
}

static void attributes_beyond_the_limit_are_refused(void **state)
{
	uint8_t bytes[4 + 4 * (LIMIT_CP_ATTRIBUTES + 1)] = { CP_CFG_REQUEST };
	(void)state;
	assert_int_equal(body_rc(parse, span_make(bytes, sizeof(bytes) - 4)), RC_OK);
	assert_int_equal(body_rc(parse, SPAN_OF(bytes)), RC_LIMIT);
}

static void reserved_bits_are_ignored_and_sent_as_zero(void **state)
{
	struct wire_test *t = *state;
	struct wire_cp cp;
	struct span bytes = BYTES(CP_CFG_REPLY, 1, 2, 3, 0x80, 3, 0, 0);
	assert_int_equal(wire_cp_parse(&t->arena, bytes, &cp, &t->diag), RC_OK);
	assert_int_equal(cp.attributes[0].type, INTERNAL_IP4_DNS);
	cp.attributes[0].type |= 0x8000;
	wire_cp_emit(&t->writer, &cp);
	assert_span(sent_plain(t)->body, BYTES(CP_CFG_REPLY, 0, 0, 0, 0, 3, 0, 0));
}

static void refusal_names_the_attribute(void **state)
{
	struct wire_test *t = *state;
	struct wire_cp cp;
	struct span bytes = BYTES(CP_CFG_REPLY, 0, 0, 0, 0, 3, 0, 1, 9);
	assert_int_equal(wire_cp_parse(&t->arena, bytes, &cp, &t->diag), RC_SYNTAX);
	assert_non_null(strstr(t->diag.text, "INTERNAL_IP4_DNS has 1 bytes; expected 4"));
}

static void failing_allocation_is_reported(void **state)
{
	struct wire_test *t = *state;
	struct arena small;
	struct wire_cp cp;
	arena_init(&small, 16);
	assert_int_equal(wire_cp_parse(&small, SPAN_OF(sample), &cp, &t->diag), RC_NO_MEMORY);
	arena_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(attributes_survive_a_round_trip),
		WIRE_TEST(cuts_are_good_only_between_attributes),
		WIRE_TEST(addresses_must_have_their_length_or_none),
		WIRE_TEST(supported_attributes_come_in_pairs_of_bytes),
		WIRE_TEST(value_beyond_the_limit_is_refused),
		WIRE_TEST(attributes_beyond_the_limit_are_refused),
		WIRE_TEST(reserved_bits_are_ignored_and_sent_as_zero),
		WIRE_TEST(refusal_names_the_attribute),
		WIRE_TEST(failing_allocation_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
