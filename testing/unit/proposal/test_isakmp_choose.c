/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/proposal/proposal_test.h"
#include "proposal/isakmp.h"

#define THEIRS_MAX 12

static const struct isakmp_phase1_terms by_key = { { OAKLEY_PRESHARED_KEY }, 1, 3600, DH_NONE };
static const struct isakmp_phase2_terms tunnel = {
	{ ENCAPSULATION_TUNNEL, ENCAPSULATION_UDP_TUNNEL }, 2, DH_NONE, 28800, 0, 1
};

static struct isakmp_attribute tv(uint16_t type, uint16_t value)
{
	return (struct isakmp_attribute){ .type = type, .basic = true, .value = value };
}

#define TLV(type_, bytes)                                                                          \
	((struct isakmp_attribute){ .type = (type_),                                               \
				    .data = { (const uint8_t *)(bytes), sizeof(bytes) - 1 } })

/* One transform of a peer, to be changed here and there. */
struct theirs {
	struct isakmp_attribute attributes[THEIRS_MAX];
	unsigned count;
	uint8_t protocol, id;
	struct span spi;
};

static struct theirs with(struct theirs t, struct isakmp_attribute attribute)
{
	assert_true(t.count < THEIRS_MAX);
	t.attributes[t.count++] = attribute;
	return t;
}

static struct theirs without(struct theirs t, uint16_t type)
{
	for (unsigned i = 0; i < t.count; i++) {
		if (t.attributes[i].type != type)
			continue;
		memmove(&t.attributes[i], &t.attributes[i + 1],
			(--t.count - i) * sizeof(t.attributes[0]));
		return t;
	}
	fail_msg("no attribute %u", type);
	return t;
}

static struct theirs instead(struct theirs t, struct isakmp_attribute attribute)
{
	return with(without(t, attribute.type), attribute);
}

/* AES-256, SHA-256, shared key, MODP-2048. */
static struct theirs phase1(void)
{
	return (struct theirs){
		.protocol = PROTOCOL_IKE,
		.id = OAKLEY_KEY_IKE,
		.count = 5,
		.attributes = { tv(OAKLEY_ENCRYPTION_ALGORITHM, 7), tv(OAKLEY_HASH_ALGORITHM, 4),
				tv(OAKLEY_AUTHENTICATION_METHOD, 1),
				tv(OAKLEY_GROUP_DESCRIPTION, 14), tv(OAKLEY_KEY_LENGTH, 256) }
	};
}

/* ESP, AES-256, HMAC-SHA-256, tunnel mode. */
static struct theirs phase2(void)
{
	return (struct theirs){ .protocol = PROTOCOL_ESP,
				.id = 12,
				.spi = span_make(test_spi, 4),
				.count = 3,
				.attributes = { tv(IPSEC_ENCAPSULATION_MODE, 1),
						tv(IPSEC_AUTHENTICATION_ALGORITHM, 5),
						tv(IPSEC_KEY_LENGTH, 256) } };
}

/* An SA payload of up to four proposals with up to four transforms each. */
struct payload_of {
	struct isakmp_transform transforms[4][4];
	struct isakmp_proposal proposals[4];
	struct isakmp_sa sa;
};

static void propose(struct payload_of *p, uint8_t number, const struct theirs *t)
{
	unsigned at = p->sa.proposal_count++;

	assert_true(at < 4);
	p->sa.proposals = p->proposals;
	p->transforms[at][0] = (struct isakmp_transform){
		1, t->id, (struct isakmp_attribute *)(uintptr_t)t->attributes, t->count, SPAN_NONE
	};
	p->proposals[at] =
		(struct isakmp_proposal){ number, t->protocol, t->spi, p->transforms[at], 1 };
}

static void add(struct payload_of *p, const struct theirs *t)
{
	struct isakmp_proposal *last = &p->proposals[p->sa.proposal_count - 1];
	unsigned at = last->transform_count++;

	assert_true(at < 4);
	last->transforms[at] =
		(struct isakmp_transform){ (uint8_t)(at + 1), t->id,
					   (struct isakmp_attribute *)(uintptr_t)t->attributes,
					   t->count, SPAN_NONE };
}

static enum rc choose1(const char *ours, const struct isakmp_phase1_terms *terms,
		       const struct isakmp_sa *sa, struct isakmp_choice *out, struct diag *diag)
{
	struct proposal_list *list = parsed(PROTOCOL_IKE, ours, false);
	enum rc rc;

	assert_non_null(list);
	rc = isakmp_choose_phase1(list, terms, sa, out, diag);
	proposal_free(list);
	return rc;
}

static enum rc choose2(uint8_t protocol, const char *ours, const struct isakmp_phase2_terms *terms,
		       const struct isakmp_sa *sa, struct isakmp_choice *out, struct diag *diag)
{
	struct proposal_list *list = parsed(protocol, ours, false);
	enum rc rc;

	assert_non_null(list);
	rc = isakmp_choose_phase2(list, terms, sa, out, diag);
	proposal_free(list);
	return rc;
}

/* Are transforms like this one taken in phase 1, and in phase 2? */
static bool taken1(struct theirs t, struct isakmp_choice *out)
{
	struct payload_of p = { 0 };
	struct isakmp_choice ignored;
	struct diag diag = { "" };
	enum rc rc;

	propose(&p, 1, &t);
	rc = choose1("aes256+aes128-sha2_256+sha1-modp2048+dh19", &by_key, &p.sa,
		     out != NULL ? out : &ignored, &diag);
	assert_true(rc == RC_OK || rc == RC_NO_PROPOSAL);
	return rc == RC_OK;
}

static bool taken2(struct theirs t, struct isakmp_choice *out)
{
	struct payload_of p = { 0 };
	struct isakmp_choice ignored;
	struct diag diag = { "" };
	enum rc rc;

	propose(&p, 1, &t);
	rc = choose2(PROTOCOL_ESP, "aes256+aes128-sha2_256+sha1, aes_gcm256", &tunnel, &p.sa,
		     out != NULL ? out : &ignored, &diag);
	assert_true(rc == RC_OK || rc == RC_NO_PROPOSAL);
	return rc == RC_OK;
}

/* ---- what a choice says ---- */

static void a_choice_of_phase_1_has_all_that_was_agreed(void **state)
{
	struct theirs t = with(with(phase1(), tv(OAKLEY_LIFE_TYPE, LIFE_SECONDS)),
			       tv(OAKLEY_LIFE_DURATION, 28800));
	struct payload_of p = { 0 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	(void)state;
	propose(&p, 9, &t);
	assert_int_equal(choose1("aes256-sha2_256-modp2048", &by_key, &p.sa, &c, &diag), RC_OK);
	assert_int_equal(c.choice.protocol, PROTOCOL_IKE);
	assert_int_equal(c.choice.encr, ENCR_AES_CBC);
	assert_int_equal(c.choice.encr_bits, 256);
	assert_int_equal(c.choice.integ, INTEG_HMAC_SHA2_256_128);
	assert_int_equal(c.choice.prf, PRF_HMAC_SHA2_256);
	assert_int_equal(c.choice.dh, DH_MODP_2048);
	assert_int_equal(c.auth, OAKLEY_PRESHARED_KEY);
	assert_int_equal(c.seconds, 28800);
	assert_int_equal(c.kilobytes, 0);
	assert_int_equal(c.proposal, 9);
	assert_int_equal(c.transform, 1);
	assert_ptr_equal(c.chosen, &p.transforms[0][0]);
}

static void a_choice_of_phase_2_has_all_that_was_agreed(void **state)
{
	struct theirs t = phase2();
	struct isakmp_choice c;

	(void)state;
	t = with(with(t, tv(IPSEC_LIFE_TYPE, LIFE_SECONDS)), tv(IPSEC_LIFE_DURATION, 3600));
	t = with(with(t, tv(IPSEC_LIFE_TYPE, LIFE_KILOBYTES)), TLV(IPSEC_LIFE_DURATION, "\1\0\0"));
	assert_true(taken2(t, &c));
	assert_int_equal(c.choice.protocol, PROTOCOL_ESP);
	assert_int_equal(c.choice.encr, ENCR_AES_CBC);
	assert_int_equal(c.choice.encr_bits, 256);
	assert_int_equal(c.choice.integ, INTEG_HMAC_SHA2_256_128);
	assert_int_equal(c.choice.dh, DH_NONE);
	assert_int_equal(c.choice.esn, ESN_NO);
	assert_int_equal(c.choice.spi_len, 4);
	assert_memory_equal(c.choice.spi, test_spi, 4);
	assert_int_equal(c.encapsulation, ENCAPSULATION_TUNNEL);
	assert_int_equal(c.seconds, 3600);
	assert_int_equal(c.kilobytes, 65536);
}

/* ---- attributes ---- */

/* RFC 2408 §3.3: both forms are read, whatever a peer chooses. */
static void values_are_read_in_either_form(void **state)
{
	(void)state;
	assert_true(taken1(phase1(), NULL));
	assert_true(taken1(instead(phase1(), TLV(OAKLEY_ENCRYPTION_ALGORITHM, "\7")), NULL));
	assert_true(taken1(instead(phase1(), TLV(OAKLEY_KEY_LENGTH, "\1\0")), NULL));
	assert_true(taken1(instead(phase1(), TLV(OAKLEY_KEY_LENGTH, "\0\0\1\0")), NULL));
	assert_true(taken1(
		instead(phase1(), TLV(OAKLEY_GROUP_DESCRIPTION, "\0\0\0\0\0\0\0\0\0\16")), NULL));
	assert_true(taken2(instead(phase2(), TLV(IPSEC_ENCAPSULATION_MODE, "\0\1")), NULL));
	assert_true(taken2(instead(phase2(), TLV(IPSEC_AUTHENTICATION_ALGORITHM, "\5")), NULL));
}

/* No bytes, more than 64 bit, and more than two bytes of value (0x10007 is not 7). */
static void values_of_the_wrong_form_are_none(void **state)
{
	(void)state;
	assert_false(taken1(instead(phase1(), TLV(OAKLEY_ENCRYPTION_ALGORITHM, "")), NULL));
	assert_false(taken1(instead(phase1(), TLV(OAKLEY_ENCRYPTION_ALGORITHM, "\1\0\7")), NULL));
	assert_false(taken1(
		instead(phase1(), TLV(OAKLEY_ENCRYPTION_ALGORITHM, "\1\0\0\0\0\0\0\0\7")), NULL));
	assert_false(taken1(instead(phase1(), TLV(OAKLEY_AUTHENTICATION_METHOD, "\1\0\1")), NULL));
	assert_false(taken2(instead(phase2(), TLV(IPSEC_ENCAPSULATION_MODE, "")), NULL));
	assert_false(taken2(instead(phase2(), TLV(IPSEC_ENCAPSULATION_MODE, "\1\0\1")), NULL));
	assert_false(taken2(instead(phase2(), TLV(IPSEC_KEY_LENGTH, "\1\1\0")), NULL));
}

/* Even when both say the same: who reads the first and who reads the last must not differ. */
static void what_comes_twice_is_none(void **state)
{
	struct theirs one = phase1(), two = phase2();

	(void)state;
	for (unsigned i = 0; i < one.count; i++)
		assert_false(taken1(with(one, one.attributes[i]), NULL));
	for (unsigned i = 0; i < two.count; i++)
		assert_false(taken2(with(two, two.attributes[i]), NULL));
}

/* RFC 2409 §5 and appendix A: cipher, hash, method and group are what a transform must say. */
static void what_must_be_said_and_is_not_is_none(void **state)
{
	struct theirs one = phase1(), two = phase2();

	(void)state;
	for (unsigned i = 0; i < one.count; i++) {
		assert_false(taken1(without(one, one.attributes[i].type), NULL));
		assert_false(taken1(instead(one, tv(one.attributes[i].type, 0)), NULL));
	}
	for (unsigned i = 0; i < two.count; i++) {
		assert_false(taken2(without(two, two.attributes[i].type), NULL));
		assert_false(taken2(instead(two, tv(two.attributes[i].type, 0)), NULL));
	}
	one.count = two.count = 0;
	assert_false(taken1(one, NULL));
	assert_false(taken2(two, NULL));
}

static void attributes_that_we_do_not_know_make_it_none(void **state)
{
	static const uint16_t unknown1[] = { 0, 5, 6, 7, 8, 9, 10, OAKLEY_PRF, 15, 16, 17, 0x7fff };
	static const uint16_t unknown2[] = { 0, 7, 8, 9, 10, 12, 13, 0x7fff };

	(void)state;
	for (size_t i = 0; i < sizeof(unknown1) / sizeof(unknown1[0]); i++)
		assert_false(taken1(with(phase1(), tv(unknown1[i], 1)), NULL));
	for (size_t i = 0; i < sizeof(unknown2) / sizeof(unknown2[0]); i++)
		assert_false(taken2(with(phase2(), tv(unknown2[i], 1)), NULL));
}

static void key_lengths_are_those_of_the_cipher(void **state)
{
	static const uint16_t wrong[] = { 1, 16, 127, 129, 192, 255, 257, 512, 65535 };
	struct theirs gcm = instead(without(phase2(), IPSEC_AUTHENTICATION_ALGORITHM),
				    tv(IPSEC_KEY_LENGTH, 256));

	(void)state;
	assert_true(taken1(instead(phase1(), tv(OAKLEY_KEY_LENGTH, 128)), NULL));
	assert_true(taken2(instead(phase2(), tv(IPSEC_KEY_LENGTH, 128)), NULL));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(taken1(instead(phase1(), tv(OAKLEY_KEY_LENGTH, wrong[i])), NULL));
		assert_false(taken2(instead(phase2(), tv(IPSEC_KEY_LENGTH, wrong[i])), NULL));
	}
	gcm.id = 20;
	assert_true(taken2(gcm, NULL));
	assert_false(taken2(instead(gcm, tv(IPSEC_KEY_LENGTH, 128)), NULL));
	assert_false(taken2(without(gcm, IPSEC_KEY_LENGTH), NULL));
}

/* 3DES has one length, and nobody may say another. */
static void a_cipher_of_one_key_length_has_none_said(void **state)
{
	struct proposal old = { PROTOCOL_IKE,
				4,
				{ { TRANSFORM_ENCR, ENCR_3DES, 0 },
				  { TRANSFORM_PRF, PRF_HMAC_SHA1, 0 },
				  { TRANSFORM_INTEG, INTEG_HMAC_SHA1_96, 0 },
				  { TRANSFORM_DH, DH_MODP_1024, 0 } } };
	const struct proposal_list list = { 1, &old };
	struct theirs t = { .protocol = PROTOCOL_IKE,
			    .id = OAKLEY_KEY_IKE,
			    .count = 4,
			    .attributes = { tv(OAKLEY_ENCRYPTION_ALGORITHM, 5),
					    tv(OAKLEY_HASH_ALGORITHM, 2),
					    tv(OAKLEY_AUTHENTICATION_METHOD, 1),
					    tv(OAKLEY_GROUP_DESCRIPTION, 2) } };
	struct theirs said = with(t, tv(OAKLEY_KEY_LENGTH, 192));
	struct payload_of p = { 0 }, q = { 0 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	(void)state;
	propose(&p, 1, &t);
	assert_int_equal(isakmp_choose_phase1(&list, &by_key, &p.sa, &c, &diag), RC_OK);
	assert_int_equal(c.choice.encr, ENCR_3DES);
	assert_int_equal(c.choice.encr_bits, 0);
	assert_int_equal(c.choice.prf, PRF_HMAC_SHA1);
	propose(&q, 1, &said);
	assert_int_equal(isakmp_choose_phase1(&list, &by_key, &q.sa, &c, &diag), RC_NO_PROPOSAL);
}

/* The ciphers of old peers are IKEv1's alone. */
static void what_only_ikev1_can_say_is_found_and_has_a_suite(void **state)
{
	static const struct {
		const char *text, *only;
	} all[] = { { "3des-sha1-modp2048", "3des" },
		    { "aes256-sha1-modp2048, camellia256-sha2_256-dh19", "camellia_cbc" },
		    { "aes256-sha1-modp2048, aes_gcm256-sha2_256-dh31", NULL } };
	struct proposal_choice choice = { .protocol = PROTOCOL_IKE,
					  .encr = ENCR_3DES,
					  .prf = PRF_HMAC_SHA1,
					  .integ = INTEG_HMAC_SHA1_96,
					  .dh = DH_MODP_2048 };
	struct proposal_list *list = NULL;
	struct ike_suite suite;
	struct diag diag;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(
			proposal_parse(PROTOCOL_IKE, all[i].text, false, &list, NULL, &diag),
			RC_OK);
		if (all[i].only != NULL)
			assert_string_equal(isakmp_only(list), all[i].only);
		else
			assert_null(isakmp_only(list));
		proposal_free(list);
	}
	assert_int_equal(proposal_ike_suite(&choice, &suite), RC_UNSUPPORTED);
	assert_int_equal(isakmp_ike_suite(&choice, &suite), RC_OK);
	assert_int_equal(suite.encr_key_bits, 192);
	choice.encr = ENCR_AES_GCM_16; /* no AEAD in phase 1 */
	assert_int_equal(isakmp_ike_suite(&choice, &suite), RC_UNSUPPORTED);
	choice.protocol = PROTOCOL_ESP;
	assert_int_equal(isakmp_ike_suite(&choice, &suite), RC_INTERNAL);
}

/* ---- lifetimes, RFC 2407 §4.5 ---- */

static struct theirs life2(uint16_t type, struct isakmp_attribute duration)
{
	return with(with(phase2(), tv(IPSEC_LIFE_TYPE, type)), duration);
}

static void lifetimes_of_any_size_are_read(void **state)
{
	struct isakmp_choice c;

	(void)state;
	assert_true(taken2(phase2(), &c));
	assert_int_equal(c.seconds, 0);
	assert_true(taken2(life2(LIFE_SECONDS, TLV(IPSEC_LIFE_DURATION, "\0\1\121\200")), &c));
	assert_int_equal(c.seconds, 86400);
	assert_true(
		taken2(life2(LIFE_SECONDS, TLV(IPSEC_LIFE_DURATION, "\0\0\0\0\0\0\16\20")), &c));
	assert_int_equal(c.seconds, 3600);
	assert_true(taken2(
		life2(LIFE_SECONDS, TLV(IPSEC_LIFE_DURATION, "\0\0\0\0\0\0\0\0\0\0\16\20")), &c));
	assert_int_equal(c.seconds, 3600);
	assert_true(
		taken2(life2(LIFE_KILOBYTES, TLV(IPSEC_LIFE_DURATION, "\1\0\0\0\0\0\0\0")), &c));
	assert_true(c.kilobytes == (uint64_t)1 << 56);
	assert_int_equal(c.seconds, 0);
}

static void lifetimes_beyond_all_bounds_are_the_longest_there_are(void **state)
{
	struct isakmp_choice c;

	(void)state;
	assert_true(taken2(life2(LIFE_SECONDS, TLV(IPSEC_LIFE_DURATION, "\1\0\0\0\0")), &c));
	assert_int_equal(c.seconds, UINT32_MAX);
	assert_true(
		taken2(life2(LIFE_SECONDS, TLV(IPSEC_LIFE_DURATION, "\1\0\0\0\0\0\0\0\0")), &c));
	assert_int_equal(c.seconds, UINT32_MAX);
	assert_true(
		taken2(life2(LIFE_KILOBYTES, TLV(IPSEC_LIFE_DURATION, "\1\0\0\0\0\0\0\0\0")), &c));
	assert_true(c.kilobytes == UINT64_MAX);
}

static void lifetimes_of_nothing_are_none(void **state)
{
	(void)state;
	assert_false(taken2(life2(LIFE_SECONDS, tv(IPSEC_LIFE_DURATION, 0)), NULL));
	assert_false(taken2(life2(LIFE_SECONDS, TLV(IPSEC_LIFE_DURATION, "\0\0\0\0")), NULL));
	assert_false(taken2(life2(LIFE_SECONDS, TLV(IPSEC_LIFE_DURATION, "")), NULL));
	assert_false(taken2(life2(LIFE_KILOBYTES, tv(IPSEC_LIFE_DURATION, 0)), NULL));
}

/* A type, then its duration; each type once. */
static void lifetimes_out_of_order_are_none(void **state)
{
	struct isakmp_attribute type1 = tv(OAKLEY_LIFE_TYPE, 1),
				duration1 = tv(OAKLEY_LIFE_DURATION, 600);
	struct isakmp_attribute type2 = tv(IPSEC_LIFE_TYPE, 1),
				duration2 = tv(IPSEC_LIFE_DURATION, 600);

	(void)state;
	assert_true(taken1(with(with(phase1(), type1), duration1), NULL));
	assert_false(taken1(with(phase1(), type1), NULL));
	assert_false(taken1(with(phase1(), duration1), NULL));
	assert_false(taken1(with(with(phase1(), duration1), type1), NULL));
	assert_false(taken1(with(with(with(phase1(), type1), type1), duration1), NULL));
	assert_false(taken1(with(with(with(phase1(), type1), duration1), duration1), NULL));
	assert_false(
		taken1(with(with(with(with(phase1(), type1), duration1), type1), duration1), NULL));
	assert_false(taken2(with(phase2(), type2), NULL));
	assert_false(taken2(with(phase2(), duration2), NULL));
	assert_false(
		taken2(with(with(with(with(phase2(), type2), duration2), type2), duration2), NULL));
	assert_false(taken2(life2(0, duration2), NULL));
	assert_false(taken2(life2(3, duration2), NULL));
	assert_false(taken2(life2(65535, duration2), NULL));
}

/* ---- proposals ---- */

static void transforms_of_another_protocol_are_none(void **state)
{
	struct theirs one = phase1(), two = phase2(), odd = phase2();

	(void)state;
	one.protocol = PROTOCOL_ESP;
	assert_false(taken1(one, NULL));
	one.protocol = PROTOCOL_IKE;
	one.id = 0;
	assert_false(taken1(one, NULL));
	one.id = 2;
	assert_false(taken1(one, NULL));
	two.protocol = PROTOCOL_AH;
	assert_false(taken2(two, NULL));
	two.protocol = PROTOCOL_IKE;
	assert_false(taken2(two, NULL));
	two.protocol = ISAKMP_PROTOCOL_IPCOMP;
	assert_false(taken2(two, NULL));
	odd.id = 2; /* DES */
	assert_false(taken2(odd, NULL));
	odd.id = 255;
	assert_false(taken2(odd, NULL));
}

static void spis_of_phase_2_have_four_bytes(void **state)
{
	struct theirs t = phase2();

	(void)state;
	for (size_t len = 0; len <= 8; len++) {
		t.spi = span_make(test_spi, len);
		assert_int_equal(taken2(t, NULL), len == 4);
	}
}

/* An AEAD cipher has its integrity; another one must have some that we know. */
static void integrity_is_what_the_cipher_needs(void **state)
{
	struct theirs gcm = phase2();

	(void)state;
	gcm.id = 20;
	assert_false(taken2(gcm, NULL));
	assert_true(taken2(without(gcm, IPSEC_AUTHENTICATION_ALGORITHM), NULL));
	assert_true(taken2(instead(phase2(), tv(IPSEC_AUTHENTICATION_ALGORITHM, 2)), NULL));
	assert_false(taken2(instead(phase2(), tv(IPSEC_AUTHENTICATION_ALGORITHM, 1)), NULL));
	assert_false(taken2(instead(phase2(), tv(IPSEC_AUTHENTICATION_ALGORITHM, 77)), NULL));
	assert_false(taken2(with(without(gcm, IPSEC_AUTHENTICATION_ALGORITHM),
				 tv(IPSEC_AUTHENTICATION_ALGORITHM, 77)),
			    NULL));
}

static enum rc ah_with(uint8_t id, uint16_t integ)
{
	struct theirs t = { .protocol = PROTOCOL_AH,
			    .id = id,
			    .spi = span_make(test_spi, 4),
			    .count = 2,
			    .attributes = { tv(IPSEC_ENCAPSULATION_MODE, 1),
					    tv(IPSEC_AUTHENTICATION_ALGORITHM, integ) } };
	struct payload_of p = { 0 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	propose(&p, 1, &t);
	return choose2(PROTOCOL_AH, "sha2_256+sha1", &tunnel, &p.sa, &c, &diag);
}

/* RFC 2407 §4.4.3: which of the two would hold? */
static void transform_and_attribute_of_ah_say_the_same(void **state)
{
	(void)state;
	assert_int_equal(ah_with(5, 5), RC_OK);
	assert_int_equal(ah_with(3, 2), RC_OK);
	assert_int_equal(ah_with(3, 5), RC_NO_PROPOSAL);
	assert_int_equal(ah_with(5, 2), RC_NO_PROPOSAL);
	assert_int_equal(ah_with(7, 7), RC_NO_PROPOSAL); /* not ours */
	assert_int_equal(ah_with(0, 0), RC_NO_PROPOSAL);
	assert_int_equal(ah_with(200, 200), RC_NO_PROPOSAL);
}

/* RFC 4304: 1 is the only value. */
static void long_sequence_numbers_are_chosen_where_ours_allow_them(void **state)
{
	struct theirs t = phase2(), esn = with(phase2(), tv(IPSEC_ESN, 1)),
		      odd = with(phase2(), tv(IPSEC_ESN, 2));
	struct payload_of p = { 0 }, q = { 0 }, r = { 0 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	(void)state;
	propose(&p, 1, &esn);
	propose(&q, 1, &t);
	propose(&r, 1, &odd);
	assert_int_equal(choose2(PROTOCOL_ESP, "aes256-sha2_256-esn", &tunnel, &p.sa, &c, &diag),
			 RC_OK);
	assert_int_equal(c.choice.esn, ESN_YES);
	assert_int_equal(choose2(PROTOCOL_ESP, "aes256-sha2_256", &tunnel, &p.sa, &c, &diag),
			 RC_NO_PROPOSAL);
	assert_int_equal(choose2(PROTOCOL_ESP, "aes256-sha2_256-esn", &tunnel, &q.sa, &c, &diag),
			 RC_NO_PROPOSAL);
	assert_int_equal(
		choose2(PROTOCOL_ESP, "aes256-sha2_256-esn-noesn", &tunnel, &r.sa, &c, &diag),
		RC_NO_PROPOSAL);
}

/* ---- terms ---- */

static void the_group_is_that_of_the_ke_payload(void **state)
{
	struct isakmp_phase2_terms with_ke = tunnel;
	struct isakmp_phase1_terms aggressive = by_key;
	struct theirs plain = phase2(), grouped = with(phase2(), tv(IPSEC_GROUP_DESCRIPTION, 19));
	struct theirs one = phase1();
	struct payload_of p = { 0 }, q = { 0 }, r = { 0 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	(void)state;
	with_ke.group = DH_ECP_256;
	propose(&p, 1, &plain);
	propose(&q, 1, &grouped);
	propose(&r, 1, &one);
	assert_int_equal(choose2(PROTOCOL_ESP, "aes256-sha2_256", &with_ke, &q.sa, &c, &diag),
			 RC_OK);
	assert_int_equal(c.choice.dh, DH_ECP_256);
	assert_int_equal(choose2(PROTOCOL_ESP, "aes256-sha2_256", &with_ke, &p.sa, &c, &diag),
			 RC_NO_PROPOSAL);
	assert_int_equal(choose2(PROTOCOL_ESP, "aes256-sha2_256", &tunnel, &q.sa, &c, &diag),
			 RC_NO_PROPOSAL);
	with_ke.group = DH_ECP_384;
	assert_int_equal(choose2(PROTOCOL_ESP, "aes256-sha2_256", &with_ke, &q.sa, &c, &diag),
			 RC_NO_PROPOSAL);
	aggressive.group = DH_MODP_2048;
	assert_int_equal(choose1("aes256-sha2_256-modp2048+dh19", &aggressive, &r.sa, &c, &diag),
			 RC_OK);
	aggressive.group = DH_ECP_256;
	assert_int_equal(choose1("aes256-sha2_256-modp2048+dh19", &aggressive, &r.sa, &c, &diag),
			 RC_NO_PROPOSAL);
}

static void method_and_mode_are_those_that_will_do(void **state)
{
	struct isakmp_choice c;

	(void)state;
	assert_false(taken1(instead(phase1(), tv(OAKLEY_AUTHENTICATION_METHOD, 3)), NULL));
	assert_false(taken1(instead(phase1(), tv(OAKLEY_AUTHENTICATION_METHOD, 65001)), NULL));
	assert_true(taken2(instead(phase2(), tv(IPSEC_ENCAPSULATION_MODE, 3)), &c));
	assert_int_equal(c.encapsulation, ENCAPSULATION_UDP_TUNNEL);
	assert_false(taken2(instead(phase2(), tv(IPSEC_ENCAPSULATION_MODE, 2)), NULL));
	assert_false(taken2(instead(phase2(), tv(IPSEC_ENCAPSULATION_MODE, 61443)), NULL));
}

/* IKEv1 cannot do them, and the SA would be weaker than the list says (RFC 9370). */
static void proposals_that_need_more_key_exchanges_are_not_chosen(void **state)
{
	struct theirs one = phase1(), two = phase2();
	struct payload_of p = { 0 }, q = { 0 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	(void)state;
	propose(&p, 1, &one);
	propose(&q, 1, &two);
	assert_int_equal(choose1("aes256-sha2_256-modp2048;addke1=dh20", &by_key, &p.sa, &c, &diag),
			 RC_NO_PROPOSAL);
	assert_int_equal(choose2(PROTOCOL_ESP, "aes256-sha2_256-dh19;addke1=dh20", &tunnel, &q.sa,
				 &c, &diag),
			 RC_NO_PROPOSAL);
	assert_int_equal(
		choose1("aes256-sha2_256-modp2048;addke1=dh20+none", &by_key, &p.sa, &c, &diag),
		RC_OK);
}

/* ---- preference ---- */

static void our_order_of_proposals_rules(void **state)
{
	struct theirs weak = instead(phase1(), tv(OAKLEY_KEY_LENGTH, 128)), strong = phase1();
	struct payload_of p = { 0 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	(void)state;
	propose(&p, 1, &weak);
	add(&p, &strong);
	assert_int_equal(choose1("aes256-sha2_256-modp2048,aes128-sha2_256-modp2048", &by_key,
				 &p.sa, &c, &diag),
			 RC_OK);
	assert_int_equal(c.choice.encr_bits, 256);
	assert_int_equal(c.transform, 2);
	assert_ptr_equal(c.chosen, &p.transforms[0][1]);
	/* within one proposal of ours it is theirs */
	assert_int_equal(choose1("aes256+aes128-sha2_256-modp2048", &by_key, &p.sa, &c, &diag),
			 RC_OK);
	assert_int_equal(c.choice.encr_bits, 128);
	assert_int_equal(c.transform, 1);
}

static void odd_transforms_do_not_spoil_the_good_ones(void **state)
{
	struct theirs odd = with(phase1(), tv(OAKLEY_PRF, 1)), good = phase1();
	struct isakmp_choice c;
	struct payload_of p = { 0 };
	struct diag diag = { "" };

	(void)state;
	odd = with(with(odd, tv(OAKLEY_LIFE_TYPE, 1)), tv(OAKLEY_LIFE_DURATION, 77));
	propose(&p, 3, &odd);
	propose(&p, 4, &odd);
	add(&p, &good);
	assert_int_equal(choose1("aes256-sha2_256-modp2048", &by_key, &p.sa, &c, &diag), RC_OK);
	assert_int_equal(c.proposal, 4);
	assert_int_equal(c.transform, 2);
	assert_int_equal(c.seconds, 0); /* nothing of the others is left in it */
}

/* RFC 2408 §4.2: proposals with the same number are one offer, to be taken as a whole. */
static void proposals_that_belong_together_are_not_torn_apart(void **state)
{
	struct theirs esp = phase2(), ah = phase2(), weak = phase2();
	struct payload_of p = { 0 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	(void)state;
	ah.protocol = PROTOCOL_AH;
	weak = instead(weak, tv(IPSEC_KEY_LENGTH, 128));
	propose(&p, 1, &ah);
	propose(&p, 1, &esp);
	assert_int_equal(choose2(PROTOCOL_ESP, "aes256+aes128-sha2_256", &tunnel, &p.sa, &c, &diag),
			 RC_NO_PROPOSAL);
	propose(&p, 2, &weak);
	assert_int_equal(choose2(PROTOCOL_ESP, "aes256+aes128-sha2_256", &tunnel, &p.sa, &c, &diag),
			 RC_OK);
	assert_int_equal(c.proposal, 2);
	assert_int_equal(c.choice.encr_bits, 128);
	p.proposals[2].number = 1;
	assert_int_equal(choose2(PROTOCOL_ESP, "aes256+aes128-sha2_256", &tunnel, &p.sa, &c, &diag),
			 RC_NO_PROPOSAL);
}

/* ---- refusals ---- */

static void a_refusal_says_what_both_offered(void **state)
{
	struct theirs one = phase1(), two = phase2(), odd = with(phase1(), tv(OAKLEY_PRF, 1));
	struct payload_of p = { 0 }, q = { 0 }, r = { 0 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	(void)state;
	propose(&p, 1, &odd);
	add(&p, &one);
	assert_int_equal(choose1("aes128-sha1-dh19", &by_key, &p.sa, &c, &diag), RC_NO_PROPOSAL);
	assert_string_equal(diag.text, "no proposal in common: peer offers 2 transforms, first "
				       "AES_CBC_256-HMAC_SHA2_256-MODP2048, shared key; here is "
				       "AES_CBC_128-HMAC_SHA1-DH19, shared key (ike=, authby=)");
	propose(&q, 1, &two);
	assert_int_equal(choose2(PROTOCOL_ESP, "aes_gcm128", &tunnel, &q.sa, &c, &diag),
			 RC_NO_PROPOSAL);
	assert_string_equal(diag.text, "no proposal in common: peer offers 1 transform, first "
				       "AES_CBC_256-HMAC_SHA2_256_128, tunnel; here is "
				       "AES_GCM_16_128, tunnel (esp=, type=)");
	propose(&r, 1, &odd);
	assert_int_equal(choose1("aes128-sha1-dh19", &by_key, &r.sa, &c, &diag), RC_NO_PROPOSAL);
	assert_non_null(strstr(diag.text, "1 transform, first nothing that we know; here is"));
}

/* As of an unknown DOI, whose proposals are not read (wire/isakmp.h). */
static void an_offer_without_proposals_is_refused(void **state)
{
	const struct isakmp_sa none = { .doi = 2 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(choose1("aes128-sha1-dh19", &by_key, &none, &c, &diag), RC_NO_PROPOSAL);
	assert_non_null(strstr(diag.text, "peer offers 0 transforms"));
	assert_int_equal(choose2(PROTOCOL_ESP, "aes_gcm128", &tunnel, &none, &c, &diag),
			 RC_NO_PROPOSAL);
}

/* A list of the greatest length is told in bounds. */
static void a_refusal_of_a_long_list_is_cut(void **state)
{
	struct theirs two = phase2();
	struct payload_of p = { 0 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	(void)state;
	propose(&p, 1, &two);
	assert_int_equal(
		choose1("aes256+aes192+aes128-sha2_512+sha2_384+sha2_256+sha1-dh31+dh19+dh20+dh21+"
			"modp2048+modp3072+modp4096+modp6144+modp8192",
			&by_key, &p.sa, &c, &diag),
		RC_NO_PROPOSAL);
	assert_non_null(strstr(diag.text, "..."));
}

/* ---- the initiator ---- */

static enum rc accept1(const char *ours, const struct isakmp_sa *answer, struct isakmp_choice *out,
		       struct diag *diag)
{
	struct proposal_list *list = parsed(PROTOCOL_IKE, ours, false);
	enum rc rc;

	assert_non_null(list);
	rc = isakmp_accept_phase1(list, &by_key, answer, out, diag);
	proposal_free(list);
	return rc;
}

static enum rc accept2(const char *ours, const struct isakmp_sa *answer, struct isakmp_choice *out,
		       struct diag *diag)
{
	struct proposal_list *list = parsed(PROTOCOL_ESP, ours, false);
	enum rc rc;

	assert_non_null(list);
	rc = isakmp_accept_phase2(list, &tunnel, answer, out, diag);
	proposal_free(list);
	return rc;
}

static void an_answer_has_one_transform_which_we_offered(void **state)
{
	struct theirs one = phase1(), two = phase2();
	struct payload_of p = { 0 }, q = { 0 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	(void)state;
	propose(&p, 1, &one);
	propose(&q, 1, &two);
	assert_int_equal(accept1("aes256-sha2_256-modp2048", &p.sa, &c, &diag), RC_OK);
	assert_int_equal(c.choice.encr_bits, 256);
	assert_int_equal(accept2("aes256-sha2_256", &q.sa, &c, &diag), RC_OK);
	assert_memory_equal(c.choice.spi, test_spi, 4);
	assert_int_equal(accept1("aes128-sha2_256-modp2048", &p.sa, &c, &diag), RC_NO_PROPOSAL);
	assert_int_equal(accept2("aes256-sha1", &q.sa, &c, &diag), RC_NO_PROPOSAL);
	assert_non_null(strstr(diag.text, "no proposal in common"));
}

static void an_answer_that_leaves_a_choice_is_refused(void **state)
{
	const struct isakmp_sa none = { .doi = 1 };
	struct theirs one = phase1(), two = phase2();
	struct payload_of p = { 0 }, q = { 0 };
	struct isakmp_choice c;
	struct diag diag = { "" };

	(void)state;
	propose(&p, 1, &one);
	add(&p, &one);
	assert_int_equal(accept1("aes256-sha2_256-modp2048", &p.sa, &c, &diag), RC_NO_PROPOSAL);
	assert_string_equal(diag.text,
			    "peer answered with 2 transforms in 1 proposals; expected one");
	propose(&q, 1, &two);
	propose(&q, 2, &two);
	assert_int_equal(accept2("aes256-sha2_256", &q.sa, &c, &diag), RC_NO_PROPOSAL);
	assert_string_equal(diag.text,
			    "peer answered with 2 transforms in 2 proposals; expected one");
	assert_int_equal(accept1("aes256-sha2_256-modp2048", &none, &c, &diag), RC_NO_PROPOSAL);
	assert_string_equal(diag.text,
			    "peer answered with 0 transforms in 0 proposals; expected one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_choice_of_phase_1_has_all_that_was_agreed),
		cmocka_unit_test(a_choice_of_phase_2_has_all_that_was_agreed),
		cmocka_unit_test(values_are_read_in_either_form),
		cmocka_unit_test(values_of_the_wrong_form_are_none),
		cmocka_unit_test(what_comes_twice_is_none),
		cmocka_unit_test(what_must_be_said_and_is_not_is_none),
		cmocka_unit_test(attributes_that_we_do_not_know_make_it_none),
		cmocka_unit_test(key_lengths_are_those_of_the_cipher),
		cmocka_unit_test(a_cipher_of_one_key_length_has_none_said),
		cmocka_unit_test(what_only_ikev1_can_say_is_found_and_has_a_suite),
		cmocka_unit_test(lifetimes_of_any_size_are_read),
		cmocka_unit_test(lifetimes_beyond_all_bounds_are_the_longest_there_are),
		cmocka_unit_test(lifetimes_of_nothing_are_none),
		cmocka_unit_test(lifetimes_out_of_order_are_none),
		cmocka_unit_test(transforms_of_another_protocol_are_none),
		cmocka_unit_test(spis_of_phase_2_have_four_bytes),
		cmocka_unit_test(integrity_is_what_the_cipher_needs),
		cmocka_unit_test(transform_and_attribute_of_ah_say_the_same),
		cmocka_unit_test(long_sequence_numbers_are_chosen_where_ours_allow_them),
		cmocka_unit_test(the_group_is_that_of_the_ke_payload),
		cmocka_unit_test(method_and_mode_are_those_that_will_do),
		cmocka_unit_test(proposals_that_need_more_key_exchanges_are_not_chosen),
		cmocka_unit_test(our_order_of_proposals_rules),
		cmocka_unit_test(odd_transforms_do_not_spoil_the_good_ones),
		cmocka_unit_test(proposals_that_belong_together_are_not_torn_apart),
		cmocka_unit_test(a_refusal_says_what_both_offered),
		cmocka_unit_test(an_offer_without_proposals_is_refused),
		cmocka_unit_test(a_refusal_of_a_long_list_is_cut),
		cmocka_unit_test(an_answer_has_one_transform_which_we_offered),
		cmocka_unit_test(an_answer_that_leaves_a_choice_is_refused),
	};
	return cmocka_run_group_tests(tests, nss_open, nss_close);
}
