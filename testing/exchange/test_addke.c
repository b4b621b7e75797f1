/* SPDX-License-Identifier: Apache-2.0 */
/* IKE_INTERMEDIATE (RFC 9242) and additional key exchanges (RFC 9370) between two gateways. */
#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

static void begin(struct pair *pair, const char *west, const char *east)
{
	char west_conf[1024], east_conf[1024];

	snprintf(west_conf, sizeof(west_conf), "%s\tike=%s\n", PAIR_CONN, west);
	snprintf(east_conf, sizeof(east_conf), "%s\tike=%s\n", PAIR_CONN, east);
	pair_start(pair, 1, west_conf, east_conf, NULL, NULL);
}

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

static void assert_up(struct pair *pair, unsigned addke)
{
	struct ike_sa *west, *east;
	uint16_t methods[PROPOSAL_ADDKE_MAX];

	pair_assert_tunnel(pair);
	west = sa_of(&pair->west);
	east = sa_of(&pair->east);
	assert_int_equal(proposal_addke(&west->choice, methods), addke);
	assert_int_equal(proposal_addke(&east->choice, methods), addke);
	assert_true(span_equal(secret_span(&west->keys.block), secret_span(&east->keys.block)));
	assert_int_equal(west->send_next, 2 + addke); /* after IKE_AUTH */
	assert_int_equal(east->recv_next, 2 + addke);
	assert_null(west->larval);
	assert_null(east->larval);
}

static void comes_up(const char *west, const char *east, unsigned addke)
{
	struct pair pair;

	begin(&pair, west, east);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_up(&pair, addke);
	pair_end(&pair);
}

static void every_kind_of_group_goes_behind_every_other(void **state)
{
	static const char *const methods[] = { "dh14", "dh19", "dh20", "dh21", "dh31", "dh15" };
	char ike[100];

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		snprintf(ike, sizeof(ike), "aes_gcm256-sha2_512-%s;addke1=%s", methods[i],
			 methods[i + 1]);
		comes_up(ike, ike, 1);
	}
}

static void seven_of_them_are_done_one_after_the_other(void **state)
{
	static const char seven[] =
		"aes256-sha2_256-dh31;addke1=dh19;addke2=dh20;addke3=dh21;addke4=dh14;addke5=dh15;"
		"addke6=dh16;addke7=dh17";

	(void)state;
	comes_up(seven, seven, 7);
}

static void strongswans_spelling_means_the_same(void **state)
{
	(void)state;
	comes_up("aes256gcm16-prfsha384-x25519-ke1_ecp384-ke2_modp3072",
		 "aes_gcm256-sha2_384-dh31;addke1=dh20;addke2=dh15", 2);
}

static void one_that_is_optional_is_done_when_both_have_it(void **state)
{
	(void)state;
	comes_up("aes_gcm256-dh31;addke1=dh20+none", "aes_gcm256-dh31;addke1=dh20", 1);
	comes_up("aes_gcm256-dh31;addke1=dh20", "aes_gcm256-dh31;addke1=none+dh20", 1);
	comes_up("aes_gcm256-dh31;addke1=dh20+none", "aes_gcm256-dh31", 0);
	comes_up("aes_gcm256-dh31", "aes_gcm256-dh31;addke1=dh20+none", 0);
	comes_up("aes_gcm256-dh31;addke1=dh20+none;addke2=dh21",
		 "aes_gcm256-dh31;addke1=none;addke2=dh21", 1);
}

static void one_that_the_other_end_lacks_is_no_proposal_chosen(void **state)
{
	static const char *const cases[][2] = {
		{ "aes_gcm256-dh31;addke1=dh20", "aes_gcm256-dh31" },
		{ "aes_gcm256-dh31", "aes_gcm256-dh31;addke1=dh20" },
		{ "aes_gcm256-dh31;addke1=dh20", "aes_gcm256-dh31;addke1=dh21" },
		{ "aes_gcm256-dh31;addke1=dh20", "aes_gcm256-dh31;addke2=dh20" },
		{ "aes_gcm256-dh31;addke1=dh31", "aes_gcm256-dh31;addke1=dh31" }, /* twice */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair pair;
		begin(&pair, cases[i][0], cases[i][1]);
		end_up(&pair.west, "t");
		pair_run(&pair, 3 * USEC_PER_SEC);
		assert_int_equal(pair.west.last_reason, RC_NO_PROPOSAL);
		assert_true(end_said(&pair.east, "no additional key exchange in common"));
		end_assert_empty(&pair.west);
		end_assert_empty(&pair.east);
		pair_end(&pair);
	}
}

/* The keys of the first ones go into those of all later ones: SK_d (RFC 7296 §2.18). */
static void an_ike_sa_made_with_them_is_rekeyed(void **state)
{
	struct end *ends[2];
	struct pair pair;

	(void)state;
	ends[0] = &pair.west;
	ends[1] = &pair.east;
	begin(&pair, "aes_gcm256-dh31;addke1=dh20", "aes_gcm256-dh31;addke1=dh20");
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	for (unsigned i = 0; i < 4; i++) {
		uint64_t before = sa_of(&pair.west)->serial;
		struct diag diag;
		assert_int_equal(gateway_rekey(ends[i / 2]->gateway, "t",
					       i % 2 == 0 ? REKEY_IKE : REKEY_CHILD, &diag),
				 RC_OK);
		pair_run(&pair, 10 * USEC_PER_SEC);
		if (i % 2 == 0)
			assert_true(sa_of(&pair.west)->serial != before);
		pair_assert_tunnel(&pair);
	}
	pair_end(&pair);
}

static void ppk_goes_together_with_them(void **state)
{
	static const char conf[] = PAIR_CONN "\tike=aes_gcm256-dh31;addke1=dh20\n\tppk=insist\n";
	static const char secrets[] = PAIR_SECRETS ": PPKS \"id\" \"post-quantum\"\n";
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, conf, conf, secrets, secrets);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_true(sa_of(&pair.west)->ppk && sa_of(&pair.east)->ppk);
	assert_up(&pair, 1);
	pair_end(&pair);
}

/* ---- the network ---- */

#define TWO "aes_gcm256-sha2_256-dh31;addke1=dh19;addke2=dh20"

struct spoiler {
	unsigned number; /* of the datagram that is spoilt, from 0 */
	unsigned seen;
	bool lose;
	struct world *world;
};

static bool spoil(void *context, struct flight *flight)
{
	struct spoiler *spoiler = context;

	(void)flight;
	if (spoiler->seen++ != spoiler->number)
		return true;
	return !spoiler->lose;
}

/* IKE_SA_INIT, two IKE_INTERMEDIATE and IKE_AUTH: eight datagrams. */
static void any_loss_is_healed(void **state)
{
	(void)state;
	for (unsigned number = 0; number < 8; number++) {
		struct spoiler spoiler = { .number = number, .lose = true };
		struct pair pair;
		begin(&pair, TWO, TWO);
		world_tap(pair.world, spoil, &spoiler);
		end_up(&pair.west, "t");
		pair_run(&pair, 5 * USEC_PER_SEC);
		assert_true(spoiler.seen > 8);
		assert_up(&pair, 2);
		pair_end(&pair);
	}
}

static void every_message_may_come_twice(void **state)
{
	struct pair pair;
	struct world_network network = { .duplicate = 1000, .delay = 1000 };

	(void)state;
	begin(&pair, TWO, TWO);
	world_set_network(pair.world, &network);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_up(&pair, 2);
	pair_end(&pair);
}

static void much_loss_is_healed_too(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct pair pair;
		struct world_network network = { .loss = 300,
						 .duplicate = 200,
						 .reorder = 200,
						 .delay = 20000,
						 .jitter = 20000 };
		char conf[512];
		snprintf(conf, sizeof(conf), "%s\tike=%s\n", PAIR_START, TWO);
		pair_start(&pair, seed, conf, conf, NULL, NULL);
		world_set_network(pair.world, &network);
		pair_run(&pair, 60 * USEC_PER_SEC);
		network = (struct world_network){ .delay = 1000 };
		world_set_network(pair.world, &network);
		pair_run(&pair, 60 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

/* ---- somebody on the path ---- */

/* Takes INTERMEDIATE_EXCHANGE_SUPPORTED out of IKE_SA_INIT, by another number. */
static bool hide_support(void *context, struct flight *flight)
{
	const bool *of_responses = context;

	if (flight->len < IKE_HEADER_LEN || flight->bytes[18] != EXCHANGE_IKE_SA_INIT ||
	    ((flight->bytes[19] & IKE_FLAG_RESPONSE) != 0) != *of_responses)
		return true;
	for (size_t i = IKE_HEADER_LEN; i + 8 <= flight->len; i++) {
		uint8_t *p = flight->bytes + i;
		if (p[2] == 0 && p[3] == 8 && p[4] == 0 && p[5] == 0 &&
		    p[6] == INTERMEDIATE_EXCHANGE_SUPPORTED >> 8 &&
		    p[7] == (INTERMEDIATE_EXCHANGE_SUPPORTED & 0xff))
			p[6] = 0xfe;
	}
	return true;
}

static void stripped(bool of_responses, const char *conf, const char *west_says)
{
	struct pair pair;

	begin(&pair, conf, conf);
	world_tap(pair.world, hide_support, &of_responses);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 0);
	assert_int_equal(pair.east.child_up, 0);
	if (strstr(pair.west.last_text, west_says) == NULL)
		fail_msg("west says: %s", pair.west.last_text);
	pair_end(&pair);
}

static void support_cannot_be_taken_out_of_ike_sa_init(void **state)
{
	(void)state;
	stripped(false, "aes_gcm256-dh31;addke1=dh20", "NO_PROPOSAL_CHOSEN");
	stripped(true, "aes_gcm256-dh31;addke1=dh20", "cannot do IKE_INTERMEDIATE");
	/* it works without, and so only AUTH can tell */
	stripped(false, "aes_gcm256-dh31;addke1=dh20+none", "AUTHENTICATION_FAILED");
}

static void both_ends_may_announce_it_for_nothing(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN "\tintermediate=yes\n", NULL, NULL, NULL);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_up(&pair, 0);
	assert_true(end_said(&pair.west, "INTERMEDIATE_EXCHANGE_SUPPORTED"));
	pair_end(&pair);
}

static void half_open_responder_forgets_who_stops_in_between(void **state)
{
	struct spoiler spoiler = { .number = 4, .lose = true };
	struct pair pair;

	(void)state;
	begin(&pair, TWO, TWO);
	end_up(&pair.west, "t");
	world_tap(pair.world, spoil, &spoiler);
	pair_run(&pair, 20 * USEC_PER_MSEC);
	end_crash(&pair.west);
	pair_run(&pair, 60 * USEC_PER_SEC);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

/* ---- in fragments ---- */

struct path {
	unsigned sent, lost; /* datagrams; the one (from 1) that is lost */
	unsigned parts;
	size_t too_large; /* from east; 0: all sizes pass */
};

static bool path_tap(void *context, struct flight *flight)
{
	struct path *path = context;

	path->sent++;
	path->parts += flight->len > 16 && flight->bytes[16] == PAYLOAD_SKF;
	if (path->too_large != 0 && flight->len > path->too_large &&
	    flight->from.addr.bytes[3] == 2)
		return false;
	return path->sent != path->lost;
}

static void begin_on(struct pair *pair, const char *west, const char *east, struct path *path)
{
	pair_start(pair, 1, west, east, NULL, NULL);
	world_tap(pair->world, path_tap, path);
	end_up(&pair->west, "t");
	assert_true(pair_comes_up(pair, 300 * USEC_PER_SEC));
}

/* RFC 9242 §3.3.2: AUTH covers the messages as they were before they were cut. */
static void auth_covers_what_came_in_fragments(void **state)
{
	static const char conf[] = PAIR_CONN "\tike=aes_gcm256-dh31;addke1=dh15;addke2=dh20\n"
					     "\tfragment-size=256\n";
	static const char large[] = PAIR_CONN "\tike=aes256-sha2_256-dh31;addke1=dh18\n"
					      "\tfragment-size=256\n";
	struct path path = { .sent = 0 };
	struct pair pair;
	unsigned total;

	(void)state;
	begin_on(&pair, large, large, &path);
	assert_true(path.parts > 10); /* 1024 bytes each way */
	assert_up(&pair, 1);
	pair_end(&pair);
	path = (struct path){ .sent = 0 };
	begin_on(&pair, conf, conf, &path);
	assert_up(&pair, 2);
	pair_end(&pair);
	total = path.sent;
	for (unsigned lost = 1; lost <= total; lost++) {
		path = (struct path){ .lost = lost };
		begin_on(&pair, conf, conf, &path);
		assert_up(&pair, 2);
		pair_end(&pair);
	}
}

/* By then the IKE SA has newer keys than those that the answer is sealed with. */
static void an_answer_that_is_too_large_comes_again_in_smaller_packets(void **state)
{
	static const char conf[] = PAIR_CONN "\tike=aes_gcm256-dh31;addke1=dh17;addke2=dh20\n";
	struct path path = { .too_large = 600 };
	struct pair pair;

	(void)state;
	begin_on(&pair, conf, conf, &path);
	assert_up(&pair, 2);
	assert_true(path.parts > 0);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_group_goes_behind_every_other),
		cmocka_unit_test(seven_of_them_are_done_one_after_the_other),
		cmocka_unit_test(strongswans_spelling_means_the_same),
		cmocka_unit_test(one_that_is_optional_is_done_when_both_have_it),
		cmocka_unit_test(one_that_the_other_end_lacks_is_no_proposal_chosen),
		cmocka_unit_test(an_ike_sa_made_with_them_is_rekeyed),
		cmocka_unit_test(ppk_goes_together_with_them),
		cmocka_unit_test(any_loss_is_healed),
		cmocka_unit_test(every_message_may_come_twice),
		cmocka_unit_test(much_loss_is_healed_too),
		cmocka_unit_test(support_cannot_be_taken_out_of_ike_sa_init),
		cmocka_unit_test(both_ends_may_announce_it_for_nothing),
		cmocka_unit_test(auth_covers_what_came_in_fragments),
		cmocka_unit_test(an_answer_that_is_too_large_comes_again_in_smaller_packets),
		cmocka_unit_test(half_open_responder_forgets_who_stops_in_between),
	};

	return exchange_run(tests);
}
