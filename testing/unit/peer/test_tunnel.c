/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/peer/peer_test.h"

static void a_conn_without_subnets_protects_its_hosts(void **state)
{
	struct fixture *f = *state;
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n");
	assert_int_equal(f->peers.tunnel_count, 1);
	assert_selectors(tunnel_named(f, "office"), "192.0.2.1/32 === 203.0.113.9/32");
	assert_int_equal(tunnel_named(f, "office")->wanted, WANTED_LISTEN);
}

static void ipv6_hosts_too(void **state)
{
	struct fixture *f = *state;
	load(f, "conn office\n\tleft=2001:db8::1\n\tright=2001:db8:1::9\n");
	assert_selectors(tunnel_named(f, "office"), "2001:db8::1/128 === 2001:db8:1::9/128");
}

static void every_pair_of_subnets_is_a_tunnel_of_its_own(void **state)
{
	struct fixture *f = *state;
	load(f, "conn office\n\tleft=192.0.2.1\n\tleftsubnets={10.0.0.0/24,10.0.1.0/24}\n"
		"\tright=203.0.113.9\n\trightsubnets={10.9.0.0/24,10.9.1.0/24,10.9.2.0/24}\n");
	assert_int_equal(f->peers.tunnel_count, 6);
	assert_int_equal(f->peers.count, 1);
	assert_selectors(tunnel_named(f, "office/1x1"), "10.0.0.0/24 === 10.9.0.0/24");
	assert_selectors(tunnel_named(f, "office/1x3"), "10.0.0.0/24 === 10.9.2.0/24");
	assert_selectors(tunnel_named(f, "office/2x1"), "10.0.1.0/24 === 10.9.0.0/24");
	assert_selectors(tunnel_named(f, "office/2x3"), "10.0.1.0/24 === 10.9.2.0/24");
	assert_null(peers_tunnel(&f->peers, "office"));
	assert_null(peers_tunnel(&f->peers, "office/3x1"));
}

static void names_count_left_first_also_when_right_is_this_host(void **state)
{
	struct fixture *f = *state;
	load(f, "conn office\n\tright=192.0.2.1\n\trightsubnet=10.0.0.0/24\n"
		"\tleft=203.0.113.9\n\tleftsubnets={10.9.0.0/24,10.9.1.0/24}\n");
	assert_selectors(tunnel_named(f, "office/1x1"), "10.0.0.0/24 === 10.9.0.0/24");
	assert_selectors(tunnel_named(f, "office/2x1"), "10.0.0.0/24 === 10.9.1.0/24");
	assert_int_equal(f->peers.tunnel_count, 2);
}

static void pairs_of_different_ip_versions_are_left_out(void **state)
{
	struct fixture *f = *state;
	load(f, "conn office\n\tleft=192.0.2.1\n\tleftsubnets={10.0.0.0/24,2001:db8:a::/48}\n"
		"\tright=203.0.113.9\n\trightsubnets={10.9.0.0/24,2001:db8:b::/48}\n");
	assert_int_equal(f->peers.tunnel_count, 2);
	assert_selectors(tunnel_named(f, "office/1x1"), "10.0.0.0/24 === 10.9.0.0/24");
	assert_selectors(tunnel_named(f, "office/2x2"), "2001:db8:a::/48 === 2001:db8:b::/48");
}

static void protocol_and_port_narrow_both_ends(void **state)
{
	struct fixture *f = *state;
	load(f, "conn l2tp\n\ttype=transport\n\tleft=192.0.2.1\n\tleftprotoport=udp/1701\n"
		"\tright=203.0.113.9\n\trightprotoport=udp\n"
		"conn one\n\tleft=192.0.2.1\n\tright=203.0.113.10\n\tleftprotoport=tcp/443\n");
	assert_selectors(tunnel_named(f, "l2tp"), "192.0.2.1/32/udp/1701 === 203.0.113.9/32/udp");
	assert_selectors(tunnel_named(f, "one"), "192.0.2.1/32/tcp/443 === 203.0.113.10/32/tcp");
}

static void a_template_protects_whoever_comes(void **state)
{
	struct fixture *f = *state;
	load(f, "conn road\n\tleft=192.0.2.1\n\tleftsubnet=10.0.0.0/24\n\tright=%any\n"
		"conn six\n\tleft=2001:db8::1\n\tright=%any\n"
		"conn site\n\tleft=192.0.2.1\n\tright=198.51.100.0/24\n");
	assert_selectors(tunnel_named(f, "road"), "10.0.0.0/24 === 0.0.0.0/0");
	assert_selectors(tunnel_named(f, "six"), "2001:db8::1/128 === ::/0");
	assert_selectors(tunnel_named(f, "site"), "192.0.2.1/32 === 198.51.100.0/24");
}

static void a_conn_cannot_take_the_name_of_an_instance(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct config *config = parse(f, "conn office\n\tleft=192.0.2.1\n\tright=%any\n"
					 "conn office[1]\n\tleft=192.0.2.1\n\tright=203.0.113.8\n");
	assert_int_equal(load_conn(f, config, "office", &diag), RC_OK);
	linked_instance(peer_named(f, "office"), "203.0.113.1", 500, "@a");
	assert_int_equal(load_conn(f, config, "office[1]", &diag), RC_EXISTS);
	assert_says(diag.text,
		    "conn office[1] would make a tunnel \"office[1]\", which conn office");
	assert_int_equal(f->peers.tunnel_count, 2);
	assert_int_equal(f->peers.count, 2);
}

static void an_instance_does_not_take_the_name_of_a_conn(void **state)
{
	struct fixture *f = *state;
	struct peer *instance;
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=%any\n"
		"conn office[1]\n\tleft=192.0.2.1\n\tright=203.0.113.8\n");
	instance = linked_instance(peer_named(f, "office"), "203.0.113.1", 500, "@a");
	assert_ptr_equal(peer_named(f, "office[2]"), instance);
}

static void each_tunnel_has_a_reqid_and_a_serial_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct tunnel *a, *b;
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
		"\trightsubnets={10.1.0.0/24,10.2.0.0/24}\n");
	a = tunnel_named(f, "office/1x1");
	b = tunnel_named(f, "office/1x2");
	assert_true(kernel_reqid_is_ours(a->reqid) && kernel_reqid_is_ours(b->reqid));
	assert_int_not_equal(a->reqid, b->reqid);
	assert_int_not_equal(a->serial, b->serial);
	assert_ptr_equal(peers_by_reqid(&f->peers, a->reqid), a);
	assert_ptr_equal(peers_by_reqid(&f->peers, b->reqid), b);
	assert_null(peers_by_reqid(&f->peers, 1));
}

static void freeing_a_tunnel_leaves_no_trace_of_it(void **state)
{
	struct fixture *f = *state;
	struct tunnel *tunnel;
	uint32_t reqid;
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
		"\trightsubnets={10.1.0.0/24,10.2.0.0/24}\n");
	tunnel = tunnel_named(f, "office/1x1");
	reqid = tunnel->reqid;
	backoff_fail(&tunnel->backoff, f->host, RC_TIMEOUT, "nothing came");
	tunnel_free(tunnel);
	assert_null(peers_tunnel(&f->peers, "office/1x1"));
	assert_null(peers_by_reqid(&f->peers, reqid));
	assert_int_equal(f->peers.tunnel_count, 1);
	assert_non_null(peers_tunnel(&f->peers, "office/1x2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(a_conn_without_subnets_protects_its_hosts),
		PEER_TEST(ipv6_hosts_too),
		PEER_TEST(every_pair_of_subnets_is_a_tunnel_of_its_own),
		PEER_TEST(names_count_left_first_also_when_right_is_this_host),
		PEER_TEST(pairs_of_different_ip_versions_are_left_out),
		PEER_TEST(protocol_and_port_narrow_both_ends),
		PEER_TEST(a_template_protects_whoever_comes),
		PEER_TEST(a_conn_cannot_take_the_name_of_an_instance),
		PEER_TEST(an_instance_does_not_take_the_name_of_a_conn),
		PEER_TEST(each_tunnel_has_a_reqid_and_a_serial_of_its_own),
		PEER_TEST(freeing_a_tunnel_leaves_no_trace_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
