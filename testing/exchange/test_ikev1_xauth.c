/* SPDX-License-Identifier: Apache-2.0 */
/* XAUTH of IKEv1: a server asks who the user is after phase 1, and nothing is set up before it
 * knows. */
#include "exchange/xauth_office.h"

#define SERVER XAUTH_SERVER
#define ALICE  XAUTH_ASKS XAUTH_ALICE
#define BOB    XAUTH_ASKS XAUTH_BOB

static enum simulated_verdict packet(struct end *from, struct end *to, const char *src,
				     const char *dst)
{
	struct ip_range a, b;

	assert_int_equal(range_parse(src, &a, NULL), RC_OK);
	assert_int_equal(range_parse(dst, &b, NULL), RC_OK);
	struct selector s = selector_make(&a, 0, 0), d = selector_make(&b, 0, 0);
	return kernel_simulated_packet(from->kernel, to->kernel, &s, &d, 84);
}

static void assert_has(struct xauth_office *x, unsigned i, const char *address)
{
	struct office *office = &x->office;

	if (packet(&office->clients[i], &office->server, address, "10.2.0.7") !=
		    SIMULATED_ARRIVED ||
	    packet(&office->server, &office->clients[i], "10.2.0.7", address) != SIMULATED_ARRIVED)
		fail_msg("client: %s\nserver: %s", office->clients[i].journal,
			 office->server.journal);
}

static void assert_nothing(struct xauth_office *x, unsigned i)
{
	struct office *office = &x->office;

	if (office->clients[i].ike_up + office->server.ike_up + office->clients[i].child_up > 0)
		fail_msg("client: %s\nserver: %s", office->clients[i].journal,
			 office->server.journal);
	assert_int_equal(kernel_simulated_sa_count(office->server.kernel), 0);
	assert_int_equal(office->server.gateway->sas.users, 0);
}

static void assert_said(struct end *end, const char *text)
{
	if (!end_said(end, text))
		fail_msg("\"%s\" is not in: %s", text, end->journal);
}

static void the_right_password_brings_the_tunnel_up(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x, SERVER, NULL);
	(void)office_client(&x.office, 0, "@a", ALICE);
	xauth_run(&x, 3);
	assert_has(&x, 0, "10.9.0.1");
	assert_said(&x.office.server, ": the user is proven");
	assert_said(&x.office.server, "user alice");
	assert_said(&x.office.clients[0], "the server takes our user");
	assert_int_equal(x.office.server.gateway->sas.users, 0);
	xauth_run(&x, 300);
	assert_int_equal(x.office.clients[0].ike_down + x.office.server.ike_down, 0);
	xauth_end(&x);
}

static void without_modecfg_the_tunnel_comes_up_too(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x, XAUTH_SERVER_OF("\tkeyexchange=ikev1\n"), NULL);
	(void)office_client(&x.office, 0, "@a", "\tkeyexchange=ikev1\n" XAUTH_ALICE);
	xauth_run(&x, 3);
	assert_has(&x, 0, "192.0.2.1");
	xauth_end(&x);
}

static void an_address_may_be_told_unasked_after_it(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x,
		    XAUTH_SERVER_OF("\tkeyexchange=ikev1\n\tmodecfgpull=no\n"
				    "\trightaddresspool=10.9.0.0/24\n"),
		    NULL);
	(void)office_client(&x.office, 0, "@a",
			    "\tleftsourceip=%config\n\tkeyexchange=ikev1\n" XAUTH_ALICE);
	xauth_run(&x, 3);
	assert_has(&x, 0, "10.9.0.1");
	xauth_end(&x);
}

static void aggressive_mode_has_users_too(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x, XAUTH_SERVER "\taggressive=yes\n", NULL);
	(void)office_client(&x.office, 0, "@a", ALICE "\taggressive=yes\n");
	xauth_run(&x, 3);
	assert_has(&x, 0, "10.9.0.1");
	assert_said(&x.office.server, "user alice");
	xauth_end(&x);
}

static void aggressive_mode_without_users_asks_for_its_address(void **state)
{
	struct office office;

	(void)state;
	office_start(&office,
		     "conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=%any\n"
		     "\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n" XAUTH_V1
		     "\trightaddresspool=10.9.0.0/24\n\taggressive=yes\n",
		     NULL);
	(void)office_client(&office, 0, "@a", XAUTH_ASKS "\taggressive=yes\n");
	world_run(office.world, 3 * USEC_PER_SEC);
	if (packet(&office.clients[0], &office.server, "10.9.0.1", "10.2.0.7") != SIMULATED_ARRIVED)
		fail_msg("%s\n%s", office.clients[0].journal, office.server.journal);
	office_end(&office);
}

/* The password is said once, though the server would ask again, and not again soon. */
static void a_wrong_password_ends_it_and_does_not_lock_the_account(void **state)
{
	struct xauth_office x;
	struct end *client;

	(void)state;
	xauth_start(&x, SERVER, XAUTH_WRONG);
	client = office_client(&x.office, 0, "@a", ALICE);
	xauth_run(&x, 10);
	assert_nothing(&x, 0);
	assert_said(&x.office.server,
		    "XAUTH user \"alice\" at 192.0.2.1:500: the password is wrong, or "
		    "nobody has that name: asked again");
	assert_int_equal(peers_tunnel(&x.office.server.gateway->peers, "t")->peer->backoff.attempts,
			 0);
	assert_said(client, "does not take the password of the user \"alice\"");
	assert_int_equal(client->failed, 1);
	xauth_run(&x, 1700);
	assert_int_equal(client->failed, 1);
	xauth_run(&x, 300);
	assert_int_equal(client->failed, 2);
	assert_nothing(&x, 0);
	xauth_end(&x);
}

static void who_is_not_known_is_told_the_same(void **state)
{
	struct xauth_office x;
	struct end *client;

	(void)state;
	xauth_start(&x, SERVER, NULL);
	client = office_client(&x.office, 0, "@a",
			       XAUTH_ASKS "\tleftxauthclient=yes\n\tleftusername=mallory\n");
	xauth_run(&x, 10);
	assert_nothing(&x, 0);
	assert_said(client, "does not take the password of the user \"mallory\"");
	assert_said(&x.office.server, "the password is wrong, or nobody has that name");
	xauth_end(&x);
}

static void a_user_of_another_conn_is_refused(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x, SERVER, NULL);
	xauth_users(&x, "alice:$6$abcdefgh$e1o..VsKRS0O4M9J1Qb9u.strxNEAfDkCXcaYc5TsDrJFctQCTMkPeis"
			"45vy3ZQtqt4dqG4vXTonFJKbQgR2Q1:other\n");
	(void)office_client(&x.office, 0, "@a", ALICE);
	xauth_run(&x, 10);
	assert_nothing(&x, 0);
	xauth_end(&x);
}

static void xauthfail_soft_lets_it_in_and_says_so(void **state)
{
	struct xauth_office x;
	struct end *client;

	(void)state;
	xauth_start(&x, XAUTH_SERVER "\txauthfail=soft\n", XAUTH_WRONG);
	xauth_users(&x, "broken line\n");
	client = office_client(&x.office, 0, "@a", ALICE);
	xauth_run(&x, 5);
	assert_has(&x, 0, "10.9.0.1");
	assert_said(&x.office.server, "passwd: line 1");
	assert_said(&x.office.server, "goes on all the same (xauthfail=soft)");
	assert_int_equal(client->failed, 0);
	xauth_end(&x);
}

static void xauthby_alwaysok_takes_everybody(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x, XAUTH_SERVER "\txauthby=alwaysok\n", XAUTH_WRONG);
	(void)office_client(&x.office, 0, "@a", ALICE);
	xauth_run(&x, 5);
	assert_has(&x, 0, "10.9.0.1");
	xauth_end(&x);
}

/* Nobody can say whether the password is right: the client is refused, the operator told. */
static void a_password_file_that_is_not_there_is_named(void **state)
{
	struct xauth_office x;
	struct end *client;

	(void)state;
	xauth_start(&x, SERVER, NULL);
	xauth_folder_end(&x);
	client = office_client(&x.office, 0, "@a", ALICE);
	xauth_run(&x, 5);
	assert_nothing(&x, 0);
	assert_said(&x.office.server, "ipsec.d/passwd cannot be read: No such file");
	assert_said(client, "refuses the user \"alice\"");
	assert_int_equal(client->failed, 1);
	xauth_end(&x);
}

/* ---- who is who ---- */

static void add(void *context, const struct pool_info *pool)
{
	unsigned *used = context;

	*used += (unsigned)pool->used;
}

static unsigned used(const struct xauth_office *x)
{
	unsigned count = 0;

	pools_walk(x->office.server.gateway->peers.pools, add, &count);
	return count;
}

/* All clients have one identity, as groups do. */
static void two_users_of_one_group_are_two_peers(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x, SERVER, NULL);
	(void)office_client(&x.office, 0, "@group", ALICE);
	xauth_run(&x, 3);
	(void)office_client(&x.office, 1, "@group", BOB);
	xauth_run(&x, 30);
	assert_has(&x, 0, "10.9.0.1");
	assert_has(&x, 1, "10.9.0.2");
	assert_int_equal(used(&x), 2);
	assert_int_equal(x.office.server.ike_down, 0);
	xauth_end(&x);
}

static void behind_nat(struct xauth_office *x, unsigned i, const char *address, const char *user)
{
	char conf[500];

	(void)snprintf(conf, sizeof(conf),
		       "conn t\n\tleft=%s\n\tleftid=@group\n\tright=192.0.2.100\n"
		       "\trightid=@office\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"
		       "\tauto=start\n%s\tleftxauthclient=yes\n\tleftusername=%s\n",
		       address, XAUTH_ASKS, user);
	end_start(x->office.world, &x->office.clients[i], user, address, conf, x->office.secrets);
}

/* INITIAL-CONTACT of the one would end what the other one has, and its address would be his. */
static void a_conn_for_one_address_has_one_user(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x,
		    "conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=198.51.100.1\n"
		    "\trightid=@group\n\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"
		    "\tleftxauthserver=yes\n" XAUTH_V1 "\trightaddresspool=10.9.0.0/24\n",
		    NULL);
	assert_int_equal(
		world_nat(x.office.world, "10.0.0.0/24", "198.51.100.1", 600 * USEC_PER_SEC),
		RC_OK);
	behind_nat(&x, 0, "10.0.0.2", "alice");
	xauth_run(&x, 3);
	behind_nat(&x, 1, "10.0.0.3", "bob");
	xauth_run(&x, 30);
	assert_int_equal(x.office.server.ike_up, 1);
	assert_int_equal(x.office.server.ike_down + x.office.server.child_down, 0);
	assert_int_equal(x.office.clients[1].ike_up, 0);
	assert_said(&x.office.server, "\"bob\" is not taken while \"alice\" is there");
	assert_int_equal(gateway_down(x.office.clients[0].gateway, "t", NULL), RC_OK);
	xauth_run(&x, 300);
	assert_int_equal(x.office.clients[1].ike_up, 1);
	assert_int_equal(x.office.server.ike_up, 2);
	xauth_end(&x);
}

/* uniqueids=yes: the user is where he was last. */
static void a_user_who_comes_again_gets_his_address(void **state)
{
	struct xauth_office x;
	struct diag diag;

	(void)state;
	xauth_start(&x, SERVER, NULL);
	(void)office_client(&x.office, 0, "@group", ALICE);
	xauth_run(&x, 3);
	assert_has(&x, 0, "10.9.0.1");
	assert_int_equal(gateway_down(x.office.clients[0].gateway, "t", &diag), RC_OK);
	xauth_run(&x, 5);
	(void)office_client(&x.office, 1, "@group", BOB);
	xauth_run(&x, 3);
	(void)office_client(&x.office, 2, "@other", ALICE);
	xauth_run(&x, 30);
	assert_has(&x, 1, "10.9.0.2");
	assert_has(&x, 2, "10.9.0.1");
	xauth_end(&x);
}

static void the_same_user_twice_is_where_he_came_last(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x, SERVER, NULL);
	(void)office_client(&x.office, 0, "@group", ALICE "\trekey=no\n\tkeyingtries=1\n");
	xauth_run(&x, 60);
	assert_has(&x, 0, "10.9.0.1");
	(void)office_client(&x.office, 1, "@group", ALICE);
	xauth_run(&x, 4);
	assert_has(&x, 1, "10.9.0.1");
	assert_int_equal(used(&x), 1);
	xauth_end(&x);
}

/* Phase 1 ends again and again; user and address stay. */
static void phases_1_are_renewed_with_the_password(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x, SERVER, NULL);
	(void)office_client(&x.office, 0, "@a", ALICE "\tikelifetime=60s\n\trekeymargin=20s\n");
	xauth_run(&x, 300);
	assert_true(x.office.clients[0].ike_up > 2);
	assert_has(&x, 0, "10.9.0.1");
	assert_int_equal(used(&x), 1);
	assert_int_equal(x.office.clients[0].failed, 0);
	xauth_end(&x);
}

/* ---- a human is needed ---- */

static void without_a_password_the_tunnel_waits_and_says_so_once(void **state)
{
	struct xauth_office x;
	struct end *client;

	(void)state;
	xauth_start(&x, SERVER, OFFICE_SECRET);
	client = office_client(&x.office, 0, "@a", ALICE);
	xauth_run(&x, 1000);
	assert_nothing(&x, 0);
	assert_said(client, "no password for the user \"alice\" (XAUTH)");
	assert_int_equal(client->failed, 1);
	assert_int_equal(client->gateway->counters.datagrams_out, 0);
	assert_int_equal(client->gateway->counters.stuck, 0);
	xauth_end(&x);
}

static void what_the_operator_says_brings_it_up(void **state)
{
	struct xauth_office x;
	struct end *client;
	struct diag diag;

	(void)state;
	xauth_start(&x, SERVER, OFFICE_SECRET);
	client = office_client(&x.office, 0, "@a", XAUTH_ASKS "\tleftxauthclient=yes\n");
	xauth_run(&x, 100);
	assert_int_equal(
		gateway_login(client->gateway, "t", "alice", span_make("wonderland", 10), &diag),
		RC_OK);
	xauth_run(&x, 5);
	assert_has(&x, 0, "10.9.0.1");
	assert_said(&x.office.server, "user alice");
	xauth_end(&x);
}

static void a_server_that_is_to_begin_says_once_why_it_does_not(void **state)
{
	struct xauth_office x;
	struct diag diag;

	(void)state;
	xauth_start(&x,
		    "conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=192.0.2.1\n"
		    "\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"
		    "\tleftxauthserver=yes\n\tkeyexchange=ikev1\n",
		    NULL);
	assert_int_equal(gateway_up(x.office.server.gateway, "t", &diag), RC_OK);
	xauth_run(&x, 1000);
	assert_said(&x.office.server, "conn t is an XAUTH server: its client begins");
	assert_int_equal(x.office.server.failed, 1);
	assert_int_equal(x.office.server.gateway->counters.datagrams_out, 0);
	xauth_end(&x);
}

/* ---- conns that do not fit ---- */

static void who_does_not_know_of_users_gets_no_phase_1(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x, SERVER, NULL);
	(void)office_client(&x.office, 0, "@a", XAUTH_ASKS);
	xauth_run(&x, 150);
	assert_nothing(&x, 0);
	assert_said(&x.office.clients[0], "no answer to Main Mode");
	xauth_end(&x);
}

static void a_conn_with_users_stands_beside_one_without(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x,
		    XAUTH_SERVER "\trightid=@group\n"
				 "conn plain\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=%any\n"
				 "\trightid=@b\n\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n"
				 "\tauto=add\n\tkeyexchange=ikev1\n",
		    NULL);
	(void)office_client(&x.office, 0, "@group", ALICE);
	(void)office_client(&x.office, 1, "@b", "\tkeyexchange=ikev1\n");
	(void)office_client(&x.office, 2, "@group", "\tkeyexchange=ikev1\n");
	(void)office_client(&x.office, 3, "@b", "\tkeyexchange=ikev1\n" XAUTH_BOB);
	xauth_run(&x, 10);
	assert_has(&x, 0, "10.9.0.1");
	assert_has(&x, 1, "192.0.2.2");
	assert_int_equal(x.office.clients[2].child_up + x.office.clients[3].child_up, 0);
	xauth_end(&x);
}

/* ---- the network ---- */

static void a_bad_network_only_costs_time(void **state)
{
	struct world_network network = { .loss = 200,
					 .duplicate = 200,
					 .delay = 10 * USEC_PER_MSEC,
					 .jitter = 30 * USEC_PER_MSEC };
	struct xauth_office x;

	(void)state;
	xauth_start(&x, SERVER, NULL);
	world_set_network(x.office.world, &network);
	(void)office_client(&x.office, 0, "@a", ALICE);
	(void)office_client(&x.office, 1, "@b", BOB);
	xauth_run(&x, 120);
	assert_int_equal(x.office.clients[0].ike_up, 1);
	assert_int_equal(x.office.clients[1].ike_up, 1);
	assert_int_equal(used(&x), 2);
	assert_int_equal(kernel_simulated_sa_count(x.office.server.kernel), 4);
	xauth_end(&x);
}

static bool lose_third(void *context, struct flight *flight)
{
	unsigned *sent = context;

	(void)flight;
	return ++*sent != 3;
}

#define BY_THREE  "\tkeyexchange=ikev1\n\taggressive=yes\n"
#define ADDRESSES "\trightaddresspool=10.9.0.0/24\n" BY_THREE
#define UNASKED	  "\tmodecfgpull=no\n"
#define PULLED	  "\tmodecfgpull=yes\n"
#define ASKS	  "\tleftsourceip=%config\n" BY_THREE
#define NO_USERS                                                                                   \
	OFFICE_CONN("t")                                                                           \
	"\tauthby=secret\n" ADDRESSES

/* Nothing answers it, and the server waits for it before it says anything. */
static void a_lost_third_message_of_aggressive_mode_costs_a_retransmission(void **state)
{
	static const char *const servers[] = {
		XAUTH_SERVER_OF(ADDRESSES PULLED),
		XAUTH_SERVER_OF(ADDRESSES UNASKED),
		NO_USERS UNASKED,
	};
	static const char *const clients[] = {
		ASKS PULLED XAUTH_ALICE,
		ASKS UNASKED XAUTH_ALICE,
		ASKS UNASKED,
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct xauth_office x;
		unsigned sent = 0;
		xauth_start(&x, servers[i], NULL);
		world_tap(x.office.world, lose_third, &sent);
		(void)office_client(&x.office, 0, "@a", clients[i]);
		xauth_run(&x, 3);
		assert_has(&x, 0, "10.9.0.1");
		assert_int_equal(x.office.clients[0].ike_up, 1);
		xauth_end(&x);
	}
}

static bool no_transaction(void *context, struct flight *flight)
{
	const unsigned *from = context;

	return flight->bytes[18] != 6 || *from == 0;
}

static void a_server_that_does_not_ask_is_given_up(void **state)
{
	struct xauth_office x;
	unsigned deaf = 1;

	(void)state;
	xauth_start(&x, SERVER, NULL);
	world_tap(x.office.world, no_transaction, &deaf);
	(void)office_client(&x.office, 0, "@a", ALICE "\tretransmit-tries=3\n");
	xauth_run(&x, 100);
	assert_nothing(&x, 0);
	assert_said(&x.office.clients[0], "the server says nothing about our user");
	deaf = 0;
	xauth_run(&x, 300);
	assert_has(&x, 0, "10.9.0.1");
	xauth_end(&x);
}

#define BESIDE(name, more)                                                                         \
	"conn " name "\n\tleft=192.0.2.100\n\tleftid=@office\n\tleftsubnet=10.2.0.0/24\n"          \
	"\tauthby=secret\n\tauto=add\n" more

static void aggressive_mode_finds_the_conn_with_users_behind_one_without(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x,
		    BESIDE("plain", "\tright=%any\n\taggressive=yes\n" XAUTH_V1) SERVER
		    "\taggressive=yes\n",
		    NULL);
	(void)office_client(&x.office, 0, "@a", ALICE "\taggressive=yes\n");
	xauth_run(&x, 3);
	assert_has(&x, 0, "10.9.0.1");
	xauth_end(&x);
}

/* It is the client of our conn hq, which says nothing of whom we serve. */
static void a_server_may_be_a_client_of_its_client(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(&x,
		    BESIDE("hq", "\tright=192.0.2.1\n\trightid=@a\n\tleftxauthclient=yes\n"
				 "\tleftusername=bob\n" XAUTH_V1) SERVER,
		    NULL);
	(void)office_client(&x.office, 0, "@a", ALICE);
	xauth_run(&x, 3);
	assert_has(&x, 0, "10.9.0.1");
	xauth_end(&x);
}

/* Of another conn, with the same pool, that asks for no user. */
static void who_calls_himself_alice_does_not_keep_alice_out(void **state)
{
	struct xauth_office x;

	(void)state;
	xauth_start(
		&x,
		SERVER BESIDE("guest", "\tright=%any\n\trightaddresspool=10.9.0.0/24\n" XAUTH_V1),
		NULL);
	(void)office_client(&x.office, 1, "@[alice]", XAUTH_ASKS);
	xauth_run(&x, 3);
	assert_has(&x, 1, "10.9.0.1");
	(void)office_client(&x.office, 0, "@a", ALICE);
	xauth_run(&x, 3);
	assert_has(&x, 0, "10.9.0.2");
	assert_has(&x, 1, "10.9.0.1");
	xauth_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_password_brings_the_tunnel_up),
		cmocka_unit_test(without_modecfg_the_tunnel_comes_up_too),
		cmocka_unit_test(an_address_may_be_told_unasked_after_it),
		cmocka_unit_test(aggressive_mode_has_users_too),
		cmocka_unit_test(aggressive_mode_without_users_asks_for_its_address),
		cmocka_unit_test(a_wrong_password_ends_it_and_does_not_lock_the_account),
		cmocka_unit_test(who_is_not_known_is_told_the_same),
		cmocka_unit_test(a_user_of_another_conn_is_refused),
		cmocka_unit_test(xauthfail_soft_lets_it_in_and_says_so),
		cmocka_unit_test(xauthby_alwaysok_takes_everybody),
		cmocka_unit_test(a_password_file_that_is_not_there_is_named),
		cmocka_unit_test(two_users_of_one_group_are_two_peers),
		cmocka_unit_test(a_conn_for_one_address_has_one_user),
		cmocka_unit_test(a_user_who_comes_again_gets_his_address),
		cmocka_unit_test(the_same_user_twice_is_where_he_came_last),
		cmocka_unit_test(phases_1_are_renewed_with_the_password),
		cmocka_unit_test(without_a_password_the_tunnel_waits_and_says_so_once),
		cmocka_unit_test(what_the_operator_says_brings_it_up),
		cmocka_unit_test(a_server_that_is_to_begin_says_once_why_it_does_not),
		cmocka_unit_test(who_does_not_know_of_users_gets_no_phase_1),
		cmocka_unit_test(a_conn_with_users_stands_beside_one_without),
		cmocka_unit_test(a_bad_network_only_costs_time),
		cmocka_unit_test(a_lost_third_message_of_aggressive_mode_costs_a_retransmission),
		cmocka_unit_test(a_server_that_does_not_ask_is_given_up),
		cmocka_unit_test(aggressive_mode_finds_the_conn_with_users_behind_one_without),
		cmocka_unit_test(a_server_may_be_a_client_of_its_client),
		cmocka_unit_test(who_calls_himself_alice_does_not_keep_alice_out),
	};

	return exchange_run(tests);
}
