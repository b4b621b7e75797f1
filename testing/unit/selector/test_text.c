/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/selector/selector_test.h"

static void assert_text(struct selector s, const char *expected)
{
	char buffer[SELECTOR_TEXT_MAX];
	assert_string_equal(selector_text(&s, buffer), expected);
}

static void selectors_read_like_subnets_with_protocol_and_port(void **state)
{
	(void)state;
	assert_text(net("10.0.0.0/24"), "10.0.0.0/24");
	assert_text(net("::/0"), "::/0");
	assert_text(sel("10.0.0.0/24", 17, 53, 53), "10.0.0.0/24/udp/53");
	assert_text(sel("10.0.0.0/24", 6, 0, 65535), "10.0.0.0/24/tcp");
	assert_text(sel("10.0.0.0/24", 6, 1000, 2000), "10.0.0.0/24/tcp/1000-2000");
	assert_text(sel("10.0.0.3-10.0.0.9", 132, 7, 7), "10.0.0.3-10.0.0.9/sctp/7");
	assert_text(sel("10.0.0.0/24", 200, 0, 65535), "10.0.0.0/24/200");
	assert_text(sel("10.0.0.0/24", 0, 53, 53), "10.0.0.0/24/any/53");
	assert_text(sel("10.0.0.0/24", 6, 65535, 0), "10.0.0.0/24/tcp/opaque");
}

static void icmp_ports_read_as_type_and_code(void **state)
{
	(void)state;
	assert_text(sel("10.0.0.0/24", 1, 0x0800, 0x08ff), "10.0.0.0/24/icmp/8");
	assert_text(sel("10.0.0.0/24", 1, 0x0301, 0x0301), "10.0.0.0/24/icmp/3/1");
	assert_text(sel("fe80::/10", 58, 0x8000, 0x81ff), "fe80::/10/icmpv6/128/0-129/255");
	assert_text(sel("10.0.0.0/24", 1, 0, 65535), "10.0.0.0/24/icmp");
}

static void pairs_read_local_first(void **state)
{
	char buffer[SELECTOR_PAIR_TEXT_MAX];
	struct selector_pair pair = nets("10.0.0.0/24", "10.1.0.0/24");
	(void)state;
	assert_string_equal(selector_pair_text(&pair, buffer), "10.0.0.0/24 === 10.1.0.0/24");
}

static void the_longest_pair_fits_its_buffer(void **state)
{
	const char *wide =
		"2001:1111:2222:3333:4444:5555:6666:7777-fe80:1111:2222:3333:4444:5555:6666:7776";
	char buffer[SELECTOR_PAIR_TEXT_MAX];
	(void)state;
	struct selector s = sel(wide, 58, 0xfefe, 0xfffd);
	struct selector_pair pair = { s, s };
	selector_pair_text(&pair, buffer);
	assert_non_null(strstr(buffer, "254/254-255/253 === 2001:"));
	assert_string_equal(buffer + strlen(buffer) - 15, "254/254-255/253");
}

static void lists_are_joined_and_name_what_is_unknown(void **state)
{
	char buffer[200];
	struct ts ts;
	(void)state;
	ts_of(&ts, "10.0.0.0/24", "::/0");
	ts_add_unknown(&ts);
	struct selector malformed = net("10.0.0.0/8");
	ts_add(&ts, malformed);
	ts.items[3].type = TS_IPV6_ADDR_RANGE;
	selector_list_text(&ts.list, buffer, sizeof(buffer));
	assert_string_equal(
		buffer,
		"10.0.0.0/24, ::/0, (unknown selector of type 9), (malformed selector of type 8)");
}

static void a_long_list_is_cut_at_a_whole_selector(void **state)
{
	char buffer[300];
	struct ts ts;
	(void)state;
	ts_of(&ts, "10.0.0.0/24", "10.1.0.0/24");
	ts_add(&ts, net("10.2.0.0/24"));
	selector_list_text(&ts.list, buffer, 32);
	assert_string_equal(buffer, "10.0.0.0/24, 10.1.0.0/24, ...");
	selector_list_text(&ts.list, buffer, 38);
	assert_string_equal(buffer, "10.0.0.0/24, 10.1.0.0/24, 10.2.0.0/24");
	for (size_t size = 0; size < 60; size++) {
		memset(buffer, '#', sizeof(buffer));
		selector_list_text(&ts.list, buffer, size);
		assert_int_equal(buffer[size], '#');
		assert_true(size == 0 || strlen(buffer) < size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors_read_like_subnets_with_protocol_and_port),
		cmocka_unit_test(icmp_ports_read_as_type_and_code),
		cmocka_unit_test(pairs_read_local_first),
		cmocka_unit_test(the_longest_pair_fits_its_buffer),
		cmocka_unit_test(lists_are_joined_and_name_what_is_unknown),
		cmocka_unit_test(a_long_list_is_cut_at_a_whole_selector),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
