/* SPDX-License-Identifier: Apache-2.0 */
/* A reload that needs new SAs, under traffic: a packet each way in every millisecond. The new ones
 * are up before the old ones go. */
#include <stdio.h>
#include "base/arena.h"
#include "exchange/pair.h"
#include "unit/test.h"

#define IDS	"\tleftid=@west\n\trightid=@east\n"
#define SUBNETS "\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"
#define SECRETS ": PSK \"correct horse battery staple\"\n"

/* A conn t between the two; what both ends have, then what one has. */
static const char *conn(char out[1024], const char *ids, const char *subnets, const char *more)
{
	(void)snprintf(out, 1024,
		       "conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauthby=secret\n%s%s%s", ids,
		       subnets, more);
	return out;
}

static unsigned lost;

static void ping_for(struct pair *pair, unsigned milliseconds)
{
	for (unsigned i = 0; i < milliseconds; i++) {
		lost += pair_ping(pair, true) != SIMULATED_ARRIVED;
		lost += pair_ping(pair, false) != SIMULATED_ARRIVED;
		world_run(pair->world, USEC_PER_MSEC);
	}
}

static void up(struct pair *pair, const char *auto_west)
{
	char west[1024], east[1024];

	pair_start(pair, 1, conn(west, IDS, SUBNETS, auto_west),
		   conn(east, IDS, SUBNETS, "\tauto=add\n"), SECRETS, SECRETS);
	end_up(&pair->west, "t");
	assert_true(pair_comes_up(pair, 5 * USEC_PER_SEC));
	world_run(pair->world, 5 * USEC_PER_SEC);
	lost = 0;
}

struct change {
	const char *what, *ids, *subnets, *more;
	bool east_too; /* the other end must have it as well */
	unsigned lost; /* the kernel permits no better: packets of the old SA find the new policy */
};

static const struct change changes[] = {
	{ "wider selectors at both ends", IDS,
	  "\tleftsubnet=10.1.0.0/16\n\trightsubnet=10.2.0.0/16\n", "", true, 0 },
	{ "narrower selectors at one end", IDS,
	  "\tleftsubnet=10.1.0.0/25\n\trightsubnet=10.2.0.0/25\n", "\tnarrowing=yes\n", false, 0 },
	{ "one more subnet", IDS,
	  "\tleftsubnets={10.1.0.0/24,10.9.0.0/24}\n\trightsubnet=10.2.0.0/24\n", "", true, 0 },
	{ "one more subnet in the same tunnel", IDS,
	  "\tleftsubnet=10.1.0.0/24,10.9.0.0/24\n\trightsubnet=10.2.0.0/24\n", "", true, 0 },
	{ "a priority", IDS, SUBNETS, "\tpriority=77\n", false, 0 },
	{ "an identity of ours", "\tleftid=@new\n\trightid=@east\n", SUBNETS, "", true, 0 },
	{ "an identity of the peer", "\tleftid=@west\n\trightid=@new\n", SUBNETS, "", true, 0 },
	{ "proposals and selectors", IDS, "\tleftsubnet=10.1.0.0/16\n\trightsubnet=10.2.0.0/16\n",
	  "\tike=aes_gcm128-sha2_512-dh31\n\tesp=aes_gcm128\n", true, 0 },
	{ "an identity and a priority", "\tleftid=@new\n\trightid=@east\n", SUBNETS,
	  "\tpriority=77\n", true, 0 },
};

static void assert_one_tunnel(struct pair *pair, const struct change *change)
{
	unsigned pairs = strchr(change->subnets, ',') != NULL ? 2 : 1, tunnels = pairs;

	/* who is asked for a pair that he does not have yet takes the others alone */
	if (strstr(change->subnets, "subnets=") == NULL &&
	    pair->west.gateway->sas.child_count < pairs)
		tunnels = 1;

	assert_int_equal(pair->west.gateway->sas.ike_count, 1);
	assert_int_equal(pair->east.gateway->sas.ike_count, 1);
	assert_int_equal(pair->west.gateway->sas.child_count, tunnels);
	assert_int_equal(pair->east.gateway->sas.child_count, tunnels);
	assert_int_equal(kernel_simulated_sa_count(pair->west.kernel), 2 * tunnels);
	assert_int_equal(kernel_simulated_sa_count(pair->east.kernel), 2 * tunnels);
	assert_int_equal(kernel_simulated_policy_count(pair->west.kernel), 3 * pairs);
	assert_int_equal(kernel_simulated_policy_count(pair->east.kernel), 3 * pairs);
	assert_int_equal(pair->west.gateway->peers.count, 1);
	assert_int_equal(pair->west.gateway->peers.tunnel_count, tunnels);
}

static void play(const struct change *change, const char *auto_west, unsigned apart)
{
	char conf[1024], more[256];
	struct pair pair;

	up(&pair, auto_west);
	ping_for(&pair, 20);
	(void)snprintf(more, sizeof(more), "%s%s", change->more, auto_west);
	end_reload(&pair.west, conn(conf, change->ids, change->subnets, more));
	ping_for(&pair, apart);
	(void)snprintf(more, sizeof(more), "%s\tauto=add\n", change->more);
	if (change->east_too)
		end_reload(&pair.east, conn(conf, change->ids, change->subnets, more));
	ping_for(&pair, 20000);
	if (lost > change->lost)
		fail_msg("%s, %u ms apart: %u packets lost", change->what, apart, lost);
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_one_tunnel(&pair, change);
	ping_for(&pair, 5);
	assert_in_range(lost, 0, change->lost);
	pair_end(&pair);
}

static void what_needs_new_sas_is_made_before_the_old_ones_go(void **state)
{
	static const unsigned apart[] = { 0, 1, 400, 4000 };

	(void)state;
	for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		for (unsigned j = 0; j < sizeof(apart) / sizeof(apart[0]); j++) {
			play(&changes[i], "\tauto=start\n", apart[j]);
			play(&changes[i], "\tauto=add\n", apart[j]);
		}
}

/* ---- what comes in between ---- */

static const struct change wider = {
	"wider", IDS, "\tleftsubnet=10.1.0.0/16\n\trightsubnet=10.2.0.0/16\n", "", true, 0
};
static const struct change renamed = { "renamed", "\tleftid=@new\n\trightid=@east\n",
				       SUBNETS,	  "",
				       true,	  0 };

static void take(struct end *end, const struct change *change, const char *start)
{
	char conf[1024];

	end_reload(end, conn(conf, change->ids, change->subnets, start));
}

static void reload_both(struct pair *pair, const struct change *change)
{
	take(&pair->west, change, "\tauto=start\n");
	take(&pair->east, change, "\tauto=add\n");
}

static void settle(struct pair *pair, const struct change *change)
{
	ping_for(pair, 3000);
	world_run(pair->world, 100 * USEC_PER_SEC);
	assert_one_tunnel(pair, change);
	ping_for(pair, 5);
	assert_int_equal(lost, 0);
	pair_end(pair);
}

static void two_reloads_soon_after_each_other_lose_no_packet(void **state)
{
	struct pair pair;

	(void)state;
	for (unsigned apart = 0; apart < 12; apart++) {
		up(&pair, "\tauto=start\n");
		reload_both(&pair, apart % 2 != 0 ? &wider : &renamed);
		ping_for(&pair, apart / 2);
		reload_both(&pair, apart % 2 != 0 ? &renamed : &wider);
		settle(&pair, &wider);
	}
}

static void a_change_that_is_taken_back_at_once_loses_no_packet(void **state)
{
	static const struct change before = { "before", IDS, SUBNETS, "", true, 0 };
	struct pair pair;

	(void)state;
	for (unsigned apart = 0; apart < 12; apart++) {
		up(&pair, "\tauto=start\n");
		reload_both(&pair, apart % 2 != 0 ? &wider : &renamed);
		ping_for(&pair, apart / 2);
		reload_both(&pair, &before);
		settle(&pair, &before);
	}
}

static void reload_at_any_moment_of_a_rekey_loses_no_packet(void **state)
{
	struct diag diag;
	struct pair pair;

	(void)state;
	for (unsigned steps = 0; steps < 48; steps++) {
		up(&pair, "\tauto=start\n");
		assert_int_equal(
			gateway_rekey(steps % 4 < 2 ? pair.west.gateway : pair.east.gateway, "t",
				      steps % 2 != 0 ? REKEY_IKE : REKEY_CHILD, &diag),
			RC_OK);
		for (unsigned i = 0; i < steps / 4; i++)
			(void)world_step(pair.world);
		reload_both(&pair, steps % 3 != 0 ? &wider : &renamed);
		settle(&pair, &wider);
	}
}

static void the_old_one_goes_when_the_new_one_cannot_come(void **state)
{
	struct pair pair;

	(void)state;
	up(&pair, "\tauto=start\n");
	take(&pair.west, &renamed, "\tauto=start\n");
	ping_for(&pair, 29000);
	assert_int_equal(lost, 0);
	world_run(pair.world, 3 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->sas.child_count, 0);
	assert_int_equal(pair.east.gateway->sas.child_count, 0);
	take(&pair.east, &renamed, "\tauto=add\n");
	world_run(pair.world, 100 * USEC_PER_SEC);
	assert_one_tunnel(&pair, &renamed);
	pair_end(&pair);
}

static void down_and_delete_end_the_old_one_too(void **state)
{
	struct diag diag;
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		up(&pair, "\tauto=start\n");
		take(&pair.west, &renamed, "\tauto=start\n");
		ping_for(&pair, 1000);
		assert_int_equal(i == 0 ? gateway_down(pair.west.gateway, "t", &diag)
					: gateway_delete(pair.west.gateway, "t", &diag),
				 RC_OK);
		world_run(pair.world, USEC_PER_SEC);
		end_assert_childless(&pair.west);
		end_assert_childless(&pair.east);
		pair_end(&pair);
	}
}

/* ---- out of memory ---- */

/* Where there is no memory for it, nothing has changed, and it can be asked for again. */
static void reload_fails_once(struct pair *pair, struct config *config, unsigned nth)
{
	struct diag diag;
	enum rc rc;

	mem_fail_nth(nth);
	rc = gateway_reload(pair->west.gateway, config, &diag);
	world_run(pair->world, USEC_PER_SEC);
	mem_fail_nth(0);
	if (rc != RC_OK)
		assert_int_equal(gateway_reload(pair->west.gateway, config, &diag), RC_OK);
}

static void allocation_fails(const struct change *change, const char *start, unsigned n)
{
	char west[1024];
	struct config *config = load_conf(conn(west, change->ids, change->subnets, start));
	struct pair pair;
	uint32_t reqid;

	up(&pair, start);
	reqid = peers_tunnel(&pair.west.gateway->peers, "t")->reqid;
	take(&pair.east, change, "\tauto=add\n");
	reload_fails_once(&pair, config, n);
	config_unref(config);
	world_run(pair.world, 200 * USEC_PER_SEC);
	assert_one_tunnel(&pair, change);
	assert_int_equal(peers_tunnel(&pair.west.gateway->peers, "t")->reqid, reqid);
	ping_for(&pair, 5);
	assert_int_equal(lost, 0);
	pair_end(&pair);
}

static void any_one_allocation_may_fail(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 120; n++)
		allocation_fails(&renamed, "\tauto=start\n", n);
}

/* What the operator has brought up comes again, with the reqid that it had. */
static void any_one_may_fail_for_what_the_operator_brought_up(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 60; n++) {
		allocation_fails(&renamed, "\tauto=add\n", n);
		allocation_fails(&wider, "\tauto=add\n", n);
	}
}

/* ---- a peer that takes parts ---- */

#define TWO_AT_ONCE	"\tleftsubnet=10.1.0.0/24,10.3.0.0/24\n\trightsubnet=10.2.0.0/24\n"
#define ONE_AT_A_TIME	"\tleftsubnets={10.1.0.0/24,10.3.0.0/24}\n\trightsubnet=10.2.0.0/24\n"
#define CREATE_CHILD_SA 36

/* Once a new Child SA is up no other one can be made. */
static bool lose_further_ones(void *context, struct flight *flight)
{
	const struct pair *pair = context;

	return pair->west.child_up < 2 || flight->bytes[18] != CREATE_CHILD_SA;
}

static unsigned to_be_deleted(const struct end *end)
{
	unsigned count = 0;

	list_for(p, &end->gateway->peers.list)
	{
		const struct peer *peer = container_of(p, struct peer, in_peers);
		list_for(t, &peer->tunnels)
		{
			const struct tunnel *tunnel = container_of(t, struct tunnel, in_peer);
			list_for(c, &tunnel->child_sas) count +=
				container_of(c, struct child_sa, in_tunnel)->delete_wanted;
		}
	}
	return count;
}

/* The first new Child SA has a part of the selectors, and the second one takes its time: the old
 * one, which has both, stays until then. */
static void what_has_a_part_alone_does_not_end_what_had_all(void **state)
{
	char west[1024], east[1024];
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, conn(west, IDS, TWO_AT_ONCE, "\tauto=add\n"),
		   conn(east, IDS, TWO_AT_ONCE, "\tauto=add\n"), SECRETS, SECRETS);
	world_set_network(pair.world, &(struct world_network){ .delay = USEC_PER_MSEC });
	end_up(&pair.west, "t");
	world_run(pair.world, 5 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 1);
	world_tap(pair.world, lose_further_ones, &pair);
	end_reload(&pair.east, conn(east, IDS, ONE_AT_A_TIME, "\tauto=add\n"));
	end_reload(&pair.west, conn(west, IDS, TWO_AT_ONCE, "\tpriority=77\n\tauto=add\n"));
	for (unsigned i = 0; i < 80; i++) {
		world_run(pair.world, USEC_PER_SEC / 10);
		assert_int_equal(pair_ping_hosts(&pair, "10.3.0.5", "10.2.0.5"), SIMULATED_ARRIVED);
	}
	assert_in_range(pair.west.child_up, 2, 3);
	assert_int_equal(to_be_deleted(&pair.west), pair.west.child_up - 2); /* made by both ends */
	world_tap(pair.world, NULL, NULL);
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.5", "10.2.0.5"), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(&pair, "10.3.0.5", "10.2.0.5"), SIMULATED_ARRIVED);
	assert_int_equal(pair.west.gateway->sas.child_count, 2);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_needs_new_sas_is_made_before_the_old_ones_go),
		cmocka_unit_test(two_reloads_soon_after_each_other_lose_no_packet),
		cmocka_unit_test(a_change_that_is_taken_back_at_once_loses_no_packet),
		cmocka_unit_test(reload_at_any_moment_of_a_rekey_loses_no_packet),
		cmocka_unit_test(the_old_one_goes_when_the_new_one_cannot_come),
		cmocka_unit_test(what_has_a_part_alone_does_not_end_what_had_all),
		cmocka_unit_test(down_and_delete_end_the_old_one_too),
		cmocka_unit_test(any_one_allocation_may_fail),
		cmocka_unit_test(any_one_may_fail_for_what_the_operator_brought_up),
	};

	return exchange_run(tests);
}
