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
	assert_string_equal(chosen("aes-dh31;addke1=dh19", "aes-dh31", PROPOSAL_NO_ADDKE), "");
	assert_string_equal(
		chosen("aes-dh31;addke1=dh19", "aes-dh31;addke1=dh19", PROPOSAL_NO_ADDKE), "-");
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
		{ PROTOCOL_ESP, "aes_gcm256-dh31;addke1=dh20", "write addke1= into ike=" },
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
		cmocka_unit_test(an_answer_must_be_one_that_was_offered),
	};
	return cmocka_run_group_tests(tests, nss_open, nss_close);
}
