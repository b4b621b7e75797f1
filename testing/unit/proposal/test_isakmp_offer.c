/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/proposal/proposal_test.h"
#include "proposal/isakmp.h"

static const struct isakmp_phase1_terms by_key = { { OAKLEY_PRESHARED_KEY }, 1, 3600, DH_NONE };
static const struct isakmp_phase2_terms tunnel = {
	{ ENCAPSULATION_UDP_TUNNEL, ENCAPSULATION_TUNNEL }, 2, DH_NONE, 28800, 0, 0xc0ffee01
};

/* What this list offers, after a trip over the wire. */
static struct isakmp_sa on_the_wire(struct arena *arena, const struct isakmp_sa *sa)
{
	struct span body = isakmp_sa_body(arena, sa);
	struct isakmp_sa back = { 0 };
	struct diag diag = { "" };

	assert_non_null(body.ptr);
	if (isakmp_sa_parse(arena, body, &back, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(back.proposal_count, 1);
	assert_int_equal(back.proposals[0].number, 1);
	for (unsigned i = 0; i < back.proposals[0].transform_count; i++)
		assert_int_equal(back.proposals[0].transforms[i].number, i + 1);
	return back;
}

static enum rc offer(struct arena *arena, uint8_t protocol, const char *text, const void *terms,
		     struct isakmp_sa *out, struct diag *diag)
{
	struct proposal_list *list = parsed(protocol, text, false);
	enum rc rc;

	assert_non_null(list);
	rc = protocol == PROTOCOL_IKE ? isakmp_offer_phase1(arena, list, terms, out, diag)
				      : isakmp_offer_phase2(arena, list, terms, out, diag);
	proposal_free(list);
	return rc;
}

static struct isakmp_proposal offered_by(struct arena *arena, uint8_t protocol, const char *text,
					 const void *terms)
{
	struct isakmp_sa sa = { 0 };
	struct diag diag = { "" };

	if (offer(arena, protocol, text, terms, &sa, &diag) != RC_OK)
		fail_msg("%s: %s", text, diag.text);
	sa = on_the_wire(arena, &sa);
	assert_int_equal(sa.proposals[0].protocol, protocol);
	return sa.proposals[0];
}

/* "type=value" of each attribute; of the long ones "type:bytes=value". */
static void assert_transform(const struct isakmp_transform *transform, unsigned id,
			     const char *expected)
{
	char text[256] = "";
	size_t used = 0;

	assert_int_equal(transform->id, id);
	for (unsigned i = 0; i < transform->attribute_count; i++) {
		const struct isakmp_attribute *a = &transform->attributes[i];
		uint64_t value = 0;
		char bytes[24] = "";
		assert_int_equal(isakmp_attribute_number(a, &value), RC_OK);
		if (!a->basic)
			snprintf(bytes, sizeof(bytes), ":%zu", a->data.len);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u%s=%llu",
					 used > 0 ? " " : "", a->type, bytes,
					 (unsigned long long)value);
		assert_true(used < sizeof(text));
	}
	assert_string_equal(text, expected);
}

static void assert_nothing(uint8_t protocol, const char *text, const void *terms, const char *says)
{
	struct arena arena;
	struct isakmp_sa sa = { 0 };
	struct diag diag = { "" };

	arena_init(&arena, LIMIT_EVENT_ARENA);
	assert_int_equal(offer(&arena, protocol, text, terms, &sa, &diag), RC_NO_PROPOSAL);
	if (strstr(diag.text, says) == NULL)
		fail_msg("%s: \"%s\"; expected \"%s\"", text, diag.text, says);
	assert_int_equal(sa.proposal_count, 0);
	arena_free(&arena);
}

/* ---- phase 1 ---- */

static void a_phase_1_transform_says_everything_about_the_sa(void **state)
{
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	p = offered_by(&arena, PROTOCOL_IKE, "aes256-sha2_256-modp2048", &by_key);
	assert_int_equal(p.spi.len, 0);
	assert_int_equal(p.transform_count, 1);
	assert_transform(&p.transforms[0], 1, "1=7 14=256 2=4 4=14 3=1 11=1 12=3600");
	arena_free(&arena);
}

/* The grammar refuses MD5 and MODP1024, and takes 3DES only where NSS has it for IKE; a list may
 * hold them all the same. */
static void ciphers_of_one_key_length_say_none(void **state)
{
	struct proposal old = { PROTOCOL_IKE,
				5,
				{ { TRANSFORM_ENCR, ENCR_3DES, 0 },
				  { TRANSFORM_ENCR, ENCR_CAMELLIA_CBC, 192 },
				  { TRANSFORM_PRF, PRF_HMAC_MD5, 0 },
				  { TRANSFORM_INTEG, INTEG_HMAC_MD5_96, 0 },
				  { TRANSFORM_DH, DH_MODP_1024, 0 } } };
	const struct proposal_list list = { 1, &old };
	struct arena arena;
	struct isakmp_sa sa;
	struct diag diag = { "" };

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	assert_int_equal(isakmp_offer_phase1(&arena, &list, &by_key, &sa, &diag), RC_OK);
	sa = on_the_wire(&arena, &sa);
	assert_int_equal(sa.proposals[0].transform_count, 2);
	assert_transform(&sa.proposals[0].transforms[0], 1, "1=5 2=1 4=2 3=1 11=1 12=3600");
	assert_transform(&sa.proposals[0].transforms[1], 1, "1=8 14=192 2=1 4=2 3=1 11=1 12=3600");
	arena_free(&arena);
}

static void alternatives_of_phase_1_become_transforms_in_order_of_preference(void **state)
{
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	p = offered_by(&arena, PROTOCOL_IKE,
		       "aes256+aes128-sha2_512+sha1-dh19+modp2048, aes192-sha1-modp2048", &by_key);
	assert_int_equal(p.transform_count, 9);
	assert_transform(&p.transforms[0], 1, "1=7 14=256 2=6 4=19 3=1 11=1 12=3600");
	assert_transform(&p.transforms[1], 1, "1=7 14=256 2=6 4=14 3=1 11=1 12=3600");
	assert_transform(&p.transforms[2], 1, "1=7 14=256 2=2 4=19 3=1 11=1 12=3600");
	assert_transform(&p.transforms[4], 1, "1=7 14=128 2=6 4=19 3=1 11=1 12=3600");
	assert_transform(&p.transforms[7], 1, "1=7 14=128 2=2 4=14 3=1 11=1 12=3600");
	assert_transform(&p.transforms[8], 1, "1=7 14=192 2=2 4=14 3=1 11=1 12=3600");
	arena_free(&arena);
}

static void each_way_to_authenticate_is_offered(void **state)
{
	const struct isakmp_phase1_terms terms = {
		{ OAKLEY_XAUTH_INIT_RSA, OAKLEY_RSA_SIG }, 2, 3600, DH_NONE
	};
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	p = offered_by(&arena, PROTOCOL_IKE, "aes128-sha1-modp2048", &terms);
	assert_int_equal(p.transform_count, 2);
	assert_transform(&p.transforms[0], 1, "1=7 14=128 2=2 4=14 3=65005 11=1 12=3600");
	assert_transform(&p.transforms[1], 1, "1=7 14=128 2=2 4=14 3=3 11=1 12=3600");
	arena_free(&arena);
}

static void lifetimes_that_do_not_fit_two_bytes_have_four(void **state)
{
	struct isakmp_phase1_terms terms = by_key;
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	terms.seconds = 65535;
	p = offered_by(&arena, PROTOCOL_IKE, "aes128-sha1-modp2048", &terms);
	assert_transform(&p.transforms[0], 1, "1=7 14=128 2=2 4=14 3=1 11=1 12=65535");
	terms.seconds = 65536;
	p = offered_by(&arena, PROTOCOL_IKE, "aes128-sha1-modp2048", &terms);
	assert_transform(&p.transforms[0], 1, "1=7 14=128 2=2 4=14 3=1 11=1 12:4=65536");
	terms.seconds = UINT32_MAX;
	p = offered_by(&arena, PROTOCOL_IKE, "aes128-sha1-modp2048", &terms);
	assert_transform(&p.transforms[0], 1, "1=7 14=128 2=2 4=14 3=1 11=1 12:4=4294967295");
	arena_free(&arena);
}

/* All transforms of aggressive mode have the group of its KE (RFC 2409 §5). */
static void aggressive_mode_offers_one_group_only(void **state)
{
	struct isakmp_phase1_terms terms = by_key;
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	terms.group = DH_ECP_256;
	p = offered_by(&arena, PROTOCOL_IKE, "aes256+aes128-sha1-dh19+modp2048", &terms);
	assert_int_equal(p.transform_count, 2);
	assert_transform(&p.transforms[1], 1, "1=7 14=128 2=2 4=19 3=1 11=1 12=3600");
	arena_free(&arena);
	terms.group = DH_MODP_4096;
	assert_nothing(PROTOCOL_IKE, "aes256-sha1-dh19+modp2048", &terms, "nothing of ike=");
}

static void what_phase_1_has_no_words_for_is_left_out(void **state)
{
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	p = offered_by(&arena, PROTOCOL_IKE,
		       "aes_gcm256-sha2_512-dh19, aes256-sha2_256-dh19,"
		       "chacha20_poly1305-sha2_256-dh31",
		       &by_key);
	assert_int_equal(p.transform_count, 1);
	assert_transform(&p.transforms[0], 1, "1=7 14=256 2=4 4=19 3=1 11=1 12=3600");
	arena_free(&arena);
	assert_nothing(PROTOCOL_IKE, "aes_gcm256-sha2_512-dh19", &by_key,
		       "nothing of ike= can be said in IKEv1: it needs a cipher with integrity "
		       "(aes256-sha2_256) and a MODP or ECP group");
}

/* IKEv1's PRF is the HMAC of the hash. */
static void a_prf_of_another_hash_cannot_be_said(void **state)
{
	(void)state;
	assert_nothing(PROTOCOL_IKE, "aes256-sha256-prfsha512-modp2048", &by_key, "nothing of");
}

/* Without them the SA would be weaker than the list says. */
static void proposals_that_need_more_key_exchanges_are_not_offered(void **state)
{
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	assert_nothing(PROTOCOL_IKE, "aes256-sha2_256-dh19;addke1=dh20", &by_key,
		       "nothing of ike=");
	assert_nothing(PROTOCOL_ESP, "aes256-sha2_256-dh19;addke1=dh20", &tunnel,
		       "nothing of esp=");
	assert_nothing(PROTOCOL_AH, "sha2_256-dh19;addke1=dh20", &tunnel, "nothing of esp=");
	arena_init(&arena, LIMIT_EVENT_ARENA);
	p = offered_by(&arena, PROTOCOL_IKE, "aes256-sha2_256-dh19;addke1=dh20+none", &by_key);
	assert_int_equal(p.transform_count, 1);
	arena_free(&arena);
}

/* A long list: the best are offered, the rest is not. */
static void an_offer_is_bounded(void **state)
{
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	p = offered_by(&arena, PROTOCOL_IKE,
		       "aes256+aes192+aes128-sha2_512+sha2_384+sha2_256+sha1-"
		       "dh31+dh19+dh20+dh21+modp2048+modp3072+modp4096+modp6144+modp8192,"
		       "aes256+aes128-sha1+sha2_256-dh31+dh19+dh20+modp2048",
		       &by_key);
	assert_int_equal(ISAKMP_TRANSFORMS_SENT_MAX, 120);
	assert_int_equal(p.transform_count, 120);
	assert_transform(&p.transforms[119], 1, "1=7 14=128 2=2 4=14 3=1 11=1 12=3600");
	arena_free(&arena);
}

/* ---- phase 2 ---- */

static void a_phase_2_transform_says_everything_about_the_sa(void **state)
{
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	p = offered_by(&arena, PROTOCOL_ESP, "aes256-sha2_256", &tunnel);
	assert_int_equal(p.spi.len, 4);
	assert_memory_equal(p.spi.ptr, "\xc0\xff\xee\x01", 4);
	assert_int_equal(p.transform_count, 1);
	assert_transform(&p.transforms[0], 12, "1=1 2=28800 4=3 5=5 6=256");
	arena_free(&arena);
}

static void ciphers_say_what_they_need_and_no_more(void **state)
{
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	p = offered_by(&arena, PROTOCOL_ESP,
		       "aes_gcm256+aes_gcm128, 3des-sha1, null-sha2_512, aes128-aes_xcbc", &tunnel);
	assert_int_equal(p.transform_count, 5);
	assert_transform(&p.transforms[0], 20, "1=1 2=28800 4=3 6=256");
	assert_transform(&p.transforms[1], 20, "1=1 2=28800 4=3 6=128");
	assert_transform(&p.transforms[2], 3, "1=1 2=28800 4=3 5=2");
	assert_transform(&p.transforms[3], 11, "1=1 2=28800 4=3 5=7");
	assert_transform(&p.transforms[4], 12, "1=1 2=28800 4=3 5=9 6=128");
	arena_free(&arena);
}

static void alternatives_of_phase_2_become_transforms_in_order_of_preference(void **state)
{
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	p = offered_by(&arena, PROTOCOL_ESP, "aes256+aes128-sha2_512+sha1", &tunnel);
	assert_int_equal(p.transform_count, 4);
	assert_transform(&p.transforms[0], 12, "1=1 2=28800 4=3 5=7 6=256");
	assert_transform(&p.transforms[1], 12, "1=1 2=28800 4=3 5=2 6=256");
	assert_transform(&p.transforms[2], 12, "1=1 2=28800 4=3 5=7 6=128");
	assert_transform(&p.transforms[3], 12, "1=1 2=28800 4=3 5=2 6=128");
	arena_free(&arena);
}

/* The group is that of the KE payload, whatever esp= names (RFC 2409 §5.5: the same in all). */
static void group_and_volume_are_said_when_there_are_any(void **state)
{
	struct isakmp_phase2_terms terms = tunnel;
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	terms.group = DH_MODP_2048;
	terms.kilobytes = 4;
	p = offered_by(&arena, PROTOCOL_ESP, "aes128-sha1-dh19", &terms);
	assert_transform(&p.transforms[0], 12, "1=1 2=28800 1=2 2=4 3=14 4=3 5=2 6=128");
	terms.kilobytes = 0x100000000;
	terms.seconds = 86400;
	p = offered_by(&arena, PROTOCOL_ESP, "aes128-sha1", &terms);
	assert_transform(&p.transforms[0], 12,
			 "1=1 2:4=86400 1=2 2:8=4294967296 3=14 4=3 5=2 6=128");
	arena_free(&arena);
}

static void long_sequence_numbers_are_an_attribute(void **state)
{
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	p = offered_by(&arena, PROTOCOL_ESP, "aes_gcm128-esn-noesn", &tunnel);
	assert_int_equal(p.transform_count, 2);
	assert_transform(&p.transforms[0], 20, "1=1 2=28800 4=3 6=128 11=1");
	assert_transform(&p.transforms[1], 20, "1=1 2=28800 4=3 6=128");
	arena_free(&arena);
}

static void ah_is_named_by_transform_and_attribute(void **state)
{
	struct arena arena;
	struct isakmp_proposal p;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	p = offered_by(&arena, PROTOCOL_AH, "sha2_256+sha1", &tunnel);
	assert_int_equal(p.transform_count, 2);
	assert_transform(&p.transforms[0], 5, "1=1 2=28800 4=3 5=5");
	assert_transform(&p.transforms[1], 3, "1=1 2=28800 4=3 5=2");
	arena_free(&arena);
}

static void what_phase_2_has_no_words_for_is_left_out(void **state)
{
	const struct proposal_list nothing = { 0, NULL };
	struct arena arena;
	struct isakmp_proposal p;
	struct isakmp_sa sa;
	struct diag diag;

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	p = offered_by(&arena, PROTOCOL_ESP, "chacha20_poly1305, aes_gcm128", &tunnel);
	assert_int_equal(p.transform_count, 1);
	assert_int_equal(p.transforms[0].id, 20);
	assert_int_equal(isakmp_offer_phase2(&arena, &nothing, &tunnel, &sa, &diag),
			 RC_NO_PROPOSAL);
	assert_int_equal(isakmp_offer_phase1(&arena, &nothing, &by_key, &sa, &diag),
			 RC_NO_PROPOSAL);
	arena_free(&arena);
	assert_nothing(PROTOCOL_ESP, "chacha20_poly1305", &tunnel, "nothing of esp= can be said");
}

/* ---- memory ---- */

static enum rc offer_within(size_t limit, uint8_t protocol, const char *text, const void *terms)
{
	struct arena arena;
	struct isakmp_sa sa;
	struct diag diag;
	enum rc rc;

	arena_init(&arena, limit);
	rc = offer(&arena, protocol, text, terms, &sa, &diag);
	arena_free(&arena);
	return rc;
}

static void an_offer_that_has_no_room_is_none(void **state)
{
	struct isakmp_phase1_terms long1 = by_key;
	struct isakmp_phase2_terms long2 = tunnel;
	size_t limit;

	(void)state;
	long1.seconds = long2.seconds = 100000;
	long2.kilobytes = 100000;
	for (limit = 0; limit < 65536; limit += 16) {
		enum rc rc = offer_within(limit, PROTOCOL_IKE, "aes256-sha1-dh19+dh20", &long1);
		if (rc == RC_OK)
			break;
		assert_int_equal(rc, RC_NO_MEMORY);
	}
	assert_in_range(limit, 1024, 65535);
	for (limit = 0; limit < 65536; limit += 16) {
		enum rc rc = offer_within(limit, PROTOCOL_ESP, "aes256-sha1", &long2);
		if (rc == RC_OK)
			break;
		assert_int_equal(rc, RC_NO_MEMORY);
	}
	assert_in_range(limit, 1024, 65535);
}

/* ---- the answer ---- */

/* RFC 2408 §4.2: the transform is not modified, whatever form its attributes have. */
static void an_answer_repeats_the_transform_and_says_our_spi(void **state)
{
	static uint8_t bits[] = { 0, 0, 1, 0 };
	struct isakmp_attribute attributes[] = {
		{ .type = IPSEC_KEY_LENGTH, .data = { bits, 4 } },
		{ .type = IPSEC_ENCAPSULATION_MODE, .basic = true, .value = 1 },
	};
	struct isakmp_transform transform = { 9, 12, attributes, 2, SPAN_NONE };
	struct isakmp_choice choice = { .choice = { .protocol = PROTOCOL_ESP },
					.proposal = 200,
					.transform = 9,
					.chosen = &transform };
	struct arena arena;
	struct isakmp_sa sa, back;
	struct diag diag = { "" };

	(void)state;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	assert_int_equal(isakmp_answer(&arena, &choice, 0x01020304, &sa), RC_OK);
	assert_int_equal(isakmp_sa_parse(&arena, isakmp_sa_body(&arena, &sa), &back, &diag), RC_OK);
	assert_int_equal(back.proposal_count, 1);
	assert_int_equal(back.proposals[0].number, 200);
	assert_int_equal(back.proposals[0].protocol, PROTOCOL_ESP);
	assert_int_equal(back.proposals[0].spi.len, 4);
	assert_memory_equal(back.proposals[0].spi.ptr, "\1\2\3\4", 4);
	assert_int_equal(back.proposals[0].transform_count, 1);
	assert_int_equal(back.proposals[0].transforms[0].number, 9);
	assert_transform(&back.proposals[0].transforms[0], 12, "6:4=256 4=1");
	choice.choice.protocol = PROTOCOL_IKE;
	assert_int_equal(isakmp_answer(&arena, &choice, 0x01020304, &sa), RC_OK);
	assert_int_equal(sa.proposals[0].spi.len, 0);
	arena_free(&arena);
}

static void an_answer_that_has_no_room_is_none(void **state)
{
	struct isakmp_transform transform = { .number = 1, .id = 12 };
	struct isakmp_choice choice = { .choice = { .protocol = PROTOCOL_ESP },
					.chosen = &transform };
	struct isakmp_sa sa;
	enum rc rc = RC_NO_MEMORY;
	unsigned tries = 0;

	(void)state;
	for (; rc != RC_OK && tries < 100; tries++) {
		struct arena arena;
		arena_init(&arena, 16 * (size_t)tries);
		rc = isakmp_answer(&arena, &choice, 1, &sa);
		assert_true(rc == RC_OK || rc == RC_NO_MEMORY);
		arena_free(&arena);
	}
	assert_in_range(tries, 4, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_phase_1_transform_says_everything_about_the_sa),
		cmocka_unit_test(ciphers_of_one_key_length_say_none),
		cmocka_unit_test(alternatives_of_phase_1_become_transforms_in_order_of_preference),
		cmocka_unit_test(each_way_to_authenticate_is_offered),
		cmocka_unit_test(lifetimes_that_do_not_fit_two_bytes_have_four),
		cmocka_unit_test(aggressive_mode_offers_one_group_only),
		cmocka_unit_test(what_phase_1_has_no_words_for_is_left_out),
		cmocka_unit_test(a_prf_of_another_hash_cannot_be_said),
		cmocka_unit_test(proposals_that_need_more_key_exchanges_are_not_offered),
		cmocka_unit_test(an_offer_is_bounded),
		cmocka_unit_test(a_phase_2_transform_says_everything_about_the_sa),
		cmocka_unit_test(ciphers_say_what_they_need_and_no_more),
		cmocka_unit_test(alternatives_of_phase_2_become_transforms_in_order_of_preference),
		cmocka_unit_test(group_and_volume_are_said_when_there_are_any),
		cmocka_unit_test(long_sequence_numbers_are_an_attribute),
		cmocka_unit_test(ah_is_named_by_transform_and_attribute),
		cmocka_unit_test(what_phase_2_has_no_words_for_is_left_out),
		cmocka_unit_test(an_offer_that_has_no_room_is_none),
		cmocka_unit_test(an_answer_repeats_the_transform_and_says_our_spi),
		cmocka_unit_test(an_answer_that_has_no_room_is_none),
	};
	return cmocka_run_group_tests(tests, nss_open, nss_close);
}
