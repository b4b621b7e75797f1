/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/private.h"
#include "unit/peer/peer_test.h"

#define ROAD "conn road\n\tleft=192.0.2.1\n\tright=%any\n"

static void a_freed_peer_is_told_and_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct list queue;
	struct peer *peer;
	struct config *config = load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n");
	uint64_t serial;
	peer = peer_named(f, "office");
	serial = peer->serial;
	assert_ptr_equal(peers_by_serial(&f->peers, serial), peer);
	list_init(&queue);
	list_append(&queue, &peer->dirty);
	peer_record(peer, 0, RECORD_ACQUIRE, 0, 0, 0);
	backoff_fail(&peer->backoff, f->host, RC_TIMEOUT, "no answer");
	peer_free(peer);
	assert_true(list_empty(&queue));
	assert_int_equal(f->freed, 1);
	assert_ptr_equal(f->last_freed, peer);
	assert_null(peers_by_serial(&f->peers, serial));
	assert_null(peers_tunnel(&f->peers, "office"));
	assert_null(for_addresses(f, "192.0.2.1", "203.0.113.9"));
	assert_int_equal(f->peers.count + f->peers.tunnel_count, 0);
	assert_int_equal(f->peers.ends.count + f->peers.identities.count + f->peers.places.count,
			 0);
	assert_int_equal(config->refs, 1);
}

static void a_template_takes_its_instances_with_it(void **state)
{
	struct fixture *f = *state;
	struct config *config = load(f, ROAD);
	struct peer *template = peer_named(f, "road");
	linked_instance(template, "203.0.113.1", 500, "@a");
	linked_instance(template, "203.0.113.2", 500, "@b");
	assert_int_equal(f->peers.count, 3);
	peer_free(template);
	assert_int_equal(f->freed, 3);
	assert_int_equal(f->peers.count + f->peers.tunnel_count, 0);
	assert_true(list_empty(&f->peers.anys) && list_empty(&f->peers.wildcards));
	assert_int_equal(f->peers.identities.count, 0);
	assert_int_equal(config->refs, 1);
}

static void an_instance_that_was_never_linked_can_be_undone(void **state)
{
	struct fixture *f = *state;
	struct config *config = load(f, ROAD);
	struct peer *template = peer_named(f, "road"), *instance = NULL;
	unsigned refs = config->refs;
	f->dirty = 0;
	assert_int_equal(instantiate(template, "203.0.113.1", 500, "@a", &instance), RC_OK);
	assert_int_equal(template->busy, 1);
	assert_null(peers_tunnel(&f->peers, "road[1]"));
	assert_null(peers_by_serial(&f->peers, instance->serial));
	peer_dirty(instance); /* nobody hears of it */
	peer_free(instance);
	assert_int_equal(template->busy, 0);
	assert_int_equal(f->dirty, 0);
	assert_int_equal(config->refs, refs);
	assert_int_equal(f->peers.count, 1);
	assert_int_equal(f->peers.tunnel_count, 1);
}

static void the_end_of_the_last_instance_wakes_a_doomed_template(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct peer *template, *linked, *unlinked = NULL;
	load(f, ROAD);
	template = peer_named(f, "road");
	linked = linked_instance(template, "203.0.113.1", 500, "@a");
	assert_int_equal(instantiate(template, "203.0.113.2", 500, "@b", &unlinked), RC_OK);
	assert_int_equal(peer_unload(&f->peers, "road", &diag), RC_OK);
	f->last_dirty = NULL;
	peer_free(linked);
	assert_ptr_equal(f->last_dirty, template);
	f->last_dirty = NULL;
	peer_free(unlinked);
	assert_ptr_equal(f->last_dirty, template);
	assert_int_equal(template->busy, 0);
}

static void another_conn_may_stand_for_the_peer(void **state)
{
	struct fixture *f = *state;
	struct config *first = load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n");
	struct config *second = parse(f, "conn branch\n\tleft=192.0.2.1\n\tright=203.0.113.9\n");
	struct peer *peer = peer_named(f, "office");
	unsigned refs = first->refs;
	peer_represent(peer, second, second->conns[0]);
	assert_int_equal(first->refs, refs - 1);
	assert_int_equal(second->refs, 2);
	assert_string_equal(peer->conn->name, "branch");
}

static void a_tunnel_is_found_by_its_serial_number_in_its_own_peer_only(void **state)
{
	struct fixture *f = *state;
	(void)load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n");
	(void)load(f, "conn branch\n\tleft=192.0.2.1\n\tright=203.0.113.8\n");
	struct peer *office = peer_named(f, "office"), *branch = peer_named(f, "branch");
	struct tunnel *tunnel = container_of(office->tunnels.next, struct tunnel, in_peer);
	assert_ptr_equal(peer_tunnel_by_serial(office, tunnel->serial), tunnel);
	assert_null(peer_tunnel_by_serial(branch, tunnel->serial));
	assert_null(peer_tunnel_by_serial(office, 0));
	assert_null(peer_tunnel_by_serial(NULL, tunnel->serial));
	assert_ptr_equal(peer_tunnel_staying(office, tunnel->serial), tunnel);
	tunnel->doomed = true;
	assert_null(peer_tunnel_staying(office, tunnel->serial));
	assert_ptr_equal(peer_tunnel_by_serial(office, tunnel->serial), tunnel);
	tunnel->doomed = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(a_freed_peer_is_told_and_leaves_nothing),
		PEER_TEST(a_template_takes_its_instances_with_it),
		PEER_TEST(an_instance_that_was_never_linked_can_be_undone),
		PEER_TEST(the_end_of_the_last_instance_wakes_a_doomed_template),
		PEER_TEST(another_conn_may_stand_for_the_peer),
		PEER_TEST(a_tunnel_is_found_by_its_serial_number_in_its_own_peer_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
