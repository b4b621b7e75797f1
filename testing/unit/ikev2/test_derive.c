/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/derive.h"
#include "unit/sa/sas_test.h"

#define NONCE	   32
#define PUBLIC_MAX 1024

/* One IKE_SA_INIT: what each end knows. */
struct ends {
	uint8_t nonce[2][NONCE], answer[PUBLIC_MAX], asked[PUBLIC_MAX];
	struct derive derive[2]; /* initiator, responder */
	struct ike_keys keys[2];
	struct diag diag;
};

static void ends_begin(struct ends *ends, uint16_t group)
{
	const struct dh_alg *dh = crypto_dh(group);
	struct dh_pair *pair;

	*ends = (struct ends){ .nonce = { { 1 }, { 2 } } };
	assert_int_equal(dh_generate(dh, 0, &pair), RC_OK);
	memcpy(ends->asked, dh_public(pair).ptr, dh->public_len);
	for (unsigned i = 0; i < 2; i++)
		ends->derive[i] = (struct derive){
			.suite = { .encr = crypto_encr(ENCR_AES_GCM_16),
				   .prf = crypto_prf(PRF_HMAC_SHA2_256),
				   .dh = dh,
				   .encr_key_bits = 256 },
			.ni = SPAN_OF(ends->nonce[0]),
			.nr = SPAN_OF(ends->nonce[1]),
			.spi_i = 1,
			.spi_r = 2,
			.keys = &ends->keys[i],
		};
	ends->derive[0].pair = pair;
	ends->derive[0].peer_public = span_make(ends->answer, dh_answer_len(dh));
	ends->derive[1].answer = ends->answer;
	ends->derive[1].peer_public = span_make(ends->asked, dh->public_len);
}

static enum rc derive(struct ends *ends, unsigned end)
{
	return derive_run(&ends->derive[end], 0, &ends->diag);
}

static void ends_end(struct ends *ends)
{
	derive_drop(&ends->derive[0]);
	for (unsigned i = 0; i < 2; i++)
		ike_keys_wipe(&ends->keys[i]);
}

static void both_ends_derive_the_same_keys(void **state)
{
	static const uint16_t groups[] = { DH_ECP_256, DH_CURVE25519, DH_MODP_2048 };
	struct ends ends;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		ends_begin(&ends, groups[i]);
		assert_int_equal(derive(&ends, 1), RC_OK);
		assert_int_equal(derive(&ends, 0), RC_OK);
		assert_null(ends.derive[0].pair);
		assert_true(ends.keys[0].block.len > 0);
		assert_true(secret_equal(secret_span(&ends.keys[0].block),
					 secret_span(&ends.keys[1].block)));
		ends_end(&ends);
	}
}

static void another_nonce_gives_other_keys(void **state)
{
	struct ends ends;
	uint8_t other[NONCE] = { 3 };

	(void)state;
	ends_begin(&ends, DH_ECP_256);
	ends.derive[1].nr = SPAN_OF(other);
	assert_int_equal(derive(&ends, 1), RC_OK);
	assert_int_equal(derive(&ends, 0), RC_OK);
	assert_false(
		secret_equal(secret_span(&ends.keys[0].block), secret_span(&ends.keys[1].block)));
	ends_end(&ends);
}

static void point_that_is_not_on_the_curve_gives_no_keys(void **state)
{
	struct ends ends;

	(void)state;
	ends_begin(&ends, DH_ECP_256);
	ends.asked[40] ^= 1;
	assert_int_equal(derive(&ends, 1), RC_BAD_PUBLIC);
	assert_null(ends.keys[1].block.ptr);
	ends_end(&ends);
}

static void key_pair_is_freed_when_the_work_never_runs(void **state)
{
	struct ends ends;

	(void)state;
	ends_begin(&ends, DH_ECP_256);
	derive_drop(&ends.derive[0]);
	assert_null(ends.derive[0].pair);
	derive_drop(&ends.derive[1]); /* has none */
	ends_end(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_derive_the_same_keys),
		cmocka_unit_test(another_nonce_gives_other_keys),
		cmocka_unit_test(point_that_is_not_on_the_curve_gives_no_keys),
		cmocka_unit_test(key_pair_is_freed_when_the_work_never_runs),
	};

	return sas_run(tests);
}
