/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds before the tunnel: another group, a cookie, a NAT in between. */
#include "exchange/pair.h"
#include "unit/test.h"

static void another_group_costs_one_round(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN "\tike=aes_gcm256-sha2_512-dh19+dh31\n",
		   PAIR_CONN "\tike=aes_gcm256-sha2_512-dh31\n", NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_true(end_said(&pair.west, "INVALID_KE_PAYLOAD"));
	assert_int_equal(pair.west.failed, 0);
	assert_int_equal(pair.east.gateway->counters.datagrams_out, 3);
	pair_end(&pair);
}

static void a_group_that_we_do_not_offer_ends_the_attempt(void **state)
{
	static const uint8_t data[] = { 0, 2 };
	struct ip_endpoint east = { .port = 500 }, west = { .port = 500 };
	struct pair pair;
	struct flight *flight;
	struct ike_header header;
	struct sink sink;
	uint8_t buffer[256];

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	assert_int_equal(ip_parse(EAST_ADDRESS, &east.addr), RC_OK);
	assert_int_equal(ip_parse(WEST_ADDRESS, &west.addr), RC_OK);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	flight = container_of(world_flights(pair.world)->next, struct flight, in_world);
	assert_int_equal(wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL),
			 RC_OK);
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_emit_notify(&sink, &header, 0, INVALID_KE_PAYLOAD, SPAN_OF(data)),
			 RC_OK);
	world_drop(pair.world, flight);
	assert_int_equal(world_inject(pair.world, &east, &west, sink_written(&sink)), RC_OK);
	world_deliver(pair.world,
		      container_of(world_flights(pair.world)->next, struct flight, in_world));
	world_settle(pair.world);
	assert_int_equal(pair.west.last_reason, RC_NO_PROPOSAL);
	end_assert_empty(&pair.west);
	pair_end(&pair);
}

#define BUSY "config setup\n\tddos-mode=busy\n" PAIR_CONN

static void cookie_costs_one_round_and_no_state(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, BUSY, NULL, NULL);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	world_deliver(pair.world,
		      container_of(world_flights(pair.world)->next, struct flight, in_world));
	world_settle(pair.world);
	assert_int_equal(pair.east.gateway->counters.cookies_sent, 1);
	assert_int_equal(pair.east.gateway->sas.half_open_count, 0);
	while (!list_empty(world_flights(pair.world))) {
		world_deliver(pair.world, container_of(world_flights(pair.world)->next,
						       struct flight, in_world));
		world_settle(pair.world);
	}
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void cookie_and_another_group_together(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN "\tike=aes_gcm256-sha2_512-dh19+dh31\n",
		   BUSY "\tike=aes_gcm256-sha2_512-dh31\n", NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_true(end_said(&pair.west, "INVALID_KE_PAYLOAD"));
	assert_int_equal(pair.east.gateway->counters.cookies_sent, 1);
	pair_end(&pair);
}

static void duplicates_of_each_round_do_no_harm(void **state)
{
	struct world_network network = { .duplicate = 1000,
					 .delay = 10 * USEC_PER_MSEC,
					 .jitter = 30 * USEC_PER_MSEC };
	struct pair pair;

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		pair_start(&pair, seed, PAIR_CONN "\tike=aes_gcm256-sha2_512-dh19+dh31\n",
			   BUSY "\tike=aes_gcm256-sha2_512-dh31\n", NULL, NULL);
		world_set_network(pair.world, &network);
		end_up(&pair.west, "t");
		world_run(pair.world, 40 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		assert_int_equal(pair.west.failed, 0);
		assert_int_equal(pair.west.child_up, 1);
		pair_end(&pair);
	}
}

/* west is behind a NAT box: its conn has its inside address, east waits for anybody. */
#define INSIDE                                                                                     \
	"conn t\n\tleft=10.0.0.9\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"            \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"
#define ANYBODY                                                                                    \
	"conn t\n\tleft=%any\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"                \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"

static void start_behind_nat(struct pair *pair, const char *inside, usec_t expiry)
{
	*pair = (struct pair){ .world = world_new(7) };
	assert_non_null(pair->world);
	assert_int_equal(world_nat(pair->world, "10.0.0.0/24", "198.51.100.1", expiry), RC_OK);
	end_start(pair->world, &pair->west, "west", "10.0.0.9", inside, NULL);
	end_start(pair->world, &pair->east, "east", EAST_ADDRESS, ANYBODY, NULL);
	end_up(&pair->west, "t");
	world_run(pair->world, 2 * USEC_PER_SEC);
}

static void assert_nat_tunnel(struct pair *pair)
{
	struct simulated_sa sa;

	assert_int_equal(pair->west.gateway->sas.child_count, 1);
	assert_int_equal(pair->east.gateway->sas.child_count, 1);
	assert_int_equal(kernel_simulated_sa_count(pair->west.kernel), 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(kernel_simulated_sa(pair->west.kernel, i, &sa));
		assert_int_equal(sa.sa.encap.local_port, 4500);
		assert_int_equal(sa.sa.encap.remote_port, 4500);
		assert_true(kernel_simulated_sa(pair->east.kernel, i, &sa));
		assert_int_equal(sa.sa.encap.local_port, 4500);
		assert_int_not_equal(sa.sa.encap.remote_port, 4500);
	}
}

static void nat_in_between_moves_to_port_4500_and_encapsulates(void **state)
{
	struct pair pair;

	(void)state;
	start_behind_nat(&pair, INSIDE, 60 * USEC_PER_SEC);
	assert_nat_tunnel(&pair);
	assert_true(end_said(&pair.west, "UDP encapsulation"));
	pair_end(&pair);
}

/* The mapping lasts 30 s: only keepalives hold it open for east's Delete. */
static void keepalives_hold_the_mapping_open(void **state)
{
	struct pair pair;

	(void)state;
	start_behind_nat(&pair, INSIDE, 30 * USEC_PER_SEC);
	world_run(pair.world, 600 * USEC_PER_SEC);
	assert_nat_tunnel(&pair);
	assert_int_equal(gateway_down(pair.east.gateway, "t", NULL), RC_OK);
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(pair.west.child_down, 1);
	assert_int_equal(pair.east.ike_down, 1);
	pair_end(&pair);
}

/* RFC 7296 §2.11: an answer goes to where the question came from, also after the NAT box forgot its
 * mappings. */
static void answers_find_their_way_through_a_new_mapping(void **state)
{
	struct pair pair;

	(void)state;
	start_behind_nat(&pair, INSIDE "\tdpddelay=10s\n\tretransmit-tries=2\n", 60 * USEC_PER_SEC);
	assert_nat_tunnel(&pair);
	world_nat_flush(pair.world);
	world_run(pair.world, 100 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_down, 0);
	assert_int_equal(pair.west.gateway->counters.retransmits, 0);
	pair_end(&pair);
}

static void without_keepalives_the_mapping_closes(void **state)
{
	struct pair pair;

	(void)state;
	start_behind_nat(&pair, "config setup\n\tkeep-alive=0\n" INSIDE, 30 * USEC_PER_SEC);
	world_run(pair.world, 600 * USEC_PER_SEC);
	assert_int_equal(gateway_down(pair.east.gateway, "t", NULL), RC_OK);
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(pair.west.child_down, 0);
	assert_int_equal(pair.east.ike_down, 0);
	pair_end(&pair);
}

static void without_nat_port_500_is_kept_and_nothing_is_encapsulated(void **state)
{
	struct simulated_sa sa;
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_true(kernel_simulated_sa(pair.west.kernel, 0, &sa));
	assert_int_equal(sa.sa.encap.local_port, 0);
	assert_false(end_said(&pair.east, "UDP encapsulation"));
	pair_end(&pair);
}

static void encapsulation_yes_encapsulates_without_nat(void **state)
{
	struct simulated_sa sa;
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN "\tencapsulation=yes\n", NULL, NULL, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_true(kernel_simulated_sa(pair.east.kernel, 0, &sa));
	assert_int_equal(sa.sa.encap.local_port, 4500);
	assert_int_equal(sa.sa.encap.remote_port, 4500);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_group_costs_one_round),
		cmocka_unit_test(a_group_that_we_do_not_offer_ends_the_attempt),
		cmocka_unit_test(cookie_costs_one_round_and_no_state),
		cmocka_unit_test(cookie_and_another_group_together),
		cmocka_unit_test(duplicates_of_each_round_do_no_harm),
		cmocka_unit_test(nat_in_between_moves_to_port_4500_and_encapsulates),
		cmocka_unit_test(keepalives_hold_the_mapping_open),
		cmocka_unit_test(answers_find_their_way_through_a_new_mapping),
		cmocka_unit_test(without_keepalives_the_mapping_closes),
		cmocka_unit_test(without_nat_port_500_is_kept_and_nothing_is_encapsulated),
		cmocka_unit_test(encapsulation_yes_encapsulates_without_nat),
	};

	return exchange_run(tests);
}
