/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/isakmp_test.h"

static const uint8_t sample[] = {
	ISAKMP_CFG_REPLY,
	0,
	0x12,
	0x34,
	0x40,
	0x89,
	0,
	4,
	'u',
	's',
	'e',
	'r', /* user name */
	0xc0,
	0x88,
	0,
	0,
	0,
	1,
	0,
	4,
	192,
	0,
	2,
	1, /* XAUTH-TYPE, an address */
	0,
	2,
	0,
	0,
};

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct isakmp_config config;
	return isakmp_config_parse(arena, body, &config, diag);
}

static void attributes_survive_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_config config;
	assert_ok(isakmp_config_parse(&t->arena, SPAN_OF(sample), &config, &t->diag));
	assert_int_equal(config.type, ISAKMP_CFG_REPLY);
	assert_int_equal(config.identifier, 0x1234);
	assert_int_equal(config.count, 4);
	assert_int_equal(config.attributes[0].type, XAUTH_USER_NAME);
	assert_span(config.attributes[0].data, BYTES('u', 's', 'e', 'r'));
	assert_int_equal(config.attributes[1].type, XAUTH_TYPE);
	assert_true(config.attributes[1].basic);
	assert_int_equal(config.attributes[2].type, INTERNAL_IP4_ADDRESS);
	isakmp_config_emit(&t->writer, &config);
	const struct payload *p = isakmp_sent(t);
	assert_int_equal(p->type, ISAKMP_ATTRIBUTES);
	assert_span(p->body, SPAN_OF(sample));
}

static void cuts_are_good_only_between_attributes(void **state)
{
	(void)state;
	for (size_t len = 0; len <= sizeof(sample); len++) {
		bool between = len == 4 || len == 12 || len == 16 || len == 24 ||
			       len == sizeof(sample) || len == 17 ||
			       len == 25; /* one zero, which may fill it */
		assert_int_equal(body_rc(parse, span_make(sample, len)),
				 between ? RC_OK : RC_TRUNCATED);
	}
	check_flips(parse, SPAN_OF(sample));
}

static void addresses_have_four_bytes_or_none(void **state)
{
	static const uint8_t types[] = { INTERNAL_IP4_ADDRESS, INTERNAL_IP4_NETMASK,
					 INTERNAL_IP4_DNS, INTERNAL_IP4_NBNS, INTERNAL_IP4_DHCP };
	(void)state;
	for (size_t i = 0; i < sizeof(types); i++) {
		uint8_t bytes[8 + 20] = { ISAKMP_CFG_SET, 0, 0, 0, 0, types[i], 0, 0 };
		for (uint8_t len = 0; len < 20; len++) {
			bytes[7] = len;
			assert_int_equal(body_rc(parse, span_make(bytes, 8u + len)),
					 len == 0 || len == 4 ? RC_OK : RC_SYNTAX);
		}
		bytes[4] = 0x80; /* an address in two bytes */
		assert_int_equal(body_rc(parse, span_make(bytes, 8)), RC_SYNTAX);
		bytes[7] = 0;
		assert_int_equal(body_rc(parse, span_make(bytes, 8)), RC_OK);
	}
}

static void ipv6_addresses_have_sixteen_bytes_and_perhaps_a_prefix(void **state)
{
	uint8_t bytes[8 + 20] = { ISAKMP_CFG_SET, 0, 0, 0, 0, INTERNAL_IP6_ADDRESS, 0, 0 };
	(void)state;
	for (uint8_t len = 0; len < 20; len++) {
		bool good = len == 0 || len == 16;
		bytes[7] = len;
		bytes[5] = INTERNAL_IP6_ADDRESS;
		assert_int_equal(body_rc(parse, span_make(bytes, 8u + len)),
				 good || len == 17 ? RC_OK : RC_SYNTAX);
		bytes[5] = INTERNAL_IP6_DNS;
		assert_int_equal(body_rc(parse, span_make(bytes, 8u + len)),
				 good ? RC_OK : RC_SYNTAX);
	}
	bytes[5] = INTERNAL_IP6_ADDRESS;
	bytes[7] = 17;
	bytes[8 + 16] = 129;
	assert_int_equal(body_rc(parse, span_make(bytes, 25)), RC_SYNTAX);
}

/* Libreswan does, up to four bytes. */
static void zeros_may_fill_the_payload(void **state)
{
	uint8_t bytes[] = { ISAKMP_CFG_REPLY, 0, 0, 0, 0, 3, 0, 4, 192, 0, 2, 1, 0, 0, 0 };
	struct wire_test *t = *state;
	struct isakmp_config config;
	for (size_t filling = 0; filling <= 3; filling++) {
		assert_ok(isakmp_config_parse(&t->arena, span_make(bytes, 12 + filling), &config,
					      &t->diag));
		assert_int_equal(config.count, 1);
	}
	bytes[13] = 1; /* but nothing else */
	assert_int_equal(body_rc(parse, SPAN_OF(bytes)), RC_TRUNCATED);
}

static void long_values_are_kept(void **state)
{
	static const uint8_t text[3000];
	struct wire_test *t = *state;
	struct isakmp_attribute banner = { .type = UNITY_BANNER, .data = SPAN_OF(text) };
	struct isakmp_config config = { ISAKMP_CFG_SET, 1, &banner, 1 };
	isakmp_config_emit(&t->writer, &config);
	assert_ok(isakmp_config_parse(&t->arena, isakmp_sent(t)->body, &config, &t->diag));
	assert_int_equal(config.attributes[0].data.len, 3000);
}

static void attributes_beyond_the_limit_are_refused(void **state)
{
	uint8_t bytes[4 + 4 * (LIMIT_ATTRIBUTES + 1)] = { ISAKMP_CFG_REQUEST };
	(void)state;
	assert_int_equal(body_rc(parse, span_make(bytes, sizeof(bytes) - 4)), RC_OK);
	assert_int_equal(body_rc(parse, SPAN_OF(bytes)), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(attributes_survive_a_round_trip),
		WIRE_TEST(cuts_are_good_only_between_attributes),
		WIRE_TEST(addresses_have_four_bytes_or_none),
		WIRE_TEST(ipv6_addresses_have_sixteen_bytes_and_perhaps_a_prefix),
		WIRE_TEST(zeros_may_fill_the_payload),
		WIRE_TEST(long_values_are_kept),
		WIRE_TEST(attributes_beyond_the_limit_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
