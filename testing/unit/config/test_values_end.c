/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/values.h"

static struct diag diag;

static enum rc host(const char *text, struct config_end *end)
{
	*end = (struct config_end){ 0 };
	diag.text[0] = '\0';
	return value_host(text, end, &diag);
}

static void hosts_of_every_kind_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		enum config_host_kind kind;
		int family;
	} good[] = {
		{ "192.0.2.1", HOST_ADDRESS, AF_INET },
		{ "2001:db8::1", HOST_ADDRESS, AF_INET6 },
		{ "gw.example.org", HOST_NAME, AF_UNSPEC },
		{ "gw", HOST_NAME, AF_UNSPEC },
		{ "%any", HOST_ANY, AF_UNSPEC },
		{ "%any6", HOST_ANY, AF_INET6 },
		{ "%ANY4", HOST_ANY, AF_INET },
		{ "0.0.0.0", HOST_ANY, AF_INET },
		{ "::", HOST_ANY, AF_INET6 },
		{ "%defaultroute", HOST_DEFAULTROUTE, AF_UNSPEC },
		{ "10.0.0.0/8", HOST_RANGE, AF_UNSPEC },
		{ "10.0.0.1-10.0.0.9", HOST_RANGE, AF_UNSPEC },
		{ "2001:db8::/32", HOST_RANGE, AF_UNSPEC },
	};
	struct config_end end;
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(host(good[i].text, &end), RC_OK);
		assert_int_equal(end.kind, good[i].kind);
		assert_int_equal(end.addr.family, good[i].family);
		mem_free(end.name);
	}
}

static void a_mistyped_address_is_not_taken_for_a_name(void **state)
{
	static const char *const bad[] = { "10.0.0.300",
					   "10.0.0",
					   "1234",
					   "a..b",
					   "-a",
					   ".a",
					   "a b",
					   "%eth0",
					   "%group",
					   "10.0.0.1/8",
					   "1.2.3.4,5.6.7.8",
					   "224.0.0.1",
					   "ff02::1",
					   "gw!",
					   "10.0.0.9-10.0.0.1",
					   NULL };
	struct config_end end;
	(void)state;
	for (unsigned i = 0; bad[i] != NULL; i++) {
		assert_int_not_equal(host(bad[i], &end), RC_OK);
		assert_int_not_equal(diag.text[0], 0);
		assert_null(end.name);
	}
	(void)host("10.0.0.300", &end);
	assert_string_equal(diag.text,
			    "\"10.0.0.300\" is neither an address nor a host name (also: a "
			    "subnet, a range, %any, %defaultroute)");
}

static void subnets_are_a_list(void **state)
{
	struct config_end end = { 0 };
	char text[IP_RANGE_TEXT_MAX];
	size_t column = 0;
	(void)state;
	assert_int_equal(value_subnets("10.0.0.0/24, 2001:db8::/64 10.1.0.1", &end, &column, &diag),
			 RC_OK);
	assert_int_equal(end.subnet_count, 3);
	assert_string_equal(range_text(&end.subnets[1], text), "2001:db8::/64");
	assert_string_equal(range_text(&end.subnets[2], text), "10.1.0.1/32");
	assert_int_equal(value_subnets("%dynamic", &end, &column, &diag), RC_OK);
	mem_free(end.subnets);
}

static void a_bad_subnet_is_found_at_its_column(void **state)
{
	struct config_end end = { 0 };
	size_t column = 0;
	(void)state;
	assert_int_equal(value_subnets("10.0.0.0/24, 10.1.0.1/24", &end, &column, &diag),
			 RC_SYNTAX);
	assert_int_equal(column, 13);
	assert_non_null(strstr(diag.text, "10.1.0.0/24"));
	assert_null(end.subnets);
	assert_int_equal(value_subnets("10.0.0.0/24,10.0.0.0/24", &end, &column, &diag), RC_EXISTS);
	assert_int_equal(value_subnets(" ", &end, &column, &diag), RC_LIMIT);
	assert_int_equal(value_subnets("vhost:%priv", &end, &column, &diag), RC_UNSUPPORTED);
	assert_int_equal(value_subnets("10.0.0.0/8[tcp/80]", &end, &column, &diag), RC_UNSUPPORTED);
	assert_int_equal(value_subnets("10.0.0.0/8,%dynamic", &end, &column, &diag),
			 RC_UNSUPPORTED);
}

static void protocols_and_ports_have_names_and_numbers(void **state)
{
	static const struct {
		const char *text;
		unsigned protocol, from, to;
	} good[] = {
		{ "17/1701", 17, 1701, 1701 },
		{ "udp/53", 17, 53, 53 },
		{ "tcp", 6, 0, 0 },
		{ "tcp/%any", 6, 0, 65535 },
		{ "17/0", 17, 0, 65535 },
		{ "%any", 0, 0, 0 },
		{ "icmp", 1, 0, 0 },
		{ "TCP/https", 6, 443, 443 },
		{ "ipv6-icmp", 58, 0, 0 },
		{ "0", 0, 0, 0 },
		{ "255/65535", 255, 65535, 65535 },
		{ "tcp/1000-2000", 6, 1000, 2000 },
		{ "tcp/0-1023", 6, 0, 1023 },
		{ "tcp/0-65535", 6, 0, 65535 },
		{ "udp/%opaque", 17, 65535, 0 },
	};
	static const char *const bad[] = {
		"17/65536",	"256",		 "udq/53", "udp/fiftythree",
		"/53",		"%any/53",	 "udp/",   "%any/%opaque",
		"icmp/%opaque", "tcp/2000-1000", "tcp/1-", "tcp/1-65536",
		"tcp/1-2-3",	"%any/1-2",	 "",	   NULL
	};
	struct protoport read;
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(value_protoport(good[i].text, &read, &diag), RC_OK);
		assert_int_equal(read.protocol, good[i].protocol);
		assert_int_equal(read.from, good[i].from);
		assert_int_equal(read.to, good[i].to);
		assert_int_equal(read.ports, (good[i].from != 0 || good[i].to != 65535) &&
						     strchr(good[i].text, '/') != NULL);
	}
	for (unsigned i = 0; bad[i] != NULL; i++)
		assert_int_not_equal(value_protoport(bad[i], &read, &diag), RC_OK);
}

/* RFC 7296 §3.13.1: the type in the upper byte, the code in the lower one. */
static void icmp_has_types_and_codes(void **state)
{
	static const struct {
		const char *text;
		unsigned from, to;
	} good[] = {
		{ "icmp/8", 0x0800, 0x08ff },	       { "icmp/2048", 0x0800, 0x0800 },
		{ "icmp/0x0303", 0x0303, 0x0303 },     { "icmp/3/1", 0x0301, 0x0301 },
		{ "icmp/11-12", 0x0b00, 0x0cff },      { "icmp/0/0", 0, 0 },
		{ "ipv6-icmp/34816", 0x8800, 0x8800 }, { "58/128", 0x8000, 0x80ff },
	};
	static const char *const bad[] = { "icmp/65536", "icmp/3/256", "icmp/3/", "icmp/echo",
					   "icmp/256/1", "icmp/8x",    "icmp/-1", NULL };
	struct protoport read;
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(value_protoport(good[i].text, &read, &diag), RC_OK);
		assert_true(read.ports);
		assert_int_equal(read.from, good[i].from);
		assert_int_equal(read.to, good[i].to);
	}
	for (unsigned i = 0; bad[i] != NULL; i++)
		assert_int_not_equal(value_protoport(bad[i], &read, &diag), RC_OK);
}

static void addresses_to_listen_on(void **state)
{
	struct ip_addr *list = NULL;
	unsigned count = 9;
	size_t column = 0;
	(void)state;
	assert_int_equal(value_addresses("192.0.2.1, 2001:db8::1", &list, &count, &column, &diag),
			 RC_OK);
	assert_int_equal(count, 2);
	assert_int_equal(list[1].family, AF_INET6);
	assert_int_equal(value_addresses("%defaultroute", &list, &count, &column, &diag), RC_OK);
	assert_int_equal(count, 0);
	assert_int_equal(value_addresses("192.0.2.1 eth0", &list, &count, &column, &diag),
			 RC_SYNTAX);
	assert_int_equal(column, 10);
	assert_int_equal(value_addresses("0.0.0.0", &list, &count, &column, &diag), RC_SYNTAX);
	assert_int_equal(value_addresses("", &list, &count, &column, &diag), RC_LIMIT);
	mem_free(list);
}

static void marks_stay_inside_their_mask(void **state)
{
	uint32_t mark = 0, mask = 0;
	(void)state;
	assert_int_equal(value_mark("5", &mark, &mask, &diag), RC_OK);
	assert_int_equal(mark, 5);
	assert_int_equal(mask, 0xffffffff);
	assert_int_equal(value_mark("0x10/0xf0", &mark, &mask, &diag), RC_OK);
	assert_int_equal(mark, 0x10);
	assert_int_equal(mask, 0xf0);
	assert_int_equal(value_mark("0x11/0xf0", &mark, &mask, &diag), RC_SYNTAX);
	assert_int_equal(value_mark("%unique", &mark, &mask, &diag), RC_UNSUPPORTED);
	assert_int_equal(value_mark("x", &mark, &mask, &diag), RC_SYNTAX);
}

static void lists_survive_a_failed_allocation(void **state)
{
	struct config_end end = { 0 };
	struct ip_addr *list = NULL;
	unsigned count = 0;
	size_t column = 0;
	(void)state;
	mem_fail_nth(1);
	assert_int_equal(value_subnets("10.0.0.0/8", &end, &column, &diag), RC_NO_MEMORY);
	mem_fail_nth(1);
	assert_int_equal(value_addresses("192.0.2.1", &list, &count, &column, &diag), RC_NO_MEMORY);
	mem_fail_nth(1);
	assert_int_equal(host("gw.example.org", &end), RC_NO_MEMORY);
	mem_fail_nth(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_of_every_kind_are_told_apart),
		cmocka_unit_test(a_mistyped_address_is_not_taken_for_a_name),
		cmocka_unit_test(subnets_are_a_list),
		cmocka_unit_test(a_bad_subnet_is_found_at_its_column),
		cmocka_unit_test(protocols_and_ports_have_names_and_numbers),
		cmocka_unit_test(icmp_has_types_and_codes),
		cmocka_unit_test(addresses_to_listen_on),
		cmocka_unit_test(marks_stay_inside_their_mask),
		cmocka_unit_test(lists_survive_a_failed_allocation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
