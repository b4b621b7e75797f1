/* SPDX-License-Identifier: Apache-2.0 */
/* A resumed IKE SA (RFC 5723) does all that a fresh one does: it fragments, moves, is rekeyed,
 * comes up without a Child SA, is sent on; and what its session was is what it may be now. */
#include "exchange/pair.h"
#include "sa/extra.h"
#include "sa/ticket.h"
#include "unit/test.h"

#define RESUMES "\tsession-resumption=yes\n"
#define LOSES	"\tdpddelay=10s\n\tretransmit-tries=4\n" /* gives up after 15.5 s */
#define LOST	(25 * USEC_PER_SEC)
#define SLICE	(100 * USEC_PER_MSEC)
#define CLIENT	PAIR_CONN RESUMES LOSES
#define GATEWAY PAIR_CONN RESUMES
#define ADDKE	"\tike=aes_gcm256-dh31;addke1=dh20\n"

struct ear {
	unsigned inits, resumes, intermediates, fragments;
};

/* Requests from west, and fragments of both. */
static bool overhear(void *context, struct flight *flight)
{
	struct ear *ear = context;
	size_t skip = flight->from.port == IKE_NATT_PORT ? 4 : 0;
	const uint8_t *ike = flight->bytes + skip;

	if (flight->len < skip + IKE_HEADER_LEN)
		return true;
	ear->fragments += ike[16] == PAYLOAD_SKF;
	ear->intermediates += ike[18] == EXCHANGE_IKE_INTERMEDIATE;
	ear->inits += ike[18] == EXCHANGE_IKE_SA_INIT;
	ear->resumes += ike[18] == EXCHANGE_IKE_SESSION_RESUME;
	return true;
}

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");
	struct peer *peer;

	assert_non_null(tunnel);
	peer = tunnel->peer;
	if (peer->template) {
		assert_false(list_empty(&peer->instances));
		peer = container_of(peer->instances.prev, struct peer, in_instances);
	}
	assert_false(list_empty(&peer->ike_sas));
	return container_of(peer->ike_sas.prev, struct ike_sa, in_peer);
}

static void cut(struct pair *pair, bool cut)
{
	assert_int_equal(world_partition(pair->world, pair->west.host, pair->east.host, cut),
			 RC_OK);
}

static void up(struct pair *pair, const char *client, const char *gateway)
{
	pair_start(pair, 1, client, gateway, NULL, NULL);
	end_up(&pair->west, "t");
	world_run(pair->world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

/* West loses its IKE SA; what follows is heard. */
static void lose(struct pair *pair, struct ear *ear)
{
	unsigned before = pair->west.ike_down;

	cut(pair, true);
	for (usec_t waited = 0; pair->west.ike_down == before; waited += SLICE) {
		assert_true(waited < LOST * 10);
		world_run(pair->world, SLICE);
	}
	*ear = (struct ear){ .inits = 0 };
	world_tap(pair->world, overhear, ear);
	cut(pair, false);
}

static void back(struct pair *pair, const struct ear *ear)
{
	world_run(pair->world, 10 * USEC_PER_SEC); /* what was replaced has gone then */
	assert_int_equal(ear->inits, 0);
	assert_true(ear->resumes > 0);
	assert_int_equal(pair->west.failed, 0);
	pair_assert_tunnel(pair);
}

static void begin(struct pair *pair, struct ear *ear, const char *client, const char *gateway)
{
	up(pair, client, gateway);
	lose(pair, ear);
	back(pair, ear);
}

static void resumed_ike_sa_sends_large_messages_in_fragments(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, CLIENT "\tfragment-size=256\n", GATEWAY "\tfragment-size=256\n");
	assert_true(sa_of(&pair.west)->fragmentation && sa_of(&pair.east)->fragmentation);
	assert_true(ear.fragments >= 4); /* IKE_AUTH, both ways */
	assert_true(pair.east.gateway->counters.fragments_in >= 2);
	assert_int_equal(pair.east.gateway->counters.fragments_refused, 0);
	pair_end(&pair);
	begin(&pair, &ear, CLIENT "\tfragment-size=256\n", GATEWAY "\tfragmentation=no\n");
	assert_int_equal(ear.fragments, 0);
	pair_end(&pair);
}

static void rekey(struct pair *pair, struct end *by, enum gateway_rekey_what what)
{
	uint64_t west = sa_of(&pair->west)->serial, east = sa_of(&pair->east)->serial;
	struct diag diag;

	assert_int_equal(gateway_rekey(by->gateway, "t", what, &diag), RC_OK);
	world_run(pair->world, 10 * USEC_PER_SEC);
	assert_int_equal(sa_of(&pair->west)->serial != west, what == REKEY_IKE);
	assert_int_equal(sa_of(&pair->east)->serial != east, what == REKEY_IKE);
	pair_assert_tunnel(pair);
}

static void resumed_ike_sa_and_its_child_sa_are_rekeyed_by_either_end(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		begin(&pair, &ear, CLIENT, GATEWAY);
		struct end *by = i == 0 ? &pair.west : &pair.east;
		rekey(&pair, by, REKEY_CHILD);
		rekey(&pair, by, REKEY_IKE);
		assert_non_null(sa_of(&pair.west)->extra->ticket); /* asked for anew */
		lose(&pair, &ear);
		back(&pair, &ear);
		pair_end(&pair);
	}
}

/* RFC 9370 §2.2.5: what the additional key exchanges made is in SK_d, so they are not repeated. */
static void session_with_additional_key_exchanges_is_resumed_without_them(void **state)
{
	uint16_t methods[PROPOSAL_ADDKE_MAX];
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, CLIENT ADDKE, GATEWAY ADDKE);
	assert_int_equal(ear.intermediates, 0);
	assert_int_equal(proposal_addke(&sa_of(&pair.west)->choice, methods), 1);
	assert_int_equal(proposal_addke(&sa_of(&pair.east)->choice, methods), 1);
	for (unsigned i = 0; i < 2; i++) {
		rekey(&pair, i == 0 ? &pair.west : &pair.east, REKEY_IKE);
		rekey(&pair, &pair.east, REKEY_CHILD);
		assert_int_equal(proposal_addke(&sa_of(&pair.east)->choice, methods), 1);
		lose(&pair, &ear);
		back(&pair, &ear);
		assert_int_equal(ear.intermediates, 0);
	}
	pair_end(&pair);
}

/* A session is no way round what a conn asks for by now. */
static void session_without_what_the_conn_asks_for_now_is_not_resumed(void **state)
{
	struct pair pair;
	struct ear ear;
	struct diag diag;
	struct config *config;

	(void)state;
	up(&pair, CLIENT "\tike=aes_gcm256-dh31;addke1=dh20+none\n",
	   GATEWAY "\tike=aes_gcm256-dh31\n");
	lose(&pair, &ear);
	cut(&pair, true);
	config = load_conf(GATEWAY ADDKE);
	assert_int_equal(gateway_reload(pair.east.gateway, config, &diag), RC_OK);
	config_unref(config);
	cut(&pair, false);
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_true(ear.resumes > 0 && ear.inits > 0);
	assert_true(end_said(&pair.east, "does not allow any more (ike=)"));
	assert_true(ear.intermediates > 0);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void resumed_ike_sa_comes_up_without_a_child_sa(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, CLIENT "\tchildless=force\n", GATEWAY "\tchildless=force\n");
	pair_end(&pair);
}

static void resumed_client_can_be_sent_on(void **state)
{
	struct pair pair;
	struct ear ear;
	struct diag diag;

	(void)state;
	begin(&pair, &ear, CLIENT "\taccept-redirect=yes\n", GATEWAY);
	assert_int_equal(gateway_redirect(pair.east.gateway, "t", "192.0.2.9", &diag), RC_OK);
	world_run(pair.world, USEC_PER_SEC);
	assert_true(end_said(&pair.west, "redirected to 192.0.2.9 by 192.0.2.2"));
	pair_end(&pair);
}

static void client_with_a_ticket_is_sent_on_like_any_other(void **state)
{
	struct pair pair;
	struct ear ear;
	struct diag diag;

	(void)state;
	up(&pair, CLIENT "\taccept-redirect=yes\n", GATEWAY);
	assert_int_equal(gateway_global_redirect(pair.east.gateway, "yes", "192.0.2.9", &diag),
			 RC_OK);
	lose(&pair, &ear);
	world_run(pair.world, 5 * USEC_PER_SEC);
	assert_true(ear.resumes > 0 && ear.inits > 0);
	assert_true(end_said(&pair.west, "redirected to 192.0.2.9 by 192.0.2.2"));
	pair_end(&pair);
}

/* ---- addresses ---- */

#define COMMON                                                                                     \
	"\tleftid=@west\n\trightid=@east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"   \
	"\tauthby=secret\n\tauto=add\n" RESUMES LOSES
#define ROAMER	 "conn t\n\tleft=%defaultroute\n\tright=192.0.2.2\n\tmobike=yes\n" COMMON
#define FOLLOWER "conn t\n\tleft=%any\n\tright=192.0.2.2\n\tmobike=yes\n" COMMON

static void go(struct pair *pair, const char *from, const char *to)
{
	world_host_remove_address(pair->west.host, from);
	assert_int_equal(world_host_add_address(pair->west.host, to), RC_OK);
}

static void assert_seen_at(struct pair *pair, const char *address)
{
	struct ip_addr seen;

	assert_int_equal(ip_parse(address, &seen), RC_OK);
	assert_true(ip_equal(&sa_of(&pair->east)->remote.addr, &seen));
	assert_int_equal(pair_ping(pair, true), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping(pair, false), SIMULATED_ARRIVED);
}

/* §4.3.4: the address is the client's to choose. Then it moves on, with MOBIKE (§5). */
static void session_is_resumed_from_another_address_and_roams(void **state)
{
	struct world_network network = { .delay = 10 * USEC_PER_MSEC };
	struct pair pair = { .world = world_new(11) };
	struct ear ear;
	uint64_t serial;

	(void)state;
	world_set_network(pair.world, &network);
	end_start(pair.world, &pair.west, "west", "192.0.2.10", ROAMER, NULL);
	end_start(pair.world, &pair.east, "east", EAST_ADDRESS, FOLLOWER, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 3 * USEC_PER_SEC);
	assert_seen_at(&pair, "192.0.2.10");
	ear = (struct ear){ .inits = 0 };
	world_tap(pair.world, overhear, &ear);
	cut(&pair, true);
	go(&pair, "192.0.2.10", "192.0.2.77");
	world_run(pair.world, 18 * USEC_PER_SEC); /* the ticket is on its way */
	assert_int_equal(pair.west.ike_down, 1);
	cut(&pair, false);
	world_run(pair.world, 20 * USEC_PER_SEC);
	assert_int_equal(ear.inits, 0);
	assert_true(ear.resumes > 0);
	assert_seen_at(&pair, "192.0.2.77");
	assert_int_equal(pair.east.gateway->sas.ike_count, 1); /* the old one went without a word */
	serial = sa_of(&pair.east)->serial;
	go(&pair, "192.0.2.77", "192.0.2.78");
	world_run(pair.world, 5 * USEC_PER_SEC);
	assert_seen_at(&pair, "192.0.2.78");
	assert_int_equal(sa_of(&pair.east)->serial, serial);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resumed_ike_sa_sends_large_messages_in_fragments),
		cmocka_unit_test(resumed_ike_sa_and_its_child_sa_are_rekeyed_by_either_end),
		cmocka_unit_test(session_with_additional_key_exchanges_is_resumed_without_them),
		cmocka_unit_test(session_without_what_the_conn_asks_for_now_is_not_resumed),
		cmocka_unit_test(resumed_ike_sa_comes_up_without_a_child_sa),
		cmocka_unit_test(resumed_client_can_be_sent_on),
		cmocka_unit_test(client_with_a_ticket_is_sent_on_like_any_other),
		cmocka_unit_test(session_is_resumed_from_another_address_and_roams),
	};

	return exchange_run(tests);
}
