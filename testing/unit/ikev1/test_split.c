/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/modecfg_road.h"

#define ENDS                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\tkeyexchange=ikev1\n\tmodecfgpull=yes\n\tauto=add\n"
#define SERVER_OF(networks) ENDS "\tleftaddresspool=10.9.0.0/24\n\trightsubnet=" networks "\n"
#define TELLS		    "\tcisco-split=yes\n"
#define TWO		    SERVER_OF("10.2.0.0/24,10.3.0.0/24") TELLS
#define CLIENT_OF(networks) ENDS "\tleftsourceip=%config\n\trightsubnet=" networks "\n"
#define CISCO		    "\tcisco-unity=yes\n"
#define ASKS_FOR_ALL	    CLIENT_OF("0.0.0.0/0") CISCO

static void up(struct v1_road *road, const char *client, const char *server)
{
	v1_road_begin(road, client, server);
	v1_road_try(road, USEC_PER_SEC);
	if (road->pair.west.child_up != 1)
		fail_msg("west: %s\neast: %s", road->pair.west.journal, road->pair.east.journal);
}

/* What its newest Child SA protects, whatever its tunnel is called now. */
static const char *has(struct end *end, char text[SELECTORS_TEXT_MAX])
{
	struct peer *peer = container_of(end->gateway->peers.list.next, struct peer, in_peers);
	struct ike_sa *sa = container_of(peer->ike_sas.next, struct ike_sa, in_peer);
	struct child_sa *child = NULL;

	list_for(node, &sa->children) child = container_of(node, struct child_sa, in_ike);
	assert_non_null(child);
	return selectors_text(&child->selectors, text);
}

static enum simulated_verdict packet(struct end *from, struct end *to, const char *src,
				     const char *dst)
{
	struct ip_range a, b;

	assert_int_equal(range_parse(src, &a, NULL), RC_OK);
	assert_int_equal(range_parse(dst, &b, NULL), RC_OK);
	struct selector s = selector_make(&a, 0, 0), d = selector_make(&b, 0, 0);
	return kernel_simulated_packet(from->kernel, to->kernel, &s, &d, 84);
}

static void assert_protects_both(struct v1_road *road)
{
	struct end *west = &road->pair.west, *east = &road->pair.east;

	assert_int_equal(packet(west, east, "10.9.0.1", "10.2.0.7"), SIMULATED_ARRIVED);
	assert_int_equal(packet(west, east, "10.9.0.1", "10.3.0.7"), SIMULATED_ARRIVED);
	assert_int_equal(packet(east, west, "10.3.0.7", "10.9.0.1"), SIMULATED_ARRIVED);
	assert_int_equal(packet(west, east, "10.9.0.1", "10.4.0.7"), SIMULATED_CLEAR);
}

static void one_sa_protects_all_networks_that_are_told(void **state)
{
	char text[SELECTORS_TEXT_MAX];
	struct v1_road road;

	(void)state;
	up(&road, ASKS_FOR_ALL, TWO);
	assert_string_equal(has(&road.pair.west, text), "10.9.0.1/32 === 10.2.0.0/24, 10.3.0.0/24");
	assert_string_equal(has(&road.pair.east, text), "10.2.0.0/24, 10.3.0.0/24 === 10.9.0.1/32");
	assert_protects_both(&road);
	v1_road_end(&road);
}

static void either_end_may_rekey_it(void **state)
{
	struct v1_road road;
	struct diag diag;

	(void)state;
	up(&road, ASKS_FOR_ALL, TWO);
	assert_int_equal(gateway_rekey(road.pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	v1_road_run(&road, 90 * USEC_PER_SEC); /* so that they do not count as made at once */
	assert_int_equal(road.pair.west.child_up, 2);
	assert_protects_both(&road);
	assert_int_equal(gateway_rekey(road.pair.east.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	v1_road_run(&road, 30 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 3);
	assert_protects_both(&road);
	v1_road_end(&road);
}

/* Its settings say that everything goes to the server, and so it does. */
static void who_does_not_know_of_them_protects_everything(void **state)
{
	char text[SELECTORS_TEXT_MAX];
	struct v1_road road;

	(void)state;
	up(&road, CLIENT_OF("0.0.0.0/0"), TWO);
	assert_string_equal(has(&road.pair.west, text), "10.9.0.1/32 === 0.0.0.0/0");
	assert_int_equal(packet(&road.pair.west, &road.pair.east, "10.9.0.1", "10.3.0.7"),
			 SIMULATED_ARRIVED);
	v1_road_end(&road);
}

static void a_network_may_be_asked_for_by_its_name(void **state)
{
	char text[SELECTORS_TEXT_MAX];
	struct v1_road road;

	(void)state;
	up(&road, CLIENT_OF("10.3.0.0/24") CISCO, TWO);
	assert_string_equal(has(&road.pair.west, text), "10.9.0.1/32 === 10.3.0.0/24");
	assert_string_equal(has(&road.pair.east, text), "10.3.0.0/24 === 10.9.0.1/32");
	v1_road_end(&road);
}

static void a_server_that_tells_none_has_no_0_0_0_0(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, ASKS_FOR_ALL, SERVER_OF("10.2.0.0/24"));
	v1_road_try(&road, USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 0);
	assert_true(end_said(&road.pair.east, "of which only 10.2.0.0/24 === 10.9.0.1/32 is ours"));
	v1_road_end(&road);
}

/* It is a server of 0.0.0.0/0 that asks for less; nobody else's address comes with it. */
static void a_client_names_itself_all_the_same(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, ENDS "\tleftsubnet=10.9.0.77/32\n\trightsubnet=0.0.0.0/0\n", TWO);
	v1_road_try(&road, USEC_PER_SEC);
	assert_int_equal(road.pair.west.child_up, 0);
	assert_int_equal(kernel_simulated_sa_count(road.pair.east.kernel), 0);
	v1_road_end(&road);
}

static void one_id_says_all_of_ipv4(void **state)
{
	struct ip_range all = range_all(AF_INET), v6 = range_all(AF_INET6), part;
	struct selector selector = selector_make(&all, 0, 0);

	(void)state;
	assert_true(v1_split_names_all(&selector));
	selector.protocol = 17;
	assert_false(v1_split_names_all(&selector));
	selector = selector_make(&all, 0, 53);
	assert_false(v1_split_names_all(&selector));
	selector = selector_make(&v6, 0, 0);
	assert_false(v1_split_names_all(&selector));
	assert_int_equal(range_parse("0.0.0.0/1", &part, NULL), RC_OK);
	selector = selector_make(&part, 0, 0);
	assert_false(v1_split_names_all(&selector));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_sa_protects_all_networks_that_are_told),
		cmocka_unit_test(either_end_may_rekey_it),
		cmocka_unit_test(who_does_not_know_of_them_protects_everything),
		cmocka_unit_test(a_network_may_be_asked_for_by_its_name),
		cmocka_unit_test(a_server_that_tells_none_has_no_0_0_0_0),
		cmocka_unit_test(a_client_names_itself_all_the_same),
		cmocka_unit_test(one_id_says_all_of_ipv4),
	};

	return exchange_run(tests);
}
