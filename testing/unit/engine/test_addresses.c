/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "peer/pool.h"
#include "sa/extra.h"
#include "unit/ikev2/road.h"

#define ENDS                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\tauto=add\n\trightsubnet=10.2.0.0/24\n"
#define CLIENT ENDS "\tleftsourceip=%config\n"
#define SERVER ENDS "\tleftaddresspool=10.9.0.0/24\n"

static void leases_go_back_with_the_last_ike_sa_of_the_peer(void **state)
{
	struct road road;
	struct peer *peer;
	struct ike_sa *sa;

	(void)state;
	road_begin(&road, CLIENT, SERVER);
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	peer = road_tunnel(&road.pair.east)->peer;
	assert_true(peer_has_leases(peer));
	addresses_forget(peer);
	assert_true(peer_has_leases(peer));
	sa = road_sa(&road.pair.east);
	ike_down(road.pair.east.gateway, sa, RC_OPERATOR, "");
	assert_false(peer_has_leases(peer));
	road_end(&road);
}

static void a_client_keeps_what_it_is_given_over_a_rekey(void **state)
{
	struct road road;
	const struct ike_config *config;

	(void)state;
	road_begin(&road, CLIENT, SERVER);
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	config = road_sa(&road.pair.west)->extra->config;
	assert_non_null(config);
	road_event(road.pair.west.gateway, road_sa(&road.pair.west), EVENT_REKEY_IKE, NULL, NULL,
		   NULL);
	road_run(&road, 5 * USEC_PER_SEC);
	assert_ptr_equal(road_sa(&road.pair.west)->extra->config, config);
	assert_true(end_said(&road.pair.west, "the peer gives us 10.9.0.1, 0 DNS servers"));
	road_end(&road);
}

/* RFC 5723 §5.1: the resumed session has the address of the one before, and so has the server. */
static void a_resumed_session_has_its_address_again(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, CLIENT "\tsession-resumption=yes\n\tinitial-contact=no\n",
		   SERVER "\tsession-resumption=yes\n");
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	ike_down(road.pair.west.gateway, road_sa(&road.pair.west), RC_TIMEOUT, "lost");
	end_up(&road.pair.west, "t");
	road_run(&road, 20 * USEC_PER_SEC);
	assert_true(end_said(&road.pair.east, "the peer resumed its session"));
	assert_true(peer_has_leases(road_tunnel(&road.pair.east)->peer));
	assert_int_equal(road_sa(&road.pair.west)->extra->config->addresses[0].bytes[3], 1);
	assert_int_equal(pair_ping_hosts(&road.pair, "10.9.0.1", "10.2.0.7"), SIMULATED_ARRIVED);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leases_go_back_with_the_last_ike_sa_of_the_peer),
		cmocka_unit_test(a_client_keeps_what_it_is_given_over_a_rekey),
		cmocka_unit_test(a_resumed_session_has_its_address_again),
	};

	return exchange_run(tests);
}
