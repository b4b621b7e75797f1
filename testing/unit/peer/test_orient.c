/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/private.h"
#include "unit/peer/peer_test.h"

static void the_end_whose_address_we_have_is_ours(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
		"conn mirrored\n\tleft=203.0.113.8\n\tright=192.0.2.1\n");
	peer = peer_named(f, "office");
	assert_true(peer->oriented && peer->left_is_local && !peer->template);
	assert_addr(&peer->local, "192.0.2.1");
	assert_addr(&peer->remote, "203.0.113.9");
	peer = peer_named(f, "mirrored");
	assert_true(peer->oriented && !peer->left_is_local);
	assert_addr(&peer->local, "192.0.2.1");
	assert_addr(&peer->remote, "203.0.113.8");
	assert_selectors(tunnel_named(f, "mirrored"), "192.0.2.1/32 === 203.0.113.8/32");
}

static void identities_default_to_the_addresses(void **state)
{
	struct fixture *f = *state;
	load(f,
	     "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
	     "conn six\n\tleft=2001:db8::1\n\tright=2001:db8:1::9\n"
	     "conn named\n\tleft=192.0.2.1\n\tleftid=@here\n\tright=203.0.113.8\n\trightid=@there\n"
	     "conn road\n\tleft=192.0.2.1\n\tright=%any\n");
	assert_identity(&peer_named(f, "office")->local_id, "192.0.2.1");
	assert_identity(&peer_named(f, "office")->remote_id, "203.0.113.9");
	assert_int_equal(peer_named(f, "six")->local_id.type, ID_IPV6_ADDR);
	assert_identity(&peer_named(f, "six")->remote_id, "2001:db8:1::9");
	assert_identity(&peer_named(f, "named")->local_id, "@here");
	assert_identity(&peer_named(f, "named")->remote_id, "@there");
	assert_int_equal(peer_named(f, "road")->remote_id.type, ID_NONE);
	assert_true(peer_named(f, "road")->template);
}

static void ports_are_those_of_the_conn_or_the_usual_ones(void **state)
{
	struct fixture *f = *state;
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
		"conn odd\n\tleft=192.0.2.1\n\tright=203.0.113.8\n\trightikeport=5500\n");
	assert_int_equal(peer_named(f, "office")->local_port, 500);
	assert_int_equal(peer_named(f, "office")->remote_port, 500);
	assert_int_equal(peer_named(f, "odd")->remote_port, 5500);
}

static void our_own_port_setting_is_where_we_begin_from(void **state)
{
	struct fixture *f = *state;
	load(f,
	     "config setup\n\tikeport=1500\nconn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n");
	assert_int_equal(peer_named(f, "office")->local_port, 1500);
	assert_int_equal(peer_named(f, "office")->remote_port, 500);
}

static void a_conn_of_other_hosts_waits_and_says_why(void **state)
{
	struct fixture *f = *state;
	struct diag diag = { "" };
	struct config *config = parse(f, "conn office\n\tleft=192.0.2.7\n\tright=203.0.113.9\n");
	assert_int_equal(load_conn(f, config, "office", &diag), RC_OK);
	assert_says(diag.text, "neither 192.0.2.7 (left) nor 203.0.113.9 (right)");
	assert_false(peer_named(f, "office")->oriented);
	assert_int_equal(peer_why_unoriented(peer_named(f, "office"), &diag), RC_NOT_FOUND);
	assert_says(diag.text, "conn office waits");
	assert_null(for_addresses(f, "192.0.2.1", "203.0.113.9"));
	assert_null(for_addresses(f, "192.0.2.7", "203.0.113.9"));
}

static void an_address_that_comes_later_orients_it(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct peer *peer;
	load(f, "conn office\n\tleft=192.0.2.7\n\tright=203.0.113.9\n");
	peer = peer_named(f, "office");
	f->dirty = 0;
	peers_orient(&f->peers);
	assert_int_equal(f->dirty, 0);
	assert_int_equal(world_host_add_address(f->host, "192.0.2.7"), RC_OK);
	peers_orient(&f->peers);
	assert_true(peer->oriented);
	assert_int_equal(f->dirty, 1);
	assert_ptr_equal(f->last_dirty, peer);
	assert_int_equal(peer_why_unoriented(peer, &diag), RC_OK);
	assert_ptr_equal(for_addresses(f, "192.0.2.7", "203.0.113.9"), peer);
	peers_orient(&f->peers);
	assert_int_equal(f->dirty, 1); /* level: nothing changed */
}

static void an_address_that_goes_takes_the_peer_out_of_reach(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n");
	peer = peer_named(f, "office");
	f->dirty = 0;
	world_host_remove_address(f->host, "192.0.2.1");
	peers_orient(&f->peers);
	assert_false(peer->oriented);
	assert_int_equal(f->dirty, 1);
	assert_null(for_addresses(f, "192.0.2.1", "203.0.113.9"));
	/* traps are removed by the selectors that they were made with */
	assert_selectors(tunnel_named(f, "office"), "192.0.2.1/32 === 203.0.113.9/32");
	assert_says(f->logged, "office: conn office waits");
	assert_int_equal(world_host_add_address(f->host, "192.0.2.1"), RC_OK);
	peers_orient(&f->peers);
	assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.9"), peer);
}

static void both_ends_on_this_host_cannot_be_told_apart(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct config *config;
	assert_int_equal(world_host_add_address(f->host, "192.0.2.2"), RC_OK);
	config = parse(f, "conn office\n\tleft=192.0.2.1\n\tright=192.0.2.2\n");
	assert_int_equal(load_conn(f, config, "office", &diag), RC_OK);
	assert_says(diag.text, "both addresses of this host");
	assert_false(peer_named(f, "office")->oriented);
}

static void the_default_route_gives_our_address(void **state)
{
	struct fixture *f = *state;
	load(f, "conn office\n\tleft=%defaultroute\n\tright=203.0.113.9\n"
		"conn six\n\tleft=%defaultroute\n\tright=2001:db8:1::9\n"
		"conn mirrored\n\tright=%defaultroute\n\tleft=203.0.113.8\n"
		"conn road\n\tleft=%defaultroute\n\tright=%any\n");
	assert_addr(&peer_named(f, "office")->local, "192.0.2.1");
	assert_addr(&peer_named(f, "six")->local, "2001:db8::1");
	assert_addr(&peer_named(f, "mirrored")->local, "192.0.2.1");
	assert_false(peer_named(f, "mirrored")->left_is_local);
	assert_addr(&peer_named(f, "road")->local, "192.0.2.1");
	assert_identity(&peer_named(f, "office")->local_id, "192.0.2.1");
}

static void a_new_default_route_moves_the_peer_after_its_traps_are_gone(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	load(f, "conn office\n\tleft=%defaultroute\n\tright=203.0.113.9\n");
	peer = peer_named(f, "office");
	assert_int_equal(f->moved, 0);
	world_host_remove_address(f->host, "192.0.2.1");
	peers_orient(&f->peers);
	assert_false(peer->oriented);
	assert_says(f->logged, "there is no default route");
	assert_int_equal(world_host_add_address(f->host, "198.51.100.5"), RC_OK);
	peers_orient(&f->peers);
	assert_int_equal(f->moved, 1);
	assert_ptr_equal(f->last_moved, peer);
	assert_addr(&peer->local, "198.51.100.5");
	assert_identity(&peer->local_id, "198.51.100.5");
	assert_selectors(tunnel_named(f, "office"), "198.51.100.5/32 === 203.0.113.9/32");
	assert_ptr_equal(for_addresses(f, "198.51.100.5", "203.0.113.9"), peer);
	assert_null(for_addresses(f, "192.0.2.1", "203.0.113.9"));
}

static void left_any_is_this_host_on_all_its_addresses(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	assert_int_equal(world_host_add_address(f->host, "192.0.2.2"), RC_OK);
	load(f, "conn office\n\tleft=%any\n\tright=203.0.113.9\n");
	peer = peer_named(f, "office");
	assert_true(peer->oriented && peer->local_any && !peer->template);
	assert_addr(&peer->local, "192.0.2.1"); /* from where we begin */
	assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.9"), peer);
	assert_ptr_equal(for_addresses(f, "192.0.2.2", "203.0.113.9"), peer);
	assert_null(for_addresses(f, "192.0.2.1", "203.0.113.10"));
}

static void left_any_is_the_peer_when_right_is_this_host(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	load(f, "conn office\n\tleft=%any\n\tright=192.0.2.1\n");
	peer = peer_named(f, "office");
	assert_true(peer->oriented && peer->template && !peer->left_is_local);
	assert_addr(&peer->local, "192.0.2.1");
	/* and it does not become us when our address goes for a while */
	world_host_remove_address(f->host, "192.0.2.1");
	peers_orient(&f->peers);
	assert_false(peer->oriented);
	assert_false(peer->left_is_local);
	assert_true(peer->template);
}

static void right_any_is_never_this_host(void **state)
{
	struct fixture *f = *state;
	load(f, "conn office\n\tleft=192.0.2.77\n\tright=%any\n");
	assert_false(peer_named(f, "office")->oriented);
	assert_null(for_addresses(f, "192.0.2.1", "192.0.2.77"));
}

static void sides_do_not_change_while_somebody_is_there(void **state)
{
	struct fixture *f = *state;
	struct diag diag = { "" };
	struct peer *peer;
	struct list sa = { NULL, NULL };
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n");
	peer = peer_named(f, "office");
	list_append(&peer->ike_sas, &sa);
	world_host_remove_address(f->host, "192.0.2.1");
	assert_int_equal(world_host_add_address(f->host, "203.0.113.9"), RC_OK);
	peers_orient(&f->peers);
	assert_false(peer->oriented);
	assert_true(peer->left_is_local);
	assert_int_equal(peer_why_unoriented(peer, &diag), RC_AMBIGUOUS);
	assert_says(diag.text, "SAs of before");
	list_remove(&sa);
	peers_orient(&f->peers);
	assert_true(peer->oriented);
	assert_false(peer->left_is_local);
	assert_selectors(tunnel_named(f, "office"), "203.0.113.9/32 === 192.0.2.1/32");
}

static void without_memory_the_peer_waits_and_is_whole_later(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	load(f, "conn office\n\tleft=192.0.2.7\n\tright=203.0.113.9\n");
	peer = peer_named(f, "office");
	assert_int_equal(world_host_add_address(f->host, "192.0.2.7"), RC_OK);
	for (uint64_t nth = 1; nth <= 2; nth++) {
		mem_fail_nth(nth);
		assert_int_equal(peer_orient(peer, NULL), RC_NO_MEMORY);
		mem_fail_nth(0);
		assert_false(peer->oriented);
	}
	peers_orient(&f->peers);
	assert_true(peer->oriented);
	assert_identity(&peer->remote_id, "203.0.113.9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(the_end_whose_address_we_have_is_ours),
		PEER_TEST(identities_default_to_the_addresses),
		PEER_TEST(ports_are_those_of_the_conn_or_the_usual_ones),
		PEER_TEST(our_own_port_setting_is_where_we_begin_from),
		PEER_TEST(a_conn_of_other_hosts_waits_and_says_why),
		PEER_TEST(an_address_that_comes_later_orients_it),
		PEER_TEST(an_address_that_goes_takes_the_peer_out_of_reach),
		PEER_TEST(both_ends_on_this_host_cannot_be_told_apart),
		PEER_TEST(the_default_route_gives_our_address),
		PEER_TEST(a_new_default_route_moves_the_peer_after_its_traps_are_gone),
		PEER_TEST(left_any_is_this_host_on_all_its_addresses),
		PEER_TEST(left_any_is_the_peer_when_right_is_this_host),
		PEER_TEST(right_any_is_never_this_host),
		PEER_TEST(sides_do_not_change_while_somebody_is_there),
		PEER_TEST(without_memory_the_peer_waits_and_is_whole_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
