/* SPDX-License-Identifier: Apache-2.0 */
/* DPD with IKEv1 (RFC 3706): dpddelay=, dpdtimeout= and dpdaction=, whoever began, with an ISAKMP
 * SA and without one. */
#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

#define V1	   PAIR_BASE "\tkeyexchange=ikev1\n"
#define V1_ADD	   V1 "\tauto=add\n"
#define DPD	   V1 "\tdpddelay=10s\n\tdpdtimeout=25s\n"
#define SECRETS_V1 ": PSK \"correct horse battery staple\"\n"

static struct tunnel *tunnel_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_non_null(tunnel);
	return tunnel;
}

static void begin(struct pair *pair, const char *west, bool west_begins)
{
	pair_start(pair, 1, west, V1_ADD, SECRETS_V1, SECRETS_V1);
	end_up(west_begins ? &pair->west : &pair->east, "t");
	pair_run(pair, 3 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

/* What it had in its kernel stays. */
static void die(struct pair *pair)
{
	end_crash(&pair->east);
}

static void conf_of(char conf[600], const char *base, const char *action)
{
	(void)snprintf(conf, 600, "%s\tdpdaction=%s\n", base, action);
}

static struct selector host_of(const char *address)
{
	struct ip_range range;

	assert_int_equal(range_parse(address, &range, NULL), RC_OK);
	return selector_make(&range, 0, 0);
}

/* Whoever might take it there. */
static bool leaves_in_clear(struct end *end)
{
	const struct selector src = host_of("10.1.0.7"), dst = host_of("10.2.0.7");

	return kernel_simulated_packet(end->kernel, NULL, &src, &dst, 84) == SIMULATED_CLEAR;
}

/* A ping a second: did one of them leave in clear? */
static bool any_clear(struct pair *pair, unsigned seconds)
{
	bool clear = false;

	for (unsigned i = 0; i < seconds; i++) {
		pair_run(pair, USEC_PER_SEC);
		clear = leaves_in_clear(&pair->west) || clear;
	}
	return clear;
}

static void a_peer_is_dead_dpdtimeout_after_its_last_word(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, DPD "\tauto=add\n", false);
	die(&pair);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_down, 0);
	pair_run(&pair, 7 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_down, 1);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 0);
	assert_true(end_said(&pair.west, "peer does not answer (R-U-THERE)"));
	assert_true(end_said(&pair.west, "ended: the peer does not answer"));
	assert_false(end_said(&pair.west, "lifetime"));
	pair_end(&pair);
}

/* A lost answer is no death. */
static void a_bad_network_kills_nobody(void **state)
{
	struct world_network network = { .loss = 100, .delay = 50 * USEC_PER_MSEC };
	struct pair pair;

	(void)state;
	begin(&pair, V1 "\tdpddelay=10s\n\tdpdtimeout=120s\n\tauto=add\n", true);
	world_set_network(pair.world, &network);
	pair_run(&pair, 1800 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_down, 0);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static bool tells_nothing(void *context, struct flight *flight)
{
	struct ike_header header;

	(void)context;
	return wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	       header.exchange != EXCHANGE_V1_INFORMATIONAL;
}

/* The last wait is the longest one. */
static void a_packet_after_the_last_question_is_an_answer(void **state)
{
	struct pair pair;
	struct ike_sa *sa;
	unsigned steps = 0;

	(void)state;
	begin(&pair, V1 "\tdpddelay=10s\n\tretransmit-tries=3\n\tauto=add\n", true);
	world_tap(pair.world, tells_nothing, NULL);
	sa = container_of(tunnel_of(&pair.west)->peer->ike_sas.next, struct ike_sa, in_peer);
	while (sa->request.tries < 4 && steps++ < 10000)
		pair_run(&pair, 10 * USEC_PER_MSEC);
	assert_int_equal(sa->request.tries, 4);
	pair_run(&pair, 10 * USEC_PER_MSEC);
	assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
	pair_run(&pair, 7 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_down + pair.west.child_down, 0);
	assert_null(sa->request.bytes);
	pair_end(&pair);
}

static void hold_lets_nothing_leave_in_clear(void **state)
{
	static const char *const words[] = { "hold", "trap" };
	char conf[600];
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		conf_of(conf, i < 2 ? DPD "\tauto=add\n" : DPD "\tauto=start\n", words[i % 2]);
		begin(&pair, conf, i >= 2);
		die(&pair);
		assert_false(any_clear(&pair, 200));
		assert_int_equal(pair.west.ike_down, 1);
		assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 0);
		assert_true(tunnel_of(&pair.west)->trap_installed);
		end_boot(&pair.east, V1_ADD, SECRETS_V1);
		assert_false(any_clear(&pair, 200));
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

static void clear_ends_it_until_the_peer_begins(void **state)
{
	char conf[600];
	struct pair pair;

	(void)state;
	conf_of(conf, DPD "\tauto=add\n", "clear");
	begin(&pair, conf, false);
	die(&pair);
	pair_run(&pair, 60 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 0);
	assert_true(leaves_in_clear(&pair.west));
	end_boot(&pair.east, V1_ADD, SECRETS_V1);
	pair_run(&pair, 100 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_up, 1);
	end_up(&pair.east, "t");
	pair_run(&pair, 5 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void restart_begins_it_anew(void **state)
{
	char conf[600];
	struct pair pair;

	(void)state;
	conf_of(conf, DPD "\tauto=add\n", "restart");
	begin(&pair, conf, false);
	die(&pair);
	pair_run(&pair, 60 * USEC_PER_SEC);
	assert_int_equal(tunnel_of(&pair.west)->wanted, WANTED_UP);
	end_boot(&pair.east, V1_ADD, SECRETS_V1);
	pair_run(&pair, 300 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void what_is_wanted_comes_back_whatever_dpdaction_says(void **state)
{
	static const char *const words[] = { "hold", "clear", "restart" };
	char conf[600];
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		conf_of(conf, DPD "\tauto=start\n", words[i]);
		begin(&pair, conf, true);
		die(&pair);
		pair_run(&pair, 60 * USEC_PER_SEC);
		end_boot(&pair.east, V1_ADD, SECRETS_V1);
		pair_run(&pair, 300 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

/* ---- its ISAKMP SA is gone, and so is the peer ---- */

static bool steals_one(void *context, struct flight *flight)
{
	unsigned *left = context;
	struct ike_header header;

	if (*left == 0 ||
	    wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	    header.exchange != EXCHANGE_V1_INFORMATIONAL)
		return true;
	--*left;
	return false;
}

/* East deletes the ISAKMP SA, its other Delete is lost, and nothing is heard of it again. */
static void go_and_die(struct pair *pair)
{
	struct diag diag;
	unsigned left = 1;

	world_tap(pair->world, steals_one, &left);
	assert_int_equal(gateway_down(pair->east.gateway, "t", &diag), RC_OK);
	pair_run(pair, 20 * USEC_PER_MSEC);
	assert_int_equal(left, 0);
	world_tap(pair->world, NULL, NULL);
	assert_true(end_said(&pair->west, "replace IPsec SA #"));
	assert_int_equal(world_partition(pair->world, pair->west.host, pair->east.host, true),
			 RC_OK);
}

static void come_back(struct pair *pair)
{
	assert_int_equal(world_partition(pair->world, pair->west.host, pair->east.host, false),
			 RC_OK);
	pair_run(pair, 300 * USEC_PER_SEC);
}

static void without_phase_1_a_dead_peer_is_held(void **state)
{
	char conf[600];
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		conf_of(conf, i == 0 ? DPD "\tauto=add\n" : DPD "\tauto=start\n", "hold");
		begin(&pair, conf, i == 1);
		go_and_die(&pair);
		assert_false(any_clear(&pair, 200));
		assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 0);
		assert_true(tunnel_of(&pair.west)->trap_installed);
		come_back(&pair);
		(void)pair_ping(&pair, true);
		pair_run(&pair, 60 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

static void without_phase_1_a_dead_peer_is_begun_anew(void **state)
{
	char conf[600];
	struct pair pair;

	(void)state;
	conf_of(conf, DPD "\tauto=add\n", "restart");
	begin(&pair, conf, false);
	go_and_die(&pair);
	pair_run(&pair, 200 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 0);
	assert_int_equal(tunnel_of(&pair.west)->wanted, WANTED_UP);
	come_back(&pair);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void without_phase_1_a_dead_peer_is_cleared(void **state)
{
	char conf[600];
	struct pair pair;

	(void)state;
	conf_of(conf, DPD "\tauto=add\n", "clear");
	begin(&pair, conf, false);
	go_and_die(&pair);
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 2); /* not asked yet */
	pair_run(&pair, 200 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 0);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 0);
	assert_int_equal(pair.west.gateway->sas.ike_count, 0);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_is_dead_dpdtimeout_after_its_last_word),
		cmocka_unit_test(a_bad_network_kills_nobody),
		cmocka_unit_test(a_packet_after_the_last_question_is_an_answer),
		cmocka_unit_test(hold_lets_nothing_leave_in_clear),
		cmocka_unit_test(clear_ends_it_until_the_peer_begins),
		cmocka_unit_test(restart_begins_it_anew),
		cmocka_unit_test(what_is_wanted_comes_back_whatever_dpdaction_says),
		cmocka_unit_test(without_phase_1_a_dead_peer_is_held),
		cmocka_unit_test(without_phase_1_a_dead_peer_is_begun_anew),
		cmocka_unit_test(without_phase_1_a_dead_peer_is_cleared),
	};

	return exchange_run(tests);
}
