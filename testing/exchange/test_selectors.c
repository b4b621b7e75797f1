/* SPDX-License-Identifier: Apache-2.0 */
/* Several selectors in one Child SA (RFC 7296 §2.9), narrowing of lists, and peers that take one
 * pair at a time. */
#include <stdio.h>
#include <string.h>
#include "unit/ikev2/road.h"

#define ENDS "conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
#define TOGETHER                                                                                   \
	ENDS "\tauthby=secret\n\tleftsubnet=10.1.0.0/24,10.3.0.0/24\n"                             \
	     "\trightsubnet=10.2.0.0/24,10.4.0.0/24\n"
#define APART                                                                                      \
	ENDS "\tauthby=secret\n\tleftsubnets={10.1.0.0/24,10.3.0.0/24}\n"                          \
	     "\trightsubnets={10.2.0.0/24,10.4.0.0/24}\n"
#define ADD	 "\tauto=add\n"
#define START	 "\tauto=start\n"
#define ONDEMAND "\tauto=ondemand\n"

static const char *const west_hosts[] = { "10.1.0.5", "10.3.0.5" };
static const char *const east_hosts[] = { "10.2.0.9", "10.4.0.9" };

static unsigned policies(const struct end *end)
{
	struct kernel_policy policy;
	unsigned count = 0;

	while (kernel_simulated_policy(end->kernel, count, &policy))
		count++;
	return count;
}

static void assert_pings(struct pair *pair)
{
	for (unsigned i = 0; i < 2; i++)
		for (unsigned j = 0; j < 2; j++) {
			assert_int_equal(pair_ping_hosts(pair, west_hosts[i], east_hosts[j]),
					 SIMULATED_ARRIVED);
		}
}

static unsigned children(const struct end *end)
{
	return (unsigned)end->gateway->sas.child_count;
}

static void assert_one_for_all(struct pair *pair)
{
	assert_int_equal(children(&pair->west), 1);
	assert_int_equal(children(&pair->east), 1);
	assert_int_equal(policies(&pair->west), 12);
	assert_int_equal(policies(&pair->east), 12);
	assert_pings(pair);
}

static void assert_one_for_each(struct pair *pair)
{
	assert_int_equal(children(&pair->west), 4);
	assert_int_equal(children(&pair->east), 4);
	assert_int_equal(policies(&pair->west), 12);
	assert_int_equal(policies(&pair->east), 12);
	assert_pings(pair);
}

static void take_down(struct pair *pair)
{
	struct diag diag;

	assert_int_equal(gateway_down(pair->west.gateway, "t", &diag), RC_OK);
	assert_int_equal(gateway_down(pair->east.gateway, "t", &diag), RC_OK);
	world_run(pair->world, 90 * USEC_PER_SEC);
	end_assert_empty(&pair->west);
	end_assert_empty(&pair->east);
}

static void one_child_sa_has_all_pairs(void **state)
{
	(void)state;
	for (unsigned from_west = 0; from_west < 2; from_west++) {
		struct pair pair;
		pair_start(&pair, 1, TOGETHER ADD, TOGETHER ADD, NULL, NULL);
		end_up(from_west ? &pair.west : &pair.east, "t");
		world_run(pair.world, 5 * USEC_PER_SEC);
		assert_int_equal(pair.west.child_up, 1);
		assert_one_for_all(&pair);
		take_down(&pair);
		pair_end(&pair);
	}
}

static void ip_versions_stand_side_by_side(void **state)
{
#define DUAL                                                                                       \
	ENDS "\tauthby=secret\n\tleftsubnet=10.1.0.0/24,2001:db8:1::/48\n"                         \
	     "\trightsubnet=10.2.0.0/24,2001:db8:2::/48\n"
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, DUAL ADD, DUAL ADD, NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 5 * USEC_PER_SEC);
	assert_int_equal(children(&pair.west), 1);
	assert_int_equal(policies(&pair.west), 6);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.5", "10.2.0.9"), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(&pair, "2001:db8:1::5", "2001:db8:2::9"),
			 SIMULATED_ARRIVED);
	pair_end(&pair);
}

static void a_range_is_protected_by_the_subnets_it_consists_of(void **state)
{
#define RANGE ENDS "\tauthby=secret\n\tleftsubnet=10.1.0.1-10.1.0.6\n\trightsubnet=10.2.0.0/24\n"
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, RANGE ADD, RANGE ADD, NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 5 * USEC_PER_SEC);
	assert_int_equal(children(&pair.east), 1);
	assert_int_equal(policies(&pair.east), 12);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.5", "10.2.0.9"), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.7", "10.2.0.9"), SIMULATED_CLEAR);
	take_down(&pair);
	pair_end(&pair);
}

static void rekeying_keeps_all_of_them(void **state)
{
	struct diag diag;

	(void)state;
	for (unsigned from_west = 0; from_west < 2; from_west++) {
		struct pair pair;
		pair_start(&pair, 1, TOGETHER ADD, TOGETHER ADD, NULL, NULL);
		end_up(&pair.west, "t");
		world_run(pair.world, 5 * USEC_PER_SEC);
		assert_int_equal(gateway_rekey(from_west ? pair.west.gateway : pair.east.gateway,
					       "t", REKEY_CHILD, &diag),
				 RC_OK);
		for (unsigned i = 0; i < 20; i++) {
			world_run(pair.world, USEC_PER_SEC / 4);
			assert_pings(&pair);
		}
		assert_int_equal(pair.west.child_up, 2);
		assert_one_for_all(&pair);
		take_down(&pair);
		pair_end(&pair);
	}
}

static void both_ends_at_once_end_with_one(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 6; seed++) {
		struct pair pair;
		pair_start(&pair, seed, TOGETHER START, TOGETHER START, NULL, NULL);
		world_run(pair.world, 120 * USEC_PER_SEC);
		assert_one_for_all(&pair);
		pair_end(&pair);
	}
}

struct lossy {
	unsigned at;
	bool twice;
};

static bool lose_one(void *context, struct flight *flight)
{
	struct lossy *lossy = context;

	if (lossy->at-- != 0)
		return true;
	(void)flight;
	return false;
}

static void any_one_message_may_be_lost(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 8; n++)
		for (unsigned apart = 0; apart < 2; apart++) {
			struct pair pair;
			struct lossy lossy = { .at = n };
			pair_start(&pair, n + 1, TOGETHER START, apart ? APART ADD : TOGETHER ADD,
				   NULL, NULL);
			world_tap(pair.world, lose_one, &lossy);
			world_run(pair.world, 60 * USEC_PER_SEC);
			if (apart)
				assert_one_for_each(&pair);
			else
				assert_one_for_all(&pair);
			pair_end(&pair);
		}
}

/* Its tunnels are made of one pair each: so become ours. */
static void a_peer_with_one_pair_a_tunnel_gets_one_child_sa_for_each(void **state)
{
	(void)state;
	for (unsigned from_west = 0; from_west < 2; from_west++) {
		struct pair pair;
		pair_start(&pair, 1, TOGETHER ADD, APART ADD, NULL, NULL);
		end_up(from_west ? &pair.west : &pair.east, "t");
		world_run(pair.world, 60 * USEC_PER_SEC);
		assert_one_for_each(&pair);
		assert_non_null(peers_tunnel(&pair.west.gateway->peers, "t/1x1"));
		assert_non_null(peers_tunnel(&pair.west.gateway->peers, "t/2x2"));
		assert_int_equal(pair.west.failed + pair.east.failed, 0);
		take_down(&pair);
		pair_end(&pair);
	}
}

static void it_comes_back_after_a_crash_of_either(void **state)
{
	(void)state;
	for (unsigned apart = 0; apart < 2; apart++)
		for (unsigned west = 0; west < 2; west++) {
			const char *east_conf = apart ? APART START : TOGETHER START;
			struct pair pair;
			pair_start(&pair, 1 + west, TOGETHER START, east_conf, NULL, NULL);
			world_run(pair.world, 60 * USEC_PER_SEC);
			end_crash(west ? &pair.west : &pair.east);
			world_run(pair.world, 5 * USEC_PER_SEC);
			end_boot(west ? &pair.west : &pair.east, west ? TOGETHER START : east_conf,
				 PAIR_SECRETS);
			world_run(pair.world, 300 * USEC_PER_SEC);
			assert_pings(&pair);
			assert_int_equal(policies(&pair.west), 12);
			assert_int_equal(policies(&pair.east), 12);
			pair_end(&pair);
		}
}

#define LESS                                                                                       \
	ENDS "\tauthby=secret\n\tleftsubnet=10.1.0.0/24,10.3.0.0/24\n\trightsubnet=10.2.0.0/24\n"

static void with_narrowing_what_both_have_is_enough(void **state)
{
	(void)state;
	for (unsigned from_west = 0; from_west < 2; from_west++) {
		struct pair pair;
		pair_start(&pair, 1, TOGETHER ADD "\tnarrowing=yes\n", LESS ADD "\tnarrowing=yes\n",
			   NULL, NULL);
		end_up(from_west ? &pair.west : &pair.east, "t");
		world_run(pair.world, 60 * USEC_PER_SEC);
		assert_int_equal(children(&pair.west), 1);
		assert_int_equal(children(&pair.east), 1);
		assert_int_equal(pair.west.failed + pair.east.failed, 0);
		assert_int_equal(pair_ping_hosts(&pair, "10.3.0.5", "10.2.0.9"), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping_hosts(&pair, "10.3.0.5", "10.4.0.9"), SIMULATED_CLEAR);
		take_down(&pair);
		pair_end(&pair);
	}
}

/* What both have is protected; that the peer lacks the rest is told, again and again but rarely. */
static void without_narrowing_the_rest_is_asked_for_and_refused(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, TOGETHER ADD "\tnarrowing=no\n", LESS ADD, NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_int_equal(children(&pair.west), 1);
	assert_int_equal(pair_ping_hosts(&pair, "10.3.0.5", "10.2.0.9"), SIMULATED_ARRIVED);
	assert_int_equal(pair.west.last_reason, RC_TS_UNACCEPTABLE);
	assert_true(end_said(&pair.east, "accepts 10.2.0.0/24 === 10.1.0.0/24, 10.3.0.0/24"));
	assert_true(pair.west.failed < 8);
	take_down(&pair);
	pair_end(&pair);
}

/* Nothing is lost by that: when the peer has them too, they come up by themselves. */
static void what_was_refused_comes_up_when_the_peer_has_it(void **state)
{
	struct pair pair;
	unsigned failed;

	(void)state;
	pair_start(&pair, 1, TOGETHER ADD "\tnarrowing=no\n", LESS ADD, NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 1000 * USEC_PER_SEC);
	assert_int_equal(children(&pair.west), 1);
	failed = pair.west.failed;
	assert_in_range(failed, 4, 30);
	end_reload(&pair.east, TOGETHER ADD);
	world_run(pair.world, 400 * USEC_PER_SEC);
	assert_pings(&pair);
	assert_in_range(pair.west.failed, failed, failed + 2);
	pair_end(&pair);
}

static void traffic_of_any_pair_brings_all_up(void **state)
{
	(void)state;
	for (unsigned apart = 0; apart < 2; apart++) {
		struct pair pair;
		pair_start(&pair, 1, TOGETHER ONDEMAND, apart ? APART ADD : TOGETHER ADD, NULL,
			   NULL);
		world_run(pair.world, USEC_PER_SEC);
		assert_int_equal(policies(&pair.west), 4); /* traps */
		assert_int_equal(pair_ping_hosts(&pair, "10.3.0.5", "10.4.0.9"),
				 SIMULATED_ACQUIRED);
		world_run(pair.world, 10 * USEC_PER_SEC);
		for (unsigned i = 0; apart && i < 4; i++) {
			(void)pair_ping_hosts(&pair, west_hosts[i / 2], east_hosts[i % 2]);
			pair_run(&pair, 10 * USEC_PER_SEC);
		}
		assert_pings(&pair);
		assert_int_equal(policies(&pair.west), 12);
		pair_end(&pair);
	}
}

static void a_reload_adds_a_subnet(void **state)
{
#define FIRST                                                                                      \
	ENDS "\tauthby=secret\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24,10.4.0.0/24\n"
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, FIRST START, FIRST START, NULL, NULL);
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_int_equal(policies(&pair.west), 6);
	end_reload(&pair.west, TOGETHER START);
	end_reload(&pair.east, TOGETHER START);
	world_run(pair.world, 120 * USEC_PER_SEC);
	assert_one_for_all(&pair);
	pair_end(&pair);
}

/* ---- the answer lies within what was proposed, whatever has changed since (RFC 7296 §2.9) ---- */

static void run_until_it_asks(struct pair *pair, bool first)
{
	const struct peer *peer = peers_tunnel(&pair->west.gateway->peers, "t")->peer;

	for (;;) {
		list_for(node, &peer->ike_sas)
		{
			const struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
			if (first ? sa->state == IKEV2_AUTH_SENT : sa->creation != NULL)
				return;
		}
		assert_true(world_step(pair->world));
	}
}

static struct selectors **proposed(struct pair *pair, bool first)
{
	struct peer *peer = peers_tunnel(&pair->west.gateway->peers, "t")->peer;
	struct ike_sa *sa = container_of(peer->ike_sas.next, struct ike_sa, in_peer);

	return first ? &sa->larval->proposed : &sa->creation->proposed;
}

/* In IKE_AUTH, or in CREATE_CHILD_SA. */
static void ask(struct pair *pair, bool first)
{
	pair_start(pair, 1, TOGETHER ADD, TOGETHER ADD, NULL, NULL);
	end_up(&pair->west, "t");
	if (!first) {
		struct diag diag;
		world_run(pair->world, 5 * USEC_PER_SEC);
		assert_int_equal(gateway_rekey(pair->west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	}
	run_until_it_asks(pair, first);
}

static void an_answer_beyond_the_proposal_is_refused(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct pair pair;
		struct selectors less, **at;
		ask(&pair, first != 0);
		at = proposed(&pair, first != 0);
		less = (struct selectors){ .first = (*at)->first };
		selectors_free(*at);
		*at = selectors_copy(&less);
		world_run(pair.world, 2 * USEC_PER_SEC);
		assert_int_equal(pair.west.last_reason, RC_TS_UNACCEPTABLE);
		assert_int_equal(pair.west.child_up, first ? 0 : 1);
		world_run(pair.world, 60 * USEC_PER_SEC);
		assert_one_for_all(&pair);
		take_down(&pair);
		pair_end(&pair);
	}
}

static void what_is_not_the_tunnels_any_more_is_asked_for_anew(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct pair pair;
		ask(&pair, first != 0);
		assert_int_equal(tunnel_split_first(peers_tunnel(&pair.west.gateway->peers, "t")),
				 RC_OK);
		world_run(pair.world, 60 * USEC_PER_SEC);
		assert_true(end_said(&pair.west, "are not the tunnel's any more"));
		assert_pings(&pair);
		pair_end(&pair);
	}
}

/* RFC 7296 §2.23.1: to the server both clients are the address of their NAT, and its kernel could
 * not tell which packet is for whom. */
static void the_second_client_behind_a_nat_is_refused_in_transport_mode(void **state)
{
#define HOST "\ttype=transport\n\trightid=@east\n\tauthby=secret\n\tauto=add\n"
#define KEYS "@one @east : PSK \"correct horse\"\n@two @east : PSK \"battery staple\"\n"
	struct world *world = world_new(7);
	struct end one = { 0 }, two = { 0 }, east = { 0 };

	(void)state;
	assert_int_equal(world_nat(world, "10.0.0.0/24", "198.51.100.1", 600 * USEC_PER_SEC),
			 RC_OK);
	end_start(world, &one, "one", "10.0.0.9",
		  "conn t\n\tleft=10.0.0.9\n\tright=192.0.2.2\n\tleftid=@one\n" HOST, KEYS);
	end_start(world, &two, "two", "10.0.0.10",
		  "conn t\n\tleft=10.0.0.10\n\tright=192.0.2.2\n\tleftid=@two\n" HOST, KEYS);
	end_start(world, &east, "east", EAST_ADDRESS,
		  "conn t\n\tleft=%any\n\tleftid=%any\n\tright=192.0.2.2\n" HOST, KEYS);
	end_up(&one, "t");
	world_run(world, 2 * USEC_PER_SEC);
	assert_int_equal(one.child_up, 1);
	end_up(&two, "t");
	world_run(world, 2 * USEC_PER_SEC);
	assert_int_equal(two.child_up, 0);
	assert_int_equal(two.last_reason, RC_TS_UNACCEPTABLE);
	assert_true(end_said(&east, "192.0.2.2/32 === 198.51.100.1/32 is in use by \"t[1]\""));
	assert_int_equal(one.child_down, 0);
	end_free(&one);
	end_free(&two);
	end_free(&east);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_child_sa_has_all_pairs),
		cmocka_unit_test(ip_versions_stand_side_by_side),
		cmocka_unit_test(a_range_is_protected_by_the_subnets_it_consists_of),
		cmocka_unit_test(rekeying_keeps_all_of_them),
		cmocka_unit_test(both_ends_at_once_end_with_one),
		cmocka_unit_test(any_one_message_may_be_lost),
		cmocka_unit_test(a_peer_with_one_pair_a_tunnel_gets_one_child_sa_for_each),
		cmocka_unit_test(it_comes_back_after_a_crash_of_either),
		cmocka_unit_test(with_narrowing_what_both_have_is_enough),
		cmocka_unit_test(without_narrowing_the_rest_is_asked_for_and_refused),
		cmocka_unit_test(what_was_refused_comes_up_when_the_peer_has_it),
		cmocka_unit_test(traffic_of_any_pair_brings_all_up),
		cmocka_unit_test(a_reload_adds_a_subnet),
		cmocka_unit_test(an_answer_beyond_the_proposal_is_refused),
		cmocka_unit_test(what_is_not_the_tunnels_any_more_is_asked_for_anew),
		cmocka_unit_test(the_second_client_behind_a_nat_is_refused_in_transport_mode),
	};
	return exchange_run(tests);
}
