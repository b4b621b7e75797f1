/* SPDX-License-Identifier: Apache-2.0 */
/* Revoked certificates: CRLs and OCSP answers in IKE_AUTH and afterwards. East asks about west. */
#include <stdio.h>
#include "exchange/authority.h"
#include "unit/x509/responder.h"

#define CRL_URL	 "http://crl.example/root.crl"
#define OCSP_URL "http://ocsp.example/"
#define CONN                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n"                                            \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"                        \
	"\tleftid=@west\n\trightid=@east\n\tauthby=ecdsa\n"
#define WEST		 CONN "\tleftcert=west\n"
#define EAST(settings)	 "config setup\n" settings CONN "\trightcert=east\n"
#define CRL_STRICT	 "\tcrl-strict=yes\n"
#define OCSP		 "\tocsp-enable=yes\n\tocsp-method=post\n"
#define OCSP_STRICT	 OCSP "\tocsp-strict=yes\n"
#define HOUR		 3600
#define SOME_SECONDS	 (3 * USEC_PER_SEC)
#define LONGER_THAN_WAIT (25 * USEC_PER_SEC)

struct play {
	struct pair pair;
	struct authority ca;
	struct certificate *west; /* its own */
	struct arena arena;
};

static int64_t now_of(struct play *play)
{
	return play->pair.east.host->ops->wall(play->pair.east.host);
}

static const struct certificate *certificate_of(struct end *end, struct peer *peer)
{
	struct credential *credential = NULL;
	struct diag diag = { "" };

	assert_int_equal(
		keyring_credential(end->gateway->keyring, peer_local_end(peer), &credential, &diag),
		RC_OK);
	return credential->certificate;
}

static void play_start(struct play *play, const char *west_conf, const char *east_conf)
{
	const struct wish west = { .subject = "CN=west",
				   .name = "@west",
				   .kind = KEY_ECDSA_P256,
				   .crl_url = CRL_URL,
				   .ocsp_url = OCSP_URL };
	const struct wish east = { .subject = "CN=east", .name = "@east", .kind = KEY_ECDSA_P256 };

	pair_start(&play->pair, 1, west_conf, east_conf, NULL, NULL);
	arena_init(&play->arena, 16u << 20);
	authority_new(&play->ca, NULL, "CN=Test CA", now_of(play));
	authority_trusted(&play->ca, &play->pair.west);
	authority_trusted(&play->ca, &play->pair.east);
	authority_certifies(&play->ca, &play->pair.west, "west", &west, NULL);
	authority_certifies(&play->ca, &play->pair.east, "east", &east, NULL);
	play->west = certificate_ref((struct certificate *)certificate_of(
		&play->pair.west, peers_tunnel(&play->pair.west.gateway->peers, "t")->peer));
}

static void play_end(struct play *play)
{
	pair_end(&play->pair);
	certificate_unref(play->west);
	authority_free(&play->ca);
	arena_free(&play->arena);
}

/* The CA's CRL, of so long ago and for so long, with west in it or not. */
static void serve_crl(struct play *play, int64_t made, int64_t lasts, bool revoked)
{
	struct x509_revoked entry = { certificate_serial(play->west), now_of(play) - 60, 1 };
	struct x509_issue_crl crl = {
		.issuer = play->ca.certificate,
		.issuer_key = play->ca.key,
		.scheme = authority_scheme(play->ca.key),
		.revoked = &entry,
		.count = revoked ? 1 : 0,
		.this_update = now_of(play) - made,
		.next_update = now_of(play) - made + lasts,
		.number = 1,
	};
	struct diag diag = { "" };
	struct span der;

	if (x509_issue_crl(&crl, &play->arena, &der, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(world_serve(play->pair.world, CRL_URL, SERVE_BODY, der), RC_OK);
}

static void serve_answer(struct play *play, enum ocsp_status status)
{
	struct answer answer = {
		.status = status,
		.this_update = now_of(play) - 5,
		.next_update = now_of(play) + HOUR,
		.about = play->west,
		.issuer = play->ca.certificate,
		.signer = play->ca.certificate,
		.key = play->ca.key,
		.when = now_of(play) - 60,
	};
	uint8_t buffer[4096];

	assert_int_equal(
		world_serve(play->pair.world, OCSP_URL, SERVE_BODY, response_of(&answer, buffer)),
		RC_OK);
}

static void serve(struct play *play, const char *url, enum served served)
{
	assert_int_equal(world_serve(play->pair.world, url, served, SPAN_NONE), RC_OK);
}

static unsigned asked(const struct play *play, const char *url)
{
	return world_served(play->pair.world, url, NULL);
}

static void begin(struct play *play, usec_t duration)
{
	end_up(&play->pair.west, "t");
	pair_run(&play->pair, duration);
}

static bool is_up(const struct play *play)
{
	return play->pair.west.child_up > 0 && play->pair.east.child_up > 0;
}

/* East says why, and nothing is up. */
static void assert_refused(struct play *play, const char *why)
{
	if (!end_said(&play->pair.east, why))
		fail_msg("east says: %s", play->pair.east.journal);
	assert_int_equal(play->pair.west.ike_up, 0);
	assert_int_equal(play->pair.east.ike_up, 0);
	assert_int_equal(play->pair.west.last_reason, RC_AUTH_FAILED);
}

/* ---- strict: what is not known is found out first ---- */

static void who_is_in_the_list_is_refused(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST, EAST(CRL_STRICT));
	serve_crl(&play, 5, HOUR, true);
	begin(&play, SOME_SECONDS);
	assert_refused(&play, "\"CN=west\"");
	assert_refused(&play, "was revoked on");
	assert_refused(&play, "key compromise");
	assert_refused(&play, CRL_URL);
	play_end(&play);
}

static void who_is_not_in_the_list_comes_up(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST, EAST(CRL_STRICT));
	serve_crl(&play, 5, HOUR, false);
	begin(&play, SOME_SECONDS);
	assert_true(is_up(&play));
	assert_int_equal(asked(&play, CRL_URL), 1);
	pair_assert_tunnel(&play.pair);
	play_end(&play);
}

static void the_responders_word_counts(void **state)
{
	static const struct {
		enum ocsp_status status;
		const char *why;
	} cases[] = {
		{ OCSP_GOOD, NULL },
		{ OCSP_REVOKED, "says the OCSP answer of" },
		{ OCSP_UNKNOWN, "does not know it" },
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct play play;
		struct span question;
		play_start(&play, WEST, EAST(OCSP_STRICT));
		serve_answer(&play, cases[i].status);
		begin(&play, SOME_SECONDS);
		assert_int_equal(world_served(play.pair.world, OCSP_URL, &question), 1);
		assert_true(question.len > 40);
		if (cases[i].why == NULL)
			assert_true(is_up(&play));
		else
			assert_refused(&play, cases[i].why);
		play_end(&play);
	}
}

static void what_cannot_be_had_refuses(void **state)
{
	static const struct {
		const char *conf, *url;
		enum served served;
		const char *why;
	} cases[] = {
		{ EAST(CRL_STRICT), CRL_URL, SERVE_NOTHING, "cannot connect" },
		{ EAST(CRL_STRICT), CRL_URL, SERVE_MISSING, "404" },
		{ EAST(CRL_STRICT), CRL_URL, SERVE_HANG, "no answer" },
		{ EAST(CRL_STRICT), CRL_URL, SERVE_ENDLESS, "too large" },
		{ EAST(CRL_STRICT), CRL_URL, SERVE_BODY, "not a DER CRL" },
		{ EAST(OCSP_STRICT), OCSP_URL, SERVE_NOTHING, "cannot connect" },
		{ EAST(OCSP_STRICT), OCSP_URL, SERVE_HANG, "no answer" },
		{ EAST(OCSP_STRICT), OCSP_URL, SERVE_ENDLESS, "too large" },
		{ EAST(OCSP_STRICT), OCSP_URL, SERVE_BODY, "not an OCSP answer" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct play play;
		play_start(&play, WEST, cases[i].conf);
		serve(&play, cases[i].url, cases[i].served);
		begin(&play, LONGER_THAN_WAIT);
		assert_refused(&play, "could not be found out");
		assert_refused(&play, cases[i].why);
		play_end(&play);
	}
}

static void an_old_list_says_who_is_revoked_but_not_who_is_good(void **state)
{
	struct play play;

	(void)state;
	for (unsigned revoked = 0; revoked < 2; revoked++) {
		play_start(&play, WEST, EAST(CRL_STRICT));
		serve_crl(&play, 2 * HOUR, HOUR, revoked == 1);
		begin(&play, SOME_SECONDS);
		assert_refused(&play, revoked == 1 ? "was revoked on" : "it was good until");
		play_end(&play);
	}
}

static void a_list_serves_where_the_responder_does_not_answer(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST, EAST(CRL_STRICT OCSP));
	serve(&play, OCSP_URL, SERVE_HANG);
	serve_crl(&play, 5, HOUR, false);
	begin(&play, 8 * USEC_PER_SEC);
	assert_true(is_up(&play));
	assert_int_equal(asked(&play, OCSP_URL), 1);
	play_end(&play);
}

/* The initiator refuses the responder in the same way. */
static void an_initiator_asks_too(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST, EAST(CRL_STRICT));
	serve_crl(&play, 5, HOUR, true);
	end_up(&play.pair.east, "t");
	pair_run(&play.pair, SOME_SECONDS);
	assert_int_equal(play.pair.east.ike_up, 0);
	assert_non_null(strstr(play.pair.east.last_text, "was revoked on"));
	end_assert_empty(&play.pair.west);
	play_end(&play);
}

/* ---- not strict: nobody waits ---- */

static void what_is_not_known_passes_at_once(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST, EAST(""));
	serve(&play, CRL_URL, SERVE_HANG);
	begin(&play, USEC_PER_SEC / 2);
	assert_true(is_up(&play));
	assert_int_equal(asked(&play, CRL_URL), 1);
	play_end(&play);
}

/* It was let in before the list was there; then it goes, with the list's words. */
static void who_turns_out_to_be_revoked_is_put_out(void **state)
{
	struct play play;

	(void)state;
	for (unsigned ocsp = 0; ocsp < 2; ocsp++) {
		play_start(&play, WEST, ocsp == 1 ? EAST(OCSP) : EAST(""));
		if (ocsp == 1)
			serve_answer(&play, OCSP_REVOKED);
		else
			serve_crl(&play, 5, HOUR, true);
		begin(&play, SOME_SECONDS);
		assert_true(end_said(&play.pair.east, "its IKE SA ends"));
		assert_true(end_said(&play.pair.east, "was revoked on"));
		assert_int_equal(play.pair.east.ike_down, play.pair.east.ike_up);
		assert_int_equal(play.pair.east.gateway->sas.established_count, 0);
		play_end(&play);
	}
}

static void who_is_revoked_later_is_put_out(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST, EAST(CRL_STRICT "\tcrlcheckinterval=10m\n"));
	serve_crl(&play, 5, HOUR, false);
	begin(&play, SOME_SECONDS);
	assert_true(is_up(&play));
	serve_crl(&play, 1, HOUR, true);
	pair_run(&play.pair, 8 * 60 * USEC_PER_SEC);
	assert_int_equal(play.pair.east.ike_down, 0);
	pair_run(&play.pair, 3 * 60 * USEC_PER_SEC);
	assert_int_equal(asked(&play, CRL_URL), 2);
	assert_int_equal(play.pair.east.ike_down, 1);
	assert_non_null(strstr(play.pair.east.journal, "was revoked on"));
	play_end(&play);
}

/* Nobody comes up anew: the responder is asked again all the same. */
static void who_is_up_is_asked_about_again(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST, EAST(OCSP_STRICT "\tcrlcheckinterval=10m\n"));
	serve_answer(&play, OCSP_GOOD);
	begin(&play, SOME_SECONDS);
	assert_true(is_up(&play));
	pair_run(&play.pair, 9 * 60 * USEC_PER_SEC);
	assert_int_equal(asked(&play, OCSP_URL), 1);
	serve_answer(&play, OCSP_REVOKED);
	pair_run(&play.pair, 3 * 60 * USEC_PER_SEC);
	assert_int_equal(asked(&play, OCSP_URL), 2);
	assert_int_equal(play.pair.east.ike_down, 1);
	assert_true(end_said(&play.pair.east, "its IKE SA ends"));
	assert_true(end_said(&play.pair.east, "says the OCSP answer of"));
	play_end(&play);
}

#define RESUMES	     "\tsession-resumption=yes\n\tretransmit-tries=3\n"
#define WEST_RESUMES WEST RESUMES "\tdpddelay=25m\n" /* as long as it sleeps */
#define EAST_RESUMES EAST(OCSP "\tcrlcheckinterval=10m\n") RESUMES "\tdpddelay=10s\n"

static bool count_resumptions(void *context, struct flight *flight)
{
	if (flight->len >= IKE_HEADER_LEN && (flight->bytes[19] & IKE_FLAG_RESPONSE) != 0)
		*(unsigned *)context += flight->bytes[18] == EXCHANGE_IKE_SESSION_RESUME;
	return true;
}

/* Clients that come and go meanwhile, so that what is too old is forgotten. */
static void others_are_seen(struct play *play, unsigned minutes)
{
	struct x509_proof *other = mem_alloc(sizeof(*other) + sizeof(other->certificates[0]));

	assert_non_null(other);
	other->count = 1;
	other->certificates[0].serial_len = 1;
	for (unsigned i = 0; i < minutes; i++) {
		x509_proof_watch(play->pair.east.gateway->revocation, other);
		pair_run(&play->pair, 60 * USEC_PER_SEC);
	}
	mem_free(other);
}

/* Away for longer than anybody is asked about, and back by its ticket: no certificate is shown, and
 * the responder is asked all the same. */
static void who_resumes_after_a_long_time_is_asked_about_again(void **state)
{
	unsigned resumptions = 0;
	struct play play;

	(void)state;
	play_start(&play, WEST_RESUMES, EAST_RESUMES);
	serve_answer(&play, OCSP_GOOD);
	begin(&play, SOME_SECONDS);
	assert_true(is_up(&play));
	assert_int_equal(asked(&play, OCSP_URL), 1);
	assert_int_equal(
		world_partition(play.pair.world, play.pair.west.host, play.pair.east.host, true),
		RC_OK);
	world_tap(play.pair.world, count_resumptions, &resumptions);
	others_are_seen(&play, 24);
	assert_int_equal(play.pair.east.ike_down, 1);
	assert_int_equal(play.pair.west.ike_down, 0);
	for (unsigned i = 0; i < 10000 && play.pair.west.ike_down == 0; i++)
		pair_run(&play.pair, USEC_PER_SEC / 10);
	assert_int_equal(asked(&play, OCSP_URL), 1); /* while it is away there is no hurry */
	serve_answer(&play, OCSP_REVOKED);
	assert_int_equal(
		world_partition(play.pair.world, play.pair.west.host, play.pair.east.host, false),
		RC_OK);
	for (unsigned i = 0; i < 1000 && play.pair.east.ike_up < 2; i++)
		pair_run(&play.pair, USEC_PER_SEC);
	assert_int_equal(resumptions, 1);
	pair_run(&play.pair, SOME_SECONDS);
	assert_int_equal(asked(&play, OCSP_URL), 2);
	assert_true(end_said(&play.pair.east, "its IKE SA ends"));
	assert_int_equal(play.pair.east.ike_down, 2);
	play_end(&play);
}

/* The proof goes on with the successor of the IKE SA. */
static void a_rekeyed_ike_sa_is_put_out_too(void **state)
{
	struct diag diag = { "" };
	struct play play;

	(void)state;
	play_start(&play, WEST, EAST(""));
	serve(&play, CRL_URL, SERVE_MISSING);
	begin(&play, SOME_SECONDS);
	assert_true(is_up(&play));
	assert_int_equal(gateway_rekey(play.pair.east.gateway, "t", REKEY_IKE, &diag), RC_OK);
	pair_run(&play.pair, 30 * USEC_PER_SEC);
	assert_int_equal(play.pair.east.gateway->sas.established_count, 1);
	serve_crl(&play, 1, HOUR, true);
	assert_int_equal(gateway_rekey(play.pair.west.gateway, "t", REKEY_REAUTH, &diag), RC_OK);
	pair_run(&play.pair, 60 * USEC_PER_SEC);
	assert_int_equal(play.pair.east.gateway->sas.established_count, 0);
	play_end(&play);
}

/* ---- meanwhile ---- */

static void a_retransmission_meanwhile_is_no_second_question(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST, EAST(CRL_STRICT OCSP));
	serve(&play, OCSP_URL, SERVE_HANG); /* two seconds in which west asks again */
	serve_crl(&play, 5, HOUR, false);
	begin(&play, 10 * USEC_PER_SEC);
	assert_true(play.pair.west.gateway->counters.retransmits > 0);
	assert_int_equal(play.pair.east.ike_up, 1);
	assert_int_equal(asked(&play, CRL_URL), 1);
	pair_assert_tunnel(&play.pair);
	play_end(&play);
}

static void whatever_goes_while_one_waits_is_no_harm(void **state)
{
	(void)state;
	for (unsigned what = 0; what < 5; what++) {
		struct play play;
		struct diag diag = { "" };
		play_start(&play, WEST, EAST(CRL_STRICT));
		serve(&play, CRL_URL, SERVE_HANG);
		begin(&play, USEC_PER_SEC);
		assert_int_equal(play.pair.east.ike_up, 0);
		switch (what) {
		case 0: /* the conn here */
			assert_int_equal(gateway_delete(play.pair.east.gateway, "t", &diag), RC_OK);
			break;
		case 1: /* the peer */
			end_crash(&play.pair.west);
			break;
		case 2: /* everything */
			end_stop(&play.pair.east);
			break;
		case 3: /* the settings */
			end_reload(&play.pair.east, EAST(""));
			break;
		case 4: /* the process */
			end_crash(&play.pair.east);
			break;
		}
		pair_run(&play.pair, LONGER_THAN_WAIT * 4);
		if (what == 3)
			assert_true(is_up(&play));
		else
			assert_int_equal(play.pair.east.ike_up, 0);
		play_end(&play);
	}
}

/* The end of the daemon does not wait for servers, whoever began. */
static void a_stop_waits_for_no_server(void **state)
{
	(void)state;
	for (unsigned begun = 0; begun < 2; begun++) {
		struct play play;
		play_start(&play, WEST, EAST(CRL_STRICT));
		serve(&play, CRL_URL, SERVE_HANG);
		if (begun == 1)
			end_up(&play.pair.east, "t");
		else
			end_up(&play.pair.west, "t");
		pair_run(&play.pair, USEC_PER_SEC);
		assert_int_equal(asked(&play, CRL_URL), 1);
		end_stop(&play.pair.east);
		pair_run(&play.pair, USEC_PER_SEC / 2);
		assert_true(play.pair.east.stopped);
		assert_int_equal(play.pair.east.ike_up, 0);
		play_end(&play);
	}
}

/* Tunnels of many peers wait for one fetch. */
static void many_share_one_fetch(void **state)
{
	static struct end clients[20];
	struct play play;
	char conf[600], address[32], name[16];
	unsigned before;
	const struct wish wish = {
		.subject = "CN=client", .name = address, .kind = KEY_ECDSA_P256, .crl_url = CRL_URL
	};

	(void)state;
	play_start(&play, WEST,
		   "config setup\n" CRL_STRICT
		   "conn t\n\tleft=192.0.2.2\n\tright=%any\n\tleftid=@east\n\tauthby=ecdsa\n"
		   "\tleftsubnet=10.2.0.0/24\n\tleftcert=east\n\tauto=add\n");
	serve(&play, CRL_URL, SERVE_HANG);
	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(address, sizeof(address), "192.0.2.%u", 10 + i);
		(void)snprintf(name, sizeof(name), "client%u", i);
		(void)snprintf(conf, sizeof(conf),
			       "conn t\n\tleft=%s\n\tright=192.0.2.2\n"
			       "\trightid=@east\n\trightsubnet=10.2.0.0/24\n\tauthby=ecdsa\n"
			       "\tleftcert=west\n\tauto=add\n",
			       address);
		end_start(play.pair.world, &clients[i], name, address, conf, NULL);
		authority_trusted(&play.ca, &clients[i]);
		authority_certifies(&play.ca, &clients[i], "west", &wish, NULL);
		end_up(&clients[i], "t");
	}
	pair_run(&play.pair, 2 * USEC_PER_SEC);
	assert_int_equal(asked(&play, CRL_URL), 1);
	assert_int_equal(play.pair.east.ike_up, 0);
	pair_run(&play.pair, LONGER_THAN_WAIT);
	serve_crl(&play, 5, HOUR, false);
	before = asked(&play, CRL_URL);
	assert_true(before <= 3);
	pair_run(&play.pair, 90 * USEC_PER_SEC);
	assert_int_equal(asked(&play, CRL_URL), before + 1);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(clients[i].child_up, 1);
		end_free(&clients[i]);
	}
	play_end(&play);
}

/* ---- settings change ---- */

static void strictness_changes_with_a_reload(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, WEST, EAST(""));
	serve(&play, CRL_URL, SERVE_MISSING);
	end_reload(&play.pair.east, EAST(CRL_STRICT));
	begin(&play, SOME_SECONDS);
	assert_refused(&play, "could not be found out (crl-strict=yes)");
	end_reload(&play.pair.east, EAST(""));
	pair_run(&play.pair, 10 * USEC_PER_SEC);
	assert_true(is_up(&play));
	play_end(&play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_in_the_list_is_refused),
		cmocka_unit_test(who_is_not_in_the_list_comes_up),
		cmocka_unit_test(the_responders_word_counts),
		cmocka_unit_test(what_cannot_be_had_refuses),
		cmocka_unit_test(an_old_list_says_who_is_revoked_but_not_who_is_good),
		cmocka_unit_test(a_list_serves_where_the_responder_does_not_answer),
		cmocka_unit_test(an_initiator_asks_too),
		cmocka_unit_test(what_is_not_known_passes_at_once),
		cmocka_unit_test(who_turns_out_to_be_revoked_is_put_out),
		cmocka_unit_test(who_is_revoked_later_is_put_out),
		cmocka_unit_test(who_is_up_is_asked_about_again),
		cmocka_unit_test(who_resumes_after_a_long_time_is_asked_about_again),
		cmocka_unit_test(a_rekeyed_ike_sa_is_put_out_too),
		cmocka_unit_test(a_retransmission_meanwhile_is_no_second_question),
		cmocka_unit_test(whatever_goes_while_one_waits_is_no_harm),
		cmocka_unit_test(a_stop_waits_for_no_server),
		cmocka_unit_test(many_share_one_fetch),
		cmocka_unit_test(strictness_changes_with_a_reload),
	};

	return exchange_run(tests);
}
