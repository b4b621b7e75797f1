/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/proposal/proposal_test.h"

static void libreswan_ike_lists_read_as_meant(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_IKE, "aes_gcm256-sha2_512-dh19",
			"AES_GCM_16_256-HMAC_SHA2_512-DH19");
	assert_reads_as(PROTOCOL_IKE, "aes256-sha1;modp2048", "AES_CBC_256-HMAC_SHA1-MODP2048");
	assert_reads_as(PROTOCOL_IKE, "aes256-sha2_512;dh14, aes_gcm_c_256-sha2-dh31",
			"AES_CBC_256-HMAC_SHA2_512-MODP2048, AES_GCM_16_256-HMAC_SHA2_256-DH31");
}

static void plus_makes_alternatives_within_one_proposal(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_IKE, "aes_gcm128+aes_gcm256-sha2_256+sha2_512-dh19+dh31",
			"AES_GCM_16_128+AES_GCM_16_256-HMAC_SHA2_256+HMAC_SHA2_512-DH19+DH31");
}

static void strongswan_lists_read_as_meant(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_IKE, "aes256gcm16-prfsha384-ecp384",
			"AES_GCM_16_256-HMAC_SHA2_384-DH20");
	assert_reads_as(PROTOCOL_IKE, "aes128-sha256-modp2048!",
			"AES_CBC_128-HMAC_SHA2_256-MODP2048");
	assert_reads_as(PROTOCOL_IKE, "chacha20poly1305-prfsha256-x25519",
			"CHACHA20_POLY1305-HMAC_SHA2_256-DH31");
	assert_reads_as(PROTOCOL_IKE, "aes256-aes128-sha512-sha256-modp3072-modp2048",
			"AES_CBC_256+AES_CBC_128-HMAC_SHA2_512+HMAC_SHA2_256-MODP3072+MODP2048");
	assert_reads_as(PROTOCOL_ESP, "aes256ccm128-esn", "AES_CCM_16_256-ESN");
	assert_reads_as(PROTOCOL_ESP, "aes128gcm16-ecp256-esn-noesn",
			"AES_GCM_16_128-DH19-ESN+NOESN");
}

static void a_prf_of_its_own_leaves_the_hash_to_integrity(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_IKE, "aes256-sha256-prfsha384-ecp384",
			"AES_CBC_256-HMAC_SHA2_256_128-HMAC_SHA2_384-DH20");
	assert_reads_as(PROTOCOL_IKE, "aes256-hmac_sha2_256_128-sha2_512-dh14",
			"AES_CBC_256-HMAC_SHA2_256_128-HMAC_SHA2_512-MODP2048");
	assert_reads_as(PROTOCOL_IKE, "aes256-hmac_sha2_256_128-dh14",
			"AES_CBC_256-HMAC_SHA2_256-MODP2048");
}

static void a_missing_key_size_is_256_then_128(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_ESP, "aes_gcm", "AES_GCM_16_256+AES_GCM_16_128");
	assert_reads_as(PROTOCOL_ESP, "aes-sha2", "AES_CBC_256+AES_CBC_128-HMAC_SHA2_256_128");
}

static void what_ike_leaves_out_comes_from_the_defaults(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_IKE, "aes_gcm256",
			"AES_GCM_16_256-HMAC_SHA2_512+HMAC_SHA2_384+HMAC_SHA2_256-"
			"DH31+DH19+DH20+DH21+MODP2048+MODP3072+MODP4096");
	assert_reads_as(PROTOCOL_IKE, "aes256-sha2_256",
			"AES_CBC_256-HMAC_SHA2_256-DH31+DH19+DH20+DH21+"
			"MODP2048+MODP3072+MODP4096");
	assert_reads_as(PROTOCOL_IKE, "aes256;dh14",
			"AES_CBC_256-HMAC_SHA2_512_256+HMAC_SHA2_256_128-HMAC_SHA2_512+HMAC_SHA2_"
			"384+HMAC_SHA2_256-MODP2048");
}

static void esp_without_integrity_gets_the_default_integrity(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_ESP, "aes256", "AES_CBC_256-HMAC_SHA2_512_256+HMAC_SHA2_256_128");
	assert_reads_as(PROTOCOL_ESP, "null", "NULL-HMAC_SHA2_512_256+HMAC_SHA2_256_128");
}

static void aead_and_other_ciphers_are_separate_proposals(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_IKE, "aes_gcm256+aes256-sha2_512-dh19",
			"AES_GCM_16_256-HMAC_SHA2_512-DH19, AES_CBC_256-HMAC_SHA2_512-DH19");
	assert_reads_as(PROTOCOL_ESP, "aes256+aes_gcm256-sha1",
			"AES_CBC_256-HMAC_SHA1_96, AES_GCM_16_256");
}

static void esp_takes_what_only_the_kernel_has(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_ESP, "aes_ctr256-sha2_256", "AES_CTR_256-HMAC_SHA2_256_128");
	assert_reads_as(PROTOCOL_ESP, "aes_ccm_8_128", "AES_CCM_8_128");
	assert_reads_as(PROTOCOL_ESP, "null_auth_aes_gmac_128", "NULL_AUTH_AES_GMAC_128");
	assert_reads_as(PROTOCOL_ESP, "null-sha2_256", "NULL-HMAC_SHA2_256_128");
	assert_reads_as(PROTOCOL_ESP, "aes128-aes_xcbc", "AES_CBC_128-AES_XCBC_96");
}

static void ah_has_integrity_and_groups_only(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_AH, "sha2_256", "HMAC_SHA2_256_128");
	assert_reads_as(PROTOCOL_AH, "sha2_512+sha1-dh19-esn",
			"HMAC_SHA2_512_256+HMAC_SHA1_96-DH19-ESN");
	assert_refused(PROTOCOL_AH, "aes256-sha1", RC_SYNTAX, 0, "AH does not encrypt");
	assert_refused(PROTOCOL_AH, "dh19", RC_SYNTAX, 0, "needs an integrity algorithm");
	assert_refused(PROTOCOL_AH, "none", RC_SYNTAX, 0, "needs an integrity algorithm");
}

static void none_is_integrity_or_group_by_its_place(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_ESP, "aes_gcm256-none", "AES_GCM_16_256");
	assert_reads_as(PROTOCOL_ESP, "aes_gcm256-none-dh19", "AES_GCM_16_256-DH19");
	assert_reads_as(PROTOCOL_ESP, "aes_gcm256;none", "AES_GCM_16_256;NONE");
	assert_reads_as(PROTOCOL_ESP, "aes_gcm256-dh19+none", "AES_GCM_16_256-DH19+NONE");
	assert_reads_as(PROTOCOL_ESP, "aes256-sha1-none", "AES_CBC_256-HMAC_SHA1_96;NONE");
	assert_reads_as(PROTOCOL_IKE, "aes_gcm256-none-sha2_256-dh19",
			"AES_GCM_16_256-HMAC_SHA2_256-DH19");
}

static void null_behind_a_cipher_never_switches_encryption_off(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_ESP, "aes_gcm256-null", "AES_GCM_16_256");
	assert_refused(PROTOCOL_ESP, "aes256-null", RC_UNSUPPORTED, 0, "without integrity");
	assert_refused(PROTOCOL_ESP, "aes256+null", RC_UNSUPPORTED, 0, "without integrity");
	assert_refused(PROTOCOL_ESP, "aes256-sha1+null", RC_SYNTAX, 12, "does not encrypt");
}

static void pfs_adds_the_default_groups_where_none_is_named(void **state)
{
	char got[TEXT_MAX];
	(void)state;
	struct proposal_list *list = parsed(PROTOCOL_ESP, "aes_gcm256, aes_gcm128-dh14", true);
	assert_non_null(list);
	proposal_text(list, got, sizeof(got));
	assert_string_equal(got, "AES_GCM_16_256-DH31+DH19+DH20+DH21+MODP2048+MODP3072+MODP4096, "
				 "AES_GCM_16_128-MODP2048");
	proposal_free(list);
}

static void blanks_around_separators_are_fine(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_ESP, "  aes_gcm256 ,\taes128 - sha1 ! ",
			"AES_GCM_16_256, AES_CBC_128-HMAC_SHA1_96");
	assert_refused(PROTOCOL_ESP, "aes_gcm256 aes128-sha1", RC_SYNTAX, 11, "separated by \",\"");
}

static void a_proposal_said_twice_is_there_once(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_ESP, "aes_gcm256,aes_gcm_c_256,aes256gcm16", "AES_GCM_16_256");
}

static void errors_name_the_word_its_column_and_the_right_one(void **state)
{
	(void)state;
	assert_refused(PROTOCOL_IKE, "aes265-sha1", RC_SYNTAX, 0,
		       "unknown IKE algorithm \"aes265\" (did you mean \"aes256\"?)");
	assert_refused(PROTOCOL_IKE, "aes256-sha2_512;dh14, aes_gmc256", RC_SYNTAX, 22,
		       "\"aes_gcm256\"");
	assert_refused(PROTOCOL_ESP, "wireguard", RC_SYNTAX, 0,
		       "unknown ESP algorithm \"wireguard\"; expected words like");
}

static void errors_say_why_weak_algorithms_are_refused(void **state)
{
	(void)state;
	assert_refused(PROTOCOL_IKE, "aes256-md5-modp2048", RC_UNSUPPORTED, 7,
		       "\"md5\" is not supported: it is broken");
	assert_refused(PROTOCOL_IKE, "aes256-sha1;modp1024", RC_UNSUPPORTED, 12,
		       "too small to be safe");
	assert_refused(PROTOCOL_ESP, "des-sha1", RC_UNSUPPORTED, 0, "use aes_gcm256 or aes256");
	assert_refused(PROTOCOL_IKE, "aes256-sha2_256-dh24", RC_UNSUPPORTED, 16, "use dh31");
}

static void missing_parts_of_the_text_are_pointed_at(void **state)
{
	(void)state;
	assert_refused(PROTOCOL_IKE, "", RC_SYNTAX, 0, "missing at the end");
	assert_refused(PROTOCOL_IKE, "aes256,", RC_SYNTAX, 7, "missing at the end");
	assert_refused(PROTOCOL_IKE, "aes256--sha1", RC_SYNTAX, 7, "missing before \"-\"");
	assert_refused(PROTOCOL_IKE, ",aes256", RC_SYNTAX, 0, "missing before \",\"");
	assert_refused(PROTOCOL_IKE, "!", RC_SYNTAX, 0, "missing before \"!\"");
	assert_refused(PROTOCOL_IKE, "aes256!aes128", RC_SYNTAX, 7, "does not belong here");
	assert_refused(PROTOCOL_IKE, "sha2_256-dh19", RC_SYNTAX, 0, "without a cipher");
}

static void what_ike_cannot_use_is_refused(void **state)
{
	(void)state;
	assert_refused(PROTOCOL_IKE, "null-sha1", RC_UNSUPPORTED, 0, "IKE must");
	assert_refused(PROTOCOL_IKE, "aes_ctr256-sha1", RC_UNSUPPORTED, 0,
		       "`ipsec algorithms` lists");
	assert_refused(PROTOCOL_IKE, "aes256-aes_xcbc", RC_UNSUPPORTED, 7, "not available for IKE");
	assert_refused(PROTOCOL_IKE, "aes256-sha1;none", RC_SYNTAX, 12,
		       "needs a Diffie-Hellman group");
	assert_refused(PROTOCOL_IKE, "aes256-sha1-esn", RC_SYNTAX, 12, "belongs into esp=");
	assert_refused(PROTOCOL_IKE, "aes256-none-sha1", RC_UNSUPPORTED, 0, "without integrity");
}

static void what_esp_cannot_use_is_refused(void **state)
{
	(void)state;
	assert_refused(PROTOCOL_ESP, "aes256-prfsha256", RC_SYNTAX, 7, "is a PRF");
	assert_refused(PROTOCOL_ESP, "aes128-sha1,aes256-none", RC_UNSUPPORTED, 12,
		       "without integrity is insecure");
}

/* As strongSwan reads them: the integrity is left out, and is the PRF where none is named. */
static void integrity_beside_an_aead_cipher_is_left_out(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_IKE, "aes256gcm16-sha384-prfsha384-ecp384",
			"AES_GCM_16_256-HMAC_SHA2_384-DH20");
	assert_reads_as(PROTOCOL_IKE, "aes256gcm16-sha256-prfsha384-ecp384",
			"AES_GCM_16_256-HMAC_SHA2_384-DH20");
	assert_reads_as(PROTOCOL_IKE, "aes128gcm16-sha256-modp2048!",
			"AES_GCM_16_128-HMAC_SHA2_256-MODP2048");
	assert_reads_as(PROTOCOL_IKE, "aes256gcm16-aes128gcm16-sha512-sha256-curve25519",
			"AES_GCM_16_256+AES_GCM_16_128-HMAC_SHA2_512+HMAC_SHA2_256-DH31");
	assert_reads_as(PROTOCOL_IKE, "aes_gcm256-hmac_sha2_256_128-dh19",
			"AES_GCM_16_256-HMAC_SHA2_256-DH19");
	assert_reads_as(PROTOCOL_ESP, "aes128gcm16-sha256-modp2048", "AES_GCM_16_128-MODP2048");
	assert_reads_as(PROTOCOL_ESP, "aes256gcm128-sha384,chacha20poly1305-sha256",
			"AES_GCM_16_256, CHACHA20_POLY1305");
	assert_reads_as(PROTOCOL_ESP, "aes_gcm256-sha1-none", "AES_GCM_16_256;NONE");
}

/* Both peers refuse the mixture; it says what is meant. */
static void integrity_beside_mixed_ciphers_goes_to_those_without_their_own(void **state)
{
	(void)state;
	assert_reads_as(PROTOCOL_ESP, "aes128gcm16-aes128-sha256",
			"AES_GCM_16_128, AES_CBC_128-HMAC_SHA2_256_128");
	assert_reads_as(PROTOCOL_IKE, "aes128gcm16-aes128-sha256-modp2048",
			"AES_GCM_16_128-HMAC_SHA2_256-MODP2048, "
			"AES_CBC_128-HMAC_SHA2_256-MODP2048");
	assert_reads_as(PROTOCOL_IKE, "aes128-aes128gcm16-sha256-prfsha384-modp2048",
			"AES_CBC_128-HMAC_SHA2_256_128-HMAC_SHA2_384-MODP2048, "
			"AES_GCM_16_128-HMAC_SHA2_384-MODP2048");
}

static void more_proposals_than_a_payload_holds_are_refused(void **state)
{
	static const char *const groups[] = { "dh14", "dh15", "dh16", "dh17", "dh18", "dh19" };
	static const char *const ciphers[] = { "aes_gcm256", "aes_gcm128", "aes_gcm_8_128" };
	char text[4096] = "aes_gcm192";
	(void)state;
	for (unsigned i = 0; i < LIMIT_PROPOSALS; i++) {
		char one[64];
		snprintf(one, sizeof(one), ",%s-%s+%s", ciphers[i / 30], groups[i % 30 / 5],
			 groups[(i % 30 / 5 + i % 5 + 1) % 6]);
		strncat(text, one, sizeof(text) - strlen(text) - 1);
	}
	size_t last = (size_t)(strrchr(text, ',') + 1 - text);
	assert_refused(PROTOCOL_ESP, text, RC_LIMIT, last, "more than 64 proposals");
	text[last - 1] = '\0';
	struct proposal_list *list = parsed(PROTOCOL_ESP, text, false);
	assert_non_null(list);
	assert_int_equal(list->count, LIMIT_PROPOSALS);
	proposal_free(list);
}

static void more_algorithms_than_a_proposal_holds_are_refused(void **state)
{
	(void)state;
	assert_refused(PROTOCOL_ESP,
		       "aes+aes192+aes_ctr+aes_ctr192+aes_ccm_8+aes_ccm_12+aes_ccm_16+aes_gcm_8+"
		       "aes_gcm_12+aes_gcm_16+camellia+"
		       "camellia192+3des+aes_ccm192+chacha20_poly1305+aes_gcm192",
		       RC_LIMIT, 149, "more than 24");
	assert_refused(PROTOCOL_ESP,
		       "aes_ccm_8+aes_ccm_12+aes_ccm_16+aes_gcm_8+aes_gcm_12+aes_gcm_16+aes_gcm192+"
		       "aes_ccm192+aes_ccm_8_192-"
		       "dh14+dh15+dh16+dh17+dh18+dh19+dh20+dh21+dh31",
		       RC_LIMIT, 0, "more than 24");
}

static void a_very_long_word_is_refused(void **state)
{
	char text[500];
	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_refused(PROTOCOL_IKE, text, RC_SYNTAX, 0, "too long");
}

static void every_failed_allocation_is_an_error(void **state)
{
	struct proposal_list *list = NULL;
	struct diag diag;
	enum rc rc = RC_NO_MEMORY;
	uint64_t n;
	(void)state;
	for (n = 1; rc == RC_NO_MEMORY && n < 20; n++) {
		mem_fail_nth(n);
		rc = proposal_parse(PROTOCOL_ESP, "aes_gcm256,aes256-sha1,aes128-sha1", false,
				    &list, NULL, &diag);
	}
	mem_fail_nth(0);
	assert_int_equal(rc, RC_OK);
	assert_true(n > 3);
	proposal_free(list);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void what_is_printed_reads_as_the_same_list(void **state)
{
	static const char *const words[] = { "aes256",
					     "aes_gcm128",
					     "chacha20_poly1305",
					     "aes_cbc_128",
					     "sha1",
					     "sha2_512",
					     "prfsha256",
					     "hmac_sha2_384_192",
					     "dh14",
					     "dh31",
					     "modp3072",
					     "esn",
					     "noesn",
					     "none",
					     "null" };
	static const char *const joins[] = { "-", "+", ";", ",", "-" };
	uint32_t seed = 20240611, good = 0;
	(void)state;
	for (int round = 0; round < 4000; round++) {
		char text[256] = "aes_gcm256", printed[TEXT_MAX], again[TEXT_MAX];
		uint8_t protocol = round % 2 == 0 ? PROTOCOL_IKE : PROTOCOL_ESP;
		for (uint32_t left = next_random(&seed) % 6; left > 0; left--) {
			strcat(text, joins[next_random(&seed) % 5]);
			strcat(text, words[next_random(&seed) % 15]);
		}
		struct proposal_list *list = NULL, *back = NULL;
		struct diag diag;
		if (proposal_parse(protocol, text, false, &list, NULL, &diag) != RC_OK)
			continue;
		good++;
		proposal_text(list, printed, sizeof(printed));
		if (proposal_parse(protocol, printed, false, &back, NULL, &diag) != RC_OK)
			fail_msg("%s printed as %s: %s", text, printed, diag.text);
		proposal_text(back, again, sizeof(again));
		if (!proposal_equal(list, back))
			fail_msg("%s printed as %s, read as %s", text, printed, again);
		proposal_free(list);
		proposal_free(back);
	}
	assert_true(good > 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libreswan_ike_lists_read_as_meant),
		cmocka_unit_test(plus_makes_alternatives_within_one_proposal),
		cmocka_unit_test(strongswan_lists_read_as_meant),
		cmocka_unit_test(a_prf_of_its_own_leaves_the_hash_to_integrity),
		cmocka_unit_test(a_missing_key_size_is_256_then_128),
		cmocka_unit_test(what_ike_leaves_out_comes_from_the_defaults),
		cmocka_unit_test(esp_without_integrity_gets_the_default_integrity),
		cmocka_unit_test(aead_and_other_ciphers_are_separate_proposals),
		cmocka_unit_test(esp_takes_what_only_the_kernel_has),
		cmocka_unit_test(ah_has_integrity_and_groups_only),
		cmocka_unit_test(none_is_integrity_or_group_by_its_place),
		cmocka_unit_test(null_behind_a_cipher_never_switches_encryption_off),
		cmocka_unit_test(pfs_adds_the_default_groups_where_none_is_named),
		cmocka_unit_test(blanks_around_separators_are_fine),
		cmocka_unit_test(a_proposal_said_twice_is_there_once),
		cmocka_unit_test(errors_name_the_word_its_column_and_the_right_one),
		cmocka_unit_test(errors_say_why_weak_algorithms_are_refused),
		cmocka_unit_test(missing_parts_of_the_text_are_pointed_at),
		cmocka_unit_test(what_ike_cannot_use_is_refused),
		cmocka_unit_test(what_esp_cannot_use_is_refused),
		cmocka_unit_test(integrity_beside_an_aead_cipher_is_left_out),
		cmocka_unit_test(integrity_beside_mixed_ciphers_goes_to_those_without_their_own),
		cmocka_unit_test(more_proposals_than_a_payload_holds_are_refused),
		cmocka_unit_test(more_algorithms_than_a_proposal_holds_are_refused),
		cmocka_unit_test(a_very_long_word_is_refused),
		cmocka_unit_test(every_failed_allocation_is_an_error),
		cmocka_unit_test(what_is_printed_reads_as_the_same_list),
	};
	return cmocka_run_group_tests(tests, nss_open, nss_close);
}
