/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/peer/peer_test.h"

#define ROAD                                                                                       \
	"conn road\n\tleft=192.0.2.1\n\tleftid=@us\n\tleftsubnets={10.0.0.0/24,10.1.0.0/24}\n"     \
	"\tright=%any\n"

static void an_instance_has_the_templates_settings_and_the_peers_address(void **state)
{
	struct fixture *f = *state;
	struct peer *template, *peer;
	load(f, ROAD);
	template = peer_named(f, "road/1x1");
	peer = linked_instance(template, "203.0.113.9", 4711, "@client");
	assert_ptr_equal(peer->parent, template);
	assert_ptr_equal(peer->conn, template->conn);
	assert_false(peer->template);
	assert_true(peer->oriented && peer->linked);
	assert_addr(&peer->local, "192.0.2.1");
	assert_addr(&peer->remote, "203.0.113.9");
	assert_int_equal(peer->remote_port, 4711);
	assert_int_equal(peer->local_port, 4500); /* a NAT let it in there */
	assert_identity(&peer->local_id, "@us");
	assert_identity(&peer->remote_id, "@client");
	assert_true(list_linked(&peer->in_instances));
	assert_int_equal(template->busy, 0);
	assert_int_equal(peer_link(peer), RC_EXISTS);
}

static void its_tunnels_are_named_and_narrowed_to_it(void **state)
{
	struct fixture *f = *state;
	struct tunnel *tunnel;
	load(f, ROAD);
	linked_instance(peer_named(f, "road/1x1"), "203.0.113.9", 500, "@client");
	linked_instance(peer_named(f, "road/1x1"), "203.0.113.10", 500, "@other");
	tunnel = tunnel_named(f, "road/2x1[1]");
	assert_selectors(tunnel, "10.1.0.0/24 === 203.0.113.9/32");
	assert_int_equal(tunnel->wanted, WANTED_LISTEN);
	assert_true(kernel_reqid_is_ours(tunnel->reqid));
	assert_ptr_equal(peers_by_reqid(&f->peers, tunnel->reqid), tunnel);
	assert_selectors(tunnel_named(f, "road/1x1[2]"), "10.0.0.0/24 === 203.0.113.10/32");
	assert_int_equal(f->peers.tunnel_count, 6);
}

static void a_template_with_a_subnet_keeps_it_in_its_instances(void **state)
{
	struct fixture *f = *state;
	load(f,
	     "conn "
	     "site\n\tleft=192.0.2.1\n\tright=%any\n\trightid=@site\n\trightsubnet=10.9.0.0/24\n");
	linked_instance(peer_named(f, "site"), "203.0.113.9", 500, "@site");
	assert_selectors(tunnel_named(f, "site[1]"), "192.0.2.1/32 === 10.9.0.0/24");
}

static void the_usual_port_is_answered_from_the_usual_port(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	load(f, "config setup\n\tikeport=1500\n\tnattport=1501\n" ROAD);
	peer = linked_instance(peer_named(f, "road/1x1"), "203.0.113.9", 500, "@a");
	assert_int_equal(peer->local_port, 1500);
	peer = linked_instance(peer_named(f, "road/1x1"), "203.0.113.9", 61000, "@b");
	assert_int_equal(peer->local_port, 1501);
}

static void a_local_identity_that_was_not_given_is_the_address_it_came_to(void **state)
{
	struct fixture *f = *state;
	load(f, "conn six\n\tleft=2001:db8::1\n\tright=%any\n");
	struct peer *peer = linked_instance(peer_named(f, "six"), "2001:db8:1::9", 500, "@a");
	assert_identity(&peer->local_id, "2001:db8::1");
	assert_selectors(tunnel_named(f, "six[1]"), "2001:db8::1/128 === 2001:db8:1::9/128");
}

static void a_template_that_goes_meanwhile_gets_no_more_instances(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct peer *peer = NULL, *template;
	load(f, ROAD);
	template = peer_named(f, "road/1x1");
	assert_int_equal(instantiate(template, "203.0.113.9", 500, "@a", &peer), RC_OK);
	assert_int_equal(peer_unload(&f->peers, "road", &diag), RC_OK);
	assert_int_equal(peer_link(peer), RC_CANCELLED);
	assert_int_equal(template->busy, 1); /* it waits for us */
	peer_free(peer);
	assert_int_equal(template->busy, 0);
}

static void a_conn_that_goes_meanwhile_dooms_its_tunnel_of_the_instance(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct peer *peer = NULL;
	load(f, "conn a\n\tleft=192.0.2.1\n\tleftsubnet=10.0.0.0/24\n\tright=%any\n"
		"conn b\n\tleft=192.0.2.1\n\tleftsubnet=10.1.0.0/24\n\tright=%any\n");
	assert_int_equal(instantiate(peer_named(f, "a"), "203.0.113.9", 500, "@a", &peer), RC_OK);
	assert_int_equal(peer_unload(&f->peers, "b", &diag), RC_OK);
	assert_int_equal(peer_link(peer), RC_OK);
	assert_false(tunnel_named(f, "a[1]")->doomed);
	assert_true(tunnel_named(f, "b[1]")->doomed);
	assert_int_equal(tunnel_named(f, "b[1]")->wanted, WANTED_DOWN);
}

static void a_conn_that_is_going_is_not_given_to_who_comes_now(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	load(f, "conn a\n\tleft=192.0.2.1\n\tleftsubnet=10.0.0.0/24\n\tright=%any\n"
		"conn b\n\tleft=192.0.2.1\n\tleftsubnet=10.1.0.0/24\n\tright=%any\n");
	assert_int_equal(peer_unload(&f->peers, "b", &diag), RC_OK);
	linked_instance(peer_named(f, "a"), "203.0.113.9", 500, "@a");
	assert_non_null(peers_tunnel(&f->peers, "a[1]"));
	assert_null(peers_tunnel(&f->peers, "b[1]"));
}

static void a_conn_loaded_anew_meanwhile_keeps_its_names(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct peer *peer = NULL;
	struct config *config =
		load(f, "conn a\n\tleft=192.0.2.1\n\tleftsubnet=10.0.0.0/24\n\tright=%any\n"
			"conn b\n\tleft=192.0.2.1\n\tleftsubnet=10.1.0.0/24\n\tright=%any\n");
	assert_int_equal(instantiate(peer_named(f, "a"), "203.0.113.9", 500, "@a", &peer), RC_OK);
	assert_int_equal(peer_unload(&f->peers, "b", &diag), RC_OK);
	assert_int_equal(load_conn(f, config, "b", &diag), RC_OK);
	assert_int_equal(peer_link(peer), RC_OK);
	assert_non_null(peers_tunnel(&f->peers, "a[1]"));
	assert_null(peers_tunnel(&f->peers, "b[1]")); /* it is of the old b */
	assert_false(tunnel_named(f, "b")->doomed);
}

static void what_happens_to_our_addresses_does_not_change_an_instance(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	load(f, ROAD);
	peer = linked_instance(peer_named(f, "road/1x1"), "203.0.113.9", 500, "@a");
	peers_orient(&f->peers);
	world_host_remove_address(f->host, "192.0.2.1");
	peers_orient(&f->peers);
	assert_false(peer->template);
	assert_true(peer->oriented);
	assert_addr(&peer->remote, "203.0.113.9");
	assert_identity(&peer->remote_id, "@a");
}

static void an_unlinked_instance_outlives_a_reload(void **state)
{
	struct fixture *f = *state;
	struct peer *peer = NULL;
	struct config *config = load(f, ROAD), *again;
	assert_int_equal(instantiate(peer_named(f, "road/1x1"), "203.0.113.9", 500, "@a", &peer),
			 RC_OK);
	again = parse(f, ROAD);
	rebase_equal(f, again);
	assert_int_equal(config->refs, 1);
	assert_ptr_equal(peer->conn, again->conns[0]);
	assert_int_equal(peer_link(peer), RC_OK);
	assert_ptr_equal(tunnel_named(f, "road/1x1[1]")->conn, again->conns[0]);
}

static void without_memory_nothing_of_it_stays(void **state)
{
	struct fixture *f = *state;
	struct peer *peer = NULL, *template;
	struct config *config = load(f, ROAD);
	unsigned refs = config->refs;
	enum rc rc = RC_NO_MEMORY;
	uint64_t nth;
	template = peer_named(f, "road/1x1");
	for (nth = 2; rc != RC_OK; nth++) { /* the first is the test's identity */
		mem_fail_nth(nth);
		rc = instantiate(template, "203.0.113.9", 500, "@a", &peer);
		mem_fail_nth(0);
		if (rc == RC_OK)
			break;
		assert_int_equal(rc, RC_NO_MEMORY);
		assert_null(peer);
		assert_int_equal(template->busy, 0);
		assert_int_equal(config->refs, refs);
		assert_int_equal(f->peers.reqids_out, 2);
	}
	assert_true(nth > 7);
	peer_free(peer);
}

static void an_instance_is_lean(void **state)
{
	(void)state;
	/* of 6 kB for IKE SA and Child SA together */
	assert_true(sizeof(struct peer) <= 640);
	assert_true(sizeof(struct tunnel) <= 448);
	print_message("peer %zu bytes, tunnel %zu bytes\n", sizeof(struct peer),
		      sizeof(struct tunnel));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(an_instance_has_the_templates_settings_and_the_peers_address),
		PEER_TEST(its_tunnels_are_named_and_narrowed_to_it),
		PEER_TEST(a_template_with_a_subnet_keeps_it_in_its_instances),
		PEER_TEST(the_usual_port_is_answered_from_the_usual_port),
		PEER_TEST(a_local_identity_that_was_not_given_is_the_address_it_came_to),
		PEER_TEST(a_template_that_goes_meanwhile_gets_no_more_instances),
		PEER_TEST(a_conn_that_goes_meanwhile_dooms_its_tunnel_of_the_instance),
		PEER_TEST(a_conn_that_is_going_is_not_given_to_who_comes_now),
		PEER_TEST(a_conn_loaded_anew_meanwhile_keeps_its_names),
		PEER_TEST(what_happens_to_our_addresses_does_not_change_an_instance),
		PEER_TEST(an_unlinked_instance_outlives_a_reload),
		PEER_TEST(without_memory_nothing_of_it_stays),
		PEER_TEST(an_instance_is_lean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
