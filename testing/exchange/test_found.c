/* SPDX-License-Identifier: Apache-2.0 */
/* What the simulator (testing/sim) found, each as the few steps that it takes. */
#include <errno.h>
#include "engine/private.h"
#include "exchange/pair.h"
#include "kernel/simulated.h"
#include "unit/test.h"

#define SIBLINGS                                                                                   \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnets={10.1.0.0/24,10.3.0.0/24}\n\trightsubnet=10.2.0.0/24\n"                     \
	"\tauthby=secret\n"

static struct tunnel *tunnel_of(const struct end *end)
{
	return peers_tunnel(&end->gateway->peers, "t");
}

static void add(struct end *end, const char *conf)
{
	struct config *config = load_conf(conf);
	struct diag diag = { "" };

	assert_int_equal(gateway_add(end->gateway, config, "t", &diag), RC_OK);
	config_unref(config);
	assert_int_equal(gateway_route(end->gateway, "t", &diag), RC_OK);
}

/* The Child SAs of what was loaded before go one by one; the last ones go when the traps of what
 * is loaded now are there. */
static void an_old_child_sa_leaves_the_new_trap_alone(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 5, SIBLINGS "\tauto=start\n", SIBLINGS "\tauto=add\n", NULL, NULL);
	pair_run(&pair, 10 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->sas.child_count, 2);
	add(&pair.west, SIBLINGS "\tauto=ondemand\n");
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->sas.child_count, 0);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.7", "10.2.0.7"), SIMULATED_ACQUIRED);
	assert_int_equal(pair_ping_hosts(&pair, "10.3.0.7", "10.2.0.7"), SIMULATED_ACQUIRED);
	pair_end(&pair);
}

/* The old IKE SA waits for an answer, so that its Delete must wait too, and ends when none comes:
 * the traps are older than that. */
static void an_old_ike_sa_that_cannot_say_goodbye_leaves_the_new_traps(void **state)
{
	struct tunnel *first;
	struct pair pair;

	(void)state;
	pair_start(&pair, 5, SIBLINGS "\tauto=start\n", SIBLINGS "\tauto=add\n", NULL, NULL);
	pair_run(&pair, 10 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->sas.child_count, 2);
	first = peers_tunnel(&pair.west.gateway->peers, "t/1x1");
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, true), RC_OK);
	road_event(pair.west.gateway, tunnel_current(first)->ike, EVENT_PROBE, NULL, NULL, NULL);
	add(&pair.west, SIBLINGS "\tauto=ondemand\n");
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->sas.child_count, 2);
	first = peers_tunnel(&pair.west.gateway->peers, "t/1x1");
	assert_true(first->trap_installed);
	pair_run(&pair, 600 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->sas.child_count, 0);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.7", "10.2.0.7"), SIMULATED_ACQUIRED);
	assert_int_equal(pair_ping_hosts(&pair, "10.3.0.7", "10.2.0.7"), SIMULATED_ACQUIRED);
	pair_end(&pair);
}

static void deliver_last(struct pair *pair)
{
	struct list *flights = world_flights(pair->world);

	assert_false(list_empty(flights));
	world_deliver(pair->world, container_of(flights->prev, struct flight, in_world));
	world_settle(pair->world);
}

/* RFC 7296 §2.8: the responder may use the new IKE SA as soon as it has answered, and UDP keeps no
 * order. */
static void a_request_in_the_new_ike_sa_may_overtake_the_answer_that_made_it(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 6, PAIR_START, PAIR_CONN, NULL, NULL);
	assert_true(pair_comes_up(&pair, 10 * USEC_PER_SEC));
	pair_run(&pair, 10 * USEC_PER_SEC);
	world_manual(pair.world, true);
	tunnel_current(tunnel_of(&pair.west))->ike->replace_at = world_now(pair.world);
	peer_dirty(tunnel_of(&pair.west)->peer);
	world_settle(pair.world);
	deliver_last(&pair); /* east answers, and has another wish at once */
	tunnel_current(tunnel_of(&pair.east))->replace_at = world_now(pair.world);
	peer_dirty(tunnel_of(&pair.east)->peer);
	world_settle(pair.world);
	deliver_last(&pair);
	assert_false(end_said(&pair.west, "unknown IKE SA"));
	world_manual(pair.world, false);
	while (!list_empty(world_flights(pair.world)))
		deliver_last(&pair);
	pair_run(&pair, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* reauth=yes is about the IKE SA; who made the Child SA in it does not matter. */
static void reauthentication_does_not_wait_for_the_maker_of_the_child_sa(void **state)
{
	struct pair pair;
	uint64_t before;

	(void)state;
	pair_start(&pair, 7, PAIR_BASE "\tauto=ondemand\n\treauth=yes\n", PAIR_CONN, NULL, NULL);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ACQUIRED);
	pair_run(&pair, 10 * USEC_PER_SEC);
	tunnel_current(tunnel_of(&pair.east))->replace_at = world_now(pair.world);
	peer_dirty(tunnel_of(&pair.east)->peer);
	pair_run(&pair, 10 * USEC_PER_SEC);
	assert_false(tunnel_current(tunnel_of(&pair.west))->initiator);
	before = tunnel_current(tunnel_of(&pair.west))->ike->serial;
	tunnel_current(tunnel_of(&pair.west))->ike->replace_at = world_now(pair.world);
	peer_dirty(tunnel_of(&pair.west)->peer);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_true(tunnel_current(tunnel_of(&pair.west))->ike->serial != before);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static uint32_t lower_spi(const struct child_sa *child)
{
	return child->spi_in < child->spi_out ? child->spi_in : child->spi_out;
}

static struct child_sa *lowest_spi_of(const struct tunnel *tunnel)
{
	struct child_sa *lowest = NULL;

	list_for(node, &tunnel->child_sas)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_tunnel);
		if (lowest == NULL || lower_spi(child) < lower_spi(lowest))
			lowest = child;
	}
	return lowest;
}

/* The IKE SA of the Child SA that stays must go, and the other Child SA of two that crossed is in
 * one that needs not. When each end had to leave the IKE SA that it made, the Child SAs went back
 * and forth between both, one every round trip. */
static void successor_is_made_once(uint64_t seed)
{
	struct child_sa *stays;
	struct pair pair;
	uint64_t before;

	pair_start(&pair, seed, PAIR_START, PAIR_START, NULL, NULL);
	pair_run(&pair, 500 * USEC_PER_MSEC);
	assert_int_equal(pair.west.child_up, 2);
	stays = lowest_spi_of(tunnel_of(&pair.west));
	before = stays->ike->serial;
	stays->ike->must_reauth = true;
	stays->ike->replace_at = world_now(pair.world);
	list_for(node, &stays->tunnel->peer->ike_sas) /* long ago */
		container_of(node, struct ike_sa, in_peer)
			->idle_since -= 10 * USEC_PER_SEC;
	peer_dirty(stays->tunnel->peer);
	pair_run(&pair, 300 * USEC_PER_MSEC);
	assert_int_equal(pair.west.child_up, 2);
	pair_run(&pair, 30 * USEC_PER_SEC);
	assert_true(tunnel_current(tunnel_of(&pair.west))->ike->serial != before);
	assert_int_equal(pair.west.child_up, 3);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* Whoever made the one that stays, and whatever SPIs were drawn. */
static void a_successor_that_lives_is_not_made_once_more(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 24; seed++)
		successor_is_made_once(seed);
}

/* The kernel refuses the trap of a tunnel: it is asked again, but not at once. Where a Child
 * SA lives none is set. */
static void a_trap_that_is_refused_is_not_asked_for_in_a_storm(void **state)
{
	struct pair pair;
	uint64_t asked;

	(void)state;
	pair_start(&pair, 1, PAIR_BASE "\tauto=ondemand\n", NULL, NULL, NULL);
	pair_run(&pair, USEC_PER_SEC);
	pair_run(&pair, 90 * USEC_PER_SEC);
	struct tunnel *tunnel = peers_tunnel(&pair.west.gateway->peers, "t");
	trap_remove(pair.west.gateway, tunnel);
	kernel_simulated_fail(pair.west.kernel, 1, ENOMEM, true);
	asked = pair.west.gateway->counters.failures;
	peer_dirty(tunnel->peer);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_in_range(pair.west.gateway->counters.failures - asked, 1, 6);
	kernel_simulated_fail(pair.west.kernel, 0, 0, false);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_true(tunnel->trap_installed);
	pair_end(&pair);
}

/* The old one has been up long enough to forget failures; those of its successors count all the
 * same. */
static void a_successor_that_the_kernel_refuses_is_not_made_in_a_storm(void **state)
{
	struct pair pair;
	unsigned made;

	(void)state;
	pair_start(&pair, 1, PAIR_START, PAIR_CONN, NULL, NULL);
	pair_run(&pair, 90 * USEC_PER_SEC);
	made = pair.east.child_up;
	tunnel_current(tunnel_of(&pair.west))->replace_at = world_now(pair.world);
	peer_dirty(tunnel_of(&pair.west)->peer);
	kernel_simulated_fail(pair.west.kernel, 1, EINVAL, true);
	pair_run(&pair, 60 * USEC_PER_SEC);
	assert_in_range(pair.east.child_up - made, 2, 5);
	kernel_simulated_fail(pair.west.kernel, 0, 0, false);
	pair_run(&pair, 120 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* East's rekey is recent enough to have crossed with what west makes, and either may have the
 * lowest SPI; but west's new IKE SA was begun when the old one had long been up. */
static void reauthentication_soon_after_a_rekey_by_the_peer_is_made_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct pair pair;
		pair_start(&pair, seed, PAIR_START "\treauth=yes\n", PAIR_CONN, NULL, NULL);
		pair_run(&pair, 90 * USEC_PER_SEC);
		tunnel_current(tunnel_of(&pair.east))->replace_at = world_now(pair.world);
		peer_dirty(tunnel_of(&pair.east)->peer);
		pair_run(&pair, 5 * USEC_PER_SEC);
		assert_int_equal(pair.west.child_up, 2);
		tunnel_current(tunnel_of(&pair.west))->ike->replace_at = world_now(pair.world);
		peer_dirty(tunnel_of(&pair.west)->peer);
		pair_run(&pair, 60 * USEC_PER_SEC);
		assert_int_equal(pair.west.ike_up, 2);
		assert_int_equal(pair.west.child_up, 3);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trap_that_is_refused_is_not_asked_for_in_a_storm),
		cmocka_unit_test(an_old_child_sa_leaves_the_new_trap_alone),
		cmocka_unit_test(an_old_ike_sa_that_cannot_say_goodbye_leaves_the_new_traps),
		cmocka_unit_test(a_request_in_the_new_ike_sa_may_overtake_the_answer_that_made_it),
		cmocka_unit_test(reauthentication_does_not_wait_for_the_maker_of_the_child_sa),
		cmocka_unit_test(a_successor_that_lives_is_not_made_once_more),
		cmocka_unit_test(a_successor_that_the_kernel_refuses_is_not_made_in_a_storm),
		cmocka_unit_test(reauthentication_soon_after_a_rekey_by_the_peer_is_made_once),
	};

	return exchange_run(tests);
}
