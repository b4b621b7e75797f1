/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/keywords.h"

static struct finding finding;

static enum rc pool(const char *text, struct config_end *end)
{
	conn_end_free(end);
	finding = (struct finding){ 0 };
	return field_addresspool(text, end, &finding);
}

static void a_pool_has_ranges_and_a_length_of_its_leases(void **state)
{
	struct config_end end = { 0 };
	char text[IP_RANGE_TEXT_MAX];
	(void)state;
	assert_int_equal(pool("10.9.0.10-10.9.0.20, 2001:db8::/64,2001:db8:1::/48/64", &end),
			 RC_OK);
	assert_int_equal(end.pool_count, 3);
	assert_string_equal(range_text(&end.pools[0].range, text), "10.9.0.10-10.9.0.20");
	assert_int_equal(end.pools[0].lease, 32);
	assert_int_equal(end.pools[1].lease, 128);
	assert_string_equal(range_text(&end.pools[2].range, text), "2001:db8:1::/48");
	assert_int_equal(end.pools[2].lease, 64);
	conn_end_free(&end);
}

static void a_pool_that_cannot_be_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *text;
		enum rc rc;
		const char *says;
	} cases[] = {
		{ "10.9.0.0/24/32/3", RC_SYNTAX, "" },
		{ "10.9.0.0/24/28", RC_SYNTAX, "only of an IPv6 subnet" },
		{ "2001:db8::1-2001:db8::9/64/96", RC_SYNTAX, "" },
		{ "2001:db8::/64/48", RC_SYNTAX, "larger than the pool" },
		{ "2001:db8::/32", RC_LIMIT, "too large for a pool" },
		{ "96.0.0.0/7", RC_LIMIT, "at most a /8" },
		{ "127.0.0.0/24", RC_RANGE, "no host can have" },
		{ "224.0.0.0/24", RC_RANGE, "no host can have" },
		{ "ff00::/120", RC_RANGE, "no host can have" },
		{ "10.9.0.0/24,10.9.0.128/25", RC_EXISTS, "10.9.0.0/24 and 10.9.0.128/25" },
		{ "10.9.0.1/24", RC_SYNTAX, "10.9.0.0/24" },
		{ "%dhcp", RC_UNSUPPORTED, "write the range" },
		{ " ", RC_SYNTAX, "missing" },
	};
	struct config_end end = { 0 };
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(pool(cases[i].text, &end), cases[i].rc);
		assert_non_null(strstr(finding.diag.text, cases[i].says));
		assert_null(end.pools);
	}
}

static enum rc source(const char *text, struct config_end *end)
{
	conn_end_free(end);
	finding = (struct finding){ 0 };
	return field_sourceip(text, end, &finding);
}

static void a_source_address_is_fixed_or_asked_for(void **state)
{
	struct config_end end = { 0 };
	(void)state;
	assert_int_equal(source("10.0.0.1", &end), RC_OK);
	assert_int_equal(end.sourceip.family, AF_INET);
	assert_false(ip_is_set(&end.sourceip_other));
	assert_int_equal(source("fd00::1,10.0.0.1", &end), RC_OK);
	assert_int_equal(end.sourceip.family, AF_INET6);
	assert_int_equal(end.sourceip_other.family, AF_INET);
	assert_int_equal(source("%config", &end), RC_OK);
	assert_int_equal(end.sourceip_wanted, WANT_IPV4 | WANT_IPV6);
	assert_int_equal(source("%config6", &end), RC_OK);
	assert_int_equal(end.sourceip_wanted, WANT_IPV6);
	assert_int_equal(source("%modeconfig", &end), RC_OK);
	assert_int_equal(end.sourceip_wanted, WANT_IPV4);
	assert_int_equal(source("10.0.0.1,10.0.0.2", &end), RC_LIMIT);
	assert_int_equal(finding.column, 9);
	assert_int_equal(source("%dhcp", &end), RC_UNSUPPORTED);
	assert_int_equal(source("%confg", &end), RC_SYNTAX);
	assert_int_equal(source("eth0", &end), RC_SYNTAX);
	conn_end_free(&end);
}

static void a_subnet_of_source_addresses_is_a_pool(void **state)
{
	struct config_end end = { 0 };
	(void)state;
	assert_int_equal(source("10.9.0.0/24", &end), RC_OK);
	assert_int_equal(end.pool_count, 1);
	assert_int_equal(field_addresspool("10.8.0.0/24", &end, &finding), RC_EXISTS);
	conn_end_free(&end);
}

static void interfaces_have_addresses_and_numbers(void **state)
{
	struct config_end end = { 0 };
	struct config_conn conn = { 0 };
	(void)state;
	assert_int_equal(field_vti("10.0.0.1/24", &end, &finding), RC_OK);
	assert_int_equal(end.vti.len, 24);
	assert_int_equal(field_interface_ip("fd00::1", &end, &finding), RC_OK);
	assert_int_equal(end.interface_ip.len, 128);
	assert_int_equal(field_interface_ip("10.0.0.1/33", &end, &finding), RC_RANGE);
	assert_int_equal(field_interface_ip("ipsec1", &end, &finding), RC_SYNTAX);
	assert_int_equal(field_ipsec_interface("yes", &conn, &finding), RC_OK);
	assert_true(conn.interface);
	assert_int_equal(conn.interface_number, 1);
	assert_int_equal(field_ipsec_interface("0", &conn, &finding), RC_OK);
	assert_true(conn.interface);
	assert_int_equal(conn.interface_number, 0);
	assert_int_equal(field_ipsec_interface("no", &conn, &finding), RC_OK);
	assert_false(conn.interface);
	assert_int_equal(field_ipsec_interface("4294967295", &conn, &finding), RC_RANGE);
	assert_int_equal(field_ipsec_interface("ipsec5", &conn, &finding), RC_SYNTAX);
	assert_int_equal(field_vti_interface("vti5", &conn, &finding), RC_OK);
	assert_string_equal(conn.vti_interface, "vti5");
	assert_int_equal(field_vti_interface("a/b", &conn, &finding), RC_SYNTAX);
	assert_int_equal(field_vti_interface("sixteen_letters_", &conn, &finding), RC_SYNTAX);
	conn_free(&conn);
}

static void marks_may_differ_by_direction(void **state)
{
	struct config_conn conn = { 0 };
	(void)state;
	assert_int_equal(field_mark("1", &conn, &finding), RC_OK);
	assert_int_equal(field_mark_in("2/0xf", &conn, &finding), RC_OK);
	assert_int_equal(field_mark_out("3", &conn, &finding), RC_OK);
	assert_int_equal(conn.mark, 1);
	assert_int_equal(conn.mark_in, 2);
	assert_int_equal(conn.mark_in_mask, 15);
	assert_int_equal(conn.mark_out, 3);
	assert_true(conn.has_mark_in && conn.has_mark_out);
	assert_int_equal(field_mark_in("%unique", &conn, &finding), RC_UNSUPPORTED);
	assert_int_equal(field_mark("%unique", &conn, &finding), RC_OK);
	assert_true(conn.mark_unique && conn.mark == 0);
	assert_int_equal(field_mark("7", &conn, &finding), RC_OK);
	assert_false(conn.mark_unique);
	assert_int_equal(field_mark("-1", &conn, &finding), RC_UNSUPPORTED);
}

static void clients_are_told_servers_and_domains(void **state)
{
	struct config_conn conn = { 0 };
	(void)state;
	assert_int_equal(field_modecfgdns("10.0.0.53, fd00::53", &conn, &finding), RC_OK);
	assert_int_equal(conn.modecfgdns_count, 2);
	assert_int_equal(field_modecfgdns("dns.example.org", &conn, &finding), RC_SYNTAX);
	assert_int_equal(field_modecfgdomains("example.org, corp", &conn, &finding), RC_OK);
	assert_string_equal(conn.modecfgdomains, "example.org,corp");
	assert_int_equal(field_modecfgdomains("example.org,a..b", &conn, &finding), RC_SYNTAX);
	assert_string_equal(conn.modecfgdomains, "example.org,corp");
	assert_int_equal(finding.column, 12);
	conn_free(&conn);
}

static void a_script_is_started_without_a_shell(void **state)
{
	struct config_end end = { 0 };
	(void)state;
	assert_int_equal(field_updown("/usr/libexec/updown --route yes", &end, &finding), RC_OK);
	assert_string_equal(end.updown, "/usr/libexec/updown --route yes");
	assert_int_equal(field_updown("%disabled", &end, &finding), RC_OK);
	assert_null(end.updown);
	assert_int_equal(field_updown("ipsec _updown", &end, &finding), RC_OK);
	assert_int_equal(field_updown("/bin/true; reboot", &end, &finding), RC_UNSUPPORTED);
	assert_int_equal(finding.column, 9);
	assert_int_equal(field_updown("my-updown --log /tmp/x", &end, &finding), RC_OK);
	assert_string_equal(end.updown, "my-updown --log /tmp/x");
	assert_int_equal(field_updown("./updown", &end, &finding), RC_SYNTAX);
	assert_int_equal(field_updown("etc/updown", &end, &finding), RC_SYNTAX);
	assert_int_equal(field_updown("%none", &end, &finding), RC_SYNTAX);
	assert_int_equal(field_updown("/a 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 "
				      "23 24 25 26 27 28 29 30 31 32",
				      &end, &finding),
			 RC_OK);
	assert_int_equal(field_updown("/a 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 "
				      "23 24 25 26 27 28 29 30 31 32 33",
				      &end, &finding),
			 RC_SYNTAX);
	assert_int_equal(field_updown("", &end, &finding), RC_OK);
	assert_null(end.updown);
	conn_end_free(&end);
}

static void without_memory_nothing_is_set(void **state)
{
	struct config_conn conn = { 0 };
	(void)state;
	mem_fail_nth(1);
	assert_int_equal(field_addresspool("10.9.0.0/24", &conn.left, &finding), RC_NO_MEMORY);
	mem_fail_nth(1);
	assert_int_equal(field_vti_interface("vti5", &conn, &finding), RC_NO_MEMORY);
	mem_fail_nth(1);
	assert_int_equal(field_modecfgdomains("corp", &conn, &finding), RC_NO_MEMORY);
	mem_fail_nth(1);
	assert_int_equal(field_updown("/a", &conn.left, &finding), RC_NO_MEMORY);
	mem_fail_nth(0);
}

static void the_front_of_a_list_has_whole_words(void **state)
{
	(void)state;
	assert_int_equal(config_list_front("ab,cd,ef", 8), 8);
	assert_int_equal(config_list_front("ab,cd,ef", 7), 5);
	assert_int_equal(config_list_front("ab,cd,ef", 5), 5);
	assert_int_equal(config_list_front("ab,cd,ef", 4), 2);
	assert_int_equal(config_list_front("ab,cd,ef", 1), 0);
	assert_int_equal(config_list_front("", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_has_ranges_and_a_length_of_its_leases),
		cmocka_unit_test(a_pool_that_cannot_be_is_refused_with_the_reason),
		cmocka_unit_test(a_source_address_is_fixed_or_asked_for),
		cmocka_unit_test(a_subnet_of_source_addresses_is_a_pool),
		cmocka_unit_test(interfaces_have_addresses_and_numbers),
		cmocka_unit_test(marks_may_differ_by_direction),
		cmocka_unit_test(clients_are_told_servers_and_domains),
		cmocka_unit_test(a_script_is_started_without_a_shell),
		cmocka_unit_test(without_memory_nothing_is_set),
		cmocka_unit_test(the_front_of_a_list_has_whole_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
