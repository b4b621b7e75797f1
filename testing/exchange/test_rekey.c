/* SPDX-License-Identifier: Apache-2.0 */
/* CREATE_CHILD_SA between two whole gateways: further Child SAs, rekeying from either end and from
 * both at once, in every order of delivery and with each single loss or duplication. */
#include "unit/test.h"
#include "exchange/pair.h"
#include "kernel/simulated.h"

#define SEC    USEC_PER_SEC
#define NO_PFS PAIR_START "\tpfs=no\n"
#define SIBLINGS                                                                                   \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnets={10.1.0.0/24,10.3.0.0/24}\n\trightsubnet=10.2.0.0/24\n"                     \
	"\tauthby=secret\n"

static void up(struct pair *pair, uint64_t seed, const char *west, const char *east)
{
	pair_start(pair, seed, west, east, NULL, NULL);
	pair_run(pair, 6 * SEC);
}

static struct tunnel *tunnel_of(const struct end *end)
{
	return peers_tunnel(&end->gateway->peers, "t");
}

static struct child_sa *child_of(const struct end *end)
{
	return tunnel_current(tunnel_of(end));
}

static void child_due(struct end *end)
{
	struct child_sa *child = child_of(end);

	assert_non_null(child);
	child->replace_at = host_now(end->host);
	peer_dirty(tunnel_of(end)->peer);
}

static void ike_due(struct end *end)
{
	struct child_sa *child = child_of(end);

	assert_non_null(child);
	child->ike->replace_at = host_now(end->host);
	peer_dirty(tunnel_of(end)->peer);
}

/* One IKE SA, one Child SA at each end; a packet each way. */
static void assert_one(struct pair *pair)
{
	pair_assert_tunnel(pair);
	assert_int_equal(pair->west.gateway->sas.ike_count, 1);
	assert_int_equal(pair->east.gateway->sas.ike_count, 1);
	assert_int_equal(pair->west.gateway->sas.child_count, 1);
	assert_int_equal(pair->east.gateway->sas.child_count, 1);
	assert_int_equal(pair->west.gateway->sas.creations, 0);
	assert_int_equal(pair->east.gateway->sas.creations, 0);
}

static void a_child_sa_is_rekeyed_by(bool west, const char *conf)
{
	struct pair pair;
	uint64_t serial, ike;
	struct end *end = west ? &pair.west : &pair.east;

	up(&pair, 1, conf, NULL);
	serial = child_of(end)->serial;
	ike = child_of(end)->ike->serial;
	child_due(end);
	pair_run(&pair, 20 * SEC);
	assert_one(&pair);
	assert_int_not_equal(child_of(end)->serial, serial);
	assert_int_equal(child_of(end)->ike->serial, ike);
	assert_int_equal(pair.west.ike_up, 1);
	pair_end(&pair);
}

static void a_child_sa_is_rekeyed_by_either_end(void **state)
{
	(void)state;
	a_child_sa_is_rekeyed_by(true, PAIR_START);
	a_child_sa_is_rekeyed_by(false, PAIR_START);
	a_child_sa_is_rekeyed_by(true, NO_PFS);
	a_child_sa_is_rekeyed_by(false, NO_PFS);
}

static void the_ike_sa_is_rekeyed_by(bool west)
{
	struct pair pair;
	uint64_t serial, ike;
	struct end *end = west ? &pair.west : &pair.east;

	up(&pair, 1, PAIR_START, NULL);
	serial = child_of(end)->serial;
	ike = child_of(end)->ike->serial;
	ike_due(end);
	pair_run(&pair, 20 * SEC);
	assert_one(&pair);
	assert_int_equal(child_of(end)->serial, serial);
	assert_int_not_equal(child_of(end)->ike->serial, ike);
	assert_int_equal(child_of(end)->ike->role, INITIATOR);
	child_due(end); /* its keys are good for more */
	pair_run(&pair, 20 * SEC);
	assert_one(&pair);
	assert_int_not_equal(child_of(end)->serial, serial);
	pair_end(&pair);
}

static void the_ike_sa_is_rekeyed_by_either_end(void **state)
{
	(void)state;
	the_ike_sa_is_rekeyed_by(true);
	the_ike_sa_is_rekeyed_by(false);
}

static void siblings_share_an_ike_sa(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, SIBLINGS "\tauto=start\n", SIBLINGS "\tauto=start\n", NULL, NULL);
	pair_run(&pair, 30 * SEC);
	assert_int_equal(pair.west.gateway->sas.child_count, 2);
	assert_int_equal(pair.east.gateway->sas.child_count, 2);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.7", "10.2.0.7"), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(&pair, "10.3.0.7", "10.2.0.7"), SIMULATED_ARRIVED);
	pair_end(&pair);
}

/* ---- both at once ---- */

typedef void (*due_fn)(struct end *end);

/* Every order: at each delivery the seed tells which of the datagrams in flight comes next, and
 * which one (if any) is lost or comes twice. */
static void play(struct pair *pair, due_fn west, due_fn east, uint64_t order, int lose, int twice)
{
	int n = 0;

	world_manual(pair->world, true);
	west(&pair->west);
	east(&pair->east);
	world_settle(pair->world);
	for (unsigned rounds = 0; rounds < 60; rounds++) {
		struct list *flights = world_flights(pair->world);
		if (list_empty(flights))
			break;
		struct list *node =
			(order >> (rounds % 20) & 1) != 0 ? flights->next : flights->prev;
		struct flight *flight = container_of(node, struct flight, in_world);
		if (n == twice)
			assert_int_equal(world_duplicate(pair->world, flight), RC_OK);
		if (n++ == lose)
			world_drop(pair->world, flight);
		else
			world_deliver(pair->world, flight);
		world_settle(pair->world);
	}
	world_manual(pair->world, false);
	pair_run(pair, 150 * SEC);
	assert_one(pair);
	assert_int_equal(pair->west.ike_down, pair->west.ike_up - 1);
	assert_int_equal(pair->east.child_down, pair->east.child_up - 1);
}

static void in_every_order(due_fn west, due_fn east)
{
	struct pair pair;

	for (uint64_t order = 0; order < 32; order++) {
		up(&pair, order + 1, PAIR_START, NULL);
		play(&pair, west, east, order, -1, -1);
		pair_end(&pair);
	}
	for (int n = 0; n < 10; n++)
		for (uint64_t order = 0; order < 4; order++) {
			up(&pair, order + 1, PAIR_START, NULL);
			play(&pair, west, east, order * 5, n, -1);
			pair_end(&pair);
			up(&pair, order + 1, PAIR_START, NULL);
			play(&pair, west, east, order * 5, -1, n);
			pair_end(&pair);
		}
}

static void nothing_due(struct end *end)
{
	(void)end;
}

static void child_ends(struct end *end)
{
	struct child_sa *child = child_of(end);

	child->delete_wanted = true;
	child->delete_reason = RC_REPLACED;
	peer_dirty(child->tunnel->peer);
}

static void ike_ends(struct end *end)
{
	struct ike_sa *sa = child_of(end)->ike;

	sa->delete_wanted = true;
	sa->delete_reason = RC_OPERATOR;
	peer_dirty(sa->peer);
}

static void one_end_rekeys_the_child_sa_in_every_order(void **state)
{
	(void)state;
	in_every_order(child_due, nothing_due);
	in_every_order(nothing_due, child_due);
}

static void one_end_rekeys_the_ike_sa_in_every_order(void **state)
{
	(void)state;
	in_every_order(ike_due, nothing_due);
	in_every_order(nothing_due, ike_due);
}

static void both_ends_rekey_the_child_sa(void **state)
{
	(void)state;
	in_every_order(child_due, child_due);
}

static void both_ends_rekey_the_ike_sa(void **state)
{
	(void)state;
	in_every_order(ike_due, ike_due);
}

static void the_ike_sa_and_the_child_sa_are_rekeyed_at_once(void **state)
{
	(void)state;
	in_every_order(ike_due, child_due);
	in_every_order(child_due, ike_due);
}

static void a_rekey_meets_a_delete(void **state)
{
	(void)state;
	in_every_order(child_due, child_ends);
	in_every_order(ike_due, child_ends);
	in_every_order(child_due, ike_ends);
	in_every_order(ike_due, ike_ends);
}

static void a_delete_meets_a_delete(void **state)
{
	(void)state;
	in_every_order(child_ends, child_ends);
	in_every_order(ike_ends, ike_ends);
	in_every_order(ike_ends, child_ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_sa_is_rekeyed_by_either_end),
		cmocka_unit_test(the_ike_sa_is_rekeyed_by_either_end),
		cmocka_unit_test(siblings_share_an_ike_sa),
		cmocka_unit_test(one_end_rekeys_the_child_sa_in_every_order),
		cmocka_unit_test(one_end_rekeys_the_ike_sa_in_every_order),
		cmocka_unit_test(both_ends_rekey_the_child_sa),
		cmocka_unit_test(both_ends_rekey_the_ike_sa),
		cmocka_unit_test(the_ike_sa_and_the_child_sa_are_rekeyed_at_once),
		cmocka_unit_test(a_rekey_meets_a_delete),
		cmocka_unit_test(a_delete_meets_a_delete),
	};

	return exchange_run(tests);
}
