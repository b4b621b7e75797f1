/* SPDX-License-Identifier: Apache-2.0 */
/* Main Mode of IKEv1 with signatures (RFC 2409 §5.1, RFC 4754): certificates, raw keys, and what is
 * refused. */
#include <stdio.h>
#include "exchange/authority.h"
#include "ikev1/private.h"

#define CERTS                                                                                      \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tkeyexchange=ikev1\n"                       \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"
#define NAMES	  "\tleftid=@west\n\trightid=@east\n"
#define WEST_CONF CERTS NAMES "\tauthby=rsasig,ecdsa\n\tleftcert=west\n"
#define EAST_CONF CERTS NAMES "\tauthby=rsasig,ecdsa\n\trightcert=east\n"

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

static void certify(struct play *play, enum key_kind west, enum key_kind east)
{
	struct wish w = authority_west, e = authority_east;

	w.kind = west;
	e.kind = east;
	authority_certifies_both(&play->ca, &play->pair, &w, &e);
}

static void comes_up(struct play *play)
{
	end_up(&play->pair.west, "t");
	if (!pair_comes_up(&play->pair, 10 * USEC_PER_SEC))
		fail_msg("west: %s; east: %s", play->pair.west.journal, play->pair.east.journal);
	pair_run(&play->pair, USEC_PER_SEC);
	pair_assert_tunnel(&play->pair);
}

static void stays_down(struct play *play)
{
	end_up(&play->pair.west, "t");
	pair_run(&play->pair, 10 * USEC_PER_SEC);
	assert_int_equal(play->pair.west.ike_up + play->pair.east.ike_up, 0);
	end_assert_childless(&play->pair.west);
	end_assert_childless(&play->pair.east);
}

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

static void both_ends_have_certificates_of_one_ca(void **state)
{
	static const struct {
		enum key_kind kind;
		uint16_t auth;
	} keys[] = { { KEY_RSA, OAKLEY_RSA_SIG },
		     { KEY_ECDSA_P256, OAKLEY_ECDSA_256 },
		     { KEY_ECDSA_P384, OAKLEY_ECDSA_384 },
		     { KEY_ECDSA_P521, OAKLEY_ECDSA_521 } };

	(void)state;
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct play play;
		play_start(&play, WEST_CONF, EAST_CONF);
		certify(&play, keys[i].kind, keys[i].kind);
		comes_up(&play);
		assert_int_equal(sa_of(&play.pair.west)->v1->auth, keys[i].auth);
		assert_int_equal(sa_of(&play.pair.east)->v1->auth, keys[i].auth);
		play_end(&play);
	}
}

/* RFC 2409 has one method for both ends. */
static void keys_of_two_kinds_cannot_agree(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST_CONF, EAST_CONF);
	certify(&play, KEY_ECDSA_P256, KEY_RSA);
	stays_down(&play);
	assert_true(end_said(&play.pair.east, "no proposal in common"));
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

static void distinguished_names_come_out_of_the_certificates(void **state)
{
	static const char west[] = CERTS "\tauthby=ecdsa\n\tleftcert=west\n\tleftid=%fromcert\n"
					 "\trightid=\"CN=*, O=Example\"\n";
	static const char east[] = CERTS "\tauthby=ecdsa\n\trightcert=east\n\trightid=%fromcert\n"
					 "\tleftid=\"CN=west, O=Example\"\n";
	const struct wish w = { .subject = "CN=west, O=Example", .kind = KEY_ECDSA_P256 };
	const struct wish e = { .subject = "CN=east, O=Example", .kind = KEY_ECDSA_P256 };
	struct play play;

	(void)state;
	play_start(&play, west, east);
	authority_certifies_both(&play.ca, &play.pair, &w, &e);
	comes_up(&play);
	play_end(&play);
}

static void a_certificate_of_another_ca_is_refused(void **state)
{
	struct authority other;
	struct play play;

	(void)state;
	play_start(&play, WEST_CONF, EAST_CONF);
	authority_new(&other, NULL, "CN=Other CA",
		      play.pair.west.host->ops->wall(play.pair.west.host));
	authority_certifies(&other, &play.pair.west, "west", &authority_west, NULL);
	authority_certifies(&play.ca, &play.pair.east, "east", &authority_east, NULL);
	stays_down(&play);
	play_end(&play);
	authority_free(&other);
}

static void a_responder_of_another_ca_is_refused_too(void **state)
{
	struct authority other;
	struct play play;

	(void)state;
	play_start(&play, WEST_CONF, EAST_CONF);
	authority_new(&other, NULL, "CN=Other CA",
		      play.pair.west.host->ops->wall(play.pair.west.host));
	authority_certifies(&play.ca, &play.pair.west, "west", &authority_west, NULL);
	authority_certifies(&other, &play.pair.east, "east", &authority_east, NULL);
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 10 * USEC_PER_SEC);
	assert_int_equal(play.pair.west.ike_up, 0);
	assert_int_equal(play.pair.west.child_up + play.pair.east.child_up, 0);
	play_end(&play);
	authority_free(&other);
}

static void an_identity_that_the_certificate_does_not_say_is_refused(void **state)
{
	struct wish liar = authority_west;
	struct play play;

	(void)state;
	liar.name = "@somebody";
	play_start(&play, WEST_CONF, EAST_CONF);
	authority_certifies(&play.ca, &play.pair.west, "west", &liar, NULL);
	authority_certifies(&play.ca, &play.pair.east, "east", &authority_east, NULL);
	stays_down(&play);
	assert_true(end_said(&play.pair.east, "which its certificate"));
	play_end(&play);
}

/* leftsendcert=: the peer has no other way to our key. */
static void a_certificate_that_is_never_sent_is_missed(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST_CONF "\tleftsendcert=never\n", EAST_CONF);
	certify(&play, KEY_ECDSA_P256, KEY_ECDSA_P256);
	stays_down(&play);
	assert_true(end_said(&play.pair.east, "peer sent no certificate"));
	play_end(&play);
}

static void a_certificate_is_sent_to_a_peer_that_asks(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST_CONF "\tleftsendcert=ifasked\n",
		   EAST_CONF "\trightsendcert=ifasked\n");
	certify(&play, KEY_ECDSA_P256, KEY_ECDSA_P256);
	comes_up(&play);
	play_end(&play);
}

/* The conn of the shared key comes first, and is not what the peer offers. */
static void the_conn_that_has_the_method_is_chosen(void **state)
{
	static const char west[] = CERTS NAMES "\tauthby=ecdsa\n\tleftcert=west\n";
	static const char east[] =
		"conn a\n\tleft=192.0.2.2\n\tright=%any\n\tleftid=@east\n\tauthby=secret\n"
		"\tkeyexchange=ikev1\n"
		"\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.1.0.0/24\n\tauto=add\n"
		"conn t\n\tleft=192.0.2.2\n\tright=%any\n\tleftid=@east\n\tauthby=ecdsa\n"
		"\tkeyexchange=ikev1\n\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.1.0.0/24\n"
		"\tauto=add\n\tleftcert=east\n";
	struct play play;

	(void)state;
	play_start(&play, west, east);
	certify(&play, KEY_ECDSA_P256, KEY_ECDSA_P256);
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 5 * USEC_PER_SEC);
	if (play.pair.west.child_up + play.pair.east.child_up != 2)
		fail_msg("west: %s; east: %s", play.pair.west.journal, play.pair.east.journal);
	play_end(&play);
}

static void without_a_key_of_ours_nothing_is_said(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, CERTS NAMES "\tauthby=rsasig\n", EAST_CONF);
	certify(&play, KEY_RSA, KEY_RSA);
	stays_down(&play);
	assert_true(end_said(&play.pair.west, "names no certificate or key of ours"));
	play_end(&play);
}

/* One flipped bit in the third or fourth datagram with ciphertext costs time, never an SA of the
 * wrong one: here every bit of the last block of the peer's proof, once. */
struct spoiler {
	unsigned nth; /* encrypted message of Main Mode */
	unsigned seen;
	size_t back; /* bytes from its end */
};

static bool spoils(void *context, struct flight *flight)
{
	struct spoiler *spoiler = context;
	struct ike_header header;

	if (wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) == RC_OK &&
	    header.exchange == EXCHANGE_V1_MAIN && (header.flags & ISAKMP_FLAG_ENCRYPTION) != 0 &&
	    spoiler->seen++ == spoiler->nth)
		flight->bytes[flight->len - spoiler->back] ^= 0x10;
	return true;
}

static void a_spoiled_proof_proves_nothing(void **state)
{
	(void)state;
	for (unsigned nth = 0; nth < 2; nth++) {
		struct spoiler spoiler = { .nth = nth, .back = 40 };
		struct play play;
		play_start(&play, WEST_CONF, EAST_CONF);
		certify(&play, KEY_ECDSA_P256, KEY_ECDSA_P256);
		world_tap(play.pair.world, spoils, &spoiler);
		end_up(&play.pair.west, "t");
		pair_run(&play.pair, 100 * USEC_PER_MSEC);
		assert_true(spoiler.seen > nth);
		assert_int_equal(play.pair.west.ike_up, 0);
		assert_int_equal(play.pair.east.ike_up, nth); /* then east has seen a good one */
		play_end(&play);
	}
}

struct mirror {
	uint8_t first[2048];
	size_t len, answered; /* bytes of east's, whose copies get lost too */
};

static bool mirrors(void *context, struct flight *flight)
{
	struct mirror *mirror = context;
	bool from_west = flight->from.addr.bytes[3] == 1;

	if (!from_west)
		mirror->answered += flight->len;
	else if (mirror->len == 0 && flight->len <= sizeof(mirror->first))
		memcpy(mirror->first, flight->bytes, mirror->len = flight->len);
	return from_west && mirror->answered == 0;
}

/* Whoever says that he is west, and hears nothing: the certificate goes to west each time. */
static void a_first_message_that_is_said_for_ever_is_not_answered_for_ever(void **state)
{
	struct mirror mirror = { .len = 0 };
	struct ip_endpoint west = { .port = 500 }, east = { .port = 500 };
	struct play play;
	size_t once;

	(void)state;
	play_start(&play, WEST_CONF "\taggressive=yes\n", EAST_CONF "\taggressive=yes\n");
	certify(&play, KEY_RSA, KEY_RSA);
	assert_int_equal(ip_parse(WEST_ADDRESS, &west.addr), RC_OK);
	assert_int_equal(ip_parse(EAST_ADDRESS, &east.addr), RC_OK);
	world_tap(play.pair.world, mirrors, &mirror);
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 100 * USEC_PER_MSEC);
	once = mirror.answered;
	assert_true(once > 0);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(world_inject(play.pair.world, &west, &east,
					      span_make(mirror.first, mirror.len)),
				 RC_OK);
		pair_run(&play.pair, USEC_PER_MSEC);
	}
	assert_in_range(mirror.answered, 2 * once, 16 * once);
	play_end(&play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_have_certificates_of_one_ca),
		cmocka_unit_test(keys_of_two_kinds_cannot_agree),
		cmocka_unit_test(an_intermediate_ca_comes_with_the_certificate),
		cmocka_unit_test(distinguished_names_come_out_of_the_certificates),
		cmocka_unit_test(a_certificate_of_another_ca_is_refused),
		cmocka_unit_test(a_responder_of_another_ca_is_refused_too),
		cmocka_unit_test(an_identity_that_the_certificate_does_not_say_is_refused),
		cmocka_unit_test(a_certificate_that_is_never_sent_is_missed),
		cmocka_unit_test(a_certificate_is_sent_to_a_peer_that_asks),
		cmocka_unit_test(the_conn_that_has_the_method_is_chosen),
		cmocka_unit_test(without_a_key_of_ours_nothing_is_said),
		cmocka_unit_test(a_spoiled_proof_proves_nothing),
		cmocka_unit_test(a_first_message_that_is_said_for_ever_is_not_answered_for_ever),
	};

	return exchange_run(tests);
}
