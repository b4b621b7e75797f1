/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/addr.h"

static struct ip_range parse(const char *text)
{
	struct ip_range range;
	struct diag diag = { "" };
	if (range_parse(text, &range, &diag) != RC_OK)
		fail_msg("%s: %s", text, diag.text);
	return range;
}

static void assert_refused(const char *text, enum rc rc, const char *sentence)
{
	struct ip_range range = { 0 };
	struct diag diag;
	assert_int_equal(range_parse(text, &range, &diag), rc);
	if (strstr(diag.text, sentence) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", diag.text, sentence);
	assert_false(ip_is_set(&range.from));
	assert_int_equal(range_parse(text, &range, NULL), rc);
}

static void assert_text(const char *in, const char *expected)
{
	char buffer[IP_RANGE_TEXT_MAX];
	struct ip_range range = parse(in);
	assert_string_equal(range_text(&range, buffer), expected);
}

static void ranges_are_printed_as_subnets_where_they_are_some(void **state)
{
	(void)state;
	assert_text("10.0.0.0/8", "10.0.0.0/8");
	assert_text("0.0.0.0/0", "0.0.0.0/0");
	assert_text("::/0", "::/0");
	assert_text("10.1.2.3", "10.1.2.3/32");
	assert_text("2001:db8::/33", "2001:db8::/33");
	assert_text("2001:db8::1", "2001:db8::1/128");
	assert_text("10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9");
	assert_text("10.0.0.0-10.0.0.255", "10.0.0.0/24");
	assert_text("10.0.0.4-10.0.0.4", "10.0.0.4/32");
	assert_text("0.0.0.0-255.255.255.255", "0.0.0.0/0");
	assert_text("2001:db8::1-2001:db8::ffff", "2001:db8::1-2001:db8::ffff");
}

static void longest_texts_fit(void **state)
{
	(void)state;
	assert_text(
		"fff0:1111:2222:3333:4444:5555:6666:7777-ffff:1111:2222:3333:4444:5555:6666:8888",
		"fff0:1111:2222:3333:4444:5555:6666:7777-ffff:1111:2222:3333:4444:5555:6666:8888");
}

static void host_bits_are_an_error_that_names_the_network(void **state)
{
	(void)state;
	assert_refused("10.1.2.3/8", RC_SYNTAX, "the network is 10.0.0.0/8");
	assert_refused("192.0.2.129/25", RC_SYNTAX, "the network is 192.0.2.128/25");
	assert_refused("2001:db8::1/32", RC_SYNTAX, "the network is 2001:db8::/32");
	assert_refused("0.0.0.1/0", RC_SYNTAX, "the network is 0.0.0.0/0");
}

static void wrong_prefix_lengths_are_refused(void **state)
{
	(void)state;
	assert_refused("10.0.0.0/33", RC_SYNTAX, "expected /0 to /32");
	assert_refused("2001:db8::/129", RC_SYNTAX, "expected /0 to /128");
	assert_refused("10.0.0.0/", RC_SYNTAX, "prefix length");
	assert_refused("10.0.0.0/-1", RC_SYNTAX, "prefix length");
	assert_refused("10.0.0.0/+8", RC_SYNTAX, "prefix length");
	assert_refused("10.0.0.0/ 8", RC_SYNTAX, "prefix length");
	assert_refused("10.0.0.0/8x", RC_SYNTAX, "prefix length");
	assert_refused("10.0.0.0/8/8", RC_SYNTAX, "prefix length");
	assert_refused("10.0.0.0/99999999999999999999", RC_SYNTAX, "prefix length");
	assert_refused("10.0.0.0/255.0.0.0", RC_SYNTAX, "prefix length");
}

static void wrong_addresses_are_refused(void **state)
{
	char many[400];
	(void)state;
	assert_refused("", RC_SYNTAX, "not an IP address");
	assert_refused("ten/8", RC_SYNTAX, "\"ten\" is not an IP address");
	assert_refused("10.0.0.1-", RC_SYNTAX, "not an IP address");
	assert_refused("-10.0.0.1", RC_SYNTAX, "not an IP address");
	assert_refused("fe80::1%lo", RC_SYNTAX, "not an IP address");
	assert_refused("10.0.0.1-10.0.0.2-10.0.0.3", RC_SYNTAX, "not an IP address");
	memset(many, '1', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	assert_refused(many, RC_SYNTAX, "too long");
}

static void wrong_ranges_are_refused(void **state)
{
	(void)state;
	assert_refused("10.0.0.9-10.0.0.1", RC_RANGE, "ends before it starts");
	assert_refused("10.0.0.1-2001:db8::1", RC_SYNTAX, "mixes IPv4 and IPv6");
}

static void prefix_is_told_only_of_subnets(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int prefix;
	} cases[] = {
		{ "0.0.0.0/0", 0 },
		{ "0.0.0.0-127.255.255.255", 1 },
		{ "10.0.0.0-10.0.0.1", 31 },
		{ "10.0.0.1-10.0.0.2", -1 },
		{ "10.0.0.0-10.0.0.2", -1 },
		{ "10.0.0.1-10.0.0.255", -1 },
		{ "10.0.0.0-10.0.0.254", -1 },
		{ "10.0.0.7", 32 },
		{ "::/0", 0 },
		{ "2001:db8::/47", 47 },
		{ "2001:db8::-2001:db8::1", 127 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip_range range = parse(cases[i].text);
		assert_int_equal(range_prefix(&range), cases[i].prefix);
	}
	struct ip_range none = { 0 };
	assert_int_equal(range_prefix(&none), -1);
}

static void assert_cover(const char *text, const char *network, int prefix)
{
	struct ip_range range = parse(text);
	struct ip_addr addr;
	char buffer[IP_TEXT_MAX];
	assert_int_equal(range_cover(&range, &addr), prefix);
	assert_string_equal(ip_text(&addr, buffer), network);
}

static void cover_is_the_smallest_subnet_around(void **state)
{
	(void)state;
	assert_cover("10.0.0.1-10.0.0.2", "10.0.0.0", 30);
	assert_cover("10.0.0.127-10.0.0.128", "10.0.0.0", 24);
	assert_cover("127.255.255.255-128.0.0.0", "0.0.0.0", 0);
	assert_cover("10.0.0.9", "10.0.0.9", 32);
	assert_cover("10.0.0.0/9", "10.0.0.0", 9);
	assert_cover("2001:db8::1-2001:db8:1::", "2001:db8::", 47);
	assert_cover("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::", 0);
}

static void every_prefix_length_survives_a_round_trip(void **state)
{
	char text[IP_RANGE_TEXT_MAX];
	(void)state;
	for (int bits = 32; bits <= 128; bits += 96)
		for (int prefix = 0; prefix <= bits; prefix++) {
			struct ip_range range = range_all(bits == 32 ? AF_INET : AF_INET6);
			for (int bit = 0; bit < prefix; bit++) { /* 1010... */
				uint8_t mask = (uint8_t)(0x80 >> bit % 8);
				if (bit % 2 == 0)
					range.from.bytes[bit / 8] |= mask;
				else
					range.to.bytes[bit / 8] &= (uint8_t)~mask;
			}
			assert_int_equal(range_prefix(&range), prefix);
			struct ip_range again = parse(range_text(&range, text));
			assert_true(range_equal(&again, &range));
		}
}

static void all_of_a_family_contains_every_address_of_it(void **state)
{
	struct ip_range v4 = range_all(AF_INET), v6 = range_all(AF_INET6);
	struct ip_range a = parse("255.255.255.255"), b = parse("ffff::");
	(void)state;
	assert_true(range_contains(&v4, &a));
	assert_true(range_contains(&v6, &b));
	assert_false(range_contains(&v4, &b));
	assert_false(range_contains(&v6, &a));
}

static void containing_includes_the_ends(void **state)
{
	struct ip_range outer = parse("10.0.0.10-10.0.0.20"), inner;
	(void)state;
	inner = parse("10.0.0.10-10.0.0.20");
	assert_true(range_contains(&outer, &inner));
	inner = parse("10.0.0.10-10.0.0.21");
	assert_false(range_contains(&outer, &inner));
	inner = parse("10.0.0.9-10.0.0.20");
	assert_false(range_contains(&outer, &inner));
	assert_true(range_contains_addr(&outer, &outer.to));
	assert_true(range_contains_addr(&outer, &outer.from));
	assert_false(range_contains_addr(&outer, &inner.from));
}

static void a_range_has_no_scope(void **state)
{
	struct ip_addr addr;
	struct ip_range link = parse("fe80::/10");
	(void)state;
	assert_int_equal(ip_parse("fe80::1%lo", &addr), RC_OK);
	assert_true(range_contains_addr(&link, &addr));
	struct ip_range single = range_single(&addr);
	assert_int_equal(single.from.scope, 0);
	assert_int_equal(range_prefix(&single), 128);
}

static void intersection_is_what_both_have(void **state)
{
	struct ip_range a = parse("10.0.0.0/24"), b = parse("10.0.0.200-10.0.1.5"), both, expected;
	(void)state;
	assert_true(range_intersect(&a, &b, &both));
	expected = parse("10.0.0.200-10.0.0.255");
	assert_true(range_equal(&both, &expected));
	assert_true(range_intersect(&b, &a, &both));
	assert_true(range_equal(&both, &expected));
	b = parse("10.0.0.255-10.0.1.0");
	assert_true(range_intersect(&a, &b, &both)); /* one address */
	assert_int_equal(range_prefix(&both), 32);
}

static void ranges_apart_have_no_intersection(void **state)
{
	struct ip_range a = parse("10.0.0.0/24"), b = parse("10.0.1.0/24"), none = { 0 };
	struct ip_range both = parse("1.2.3.4"), before = both;
	(void)state;
	assert_false(range_intersect(&a, &b, &both));
	assert_false(range_intersect(&b, &a, &both));
	b = parse("a00::/24"); /* the same first bytes in another family */
	assert_false(range_intersect(&a, &b, &both));
	assert_false(range_intersect(&none, &none, &both));
	assert_true(range_equal(&both, &before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_printed_as_subnets_where_they_are_some),
		cmocka_unit_test(longest_texts_fit),
		cmocka_unit_test(host_bits_are_an_error_that_names_the_network),
		cmocka_unit_test(wrong_prefix_lengths_are_refused),
		cmocka_unit_test(wrong_addresses_are_refused),
		cmocka_unit_test(wrong_ranges_are_refused),
		cmocka_unit_test(prefix_is_told_only_of_subnets),
		cmocka_unit_test(cover_is_the_smallest_subnet_around),
		cmocka_unit_test(every_prefix_length_survives_a_round_trip),
		cmocka_unit_test(all_of_a_family_contains_every_address_of_it),
		cmocka_unit_test(containing_includes_the_ends),
		cmocka_unit_test(a_range_has_no_scope),
		cmocka_unit_test(intersection_is_what_both_have),
		cmocka_unit_test(ranges_apart_have_no_intersection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
