/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/proposal/proposal_test.h"
#include "proposal/draft.h"

static bool available(uint8_t protocol, uint8_t type, uint16_t id, uint16_t key_bits)
{
	struct proposal_transform t = { type, id, key_bits };
	return proposal_available(protocol, &t);
}

static void ike_has_what_the_probe_found_and_esp_what_has_a_key_length(void **state)
{
	(void)state;
	assert_true(available(PROTOCOL_IKE, TRANSFORM_ENCR, ENCR_AES_GCM_16, 256));
	assert_false(available(PROTOCOL_IKE, TRANSFORM_ENCR, ENCR_AES_GCM_16, 100));
	assert_false(available(PROTOCOL_IKE, TRANSFORM_ENCR, ENCR_AES_CTR, 256));
	assert_true(available(PROTOCOL_ESP, TRANSFORM_ENCR, ENCR_AES_CTR, 256));
	assert_true(available(PROTOCOL_ESP, TRANSFORM_ENCR, ENCR_AES_CBC, 128));
	assert_false(available(PROTOCOL_ESP, TRANSFORM_ENCR, ENCR_AES_CBC, 100));
	assert_false(available(PROTOCOL_ESP, TRANSFORM_ENCR, 999, 128));
	assert_true(available(PROTOCOL_ESP, TRANSFORM_INTEG, INTEG_AES_XCBC_96, 0));
	assert_false(available(PROTOCOL_ESP, TRANSFORM_INTEG, 999, 0));
	assert_false(available(PROTOCOL_IKE, TRANSFORM_INTEG, INTEG_AES_XCBC_96, 0));
	assert_true(available(PROTOCOL_ESP, TRANSFORM_DH, DH_CURVE25519, 0));
	assert_false(available(PROTOCOL_ESP, TRANSFORM_DH, DH_MODP_1024, 0));
	assert_true(available(PROTOCOL_ESP, TRANSFORM_ESN, ESN_YES, 0));
	assert_false(available(PROTOCOL_IKE, TRANSFORM_ESN, ESN_YES, 0));
	assert_false(available(PROTOCOL_IKE, 200, 1, 0));
}

static void picks_hold_each_transform_once_and_no_more_than_fit(void **state)
{
	struct picks picks = { .count = 0 };
	(void)state;
	for (uint16_t i = 0; i < PROPOSAL_TRANSFORMS_MAX; i++)
		assert_true(proposal_picks_add(&picks, TRANSFORM_DH, i, 0));
	assert_true(proposal_picks_add(&picks, TRANSFORM_DH, 5, 0));
	assert_int_equal(picks.count, PROPOSAL_TRANSFORMS_MAX);
	assert_false(proposal_picks_add(&picks, TRANSFORM_DH, 500, 0));
}

/* The defaults name more than a build of NSS may have. */
static void a_lenient_draft_leaves_out_what_is_missing(void **state)
{
	struct draft draft;
	struct diag diag;
	struct proposal_list *list = proposal_list_new();
	(void)state;
	proposal_draft_init(&draft, PROTOCOL_IKE, false, true);
	assert_int_equal(proposal_draft_word(&draft, "aes_ctr256", false, &diag), RC_OK);
	assert_int_equal(proposal_draft_finish(&draft, list, &diag), RC_OK);
	assert_int_equal(list->count, 0);
	assert_int_equal(proposal_draft_word(&draft, "aes256", false, &diag), RC_OK);
	assert_int_equal(proposal_draft_finish(&draft, list, &diag), RC_OK);
	assert_int_equal(list->count, 1);
	proposal_free(list);
}

static void a_strict_draft_refuses_what_is_missing(void **state)
{
	struct draft draft;
	struct diag diag;
	(void)state;
	proposal_draft_init(&draft, PROTOCOL_IKE, false, false);
	assert_int_equal(proposal_draft_word(&draft, "aes_ctr256", false, &diag), RC_UNSUPPORTED);
	assert_int_equal(draft.encr.count, 0);
}

static void control_characters_in_a_word_stay_out_of_the_sentence(void **state)
{
	struct draft draft;
	struct diag diag;
	(void)state;
	proposal_draft_init(&draft, PROTOCOL_IKE, false, false);
	assert_int_equal(proposal_draft_word(&draft, "a\x1b[31m\n", false, &diag), RC_SYNTAX);
	assert_null(strchr(diag.text, '\x1b'));
	assert_null(strchr(diag.text, '\n'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ike_has_what_the_probe_found_and_esp_what_has_a_key_length),
		cmocka_unit_test(picks_hold_each_transform_once_and_no_more_than_fit),
		cmocka_unit_test(a_lenient_draft_leaves_out_what_is_missing),
		cmocka_unit_test(a_strict_draft_refuses_what_is_missing),
		cmocka_unit_test(control_characters_in_a_word_stay_out_of_the_sentence),
	};
	return cmocka_run_group_tests(tests, nss_open, nss_close);
}
