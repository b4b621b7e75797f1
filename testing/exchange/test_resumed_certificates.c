/* SPDX-License-Identifier: Apache-2.0 */
/* Session resumption (RFC 5723) of clients that proved themselves by certificate: with what they
 * are trusted by, and not longer than the certificate lasts. */
#include "exchange/authority.h"
#include "sa/extra.h"
#include "sa/ticket.h"

#define ENDS                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"                        \
	"\tsession-resumption=yes\n"
#define WEST  ENDS "\tauthby=ecdsa\n\tleftcert=west\n\tdpddelay=10s\n\tretransmit-tries=4\n"
#define EAST  ENDS "\tauthby=ecdsa\n\trightcert=east\n"
#define SLICE (100 * USEC_PER_MSEC)

struct play {
	struct pair pair;
	struct authority ca;
	unsigned inits, resumes; /* requests of west */
};

static bool overhear(void *context, struct flight *flight)
{
	struct play *play = context;

	if (flight->len < IKE_HEADER_LEN || (flight->bytes[19] & IKE_FLAG_RESPONSE) != 0)
		return true;
	play->inits += flight->bytes[18] == EXCHANGE_IKE_SA_INIT;
	play->resumes += flight->bytes[18] == EXCHANGE_IKE_SESSION_RESUME;
	return true;
}

/* west_ends: when its certificate does, relative to now; 0: in a year. */
static void begin(struct play *play, int64_t west_ends)
{
	struct wish west = authority_west;

	west.not_before = west_ends != 0 ? -10 : 0;
	west.not_after = west_ends;
	*play = (struct play){ .inits = 0 };
	authority_pair(&play->pair, &play->ca, WEST, EAST, NULL);
	authority_certifies_both(&play->ca, &play->pair, &west, &authority_east);
	end_up(&play->pair.west, "t");
	world_run(play->pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&play->pair);
	world_tap(play->pair.world, overhear, play);
}

static void end(struct play *play)
{
	authority_pair_end(&play->pair, &play->ca);
}

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.prev, struct ike_sa, in_peer);
}

static const struct ticket *ticket_of(struct play *play)
{
	const struct ike_extra *extra = sa_of(&play->pair.west)->extra;

	return extra != NULL ? extra->ticket : NULL;
}

static void cut(struct play *play, bool cut)
{
	struct pair *pair = &play->pair;

	assert_int_equal(world_partition(pair->world, pair->west.host, pair->east.host, cut),
			 RC_OK);
}

static void lose(struct play *play)
{
	unsigned before = play->pair.west.ike_down;

	cut(play, true);
	for (unsigned i = 0; play->pair.west.ike_down == before; i++) {
		assert_true(i < 1000);
		world_run(play->pair.world, SLICE);
	}
}

static void come_back(struct play *play)
{
	cut(play, false);
	world_run(play->pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(pair_ping(&play->pair, true), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping(&play->pair, false), SIMULATED_ARRIVED);
}

static void a_session_by_certificate_is_resumed_again_and_again(void **state)
{
	struct play play;

	(void)state;
	begin(&play, 0);
	for (unsigned i = 0; i < 3; i++) {
		unsigned before = play.resumes;
		assert_non_null(ticket_of(&play));
		assert_true(sa_of(&play.pair.east)->extra->certified_until > 0);
		lose(&play);
		come_back(&play);
		pair_assert_tunnel(&play.pair);
		assert_true(play.resumes > before);
	}
	assert_int_equal(play.inits, 0);
	end(&play);
}

static void a_ticket_does_not_outlive_the_certificate(void **state)
{
	struct play play;

	(void)state;
	begin(&play, 600);
	usec_t left = ticket_of(&play)->expires - host_now(play.pair.west.host);
	assert_true(left > 590 * USEC_PER_SEC && left <= 600 * USEC_PER_SEC);
	end(&play);
}

/* A rekeyed IKE SA asks for a ticket of its own: by what the client proved itself is still known.
 */
static void a_rekeyed_session_has_a_ticket_that_does_not_outlive_it_either(void **state)
{
	struct play play;
	struct diag diag;

	(void)state;
	begin(&play, 600);
	uint64_t old = sa_of(&play.pair.west)->serial;
	assert_int_equal(gateway_rekey(play.pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
	world_run(play.pair.world, 5 * USEC_PER_SEC);
	assert_true(sa_of(&play.pair.west)->serial != old);
	assert_non_null(ticket_of(&play));
	assert_true(ticket_of(&play)->expires - host_now(play.pair.west.host) <=
		    600 * USEC_PER_SEC);
	lose(&play);
	come_back(&play);
	assert_int_equal(play.inits, 0);
	end(&play);
}

/* What the conn asks of a certificate was asked when the session began. */
static void a_conn_that_asks_for_another_ca_looks_at_the_certificate_again(void **state)
{
	struct play play;

	(void)state;
	begin(&play, 0);
	lose(&play);
	end_reload(&play.pair.east, EAST "\tleftca=\"CN=Another CA\"\n");
	cut(&play, false);
	world_run(play.pair.world, 10 * USEC_PER_SEC);
	assert_true(play.resumes > 0);
	assert_true(play.inits > 0);
	assert_true(end_said(&play.pair.east, "conn is another"));
	assert_null(tunnel_current(peers_tunnel(&play.pair.west.gateway->peers, "t")));
	end(&play);
}

static void a_conn_that_asks_for_one_key_gives_no_ticket(void **state)
{
	struct play play;

	(void)state;
	begin(&play, 0);
	end_reload(&play.pair.east, EAST "\tleftcert=west\n");
	lose(&play);
	cut(&play, false);
	world_run(play.pair.world, 10 * USEC_PER_SEC);
	assert_true(end_said(&play.pair.east, "asks for one key"));
	assert_true(play.inits > 0);
	end(&play);
}

/* The CA may be gone, or another: the certificate is looked at again. */
static void when_the_trusted_cas_were_read_again_a_session_begins_anew(void **state)
{
	struct play play;

	(void)state;
	begin(&play, 0);
	lose(&play);
	authority_trusted(&play.ca, &play.pair.east);
	come_back(&play);
	assert_true(play.resumes > 0);
	assert_true(play.inits > 0);
	assert_true(end_said(&play.pair.east, "trusted CAs were read again"));
	end(&play);
}

/* Each time somebody comes it is to be asked whether the certificate is revoked. */
static void where_revocation_is_strict_no_session_is_resumed(void **state)
{
	struct play play;

	(void)state;
	begin(&play, 0);
	lose(&play);
	((struct config_setup *)(uintptr_t)play.pair.east.gateway->env.setup)->crl_strict = true;
	cut(&play, false);
	world_run(play.pair.world, 10 * USEC_PER_SEC);
	assert_true(play.resumes > 0);
	assert_true(end_said(&play.pair.east, "is not resumed with crl-strict="));
	end(&play);
}

static void proof_outlives(bool client)
{
	struct play play;
	struct end *of = client ? &play.pair.west : &play.pair.east;

	begin(&play, 0);
	const struct x509_proof *proof = sa_of(of)->extra->proof;
	assert_non_null(proof);
	struct x509_proof *before = x509_proof_copy(proof);
	lose(&play);
	come_back(&play);
	assert_int_equal(play.inits, 0);
	proof = sa_of(of)->extra->proof;
	assert_non_null(proof);
	assert_int_equal(proof->count, before->count);
	assert_memory_equal(proof->certificates, before->certificates,
			    proof->count * sizeof(proof->certificates[0]));
	mem_free(before);
	end(&play);
}

/* What becomes known of a certificate is about resumed sessions as well. */
static void a_resumed_session_still_knows_its_certificates(void **state)
{
	(void)state;
	proof_outlives(false);
}

/* So does the client, about the gateway. */
static void a_client_that_resumes_still_knows_the_gateways_certificates(void **state)
{
	(void)state;
	proof_outlives(true);
}

/* It was to go anyway: as when the gateway's certificate turned out to be revoked. */
static void what_was_to_be_deleted_when_the_peer_fell_silent_is_not_resumed(void **state)
{
	struct play play;
	struct ike_sa *sa;
	struct peer *peer;

	(void)state;
	for (unsigned put_out = 0; put_out < 2; put_out++) {
		begin(&play, 0);
		peer = peers_tunnel(&play.pair.west.gateway->peers, "t")->peer;
		cut(&play, true);
		sa = sa_of(&play.pair.west);
		for (unsigned i = 0; sa->request.bytes == NULL; i++) { /* is it alive? */
			assert_true(i < 200);
			world_run(play.pair.world, SLICE);
		}
		if (put_out == 1) {
			sa->delete_wanted = true;
			sa->delete_reason = RC_AUTH_FAILED;
		}
		for (unsigned i = 0; play.pair.west.ike_down == 0; i++) {
			assert_true(i < 1000);
			world_run(play.pair.world, SLICE);
		}
		assert_int_equal(peer->ticket != NULL || play.resumes > 0, put_out == 0);
		end(&play);
	}
}

static void nobody_resumes_the_session_of_null(void **state)
{
	static const char null[] = ENDS "\tauthby=null\n";
	struct play play = { .inits = 0 };

	(void)state;
	pair_start(&play.pair, 1, null, null, NULL, NULL);
	end_up(&play.pair.west, "t");
	world_run(play.pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&play.pair);
	assert_null(ticket_of(&play));
	pair_end(&play.pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_by_certificate_is_resumed_again_and_again),
		cmocka_unit_test(a_ticket_does_not_outlive_the_certificate),
		cmocka_unit_test(a_rekeyed_session_has_a_ticket_that_does_not_outlive_it_either),
		cmocka_unit_test(a_conn_that_asks_for_another_ca_looks_at_the_certificate_again),
		cmocka_unit_test(a_conn_that_asks_for_one_key_gives_no_ticket),
		cmocka_unit_test(when_the_trusted_cas_were_read_again_a_session_begins_anew),
		cmocka_unit_test(where_revocation_is_strict_no_session_is_resumed),
		cmocka_unit_test(a_resumed_session_still_knows_its_certificates),
		cmocka_unit_test(a_client_that_resumes_still_knows_the_gateways_certificates),
		cmocka_unit_test(what_was_to_be_deleted_when_the_peer_fell_silent_is_not_resumed),
		cmocka_unit_test(nobody_resumes_the_session_of_null),
	};

	return exchange_run(tests);
}
