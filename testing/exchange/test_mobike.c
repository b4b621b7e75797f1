/* SPDX-License-Identifier: Apache-2.0 */
/* MOBIKE (RFC 4555): west began and moves; east follows. No SA is made anew. */
#include "exchange/pair.h"
#include "unit/test.h"

#define COMMON                                                                                     \
	"\tleftid=@west\n\trightid=@east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"   \
	"\tauthby=secret\n\tauto=add\n"
#define ROAMER	 "conn t\n\tleft=%defaultroute\n\tright=192.0.2.2\n\tmobike=yes\n" COMMON
#define FOLLOWER "conn t\n\tleft=%any\n\tright=192.0.2.2\n\tmobike=yes\n" COMMON

struct stage {
	struct pair pair;
	unsigned count, lose, repeat; /* datagrams; which of them is lost, or comes twice */
	bool recorded;
	struct flight kept;
	uint8_t bytes[2048];
};

static bool on_wire(void *context, struct flight *flight)
{
	struct stage *stage = context;
	unsigned nth = ++stage->count;

	if (!stage->recorded && flight->len < sizeof(stage->bytes) &&
	    flight->to.addr.bytes[3] == 2) {
		stage->recorded = true;
		stage->kept = *flight;
		memcpy(stage->bytes, flight->bytes, flight->len);
	}
	if (nth == stage->repeat)
		assert_int_equal(world_inject(stage->pair.world, &flight->from, &flight->to,
					      span_make(flight->bytes, flight->len)),
				 RC_OK);
	return nth != stage->lose;
}

static void begin(struct stage *stage, const char *address, const char *west, const char *east)
{
	struct world_network network = { .delay = 10 * USEC_PER_MSEC };

	*stage = (struct stage){ .pair.world = world_new(11) };
	assert_non_null(stage->pair.world);
	assert_int_equal(
		world_nat(stage->pair.world, "10.0.0.0/24", "198.51.100.1", 60 * USEC_PER_SEC),
		RC_OK);
	world_set_network(stage->pair.world, &network);
	end_start(stage->pair.world, &stage->pair.west, "west", address, west, NULL);
	end_start(stage->pair.world, &stage->pair.east, "east", EAST_ADDRESS, east, NULL);
	end_up(&stage->pair.west, "t");
	world_run(stage->pair.world, 3 * USEC_PER_SEC);
	assert_int_equal(stage->pair.west.child_up + stage->pair.east.child_up, 2);
	world_tap(stage->pair.world, on_wire, stage);
}

static void end_stage(struct stage *stage)
{
	pair_end(&stage->pair);
}

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	if (tunnel->peer->template)
		tunnel = peers_tunnel(&end->gateway->peers, "t[1]");
	assert_non_null(tunnel);
	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

static struct ip_addr addr(const char *text)
{
	struct ip_addr out;

	assert_int_equal(ip_parse(text, &out), RC_OK);
	return out;
}

static void assert_kernel_at(struct end *end, const char *ours, const char *theirs, bool encap)
{
	struct ip_addr us = addr(ours), them = addr(theirs);
	struct kernel_policy policy;
	struct simulated_sa sa;

	assert_int_equal(kernel_simulated_sa_count(end->kernel), 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(kernel_simulated_sa(end->kernel, i, &sa));
		bool in = sa.sa.direction == KERNEL_IN;
		assert_true(ip_equal(&sa.sa.src, in ? &them : &us));
		assert_true(ip_equal(&sa.sa.dst, in ? &us : &them));
		assert_int_equal(sa.sa.encap.local_port != 0, encap);
	}
	assert_int_equal(kernel_simulated_policy_count(end->kernel), 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(kernel_simulated_policy(end->kernel, i, &policy));
		assert_true(ip_equal(policy.direction == KERNEL_OUT ? &policy.tunnel_src
								    : &policy.tunnel_dst,
				     &us));
	}
}

/* The same SAs as at the beginning, at these addresses as each end sees them. */
static void assert_at(struct stage *stage, const char *west, const char *west_seen,
		      const char *east, bool encap)
{
	struct end *w = &stage->pair.west, *e = &stage->pair.east;
	struct ip_addr seen = addr(west_seen), ours = addr(west), theirs = addr(east);

	assert_int_equal(w->ike_down + w->child_down + e->ike_down + e->child_down, 0);
	assert_int_equal(w->child_up + e->child_up, 2);
	assert_true(ip_equal(&sa_of(w)->local.addr, &ours));
	assert_true(ip_equal(&sa_of(w)->remote.addr, &theirs));
	assert_true(ip_equal(&sa_of(e)->remote.addr, &seen));
	assert_int_equal(sa_of(w)->encap, encap);
	assert_int_equal(sa_of(e)->encap, encap);
	assert_kernel_at(w, west, east, encap);
	assert_kernel_at(e, east, west_seen, encap);
}

static void assert_traffic(struct stage *stage)
{
	assert_int_equal(pair_ping(&stage->pair, true), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping(&stage->pair, false), SIMULATED_ARRIVED);
}

static void go(struct stage *stage, const char *from, const char *to)
{
	world_host_remove_address(stage->pair.west.host, from);
	assert_int_equal(world_host_add_address(stage->pair.west.host, to), RC_OK);
}

static void the_tunnel_goes_along_to_another_address(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "192.0.2.10", ROAMER, FOLLOWER);
	assert_int_equal(sa_of(&stage.pair.west)->local.port, 4500); /* §3.3: also without NAT */
	assert_at(&stage, "192.0.2.10", "192.0.2.10", "192.0.2.2", false);
	for (unsigned i = 0; i < 3; i++) {
		go(&stage, "192.0.2.10", "192.0.2.77");
		world_run(stage.pair.world, USEC_PER_SEC);
		assert_at(&stage, "192.0.2.77", "192.0.2.77", "192.0.2.2", false);
		assert_traffic(&stage);
		go(&stage, "192.0.2.77", "192.0.2.10");
		world_run(stage.pair.world, USEC_PER_SEC);
		assert_at(&stage, "192.0.2.10", "192.0.2.10", "192.0.2.2", false);
		assert_traffic(&stage);
	}
	end_stage(&stage);
}

static void a_time_without_any_address_is_survived(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "192.0.2.10", ROAMER, FOLLOWER);
	world_host_remove_address(stage.pair.west.host, "192.0.2.10");
	world_run(stage.pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(world_host_add_address(stage.pair.west.host, "192.0.2.77"), RC_OK);
	world_run(stage.pair.world, USEC_PER_SEC);
	assert_at(&stage, "192.0.2.77", "192.0.2.77", "192.0.2.2", false);
	end_stage(&stage);
}

static void it_goes_behind_a_nat_and_comes_out_again(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "192.0.2.10", ROAMER, FOLLOWER);
	go(&stage, "192.0.2.10", "10.0.0.9");
	world_run(stage.pair.world, USEC_PER_SEC);
	assert_at(&stage, "10.0.0.9", "198.51.100.1", "192.0.2.2", true);
	assert_true(sa_of(&stage.pair.west)->nat_here);
	assert_true(sa_of(&stage.pair.east)->nat_there);
	go(&stage, "10.0.0.9", "192.0.2.11");
	world_run(stage.pair.world, USEC_PER_SEC);
	assert_at(&stage, "192.0.2.11", "192.0.2.11", "192.0.2.2", false);
	assert_false(sa_of(&stage.pair.west)->nat_here);
	assert_traffic(&stage);
	end_stage(&stage);
}

/* For want of an IPv4 address the tunnel goes over IPv6, with the address that east has told; and
 * back at once when there is one. */
static void it_changes_the_ip_version_and_comes_back(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "192.0.2.10", ROAMER, FOLLOWER);
	assert_int_equal(world_host_add_address(stage.pair.east.host, "2001:db8::2"), RC_OK);
	assert_int_equal(world_host_add_address(stage.pair.west.host, "2001:db8::1"), RC_OK);
	world_run(stage.pair.world, USEC_PER_SEC);
	assert_at(&stage, "192.0.2.10", "192.0.2.10", "192.0.2.2", false);
	world_host_remove_address(stage.pair.west.host, "192.0.2.10");
	world_run(stage.pair.world, USEC_PER_SEC);
	assert_at(&stage, "2001:db8::1", "2001:db8::1", "2001:db8::2", false);
	assert_traffic(&stage);
	assert_int_equal(world_host_add_address(stage.pair.west.host, "192.0.2.77"), RC_OK);
	world_run(stage.pair.world, USEC_PER_SEC);
	assert_at(&stage, "192.0.2.77", "192.0.2.77", "192.0.2.2", false);
	assert_traffic(&stage);
	end_stage(&stage);
}

static void one_that_began_behind_a_nat_comes_out(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "10.0.0.9", ROAMER, FOLLOWER);
	assert_at(&stage, "10.0.0.9", "198.51.100.1", "192.0.2.2", true);
	go(&stage, "10.0.0.9", "192.0.2.11");
	world_run(stage.pair.world, USEC_PER_SEC);
	assert_at(&stage, "192.0.2.11", "192.0.2.11", "192.0.2.2", false);
	end_stage(&stage);
}

static void any_single_loss_or_repetition_is_harmless(void **state)
{
	struct stage stage;

	(void)state;
	for (unsigned nth = 1; nth <= 5; nth++)
		for (unsigned repeat = 0; repeat < 2; repeat++) {
			begin(&stage, "192.0.2.10", ROAMER, FOLLOWER);
			stage.lose = repeat ? 0 : nth;
			stage.repeat = repeat ? nth : 0;
			go(&stage, "192.0.2.10", "10.0.0.9");
			world_run(stage.pair.world, 20 * USEC_PER_SEC);
			assert_at(&stage, "10.0.0.9", "198.51.100.1", "192.0.2.2", true);
			end_stage(&stage);
		}
}

/* RFC 4555 §5.3: what is authentic and old comes from the attacker's address. */
static void a_repeated_update_from_elsewhere_moves_nothing(void **state)
{
	struct ip_endpoint attacker = { .port = 4500 }, east = { .port = 4500 };
	struct stage stage;

	(void)state;
	attacker.addr = addr("203.0.113.66");
	east.addr = addr(EAST_ADDRESS);
	begin(&stage, "192.0.2.10", ROAMER, FOLLOWER);
	go(&stage, "192.0.2.10", "192.0.2.77");
	world_run(stage.pair.world, USEC_PER_SEC);
	assert_true(stage.recorded);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(world_inject(stage.pair.world, &attacker, &east,
					      span_make(stage.bytes, stage.kept.len)),
				 RC_OK);
		world_run(stage.pair.world, USEC_PER_SEC);
	}
	assert_at(&stage, "192.0.2.77", "192.0.2.77", "192.0.2.2", false);
	end_stage(&stage);
}

/* §3.7: the attacker holds the update back and sends it from an address where nobody answers: no
 * traffic goes there, and the next word of west brings its peer back. */
static bool hijack(void *context, struct flight *flight)
{
	struct stage *stage = context;

	if (flight->to.addr.bytes[3] == 2 && stage->count++ == 0)
		flight->from.addr = addr("203.0.113.66");
	return true;
}

static void no_traffic_goes_where_nobody_answers(void **state)
{
	struct ip_addr nobody = addr("203.0.113.66");
	struct simulated_sa sa;
	struct stage stage;

	(void)state;
	begin(&stage, "192.0.2.10", ROAMER "\tdpddelay=5s\n", FOLLOWER);
	stage.count = 0;
	world_tap(stage.pair.world, hijack, &stage);
	go(&stage, "192.0.2.10", "192.0.2.77");
	for (unsigned i = 0; i < 400; i++) {
		world_run(stage.pair.world, 50 * USEC_PER_MSEC);
		for (unsigned j = 0; j < 2; j++)
			if (kernel_simulated_sa(stage.pair.east.kernel, j, &sa))
				assert_false(ip_equal(&sa.sa.dst, &nobody));
	}
	assert_traffic(&stage);
	end_stage(&stage);
}

/* He also brings east's question to west, as if east had asked there: the answer is authentic, but
 * comes from elsewhere. */
static bool hijack_and_bring(void *context, struct flight *flight)
{
	struct stage *stage = context;
	struct ip_endpoint west = { .port = IKE_NATT_PORT, .addr = addr("192.0.2.77") };

	if (flight->to.addr.bytes[0] != 203)
		return hijack(context, flight);
	stage->lose++;
	(void)(world_inject(stage->pair.world, &flight->from, &west,
			    span_make(flight->bytes, flight->len)) == RC_OK);
	return false;
}

static void an_answer_from_elsewhere_proves_no_address(void **state)
{
	struct ip_addr nobody = addr("203.0.113.66");
	struct simulated_sa sa;
	struct stage stage;

	(void)state;
	begin(&stage, "192.0.2.10", ROAMER "\tdpddelay=5s\n", FOLLOWER);
	stage.count = 0;
	world_tap(stage.pair.world, hijack_and_bring, &stage);
	go(&stage, "192.0.2.10", "192.0.2.77");
	for (unsigned i = 0; i < 400; i++) {
		world_run(stage.pair.world, 50 * USEC_PER_MSEC);
		for (unsigned j = 0; j < 2; j++)
			if (kernel_simulated_sa(stage.pair.east.kernel, j, &sa))
				assert_false(ip_equal(&sa.sa.dst, &nobody));
	}
	assert_true(stage.lose > 0); /* east did ask there */
	assert_traffic(&stage);
	end_stage(&stage);
}

/* §3.5: while the peer is told of one way, another is chosen: the answer is about the old one. */
static void an_answer_about_an_older_choice_does_not_count(void **state)
{
	struct ip_addr a = addr("192.0.2.77"), b = addr("192.0.2.78"), now;
	struct stage stage;
	struct ike_sa *west;

	(void)state;
	begin(&stage, "192.0.2.10", ROAMER, FOLLOWER);
	assert_int_equal(world_host_add_address(stage.pair.west.host, "192.0.2.78"), RC_OK);
	world_run(stage.pair.world, USEC_PER_SEC);
	go(&stage, "192.0.2.10", "192.0.2.77");
	west = sa_of(&stage.pair.west);
	while (west->request.bytes == NULL || west->request.purpose != REQUEST_UPDATE)
		assert_true(world_step(stage.pair.world));
	now = ip_equal(&west->mobile->asked_local.addr, &a) ? b : a;
	west->local.addr = now;
	world_run(stage.pair.world, USEC_PER_SEC);
	assert_true(ip_equal(&west->local.addr, &now));
	assert_true(ip_equal(&sa_of(&stage.pair.east)->remote.addr, &now));
	assert_true(ip_equal(&west->mobile->asked_local.addr, &now)); /* it was told again */
	assert_traffic(&stage);
	end_stage(&stage);
}

/* ---- east's addresses ---- */

static void when_the_followers_address_goes_its_other_one_is_used(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "192.0.2.10", ROAMER, FOLLOWER);
	assert_int_equal(world_host_add_address(stage.pair.east.host, "192.0.2.3"), RC_OK);
	world_run(stage.pair.world, USEC_PER_SEC);
	assert_int_equal(sa_of(&stage.pair.west)->mobile->other_count, 1); /* it was told */
	world_host_remove_address(stage.pair.east.host, EAST_ADDRESS);
	world_run(stage.pair.world, 2 * USEC_PER_SEC);
	assert_at(&stage, "192.0.2.10", "192.0.2.10", "192.0.2.3", false);
	assert_traffic(&stage);
	end_stage(&stage);
}

static bool path_is_dead(void *context, struct flight *flight)
{
	struct stage *stage = context;

	stage->count++;
	return flight->to.addr.bytes[3] != 2 && flight->from.addr.bytes[3] != 2;
}

/* §3.10: nothing tells that the way to 192.0.2.2 is broken but that no answer comes. */
static void a_dead_path_is_left_for_another_pair_of_addresses(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "192.0.2.10", ROAMER "\tdpddelay=5s\n", FOLLOWER);
	assert_int_equal(world_host_add_address(stage.pair.east.host, "192.0.2.3"), RC_OK);
	world_run(stage.pair.world, USEC_PER_SEC);
	world_tap(stage.pair.world, path_is_dead, &stage);
	world_run(stage.pair.world, 40 * USEC_PER_SEC);
	assert_at(&stage, "192.0.2.10", "192.0.2.10", "192.0.2.3", false);
	end_stage(&stage);
}

/* §3.8: the box forgets; a probe tells the leader that it is seen elsewhere. */
static void a_new_mapping_is_told_by_the_leader(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "10.0.0.9", ROAMER "\tdpddelay=10s\n", FOLLOWER);
	uint16_t before = sa_of(&stage.pair.east)->remote.port;
	world_nat_flush(stage.pair.world);
	world_run(stage.pair.world, 15 * USEC_PER_SEC);
	assert_int_not_equal(sa_of(&stage.pair.east)->remote.port, before);
	assert_at(&stage, "10.0.0.9", "198.51.100.1", "192.0.2.2", true);
	end_stage(&stage);
}

/* What an old way could not carry says nothing of the new one: there the messages are as large as
 * the conn wants again. */
static void the_size_learned_of_a_path_is_forgotten_with_it(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "192.0.2.10", ROAMER, FOLLOWER);
	sa_of(&stage.pair.west)->fragment_size = sa_of(&stage.pair.east)->fragment_size = 576;
	assert_int_equal(world_host_add_address(stage.pair.east.host, "192.0.2.3"), RC_OK);
	world_run(stage.pair.world, USEC_PER_SEC);
	assert_int_equal(sa_of(&stage.pair.west)->fragment_size, 576); /* nothing moved */
	go(&stage, "192.0.2.10", "192.0.2.77");
	world_run(stage.pair.world, USEC_PER_SEC);
	assert_int_equal(sa_of(&stage.pair.west)->fragment_size, 0);
	assert_int_equal(sa_of(&stage.pair.east)->fragment_size, 0);
	sa_of(&stage.pair.west)->fragment_size = sa_of(&stage.pair.east)->fragment_size = 576;
	world_host_remove_address(stage.pair.east.host, EAST_ADDRESS); /* east is led elsewhere */
	world_run(stage.pair.world, 2 * USEC_PER_SEC);
	assert_at(&stage, "192.0.2.77", "192.0.2.77", "192.0.2.3", false);
	assert_int_equal(sa_of(&stage.pair.west)->fragment_size, 0);
	assert_int_equal(sa_of(&stage.pair.east)->fragment_size, 0);
	end_stage(&stage);
}

static bool refuse_update(void *context, struct flight *flight)
{
	struct stage *stage = context;
	static const char *const wrong = "224.0.0.1";

	if (stage->count++ == 0)
		flight->from.addr = addr(wrong); /* east is to see it come from there */
	return flight->to.addr.bytes[0] != 224;
}

/* §3.5: the leader is told that its address will not do, so the SA ends, and begins anew. */
static void a_leader_whose_address_is_refused_begins_anew(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "192.0.2.10", ROAMER, FOLLOWER);
	peers_tunnel(&stage.pair.west.gateway->peers, "t")->wanted = WANTED_UP;
	stage.count = 0;
	world_tap(stage.pair.world, refuse_update, &stage);
	go(&stage, "192.0.2.10", "192.0.2.77");
	world_run(stage.pair.world, 40 * USEC_PER_SEC);
	assert_int_equal(stage.pair.west.ike_down, 1);
	assert_true(end_said(&stage.pair.west, "UNACCEPTABLE_ADDRESSES"));
	assert_kernel_at(&stage.pair.west, "192.0.2.77", "192.0.2.2", false);
	assert_traffic(&stage);
	end_stage(&stage);
}

/* ---- without MOBIKE ---- */

static void without_mobike_the_tunnel_is_made_anew_at_the_new_address(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, "192.0.2.10",
	      "conn t\n\tleft=%defaultroute\n\tright=192.0.2.2\n\tmobike=no\n" COMMON, FOLLOWER);
	assert_null(sa_of(&stage.pair.west)->mobile);
	assert_null(sa_of(&stage.pair.east)->mobile);
	assert_int_equal(sa_of(&stage.pair.west)->local.port, 500);
	go(&stage, "192.0.2.10", "192.0.2.77");
	world_run(stage.pair.world, 15 * USEC_PER_SEC);
	assert_int_equal(stage.pair.west.gateway->sas.ike_count, 1);
	assert_int_equal(stage.pair.east.gateway->sas.ike_count, 1);
	assert_int_equal(stage.pair.west.child_up, 2);
	assert_kernel_at(&stage.pair.west, "192.0.2.77", "192.0.2.2", false);
	assert_traffic(&stage);
	end_stage(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tunnel_goes_along_to_another_address),
		cmocka_unit_test(a_time_without_any_address_is_survived),
		cmocka_unit_test(it_goes_behind_a_nat_and_comes_out_again),
		cmocka_unit_test(it_changes_the_ip_version_and_comes_back),
		cmocka_unit_test(one_that_began_behind_a_nat_comes_out),
		cmocka_unit_test(any_single_loss_or_repetition_is_harmless),
		cmocka_unit_test(a_repeated_update_from_elsewhere_moves_nothing),
		cmocka_unit_test(no_traffic_goes_where_nobody_answers),
		cmocka_unit_test(an_answer_from_elsewhere_proves_no_address),
		cmocka_unit_test(an_answer_about_an_older_choice_does_not_count),
		cmocka_unit_test(when_the_followers_address_goes_its_other_one_is_used),
		cmocka_unit_test(a_dead_path_is_left_for_another_pair_of_addresses),
		cmocka_unit_test(a_new_mapping_is_told_by_the_leader),
		cmocka_unit_test(the_size_learned_of_a_path_is_forgotten_with_it),
		cmocka_unit_test(a_leader_whose_address_is_refused_begins_anew),
		cmocka_unit_test(without_mobike_the_tunnel_is_made_anew_at_the_new_address),
	};

	return exchange_run(tests);
}
