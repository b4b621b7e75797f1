/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1 from end to end: Main Mode with a shared key, Quick Mode, DPD and Deletes. */
#include "exchange/pair.h"
#include "unit/test.h"

#define V1	   PAIR_BASE "\tkeyexchange=ikev1\n"
#define V1_ADD	   V1 "\tauto=add\n"
#define V1_START   V1 "\tauto=start\n"
#define SECRETS_V1 "192.0.2.1 192.0.2.2 @west @east : PSK \"correct horse battery staple\"\n"

static void begin(struct pair *pair, uint64_t seed, const char *west, const char *east)
{
	pair_start(pair, seed, west, east, SECRETS_V1, SECRETS_V1);
}

static void begin_up(struct pair *pair, const char *west, const char *east)
{
	begin(pair, 1, west, east);
	end_up(&pair->west, "t");
	pair_run(pair, 3 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

static void main_mode_and_quick_mode_make_a_tunnel(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, 1, V1_ADD, V1_ADD);
	end_up(&pair.west, "t");
	if (!pair_comes_up(&pair, 5 * USEC_PER_SEC))
		fail_msg("west: %s\neast: %s", pair.west.journal, pair.east.journal);
	pair_run(&pair, USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void a_bad_network_only_costs_time(void **state)
{
	struct world_network network = { .loss = 200,
					 .duplicate = 200,
					 .delay = 10 * USEC_PER_MSEC,
					 .jitter = 30 * USEC_PER_MSEC };

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct pair pair;
		begin(&pair, seed, V1_ADD, V1_ADD);
		world_set_network(pair.world, &network);
		end_up(&pair.west, "t");
		if (!pair_comes_up(&pair, 60 * USEC_PER_SEC))
			fail_msg("seed %u, west: %s\neast: %s", (unsigned)seed, pair.west.journal,
				 pair.east.journal);
		pair_run(&pair, 60 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

/* What an operator reads when each datagram comes twice: nothing that looks like an attack. */
static void a_message_that_comes_twice_is_known(void **state)
{
	struct world_network network = { .duplicate = 1000, .delay = 10 * USEC_PER_MSEC };
	struct pair pair;

	(void)state;
	begin(&pair, 1, V1_ADD, V1_ADD);
	world_set_network(pair.world, &network);
	end_up(&pair.west, "t");
	assert_true(pair_comes_up(&pair, 10 * USEC_PER_SEC));
	pair_run(&pair, USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_true(pair.west.gateway->counters.dropped + pair.east.gateway->counters.dropped > 0);
	assert_false(end_said(&pair.west, "(SYNTAX)"));
	assert_false(end_said(&pair.west, "(TRUNCATED)"));
	assert_false(end_said(&pair.east, "(SYNTAX)"));
	assert_false(end_said(&pair.east, "(TRUNCATED)"));
	pair_end(&pair);
}

static void shared_keys_that_differ_are_told_at_both_ends(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, V1_ADD, V1_ADD, SECRETS_V1, "@west @east : PSK \"another\"\n");
	end_up(&pair.west, "t");
	pair_run(&pair, 300 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_up + pair.east.ike_up, 0);
	assert_true(end_said(&pair.west, "its shared key (ipsec.secrets)"));
	assert_true(end_said(&pair.east, "do the shared keys of the two sides differ"));
	end_assert_childless(&pair.east);
	pair_end(&pair);
}

static void a_peer_that_speaks_ikev2_is_told_from_one_that_nobody_knows(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, 1, PAIR_BASE "\tauto=add\n", V1_ADD);
	end_up(&pair.west, "t");
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_true(end_said(&pair.east, "no conn of IKEv2, which the peer speaks, is loaded for "
					 "192.0.2.2 (ours) and 192.0.2.1: conn t has "
					 "keyexchange=ikev1"));
	pair_end(&pair);
}

static void a_peer_that_begins_and_says_no_more_is_forgotten(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, 1, V1_ADD, V1_ADD);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	world_deliver(pair.world,
		      container_of(world_flights(pair.world)->next, struct flight, in_world));
	world_settle(pair.world);
	assert_int_equal(pair.east.gateway->sas.half_open_count, 1);
	end_crash(&pair.west);
	world_run(pair.world, 120 * USEC_PER_SEC);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

static void down_ends_it_at_both_ends(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	begin_up(&pair, V1_ADD, V1_ADD);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 5 * USEC_PER_SEC);
	end_assert_empty(&pair.west);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

static void a_dead_peer_is_noticed_and_is_back_when_it_is(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, 1, V1_START "\tdpddelay=10s\n", V1_ADD);
	pair_run(&pair, 3 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	end_crash(&pair.east);
	pair_run(&pair, 200 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_down, 1);
	end_boot(&pair.east, V1_ADD, SECRETS_V1);
	pair_run(&pair, 300 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void pfs_of_one_end_only_is_refused(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, 1, V1_ADD "\tpfs=no\n", V1_ADD "\tpfs=yes\n");
	end_up(&pair.west, "t");
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up + pair.east.child_up, 0);
	assert_true(end_said(&pair.east, "peer offers no PFS"));
	assert_true(end_said(&pair.west, "NO_PROPOSAL_CHOSEN (compare esp=, pfs= and type="));
	pair_end(&pair);
}

/* RFC 3947: west is behind a NAT box, east waits for anybody. */
#define COMMON                                                                                     \
	"\tleftid=@west\n\trightid=@east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"   \
	"\tauthby=secret\n\tkeyexchange=ikev1\n\tauto=add\n"
#define INSIDE	"conn t\n\tleft=10.0.0.9\n\tright=192.0.2.2\n" COMMON
#define ANYBODY "conn t\n\tleft=%any\n\tright=192.0.2.2\n" COMMON

static struct ike_sa *sa_of(struct end *end, const char *name)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, name);

	assert_non_null(tunnel);
	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

static void through_a_nat_both_go_to_port_4500(void **state)
{
	struct pair pair = { .world = world_new(7) };
	struct simulated_sa sa;

	(void)state;
	assert_non_null(pair.world);
	assert_int_equal(world_nat(pair.world, "10.0.0.0/24", "198.51.100.1", 60 * USEC_PER_SEC),
			 RC_OK);
	end_start(pair.world, &pair.west, "west", "10.0.0.9", INSIDE, SECRETS_V1);
	end_start(pair.world, &pair.east, "east", EAST_ADDRESS, ANYBODY, SECRETS_V1);
	end_up(&pair.west, "t");
	world_run(pair.world, 5 * USEC_PER_SEC);
	if (pair.west.child_up + pair.east.child_up != 2)
		fail_msg("west: %s\neast: %s", pair.west.journal, pair.east.journal);
	assert_int_equal(sa_of(&pair.west, "t")->local.port, IKE_NATT_PORT);
	assert_int_equal(sa_of(&pair.west, "t")->remote.port, IKE_NATT_PORT);
	assert_true(sa_of(&pair.west, "t")->nat_here);
	assert_int_equal(sa_of(&pair.east, "t[1]")->local.port, IKE_NATT_PORT);
	assert_true(sa_of(&pair.east, "t[1]")->nat_there);
	assert_true(kernel_simulated_sa(pair.east.kernel, 0, &sa));
	assert_int_equal(sa.sa.encap.local_port, IKE_NATT_PORT);
	assert_int_equal(sa.sa.encap.remote_port, sa_of(&pair.east, "t[1]")->remote.port);
	pair_end(&pair);
}

static void ipsec_sas_are_replaced_before_they_end(void **state)
{
	struct pair pair;
	uint32_t old;

	(void)state;
	begin_up(&pair, V1_START "\tsalifetime=1h\n", V1_ADD);
	old = tunnel_current(peers_tunnel(&pair.west.gateway->peers, "t"))->spi_in;
	pair_run(&pair, 2 * 3600 * USEC_PER_SEC);
	assert_int_not_equal(tunnel_current(peers_tunnel(&pair.west.gateway->peers, "t"))->spi_in,
			     old);
	assert_int_equal(pair.west.ike_down, 0);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
	pair_end(&pair);
}

/* ---- the phase 1 that is gone ---- */

struct thief {
	const char *from; /* host */
	unsigned take;	  /* so many of its INFORMATIONAL messages are lost */
	unsigned mains;	  /* first messages of Main Mode that were seen */
};

static bool steals(void *context, struct flight *flight)
{
	struct thief *thief = context;
	struct ike_header header;

	if (wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK)
		return true;
	if (header.exchange == EXCHANGE_V1_MAIN && header.spi_r == 0)
		thief->mains++;
	if (header.exchange != EXCHANGE_V1_INFORMATIONAL || thief->take == 0)
		return true;
	thief->take--;
	return false;
}

#define WANTED V1 "\tauto=start\n\tdpddelay=30\n"

/* The server times the client out and sends both Deletes; only that of the ISAKMP SA arrives. */
static void one_lost_delete_leaves_no_tunnel_dead(void **state)
{
	struct thief thief = { .take = 1 };
	struct pair pair;
	struct diag diag;

	(void)state;
	begin(&pair, 1, WANTED, V1_ADD);
	pair_run(&pair, 3 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	world_tap(pair.world, steals, &thief);
	assert_int_equal(gateway_down(pair.east.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 20 * USEC_PER_MSEC);
	assert_int_equal(thief.take, 0);
	assert_true(end_said(&pair.west, "is gone"));
	assert_true(end_said(&pair.west, "replace IPsec SA #"));
	assert_int_equal(pair.west.child_down, 0); /* it goes on */
	pair_run(&pair, 5 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(thief.mains, 1);
	pair_end(&pair);
}

#define SIBLINGS                                                                                   \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnets={10.2.0.0/24,10.3.0.0/24,10.4.0.0/24}\n"         \
	"\tauthby=secret\n\tkeyexchange=ikev1\n"

/* Their Deletes are not answered: each is gone with its own. */
static void a_conn_that_is_deleted_ends_each_sibling_once(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	begin(&pair, 1, SIBLINGS "\tauto=start\n", SIBLINGS "\tauto=add\n");
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 3);
	assert_int_equal(gateway_delete(pair.west.gateway, "t", &diag), RC_OK);
	assert_int_equal(pair.west.child_down, 3);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(pair.east.child_down, 3);
	assert_int_equal(pair.west.child_down, 3);
	end_assert_empty(&pair.west);
	pair_end(&pair);
}

static void siblings_share_one_main_mode(void **state)
{
	struct thief thief = { .take = 3 };
	struct pair pair;
	struct diag diag;

	(void)state;
	begin(&pair, 1, SIBLINGS "\tauto=start\n", SIBLINGS "\tauto=add\n");
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 3);
	world_tap(pair.world, steals, &thief);
	assert_int_equal(gateway_down(pair.east.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 10 * USEC_PER_SEC);
	assert_int_equal(thief.take, 0);
	assert_int_equal(thief.mains, 1);
	assert_int_equal(pair.west.child_up, 6);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.1", "10.2.0.1"), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.1", "10.4.0.1"), SIMULATED_ARRIVED);
	pair_run(&pair, 60 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 6);
	assert_int_equal(kernel_simulated_sa_count(pair.east.kernel), 6);
	pair_end(&pair);
}

static void a_peer_that_is_really_dead_is_told_and_comes_back(void **state)
{
	struct thief thief = { .take = 1 };
	struct pair pair;
	struct diag diag;

	(void)state;
	begin(&pair, 1, WANTED, V1_ADD);
	pair_run(&pair, 3 * USEC_PER_SEC);
	world_tap(pair.world, steals, &thief);
	assert_int_equal(gateway_down(pair.east.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 20 * USEC_PER_MSEC);
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, true), RC_OK);
	pair_run(&pair, 300 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 0);
	assert_true(pair.west.failed > 0);
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, false), RC_OK);
	pair_run(&pair, 400 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

#define ANY                                                                                        \
	"conn t\n\tleft=192.0.2.2\n\tright=%any\n\tleftid=@east\n\trightid=@west\n"                \
	"\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.1.0.0/24\n\tauthby=secret\n"                   \
	"\tkeyexchange=ikev1\n\tauto=add\n"

static void who_cannot_begin_keeps_what_it_has_and_says_so_once(void **state)
{
	struct thief thief = { .take = 1 };
	struct pair pair;
	struct diag diag;

	(void)state;
	begin(&pair, 1, V1_ADD, ANY);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_int_equal(pair.east.child_up, 1);
	world_tap(pair.world, steals, &thief);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 60 * USEC_PER_SEC);
	assert_true(end_said(&pair.east, "we cannot begin"));
	assert_int_equal(thief.mains, 0);
	assert_int_equal(kernel_simulated_sa_count(pair.east.kernel), 2);
	end_up(&pair.west, "t");
	pair_run(&pair, 60 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 2);
	assert_int_equal(kernel_simulated_sa_count(pair.east.kernel), 2);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
	pair_end(&pair);
}

static void ipsec_sas_outlive_an_isakmp_sa_that_expires(void **state)
{
	struct pair pair;

	(void)state;
	begin_up(&pair, V1_ADD "\tikelifetime=120\n\trekey=no\n",
		 V1_ADD "\tikelifetime=120\n\trekey=no\n");
	pair_run(&pair, 300 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_true(pair.west.ike_down > 0);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(main_mode_and_quick_mode_make_a_tunnel),
		cmocka_unit_test(a_bad_network_only_costs_time),
		cmocka_unit_test(a_message_that_comes_twice_is_known),
		cmocka_unit_test(shared_keys_that_differ_are_told_at_both_ends),
		cmocka_unit_test(a_peer_that_speaks_ikev2_is_told_from_one_that_nobody_knows),
		cmocka_unit_test(a_peer_that_begins_and_says_no_more_is_forgotten),
		cmocka_unit_test(down_ends_it_at_both_ends),
		cmocka_unit_test(a_dead_peer_is_noticed_and_is_back_when_it_is),
		cmocka_unit_test(pfs_of_one_end_only_is_refused),
		cmocka_unit_test(through_a_nat_both_go_to_port_4500),
		cmocka_unit_test(ipsec_sas_are_replaced_before_they_end),
		cmocka_unit_test(one_lost_delete_leaves_no_tunnel_dead),
		cmocka_unit_test(a_conn_that_is_deleted_ends_each_sibling_once),
		cmocka_unit_test(siblings_share_one_main_mode),
		cmocka_unit_test(a_peer_that_is_really_dead_is_told_and_comes_back),
		cmocka_unit_test(who_cannot_begin_keeps_what_it_has_and_says_so_once),
		cmocka_unit_test(ipsec_sas_outlive_an_isakmp_sa_that_expires),
	};

	return exchange_run(tests);
}
