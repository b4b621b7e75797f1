/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/isakmp_test.h"

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct isakmp_id id;
	(void)arena;
	return isakmp_id_parse(body, &id, diag);
}

static enum rc parse_of(uint8_t type, size_t len)
{
	uint8_t bytes[4 + LIMIT_ID + 1] = { type };
	memset(bytes + 4, 'a', LIMIT_ID + 1);
	return body_rc(parse, span_make(bytes, 4 + len));
}

static void identities_survive_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_id id;
	struct span body = BYTES(ID_FQDN, 17, 0x11, 0x94, 'g', 'w');
	uint8_t buffer[16];
	struct sink sink;
	assert_ok(isakmp_id_parse(body, &id, &t->diag));
	assert_int_equal(id.type, ID_FQDN);
	assert_int_equal(id.protocol, 17);
	assert_int_equal(id.port, 4500);
	assert_span(id.data, BYTES('g', 'w'));
	sink_init(&sink, buffer, sizeof(buffer));
	isakmp_id_body_emit(&sink, &id);
	assert_span(sink_written(&sink), body);
	isakmp_id_emit(&t->writer, &id);
	const struct payload *p = isakmp_sent(t);
	assert_int_equal(p->type, ISAKMP_ID);
	assert_span(p->body, body);
}

static void addresses_have_the_length_of_their_type(void **state)
{
	static const struct {
		uint8_t type, len;
	} rows[] = {
		{ ID_IPV4_ADDR, 4 },	       { ID_IPV6_ADDR, 16 },
		{ ISAKMP_ID_IPV4_SUBNET, 8 },  { ISAKMP_ID_IPV4_RANGE, 8 },
		{ ISAKMP_ID_IPV6_SUBNET, 32 }, { ISAKMP_ID_IPV6_RANGE, 32 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t len = 1; len < 40; len++)
			assert_int_equal(parse_of(rows[i].type, len),
					 len == rows[i].len ? RC_OK : RC_SYNTAX);
}

static void names_have_some_bytes_and_not_too_many(void **state)
{
	(void)state;
	assert_int_equal(parse_of(ID_FQDN, 0), RC_TRUNCATED);
	assert_int_equal(parse_of(ID_KEY_ID, LIMIT_ID), RC_OK);
	assert_int_equal(parse_of(ID_KEY_ID, LIMIT_ID + 1), RC_LIMIT);
	assert_int_equal(parse_of(200, 5), RC_OK);
	check_cuts(parse, BYTES(ID_FQDN, 0, 0, 0, 'g', 'w'), 5);
}

static void control_characters_in_names_are_refused(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse, BYTES(ID_FQDN, 0, 0, 0, 'g', 0)), RC_SYNTAX);
	assert_int_equal(body_rc(parse, BYTES(ID_RFC822_ADDR, 0, 0, 0, '\n')), RC_SYNTAX);
	assert_int_equal(body_rc(parse, BYTES(ID_FQDN, 0, 0, 0, 0x7f)), RC_SYNTAX);
	assert_int_equal(body_rc(parse, BYTES(ID_KEY_ID, 0, 0, 0, 0)), RC_OK);
}

static void check_range(const char *text, uint8_t type, struct span data)
{
	struct ip_range range, back;
	struct isakmp_id id;
	struct diag diag = { 0 };
	uint8_t room[32];
	assert_ok(range_parse(text, &range, &diag));
	isakmp_id_of_range(&range, 6, 443, room, &id);
	assert_int_equal(id.type, type);
	assert_int_equal(id.protocol, 6);
	assert_int_equal(id.port, 443);
	assert_span(id.data, data);
	assert_ok(isakmp_id_range(&id, &back, &diag));
	assert_true(range_equal(&range, &back));
}

static void ranges_take_their_shortest_form(void **state)
{
	(void)state;
	check_range("192.0.2.1", ID_IPV4_ADDR, BYTES(192, 0, 2, 1));
	check_range("192.0.2.0/24", ISAKMP_ID_IPV4_SUBNET, BYTES(192, 0, 2, 0, 255, 255, 255, 0));
	check_range("10.64.0.0/11", ISAKMP_ID_IPV4_SUBNET, BYTES(10, 64, 0, 0, 255, 224, 0, 0));
	check_range("0.0.0.0/0", ISAKMP_ID_IPV4_SUBNET, BYTES(0, 0, 0, 0, 0, 0, 0, 0));
	check_range("192.0.2.1-192.0.2.9", ISAKMP_ID_IPV4_RANGE, BYTES(192, 0, 2, 1, 192, 0, 2, 9));
	check_range("2001:db8::1", ID_IPV6_ADDR,
		    BYTES(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
	check_range("2001:db8::/32", ISAKMP_ID_IPV6_SUBNET,
		    BYTES(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255,
			  255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
	check_range("2001:db8::1-2001:db8::3", ISAKMP_ID_IPV6_RANGE,
		    BYTES(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 1, 0x0d,
			  0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3));
}

static enum rc range_of(uint8_t type, struct span data, const char *text)
{
	struct isakmp_id id = { .type = type, .data = data };
	struct ip_range range;
	struct diag diag = { 0 };
	char buffer[IP_RANGE_TEXT_MAX];
	enum rc rc = isakmp_id_range(&id, &range, &diag);
	if (rc == RC_OK)
		assert_string_equal(range_text(&range, buffer), text);
	else
		assert_true(diag.text[0] != '\0');
	return rc;
}

static void a_mask_with_holes_is_refused(void **state)
{
	uint8_t data[8] = { 10 };
	unsigned good = 0;
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		data[4] = (uint8_t)byte;
		struct isakmp_id id = { .type = ISAKMP_ID_IPV4_SUBNET, .data = SPAN_OF(data) };
		struct ip_range range;
		good += isakmp_id_range(&id, &range, NULL) == RC_OK;
	}
	assert_int_equal(good, 9);
	assert_int_equal(range_of(ISAKMP_ID_IPV4_SUBNET, BYTES(10, 0, 0, 0, 255, 0, 255, 0), ""),
			 RC_SYNTAX);
	assert_int_equal(range_of(ISAKMP_ID_IPV4_SUBNET, BYTES(10, 0, 0, 0, 254, 0, 0, 1), ""),
			 RC_SYNTAX);
	assert_int_equal(range_of(ISAKMP_ID_IPV4_SUBNET, BYTES(10, 0, 0, 0, 0, 255, 255, 255), ""),
			 RC_SYNTAX);
}

static void bits_of_a_host_in_a_subnet_do_not_matter(void **state)
{
	(void)state;
	assert_ok(
		range_of(ISAKMP_ID_IPV4_SUBNET, BYTES(10, 1, 2, 3, 255, 255, 0, 0), "10.1.0.0/16"));
}

static void a_range_ends_behind_its_begin(void **state)
{
	(void)state;
	assert_ok(range_of(ISAKMP_ID_IPV4_RANGE, BYTES(10, 0, 0, 1, 10, 0, 0, 1), "10.0.0.1/32"));
	assert_int_equal(range_of(ISAKMP_ID_IPV4_RANGE, BYTES(10, 0, 0, 2, 10, 0, 0, 1), ""),
			 RC_SYNTAX);
}

static void a_name_is_no_range(void **state)
{
	(void)state;
	assert_int_equal(range_of(ID_FQDN, BYTES('g', 'w'), ""), RC_UNSUPPORTED);
	assert_int_equal(range_of(ID_KEY_ID, BYTES(1, 2, 3, 4), ""), RC_UNSUPPORTED);
	assert_int_equal(range_of(ID_IPV4_ADDR, BYTES(1, 2, 3), ""), RC_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(identities_survive_a_round_trip),
		WIRE_TEST(addresses_have_the_length_of_their_type),
		WIRE_TEST(names_have_some_bytes_and_not_too_many),
		WIRE_TEST(control_characters_in_names_are_refused),
		WIRE_TEST(ranges_take_their_shortest_form),
		WIRE_TEST(a_mask_with_holes_is_refused),
		WIRE_TEST(bits_of_a_host_in_a_subnet_do_not_matter),
		WIRE_TEST(a_range_ends_behind_its_begin),
		WIRE_TEST(a_name_is_no_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
