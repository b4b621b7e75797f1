/* SPDX-License-Identifier: Apache-2.0 */
/* Key exchange as RFC 9370 sees it: whatever the kind, the initiator sends, the responder answers.
 */
#include "crypto/dh.h"
#include "crypto/nss.h"
#include "unit/crypto/crypto_test.h"

static void both_ends_of_every_method_get_the_same_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < dh_group_count; i++) {
		const struct dh_alg *alg = crypto_dh(dh_groups[i].alg.id);
		uint8_t answer[1568];
		struct secret theirs = { NULL, 0 }, ours = { NULL, 0 };
		struct dh_pair *pair = NULL;
		if (alg == NULL || alg->public_len > 512) /* an old NSS; the slow ones */
			continue;
		assert_ok(dh_generate(alg, 0, &pair));
		assert_ok(dh_answer(alg, dh_public(pair), 0, answer, &theirs, NULL));
		assert_ok(dh_check_answer(alg, span_make(answer, dh_answer_len(alg)), NULL));
		assert_ok(dh_compute(pair, span_make(answer, dh_answer_len(alg)), 0, &ours, NULL));
		assert_true(secret_equal(secret_span(&ours), secret_span(&theirs)));
		assert_int_equal(ours.len, alg->shared_len);
		secret_wipe(&ours);
		secret_wipe(&theirs);
		dh_free(pair);
	}
}

static void a_wrong_length_is_told_before_anything_is_computed(void **state)
{
	(void)state;
	static const uint8_t zeros[2000];
	const struct dh_alg *x25519 = crypto_dh(DH_CURVE25519);
	struct secret shared = { NULL, 0 };
	struct diag diag;
	uint8_t answer[32];
	assert_int_equal(dh_answer(x25519, span_make(zeros, 31), 0, answer, &shared, &diag),
			 RC_BAD_PUBLIC);
	assert_int_equal(dh_check_answer(x25519, span_make(zeros, 33), &diag), RC_BAD_PUBLIC);
	assert_int_equal(dh_answer(x25519, span_make(zeros, 32), 0, answer, &shared, &diag),
			 RC_BAD_PUBLIC); /* of small order */
	assert_null(shared.ptr);
	for (size_t i = 0; i < dh_group_count; i++) {
		const struct dh_alg *alg = &dh_groups[i].alg;
		if (dh_groups[i].kind != DH_KIND_KEM)
			continue;
		assert_int_equal(dh_check_answer(alg, span_make(zeros, alg->kem_len), &diag),
				 RC_OK);
		assert_int_equal(dh_check_answer(alg, span_make(zeros, alg->kem_len - 1u), &diag),
				 RC_BAD_PUBLIC);
		assert_int_equal(
			dh_check_public(alg, span_make(zeros, alg->public_len + 1u), &diag),
			RC_BAD_PUBLIC);
	}
}

/* FIPS 203: 1184 and 1088 bytes, 1568 and 1568. With an NSS that has none, none is made. */
static void ml_kem_is_absent_or_works(void **state)
{
	(void)state;
	for (size_t i = 0; i < dh_group_count; i++) {
		const struct dh_group *group = &dh_groups[i];
		struct dh_pair *pair = NULL;
		if (group->kind != DH_KIND_KEM)
			continue;
		enum rc rc = dh_generate(&group->alg, 0, &pair);
		assert_true(rc == RC_OK || rc == RC_UNSUPPORTED);
		assert_int_equal(rc == RC_OK, crypto_dh(group->alg.id) != NULL);
		if (rc == RC_OK)
			assert_int_equal(dh_public(pair).len, group->alg.public_len);
		dh_free(pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_of_every_method_get_the_same_secret),
		cmocka_unit_test(a_wrong_length_is_told_before_anything_is_computed),
		cmocka_unit_test(ml_kem_is_absent_or_works),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
