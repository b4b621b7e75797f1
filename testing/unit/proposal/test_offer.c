/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/proposal/proposal_test.h"

static unsigned count_type(const struct wire_proposal *proposal, uint8_t type)
{
	unsigned count = 0;
	for (unsigned i = 0; i < proposal->transform_count; i++)
		count += proposal->transforms[i].type == type;
	return count;
}

static void an_offer_is_numbered_and_carries_the_spi_in_each_proposal(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	struct wire_sa sa =
		offered(&arena, PROTOCOL_ESP, "aes_gcm256,aes256-sha1,aes128-sha2_256", 0);
	struct wire_sa back = over_the_wire(&arena, &sa);
	assert_int_equal(back.proposal_count, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(back.proposals[i].number, i + 1);
		assert_int_equal(back.proposals[i].protocol, PROTOCOL_ESP);
		assert_true(span_equal(back.proposals[i].spi, span_make(test_spi, 4)));
	}
	assert_int_equal(back.proposals[0].transforms[0].key_length, 256);
	arena_free(&arena);
}

static void alternatives_stay_in_one_compact_proposal(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	struct wire_sa sa = offered(&arena, PROTOCOL_IKE,
				    "aes_gcm256+aes_gcm128-sha2_512+sha2_256-dh19+dh31+dh14", 0);
	assert_int_equal(sa.proposal_count, 1);
	assert_int_equal(count_type(&sa.proposals[0], TRANSFORM_ENCR), 2);
	assert_int_equal(count_type(&sa.proposals[0], TRANSFORM_PRF), 2);
	assert_int_equal(count_type(&sa.proposals[0], TRANSFORM_INTEG), 0);
	assert_int_equal(count_type(&sa.proposals[0], TRANSFORM_DH), 3);
	arena_free(&arena);
}

static void in_ike_auth_child_proposals_have_no_groups(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	const char *text = "aes_gcm256-dh19,aes_gcm256-dh31,aes_gcm256,aes128-sha1-dh14";
	struct wire_sa with = offered(&arena, PROTOCOL_ESP, text, 0);
	struct wire_sa without = offered(&arena, PROTOCOL_ESP, text, PROPOSAL_NO_DH);
	assert_int_equal(with.proposal_count, 4);
	assert_int_equal(without.proposal_count, 2);
	assert_int_equal(without.proposals[1].number, 2);
	for (unsigned i = 0; i < without.proposal_count; i++)
		assert_int_equal(count_type(&without.proposals[i], TRANSFORM_DH), 0);
	arena_free(&arena);
}

static void ike_keeps_its_groups_always(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	struct wire_sa sa =
		offered(&arena, PROTOCOL_IKE, "aes_gcm256-sha2_512-dh19", PROPOSAL_NO_DH);
	assert_int_equal(count_type(&sa.proposals[0], TRANSFORM_DH), 1);
	arena_free(&arena);
}

static void every_esp_proposal_says_whether_it_has_esn(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	struct wire_sa sa = offered(&arena, PROTOCOL_ESP, "aes_gcm256,aes_gcm128-esn-noesn", 0);
	assert_int_equal(count_type(&sa.proposals[0], TRANSFORM_ESN), 1);
	assert_int_equal(count_type(&sa.proposals[1], TRANSFORM_ESN), 2);
	arena_free(&arena);
}

static void an_spi_of_the_wrong_length_is_our_own_mistake(void **state)
{
	struct arena arena;
	struct wire_sa sa;
	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	struct proposal_list *esp = parsed(PROTOCOL_ESP, "aes_gcm256", false);
	struct proposal_list *ike = parsed(PROTOCOL_IKE, "aes_gcm256", false);
	assert_int_equal(proposal_offer(&arena, esp, span_make(test_spi, 8), 0, &sa), RC_INTERNAL);
	assert_int_equal(proposal_offer(&arena, esp, SPAN_NONE, 0, &sa), RC_INTERNAL);
	assert_int_equal(proposal_offer(&arena, ike, span_make(test_spi, 4), 0, &sa), RC_INTERNAL);
	assert_int_equal(proposal_offer(&arena, ike, span_make(test_spi, 8), 0, &sa), RC_OK);
	assert_int_equal(sa.proposals[0].spi.len, 8);
	assert_int_equal(proposal_offer(&arena, ike, SPAN_NONE, 0, &sa), RC_OK);
	proposal_free(esp);
	proposal_free(ike);
	arena_free(&arena);
}

static void an_offer_outlives_the_bytes_of_the_spi(void **state)
{
	struct arena arena;
	struct wire_sa sa;
	uint8_t spi[4] = { 9, 9, 9, 9 };
	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	struct proposal_list *esp = parsed(PROTOCOL_ESP, "aes_gcm256", false);
	assert_int_equal(proposal_offer(&arena, esp, SPAN_OF(spi), 0, &sa), RC_OK);
	memset(spi, 0, sizeof(spi));
	assert_int_equal(sa.proposals[0].spi.ptr[0], 9);
	proposal_free(esp);
	arena_free(&arena);
}

static void an_answer_has_one_transform_of_each_type_and_no_none(void **state)
{
	struct arena arena;
	struct wire_sa sa;
	struct proposal_choice choice = {
		.number = 3, .protocol = PROTOCOL_ESP, .encr = ENCR_AES_GCM_16, .encr_bits = 128
	};
	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	assert_int_equal(proposal_answer(&arena, &choice, span_make(test_spi, 4), &sa), RC_OK);
	struct wire_sa back = over_the_wire(&arena, &sa);
	assert_int_equal(back.proposal_count, 1);
	assert_int_equal(back.proposals[0].number, 3);
	assert_int_equal(back.proposals[0].transform_count, 2);
	assert_int_equal(count_type(&back.proposals[0], TRANSFORM_ENCR), 1);
	assert_int_equal(count_type(&back.proposals[0], TRANSFORM_ESN), 1);
	assert_true(span_equal(back.proposals[0].spi, span_make(test_spi, 4)));
	arena_free(&arena);
}

static void an_ike_answer_has_no_esn(void **state)
{
	struct arena arena;
	struct wire_sa sa;
	struct proposal_choice choice = { .number = 1,
					  .protocol = PROTOCOL_IKE,
					  .encr = ENCR_AES_CBC,
					  .encr_bits = 256,
					  .prf = PRF_HMAC_SHA2_512,
					  .integ = INTEG_HMAC_SHA2_512_256,
					  .dh = DH_ECP_256 };
	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	assert_int_equal(proposal_answer(&arena, &choice, SPAN_NONE, &sa), RC_OK);
	assert_int_equal(sa.proposals[0].transform_count, 4);
	assert_int_equal(count_type(&sa.proposals[0], TRANSFORM_ESN), 0);
	assert_int_equal(proposal_answer(&arena, &choice, span_make(test_spi, 4), &sa),
			 RC_INTERNAL);
	arena_free(&arena);
}

static void an_arena_without_room_is_an_error(void **state)
{
	struct wire_sa sa;
	struct proposal_choice choice = { .number = 1,
					  .protocol = PROTOCOL_ESP,
					  .encr = ENCR_NULL };
	(void)state;
	struct proposal_list *esp = parsed(PROTOCOL_ESP, "aes_gcm256", false);
	for (size_t limit = 0; limit < 64; limit += 16) {
		struct arena arena;
		arena_init(&arena, limit);
		assert_int_equal(proposal_offer(&arena, esp, span_make(test_spi, 4), 0, &sa),
				 RC_NO_MEMORY);
		arena_free(&arena);
		arena_init(&arena, limit);
		assert_int_equal(proposal_answer(&arena, &choice, span_make(test_spi, 4), &sa),
				 RC_NO_MEMORY);
		arena_free(&arena);
	}
	proposal_free(esp);
}

static void an_ike_choice_becomes_a_suite(void **state)
{
	struct ike_suite suite;
	struct proposal_choice choice = { .protocol = PROTOCOL_IKE,
					  .encr = ENCR_AES_GCM_16,
					  .encr_bits = 256,
					  .prf = PRF_HMAC_SHA2_384,
					  .dh = DH_CURVE25519 };
	(void)state;
	assert_int_equal(proposal_ike_suite(&choice, &suite), RC_OK);
	assert_int_equal(suite.encr->id, ENCR_AES_GCM_16);
	assert_int_equal(suite.encr_key_bits, 256);
	assert_null(suite.integ);
	assert_int_equal(suite.prf->id, PRF_HMAC_SHA2_384);
	assert_int_equal(suite.dh->id, DH_CURVE25519);
	choice.encr = ENCR_CHACHA20_POLY1305;
	choice.encr_bits = 0;
	assert_int_equal(proposal_ike_suite(&choice, &suite), RC_OK);
	assert_int_equal(suite.encr_key_bits, 256);
}

static void a_choice_that_contradicts_itself_is_no_suite(void **state)
{
	struct ike_suite suite;
	struct proposal_choice good = { .protocol = PROTOCOL_IKE,
					.encr = ENCR_AES_CBC,
					.encr_bits = 256,
					.prf = PRF_HMAC_SHA2_384,
					.integ = INTEG_HMAC_SHA2_384_192,
					.dh = DH_CURVE25519 };
	(void)state;
	assert_int_equal(proposal_ike_suite(&good, &suite), RC_OK);
	assert_int_equal(suite.integ->id, INTEG_HMAC_SHA2_384_192);
	struct proposal_choice bad = good;
	bad.integ = INTEG_NONE;
	assert_int_equal(proposal_ike_suite(&bad, &suite), RC_INTERNAL);
	bad = good;
	bad.encr = ENCR_AES_GCM_16;
	assert_int_equal(proposal_ike_suite(&bad, &suite), RC_INTERNAL);
	bad = good;
	bad.protocol = PROTOCOL_ESP;
	assert_int_equal(proposal_ike_suite(&bad, &suite), RC_INTERNAL);
	bad = good;
	bad.dh = DH_NONE;
	assert_int_equal(proposal_ike_suite(&bad, &suite), RC_UNSUPPORTED);
	bad = good;
	bad.prf = PRF_NONE;
	assert_int_equal(proposal_ike_suite(&bad, &suite), RC_UNSUPPORTED);
	bad = good;
	bad.integ = 99;
	assert_int_equal(proposal_ike_suite(&bad, &suite), RC_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_offer_is_numbered_and_carries_the_spi_in_each_proposal),
		cmocka_unit_test(alternatives_stay_in_one_compact_proposal),
		cmocka_unit_test(in_ike_auth_child_proposals_have_no_groups),
		cmocka_unit_test(ike_keeps_its_groups_always),
		cmocka_unit_test(every_esp_proposal_says_whether_it_has_esn),
		cmocka_unit_test(an_spi_of_the_wrong_length_is_our_own_mistake),
		cmocka_unit_test(an_offer_outlives_the_bytes_of_the_spi),
		cmocka_unit_test(an_answer_has_one_transform_of_each_type_and_no_none),
		cmocka_unit_test(an_ike_answer_has_no_esn),
		cmocka_unit_test(an_arena_without_room_is_an_error),
		cmocka_unit_test(an_ike_choice_becomes_a_suite),
		cmocka_unit_test(a_choice_that_contradicts_itself_is_no_suite),
	};
	return cmocka_run_group_tests(tests, nss_open, nss_close);
}
