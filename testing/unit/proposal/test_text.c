/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/proposal/proposal_test.h"
#include "proposal/text.h"

static void what_does_not_fit_is_cut_at_a_word(void **state)
{
	char got[TEXT_MAX], small[40];
	(void)state;
	struct proposal_list *list =
		parsed(PROTOCOL_ESP, "aes_gcm256+aes_gcm128,aes256-sha1", false);
	proposal_text(list, small, sizeof(small));
	assert_string_equal(small, "AES_GCM_16_256+AES_GCM_16_128, ...");
	for (size_t size = 0; size < 80; size++) {
		memset(got, '#', sizeof(got));
		proposal_text(list, got, size);
		assert_true(size == 0 || strlen(got) < size);
		assert_int_equal(got[size], '#');
	}
	proposal_free(list);
}

static void what_a_peer_offers_is_printed_whatever_it_is(void **state)
{
	struct wire_transform t[] = {
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_CBC },
		{ .type = TRANSFORM_ENCR, .id = 999, .key_length = 65535 },
		{ .type = TRANSFORM_INTEG, .id = 777 },
		{ .type = TRANSFORM_PRF, .id = 55 },
		{ .type = TRANSFORM_DH, .id = DH_MODP_1024 },
		{ .type = TRANSFORM_DH, .id = DH_ML_KEM_768 },
		{ .type = TRANSFORM_ESN, .id = 7 },
		{ .type = 200, .id = 3 },
		{ .type = 0, .id = 4 },
	};
	struct wire_proposal p = {
		.number = 1, .protocol = PROTOCOL_IKE, .transforms = t, .transform_count = 9
	};
	struct wire_sa sa = { &p, 1 };
	char got[TEXT_MAX];
	(void)state;
	proposal_wire_text(&sa, got, sizeof(got));
	assert_string_equal(
		got,
		"AES_CBC+ENCR999_65535-INTEG777-PRF55-MODP1024+ML_KEM_768-ESN7-TYPE200_3-TYPE0_4");
}

static void protocols_are_named_when_there_are_several(void **state)
{
	struct wire_transform t[] = { { .type = TRANSFORM_INTEG, .id = INTEG_HMAC_SHA1_96 } };
	struct wire_proposal p[] = {
		{ .protocol = PROTOCOL_AH, .transforms = t, .transform_count = 1 },
		{ .protocol = PROTOCOL_ESP, .transforms = t, .transform_count = 1 }
	};
	struct wire_sa sa = { p, 2 };
	char got[TEXT_MAX];
	(void)state;
	proposal_wire_text(&sa, got, sizeof(got));
	assert_string_equal(got, "AH HMAC_SHA1_96, ESP HMAC_SHA1_96");
}

static void nothing_offered_is_an_empty_text(void **state)
{
	struct wire_sa sa = { NULL, 0 };
	char got[8] = "x";
	(void)state;
	proposal_wire_text(&sa, got, sizeof(got));
	assert_string_equal(got, "");
}

static void a_choice_is_printed_as_one_proposal(void **state)
{
	char got[TEXT_MAX];
	struct proposal_choice ike = { .protocol = PROTOCOL_IKE,
				       .encr = ENCR_AES_GCM_16,
				       .encr_bits = 256,
				       .prf = PRF_HMAC_SHA2_512,
				       .dh = DH_ECP_256 };
	struct proposal_choice esp = { .protocol = PROTOCOL_ESP,
				       .encr = ENCR_AES_CBC,
				       .encr_bits = 128,
				       .integ = INTEG_HMAC_SHA2_256_128,
				       .esn = ESN_YES };
	(void)state;
	assert_string_equal(proposal_choice_text(&ike, got, sizeof(got)),
			    "AES_GCM_16_256-HMAC_SHA2_512-DH19");
	assert_string_equal(proposal_choice_text(&esp, got, sizeof(got)),
			    "AES_CBC_128-HMAC_SHA2_256_128-ESN");
}

static void one_type_is_printed_alone_and_none_by_that_word(void **state)
{
	char got[TEXT_MAX];
	struct text text;
	(void)state;
	struct proposal_list *list = parsed(PROTOCOL_ESP, "aes_gcm256-dh19+dh31", false);
	struct transforms all = proposal_transforms_own(&list->items[0]);
	proposal_text_begin(&text, got, sizeof(got));
	proposal_type_text(&text, &all, TRANSFORM_DH);
	assert_string_equal(got, "DH19+DH31");
	proposal_text_begin(&text, got, sizeof(got));
	proposal_type_text(&text, &all, TRANSFORM_INTEG);
	assert_string_equal(got, "none");
	proposal_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_fit_is_cut_at_a_word),
		cmocka_unit_test(what_a_peer_offers_is_printed_whatever_it_is),
		cmocka_unit_test(protocols_are_named_when_there_are_several),
		cmocka_unit_test(nothing_offered_is_an_empty_text),
		cmocka_unit_test(a_choice_is_printed_as_one_proposal),
		cmocka_unit_test(one_type_is_printed_alone_and_none_by_that_word),
	};
	return cmocka_run_group_tests(tests, nss_open, nss_close);
}
