/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/proposal/proposal_test.h"
#include "proposal/match.h"

struct fixture {
	struct arena arena;
	struct proposal_list *ours;
	struct wire_sa theirs;
	struct match match;
};

static struct fixture *start(uint8_t protocol, const char *ours, const char *theirs)
{
	struct fixture *f = test_malloc(sizeof(*f));
	arena_init(&f->arena, LIMIT_EVENT_ARENA);
	f->ours = parsed(protocol, ours, false);
	f->theirs = offered(&f->arena, protocol, theirs, 0);
	return f;
}

static void stop(struct fixture *f)
{
	proposal_free(f->ours);
	arena_free(&f->arena);
	test_free(f);
}

static bool matches(struct fixture *f, uint16_t preferred, unsigned flags)
{
	return proposal_match(&f->ours->items[0], &f->theirs.proposals[0], preferred, flags,
			      &f->match);
}

static struct wire_transform *find(struct fixture *f, uint8_t type)
{
	struct wire_proposal *p = &f->theirs.proposals[0];
	for (unsigned i = 0; i < p->transform_count; i++)
		if (p->transforms[i].type == type)
			return &p->transforms[i];
	fail_msg("no transform of type %u", type);
	return NULL;
}

static void drop(struct fixture *f, uint8_t type)
{
	struct wire_proposal *p = &f->theirs.proposals[0];
	struct wire_transform *gone = find(f, type);
	*gone = p->transforms[--p->transform_count];
}

/* Room for one more transform. */
static void append(struct fixture *f, struct wire_transform t)
{
	struct wire_proposal *p = &f->theirs.proposals[0];
	struct wire_transform *more = arena_array(&f->arena, p->transform_count + 1, sizeof(t));
	memcpy(more, p->transforms, p->transform_count * sizeof(t));
	more[p->transform_count++] = t;
	p->transforms = more;
}

#define GCM "aes_gcm256-sha2_512-dh19"
#define CBC "aes256-sha2_512-dh19"

static void our_order_decides_within_a_proposal(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_IKE, "aes256+aes128-sha2_512+sha2_256-dh31+dh19",
				  "aes128+aes256-sha2_256+sha2_512-dh19+dh31");
	assert_true(matches(f, DH_NONE, 0));
	assert_int_equal(f->match.choice.encr, ENCR_AES_CBC);
	assert_int_equal(f->match.choice.encr_bits, 256);
	assert_int_equal(f->match.choice.prf, PRF_HMAC_SHA2_512);
	assert_int_equal(f->match.choice.integ, INTEG_HMAC_SHA2_512_256);
	assert_int_equal(f->match.choice.dh, DH_CURVE25519);
	stop(f);
}

static void the_preferred_group_wins_when_both_have_it(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_IKE, "aes256-sha2_512-dh31+dh19+dh14",
				  "aes256-sha2_512-dh14+dh19+dh31");
	assert_true(matches(f, DH_ECP_256, 0));
	assert_int_equal(f->match.choice.dh, DH_ECP_256);
	assert_true(matches(f, DH_MODP_2048, 0));
	assert_int_equal(f->match.choice.dh, DH_MODP_2048);
	assert_true(matches(f, DH_ECP_521, 0));
	assert_int_equal(f->match.choice.dh, DH_CURVE25519);
	stop(f);
}

static void a_key_length_must_be_ours_exactly(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_IKE, GCM, GCM);
	assert_true(matches(f, DH_NONE, 0));
	find(f, TRANSFORM_ENCR)->key_length = 0; /* §3.3.5: AES must have it */
	assert_false(matches(f, DH_NONE, 0));
	assert_int_equal(f->match.first_missing, TRANSFORM_ENCR);
	find(f, TRANSFORM_ENCR)->key_length = 128;
	assert_false(matches(f, DH_NONE, 0));
	stop(f);
}

static void a_key_length_on_a_cipher_of_one_size_is_not_acceptable(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_ESP, "chacha20_poly1305", "chacha20_poly1305");
	assert_true(matches(f, DH_NONE, 0));
	find(f, TRANSFORM_ENCR)->key_length = 256;
	assert_false(matches(f, DH_NONE, 0));
	stop(f);
}

static void a_transform_with_an_unknown_attribute_is_not_acceptable(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_IKE, GCM, GCM);
	find(f, TRANSFORM_DH)->unknown_attribute = true;
	assert_false(matches(f, DH_NONE, 0));
	append(f, (struct wire_transform){ .type = TRANSFORM_DH, .id = DH_ECP_256 });
	assert_true(matches(f, DH_NONE, 0));
	stop(f);
}

static void an_unknown_attribute_does_not_turn_integrity_into_none(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_ESP, "aes_gcm256", "aes_gcm256");
	append(f, (struct wire_transform){
			  .type = TRANSFORM_INTEG, .id = INTEG_NONE, .unknown_attribute = true });
	assert_false(matches(f, DH_NONE, 0));
	stop(f);
}

static void an_unknown_transform_type_makes_the_proposal_unacceptable(void **state)
{
	static const uint8_t types[] = { 0, 13, 200, 255 };
	(void)state;
	for (size_t i = 0; i < sizeof(types); i++) {
		struct fixture *f = start(PROTOCOL_IKE, GCM, GCM);
		append(f, (struct wire_transform){ .type = types[i], .id = 0 });
		assert_false(matches(f, DH_NONE, 0));
		assert_non_null(f->match.refusal);
		stop(f);
	}
}

static void types_of_another_protocol_are_unknown_too(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_IKE, GCM, GCM);
	append(f, (struct wire_transform){ .type = TRANSFORM_ESN, .id = ESN_NO });
	assert_false(matches(f, DH_NONE, 0));
	stop(f);
	f = start(PROTOCOL_ESP, "aes_gcm256", "aes_gcm256");
	append(f, (struct wire_transform){ .type = TRANSFORM_PRF, .id = PRF_HMAC_SHA2_256 });
	assert_false(matches(f, DH_NONE, 0));
	stop(f);
	f = start(PROTOCOL_AH, "sha2_256", "sha2_256");
	assert_true(matches(f, DH_NONE, 0));
	append(f, (struct wire_transform){ .type = TRANSFORM_ENCR, .id = ENCR_NULL });
	assert_false(matches(f, DH_NONE, 0));
	stop(f);
}

static void integrity_none_may_be_said_or_left_out(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_IKE, GCM, GCM);
	append(f, (struct wire_transform){ .type = TRANSFORM_INTEG, .id = INTEG_NONE });
	assert_true(matches(f, DH_NONE, 0));
	assert_int_equal(f->match.choice.integ, INTEG_NONE);
	stop(f);
}

static void an_aead_cipher_among_integrity_algorithms_is_not_chosen(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_ESP, "aes_gcm256", "aes_gcm256");
	append(f,
	       (struct wire_transform){ .type = TRANSFORM_INTEG, .id = INTEG_HMAC_SHA2_256_128 });
	assert_false(matches(f, DH_NONE, 0));
	append(f, (struct wire_transform){ .type = TRANSFORM_INTEG, .id = INTEG_NONE });
	assert_true(matches(f, DH_NONE, 0));
	stop(f);
}

static void a_cipher_without_integrity_is_not_acceptable(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_ESP, "aes256-sha1", "aes256-sha1");
	find(f, TRANSFORM_INTEG)->id = INTEG_NONE;
	assert_false(matches(f, DH_NONE, 0));
	drop(f, TRANSFORM_INTEG);
	assert_false(matches(f, DH_NONE, 0));
	assert_int_equal(f->match.first_missing, TRANSFORM_INTEG);
	stop(f);
}

static void ike_without_a_group_or_a_prf_is_not_acceptable(void **state)
{
	static const uint8_t needed[] = { TRANSFORM_ENCR, TRANSFORM_PRF, TRANSFORM_INTEG,
					  TRANSFORM_DH };
	(void)state;
	for (size_t i = 0; i < sizeof(needed); i++) {
		struct fixture *f = start(PROTOCOL_IKE, CBC, CBC);
		assert_true(matches(f, DH_NONE, 0));
		find(f, needed[i])->id = 0;
		assert_false(matches(f, DH_NONE, PROPOSAL_NO_DH));
		drop(f, needed[i]);
		assert_false(matches(f, DH_NONE, PROPOSAL_NO_DH));
		assert_int_equal(f->match.first_missing, needed[i]);
		stop(f);
	}
}

static void esp_without_a_cipher_is_not_acceptable(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_ESP, "null-sha1", "null-sha1");
	assert_true(matches(f, DH_NONE, 0));
	drop(f, TRANSFORM_ENCR);
	assert_false(matches(f, DH_NONE, 0));
	stop(f);
}

static void esp_that_does_not_mention_esn_means_no(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_ESP, "aes_gcm256", "aes_gcm256");
	drop(f, TRANSFORM_ESN);
	assert_true(matches(f, DH_NONE, 0));
	assert_int_equal(f->match.choice.esn, ESN_NO);
	stop(f);
	f = start(PROTOCOL_ESP, "aes_gcm256-esn", "aes_gcm256-esn");
	assert_true(matches(f, DH_NONE, 0));
	assert_int_equal(f->match.choice.esn, ESN_YES);
	drop(f, TRANSFORM_ESN);
	assert_false(matches(f, DH_NONE, 0));
	stop(f);
}

static void pfs_of_one_side_only_does_not_match(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_ESP, "aes_gcm256", "aes_gcm256-dh19");
	assert_false(matches(f, DH_NONE, 0));
	assert_int_equal(f->match.first_missing, TRANSFORM_DH);
	assert_true(matches(f, DH_NONE, PROPOSAL_NO_DH));
	assert_int_equal(f->match.choice.dh, DH_NONE);
	stop(f);
	f = start(PROTOCOL_ESP, "aes_gcm256-dh19", "aes_gcm256");
	assert_false(matches(f, DH_NONE, 0));
	assert_true(matches(f, DH_NONE, PROPOSAL_NO_DH));
	stop(f);
	f = start(PROTOCOL_ESP, "aes_gcm256-dh19+none", "aes_gcm256");
	assert_true(matches(f, DH_NONE, 0));
	assert_int_equal(f->match.choice.dh, DH_NONE);
	stop(f);
}

static void spis_of_the_wrong_size_or_zero_are_refused(void **state)
{
	static const uint8_t zero[8];
	(void)state;
	struct fixture *f = start(PROTOCOL_ESP, "aes_gcm256", "aes_gcm256");
	struct span wrong[] = { SPAN_NONE, span_make(zero, 4), span_make(test_spi, 8),
				span_make(test_spi, 3) };
	for (size_t i = 0; i < 4; i++) {
		f->theirs.proposals[0].spi = wrong[i];
		assert_false(matches(f, DH_NONE, 0));
	}
	stop(f);
	f = start(PROTOCOL_IKE, GCM, GCM);
	struct span bad[] = { span_make(zero, 8), span_make(test_spi, 4), span_make(test_spi, 7) };
	for (size_t i = 0; i < 3; i++) {
		f->theirs.proposals[0].spi = bad[i];
		assert_false(matches(f, DH_NONE, 0));
	}
	f->theirs.proposals[0].spi = SPAN_OF(test_spi);
	assert_true(matches(f, DH_NONE, 0));
	assert_int_equal(f->match.choice.spi_len, 8);
	assert_memory_equal(f->match.choice.spi, test_spi, 8);
	stop(f);
}

static void another_protocol_is_refused(void **state)
{
	static const uint8_t protocols[] = { PROTOCOL_NONE, PROTOCOL_IKE, PROTOCOL_AH, 4, 255 };
	(void)state;
	struct fixture *f = start(PROTOCOL_ESP, "aes_gcm256", "aes_gcm256");
	for (size_t i = 0; i < sizeof(protocols); i++) {
		f->theirs.proposals[0].protocol = protocols[i];
		assert_false(matches(f, DH_NONE, 0));
	}
	stop(f);
}

static void repeated_transforms_do_no_harm(void **state)
{
	(void)state;
	struct fixture *f = start(PROTOCOL_IKE, GCM, GCM);
	for (int i = 0; i < 100; i++)
		append(f, *find(f, i % 2 == 0 ? TRANSFORM_ENCR : TRANSFORM_DH));
	assert_true(matches(f, DH_NONE, 0));
	stop(f);
}

static void ciphers_weigh_more_than_groups(void **state)
{
	struct match a = { .rank = { 1, 2, 2, 2, 2 } }, b = { .rank = { 2, 1, 1, 1, 1 } };
	(void)state;
	assert_true(proposal_match_better(&a, &b));
	assert_false(proposal_match_better(&b, &a));
	assert_false(proposal_match_better(&a, &a));
}

static void the_nearest_match_misses_least(void **state)
{
	struct match one = { .missing = 1 }, two = { .missing = 2 }, refused = { .refusal = "no" };
	(void)state;
	assert_true(proposal_match_nearer(&one, &two));
	assert_false(proposal_match_nearer(&two, &one));
	assert_true(proposal_match_nearer(&two, &refused));
	assert_false(proposal_match_nearer(&refused, &two));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_order_decides_within_a_proposal),
		cmocka_unit_test(the_preferred_group_wins_when_both_have_it),
		cmocka_unit_test(a_key_length_must_be_ours_exactly),
		cmocka_unit_test(a_key_length_on_a_cipher_of_one_size_is_not_acceptable),
		cmocka_unit_test(a_transform_with_an_unknown_attribute_is_not_acceptable),
		cmocka_unit_test(an_unknown_attribute_does_not_turn_integrity_into_none),
		cmocka_unit_test(an_unknown_transform_type_makes_the_proposal_unacceptable),
		cmocka_unit_test(types_of_another_protocol_are_unknown_too),
		cmocka_unit_test(integrity_none_may_be_said_or_left_out),
		cmocka_unit_test(an_aead_cipher_among_integrity_algorithms_is_not_chosen),
		cmocka_unit_test(a_cipher_without_integrity_is_not_acceptable),
		cmocka_unit_test(ike_without_a_group_or_a_prf_is_not_acceptable),
		cmocka_unit_test(esp_without_a_cipher_is_not_acceptable),
		cmocka_unit_test(esp_that_does_not_mention_esn_means_no),
		cmocka_unit_test(pfs_of_one_side_only_does_not_match),
		cmocka_unit_test(spis_of_the_wrong_size_or_zero_are_refused),
		cmocka_unit_test(another_protocol_is_refused),
		cmocka_unit_test(repeated_transforms_do_no_harm),
		cmocka_unit_test(ciphers_weigh_more_than_groups),
		cmocka_unit_test(the_nearest_match_misses_least),
	};
	return cmocka_run_group_tests(tests, nss_open, nss_close);
}
