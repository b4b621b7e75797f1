/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "engine/private.h"
#include "unit/ikev2/road.h"

#define CONNS 1200

struct many {
	struct pair pair;
	char *conf;
};

static void many_begin(struct many *many)
{
	size_t size = CONNS * 200, len = 0;

	many->conf = mem_alloc(size);
	assert_non_null(many->conf);
	for (unsigned i = 0; i < CONNS; i++)
		len += (size_t)snprintf(many->conf + len, size - len,
					"conn "
					"c%u\n\tleft=192.0.2.1\n\tright=198.51.%u.%u\n\tauthby="
					"secret\n\tauto=add\n",
					i, 100 + (i >> 8), i & 0xff);
	pair_start(&many->pair, 1, many->conf, NULL, NULL, NULL);
}

static void many_end(struct many *many)
{
	pair_end(&many->pair);
	mem_free(many->conf);
}

static void count(struct gateway *gateway, struct peer *peer)
{
	(void)gateway;
	peer->remote_port++;
}

static void round_visits_every_peer_once_and_some_in_a_turn(void **state)
{
	struct many many;
	uint64_t last = 0;
	unsigned turns = 1, visited = 0;

	(void)state;
	many_begin(&many);
	struct gateway *gateway = many.pair.west.gateway;
	list_for(node, &gateway->peers.list) container_of(node, struct peer, in_peers)
		->remote_port = 0;
	for (; !round_some(gateway, &last, count); turns++)
		assert_true(turns < 100);
	assert_true(turns > 1);
	assert_int_equal(last, 0);
	list_for(node, &gateway->peers.list)
	{
		const struct peer *peer = container_of(node, struct peer, in_peers);
		assert_int_equal(peer->remote_port, 1);
		visited++;
	}
	assert_int_equal(visited, CONNS);
	many_end(&many);
}

static void round_begins_anew_when_its_place_is_gone(void **state)
{
	struct many many;
	uint64_t last = 0;

	(void)state;
	many_begin(&many);
	struct gateway *gateway = many.pair.west.gateway;
	struct peer *first = container_of(gateway->peers.list.next, struct peer, in_peers);
	assert_false(round_some(gateway, &last, count));
	last = UINT64_MAX; /* nobody's */
	first->remote_port = 0;
	assert_false(round_some(gateway, &last, count));
	assert_int_equal(first->remote_port, 1);
	many_end(&many);
}

static void every_peer_hears_of_a_new_address(void **state)
{
	struct many many;

	(void)state;
	many_begin(&many);
	struct gateway *gateway = many.pair.west.gateway;
	world_host_remove_address(many.pair.west.host, "192.0.2.1");
	world_run(many.pair.world, 2 * USEC_PER_SEC);
	list_for(node, &gateway->peers.list)
		assert_false(container_of(node, struct peer, in_peers)->oriented);
	assert_int_equal(world_host_add_address(many.pair.west.host, "192.0.2.1"), RC_OK);
	world_run(many.pair.world, 2 * USEC_PER_SEC);
	list_for(node, &gateway->peers.list)
		assert_true(container_of(node, struct peer, in_peers)->oriented);
	many_end(&many);
}

static void turn(struct gateway *gateway)
{
	deferred_cancel(&gateway->orient_later);
	gateway->orient_later.run(&gateway->orient_later);
}

static struct peer *last_peer(struct gateway *gateway)
{
	return container_of(gateway->peers.list.prev, struct peer, in_peers);
}

static void changes_without_end_keep_no_peer_waiting(void **state)
{
	struct many many;

	(void)state;
	many_begin(&many);
	struct gateway *gateway = many.pair.west.gateway;
	world_host_remove_address(many.pair.west.host, "192.0.2.1");
	assert_true(last_peer(gateway)->oriented);
	for (unsigned i = 0; i < 3; i++) {
		round_orient(gateway, true);
		turn(gateway);
	}
	assert_false(last_peer(gateway)->oriented);
	many_end(&many);
}

static void change_during_a_walk_has_one_of_its_own(void **state)
{
	struct many many;

	(void)state;
	many_begin(&many);
	struct gateway *gateway = many.pair.west.gateway;
	struct peer *first = container_of(gateway->peers.list.next, struct peer, in_peers);
	round_orient(gateway, false);
	turn(gateway);
	world_host_remove_address(many.pair.west.host, "192.0.2.1");
	round_orient(gateway, true);
	turn(gateway);
	turn(gateway);
	assert_true(first->oriented && !last_peer(gateway)->oriented);
	assert_true(timer_armed(&gateway->orient_pause));
	assert_false(gateway->host_changed);
	gateway_cancel(gateway, &gateway->orient_pause);
	gateway->orient_pause.fire(&gateway->orient_pause);
	assert_true(gateway->host_changed);
	turn(gateway);
	assert_false(first->oriented);
	many_end(&many);
}

static void walk_goes_on_before_a_peer_that_is_gone(void **state)
{
	struct many many;

	(void)state;
	many_begin(&many);
	struct gateway *gateway = many.pair.west.gateway;
	round_orient(gateway, false);
	turn(gateway);
	struct peer *peer = peers_by_serial(&gateway->peers, gateway->oriented);
	struct peer *before = container_of(peer->in_peers.prev, struct peer, in_peers);
	peer_free(peer);
	assert_int_equal(gateway->oriented, before->serial);
	gateway->oriented = container_of(gateway->peers.list.next, struct peer, in_peers)->serial;
	peer_free(container_of(gateway->peers.list.next, struct peer, in_peers));
	assert_int_equal(gateway->oriented, 0);
	many_end(&many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_visits_every_peer_once_and_some_in_a_turn),
		cmocka_unit_test(round_begins_anew_when_its_place_is_gone),
		cmocka_unit_test(every_peer_hears_of_a_new_address),
		cmocka_unit_test(changes_without_end_keep_no_peer_waiting),
		cmocka_unit_test(change_during_a_walk_has_one_of_its_own),
		cmocka_unit_test(walk_goes_on_before_a_peer_that_is_gone),
	};

	return exchange_run(tests);
}
