/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "unit/proposal/proposal_test.h"
#include "proposal/match.h"

/* "19,0,20" of the choice, "-" when there is none. */
static const char *chosen(const char *ours, const char *theirs, unsigned flags)
{
	static char text[64];
	struct arena arena;
	struct proposal_list *mine = parsed(PROTOCOL_IKE, ours, false);
	struct wire_sa offer;
	struct proposal_choice choice;
	struct diag diag = { "" };
	int last = PROPOSAL_ADDKE_MAX;
	size_t used = 0;

	arena_init(&arena, LIMIT_EVENT_ARENA);
	assert_non_null(mine);
	offer = offered(&arena, PROTOCOL_IKE, theirs, 0);
	text[0] = '\0';
	if (proposal_choose(mine, &offer, DH_NONE, flags, &choice, &diag) != RC_OK) {
		strcpy(text, "-");
		last = 0;
	}
	while (last > 0 && choice.addke[last - 1] == DH_NONE)
		last--;
	for (int i = 0; i < last; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u", i > 0 ? "," : "",
					 choice.addke[i]);
	proposal_free(mine);
	arena_free(&arena);
	return text;
}

static void the_first_of_ours_that_they_list_is_taken_for_each_type(void **state)
{
	(void)state;
	assert_string_equal(chosen("aes-dh31;addke1=dh19+dh20", "aes-dh31;addke1=dh20+dh19", 0),
			    "19");
	assert_string_equal(chosen("aes-dh31;addke1=dh21+dh20", "aes-dh31;addke1=dh20+dh19", 0),
			    "20");
	assert_string_equal(
		chosen("aes-dh31;addke2=dh20;addke7=dh14", "aes-dh31;addke2=dh20;addke7=dh14", 0),
		"0,20,0,0,0,0,14");
	assert_string_equal(chosen("aes-dh31;addke1=dh20", "aes-dh31;addke1=dh21", 0), "-");
}

/* RFC 9370 §2.2.1 */
static void no_method_is_chosen_twice(void **state)
{
	(void)state;
	assert_string_equal(chosen("aes-dh31;addke1=dh19+dh20;addke2=dh19",
				   "aes-dh31;addke1=dh19+dh20;addke2=dh19", 0),
			    "20,19"); /* the first type gives way */
	assert_string_equal(
		chosen("aes-dh31;addke1=dh19;addke2=dh19", "aes-dh31;addke1=dh19;addke2=dh19", 0),
		"-");
	assert_string_equal(chosen("aes-dh31;addke1=dh31+dh19", "aes-dh31;addke1=dh31+dh19", 0),
			    "19"); /* the main exchange has the other */
	assert_string_equal(chosen("aes-dh31;addke1=dh31", "aes-dh31;addke1=dh31", 0), "-");
	assert_string_equal(
		chosen("aes-dh31;addke1=none;addke2=none", "aes-dh31;addke1=none;addke2=none", 0),
		"");
}

static void none_makes_one_optional_and_may_be_left_unsaid(void **state)
{
	(void)state;
	assert_string_equal(chosen("aes-dh31;addke1=dh19+none", "aes-dh31", 0), "");
	assert_string_equal(chosen("aes-dh31", "aes-dh31;addke1=dh19+none", 0), "");
	assert_string_equal(chosen("aes-dh31;addke1=dh19", "aes-dh31", 0), "-");
	assert_string_equal(chosen("aes-dh31", "aes-dh31;addke1=dh19", 0), "-");
	assert_string_equal(chosen("aes-dh31;addke1=none+dh19", "aes-dh31;addke1=dh19+none", 0),
			    "");
}

static void flags_leave_them_out(void **state)
{
	(void)state;
	assert_string_equal(chosen("aes-dh31;addke1=dh19+none", "aes-dh31;addke1=dh19+none",
				   PROPOSAL_ADDKE_NONE),
			    "");
	assert_string_equal(
		chosen("aes-dh31;addke1=dh19", "aes-dh31;addke1=dh19+none", PROPOSAL_ADDKE_NONE),
		"-");
}

static void both_spellings_are_read_and_libreswans_is_printed(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_IKE, "aes_gcm256-sha2_512-dh31;addke1=dh20+modp2048;addke3=none",
			"AES_GCM_16_256-HMAC_SHA2_512-DH31;ADDKE1=DH20+MODP2048;ADDKE3=NONE");
	assert_reads_as(PROTOCOL_IKE,
			"aes256gcm16-prfsha512-x25519-ke1_ecp384-ke1_modp2048-ke3_none",
			"AES_GCM_16_256-HMAC_SHA2_512-DH31;ADDKE1=DH20+MODP2048;ADDKE3=NONE");
	assert_reads_as(PROTOCOL_IKE, "AES_GCM_16_256-HMAC_SHA2_512-DH31;ADDKE1=DH20+MODP2048",
			"AES_GCM_16_256-HMAC_SHA2_512-DH31;ADDKE1=DH20+MODP2048");
	assert_reads_as(PROTOCOL_ESP, "aes_gcm256-dh31;addke1=dh20+none;addke2=dh21-esn",
			"AES_GCM_16_256-DH31-ESN;ADDKE1=DH20+NONE;ADDKE2=DH21");
	assert_reads_as(PROTOCOL_ESP, "AES_GCM_16_256-DH31-ESN;ADDKE1=DH20",
			"AES_GCM_16_256-DH31-ESN;ADDKE1=DH20");
}

/* RFC 7296 §1.2, RFC 9370 §2.2.4: the keys of the first Child SA are those of the IKE SA. */
static void a_child_sa_has_them_where_it_has_a_group(void **state)
{
	static const uint8_t spi[4] = { 1, 2, 3, 4 };
	struct proposal_list *ours =
		parsed(PROTOCOL_ESP, "aes_gcm256-dh31+none;addke1=dh20", false);
	struct proposal_choice choice;
	struct wire_sa offer;
	struct arena arena;
	struct diag diag;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	assert_int_equal(proposal_offer(&arena, ours, SPAN_OF(spi), 0, &offer), RC_OK);
	assert_int_equal(offer.proposals[0].transform_count, 5);
	assert_int_equal(proposal_choose(ours, &offer, DH_CURVE25519, 0, &choice, &diag), RC_OK);
	assert_int_equal(choice.addke[0], DH_ECP_384);
	assert_true(proposal_allows(ours, &choice));
	assert_int_equal(proposal_offer(&arena, ours, SPAN_OF(spi), PROPOSAL_NO_DH, &offer), RC_OK);
	assert_int_equal(offer.proposals[0].transform_count, 2);
	assert_int_equal(proposal_choose(ours, &offer, DH_NONE, PROPOSAL_NO_DH, &choice, &diag),
			 RC_OK);
	assert_int_equal(choice.addke[0], DH_NONE);
	assert_true(proposal_allows(ours, &choice));
	/* without a first one there is none to add to */
	assert_int_equal(proposal_choose(ours, &offer, DH_NONE, 0, &choice, &diag), RC_NO_PROPOSAL);
	proposal_free(ours);
	arena_free(&arena);
}

static void they_can_be_left_out_of_an_offer_where_none_is_needed(void **state)
{
	static const uint8_t spi[8] = { 1 };
	struct proposal_list *some =
		parsed(PROTOCOL_IKE,
		       "aes128-sha2-dh31;addke1=dh20,aes256-sha2-dh31;addke1=dh20+none", false);
	struct proposal_list *all = parsed(PROTOCOL_IKE, "aes256-sha2-dh31;addke1=dh20", false);
	struct wire_sa offer;
	struct arena arena;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	assert_int_equal(proposal_offer(&arena, some, SPAN_OF(spi), PROPOSAL_ADDKE_NONE, &offer),
			 RC_OK);
	assert_int_equal(offer.proposal_count, 1);
	assert_int_equal(offer.proposals[0].transforms[0].key_length, 256);
	assert_int_equal(offer.proposals[0].transform_count, 4);
	assert_false(proposal_needs_addke(some));
	assert_true(proposal_needs_addke(all));
	assert_int_equal(proposal_offer(&arena, all, SPAN_OF(spi), PROPOSAL_ADDKE_NONE, &offer),
			 RC_NO_PROPOSAL);
	proposal_free(some);
	proposal_free(all);
	arena_free(&arena);
}

static void mistakes_say_what_to_write(void **state)
{
	static const struct {
		uint8_t protocol;
		const char *text, *says;
	} cases[] = {
		{ PROTOCOL_IKE, "aes-dh31;addke8=dh20", "unknown IKE algorithm" },
		{ PROTOCOL_IKE, "aes-dh31;addke1=sha2", "is not a key exchange" },
		{ PROTOCOL_IKE, "aes-dh31;addke1=dh2", "too small" },
		{ PROTOCOL_IKE, "aes-dh31;addke1=", "is not a key exchange" },
		{ PROTOCOL_IKE, "aes-dh31;addke1=ml_kem_512", "use ml_kem_768" },
		{ PROTOCOL_IKE, "aes-mlkem768", "write dh31;addke1=mlkem768" },
		{ PROTOCOL_ESP, "aes_gcm256;addke1=dh20", "add a group such as dh31" },
		{ PROTOCOL_ESP, "aes_gcm256-dh31;addke2=sha2", "is not a key exchange" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proposal_list *list = NULL;
		struct diag diag = { "" };
		assert_int_not_equal(
			proposal_parse(cases[i].protocol, cases[i].text, false, &list, NULL, &diag),
			RC_OK);
		if (strstr(diag.text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].text, diag.text);
	}
}

static void an_answer_must_be_one_that_was_offered(void **state)
{
	static const struct {
		const char *offer, *answer;
		enum rc rc;
	} cases[] = {
		{ "aes256-sha2-dh31;addke1=dh19+dh20", "aes256-sha2-dh31;addke1=dh20", RC_OK },
		{ "aes256-sha2-dh31;addke1=dh19+dh20", "aes256-sha2-dh31;addke1=dh19+dh20",
		  RC_NO_PROPOSAL },
		{ "aes256-sha2-dh31;addke1=dh19", "aes256-sha2-dh31", RC_NO_PROPOSAL },
		{ "aes256-sha2-dh31;addke1=dh19+none", "aes256-sha2-dh31", RC_OK },
		{ "aes256-sha2-dh31;addke1=dh19+none", "aes256-sha2-dh31;addke1=none", RC_OK },
		{ "aes256-sha2-dh31;addke1=dh19+dh20;addke2=dh20+dh19",
		  "aes256-sha2-dh31;addke1=dh20;addke2=dh20", RC_NO_PROPOSAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena arena;
		struct proposal_list *ours = parsed(PROTOCOL_IKE, cases[i].offer, false);
		struct wire_sa answer;
		struct proposal_choice choice;
		struct diag diag;
		arena_init(&arena, LIMIT_EVENT_ARENA);
		answer = offered(&arena, PROTOCOL_IKE, cases[i].answer, 0);
		assert_int_equal(proposal_accept(ours, &answer, 0, &choice, &diag), cases[i].rc);
		if (cases[i].rc == RC_OK)
			assert_true(proposal_allows(ours, &choice));
		proposal_free(ours);
		arena_free(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_of_ours_that_they_list_is_taken_for_each_type),
		cmocka_unit_test(no_method_is_chosen_twice),
		cmocka_unit_test(none_makes_one_optional_and_may_be_left_unsaid),
		cmocka_unit_test(flags_leave_them_out),
		cmocka_unit_test(both_spellings_are_read_and_libreswans_is_printed),
		cmocka_unit_test(mistakes_say_what_to_write),
		cmocka_unit_test(a_child_sa_has_them_where_it_has_a_group),
		cmocka_unit_test(they_can_be_left_out_of_an_offer_where_none_is_needed),
		cmocka_unit_test(an_answer_must_be_one_that_was_offered),
	};
	return cmocka_run_group_tests(tests, nss_open, nss_close);
}
