/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/private.h"
#include "unit/peer/peer_test.h"

#define OFFICE "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"

static void a_conn_is_found_until_its_last_tunnel_goes(void **state)
{
	struct fixture *f = *state;
	struct config *config = load(f, OFFICE);
	struct loaded *loaded = loaded_find(&f->peers, "office");
	assert_non_null(loaded);
	assert_ptr_equal(loaded->conn, config->conns[0]);
	assert_null(loaded_find(&f->peers, "offices"));
	assert_int_equal(loaded->refs, 1);
	tunnel_free(tunnel_named(f, "office"));
	assert_null(loaded_find(&f->peers, "office"));
	assert_int_equal(config->refs, 2); /* the test's and the peer's */
}

static void a_retired_conn_has_no_name_but_its_tunnels(void **state)
{
	struct fixture *f = *state;
	load(f, OFFICE);
	struct loaded *loaded = loaded_find(&f->peers, "office");
	struct tunnel *tunnel = tunnel_named(f, "office");
	loaded_retire(loaded);
	assert_null(loaded_find(&f->peers, "office"));
	assert_null(peers_tunnel(&f->peers, "office"));
	assert_ptr_equal(tunnel->loaded, loaded);
	assert_ptr_equal(peers_by_reqid(&f->peers, tunnel->reqid), tunnel);
	loaded_retire(loaded);
	tunnel_free(tunnel);
}

static void who_holds_it_keeps_it(void **state)
{
	struct fixture *f = *state;
	load(f, OFFICE);
	struct loaded *loaded = loaded_find(&f->peers, "office");
	loaded_hold(loaded);
	tunnel_free(tunnel_named(f, "office"));
	assert_string_equal(loaded->conn->name, "office");
	assert_true(list_empty(&loaded->tunnels));
	loaded_drop(loaded);
	assert_null(loaded_find(&f->peers, "office"));
}

static void without_memory_there_is_none(void **state)
{
	struct fixture *f = *state;
	struct config *config = parse(f, OFFICE);
	mem_fail_nth(1);
	assert_null(loaded_new(&f->peers, config, config->conns[0]));
	mem_fail_nth(0);
	assert_int_equal(config->refs, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(a_conn_is_found_until_its_last_tunnel_goes),
		PEER_TEST(a_retired_conn_has_no_name_but_its_tunnels),
		PEER_TEST(who_holds_it_keeps_it),
		PEER_TEST(without_memory_there_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
