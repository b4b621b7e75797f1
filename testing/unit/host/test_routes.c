/* SPDX-License-Identifier: Apache-2.0 */
/* In a network namespace of our own where that is allowed, else with what loopback has. */
#include "unit/host/real_fixture.h"
#include "unit/host/netns.h"

static enum rc source_for(struct host *host, const char *remote, struct ip_addr *out)
{
	struct ip_addr addr = at(remote, 0).addr;

	return host->ops->source_for(host, &addr, out);
}

static bool is_local(struct host *host, const char *text)
{
	struct ip_addr addr = at(text, 0).addr;

	return host->ops->is_local(host, &addr);
}

static void loopback_is_reached_from_itself(void **state)
{
	struct host *host = real_host();
	struct ip_addr source;

	(void)state;
	assert_int_equal(source_for(host, "127.0.0.2", &source), RC_OK);
	assert_int_equal(source.family, AF_INET);
	assert_int_equal(source.bytes[0], 127);
	assert_true(is_local(host, "127.0.0.1"));
	assert_true(is_local(host, "127.1.2.3"));
	assert_false(is_local(host, "0.0.0.0"));
	assert_false(is_local(host, "::"));
	host_real_free(host);
}

static void address_left_out_of_listening_is_not_local(void **state)
{
	struct host *host = real_host();
	struct ip_addr limit;

	(void)state;
	assert_int_equal(ip_parse("127.0.0.1", &limit), RC_OK);
	assert_int_equal(host->ops->udp_limit(host, &limit, 1), RC_OK);
	assert_true(is_local(host, "127.0.0.1"));
	assert_false(is_local(host, "127.0.0.2"));
	host_real_free(host);
}

static void unset_address_leads_nowhere(void **state)
{
	struct host *host = real_host();
	struct ip_addr none = { .family = AF_UNSPEC }, source;

	(void)state;
	assert_int_equal(host->ops->source_for(host, &none, &source), RC_NOT_FOUND);
	assert_false(host->ops->is_local(host, &none));
	host_real_free(host);
}

static void source_follows_the_most_specific_route(void **state)
{
	struct host *host;
	struct ip_addr source;

	(void)state;
	netns_or_skip();
	netns_do("ip addr add 10.0.0.1/24 dev v0; ip addr add 10.0.0.7/24 dev v0;"
		 "ip route add 198.51.100.0/24 via 10.0.0.2 src 10.0.0.7;"
		 "ip addr add 2001:db8::1/64 dev v0 nodad; ip addr add fe80::1/64 dev v0 nodad");
	netns_await_ipv6("2001:db8::1");
	host = real_host();
	assert_int_equal(source_for(host, "10.0.0.9", &source), RC_OK);
	assert_true(is_addr(&source, "10.0.0.1"));
	assert_int_equal(source_for(host, "198.51.100.9", &source), RC_OK);
	assert_true(is_addr(&source, "10.0.0.7"));
	assert_int_equal(source_for(host, "2001:db8::9", &source), RC_OK);
	assert_true(is_addr(&source, "2001:db8::1"));
	assert_true(is_local(host, "10.0.0.7"));
	assert_true(is_local(host, "2001:db8::1"));
	assert_false(is_local(host, "10.0.0.9"));
	assert_false(is_local(host, "2001:db8::9"));
	host_real_free(host);
}

static void way_in_is_strict_where_rp_filter_says_so(void **state)
{
	struct host_route way;
	struct host *host;
	struct ip_addr to;

	(void)state;
	netns_or_skip();
	netns_do("ip addr add 10.0.0.1/24 dev v0; cd /proc/sys/net/ipv4/conf;"
		 "echo 0 >all/rp_filter; echo 1 >v0/rp_filter");
	host = real_host();
	assert_int_equal(ip_parse("10.0.0.77", &to), RC_OK);
	assert_int_equal(host->ops->route_to(host, &to, &way), RC_OK);
	assert_true(way.strict);
	netns_do("cd /proc/sys/net/ipv4/conf; echo 2 >all/rp_filter");
	assert_int_equal(host->ops->route_to(host, &to, &way), RC_OK);
	assert_false(way.strict);
	netns_do("cd /proc/sys/net/ipv4/conf; echo 1 >all/rp_filter; echo 0 >v0/rp_filter");
	assert_int_equal(host->ops->route_to(host, &to, &way), RC_OK);
	assert_true(way.strict);
	netns_do("cd /proc/sys/net/ipv4/conf; echo 0 >all/rp_filter");
	assert_int_equal(host->ops->route_to(host, &to, &way), RC_OK);
	assert_false(way.strict);
	host_real_free(host);
}

static void way_out_has_device_gateway_and_source_tunnels_left_aside(void **state)
{
	struct host_route way;
	struct host *host;
	struct ip_addr to;

	(void)state;
	netns_or_skip();
	netns_do("ip addr add 10.0.0.1/24 dev v0; ip route add default via 10.0.0.9;"
		 "ip addr add 10.9.0.7/32 dev lo;"
		 "ip rule add pref 30087 not fwmark 0x56414e54 lookup 86;"
		 "ip route add default dev v0 src 10.9.0.7 table 86");
	host = real_host();
	assert_int_equal(ip_parse("198.51.100.1", &to), RC_OK);
	assert_int_equal(host->ops->route_to(host, &to, &way), RC_OK);
	assert_string_equal(way.device, "v0");
	assert_true(is_addr(&way.gateway, "10.0.0.9"));
	assert_true(is_addr(&way.source, "10.0.0.1"));
	assert_int_equal(ip_parse("10.0.0.77", &to), RC_OK);
	assert_int_equal(host->ops->route_to(host, &to, &way), RC_OK);
	assert_int_equal(way.gateway.family, AF_UNSPEC);
	assert_int_equal(ip_parse("2001:db8::1", &to), RC_OK);
	assert_int_equal(host->ops->route_to(host, &to, &way), RC_NOT_FOUND);
	host_real_free(host);
}

static void link_local_addresses_keep_their_interface(void **state)
{
	struct host *host;
	struct ip_addr source;

	(void)state;
	netns_or_skip();
	netns_do("ip addr add fe80::1/64 dev v0 nodad");
	netns_await_ipv6("fe80::1");
	host = real_host();
	assert_int_equal(source_for(host, "fe80::9%v0", &source), RC_OK);
	assert_true(is_addr(&source, "fe80::1%v0"));
	assert_int_not_equal(source.scope, 0);
	assert_true(is_local(host, "fe80::1%v0"));
	assert_false(is_local(host, "fe80::9%v0"));
	host_real_free(host);
}

static void unreachable_and_prohibited_are_not_found(void **state)
{
	struct host *host;
	struct ip_addr source, gateway;

	(void)state;
	netns_or_skip();
	netns_do("ip addr add 10.0.0.1/24 dev v0; ip route add unreachable 10.3.0.0/16;"
		 "ip route add blackhole 10.4.0.0/16; ip route add prohibit 10.5.0.0/16;"
		 "ip -6 route add unreachable 2001:db8:3::/48");
	host = real_host();
	for (int i = 0; i < 3; i++) { /* each answer is read, none is taken for the next */
		assert_int_equal(source_for(host, "192.0.2.1", &source), RC_NOT_FOUND);
		assert_int_equal(source_for(host, "10.3.0.1", &source), RC_NOT_FOUND);
		assert_int_equal(source_for(host, "10.4.0.1", &source), RC_NOT_FOUND);
		assert_int_equal(source_for(host, "10.5.0.1", &source), RC_NOT_FOUND);
		assert_int_equal(source_for(host, "2001:db8::1", &source), RC_NOT_FOUND);
		assert_int_equal(source_for(host, "2001:db8:3::1", &source), RC_NOT_FOUND);
		assert_int_equal(source_for(host, "10.0.0.5", &source), RC_OK);
	}
	assert_int_equal(host->ops->default_route(host, AF_INET, &source, &gateway), RC_NOT_FOUND);
	assert_int_equal(host->ops->default_route(host, AF_INET6, &source, &gateway), RC_NOT_FOUND);
	host_real_free(host);
}

static void default_route_is_found_among_others(void **state)
{
	struct host *host;
	struct ip_addr source, gateway;

	(void)state;
	netns_or_skip();
	/* routes of their own for the first addresses we would try, and a worse default */
	netns_do("ip addr add 10.0.0.1/24 dev v0; ip addr add 10.9.0.1/24 dev v0;"
		 "ip route add default via 10.0.0.2; ip route add default via 10.9.0.2 metric 50;"
		 "ip route add 203.0.113.0/24 via 10.9.0.3; ip route add 198.51.100.0/24 via "
		 "10.9.0.3;"
		 "ip route add 192.0.2.0/24 via 10.9.0.3;"
		 "ip addr add 2001:db8::1/64 dev v0 nodad; ip addr add fe80::1/64 dev v0 nodad;"
		 "ip -6 route add default via fe80::2 dev v0");
	netns_await_ipv6("2001:db8::1");
	netns_await_ipv6("fe80::1");
	host = real_host();
	assert_int_equal(host->ops->default_route(host, AF_INET, &source, &gateway), RC_OK);
	assert_true(is_addr(&source, "10.0.0.1"));
	assert_true(is_addr(&gateway, "10.0.0.2"));
	assert_int_equal(host->ops->default_route(host, AF_INET6, &source, &gateway), RC_OK);
	assert_true(is_addr(&source, "2001:db8::1"));
	assert_true(is_addr(&gateway, "fe80::2%v0"));
	assert_int_equal(host->ops->default_route(host, AF_INET6, &source, NULL), RC_OK);
	host_real_free(host);
}

static void default_route_may_have_no_gateway_or_two_halves(void **state)
{
	struct host *host;
	struct ip_addr source, gateway;

	(void)state;
	netns_or_skip();
	netns_do("ip addr add 10.0.0.1/32 dev v0; ip route add default dev v0");
	host = real_host();
	assert_int_equal(host->ops->default_route(host, AF_INET, &source, &gateway), RC_OK);
	assert_true(is_addr(&source, "10.0.0.1"));
	assert_false(ip_is_set(&gateway));
	netns_do("ip route del default; ip route add 0.0.0.0/1 dev v0; ip route add 128.0.0.0/1 "
		 "dev v0");
	assert_int_equal(host->ops->default_route(host, AF_INET, &source, &gateway), RC_OK);
	netns_do("ip route del 0.0.0.0/1; ip route del 128.0.0.0/1; ip route add 192.0.0.0/3 dev "
		 "v0");
	assert_int_equal(host->ops->default_route(host, AF_INET, &source, &gateway), RC_NOT_FOUND);
	host_real_free(host);
}

static void addresses_are_those_of_links_that_are_up(void **state)
{
	struct ip_addr found[4], limit = at("10.0.0.7", 0).addr;
	struct host *host;

	(void)state;
	netns_or_skip();
	netns_do("ip addr add 10.0.0.1/24 dev v0; ip addr add 10.0.0.7/24 dev v0; "
		 "ip link set v0 up");
	host = real_host();
	size_t count = host->ops->addresses(host, found, 4);
	assert_true(count >= 2); /* the loopback's are not among them */
	assert_true(is_addr(&found[0], "10.0.0.1") && is_addr(&found[1], "10.0.0.7"));
	assert_int_equal(host->ops->addresses(host, found, 1), 1);
	assert_int_equal(host->ops->udp_limit(host, &limit, 1), RC_OK);
	assert_int_equal(host->ops->addresses(host, found, 4), 1);
	assert_true(is_addr(&found[0], "10.0.0.7"));
	host_real_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_is_reached_from_itself),
		cmocka_unit_test(address_left_out_of_listening_is_not_local),
		cmocka_unit_test(unset_address_leads_nowhere),
		cmocka_unit_test(addresses_are_those_of_links_that_are_up),
		cmocka_unit_test(source_follows_the_most_specific_route),
		cmocka_unit_test(way_in_is_strict_where_rp_filter_says_so),
		cmocka_unit_test(way_out_has_device_gateway_and_source_tunnels_left_aside),
		cmocka_unit_test(link_local_addresses_keep_their_interface),
		cmocka_unit_test(unreachable_and_prohibited_are_not_found),
		cmocka_unit_test(default_route_is_found_among_others),
		cmocka_unit_test(default_route_may_have_no_gateway_or_two_halves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
