/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/selector/lists.h"
#include "base/arena.h"

static void one_pair_needs_no_memory(void **state)
{
	struct selectors one = both("10.0.0.0/24", "10.1.0.0/24");
	struct selector_pair pair = nets("10.0.0.0/24", "10.1.0.0/24");
	(void)state;
	assert_null(one.more);
	assert_true(selectors_single(&one));
	assert_int_equal(selectors_policies(&one), 1);
	assert_true(selector_pair_equal(selectors_policy(&one, 0), &pair));
}

static void each_local_one_goes_with_each_remote_one(void **state)
{
	struct selectors s = both("10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24 10.3.0.0/24");
	(void)state;
	assert_int_equal(selectors_policies(&s), 4);
	for (unsigned i = 0; i < 4; i++) {
		struct selector_pair pair = nets(i < 2 ? "10.0.0.0/24" : "10.2.0.0/24",
						 i % 2 == 0 ? "10.1.0.0/24" : "10.3.0.0/24");
		assert_true(selector_pair_equal(selectors_policy(&s, i), &pair));
	}
	assert_false(selectors_single(&s));
	assert_selectors_text(&s, "10.0.0.0/24, 10.2.0.0/24 === 10.1.0.0/24, 10.3.0.0/24");
	selectors_drop(&s);
}

static void ip_versions_do_not_mix(void **state)
{
	struct selectors s = both("10.0.0.0/24 2001:db8:1::/48", "2001:db8:2::/48 10.1.0.0/24");
	struct selectors alone = both("2001:db8:1::/48 10.0.0.0/24", "10.1.0.0/24");
	struct selector_lists none = lists_of("10.0.0.0/24", "2001:db8:2::/48");
	struct selectors bad;
	struct diag diag;
	(void)state;
	assert_int_equal(selectors_policies(&s), 2);
	assert_selectors_text(&s, "10.0.0.0/24, 2001:db8:1::/48 === 2001:db8:2::/48, 10.1.0.0/24");
	assert_int_equal(s.first.local.range.from.family, s.first.remote.range.from.family);
	selectors_drop(&s);
	assert_null(alone.more); /* the lonely one is left out */
	assert_selectors_text(&alone, "10.0.0.0/24 === 10.1.0.0/24");
	assert_int_equal(selectors_make(&none, &bad, &diag), RC_TS_UNACCEPTABLE);
}

static void protocols_do_not_mix(void **state)
{
	struct selector_lists lists = { .local_count = 2, .remote_count = 2 };
	struct selectors s;
	struct diag diag;
	(void)state;
	lists.local[0] = sel("10.0.0.0/24", 6, 0, 65535);
	lists.local[1] = sel("10.0.0.0/24", 17, 53, 53);
	lists.remote[0] = sel("10.1.0.0/24", 17, 0, 65535);
	lists.remote[1] = sel("10.1.0.0/24", 6, 443, 443);
	assert_int_equal(selectors_make(&lists, &s, &diag), RC_OK);
	assert_int_equal(selectors_policies(&s), 2);
	assert_int_equal(selectors_policy(&s, 0)->remote.port_from, 443);
	assert_int_equal(selectors_policy(&s, 1)->local.port_from, 53);
	selectors_drop(&s);
}

/* Or the Child SA would have SAs in the kernel and no policy. */
static void icmp_types_that_no_packet_has_both_of_are_refused(void **state)
{
	static const struct {
		uint16_t local[2], remote[2];
	} cases[] = { { { 0, 255 }, { 0x800, 0x8ff } },
		      { { 65535, 0 }, { 0x800, 0x8ff } },
		      { { 65535, 0 }, { 65535, 0 } } };
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct selector_lists lists = { .local_count = 1, .remote_count = 1 };
		struct selectors s;
		struct diag diag;
		lists.local[0] = sel("10.0.0.0/24", 1, cases[i].local[0], cases[i].local[1]);
		lists.remote[0] = sel("10.1.0.0/24", 1, cases[i].remote[0], cases[i].remote[1]);
		assert_int_equal(selectors_make(&lists, &s, &diag), RC_TS_UNACCEPTABLE);
	}
}

/* To Linux the type stands in the policy once: whoever names it, it is the same policy. */
static void one_end_names_the_icmp_type_of_both(void **state)
{
	struct selector_pair policies[3];
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct selector_lists lists = { .local_count = 1, .remote_count = 1 };
		struct selectors s;
		struct diag diag;
		lists.local[0] = i == 0 ? sel("10.0.0.0/24", 1, 0, 65535)
					: sel("10.0.0.0/24", 1, 0x800, 0x8ff);
		lists.remote[0] = i == 1 ? sel("10.1.0.0/24", 1, 0, 65535)
					 : sel("10.1.0.0/24", 1, 0x800, 0x8ff);
		assert_int_equal(selectors_make(&lists, &s, &diag), RC_OK);
		assert_int_equal(selectors_policies(&s), 1);
		policies[i] = *selectors_policy(&s, 0);
		selectors_drop(&s);
	}
	assert_true(selector_pair_equal(&policies[0], &policies[1]));
	assert_true(selector_pair_equal(&policies[0], &policies[2]));
}

static void what_is_in_another_one_is_left_out(void **state)
{
	struct selectors s = both("10.0.0.0/24 10.0.0.0/16 10.0.7.0/24", "10.1.0.0/24 10.1.0.0/24");
	(void)state;
	assert_null(s.more);
	assert_selectors_text(&s, "10.0.0.0/16 === 10.1.0.0/24");
}

static void a_range_stays_a_range_but_for_the_kernel(void **state)
{
	struct selectors s = both("10.0.0.1-10.0.0.4", "10.1.0.0/24");
	(void)state;
	assert_non_null(s.more);
	assert_true(selectors_single(&s));
	assert_int_equal(selectors_policies(&s), 3);
	assert_selectors_text(&s, "10.0.0.1-10.0.0.4 === 10.1.0.0/24");
	selectors_drop(&s);
}

static void too_many_policies_are_refused(void **state)
{
	struct selector_lists lists = { .local_count = 16, .remote_count = 5 };
	struct selectors s;
	struct diag diag;
	char text[24];
	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		snprintf(text, sizeof(text), "10.%u.0.0/24", i);
		lists.local[i] = net(text);
		snprintf(text, sizeof(text), "172.16.%u.0/24", i);
		lists.remote[i] = net(text);
	}
	assert_int_equal(selectors_make(&lists, &s, &diag), RC_LIMIT);
	assert_non_null(strstr(diag.text, "leftsubnets="));
	lists.remote_count = 4;
	assert_int_equal(selectors_make(&lists, &s, &diag), RC_OK);
	assert_int_equal(selectors_policies(&s), SELECTOR_POLICIES_MAX);
	selectors_drop(&s);
}

static void copies_share_and_outlive_each_other(void **state)
{
	struct selectors a = both("10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24");
	struct selectors b = selectors_hold(&a), c = both("10.9.0.0/24 10.8.0.0/24", "10.1.0.0/24");
	(void)state;
	assert_ptr_equal(a.more, b.more);
	selectors_drop(&a);
	assert_null(a.more);
	assert_int_equal(selectors_policies(&b), 2);
	selectors_move(&c, &b);
	assert_null(b.more);
	assert_selectors_text(&c, "10.0.0.0/24, 10.2.0.0/24 === 10.1.0.0/24");
	selectors_drop(&c);
}

static void the_order_says_nothing(void **state)
{
	struct selectors a = both("10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24");
	struct selectors b = both("10.2.0.0/24 10.0.0.0/24", "10.1.0.0/24");
	struct selectors c = both("10.2.0.0/24", "10.1.0.0/24");
	(void)state;
	assert_true(selectors_equal(&a, &b));
	assert_false(selectors_equal(&a, &c));
	assert_false(selectors_equal(&c, &a));
	selectors_drop(&a);
	selectors_drop(&b);
}

static void a_packet_is_found_in_any_of_them(void **state)
{
	struct selectors s = both("10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24");
	struct selector second = sel("10.2.0.5", 17, 4000, 4000), other = net("10.3.0.5");
	(void)state;
	assert_true(selectors_hold_local(&s, &second));
	assert_false(selectors_hold_remote(&s, &second));
	assert_false(selectors_hold_local(&s, &other));
	selectors_drop(&s);
}

static void long_lists_are_cut_in_text(void **state)
{
	struct selectors s = both(
		"2001:db8:1::/48 2001:db8:2::/48 2001:db8:3::/48 2001:db8:4::/48 2001:db8:5::/48 "
		"2001:db8:6::/48 2001:db8:7::/48 2001:db8:8::/48 2001:db8:9::/48 2001:db8:a::/48 "
		"2001:db8:b::/48 2001:db8:c::/48 2001:db8:d::/48 2001:db8:e::/48 2001:db8:f::/48 "
		"2001:db8:10::/48",
		"2001:db8:20::/48");
	char text[SELECTORS_TEXT_MAX];
	(void)state;
	selectors_text(&s, text);
	assert_non_null(strstr(text, ", ... === 2001:db8:20::/48"));
	selectors_drop(&s);
}

static void the_wire_has_both_lists(void **state)
{
	struct selectors s = both("10.0.0.0/24 10.2.0.0/24", "10.1.0.1-10.1.0.4");
	struct wire_ts_list local, remote;
	struct arena arena;
	char text[100];
	(void)state;
	arena_init(&arena, 8192);
	assert_int_equal(selectors_to_wire(&arena, &s, &local, &remote), RC_OK);
	selector_list_text(&local, text, sizeof(text));
	assert_string_equal(text, "10.0.0.0/24, 10.2.0.0/24");
	selector_list_text(&remote, text, sizeof(text));
	assert_string_equal(text, "10.1.0.1-10.1.0.4");
	arena_free(&arena);
	selectors_drop(&s);
}

static void a_clients_address_takes_the_place_of_its_ip_version(void **state)
{
	struct selectors s = both("0.0.0.0/0 ::/0", "10.9.0.0/24 2001:db8:9::/64"), got;
	struct ip_range by[2] = { range_single(&(struct ip_addr){ AF_INET, { 10, 9, 0, 5 }, 0 }),
				  { .from = { 0 } } };
	struct diag diag;
	(void)state;
	assert_int_equal(selectors_substitute(&s, false, by, &got, &diag), RC_OK);
	assert_selectors_text(&got, "0.0.0.0/0 === 10.9.0.5/32"); /* and no IPv6 */
	assert_null(got.more);
	by[1] = range_single(&(struct ip_addr){ AF_INET6, { 0x20, 1 }, 0 });
	assert_int_equal(selectors_substitute(&s, false, by, &got, &diag), RC_OK);
	assert_selectors_text(&got, "0.0.0.0/0, ::/0 === 10.9.0.5/32, 2001::/128");
	selectors_drop(&got);
	selectors_drop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_pair_needs_no_memory),
		cmocka_unit_test(each_local_one_goes_with_each_remote_one),
		cmocka_unit_test(ip_versions_do_not_mix),
		cmocka_unit_test(protocols_do_not_mix),
		cmocka_unit_test(icmp_types_that_no_packet_has_both_of_are_refused),
		cmocka_unit_test(one_end_names_the_icmp_type_of_both),
		cmocka_unit_test(what_is_in_another_one_is_left_out),
		cmocka_unit_test(a_range_stays_a_range_but_for_the_kernel),
		cmocka_unit_test(too_many_policies_are_refused),
		cmocka_unit_test(copies_share_and_outlive_each_other),
		cmocka_unit_test(the_order_says_nothing),
		cmocka_unit_test(a_packet_is_found_in_any_of_them),
		cmocka_unit_test(long_lists_are_cut_in_text),
		cmocka_unit_test(the_wire_has_both_lists),
		cmocka_unit_test(a_clients_address_takes_the_place_of_its_ip_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
