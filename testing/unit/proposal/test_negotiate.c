/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/proposal/proposal_test.h"

static const uint8_t our_spi[8] = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7 };

struct outcome {
	enum rc rc;
	struct proposal_choice choice;
	char text[TEXT_MAX]; /* of the choice, or the sentence */
};

static struct outcome choose(uint8_t protocol, const char *ours, const char *theirs,
			     uint16_t preferred, unsigned flags)
{
	struct outcome out = { .rc = RC_OK };
	struct arena arena;
	struct diag diag = { "" };
	arena_init(&arena, LIMIT_EVENT_ARENA);
	struct proposal_list *list = parsed(protocol, ours, false);
	struct wire_sa sa = offered(&arena, protocol, theirs, flags);
	sa = over_the_wire(&arena, &sa);
	out.rc = proposal_choose(list, &sa, preferred, flags, &out.choice, &diag);
	if (out.rc == RC_OK)
		proposal_choice_text(&out.choice, out.text, sizeof(out.text));
	else
		snprintf(out.text, sizeof(out.text), "%s", diag.text);
	proposal_free(list);
	arena_free(&arena);
	return out;
}

static void assert_chosen(const char *ours, const char *theirs, uint16_t preferred,
			  const char *expected)
{
	struct outcome got = choose(PROTOCOL_IKE, ours, theirs, preferred, 0);
	assert_int_equal(got.rc, RC_OK);
	assert_string_equal(got.text, expected);
}

static void responder_chooses_by_its_own_order(void **state)
{
	(void)state;
	assert_chosen("aes_gcm256-sha2_512-dh19,aes256-sha2_256-dh14",
		      "aes256-sha2_256-dh14,aes_gcm256-sha2_512-dh19", DH_NONE,
		      "AES_GCM_16_256-HMAC_SHA2_512-DH19");
}

static void responder_finds_the_best_among_separate_proposals_of_the_peer(void **state)
{
	(void)state;
	assert_chosen("aes_gcm256+aes_gcm128-sha2_512-dh31+dh19",
		      "aes_gcm128-sha2_512-dh31,aes_gcm256-sha2_512-dh19,aes_gcm256-sha2_512-dh31",
		      DH_NONE, "AES_GCM_16_256-HMAC_SHA2_512-DH31");
}

static void responder_repeats_the_number_of_the_peers_proposal(void **state)
{
	(void)state;
	struct outcome got = choose(PROTOCOL_ESP, "aes_gcm256",
				    "aes256-sha1,aes128-sha1,aes_gcm256", DH_NONE, 0);
	assert_int_equal(got.rc, RC_OK);
	assert_int_equal(got.choice.number, 3);
	assert_int_equal(got.choice.spi_len, 4);
	assert_memory_equal(got.choice.spi, test_spi, 4);
}

static void the_group_of_the_ke_payload_spares_a_round_trip(void **state)
{
	(void)state;
	assert_chosen("aes_gcm256-sha2_512-dh31+dh19+dh14", "aes_gcm256-sha2_512-dh14+dh19+dh31",
		      DH_MODP_2048, "AES_GCM_16_256-HMAC_SHA2_512-MODP2048");
	assert_chosen("aes_gcm256-sha2_512-dh31+dh19",
		      "aes_gcm256-sha2_512-dh31,aes_gcm256-sha2_512-dh19", DH_ECP_256,
		      "AES_GCM_16_256-HMAC_SHA2_512-DH19");
}

static void the_preferred_group_does_not_buy_a_weaker_cipher(void **state)
{
	(void)state;
	assert_chosen("aes_gcm256+aes_gcm128-sha2_512-dh31+dh19",
		      "aes_gcm128-sha2_512-dh19,aes_gcm256-sha2_512-dh31", DH_ECP_256,
		      "AES_GCM_16_256-HMAC_SHA2_512-DH31");
	assert_chosen("aes_gcm256-sha2_512-dh31,aes_gcm256-sha2_512-dh19",
		      "aes_gcm256-sha2_512-dh19+dh31", DH_ECP_256,
		      "AES_GCM_16_256-HMAC_SHA2_512-DH31");
}

static void a_group_that_we_do_not_have_is_never_chosen(void **state)
{
	(void)state;
	assert_chosen("aes_gcm256-sha2_512-dh19", "aes_gcm256-sha2_512-dh31+dh19", DH_CURVE25519,
		      "AES_GCM_16_256-HMAC_SHA2_512-DH19");
}

static void groups_are_ignored_in_ike_auth(void **state)
{
	(void)state;
	struct outcome got =
		choose(PROTOCOL_ESP, "aes_gcm256-dh19", "aes_gcm256-dh31", DH_NONE, PROPOSAL_NO_DH);
	assert_int_equal(got.rc, RC_OK);
	assert_int_equal(got.choice.dh, DH_NONE);
	assert_int_equal(choose(PROTOCOL_ESP, "aes_gcm256-dh19", "aes_gcm256-dh31", DH_NONE, 0).rc,
			 RC_NO_PROPOSAL);
}

static void assert_nothing_in_common(uint8_t protocol, const char *ours, const char *theirs,
				     const char *sentence)
{
	struct outcome got = choose(protocol, ours, theirs, DH_NONE, 0);
	assert_int_equal(got.rc, RC_NO_PROPOSAL);
	assert_string_equal(got.text, sentence);
}

static void nothing_in_common_says_what_both_sides_offered(void **state)
{
	(void)state;
	assert_nothing_in_common(
		PROTOCOL_IKE, "aes_gcm256-sha2_512-dh19", "aes256-sha1-modp2048",
		"no cipher in common: peer proposed AES_CBC_256-HMAC_SHA1-MODP2048; "
		"we accept AES_GCM_16_256-HMAC_SHA2_512-DH19");
	assert_nothing_in_common(
		PROTOCOL_ESP, "aes256-sha2_512", "aes256-sha1,aes128-sha2_256",
		"no integrity algorithm in common: peer proposed AES_CBC_256-HMAC_SHA1_96, "
		"AES_CBC_128-HMAC_SHA2_256_128; we accept AES_CBC_256-HMAC_SHA2_512_256");
	assert_nothing_in_common(PROTOCOL_ESP, "aes_gcm256", "aes_gcm256-esn",
				 "no ESN mode in common: peer proposed AES_GCM_16_256-ESN; we "
				 "accept AES_GCM_16_256");
}

static void long_lists_are_cut_down_to_what_differs(void **state)
{
	(void)state;
	assert_nothing_in_common(PROTOCOL_IKE,
				 "aes_gcm256+aes_gcm128+chacha20_poly1305-sha2_512+sha2_384+sha2_"
				 "256-dh19+dh31+dh20+dh21,"
				 "aes256+aes128-sha2_512+sha2_256-dh19+dh31",
				 "aes_gcm256-sha2_512-dh14+dh15",
				 "no DH group in common: peer proposed "
				 "AES_GCM_16_256-HMAC_SHA2_512-MODP2048+MODP3072; "
				 "we accept DH19+DH31+DH20+DH21");
}

static void another_protocol_is_named(void **state)
{
	struct arena arena;
	struct diag diag = { "" };
	struct proposal_choice choice;
	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	struct proposal_list *ours = parsed(PROTOCOL_ESP, "aes_gcm256", false);
	struct wire_sa sa = offered(&arena, PROTOCOL_AH, "sha2_256", 0);
	assert_int_equal(proposal_choose(ours, &sa, DH_NONE, 0, &choice, &diag), RC_NO_PROPOSAL);
	assert_string_equal(
		diag.text,
		"peer proposed no ESP, only AH HMAC_SHA2_256_128; we accept AES_GCM_16_256");
	proposal_free(ours);
	arena_free(&arena);
}

static void an_unknown_transform_type_is_named_as_the_reason(void **state)
{
	struct arena arena;
	struct diag diag = { "" };
	struct proposal_choice choice;
	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	struct proposal_list *ours = parsed(PROTOCOL_ESP, "aes_gcm256", false);
	struct wire_sa sa = offered(&arena, PROTOCOL_ESP, "aes_gcm256", 0);
	sa.proposals[0].transforms[1].type = 13;
	assert_int_equal(proposal_choose(ours, &sa, DH_NONE, 0, &choice, &diag), RC_NO_PROPOSAL);
	assert_string_equal(
		diag.text,
		"peer proposed AES_GCM_16_256-TYPE13_0, but it has a transform type that we do "
		"not know here; we accept AES_GCM_16_256");
	proposal_free(ours);
	arena_free(&arena);
}

static void an_empty_payload_or_list_matches_nothing(void **state)
{
	struct wire_sa none = { NULL, 0 };
	struct proposal_list empty = { 0, NULL };
	struct diag diag;
	struct proposal_choice choice;
	(void)state;
	struct proposal_list *ours = parsed(PROTOCOL_ESP, "aes_gcm256", false);
	assert_int_equal(proposal_choose(ours, &none, DH_NONE, 0, &choice, &diag), RC_NO_PROPOSAL);
	assert_int_equal(proposal_choose(&empty, &none, DH_NONE, 0, &choice, &diag),
			 RC_NO_PROPOSAL);
	assert_int_equal(proposal_accept(ours, &none, 0, &choice, &diag), RC_NO_PROPOSAL);
	proposal_free(ours);
}

struct answer {
	struct arena arena;
	struct proposal_list *ours;
	struct wire_sa sa;
};

static struct answer *answer_to(const char *ours, const char *theirs)
{
	struct answer *a = test_malloc(sizeof(*a));
	arena_init(&a->arena, LIMIT_EVENT_ARENA);
	a->ours = parsed(PROTOCOL_ESP, ours, false);
	a->sa = offered(&a->arena, PROTOCOL_ESP, theirs, 0);
	return a;
}

static enum rc accept_answer(struct answer *a, const char *says)
{
	struct diag diag = { "" };
	struct proposal_choice choice;
	enum rc rc = proposal_accept(a->ours, &a->sa, 0, &choice, &diag);
	if (strstr(diag.text, says) == NULL)
		fail_msg("\"%s\"; expected \"%s\"", diag.text, says);
	proposal_free(a->ours);
	arena_free(&a->arena);
	test_free(a);
	return rc;
}

static void initiator_accepts_what_it_offered(void **state)
{
	(void)state;
	assert_int_equal(
		accept_answer(answer_to("aes256-sha1,aes_gcm256+aes_gcm128", "aes_gcm128"), ""),
		RC_OK);
}

static void initiator_refuses_what_it_did_not_offer(void **state)
{
	(void)state;
	assert_int_equal(
		accept_answer(
			answer_to("aes_gcm256", "aes_gcm128"),
			"peer chose what we did not offer: no cipher in common: peer proposed "
			"AES_GCM_16_128; we accept AES_GCM_16_256"),
		RC_NO_PROPOSAL);
	assert_int_equal(accept_answer(answer_to("aes256-sha2_512,aes128-sha1", "aes256-sha1"),
				       "did not offer"),
			 RC_NO_PROPOSAL);
}

static void initiator_refuses_an_answer_with_two_proposals(void **state)
{
	(void)state;
	assert_int_equal(accept_answer(answer_to("aes_gcm256,aes_gcm128", "aes_gcm256,aes_gcm128"),
				       "2 proposals"),
			 RC_NO_PROPOSAL);
}

static void initiator_refuses_an_answer_with_a_choice_left(void **state)
{
	(void)state;
	assert_int_equal(accept_answer(answer_to("aes_gcm", "aes_gcm"), "more than one cipher"),
			 RC_NO_PROPOSAL);
	assert_int_equal(accept_answer(answer_to("aes_gcm256-esn-noesn", "aes_gcm256-esn-noesn"),
				       "more than one ESN"),
			 RC_NO_PROPOSAL);
}

static void initiator_takes_integrity_none_said_or_left_out(void **state)
{
	(void)state;
	struct answer *a = answer_to("aes_gcm256", "aes_gcm256");
	struct wire_transform said[3] = { a->sa.proposals[0].transforms[0],
					  a->sa.proposals[0].transforms[1],
					  { .type = TRANSFORM_INTEG, .id = INTEG_NONE } };
	a->sa.proposals[0].transforms = said;
	a->sa.proposals[0].transform_count = 3;
	assert_int_equal(accept_answer(a, ""), RC_OK);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* A random ike= or esp= that parses. */
static void random_text(uint32_t *seed, uint8_t protocol, char *out, size_t size)
{
	static const char *const suites[] = { "aes_gcm256",
					      "aes_gcm128",
					      "aes256-sha1",
					      "aes128-sha2_256",
					      "aes256+aes128-sha2_512+sha2_256",
					      "aes_gcm+chacha20_poly1305",
					      "aes256-sha2_512" };
	static const char *const groups[] = { "-dh19",	    "-dh31+dh19", "-dh14+dh15",
					      "-dh19+dh14", "-dh31",	  "" };
	static const char *const esn[] = { "", "-esn", "-esn-noesn", "" };
	out[0] = '\0';
	for (uint32_t left = 1 + next_random(seed) % 3; left > 0; left--) {
		strncat(out, suites[next_random(seed) % 7], size - strlen(out) - 1);
		strncat(out, groups[next_random(seed) % 6], size - strlen(out) - 1);
		if (protocol == PROTOCOL_ESP)
			strncat(out, esn[next_random(seed) % 4], size - strlen(out) - 1);
		strncat(out, left > 1 ? "," : "", size - strlen(out) - 1);
	}
}

static bool lists(const struct proposal_list *list, const struct proposal_choice *c)
{
	for (unsigned i = 0; i < list->count; i++)
		for (unsigned j = 0; j < list->items[i].count; j++) {
			const struct proposal_transform *t = &list->items[i].transforms[j];
			if (t->type == TRANSFORM_ENCR && t->id == c->encr &&
			    t->key_bits == c->encr_bits)
				return true;
		}
	return false;
}

/* Offer, choose, answer, accept: both ends hold the same choice, and both listed it. */
static bool negotiate(uint8_t protocol, struct proposal_list *ours, struct proposal_list *theirs,
		      unsigned flags)
{
	struct arena arena;
	struct wire_sa offer, answer;
	struct proposal_choice chosen, accepted;
	struct diag diag;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	assert_int_equal(proposal_offer(&arena, theirs, spi_for(protocol), flags, &offer), RC_OK);
	offer = over_the_wire(&arena, &offer);
	bool found = proposal_choose(ours, &offer, DH_NONE, flags, &chosen, &diag) == RC_OK;
	if (found) {
		struct span spi = protocol == PROTOCOL_IKE ? SPAN_NONE : span_make(our_spi, 4);
		assert_int_equal(proposal_answer(&arena, &chosen, spi, &answer), RC_OK);
		answer = over_the_wire(&arena, &answer);
		assert_int_equal(proposal_accept(theirs, &answer, flags, &accepted, &diag), RC_OK);
		assert_memory_equal(accepted.spi, our_spi, spi.len);
		memcpy(accepted.spi, chosen.spi, sizeof(chosen.spi));
		assert_memory_equal(&accepted, &chosen, sizeof(chosen));
		assert_true(lists(ours, &chosen) && lists(theirs, &chosen));
	}
	arena_free(&arena);
	return found;
}

static void whatever_is_chosen_is_accepted_and_who_begins_does_not_matter(void **state)
{
	uint32_t seed = 7296, found = 0, rounds = 3000;
	(void)state;
	for (uint32_t i = 0; i < rounds; i++) {
		char a[256], b[256];
		uint8_t protocol = i % 2 == 0 ? PROTOCOL_IKE : PROTOCOL_ESP;
		unsigned flags = i % 4 == 3 ? PROPOSAL_NO_DH : 0;
		random_text(&seed, protocol, a, sizeof(a));
		random_text(&seed, protocol, b, sizeof(b));
		struct proposal_list *ours = parsed(protocol, a, false),
				     *theirs = parsed(protocol, b, false);
		bool there = negotiate(protocol, ours, theirs, flags);
		if (there != negotiate(protocol, theirs, ours, flags))
			fail_msg("%s and %s agree in one direction only", a, b);
		assert_true(negotiate(protocol, ours, ours, flags));
		found += there;
		proposal_free(ours);
		proposal_free(theirs);
	}
	assert_true(found > rounds / 10 && found < rounds);
}

static void a_list_allows_what_it_would_have_chosen_and_nothing_else(void **state)
{
	(void)state;
	static const struct {
		uint8_t protocol;
		const char *list, *choice;
		unsigned flags;
		bool allowed;
	} cases[] = {
		{ PROTOCOL_IKE, "aes_gcm256-sha2_512-dh31+dh19", "aes_gcm256-sha2_512-dh19", 0,
		  true },
		{ PROTOCOL_IKE, "aes_gcm256-sha2_512-dh31", "aes_gcm256-sha2_512-dh19", 0, false },
		{ PROTOCOL_IKE, "aes_gcm256-sha2_512-dh31", "aes_gcm128-sha2_512-dh31", 0, false },
		{ PROTOCOL_IKE, "aes_gcm256-sha2_512-dh31", "aes_gcm256-sha2_256-dh31", 0, false },
		{ PROTOCOL_IKE, "aes256-sha2_512-dh31", "aes256-sha1-dh31", 0, false },
		{ PROTOCOL_IKE, "aes256-sha2_512-dh31,aes128-sha1-dh14", "aes128-sha1-dh14", 0,
		  true },
		/* each part is listed, but never together */
		{ PROTOCOL_IKE, "aes256-sha2_512-dh31,aes128-sha1-dh14", "aes128-sha1-dh31", 0,
		  false },
		{ PROTOCOL_ESP, "aes_gcm256-dh19", "aes_gcm256-dh19", 0, true },
		{ PROTOCOL_ESP, "aes_gcm256-dh19", "aes_gcm256-dh19", PROPOSAL_NO_DH, true },
		{ PROTOCOL_ESP, "aes_gcm256", "aes_gcm256-dh19", 0, false },
		{ PROTOCOL_ESP, "aes256-sha1", "aes_gcm256", 0, false },
		{ PROTOCOL_AH, "sha1", "sha1", 0, true },
		{ PROTOCOL_AH, "sha1", "sha2_256", 0, false },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome chosen = choose(cases[i].protocol, cases[i].choice, cases[i].choice,
					       DH_NONE, cases[i].flags);
		struct proposal_list *list = parsed(cases[i].protocol, cases[i].list, false);
		assert_int_equal(chosen.rc, RC_OK);
		if (proposal_allows(list, &chosen.choice) != cases[i].allowed)
			fail_msg("\"%s\" and \"%s\"", cases[i].list, cases[i].choice);
		chosen.choice.protocol = PROTOCOL_NONE;
		assert_false(proposal_allows(list, &chosen.choice));
		proposal_free(list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(responder_chooses_by_its_own_order),
		cmocka_unit_test(responder_finds_the_best_among_separate_proposals_of_the_peer),
		cmocka_unit_test(responder_repeats_the_number_of_the_peers_proposal),
		cmocka_unit_test(the_group_of_the_ke_payload_spares_a_round_trip),
		cmocka_unit_test(the_preferred_group_does_not_buy_a_weaker_cipher),
		cmocka_unit_test(a_group_that_we_do_not_have_is_never_chosen),
		cmocka_unit_test(groups_are_ignored_in_ike_auth),
		cmocka_unit_test(nothing_in_common_says_what_both_sides_offered),
		cmocka_unit_test(long_lists_are_cut_down_to_what_differs),
		cmocka_unit_test(another_protocol_is_named),
		cmocka_unit_test(an_unknown_transform_type_is_named_as_the_reason),
		cmocka_unit_test(an_empty_payload_or_list_matches_nothing),
		cmocka_unit_test(initiator_accepts_what_it_offered),
		cmocka_unit_test(initiator_refuses_what_it_did_not_offer),
		cmocka_unit_test(initiator_refuses_an_answer_with_two_proposals),
		cmocka_unit_test(initiator_refuses_an_answer_with_a_choice_left),
		cmocka_unit_test(initiator_takes_integrity_none_said_or_left_out),
		cmocka_unit_test(whatever_is_chosen_is_accepted_and_who_begins_does_not_matter),
		cmocka_unit_test(a_list_allows_what_it_would_have_chosen_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, nss_open, nss_close);
}
