/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>
#include "unit/peer/peer_test.h"

#define OFFICE "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\trightsubnet=10.1.0.0/24\n"
#define BRANCH "conn branch\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\trightsubnet=10.2.0.0/24\n"

static void conns_with_equal_ends_share_a_peer(void **state)
{
	struct fixture *f = *state;
	load(f, OFFICE BRANCH "conn other\n\tleft=192.0.2.1\n\tright=203.0.113.8\n");
	assert_int_equal(f->peers.count, 2);
	assert_int_equal(f->peers.tunnel_count, 3);
	assert_ptr_equal(peer_named(f, "office"), peer_named(f, "branch"));
	assert_ptr_not_equal(peer_named(f, "office"), peer_named(f, "other"));
	assert_string_equal(peer_named(f, "branch")->conn->name, "office");
}

static void other_identities_are_other_peers(void **state)
{
	struct fixture *f = *state;
	load(f, "conn a\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\trightid=@a\n"
		"conn b\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\trightid=@b\n"
		"conn c\n\tleft=192.0.2.1\n\tleftid=@us\n\tright=203.0.113.9\n\trightid=@b\n");
	assert_int_equal(f->peers.count, 3);
}

static void other_ports_are_other_peers(void **state)
{
	struct fixture *f = *state;
	load(f, "conn a\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
		"conn b\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\trightikeport=4711\n");
	assert_int_equal(f->peers.count, 2);
	assert_int_equal(peer_named(f, "b")->remote_port, 4711);
}

static void names_that_differ_in_case_are_one_peer(void **state)
{
	struct fixture *f = *state;
	load(f,
	     "conn a\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\trightid=@GW.example.org\n"
	     "conn b\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\trightid=@gw.example.org\n"
	     "conn c\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\trightid=\"CN=Gate Way, O=Us\"\n"
	     "conn d\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\trightid=\"CN=gate  way, O=us\"\n");
	assert_ptr_equal(peer_named(f, "a"), peer_named(f, "b"));
	assert_ptr_equal(peer_named(f, "c"), peer_named(f, "d"));
	assert_int_equal(f->peers.count, 2);
}

static void a_conflict_is_told_with_both_names(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct config *first = parse(f, OFFICE);
	struct config *second = parse(f, BRANCH "\tikelifetime=2h\n");
	assert_int_equal(load_conn(f, first, "office", &diag), RC_OK);
	assert_string_equal(diag.text, "");
	assert_int_equal(load_conn(f, second, "branch", &diag), RC_EXISTS);
	assert_says(diag.text,
		    "conn branch has the same left, right and identities as conn office");
	assert_int_equal(f->peers.count, 1);
	assert_int_equal(f->peers.tunnel_count, 1);
	/* and nothing of it stays */
	assert_int_equal(peer_unload(&f->peers, "branch", &diag), RC_NOT_FOUND);
}

/* The peer's offer tells which is meant. */
static void another_ike_makes_another_peer(void **state)
{
	struct fixture *f = *state;

	load(f, "conn a\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\tike=aes128-sha1-dh14\n"
		"conn b\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\tike=aes256-sha1-dh14\n"
		"conn c\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\tike=aes128-sha1-dh14\n"
		"conn r\n\tleft=192.0.2.1\n\tright=%any\n\tike=aes128-sha1-dh14\n"
		"conn s\n\tleft=192.0.2.1\n\tright=%any\n\tike=aes256-sha1-dh14\n");
	assert_int_equal(f->peers.count, 4);
	assert_ptr_equal(peer_named(f, "a"), peer_named(f, "c"));
	assert_null(strstr(f->logged, "has the same left, right and identities"));
}

/* What conns of one peer no longer have in common cannot be taken in place. */
static void conns_of_one_peer_change_their_ike_together_or_are_loaded_anew(void **state)
{
	static const char format[] =
		"conn a\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\tike=aes%u-sha1-dh14\n"
		"conn b\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\tike=aes%u-sha1-dh14\n";
	struct fixture *f = *state;
	char text[300];
	struct config *parted, *both;

	snprintf(text, sizeof(text), format, 128U, 128U);
	load(f, text);
	snprintf(text, sizeof(text), format, 256U, 128U);
	parted = parse(f, text);
	snprintf(text, sizeof(text), format, 256U, 256U);
	both = parse(f, text);
	assert_false(peers_rebase(&f->peers, parted, parted->conns[0], true));
	assert_true(peers_rebase(&f->peers, both, both->conns[0], true));
	assert_true(peers_rebase(&f->peers, both, both->conns[1], true));
	assert_ptr_equal(peer_named(f, "a")->conn, both->conns[0]);
}

static void templates_that_differ_are_both_loaded_with_a_warning(void **state)
{
	struct fixture *f = *state;
	load(f, "conn a\n\tleft=192.0.2.1\n\tright=%any\n"
		"conn b\n\tleft=192.0.2.1\n\tright=%any\n\tikelifetime=2h\n");
	assert_int_equal(f->peers.count, 2);
	assert_says(f->logged, "b: conn b has the same left, right and identities as conn a");
}

static void a_loaded_name_is_not_loaded_again(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct config *config = load(f, OFFICE);
	assert_int_equal(load_conn(f, config, "office", &diag), RC_EXISTS);
	assert_says(diag.text, "conn \"office\" is loaded already");
	assert_int_equal(f->peers.tunnel_count, 1);
}

/* type=passthrough and drop: tunnels that nobody else's conn joins and no address finds. */
static void a_conn_that_shunts_is_nobodys_peer(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct config *config = load(f, OFFICE);
	struct config_conn conn = *config->conns[0];
	struct ip_addr local = peer_named(f, "office")->local;
	struct ip_addr remote = peer_named(f, "office")->remote;
	conn.name = (char[]){ "shunt" };
	conn.type = TYPE_DROP;
	assert_int_equal(peer_load(&f->peers, config, &conn, &diag), RC_OK);
	assert_int_equal(f->peers.count, 2);
	assert_ptr_equal(peers_for_addresses(&f->peers, &local, &remote), peer_named(f, "office"));
	assert_int_equal(peer_unload(&f->peers, "office", &diag), RC_OK);
	assert_null(peers_for_addresses(&f->peers, &local, &remote));
}

static void unloading_dooms_tunnels_and_then_the_peer(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct peer *peer;
	load(f, OFFICE BRANCH);
	peer = peer_named(f, "office");
	f->dirty = 0;
	assert_int_equal(peer_unload(&f->peers, "office", &diag), RC_OK);
	assert_true(tunnel_named(f, "office")->doomed);
	assert_int_equal(tunnel_named(f, "office")->wanted, WANTED_DOWN);
	assert_false(tunnel_named(f, "branch")->doomed || peer->doomed);
	assert_string_equal(peer->conn->name, "branch"); /* stands for the peer now */
	assert_int_equal(f->dirty, 1);
	assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.9"), peer);
	assert_int_equal(peer_unload(&f->peers, "branch", &diag), RC_OK);
	assert_true(peer->doomed);
	assert_null(for_addresses(f, "192.0.2.1", "203.0.113.9"));
	peers_orient(&f->peers); /* does not bring it back */
	assert_null(for_addresses(f, "192.0.2.1", "203.0.113.9"));
}

static void unloading_what_is_not_there_names_the_nearest(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	load(f, OFFICE);
	assert_int_equal(peer_unload(&f->peers, "ofice", &diag), RC_NOT_FOUND);
	assert_says(diag.text, "did you mean \"office\"?");
	assert_int_equal(peer_unload(&f->peers, "office", &diag), RC_OK);
	assert_int_equal(peer_unload(&f->peers, "office", &diag), RC_NOT_FOUND);
	assert_says(diag.text, "is being removed");
}

static void a_new_conn_takes_the_name_of_one_that_is_on_its_way_out(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct tunnel *old;
	struct config *config = load(f, OFFICE);
	old = tunnel_named(f, "office");
	assert_int_equal(peer_unload(&f->peers, "office", &diag), RC_OK);
	assert_int_equal(load_conn(f, config, "office", &diag), RC_OK);
	assert_ptr_not_equal(tunnel_named(f, "office"), old);
	assert_ptr_not_equal(peer_named(f, "office"), old->peer);
	assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.9"), peer_named(f, "office"));
	assert_int_equal(f->peers.tunnel_count, 2);
	assert_int_not_equal(tunnel_named(f, "office")->reqid, old->reqid);
	peer_free(old->peer);
	assert_non_null(peers_tunnel(&f->peers, "office"));
	assert_int_equal(f->peers.tunnel_count, 1);
}

static void unloading_a_template_dooms_its_instances(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct peer *template, *instance;
	load(f, "conn road\n\tleft=192.0.2.1\n\tright=%any\n");
	template = peer_named(f, "road");
	instance = linked_instance(template, "203.0.113.9", 500, "@a");
	assert_int_equal(peer_unload(&f->peers, "road", &diag), RC_OK);
	assert_true(template->doomed && instance->doomed);
	assert_true(tunnel_named(f, "road[1]")->doomed);
	assert_null(for_identity(f, "192.0.2.1", "203.0.113.9", "@a", NULL, &diag));
}

static void peers_that_are_connected_get_a_conn_that_joins_their_template(void **state)
{
	struct fixture *f = *state;
	struct peer *instance;
	struct config *config;
	struct diag diag;
	load(f, "conn road\n\tleft=192.0.2.1\n\tright=%any\n");
	instance = linked_instance(peer_named(f, "road"), "203.0.113.9", 500, "@a");
	config = parse(f, "conn more\n\tleft=192.0.2.1\n\tright=%any\n\tleftsubnet=10.0.0.0/8\n");
	/* 1 conn, 2 and 3 the template's tunnel, 4 and 5 the instance's */
	mem_fail_nth(5);
	assert_int_equal(load_conn(f, config, "more", &diag), RC_OK);
	mem_fail_nth(0);
	assert_says(f->logged, "more: out of memory");
	assert_null(peers_tunnel(&f->peers, "more[1]"));
	assert_int_equal(peer_unload(&f->peers, "more", &diag), RC_OK);
	assert_int_equal(load_conn(f, config, "more", &diag), RC_OK);
	assert_ptr_equal(peer_named(f, "more[1]"), instance);
	assert_selectors(tunnel_named(f, "more[1]"), "10.0.0.0/8 === 203.0.113.9/32");
}

static void a_configuration_lives_as_long_as_a_conn_of_it(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct config *first = load(f, OFFICE), *second;
	unsigned refs = first->refs;
	second = load(f, BRANCH);
	assert_true(first->refs > 1 && second->refs > 1);
	assert_int_equal(peer_unload(&f->peers, "office", &diag), RC_OK);
	tunnel_free(tunnel_named(f, "office"));
	assert_int_equal(first->refs, 1); /* the test's own */
	assert_true(refs > 1);
	assert_string_equal(peer_named(f, "branch")->conn->name, "branch");
}

static void equal_conns_move_to_the_new_configuration(void **state)
{
	struct fixture *f = *state;
	struct config *second,
		*first = load(f, OFFICE BRANCH "conn road\n\tleft=192.0.2.1\n\tright=%any\n");
	struct peer *instance = linked_instance(peer_named(f, "road"), "203.0.113.77", 500, "@a");
	second = parse(f, OFFICE "conn branch\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
				 "conn road\n\tleft=192.0.2.1\n\tright=%any\n");
	rebase_equal(f, second);
	assert_ptr_equal(tunnel_named(f, "office")->conn, config_conn_find(second, "office"));
	assert_ptr_equal(peer_named(f, "office")->conn, config_conn_find(second, "office"));
	assert_ptr_equal(instance->conn, config_conn_find(second, "road"));
	assert_ptr_equal(tunnel_named(f, "road[1]")->conn, config_conn_find(second, "road"));
	/* branch has changed: whoever reloads unloads it */
	assert_ptr_equal(tunnel_named(f, "branch")->conn, config_conn_find(first, "branch"));
	assert_int_equal(first->refs, 2);
	rebase_equal(f, second);
	assert_int_equal(first->refs, 2);
}

static void without_memory_nothing_of_a_conn_stays(void **state)
{
	struct fixture *f = *state;
	struct config *config = parse(f, "conn office\n\tleft=us.example.net\n\tright=203.0.113.9\n"
					 "\trightsubnets={10.1.0.0/24,10.2.0.0/24}\n");
	struct diag diag;
	enum rc rc = RC_NO_MEMORY;
	uint64_t nth;
	unsigned refs = config->refs;
	for (nth = 1; rc != RC_OK; nth++) {
		mem_fail_nth(nth);
		rc = load_conn(f, config, "office", &diag);
		mem_fail_nth(0);
		if (rc == RC_OK)
			break;
		assert_int_equal(rc, RC_NO_MEMORY);
		assert_int_equal(f->peers.count, 0);
		assert_int_equal(f->peers.tunnel_count, 0);
		assert_int_equal(config->refs, refs);
		assert_null(peers_tunnel(&f->peers, "office/1x1"));
	}
	assert_true(nth > 6);
	assert_int_equal(f->peers.tunnel_count, 2);
}

static void without_memory_an_existing_peer_stays_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct config *config = parse(f, OFFICE BRANCH);
	struct diag diag;
	enum rc rc = RC_NO_MEMORY;
	assert_int_equal(load_conn(f, config, "office", &diag), RC_OK);
	for (uint64_t nth = 1; rc != RC_OK; nth++) {
		mem_fail_nth(nth);
		rc = load_conn(f, config, "branch", &diag);
		mem_fail_nth(0);
		assert_int_equal(f->peers.tunnel_count, rc == RC_OK ? 2 : 1);
		assert_non_null(peers_tunnel(&f->peers, "office"));
	}
	assert_int_equal(f->peers.count, 1);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void ten_thousand_conns_load_and_are_found(void **state)
{
	struct fixture *f = *state;
	const unsigned count = 10000;
	size_t size = 200 * count, used = 0;
	char *text = mem_alloc(size);
	double begin, loaded, found;
	struct diag diag;
	for (unsigned i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "conn c%u\n\tleft=192.0.2.1\n\tright=10.1.%u.%u\n"
					 "\trightid=@p%u\n\trightsubnet=10.2.%u.%u/32\n",
					 i, i / 256, i % 256, i, i / 256, i % 256);
	struct config *config = parse(f, text);
	begin = seconds();
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(peer_load(&f->peers, config, config->conns[i], &diag), RC_OK);
	loaded = seconds();
	for (unsigned i = 0; i < count; i++) {
		char remote[32], id[16];
		snprintf(remote, sizeof(remote), "10.1.%u.%u", i / 256, i % 256);
		snprintf(id, sizeof(id), "@p%u", i);
		struct peer *peer = for_identity(f, "192.0.2.1", remote, id, NULL, &diag);
		assert_non_null(peer);
		assert_ptr_equal(for_addresses(f, "192.0.2.1", remote), peer);
	}
	found = seconds();
	print_message("%u conns: loaded in %.0f ms, found in %.0f ms\n", count,
		      (loaded - begin) * 1e3, (found - loaded) * 1e3);
	mem_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(conns_with_equal_ends_share_a_peer),
		PEER_TEST(other_identities_are_other_peers),
		PEER_TEST(other_ports_are_other_peers),
		PEER_TEST(names_that_differ_in_case_are_one_peer),
		PEER_TEST(a_conflict_is_told_with_both_names),
		PEER_TEST(another_ike_makes_another_peer),
		PEER_TEST(conns_of_one_peer_change_their_ike_together_or_are_loaded_anew),
		PEER_TEST(templates_that_differ_are_both_loaded_with_a_warning),
		PEER_TEST(a_loaded_name_is_not_loaded_again),
		PEER_TEST(a_conn_that_shunts_is_nobodys_peer),
		PEER_TEST(unloading_dooms_tunnels_and_then_the_peer),
		PEER_TEST(unloading_what_is_not_there_names_the_nearest),
		PEER_TEST(a_new_conn_takes_the_name_of_one_that_is_on_its_way_out),
		PEER_TEST(unloading_a_template_dooms_its_instances),
		PEER_TEST(peers_that_are_connected_get_a_conn_that_joins_their_template),
		PEER_TEST(a_configuration_lives_as_long_as_a_conn_of_it),
		PEER_TEST(equal_conns_move_to_the_new_configuration),
		PEER_TEST(without_memory_nothing_of_a_conn_stays),
		PEER_TEST(without_memory_an_existing_peer_stays_as_it_was),
		PEER_TEST(ten_thousand_conns_load_and_are_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
