/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/selector/selector_test.h"

static void a_selector_without_a_port_is_for_any(void **state)
{
	struct ip_range range = net("10.0.0.0/8").range;
	(void)state;
	struct selector any = selector_make(&range, 0, 0),
			dns = selector_make(&range, IPPROTO_UDP, 53);
	assert_int_equal(any.port_from, 0);
	assert_int_equal(any.port_to, 65535);
	assert_int_equal(dns.port_from, 53);
	assert_int_equal(dns.port_to, 53);
	assert_int_equal(dns.protocol, IPPROTO_UDP);
}

static void selectors_are_equal_in_every_part(void **state)
{
	struct selector a = sel("10.0.0.0/8", 6, 1, 2), b = a;
	(void)state;
	assert_true(selector_equal(&a, &b));
	b.protocol = 17;
	assert_false(selector_equal(&a, &b));
	b = a, b.port_from = 0;
	assert_false(selector_equal(&a, &b));
	b = a, b.port_to = 3;
	assert_false(selector_equal(&a, &b));
	b = sel("10.0.0.0/9", 6, 1, 2);
	assert_false(selector_equal(&a, &b));
}

static void pairs_are_equal_on_both_sides(void **state)
{
	struct selector_pair a = nets("10.0.0.0/8", "10.1.0.0/16"), b = a;
	(void)state;
	assert_true(selector_pair_equal(&a, &b));
	b.local = net("10.0.0.0/9");
	assert_false(selector_pair_equal(&a, &b));
	b = a, b.remote = net("10.0.0.0/9");
	assert_false(selector_pair_equal(&a, &b));
}

static void any_contains_everything_and_not_the_other_way_round(void **state)
{
	struct selector all = net("0.0.0.0/0"), dns = sel("10.0.0.1", 17, 53, 53);
	(void)state;
	assert_true(selector_contains(&all, &dns));
	assert_false(selector_contains(&dns, &all));
	assert_true(selector_contains(&dns, &dns));
}

static void any_port_contains_opaque_and_opaque_only_itself(void **state)
{
	struct selector any = sel("10.0.0.1", 17, 0, 65535), opaque = sel("10.0.0.1", 17, 65535, 0);
	struct selector some = sel("10.0.0.1", 17, 1, 65535), out;
	(void)state;
	assert_true(selector_contains(&any, &opaque));
	assert_false(selector_contains(&opaque, &any));
	assert_false(selector_contains(&some, &opaque));
	assert_false(selector_contains(&opaque, &some));
	assert_true(selector_contains(&opaque, &opaque));
	assert_true(selector_intersect(&any, &opaque, &out));
	assert_true(selector_equal(&out, &opaque));
	assert_true(selector_intersect(&opaque, &any, &out));
	assert_true(selector_equal(&out, &opaque));
	assert_false(selector_intersect(&some, &opaque, &out));
	assert_false(selector_intersect(&opaque, &some, &out));
}

static void families_never_meet(void **state)
{
	struct selector v4 = net("0.0.0.0/0"), v6 = net("::/0"), out;
	(void)state;
	assert_false(selector_contains(&v4, &v6));
	assert_false(selector_contains(&v6, &v4));
	assert_false(selector_intersect(&v4, &v6, &out));
}

static void an_intersection_takes_the_narrower_of_each_part(void **state)
{
	struct selector a = sel("10.0.0.0-10.0.0.20", 0, 0, 65535),
			b = sel("10.0.0.10-10.0.0.30", 6, 80, 90), out;
	struct selector expected = sel("10.0.0.10-10.0.0.20", 6, 80, 90);
	(void)state;
	assert_true(selector_intersect(&a, &b, &out));
	assert_true(selector_equal(&out, &expected));
	assert_true(selector_intersect(&b, &a, &out));
	assert_true(selector_equal(&out, &expected));
}

static void ports_intersect_as_ranges(void **state)
{
	struct selector a = sel("10.0.0.1", 6, 10, 20), b = sel("10.0.0.1", 6, 15, 30),
			c = sel("10.0.0.1", 6, 21, 22), out;
	(void)state;
	assert_true(selector_intersect(&a, &b, &out));
	assert_int_equal(out.port_from, 15);
	assert_int_equal(out.port_to, 20);
	assert_false(selector_intersect(&a, &c, &out));
}

static void protocols_and_ranges_that_differ_have_nothing_in_common(void **state)
{
	struct selector tcp = sel("10.0.0.1", 6, 0, 65535), udp = sel("10.0.0.1", 17, 0, 65535);
	struct selector other = sel("10.0.0.2", 6, 0, 65535), out = { .protocol = 99 };
	(void)state;
	assert_false(selector_intersect(&tcp, &udp, &out));
	assert_false(selector_intersect(&tcp, &other, &out));
	assert_int_equal(out.protocol, 99);
	assert_false(selector_contains(&tcp, &udp));
}

static void selectors_survive_the_wire(void **state)
{
	struct selector list[] = { net("10.0.0.0/8"), sel("2001:db8::/32", 58, 0x8000, 0x80ff),
				   sel("10.0.0.3-10.0.0.9", 17, 500, 4500),
				   sel("10.0.0.1", 6, 65535, 0) };
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct wire_ts ts;
		struct selector back;
		selector_to_wire(&list[i], &ts);
		assert_int_equal(ts.type, i == 1 ? TS_IPV6_ADDR_RANGE : TS_IPV4_ADDR_RANGE);
		assert_int_equal(selector_from_wire(&ts, &back), RC_OK);
		assert_true(selector_equal(&list[i], &back));
	}
}

static void unknown_types_are_unsupported_and_contradictions_refused(void **state)
{
	struct wire_ts ts, bad;
	struct selector s = net("10.0.0.0/8"), out;
	(void)state;
	selector_to_wire(&s, &ts);
	bad = ts, bad.type = 9;
	assert_int_equal(selector_from_wire(&bad, &out), RC_UNSUPPORTED);
	bad = ts, bad.type = TS_IPV6_ADDR_RANGE;
	assert_int_equal(selector_from_wire(&bad, &out), RC_SYNTAX);
	bad = ts, bad.range.from = ts.range.to, bad.range.to = ts.range.from;
	assert_int_equal(selector_from_wire(&bad, &out), RC_SYNTAX);
	bad = ts, bad.port_from = 9, bad.port_to = 8;
	assert_int_equal(selector_from_wire(&bad, &out), RC_SYNTAX);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static struct selector random_selector(uint32_t *seed)
{
	struct selector s = net("10.0.0.0/32");
	uint32_t a = next_random(seed) % 16, b = next_random(seed) % 16;
	s.range.from.bytes[3] = (uint8_t)(a < b ? a : b);
	s.range.to.bytes[3] = (uint8_t)(a < b ? b : a);
	s.protocol = (uint8_t)(next_random(seed) % 3 == 0 ? 6 : 0);
	if (next_random(seed) % 2 == 0) {
		s.port_from = (uint16_t)(next_random(seed) % 8);
		s.port_to = (uint16_t)(s.port_from + next_random(seed) % 8);
	}
	return s;
}

static void an_intersection_lies_in_both_and_is_the_same_both_ways(void **state)
{
	uint32_t seed = 4301, met = 0;
	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct selector a = random_selector(&seed), b = random_selector(&seed), ab, ba;
		bool meet = selector_intersect(&a, &b, &ab);
		assert_int_equal(meet, selector_intersect(&b, &a, &ba));
		if (selector_contains(&a, &b))
			assert_true(meet && selector_equal(&ab, &b));
		if (!meet)
			continue;
		met++;
		assert_true(selector_equal(&ab, &ba));
		assert_true(selector_contains(&a, &ab) && selector_contains(&b, &ab));
	}
	assert_true(met > 1000 && met < 19000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_selector_without_a_port_is_for_any),
		cmocka_unit_test(selectors_are_equal_in_every_part),
		cmocka_unit_test(pairs_are_equal_on_both_sides),
		cmocka_unit_test(any_contains_everything_and_not_the_other_way_round),
		cmocka_unit_test(any_port_contains_opaque_and_opaque_only_itself),
		cmocka_unit_test(families_never_meet),
		cmocka_unit_test(an_intersection_takes_the_narrower_of_each_part),
		cmocka_unit_test(ports_intersect_as_ranges),
		cmocka_unit_test(protocols_and_ranges_that_differ_have_nothing_in_common),
		cmocka_unit_test(selectors_survive_the_wire),
		cmocka_unit_test(unknown_types_are_unsupported_and_contradictions_refused),
		cmocka_unit_test(an_intersection_lies_in_both_and_is_the_same_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
