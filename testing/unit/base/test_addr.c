/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/addr.h"
#include <net/if.h>

static struct ip_addr parse(const char *text)
{
	struct ip_addr addr;
	assert_int_equal(ip_parse(text, &addr), RC_OK);
	return addr;
}

static void addresses_are_printed_as_they_are_parsed(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0", "192.0.2.1",	       "255.255.255.255",     "::", "::1", "2001:db8::1",
		"fe80::1", "::ffff:192.0.2.1", "2001:db8:1:2:3:4:5:6"
	};
	char buffer[IP_TEXT_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ip_addr addr = parse(texts[i]);
		assert_string_equal(ip_text(&addr, buffer), texts[i]);
	}
}

static void other_spellings_are_printed_in_the_usual_one(void **state)
{
	char buffer[IP_TEXT_MAX];
	(void)state;
	struct ip_addr addr = parse("2001:0DB8:0:0:0::0001");
	assert_string_equal(ip_text(&addr, buffer), "2001:db8::1");
}

static void text_that_is_no_address_is_refused(void **state)
{
	static const char *const texts[] = { "",
					     " ",
					     "192.0.2",
					     "192.0.2.1.",
					     "192.0.2.256",
					     "192.0.2.01x",
					     "192.0.2.1 ",
					     "0x7f000001",
					     "localhost",
					     "2001:db8::1::2",
					     "2001:db8:::1",
					     "12345::",
					     "[::1]",
					     "192.0.2.1%lo",
					     "::1%lo",
					     "2001:db8::1%lo",
					     "%lo",
					     "fe80::1%",
					     "10.0.0.0/8" };
	struct ip_addr addr = { .family = 77 };
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_not_equal(ip_parse(texts[i], &addr), RC_OK);
	assert_int_equal(addr.family, 77);
}

static void overlong_text_before_a_scope_is_refused(void **state)
{
	char text[300];
	struct ip_addr addr;
	(void)state;
	memset(text, 'f', sizeof(text));
	memcpy(text + 290, "%lo", 4);
	assert_int_equal(ip_parse(text, &addr), RC_SYNTAX);
}

static void link_local_address_carries_its_interface(void **state)
{
	char buffer[IP_TEXT_MAX];
	(void)state;
	struct ip_addr by_name = parse("fe80::1%lo");
	assert_int_equal(by_name.scope, if_nametoindex("lo"));
	assert_string_equal(ip_text(&by_name, buffer), "fe80::1%lo");
	struct ip_addr by_number = parse("fe80::1%4000000");
	assert_int_equal(by_number.scope, 4000000);
	assert_string_equal(ip_text(&by_number, buffer), "fe80::1%4000000");
	assert_false(ip_equal(&by_name, &by_number));
}

static void scope_that_does_not_exist_is_refused(void **state)
{
	struct ip_addr addr;
	(void)state;
	assert_int_equal(ip_parse("fe80::1%no-such-if", &addr), RC_NOT_FOUND);
	assert_int_equal(ip_parse("fe80::1%0", &addr), RC_NOT_FOUND);
	assert_int_equal(ip_parse("fe80::1%99999999999", &addr), RC_NOT_FOUND);
	assert_int_equal(ip_parse("fe80::1%3x", &addr), RC_NOT_FOUND);
}

static void scope_counts_only_for_link_local_addresses(void **state)
{
	struct ip_addr a = parse("2001:db8::1"), b = a;
	(void)state;
	b.scope = 3;
	assert_true(ip_equal(&a, &b));
	a = b = parse("fe80::1");
	b.scope = 3;
	assert_false(ip_equal(&a, &b));
	assert_true(ip_compare(&a, &b) < 0);
	assert_true(ip_compare(&b, &a) > 0);
	a.scope = 3;
	assert_true(ip_equal(&a, &b));
}

static void link_local_addresses_are_recognised(void **state)
{
	struct ip_addr addr;
	(void)state;
	addr = parse("fe80::1");
	assert_true(ip_is_link_local(&addr));
	addr = parse("febf::1");
	assert_true(ip_is_link_local(&addr));
	addr = parse("169.254.3.4");
	assert_true(ip_is_link_local(&addr));
	addr = parse("fec0::1");
	assert_false(ip_is_link_local(&addr));
	addr = parse("169.253.3.4");
	assert_false(ip_is_link_local(&addr));
	addr = parse("254.128.0.1"); /* the bytes of fe80 */
	assert_false(ip_is_link_local(&addr));
}

static void any_address_is_not_no_address(void **state)
{
	struct ip_addr none = { 0 }, v4 = ip_any(AF_INET), v6 = ip_any(AF_INET6),
		       one = parse("::1");
	char buffer[IP_TEXT_MAX];
	(void)state;
	assert_true(ip_is_any(&v4));
	assert_true(ip_is_any(&v6));
	assert_false(ip_is_any(&none));
	assert_false(ip_is_any(&one));
	assert_false(ip_is_set(&none));
	assert_true(ip_is_set(&v4));
	assert_false(ip_equal(&v4, &v6));
	assert_string_equal(ip_text(&none, buffer), "none");
}

static void addresses_are_ordered_by_family_and_value(void **state)
{
	static const char *const sorted[] = { "0.0.0.0", "9.255.0.0", "10.0.0.0",   "200.0.0.0",
					      "::",	 "::200",     "2001:db8::", "ff02::1" };
	(void)state;
	for (size_t i = 0; i < 8; i++)
		for (size_t j = 0; j < 8; j++) {
			struct ip_addr a = parse(sorted[i]), b = parse(sorted[j]);
			int order = ip_compare(&a, &b);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
}

static void bytes_become_an_address_by_their_number(void **state)
{
	struct ip_addr addr, same;
	uint8_t bytes[17] = { 192, 0, 2, 1 };
	(void)state;
	assert_int_equal(ip_from_bytes(span_make(bytes, 4), &addr), RC_OK);
	same = parse("192.0.2.1");
	assert_true(ip_equal(&addr, &same));
	assert_true(span_equal(ip_bytes(&addr), span_make(bytes, 4)));
	assert_int_equal(ip_from_bytes(span_make(bytes, 16), &addr), RC_OK);
	assert_int_equal(addr.family, AF_INET6);
	assert_int_equal(ip_bytes(&addr).len, 16);
	assert_int_equal(ip_from_bytes(span_make(bytes, 5), &addr), RC_SYNTAX);
	assert_int_equal(ip_from_bytes(span_make(bytes, 17), &addr), RC_SYNTAX);
	assert_int_equal(ip_from_bytes(SPAN_NONE, &addr), RC_SYNTAX);
}

static void endpoints_show_their_port(void **state)
{
	char buffer[IP_TEXT_MAX];
	struct ip_endpoint v4 = { parse("192.0.2.1"), 500 }, v6 = { parse("2001:db8::1"), 4500 };
	(void)state;
	assert_string_equal(endpoint_text(&v4, buffer), "192.0.2.1:500");
	assert_string_equal(endpoint_text(&v6, buffer), "[2001:db8::1]:4500");
	struct ip_endpoint long_one = { parse("fe80:1111:2222:3333:4444:5555:6666:7777"), 65535 };
	long_one.addr.scope = UINT32_MAX;
	assert_string_equal(endpoint_text(&long_one, buffer),
			    "[fe80:1111:2222:3333:4444:5555:6666:7777%4294967295]:65535");
}

static void endpoints_are_equal_in_address_and_port(void **state)
{
	struct ip_endpoint a = { parse("192.0.2.1"), 500 }, b = a;
	(void)state;
	assert_true(endpoint_equal(&a, &b));
	b.port = 4500;
	assert_false(endpoint_equal(&a, &b));
	b = (struct ip_endpoint){ parse("192.0.2.2"), 500 };
	assert_false(endpoint_equal(&a, &b));
}

static void endpoints_travel_through_socket_addresses(void **state)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1", "fe80::1%lo" };
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct ip_endpoint out, in = { parse(texts[i]), (uint16_t)(500 + i) };
		struct sockaddr_storage storage;
		socklen_t len = endpoint_to_sockaddr(&in, &storage);
		assert_int_equal(len,
				 i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		assert_int_equal(endpoint_from_sockaddr(&storage, &out), RC_OK);
		assert_true(endpoint_equal(&in, &out));
		assert_int_equal(out.addr.scope, in.addr.scope);
	}
}

static void socket_addresses_of_other_families_are_refused(void **state)
{
	struct sockaddr_storage storage = { .ss_family = AF_UNIX };
	struct ip_endpoint endpoint = { 0 };
	(void)state;
	assert_int_equal(endpoint_from_sockaddr(&storage, &endpoint), RC_UNSUPPORTED);
	assert_int_equal(endpoint_to_sockaddr(&endpoint, &storage), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_printed_as_they_are_parsed),
		cmocka_unit_test(other_spellings_are_printed_in_the_usual_one),
		cmocka_unit_test(text_that_is_no_address_is_refused),
		cmocka_unit_test(overlong_text_before_a_scope_is_refused),
		cmocka_unit_test(link_local_address_carries_its_interface),
		cmocka_unit_test(scope_that_does_not_exist_is_refused),
		cmocka_unit_test(scope_counts_only_for_link_local_addresses),
		cmocka_unit_test(link_local_addresses_are_recognised),
		cmocka_unit_test(any_address_is_not_no_address),
		cmocka_unit_test(addresses_are_ordered_by_family_and_value),
		cmocka_unit_test(bytes_become_an_address_by_their_number),
		cmocka_unit_test(endpoints_show_their_port),
		cmocka_unit_test(endpoints_are_equal_in_address_and_port),
		cmocka_unit_test(endpoints_travel_through_socket_addresses),
		cmocka_unit_test(socket_addresses_of_other_families_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
