/* SPDX-License-Identifier: Apache-2.0 */
/* Hybrid authentication (draft-ietf-ipsec-isakmp-hybrid-auth-05): in phase 1 the server alone
 * proves who it is, by its certificate; the client's user is proven then, by XAUTH. */
#include <stdio.h>
#include "exchange/authority.h"
#include "ikev1/private.h"

#define ROAD                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tkeyexchange=ikev1\n"                       \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"                        \
	"\tleftid=@west\n\trightid=@east\n"
#define HYBRID	"\tleftauth=xauth\n\trightauth=rsasig\n"
#define CLIENT	ROAD HYBRID "\tleftusername=alice\n"
#define SERVER	ROAD HYBRID "\trightcert=east\n\txauthby=alwaysok\n"
#define SECRETS "alice : XAUTH \"wonderland\"\n"

struct play {
	struct pair pair;
	struct authority ca, other;
};

/* East has an RSA certificate of that CA. */
static void play_start(struct play *play, const char *west, const char *east, bool foreign)
{
	struct wish wish = authority_east;

	wish.kind = KEY_RSA;
	authority_pair(&play->pair, &play->ca, west, east, SECRETS);
	authority_new(&play->other, NULL, "CN=Other CA",
		      play->pair.west.host->ops->wall(play->pair.west.host));
	authority_certifies(foreign ? &play->other : &play->ca, &play->pair.east, "east", &wish,
			    NULL);
}

static void play_end(struct play *play)
{
	authority_free(&play->other);
	authority_pair_end(&play->pair, &play->ca);
}

static void comes_up(struct play *play)
{
	end_up(&play->pair.west, "t");
	if (!pair_comes_up(&play->pair, 10 * USEC_PER_SEC))
		fail_msg("west: %s; east: %s", play->pair.west.journal, play->pair.east.journal);
	pair_run(&play->pair, USEC_PER_SEC);
	pair_assert_tunnel(&play->pair);
	assert_true(end_said(&play->pair.east, ": the user is proven"));
}

static void stays_down(struct play *play)
{
	end_up(&play->pair.west, "t");
	pair_run(&play->pair, 20 * USEC_PER_SEC);
	if (play->pair.west.child_up + play->pair.east.child_up + play->pair.east.ike_up > 0)
		fail_msg("west: %s; east: %s", play->pair.west.journal, play->pair.east.journal);
}

static void the_server_proves_itself_and_then_the_user(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, CLIENT, SERVER, false);
	comes_up(&play);
	play_end(&play);
}

static void aggressive_mode_does_the_same(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, CLIENT "\taggressive=yes\n", SERVER "\taggressive=yes\n", false);
	comes_up(&play);
	play_end(&play);
}

/* XAUTH with RSA (XAUTHInitRSA): both ends have certificates, and then the user is proven. */
static void both_ends_have_certificates_and_then_the_user_is_proven(void **state)
{
	static const char *const modes[] = { "", "\taggressive=yes\n" };
	struct wish west = authority_west;
	char client[600], server[600];
	struct play play;

	(void)state;
	west.kind = KEY_RSA;
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(client, sizeof(client),
			       ROAD "\tauthby=xauthrsasig\n\tleftcert=west\n"
				    "\tleftusername=alice\n%s",
			       modes[i]);
		(void)snprintf(server, sizeof(server),
			       ROAD "\tauthby=xauthrsasig\n\trightcert=east\n"
				    "\txauthby=alwaysok\n%s",
			       modes[i]);
		play_start(&play, client, server, false);
		authority_certifies(&play.ca, &play.pair.west, "west", &west, NULL);
		comes_up(&play);
		play_end(&play);
	}
}

/* The password must not go to whoever pretends to be the server. */
static void a_server_of_another_ca_does_not_hear_the_password(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, CLIENT, SERVER, true);
	stays_down(&play);
	assert_false(end_said(&play.pair.west, "the server asks for our user"));
	assert_int_equal(play.pair.west.ike_up, 0);
	play_end(&play);
}

/* What one conn asks for is no matter of the client's. */
static void who_has_no_key_gets_into_no_conn_that_asks_for_one(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, CLIENT,
		   ROAD "\tauthby=rsasig\n\trightcert=east\n\tleftxauthclient=yes\n"
			"\txauthby=alwaysok\n",
		   false);
	stays_down(&play);
	play_end(&play);
	play_start(&play, CLIENT, ROAD "\tauthby=rsasig\n\trightcert=east\n", false);
	stays_down(&play);
	play_end(&play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_server_proves_itself_and_then_the_user),
		cmocka_unit_test(aggressive_mode_does_the_same),
		cmocka_unit_test(both_ends_have_certificates_and_then_the_user_is_proven),
		cmocka_unit_test(a_server_of_another_ca_does_not_hear_the_password),
		cmocka_unit_test(who_has_no_key_gets_into_no_conn_that_asks_for_one),
	};

	return exchange_run(tests);
}
