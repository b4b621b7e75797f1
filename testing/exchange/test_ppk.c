/* SPDX-License-Identifier: Apache-2.0 */
/* Post-quantum preshared keys (RFC 8784): every line of its two tables, both roles, and who strips
 * them on the way. */
#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

#define KEY	  "@west @east : PPKS \"ppk-1\" \"a key that no quantum computer guesses\"\n"
#define WITH_KEY  PAIR_SECRETS KEY
#define OTHER_KEY PAIR_SECRETS "@west @east : PPKS \"ppk-1\" \"another key than the first one\"\n"
#define OTHER_ID                                                                                   \
	PAIR_SECRETS "@west @east : PPKS \"ppk-2\" \"a key that no quantum computer guesses\"\n"

static void attempt(struct pair *pair, const char *west, const char *east, const char *west_secrets,
		    const char *east_secrets)
{
	char west_conf[1024], east_conf[1024];

	snprintf(west_conf, sizeof(west_conf), "%s%s", PAIR_CONN, west);
	snprintf(east_conf, sizeof(east_conf), "%s%s", PAIR_CONN, east);
	pair_start(pair, 1, west_conf, east_conf, west_secrets, east_secrets);
	end_up(&pair->west, "t");
	pair_run(pair, 3 * USEC_PER_SEC);
}

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

/* The tunnel is up, and both ends say the same of the PPK. */
static void assert_up(struct pair *pair, bool ppk)
{
	struct ike_sa *west, *east;

	pair_assert_tunnel(pair);
	west = sa_of(&pair->west);
	east = sa_of(&pair->east);
	assert_int_equal(west->ppk, ppk);
	assert_int_equal(east->ppk, ppk);
	assert_true(span_equal(ike_key(&west->keys, &west->suite, SK_d),
			       ike_key(&east->keys, &east->suite, SK_d)));
	assert_int_equal(end_said(&pair->west, ", PPK"), ppk);
	pair_end(pair);
}

static void assert_refused(struct pair *pair, const char *west_says, const char *east_says)
{
	assert_int_equal(pair->west.child_up, 0);
	if (west_says != NULL && !end_said(&pair->west, west_says) &&
	    strstr(pair->west.last_text, west_says) == NULL)
		fail_msg("west says: %s", pair->west.last_text);
	if (east_says != NULL && !end_said(&pair->east, east_says))
		fail_msg("east does not say \"%s\" but %s", east_says, pair->east.journal);
	end_assert_empty(&pair->west);
	if (east_says != NULL) /* otherwise it waits, half-open */
		end_assert_empty(&pair->east);
	pair_end(pair);
}

static void both_mix_it_in(void **state)
{
	static const char *const modes[] = { "\tppk=yes\n", "\tppk=insist\n" };
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		attempt(&pair, modes[i / 2], modes[i % 2], WITH_KEY, WITH_KEY);
		assert_up(&pair, true);
	}
}

/* RFC 8784 §3: AUTH without it goes along for this. */
static void an_optional_one_that_the_responder_lacks_is_left_out(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, "\tppk=yes\n", "\tppk=yes\n", WITH_KEY, NULL);
	assert_up(&pair, false);
	attempt(&pair, "\tppk=yes\n", "\tppk=yes\n", WITH_KEY, OTHER_ID);
	assert_up(&pair, false);
	attempt(&pair, "\tppk=yes\n", "\tppk=no\n", WITH_KEY, WITH_KEY);
	assert_up(&pair, false);
	attempt(&pair, "\tppk=yes\n", "\tppk=yes\n\tppk-ids=ppk-7\n", WITH_KEY, WITH_KEY);
	assert_up(&pair, false);
}

static void an_optional_one_that_the_initiator_lacks_is_left_out(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, "\tppk=yes\n", "\tppk=yes\n", NULL, WITH_KEY);
	assert_up(&pair, false);
	attempt(&pair, "\tppk=no\n", "\tppk=yes\n", WITH_KEY, WITH_KEY);
	assert_up(&pair, false);
}

static void an_initiator_that_insists_is_told_what_is_missing(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, "\tppk=insist\n", "", NULL, NULL);
	assert_refused(&pair, "ppk=insist: no PPK for us (@west)", NULL);
	attempt(&pair, "\tppk=insist\n\tppk-ids=ppk-9\n", "", WITH_KEY, WITH_KEY);
	assert_refused(&pair, "no PPK with the ID \"ppk-9\"", NULL);
	attempt(&pair, "\tppk=insist\n", "\tppk=yes\n", WITH_KEY, NULL);
	assert_refused(&pair, "no USE_PPK in its answer", NULL);
	attempt(&pair, "\tppk=insist\n", "\tppk=yes\n", WITH_KEY, OTHER_ID);
	assert_refused(&pair, "AUTHENTICATION_FAILED", "no PPK with the ID \"ppk-1\"");
	attempt(&pair, "\tppk=insist\n", "\tppk=no\n", WITH_KEY, WITH_KEY);
	assert_refused(&pair, "AUTHENTICATION_FAILED", "conn t has ppk=no");
}

static void a_responder_that_insists_refuses_who_has_none(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, "\tppk=no\n", "\tppk=insist\n", WITH_KEY, WITH_KEY);
	assert_refused(&pair, "AUTHENTICATION_FAILED", "conn t has ppk=insist");
	attempt(&pair, "\tppk=yes\n", "\tppk=insist\n", OTHER_ID, WITH_KEY);
	assert_refused(&pair, "AUTHENTICATION_FAILED", "ppk=insist: no PPK with the ID \"ppk-2\"");
	attempt(&pair, "\tppk=yes\n", "\tppk=insist\n\tppk-ids=ppk-3,ppk-2\n", WITH_KEY, WITH_KEY);
	assert_refused(&pair, "AUTHENTICATION_FAILED", "which ppk-ids= of conn t does not list");
	attempt(&pair, "\tppk=yes\n", "\tppk=insist\n", WITH_KEY, NULL);
	assert_refused(&pair, "AUTHENTICATION_FAILED", "ppk=insist");
}

/* Optional is not "or a wrong one": the ID is known at both ends, and they must agree. */
static void two_keys_of_one_id_are_refused(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, "\tppk=yes\n", "\tppk=yes\n", WITH_KEY, OTHER_KEY);
	assert_refused(&pair, "PPKs and IDs", "with the PPK \"ppk-1\", which may differ too");
}

static void the_first_id_that_is_there_is_proposed(void **state)
{
	static const char two[] = WITH_KEY "@west @east : PPKS 0x70706b2d32 0sc2Vjb25k\n";
	struct pair pair;

	(void)state;
	attempt(&pair, "\tppk=insist\n\tppk-ids=\"ppk-9, 0x70706b2d32\"\n",
		"\tppk=insist\n\tppk-ids=ppk-2\n", two, two);
	assert_up(&pair, true);
}

static void an_entry_for_others_is_not_used(void **state)
{
	static const char others[] = PAIR_SECRETS "@west @north : PPKS \"ppk-1\" \"key\"\n";
	struct pair pair;

	(void)state;
	attempt(&pair, "\tppk=yes\n", "\tppk=insist\n", WITH_KEY, others);
	assert_refused(&pair, "AUTHENTICATION_FAILED", "no PPK with the ID \"ppk-1\"");
}

/* RFC 8784 §4: SK_d of the new one comes from the SK_d that has the PPK in it. */
static void an_ike_sa_with_a_ppk_is_rekeyed(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	attempt(&pair, "\tppk=insist\n", "\tppk=insist\n", WITH_KEY, WITH_KEY);
	assert_int_equal(gateway_rekey(pair.east.gateway, "t", REKEY_IKE, &diag), RC_OK);
	pair_run(&pair, 10 * USEC_PER_SEC);
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	pair_run(&pair, 10 * USEC_PER_SEC);
	assert_up(&pair, true);
}

static void a_cookie_round_keeps_it(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN "\tppk=insist\n",
		   "config setup\n\tddos-mode=busy\n" PAIR_CONN "\tppk=insist\n", WITH_KEY,
		   WITH_KEY);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_int_equal(pair.east.gateway->counters.cookies_sent, 1);
	assert_up(&pair, true);
}

/* ---- somebody on the path ---- */

struct thief {
	uint16_t type;
	bool of_responses;
	unsigned done;
};

/* Turns the notify into one that nobody knows. */
static bool hide_notify(void *context, struct flight *flight)
{
	struct thief *thief = context;
	bool response = flight->len > 19 && (flight->bytes[19] & IKE_FLAG_RESPONSE) != 0;

	if (flight->len < IKE_HEADER_LEN || flight->bytes[18] != EXCHANGE_IKE_SA_INIT ||
	    response != thief->of_responses)
		return true;
	for (size_t i = IKE_HEADER_LEN; i + 8 <= flight->len; i++) {
		uint8_t *p = flight->bytes + i;
		if (p[1] == 0 && p[2] == 0 && p[3] == 8 && p[4] == 0 && p[5] == 0 &&
		    p[6] == thief->type >> 8 && p[7] == (thief->type & 0xff)) {
			p[6] = 0xfe;
			thief->done++;
		}
	}
	return true;
}

/* It is optional, but whoever takes it out of IKE_SA_INIT is found by AUTH. */
static void downgrade(bool of_responses, const char *west_says, const char *east_says)
{
	struct thief thief = { .type = USE_PPK, .of_responses = of_responses };
	struct pair pair;

	pair_start(&pair, 1, PAIR_CONN "\tppk=yes\n", PAIR_CONN "\tppk=yes\n", WITH_KEY, WITH_KEY);
	world_tap(pair.world, hide_notify, &thief);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_true(thief.done > 0);
	assert_refused(&pair, west_says, east_says);
}

static void use_ppk_cannot_be_stripped_from_the_request(void **state)
{
	(void)state;
	downgrade(false, "AUTHENTICATION_FAILED", "shared keys of the two sides differ");
}

static void use_ppk_cannot_be_stripped_from_the_response(void **state)
{
	(void)state;
	downgrade(true, "shared keys of the two sides differ", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_mix_it_in),
		cmocka_unit_test(an_optional_one_that_the_responder_lacks_is_left_out),
		cmocka_unit_test(an_optional_one_that_the_initiator_lacks_is_left_out),
		cmocka_unit_test(an_initiator_that_insists_is_told_what_is_missing),
		cmocka_unit_test(a_responder_that_insists_refuses_who_has_none),
		cmocka_unit_test(two_keys_of_one_id_are_refused),
		cmocka_unit_test(the_first_id_that_is_there_is_proposed),
		cmocka_unit_test(an_entry_for_others_is_not_used),
		cmocka_unit_test(an_ike_sa_with_a_ppk_is_rekeyed),
		cmocka_unit_test(a_cookie_round_keeps_it),
		cmocka_unit_test(use_ppk_cannot_be_stripped_from_the_request),
		cmocka_unit_test(use_ppk_cannot_be_stripped_from_the_response),
	};

	return exchange_run(tests);
}
