/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication by certificates, raw keys and NULL (RFC 7296 §2.15, RFC 7427, RFC 7619). */
#include <stdio.h>
#include "exchange/authority.h"

#define CERTS                                                                                      \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n"                                            \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"
/* each end's own view: it has a certificate of its own, the other one comes from the peer */
#define WEST_CONF CERTS "\tleftid=@west\n\trightid=@east\n\tauthby=rsasig,ecdsa\n\tleftcert=west\n"
#define EAST_CONF CERTS "\tleftid=@west\n\trightid=@east\n\tauthby=rsasig,ecdsa\n\trightcert=east\n"

struct play {
	struct pair pair;
	struct authority ca;
};

static void play_start(struct play *play, const char *west, const char *east)
{
	authority_pair(&play->pair, &play->ca, west, east, NULL);
}

static void play_end(struct play *play)
{
	authority_pair_end(&play->pair, &play->ca);
}

static void certify(struct play *play, const struct wish *west, const struct wish *east)
{
	authority_certifies_both(&play->ca, &play->pair, west, east);
}

static void comes_up(struct play *play)
{
	end_up(&play->pair.west, "t");
	if (!pair_comes_up(&play->pair, 10 * USEC_PER_SEC))
		fail_msg("west: %s; east: %s", play->pair.west.last_text, play->pair.east.journal);
	pair_assert_tunnel(&play->pair);
}

/* ---- what works ---- */

static void both_ends_have_certificates_of_one_ca(void **state)
{
	static const enum key_kind kinds[] = { KEY_RSA, KEY_ECDSA_P256, KEY_ECDSA_P384,
					       KEY_ECDSA_P521 };

	(void)state;
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct wish west = authority_west, east = authority_east;
		struct play play;
		west.kind = kinds[i];
		east.kind = kinds[(i + 1) % 4];
		play_start(&play, WEST_CONF, EAST_CONF);
		certify(&play, &west, &east);
		comes_up(&play);
		play_end(&play);
	}
}

static void distinguished_names_come_out_of_the_certificates(void **state)
{
	static const char west[] = CERTS "\tauthby=ecdsa\n\tleftcert=west\n\tleftid=%fromcert\n"
					 "\trightid=\"CN=*, O=Example\"\n";
	static const char east[] = CERTS "\tauthby=ecdsa\n\trightcert=east\n\trightid=%fromcert\n"
					 "\tleftid=%fromcert\n";
	const struct wish w = { .subject = "CN=west, O=Example", .kind = KEY_ECDSA_P256 };
	const struct wish e = { .subject = "CN=east, O=Example", .kind = KEY_ECDSA_P256 };
	struct play play;

	(void)state;
	play_start(&play, west, east);
	certify(&play, &w, &e);
	comes_up(&play);
	play_end(&play);
}

static void an_intermediate_ca_comes_with_the_certificate(void **state)
{
	struct play play;
	struct authority between;

	(void)state;
	play_start(&play, WEST_CONF, EAST_CONF);
	authority_new(&between, &play.ca, "CN=Between, O=Example",
		      play.pair.west.host->ops->wall(play.pair.west.host));
	authority_certifies(&play.ca, &play.pair.west, "west", &authority_west, &between);
	authority_certifies(&play.ca, &play.pair.east, "east", &authority_east, NULL);
	comes_up(&play);
	play_end(&play);
	authority_free(&between);
}

static void one_end_has_a_certificate_the_other_a_shared_key(void **state)
{
	static const char west[] = CERTS "\tleftid=@west\n\trightid=@east\n\tleftauth=ecdsa\n"
					 "\trightauth=secret\n\tleftcert=west\n";
	static const char east[] = CERTS "\tleftid=@west\n\trightid=@east\n\tleftauth=ecdsa\n"
					 "\trightauth=secret\n";
	struct play play;

	(void)state;
	play_start(&play, west, east);
	authority_certifies(&play.ca, &play.pair.west, "west", &authority_west, NULL);
	comes_up(&play);
	play_end(&play);
}

static void nobody_needs_to_say_who_he_is_with_null(void **state)
{
	static const char conf[] = CERTS "\tauthby=null\n";
	struct play play;

	(void)state;
	play_start(&play, conf, conf);
	comes_up(&play);
	play_end(&play);
}

static void the_conn_that_allows_the_method_is_chosen(void **state)
{
	static const char west[] = CERTS "\tleftid=@west\n\trightid=@east\n\tauthby=ecdsa\n"
					 "\tleftcert=west\n";
	static const char east[] =
		"conn a\n\tleft=192.0.2.2\n\tright=%any\n\tleftid=@east\n\tauthby=secret\n"
		"\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.1.0.0/24\n\tauto=add\n"
		"conn t\n\tleft=192.0.2.2\n\tright=%any\n\tleftid=@east\n\tauthby=ecdsa\n"
		"\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.1.0.0/"
		"24\n\tauto=add\n\tleftcert=east\n";
	struct play play;

	(void)state;
	play_start(&play, west, east);
	certify(&play, &authority_west, &authority_east);
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 5 * USEC_PER_SEC);
	assert_int_equal(play.pair.west.child_up, 1);
	assert_int_equal(play.pair.east.child_up, 1);
	play_end(&play);
}

static void a_post_quantum_key_is_mixed_under_signatures_too(void **state)
{
	static const char *const modes[][2] = { { "yes", "yes" },
						{ "insist", "insist" },
						{ "yes", "no" } };
	char west[600], east[600];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct play play;
		(void)snprintf(west, sizeof(west), "%s\tppk=%s\n", WEST_CONF, modes[i][0]);
		(void)snprintf(east, sizeof(east), "%s\tppk=%s\n", EAST_CONF, modes[i][1]);
		pair_start(&play.pair, 1, west, east, "@west @east : PPKS \"one\" \"0123456789\"\n",
			   i == 2 ? ": PSK \"unused\"\n"
				  : "@west @east : PPKS \"one\" \"0123456789\"\n");
		authority_new(&play.ca, NULL, "CN=Test CA, O=Example",
			      play.pair.west.host->ops->wall(play.pair.west.host));
		authority_trusted(&play.ca, &play.pair.west);
		authority_trusted(&play.ca, &play.pair.east);
		certify(&play, &authority_west, &authority_east);
		comes_up(&play);
		play_end(&play);
	}
}

static void further_key_exchanges_are_signed(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST_CONF "\tike=aes_gcm256-dh19;addke1=dh31\n",
		   EAST_CONF "\tike=aes_gcm256-dh19;addke1=dh31\n");
	certify(&play, &authority_west, &authority_east);
	comes_up(&play);
	play_end(&play);
}

/* RFC 9593: without it the west would send its certificate, which the east does not take. */
static void a_peer_that_says_what_it_accepts_gets_it(void **state)
{
	static const char west[] = CERTS "\tleftid=@west\n\trightid=@east\n\tleftcert=west\n"
					 "\tleftauth=ecdsa,secret\n\trightauth=secret\n";
	static const char east[] = CERTS "\tleftid=@west\n\trightid=@east\n\tauthby=secret\n";
	struct play play;

	(void)state;
	play_start(&play, west, east);
	authority_certifies(&play.ca, &play.pair.west, "west", &authority_west, NULL);
	comes_up(&play);
	play_end(&play);
}

static void what_the_peer_does_not_accept_is_not_sent(void **state)
{
	static const char west[] = CERTS "\tleftid=@west\n\trightid=@east\n\tleftcert=west\n"
					 "\tauthby=ecdsa\n";
	static const char east[] = CERTS "\tleftid=@west\n\trightid=@east\n\tauthby=secret\n";
	struct play play;

	(void)state;
	play_start(&play, west, east);
	authority_certifies(&play.ca, &play.pair.west, "west", &authority_west, NULL);
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 3 * USEC_PER_SEC);
	assert_int_equal(play.pair.west.ike_up, 0);
	assert_non_null(strstr(play.pair.west.last_text, "accepts only secret"));
	play_end(&play);
}

/* ---- what is refused ---- */

struct refusal {
	const char *because; /* in the log of the east */
	struct wish west;
	const char *east_more;
	bool stranger; /* of another CA */
};

static const char *const server_only[] = { "1.3.6.1.5.5.7.3.3", NULL }; /* code signing */

static const struct refusal refusals[] = {
	{ "expired", { .not_before = -2 * AUTHORITY_YEAR, .not_after = -3600 }, "", false },
	{ "not valid before", { .not_before = 3600 }, "", false },
	{ "@west", { .name = "@somebody" }, "", false },
	{ "usage", { .usages = server_only }, "", false },
	{ "issuer", { .subject = NULL }, "", true },
	{ "does not come from the CA", { .subject = NULL }, "\tleftca=\"CN=Other CA\"\n", false },
	{ "does not come from the CA",
	  { .subject = NULL },
	  "\tleftca=%same\n\trightca=\"CN=Other CA\"\n",
	  false },
	{ "rsasig", { .kind = KEY_ECDSA_P256 }, "\tleftauth=rsasig\n", false },
};

static void end_with(struct play *play, const struct refusal *refusal, struct authority *other)
{
	struct wish wish = authority_west;

	if (refusal->west.name != NULL)
		wish.name = refusal->west.name;
	wish.not_before = refusal->west.not_before;
	wish.not_after = refusal->west.not_after;
	wish.usages = refusal->west.usages;
	authority_certifies(refusal->stranger ? other : &play->ca, &play->pair.west, "west", &wish,
			    NULL);
	authority_certifies(&play->ca, &play->pair.east, "east", &authority_east, NULL);
}

static void a_certificate_that_is_not_good_is_refused_with_the_reason(void **state)
{
	char east[700];

	(void)state;
	for (unsigned i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct play play;
		struct authority other;
		struct diag diag = { "" };
		(void)snprintf(east, sizeof(east), "%s%s", EAST_CONF, refusals[i].east_more);
		play_start(&play, WEST_CONF, east);
		authority_new(&other, NULL, "CN=Other CA",
			      play.pair.west.host->ops->wall(play.pair.west.host));
		end_with(&play, &refusals[i], &other);
		end_up(&play.pair.west, "t");
		pair_run(&play.pair, 3 * USEC_PER_SEC);
		assert_int_equal(play.pair.west.ike_up, 0);
		assert_int_equal(play.pair.east.ike_up, 0);
		assert_int_equal(play.pair.west.last_reason, RC_AUTH_FAILED);
		/* RFC 9593: what the east does not take, the west does not even try */
		if (!end_said(&play.pair.east, refusals[i].because) &&
		    strstr(play.pair.west.last_text, refusals[i].because) == NULL)
			fail_msg("case %u: %.800s", i, play.pair.east.journal);
		pair_run(&play.pair, 40 * USEC_PER_SEC); /* half-open ones */
		assert_int_equal(gateway_down(play.pair.west.gateway, "t", &diag), RC_OK);
		pair_run(&play.pair, 60 * USEC_PER_SEC);
		end_assert_empty(&play.pair.east);
		play_end(&play);
		authority_free(&other);
	}
}

/* The initiator refuses the responder's: it deletes what the responder believes to have. */
static void an_initiator_that_refuses_leaves_nothing_at_either_end(void **state)
{
	struct wish east = authority_east;
	struct play play;

	(void)state;
	play_start(&play, WEST_CONF, EAST_CONF);
	east.name = "@somebody";
	certify(&play, &authority_west, &east);
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 3 * USEC_PER_SEC);
	assert_int_equal(play.pair.west.ike_up, 0);
	assert_true(end_said(&play.pair.west, "@east"));
	end_assert_empty(&play.pair.east);
	play_end(&play);
}

static void without_a_certificate_nothing_is_begun(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST_CONF, EAST_CONF);
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 3 * USEC_PER_SEC);
	assert_int_equal(play.pair.east.gateway->counters.datagrams_in, 0);
	assert_true(play.pair.west.failed > 0);
	play_end(&play);
}

/* ---- while a worker is at it ---- */

static void a_conn_that_goes_while_a_signature_is_verified_is_no_harm(void **state)
{
	(void)state;
	for (unsigned step = 0; step < 40; step++) {
		struct play play;
		struct diag diag = { "" };
		play_start(&play, WEST_CONF, EAST_CONF);
		certify(&play, &authority_west, &authority_east);
		end_up(&play.pair.west, "t");
		pair_run(&play.pair, step * 250);
		(void)(gateway_delete(play.pair.east.gateway, "t", &diag) == RC_OK);
		pair_run(&play.pair, 3 * USEC_PER_SEC);
		end_assert_empty(&play.pair.east);
		play_end(&play);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_have_certificates_of_one_ca),
		cmocka_unit_test(distinguished_names_come_out_of_the_certificates),
		cmocka_unit_test(an_intermediate_ca_comes_with_the_certificate),
		cmocka_unit_test(one_end_has_a_certificate_the_other_a_shared_key),
		cmocka_unit_test(nobody_needs_to_say_who_he_is_with_null),
		cmocka_unit_test(the_conn_that_allows_the_method_is_chosen),
		cmocka_unit_test(a_post_quantum_key_is_mixed_under_signatures_too),
		cmocka_unit_test(further_key_exchanges_are_signed),
		cmocka_unit_test(a_peer_that_says_what_it_accepts_gets_it),
		cmocka_unit_test(what_the_peer_does_not_accept_is_not_sent),
		cmocka_unit_test(a_certificate_that_is_not_good_is_refused_with_the_reason),
		cmocka_unit_test(an_initiator_that_refuses_leaves_nothing_at_either_end),
		cmocka_unit_test(without_a_certificate_nothing_is_begun),
		cmocka_unit_test(a_conn_that_goes_while_a_signature_is_verified_is_no_harm),
	};

	return exchange_run(tests);
}
