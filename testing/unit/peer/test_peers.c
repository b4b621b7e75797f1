/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/peer/peer_test.h"

#define CONNS                                                                                      \
	"conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"                                     \
	"\trightsubnets={10.1.0.0/24,10.2.0.0/24}\n"                                               \
	"conn branch\n\tleft=192.0.2.1\n\tright=203.0.113.8\n"                                     \
	"conn road\n\tleft=192.0.2.1\n\tright=%any\n"

struct seen {
	unsigned count;
	char names[400];
};

static void see(void *context, struct tunnel *tunnel)
{
	struct seen *seen = context;
	size_t used = strlen(seen->names);
	seen->count++;
	snprintf(seen->names + used, sizeof(seen->names) - used, "%s ", tunnel->name);
}

static void assert_matches(struct fixture *f, const char *name, const char *expected)
{
	struct seen seen = { 0 };
	unsigned count = peers_match(&f->peers, name, see, &seen);
	assert_string_equal(seen.names, expected);
	assert_int_equal(seen.count, count);
}

static void a_name_means_a_conn_with_its_instances_or_one_tunnel(void **state)
{
	struct fixture *f = *state;
	load(f, CONNS);
	linked_instance(peer_named(f, "road"), "203.0.113.1", 500, "@a");
	assert_matches(f, "office", "office/1x1 office/1x2 ");
	assert_matches(f, "office/1x2", "office/1x2 ");
	assert_matches(f, "branch", "branch ");
	assert_matches(f, "road", "road road[1] ");
	assert_matches(f, "road[1]", "road[1] ");
	assert_matches(f, "nothing", "");
	assert_matches(f, NULL, "office/1x1 office/1x2 branch road road[1] ");
}

static void end_it(void *context, struct tunnel *tunnel)
{
	(void)context;
	tunnel_free(tunnel);
}

static void who_is_called_may_free_the_tunnel(void **state)
{
	struct fixture *f = *state;
	load(f, CONNS);
	assert_int_equal(peers_match(&f->peers, "office", end_it, NULL), 2);
	assert_matches(f, "office", "");
	assert_int_equal(peers_match(&f->peers, NULL, end_it, NULL), 2);
	assert_int_equal(f->peers.tunnel_count, 0);
}

static void wanted_is_set_for_all_tunnels_of_a_conn(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	load(f, CONNS);
	f->dirty = 0;
	assert_int_equal(peers_want(&f->peers, "office", WANTED_UP, &diag), RC_OK);
	assert_int_equal(tunnel_named(f, "office/1x1")->wanted, WANTED_UP);
	assert_int_equal(tunnel_named(f, "office/1x2")->wanted, WANTED_UP);
	assert_int_equal(tunnel_named(f, "branch")->wanted, WANTED_LISTEN);
	assert_int_equal(f->dirty, 2);
	assert_int_equal(peers_want(&f->peers, "office/1x1", WANTED_ON_DEMAND, &diag), RC_OK);
	assert_int_equal(tunnel_named(f, "office/1x1")->wanted, WANTED_ON_DEMAND);
	assert_int_equal(tunnel_named(f, "office/1x2")->wanted, WANTED_UP);
}

static void instances_are_put_down_with_their_template_but_not_up(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	load(f, CONNS);
	linked_instance(peer_named(f, "road"), "203.0.113.1", 500, "@a");
	assert_int_equal(peers_want(&f->peers, "road", WANTED_UP, &diag), RC_OK);
	assert_int_equal(tunnel_named(f, "road[1]")->wanted, WANTED_LISTEN);
	assert_int_equal(peers_want(&f->peers, "road[1]", WANTED_UP, &diag), RC_OK);
	assert_int_equal(tunnel_named(f, "road[1]")->wanted, WANTED_UP);
	assert_int_equal(peers_want(&f->peers, "road", WANTED_DOWN, &diag), RC_OK);
	assert_int_equal(tunnel_named(f, "road[1]")->wanted, WANTED_DOWN);
}

static void an_unknown_name_is_answered_with_the_nearest(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	load(f, CONNS);
	assert_int_equal(peers_want(&f->peers, "offcie", WANTED_UP, &diag), RC_NOT_FOUND);
	assert_says(diag.text, "did you mean \"office\"?");
	assert_int_equal(peers_want(&f->peers, "office/1x3", WANTED_UP, &diag), RC_NOT_FOUND);
	assert_says(diag.text, "did you mean \"office/1x");
	assert_int_equal(peers_want(&f->peers, "entirelydifferent", WANTED_UP, &diag),
			 RC_NOT_FOUND);
	assert_says(diag.text, "`ipsec status` shows all");
	mem_fail_nth(1);
	assert_int_equal(peers_want(&f->peers, "offcie", WANTED_UP, &diag), RC_NOT_FOUND);
	mem_fail_nth(0);
	assert_int_equal(peers_want(&f->peers, "offcie", WANTED_UP, NULL), RC_NOT_FOUND);
}

static void what_is_being_removed_is_not_wanted_again(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	load(f, CONNS);
	assert_int_equal(peer_unload(&f->peers, "branch", &diag), RC_OK);
	assert_int_equal(peers_want(&f->peers, "branch", WANTED_UP, &diag), RC_NOT_FOUND);
	assert_says(diag.text, "is being removed");
	assert_int_equal(tunnel_named(f, "branch")->wanted, WANTED_DOWN);
}

static void serials_are_never_given_twice(void **state)
{
	struct fixture *f = *state;
	uint64_t first = peers_serial(&f->peers);
	load(f, CONNS);
	assert_true(peers_serial(&f->peers) > first + 6);
	for (uint64_t serial = first + 1; serial < f->peers.next_serial; serial++) {
		struct peer *peer = peers_by_serial(&f->peers, serial);
		assert_true(peer == NULL || peer->serial == serial);
	}
	assert_null(peers_by_serial(&f->peers, 0));
	assert_null(peers_by_serial(&f->peers, UINT64_MAX));
}

static void the_recorder_takes_what_happens(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	load(f, CONNS);
	peer = peer_named(f, "branch");
	world_run(f->world, 3 * USEC_PER_SEC);
	peer_record(peer, 9, RECORD_WANTED, WANTED_UP, 1, 2);
	assert_int_equal(recorder_at(&peer->recorder, 0)->event, RECORD_WANTED);
	assert_int_equal(recorder_at(&peer->recorder, 0)->when, host_now(f->host));
	assert_int_equal(recorder_at(&peer->recorder, 0)->serial, 9);
}

static void wanted_states_have_names(void **state)
{
	char buffer[32];
	int value;
	(void)state;
	assert_string_equal(names_text(&wanted_names, WANTED_ON_DEMAND, buffer, sizeof(buffer)),
			    "on-demand");
	assert_true(names_find(&wanted_names, "up", &value));
	assert_int_equal(value, WANTED_UP);
	assert_true(names_find(&wanted_names, "down", &value) && value == WANTED_DOWN);
	assert_true(names_find(&wanted_names, "listen", &value) && value == WANTED_LISTEN);
}

static void nobody_needs_to_listen(void **state)
{
	struct fixture *f = *state;
	f->peers.on_dirty = NULL;
	f->peers.on_free = NULL;
	f->peers.on_move = NULL;
	f->peers.on_tick = NULL;
	load(f, CONNS "conn named\n\tleft=192.0.2.1\n\tright=gw.example.net\n");
	world_settle(f->world);
	peers_tick(&f->peers);
	peer_free(peer_named(f, "named"));
	f->peers.log = NULL;
	world_host_remove_address(f->host, "192.0.2.1");
	peers_orient(&f->peers);
	assert_false(peer_named(f, "branch")->oriented);
}

static void without_memory_or_random_numbers_there_are_no_peers(void **state)
{
	struct fixture *f = *state;
	struct peers peers;
	for (uint64_t nth = 1; nth <= 7; nth++) {
		mem_fail_nth(nth);
		assert_int_equal(peers_init(&peers, f->host, NULL), RC_NO_MEMORY);
		mem_fail_nth(0);
	}
	assert_int_equal(peers_init(&peers, f->host, NULL), RC_OK);
	peers_free(&peers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(a_name_means_a_conn_with_its_instances_or_one_tunnel),
		PEER_TEST(who_is_called_may_free_the_tunnel),
		PEER_TEST(wanted_is_set_for_all_tunnels_of_a_conn),
		PEER_TEST(instances_are_put_down_with_their_template_but_not_up),
		PEER_TEST(an_unknown_name_is_answered_with_the_nearest),
		PEER_TEST(what_is_being_removed_is_not_wanted_again),
		PEER_TEST(serials_are_never_given_twice),
		PEER_TEST(the_recorder_takes_what_happens),
		PEER_TEST(wanted_states_have_names),
		PEER_TEST(nobody_needs_to_listen),
		PEER_TEST(without_memory_or_random_numbers_there_are_no_peers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
