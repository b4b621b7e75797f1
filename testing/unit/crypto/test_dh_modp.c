/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/dh.h"
#include "unit/crypto/crypto_test.h"

/* SHA-256 of each prime, computed apart from this program from RFC 3526's formula
 * 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) * pi) + c), and checked to be safe primes. */
static const struct {
	uint16_t id;
	const char *sha256;
} groups[] = {
	{ DH_MODP_2048, "d66436f79bbd6b2e38c0ffbd079be904d2641415e2e67140e09448be9a60890e" },
	{ DH_MODP_3072, "48cf8b092fbce4359d9871abf74f98e25b6163379eaa15cd9087e800c6d1c55c" },
	{ DH_MODP_4096, "4ee95187682bcb230ad26a95205f6920e84708f6251b3894329b09ec23919e33" },
	{ DH_MODP_6144, "d1bfe6d0925ce7e4da262b62861514a7755e35831e429f343e7b864848657efd" },
	{ DH_MODP_8192, "39ab4feab950a3128fb71accb9fc3965d857012e081998a85996e3ea8b3c3bcf" },
};
#define GROUPS (sizeof groups / sizeof *groups)

static const struct dh_group *group_at(size_t i)
{
	const struct dh_alg *alg = crypto_dh(groups[i].id);
	assert_non_null(alg);
	return dh_group_of(alg);
}

static void the_primes_are_those_of_rfc_3526(void **state)
{
	(void)state;
	for (size_t i = 0; i < GROUPS; i++) {
		struct span prime = span_make(group_at(i)->prime, group_at(i)->alg.public_len);
		uint8_t hash[32];
		assert_ok(hash_sha256(&prime, 1, hash));
		assert_bytes(SPAN_OF(hash), groups[i].sha256);
	}
}

static void refuse(const struct dh_group *group, const uint8_t *value)
{
	struct span public = span_make(value, group->alg.public_len);
	struct dh_pair *pair = NULL;
	struct secret out = { NULL, 0 };
	struct diag diag = { "" };
	assert_int_equal(dh_check_public(&group->alg, public, &diag), RC_BAD_PUBLIC);
	assert_non_null(strstr(diag.text, "RFC 6989"));
	if (group->alg.public_len > 256)
		return; /* the same code for all: one small group shows it */
	assert_ok(dh_generate(&group->alg, 0, &pair));
	assert_int_equal(dh_compute(pair, public, 0, &out, NULL), RC_BAD_PUBLIC);
	assert_null(out.ptr);
	dh_free(pair);
}

/* RFC 6989 §2.1: 1 < y < p - 1 */
static void values_outside_of_the_group_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < GROUPS; i++) {
		const struct dh_group *group = group_at(i);
		size_t last = group->alg.public_len - 1u;
		uint8_t value[1024] = { 0 };
		refuse(group, value); /* 0 */
		value[last] = 1;
		refuse(group, value);
		memcpy(value, group->prime, last + 1);
		refuse(group, value); /* p */
		value[last]--;
		refuse(group, value); /* p - 1 */
		memset(value, 0xff, sizeof value);
		refuse(group, value); /* above p */
	}
}

static void the_smallest_and_the_largest_value_are_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < GROUPS; i++) {
		const struct dh_group *group = group_at(i);
		size_t last = group->alg.public_len - 1u;
		uint8_t value[1024] = { 0 };
		value[last] = 2;
		assert_ok(dh_check_public(&group->alg, span_make(value, last + 1), NULL));
		memset(value, 0, sizeof value);
		value[0] = 1; /* zeros behind are no zeros in front */
		assert_ok(dh_check_public(&group->alg, span_make(value, last + 1), NULL));
		memcpy(value, group->prime, last + 1);
		value[last] = (uint8_t)(value[last] - 2);
		assert_ok(dh_check_public(&group->alg, span_make(value, last + 1), NULL));
	}
}

/* NSS leaves out the zeros in front of a number; RFC 7296 §2.14 and §3.4 want the prime's length.
 * About one value in 256 begins with a zero. Against the generator, the shared secret is the public
 * value. */
static void numbers_that_begin_with_zero_keep_their_length(void **state)
{
	(void)state;
	const struct dh_group *group = group_at(0);
	uint8_t two[256] = { 0 };
	two[255] = 2;
	for (int tries = 0; tries < 20000; tries++) {
		struct dh_pair *pair = NULL;
		assert_ok(dh_generate(&group->alg, (unsigned)tries, &pair));
		bool zero = dh_public(pair).ptr[0] == 0;
		if (zero) {
			struct secret shared = { NULL, 0 };
			assert_ok(dh_compute(pair, SPAN_OF(two), 0, &shared, NULL));
			assert_int_equal(shared.len, 256);
			assert_memory_equal(shared.ptr, dh_public(pair).ptr, 256);
			secret_wipe(&shared);
		}
		dh_free(pair);
		if (zero)
			return;
	}
	fail_msg("no public value began with a zero");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_primes_are_those_of_rfc_3526),
		cmocka_unit_test(values_outside_of_the_group_are_refused),
		cmocka_unit_test(the_smallest_and_the_largest_value_are_taken),
		cmocka_unit_test(numbers_that_begin_with_zero_keep_their_length),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
