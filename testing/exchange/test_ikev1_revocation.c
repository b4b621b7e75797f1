/* SPDX-License-Identifier: Apache-2.0 */
/* Revoked certificates under IKEv1's signatures, in both modes of phase 1 and at both ends: the
 * peer's is asked about before it is let in, where that is wanted, and as long as it is up. */
#include <stdio.h>
#include "exchange/authority.h"
#include "sa/isakmp.h"

#define CRL_URL "http://crl.example/root.crl"
#define STRICT	"config setup\n\tcrl-strict=yes\n\tcrlcheckinterval=10m\n"
#define LAX	"config setup\n\tcrlcheckinterval=10m\n"
#define HOUR	3600

/* Main or Aggressive Mode; who has the certificate that is asked about. */
struct way {
	bool aggressive, of_west;
};
static const struct way ways[] = {
	{ false, true }, { false, false }, { true, true }, { true, false }
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

struct play {
	struct pair pair;
	struct authority ca;
	struct certificate *asked; /* about */
	struct end *asks;
	struct arena arena;
};

static int64_t now_of(const struct play *play)
{
	return play->pair.east.host->ops->wall(play->pair.east.host);
}

static const char *conf_of(const struct way *way, bool west, const char *setup, char *out,
			   size_t size)
{
	(void)snprintf(out, size,
		       "%sconn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tkeyexchange=ikev1\n"
		       "\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"
		       "\tleftid=@west\n\trightid=@east\n\tauthby=ecdsa\n%s\taggressive=%s\n",
		       west != way->of_west ? setup : "",
		       west ? "\tleftcert=west\n" : "\trightcert=east\n",
		       way->aggressive ? "yes" : "no");
	return out;
}

static struct certificate *certificate_of(struct end *end)
{
	struct peer *peer = peers_tunnel(&end->gateway->peers, "t")->peer;
	struct credential *credential = NULL;

	assert_int_equal(
		keyring_credential(end->gateway->keyring, peer_local_end(peer), &credential, NULL),
		RC_OK);
	return certificate_ref(credential->certificate);
}

static void play_start(struct play *play, const struct way *way, const char *setup)
{
	struct wish west = authority_west, east = authority_east;
	char west_conf[600], east_conf[600];

	(way->of_west ? &west : &east)->crl_url = CRL_URL;
	authority_pair(&play->pair, &play->ca, conf_of(way, true, setup, west_conf, 600),
		       conf_of(way, false, setup, east_conf, 600), NULL);
	arena_init(&play->arena, 16u << 20);
	authority_certifies_both(&play->ca, &play->pair, &west, &east);
	play->asks = way->of_west ? &play->pair.east : &play->pair.west;
	play->asked = certificate_of(way->of_west ? &play->pair.west : &play->pair.east);
}

static void play_end(struct play *play)
{
	certificate_unref(play->asked);
	authority_pair_end(&play->pair, &play->ca);
	arena_free(&play->arena);
}

static void serve_crl(struct play *play, bool revoked)
{
	struct x509_revoked entry = { certificate_serial(play->asked), now_of(play) - 60, 1 };
	struct x509_issue_crl crl = {
		.issuer = play->ca.certificate,
		.issuer_key = play->ca.key,
		.scheme = authority_scheme(play->ca.key),
		.revoked = &entry,
		.count = revoked ? 1 : 0,
		.this_update = now_of(play) - 5,
		.next_update = now_of(play) + HOUR,
		.number = 1,
	};
	struct diag diag = { "" };
	struct span der;

	if (x509_issue_crl(&crl, &play->arena, &der, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(world_serve(play->pair.world, CRL_URL, SERVE_BODY, der), RC_OK);
}

static void begin(struct play *play)
{
	end_up(&play->pair.west, "t");
	pair_run(&play->pair, 3 * USEC_PER_SEC);
}

/* Phase 1 waits for the answer of a server. */
static void who_is_in_the_list_is_refused_and_others_come_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * WAYS; i++) {
		struct play play;
		bool revoked = i >= WAYS;
		play_start(&play, &ways[i % WAYS], STRICT);
		serve_crl(&play, revoked);
		begin(&play);
		assert_true(world_served(play.pair.world, CRL_URL, NULL) >= 1);
		if (revoked) {
			assert_true(end_said(play.asks, "was revoked on"));
			assert_int_equal(play.asks->ike_up, 0);
			assert_int_equal(play.pair.west.gateway->sas.child_count, 0);
			assert_int_equal(play.pair.east.gateway->sas.child_count, 0);
		} else {
			pair_assert_tunnel(&play.pair);
		}
		play_end(&play);
	}
}

static void what_cannot_be_had_refuses_after_the_wait(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WAYS; i++) {
		struct play play;
		play_start(&play, &ways[i], STRICT);
		assert_int_equal(world_serve(play.pair.world, CRL_URL, SERVE_HANG, SPAN_NONE),
				 RC_OK);
		begin(&play);
		assert_int_equal(play.asks->ike_up, 0);
		pair_run(&play.pair, 25 * USEC_PER_SEC);
		assert_true(end_said(play.asks, "no answer"));
		assert_int_equal(play.asks->ike_up, 0);
		play_end(&play);
	}
}

/* Its IPsec SAs do not outlive the ISAKMP SA then. */
static void who_is_revoked_later_loses_its_ipsec_sas_too(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WAYS; i++) {
		struct play play;
		play_start(&play, &ways[i], LAX);
		serve_crl(&play, false);
		begin(&play);
		pair_assert_tunnel(&play.pair);
		serve_crl(&play, true);
		pair_run(&play.pair, 70 * 60 * USEC_PER_SEC);
		assert_true(end_said(play.asks, "its IKE SA ends"));
		assert_true(end_said(play.asks, "was revoked on"));
		assert_true(play.asks->child_down >= 1);
		play_end(&play);
	}
}

static struct ike_sa *sa_of(struct end *end)
{
	return container_of(peers_tunnel(&end->gateway->peers, "t")->peer->ike_sas.next,
			    struct ike_sa, in_peer);
}

/* ... nor if that has gone before. */
static void ipsec_sas_without_an_isakmp_sa_go_too(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, &ways[0], LAX "");
	serve_crl(&play, false);
	begin(&play);
	pair_assert_tunnel(&play.pair);
	end_crash(&play.pair.west);
	sa_of(&play.pair.east)->delete_wanted = true;
	sa_of(&play.pair.east)->delete_reason = RC_TIMEOUT;
	peer_dirty(sa_of(&play.pair.east)->peer);
	pair_run(&play.pair, 2 * USEC_PER_SEC);
	assert_int_equal(sa_of(&play.pair.east)->state, IKEV1_GONE);
	assert_int_equal(play.pair.east.child_down, 0);
	serve_crl(&play, true);
	pair_run(&play.pair, 70 * 60 * USEC_PER_SEC);
	assert_true(end_said(&play.pair.east, "was revoked on"));
	assert_int_equal(play.pair.east.child_down, 1);
	play_end(&play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_in_the_list_is_refused_and_others_come_up),
		cmocka_unit_test(what_cannot_be_had_refuses_after_the_wait),
		cmocka_unit_test(who_is_revoked_later_loses_its_ipsec_sas_too),
		cmocka_unit_test(ipsec_sas_without_an_isakmp_sa_go_too),
	};

	return exchange_run(tests);
}
