/* SPDX-License-Identifier: Apache-2.0 */
/* nic-offload=: what a card can, what it must, and what becomes of a tunnel when it cannot. */
#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

#define SEC USEC_PER_SEC

static unsigned count_offloaded(struct end *end, enum kernel_offload how)
{
	struct simulated_sa sa;
	unsigned count = 0;

	for (size_t index = 0; kernel_simulated_sa(end->kernel, index, &sa); index++)
		count += sa.sa.offload == how;
	return count;
}

static unsigned count_policies(struct end *end)
{
	struct kernel_policy policy;
	unsigned count = 0;

	for (size_t index = 0; kernel_simulated_policy(end->kernel, index, &policy); index++)
		count += policy.offload;
	return count;
}

/* West's card can so much. */
static void start(struct pair *pair, const char *west, enum kernel_offload most)
{
	pair_start(pair, 1, west, NULL, NULL, NULL);
	kernel_simulated_offload(pair->west.kernel, most);
	end_up(&pair->west, "t");
	pair_run(pair, 3 * SEC);
}

static void rekey(struct pair *pair)
{
	struct child_sa *child = tunnel_current(peers_tunnel(&pair->west.gateway->peers, "t"));
	uint64_t serial = child->serial;

	child->replace_at = 0;
	peer_dirty(child->tunnel->peer);
	pair_run(pair, 300 * SEC);
	pair_assert_tunnel(pair);
	child = tunnel_current(peers_tunnel(&pair->west.gateway->peers, "t"));
	assert_int_not_equal(child->serial, serial);
}

static void the_card_does_it_also_after_a_rekey(void **state)
{
	static const struct {
		const char *conf;
		enum kernel_offload how;
		unsigned policies; /* what is forwarded is checked in software */
	} cases[] = { { PAIR_CONN "\tnic-offload=yes\n", KERNEL_OFFLOAD_CRYPTO, 0 },
		      { PAIR_CONN "\tnic-offload=auto\n", KERNEL_OFFLOAD_CRYPTO, 0 },
		      { PAIR_CONN "\tnic-offload=packet\n", KERNEL_OFFLOAD_PACKET, 2 } };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct pair pair;
		start(&pair, cases[i].conf, KERNEL_OFFLOAD_PACKET);
		pair_assert_tunnel(&pair);
		assert_int_equal(count_offloaded(&pair.west, cases[i].how), 2);
		assert_int_equal(count_policies(&pair.west), cases[i].policies);
		assert_int_equal(count_offloaded(&pair.east, KERNEL_OFFLOAD_NONE), 2);
		rekey(&pair);
		assert_int_equal(count_offloaded(&pair.west, cases[i].how), 2);
		assert_int_equal(count_policies(&pair.west), cases[i].policies);
		pair_end(&pair);
	}
}

static void auto_goes_on_without_a_card(void **state)
{
	struct pair pair;

	(void)state;
	start(&pair, PAIR_CONN "\tnic-offload=auto\n", KERNEL_OFFLOAD_NONE);
	pair_assert_tunnel(&pair);
	assert_int_equal(count_offloaded(&pair.west, KERNEL_OFFLOAD_NONE), 2);
	assert_int_equal(pair.west.failed, 0);
	assert_false(end_said(&pair.west, "no ESP offload"));
	pair_end(&pair);
}

/* It is told at load, the Child SA fails with the reason, and comes up when the card can. */
static void what_is_asked_for_is_waited_for(void **state)
{
	struct pair pair;

	(void)state;
	start(&pair, PAIR_START "\tnic-offload=crypto\n", KERNEL_OFFLOAD_NONE);
	assert_true(end_said(&pair.west, "conn t: the network card has no ESP offload; with "
					 "nic-offload=crypto no Child SA will come up"));
	assert_true(end_said(&pair.west, "nic-offload=auto uses the network card where it can"));
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 0);
	assert_int_equal(kernel_simulated_sa_count(pair.east.kernel), 0);
	assert_int_equal(pair.west.child_up, 0);
	pair_run(&pair, 60 * SEC);
	unsigned failed = pair.west.failed;
	assert_in_range(failed, 2, 20); /* with pauses that grow */
	kernel_simulated_offload(pair.west.kernel, KERNEL_OFFLOAD_CRYPTO);
	pair_run(&pair, 120 * SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(count_offloaded(&pair.west, KERNEL_OFFLOAD_CRYPTO), 2);
	pair_end(&pair);
}

static void a_card_that_encrypts_only_does_not_take_whole_packets(void **state)
{
	struct pair pair;

	(void)state;
	start(&pair, PAIR_CONN "\tnic-offload=packet\n", KERNEL_OFFLOAD_CRYPTO);
	assert_int_equal(pair.west.child_up, 0);
	assert_true(end_said(&pair.west, "nic-offload=packet needs Linux 6.2 and a card that can"));
	pair_end(&pair);
}

#define ENDS                                                                                       \
	"\tleftid=@west\n\trightid=@east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"   \
	"\tauthby=secret\n\tauto=add\n"

/* ESP in UDP: auto does not even try. */
static void behind(const char *offload, unsigned up, const char *says)
{
	char west[400];
	struct pair pair = { .world = world_new(7) };

	(void)snprintf(west, sizeof west,
		       "conn t\n\tleft=10.0.0.9\n\tright=192.0.2.2\n" ENDS "\tnic-offload=%s\n",
		       offload);
	assert_int_equal(world_nat(pair.world, "10.0.0.0/24", "198.51.100.1", 60 * SEC), RC_OK);
	end_start(pair.world, &pair.west, "west", "10.0.0.9", west, NULL);
	end_start(pair.world, &pair.east, "east", EAST_ADDRESS,
		  "conn t\n\tleft=%any\n\tright=192.0.2.2\n" ENDS, NULL);
	kernel_simulated_offload(pair.west.kernel, KERNEL_OFFLOAD_PACKET);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * SEC);
	assert_int_equal(pair.west.child_up, up);
	if (says != NULL)
		assert_true(end_said(&pair.west, says));
	pair_end(&pair);
}

static void behind_a_nat_no_card_can(void **state)
{
	(void)state;
	behind("auto", 1, NULL);
	behind("yes", 0, "a NAT is between, and cards cannot do ESP in UDP");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_card_does_it_also_after_a_rekey),
		cmocka_unit_test(auto_goes_on_without_a_card),
		cmocka_unit_test(what_is_asked_for_is_waited_for),
		cmocka_unit_test(a_card_that_encrypts_only_does_not_take_whole_packets),
		cmocka_unit_test(behind_a_nat_no_card_can),
	};

	return exchange_run(tests);
}
