/* SPDX-License-Identifier: Apache-2.0 */
/* Several rounds of authentication in one IKE_AUTH (RFC 4739). */
#include <stdio.h>
#include "exchange/authority.h"
#include "ikev2/private.h"
#include "sa/extra.h"
#include "sa/proofs.h"

#define BASE                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"
#define CERTS	"\tleftauth=ecdsa\n\trightauth=ecdsa\n"
#define OWN_W	"\tleftcert=west\n"
#define OWN_E	"\trightcert=east\n"
#define LEFT_2	"\tleftauth2=secret\n\tleftid2=@alice\n"
#define RIGHT_2 "\trightauth2=secret\n\trightid2=@vault\n"
#define SECRETS                                                                                    \
	"@alice @vault : PSK \"second of both\"\n@alice @east : PSK \"second of alice\"\n"         \
	"@west @vault : PSK \"second of vault\"\n@west @east : PSK \"the first one\"\n"            \
	"@west @alice : PSK \"never used\"\n@mallory @east : PSK \"second of alice\"\n"
#define LIMIT (100 * USEC_PER_SEC)

struct play {
	struct pair pair;
	struct authority ca;
};

static void play_start(struct play *play, const char *west, const char *east)
{
	authority_pair(&play->pair, &play->ca, west, east, SECRETS);
	authority_certifies_both(&play->ca, &play->pair, &authority_west, &authority_east);
}

static void play_end(struct play *play)
{
	authority_pair_end(&play->pair, &play->ca);
}

static void comes_up(struct play *play)
{
	end_up(&play->pair.west, "t");
	if (!pair_comes_up(&play->pair, LIMIT))
		fail_msg("west: %s; east: %s", play->pair.west.last_text, play->pair.east.journal);
	pair_assert_tunnel(&play->pair);
	assert_int_equal(play->pair.east.gateway->sas.half_open_count, 0);
}

/* Nothing of it is left, and `who` says why. */
static void fails(struct play *play, struct end *who, const char *why)
{
	end_up(&play->pair.west, "t");
	pair_run(&play->pair, 3 * USEC_PER_SEC);
	if (!end_said(who, why) && strstr(who->last_text, why) == NULL)
		fail_msg("\"%s\" is not said: %s; %s", why, who->last_text, who->journal);
	assert_int_equal(play->pair.west.gateway->sas.established_count, 0);
	assert_int_equal(play->pair.east.gateway->sas.established_count, 0);
	if (who == &play->pair.east) /* otherwise it had proven all, and hears of it */
		assert_int_equal(play->pair.east.child_up, 0);
	assert_int_equal(play->pair.east.gateway->sas.child_count, 0);
	assert_int_equal(play->pair.west.child_up, 0);
}

static void refused(const char *west, const char *east, bool by_east, const char *why)
{
	struct play play;

	play_start(&play, west, east);
	fails(&play, by_east ? &play.pair.east : &play.pair.west, why);
	play_end(&play);
}

/* ---- what works ---- */

static void works(const char *west, const char *east)
{
	struct play play;

	play_start(&play, west, east);
	comes_up(&play);
	play_end(&play);
}

static void certificate_then_secret_of_the_initiator(void **state)
{
	(void)state;
	works(BASE CERTS OWN_W LEFT_2, BASE CERTS OWN_E LEFT_2);
}

static void only_the_responder_proves_itself_twice(void **state)
{
	(void)state;
	works(BASE CERTS OWN_W RIGHT_2, BASE CERTS OWN_E RIGHT_2);
}

static void both_prove_themselves_twice(void **state)
{
	(void)state;
	works(BASE CERTS OWN_W LEFT_2 RIGHT_2, BASE CERTS OWN_E LEFT_2 RIGHT_2);
}

static void secret_then_certificate(void **state)
{
	static const char west[] = BASE "\tauthby=secret\n\tleftauth2=ecdsa\n\trightauth2=ecdsa\n"
					"\tleftcert2=west\n";
	static const char east[] = BASE "\tauthby=secret\n\tleftauth2=ecdsa\n\trightauth2=ecdsa\n"
					"\trightcert2=east\n";

	(void)state;
	works(west, east);
}

static void two_certificates_of_each_end(void **state)
{
	static const char west[] = BASE CERTS OWN_W
		"\tleftcert2=alice\n\tleftid2=%fromcert\n\trightauth2=ecdsa\n\trightid2=@vault\n";
	static const char east[] =
		BASE CERTS OWN_E "\trightcert2=vault\n\trightid2=@vault\n\tleftauth2="
				 "ecdsa\n\tleftid2=\"CN=alice\"\n";
	const struct wish alice = { .subject = "CN=alice", .kind = KEY_ECDSA_P521 };
	const struct wish vault = { .subject = "CN=vault",
				    .name = "@vault",
				    .kind = KEY_ECDSA_P384 };
	struct play play;

	(void)state;
	play_start(&play, west, east);
	authority_certifies(&play.ca, &play.pair.west, "alice", &alice, NULL);
	authority_certifies(&play.ca, &play.pair.east, "vault", &vault, NULL);
	comes_up(&play);
	/* the chains of both proofs are remembered: any of them may be revoked later */
	assert_int_equal(
		container_of(peers_tunnel(&play.pair.east.gateway->peers, "t")->peer->ike_sas.next,
			     struct ike_sa, in_peer)
			->extra->proof->count,
		2);
	play_end(&play);
}

static void a_road_warrior_of_a_template(void **state)
{
	static const char east[] =
		"conn other\n\tleft=192.0.2.2\n\tright=%any\n\tleftid=@east\n\trightid=%any\n"
		"\tauthby=ecdsa\n\tleftcert=east\n\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.1.0.0/"
		"24\n"
		"\tauto=add\n"
		"conn t\n\tleft=192.0.2.2\n\tright=%any\n\tleftid=@east\n\trightid=%any\n"
		"\tauthby=ecdsa\n\tleftcert=east\n\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.1.0.0/"
		"24\n"
		"\tauto=add\n\trightauth2=secret\n\trightid2=%any\n";
	struct play play;

	(void)state;
	play_start(&play, BASE CERTS OWN_W LEFT_2, east);
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 5 * USEC_PER_SEC);
	assert_int_equal(play.pair.west.child_up, 1);
	assert_int_equal(play.pair.east.child_up, 1);
	assert_int_equal(play.pair.east.gateway->sas.half_open_count, 0);
	play_end(&play);
}

static void with_further_key_exchanges_and_a_post_quantum_key(void **state)
{
#define MORE "\tike=aes_gcm256-dh19;addke1=dh31\n\tppk=insist\n"
	static const char secrets[] = SECRETS "@west @east : PPKS \"one\" \"0123456789\"\n";
	struct play play;

	(void)state;
	pair_start(&play.pair, 1, BASE "\tauthby=secret\n" LEFT_2 RIGHT_2 MORE,
		   BASE "\tauthby=secret\n" LEFT_2 RIGHT_2 MORE, secrets, secrets);
	play.ca = (struct authority){ NULL, NULL };
	end_up(&play.pair.west, "t");
	if (!pair_comes_up(&play.pair, LIMIT))
		fail_msg("west: %s; east: %s", play.pair.west.last_text, play.pair.east.journal);
	pair_assert_tunnel(&play.pair);
	pair_end(&play.pair);
}

static void both_prove_themselves_in_fragments(void **state)
{
	(void)state;
	works(BASE CERTS OWN_W LEFT_2 RIGHT_2 "\tfragment-size=256\n",
	      BASE CERTS OWN_E LEFT_2 RIGHT_2 "\tfragment-size=256\n");
}

static void childless_with_two_rounds(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, BASE CERTS OWN_W LEFT_2 RIGHT_2 "\tchildless=force\n",
		   BASE CERTS OWN_E LEFT_2 RIGHT_2);
	comes_up(&play);
	play_end(&play);
}

static void a_refused_child_sa_leaves_the_ike_sa(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, BASE CERTS OWN_W LEFT_2 "\tesp=aes_gcm128\n",
		   BASE CERTS OWN_E LEFT_2 "\tesp=aes_gcm256\n");
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 3 * USEC_PER_SEC);
	assert_int_equal(play.pair.west.gateway->sas.established_count, 1);
	assert_int_equal(play.pair.east.gateway->sas.established_count, 1);
	assert_non_null(strstr(play.pair.west.last_text, "refused the Child SA"));
	play_end(&play);
}

static void reauthentication_proves_all_again(void **state)
{
#define REAUTH "\treauth=yes\n\tikelifetime=100s\n\trekeymargin=20s\n\trekeyfuzz=0%\n"
	struct play play;

	(void)state;
	play_start(&play, BASE CERTS OWN_W LEFT_2 RIGHT_2 REAUTH,
		   BASE CERTS OWN_E LEFT_2 RIGHT_2 REAUTH);
	comes_up(&play);
	pair_run(&play.pair, 200 * USEC_PER_SEC);
	pair_assert_tunnel(&play.pair);
	assert_true(play.pair.east.ike_up >= 2);
	play_end(&play);
}

static struct ike_sa *sa_of(struct end *end)
{
	return container_of(peers_tunnel(&end->gateway->peers, "t")->peer->ike_sas.next,
			    struct ike_sa, in_peer);
}

static void assert_proofs(struct end *end, const char *const expected[4])
{
	const struct ike_extra *extra = sa_of(end)->extra;
	char text[IDENTITY_TEXT_MAX];

	assert_non_null(extra);
	assert_non_null(extra->proofs);
	assert_int_equal(extra->proofs->count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_string_equal(identity_text(&extra->proofs->list[i].id, text), expected[i]);
}

static void what_was_proven_is_remembered_over_rekeys(void **state)
{
#define REKEY "\tikelifetime=100s\n\trekeymargin=20s\n\trekeyfuzz=0%\n"
	static const char *const expected[] = { "@west", "@east", "@alice", "@vault" };
	struct play play;

	(void)state;
	play_start(&play, BASE CERTS OWN_W LEFT_2 RIGHT_2 REKEY,
		   BASE CERTS OWN_E LEFT_2 RIGHT_2 REKEY);
	comes_up(&play);
	assert_proofs(&play.pair.west, expected);
	assert_proofs(&play.pair.east, expected);
	assert_int_equal(sa_of(&play.pair.east)->extra->proofs->list[0].method, AUTH_SIGNATURE);
	assert_int_equal(sa_of(&play.pair.east)->extra->proofs->list[2].method, AUTH_SHARED_KEY);
	pair_run(&play.pair, 200 * USEC_PER_SEC);
	assert_true(sa_of(&play.pair.east)->begun < sa_of(&play.pair.east)->born);
	assert_proofs(&play.pair.west, expected);
	assert_proofs(&play.pair.east, expected);
	play_end(&play);
}

/* RFC 5723: a ticket would stand for one proof. */
static void no_ticket_is_given(void **state)
{
	struct play play;

	(void)state;
	play_start(&play, BASE CERTS OWN_W LEFT_2 "\tsession-resumption=yes\n",
		   BASE CERTS OWN_E LEFT_2 "\tsession-resumption=yes\n");
	comes_up(&play);
	assert_null(sa_of(&play.pair.west)->extra->ticket);
	play_end(&play);
}

/* ---- messages lost and doubled ---- */

struct hit {
	unsigned target, sent;
	bool twice;
	struct world *world;
};

static bool hit_one(void *context, struct flight *flight)
{
	struct hit *hit = context;

	if (hit->sent++ != hit->target)
		return true;
	if (hit->twice)
		(void)(world_inject(hit->world, &flight->from, &flight->to,
				    span_make(flight->bytes, flight->len)) == RC_OK);
	return hit->twice;
}

static void each_message_may_be_lost_or_doubled(void **state)
{
	(void)state;
	for (unsigned target = 0; target < 12; target++) {
		struct hit hit = { .target = target / 2, .twice = target % 2 == 1 };
		struct play play;
		play_start(&play, BASE CERTS OWN_W LEFT_2 RIGHT_2, BASE CERTS OWN_E LEFT_2 RIGHT_2);
		hit.world = play.pair.world;
		world_tap(play.pair.world, hit_one, &hit);
		comes_up(&play);
		assert_int_equal(play.pair.west.gateway->sas.ike_count, 1);
		assert_int_equal(play.pair.east.gateway->sas.ike_count, 1);
		assert_true(hit.sent >= 6);
		play_end(&play);
	}
}

/* ---- what is refused ---- */

static void a_peer_that_proves_itself_once_only(void **state)
{
	(void)state;
	refused(BASE CERTS OWN_W, BASE CERTS OWN_E LEFT_2, true, "proves its identity only once");
	refused(BASE CERTS OWN_W RIGHT_2, BASE CERTS OWN_E, false, "cannot authenticate twice");
	refused(BASE CERTS OWN_W LEFT_2 RIGHT_2, BASE CERTS OWN_E LEFT_2, false,
		"proves its identity only once");
}

static void a_peer_that_proves_more_than_is_asked_for(void **state)
{
	(void)state;
	refused(BASE CERTS OWN_W LEFT_2 RIGHT_2, BASE CERTS OWN_E RIGHT_2, true,
		"wants to prove its identity a second time");
	refused(BASE CERTS OWN_W LEFT_2, BASE CERTS OWN_E LEFT_2 RIGHT_2, false,
		"wants to prove its identity a second time");
}

static void a_second_proof_of_somebody_else(void **state)
{
	static const char mallory[] = "\tleftauth2=secret\n\tleftid2=@mallory\n";
	static const char nobody[] = "\tleftauth2=secret\n";
	char west[1024], east[1024];

	(void)state;
	(void)snprintf(west, sizeof(west), "%s%s", BASE CERTS OWN_W, mallory);
	refused(west, BASE CERTS OWN_E LEFT_2, true, "is @mallory");
	(void)snprintf(west, sizeof(west), "%s%s", BASE CERTS OWN_W, nobody);
	refused(west, BASE CERTS OWN_E LEFT_2, true, "is @west");
	/* without rightid2= it is the one of the first proof */
	(void)snprintf(east, sizeof(east), "%s%s", BASE CERTS OWN_E, nobody);
	refused(BASE CERTS OWN_W LEFT_2, east, true, "expects @west (rightid2=)");
	/* and the responder's, at the initiator */
	refused(BASE CERTS OWN_W "\trightauth2=secret\n", BASE CERTS OWN_E RIGHT_2, false,
		"expects @east (rightid2=)");
}

static void a_second_proof_that_is_wrong(void **state)
{
	struct play play;

	(void)state;
	pair_start(&play.pair, 1, BASE "\tauthby=secret\n" LEFT_2, BASE "\tauthby=secret\n" LEFT_2,
		   "@west @east : PSK \"one\"\n@alice @east : PSK \"mine\"\n",
		   "@west @east : PSK \"one\"\n@alice @east : PSK \"yours\"\n");
	fails(&play, &play.pair.east, "(second proof): AUTH of the peer is wrong");
	pair_end(&play.pair);
}

static void a_second_proof_by_another_method(void **state)
{
	(void)state;
	refused(BASE CERTS OWN_W "\tleftauth2=ecdsa\n\tleftid2=@west\n\tleftcert2=west\n",
		BASE CERTS OWN_E "\tleftauth2=secret\n\tleftid2=@west\n", true,
		"allows only secret (rightauth2=)");
}

/* ---- a peer that changes its mind ---- */

/* The first IKE_AUTH of both is through, west's second one is held back. */
static bool hold_second(void *context, struct flight *flight)
{
	unsigned *count = context;

	(void)flight;
	return (*count)++ < 4;
}

/* With keys of the SA that is half way; the message ID is that request's of `from`. */
static void says(struct play *play, struct ike_sa *sa, uint32_t id, uint8_t exchange,
		 void (*fill)(struct writer *writer))
{
	struct outcome_message message = { .exchange = exchange };
	uint8_t buffer[2048];
	struct sink sink, sealed;
	struct writer writer;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	assert_int_equal(inner_start(&arena, &sink, &writer), RC_OK);
	if (fill != NULL)
		fill(&writer);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	sink_init(&sealed, buffer, sizeof(buffer));
	assert_int_equal(sa->state, IKEV2_ROUNDS);
	assert_int_equal(ikev2_seal(sa, sa->seal_counter++, id, &message, &sealed), RC_OK);
	assert_int_equal(
		world_inject(play->pair.world, &sa->local, &sa->remote, sink_written(&sealed)),
		RC_OK);
	world_run(play->pair.world, 100 * USEC_PER_MSEC);
}

/* West says this instead of its second request. */
static void says_instead(struct play *play, uint8_t exchange, void (*fill)(struct writer *writer))
{
	struct ike_sa *sa = sa_of(&play->pair.west);

	says(play, sa, sa->send_next - 1, exchange, fill);
}

static void half_way(struct play *play, const char *west, const char *east, unsigned *count)
{
	*count = 0;
	play_start(play, west, east);
	world_tap(play->pair.world, hold_second, count);
	end_up(&play->pair.west, "t");
	world_run(play->pair.world, 300 * USEC_PER_MSEC);
	/* one of two proofs is none: nobody's SA, no Child SA, no address of a pool */
	assert_int_equal(play->pair.east.gateway->sas.half_open_count, 1);
	assert_int_equal(play->pair.east.gateway->sas.established_count, 0);
	assert_int_equal(play->pair.east.gateway->sas.child_count, 0);
	assert_true(list_empty(&peers_tunnel(&play->pair.east.gateway->peers, "t")->peer->ike_sas));
}

static void say_id(struct writer *writer)
{
	const struct wire_id id = { ID_FQDN, { (const uint8_t *)"alice", 5 } };

	wire_id_emit(writer, PAYLOAD_IDi, &id);
}

static void say_first_id_again(struct writer *writer)
{
	const struct wire_id id = { ID_FQDN, { (const uint8_t *)"west", 4 } };
	const struct wire_auth auth = {
		AUTH_SHARED_KEY, { (const uint8_t *)"01234567890123456789012345678901", 32 }
	};

	wire_id_emit(writer, PAYLOAD_IDi, &id);
	wire_auth_emit(writer, &auth);
}

static void say_child(struct writer *writer)
{
	writer_payload_begin(writer, PAYLOAD_SA, false);
	writer_payload_end(writer);
}

static void what_was_announced_must_come(void **state)
{
	static const struct {
		void (*fill)(struct writer *writer);
		const char *why;
	} cases[] = {
		{ NULL, "leaves out the second proof" },
		{ say_id, "asks for EAP" },
		{ say_first_id_again, "is @west, and conn t expects @alice (rightid2=)" },
		{ say_child, "payload" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct play play;
		unsigned count;
		half_way(&play, BASE CERTS OWN_W LEFT_2, BASE CERTS OWN_E LEFT_2, &count);
		says_instead(&play, EXCHANGE_IKE_AUTH, cases[i].fill);
		if (!end_said(&play.pair.east, cases[i].why))
			fail_msg("\"%s\" is not said: %s", cases[i].why, play.pair.east.journal);
		assert_int_equal(play.pair.east.gateway->sas.established_count, 0);
		play_end(&play);
	}
}

/* The initiator owes nothing more; its empty request is the one that east answers with its proof.
 */
static void what_was_not_announced_must_not_come(void **state)
{
	struct play play;
	unsigned count;

	(void)state;
	half_way(&play, BASE CERTS OWN_W RIGHT_2, BASE CERTS OWN_E RIGHT_2, &count);
	says_instead(&play, EXCHANGE_IKE_AUTH, say_first_id_again);
	assert_true(end_said(&play.pair.east, "which it has not announced"));
	assert_int_equal(play.pair.east.gateway->sas.established_count, 0);
	play_end(&play);
}

static void who_stops_half_way_is_forgotten(void **state)
{
	struct play play;
	unsigned count;

	(void)state;
	half_way(&play, BASE CERTS OWN_W LEFT_2, BASE CERTS OWN_E LEFT_2, &count);
	pair_run(&play.pair, 400 * USEC_PER_SEC);
	assert_int_equal(play.pair.east.gateway->sas.half_open_count, 0);
	assert_int_equal(play.pair.east.gateway->sas.ike_count, 0);
	assert_true(play.pair.west.failed > 0);
	play_end(&play);
}

/* ---- INFORMATIONAL between the two (RFC 7296 §2.21.2) ---- */

static void say_delete(struct writer *writer)
{
	const struct wire_delete ike = { .protocol = PROTOCOL_IKE };

	wire_delete_emit(writer, &ike);
}

static void say_delete_of_a_child(struct writer *writer)
{
	static const uint8_t spi[4] = { 1, 2, 3, 4 };
	const struct wire_delete child = {
		.protocol = PROTOCOL_ESP, .spi_size = 4, .count = 1, .spis = { spi, 4 }
	};

	wire_delete_emit(writer, &child);
}

static void say_failed(struct writer *writer)
{
	emit_notify(writer, AUTHENTICATION_FAILED);
}

static void say_status(struct writer *writer)
{
	emit_notify(writer, INITIAL_CONTACT);
}

struct heard {
	const char *from; /* its responses */
	unsigned responses;
	size_t len;
};

static bool hear(void *context, struct flight *flight)
{
	struct heard *heard = context;
	char text[IP_TEXT_MAX];

	if (strcmp(ip_text(&flight->from.addr, text), heard->from) == 0 &&
	    flight->bytes[18] == EXCHANGE_INFORMATIONAL &&
	    (flight->bytes[19] & IKE_FLAG_RESPONSE) != 0) {
		heard->responses++;
		heard->len = flight->len;
	}
	return true;
}

static const struct {
	void (*fill)(struct writer *writer);
	const char *ends; /* by what; NULL: it goes on */
} between[] = {
	{ NULL, NULL },
	{ say_status, NULL },
	{ say_delete_of_a_child, NULL },
	{ say_delete, "deletes the IKE SA before all is proven" },
	{ say_failed, "the peer says AUTHENTICATION_FAILED" },
};

static void the_initiator_is_heard_between_two_proofs(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
		struct heard heard = { .from = EAST_ADDRESS };
		struct play play;
		unsigned count;
		half_way(&play, BASE CERTS OWN_W LEFT_2, BASE CERTS OWN_E LEFT_2, &count);
		world_tap(play.pair.world, hear, &heard);
		says_instead(&play, EXCHANGE_INFORMATIONAL, between[i].fill);
		assert_int_equal(heard.responses, 1);
		assert_true(heard.len <= 28 + 4 + 8 + 1 + 16); /* with nothing inside */
		assert_int_equal(play.pair.east.gateway->sas.ike_count, between[i].ends == NULL);
		if (between[i].ends != NULL)
			assert_true(end_said(&play.pair.east, between[i].ends));
		/* it proves nothing, and gives no more time */
		assert_int_equal(world_partition(play.pair.world, play.pair.west.host,
						 play.pair.east.host, true),
				 RC_OK);
		pair_run(&play.pair, 400 * USEC_PER_SEC);
		assert_int_equal(play.pair.east.gateway->sas.ike_count, 0);
		assert_int_equal(play.pair.east.ike_up, 0);
		play_end(&play);
	}
}

static void the_responder_is_heard_between_two_proofs(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
		struct heard heard = { .from = WEST_ADDRESS };
		struct play play;
		struct ike_sa *sa;
		unsigned count;
		half_way(&play, BASE CERTS OWN_W LEFT_2, BASE CERTS OWN_E LEFT_2, &count);
		sa = container_of(play.pair.east.gateway->sas.half_open.next, struct ike_sa,
				  in_half_open);
		world_tap(play.pair.world, hear, &heard);
		says(&play, sa, 0, EXCHANGE_INFORMATIONAL, between[i].fill);
		assert_int_equal(heard.responses, 1);
		assert_int_equal(play.pair.west.failed, between[i].ends != NULL);
		if (between[i].ends != NULL) {
			assert_non_null(strstr(play.pair.west.last_text, between[i].ends));
		} else {
			pair_run(&play.pair, 3 * USEC_PER_SEC);
			assert_int_equal(play.pair.west.child_up, 1);
		}
		play_end(&play);
	}
}

/* The other end is not left with a half-open SA when its first proof is refused. */
static void a_first_proof_of_the_responder_that_is_refused_is_told(void **state)
{
	static const char west[] = BASE CERTS OWN_W LEFT_2 "\trightca=\"CN=Another CA\"\n";
	struct play play;

	(void)state;
	play_start(&play, west, BASE CERTS OWN_E LEFT_2);
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, USEC_PER_SEC);
	assert_int_equal(play.pair.west.failed, 1);
	assert_true(end_said(&play.pair.east, "the peer says AUTHENTICATION_FAILED"));
	assert_int_equal(play.pair.east.gateway->sas.half_open_count, 0);
	assert_int_equal(play.pair.east.gateway->sas.ike_count, 0);
	play_end(&play);
}

static void a_conn_that_goes_half_way_takes_it_along(void **state)
{
	struct play play;
	unsigned count;

	(void)state;
	half_way(&play, BASE CERTS OWN_W LEFT_2, BASE CERTS OWN_E LEFT_2, &count);
	world_tap(play.pair.world, NULL, NULL);
	end_reload(&play.pair.east, "");
	pair_run(&play.pair, 100 * USEC_PER_SEC);
	assert_int_equal(play.pair.east.gateway->sas.ike_count, 0);
	assert_int_equal(play.pair.west.child_up, 0);
	play_end(&play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificate_then_secret_of_the_initiator),
		cmocka_unit_test(only_the_responder_proves_itself_twice),
		cmocka_unit_test(both_prove_themselves_twice),
		cmocka_unit_test(secret_then_certificate),
		cmocka_unit_test(two_certificates_of_each_end),
		cmocka_unit_test(a_road_warrior_of_a_template),
		cmocka_unit_test(with_further_key_exchanges_and_a_post_quantum_key),
		cmocka_unit_test(both_prove_themselves_in_fragments),
		cmocka_unit_test(childless_with_two_rounds),
		cmocka_unit_test(a_refused_child_sa_leaves_the_ike_sa),
		cmocka_unit_test(reauthentication_proves_all_again),
		cmocka_unit_test(what_was_proven_is_remembered_over_rekeys),
		cmocka_unit_test(no_ticket_is_given),
		cmocka_unit_test(each_message_may_be_lost_or_doubled),
		cmocka_unit_test(a_peer_that_proves_itself_once_only),
		cmocka_unit_test(a_peer_that_proves_more_than_is_asked_for),
		cmocka_unit_test(a_second_proof_of_somebody_else),
		cmocka_unit_test(a_second_proof_that_is_wrong),
		cmocka_unit_test(a_second_proof_by_another_method),
		cmocka_unit_test(what_was_announced_must_come),
		cmocka_unit_test(what_was_not_announced_must_not_come),
		cmocka_unit_test(who_stops_half_way_is_forgotten),
		cmocka_unit_test(the_initiator_is_heard_between_two_proofs),
		cmocka_unit_test(the_responder_is_heard_between_two_proofs),
		cmocka_unit_test(a_first_proof_of_the_responder_that_is_refused_is_told),
		cmocka_unit_test(a_conn_that_goes_half_way_takes_it_along),
	};

	return exchange_run(tests);
}
