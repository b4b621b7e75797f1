/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/peer/peer_test.h"

#define OFFICE "conn office\n\tleft=192.0.2.1\n\tright=gw.example.net\n"

static void pass(struct fixture *f, usec_t time)
{
	world_run(f->world, time);
	if (f->tick_at <= world_now(f->world))
		peers_tick(&f->peers);
	world_settle(f->world);
}

static void dns(struct fixture *f, const char *name, const char *address)
{
	assert_int_equal(world_host_dns(f->world, name, ""), RC_OK);
	assert_int_equal(world_host_dns(f->world, name, address), RC_OK);
}

static void a_name_is_unknown_until_it_is_answered(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	dns(f, "gw.example.net", "203.0.113.9");
	load(f, OFFICE);
	peer = peer_named(f, "office");
	assert_true(peer->oriented); /* our end is known */
	assert_false(ip_is_set(&peer->remote));
	assert_int_equal(peer->remote_id.type, ID_NONE);
	assert_null(for_addresses(f, "192.0.2.1", "203.0.113.9"));
	f->dirty = 0;
	world_settle(f->world);
	assert_addr(&peer->remote, "203.0.113.9");
	assert_identity(&peer->remote_id, "203.0.113.9");
	assert_selectors(tunnel_named(f, "office"), "192.0.2.1/32 === 203.0.113.9/32");
	assert_int_equal(f->dirty, 1);
	assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.9"), peer);
}

static void a_name_without_answer_is_asked_again_ever_more_rarely(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	usec_t first, second;
	load(f, OFFICE);
	peer = peer_named(f, "office");
	world_settle(f->world);
	assert_says(f->logged, "cannot resolve right=gw.example.net");
	first = f->tick_at - world_now(f->world);
	assert_true(first >= 5 * USEC_PER_SEC && first <= 7 * USEC_PER_SEC);
	pass(f, first);
	second = f->tick_at - world_now(f->world);
	assert_true(second >= 10 * USEC_PER_SEC && second <= 14 * USEC_PER_SEC);
	for (unsigned i = 0; i < 10; i++)
		pass(f, f->tick_at - world_now(f->world));
	assert_true(f->tick_at - world_now(f->world) <= 75 * USEC_PER_SEC);
	assert_false(ip_is_set(&peer->remote));
	dns(f, "gw.example.net", "203.0.113.9");
	pass(f, 75 * USEC_PER_SEC);
	assert_addr(&peer->remote, "203.0.113.9");
	/* the log heard of it once */
	assert_null(strstr(strstr(f->logged, "cannot resolve") + 1, "cannot resolve"));
}

static void asking_by_hand_does_not_come_before_its_time(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	load(f, OFFICE);
	peer = peer_named(f, "office");
	world_settle(f->world);
	dns(f, "gw.example.net", "203.0.113.9");
	peer_resolve(peer);
	world_settle(f->world);
	assert_false(ip_is_set(&peer->remote));
	world_run(f->world, 10 * USEC_PER_SEC);
	peer_resolve(peer);
	peer_resolve(peer); /* one query is out */
	world_settle(f->world);
	assert_addr(&peer->remote, "203.0.113.9");
}

static void what_failed_is_asked_again_when_the_network_changes(void **state)
{
	struct fixture *f = *state;
	load(f, OFFICE);
	world_settle(f->world);
	dns(f, "gw.example.net", "203.0.113.9");
	peers_orient(&f->peers);
	world_settle(f->world);
	assert_addr(&peer_named(f, "office")->remote, "203.0.113.9");
	/* what did not fail is not */
	dns(f, "gw.example.net", "203.0.113.10");
	peers_orient(&f->peers);
	world_settle(f->world);
	assert_addr(&peer_named(f, "office")->remote, "203.0.113.9");
}

static void an_answer_that_does_not_go_with_a_subnet_is_warned_about(void **state)
{
	struct fixture *f = *state;
	dns(f, "gw.example.net", "2001:db8:1::9");
	load(f, "conn office\n\tleft=%defaultroute\n\tleftsubnet=10.0.0.0/24\n"
		"\tright=gw.example.net\n");
	world_settle(f->world);
	assert_says(f->logged, "mixes IP versions");
}

static void a_peer_that_moves_is_followed(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	dns(f, "gw.example.net", "203.0.113.9");
	load(f, OFFICE);
	peer = peer_named(f, "office");
	world_settle(f->world);
	f->moved = 0;
	dns(f, "gw.example.net", "203.0.113.10");
	pass(f, 75 * USEC_PER_SEC);
	assert_addr(&peer->remote, "203.0.113.10");
	assert_identity(&peer->remote_id, "203.0.113.10");
	assert_int_equal(f->moved, 1);
	assert_null(for_addresses(f, "192.0.2.1", "203.0.113.9"));
	assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.10"), peer);
}

static void a_peer_with_a_working_tunnel_is_not_moved(void **state)
{
	struct fixture *f = *state;
	struct list child = { NULL, NULL };
	struct peer *peer;
	dns(f, "gw.example.net", "203.0.113.9");
	load(f, OFFICE);
	peer = peer_named(f, "office");
	world_settle(f->world);
	list_append(&tunnel_named(f, "office")->child_sas, &child);
	dns(f, "gw.example.net", "203.0.113.10");
	pass(f, 75 * USEC_PER_SEC);
	assert_addr(&peer->remote, "203.0.113.9");
	list_remove(&child);
	pass(f, 75 * USEC_PER_SEC);
	assert_addr(&peer->remote, "203.0.113.10");
}

static void one_of_several_answers_is_kept_as_long_as_it_is_among_them(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	dns(f, "gw.example.net", "203.0.113.9");
	load(f, OFFICE);
	peer = peer_named(f, "office");
	world_settle(f->world);
	dns(f, "gw.example.net", "203.0.113.10");
	assert_int_equal(world_host_dns(f->world, "gw.example.net", "203.0.113.9"), RC_OK);
	pass(f, 75 * USEC_PER_SEC);
	assert_addr(&peer->remote, "203.0.113.9");
}

static void an_address_of_our_ip_version_is_preferred(void **state)
{
	struct fixture *f = *state;
	dns(f, "gw.example.net", "2001:db8:1::9");
	assert_int_equal(world_host_dns(f->world, "gw.example.net", "203.0.113.9"), RC_OK);
	load(f, OFFICE);
	world_settle(f->world);
	assert_addr(&peer_named(f, "office")->remote, "203.0.113.9");
}

static void a_failure_after_success_keeps_the_address(void **state)
{
	struct fixture *f = *state;
	dns(f, "gw.example.net", "203.0.113.9");
	load(f, OFFICE);
	world_settle(f->world);
	assert_int_equal(world_host_dns(f->world, "gw.example.net", ""), RC_OK);
	pass(f, 75 * USEC_PER_SEC);
	assert_addr(&peer_named(f, "office")->remote, "203.0.113.9");
	assert_true(f->tick_at - world_now(f->world) <= 7 * USEC_PER_SEC);
}

static void our_own_end_may_have_a_name_too(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct peer *peer;
	struct config *config =
		parse(f, "conn office\n\tleft=us.example.net\n\tright=203.0.113.9\n"
			 "conn both\n\tleft=gw.example.net\n\tright=us.example.net\n");
	dns(f, "us.example.net", "192.0.2.1");
	dns(f, "gw.example.net", "203.0.113.8");
	assert_int_equal(load_conn(f, config, "office", &diag), RC_OK);
	assert_says(diag.text, "waits for the address of us.example.net");
	assert_int_equal(load_conn(f, config, "both", &diag), RC_OK);
	assert_false(peer_named(f, "office")->oriented);
	world_settle(f->world);
	peer = peer_named(f, "office");
	assert_true(peer->oriented && peer->left_is_local);
	assert_addr(&peer->local, "192.0.2.1");
	peer = peer_named(f, "both");
	assert_true(peer->oriented && !peer->left_is_local);
	assert_addr(&peer->remote, "203.0.113.8");
}

static void an_answer_of_another_ip_version_is_told(void **state)
{
	struct fixture *f = *state;
	struct diag diag = { "" };
	dns(f, "gw.example.net", "2001:db8:1::9");
	load(f, OFFICE);
	world_settle(f->world);
	assert_false(peer_named(f, "office")->oriented);
	assert_int_equal(peer_why_unoriented(peer_named(f, "office"), &diag), RC_UNSUPPORTED);
	assert_says(diag.text, "different IP versions");
}

static void a_peer_freed_while_it_asks_hears_nothing(void **state)
{
	struct fixture *f = *state;
	dns(f, "gw.example.net", "203.0.113.9");
	load(f, OFFICE);
	peer_free(peer_named(f, "office"));
	world_settle(f->world);
	assert_int_equal(f->tick_at, USEC_NEVER);
	assert_int_equal(f->peers.count, 0);
}

static void the_earliest_of_many_is_announced(void **state)
{
	struct fixture *f = *state;
	usec_t failing;
	dns(f, "gw.example.net", "203.0.113.9");
	load(f, OFFICE "conn other\n\tleft=192.0.2.1\n\tright=nobody.example.net\n");
	world_settle(f->world);
	failing = f->tick_at;
	assert_true(failing - world_now(f->world) <= 7 * USEC_PER_SEC);
	peer_free(peer_named(f, "other"));
	assert_true(f->tick_at - world_now(f->world) >= 60 * USEC_PER_SEC);
	peer_free(peer_named(f, "office"));
	assert_int_equal(f->tick_at, USEC_NEVER);
}

static void without_memory_it_is_asked_later(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	load(f, OFFICE);
	peer = peer_named(f, "office");
	world_settle(f->world);
	dns(f, "gw.example.net", "203.0.113.9");
	world_run(f->world, 10 * USEC_PER_SEC);
	mem_fail_nth(1);
	peers_tick(&f->peers);
	mem_fail_nth(0);
	world_settle(f->world);
	assert_false(ip_is_set(&peer->remote));
	assert_true(f->tick_at > world_now(f->world) && f->tick_at != USEC_NEVER);
	pass(f, 75 * USEC_PER_SEC);
	assert_addr(&peer->remote, "203.0.113.9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(a_name_is_unknown_until_it_is_answered),
		PEER_TEST(a_name_without_answer_is_asked_again_ever_more_rarely),
		PEER_TEST(asking_by_hand_does_not_come_before_its_time),
		PEER_TEST(what_failed_is_asked_again_when_the_network_changes),
		PEER_TEST(an_answer_that_does_not_go_with_a_subnet_is_warned_about),
		PEER_TEST(a_peer_that_moves_is_followed),
		PEER_TEST(a_peer_with_a_working_tunnel_is_not_moved),
		PEER_TEST(one_of_several_answers_is_kept_as_long_as_it_is_among_them),
		PEER_TEST(an_address_of_our_ip_version_is_preferred),
		PEER_TEST(a_failure_after_success_keeps_the_address),
		PEER_TEST(our_own_end_may_have_a_name_too),
		PEER_TEST(an_answer_of_another_ip_version_is_told),
		PEER_TEST(a_peer_freed_while_it_asks_hears_nothing),
		PEER_TEST(the_earliest_of_many_is_announced),
		PEER_TEST(without_memory_it_is_asked_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
